"""The pages of the cards: each indicator has one for region and ATS, and one for each finer level.

So addresses are stable, comparators are beside, and no page holds more than a telephone can show.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING

from markupsafe import Markup

from conciliazione_lib.evidence import Figure, cards, claims, formats, grammar
from conciliazione_lib.evidence.cards import Card, Source
from conciliazione_lib.publish import quadrature, words
from conciliazione_lib.publish.used_rows import UsedRows

if TYPE_CHECKING:
    from conciliazione_lib.publish.edition import Edition
    from conciliazione_lib.publish.site import Site

#: Up to this many cards in a page, each shows the first of the rows it used, which can all be downloaded; few are shown
#: anyway.
CON_RIGHE = 40

#: What the pages of the cards are called, by part of the address.
PARTI = MappingProxyType({"": "Italia, regione e ATS", "territori": "Province, distretti e ambiti", "comuni": "Comuni"})

#: Where a table came from, by tier.
ORIGINI = MappingProxyType(
    {
        "importata": "tabella importata dall'analista",
        "scaricata": "aggiornata dalla fonte",
        "incorporata": "distribuita con il programma",
    }
)


@dataclass(frozen=True)
class Origin:
    """A source as the page lists it, once, whatever rows of it each card used; whole when it is given to download."""

    number: int
    source: Source
    whole: bool

    @property
    def tier(self) -> str:
        """Where the table came from, in words."""
        return ORIGINI.get(self.source.input.origine, "")


def write(sito: Site) -> None:
    """Write the cards of every figure of the ledger, and the rows each was computed from.

    Figures of the finer levels are many and alike: they are rows of a table rather than panels, with the same anchors.
    """
    for indicatore in indicators(sito.edizione):
        write_of(sito, indicatore)


def indicators(edizione: Edition) -> list[str]:
    """Return the indicators that have cards, in order."""
    return sorted({*edizione.shown, *edizione.stored})


def write_of(sito: Site, indicatore: str) -> None:
    """Write the cards of an indicator."""
    righe = UsedRows(sito)
    tutte = cards.cards(sito.edizione.ledger_of(indicatore)).get(indicatore, ())
    per_pagina = {parte: list(schede) for parte, schede in groupby(sorted(tutte, key=_order_of_part), key=_part)}
    for parte, schede in per_pagina.items():
        pagine = [(PARTI[altra], _page(indicatore, altra), altra == parte) for altra in per_pagina]
        _write_page(sito, schede, parte, pagine, righe)
    schede = per_pagina.get("", [])
    for fonte in {f.csv_name: f for f in _downloadable(schede) if _beyond(f)}.values():
        testo = words.csv_text(fonte.columns, fonte.rows)
        sito.put(sito.cartella / "cifre" / "righe" / fonte.csv_name, testo.encode(), di_molti=True)


def _write_page(
    sito: Site,
    schede: Sequence[Card],
    parte: str,
    pagine: Sequence[tuple[str, str, bool]],
    righe: UsedRows,
) -> None:
    """Write the cards of an indicator that share a page; ``pagine`` are name, file and presence of all its pages."""
    voce = schede[0].indicator
    indicatore = schede[0].figure.indicator
    nome = voce.nome if voce else indicatore.replace("_", " ").capitalize()
    origini = _origins(schede)
    numeri = {(o.source.input.tabella, o.source.input.sha256): o.number for o in origini}
    prime: dict[tuple[str, str], Figure] = {}
    for scheda in schede:
        for fonte in scheda.sources:
            prime.setdefault((fonte.input.tabella, fonte.input.righe_sha256), scheda.figure)
    livello = f", {PARTI[parte].lower()}" if parte else ""
    sito.write(
        f"cifre/{_page(indicatore, parte)}",
        "schede.html",
        titolo=f"{nome}: schede delle cifre{livello}",
        descrizione=f"Come è calcolato ogni valore di «{nome}»{livello}, da quali dati.",
        sezione="indicatori",
        briciole=[
            ("Indicatori", "indicatori/index.html"),
            (nome, f"indicatori/{indicatore}.html" if voce and indicatore in sito.figures.indicators else None),
            ("Schede delle cifre", None),
        ],
        nome=nome,
        parte=parte,
        pagine=pagine,
        indicatore=voce,
        formula=schede[0].formula,
        unita=formats.unita(schede[0].figure.unit).estesa,
        schede=schede,
        con_righe=len(schede) <= CON_RIGHE,
        oltre=_beyond,
        con_calcolo=any(
            s.substituted or s.uncertainty or s.figure.note or s.figure.id in sito.segnalate for s in schede
        ),
        origini=origini,
        numero_fonte=numeri,
        regole=_rules(schede),
        gradi=cards.GRADI,
        incertezze=cards.INCERTEZZE,
        dettaglio=cards.breakdown_words,
        confronti=_comparators,
        ancora=lambda figura: _anchor(figura, parte),
        luogo=_place,
        righe=righe.file,
        prime=prime,
        nome_parte=PARTI[parte].lower(),
        un_periodo=len({s.figure.period for s in schede}) == 1,
        un_grado=len({s.figure.grade for s in schede}) == 1,
        nome_riga=_name,
        usate=lambda scheda: _used(scheda, numeri),
        segnalate=sito.segnalate,
        segno=lambda figura: Markup(quadrature.mark(figura.id, "../", sito.segnalate, sito.edizione)),
        numero=formats.numero,
    )


def _part(scheda: Card) -> str:
    """Return the part of the address that tells the page of a card; empty for region and ATS."""
    return cards.LIVELLI_A_PARTE.get(scheda.figure.territory.livello, "")


def _order_of_part(scheda: Card) -> int:
    return list(PARTI).index(_part(scheda))


def _anchor(figure: Figure, parte: str) -> str:
    """Return the address of a card of the same indicator, from the page of a level."""
    pagina, _, ancora = cards.page(figure).partition("#")
    return f"#{ancora}" if pagina == _page(figure.indicator, parte) else f"{pagina}#{ancora}"


def _page(indicatore: str, parte: str) -> str:
    return f"{indicatore}{f'-{parte}' if parte else ''}.html"


def _origins(schede: Sequence[Card]) -> list[Origin]:
    """Return the tables behind the cards, each once, in order of appearance."""
    uniche: dict[tuple[str, str], Source] = {}
    intere = set()
    for scheda in schede:
        for fonte in scheda.sources:
            chiave = (fonte.input.tabella, fonte.input.sha256)
            uniche.setdefault(chiave, fonte)
            if not fonte.csv_name or _part(scheda):
                intere.add(chiave)
    return [Origin(numero, fonte, chiave in intere) for numero, (chiave, fonte) in enumerate(uniche.items(), 1)]


def _used(scheda: Card, numeri: Mapping[tuple[str, str], int]) -> Markup:
    """Return how many rows of each source a figure used, and by which filter: once for the sources that share it."""
    per_filtro: dict[str, list[Markup]] = {}
    for fonte in scheda.sources:
        i = fonte.input
        quante = Markup('<a href="#fonte-{0}">{0}</a>: {1}').format(
            numeri[i.tabella, i.sha256], formats.numero(i.righe)
        )
        per_filtro.setdefault(i.filtro, []).append(quante)
    voci = [Markup(", ").join(quante) + (f" ({filtro})" if filtro else "") for filtro, quante in per_filtro.items()]
    return Markup("; ").join(voci)


def _rules(schede: Iterable[Card]) -> dict[str, str]:
    """Return the rules of the claims that rest on the cards, by kind."""
    usate = sorted({claim.kind for scheda in schede for claim in scheda.claims})
    return {genere: claims.RULES_TEXT[genere] for genere in usate}


def _comparators(scheda: Card) -> list[Figure]:
    """Return the comparators named on a card: Italy and the region; the other ATS are beside, on the same page."""
    return [figure for figure in scheda.comparators if figure.territory.livello in ("italia", "regione")]


def _place(figure: Figure) -> str:
    """Return the territory of a figure as a title: ``ATS di Bergamo`` is not ``Ambito di Bergamo``."""
    return grammar.maiuscola(grammar.senza_articolo(figure.territory))


def _name(figure: Figure) -> str:
    """Return the territory of a figure in the table of its level, or of more levels: ``Lodi, ambito``."""
    place = figure.territory
    known = place.livello == "comune" or place.livello in place.nome.lower()
    return place.nome if known else f"{place.nome}, {place.livello}"


def _beyond(fonte: Source) -> bool:
    """Tell whether the rows used are more than those that a card shows."""
    return len(fonte.rows) > cards.PRIME_RIGHE


def _downloadable(schede: Iterable[Card]) -> Iterable[Source]:
    return (fonte for scheda in schede for fonte in scheda.sources if fonte.csv_name)
