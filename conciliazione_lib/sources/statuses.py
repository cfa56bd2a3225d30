"""How the sources say that a datum is not final: one-letter flags beside the values, words in titles and notes.

Whatever is not known to mean «final» is provisional: a flag never seen before cannot make an estimate look definitive.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from types import MappingProxyType

import pandas as pd

from conciliazione_lib.storage import FINAL, weakest_status

#: The flags of the standard list CL_OBS_STATUS that are about how final a value is, and those that are about something
#: else (A as it should be, B break in the series, D another definition).
FLAGS = MappingProxyType(
    {
        "a": FINAL,
        "b": FINAL,
        "d": FINAL,
        "p": "provvisorio",
        "v": "provvisorio",
        "e": "stima",
        "i": "stima",
        "f": "previsione",
    }
)
#: The words of titles and notes, the least final first.
WORDS = (
    ("previsione", re.compile(r"\bprevision|\bproiezion", re.IGNORECASE)),
    ("stima", re.compile(r"\bstim[aeo]\b|\bstimat", re.IGNORECASE)),
    (
        "provvisorio",
        re.compile(r"\bprovvisori|\bpreliminar|\banticipa|\bin corso di validazione|\bnon definitiv", re.IGNORECASE),
    ),
)
#: What is said of data that is not definitive, by its status.
DECLARED = MappingProxyType(
    {
        "provvisorio": "La fonte li dice provvisori",
        "stima": "La fonte li dice stimati",
        "previsione": "La fonte li dice previsti",
    }
)
_FINAL = re.compile(r"\bdefinitiv", re.IGNORECASE)
_IN_PARENTHESES = re.compile(r"\(([^()]+)\)\s*$")


def settled(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return rows and their status as a whole; the column goes when it says the same of every row.

    Parameters
    ----------
    frame : DataFrame
        With the column ``stato``, or without.
    """
    if "stato" not in frame:
        return frame, FINAL
    found = set(frame["stato"])
    return frame.drop(columns="stato") if len(found) < 2 else frame, weakest_status(found)


def of_flag(flag: str) -> str:
    """Return the status that a flag means; one that nobody knows is provisional.

    Parameters
    ----------
    flag : str
        As written beside the value: empty, one letter, or several (``p``, ``b;e``, ``bp``).

    Examples
    --------
    >>> of_flag(""), of_flag("e"), of_flag("b, p"), of_flag("q")
    ('definitivo', 'stima', 'provvisorio', 'provvisorio')
    """
    letters = [letter for letter in flag.casefold() if not letter.isspace() and letter not in ",;/|"]
    return weakest_status(FLAGS.get(letter, "provvisorio") for letter in letters)


def of_words(title: str, notes: Iterable[str] = ()) -> str:
    """Return the status that the title and the notes of a file declare; definitive when they declare none.

    What a title adds in parentheses at its end, and is none of the words known, is provisional.

    Examples
    --------
    >>> of_words("Popolazione residente per età e sesso al 1° gennaio 2026 (stima)")
    'stima'
    >>> of_words("Popolazione residente al 1° gennaio 2025", ["Nota: dati provvisori."])
    'provvisorio'
    >>> of_words("Popolazione residente al 1° gennaio 2027 (anteprima)")
    'provvisorio'
    """
    said = [next((status for status, words in WORDS if words.search(text)), FINAL) for text in (title, *notes) if text]
    added = _IN_PARENTHESES.search(title.strip().strip('";, \t'))
    if added and said[:1] == [FINAL] and not _FINAL.search(added[1]):
        said.append("provvisorio")
    return weakest_status(said)
