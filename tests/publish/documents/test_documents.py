"""What is written in Word, PDF and Excel: the same figures, accessible, the same bytes each time."""

from __future__ import annotations

import io
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import docx
import openpyxl
import pytest
from lxml import etree
from piccolo_documento import document
from pypdf import PdfReader

from conciliazione_lib import catalog
from conciliazione_lib.errors import UsoError
from conciliazione_lib.evidence import Place
from conciliazione_lib.evidence.verify import squeeze
from conciliazione_lib.publish import documents, verify_documents
from conciliazione_lib.publish.documents import annexes, outline, package, pdf, word, workbook
from conciliazione_lib.publish.documents.elements import Paragraph, Table, spans_of
from conciliazione_lib.publish.documents.layout import layout

W = f"{{{package.W}}}"


@pytest.fixture(scope="module")
def composed() -> bytes:
    return pdf.compose(document())


def names_of(node: object, key: str) -> list[str]:
    """Return the values of a key in all the structure of a PDF."""
    found, from_light = [], [node]
    while from_light:
        entry = from_light.pop()
        entry = entry.get_object() if hasattr(entry, "get_object") else entry
        if isinstance(entry, list):
            from_light += entry
        elif isinstance(entry, dict):
            if key in entry:
                found.append(str(entry[key]))
            from_light += [entry["/K"]] if "/K" in entry else []
    return found


def test_the_same_document_has_the_same_bytes(before, composed):
    d = document()
    assert word.compose(d, pdf.drawings(d)) == before
    assert pdf.compose(d) == composed
    assert workbook.compose(d) == workbook.compose(document())


def test_drawings_are_kept_by_what_they_are_drawn_from(tmp_path, monkeypatch):
    d = document()
    true = pdf.drawings(d)
    assert pdf.drawings(d, tmp_path) == true
    assert len(list(tmp_path.iterdir())) == len({picture.svg for picture in d.pictures()})
    one = max(tmp_path.iterdir())
    one.write_bytes(one.read_bytes()[:-1])
    assert pdf.drawings(d, tmp_path) == true, "a damaged one is drawn again"
    with monkeypatch.context() as patched:
        patched.delattr(pdf, "compile_typst")
        assert pdf.drawings(d, tmp_path) == true, "none is drawn"
    monkeypatch.setattr(pdf, "MOST_KEPT", 1)
    for file in tmp_path.iterdir():
        file.unlink()
    assert pdf.drawings(d, tmp_path) == true
    assert len(list(tmp_path.iterdir())) == 1


def test_the_pdf_is_tagged_and_says_what_it_is(composed):
    read_ = PdfReader(io.BytesIO(composed))
    root = read_.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "it-IT"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert read_.metadata is not None
    assert read_.metadata.title == "Analisi dei bisogni – ATS di Pavia"
    assert b"pdfuaid" in root["/Metadata"].get_data()
    assert [str(entry["/Title"]) for entry in read_.outline if isinstance(entry, dict)][-1] == "Appendice delle cifre"
    tree = root["/StructTreeRoot"]
    assert "Le età di chi abita a Pavia." in names_of(tree, "/Alt")
    assert {"/Table", "/TH", "/TD", "/H1", "/L", "/Figure"} <= set(names_of(tree, "/S"))


def test_no_typeface_of_the_machine_is_needed(composed):
    characters = {
        str(c.get_object()["/BaseFont"])
        for page in PdfReader(io.BytesIO(composed)).pages
        for c in page["/Resources"].get("/Font", {}).values()
    }
    assert characters
    assert all("Libertinus" in name or "DejaVu" in name for name in characters)


def test_word_and_pdf_hold_the_same_figures(before, composed, tmp_path):
    (tmp_path / "d.docx").write_bytes(before)
    (tmp_path / "d.pdf").write_bytes(composed)
    d = document()
    rows = verify_documents.docx_rows(tmp_path / "d.docx")
    text = verify_documents.pdf_text(tmp_path / "d.pdf")
    shown = {span.figure: span.text for element in d.elements for span in spans_of(element) if span.figure}
    assert len(shown) == 2
    for id, value in shown.items():
        assert [id, value] in rows
        assert value in text
    sentence = (
        "Nel territorio risiedono 534.506 persone. "
        "L'indice di vecchiaia è 209,4: gli anziani sono più dei giovani (tabella 1)."
    )
    assert sentence in verify_documents.docx_text(tmp_path / "d.docx")
    assert sentence.replace(" ", "") in text.replace("\n", "").replace(" ", "")


