"""From the export of a survey tool to answers, one a row; and the forms to fill in where there is no tool.

Survey tools export a row per respondent and a column per question, headed by its code, its text, or both
(``TEM1. Text``, ``Group [Text]``). Columns that are not questions of the instrument (names, addresses, times) are not
kept; of open answers only their presence is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from conciliazione_lib import catalog
from conciliazione_lib.errors import DatiError, Problem, UsoError
from conciliazione_lib.sources.cells import shown
from conciliazione_lib.sources.files import Sheet, normalise, read_sheets
from conciliazione_lib.sources.numbers import NOT_KNOWN
from conciliazione_lib.sources.templates import CREATED

HEADER_ROWS = 10
#: What is kept of an open answer: that there was one. Its words could tell who wrote them.
OPEN_ANSWER = "risposta data"
CONTEXT = ("ats", "alleanza", "rilevazione")
SOURCE = ("grado", "fonte", "url", "note")


@dataclass(frozen=True)
class Answers:
    """The answers read from an export.

    Attributes
    ----------
    frame : DataFrame
        Rows of the table ``questionari``.
    respondents : int
        Rows of the file with at least one answer.
    questions : int
        Questions of the instrument found among its columns.
    ignored : tuple of str
        Headers of the columns left out.
    """

    frame: pd.DataFrame
    respondents: int
    questions: int
    ignored: tuple[str, ...]


def read_export(path: Path, instrument: pd.DataFrame, given: Mapping[str, str], *, sheet: str | None = None) -> Answers:
    """Read the export of a survey tool.

    Parameters
    ----------
    path : Path
        A CSV or a spreadsheet, a row per respondent.
    instrument : DataFrame
        The table ``questionario``.
    given : mapping
        ``modulo`` (which questionnaire), and what the file does not say of ``ats, alleanza, rilevazione, fonte``.
    sheet : str, optional
        The sheet to read; by default the one with most questions.

    Returns
    -------
    Answers

    Raises
    ------
    UsoError
        If the questionnaire is not said, or the sheet does not exist.
    DatiError
        If no question is found, or with every answer that is not one of those allowed.
    """
    module, modules = given.get("modulo"), catalog.values("moduli")
    if module not in modules:
        raise UsoError(
            "Non è detto di quale questionario siano le risposte.",
            f"Aggiungere --con modulo={modules[0]} oppure --con modulo={modules[1]}.",
        )
    questions = instrument[instrument["modulo"] == module]
    page, row, columns, context, ignored = _layout(read_sheets(path), questions, sheet, path)
    missing = [name for name in CONTEXT if name not in context and name not in given]
    if missing:
        raise UsoError(
            f"Il file «{path.name}» non dice: {', '.join(missing)}.",
            "Aggiungere " + ", ".join(f"--con {name}=…" for name in missing) + ".",
        )
    rows: list[dict[str, object]] = []
    problems: list[Problem] = []
    respondents = 0
    # the file is part of who answered: two exports of one Alleanza are added up, one read twice counts once
    fingerprint = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    for number, cells in enumerate(page.cells[row + 1 :], start=row + 2):
        date = dict(_answers(cells, columns))
        if not date:
            continue
        respondents += 1
        fixed = {name: given.get(name) for name in (*CONTEXT, *SOURCE)}
        fixed |= {name: shown(cells[place]) for name, place in context.items() if cells[place] is not None}
        for place, answer in date.items():
            if isinstance(answer, Problem):
                header = shown(page.cells[row][place])
                problems.append(replace(answer, file=path, foglio=page.name, riga=number, colonna=header))
                continue
            key = {"modulo": module, "cod_rispondente": f"{fingerprint}-{respondents:05d}"}
            rows.append({**key, **fixed, "cod_domanda": columns[place]["cod_domanda"], "risposta": answer})
    if problems:
        raise DatiError(
            f"Nel file «{path.name}» alcune risposte non sono fra quelle ammesse: {len(problems)}.",
            "Correggere il file e riprovare: finché resta un problema nulla è importato.",
            problems,
        )
    spec = catalog.spec("questionari")
    frame = pd.DataFrame(rows, columns=list(spec.columns))
    return Answers(catalog.validate(frame, spec, file=path), respondents, len(columns), tuple(ignored))


def _layout(
    sheets: list[Sheet], questions: pd.DataFrame, name: str | None, path: Path
) -> tuple[Sheet, int, dict[int, Any], dict[str, int], list[str]]:
    """Return the sheet, the row of the header, its questions and context by position, and the other headers."""
    names: dict[str, Any] = {}
    for entry in questions.to_dict("records"):
        names |= {normalise(entry["cod_domanda"]): entry, normalise(entry["testo"]): entry}
    if name is not None and name not in [page.name for page in sheets]:
        raise UsoError(f"Nel file «{path.name}» non c'è il foglio «{name}».", "Controllare il nome del foglio.")
    best: tuple[int, Sheet, int] | None = None
    for page in sheets:
        if name not in (None, page.name):
            continue
        for row, cells in enumerate(page.cells[:HEADER_ROWS]):
            how_many = sum(_question(cell, names) is not None for cell in cells)
            if how_many and (best is None or how_many > best[0]):
                best = how_many, page, row
    if best is None:
        raise DatiError(
            f"Nel file «{path.name}» nessuna colonna è una domanda del questionario.",
            "Le intestazioni devono essere i codici o i testi delle domande: «conciliazione dati modello questionari» "
            "li elenca.",
        )
    _, page, row = best
    columns: dict[int, Any] = {}
    context: dict[str, int] = {}
    ignored: list[str] = []
    for place, cell in enumerate(page.cells[row]):
        question = _question(cell, names)
        if question is not None:
            if any(already["cod_domanda"] == question["cod_domanda"] for already in columns.values()):
                raise DatiError(
                    f"Nel file «{path.name}» due colonne sono la domanda {question['cod_domanda']}.",
                    "Lasciarne una sola.",
                )
            columns[place] = question
        elif normalise(cell) in CONTEXT:
            context[normalise(cell)] = place
        elif cell is not None:
            ignored.append(shown(cell))
    return page, row, columns, context, ignored


def _question(header: object, names: Mapping[str, Any]) -> Any | None:
    """Return the question that a header names: by code, by text, ``CODE. Text``, ``Group [Text]``."""
    if not isinstance(header, str):
        return None
    pieces = [header, *re.findall(r"\[([^\]]+)\]", header)]
    start = re.match(r"\s*([A-Za-z]+\d*)\s*[.:)\-]\s*(.*)", header, flags=re.DOTALL)
    pieces += list(start.groups()) if start else []
    return next((names[normalise(piece)] for piece in pieces if normalise(piece) in names), None)


def _answers(cells: list[object], columns: Mapping[int, Any]) -> Iterator[tuple[int, str | Problem]]:
    for place, question in columns.items():
        cell = cells[place] if place < len(cells) else None
        if cell is not None and normalise(cell) not in NOT_KNOWN:
            yield place, _answer(shown(cell), question)


def _answer(text: str, question: Mapping[str, Any]) -> str | Problem:
    """Return an answer as the table keeps it, or the problem it has."""
    if question["tipo"] == "aperta":
        return OPEN_ANSWER
    if question["tipo"] == "numero":
        whole = text.replace(".", "").strip()
        return whole if whole.isdigit() else Problem("un numero intero", f"«{text}»")
    options = dict(entry.split("=", 1) for entry in question["opzioni"].split("|"))
    known = {normalise(key): value for value, words in options.items() for key in (value, words)}
    point = re.match(r"\s*A?(\d+)\b", text)  # «4 - molto», and the codes of some tools («A4»)
    for written in (normalise(text), point[1] if point else ""):
        if written in known:
            return known[written]
    return Problem("una fra: " + ", ".join(f"{v} ({words})" for v, words in options.items()), f"«{text}»")


def write_forms(path: Path, instrument: pd.DataFrame) -> None:
    """Write the workbook of the questionnaires: a sheet to fill in for each, and the list of the questions.

    Parameters
    ----------
    path : Path
        The ``.xlsx`` to write.
    instrument : DataFrame
        The table ``questionario``.
    """
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"title": "Questionari", "created": CREATED})
        bold, wrap = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        for module, questions in instrument.sort_values("ordine").groupby("modulo", sort=True):
            page = book.add_worksheet(str(module))
            page.freeze_panes(1, 0)
            page.write_row(0, 0, CONTEXT, bold)
            for place, question in enumerate(questions.to_dict("records"), start=len(CONTEXT)):
                page.write(0, place, question["cod_domanda"], bold)
                page.write_comment(0, place, question["testo"])
                if isinstance(question["opzioni"], str):
                    values = [entry.split("=")[0] for entry in question["opzioni"].split("|")]
                    page.data_validation(1, place, 2000, place, {"validate": "list", "source": values})
        guide = book.add_worksheet("Domande")
        titles = ["modulo", "cod_domanda", "dimensione", "testo", "opzioni"]
        guide.write_row(0, 0, titles, bold)
        for row, question in enumerate(instrument.sort_values(["modulo", "ordine"]).to_dict("records"), start=1):
            for place, title in enumerate(titles):
                value = question[title]
                guide.write(row, place, value.replace("|", "\n") if isinstance(value, str) else "", wrap)
        guide.set_column(0, 2, 24)
        guide.set_column(3, 4, 60)
        guide.write(len(instrument) + 2, 0, "Una riga per questionario, senza nomi né recapiti.")
        guide.write(len(instrument) + 3, 0, "Compilato, il file torna a chi lo ha mandato, che lo porta fra i dati.")
