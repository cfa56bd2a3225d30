"""Analyses and chapters run in this process: what the tests of notebooks share.

The figures of the edition are computed once, by the command that everybody uses, and kept where it keeps them. A test
runs again only the analysis whose data it changes, and reads a store with that in the place of the edition's own.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
import pytest
from filelock import FileLock

from conciliazione_lib import build, storage
from conciliazione_lib.build import execution
from conciliazione_lib.build.model import Job
from conciliazione_lib.build.parameters import injected
from conciliazione_lib.evidence import Store, store

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
CONFIG = build.load(ROOT)
#: The edition, and its date: never typed in a test.
EDIZIONE = CONFIG.edizione
DATA = CONFIG.edizioni[EDIZIONE].data


@functools.cache
def edition() -> Path:
    """Return the folder of the figures of the edition, computed where the data now give others, or there are none."""
    command = [sys.executable, "-m", "conciliazione_lib", "genera", "--solo-cifre", "--json"]
    (ROOT / "reports").mkdir(exist_ok=True)
    with FileLock(ROOT / "reports" / ".prove.lock"):  # tests run in several processes, and a build refuses another
        outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    if outcome.returncode != 0:
        pytest.fail(f"Le cifre non si calcolano ({outcome.returncode}):\n{outcome.stdout}{outcome.stderr}")
    return Path(json.loads(outcome.stdout)["cartella"])


@functools.cache
def figures() -> Store:
    """Return the store of the edition."""
    return Store(edition())


def run(notebook: Path, **parameters: Any) -> dict[str, Any]:
    """Run the cells of a notebook here, and return its names."""
    names: dict[str, Any] = {}
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.cell_type == "markdown" and hasattr(names.get("c"), "scrivi"):
            names["c"].scrivi(cell.source, names, cell.metadata.get("tags", []))
        elif cell.cell_type == "code":
            exec(compile(cell.source, f"{notebook.name} {cell['id']}", "exec"), names)
            if "parameters" in cell.metadata.get("tags", []):
                names |= parameters
    return names


def part(analysis: str, *earlier: Path, data: str = DATA) -> Path:
    """Run an analysis after others, or after the edition as it is, and return the folder of what it wrote."""
    folder = Path(tempfile.mkdtemp()) / analysis
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("IPython.display.display", lambda *blocks: None)
        patch.setenv(storage.PART_VARIABLE, str(folder))
        patch.setenv(storage.PARTS_VARIABLE, os.pathsep.join(map(str, earlier or (edition(),))))
        run(NOTEBOOKS / "analisi" / f"{analysis}.ipynb", edizione=EDIZIONE, data=data)
    return folder


def replaced(*parts: Path, of: Path | None = None) -> Path:
    """Return the folder of a store like that of the edition, or another, with what some analyses wrote in its place."""
    written = [store.load(one) for one in parts]
    whole = store.load(of or edition())
    for name in {name for one in written for name in one.analyses}:
        gone = set(whole.analyses.pop(name))
        whole.figures = whole.figures[~whole.figures["indicatore"].isin(gone)]
        whole.statements = whole.statements[~whole.statements["indicatore"].isin(gone)]
        for lost in [known.name for known in whole.listings.values() if known.analysis == name]:
            del whole.listings[lost], whole.lists[lost]
    folder = Path(tempfile.mkdtemp()) / "cifre"
    store.write(store.join([whole, *written]), folder)
    return folder


def tell(chapter: str, territorio: str, folder: Path | None = None, data: str = DATA) -> list[dict[str, Any]]:
    """Run a chapter over the edition, or over another store, and return its blocks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("IPython.display.display", lambda *blocks: None)
        patch.setenv(storage.FIGURES_VARIABLE, str(folder or edition()))
        names = run(NOTEBOOKS / "capitoli" / f"{chapter}.ipynb", territorio=territorio, edizione=EDIZIONE, data=data)
    return [block.to_dict() for block in names["c"].blocchi]


@functools.cache
def executed(chapter: str, territorio: str) -> str:
    """Return the notebook of a chapter over the edition, executed as in a build: its text."""
    parameters = {"territorio": territorio, "edizione": EDIZIONE, "data": DATA}
    testo = (NOTEBOOKS / "capitoli" / f"{chapter}.ipynb").read_text(encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(storage.FIGURES_VARIABLE, str(edition()))
        fatto = execution.execute(Job(chapter, injected(testo, parameters), parameters, None, 600))
    assert fatto.notebook, fatto
    return fatto.notebook


@functools.cache
def told(chapter: str, territorio: str) -> list[dict[str, Any]]:
    """Return the blocks of a chapter over the edition, run once; not to be changed."""
    return tell(chapter, territorio)
