"""Statistical disclosure control of additive tables: which cells to hide, and whether hiding them is enough.

A table is a list of cells with a value, tied by additive relations (a total and its parts): margins, nested
territories, or both. Some cells are *primary*: too few people, or one contributor who dominates an amount. Hiding
them alone does not protect them, because relations let a reader subtract; so further, *secondary* cells are hidden
until what a reader can deduce is wide enough. :func:`audit` plays that reader: it solves, for every protected cell,
the two linear programmes that give the least and the greatest value compatible with all that is published.

References
----------
Kelly J.P., Golden B.L., Assad A.A. (1992), "Cell suppression: disclosure protection for sensitive tabular data",
*Networks* 22(4), 397-417. Hundepool A. et al. (2012), *Statistical Disclosure Control*, Wiley, ch. 4.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from conciliazione_lib.errors import CalcoloError

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

#: Cells moved by less than this in a linear programme have not moved.
_TOLERANCE = 1e-7


@dataclass(frozen=True)
class Relation:
    """An additive relation: the value of ``total`` is the sum of the values of ``parts``.

    Attributes
    ----------
    total : int
        Position of the total among the cells.
    parts : tuple of int
        Positions of its parts.
    """

    total: int
    parts: tuple[int, ...]


@dataclass(frozen=True)
class Deduction:
    """What a reader can deduce of a protected cell from all that is published.

    Attributes
    ----------
    cell : int
        Position of the cell.
    lower, upper : float
        Least and greatest value compatible with the published cells.
    required : tuple of float
        The interval that must stay possible.
    """

    cell: int
    lower: float
    upper: float
    required: tuple[float, float]


def relations_of(
    frame: pd.DataFrame, dimensions: Sequence[str], parents: Mapping[str, Mapping[str, str]]
) -> list[Relation]:
    """Find the additive relations among the rows of a table with totals.

    Parameters
    ----------
    frame : DataFrame
        One row per cell; the combination of ``dimensions`` is unique.
    dimensions : sequence of str
        The columns that identify a cell.
    parents : mapping of str to mapping
        For each dimension, child category -> parent category (e.g. ``{"ambito": {"azzate": "insubria"}}``).

    Returns
    -------
    list of Relation
        One per row that is the parent of other rows along one dimension, the other dimensions fixed. A total that has
        only some of its parts in the table gives no relation: nothing can be subtracted from it exactly.

    Raises
    ------
    CalcoloError
        If two rows are the same cell.
    """
    keys = [tuple(row) for row in frame[list(dimensions)].itertuples(index=False)]
    position = {key: i for i, key in enumerate(keys)}
    if len(position) != len(keys):
        raise CalcoloError(
            "La tabella da proteggere contiene due volte la stessa cella.",
            "Sommare le righe ripetute prima di proteggere la tabella.",
        )
    relations = []
    for d, dimension in enumerate(dimensions):
        children: dict[str, list[str]] = {}
        for child, parent in parents.get(dimension, {}).items():
            children.setdefault(parent, []).append(child)
        for key, total in position.items():
            expected = [(*key[:d], child, *key[d + 1 :]) for child in children.get(key[d], [])]
            if expected and all(c in position for c in expected):
                relations.append(Relation(total, tuple(position[c] for c in expected)))
    return relations


def primary_counts(counts: Iterable[float], threshold: int) -> NDArray[np.bool_]:
    """Tell which counts are too small to be published.

    Parameters
    ----------
    counts : iterable of float
        Numbers of people or organisations.
    threshold : int
        The smallest count that may be published. Zeros may.

    Returns
    -------
    array of bool
        True where ``0 < count < threshold``.
    """
    values = np.asarray(list(counts), dtype=float)
    return (values > 0) & (values < threshold)


def primary_dominance(contributions: Sequence[Sequence[float]], share: float = 0.85, n: int = 2) -> NDArray[np.bool_]:
    """Tell which amounts are dominated by their largest contributors: the (n, k) rule.

    Parameters
    ----------
    contributions : sequence of sequence of float
        For each cell, the amounts of its contributors.
    share : float
        The share of the cell's total that the ``n`` largest contributors may reach together.
    n : int
        How many contributors are looked at together.

    Returns
    -------
    array of bool
        True where the ``n`` largest contributors hold more than ``share`` of a non-zero total.
    """
    outcome = []
    for amounts in contributions:
        sorted_ = np.sort(np.asarray(amounts, dtype=float))[::-1]
        total = sorted_.sum()
        outcome.append(bool(total > 0 and sorted_[:n].sum() > share * total))
    return np.array(outcome, dtype=bool)


def required_interval(value: float, threshold: int) -> tuple[float, float]:
    """Return what must stay possible for a small count: anything from nobody to the threshold."""
    return (0.0, float(max(threshold, value)))


def _matrix(n: int, relations: Sequence[Relation]) -> csr_matrix:
    from scipy.sparse import csr_matrix

    rows, columns, data = [], [], []
    for r, relation in enumerate(relations):
        for cell, weight in [(relation.total, 1.0), *((p, -1.0) for p in relation.parts)]:
            rows.append(r)
            columns.append(cell)
            data.append(weight)
    return csr_matrix((data, (rows, columns)), shape=(len(relations), n))


def suppress(
    values: Iterable[float],
    relations: Sequence[Relation],
    primary: Iterable[bool],
    required: Mapping[int, tuple[float, float]],
    cost: Iterable[float] | None = None,
) -> NDArray[np.bool_]:
    """Choose which cells to hide so that no primary cell can be deduced more tightly than required.

    For each primary cell and each end of the interval it must keep, a linear programme finds the cheapest change of the
    table that moves the cell to that end and keeps every relation and every value non-negative; the cells that
    move are hidden. The union protects all primary cells, because each of those changed tables is compatible with what
    is published.

    Parameters
    ----------
    values : iterable of float
        True values of the cells, non-negative.
    relations : sequence of Relation
        The additive relations; they must hold on ``values``.
    primary : iterable of bool
        Cells that may not be published.
    required : mapping of int to (float, float)
        For each primary cell, the interval that must stay possible.
    cost : iterable of float, optional
        Cost of hiding each cell; by default its value plus one, so that small cells go first and totals last.

    Returns
    -------
    array of bool
        True for the cells to hide, primary ones included.

    Raises
    ------
    CalcoloError
        If the relations do not hold on the values, or a cell cannot be protected (for instance its parts are all zero).
    """
    one_values = np.asarray(list(values), dtype=float)
    hidden = np.asarray(list(primary), dtype=bool).copy()
    matrix = _matrix(len(one_values), relations)
    gaps = matrix @ one_values
    if relations and np.abs(gaps).max() > 1e-6:
        raise CalcoloError(
            "La tabella da proteggere non quadra: un totale non è la somma delle sue parti.",
            "Verificare la tabella con «conciliazione quadrature» prima di proteggerla.",
        )
    one_cost = one_values + 1.0 if cost is None else np.asarray(list(cost), dtype=float)
    for cell in np.flatnonzero(hidden):
        for end in required[int(cell)]:
            if not relations or abs(end - one_values[cell]) < _TOLERANCE:
                continue
            move = _move(matrix, one_values, int(cell), end, np.where(hidden, 1e-6, one_cost))
            if move is None:
                raise CalcoloError(
                    "Una cella riservata non può essere protetta nascondendo altre celle della stessa tabella.",
                    "Pubblicare la tabella con categorie più ampie o a un livello territoriale superiore.",
                )
            hidden |= np.abs(move) > _TOLERANCE
    return hidden


def _move(
    matrix: csr_matrix, values: NDArray[np.float64], cell: int, extreme: float, costo: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Return the cheapest change of all cells that takes one cell to a value, or None when there is none."""
    from scipy.optimize import linprog  # heavy: who only reads the states of figures does not need it
    from scipy.sparse import hstack

    n = len(values)
    on_down = hstack([matrix, -matrix], format="csr")
    limits = [(0.0, None)] * n + [(0.0, float(v)) for v in values]
    delta = extreme - values[cell]
    limits[cell] = (max(delta, 0.0), max(delta, 0.0))
    limits[n + cell] = (max(-delta, 0.0), max(-delta, 0.0))
    solution = linprog(
        np.concatenate([costo, costo]),
        A_eq=on_down,
        b_eq=np.zeros(matrix.shape[0]),
        bounds=limits,
        method="highs",
    )
    if not solution.success:
        return None
    return np.asarray(solution.x[:n] - solution.x[n:], dtype=float)


