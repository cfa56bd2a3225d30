"""Composite index of need: the Adjusted Mazziotta-Pareto Index and what helps to read it.

The AMPI is partially non-compensatory: a territory with unbalanced indicators is penalised with respect to its mean.
Goalposts fix the scale, so scores of different years compare; a reference unit (Lombardia) is worth 100.

References
----------
Mazziotta M., Pareto A. (2016), "On a generalized non-compensatory composite index for measuring socio-economic
phenomena", *Social Indicators Research* 127, 983-1003. Mazziotta M., Pareto A. (2018), "Measuring well-being over time:
the Adjusted Mazziotta-Pareto Index versus other non-compensatory indices", *Social Indicators Research* 136, 967-976.
OECD-JRC (2008), *Handbook on Constructing Composite Indicators*.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from conciliazione_lib.errors import CalcoloError

Penalty = Literal["-", "+"]


#: Differences smaller than this share of the values are rounding, not information.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Goalposts:
    """Ends of the scale of one indicator.

    Attributes
    ----------
    minimum, maximum : float
        Values worth 70 and 130 for an indicator of positive polarity (130 and 70 for a negative one).
    """

    minimum: float
    maximum: float


def varying(values: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which indicators vary: by more than rounding, one part in a thousand million of their size.

    Parameters
    ----------
    values : DataFrame
        Rows are units, columns indicators.

    Returns
    -------
    array of bool, one per column
    """
    breadth = (values.max() - values.min()).to_numpy(dtype=float)
    return np.asarray(breadth > _ROUNDING * values.abs().max().to_numpy(dtype=float))


def goalposts_of(values: pd.DataFrame, reference: pd.Series | None = None) -> dict[str, Goalposts]:
    """Set goalposts so that the reference is worth 100 and the observed range spans 60 points.

    Parameters
    ----------
    values : DataFrame
        Rows are units (and years, when several must compare), columns indicators.
    reference : Series, optional
        Reference value per indicator; by default the mean of the units.

    Returns
    -------
    dict of str to Goalposts
        ``reference ± (sup − inf) / 2`` per indicator.
    """
    centres = (values.mean() if reference is None else reference.reindex(values.columns)).to_numpy(dtype=float)
    semi = np.where(varying(values), (values.max() - values.min()).to_numpy(dtype=float) / 2, 0.0)
    ends = zip(values, centres, semi, strict=True)
    return {str(c): Goalposts(float(centre - target), float(centre + target)) for c, centre, target in ends}


def normalise(
    values: pd.DataFrame, polarity: Mapping[str, int], goalposts: Mapping[str, Goalposts] | None = None
) -> pd.DataFrame:
    """Bring indicators to the AMPI scale, where the reference is 100.

    Parameters
    ----------
    values : DataFrame
        Rows are units, columns indicators, no missing values.
    polarity : mapping of str to int
        ``+1`` when a higher value means more of the phenomenon, ``-1`` when less.
    goalposts : mapping, optional
        Ends of the scale per indicator; by default :func:`goalposts_of` the values.

    Returns
    -------
    DataFrame
        Same shape; an indicator that does not vary is worth 100 everywhere.

    Raises
    ------
    CalcoloError
        With missing values, unknown polarities or inverted goalposts.
    """
    missing = [str(c) for c in values if values[c].isna().any()]
    if missing:
        raise CalcoloError(
            f"Indice composito: mancano valori in {', '.join(missing)}.",
            "Togliere l'indicatore o i territori senza dato, dichiarandolo.",
        )
    without = [str(c) for c in values if polarity.get(str(c)) not in (1, -1)]
    if without:
        raise CalcoloError(f"Indice composito: la polarità di {', '.join(without)} deve essere +1 o -1.")
    scale = goalposts_of(values) if goalposts is None else goalposts
    columns = {}
    for c in values:
        ends = scale[str(c)]
        breadth = ends.maximum - ends.minimum
        if breadth < 0:
            raise CalcoloError(f"Indice composito: il minimo di {c} supera il massimo.")
        if breadth == 0:
            columns[c] = pd.Series(100.0, index=values.index)
            continue
        points = (values[c] - ends.minimum) / breadth * 60 + 70
        columns[c] = points if polarity[str(c)] == 1 else 200 - points
    return pd.DataFrame(columns, index=values.index)


def _weights(columns: Sequence[str], weights: Mapping[str, float] | None) -> NDArray[np.float64]:
    one_weights = np.array([1.0 if weights is None else weights[c] for c in columns], dtype=float)
    if (one_weights < 0).any() or one_weights.sum() <= 0:
        raise CalcoloError("Indice composito: i pesi devono essere non negativi e non tutti nulli.")
    return one_weights / one_weights.sum()


