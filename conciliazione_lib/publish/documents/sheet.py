"""The sheet of an ambito: one page to hand to a mayor, and a second for what its numbers are and where they come from.

It is made from the store alone: the figures of the reference period, and what the edition decided about them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from conciliazione_lib import territory
from conciliazione_lib.evidence import Figure, Indicator, Input, Place, formats, grammar
from conciliazione_lib.evidence import load as registro_indicatori
from conciliazione_lib.publish.documents.elements import NOTE, Element, Heading, Paragraph, Span, Table
from conciliazione_lib.publish.selection import Archive
from conciliazione_lib.region import REGION

#: The list of the territories that look most like one another, and how many of them are named.
SIMILAR, HOW_MANY = "territori_simili", 3
#: What is said of a figure beside the region's, by the outcome of the comparison.
OUTCOMES: Final = MappingProxyType(
    {
        "sopra": "sopra",
        "sotto": "sotto",
        "in_linea": "in linea",
        "non_distinguibile": "incerto",
        "non_rilevante": "in linea",
    }
)
#: Widths of the columns of its table.
WIDTHS = (0.28, 0.085, 0.115, 0.085, 0.095, 0.09, 0.1, 0.15)
#: A source longer than this is a list of them: the site has it whole.
SHORT = 80
_REGIONE = ("regione", REGION.codice)


@cache
def themes() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the indicators of a sheet, by theme, in order."""
    file = resources.files("conciliazione_lib.publish.documents") / "scheda.toml"
    return tuple(
        (theme["titolo"], tuple(theme["indicatori"])) for theme in tomllib.loads(file.read_text("utf-8"))["temi"]
    )


def indicators() -> tuple[str, ...]:
    """Return the ids of the indicators of a sheet."""
    return tuple(id for _, ids in themes() for id in ids)


@dataclass(frozen=True)
class _Row:
    """An indicator of the ambito: its figure, those of ATS and region at the same period, what was decided of it."""

    indicator: Indicator
    figure: Figure
    ats: Figure | None
    regione: Figure | None
    esito: str
    rank: str
    trend: str

    def cells(self) -> list[dict[str, Any]]:
        f = self.figure
        bounds = "" if f.guessed or f.lower is None or f.upper is None or f.lower == f.upper else _interval(f)
        texts = [
            (self.indicator.nome, None),
            (f.text, f.id),
            (bounds, None),
            (_beside(self.ats), self.ats.id if self.ats else None),
            (_beside(self.regione), self.regione.id if self.regione else None),
            (self.esito, None),
            (self.rank, None),
            (self.trend, None),
        ]
        return [{"v": None, "t": text, "cifra": id} for text, id in texts]


def elements(archive: Archive, place: Place, data: str) -> list[Element]:
    """Return the elements of the sheet of an ambito.

    Parameters
    ----------
    archive : Archive
        The store of the edition.
    place : Place
        The ambito.
    data : str
        Date of the geography.
    """
    map_ = territory.load(data)
    ambito = map_.ambiti.loc[place.codice]
    ats = archive.place("ats", str(ambito["ats"]))
    rows = [row for _, ids in themes() for id in ids if (row := _row(archive, id, place, ats)) is not None]
    present = {row.indicator.id: row for row in rows if not row.figure.missing}
    return [
        _opening(map_, place, ats),
        *_table(present, ats),
        *_alike(archive, map_, place),
        *_missing([row.indicator for row in rows if row.figure.missing]),
        Heading("", 1, "Note", numbered=False, new_page=True),
        *_notes(map_, place, list(present.values())),
    ]


def _row(archive: Archive, id: str, place: Place, ats: Place) -> _Row | None:
    indicator = registro_indicatori().find(id)
    figures = {(f.territory.livello, f.territory.codice, f.period): f for f in archive.figures(id, finest=False)}
    own = next((f for (level, code, _), f in figures.items() if (level, code) == _where(place)), None)
    if indicator is None or own is None:
        return None
    said = archive.store.statements
    key = (id, place.livello, place.codice, own.period, "")
    comparison = said.find(*key, "confronto", "/".join(_REGIONE))
    rank = said.find(*key, "rango")
    return _Row(
        indicator,
        own,
        figures.get((*_where(ats), own.period)),
        figures.get((*_REGIONE, own.period)),
        OUTCOMES.get(comparison.esito, "") if comparison is not None else "",
        _rank(rank) if rank is not None else "",
        _trend(archive, own, key),
    )


def _where(place: Place) -> tuple[str, str]:
    return place.livello, place.codice


def _rank(rank: Any) -> str:
    """Return the place of a figure among those of its level: nothing where it could be any of them."""
    if pd.isna(rank.posto) or pd.isna(rank.su):
        return ""
    first, last = int(rank.posto), int(rank.posto_peggiore)
    if (first, last) == (1, int(rank.su)):
        return ""
    return f"{first} di {int(rank.su)}" if first == last else f"{first}–{last} di {int(rank.su)}"


def _trend(archive: Archive, figure: Figure, key: tuple[str, str, str, str, str]) -> str:
    """Return the change from the earliest period it was compared with."""
    rows = archive.store.of(figure.indicator)
    own = rows[(rows["livello"] == key[1]) & (rows["territorio"] == key[2]) & (rows["per"] == "")]
    for period in sorted(p for p in own["periodo"] if p < figure.period):
        said = archive.store.statements.find(*key, "variazione", period)
        if said is None or pd.isna(said.differenza):
            continue
        if said.esito not in ("sopra", "sotto"):
            return f"{'incerto' if said.esito == 'non_distinguibile' else 'stabile'} dal {period[:4]}"
        return f"{formats.numero(float(said.differenza), figure.decimals, segno=True)} dal {period[:4]}"
    return ""


