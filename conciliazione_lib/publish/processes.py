"""Processes that share the work of a publication, and end with the one that started them."""

from __future__ import annotations

import atexit
import gc
import multiprocessing
import os
import pickle
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from conciliazione_lib.errors import EsecuzioneError

_T = TypeVar("_T")


@dataclass(frozen=True)
class _Given:
    """Something to do: elsewhere, or here."""

    coming: Future[Any]
    function: Callable[..., Any]
    given: tuple[Any, ...]
    here: Callable[[], Any]


class Team:
    """A few processes, this one among them, that share some work: who is free does the next thing.

    Parameters
    ----------
    pool : Executor, optional
        The other processes, given something only once :meth:`start` is called; without them all is done here.
    others : int
        How many they are.

    Attributes
    ----------
    others : int
        How many may do a part; none without a pool.
    """

    def __init__(self, pool: Executor | None = None, others: int = 0) -> None:
        self._pool, self.others = pool, others if pool is not None else 0
        self._waiting: deque[_Given] = deque()
        self._started, self._free = False, 0
        self._lock = threading.Lock()

    @property
    def started(self) -> bool:
        """Whether the others do their part."""
        return self._started

    def start(self) -> None:
        """Start the others, if there are any: from now on they do their part."""
        if self._pool is None or self._started:
            return
        self._started = True
        for _ in range(self.others):
            self._pool.submit(os.getpid)
        self._free = self.others
        self._send()

    def stop(self) -> None:
        """Forget what nobody has begun."""
        with self._lock:
            self._waiting.clear()

    def give(self, function: Callable[..., _T], *given: Any, here: Callable[[], _T] | None = None) -> Future[_T]:
        """Add something to do, after what has been given before.

        Parameters
        ----------
        function, given
            A call that can be sent to another process.
        here : callable, optional
            Does the same in this one, where there is a shorter way.
        """
        coming: Future[_T] = Future()
        with self._lock:
            self._waiting.append(_Given(coming, function, given, here or partial(function, *given)))
        self._send()
        return coming

    def done(self, coming: Iterable[Future[_T]]) -> Iterator[Future[_T]]:
        """Give things as they are done, by whoever: in the meantime this process does what nobody has begun."""
        left = set(coming)
        while left:
            ready = {one for one in left if one.done()}
            if not ready and not self._work():
                ready = wait(left, None, FIRST_COMPLETED).done
            yield from ready
            left -= ready

    def result(self, coming: Future[_T]) -> _T:
        """Return what something gives, when it is done."""
        for one in self.done([coming]):
            coming = one
        return coming.result()

    def _work(self) -> bool:
        """Do the next thing here; tell whether there was one."""
        with self._lock:
            if not self._waiting:
                return False
            one = self._waiting.popleft()
        try:
            one.coming.set_result(one.here())
        except Exception as error:
            one.coming.set_exception(error)
        return True

    def _send(self) -> None:
        """Send something to each of the others that has nothing to do."""
        while self._pool is not None:
            with self._lock:
                if not self._free or not self._waiting:
                    return
                self._free -= 1
                one = self._waiting.popleft()
            try:
                self._pool.submit(one.function, *one.given).add_done_callback(partial(self._back, one.coming))
            except RuntimeError as error:  # one of them was killed
                one.coming.set_exception(error)
                return

    def _back(self, coming: Future[Any], done: Future[Any]) -> None:
        error = None if done.cancelled() else done.exception()
        if done.cancelled():
            coming.cancel()
        elif error is not None:
            coming.set_exception(error)
        else:
            coming.set_result(done.result())
        # Who tells that a process was killed holds what is needed to send: nothing can be sent any more.
        if not isinstance(error, BrokenProcessPool):
            with self._lock:
                self._free += 1
            self._send()


@contextmanager
def team(processes: int, module: str) -> Iterator[Team]:
    """Give a team of this process and others, that end with it.

    Parameters
    ----------
    processes : int
        How many, this one included.
    module : str
        What each of the others imports when it starts.

    Raises
    ------
    EsecuzioneError
        One of them was killed.
    """
    if processes == 1:
        yield Team()
        return
    with several(processes - 1, import_module, module) as pool:
        made = Team(pool, processes - 1)
        try:
            yield made
        finally:
            made.stop()


@contextmanager
def several(processes: int, begin: Callable[..., object], *given: Any) -> Iterator[ProcessPoolExecutor]:
    """Give processes started in the same way on every system, each of which begins with a call.

    Parameters
    ----------
    processes : int
        How many.
    begin : callable
        Called once in each, with ``given``.

    Raises
    ------
    EsecuzioneError
        One of them was killed.
    """
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, context, initializer=_start, initargs=(begin, given))
    try:
        yield pool
    except BrokenProcessPool as error:
        raise EsecuzioneError(
            "Un processo che preparava le pagine, o le controllava, è stato interrotto: di solito è finita la memoria.",
            "chiudere altri programmi, oppure usare meno processi con --processi",
        ) from error
    finally:
        with suppress(Exception):
            pool.shutdown(wait=True, cancel_futures=True)


def received(file: Path, make: Callable[[Any], _T]) -> _T:
    """Return what this process makes of what it was sent in a file, pickled: once, until another file comes.

    Parameters
    ----------
    file : Path
        That who sends it keeps as long as the work lasts.
    make : callable
        Given what the file holds.
    """
    if file not in _received:
        _received.clear()
        _received[file] = make(pickle.loads(file.read_bytes()))
    made: _T = _received[file]
    return made


_received: dict[Path, Any] = {}


def _start(begin: Callable[..., object], given: tuple[Any, ...]) -> None:
    # What it holds goes with it: freed one thing after another, it would keep a processor busy for a second.
    atexit.register(os._exit, 0)
    threading.Thread(target=_follow, daemon=True).start()
    begin(*given)
    collect_seldom()
    gc.freeze()


def collect_seldom() -> None:
    """Look for garbage seldom, from now on, in a process that publishes.

    What has been imported stays, and hundreds of thousands of figures are read that stay as long: looking through them
    as often as by default is a fifth of what checking a ledger takes.
    """
    gc.set_threshold(100_000, 20, 20)


def _follow() -> None:
    """End this process when the one that started it is gone: who was killed cannot say so."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
