"""What each part of the publication shows, as a fingerprint: equal fingerprints, equal files.

A part is a function of rows of the store, executed chapters, tables, texts of the analysts, and of the program with its
templates and styles. What notebooks and store hold is read once and remembered by the hash of their bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

import conciliazione_lib.publish.atlas as atlas
import conciliazione_lib.publish.documents as documents
import conciliazione_lib.publish.extras as extras
import conciliazione_lib.publish.profiles as profiles
import conciliazione_lib.publish.quadrature as quadrature
import conciliazione_lib.publish.territory_pages as territory_pages
from conciliazione_lib import storage
from conciliazione_lib.build.config import Config
from conciliazione_lib.build.fingerprint import digest, file_digest
from conciliazione_lib.build.inputs import Inputs
from conciliazione_lib.build.store import write_whole
from conciliazione_lib.evidence import Place, Store, cards
from conciliazione_lib.evidence.by_indicator import coded
from conciliazione_lib.evidence.store import FIGURES, LISTS, STATEMENTS
from conciliazione_lib.publish.documents import outline, plan, sheet
from conciliazione_lib.publish.edition import OF_THE_TERRITORY, Chapter, edition_tables
from conciliazione_lib.publish.markdown import FIGURE
from conciliazione_lib.publish.processes import Team
from conciliazione_lib.publish.public_site import SEARCH, Publication, chapter_part
from conciliazione_lib.publish.selection import PER_COMUNE
from conciliazione_lib.publish.territory_pages import neighbours
from conciliazione_lib.territory import Territory, load

#: Changed with what is remembered.
FORMAT = 7
#: Under which is remembered what is known of the tables that chapters read.
_ENTRIES = "tabelle"

#: More chapters than these are read by several processes, so many at a time.
MANY, _TOGETHER = 20, 4

#: What pages and documents say of a table that a chapter read; its hash, or the tier that served it, they do not.
_SAID = ("tabella", "titolo", "fonte", "licenza", "data_riferimento", "stato", "provvisorio", "recuperato", "lettura")
#: What is said of it with the open data.
_CITED = ("titolo", "fonte", "data_riferimento", "url", "recuperato")
#: What only cards say of a figure.
_OF_CARDS = ("ingressi", "termini")
#: What is remembered of a chapter beside its page and its figures.
_ELSEWHERE = ("testa", "tavole", "fogli", "carte", "scaricabili", "lacune", "mappe", "tabelle", "citate", "registro")
_COMUNE = "comune"
#: A link to a figure, in Markdown.
_FIGURE = re.compile(rf"{FIGURE}[^\s)]+")


class Shown:
    """The fingerprints of the parts of a publication.

    Parameters
    ----------
    publication : Publication
    config : Config
    memory : Path, optional
        File that remembers what notebooks and store hold.
    earlier : object
        What tells the edition that this one is compared with.
    inputs : Inputs, optional
        Tables, code and environment, when they are known.
    team : Team, optional
        Who reads the store, and chapters when they are many.
    """

    def __init__(
        self,
        publication: Publication,
        config: Config,
        memory: Path | None = None,
        earlier: object = None,
        *,
        inputs: Inputs | None = None,
        team: Team | None = None,
    ) -> None:
        self.publication, self.edition = publication, publication.edition
        self._memory_file, self._earlier = memory, earlier
        self._remembered, self._used = _read(memory), dict[str, Any]()
        self.inputs = inputs or Inputs(config)
        self._team = team or Team()
        of_places, of_store = self._of_places(), self._of_store()
        self.chapters = self._read()
        # What chapters show, and the tables they read, are known without reading them.
        entries = self._used[f"{FORMAT}:{_ENTRIES}"]
        read = {tuple(one): entries["/".join(one)] for known in self.chapters.values() for one in known["lette"]}
        vars(self.edition)["tabelle"] = edition_tables(read.values())
        for chapter in self.edition.capitoli:
            vars(chapter)["indicatori"] = frozenset(self.chapters[chapter_part(chapter)]["cifre"])
        rows = of_store()
        self._of_territories = of_places()
        self._full, self._inputs_of, self.stored, self._cited = (
            {name: one[place] for name, one in rows.items()} for place in range(4)
        )
        #: The same, with the pages that it does not have.
        self.publication = replace(publication, absent=self._absent())
        if memory is not None:
            write_whole(memory, json.dumps(self._used))

    def of(self, name: str) -> str:
        """Return the fingerprint of a part."""
        kind, _, which = name.partition(":")
        return digest([self._base, name, _SHOWN[kind](self, which)])

    @cached_property
    def _base(self) -> str:
        """What every part depends on: the program, the edition, what territories are made of."""
        edition = self.edition
        return digest(
            [
                *self._program,
                *(edition.id, edition.titolo, edition.data, self.publication.missing, self.publication.maps),
                *(edition.sito.model_dump(), self.publication.root is not None),
                {name: self.inputs.table(name) for name in sorted({*OF_THE_TERRITORY, *cards.TABLES})},
            ]
        )

    def _absent(self) -> tuple[str, ...]:
        """Return the pages that the edition does not have: to know it, figures are put side by side."""
        if self.publication.absent is not None:
            return self.publication.absent
        archive = self.edition.archivio
        lists = sorted(archive.store.index["elenchi"]) if archive is not None else None
        known = digest([self._program, self.all_figures, self.places, lists])
        told = self._remember(known, lambda: {"assenti": list(self.publication.missing)})
        return tuple(told["assenti"])

    @cached_property
    def _program(self) -> list[Any]:
        return [self.inputs.code(["conciliazione_lib.publish"]), self.inputs.environment]

    def figures(self, names: Iterable[str]) -> list[Any]:
        """Return what the store and the chapters have of some indicators, and where it comes from."""
        return [[name, self._full.get(name, ""), self._of_chapters(name, 0)] for name in names]

    def values(self, names: Iterable[str]) -> list[Any]:
        """Return what the store and the chapters have of some indicators, wherever it comes from."""
        return [[name, self.stored.get(name, ""), self._of_chapters(name, 1)] for name in names]

    def beyond(self, names: Iterable[str] | None = None) -> list[Any]:
        """Return what only chapters have: of some indicators, or of all."""
        wanted = self._by_chapter if names is None else names
        return [[name, self._of_chapters(name, 1)] for name in sorted(wanted) if name not in self.stored]

    def _of_chapters(self, name: str, which: int) -> list[str]:
        return [prints[which] for prints in self._by_chapter.get(name, ())]

    @cached_property
    def all_figures(self) -> str:
        """Everything that store and chapters have."""
        return digest(self.figures(sorted({*self.stored, *self._by_chapter})))

    @cached_property
    def _by_chapter(self) -> dict[str, list[list[str]]]:
        found: dict[str, list[list[str]]] = {}
        for known in self.chapters.values():
            for name, prints in known["cifre"].items():
                found.setdefault(name, []).append(prints)
        return found

    @property
    def places(self) -> list[tuple[str, str, str]]:
        """The territories that have chapters."""
        return [(place.livello, place.codice, place.nome) for place in self.edition.luoghi]

    @cached_property
    def tables(self) -> str:
        """Every input table."""
        return digest({name: self.inputs.table(name) for name in storage.names()})

    @cached_property
    def checks(self) -> str:
        """Outcome of every check."""
        return digest([result.to_dict() for result in quadrature.results()])

    @cached_property
    def signs(self) -> list[Any]:
        """Return what pages say of the checks that mark figures."""
        failed = self.publication.site.flagged.failed
        return [[r.check.id, r.check.titolo, r.check.gravita, list(r.outcome.cifre)] for r in failed]

    def marks(self, names: Iterable[str]) -> list[Any]:
        """Return the checks that mark figures of some indicators."""
        wanted = list(names)
        return [
            told
            for told, models in self._marking
            if any(fnmatchcase(name, model) for model in models for name in wanted)
        ]

    @cached_property
    def _marking(self) -> list[tuple[Any, frozenset[str]]]:
        """What is said of each check that marks figures, and of which indicators they are."""
        return [
            (
                [result.to_dict(), list(result.outcome.cifre)],
                frozenset(m.partition(".")[0] for m in result.outcome.cifre),
            )
            for result in self.publication.site.flagged.failed
        ]

    def whole(self, field: str) -> list[Any]:
        """Return one of the things that are known of chapters, for all of them."""
        known = ((c, self.chapters[chapter_part(c)]) for c in self.edition.capitoli)
        return [[c.luogo.chiave, c.slug, c.titolo, one[field]] for c, one in known]

    def headings(self, chapters: Iterable[Chapter]) -> list[Any]:
        """Return what the page of a territory shows of its chapters."""
        return [[c.slug, c.titolo, c.errore, self.chapters[chapter_part(c)]["testa"]] for c in chapters]

    def chapter(self, key: str) -> list[Any]:
        """Return what the page of a chapter shows."""
        chapter, known = self.publication.chapter(key), self.chapters[f"capitolo:{key}"]
        beside = [[c.slug, c.titolo] if c is not None else None for c in neighbours(self.edition, chapter)]
        return [known["mostra"], chapter.slug, chapter.titolo, beside, self.marks(known["cifre"])]

    def of_chapter(self, key: str, field: str) -> list[Any]:
        """Return one of the things that are known of a chapter, and what it is called."""
        chapter = self.publication.chapter(key)
        return [self.chapters[f"capitolo:{key}"][field], chapter.slug, chapter.luogo.nome]

    def territory(self, key: str) -> list[Any]:
        """Return what the page of a territory shows."""
        chapters = self.edition.di(self.publication.place(key))
        own = self.territories([self.publication.place(key)])
        # What the store has of it is in its rows; what only chapters have, in theirs.
        return [self.headings(chapters), self.beyond(territory_pages.SUMMARY), self.places, own, self.signs]

    def comuni(self, ats: str) -> list[Any]:
        """Return what the profiles of the comuni of an ATS show."""
        places = [Place(_COMUNE, code, "") for code in self._map.members("ats", ats)]
        return [self.territories(places), self.places, self.signs]

    def territories(self, places: Iterable[Place]) -> list[Any]:
        """Return what the profiles of some territories show.

        That is all that profiles say of each; of those it is set beside, the figures that it has too; of those that a
        comune is part of, all of the indicators that its page gives of them.
        """
        found: dict[str, Any] = {}
        beside: dict[str, set[str]] = {}
        around: dict[str, set[str]] = {}
        for place in places:
            key = _key(place)
            own = self._of_territories["comuni"] if place.livello == _COMUNE else self._indicators(place)
            found[key] = [self._of_territories["tutto"].get(key), self._rows_of_lists(place)]
            terms = profiles.terms_of(self._map, place)
            for term in terms:
                beside.setdefault(_key(term), set()).update(own)
            if place.livello == _COMUNE:
                for held in profiles.holders(self._map, place):
                    around.setdefault(_key(held), set()).update(profiles.layout()["dell_ambito"])
                for ats in terms[:1]:
                    around.setdefault(_key(ats), set()).update(profiles.layout()["dell_ats"])
        for which, names_of in (("ciascuno", beside), ("ciascuno", around), ("detto", around)):
            for key, names in names_of.items():
                theirs = self._of_territories[which].get(key, {})
                known = found.setdefault(f"accanto a {key}", [])
                known.append([[name, theirs[name]] for name in sorted(names) if name in theirs])
        return sorted(found.items())

    def _indicators(self, place: Place) -> Mapping[str, str]:
        known: Mapping[str, str] = self._of_territories["ciascuno"].get(_key(place), {})
        return known

    def _rows_of_lists(self, place: Place) -> list[Any]:
        """Return the rows of the lists that a profile shows: its own, and those of its comuni bound to a plan."""
        lists = self._of_territories["elenchi"]
        inside = [] if place.livello == _COMUNE else self._map.members(place.livello, place.codice)
        plans = lists.get(profiles.PLANS, {})
        return [
            [own.get(_key(place)) for own in lists.values()],
            [plans.get(f"{_COMUNE}/{code}") for code in inside],
        ]

    @cached_property
    def _map(self) -> Territory:
        return load(self.edition.data)

    def _of_places(self) -> Callable[[], dict[str, Any]]:
        archive = self.edition.archivio
        if archive is None:
            return lambda: {name: {} for name in ("tutto", "ciascuno", "detto", "variazioni", "comuni", "elenchi")}
        folder = archive.store.folder
        lists = {name: folder / LISTS / f"{name}.parquet" for name in profiles.LISTINGS}
        lists = {name: file for name, file in lists.items() if file.is_file()}
        files = [folder / FIGURES, folder / STATEMENTS, *lists.values()]
        print_ = digest([file_digest(file) for file in files])
        return self._begun(print_, _places, folder, lists)

    def cards(self, name: str) -> list[Any]:
        """Return what the cards of an indicator show."""
        # The rows used are read again from the tables, as long as they are the same.
        tables = {table: self.inputs.table(table) for table in self._inputs_of.get(name, ())}
        page = name in self.publication.site.figures.explored
        return [self.figures([name]), self.marks([name]), tables, page]

    def indicator(self, name: str) -> list[Any]:
        """Return what the page of an indicator shows."""
        return [self.values([name]), self.places, self.marks([name]), self.publication.site.figures.explored]

    def document(self, key: str) -> list[Any]:
        """Return what the document of a territory shows."""
        place, root = self.publication.place(key), self.publication.root
        file = documents.template_file(root, place, self._templates) if root is not None else None
        template = file_digest(file) if file is not None else ""
        if place.livello == "ambito":
            return [template, *self.sheet(place)]
        return [template, *self._of_document(place, "mostra")]

    def workbook(self, key: str) -> list[Any]:
        """Return what the workbook of the document of a territory shows."""
        return self._of_document(self.publication.place(key), "fogli")

    def _of_document(self, place: Place, field: str) -> list[Any]:
        """Return one of the things that are known of the chapters of a territory, and what else is in its document."""
        root, chapters = self.publication.root, self.edition.di(place)
        known = [self.chapters[chapter_part(c)] for c in chapters]
        texts = documents.own_texts(root, place) if root is not None else {}
        return [
            self.edition.kind(place),
            self.listed(plan.LISTS),
            *([[one[field], one["registro"]] for one in known], [[c.id, c.titolo, c.slug] for c in chapters]),
            _apart(one["lette"] for one in known),
            dict(texts),
            self.marks({name for one in known for name in one["cifre"]}),
            [self._earlier, self.all_figures if self._earlier is not None else ""],
        ]

    def summary(self, key: str) -> list[Any]:
        """Return what the two pages that open the document of a territory show."""
        place = self.publication.place(key)
        chapters = [c for c in self.edition.di(place) if c.id.startswith(outline.SUMMARY.chapter)]
        known = [self.chapters[chapter_part(c)] for c in chapters]
        marks = self.marks({name for one in known for name in one["cifre"]})
        return [[[c.id, one["mostra"]] for c, one in zip(chapters, known, strict=True)], marks]

    def gaps(self, key: str) -> list[Any]:
        """Return what is said to be missing from a territory."""
        chapters = self.edition.di(self.publication.place(key))
        return [self.chapters[chapter_part(c)]["lacune"] for c in chapters]

    @cached_property
    def _templates(self) -> Mapping[str, str]:
        root = self.publication.root
        return documents.templates(root) if root is not None else {}

    def sheet(self, place: Place) -> list[Any]:
        """Return what the sheet of an ambito shows: of some indicators, its figures and those it is set beside."""
        names = sheet.indicators()
        near = [place, *profiles.terms_of(self._map, place)]
        known = self._of_territories
        theirs = [self._indicators(one) for one in near]
        theirs += [known[which].get(_key(place), {}) for which in ("detto", "variazioni")]
        return [
            [[own.get(name) for name in names] for own in theirs],
            [self._cited.get(name, "") for name in names],
            self._of_territories["elenchi"].get(sheet.SIMILAR, {}).get(_key(place)),
        ]

    def archive_files(self) -> list[str]:
        """Return the hashes of the tables of the store that are open data as they are."""
        archive = self.edition.archivio
        names = ("cifre.parquet", "confronti.parquet") if archive is not None else ()
        return [file_digest(archive.store.folder / name) for name in names if archive is not None]

    def lists(self, names: Iterable[str]) -> list[str]:
        """Return the hashes of lists of the store, with where they come from."""
        archive = self.edition.archivio
        known = archive.store.index["elenchi"] if archive is not None else {}
        return [
            digest([known[name], file_digest(archive.store.folder / LISTS / f"{name}.parquet")])
            for name in names
            if archive is not None and name in known
        ]

    def listed(self, names: Iterable[str]) -> list[str]:
        """Return the hashes of the rows of lists of the store."""
        archive = self.edition.archivio
        files = [archive.store.folder / LISTS / f"{name}.parquet" for name in names if archive is not None]
        return [file_digest(file) if file.is_file() else "" for file in files]

    def compared(self) -> list[Any]:
        """Return what the table of region and ATS shows."""
        places = [place for place in self.edition.luoghi if place.livello in ("regione", "ats")]
        return [self.places, [self._of_territories["ciascuno"].get(_key(one)) for one in places], self.beyond()]

    def in_brief(self, names: Sequence[str]) -> list[Any]:
        """Return the figures of some indicators that are set side by side: of the region, of Italy, of the ATS."""
        places = [*territory_pages.TERMS["regione"], territory_pages.REGIONE]
        places += [("ats", code) for code in self._map.codes("ats")]
        known = [self._of_territories["ciascuno"].get("/".join(place), {}) for place in places]
        return [[[own.get(name) for name in names] for own in known], self.beyond(names)]

    def of_comuni(self, names: Sequence[str]) -> list[Any]:
        """Return the figures that single comuni have of some indicators."""
        return [[self._of_territories["comuni"].get(name) for name in names], self.beyond(names)]

    def sheets(self) -> list[Any]:
        """Return what the sheets of the ambiti without chapters show."""
        own = {place.codice for place in self.edition.luoghi if place.livello == "ambito"}
        others = [Place("ambito", str(code), "") for code in self._map.ambiti.index if code not in own]
        return [self.places, self.territories(others), sorted(own), self.signs]

    def ledger(self) -> dict[str, str]:
        """Return what the ledger has of each indicator, as a fingerprint."""
        return {name: digest([self._base, self.figures([name])]) for name in {*self._full, *self._by_chapter}}

    def _read(self) -> dict[str, dict[str, Any]]:
        """Return what others show of each chapter: its ledger by indicator, its tables and maps, its beginning."""
        nothing = dict.fromkeys(_ELSEWHERE)
        found: dict[str, dict[str, Any]] = {
            chapter_part(c): {"mostra": c.errore, **nothing, "cifre": {}, "lette": []} for c in self.edition.capitoli
        }
        there = [c for c in self.edition.capitoli if c.disponibile]
        prints = [file_digest(chapter.notebook) for chapter in there]
        new = [c for c, print_ in zip(there, prints, strict=True) if not self._knows(print_)]
        contents = {}
        entries = dict(self._remembered.get(f"{FORMAT}:{_ENTRIES}", {}))
        for name, (content, tables) in zip(map(chapter_part, new), self._contents(new), strict=True):
            contents[name] = content
            entries |= {f"{t['tabella']}/{t.get('sha256', '')}": t for t in tables}
        for chapter, print_ in zip(there, prints, strict=True):
            name = chapter_part(chapter)
            found[name] = self._remember(print_, lambda name=name: contents[name])  # type: ignore[misc]
        wanted = {"/".join(one) for known in found.values() for one in known["lette"]}
        self._used[f"{FORMAT}:{_ENTRIES}"] = {key: entries[key] for key in sorted(wanted)}
        return found

    def _contents(self, chapters: Sequence[Chapter]) -> list[Content]:
        if len(chapters) <= MANY:
            return list(map(_content, chapters))
        coming = [self._team.give(_some, chapters[i : i + _TOGETHER]) for i in range(0, len(chapters), _TOGETHER)]
        for _ in self._team.done(coming):
            pass
        return [content for one in coming for content in one.result()]

    def _of_store(self) -> Callable[[], Mapping[str, list[Any]]]:
        """Begin to read the rows of each indicator; return what gives what is known of them."""
        archive = self.edition.archivio
        if archive is None:
            return dict
        folder = archive.store.folder
        print_ = digest([file_digest(folder / name) for name in (FIGURES, STATEMENTS, storage.FIGURES_INDEX)])
        return self._begun(print_, _rows, folder)

    def _begun(self, print_: str, make: Callable[..., Any], *given: Any) -> Callable[[], Any]:
        """Begin to make something, unless it is remembered; return what waits for it."""
        if self._knows(print_):
            return lambda: self._remember(print_, dict)
        coming = self._team.give(make, *given)
        return lambda: self._remember(print_, lambda: self._team.result(coming))

    def _knows(self, print_: str) -> bool:
        return f"{FORMAT}:{print_}" in self._remembered

    def _remember(self, print_: str, make: Callable[[], Any]) -> Any:
        key = f"{FORMAT}:{print_}"
        self._used[key] = self._remembered.get(key) or make()
        return self._used[key]


#: What is remembered of a chapter, and what is known of the tables it read.
Content = tuple[dict[str, Any], list[Mapping[str, Any]]]


def _some(chapters: Sequence[Chapter]) -> list[Content]:
    return list(map(_content, chapters))


def _content(chapter: Chapter) -> Content:
    """Return what is remembered of a chapter, and what is known of the tables it read, which others read too."""
    registry = chapter.registro
    by_indicator: dict[str, tuple[list[Any], list[Any]]] = {}
    told = []
    for entry in registry["cifre"]:
        inputs = entry.get("ingressi", ())
        used = [registry["tabelle"][one["tabella"]] for one in inputs]
        plain = {name: value for name, value in entry.items() if name not in _OF_CARDS}
        # Of one figure in two chapters, the ledger keeps the one that says of fewer tables and rows where it is from.
        rows = [[one.get("filtro"), one.get("righe")] for one in inputs]
        told.append([plain, [[t["tabella"], t.get("titolo")] for t in used], rows, bool(entry.get("termini"))])
        full, said = by_indicator.setdefault(entry["indicatore"], ([], []))
        full.append([entry, used])
        said.append(plain)
    for entry in registry["affermazioni"]:
        for name in dict.fromkeys(id.partition(".")[0] for id in entry["cifre"]):
            for entries in by_indicator.setdefault(name, ([], [])):
                entries.append(entry)
    summary = next(territory_pages.summaries([chapter]), None)
    tables = [[t["id"], t["titolo"], t["fonte"], t["colonne"]] for t in chapter.tables()]
    maps = [[b["id"], b["titolo"]] for b in chapter.blocchi if b["tipo"] == "mappa" and b["classi"]]
    read = [{name: table.get(name) for name in _SAID} for table in chapter.tabelle]
    claims = [[entry["id"], entry["cifre"][0]] for entry in registry["affermazioni"]]
    known = {
        "cifre": {name: [digest(full), digest(said)] for name, (full, said) in by_indicator.items()},
        "mostra": digest([list(chapter.blocchi), read, claims]),
        "registro": digest(told),
        "lette": [[str(table["tabella"]), str(table.get("sha256", ""))] for table in chapter.tabelle],
        "testa": digest([territory_pages.presentation(chapter), summary]),
        "tavole": digest(tables),
        "carte": digest([b for b in chapter.blocchi if b["tipo"] == "mappa"]),
        "scaricabili": digest(list(chapter.tables())),
        "fogli": digest([[b for b in chapter.blocchi if b["tipo"] == "tabella"], _named(chapter), read]),
        "lacune": digest([b["lacuna"] for b in chapter.blocchi if "lacuna" in b]),
        "mappe": digest(maps),
        "tabelle": digest(list(chapter.tabelle)),
        "citate": digest([[table.get(name) for name in _CITED] for table in chapter.tabelle]),
    }
    return known, list(chapter.tabelle)


def _named(chapter: Chapter) -> list[str]:
    """Return the figures that the prose of a chapter shows in a document."""
    blocks = [block for block in chapter.blocchi if "markdown" in block and not block.get("solo_sito")]
    prose = " ".join(block["markdown"] for block in blocks)
    return sorted(set(_FIGURE.findall(prose)))


def _apart(read: Iterable[Iterable[Iterable[str]]]) -> list[list[int]]:
    """Return which of the tables that some chapters read are the same, and which are not."""
    known: dict[tuple[str, ...], int] = {}
    return [[known.setdefault(tuple(one), len(known)) for one in tables] for tables in read]


def _rows(folder: Path) -> dict[str, list[Any]]:
    """Return what is known of the rows of each indicator.

    That is: their hash, with what is known of their tables; the names of those; the hash of what the rows say, wherever
    it comes from, and of what is said of them; that of the tables as they are cited.
    """
    store = Store(folder)
    figures, statements = coded(folder / FIGURES).to_pandas(), coded(folder / STATEMENTS).to_pandas()
    said = [column for column in figures.columns if column not in _OF_CARDS]
    sums = [
        _sums(rows, ["indicatore"], columns)
        for rows, columns in ((figures, list(figures.columns)), (figures, said), (statements, list(statements.columns)))
    ]
    tables: dict[str, set[str]] = {}
    known: dict[str, set[str]] = {}
    for name, text in figures[["indicatore", "ingressi"]].drop_duplicates().itertuples(index=False, name=None):
        if text not in known:
            known[text] = {use["tabella"] for use in json.loads(text or "[]")}
        tables.setdefault(name, set()).update(known[text])
    found = {}
    for name in store.indicators:
        full, own, about = (one.get((name,), 0) for one in sums)
        provenance = store.provenance(sorted(tables.get(name, ())))
        cited = digest([[one.get(field) for field in ("tabella", "titolo", "fonte")] for one in provenance])
        names = sorted({str(one["tabella"]) for one in provenance})
        found[name] = [digest([full, provenance]), names, digest([own, about]), cited]
    return found


def _places(folder: Path, lists: Mapping[str, Path]) -> dict[str, Any]:
    """Return what a store has of each territory, as profiles show it.

    That is: all that there is of it (``tutto``); of each indicator, comuni apart, what is shown of it by who is set
    beside it (``ciascuno``), and what only its own pages say (``detto``; ``variazioni``, for who says those); the
    figures of comuni by indicator; its rows in some lists.
    """
    figures, said = coded(folder / FIGURES).to_pandas(), coded(folder / STATEMENTS).to_pandas()
    figures, said = figures[figures["per"] == ""], said[said["per"] == ""]
    kept = _compared(figures)
    at_reference = _among(said, figures[kept])
    changes = said[at_reference & (said["genere"] == "variazione")]
    said = said[(at_reference & said["genere"].isin(profiles.SAID)) | (said["genere"] == profiles.TREND)]
    of = ["livello", "territorio", "indicatore"]
    beside = _sums(figures[kept], of, list(profiles.READ))
    points = profiles.drawn(figures)
    own: dict[tuple[str, ...], list[int]] = {}
    for number, (rows, columns) in enumerate(((said, list(profiles.TOLD)), (points, list(points.columns)))):
        for key, total in _sums(rows, of, columns).items():
            own.setdefault(key, [0, 0])[number] = total
    told = {key: "{:x}.{:x}".format(*totals) for key, totals in own.items()}
    whole: dict[str, list[str]] = {}
    found: dict[str, Any] = {"ciascuno": {}, "detto": {}, "variazioni": {}, "comuni": {}, "elenchi": {}}
    for key, total in beside.items():
        level, code, name = key
        whole.setdefault(f"{level}/{code}", []).append(f"{name}.{total:x}.{told.get(key, '')}")
        if level == _COMUNE:
            found["comuni"][name] = (found["comuni"].get(name, 0) + total) % 2**64
        else:
            found["ciascuno"].setdefault(f"{level}/{code}", {})[name] = f"{total:x}"
            found["detto"].setdefault(f"{level}/{code}", {})[name] = told.get(key, "")
    for (level, code, name), total in _sums(changes, of, [*profiles.TOLD, "differenza"]).items():
        if level != _COMUNE:
            found["variazioni"].setdefault(f"{level}/{code}", {})[name] = f"{total:x}"
    found["tutto"] = {key: digest(sorted(prints)) for key, prints in whole.items()}
    for list_name, listed in lists.items():
        rows = pd.read_parquet(listed)
        sums = _sums(rows, ["livello", "territorio"], list(rows.columns))
        found["elenchi"][list_name] = {"/".join(place): f"{total:x}" for place, total in sums.items()}
    return found


def _compared(figures: pd.DataFrame) -> pd.Series:
    """Tell which figures pages set side by side: those of a period that is of reference at any level.

    Of an indicator without one, for some territory, they may be of any period.
    """
    of = ["indicatore", "livello", "territorio"]
    without = ~figures.groupby(of, sort=False, observed=True)["riferimento"].transform("any")
    whole = figures.loc[without, "indicatore"].unique()
    return _among(figures, figures[figures["riferimento"]]) | figures["indicatore"].isin(whole)


def _among(rows: pd.DataFrame, others: pd.DataFrame) -> pd.Series:
    """Tell which rows are of an indicator and of a period that others are of."""
    pairs = others[["indicatore", "periodo"]].drop_duplicates()
    known = set(zip(pairs["indicatore"], pairs["periodo"], strict=True))
    each = zip(rows["indicatore"].astype(object), rows["periodo"].astype(object), strict=True)
    return pd.Series([pair in known for pair in each], index=rows.index, dtype=bool)


def _sums(rows: pd.DataFrame, by: list[str], columns: list[str]) -> dict[tuple[str, ...], int]:
    """Return the sum of the hashes of the rows of each group."""
    if rows.empty:
        return {}
    hashes = pd.util.hash_pandas_object(rows[columns], index=False).to_numpy()
    numbers = rows.groupby(by, sort=False, observed=True).ngroup().to_numpy()
    order = np.argsort(numbers, kind="stable")
    starts = np.flatnonzero(np.diff(numbers[order], prepend=-1))
    totals = np.add.reduceat(hashes[order], starts)
    keys = rows[by].iloc[order[starts]].itertuples(index=False, name=None)
    return dict(zip(keys, map(int, totals), strict=True))


def _key(place: Place) -> str:
    return f"{place.livello}/{place.codice}"


def _read(memory: Path | None) -> dict[str, Any]:
    try:
        known = json.loads(memory.read_text(encoding="utf-8")) if memory is not None else {}
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


_SHOWN: Mapping[str, Callable[[Shown, str], Any]] = MappingProxyType(
    {
        "inizio": lambda s, _: [
            [s.places, [[c.luogo.chiave, c.disponibile] for c in s.edition.capitoli]],
            *(s.in_brief((*territory_pages.SUMMARY, *atlas.COLOUR)), s.signs),
        ],
        "territorio": Shown.territory,
        "capitolo": Shown.chapter,
        "carte": lambda s, key: s.of_chapter(key, "carte"),
        "scaricabili": lambda s, key: s.of_chapter(key, "scaricabili"),
        "schede": Shown.cards,
        "indicatori": lambda s, _: s.publication.site.figures.explored,
        "indicatore": Shown.indicator,
        "confronto": lambda s, _: [s.compared(), s.signs],
        "azioni": lambda s, _: [s.lists((extras.AZIONI, extras.AMOUNT)), s.figures(extras.FIGURES)],
        "simulatore": lambda s, _: [s.places, s.values(extras.WEIGHTS), s.signs],
        "metodi": lambda s, _: [
            [s.tables, s.publication.site.figures.explored],
            [[c.id, c.titolo] for c in s.edition.capitoli],
        ],
        "fonti": lambda s, _: [s.places, s.checks, s.whole("tabelle")],
        "dati": lambda s, _: [s.places, s.whole("tavole"), s.edition.archivio is not None],
        "archivio": lambda s, _: s.archive_files(),
        "fisse": lambda s, _: [],
        "qualita": lambda s, _: [s.places, s.tables, s.checks, s.all_figures],
        "comuni": lambda s, _: [s.places, s.of_comuni(PER_COMUNE), s.marks(PER_COMUNE)],
        "ambiti": lambda s, _: s.sheets(),
        "profili": Shown.comuni,
        "distretti": lambda s, _: [s.places, s.territories(profiles.districts(s.publication.site)), s.signs],
        "descrizioni": lambda s, _: [
            *(s.whole("tavole"), s.whole("citate")),
            _apart(one["lette"] for one in s.chapters.values()),
        ],
        "registro": lambda s, _: s.all_figures,
        "risorse": lambda s, _: [],
        "novita": lambda s, _: [s._earlier, s.all_figures if s._earlier is not None else ""],
        "mappe": lambda s, _: s.whole("mappe"),
        "documento": Shown.document,
        "tavole": Shown.workbook,
        "sintesi": Shown.summary,
        "lacune": Shown.gaps,
        SEARCH: lambda s, _: [s.places, s.edition.archivio is not None],
    }
)
