"""The demographic balance of demo.istat.it (P2): one row per comune, with births, deaths and movements of a year.

A zip with one CSV, or the CSV: a title with the year, a header whose names change a little with the edition (a
provisional population is not called «censita»), codes in quotes, a closing note.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from conciliazione_lib.errors import DatiError, Problem
from conciliazione_lib.sources.demo_lines import PROVINCE, cells, is_code, lines, not_in_force, whole_number
from conciliazione_lib.sources.files import normalise
from conciliazione_lib.territory import Territory

TITOLO = re.compile(r"bilancio demografico.*?(\d{4})", re.IGNORECASE)
#: Column of the table: its names in the file, and whether it may be negative.
COLONNE: Mapping[str, tuple[tuple[str, ...], bool]] = {
    "residenti_inizio": (("popolazione censita al 1 gennaio totale", "popolazione al 1 gennaio totale"), False),
    "nati": (("nati vivi totale",), False),
    "morti": (("morti totale",), False),
    "saldo_naturale": (("saldo naturale totale",), True),
    "saldo_interno": (("saldo migratorio interno totale",), True),
    "saldo_estero": (("saldo migratorio con l estero totale",), True),
    "residenti_fine": (("popolazione al 31 dicembre totale", "popolazione censita al 31 dicembre totale"), False),
}
CODICE = "codice comune"


@dataclass(frozen=True)
class BalanceFile:
    """A demographic balance as read.

    Attributes
    ----------
    anno : int
        Year of the balance.
    frame : DataFrame
        ``cod_comune`` and the columns of :data:`COLONNE`, comuni of Lombardia.
    altrove : int
        Comuni of other regions in the file.
    provvisorio : bool
        The note of the file says that its data is provisional, or some of its rows do.
    """

    anno: int
    frame: pd.DataFrame
    altrove: int
    provvisorio: bool


def recognise(path: Path) -> int | None:
    """Return the year of a demographic balance of demo.istat.it, or None when the file is something else."""
    if path.suffix.lower() not in (".zip", ".csv"):
        return None
    try:
        found = TITOLO.search(next(lines(path), ""))
    except (DatiError, OSError):
        return None
    return int(found[1]) if found else None


def read_balance(path: Path, territorio: Territory) -> BalanceFile:
    """Read a demographic balance of demo.istat.it.

    Parameters
    ----------
    path : Path
        The zip as downloaded, or the CSV inside it.
    territorio : Territory
        Comuni of Lombardia in force at the end of the year of the file.

    Raises
    ------
    DatiError
        With every problem found: another title, a column that is not there, text for a number, births and deaths that
        do not make the natural balance, a comune missing or repeated.
    """
    rows = lines(path)
    title = TITOLO.search(next(rows, ""))
    if title is None:
        raise _refused(
            path, [Problem("nella prima riga, «Bilancio demografico …» e l'anno", "altro testo", path, riga=1)]
        )
    header = [normalise(cell) for cell in cells(next(rows, ""))]
    places = {name: _place(header, names) for name, (names, _) in COLONNE.items()}
    missing = [COLONNE[name][0][0] for name, place in places.items() if place is None]
    if CODICE not in header or missing:
        wanted = [*([] if CODICE in header else [CODICE]), *missing]
        raise _refused(
            path, [Problem(f"la colonna «{name}»", "nessuna con questo nome", path, riga=2) for name in wanted]
        )
    read, problems, elsewhere, provisional = [], [], 0, False
    for number, line in enumerate(rows, start=3):
        row = cells(line)
        at = header.index(CODICE)
        if len(row) <= at or not is_code(row[at]):
            continue  # the closing note, or an empty line
        if not row[at].startswith(PROVINCE):
            elsewhere += 1
            continue
        provisional |= any(cell.strip() == "p" for cell in row)
        values = {name: _value(row, place, COLONNE[name][1]) for name, place in places.items() if place is not None}
        wrong = [name for name, value in values.items() if value is None]
        problems += [Problem("un numero intero", "altro", path, riga=number, colonna=name) for name in wrong]
        if not wrong and values["nati"] - values["morti"] != values["saldo_naturale"]:  # type: ignore[operator]
            problems.append(
                Problem("nati meno morti", str(values["saldo_naturale"]), path, riga=number, colonna="saldo_naturale")
            )
        read.append({"cod_comune": row[at].strip(), **values})
    frame = pd.DataFrame(read, columns=["cod_comune", *COLONNE])
    repeated = frame.loc[frame["cod_comune"].duplicated(), "cod_comune"]
    problems += [Problem("una sola riga per comune", f"{code} ripetuto", path) for code in repeated]
    problems += not_in_force(set(frame["cod_comune"]), territorio, path)
    if problems:
        raise _refused(path, problems)
    return BalanceFile(int(title[1]), frame, elsewhere, provisional)


def _place(header: list[str], names: tuple[str, ...]) -> int | None:
    return next((header.index(name) for name in names if name in header), None)


def _value(row: list[str], place: int, signed: bool) -> int | None:
    text = row[place].strip() if place < len(row) else ""
    negative = signed and text.startswith("-")
    number = whole_number(text.removeprefix("-") if signed else text)
    return -number if negative and number is not None else number


def _refused(path: Path, problems: list[Problem]) -> DatiError:
    count = "un problema" if len(problems) == 1 else f"{len(problems)} problemi"
    return DatiError(
        f"Il file «{path.name}» non si può importare come bilancio demografico: {count}.",
        "Scaricare di nuovo da demo.istat.it il «Bilancio demografico», tutti i comuni, e non modificarlo; la tabella "
        "di prima resta al suo posto.",
        problems,
    )
