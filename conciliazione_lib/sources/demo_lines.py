"""The CSV files of demo.istat.it, alone or in their zip: their lines, their cells, the comuni they must have.

All have a first line with the title, a header, codes in quotes and a closing note. Nothing is written to disk, and no
more than a bound is read.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path

from conciliazione_lib.errors import DatiError, Problem
from conciliazione_lib.territory import Territory

#: The largest real file, of all Italy by age, is some 40 MB; ten times that is something else.
BYTE_MASSIMI = 400_000_000
#: A line of the real files has some hundred characters.
RIGA_MASSIMA = 100_000
#: First digits of the codes of Lombardia: the twelve provinces.
PROVINCE = ("012", "013", "014", "015", "016", "017", "018", "019", "020", "097", "098", "108")
MOSTRATI = 20


def lines(path: Path) -> Iterator[str]:
    """Yield the lines of the CSV, without their ends.

    Parameters
    ----------
    path : Path
        A ``.zip`` with one CSV in it, or a CSV.

    Raises
    ------
    DatiError
        When the archive is damaged, holds something else, is too large, or the text is not UTF-8.
    """
    if path.suffix.lower() == ".zip":
        try:
            with zipfile.ZipFile(path) as archivio:
                voci = [v for v in archivio.infolist() if v.filename.lower().endswith(".csv")]
                if len(voci) != 1:
                    raise DatiError(
                        f"L'archivio «{path.name}» deve contenere un solo file CSV: ne contiene {len(voci)}.",
                        "Scaricare di nuovo il file da demo.istat.it.",
                    )
                if voci[0].file_size > BYTE_MASSIMI:
                    raise DatiError(
                        f"Il file dentro «{path.name}» è troppo grande ({voci[0].file_size // 1_000_000} MB).",
                        "Controllare di aver scaricato il file giusto da demo.istat.it.",
                    )
                with archivio.open(voci[0]) as flusso:
                    yield from _testo(io.TextIOWrapper(flusso, encoding="utf-8-sig"), path)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as causa:
            raise DatiError(
                f"L'archivio «{path.name}» è danneggiato o protetto: {causa}.",
                "Scaricare di nuovo il file da demo.istat.it.",
            ) from causa
        return
    if path.stat().st_size > BYTE_MASSIMI:
        raise DatiError(f"Il file «{path.name}» è troppo grande.", "Controllare il file.")
    with path.open(encoding="utf-8-sig", newline="") as flusso:
        yield from _testo(flusso, path)


def cells(line: str) -> list[str]:
    """Return the cells of a line; a line that is not CSV is one cell."""
    try:
        return next(csv.reader([line], delimiter=";"), [])
    except csv.Error:
        return [line]


def is_code(cell: str) -> bool:
    """Tell whether a cell is the code of a comune: the closing note and empty lines have none."""
    return re.fullmatch(r"\d{6}", cell.strip()) is not None


def whole_number(text: str) -> int | None:
    """Return a count of people, or None when the text is not one."""
    text = text.strip()
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 10 else None


def not_in_force(found: Collection[str], territorio: Territory, path: Path) -> list[Problem]:
    """Return a problem for each comune that the file lacks, or that is not in force at its date."""
    expected = set(territorio.comuni.index)
    problems = [
        Problem(f"il comune {code} ({territorio.name('comune', code)})", "nessuna riga", path)
        for code in sorted(expected - set(found))
    ]
    problems += [
        Problem("solo comuni in vigore alla data del file", f"il comune {code}", path)
        for code in sorted(set(found) - expected)
    ]
    if len(problems) > MOSTRATI:
        hidden = len(problems) - MOSTRATI
        more = Problem("tutti i comuni della Lombardia", f"altri {hidden} comuni mancanti o in più", path)
        problems = [*problems[:MOSTRATI], more]
    return problems


def _testo(flusso: io.TextIOBase, path: Path) -> Iterator[str]:
    try:
        while riga := flusso.readline(RIGA_MASSIMA + 1):
            if len(riga) > RIGA_MASSIMA:
                raise DatiError(
                    f"Il file «{path.name}» ha una riga di oltre {RIGA_MASSIMA} caratteri: non è di demo.istat.it.",
                    "Controllare di aver scaricato il file giusto da demo.istat.it.",
                )
            yield riga.rstrip("\r\n")
    except UnicodeDecodeError as causa:
        raise DatiError(
            f"Il file «{path.name}» non è nella codifica di demo.istat.it (UTF-8).",
            "Importare il file come scaricato, senza averlo aperto e salvato con un altro programma.",
        ) from causa
