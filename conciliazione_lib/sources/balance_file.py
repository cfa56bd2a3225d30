"""The demographic balance of demo.istat.it (P2): one row per comune, with births, deaths and movements of a year.

A zip with one CSV, or the CSV: a title with the year, a header whose names change a little with the edition (a
provisional population is not called «censita»), a last column with the flags of the row, closing notes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pandas as pd

import conciliazione_lib.sources.statuses as statuses
from conciliazione_lib.errors import Problem
from conciliazione_lib.sources.demo_lines import (
    CODE,
    PROVINCE,
    check_whole,
    head,
    not_in_force,
    of_unknown_date,
    opened,
    refused,
    whole_number,
)
from conciliazione_lib.storage import weakest_status
from conciliazione_lib.territory import Territory

TITLE = re.compile(r"bilancio demografico.*?(\d{4})", re.IGNORECASE)
NAME = "bilancio demografico"
#: Column of the table: its names in the file, and whether it may be negative.
COLUMNS: Mapping[str, tuple[tuple[str, ...], bool]] = MappingProxyType(
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
FLAG = re.compile(r"[A-Za-z](?:[ ,;/]*[A-Za-z]){0,2}")


@dataclass(frozen=True)
class BalanceFile:
    """A demographic balance as read.

    Attributes
    ----------
    anno : int
        Year of the balance.
    frame : DataFrame
        ``cod_comune``, the columns of :data:`COLUMNS` and ``stato``, comuni of Lombardia.
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
    return year_of(head(path)[0])


def year_of(title: str) -> int | None:
    """Return the year that the title of a balance says, or None when it is another title."""
    found = TITLE.search(title)
    return int(found[1]) if found else None


def has_columns(header: Sequence[str]) -> bool:
    """Tell whether some columns are those of a balance, of whatever territories."""
    return all(any(name in header for name in names) for names, _ in COLUMNS.values())


def read_balance(path: Path, territorio: Territory, anno: int | None = None) -> BalanceFile:
    """Read a demographic balance of demo.istat.it.

    Parameters
    ----------
    path : Path
        The zip as downloaded, or the CSV inside it, also when a spreadsheet saved it again.
    territorio : Territory
        Comuni of Lombardia in force at the end of the year of the file.
    anno : int, optional
        Its year, for a file that lost its title: nothing says that it is final, and it counts as provisional.

    Raises
    ------
    DatiError
        With every problem found: another title, a column that is not there, text for a number, births and deaths that
        do not make the natural balance, a comune missing or repeated. A file of provinces, regions, or of one province,
        is told to be so.
    """
    with opened(path) as file:
        told = year_of(file.title)
        if told is None and not has_columns(file.header):
            wanted = "nella prima riga, «Bilancio demografico …» e l'anno"
            raise refused(path, NAME, [Problem(wanted, "altro testo", path, riga=1)])
        places = {name: file.place(*names) for name, (names, _) in COLUMNS.items()}
        rows = file.rows()
        if missing := [COLUMNS[name][0][0] for name, place in places.items() if place is None]:
            next(rows, None)  # a file of other territories is told to be so first
            nothing = "nessuna con questo nome"
            raise refused(
                path, NAME, [Problem(f"la colonna «{name}»", nothing, path, riga=file.header_row) for name in missing]
            )
        at = {name: place for name, place in places.items() if place is not None}
        declared = statuses.of_words(file.title) if told is not None else "provvisorio"
        named = {*at.values(), file.place(CODE), file.place("comune")}
        others = [place for place in range(len(file.header)) if place not in named]
        read, problems, elsewhere = [], [], 0
        for number, code, row in rows:
            if not code.startswith(PROVINCE):
                elsewhere += 1
                continue
            flags = [cell for place in others if FLAG.fullmatch(cell := row[place].strip())]
            values = {name: _value(row[place], COLUMNS[name][1]) for name, place in at.items()}
            wrong = [name for name, value in values.items() if value is None]
            problems += [
                Problem("un numero intero", f"«{row[at[name]]}»", path, riga=number, colonna=name) for name in wrong
            ]
            if not wrong and values["nati"] - values["morti"] != values["saldo_naturale"]:  # type: ignore[operator]
                found = str(values["saldo_naturale"])
                problems.append(Problem("nati meno morti", found, path, riga=number, colonna="saldo_naturale"))
            status = weakest_status([declared, *(statuses.of_flag(flag) for flag in flags)])
            read.append({"cod_comune": code, **values, "stato": status})
    frame = pd.DataFrame(read, columns=["cod_comune", *COLUMNS, "stato"])
    check_whole(set(frame["cod_comune"]), territorio, path)
    year = told or anno
    if year is None:
        raise of_unknown_date(path, "AAAA")
    repeated = frame.loc[frame["cod_comune"].duplicated(), "cod_comune"]
    problems = file.problems + problems
    problems += [Problem("una sola riga per comune", f"{code} ripetuto", path) for code in repeated]
    problems += not_in_force(set(frame["cod_comune"]), territorio, path)
    if problems:
        raise refused(path, NAME, sorted(problems, key=lambda problem: problem.riga or 10**9))
    return BalanceFile(year, frame, elsewhere, weakest_status(frame["stato"]))


def _value(cell: str, signed: bool) -> int | None:
    text = cell.strip()
    negative = signed and text.startswith("-")
    number = whole_number(text.removeprefix("-") if negative else text)
    return -number if negative and number is not None else number
