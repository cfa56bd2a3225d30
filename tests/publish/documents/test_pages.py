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
from piccolo_documento import documento
from pypdfium2.raw import FPDF_PAGEOBJ_TEXT
from quaderni import NOTEBOOKS, executed

from conciliazione_lib import evidence
from conciliazione_lib.build.project import configurazione
from conciliazione_lib.errors import EsecuzioneError
from conciliazione_lib.evidence import formats
from conciliazione_lib.publish import edition
from conciliazione_lib.publish.documents import outline, package, pdf, published, sheet, word
from conciliazione_lib.publish.documents.elements import Document, Heading, Paragraph, Picture, Span, Table, with_keys
from conciliazione_lib.publish.documents.marks import STACCO

#: Size of a page, and its texts from the top: left, bottom, right, top, size of the type, words.
Pagina = tuple[tuple[float, float], list[tuple[float, float, float, float, float, str]]]

W = f"{{{package.W}}}"

#: Order of the properties in the schema of Word (ECMA-376, part 1, §17): out of it, Word offers to repair the file.
ORDINE = {
    "pPr": "pStyle keepNext keepLines pageBreakBefore widowControl numPr pBdr shd tabs spacing ind contextualSpacing "
    "jc outlineLvl rPr sectPr",
    "rPr": "rStyle rFonts b bCs i iCs caps smallCaps strike color spacing sz szCs highlight u shd vertAlign lang",
    "tblPr": "tblStyle tblW jc tblInd tblBorders shd tblLayout tblCellMar tblLook tblCaption tblDescription",
    "tcPr": "tcW gridSpan vMerge tcBorders shd tcMar vAlign",
    "sectPr": "headerReference footerReference footnotePr type pgSz pgMar cols titlePg",
}


def dai_quaderni(cartella: Path, livello: str, codice: str, nomi: str) -> Document:
    """Return the document that the chapters give, run here."""
    dove = cartella / "notebook" / livello / codice
    dove.mkdir(parents=True)
    for file in (NOTEBOOKS / "capitoli").glob(nomi):
        (dove / file.name).write_text(executed(file.stem, codice), encoding="utf-8")
    return published.document(cartella, configurazione(None), livello, codice)


@pytest.fixture(scope="module")
def analisi(tmp_path_factory: pytest.TempPathFactory) -> Document:
    return dai_quaderni(tmp_path_factory.mktemp("ats"), "ats", "milano", "0*.ipynb")


def scheda_di(archivio: Path, codice: str) -> Document:
    letta = edition.read([], configurazione(None), archivio)
    assert letta.archivio is not None
    return outline.document(letta, letta.archivio.place("ambito", codice), archive=letta.archivio)


@pytest.fixture(scope="module")
def scheda(archivio: Path) -> Document:
    return scheda_di(archivio, "magenta")


def leggi(dati: bytes) -> Iterator[Pagina]:
    """Yield the pages of a PDF."""
    with pypdfium2.PdfDocument(dati) as letto:
        for pagina in letto:
            pezzi = []
            for pezzo in pagina.get_objects([FPDF_PAGEOBJ_TEXT], max_depth=1, textpage=pagina.get_textpage()):
                if pezzo.extract().strip():
                    pezzi.append((*pezzo.get_bounds(), pezzo.get_font_size(), pezzo.extract().strip()))
            yield pagina.get_size(), sorted(pezzi, key=lambda p: -p[1])


@pytest.fixture(scope="module")
def composto(analisi: Document) -> bytes:
    return pdf.compose(analisi)


@pytest.fixture(scope="module")
def pagine(composto: bytes) -> list[Pagina]:
    return list(leggi(composto))


def vuoto(pagina: pypdfium2.PdfPage) -> float:
    """Return the share of a page left white under what is on it, between header and footer."""
    grigi = np.asarray(pagina.render(scale=0.4, grayscale=True).to_numpy()).squeeze()
    corpo = grigi[round(0.06 * len(grigi)) : round(0.94 * len(grigi))]
    scritte = np.flatnonzero((corpo < 200).any(axis=1))
    return 1.0 - (scritte[-1] + 1) / len(corpo) if len(scritte) else 1.0


def sezioni(dati: bytes) -> list[bool]:
    """Return, section after section of a Word document, whether it is landscape."""
    return [s.orientation == 1 for s in docx.Document(io.BytesIO(dati)).sections]


def test_no_text_of_a_real_document_leaves_its_page(pagine):
    fuori = [
        (numero, parole)
        for numero, ((largo, alto), pezzi) in enumerate(pagine, 1)
        for sinistra, basso, destra, cima, _, parole in pezzi
        if sinistra < 40 or destra > largo - 40 or basso < 20 or cima > alto - 20
    ]
    assert fuori == []


