"""(c) Building again: nothing changed, and one table changed, as a share of building everything."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from timing import machine, project, timed

from conciliazione_lib import build, publish, storage, territory


def measure(*, ats: int, processes: int) -> dict[str, Any]:
    """Return the seconds of a whole build with its publication, and of the two that follow."""
    about = machine()
    with tempfile.TemporaryDirectory() as folder:
        os.environ[storage.VARIABILE_RADICE] = str(Path(folder) / "dati")
        config = project()
        places = territory.load(data=config.edizioni[config.edizione].data).codes("ats")
        choice = build.Scelta(ats=tuple(places[:ats]) if ats < len(places) else ())

        def run(where: str = "") -> build.RunResult:
            done = build.run(config, choice, uscita=Path(folder) / where, processi=processes, pubblica=publish.pubblica)
            if done.falliti:
                raise RuntimeError(done.falliti[0].errore)
            return done

        results: list[build.RunResult] = []
        run()  # the pages' own caches are ready for what is measured
        full = timed(lambda: results.append(run("intero")))
        nothing = timed(lambda: results.append(run()))
        table = _least_read(config)
        _import_again(table)
        one = timed(lambda: results.append(run()))
        del os.environ[storage.VARIABILE_RADICE]
    return {
        **about,
        "ats": min(ats, len(places)),
        "notebook": len(results[0].results),
        "processi": processes,
        "tutto": vars(full),
        "niente_cambiato": vars(nothing),
        "una_tabella": vars(one),
        "tabella": table,
        "notebook_rifatti": len(results[2].eseguiti),
        "quota_niente": nothing.wall / full.wall,
        "quota_tabella": one.wall / full.wall,
    }


def _least_read(config: build.Config) -> str:
    """Return the table read by the fewest chapters among those there are (the first by name)."""
    readers = Counter(name for capitolo in config.capitoli for name in {*config.tabelle, *capitolo.tabelle})
    return min(
        sorted(filter(storage.versions, readers)),
        key=lambda name: readers[name] + len(config.capitoli) * (name in config.tabelle),
    )


def _import_again(table: str) -> None:
    """Import the embedded version of a table, with another note: other bytes for whoever reads it."""
    version = storage.find(table)
    entry = {**version.to_dict(), "note": f"{version.note} Importata di nuovo."}
    for name in ("tabella", "origine", "file", "sha256"):
        del entry[name]
    storage.write_version(table, "importata", version.percorso.name, lambda file: _copy(version.percorso, file), entry)


def _copy(source: Path, target: Path) -> None:
    target.write_bytes(source.read_bytes())
