"""Reading the files that analysts keep: CSV and spreadsheets, as cells with the row numbers that they see.

Nothing is interpreted here: a sheet comes back as it is, title lines and merged cells included. What the cells
mean for a table is the business of :mod:`conciliazione_lib.sources.extraction`.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import stat
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import python_calamine as calamine

from conciliazione_lib.errors import DatiError, UsoError
from conciliazione_lib.sources.formulas import Place, Unreadable, unreadable

SPREADSHEETS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
TEXTS = (".csv", ".tsv", ".txt")
# Windows' own encoding is what Excel writes when it says just "CSV".
ENCODINGS = ("utf-8-sig", "cp1252")
DELIMITERS = (";", ",", "\t", "|")
#: Bounds no list of an analyst comes near: bytes of the file, bytes once uncompressed, cells of a sheet.
MAX_BYTES = 200_000_000
MAX_UNPACKED = 400_000_000
MAX_CELLS = 10_000_000
#: The beginning of a row, of a cell, or the place of one (`r="B12"`), however its XML is written.
_MARK = re.compile(rb"""<(?:[\w.-]+:)?(row|c)[\s/>]|\br\s*=\s*["']\s*([A-Za-z]*)(\d+)""")
#: What a text never shows, and XML does not admit.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_LINE_END = re.compile(r"\r\n?|[\x85\u2028\u2029]")
#: What «A», a comma, or the end of a line become in UTF-16 one byte later.
_OUT_OF_STEP = re.compile(f"[{''.join(map(chr, range(0x900, 0x7F00, 0x100)))}]")
_LETTERS_AND_DIGITS = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Sheet:
    """One sheet of a file, or a whole CSV.

    Attributes
    ----------
    file : Path
        The file.
    name : str or None
        Name of the sheet; None for a CSV.
    cells : list of list
        Values by row and column, from the first row and column of the file; an empty cell is None, one whose formula
        has no value is an :class:`~conciliazione_lib.sources.formulas.Unreadable`.
    merged : sequence
        Merged ranges as (first row, first column, last row, last column), 0-based, ends included.
    separator : str or None
        The sign between the cells of a CSV.
    hidden : tuple of str
        Names of the hidden sheets of the same file, which are not read.
    """

    file: Path
    name: str | None
    cells: list[list[object]]
    merged: Sequence[tuple[int, int, int, int]] = ()
    separator: str | None = None
    hidden: tuple[str, ...] = ()


def check_readable(path: Path) -> None:
    """Check that there is a file, and that it can be opened now.

    Raises
    ------
    UsoError
        When there is none, it is something else, or another program keeps it for itself.
    """
    try:
        kind = path.stat().st_mode
        if stat.S_ISREG(kind):
            with path.open("rb") as stream:
                stream.read(1)
            return
    except PermissionError as cause:
        raise UsoError(
            f"Il file «{path.name}» non si può aprire: un altro programma lo tiene aperto, o manca il permesso.",
            "Chiuderlo, se è aperto in Excel o in un altro programma, e riprovare.",
        ) from cause
    except FileNotFoundError as cause:
        raise UsoError(f"Il file «{path}» non esiste.", "Controllare il nome e la cartella.") from cause
    except (OSError, ValueError) as cause:
        raise UsoError(
            f"Il file «{_short(path)}» non si può aprire: il nome o il percorso non sono ammessi, o sono troppo "
            "lunghi.",
            "Copiarlo in una cartella dal percorso breve, con un nome breve, e riprovare.",
        ) from cause
    what = "una cartella" if stat.S_ISDIR(kind) else "un dispositivo o un canale, non un file"
    raise UsoError(f"«{path.name or path}» è {what}.", "Indicare il file da leggere.")


def _short(path: Path) -> str:
    name = path.name
    return name if len(name) <= 60 else f"{name[:40]}…{name[-15:]}"


