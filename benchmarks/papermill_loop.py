"""(a) The chapters of the ATS: this build against the plain papermill loop of the commit whose chapters computed.

There every notebook pays for a kernel of its own, and computes what it tells; here the figures are computed once, and
the chapters run in workers, whose start is counted. The figures of the same chapters without the analyses, and for one
ATS alone, stand apart.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from timing import BEFORE, ROOT, Cost, checked_out, machine, project, timed

from conciliazione_lib import build, territory

#: One notebook after another, as papermill does by default, in several processes.
_LOOP = """
import sys, tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import papermill

from conciliazione_lib import build

config = build.load(Path(sys.argv[1]))
base = {"edizione": config.edizione, "data": config.edizioni[config.edizione].data}


def one(job):
    notebook, values = job
    with tempfile.TemporaryDirectory() as work:
        out = str(Path(work) / "out.ipynb")
        papermill.execute_notebook(notebook, out, values, kernel_name="python3", cwd=work, progress_bar=False)


if __name__ == "__main__":
    chapters = [capitolo for capitolo in config.capitoli if "ats" in capitolo.livelli]
    jobs = [
        (str(config.notebook(chapter)), {"territorio": place, **base, **chapter.parametri})
        for chapter in chapters
        for place in sys.argv[3:]
    ]
    with ProcessPoolExecutor(int(sys.argv[2])) as pool:
        list(pool.map(one, jobs))
"""
_BUILD = """
import sys
from pathlib import Path

from conciliazione_lib import build

if __name__ == "__main__":
    config = build.load(Path(sys.argv[1]))
    chapters = tuple(capitolo.id for capitolo in config.capitoli if "ats" in capitolo.livelli)
    choice = build.Choice(ats=tuple(sys.argv[4:]), capitoli=chapters)
    result = build.run(config, choice, output=Path(sys.argv[2]), processes=int(sys.argv[3]))
    sys.exit(len(result.failed))
"""


def measure(*, ats: int, processes: int) -> dict[str, Any]:
    """Return the seconds of both ways, and their ratios."""
    about = machine()
    config = project()
    places = list(territory.load(data=config.edizioni[config.edizione].data).codes("ats")[:ats])
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)

        def ours(name: str, *of: str) -> Cost:
            return timed(lambda: _program(work, _BUILD, ROOT, ROOT, work / name, processes, *of))

        everything = ours("tutto", *places)
        build.engine.compute(config, output=work / "pronte", processes=processes)
        chapters = ours("pronte", *places)
        build.engine.compute(config, output=work / "una", processes=processes)
        alone = ours("una", places[0])
        with checked_out(BEFORE, work / "prima") as before:
            loop_alone = timed(lambda: _program(work, _LOOP, before, before, processes, places[0]))
            loop = timed(lambda: _program(work, _LOOP, before, before, processes, *places))
    return {
        **about,
        "ats": len(places),
        "processi": processes,
        "commit": BEFORE,
        "papermill": vars(loop),
        "papermill_una": vars(loop_alone),
        "capitoli": vars(chapters),
        "tutto": vars(everything),
        "una": vars(alone),
        "rapporto_capitoli": loop.wall / chapters.wall,
        "rapporto_tutto": loop.wall / everything.wall,
        "rapporto_una": loop_alone.wall / alone.wall,
    }


def _program(work: Path, source: str, library: Path, *arguments: object) -> None:
    """Run a program with the library of a checkout."""
    file = work / "programma.py"
    file.write_text(source, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(library)}
    command = [sys.executable, str(file), *map(str, arguments)]
    subprocess.run(command, cwd=library, env=environment, check=True)
