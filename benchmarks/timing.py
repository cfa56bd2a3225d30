"""Wall and processor time of some work, wherever its processes are."""

from __future__ import annotations

import json
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from nbformat import v4

from conciliazione_lib import build
from conciliazione_lib.build import execution
from conciliazione_lib.build.model import Job
from conciliazione_lib.build.warm import client, identity

ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Cost:
    """Seconds of wall time, and of processor time over all the processes involved."""

    wall: float
    cpu: float


def timed(work: Callable[[], Any]) -> Cost:
    """Return the cost of some work: this process, its children, and the warm processes with their kernels."""
    wall, cpu = time.perf_counter(), _cpu()
    work()
    return Cost(time.perf_counter() - wall, _cpu() - cpu)


def _cpu() -> float:
    used = sum(
        usage.ru_utime + usage.ru_stime
        for usage in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )
    for process in psutil.process_iter(["cmdline"]):
        if f"{client.__package__}.server" in (process.info["cmdline"] or []):
            times = process.cpu_times()
            used += times.user + times.system + times.children_user + times.children_system
    return used


@contextmanager
def no_warm_process() -> Iterator[None]:
    """Start without warm processes: the first kernel pays for the import of the stack."""
    if identity.supported():
        client.retire()
        time.sleep(0.5)
    yield


def empty_notebook() -> Job:
    """Return a notebook that does nothing."""
    notebook = v4.new_notebook(
        cells=[
            v4.new_code_cell('territorio = ""', id="p", metadata={"tags": ["parameters"]}),
            v4.new_code_cell("pass", id="c"),
        ]
    )
    return Job("vuoto", json.dumps(notebook), {"territorio": "milano"}, (), 60)


@contextmanager
def fresh_warm_process() -> Iterator[None]:
    """Start with a warm process that has run nothing yet: libraries and tables ready."""
    with no_warm_process(), tempfile.TemporaryDirectory() as folder:
        execution.prepare(Path(folder))
        execution.execute(empty_notebook())
    yield


def project() -> build.Config:
    """Return the real configuration."""
    return build.load(ROOT)


def machine() -> dict[str, Any]:
    """Return what a reader must know to compare: processors and how busy they were, never a name."""
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    return {"processori": os.cpu_count(), "carico_prima": round(load, 2)}
