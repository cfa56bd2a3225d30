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
from conciliazione_lib.catalog.tables.questionari import MODULI, RISPOSTA_APERTA
from conciliazione_lib.errors import DatiError, Problem, UsoError
from conciliazione_lib.sources.cells import shown
from conciliazione_lib.sources.files import Sheet, normalise, read_sheets
from conciliazione_lib.sources.numbers import NOT_KNOWN
from conciliazione_lib.sources.templates import CREATED

HEADER_ROWS = 10
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
    modulo = given.get("modulo")
    if modulo not in MODULI:
        raise UsoError(
            "Non è detto di quale questionario siano le risposte.",
            f"Aggiungere --con modulo={MODULI[0]} oppure --con modulo={MODULI[1]}.",
        )
    domande = instrument[instrument["modulo"] == modulo]
    pagina, riga, colonne, contesto, ignorate = _layout(read_sheets(path), domande, sheet, path)
    mancanti = [nome for nome in CONTEXT if nome not in contesto and nome not in given]
    if mancanti:
        raise UsoError(
            f"Il file «{path.name}» non dice: {', '.join(mancanti)}.",
            "Aggiungere " + ", ".join(f"--con {nome}=…" for nome in mancanti) + ".",
        )
    righe: list[dict[str, object]] = []
    problemi: list[Problem] = []
    rispondenti = 0
    # the file is part of who answered: two exports of one Alleanza are added up, one read twice counts once
    impronta = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    for numero, celle in enumerate(pagina.cells[riga + 1 :], start=riga + 2):
        date = dict(_answers(celle, colonne))
        if not date:
            continue
        rispondenti += 1
        fissi = {nome: given.get(nome) for nome in (*CONTEXT, *SOURCE)}
        fissi |= {nome: shown(celle[posto]) for nome, posto in contesto.items() if celle[posto] is not None}
        for posto, risposta in date.items():
            if isinstance(risposta, Problem):
                intestazione = shown(pagina.cells[riga][posto])
                problemi.append(replace(risposta, file=path, foglio=pagina.name, riga=numero, colonna=intestazione))
                continue
            chiave = {"modulo": modulo, "cod_rispondente": f"{impronta}-{rispondenti:05d}"}
            righe.append({**chiave, **fissi, "cod_domanda": colonne[posto]["cod_domanda"], "risposta": risposta})
    if problemi:
        raise DatiError(
            f"Nel file «{path.name}» alcune risposte non sono fra quelle ammesse: {len(problemi)}.",
            "Correggere il file e riprovare: finché resta un problema nulla è importato.",
            problemi,
        )
    spec = catalog.spec("questionari")
    frame = pd.DataFrame(righe, columns=list(spec.columns))
    return Answers(catalog.validate(frame, spec, file=path), rispondenti, len(colonne), tuple(ignorate))


def _layout(
    sheets: list[Sheet], questions: pd.DataFrame, name: str | None, path: Path
) -> tuple[Sheet, int, dict[int, Any], dict[str, int], list[str]]:
    """Return the sheet, the row of the header, its questions and context by position, and the other headers."""
    nomi: dict[str, Any] = {}
    for voce in questions.to_dict("records"):
        nomi |= {normalise(voce["cod_domanda"]): voce, normalise(voce["testo"]): voce}
    if name is not None and name not in [pagina.name for pagina in sheets]:
        raise UsoError(f"Nel file «{path.name}» non c'è il foglio «{name}».", "Controllare il nome del foglio.")
    migliore: tuple[int, Sheet, int] | None = None
    for pagina in sheets:
        if name not in (None, pagina.name):
            continue
        for riga, celle in enumerate(pagina.cells[:HEADER_ROWS]):
            quante = sum(_question(cella, nomi) is not None for cella in celle)
            if quante and (migliore is None or quante > migliore[0]):
                migliore = quante, pagina, riga
    if migliore is None:
        raise DatiError(
            f"Nel file «{path.name}» nessuna colonna è una domanda del questionario.",
            "Le intestazioni devono essere i codici o i testi delle domande: «conciliazione dati modello questionari» "
            "li elenca.",
        )
    _, pagina, riga = migliore
    colonne: dict[int, Any] = {}
    contesto: dict[str, int] = {}
    ignorate: list[str] = []
    for posto, cella in enumerate(pagina.cells[riga]):
        domanda = _question(cella, nomi)
        if domanda is not None:
            if any(gia["cod_domanda"] == domanda["cod_domanda"] for gia in colonne.values()):
                raise DatiError(
                    f"Nel file «{path.name}» due colonne sono la domanda {domanda['cod_domanda']}.",
                    "Lasciarne una sola.",
                )
            colonne[posto] = domanda
        elif normalise(cella) in CONTEXT:
            contesto[normalise(cella)] = posto
        elif cella is not None:
            ignorate.append(shown(cella))
    return pagina, riga, colonne, contesto, ignorate


