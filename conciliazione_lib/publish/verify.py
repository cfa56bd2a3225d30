"""``verifica``: whether the published tree says what the ledger says, everywhere and in every format.

Reads what was built (pages, tables, documents) as a reader would, and hands what it finds to :mod:`evidence.verify`. It
needs nothing but the tree itself, so that anyone can check an edition received from others.
"""

from __future__ import annotations

import csv
import json
import posixpath
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote, urldefrag

import pyarrow.parquet
import python_calamine
from lxml import html

from conciliazione_lib.errors import ConciliazioneError, DatiError, EsecuzioneError, Problem
from conciliazione_lib.evidence import Ledger, Place, verify
from conciliazione_lib.evidence.verify import Finding, Passage, Shown
from conciliazione_lib.publish import addresses, leaks, opendata, verify_documents

#: Elements whose digits are not prose: captions and sources, code, drawings, blocks with their own check.
_NON_PROSA = (
    "ancestor-or-self::*[self::pre or self::code or self::svg or self::table or self::figure or "
    "contains(concat(' ', @class, ' '), ' blocco ') or contains(concat(' ', @class, ' '), ' fonti ')]"
)
_BRANI = ".//*[self::p or self::li or self::dd or self::dt or self::blockquote]"
_PROSA = f"//article[contains(concat(' ', @class, ' '), ' testo ')]{_BRANI[1:]}[not({_NON_PROSA})]"

#: Problems listed when a build is refused.
MOSTRATI = 40