def _interval(figure: Figure) -> str:
    return f"{formats.numero(figure.lower, figure.decimals)}–{formats.numero(figure.upper, figure.decimals)}"


def _beside(figure: Figure | None) -> str:
    return "" if figure is None or figure.missing else figure.text


def _opening(map_: territory.Territory, place: Place, ats: Place) -> Paragraph:
    comuni = map_.members(place.livello, place.codice)
    text = f"{grammar.maiuscola(grammar.nome(place))} fa parte {grammar.di(ats)}"
    if map_.ambiti.loc[place.codice]["stato"] != "completo":
        known = (
            f"se ne conoscono {len(comuni)}" if len(comuni) > 1 else "se ne conosce uno" if comuni else "non sono noti"
        )
        return _text(f"{text}. L'elenco dei suoi comuni non è completo ({known}), perciò non se ne danno i totali.")
    how_many = "un comune" if len(comuni) == 1 else f"{formats.numero(len(comuni))} comuni"
    return _text(f"{text} e comprende {how_many}.")


def _table(rows: Mapping[str, _Row], ats: Place) -> Iterator[Element]:
    names = ("Indicatore", "Ambito", "Intervallo", "ATS", REGION.nome, "Confronto", "Posto", "Andamento")
    left = (names[0], names[5], names[7])
    columns = tuple({"nome": n, "unita": "", "allineamento": "sinistra" if n in left else "destra"} for n in names)
    lines: list[tuple[Mapping[str, Any], ...]] = []
    for title, ids in themes():
        own = [tuple(rows[id].cells()) for id in ids if id in rows]
        if own:
            lines += [({"v": None, "t": title, "cifra": None},), *own]
    if lines:
        title = f"L'ambito, la sua ATS ({ats.nome}) e {REGION.the}"
        yield Table("", "scheda-indicatori", title, columns, tuple(lines), shares=WIDTHS)


def _alike(archive: Archive, map_: territory.Territory, place: Place) -> Iterator[Element]:
    if SIMILAR not in archive.store.index["elenchi"]:
        return
    similar = archive.store.listing(SIMILAR)
    own_ones = similar[(similar["livello"] == place.livello) & (similar["territorio"] == place.codice)].sort_values(
        "posto"
    )
    names = [map_.name("ambito", str(code)) for code in own_ones["simile"].head(HOW_MANY)]
    if names:
        yield _led("Ambiti che gli somigliano di più, per età e numero dei residenti", f"{formats.elenco(names)}.")


def _missing(missing: Sequence[Indicator]) -> Iterator[Element]:
    if missing:
        names = [_lower(indicator.nome) for indicator in missing]
        yield _led("Non disponibile", f"{formats.elenco(names)}.")


def _notes(map_: territory.Territory, place: Place, rows: Sequence[_Row]) -> Iterator[Element]:
    """Yield the second page: how to read the table, the comuni, what each indicator is, the sources."""
    if rows:
        yield _note("Come si legge la tabella", _reading())
    comuni = map_.members(place.livello, place.codice)
    if comuni:
        grades = map_.comuni["ambito_grado"]
        names = [f"{map_.name('comune', c)}{' (dedotto)' if grades[c] == 'stima' else ''}" for c in comuni]
        yield _note("I comuni", f"{', '.join(sorted(names))}.")
    shown = {row.indicator.id: row for row in rows}
    for _, ids in themes():
        parts: list[Span] = []
        for row in (shown[id] for id in ids if id in shown):
            when = formats.periodo(row.figure.period)
            parts.append(Span(f"{row.indicator.nome}: ", italic=True))
            parts.append(Span(f"{_lower(row.indicator.definizione_breve.rstrip('.'))} ({when}). "))
        if parts:
            yield Paragraph("", (*parts[:-1], Span(parts[-1].text.rstrip())), NOTE)
    sources = {_source(i) for row in rows for i in row.figure.inputs if i.fonte}
    if sources:
        yield _note("Fonti", f"{'; '.join(sorted(sources))}.")


def _reading() -> str:
    return (
        "L'intervallo è quello in cui sta il valore, tenuto conto dell'errore della stima; dove non c'è, il valore è "
        f"contato. Il confronto è con {REGION.the}: «incerto» dice che la differenza non si distingue dall'errore. Il "
        f"posto è fra gli ambiti {REGION.di} che hanno il dato, dal valore più alto; due numeri dicono i posti "
        "possibili; dove non c'è, i dati non lo dicono. L'andamento è la differenza dal primo anno confrontabile; "
        "dove non c'è, il dato ha una sola data."
    )


def _source(voce: Input) -> str:
    """Return a table with who publishes it; the table alone when it gathers the sources of many rows."""
    title = voce.titolo or voce.tabella
    return title if len(voce.fonte) > SHORT else f"{title} ({voce.fonte})"


def _lower(testo: str) -> str:
    """Return a sentence as it follows a colon: an initialism keeps its capitals."""
    return testo if testo[1:2].isupper() else testo[:1].lower() + testo[1:]


def _text(testo: str) -> Paragraph:
    return Paragraph("", (Span(testo),))


def _led(titolo: str, testo: str) -> Paragraph:
    return Paragraph("", (Span(f"{titolo}: ", bold=True), Span(testo)))


def _note(titolo: str, testo: str) -> Paragraph:
    return Paragraph("", (Span(f"{titolo}. ", bold=True), Span(testo)), NOTE)