def bounds(
    published: Iterable[float],
    relations: Sequence[Relation],
    cells: Iterable[int],
    least: Mapping[int, float] | None = None,
) -> dict[int, tuple[float, float]]:
    """Compute the least and the greatest value that hidden cells may have, given all that is published.

    Parameters
    ----------
    published : iterable of float
        Values as published; missing (NaN) where hidden.
    relations : sequence of Relation
        The additive relations that any reader knows.
    cells : iterable of int
        The hidden cells to attack.
    least : mapping of int to float, optional
        What is known of some hidden cells from elsewhere: they are at least this.

    Returns
    -------
    dict of int to (float, float)
        Lower and upper bound per cell; the upper one is infinite when nothing limits it.

    Raises
    ------
    CalcoloError
        If no table is compatible with what is published.
    """
    values = np.asarray(list(published), dtype=float)
    from scipy.optimize import linprog

    known = least or {}
    limits = [(known.get(i, 0.0), None) if np.isnan(v) else (float(v), float(v)) for i, v in enumerate(values)]
    matrix = _matrix(len(values), relations)
    found = {}
    for cell in cells:
        if not relations:
            found[int(cell)] = (known.get(int(cell), 0.0), np.inf)
            continue
        ends = []
        for towards in (1.0, -1.0):
            goal = np.zeros(len(values))
            goal[cell] = towards
            solution = linprog(goal, A_eq=matrix, b_eq=np.zeros(len(relations)), bounds=limits, method="highs")
            if solution.status == 3:
                ends.append(np.inf)
            elif solution.success:
                ends.append(towards * float(solution.fun))
            else:
                raise CalcoloError(
                    "Le celle pubblicate si contraddicono: nessuna tabella le ammette tutte.",
                    "Verificare che i totali pubblicati siano la somma delle loro parti.",
                )
        found[int(cell)] = (ends[0], ends[1])
    return found


def audit(
    published: Iterable[float], relations: Sequence[Relation], required: Mapping[int, tuple[float, float]]
) -> list[Deduction]:
    """Attack a published table: find the protected cells that can be deduced more tightly than allowed.

    Parameters
    ----------
    published : iterable of float
        Values as published; missing (NaN) where hidden.
    relations : sequence of Relation
        The additive relations that any reader knows.
    required : mapping of int to (float, float)
        For each protected cell, the interval that must stay possible.

    Returns
    -------
    list of Deduction
        Empty when every protected cell is safe. A protected cell that is published is the worst deduction of all.
    """
    values = np.asarray(list(published), dtype=float)
    found = [
        Deduction(cell, float(values[cell]), float(values[cell]), interval)
        for cell, interval in required.items()
        if not np.isnan(values[cell])
    ]
    hidden = [cell for cell in required if np.isnan(values[cell])]
    for cell, (minimum, maximum) in bounds(values, relations, hidden).items():
        low, high = required[cell]
        if minimum > low + 1e-6 or maximum < high - 1e-6:
            found.append(Deduction(cell, minimum, maximum, (low, high)))
    return sorted(found, key=lambda deduction: deduction.cell)
