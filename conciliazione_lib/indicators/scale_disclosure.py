"""What published means and medians tell of hidden counts of answers on a scale.

A mean, its interval and a median are sums and ranks of the same answers that are counted by judgement: a reader who has
them, and the number of answers, can bound a judgement that was hidden for being too small. :func:`upper_bounds` is that
reader, over all the territories at once; :func:`detail` chooses how much of the means may be published.

References
----------
Hundepool A. et al. (2012), *Statistical Disclosure Control*, Wiley, ch. 4 (linked tables, linear programming bounds).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from conciliazione_lib.errors import CalcoloError

#: Points of the 1–5 scale by judgement: few people at the ends, so the scale is published in three parts.
VERDICTS = MappingProxyType({1: "sfavorevole", 2: "sfavorevole", 3: "intermedio", 4: "favorevole", 5: "favorevole"})
PARTS = tuple(dict.fromkeys(VERDICTS.values()))
#: Decimals of the means and bounds that are published: the rest would tell more of each answer than of them all.
DECIMALS = 1
CONFIDENCE = 0.95

#: Columns of means and medians given up, from the most telling: the first level publishes all, the last nothing.
LEVELS: tuple[tuple[str, ...], ...] = (
    (),
    ("mediana_inferiore", "mediana_superiore"),
    ("mediana_inferiore", "mediana_superiore", "media_inferiore", "media_superiore"),
    ("mediana_inferiore", "mediana_superiore", "media_inferiore", "media_superiore", "media", "mediana"),
)

_POINTS = np.array(sorted(VERDICTS), dtype=float)
_GAP = 0.5 * 10.0**-DECIMALS + 1e-9


def upper_bounds(published: pd.DataFrame, parents: Mapping[str, str]) -> pd.DataFrame:
    """Compute the greatest value each hidden count may have, given all that is published of one question.

    Parameters
    ----------
    published : DataFrame
        Index: territories. Columns: one per part of :data:`PARTS` (answers), ``tutti`` (all answers), ``media,
        media_inferiore, media_superiore, mediana, mediana_inferiore, mediana_superiore``; missing where hidden. Means
        and bounds are rounded to :data:`DECIMALS`. Nothing is read of a mean whose ``tutti`` is missing.
    parents : mapping of str to str
        Territory -> the one it belongs to; a territory with children is the sum of all of them.

    Returns
    -------
    DataFrame
        Index and columns of the parts: the greatest value compatible with everything, missing where the count is
        published, infinite where nothing limits it.

    Raises
    ------
    CalcoloError
        If no answers are compatible with what is published.
    """
    children = {p: [f for f in published.index if parents.get(str(f)) == p] for p in published.index}
    leaves = [p for p in published.index if not children[p]]
    place = {leaf: 5 * i for i, leaf in enumerate(leaves)}

    def row(given_place: str, given_weights: NDArray[np.float64]) -> NDArray[np.float64]:
        done = np.zeros(5 * len(leaves))
        from_do = [given_place]
        while from_do:
            current = from_do.pop()
            from_do += children[current]
            if current in place:
                done[place[current] : place[current] + 5] = given_weights
        return done

    equal: list[tuple[NDArray[np.float64], float]] = []
    lesser: list[tuple[NDArray[np.float64], float]] = []
    for spot, entry in published.iterrows():
        known = {part: float(entry[part]) for part in (*PARTS, "tutti") if not pd.isna(entry[part])}
        equal += [(row(str(spot), _of_the_part(part)), value) for part, value in known.items()]
        if "tutti" in known:
            lesser += [(row(str(spot), weights), limit) for weights, limit in _told_by(entry, known["tutti"])]
    from scipy.optimize import linprog  # heavy, and seldom of use

    maxima = pd.DataFrame(np.nan, index=published.index, columns=list(PARTS))
    system = {
        "A_eq": np.array([r for r, _ in equal]) if equal else None,
        "b_eq": [v for _, v in equal] if equal else None,
        "A_ub": np.array([r for r, _ in lesser]) if lesser else None,
        "b_ub": [v for _, v in lesser] if lesser else None,
    }
    hidden = published[list(PARTS)].isna()
    for spot in published.index:
        for part in PARTS:
            if not hidden.at[spot, part]:
                continue
            solution = linprog(-row(str(spot), _of_the_part(part)), method="highs", **system)
            if solution.status == 3:
                maxima.at[spot, part] = np.inf
            elif solution.success:
                maxima.at[spot, part] = -float(solution.fun)
            else:
                raise CalcoloError(
                    "Le medie e i conteggi pubblicati di una domanda si contraddicono: nessuna tabella li ammette.",
                    "Verificare che medie e conteggi vengano dagli stessi questionari.",
                )
    return maxima


def _of_the_part(parte: str) -> NDArray[np.float64]:
    return np.array([float(parte in ("tutti", VERDICTS[int(k)])) for k in _POINTS])


def _told_by(voce: pd.Series, n: float) -> list[tuple[NDArray[np.float64], float]]:
    """Return what the mean, the median and their intervals say of ``n`` answers: weights of the points, upper limit."""
    from scipy import stats

    from conciliazione_lib.indicators.outcomes import median_rank  # heavy, and seldom of use

    said: list[tuple[NDArray[np.float64], float]] = []
    if not pd.isna(voce["media"]):
        media = float(voce["media"])
        said += [(_POINTS, n * (media + _GAP)), (-_POINTS, -n * (media - _GAP))]
        sides = [
            (abs(media - float(voce[c])), float(voce[c]) in (_POINTS[0], _POINTS[-1]))
            for c in ("media_inferiore", "media_superiore")
            if not pd.isna(voce[c])
        ]
        if sides and n > 1:
            # Student's half width gives the variance; a bound cut at the end of the scale says only that it is wide
            on_s = np.sqrt(n) / stats.t.ppf(0.5 + CONFIDENCE / 2, n - 1)
            minimum = max(0.0, max(d for d, _ in sides) - 2 * _GAP) * on_s
            maxima = [d + 2 * _GAP for d, cut in sides if not cut]
            said.append((-(_POINTS**2), -((n - 1) * minimum**2 + n * (media - _GAP) ** 2)))
            if maxima:
                maximum = min(maxima) * on_s
                said.append((_POINTS**2, (n - 1) * maximum**2 + n * (media + _GAP) ** 2))
    for low, high, how_many in (
        ("mediana", "mediana", n / 2),
        ("mediana_inferiore", "mediana_superiore", median_rank(int(n), CONFIDENCE) - 1),
    ):
        if not pd.isna(voce[low]):
            below, above = np.less(_POINTS, float(voce[low])), np.greater(_POINTS, float(voce[high]))
            said += [(below.astype(float), how_many), (above.astype(float), how_many)]
    return said


def detail(published: pd.DataFrame, parents: Mapping[str, str], threshold: float) -> pd.DataFrame:
    """Give up as little of the means as it takes to keep every hidden count possible up to the threshold.

    Parameters
    ----------
    published : DataFrame
        As in :func:`upper_bounds`.
    parents : mapping of str to str
        As in :func:`upper_bounds`.
    threshold : float
        Every hidden count must look as if it could be at least this.

    Returns
    -------
    DataFrame
        The same, with more values missing: intervals of the median first, then those of the mean, then both; in the
        territory that tells too much, then in the one it belongs to, then in all.
    """
    outcome = published.copy()
    level = dict.fromkeys(map(str, published.index), 0)
    while True:
        maxima = upper_bounds(outcome, parents)
        uncovered = [str(place) for place in maxima.index if (maxima.loc[place] < threshold - 1e-6).any()]
        if not uncovered:
            return outcome
        for place in uncovered:
            above = parents.get(place)
            for candidates in ([place], [above] if above in level else [], list(level)):
                still = [c for c in candidates if c is not None and level[c] < len(LEVELS) - 1]
                if still:
                    break
            else:
                raise CalcoloError(
                    "Un conteggio riservato si deduce dagli altri conteggi, prima ancora che dalle medie.",
                    "Proteggere i conteggi prima delle medie.",
                )
            for candidate in still:
                level[candidate] += 1
                outcome.loc[candidate, list(LEVELS[level[candidate]])] = np.nan
