"""What a table is: its declaration, and the few kinds of column that tables are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

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
        The columns in order.
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


#: The kinds of column that a declaration names with a word (``tipo``), each as it is where nothing else is said.
TYPES: Final = MappingProxyType(
    {
        "testo": Column("str", ""),
        "intero": Column("Int64", ""),
        "numero": Column("float64", ""),
        "si/no": Column("str", "", values=("si", "no")),
        # Days and hours are kept as text: they sort and compare as days and hours do.
        "giorno": Column("str", "", pattern=DAY),
        "ora": Column("str", "", pattern=HOUR),
        "comune": Column("str", "Codice ISTAT del comune", pattern=SIX_DIGITS),
        "grado": Column("str", "Solidità della fonte: atto, pubblicazione, stampa, stima, esempio", values=GRADES),
        "fonte": Column("str", "Fonte della riga, come va citata"),
        "url": Column("str", "Indirizzo della fonte", nullable=True),
        "note": Column("str", "Avvertenze sulla riga", nullable=True),
        "lettura": Column(
            "str",
            "Come è stata letta la fonte: originale, copia (fatta da altri), trascrizione (a mano)",
            nullable=True,
            required=False,
            values=READS,
        ),
        "stato": Column(
            "str",
            "Quanto è definitivo, secondo la fonte: definitivo, provvisorio, stima, previsione",
            nullable=True,
            required=False,
            values=STATES,
        ),
    }
)
#: The groups of columns that a declaration names with a word (``gruppi``): they come after the others, in this order.
GROUPS: Final = MappingProxyType(
    {"fonte": ("grado", "fonte", "url", "note"), "lettura": ("lettura",), "stato": ("stato",)}
)
