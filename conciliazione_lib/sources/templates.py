"""Empty spreadsheets to fill in, one for each table of the catalog, with drop-downs and the meaning of the columns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from conciliazione_lib.catalog import TableSpec
from conciliazione_lib.catalog.spec import SIX_DIGITS, Column

ROWS = 2000
# Without a fixed date two templates of the same table would differ.
CREATED = dt.datetime(2025, 1, 1)
LISTS = "Elenchi"
INSTRUCTIONS = "Istruzioni"


def write_template(
    path: Path,
    spec: TableSpec | Sequence[TableSpec],
    comuni: pd.DataFrame | None = None,
    meanings: Mapping[str, Mapping[str, str]] | None = None,
    *,
    rows: pd.DataFrame | None = None,
    leave_out: Collection[str] = (),
    how: str | None = None,
) -> None:
    """Write the template of a table, or of several tables that are filled in together.

    Parameters
    ----------
    path : Path
        The ``.xlsx`` to write.
    spec : TableSpec or sequence of TableSpec
        The table; several tables get a sheet each.
    comuni : DataFrame, optional
        The comuni to choose from (index the ISTAT code, columns ``nome`` and ``provincia``): columns that hold a
        comune get a drop-down of names, which reading turns into codes.
    meanings : mapping, optional
        For a column with a vocabulary, what each value means: column to value to Italian name.
    rows : DataFrame, optional
        Rows already known, for the first table: who is asked, not what they answer. Its columns that the table does not
        have are shown last, for information: reading ignores them.
    leave_out : collection of str
        Columns of the table that the file does not ask for (they are given when it is imported).
    how : str, optional
        How to send the file back; by default the command that imports it.

    Notes
    -----
    The sheet to fill has the name of the table and its columns; nothing is filled in as an example, so
    that invented data cannot come back. The values of the drop-downs and their meaning are in a sheet of their
    own; the instructions say, for each column, what it holds and whether it is compulsory.
    """
    specs = [spec] if isinstance(spec, TableSpec) else list(spec)
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"title": specs[0].title, "created": CREATED})
        pages = [book.add_worksheet(one.name[:31]) for one in specs]
        guide = book.add_worksheet(INSTRUCTIONS)
        lists = book.add_worksheet(LISTS)
        formats = {
            "bold": book.add_format({"bold": True}),
            "compulsory": book.add_format({"bold": True, "border": 2}),
            "optional": book.add_format({"border": 1}),
            "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
            "known": book.add_format({"italic": True}),
        }
        for at, width in enumerate((22, 14, 90)):
            guide.set_column(at, at, width)
        used, row = 0, 0
        for one, page in zip(specs, pages, strict=True):
            columns = {name: column for name, column in one.columns.items() if name not in leave_out}
            used = _form(page, lists, columns, used, comuni, meanings, formats)
            import_it = how or "Compilato, il file torna a chi lo ha mandato, che lo porta fra i dati."
            row = _instructions(guide, one, columns, import_it, row, formats)
        if rows is not None:
            _fill(pages[0], [name for name in specs[0].columns if name not in leave_out], rows, formats["known"])


def _form(
    page: Worksheet,
    lists: Worksheet,
    columns: Mapping[str, Column],
    used: int,
    comuni: pd.DataFrame | None,
    meanings: Mapping[str, Mapping[str, str]] | None,
    formats: Mapping[str, Format],
) -> int:
    """Write the heading of a sheet and its drop-downs; return the first free column of the sheet of the lists."""
    page.freeze_panes(1, 0)
    for position, (name, column) in enumerate(columns.items()):
        page.write(0, position, name, formats["optional" if column.nullable else "compulsory"])
        page.write_comment(0, position, _help(column))
        page.set_column(position, position, 24)
        values = _values(name, column, comuni, meanings)
        if values is not None:
            _write_list(lists, used, name, values, formats["bold"])
            _drop_down(page, position, used, len(values), free=_is_comune(column))
            used += 2
        else:
            _bounds(page, position, column)
    return used


def _instructions(
    guide: Worksheet,
    spec: TableSpec,
    columns: Mapping[str, Column],
    how: str,
    row: int,
    formats: Mapping[str, Format],
) -> int:
    """Write what a table asks for, from a row on; return the first free row."""
    guide.write(row, 0, spec.title, formats["bold"])
    guide.write(row + 1, 0, spec.description)
    for at, text in enumerate(("colonna", "obbligatoria", "che cosa scrivere")):
        guide.write(row + 3, at, text, formats["bold"])
    row += 4
    for name, column in columns.items():
        guide.write(row, 0, name, formats["wrap"])
        guide.write(row, 1, "no" if column.nullable else "sì", formats["wrap"])
        guide.write(row, 2, _help(column), formats["wrap"])
        row += 1
    keys = ", ".join(key for key in spec.keys if key in columns)
    rules = (f"Regola: {rule.description}" for rule in spec.rules)
    for text in (f"Una riga non può ripetere gli stessi valori in: {keys}.", *rules, how):
        row += 1
        guide.write(row, 0, text)
    return row + 3


def _fill(page: Worksheet, names: list[str], rows: pd.DataFrame, known: Format) -> None:
    extra = [name for name in rows.columns if name not in names]
    for position, name in enumerate([*names, *extra]):
        if name in extra:
            page.write(0, position, name, known)
            page.set_column(position, position, 24)
        for at, value in enumerate(rows.get(name, []), 1):
            if not pd.isna(value):
                page.write(at, position, value, known)


def _help(column: Column) -> str:
    return f"{column.description}." if column.description else ""


def _is_comune(column: Column) -> bool:
    return column.pattern == SIX_DIGITS


def _values(
    name: str,
    column: Column,
    comuni: pd.DataFrame | None,
    meanings: Mapping[str, Mapping[str, str]] | None,
) -> list[tuple[str, str]] | None:
    """Return the values to choose from with their meaning, or None for a column that is free."""
    if _is_comune(column) and comuni is not None:
        ordered = comuni.sort_values(["nome", "provincia"])
        return [(f"{row.nome} ({row.provincia})", str(row.Index)) for row in ordered.itertuples()]
    if column.values is None:
        return None
    said = (meanings or {}).get(name, {})
    # Invented rows are for tests: a template must not offer them.
    return [(value, said.get(value, "")) for value in column.values if value != "esempio"]


def _write_list(lists: Worksheet, at: int, name: str, values: list[tuple[str, str]], bold: Format) -> None:
    lists.set_column(at, at, 28)
    lists.set_column(at + 1, at + 1, 48)
    lists.write(0, at, name, bold)
    lists.write(0, at + 1, "significato", bold)
    for row, (value, meaning) in enumerate(values, 1):
        lists.write(row, at, value)
        lists.write(row, at + 1, meaning)


def _drop_down(page: Worksheet, position: int, at: int, count: int, *, free: bool) -> None:
    first = xlsxwriter.utility.xl_rowcol_to_cell(1, at, row_abs=True, col_abs=True)
    last = xlsxwriter.utility.xl_rowcol_to_cell(count, at, row_abs=True, col_abs=True)
    page.data_validation(
        1,
        position,
        ROWS,
        position,
        {
            "validate": "list",
            "source": f"='{LISTS}'!{first}:{last}",
            # A comune may also be written as its code, which is not in the list.
            "error_type": "warning" if free else "stop",
            "error_title": "Valore non previsto",
            "error_message": f"Scegliere un valore dall'elenco (foglio «{LISTS}»).",
        },
    )


def _bounds(page: Worksheet, position: int, column: Column) -> None:
    kind = {"Int64": "integer", "float64": "decimal"}.get(column.dtype)
    if kind is None:
        return
    low = -1e9 if column.minimum is None else column.minimum
    high = 1e9 if column.maximum is None else column.maximum
    page.data_validation(
        1,
        position,
        ROWS,
        position,
        {
            "validate": kind,
            "criteria": "between",
            "minimum": low,
            "maximum": high,
            "error_title": "Numero non valido",
            "error_message": "Scrivere un numero" + (f" fra {low} e {high}." if column.maximum is not None else "."),
        },
    )
