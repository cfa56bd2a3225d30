"""What it costs to begin: importing the library, and reading the first table, beside pandas alone.

Each is a process of its own, and processes of the two kinds alternate, so that a busy machine weighs on both.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from typing import Any

from timing import ROOT, machine

from conciliazione_lib import storage

REPEATS = 7
TABLES = {"popolazione": "2025-01-01", "comuni": None}


def measure(*, ats: int, processes: int) -> dict[str, Any]:
    """Return medians of seconds, without what Python itself takes to start, and ratios."""
    about = machine()
    codes = {"python": "pass", "pandas": "import pandas", "libreria": "import conciliazione_lib"}
    for name, date in TABLES.items():
        file = storage.find(name, date).percorso
        read = f"read_parquet({str(file)!r})" if file.suffix == ".parquet" else f"read_csv({str(file)!r}, dtype='str')"
        codes[f"{name}, pandas"] = f"import pandas; pandas.{read}"
        codes[f"{name}, libreria"] = f"from conciliazione_lib import catalog; catalog.read({name!r}, {date!r})"
    taken = {name: [] for name in codes}  # type: dict[str, list[float]]
    for _ in range(REPEATS):
        for name, code in codes.items():
            taken[name].append(_seconds(code))
    start = statistics.median(taken.pop("python"))
    seconds = {name: statistics.median(found) - start for name, found in taken.items()}
    return {
        **about,
        "secondi": seconds,
        "libreria_su_pandas": seconds["libreria"] / seconds["pandas"],
        "prima_tabella": {name: seconds[f"{name}, libreria"] / seconds[f"{name}, pandas"] for name in TABLES},
        "al_piu": {"libreria_su_pandas": 0.1, "prima_tabella": 1.3},
    }


def _seconds(code: str) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    return time.perf_counter() - begun
