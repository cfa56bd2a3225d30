"""What a table is: its declaration, and the few kinds of column the tables are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from conciliazione_lib.errors import Problem
from conciliazione_lib.storage import GRADES, READS, STATES

if TYPE_CHECKING:
    import pandera.pandas as pa

SIX_DIGITS = r"\d{6}"
DAY = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
HOUR = r"([01]\d|2[0-3]):[0-5]\d"


@dataclass(frozen=True)
class Column:
    """A column of a table, as its declaration says it.

    Attributes
    ----------
    dtype : str
        ``str``, ``Int64`` or ``float64``.
    description : str
        What it holds, in Italian.
    nullable : bool
        Whether a row may have no value.
    required : bool
        Whether the column itself must be there.
    values : tuple of str, optional
        The only values allowed.
    pattern : str, optional
        Regular expression that the whole value must match.
    minimum, maximum : float, optional
        Bounds, included.
    """

    dtype: str
    description: str
    nullable: bool = False
    required: bool = True
    values: tuple[str, ...] | None = None
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None

    @property
    def whole(self) -> bool:
        """Whether it holds whole numbers."""
        return self.dtype == "Int64"

    def to_pandera(self) -> pa.Column:
        """Return the column of a pandera schema."""
        import pandera.pandas as pa

        checks = []
        if self.values is not None:
            checks.append(pa.Check.isin(list(self.values)))
        if self.pattern is not None:
            checks.append(pa.Check.str_matches(f"^(?:{self.pattern})$"))
        if self.minimum is not None:
            checks.append(pa.Check.ge(self.minimum))
        if self.maximum is not None:
            checks.append(pa.Check.le(self.maximum))
        return pa.Column(
            self.dtype,
            checks,
            nullable=self.nullable,
            required=self.required,
            description=self.description,
            coerce=True,
        )


@dataclass(frozen=True)
class Rule:
    """A rule on the whole table, such as "the shares of a plan sum to one".

    Attributes
    ----------
    name : str
        Short Italian name.
    description : str
        The rule in one Italian sentence, as the documentation of the table prints it.
    check : callable
        Takes the frame with its final types, returns one :class:`~conciliazione_lib.errors.Problem` for each
        breach (none when the rule holds). A problem about a row carries the index label of the row in
        ``riga``; validation turns it into the row of the user's file.
    """

    name: str
    description: str
    check: Callable[[pd.DataFrame], Sequence[Problem]]


@dataclass(frozen=True)
class TableSpec:
    """The declaration of a table.

    Attributes
    ----------
    name : str
        Name, equal to the folder in ``data/``.
    title, description : str
        In Italian: what one row is, what the table is for, its limits.
    columns : mapping
        The columns in order, from the builders of this module.
    keys : sequence of str
        The columns that identify a row.
    rules : sequence of Rule
        Whole-table rules.
    geometric : bool
        The table has a ``geometry`` column (GeoParquet) that the schema leaves alone.
    column_aliases : mapping
        Other names that users' files give to a column.
    value_aliases : mapping
        For a column with a vocabulary, other ways of writing its values: alias to value.
    column_words : mapping
        Words that, in a header that is none of its names, may mean a column: they make a question, not a choice.
    reserved : bool
        The rows are about single people or organisations: only what is computed from them, protected, may leave this
        machine. They never travel with a figure, nor are written beside one, nor exported unless asked for by name.
    """

    name: str
    title: str
    description: str
    columns: Mapping[str, Column]
    keys: Sequence[str]
    rules: Sequence[Rule] = field(default_factory=tuple)
    geometric: bool = False
    column_aliases: Mapping[str, Sequence[str]] = field(default_factory=dict)
    value_aliases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    column_words: Mapping[str, Sequence[str]] = field(default_factory=dict)
    reserved: bool = False

    def __repr__(self) -> str:
        return f"<TableSpec {self.name}: {self.title}; columns: {', '.join(self.columns)}>"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th><code>{name}</code></th><td>{column.dtype}</td><td>{escape(column.description)}</td></tr>"
            for name, column in self.columns.items()
        )
        about = f"<p><strong>{escape(self.title)}</strong> (<code>{self.name}</code>)</p>"
        return f"{about}<p>{escape(self.description)}</p><table>{rows}</table>"

    @property
    def schema(self) -> pa.DataFrameSchema:
        """The pandera schema: these columns and no other, in any order."""
        import pandera.pandas as pa

        columns = {name: column.to_pandera() for name, column in self.columns.items()}
        return pa.DataFrameSchema(columns, strict=not self.geometric, name=self.name)

    def typed(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a frame that keeps to the declaration with its types, in the order of its columns.

        Nothing is checked: see :func:`conciliazione_lib.catalog.validate`.
        """
        there = {name: column for name, column in self.columns.items() if name in frame}
        others = [name for name in frame.columns if name not in self.columns]
        types = {n: "int64" if c.whole and not c.nullable else c.dtype for n, c in there.items()}
        return frame[[*there, *others]].astype(types)


