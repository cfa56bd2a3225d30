"""(a) All the chapters for the ATS: this build against a plain papermill loop, same notebooks, same processes."""

from __future__ import annotations

import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import papermill
from timing import fresh_warm_process, machine, no_warm_process, project, timed

from conciliazione_lib import build, territory


def _plain(job: tuple[str, dict[str, Any], str]) -> None:
    """Run one notebook as papermill does by default, in a kernel started for it."""
    source, values, folder = job
    with tempfile.TemporaryDirectory(dir=folder) as work:
        papermill.execute_notebook(
            source, str(Path(work) / "out.ipynb"), values, kernel_name="python3", cwd=work, progress_bar=False
        )


def measure(*, ats: int, processes: int) -> dict[str, Any]:
    """Return wall and processor seconds of both, and their ratios."""
    about = machine()
    config = project()
    date = config.edizioni[config.edizione].data
    places = territory.load(data=date).codes("ats")[:ats]
    chapters = [capitolo for capitolo in config.capitoli if "ats" in capitolo.livelli]
    choice = build.Scelta(ats=tuple(places), capitoli=tuple(capitolo.id for capitolo in chapters))
    base = {"edizione": config.edizione, "data": date}
    with tempfile.TemporaryDirectory() as folder:
        jobs = [
            (str(config.notebook(capitolo)), {"territorio": place, **base, **capitolo.parametri}, folder)
            for capitolo in chapters
            for place in places
        ]

        def loop() -> None:
            with ProcessPoolExecutor(processes) as pool:
                list(pool.map(_plain, jobs))

        def ours(name: str) -> build.RunResult:
            only_ats = config.model_copy(
                update={"capitoli": [c.model_copy(update={"livelli": ["ats"]}) for c in chapters]}
            )
            only_ats._radice = config.radice
            result = build.run(only_ats, choice, uscita=Path(folder) / name, processi=processes)
            if result.falliti or len(result.eseguiti) != len(jobs):
                raise RuntimeError([f"{f.capitolo}/{f.territorio}: {f.errore}" for f in result.falliti])
            return result

        with no_warm_process():
            first = timed(lambda: ours("primo"))
        again = timed(lambda: ours("di nuovo"))
        with fresh_warm_process():
            warm = timed(lambda: ours("caldo"))
        plain = timed(loop)
    return {
        **about,
        "notebook": len(jobs),
        "capitoli": len(chapters),
        "ats": len(places),
        "processi": processes,
        "papermill": vars(plain),
        "nostro": vars(warm),
        "nostro_con_avvio": vars(first),
        "nostro_di_nuovo": vars(again),
        "rapporto_tempo": plain.wall / warm.wall,
        "rapporto_tempo_con_avvio": plain.wall / first.wall,
        "rapporto_tempo_di_nuovo": plain.wall / again.wall,
        "rapporto_cpu": plain.cpu / warm.cpu,
    }