def aggregate_ampi(
    scores: pd.DataFrame, penalty: Penalty = "-", weights: Mapping[str, float] | None = None
) -> pd.Series:
    """Aggregate normalised indicators: mean plus or minus the penalty for imbalance.

    Parameters
    ----------
    scores : DataFrame
        Indicators on the AMPI scale.
    penalty : {"-", "+"}
        ``-`` for a phenomenon whose increase is good, ``+`` for one whose increase is bad (such as need).
    weights : mapping, optional
        Weight per indicator; equal by default, as in the AMPI.

    Returns
    -------
    Series
        ``M ± S · cv`` per row, with the population standard deviation S and ``cv = S / M``.
    """
    one_weights = _weights([str(c) for c in scores], weights)
    values = scores.to_numpy(dtype=float)
    media = values @ one_weights
    variance = ((values - media[:, None]) ** 2) @ one_weights
    sign = -1.0 if penalty == "-" else 1.0
    return pd.Series(media + sign * variance / media, index=scores.index, name="ampi")


def ampi(
    values: pd.DataFrame,
    polarity: Mapping[str, int] | Sequence[int],
    goalposts: Mapping[str, Goalposts] | Mapping[str, tuple[float, float]] | None = None,
    *,
    reference: pd.Series | None = None,
    penalty: Penalty = "-",
    weights: Mapping[str, float] | None = None,
) -> pd.Series:
    """Compute the Adjusted Mazziotta-Pareto Index.

    Parameters
    ----------
    values : DataFrame, shape (units, indicators)
        No missing values.
    polarity : mapping or sequence of int
        ``+1`` or ``-1`` per indicator, with respect to the phenomenon measured.
    goalposts : mapping, optional
        Minimum and maximum per indicator; by default set around ``reference``, and indicators that do not vary are left
        out, because they tell nothing apart.
    reference : Series, optional
        Value per indicator that is worth 100; by default the mean of the units. Ignored with ``goalposts``.
    penalty : {"-", "+"}
        Sign of the penalty: ``-`` for a positive phenomenon (well-being), ``+`` for a negative one (need).
    weights : mapping, optional
        Weights of the indicators; equal by default.

    Returns
    -------
    Series
        Score per unit; 100 is the reference.

    Raises
    ------
    CalcoloError
        With missing values, polarities other than ±1, or inverted goalposts.
    """
    towards = polarity if isinstance(polarity, Mapping) else {str(c): p for c, p in zip(values, polarity, strict=True)}
    if goalposts is None:
        values = values.loc[:, varying(values) | values.isna().any().to_numpy()]
        if values.empty:
            return pd.Series(100.0, index=values.index, name="ampi")
        scale = goalposts_of(values, reference)
    else:
        scale = {c: g if isinstance(g, Goalposts) else Goalposts(*g) for c, g in goalposts.items()}
    return aggregate_ampi(normalise(values, towards, scale), penalty, weights)


def contributions(
    scores: pd.DataFrame, penalty: Penalty = "-", weights: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """Split the distance of each score from 100 among its indicators and the penalty.

    Parameters
    ----------
    scores : DataFrame
        Indicators on the AMPI scale.
    penalty, weights
        As in :func:`aggregate_ampi`.

    Returns
    -------
    DataFrame
        One column per indicator, with its weight times its distance from 100, and ``penalita``; rows sum to
        ``ampi − 100``.
    """
    one_weights = _weights([str(c) for c in scores], weights)
    parts = (scores - 100.0) * one_weights
    media = scores.to_numpy(dtype=float) @ one_weights
    return parts.assign(penalita=aggregate_ampi(scores, penalty, weights).to_numpy() - media)


def redundancy(scores: pd.DataFrame, threshold: float = 0.9) -> pd.DataFrame:
    """Report pairs of indicators that say nearly the same thing.

    Parameters
    ----------
    scores : DataFrame
        Indicators, one column each.
    threshold : float
        Absolute rank correlation from which a pair is redundant.

    Returns
    -------
    DataFrame
        Columns ``indicatore_1, indicatore_2, correlazione`` (Spearman), strongest first.
    """
    correlations = scores.corr(method="spearman").to_numpy()
    names = [str(c) for c in scores]
    rows = [
        (names[i], names[j], float(correlations[i, j]))
        for i in range(len(names))
        for j in range(i + 1, len(names))
        if abs(correlations[i, j]) >= threshold
    ]
    pairs = pd.DataFrame(rows, columns=["indicatore_1", "indicatore_2", "correlazione"])
    return pairs.sort_values("correlazione", key=lambda r: -r.abs(), ignore_index=True)
