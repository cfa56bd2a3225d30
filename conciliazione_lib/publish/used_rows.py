"""The tables whose rows figures used, when those are too many to travel with them: read again from the catalog.

Each is written once, whatever figures used it, and only while it is the very table: same hash of the source.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import pandas as pd

from conciliazione_lib import catalog
from conciliazione_lib.errors import ConciliazioneError
from conciliazione_lib.evidence import Input

if TYPE_CHECKING:
    from conciliazione_lib.publish.site import Site

#: Tables of which a row is an age, with the column of what is counted: with a column an age they weigh a quarter.
BY_AGE = MappingProxyType({"popolazione": "residenti"})

#: A fixed date: that of the run would change the bytes.
_DATA = (1980, 1, 1, 0, 0, 0)


class UsedRows:
    """Writes the files of the tables of an edition, each when it is first asked for.

    Parameters
    ----------
    site : Site
        Whose cards need them.
    """

    def __init__(self, site: Site) -> None:
        self._sito = site
        self._tabelle: dict[tuple[str, str], pd.DataFrame | None] = {}
        self._file: dict[tuple[str, str], str] = {}

    def file(self, input_: Input) -> str:
        """Return the name of the file with the table of an input, written if need be; empty when it cannot be had.

        The rows that a figure used are found in it by the filter of its card: those of a comune or an ATS apart would
        be the same rows once more.
        """
        key = (input_.tabella, input_.sha256)
        if key not in self._file:
            table = self._table(input_)
            self._file[key] = "" if table is None else self._write(input_, table)
        return self._file[key]

    def _table(self, input_: Input) -> pd.DataFrame | None:
        """Return the table the figures were computed from, or ``None`` when it is no longer that."""
        key = (input_.tabella, input_.sha256)
        if key not in self._tabelle:
            try:
                read_ = catalog.table(input_.tabella, data=input_.data_riferimento)
                own = read_.provenance.sha256 == input_.sha256 and not catalog.spec(input_.tabella).reserved
                self._tabelle[key] = read_.frame if own else None
            except ConciliazioneError:
                self._tabelle[key] = None
        return self._tabelle[key]

    def _write(self, input_: Input, tabella: pd.DataFrame) -> str:
        name = f"{input_.tabella}-intera-{input_.sha256[:8]}.csv"
        file = self._sito.cartella / "cifre" / "righe" / f"{name}.zip"
        if not self._sito.taken(file):
            given = laid_out(input_.tabella, tabella)
            self._sito.put(file, zipped(name, given.to_csv(index=False, lineterminator="\n")), of_many=True)
        return file.name


def laid_out(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return a table as it is given: its rows, or a row for all the ages.

    Parameters
    ----------
    name : str
        Of the table.
    table : pandas.DataFrame
    """
    counted = BY_AGE.get(name)
    if counted is None:
        return table
    keys = [column for column in table.columns if column not in ("eta", counted)]
    wide = table.pivot(index=keys, columns="eta", values=counted).astype("Int64")
    return wide.add_prefix("eta_").reset_index().rename_axis(columns=None)


def zipped(nome: str, testo: str) -> bytes:
    """Return a text in a compressed archive of its own, the same bytes for the same text."""
    return zipped_together({nome: testo.encode()})


def zipped_together(files: Mapping[str, bytes]) -> bytes:
    """Return files in a compressed archive, by their names, the same bytes for the same files."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _DATA)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return memory.getvalue()
