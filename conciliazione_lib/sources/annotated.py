"""A copy of the user's file with its problems marked: coloured cells, each with a comment that says what to do.

She corrects the copy and imports it. The original is never touched. Spreadsheets keep their look; other formats become
a plain spreadsheet with the same rows and columns, every text kept as text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from conciliazione_lib.errors import Problem, UsoError
from conciliazione_lib.sources.files import normalise, read_sheets

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

COLORE = "FFF2B8B5"
RIEPILOGO = "Da correggere"


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
    """
    import openpyxl

    finale = copy or path.with_name(f"{path.stem}-da-correggere.xlsx")
    if path.suffix.lower() == ".xlsx":
        try:
            _segna(openpyxl.load_workbook(path), problems, finale)
            return finale
        except OSError as causa:
            raise _non_scritta(finale) from causa
        except Exception:  # what is not quite a spreadsheet fails here in a hundred ways: its look is given up
            pass
    try:
        _segna(_ricostruito(path), problems, finale)
    except (OSError, ValueError) as causa:  # no room, no permission, more rows than a sheet has
        raise _non_scritta(finale) from causa
    return finale


def _non_scritta(finale: Path) -> UsoError:
    return UsoError(
        f"La copia «{finale.name}» con le celle da correggere non si può scrivere.",
        "Chiudere il file se è aperto in un altro programma, e controllare che nella cartella si possa scrivere.",
    )


def _segna(libro: Workbook, problems: Sequence[Problem], finale: Path) -> None:
    """Mark the cells of a workbook, add the summary, save."""
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    segnati: dict[tuple[str, int, int], list[str]] = defaultdict(list)
    for p in problems:
        nome = _titolo(p.foglio)
        foglio = libro[nome] if nome in libro.sheetnames else libro.worksheets[0]
        if p.riga is None:
            continue
        colonna = _colonna(foglio, p) or 1
        segnati[foglio.title, p.riga, colonna].append(_pulito(str(Problem(p.atteso, p.trovato, rimedio=p.rimedio))))
    pieno = PatternFill("solid", start_color=COLORE, end_color=COLORE)
    for (nome, riga, colonna), testi in segnati.items():
        cella = libro[nome].cell(riga, colonna)
        if type(cella).__name__ == "MergedCell":
            cella = _capostipite(libro[nome], riga, colonna)
        cella.fill = pieno
        cella.comment = Comment("\n".join(testi), "conciliazione", height=90, width=320)
    _riepilogo(libro, problems)
    libro.save(finale)


def _pulito(testo: str) -> str:
    """Return a text without the characters that no spreadsheet can hold."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    return str(ILLEGAL_CHARACTERS_RE.sub("", testo))


def _titolo(nome: str | None) -> str:
    """Return the name of a sheet as a spreadsheet of Excel can have it."""
    from openpyxl.workbook.child import INVALID_TITLE_REGEX

    return INVALID_TITLE_REGEX.sub("_", nome or "Foglio1")[:31]


def _ricostruito(path: Path) -> Workbook:
    """Return a workbook with the cells of a file, and nothing of its look."""
    import openpyxl

    libro = openpyxl.Workbook()
    libro.remove(libro.worksheets[0])
    for foglio in read_sheets(path):
        pagina = libro.create_sheet(_titolo(foglio.name))
        for r, riga in enumerate(foglio.cells, start=1):
            for c, valore in enumerate(riga, start=1):
                if valore is None:
                    continue
                cella = pagina.cell(r, c)
                cella.value = valore if isinstance(valore, (int, float, bool)) else _pulito(str(valore))
                if isinstance(cella.value, str):
                    cella.data_type = "s"  # a text that begins with "=" stays a text
    return libro


def _colonna(foglio: Worksheet, problema: Problem) -> int | None:
    """Find the column of a problem by its name, in the nearest row above it that has it."""
    if problema.colonna is None or problema.riga is None:
        return None
    cercata = normalise(problema.colonna)
    for riga in range(min(problema.riga, foglio.max_row), 0, -1):
        for cella in foglio[riga]:
            if cella.value is not None and normalise(cella.value) == cercata:
                return int(cella.column or 1)
    return None


def _capostipite(foglio: Worksheet, riga: int, colonna: int) -> object:
    for intervallo in foglio.merged_cells.ranges:
        if intervallo.min_row <= riga <= intervallo.max_row and intervallo.min_col <= colonna <= intervallo.max_col:
            return foglio.cell(intervallo.min_row, intervallo.min_col)
    return foglio.cell(riga, colonna)


def _riepilogo(libro: Workbook, problems: Sequence[Problem]) -> None:
    """Add a sheet that lists every problem; reading ignores it, because it has not the columns of a table."""
    if RIEPILOGO in libro.sheetnames:
        del libro[RIEPILOGO]
    pagina = libro.create_sheet(RIEPILOGO)
    pagina.append(["Dove", "Atteso", "Trovato", "Che cosa fare"])
    for p in problems:
        dove = Problem("", "", foglio=p.foglio, riga=p.riga, colonna=p.colonna).dove()
        riga = [_pulito(testo) for testo in (dove, p.atteso, p.trovato, p.rimedio or "")]
        pagina.append(riga)
        for cella in pagina[pagina.max_row]:
            cella.data_type = "s"
    for lettera, larghezza in zip("ABCD", (32, 44, 44, 50), strict=True):
        pagina.column_dimensions[lettera].width = larghezza
