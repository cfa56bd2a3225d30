"""From rows of the store to the figures that a sentence, a table or a map shows."""

from __future__ import annotations

import json
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from conciliazione_lib.evidence.figure import Figure, Input, Place
from conciliazione_lib.evidence.figures import FigureSet
from conciliazione_lib.evidence.inputs import InputTable, Members
from conciliazione_lib.evidence.ledger import MOST_ROWS, MOST_ROWS_OF_COMUNE, Ledger
from conciliazione_lib.evidence.pending import Pending, Pendings
from conciliazione_lib.evidence.registry import Registry, load
from conciliazione_lib.evidence.writing import COLUMNS, KEY, read_breakdown, rows

if TYPE_CHECKING:
    from conciliazione_lib.evidence.store import Store

_Row = namedtuple("_Row", COLUMNS)  # type: ignore[misc]

#: Gives the place of a level and a code.
PlaceOf = Callable[[str, str], Place]
#: Gives an input table by its key.
TableOf = Callable[[str], InputTable]


class Reader:
    """Makes figures of rows of the store, one by one, when someone asks.

    Parameters
    ----------
    place : callable
        Names of territories.
    table : callable
        Input tables by their key.
    ledger : Ledger, optional
        Where the rows that figures used are kept, for the cards.
    registry : Registry, optional
        The package's own by default.
    """

    def __init__(
        self, place: PlaceOf, table: TableOf, ledger: Ledger | None = None, registry: Registry | None = None
    ) -> None:
        self._place, self._table, self._ledger = place, table, ledger
        self._registry = registry or load()
        self._places: dict[tuple[str, str], Place] = {}
        self._inputs: dict[tuple[str, str], tuple[Input, ...]] = {}
        self._breakdowns: dict[str, tuple[tuple[str, str], ...]] = {"": ()}

    def pending(self, stored: pd.DataFrame, terms: Callable[[], pd.DataFrame] | None = None) -> Iterator[Pending]:
        """Return what there is in some rows: which figures, each to be made when asked for.

        Parameters
        ----------
        stored : DataFrame
            Rows of the store.
        terms : callable, optional
            Gives the rows among which the terms of the formulas are; by default the same.
        """
        others = cache(lambda: _values(stored if terms is None else terms()))
        columns = [stored[name].tolist() for name in COLUMNS]
        row: Any
        for row in map(_Row._make, zip(*columns, strict=True)):
            place, breakdown = self.place(row.livello, row.territorio), self._breakdown(row.per)
            make = partial(self._make, row, others)
            yield Pending(row.indicatore, place, row.periodo, breakdown, make, reference=row.riferimento)

    def by_level(self, stored: pd.DataFrame, terms: Callable[[], pd.DataFrame] | None = None) -> Pendings:
        """Return what there is in the rows of an indicator: those of a level are gone through when it is asked for.

        Parameters
        ----------
        stored, terms
            As for :meth:`pending`.
        """

        def of(level: str) -> Iterator[Pending]:
            return self.pending(_at(level, stored), None if terms is None else lambda: _at(level, terms()))

        return Pendings({level: partial(of, level) for level in stored["livello"].unique().tolist()})

    def figure(self, row: Any, others: Mapping[tuple[str, ...], float] | None = None) -> Figure:
        """Return the figure of a row (a named tuple with the columns of the store)."""
        indicator = self._registry[row.indicatore]
        return Figure(
            indicator=row.indicatore,
            value=_or_none(row.valore),
            unit=indicator.unita,
            decimals=indicator.decimali,
            territory=self.place(row.livello, row.territorio),
            period=row.periodo,
            breakdown=self._breakdown(row.per),
            lower=_or_none(row.inferiore),
            upper=_or_none(row.superiore),
            confidence=_or_none(row.confidenza),
            grade=row.grado,
            inputs=self._inputs_of(row.ingressi, row.livello),
            terms=self._terms(row, indicator.terms, others or {}),
            note=row.motivo,
            state=row.stato,
            imputed=row.imputata,
            method=row.metodo,
        )

    def place(self, level: str, code: str) -> Place:
        """Return a territory as figures name it."""
        if (level, code) not in self._places:
            self._places[level, code] = self._place(level, code)
        return self._places[level, code]

    def _make(self, row: Any, others: Callable[[], Mapping[tuple[str, ...], float]]) -> Figure:
        return self.figure(row, others())

    def _breakdown(self, text: str) -> tuple[tuple[str, str], ...]:
        if text not in self._breakdowns:
            self._breakdowns[text] = read_breakdown(text)
        return self._breakdowns[text]

    def _inputs_of(self, text: str, level: str) -> tuple[Input, ...]:
        """Return the inputs of a figure; the rows they name are kept in the ledger, when they are few."""
        if (text, level) not in self._inputs:
            found = []
            for use in json.loads(text) if text else ():
                table = self._table(use["tabella"])
                read = table.input(use, self.place)
                most = MOST_ROWS_OF_COMUNE if level == "comune" else MOST_ROWS
                if self._ledger is not None and not table.reserved and read.righe <= most:
                    read = self._ledger.keep(read, table.rows(use["dove"]))
                found.append(read)
            self._inputs[text, level] = tuple(found)
        return self._inputs[text, level]

    def _terms(
        self, row: Any, names: Sequence[str], others: Mapping[tuple[str, ...], float]
    ) -> tuple[tuple[str, float | None], ...]:
        stored = json.loads(row.termini) if row.termini else {}
        key = (row.livello, row.territorio, row.periodo, row.per)
        found = []
        for name in names:
            if name in stored:
                found.append((name, stored[name]))
            elif (name, *key) in others:
                found.append((name, _or_none(others[name, *key])))
        return tuple(found)


