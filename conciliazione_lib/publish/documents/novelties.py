"""What changed since an earlier edition, as a section of a document: the figures of its own territory."""

from __future__ import annotations

from collections.abc import Collection

from conciliazione_lib import evidence
from conciliazione_lib.evidence import Place, cards, formats, grammar
from conciliazione_lib.publish.changes import Comparison
from conciliazione_lib.publish.documents.elements import Element, Paragraph, Span, Table
from conciliazione_lib.quality.decomposition import CAUSE
from conciliazione_lib.quality.editions import Change

#: Changes listed one by one: the largest in proportion.
LISTED = 60


def section(comparison: Comparison, place: Place, shown: Collection[str]) -> list[Element]:
    """Return how many of the figures shown changed, and those of the territory one by one with the reason.

    Parameters
    ----------
    comparison : Comparison
        With the earlier edition.
    place : Place
        Whose document it is.
    shown : collection of str
        Ids of the figures the document shows.
    """
    changes = [c for c in comparison.cambi if c.dopo is not None and c.dopo.id in shown]
    changed = [c for c in changes if c.effetti]
    new = sum(c.prima is None for c in changes)
    own = sorted((c for c in changed if c.figure.territory.chiave == place.chiave), key=_size)
    text = (
        f"Rispetto all'edizione {comparison.prima}, delle {formats.numero(len(changes))} cifre che questo documento "
        f"mostra le cambiate sono {formats.numero(len(changed))} e le nuove {formats.numero(new)}."
    )
    if own:
        text += f" La tabella elenca quelle {grammar.di(place)}"
        text += f": le {LISTED} cambiate di più in proporzione." if len(own) > LISTED else "."
    elements: list[Element] = [Paragraph("", (Span(text),))]
    if own:
        names = ("Cifra", "Prima", "Ora", "Differenza", "Perché")
        columns = tuple(
            {"nome": n, "unita": "", "allineamento": "sinistra" if n in ("Cifra", "Perché") else "destra"}
            for n in names
        )
        rows = tuple(tuple({"v": None, "t": text, "cifra": None} for text in _row(c)) for c in own[:LISTED])
        elements.append(Table("", "novita", "", columns, rows, small=True))
    return elements


def _size(change: Change) -> tuple[float, str]:
    """Order changes from the largest in proportion to the old value."""
    variation = change.variazione or 0.0
    before = change.prima.value if change.prima is not None else None
    return -abs(variation / before if before else variation), change.figure.id


def _row(change: Change) -> list[str]:
    assert change.prima is not None, "a change with effects has both sides"
    assert change.dopo is not None, "a change with effects has both sides"
    declared = evidence.load().find(change.figure.indicator)
    detail = cards.breakdown_words(change.figure)
    name = (declared.nome if declared else change.figure.indicator) + (f" ({detail})" if detail else "")
    return [
        name,
        f"{change.prima.text} ({formats.periodo(change.prima.period)})",
        f"{change.dopo.text} ({formats.periodo(change.dopo.period)})",
        formats.numero(change.variazione, change.figure.decimals, segno=True),
        formats.elenco([CAUSE[cause] for cause in change.effetti]),
    ]
