"""Balances, foreigners and families: parts that sum to their whole, years that follow one another."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import pandas as pd

from conciliazione_lib import territory
from conciliazione_lib.evidence.formats import numero
from conciliazione_lib.quality.check import Outcome, check, outcome_of_many
from conciliazione_lib.quality.reading import read

P2 = "ISTAT, Bilancio demografico mensile, anno 2025 (P2)"
BILANCIO = "ISTAT, Bilancio demografico con popolazione censita, 2019-2024"
STRANIERI = "ISTAT, Popolazione straniera residente (29_316)"
P3 = "ISTAT, Bilancio demografico dei cittadini stranieri, anno 2025 (P3)"
CENSIMENTO = "ISTAT, Censimento permanente, famiglie al 31 dicembre"

#: Lombardia in 2025, as the source of the comuni gives it.
LOMBARDIA_2025 = MappingProxyType(
    {"residenti_inizio": 10_033_918, "nati": 63_162, "morti": 104_466, "residenti_fine": 10_065_694}
)
#: Census residents of Lombardia at the end of the year.
CENSITI = MappingProxyType({2021: 9_943_004, 2022: 9_976_509, 2023: 10_012_054, 2024: 10_033_918})
#: Foreign residents of Lombardia at 1 January, row ITC4 of the same source.
STRANIERI_LOMBARDIA = MappingProxyType(
    {
        2020: 1_149_065,
        2021: 1_190_889,
        2022: 1_155_393,
        2023: 1_176_169,
        2024: 1_203_138,
        2025: 1_221_520,
    }
)


def same(published: pd.Series, found: pd.Series, confronto: str, tutti: str) -> Outcome:
    """Compare two series of whole numbers on the index of the first.

    Parameters
    ----------
    published, found : Series
        The two sides; a value missing on either side does not hold.
    confronto, tutti : str
        As in :func:`~conciliazione_lib.quality.check.outcome_of_many`.
    """
    pairs = pd.DataFrame({"published": published, "found": found.reindex(published.index)}).astype("float64")
    wrong = pairs[pairs["published"] != pairs["found"]]
    return outcome_of_many(
        (f"{_name(row.Index)}: {numero(row.published)} e {numero(row.found)}" for row in wrong.itertuples()),
        len(pairs),
        confronto,
        tutti,
    )


def as_published(frame: pd.DataFrame, outcome: Callable[[], Outcome]) -> Outcome:
    """Return an outcome that compares with totals of the embedded version: another version has totals of its own.

    Parameters
    ----------
    frame : DataFrame
        The table, with its provenance.
    outcome : callable
        Makes the comparison.
    """
    if frame.attrs["provenienza"]["origine"] == "incorporata":
        return outcome()
    return Outcome("non_verificabile", "I dati sono stati sostituiti: 0 totali pubblicati con cui confrontarli")


def by_province(frame: pd.DataFrame, column: str, date: str) -> pd.Series:
    """Sum a column of the comuni in force at a date by province."""
    provinces = territory.load(date).comuni["provincia"]
    return frame.set_index("cod_comune")[column].groupby(provinces).sum()


def _long(frame: pd.DataFrame) -> pd.Series:
    return frame.melt("anno", var_name="voce").set_index(["anno", "voce"])["value"]


def _name(label: object) -> str:
    return " ".join(str(part) for part in label) if isinstance(label, tuple) else str(label)


@check(
    "bilanci-lombardia-2025",
    "Bilancio demografico del 2025: la somma dei comuni è la Lombardia",
    fonti=[P2],
    tabelle=["bilancio_demografico"],
    gravita="errore",
)
def lombardy() -> Outcome:
    """Compare residents, births and deaths of the 1,502 comuni with the region's."""
    comuni = read("bilancio_demografico", data="2025")
    return as_published(
        comuni,
        lambda: same(
            pd.Series(LOMBARDIA_2025),
            comuni[list(LOMBARDIA_2025)].sum(),
            "Residenti, nati e morti della Lombardia e somma dei comuni",
            "Le somme dei comuni sono quelle pubblicate.",
        ),
    )


@check(
    "bilanci-province-2025",
    "Residenti al 1° gennaio 2025: la somma dei comuni è la provincia censita alla fine del 2024",
    fonti=[P2, BILANCIO],
    tabelle=["bilancio_demografico", "bilancio_territori"],
    gravita="errore",
)
def provinces() -> Outcome:
    """Compare the end of the definitive balance of 2024 with the beginning of the provisional one of 2025."""
    balances = read("bilancio_territori")
    ended = balances[(balances["livello"] == "provincia") & (balances["anno"] == 2024)]
    return same(
        ended.set_index("territorio")["residenti_censiti"],
        by_province(read("bilancio_demografico", data="2025"), "residenti_inizio", "2025-01-01"),
        "Province alla fine del 2024 e somma dei comuni al 1° gennaio 2025",
        "Le dodici province tornano.",
    )


@check(
    "bilanci-lombardia-censita",
    "Bilanci delle province 2021-2024: la somma è la Lombardia censita",
    fonti=[BILANCIO],
    tabelle=["bilancio_territori"],
    gravita="errore",
)
def census() -> Outcome:
    """Compare the sum of the provinces with the census totals of the region."""
    balances = read("bilancio_territori")
    found = balances[balances["livello"] == "provincia"].groupby("anno")["residenti_censiti"].sum()
    return same(
        pd.Series(CENSITI), found, "Lombardia censita e somma delle province", "Le somme sono quelle pubblicate."
    )


