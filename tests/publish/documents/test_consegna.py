"""The document as it is delivered: its length, what it must never say, and what the founding documents ask of it."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest
from quaderni import CONFIG, ROOT

from conciliazione_lib.build.model import ChapterResult
from conciliazione_lib.publish import edition
from conciliazione_lib.publish.documents import elements, gaps, outline

COVERAGE = ROOT / "docs" / "COPERTURA.md"
#: What belongs to the analyst's desk: commands, hashes, boxes of old.
FORBIDDEN = re.compile(
    r"\bconciliazione (?:dati|genera|tempi|documento|piano|riparto|verifica|elenca|anteprima|quadrature|confronta)\b"
    r"|avvia\.py|--\w|\b[0-9a-f]{16,64}\b|Dato mancante|non ha ancora fornito|conciliazione_lib|pandas|\.ipynb"
)


Deliver = Callable[[str], edition.Edition]


@pytest.fixture(scope="module")
def delivered(generated: Path) -> Deliver:
    """Gives the chapters of an ATS, or of the region, as the build of the edition executed them."""

    @functools.cache
    def read(code: str) -> edition.Edition:
        level = "regione" if code == "lombardia" else "ats"
        folder = generated / "notebook" / level / code
        chapters = [chapter.id for chapter in CONFIG.capitoli if level in chapter.livelli]
        results = [ChapterResult(id, level, code, code, folder / f"{id}.ipynb", "fatto") for id in chapters]
        return edition.read(results, CONFIG, generated)

    return read


def document(whole: edition.Edition, kind: str = "piano") -> elements.Document:
    """What is delivered of the one territory of an edition, as a kind of document."""
    own = replace(whole, tipi={whole.luoghi[0].codice: kind})
    return outline.document(own.only(own.luoghi[0]), own.luoghi[0])


def words(document: elements.Document) -> str:
    """Everything the document says, on one line."""
    said: list[str] = [document.title, document.contribution]
    for element in document.elements:
        if isinstance(element, elements.Heading):
            said.append(element.text)
        elif isinstance(element, elements.Paragraph):
            said.append(elements.plain(element.spans))
        elif isinstance(element, elements.Box):
            said += [element.title, *(elements.plain(p.spans) for p in element.body)]
        else:
            said += [element.caption, *element.notes, element.source]
            if isinstance(element, elements.Table):
                said += [str(cell["t"]) for row in element.rows for cell in row]
    return " ".join(" ".join(said).split())


def pages(file: Path) -> int:
    return len(pypdfium2.PdfDocument(file))


@pytest.mark.parametrize("code", ["milano", "montagna", "lombardia"])
def test_the_document_is_short_and_the_synopsis_has_two_pages(generated: Path, code: str) -> None:
    folder = generated / "documenti" / code
    assert pages(folder / f"analisi-dei-bisogni-{code}.pdf") <= 50
    assert pages(folder / f"sintesi-{code}.pdf") == 2


@pytest.mark.parametrize("kind", ["piano", "documento"])
def test_the_document_says_nothing_that_is_for_the_desk(delivered: Deliver, kind: str) -> None:
    told = document(delivered("milano"), kind)
    assert FORBIDDEN.findall(words(told)) == []
    assert not [e for e in told.elements if isinstance(e, elements.Box) and e.kind == "manca"]


def test_what_is_missing_goes_to_the_analyst_with_who_has_it(delivered: Deliver) -> None:
    whole = delivered("pavia")
    missing = list(gaps.gaps(whole, whole.luoghi[0]))
    assert len(missing) >= 8
    assert all(gap["cosa"] and gap["effetto"] and gap["chi"] for gap in missing)
    assert all(gaps.template(gap["modello"]) for gap in missing)
    waiting = [gap["cifre"] for gap in missing]
    assert waiting == sorted(waiting, reverse=True)
    assert missing[0]["modello"] == "servizi_offerta"
    assert waiting[0] > 100


def test_the_document_of_an_ats_is_what_the_edition_says(delivered: Deliver) -> None:
    plan, of_old = (document(delivered("milano"), kind) for kind in ("piano", "documento"))
    assert plan.title == "Piano di conciliazione"
    assert of_old.title == "Documento territoriale di indirizzo"
    assert "Comunità di Pratica" in words(plan)
    assert "Le Alleanze locali" in words(of_old)


def rows() -> list[tuple[str, str, str, str]]:
    lines = [line for line in COVERAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| 00")]
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]  # type: ignore[misc]


def test_everything_the_founding_documents_ask_is_there_or_in_the_limits(delivered: Deliver) -> None:
    said = {kind: words(document(delivered("milano"), kind)) for kind in ("piano", "documento")}
    limits = {kind: text[text.rindex("Limiti e lacune") :] for kind, text in said.items()}
    absent = []
    for source, what, kind, where in rows():
        place, text = (limits, where.removeprefix("Limiti: ")) if where.startswith("Limiti: ") else (said, where)
        if text not in place[kind]:
            absent.append(f"{source}, {what}: «{text}»")
    assert absent == []
    assert len(rows()) > 60
    assert {source.split()[0] for source, *_ in rows()} == {"000", "004"}
