"""The structure of a document: which chapter goes where, and the words that frame them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import conciliazione_lib.publish.documents.annexes as annexes
import conciliazione_lib.publish.documents.marks as marks
import conciliazione_lib.publish.documents.novelties as novelties
import conciliazione_lib.publish.documents.plan as plan
import conciliazione_lib.publish.documents.prose as prose
import conciliazione_lib.publish.documents.sheet as sheet
import conciliazione_lib.publish.quadrature as quadrature
from conciliazione_lib import __version__
from conciliazione_lib.errors import UsoError
from conciliazione_lib.evidence import Place, formats, grammar
from conciliazione_lib.publish.changes import Comparison
from conciliazione_lib.publish.documents.elements import (
    Box,
    Document,
    Element,
    Heading,
    Paragraph,
    Picture,
    Span,
    Table,
    figures_shown,
    with_keys,
)
from conciliazione_lib.publish.documents.layout import framed
from conciliazione_lib.publish.documents.phrases import fixed_words
from conciliazione_lib.publish.edition import Block, Chapter, Edition
from conciliazione_lib.publish.selection import Archive
from conciliazione_lib.quality.marks import marks as figures_concerned


@dataclass(frozen=True)
class Section:
    """A place in the document.

    Attributes
    ----------
    id : str
        Name of the place: what an analyst's own text is called to enter it (``demografia.md``).
    title : str
        Heading.
    level : int
        Of the heading, 1 or 2.
    chapter : str
        Beginning of the id of the chapter it holds (``02``); empty for a heading that only groups others, or a fixed
        text.
    numbered : bool
        Whether its heading is numbered.
    """

    id: str
    title: str
    level: int = 1
    chapter: str = ""
    numbered: bool = True


#: The structure of the territorial document, for an ATS and for the region: the order in which it is delivered.
STRUCTURE: tuple[Section, ...] = (
    Section("sintesi", "In sintesi", chapter="00", numbered=False),
    Section("premessa", "Premessa"),
    Section("rete", "La Rete e la Comunità di Pratica"),
    Section("analisi", "Analisi dei bisogni"),
    Section("territorio", "Il territorio", 2, "01"),
    Section("demografia", "Demografia", 2, "02"),
    Section("lavoro", "Lavoro e divari di genere", 2, "03"),
    Section("servizi", "Servizi di conciliazione: domanda e offerta", 2, "04"),
    Section("esiti", "Esiti del piano precedente", 2, "06"),
    Section("tempi", "Politiche dei tempi della città", chapter="05"),
    Section("scoperti", "Bisogni non coperti da altri interventi", chapter="11"),
    Section("priorita", "Priorità", chapter="09"),
    Section("prospettive", "Verso i prossimi anni", 2, "08"),
    Section("strategia", "Strategia, azioni e progetti"),
    Section("risorse", "Risorse", chapter="07"),
    Section("raccomandazioni", "Le raccomandazioni e come il piano risponde", chapter="12"),
    Section("monitoraggio", "Monitoraggio e comunicazione"),
    Section("confronto", "Confronto fra le ATS", chapter="confronto_regionale"),
    Section("limiti", "Limiti e lacune", chapter="10"),
)

#: The opening of the document as a document of its own, of two pages.
SUMMARY = Section("sintesi", "", chapter="00", numbered=False)

#: The annexes, in order: place and title.
ANNEXES: tuple[tuple[str, str], ...] = (("novita", "Che cosa è cambiato"),)

#: Kind of the box that stands in the place of a chapter that could not be made.
NOT_SUCCESSFUL = "non-riuscito"

#: An analyst's text of this name is a section of its own, after the last chapter.
OWN_SECTION = "sezione-"


def document(
    edition: Edition,
    place: Place,
    *,
    own_texts: Mapping[str, str] | None = None,
    chapters: Sequence[str] | None = None,
    comparison: Comparison | None = None,
    archive: Archive | None = None,
) -> Document:
    """Return the document of a territory.

    Parameters
    ----------
    edition : Edition
        The executed chapters.
    place : Place
        An ATS, the region or an ambito.
    own_texts : mapping, optional
        Markdown of the ATS by name of the place it enters.
    chapters : sequence of str, optional
        Ids of the chapters wanted; all those there are by default.
    comparison : changes.Comparison, optional
        With an earlier edition: the document says what changed since.
    archive : Archive, optional
        The store of the edition: what the ATS has given of its Rete and projects, the sheet of an ambito.

    Raises
    ------
    UsoError
        There is no store to make a sheet from.
    """
    if place.livello == "ambito":
        return _sheet(edition, place, archive)
    present = [c for c in edition.di(place) if chapters is None or c.id in chapters]
    body: list[Element] = []
    for section in STRUCTURE:
        body += _section(section, present, place, edition, own_texts or {}, archive)
    for name, text in sorted((own_texts or {}).items()):
        if name.startswith(OWN_SECTION):
            body += with_keys(_own_section(text), name)
    shown = figures_shown(body)
    one_annexes: dict[str, list[Element]] = {}
    if comparison is not None:
        one_annexes["novita"] = novelties.section(comparison, place, shown)
    for id, title in ANNEXES:
        content = [*one_annexes.get(id, ()), *_own(own_texts or {}, id)]
        if content:
            body += with_keys([Heading("", 1, title, numbered=False), *content], id)
    concerned = figures_concerned(shown, quadrature.results())
    words = fixed_words()
    return Document(
        title=words["titolo"][_kind(edition, place)],
        subtitle=words["sottotitolo"][place.livello],
        place=grammar.maiuscola(grammar.senza_articolo(place)),
        code=f"{place.livello}/{place.codice}",
        edition=edition.titolo,
        date=formats.data(edition.data),
        version=__version__,
        contribution=words["contributo"] if place.livello == "ats" else "",
        elements=tuple(marks.marked(with_references(body), concerned)),
        chapters=tuple(chapters or ()),
        edition_id=edition.id,
        day=edition.data,
        failed=failed(body),
        beyond=lambda: (*_site_only(present), *annexes.annexes(edition, present, shown)),
    )


def _sheet(edition: Edition, place: Place, archive: Archive | None) -> Document:
    """Return the sheet of an ambito."""
    if archive is None:
        raise UsoError(
            f"La scheda {grammar.di(place)} si fa dalle cifre dell'edizione, che qui non ci sono.",
            f"generarla con: conciliazione genera --ambito {place.codice}",
        )
    return Document(
        title="Scheda dell'ambito",
        subtitle=fixed_words()["sottotitolo"]["ambito"],
        place=grammar.maiuscola(grammar.senza_articolo(place)),
        code=f"{place.livello}/{place.codice}",
        edition=edition.titolo,
        date=formats.data(edition.data),
        version=__version__,
        contribution="",
        elements=tuple(with_keys(sheet.elements(archive, place, edition.data), "scheda")),
        sheet=True,
        edition_id=edition.id,
        day=edition.data,
    )


def synopsis(edition: Edition, place: Place) -> Document:
    """Return the opening of the document of a territory as a document of its own, of two pages."""
    present = [c for c in edition.di(place) if c.id.startswith(SUMMARY.chapter)]
    body = with_keys([e for c in present for e in _chapter(c, SUMMARY)], "sintesi")
    words = fixed_words()
    concerned = figures_concerned(figures_shown(body), quadrature.results())
    return Document(
        title="In sintesi",
        subtitle=words["sottotitolo"][place.livello],
        place=grammar.maiuscola(grammar.senza_articolo(place)),
        code=f"{place.livello}/{place.codice}",
        edition=edition.titolo,
        date=formats.data(edition.data),
        version=__version__,
        contribution=words["contributo"] if place.livello == "ats" else "",
        elements=tuple(marks.marked(with_references(body), concerned)),
        sheet=True,
        edition_id=edition.id,
        day=edition.data,
    )


def _site_only(chapters: Sequence[Chapter]) -> Iterator[Table]:
    """Yield the tables of the chapters that the document leaves to the site."""
    for chapter in chapters:
        for block in chapter.blocchi if chapter.disponibile else ():
            if block.get("solo_sito") and block["tipo"] == "tabella":
                comuni = {"id": f"{chapter.slug}-{block['id']}", "caption": block["titolo"]}
                yield table(block, **comuni, notes=tuple(block["note"]), source=block["fonte"])


def titles() -> list[tuple[str, str]]:
    """Return the places of a document where an analyst's text may enter, each with its heading."""
    return [(section.id, section.title) for section in STRUCTURE] + list(ANNEXES)


