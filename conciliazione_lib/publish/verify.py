"""``verifica``: whether the published tree says what the ledger says, everywhere and in every format.

Reads what was built (pages, tables, documents) as a reader would, and hands what it finds to :mod:`evidence.verify`. It
needs nothing but the tree itself, so that anyone can check an edition received from others.
"""

from __future__ import annotations

import csv
import json
import pickle
import posixpath
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from html import unescape
from importlib import import_module
from itertools import repeat
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote, urldefrag

import pyarrow.parquet
import python_calamine
from lxml import html

import conciliazione_lib.publish.addresses as addresses
import conciliazione_lib.publish.integrity as integrity
import conciliazione_lib.publish.leaks as leaks
import conciliazione_lib.publish.truth as truth
import conciliazione_lib.publish.truth_figures as truth_figures
import conciliazione_lib.publish.verify_documents as verify_documents
from conciliazione_lib import storage
from conciliazione_lib.build.publication import published
from conciliazione_lib.errors import ConciliazioneError, DatiError, EsecuzioneError, Problem
from conciliazione_lib.evidence import Ledger, Place, cards, verify
from conciliazione_lib.evidence.verify import Finding, Passage, Shown
from conciliazione_lib.publish.processes import received, several
from conciliazione_lib.publish.truth import Stored

#: Elements whose digits are not prose: captions and sources, code, drawings, blocks with their own check.
_NOT_PROSE = (
    "ancestor-or-self::*[self::pre or self::code or self::svg or self::table or self::figure or "
    "contains(concat(' ', @class, ' '), ' blocco ') or contains(concat(' ', @class, ' '), ' fonti ')]"
)
_PASSAGES = ".//*[self::p or self::li or self::dd or self::dt or self::blockquote]"
#: Ancestor of what only the site has: documents leave it out.
_ONLY_SITE = "ancestor::*[@data-solo-sito]"
_PROSE = f"//article[contains(concat(' ', @class, ' '), ' testo ')]{_PASSAGES[1:]}[not({_NOT_PROSE})]"

#: The start of an address that is not of a file of the site.
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//|#", re.I)

#: Problems listed when a build is refused.
SHOWN = 40


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
            "problemi": [found.to_dict() for found in self.findings],
        }


@dataclass
class _Page:
    """What was read in a page of the site."""

    name: str
    shown: list[Shown] = field(default_factory=list)
    cells: list[Shown] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    cards: dict[str, str] = field(default_factory=dict)
    links: list[tuple[str, str, str]] = field(default_factory=list)
    others: set[str] = field(default_factory=set)
    tables: list[_Table] = field(default_factory=list)


@dataclass(frozen=True)
class _Table:
    """A table of a page: where its CSV is, and the raw value of each numeric cell by row and column."""

    where: str
    id: str
    csv: str
    rows: int
    values: Mapping[tuple[int, int], tuple[str, str]]


def verified(
    edizione: Path,
    *,
    new: Collection[str] | None = None,
    processes: int = 1,
    decided: bool = True,
    pool: Executor | None = None,
) -> Report:
    """Check an edition: that it is what was published, and that what it says is true to its store.

    Parameters
    ----------
    edizione : Path
        ``reports/<edizione>``: with ``cifre.json``, ``sito/`` and, when there are, ``documenti/`` and ``tabelle/``.
    new : collection of str, optional
        The files whose truth is to be checked, by path; all of them by default.
    processes : int
        How many processes check, each started clean; with one the check is made in this.
    decided : bool
        Decide again everything that is said of the figures; the build does so when it makes the store.
    pool : Executor, optional
        Those processes, when they have been started already.

    Returns
    -------
    Report

    Raises
    ------
    DatiError
        There is no edition there, or its ledger cannot be read.
    """
    registry = edizione / "cifre.json"
    if not registry.exists():
        raise DatiError(
            f"Nella cartella «{edizione.name}» non c'è un'edizione: manca cifre.json.",
            "indicare la cartella reports/<edizione>, oppure generarla con «conciliazione genera».",
        )
    checks = _Checks(edizione, frozenset(new) if new is not None else None)
    report = Report(integrity.check(edizione))
    tasks = [task for task in checks.tasks() if decided or task[0] != "confronti"]
    in_pages: set[str] = set()
    if pool is not None or processes > 1:
        with ExitStack() as stack:
            file = Path(stack.enter_context(TemporaryDirectory())) / "controlli.pickle"
            file.write_bytes(pickle.dumps((checks.edition, checks.new)))
            pool = pool or stack.enter_context(several(processes, import_module, __name__))
            # What takes longest is first; what is found is told in the same order whoever finds it.
            parts = list(pool.map(_elsewhere, repeat(file), tasks))
    else:
        parts = [checks.run(task) for task in tasks]
    for found, counts, tables in parts:
        report.findings += found
        in_pages |= tables
        for what, n in counts.items():
            report.count(what, n)
    for finding in _missing(edizione):
        if finding not in report.findings:
            report.findings.append(finding)
    checks.out_of_pages(report, in_pages)
    return report