def test_word_has_fields_marks_and_alternative_texts(before):
    parts = package.unpack(before)
    body = etree.fromstring(parts["word/document.xml"])
    fields = [str(c.get(f"{W}instr")).split()[0] for c in body.iter(f"{W}fldSimple")]
    assert fields.count("SEQ") == 2
    assert fields.count("REF") == 2
    assert "TOC" in "".join(body.itertext(f"{W}instrText"))
    descriptions = [n.get("descr") for n in body.iter(f"{{{package.WP}}}docPr")]
    assert descriptions == ["Le età di chi abita a Pavia."]
    heads = [row.find(f"{W}trPr/{W}tblHeader") is not None for row in body.iter(f"{W}tr")]
    assert heads.count(True) == len(list(body.iter(f"{W}tbl")))
    note = etree.fromstring(parts["word/footnotes.xml"])
    assert "Fonti del capitolo: ISTAT, 1° gennaio 2022." in "".join(note.itertext())
    styles = etree.fromstring(parts["word/styles.xml"])
    languages = {n.get(f"{W}val") for n in styles.find(f"{W}docDefaults").iter(f"{W}lang")}
    assert languages == {"it-IT"}
    base = package.read_base(parts)
    assert base is not None
    assert base.about["codice"] == "ats/pavia"


def test_word_is_a_package_others_read(before):
    document_word = docx.Document(io.BytesIO(before))
    assert document_word.core_properties.title == "Analisi dei bisogni – ATS di Pavia"
    assert document_word.core_properties.language == "it-IT"
    assert [p.text for p in document_word.paragraphs if p.style.name == "Heading 1"] == [
        "Premessa",
        "Analisi dei bisogni",
        "Appendice delle cifre",
    ]
    head = document_word.sections[0].header.paragraphs[0].text
    assert head.startswith("Analisi dei bisogni – ATS di Pavia")
    with zipfile.ZipFile(io.BytesIO(before)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_libreoffice_opens_the_document(before, tmp_path):
    file = tmp_path / "documento è pronto.docx"
    file.write_bytes(before)
    profile = (tmp_path / "profilo").as_uri()
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation={profile}",
            "--headless",
            "--convert-to",
            "pdf",
            "--outdir",
            tmp_path,
            file,
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    text = squeeze(verify_documents.pdf_text(file.with_suffix(".pdf")))
    assert "1.1Demografia" in text
    assert "534.506" in text
    assert "Tabella1.Residenti" in text
    assert "Nelterritoriorisiedono534.506persone." in text


def test_the_workbook_has_numbers_and_no_formulas(tmp_path):
    file = tmp_path / "tabelle.xlsx"
    file.write_bytes(workbook.compose(document()))
    book = openpyxl.load_workbook(file)
    assert book.sheetnames == ["Indice", "Tabella 1"]
    sheet = book["Tabella 1"]
    assert sheet["B4"].value == 534506
    assert sheet["B4"].data_type == "n"
    assert (sheet["A5"].value, sheet["A5"].data_type) == ("=1+1", "s")
    assert sheet["B5"].value == "n.d."
    last = [row[0].value for row in sheet.iter_rows(min_row=6) if row[0].value]
    assert last == ["Dati provvisori.", "Fonte: ISTAT"]


@pytest.mark.parametrize(
    ("testo", "format_"),
    [
        ("534.506", "#,##0"),
        ("209,4", "#,##0.0"),
        ("-1.900,00 €", '#,##0.00" €"'),
        ("21,2 punti percentuali", '#,##0.0" punti percentuali"'),
        ("17,4%", '#,##0.0"%"'),
        ("2022", "0"),
        ("oltre 300", '"oltre "#,##0'),
        ("12 (2–27)", None),
        ("n.d.", None),
    ],
)
def test_the_workbook_shows_a_number_as_the_document_does(testo, format_):
    assert workbook.number_format(testo) == format_


def test_every_table_and_figure_is_named_in_the_text():
    cited = [s.ref for e in document().elements if isinstance(e, Paragraph) for s in e.spans if s.ref]
    assert [id for id in cited if id != "testo"] == ["tab-residenti", "fig-piramide"]


def test_a_table_is_landscape_only_when_its_words_do_not_fit():
    def table(columns: int, word: str) -> Table:
        declared = tuple({"nome": word, "unita": "", "allineamento": "sinistra"} for _ in range(columns))
        row = tuple({"v": None, "t": word, "cifra": None} for _ in range(columns))
        return Table("", "t", "T", declared, (row,), wide=True)

    assert not layout(table(9, "corta")).landscape
    assert layout(table(12, "accompagnamento")).landscape
    assert sum(layout(table(12, "accompagnamento")).shares) == pytest.approx(1, abs=0.01)


def test_a_row_of_a_table_is_read_whole_on_one_page() -> None:
    base = document()
    columns = tuple({"nome": n, "unita": "", "allineamento": "sinistra"} for n in ("Azione", "Che cosa si è fatto"))
    sentence = "si è fatto questo e quello, con chi c'era e con chi è arrivato dopo; " * 9
    rows = tuple(
        (
            {"v": n, "t": f"Azione {n:02}.", "cifra": None},
            {"v": None, "t": f"Qui {sentence}fine {n:02}.", "cifra": None},
        )
        for n in range(1, 41)
    )
    long = Table("", "tab-lunga", "Azioni", columns, rows)
    whole = replace(base, elements=(*base.elements[:2], long))
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf.compose(whole))).pages]
    assert len(pages) > 4
    for n in range(1, 41):
        (page,) = [text for text in pages if f"Azione {n:02}." in text]
        assert f"fine {n:02}." in " ".join(page.split())


