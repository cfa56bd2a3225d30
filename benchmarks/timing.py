"""Wall and processor time of some work, wherever its processes are."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from conciliazione_lib import build
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


def project() -> build.Config:
    """Return the real configuration."""
    return build.load(ROOT)


def machine() -> dict[str, Any]:
    """Return what a reader must know to compare: processors and how busy they were, never a name."""
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    return {"processori": os.cpu_count(), "carico_prima": round(load, 2)}
