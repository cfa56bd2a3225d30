"""Several notebooks at once on this machine: worker processes that may die without taking the build along.

A worker is a new Python, started in the same way on every system. It runs one notebook after another as long as they
may share it; one that needs a process of its own gets it. A worker that dies, takes too long, or is left changed by a
notebook is replaced by another.
"""

from __future__ import annotations

import builtins
import contextlib
import gc
import multiprocessing
import os
import signal
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from .model import Job, Outcome

#: A run whose worker died (killed, out of memory) is tried once more: it may not have been its fault.
ATTEMPTS: Final = 2
#: Each worker uses one processor, and orders sets in the same way.
_ENVIRONMENT: Final = MappingProxyType(
    {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
)
#: To start Python and import what runs notebooks, on a busy machine.
_START_SECONDS: Final = 120.0
#: For the whole of a message, once it has begun.
_MESSAGE_SECONDS: Final = 20.0


@dataclass(frozen=True)
class _Done:
    """What a worker says of a notebook it has run, and why it should run no more, if it should not."""

    outcome: Outcome | OSError
    changed: str | None


@dataclass
class _Worker:
    process: BaseProcess
    connection: Connection
    job: Job | None = None
    heard: float = 0.0
    #: What it has run so far.
    fresh: bool = True


@dataclass
class _Pool:
    log: Path
    started: Callable[[Job], None]
    waiting: list[Job]
    attempts: dict[str, int] = field(default_factory=dict)

    def begin(self, worker: _Worker | None) -> _Worker | None:
        """Give the next job to a worker, or to a new one when it needs a process of its own; none are left."""
        if not self.waiting:
            if worker is not None:
                _stop(worker)
            return None
        job = self.waiting.pop()
        if worker is not None and (job.solo and not worker.fresh):
            _stop(worker)
            worker = None
        worker = worker or _start(self.log)
        worker.job, worker.fresh, worker.heard = job, False, time.monotonic() + _START_SECONDS
        self.attempts[job.nome] = self.attempts.get(job.nome, 0) + 1
        with contextlib.suppress(ConnectionError):  # a worker already dead is met again by its silence
            worker.connection.send(job)
        self.started(job)
        return worker

    def answer(self, worker: _Worker) -> tuple[_Worker | None, Outcome | None]:
        """Hear a worker: it goes on, or it has done, or it is gone."""
        job = worker.job
        assert job is not None
        # A notebook may have broken what its process speaks with: nobody waits for the end of half a message.
        watch = threading.Timer(_MESSAGE_SECONDS, worker.process.kill)
        watch.start()
        try:
            said = worker.connection.recv()
        except (EOFError, ConnectionError):
            _stop(worker)
            if self.attempts[job.nome] < ATTEMPTS:
                self.waiting.append(job)
                return None, None
            return None, _failed(job, _KILLED)
        finally:
            watch.cancel()
        if not isinstance(said, _Done):
            worker.heard = time.monotonic()
            return worker, None
        if isinstance(said.outcome, OSError):
            raise said.outcome
        worker.job = None
        if job.solo or said.changed is not None:
            _stop(worker)
            return None, said.outcome
        return worker, said.outcome


_KILLED: Final = (
    "Il processo che eseguiva il capitolo è stato interrotto due volte, di solito per memoria insufficiente.\n"
    "Che cosa fare: chiudere altri programmi, oppure usare meno processi con --processi."
)
_TOO_LONG: Final = (
    "Una cella del capitolo ha superato il tempo massimo.\n"
    "Che cosa fare: aumentare «limite_minuti» in reports.toml, se il calcolo è davvero così lungo."
)


def run(jobs: list[Job], processes: int, log: Path, started: Callable[[Job], None]) -> Iterator[Outcome]:
    """Run notebooks in worker processes, and give each outcome as it comes.

    Parameters
    ----------
    jobs : list of Job
        In the order in which they start.
    processes : int
        How many at once.
    log : Path
        Where workers write what would go to the terminal.
    started : callable
        Told when a job starts.

    Raises
    ------
    OSError
        If a worker could not write: disk full, folder not writable.
    """
    pool = _Pool(log, started, list(reversed(jobs)))
    workers: list[_Worker] = []
    try:
        while pool.waiting and len(workers) < processes:
            workers.append(_begun(pool, None))
        while workers:
            for worker in _heard(workers):
                left, outcome = pool.answer(worker) if worker.connection.poll() else _late(worker)
                workers.remove(worker)
                if left is None or left.job is None:
                    left = pool.begin(left)
                if left is not None:
                    workers.append(left)
                if outcome is not None:
                    yield outcome
    finally:
        for worker in workers:
            _stop(worker)


class Single:
    """One worker that stays: for who has notebooks to run now and then, one at a time.

    Parameters
    ----------
    log : Path
        Where it writes what would go to the terminal.
    """

    def __init__(self, log: Path) -> None:
        self._log = log
        self._worker: _Worker | None = None

    def run(self, job: Job) -> Outcome:
        """Run a notebook.

        Raises
        ------
        OSError
            As for :func:`run`.
        """
        pool = _Pool(self._log, lambda job: None, [job])
        worker, outcome = self._worker, None
        self._worker = None
        try:
            while outcome is None:
                if worker is None or worker.job is None:
                    worker = _begun(pool, worker)
                [heard] = _heard([worker])
                worker, outcome = pool.answer(heard) if heard.connection.poll() else _late(heard)
        except BaseException:
            if worker is not None:
                _stop(worker)
            raise
        self._worker = worker
        return outcome

    def close(self) -> None:
        """End the worker."""
        if self._worker is not None:
            _stop(self._worker)
            self._worker = None


def _begun(pool: _Pool, worker: _Worker | None) -> _Worker:
    begun = pool.begin(worker)
    assert begun is not None
    return begun


def _heard(workers: list[_Worker]) -> list[_Worker]:
    """Wait until some worker says something, or is late."""
    by_connection = {worker.connection: worker for worker in workers}
    patience = min(_deadline(worker) for worker in workers) - time.monotonic()
    ready = [by_connection[connection] for connection in wait(list(by_connection), max(0.0, patience))]  # type: ignore[index]
    return ready or [worker for worker in workers if _deadline(worker) <= time.monotonic()]


def _deadline(worker: _Worker) -> float:
    return worker.heard + (worker.job.limite if worker.job else 0.0)


def _late(worker: _Worker) -> tuple[None, Outcome]:
    assert worker.job is not None
    _stop(worker)
    return None, _failed(worker.job, _TOO_LONG)


def _start(log: Path) -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, log), daemon=True)
    with _environment():
        process.start()
    theirs.close()
    return _Worker(process, ours)


