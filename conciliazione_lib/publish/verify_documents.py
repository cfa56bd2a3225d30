"""Reading Word, PDF and Excel files back, to check that they say what the pages and the ledger say."""

from __future__ import annotations

import re
import tomllib
import zipfile
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import pypdfium2
import pypdfium2.raw as raw
from lxml import etree

from conciliazione_lib.evidence import Figure, Ledger, Place, verify
from conciliazione_lib.evidence import load as registro_indicatori
from conciliazione_lib.evidence.verify import Finding

#: A sentence or a row of a table of the site that must be in the documents: id of its first figure or claim, and its
#: pieces.
Sentence = tuple[str, tuple[str, ...]]

#: The references to tables and figures that documents add within a sentence, before its last stop.
_CROSS_REFERENCES = re.compile(r"\s*\(\s*(?:tabella|figura)\s+\d+(?:\s*(?:,|\be)\s+(?:tabella|figura)\s+\d+)*\s*\)")

#: What PDFium gives for a hyphen at the end of a line.
_NEW_LINE = "\x02"

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


class Known:
    """The figures of an edition as documents are looked through for them: each is put so once.

    Parameters
    ----------
    ledger : Ledger
        Of the edition.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    @cached_property
    def keys(self) -> dict[str, str]:
        """Ids, by what is left of them without what a line break adds or takes."""
        return {verify.squeeze(key): key for key in self.ledger.figures}

    @cached_property
    def indicators(self) -> list[str]:
        """How ids begin, the longest first."""
        names = {key.partition(".")[0] for key in self.ledger.figures}
        return sorted(map(verify.squeeze, names), key=len, reverse=True)

    def whole(self, place: Place, wanted: Collection[str]) -> Iterator[Figure]:
        """Yield the figures of some indicators about a territory, without a breakdown, that have a value."""
        for key in self._of_places.get(place.chiave, ()):
            if key.partition(".")[0] in wanted:
                figure = self.ledger[key]
                if not figure.breakdown and not figure.missing:
                    yield figure

    @cached_property
    def _of_places(self) -> dict[str, list[str]]:
        """Ids, by the part of them that says of whom they are."""
        found: dict[str, list[str]] = {}
        for key in self.ledger.figures:
            found.setdefault(key.split(".", 2)[1], []).append(key)
        return found


def sheet_rows(known: Known, ambito: str) -> list[Sentence]:
    """Return the rows that the sheet of an ambito must have: name and value of each indicator that has one."""
    file = resources.files("conciliazione_lib.publish.documents") / "scheda.toml"
    wanted = {id for theme in tomllib.loads(file.read_text("utf-8"))["temi"] for id in theme["indicatori"]}
    names = registro_indicatori()
    return [
        (figure.id, (names[figure.indicator].nome, figure.text))
        for figure in known.whole(Place("ambito", ambito, ""), wanted)
    ]


def docx_text(file: Path) -> str:
    """Return the text of a Word document, one paragraph a line, tables and footnotes included."""
    with zipfile.ZipFile(file) as archive:
        parts = [name for name in ("word/document.xml", "word/footnotes.xml") if name in archive.namelist()]
        trees = [etree.fromstring(archive.read(name)) for name in parts]
    return "\n".join(_paragraph(paragraph) for tree in trees for paragraph in tree.iter(f"{_W}p"))


def docx_rows(file: Path) -> list[list[str]]:
    """Return the rows of all the tables of a Word document, as texts."""
    with zipfile.ZipFile(file) as archive:
        tree = etree.fromstring(archive.read("word/document.xml"))
    return [
        [" ".join(_paragraph(p) for p in cell.iter(f"{_W}p")) for cell in row.iter(f"{_W}tc")]
        for row in tree.iter(f"{_W}tr")
    ]


def pdf_text(file: Path) -> str:
    """Return the text of a PDF in the order in which it is written, one piece a line; drawings are left out."""
    pieces = []
    with pypdfium2.PdfDocument(file) as document:
        for page in document:
            # Asked of the library below: an object for each of ten thousand pieces would cost more than they do.
            text = page.get_textpage()
            for place in range(raw.FPDFPage_CountObjects(page)):
                piece = raw.FPDFPage_GetObject(page, place)
                if raw.FPDFPageObj_GetType(piece) == raw.FPDF_PAGEOBJ_TEXT:
                    pieces.append(_piece(piece, text))
    return "\n".join(pieces).replace(_NEW_LINE, "")


def _piece(piece: Any, text: pypdfium2.PdfTextPage, room: int = 1 << 10) -> str:
    """Return the text of an object of a page: one that has no room is asked again."""
    units = (raw.FPDF_WCHAR * room)()
    size = raw.FPDFTextObj_GetText(piece, text, units, 2 * room)
    if size > 2 * room:
        return _piece(piece, text, size)
    if not size:
        raise pypdfium2.PdfiumError("the text of a page cannot be read")
    return bytes(memoryview(units).cast("B")[: size - 2]).decode("utf-16-le")


def check_docx(file: Path, dove: str, known: Known, sentences: Iterable[Sentence]) -> list[Finding]:
    """Check a Word document: what the pages say is there, every row of the appendix has its figure's text."""
    found, ledger = verify.check_document(sentences, _CROSS_REFERENCES.sub("", docx_text(file)), dove), known.ledger
    for row in docx_rows(file):
        cells = [verify.plain(cell) for cell in row]
        for key in (cell for cell in cells if cell in ledger):
            if ledger[key].text not in cells:
                found.append(Finding("documento", f"{dove}, appendice", key, ledger[key].text, cells[-1]))
    return found


