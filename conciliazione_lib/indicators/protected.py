"""From a cross-table of people or amounts to the one that may be published.

The threshold is not here: it is data (table ``soglie_riservatezza``). What is hidden is whatever is below it, and as
many other cells as it takes so that no margin and no larger territory gives it away; see
:mod:`conciliazione_lib.indicators.disclosure` for the method.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

import conciliazione_lib.indicators.disclosure as disclosure

#: Why a value is missing.
REASON = "dato non pubblicabile: soglia di riservatezza"
#: What a figure hidden for that reason is.
STATE = "protetto"


@dataclass(frozen=True)
class Thresholds:
    """The thresholds in force, from the table ``soglie_riservatezza``.

    Attributes
    ----------
    conteggio : int
        The smallest count of people, organisations or answers that is published.
    rispondenti : int
        The smallest number of answers for a mean, a reliability or a test.
    contribuenti : int
        How many of the largest contributors of an amount are looked at together.
    quota : float
        The share of the amount, between 0 and 1, that they may hold together.
    """

    conteggio: int
    rispondenti: int
    contribuenti: int
    quota: float

    @classmethod
    def of(cls, table: pd.DataFrame) -> Thresholds:
        """Read them from the rows of the table."""
        values = table.set_index("cod_soglia")["valore"]
        return cls(
            int(values["conteggio"]),
            int(values["rispondenti"]),
            int(values["dominanza_contribuenti"]),
            float(values["dominanza_quota"]) / 100,
        )


def with_totals(
    frame: pd.DataFrame, value: str, dimensions: Sequence[str], parents: Mapping[str, Mapping[str, str]]
) -> pd.DataFrame:
    """Add to a table of leaf cells every total along every dimension.

    Parameters
    ----------
    frame : DataFrame
        Leaf cells: ``dimensions`` and ``value``.
    value : str
        Column to sum.
    dimensions : sequence of str
        Columns that identify a cell.
    parents : mapping of str to mapping
        For each dimension, child category -> parent category.

    Returns
    -------
    DataFrame
        One row per cell, leaves and totals; leaves that combine present categories but have no row count zero.
    """
    keys = list(dimensions)
    sums = frame.groupby(keys)[value].sum()
    if len(keys) > 1:
        categories = [sorted(frame[d].unique()) for d in keys]
        sums = sums.reindex(pd.MultiIndex.from_product(categories, names=keys), fill_value=0)
    everyone: pd.DataFrame = sums.reset_index()
    for dimension in keys:
        new = everyone
        while len(new):
            risen = new.assign(**{dimension: new[dimension].map(parents.get(dimension, {}))})
            new = risen.dropna(subset=[dimension]).groupby(keys)[value].sum().reset_index()
            everyone = pd.concat([everyone, new], ignore_index=True)
    return everyone.groupby(keys, sort=False)[value].sum().reset_index()


def publishable(
    frame: pd.DataFrame,
    value: str,
    dimensions: Sequence[str],
    parents: Mapping[str, Mapping[str, str]],
    *,
    threshold: int,
    dominated: Sequence[bool] | None = None,
    known: Sequence[disclosure.Relation] = (),
    cost: Sequence[float] | None = None,
) -> pd.DataFrame:
    """Return the table that may be published: small cells hidden, and those that would give them away.

    Parameters
    ----------
    frame : DataFrame
        One row per cell, totals included; ``value`` is a count of people, organisations or answers (or an amount,
        with ``dominated``).
    value : str
        The column to protect.
    dimensions : sequence of str
        The columns that identify a cell.
    parents : mapping of str to mapping
        For each dimension, child category -> parent category: nested territories, margins.
    threshold : int
        The smallest count published. Zeros are published.
    dominated : sequence of bool, optional
        For amounts: which cells few contributors dominate (:func:`disclosure.primary_dominance`). Then the threshold is
        not applied to the amounts, and a dominated one may be anything from nothing to its double.
    known : sequence of Relation
        Other sums that a reader knows, by position of the rows of ``frame``.
    cost : sequence of float, optional
        Cost of hiding each row; by default small values go first.

    Returns
    -------
    DataFrame
        The same rows; ``value`` is missing where hidden, and ``<value>_motivo`` says why.

    Raises
    ------
    CalcoloError
        If the table does not add up, or has a cell twice.
    """
    values = frame[value].to_numpy(dtype=float)
    relations = [*disclosure.relations_of(frame, dimensions, _present(frame, dimensions, parents)), *known]
    if dominated is None:
        primary = disclosure.primary_counts(values, threshold)
        requested = {int(i): disclosure.required_interval(values[i], threshold) for i in np.flatnonzero(primary)}
    else:
        primary = np.asarray(dominated, dtype=bool)
        requested = {int(i): (0.0, 2 * float(values[i])) for i in np.flatnonzero(primary)}
    hidden = disclosure.suppress(values, relations, primary, requested, cost)
    return frame.assign(**{value: np.where(hidden, np.nan, values), f"{value}_motivo": np.where(hidden, REASON, "")})


def _present(
    frame: pd.DataFrame, dimensions: Sequence[str], parents: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, str]]:
    """Keep the categories that the table has: an absent one is nobody, and does not break a total."""
    return {
        d: {child: father for child, father in parents.get(d, {}).items() if child in set(frame[d])} for d in dimensions
    }
