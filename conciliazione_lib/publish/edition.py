"""The edition as publishing sees it: the executed chapters, by territory, with one ledger for them all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import conciliazione_lib.publish.addresses as addresses
from conciliazione_lib import storage, territory
from conciliazione_lib.build.config import Config, SiteSettings
from conciliazione_lib.build.model import ChapterResult
from conciliazione_lib.errors import EsecuzioneError
from conciliazione_lib.evidence import Claim, Figure, Ledger, Place, Store
from conciliazione_lib.publish.selection import PER_COMUNE, Archive, forget
from conciliazione_lib.report.blocks import read_notebook

Block = dict[str, Any]

#: Tables that say what territories are made of: every chapter reads them.
OF_THE_TERRITORY = frozenset({*territory.TABLES, "confini"})


@dataclass(frozen=True)
class Chapter:
    """A chapter of a territory.

    Attributes
    ----------
    id, slug, titolo : str
        Id in the configuration, the part of it used in addresses, and title.
    luogo : Place
        Its territory.
    errore : str or None
        Why it is not available, in Italian; ``None`` when it is.
    blocchi : tuple of dict
        What it shows, heading and ledger apart; empty when it is not available.
    ledger : Ledger
        Its figures and claims.
    tabelle : tuple of dict
        Provenance of the tables it read.
    notebook : Path
        The executed notebook; of a chapter that was not given what it shows, it is read when someone asks.

    Notes
    -----
    So are made the first time, from its ledger as plain data (``registro``): ``per_indicatore``, the figures and the
    claims of each indicator, and ``indicatori``, which they are (who knows it may say so, without reading).
    """

    id: str
    slug: str
    titolo: str
    luogo: Place
    errore: str | None
    blocchi: tuple[Block, ...] = field(default_factory=tuple)
    ledger: Ledger = field(default_factory=Ledger)
    tabelle: tuple[Mapping[str, Any], ...] = field(default_factory=tuple)
    notebook: Path = Path()

    @classmethod
    def of(cls, *, notebook: Path, **known: Any) -> Chapter:
        """Return a chapter whose notebook is read when someone asks what it shows.

        Raises
        ------
        EsecuzioneError
            Then, if the notebook that the build calls finished has no heading or no ledger.
        """
        chapter = object.__new__(cls)
        for name, value in {**known, "notebook": notebook}.items():
            object.__setattr__(chapter, name, value)
        return chapter

    def __getattr__(self, name: str) -> Any:
        if name not in ("blocchi", "ledger", "tabelle", "registro", "per_indicatore", "indicatori"):
            raise AttributeError(name)
        if name == "ledger":
            read: dict[str, Any] = {name: Ledger.from_dict(self.registro)}
        elif name == "per_indicatore":
            read = {name: _by_indicator(self.registro) if self.disponibile else {}}
        elif name == "indicatori":
            read = {name: frozenset(self.per_indicatore)}
        else:
            read = self._read()
        for key, value in read.items():
            if key not in vars(self):
                object.__setattr__(self, key, value)
        return vars(self)[name]

    def _read(self) -> dict[str, Any]:
        """Read the executed notebook: what it shows, its ledger as plain data, the tables it read."""
        if "ledger" in vars(self):  # given whole
            return {"registro": self.ledger.to_dict()}
        blocks = list(read_notebook(json.loads(self.notebook.read_text(encoding="utf-8"))))
        kinds = [block["tipo"] for block in blocks]
        if kinds.count("intestazione") != 1 or kinds.count("registro") != 1:
            raise EsecuzioneError(
                f"Il notebook eseguito di «{self.id}» per {self.luogo.nome} non è completo.",
                "Aprire il capitolo con Capitolo.apri(…) e chiuderlo con c.chiudi().",
            )
        registry = blocks[kinds.index("registro")]
        return {
            "blocchi": tuple(block for block in blocks if block["tipo"] not in ("intestazione", "registro")),
            "registro": registry["registro"],
            "tabelle": tuple(registry["tabelle"]),
        }

    @property
    def disponibile(self) -> bool:
        """Whether it can be read."""
        return self.errore is None

    @property
    def fonti(self) -> list[Mapping[str, Any]]:
        """The tables it read, without those of the territories."""
        return [table for table in self.tabelle if table["tabella"] not in OF_THE_TERRITORY]

    def tables(self) -> Iterator[Block]:
        """Yield every table: those shown, and those of charts and maps."""
        for block in self.blocchi:
            if block["tipo"] == "tabella":
                yield block
            elif block["tipo"] in ("grafico", "mappa"):
                yield block["dati"]


@dataclass(frozen=True)
class Edition:
    """Everything there is to publish.

    Attributes
    ----------
    id, titolo, data : str
        The edition, and the date of its geography.
    capitoli : tuple of Chapter
        In the order of the plan.
    archivio : Archive, optional
        The figures of the store; nothing where no analysis was run.
    sito : SiteSettings
        Who publishes it, and where.
    tipi : mapping
        What each ATS delivers, ``piano`` or ``documento``, by slug; a ``piano`` where it is not said.
    """

    id: str
    titolo: str
    data: str
    capitoli: tuple[Chapter, ...]
    archivio: Archive | None = None
    sito: SiteSettings = field(default_factory=SiteSettings)
    tipi: Mapping[str, str] = field(default_factory=dict)

    def kind(self, place: Place) -> str:
        """Return what an ATS delivers: ``piano`` or ``documento``."""
        return self.tipi.get(place.codice, "piano")

    @cached_property
    def ledger(self) -> Ledger:
        """All the figures that have a card, and the claims: those shown by the chapters, and those of the store.

        Of single comuni, only the figures that chapters or the list of the comuni show.

        Raises
        ------
        CalcoloError
            Two chapters give two values for one figure, or a chapter another value than the store.
        """
        ledger = Ledger().merge(*(chapter.ledger for chapter in self.capitoli))
        for indicator in self.archivio.indicators if self.archivio else ():
            self._add_stored(ledger, indicator)
        return ledger

    def ledger_of(self, indicatore: str) -> Ledger:
        """Return what the ledger has of an indicator: its figures, and the claims that rest on them.

        Raises
        ------
        CalcoloError
            As for :attr:`ledger`.
        """
        if indicatore not in self._ledgers:
            ledger = Ledger()
            for chapter in self.capitoli:
                if indicatore not in chapter.indicatori:
                    continue
                registry, (figures, said) = chapter.registro, chapter.per_indicatore[indicatore]
                rows = {i.get("righe_sha256", ""): None for entry in figures for i in entry.get("ingressi", ())}
                kept = {key: registry["righe"][key] for key in rows if key in registry["righe"]}
                part = Ledger.from_dict({**registry, "cifre": figures, "affermazioni": [], "righe": kept})
                for figure in part:
                    ledger.add(figure)
                ledger.rows.update(part.rows)
                # Of a claim the other figures are not here: they are on the cards of their own indicators.
                ledger.claims.update((claim.id, claim) for claim in map(Claim.from_dict, said))
            self._add_stored(ledger, indicatore)
            forget(self._ledgers)
            self._ledgers[indicatore] = ledger
        return self._ledgers[indicatore]

    @cached_property
    def _ledgers(self) -> dict[str, Ledger]:
        return {}

    def __contains__(self, id: object) -> bool:
        """Tell whether a figure has a card."""
        return isinstance(id, str) and id in self.ledger_of(_indicator(id))

    @cached_property
    def stored(self) -> tuple[str, ...]:
        """The indicators of the store."""
        return self.archivio.indicators if self.archivio else ()

    @cached_property
    def shown(self) -> frozenset[str]:
        """The indicators of the figures that chapters show."""
        return frozenset(name for chapter in self.capitoli for name in chapter.indicatori)

    def claim(self, id: str, chapters: Iterable[Chapter]) -> str | None:
        """Return the first figure of a claim that some chapters make, or any other; ``None`` when nobody makes it."""
        for chapter in chapters:
            if chapter.disponibile:
                for entry in chapter.registro["affermazioni"]:
                    if entry["id"] == id:
                        return str(entry["cifre"][0])
        return self._claims.get(id)

    @cached_property
    def _claims(self) -> dict[str, str]:
        said = (entry for c in self.capitoli if c.disponibile for entry in c.registro["affermazioni"])
        return {entry["id"]: entry["cifre"][0] for entry in said}

    def _stored(self, indicatore: str) -> Iterable[Figure]:
        assert self.archivio is not None
        return self.archivio.figures(indicatore, finest=indicatore in PER_COMUNE)

    def _add_stored(self, ledger: Ledger, indicatore: str) -> None:
        if indicatore in self.stored:
            for figure in self._stored(indicatore):
                ledger.add(figure)

    @cached_property
    def luoghi(self) -> tuple[Place, ...]:
        """The territories that have chapters: the region, the ATS, the ambiti."""
        order = {"regione": 0, "ats": 1, "ambito": 2}
        present = dict.fromkeys(chapter.luogo for chapter in self.capitoli)
        return tuple(sorted(present, key=lambda place: order.get(place.livello, 3)))

    def di(self, place: Place) -> list[Chapter]:
        """Return the chapters of a territory."""
        return [chapter for chapter in self.capitoli if chapter.luogo == place]

    def only(self, place: Place) -> Edition:
        """Return the edition with the chapters of a territory alone, and their figures."""
        return Edition(self.id, self.titolo, self.data, tuple(self.di(place)), tipi=self.tipi)

    @cached_property
    def tabelle(self) -> tuple[Mapping[str, Any], ...]:
        """Provenance of every table read, each once, by title."""
        unique = {(v["tabella"], v.get("sha256", "")): v for chapter in self.capitoli for v in chapter.tabelle}
        return edition_tables(unique.values())


def edition_tables(entries: Iterable[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """Return the tables of an edition in order, by title."""
    return tuple(sorted(entries, key=lambda entry: (str(entry["titolo"]).casefold(), entry["data_riferimento"])))


def read(results: Iterable[ChapterResult], config: Config, folder: Path | None = None) -> Edition:
    """Read the executed notebooks of an edition.

    Parameters
    ----------
    results : iterable of ChapterResult
        From the build.
    config : Config
        Titles and edition.
    folder : Path, optional
        Where the store of its figures is, when there is one.

    Returns
    -------
    Edition
        Notebooks are read when someone asks what they show.
    """
    titles = {chapter.id: chapter.titolo for chapter in config.capitoli}
    slug = addresses.slugs([chapter.id for chapter in config.capitoli])
    entry = config.edizioni[config.edizione]
    map_ = territory.load(entry.data)
    chapters = []
    for result in results:
        name = map_.name(result.livello, result.territorio, breve=True)
        chapters.append(_chapter(result, Place(result.livello, result.territorio, name), titles, slug))
    archive = None
    if folder is not None and (folder / storage.FIGURES_INDEX).is_file():
        archive = Archive(Store(folder, map_.members), entry.data)
    kinds = {code: entry.kind_of(code) for code in map_.codes("ats")}
    return Edition(config.edizione, entry.titolo, entry.data, tuple(chapters), archive, config.sito, kinds)


def _by_indicator(registry: Mapping[str, Any]) -> dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    """Return figures and claims of each indicator of a ledger, as plain data."""
    found: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {}
    for entry in registry["cifre"]:
        found.setdefault(_indicator(entry["id"]), ([], []))[0].append(entry)
    for entry in registry["affermazioni"]:
        for indicator in dict.fromkeys(map(_indicator, entry["cifre"])):
            found.setdefault(indicator, ([], []))[1].append(entry)
    return found


def _indicator(id: str) -> str:
    """Return the indicator of a figure, from its id."""
    return id.partition(".")[0]


def _chapter(result: ChapterResult, place: Place, titles: Mapping[str, str], slug: Mapping[str, str]) -> Chapter:
    comuni = {"id": result.capitolo, "slug": slug[result.capitolo], "titolo": titles[result.capitolo], "luogo": place}
    if result.stato != "fatto":
        return Chapter(**comuni, errore=result.errore or "Il capitolo non è stato completato.")  # type: ignore[arg-type]
    return Chapter.of(notebook=result.notebook, errore=None, **comuni)
