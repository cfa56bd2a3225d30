"""What a document is made of, before it becomes Word, PDF or a workbook: plain, ordered, the same for all three.

Every element has a ``key``: the identity of a paragraph, which stays the same when only its figures change. It is what
lets an analyst's words follow the paragraph they were written in (see :mod:`.merge`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

#: Kinds of paragraph.
TEXT, POINT, NUMBER, CITATION, NOTE, SOURCE, SUBTITLE = (
    *("testo", "punto", "numero", "citazione"),
    *("nota", "fonte", "titoletto"),
)


@dataclass(frozen=True)
class Span:
    """A piece of text with one look and at most one meaning.

    Attributes
    ----------
    text : str
        What is read.
    bold, italic, code : bool
        Its look.
    figure, claim : str, optional
        Id in the ledger of the figure or claim it shows.
    link : str, optional
        Address on the web.
    ref : str, optional
        Id of the table or chart it names: the number is that of its caption.
    note : tuple of Span
        Text of a footnote; then ``text`` is empty.
    """

    text: str = ""
    bold: bool = False
    italic: bool = False
    code: bool = False
    figure: str | None = None
    claim: str | None = None
    link: str | None = None
    ref: str | None = None
    note: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Heading:
    """A heading; ``numbered`` ones take part in the numbering of the document, with ``new_page`` it begins a page."""

    key: str
    level: int
    text: str
    numbered: bool = True
    new_page: bool = False


@dataclass(frozen=True)
class Paragraph:
    """A paragraph, or an item of a list (``punto``, ``numero``) at a depth."""

    key: str
    spans: tuple[Span, ...]
    kind: str = TEXT
    depth: int = 0


@dataclass(frozen=True)
class Box:
    """A box set apart from the text: ``avviso``, ``nota`` or ``sintesi``."""

    key: str
    kind: str
    title: str
    body: tuple[Paragraph, ...]


@dataclass(frozen=True)
class Table:
    """A table with its caption, notes and source.

    Attributes
    ----------
    key, id : str
        Identity in the document; ``id`` is what references name.
    caption : str
        Empty for a table that is not numbered (those of the annexes).
    columns : tuple of dict
        As in the block: ``nome, unita, allineamento``…
    rows : tuple of tuple of dict
        Cells: ``v`` raw value, ``t`` text shown, ``cifra`` id of its figure.
    notes : tuple of str
    source : str
    wide : bool
        Needs a landscape page.
    small : bool
        Set in smaller type, as an annex.
    shares : tuple of float
        Width of each column as a share of a portrait page; decided from the cells when empty.
    """

    key: str
    id: str
    caption: str
    columns: tuple[Mapping[str, Any], ...]
    rows: tuple[tuple[Mapping[str, Any], ...], ...]
    notes: tuple[str, ...] = ()
    source: str = ""
    wide: bool = False
    small: bool = False
    shares: tuple[float, ...] = ()


@dataclass(frozen=True)
class Picture:
    """A chart or a map, with its caption, alternative text, notes and source; ``map`` tells which of the two.

    The map of the synopsis is ``small``: a page more for a few lines would be wasted.
    """

    key: str
    id: str
    caption: str
    alt: str
    svg: str
    notes: tuple[str, ...] = ()
    source: str = ""
    map: bool = False
    small: bool = False


Element = Heading | Paragraph | Box | Table | Picture


@dataclass(frozen=True)
class Document:
    """A document ready to be written.

    Attributes
    ----------
    title, subtitle, place : str
        ``Analisi dei bisogni``, ``Documento territoriale``, ``ATS di Pavia``.
    code : str
        Level and code of the territory: ``ats/pavia``.
    edition, date, version : str
        Edition, date of the data in words, version of the program.
    contribution : str
        Sentence about who pays for it, on the cover; empty when it does not apply.
    elements : tuple of Element
    chapters : tuple of str
        Ids of the chapters chosen; empty when they are all there.
    sheet : bool
        A sheet of a few pages: its title stands above the text, without cover or contents.
    edition_id, day : str
        Id of the edition, and the date of its data as ISO: how a document is brought up to date later.
    failed : mapping
        By key of the heading of a chapter that could not be made, the keys of the notice that stands in its place.
    beyond : callable
        Gives what the document leaves to the workbook: tables of the site, definitions, sources, figures.
    """

    title: str
    subtitle: str
    place: str
    code: str
    edition: str
    date: str
    version: str
    contribution: str
    elements: tuple[Element, ...]
    chapters: tuple[str, ...] = ()
    sheet: bool = False
    edition_id: str = ""
    day: str = ""
    failed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    beyond: Callable[[], tuple[Table, ...]] = field(default=tuple, compare=False)

    def numbers(self) -> dict[str, tuple[str, int]]:
        """Return, by id, ``Tabella`` or ``Figura`` and the number of every captioned element, in order."""
        outcome: dict[str, tuple[str, int]] = {}
        how_many = {"Tabella": 0, "Figura": 0}
        for element in self.elements:
            if isinstance(element, Table | Picture) and element.caption:
                kind = "Tabella" if isinstance(element, Table) else "Figura"
                how_many[kind] += 1
                outcome[element.id] = (kind, how_many[kind])
        return outcome

    def pictures(self) -> list[Picture]:
        """Return the charts and maps, in order."""
        return [element for element in self.elements if isinstance(element, Picture)]

    def tables(self) -> list[Table]:
        """Return the captioned tables, in order."""
        return [element for element in self.elements if isinstance(element, Table) and element.caption]


def figures_shown(elements: Iterable[Element]) -> list[str]:
    """Return the ids of the figures a reader of these elements meets, each once, in order."""
    seen: dict[str, None] = {}
    for element in elements:
        for span in spans_of(element):
            if span.figure:
                seen[span.figure] = None
        if isinstance(element, Table):
            seen.update({str(cell["cifra"]): None for row in element.rows for cell in row if cell.get("cifra")})
    return list(seen)


def spans_of(element: Element) -> Iterator[Span]:
    """Yield the pieces of text of an element."""
    if isinstance(element, Paragraph):
        yield from element.spans
    elif isinstance(element, Box):
        for paragraph in element.body:
            yield from paragraph.spans


def plain(spans: Iterable[Span]) -> str:
    """Return the text a reader sees, footnotes and cross-references apart."""
    return "".join(span.text for span in spans if not span.ref)


def skeleton(spans: Iterable[Span]) -> str:
    """Return the text with a sign in the place of every figure and claim: equal when only the data changed."""
    pieces = []
    for span in spans:
        if span.figure:
            pieces.append(f"‹{span.figure.split('.')[0]}›")
        elif span.claim:
            pieces.append(f"‹{span.claim.split('.')[0]}›")
        elif not span.ref:
            pieces.append(span.text)
    return re.sub(r"\s+", " ", "".join(pieces)).strip()


def with_keys(elements: Iterable[Element], section: str) -> list[Element]:
    """Give every element its identity: the section it is in, what it is, and its words without the data."""
    used: dict[str, int] = {}

    def key(kind: str, testo: str) -> str:
        fingerprint = hashlib.sha256(f"{section}\n{kind}\n{testo}".encode()).hexdigest()[:12]
        time_ = used[fingerprint] = used.get(fingerprint, 0) + 1
        return fingerprint if time_ == 1 else f"{fingerprint}_{time_}"

    outcome: list[Element] = []
    for element in elements:
        if isinstance(element, Heading):
            outcome.append(replace(element, key=key("titolo", element.text)))
        elif isinstance(element, Paragraph):
            outcome.append(replace(element, key=key(element.kind, skeleton(element.spans))))
        elif isinstance(element, Box):
            body = tuple(replace(p, key=key("riquadro", skeleton(p.spans))) for p in element.body)
            outcome.append(replace(element, key=key("riquadro", element.title), body=body))
        else:
            outcome.append(replace(element, key=key("blocco", element.id)))
    return outcome
