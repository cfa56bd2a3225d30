"""Mergers, incorporations and changes of name or province: from the comuni of one date to those of another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd


@dataclass(frozen=True)
class Mergers:
    """The changes of the comuni, one row for each comune that ceases or changes.

    Attributes
    ----------
    tabella : DataFrame
        Columns ``data, tipo, cod_prima, nome_prima, provincia_prima, cod_dopo, nome_dopo`` and the source, in
        chronological order.
    """

    tabella: pd.DataFrame

    def between(self, after: str, until: str) -> pd.DataFrame:
        """Return the changes in force after one date and up to another, both ISO dates."""
        date = self.tabella["data"]
        return self.tabella[(date > after) & (date <= until)]

    def successors(self, until: str) -> dict[str, str]:
        """Return, for each code that ceased by a date, the code that has its territory at that date."""
        now: dict[str, str] = {}
        for data, before, after in self._steps:
            if data > until:
                break
            for code, present in now.items():
                if present == before:
                    now[code] = after
            now[before] = after
        return now

    def born_after(self, codice: str, data: str) -> pd.DataFrame:
        """Return the rows that gave birth to a code after a date: its territory was divided among others then."""
        rows = self.tabella
        return rows[(rows["cod_dopo"] == codice) & (rows["cod_prima"] != codice) & (rows["data"] > data)]

    def carry(self, values: Mapping[str, str], codes: Iterable[str]) -> dict[str, str]:
        """Extend an attribute known at the codes of one date to the codes of another.

        A ceased comune takes the value of the one that has its territory; a new comune takes the value of those it
        comes from, when they all have the same.

        Parameters
        ----------
        values : mapping
            From code to value.
        codes : iterable of str
            The codes to fill.

        Returns
        -------
        dict
            Value by code; a code whose value cannot be told is left out.
        """
        full: dict[str, str] = {}
        for code in codes:
            if code in values:
                full[code] = values[code]
            elif self._final.get(code) in values:
                full[code] = values[self._final[code]]
            else:
                origins = {values.get(before) for before in self._origins.get(code, ())}
                if len(origins) == 1:
                    only = origins.pop()
                    if only is not None:
                        full[code] = only
        return full

    @cached_property
    def _final(self) -> dict[str, str]:
        """For each code that ever ceased, the code that has its territory after every change."""
        return self.successors("9999-12-31")

    @cached_property
    def _origins(self) -> dict[str, list[str]]:
        """For each code born of a change, the codes before it."""
        found: dict[str, list[str]] = {}
        for _, before, after in self._steps:
            found.setdefault(after, []).append(before)
        return found

    @cached_property
    def _steps(self) -> list[tuple[str, str, str]]:
        """Date, code before and code after of each change of code, in chronological order."""
        changes = self.tabella[self.tabella["cod_prima"] != self.tabella["cod_dopo"]]
        return list(zip(changes["data"], changes["cod_prima"], changes["cod_dopo"], strict=True))
