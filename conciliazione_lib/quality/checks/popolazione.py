"""Population and territory: ours against the acts, against ISTAT's published figures, and against itself."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

import pandas as pd

from conciliazione_lib import territory
from conciliazione_lib.evidence.formats import numero, percento
from conciliazione_lib.indicators import demography
from conciliazione_lib.quality.arithmetic import Comparison, compare, compare_sum, rounding
from conciliazione_lib.quality.check import Outcome, check, outcome_of, outcome_of_many
from conciliazione_lib.quality.reading import population, read, residents

ISTAT = "ISTAT, popolazione residente al 1° gennaio 2022"
DATA = "2022-01-01"
#: Largest yearly change of the residents of an ATS that needs no explanation.
DERIVA_ANNUA = Decimal("0.01")

PROVINCE = ("BG", "BS", "CO", "CR", "LC", "LO", "MB", "MI", "MN", "PV", "SO", "VA")


def _popolazione(livello: str) -> pd.DataFrame:
    return population(livello, DATA)


@check(
    "popolazione-lombardia",
    "I residenti in Lombardia al 1° gennaio 2022 sono quelli pubblicati da ISTAT",
    fonti=[ISTAT],
    tabelle=["popolazione", "figure_pubblicate"],
    gravita="errore",
)
def lombardia() -> Outcome:
    """Compare the sum of our comuni with 9.943.004."""
    nostri = int(read("popolazione", data=DATA)["residenti"].sum())
    return outcome_of(compare(9_943_004, nostri), "Residenti pubblicati e somma dei comuni", numero)


@check(
    "popolazione-ats",
    "I residenti delle otto ATS al 1° gennaio 2022 sommano a quelli della Lombardia",
    fonti=[ISTAT],
    tabelle=["popolazione"],
    gravita="errore",
)
def ats() -> Outcome:
    """Compare the sum of the ATS with the sum of the comuni."""
    per_ats = residents("ats", DATA)
    totale = int(read("popolazione", data=DATA)["residenti"].sum())
    return outcome_of(compare_sum(per_ats.tolist(), totale), "Residenti della Lombardia e somma delle otto ATS", numero)


@check(
    "popolazione-montagna",
    "I comuni dell'ATS della Montagna sono 134",
    fonti=["Ministero della Salute, comuni per azienda sanitaria", ISTAT],
    tabelle=["comuni_ats"],
    gravita="errore",
    territori=["montagna"],
)
def montagna() -> Outcome:
    """Count the comuni of ATS Montagna."""
    return outcome_of(
        compare(134, len(territory.load(data=DATA).members("ats", "montagna"))), "Comuni attesi e assegnati", numero
    )


def _vecchiaia(livello: str, codice: str) -> Outcome:
    pubblicate = read("figure_pubblicate").query(
        "indicatore == 'indice_vecchiaia' and anno == 2022 and livello == @livello and territorio == @codice"
    )
    if pubblicate.empty:
        return Outcome("non_verificabile", "Indice di vecchiaia al 1° gennaio 2022: nessuna cifra pubblicata")
    nostri = demography.indices(_popolazione(livello)).set_index("territorio").loc[codice, "indice_vecchiaia"]
    pubblicato = Decimal(str(pubblicate["valore"].iloc[0]))
    return outcome_of(
        Comparison(pubblicato, Decimal(str(nostri)), rounding(1)),
        "Indice di vecchiaia pubblicato e calcolato",
        partial(numero, decimali=1),
    )


_TERRITORIO = territory.load(data=DATA)

for _sigla in PROVINCE:
    check(
        f"popolazione-vecchiaia-{_sigla.lower()}",
        f"Indice di vecchiaia della provincia di {_TERRITORIO.name('provincia', _sigla)} al 1° gennaio 2022: "
        "il nostro è quello pubblicato da ISTAT",
        fonti=["ISTAT, indicatori demografici", ISTAT],
        tabelle=["popolazione", "figure_pubblicate"],
        gravita="errore",
        territori=sorted(_TERRITORIO.comuni.loc[_TERRITORIO.comuni["provincia"] == _sigla, "ats"].unique()),
    )(partial(_vecchiaia, "provincia", _sigla))

check(
    "popolazione-vecchiaia-lombardia",
    "Indice di vecchiaia della Lombardia al 1° gennaio 2022: il nostro è quello pubblicato da ISTAT",
    fonti=["ISTAT, indicatori demografici", ISTAT],
    tabelle=["popolazione", "figure_pubblicate"],
    gravita="errore",
)(partial(_vecchiaia, "regione", "lombardia"))


def _deriva(codice: str) -> Outcome:
    atto = read("residenti_atto").set_index("territorio")["residenti"][codice]
    nostri = residents("ats", DATA)[codice]
    # from 1 January 2022 to 31 December 2024 there are three years
    tolleranza = DERIVA_ANNUA * 3 * Decimal(int(nostri))
    variazione = (Decimal(int(atto)) / Decimal(int(nostri)) - 1) * 100
    return outcome_of(
        Comparison(Decimal(int(atto)), Decimal(int(nostri)), tolleranza),
        "Residenti nell'atto al 31 dicembre 2024 e nella nostra popolazione al 1° gennaio 2022",
        numero,
        spiegazione=(
            f"La differenza ({percento(variazione)} in tre anni) è dovuta alla data: fino all'1% l'anno è plausibile."
        ),
    )


for _codice in ("milano", "insubria", "montagna", "brianza", "bergamo", "brescia", "val-padana", "pavia"):
    _nome = _TERRITORIO.name("ats", _codice).replace("’", "'")
    check(
        f"popolazione-atto-{_codice}",
        f"I residenti dell'{_nome} nell'atto 2025-2027 sono plausibili",
        fonti=["Linee guida 2025-2027, § 4.4", ISTAT],
        tabelle=["residenti_atto", "popolazione"],
        gravita="avviso",
        territori=[_codice],
    )(partial(_deriva, _codice))


@check(
    "popolazione-atto-data",
    "I residenti stampati nell'atto 2025-2027 sono quelli del giorno che l'atto dice",
    fonti=["Linee guida 2025-2027, § 4.4", "ISTAT, popolazione residente e bilancio demografico"],
    tabelle=["residenti_atto", "residenti_comuni", "popolazione_province"],
    gravita="avviso",
)
def data_dell_atto() -> Outcome:
    """Compare with the 1 January after the day that the act says, as ISTAT gives it."""
    stampati = int(read("residenti_atto")["residenti"].sum())
    quel_giorno = int(read("residenti_comuni", "2025-01-01")["residenti"].sum())
    un_anno_prima = int(read("popolazione_province", "2024-01-01")["residenti"].sum())
    return outcome_of(
        compare(stampati, quel_giorno),
        "Lombardia nell'atto, che dice al 31 dicembre 2024, e secondo ISTAT a quella data (1° gennaio 2025)",
        numero,
        spiegazione="Il totale dell'atto è quello che ISTAT dà un anno prima, al 1° gennaio 2024."
        if stampati == un_anno_prima
        else "",
    )


def _somma(tabella: str, anno: int, pubblicati: int) -> Outcome:
    nostri = int(read(tabella, f"{anno}-01-01")["residenti"].sum())
    return outcome_of(compare(pubblicati, nostri), "Residenti pubblicati e somma dei territori", numero)


for _tabella, _anno, _pubblicati in (
    ("popolazione_province", 2024, 10_012_054),
    ("residenti_comuni", 2025, 10_033_918),
    ("residenti_comuni", 2026, 10_065_694),
):
    check(
        f"popolazione-lombardia-{_anno}",
        f"I residenti in Lombardia al 1° gennaio {_anno} sono quelli pubblicati da ISTAT",
        fonti=["ISTAT, popolazione residente e bilancio demografico"],
        tabelle=[_tabella],
        gravita="errore",
    )(partial(_somma, _tabella, _anno, _pubblicati))


@check(
    "popolazione-vecchiaia-2026",
    "Indice di vecchiaia delle province al 1° gennaio 2026: quello delle tre classi di età è quello pubblicato",
    fonti=["ISTAT, indicatori demografici", "ISTAT, popolazione residente al 1° gennaio 2026, stima"],
    tabelle=["residenti_classi", "figure_pubblicate"],
    gravita="errore",
)
def vecchiaia_2026() -> Outcome:
    """Compare the twelve published indices with 65 and over for 100 people under 15."""
    pubblicate = read("figure_pubblicate").query(
        "indicatore == 'indice_vecchiaia' and anno == 2026 and livello == 'provincia'"
    )
    classi = population("provincia", "2026-01-01", "residenti_classi")
    residenti = classi.set_index(["territorio", "classe"])["residenti"].to_dict()
    fuori = []
    for sigla, valore in pubblicate[["territorio", "valore"]].to_numpy():
        nostro = Decimal(residenti[sigla, "65+"]) / residenti[sigla, "0-14"] * 100
        if not Comparison(Decimal(str(valore)), nostro, rounding(1)).holds:
            fuori.append(f"{sigla}, {numero(valore, 1)} pubblicato e {numero(nostro, 2)} nostro")
    return outcome_of_many(fuori, len(pubblicate), "Indici pubblicati e calcolati", "Tutti entro l'arrotondamento.")


@check(
    "popolazione-eta-2025",
    "Popolazione al 1° gennaio 2025: le età di ogni comune e sesso sommano ai residenti definitivi",
    fonti=["ISTAT, popolazione censita al 1° gennaio 2025"],
    tabelle=["popolazione", "residenti_comuni"],
    gravita="errore",
)
def stima_2025() -> Outcome:
    """Compare the sum of the ages of each comune and sex with its residents."""
    comuni = read("residenti_comuni", "2025-01-01").set_index(["cod_comune", "sesso"])["residenti"]
    somme = read("popolazione", "2025-01-01").groupby(["cod_comune", "sesso"])["residenti"].sum()
    diversi = somme[somme != comuni.reindex(somme.index)]
    fuori = [f"{codice} {sesso}" for codice, sesso in diversi.index]
    return outcome_of_many(fuori, len(somme), "Residenti di ogni comune e sesso e somma delle età", "Tutti uguali.")