def _section(
    section: Section,
    present: Sequence[Chapter],
    place: Place,
    edition: Edition,
    own: Mapping[str, str],
    archive: Archive | None,
) -> list[Element]:
    """Return a section with its heading; nothing when it has no content and groups no others."""
    title = [Heading("", section.level, section.title, section.numbered)] if section.title else []
    chapters = [c for c in present if section.chapter and c.id.startswith(section.chapter)]
    content: list[Element] = []
    content += _fixed("sezioni", section, place, edition, archive)
    for chapter in chapters:
        content += _chapter(chapter, section)
    content += _fixed("seguito", section, place, edition, archive)
    content += _own(own, section.id)
    if not content and section.id != "analisi":
        return []
    return with_keys([*title, *content], section.id)


def _fixed(where: str, section: Section, place: Place, edition: Edition, archive: Archive | None) -> list[Element]:
    """Return the fixed text of a section, before what its chapter says (``sezioni``) or after (``seguito``)."""
    texts = fixed_words()[where].get(section.id, {})
    text = texts.get(_kind(edition, place), texts.get(place.livello, ""))
    return _shifted(prose.elements(_filled(text, place, edition, archive)), section.level - 1, section.numbered)


def _kind(edition: Edition, place: Place) -> str:
    """Return what the document of a territory is: ``piano`` or ``documento`` for an ATS, or its level."""
    return edition.kind(place) if place.livello == "ats" else place.livello


