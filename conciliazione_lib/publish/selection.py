"""Which figures pages set side by side: always of one period, the one that the edition uses.

Figures come from the store of the edition. Those of a chapter of one's own, which the store does not have, come from
what the chapters show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

import pandas as pd

from conciliazione_lib import territory
from conciliazione_lib.evidence import Figure, Ledger, Place, Reader, Store

Where = tuple[str, str]

#: Levels of many territories: pages have them at the reference period only; every period is in the files to download.
END = ("distretto", "ambito", "comune")

#: The level whose territories are too many for a card each.
FINEST = "comune"

#: Indicators beside each comune in their list; of the others the values of single comuni are in files and maps.
PER_COMUNE = ("residenti", "indice_vecchiaia", "indice_dipendenza_strutturale")


#: The fewest territories that a map, or a page of an indicator by breakdown alone, is made for.
FEWEST = 4

#: Indicators whose figures are kept at hand: a process meets all of them, one after another.
KEPT = 24


def forget(known: dict[Any, Any]) -> None:
    """Make room for one more thing among those kept at hand: the oldest goes."""
    while len(known) >= KEPT:
        del known[next(iter(known))]


def where(place: Place) -> Where:
    """Return level and code of a territory."""
    return place.livello, place.codice


class Archive:
    """The figures of the store as publishing uses them: without breakdown, made once.

    Parameters
    ----------
    store : Store
        Of the edition.
    data : str
        Date of its geography.
    """

    def __init__(self, store: Store, data: str) -> None:
        self.store = store
        map_ = territory.load(data)
        self._mappa = map_
        self._reader = Reader(self.place, store.table)
        self._codes = {level: frozenset(map_.codes(level)) for level in territory.ALL_LEVELS}
        self._figures: dict[tuple[str, bool], list[Figure]] = {}
        self._rows: dict[str, pd.DataFrame] = {}

    @property
    def indicators(self) -> tuple[str, ...]:
        """Ids of the indicators, in alphabetical order."""
        return self.store.indicators

    def place(self, livello: str, codice: str) -> Place:
        """Return a territory as figures name it."""
        return Place(livello, codice, self._mappa.name(livello, codice, breve=True))

    def rows(self, indicator: str) -> pd.DataFrame:
        """Return the rows of an indicator about territories in force, breakdowns included."""
        if indicator not in self._rows:
            rows = self.store.of(indicator)
            kept = rows[self._in_force(rows)]
            forget(self._rows)
            self._rows[indicator] = kept
        # Shallow: who puts a column in it does so in a frame of its own.
        return self._rows[indicator].copy(deep=False)

    def _in_force(self, rows: pd.DataFrame) -> pd.Series:
        """Tell which rows are about territories in force."""
        known = pd.Series(False, index=rows.index)
        for level in rows["livello"].unique():
            known |= (rows["livello"] == level) & rows["territorio"].isin(self._codes[level])
        return known

    def figures(self, indicator: str, *, finest: bool = True) -> list[Figure]:
        """Return the figures of an indicator: every period; for many territories only that of reference.

        Parameters
        ----------
        indicator : str
        finest : bool
            Those of the finest level too: they are the most, and few pages show them.
        """
        if (indicator, finest) not in self._figures:
            rows = self._whole(indicator)
            its = rows["livello"] == FINEST
            coarser = self.figures(indicator, finest=False) if finest else []
            forget(self._figures)
            # Of a single comune, only figures that have a card say where they come from.
            made = self._made(rows[its if finest else ~its], sources=not finest or indicator in PER_COMUNE)
            self._figures[indicator, finest] = [*coarser, *made]
        return self._figures[indicator, finest]

    def breakdowns(self, indicator: str) -> list[Figure]:
        """Return the figures of an indicator by breakdown: every level, every period; not where they come from."""
        rows = self.rows(indicator)
        return self._made(rows[rows["per"] != ""], sources=False)

    def others(self, indicator: str) -> list[Figure]:
        """Return the values that :meth:`figures` leaves out: of many territories at the other periods, alone."""
        rows = self.rows(indicator)
        other = (rows["per"] == "") & ~rows["riferimento"] & rows["livello"].isin(END) & rows["valore"].notna()
        return self._made(rows[other], sources=False)

    @cached_property
    def divided(self) -> frozenset[str]:
        """The indicators that say, by breakdown, how territories of a level stand: two breakdowns, in some of them."""
        rows = self.store.columns("indicatore", "livello", "territorio", "per", "valore")
        rows = rows[(rows["per"] != "") & rows["valore"].notna()]
        spread = rows.groupby(["indicatore", "livello", "per"], observed=True)["territorio"].nunique()
        breakdowns = spread[spread >= FEWEST].groupby(["indicatore", "livello"], observed=True).size()
        return frozenset(breakdowns[breakdowns >= 2].index.get_level_values("indicatore"))

    def has(self, indicator: str) -> bool:
        """Tell whether an indicator has figures that are not a breakdown."""
        return self.count(indicator) > 0

    def count(self, indicator: str) -> int:
        """Return how many figures :meth:`figures` gives."""
        return self._counts.get(indicator, 0)

    @cached_property
    def _counts(self) -> dict[str, int]:
        rows = _shown(self.store.columns("indicatore", "livello", "territorio", "per", "riferimento"))
        counts = rows.loc[self._in_force(rows), "indicatore"].value_counts()
        return dict(zip(counts.index.tolist(), counts.tolist(), strict=True))

    def _whole(self, indicator: str) -> pd.DataFrame:
        return _shown(self.rows(indicator))

    def _made(self, rows: pd.DataFrame, *, sources: bool) -> list[Figure]:
        if not sources:
            rows = rows.assign(ingressi="")
        return [pending.figure for pending in self._reader.pending(rows)]

    @cached_property
    def reference(self) -> dict[tuple[str, str], str]:
        """The reference period of each indicator and level."""
        rows = self.store.columns("indicatore", "livello", "periodo", "riferimento")
        rows = rows[rows["riferimento"]].drop_duplicates(["indicatore", "livello"], keep="last")
        return {(name, level): period for name, level, period, _ in rows.itertuples(index=False, name=None)}


def _shown(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that are not a breakdown: every period; for many territories only that of reference."""
    return rows[(rows["per"] == "") & (rows["riferimento"] | ~rows["livello"].isin(END))]


