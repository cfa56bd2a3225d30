"""The arithmetic of quadrature: totals and parts, shares and ratios, the smallest correction that restores them.

Everything here is exact: published numbers are decimals with a known number of digits, so the tolerance of a check is
what rounding alone can explain, no more and no less.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

Number = int | float | str | Decimal


def exact(value: Number) -> Decimal:
    """Return a published number as the decimal it was printed as (whole numbers without decimals)."""
    decimal = value if isinstance(value, Decimal) else Decimal(str(value))
    return decimal.to_integral_value() if decimal == decimal.to_integral_value() else decimal


def rounding(decimals: int, terms: int = 1) -> Decimal:
    """Return the largest difference that rounding explains.

    Parameters
    ----------
    decimals : int
        Decimals to which the published numbers are rounded (negative for tens, hundreds …).
    terms : int
        How many rounded numbers take part: half a unit of the last digit each.
    """
    return Decimal(terms) * Decimal(5).scaleb(-decimals - 1)


@dataclass(frozen=True)
class Correction:
    """A single change of a published number that would restore a sum.

    Attributes
    ----------
    name : str
        The number to change: a part, or the total.
    printed, corrected : Decimal
        The number as printed and as it should be.
    digits : int
        How many digits change.
    """

    name: str
    printed: Decimal
    corrected: Decimal
    digits: int


def _different_figures(a: Decimal, b: Decimal) -> int:
    text_a, text_b = f"{a:f}", f"{b:f}"
    length = max(len(text_a), len(text_b))
    return sum(x != y for x, y in zip(text_a.rjust(length), text_b.rjust(length), strict=True))


def corrections(
    parts: Mapping[str, Number],
    total: Number,
    total_name: str = "totale",
    confirmed: Iterable[str] = (),
    contradicted: Iterable[str] = (),
) -> list[Correction]:
    """Find the single corrections that would make parts sum to their total.

    Parameters
    ----------
    parts : mapping of str to number
        The parts, by name.
    total : number
        The published total.
    total_name : str
        Name of the total.
    confirmed : iterable of str
        Numbers that another check holds right: they are not proposed.
    contradicted : iterable of str
        Numbers that another check holds wrong: they are proposed first.

    Returns
    -------
    list of Correction
        One per number that could be the wrong one and stays non-negative; first the contradicted, then those that
        change fewest digits, then the smallest relative changes. Empty when the sum holds.
    """
    values = {name: exact(v) for name, v in parts.items()}
    expected = exact(total)
    gap = expected - sum(values.values(), Decimal(0))
    if gap == 0:
        return []
    one_confirmed, denied = set(confirmed), set(contradicted)
    candidates = [(name, value, value + gap) for name, value in values.items()]
    candidates.append((total_name, expected, expected - gap))
    proposals = [
        Correction(name, printed, corrected, _different_figures(printed, corrected))
        for name, printed, corrected in candidates
        if name not in one_confirmed and corrected >= 0
    ]
    return sorted(
        proposals,
        key=lambda c: (c.name not in denied, c.digits, abs(gap) / c.printed if c.printed else Decimal("Infinity")),
    )


@dataclass(frozen=True)
class Comparison:
    """Two numbers that should be the same fact.

    Attributes
    ----------
    published, expected : Decimal
        What is printed, and what the other side of the check gives.
    tolerance : Decimal
        The difference that rounding, or a stated definition, explains.
    """

    published: Decimal
    expected: Decimal
    tolerance: Decimal

    @property
    def difference(self) -> Decimal:
        """Published less expected."""
        return self.published - self.expected

    @property
    def holds(self) -> bool:
        """Whether the difference is within the tolerance."""
        return abs(self.difference) <= self.tolerance


def compare(published: Number, expected: Number, tolerance: Number = 0) -> Comparison:
    """Compare a published number with the one expected.

    Parameters
    ----------
    published, expected, tolerance : number
        Read as the decimals they are printed as.
    """
    return Comparison(exact(published), exact(expected), exact(tolerance))


def compare_sum(parts: Iterable[Number], total: Number, decimals: int | None = None) -> Comparison:
    """Compare a total with the sum of its parts.

    Parameters
    ----------
    parts : iterable of number
        The parts.
    total : number
        The published total.
    decimals : int, optional
        Decimals to which each part and the total were rounded from finer numbers; without it the sum must be exact.
    """
    values = [exact(p) for p in parts]
    tolerance = Decimal(0) if decimals is None else rounding(decimals, len(values) + 1)
    return Comparison(exact(total), sum(values, Decimal(0)), tolerance)
