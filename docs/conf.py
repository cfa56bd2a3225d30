"""How the documentation is made: ``make docs``."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import reference  # noqa: E402

import conciliazione_lib  # noqa: E402
from conciliazione_lib import build  # noqa: E402

project = "conciliazione"
author = "PoliS-Lombardia"
version = release = conciliazione_lib.__version__
language = "it"
extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "numpydoc",
    "myst_nb",
]
exclude_patterns = ["_build", "schermate", "galleria/*.txt"]
html_theme = "pydata_sphinx_theme"
html_title = "conciliazione"
html_theme_options = {"show_prev_next": False, "secondary_sidebar_items": ["page-toc"]}
html_show_sourcelink = False
autosummary_generate = False
autodoc_typehints = "none"
numpydoc_show_class_members = False
nb_execution_mode = "force"
# Analyses are shown as the edition ran them.
nb_execution_excludepatterns = ["analisi/*"]
nb_execution_raise_on_error = True
nb_execution_timeout = 120
suppress_warnings = [
    "misc.highlighting_failure",
    "ref.python",
    "myst.header",
    "myst.xref_missing",
    "mystnb.unknown_mime_type",
    "toc.not_included",
]

GENERATED = ("riferimento", "analisi")


def _analyses(folder: Path) -> None:
    """Put the analyses in a folder: executed, where the figures of the edition were computed here; else as written."""
    folder.mkdir()
    config = build.load(HERE.parent)
    results = HERE.parent / "reports" / ".lavoro" / "risultati"
    for analysis in config.analisi:
        record = results / "incarichi" / config.edizione / "analisi" / f"{analysis.id}.json"
        source = config.notebook(analysis)
        if record.is_file():
            key = json.loads(record.read_text(encoding="utf-8"))["chiave"]
            made = results / "eseguiti" / key[:2] / f"{key}.ipynb"
            source = made if made.is_file() else source
        shutil.copyfile(source, folder / f"{analysis.id}.ipynb")
    names = "\n".join(analysis.id for analysis in config.analisi)
    about = "# Le analisi\n\nCome si calcolano le cifre di un’edizione, tema per tema."
    text = f"{about}\n\n```{{toctree}}\n:maxdepth: 1\n\n{names}\n```\n"
    (folder / "index.md").write_text(text, encoding="utf-8")


def _prepare(app: Any) -> None:
    for name in GENERATED:
        shutil.rmtree(HERE / name, ignore_errors=True)
    app.conciliazione_names = reference.write(HERE / "riferimento")
    _analyses(HERE / "analisi")


def _all_there(app: Any, error: Exception | None) -> None:
    """Fail when a public name is not in the reference."""
    if error is None:
        objects = app.env.get_domain("py").objects
        if missing := [name for name in app.conciliazione_names if name not in objects]:
            raise RuntimeError(f"not in the reference: {', '.join(missing)}")


def setup(app: Any) -> None:
    """Write the generated pages before, and check them after."""
    app.connect("builder-inited", _prepare)
    app.connect("build-finished", _all_there)
