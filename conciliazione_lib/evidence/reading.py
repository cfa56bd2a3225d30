"""From rows of the store to the figures that a sentence, a table or a map shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from conciliazione_lib.evidence.figure import Figure, Input, Place
from conciliazione_lib.evidence.figures import FigureSet
from conciliazione_lib.evidence.inputs import InputTable, Members
from conciliazione_lib.evidence.ledger import MOST_ROWS, MOST_ROWS_OF_COMUNE, Ledger
from conciliazione_lib.evidence.pending import OneByOne, Pending, Pendings
from conciliazione_lib.evidence.registry import Registry, load
from conciliazione_lib.evidence.writing import Row, Values, read_breakdown, rows, rows_of, values_by_key

if TYPE_CHECKING:
    from conciliazione_lib.evidence.store import Store

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

    def pending(self, stored: pd.DataFrame) -> Iterator[Pending]:
        """Return what there is in some rows of a store: which figures, each to be made when asked for.

        The terms of the formulas are among the same rows.
        """
        others = cache(lambda: values_by_key(stored))
        return (self._pending(row, others) for row in rows_of(stored))

    def by_level(
        self,
        levels: Sequence[str],
        stored: Callable[[str], Mapping[str, Sequence[Row]]],
        terms: Callable[[str], Values],
    ) -> Pendings:
        """Return what there is in the rows of an indicator: those of a territory are made when it is asked for.

        Parameters
        ----------
        levels : sequence of str
            Those at which it has rows.
        stored : callable
            Gives the rows of a level, by the code of their territory.
        terms : callable
            Gives, of a level, the values among which the terms of the formulas are.
        """

        def of(level: str) -> Mapping[str, list[Pending]]:
            others = cache(partial(terms, level))
            return OneByOne(stored(level), lambda own: [self._pending(row, others) for row in own])

        return Pendings({level: partial(of, level) for level in levels})

    def _pending(self, row: Row, others: Callable[[], Values]) -> Pending:
        place, breakdown = self.place(row.livello, row.territorio), self._breakdown(row.per)
        make = partial(self._make, row, others)
        return Pending(row.indicatore, place, row.periodo, breakdown, make, reference=row.riferimento)

    def figure(self, row: Row, others: Values | None = None) -> Figure:
        """Return the figure of a row of the store."""
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

    def _make(self, row: Row, others: Callable[[], Values]) -> Figure:
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
                    read = self._ledger.keep(read, *table.kept(use["dove"]))
                found.append(read)
            self._inputs[text, level] = tuple(found)
        return self._inputs[text, level]

    def _terms(self, row: Row, names: Sequence[str], others: Values) -> tuple[tuple[str, float | None], ...]:
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
            levels = self._store.levels(indicatore)
            if not levels:
                return None
            terms = load()[indicatore].terms
            known = partial(self._store.values, tuple(terms))
            self._per_indicatore[indicatore] = self._reader.by_level(
                levels, partial(self._store.rows, indicatore), known
            )
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


def _or_none(value: Any) -> float | None:
    return None if value is None or value != value else float(value)
