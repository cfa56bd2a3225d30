"""Reading Word, PDF and Excel files back, to check that they say what the pages and the ledger say."""

from __future__ import annotations

import re
import tomllib
import zipfile
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Any

import pypdfium2
from lxml import etree
from pypdfium2.raw import FPDF_PAGEOBJ_TEXT

from conciliazione_lib.evidence import Ledger, Place, verify
from conciliazione_lib.evidence import load as registro_indicatori
from conciliazione_lib.evidence.verify import Finding

#: A sentence or a row of a table of the site that must be in the documents: id of its first figure or claim, and its
#: pieces.
Sentence = tuple[str, tuple[str, ...]]

#: The references to tables and figures that documents add within a sentence, before its last stop.
_RIMANDI = re.compile(r"\s*\(\s*(?:tabella|figura)\s+\d+(?:\s*(?:,|\be)\s+(?:tabella|figura)\s+\d+)*\s*\)")

#: What PDFium gives for a hyphen at the end of a line.
_A_CAPO = "\x02"

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def sheet_rows(ledger: Ledger, ambito: str) -> list[Sentence]:
    """Return the rows that the sheet of an ambito must have: name and value of each indicator that has one."""
    file = resources.files("conciliazione_lib.publish.documents") / "scheda.toml"
    wanted = {id for tema in tomllib.loads(file.read_text("utf-8"))["temi"] for id in tema["indicatori"]}
    names = registro_indicatori()
    place = Place("ambito", ambito, "").chiave
    return [
        (figure.id, (names[figure.indicator].nome, figure.text))
        for figure in ledger
        if figure.indicator in wanted
        and figure.territory.chiave == place
        and not figure.breakdown
        and not figure.missing
    ]


def docx_text(file: Path) -> str:
    """Return the text of a Word document, one paragraph a line, tables and footnotes included."""
    with zipfile.ZipFile(file) as archivio:
        parti = [nome for nome in ("word/document.xml", "word/footnotes.xml") if nome in archivio.namelist()]
        alberi = [etree.fromstring(archivio.read(nome)) for nome in parti]
    return "\n".join(_paragraph(paragrafo) for albero in alberi for paragrafo in albero.iter(f"{_W}p"))


def docx_rows(file: Path) -> list[list[str]]:
    """Return the rows of all the tables of a Word document, as texts."""
    with zipfile.ZipFile(file) as archivio:
        albero = etree.fromstring(archivio.read("word/document.xml"))
    return [
        [" ".join(_paragraph(p) for p in cella.iter(f"{_W}p")) for cella in riga.iter(f"{_W}tc")]
        for riga in albero.iter(f"{_W}tr")
    ]


def pdf_text(file: Path) -> str:
    """Return the text of a PDF in the order in which it is written, one piece a line; drawings are left out."""
    pezzi = []
    with pypdfium2.PdfDocument(file) as documento:
        for pagina in documento:
            testo = pagina.get_textpage()
            for pezzo in pagina.get_objects([FPDF_PAGEOBJ_TEXT], max_depth=1, textpage=testo):
                pezzi.append(pezzo.extract())
    return "\n".join(pezzi).replace(_A_CAPO, "")


def check_docx(file: Path, dove: str, ledger: Ledger, frasi: Iterable[Sentence]) -> list[Finding]:
    """Check a Word document: what the pages say is there, every row of the appendix has its figure's text."""
    trovate = verify.check_document(frasi, _RIMANDI.sub("", docx_text(file)), dove)
    for riga in docx_rows(file):
        celle = [verify.plain(cella) for cella in riga]
        for chiave in (cella for cella in celle if cella in ledger):
            if ledger[chiave].text not in celle:
                trovate.append(Finding("documento", f"{dove}, appendice", chiave, ledger[chiave].text, celle[-1]))
    return trovate


def check_pdf(file: Path, dove: str, ledger: Ledger, frasi: Iterable[Sentence]) -> list[Finding]:
    """Check a PDF: what the pages say is there, every id of the appendix is followed by its figure's text."""
    testo = _RIMANDI.sub("", pdf_text(file))
    trovate = verify.check_document(frasi, testo, dove)
    compatto = verify.squeeze(testo)
    chiavi = {verify.squeeze(chiave): chiave for chiave in ledger.figures}
    indicatori = sorted({chiave.partition(".")[0] for chiave in chiavi}, key=len, reverse=True)
    for posto in re.finditer(rf"(?:{'|'.join(indicatori)})\.[\w.\-]+", compatto) if indicatori else ():
        # the id runs into the next column once spaces are gone: the longest known beginning is the id
        breve = next((posto[0][:n] for n in range(len(posto[0]), 0, -1) if posto[0][:n] in chiavi), None)
        if breve is None:
            continue
        seguito = compatto[posto.start() + len(breve) :][:400]
        if verify.squeeze(ledger[chiavi[breve]].text) not in seguito:
            trovate.append(
                Finding("documento", f"{dove}, appendice", chiavi[breve], ledger[chiavi[breve]].text, seguito[:60])
            )
    return trovate


def _paragraph(paragrafo: Any) -> str:
    """Return the text of a paragraph: runs, line breaks and tabs as spaces."""
    pezzi = []
    for nodo in paragrafo.iter(f"{_W}t", f"{_W}br", f"{_W}tab", f"{_W}noBreakHyphen"):
        pezzi.append(nodo.text or "" if nodo.tag == f"{_W}t" else "-" if nodo.tag.endswith("Hyphen") else " ")
    return "".join(pezzi)


def check_file(file: Path, dove: str, ledger: Ledger, attese: list[Sentence]) -> tuple[list[Finding], dict[str, int]]:
    """Check a document against the pages of its territory.

    Parameters
    ----------
    file : Path
        Word or PDF.
    dove : str
        Its path in the edition.
    ledger : Ledger
        Of the edition.
    attese : list
        The sentences and the rows of tables of the pages that hold a figure or a claim.

    Returns
    -------
    (findings, counts)
    """
    controlla = check_docx if file.suffix == ".docx" else check_pdf
    try:
        trovate = controlla(file, dove, ledger, attese)
    except (zipfile.BadZipFile, etree.XMLSyntaxError, KeyError, pypdfium2.PdfiumError) as errore:
        trovate = [Finding("documento", dove, "", "un documento che si apre", str(errore))]
    nome = "documenti Word" if file.suffix == ".docx" else "documenti PDF"
    return trovate, {nome: 1, "frasi e righe di tabella nei documenti": len(attese)}
