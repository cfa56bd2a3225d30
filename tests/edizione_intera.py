"""A small edition as a build leaves it: store, executed chapters in their places, site, maps, documents, manifest."""

from __future__ import annotations

import shutil
from pathlib import Path

from piccola_edizione import CONFIG, archivio, risultati

from conciliazione_lib.build.model import ChapterResult
from conciliazione_lib.build.publication import seal
from conciliazione_lib.publish import edition
from conciliazione_lib.publish.public_site import Publication


def pubblica(cartella: Path) -> Path:
    """Make the edition under a folder, and return ``reports/2022``."""
    tree = cartella / "reports" / "2022"
    facts = []
    for r in risultati(_nuova(cartella / "capitoli")):
        file = tree / "notebook" / r.livello / r.territorio / f"{r.capitolo}.ipynb"
        file.parent.mkdir(parents=True, exist_ok=True)
        if r.stato == "fatto":
            shutil.copyfile(r.notebook, file)
        facts.append(ChapterResult(r.capitolo, r.livello, r.territorio, r.nome_territorio, file, r.stato, r.errore))
    archivio(edition.read(facts, CONFIG).ledger, tree)
    parts = Publication(tree, edition.read(facts, CONFIG, tree), cartella)
    for name in parts.parts():
        parts.make(name)
    (cartella / "maps").mkdir()
    shutil.move(tree / "maps", cartella / "maps" / "2022")
    seal(cartella / "maps" / "2022", "prova")
    seal(tree, "prova")
    return tree


def _nuova(cartella: Path) -> Path:
    cartella.mkdir(parents=True)
    return cartella
