"""What stands beside a document, in its workbook: definitions, sources, every figure; and the foot of a sheet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import conciliazione_lib.publish.documents.prose as prose
import conciliazione_lib.publish.quadrature as quadrature
from conciliazione_lib.evidence import Figure, Ledger, formats, grammar
from conciliazione_lib.evidence import cards as schede
from conciliazione_lib.evidence import load as registro_indicatori
from conciliazione_lib.publish.documents.elements import NOTE, Element, Paragraph, Span, Table
from conciliazione_lib.publish.documents.phrases import fixed_words
from conciliazione_lib.publish.edition import Chapter, Edition
from conciliazione_lib.quality.marks import marks
from conciliazione_lib.storage import FINAL, ORIGINAL


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
    outcome = []
    if shown:
        columns = _columns("Tema", "Indicatore", "Definizione")
        outcome.append(Table("", "definizioni", "Definizioni", columns, _rows(methods(edition.ledger, shown))))
    rows = list(sources(entry for chapter in chapters if chapter.disponibile for entry in chapter.tabelle))
    if rows:
        columns = _columns("Tabella di dati", "Fonte e licenza", "Dati al", "Letta il", "Come")
        outcome.append(Table("", "fonti", "Fonti", columns, _rows(rows)))
    if shown:
        outcome.append(figures(edition.ledger, shown))
    return outcome


def methods(ledger: Ledger, shown: Sequence[str]) -> Iterator[list[str]]:
    """Yield theme, name and declaration of the indicators of which some figure is shown."""
    registry = registro_indicatori()
    used = {ledger[id].indicator for id in shown}
    for theme, indicators in registry.themes().items():
        for indicator in (i for i in indicators if i.id in used):
            rest = [indicator.definizione.rstrip(".") + "."]
            if indicator.formula:
                rest.append(f"Formula: {schede.formula_words(indicator, registry)}.")
            unit = formats.unita(indicator.unita).estesa
            if unit:
                rest.append(f"Unità: {unit}.")
            if schede.UNCERTAINTIES.get(indicator.incertezza):
                rest.append(f"Incertezza: {schede.UNCERTAINTIES[indicator.incertezza]}.")
            rest.append(f"Riferimento: {indicator.riferimento.rstrip('.')}.")
            yield [theme, indicator.nome, " ".join(rest)]


def sources(tables: Iterable[Mapping[str, Any]]) -> Iterator[list[str]]:
    """Yield title, source, date with status, day and way of reading of the tables read, each once, by title."""
    unique = {(v["tabella"], v["sha256"]): v for v in tables}
    for entry in sorted(unique.values(), key=lambda v: (str(v["titolo"]).casefold(), str(v["data_riferimento"]))):
        licence = f" ({entry['licenza']})" if entry.get("licenza") else ""
        yield [
            str(entry["titolo"]),
            f"{entry['fonte']}{licence}",
            formats.periodo(str(entry["data_riferimento"])) + _status(entry),
            formats.short_date(str(entry["recuperato"])) if entry.get("recuperato") else "",
            schede.READS[str(entry.get("lettura", ORIGINAL))],
        ]


def _status(voce: Mapping[str, Any]) -> str:
    """Return how final a table is, when it is not, as it follows its date."""
    status = voce.get("stato", "provvisorio" if voce.get("provvisorio") else FINAL)
    return "" if status == FINAL else f" ({status})"


def sources_note(tables: Iterable[Mapping[str, Any]]) -> str:
    """Return the footnote of a chapter: the tables it reads, each with its reference date and status."""
    read = "; ".join(
        f"{title}: {date}{'' if how == schede.READS[ORIGINAL] else f', {how}'}"
        for title, _, date, _, how in sources(tables)
    )
    return f"Fonti del capitolo: {read}. {fixed_words()['allegati']['capitolo']}" if read else ""


def figures(ledger: Ledger, shown: Sequence[str]) -> Table:
    """Return every figure shown: what it is, its value, territory and period, where it comes from, its name."""
    registry = registro_indicatori()
    flagged = marks(shown, quadrature.results())
    rows = []
    for figure in (ledger[id] for id in sorted(shown)):
        declared = registry.find(figure.indicator)
        one_sources = dict.fromkeys(i.titolo or i.tabella for i in figure.inputs)
        name = declared.nome if declared else figure.indicator
        rows.append([name, *_figure_row(figure, figure.id in flagged), "; ".join(one_sources), figure.id])
    columns = _columns("Indicatore", "Valore", "Territorio", "Periodo", "Dati", "Identificativo", right=("Valore",))
    return Table("", "cifre", "Cifre", columns, _rows(rows))


def _figure_row(figure: Figure, flagged: bool) -> list[str]:
    detail = schede.breakdown_words(figure)
    where = grammar.maiuscola(grammar.senza_articolo(figure.territory)) + (f" ({detail})" if detail else "")
    where += ". Segnalata fra le verifiche del sito" if flagged else ""
    one_day = re.fullmatch(r"\d{4}-\d{2}-\d{2}", figure.period)
    when = formats.short_date(figure.period) if one_day else formats.periodo(figure.period)
    return [figure.text, where, when]


def _note(titolo: str, testo: str) -> Paragraph:
    """Return a paragraph in small type that begins with what it is about."""
    return Paragraph("", (Span(f"{titolo}. ", bold=True), Span(testo)), NOTE)


def _text(markdown: str) -> Element:
    return prose.elements(markdown)[0]


def _columns(*names: str, right: tuple[str, ...] = ()) -> tuple[Mapping[str, Any], ...]:
    return tuple(
        {"nome": name, "unita": "", "allineamento": "destra" if name in right else "sinistra"} for name in names
    )


def _rows(rows: Iterable[Sequence[str]]) -> tuple[tuple[Mapping[str, Any], ...], ...]:
    return tuple(tuple({"v": None, "t": cell, "cifra": None} for cell in row) for row in rows)
