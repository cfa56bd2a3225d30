"""Checking a frame against its declaration: every problem at once, in Italian, with the nearest valid value."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Hashable
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pandas as pd

from conciliazione_lib.catalog.spec import DAY, HOUR, SIX_DIGITS, Column, TableSpec
from conciliazione_lib.errors import DatiError, Problem

KINDS = MappingProxyType({"Int64": "un numero intero", "float64": "un numero"})

#: Beyond so many repetitions of a row, the others are counted.
REPEATED = 20

Row = Callable[[Hashable], int]


class _Failure(NamedTuple):
    """One failed check of pandera: which check, in which column and row, on what value."""

    controllo: str
    colonna: str
    indice: Any
    valore: Any


def validate(
    frame: pd.DataFrame,
    dichiarazione: TableSpec,
    *,
    file: Path | str | None = None,
    sheet: str | None = None,
    row: Row | None = None,
) -> pd.DataFrame:
    """Return the frame with the types and the column order of its declaration.

    Parameters
    ----------
    frame : DataFrame
        The rows as read; text is turned into numbers where the declaration says so.
    dichiarazione : TableSpec
        The declaration of the table.
    file, sheet : optional
        Where the rows come from, for the messages.
    row : callable, optional
        From an index label of ``frame`` to the row of the user's file. By default the frame is a CSV with one
        header line and an index from 0: the first row is row 2.

    Raises
    ------
    DatiError
        With all the problems found; nothing is corrected or dropped.
    """
    ready, found = _check(frame, dichiarazione, file=file, sheet=sheet, row=row)
    if found:
        how_many = "un problema" if len(found) == 1 else f"{len(found)} problemi"
        raise DatiError(
            f"La tabella «{dichiarazione.name}» non rispetta il suo schema: {how_many}.",
            "Correggere il file e riprovare: finché resta un problema la tabella precedente rimane al suo posto.",
            found,
        )
    return ready


def problems(
    frame: pd.DataFrame,
    dichiarazione: TableSpec,
    *,
    file: Path | str | None = None,
    sheet: str | None = None,
    row: Row | None = None,
) -> list[Problem]:
    """Return all the problems of a frame, without raising. Parameters as in :func:`validate`."""
    return _check(frame, dichiarazione, file=file, sheet=sheet, row=row)[1]


def _check(
    frame: pd.DataFrame,
    dichiarazione: TableSpec,
    *,
    file: Path | str | None,
    sheet: str | None,
    row: Row | None,
) -> tuple[pd.DataFrame, list[Problem]]:
    number_: Row = row or (lambda label: int(float(str(label))) + 2)
    ready, found = _check_cells(frame, dichiarazione, number_)
    if not found:
        # Rules and keys presuppose the right types: they are only asked of a frame that has them.
        found = _impossible_days(ready, dichiarazione, number_) + repeated_rows(ready, dichiarazione, number_)
        for rule in dichiarazione.rules:
            for problem in rule.check(ready):
                numbered = number_(problem.riga) if problem.riga is not None else None
                found.append(replace(problem, riga=numbered))
    return ready, [replace(problem, file=file, foglio=sheet) for problem in found]


def _check_cells(frame: pd.DataFrame, dichiarazione: TableSpec, numbered: Row) -> tuple[pd.DataFrame, list[Problem]]:
    """Return the frame with its types, and the problems of its columns and cells."""
    ready, cases = _failures(frame, dichiarazione)
    unreadable = [case for case in cases if case.controllo.startswith("coerce_dtype")]
    if unreadable:
        # A cell of the wrong type hides the other checks of its column: set it aside and look again.
        empty = {(case.colonna, case.indice) for case in unreadable}
        _, others = _failures(_blanked(frame, empty), dichiarazione)
        cases = unreadable + [case for case in others if (case.colonna, case.indice) not in empty]
    if not cases:
        return dichiarazione.typed(ready), []
    found: dict[tuple[int, str], Problem] = {}
    for case in cases:
        problem = _problem(case, frame, dichiarazione, numbered)
        found.setdefault((problem.riga or 0, problem.colonna or ""), problem)  # one for each cell
    return frame, [found[key] for key in sorted(found)]


def _failures(frame: pd.DataFrame, dichiarazione: TableSpec) -> tuple[pd.DataFrame, list[_Failure]]:
    from pandera.errors import SchemaErrors

    try:
        return dichiarazione.schema.validate(frame, lazy=True), []
    except SchemaErrors as cause:
        cases = [
            _Failure(str(case.check), str(case.column), case.index, case.failure_case)
            for case in cause.failure_cases.itertuples()
        ]
    # Pandera repeats a conversion failure as a wrong type of the whole column.
    return frame, [case for case in cases if not case.controllo.startswith("dtype(")]


def _blanked(frame: pd.DataFrame, cells: set[tuple[str, Any]]) -> pd.DataFrame:
    copy = frame.astype("object")
    for column, index in cells:
        copy.at[index, column] = None
    return copy


def _problem(case: _Failure, frame: pd.DataFrame, dichiarazione: TableSpec, numbered: Row) -> Problem:
    if case.controllo == "column_in_schema":
        return _unexpected_column(str(case.valore), dichiarazione)
    if case.controllo == "column_in_dataframe":
        return _missing_column(str(case.valore), dichiarazione)
    expected, remedy = _expectation(case, dichiarazione.columns[case.colonna])
    original = frame.at[case.indice, case.colonna]
    return Problem(expected, _shown(original), riga=numbered(case.indice), colonna=case.colonna, rimedio=remedy)


def _expectation(case: _Failure, column: Column) -> tuple[str, str | None]:
    """Return what was expected and the remedy, for a check that failed on a value."""
    check, value, kind = case.controllo, case.valore, column.dtype
    if check == "not_nullable":
        return "un valore, la colonna è obbligatoria", None
    if check.startswith("coerce_dtype"):
        separator = kind == "float64" and "," in str(value)
        return KINDS.get(kind, "un testo"), "Il separatore dei decimali è il punto." if separator else None
    if check.startswith("isin"):
        allowed = column.values or ()
        neighbours = get_close_matches(str(value).lower(), [entry.lower() for entry in allowed], n=1, cutoff=0.5)
        exact = next((entry for entry in allowed if neighbours and entry.lower() == neighbours[0]), None)
        listing = ", ".join(allowed[:12]) + (", …" if len(allowed) > 12 else "")
        return f"uno fra: {listing}", f"Il più vicino è «{exact}»." if exact else None
    if check.startswith("str_matches"):
        return _pattern(column.pattern or ""), None
    end = re.search(r"\((-?[\d.]+)\)", check)
    if end and check.startswith("greater_than_or_equal_to"):
        return f"un valore non minore di {end[1]}", None
    if end and check.startswith("less_than_or_equal_to"):
        return f"un valore non maggiore di {end[1]}", None
    return f"un valore che rispetti «{check}»", None


def _pattern(template: str) -> str:
    known = {
        SIX_DIGITS: "un codice ISTAT di sei cifre",
        DAY: "una data nella forma AAAA-MM-GG",
        HOUR: "un'ora nella forma OO:MM",
    }
    return known.get(template, f"un testo nella forma {template}")


def _unexpected_column(nome: str, dichiarazione: TableSpec) -> Problem:
    near = get_close_matches(nome, list(dichiarazione.columns), n=1, cutoff=0.6)
    remedy = f"Forse è «{near[0]}»." if near else "Togliere la colonna."
    return Problem("solo le colonne della tabella", f"la colonna «{nome}»", colonna=nome, rimedio=remedy)


def _missing_column(nome: str, dichiarazione: TableSpec) -> Problem:
    description = dichiarazione.columns[nome].description
    return Problem(f"la colonna «{nome}» ({description})", "nessuna colonna con questo nome", colonna=nome)


def repeated_rows(frame: pd.DataFrame, dichiarazione: TableSpec, numbered: Row) -> list[Problem]:
    """Return a problem for each repeated row; of one repeated very many times, the first ones and a count."""
    keys = list(dichiarazione.keys)
    if not keys or not (again := frame.duplicated(keys, keep="first")).any():
        return []
    times = frame.groupby(keys, sort=False, dropna=False).cumcount()
    expected = f"una sola riga per {', '.join(keys)}"
    found = [
        Problem(expected, "una riga ripetuta: " + ", ".join(_shown(value) for value in values), riga=numbered(label))
        for label, *values in frame.loc[again & (times <= REPEATED), keys].itertuples()
    ]
    many = frame[times > REPEATED]
    counts = many.groupby(keys, sort=False, dropna=False).size()
    for (label, *values), count in zip(many[keys].drop_duplicates().itertuples(), counts, strict=True):
        shown = ", ".join(_shown(value) for value in values)
        found.append(Problem(expected, f"la stessa riga altre {count} volte: {shown}", riga=numbered(label)))
    return found


def _impossible_days(frame: pd.DataFrame, dichiarazione: TableSpec, numbered: Row) -> list[Problem]:
    """Return a problem for each date that is written as one but that no calendar has."""
    found = []
    for name, column in dichiarazione.columns.items():
        if name in frame and column.pattern == DAY:
            wrong = {value for value in frame[name].dropna().unique() if not _exists(str(value))}
            for label, value in frame.loc[frame[name].isin(wrong), name].items():
                found.append(Problem("una data che esista", _shown(value), riga=numbered(label), colonna=name))
    return found


def _exists(day: str) -> bool:
    try:
        dt.date.fromisoformat(day)
    except ValueError:
        return False
    return True


def _shown(valore: Any) -> str:
    return "una cella vuota" if pd.isna(valore) else f"«{valore}»"
