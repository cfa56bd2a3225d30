"""Several notebooks at once on this machine: worker processes that may die without taking the build along.

A worker is a new Python, started in the same way on every system. It runs one notebook after another as long as they
may share it; one that needs a process of its own gets it. A worker that dies, takes too long, or is left changed by a
notebook is replaced by another. Where there is a place for one more and notebooks are to come, a worker is started
before there is a job for it, and imports what they need meanwhile.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from conciliazione_lib import storage
from conciliazione_lib.build.model import Job, Outcome
from conciliazione_lib.build.worker import Done, kill_children

#: A run whose worker died (killed, out of memory) is tried once more: it may not have been its fault.
ATTEMPTS: Final = 2
#: Each worker uses one processor, and orders sets in the same way.
_ENVIRONMENT: Final = MappingProxyType(
    {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
)
#: Among how many jobs a worker chooses: about those of a territory, or the first ones would not be whole first.
_NEAR: Final = 12
#: To start Python and import what runs notebooks, on a busy machine.
_START_SECONDS: Final = 120.0


class _Worker:
    """A process that runs notebooks, and what it has said."""

    def __init__(self, log: Path) -> None:
        self.job: Job | None = None
        self.heard = 0.0
        #: It has run nothing yet.
        self.fresh = True
        #: Of which kinds are the jobs it has run.
        self.kinds: set[str] = set()
        self.said: queue.SimpleQueue[Any] = queue.SimpleQueue()
        #: Where it and its notebooks put what passes: a worker is killed, and would leave it behind.
        self.folder = tempfile.mkdtemp(prefix="conciliazione-")
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", f"{__package__}.worker", self.folder],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={
                    **os.environ,
                    **_ENVIRONMENT,
                    # Notebooks run in folders of their own: the tables they read are those of this one.
                    storage.ROOT_VARIABLE: str(storage.local_root().resolve()),
                    "PYTHONPATH": _path(),
                    **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), self.folder),
                },
            )

    def listen(self, heard: queue.SimpleQueue[_Worker]) -> None:
        """Have somebody told of everything it says, and of its end."""
        threading.Thread(target=self._listen, args=(heard,), daemon=True).start()

    def _listen(self, heard: queue.SimpleQueue[_Worker]) -> None:
        assert self.process.stdout is not None
        while True:
            try:
                message = pickle.load(self.process.stdout)
            except Exception:  # it has ended, or a notebook has broken what it speaks with
                self.said.put(_GONE)
                heard.put(self)
                return
            self.said.put(message)
            heard.put(self)

    def send(self, job: Job) -> None:
        """Give it a notebook; a worker already dead is met again by its silence."""
        assert self.process.stdin is not None
        with contextlib.suppress(OSError):
            pickle.dump(job, self.process.stdin)
            self.process.stdin.flush()

    def stop(self) -> None:
        """End it, with whatever notebooks have started."""
        kill_children(self.process.pid)
        self.process.kill()
        self.process.wait()
        with contextlib.suppress(OSError):
            self.process.stdin.close()  # type: ignore[union-attr]
        shutil.rmtree(self.folder, ignore_errors=True)


_GONE: Final = object()


def _path() -> str:
    """Return where a worker finds the library: where this process has found it, before anything else."""
    found = str(Path(__file__).resolve().parents[2])
    return os.pathsep.join(filter(None, [found, os.environ.get("PYTHONPATH", "")]))


@dataclass
class _Pool:
    new: Callable[[], _Worker]
    started: Callable[[Job], None]
    waiting: list[Job]
    attempts: dict[str, int] = field(default_factory=dict)
    kinds: set[str] = field(default_factory=set)
    heard: queue.SimpleQueue[_Worker] = field(default_factory=queue.SimpleQueue)

    def begin(self, worker: _Worker | None) -> _Worker | None:
        """Give the next job to a worker, or to a new one when it needs a process of its own; none are left."""
        if not self.waiting:
            if worker is not None:
                worker.stop()
            return None
        job = self._next_for(worker)
        if worker is not None and job.solo and not worker.fresh:
            worker.stop()
            worker = None
        if worker is None:
            worker = self.new()
            worker.listen(self.heard)
        worker.job, worker.fresh, worker.heard = job, False, time.monotonic() + _START_SECONDS
        if job.tipo:
            worker.kinds.add(job.tipo)
            self.kinds.add(job.tipo)
        self.attempts[job.nome] = self.attempts.get(job.nome, 0) + 1
        worker.send(job)
        self.started(job)
        return worker

    def _next_for(self, worker: _Worker | None) -> Job:
        """Take out a job among those that come next: of a kind the worker has run, or nobody has, or the first."""
        near = self.waiting[: -_NEAR - 1 : -1]
        own = worker.kinds if worker else set()
        place = next(
            (place for place, job in enumerate(near) if job.tipo in own),
            next((place for place, job in enumerate(near) if job.tipo not in self.kinds), 0),
        )
        return self.waiting.pop(-1 - place)

    def next(self, workers: list[_Worker]) -> _Worker:
        """Wait until some worker says something, or is late."""
        while True:
            late = min(workers, key=_deadline)
            patience = _deadline(late) - time.monotonic()
            if patience <= 0:
                return late
            with contextlib.suppress(queue.Empty):
                worker = self.heard.get(timeout=patience)
                if worker in workers:
                    return worker

    def answer(self, worker: _Worker) -> tuple[_Worker | None, Outcome | None]:
        """Hear a worker: it goes on, or it has done, or it is gone, or it is late."""
        job = worker.job
        assert job is not None
        try:
            said = worker.said.get_nowait()
        except queue.Empty:
            worker.stop()
            return None, _failed(job, _TOO_LONG)
        if said is _GONE:
            worker.stop()
            if self.attempts[job.nome] < ATTEMPTS:
                self.waiting.append(job)
                return None, None
            return None, _failed(job, _KILLED)
        if not isinstance(said, Done):
            worker.heard = time.monotonic()
            return worker, None
        if isinstance(said.outcome, OSError):
            raise said.outcome
        worker.job = None
        if job.solo or said.changed is not None:
            worker.stop()
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


class Workers:
    """The worker processes of a build: those at work, and those that are ready before there is a job for them.

    Used as a context, at whose end those that are ready are ended.

    Parameters
    ----------
    processes : int
        How many, at most.
    log : Path
        Where they write what would go to the terminal.
    """

    def __init__(self, processes: int, log: Path) -> None:
        self.processes, self._log = processes, log
        self._ready: list[_Worker] = []

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *exception: object) -> None:
        while self._ready:
            self._ready.pop().stop()

    def prepare(self, jobs: int, busy: int = 0) -> None:
        """Have workers ready for some jobs that are to come, where there is a place.

        Parameters
        ----------
        jobs : int
            How many they may be.
        busy : int
            How many workers are at work.
        """
        # Nobody needs it yet: what keeps it from starting is told to who does.
        with contextlib.suppress(OSError):
            while len(self._ready) < min(jobs, self.processes - busy):
                self._ready.append(_Worker(self._log))

    def _take(self) -> _Worker:
        """Return a worker that has run nothing: one that is ready, unless it has died in the meantime."""
        while self._ready:
            worker = self._ready.pop(0)
            if worker.process.poll() is None:
                return worker
            worker.stop()
        return _Worker(self._log)

    def run(
        self,
        jobs: list[Job],
        started: Callable[[Job], None],
        then: Callable[[], list[Job]] = list,
        later: Callable[[], int] = lambda: 0,
    ) -> Iterator[Outcome]:
        """Run notebooks, and give each outcome as it comes.

        Parameters
        ----------
        jobs : list of Job
            In the order in which they start.
        started : callable
            Told when a job starts.
        then : callable, optional
            Asked, after each outcome, which other jobs can start now.
        later : callable, optional
            Tells how many other jobs may come, of these or after them: workers are got ready in the places left idle.

        Raises
        ------
        OSError
            If a worker could not write: disk full, folder not writable.
        """
        pool = _Pool(self._take, started, list(reversed(jobs)))
        workers: list[_Worker] = []
        try:
            while True:
                while pool.waiting and len(workers) < self.processes:
                    workers.append(_begun(pool, None))
                if not workers:
                    return
                worker = pool.next(workers)
                left, outcome = pool.answer(worker)
                workers.remove(worker)
                if left is None or left.job is None:
                    left = pool.begin(left)
                if left is not None:
                    workers.append(left)
                # Only once somebody has said something: who begins is not to wait for who gets ready.
                self.prepare(later(), len(workers))
                if outcome is not None:
                    yield outcome
                    pool.waiting[:0] = reversed(then())
        finally:
            for worker in workers:
                worker.stop()


class Single:
    """One worker that stays: for who has notebooks to run now and then, one at a time.

    Parameters
    ----------
    log : Path
        Where it writes what would go to the terminal.
    """

    def __init__(self, log: Path) -> None:
        self._pool = _Pool(lambda: _Worker(log), lambda job: None, [])
        self._worker: _Worker | None = None

    def run(self, job: Job) -> Outcome:
        """Run a notebook.

        Raises
        ------
        OSError
            As for :meth:`Workers.run`.
        """
        self._pool.waiting.append(job)
        worker, self._worker, outcome = self._worker, None, None
        try:
            while outcome is None:
                if worker is None or worker.job is None:
                    worker = _begun(self._pool, worker)
                worker, outcome = self._pool.answer(self._pool.next([worker]))
        except BaseException:
            if worker is not None:
                worker.stop()
            raise
        self._pool.attempts.clear()
        self._worker = worker
        return outcome

    def close(self) -> None:
        """End the worker."""
        if self._worker is not None:
            self._worker.stop()
            self._worker = None


def _begun(pool: _Pool, worker: _Worker | None) -> _Worker:
    begun = pool.begin(worker)
    assert begun is not None
    return begun


def _deadline(worker: _Worker) -> float:
    return worker.heard + (worker.job.limite if worker.job else 0.0)


def _failed(job: Job, why: str) -> Outcome:
    from conciliazione_lib.build.execution import failed

    return failed(job, why, 0.0)
