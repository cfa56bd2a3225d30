"""The figures of an edition: written part by part by its analyses, joined, and read by everything else.

A *part* is what one analysis writes: its figures, what can be said of them, its lists, and the tables it used. The
store of an edition is all the parts together, in one folder: ``cifre.parquet``, ``confronti.parquet``,
``elenchi/<nome>.parquet``, ``ingressi/<tabella>.parquet`` and
``archivio.json``, which says what they are.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from operator import attrgetter
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

import conciliazione_lib.evidence.readings as readings
import conciliazione_lib.evidence.statements as statements
from conciliazione_lib import storage
from conciliazione_lib.errors import CalcoloError, UsoError
from conciliazione_lib.evidence.by_indicator import ByIndicator, coded, in_turn
from conciliazione_lib.evidence.inputs import InputTable, Members
from conciliazione_lib.evidence.writing import (
    COLUMNS,
    KEY,
    Row,
    Values,
    empty,
    read_breakdown,
    rows_of,
)

FIGURES: Final = "cifre.parquet"
STATEMENTS: Final = "confronti.parquet"
LISTS: Final = "elenchi"
INPUTS: Final = "ingressi"
INDEX: Final = storage.FIGURES_INDEX
FORMAT: Final = 3
#: Where a build keeps the stores it has computed, in ``reports/``.
WORK: Final = ".lavoro/cifre"


_BOUNDS: Final = MappingProxyType({"_inferiore": "inferiore", "_superiore": "superiore", "_imputata": "imputata"})


@dataclass(frozen=True)
class Listing:
    """What is not one number of one territory: a list, a text, a curve.

    Attributes
    ----------
    name : str
        Of the file.
    title : str
        What it lists.
    key : tuple of str
        Columns that tell its rows apart.
    analysis : str
        The analysis that wrote it.
    inputs : tuple of str
        Keys of the tables it was made from.
    """

    name: str
    title: str
    key: tuple[str, ...]
    analysis: str
    inputs: tuple[str, ...] = ()

    @classmethod
    def of(cls, name: str, known: Mapping[str, Any]) -> Listing:
        """Return a list as the index of a store tells it."""
        return cls(name, known["titolo"], tuple(known["chiave"]), known["analisi"], tuple(known["ingressi"]))


@dataclass
class Content:
    """Figures, statements, lists and tables, in memory: of an analysis, or of an edition.

    Attributes
    ----------
    figures, statements : DataFrame
    lists : dict of str to DataFrame
    listings : dict of str to Listing
    tables : dict of str to InputTable
        By their key.
    analyses : dict of str to list of str
        Indicators by the analysis that wrote them.
    data : str
        Date of the geography, ISO.
    """

    figures: pd.DataFrame = field(default_factory=empty)
    statements: pd.DataFrame = field(default_factory=lambda: statements.union([]))
    lists: dict[str, pd.DataFrame] = field(default_factory=dict)
    listings: dict[str, Listing] = field(default_factory=dict)
    tables: dict[str, InputTable] = field(default_factory=dict)
    analyses: dict[str, list[str]] = field(default_factory=dict)
    data: str = ""


def join(parts: Iterable[Content]) -> Content:
    """Return one content with what several analyses wrote.

    Raises
    ------
    CalcoloError
        Two analyses write the same indicator or the same list.
    """
    whole = Content()
    figures: list[pd.DataFrame] = []
    said: list[pd.DataFrame] = []
    for part in parts:
        for analysis, indicators in part.analyses.items():
            for other, theirs in whole.analyses.items():
                _refuse(set(indicators) & set(theirs), "indicatori", analysis, other)
            whole.analyses[analysis] = indicators
        twice = set(part.lists) & set(whole.lists)
        if twice:
            name = min(twice)
            _refuse(twice, "elenchi", part.listings[name].analysis, whole.listings[name].analysis)
        whole.data = part.data
        whole.lists |= part.lists
        whole.listings |= part.listings
        whole.tables |= part.tables
        figures.append(part.figures)
        said.append(part.statements)
    if kept := [frame for frame in figures if len(frame)]:
        whole.figures = in_turn(kept)
    whole.statements = statements.union(said)
    return whole


def write(content: Content, folder: Path) -> None:
    """Write a content in a folder, which appears whole or not at all; the same bytes for the same content.

    Parameters
    ----------
    content : Content
        What to write.
    folder : Path
        Taken out first, if it is there.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        files = {work / FIGURES: content.figures, work / STATEMENTS: content.statements}
        files |= {work / LISTS / f"{name}.parquet": frame for name, frame in content.lists.items()}
        files |= {work / INPUTS / f"{k}.parquet": t.frame for k, t in content.tables.items() if not t.reserved}
        with ThreadPoolExecutor() as threads:
            list(threads.map(_write_frame, files.values(), files))
        index = {
            "formato": FORMAT,
            "data": content.data,
            "analisi": {name: sorted(content.analyses[name]) for name in sorted(content.analyses)},
            "elenchi": {
                name: {
                    "titolo": listing.title,
                    "chiave": list(listing.key),
                    "analisi": listing.analysis,
                    "ingressi": sorted(listing.inputs),
                }
                for name, listing in sorted(content.listings.items())
            },
            "ingressi": {key: _provenance(content.tables[key]) for key in sorted(content.tables)},
        }
        text = json.dumps(index, ensure_ascii=False, indent=1, sort_keys=True)
        (work / INDEX).write_text(text + "\n", encoding="utf-8", newline="\n")
        work.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        work.replace(folder)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise


