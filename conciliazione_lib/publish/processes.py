"""Processes that share the work of a publication, and end with the one that started them."""

from __future__ import annotations

import atexit
import gc
import multiprocessing
import os
import pickle
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from conciliazione_lib.errors import EsecuzioneError

_T = TypeVar("_T")


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
    # What has been imported stays, and hundreds of thousands of figures are read that stay as long: looking through
    # them for garbage, as often as by default, is a fifth of what checking a ledger takes.
    gc.set_threshold(100_000, 20, 20)
    gc.freeze()


def _follow() -> None:
    """End this process when the one that started it is gone: who was killed cannot say so."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
