"""A copy of the user's file with its problems marked: coloured cells, the first with a comment that says what to do.

She corrects the copy and imports it. The original is never touched. Spreadsheets keep their look and their drop-downs;
other formats become a plain spreadsheet with the same rows and columns, every text kept as text.
"""

from __future__ import annotations

import re
import zipfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from conciliazione_lib.errors import Problem, UsoError, grouped
from conciliazione_lib.sources.columns import HEADER_ROWS
from conciliazione_lib.sources.files import TEXTS, normalise, read_sheets
from conciliazione_lib.sources.formulas import sheet_parts

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

COLOUR = "FFF2B8B5"
SUMMARY = "Da correggere"
TITLES = ("Dove", "Atteso", "Trovato", "Che cosa fare")
#: Comments beyond these are too many to read, and slow to open: the other cells are coloured only.
COMMENTS = 1000
#: Bytes, once uncompressed, of a file whose copy nobody would correct by hand.
MOST_BYTES = 25_000_000
#: The same of a text: its cells take many times that, once in a spreadsheet.
MOST_BYTES_OF_TEXT = 4_000_000
_OWN_LISTS = re.compile(rb"<ext\b[^>]*>\s*<x14:dataValidations\b.*?</x14:dataValidations>\s*</ext>", re.DOTALL)
_SPACES = MappingProxyType(
    {
        b"xmlns:x14": b"http://schemas.microsoft.com/office/spreadsheetml/2009/9/main",
        b"xmlns:xm": b"http://schemas.microsoft.com/office/excel/2006/main",
    }
)

#: What is said of each cell: by sheet, row and column.
_Marks = Mapping[tuple[str, int, int], list[str]]


def write_annotated(path: Path, problems: Sequence[Problem], copy: Path | None = None) -> Path:
    """Write a copy of a file with its problems marked.

    Parameters
    ----------
    path : Path
        The file that was refused.
    problems : sequence of Problem
        What is wrong in it; those without a row are listed in the summary sheet only.
    copy : Path, optional
        Where to write; by default beside the file, with ``-da-correggere`` in its name.

    Returns
    -------
    Path
        The copy, always an ``.xlsx``.

    Raises
    ------
    UsoError
        When the copy cannot be written, or the file is too large to be corrected by hand.
    """
    final = copy or path.with_name(f"{path.stem}-da-correggere.xlsx")
    if _unpacked(path) > (MOST_BYTES_OF_TEXT if path.suffix.lower() in TEXTS else MOST_BYTES):
        raise UsoError(
            f"Il file «{path.name}» è molto grande: la copia con le celle da correggere non si scrive.",
            "Correggere i problemi elencati nel file di partenza.",
        )
    if path.suffix.lower() == ".xlsx":
        try:
            _mark_own(path, problems, final)
            return final
        except OSError as cause:
            raise _not_written(final) from cause
        except Exception:  # what is not quite a spreadsheet fails here in a hundred ways: its look is given up
            pass
    try:
        _rebuild(path, problems, final)
    except (OSError, ValueError) as cause:  # no room, no permission, more rows than a sheet has
        raise _not_written(final) from cause
    except Exception as cause:
        if type(cause).__name__ != "FileCreateError":
            raise
        raise _not_written(final) from cause
    return final


def _unpacked(path: Path) -> int:
    try:
        with zipfile.ZipFile(path) as archive:
            return sum(part.file_size for part in archive.infolist())
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError):
        return path.stat().st_size


def _not_written(final: Path) -> UsoError:
    return UsoError(
        f"La copia «{final.name}» con le celle da correggere non si può scrivere.",
        "Chiudere il file se è aperto in un altro programma, e controllare che nella cartella si possa scrivere.",
    )


# -- the spreadsheet with its look --------------------------------------------------------------------------------


def _mark_own(path: Path, problems: Sequence[Problem], final: Path) -> None:
    """Write the copy of a workbook: its cells marked, the summary added, its drop-downs kept."""
    import warnings

    import openpyxl
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what it does not keep, the drop-downs are put back
        book = openpyxl.load_workbook(path)
    sheets = {page.title: [_texts(page, row) for row in range(1, HEADER_ROWS + 3)] for page in book.worksheets}
    filled = PatternFill("solid", start_color=COLOUR, end_color=COLOUR)
    for number, ((name, row, column), texts) in enumerate(_marks(problems, sheets).items()):
        cell = book[name].cell(row, column)
        if type(cell).__name__ == "MergedCell":
            cell = _head_of_merged(book[name], row, column)
        cell.fill = filled
        if number < COMMENTS:
            cell.comment = Comment("\n".join(texts), "conciliazione", height=90, width=320)
    _add_summary(book, problems)
    book.save(final)
    _put_lists_back(path, final)


def _texts(page: Worksheet, row: int) -> list[object]:
    return [cell.value for cell in page[row]] if row <= page.max_row else []


def _head_of_merged(page: Worksheet, row: int, column: int) -> object:
    for area in page.merged_cells.ranges:
        if area.min_row <= row <= area.max_row and area.min_col <= column <= area.max_col:
            return page.cell(area.min_row, area.min_col)
    return page.cell(row, column)


def _add_summary(book: Workbook, problems: Sequence[Problem]) -> None:
    """Add a sheet that lists every problem; reading ignores it, because it has not the columns of a table."""
    if SUMMARY in book.sheetnames:
        del book[SUMMARY]
    page = book.create_sheet(SUMMARY)
    for row in _summary(problems):
        page.append(row)
        for cell in page[page.max_row]:
            cell.data_type = "s"
    for letter, width in zip("ABCD", (32, 44, 44, 50), strict=True):
        page.column_dimensions[letter].width = width


