"""From rows of the store to the figures that a sentence, a table or a map shows."""

from __future__ import annotations

import json
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from conciliazione_lib.evidence.figure import Figure, Input, Place
from conciliazione_lib.evidence.figures import FigureSet, Pending
from conciliazione_lib.evidence.inputs import InputTable, Members
from conciliazione_lib.evidence.ledger import RIGHE_MASSIME, RIGHE_MASSIME_COMUNE, Ledger
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

    def pending(self, stored: pd.DataFrame, terms: pd.DataFrame | None = None) -> Iterator[Pending]:
        """Return what there is in some rows: which figures, each to be made when asked for.

        Parameters
        ----------
        stored : DataFrame
            Rows of the store.
        terms : DataFrame, optional
            Rows among which the terms of the formulas are; by default the same.
        """
        known = stored if terms is None else terms
        names = [known[name].tolist() for name in KEY]
        by_key = dict(zip(zip(*names, strict=True), known["valore"].tolist(), strict=True))
        columns = [stored[name].tolist() for name in COLUMNS]
        marked = stored["riferimento"].tolist()
        for number, (indicator, level, code, period, per) in enumerate(zip(*columns[: len(KEY)], strict=True)):
            yield Pending(
                indicator,
                self.place(level, code),
                period,
                self._breakdown(per),
                self._maker(columns, number, by_key),
                reference=marked[number],
            )

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

    def _maker(
        self, columns: Sequence[Sequence[Any]], number: int, others: Mapping[tuple[str, ...], float]
    ) -> Callable[[], Figure]:
        return lambda: self.figure(_Row(*(column[number] for column in columns)), others)

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
                most = RIGHE_MASSIME_COMUNE if level == "comune" else RIGHE_MASSIME
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

    def _pending(self, indicatore: str) -> list[Pending]:
        if indicatore not in self._per_indicatore:
            own = self._store.of(indicatore)
            if not len(own):
                return []
            terms = [self._store.of(name) for name in load()[indicatore].terms]
            known = pd.concat(terms) if terms else own
            self._per_indicatore[indicatore] = list(self._reader.pending(own, known))
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
