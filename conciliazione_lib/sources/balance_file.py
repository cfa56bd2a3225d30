"""The demographic balance of demo.istat.it (P2): one row per comune, with births, deaths and movements of a year.

A zip with one CSV, or the CSV: a title with the year, a header whose names change a little with the edition (a
provisional population is not called «censita»), a last column with the flags of the row, closing notes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from conciliazione_lib.errors import DatiError, Problem
from conciliazione_lib.sources import statuses
from conciliazione_lib.sources.demo_lines import (
    CODICE,
    PROVINCE,
    check_whole,
    not_in_force,
    opened,
    read_title,
    refused,
    whole_number,
)
from conciliazione_lib.storage import weakest_status
from conciliazione_lib.territory import Territory

TITOLO = re.compile(r"bilancio demografico.*?(\d{4})", re.IGNORECASE)
NOME = "bilancio demografico"
#: Column of the table: its names in the file, and whether it may be negative.
COLONNE: Mapping[str, tuple[tuple[str, ...], bool]] = MappingProxyType(
    {
        "residenti_inizio": (("popolazione censita al 1 gennaio totale", "popolazione al 1 gennaio totale"), False),
        "nati": (("nati vivi totale",), False),
        "morti": (("morti totale",), False),
        "saldo_naturale": (("saldo naturale totale",), True),
        "saldo_interno": (("saldo migratorio interno totale",), True),
        "saldo_estero": (("saldo migratorio con l estero totale",), True),
        "residenti_fine": (("popolazione al 31 dicembre totale", "popolazione censita al 31 dicembre totale"), False),
    }
)
#: A flag among the numbers of a row: one letter, or a few.
BANDIERA = re.compile(r"[A-Za-z](?:[ ,;/]*[A-Za-z]){0,2}")


@dataclass(frozen=True)
class BalanceFile:
    """A demographic balance as read.

    Attributes
    ----------
    anno : int
        Year of the balance.
    frame : DataFrame
        ``cod_comune``, the columns of :data:`COLONNE` and ``stato``, comuni of Lombardia.
    altrove : int
        Comuni of other regions in the file.
    stato : str
        That of its least final row.
    """

    anno: int
    frame: pd.DataFrame
    altrove: int
    stato: str


def recognise(path: Path) -> int | None:
    """Return the year of a demographic balance of demo.istat.it, or None when the file is something else."""
    if path.suffix.lower() not in (".zip", ".csv", ".txt"):
        return None
    try:
        found = TITOLO.search(read_title(path))
    except (DatiError, OSError):
        return None
    return int(found[1]) if found else None


def read_balance(path: Path, territorio: Territory) -> BalanceFile:
    """Read a demographic balance of demo.istat.it.

    Parameters
    ----------
    path : Path
        The zip as downloaded, or the CSV inside it, also when a spreadsheet saved it again.
    territorio : Territory
        Comuni of Lombardia in force at the end of the year of the file.

    Raises
    ------
    DatiError
        With every problem found: another title, a column that is not there, text for a number, births and deaths that
        do not make the natural balance, a comune missing or repeated. A file of provinces, regions, or of one province,
        is told to be so.
    """
    with opened(path) as file:
        title = TITOLO.search(file.title)
        if title is None:
            wanted = "nella prima riga, «Bilancio demografico …» e l'anno"
            raise refused(path, NOME, [Problem(wanted, "altro testo", path, riga=1)])
        places = {name: file.place(*names) for name, (names, _) in COLONNE.items()}
        rows = file.rows()
        if missing := [COLONNE[name][0][0] for name, place in places.items() if place is None]:
            next(rows, None)  # a file of other territories is told to be so first
            nothing = "nessuna con questo nome"
            raise refused(path, NOME, [Problem(f"la colonna «{name}»", nothing, path, riga=2) for name in missing])
        at = {name: place for name, place in places.items() if place is not None}
        declared = statuses.of_words(file.title)
        named = {*at.values(), file.place(CODICE), file.place("comune")}
        others = [place for place in range(len(file.header)) if place not in named]
        read, problems, elsewhere = [], [], 0
        for number, code, row in rows:
            if not code.startswith(PROVINCE):
                elsewhere += 1
                continue
            flags = [cell for place in others if BANDIERA.fullmatch(cell := row[place].strip())]
            values = {name: _value(row[place], COLONNE[name][1]) for name, place in at.items()}
            wrong = [name for name, value in values.items() if value is None]
            problems += [
                Problem("un numero intero", f"«{row[at[name]]}»", path, riga=number, colonna=name) for name in wrong
            ]
            if not wrong and values["nati"] - values["morti"] != values["saldo_naturale"]:  # type: ignore[operator]
                found = str(values["saldo_naturale"])
                problems.append(Problem("nati meno morti", found, path, riga=number, colonna="saldo_naturale"))
            status = weakest_status([declared, *(statuses.of_flag(flag) for flag in flags)])
            read.append({"cod_comune": code, **values, "stato": status})
    frame = pd.DataFrame(read, columns=["cod_comune", *COLONNE, "stato"])
    check_whole(set(frame["cod_comune"]), territorio, path)
    repeated = frame.loc[frame["cod_comune"].duplicated(), "cod_comune"]
    problems = file.problems + problems
    problems += [Problem("una sola riga per comune", f"{code} ripetuto", path) for code in repeated]
    problems += not_in_force(set(frame["cod_comune"]), territorio, path)
    if problems:
        raise refused(path, NOME, sorted(problems, key=lambda problem: problem.riga or 10**9))
    return BalanceFile(int(title[1]), frame, elsewhere, weakest_status(frame["stato"]))


def _value(cell: str, signed: bool) -> int | None:
    text = cell.strip()
    negative = signed and text.startswith("-")
    number = whole_number(text.removeprefix("-") if negative else text)
    return -number if negative and number is not None else number
