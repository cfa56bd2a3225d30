"""Reading a table: find its version, check its hash, check its schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Final

import pandas as pd

from conciliazione_lib import storage
from conciliazione_lib.catalog.registry import names, spec
from conciliazione_lib.catalog.validation import validate
from conciliazione_lib.errors import DatiError
from conciliazione_lib.storage import Provenance


@dataclass(frozen=True)
class Table:
    """A validated table with the provenance of the version that was read."""

    frame: pd.DataFrame
    provenance: Provenance

    @property
    def name(self) -> str:
        """Name of the table."""
        return self.provenance.tabella

    def __repr__(self) -> str:
        p, (rows, columns) = self.provenance, self.frame.shape
        return f"<Table {self.name}, {p.data_riferimento}: {rows} rows × {columns} columns; {p.fonte}>"

    def _repr_html_(self) -> str:
        p = self.provenance
        source = f'<a href="{escape(p.url)}">{escape(p.fonte)}</a>' if p.url else escape(p.fonte)
        about = f"Dati: {escape(p.data_riferimento)}; {escape(p.stato)}; grado: {escape(p.grado)}. Fonte: {source}"
        about += f" ({escape(p.licenza)})." if p.licenza else "."
        note = f"<p>{escape(p.note)}</p>" if p.note else ""
        rows = self.frame.to_html(max_rows=10, max_cols=12, border=0)
        return f"<p><strong>{escape(p.titolo)}</strong> (<code>{self.name}</code>)<br>{about}</p>{note}{rows}"


class Tables(Mapping[str, Table]):
    """Every table there is something in, by name: read when asked for, and listed by completion.

    Examples
    --------
    >>> from conciliazione_lib import catalog
    >>> catalog.tabelle["ats"]
    <Table ats, ...: 8 rows × 9 columns; ...>
    >>> "popolazione" in catalog.tabelle
    True
    """

    def __getitem__(self, name: str) -> Table:
        return table(name)

    def __iter__(self) -> Iterator[str]:
        return (name for name in names() if storage.versions(name))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return name in set(self)

    def __repr__(self) -> str:
        return f"<Tables: {len(self)}: {', '.join(self)}>"

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><td><code>{name}</code></td><td>{escape(spec(name).title)}</td></tr>" for name in self)
        return f"<table>{rows}</table>"

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)


def table(name: str, data: str | None = None, *, examples: bool = False) -> Table:
    """Return a table and its provenance.

    Parameters
    ----------
    name : str
        Name of the table.
    data : str, optional
        Reference date; without it, the most recent definitive version, else the most recent of the most final
        status there is.
    examples : bool
        Accept invented rows (``grado`` = ``esempio``): for templates and tests only.

    Returns
    -------
    Table
        ``frame`` has the columns of the declaration, with their types; ``provenance`` says which tier answered.

    Raises
    ------
    UsoError
        Unknown table, or no version at that date.
    DatiError
        The file was altered, breaks its schema (all the problems at once), or holds invented rows.
    """
    declaration = spec(name)
    version = storage.find(name, data)

    def read_one() -> tuple[pd.DataFrame, bool]:
        raw = storage.read(version)
        # The embedded tables were checked when their hash was written (catalog.impronte), and this is the same file.
        if version.origine == "incorporata":
            read_ = declaration.typed(raw)
        else:
            read_ = validate(raw, declaration, file=version.percorso)
        return read_, "grado" in read_ and bool((read_["grado"] == "esempio").any())

    read_, with_examples = storage.remembered("catalog", [version], read_one)
    if not examples and (with_examples or version.grado == "esempio"):
        raise DatiError(
            f"La tabella «{version.tabella}» ({version.percorso.name}) contiene righe di esempio, "
            "che non possono entrare in un documento.",
            "Togliere le righe con grado «esempio» e importare di nuovo la tabella.",
        )
    # Copies are lazy: whoever modifies the frame modifies only its own.
    frame = read_.copy(deep=False)
    frame.attrs["provenienza"] = version.to_dict()
    return Table(frame, version)


def read(name: str, data: str | None = None, *, examples: bool = False) -> pd.DataFrame:
    """Return the frame of a table; its provenance is in ``attrs["provenienza"]``. See :func:`table`."""
    return table(name, data, examples=examples).frame


#: Every table, for who looks around: ``catalog.tabelle["…"]``.
tabelle: Final = Tables()
