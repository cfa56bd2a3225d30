"""Several notebooks at once on this machine: worker processes that may die without taking the build along."""

from __future__ import annotations

import contextlib
import contextvars
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from .model import Job, Outcome

#: A run whose worker died (killed, out of memory) is tried once more: it may not have been its fault.
ATTEMPTS = 2


@dataclass
class _Worker:
    process: BaseProcess
    connection: Connection
    job: Job | None = None


def run(jobs: list[Job], processes: int, log: Path, started: Callable[[Job], None]) -> Iterator[Outcome]:
    """Run notebooks in worker processes, and give each outcome as it comes.

    Parameters
    ----------
    jobs : list of Job
        In the order in which they start.
    processes : int
        How many at once.
    log : Path
        Where workers and kernels write what would go to the terminal.
    started : callable
        Told when a job starts.

    Raises
    ------
    OSError
        If a worker could not write: disk full, folder not writable.
    """
    context: Any = multiprocessing.get_context("fork" if sys.platform.startswith("linux") else "spawn")
    if context.get_start_method() == "fork":
        # Imported once, here, rather than by every worker.
        from . import execution  # noqa: F401
    # Workers are forked now, before whoever shows the progress starts a thread: those that replace them are not.
    workers = [_start(context, log) for _ in range(min(processes, len(jobs)))]
    return _outcomes(jobs, workers, log, started)


def _outcomes(jobs: list[Job], workers: list[_Worker], log: Path, started: Callable[[Job], None]) -> Iterator[Outcome]:
    waiting = list(reversed(jobs))
    attempts = dict.fromkeys((job.nome for job in jobs), 0)
    try:
        for worker in workers:
            _give(worker, waiting, attempts, started)
        while busy := {worker.connection: worker for worker in workers if worker.job is not None}:
            for connection in wait(list(busy)):
                worker = busy[connection]  # type: ignore[index]
                job = worker.job
                assert job is not None
                try:
                    answer = worker.connection.recv()
                except (EOFError, ConnectionError):
                    if attempts[job.nome] < ATTEMPTS:
                        waiting.append(job)
                    else:
                        yield _killed(job)
                    workers[workers.index(worker)] = worker = _replace(worker, log)
                else:
                    if isinstance(answer, OSError):
                        raise answer
                    yield answer
                _give(worker, waiting, attempts, started)
    finally:
        for worker in workers:
            _stop(worker)


def _start(context: Any, log: Path) -> _Worker:
    ours, theirs = context.Pipe()
    # In a context of its own: an event loop that this process may have does not survive a fork.
    process = context.Process(target=_work_afresh, args=(theirs, ours, log), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _give(worker: _Worker, waiting: list[Job], attempts: dict[str, int], started: Callable[[Job], None]) -> None:
    worker.job = waiting.pop() if waiting else None
    if worker.job is not None:
        attempts[worker.job.nome] += 1
        with contextlib.suppress(ConnectionError):  # a worker already dead is met again by its silence
            worker.connection.send(worker.job)
        started(worker.job)


def _replace(dead: _Worker, log: Path) -> _Worker:
    _stop(dead)
    return _start(multiprocessing.get_context("spawn"), log)


def _stop(worker: _Worker) -> None:
    worker.connection.close()
    worker.process.kill()
    worker.process.join()


def _killed(job: Job) -> Outcome:
    from .execution import failed

    return failed(
        job,
        "Il processo che eseguiva il capitolo è stato interrotto due volte, di solito per memoria insufficiente.\n"
        "Che cosa fare: chiudere altri programmi, oppure usare meno processi con --processi.",
        0.0,
    )


def _work_afresh(connection: Connection, parents_end: Connection, log: Path) -> None:
    contextvars.Context().run(_work, connection, parents_end, log)


def _work(connection: Connection, parents_end: Connection, log: Path) -> None:
    """Run jobs until there are no more, or until the build is gone."""
    parents_end.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    for stream in (1, 2):
        os.dup2(descriptor, stream)
    os.close(descriptor)
    from .execution import execute, prepare

    with tempfile.TemporaryDirectory(prefix="conciliazione-", ignore_cleanup_errors=True) as folder:
        prepare(Path(folder))
        while True:
            try:
                job = connection.recv()
            except (EOFError, ConnectionError):
                return
            try:
                answer: Outcome | OSError = execute(job)
            except OSError as error:
                answer = OSError(error.errno, error.strerror, error.filename)
            connection.send(answer)


def _die_with_parent() -> None:
    """End at once when the build ends, however it does: its kernels follow."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