def locate(edizione: str, folder: str | Path | None = None) -> Path:
    """Return the folder of an edition's store.

    Parameters
    ----------
    edizione : str
        Its name.
    folder : path, optional
        The folder that has ``reports/``, or the store itself; by default the current one or one of those above it.

    Raises
    ------
    UsoError
        There is none.
    """
    chosen = os.environ.get(storage.FIGURES_VARIABLE)
    if chosen and folder is None:
        return Path(chosen)
    start = Path(folder) if folder is not None else Path.cwd()
    for place in (start, *start.resolve().parents):
        reports = place / "reports"
        # What was published, and what was computed since.
        found = [one for one in (reports / edizione, reports / WORK / edizione) if (one / INDEX).is_file()]
        if found:
            return max(found, key=lambda one: (one / INDEX).stat().st_mtime_ns)
        if folder is not None and (place / INDEX).is_file():
            return place
    raise UsoError(
        f"Non ci sono le cifre dell'edizione «{edizione}».",
        "generarle con «conciliazione genera», oppure indicare la cartella che contiene reports/.",
    )


#: Analyses whose figures or lists this process has read.
_read: set[str] = set()


def analyses_read() -> list[str]:
    """Return the analyses whose figures or lists were read by this process, in alphabetical order."""
    return sorted(_read)


def forget_reads() -> None:
    """Forget what was read: a chapter starts from nothing."""
    _read.clear()


def opened(folder: Path, members: Members | None = None) -> Store:
    """Return a store for one more reader: what others have already read of it in this process is not read again.

    Parameters
    ----------
    folder, members
        As for :class:`Store`; the same content and the same function, the same memory.

    Raises
    ------
    UsoError
        As for :class:`Store`.
    """
    index = folder / INDEX
    stamp = index.stat().st_mtime_ns if index.is_file() else 0
    return _known(folder.resolve(), stamp, members).again()


@lru_cache(maxsize=2)
def _known(folder: Path, stamp: int, members: Members | None) -> Store:
    return Store(folder, members)


class Citation(NamedTuple):
    """The sources of some figures, whether some of them were worked out, and the input tables they come from."""

    sources: str
    worked: bool
    tables: frozenset[str]


