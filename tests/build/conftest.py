"""A project of tiny notebooks, with a table of its own, to build for real in a temporary folder."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from conciliazione_lib import build, storage
from conciliazione_lib.build.places import Place, Places

PARAMETRI = 'territorio: str = "milano"\nedizione: str = "prova"\ndata: str = "2022-01-01"'

#: What a chapter of the tests does: one reads the table, the other does not.
CON_TABELLA = (
    "from conciliazione_lib import storage",
    'storage.read(storage.find("prova")).assign(territorio=territorio)',
)
SENZA_TABELLA = ("print(territorio.upper())", "{'edizione': edizione, 'data': data}")


@dataclass
class Progetto:
    """A temporary project; the tests ask for it as ``progetto``."""

    radice: Path
    luoghi: Places
    con_tabella = CON_TABELLA
    senza_tabella = SENZA_TABELLA

    @property
    def uscita(self) -> Path:
        return self.radice / "uscita è qui"

    @property
    def albero(self) -> Path:
        return self.uscita / "reports" / "prova"

    def notebook(self, nome: str, *celle: str, parametri: str = PARAMETRI) -> Path:
        cell = v4.new_code_cell(parametri, id="parametri", metadata={"tags": ["parameters"]})
        others = [v4.new_code_cell(text, id=f"cella-{i}") for i, text in enumerate(celle)]
        notebook = v4.new_notebook(cells=[cell, *others])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        file = self.radice / "notebooks" / f"{nome}.ipynb"
        file.parent.mkdir(exist_ok=True)
        nbformat.write(notebook, file)
        return file

    def configura(self, *capitoli: str, extra: str = "") -> build.Config:
        text = f'edizione = "prova"\n{extra}\n[edizioni.prova]\ntitolo = "Prova"\ndata = "2022-01-01"\n'
        for name in capitoli:
            text += (
                f'\n[[capitoli]]\nid = "{name}"\ntitolo = "{name.title()}"\nnotebook = "notebooks/{name}.ipynb"\n'
                f'livelli = ["ats"]\ntabelle = {["prova"] if name == "letto" else []}\n'
            ).replace("'", '"')
        (self.radice / "reports.toml").write_text(text, encoding="utf-8")
        return build.load(self.radice)

    def due_capitoli(self) -> build.Config:
        self.tabella("1")
        self.notebook("letto", *CON_TABELLA)
        self.notebook("libero", *SENZA_TABELLA)
        return self.configura("letto", "libero")

    def tabella(self, valore: str) -> None:
        """Import a table of one value."""
        storage.write_version(
            "prova",
            "importata",
            "prova.csv",
            lambda file: file.write_text(f"valore\n{valore}\n", encoding="utf-8") and None,
            {
                "data_riferimento": "2022-01-01",
                "titolo": "Prova",
                "fonte": "nessuna",
                "url": "",
                "licenza": "",
                "recuperato": "2022-01-01",
                "grado": "atto",
            },
        )

    @staticmethod
    def impronte(cartella: Path) -> dict[str, str]:
        """Hash of every file of a folder, by its path."""
        return {
            file.relative_to(cartella).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted(cartella.rglob("*"))
            if file.is_file()
        }

    def genera(self, config: build.Config, scelta: build.Scelta | None = None, **altro: object) -> build.RunResult:
        options = {"uscita": self.uscita, "processi": 2, "luoghi": self.luoghi, **altro}
        return build.run(config, scelta or build.Scelta(), **options)  # type: ignore[arg-type]


@pytest.fixture
def progetto(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Progetto:
    root = tmp_path / "progetto con spazi"
    root.mkdir()
    monkeypatch.setenv(storage.VARIABILE_RADICE, str(tmp_path / "dati"))
    return Progetto(root, Places([Place("ats", "milano", "Milano"), Place("ats", "pavia", "Pavia")]))
