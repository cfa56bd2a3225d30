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

TIPI = MappingProxyType({"Int64": "un numero intero", "float64": "un numero"})

#: Beyond so many repetitions of a row, the others are counted.
RIPETUTE = 20

Riga = Callable[[Hashable], int]


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
    foglio: str | None = None,
    riga: Riga | None = None,
) -> pd.DataFrame:
    """Return the frame with the types and the column order of its declaration.

    Parameters
    ----------
    frame : DataFrame
        The rows as read; text is turned into numbers where the declaration says so.
    dichiarazione : TableSpec
        The declaration of the table.
    file, foglio : optional
        Where the rows come from, for the messages.
    riga : callable, optional
        From an index label of ``frame`` to the row of the user's file. By default the frame is a CSV with one
        header line and an index from 0: the first row is row 2.

    Raises
    ------
    DatiError
        With all the problems found; nothing is corrected or dropped.
    """
    pronto, trovati = _check(frame, dichiarazione, file=file, foglio=foglio, riga=riga)
    if trovati:
        quanti = "un problema" if len(trovati) == 1 else f"{len(trovati)} problemi"
        raise DatiError(
            f"La tabella «{dichiarazione.name}» non rispetta il suo schema: {quanti}.",
            "Correggere il file e riprovare: finché resta un problema la tabella precedente rimane al suo posto.",
            trovati,
        )
    return pronto


def problems(
    frame: pd.DataFrame,
    dichiarazione: TableSpec,
    *,
    file: Path | str | None = None,
    foglio: str | None = None,
    riga: Riga | None = None,
) -> list[Problem]:
    """Return all the problems of a frame, without raising. Parameters as in :func:`validate`."""
    return _check(frame, dichiarazione, file=file, foglio=foglio, riga=riga)[1]


def _check(
    frame: pd.DataFrame,
    dichiarazione: TableSpec,
    *,
    file: Path | str | None,
    foglio: str | None,
    riga: Riga | None,
) -> tuple[pd.DataFrame, list[Problem]]:
    numera: Riga = riga or (lambda etichetta: int(float(str(etichetta))) + 2)
    pronto, trovati = _check_cells(frame, dichiarazione, numera)
    if not trovati:
        # Rules and keys presuppose the right types: they are only asked of a frame that has them.
        trovati = _impossible_days(pronto, dichiarazione, numera) + repeated_rows(pronto, dichiarazione, numera)
        for regola in dichiarazione.rules:
            for problema in regola.check(pronto):
                numerata = numera(problema.riga) if problema.riga is not None else None
                trovati.append(replace(problema, riga=numerata))
    return pronto, [replace(problema, file=file, foglio=foglio) for problema in trovati]


def _check_cells(frame: pd.DataFrame, dichiarazione: TableSpec, numera: Riga) -> tuple[pd.DataFrame, list[Problem]]:
    """Return the frame with its types, and the problems of its columns and cells."""
    pronto, casi = _failures(frame, dichiarazione)
    illeggibili = [caso for caso in casi if caso.controllo.startswith("coerce_dtype")]
    if illeggibili:
        # A cell of the wrong type hides the other checks of its column: set it aside and look again.
        vuote = {(caso.colonna, caso.indice) for caso in illeggibili}
        _, altri = _failures(_blanked(frame, vuote), dichiarazione)
        casi = illeggibili + [caso for caso in altri if (caso.colonna, caso.indice) not in vuote]
    if not casi:
        return dichiarazione.typed(pronto), []
    trovati: dict[tuple[int, str], Problem] = {}
    for caso in casi:
        problema = _problem(caso, frame, dichiarazione, numera)
        trovati.setdefault((problema.riga or 0, problema.colonna or ""), problema)  # one for each cell
    return frame, [trovati[chiave] for chiave in sorted(trovati)]


def _failures(frame: pd.DataFrame, dichiarazione: TableSpec) -> tuple[pd.DataFrame, list[_Failure]]:
    from pandera.errors import SchemaErrors

    try:
        return dichiarazione.schema.validate(frame, lazy=True), []
    except SchemaErrors as causa:
        casi = [
            _Failure(str(caso.check), str(caso.column), caso.index, caso.failure_case)
            for caso in causa.failure_cases.itertuples()
        ]
    # Pandera repeats a conversion failure as a wrong type of the whole column.
    return frame, [caso for caso in casi if not caso.controllo.startswith("dtype(")]


def _blanked(frame: pd.DataFrame, celle: set[tuple[str, Any]]) -> pd.DataFrame:
    copia = frame.astype("object")
    for colonna, indice in celle:
        copia.at[indice, colonna] = None
    return copia