def _chapter(chapter: Chapter, section: Section) -> list[Element]:
    """Return the elements of a chapter, its own sources in a note at the end of its first paragraph."""
    if not chapter.disponibile:
        text = "Il calcolo di questo capitolo non è arrivato in fondo, perciò il capitolo non viene mostrato."
        return [Box("", NOT_SUCCESSFUL, "Capitolo non disponibile", (Paragraph("", (Span(text),)),))]
    outcome = [e for block in chapter.blocchi if not block.get("solo_sito") for e in _block(block, section)]
    note = annexes.sources_note(chapter.fonti)
    first = next((i for i, e in enumerate(outcome) if isinstance(e, Paragraph)), None)
    if note and first is not None and section is not SUMMARY:
        paragraph = outcome[first]
        assert isinstance(paragraph, Paragraph)
        outcome[first] = replace(paragraph, spans=(*paragraph.spans, Span(note=(Span(note),))))
    return outcome


def failed(elements: Sequence[Element]) -> dict[str, tuple[str, ...]]:
    """Return, by key of its heading, the keys of the blocks of the notice of every chapter that could not be made."""
    outcome: dict[str, tuple[str, ...]] = {}
    title = ""
    for element in elements:
        if isinstance(element, Heading):
            title = element.key
        elif isinstance(element, Box) and element.kind == NOT_SUCCESSFUL and title:
            outcome[title] = (f"{element.key}_t", *(p.key for p in element.body))
    return outcome


def _block(block: Block, section: Section) -> list[Element]:
    """Return the elements of a block; headings come under that of the section."""
    base = section.level - 1 if section.title else -1
    kind = block["tipo"]
    if kind == "testo":
        return _shifted(prose.elements(block["markdown"]), base, section.numbered)
    if kind == "titolo":
        return [Heading("", max(block["livello"] + base, 1), block["testo"], section.numbered)]
    if kind == "riquadro":
        return [Box("", block["genere"], block["titolo"], prose.paragraphs(block["markdown"]))]
    id = f"{section.id}-{block['id']}"
    comuni = {"id": id, "caption": block["titolo"], "notes": tuple(block["note"]), "source": block["fonte"]}
    if kind == "tabella":
        return [table(block, **comuni)]
    map_ = kind == "mappa"
    drawing = framed(block["svg"]) if map_ else block["svg"]
    return [Picture(key="", alt=block["alt"], svg=drawing, map=map_, small=map_ and section.id == SUMMARY.id, **comuni)]


