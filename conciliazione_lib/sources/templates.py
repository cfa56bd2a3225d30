"""Empty spreadsheets to fill in, one for each table of the catalog, with drop-downs and the meaning of the columns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pandera.pandas as pa
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from conciliazione_lib.catalog import TableSpec
from conciliazione_lib.catalog.spec import SIX_DIGITS

ROWS = 2000
# Without a fixed date two templates of the same table would differ.
CREATED = dt.datetime(2025, 1, 1)
LISTS = "Elenchi"
INSTRUCTIONS = "Istruzioni"


def write_template(
    path: Path,
    spec: TableSpec,
    comuni: pd.DataFrame | None = None,
    meanings: Mapping[str, Mapping[str, str]] | None = None,
) -> None:
    """Write the template of a table.

    Parameters
    ----------
    path : Path
        The ``.xlsx`` to write.
    spec : TableSpec
        The table.
    comuni : DataFrame, optional
        The comuni to choose from (index the ISTAT code, columns ``nome`` and ``provincia``): columns that hold a
        comune get a drop-down of names, which reading turns into codes.
    meanings : mapping, optional
        For a column with a vocabulary, what each value means: column to value to Italian name.

    Notes
    -----
    The sheet to fill has the name of the table and its columns; no row is filled in, not even as an example, so
    that invented data cannot come back. The values of the drop-downs and their meaning are in a sheet of their
    own; the instructions say, for each column, what it holds and whether it is compulsory.
    """
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"title": spec.title, "created": CREATED})
        page = book.add_worksheet(spec.name[:31])
        guide = book.add_worksheet(INSTRUCTIONS)
        lists = book.add_worksheet(LISTS)
        bold = book.add_format({"bold": True})
        compulsory = book.add_format({"bold": True, "bg_color": "#D9E7F5", "border": 1})
        optional = book.add_format({"bold": True, "bg_color": "#F2F2F2", "border": 1})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})

        page.freeze_panes(1, 0)
        used = 0
        for position, (name, column) in enumerate(spec.columns.items()):
            page.write(0, position, name, optional if column.nullable else compulsory)
            page.write_comment(0, position, _help(column))
            page.set_column(position, position, 24)
            values = _values(name, column, comuni, meanings)
            if values is not None:
                _write_list(lists, used, name, values, bold)
                _drop_down(page, position, used, len(values), free=_is_comune(column))
                used += 2
            else:
                _bounds(page, position, column)

        guide.set_column(0, 0, 22)
        guide.set_column(1, 1, 14)
        guide.set_column(2, 2, 90)
        guide.write(0, 0, spec.title, bold)
        guide.write(1, 0, spec.description)
        for at, text in enumerate(("colonna", "obbligatoria", "che cosa scrivere")):
            guide.write(3, at, text, bold)
        for row, (name, column) in enumerate(spec.columns.items(), 4):
            guide.write(row, 0, name, wrap)
            guide.write(row, 1, "no" if column.nullable else "sì", wrap)
            guide.write(row, 2, _help(column), wrap)
        row = 5 + len(spec.columns)
        for text in (
            f"Una riga non può ripetere gli stessi valori in: {', '.join(spec.keys)}.",
            *(f"Regola: {rule.description}" for rule in spec.rules),
            f"Per importare il file: conciliazione dati importa «{path.name}» --come {spec.name}",
        ):
            guide.write(row, 0, text)
            row += 1


def _help(column: pa.Column) -> str:
    return f"{column.description}." if column.description else ""


def _is_comune(column: pa.Column) -> bool:
    return any(check.name == "str_matches" and SIX_DIGITS in str(check.statistics) for check in column.checks)


def _values(
    name: str,
    column: pa.Column,
    comuni: pd.DataFrame | None,
    meanings: Mapping[str, Mapping[str, str]] | None,
) -> list[tuple[str, str]] | None:
    """Return the values to choose from with their meaning, or None for a column that is free."""
    if _is_comune(column) and comuni is not None:
        ordered = comuni.sort_values(["nome", "provincia"])
        return [(f"{row.nome} ({row.provincia})", str(row.Index)) for row in ordered.itertuples()]
    for check in column.checks:
        if check.name == "isin":
            said = (meanings or {}).get(name, {})
            allowed = [str(value) for value in check.statistics["allowed_values"]]
            # Invented rows are for tests: a template must not offer them.
            return [(value, said.get(value, "")) for value in allowed if value != "esempio"]
    return None


def _write_list(lists: Worksheet, at: int, name: str, values: list[tuple[str, str]], bold: object) -> None:
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


def _bounds(page: Worksheet, position: int, column: pa.Column) -> None:
    kind = {"int64": "integer", "Int64": "integer", "float64": "decimal"}.get(str(column.dtype))
    if kind is None:
        return
    limits = {check.name: check.statistics for check in column.checks}
    low = limits.get("greater_than_or_equal_to", {}).get("min_value", -1e9)
    high = limits.get("less_than_or_equal_to", {}).get("max_value", 1e9)
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
            "error_message": "Scrivere un numero"
            + (f" fra {low} e {high}." if "less_than_or_equal_to" in limits else "."),
        },
    )