def _problem(caso: _Failure, frame: pd.DataFrame, dichiarazione: TableSpec, numera: Riga) -> Problem:
    if caso.controllo == "column_in_schema":
        return _unexpected_column(str(caso.valore), dichiarazione)
    if caso.controllo == "column_in_dataframe":
        return _missing_column(str(caso.valore), dichiarazione)
    atteso, rimedio = _expectation(caso, dichiarazione.columns[caso.colonna])
    originale = frame.at[caso.indice, caso.colonna]
    return Problem(atteso, _shown(originale), riga=numera(caso.indice), colonna=caso.colonna, rimedio=rimedio)


def _expectation(caso: _Failure, colonna: Column) -> tuple[str, str | None]:
    """Return what was expected and the remedy, for a check that failed on a value."""
    controllo, valore, tipo = caso.controllo, caso.valore, colonna.dtype
    if controllo == "not_nullable":
        return "un valore, la colonna è obbligatoria", None
    if controllo.startswith("coerce_dtype"):
        separatore = tipo == "float64" and "," in str(valore)
        return TIPI.get(tipo, "un testo"), "Il separatore dei decimali è il punto." if separatore else None
    if controllo.startswith("isin"):
        ammessi = colonna.values or ()
        vicini = get_close_matches(str(valore).lower(), [voce.lower() for voce in ammessi], n=1, cutoff=0.5)
        esatto = next((voce for voce in ammessi if vicini and voce.lower() == vicini[0]), None)
        elenco = ", ".join(ammessi[:12]) + (", …" if len(ammessi) > 12 else "")
        return f"uno fra: {elenco}", f"Il più vicino è «{esatto}»." if esatto else None
    if controllo.startswith("str_matches"):
        return _pattern(colonna.pattern or ""), None
    estremo = re.search(r"\((-?[\d.]+)\)", controllo)
    if estremo and controllo.startswith("greater_than_or_equal_to"):
        return f"un valore non minore di {estremo[1]}", None
    if estremo and controllo.startswith("less_than_or_equal_to"):
        return f"un valore non maggiore di {estremo[1]}", None
    return f"un valore che rispetti «{controllo}»", None


def _pattern(modello: str) -> str:
    noti = {
        SIX_DIGITS: "un codice ISTAT di sei cifre",
        DAY: "una data nella forma AAAA-MM-GG",
        HOUR: "un'ora nella forma OO:MM",
    }
    return noti.get(modello, f"un testo nella forma {modello}")


def _unexpected_column(nome: str, dichiarazione: TableSpec) -> Problem:
    vicine = get_close_matches(nome, list(dichiarazione.columns), n=1, cutoff=0.6)
    rimedio = f"Forse è «{vicine[0]}»." if vicine else "Togliere la colonna."
    return Problem("solo le colonne della tabella", f"la colonna «{nome}»", colonna=nome, rimedio=rimedio)


def _missing_column(nome: str, dichiarazione: TableSpec) -> Problem:
    descrizione = dichiarazione.columns[nome].description
    return Problem(f"la colonna «{nome}» ({descrizione})", "nessuna colonna con questo nome", colonna=nome)


def repeated_rows(frame: pd.DataFrame, dichiarazione: TableSpec, numera: Riga) -> list[Problem]:
    """Return a problem for each repeated row; of one repeated very many times, the first ones and a count."""
    keys = list(dichiarazione.keys)
    if not keys or not (again := frame.duplicated(keys, keep="first")).any():
        return []
    times = frame.groupby(keys, sort=False, dropna=False).cumcount()
    expected = f"una sola riga per {', '.join(keys)}"
    found = [
        Problem(expected, "una riga ripetuta: " + ", ".join(_shown(value) for value in values), riga=numera(label))
        for label, *values in frame.loc[again & (times <= RIPETUTE), keys].itertuples()
    ]
    many = frame[times > RIPETUTE]
    counts = many.groupby(keys, sort=False, dropna=False).size()
    for (label, *values), count in zip(many[keys].drop_duplicates().itertuples(), counts, strict=True):
        shown = ", ".join(_shown(value) for value in values)
        found.append(Problem(expected, f"la stessa riga altre {count} volte: {shown}", riga=numera(label)))
    return found


def _impossible_days(frame: pd.DataFrame, dichiarazione: TableSpec, numera: Riga) -> list[Problem]:
    """Return a problem for each date that is written as one but that no calendar has."""
    found = []
    for name, column in dichiarazione.columns.items():
        if name in frame and column.pattern == DAY:
            wrong = {value for value in frame[name].dropna().unique() if not _exists(str(value))}
            for label, value in frame.loc[frame[name].isin(wrong), name].items():
                found.append(Problem("una data che esista", _shown(value), riga=numera(label), colonna=name))
    return found


def _exists(day: str) -> bool:
    try:
        dt.date.fromisoformat(day)
    except ValueError:
        return False
    return True


def _shown(valore: Any) -> str:
    return "una cella vuota" if pd.isna(valore) else f"«{valore}»"