def test_no_page_of_a_real_document_is_empty_and_no_heading_is_left_alone(pagine):
    assert len(pagine) > 30
    for numero, (_, pezzi) in enumerate(pagine[1:], 2):
        corpo = [p for p in pezzi if 50 < p[1] < 780]  # between header and footer
        assert corpo, f"la pagina {numero} è vuota"
        *_, corpo_carattere, parole = corpo[-1]
        assert corpo_carattere < 11.9, f"pagina {numero}: il titolo «{parole}» è rimasto solo in fondo"


def test_no_page_is_more_than_a_third_empty_unless_a_chapter_ends_there(composto, pagine):
    inizi = [max((p[4] for p in pezzi if p[1] > 700 and p[1] < 790), default=0) >= 14 for _, pezzi in pagine]
    with pypdfium2.PdfDocument(composto) as letto:
        vuote = [numero for numero, pagina in enumerate(letto, 1) if numero > 1 and vuoto(pagina) > 1 / 3]
    # Page of a chapter's end: the next begins with a heading of chapter, or lies on its side.
    distese = [largo > alto for (largo, alto), _ in pagine]
    fine = [n for n in vuote if n == len(pagine) or inizi[n] or distese[n] or distese[n - 1]]
    assert vuote == fine


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not here")
def test_word_opened_elsewhere_has_no_more_pages_than_the_pdf_plus_two(analisi, composto, pagine, tmp_path):
    file = tmp_path / "analisi.docx"
    file.write_bytes(word.compose(analisi, pdf.drawings(analisi), pdf.heading_pages(composto)))
    comando = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profilo", "--headless", "--convert-to", "pdf"]
    subprocess.run([*comando, "--outdir", str(tmp_path), str(file)], check=True, capture_output=True, timeout=280)
    with pypdfium2.PdfDocument(tmp_path / "analisi.pdf") as letto:
        assert len(letto) <= len(pagine) + 2
        indice = letto[1].get_textpage().get_text_range()
    voci = [riga for riga in indice.splitlines() if "...." in riga]
    assert len(voci) > 20
    assert all(re.search(r"\d+$", voce.strip()) for voce in voci)


def test_the_head_of_a_table_is_not_divided(analisi):
    nomi = {str(c["nome"]) for t in analisi.tables() for c in t.columns}
    unita = [(c["nome"], c["unita"]) for t in analisi.tables() for c in t.columns if c["unita"]]
    assert len(nomi) > 30
    assert not [voce for voce in unita if f"({voce[1]})" in voce[0] or voce[0].casefold() == voce[1].casefold()]


def test_every_table_and_figure_of_a_real_document_is_named_once_before_it_appears(analisi):
    aperti: list[str] = []
    visti: set[str] = set()
    for element in analisi.elements:
        if isinstance(element, Paragraph):
            aperti += [span.ref for span in element.spans if span.ref and span.ref != "testo"]
        elif isinstance(element, Table | Picture) and element.caption:
            assert element.id in aperti
            visti.add(element.id)
    assert len(aperti) == len(set(aperti)) == len(visti)


def test_references_stand_within_the_sentence(analisi):
    frasi = [
        "".join(span.text or f"<{span.ref}>" for span in e.spans if not span.note)
        for e in analisi.elements
        if isinstance(e, Paragraph) and any(s.ref and s.text != STACCO for s in e.spans)
    ]
    assert len(frasi) > 20
    assert all(frase.endswith((">).", ">):")) or frase.startswith(("Si veda la ", "Si vedano la ")) for frase in frasi)
    assert not [frase for frase in frasi if ". (<" in frase]


def test_a_sheet_is_a_page_to_hand_over_and_one_of_notes(archivio):
    """Also the longest: Lodi has sixty comuni, and no ambito of Lombardia has more; Como is not wholly known."""
    for codice in ("magenta", "lodi", "como"):
        d = scheda_di(archivio, codice)
        prima, seconda = (pezzi for _, pezzi in leggi(pdf.compose(d)))
        assert max(p[3] for p in prima) < 842 - 90, "room for the logos"
        parole, note = ("".join(p[5] for p in pezzi).replace("’", "'") for pezzi in (prima, seconda))
        assert "Scheda dell'ambito" in parole
        assert "Non disponibile" in parole
        assert note.startswith("Note") or "Note" in note[:200]
        assert "Fonti" in note or codice == "como"
        suo = docx.Document(io.BytesIO(word.compose(d, pdf.drawings(d))))
        assert not [p.text for p in suo.paragraphs if p.style.name.lower().startswith("toc")]
        assert not suo.sections[0].different_first_page_header_footer


