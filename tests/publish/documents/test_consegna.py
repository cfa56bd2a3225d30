"""The document as it is delivered: its length, what it must never say, and what the founding documents ask of it."""

from __future__ import annotations

import functools
import io
import re
import tempfile
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest
import quaderni
from quaderni import CONFIG

from conciliazione_lib.build.model import ChapterResult
from conciliazione_lib.publish import edition
from conciliazione_lib.publish.documents import elements, gaps, outline, pdf

COVERAGE = quaderni.ROOT / "docs" / "COPERTURA.md"
#: What belongs to the analyst's desk: commands, hashes, boxes of old.
FORBIDDEN = re.compile(
    r"\bconciliazione (?:dati|genera|tempi|documento|piano|riparto|verifica|elenca|anteprima|quadrature|confronta)\b"
    r"|avvia\.py|--\w|\b[0-9a-f]{16,64}\b|Dato mancante|non ha ancora fornito|conciliazione_lib|pandas|\.ipynb"
)


@functools.cache
def delivered(code: str) -> edition.Edition:
    """The chapters of an ATS, or of the region, executed as in a build."""
    folder, results = Path(tempfile.mkdtemp()), []
    level = "regione" if code == "lombardia" else "ats"
    for chapter in CONFIG.capitoli:
        if level in chapter.livelli:
            file = folder / f"{chapter.id}.ipynb"
            file.write_text(quaderni.executed(chapter.id, code), encoding="utf-8")
            results.append(ChapterResult(chapter.id, level, code, code, file, "fatto"))
    return edition.read(results, CONFIG, quaderni.edition())


def document(ats: str, kind: str = "piano") -> elements.Document:
    whole = replace(delivered(ats), tipi={ats: kind})
    return outline.document(whole.only(whole.luoghi[0]), whole.luoghi[0])


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


def pages(document: elements.Document) -> int:
    return len(pypdfium2.PdfDocument(io.BytesIO(pdf.compose(document))))


@pytest.mark.parametrize("code", ["milano", "montagna", "lombardia"])
def test_the_document_is_short_and_the_synopsis_has_two_pages(code: str) -> None:
    whole = delivered(code)
    assert pages(document(code)) <= 50
    assert pages(outline.synopsis(whole.only(whole.luoghi[0]), whole.luoghi[0])) == 2


@pytest.mark.parametrize("kind", ["piano", "documento"])
def test_the_document_says_nothing_that_is_for_the_desk(kind: str) -> None:
    found = FORBIDDEN.findall(words(document("milano", kind)))
    assert found == []
    assert not [e for e in document("milano", kind).elements if isinstance(e, elements.Box) and e.kind == "manca"]


def test_what_is_missing_goes_to_the_analyst_with_who_has_it() -> None:
    whole = delivered("pavia")
    missing = list(gaps.gaps(whole, whole.luoghi[0]))
    assert len(missing) >= 8
    assert all(gap["cosa"] and gap["effetto"] and gap["chi"] for gap in missing)
    assert all(gaps.template(gap["modello"]) for gap in missing)
    waiting = [gap["cifre"] for gap in missing]
    assert waiting == sorted(waiting, reverse=True)
    assert missing[0]["modello"] == "servizi_offerta"
    assert waiting[0] > 100


def test_the_document_of_an_ats_is_what_the_edition_says() -> None:
    assert document("milano", "piano").title == "Piano di conciliazione"
    assert document("milano", "documento").title == "Documento territoriale di indirizzo"
    assert "Comunità di Pratica" in words(document("milano", "piano"))
    assert "Le Alleanze locali" in words(document("milano", "documento"))


def rows() -> list[tuple[str, str, str, str]]:
    lines = [line for line in COVERAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| 00")]
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]  # type: ignore[misc]


def test_everything_the_founding_documents_ask_is_there_or_in_the_limits() -> None:
    said = {kind: words(document("milano", kind)) for kind in ("piano", "documento")}
    limits = {kind: text[text.rindex("Limiti e lacune") :] for kind, text in said.items()}
    absent = []
    for source, what, kind, where in rows():
        place, text = (limits, where.removeprefix("Limiti: ")) if where.startswith("Limiti: ") else (said, where)
        if text not in place[kind]:
            absent.append(f"{source}, {what}: «{text}»")
    assert absent == []
    assert len(rows()) > 60
    assert {source.split()[0] for source, *_ in rows()} == {"000", "004"}
