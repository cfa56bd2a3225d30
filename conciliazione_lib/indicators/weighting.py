"""Territories weighed on several indicators, as Allegato C of DGR X/1081 does: shares, bounds, sensitivity.

All results are exact fractions, ready for :func:`conciliazione_lib.indicators.resources.largest_remainder`.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pandas as pd

from conciliazione_lib.errors import CalcoloError, Problem
from conciliazione_lib.indicators.amounts import Amount, exact


def weighted_shares(indicators: pd.DataFrame, weights: Mapping[str, Any]) -> pd.Series:
    """Share of each territory as the weighted mean of its shares on several indicators (Allegato C, DGR X/1081).

    Parameters
    ----------
    indicators : DataFrame
        One row per territory, one column per indicator, in any unit: each column is first divided by its sum.
    weights : mapping
        Weight of each column (10, 30, 30, 10, 20 in the act); they are divided by their sum.

    Returns
    -------
    Series
        Exact shares (``Fraction``) that sum to one, to be given to :func:`largest_remainder`.

    Raises
    ------
    CalcoloError
        Values missing or negative, a column that sums to zero, weights for other columns than those given.
    """
    values, one_weights = _indicator_values(indicators, weights)
    quote = {
        name: sum((one_weights[c] * values[c][name] for c in values), Fraction(0))
        for name in map(str, indicators.index)
    }
    return pd.Series(quote, dtype=object).rename("quota").set_axis(indicators.index)


def weight_sensitivity(
    indicators: pd.DataFrame, weights: Mapping[str, Any], points: Amount | None = None
) -> pd.DataFrame:
    """Range of each territory's share when the weights of the indicators may change.

    The share is linear in the weights, so its extremes are found exactly: starting from the least weights allowed, what
    is left goes to the indicators where the territory is strongest (highest share) or weakest (lowest).

    Parameters
    ----------
    indicators, weights
        As in :func:`weighted_shares`.
    points : amount, optional
        How far each weight may move from its value, in points of 100 (never below 0 nor above 100). Without it the
        weights are free, and the range goes from the territory's lowest to its highest indicator.

    Returns
    -------
    DataFrame
        One row per territory: ``quota, minima, massima``, exact fractions of one.
    """
    values, one_weights = _indicator_values(indicators, weights)
    radius = Fraction(1) if points is None else exact(points) / 100
    if radius < 0:
        raise CalcoloError("Lo scostamento dei pesi è negativo.", "Indicare un numero di punti da 0 a 100.")
    low = {c: max(Fraction(0), one_weights[c] - radius) for c in one_weights}
    high = {c: min(Fraction(1), one_weights[c] + radius) for c in one_weights}
    rows = []
    for name in map(str, indicators.index):
        quote = {c: values[c][name] for c in values}
        rows.append(
            (
                sum((one_weights[c] * quote[c] for c in quote), Fraction(0)),
                _extreme(quote, low, high, highest=False),
                _extreme(quote, low, high, highest=True),
            )
        )
    return pd.DataFrame(rows, index=indicators.index, columns=["quota", "minima", "massima"], dtype=object)


def _extreme(
    quote: Mapping[str, Fraction], low: Mapping[str, Fraction], high: Mapping[str, Fraction], *, highest: bool
) -> Fraction:
    weights = dict(low)
    free = 1 - sum(low.values(), Fraction(0))
    for column in sorted(quote, key=lambda c: quote[c], reverse=highest):
        step = min(free, high[column] - low[column])
        weights[column] += step
        free -= step
    return sum((weights[c] * quote[c] for c in quote), Fraction(0))


def normalised(weights: Mapping[str, Any]) -> dict[str, Fraction]:
    """Return the weights as exact fractions of one.

    Raises
    ------
    CalcoloError
        A weight missing or negative, or all of them zero.
    """
    one_weights = {str(name): exact(value) for name, value in weights.items()}
    negative = [name for name, value in one_weights.items() if value < 0]
    total_of = sum(one_weights.values(), Fraction(0))
    if negative or total_of == 0:
        raise CalcoloError(
            "I pesi degli indicatori devono essere non negativi e non tutti nulli"
            + (f": {', '.join(negative)}." if negative else "."),
            "Indicare pesi che sommano a 100.",
        )
    return {name: value / total_of for name, value in one_weights.items()}


def same_columns(frame: pd.DataFrame, weights: Mapping[str, Fraction]) -> None:
    """Refuse a frame whose columns are not exactly the ones that have a weight."""
    different = sorted(set(map(str, frame.columns)) ^ set(weights))
    if different:
        raise CalcoloError(
            f"Indicatori senza peso, o pesi senza indicatore: {', '.join(different)}.",
            "Dare un peso a ogni indicatore (anche zero) e nessuno a indicatori assenti.",
        )


def _indicator_values(
    indicators: pd.DataFrame, weights: Mapping[str, Any]
) -> tuple[dict[str, dict[str, Fraction]], dict[str, Fraction]]:
    one_weights = normalised(weights)
    same_columns(indicators, one_weights)
    names = [str(name) for name in indicators.index]
    values: dict[str, dict[str, Fraction]] = {}
    problems = []
    for column in indicators.columns:
        read = {}
        for name, value in zip(names, indicators[column], strict=True):
            try:
                read[name] = exact(value)
            except CalcoloError:
                problems.append(Problem("un valore non negativo", f"{name}, {column}: mancante o non numerico"))
                continue
            if read[name] < 0:
                problems.append(Problem("un valore non negativo", f"{name}, {column}: {value}"))
        total_of = sum(read.values(), Fraction(0))
        if not problems and total_of == 0:
            problems.append(Problem("una colonna con almeno un valore positivo", f"{column}: tutti zero"))
        values[str(column)] = {n: v / total_of if total_of else v for n, v in read.items()}
    if problems:
        raise CalcoloError("Gli indicatori del riparto non sono completi.", "Completare i valori indicati.", problems)
    return values, one_weights
