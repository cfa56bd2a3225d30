"""From the cells of an analyst's file to the rows of a table: read right, or refused with every problem located.

What is tolerated has one meaning only: title lines above the header, empty and repeated header lines, columns in any
order and under their usual names, a header on two rows, codes that lost their zeros, Italian numbers and dates, the
same
word written with other accents or capitals, a text merged down its rows, a row of totals. Everything else is a problem,
nothing is dropped, and what was left aside is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

import pandas as pd

import conciliazione_lib.sources.columns as headers
from conciliazione_lib import catalog
from conciliazione_lib.catalog import TableSpec
from conciliazione_lib.catalog.validation import repeated_rows
from conciliazione_lib.errors import DatiError, Problem, UsoError
from conciliazione_lib.sources.cells import (
    TOTALS,
    Comuni,
    converter,
    has_vocabulary,
    is_comune,
    is_number,
    is_word,
    shown,
)
from conciliazione_lib.sources.columns import Layout, find_layout
from conciliazione_lib.sources.files import Sheet, normalise, read_sheets
from conciliazione_lib.sources.formulas import REMEDY, Unreadable
from conciliazione_lib.sources.numbers import Quantity, key, read_numbers
from conciliazione_lib.territory import Territory


@dataclass(frozen=True)
class Extracted:
    """The rows of a table read from a file, and everything that was not simply read.

    Attributes
    ----------
    frame : DataFrame
        Rows with the columns and types of the table; the index is the row number in the file.
    sheet : str or None
        The sheet they come from; None for a CSV.
    header_row : int
        (Last) row of the header, as the user counts it.
    ignored : tuple of str
        Columns of the file that the table does not have.
    renamed : tuple of str
        Comuni that the file calls by a name or a code that is not the one in force, and what was read.
    missing : dict
        For each column, the rows whose cell says in words that there is no value (``n.d.``), or is empty.
    doubtful : tuple of str
        Values with two meanings, and what decided.
    totals : tuple of str
        Rows of totals that were left out.
    other_sheets : tuple of str
        Sheets that were not read.
    unfilled : tuple of str
        Quantities of the table that the file does not have at all.
    headers : tuple of str
        Every header of the sheet.
    answered : tuple of str
        Those whose meaning was said by the analyst.
    corrected : tuple of str
        Values that were read as the analyst said, with how many cells have them.
    skipped : tuple of int
        Rows left out because the analyst said that they are not data.
    """

    frame: pd.DataFrame
    sheet: str | None
    header_row: int
    ignored: tuple[str, ...]
    renamed: tuple[str, ...] = ()
    missing: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    doubtful: tuple[str, ...] = ()
    totals: tuple[str, ...] = ()
    other_sheets: tuple[str, ...] = ()
    unfilled: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    answered: tuple[str, ...] = ()
    corrected: tuple[str, ...] = ()
    skipped: tuple[int, ...] = ()


@dataclass
class _Cells:
    """The cells below the header, by column of the table."""

    rows: list[int]
    columns: dict[str, list[object]]
    beside: dict[str, list[object]]
    problems: list[Problem]
    totals: list[tuple[int, dict[str, object]]]


def read_table(
    path: Path,
    spec: TableSpec,
    territorio: Territory,
    *,
    sheet: str | None = None,
    defaults: Mapping[str, str | int | float] | None = None,
    answers: Mapping[str, str] | None = None,
    remembered: Mapping[str, str] | None = None,
    decimals: str | None = None,
    values: Mapping[str, Mapping[str, str]] | None = None,
    skip: Collection[int] = (),
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
    answers : mapping, optional
        Which column of the table some headers are: header to column, or to
        :data:`~conciliazione_lib.sources.columns.NONE`.
    remembered : mapping, optional
        The same, said of other files: headers that this one does not have are of no matter.
    decimals : {",", "."}, optional
        The sign of the decimals, where the file does not tell.
    values : mapping, optional
        What some values mean: column of the table to value as written to value of the table, or to
        :data:`~conciliazione_lib.sources.columns.NONE` where it says that there is none.
    skip : collection of int
        Rows, as the user counts them, that are not data.

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
    given = {name: _given(name, value, spec) for name, value in (defaults or {}).items()}
    said = headers.checked_answers({**(remembered or {}), **(answers or {})}, spec)
    sheets = read_sheets(path)
    chosen, layout = _choose(sheets, spec, sheet, given, said)
    _check_known(answers or {}, layout, path)
    problems = headers.questions(chosen, spec, layout, given, said) + layout.doubles
    asked = {name for problem in problems for name in spec.columns if f"={name}»" in (problem.rimedio or "")}
    problems += [
        p for p in headers.missing_columns(chosen, spec, layout, given) if not any(f"«{n}»" in p.atteso for n in asked)
    ]
    comuni = Comuni(territorio)
    cells = _cells(chosen, spec, layout, given, frozenset(skip))
    corrected = _correct(cells, values or {})
    frame, wrong, missing, doubtful = _converted(cells, spec, comuni, layout, chosen, decimals)
    problems += cells.problems + wrong
    absent = [name for name in headers.needed(spec, given) if name not in layout.columns]
    frame = frame.reindex(columns=[name for name in spec.columns if name not in absent]).astype(object)
    frame = frame.fillna({column: value for column, value in given.items() if column in frame})
    rows = frame
    if problems or absent:
        problems = _with_schema(frame, spec, layout, problems)
    elif not frame.empty:
        try:
            rows = catalog.validate(frame, spec, row=_row)
        except DatiError as refused:
            problems = _named_as_written(refused.problemi, layout)
            problems += _repeated(frame, spec, problems) if any(p.colonna for p in problems) else []
    if not problems and frame.empty:
        problems = [Problem("almeno una riga di dati sotto l'intestazione", "nessuna riga", riga=layout.row + 1)]
    if problems:
        located = [replace(p, file=path, foglio=chosen.name) for p in problems]
        count = "un problema" if len(located) == 1 else f"{len(located)} problemi"
        raise DatiError(
            f"Il file «{path.name}» non si può leggere come «{spec.name}»: {count}.",
            "Correggere il file, o rispondere alle domande, e riprovare: finché resta un problema la tabella "
            "precedente "
            "rimane al suo posto.",
            sorted(located, key=lambda p: (p.riga or 0, p.colonna or "")),
        )
    classes = [name for name, column in spec.columns.items() if has_vocabulary(column)]
    for name in (*headers.numbers(spec), *classes):
        empty = rows.index[rows[name].isna()] if name in rows and name in layout.columns else ()
        if len(empty):
            missing[name] = tuple(int(row) for row in empty)
    others = tuple(str(one.name) for one in sheets if one.name != chosen.name)
    return Extracted(
        rows,
        chosen.name,
        layout.row + 1,
        layout.ignored,
        tuple(dict.fromkeys(comuni.renamed)),
        missing,
        tuple(doubtful),
        _totals_told(cells.totals, rows[[n for n in headers.measures(spec) if n in rows]]),
        others + tuple(f"{name} (nascosto)" for name in chosen.hidden),
        tuple(n for n in headers.measures(spec) if n not in layout.columns and n not in given),
        tuple(shown(cell) for cell in chosen.cells[layout.row] if cell is not None),
        layout.answered,
        corrected,
        tuple(sorted(set(skip))),
    )


def _given(name: str, value: str | int | float, spec: TableSpec) -> object:
    """Return a value given for a whole column as the table keeps it: a year typed on the command line is a number."""
    if name not in spec.columns or not is_number(spec.columns[name]):
        return value
    number = read_numbers([value], Quantity.of(spec.columns[name])).values[key(value)]
    if isinstance(number, Problem):
        raise UsoError(
            f"«{value}» non va per la colonna «{name}»: serve {number.atteso}.", f"Scrivere --con {name}=NUMERO."
        )
    return number


# -- finding the table ----------------------------------------------------------------------------------------


def _choose(
    sheets: list[Sheet],
    spec: TableSpec,
    name: str | None,
    given: Mapping[str, object],
    answers: Mapping[str, str],
) -> tuple[Sheet, Layout]:
    file = sheets[0].file.name
    if name is not None:
        sheets = [sheet for sheet in sheets if sheet.name == name] or _no_sheet(sheets, name)
    found = [(sheet, layout) for sheet in sheets if (layout := find_layout(sheet, spec, answers)) is not None]
    named = [(sheet, layout) for sheet, layout in found if normalise(sheet.name or "") == normalise(spec.name)]
    whole = [(s, layout) for s, layout in found if not headers.missing_columns(s, spec, layout, given)]
    for candidates in (named, whole, found):
        if len(candidates) == 1:
            return candidates[0]
    if found:
        names = ", ".join(f"«{sheet.name}»" for sheet, _ in whole or found)
        raise UsoError(
            f"Nel file «{file}» più fogli hanno le colonne di «{spec.name}»: {names}.",
            "Indicare quale foglio leggere, con --foglio.",
        )
    wanted = ", ".join(headers.needed(spec, given))
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


def _check_known(answers: Mapping[str, str], layout: Layout, path: Path) -> None:
    """Refuse an answer about a header that the file does not have."""
    present = {normalise(header) for header in [*layout.names.values(), *layout.unused.values()]}
    lost = [header for header in answers if normalise(header) not in present]
    if lost:
        raise UsoError(
            f"Nel file «{path.name}» non c'è la colonna «{lost[0]}».",
            f"Le intestazioni sono: {', '.join([*layout.names.values(), *layout.unused.values()])}.",
        )


# -- reading the rows -----------------------------------------------------------------------------------------


def _cells(sheet: Sheet, spec: TableSpec, layout: Layout, given: Mapping[str, object], skip: Collection[int]) -> _Cells:
    """Return the cells below the header, with what the shape of the rows has wrong."""
    grid, problems = _unmerged(sheet, spec, layout, skip)
    found = _Cells([], {name: [] for name in layout.columns}, {n: [] for n in layout.second}, problems, [])
    places = [*layout.columns.values()]
    header = [normalise(layout.names[name]) for name in layout.columns]
    wanted = [name for name in headers.needed(spec, given) if name in layout.columns]
    shape = _shape(sheet, grid, layout)
    body = grid[layout.row + 1 :]
    # Each different text is looked at once: a list may repeat them a million times.
    texts = {cell for cell in chain.from_iterable(body) if isinstance(cell, str)}
    of_totals = {text for text in texts if _says_total(text)}
    of_header = {text for text in texts if normalise(text) in header}
    into = [*found.columns.values()]
    for number, row in enumerate(body, start=layout.row + 1):
        if number + 1 in skip:
            continue
        size = len(row)
        values = [row[at] if at < size else None for at in places]
        filled = len(values) - values.count(None)
        if not filled:
            if any(value is not None for value in row):
                problems.append(_stray(number, row))
            continue
        if not of_header.isdisjoint(values) and all(
            value is None or normalise(value) == name for value, name in zip(values, header, strict=True)
        ):
            continue  # the header again
        if not of_totals.isdisjoint(row):
            named = dict(zip(layout.columns, values, strict=True))
            kind = _kind_of_total(named, spec, wanted)
            if kind == "totals":
                found.totals.append((number + 1, named))
                continue
            if kind == "doubt":
                problems.append(_total_or_not(number, row))
        if filled == 1 and len(wanted) > 1:
            problems.append(_stray(number, row))
            continue
        if shape is not None and (wrong := shape(number, row)) is not None:
            problems.append(wrong)
        found.rows.append(number + 1)
        for column, value in zip(into, values, strict=True):
            column.append(value)
        for name, at in layout.second.items():
            found.beside[name].append(row[at] if at < size else None)
    return found


def _correct(cells: _Cells, values: Mapping[str, Mapping[str, str]]) -> tuple[str, ...]:
    """Put what the analyst said in the place of what some cells have, and return what to say of it."""
    told = []
    for name, meanings in values.items():
        if name not in cells.columns:
            continue
        meant = {normalise(written): (written, meaning) for written, meaning in meanings.items()}
        counts: Counter[tuple[str, str]] = Counter()
        for at, cell in enumerate(cells.columns[name]):
            if cell is None or isinstance(cell, Unreadable):
                continue
            said = meant.get(normalise(shown(cell)))
            if said is not None:
                counts[said] += 1
                cells.columns[name][at] = None if said[1] == headers.NONE else said[1]
        told += [
            f"{name}: «{written}» letto {'come mancante' if meaning == headers.NONE else f'«{meaning}»'} ({times})"
            for (written, meaning), times in counts.items()
        ]
    return tuple(told)


def _says_total(text: str) -> bool:
    """Tell whether a text begins as the label of a total, or of a mean."""
    return normalise(text).partition(" ")[0] in TOTALS


def _kind_of_total(values: Mapping[str, object], spec: TableSpec, wanted: list[str]) -> str:
    """Tell a row of totals from a row that only begins with the word, and from one that may be either."""
    comuni = [name for name in values if is_comune(spec.columns[name])]
    said = {name: value for name, value in values.items() if isinstance(value, str) and _says_total(value)}
    label = {name for name, value in said.items() if not is_word(value, name, spec)}
    if said and not label:
        return "data"  # the table has rows of totals of its own
    if any(values[name] is None for name in wanted) or label & set(comuni):
        return "totals"
    place = {normalise(values[name]) for name in comuni}
    rest = {normalise(values[name]).partition(" ")[2] for name in label}
    labels = {"", "generale", "complessivo", "parziale", "comune", "posti", "servizi"}
    return "doubt" if rest & (labels | place) else "data"


def _total_or_not(number: int, row: Iterable[object]) -> Problem:
    text = " ".join(shown(value) for value in row if value is not None)
    return Problem(
        "righe di dati, o righe di totale",
        f"«{text}», che ha tutte le colonne ma dice di essere un totale",
        riga=number + 1,
        rimedio="Se è un totale, toglierla dal foglio: conterebbe due volte. Se non lo è, cambiarle nome.",
    )


def _totals_told(totals: list[tuple[int, dict[str, object]]], frame: pd.DataFrame) -> tuple[str, ...]:
    """Return what to say of the rows of totals: whether they are the sum of the rows that were read."""
    told = []
    for row, values in totals:
        parts = []
        for name, value in values.items():
            if value is None or name not in frame:
                continue
            written = read_numbers([value], Quantity(whole=isinstance(value, str))).values[key(value)]
            if isinstance(written, (int, float)):
                total = float(frame[name].sum())
                same = "è la somma delle righe" if written == total else f"la somma delle righe è {total:g}"
                parts.append(f"{name} {written:g} ({same})")
        told.append(f"riga {row}" + (f": {', '.join(parts)}" if parts else ""))
    return tuple(told)


def _shape(
    sheet: Sheet, grid: list[list[object]], layout: Layout
) -> Callable[[int, list[object]], Problem | None] | None:
    """Return what finds the rows of a CSV whose cells were shifted by a sign that should have been in quotes."""
    if sheet.name is not None:
        return None
    header = grid[layout.first : layout.row + 1]  # the first row of two may end further
    full = max(map(len, header))
    width = 1 + max(at for row in header for at, cell in enumerate(row) if cell is not None)
    rows = [row for row in grid[layout.row + 1 :] if any(cell is not None for cell in row)]
    usual = Counter(len(row) for row in rows).most_common(1)[0][0] if rows else full
    after = _after_numbers(rows, layout, sheet) if sheet.separator == "," else []

    def wrong(number: int, row: list[object]) -> Problem | None:
        if len(row) <= width and not after:
            return None
        longer = len(row) > full and sheet.separator == "," and len(row) != usual
        if any(value is not None for value in row[width:]) or longer:
            return Problem(
                f"{width} celle, quante sono le colonne",
                f"{len(row)} celle: «{' | '.join(shown(value) for value in row if value is not None)}»",
                riga=number + 1,
                rimedio="Un testo o un numero che contiene il separatore va messo fra virgolette.",
            )
        for at in after:
            if at + 1 < len(row) and _digits(row[at]) and _digits(row[at + 1]) and len(str(row[at + 1])) <= 3:
                return Problem(
                    "un numero in una cella sola",
                    f"«{row[at]}» e, nella cella accanto, «{row[at + 1]}»",
                    riga=number + 1,
                    rimedio=f"Se è {row[at]},{row[at + 1]}, il numero va fra virgolette: la virgola separa anche le "
                    "celle.",
                )
        return None

    return wrong


def _after_numbers(rows: list[list[object]], layout: Layout, sheet: Sheet) -> list[int]:
    """Return the columns with a column after them that is usually empty or text: digits there may be decimals."""
    suspect = []
    for at in layout.columns.values():
        beside = [row[at + 1] if at + 1 < len(row) else None for row in rows]
        before = [row[at] for row in rows if at < len(row) and row[at] is not None]
        digits = sum(_digits(value) for value in beside)
        if digits and digits < len(rows) / 2 and before and sum(map(_digits, before)) >= 0.8 * len(before):
            suspect.append(at)
    return suspect


def _digits(value: object) -> bool:
    return isinstance(value, str) and value.isdigit()


def _stray(number: int, row: Iterable[object]) -> Problem:
    text = " ".join(shown(value) for value in row if value is not None)
    return Problem(
        "una riga di dati completa",
        f"«{text}»",
        riga=number + 1,
        rimedio="Se è una nota, toglierla dal foglio.",
    )


def _unmerged(
    sheet: Sheet, spec: TableSpec, layout: Layout, skip: Collection[int]
) -> tuple[list[list[object]], list[Problem]]:
    """Return the grid with texts merged down a column repeated on each row; other merges are problems.

    A merged number is never repeated: the same places would count once for each row.
    """
    if not sheet.merged:
        return sheet.cells, []
    grid = [list(row) for row in sheet.cells]
    by_position = {at: name for name, at in layout.columns.items()}
    problems = []
    for top, left, bottom, right in sheet.merged:
        touched = [by_position[at] for at in range(left, right + 1) if at in by_position]
        if bottom <= layout.row or not touched or top >= len(grid) or top + 1 in skip:
            continue
        numeric = is_number(spec.columns[touched[0]])
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
            grid[number] += [None] * (left + 1 - len(grid[number]))
            grid[number][left] = grid[top][left]
    return grid, problems


def _converted(
    cells: _Cells, spec: TableSpec, comuni: Comuni, layout: Layout, sheet: Sheet, decimals: str | None
) -> tuple[pd.DataFrame, list[Problem], dict[str, tuple[int, ...]], list[str]]:
    """Return the values, the problems of single cells, the rows read as missing and the doubtful readings."""
    problems: list[Problem] = []
    columns: dict[str, list[object]] = {}
    missing: dict[str, tuple[int, ...]] = {}
    doubtful: list[str] = []
    for name, written in cells.columns.items():
        found = _by_cell(name, written, cells.beside.get(name), spec, comuni, sheet, decimals, doubtful)
        values, empty = [], []
        for row, cell, result in zip(cells.rows, written, found, strict=True):
            if isinstance(result, Problem):
                problems.append(replace(result, riga=row, colonna=layout.names[name]))
                result = None  # reported: what follows looks at the other cells
            elif result is None and cell is not None:
                empty.append(row)
            values.append(result)
        columns[name] = values
        if empty:
            missing[name] = tuple(empty)
    return pd.DataFrame(columns, index=cells.rows, dtype=object), problems, missing, doubtful


def _by_cell(
    name: str,
    written: list[object],
    beside: list[object] | None,
    spec: TableSpec,
    comuni: Comuni,
    sheet: Sheet,
    decimals: str | None,
    doubtful: list[str],
) -> list[object]:
    """Return what each cell of a column means; a cell that many rows repeat is read once."""
    column = spec.columns[name]
    plain = [cell for cell in written if cell is not None and not isinstance(cell, Unreadable)]
    if is_number(column):
        read = read_numbers(plain, Quantity.of(column), decimals=decimals, separator=sheet.separator)
        doubtful += [f"colonna {name}: {told}" for told in read.doubtful.values()]
        known: dict[object, object] = read.values
    elif is_comune(column) and beside is not None:
        pairs = [(key(code), key(other)) for code, other in zip(written, beside, strict=True)]
        first = dict(zip(reversed(pairs), zip(reversed(written), reversed(beside), strict=True), strict=True))
        known = {
            pair: None
            if code is None
            else _unreadable(code)
            if isinstance(code, Unreadable)
            else comuni.resolve(code, other)
            for pair, (code, other) in reversed(first.items())
        }
        return [known[pair] for pair in pairs]
    else:
        convert = converter(name, spec, comuni)
        known = {key(cell): convert(cell) for cell in {key(cell): cell for cell in plain}.values()}
    return [
        None if cell is None else _unreadable(cell) if isinstance(cell, Unreadable) else known[key(cell)]
        for cell in written
    ]


def _unreadable(cell: Unreadable) -> Problem:
    return Problem("un valore", f"«{cell}»", rimedio=REMEDY)


def _with_schema(frame: pd.DataFrame, spec: TableSpec, layout: Layout, found: list[Problem]) -> list[Problem]:
    """Return the problems found so far, with those of the schema on the other cells and the repeated rows."""
    reported = {(p.riga, p.colonna) for p in found}
    lone_rows = {p.riga for p in found if p.colonna is None}
    present = replace(spec, columns={n: c for n, c in spec.columns.items() if n in frame}, rules=(), keys=())
    more = _named_as_written(catalog.problems(frame, present, row=_row), layout)
    problems = found + [p for p in more if (p.riga, p.colonna) not in reported and p.riga not in lone_rows]
    return problems + (_repeated(frame, spec, problems) if set(spec.keys) <= set(frame.columns) else [])


def _named_as_written(problems: Iterable[Problem], layout: Layout) -> list[Problem]:
    return [replace(p, colonna=layout.names.get(p.colonna or "", p.colonna)) for p in problems]


def _repeated(frame: pd.DataFrame, spec: TableSpec, found: list[Problem]) -> list[Problem]:
    """Return the repeated rows among those that have the right values: keys presuppose them."""
    bad = {p.riga for p in found}
    return repeated_rows(frame[~frame.index.isin(list(bad))], spec, _row)


def _row(label: object) -> int:
    return int(str(label))