class Store:
    """The figures of an edition, as they are on disk.

    Parameters
    ----------
    folder : Path
        Written by :func:`write`.
    members : callable, optional
        Gives the comuni of a territory: to find the rows that figures used.

    Raises
    ------
    UsoError
        The folder has no store, or one of another format.
    """

    def __init__(self, folder: Path, members: Members | None = None) -> None:
        self._folder = folder
        self._members = members
        try:
            self._index: dict[str, Any] = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise UsoError(f"Nella cartella «{folder.name}» non ci sono le cifre di un'edizione.") from None
        if self._index.get("formato") != FORMAT:
            raise UsoError(
                f"Le cifre di «{folder.name}» sono di un altro formato: atteso {FORMAT}, "
                f"trovato {self._index.get('formato')!r}.",
                "rigenerare l'edizione con questa versione del programma.",
            )
        self._tables: dict[str, InputTable] = {}
        self._lists: dict[str, pd.DataFrame] = {}
        self._values: dict[tuple[tuple[str, ...], str], Values] = {}
        self._rows: dict[tuple[str, str], Mapping[str, tuple[Row, ...]]] = {}
        self._references: dict[str, Mapping[str, str]] = {}
        self._guessed: dict[str, frozenset[tuple[str, str]]] = {}
        self._citations: dict[tuple[Any, ...], Citation] = {}
        self._wides: dict[tuple[Any, ...], pd.DataFrame] = {}
        #: Keys of the input tables of what was read: figures made, lists.
        self.used: set[str] = set()

    @property
    def folder(self) -> Path:
        """Where it is: who asks may read anything."""
        readings.note(readings.EVERYTHING)
        return self._folder

    @property
    def index(self) -> Mapping[str, Any]:
        """What it says of itself: who asks may read anything of it."""
        readings.note(readings.EVERYTHING)
        return self._index

    @property
    def data(self) -> str:
        """Date of its geography."""
        return str(self._index["data"])

    def again(self) -> Store:
        """Return the same store for another reader, with what it has used still to be told."""
        other = copy(self)
        # Read now, so that both have it.
        other._figures, other.statements, other.used = self._figures, self.statements, set()
        return other

    @cached_property
    def _figures(self) -> ByIndicator:
        return ByIndicator.read(self._folder / FIGURES)

    @property
    def figures(self) -> pd.DataFrame:
        """Every figure, in the order of the key."""
        readings.note(readings.EVERYTHING)
        return self._figures.frame

    def columns(self, *names: str) -> pd.DataFrame:
        """Return some columns of every figure, in the order of the key, their texts as categories."""
        readings.note(readings.EVERYTHING)
        if "_figures" not in vars(self):
            return coded(self._folder / FIGURES, names).to_pandas()
        return self._figures.columns(names)

    def of_territories(self, codes: Collection[str]) -> pd.DataFrame:
        """Return the rows about some territories, of every indicator."""
        _read.update(self._index["analisi"])
        readings.note(readings.EVERYTHING)
        return self._figures.of_territories(codes)

    def of_indicators(self, names: Collection[str]) -> pd.DataFrame:
        """Return the rows of some indicators."""
        readings.note(readings.EVERYTHING)
        return self._figures.of_indicators(names)

    @cached_property
    def statements(self) -> statements.Statements:
        """What can be said of them."""
        return statements.Statements(ByIndicator.read(self._folder / STATEMENTS))

    @cached_property
    def _analysis_of(self) -> dict[str, str]:
        return {name: analysis for analysis, names in self._index["analisi"].items() for name in names}

    def __contains__(self, indicator: object) -> bool:
        return indicator in self._analysis_of

    @property
    def indicators(self) -> tuple[str, ...]:
        """The indicators there are, in alphabetical order."""
        return tuple(sorted(self._analysis_of))

    def _noted(self, indicator: str) -> str:
        """Note among the readings an indicator, and the analysis it is of; give its name back."""
        readings.note(indicator)
        if indicator in self._analysis_of:
            _read.add(self._analysis_of[indicator])
        return indicator

    def of(self, indicator: str) -> pd.DataFrame:
        """Return the rows of an indicator; none when the edition has none."""
        self._noted(indicator)
        # Shallow: who puts a column in it does so in a frame of its own.
        return self._figures.rows(indicator).copy(deep=False)

    def levels(self, indicator: str) -> tuple[str, ...]:
        """Return the levels at which an indicator has rows."""
        return tuple(self._figures.levels(self._noted(indicator)))

    def references(self, indicator: str) -> Mapping[str, str]:
        """Return the reference period of an indicator at each level that has one."""
        self._noted(indicator)
        if indicator not in self._references:
            found = self._columns(indicator, ("periodo", "riferimento"))
            known = {level: period for level, (period, reference) in found if reference}
            self._references[indicator] = MappingProxyType(known)
        return self._references[indicator]

    def guessed(self, indicator: str) -> frozenset[tuple[str, str]]:
        """Return level and code of the figures that are a range at the reference period: all of them is imputed."""
        self._noted(indicator)
        if indicator not in self._guessed:
            found = self._columns(indicator, ("territorio", "riferimento", "imputata", "inferiore"))
            self._guessed[indicator] = frozenset(
                (level, code)
                for level, (code, reference, imputed, lower) in found
                if reference and imputed >= 1 and not math.isnan(lower)
            )
        return self._guessed[indicator]

    def _columns(self, indicator: str, names: Sequence[str]) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """Give level and some columns of every row of an indicator."""
        for level in self._figures.levels(indicator):
            for row in self._figures.tuples(indicator, level, names):
                yield level, row

    def citation(
        self,
        indicators: Sequence[str],
        levels: Collection[str] | None = None,
        periods: Mapping[str, Collection[str]] | None = None,
    ) -> Citation:
        """Return the sources of some figures.

        Parameters
        ----------
        indicators : sequence of str
            Whose figures.
        levels : collection of str, optional
            Only these.
        periods : mapping of str to collection of str, optional
            Those of an indicator, an empty collection for all of them; by default that of reference.
        """
        given = {name: tuple(sorted(found)) for name, found in (periods or {}).items()}
        key = (tuple(map(self._noted, indicators)), tuple(sorted(levels or ())), tuple(sorted(given.items())))
        if key not in self._citations:
            self._citations[key] = self._cited(indicators, levels, given)
        self.used |= self._citations[key].tables
        return self._citations[key]

    def _cited(
        self, indicators: Sequence[str], levels: Collection[str] | None, periods: Mapping[str, Collection[str]]
    ) -> Citation:
        used: dict[str, dict[str, Mapping[str, str]]] = {}
        worked = False
        for name in indicators:
            chosen = periods.get(name)
            texts = (
                text
                for level, (text, period, reference) in self._columns(name, ("ingressi", "periodo", "riferimento"))
                if (not levels or level in levels) and (reference if chosen is None else not chosen or period in chosen)
            )
            for text in dict.fromkeys(texts):
                elaborated, uses = _rows_used(text)
                worked = worked or elaborated
                for table, told, where in uses:
                    used.setdefault(table, {})[told] = where
        cited = (self.table(key).sources(*wheres.values()) for key, wheres in used.items())
        return Citation(storage.cite(source for sources in cited for source in sources), worked, frozenset(used))

    def rows(self, indicator: str, level: str) -> Mapping[str, tuple[Row, ...]]:
        """Return the rows of an indicator at a level, by the code of their territory."""
        self._noted(indicator)
        if (indicator, level) not in self._rows:
            found: dict[str, list[Row]] = {}
            for row in map(Row._make, self._figures.tuples(indicator, level, COLUMNS)):
                found.setdefault(row.territorio, []).append(row)
            self._rows[indicator, level] = MappingProxyType({code: tuple(own) for code, own in found.items()})
        return self._rows[indicator, level]

    def values(self, indicators: tuple[str, ...], level: str) -> Values:
        """Return the values of some indicators at a level, by the key of their figures."""
        for name in indicators:
            self._noted(name)
        if (indicators, level) not in self._values:
            found: dict[tuple[str, ...], float] = {
                (name, level, code, row.periodo, row.per): row.valore
                for name in indicators
                for code, own in self.rows(name, level).items()
                for row in own
            }
            self._values[indicators, level] = MappingProxyType(found)
        return self._values[indicators, level]

    def wide(self, indicators: Sequence[str], **choice: Any) -> pd.DataFrame:
        """Return figures with one column for each indicator: see :func:`wide`."""
        names = tuple(map(self._noted, indicators))
        plain = {
            name: one if one is None or isinstance(one, str) else tuple(one)
            for name, one in choice.items()
            if name != "limiti"
        }
        key = (names, *sorted(plain.items()), bool(choice.get("limiti")))
        if key not in self._wides:
            self._wides[key] = self._wide(names, choice)
        # Shallow, as for the rows.
        return self._wides[key].copy(deep=False)

    def _wide(self, indicators: Sequence[str], choice: Mapping[str, Any]) -> pd.DataFrame:
        levels, places = choice.get("livello"), choice.get("territori")
        wanted = {levels} if isinstance(levels, str) else None if levels is None else set(levels)
        chosen = (
            self.rows(name, level)
            for name in indicators
            for level in self.levels(name)
            if not wanted or level in wanted
        )
        codes = None if places is None else set(places)
        rows = (row for own in chosen for code, of in own.items() if codes is None or code in codes for row in of)
        return wide(rows, indicators, **choice)

    def listing(self, name: str) -> pd.DataFrame:
        """Return a list, with the sources it was made from in ``attrs["fonte"]`` and its title in ``attrs["titolo"]``.

        Raises
        ------
        UsoError
            There is no list of that name.
        """
        known = self._index["elenchi"].get(name)
        if known is None:
            raise UsoError(
                f"L'edizione non ha l'elenco «{name}».",
                f"elenchi presenti: {', '.join(sorted(self._index['elenchi']))}.",
            )
        _read.add(known["analisi"])
        readings.note(readings.OF_LISTS + name)
        if name not in self._lists:
            self._lists[name] = _frame(self._folder / LISTS / f"{name}.parquet")
        frame = self._lists[name].copy()
        frame.attrs["titolo"] = known["titolo"]
        frame.attrs["fonte"] = self.sources(known["ingressi"])
        self.used |= set(known["ingressi"])
        return frame

    def table(self, key: str) -> InputTable:
        """Return an input table by its key; of a reserved one only what is known of it."""
        self.used.add(key)
        if key not in self._tables:
            provenance = self._index["ingressi"][key]
            file = self._folder / INPUTS / f"{key}.parquet"
            frame = pd.DataFrame() if provenance.get("riservata") else _frame(file)
            self._tables[key] = InputTable(frame, provenance, self._members, key)
        return self._tables[key]

    @property
    def tables(self) -> frozenset[str]:
        """Names of the tables that the edition was made from."""
        return frozenset(str(known["tabella"]) for known in self._index["ingressi"].values() if "tabella" in known)

    def provenance(self, keys: Iterable[str]) -> list[dict[str, Any]]:
        """Return what is known of some input tables, each once; of figures of the edition, of what they come from."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        left = list(keys)
        while left:
            known = dict(self._index["ingressi"][left.pop(0)])
            if "da" in known:
                left += known["da"]
            else:
                found.setdefault((str(known["tabella"]), str(known.get("data_riferimento", ""))), known)
        return list(found.values())

    def sources(self, keys: Iterable[str]) -> str:
        """Return the sources of some input tables as they are to be cited, each once."""
        return storage.cite(str(known["fonte"]) for known in self.provenance(keys) if known.get("fonte"))


def load(folder: Path) -> Content:
    """Read a content written by :func:`write`."""
    readings.note(readings.EVERYTHING)
    store = Store(folder)
    index = store._index
    listings = {name: Listing.of(name, known) for name, known in index["elenchi"].items()}
    return Content(
        figures=store._figures.frame,
        statements=ByIndicator.read(folder / STATEMENTS).frame,
        lists={name: _frame(folder / LISTS / f"{name}.parquet") for name in listings},
        listings=listings,
        tables={key: store.table(key) for key in index["ingressi"]},
        analyses={name: list(names) for name, names in index["analisi"].items()},
        data=store.data,
    )


class Earlier:
    """What some analyses wrote: each thing is read when it is asked for, and noted then.

    Parameters
    ----------
    folders : sequence of Path
        Those of their parts, or that of a whole store.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._stores = [Store(folder) for folder in folders]

    def __contains__(self, indicator: object) -> bool:
        return any(indicator in store for store in self._stores)

    def figures(self, indicators: Iterable[str]) -> pd.DataFrame:
        """Return the rows of some indicators, in the order of the key."""
        found = [store.of(name) for name in sorted(set(indicators)) for store in self._stores if name in store]
        return pd.concat(found, ignore_index=True) if found else empty()

    def statements(self, indicators: Iterable[str]) -> pd.DataFrame:
        """Return what was decided of some indicators, in the order of the store."""
        return statements.union(
            store.statements.about(name) for name in set(indicators) for store in self._stores if name in store
        )

    def listing(self, name: str) -> tuple[pd.DataFrame, Listing] | None:
        """Return a list and what is known of it; nothing when nobody wrote it."""
        for store in self._stores:
            if known := store._index["elenchi"].get(name):
                return store.listing(name), Listing.of(name, known)
        readings.note(readings.OF_LISTS + name)
        return None

    def tables(self, keys: Iterable[str]) -> dict[str, InputTable]:
        """Return some input tables by their key."""
        return {
            key: next(store for store in self._stores if key in store._index["ingressi"]).table(key) for key in keys
        }


