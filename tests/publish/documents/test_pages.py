"""Pages of real documents, made from the chapters run over the edition: whole, not empty, in the right number."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import docx
import numpy as np
import pandas as pd
import pypdfium2
import pytest
from lxml import etree
from piccolo_documento import document
from pypdfium2.raw import FPDF_PAGEOBJ_TEXT
from quaderni import NOTEBOOKS, executed

from conciliazione_lib import evidence
from conciliazione_lib.build.project import configuration
from conciliazione_lib.errors import EsecuzioneError
from conciliazione_lib.evidence import formats
from conciliazione_lib.publish import edition
from conciliazione_lib.publish.documents import outline, package, pdf, published, sheet, word
from conciliazione_lib.publish.documents.elements import Document, Heading, Paragraph, Picture, Span, Table, with_keys
from conciliazione_lib.publish.documents.marks import STEP_OFF

#: Size of a page, and its texts from the top: left, bottom, right, top, size of the type, words.
Page = tuple[tuple[float, float], list[tuple[float, float, float, float, float, str]]]

W = f"{{{package.W}}}"

#: Order of the properties in the schema of Word (ECMA-376, part 1, §17): out of it, Word offers to repair the file.
ORDER = {
    "pPr": "pStyle keepNext keepLines pageBreakBefore widowControl numPr pBdr shd tabs spacing ind contextualSpacing "
    "jc outlineLvl rPr sectPr",
    "rPr": "rStyle rFonts b bCs i iCs caps smallCaps strike color spacing sz szCs highlight u shd vertAlign lang",
    "tblPr": "tblStyle tblW jc tblInd tblBorders shd tblLayout tblCellMar tblLook tblCaption tblDescription",
    "tcPr": "tcW gridSpan vMerge tcBorders shd tcMar vAlign",
    "sectPr": "headerReference footerReference footnotePr type pgSz pgMar cols titlePg",
}


def from_the_notebooks(folder: Path, livello: str, codice: str, names: str) -> Document:
    """Return the document that the chapters give, run here."""
    where = folder / "notebook" / livello / codice
    where.mkdir(parents=True)
    for file in (NOTEBOOKS / "capitoli").glob(names):
        (where / file.name).write_text(executed(file.stem, codice), encoding="utf-8")
    return published.document(folder, configuration(None), livello, codice)


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Document:
    return from_the_notebooks(tmp_path_factory.mktemp("ats"), "ats", "milano", "0*.ipynb")


def card_of(archive: Path, codice: str) -> Document:
    read_ = edition.read([], configuration(None), archive)
    assert read_.archivio is not None
    return outline.document(read_, read_.archivio.place("ambito", codice), archive=read_.archivio)


@pytest.fixture(scope="module")
def card(archive: Path) -> Document:
    return card_of(archive, "magenta")


def read(data: bytes) -> Iterator[Page]:
    """Yield the pages of a PDF."""
    with pypdfium2.PdfDocument(data) as read_:
        for page in read_:
            pieces = []
            for piece in page.get_objects([FPDF_PAGEOBJ_TEXT], max_depth=1, textpage=page.get_textpage()):
                if piece.extract().strip():
                    pieces.append((*piece.get_bounds(), piece.get_font_size(), piece.extract().strip()))
            yield page.get_size(), sorted(pieces, key=lambda p: -p[1])


@pytest.fixture(scope="module")
def composed(analysis: Document) -> bytes:
    return pdf.compose(analysis)


@pytest.fixture(scope="module")
def pages(composed: bytes) -> list[Page]:
    return list(read(composed))


def the_empty(page: pypdfium2.PdfPage) -> float:
    """Return the share of a page left white under what is on it, between header and footer."""
    greys = np.asarray(page.render(scale=0.4, grayscale=True).to_numpy()).squeeze()
    body = greys[round(0.06 * len(greys)) : round(0.94 * len(greys))]
    written = np.flatnonzero((body < 200).any(axis=1))
    return 1.0 - (written[-1] + 1) / len(body) if len(written) else 1.0


def sections(data: bytes) -> list[bool]:
    """Return, section after section of a Word document, whether it is landscape."""
    return [s.orientation == 1 for s in docx.Document(io.BytesIO(data)).sections]


def test_no_text_of_a_real_document_leaves_its_page(pages):
    outside = [
        (number, words)
        for number, ((wide, high), pieces) in enumerate(pages, 1)
        for left, low, right, top, _, words in pieces
        if left < 40 or right > wide - 40 or low < 20 or top > high - 20
    ]
    assert outside == []


def test_no_page_of_a_real_document_is_empty_and_no_heading_is_left_alone(pages):
    assert len(pages) > 30
    for number, (_, pieces) in enumerate(pages[1:], 2):
        body = [p for p in pieces if 50 < p[1] < 780]  # between header and footer
        assert body, f"la pagina {number} è vuota"
        *_, body_character, words = body[-1]
        assert body_character < 11.9, f"pagina {number}: il titolo «{words}» è rimasto solo in fondo"


def test_no_page_is_more_than_a_third_empty_unless_a_chapter_ends_there(composed, pages):
    starts = [max((p[4] for p in pieces if p[1] > 700 and p[1] < 790), default=0) >= 14 for _, pieces in pages]
    with pypdfium2.PdfDocument(composed) as read_:
        empty = [number for number, page in enumerate(read_, 1) if number > 1 and the_empty(page) > 1 / 3]
    # Page of a chapter's end: the next begins with a heading of chapter, or lies on its side.
    distese = [wide > high for (wide, high), _ in pages]
    end = [n for n in empty if n == len(pages) or starts[n] or distese[n] or distese[n - 1]]
    assert empty == end


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not here")
def test_word_opened_elsewhere_has_no_more_pages_than_the_pdf_plus_two(analysis, composed, pages, tmp_path):
    file = tmp_path / "analisi.docx"
    file.write_bytes(word.compose(analysis, pdf.drawings(analysis), pdf.heading_pages(composed)))
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profilo", "--headless", "--convert-to", "pdf"]
    subprocess.run([*command, "--outdir", str(tmp_path), str(file)], check=True, capture_output=True, timeout=280)
    with pypdfium2.PdfDocument(tmp_path / "analisi.pdf") as read_:
        assert len(read_) <= len(pages) + 2
        index = read_[1].get_textpage().get_text_range()
    entries = [row for row in index.splitlines() if "...." in row]
    assert len(entries) > 20
    assert all(re.search(r"\d+$", entry.strip()) for entry in entries)


def test_the_head_of_a_table_is_not_divided(analysis):
    names = {str(c["nome"]) for t in analysis.tables() for c in t.columns}
    unit = [(c["nome"], c["unita"]) for t in analysis.tables() for c in t.columns if c["unita"]]
    assert len(names) > 30
    assert not [entry for entry in unit if f"({entry[1]})" in entry[0] or entry[0].casefold() == entry[1].casefold()]


def test_every_table_and_figure_of_a_real_document_is_named_once_before_it_appears(analysis):
    open_: list[str] = []
    seen: set[str] = set()
    for element in analysis.elements:
        if isinstance(element, Paragraph):
            open_ += [span.ref for span in element.spans if span.ref and span.ref != "testo"]
        elif isinstance(element, Table | Picture) and element.caption:
            assert element.id in open_
            seen.add(element.id)
    assert len(open_) == len(set(open_)) == len(seen)


def test_references_stand_within_the_sentence(analysis):
    sentences = [
        "".join(span.text or f"<{span.ref}>" for span in e.spans if not span.note)
        for e in analysis.elements
        if isinstance(e, Paragraph) and any(s.ref and s.text != STEP_OFF for s in e.spans)
    ]
    assert len(sentences) > 20
    assert all(
        sentence.endswith((">).", ">):")) or sentence.startswith(("Si veda la ", "Si vedano la "))
        for sentence in sentences
    )
    assert not [sentence for sentence in sentences if ". (<" in sentence]


def test_a_sheet_is_a_page_to_hand_over_and_one_of_notes(archive):
    """Also the longest: Lodi has sixty comuni, and no ambito of Lombardia has more; Como is not wholly known."""
    for code in ("magenta", "lodi", "como"):
        d = card_of(archive, code)
        before, second = (pieces for _, pieces in read(pdf.compose(d)))
        assert max(p[3] for p in before) < 842 - 90, "room for the logos"
        words, note = ("".join(p[5] for p in pieces).replace("’", "'") for pieces in (before, second))
        assert "Scheda dell'ambito" in words
        assert "Non disponibile" in words
        assert note.startswith("Note") or "Note" in note[:200]
        assert "Fonti" in note or code == "como"
        own = docx.Document(io.BytesIO(word.compose(d, pdf.drawings(d))))
        assert not [p.text for p in own.paragraphs if p.style.name.lower().startswith("toc")]
        assert not own.sections[0].different_first_page_header_footer


def test_the_rows_of_a_sheet_are_those_of_the_store(archive):
    d = card_of(archive, "magenta")
    [table] = d.tables()
    rows = {str(row[0]["t"]): [str(cell["t"]) for cell in row] for row in table.rows if len(row) > 1}
    figures = pd.read_parquet(archive / "cifre.parquet")
    own = figures.query("livello == 'ambito' and territorio == 'magenta' and riferimento and per == ''")
    names = evidence.load()
    for id in sheet.indicators():
        value = own.set_index("indicatore")["valore"][id]
        assert (names[id].nome in rows) == (value == value), id
    old_age = rows["Indice di vecchiaia"]
    assert old_age[1] == formats.numero(own.set_index("indicatore")["valore"]["indice_vecchiaia"], 1)
    assert re.fullmatch(r"[\d,]+–[\d,]+", old_age[2])
    assert old_age[5] in sheet.OUTCOMES.values()
    assert re.fullmatch(r"\d+(–\d+)? di \d+", old_age[6])
    assert rows["Popolazione residente"][7].endswith(" dal 2022")


def test_a_change_within_the_error_is_uncertain_not_stable_and_a_place_that_may_be_any_is_not_told(archive):
    d = card_of(archive, "bassa-bresciana-orientale")
    [table] = d.tables()
    rows = {str(row[0]["t"]): [str(cell["t"]) for cell in row] for row in table.rows if len(row) > 1}
    said = pd.read_parquet(archive / "confronti.parquet").query(
        "indicatore == 'indice_vecchiaia' and livello == 'ambito' and territorio == 'bassa-bresciana-orientale'"
    )
    [change] = said[(said["genere"] == "variazione") & said["termine"].str.startswith("2022")].itertuples()
    assert change.esito == "non_distinguibile"
    assert rows["Indice di vecchiaia"][7] == "incerto dal 2022"
    rank = said[said["genere"] == "rango"].iloc[-1]
    assert (rank.posto, rank.posto_peggiore) == (1, rank.su)
    assert rows["Indice di vecchiaia"][6] == ""


def test_an_ambito_not_wholly_known_says_so_and_gives_no_totals(archive):
    texts = ["".join(s.text for s in e.spans) for e in card_of(archive, "como").elements if isinstance(e, Paragraph)]
    assert "L'elenco dei suoi comuni non è completo (se ne conoscono 16), perciò non se ne danno i totali." in texts[0]


def broad() -> Document:
    """Return a document with a table that no portrait page can hold."""
    columns = tuple({"nome": "accompagnamento", "unita": "", "allineamento": "sinistra"} for _ in range(12))
    row = tuple({"v": None, "t": "responsabilità", "cifra": None} for _ in range(12))
    d = document()
    table = Table("", "larga", "Una tabella larga", columns, (row,) * 3, wide=True)
    after = Paragraph("", (Span("Il testo continua."),))
    return replace(d, elements=(*d.elements, *with_keys([Heading("", 1, "Oltre"), table, after], "oltre")))


def test_a_wide_table_has_a_landscape_page_of_its_own():
    d = broad()
    data = word.compose(d, pdf.drawings(d))
    assert sections(data) == [False, True, False]
    heads = [s.header.paragraphs[0] for s in docx.Document(io.BytesIO(data)).sections]
    assert {t.text for t in heads} == {"Analisi dei bisogni – ATS di Pavia\tPiano di prova"}
    still = [[f.position for f in t.paragraph_format.tab_stops if f.alignment == 2] for t in heads]
    assert still == [[], [package.LANDSCAPE_WIDTH * 635], []]  # in EMU; the style has that of a portrait page
    verses = ["".join(p[5] for p in pieces) for (wide, high), pieces in read(pdf.compose(d)) if wide > high]
    assert len(verses) == 1
    assert "responsabilità" in verses[0]
    assert "Il testo continua" not in verses[0]


@pytest.mark.parametrize("which", ["piccolo", "largo", "scheda"])
def test_word_finds_every_property_where_it_expects_it(which, card):
    d = {"piccolo": document, "largo": broad, "scheda": lambda: card}[which]()
    parts = package.unpack(word.compose(d, pdf.drawings(d)))
    names = ("document", "styles", "footnotes", "numbering", "intestazione", "piede")
    for name in names:
        for node in etree.fromstring(parts[f"word/{name}.xml"]).iter(*(W + n for n in ORDER)):
            order = ORDER[etree.QName(node).localname].split()
            found = [etree.QName(child).localname for child in node]
            known = [n for n in found if n in order]
            assert known == sorted(known, key=order.index), f"{name}: {found}"


def test_a_picture_without_alternative_text_is_refused():
    """PDF/UA-1 asks it of every figure: Typst checks it, with the rest of the standard, when it writes."""
    d = document()
    silent = tuple(replace(e, alt="") if isinstance(e, Picture) else e for e in d.elements)
    with pytest.raises(EsecuzioneError, match="Il documento PDF non si può comporre"):
        pdf.compose(replace(d, elements=silent))
