"""The figures that a check concerns, in a document: a footnote where the text shows them, a note under a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from conciliazione_lib.publish.documents.elements import Box, Element, Paragraph, Span, Table
from conciliazione_lib.quality.check import SEVERITY, Result

#: Between a figure and the sign of its footnote, which would be read as one of its digits.
STEP_OFF = "\u202f"


def marked(elements: Iterable[Element], concerned: Mapping[str, Sequence[Result]]) -> list[Element]:
    """Return the elements with the figures concerned pointed out; numbers and identities do not change.

    Parameters
    ----------
    elements : iterable of Element
        Of a document, with their keys.
    concerned : mapping
        Checks that do not hold beside each figure they concern, by id.
    """
    outcome: list[Element] = []
    for element in elements:
        if isinstance(element, Paragraph):
            element = _paragraph(element, concerned)
        elif isinstance(element, Box):
            element = replace(element, body=tuple(_paragraph(p, concerned) for p in element.body))
        elif isinstance(element, Table):
            element = _table(element, concerned)
        outcome.append(element)
    return outcome


def words(results: Iterable[Result]) -> str:
    """Return why a figure is pointed out."""
    return " ".join(
        f"Cifra segnalata, non quadra ({SEVERITY[r.check.gravita]}): {r.check.titolo}. {r.outcome.confronto}."
        for r in results
    )


def _paragraph(paragraph: Paragraph, concerned: Mapping[str, Sequence[Result]]) -> Paragraph:
    """Return a paragraph with a footnote after each figure concerned, the first time it shows it."""
    seen: set[str] = set()
    said: list[str] = []
    spans: list[Span] = []
    for span in paragraph.spans:
        spans.append(span)
        if span.figure is not None and span.figure in concerned and span.figure not in seen:
            seen.add(span.figure)
            text = words(concerned[span.figure])
            note = "Cifra segnalata per lo stesso motivo della nota precedente." if said[-1:] == [text] else text
            said.append(text)
            spans += [Span(STEP_OFF, ref="testo"), Span(note=(Span(note),))]
    return replace(paragraph, spans=tuple(spans)) if seen else paragraph


def _table(table: Table, concerned: Mapping[str, Sequence[Result]]) -> Table:
    """Return a table with a note for each check that concerns some of its figures, which it names by row and value."""
    by_verify: dict[str, tuple[Result, list[str]]] = {}
    for row in table.rows:
        for cell in row:
            for result in concerned.get(str(cell.get("cifra")), ()):
                name = str(cell["t"]) if cell is row[0] else f"{row[0]['t']}, {cell['t']}"
                by_verify.setdefault(result.check.id, (result, []))[1].append(name)
    note = tuple(f"{words([result])} Cifre: {'; '.join(figures)}." for result, figures in by_verify.values())
    return replace(table, notes=(*table.notes, *note)) if note else table
