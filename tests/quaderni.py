"""Analyses and chapters run in this process: what the tests of notebooks share."""

from __future__ import annotations

import functools
import os
import tempfile
from pathlib import Path
from typing import Any

import nbformat
import pytest

from conciliazione_lib import storage
from conciliazione_lib.evidence import store

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


def run(notebook: Path, **parameters: Any) -> dict[str, Any]:
    """Run the cells of a notebook here, and return its names."""
    names: dict[str, Any] = {}
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.cell_type == "code":
            exec(compile(cell.source, f"{notebook.name} {cell['id']}", "exec"), names)
            if "parameters" in cell.metadata.get("tags", []):
                names |= parameters
    return names


def part(analysis: str, data: str, *earlier: Path) -> Path:
    """Run an analysis after others, and return the folder of what it wrote."""
    folder = Path(tempfile.mkdtemp()) / analysis
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("IPython.display.display", lambda *blocks: None)
        patch.setenv(storage.PART_VARIABLE, str(folder))
        patch.setenv(storage.PARTS_VARIABLE, os.pathsep.join(map(str, earlier)))
        run(NOTEBOOKS / "analisi" / f"{analysis}.ipynb", data=data)
    return folder


@functools.cache
def embedded(analysis: str, data: str) -> Path:
    """Return what an analysis writes of the embedded data, made once; those that it follows come first."""
    follows = {"territorio": ("demografia",)}.get(analysis, ())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONCILIAZIONE_DATI", tempfile.mkdtemp())
        return part(analysis, data, *(embedded(name, data) for name in follows))


def joined(*parts: Path) -> Path:
    """Return the folder of the store that some parts make."""
    folder = Path(tempfile.mkdtemp()) / "cifre"
    store.write(store.join(store.load(one) for one in parts), folder)
    return folder


def tell(chapter: str, folder: Path, **parameters: Any) -> list[dict[str, Any]]:
    """Run a chapter over a store, and return its blocks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("IPython.display.display", lambda *blocks: None)
        patch.setenv(storage.FIGURES_VARIABLE, str(folder))
        names = run(NOTEBOOKS / f"{chapter}.ipynb", **parameters)
    return [block.to_dict() for block in names["c"].blocchi]
