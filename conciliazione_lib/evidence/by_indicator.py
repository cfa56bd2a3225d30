"""A table of the store, of which few indicators are looked at: only their rows are turned into a frame."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

_COLUMN = "indicatore"


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
        self._frames: dict[str, pd.DataFrame] = {}
        column = table.column(_COLUMN).combine_chunks().dictionary_encode()
        names, codes = column.dictionary.to_pylist(), column.indices.to_numpy()
        starts = np.flatnonzero(np.diff(codes, prepend=-1))
        if len(starts) != len(names):
            raise ValueError("the rows of an indicator are not together")
        ends = np.append(starts[1:], len(codes))[: len(starts)]
        self._spans = {names[codes[start]]: (int(start), int(end)) for start, end in zip(starts, ends, strict=True)}

    @classmethod
    def read(cls, file: Path) -> ByIndicator:
        """Read a Parquet file."""
        return cls(pq.read_table(file))

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
        column = self._table.column("territorio").cast(pa.large_string())
        kept = pc.is_in(column, value_set=pa.array(sorted(codes), pa.large_string()))
        return self._table.filter(kept).to_pandas()

    @cached_property
    def frame(self) -> pd.DataFrame:
        """Every row."""
        return self._table.to_pandas()

    def rows(self, indicator: str) -> pd.DataFrame:
        """Return the rows of an indicator; none when it is not there."""
        if indicator not in self._frames:
            start, end = self._spans.get(indicator, (0, 0))
            self._frames[indicator] = self._table.slice(start, end - start).to_pandas()
        return self._frames[indicator]
