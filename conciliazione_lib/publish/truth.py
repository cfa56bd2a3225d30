"""Whether what is published is true to the store: executed chapters, pages, drawings, maps, downloads, cards.

The chain goes from the store, through the executed chapter, to every place where a reader meets what it says. Files are
opened as a reader would, by code that writes none of them. Whoever changes a file and its hash in the manifest too
still has to change the store, and then everything else disagrees.
"""

from __future__ import annotations

import csv
import io
import json
import math
import posixpath
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
import python_calamine
from lxml import etree, html

from conciliazione_lib import storage, territory
from conciliazione_lib.evidence import Figure, Ledger, cards, formats, statements
from conciliazione_lib.evidence import load as registro_indicatori
from conciliazione_lib.evidence.proofreading import free_numbers
from conciliazione_lib.evidence.verify import (
    Finding,
    Shown,
    accepted_texts,
    check_cells,
    check_shown,
    plain,
    reads_as,
    same_value,
    squeeze,
)
from conciliazione_lib.evidence.writing import KEY, read_breakdown

#: What a block of an executed chapter is kept under.
MIME = "application/vnd.conciliazione.blocco+json"
#: What pages may load and run: files of the site, and data that run nothing.
_DATA = ("application/json", "application/ld+json")
#: What is written beside the files of the program: the index of the search, and colours and signs from the one palette.
_FACTS = frozenset(
    {
        *("indice-ricerca.js", "colori.css", "icona.svg", "segnale.svg"),
        *("territori.js", "indicatori.js", "regole.js"),
    }
)
_OTHERS = etree.XPath("//iframe | //object | //embed | //base")
_HANDLERS = etree.XPath("//@*[starts-with(translate(name(), 'ON', 'on'), 'on')]")
_ADDRESSES = etree.XPath("(//@href | //@src | //@action)[contains(., ':')]")
_EXECUTE = re.compile(r"^\s*(?:javascript|data|vbscript):", re.I)
_NUMBER = re.compile(r"(?<![\w,.])[-+−]?\d[\d.]*(?:,\d+)?(?![\w,])")
_LINKS = re.compile(r"\[((?:[^\]\\]|\\.)*)\]\((cifra|affermazione):([^)\s]+)\)")
#: The address of a card.
_CARD = re.compile(r"(?:^|/)cifre/[^/]+\.html#")
_MAP = re.compile(r"conciliazione\.disegna\(\w+, (\{.*?\})\);", re.DOTALL)

#: The open data of the store, as a path from the folder of the edition.
ARCHIVE = "sito/dati/edizione.zip"
_IN_ARCHIVE = ("regole.csv", "cifre.csv", "confronti.csv")
#: What is compared of the figures of the store, after what tells which they are.
_STORED = ("indicatore", "livello", "territorio", "periodo", "per", "valore", "inferiore", "superiore", "stato")
#: Of more figures than these the whole store is looked at.
_MANY = 5000
#: Shapes that other drawings of a page may use.
_SHAPES = "//path[@id and @d and not(ancestor::defs)]"
#: What a group says of an element does not take the place of what the element says, but adds to it.
_ADDED = ("clip-path", "transform", "opacity")
#: Of a column that differs, as many rows are told.
_FEW = 20

#: Beyond so many words a text of a chart is the name of an axis, not a value.
_WORDS = 5

Block = Mapping[str, Any]


class Stored:
    """The figures of a store, by what they are.

    Parameters
    ----------
    folder : Path
        Of an edition.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def rows(self) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        """Value, bounds and state of each figure; nothing where there is no store."""
        return _rows(self._table)

    def of(self, indicator: str) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        """Return those of the figures of an indicator: some checks ask for a few."""
        if indicator not in self._found:
            chosen = pc.equal(self._table["indicatore"], indicator)
            self._found[indicator] = _rows(self._table.filter(chosen))
        return self._found[indicator]

    @cached_property
    def _found(self) -> dict[str, dict[tuple[Any, ...], tuple[Any, ...]]]:
        return {}

    @cached_property
    def _table(self) -> pyarrow.Table:
        if not (self.folder / storage.FIGURES_INDEX).is_file():
            return pyarrow.table({name: pyarrow.array([], pyarrow.string()) for name in _STORED})
        return pyarrow.parquet.read_table(self.folder / "cifre.parquet", columns=list(_STORED))

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Every number of figures and lists, to twelve digits."""
        found = {_digits(value) for row in self.rows.values() for value in row[:3]}
        for file in sorted((self.folder / "elenchi").glob("*.parquet")):
            for column in pyarrow.parquet.read_table(file).to_pydict().values():
                found |= {_digits(value) for value in column if isinstance(value, int | float)}
        return frozenset(found - {""})

    def differs(self, figure: Figure) -> str:
        """Return what the store has, where it is not what a figure says; empty where they agree or it has none."""
        rows = self.rows if "rows" in vars(self) else self.of(figure.indicator)
        key = (figure.indicator, figure.territory.livello, figure.territory.codice, figure.period, figure.breakdown)
        row = rows.get(key)
        if row is None:
            return ""
        told = (figure.value, figure.lower, figure.upper)
        same = all(a == b or _digits(a) == _digits(b) for a, b in zip(row[:3], told, strict=True))
        return "" if same and row[3] == figure.state else f"{row[0]} ({row[1]}–{row[2]}), {row[3]}"


