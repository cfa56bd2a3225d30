"""(h) How reading an analyst's list grows with its rows: the same one repeated, and all different.

The ratio is to what the rows cost anyway: splitting the lines of the same file with the standard library.
"""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path
from typing import Any

from timing import machine, timed

from conciliazione_lib import catalog
from conciliazione_lib.errors import DatiError
from conciliazione_lib.sources.extraction import read_table
from conciliazione_lib.territory import load

SIZES = (10_000, 100_000, 1_000_000)
HEADER = "comune;denominazione;tipo;posti;anno\n"
GIVEN = {"grado": "pubblicazione", "fonte": "prova"}


def measure(*, ats: int, processes: int) -> dict[str, Any]:
    """Return, for each number of rows, the seconds of reading them and of splitting their lines."""
    about = machine()
    territory, spec = load(), catalog.spec("servizi_offerta")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "elenco.csv"

        def read() -> None:
            try:
                read_table(path, spec, territory, defaults=GIVEN)
            except DatiError as refused:
                if "la stessa riga" not in str(refused):
                    raise

        def split() -> None:
            with path.open(encoding="utf-8", newline="") as file:
                list(csv.reader(file, delimiter=";"))

        for repeated in (True, False):
            for size in SIZES:
                with path.open("w", encoding="utf-8") as file:
                    file.write(HEADER)
                    file.writelines(f"Pavia;Nido {'' if repeated else n};asilo nido;3;2025\n" for n in range(size))
                whole, plain = timed(read), timed(split)
                rows.append(
                    {
                        "righe": size,
                        "ripetute": repeated,
                        "lettura": whole.wall,
                        "divisione": plain.wall,
                        "rapporto": whole.wall / plain.wall,
                    }
                )
    return {**about, "righe": rows}
