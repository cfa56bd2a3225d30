"""(e) The same chapters on a Dask cluster of this machine: one worker, and two, against the local processes."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from timing import machine, project, timed

from conciliazione_lib import build, territory

#: Workers of the clusters compared, and local processes beside them.
SIZES = (1, 2)
_START_SECONDS = 60


@contextmanager
def _cluster(workers: int) -> Iterator[str]:
    """Start a scheduler and its workers, each a process with one thread, on loopback; give the address."""
    from distributed import Client

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scheduler.json"
        processes = [_start(folder, "scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file))]
        try:
            deadline = time.monotonic() + _START_SECONDS
            # the file is there an instant before what it says
            while (
                not (file.exists() and file.read_text(encoding="utf-8").rstrip().endswith("}"))
                and time.monotonic() < deadline
            ):
                time.sleep(0.05)
            address = str(json.loads(file.read_text(encoding="utf-8"))["address"])
            options = ("--host", "127.0.0.1", "--nthreads", "1", "--no-nanny")
            processes += [_start(folder, "worker", address, *options) for _ in range(workers)]
            with Client(address, timeout=_START_SECONDS) as client:
                client.wait_for_workers(workers, timeout=_START_SECONDS)
            yield address
        finally:
            for process in processes:
                process.kill()
                process.wait()


def _start(folder: str, what: str, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", f"distributed.cli.dask_{what}", "--no-dashboard", *options]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def measure(*, ats: int, processes: int) -> dict[str, Any]:
    """Return the seconds of both, with as many local processes as workers; the cluster is already there."""
    about = machine()
    config = project()
    date = config.edizioni[config.edizione].data
    places = tuple(territory.load(data=date).codes("ats")[:ats])
    chapters = [c.model_copy(update={"livelli": ["ats"]}) for c in config.capitoli if "ats" in c.livelli]
    choice = build.Choice(ats=places, capitoli=tuple(c.id for c in chapters))
    only_ats = config.model_copy(update={"capitoli": chapters})
    only_ats._radice = config.radice
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:

        def run(name: str, **where: Any) -> build.RunResult:
            result = build.run(only_ats, choice, output=Path(folder) / name, **where)
            if result.failed:
                raise RuntimeError([f"{f.capitolo}/{f.territorio}: {f.errore}" for f in result.failed])
            return result

        done = len(run("primo", processes=processes).executed)
        for size in SIZES:
            local = timed(lambda size=size: run(f"locale-{size}", processes=size))
            with _cluster(size) as address:
                run(f"avvio-{size}", scheduler=address)  # a worker imports the library at its first notebook
                distant = timed(lambda size=size, address=address: run(f"cluster-{size}", scheduler=address))
            # Processor time is not told: that of Dask's own processes would be left out.
            rows.append({"lavoratori": size, "locale": local.wall, "cluster": distant.wall})
            rows[-1]["rapporto"] = distant.wall / local.wall
    return {**about, "notebook": done, "ats": len(places), "righe": rows}