def require(edizione: Path, *, new: Collection[str] | None = None, pool: Executor | None = None) -> Report:
    """Check an edition and refuse it when something does not hold: what ends every build.

    Parameters
    ----------
    edizione, new, pool
        As for :func:`verified`.

    Raises
    ------
    EsecuzioneError
        With every place that does not hold.
    """
    report = verified(edizione, new=new, decided=False, pool=pool)
    if not report.ok:
        problems = [
            Problem(found.expected, f"{found.found}, in {found.where} {found.id}".strip()) for found in report.findings
        ]
        raise EsecuzioneError(
            f"Le cifre non sono coerenti: {len(problems)} punti non tornano, perciò l'edizione non è stata pubblicata.",
            "correggere il capitolo indicato; se è un numero nel testo, scriverlo come cifra.",
            problems[:SHOWN],
        )
    return report


#: What a check finds, how many things it looked at, and the files of the tables it met in pages.
Part = tuple[list[Finding], dict[str, int], set[str]]
Task = tuple[str, tuple[str, ...]]

#: Pages, and executed chapters, looked at together.
_WHOLE, _FEW = 60, 12


def _elsewhere(file: Path, task: Task) -> Part:
    return received(file, lambda given: _Checks(*given)).run(task)


class _Checks:
    """The checks of an edition, each of which any process can make.

    Parameters
    ----------
    edition : Path
    new : frozenset of str, optional
        The files to check.
    """

    def __init__(self, edition: Path, new: frozenset[str] | None) -> None:
        self.edition, self.new = edition, new and new | _showing(edition, new)

    def wanted(self, file: Path) -> bool:
        """Tell whether a file is to be checked."""
        return self.new is None or file.relative_to(self.edition).as_posix() in self.new

    @cached_property
    def registry(self) -> dict[str, Any]:
        """The ledger of the edition as plain data."""
        try:
            return dict(json.loads((self.edition / "cifre.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise _unreadable(f"{error}.", "rigenerare l'edizione.") from None

    @cached_property
    def ledger(self) -> Ledger:
        """The figures of the edition, each made when it is looked at; and only then read, if none is new."""
        try:
            if leaks.figures_among(self.new):
                return Ledger.opened(self.registry)
            return Ledger.opened_text((self.edition / "cifre.json").read_bytes())
        except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise _unreadable(f"{error}.", "rigenerare l'edizione.") from None
        except ConciliazioneError as error:
            raise _unreadable(error.messaggio, error.rimedio) from None

    @cached_property
    def _known(self) -> verify_documents.Known:
        return verify_documents.Known(self.ledger)

    @cached_property
    def stored(self) -> Stored:
        """The store."""
        return Stored(self.edition)

    @cached_property
    def cards(self) -> _Cards:
        """The cards there are."""
        return _Cards(self.edition / "sito" / "cifre")

    @cached_property
    def date(self) -> str:
        """Date of the geography."""
        index = self.edition / storage.FIGURES_INDEX
        return str(json.loads(index.read_text(encoding="utf-8"))["data"]) if index.is_file() else ""

    @cached_property
    def chapters(self) -> dict[str, Path]:
        """The page of each executed chapter, by the path of its notebook."""
        files = sorted((self.edition / "notebook").glob("*/*/*.ipynb"))
        slugs = addresses.slugs(sorted({file.stem for file in files}))
        return {
            file.relative_to(self.edition).as_posix(): self.edition
            / "sito"
            / addresses.chapter(Place(file.parent.parent.name, file.parent.name, ""), slugs[file.stem])
            for file in files
        }

    @cached_property
    def _names(self) -> list[str]:
        """The files to check, by path."""
        if self.new is None:
            return published(self.edition)
        return sorted(name for name in self.new if (self.edition / name).is_file())

    def _among(self, folder: str, *endings: str) -> list[str]:
        """Return the files to check in a folder, and in those inside it."""
        return [name for name in self._names if name.startswith(f"{folder}/") and name.endswith(endings or "")]

    def tasks(self) -> list[Task]:
        """Return the checks to be made."""
        pages = self._among("sito", ".html")
        found: list[Task] = [("riservatezza", ())]
        if self.date and self.wanted(self.edition / truth.ARCHIVE):
            found.append(("archivio", ()))
        if "cifre.json" in self._names:
            found.append(("registro", ()))
        touched = [name for name, page in self.chapters.items() if self._touched(name, page)]
        found += [("capitolo", tuple(touched[i : i + _FEW])) for i in range(0, len(touched), _FEW)]
        places: dict[str, list[str]] = {}
        for name in self._among("documenti", ".docx", ".pdf"):
            places.setdefault(posixpath.dirname(name), []).append(name)
        found += [("documenti", tuple(names)) for names in places.values()]
        if self._among("sito/cifre", ".html"):
            found.append(("schede", ()))
        if self._among("sito/dati/indicatori"):
            found.append(("valori", ()))
        if self._among("sito/indicatori", ".html"):
            found.append(("indicatori", ()))
        profiles = {
            file.relative_to(self.edition).as_posix() for file in truth_figures.profile_pages(self.edition / "sito")
        }
        if self.date and not profiles.isdisjoint(pages):
            found.append(("profili", ()))
        if self._among("sito/mappe/geometrie"):
            found.append(("confini", ()))
        found += [("foglio", (Path(name).stem,)) for name in self._among("tabelle", ".xlsx")]
        if self.date and any(self.wanted(self.edition / name) for name in ("cifre.parquet", "confronti.parquet")):
            found.append(("confronti", ()))
        if self._among("sito/risorse"):
            found.append(("risorse", ()))
        return [*found, *(("pagine", tuple(pages[i : i + _WHOLE])) for i in range(0, len(pages), _WHOLE))]

    def _touched(self, notebook: str, page: Path) -> bool:
        """Tell whether anything that shows a chapter is to be checked."""
        if self.new is None or notebook in self.new:
            return True
        base = self._downloads(notebook, page)
        files, maps = base.relative_to(self.edition).as_posix(), f"sito/mappe/{base.parent.name}/{page.stem}-"
        shown = page.relative_to(self.edition).as_posix()
        return any(name.startswith((f"{files}.", f"{files}/", maps)) or name == shown for name in self.new)

    def _downloads(self, notebook: str, page: Path) -> Path:
        level, code = notebook.split("/")[1:3]
        return self.edition / "sito" / "dati" / Place(level, code, "").chiave / page.stem

    def run(self, task: Task) -> Part:
        """Make a check."""
        kind, names = task
        report, tables = Report(), set[str]()
        if kind == "pagine":
            tables = self._pages(report, names)
        elif kind == "documenti":
            self._documents(report, names)
        elif kind == "registro":
            self._ledger(report)
        elif kind == "capitolo":
            for name in names:
                self._chapter(report, name)
        else:
            report.findings += self._others(kind, names)
        return report.findings, report.counts, tables

    def _others(self, kind: str, names: Sequence[str]) -> list[Finding]:
        site = self.edition / "sito"
        if kind == "riservatezza":
            registry = self.registry if leaks.figures_among(self.new) else None
            return leaks.check(self.edition, self.new, registry, self.ledger)  # not read, if it cannot be
        if kind == "schede":
            return list(truth_figures.check_cards(site, self.ledger, self.wanted))
        if kind == "valori":
            return list(truth_figures.check_values(site, self.stored, self.wanted))
        if kind == "indicatori":
            return list(truth_figures.check_indicators(site, self.stored, self.wanted))
        if kind == "profili":
            return list(truth_figures.check_profiles(site, self.stored, self.wanted))
        if kind == "confini":
            maps = site / "mappe"
            return list(truth_figures.check_boundaries(maps, "sito/mappe", self.date, self.wanted)) if self.date else []
        if kind == "confronti":
            return list(truth.check_statements(self.edition, self.date))
        if kind == "archivio":
            return list(truth.check_archive(self.edition))
        if kind == "risorse":
            return list(truth.check_assets(site))
        (code,) = names
        files = sorted((self.edition / "notebook").glob(f"*/{code}/*.ipynb"))
        chapters = [truth.Executed(self.edition, file) for file in files if file.parent.parent.name != "ambito"]
        return list(truth.check_workbook(self.edition, code, chapters))

    def _ledger(self, report: Report) -> None:
        registry = self.edition / "cifre.json"
        texts = {entry["id"]: entry["testo"] for entry in self.registry["cifre"]}
        report.findings += verify.check_ledger(self.ledger, registry.name, texts)
        report.findings += truth.check_ledger(self.ledger, self.stored, registry.name)
        report.count("cifre nel registro", len(self.ledger))
        report.count("affermazioni nel registro", len(self.ledger.claims))

    def _chapter(self, report: Report, name: str) -> None:
        page = self.chapters[name]
        try:
            chapter = truth.Executed(self.edition, self.edition / name)
            if chapter.ledger is None:
                return  # it has failed, and its page says so
        except (ValueError, KeyError, TypeError, ConciliazioneError) as error:
            report.findings.append(Finding("notebook", name, "", "un capitolo eseguito", str(error)))
            return
        report.findings += truth.check_executed(chapter, self.stored)
        report.count("capitoli eseguiti")
        if page.is_file():
            title = next(block["titolo"] for block in chapter.blocks if block["tipo"] == "intestazione")
            report.findings += truth.check_page(chapter, page, title)
        else:
            missing = page.relative_to(self.edition).as_posix()
            report.findings.append(Finding("completezza", missing, "", "la pagina del capitolo", "nessun file"))
        report.findings += truth.check_downloads(chapter, self._downloads(name, page))
        report.findings += truth.check_interactive(chapter, page.stem, self.edition / "sito" / "mappe", "sito/mappe")

    def _documents(self, report: Report, names: Sequence[str]) -> None:
        folder = self.edition / "documenti"
        for name in names:
            file = self.edition / name
            if file.relative_to(folder).parts[0] == "ambiti":
                said = verify_documents.sheet_rows(self._known, file.parent.name)
            else:
                # the two pages of the synopsis are its chapter alone
                wanted = "sintesi.html" if file.name.startswith("sintesi-") else "*.html"
                pages = sorted((self.edition / "sito" / "territori" / file.parent.name).glob(wanted))
                said = [entry for page in pages for entry in self._sentences(page)]
            found, counts = verify_documents.check_file(file, name, self._known, said)
            report.findings += found
            for what, n in counts.items():
                report.count(what, n)

    def _sentences(self, page: Path) -> list[tuple[str, tuple[str, ...]]]:
        if page not in self._said:
            tree = html.fromstring(page.read_bytes())
            self._said[page] = list(_sentences(tree, page.relative_to(self.edition).as_posix()))
        return self._said[page]

    @cached_property
    def _said(self) -> dict[Path, list[tuple[str, tuple[str, ...]]]]:
        return {}

    def _pages(self, report: Report, names: Sequence[str]) -> set[str]:
        tables = set()
        for name in names:
            file = self.edition / name
            tree = html.fromstring(file.read_bytes())
            page = _read(tree, name)
            report.findings += verify.check_cards(self.ledger, page.cards)
            report.findings += verify.check_shown(self.ledger, page.shown, self.cards)
            report.findings += verify.check_cells(self.ledger, page.cells)
            report.findings += verify.check_passages(page.passages)
            report.findings += self._links(page)
            report.findings += truth.check_scripts(tree, name)
            for table in page.tables:
                report.findings += _check_files(table, self.edition / table.csv)
                report.count("tabelle confrontate con i file da scaricare")
                tables.add(table.csv)
            report.count("pagine")
            report.count("cifre mostrate", sum(thing.kind != "affermazione" for thing in page.shown))
            report.count("affermazioni mostrate", sum(thing.kind == "affermazione" for thing in page.shown))
            report.count("celle con un valore", len(page.cells))
            report.count("brani di testo", len(page.passages))
            report.count("schede", len(page.cards))
        return tables

    def _links(self, page: _Page) -> Iterator[Finding]:
        here = posixpath.dirname(page.name)
        for place, key, address in page.links:
            path, fragment = urldefrag(address)
            target = posixpath.normpath(posixpath.join(here, unquote(path))) if path else page.name
            still = unquote(fragment)
            own = still in (key, key.partition(".")[2])
            if not own or still not in self.cards.anchors(self.edition / target):
                yield Finding("collegamento", place, key, "un collegamento alla sua scheda", f"«{address}»")
        for address in sorted(page.others):
            path = urldefrag(address)[0].partition("?")[0]
            if path and not _ELSEWHERE.match(path) and not self._leads(here, path):
                target = posixpath.normpath(posixpath.join(here, unquote(path)))
                yield Finding("collegamento", page.name, "", "un file dell'edizione", f"nessun file {target}")

    def _leads(self, here: str, path: str) -> bool:
        """Tell whether an address leads to a file, from a folder: the pages of one have most of them in common."""
        if (here, path) not in self._led:
            target = posixpath.normpath(posixpath.join(here, unquote(path)))
            self._led[here, path] = (self.edition / target).is_file()
        return self._led[here, path]

    @cached_property
    def _led(self) -> dict[tuple[str, str], bool]:
        return {}

    def out_of_pages(self, report: Report, in_pages: Collection[str]) -> None:
        """Compare the tables that no page has with the ledger, and among their files."""
        for table in _out_of_pages(self.edition, in_pages, self.wanted):
            report.findings += [
                Finding("valore", table.where, figure, f"{self.ledger[figure].value}", value)
                for value, figure in table.values.values()
                if figure in self.ledger and not verify.same_value(self.ledger[figure], value)
            ]
            report.findings += _check_files(table, self.edition / table.csv)
            report.count("tabelle solo da scaricare")


def _unreadable(why: str, remedy: str | None) -> DatiError:
    return DatiError(f"Il registro delle cifre non si può leggere. {why}", remedy)


class _Cards(Collection[str]):
    """The figures that have a card, looked for in the page where it should be.

    Parameters
    ----------
    folder : Path
        Of the pages of the cards.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[Path, frozenset[str]] = {}

    def anchors(self, page: Path) -> frozenset[str]:
        """Return the identifiers in a page; none when it is not there."""
        if page not in self._known:
            text = page.read_text(encoding="utf-8") if page.is_file() else ""
            self._known[page] = frozenset(unescape(one) for one in re.findall(r'\sid="?([^"\s>]+)', text))
        return self._known[page]

    def __contains__(self, id: object) -> bool:
        if not isinstance(id, str):
            return False
        page, _, anchor = cards.page(id).partition("#")
        return anchor in self.anchors(self._folder / page)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _showing(edition: Path, new: Collection[str]) -> set[str]:
    """Return the pages that tell of other files: the rows used are checked with the cards that give them."""
    found: set[str] = set()
    rows = [Path(name).name for name in new if name.startswith("sito/cifre/righe/")]
    if rows:
        for page in sorted((edition / "sito" / "cifre").glob("*.html")):
            text = page.read_text(encoding="utf-8")
            if any(f"righe/{name}" in text for name in rows):
                found.add(page.relative_to(edition).as_posix())
    return found


def _missing(edizione: Path) -> list[Finding]:
    """Return a finding for each page or document that an edition should have, from the chapters it keeps."""
    expected = ["sito/index.html"]
    for folder in sorted((edizione / "notebook").glob("*/*")):
        place = Place(folder.parent.name, folder.name, folder.name)
        base = addresses.document(place)
        expected += [f"sito/{addresses.folder(place)}/index.html", f"{base}.docx", f"{base}.pdf"]
    return [
        Finding("completezza", name, "", "un file dell'edizione", "nessun file")
        for name in expected
        if not (edizione / name).is_file()
    ]


def _read(tree: Any, name: str) -> _Page:
    """Read a page: what it shows, its prose without figures, its cards, its tables."""
    page = _Page(name)

    def where(given_node: Any) -> str:
        return f"{page.name}, riga {given_node.sourceline}"

    page.others = set(tree.xpath("//a/@href | //link/@href | //script/@src | //img/@src"))
    for node in tree.iter("a", "td", "th"):
        if node.tag != "a":
            if (value := node.get("data-valore")) is not None:
                page.cells.append(
                    Shown(where(node), "cella", truth.figure_in(node, page.name), node.text_content(), value)
                )
            continue
        key = truth.figure_of(node, page.name)
        said = node.get("data-affermazione")
        if not key and said is None:
            continue
        in_cell = bool(key) and next(node.iterancestors("td", "th"), None) is not None
        in_cell = in_cell or "unita" in (node.getnext().get("class") or "" if node.getnext() is not None else "")
        kind = "cella" if in_cell else "cifra" if key else "affermazione"
        page.shown.append(Shown(where(node), kind, key or said, node.text_content()))
        page.links.append((where(node), key or said, node.get("href") or ""))
    for key, node in truth.cards_in(tree, page.name):
        page.cards[key] = node.text_content()
    page.passages += (Passage(where(node), _without_links(node)) for node in _prose(tree))
    page.tables += _tables(tree, page.name)
    return page


def _prose(tree: Any) -> Iterator[Any]:
    """Yield the elements with the prose of a page; of those in others, the innermost."""
    for node in tree.xpath(_PROSE):
        if not node.xpath(_PASSAGES):
            yield node


def _sentences(tree: Any, name: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what of a page documents must say: passages and rows of tables that show a figure or a claim, in pieces."""
    for node in _prose(tree):
        linked = node.xpath(".//a[@class='cifra' or @data-affermazione]")
        if linked and not node.xpath(_ONLY_SITE):
            key = truth.figure_of(linked[0], name) or linked[0].get("data-affermazione")
            yield key, tuple(_pieces(node))
    yield from _rows(tree, name)


def _rows(tree: Any, nome: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the rows of the tables of a page that show a figure, cut in cells; not the data of its drawings."""
    for row in tree.xpath("//table[@id]/tbody/tr[td/a]"):
        key = next(filter(None, (truth.figure_in(cell, nome) for cell in row.iterchildren("td"))), "")
        if key and not row.xpath(_ONLY_SITE) and not row.getparent().getparent().get("id").endswith("-dati"):
            yield key, tuple(cell.text_content() for cell in row)


def _pieces(node: Any) -> Iterator[str]:
    """Yield the text of an element, cut where its figures and claims begin and end."""
    until = node.text or ""
    for child in node:
        if _linked(child):
            yield until
            yield child.text_content()
            until = ""
        else:
            before, *others = list(_pieces(child)) or [""]
            until += before
            for piece in others:
                yield until
                until = piece
        until += child.tail or ""
    yield until


def _linked(node: Any) -> bool:
    """Tell whether an element shows a figure or a claim."""
    return node.get("class") == "cifra" or bool(node.get("data-affermazione"))


def _without_links(node: Any) -> str:
    """Return the text of an element without its figures, claims and code."""
    pieces = [node.text or ""]
    for child in node:
        silent = _linked(child) or child.tag == "code"
        pieces.append(" " if silent else _without_links(child))
        pieces.append(child.tail or "")
    return "".join(pieces)


def _tables(tree: Any, nome: str) -> Iterator[_Table]:
    """Yield the tables of a page that can be downloaded as CSV, with their raw values."""
    downloadable = {
        Path(unquote(a.get("href"))).stem: a.get("href")
        for a in tree.xpath("//a[@download]")
        if a.get("href").endswith(".csv")
    }
    for table in tree.xpath("//table[@id]"):
        address = downloadable.get(table.get("id"))
        if address is None:
            continue
        values = {}
        rows = table.xpath("./tbody/tr")
        for i, row in enumerate(rows):
            for j, cell in enumerate(row.xpath("./td|./th")):
                if cell.get("data-valore") is not None:
                    values[i, j] = (cell.get("data-valore"), truth.figure_in(cell, nome))
        path = posixpath.normpath(posixpath.join(posixpath.dirname(nome), unquote(address)))
        yield _Table(f"{nome}, riga {table.sourceline}", table.get("id"), path, len(rows), values)


def _out_of_pages(edizione: Path, in_the_pages: Collection[str], wanted: Callable[[Path], bool]) -> Iterator[_Table]:
    """Yield the tables of chapters that are only in files, from the one with all the cells of their chapter."""
    for file in sorted((edizione / "sito" / "dati").glob("*/*.parquet")):
        if not wanted(file):
            continue
        base = file.relative_to(edizione).with_suffix("").as_posix()
        cells = pyarrow.parquet.read_table(file).to_pylist()
        for id in dict.fromkeys(str(cell["tavola"]) for cell in cells):
            csv_file = f"{base}/{id}.csv"
            if csv_file in in_the_pages:
                continue
            own = [cell for cell in cells if cell["tavola"] == id]
            columns = list(dict.fromkeys(cell["colonna"] for cell in own))
            values = {
                (cell["riga"], columns.index(cell["colonna"])): (_raw(cell["valore"]), cell["cifra"])
                for cell in own
                if cell["valore"] is not None
            }
            rows = 1 + max(cell["riga"] for cell in own)
            yield _Table(f"{base}.parquet, {id}", id, csv_file, rows, values)


def _check_files(table: _Table, csv_file: Path) -> list[Finding]:
    """Compare a table of a page, cell by cell, with its CSV and with the files of the tables of its chapter."""
    if not csv_file.exists():
        return [Finding("valore", table.where, "", "un CSV da scaricare", f"nessun file {table.csv}")]
    found = []
    for extension, read_one in _READERS.items():
        file, name = csv_file, table.csv
        if extension != ".csv":
            file = csv_file.parent.with_name(csv_file.parent.name + extension)
            name = f"{posixpath.dirname(table.csv)}{extension}, {table.id}"
        if not file.exists():
            continue
        rows = read_one(file, table.id)
        if len(rows) != table.rows:
            found.append(Finding("valore", name, "", f"{table.rows} righe, come nella pagina", f"{len(rows)}"))
            continue
        for (i, j), (expected, figure) in table.values.items():
            read_ = rows[i][j] if j < len(rows[i]) else ""
            if not _same(expected, read_):
                place = f"{name}, riga {i + 2}, colonna {j + 1}"
                found.append(Finding("valore", place, figure, expected or "nessun valore", read_ or "nessun valore"))
    return found


def _csv_rows(file: Path, _: str) -> list[list[str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))[1:]


def _parquet_rows(file: Path, table: str) -> list[list[str]]:
    about = file.stat()
    return _parquet_tables(file, about.st_mtime_ns, about.st_size).get(table, [])


@lru_cache(maxsize=4)
def _parquet_tables(file: Path, time: int, size: int) -> dict[str, list[list[str]]]:
    """Read the rows of all the tables of a chapter, once as long as the file is the same."""
    read_ = pyarrow.parquet.read_table(file, columns=["tavola", "riga", "valore"]).to_pydict()
    rows: dict[str, dict[int, list[str]]] = {}
    for table, row, value in zip(read_["tavola"], read_["riga"], read_["valore"], strict=True):
        rows.setdefault(str(table), {}).setdefault(row, []).append(_raw(value))
    return {table: list(own.values()) for table, own in rows.items()}


def _xlsx_rows(file: Path, table: str) -> list[list[str]]:
    about = file.stat()
    book = _book(file, about.st_mtime_ns, about.st_size)
    name = addresses.sheet(table)
    if name not in book.sheet_names:
        return []
    sheet = book.get_sheet_by_name(name)
    return [[_raw(value) for value in row] for row in sheet.to_python(skip_empty_area=False)[1:]]


@lru_cache(maxsize=4)
def _book(file: Path, time: int, size: int) -> python_calamine.CalamineWorkbook:
    """Open a workbook, once as long as the file is the same."""
    return python_calamine.CalamineWorkbook.from_path(str(file))


_READERS = MappingProxyType({".csv": _csv_rows, ".parquet": _parquet_rows, ".xlsx": _xlsx_rows})


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
