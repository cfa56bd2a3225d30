"""Wall and processor time of some work, wherever its processes are."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import v4

from conciliazione_lib import build
from conciliazione_lib.build.model import Job

ROOT = Path(__file__).resolve().parents[1]
#: The last commit whose chapters computed their own figures, in kernels forked from a warm one.
BEFORE = "2c5ec32"
#: What that commit called what a program of these benchmarks calls.
_THEN = {
    "Choice(": "Scelta(",
    "output=": "uscita=",
    "processes=": "processi=",
    "publish=publish.publish": "pubblica=publish.pubblica",
    "result.failed": "result.falliti",
    "result.executed": "result.eseguiti",
}


@dataclass
class Cost:
    """Seconds of wall time, and of processor time over all the processes involved."""

    wall: float
    cpu: float


def timed(work: Callable[[], Any]) -> Cost:
    """Return the cost of some work: this process and its children, of which it must wait for the end."""
    wall, cpu = time.perf_counter(), _cpu()
    work()
    return Cost(time.perf_counter() - wall, _cpu() - cpu)


def _cpu() -> float:
    usages = [resource.getrusage(of) for of in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


@contextmanager
def checked_out(commit: str, folder: Path) -> Iterator[Path]:
    """Give an earlier commit of this repository, checked out in a folder."""
    subprocess.run(["git", "worktree", "add", "--detach", folder, commit], cwd=ROOT, check=True, capture_output=True)
    # The environment names an engine of papermill, which papermill looks for; an earlier library may have none.
    engine = folder / "conciliazione_lib" / "build" / "papermill_engine.py"
    if not engine.exists():
        engine.write_text("class ConciliazioneEngine:\n    pass\n", encoding="utf-8")
    try:
        yield folder
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", folder], cwd=ROOT, check=True)


def as_then(program: str) -> str:
    """Return a program in the names of the earlier commit."""
    for now, then in _THEN.items():
        program = program.replace(now, then)
    return program


def empty_notebook() -> Job:
    """Return a notebook that does nothing."""
    notebook = v4.new_notebook(
        cells=[
            v4.new_code_cell('territorio = ""', id="p", metadata={"tags": ["parameters"]}),
            v4.new_code_cell("pass", id="c"),
        ]
    )
    return Job("vuoto", json.dumps(notebook), {"territorio": "milano"}, (), 60, solo=False)


def project() -> build.Config:
    """Return the real configuration."""
    return build.load(ROOT)


def machine() -> dict[str, Any]:
    """Return what a reader must know to compare: processors and how busy they were, never a name."""
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    return {"processori": os.cpu_count(), "carico_prima": round(load, 2)}
