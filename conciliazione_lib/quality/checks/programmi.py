"""The programmes and their results: counts against lists, parts against wholes, the same fact in two tables."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from conciliazione_lib import territory
from conciliazione_lib.evidence.formats import euro, numero
from conciliazione_lib.quality.arithmetic import compare, compare_sum
from conciliazione_lib.quality.check import Outcome, check, outcome_of
from conciliazione_lib.quality.reading import read

LINEE_GUIDA = "Linee guida 2025-2027"
ALLEGATO_1081 = "DGR X/1081/2013, azioni delle Reti"
SLIDE_2015 = "Presentazione di Regione Lombardia sulle Reti, 2015"
SLIDE_2017 = "Presentazione «Il modello lombardo», 2017"


def _esito_pubblicato(codice: str) -> float:
    return float(read("esiti_pubblicati").set_index("cod_esito")["valore"][codice])


def _intervento(intervento: str, misura: str) -> float:
    righe = read("interventi_regionali").query("intervento == @intervento and misura == @misura")
    return float(righe["valore"].item())


def _pubblicata(indicatore: str) -> float:
    return float(read("figure_pubblicate").query("indicatore == @indicatore")["valore"].item())


def _non_oltre(parte: float, tutto: float, confronto: str, mostra: Callable[[float], str] = numero) -> Outcome:
    """Return the outcome of a part that cannot be larger than its whole."""
    torna = parte <= tutto
    return Outcome(
        "quadra" if torna else "non_quadra",
        f"{confronto}: {mostra(parte)} su {mostra(tutto)}",
        spiegazione="" if torna else "La parte è più grande del tutto: una delle due cifre è sbagliata.",
    )


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
    return _non_oltre(centri, sportelli, "Centri e sportelli attivi")


@check(
    "programmi-welfare-finanziati",
    "Welfare aziendale: i progetti finanziati non superano quelli presentati",
    fonti=[f"{LINEE_GUIDA}, § 3.2"],
    tabelle=["esiti_pubblicati"],
    gravita="avviso",
)
def welfare() -> Outcome:
    """41 of 42 projects."""
    return _non_oltre(
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
    return _non_oltre(
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
    return _non_oltre(float(compare_sum(quote, 100).expected), 100, "Somma delle tre quote pubblicate e 100")


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