@contextmanager
def _environment() -> Iterator[None]:
    """Have a process start with the environment of workers, which some of it reads only then."""
    before = {name: os.environ.get(name) for name in _ENVIRONMENT}
    os.environ.update(_ENVIRONMENT)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _stop(worker: _Worker) -> None:
    worker.connection.close()
    _kill_children(worker.process.pid)
    worker.process.kill()
    worker.process.join()


def _kill_children(pid: int | None) -> None:
    """End what a notebook has started and left there."""
    import psutil

    with contextlib.suppress(psutil.Error):
        for child in psutil.Process(pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                child.kill()


def _failed(job: Job, why: str) -> Outcome:
    from .execution import failed

    return failed(job, why, 0.0)


def _work(connection: Connection, log: Path) -> None:
    """Run jobs until there are no more, or until the build is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    for stream in (1, 2):
        os.dup2(descriptor, stream)
    os.close(descriptor)
    from . import execution
    from .state import Code, kept

    with tempfile.TemporaryDirectory(prefix="conciliazione-", ignore_cleanup_errors=True) as folder:
        execution.prepare(Path(folder))
        execution.rehearse()
        gc.set_threshold(100_000, 20, 20)
        code: Any = None
        known = dict(vars(builtins))

        def begun() -> None:
            patched = {name: vars(builtins)[name] for name in known if vars(builtins).get(name) is not known[name]}
            vars(builtins).update(known)
            connection.send(None)
            vars(builtins).update(patched)

        while True:
            try:
                job = connection.recv()
            except (EOFError, ConnectionError):
                return
            if not job.solo:
                execution.import_all(job.importa)
                code = code or Code()
                code.learn()
                # What is here stays: it is never garbage, and need not be looked through again.
                gc.collect()
                gc.freeze()
            with kept():
                try:
                    answer: Outcome | OSError = execution.execute(job, begun)
                except OSError as error:
                    answer = OSError(error.errno, error.strerror, error.filename)
                except Exception as error:
                    traceback.print_exc()
                    answer = _failed(job, execution.explain(type(error).__name__, str(error), None))
            connection.send(_Done(answer, code.changed() if code else None))


def _die_with_parent() -> None:
    """End at once when the build ends, however it does, with whatever a notebook has started."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        _kill_children(os.getpid())
        os._exit(1)
