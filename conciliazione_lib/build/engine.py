"""A build, from the plan to the published tree."""

from __future__ import annotations

import errno
import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from conciliazione_lib.errors import EsecuzioneError

from . import manifest, places, plan
from .config import Config
from .fingerprint import digest
from .inputs import Inputs, Watch, identity
from .lock import exclusive
from .model import ChapterResult, Job, Outcome, Planned, RunResult, Scelta, Task
from .notebook import NotebookSource
from .places import Places
from .progress import Log, Progress, Quiet
from .publication import Publication
from .store import Store, write_whole

#: Writes site, documents and all the rest into the tree being prepared, from the executed notebooks; tells how it goes.
Pubblica = Callable[[Path, list[ChapterResult], Config, Progress], None]

_WORK = ".lavoro"
_TERRITORY = "conciliazione_lib.territory"


class _Folders:
    """Where a build of an edition reads and writes, under the folder chosen by the user."""

    def __init__(self, uscita: Path, edizione: str) -> None:
        reports = uscita / "reports"
        maps = uscita / "maps"
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
        self, config: Config, scelta: Scelta, folders: _Folders, *, da_capo: bool, luoghi: Places | None
    ) -> None:
        self.watch = Watch(config)
        self.sources: dict[str, NotebookSource] = plan.sources(config)
        self.inputs = Inputs(config, folders.work / "codice.json")
        date = config.edizioni[config.edizione].data
        if luoghi is None:
            known = [[self.inputs.table(name) for name in config.tabelle], self.inputs.code([_TERRITORY]), date]
            luoghi = places.load(date, folders.work / "territori.json", digest(known))
        self.every = plan.tasks(config, self.sources, luoghi, self.inputs)
        wanted = plan.chosen(config, self.every, scelta, luoghi)
        self.planned = plan.decide(wanted, folders.store, config.edizione, da_capo=da_capo)
        self.inputs.library.save()
        names = {task.nome for task in wanted}
        others = [task for task in self.every if task.nome not in names]
        #: Outside the choice, and still good: published along with the rest.
        self.current = [task for task in others if folders.store.has(task.chiave)]
        #: Outside the choice, and no longer good.
        self.stale = [
            task
            for task in others
            if not folders.store.has(task.chiave) and folders.store.inputs(config.edizione, task.nome)
        ]

    def published(self) -> list[Task]:
        """Return the tasks whose results are published, in the order of the plan."""
        names = {planned.task.nome for planned in self.planned} | {task.nome for task in self.current}
        return [task for task in self.every if task.nome in names]


def prepare_plan(
    config: Config, scelta: Scelta, *, uscita: Path, da_capo: bool = False, luoghi: Places | None = None
) -> list[Planned]:
    """Say what a build would do, and why, without doing it.

    Parameters
    ----------
    config, scelta, uscita, da_capo, luoghi
        As for :func:`run`.

    Raises
    ------
    UsoError
        If the choice or the configuration is wrong.
    """
    return _Plan(config, scelta, _Folders(uscita, config.edizione), da_capo=da_capo, luoghi=luoghi).planned