def _put_lists_back(path: Path, final: Path) -> None:
    """Give the copy the drop-downs of recent spreadsheets, whose lists are in another sheet: the library drops them."""
    with zipfile.ZipFile(path) as archive:
        own = {name: _OWN_LISTS.findall(archive.read(part)) for name, part in sheet_parts(archive).items()}
    if not any(own.values()):
        return
    new = final.with_name(f".{final.name}")
    with zipfile.ZipFile(final) as old, zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as out:
        by_part = {part: own.get(name, []) for name, part in sheet_parts(old).items()}
        for part in old.namelist():
            content = old.read(part)
            if lists := by_part.get(part):
                added = b"<extLst>" + b"".join(_declared(one) for one in lists) + b"</extLst>"
                content = content.replace(b"</worksheet>", added + b"</worksheet>")
            out.writestr(part, content)
    new.replace(final)


def _declared(lists: bytes) -> bytes:
    """Return an extension that declares itself the names that it uses."""
    opening = lists[: lists.index(b">")]
    missing = b"".join(b' %s="%s"' % one for one in _SPACES.items() if one[0] + b"=" not in opening)
    return opening + missing + lists[len(opening) :]


# -- any other file -----------------------------------------------------------------------------------------------


def _rebuild(path: Path, problems: Sequence[Problem], final: Path) -> None:
    """Write a workbook with the cells of a file, marked, and nothing of its look."""
    import xlsxwriter

    sheets = {_title(sheet.name): sheet.cells for sheet in read_sheets(path)}
    marks = _marks(problems, {name: cells[: HEADER_ROWS + 2] for name, cells in sheets.items()})
    with xlsxwriter.Workbook(final, {"strings_to_urls": False}) as book:
        filled = book.add_format({"bg_color": f"#{COLOUR[2:]}"})
        pages = {}
        for name, cells in sheets.items():
            pages[name] = page = book.add_worksheet(name)
            for r, row in enumerate(cells):
                for c, value in enumerate(row):
                    style = filled if (name, r + 1, c + 1) in marks else None
                    if isinstance(value, bool):
                        page.write_boolean(r, c, value, style)
                    elif isinstance(value, (int, float)):
                        page.write_number(r, c, value, style)
                    elif value is not None:
                        page.write_string(r, c, _clean(str(value)), style)  # one that begins with "=" stays a text
                    elif style is not None:
                        page.write_blank(r, c, None, style)
        for (name, at_row, column), texts in list(marks.items())[:COMMENTS]:
            pages[name].write_comment(at_row - 1, column - 1, "\n".join(texts), {"height": 90, "width": 320})
        page = book.add_worksheet(SUMMARY)
        for r, line in enumerate(_summary(problems)):
            for c, text in enumerate(line):
                page.write_string(r, c, text)
        for at, width in enumerate((32, 44, 44, 50)):
            page.set_column(at, at, width)


def _title(name: str | None) -> str:
    """Return the name of a sheet as a spreadsheet of Excel can have it."""
    return re.sub(r"[\\*?:/\[\]]", "_", name or "Foglio1").strip("'")[:31] or "Foglio1"


# -- what is said, and where --------------------------------------------------------------------------------------


def _marks(problems: Sequence[Problem], sheets: Mapping[str, Sequence[Sequence[object]]]) -> _Marks:
    """Return what is said of each cell: a problem is in the column whose header, the nearest above it, has its name."""
    places = {name: _headers(rows) for name, rows in sheets.items()}
    first = next(iter(sheets))
    marks: dict[tuple[str, int, int], list[str]] = defaultdict(list)
    for p in problems:
        if p.riga is None:
            continue
        name = _title(p.foglio) if _title(p.foglio) in sheets else first
        column = 1
        if p.colonna is not None:
            above = [at for row, at in places[name].get(normalise(p.colonna), ()) if row <= p.riga]
            column = above[-1] if above else 1
        marks[name, p.riga, column].append(_clean(str(Problem(p.atteso, p.trovato, rimedio=p.rimedio))))
    return marks


def _headers(rows: Sequence[Sequence[object]]) -> dict[str, list[tuple[int, int]]]:
    """Return where each text of the first rows is, from the top: alone, and under the one that it completes."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    over: str | None = None
    for number, row in enumerate(rows, start=1):
        above = rows[number - 2] if number > 1 else []
        over = None
        for at, cell in enumerate(row, start=1):
            if at <= len(above) and above[at - 1] is not None:
                over = str(above[at - 1])
            if cell is None:
                continue
            found[normalise(cell)].append((number, at))
            if over is not None:
                found[normalise(f"{over} {cell}")].append((number, at))
    return found


def _summary(problems: Sequence[Problem]) -> list[list[str]]:
    """Return the rows of the sheet that lists the problems; beyond many, their kinds."""
    if len(problems) > COMMENTS:
        return [list(TITLES), *([_clean(line), "", "", ""] for line in grouped(problems, 200))]
    rows = [list(TITLES)]
    for p in problems:
        where = Problem("", "", foglio=p.foglio, riga=p.riga, colonna=p.colonna).dove()
        rows.append([_clean(text) for text in (where, p.atteso, p.trovato, p.rimedio or "")])
    return rows


def _clean(text: str) -> str:
    """Return a text without the characters that no spreadsheet can hold."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    return str(ILLEGAL_CHARACTERS_RE.sub("", text))[:32_000]