def text(
    description: str,
    *,
    required: bool = True,
    values: Sequence[str] | None = None,
    pattern: str | None = None,
    present: bool = True,
) -> Column:
    """Return a column of text.

    Parameters
    ----------
    description : str
        What the column holds, in Italian.
    required : bool
        Whether every row must have a value.
    values : sequence of str, optional
        The only values allowed.
    pattern : str, optional
        Regular expression that the whole value must match.
    present : bool
        Whether the column itself must be there.
    """
    allowed = None if values is None else tuple(values)
    return Column("str", description, not required, present, values=allowed, pattern=pattern)


def integer(
    description: str,
    *,
    minimum: int | None = None,
    maximum: int | None = None,
    required: bool = True,
    present: bool = True,
) -> Column:
    """Return a column of whole numbers (``int64`` once validated; ``Int64`` where a value may be missing)."""
    return Column("Int64", description, not required, present, minimum=minimum, maximum=maximum)


def number(
    description: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    required: bool = True,
    present: bool = True,
) -> Column:
    """Return a column of numbers (``float64``)."""
    return Column("float64", description, not required, present, minimum=minimum, maximum=maximum)


def yes_no(description: str, *, required: bool = True, present: bool = True) -> Column:
    """Return a column of yes/no values, written ``si`` and ``no`` in the files."""
    return text(description, values=("si", "no"), required=required, present=present)


def day(description: str, *, required: bool = True, present: bool = True) -> Column:
    """Return a column of dates, kept as text ``AAAA-MM-GG`` (they sort and compare as dates do)."""
    return text(description, pattern=DAY, required=required, present=present)


def hour(description: str, *, required: bool = True, present: bool = True) -> Column:
    """Return a column of times of the day, kept as text ``OO:MM`` (they sort and compare as times do)."""
    return text(description, pattern=HOUR, required=required, present=present)


def cod_comune(description: str = "Codice ISTAT del comune", *, required: bool = True) -> Column:
    """Return the column of the ISTAT code of a comune: six digits, leading zeros kept."""
    return text(description, pattern=SIX_DIGITS, required=required)


def source_columns() -> dict[str, Column]:
    """Return the four columns that say where a row comes from: ``grado, fonte, url, note``."""
    return {
        "grado": text("Solidità della fonte: atto, pubblicazione, stampa, stima, esempio", values=GRADES),
        "fonte": text("Fonte della riga, come va citata"),
        "url": text("Indirizzo della fonte", required=False),
        "note": text("Avvertenze sulla riga", required=False),
    }


def reading_column() -> dict[str, Column]:
    """Return the column ``lettura``, where rows were not all read in the same way; without it, as their version."""
    description = "Come è stata letta la fonte: originale, copia (fatta da altri), trascrizione (a mano)"
    return {"lettura": text(description, values=READS, required=False, present=False)}


def status_column() -> dict[str, Column]:
    """Return the column ``stato``, where the source says how final each row is; without it a row is as its version."""
    description = "Quanto è definitivo, secondo la fonte: definitivo, provvisorio, stima, previsione"
    return {"stato": text(description, values=STATES, required=False, present=False)}
