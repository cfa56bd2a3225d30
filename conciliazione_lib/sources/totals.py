"""Totals of a download beside those in force: a country cannot lose half of its people between two refreshes.

A shift worth looking at is told before the question whether to put the data in force; one that cannot be true refuses
them. Counts are compared as sums, rates and amounts per head as means; of a series, the rows that changed.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from conciliazione_lib.catalog.spec import TableSpec
from conciliazione_lib.errors import Problem

#: Beyond this share of what was in force a shift is told.
TO_LOOK_AT = 0.10
#: Beyond these shares it is not believed. An amount may double between two surveys some years apart; people cannot.
INCREDIBLE = 0.5
INCREDIBLE_AMOUNTS = 2.0
#: What stands for a column where rows are counted.
ROWS = "righe già presenti"
#: With less than this, in all, a total says nothing: a handful of rows may well double.
FEW = 1000


@dataclass(frozen=True)
class Shift:
    """How much a column changes.

    Attributes
    ----------
    colonna : str
        The column.
    somma : bool
        Whether sums are compared, or means.
    prima, dopo : float
        In force, and downloaded.
    incredibile : bool
        Whether it is too much to be true.
    tabella : str
        The table, where it is another than that of the file.
    """

    colonna: str
    somma: bool
    prima: float
    dopo: float
    incredibile: bool
    tabella: str = ""

    @property
    def testo(self) -> str:
        """What changes, in Italian."""
        what = "la somma" if self.somma else "la media"
        where = f"nella tabella «{self.tabella}», " if self.tabella else ""
        if self.colonna == ROWS:
            return f"{where}delle {self.prima:.0f} {ROWS} ne restano {self.dopo:.0f}"
        return (
            f"{where}{what} di «{self.colonna}» passa da {_number(self.prima)} a {_number(self.dopo)} "
            f"({(self.dopo / self.prima - 1) * 100:+.0f}%)"
        )

    @property
    def problem(self) -> Problem:
        """The same, as what is wrong."""
        what = "somma" if self.somma else "media"
        return Problem(
            f"una {what} vicina a quella in vigore ({_number(self.prima)})", _number(self.dopo), colonna=self.colonna
        )


def shifts(new: pd.DataFrame, old: pd.DataFrame | None, spec: TableSpec) -> list[Shift]:
    """Return the columns whose total is not that in force, give or take a tenth.

    Parameters
    ----------
    new, old : DataFrame
        The version downloaded and the one in force; nothing is compared when there is none.
    spec : TableSpec
        Declaration of the table.

    Returns
    -------
    list of Shift
        In the order of the columns.
    """
    if old is None or old.empty or new.empty:
        return []
    keys = list(spec.keys)
    series = "anno" in keys and new["anno"].nunique() > 1
    if "anno" in keys and not series:  # one year beside the last there was
        old = old[old["anno"] == old["anno"].max()]
        keys.remove("anno")
    new, old = (frame.set_index(keys) for frame in (new, old))
    both = new.index.intersection(old.index)
    found = _lost(len(both), len(old))
    # A version may be of more territories than the one before it: what both have is compared.
    new, old = new.loc[both], old.loc[both]
    for column in spec.columns:
        if column not in new or not pd.api.types.is_numeric_dtype(new[column]):
            continue
        counted = pd.api.types.is_integer_dtype(new[column])
        if column not in old or old[column].isna().all() or new[column].isna().all():
            continue
        if (old[column] < 0).any() or (new[column] < 0).any():
            continue  # a balance: its sum is small beside what it is made of
        changed = (new[column] != old[column]).fillna(False) if series else slice(None)
        total_before, total_after = (
            float(f.loc[changed, column].sum() if counted else f.loc[changed, column].mean()) for f in (old, new)
        )
        if not total_before > 0 or (counted and max(total_before, total_after) < FEW):
            continue
        change = total_after / total_before - 1
        if abs(change) > TO_LOOK_AT:
            limit = INCREDIBLE if counted else INCREDIBLE_AMOUNTS
            beyond = change > limit or change < -limit / (1 + limit)
            found.append(Shift(column, counted, total_before, total_after, beyond))
    return found


def _lost(kept: int, before: int) -> list[Shift]:
    """Return the rows that were there and are no longer, as a shift of their number."""
    share = 1 - kept / before
    if share <= TO_LOOK_AT:
        return []
    return [Shift(ROWS, True, before, kept, share > INCREDIBLE / (1 + INCREDIBLE))]


def _number(value: float) -> str:
    shown = f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"
    return shown.translate(str.maketrans(",.", ".,"))
