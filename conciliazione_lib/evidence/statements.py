"""What can be said of every figure of an edition, decided once and stored beside the figures.

Each row of ``confronti.parquet`` is one statement about one figure: how it compares with another territory, its place
among those of its level, whether it is their highest or lowest, on which side of a threshold, how it changed from an
earlier period, where its series goes. The words of chapters, sheets, site and documents come from here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

import conciliazione_lib.evidence.formats as formats
import conciliazione_lib.evidence.readings as readings
from conciliazione_lib.evidence.by_indicator import ByIndicator, in_turn
from conciliazione_lib.evidence.comparing import MOST_IMPUTED, PLAIN, Rule, difference_bounds, outcome
from conciliazione_lib.evidence.registry import Indicator, Registry
from conciliazione_lib.evidence.writing import KEY, listed
from conciliazione_lib.region import REGIONE

#: Kinds of statements.
KINDS: Final = ("confronto", "rango", "estremo", "soglia", "variazione", "tendenza")
NUMBERS: Final = ("differenza", "inferiore", "superiore", "posto", "posto_peggiore", "su")

#: Levels a figure is compared with, by its own; ``ats`` and ``provincia`` are the territory's own.
TERMS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "comune": ("ats", "regione", "italia"),
        "ambito": ("ats", "regione", "italia"),
        "distretto": ("ats", "regione", "italia"),
        "asl": ("regione", "italia"),
        "provincia": ("regione", "italia"),
        "ats": ("regione", "italia"),
        "regione": ("italia",),
        "italia": (),
    }
)
#: With more periods than these, places are given at the reference period only.
MOST_PERIODS: Final = 12
#: Levels with so many territories that only the reference period is compared.
END: Final = ("comune",)

#: Gives the territory of a level that holds another one: (level, code, of) to its code.
Parent = Callable[[str, str, str], str | None]


class Statement(NamedTuple):
    """A row of the stored statements: which figure, and what is said of it."""

    indicatore: str
    livello: str
    territorio: str
    periodo: str
    per: str
    genere: str
    termine: str
    esito: str
    differenza: float
    inferiore: float
    superiore: float
    posto: float
    posto_peggiore: float
    su: float
    regola: str


COLUMNS: Final = Statement._fields


class Value(NamedTuple):
    """A row of the store, as far as comparing goes."""

    value: float | None
    lower: float | None
    upper: float | None
    decimals: int
    state: str
    imputed: float
    territory: str
    period: str
    reference: bool


@dataclass(frozen=True)
class _Said:
    """One statement, without the figure it is about."""

    genere: str
    termine: str
    esito: str
    difference: float | None = None
    bounds: tuple[float, float] | None = None
    place: tuple[int, int, int] | None = None
    regola: str = ""

    def row(self, key: tuple[str, ...]) -> tuple[Any, ...]:
        lower, upper = self.bounds or (None, None)
        return (
            *key,
            self.genere,
            self.termine,
            self.esito,
            self.difference,
            lower,
            upper,
            *(self.place or (None,) * 3),
            self.regola,
        )


def decide(figures: pd.DataFrame, registry: Registry, parent: Parent) -> pd.DataFrame:
    """Decide every statement about some figures.

    Parameters
    ----------
    figures : DataFrame
        Rows of the store, reference periods chosen.
    registry : Registry
        The declarations: rules, thresholds.
    parent : callable
        Who holds whom.

    Returns
    -------
    DataFrame
        With the columns :data:`COLUMNS`, sorted by key, kind and term.
    """
    made: list[tuple[Any, ...]] = []
    for name, rows in figures.groupby("indicatore", sort=True):
        made += _about(str(name), rows, registry[str(name)], parent)
    frame = pd.DataFrame(made, columns=list(COLUMNS))
    kinds: dict[str, Any] = {name: "str" for name in COLUMNS if name not in NUMBERS} | dict.fromkeys(NUMBERS, "float64")
    return frame.astype(kinds).sort_values([*KEY, "genere", "termine"], ignore_index=True)


def _about(name: str, rows: pd.DataFrame, indicator: Indicator, parent: Parent) -> Iterator[tuple[Any, ...]]:
    values = _values(rows, indicator)
    rule = Rule.of(indicator)
    words = rule.in_words()
    whole = indicator.media == "totale"
    for (level, breakdown), here in _grouped(values).items():
        by_period: dict[str, list[Value]] = {}
        for value in here:
            by_period.setdefault(value.period, []).append(value)
        periods = sorted(by_period)
        for period in periods:
            same = by_period[period]
            told = any(value.reference for value in same)
            if level in END and not told:
                continue
            if not whole and not indicator.confronta_con:
                for value in same:
                    key = (name, level, value.territory, period, breakdown)
                    for said in _comparisons(value, level, breakdown, values, rule, words, parent):
                        yield said.row(key)
            for value in same:
                key = (name, level, value.territory, period, breakdown)
                for threshold in indicator.soglie:
                    yield _threshold(value, threshold).row(key)
            if told or (len(periods) <= MOST_PERIODS and level not in END):
                for value, said in _places(same):
                    yield said.row((name, level, value.territory, period, breakdown))
        if level not in END or len(periods) <= 3:
            for value, said in _over_time(here, Rule.of(indicator, change=True)):
                yield said.row((name, level, value.territory, value.period, breakdown))


def _values(rows: pd.DataFrame, indicator: Indicator) -> dict[tuple[str, str, str, str], Value]:
    """Return the values of one indicator by level, territory, period and breakdown."""
    columns = [listed(rows[name]) for name in ("livello", "territorio", "periodo", "per")]
    numbers = [_or_none(rows[name]) for name in ("valore", "inferiore", "superiore")]
    rest = [listed(rows[name]) for name in ("stato", "imputata", "riferimento")]
    found = {}
    for level, code, period, by, value, lower, upper, state, imputed, reference in zip(
        *columns, *numbers, *rest, strict=True
    ):
        found[level, code, period, by] = Value(
            value, lower, upper, indicator.decimali, state, imputed, code, period, reference
        )
    return found


def _or_none(column: pd.Series) -> list[float | None]:
    return [None if value != value else value for value in column.tolist()]


def _grouped(values: Mapping[tuple[str, str, str, str], Value]) -> dict[tuple[str, str], list[Value]]:
    """Return the values by level and breakdown."""
    found: dict[tuple[str, str], list[Value]] = {}
    for (level, _, _, breakdown), value in values.items():
        found.setdefault((level, breakdown), []).append(value)
    return found


def _comparisons(
    value: Value,
    level: str,
    breakdown: str,
    values: Mapping[tuple[str, str, str, str], Value],
    rule: Rule,
    words: str,
    parent: Parent,
) -> Iterator[_Said]:
    for term in TERMS[level]:
        code = {"regione": REGIONE, "italia": "italia"}.get(term) or parent(level, value.territory, term)
        other = values.get((term, code, value.period, breakdown)) if code else None
        if other is None:
            continue
        distance = None if value.value is None or other.value is None else value.value - other.value
        yield _Said(
            "confronto",
            f"{term}/{code}",
            outcome(value, other, rule),
            distance,
            difference_bounds(value, other),
            regola=words,
        )


def _threshold(value: Value, threshold: float) -> _Said:
    limit = value._replace(value=threshold, lower=None, upper=None, state="presente", imputed=0.0)
    distance = None if value.value is None else value.value - threshold
    return _Said("soglia", _number(threshold), outcome(value, limit), distance, difference_bounds(value, limit))


def _places(values: Sequence[Value]) -> Iterator[tuple[Value, _Said]]:
    """Give the place of each value among those of its level, counting only what can be told apart."""
    # A lower bound has no place: what is above it may be below the value it stands for.
    present = [value for value in values if value.value is not None and value.state != "parziale"]
    if len(present) < 2:
        return
    order = _Order(present)
    for number, value in enumerate(present):
        best, worst = int(order.above[number]) + 1, len(present) - int(order.below[number])
        text = str(best) if best == worst else f"{best}-{worst}"
        yield value, _Said("rango", "", text, place=(best, worst, len(present)))
    # What is mostly imputed is above and below nobody: it would be at both ends.
    able = [n for n, value in enumerate(present) if value.imputed <= MOST_IMPUTED] or list(range(len(present)))
    top = max(able, key=lambda n: (present[n].value, present[n].territory))
    bottom = min(able, key=lambda n: (present[n].value, present[n].territory))
    ends = [("alto", order.like(top)), ("basso", order.like(bottom))]
    told = "estremo" if order.below.any() else "pari"
    for number in able:
        for end, like in ends:
            if like[number]:
                yield present[number], _Said("estremo", end, told)


class _Order:
    """Which of some values can be told apart, by their rounding and their uncertainty.

    Attributes
    ----------
    above, below : ndarray of int
        For each, how many are surely above it and below it.
    """

    def __init__(self, values: Sequence[Value]) -> None:
        self._number = np.array([value.value for value in values], dtype=float)
        self._rounded = np.array([float(formats.rounded(value.value or 0.0, value.decimals)) for value in values])
        self._down = self._number - np.array([value.value if value.lower is None else value.lower for value in values])
        self._up = np.array([value.value if value.upper is None else value.upper for value in values]) - self._number
        # What is mostly imputed is above and below nobody, as in every comparison.
        self._whole = np.array([value.imputed <= MOST_IMPUTED for value in values])
        if self._down.any() or self._up.any():
            told = np.array([~self.like(number) for number in range(len(values))])
            higher = self._number[None, :] > self._number[:, None]
            self.above, self.below = (told & higher).sum(axis=1), (told & ~higher).sum(axis=1)
        else:
            # Without uncertainty only rounding counts: sorting tells as much as comparing each with each.
            among = np.sort(self._rounded[self._whole])
            above = len(among) - np.searchsorted(among, self._rounded, side="right")
            self.above = np.where(self._whole, above, 0)
            self.below = np.where(self._whole, np.searchsorted(among, self._rounded, side="left"), 0)

    def like(self, place: int) -> np.ndarray:
        """Tell which values cannot be told from the one at a place."""
        distance = self._number - self._number[place]
        above, below = self._down**2 + self._up[place] ** 2, self._up**2 + self._down[place] ** 2
        near = distance**2 <= np.where(distance > 0, above, below)
        like: np.ndarray = near | (self._rounded == self._rounded[place]) | ~self._whole | ~self._whole[place]
        return like


def _over_time(values: Sequence[Value], rule: Rule) -> Iterator[tuple[Value, _Said]]:
    """Give the change of each territory to its reference period from every earlier one, and where its series goes."""
    by_territory: dict[str, list[Value]] = {}
    for value in values:
        by_territory.setdefault(value.territory, []).append(value)
    for series in by_territory.values():
        series.sort(key=lambda value: value.period)
        now = next((value for value in series if value.reference), series[-1])
        for before in series:
            if before.period < now.period:
                distance = None if now.value is None or before.value is None else now.value - before.value
                bounds = difference_bounds(now, before)
                yield now, _Said("variazione", before.period, outcome(now, before, rule), distance, bounds)
        known = [value for value in series if value.value is not None]
        if len(known) > 2:
            first, last = known[0], known[-1]
            distance = (last.value or 0.0) - (first.value or 0.0)
            yield last, _Said("tendenza", "", _direction(known), distance, difference_bounds(last, first))


def _direction(series: Sequence[Value]) -> str:
    """Say where a series goes at its end, by its last step."""
    return {"sopra": "in_crescita", "sotto": "in_calo"}.get(outcome(series[-1], series[-2], PLAIN), "stabile")


def _number(value: float) -> str:
    return f"{formats.clean(value)}"


class Statements:
    """The statements of an edition, found by the figure they are about."""

    def __init__(self, rows: ByIndicator) -> None:
        self._rows = rows
        self._found: dict[tuple[str, str], dict[tuple[str, ...], Statement]] = {}

    @property
    def frame(self) -> pd.DataFrame:
        """Every statement, in the order of the store."""
        readings.note(readings.EVERYTHING)
        return self._rows.frame

    def __contains__(self, indicator: object) -> bool:
        """Tell whether something was decided of an indicator."""
        readings.note(str(indicator))
        return indicator in self._rows.names

    def find(
        self, indicator: str, level: str, code: str, period: str, breakdown: str, kind: str, term: str = ""
    ) -> Statement | None:
        """Return a statement; ``None`` when it was not decided."""
        return self._of(indicator, level).get((code, period, breakdown, kind, term))

    def extremes(self, indicator: str, level: str, period: str, breakdown: str, end: str) -> frozenset[str]:
        """Return the codes of the territories of a level that the edition puts highest (lowest)."""
        wanted = (period, breakdown, "estremo", end)
        return frozenset(code for code, *rest in self._of(indicator, level) if tuple(rest) == wanted)

    def _of(self, indicator: str, level: str) -> dict[tuple[str, ...], Statement]:
        readings.note(indicator)
        if (indicator, level) not in self._found:
            said = map(Statement._make, self._rows.tuples(indicator, level, COLUMNS))
            self._found[indicator, level] = {
                (one.territorio, one.periodo, one.per, one.genere, one.termine): one for one in said
            }
        return self._found[indicator, level]

    def of_territories(self, codes: Collection[str]) -> pd.DataFrame:
        """Return the statements about some territories, whatever their level."""
        readings.note(readings.EVERYTHING)
        return self._rows.of_territories(codes)

    def of_indicators(self, names: Collection[str]) -> pd.DataFrame:
        """Return the statements about some indicators."""
        readings.note(readings.EVERYTHING)
        return self._rows.of_indicators(names)

    def about(self, indicator: str) -> pd.DataFrame:
        """Return the statements about an indicator."""
        readings.note(indicator)
        return self._rows.rows(indicator)

    def of(self, genere: str) -> pd.DataFrame:
        """Return the statements of a kind."""
        return self.frame[self.frame["genere"] == genere]


def union(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return the statements of several analyses, each of other indicators, as one table, in the order of the store."""
    kept = [frame for frame in frames if len(frame)]
    if not kept:
        return pd.DataFrame({name: pd.Series(dtype="float64" if name in NUMBERS else "str") for name in COLUMNS})
    return in_turn(kept)
