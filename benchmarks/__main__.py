"""``make bench``: measure the build and write ``BENCHMARKS.md``.

Usage: ``python benchmarks [MEASURE…] [--ats N] [--processi N]`` where MEASURE is one or more of ``papermill``,
``overhead``, ``incremental``, ``growth``, ``weight``, ``cluster``, ``edition``, ``lists``, ``import`` (all by default).
Each writes its figures in ``benchmarks/risultati/``; the page is made from those files, so that one measure can be
repeated alone.
"""

from __future__ import annotations

import argparse
import os

import cluster
import edition
import growth
import importing
import incremental
import long_lists
import overhead
import page
import papermill_loop
import weight

MEASURES = {
    "papermill": papermill_loop.measure,
    "overhead": overhead.measure,
    "incremental": incremental.measure,
    "growth": growth.measure,
    "weight": weight.measure,
    "cluster": cluster.measure,
    "edition": edition.measure,
    "lists": long_lists.measure,
    "import": importing.measure,
}


def main() -> None:
    """Run the measures asked for and write the page."""
    parser = argparse.ArgumentParser(prog="benchmarks", description="Misura la generazione e scrive BENCHMARKS.md.")
    parser.add_argument("misure", nargs="*", metavar="MISURA", help=", ".join(MEASURES))
    parser.add_argument("--ats", type=int, default=8, help="di quante ATS misurare i capitoli (predefinite: 8)")
    parser.add_argument("--processi", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    # As for who uses the project: what Python has compiled is kept, not made again by every process.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    for name in options.misure or MEASURES:
        print(f"{name}…", flush=True)
        page.keep(name, MEASURES[name](ats=options.ats, processes=options.processi))
    page.write()


if __name__ == "__main__":
    main()
