"""The pages of the cards: each indicator has one for region and ATS, and one for each finer level.

So addresses are stable, comparators are beside, and no page holds more than a telephone can show.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING

from markupsafe import Markup

import conciliazione_lib.publish.quadrature as quadrature
import conciliazione_lib.publish.used_rows as used_rows
import conciliazione_lib.publish.words as words
from conciliazione_lib.evidence import Figure, cards, claims, formats, grammar
from conciliazione_lib.evidence.cards import Card, Source
from conciliazione_lib.publish.used_rows import UsedRows

if TYPE_CHECKING:
    from conciliazione_lib.publish.edition import Edition
    from conciliazione_lib.publish.site import Site

#: Up to this many cards in a page, each shows the first of the rows it used, which can all be downloaded; few are shown
#: anyway.
WITH_ROWS = 40

#: Up to so many rows used are given as they are; more are compressed.
_PLAIN = 100

#: Said of a figure that used every row of a table of which the others used some.
_ALL_ROWS = "tutte"

#: What the pages of the cards are called, by part of the address.
PARTS = MappingProxyType({"": "Italia, regione e ATS", "territori": "Province, distretti e ambiti", "comuni": "Comuni"})

#: Where a table came from, by tier.
ORIGINS = MappingProxyType(
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
        return ORIGINS.get(self.source.input.origine, "")


def write(site: Site) -> None:
    """Write the cards of every figure of the ledger, and the rows each was computed from.

    Figures of the finer levels are many and alike: they are rows of a table rather than panels, with the same anchors.
    """
    for indicator in indicators(site.edizione):
        write_of(site, indicator)


def indicators(edizione: Edition) -> list[str]:
    """Return the indicators that have cards, in order."""
    return sorted({*edizione.shown, *edizione.stored})


def write_of(site: Site, indicatore: str) -> None:
    """Write the cards of an indicator."""
    rows = UsedRows(site)
    all_of_them = cards.cards(site.edizione.ledger_of(indicatore)).get(indicatore, ())
    by_page = {part: list(one_cards) for part, one_cards in groupby(sorted(all_of_them, key=_order_of_part), key=_part)}
    for part, one_cards in by_page.items():
        pages = [(PARTS[other], _page(indicatore, other), other == part) for other in by_page]
        _write_page(site, one_cards, part, pages, rows)
    one_cards = by_page.get("", [])
    for source in {f.csv_name: f for f in _downloadable(one_cards) if _beyond(f)}.values():
        text, file = words.csv_text(source.columns, source.rows), _rows_file(source)
        content = used_rows.zipped(source.csv_name, text) if file.endswith(".zip") else text.encode()
        site.put(site.cartella / "cifre" / "righe" / file, content, of_many=True)


def _write_page(
    site: Site,
    cards_of: Sequence[Card],
    parte: str,
    pages: Sequence[tuple[str, str, bool]],
    rows: UsedRows,
) -> None:
    """Write the cards of an indicator that share a page; ``pages`` are name, file and presence of all its pages."""
    entry = cards_of[0].indicator
    indicator = cards_of[0].figure.indicator
    name = entry.nome if entry else indicator.replace("_", " ").capitalize()
    origins = _origins(cards_of)
    numbers = {(o.source.input.tabella, o.source.input.sha256): o.number for o in origins}
    prime: dict[tuple[str, str], Figure] = {}
    for card in cards_of:
        for source in card.sources:
            prime.setdefault((source.input.tabella, source.input.righe_sha256), card.figure)
    level = f", {PARTS[parte].lower()}" if parte else ""
    intervals, used = Intervals.read(cards_of), _Used(cards_of, numbers)
    site.write(
        f"cifre/{_page(indicator, parte)}",
        "schede.html",
        titolo=f"{name}: schede delle cifre{level}",
        descrizione=f"Come è calcolato ogni valore di «{name}»{level}, da quali dati.",
        sezione="indicatori",
        briciole=[
            ("Indicatori", "indicatori/index.html"),
            (name, f"indicatori/{indicator}.html" if entry and indicator in site.figures.explored else None),
            ("Schede delle cifre", None),
        ],
        nome=name,
        parte=parte,
        pagine=pages,
        indicatore=entry,
        formula=cards_of[0].formula,
        unita=formats.unita(cards_of[0].figure.unit).estesa,
        schede=cards_of,
        con_righe=len(cards_of) <= WITH_ROWS,
        oltre=_beyond,
        file_righe=_rows_file,
        con_calcolo=any(
            s.substituted or intervals.of(s) or s.figure.note or s.figure.id in site.flagged for s in cards_of
        ),
        intervalli=intervals,
        calcolo=lambda card: card.substituted.removesuffix(f" = {card.figure.text}"),  # the result is beside it
        origini=origins,
        numero_fonte=numbers,
        regole=_rules(cards_of),
        gradi=cards.GRADES,
        incertezze=cards.UNCERTAINTIES,
        dettaglio=cards.breakdown_words,
        confronti=_comparators,
        ancora=lambda figure: _anchor(figure, parte),
        luogo=_place,
        righe=rows.file,
        per_eta=used_rows.BY_AGE,
        prime=prime,
        nome_parte=PARTS[parte].lower(),
        un_periodo=len({s.figure.period for s in cards_of}) == 1,
        un_grado=len({s.figure.grade for s in cards_of}) == 1,
        nome_riga=_name,
        usate=used,
        segnalate=site.flagged,
        segno=lambda figure: Markup(quadrature.mark(figure.id, "../", site.flagged, site.edizione)),
        numero=formats.numero,
    )


def _part(card: Card) -> str:
    """Return the part of the address that tells the page of a card; empty for region and ATS."""
    return cards.SEPARATE_LEVELS.get(card.figure.territory.livello, "")


def _order_of_part(card: Card) -> int:
    return list(PARTS).index(_part(card))


def _anchor(figure: Figure, parte: str) -> str:
    """Return the address of a card of the same indicator, from the page of a level."""
    page, _, still = cards.page(figure).partition("#")
    return f"#{still}" if page == _page(figure.indicator, parte) else f"{page}#{still}"


def _page(indicatore: str, parte: str) -> str:
    return f"{indicatore}{f'-{parte}' if parte else ''}.html"


def _origins(cards: Sequence[Card]) -> list[Origin]:
    """Return the tables behind the cards, each once, in order of appearance."""
    unique: dict[tuple[str, str], Source] = {}
    whole = set()
    for card in cards:
        for source in card.sources:
            key = (source.input.tabella, source.input.sha256)
            unique.setdefault(key, source)
            if not source.csv_name or _part(card):
                whole.add(key)
    return [Origin(number, source, key in whole) for number, (key, source) in enumerate(unique.items(), 1)]


class _Used:
    """How many rows of each source the figures of a table used, and by which filter: a column for each source.

    The filter that most of them share is said at the head of the column.

    Parameters
    ----------
    cards_of : sequence of Card
    numbers : mapping
        Number of each source in the page, by table and hash.

    Attributes
    ----------
    columns : dict of int to str
        Filter at the head of each column, by the number of its source.
    """

    def __init__(self, cards_of: Sequence[Card], numbers: Mapping[tuple[str, str], int]) -> None:
        self._numbers = numbers
        filters: dict[int, Counter[str]] = {}
        for card in cards_of:
            for number, _, filter_ in self._of(card):
                filters.setdefault(number, Counter())[filter_] += 1
        self.columns = {number: _of_most(filters[number]) for number in sorted(filters)}

    def _of(self, card: Card) -> Iterable[tuple[int, int, str]]:
        for source in card.sources:
            number = self._numbers[source.input.tabella, source.input.sha256]
            yield number, source.input.righe, cards.own_filter(card.figure, source)

    def __call__(self, card: Card) -> list[str]:
        """Return the cells of a figure."""
        cells: dict[int, list[str]] = {number: [] for number in self.columns}
        for number, rows, filter_ in self._of(card):
            own = "" if filter_ == self.columns[number] else f" ({filter_ or _ALL_ROWS})"
            cells[number].append(formats.numero(rows) + own)
        return ["; ".join(entries) for entries in cells.values()]


def _of_most(filters: Counter[str]) -> str:
    """Return the filter of more than half; none when there is not one."""
    filter_, times = filters.most_common(1)[0]
    return filter_ if 2 * times > filters.total() else ""


@dataclass(frozen=True)
class Intervals:
    """How the uncertainty of the figures of a table is told: what is the same for all is said once.

    Attributes
    ----------
    shared : str
        Confidence and method, where all the intervals have the same.
    """

    shared: str

    @classmethod
    def read(cls, cards_of: Sequence[Card]) -> Intervals:
        """Return those of some cards."""
        found = {c.uncertainty.removeprefix(c.figure.interval_text) for c in cards_of if c.uncertainty}
        return cls(found.pop() if len(found) == 1 else "")

    @property
    def words(self) -> str:
        """What is said once."""
        words = self.shared.removeprefix(", ").strip()
        return words.strip("()") if words.startswith("(") else words

    def of(self, card: Card) -> str:
        """Return what the row of a figure says: nothing, where its value is the interval itself."""
        if self.shared and card.figure.guessed:
            return ""
        return card.uncertainty.removesuffix(self.shared)


def _rules(cards: Iterable[Card]) -> dict[str, str]:
    """Return the rules of the claims that rest on the cards, by kind."""
    used = sorted({claim.kind for card in cards for claim in card.claims})
    return {kind: claims.RULES_TEXT[kind] for kind in used}


def _comparators(card: Card) -> list[Figure]:
    """Return the comparators named on a card: Italy and the region; the other ATS are beside, on the same page."""
    return [figure for figure in card.comparators if figure.territory.livello in ("italia", "regione")]


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
    return len(fonte.rows) > cards.FIRST_ROWS


def _rows_file(source: Source) -> str:
    """Return the name of the file with the rows used: many are compressed, as the tables that are given whole."""
    return f"{source.csv_name}.zip" if len(source.rows) > _PLAIN else source.csv_name


def _downloadable(cards: Iterable[Card]) -> Iterable[Source]:
    return (source for card in cards for source in card.sources if source.csv_name)
