"""Which rows of which table a figure was computed from: found when it is written, found again when it is checked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

import conciliazione_lib.evidence.formats as formats
import conciliazione_lib.evidence.grammar as grammar
from conciliazione_lib import catalog, storage
from conciliazione_lib.errors import UsoError
from conciliazione_lib.evidence.figure import Input, Place
from conciliazione_lib.evidence.ledger import hash_of

if TYPE_CHECKING:
    import pandas as pd

#: Gives the codes of the comuni of a territory, from its level and code (``Territory.members``).
Members = Callable[[str, str], Collection[str]]
#: Condition meaning the rows of the comuni of a territory, written ``level/code``.
COMUNI_DI = "comuni_di"
#: Columns that say whose a row is.
KEYS = ("territorio", "cod_comune")
#: Tables up to this many rows are converted to plain data whole, once; of a longer one only the rows asked for.
_WHOLE = 10_000
#: Rows with more sources than these are cited by that of their table, which says where each is.
_MOST_SOURCES = 6
#: What is said after a source that was not read itself, by how it was.
_READ: Final = MappingProxyType({"copia": " (letto in una copia)", "trascrizione": " (trascritto a mano)"})


@dataclass(frozen=True)
class Use:
    """The rows of a table that a figure used: the condition that finds them, how many they are, their weakest grade."""

    where: Mapping[str, str]
    count: int
    grade: str


class InputTable:
    """An input table: which of its rows a territory used, and those rows.

    Parameters
    ----------
    frame : DataFrame
        Its rows.
    provenance : mapping
        What is known of it, as ``storage.Provenance.to_dict`` gives it.
    members : callable, optional
        To find the rows of a territory in a table by comune.
    key : str, optional
        Its name among the inputs of an edition; by default the table's name and the beginning of the hash of its rows.
    """

    def __init__(
        self, frame: pd.DataFrame, provenance: Mapping[str, Any], members: Members | None = None, key: str | None = None
    ) -> None:
        self.frame = frame.copy(deep=False)
        self.provenance = dict(provenance)
        self._members = members
        self._key = key
        self._column = next((name for name in KEYS if name in frame.columns), None)
        self._texts: dict[str, np.ndarray | None] = {}
        self._values: dict[str, np.ndarray] = {}
        self._uses: dict[tuple[Any, ...], Use | None] = {}
        #: Rows and sources of conditions, each looked for once: the same figures are shown in many chapters.
        self._found: dict[tuple[tuple[str, str], ...], dict[str, Any]] = {}
        self._hashes: dict[tuple[tuple[str, str], ...], str] = {}
        self._said: dict[tuple[tuple[str, str], ...], frozenset[str]] = {}

    @classmethod
    def of(cls, table: Any, members: Members | None = None) -> InputTable:
        """Take a ``catalog.Table``, or a frame that carries its provenance in ``attrs["provenienza"]``.

        Raises
        ------
        UsoError
            It has no provenance.
        """
        frame = getattr(table, "frame", table)
        known = getattr(table, "provenance", None) or frame.attrs.get("provenienza")
        if not known:
            raise UsoError(
                "Una tabella passata in «ingressi» non ha provenienza.",
                "passare la tabella come la dà catalog.table() o catalog.read(); dopo un calcolo, "
                "riportarne attrs['provenienza'].",
            )
        return cls(frame, known if isinstance(known, Mapping) else known.to_dict(), members)

    @property
    def name(self) -> str:
        """The table in the catalog."""
        return str(self.provenance.get("tabella", ""))

    @cached_property
    def reserved(self) -> bool:
        """Whether its rows are about single people: they never travel with a figure, nor does their hash."""
        return bool(self.provenance.get("riservata")) or (
            self.name in catalog.names() and catalog.spec(self.name).reserved
        )

    @cached_property
    def key(self) -> str:
        """Its name among the inputs of an edition: two tables with other rows have two."""
        if self._key is not None:
            return self._key
        if self.reserved:
            return self.name
        return f"{self.name}.{_content_hash(self.frame)[:8]}"

    def use(self, level: str, code: str, values: Mapping[str, str], own: bool) -> Use | None:
        """Return the rows a figure used; ``None`` when the table has none for it.

        Parameters
        ----------
        level, code : str
            Territory of the figure.
        values : mapping
            Its indicator, period and breakdown: a table in long form has columns of those names, and its rows are
            narrowed by those where the value occurs.
        own : bool
            The rows are of the very territories of the figures: each has its own, or none.
        """
        if self.reserved:
            # Not even how many: against public totals the number of rows tells hidden counts.
            return self._hidden
        narrow = tuple((name, value) for name, value in values.items() if self._text(name) is not None)
        key = (level, code, own, *narrow)
        if key not in self._uses:
            self._uses[key] = self._find(level, code, narrow, own)
        return self._uses[key]

    @cached_property
    def _hidden(self) -> Use:
        return Use({}, 0, str(self.provenance.get("grado", "")))

    def tells(self, name: str) -> bool:
        """Whether a column of this name may narrow the rows of a territory."""
        return not self.reserved and self._text(name) is not None

    def own(self, codes: Collection[str]) -> bool:
        """Whether the rows are of the territories with these codes."""
        return not set(codes).isdisjoint(self._groups)

    def rows(self, where: Mapping[str, str]) -> dict[str, Any]:
        """Return the rows a condition finds, as plain data, the same for the same content."""
        key = tuple(where.items())
        if key not in self._found:
            positions = self._positions(where)
            names = self.frame.columns.tolist()
            columns = [self._plain(name, positions) for name in names]
            self._found[key] = {
                "colonne": [str(name) for name in names],
                "righe": [list(row) for row in zip(*columns, strict=True)],
            }
        return self._found[key]

    def kept(self, where: Mapping[str, str]) -> tuple[dict[str, Any], str]:
        """Return the rows a condition finds, and the name under which a ledger keeps them."""
        key = tuple(where.items())
        if key not in self._hashes:
            self._hashes[key] = hash_of(self.rows(where))
        return self.rows(where), self._hashes[key]

    def sources(self, *conditions: Mapping[str, str]) -> tuple[str, ...]:
        """Return the sources of the rows that some conditions find, as they are to be cited.

        Those that the rows say, when they are few; otherwise that of the table. What was transcribed by hand, or read
        in a copy of its source, is said to be so.
        """
        read = _READ.get(str(self.provenance.get("lettura")), "")
        said = [f"{self.provenance['fonte']}{read}"] if self.provenance.get("fonte") else []
        if self.reserved or "fonte" not in self.frame.columns:
            return tuple(said)
        found = {source for where in conditions for source in self._sources_of(where)}
        return tuple(sorted(found)) if 0 < len(found) <= _MOST_SOURCES else tuple(said)

    def _sources_of(self, where: Mapping[str, str]) -> frozenset[str]:
        key = tuple(where.items())
        if key not in self._said:
            self._said[key] = frozenset(self._cited[self._positions(where)]) - {""}
        return self._said[key]

    def input(self, use: Mapping[str, Any], place: Callable[[str, str], Place]) -> Input:
        """Return the input of a figure as cards print it; ``use`` is one item of the column ``ingressi``."""
        said = dict(self._told)
        if cited := self.sources(use.get("dove", {})):
            said["fonte"] = storage.cite(cited)
        if use.get("grado"):
            said["grado"] = use["grado"]
        if self.reserved:
            return Input(**{**said, "sha256": ""})
        return Input(**said, filtro=in_words(use["dove"], place, self._column), righe=int(use["righe"]))

    @cached_property
    def _told(self) -> dict[str, Any]:
        """What the provenance says of every input read from here."""
        known = {field.name for field in fields(Input)} - set(Input.RIGHE)
        return {name: value for name, value in self.provenance.items() if name in known}

    def _find(self, level: str, code: str, narrow: tuple[tuple[str, str], ...], own: bool) -> Use | None:
        where: dict[str, str] = {}
        if self._column and code in self._groups:
            where = {self._column: code}
            if "livello" in self.frame.columns:
                where["livello"] = level
        elif self._column == "cod_comune" and self._members is not None:
            where = {COMUNI_DI: f"{level}/{code}"}
        elif own:
            return None
        positions = self._positions(where)
        if not len(positions):
            return None
        for name, value in narrow:
            if name in where or name == self._column:
                continue
            chosen = positions[self._text_of(name)[positions] == value]
            if len(chosen):
                positions, where = chosen, {**where, name: value}
        grades = self._text("grado")
        present = set(grades[positions]) & set(storage.GRADES) if grades is not None else set()
        grade = max(present, key=storage.GRADES.index, default=str(self.provenance.get("grado", "")))
        return Use(where, len(positions), grade)

    def _positions(self, where: Mapping[str, str]) -> np.ndarray:
        found = self._all
        for name, value in where.items():
            if name == COMUNI_DI:
                level, _, code = value.partition("/")
                inside = set() if level == "italia" or self._members is None else set(self._members(level, code))
                theirs = [self._groups[comune] for comune in sorted(inside & self._groups.keys())]
                chosen = np.sort(np.concatenate(theirs), kind="stable") if theirs else found[:0]
            elif name == self._column:
                chosen = self._groups.get(value, found[:0])
            else:
                found = found[self._text_of(name)[found] == value]
                continue
            found = chosen if len(found) == len(self.frame) else np.intersect1d(found, chosen)
        return found

    @cached_property
    def _all(self) -> np.ndarray:
        """The positions of all the rows."""
        return np.arange(len(self.frame))

    @cached_property
    def _cited(self) -> np.ndarray:
        """The source that each row says, as it is to be cited; empty where it says none."""
        read = _READ.get(str(self.provenance.get("lettura")), "")
        sources = self.frame["fonte"].fillna("").tolist()
        how = self.frame["lettura"].map(_READ).fillna("").tolist() if "lettura" in self.frame else [read] * len(sources)
        texts = [f"{source}{note}" if source else "" for source, note in zip(sources, how, strict=True)]
        return np.array(texts, dtype=object)

    @cached_property
    def _groups(self) -> dict[str, np.ndarray]:
        """The positions of the rows of each territory; none when the table has no territories."""
        if not self._column:
            return {}
        codes, territories = self.frame[self._column].factorize()
        order = np.argsort(codes, kind="stable")
        starts = np.searchsorted(codes, np.arange(len(territories) + 1), sorter=order)
        return {str(code): order[start:end] for code, start, end in zip(territories, starts, starts[1:], strict=False)}

    def _text(self, name: str) -> np.ndarray | None:
        """Return a column as text, or ``None`` when the table has none of that name that narrows a territory's rows."""
        if name not in self._texts:
            present = name in self.frame.columns and name != self._column
            self._texts[name] = self.frame[name].astype(str).to_numpy(dtype=object) if present else None
        return self._texts[name]

    def _text_of(self, name: str) -> np.ndarray:
        text = self._text(name)
        if text is None:
            raise UsoError(
                f"La tabella «{self.name}» non ha la colonna «{name}» con cui una cifra ne sceglie le righe."
            )
        return text

    def _plain(self, name: str, positions: np.ndarray) -> Iterable[Any]:
        if len(self.frame) > _WHOLE:
            return [_simple(value) for value in self.frame[name].iloc[positions].tolist()]
        if name not in self._values:
            values = np.empty(len(self.frame), dtype=object)
            values[:] = [_simple(value) for value in self.frame[name].tolist()]
            self._values[name] = values
        return self._values[name][positions]