def read_sheets(path: Path) -> list[Sheet]:
    """Return the sheets of a file that hold something, hidden ones excluded.

    Parameters
    ----------
    path : Path
        A ``.csv`` (any usual separator, UTF-8 or Windows) or a spreadsheet (``.xlsx``, ``.xls``, ``.ods``);
        formulas count for the value they had when the file was saved.

    Raises
    ------
    UsoError
        When there is no such file, or its format is not one of these.
    DatiError
        When it is protected by a password, damaged, empty, or far too large.
    """
    check_readable(path)
    suffix = path.suffix.lower()
    if suffix not in SPREADSHEETS + TEXTS:
        raise UsoError(
            f"Il formato «{suffix or path.name}» non si può leggere.",
            "Estrarre il file che c'è nell'archivio e importare quello; così com'è si importa solo un archivio di "
            "demo.istat.it, se non è stato modificato."
            if suffix == ".zip"
            else "Salvare il file come .xlsx, .ods oppure .csv.",
        )
    _check_size(path)
    sheets = [_read_text(path)] if suffix in TEXTS else _read_spreadsheet(path)
    full = [sheet for sheet in sheets if sheet.cells]
    if not full:
        raise DatiError(f"Il file «{path.name}» è vuoto.", "Controllare di avere salvato il file giusto.")
    return full


def normalise(value: object) -> str:
    """Return a text without accents, case and punctuation, so that two ways of writing it compare equal."""
    return _normalised(str(value))


@lru_cache(maxsize=100_000)
def _normalised(value: str) -> str:
    text = unicodedata.normalize("NFKD", value)
    plain = "".join(letter for letter in text if not unicodedata.combining(letter)).casefold()
    return _LETTERS_AND_DIGITS.sub(" ", plain).strip()


def _check_size(path: Path) -> None:
    """Refuse a file that would fill the memory, before opening it."""
    if path.stat().st_size > MAX_BYTES:
        raise _too_large(path, f"occupa più di {MAX_BYTES // 1_000_000} MB")
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if sum(part.file_size for part in parts) > MAX_UNPACKED:
                raise _too_large(path, f"una volta aperto occupa più di {MAX_UNPACKED // 1_000_000} MB")
            for part in parts:
                _check_extent(path, archive, part)  # a workbook may keep a sheet under any name, in any folder
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, OSError, zlib.error):
        return  # damaged or protected: the reader says so


