"""What is to be made: editions and chapters, from ``reports.toml``, checked before anything runs."""

from __future__ import annotations

import datetime as dt
import tomllib
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, field_validator, model_validator

from conciliazione_lib import storage
from conciliazione_lib.errors import Problem, UsoError

FILE = "reports.toml"

Level = Literal["ats", "ambito", "regione"]
#: What an ATS delivers: the Piano of the guidelines in force, or the Documento di indirizzo of those before.
Kind = Literal["piano", "documento"]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$")]
Value = str | int | float | bool

#: Parameters that every notebook has, or may have; their values come from the plan.
OF_THE_PLAN = ("territorio", "edizione", "data", "livello")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Edizione(_Model):
    """One edition of the reports.

    Attributes
    ----------
    titolo : str
        Title shown in pages and documents.
    data : str
        Date whose geography and population it uses, ISO.
    tipo : str
        What every ATS delivers: ``piano`` or ``documento``.
    tipi : dict
        What some ATS deliver instead, by slug.
    """

    titolo: str
    data: str
    tipo: Kind = "piano"
    tipi: dict[Name, Kind] = {}

    def kind_of(self, ats: str) -> Kind:
        """Return what an ATS delivers."""
        return self.tipi.get(ats, self.tipo)

    @field_validator("data")
    @classmethod
    def _data(cls, valore: str) -> str:
        # Other ISO forms (20250101, 2025-W01-3) are the same day: parameters, names and keys have one.
        return dt.date.fromisoformat(valore).isoformat()


class SiteSettings(_Model):
    """Who publishes the site, and where: whoever adopts the report writes it in ``[sito]``.

    Attributes
    ----------
    editore : str
        The body that publishes it.
    ipa : str
        Its code in the index of public administrations, for the catalogue.
    contatto : str
        E-mail, or address of a page, for those who report an error.
    indirizzo : str
        Where the site is published: ``https://www.esempio.it/conciliazione/``.
    precedenti : mapping
        Earlier editions, and where each can still be read.
    """

    editore: str = ""
    ipa: str = ""
    contatto: str = ""
    indirizzo: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""
    precedenti: dict[str, Annotated[str, Field(pattern=r"^https?://\S+$")]] = Field(default_factory=dict)

    @property
    def base(self) -> str:
        """The address with a slash at its end; empty when it is not known."""
        return f"{self.indirizzo.rstrip('/')}/" if self.indirizzo else ""

    @property
    def collegamento(self) -> str:
        """What leads to who answers."""
        return self.contatto if "://" in self.contatto else f"mailto:{self.contatto}"


class Analysis(_Model):
    """One notebook that computes the figures of a theme for the whole region, once an edition.

    Attributes
    ----------
    id : str
        Short name, also that of its part of the store.
    titolo : str
        Title shown in plans and lists.
    notebook : str
        Path from the folder of the project; of the library, where the project has no such file.
    tabelle : list of str
        Every table it reads, beside those common to all.
    segue : list of str
        Analyses whose figures or lists it reads.
    """

    id: Name
    titolo: str
    notebook: str
    tabelle: list[str] = []
    segue: list[str] = []


class Chapter(_Model):
    """One notebook, and the territories it is run for.

    Attributes
    ----------
    id : str
        Short name, also that of its outputs.
    titolo : str
        Title shown in plans and lists.
    notebook : str
        Path from the folder of the project; of the library, where the project has no such file.
    livelli : list of str
        Levels of the territories it is run for.
    analisi : list of str
        Analyses whose figures or lists it shows.
    tabelle : list of str
        Every table it reads, beside those common to all chapters.
    sezione : str, optional
        Part of the document it belongs to.
    parametri : dict
        Values for the parameters the notebook has beyond those of the plan.
    """

    id: Name
    titolo: str
    notebook: str
    livelli: list[Level] = Field(min_length=1)
    analisi: list[str] = []
    tabelle: list[str] = []
    sezione: str | None = None
    parametri: dict[str, Value] = {}

    @field_validator("parametri")
    @classmethod
    def _not_of_the_plan(cls, valore: dict[str, Value]) -> dict[str, Value]:
        taken = sorted(set(valore) & set(OF_THE_PLAN))
        if taken:
            raise ValueError(f"parametri decisi dal piano: {', '.join(taken)}")
        return valore


