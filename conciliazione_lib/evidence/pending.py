"""Figures that an edition has and nobody may ever see: known by what they are, made when someone asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

from conciliazione_lib.evidence.figure import SIMPLE_LEVELS, Figure, Place


class Pending:
    """Which figure it is; the rest comes when someone asks.

    Attributes
    ----------
    indicator, territory, period, breakdown
        As in :class:`Figure`.
    reference : bool
        Whether its period is the one the edition uses for its indicator and level.
    """

    def __init__(
        self,
        indicator: str,
        territory: Place,
        period: str,
        breakdown: tuple[tuple[str, str], ...],
        make: Callable[[], Figure],
        *,
        reference: bool = False,
    ) -> None:
        self.indicator, self.territory, self.period, self.breakdown = indicator, territory, period, breakdown
        self.reference = reference
        self._make = make

    @cached_property
    def figure(self) -> Figure:
        """The figure, made the first time."""
        return self._make()


class OneByOne(Mapping[str, list[Pending]]):
    """What there is of each territory of a level, made when it is asked for.

    Parameters
    ----------
    rows : mapping
        By code.
    make : callable
        Gives what there is in the rows of a territory.
    """

    def __init__(self, rows: Mapping[str, Sequence[Any]], make: Callable[[Sequence[Any]], list[Pending]]) -> None:
        self._rows, self._make = rows, make
        self._made: dict[str, list[Pending]] = {}

    def __getitem__(self, code: str) -> list[Pending]:
        if code not in self._made:
            self._made[code] = self._make(self._rows[code])
        return self._made[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


class Pendings:
    """What there is of one indicator, level by level: a level is read when one of its territories is asked for.

    Parameters
    ----------
    levels : mapping of str to callable
        Gives the figures of each level, by the code of their territory.
    """

    def __init__(self, levels: Mapping[str, Callable[[], Mapping[str, list[Pending]]]]) -> None:
        self._levels = dict(levels)
        self._made: dict[str, Mapping[str, list[Pending]]] = {}

    @classmethod
    def of(cls, figures: Iterable[Pending]) -> Pendings:
        """Return figures that are already known."""
        levels: dict[str, dict[str, list[Pending]]] = {}
        for figure in figures:
            of_level = levels.setdefault(figure.territory.livello, {})
            of_level.setdefault(figure.territory.codice, []).append(figure)
        return cls({level: partial(dict, known) for level, known in levels.items()})

    def __iter__(self) -> Iterator[Pending]:
        return (figure for level in self._levels for figure in self.level(level))

    def __len__(self) -> int:
        return sum(len(found) for level in self._levels for found in self._by_code(level).values())

    def level(self, level: str) -> Iterator[Pending]:
        """Return the figures of a level, territory by territory."""
        return (figure for found in self._by_code(level).values() for figure in found)

    def territory(self, name: str) -> list[Pending]:
        """Return the figures of a territory, by its key (``ambito-lodi``) or, of any level, by its code (``lodi``)."""
        level, _, code = name.partition("-")
        if level in self._levels and level not in SIMPLE_LEVELS and (own := self._by_code(level).get(code)):
            return own
        if simple := [f for level in SIMPLE_LEVELS for f in self._by_code(level).get(name, ())]:
            return simple
        return self.code(name)

    def code(self, code: str, level: str | None = None) -> list[Pending]:
        """Return the figures of the territories with a code, of a level or of all."""
        return [figure for one in ([level] if level else self._levels) for figure in self._by_code(one).get(code, ())]

    def where(self, wanted: Callable[[Pending], bool]) -> Pendings:
        """Return those that answer a question, which is asked when they are needed."""

        def of(level: str) -> Mapping[str, list[Pending]]:
            known = self._by_code(level)
            return OneByOne({code: (code,) for code in known}, lambda code: list(filter(wanted, known[code[0]])))

        return Pendings({level: partial(of, level) for level in self._levels})

    def _by_code(self, level: str) -> Mapping[str, list[Pending]]:
        if level not in self._made:
            self._made[level] = self._levels[level]() if level in self._levels else {}
        return self._made[level]
