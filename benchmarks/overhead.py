"""(b) What a notebook costs beyond its own cells, against the start-up of a cold kernel."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from jupyter_client.manager import start_new_kernel
from timing import empty_notebook, machine

from conciliazione_lib.build.pool import Single

#: What a chapter imports, one way or another.
STACK = ("pandas", "pyarrow.parquet", "geopandas", "mapclassify", "matplotlib.pyplot", "IPython.display")
REPEATS = 7


def measure(*, ats: int, processes: int) -> dict[str, Any]:
    """Return medians of seconds: an empty notebook in a worker, and a cold kernel without and with the stack."""
    about = machine()
    job = empty_notebook()
    with tempfile.TemporaryDirectory() as folder:
        worker = Single(Path(folder) / "registro.log")
        first = _seconds(lambda: worker.run(job))
        ours = statistics.median(_seconds(lambda: worker.run(job)) for _ in range(REPEATS))
        worker.close()
    bare, stack = zip(*(_cold() for _ in range(REPEATS)), strict=True)
    return {
        **about,
        "notebook_vuoto": ours,
        "processo_nuovo": first,
        "kernel_freddo": statistics.median(bare),
        "kernel_freddo_con_librerie": statistics.median(stack),
        "quota": ours / statistics.median(stack),
        "quota_senza_librerie": ours / statistics.median(bare),
    }


def _cold() -> tuple[float, float]:
    """Return the seconds until a cold kernel answers, and until it has imported the stack as well."""
    start = time.perf_counter()
    manager, client = start_new_kernel(kernel_name="python3", env=dict(os.environ))
    ready = time.perf_counter() - start
    client.execute_interactive("import " + ", ".join(STACK), timeout=120)
    imported = time.perf_counter() - start
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    return ready, imported


def _seconds(work: Any) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
