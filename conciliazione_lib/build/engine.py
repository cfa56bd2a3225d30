"""A build, from the plan to the published tree."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import conciliazione_lib.build.manifest as manifest
import conciliazione_lib.build.parameters as parameters
import conciliazione_lib.build.places as places
import conciliazione_lib.build.plan as plan
import conciliazione_lib.build.pool as pool
from conciliazione_lib import storage
from conciliazione_lib.build.analyses import Analyses, Computed
from conciliazione_lib.build.config import Chapter, Config
from conciliazione_lib.build.fingerprint import digest, file_digest
from conciliazione_lib.build.inputs import Inputs, Watch, identity
from conciliazione_lib.build.lock import exclusive
from conciliazione_lib.build.model import ChapterResult, Choice, Job, Outcome, Planned, RunResult, Task
from conciliazione_lib.build.notebook import NotebookSource
from conciliazione_lib.build.opened import require_closed
from conciliazione_lib.build.places import Places
from conciliazione_lib.build.progress import Log, Progress, Quiet
from conciliazione_lib.build.publication import Publication, seal, sealed
from conciliazione_lib.build.store import Store, write_whole
from conciliazione_lib.errors import EsecuzioneError, UsoError

#: Writes site, documents and all the rest into the tree being prepared, from the executed notebooks; tells how it goes.
#: It returns what the manifest is to tell of it. If its module has a function ``prepare``, that is called while
#: notebooks run, in a thread of its own, to import what will be needed.
Publisher = Callable[[Path, list[ChapterResult], Config, Progress], Mapping[str, Any] | None]

_WORK = ".lavoro"
_TERRITORY = "conciliazione_lib.territory"


class _Folders:
    """Where a build of an edition reads and writes, under the folder chosen by the user."""

    def __init__(self, output: Path, edizione: str) -> None:
        reports = output / "reports"
        maps = output / "maps"
        self.work = reports / _WORK
        self.tree = reports / edizione
        self.log = reports / f"{edizione}.log"
        self.costs = reports / f"{edizione}.esecuzione.json"
        self.store = Store(self.work / "risultati")
        self.reports = Publication(self.tree, self.work / f"cantiere-{edizione}")
        self.maps = Publication(maps / edizione, maps / _WORK / f"cantiere-{edizione}")


class _Plan:
    """Everything that is decided before running: all tasks, those asked for, and what to do with each."""

    def __init__(
        self, config: Config, choice: Choice, folders: _Folders, *, afresh: bool, given_places: Places | None
    ) -> None:
        memo = folders.work / "codice.json"
        self.watch = Watch(config, memo)
        self.sources: dict[str, NotebookSource] = plan.sources(config)
        self.inputs = Inputs(config, memo)
        self.analyses = Analyses(config, self.inputs, folders.store, folders.work / "cifre", afresh=afresh)
        self._config, self._scelta, self._folders, self._anew = config, choice, folders, afresh
        date = config.edizioni[config.edizione].data
        if given_places is None:
            known = [[self.inputs.table(name) for name in config.tabelle], self.inputs.code([_TERRITORY]), date]
            given_places = places.load(date, folders.work / "territori.json", digest(known))
        self._places = given_places
        _require_known(config, given_places)
        every = plan.tasks(config, self.sources, given_places, self.inputs, {})
        asked = plan.chosen(config, every, choice, given_places)
        #: How many chapters were asked for, and how many of them are to be run whatever their inputs are.
        self.asked = len(asked)
        self.sure = sum(afresh or not folders.store.attempted(config.edizione, task) for task in asked)
        self.computed = Computed()

    def foreseen(self) -> list[Planned]:
        """Return what a build would do: analyses, then chapters; those that show figures to come are made."""
        planned, digests = self.analyses.plan()
        self.decide(Computed(digests))
        return [*planned, *self.planned]

    def decide(self, computed: Computed) -> None:
        """Decide what to do with each chapter, given the figures there are."""
        config, folders, afresh, one_places = self._config, self._folders, self._anew, self._places
        self.computed = computed
        self.every = plan.tasks(config, self.sources, one_places, self.inputs, computed.digests)
        wanted = plan.chosen(config, self.every, self._scelta, one_places)
        if not afresh:
            now = computed.of(computed.prints)
            for task in self.every:
                self._renew(task, now)
        self.planned = plan.decide(wanted, folders.store, config.edizione, afresh=afresh)
        self.inputs.library.save()
        names = {task.nome for task in wanted}
        others = [task for task in self.every if task.nome not in names]
        store, edition = folders.store, config.edizione
        good = {task.nome for task in others if store.has(task.chiave)}
        failures = {task.nome: store.failure(edition, task) for task in others if task.nome not in good}
        #: Outside the choice, and as failed as they were: the edition goes on saying that they are not available.
        self.failed = {name: outcome for name, outcome in failures.items() if outcome is not None}
        #: Outside the choice, and still as they were: published along with the rest.
        self.current = [task for task in others if task.nome in good or task.nome in self.failed]
        kept = {task.nome for task in self.current}
        #: Outside the choice, and no longer so.
        self.stale = [task for task in others if task.nome not in kept and store.attempted(edition, task)]

    def _renew(self, task: Task, now: Mapping[str, str]) -> None:
        """Take for a chapter what it was, where all that it read of the figures is as it was."""
        chapter, store = task.capitolo, self._folders.store
        lost = any(one.id in self.computed.errors for one in self._config.analyses_of(chapter))
        if self.computed.folder is None or lost or not self.asks(chapter) or store.has(task.chiave):
            return
        store.renew(self._config.edizione, task, now)

    def asks(self, chapter: Chapter) -> bool:
        """Tell whether it is known what a chapter reads of the figures."""
        source = self.sources[chapter.id]
        return source.shares and source.asks

    def published(self) -> list[Task]:
        """Return the tasks whose results are published, in the order of the plan."""
        names = {planned.task.nome for planned in self.planned} | {task.nome for task in self.current}
        return [task for task in self.every if task.nome in names]


def prepare_plan(
    config: Config, choice: Choice, *, output: Path, afresh: bool = False, places: Places | None = None
) -> list[Planned]:
    """Say what a build would do, and why, without doing it.

    Parameters
    ----------
    config, choice, output, afresh, places
        As for :func:`run`.

    Raises
    ------
    UsoError
        If the choice or the configuration is wrong.
    """
    return _Plan(config, choice, _Folders(output, config.edizione), afresh=afresh, given_places=places).foreseen()


def compute(
    config: Config,
    *,
    output: Path,
    processes: int | None = None,
    afresh: bool = False,
    progress: Progress | None = None,
) -> Computed:
    """Run the analyses of an edition that must be run, without chapters and without publishing.

    Parameters
    ----------
    config, output, processes, afresh, progress
        As for :func:`run`.

    Returns
    -------
    Computed
        With the folder of the store, and why the analyses that failed did.

    Raises
    ------
    UsoError
        If the configuration is wrong.
    EsecuzioneError
        If another build is writing there, or the disk is full.
    """
    folders = _Folders(output.resolve(), config.edizione)
    with exclusive(folders.work):
        told = Log(folders.log, progress or Quiet())
        try:
            decided = _Plan(config, Choice(), folders, afresh=afresh, given_places=None)
            with pool.Workers(processes or os.cpu_count() or 1, folders.log) as workers:
                computed = _compute(decided, workers, 0, told)
            decided.inputs.library.save()
            return computed
        except OSError as error:
            raise _disk(error, output) from error
        finally:
            told.end()


def run(
    config: Config,
    choice: Choice,
    *,
    output: Path,
    processes: int | None = None,
    afresh: bool = False,
    scheduler: str | None = None,
    progress: Progress | None = None,
    publish: Publisher | None = None,
    places: Places | None = None,
) -> RunResult:
    """Run what must be run, and publish everything that is good.

    Parameters
    ----------
    config : Config
        Editions and chapters.
    choice : Choice
        What was asked for.
    output : Path
        The folder that gets ``reports/<edizione>/`` and ``maps/<edizione>/``.
    processes : int, optional
        How many notebooks at once; by default one for each processor.
    afresh : bool
        Run everything asked for, whatever is already there.
    scheduler : str, optional
        Address of a Dask scheduler: notebooks run there.
    progress : Progress, optional
        Hears how the build goes.
    publish : callable, optional
        Makes site and documents: called with the tree being prepared, the results (their notebooks are in the tree),
        the configuration and the listener to tell how it goes. What it writes in ``maps/`` goes to
        ``maps/<edizione>/``.
    places : Places, optional
        Territories to use instead of those of the territory room.

    Returns
    -------
    RunResult
        A failed chapter is a result with ``stato="fallito"``; the others are published all the same.

    Raises
    ------
    UsoError
        If the choice, the configuration or the scheduler's address is wrong.
    EsecuzioneError
        If another build is writing there, or the disk is full: what was published is untouched.
    """
    start = time.perf_counter()
    folders = _Folders(output.resolve(), config.edizione)
    count = processes or os.cpu_count() or 1
    with exclusive(folders.work):
        require_closed(folders.tree)
        told = Log(folders.log, progress or Quiet())
        try:
            folders.reports.recover()
            folders.maps.recover()
            decided = _Plan(config, choice, folders, afresh=afresh, given_places=places)
            with pool.Workers(count, folders.log) as workers:
                if scheduler is None:
                    workers.prepare(decided.sure)
                meanwhile = cache(partial(_prepare, publish))
                decided.decide(_compute(decided, workers, decided.asked if scheduler is None else 0, told, meanwhile))
                outcomes = _execute(config, decided, folders, workers, scheduler, told, meanwhile)
            known = {**decided.failed, **outcomes}
            changed, results = _publish(config, decided, known, set(outcomes), folders, publish, told, anew=afresh)
            seconds = time.perf_counter() - start
            if outcomes:
                cost = manifest.execution(decided.published(), outcomes, folders.store, seconds, count)
                write_whole(folders.costs, json.dumps(cost, ensure_ascii=False, indent=1) + "\n")
        except OSError as error:
            raise _disk(error, output) from error
        finally:
            told.end()
    stale = [task.nome for task in decided.stale]
    return RunResult(results, changed, folders.tree, stale, seconds, told.notes, len(decided.computed.outcomes))


def _require_known(config: Config, places: Places) -> None:
    """Refuse a Word template, or a kind of document, of an ATS that does not exist: it would be left out in silence."""
    entries = [("modelli", name) for name in config.modelli]
    entries += [(f"edizioni.{config.edizione}.tipi", name) for name in config.edizioni[config.edizione].tipi]
    for table, name in entries:
        if not any(place.codice == name for level in ("regione", "ats") for place in places.at(level)):
            try:
                places.find("ats", name)
            except UsoError as error:
                raise UsoError(f"reports.toml, [{table}]: {error.messaggio}", error.rimedio) from None


def _prepare(publish: Publisher | None) -> None:
    """Let who publishes get ready: this process has the time, while notebooks run in others."""
    prepare = getattr(sys.modules[_module(publish)], "prepare", None) if publish is not None else None
    if prepare is not None:
        threading.Thread(target=prepare, daemon=True).start()


def _compute(
    decided: _Plan,
    workers: pool.Workers,
    chapters: int,
    told: Progress,
    meanwhile: Callable[[], object] = lambda: None,
) -> Computed:
    """Run the analyses that must be run, before some chapters; a build without analyses has no figures of its own."""

    def execute(ready: Callable[[], list[Job]], left: Callable[[], int]) -> Iterator[Outcome]:
        jobs = ready()
        if not jobs:
            return
        planned, _ = decided.analyses.plan()
        told.begin(sum(one.da_eseguire for one in planned), workers.processes)
        meanwhile()
        for outcome in workers.run(jobs, lambda job: told.started(job.nome), ready, lambda: left() + chapters):
            told.finished(outcome)
            yield outcome

    return decided.analyses.compute(execute, decided.watch.unchanged)


def _execute(
    config: Config,
    decided: _Plan,
    folders: _Folders,
    workers: pool.Workers,
    scheduler: str | None,
    told: Progress,
    meanwhile: Callable[[], object],
) -> dict[str, Outcome]:
    """Run what must be run, keeping each good result as soon as it comes."""
    todo = {planned.task.nome: planned.task for planned in decided.planned if planned.da_eseguire}
    outcomes = {}
    for task in list(todo.values()):
        if why := _without_figures(config, decided.computed, task):
            from conciliazione_lib.build.execution import failed  # heavy, and seldom of use

            outcomes[task.nome] = failed(_job(config, decided, task, ""), why, 0.0)
            folders.store.put(config.edizione, todo.pop(task.nome), outcomes[task.nome])
    if not todo:
        return outcomes
    chapters = {task.capitolo.id: task.capitolo for task in todo.values()}
    identities = {id: _identity(decided, chapter) for id, chapter in chapters.items()} if scheduler else {}
    # Territory by territory: each is whole as soon as it can be.
    places = {place: number for number, place in enumerate(dict.fromkeys(task.luogo for task in todo.values()))}
    ordered = sorted(todo.values(), key=lambda task: places[task.luogo])
    jobs = [_job(config, decided, task, identities.get(task.capitolo.id, "")) for task in ordered]

    def started(job: Job) -> None:
        told.started(job.nome)

    if scheduler is None:
        coming = workers.run(jobs, started)
    else:
        import conciliazione_lib.build.cluster as cluster

        coming = cluster.run(jobs, scheduler, started)
    told.begin(len(jobs), workers.processes)
    meanwhile()
    outdated = []
    for outcome in coming:
        task = todo[outcome.nome]
        if not decided.watch.unchanged(task, decided.sources[task.capitolo.id]):
            outdated.append(task.nome)
        else:
            known = decided.computed.read(outcome.letto, decided.computed.prints)
            read = known if decided.asks(task.capitolo) else None
            folders.store.put(config.edizione, task, outcome, read)
        outcomes[outcome.nome] = outcome
        told.finished(outcome)
    if outdated:
        raise EsecuzioneError(
            f"Codice, notebook o tabelle sono cambiati durante la generazione ({len(outdated)} capitoli interessati): "
            "nulla è stato pubblicato.",
            remedy="ripetere il comando: i capitoli non interessati sono già pronti",
        )
    return outcomes


def _job(config: Config, decided: _Plan, task: Task, identity: str) -> Job:
    source = decided.sources[task.capitolo.id]
    return Job(
        nome=task.nome,
        notebook=parameters.injected(source.text, task.parametri),
        parametri=task.parametri,
        tabelle=decided.inputs.tables(task.capitolo),
        limite=config.limite_minuti * 60,
        analisi=tuple(task.capitolo.analisi),
        ambiente={storage.FIGURES_VARIABLE: str(decided.computed.folder)} if decided.computed.folder else {},
        cifre=decided.computed.digest if decided.computed.folder else "",
        chiave=task.chiave,
        identita=identity,
        importa=source.imports,
        solo=not source.shares,
        tipo=task.capitolo.id,
    )


def _without_figures(config: Config, computed: Computed, task: Task) -> str | None:
    """Say why a chapter cannot be made, when the figures it shows could not be computed: the causes first."""
    lost = [one.id for one in config.analyses_of(task.capitolo) if one.id in computed.errors]
    if not lost:
        return None
    reasons = "\n".join(f"Analisi «{name}»: {computed.errors[name]}" for name in lost)
    return f"Le cifre che il capitolo mostra non sono state calcolate.\n{reasons}"


def _identity(decided: _Plan, chapter: Chapter) -> str:
    """Return what a distant worker must have in order to run a chapter: the same for all its territories."""
    inputs = decided.inputs
    return identity(decided.sources[chapter.id].imports, inputs.tables(chapter), inputs.library)


def _publish(
    config: Config,
    decided: _Plan,
    outcomes: dict[str, Outcome],
    executed: set[str],
    folders: _Folders,
    publish: Publisher | None,
    told: Progress,
    *,
    anew: bool,
) -> tuple[bool, list[ChapterResult]]:
    """Prepare the trees and put them in place, unless they would be those already there."""
    tasks = decided.published()
    print_ = _fingerprint(config, decided, tasks, outcomes, folders, publish)
    decided.inputs.library.save()

    def result(task: Task, tree: Path) -> ChapterResult:
        return _result(task, outcomes.get(task.nome), folders.store, tree, executed=task.nome in executed)

    # Two trees, which an interruption may leave of two builds: each says what it was made from.
    trees = (folders.tree, folders.maps.target) if publish is not None else (folders.tree,)
    if not anew and all(sealed(tree) == print_ for tree in trees):
        return False, [result(task, folders.tree) for task in tasks]
    staged = folders.reports.stage()
    try:
        for task in tasks:
            target = staged / "notebook" / f"{task.nome}.ipynb"
            target.parent.mkdir(parents=True, exist_ok=True)
            outcome = outcomes.get(task.nome)
            if outcome is not None:
                target.write_text(outcome.notebook, encoding="utf-8", newline="\n")
            else:
                shutil.copyfile(folders.store.notebook(task.chiave), target)
        decided.analyses.require_unchanged(decided.computed)
        if decided.computed.folder is not None:
            shutil.copytree(decided.computed.folder, staged, dirs_exist_ok=True)
        results = [result(task, staged) for task in tasks]
        account = manifest.manifest(config, decided.inputs, tasks, results)
        if publish is not None:
            account |= publish(staged, results, config, told) or {}
            maps = folders.maps.stage()
            if (staged / "maps").is_dir():
                maps.rmdir()
                shutil.move(staged / "maps", maps)
            proved = account.get("file", {}).items()
            of_maps = {name.removeprefix("maps/"): known for name, known in proved if name.startswith("maps/")}
            seal(maps, print_, {"file": of_maps})
        seal(staged, print_, account)
        folders.reports.publish(staged)
        if publish is not None:
            folders.maps.publish(maps)
    finally:
        # What was there before, or what did not take its place.
        folders.reports.recover()
        folders.maps.recover()
    folders.store.keep_only(task.chiave for task in decided.every)
    decided.analyses.keep_only_current(decided.computed)
    return True, [result(task, folders.tree) for task in tasks]


def _result(task: Task, outcome: Outcome | None, store: Store, tree: Path, *, executed: bool) -> ChapterResult:
    return ChapterResult(
        capitolo=task.capitolo.id,
        livello=task.luogo.livello,
        territorio=task.luogo.codice,
        nome_territorio=task.luogo.nome,
        notebook=tree / "notebook" / f"{task.nome}.ipynb",
        stato=outcome.stato if outcome else "fatto",
        errore=outcome.errore if outcome else None,
        chiave=task.chiave,
        tabelle=outcome.tabelle if outcome else tuple(store.outcome(task.chiave)["tabelle"]),
        eseguito=executed,
    )


def _fingerprint(
    config: Config,
    decided: _Plan,
    tasks: list[Task],
    outcomes: dict[str, Outcome],
    folders: _Folders,
    publish: Publisher | None,
) -> str:
    """Hash of everything the published tree depends on: equal hash, equal tree."""
    failures = {name: outcome.notebook for name, outcome in outcomes.items() if outcome.stato == "fallito"}
    keys: list[Any] = [[task.nome, task.chiave, failures.get(task.nome)] for task in tasks]
    return digest(
        {
            "risultati": keys,
            "cifre": decided.computed.digests,
            "configurazione": config.model_dump(),
            # All of them: checks and back-test read tables that no chapter declares.
            "tabelle": {name: decided.inputs.table(name) for name in storage.names()},
            "edizioni_precedenti": earlier_editions(config, folders.tree.parent),
            "pubblicazione": decided.inputs.code([_module(publish)]) if publish else None,
            "testi": own_texts(config.radice),
            "motore": decided.inputs.code([__name__]),
            "ambiente": decided.inputs.environment,
        }
    )


def _module(publish: Publisher) -> str:
    """Return the module of what publishes, which may have been given some of its arguments."""
    return str(getattr(publish, "func", publish).__module__)


def earlier_editions(config: Config, reports: Path) -> dict[str, dict[str, str]]:
    """Return the hashes of what the earlier editions say of themselves: the one being made is compared with them."""
    date = config.edizioni[config.edizione].data
    names = sorted(name for name, edition in config.edizioni.items() if edition.data < date)
    return {name: {file.name: file_digest(file) for file in sorted((reports / name).glob("*.json"))} for name in names}


def own_texts(root: Path) -> dict[str, str]:
    """Return the hash of every text the analysts wrote for their documents, by its place under ``testi/``."""
    folder = root / "testi"
    return {
        file.relative_to(folder).as_posix(): digest(file.read_text(encoding="utf-8-sig"))
        for file in sorted(folder.glob("*/*.md"))
    }


def _disk(error: OSError, output: Path) -> EsecuzioneError:
    """Say in Italian what kept the build from reading or writing."""
    what = f"{error.strerror or error}"
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        what, remedy = "il disco è pieno", "liberare spazio e ripetere il comando: riprende da dove era arrivato"
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        what = "il sistema nega l'accesso"
        remedy = (
            "chiudere i programmi che hanno aperto quei file (Word, Excel, Esplora risorse) e ripetere il comando; "
            "se la cartella non è scrivibile, sceglierne un'altra con --uscita"
        )
    elif error.errno == errno.ENAMETOOLONG:
        what, remedy = "un percorso è troppo lungo", "scegliere con --uscita una cartella dal percorso più corto"
    elif error.errno == errno.ENOENT:
        what, remedy = "un file che serve non c'è più", "rimetterlo, se è stato tolto o spostato, e ripetere il comando"
    else:
        remedy = "controllare il file o il disco indicato e ripetere il comando"
    return EsecuzioneError(
        f"Generazione interrotta in {output}: {what}{where}. Ciò che era già pubblicato è rimasto intero.",
        remedy=remedy,
    )
