"""(c) Building again after a change, as a share of building everything; and everything, against an earlier commit.

The changes follow one another; at the end what is published is compared with what is made of them from nothing.
A machine that others use too goes faster and slower: what is made from nothing is timed at the beginning and at the
end, a change that costs little twice, and what counts is the mean.

Every build is a program of its own, run in a checkout of its own: of this commit, whose notebooks and tables the
measure may change, and of the earlier one (``--commit``), with the same environment and the same territories.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from timing import BEFORE, Cost, as_then, checked_out, machine, project, timed

from conciliazione_lib import storage, territory

#: Tables that few chapters read, and the one that nearly all do.
FEW, MANY = ("azioni_quantita", "retribuzioni"), "popolazione"
#: The parts of the site that are profiles of territories, and what can be taken away whole: the edition, the PDFs.
PROFILES, WHOLE = ("comuni", "distretti", "ambiti", "dati/profili"), ("dati/edizione.zip", "documenti")
#: The chapter one sentence of which changes.
CHAPTER = "05_tempi"

_BUILD = (
    "import sys\nfrom pathlib import Path\nfrom conciliazione_lib import build, publish\n"
    "root, output, processes, *ats = sys.argv[1:]\n"
    "if __name__ == '__main__':\n"
    "    result = build.run(build.load(Path(root)), build.Choice(ats=tuple(ats)), output=Path(output),"
    " processes=int(processes), publish=publish.publish)\n"
    "    print(len(result.executed))\n"
    "    sys.exit(len(result.failed))\n"
)


def measure(*, ats: int, processes: int) -> dict[str, Any]:
    """Return the seconds of a whole build, of those that follow a change, and of a whole one of the earlier commit."""
    about = machine()
    config = project()
    codes = territory.load(data=config.edizioni[config.edizione].data).codes("ats")
    chosen = tuple(codes[:ats]) if ats < len(codes) else ()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ[storage.ROOT_VARIABLE] = str(folder / "dati")
        with checked_out("HEAD", folder / "progetto") as root:

            def build(where: str = "uscita") -> tuple[Cost, int]:
                return _built(root, folder / where, processes, chosen)

            first = build()
            print(f"  tutto: {first[0].wall:.1f} s", flush=True)
            weights = _weights(folder / "uscita" / "reports" / config.edizione / "sito")
            rows: list[dict[str, Any]] = []

            def after(what: str, change: Callable[[], object], most: float, times: int = 1) -> None:
                builds = []
                for _ in range(times):
                    change()
                    builds.append(build())
                cost, made = _mean([cost for cost, _ in builds]), builds[0][1]
                rows.append({"che_cosa": what, "notebook": made, **vars(cost), "al_piu": most})
                print(f"  {what}: {', '.join(f'{one.wall:.1f}' for one, _ in builds)} s", flush=True)

            after("niente", lambda: None, 0.01)
            for table in FEW:
                after(f"la tabella `{table}`", lambda table=table: _change(table), 0.15, 2)  # type: ignore[misc]
            after(f"una frase del capitolo `{CHAPTER}`", lambda: _say(root), 0.10, 2)
            after(f"la tabella `{MANY}`", lambda: _change(MANY), 0.70)
            last = build("uscita-da-capo")
            everything = _mean([first[0], last[0]])
            print(f"  tutto, di nuovo: {last[0].wall:.1f} s; quote della media di {everything.wall:.1f} s:", flush=True)
            for row in rows:
                row["quota"] = row["wall"] / everything.wall
                print(f"  {row['che_cosa']}: {row['quota']:.1%} (al più {row['al_piu']:.0%})", flush=True)
            others = _different(folder / "uscita", folder / "uscita-da-capo", config.edizione)
            print(f"  file diversi da quelli fatti da capo: {len(others)}", *others[:5], flush=True)
        del os.environ[storage.ROOT_VARIABLE]
        with checked_out(BEFORE, folder / "prima") as before:
            earlier = _built(before, folder / "uscita-prima", processes, chosen, as_then(_BUILD))
    return {
        **about,
        "ats": min(ats, len(codes)),
        "processi": processes,
        "commit": BEFORE,
        "notebook": first[1],
        "tutto": vars(everything),
        "prima": vars(earlier[0]),
        "volte": earlier[0].wall / everything.wall,
        "righe": rows,
        "file_diversi": len(others),
        "sito": weights,
    }


def _mean(costs: list[Cost]) -> Cost:
    return Cost(**{name: statistics.fmean(vars(cost)[name] for cost in costs) for name in vars(costs[0])})


def _weights(site: Path) -> list[dict[str, Any]]:
    """Return megabytes and files of the site: whole, without the profiles, without what is taken away whole too."""
    files = {file.relative_to(site).as_posix(): file.stat().st_size for file in site.rglob("*") if file.is_file()}
    rows = []
    for what, without in (
        ("tutto il sito", ()),
        ("senza i profili di comuni, distretti e ambiti", PROFILES),
        ("senza nemmeno l'edizione in un archivio e i PDF", (*PROFILES, *WHOLE)),
    ):
        left = [size for name, size in files.items() if not any(f"{name}/".startswith(f"{one}/") for one in without)]
        rows.append({"che_cosa": what, "mb": sum(left) / 1e6, "file": len(left)})
    return rows


def _different(one: Path, other: Path, edizione: str) -> list[str]:
    """Return the files that are not the same, or not in both, among those that two builds have published."""
    trees = [f"{name}/{edizione}" for name in ("reports", "maps")]
    names = {
        file.relative_to(root).as_posix()
        for root in (one, other)
        for tree in trees
        for file in (root / tree).rglob("*")
        if file.is_file()
    }
    return sorted(name for name in names if _bytes(one / name) != _bytes(other / name))


def _bytes(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None


def _built(root: Path, output: Path, processes: int, ats: tuple[str, ...], source: str = _BUILD) -> tuple[Cost, int]:
    """Build with the library of a checkout; return the cost and how many chapters ran."""
    program = root / "genera_prova.py"
    program.write_text(source, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(root)}
    command = [sys.executable, str(program), str(root), str(output), str(processes), *ats]
    made: list[int] = []

    def run() -> None:
        done = subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        made.append(int(done.stdout.split()[-1]))

    return timed(run), made[0]


def _change(table: str) -> None:
    """Import a table again with one number one greater."""
    version = storage.find(table)
    entry = version.to_dict()
    for name in ("tabella", "origine", "file", "sha256"):
        del entry[name]

    def write(file: Path) -> None:
        if version.percorso.suffix == ".parquet":
            frame = pd.read_parquet(version.percorso)
            frame.loc[frame.index[0], "residenti"] += 1
            frame.to_parquet(file, index=False)
            return
        lines = version.percorso.read_text(encoding="utf-8").splitlines(keepends=True)
        column = lines[0].strip().split(",").index("valore")
        frame = pd.read_csv(version.percorso, dtype=str, keep_default_na=False)
        before, after = frame.iloc[0, column], f"{float(frame.iloc[0, column]) + 1:g}"
        frame.iloc[0, column] = after
        if "frase" in frame:  # the number must be in the words it was read in
            frame.loc[0, "frase"] = frame.loc[0, "frase"].replace(before, after)
        frame.to_csv(file, index=False)

    storage.write_version(table, "importata", version.percorso.name, write, entry)


def _say(root: Path) -> None:
    """Add a sentence to a chapter, where readers see it: some cells are only for who opens the notebook."""
    file = root / "notebooks" / "capitoli" / f"{CHAPTER}.ipynb"
    notebook = json.loads(file.read_text(encoding="utf-8"))
    texts = [c for c in notebook["cells"] if c["cell_type"] == "markdown" and len("".join(c["source"])) > 80]
    cell = next(c for c in texts if "nascosto" not in c["metadata"].get("tags", ()))
    text = "".join(cell["source"]).rstrip()
    cell["source"] = f"{text} Lo si vede anche altrove."
    file.write_text(json.dumps(notebook, ensure_ascii=False, indent=1), encoding="utf-8")
