"""From the cells of an analyst's file to the rows of a table: read right, or refused with every problem located.

What is tolerated has one meaning only: title lines above the header, empty and repeated header lines, columns in any
order and under their usual names, codes that lost their zeros, Italian numbers, the same word written with other
accents or capitals, a text merged down its rows. Everything else is a problem, and nothing is dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from conciliazione_lib import catalog
from conciliazione_lib.catalog import TableSpec
from conciliazione_lib.errors import DatiError, Problem, UsoError
from conciliazione_lib.sources.cells import Comuni, ambiguous, converter, shown
from conciliazione_lib.sources.files import Sheet, normalise, read_sheets
from conciliazione_lib.sources.formulas import RIMEDIO, Unreadable
from conciliazione_lib.territory import Territory

HEADER_ROWS = 40
NUMBERS = ("int64", "Int64", "float64")


@dataclass(frozen=True)
class Extracted:
    """The rows of a table read from a file.

    Attributes
    ----------
    frame : DataFrame
        Rows with the columns and types of the table; the index is the row number in the file.
    sheet : str or None
        The sheet they come from; None for a CSV.
    header_row : int
        Row of the header, as the user counts it.
    ignored : tuple of str
        Columns of the file that the table does not have.
    renamed : tuple of str
        Comuni that the file calls by a name or a code that is not the one in force, and what was read.
    """

    frame: pd.DataFrame
    sheet: str | None
    header_row: int
    ignored: tuple[str, ...]
    renamed: tuple[str, ...] = ()


@dataclass
class _Layout:
    """Where the header is and which column of the sheet holds which column of the table."""

    row: int
    columns: dict[str, int]
    names: dict[str, str]
    ignored: list[str] = field(default_factory=list)
    doubles: list[Problem] = field(default_factory=list)


def read_table(
    path: Path,
    spec: TableSpec,
    territorio: Territory,
    *,
    sheet: str | None = None,
    defaults: Mapping[str, str | int | float] | None = None,
) -> Extracted:
    """Read a file as the rows of a table of the catalog.

    Parameters
    ----------
    path : Path
        The file, in one of the formats of :func:`~conciliazione_lib.sources.files.read_sheets`.
    spec : TableSpec
        The table; its aliases say how files name its columns and values.
    territorio : Territory
        The comuni in force: a name, a code without its zero or one that ceased becomes the code in force.
    sheet : str, optional
        The sheet to read. By default the one named as the table, or the only one with its columns.
    defaults : mapping, optional
        Values of the columns that the file does not have, or leaves empty (for example ``fonte``).

    Returns
    -------
    Extracted
        The validated rows, and how they were found.

    Raises
    ------
    UsoError
        When the file, its format or the sheet do not exist, or several sheets could be the table.
    DatiError
        With every problem found: file, sheet, row, column, value, rule and nearest valid value.
    """
    given = dict(defaults or {})
    chosen, layout = _choose(read_sheets(path), spec, sheet, given)
    problems = _missing_columns(chosen, spec, layout, given) + layout.doubles
    frame, comuni = pd.DataFrame(), Comuni(territorio)
    if not problems:
        cells, problems = _cells(chosen, spec, layout)
        frame, wrong = _converted(cells, spec, comuni, layout)
        problems += wrong
        frame = frame.reindex(columns=list(spec.columns)).astype(object)
        frame = frame.fillna({column: value for column, value in given.items() if column in frame})
        problems = _with_schema(frame, spec, layout, problems)
        if not problems and frame.empty:
            problems = [Problem("almeno una riga di dati sotto l'intestazione", "nessuna riga", riga=layout.row + 1)]
    if problems:
        located = [replace(p, file=path, foglio=chosen.name) for p in problems]
        count = "un problema" if len(located) == 1 else f"{len(located)} problemi"
        raise DatiError(
            f"Il file «{path.name}» non si può leggere come «{spec.name}»: {count}.",
            "Correggere il file e riprovare: finché resta un problema la tabella precedente rimane al suo posto.",
            sorted(located, key=lambda p: (p.riga or 0, p.colonna or "")),
        )
    righe = catalog.validate(frame, spec, riga=_row)
    return Extracted(righe, chosen.name, layout.row + 1, tuple(layout.ignored), tuple(comuni.renamed))


# -- finding the table ----------------------------------------------------------------------------------------


def _choose(
    sheets: list[Sheet], spec: TableSpec, name: str | None, given: Mapping[str, str | int | float]
) -> tuple[Sheet, _Layout]:
    file = sheets[0].file.name
    if name is not None:
        sheets = [sheet for sheet in sheets if sheet.name == name] or _no_sheet(sheets, name)
    found = [(sheet, layout) for sheet in sheets if (layout := _layout(sheet, spec)) is not None]
    named = [(sheet, layout) for sheet, layout in found if normalise(sheet.name or "") == normalise(spec.name)]
    whole = [(s, layout) for s, layout in found if not _missing_columns(s, spec, layout, given)]
    for candidates in (named, whole, found):
        if len(candidates) == 1:
            return candidates[0]
    if found:
        names = ", ".join(f"«{sheet.name}»" for sheet, _ in whole or found)
        raise UsoError(
            f"Nel file «{file}» più fogli hanno le colonne di «{spec.name}»: {names}.", "Indicare quale foglio leggere."
        )
    wanted = ", ".join(_needed(spec, given))
    raise DatiError(
        f"Nel file «{file}» non c'è una riga di intestazione con le colonne di «{spec.name}».",
        f"Scrivere in una riga i nomi delle colonne: {wanted}. Il modello si ottiene con "
        f"«conciliazione dati modello {spec.name}».",
    )


def _no_sheet(sheets: list[Sheet], name: str) -> list[Sheet]:
    names = ", ".join(f"«{sheet.name}»" for sheet in sheets)
    raise UsoError(
        f"Nel file «{sheets[0].file.name}» non c'è il foglio «{name}».", f"I fogli con qualcosa sono: {names}."
    )


def _layout(sheet: Sheet, spec: TableSpec) -> _Layout | None:
    """Return the layout of the row, among the first, that names most columns of the table (at least two)."""
    targets = {
        normalise(alias): (column, priority)
        for column in spec.columns
        for priority, alias in enumerate([column, *spec.column_aliases.get(column, ())])
    }
    best: _Layout | None = None
    for number, row in enumerate(sheet.cells[:HEADER_ROWS]):
        layout = _Layout(number, {}, {})
        ranks: dict[str, int] = {}
        for position, cell in enumerate(row):
            column, rank = targets.get(normalise(cell), (None, 0)) if isinstance(cell, str) else (None, 0)
            if column is None:
                if cell is not None:
                    layout.ignored.append(str(cell))
            elif column not in ranks or rank < ranks[column]:
                if column in ranks:
                    layout.ignored.append(layout.names[column])
                ranks[column], layout.columns[column], layout.names[column] = rank, position, str(cell)
            elif rank == ranks[column]:
                layout.doubles.append(
                    Problem(f"una sola colonna «{cell}»", "due colonne con lo stesso nome", riga=number + 1)
                )
            else:
                layout.ignored.append(str(cell))
        if len(layout.columns) >= 2 and (best is None or len(layout.columns) > len(best.columns)):
            best = layout
    return best


def _needed(spec: TableSpec, given: Mapping[str, str | int | float]) -> list[str]:
    return [name for name, column in spec.columns.items() if not column.nullable and name not in given]


def _missing_columns(
    sheet: Sheet, spec: TableSpec, layout: _Layout, given: Mapping[str, str | int | float]
) -> list[Problem]:
    header = [str(cell) for cell in sheet.cells[layout.row] if cell is not None]
    problems = []
    for name in _needed(spec, given):
        if name in layout.columns:
            continue
        near = get_close_matches(name, layout.ignored, n=1, cutoff=0.6)
        problems.append(
            Problem(
                f"la colonna «{name}» ({spec.columns[name].description})",
                f"un'intestazione con: {', '.join(header)}",
                riga=layout.row + 1,
                rimedio=f"Forse è «{near[0]}»." if near else f"Aggiungere la colonna «{name}».",
            )
        )
    return problems


# -- reading the rows -----------------------------------------------------------------------------------------


def _cells(sheet: Sheet, spec: TableSpec, layout: _Layout) -> tuple[dict[int, dict[str, object]], list[Problem]]:
    """Return the cells by row of the file and column of the table, with what the shape of the rows has wrong."""
    grid, problems = _unmerged(sheet, spec, layout)
    header = {column: normalise(name) for column, name in layout.names.items()}
    width = 1 + max(at for at, cell in enumerate(grid[layout.row]) if cell is not None)
    rows: dict[int, dict[str, object]] = {}
    for number in range(layout.row + 1, len(grid)):
        row = grid[number]
        values = {name: row[at] if at < len(row) else None for name, at in layout.columns.items()}
        filled = {name: value for name, value in values.items() if value is not None}
        if not filled or all(header[name] == normalise(value) for name, value in filled.items()):
            if not filled and any(value is not None for value in row):
                problems.append(_stray(number, row))
            continue
        if len(filled) == 1 and len(_needed(spec, {})) > 1:
            problems.append(_stray(number, row))
            continue
        if sheet.name is None and any(value is not None for value in row[width:]):
            problems.append(
                Problem(
                    f"{width} celle, quante sono le colonne",
                    f"{len(row)} celle: «{' | '.join(shown(value) for value in row if value is not None)}»",
                    riga=number + 1,
                    rimedio="Un testo o un numero che contiene il separatore va messo fra virgolette.",
                )
            )
        rows[number + 1] = values
    return rows, problems


def _stray(number: int, row: Iterable[object]) -> Problem:
    text = " ".join(shown(value) for value in row if value is not None)
    return Problem(
        "una riga di dati completa",
        f"«{text}»",
        riga=number + 1,
        rimedio="Se è una nota o un totale, toglierla dal foglio.",
    )


def _unmerged(sheet: Sheet, spec: TableSpec, layout: _Layout) -> tuple[list[list[object]], list[Problem]]:
    """Return the grid with texts merged down a column repeated on each row; other merges are problems.

    A merged number is never repeated: the same places would count once for each row.
    """
    grid = [list(row) for row in sheet.cells]
    by_position = {at: name for name, at in layout.columns.items()}
    problems = []
    for top, left, bottom, right in sheet.merged:
        touched = [by_position[at] for at in range(left, right + 1) if at in by_position]
        if bottom <= layout.row or not touched or top >= len(grid):
            continue
        numeric = str(spec.columns[touched[0]].dtype) in NUMBERS
        if left != right or top <= layout.row or numeric:
            problems.append(
                Problem(
                    "una cella per ogni riga e colonna",
                    f"celle unite fino alla riga {bottom + 1}: «{shown(grid[top][left])}»",
                    riga=max(top, layout.row + 1) + 1,
                    colonna=layout.names[touched[0]],
                    rimedio="Separare le celle e scrivere il valore in ciascuna riga a cui si riferisce.",
                )
            )
            continue
        for number in range(top + 1, min(bottom + 1, len(grid))):
            grid[number][left] = grid[top][left]
    return grid, problems


def _converted(
    rows: dict[int, dict[str, object]], spec: TableSpec, comuni: Comuni, layout: _Layout
) -> tuple[pd.DataFrame, list[Problem]]:
    problems: list[Problem] = []
    columns: dict[str, list[object]] = {}
    for name in layout.columns:
        convert = converter(name, spec, comuni)
        numeric = str(spec.columns[name].dtype) in NUMBERS
        double = ambiguous(values[name] for values in rows.values()) if numeric else set()
        columns[name] = []
        for row, values in rows.items():
            cell = values[name]
            if isinstance(cell, Unreadable):
                result: object = Problem("un valore", f"«{cell}»", rimedio=RIMEDIO)
            elif isinstance(cell, str) and cell in double:
                result = Problem(
                    "un numero che si legga in un modo solo",
                    f"«{cell}», in una colonna che ha anche il punto dei decimali",
                    rimedio="Scrivere i decimali con la virgola e le migliaia senza punto, in tutta la colonna.",
                )
            else:
                result = None if cell is None else convert(cell)
            if isinstance(result, Problem):
                problems.append(replace(result, riga=row, colonna=layout.names[name]))
                result = None  # reported: what follows looks at the other cells
            columns[name].append(result)
    return pd.DataFrame(columns, index=list(rows), dtype=object), problems


def _with_schema(frame: pd.DataFrame, spec: TableSpec, layout: _Layout, found: list[Problem]) -> list[Problem]:
    """Return the problems found so far, with those of the schema on the cells not reported yet."""
    reported = {(p.riga, p.colonna) for p in found}
    lone_rows = {p.riga for p in found if p.colonna is None}
    more = [
        replace(p, colonna=layout.names.get(p.colonna or "", p.colonna))
        for p in catalog.problems(frame, spec, riga=_row)
    ]
    problems = found + [p for p in more if (p.riga, p.colonna) not in reported and p.riga not in lone_rows]
    if problems:
        # Keys presuppose right values: repeated rows are looked for among the rows that have them.
        bad = {p.riga for p in problems}
        right = frame[[row not in bad for row in frame.index]]
        problems += catalog.problems(right, replace(spec, rules=()), riga=_row)
    return problems


def _row(label: object) -> int:
    return int(str(label))
