"""Sharing an amount of money: exact apportionment in whole units, to the cent.

Every computation is on integers and fractions; a float is read as the decimal number it prints as (``11.4`` is
114/10), so nothing drifts. Amounts come back as ``int`` when total and unit are whole, as ``Decimal`` otherwise.

The base rule is the method of the largest remainders (Hamilton): it satisfies quota, which no divisor method
does, and it is the rule under which the shares of the 2025–2027 programme are exactly the published ones, in
units of 10.000 €.

References
----------
Balinski M. L., Young H. P., *Fair Representation: Meeting the Ideal of One Man, One Vote*, Brookings, 2001
(largest remainders, divisor methods, the quota rule).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd

from conciliazione_lib.errors import CalcoloError, Problem
from conciliazione_lib.indicators.amounts import CENT, Amount, amount, euros, exact, money, whole_euros
from conciliazione_lib.indicators.weighting import normalised, same_columns

Weights = Mapping[str, Any] | pd.Series | Sequence[Any] | np.ndarray

#: Squared divisor after ``n`` units, by method: squares keep Huntington–Hill exact.
_DIVISORS: Final[Mapping[str, Callable[[int], Fraction]]] = MappingProxyType(
    {
        "adams": lambda n: Fraction(n * n),
        "huntington-hill": lambda n: Fraction(n * (n + 1)),
        "webster": lambda n: Fraction((2 * n + 1) ** 2, 4),
        "jefferson": lambda n: Fraction((n + 1) ** 2),
    }
)
DIVISOR_METHODS: Final = tuple(_DIVISORS)


def largest_remainder(weights: Weights, total: Amount, unit: Amount = 1) -> pd.Series:
    """Share an amount in proportion to the weights, by the largest remainders (Hamilton).

    Each territory first gets the whole units of its quota ``total × weight / sum``; the units left go, one each, to
    the largest remainders. Equal remainders: the greater weight first, then the label in alphabetical order (for
    a plain sequence, the position). When the total is not a multiple of the unit, the part smaller than a unit
    goes to the next one in the same order: the sum is always the total, to the cent, and every amount lies between
    its quota rounded down and rounded up to a unit.

    Parameters
    ----------
    weights : mapping, Series or sequence
        One positive weight per territory, at any scale.
    total : int, Decimal or str
        Amount to share, in euros, at most two decimals.
    unit : int, Decimal or str
        Rounding unit in euros: ``10_000`` for the 2025–2027 act, ``"0.01"`` for the cent.

    Returns
    -------
    Series
        Amount per territory, in the order of ``weights``; it sums to ``total``.

    Raises
    ------
    CalcoloError
        Weights missing, negative, zero or not numbers; total or unit not positive, or finer than a cent.

    Examples
    --------
    >>> largest_remainder({"a": 5, "b": 3, "c": 1}, 100, 10).to_dict()
    {'a': 60, 'b': 30, 'c': 10}
    """
    one_weights, index = _weights(weights)
    one_total, step = _total(total, unit)
    return money(_hamilton(one_weights, one_total, step), index, whole=whole_euros(total, unit))


def divisor(weights: Weights, total: Amount, unit: Amount = 1, *, method: str = "webster") -> pd.Series:
    """Share an amount by a divisor method, for comparison with the largest remainders.

    The next unit goes each time to the greatest ``weight / d(n)``, where ``n`` are the units already had and
    ``d`` is the method's divisor. A part of the total smaller than a unit goes to the next in line.

    Parameters
    ----------
    weights, total, unit
        As in :func:`largest_remainder`.
    method : str
        ``jefferson`` (D'Hondt, favours the large), ``webster`` (Sainte-Laguë), ``huntington-hill``, ``adams``
        (favours the small; like Huntington–Hill, gives everyone at least one unit).

    Returns
    -------
    Series
        Amount per territory; it sums to ``total``, but may break quota.

    Raises
    ------
    CalcoloError
        As :func:`largest_remainder`; unknown method; fewer units than territories when each must have one.
    """
    if method not in _DIVISORS:
        raise CalcoloError(f"Il metodo «{method}» non esiste.", f"Metodi: {', '.join(DIVISOR_METHODS)}.")
    one_weights, index = _weights(weights)
    one_total, step = _total(total, unit)
    square = _DIVISORS[method]
    whole, surplus = divmod(one_total, step)
    if square(0) == 0 and whole < len(one_weights):
        raise CalcoloError(
            f"Il metodo «{method}» dà almeno un'unità a ciascuno: "
            f"le unità sono {whole}, i territori {len(one_weights)}.",
            "Ridurre l'unità di arrotondamento o scegliere un altro metodo.",
        )
    one_unit = _divisor_units(one_weights, int(whole), square)
    amounts = {name: n * step for name, n in one_unit.items()}
    if surplus:
        amounts[max(one_weights, key=lambda name: one_weights[name] ** 2 / square(one_unit[name]))] += surplus
    return money(amounts, index, whole=whole_euros(total, unit))


def bounded_allocation(
    weights: Weights,
    total: Amount,
    unit: Amount = 1,
    *,
    floors: Amount | Mapping[str, Amount] | None = None,
    caps: Amount | Mapping[str, Amount] | None = None,
) -> pd.Series:
    """Share an amount in proportion to the weights, with a least and a greatest amount per territory.

    Who would stay below its floor gets the floor, who would pass its cap gets the cap, and the rest is shared
    again in proportion to the weights of the others (the amounts are ``min(cap, max(floor, k × weight))`` for
    the only ``k`` that exhausts the total), then rounded by :func:`largest_remainder`.

    Parameters
    ----------
    weights, total, unit
        As in :func:`largest_remainder`.
    floors, caps : amount or mapping, optional
        One amount for all, or one per territory (territories left out are not bounded). Whole multiples of ``unit``.

    Raises
    ------
    CalcoloError
        As :func:`largest_remainder`; floors above the total, caps below it, floor above its cap, bounds that are not
        multiples of the unit or name an unknown territory.
    """
    one_weights, index = _weights(weights)
    one_total, step = _total(total, unit)
    least = _bounds(floors, one_weights, step, "minimo")
    maxima = _bounds(caps, one_weights, step, "massimo")
    _check_bounds(least, maxima, one_total, len(one_weights))
    amounts = _clamped(one_weights, one_total, least, maxima)
    free = {name: weight for name, weight in one_weights.items() if name not in amounts}
    if free:
        amounts |= _hamilton(free, one_total - sum(amounts.values(), Fraction(0)), step)
    return money(amounts, index, whole=whole_euros(total, unit))


def split(total: Amount, shares: Mapping[str, Any], unit: Amount = CENT) -> pd.Series:
    """Split an amount into parts, such as 80% fixed and 20% variable; the parts sum to the amount.

    Parameters
    ----------
    total : int, Decimal or str
        Amount in euros.
    shares : mapping
        Weight of each part (``{"fissa": 80, "variabile": 20}``).
    unit : amount
        Rounding unit of the parts.
    """
    return largest_remainder(shares, total, unit)


def bonus(
    destined: Mapping[str, Amount] | pd.Series,
    outcomes: pd.DataFrame,
    weights: Mapping[str, Any] | None = None,
    unit: Amount = CENT,
) -> pd.DataFrame:
    """Bonus earned by each territory on its result indicators, and what the others left undistributed.

    The act destines to each territory its part of the variable quota, ties the payment to nine result indicators,
    and lets what is not distributed go to the other territories; it does not fix the formula. This is
    the plainest one: a territory earns its part in proportion to the (weighted) share of indicators it meets, rounded
    down to the unit; the rest is shared among those who earned something, in proportion to what they earned.

    Parameters
    ----------
    destined : mapping or Series
        Amount destined to each territory, in euros.
    outcomes : DataFrame
        Same territories in rows, one column per indicator: 1 met, 0 not met, or the degree in between.
    weights : mapping, optional
        Weight of each indicator; equal without it.
    unit : amount
        Rounding unit.

    Returns
    -------
    DataFrame
        One row per territory: ``destinata, grado`` (Fraction), ``maturata, redistribuita, totale``. The totals sum to
        what was destined, unless nobody earned anything.

    Raises
    ------
    CalcoloError
        An outcome missing or outside 0–1, or territories that are not the same in the two inputs.

    References
    ----------
    DGR X/1081 of 12 December 2013, Allegato C (nine indicators; redistribution).
    """
    if set(destined.keys()) != set(outcomes.index):
        raise CalcoloError(
            "I territori della quota variabile e quelli degli indicatori di premialità non sono gli stessi: "
            f"{', '.join(sorted(map(str, set(destined.keys()) ^ set(outcomes.index))))}.",
            "Compilare una riga di esiti per ogni territorio del riparto.",
        )
    one_weights = normalised(weights if weights is not None else dict.fromkeys(outcomes.columns, 1))
    same_columns(outcomes, one_weights)
    step = amount(unit, "l'unità di arrotondamento")
    rows = []
    grades = {
        name: _degree(name, one_outcomes, one_weights) for name, one_outcomes in outcomes.to_dict("index").items()
    }
    for name, one_amount in destined.items():
        one_destined = amount(one_amount, f"l'importo destinato a {name}", zero=True)
        grade = grades[name]
        rows.append((str(name), one_destined, grade, one_destined * grade // step * step))
    surplus = sum((one_destined - accrued for _, one_destined, _, accrued in rows), Fraction(0))
    worthy = {name: accrued for name, _, _, accrued in sorted(rows) if accrued}
    extra = _hamilton(worthy, surplus, step) if worthy else {}
    values = [
        (
            euros(one_destined),
            grade,
            euros(accrued),
            euros(extra.get(name, Fraction(0))),
            euros(accrued + extra.get(name, Fraction(0))),
        )
        for name, one_destined, grade, accrued in rows
    ]
    columns = ["destinata", "grado", "maturata", "redistribuita", "totale"]
    return pd.DataFrame(values, index=pd.Index(list(destined.keys())), columns=columns, dtype=object)


def per_head(amounts: pd.Series, population: pd.Series) -> pd.Series:
    """Euros per inhabitant (or per child, per woman in the labour force): missing where the population is.

    Parameters
    ----------
    amounts, population : Series
        Indexed by territory.
    """
    people = population.reindex(amounts.index).astype("float64")
    return amounts.astype("float64") / people.where(people > 0)


def _hamilton(weights: Mapping[str, Fraction], total: Fraction, step: Fraction) -> dict[str, Fraction]:
    # Sorting is stable and the weights come in tie order (see _weights): equal keys keep it.
    total_of = sum(weights.values(), Fraction(0))
    quote = {name: total * weight / total_of / step for name, weight in weights.items()}
    unit = {name: share.__floor__() for name, share in quote.items()}
    order = sorted(weights, key=lambda name: (unit[name] - quote[name], -weights[name]))
    whole, surplus = divmod(total, step)
    missing = int(whole) - sum(unit.values())
    for name in order[:missing]:
        unit[name] += 1
    amounts = {name: n * step for name, n in unit.items()}
    if surplus:
        amounts[order[missing]] += surplus
    return amounts


def _divisor_units(weights: Mapping[str, Fraction], unita: int, square: Callable[[int], Fraction]) -> dict[str, int]:
    # A divisor method never takes from a territory as many units below its quota as there are territories:
    # starting there, the last few units are assigned one by one.
    total_of = sum(weights.values(), Fraction(0))
    minimum = 1 if square(0) == 0 else 0
    assigned = {n: max(minimum, (p * unita / total_of).__floor__() - len(weights)) for n, p in weights.items()}
    place = {name: i for i, name in enumerate(weights)}

    def priority(nome: str) -> tuple[Fraction, int, str]:
        return (-(weights[nome] ** 2) / square(assigned[nome]), place[nome], nome)

    tail = [priority(name) for name in weights]
    heapq.heapify(tail)
    for _ in range(unita - sum(assigned.values())):
        name = heapq.heappop(tail)[2]
        assigned[name] += 1
        heapq.heappush(tail, priority(name))
    return assigned


def _clamped(
    weights: Mapping[str, Fraction],
    total: Fraction,
    least: Mapping[str, Fraction],
    maxima: Mapping[str, Fraction],
) -> dict[str, Fraction]:
    # Fix the side that is violated more, and share again: each round fixes at least one territory for good.
    fixed: dict[str, Fraction] = {}
    while free := [name for name in weights if name not in fixed]:
        rest = total - sum(fixed.values(), Fraction(0))
        total_of = sum((weights[name] for name in free), Fraction(0))
        share = {name: rest * weights[name] / total_of for name in free}
        below = {name: least[name] for name in free if name in least and share[name] < least[name]}
        above = {name: maxima[name] for name in free if name in maxima and share[name] > maxima[name]}
        if not below and not above:
            break
        missing = sum((limit - share[name] for name, limit in below.items()), Fraction(0))
        exceeds = sum((share[name] - limit for name, limit in above.items()), Fraction(0))
        fixed |= below if missing >= exceeds else {}
        fixed |= above if exceeds >= missing else {}
    return fixed


def _weights(weights: Weights) -> tuple[dict[str, Fraction], pd.Index]:
    """Return the exact weights by label, in the order that breaks ties, and the caller's index."""
    if isinstance(weights, pd.Series | Mapping):
        index = pd.Index(list(weights.keys()))
        values = list(weights.values) if isinstance(weights, pd.Series) else list(weights.values())
        order = sorted(range(len(values)), key=lambda i: str(index[i]))
    else:
        values = list(weights)
        index = pd.RangeIndex(len(values))
        order = list(index)
    if not values:
        raise CalcoloError("Non c'è nessun territorio fra cui ripartire.", "Indicare almeno un peso.")
    if not index.is_unique:
        double = sorted({str(n) for n in index[index.duplicated()]})
        raise CalcoloError(f"Territori ripetuti nei pesi: {', '.join(double)}.", "Una riga per territorio.")
    one_weights, problems = {}, []
    for i in order:
        name = str(index[i])
        try:
            one_weights[name] = exact(values[i])
        except CalcoloError:
            problems.append(Problem("un peso positivo", f"{name}: valore mancante o non numerico"))
            continue
        if one_weights[name] <= 0:
            problems.append(Problem("un peso positivo", f"{name}: {values[i]}"))
    if problems:
        raise CalcoloError(
            "Il riparto richiede un peso positivo per ogni territorio.",
            "Completare o correggere i pesi; un territorio da escludere va tolto dall'elenco.",
            problems,
        )
    return one_weights, index


def _total(total: Amount, unit: Amount) -> tuple[Fraction, Fraction]:
    return amount(total, "il totale da ripartire"), amount(unit, "l'unità di arrotondamento")


def _bounds(
    limits: Amount | Mapping[str, Amount] | None, weights: Mapping[str, Fraction], step: Fraction, nome: str
) -> dict[str, Fraction]:
    if limits is None:
        return {}
    by_territorio = limits if isinstance(limits, Mapping) else dict.fromkeys(weights, limits)
    unknown = sorted(set(by_territorio) - set(weights))
    if unknown:
        raise CalcoloError(
            f"Il {nome} riguarda territori che non sono nel riparto: {', '.join(unknown)}.",
            f"Territori del riparto: {', '.join(weights)}.",
        )
    one_exact = {t: amount(v, f"il {nome} di {t}", zero=True) for t, v in by_territorio.items()}
    crooked = [t for t, v in one_exact.items() if v % step]
    if crooked:
        raise CalcoloError(
            f"Il {nome} non è un multiplo dell'unità di arrotondamento ({euros(step)} €): {', '.join(crooked)}.",
            "Arrotondare il limite all'unità, oppure ridurre l'unità.",
        )
    return one_exact


def _check_bounds(
    least: Mapping[str, Fraction], maxima: Mapping[str, Fraction], total: Fraction, territori: int
) -> None:
    reversed_ = [name for name in least if name in maxima and least[name] > maxima[name]]
    if reversed_:
        raise CalcoloError(f"Il minimo supera il massimo per: {', '.join(reversed_)}.", "Correggere i limiti.")
    base = sum(least.values(), Fraction(0))
    if base > total:
        raise CalcoloError(
            f"I minimi garantiti sommano a {euros(base)} €, più del totale da ripartire ({euros(total)} €).",
            "Abbassare i minimi o aumentare il totale.",
        )
    ceiling = sum(maxima.values(), Fraction(0))
    if len(maxima) == territori and ceiling < total:
        raise CalcoloError(
            f"I massimi sommano a {euros(ceiling)} €, meno del totale da ripartire ({euros(total)} €).",
            "Alzare i massimi o ridurre il totale.",
        )


def _degree(territorio: object, outcomes: Mapping[Any, Any], weights: Mapping[str, Fraction]) -> Fraction:
    grade = Fraction(0)
    for column, value in outcomes.items():
        outcome = exact(value)
        if not 0 <= outcome <= 1:
            raise CalcoloError(
                f"L'esito di {territorio} su «{column}» è {value}: deve stare fra 0 e 1.",
                "Scrivere 1 per indicatore soddisfatto, 0 per non soddisfatto, o il grado raggiunto.",
            )
        grade += weights[str(column)] * outcome
    return grade