def in_words(where: Mapping[str, str], place: Callable[[str, str], Place], column: str | None = None) -> str:
    """Return a condition in words a reader can apply to the published table."""
    parts: list[str] = []
    for name, value in sorted(where.items(), key=lambda item: (item[0] != "livello", item[0] not in KEYS)):
        if name == COMUNI_DI:
            level, _, code = value.partition("/")
            parts.insert(0, f"{column or 'cod_comune'} tra i comuni {grammar.di(place(level, code))}")
        else:
            parts.append(f"{name} = {value}")
    return ", ".join(parts)


def weakest_grade(grades: Iterable[str]) -> str:
    """Return the least solid of some grades; empty when there is none."""
    known = [storage.GRADES.index(grade) for grade in grades if grade in storage.GRADES]
    return storage.GRADES[max(known)] if known else ""


def to_text(uses: Sequence[tuple[InputTable, Use]]) -> str:
    """Return the inputs of a figure as the store writes them."""
    items = [
        {"tabella": table.key, **({"dove": dict(use.where), "righe": use.count} if not table.reserved else {})}
        | ({"grado": use.grade} if use.grade else {})
        for table, use in uses
    ]
    return json.dumps(items, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _content_hash(frame: pd.DataFrame) -> str:
    import pandas as pd

    found = hashlib.sha256(json.dumps([str(name) for name in frame.columns], ensure_ascii=False).encode())
    if len(frame.columns):
        plain = frame.reset_index(drop=True)
        found.update(pd.util.hash_pandas_object(plain, index=False).to_numpy().tobytes())
    return found.hexdigest()


def _simple(value: Any) -> Any:
    """Return a cell as plain data."""
    if isinstance(value, str | bool) or value is None:
        return value
    if hasattr(value, "isoformat"):
        return value.isoformat()[:10]
    if formats.missing(value):
        return None
    real = float(value)
    return int(real) if real.is_integer() else real