@dataclass
class Report:
    """Outcome of the check of an edition.

    Attributes
    ----------
    findings : list of Finding
        What does not hold; empty when all is well.
    counts : dict of str to int
        How many things were checked, by what they are.
    """

    findings: list[Finding] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether everything holds."""
        return not self.findings

    def count(self, what: str, n: int = 1) -> None:
        """Add to the number of things checked."""
        self.counts[what] = self.counts.get(what, 0) + n

    def to_dict(self) -> dict[str, Any]:
        """Return plain data with Italian keys."""
        return {
            "esito": "coerente" if self.ok else "incoerente",
            "controlli": dict(sorted(self.counts.items())),
            "problemi": [trovata.to_dict() for trovata in self.findings],
        }


@dataclass
class _Page:
    """What was read in a page of the site."""

    name: str
    shown: list[Shown] = field(default_factory=list)
    cells: list[Shown] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    sentences: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    cards: dict[str, str] = field(default_factory=dict)
    anchors: set[str] = field(default_factory=set)
    links: list[tuple[str, str, str]] = field(default_factory=list)
    tables: list[_Table] = field(default_factory=list)


@dataclass(frozen=True)
class _Table:
    """A table of a page: where its CSV is, and the raw value of each numeric cell by row and column."""

    where: str
    id: str
    csv: str
    rows: int
    values: Mapping[tuple[int, int], tuple[str, str]]


def verifica(edizione: Path) -> Report:
    """Check a built edition.

    Parameters
    ----------
    edizione : Path
        ``reports/<edizione>``: with ``cifre.json``, ``sito/`` and, when there are, ``documenti/`` and ``tabelle/``.

    Returns
    -------
    Report

    Raises
    ------
    DatiError
        There is no edition there, or its ledger cannot be read.
    """
    registro = edizione / "cifre.json"
    if not registro.exists():
        raise DatiError(
            f"Nella cartella «{edizione.name}» non c'è un'edizione: manca cifre.json.",
            "indicare la cartella reports/<edizione>, oppure generarla con «conciliazione genera».",
        )
    report = Report()
    try:
        ledger = Ledger.read(registro)
    except ConciliazioneError as errore:
        raise DatiError(f"Il registro delle cifre non si può leggere. {errore.messaggio}", errore.rimedio) from None
    testi = {voce["id"]: voce["testo"] for voce in json.loads(registro.read_text(encoding="utf-8"))["cifre"]}
    report.findings += verify.check_ledger(ledger, registro.name, testi)
    report.count("cifre nel registro", len(ledger))
    report.count("affermazioni nel registro", len(ledger.claims))
    report.findings += leaks.check(edizione)
    pagine = [_read_page(file, edizione) for file in sorted((edizione / "sito").rglob("*.html"))]
    report.findings += _what_is_missing(edizione)
    _check_site(report, ledger, pagine, edizione)
    frasi = {pagina.name: pagina.sentences for pagina in pagine}
    trovate, conteggi = verify_documents.check_folder(edizione / "documenti", ledger, frasi)
    report.findings += trovate
    report.counts |= conteggi
    return report


def require(edizione: Path) -> Report:
    """Check an edition and refuse it when something does not hold: what ends every build.

    Raises
    ------
    EsecuzioneError
        With every place that does not hold.
    """
    report = verifica(edizione)
    if not report.ok:
        problemi = [
            Problem(trovata.expected, f"{trovata.found}, in {trovata.where} {trovata.id}".strip())
            for trovata in report.findings
        ]
        raise EsecuzioneError(
            f"Le cifre non sono coerenti: {len(problemi)} punti non tornano, perciò l'edizione non è stata pubblicata.",
            "correggere il capitolo indicato; se è un numero nel testo, scriverlo come cifra.",
            problemi[:MOSTRATI],
        )
    return report


def _what_is_missing(edizione: Path) -> list[Finding]:
    """Return a finding for each page or document that an edition should have, from the chapters it keeps."""
    from conciliazione_lib.publish import documents

    attesi = ["sito/index.html"]
    for cartella in sorted((edizione / "notebook").glob("*/*")):
        posto = Place(cartella.parent.name, cartella.name, cartella.name)
        base = documents.address(posto)
        attesi += [f"sito/{addresses.cartella(posto)}/index.html", f"{base}.docx", f"{base}.pdf"]
    return [
        Finding("completezza", nome, "", "un file dell'edizione", "nessun file")
        for nome in attesi
        if not (edizione / nome).is_file()
    ]


def _check_site(report: Report, ledger: Ledger, pagine: list[_Page], edizione: Path) -> None:
    schede = {chiave: testo for pagina in pagine for chiave, testo in pagina.cards.items()}
    report.findings += verify.check_cards(ledger, schede)
    ancore = {pagina.name: pagina.anchors for pagina in pagine}
    for pagina in pagine:
        report.findings += verify.check_shown(ledger, pagina.shown, schede)
        report.findings += verify.check_cells(ledger, pagina.cells)
        report.findings += verify.check_passages(pagina.passages)
        for posto, chiave, indirizzo in pagina.links:
            percorso, frammento = urldefrag(indirizzo)
            meta = posixpath.normpath(posixpath.join(posixpath.dirname(pagina.name), unquote(percorso)))
            meta = meta if percorso else pagina.name
            if unquote(frammento) != chiave or chiave not in ancore.get(meta, set()):
                report.findings.append(
                    Finding("collegamento", posto, chiave, "un collegamento alla sua scheda", f"«{indirizzo}»")
                )
        for tavola in pagina.tables:
            report.findings += _check_files(tavola, edizione / tavola.csv)
            report.count("tabelle confrontate con i file da scaricare")
        report.count("pagine")
        report.count("cifre mostrate", sum(cosa.kind != "affermazione" for cosa in pagina.shown))
        report.count("affermazioni mostrate", sum(cosa.kind == "affermazione" for cosa in pagina.shown))
        report.count("celle con un valore", len(pagina.cells))
        report.count("brani di testo", len(pagina.passages))
    for tavola in _out_of_pages(edizione, {tavola.csv for pagina in pagine for tavola in pagina.tables}):
        report.findings += [
            Finding("valore", tavola.where, cifra, f"{ledger[cifra].value}", valore)
            for valore, cifra in tavola.values.values()
            if cifra in ledger and not verify.same_value(ledger[cifra], valore)
        ]
        report.findings += _check_files(tavola, edizione / tavola.csv)
        report.count("tabelle solo da scaricare")
    report.count("schede", len(schede))


def _read_page(file: Path, edizione: Path) -> _Page:
    """Read a page: what it shows, its prose without figures, its cards, its tables."""
    albero = html.fromstring(file.read_bytes())
    pagina = _Page(file.relative_to(edizione).as_posix())

    def dove(nodo: Any) -> str:
        return f"{pagina.name}, riga {nodo.sourceline}"

    for nodo in albero.iter("a", "td", "th"):
        if nodo.tag != "a":
            if (valore := nodo.get("data-valore")) is not None:
                pagina.cells.append(
                    Shown(dove(nodo), "cella", nodo.get("data-cifra") or "", nodo.text_content(), valore)
                )
            continue
        for genere in ("cifra", "affermazione"):
            chiave = nodo.get(f"data-{genere}")
            if chiave is None and genere == "cifra" == nodo.get("class"):
                chiave = nodo.getparent().get("data-cifra")  # the cell says which figure it is
            if chiave is not None:
                in_cella = genere == "cifra" and next(nodo.iterancestors("td", "th"), None) is not None
                in_cella = in_cella or "unita" in (
                    nodo.getnext().get("class") or "" if nodo.getnext() is not None else ""
                )
                tipo = "cella" if in_cella else genere
                pagina.shown.append(Shown(dove(nodo), tipo, chiave, nodo.text_content()))
                pagina.links.append((dove(nodo), chiave, nodo.get("href") or ""))
    for nodo in albero.xpath("//*[@data-scheda]"):
        pagina.cards[nodo.get("data-scheda")] = nodo.text_content()
    if pagina.cards:
        pagina.anchors = set(albero.xpath("//@id"))
    for nodo in albero.xpath(_PROSA):
        if nodo.xpath(_BRANI):
            continue  # its parts are read one by one
        legati = nodo.xpath(".//a[@data-cifra or @data-affermazione]")
        if legati:
            chiave = legati[0].get("data-cifra") or legati[0].get("data-affermazione")
            pagina.sentences.append((chiave, tuple(_pieces(nodo))))
        pagina.passages.append(Passage(dove(nodo), _without_links(nodo)))
    pagina.sentences += _rows(albero)
    pagina.tables += _tables(albero, pagina.name)
    return pagina


def _rows(albero: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the rows of the tables of a page that show a figure, cut in cells; not the data of its drawings."""
    for riga in albero.xpath("//table[@id]/tbody/tr[*/@data-cifra]"):
        if not riga.getparent().getparent().get("id").endswith("-dati"):
            yield riga.xpath("string(*/@data-cifra)"), tuple(cella.text_content() for cella in riga)