class Selection:
    """The figures of an edition that are not a breakdown of others.

    Parameters
    ----------
    shown : mapping-like
        Gives the figures that chapters show of an indicator the store does not have.
    names : iterable of str
        The indicators of the figures that chapters show.
    archive : Archive, optional
        The store of the edition.
    """

    def __init__(
        self, shown: Callable[[str], Iterable[Figure]], names: Iterable[str], archive: Archive | None = None
    ) -> None:
        self._archive = archive
        self._stored = frozenset(archive.indicators) if archive is not None else frozenset()
        self._names = frozenset(names) - self._stored
        self._of_chapters = shown
        self._shown: dict[str, list[Figure]] = {}
        self._arranged: dict[tuple[str, bool], dict[Where, dict[str, Figure]]] = {}

    @classmethod
    def of(cls, ledger: Ledger, archive: Archive | None = None) -> Selection:
        """Return the selection of a ledger that is at hand."""
        names = dict.fromkeys(figure.indicator for figure in ledger)
        return cls(lambda name: [f for f in ledger if f.indicator == name], names, archive)

    @cached_property
    def indicators(self) -> list[str]:
        """Ids of the indicators that have figures without a breakdown, in order."""
        stored = self._archive.indicators if self._archive is not None else ()
        shown = (name for name in self._names if self.all(name))
        return sorted({*shown, *(name for name in stored if self._archive and self._archive.has(name))})

    @cached_property
    def explored(self) -> list[str]:
        """Ids of the indicators that have a page, in order: also those whose figures are by breakdown only."""
        divided = self._archive.divided if self._archive is not None else ()
        return sorted({*self.indicators, *divided})

    def all(self, indicator: str, *, finest: bool = True) -> list[Figure]:
        """Return every figure of an indicator; of the levels of many territories only those of the reference period.

        Parameters
        ----------
        indicator : str
        finest : bool
            Those of the finest level too, where they are the store's.
        """
        if self._archive is not None and indicator in self._stored:
            return self._archive.figures(indicator, finest=finest)
        if indicator not in self._names:
            return []
        if indicator not in self._shown:
            found = sorted(self._of_chapters(indicator), key=lambda f: f.id)
            self._shown[indicator] = [figure for figure in found if not figure.breakdown]
        return self._shown[indicator]

    def count(self, indicator: str) -> int:
        """Return how many figures :meth:`all` gives."""
        if self._archive is not None and indicator in self._stored:
            return self._archive.count(indicator)
        return len(self.all(indicator))

    def get(self, indicator: str, place: Where, period: str) -> Figure | None:
        """Return the figure of a territory in a period: also one without a value, which says why."""
        return self._of(indicator, place[0]).get(place, {}).get(period)

    def latest(self, indicator: str, place: Where) -> Figure | None:
        """Return the figure of a territory at the reference period; where there is none, the latest with a value."""
        series = self._of(indicator, place[0]).get(place, {})
        reference = self.reference(indicator, place[0])
        if reference in series:
            return series[reference]
        present = [figure for figure in series.values() if not figure.missing]
        return max(present, key=lambda f: f.period, default=None)

    def side_by_side(self, indicator: str, places: Sequence[Where]) -> tuple[str, list[Figure | None]]:
        """Return the figures of several territories in one period: the one the edition uses for most of them.

        Returns
        -------
        str
            The period; empty when none of them has a value.
        list of Figure or None
            In the order of the territories; a figure may have no value, and then says why.
        """
        levels = [level for level, _ in places]
        wanted = self.reference(indicator, max(set(levels), key=levels.count)) if levels else None
        periods = {wanted} if wanted else self._periods(indicator, places)
        choices = {period: [self.get(indicator, place, period) for place in places] for period in periods}
        counts = {period: sum(f is not None and not f.missing for f in choices[period]) for period in periods}
        best = max(choices, key=lambda period: (counts[period], period), default="")
        return (best, choices[best]) if best and counts[best] else ("", [None] * len(places))

    def reference(self, indicator: str, level: str) -> str | None:
        """Return the period that the edition uses of an indicator at a level; ``None`` where the store has none."""
        return self._archive.reference.get((indicator, level)) if self._archive is not None else None

    def _periods(self, indicator: str, places: Iterable[Where]) -> set[str]:
        return {period for place in places for period in self._of(indicator, place[0]).get(place, {})}

    def _of(self, indicator: str, level: str) -> dict[Where, dict[str, Figure]]:
        key = indicator, level == FINEST
        if key not in self._arranged:
            arranged: dict[Where, dict[str, Figure]] = {}
            for figure in self.all(indicator, finest=level == FINEST):
                arranged.setdefault(where(figure.territory), {})[figure.period] = figure
            forget(self._arranged)
            self._arranged[key] = arranged
        return self._arranged[key]
