"""(g) The figures of the edition computed once, against chapters that computed them; and how they grow with ambiti.

The other side is an earlier commit of this repository, checked out beside (``--commit``): there every chapter computes
what it tells, for every territory.
"""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
from timing import BEFORE, ROOT, as_then, checked_out, machine, timed

from conciliazione_lib import build, catalog, territory
from conciliazione_lib.evidence import Analisi
from conciliazione_lib.indicators import demography
from conciliazione_lib.territory import Territory

SIZES = (75, 150, 300, 600)

#: What is run is a program of its own: workers start from it.
_CHAPTERS = (
    "import sys\nfrom pathlib import Path\nfrom conciliazione_lib import build\n"
    "config = build.load(Path(sys.argv[1]))\n"
    "result = build.run(config, build.Choice(), output=Path(sys.argv[2]), processes=int(sys.argv[3]))\n"
    "sys.exit(len(result.failed))\n"
)


def measure(*, ats: int, processes: int) -> dict[str, Any]:
    """Return the cost of the store, of store and chapters, of the chapters of the earlier commit; and how it grows."""
    about = machine()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        config = build.load(ROOT)
        store = timed(lambda: build.engine.compute(config, output=work / "cifre", processes=processes))
        whole = timed(lambda: _run(ROOT, work / "tutto", processes))
        with checked_out(BEFORE, work / "prima") as before:
            chapters = timed(lambda: _run(before, work / "capitoli", processes))
    return {
        **about,
        "processi": processes,
        "commit": BEFORE,
        "cifre": vars(store),
        "cifre_e_capitoli": vars(whole),
        "capitoli_di_prima": vars(chapters),
        "rapporto_cifre": chapters.wall / store.wall,
        "rapporto_tutto": chapters.wall / whole.wall,
        "righe": [{"ambiti": size, **vars(_growth(size))} for size in SIZES],
    }


def _run(root: Path, output: Path, processes: int) -> None:
    """Run every chapter of a checkout, with its own library, without publishing."""
    environment = {**os.environ, "PYTHONPATH": str(root)}
    program = _CHAPTERS if root == ROOT else as_then(_CHAPTERS)
    command = [sys.executable, "-c", program, str(root), str(output), str(processes)]
    subprocess.run(command, cwd=root, env=environment, check=True)


def _growth(size: int) -> Any:
    """Return the cost of completing, checking and comparing the figures of some made-up ambiti."""
    date = build.load(ROOT).edizioni["2025-2027"].data
    made_up = _territory(territory.load(date), size)
    people = catalog.table("popolazione", date)
    profile = demography.profile(made_up.aggregate(people.frame, to="ambito")).assign(livello="ambito")
    region = demography.profile(made_up.aggregate(people.frame, to="regione")).assign(livello="regione")
    analysis = Analisi("crescita", "2025-2027", made_up)
    names = [name for name in profile if name.startswith(("indice", "quota", "eta_media"))]

    def work() -> None:
        missing = dict.fromkeys(("comune", "distretto", "provincia", "ats"), ("non_applicabile", "Misura."))
        analysis.cifre(pd.concat([profile, region]), periodo=date, indicatori=names, ingressi=[people], assenti=missing)
        analysis.contenuto()

    return timed(work)


def _territory(real: Territory, size: int) -> Territory:
    """Return the comuni of Lombardia in as many made-up ambiti."""
    codes = [f"parte-{number % size:03d}" for number in range(len(real.comuni))]
    ats = real.ats.index[0]
    table = pd.DataFrame({"nome": sorted(set(codes)), "ats": ats, "stato": "completo"}, index=sorted(set(codes)))
    table.index.name = real.ambiti.index.name
    return dataclasses.replace(real, comuni=real.comuni.assign(ambito=codes, ats=ats), ambiti=table)
