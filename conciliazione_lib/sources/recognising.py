"""What a file seems to be, before it is read: which table, on which sheet, and which of its columns are which.

Nothing is decided here: the analyst sees the guess, confirms it or says another.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import conciliazione_lib.sources.columns as columns
import conciliazione_lib.sources.demo as demo
from conciliazione_lib import catalog
from conciliazione_lib.catalog import TableSpec
from conciliazione_lib.sources.cells import shown
from conciliazione_lib.sources.columns import Layout, find_layout
from conciliazione_lib.sources.files import SPREADSHEETS, Sheet, normalise, read_sheets

#: Columns that any list may have: alone they do not tell what it is.
_ANYWHERE = frozenset(["grado", "fonte", "url", "note", "anno", "stato"])
#: Rows under the header that are looked at for the examples of a column, and how many are shown.
_LOOKED_AT, _EXAMPLES = 200, 3
#: A table that has less than this share of its compulsory columns is not a guess.
_ENOUGH = 0.4


@dataclass(frozen=True)
class Guess:
    """A table that a file may be.

    Attributes
    ----------
    table : str
        Its name.
    sheet : str or None
        The sheet with its columns; None for a CSV.
    found : int
        How many of its columns the sheet has.
    complete : bool
        Whether it has all those that every row must have, but for the source.
    """

    table: str
    sheet: str | None
    found: int
    complete: bool


@dataclass(frozen=True)
class Header:
    """A header of a file.

    Attributes
    ----------
    written : str
        As the file writes it.
    column : str or None
        The column of the table that it is, None when none is.
    examples : tuple of str
        The first different values under it.
    asked : tuple of str
        The columns of the table that it may be: a question, when there is any.
    """

    written: str
    column: str | None
    examples: tuple[str, ...]
    asked: tuple[str, ...]


@dataclass(frozen=True)
class Outline:
    """The columns of a sheet beside those of a table.

    Attributes
    ----------
    headers : tuple of Header
        Of the sheet, from the left.
    missing : tuple of str
        Columns that every row must have and the sheet does not.
    unfilled : tuple of str
        Quantities of the table that the sheet does not have.
    """

    headers: tuple[Header, ...]
    missing: tuple[str, ...]
    unfilled: tuple[str, ...]


def guesses(path: Path) -> list[Guess]:
    """Return the tables that a file may be, the likeliest first.

    Parameters
    ----------
    path : Path
        A file in one of the formats that are read.

    Raises
    ------
    UsoError, DatiError
        When it cannot be read at all.
    """
    if path.suffix.lower() not in SPREADSHEETS:
        known = demo.recognise(path)
        if known is not None:
            return [Guess(table, None, 0, True) for table in known.tabelle]
    found: list[tuple[tuple[float, ...], Guess]] = []
    for sheet in read_sheets(path):
        words = frozenset(normalise(f"{path.stem} {sheet.name or ''}").split())
        for name in catalog.names():
            guess = _guess(sheet, catalog.spec(name), words)
            if guess is not None:
                found.append(guess)
    found.sort(key=lambda one: one[0], reverse=True)
    return [guess for _, guess in found]


def _guess(sheet: Sheet, spec: TableSpec, words: frozenset[str]) -> tuple[tuple[float, ...], Guess] | None:
    layout = find_layout(sheet, spec, {})
    if layout is None:
        return None
    own = [name for name in layout.columns if name not in _ANYWHERE]
    wanted = [name for name in columns.needed(spec, ["grado", "fonte"]) if name not in _ANYWHERE]
    share = sum(name in own for name in wanted) / len(wanted) if wanted else 0.0
    if len(own) < 2 or share < _ENOUGH:
        return None
    lacking = columns.missing_columns(sheet, spec, layout, ["grado", "fonte"])
    named = float(normalise(sheet.name or "") == normalise(spec.name))
    alike = len(words & set(normalise(f"{spec.name} {spec.title}").split()))
    explained = len(layout.columns) / (len(layout.columns) + len(layout.unused))
    score = (named, float(not lacking), share + explained + alike / 4, float(len(own)))
    return score, Guess(spec.name, sheet.name, len(layout.columns), not lacking)


def sheets_like(path: Path, spec: TableSpec) -> list[str]:
    """Return the names of the sheets that have columns of a table, in the order of the file."""
    return [s.name for s in read_sheets(path) if s.name is not None and find_layout(s, spec, {}) is not None]


def outline(
    path: Path, spec: TableSpec, sheet: str | None, answers: Mapping[str, str], given: Collection[str]
) -> Outline | None:
    """Return the columns of a sheet beside those of a table; None when it has none of them.

    Parameters
    ----------
    path, spec
        The file and the table.
    sheet : str, optional
        The sheet; by default the one with most columns of the table.
    answers : mapping
        What the analyst said of some headers: header to column, or to :data:`~conciliazione_lib.sources.columns.NONE`.
    given : collection of str
        Columns whose value comes from elsewhere.
    """
    said = columns.checked_answers(answers, spec)
    found = [
        (layout, one)
        for one in read_sheets(path)
        if sheet in (None, one.name) and (layout := find_layout(one, spec, said)) is not None
    ]
    if not found:
        return None
    layout, chosen = max(found, key=lambda pair: len(pair[0].columns))
    asked: dict[str, tuple[str, ...]] = {}
    for problem in columns.questions(chosen, spec, layout, given, said):
        header, remedy = str(problem.colonna), problem.rimedio or ""
        asked[header] = tuple(name for name in spec.columns if columns.answer(header, name) in remedy)
    held = {at: name for name, at in layout.columns.items()}
    places = {at: layout.names[name] for at, name in held.items()} | dict(layout.unused)
    headers = tuple(
        Header(written, held.get(at), _examples(chosen, layout, at), asked.get(written, ()))
        for at, written in sorted(places.items())
    )
    missing = tuple(name for name in columns.needed(spec, given) if name not in layout.columns)
    unfilled = tuple(n for n in columns.measures(spec) if n not in layout.columns and n not in given)
    return Outline(headers, missing, unfilled)


def _examples(sheet: Sheet, layout: Layout, at: int) -> tuple[str, ...]:
    rows = sheet.cells[layout.row + 1 :][:_LOOKED_AT]
    values = dict.fromkeys(shown(row[at]) for row in rows if at < len(row) and row[at] is not None)
    return tuple(values)[:_EXAMPLES]