def wide(
    rows: pd.DataFrame | Iterable[Row],
    indicators: Sequence[str],
    *,
    livello: str | Sequence[str] | None = None,
    territori: Sequence[str] | None = None,
    periodo: str | Sequence[str] | None = None,
    per: Sequence[str] | None = None,
    limiti: bool = False,
) -> pd.DataFrame:
    """Return figures with one column for each indicator.

    Parameters
    ----------
    rows : DataFrame or iterable of Row
        Rows of the store.
    indicators : sequence of str
        Columns of the result, in order.
    livello : str or sequence of str, optional
        Only these levels.
    territori : sequence of str, optional
        Only these codes, in this order.
    periodo : str or sequence of str, optional
        ``None``: the reference period of each; ``"tutti"``: all; otherwise those.
    per : sequence of str, optional
        Keys of the breakdown, each a column; ``None``: figures without a breakdown.
    limiti : bool
        Add the columns of the bounds, and of the share imputed.

    Returns
    -------
    DataFrame
        ``livello, territorio, periodo``, the keys of the breakdown, one column for each indicator.
    """
    if isinstance(rows, pd.DataFrame):
        rows = rows_of(rows[rows["indicatore"].isin(list(indicators))])
    names, keys = set(indicators), list(per or ())
    levels = None if livello is None else {livello} if isinstance(livello, str) else set(livello)
    codes = None if territori is None else set(territori)
    periods = None if periodo in (None, "tutti") else {periodo} if isinstance(periodo, str) else set(map(str, periodo))
    chosen = [
        row
        for row in rows
        if row.indicatore in names
        and (levels is None or row.livello in levels)
        and (codes is None or row.territorio in codes)
        and (row.riferimento if periodo is None else periods is None or row.periodo in periods)
    ]
    measures = {"": "valore", **(_BOUNDS if limiti else {})}
    pairs = {text: dict(read_breakdown(text)) for text in {row.per for row in chosen}}
    breakdowns = {text: tuple(found[key] for key in keys) for text, found in pairs.items() if set(found) == set(keys)}
    wanted = attrgetter(*KEY, *measures.values())
    found = [wanted(row) for row in chosen if row.per in breakdowns]
    # Each indicator has its own reference period: together they make one row of a territory.
    latest: dict[tuple[str, ...], str] = {}
    if periodo is None:
        of_levels = {(indicator, level, period) for indicator, level, _, period, *_ in found}
        if len(of_levels) != len({(indicator, level) for indicator, level, _ in of_levels}):
            raise CalcoloError("Un indicatore ha più periodi di riferimento per lo stesso livello.")
        for _, level, code, period, text, *_ in found:
            who = (level, code, *breakdowns[text])
            latest[who] = max(period, latest.get(who, ""))
    made: dict[tuple[str, ...], dict[str, float]] = {}
    for indicator, level, code, period, text, *values in found:
        who = (level, code, *breakdowns[text])
        row = made.setdefault((level, code, latest.get(who, period), *breakdowns[text]), {})
        if indicator in row:
            raise CalcoloError(f"Due cifre di «{indicator}» per la stessa riga: {level} {code} {period} {text}.")
        row |= {indicator + ending: value for ending, value in zip(measures, values, strict=True)}
    order = list(made)
    if territori is not None:
        place = {code: number for number, code in enumerate(territori)}
        order.sort(key=lambda who: place[who[1]])
    index = ["livello", "territorio", "periodo", *keys]
    columns: dict[str, Any] = {
        name: pd.array([who[number] for who in order], dtype="str") for number, name in enumerate(index)
    }
    for name in (name + ending for name in indicators for ending in measures):
        columns[name] = np.array([made[who].get(name, math.nan) for who in order], dtype="float64")
    return pd.DataFrame(columns, copy=False)