def _check_extent(path: Path, archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Refuse a sheet with a cell so far that the area up to it does not fit in memory."""
    width, height, along = 1, 0, 0
    columns: dict[bytes, int] = {b"": 0}
    rest = b""
    with archive.open(part) as stream:
        while piece := stream.read(1 << 20):
            text, end = rest + piece, 0
            for mark in _MARK.finditer(text):
                kind, letters, row = mark.groups()
                end = mark.end()
                if kind == b"c":
                    along += 1
                elif kind == b"row":
                    along, height = 0, height + 1
                else:
                    if letters not in columns:
                        columns[letters] = _column(letters)
                    along = columns[letters] or along
                    height = max(height, int(row[:10]))
                width = max(width, along)
            if width * height > MAX_CELLS:
                raise _too_large(path, f"un foglio arriva alla riga {height} e alla colonna {width}")
            rest = text[max(end, len(text) - 200) :]


def _column(letters: bytes) -> int:
    """Return the number of a column, from 1, of its letters."""
    number = 0
    for letter in letters[:8].upper():
        number = number * 26 + letter - 64
    return number


def _too_large(path: Path, what: str) -> DatiError:
    return DatiError(
        f"Il file «{path.name}» è troppo grande: {what}.",
        "Copiare le sole righe e colonne con i dati in un file nuovo.",
    )


def _read_spreadsheet(path: Path) -> list[Sheet]:
    try:
        with calamine.CalamineWorkbook.from_path(path) as book:
            visible = [
                target.name for target in book.sheets_metadata if target.visible == calamine.SheetVisibleEnum.Visible
            ]
            lost = unreadable(path)
            hidden = tuple(target.name for target in book.sheets_metadata if target.name not in visible)
            return [_sheet(path, book.get_sheet_by_name(name), lost.get(name, {}), hidden) for name in visible]
    except calamine.PasswordError as cause:
        raise DatiError(
            f"Il file «{path.name}» è protetto da una password.", "Salvarne una copia senza password."
        ) from cause
    except (calamine.CalamineError, calamine.XmlError, calamine.ZipError, OSError) as cause:
        raise _damaged(path) from cause
    except BaseException as cause:
        # The reader stops so on files it did not foresee; the class cannot be named, and is not an Exception.
        if type(cause).__name__ != "PanicException":
            raise
        raise _damaged(path) from cause


def _damaged(path: Path) -> DatiError:
    return DatiError(
        f"Il file «{path.name}» non si può leggere: potrebbe essere danneggiato o avere un'estensione sbagliata.",
        "Aprirlo con il foglio elettronico e salvarlo di nuovo come .xlsx.",
    )


def _sheet(
    path: Path, sheet: calamine.CalamineSheet, lost: Mapping[Place, Unreadable], hidden: tuple[str, ...]
) -> Sheet:
    clean = _Cleaned()
    rows: list[list[object]] = [
        [clean[v] if isinstance(v, str) else v for v in row] for row in sheet.to_python(skip_empty_area=False)
    ]
    for (row, column), cell in lost.items():
        # A sheet that ends with such cells is given without them.
        rows += [[] for _ in range(row + 1 - len(rows))]
        rows[row] += [None] * (column + 1 - len(rows[row]))
        rows[row][column] = cell
    merged = [(*start, *end) for start, end in sheet.merged_cell_ranges or []]
    return Sheet(path, sheet.name, _trimmed(rows), merged, hidden=hidden)


def _read_text(path: Path) -> Sheet:
    raw = path.read_bytes()
    wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if b"\x00" in raw and not wide:
        raise DatiError(
            f"Il file «{path.name}» non contiene testo, o è scritto in una codifica che non si riconosce.",
            "Aprirlo con il foglio elettronico e salvarlo come «CSV UTF-8».",
        )
    # «Testo Unicode» of Excel is UTF-16, and says so in its first two bytes.
    for encoding in ("utf-16",) if wide else ENCODINGS:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if wide and out_of_step(text):
            break
        delimiter = _delimiter(text)
        rows: list[list[object]] = []
        cells = 0
        clean = _Cleaned()
        for row in _rows(path, text, delimiter):
            rows.append(list(map(clean.__getitem__, row)))
            cells += len(row)
            if cells > MAX_CELLS:
                raise _too_large(path, f"ha più di {MAX_CELLS // 1_000_000} milioni di celle")
        return Sheet(path, None, _trimmed(rows), separator=delimiter)
    raise DatiError(
        f"Il testo del file «{path.name}» è danneggiato, o non è scritto in UTF-8 né nella codifica di Windows.",
        "Aprirlo con il foglio elettronico, controllarlo e salvarlo come «CSV UTF-8».",
    )


def out_of_step(text: str) -> bool:
    """Tell whether a text read as UTF-16 lost or gained a byte: letters and signs are then found in the wrong half."""
    return _OUT_OF_STEP.search(text) is not None


def _delimiter(text: str) -> str:
    """Return the sign that the first lines use most evenly: most of them as many times as the others, then most."""
    lines = [re.sub(r'"[^"]*"', "", line) for line in text.splitlines()[:50] if line.strip()]

    def evenness(sign: str) -> tuple[int, int]:
        times = Counter(line.count(sign) for line in lines)
        times.pop(0, None)
        return max(((lines, number) for number, lines in times.items()), default=(0, 0))

    return max(DELIMITERS, key=evenness)


def _rows(path: Path, text: str, delimiter: str) -> Iterator[list[str]]:
    """Yield the rows of a CSV. A cell that opens with a quote and never closes would swallow those after it."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for row in reader:
            yield row
            line = reader.line_num + 1
    except csv.Error as cause:
        raise DatiError(
            f"Il file «{path.name}» non si può dividere in celle dalla riga {line} in poi: le virgolette di una cella "
            "si aprono e non si chiudono, o si chiudono prima della sua fine.",
            "Togliere o raddoppiare le virgolette in quella riga, oppure salvare il file come .xlsx.",
        ) from cause


class _Cleaned(dict[str, str | None]):
    """Texts without the spaces around them, None where there is nothing: each different one is looked at once."""

    def __missing__(self, value: str) -> str | None:
        # Non-breaking spaces come with tables pasted from web pages; a lone CR would end the row when it is written.
        text = _LINE_END.sub("\n", _CONTROL.sub("", value)).replace("\xa0", " ").strip()
        self[value] = found = text or None
        return found


def _trimmed(rows: list[list[object]]) -> list[list[object]]:
    while rows and all(value is None for value in rows[-1]):
        rows.pop()
    return rows
