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
MOTIVO = "dato non pubblicabile: soglia di riservatezza"
#: What a figure hidden for that reason is.
STATO = "protetto"


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
        valori = table.set_index("cod_soglia")["valore"]
        return cls(
            int(valori["conteggio"]),
            int(valori["rispondenti"]),
            int(valori["dominanza_contribuenti"]),
            float(valori["dominanza_quota"]) / 100,
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
    chiavi = list(dimensions)
    somme = frame.groupby(chiavi)[value].sum()
    if len(chiavi) > 1:
        categorie = [sorted(frame[d].unique()) for d in chiavi]
        somme = somme.reindex(pd.MultiIndex.from_product(categorie, names=chiavi), fill_value=0)
    tutti: pd.DataFrame = somme.reset_index()
    for dimensione in chiavi:
        nuovi = tutti
        while len(nuovi):
            saliti = nuovi.assign(**{dimensione: nuovi[dimensione].map(parents.get(dimensione, {}))})
            nuovi = saliti.dropna(subset=[dimensione]).groupby(chiavi)[value].sum().reset_index()
            tutti = pd.concat([tutti, nuovi], ignore_index=True)
    return tutti.groupby(chiavi, sort=False)[value].sum().reset_index()


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
    valori = frame[value].to_numpy(dtype=float)
    relazioni = [*disclosure.relations_of(frame, dimensions, _present(frame, dimensions, parents)), *known]
    if dominated is None:
        primarie = disclosure.primary_counts(valori, threshold)
        richiesti = {int(i): disclosure.required_interval(valori[i], threshold) for i in np.flatnonzero(primarie)}
    else:
        primarie = np.asarray(dominated, dtype=bool)
        richiesti = {int(i): (0.0, 2 * float(valori[i])) for i in np.flatnonzero(primarie)}
    nascoste = disclosure.suppress(valori, relazioni, primarie, richiesti, cost)
    return frame.assign(
        **{value: np.where(nascoste, np.nan, valori), f"{value}_motivo": np.where(nascoste, MOTIVO, "")}
    )


def _present(
    frame: pd.DataFrame, dimensions: Sequence[str], parents: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, str]]:
    """Keep the categories that the table has: an absent one is nobody, and does not break a total."""
    return {
        d: {figlio: padre for figlio, padre in parents.get(d, {}).items() if figlio in set(frame[d])}
        for d in dimensions
    }
