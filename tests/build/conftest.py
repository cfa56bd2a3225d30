"""A project of tiny notebooks, with a table of its own, to build for real in a temporary folder."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from conciliazione_lib import build, storage
from conciliazione_lib.build.places import Place, Places

PARAMETERS = 'territorio: str = "milano"\nedizione: str = "prova"\ndata: str = "2022-01-01"'

#: What a chapter of the tests does: one reads the table, the other does not.
WITH_TABLE = (
    "from conciliazione_lib import storage",
    'storage.read(storage.find("prova")).assign(territorio=territorio)',
)
WITHOUT_TABLE = ("print(territorio.upper())", "{'edizione': edizione, 'data': data}")


@dataclass
class Project:
    """A temporary project; the tests ask for it as ``progetto``."""

    radice: Path
    luoghi: Places
    con_tabella = WITH_TABLE
    senza_tabella = WITHOUT_TABLE

    @property
    def output(self) -> Path:
        return self.radice / "uscita è qui"

    @property
    def tree(self) -> Path:
        return self.output / "reports" / "prova"

    def notebook(self, nome: str, *cells: str, parameters: str = PARAMETERS) -> Path:
        cell = v4.new_code_cell(parameters, id="parametri", metadata={"tags": ["parameters"]})
        others = [v4.new_code_cell(text, id=f"cella-{i}") for i, text in enumerate(cells)]
        notebook = v4.new_notebook(cells=[cell, *others])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        file = self.radice / "notebooks" / f"{nome}.ipynb"
        file.parent.mkdir(exist_ok=True)
        nbformat.write(notebook, file)
        return file

    def configure(self, *chapters: str, extra: str = "") -> build.Config:
        text = f'edizione = "prova"\n{extra}\n[edizioni.prova]\ntitolo = "Prova"\ndata = "2022-01-01"\n'
        for name in chapters:
            text += (
                f'\n[[capitoli]]\nid = "{name}"\ntitolo = "{name.title()}"\nnotebook = "notebooks/{name}.ipynb"\n'
                f'livelli = ["ats"]\ntabelle = {["prova"] if name == "letto" else []}\n'
            ).replace("'", '"')
        (self.radice / "reports.toml").write_text(text, encoding="utf-8")
        return build.load(self.radice)

    def two_chapters(self) -> build.Config:
        self.tabella("1")
        self.notebook("letto", *WITH_TABLE)
        self.notebook("libero", *WITHOUT_TABLE)
        return self.configure("letto", "libero")

    @property
    def config(self) -> build.Config:
        return build.load(self.radice)

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
    def fingerprints(folder: Path) -> dict[str, str]:
        """Hash of every file of a folder, by its path."""
        return {
            file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted(folder.rglob("*"))
            if file.is_file()
        }

    def generate(self, config: build.Config, choice: build.Choice | None = None, **other: object) -> build.RunResult:
        # One at a time, unless it matters: a second process takes a second to start, and there is little for it to do.
        options = {"output": self.output, "processes": 1, "places": self.luoghi, **other}
        return build.run(config, choice or build.Choice(), **options)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def in_folder() -> Callable[[Path, pytest.MonkeyPatch], Project]:
    """Return the project of a folder, whose tables are read from then on; there it may be already."""

    def found(folder: Path, patch: pytest.MonkeyPatch) -> Project:
        root = folder / "progetto con spazi"
        root.mkdir(exist_ok=True)
        patch.setenv(storage.ROOT_VARIABLE, str(folder / "dati"))
        return Project(root, Places([Place("ats", "milano", "Milano"), Place("ats", "pavia", "Pavia")]))

    return found


@pytest.fixture
def progetto(in_folder: Callable[..., Project], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    return in_folder(tmp_path, monkeypatch)


@pytest.fixture(scope="session")
def built_once(in_folder: Callable[..., Project], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a project of two chapters that have been run, once for every test that goes on from there."""
    folder = tmp_path_factory.mktemp("due capitoli")
    with pytest.MonkeyPatch.context() as patch:
        project = in_folder(folder, patch)
        assert len(project.generate(project.two_chapters()).executed) == 4
    return folder


@pytest.fixture
def built(
    built_once: Path, in_folder: Callable[..., Project], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Project:
    """A copy of it, elsewhere: of what is there nothing is to be run again."""
    return in_folder(shutil.copytree(built_once, tmp_path, dirs_exist_ok=True), monkeypatch)