def test_the_rows_of_a_sheet_are_those_of_the_store(archivio):
    d = scheda_di(archivio, "magenta")
    [tavola] = d.tables()
    righe = {str(riga[0]["t"]): [str(cella["t"]) for cella in riga] for riga in tavola.rows if len(riga) > 1}
    cifre = pd.read_parquet(archivio / "cifre.parquet")
    sue = cifre.query("livello == 'ambito' and territorio == 'magenta' and riferimento and per == ''")
    nomi = evidence.load()
    for id in sheet.indicators():
        valore = sue.set_index("indicatore")["valore"][id]
        assert (nomi[id].nome in righe) == (valore == valore), id
    vecchiaia = righe["Indice di vecchiaia"]
    assert vecchiaia[1] == formats.numero(sue.set_index("indicatore")["valore"]["indice_vecchiaia"], 1)
    assert re.fullmatch(r"[\d,]+–[\d,]+", vecchiaia[2])
    assert vecchiaia[5] in sheet.ESITI.values()
    assert re.fullmatch(r"\d+(–\d+)? di \d+", vecchiaia[6])
    assert righe["Popolazione residente"][7].endswith(" dal 2022")


def test_an_ambito_not_wholly_known_says_so_and_gives_no_totals(archivio):
    testi = ["".join(s.text for s in e.spans) for e in scheda_di(archivio, "como").elements if isinstance(e, Paragraph)]
    assert "L'elenco dei suoi comuni non è completo (se ne conoscono 16), perciò non se ne danno i totali." in testi[0]


def larga() -> Document:
    """Return a document with a table that no portrait page can hold."""
    colonne = tuple({"nome": "accompagnamento", "unita": "", "allineamento": "sinistra"} for _ in range(12))
    riga = tuple({"v": None, "t": "responsabilità", "cifra": None} for _ in range(12))
    d = documento()
    tavola = Table("", "larga", "Una tabella larga", colonne, (riga,) * 3, wide=True)
    dopo = Paragraph("", (Span("Il testo continua."),))
    return replace(d, elements=(*d.elements, *with_keys([Heading("", 1, "Oltre"), tavola, dopo], "oltre")))


def test_a_wide_table_has_a_landscape_page_of_its_own():
    d = larga()
    dati = word.compose(d, pdf.drawings(d))
    assert sezioni(dati) == [False, True, False]
    teste = [s.header.paragraphs[0] for s in docx.Document(io.BytesIO(dati)).sections]
    assert {t.text for t in teste} == {"Analisi dei bisogni – ATS di Pavia\tPiano di prova"}
    fermi = [[f.position for f in t.paragraph_format.tab_stops if f.alignment == 2] for t in teste]
    assert fermi == [[], [package.LANDSCAPE_WIDTH * 635], []]  # in EMU; the style has that of a portrait page
    versi = ["".join(p[5] for p in pezzi) for (largo, alto), pezzi in leggi(pdf.compose(d)) if largo > alto]
    assert len(versi) == 1
    assert "responsabilità" in versi[0]
    assert "Il testo continua" not in versi[0]


@pytest.mark.parametrize("quale", ["piccolo", "largo", "scheda"])
def test_word_finds_every_property_where_it_expects_it(quale, scheda):
    d = {"piccolo": documento, "largo": larga, "scheda": lambda: scheda}[quale]()
    parti = package.unpack(word.compose(d, pdf.drawings(d)))
    nomi = ("document", "styles", "footnotes", "numbering", "intestazione", "piede")
    for nome in nomi:
        for nodo in etree.fromstring(parti[f"word/{nome}.xml"]).iter(*(W + n for n in ORDINE)):
            ordine = ORDINE[etree.QName(nodo).localname].split()
            trovati = [etree.QName(figlio).localname for figlio in nodo]
            noti = [n for n in trovati if n in ordine]
            assert noti == sorted(noti, key=ordine.index), f"{nome}: {trovati}"


def test_a_picture_without_alternative_text_is_refused():
    """PDF/UA-1 asks it of every figure: Typst checks it, with the rest of the standard, when it writes."""
    d = documento()
    muta = tuple(replace(e, alt="") if isinstance(e, Picture) else e for e in d.elements)
    with pytest.raises(EsecuzioneError, match="Il documento PDF non si può comporre"):
        pdf.compose(replace(d, elements=muta))
