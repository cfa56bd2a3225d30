"""Characters of the comuni: two tables that say the same thing, and totals published beside their parts."""

from __future__ import annotations

from conciliazione_lib.quality.check import Outcome, check
from conciliazione_lib.quality.checks.bilanci import same
from conciliazione_lib.quality.reading import read

CLASSIFICAZIONI = "ISTAT, Classificazioni statistiche e dimensione dei comuni, 1° gennaio 2026"
POPOLAZIONE = "ISTAT, popolazione residente al 1° gennaio 2022"
DATA = "2022-01-01"


@check(
    "caratteri-popolazione-legale",
    "Popolazione legale 2021: è quella al 1° gennaio 2022, comune per comune",
    fonti=[CLASSIFICAZIONI, POPOLAZIONE],
    tabelle=["classificazioni_comuni", "popolazione", "fusioni_comuni"],
    gravita="errore",
)
def legal_population() -> Outcome:
    """Compare the legal population, at the comuni of the classification, with ours summed over those merged by then."""
    classes = read("classificazioni_comuni")
    until = classes.attrs["provenienza"]["data_riferimento"]
    ours = read("popolazione", data=DATA).groupby("cod_comune")["residenti"].sum()
    mergers = read("fusioni_comuni")
    merged = mergers[(mergers["data"] > DATA) & (mergers["data"] <= until)].set_index("cod_prima")["cod_dopo"]
    codes = ours.index.to_series()
    then = ours.groupby(codes.map(merged).fillna(codes)).sum()
    legal = classes.set_index("cod_comune")["popolazione_legale_2021"]
    return same(
        legal[legal.index.isin(then.index)],
        then,
        "Popolazione legale e residenti al 1° gennaio 2022",
        "Sono gli stessi in ogni comune.",
    )
