"""The CSV files of demo.istat.it, alone or in their zip: title, columns by name, rows of the comuni, closing notes.

All have a first line with the title, a header, and notes at the end; separator, quotes, zeros of the codes and columns
change with the year, and with the spreadsheet that saved them again. Nothing is written to disk, and no more than a
bound is read.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

from conciliazione_lib.errors import DatiError, Problem, UsoError
from conciliazione_lib.region import REGION
from conciliazione_lib.sources.files import SPREADSHEETS, normalise, out_of_step, read_sheets
from conciliazione_lib.territory import Territory

#: The largest real file, of all Italy by age, is some 40 MB; ten times that is something else.
MOST_BYTES = 400_000_000
#: A line of the real files has some hundred characters.
LARGEST_ROW = 100_000
#: First digits of the codes of the region, one for each province.
PROVINCE = tuple(province.istat for province in REGION.province.values())
SHOWN = 20
CODE = "codice comune"
SEPARATORS = (";", ",", "\t")
#: What else a file of the same site may be about, by the name of its first column.
OTHER_LEVELS = MappingProxyType(
    {
        "codice provincia": "le province",
        "codice regione": "le regioni",
        "codice ripartizione": "le ripartizioni",
    }
)
TO_DOWNLOAD = "Scaricare da demo.istat.it il file di tutti i comuni (quello che nel nome ha «it_Comuni») e importarlo."


#: What begins with a code is a row, and not a note, whatever follows.
_A_ROW = re.compile(r"[\s\"']*\d{4,6}\b", re.ASCII)
#: Cells of the files; a spreadsheet makes 105.0 of 105. Compiled here: a file of all Italy has millions of them.
_COMUNE = re.compile(r"(\d{4,6})(?:[.,]0)?", re.ASCII)
_PEOPLE = re.compile(r"(\d{1,9})(?:[.,]0)?", re.ASCII)


@dataclass
class DemoCsv:
    """A file of demo.istat.it, being read.

    Attributes
    ----------
    path : Path
        The file.
    title : str
        Its first line; empty when the file begins with the header.
    header : tuple of str
        Names of the columns, in lower case and without accents and punctuation.
    notes : list of str
        The closing notes, once the rows were read.
    problems : list of Problem
        Lines that are neither rows nor notes, once the rows were read.
    header_row : int
        Number of the line of the header.
    """

    path: Path
    title: str
    header: tuple[str, ...]
    _lines: Iterator[tuple[int, str]]
    _separator: str
    notes: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    header_row: int = 2

    def place(self, *names: str) -> int | None:
        """Return where the first of some columns is that the file has; None when it has none, or has it twice."""
        return next((self.header.index(name) for name in names if self.header.count(name) == 1), None)

    def rows(self) -> Iterator[tuple[int, str, list[str]]]:
        """Yield number, code of the comune and cells of each row, as many as the columns.

        Raises
        ------
        DatiError
            When the file is about other territories than the comuni.
        """
        at = self.place(CODE)
        if at is None:
            raise self._of_something_else()
        wider, some = "", False
        for number, line in self._lines:
            cells = _cells(line, self._separator)
            if len(cells) == 1 and line.count(self._separator) > 1 and _A_ROW.match(line):
                self.problems.append(Problem("una riga leggibile", f"«{line[:60]}»", self.path, riga=number))
                continue
            code = comune_code(cells[at]) if at < len(cells) else None
            if code is None and not any(whole_number(cell) is not None for cell in cells):
                if note := " ".join(cell.strip() for cell in cells).strip():
                    self.notes.append(note)
                continue
            if code is None and not some and re.fullmatch(r"\d{1,3}", cells[at].strip(), re.ASCII):
                wider = max(wider, cells[at].strip(), key=len)
                continue
            extra = any(cell.strip() for cell in cells[len(self.header) :])
            if code is None or extra or len(cells) < len(self.header):
                expected = "il codice di un comune, di sei cifre" if code is None else f"{len(self.header)} celle"
                found = f"«{line[:60]}»" if code is None else f"{len(cells)}: «{line[:60]}»"
                self.problems.append(Problem(expected, found, self.path, riga=number))
                continue
            some = True
            yield number, code, cells[: len(self.header)]
        if wider:
            raise self._of_something_else("le province" if len(wider) == 3 else "le regioni")

    def _of_something_else(self, about: str | None = None) -> DatiError:
        about = about or next((what for name, what in OTHER_LEVELS.items() if name in self.header), None)
        if about is not None:
            return DatiError(f"Il file «{self.path.name}» di demo.istat.it è per {about}, non per comune.", TO_DOWNLOAD)
        shown = ", ".join(name for name in self.header if name) or "nessuna"
        return DatiError(
            f"Il file «{self.path.name}» non ha la colonna «Codice comune».",
            TO_DOWNLOAD,
            [Problem("la colonna «Codice comune»", f"le colonne {shown}"[:300], self.path, riga=self.header_row)],
        )


def head(path: Path) -> tuple[str, tuple[str, ...]]:
    """Return the title of a file and the names of its columns; nothing when it cannot be one of demo.istat.it."""
    if path.suffix.lower() not in (".zip", ".csv", ".txt", *SPREADSHEETS):
        return "", ()
    try:
        with opened(path) as file:
            return file.title, file.header
    except (DatiError, UsoError, OSError):
        return "", ()


@contextmanager
def opened(path: Path) -> Iterator[DemoCsv]:
    """Open a file of demo.istat.it.

    Parameters
    ----------
    path : Path
        A ``.zip`` with one CSV in it, a CSV, or the workbook that a spreadsheet made of it.

    Raises
    ------
    DatiError
        When the archive is damaged, holds something else, is too large, or is not text.
    """
    with _opened(path) as lines:
        written = (line for line in lines if line[1].strip(" ;,\t"))
        title, (number, header) = "", next(written, (1, ""))
        separator, names = _names(header)
        if not names[:1] or names[0] not in (CODE, *OTHER_LEVELS):  # usually a title is above
            title, (number, header) = header, next(written, (2, ""))
            separator, names = _names(header)
        yield DemoCsv(path, title, names, lines, separator, header_row=number)


def _names(header: str) -> tuple[str, tuple[str, ...]]:
    """Return the separator of a header, and the names in it."""
    separator = max(SEPARATORS, key=lambda mark: len(_cells(header, mark)))
    return separator, tuple(normalise(cell) for cell in _cells(header, separator))


@contextmanager
def _opened(path: Path) -> Iterator[Iterator[tuple[int, str]]]:
    """Open the lines of the CSV, numbered from 1, without their ends."""
    if path.suffix.lower() in SPREADSHEETS:
        yield _lines_of_sheet(path)
        return
    if path.suffix.lower() != ".zip":
        if path.stat().st_size > MOST_BYTES:
            raise DatiError(f"Il file «{path.name}» è troppo grande.", "Controllare il file.")
        with path.open("rb") as stream:
            yield _lines(stream, path)
        return
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if entry.filename.lower().endswith(".csv")]
            if len(entries) != 1:
                raise DatiError(
                    f"L'archivio «{path.name}» deve contenere un solo file CSV: ne contiene {len(entries)}.",
                    "Scaricare di nuovo il file da demo.istat.it.",
                )
            if entries[0].file_size > MOST_BYTES:
                raise DatiError(
                    f"Il file dentro «{path.name}» è troppo grande ({entries[0].file_size // 1_000_000} MB).",
                    "Controllare di aver scaricato il file giusto da demo.istat.it.",
                )
            with archive.open(entries[0]) as stream:
                yield _lines(stream, path)  # type: ignore[arg-type]
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as cause:
        raise DatiError(
            f"L'archivio «{path.name}» è danneggiato o protetto: {cause}.",
            "Scaricare di nuovo il file da demo.istat.it.",
        ) from cause


def _lines_of_sheet(path: Path) -> Iterator[tuple[int, str]]:
    """Yield number and text of the rows of the first sheet of a workbook."""
    for number, row in enumerate(read_sheets(path)[0].cells, start=1):
        out = io.StringIO()
        csv.writer(out, delimiter=SEPARATORS[0], lineterminator="").writerow(row)
        yield number, out.getvalue()


def _lines(stream: BinaryIO, path: Path) -> Iterator[tuple[int, str]]:
    """Yield number and text of the lines: UTF-8 as on the site, or what a spreadsheet makes of it."""
    start = stream.read(4)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):  # what Excel calls «Testo Unicode»
        stream.seek(0)
        stream = _as_utf8(stream, path)
    else:
        stream.seek(len(b"\xef\xbb\xbf") if start.startswith(b"\xef\xbb\xbf") else 0)
    number = 0
    while raw := stream.readline(LARGEST_ROW + 1):
        number += 1
        if len(raw) > LARGEST_ROW:
            raise DatiError(
                f"Il file «{path.name}» ha una riga di oltre {LARGEST_ROW} caratteri: non è di demo.istat.it.",
                "Controllare di aver scaricato il file giusto da demo.istat.it.",
            )
        raw = raw.rstrip(b"\r\n")
        if number == 1 and raw.lower().startswith(b"sep="):  # Excel's own first line: not one of the file
            number = 0
            continue
        try:
            yield number, raw.decode("utf-8")
        except UnicodeDecodeError:
            yield number, raw.decode("cp1252", errors="replace")


def _as_utf8(stream: BinaryIO, path: Path) -> BinaryIO:
    try:
        text = stream.read(MOST_BYTES).decode("utf-16")
    except UnicodeDecodeError:
        text = None
    if text is None or out_of_step(text):
        raise DatiError(
            f"Il file «{path.name}» non è un testo leggibile.", "Scaricare di nuovo il file da demo.istat.it."
        )
    return io.BytesIO(text.encode())


def _cells(line: str, separator: str) -> list[str]:
    """Return the cells of a line; a line that is not CSV is one cell."""
    try:
        return next(csv.reader([line], delimiter=separator, strict=True), [])
    except csv.Error:
        return [line]


def comune_code(cell: str) -> str | None:
    """Return the code of a comune with its zeros, or None: closing notes and other territories have none.

    Examples
    --------
    >>> comune_code("015146"), comune_code("15146"), comune_code("15146.0"), comune_code("015")
    ('015146', '015146', '015146', None)
    """
    found = _COMUNE.fullmatch(cell.strip())
    return found[1].zfill(6) if found else None


def whole_number(text: str) -> int | None:
    """Return a count of people, or None when the text is not one; ``105.0`` is what a spreadsheet makes of 105."""
    found = _PEOPLE.fullmatch(text.strip())
    return int(found[1]) if found else None


def refused(path: Path, table: str, problems: Sequence[Problem]) -> DatiError:
    """Return the error of a file that cannot fill a table, with the first problems and how many the others are."""
    count = "un problema" if len(problems) == 1 else f"{len(problems)} problemi"
    shown = list(problems[:SHOWN])
    if len(problems) > SHOWN:
        shown.append(Problem("nessun problema", f"altri {len(problems) - SHOWN} problemi", path))
    return DatiError(
        f"Il file «{path.name}» non si può importare come {table}: {count}.",
        "Scaricare di nuovo il file da demo.istat.it (tutti i comuni: «it_Comuni») e non modificarlo; la tabella di "
        "prima resta al suo posto.",
        shown,
    )


def of_unknown_date(path: Path, example: str) -> DatiError:
    """Return the error of a file whose title does not say what it is about, and of when."""
    return DatiError(
        f"Al file «{path.name}» di demo.istat.it manca la riga del titolo: non dice di quando sono i dati.",
        f"Scaricarlo di nuovo e non togliere la prima riga; oppure dire la data con --data {example}.",
    )


def check_whole(found: Collection[str], territorio: Territory, path: Path) -> None:
    """Refuse a file of some provinces only, saying which.

    Raises
    ------
    DatiError
        When whole provinces of Lombardia are not in the file.
    """
    province = territorio.comuni["provincia"]
    here = province[province.index.isin(found)]
    missing = sorted(set(province) - set(here))
    if not missing:
        return
    names = [territorio.name("provincia", code) for code in sorted(set(here))]
    if not names:
        raise DatiError(f"Nel file «{path.name}» non c'è nessun comune {REGION.di}.", TO_DOWNLOAD)
    what = f"della provincia di {names[0]}" if len(names) == 1 else f"delle province di {', '.join(names)}"
    raise DatiError(
        f"Nel file «{path.name}» ci sono solo i comuni {what} ({len(here)}): la tabella è di tutta {REGION.the}.",
        TO_DOWNLOAD,
    )


def not_in_force(found: Collection[str], territorio: Territory, path: Path) -> list[Problem]:
    """Return a problem for each comune that the file lacks, or that is not in force at its date."""
    expected = set(territorio.comuni.index)
    return [
        Problem(f"il comune {code} ({territorio.name('comune', code)})", "nessuna riga", path)
        for code in sorted(expected - set(found))
    ] + [
        Problem("solo comuni in vigore alla data del file", f"il comune {code}", path)
        for code in sorted(set(found) - expected)
    ]