@check(
    "bilanci-nati-pubblicati",
    "Nati ripresi dalla stampa: sono quelli del bilancio definitivo",
    fonti=[BILANCIO, "Stampa, su dati ISTAT"],
    tabelle=["bilancio_territori", "figure_pubblicate"],
    gravita="avviso",
)
def published_births() -> Outcome:
    """Compare the births printed by newspapers with those of the balances; the region is the sum of its provinces."""
    balances, keys = read("bilancio_territori"), ["territorio", "anno"]
    births = balances[balances["livello"] != "comune"].set_index(keys)["nati"]
    region = balances[balances["livello"] == "provincia"].groupby("anno")["nati"].sum()
    region.index = pd.MultiIndex.from_product([["lombardia"], region.index], names=keys)
    published = read("figure_pubblicate").query("indicatore == 'nati'").set_index(keys)["valore"]
    return same(
        published, pd.concat([births, region]), "Nati pubblicati dalla stampa e nel bilancio", "Sono gli stessi."
    )


@check(
    "bilanci-anni",
    "Bilanci di Italia, province e comuni bresciani: ogni anno comincia dove finisce il precedente",
    fonti=[BILANCIO, P2],
    tabelle=["bilancio_territori"],
    gravita="errore",
)
def years() -> Outcome:
    """Census residents at the end of a year against residents at the beginning of the next."""
    balances = read("bilancio_territori")
    keys = ["livello", "territorio", "anno"]
    ended = balances.assign(anno=balances["anno"] + 1).set_index(keys)["residenti_censiti"]
    begun = balances.set_index(keys)["residenti_inizio"]
    return same(
        ended[ended.index.isin(begun.index)],
        begun,
        "Residenti censiti alla fine di un anno e all'inizio del successivo",
        "Gli anni si seguono.",
    )


@check(
    "bilanci-comuni-bresciani",
    "Bilanci 2019-2024 dei comuni bresciani: la somma è la provincia di Brescia",
    fonti=[BILANCIO],
    tabelle=["bilancio_territori"],
    gravita="errore",
    territori=["brescia", "montagna"],
)
def brescia() -> Outcome:
    """Compare residents, births and deaths of the 205 comuni with those of their province."""
    columns = ["residenti_inizio", "nati", "morti", "residenti_calcolati", "residenti_censiti"]
    balances = read("bilancio_territori")
    province = balances[(balances["livello"] == "provincia") & (balances["territorio"] == "BS")]
    comuni = balances[balances["livello"] == "comune"]
    return same(
        _long(province[["anno", *columns]]),
        _long(comuni.groupby("anno", as_index=False)[columns].sum()),
        "Provincia di Brescia e somma dei suoi comuni",
        "Sei anni tornano in ogni voce.",
    )


@check(
    "bilanci-stranieri-lombardia",
    "Residenti stranieri 2020-2025: la somma dei comuni è la Lombardia",
    fonti=[STRANIERI],
    tabelle=["stranieri_totali"],
    gravita="errore",
)
def foreigners() -> Outcome:
    """Compare the sum of the comuni with the region's, in six years."""
    return same(
        pd.Series(STRANIERI_LOMBARDIA),
        read("stranieri_totali").groupby("anno")["residenti"].sum(),
        "Residenti stranieri in Lombardia e somma dei comuni",
        "Le somme dei comuni sono quelle pubblicate.",
    )


@check(
    "bilanci-stranieri-2025",
    "Residenti stranieri al 1° gennaio 2025: il bilancio per sesso parte dai totali, e non superano i residenti",
    fonti=[STRANIERI, P3, P2],
    tabelle=["bilancio_stranieri", "stranieri_totali", "bilancio_demografico"],
    gravita="errore",
)
def foreigners_2025() -> Outcome:
    """Compare two sources of the same residents, and a part with its whole, comune by comune."""
    totals = read("stranieri_totali").query("anno == 2025").set_index("cod_comune")["residenti"]
    begun = read("bilancio_stranieri", data="2025").groupby("cod_comune")["residenti_inizio"].sum()
    everyone = read("bilancio_demografico", data="2025").set_index("cod_comune")["residenti_inizio"]
    wrong = totals[(totals != begun.reindex(totals.index)) | (totals > everyone.reindex(totals.index))]
    return outcome_of_many(
        (str(code) for code in wrong.index),
        len(totals),
        "Residenti stranieri secondo le due tavole, e residenti",
        "I totali sono la somma dei sessi, e una parte dei residenti.",
    )


@check(
    "bilanci-famiglie-componenti",
    "Famiglie dei comuni bresciani: la somma delle classi è il totale",
    fonti=[CENSIMENTO],
    tabelle=["famiglie", "famiglie_componenti"],
    gravita="errore",
    territori=["brescia", "montagna"],
)
def households() -> Outcome:
    """Compare families by number of members with their total, by comune and year."""
    keys = ["cod_comune", "anno"]
    classes = read("famiglie_componenti").groupby(keys)["famiglie"].sum()
    return same(
        classes,
        read("famiglie", data="2018/2024").set_index(keys)["famiglie"],
        "Famiglie per numero di componenti e in totale",
        "Le classi sommano al totale in ogni comune e anno.",
    )
