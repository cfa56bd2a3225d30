"""The money: allocations that must sum, follow their stated rule, and agree between documents."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

import numpy as np
import pandas as pd

from conciliazione_lib.evidence.formats import euro, numero
from conciliazione_lib.indicators.resources import largest_remainder
from conciliazione_lib.quality.arithmetic import Comparison, compare, compare_sum, corrections, rounding
from conciliazione_lib.quality.check import Outcome, check, outcome_of
from conciliazione_lib.quality.reading import read

LINEE_GUIDA = "Linee guida 2025-2027, § 4.4"
ALLEGATO_C = "DGR X/1081/2013, Allegato C"
DOCUMENTO_2020 = "Documento territoriale di ATS Milano 2020-2023, § 5"
SLIDE_2015 = "Presentazione di Regione Lombardia sulle Reti, 2015"
SLIDE_2017 = "Presentazione «Il modello lombardo», 2017"
STAMPA = "Comunicati ripresi dalla stampa"


def _riparto(
    programma: str, livello: str, periodo: str, voce: str = "totale", precisione: str | None = None
) -> pd.Series:
    cercata = {"programma": programma, "livello": livello, "periodo": periodo, "voce": voce}
    tutte = read("riparti")
    righe = tutte[np.logical_and.reduce([tutte[colonna] == valore for colonna, valore in cercata.items()])]
    if precisione is not None:
        righe = righe[righe["precisione"] == precisione]
    return righe.set_index("territorio")["importo"]


def _somme(
    parti: pd.Series, totale: object, testo: str, *, decimali: int | None = None, spiegazione: str = ""
) -> Outcome:
    confronto = compare_sum(parti.tolist(), Decimal(str(totale)), decimali)
    proposta = ""
    if not confronto.holds:
        prima = corrections({str(k): Decimal(str(v)) for k, v in parti.items()}, Decimal(str(totale)))[0]
        proposta = f"{prima.name} da {euro(prima.printed)} a {euro(prima.corrected)}."
    return outcome_of(confronto, testo, euro, spiegazione=spiegazione, correzione=proposta)


@check(
    "risorse-2025-2027-somme",
    "Riparto 2025-2027: le quote delle otto ATS sommano al totale di ogni anno",
    fonti=[LINEE_GUIDA],
    tabelle=["riparti"],
    gravita="errore",
)
def somme_2025() -> Outcome:
    """Sum of the eight ATS over the three years, against three million."""
    anni = [_riparto("2025-2027", "ats", anno).sum() for anno in ("2025", "2026", "2027")]
    totale = _riparto("2025-2027", "regione", "2025-2027").iloc[0]
    return _somme(pd.Series(anni, index=["2025", "2026", "2027"]), totale, "Somma dei tre anni e delle otto ATS")


@check(
    "risorse-2025-2027-regola",
    "Riparto 2025-2027: le quote sono proporzionali agli abitanti, con il metodo dei maggiori resti a 10.000 euro",
    fonti=[LINEE_GUIDA],
    tabelle=["riparti", "residenti_atto"],
    gravita="errore",
)
def regola_2025() -> Outcome:
    """Compare the published shares with the largest remainder of the residents of the act, each year."""
    residenti = read("residenti_atto").set_index("territorio")["residenti"]
    attese = largest_remainder(residenti, 1_000_000, unit=10_000)
    diverse = [
        f"{territorio} nel {anno}"
        for anno in ("2025", "2026", "2027")
        for territorio, importo in _riparto("2025-2027", "ats", anno).items()
        if Decimal(str(importo)) != Decimal(str(attese[str(territorio)]))
    ]
    return Outcome(
        esito="non_quadra" if diverse else "quadra",
        confronto="24 quote pubblicate (otto ATS per tre anni) e la regola applicata agli abitanti dell'atto",
        spiegazione=f"Non seguono la regola: {', '.join(diverse)}." if diverse else "Tutte le quote seguono la regola.",
    )


@check(
    "risorse-2025-2027-residenti",
    "Riparto 2025-2027: gli abitanti delle otto ATS sommano al totale stampato",
    fonti=[LINEE_GUIDA],
    tabelle=["residenti_atto"],
    gravita="errore",
)
def residenti_2025() -> Outcome:
    """Residents of the eight ATS against the printed total."""
    residenti = read("residenti_atto").set_index("territorio")["residenti"]
    return outcome_of(compare_sum(residenti.tolist(), 10_012_054), "Somma degli abitanti delle otto ATS", numero)


@check(
    "risorse-2398-anni",
    "DGR 2398/2019: i tre anni sommano al totale assegnato alle ATS",
    fonti=[DOCUMENTO_2020],
    tabelle=["riparti"],
    gravita="errore",
)
def anni_2398() -> Outcome:
    """900.000, 900.000 and 1.000.000 against 2.800.000."""
    anni = pd.Series({a: _riparto("2020-2023", "regione", a).iloc[0] for a in ("2020", "2021", "2022")})
    return _somme(anni, _riparto("2020-2023", "regione", "2020-2022").iloc[0], "Somma degli anni 2020, 2021 e 2022")


@check(
    "risorse-2398-milano",
    "DGR 2398/2019: le quote annue di ATS Milano sommano al suo totale",
    fonti=[DOCUMENTO_2020],
    tabelle=["riparti"],
    gravita="errore",
    territori=["milano"],
)
def milano_2398() -> Outcome:
    """311.360, 311.360 and 345.956 against 968.676."""
    anni = pd.Series(
        {a: _riparto("2020-2023", "ats", a, precisione="centesimo")["milano"] for a in ("2020", "2021", "2022")}
    )
    totale = _riparto("2020-2023", "ats", "2020-2022", precisione="centesimo")["milano"]
    return _somme(anni, totale, "Somma degli anni 2020, 2021 e 2022 di ATS Milano")


@check(
    "risorse-2398-stampa-2020",
    "DGR 2398/2019: le quote del 2020 riportate dalla stampa sommano al totale dell'atto",
    fonti=[STAMPA, DOCUMENTO_2020],
    tabelle=["riparti"],
    gravita="avviso",
)
def stampa_2020() -> Outcome:
    """799.000 against 900.000."""
    return _stampa_2398("2020")


@check(
    "risorse-2398-stampa-2021",
    "DGR 2398/2019: le quote del 2021 riportate dalla stampa sommano al totale dell'atto",
    fonti=[STAMPA, DOCUMENTO_2020],
    tabelle=["riparti"],
    gravita="avviso",
)
def stampa_2021() -> Outcome:
    """999.600 against 900.000."""
    return _stampa_2398("2021")


@check(
    "risorse-2398-stampa-2022",
    "DGR 2398/2019: le quote del 2022 riportate dalla stampa sommano al totale dell'atto",
    fonti=[STAMPA, DOCUMENTO_2020],
    tabelle=["riparti"],
    gravita="avviso",
)
def stampa_2022() -> Outcome:
    """999.600 against 1.000.000: what rounding to hundreds explains."""
    return _stampa_2398("2022")


def _stampa_2398(anno: str) -> Outcome:
    parti = _riparto("2020-2023", "ats", anno, precisione="arrotondata")
    atto = _riparto("2020-2023", "regione", anno).iloc[0]
    confronto = Comparison(
        Decimal(str(atto)), sum((Decimal(str(p)) for p in parti), Decimal(0)), rounding(-3, len(parti))
    )
    esatte = _riparto("2020-2023", "ats", anno, precisione="centesimo")
    totali = _riparto("2020-2023", "ats", "2020-2022", precisione="centesimo")
    spiegazione = (
        "La differenza è quella degli arrotondamenti della stampa."
        if confronto.holds
        else (
            "Le cifre della stampa non sono le quote definitive dell'atto: anche quella di ATS Milano "
            f"({euro(parti['milano'])}) è diversa da quella del suo documento ({euro(esatte['milano'])}). "
            "Nei documenti si usano, dove ci sono, le quote esatte."
        )
    )
    return outcome_of(
        confronto,
        f"Totale {anno} dell'atto e somma delle quote della stampa",
        euro,
        spiegazione=spiegazione,
        # the reports use the exact totals where there are: only the others come from the press
        cifre=[
            f"{indicatore}.{ats}.2020-2023"
            for ats in sorted(set(map(str, parti.index)) - set(totali.index))
            for indicatore in ("risorse_assegnate", "risorse_annue")
        ],
    )


@check(
    "risorse-1017-somma",
    "DGR 1017/2018: le quote delle otto ATS sommano a un milione di euro",
    fonti=[STAMPA],
    tabelle=["riparti"],
    gravita="avviso",
)
def somma_1017() -> Outcome:
    """Eight whole-euro shares against 1.000.000."""
    return _somme(
        _riparto("2019", "ats", "2019"), _riparto("2019", "regione", "2019").iloc[0], "Somma delle quote delle otto ATS"
    )


@check(
    "risorse-1081-fisse",
    "DGR X/1081: le quote fisse delle 15 ASL sommano al totale",
    fonti=[ALLEGATO_C],
    tabelle=["riparti"],
    gravita="avviso",
)
def fisse_1081() -> Outcome:
    """2.671.601 against 2.671.600: fifteen roundings to the euro."""
    return _voce_1081("fissa")


@check(
    "risorse-1081-variabili",
    "DGR X/1081: le quote variabili delle 15 ASL sommano al totale",
    fonti=[ALLEGATO_C],
    tabelle=["riparti"],
    gravita="avviso",
)
def variabili_1081() -> Outcome:
    """Sum of the variable shares against 667.900."""
    return _voce_1081("variabile")


@check(
    "risorse-1081-totali",
    "DGR X/1081: i totali delle 15 ASL sommano al totale",
    fonti=[ALLEGATO_C],
    tabelle=["riparti"],
    gravita="avviso",
)
def totali_1081() -> Outcome:
    """Sum of the totals against 3.339.500."""
    return _voce_1081("totale")


def _voce_1081(voce: str) -> Outcome:
    parti = _riparto("2014-2015", "asl", "2014-2015", voce)
    totale = _riparto("2014-2015", "regione", "2014-2015", voce).iloc[0]
    esito = _somme(parti, totale, f"Somma delle quote ({voce}) delle 15 ASL", decimali=0)
    return esito


@check(
    "risorse-1081-quote-per-asl",
    "DGR X/1081: in ogni ASL la quota fissa e la variabile sommano al totale",
    fonti=[ALLEGATO_C],
    tabelle=["riparti"],
    gravita="avviso",
)
def quote_per_asl() -> Outcome:
    """Compare fixed plus variable with the total, each ASL, to the euro."""
    voci = pd.DataFrame({v: _riparto("2014-2015", "asl", "2014-2015", v) for v in ("fissa", "variabile", "totale")})
    diverse = [
        str(asl)
        for asl, riga in voci.iterrows()
        if not compare_sum([riga["fissa"], riga["variabile"]], riga["totale"], decimals=0).holds
    ]
    return Outcome(
        esito="non_quadra" if diverse else "quadra",
        confronto="Quota fissa più quota variabile e totale, per 15 ASL",
        spiegazione=f"Non tornano: {', '.join(diverse)}." if diverse else "Tornano tutte, all'euro.",
    )


@check(
    "risorse-1081-80-20",
    "DGR X/1081: la quota fissa è l'80% e la variabile il 20% del totale",
    fonti=[ALLEGATO_C],
    tabelle=["riparti"],
    gravita="errore",
)
def ottanta_venti() -> Outcome:
    """80% of 3.339.500 is 2.671.600."""
    totale = Decimal(str(_riparto("2014-2015", "regione", "2014-2015", "totale").iloc[0]))
    fissa = _riparto("2014-2015", "regione", "2014-2015", "fissa").iloc[0]
    return outcome_of(compare(fissa, totale * Decimal("0.8")), "Quota fissa e 80% del totale", euro)


@check(
    "risorse-1081-indicatore-ponderato",
    "DGR X/1081: l'indicatore ponderato è la media dei cinque indicatori con i pesi 10/30/30/10/20",
    fonti=[ALLEGATO_C],
    tabelle=["riparti_indicatori"],
    gravita="avviso",
)
def indicatore_ponderato() -> Outcome:
    """Weighted mean of the five published shares against the published weighted indicator, within rounding."""
    tabella = read("riparti_indicatori")
    quote = tabella.pivot(index="territorio", columns="indicatore", values="quota")
    pesi = tabella[tabella["indicatore"] != "ponderato"].groupby("indicatore")["peso"].first()
    diverse = []
    for asl, riga in quote.iterrows():
        atteso = sum((Decimal(str(riga[i])) * Decimal(str(pesi[i])) for i in pesi.index), Decimal(0)) / 100
        # half a tenth on the weighted indicator and, weighted, half a tenth on the five shares
        if not Comparison(Decimal(str(riga["ponderato"])), atteso, Decimal("0.1")).holds:
            diverse.append(f"{asl} ({riga['ponderato']} invece di {atteso})")
    return Outcome(
        esito="non_quadra" if diverse else "quadra",
        confronto="Indicatore ponderato pubblicato e calcolato dai cinque indicatori, per 15 ASL",
        tolleranza=Decimal("0.1"),
        spiegazione=f"Oltre l'arrotondamento: {', '.join(diverse)}."
        if diverse
        else "Tutti entro l'arrotondamento a un decimale delle quote pubblicate.",
    )


def _colonna(indicatore: str) -> Outcome:
    quote = read("riparti_indicatori").query("indicatore == @indicatore").set_index("territorio")["quota"]
    confronto = compare_sum(quote.tolist(), "100.0", decimals=1)
    return outcome_of(
        confronto,
        f"Somma delle quote delle 15 ASL ({indicatore})",
        partial(numero, decimali=1),
        spiegazione="" if confronto.difference == 0 else "La differenza è quella dell'arrotondamento a un decimale.",
    )


for _indicatore, _nome in {
    "donne_18_45": "donne di 18-45 anni",
    "bambini_0_6": "bambini di 0-6 anni",
    "forza_lavoro_femminile": "forza lavoro femminile",
    "mpmi": "micro, piccole e medie imprese",
    "anziani_75": "popolazione oltre 75 anni",
    "ponderato": "indicatore ponderato",
}.items():
    check(
        f"risorse-1081-colonna-{_indicatore.replace('_', '-')}",
        f"DGR X/1081: le quote delle 15 ASL sommano a 100 ({_nome})",
        fonti=[ALLEGATO_C],
        tabelle=["riparti_indicatori"],
        gravita="avviso",
    )(partial(_colonna, _indicatore))


@check(
    "risorse-premialita-2015",
    "La premialità della DGR X/1081 è la stessa nell'atto e nella presentazione del 2015",
    fonti=[ALLEGATO_C, SLIDE_2015],
    tabelle=["riparti"],
    gravita="nota",
)
def premialita_2015() -> Outcome:
    """667.900 in the act, 668.000 in the presentation."""
    atto = _riparto("2014-2015", "regione", "2014-2015", "variabile").iloc[0]
    confronto = Comparison(Decimal(668_000), Decimal(str(atto)), rounding(-3))
    return outcome_of(
        confronto,
        "Premialità nella presentazione e quota variabile nell'atto",
        euro,
        spiegazione="La presentazione arrotonda al migliaio: fa fede l'atto.",
    )


def _scomposizione(situazione: str) -> Outcome:
    voci = read("risorse_2014_2015").query("situazione == @situazione").set_index("voce")["importo"]
    return _somme(voci.drop("totale"), voci["totale"], f"Somma delle tre voci, situazione «{situazione}»")


@check(
    "risorse-2014-luglio",
    "Presentazione 2015: le tre voci di luglio 2014 sommano al totale",
    fonti=[SLIDE_2015],
    tabelle=["risorse_2014_2015"],
    gravita="avviso",
)
def luglio_2014() -> Outcome:
    """1.643.500 + 2.252.000 + 2.321.500 against 6.217.000."""
    return _scomposizione("luglio 2014")


@check(
    "risorse-2014-successiva",
    "Presentazione 2015: le tre voci della situazione successiva sommano al totale",
    fonti=[SLIDE_2015],
    tabelle=["risorse_2014_2015"],
    gravita="avviso",
)
def successiva_2014() -> Outcome:
    """1.643.500 + 3.375.008 + 2.838.547 against 7.857.055."""
    return _scomposizione("successiva")


@check(
    "risorse-contributi-province",
    "Decreto 7132/2017: i contributi per provincia sommano al totale concesso",
    fonti=[SLIDE_2017],
    tabelle=["contributi_province"],
    gravita="avviso",
)
def contributi_province() -> Outcome:
    """Twelve contributions against 2.466.804,74."""
    contributi = read("contributi_province").set_index("nome")["contributo"]
    return _somme(contributi, Decimal("2466804.74"), "Somma dei contributi delle dodici province")


@check(
    "risorse-2398-percentuali-milano",
    "DGR 2398/2019: gli importi del programma di ATS Milano sono il 25%, il 75% e il 10% dichiarati",
    fonti=[DOCUMENTO_2020],
    tabelle=["somme_dichiarate"],
    gravita="errore",
    territori=["milano"],
)
def percentuali_milano() -> Outcome:
    """Compare 242.169,00, 726.507,00 and 72.650,70 with their percentages, to the cent."""
    righe = read("somme_dichiarate").query("gruppo == 'programma-milano-2398'").set_index("voce")["valore"]
    voci = {str(voce): Decimal(str(valore)) for voce, valore in righe.items()}
    totale = voci["dotazione di ATS Milano"]
    alleanze = voci["Alleanze locali (75%)"]
    dichiarati = [
        (voci["azioni di sistema (25%)"], totale * Decimal("0.25")),
        (alleanze, totale * Decimal("0.75")),
        (voci["riserva del 10% (non sommata)"], alleanze * Decimal("0.10")),
    ]
    tornano = all(stampato == calcolato for stampato, calcolato in dichiarati)
    return Outcome(
        esito="quadra" if tornano else "non_quadra",
        confronto="Importi stampati e percentuali: " + "; ".join(f"{euro(s)} e {euro(c)}" for s, c in dichiarati),
        spiegazione="I tre importi sono esatti al centesimo." if tornano else "",
    )


def _somma_dichiarata(gruppo: str) -> Outcome:
    righe = read("somme_dichiarate").query("gruppo == @gruppo").set_index("voce")
    totale = righe[righe["ruolo"] == "totale"]["valore"]
    parti = righe[righe["ruolo"] == "parte"]["valore"]
    nome = str(totale.index[0])
    return _somme(parti, totale.iloc[0], f"{nome[0].upper()}{nome[1:]} e somma di {len(parti)} voci")


def _registra_somme_dichiarate() -> None:
    """Register one check for each group of the table of declared sums."""
    for gruppo, righe in read("somme_dichiarate").groupby("gruppo", sort=True):
        prima = righe.iloc[0]
        sezione = f"§ {prima['sezione']}" if str(prima["sezione"])[0].isdigit() else prima["sezione"]
        check(
            f"risorse-{gruppo}",
            prima["titolo"],
            fonti=[f"{prima['fonte']}, {sezione}"],
            tabelle=["somme_dichiarate"],
            gravita="errore",
            territori=["milano"] if "milano" in str(gruppo) else [],
        )(partial(_somma_dichiarata, str(gruppo)))


_registra_somme_dichiarate()