def _question(header: object, names: Mapping[str, Any]) -> Any | None:
    """Return the question that a header names: by code, by text, ``CODE. Text``, ``Group [Text]``."""
    if not isinstance(header, str):
        return None
    pezzi = [header, *re.findall(r"\[([^\]]+)\]", header)]
    inizio = re.match(r"\s*([A-Za-z]+\d*)\s*[.:)\-]\s*(.*)", header, flags=re.DOTALL)
    pezzi += list(inizio.groups()) if inizio else []
    return next((names[normalise(pezzo)] for pezzo in pezzi if normalise(pezzo) in names), None)


def _answers(cells: list[object], columns: Mapping[int, Any]) -> Iterator[tuple[int, str | Problem]]:
    for posto, domanda in columns.items():
        cella = cells[posto] if posto < len(cells) else None
        if cella is not None and normalise(cella) not in NOT_KNOWN:
            yield posto, _answer(shown(cella), domanda)


def _answer(text: str, question: Mapping[str, Any]) -> str | Problem:
    """Return an answer as the table keeps it, or the problem it has."""
    if question["tipo"] == "aperta":
        return RISPOSTA_APERTA
    if question["tipo"] == "numero":
        intero = text.replace(".", "").strip()
        return intero if intero.isdigit() else Problem("un numero intero", f"«{text}»")
    opzioni = dict(voce.split("=", 1) for voce in question["opzioni"].split("|"))
    noti = {normalise(chiave): valore for valore, parole in opzioni.items() for chiave in (valore, parole)}
    punto = re.match(r"\s*A?(\d+)\b", text)  # «4 - molto», and the codes of some tools («A4»)
    for scritta in (normalise(text), punto[1] if punto else ""):
        if scritta in noti:
            return noti[scritta]
    return Problem("una fra: " + ", ".join(f"{v} ({parole})" for v, parole in opzioni.items()), f"«{text}»")


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
        for modulo, domande in instrument.sort_values("ordine").groupby("modulo", sort=True):
            page = book.add_worksheet(str(modulo))
            page.freeze_panes(1, 0)
            page.write_row(0, 0, CONTEXT, bold)
            for posto, domanda in enumerate(domande.to_dict("records"), start=len(CONTEXT)):
                page.write(0, posto, domanda["cod_domanda"], bold)
                page.write_comment(0, posto, domanda["testo"])
                if isinstance(domanda["opzioni"], str):
                    valori = [voce.split("=")[0] for voce in domanda["opzioni"].split("|")]
                    page.data_validation(1, posto, 2000, posto, {"validate": "list", "source": valori})
        guide = book.add_worksheet("Domande")
        titoli = ["modulo", "cod_domanda", "dimensione", "testo", "opzioni"]
        guide.write_row(0, 0, titoli, bold)
        for riga, domanda in enumerate(instrument.sort_values(["modulo", "ordine"]).to_dict("records"), start=1):
            for posto, titolo in enumerate(titoli):
                valore = domanda[titolo]
                guide.write(riga, posto, valore.replace("|", "\n") if isinstance(valore, str) else "", wrap)
        guide.set_column(0, 2, 24)
        guide.set_column(3, 4, 60)
        guide.write(len(instrument) + 2, 0, "Una riga per questionario, senza nomi né recapiti.")
        guide.write(len(instrument) + 3, 0, "Compilato, il file torna a chi lo ha mandato, che lo porta fra i dati.")
