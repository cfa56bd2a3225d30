"""Balances, foreigners and families: parts that sum to their whole, years that follow one another."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import pandas as pd

from conciliazione_lib.evidence.formats import numero
from conciliazione_lib.quality.check import Outcome, check, outcome_of_many
from conciliazione_lib.quality.reading import read

P2 = "ISTAT, Bilancio demografico mensile, anno 2025 (P2)"
STRANIERI = "ISTAT, Popolazione straniera residente (29_316)"
P3 = "ISTAT, Bilancio demografico dei cittadini stranieri, anno 2025 (P3)"

#: Census residents of Lombardia at the end of the year.
CENSITI = MappingProxyType({2021: 9_943_004, 2022: 9_976_509, 2023: 10_012_054, 2024: 10_033_918})


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


def _name(label: object) -> str:
    return " ".join(str(part) for part in label) if isinstance(label, tuple) else str(label)


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
