"""Figures that an edition has and nobody may ever see: known by what they are, made when someone asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, partial

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


class Pendings:
    """What there is of one indicator, level by level: a level is read when one of its territories is asked for.

    Parameters
    ----------
    levels : mapping of str to callable
        Gives the figures of each level.
    """

    def __init__(self, levels: Mapping[str, Callable[[], Iterable[Pending]]]) -> None:
        self._levels = dict(levels)
        self._made: dict[str, dict[str, list[Pending]]] = {}

    @classmethod
    def of(cls, figures: Iterable[Pending]) -> Pendings:
        """Return figures that are already known."""
        levels: dict[str, list[Pending]] = {}
        for figure in figures:
            levels.setdefault(figure.territory.livello, []).append(figure)
        return cls({level: partial(list, known) for level, known in levels.items()})

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

        def of(level: str) -> Iterator[Pending]:
            return filter(wanted, self.level(level))

        return Pendings({level: partial(of, level) for level in self._levels})

    def _by_code(self, level: str) -> dict[str, list[Pending]]:
        if level not in self._made:
            found: dict[str, list[Pending]] = {}
            for figure in self._levels[level]() if level in self._levels else ():
                found.setdefault(figure.territory.codice, []).append(figure)
            self._made[level] = found
        return self._made[level]
