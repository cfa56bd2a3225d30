"""The edition as publishing sees it: the executed chapters, by territory, with one ledger for them all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from conciliazione_lib import storage, territory
from conciliazione_lib.build.config import Config
from conciliazione_lib.build.model import ChapterResult
from conciliazione_lib.errors import EsecuzioneError
from conciliazione_lib.evidence import Ledger, Place, Store
from conciliazione_lib.publish.selection import FINEST, Archive
from conciliazione_lib.report.blocks import read_notebook

Blocco = dict[str, Any]

#: Indicators beside each comune in their list; of the others the values of single comuni are in files and maps.
PER_COMUNE = ("residenti", "indice_vecchiaia", "indice_dipendenza_strutturale")

#: Tables that say what territories are made of: every chapter reads them.
DEL_TERRITORIO = frozenset({*territory.TABELLE, "confini"})


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
        The executed notebook.
    """

    id: str
    slug: str
    titolo: str
    luogo: Place
    errore: str | None
    blocchi: tuple[Blocco, ...] = ()
    ledger: Ledger = field(default_factory=Ledger)
    tabelle: tuple[Mapping[str, Any], ...] = ()
    notebook: Path = Path()

    @property
    def disponibile(self) -> bool:
        """Whether it can be read."""
        return self.errore is None

    @property
    def fonti(self) -> list[Mapping[str, Any]]:
        """The tables it read, without those of the territories."""
        return [tabella for tabella in self.tabelle if tabella["tabella"] not in DEL_TERRITORIO]

    def tavole(self) -> Iterator[Blocco]:
        """Yield every table: those shown, and those of charts and maps."""
        for blocco in self.blocchi:
            if blocco["tipo"] == "tabella":
                yield blocco
            elif blocco["tipo"] in ("grafico", "mappa"):
                yield blocco["dati"]


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
    """

    id: str
    titolo: str
    data: str
    capitoli: tuple[Chapter, ...]
    archivio: Archive | None = None

    @cached_property
    def ledger(self) -> Ledger:
        """All the figures that have a card, and the claims: those shown by the chapters, and those of the store.

        Of single comuni, only the figures that chapters or the list of the comuni show.

        Raises
        ------
        CalcoloError
            Two chapters give two values for one figure, or a chapter another value than the store.
        """
        ledger = Ledger().merge(*(capitolo.ledger for capitolo in self.capitoli))
        for indicatore in self.archivio.indicators if self.archivio else ():
            for figura in self.archivio.figures(indicatore) if self.archivio else ():
                if figura.territory.livello != FINEST or indicatore in PER_COMUNE:
                    ledger.add(figura)
        return ledger

    @cached_property
    def luoghi(self) -> tuple[Place, ...]:
        """The territories that have chapters: the region, the ATS, the ambiti."""
        ordine = {"regione": 0, "ats": 1, "ambito": 2}
        presenti = dict.fromkeys(capitolo.luogo for capitolo in self.capitoli)
        return tuple(sorted(presenti, key=lambda luogo: ordine.get(luogo.livello, 3)))

    def di(self, luogo: Place) -> list[Chapter]:
        """Return the chapters of a territory."""
        return [capitolo for capitolo in self.capitoli if capitolo.luogo == luogo]

    @cached_property
    def tabelle(self) -> tuple[Mapping[str, Any], ...]:
        """Provenance of every table read, each once, by title."""
        uniche = {(v["tabella"], v.get("sha256", "")): v for capitolo in self.capitoli for v in capitolo.tabelle}
        return tuple(
            sorted(uniche.values(), key=lambda voce: (str(voce["titolo"]).casefold(), voce["data_riferimento"]))
        )


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

    Raises
    ------
    EsecuzioneError
        A notebook that the build calls finished has no heading or no ledger.
    """
    titoli = {capitolo.id: capitolo.titolo for capitolo in config.capitoli}
    slug = _slugs([capitolo.id for capitolo in config.capitoli])
    voce = config.edizioni[config.edizione]
    mappa = territory.load(voce.data)
    capitoli = []
    for result in results:
        nome = mappa.name(result.livello, result.territorio, breve=True)
        capitoli.append(_chapter(result, Place(result.livello, result.territorio, nome), titoli, slug))
    archivio = None
    if folder is not None and (folder / storage.FIGURES_INDEX).is_file():
        archivio = Archive(Store(folder, mappa.members), voce.data)
    return Edition(config.edizione, voce.titolo, voce.data, tuple(capitoli), archivio)


def _chapter(result: ChapterResult, luogo: Place, titoli: Mapping[str, str], slug: Mapping[str, str]) -> Chapter:
    comuni = {"id": result.capitolo, "slug": slug[result.capitolo], "titolo": titoli[result.capitolo], "luogo": luogo}
    if result.stato != "fatto":
        return Chapter(**comuni, errore=result.errore or "Il capitolo non è stato completato.")  # type: ignore[arg-type]
    blocchi = list(read_notebook(json.loads(result.notebook.read_text(encoding="utf-8"))))
    tipi = [blocco["tipo"] for blocco in blocchi]
    if tipi.count("intestazione") != 1 or tipi.count("registro") != 1:
        raise EsecuzioneError(
            f"Il notebook eseguito di «{result.capitolo}» per {luogo.nome} non è completo.",
            "Aprire il capitolo con Capitolo.apri(…) e chiuderlo con c.chiudi().",
        )
    registro = blocchi[tipi.index("registro")]
    return Chapter(
        **comuni,  # type: ignore[arg-type]
        errore=None,
        blocchi=tuple(blocco for blocco in blocchi if blocco["tipo"] not in ("intestazione", "registro")),
        ledger=Ledger.from_dict(registro["registro"]),
        tabelle=tuple(registro["tabelle"]),
        notebook=result.notebook,
    )


def _slugs(ids: Sequence[str]) -> dict[str, str]:
    """Return the part of each id used in addresses: without its number, unless two would be alike."""
    corti = {id: id.lstrip("0123456789").lstrip("_-.") or id for id in ids}
    doppi = {corto for corto in corti.values() if list(corti.values()).count(corto) > 1}
    return {id: (id if corto in doppi else corto).replace("_", "-") for id, corto in corti.items()}