def _rows(table: pyarrow.Table) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    columns = table.to_pydict()
    breakdowns = {text: read_breakdown(text) for text in set(columns["per"])}
    every = zip(*(columns[name] for name in _STORED), strict=True)
    return {(*row[:4], breakdowns[row[4]]): row[5:] for row in every}


def _digits(value: Any) -> str:
    return "" if value is None or value != value else f"{float(value):.12g}"


def shortened(value: Any, told: Any, digits: int = 9) -> bool:
    """Tell whether open data give a number: whole ones with all their digits, the others with so many, and cents."""
    if value is None or value != value:
        return told in (None, "")
    value = float(value)
    try:
        found = float(told)
    except (TypeError, ValueError):
        return False
    if value.is_integer():
        return found == value
    return abs(found - value) <= 0.500001 * 10.0 ** -max(2, digits - 1 - math.floor(math.log10(abs(value))))


def _all_shortened(
    values: pyarrow.ChunkedArray, told: pyarrow.ChunkedArray, digits: int
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Tell it of each number of a column: at once where it is plain, and one by one of the few others."""
    exact = values.to_numpy().astype(float)
    try:
        found = told.cast(pyarrow.float64()).to_numpy().astype(float)
    except pyarrow.ArrowInvalid:
        found = np.full(len(exact), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        near = 0.5 * 10.0 ** -np.maximum(2, digits - 1 - np.floor(np.log10(np.abs(exact))))
        same = np.where(exact == np.rint(exact), found == exact, np.abs(found - exact) <= near)
    same |= np.isnan(exact) & told.is_null().to_numpy()
    same[~same] = [shortened(exact[row], told[int(row)].as_py(), digits) for row in np.flatnonzero(~same)]
    return same


def check_ledger(ledger: Ledger, stored: Stored, where: str) -> Iterator[Finding]:
    """Compare the figures of a ledger with the store."""
    if len(ledger) > _MANY:
        _ = stored.rows  # read once, and whole
    for figure in ledger:
        if told := stored.differs(figure):
            yield Finding("registro", where, figure.id, f"ciò che dice l'archivio: {told}", f"{figure.value}")


class Executed:
    """An executed chapter, as it is kept in an edition.

    Parameters
    ----------
    edition : Path
        Folder of the edition.
    file : Path
        The notebook.
    """

    def __init__(self, edition: Path, file: Path) -> None:
        self.edition, self.file = edition, file
        self.name = file.relative_to(edition).as_posix()
        self.level, self.code = file.parent.parent.name, file.parent.name
        self.cells = json.loads(file.read_text(encoding="utf-8"))["cells"]

    @cached_property
    def outputs(self) -> list[tuple[Block, Mapping[str, Any]]]:
        """Each block with all the faces of what was shown."""
        shown = [one.get("data", {}) for cell in self.cells for one in cell.get("outputs", ())]
        return [(data[MIME], data) for data in shown if MIME in data]

    @property
    def blocks(self) -> list[Block]:
        """The blocks."""
        return [block for block, _ in self.outputs]

    @cached_property
    def ledger(self) -> Ledger | None:
        """Its figures; nothing when it has not finished."""
        told = next((block for block in self.blocks if block["tipo"] == "registro"), None)
        return Ledger.from_dict(told["registro"]) if told is not None else None

    @property
    def tables(self) -> Iterator[Block]:
        """Every table, those of charts and maps too."""
        for block in self.blocks:
            if block["tipo"] == "tabella":
                yield block
            elif block["tipo"] in ("grafico", "mappa"):
                yield block["dati"]

    @property
    def prose(self) -> list[str]:
        """Every text in Markdown."""
        cells = ["".join(c["source"]) for c in self.cells if c["cell_type"] == "markdown" and not _hidden(c)]
        return [*cells, *(block["markdown"] for block in self.blocks if "markdown" in block)]


def _hidden(cell: Mapping[str, Any]) -> bool:
    return "nascosto" in cell.get("metadata", {}).get("tags", ())


def check_executed(chapter: Executed, stored: Stored) -> Iterator[Finding]:
    """Compare an executed chapter with the store, and with itself: what it shows with the data it shows it from."""
    ledger = chapter.ledger
    if ledger is None:
        return
    yield from check_ledger(ledger, stored, chapter.name)
    for text in chapter.prose:
        links = [
            Shown(chapter.name, kind, key, re.sub(r"[*_\\]", "", words)) for words, kind, key in _LINKS.findall(text)
        ]
        yield from check_shown(ledger, links)
    for block, faces in chapter.outputs:
        yield from _faces(chapter, block, faces)
    for table in chapter.tables:
        where = f"{chapter.name}, {table['id']}"
        cells = [
            Shown(where, "cella", cell["cifra"], cell["t"], "" if cell["v"] is None else str(cell["v"]))
            for row in table["righe"]
            for cell in row[1:]
            if cell["cifra"] in ledger
        ]
        yield from check_cells(ledger, cells)
    for block in chapter.blocks:
        if block["tipo"] == "mappa":
            yield from _map_block(chapter.name, block, ledger)
        if block["tipo"] == "grafico":
            yield from _chart(chapter.name, block, ledger)


def _faces(chapter: Executed, block: Block, faces: Mapping[str, Any]) -> Iterator[Finding]:
    """Compare what a reader of the notebook sees with the data beside it."""
    where = f"{chapter.name}, {block.get('id', block['tipo'])}"
    shown = "".join(faces.get("text/html", ""))
    if block["tipo"] == "tabella":
        cells = [plain(cell.text_content()) for cell in html.fromstring(shown).xpath("//tbody//th|//tbody//td")]
        for cell, text in zip((cell for row in block["righe"] for cell in row), cells, strict=False):
            if plain(cell["t"]) != text:
                yield Finding("notebook", where, cell["cifra"] or "", f"«{plain(cell['t'])}»", f"«{text}»")
    elif block["tipo"] in ("grafico", "mappa") and block["svg"] not in shown:
        yield Finding("notebook", where, "", "il disegno dei dati che ha accanto", "un altro disegno")
    elif block["tipo"] == "testo" and "".join(faces.get("text/plain", "")) != block["markdown"]:
        yield Finding("notebook", where, "", "il testo dei dati che ha accanto", "un altro testo")


def _map_block(where: str, block: Block, ledger: Ledger) -> Iterator[Finding]:
    """Compare values, texts and classes of a map with its table and its figures; and its drawing with them."""
    where = f"{where}, {block['id']}"
    names = {row[0]["v"]: row[0]["t"] for row in block["dati"]["righe"]}
    column = next((i for i, c in enumerate(block["dati"]["colonne"]) if c["indicatore"] == block["indicatore"]), None)
    cells = {row[0]["v"]: row[column] for row in block["dati"]["righe"]} if column is not None else {}
    for code, value in block["valori"].items():
        cell = cells.get(code)
        if block["genere"] != "valori" or isinstance(value, str) or cell is None:
            continue
        figure = ledger.figures.get(cell["cifra"])
        raw = "" if value is None else str(value)
        if _digits(cell["v"]) != _digits(value) or (figure is not None and not same_value(figure, raw)):
            yield Finding("mappa", where, cell["cifra"] or code, f"{cell['v']}", f"{value}")
        text, accepted = block["testi"].get(code, ""), accepted_texts(figure, cell=True) if figure else {cell["t"]}
        if text and plain(text) not in accepted and not reads_as(text, str(value)):
            yield Finding("mappa", where, cell["cifra"] or code, f"«{cell['t']}»", f"«{text}»")
        if block["genere"] == "valori" and code in block["classe"] and value is not None:
            own = block["classi"][block["classe"][code]]
            decimals = max((c["decimali"] or 0 for c in block["dati"]["colonne"]), default=0)
            if not float(own["da"]) <= float(formats.rounded(value, decimals)) <= float(own["a"]):
                yield Finding("mappa", where, code, f"una classe che comprende {value}", f"{own['da']}–{own['a']}")
    yield from _drawn_map(where, block, names)


def _colour(shape: Any, drawing: Any) -> str:
    """Return the colour of a shape: its own or that of its group, and of a hatch the ground under its lines."""
    fill = next((str(node.get("fill")) for node in (shape, *shape.iterancestors()) if node.get("fill")), "")
    hatch = re.fullmatch(r"url\(#(.+)\)", fill)
    return str(drawing.xpath("string(//pattern[@id=$id]/rect/@fill)", id=hatch[1])) if hatch else fill


def _drawn_map(where: str, block: Block, names: Mapping[str, str]) -> Iterator[Finding]:
    """Compare name, value and colour of each shape of a drawing with the map it draws."""
    told = {names[code]: plain(text) for code, text in block["testi"].items() if code in names}
    colours = {
        names[code]: block["classi"][place]["colore"] for code, place in block["classe"].items() if code in names
    }
    drawing = html.fromstring(block["svg"])
    for shape in drawing.xpath("//path[title]"):
        name, _, text = shape.xpath("string(title)").rpartition(": ")
        if name in told and plain(text) != told[name] and not plain(text).startswith(told[name]):
            yield Finding("disegno", where, name, f"«{told[name]}»", f"«{plain(text)}»")
        if name in colours and (colour := _colour(shape, drawing)) != colours[name]:
            yield Finding(
                "disegno", where, name, f"il colore della sua classe, {colours[name]}", colour or "nessun colore"
            )


def _chart(where: str, block: Block, ledger: Ledger) -> Iterator[Finding]:
    """Check the numbers written on a chart, and in what is read in its place: values of its data, or an axis."""
    where = f"{where}, {block['id']}"
    cells = [cell for row in block["dati"]["righe"] for cell in row]
    values = [cell["v"] for cell in cells if isinstance(cell["v"], int | float)]
    figures = [ledger[cell["cifra"]] for cell in cells if cell["cifra"] in ledger]
    values += [bound for f in figures for bound in (f.lower, f.upper) if bound is not None]
    words = " ".join(
        [*(cell["t"] for cell in cells), block["titolo"], block["alt"], *block["note"]]
        + [f"{c['nome']} {c['unita']}" for c in block["dati"]["colonne"]]
    )
    written = {match[0] for match in _NUMBER.finditer(words)}
    texts = html.fromstring(block["svg"]).xpath("//text")
    ticks = _ticks(texts)
    for text in texts:
        for number in free_numbers(plain(text.text_content())):
            # An axis may be named in words, with the meaning of one of its ends; «0» is where bars start.
            known = (
                number in (*written, "0")
                or len(text.text_content().split()) > _WORDS
                or plain(text.text_content()) in ticks
            )
            if not known and not any(reads_as(number.lstrip("+-−"), str(abs(value))) for value in values):
                yield Finding("disegno", where, "", "un valore dei suoi dati", f"«{plain(text.text_content())}»")


def _ticks(texts: Sequence[Any]) -> set[str]:
    """Return the labels of the axes: at least three numbers in line, evenly spaced in place and in value."""
    found: set[str] = set()
    for along, across in (("x", "y"), ("y", "x")):
        lines: dict[str, list[tuple[float, float, str]]] = {}
        for text in texts:
            label = plain(text.text_content())
            match = re.fullmatch(r"[-+−]?\d[\d.]*(?:,\d+)?\s*[%€]?", label)
            if match and text.get(along) and text.get(across):
                value = float(label.strip("%€ ").replace(".", "").replace(",", ".").replace("−", "-"))
                lines.setdefault(text.get(across), []).append((float(text.get(along)), value, label))
        for line in lines.values():
            if len(line) >= 2 and _even(sorted(line)):
                found |= {label for _, _, label in line}
    return found


def _even(line: Sequence[tuple[float, float, str]]) -> bool:
    """Tell whether labels in line are evenly spaced; those of a pyramid grow on both sides, away from its middle."""
    places, values = [x for x, _, _ in line], [v for _, v, _ in line]
    if values[0] == values[-1] and len(values) > 2:
        middle = sum(places) / len(places)
        values = [-v if x < middle else v for x, v in zip(places, values, strict=True)]
    (x0, v0), (x1, v1) = (places[0], values[0]), (places[-1], values[-1])
    if x1 == x0 or v1 == v0:
        return False
    straight = (v0 + (x - x0) * (v1 - v0) / (x1 - x0) for x in places)
    return all(abs(expected - v) <= abs(v1 - v0) / 200 for expected, v in zip(straight, values, strict=True))


def check_page(chapter: Executed, page: Path, title: str = "") -> Iterator[Finding]:
    """Compare the page of a chapter with the executed chapter: headings, tables, drawings, prose."""
    where = page.relative_to(chapter.edition).as_posix()
    tree = html.fromstring(page.read_bytes())
    if title and plain(tree.xpath("string(//h1)")) != plain(title):
        yield Finding("titolo", where, "", f"«{title}»", f"«{plain(tree.xpath('string(//h1)'))}»")
    found = _texts(tree.xpath("//article//*[self::h2 or self::h3 or self::h4 or @class='riquadro-titolo']"))
    expected = [plain(block["testo"]) for block in chapter.blocks if block["tipo"] == "titolo"]
    expected += [plain(block["titolo"]) for block in chapter.blocks if block["tipo"] == "riquadro"]
    for text in chapter.prose:
        lines = re.findall(r"^#{1,4}\s+(.+?)\s*$", text, flags=re.MULTILINE)
        expected += [plain(_without_markup(line)) for line in lines]
    for heading in found:
        if heading != "Fonti del capitolo" and heading not in expected:
            yield Finding("titolo", where, "", "un titolo del capitolo", f"«{heading}»")
    for heading in expected:
        if heading not in found and heading != plain(title):
            yield Finding("titolo", where, "", f"«{heading}»", "nessun titolo")
    linked = Counter(
        figure_of(link, where) for link in tree.xpath("//article//a[@class='cifra'][not(ancestor::table)]")
    )
    written = Counter(key for text in chapter.prose for _, kind, key in _LINKS.findall(text) if kind == "cifra")
    for key in sorted(written - linked):
        yield Finding("collegamento", where, key, "un collegamento alla sua scheda", "un altro o nessuno")
    by_id = {node.get("id"): node for node in tree.xpath("//*[@id]")}
    for block in chapter.blocks:
        if block["tipo"] == "tabella":
            yield from _page_table(where, block, by_id.get(block["id"]))
        elif block["tipo"] in ("grafico", "mappa"):
            yield from _page_drawing(where, block, by_id.get(f"{block['id']}-figura"))
            if block["dati"]["id"] in by_id:
                yield from _page_table(where, block["dati"], by_id[block["dati"]["id"]])
    read = squeeze(" ".join(tree.xpath("//article//text()")))
    for text in chapter.prose:
        for paragraph in re.split(r"\n\s*\n|\n(?=[-*#>|]|\d+\.)", text):
            piece = squeeze(_without_markup(paragraph))
            if piece and "|" not in paragraph and "$" not in paragraph and piece not in read:
                yield Finding("pagina", where, "", f"«{plain(_without_markup(paragraph))[:160]}»", "un testo diverso")


def figure_of(link: Any, page: str) -> str:
    """Return the figure that a link of a page shows: the one whose card it leads to; empty for other links.

    In a cell, every link to a card shows its figure, and in what a card says the links to others of its page;
    elsewhere, those that say so.
    """
    address, tag = link.get("href") or "", getattr(link.getparent(), "tag", "")
    shows = (
        link.get("class") == "cifra"
        or (tag in ("td", "th") and _CARD.search(address) and not link.get("data-affermazione"))
        or (tag == "dd" and address.startswith("#") and _of_cards(page))
    )
    return cards.figure_at(address, page) if shows else ""


def _of_cards(page: str) -> bool:
    return posixpath.dirname(page).rpartition("/")[2] == "cifre"


def figure_in(cell: Any, page: str) -> str:
    """Return the figure that a cell of a page shows; empty when it shows none."""
    return next(filter(None, (figure_of(link, page) for link in cell.iterchildren("a"))), "")


def cards_in(tree: Any, page: str) -> Iterator[tuple[str, Any]]:
    """Yield the figure of each card of a page, and the element with its value."""
    if _of_cards(page):
        values = tree.xpath("//section[@class='scheda']/p[@class='valore']")
        for table in tree.xpath("//table[tbody/tr/@id]"):
            place = 1 + _texts(table.xpath("./thead/tr/th")).index("Valore")
            values += table.xpath(f"./tbody/tr[@id]/*[{place}]")
        for value in values:
            yield cards.figure_at(f"#{value.getparent().get('id')}", page), value


def _without_markup(text: str) -> str:
    text = _LINKS.sub(r"\1", text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"^\s*(?:#{1,6}|[-*>]|\d+\.)\s+", "", text, flags=re.MULTILINE)
    return re.sub(r"\\(.)", r"\1", re.sub(r"\*\*|__|`|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)", "", text))


def headers(table: Block) -> list[str]:
    """Return the headers of a table, as pages write them."""
    units = [formats.unit_in_heading(c["nome"], c["unita"]) for c in table["colonne"]]
    return [plain(f"{c['nome']} {unit or ''}") for c, unit in zip(table["colonne"], units, strict=True)]


def _page_table(where: str, table: Block, node: Any) -> Iterator[Finding]:
    where = f"{where}, {table['id']}"
    if node is None:
        yield Finding("pagina", where, "", "una tabella", "niente")
        return
    caption = plain(node.xpath("string(caption)"))
    if not caption.endswith(plain(table["titolo"])):
        yield Finding("titolo", where, "", f"«{plain(table['titolo'])}»", f"«{caption}»")
    for expected, found in zip(headers(table), _texts(node.xpath("./thead/tr/th")), strict=False):
        if expected != found:
            yield Finding("titolo", where, "", f"la colonna «{expected}»", f"«{found}»")
    rows = node.xpath("./tbody/tr")
    if len(rows) != len(table["righe"]):
        yield Finding("valore", where, "", f"{len(table['righe'])} righe", f"{len(rows)}")
    for row, found in zip(table["righe"], rows, strict=False):
        for cell, shown in zip(row, found.xpath("./th|./td"), strict=False):
            text = plain(shown.text_content())
            if plain(cell["t"]) != text:
                yield Finding("cifra", where, cell["cifra"] or "", f"«{plain(cell['t'])}»", f"«{text}»")
            if (own := figure_in(shown, where.partition(",")[0])) != (cell["cifra"] or ""):
                yield Finding("collegamento", where, cell["cifra"] or "", "un collegamento alla sua scheda", own)


def _texts(nodes: Iterable[Any]) -> list[str]:
    return [plain(node.text_content()) for node in nodes]


def _page_drawing(where: str, block: Block, node: Any) -> Iterator[Finding]:
    where = f"{where}, {block['id']}"
    drawing = node.find(".//svg") if node is not None else None
    if drawing is None:
        yield Finding("disegno", where, "", "un disegno", "niente")
        return
    if not plain(node.xpath("string(figcaption)")).endswith(plain(block["titolo"])):
        yield Finding("titolo", where, "", f"«{block['titolo']}»", f"«{plain(node.xpath('string(figcaption)'))}»")
    if plain(drawing.xpath("string(desc)")) != plain(block["alt"]):
        yield Finding("disegno", where, "", f"«{block['alt']}»", f"«{plain(drawing.xpath('string(desc)'))}»")
    shapes = dict(zip(drawing.xpath(f"{_SHAPES}/@id"), drawing.xpath(f"{_SHAPES}/@d"), strict=True))
    if _drawing(drawing, shapes) != _drawing(html.fromstring(block["svg"])):
        yield Finding("disegno", where, "", "il disegno del capitolo", "un disegno diverso")


def _drawing(node: Any, shapes: Mapping[str, str] | None = None) -> list[Any]:
    """Return what a drawing is made of, however it is written: each element with what its groups say for it.

    A shape may be that of another drawing of the page: ``shapes`` are these, by name.
    """
    found: list[Any] = []

    def read(one: Any, above: tuple[tuple[str, str], ...]) -> None:
        if not isinstance(one.tag, str) or (one.tag == "defs" and len(one) == 0):
            return
        own = {k: v.strip() for k, v in one.attrib.items() if k not in ("id", "xmlns")}
        tag = one.tag
        if shapes and tag == "use" and own.get("href", "")[1:] in shapes:
            tag, own["d"] = "path", shapes[own.pop("href")[1:]]
        if "d" in own:
            own["d"] = _pointed(own["d"])
        # What is nearer holds, but for what adds up.
        said = [pair for pair in above if pair[0] in _ADDED or pair[0] not in own]
        whole = (*said, *own.items()) if one.tag != "svg" else tuple(own.items())
        if one.tag != "g":
            found.append((tag, sorted(whole), plain(one.text or "")))
        for child in one:
            read(child, tuple(whole) if one.tag == "g" else ())

    read(node, ())
    return found


def _pointed(trace: str) -> str:
    """Return a trace with both numbers of every line."""
    x = y = ""
    points = []
    for letter, numbers in re.findall(r"([A-Za-z])([^A-Za-z]*)", trace):
        if letter == "H":
            x = numbers.strip()
        elif letter == "V":
            y = numbers.strip()
        elif letter in "ML" and len(pair := re.findall(r"-?[\d.]+", numbers)) == 2:
            x, y = pair
        else:
            points.append(letter + numbers.strip())
            continue
        points.append(f"{'L' if letter in 'HV' else letter}{x} {y}")
    return "".join(points)


def check_downloads(chapter: Executed, base: Path) -> Iterator[Finding]:
    """Compare the files of the tables of a chapter with the executed chapter, header by header and cell by cell."""
    book = base.with_suffix(".xlsx")
    sheets = python_calamine.CalamineWorkbook.from_path(str(book)) if book.is_file() else None
    frame = base.with_suffix(".parquet")
    flat = pyarrow.parquet.read_table(frame).to_pylist() if frame.is_file() else []
    for table in chapter.tables:
        file = base / f"{table['id']}.csv"
        where = file.relative_to(chapter.edition).as_posix()
        if not file.is_file():
            yield Finding("completezza", where, "", "un file dell'edizione", "nessun file")
            continue
        with file.open(encoding="utf-8", newline="") as stream:
            head, *rows = list(csv.reader(stream))
        expected = [[c["id"] for c in table["colonne"]], *([_raw(cell["v"]) for cell in row] for row in table["righe"])]
        yield from _same_rows(where, expected, [head, *rows])
        if sheets is not None:
            name = next((n for n in sheets.sheet_names if n[:24] == table["id"][:24]), "")
            if name and (len(table["id"]) <= 31) == (name == table["id"]):
                yield from _sheet(f"{book.relative_to(chapter.edition).as_posix()}, {name}", table, sheets, name)
        own = [one for one in flat if one["tavola"] == table["id"]]
        cells = [cell for row in table["righe"] for cell in row]
        for one, cell in zip(own, cells, strict=False):
            number = cell["v"] if isinstance(cell["v"], int | float) and not isinstance(cell["v"], bool) else None
            wrong = _digits(one["valore"]) != _digits(number) or one["cifra"] != (cell["cifra"] or "")
            if wrong or (number is None and plain(one["testo"]) != plain(cell["t"])):
                place = frame.relative_to(chapter.edition).as_posix()
                yield Finding("valore", f"{place}, {table['id']}", cell["cifra"] or "", f"«{cell['t']}»", f"{one}")
        if flat and len(own) != len(cells):
            place = frame.relative_to(chapter.edition).as_posix()
            yield Finding("valore", f"{place}, {table['id']}", "", f"{len(cells)} celle", f"{len(own)}")


def _sheet(where: str, table: Block, book: Any, name: str) -> Iterator[Finding]:
    head, *rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    for expected, found in zip(table["colonne"], head, strict=False):
        if not str(found).startswith(expected["nome"]):
            yield Finding("titolo", where, "", f"la colonna «{expected['nome']}»", f"«{found}»")
    for i, row in enumerate(table["righe"]):
        for j, cell in enumerate(row):
            found = rows[i][j] if i < len(rows) and j < len(rows[i]) else ""
            if not _same_cell(cell, found):
                place = f"{where}, riga {i + 2}, colonna {j + 1}"
                yield Finding("valore", place, cell["cifra"] or "", f"«{cell['t']}»", f"«{found}»")


def _same_cell(cell: Mapping[str, Any], found: Any) -> bool:
    """Tell whether a cell of a sheet is that of a table: its number, or its text."""
    if isinstance(cell["v"], int | float) and not isinstance(cell["v"], bool) and isinstance(found, int | float):
        return _digits(cell["v"]) == _digits(found)
    return plain(str(found)) == plain(cell["t"]) or (cell["v"] is None and str(found) == "")


def _raw(value: Any) -> str:
    return "" if value is None else str(value)


def _same_rows(where: str, expected: Sequence[Sequence[str]], found: Sequence[Sequence[str]]) -> Iterator[Finding]:
    if len(expected) != len(found):
        yield Finding("valore", where, "", f"{len(expected) - 1} righe", f"{len(found) - 1}")
    for i, (row, other) in enumerate(zip(expected, found, strict=False)):
        for j, (a, b) in enumerate(zip(row, other, strict=False)):
            if a != b.removeprefix("'") and a != b:
                yield Finding("valore", f"{where}, riga {i + 1}, colonna {j + 1}", "", a or "nessun valore", b)


def check_workbook(edition: Path, code: str, chapters: Sequence[Executed]) -> Iterator[Finding]:
    """Compare the workbook of a territory with the tables of its chapters: headers, numbers, texts."""
    file = edition / "tabelle" / f"{code}.xlsx"
    if not file.is_file():
        return
    where = file.relative_to(edition).as_posix()
    book = python_calamine.CalamineWorkbook.from_path(str(file))
    tables: dict[str, list[Block]] = {}
    for chapter in chapters:
        for table in chapter.tables:
            tables.setdefault(plain(table["titolo"]), []).append(table)
    for name in book.sheet_names:
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        title = plain(str(rows[0][0])).removeprefix(f"{name}. ") if rows else ""
        candidates = tables.get(title, [])
        faults = [list(_sheet_of(f"{where}, {name}", table, rows[2:])) for table in candidates]
        if faults and all(faults):
            yield from min(faults, key=len)
        if name != "Indice" and not title.strip():
            yield Finding("foglio", f"{where}, {name}", "", "una tabella con il suo titolo", "nessun titolo")


def _sheet_of(where: str, table: Block, rows: Sequence[Sequence[Any]]) -> Iterator[Finding]:
    if not rows:
        yield Finding("foglio", where, "", "una tabella", "niente")
        return
    names = [plain(str(one)) for one in rows[0] if str(one)]
    known = [plain(c["nome"]) for c in table["colonne"]]
    for name in names:
        if not any(name.startswith(one) for one in known):
            yield Finding("titolo", where, "", f"una colonna fra {', '.join(known)}", f"«{name}»")
    cells = [cell for row in table["righe"] for cell in row]
    numbers = {_digits(cell["v"]) for cell in cells if isinstance(cell["v"], int | float)}
    texts = {plain(cell["t"]) for cell in cells}
    for i, row in enumerate(rows[1 : 1 + len(table["righe"])]):
        for j, found in enumerate(row):
            if isinstance(found, int | float) and _digits(found) not in numbers:
                yield Finding(
                    "valore", f"{where}, riga {i + 4}, colonna {j + 1}", "", "un valore della tabella", f"{found}"
                )
            elif isinstance(found, str) and re.search(r"\d", found) and plain(found) not in texts:
                yield Finding("valore", f"{where}, riga {i + 4}, colonna {j + 1}", "", "una cella della tabella", found)


def check_interactive(chapter: Executed, slug: str, folder: Path, where: str) -> Iterator[Finding]:
    """Compare the interactive maps of a chapter with the executed chapter, and what is written about them."""
    for block in chapter.blocks:
        if block["tipo"] != "mappa" or not block["classi"]:
            continue
        key = chapter.code if chapter.level in ("ats", "regione") else f"{chapter.level}-{chapter.code}"
        script = folder / key / f"{slug}-{block['id']}.js"
        place = f"{where}/{key}/{script.name}"
        match = _MAP.search(script.read_text(encoding="utf-8")) if script.is_file() else None
        if match is None:
            yield Finding("mappa", place, "", "una mappa interattiva", "niente")
            continue
        told = json.loads(match[1])
        expected = {
            "colori": [one["colore"] for one in block["classi"]],
            "classe": block["classe"],
            "testi": block["testi"],
            "unita": block["unita"],
        }
        if "territori" in told:
            expected["territori"] = block["territori"]
        for field, value in expected.items():
            if told.get(field) != value:
                yield Finding("mappa", place, "", f"{field} come nel capitolo", _difference(value, told.get(field)))
        if not (folder / "geometrie" / f"{told.get('geometria')}.js").is_file():
            yield Finding("mappa", place, "", "i confini che disegna", "nessun file")


def _difference(expected: Any, found: Any) -> str:
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        keys = sorted(key for key in {*expected, *found} if expected.get(key) != found.get(key))
        return "; ".join(f"{key}: «{found.get(key)}»" for key in keys[:3])
    return f"{found}"


def check_scripts(tree: Any, where: str) -> Iterator[Finding]:
    """Check that a page runs nothing but the files of the site."""
    for node in tree.iter("script"):
        source = node.get("src")
        if source is None and node.get("type") not in _DATA:
            yield Finding("programma", where, "", "nessun programma nella pagina", f"«{plain(node.text or '')[:80]}»")
        elif source is not None and re.match(r"[a-z]+:|//", source, re.I):
            yield Finding("programma", where, "", "programmi del sito", f"«{source}»")
    for node in _OTHERS(tree):
        yield Finding("programma", where, "", "nessun contenuto di altri", f"«{node.tag}»")
    # Few attributes have a colon, or a name that begins so: what they say is looked at one by one.
    for value in _HANDLERS(tree):
        yield Finding("programma", where, "", "nessun programma nella pagina", f"{value.attrname}=«{value[:80]}»")
    for value in _ADDRESSES(tree):
        if _runs(value.getparent(), value):
            yield Finding("programma", where, "", "nessun programma nella pagina", f"{value.attrname}=«{value[:80]}»")
    if not tree.xpath("//meta[@http-equiv='Content-Security-Policy']"):
        yield Finding("programma", where, "", "la regola che vieta i programmi altrui", "nessuna regola")


def _runs(node: Any, value: str) -> bool:
    return bool(_EXECUTE.match(value)) and not (node.tag == "img" and value.startswith("data:image/"))


def check_assets(site: Path) -> Iterator[Finding]:
    """Compare styles, fonts and scripts with those of the program."""
    with resources.as_file(resources.files("conciliazione_lib.publish") / "static") as own:
        expected = {file.relative_to(own).as_posix(): file for file in own.rglob("*") if file.is_file()}
        folder = site / "risorse"
        if not folder.is_dir():
            return
        for name, file in sorted(expected.items()):
            copy = folder / name
            if not copy.is_file() or copy.read_bytes() != file.read_bytes():
                yield Finding("programma", f"sito/risorse/{name}", "", "il file del programma", "un file diverso")
        for file in sorted(folder.rglob("*")):
            name = file.relative_to(folder).as_posix()
            if file.is_file() and name not in expected and name not in _FACTS:
                yield Finding("programma", f"sito/risorse/{name}", "", "nessun file", "un file in più")


def check_archive(edition: Path) -> Iterator[Finding]:
    """Compare the archive of the open data, column by column, with the tables of the store."""
    try:
        with zipfile.ZipFile(edition / ARCHIVE) as archive:
            names, comment = archive.namelist(), archive.comment
            texts = {name: archive.read(name) for name in names}
    except (OSError, zipfile.BadZipFile) as error:
        yield Finding("valore", ARCHIVE, "", "un archivio che si apre", str(error))
        return
    if tuple(names) != _IN_ARCHIVE or comment:
        yield Finding("valore", ARCHIVE, "", f"i soli file {', '.join(_IN_ARCHIVE)}", ", ".join(names) or "niente")
    for name, digits in (("cifre", 9), ("confronti", 4)):
        where = f"{ARCHIVE}, {name}.csv"
        own = pyarrow.parquet.read_table(edition / f"{name}.parquet")
        own = own.drop_columns([column for column in ("ingressi", "termini") if column in own.column_names])
        if "genere" in own.column_names:
            own = own.take(pc.sort_indices(own["genere"]))
            rules = own.select(["indicatore", "genere", "regola"]).filter(pc.field("regola") != "")
            rules = rules.group_by(rules.column_names, use_threads=False).aggregate([])
            if _csv(texts.get("regole.csv", b"")) != rules:
                yield Finding("valore", f"{ARCHIVE}, regole.csv", "", f"{len(rules)} regole", "altre, o nessuna")
            result = pc.if_else(pc.equal(own["genere"], "rango"), "", own["esito"])
            own = own.set_column(own.column_names.index("esito"), "esito", result).drop_columns(["regola"])
        told = _csv(texts.get(f"{name}.csv", b""))
        if told is None or told.column_names != own.column_names or len(told) != len(own):
            rows = "niente" if told is None else f"{len(told)} righe"
            yield Finding("valore", where, "", f"{len(own)} righe: {', '.join(own.column_names)}", rows)
            continue
        for column in own.column_names:
            values, found = own[column], told[column]
            if pyarrow.types.is_floating(values.type):
                same = _all_shortened(values, found, digits)
            else:
                alike = pc.equal(values.cast(pyarrow.large_string()), found)
                same = pc.coalesce(alike, pc.and_(values.is_null(), found.is_null())).to_numpy()
            for row in map(int, np.flatnonzero(~same)[:_FEW]):
                place = f"{where}, riga {row + 2}"
                yield Finding("valore", place, column, str(values[row].as_py()), str(found[row].as_py()))


def _csv(content: bytes) -> pyarrow.Table | None:
    """Return a CSV as texts, missing where there is nothing; none where it cannot be read."""
    try:
        names = next(csv.reader(io.StringIO(content.partition(b"\n")[0].decode())), [])
        texts = dict.fromkeys(names, pyarrow.large_string())
        return pyarrow.csv.read_csv(
            pyarrow.py_buffer(content),
            pyarrow.csv.ReadOptions(use_threads=False),
            pyarrow.csv.ParseOptions(ignore_empty_lines=False),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=texts, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
            ),
        )
    except (pyarrow.ArrowInvalid, ValueError):
        return None


def check_statements(edition: Path, date: str) -> Iterator[Finding]:
    """Decide again everything that is said of the figures, and compare it with what the store says."""
    known = territory.load(date)
    codes = {level: frozenset(known.codes(level)) for level in territory.ALL_LEVELS}

    def parent(level: str, code: str, of: str) -> str | None:
        return known.parent(level, code, of) if code in codes[level] else None

    figures = pd.read_parquet(edition / "cifre.parquet")
    said = pd.read_parquet(edition / "confronti.parquet")
    decided = statements.decide(figures, registro_indicatori(), parent)
    key = [*KEY, "genere", "termine"]
    both = said.merge(decided, on=key, how="outer", suffixes=("", "_atteso"), indicator=True)
    names = [name for name in statements.COLUMNS if name not in key]
    wrong = both["_merge"] != "both"
    for name in names:
        one, other = both[name], both[f"{name}_atteso"]
        wrong |= ~((one == other) | (one.isna() & other.isna()))
    for row in both[wrong].head(40).to_dict("records"):
        where, found = ".".join(str(row[name]) for name in key), f"{row['esito']} ({row['differenza']})"
        yield Finding("affermazione", "confronti.parquet", where, f"{row['esito_atteso']}", found)
