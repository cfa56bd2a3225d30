"""Cells of a spreadsheet that hold a formula but no value: errors, and formulas that nobody has computed.

No formula is ever computed here. A reader of values sees such cells as empty, and what they should hold would be lost
in silence: they are looked for in the XML of the file, and come back as :class:`Unreadable`.
"""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from xml.etree import ElementTree as ET

WITHOUT_RESULT = "una formula senza risultato"
REMEDY = "Aprire il file con il foglio elettronico, correggere la formula o scrivere il valore, salvare e riprovare."

_XLSX = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINKS = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
#: Rows that a spreadsheet repeats to the end of the page are all alike: only the first ones can be data.
_REPEATED = 1000

Place = tuple[int, int]


@dataclass(frozen=True)
class Unreadable:
    """A cell whose value is not in the file.

    Attributes
    ----------
    what : str
        What is there instead: ``#DIV/0!``, or a formula without a result.
    """

    what: str

    def __str__(self) -> str:
        return self.what


def unreadable(path: Path) -> dict[str, dict[Place, Unreadable]]:
    """Return the cells without a value of a ``.xlsx``, ``.xlsm`` or ``.ods``, by sheet, row and column (from 0).

    A file of another format, or so damaged that its parts cannot be followed, has none: the reader of values tells.
    """
    found: dict[str, dict[Place, Unreadable]] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            cells = _ods(archive) if path.suffix.lower() == ".ods" else _xlsx(archive)
            for sheet, place, what in cells:
                found.setdefault(sheet, {})[place] = Unreadable(what)
    except (zipfile.BadZipFile, zlib.error, ET.ParseError, LookupError, ValueError, OSError, EOFError, RuntimeError):
        pass
    return found


def sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return the part of a workbook that holds each of its sheets, by name of the sheet."""
    with archive.open("xl/_rels/workbook.xml.rels") as stream:
        parts = {link.get("Id"): link.get("Target", "") for link in ET.parse(stream).iter(f"{_LINKS}Relationship")}
    with archive.open("xl/workbook.xml") as stream:
        sheets = [(s.get("name", ""), parts.get(s.get(_ID), "")) for s in ET.parse(stream).iter(f"{_XLSX}sheet")]
    return {name: posixpath.normpath(posixpath.join("/xl", target)).lstrip("/") for name, target in sheets}


def _xlsx(archive: zipfile.ZipFile) -> Iterator[tuple[str, Place, str]]:
    for name, part in sheet_parts(archive).items():
        with archive.open(part) as stream:
            if not _mentions(stream, b"<f", b't="e"'):
                continue
        with archive.open(part) as stream:
            for cell in _elements(stream, f"{_XLSX}c"):
                value = cell.findtext(f"{_XLSX}v") or ""
                if cell.get("t") == "e":
                    yield name, _place(cell.get("r", "")), value or WITHOUT_RESULT
                elif cell.find(f"{_XLSX}f") is not None and not value and cell.get("t") != "str":
                    yield name, _place(cell.get("r", "")), WITHOUT_RESULT


def _ods(archive: zipfile.ZipFile) -> Iterator[tuple[str, Place, str]]:
    with archive.open("content.xml") as stream:
        if not _mentions(stream, b"table:formula"):
            return
    with archive.open("content.xml") as stream:
        for table in _elements(stream, f"{_TABLE}table"):
            row = 0
            for line in table.iter(f"{_TABLE}table-row"):
                again = int(line.get(f"{_TABLE}number-rows-repeated", "1"))
                column = 0
                for cell in line:
                    wide = int(cell.get(f"{_TABLE}number-columns-repeated", "1"))
                    what = _ods_error(cell)
                    if what:
                        for r in range(row, row + min(again, _REPEATED)):
                            for c in range(column, column + min(wide, _REPEATED)):
                                yield table.get(f"{_TABLE}name", ""), (r, c), what
                    column += wide
                row += again


def _ods_error(cell: ET.Element) -> str:
    if cell.get(f"{_TABLE}formula") is None:
        return ""
    if cell.get(f"{_CALC}value-type") == "error":
        return "".join(cell.itertext()).strip() or WITHOUT_RESULT
    return "" if cell.get(f"{_OFFICE}value-type") else WITHOUT_RESULT


def _elements(stream: IO[bytes], tag: str) -> Iterator[ET.Element]:
    """Yield the elements of a tag as they close, and free them: a sheet is never whole in memory."""
    for _, element in ET.iterparse(stream):
        if element.tag == tag:
            yield element
            element.clear()


def _mentions(stream: IO[bytes], *words: bytes) -> bool:
    rest = b""
    while piece := stream.read(1 << 20):
        text = rest + piece
        if any(word in text for word in words):
            return True
        rest = text[-32:]
    return False


def _place(reference: str) -> Place:
    """Return row and column, from 0, of a reference such as ``B12``."""
    letters = reference.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return int(reference[len(letters) :]) - 1, column - 1
