"""Which figures pages set side by side: always of one period, the one that the edition uses.

Figures come from the store of the edition. Those of a chapter of one's own, which the store does not have, come from
what the chapters show.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

import pandas as pd

from conciliazione_lib import territory
from conciliazione_lib.evidence import Figure, Ledger, Place, Reader, Store

Where = tuple[str, str]

#: Levels of many territories: pages have them at the reference period only; every period is in the files to download.
FINE = ("distretto", "ambito", "comune")

#: The level whose territories are too many for a card each.
FINEST = "comune"


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
        mappa = territory.load(data)
        self._mappa = mappa
        self._reader = Reader(self.place, store.table)
        self._codes = {livello: frozenset(mappa.codes(livello)) for livello in territory.LIVELLI}
        self._figures: dict[str, list[Figure]] = {}

    @property
    def indicators(self) -> tuple[str, ...]:
        """Ids of the indicators, in alphabetical order."""
        return self.store.indicators

    def place(self, livello: str, codice: str) -> Place:
        """Return a territory as figures name it."""
        return Place(livello, codice, self._mappa.name(livello, codice, breve=True))

    def rows(self, indicator: str) -> pd.DataFrame:
        """Return the rows of an indicator about territories in force, breakdowns included."""
        rows = self.store.of(indicator)
        known = [code in self._codes[level] for level, code in zip(rows["livello"], rows["territorio"], strict=True)]
        return rows[known]

    def figures(self, indicator: str) -> list[Figure]:
        """Return the figures of an indicator: every period; for many territories only that of reference."""
        if indicator not in self._figures:
            rows = self.rows(indicator)
            rows = rows[(rows["per"] == "") & (rows["riferimento"] | ~rows["livello"].isin(FINE))]
            self._figures[indicator] = [pending.figure for pending in self._reader.pending(rows)]
        return self._figures[indicator]

    @cached_property
    def reference(self) -> dict[tuple[str, str], str]:
        """The reference period of each indicator and level."""
        rows = self.store.figures[self.store.figures["riferimento"]]
        keys = zip(rows["indicatore"], rows["livello"], strict=True)
        return dict(zip(keys, rows["periodo"], strict=True))


class Selection:
    """The figures of an edition that are not a breakdown of others.

    Parameters
    ----------
    ledger : Ledger
        What the chapters show.
    archive : Archive, optional
        The store of the edition.
    """

    def __init__(self, ledger: Ledger, archive: Archive | None = None) -> None:
        self._archive = archive
        stored = frozenset(archive.indicators) if archive is not None else frozenset()
        self._shown: dict[str, list[Figure]] = {}
        for figure in sorted(ledger, key=lambda f: f.id):
            if not figure.breakdown and figure.indicator not in stored:
                self._shown.setdefault(figure.indicator, []).append(figure)
        self._arranged: dict[str, dict[Where, dict[str, Figure]]] = {}

    @cached_property
    def indicators(self) -> list[str]:
        """Ids of the indicators that have figures without a breakdown, in order."""
        stored = self._archive.indicators if self._archive is not None else ()
        return sorted({*self._shown, *(name for name in stored if self.all(name))})

    def all(self, indicator: str) -> list[Figure]:
        """Return every figure of an indicator; of the levels of many territories only those of the reference period."""
        if self._archive is not None and indicator in self._archive.store.indicators:
            return self._archive.figures(indicator)
        return self._shown.get(indicator, [])

    def get(self, indicator: str, place: Where, period: str) -> Figure | None:
        """Return the figure of a territory in a period: also one without a value, which says why."""
        return self._of(indicator).get(place, {}).get(period)

    def latest(self, indicator: str, place: Where) -> Figure | None:
        """Return the figure of a territory at the reference period; where there is none, the latest with a value."""
        series = self._of(indicator).get(place, {})
        reference = self._reference(indicator, place[0])
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
        wanted = self._reference(indicator, max(set(levels), key=levels.count)) if levels else None
        periods = {wanted} if wanted else self._periods(indicator, places)
        choices = {period: [self.get(indicator, place, period) for place in places] for period in periods}
        counts = {period: sum(f is not None and not f.missing for f in choices[period]) for period in periods}
        best = max(choices, key=lambda period: (counts[period], period), default="")
        return (best, choices[best]) if best and counts[best] else ("", [None] * len(places))

    def _reference(self, indicator: str, level: str) -> str | None:
        return self._archive.reference.get((indicator, level)) if self._archive is not None else None

    def _periods(self, indicator: str, places: Iterable[Where]) -> set[str]:
        found = self._of(indicator)
        return {period for place in places for period in found.get(place, {})}

    def _of(self, indicator: str) -> dict[Where, dict[str, Figure]]:
        if indicator not in self._arranged:
            arranged: dict[Where, dict[str, Figure]] = {}
            for figure in self.all(indicator):
                arranged.setdefault(where(figure.territory), {})[figure.period] = figure
            self._arranged[indicator] = arranged
        return self._arranged[indicator]