def check_pdf(file: Path, dove: str, known: Known, sentences: Iterable[Sentence]) -> list[Finding]:
    """Check a PDF: what the pages say is there, every id of the appendix is followed by its figure's text."""
    text = _CROSS_REFERENCES.sub("", pdf_text(file))
    found = verify.check_document(sentences, text, dove)
    compact, ledger, indicators = verify.squeeze(text), known.ledger, known.indicators
    for place in re.finditer(rf"(?:{'|'.join(indicators)})\.[\w.\-]+", compact) if indicators else ():
        keys = known.keys
        # the id runs into the next column once spaces are gone: the longest known beginning is the id
        short = next((place[0][:n] for n in range(len(place[0]), 0, -1) if place[0][:n] in keys), None)
        if short is None:
            continue
        rest = compact[place.start() + len(short) :][:400]
        if verify.squeeze(ledger[keys[short]].text) not in rest:
            found.append(Finding("documento", f"{dove}, appendice", keys[short], ledger[keys[short]].text, rest[:60]))
    return found


def _paragraph(paragraph: Any) -> str:
    """Return the text of a paragraph: runs, line breaks and tabs as spaces."""
    pieces = []
    for node in paragraph.iter(f"{_W}t", f"{_W}br", f"{_W}tab", f"{_W}noBreakHyphen"):
        pieces.append(node.text or "" if node.tag == f"{_W}t" else "-" if node.tag.endswith("Hyphen") else " ")
    return "".join(pieces)


def check_file(file: Path, dove: str, known: Known, expected: list[Sentence]) -> tuple[list[Finding], dict[str, int]]:
    """Check a document against the pages of its territory.

    Parameters
    ----------
    file : Path
        Word or PDF.
    dove : str
        Its path in the edition.
    known : Known
        The figures of the edition.
    expected : list
        The sentences and the rows of tables of the pages that hold a figure or a claim.

    Returns
    -------
    (findings, counts)
    """
    check_ = check_docx if file.suffix == ".docx" else check_pdf
    try:
        found = check_(file, dove, known, expected)
    except (zipfile.BadZipFile, etree.XMLSyntaxError, KeyError, pypdfium2.PdfiumError) as error:
        found = [Finding("documento", dove, "", "un documento che si apre", str(error))]
    name = "documenti Word" if file.suffix == ".docx" else "documenti PDF"
    return found, {name: 1, "frasi e righe di tabella nei documenti": len(expected)}