def run(
    config: Config,
    scelta: Scelta,
    *,
    uscita: Path,
    processi: int | None = None,
    da_capo: bool = False,
    scheduler: str | None = None,
    progress: Progress | None = None,
    pubblica: Pubblica | None = None,
    luoghi: Places | None = None,
) -> RunResult:
    """Run what must be run, and publish everything that is good.

    Parameters
    ----------
    config : Config
        Editions and chapters.
    scelta : Scelta
        What was asked for.
    uscita : Path
        The folder that gets ``reports/<edizione>/`` and ``maps/<edizione>/``.
    processi : int, optional
        How many notebooks at once; by default one for each processor.
    da_capo : bool
        Run everything asked for, whatever is already there.
    scheduler : str, optional
        Address of a Dask scheduler: notebooks run there.
    progress : Progress, optional
        Hears how the build goes.
    pubblica : callable, optional
        Makes site and documents: called with the tree being prepared, the results (their notebooks are in the tree),
        the configuration and the listener to tell how it goes. What it writes in ``maps/`` goes to
        ``maps/<edizione>/``.
    luoghi : Places, optional
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
    folders = _Folders(uscita.resolve(), config.edizione)
    count = processi or os.cpu_count() or 1
    with exclusive(folders.work):
        told = Log(folders.log, progress or Quiet())
        try:
            folders.reports.recover()
            folders.maps.recover()
            decided = _Plan(config, scelta, folders, da_capo=da_capo, luoghi=luoghi)
            outcomes = _execute(config, decided, folders, count, scheduler, told)
            changed, results = _publish(config, decided, outcomes, folders, pubblica, told)
            seconds = time.perf_counter() - start
            if outcomes:
                cost = manifest.execution(decided.published(), outcomes, folders.store, seconds, count)
                write_whole(folders.costs, json.dumps(cost, ensure_ascii=False, indent=1) + "\n")
        except OSError as error:
            raise _disk(error, uscita) from error
        finally:
            told.end()
    stale = [task.nome for task in decided.stale]
    return RunResult(results, changed, folders.tree, stale, seconds, told.notes)


def _execute(
    config: Config, decided: _Plan, folders: _Folders, count: int, scheduler: str | None, told: Progress
) -> dict[str, Outcome]:
    """Run what must be run, keeping each good result as soon as it comes."""
    todo = {planned.task.nome: planned.task for planned in decided.planned if planned.da_eseguire}
    if not todo:
        return {}
    jobs = [_job(config, decided, task, distant=scheduler is not None) for task in todo.values()]

    def started(job: Job) -> None:
        told.started(job.nome)

    if scheduler is None:
        from . import pool

        coming = pool.run(jobs, count, folders.log, started)
    else:
        from . import cluster

        coming = cluster.run(jobs, scheduler, started)
    told.begin(len(jobs), count)
    outcomes = {}
    outdated = []
    for outcome in coming:
        task = todo[outcome.nome]
        if not decided.watch.unchanged(task, decided.sources[task.capitolo.id]):
            outdated.append(task.nome)
        elif outcome.stato == "fatto":
            folders.store.put(config.edizione, task, outcome)
        outcomes[outcome.nome] = outcome
        told.finished(outcome)
    if outdated:
        raise EsecuzioneError(
            f"Codice, notebook o tabelle sono cambiati durante la generazione ({len(outdated)} capitoli interessati): "
            "nulla è stato pubblicato.",
            rimedio="ripetere il comando: i capitoli non interessati sono già pronti",
        )
    return outcomes


def _job(config: Config, decided: _Plan, task: Task, *, distant: bool) -> Job:
    source = decided.sources[task.capitolo.id]
    tables = decided.inputs.tables(task.capitolo)
    return Job(
        nome=task.nome,
        notebook=source.text,
        parametri=task.parametri,
        tabelle=tables,
        limite=config.limite_minuti * 60,
        identita=identity(source.imports, tables) if distant else "",
        importa=source.imports,
    )


def _publish(
    config: Config,
    decided: _Plan,
    outcomes: dict[str, Outcome],
    folders: _Folders,
    pubblica: Pubblica | None,
    told: Progress,
) -> tuple[bool, list[ChapterResult]]:
    """Prepare the tree and put it in place, unless it would be the one already there."""
    tasks = decided.published()
    print_ = _fingerprint(config, decided, tasks, outcomes, pubblica)
    decided.inputs.library.save()
    if _published_fingerprint(folders.tree) == print_:
        return False, [_result(task, outcomes, folders.store, folders.tree) for task in tasks]
    staged = folders.reports.stage()
    try:
        results = []
        for task in tasks:
            target = staged / "notebook" / f"{task.nome}.ipynb"
            target.parent.mkdir(parents=True, exist_ok=True)
            outcome = outcomes.get(task.nome)
            if outcome is not None:
                target.write_text(outcome.notebook, encoding="utf-8", newline="\n")
            else:
                shutil.copyfile(folders.store.notebook(task.chiave), target)
            results.append(_result(task, outcomes, folders.store, staged))
        if pubblica is not None:
            pubblica(staged, results, config, told)
        account = manifest.manifest(config, decided.inputs, tasks, results)
        manifest.write(staged / "manifest.json", {**account, "impronta": print_})
        # The manifest vouches for the whole: maps first, so that an interruption between the two is seen and repaired.
        if (staged / "maps").is_dir():
            maps = folders.maps.stage()
            shutil.copytree(staged / "maps", maps, dirs_exist_ok=True)
            shutil.rmtree(staged / "maps")
            folders.maps.publish(maps)
        folders.reports.publish(staged)
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        raise
    folders.store.keep_only(task.chiave for task in decided.every)
    rebased = [replace(result, notebook=folders.tree / result.notebook.relative_to(staged)) for result in results]
    return True, rebased


def _result(task: Task, outcomes: dict[str, Outcome], store: Store, tree: Path) -> ChapterResult:
    outcome = outcomes.get(task.nome)
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
        eseguito=outcome is not None,
    )


def _fingerprint(
    config: Config, decided: _Plan, tasks: list[Task], outcomes: dict[str, Outcome], pubblica: Pubblica | None
) -> str:
    """Hash of everything the published tree depends on: equal hash, equal tree."""
    failures = {name: outcome.notebook for name, outcome in outcomes.items() if outcome.stato == "fallito"}
    keys: list[Any] = [[task.nome, task.chiave, failures.get(task.nome)] for task in tasks]
    tables = sorted({name for task in decided.every for name in task.ingressi["tabelle"]})
    return digest(
        {
            "risultati": keys,
            "configurazione": config.model_dump(),
            "tabelle": {name: decided.inputs.table(name) for name in tables},
            "pubblicazione": decided.inputs.code([pubblica.__module__]) if pubblica else None,
            "testi": own_texts(config.radice),
            "motore": decided.inputs.code([__name__]),
            "ambiente": decided.inputs.environment,
        }
    )


def own_texts(radice: Path) -> dict[str, str]:
    """Return the hash of every text the analysts wrote for their documents, by its place under ``testi/``."""
    cartella = radice / "testi"
    return {
        file.relative_to(cartella).as_posix(): digest(file.read_text(encoding="utf-8-sig"))
        for file in sorted(cartella.glob("*/*.md"))
    }


def _published_fingerprint(tree: Path) -> str | None:
    try:
        return str(json.loads((tree / "manifest.json").read_text(encoding="utf-8"))["impronta"])
    except (OSError, ValueError, KeyError):
        return None


def _disk(error: OSError, uscita: Path) -> EsecuzioneError:
    """Say in Italian what kept the build from writing."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        what, remedy = "il disco è pieno", "liberare spazio e ripetere il comando: riprende da dove era arrivato"
    elif isinstance(error, PermissionError):
        what, remedy = f"non si può scrivere in {error.filename}", "scegliere un'altra cartella con --uscita"
    else:
        what, remedy = str(error.strerror or error), "controllare il disco e ripetere il comando"
    return EsecuzioneError(
        f"Generazione interrotta in {uscita}: {what}. Ciò che era già pubblicato non è stato toccato.",
        rimedio=remedy,
    )