def _pieces(nodo: Any) -> Iterator[str]:
    """Yield the text of an element, cut where its figures and claims begin and end."""
    fino = nodo.text or ""
    for figlio in nodo:
        if figlio.get("data-cifra") or figlio.get("data-affermazione"):
            yield fino
            yield figlio.text_content()
            fino = ""
        else:
            prima, *altri = list(_pieces(figlio)) or [""]
            fino += prima
            for pezzo in altri:
                yield fino
                fino = pezzo
        fino += figlio.tail or ""
    yield fino


def _without_links(nodo: Any) -> str:
    """Return the text of an element without its figures, claims and code."""
    pezzi = [nodo.text or ""]
    for figlio in nodo:
        muto = figlio.get("data-cifra") or figlio.get("data-affermazione") or figlio.tag == "code"
        pezzi.append(" " if muto else _without_links(figlio))
        pezzi.append(figlio.tail or "")
    return "".join(pezzi)


def _tables(albero: Any, nome: str) -> Iterator[_Table]:
    """Yield the tables of a page that can be downloaded as CSV, with their raw values."""
    scaricabili = {
        Path(unquote(a.get("href"))).stem: a.get("href")
        for a in albero.xpath("//a[@download]")
        if a.get("href").endswith(".csv")
    }
    for tavola in albero.xpath("//table[@id]"):
        indirizzo = scaricabili.get(tavola.get("id"))
        if indirizzo is None:
            continue
        valori = {}
        righe = tavola.xpath("./tbody/tr")
        for i, riga in enumerate(righe):
            for j, cella in enumerate(riga.xpath("./td|./th")):
                if cella.get("data-valore") is not None:
                    valori[i, j] = (cella.get("data-valore"), cella.get("data-cifra") or "")
        percorso = posixpath.normpath(posixpath.join(posixpath.dirname(nome), unquote(indirizzo)))
        yield _Table(f"{nome}, riga {tavola.sourceline}", tavola.get("id"), percorso, len(righe), valori)