@lru_cache(maxsize=1 << 15)
def _rows_used(inputs: str) -> tuple[bool, tuple[tuple[str, str, Mapping[str, str]], ...]]:
    """Return whether a figure was worked out of its inputs; of each its table, and its rows as text and as they are."""
    uses = json.loads(inputs or "[]")
    found = [(use["tabella"], use.get("dove", {})) for use in uses]
    rows = tuple((table, json.dumps(where, sort_keys=True), MappingProxyType(where)) for table, where in found)
    return len(uses) > 1 or any(map(_worked_out, uses)), rows


def _worked_out(use: Mapping[str, Any]) -> bool:
    """Tell whether what a figure used is other than the figure itself: many comuni, an estimate, other figures."""
    return "comuni_di" in use.get("dove", {}) or use["grado"] == "stima" or str(use["tabella"]).startswith("cifre.")


def _frame(file: Path) -> pd.DataFrame:
    """Read a table of the store: most have few rows, and pandas takes longer to begin than to read them."""
    with pq.ParquetFile(file) as stored:
        return stored.read(use_threads=False).to_pandas(use_threads=False)


def _write_frame(frame: pd.DataFrame, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    plain = frame.copy(deep=False)
    plain.attrs = {}
    plain.to_parquet(file, index=False, compression="zstd")


def _provenance(table: InputTable) -> dict[str, Any]:
    """Return what is known of a table, without what would tell the content of a reserved one."""
    known = {name: value for name, value in table.provenance.items() if name != "percorso"}
    if not table.reserved:
        return known
    return {**{name: value for name, value in known.items() if name != "file"}, "sha256": "", "riservata": True}


def _refuse(twice: set[str], what: str, one: str, other: str) -> None:
    if twice:
        raise CalcoloError(
            f"Due analisi scrivono gli stessi {what}: {', '.join(sorted(twice)[:6])} («{other}» e «{one}»).",
            "ogni cifra e ogni elenco appartiene a una sola analisi.",
        )


__all__ = ["COLUMNS", "Content", "Listing", "Store", "join", "load", "locate", "wide", "write"]
