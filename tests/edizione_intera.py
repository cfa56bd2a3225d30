"""A small edition as a build leaves it: store, executed chapters in their places, site, maps, documents, manifest."""

from __future__ import annotations

import shutil
from pathlib import Path

from piccola_edizione import CONFIG, archive, outcomes_of

from conciliazione_lib.build.model import ChapterResult
from conciliazione_lib.build.publication import seal
from conciliazione_lib.publish import edition
from conciliazione_lib.publish.public_site import Publication


def publish(folder: Path) -> Path:
    """Make the edition under a folder, and return ``reports/2022``."""
    tree = folder / "reports" / "2022"
    facts = []
    for r in outcomes_of(_new(folder / "capitoli")):
        file = tree / "notebook" / r.livello / r.territorio / f"{r.capitolo}.ipynb"
        file.parent.mkdir(parents=True, exist_ok=True)
        if r.stato == "fatto":
            shutil.copyfile(r.notebook, file)
        facts.append(ChapterResult(r.capitolo, r.livello, r.territorio, r.nome_territorio, file, r.stato, r.errore))
    archive(edition.read(facts, CONFIG).ledger, tree)
    parts = Publication(tree, edition.read(facts, CONFIG, tree), folder)
    for name in parts.parts():
        parts.make(name)
    (folder / "maps").mkdir()
    shutil.move(tree / "maps", folder / "maps" / "2022")
    seal(folder / "maps" / "2022", "prova")
    seal(tree, "prova")
    return tree


def _new(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder
