"""The program of a worker: runs the notebooks it is given, one after another, until there are no more.

Started by :mod:`.pool` as ``python -m conciliazione_lib.build.worker FOLDER``. Jobs come on its standard input and
answers go to its standard output, each a pickled object; whatever notebooks write goes to the log. When its input ends,
the build is gone: it ends too, with everything a notebook has started and with its folder, where temporary files are.
"""

from __future__ import annotations

import builtins
import contextlib
import gc
import os
import pickle
import queue
import shutil
import signal
import sys
import threading
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, NoReturn

from conciliazione_lib.build.model import Job, Outcome

#: What notebooks are written with, imported before any: each meets the same process, whether or not it had the time to
#: get ready. Geopandas changes others when imported (it gives pandas' frames a method): after the first map the process
#: would look changed by its notebook.
_STACK: Final = ("conciliazione_lib.report", "geopandas")

#: Notebooks after which garbage is looked for: each leaves little.
_COLLECTED: Final = 6


@dataclass(frozen=True)
class Done:
    """What a worker says of a notebook it has run, and why it should run no more, if it should not."""

    outcome: Outcome | OSError
    changed: str | None


def kill_children(pid: int) -> None:
    """End what a process has started, and what that has."""
    import psutil

    with contextlib.suppress(psutil.Error):
        for child in psutil.Process(pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                child.kill()


def main() -> None:
    """Run jobs until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    source = os.fdopen(os.dup(0), "rb")
    # What a notebook reads and writes by itself is neither.
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    folder = Path(sys.argv[1])
    import conciliazione_lib.build.execution as execution

    gc.set_threshold(100_000, 20, 20)
    (own := folder / "ipython").mkdir()
    execution.prepare(own)
    execution.rehearse()
    jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
    # From here on: were the build gone, its folder would be taken away while this is filling it.
    threading.Thread(target=_listen, args=(source, jobs, folder), daemon=True).start()
    execution.import_all(_STACK)
    _work(jobs, answers, folder)


def _listen(source: BinaryIO, jobs: queue.SimpleQueue[Job], folder: Path) -> None:
    while True:
        try:
            jobs.put(pickle.load(source))
        except (EOFError, OSError):
            _end(folder)


def _end(folder: Path) -> NoReturn:
    """End with the build, which is gone: nobody sends, or hears, any more."""
    kill_children(os.getpid())
    with contextlib.suppress(OSError):
        os.chdir(folder.parent)  # a folder somebody is in cannot be removed everywhere
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


def _work(jobs: queue.SimpleQueue[Job], answers: BinaryIO, folder: Path) -> None:
    import conciliazione_lib.build.execution as execution
    from conciliazione_lib.build.state import Code, kept

    code = Code() if jobs.empty() else None
    done = 0
    known = dict(vars(builtins))

    def send(message: object) -> None:
        try:
            pickle.dump(message, answers)
            answers.flush()
        except OSError:
            _end(folder)

    def begun() -> None:
        # A notebook may have put something else in the place of what is needed to say so.
        patched = {name: vars(builtins)[name] for name in known if vars(builtins).get(name) is not known[name]}
        vars(builtins).update(known)
        send(None)
        vars(builtins).update(patched)

    while True:
        job = jobs.get()
        if not job.solo:
            execution.import_all(job.importa)
            code = code or Code()
            code.learn()
            # What is here stays: it is never garbage, and need not be looked through again.
            if done % _COLLECTED == 0:
                if done:
                    gc.collect()
                gc.freeze()
            done += 1
        with kept():
            try:
                answer: Outcome | OSError = execution.execute(job, begun)
            except OSError as error:
                answer = OSError(error.errno, error.strerror, error.filename)
            except Exception as error:
                traceback.print_exc()
                answer = execution.failed(job, execution.explain(type(error).__name__, str(error), None), 0.0)
        send(Done(answer, code.changed() if code and not job.solo else None))


if __name__ == "__main__":
    # Under its own name: what is pickled is of the module that others import.
    sys.exit(__import__("conciliazione_lib.build.worker", fromlist=["main"]).main())
