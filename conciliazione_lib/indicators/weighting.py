"""Territories weighed on several indicators, as Allegato C of DGR X/1081 does: shares, bounds, sensitivity.

All results are exact fractions, ready for :func:`conciliazione_lib.indicators.resources.largest_remainder`.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pandas as pd

from conciliazione_lib.errors import CalcoloError, Problem
from conciliazione_lib.indicators.amounts import Importo, exact


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
    valori, pesi = _indicator_values(indicators, weights)
    quote = {nome: sum((pesi[c] * valori[c][nome] for c in valori), Fraction(0)) for nome in map(str, indicators.index)}
    return pd.Series(quote, dtype=object).rename("quota").set_axis(indicators.index)


def rounding_bounds(
    published: pd.DataFrame, weights: Mapping[str, Any], half_unit: Importo
) -> tuple[pd.Series, pd.Series]:
    """Lowest and highest weighted indicator that published, rounded shares allow.

    Parameters
    ----------
    published : DataFrame
        Shares as printed (``11.4`` for 11,4%), one row per territory, one column per indicator.
    weights : mapping
        Weight of each column; divided by their sum.
    half_unit : str or Decimal
        Half of the last printed digit: ``"0.05"`` for one decimal.

    Returns
    -------
    tuple of Series
        Lower and upper bound (``Fraction``), in the unit of ``published``: a published result outside them cannot
        come from these indicators with these weights.
    """
    mezzo = exact(half_unit)
    pesi = normalised(weights)
    same_columns(published, pesi)
    centro = [
        sum((pesi[c] * exact(v) for c, v in zip(published.columns, riga, strict=True)), Fraction(0))
        for riga in published.to_numpy(dtype=object)
    ]
    indice = published.index
    basso = pd.Series([x - mezzo for x in centro], index=indice, dtype=object, name="minimo")
    return basso, pd.Series([x + mezzo for x in centro], index=indice, dtype=object, name="massimo")


def weight_sensitivity(
    indicators: pd.DataFrame, weights: Mapping[str, Any], points: Importo | None = None
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
    valori, pesi = _indicator_values(indicators, weights)
    raggio = Fraction(1) if points is None else exact(points) / 100
    if raggio < 0:
        raise CalcoloError("Lo scostamento dei pesi è negativo.", "Indicare un numero di punti da 0 a 100.")
    bassi = {c: max(Fraction(0), pesi[c] - raggio) for c in pesi}
    alti = {c: min(Fraction(1), pesi[c] + raggio) for c in pesi}
    righe = []
    for nome in map(str, indicators.index):
        quote = {c: valori[c][nome] for c in valori}
        righe.append(
            (
                sum((pesi[c] * quote[c] for c in quote), Fraction(0)),
                _extreme(quote, bassi, alti, highest=False),
                _extreme(quote, bassi, alti, highest=True),
            )
        )
    return pd.DataFrame(righe, index=indicators.index, columns=["quota", "minima", "massima"], dtype=object)


def _extreme(
    quote: Mapping[str, Fraction], bassi: Mapping[str, Fraction], alti: Mapping[str, Fraction], *, highest: bool
) -> Fraction:
    pesi = dict(bassi)
    libero = 1 - sum(bassi.values(), Fraction(0))
    for colonna in sorted(quote, key=lambda c: quote[c], reverse=highest):
        passo = min(libero, alti[colonna] - bassi[colonna])
        pesi[colonna] += passo
        libero -= passo
    return sum((pesi[c] * quote[c] for c in quote), Fraction(0))


def normalised(weights: Mapping[str, Any]) -> dict[str, Fraction]:
    """Return the weights as exact fractions of one.

    Raises
    ------
    CalcoloError
        A weight missing or negative, or all of them zero.
    """
    pesi = {str(nome): exact(valore) for nome, valore in weights.items()}
    negativi = [nome for nome, valore in pesi.items() if valore < 0]
    somma = sum(pesi.values(), Fraction(0))
    if negativi or somma == 0:
        raise CalcoloError(
            "I pesi degli indicatori devono essere non negativi e non tutti nulli"
            + (f": {', '.join(negativi)}." if negativi else "."),
            "Indicare pesi che sommano a 100.",
        )
    return {nome: valore / somma for nome, valore in pesi.items()}


def same_columns(frame: pd.DataFrame, pesi: Mapping[str, Fraction]) -> None:
    """Refuse a frame whose columns are not exactly the ones that have a weight."""
    diversi = sorted(set(map(str, frame.columns)) ^ set(pesi))
    if diversi:
        raise CalcoloError(
            f"Indicatori senza peso, o pesi senza indicatore: {', '.join(diversi)}.",
            "Dare un peso a ogni indicatore (anche zero) e nessuno a indicatori assenti.",
        )


def _indicator_values(
    indicators: pd.DataFrame, weights: Mapping[str, Any]
) -> tuple[dict[str, dict[str, Fraction]], dict[str, Fraction]]:
    pesi = normalised(weights)
    same_columns(indicators, pesi)
    nomi = [str(nome) for nome in indicators.index]
    valori: dict[str, dict[str, Fraction]] = {}
    problemi = []
    for colonna in indicators.columns:
        letti = {}
        for nome, valore in zip(nomi, indicators[colonna], strict=True):
            try:
                letti[nome] = exact(valore)
            except CalcoloError:
                problemi.append(Problem("un valore non negativo", f"{nome}, {colonna}: mancante o non numerico"))
                continue
            if letti[nome] < 0:
                problemi.append(Problem("un valore non negativo", f"{nome}, {colonna}: {valore}"))
        somma = sum(letti.values(), Fraction(0))
        if not problemi and somma == 0:
            problemi.append(Problem("una colonna con almeno un valore positivo", f"{colonna}: tutti zero"))
        valori[str(colonna)] = {n: v / somma if somma else v for n, v in letti.items()}
    if problemi:
        raise CalcoloError("Gli indicatori del riparto non sono completi.", "Completare i valori indicati.", problemi)
    return valori, pesi
