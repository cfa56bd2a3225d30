"""What goes in and out of a build: the choice of the user, the runs of a plan, and how each of them ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from conciliazione_lib.build.config import Chapter
    from conciliazione_lib.build.places import Place

State = Literal["fatto", "fallito"]


@dataclass(frozen=True)
class Choice:
    """What the user asked for; empty means everything.

    Attributes
    ----------
    ats, ambiti : tuple of str
        Codes or names. An ATS brings its ambiti along.
    capitoli : tuple of str
        Ids of chapters.
    """

    ats: tuple[str, ...] = ()
    ambiti: tuple[str, ...] = ()
    capitoli: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task:
    """One chapter for one territory.

    Attributes
    ----------
    capitolo : Capitolo
        The chapter.
    luogo : Place
        The territory.
    parametri : dict
        Every value the notebook receives.
    ingressi : dict
        Hash of every input, by kind (see :mod:`.inputs`).
    chiave : str
        Hash of all of them: equal keys, equal results.
    """

    capitolo: Chapter
    luogo: Place
    parametri: dict[str, Any] = field(compare=False)
    ingressi: dict[str, Any] = field(compare=False)
    chiave: str

    @property
    def nome(self) -> str:
        """Readable identity, e.g. ``ats/milano/02_demografia``; also the place of its outputs."""
        return f"{self.luogo.livello}/{self.luogo.codice}/{self.capitolo.id}"


@dataclass(frozen=True)
class AnalysisTask(Task):
    """One analysis: it computes figures for the whole region."""

    @property
    def nome(self) -> str:
        """Readable identity, e.g. ``analisi/demografia``."""
        return f"analisi/{self.capitolo.id}"


@dataclass(frozen=True)
class Planned:
    """A task with what the plan decided: run it, or reuse what is there; and why, in Italian."""

    task: Task
    da_eseguire: bool
    motivo: str


@dataclass(frozen=True)
class Job:
    """What a worker needs to run a notebook, wherever it is.

    Attributes
    ----------
    nome : str
        That of the task.
    notebook : str
        Its source.
    parametri : dict
        What it receives.
    tabelle, analisi : tuple of str
        What it may read; no tuple of tables means whatever it likes.
    limite : float
        Seconds a cell may take.
    ambiente : dict
        Variables of its process beside those of the build.
    chiave, identita, importa
        For a worker on another machine: the key of the task, and what must be the same there.
    cifre : str
        Hash of the store it reads, whose folder is in ``ambiente``.
    solo : bool
        It needs a process of its own, started for it and ended with it.
    cartella : str
        Where it works; by default a folder of its own, empty, that goes with it.
    tipo : str
        What it has in common with others: who has run one of them is quicker with the next.
    """

    nome: str
    notebook: str
    parametri: dict[str, Any]
    tabelle: tuple[str, ...] | None
    limite: float
    chiave: str = ""
    identita: str = ""
    importa: tuple[str, ...] = ()
    analisi: tuple[str, ...] = ()
    ambiente: dict[str, str] = field(default_factory=dict)
    cifre: str = ""
    solo: bool = True
    cartella: str = ""
    tipo: str = ""


@dataclass(frozen=True)
class Measures:
    """What a run cost. Seconds; bytes; None where it could not be measured."""

    secondi: float
    secondi_cpu: float | None = None
    memoria_massima: int | None = None


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes
    ----------
    nome : str
        That of the task.
    stato : str
        ``fatto`` or ``fallito``.
    notebook : str
        The executed notebook, with its error if it failed.
    errore : str, optional
        What went wrong, in Italian.
    tabelle : tuple of dict
        The versions of the tables it really read.
    letto : tuple of str
        What it asked of the store.
    misure : Measures
        Its cost.
    """

    nome: str
    stato: State
    notebook: str
    misure: Measures
    errore: str | None = None
    tabelle: tuple[dict[str, Any], ...] = ()
    letto: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChapterResult:
    """One chapter of one territory, ready for publishing.

    Attributes
    ----------
    capitolo, livello, territorio : str
        Ids.
    nome_territorio : str
        Name of the territory.
    notebook : Path
        The executed notebook.
    stato : str
        ``fatto``, or ``fallito``: then the notebook has the error, and ``errore`` says it in Italian.
    errore : str, optional
        Why it is not available.
    chiave : str
        Hash of its inputs.
    tabelle : tuple of dict
        The versions of the tables it read.
    eseguito : bool
        False when an earlier result with the same inputs was reused.
    """

    capitolo: str
    livello: str
    territorio: str
    nome_territorio: str
    notebook: Path
    stato: State
    errore: str | None = None
    chiave: str = ""
    tabelle: tuple[dict[str, Any], ...] = ()
    eseguito: bool = True


@dataclass(frozen=True)
class RunResult:
    """How a build ended.

    Attributes
    ----------
    results : list of ChapterResult
        What is published, in the order of the plan.
    pubblicato : bool
        Whether the published tree changed.
    cartella : Path
        The published tree.
    saltati : list of str
        Tasks outside the choice whose inputs have changed: not published until they are made again.
    secondi : float
        Duration.
    avvisi : list of str
        What the publication asks to look at.
    analisi : int
        How many analyses were run.
    """

    results: list[ChapterResult]
    pubblicato: bool
    cartella: Path
    saltati: list[str]
    secondi: float
    avvisi: list[str] = field(default_factory=list)
    analisi: int = 0

    @property
    def failed(self) -> list[ChapterResult]:
        """The results that are not available."""
        return [result for result in self.results if result.stato == "fallito"]

    @property
    def executed(self) -> list[ChapterResult]:
        """The results made by this run."""
        return [result for result in self.results if result.eseguito]

    @property
    def exit_code(self) -> int:
        """0, or 1 when some chapter failed."""
        return 1 if self.failed else 0
