"""What each part of the publication shows, as a fingerprint: equal fingerprints, equal files.

A part is a function of rows of the store, executed chapters, tables, texts of the analysts, and of the program with its
templates and styles. What notebooks and store hold is read once and remembered by the hash of their bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

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
from conciliazione_lib.evidence.store import LISTS
from conciliazione_lib.publish.documents import plan, sheet
from conciliazione_lib.publish.edition import OF_THE_TERRITORY, PER_COMUNE, Chapter
from conciliazione_lib.publish.public_site import Publication, chapter_part
from conciliazione_lib.publish.territory_pages import neighbours
from conciliazione_lib.territory import Territory, load

#: Changed with what is remembered.
FORMAT = 1


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
    """

    def __init__(
        self, publication: Publication, config: Config, memory: Path | None = None, earlier: object = None
    ) -> None:
        self.publication, self.edition = publication, publication.edition
        self._memory_file, self._earlier = memory, earlier
        self._remembered, self._used = _read(memory), dict[str, Any]()
        self.inputs = Inputs(config, memory.with_name("codice.json") if memory is not None else None)
        self.chapters = {chapter_part(c): self._of_chapter(c) for c in self.edition.capitoli}
        self.stored = self._of_store()
        names = (name for known in self.chapters.values() for name in known["cifre"])
        # What chapters show is known without reading them.
        vars(self.edition)["shown"] = frozenset(names)
        if memory is not None:
            write_whole(memory, json.dumps(self._used))
            self.inputs.library.save()

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
                *(self.inputs.code(["conciliazione_lib.publish"]), self.inputs.environment),
                *(edition.id, edition.titolo, edition.data, self.publication.missing, self.publication.maps),
                *(edition.sito.model_dump(), self.publication.root is not None),
                {name: self.inputs.table(name) for name in sorted({*OF_THE_TERRITORY, *cards.TABLES})},
            ]
        )

    def figures(self, names: Iterable[str]) -> list[Any]:
        """Return what the store and the chapters have of some indicators."""
        return [[name, self.stored.get(name, ""), self._by_chapter.get(name, [])] for name in names]

    @cached_property
    def all_figures(self) -> str:
        """Everything that store and chapters have."""
        return digest(self.figures(sorted({*self.stored, *self._by_chapter})))

    @cached_property
    def _by_chapter(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for known in self.chapters.values():
            for name, print_ in known["cifre"].items():
                found.setdefault(name, []).append(print_)
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

    def marks(self, names: Iterable[str]) -> list[Any]:
        """Return the checks that mark figures of some indicators."""
        from fnmatch import fnmatchcase

        wanted = list(names)
        return [
            [result.to_dict(), list(result.outcome.cifre)]
            for result in self.publication.site.segnalate.failed
            if any(fnmatchcase(name, model.partition(".")[0]) for model in result.outcome.cifre for name in wanted)
        ]

    def whole(self, field: str) -> list[Any]:
        """Return one of the things that are known of chapters, for all of them."""
        known = ((c, self.chapters[chapter_part(c)]) for c in self.edition.capitoli)
        return [[c.luogo.chiave, c.slug, c.titolo, one[field]] for c, one in known]

    def headings(self, chapters: Iterable[Chapter]) -> list[Any]:
        """Return what the page of a territory shows of its chapters."""
        return [[c.slug, c.titolo, c.errore, self.chapters[chapter_part(c)]["testa"]] for c in chapters]

    def chapter(self, key: str) -> list[Any]:
        """Return what the page of a chapter shows, its maps and its tables."""
        chapter, known = self.publication.chapter(key), self.chapters[f"capitolo:{key}"]
        beside = [[c.slug, c.titolo] if c is not None else None for c in neighbours(self.edition, chapter)]
        return [known["notebook"], chapter.slug, chapter.titolo, beside, self.marks(known["cifre"])]

    def territory(self, key: str) -> list[Any]:
        """Return what the page of a territory shows."""
        chapters = self.edition.di(self.publication.place(key))
        own = self.territories([self.publication.place(key)])
        # What the store has of it is in its rows; what only chapters have, in theirs.
        shown = [self._by_chapter.get(name, []) for name in territory_pages.SUMMARY]
        return [self.headings(chapters), shown, self.places, own]

    def comuni(self, ats: str) -> list[Any]:
        """Return what the profiles of the comuni of an ATS show."""
        places = [Place("comune", code, "") for code in self._map.members("ats", ats)]
        return [self.territories(places), self.places]

    def territories(self, places: Iterable[Place]) -> list[list[str]]:
        """Return what the store has of some territories, and of those their profiles set them beside."""
        near = sorted({(place.livello, place.codice) for place in profiles.about(self._map, places)})
        return [[level, code, self._of_territories.get(f"{level}/{code}", "")] for level, code in near]

    @cached_property
    def _map(self) -> Territory:
        return load(self.edition.data)

    @cached_property
    def _of_territories(self) -> dict[str, str]:
        archive = self.edition.archivio
        if archive is None:
            return {}
        folder = archive.store.folder
        lists = [folder / LISTS / f"{name}.parquet" for name in profiles.LISTINGS]
        files = [folder / "cifre.parquet", folder / "confronti.parquet", *(file for file in lists if file.is_file())]
        known: dict[str, str] = self._remember(digest([file_digest(file) for file in files]), lambda: _places(files))
        return known

    def cards(self, name: str) -> list[Any]:
        """Return what the cards of an indicator show."""
        # The rows used are read again from the tables, as long as they are the same.
        tables = {table: self.inputs.table(table) for table in self._inputs_of.get(name, ())}
        page = name in self.publication.site.figures.explored
        return [self.figures([name]), self.marks([name]), tables, page]

    def indicator(self, name: str) -> list[Any]:
        """Return what the page of an indicator shows."""
        return [self.figures([name]), self.places, self.marks([name]), self.publication.site.figures.explored]

    def document(self, key: str) -> list[Any]:
        """Return what the document of a territory shows."""
        place, root = self.publication.place(key), self.publication.root
        file = documents.template_file(root, place) if root is not None else None
        template = file_digest(file) if file is not None else ""
        if place.livello == "ambito":
            return [template, self.figures(sheet.indicators()), self.lists([sheet.SIMILAR]), self.statements]
        chapters = self.edition.di(place)
        known = [self.chapters[chapter_part(c)] for c in chapters]
        texts = documents.own_texts(root, place) if root is not None else {}
        return [
            self.edition.kind(place),
            template,
            self.lists(plan.LISTS),
            *([one["notebook"] for one in known], [[c.id, c.titolo, c.slug] for c in chapters], dict(texts)),
            self.marks({name for one in known for name in one["cifre"]}),
            [result.to_dict() for result in quadrature.concerning(place.codice if place.livello == "ats" else None)],
            [self._earlier, self.all_figures if self._earlier is not None else ""],
        ]

    @cached_property
    def statements(self) -> str:
        """Everything the edition decided about its figures."""
        archive = self.edition.archivio
        return file_digest(archive.store.folder / "confronti.parquet") if archive is not None else ""

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

    def sheets(self) -> list[Any]:
        """Return what the sheets of the ambiti without chapters show."""
        own = {place.codice for place in self.edition.luoghi if place.livello == "ambito"}
        return [self.places, self.all_figures, sorted(own)]

    def _of_chapter(self, chapter: Chapter) -> dict[str, Any]:
        """Return what others show of a chapter: its ledger by indicator, its tables and maps, its beginning."""
        if not chapter.disponibile:
            return {"notebook": chapter.errore, **dict.fromkeys(("testa", "tavole", "mappe", "tabelle")), "cifre": {}}
        print_ = file_digest(chapter.notebook)
        return {"notebook": print_, **self._remember(print_, lambda: _content(chapter))}

    def _of_store(self) -> dict[str, str]:
        archive = self.edition.archivio
        if archive is None:
            self._inputs_of: Mapping[str, list[str]] = {}
            return {}
        folder = archive.store.folder
        print_ = digest([file_digest(folder / name) for name in ("cifre.parquet", storage.FIGURES_INDEX)])
        known = self._remember(print_, lambda: _rows(archive.store))
        self._inputs_of = {name: tables for name, (_, tables) in known.items()}
        return {name: rows for name, (rows, _) in known.items()}

    def _remember(self, print_: str, make: Callable[[], Any]) -> Any:
        key = f"{FORMAT}:{print_}"
        self._used[key] = self._remembered.get(key) or make()
        return self._used[key]


def _content(chapter: Chapter) -> dict[str, Any]:
    registry = chapter.registro
    by_indicator: dict[str, list[Any]] = {}
    for entry in registry["cifre"]:
        used = [registry["tabelle"][one["tabella"]] for one in entry.get("ingressi", ())]
        by_indicator.setdefault(entry["indicatore"], []).append([entry, used])
    for entry in registry["affermazioni"]:
        for name in dict.fromkeys(id.partition(".")[0] for id in entry["cifre"]):
            by_indicator.setdefault(name, []).append(entry)
    summary = next(territory_pages.summaries([chapter]), None)
    tables = [[t["id"], t["titolo"], t["fonte"], t["colonne"]] for t in chapter.tables()]
    maps = [[b["id"], b["titolo"]] for b in chapter.blocchi if b["tipo"] == "mappa" and b["classi"]]
    return {
        "cifre": {name: digest(entries) for name, entries in by_indicator.items()},
        "testa": digest([territory_pages.presentation(chapter), summary]),
        "tavole": digest(tables),
        "mappe": digest(maps),
        "tabelle": digest(list(chapter.tabelle)),
    }


def _rows(store: Store) -> dict[str, tuple[str, list[str]]]:
    """Return the hash of the rows of each indicator, with what is known of their tables; and the names of those."""
    found = {}
    for name in store.indicators:
        rows = store.of(name)
        hashes = pd.util.hash_pandas_object(rows, index=False).to_numpy().tobytes().hex()
        keys = sorted({use["tabella"] for text in rows["ingressi"].unique() for use in json.loads(text or "[]")})
        known = store.provenance(keys)
        found[name] = (digest([hashes, known]), sorted({str(one["tabella"]) for one in known}))
    return found


def _places(files: Iterable[Path]) -> dict[str, str]:
    """Return the hash of what some tables have of each territory, by level and code."""
    found: dict[str, list[str]] = {}
    for file in files:
        rows = pd.read_parquet(file)
        hashes = pd.Series(pd.util.hash_pandas_object(rows, index=False).to_numpy(), index=rows.index)
        for (level, code), own in hashes.groupby([rows["livello"], rows["territorio"]], sort=True):
            found.setdefault(f"{level}/{code}", []).append(own.to_numpy().tobytes().hex())
    return {key: digest(parts) for key, parts in found.items()}


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
            s.figures((*territory_pages.SUMMARY, *atlas.COLOUR)),
        ],
        "territorio": Shown.territory,
        "capitolo": Shown.chapter,
        "schede": Shown.cards,
        "indicatori": lambda s, _: s.all_figures,
        "indicatore": Shown.indicator,
        "confronto": lambda s, _: [s.places, s.all_figures],
        "azioni": lambda s, _: [s.lists((extras.AZIONI, extras.AMOUNT)), s.figures(extras.FIGURES)],
        "simulatore": lambda s, _: [s.places, s.figures(extras.WEIGHTS)],
        "metodi": lambda s, _: [
            [s.tables, s.publication.site.figures.explored],
            [[c.id, c.titolo] for c in s.edition.capitoli],
        ],
        "fonti": lambda s, _: [s.places, s.checks, s.whole("tabelle")],
        "dati": lambda s, _: [s.places, s.whole("tavole"), s.archive_files()],
        "fisse": lambda s, _: [],
        "qualita": lambda s, _: [s.places, s.tables, s.checks, s.all_figures],
        "comuni": lambda s, _: [s.places, s.figures(PER_COMUNE), s.marks(PER_COMUNE)],
        "ambiti": lambda s, _: s.sheets(),
        "profili": Shown.comuni,
        "distretti": lambda s, _: [s.places, s.territories(profiles.districts(s.publication.site))],
        "descrizioni": lambda s, _: [s.whole("tavole"), s.whole("tabelle")],
        "registro": lambda s, _: s.all_figures,
        "risorse": lambda s, _: [],
        "novita": lambda s, _: [s._earlier, s.all_figures],
        "mappe": lambda s, _: s.whole("mappe"),
        "documento": Shown.document,
    }
)
