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
from piccolo_documento import documento
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
def composto() -> bytes:
    return pdf.compose(documento())


def nomi_di(nodo: object, chiave: str) -> list[str]:
    """Return the values of a key in all the structure of a PDF."""
    trovati, da_leggere = [], [nodo]
    while da_leggere:
        voce = da_leggere.pop()
        voce = voce.get_object() if hasattr(voce, "get_object") else voce
        if isinstance(voce, list):
            da_leggere += voce
        elif isinstance(voce, dict):
            if chiave in voce:
                trovati.append(str(voce[chiave]))
            da_leggere += [voce["/K"]] if "/K" in voce else []
    return trovati


def test_the_same_document_has_the_same_bytes(prima, composto):
    d = documento()
    assert word.compose(d, pdf.drawings(d)) == prima
    assert pdf.compose(d) == composto
    assert workbook.compose(d) == workbook.compose(documento())


def test_the_pdf_is_tagged_and_says_what_it_is(composto):
    letto = PdfReader(io.BytesIO(composto))
    radice = letto.trailer["/Root"]
    assert radice["/MarkInfo"]["/Marked"]
    assert radice["/Lang"] == "it-IT"
    assert radice["/ViewerPreferences"]["/DisplayDocTitle"]
    assert letto.metadata is not None
    assert letto.metadata.title == "Analisi dei bisogni – ATS di Pavia"
    assert b"pdfuaid" in radice["/Metadata"].get_data()
    assert [str(voce["/Title"]) for voce in letto.outline if isinstance(voce, dict)][-1] == "Appendice delle cifre"
    albero = radice["/StructTreeRoot"]
    assert "Le età di chi abita a Pavia." in nomi_di(albero, "/Alt")
    assert {"/Table", "/TH", "/TD", "/H1", "/L", "/Figure"} <= set(nomi_di(albero, "/S"))


def test_no_typeface_of_the_machine_is_needed(composto):
    caratteri = {
        str(c.get_object()["/BaseFont"])
        for pagina in PdfReader(io.BytesIO(composto)).pages
        for c in pagina["/Resources"].get("/Font", {}).values()
    }
    assert caratteri
    assert all("Libertinus" in nome or "DejaVu" in nome for nome in caratteri)


def test_word_and_pdf_hold_the_same_figures(prima, composto, tmp_path):
    (tmp_path / "d.docx").write_bytes(prima)
    (tmp_path / "d.pdf").write_bytes(composto)
    d = documento()
    righe = verify_documents.docx_rows(tmp_path / "d.docx")
    testo = verify_documents.pdf_text(tmp_path / "d.pdf")
    shown = {span.figure: span.text for element in d.elements for span in spans_of(element) if span.figure}
    assert len(shown) == 2
    for id, valore in shown.items():
        assert [id, valore] in righe
        assert valore in testo
    frase = (
        "Nel territorio risiedono 534.506 persone. "
        "L'indice di vecchiaia è 209,4: gli anziani sono più dei giovani (tabella 1)."
    )
    assert frase in verify_documents.docx_text(tmp_path / "d.docx")
    assert frase.replace(" ", "") in testo.replace("\n", "").replace(" ", "")


def test_word_has_fields_marks_and_alternative_texts(prima):
    parti = package.unpack(prima)
    corpo = etree.fromstring(parti["word/document.xml"])
    campi = [str(c.get(f"{W}instr")).split()[0] for c in corpo.iter(f"{W}fldSimple")]
    assert campi.count("SEQ") == 2
    assert campi.count("REF") == 2
    assert "TOC" in "".join(corpo.itertext(f"{W}instrText"))
    descrizioni = [n.get("descr") for n in corpo.iter(f"{{{package.WP}}}docPr")]
    assert descrizioni == ["Le età di chi abita a Pavia."]
    teste = [riga.find(f"{W}trPr/{W}tblHeader") is not None for riga in corpo.iter(f"{W}tr")]
    assert teste.count(True) == len(list(corpo.iter(f"{W}tbl")))
    note = etree.fromstring(parti["word/footnotes.xml"])
    assert "Fonti del capitolo: ISTAT, 1° gennaio 2022." in "".join(note.itertext())
    stili = etree.fromstring(parti["word/styles.xml"])
    lingue = {n.get(f"{W}val") for n in stili.find(f"{W}docDefaults").iter(f"{W}lang")}
    assert lingue == {"it-IT"}
    base = package.read_base(parti)
    assert base is not None
    assert base.about["codice"] == "ats/pavia"