def test_own_texts_enter_where_they_are_called(tmp_path: Path):
    folder = tmp_path / "testi" / "pavia"
    folder.mkdir(parents=True)
    (folder / "demografia.md").write_text("Parole nostre.", encoding="utf-8")
    place = Place("ats", "pavia", "Pavia")
    assert documents.own_texts(tmp_path, place) == {"demografia": "Parole nostre."}
    (folder / "demografa.md").write_text("Errore.", encoding="utf-8")
    with pytest.raises(UsoError, match="testi che non si sa dove mettere: demografa"):
        documents.own_texts(tmp_path, place)


def test_the_sources_of_a_chapter_are_its_tables_with_date_and_status():
    read = [
        catalog.table(name, data).provenance.to_dict()
        for name, data in (("popolazione", "2025-01-01"), ("bilancio_demografico", "2025"), ("stranieri_totali", None))
    ]
    note = annexes.sources_note(read)
    assert "1° gennaio 2025, stima: 1° gennaio 2025 (stima)" in note
    assert "Bilancio demografico dei comuni della Lombardia, anno 2025: 2025 (provvisorio)" in note
    assert (
        "Residenti stranieri per comune al 1° gennaio, 2020–2025: 2020–2025, letta in una copia fatta da altri" in note
    )
    assert note.endswith("Dove non è scritto altro, i dati sono definitivi e letti nella loro fonte.")


def test_the_structure_is_that_of_the_territorial_document():
    assert [s.title for s in outline.STRUCTURE if s.level == 1] + [title for _, title in outline.ANNEXES] == [
        "In sintesi",
        "Premessa",
        "La Rete e la Comunità di Pratica",
        "Analisi dei bisogni",
        "Politiche dei tempi della città",
        "Bisogni non coperti da altri interventi",
        "Priorità",
        "Strategia, azioni e progetti",
        "Risorse",
        "Le raccomandazioni e come il piano risponde",
        "Monitoraggio e comunicazione",
        "Confronto fra le ATS",
        "Limiti e lacune",
        "Che cosa è cambiato",
    ]


def test_no_style_of_the_word_document_is_there_twice(before):
    """Pandoc looks for a style by its name: one it does not find it makes again, with the same identity."""
    root = etree.fromstring(package.unpack(before)["word/styles.xml"])
    ids = [s.get(f"{W}styleId") for s in root.iter(f"{W}style")]
    assert len(ids) == len(set(ids))
