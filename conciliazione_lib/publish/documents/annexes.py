"""What stands beside a document, in its workbook: definitions, sources, every figure; and the foot of a sheet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from conciliazione_lib.evidence import Figure, Ledger, formats, grammar
from conciliazione_lib.evidence import cards as schede
from conciliazione_lib.evidence import load as registro_indicatori
from conciliazione_lib.publish import quadrature
from conciliazione_lib.publish.documents.elements import NOTA, Element, Paragraph, Span, Table
from conciliazione_lib.publish.edition import Chapter, Edition
from conciliazione_lib.quality.marks import marks
from conciliazione_lib.storage import DEFINITIVO, ORIGINALE


def annexes(edition: Edition, chapters: Sequence[Chapter], shown: Sequence[str]) -> list[Table]:
    """Return what the workbook says of the figures of a document: definitions, sources, the figures one by one.

    Parameters
    ----------
    edition : Edition
        With the ledger.
    chapters : sequence of Chapter
        Those in the document.
    shown : sequence of str
        Ids of the figures the document shows.
    """
    esito = []
    if shown:
        colonne = _columns("Tema", "Indicatore", "Definizione")
        esito.append(Table("", "definizioni", "Definizioni", colonne, _rows(methods(edition.ledger, shown))))
    righe = list(sources(voce for capitolo in chapters if capitolo.disponibile for voce in capitolo.tabelle))
    if righe:
        colonne = _columns("Tabella di dati", "Fonte e licenza", "Dati al", "Letta il", "Come")
        esito.append(Table("", "fonti", "Fonti", colonne, _rows(righe)))
    if shown:
        esito.append(figures(edition.ledger, shown))
    return esito


def methods(ledger: Ledger, shown: Sequence[str]) -> Iterator[list[str]]:
    """Yield theme, name and declaration of the indicators of which some figure is shown."""
    registro = registro_indicatori()
    usati = {ledger[id].indicator for id in shown}
    for tema, indicatori in registro.themes().items():
        for indicatore in (i for i in indicatori if i.id in usati):
            resto = [indicatore.definizione.rstrip(".") + "."]
            if indicatore.formula:
                resto.append(f"Formula: {schede.formula_words(indicatore, registro)}.")
            unita = formats.unita(indicatore.unita).estesa
            if unita:
                resto.append(f"Unità: {unita}.")
            if schede.INCERTEZZE.get(indicatore.incertezza):
                resto.append(f"Incertezza: {schede.INCERTEZZE[indicatore.incertezza]}.")
            resto.append(f"Riferimento: {indicatore.riferimento.rstrip('.')}.")
            yield [tema, indicatore.nome, " ".join(resto)]


def sources(tables: Iterable[Mapping[str, Any]]) -> Iterator[list[str]]:
    """Yield title, source, date with status, day and way of reading of the tables read, each once, by title."""
    uniche = {(v["tabella"], v["sha256"]): v for v in tables}
    for voce in sorted(uniche.values(), key=lambda v: (str(v["titolo"]).casefold(), str(v["data_riferimento"]))):
        licenza = f" ({voce['licenza']})" if voce.get("licenza") else ""
        yield [
            str(voce["titolo"]),
            f"{voce['fonte']}{licenza}",
            formats.periodo(str(voce["data_riferimento"])) + _status(voce),
            formats.data_breve(str(voce["recuperato"])) if voce.get("recuperato") else "",
            schede.LETTURE[str(voce.get("lettura", ORIGINALE))],
        ]


def _status(voce: Mapping[str, Any]) -> str:
    """Return how final a table is, when it is not, as it follows its date."""
    stato = voce.get("stato", "provvisorio" if voce.get("provvisorio") else DEFINITIVO)
    return "" if stato == DEFINITIVO else f" ({stato})"


def sources_note(tables: Iterable[Mapping[str, Any]]) -> str:
    """Return the footnote of a chapter: the tables it reads, each with its reference date and status."""
    from conciliazione_lib.publish.documents.outline import fixed_words

    lette = "; ".join(
        f"{title}: {date}{'' if how == schede.LETTURE[ORIGINALE] else f', {how}'}"
        for title, _, date, _, how in sources(tables)
    )
    return f"Fonti del capitolo: {lette}. {fixed_words()['allegati']['capitolo']}" if lette else ""


def figures(ledger: Ledger, shown: Sequence[str]) -> Table:
    """Return every figure shown: what it is, its value, territory and period, where it comes from, its name."""
    registro = registro_indicatori()
    segnalate = marks(shown, quadrature.results())
    righe = []
    for figure in (ledger[id] for id in sorted(shown)):
        dichiarato = registro.find(figure.indicator)
        fonti = dict.fromkeys(i.titolo or i.tabella for i in figure.inputs)
        nome = dichiarato.nome if dichiarato else figure.indicator
        righe.append([nome, *_figure_row(figure, figure.id in segnalate), "; ".join(fonti), figure.id])
    colonne = _columns("Indicatore", "Valore", "Territorio", "Periodo", "Dati", "Identificativo", destra=("Valore",))
    return Table("", "cifre", "Cifre", colonne, _rows(righe))


def _figure_row(figure: Figure, segnalata: bool) -> list[str]:
    dettaglio = schede.breakdown_words(figure)
    dove = grammar.maiuscola(grammar.senza_articolo(figure.territory)) + (f" ({dettaglio})" if dettaglio else "")
    dove += ". Segnalata fra le verifiche del sito" if segnalata else ""
    un_giorno = re.fullmatch(r"\d{4}-\d{2}-\d{2}", figure.period)
    quando = formats.data_breve(figure.period) if un_giorno else formats.periodo(figure.period)
    return [figure.text, dove, quando]


def _note(titolo: str, testo: str) -> Paragraph:
    """Return a paragraph in small type that begins with what it is about."""
    return Paragraph("", (Span(f"{titolo}. ", bold=True), Span(testo)), NOTA)


def _text(markdown: str) -> Element:
    from conciliazione_lib.publish.documents import prose

    return prose.elements(markdown)[0]


def _columns(*nomi: str, destra: tuple[str, ...] = ()) -> tuple[Mapping[str, Any], ...]:
    return tuple(
        {"nome": nome, "unita": "", "allineamento": "destra" if nome in destra else "sinistra"} for nome in nomi
    )


def _rows(righe: Iterable[Sequence[str]]) -> tuple[tuple[Mapping[str, Any], ...], ...]:
    return tuple(tuple({"v": None, "t": cella, "cifra": None} for cella in riga) for riga in righe)
