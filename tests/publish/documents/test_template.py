"""An office's own template: its styles, heads, feet and logos are in the document, which stays what it was."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import docx
import pypdfium2
import pytest
from docx.shared import Pt
from lxml import etree
from piccolo_documento import document

from conciliazione_lib.errors import DatiError, UsoError
from conciliazione_lib.evidence import Place
from conciliazione_lib.publish import documents
from conciliazione_lib.publish.documents import merge, package, pdf, word
from conciliazione_lib.publish.documents.template import Template

W = f"{{{package.W}}}"


def template() -> bytes:
    """Return a template as an Italian Word writes it: headings called «Titolo», a logo at the head of every page."""
    d = docx.Document()
    d.styles["Normal"].font.name = "Times New Roman"
    d.styles["Heading 1"].font.name = "Georgia"
    d.styles["Heading 1"].font.size = Pt(22)
    d.sections[0].top_margin = Pt(90)
    head = d.sections[0].header.paragraphs[0]
    head.add_run("ATS di Prova – Ufficio conciliazione ")
    head.add_run().add_picture(io.BytesIO(pdf.drawings(document())[0]), width=Pt(60))
    d.sections[0].footer.paragraphs[0].text = "Via del Piede 1"
    d.add_paragraph("Il corpo del modello non serve.")
    output = io.BytesIO()
    d.save(output)
    parts = package.unpack(output.getvalue())
    for name in ("word/styles.xml", "word/header1.xml", "word/footer1.xml"):
        for n in range(1, 5):
            parts[name] = parts[name].replace(f'"Heading{n}"'.encode(), f'"Titolo{n}"'.encode())
        parts[name] = parts[name].replace(b'"Header"', b'"Intestazione"').replace(b'"Normal"', b'"Normale"')
    parts["word/styles.xml"] = parts["word/styles.xml"].replace(
        b'<w:name w:val="Normale"/>', b'<w:name w:val="Normal"/>'
    )
    return package.pack(parts)


@pytest.fixture(scope="module")
def dressed() -> bytes:
    d = document()
    return word.compose(d, pdf.drawings(d), template=Template(template(), "ats.docx"))


def test_the_styles_are_those_of_the_template_and_what_it_has_not_stays_ours(dressed):
    styles = docx.Document(io.BytesIO(dressed)).styles
    assert styles["Normal"].font.name == "Times New Roman"
    assert (styles["Heading 1"].font.name, styles["Heading 1"].font.size) == ("Georgia", Pt(22))
    assert styles["Tabella, testo"].font.name is None, "the typeface of the template"
    assert styles["Avviso di aggiornamento"] is not None
    root = etree.fromstring(package.unpack(dressed)["word/styles.xml"])
    ids = [s.get(f"{W}styleId") for s in root.iter(f"{W}style")]
    assert len(ids) == len(set(ids))
    assert {"Heading1", "Header", "Normal", "Caption"} <= set(ids)
    assert not {"Titolo1", "Intestazione", "Normale"} & set(ids)
    for name in ("basedOn", "next", "link"):
        assert {n.get(f"{W}val") for n in root.iter(W + name)} <= set(ids)
    for n in range(1, 5):
        title = next(s for s in root.iter(f"{W}style") if s.get(f"{W}styleId") == f"Heading{n}")
        assert title.find(f"{W}pPr/{W}numPr/{W}numId").get(f"{W}val") == "80"


def test_heads_feet_and_logos_are_on_every_page_and_on_the_cover(dressed):
    d = docx.Document(io.BytesIO(dressed))
    for section in d.sections:
        assert section.header.paragraphs[0].text.startswith("ATS di Prova – Ufficio conciliazione")
        assert section.footer.paragraphs[0].text == "Via del Piede 1"
        assert section.header.part.related_parts, "the logo"
        assert section.top_margin == Pt(90)
    assert not d.sections[0].different_first_page_header_footer
    assert "Il corpo del modello non serve." not in "\n".join(p.text for p in d.paragraphs)


def test_the_words_are_the_same_with_and_without(dressed, before):
    assert merge.opened(dressed, "a")[1].blocks == merge.opened(before, "a")[1].blocks


def test_what_she_edits_in_a_dressed_document_is_kept(dressed, after):
    outcome = merge.update(dressed, after)
    assert docx.Document(io.BytesIO(outcome.docx)).styles["Normal"].font.name == "Times New Roman"
    assert "536.001" in "\n".join(p.text for p in docx.Document(io.BytesIO(outcome.docx)).paragraphs)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not here")
def test_another_program_opens_it_and_counts_its_pages(dressed, tmp_path: Path):
    """The contents have the pages of who opens the document, not those of the PDF."""
    file = tmp_path / "vestito.docx"
    file.write_bytes(dressed)
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profilo", "--headless", "--convert-to", "pdf"]
    subprocess.run([*command, "--outdir", str(tmp_path), str(file)], check=True, capture_output=True, timeout=240)
    with pypdfium2.PdfDocument(tmp_path / "vestito.pdf") as read_:
        texts = [page.get_textpage().get_text_range() for page in read_]
    assert all("Ufficio conciliazione" in text for text in texts)
    entries = [row.split(".")[-1].strip() for row in texts[1].splitlines() if "...." in row]
    titles = ("Premessa", "Analisi dei bisogni", "Demografia", "Appendice delle cifre")
    true = [next(n for n, t in enumerate(texts, 1) if n > 2 and title in t) for title in titles]
    assert [int(v) for v in entries] == true


@pytest.mark.parametrize("data", [b"altro", b""])
def test_what_is_not_a_word_file_is_refused(data):
    with pytest.raises(DatiError, match=r"Il modello «ats.docx» non è un documento Word"):
        Template(data, "ats.docx")


def test_the_template_of_an_ats_is_that_of_its_ambiti(tmp_path: Path):
    (tmp_path / "reports.toml").write_text('[modelli]\npavia = "modelli/ats.docx"\n', encoding="utf-8")
    with pytest.raises(UsoError, match=r"Il modello Word «modelli/ats.docx» di reports.toml non c'è"):
        documents.template_of(tmp_path, Place("ats", "pavia", "Pavia"))
    (tmp_path / "modelli").mkdir()
    (tmp_path / "modelli" / "ats.docx").write_bytes(template())
    assert documents.template_of(tmp_path, Place("ats", "pavia", "Pavia")) is not None
    assert documents.template_of(tmp_path, Place("ambito", "lomellina", "Lomellina")) is not None
    assert documents.template_of(tmp_path, Place("ats", "milano", "Milano")) is None