def _out_of_pages(edizione: Path, nelle_pagine: Collection[str]) -> Iterator[_Table]:
    """Yield the tables of chapters that are only in files, from the one with all the cells of their chapter."""
    for file in sorted((edizione / "sito" / "dati").glob("*/*.parquet")):
        base = file.relative_to(edizione).with_suffix("").as_posix()
        celle = pyarrow.parquet.read_table(file).to_pylist()
        for id in dict.fromkeys(str(cella["tavola"]) for cella in celle):
            csv_file = f"{base}/{id}.csv"
            if csv_file in nelle_pagine:
                continue
            proprie = [cella for cella in celle if cella["tavola"] == id]
            colonne = list(dict.fromkeys(cella["colonna"] for cella in proprie))
            valori = {
                (cella["riga"], colonne.index(cella["colonna"])): (_raw(cella["valore"]), cella["cifra"])
                for cella in proprie
                if cella["valore"] is not None
            }
            righe = 1 + max(cella["riga"] for cella in proprie)
            yield _Table(f"{base}.parquet, {id}", id, csv_file, righe, valori)


def _check_files(tavola: _Table, csv_file: Path) -> list[Finding]:
    """Compare a table of a page, cell by cell, with its CSV and with the files of the tables of its chapter."""
    if not csv_file.exists():
        return [Finding("valore", tavola.where, "", "un CSV da scaricare", f"nessun file {tavola.csv}")]
    trovate = []
    for estensione, leggi in _LETTORI.items():
        file, nome = csv_file, tavola.csv
        if estensione != ".csv":
            file = csv_file.parent.with_name(csv_file.parent.name + estensione)
            nome = f"{posixpath.dirname(tavola.csv)}{estensione}, {tavola.id}"
        if not file.exists():
            continue
        righe = leggi(file, tavola.id)
        if len(righe) != tavola.rows:
            trovate.append(Finding("valore", nome, "", f"{tavola.rows} righe, come nella pagina", f"{len(righe)}"))
            continue
        for (i, j), (atteso, cifra) in tavola.values.items():
            letto = righe[i][j] if j < len(righe[i]) else ""
            if not _same(atteso, letto):
                posto = f"{nome}, riga {i + 2}, colonna {j + 1}"
                trovate.append(Finding("valore", posto, cifra, atteso or "nessun valore", letto or "nessun valore"))
    return trovate


def _csv_rows(file: Path, _: str) -> list[list[str]]:
    with file.open(encoding="utf-8", newline="") as flusso:
        return list(csv.reader(flusso))[1:]


def _parquet_rows(file: Path, tavola: str) -> list[list[str]]:
    letta = pyarrow.parquet.read_table(file, columns=["riga", "valore"], filters=[("tavola", "=", tavola)]).to_pydict()
    righe: dict[int, list[str]] = {}
    for riga, valore in zip(letta["riga"], letta["valore"], strict=True):
        righe.setdefault(riga, []).append(_raw(valore))
    return list(righe.values())


def _xlsx_rows(file: Path, tavola: str) -> list[list[str]]:
    libro = python_calamine.CalamineWorkbook.from_path(str(file))
    nome = opendata.sheet_name(tavola)
    if nome not in libro.sheet_names:
        return []
    foglio = libro.get_sheet_by_name(nome)
    return [[_raw(valore) for valore in riga] for riga in foglio.to_python(skip_empty_area=False)[1:]]


_LETTORI = MappingProxyType({".csv": _csv_rows, ".parquet": _parquet_rows, ".xlsx": _xlsx_rows})


def _raw(valore: Any) -> str:
    return "" if valore is None or valore != valore else str(valore)


def _same(a: str, b: str) -> bool:
    """Tell whether two raw values are the same number, or both missing."""
    if not a or not b:
        return a == b
    try:
        return f"{float(a):.12g}" == f"{float(b):.12g}"
    except ValueError:
        return a == b
