"""The analyses of an edition: run once for the whole region, each in a process of its own, and joined in one store."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import conciliazione_lib.build.notebook as notebook
import conciliazione_lib.build.parameters as parameters
from conciliazione_lib import storage
from conciliazione_lib.build.config import Analysis, Chapter, Config
from conciliazione_lib.build.fingerprint import digest
from conciliazione_lib.build.inputs import Inputs, reason
from conciliazione_lib.build.model import AnalysisTask, Job, Outcome, Planned
from conciliazione_lib.build.notebook import NotebookSource
from conciliazione_lib.build.places import Place
from conciliazione_lib.build.store import Store as Results
from conciliazione_lib.build.store import write_whole
from conciliazione_lib.errors import ConciliazioneError, EsecuzioneError
from conciliazione_lib.region import REGION

if TYPE_CHECKING:
    from conciliazione_lib.evidence.store import Content

#: Said of what an analysis will write, before it has written it.
TO_COME = "da calcolare"


@dataclass
class Computed:
    """What the analyses have come to.

    Attributes
    ----------
    digests : dict of str to str
        Hash of what each analysis wrote; an analysis that failed has none.
    errors : dict of str to str
        Why those that failed did.
    outcomes : dict of str to Outcome
        How those that were run ended, by the name of their task.
    folder : Path, optional
        The store, with every part that is good.
    prints : dict of str to dict
        Hash of all that can be read of what each analysis wrote, by its name.
    """

    digests: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    folder: Path | None = None
    prints: dict[str, dict[str, str]] = field(default_factory=dict)

    def of(self, analyses: Iterable[str]) -> dict[str, str]:
        """Return the hash of all that can be read of what some analyses wrote."""
        known = [(name, self.prints.get(name, {})) for name in sorted(analyses)]
        contents = digest([(name, own.get(storage.CONTENTS)) for name, own in known])
        return {**{what: print_ for _, own in known for what, print_ in own.items()}, storage.CONTENTS: contents}

    def read(self, asked: Iterable[str], analyses: Iterable[str]) -> dict[str, str] | None:
        """Return the hash of what somebody read of it, of what was not there none; nothing where that is not known."""
        now, names = self.of(analyses), set(asked)
        known = storage.CONTENTS in names and storage.EVERYTHING not in names
        return {name: now.get(name, "") for name in sorted(names)} if known else None

    @property
    def digest(self) -> str:
        """Hash of the whole store."""
        return digest(self.digests)


class Analyses:
    """The analyses of a configuration: which must be run, and why.

    Parameters
    ----------
    config : Config
        The configuration.
    inputs : Inputs
        The hashes of the inputs.
    results : Results
        Executed notebooks already made.
    folder : Path
        Where the parts and the stores are.
    afresh : bool
        Run everything, whatever is already there.
    """

    def __init__(self, config: Config, inputs: Inputs, results: Results, folder: Path, *, afresh: bool) -> None:
        self.config, self.inputs, self._results, self._anew = config, inputs, results, afresh
        self._folder = folder
        self.ordered = config.ordine()
        self.sources: dict[str, NotebookSource] = {one.id: notebook.read(config.notebook(one)) for one in self.ordered}

    def task(self, one: Analysis, digests: dict[str, str]) -> AnalysisTask:
        """Return the run of an analysis, given what those it follows wrote."""
        entry = Chapter(
            id=one.id,
            titolo=one.titolo,
            notebook=one.notebook,
            livelli=["regione"],
            tabelle=one.tabelle,
            analisi=one.segue,
        )
        edition = self.config.edizioni[self.config.edizione]
        values = {"edizione": self.config.edizione, "data": edition.data}
        source = self.sources[one.id]
        notebook.check(source, values)
        inputs = self.inputs.of(entry, source, values, digests)
        place = Place("regione", REGION.codice, REGION.nome)
        return AnalysisTask(entry, place, values, inputs, chiave=digest(inputs))

    def plan(self) -> tuple[list[Planned], dict[str, str]]:
        """Say for each analysis whether it must be run, and the hash of what those that need not have written."""
        planned: list[Planned] = []
        digests: dict[str, str] = {}
        for one in self.ordered:
            waits = [name for name in one.segue if digests[name] == TO_COME]
            task = self.task(one, digests)
            if waits:
                planned.append(Planned(task, True, f"segue {', '.join(waits)}, che va rifatta"))
            elif self._anew:
                planned.append(Planned(task, True, "richiesto da capo"))
            elif self._part(task) is not None:
                planned.append(Planned(task, False, "nessun ingresso è cambiato"))
            elif self._results.failure(self.config.edizione, task) is not None:
                planned.append(Planned(task, True, "l'ultima volta non è riuscita"))
            else:
                why = reason(self._results.inputs(self.config.edizione, task.nome), task.ingressi)
                planned.append(Planned(task, True, why))
            digests[one.id] = TO_COME if planned[-1].da_eseguire else self._digest(task)
        return planned, digests

    def compute(
        self,
        execute: Callable[[Callable[[], list[Job]], Callable[[], int]], Iterator[Outcome]],
        unchanged: Callable[[AnalysisTask, NotebookSource], bool],
    ) -> Computed:
        """Run what must be run, each as soon as those it follows have ended, and put the store together.

        Parameters
        ----------
        execute : callable
            Runs notebooks on this machine and gives their outcomes as they come. It is given what says which notebooks
            can begin, to be asked at first and after each outcome, and what says how many may follow them.
        unchanged : callable
            Tells whether the inputs of a task are still those it was planned with.

        Raises
        ------
        EsecuzioneError
            Something an analysis reads has changed meanwhile.
        """
        computed = Computed()
        left = {one.id: one for one in self.ordered}
        running: dict[str, AnalysisTask] = {}

        def ready() -> list[Job]:
            jobs = []
            # In the order they follow: what needs no run lets the next be looked at in the same turn.
            for one in list(left.values()):
                if any(name not in computed.digests and name not in computed.errors for name in one.segue):
                    continue
                del left[one.id]
                if failed := [name for name in one.segue if name in computed.errors]:
                    needed = ", ".join(f"«{name}»" for name in failed)
                    computed.errors[one.id] = f"Ha bisogno di ciò che non è riuscito: {needed}."
                    continue
                task = self.task(one, computed.digests)
                if not self._anew and (self._part(task) is not None or self._renewed(task, computed)):
                    self._good(task, computed)
                else:
                    running[task.nome] = task
                    jobs.append(self._job(task, computed))
            if running:
                # The parts there are will be joined: they are read while others are made.
                for name in [name for name in computed.digests if name not in read]:
                    read[name] = reader.submit(_content, self._place(self.task(self._one(name), computed.digests)))
            return jobs

        read: dict[str, Future[Content]] = {}
        reader = ThreadPoolExecutor(1)
        try:
            for outcome in execute(ready, lambda: len(left)):
                self._take(running[outcome.nome], outcome, computed, unchanged)
            computed.folder = self._join(computed, read)
        finally:
            reader.shutdown(wait=False, cancel_futures=True)
        return computed

    def require_unchanged(self, computed: Computed) -> None:
        """Prove that the store is still what the analyses wrote.

        Raises
        ------
        EsecuzioneError
            Something has written in it: it is thrown away, and made again by the next run.
        """
        if computed.folder is None:
            return
        if storage.folder_digest(computed.folder) != self._known()["sha256"]:
            shutil.rmtree(computed.folder)
            raise EsecuzioneError(
                "Le cifre dell'edizione sono state modificate mentre i capitoli erano in corso: nulla è stato "
                "pubblicato.",
                remedy="togliere dal capitolo ciò che scrive nella cartella delle cifre, e ripetere il comando con "
                "--da-capo",
            )

    def keep_only_current(self, computed: Computed) -> None:
        """Drop the parts of this edition that nothing refers to any more."""
        wanted = {self._place(self.task(one, computed.digests)) for one in self.ordered}
        for place in (self._folder / "parti" / self.config.edizione).glob("*/*"):
            if place.with_suffix("") not in wanted:
                shutil.rmtree(place) if place.is_dir() else place.unlink()

    def _take(
        self,
        task: AnalysisTask,
        outcome: Outcome,
        computed: Computed,
        unchanged: Callable[[AnalysisTask, NotebookSource], bool],
    ) -> None:
        name = task.capitolo.id
        if not unchanged(task, self.sources[name]):
            raise EsecuzioneError(
                f"Codice, notebook o tabelle dell'analisi «{name}» sono cambiati mentre era in corso: nulla è stato "
                "pubblicato.",
                remedy="ripetere il comando",
            )
        computed.outcomes[task.nome] = outcome
        if outcome.stato == "fatto" and not (self._place(task) / storage.FIGURES_INDEX).is_file():
            outcome = Outcome(
                outcome.nome,
                "fallito",
                outcome.notebook,
                outcome.misure,
                "L'analisi è finita senza scrivere le sue cifre.\nChe cosa fare: chiuderla con a.chiudi().",
            )
            computed.outcomes[task.nome] = outcome
        read = computed.read(outcome.letto, task.capitolo.analisi) if self.sources[name].asks else None
        self._results.put(self.config.edizione, task, outcome, read)
        if outcome.stato == "fallito":
            computed.errors[name] = outcome.errore or "non riuscita"
        else:
            # What vouches for a part is written after it: a run that was killed leaves one that is not taken for whole.
            from conciliazione_lib.evidence import readings, store  # heavy, and of no use when nothing has changed

            prints = readings.prints(store.Store(self._place(task)))
            write_whole(self._place(task).with_suffix(".json"), json.dumps(prints))
            write_whole(self._place(task).with_suffix(".sha256"), storage.folder_digest(self._place(task)))
            self._good(task, computed)

    def _good(self, task: AnalysisTask, computed: Computed) -> None:
        name = task.capitolo.id
        computed.digests[name] = self._digest(task)
        computed.prints[name] = json.loads(self._place(task).with_suffix(".json").read_text(encoding="utf-8"))

    def _renewed(self, task: AnalysisTask, computed: Computed) -> bool:
        """Take what an analysis wrote, where all that it read of the figures of others is as it was."""
        if not self.sources[task.capitolo.id].asks:
            return False
        key = self._results.renew(self.config.edizione, task, computed.of(task.capitolo.analisi))
        before = self._place(task).with_name(key[:16]) if key is not None else None
        if before in (None, self._place(task)) or not before.with_suffix(".sha256").is_file():
            return False
        shutil.rmtree(self._place(task), ignore_errors=True)
        shutil.copytree(before, self._place(task))
        for suffix in (".json", ".sha256"):
            shutil.copyfile(before.with_suffix(suffix), self._place(task).with_suffix(suffix))
        return True

    def _job(self, task: AnalysisTask, computed: Computed) -> Job:
        parts = [self._place(self.task(one, computed.digests)) for one in self._followed(task.capitolo.id)]
        return Job(
            nome=task.nome,
            notebook=parameters.injected(self.sources[task.capitolo.id].text, task.parametri),
            parametri=task.parametri,
            tabelle=self.inputs.tables(task.capitolo),
            limite=self.config.limite_minuti * 60,
            analisi=tuple(task.capitolo.analisi),
            ambiente={
                storage.PART_VARIABLE: str(self._place(task)),
                storage.PARTS_VARIABLE: os.pathsep.join(map(str, parts)),
            },
            chiave=task.chiave,
            importa=self.sources[task.capitolo.id].imports,
            solo=True,
        )

    def _one(self, name: str) -> Analysis:
        return next(one for one in self.ordered if one.id == name)

    def _followed(self, name: str) -> list[Analysis]:
        wanted = self._one(name).segue
        return [one for one in self.ordered if one.id in wanted]

    def _place(self, task: AnalysisTask) -> Path:
        return self._folder / "parti" / self.config.edizione / task.capitolo.id / task.chiave[:16]

    def _part(self, task: AnalysisTask) -> Path | None:
        """Return the part of a task, if it is there and whole."""
        place = self._place(task)
        files = (place.with_suffix(".sha256"), place.with_suffix(".json"), place / storage.FIGURES_INDEX)
        whole = all(file.is_file() for file in files)
        return place if whole and self._results.has(task.chiave) else None

    def _digest(self, task: AnalysisTask) -> str:
        return self._place(task).with_suffix(".sha256").read_text(encoding="utf-8").strip()

    def _join(self, computed: Computed, read: Mapping[str, Future[Content]]) -> Path | None:
        """Put together the parts that are good, unless the store that is there was made of them."""
        if not self.ordered:
            return None
        folder = self._folder / self.config.edizione
        if self._known()["parti"] != computed.digest or not (folder / storage.FIGURES_INDEX).is_file():
            from conciliazione_lib.evidence import store  # heavy, and of no use when nothing has changed

            good = [one for one in self.ordered if one.id in computed.digests]
            parts = [
                read[one.id].result() if one.id in read else _content(self._place(self.task(one, computed.digests)))
                for one in good
            ]
            try:
                store.write(store.join(parts), folder)
            except ConciliazioneError as error:
                raise EsecuzioneError(str(error.messaggio), error.rimedio, error.problemi) from error
            known = {"parti": computed.digest, "sha256": storage.folder_digest(folder)}
            write_whole(self._account, json.dumps(known) + "\n")
        return folder

    @property
    def _account(self) -> Path:
        return self._folder / f"{self.config.edizione}.json"

    def _known(self) -> dict[str, str]:
        """Return what the store that is there was made of, and its hash."""
        try:
            return {"parti": "", "sha256": "", **json.loads(self._account.read_text(encoding="utf-8"))}
        except (OSError, ValueError):
            return {"parti": "", "sha256": ""}


def _content(part: Path) -> Content:
    from conciliazione_lib.evidence import store  # heavy, and of no use when nothing has changed

    return store.load(part)
