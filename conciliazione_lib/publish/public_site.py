"""The publication as parts, each made alone from what it shows; it never computes a figure.

A part has a name, by which any process that has the edition can make it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import conciliazione_lib.publish.about as about
import conciliazione_lib.publish.card_pages as card_pages
import conciliazione_lib.publish.changes as changes
import conciliazione_lib.publish.dcat as dcat
import conciliazione_lib.publish.documents as documents
import conciliazione_lib.publish.explorer as explorer
import conciliazione_lib.publish.extras as extras
import conciliazione_lib.publish.finder as finder
import conciliazione_lib.publish.kit as kit
import conciliazione_lib.publish.opendata as opendata
import conciliazione_lib.publish.profiles as profiles
import conciliazione_lib.publish.quadrature as quadrature
import conciliazione_lib.publish.site as site
import conciliazione_lib.publish.territory_pages as territory_pages
import conciliazione_lib.publish.webmaps as webmaps
from conciliazione_lib import territory
from conciliazione_lib.evidence import Ledger, Place, ledger
from conciliazione_lib.publish.documents.elements import Document
from conciliazione_lib.publish.edition import Chapter, Edition
from conciliazione_lib.quality import editions

#: The ledger of an edition.
LEDGER = "cifre.json"

#: The parts of the documents of a territory; of an ambito there is the first.
DOCUMENTS = ("documento", "tavole", "sintesi", "lacune")

#: The parts of a chapter: its page, its interactive maps, its tables to download.
CHAPTER = ("capitolo", "carte", "scaricabili")

#: The last part: its search knows the pages of all the others.
SEARCH = "ricerca"


@dataclass(frozen=True)
class Kept:
    """The ledger of what was published before.

    Attributes
    ----------
    file : Path
    sha256 : str
        Hash of its bytes.
    same : frozenset of str
        The indicators that are now as they were then.
    """

    file: Path
    sha256: str
    same: frozenset[str]

    def read(self) -> dict[str, Any] | None:
        """Return it as plain data; nothing when it is not what was published."""
        try:
            content = self.file.read_bytes()
        except OSError:
            return None
        return dict(json.loads(content)) if hashlib.sha256(content).hexdigest() == self.sha256 else None


@dataclass(frozen=True)
class Publication:
    """What the parts are made from.

    Attributes
    ----------
    tree : Path
        Gets ``sito/``, ``maps/``, ``documenti/``, ``tabelle/``, ``cifre.json``, ``edizione.json``.
    edition : Edition
    root : Path or None
        Folder of the project, with the analysts' own texts; without it there are no documents.
    comparison : changes.Comparison or None
        With an earlier edition: the site says what changed since.
    maps : bool
        Whether the maps go in a folder of their own too.
    absent : tuple of str
        Pages that this edition does not have, when they are already known.
    kept : Kept or None
        The ledger as it was published, when some indicators are the same.
    drawings : Path or None
        Folder of the drawings of documents that were made before.
    """

    tree: Path
    edition: Edition
    root: Path | None = None
    comparison: changes.Comparison | None = None
    maps: bool = True
    absent: tuple[str, ...] | None = None
    kept: Kept | None = None
    drawings: Path | None = None

    @cached_property
    def site(self) -> site.Site:
        """What writes the pages."""
        return site.Site(self.tree / "sito", self.edition, self.missing, documents=self.root is not None)

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """The pages of menu and footer that an edition of few territories or chapters does not have."""
        if self.absent is not None:
            return self.absent
        whole = site.Site(self.tree / "sito", self.edition)
        there = {
            "confronta.html": self.edition.archivio is not None,
            "azioni/index.html": extras.actions(whole) is not None,
            "simulatore.html": bool(extras.criteria(whole)),
            "ambiti/index.html": any(place.livello == "ats" for place in self.edition.luoghi),
        }
        return tuple(page for page, present in there.items() if not present)

    @property
    def folder_of_maps(self) -> Path | None:
        """The folder of the maps complete in themselves."""
        return self.tree / "maps" if self.maps else None

    def parts(self) -> list[str]:
        """Return the names of the parts, in the order in which the search gives their pages; the search is the last."""
        edition, whole = self.edition, self.site
        names = ["inizio"]
        for place in edition.luoghi:
            names.append(f"territorio:{place.livello}/{place.codice}")
            names += [f"{kind}:{_key(chapter)}" for kind in CHAPTER for chapter in edition.di(place)]
        names += [f"schede:{name}" for name in card_pages.indicators(edition)]
        names += ["indicatori", *(f"indicatore:{name}" for name in explorer.indicators(whole)), "confronto"]
        names += ["azioni", "simulatore", "metodi", "fonti", "dati", "archivio", "fisse", "qualita", "comuni", "ambiti"]
        if edition.archivio is not None:
            names += [f"profili:{code}" for code in territory.load(edition.data).codes("ats")]
            if profiles.districts(whole):
                names.append("distretti")
        names += ["descrizioni", "registro", "risorse"]
        names.append("novita")
        if self.maps:
            names.append("mappe")
        for place in edition.luoghi if self.root is not None else ():
            kinds = DOCUMENTS if place.livello != "ambito" else DOCUMENTS[:1]
            names += [f"{kind}:{place.livello}/{place.codice}" for kind in kinds]
        return [*names, SEARCH]

    def make(self, name: str) -> None:
        """Make a part, by its name."""
        kind, _, which = name.partition(":")
        _MAKERS[kind](self, which)

    def place(self, key: str) -> Place:
        """Return a territory from level and code."""
        return next(place for place in self.edition.luoghi if f"{place.livello}/{place.codice}" == key)

    def document(self, key: str) -> Document:
        """Return the document of a territory from level and code: the last is kept, for who writes its tables too."""
        if key not in self._documents:
            assert self.root is not None, "documents are parts of a publication that has a root"
            self._documents.clear()
            self._documents[key] = documents.read(self.site, self.place(key), self.root, self.comparison)
        return self._documents[key]

    @cached_property
    def _documents(self) -> dict[str, Document]:
        return {}

    def chapter(self, key: str) -> Chapter:
        """Return a chapter from the territory and its own id."""
        place, _, id = key.rpartition("/")
        return next(chapter for chapter in self.edition.di(self.place(place)) if chapter.id == id)


def chapter_part(chapter: Chapter) -> str:
    """Return the name of the part that is the page of a chapter."""
    return f"{CHAPTER[0]}:{_key(chapter)}"


def _key(chapter: Chapter) -> str:
    return f"{chapter.luogo.livello}/{chapter.luogo.codice}/{chapter.id}"


def _ledger(p: Publication, _: str) -> None:
    before = p.kept.read() if p.kept is not None else None
    if p.kept is None or before is None:
        data = p.edition.ledger.to_dict()
    else:
        changed = [name for name in card_pages.indicators(p.edition) if name not in p.kept.same]
        data = ledger.replaced(before, p.kept.same, map(p.edition.ledger_of, changed))
    p.site.put(p.tree / LEDGER, ledger.text_of(data).encode())
    # What the edition was made with, for the comparison with the next.
    p.site.put(p.tree / editions.FILE, changes.describe(p.edition, Ledger.opened(data)).text().encode())


def _maps(p: Publication, _: str) -> None:
    if p.folder_of_maps is not None:
        webmaps.write_folder(p.site, p.folder_of_maps)


def _document(p: Publication, key: str) -> None:
    if p.root is not None:
        documents.write_of(p.site, p.place(key), p.document(key), p.root, p.drawings)


def _changes(p: Publication, _: str) -> None:
    changes.write(p.site, p.comparison)


def _fixed(p: Publication, _: str) -> None:
    about.write_fixed(p.site)
    kit.write_pages(p.site)


def _search(p: Publication, _: str) -> None:
    finder.write_search(p.site)
    kit.write_sitemap(p.site)


_MAKERS: Mapping[str, Callable[[Publication, str], None]] = MappingProxyType(
    {
        "inizio": lambda p, _: territory_pages.write_home(p.site),
        "territorio": lambda p, key: territory_pages.write_territory(p.site, p.place(key)),
        "capitolo": lambda p, key: territory_pages.write_chapter(p.site, p.chapter(key)),
        "carte": lambda p, key: webmaps.write_of(p.site, p.chapter(key), p.folder_of_maps),
        "scaricabili": lambda p, key: opendata.write_of(p.site, p.chapter(key)),
        "schede": lambda p, name: card_pages.write_of(p.site, name),
        "indicatori": lambda p, _: explorer.write_index(p.site),
        "indicatore": lambda p, name: explorer.write_of(p.site, name),
        "confronto": lambda p, _: explorer.write_comparison(p.site),
        "azioni": lambda p, _: extras.write_repertoire(p.site),
        "simulatore": lambda p, _: extras.write_simulator(p.site),
        "metodi": lambda p, _: about.write_methods(p.site),
        "fonti": lambda p, _: about.write_sources(p.site),
        "dati": lambda p, _: about.write_data(p.site),
        "archivio": lambda p, _: kit.write_archive(p.site),
        "fisse": _fixed,
        "qualita": lambda p, _: quadrature.write(p.site),
        "comuni": lambda p, _: finder.write_comuni(p.site),
        "ambiti": lambda p, _: finder.write_ambiti(p.site),
        "profili": lambda p, ats: profiles.write_comuni(p.site, ats),
        "distretti": lambda p, _: profiles.write_districts(p.site),
        "descrizioni": lambda p, _: dcat.write_descriptions(p.site),
        "registro": _ledger,
        "risorse": lambda p, _: site.assets(p.site),
        "novita": _changes,
        "mappe": _maps,
        "documento": _document,
        "tavole": lambda p, key: documents.write_tables(p.site, p.place(key), p.document(key)),
        "sintesi": lambda p, key: documents.write_summary(p.site, p.place(key)),
        "lacune": lambda p, key: documents.write_gaps(p.site, p.place(key)),
        SEARCH: _search,
    }
)


def build(folder: Path, edizione: Edition, maps: Path | None = None, before: changes.Comparison | None = None) -> None:
    """Write the whole site in this process, part by part.

    Parameters
    ----------
    folder : Path
        Root of the site, empty.
    edizione : Edition
        What to publish.
    maps : Path, optional
        Folder beside it, not there yet, for the maps complete in themselves.
    before : changes.Comparison, optional
        The comparison with an earlier edition: the site says what changed since.
    """
    publication = Publication(folder.parent, edizione, comparison=before, maps=maps is not None)
    for name in publication.parts():
        if name != "registro":
            publication.make(name)