class Config(_Model):
    """The whole configuration.

    Attributes
    ----------
    edizione : str
        The edition made when none is asked for.
    edizioni : dict
        Every edition, by name.
    sito : SiteSettings
        Who publishes the site, and where.
    tabelle : list of str
        Tables that every chapter reads (those of the territory).
    limite_minuti : float
        Longest time one cell of a notebook may take.
    analisi : list of Analisi
        What computes the figures; in any order.
    capitoli : list of Capitolo
        In the order of the document.
    modelli : dict
        By ATS (or ``lombardia``), the Word template of its documents: path from the folder of the configuration.
    """

    edizione: Name
    edizioni: dict[Name, Edizione]
    sito: SiteSettings = SiteSettings()
    tabelle: list[str] = []
    limite_minuti: float = Field(default=15.0, gt=0)
    analisi: list[Analysis] = []
    capitoli: list[Chapter] = Field(min_length=1)
    modelli: dict[Name, str] = {}
    _radice: Path = PrivateAttr(default_factory=Path.cwd)

    @model_validator(mode="after")
    def _consistent(self) -> Config:
        if self.edizione not in self.edizioni:
            raise ValueError(f"l'edizione «{self.edizione}» non è fra quelle dichiarate in [edizioni]")
        names = [chapter.id for chapter in self.capitoli]
        double = sorted({name for name in names if names.count(name) > 1})
        if double:
            raise ValueError(f"capitoli con lo stesso id: {', '.join(double)}")
        note = [analysis.id for analysis in self.analisi]
        if one_double := sorted({name for name in note if note.count(name) > 1}):
            raise ValueError(f"analisi con lo stesso id: {', '.join(one_double)}")
        asked = {name for entry in self.capitoli for name in entry.analisi}
        asked |= {name for entry in self.analisi for name in entry.segue}
        if unknown := sorted(asked - set(note)):
            raise ValueError(f"analisi che non sono dichiarate in [[analisi]]: {', '.join(unknown)}")
        self.ordine()
        return self

    def ordine(self) -> list[Analysis]:
        """Return the analyses, each after those it follows.

        Raises
        ------
        ValueError
            Some follow each other in a circle.
        """
        by_name = {analysis.id: analysis for analysis in self.analisi}
        try:
            names = list(TopologicalSorter({name: analysis.segue for name, analysis in by_name.items()}).static_order())
        except CycleError as error:
            raise ValueError(f"analisi che si seguono in cerchio: {', '.join(error.args[1])}") from None
        return [by_name[name] for name in names]

    @property
    def radice(self) -> Path:
        """Folder of the project: paths start from here."""
        return self._radice

    @property
    def lock(self) -> Path:
        """The file with the exact versions of the environment."""
        return storage.packaged("requirements.lock")

    def capitolo(self, nome: str) -> Chapter:
        """Return a chapter by id.

        Raises
        ------
        UsoError
            If there is none with that id.
        """
        for chapter in self.capitoli:
            if chapter.id == nome:
                return chapter
        raise UsoError(
            f"Il capitolo «{nome}» non esiste.",
            remedy=f"scegliere fra: {', '.join(chapter.id for chapter in self.capitoli)}",
        )

    def tables_of(self, chapter: Chapter) -> set[str]:
        """Return every table that what a chapter shows may come from: its own, and those of its analyses."""
        own = self.analyses_of(chapter)
        return {*self.tabelle, *chapter.tabelle, *(name for analysis in own for name in analysis.tabelle)}

    def analyses_of(self, chapter: Chapter) -> list[Analysis]:
        """Return every analysis that what a chapter shows may come from; each after those it follows."""
        wanted, found = set(chapter.analisi), []
        for analysis in reversed(self.ordine()):
            if analysis.id in wanted:
                wanted |= set(analysis.segue)
                found.append(analysis)
        return found[::-1]

    def notebook(self, chapter: Chapter | Analysis) -> Path:
        """Return the path of a chapter's, or of an analysis's, notebook: the project's own, or else the library's."""
        own = self.radice / chapter.notebook
        return own if own.is_file() else storage.packaged(chapter.notebook)

    def per_edizione(self, nome: str | None) -> Config:
        """Return the configuration that makes another edition.

        Raises
        ------
        UsoError
            If that edition is not declared.
        """
        if nome is None or nome == self.edizione:
            return self
        if nome not in self.edizioni:
            raise UsoError(
                f"L'edizione «{nome}» non è dichiarata in {FILE}.",
                remedy=f"scegliere fra: {', '.join(self.edizioni)}; oppure aggiungere la sezione [edizioni.{nome}]",
            )
        other = self.model_copy(update={"edizione": nome})
        other._radice = self._radice
        return other

    def at_the_date(self, data: str) -> Config:
        """Return the configuration that makes the same edition with the data of another date.

        Raises
        ------
        UsoError
            If it is not a date.
        """
        try:
            edizione = Edizione(**self.edizioni[self.edizione].model_dump() | {"data": data})
        except ValueError:
            remedy = "Scriverla come anno-mese-giorno, per esempio 2025-01-01."
            raise UsoError(f"La data «{data}» non è una data.", remedy) from None
        other = self.model_copy(update={"edizioni": {**self.edizioni, self.edizione: edizione}})
        other._radice = self._radice
        return other


