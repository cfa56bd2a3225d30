"""Dates as offices write them: ``5/3/2025``, ``5 marzo 2025``, a cell. Impossible ones are problems."""

from __future__ import annotations

import datetime as dt
import re

from conciliazione_lib.errors import Problem
from conciliazione_lib.sources.files import normalise
from conciliazione_lib.territory.names import MONTHS

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_ITALIAN = re.compile(r"(\d{1,2})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{4})")
_WORDS = re.compile(r"(\d{1,2}) ?o? ([a-z]{3,9}) (\d{4})")
REMEDY = "Scrivere giorno, mese e anno con quattro cifre, per esempio 5/3/2025."


def read_day(cell: object) -> str | Problem:
    """Return a date as the tables keep it, or the problem that it has.

    Parameters
    ----------
    cell : object
        A text, or the date of a spreadsheet.

    Examples
    --------
    >>> read_day("5/3/2025"), read_day("5 marzo 2025"), read_day("1° marzo 2025")
    ('2025-03-05', '2025-03-05', '2025-03-01')
    >>> read_day("31/2/2025").atteso
    'una data che esista'
    """
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else _problem("una data senza l'ora", cell)
    if isinstance(cell, dt.date):
        return cell.isoformat()
    text = str(cell).strip()
    if found := _ISO.fullmatch(text):
        year, month, day = found.groups()
    elif found := _ITALIAN.fullmatch(text):
        day, month, year = found.groups()
    elif (found := _WORDS.fullmatch(normalise(text))) and (number := _month(found[2])):
        day, month, year = found[1], str(number), found[3]
    else:
        return _problem("una data", cell)
    try:
        return dt.date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return _problem("una data che esista", cell)


def _month(word: str) -> int | None:
    found = [number for number, name in enumerate(MONTHS, 1) if name == word or name[:3] == word]
    return found[0] if found else None


def _problem(expected: str, cell: object) -> Problem:
    return Problem(expected, f"«{cell}»", rimedio=REMEDY)
