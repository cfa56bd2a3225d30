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

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_matrix, hstack

from conciliazione_lib.errors import CalcoloError

#: Cells moved by less than this in a linear programme have not moved.
_TOLLERANZA = 1e-7


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
    chiavi = [tuple(riga) for riga in frame[list(dimensions)].itertuples(index=False)]
    posizione = {chiave: i for i, chiave in enumerate(chiavi)}
    if len(posizione) != len(chiavi):
        raise CalcoloError(
            "La tabella da proteggere contiene due volte la stessa cella.",
            "Sommare le righe ripetute prima di proteggere la tabella.",
        )
    relazioni = []
    for d, dimensione in enumerate(dimensions):
        figli: dict[str, list[str]] = {}
        for figlio, genitore in parents.get(dimensione, {}).items():
            figli.setdefault(genitore, []).append(figlio)
        for chiave, totale in posizione.items():
            attesi = [(*chiave[:d], figlio, *chiave[d + 1 :]) for figlio in figli.get(chiave[d], [])]
            if attesi and all(c in posizione for c in attesi):
                relazioni.append(Relation(totale, tuple(posizione[c] for c in attesi)))
    return relazioni


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
    valori = np.asarray(list(counts), dtype=float)
    return (valori > 0) & (valori < threshold)


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
    esito = []
    for importi in contributions:
        ordinati = np.sort(np.asarray(importi, dtype=float))[::-1]
        totale = ordinati.sum()
        esito.append(bool(totale > 0 and ordinati[:n].sum() > share * totale))
    return np.array(esito, dtype=bool)


def required_interval(value: float, threshold: int) -> tuple[float, float]:
    """Return what must stay possible for a small count: anything from nobody to the threshold."""
    return (0.0, float(max(threshold, value)))


def _matrice(n: int, relations: Sequence[Relation]) -> csr_matrix:
    righe, colonne, dati = [], [], []
    for r, relazione in enumerate(relations):
        for cella, peso in [(relazione.total, 1.0), *((p, -1.0) for p in relazione.parts)]:
            righe.append(r)
            colonne.append(cella)
            dati.append(peso)
    return csr_matrix((dati, (righe, colonne)), shape=(len(relations), n))


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
    valori = np.asarray(list(values), dtype=float)
    nascoste = np.asarray(list(primary), dtype=bool).copy()
    matrice = _matrice(len(valori), relations)
    scarti = matrice @ valori
    if relations and np.abs(scarti).max() > 1e-6:
        raise CalcoloError(
            "La tabella da proteggere non quadra: un totale non è la somma delle sue parti.",
            "Verificare la tabella con «conciliazione quadrature» prima di proteggerla.",
        )
    costo = valori + 1.0 if cost is None else np.asarray(list(cost), dtype=float)
    for cella in np.flatnonzero(nascoste):
        for estremo in required[int(cella)]:
            if not relations or abs(estremo - valori[cella]) < _TOLLERANZA:
                continue
            mossa = _mossa(matrice, valori, int(cella), estremo, np.where(nascoste, 1e-6, costo))
            if mossa is None:
                raise CalcoloError(
                    "Una cella riservata non può essere protetta nascondendo altre celle della stessa tabella.",
                    "Pubblicare la tabella con categorie più ampie o a un livello territoriale superiore.",
                )
            nascoste |= np.abs(mossa) > _TOLLERANZA
    return nascoste


def _mossa(
    matrice: csr_matrix, valori: NDArray[np.float64], cella: int, estremo: float, costo: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Return the cheapest change of all cells that takes one cell to a value, or None when there is none."""
    n = len(valori)
    su_giu = hstack([matrice, -matrice], format="csr")
    limiti = [(0.0, None)] * n + [(0.0, float(v)) for v in valori]
    delta = estremo - valori[cella]
    limiti[cella] = (max(delta, 0.0), max(delta, 0.0))
    limiti[n + cella] = (max(-delta, 0.0), max(-delta, 0.0))
    soluzione = linprog(
        np.concatenate([costo, costo]),
        A_eq=su_giu,
        b_eq=np.zeros(matrice.shape[0]),
        bounds=limiti,
        method="highs",
    )
    if not soluzione.success:
        return None
    return np.asarray(soluzione.x[:n] - soluzione.x[n:], dtype=float)


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
    valori = np.asarray(list(published), dtype=float)
    noti = least or {}
    limiti = [(noti.get(i, 0.0), None) if np.isnan(v) else (float(v), float(v)) for i, v in enumerate(valori)]
    matrice = _matrice(len(valori), relations)
    trovati = {}
    for cella in cells:
        if not relations:
            trovati[int(cella)] = (noti.get(int(cella), 0.0), np.inf)
            continue
        estremi = []
        for verso in (1.0, -1.0):
            obiettivo = np.zeros(len(valori))
            obiettivo[cella] = verso
            soluzione = linprog(obiettivo, A_eq=matrice, b_eq=np.zeros(len(relations)), bounds=limiti, method="highs")
            if soluzione.status == 3:
                estremi.append(np.inf)
            elif soluzione.success:
                estremi.append(verso * float(soluzione.fun))
            else:
                raise CalcoloError(
                    "Le celle pubblicate si contraddicono: nessuna tabella le ammette tutte.",
                    "Verificare che i totali pubblicati siano la somma delle loro parti.",
                )
        trovati[int(cella)] = (estremi[0], estremi[1])
    return trovati


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
    valori = np.asarray(list(published), dtype=float)
    trovate = [
        Deduction(cella, float(valori[cella]), float(valori[cella]), intervallo)
        for cella, intervallo in required.items()
        if not np.isnan(valori[cella])
    ]
    nascoste = [cella for cella in required if np.isnan(valori[cella])]
    for cella, (minimo, massimo) in bounds(valori, relations, nascoste).items():
        basso, alto = required[cella]
        if minimo > basso + 1e-6 or massimo < alto - 1e-6:
            trovate.append(Deduction(cella, minimo, massimo, (basso, alto)))
    return sorted(trovate, key=lambda deduzione: deduzione.cell)