def load(path: Path, root: Path | None = None) -> Config:
    """Read and check a configuration.

    Parameters
    ----------
    path : Path
        The file ``reports.toml``, or the folder that has it.
    root : Path, optional
        Folder of the project; that of the file when omitted.

    Raises
    ------
    UsoError
        If it is missing, is not TOML, or has unknown keys or wrong values: all of them, each with its place.
    """
    file = path / FILE if path.is_dir() else path
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsoError(
            f"Manca il file {file}, che dice quali capitoli generare.",
            remedy=f"eseguire il comando dalla cartella del progetto, oppure indicare dov'è {FILE}",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsoError(
            f"Il file {file.name} non è TOML corretto: {error}.", remedy="correggere la riga indicata"
        ) from None
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        problems = [_problem(file, entry) for entry in error.errors(include_url=False)]
        raise UsoError(
            f"La configurazione {file.name} ha {len(problems)} {'errore' if len(problems) == 1 else 'errori'}.",
            remedy=f"correggere {file.name} e riprovare",
            problems=problems,
        ) from None
    config._radice = root.resolve() if root is not None else file.resolve().parent
    entries: list[Chapter | Analysis] = [*config.analisi, *config.capitoli]
    missing = [
        Problem(atteso=f"il notebook {chapter.notebook}", trovato="nessun file", file=file, colonna=chapter.id)
        for chapter in entries
        if not config.notebook(chapter).is_file()
    ]
    if missing:
        raise UsoError(
            f"La configurazione {file.name} nomina notebook che non ci sono.",
            remedy=f"correggere il percorso in {file.name}, o aggiungere il notebook",
            problems=missing,
        )
    return config


_EXPECTED = MappingProxyType(
    {
        "extra_forbidden": ("una chiave conosciuta", "la chiave sconosciuta «{chiave}»"),
        "missing": ("la chiave «{chiave}»", "niente"),
        "string_type": ("un testo", "{valore!r}"),
        "list_type": ("un elenco", "{valore!r}"),
        "literal_error": ("uno fra ats, ambito, regione", "{valore!r}"),
        "string_pattern_mismatch": ("minuscole, cifre, punto, trattino o trattino basso", "{valore!r}"),
        "too_short": ("almeno un elemento", "un elenco vuoto"),
        "greater_than": ("un numero maggiore di zero", "{valore!r}"),
    }
)


def _problem(file: Path, voce: Any) -> Problem:
    """Say in Italian what pydantic found wrong."""
    place = ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in voce["loc"])
    key = str(voce["loc"][-1]) if voce["loc"] else ""
    expected, found = _EXPECTED.get(voce["type"], ("un valore ammesso", "{valore!r}"))
    context = voce.get("ctx", {}).get("error")
    return Problem(
        atteso=expected.format(chiave=key),
        trovato=str(context) if context else found.format(chiave=key, valore=voce["input"]),
        file=file,
        colonna=place or None,
    )
