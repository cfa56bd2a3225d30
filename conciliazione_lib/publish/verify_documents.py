"""Reading Word, PDF and Excel files back, to check that they say what the pages and the ledger say."""

from __future__ import annotations

import re
import tomllib
import zipfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

from lxml import etree

from conciliazione_lib.evidence import Figure, Ledger, Place, verify
from conciliazione_lib.evidence import load as registro_indicatori
from conciliazione_lib.evidence.verify import Finding

#: A sentence or a row of a table of the site that must be in the documents: id of its first figure or claim, and its
#: pieces.
Sentence = tuple[str, tuple[str, ...]]

#: The references to tables and figures that documents add within a sentence, before its last stop.
_CROSS_REFERENCES = re.compile(r"\s*\(\s*(?:tabella|figura)\s+\d+(?:\s*(?:,|\be)\s+(?:tabella|figura)\s+\d+)*\s*\)")

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

    def keys(self, indicator: str) -> dict[str, str]:
        """Return the ids of an indicator, all put as what is left of them without what a line break adds or takes."""
        if indicator not in self._keys:
            self._keys[indicator] = {verify.squeeze(key): key for key in self._of_indicators[indicator]}
        return self._keys[indicator]

    @cached_property
    def indicators(self) -> list[str]:
        """How ids begin, the longest first."""
        return sorted(self._of_indicators, key=len, reverse=True)

    def whole(self, place: Place, wanted: Collection[str]) -> Iterator[Figure]:
        """Yield the figures of some indicators about a territory, without a breakdown, that have a value."""
        for key in self._of_places.get(place.chiave, ()):
            if key.partition(".")[0] in wanted:
                figure = self.ledger[key]
                if not figure.breakdown and not figure.missing:
                    yield figure

    @cached_property
    def _keys(self) -> dict[str, dict[str, str]]:
        return {}

    @cached_property
    def _of_indicators(self) -> dict[str, list[str]]:
        """Ids, by how they begin."""
        by_name: dict[str, list[str]] = {}
        for key in self.ledger.figures:
            by_name.setdefault(key.partition(".")[0], []).append(key)
        found: dict[str, list[str]] = {}
        for name, keys in by_name.items():
            found.setdefault(verify.squeeze(name), []).extend(keys)
        return found

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
    return _text(_parts(file))


def docx_rows(file: Path) -> list[list[str]]:
    """Return the rows of all the tables of a Word document, as texts."""
    return _rows(_parts(file))


def _parts(file: Path) -> list[Any]:
    """Return the trees of a Word document: what it says, then its footnotes."""
    with zipfile.ZipFile(file) as archive:
        notes = [name for name in ("word/footnotes.xml",) if name in archive.namelist()]
        return [etree.fromstring(archive.read(name)) for name in ("word/document.xml", *notes)]


def _text(parts: Iterable[Any]) -> str:
    return "\n".join(_paragraph(paragraph) for tree in parts for paragraph in tree.iter(f"{_W}p"))


def _rows(parts: Sequence[Any]) -> list[list[str]]:
    return [
        [" ".join(_paragraph(p) for p in cell.iter(f"{_W}p")) for cell in row.iter(f"{_W}tc")]
        for row in parts[0].iter(f"{_W}tr")
    ]


def pdf_text(file: Path) -> str:
    """Return the text of a PDF in the order in which it is written, one piece a line; drawings are left out.

    Raises
    ------
    ValueError
        The file is not a PDF that can be read.
    """
    import conciliazione_lib.publish.pdf_pieces as pdf_pieces

    return pdf_pieces.text(file)


def check_docx(file: Path, dove: str, known: Known, sentences: Iterable[Sentence]) -> list[Finding]:
    """Check a Word document: what the pages say is there, every row of the appendix has its figure's text."""
    parts, ledger = _parts(file), known.ledger
    found = verify.check_document(sentences, _CROSS_REFERENCES.sub("", _text(parts)), dove)
    for row in _rows(parts):
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
        keys = known.keys(place[0].partition(".")[0])
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
    except (zipfile.BadZipFile, etree.XMLSyntaxError, KeyError, ValueError) as error:
        found = [Finding("documento", dove, "", "un documento che si apre", str(error))]
    name = "documenti Word" if file.suffix == ".docx" else "documenti PDF"
    return found, {name: 1, "frasi e righe di tabella nei documenti": len(expected)}