def test_word_is_a_package_others_read(prima):
    documento_word = docx.Document(io.BytesIO(prima))
    assert documento_word.core_properties.title == "Analisi dei bisogni – ATS di Pavia"
    assert documento_word.core_properties.language == "it-IT"
    assert [p.text for p in documento_word.paragraphs if p.style.name == "Heading 1"] == [
        "Premessa",
        "Analisi dei bisogni",
        "Appendice delle cifre",
    ]
    testa = documento_word.sections[0].header.paragraphs[0].text
    assert testa.startswith("Analisi dei bisogni – ATS di Pavia")
    with zipfile.ZipFile(io.BytesIO(prima)) as archivio:
        assert {voce.date_time for voce in archivio.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_libreoffice_opens_the_document(prima, tmp_path):
    file = tmp_path / "documento è pronto.docx"
    file.write_bytes(prima)
    profilo = (tmp_path / "profilo").as_uri()
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation={profilo}",
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
    testo = squeeze(verify_documents.pdf_text(file.with_suffix(".pdf")))
    assert "1.1Demografia" in testo
    assert "534.506" in testo
    assert "Tabella1.Residenti" in testo
    assert "Nelterritoriorisiedono534.506persone." in testo


def test_the_workbook_has_numbers_and_no_formulas(tmp_path):
    file = tmp_path / "tabelle.xlsx"
    file.write_bytes(workbook.compose(documento()))
    libro = openpyxl.load_workbook(file)
    assert libro.sheetnames == ["Indice", "Tabella 1"]
    foglio = libro["Tabella 1"]
    assert foglio["B4"].value == 534506
    assert foglio["B4"].data_type == "n"
    assert (foglio["A5"].value, foglio["A5"].data_type) == ("=1+1", "s")
    assert foglio["B5"].value == "n.d."
    ultime = [riga[0].value for riga in foglio.iter_rows(min_row=6) if riga[0].value]
    assert ultime == ["Dati provvisori.", "Fonte: ISTAT"]


@pytest.mark.parametrize(
    ("testo", "formato"),
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
def test_the_workbook_shows_a_number_as_the_document_does(testo, formato):
    assert workbook.number_format(testo) == formato


def test_every_table_and_figure_is_named_in_the_text():
    citati = [s.ref for e in documento().elements if isinstance(e, Paragraph) for s in e.spans if s.ref]
    assert [id for id in citati if id != "testo"] == ["tab-residenti", "fig-piramide"]


def test_a_table_is_landscape_only_when_its_words_do_not_fit():
    def tavola(colonne: int, parola: str) -> Table:
        dichiarate = tuple({"nome": parola, "unita": "", "allineamento": "sinistra"} for _ in range(colonne))
        riga = tuple({"v": None, "t": parola, "cifra": None} for _ in range(colonne))
        return Table("", "t", "T", dichiarate, (riga,), wide=True)

    assert not layout(tavola(9, "corta")).landscape
    assert layout(tavola(12, "accompagnamento")).landscape
    assert sum(layout(tavola(12, "accompagnamento")).shares) == pytest.approx(1, abs=0.01)


def test_a_row_of_a_table_is_read_whole_on_one_page() -> None:
    base = documento()
    colonne = tuple({"nome": n, "unita": "", "allineamento": "sinistra"} for n in ("Azione", "Che cosa si è fatto"))
    frase = "si è fatto questo e quello, con chi c'era e con chi è arrivato dopo; " * 9
    righe = tuple(
        ({"v": n, "t": f"Azione {n:02}.", "cifra": None}, {"v": None, "t": f"Qui {frase}fine {n:02}.", "cifra": None})
        for n in range(1, 41)
    )
    lunga = Table("", "tab-lunga", "Azioni", colonne, righe)
    insieme = replace(base, elements=(*base.elements[:2], lunga))
    pagine = [pagina.extract_text() for pagina in PdfReader(io.BytesIO(pdf.compose(insieme))).pages]
    assert len(pagine) > 4
    for n in range(1, 41):
        (pagina,) = [testo for testo in pagine if f"Azione {n:02}." in testo]
        assert f"fine {n:02}." in " ".join(pagina.split())


def test_own_texts_enter_where_they_are_called(tmp_path: Path):
    cartella = tmp_path / "testi" / "pavia"
    cartella.mkdir(parents=True)
    (cartella / "demografia.md").write_text("Parole nostre.", encoding="utf-8")
    luogo = Place("ats", "pavia", "Pavia")
    assert documents.own_texts(tmp_path, luogo) == {"demografia": "Parole nostre."}
    (cartella / "demografa.md").write_text("Errore.", encoding="utf-8")
    with pytest.raises(UsoError, match="testi che non si sa dove mettere: demografa"):
        documents.own_texts(tmp_path, luogo)


def test_the_sources_of_a_chapter_are_its_tables_with_date_and_status():
    lette = [
        catalog.table(nome, data).provenance.to_dict()
        for nome, data in (("popolazione", "2025-01-01"), ("bilancio_demografico", "2025"), ("stranieri_totali", None))
    ]
    nota = annexes.sources_note(lette)
    assert "1° gennaio 2025, stima: 1° gennaio 2025 (stima)" in nota
    assert "Bilancio demografico dei comuni della Lombardia, anno 2025: 2025 (provvisorio)" in nota
    assert (
        "Residenti stranieri per comune al 1° gennaio, 2020–2025: 2020–2025, letta in una copia fatta da altri" in nota
    )
    assert nota.endswith("Dove non è scritto altro, i dati sono definitivi e letti nella loro fonte.")


def test_the_structure_is_that_of_the_territorial_document():
    assert [s.title for s in outline.STRUTTURA if s.level == 1] + [titolo for _, titolo in outline.ALLEGATI] == [
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


def test_no_style_of_the_word_document_is_there_twice(prima):
    """Pandoc looks for a style by its name: one it does not find it makes again, with the same identity."""
    radice = etree.fromstring(package.unpack(prima)["word/styles.xml"])
    ids = [s.get(f"{W}styleId") for s in radice.iter(f"{W}style")]
    assert len(ids) == len(set(ids))
