"""Analyses and chapters run in this process, for tests: the cells of the notebooks, as a build would run them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
import pytest

from conciliazione_lib import storage
from conciliazione_lib.evidence import store

CARTELLA = Path(__file__).resolve().parents[1] / "notebooks"


def svolgi(nome: str, ambiente: Mapping[str, str], **parametri: str) -> dict[str, Any]:
    """Run the cells of a notebook, and return its names."""
    nomi: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("IPython.display.display", lambda *blocchi: None)
        for variabile, valore in ambiente.items():
            patch.setenv(variabile, valore)
        for cella in nbformat.read(CARTELLA / f"{nome}.ipynb", as_version=4).cells:
            if cella.cell_type == "code":
                exec(compile(cella.source, f"{nome}.ipynb, {cella['id']}", "exec"), nomi)
                if "parameters" in cella.metadata.get("tags", []):
                    nomi |= parametri
    return nomi


def calcola(analisi: str, cartella: Path, seguite: Sequence[Path] = (), **parametri: str) -> Path:
    """Run an analysis after others, and return the folder of its part."""
    parte = cartella / analisi
    parti = os.pathsep.join(map(str, seguite))
    svolgi(f"analisi/{analisi}", {storage.PART_VARIABLE: str(parte), storage.PARTS_VARIABLE: parti}, **parametri)
    return parte


def archivia(parti: Sequence[Path], cartella: Path) -> Path:
    """Join the parts of some analyses, and return the folder of the store."""
    store.write(store.join(map(store.load, parti)), cartella)
    return cartella


def racconta(capitolo: str, archivio: Path, **parametri: str) -> list[dict[str, Any]]:
    """Run a chapter over a store, and return its blocks."""
    nomi = svolgi(capitolo, {storage.FIGURES_VARIABLE: str(archivio)}, **parametri)
    return [blocco.to_dict() for blocco in nomi["c"].blocchi]
