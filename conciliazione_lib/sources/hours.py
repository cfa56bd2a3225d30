"""Times of the day as offices write them: ``7.30``, ``ore 7:30``, a cell. Two times in a cell are a problem."""

from __future__ import annotations

import datetime as dt
import re

from conciliazione_lib.errors import Problem

_WRITTEN = re.compile(r"(?:alle |dalle )?(?:ore |h ?)?(\d{1,2})(?:[.:,h](\d{1,2}))?(?::00)?(?: ?h)?", re.IGNORECASE)
REMEDY = "Scrivere un'ora sola, per esempio 7:30; l'apertura e la chiusura hanno una colonna ciascuna."


def read_hour(cell: object) -> str | Problem:
    """Return a time of the day as the tables keep it, or the problem that it has.

    Parameters
    ----------
    cell : object
        A text, or the time of a spreadsheet (also as the fraction of a day that it is kept as).

    Examples
    --------
    >>> read_hour("7.30"), read_hour("ore 18"), read_hour("07:30:00"), read_hour(0.3125)
    ('07:30', '18:00', '07:30', '07:30')
    >>> read_hour("7:30-16:30").atteso
    "un'ora del giorno"
    """
    if isinstance(cell, dt.timedelta):
        cell = cell / dt.timedelta(days=1)
    if isinstance(cell, dt.datetime | dt.time):
        return f"{cell.hour:02d}:{cell.minute:02d}"
    if isinstance(cell, float) and 0 <= cell < 1:
        minutes = round(cell * 24 * 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}"
    # A spreadsheet reads «7,30» and «7.30» as a number of which the last zero is lost.
    text = f"{cell:.2f}".removesuffix(".00") if isinstance(cell, float) else str(cell).strip()
    found = _WRITTEN.fullmatch(text)
    if not found or int(found[1]) > 23 or int(found[2] or 0) > 59 or (found[2] and len(found[2]) == 1):
        return Problem("un'ora del giorno", f"«{cell}»", rimedio=REMEDY)
    return f"{int(found[1]):02d}:{int(found[2] or 0):02d}"
