"""The programmes and their results: counts against lists, parts against wholes, the same fact in two tables."""

from __future__ import annotations

from functools import partial

from conciliazione_lib import territory
from conciliazione_lib.evidence.formats import euro, numero
from conciliazione_lib.quality.arithmetic import compare, compare_sum
from conciliazione_lib.quality.check import Outcome, check, outcome_of, outcome_of_part
from conciliazione_lib.quality.reading import read

LINEE_GUIDA = "Linee guida 2025-2027"
ALLEGATO_1081 = "DGR X/1081/2013, azioni delle Reti"
SLIDE_2015 = "Presentazione di Regione Lombardia sulle Reti, 2015"
SLIDE_2017 = "Presentazione «Il modello lombardo», 2017"
#: Agreements signed from November 2010 to October 2011 (Allegato A), indicators listed by the presentation of 2015.
ACCORDI, PREMIALITA = 13, 9


def _esito_pubblicato(codice: str) -> float:
    return float(read("esiti_pubblicati").set_index("cod_esito")["valore"][codice])


def _intervento(intervento: str, misura: str) -> float:
    righe = read("interventi_regionali").query("intervento == @intervento and misura == @misura")
    return float(righe["valore"].item())


def _pubblicata(indicatore: str) -> float:
    return float(read("figure_pubblicate").query("indicatore == @indicatore")["valore"].item())


def _centri(codice: str, misura: str) -> Outcome:
    return outcome_of(
        compare(_esito_pubblicato(codice), _intervento("Centri per la famiglia", misura)),
        "La stessa cifra fra gli esiti e fra gli interventi regionali",
        numero,
    )


for _codice, _misura in {
    "cpf_accessi": "accessi fisici ai centri o agli sportelli",
    "cpf_adesioni": "adesioni ad almeno una proposta di intervento",
    "cpf_invii": "invii ai servizi specialistici",
    "cpf_incontri": "incontri, attività socioeducative e laboratori organizzati",
}.items():
    check(
        f"programmi-{_codice.replace('_', '-')}",
        f"Centri per la famiglia ({_misura}): la cifra è la stessa nelle due tabelle",
        fonti=[f"{LINEE_GUIDA}, § 2.1"],
        tabelle=["esiti_pubblicati", "interventi_regionali"],
        gravita="errore",
    )(partial(_centri, _codice, _misura))


@check(
    "programmi-centri-sportelli",
    "Centri per la famiglia: gli sportelli non sono meno dei centri da cui dipendono",
    fonti=[f"{LINEE_GUIDA}, § 2.1"],
    tabelle=["interventi_regionali"],
    gravita="avviso",
)
def centri_sportelli() -> Outcome:
    """90 hubs and 346 spokes."""
    centri, sportelli = (
        _intervento("Centri per la famiglia", m) for m in ("centri (hub) attivi", "sportelli (spoke) attivi")
    )
    return outcome_of_part(centri, sportelli, "Centri e sportelli attivi")


@check(
    "programmi-welfare-finanziati",
    "Welfare aziendale: i progetti finanziati non superano quelli presentati",
    fonti=[f"{LINEE_GUIDA}, § 3.2"],
    tabelle=["esiti_pubblicati"],
    gravita="avviso",
)
def welfare() -> Outcome:
    """41 of 42 projects."""
    return outcome_of_part(
        _esito_pubblicato("progetti_welfare_finanziati"),
        _esito_pubblicato("progetti_welfare_presentati"),
        "Progetti finanziati e presentati",
    )


@check(
    "programmi-piani-invecchiamento",
    "Invecchiamento attivo: i piani di azione delle ATS sono uno per ATS",
    fonti=[f"{LINEE_GUIDA}, § 2.3"],
    tabelle=["interventi_regionali", "ats"],
    gravita="avviso",
)
def piani_invecchiamento() -> Outcome:
    """Eight plans, eight ATS."""
    piani = _intervento("Invecchiamento attivo", "piani di azione delle ATS in corso (DGR 2168/2024)")
    return outcome_of(compare(piani, len(territory.load().codes("ats"))), "Piani di azione e ATS", numero)


@check(
    "programmi-azioni-di-sistema-2017",
    "Programma 2017–2018: le azioni di sistema sono una per ATS",
    fonti=[SLIDE_2017],
    tabelle=["esiti_pubblicati", "ats"],
    gravita="avviso",
)
def azioni_di_sistema() -> Outcome:
    """Eight actions, eight ATS."""
    azioni = _esito_pubblicato("azioni_sistema_2017_2018")
    return outcome_of(compare(azioni, len(territory.load().codes("ats"))), "Azioni di sistema e ATS", numero)


@check(
    "programmi-progetti-2017",
    "Programma 2017–2018: il numero di progetti è lo stesso nelle due fonti",
    fonti=[SLIDE_2017, "Cifre pubblicate sul biennio 2017–2018"],
    tabelle=["esiti_pubblicati", "figure_pubblicate"],
    gravita="avviso",
)
def progetti_2017() -> Outcome:
    """44 projects in both."""
    return outcome_of(
        compare(_esito_pubblicato("progetti_2017_2018"), _pubblicata("piani_conciliazione_progetti")),
        "Progetti nella presentazione e nelle cifre pubblicate",
        numero,
    )


@check(
    "programmi-contributo-2017",
    "Programma 2017–2018: il contributo concesso non supera il valore dei progetti",
    fonti=["Cifre pubblicate sul biennio 2017–2018"],
    tabelle=["figure_pubblicate"],
    gravita="avviso",
)
def contributo_2017() -> Outcome:
    """2.782.889 of 4.292.411."""
    return outcome_of_part(
        _pubblicata("piani_conciliazione_contributo_concesso"),
        _pubblicata("piani_conciliazione_valore_progetti"),
        "Contributo concesso e valore dei progetti",
        euro,
    )