def table(block: Mapping[str, Any], *, id: str, caption: str, notes: tuple[str, ...], source: str) -> Table:
    """Return the table of a block."""
    return Table(
        "",
        id,
        caption,
        tuple({**c, "unita": formats.unit_in_heading(c["nome"], c["unita"])} for c in block["colonne"]),
        tuple(tuple(row) for row in block["righe"]),
        notes,
        source,
        wide=bool(block["larga"]),
    )


def _shifted(elements: Iterable[Element], base: int, numbered: bool) -> list[Element]:
    return [
        replace(element, level=max(element.level + base, base + 2), numbered=numbered)
        if isinstance(element, Heading)
        else element
        for element in elements
    ]


def _own(own: Mapping[str, str], nome: str) -> list[Element]:
    """Return the analyst's text for a place, its headings under that of the place."""
    return _shifted(prose.elements(own[nome]), 1, False) if nome in own else []


def _own_section(testo: str) -> list[Element]:
    """Return a section written by the analyst: its first heading is that of the section."""
    elements = prose.elements(testo)
    first = min((e.level for e in elements if isinstance(e, Heading)), default=1)
    return [
        replace(element, level=element.level - first + 1) if isinstance(element, Heading) else element
        for element in elements
    ]


def with_references(elements: Sequence[Element]) -> list[Element]:
    """Name every table and chart in the text before it, so that no one stands without a reference.

    The reference goes at the end of the last paragraph of the same heading; where there is none, in a line of its own.
    """
    outcome: list[Element] = []
    cited: dict[int, list[str]] = {}
    last: int | None = None
    for element in elements:
        if isinstance(element, Heading):
            last = None
        elif isinstance(element, Paragraph) and element.kind == "testo":
            last = len(outcome)
        elif isinstance(element, Table | Picture) and element.caption:
            if last is None:
                last = len(outcome)
                outcome.append(Paragraph(f"{element.key}_r", ()))
            cited.setdefault(last, []).append(element.id)
        outcome.append(element)
    for place, ids in cited.items():
        paragraph = outcome[place]
        assert isinstance(paragraph, Paragraph)
        outcome[place] = replace(paragraph, spans=_with_reference(paragraph.spans, ids))
    return outcome


def _with_reference(spans: tuple[Span, ...], ids: Sequence[str]) -> tuple[Span, ...]:
    """Return a paragraph that names tables and charts before its last stop, and before its footnote."""
    note = tuple(span for span in spans if span.note)
    text = [span for span in spans if not span.note]
    if not text:
        start = "Si veda " if len(ids) == 1 else "Si vedano "
        return (Span(start, ref="testo"), *_named(ids, "la "), Span(".", ref="testo"))
    point = ""
    last = text[-1]
    if not (last.figure or last.claim or last.code or last.link):
        point = last.text.rstrip()[-1:] if last.text.rstrip().endswith((".", ":")) else ""
    if point:
        rest = last.text.rstrip().removesuffix(point)
        text[-1:] = [replace(last, text=rest)] if rest else []
    end = replace(last, text=point) if point else Span(".", ref="testo")
    return (*text, Span(" (", ref="testo"), *_named(ids), Span(")", ref="testo"), end, *note)


def _named(ids: Sequence[str], article: str = "") -> Iterator[Span]:
    """Yield the names of tables and charts: ``tabella 2, figura 1 e figura 2``."""
    for place, id in enumerate(ids):
        between = "" if place == 0 else " e " if place == len(ids) - 1 else ", "
        if between or article:
            yield Span(between + article, ref="testo")
        yield Span(ref=id)


def _filled(testo: str, place: Place, edition: Edition, archive: Archive | None) -> str:
    # Most sections have no field, and the fields are read from the store.
    wanted = any(f"{{{name}}}" in testo for name in plan.LISTS)
    return testo.format(
        di=grammar.di(place),
        in_=grammar.in_(place),
        nome=grammar.nome(place),
        edizione=edition.id,
        titolo=edition.titolo,
        data=formats.data(edition.data),
        **(plan.fields(archive, place, fixed_words()["campi"]) if wanted else {}),
    )
