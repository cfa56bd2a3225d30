"""A table of the store, of which few indicators are looked at: only their rows are taken out of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

_COLUMN = "indicatore"
_APART = "the rows of an indicator, or of a level of it, are not together"


class ByIndicator:
    """A table with the column ``indicatore``, sorted by it.

    Parameters
    ----------
    table : pyarrow.Table
        As read from the store.

    Raises
    ------
    ValueError
        The rows of an indicator are not together.
    """

    def __init__(self, table: pa.Table) -> None:
        self._table = table
        self._types = pa.schema([(field.name, _plain(field.type)) for field in table.schema])
        self._frames: dict[str, pd.DataFrame] = {}
        self._spans = _spans(table.column(_COLUMN))
        #: The columns asked for, whole: an indicator at a level has few rows, and Arrow takes as long for few as for
        #: many. Of one of texts the codes and what they stand for, the same objects in all its rows.
        self._columns: dict[str, tuple[np.ndarray, np.ndarray | None]] = {}
        self._levels: dict[str, dict[str, tuple[int, int]]] = {}

    @classmethod
    def read(cls, file: Path) -> ByIndicator:
        """Read a Parquet file.

        Texts stay codes, as the file has them, until some rows are asked for: they are few and said many times.
        """
        return cls(coded(file).unify_dictionaries().combine_chunks())

    @classmethod
    def of_frame(cls, frame: pd.DataFrame) -> ByIndicator:
        """Take a frame."""
        return cls(pa.Table.from_pandas(frame, preserve_index=False))

    @property
    def names(self) -> frozenset[str]:
        """The indicators there are."""
        return frozenset(self._spans)

    def of_territories(self, codes: Collection[str]) -> pd.DataFrame:
        """Return the rows about some territories, whatever their level."""
        return self._with("territorio", codes)

    def of_indicators(self, names: Collection[str]) -> pd.DataFrame:
        """Return the rows of some indicators."""
        return self._with(_COLUMN, names)

    def _with(self, column: str, values: Collection[str]) -> pd.DataFrame:
        texts = self._table.column(column).cast(pa.large_string())
        kept = pc.is_in(texts, value_set=pa.array(sorted(values), pa.large_string()))
        return self._table.filter(kept).cast(self._types).to_pandas()

    @cached_property
    def frame(self) -> pd.DataFrame:
        """Every row."""
        return self._table.cast(self._types).to_pandas()

    def columns(self, names: Sequence[str]) -> pd.DataFrame:
        """Return some columns of every row, their texts as categories: for who looks at all of them once."""
        return self._table.select(list(names)).to_pandas()

    def levels(self, indicator: str) -> Collection[str]:
        """Return the levels at which an indicator has rows, in the order of the table."""
        return self._of_levels(indicator).keys()

    def tuples(self, indicator: str, level: str, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """Give the rows of an indicator at a level as plain values, without making a frame of them.

        Parameters
        ----------
        indicator, level : str
            Which rows: none when they are not there.
        columns : sequence of str
            What of each, in order.
        """
        start, end = self._of_levels(indicator).get(level, (0, 0))
        return zip(*(self._values(name, start, end) for name in columns), strict=True)

    def _values(self, name: str, start: int, end: int) -> list[Any]:
        if name not in self._columns:
            self._columns[name] = self._column(name)
        values, texts = self._columns[name]
        found: list[Any] = (values[start:end] if texts is None else texts[values[start:end]]).tolist()
        return found

    def _column(self, name: str) -> tuple[np.ndarray, np.ndarray | None]:
        column = self._table.column(name)
        if pa.types.is_dictionary(column.type) and column.num_chunks == 1 and not column.null_count:
            return column.chunk(0).indices.to_numpy(), column.chunk(0).dictionary.to_numpy(zero_copy_only=False)
        return column.cast(self._types.field(name).type).to_numpy(), None

    def _of_levels(self, indicator: str) -> dict[str, tuple[int, int]]:
        if indicator not in self._levels:
            start, end = self._spans.get(indicator, (0, 0))
            spans = _spans(self._table.column("livello").slice(start, end - start))
            self._levels[indicator] = {level: (start + first, start + last) for level, (first, last) in spans.items()}
        return self._levels[indicator]

    def rows(self, indicator: str) -> pd.DataFrame:
        """Return the rows of an indicator; none when it is not there."""
        if indicator not in self._frames:
            start, end = self._spans.get(indicator, (0, 0))
            self._frames[indicator] = self._table.slice(start, end - start).cast(self._types).to_pandas()
        return self._frames[indicator]


def coded(file: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Read a Parquet file, or some of its columns, texts as codes as it has them: in a frame they are categories."""
    texts = [field.name for field in pq.read_schema(file) if _plain(field.type) == pa.large_string()]
    with pq.ParquetFile(file, read_dictionary=texts) as stored:
        return stored.read(columns, use_threads=False)


def in_turn(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return several tables as one, in the order of the indicators: each is in one of them only, its rows together.

    Tables sorted as the store is are put together so: to sort millions of texts again would take ten times as long.

    Raises
    ------
    ValueError
        The rows of an indicator are not together.

    Examples
    --------
    >>> some = pd.DataFrame({"indicatore": ["a", "c"]}), pd.DataFrame({"indicatore": ["b", "b"]})
    >>> list(in_turn(some)["indicatore"])
    ['a', 'b', 'b', 'c']
    """
    found: dict[str, pd.DataFrame] = {}
    for frame in frames:
        codes, names = pd.factorize(frame["indicatore"])
        starts = np.flatnonzero(np.diff(codes, prepend=-1))
        if len(starts) != len(names) or not found.keys().isdisjoint(names):
            raise ValueError(_APART)
        ends = np.append(starts[1:], len(codes))
        found |= {name: frame.iloc[start:end] for name, start, end in zip(names, starts, ends, strict=True)}
    return pd.concat([found[name] for name in sorted(found)], ignore_index=True)


def _spans(column: pa.ChunkedArray) -> dict[str, tuple[int, int]]:
    """Return where the rows of each value begin and end."""
    encoded = column.unify_dictionaries().combine_chunks()
    if not pa.types.is_dictionary(encoded.type):
        encoded = encoded.dictionary_encode()
    names, codes = encoded.dictionary.to_pylist(), encoded.indices.to_numpy()
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    if len(starts) != len(set(codes[starts].tolist())):
        raise ValueError(_APART)
    ends = np.append(starts[1:], len(codes))[: len(starts)]
    return {names[codes[start]]: (int(start), int(end)) for start, end in zip(starts, ends, strict=True)}


def _plain(kind: pa.DataType) -> pa.DataType:
    """Return the type of the values of a column, however they are kept."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return pa.large_string() if pa.types.is_string(kind) else kind
