"""Why a figure changed between two editions: the change, split among its causes, to the last digit.

A figure changes because its source was revised, because the boundaries of its territory changed, because its
definition or method changed, or because it describes a new period; often for several reasons at once. Where the figure
can be computed again with some of the causes undone, the change is split by the mean of the marginal effects over all
the orders in which the causes may have acted (Shapley's value), which adds up exactly and favours no order.

References
----------
Shorrocks A.F. (2013), "Decomposition procedures for distributional analysis: a unified framework based on the Shapley
value", *Journal of Economic Inequality* 11, 99-126.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import combinations
from math import factorial
from types import MappingProxyType
from typing import Literal

Cause = Literal["periodo", "confini", "metodo", "revisione", "congiunte", "ignota"]

#: How the reports call the causes.
CAUSE: Mapping[Cause, str] = MappingProxyType(
    {
        "periodo": "nuovo periodo",
        "confini": "cambio dei confini",
        "metodo": "cambio della definizione o del metodo",
        "revisione": "revisione della fonte",
        "congiunte": "più cause insieme, non separabili con i dati a disposizione",
        "ignota": "causa da chiarire",
    }
)


def split(causes: Sequence[Cause], value: Callable[[frozenset[Cause]], float | None]) -> dict[Cause, float]:
    """Split a change among its causes.

    Parameters
    ----------
    causes : sequence of str
        The causes that acted, at least one.
    value : callable
        Value of the figure when only the given causes have acted: with none it is the old value, with all the new one;
        ``None`` where it cannot be computed.

    Returns
    -------
    dict of str to float
        Effect of each cause; the effects sum to the change. When some intermediate value cannot be
        computed, the whole change is ``congiunte``.
    """
    before, after = value(frozenset()), value(frozenset(causes))
    if before is None or after is None:
        raise ValueError("both ends of the change must be known")
    variation = Fraction(after) - Fraction(before)
    if len(causes) == 1:
        return {causes[0]: float(variation)}
    values: dict[frozenset[Cause], Fraction] = {}
    for k in range(len(causes) + 1):
        for choices in combinations(causes, k):
            one_value = value(frozenset(choices))
            if one_value is None:
                return {"congiunte": float(variation)}
            values[frozenset(choices)] = Fraction(one_value)
    n = len(causes)
    effects: dict[Cause, float] = {}
    for cause in causes:
        others = [c for c in causes if c != cause]
        effect = Fraction(0)
        for k in range(n):
            weight = Fraction(factorial(k) * factorial(n - k - 1), factorial(n))
            for choices in combinations(others, k):
                whole = frozenset(choices)
                effect += weight * (values[whole | {cause}] - values[whole])
        effects[cause] = float(effect)
    return effects
