"""Whether the pages of indicators and cards, the files of values and the boundaries of maps are true to the store."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import shapely
from lxml import html

from conciliazione_lib import catalog, storage, territory
from conciliazione_lib.errors import ConciliazioneError
from conciliazione_lib.evidence import Ledger, cards, formats
from conciliazione_lib.evidence import load as registro_indicatori
from conciliazione_lib.evidence.cards import Card
from conciliazione_lib.evidence.verify import Finding, plain
from conciliazione_lib.evidence.writing import read_breakdown
from conciliazione_lib.publish.truth import Stored, _digits, _texts, shortened

#: How far, in metres, the boundary of a map may be from the true one: it is simplified for the eye.
FAR = 2500.0
_GEOMETRY = re.compile(r'^\(window\.CONFINI\?\?=\{\}\)\["([^"]+)"\]=(.*);\s*$', re.DOTALL)
#: In the name of a file with all the rows of a table, not only those that figures used.
_WHOLE_TABLE = "-intera-"
_WHOLE = frozenset({"comune", "ambito", "distretto", "provincia", "ats", "regione"})

#: The head of a column with how many rows of a source figures used, and by which filter; and its cells.
_USED = r"Righe usate, fonte \d+ ?(.*)"
_USED_ROWS = re.compile(r"([\d.]+)(?: \((.*?)\))?(?:; (?=[\d.]+(?: \(|;|$))|$)")

Wanted = Callable[[Path], bool]


def _each(file: Path) -> bool:
    """Want every file."""
    return True


def check_values(site: Path, stored: Stored, wanted: Wanted = _each) -> Iterator[Finding]:
    """Compare the file of the values of each indicator with the store: every row, and none missing."""
    by_indicator: dict[str, dict[tuple[Any, ...], tuple[Any, ...]]] = {}
    for known, own_row in stored.rows.items():
        by_indicator.setdefault(known[0], {})[known[1:]] = own_row
    for file in sorted((site / "dati" / "indicatori").glob("*.csv*")):
        name, where = file.name.partition(".")[0], f"sito/dati/indicatori/{file.name}"
        if name not in by_indicator or not wanted(file):
            continue
        text = _unpacked(file)
        reader = csv.DictReader(io.StringIO(text, newline=""))
        missing = {"livello", "territorio", "periodo", "per", "valore", "inferiore", "superiore", "stato"}
        if absent := sorted(missing - set(reader.fieldnames or ())):
            yield Finding("titolo", where, "", f"le colonne {', '.join(absent)}", ", ".join(reader.fieldnames or ()))
            continue
        seen = set()
        for number, row in enumerate(reader, 2):
            key = (row["livello"], row["territorio"], row["periodo"], read_breakdown(row["per"]))
            seen.add(key)
            own = by_indicator[name].get(key)
            told = tuple(row[column] for column in ("valore", "inferiore", "superiore"))
            if own is None:
                yield Finding("valore", f"{where}, riga {number}", "", "una cifra dell'archivio", f"{key}")
            elif not all(map(shortened, own[:3], told)) or own[3] != row["stato"]:
                yield Finding("valore", f"{where}, riga {number}", "", f"{own}", f"{told}")
        for absent_key in sorted(map(str, set(by_indicator[name]) - seen - _elsewhere(by_indicator[name], stored))):
            yield Finding("valore", where, "", f"una riga per {absent_key}", "nessuna")


def _elsewhere(rows: Mapping[tuple[Any, ...], Any], stored: Stored) -> set[tuple[Any, ...]]:
    """Return what is about territories that are no longer there: pages leave it out."""
    codes = _codes(_date(stored))
    return {key for key in rows if key[1] not in codes.get(key[0], {key[1]})}


def _date(stored: Stored) -> str:
    return str(json.loads((stored.folder / storage.FIGURES_INDEX).read_text(encoding="utf-8"))["data"])


@cache
def _codes(date: str) -> Mapping[str, frozenset[str]]:
    known = territory.load(date)
    return {level: frozenset(known.codes(level)) for level in territory.ALL_LEVELS}


def _unpacked(file: Path) -> str:
    """Return a text file, that may be compressed alone."""
    if file.suffix != ".zip":
        return file.read_bytes().decode("utf-8")
    with zipfile.ZipFile(file) as archive:
        return archive.read(archive.namelist()[0]).decode("utf-8")


def check_indicators(site: Path, stored: Stored, wanted: Wanted = _each) -> Iterator[Finding]:
    """Compare the page of each indicator with the registry and the store: title, headers, cells, maps."""
    registry = registro_indicatori()
    whole = {key: row for key, row in stored.rows.items() if key[4] == ()}
    for file in sorted((site / "indicatori").glob("*.html")):
        entry = registry.find(file.stem)
        if entry is None or not wanted(file):
            continue
        where, tree = f"sito/indicatori/{file.name}", html.fromstring(file.read_bytes())
        for found, expected in (("//h1", entry.nome), ("//p[@class='lead']", entry.definizione)):
            if plain(tree.xpath(f"string({found})")) != plain(expected):
                yield Finding("titolo", where, entry.id, f"«{expected}»", f"«{plain(tree.xpath(f'string({found})'))}»")
        shown: dict[str, set[str]] = {}
        for section in tree.xpath("//section[@data-livello]"):
            level, heads = section.get("data-livello"), section.xpath(".//thead//th[@data-periodo]")
            for head in heads:
                if plain(head.text_content()) != plain(formats.periodo(head.get("data-periodo"))):
                    yield Finding("titolo", where, "", formats.periodo(head.get("data-periodo")), head.text_content())
            for row in section.xpath(".//tbody/tr"):
                code = _code(row, level)
                for head, cell in zip(heads, row.xpath("./td"), strict=False):
                    own = whole.get((entry.id, level, code, head.get("data-periodo"), ()))
                    shown.setdefault(plain(row.xpath("string(th)")), set()).add(plain(cell.text_content()))
                    told, text = cell.get("data-valore"), plain("".join(cell.xpath("./text() | ./a[1]//text()")))
                    if own is None:
                        continue
                    if told is not None and _digits(own[0]) != _digits(told or None):
                        yield Finding("valore", f"{where}, {code}", "", f"{own[0]}", told)
                    if own[0] is None or own[0] != own[0]:
                        wrong = any(character.isdigit() for character in text)
                    else:
                        wrong = not _told(text, own, entry.decimali)
                    if wrong:
                        yield Finding("valore", f"{where}, {code}", "", f"{own[0]}", text)
        for shape in tree.xpath("//figure//path[title]"):
            name, _, text = plain(shape.xpath("string(title)")).rpartition(": ")
            if name in shown and not any(one.endswith(text) for one in shown[name]):
                yield Finding("disegno", where, name, " o ".join(sorted(shown[name])), f"«{text}»")
        tabled = {
            section.get("data-livello"): [
                _code(row, section.get("data-livello")) for row in section.xpath(".//tbody/tr")
            ]
            for section in tree.xpath("//section[@data-livello]")
        }
        for node in tree.xpath("//script[@id='dati-esplora']"):
            told = json.loads(node.text or "{}")
            yield from _explored(site, where, entry.id, entry.decimali, told, stored.rows, tabled)
        for table in tree.xpath("//table[@data-suddivisioni]"):
            yield from _beside(where, entry.id, entry.decimali, table, stored.rows)


def _code(row: Any, level: str) -> str:
    """Return the territory of a row: as it says, or as the address of its cards does."""
    anchor = cards.figure_at(row.xpath("string(td/a/@href)")).partition(".")[2]
    return row.get("data-codice") or anchor.removeprefix(f"{level}-").partition(".")[0]


def check_profiles(site: Path, stored: Stored, wanted: Wanted = _each) -> Iterator[Finding]:
    """Compare every number in the tables of the profiles of territories with the store."""
    registry = registro_indicatori()
    whole = {key: row for key, row in stored.rows.items() if key[4] == ()}
    for file in profile_pages(site):
        if not wanted(file):
            continue
        where, tree = f"sito/{file.relative_to(site).as_posix()}", html.fromstring(file.read_bytes())
        for table in tree.xpath("//table[@data-profilo]"):
            terms = [table.get("data-profilo"), *table.xpath("./thead//th/@data-termine")]
            for row in table.xpath("./tbody/tr"):
                name = row.xpath("string(th/a/@href)").rpartition("/")[2].removesuffix(".html")
                entry, period = registry.find(name), row.get("data-p") or table.get("data-p")
                if entry is None or plain(row.xpath("string(th/a)")) != plain(entry.nome):
                    yield Finding("titolo", where, name, "un indicatore", row.xpath("string(th)"))
                    continue
                for term, cell in zip(terms, row.xpath("./td"), strict=False):
                    own = whole.get((entry.id, *term.split("/"), period, ()))
                    told = plain("".join(cell.xpath("./text() | ./a//text()")))
                    value = None if own is None else own[0]
                    for stored_, raw in zip((own or (None,) * 3)[:3], (cell.get("data-v") or "").split(), strict=False):
                        if not _carried(stored_, raw):
                            yield Finding("valore", f"{where}, {entry.id}", term, f"{stored_}", raw)
                    if told != "–" if own is None or value is None else not _told(told, own, entry.decimali):
                        yield Finding("valore", f"{where}, {entry.id}", term, f"{value}", told)


def _carried(stored: Any, told: str) -> bool:
    """Tell whether a page carries a number: whole ones with all their digits, the others with nine."""
    if stored is None or stored != stored or told == "-":
        return told == "-" and (stored is None or stored != stored)
    value = float(stored)
    expected = f"{value:.12g}" if value.is_integer() else f"{value:.9g}"
    return float(told) == float(expected)


def profile_pages(site: Path) -> list[Path]:
    """Return the pages that have the profile of a territory."""
    folders = ("comuni/*.html", "distretti/*.html", "ambiti/*/index.html", "territori/*/index.html")
    return [file for pattern in folders for file in sorted(site.glob(pattern))]


def _told(text: str, row: tuple[Any, ...], decimals: int) -> bool:
    """Tell whether a text is a value of the store as pages write it: the number, a lower bound, or an interval."""
    value, lower, upper = row[:3]
    number = formats.numero(value, decimals)
    if row[3] == "parziale":
        return text == plain(f"almeno {number}")
    between = "" if lower is None or upper is None else "–".join(formats.numero(v, decimals) for v in (lower, upper))
    return text in (plain(number), plain(between))


def _beside(where: str, name: str, decimals: int, table: Any, rows: Mapping[tuple[Any, ...], Any]) -> Iterator[Finding]:
    """Compare the table of the breakdowns of an indicator with the store."""
    places = [place.split("/") for place in table.xpath("./thead//th/@data-luogo")]
    for line in table.xpath("./tbody/tr") if rows else ():
        breakdown = read_breakdown(line.get("data-per"))
        if not plain(line.xpath("string(th)")).startswith(plain(cards.pairs_words(breakdown))):
            yield Finding("titolo", where, name, cards.pairs_words(breakdown), line.xpath("string(th)"))
        for place, cell in zip(places, line.xpath("./td"), strict=True):
            own = rows.get((name, *place, line.get("data-p"), breakdown))
            told = plain(cell.text_content())
            if own is None or own[0] is None:
                wrong = any(character.isdigit() for character in told)
            else:
                wrong = not _told(told, own, decimals)
            if wrong:
                yield Finding("valore", f"{where}, {line.get('data-per')}", "/".join(place), f"{own}", told)


def _explored(
    site: Path,
    where: str,
    name: str,
    decimals: int,
    told: Mapping[str, Any],
    rows: Mapping[tuple[Any, ...], Any],
    tabled: Mapping[str, Sequence[str]],
) -> Iterator[Finding]:
    """Compare what an explorer carries with the store: maps and texts, of the whole and by breakdown."""
    parts = {"": told, **told.get("tagli", {})}
    for per, part in parts.items() if rows else ():
        breakdown = read_breakdown(per)
        if per and plain(part["nome"]) != plain(cards.pairs_words(breakdown)):
            yield Finding("titolo", where, per, cards.pairs_words(breakdown), part["nome"])
        yield from _maps(site, where, name, decimals, part.get("mappe", {}), rows, breakdown)
        for level, periods in part.get("testi", {}).items():
            codes = _places(site, level, told, tabled)
            for period, text in periods.items():
                cells = [text[1:]] * len(codes) if text.startswith("*") else text.split(";")
                if len(cells) != len(codes):
                    yield Finding("valore", f"{where}, {level}", per, f"{len(codes)} valori", f"{len(cells)}")
                for code, cell in zip(codes, (one.replace("~", "–") for one in cells), strict=False):
                    own = rows.get((name, level, code, period, breakdown))
                    value = None if own is None else own[0]
                    absent = cell == "" or cell.startswith("!")
                    right = value is None if absent else value is not None and _told(cell, own or (), decimals)
                    if not right:
                        yield Finding("valore", f"{where}, {level} {per} {period}", code, f"{value}", cell)


def _places(site: Path, level: str, told: Mapping[str, Any], tabled: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """Return the codes of the territories of a level in the order of their values."""
    if level in told["luoghi"]:
        return [str(code) for code, _ in told["luoghi"][level]]
    if level not in told.get("geometrie", {}):
        return tabled.get(level, ())
    shapes = _shapes(site / "mappe" / "geometrie" / f"{told['geometrie'][level]}.js")
    return [str(shape["id"]) for shape in shapes["objects"]["data"]["geometries"]] if shapes is not None else ()


def _maps(
    site: Path,
    where: str,
    name: str,
    decimals: int,
    drawings: Mapping[str, Any],
    rows: Mapping[tuple[Any, ...], Any],
    breakdown: tuple[tuple[str, str], ...],
) -> Iterator[Finding]:
    """Compare the classes of the interactive maps of an indicator with the store."""
    for level, one in drawings.items():
        file = site / "mappe" / "geometrie" / f"{one['geometria']}.js"
        shapes = _shapes(file)
        if shapes is None:
            yield Finding("mappa", where, level, "i confini che disegna", "nessun file")
            continue
        codes = [str(shape["id"]) for shape in shapes["objects"]["data"]["geometries"]]
        for period, drawn in one["periodi"].items():
            bounds = [_bounds(text) for _, text, _ in drawn["classi"]]
            for place, code in enumerate(codes):
                row = rows.get((name, level, code, period, breakdown))
                if row is None:
                    continue
                mark = drawn["classe"][place : place + 1]
                value, inside = row[0], mark.isdigit() and int(mark) < len(bounds)
                if (value is None) == inside:
                    yield Finding("mappa", f"{where}, {level}", code, f"{value}", f"la classe «{mark}»")
                elif value is not None and inside:
                    low, high = bounds[int(mark)]
                    if not low <= float(formats.rounded(value, decimals)) <= high:
                        yield Finding(
                            "mappa", f"{where}, {level}", code, f"{value}", f"{drawn['classi'][int(mark)][1]}"
                        )


def _bounds(text: str) -> tuple[float, float]:
    """Return the bounds of a class, as its words say them."""
    numbers = [
        float(one.replace(".", "").replace(",", ".").replace("−", "-"))
        for one in re.findall(r"(?:(?<=^)|(?<=[–\s]))[-−]?\d[\d.]*(?:,\d+)?", text)
    ]
    return (min(numbers), max(numbers)) if numbers else (float("-inf"), float("inf"))


def _shapes(file: Path) -> dict[str, Any] | None:
    if not file.is_file():
        return None
    about = file.stat()
    return _shapes_as_they_are(file, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=32)
def _shapes_as_they_are(file: Path, time: int, size: int) -> dict[str, Any] | None:
    """Read a file that many pages draw, once as long as it is the same."""
    match = _GEOMETRY.match(file.read_text(encoding="utf-8"))
    return json.loads(match[2]) if match is not None and match[1] == file.stem else None


def check_boundaries(folder: Path, where: str, date: str, wanted: Wanted = _each) -> Iterator[Finding]:
    """Compare the boundaries that maps draw with those of the territories: names, and how far they are."""
    known = territory.load(date)
    for file in sorted(folder.glob("geometrie/*.js")):
        if not wanted(file):
            continue
        place = f"{where}/geometrie/{file.name}"
        shapes, level = _shapes(file), file.stem.partition("-")[0]
        if shapes is None or level not in _WHOLE:
            yield Finding("mappa", place, "", "i confini di territori", "altro")
            continue
        for code, name, drawn in _decoded(shapes):
            own = _true(date, level).get(code)
            if own is None:
                yield Finding("mappa", place, code, "un territorio", "uno che non c'è")
                continue
            if name != known.name(level, code, breve=True):
                yield Finding("mappa", place, code, f"«{known.name(level, code, breve=True)}»", f"«{name}»")
            if (far := shapely.hausdorff_distance(drawn, own)) > FAR:
                yield Finding(
                    "mappa", place, code, "i suoi confini", f"confini lontani {formats.numero(far / 1000, 1)} km"
                )


@cache
def _true(date: str, level: str) -> Mapping[str, Any]:
    shapes = territory.load(date).shapes(level)["geometry"].to_crs(4326).to_crs(32632)
    return dict(zip(map(str, shapes.index), shapely.boundary(shapes.to_numpy()), strict=True))


def _decoded(told: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Yield code, name and outline, in metres, of each shape of a TopoJSON."""
    import geopandas as gpd

    (sx, sy), (tx, ty) = told["transform"]["scale"], told["transform"]["translate"]
    arcs = []
    for arc in told["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * sx + tx, y * sy + ty))
        arcs.append(points)
    shapes = told["objects"]["data"]["geometries"]
    outlines = []
    for shape in shapes:
        polygons = [shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]
        lines = [arcs[i] if i >= 0 else arcs[~i] for polygon in polygons for ring in polygon for i in ring]
        outlines.append(shapely.MultiLineString([line for line in lines if len(line) > 1]))
    metres = gpd.GeoSeries(outlines, crs=4326).to_crs(32632)
    for shape, outline in zip(shapes, metres, strict=True):
        yield str(shape["id"]), str(shape["properties"]["n"]), outline


def check_cards(site: Path, ledger: Ledger, wanted: Wanted = _each) -> Iterator[Finding]:
    """Compare the cards with what the figures say of themselves: formula, calculation, interval, rows used."""
    rows = _Rows(site / "cifre" / "righe", wanted)
    pages = {
        (indicator, part): file
        for indicator in sorted({id.partition(".")[0] for id in ledger.figures})
        for part in ("", *dict.fromkeys(cards.SEPARATE_LEVELS.values()))
        if (file := site / "cifre" / f"{indicator}{f'-{part}' if part else ''}.html").is_file() and wanted(file)
    }
    known = cards.cards(ledger, only={indicator for indicator, _ in pages})
    for (indicator, part), file in pages.items():
        mine = {
            cards.page(card.figure).partition("#")[2]: card
            for card in known.get(indicator, ())
            if cards.SEPARATE_LEVELS.get(card.figure.territory.livello, "") == part
        }
        yield from _card_page(file, mine, rows)


def _card_page(file: Path, own: Mapping[str, Card], rows: _Rows) -> Iterator[Finding]:
    where, tree = f"sito/cifre/{file.name}", html.fromstring(file.read_bytes())
    first = next(iter(own.values()), None)
    if first is None:
        return
    defined = _definitions(tree.xpath("//dl[@class='definizioni']")[0]) if tree.xpath("//dl") else {}
    if first.indicator is not None:
        if plain(tree.xpath("string(//h1)")) != plain(first.indicator.nome):
            yield Finding("titolo", where, "", f"«{first.indicator.nome}»", f"«{plain(tree.xpath('string(//h1)'))}»")
        if plain(defined.get("Formula", "")) != plain(first.formula):
            yield Finding("scheda", where, "", f"la formula «{first.formula}»", f"«{defined.get('Formula', '')}»")
    sources = {
        f"{source.input.tabella}-intera-{source.input.sha256[:8]}.csv.zip": source
        for card in own.values()
        for source in card.sources
    }
    for href in tree.xpath("//ol[@class='fonti']//a[@download]/@href"):
        name = href.rpartition("/")[2]
        if name in sources:
            yield from rows.check(name, sources[name])
        else:
            yield Finding("righe", where, "", "la tabella di una fonte", name)
    for node in tree.xpath("//section[@class='scheda']"):
        if (card := own.get(node.get("id"))) is not None:
            yield from _panel(where, node, card, rows)
    for table in tree.xpath("//table[tbody/tr/@id]"):
        caption = plain(table.xpath("string(caption)"))
        heads = [re.match(_USED, text) for text in _texts(table.xpath("./thead/tr/th"))]
        for node in table.xpath("./tbody/tr[@id]"):
            if (card := own.get(node.get("id"))) is not None:
                yield from _row(where, node, card, caption, heads)


def _row(where: str, node: Any, card: Card, caption: str, heads: Sequence[re.Match[str] | None]) -> Iterator[Finding]:
    """Compare the row of a figure with its card: what is the same for all may be in caption and heads."""
    figure, text = card.figure, plain(node.text_content())
    interval = figure.interval_text if card.uncertainty else ""
    expected = [card.substituted.removesuffix(f" = {figure.text}"), figure.note, figure.territory.nome]
    expected += [figure.text, "" if figure.guessed else interval]
    for one in expected:
        if one and plain(one) not in text:
            yield Finding("scheda", where, figure.id, f"«{one}»", f"«{text[:200]}»")
    shared = plain(card.uncertainty.removeprefix(interval)).strip(", ()")
    if shared not in caption and plain(card.uncertainty) not in text:
        yield Finding("scheda", where, figure.id, f"«{shared}»", f"«{caption}»")
    if not any(heads):
        return
    used = []
    for head, cell in zip(heads, _texts(node), strict=True):
        if head is not None:
            for rows, filter_ in _USED_ROWS.findall(cell):
                used.append((rows, head[1] if filter_ == "" else "" if filter_ == "tutte" else filter_))
    known = [(formats.numero(s.input.righe), plain(cards.own_filter(figure, s))) for s in card.sources]
    if sorted(used) != sorted(known):
        yield Finding("righe", where, figure.id, f"{known}", f"{used}")


def _panel(where: str, node: Any, card: Card, rows: _Rows) -> Iterator[Finding]:
    id, told = card.figure.id, _definitions(node.find("dl"))
    note = "Perché manca" if card.figure.missing else "Nota"
    for name, expected in (("Calcolo", card.substituted), ("Incertezza", card.uncertainty), (note, card.figure.note)):
        if plain(told.get(name, "")) != plain(expected):
            yield Finding("scheda", where, id, f"{name}: «{expected}»", f"«{told.get(name, '')}»")
    items = node.xpath("./dl/dd/ul/li")
    for source, item in zip(card.sources, items, strict=False):
        text = plain(item.text_content())
        count = source.input.righe
        for one in (f"{formats.numero(count)} {'riga' if count == 1 else 'righe'}", source.input.filtro):
            if one and plain(one) not in text:
                yield Finding("righe", where, id, f"«{one}»", f"«{text[:160]}»")
        table = item.find(".//table")
        if table is not None:
            yield from _first_rows(where, id, source, table)
        for href in item.xpath(".//a[@download]/@href"):
            yield from rows.check(href.rpartition("/")[2], source)


def _first_rows(where: str, id: str, source: Any, table: Any) -> Iterator[Finding]:
    shown = [_texts(row.xpath("./td")) for row in table.xpath("./tbody/tr")]
    expected = [["" if v is None else plain(str(v)) for v in row] for row in source.first]
    if _texts(table.xpath("./thead/tr/th")) != [plain(str(name)) for name in source.columns]:
        yield Finding("righe", where, id, ", ".join(source.columns), table.xpath("string(thead)"))
    if shown != expected:
        wrong = next((f for e, f in zip(expected, shown, strict=False) if e != f), shown)
        yield Finding("righe", where, id, "le righe usate", f"{wrong}")


def _definitions(node: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    term = ""
    for child in node if node is not None else ():
        if child.tag == "dt":
            term = plain(child.text_content())
        elif child.tag == "dd":
            found.setdefault(term, child.text_content())
    return found


class _Rows:
    """The files of the rows that figures used, each compared once.

    One with the rows of a table has the hash of the table in its name: the same file of the same table is not compared
    again.
    """

    def __init__(self, folder: Path, wanted: Wanted) -> None:
        self._folder, self._wanted = folder, wanted
        self._known: set[str] = set()

    def check(self, name: str, source: Any) -> Iterator[Finding]:
        """Compare a file with the rows it is said to hold."""
        if name in self._known:
            return
        self._known.add(name)
        file, where = self._folder / name, f"sito/cifre/righe/{name}"
        if not file.is_file():
            yield Finding("righe", where, "", "un file dell'edizione", "nessun file")
            return
        if _WHOLE_TABLE in name and not self._wanted(file):
            return
        try:
            found = list(csv.reader(io.StringIO(_unpacked(file), newline="")))
        except (zipfile.BadZipFile, UnicodeDecodeError, IndexError) as error:
            yield Finding("righe", where, "", "un file che si apre", str(error))
            return
        if _WHOLE_TABLE in name:
            yield from self._of_table(where, source, found)
            return
        expected = [list(map(str, source.columns)), *(["" if v is None else str(v) for v in r] for r in source.rows)]
        for number, (row, other) in enumerate(zip(expected, found, strict=False), 1):
            if row != [one.removeprefix("'") for one in other]:
                yield Finding("righe", f"{where}, riga {number}", "", f"{row}", f"{other}")
        if len(expected) != len(found):
            yield Finding("righe", where, "", f"{len(expected) - 1} righe", f"{len(found) - 1}")

    def _of_table(self, where: str, source: Any, found: Sequence[Sequence[str]]) -> Iterator[Finding]:
        """Compare rows with those of the table they come from, while it is still that."""
        known = _table(source.input.tabella, source.input.data_riferimento, source.input.sha256)
        if known is None:
            return
        for number, row in enumerate(_by_age(found), 1):
            if "\x1f".join(row) not in known:
                yield Finding("righe", f"{where}, riga {number}", "", "una riga della tabella", f"{row}")


def _by_age(found: Sequence[Sequence[str]]) -> Iterator[Sequence[str]]:
    """Yield the rows of a table; of people, where a row has a column for each age, one for each age."""
    head, *rows = found or [()]
    if "eta_0" not in head:
        yield from found
        return
    yield ("cod_comune", "eta", "sesso", "residenti")
    for row in rows:
        told = dict(zip(head, row, strict=True))
        for name in head:
            if name.startswith("eta_") and told[name]:
                yield (told["cod_comune"], name.removeprefix("eta_"), told["sesso"], told[name])


@cache
def _table(name: str, date: str, print_: str) -> frozenset[str] | None:
    try:
        read = catalog.table(name, data=date)
    except ConciliazioneError:
        return None
    if read.provenance.sha256 != print_:
        return None
    text = read.frame.to_csv(index=False, lineterminator="\n")
    return frozenset("\x1f".join(row) for row in csv.reader(io.StringIO(text, newline="")))


__all__ = ["check_boundaries", "check_cards", "check_indicators", "check_values"]