class StoredFigures(FigureSet):
    """Every figure of an edition's store, reached by indicator; each indicator is read when it is first asked for."""

    def __init__(self, store: Store, reader: Reader, own: Place | None, ledger: Ledger) -> None:
        super().__init__((), own, ledger)
        self._store, self._reader = store, reader

    def __contains__(self, indicatore: object) -> bool:
        return indicatore in self._store

    @property
    def indicators(self) -> tuple[str, ...]:
        """Ids of the indicators, in alphabetical order."""
        return self._store.indicators

    def _pending(self, indicatore: str) -> Pendings | None:
        if indicatore not in self._per_indicatore:
            own = self._store.of(indicatore)
            if not len(own):
                return None
            terms = load()[indicatore].terms
            known = (lambda: pd.concat([self._store.of(name) for name in terms])) if terms else None
            self._per_indicatore[indicatore] = self._reader.by_level(own, known)
        return self._per_indicatore[indicatore]


def cifre(
    frame: pd.DataFrame,
    *,
    ledger: Ledger,
    luogo: PlaceOf,
    proprio: Place | None = None,
    ingressi: Sequence[Any] = (),
    membri: Members | None = None,
    registro: Registry | None = None,
    **altro: Any,
) -> FigureSet:
    """Make figures of a frame without storing them: for a chapter of one's own, that computes.

    Parameters
    ----------
    frame : DataFrame
        As for :func:`conciliazione_lib.evidence.writing.rows`, which has the other options too.
    ledger : Ledger
        Where figures are recorded when they are used, and the rows of the inputs are kept.
    luogo : callable
        Gives the :class:`Place` of a level and a code.
    proprio : Place, optional
        The chapter's own territory.
    ingressi : sequence of frames or ``catalog.Table``
        The tables used.
    membri : callable, optional
        Gives the codes of the comuni of a territory (``Territory.members``), to find its rows in a table by comune.
    registro : Registry, optional
        The package's own by default.

    Returns
    -------
    FigureSet
    """
    known = registro or load()
    tables = {table.key: table for table in (InputTable.of(one, membri) for one in ingressi)}
    made = rows(frame, registry=known, inputs=list(tables.values()), **altro)
    return FigureSet(Reader(luogo, tables.__getitem__, ledger, known).pending(made), proprio, ledger)


def _at(level: str, rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["livello"] == level]


def _values(rows: pd.DataFrame) -> dict[tuple[str, ...], float]:
    """Return the values by the key of their figures."""
    keys = zip(*(rows[name].tolist() for name in KEY), strict=True)
    return dict(zip(keys, rows["valore"].tolist(), strict=True))


def _or_none(value: Any) -> float | None:
    return None if value is None or value != value else float(value)
