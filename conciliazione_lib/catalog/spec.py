"""What a table is: its declaration, and the few kinds of column the tables are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd
import pandera.pandas as pa

from conciliazione_lib.errors import Problem
from conciliazione_lib.storage import GRADI, STATI

SIX_DIGITS = r"\d{6}"
DAY = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
HOUR = r"([01]\d|2[0-3]):[0-5]\d"


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
    columns: Mapping[str, pa.Column]
    keys: Sequence[str]
    rules: Sequence[Rule] = field(default_factory=tuple)
    geometric: bool = False
    column_aliases: Mapping[str, Sequence[str]] = field(default_factory=dict)
    value_aliases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    column_words: Mapping[str, Sequence[str]] = field(default_factory=dict)
    reserved: bool = False

    @property
    def schema(self) -> pa.DataFrameSchema:
        """The pandera schema: these columns and no other, in any order."""
        return pa.DataFrameSchema(dict(self.columns), strict=not self.geometric, name=self.name)


def text(
    description: str,
    *,
    required: bool = True,
    values: Sequence[str] | None = None,
    pattern: str | None = None,
    present: bool = True,
) -> pa.Column:
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
    checks = []
    if values is not None:
        checks.append(pa.Check.isin(list(values)))
    if pattern is not None:
        checks.append(pa.Check.str_matches(f"^(?:{pattern})$"))
    return _column("str", description, checks, required, present)


def integer(
    description: str,
    *,
    minimum: int | None = None,
    maximum: int | None = None,
    required: bool = True,
    present: bool = True,
) -> pa.Column:
    """Return a column of whole numbers (``int64`` once validated; ``Int64`` where a value may be missing)."""
    return _column("Int64", description, _bounds(minimum, maximum), required, present)


def number(
    description: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    required: bool = True,
    present: bool = True,
) -> pa.Column:
    """Return a column of numbers (``float64``)."""
    return _column("float64", description, _bounds(minimum, maximum), required, present)


def pattern_of(column: pa.Column) -> str | None:
    """Return the regular expression that the whole values of a column must match, or None."""
    for check in column.checks:
        if check.name == "str_matches":
            given = check.statistics["pattern"]
            return str(getattr(given, "pattern", given)).removeprefix("^(?:").removesuffix(")$")
    return None


def yes_no(description: str, *, required: bool = True, present: bool = True) -> pa.Column:
    """Return a column of yes/no values, written ``si`` and ``no`` in the files."""
    return text(description, values=("si", "no"), required=required, present=present)


def day(description: str, *, required: bool = True, present: bool = True) -> pa.Column:
    """Return a column of dates, kept as text ``AAAA-MM-GG`` (they sort and compare as dates do)."""
    return text(description, pattern=DAY, required=required, present=present)


def hour(description: str, *, required: bool = True, present: bool = True) -> pa.Column:
    """Return a column of times of the day, kept as text ``OO:MM`` (they sort and compare as times do)."""
    return text(description, pattern=HOUR, required=required, present=present)


def cod_comune(description: str = "Codice ISTAT del comune", *, required: bool = True) -> pa.Column:
    """Return the column of the ISTAT code of a comune: six digits, leading zeros kept."""
    return text(description, pattern=SIX_DIGITS, required=required)


def source_columns() -> dict[str, pa.Column]:
    """Return the four columns that say where a row comes from: ``grado, fonte, url, note``."""
    return {
        "grado": text("Solidità della fonte: atto, pubblicazione, stampa, stima, esempio", values=GRADI),
        "fonte": text("Fonte della riga, come va citata"),
        "url": text("Indirizzo della fonte", required=False),
        "note": text("Avvertenze sulla riga", required=False),
    }


def status_column() -> dict[str, pa.Column]:
    """Return the column ``stato``, where the source says how final each row is; without it a row is as its version."""
    description = "Quanto è definitivo, secondo la fonte: definitivo, provvisorio, stima, previsione"
    return {"stato": text(description, values=STATI, required=False, present=False)}


def _bounds(minimum: float | None, maximum: float | None) -> list[pa.Check]:
    checks = []
    if minimum is not None:
        checks.append(pa.Check.ge(minimum))
    if maximum is not None:
        checks.append(pa.Check.le(maximum))
    return checks


def _column(kind: str, description: str, checks: list[pa.Check], required: bool, present: bool) -> pa.Column:
    return pa.Column(kind, checks, nullable=not required, required=present, description=description, coerce=True)
