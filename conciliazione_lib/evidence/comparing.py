"""The one rule by which two values are said above, below, or neither.

A difference is told only when it is larger than what is printed, than the declared tolerance, than the uncertainty
where there is one, and than the smallest difference worth a word. Two intervals are compared with the MOVER limits of a
difference (Zou and Donner, *Statistics in Medicine* 27, 2008, 1693–1702): ``a`` is above ``b`` when
``a - b > sqrt((a - lower_a)² + (upper_b - b)²)``. A value of which more than :data:`MOST_IMPUTED` was apportioned or
imputed is given as a range, never as above or below.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Protocol

import conciliazione_lib.evidence.formats as formats
from conciliazione_lib.evidence.registry import Indicator

#: What a comparison may come to.
OUTCOMES: Final = ("sopra", "sotto", "in_linea", "non_distinguibile", "non_rilevante", "non_confrontabile")
#: Largest share of a value that may be apportioned or imputed for it to be said above or below.
MOST_IMPUTED: Final = 0.2


class Comparable(Protocol):
    """What is compared: a figure, or a row of the store."""

    @property
    def value(self) -> float | None:
        """The value, unrounded."""

    @property
    def lower(self) -> float | None:
        """Lower bound, where there is an uncertainty."""

    @property
    def upper(self) -> float | None:
        """Upper bound."""

    @property
    def decimals(self) -> int:
        """Digits shown."""

    @property
    def state(self) -> str:
        """One of ``figure.STATES``."""

    @property
    def imputed(self) -> float:
        """Share apportioned or imputed."""


@dataclass(frozen=True)
class Rule:
    """How far two values must be to be told apart.

    Attributes
    ----------
    tolerance : float
        Relative difference, on the larger of the two, within which they are the same.
    relevant : float
        Smallest difference worth a word, in the unit; negative: a fiftieth of the larger value.
    points : bool
        ``relevant`` is that of percentages: no more than a twentieth of the larger value.
    """

    tolerance: float = 0.0
    relevant: float = 0.0
    points: bool = False

    @classmethod
    def of(cls, indicator: Indicator | None, *, change: bool = False) -> Rule:
        """Return the rule of an indicator: for comparing territories, or the same one at two times.

        A change of a count or of an index is told whenever it is printed, unless the indicator says otherwise.
        """
        if indicator is None:
            return cls()
        percentage = indicator.unita in ("%", "punti percentuali")
        if indicator.rilevante is not None:
            relevant = indicator.rilevante
        elif percentage:
            relevant = 0.5
        else:
            relevant = 0.0 if change else -1.0
        return cls(0.0 if change else indicator.tolleranza, relevant, percentage and indicator.rilevante is None)

    def enough(self, distance: float, larger: float) -> bool:
        """Tell whether a difference is worth a word."""
        relevant = 0.02 * larger if self.relevant < 0 else self.relevant
        return distance >= (min(relevant, 0.05 * larger) if self.points else relevant)

    def in_words(self) -> str:
        """Return the rule as it is stored beside what it decided."""
        parts = ["oltre l'arrotondamento"]
        if self.tolerance:
            parts.append(f"oltre {formats.numero(self.tolerance * 100, 1)}% del valore")
        if self.relevant < 0:
            parts.append("almeno il 2% del valore")
        elif self.relevant:
            parts.append(f"almeno {formats.numero(self.relevant, 2)}" + (" o il 5% del valore" if self.points else ""))
        return "; ".join([*parts, "oltre l'incertezza, dove c'è"])


#: No tolerance, and every difference worth a word.
PLAIN: Final = Rule()


def outcome(a: Comparable, b: Comparable, rule: Rule = PLAIN) -> str:
    """Say what comparing two values comes to, one of :data:`OUTCOMES`.

    Examples
    --------
    >>> from conciliazione_lib.evidence import Figure, Place
    >>> place = Place("ats", "insubria", "Insubria")
    >>> a, b = (Figure("quota_0_2", value, "%", 1, place, "2022-01-01") for value in (2.2, 2.1))
    >>> outcome(a, b, Rule(relevant=0.5, points=True))
    'non_rilevante'
    """
    if a.value is None or b.value is None:
        return "non_confrontabile"
    decimals = min(a.decimals, b.decimals)
    distance, larger = abs(a.value - b.value), max(abs(a.value), abs(b.value))
    # Farther apart than the last digit shown, they are surely printed as two numbers.
    near = distance <= 10.0**-decimals
    same = near and formats.rounded(a.value, decimals) == formats.rounded(b.value, decimals)
    if "parziale" in (a.state, b.state):
        # A lower bound is surely above what is less than it; nothing else can be said.
        above = a.state == "parziale" and b.state != "parziale" and a.value > b.value and not same
        below = b.state == "parziale" and a.state != "parziale" and b.value > a.value and not same
        return "sopra" if above else "sotto" if below else "non_confrontabile"
    if same or distance <= rule.tolerance * larger:
        return "in_linea"
    if max(a.imputed, b.imputed) > MOST_IMPUTED or distance <= uncertainty(a, b):
        return "non_distinguibile"
    if not rule.enough(distance, larger):
        return "non_rilevante"
    return "sopra" if a.value > b.value else "sotto"


def uncertainty(a: Comparable, b: Comparable) -> float:
    """Return how large the difference of two values must be to be told apart from chance (MOVER)."""
    high, low = (a, b) if (a.value or 0) > (b.value or 0) else (b, a)
    down = (high.value or 0) - high.lower if high.lower is not None else 0.0
    up = low.upper - (low.value or 0) if low.upper is not None else 0.0
    return math.hypot(down, up)


def difference_bounds(a: Comparable, b: Comparable) -> tuple[float, float] | None:
    """Return the MOVER interval of ``a - b``; ``None`` when neither has an uncertainty."""
    if a.value is None or b.value is None or (a.lower is None and b.lower is None):
        return None
    down = math.hypot(
        a.value - a.lower if a.lower is not None else 0.0, b.upper - b.value if b.upper is not None else 0.0
    )
    up = math.hypot(
        a.upper - a.value if a.upper is not None else 0.0, b.value - b.lower if b.lower is not None else 0.0
    )
    return a.value - b.value - down, a.value - b.value + up
