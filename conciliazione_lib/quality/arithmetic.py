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
    decimale = value if isinstance(value, Decimal) else Decimal(str(value))
    return decimale.to_integral_value() if decimale == decimale.to_integral_value() else decimale


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


def _cifre_diverse(a: Decimal, b: Decimal) -> int:
    testo_a, testo_b = f"{a:f}", f"{b:f}"
    lunghezza = max(len(testo_a), len(testo_b))
    return sum(x != y for x, y in zip(testo_a.rjust(lunghezza), testo_b.rjust(lunghezza), strict=True))


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
    valori = {nome: exact(v) for nome, v in parts.items()}
    atteso = exact(total)
    scarto = atteso - sum(valori.values(), Decimal(0))
    if scarto == 0:
        return []
    confermati, smentiti = set(confirmed), set(contradicted)
    candidati = [(nome, valore, valore + scarto) for nome, valore in valori.items()]
    candidati.append((total_name, atteso, atteso - scarto))
    proposte = [
        Correction(nome, stampato, corretto, _cifre_diverse(stampato, corretto))
        for nome, stampato, corretto in candidati
        if nome not in confermati and corretto >= 0
    ]
    return sorted(
        proposte,
        key=lambda c: (c.name not in smentiti, c.digits, abs(scarto) / c.printed if c.printed else Decimal("Infinity")),
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
    valori = [exact(p) for p in parts]
    tolleranza = Decimal(0) if decimals is None else rounding(decimals, len(valori) + 1)
    return Comparison(exact(total), sum(valori, Decimal(0)), tolleranza)


def compare_share(part: Number, whole: Number, share: Number, decimals: int) -> Comparison:
    """Compare a published percentage with the ratio it comes from.

    Parameters
    ----------
    part, whole : number
        Numerator and denominator.
    share : number
        The published percentage.
    decimals : int
        Decimals of the percentage.
    """
    return Comparison(exact(share), exact(part) / exact(whole) * 100, rounding(decimals))
