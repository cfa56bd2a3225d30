"""A rule of allocation as data: apply it, compare it with the amounts in force, see what its weights decide.

The rule says who is weighed on what, in which unit, by which method, with which floors and caps; the result
always sums to the total.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import pandas as pd

from conciliazione_lib.errors import CalcoloError, UsoError
from conciliazione_lib.indicators.amounts import CENT, Amount, amount, euros, exact
from conciliazione_lib.indicators.resources import (
    DIVISOR_METHODS,
    bounded_allocation,
    divisor,
    largest_remainder,
    split,
)
from conciliazione_lib.indicators.weighting import weight_sensitivity, weighted_shares

LARGEST_REMAINDERS: Final = "resti maggiori"
METHODS: Final = (LARGEST_REMAINDERS, *DIVISOR_METHODS)


@dataclass(frozen=True)
class AllocationRule:
    """How an amount is shared.

    Attributes
    ----------
    pesi : mapping
        Weight of each indicator, by its name.
    metodo : str
        One of :data:`METHODS`.
    unita : amount
        Rounding unit in euros.
    quote : mapping
        The parts in which the total is first split, with their weights (``{"fissa": 80, "variabile": 20}``).
    minimi, massimi : amount or mapping, optional
        Least and greatest amount of a territory, for all or by territory. Only with largest remainders, and only when
        there is a single part.
    """

    pesi: Mapping[str, Any]
    metodo: str = LARGEST_REMAINDERS
    unita: Amount = CENT
    quote: Mapping[str, Any] = field(default_factory=lambda: {"totale": 100})
    minimi: Amount | Mapping[str, Amount] | None = None
    massimi: Amount | Mapping[str, Amount] | None = None

    def __post_init__(self) -> None:
        limits = self.minimi is not None or self.massimi is not None
        if self.metodo not in METHODS:
            raise UsoError(f"Il metodo «{self.metodo}» non esiste.", f"Metodi: {', '.join(METHODS)}.")
        if limits and (self.metodo != LARGEST_REMAINDERS or len(self.quote) > 1):
            raise UsoError(
                "Minimi e massimi si applicano solo al metodo dei resti maggiori e a un'unica quota.",
                "Togliere i limiti, oppure scegliere quel metodo e una quota sola.",
            )


def allocate(rule: AllocationRule, indicators: pd.DataFrame, total: Amount) -> pd.DataFrame:
    """Share an amount according to a rule.

    Parameters
    ----------
    rule : AllocationRule
        The rule.
    indicators : DataFrame
        One row per territory, one column per indicator of the rule, in any unit.
    total : amount
        Euros to share.

    Returns
    -------
    DataFrame
        One row per territory: ``peso`` (``Fraction``, sums to one), one column of ``Decimal`` euros per part of the
        rule, and ``importo``, their sum. Every column of euros sums to its part, ``importo`` to ``total``.

    Raises
    ------
    CalcoloError
        Indicators incomplete, weights that do not fit, floors and caps that cannot hold.
    """
    weights = weighted_shares(indicators, rule.pesi)
    table = pd.DataFrame({"peso": weights})
    parts = split(Decimal(str(total)), rule.quote)
    for share, part in parts.items():
        table[str(share)] = _share(rule, weights, part).map(_decimal)
    table["importo"] = table[[str(share) for share in parts.index]].sum(axis=1)
    return table.drop(columns="totale") if list(parts.index) == ["totale"] else table


def compare(proposed: pd.Series, current: pd.Series) -> pd.DataFrame:
    """Compare an allocation with the one in force: who gains, who loses.

    Parameters
    ----------
    proposed, current : Series
        Euros by territory; the same territories.

    Returns
    -------
    DataFrame
        ``importo, vigente, differenza`` (``Decimal``), ``variazione`` (per cent of the amount in force), ``esito``
        (``guadagna, perde, invariato``).

    Raises
    ------
    CalcoloError
        When the territories are not the same.
    """
    different = sorted(set(map(str, proposed.index)) ^ set(map(str, current.index)))
    if different:
        raise CalcoloError(
            f"I due riparti non riguardano gli stessi territori: {', '.join(different)}.",
            "Confrontare riparti fra le stesse ATS.",
        )
    in_force = current.reindex(proposed.index).map(_decimal)
    table = pd.DataFrame({"importo": proposed.map(_decimal), "vigente": in_force})
    table["differenza"] = table["importo"] - table["vigente"]
    table["variazione"] = [
        float(100 * exact(d) / exact(v)) if v else float("nan")
        for d, v in zip(table["differenza"], table["vigente"], strict=True)
    ]
    table["esito"] = ["guadagna" if d > 0 else "perde" if d < 0 else "invariato" for d in table["differenza"]]
    return table


def rounding(residents: pd.Series, amounts: pd.Series) -> pd.DataFrame:
    """Set the amounts of an act against the exact proportion to the residents it prints.

    Parameters
    ----------
    residents : Series
        Residents by territory.
    amounts : Series
        Euros by territory, the same ones.

    Returns
    -------
    DataFrame
        Index ``territorio``: ``abitanti_atto`` and ``quota_abitanti_atto`` (percent), ``risorse_anno``,
        ``importo_proporzionale`` (to the cent) and ``effetto_arrotondamento``, their difference; the totals beside them
        (``abitanti_ats, risorse_anno_ats``).

    Examples
    --------
    >>> effetto = rounding(pd.Series({"a": 2, "b": 1}), pd.Series({"a": 70_000.0, "b": 30_000.0}))
    >>> effetto["effetto_arrotondamento"].tolist()
    [3333.33, -3333.33]
    """
    total = amounts.sum()
    against = compare(amounts, largest_remainder(residents, total, CENT))
    return pd.DataFrame(
        {
            "abitanti_atto": residents,
            "abitanti_ats": residents.sum(),
            "quota_abitanti_atto": 100 * residents / residents.sum(),
            "risorse_anno": against["importo"].astype(float),
            "risorse_anno_ats": total,
            "importo_proporzionale": against["vigente"].astype(float),
            "effetto_arrotondamento": against["differenza"].astype(float),
        }
    ).rename_axis("territorio")


def simulated(compared: pd.DataFrame, ranges: pd.DataFrame) -> pd.DataFrame:
    """Say what another rule would give to each territory, and how far its weights decide it.

    Parameters
    ----------
    compared : DataFrame
        From :func:`compare`: the amounts of the other rule and those in force.
    ranges : DataFrame
        From :func:`sensitivity`, of the other rule.

    Returns
    -------
    DataFrame
        Index ``territorio``: ``importo_simulato, risorse_anno`` (in force), ``differenza_simulazione`` (euros) and
        ``quota_simulata`` (percent), the last two with the bounds that the weights give them.

    Examples
    --------
    >>> indicatori = pd.DataFrame({"x": [1, 3], "y": [1, 1]}, index=["a", "b"])
    >>> regola = AllocationRule({"x": 50, "y": 50})
    >>> confronto = compare(allocate(regola, indicatori, 1000)["importo"], pd.Series({"a": 500, "b": 500}))
    >>> simulated(confronto, sensitivity(regola, indicatori, 1000, points=10))["differenza_simulazione"].tolist()
    [-125.0, 125.0]
    """
    current = compared["vigente"].astype(float)
    return pd.DataFrame(
        {
            "importo_simulato": compared["importo"].astype(float),
            "risorse_anno": current,
            "differenza_simulazione": compared["differenza"].astype(float),
            "differenza_simulazione_inferiore": ranges["importo_minimo"].astype(float) - current,
            "differenza_simulazione_superiore": ranges["importo_massimo"].astype(float) - current,
            "quota_simulata": ranges["quota"],
            "quota_simulata_inferiore": ranges["minima"],
            "quota_simulata_superiore": ranges["massima"],
        }
    ).rename_axis("territorio")


def sensitivity(
    rule: AllocationRule, indicators: pd.DataFrame, total: Amount, points: Amount | None = None
) -> pd.DataFrame:
    """Range of the amount of each territory when the weights of the rule may change.

    The bounds are those of the exact share (:func:`~conciliazione_lib.indicators.weighting.weight_sensitivity`)
    times the total, before rounding and before floors and caps.

    Parameters
    ----------
    rule, indicators, total
        As in :func:`allocate`.
    points : amount, optional
        How far each weight may move, in points of 100; free without it.

    Returns
    -------
    DataFrame
        ``quota, minima, massima`` in per cent of the total, ``importo_minimo, importo_massimo`` in euros.
    """
    quote = weight_sensitivity(indicators, rule.pesi, points)
    one_amount = amount(total, "il totale da ripartire")
    table = quote.map(lambda share: float(100 * share))
    for name, column in (("importo_minimo", "minima"), ("importo_massimo", "massima")):
        amounts = [euros(Fraction(round(100 * share * one_amount), 100)) for share in quote[column]]
        table[name] = pd.Series(amounts, index=table.index, dtype=object)
    return table


def _share(rule: AllocationRule, weights: pd.Series, total: Decimal) -> pd.Series:
    if rule.metodo == LARGEST_REMAINDERS:
        return bounded_allocation(weights, total, rule.unita, floors=rule.minimi, caps=rule.massimi)
    return divisor(weights, total, rule.unita, method=rule.metodo)


def _decimal(importo: Any) -> Decimal:
    return euros(exact(importo))
