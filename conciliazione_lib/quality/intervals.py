"""Numbers printed with a word («oltre», «quasi», «circa»): each stands for an interval; two agree when these do."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from conciliazione_lib.evidence.formats import numero
from conciliazione_lib.quality.arithmetic import Number, exact, rounding


@dataclass(frozen=True)
class Interval:
    """The values that a printed number may stand for."""

    low: Decimal
    high: Decimal

    def __add__(self, other: Interval) -> Interval:
        return Interval(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Interval) -> Interval:
        return Interval(self.low - other.high, self.high - other.low)

    def base(self, quota: Interval) -> Interval:
        """Return the whole of which this is a percentage."""
        return Interval(self.low / quota.high * 100, self.high / quota.low * 100)

    def share(self, everything: Interval) -> Interval:
        """Return this as a percentage of a whole; the whole is positive."""
        quote = [part / whole * 100 for part in (self.low, self.high) for whole in (everything.low, everything.high)]
        return Interval(min(quote), max(quote))

    def meets(self, other: Interval) -> bool:
        """Whether one value may belong to both."""
        return self.low <= other.high and other.low <= self.high

    def __str__(self) -> str:
        # hundredths where they count: 34,6 stands for 34,55–34,65
        figures = 1 if self.high >= 1000 or all(x == round(x, 1) for x in (self.low, self.high)) else 2
        return f"{numero(self.low, figures)}–{numero(self.high, figures)}"


def interval(valore: Number, precisione: str) -> Interval:
    """Return what a number printed with a word may stand for.

    Parameters
    ----------
    valore : number
        The number printed.
    precisione : str
        ``esatta`` (rounded to its last digit), ``oltre`` and ``poco più`` (up to one more unit of its last significant
        digit, at least one), ``quasi`` and ``poco meno`` (down to one less), ``circa`` (either side).
    """
    x = exact(valore)
    decimals = max(0, -int(x.as_tuple().exponent))
    if precisione == "esatta":
        return Interval(x - rounding(decimals), x + rounding(decimals))
    figures = str(int(x))
    # percentages move by a point; thousands of persons by their last digit that is not zero
    step = Decimal(10) ** (len(figures) - len(figures.rstrip("0"))) if x >= 100 else Decimal(1)
    below = step if precisione in ("quasi", "poco meno", "circa") else Decimal(0)
    above = step if precisione in ("oltre", "poco più", "circa") else Decimal(0)
    return Interval(x - below, x + above)
