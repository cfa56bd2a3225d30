"""Ten thousand files of offices, at random and damaged, through the real reader: how many are accounted for.

Run it with ``python benchmarks/file_degli_uffici.py [FILES] [SEED]``; it ends with 1 when a file raises anything but
the errors that users are told, or when a value read from it is not the one of its cell and no line says so.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
import traceback
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]


def main(files: int = 10_000, seed: int = 22) -> int:
    """Make, read and check the files; return the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CONCILIAZIONE_DATI"] = str(Path(folder) / "dati")
        from sources.office_files import bring_in, make

        from conciliazione_lib.territory import load

        territory, rng, began = load(), random.Random(seed), time.monotonic()
        read = refused = unaccounted = tracebacks = 0
        for number in range(files):
            suffix, content = make(rng, territory)
            path = Path(folder) / f"elenco{suffix}"
            path.write_bytes(content)
            try:
                wrong = bring_in(path, territory)
            except Exception:
                tracebacks += 1
                print(f"file {number}: {traceback.format_exc()}")
                continue
            read += wrong is not None
            refused += wrong is None
            if wrong:
                unaccounted += 1
                print(f"file {number}{suffix}: {wrong}")
            if (number + 1) % 1000 == 0:
                print(f"{number + 1} file in {time.monotonic() - began:.0f} s", flush=True)
    print(
        f"File: {files}; letti: {read}; rifiutati: {refused}; errori imprevisti: {tracebacks}; "
        f"con valori non detti: {unaccounted}"
    )
    return int(bool(tracebacks or unaccounted))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