@check(
    "programmi-quote-azioni-2015",
    "Azioni delle Reti nel 2015: le quote per tipo non superano insieme il 100%",
    fonti=[SLIDE_2015],
    tabelle=["esiti_pubblicati"],
    gravita="avviso",
)
def quote_azioni() -> Outcome:
    """23, 29 and 18 per cent: the rest is of other kinds."""
    quote = [_esito_pubblicato(f"quota_{tipo}_2015") for tipo in ("voucher", "comunicazione", "sostegno_impresa")]
    return outcome_of_part(float(compare_sum(quote, 100).expected), 100, "Somma delle tre quote pubblicate e 100")


@check(
    "programmi-reti-2015",
    "Reti territoriali nel 2015: sono una per ASL",
    fonti=[SLIDE_2015, "DGR X/1081/2013, Allegato C"],
    tabelle=["esiti_pubblicati", "asl"],
    gravita="avviso",
)
def reti_2015() -> Outcome:
    """Fifteen networks, fifteen ASL."""
    return outcome_of(
        compare(_esito_pubblicato("reti_2015"), len(read("asl"))), "Reti pubblicate e ASL del riparto", numero
    )


@check(
    "programmi-azioni-numerate",
    "Azioni delle Reti: ogni Rete numera le sue azioni senza salti, e ogni azione ha una Rete",
    fonti=[ALLEGATO_1081],
    tabelle=["azioni"],
    gravita="avviso",
)
def azioni_numerate() -> Outcome:
    """Compare the numbers printed beside the actions of each network with those from one on."""
    azioni = read("azioni")
    fuori = []
    for rete, righe in azioni.groupby("rete", sort=False):
        numeri = sorted(set(righe["numero"].dropna().astype(int)))
        if numeri != list(range(1, len(numeri) + 1)):
            fuori.append(str(rete))
    return Outcome(
        "non_quadra" if fuori else "quadra",
        f"Numeri delle {len(azioni)} azioni di {azioni['rete'].nunique()} Reti",
        spiegazione=f"Numerazione con salti: {', '.join(fuori)}." if fuori else "La numerazione è completa.",
    )


@check(
    "programmi-azioni-quantita",
    "Azioni delle Reti: ogni quantità è di un'azione dell'elenco",
    fonti=[ALLEGATO_1081],
    tabelle=["azioni", "azioni_quantita"],
    gravita="errore",
)
def azioni_quantita() -> Outcome:
    """Compare the quantities with the list of actions they come from."""
    quantita, note = read("azioni_quantita"), set(read("azioni")["cod_azione"])
    fuori = sorted(set(quantita["cod_azione"]) - note)
    return Outcome(
        "non_quadra" if fuori else "quadra",
        f"{len(quantita)} quantità e le azioni da cui sono tratte",
        spiegazione=f"Azioni inesistenti: {', '.join(fuori)}."
        if fuori
        else "Ogni quantità è di un'azione dell'elenco.",
    )


@check(
    "programmi-reti-azioni",
    "Reti della prima fase: quelle di cui l'atto elenca le azioni sono gli accordi sottoscritti",
    fonti=[ALLEGATO_1081, "DGR X/1081/2013, Allegato A"],
    tabelle=["azioni"],
    gravita="avviso",
)
def reti_azioni() -> Outcome:
    """Thirteen agreements, thirteen lists."""
    return outcome_of(compare(ACCORDI, read("azioni")["rete"].nunique()), "Accordi e Reti con un elenco", numero)


@check(
    "programmi-premialita-numerate",
    "DGR X/1081: gli indicatori di premialità sono numerati senza salti e sono quanti nella presentazione del 2015",
    fonti=["DGR X/1081/2013, Allegato C", SLIDE_2015],
    tabelle=["premialita_indicatori"],
    gravita="avviso",
)
def premialita() -> Outcome:
    """Nine indicators in both."""
    ordine = read("premialita_indicatori")["ordine"].astype(int).tolist()
    ultimo = max(ordine) if sorted(ordine) == list(range(1, len(ordine) + 1)) else 0
    return outcome_of(compare(PREMIALITA, ultimo), "Indicatori nella presentazione e nell'atto", numero)


def _crescita(prima: str, dopo: str) -> Outcome:
    return outcome_of_part(_esito_pubblicato(prima), _esito_pubblicato(dopo), "A metà 2015 e nel 2014–2016")


for _cosa, _prima, _dopo in (
    ("Alleanze", "alleanze_2015", "alleanze_2016"),
    ("Enti aderenti", "enti_aderenti_2015", "enti_aderenti_2016"),
    ("Progetti", "progetti_attivati_2015", "progetti_2014_2016"),
):
    check(
        f"programmi-crescita-{_cosa.split()[0].lower()}",
        f"{_cosa} delle Reti: nell'intero triennio non sono meno che a metà",
        fonti=[SLIDE_2015, SLIDE_2017],
        tabelle=["esiti_pubblicati"],
        gravita="avviso",
    )(partial(_crescita, _prima, _dopo))


@check(
    "programmi-beneficiari-salute",
    "Piano 2017–2019 di ATS Milano: i beneficiari delle iniziative di salute non superano tutti i beneficiari",
    fonti=["Documento territoriale di ATS Milano 2020-2023, § 1.5"],
    tabelle=["esiti_pubblicati"],
    gravita="avviso",
    territori=["milano"],
)
def beneficiari() -> Outcome:
    """About 1.800 of over 4.000."""
    return outcome_of_part(
        _esito_pubblicato("beneficiari_salute"), _esito_pubblicato("beneficiari_totali"), "Beneficiari"
    )
