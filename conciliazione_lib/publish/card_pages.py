"""The pages of the cards: one for each indicator, so that addresses are stable and comparators are beside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conciliazione_lib.evidence import Figure, cards, claims, formats, grammar
from conciliazione_lib.evidence.cards import Card, Source
from conciliazione_lib.publish import words
from conciliazione_lib.publish.used_rows import UsedRows

if TYPE_CHECKING:
    from conciliazione_lib.publish.site import Site

#: Comparators named on a card; the others are on the same page.
CONFRONTI = 10

#: Where a table came from, by tier.
ORIGINI = {
    "importata": "tabella importata dall'analista",
    "scaricata": "aggiornata dalla fonte",
    "incorporata": "distribuita con il programma",
}


@dataclass(frozen=True)
class Origin:
    """A source as the page lists it, once, whatever rows of it each card used."""

    number: int
    source: Source

    @property
    def tier(self) -> str:
        """Where the table came from, in words."""
        return ORIGINI.get(self.source.input.origine, "")


def write(sito: Site) -> None:
    """Write the cards of every figure of the ledger, and the rows each was computed from.

    Figures of single comuni are many and alike: they are rows of a table rather than panels, with the same anchors.
    """
    scritte: set[str] = set()
    righe = UsedRows(sito.cartella / "cifre" / "righe", sito.edizione.data)
    for indicatore, schede in cards.cards(sito.edizione.ledger).items():
        voce = schede[0].indicator
        nome = voce.nome if voce else indicatore.replace("_", " ").capitalize()
        origini = _origins(schede)
        comuni = [scheda for scheda in schede if scheda.figure.territory.livello == "comune"]
        sito.write(
            f"cifre/{indicatore}.html",
            "schede.html",
            titolo=f"{nome}: schede delle cifre",
            descrizione=f"Come è calcolato ogni valore di «{nome}», da quali dati.",
            sezione="indicatori",
            briciole=[("Indicatori", "indicatori/index.html"), (nome, None)],
            nome=nome,
            indicatore=voce,
            formula=schede[0].formula,
            unita=formats.unita(schede[0].figure.unit).estesa,
            schede=[scheda for scheda in schede if scheda.figure.territory.livello != "comune"],
            comuni=comuni,
            con_calcolo=any(scheda.substituted for scheda in comuni),
            origini=origini,
            numero_fonte={(o.source.input.tabella, o.source.input.sha256): o.number for o in origini},
            regole=_rules(schede),
            gradi=cards.GRADI,
            incertezze=cards.INCERTEZZE,
            dettaglio=cards.breakdown_words,
            confronti=_comparators,
            luogo=_place,
            righe=righe.file,
            numero=formats.numero,
        )
        for fonte in _downloadable(schede):
            if fonte.csv_name not in scritte:
                scritte.add(fonte.csv_name)
                sito.write_text(f"cifre/righe/{fonte.csv_name}", words.csv_text(fonte.columns, fonte.rows))


def _origins(schede: Sequence[Card]) -> list[Origin]:
    """Return the tables behind the cards, each once, in order of appearance."""
    uniche: dict[tuple[str, str], Source] = {}
    for scheda in schede:
        for fonte in scheda.sources:
            uniche.setdefault((fonte.input.tabella, fonte.input.sha256), fonte)
    return [Origin(numero, fonte) for numero, fonte in enumerate(uniche.values(), 1)]


def _rules(schede: Iterable[Card]) -> dict[str, str]:
    """Return the rules of the claims that rest on the cards, by kind."""
    usate = sorted({claim.kind for scheda in schede for claim in scheda.claims})
    return {genere: claims.RULES_TEXT[genere] for genere in usate}


def _comparators(scheda: Card) -> list[Figure]:
    """Return the comparators named on a card: larger territories, then those of its own level."""
    livello = scheda.figure.territory.livello
    utili = [f for f in scheda.comparators if f.territory.livello in ("italia", "regione", livello)]
    return utili[:CONFRONTI]


def _place(figure: Figure) -> str:
    """Return the territory of a figure as a title: ``ATS di Bergamo`` is not ``Ambito di Bergamo``."""
    return grammar.maiuscola(grammar.senza_articolo(figure.territory))


def _downloadable(schede: Iterable[Card]) -> Iterable[Source]:
    return (fonte for scheda in schede for fonte in scheda.sources if fonte.csv_name)
