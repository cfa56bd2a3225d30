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
ELENCATI = 60


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
    cambi = [c for c in comparison.cambi if c.dopo is not None and c.dopo.id in shown]
    cambiate = [c for c in cambi if c.effetti]
    nuove = sum(c.prima is None for c in cambi)
    proprie = sorted((c for c in cambiate if c.figura.territory.chiave == place.chiave), key=_size)
    testo = (
        f"Rispetto all'edizione {comparison.prima}, delle {formats.numero(len(cambi))} cifre che questo documento "
        f"mostra le cambiate sono {formats.numero(len(cambiate))} e le nuove {formats.numero(nuove)}."
    )
    if proprie:
        testo += f" La tabella elenca quelle {grammar.di(place)}"
        testo += f": le {ELENCATI} cambiate di più in proporzione." if len(proprie) > ELENCATI else "."
    elementi: list[Element] = [Paragraph("", (Span(testo),))]
    if proprie:
        nomi = ("Cifra", "Prima", "Ora", "Differenza", "Perché")
        colonne = tuple(
            {"nome": n, "unita": "", "allineamento": "sinistra" if n in ("Cifra", "Perché") else "destra"} for n in nomi
        )
        righe = tuple(tuple({"v": None, "t": testo, "cifra": None} for testo in _row(c)) for c in proprie[:ELENCATI])
        elementi.append(Table("", "novita", "", colonne, righe, small=True))
    return elementi


def _size(cambio: Change) -> tuple[float, str]:
    """Order changes from the largest in proportion to the old value."""
    variazione = cambio.variazione or 0.0
    prima = cambio.prima.value if cambio.prima is not None else None
    return -abs(variazione / prima if prima else variazione), cambio.figura.id


def _row(cambio: Change) -> list[str]:
    assert cambio.prima is not None, "a change with effects has both sides"
    assert cambio.dopo is not None, "a change with effects has both sides"
    dichiarato = evidence.load().find(cambio.figura.indicator)
    dettaglio = cards.breakdown_words(cambio.figura)
    nome = (dichiarato.nome if dichiarato else cambio.figura.indicator) + (f" ({dettaglio})" if dettaglio else "")
    return [
        nome,
        f"{cambio.prima.text} ({formats.periodo(cambio.prima.period)})",
        f"{cambio.dopo.text} ({formats.periodo(cambio.dopo.period)})",
        formats.numero(cambio.variazione, cambio.figura.decimals, segno=True),
        formats.elenco([CAUSE[causa] for causa in cambio.effetti]),
    ]
