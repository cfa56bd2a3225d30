"""What a notebook says of itself before it runs."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest
from papermill import inspect_notebook

from conciliazione_lib import build
from conciliazione_lib.build import notebook
from conciliazione_lib.errors import UsoError


def write(file: Path, *cells: tuple[str, list[str]], outputs: list[Any] | None = None) -> Path:
    content = {
        "cells": [
            {
                "cell_type": "code",
                "id": f"c{i}",
                "source": text,
                "metadata": {"tags": labels},
                "outputs": outputs or [],
                "execution_count": None,
            }
            for i, (text, labels) in enumerate(cells)
        ],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


PARAMETERS = ('territorio = "milano"\nanni: int = 10\nquota: float = 1\nbreve = False', ["parameters"])


def test_parameters_have_the_type_declared_or_that_of_their_default(tmp_path: Path) -> None:
    read_ = notebook.read(write(tmp_path / "n.ipynb", PARAMETERS))
    assert {p.name: (p.type, p.default) for p in read_.parameters.values()} == {
        "territorio": ("str", "milano"),
        "anni": ("int", 10),
        "quota": ("float", 1),
        "breve": ("bool", False),
    }


def test_every_chapter_has_the_parameters_that_papermill_sees() -> None:
    config = build.load(Path(__file__).parents[2])
    for chapter in config.capitoli:
        read_ = notebook.read(config.notebook(chapter))
        assert set(read_.parameters) == set(inspect_notebook(str(read_.path)))
        assert {"territorio", "edizione", "data"} <= set(read_.parameters)


def test_unknown_parameters_and_other_types_are_all_told(tmp_path: Path) -> None:
    read_ = notebook.read(write(tmp_path / "n.ipynb", PARAMETERS))
    notebook.check(read_, {"territorio": "pavia", "anni": 5, "quota": 0.5})
    with pytest.raises(UsoError) as info:
        notebook.check(read_, {"teritorio": "pavia", "anni": "cinque", "quota": True})
    assert [str(p) for p in info.value.problemi] == [
        "file n.ipynb: atteso un parametro fra territorio, anni, quota, breve; trovato «teritorio».",
        "file n.ipynb: atteso un numero intero per «anni»; trovato 'cinque'.",
        "file n.ipynb: atteso un numero per «quota»; trovato True.",
    ]


@pytest.mark.parametrize("cells", [[], [PARAMETERS, PARAMETERS]])
def test_there_is_one_cell_of_parameters(tmp_path: Path, cells: list[tuple[str, list[str]]]) -> None:
    with pytest.raises(UsoError, match="ne serve una"):
        notebook.read(write(tmp_path / "n.ipynb", *cells))


def test_a_parameter_is_a_plain_value(tmp_path: Path) -> None:
    with pytest.raises(UsoError, match=r"una riga che non è un parametro con il suo valore: x = f\(\)"):
        notebook.read(write(tmp_path / "n.ipynb", ("x = f()", ["parameters"])))


def test_stored_outputs_do_not_change_a_notebook_and_its_cells_do(tmp_path: Path) -> None:
    file = tmp_path / "n.ipynb"
    before = notebook.read(write(file, PARAMETERS, ("1 + 1", []))).digest
    seen = [{"output_type": "stream", "name": "stdout", "text": "2"}]
    assert notebook.read(write(file, PARAMETERS, ("1 + 1", []), outputs=seen)).digest == before
    assert notebook.read(write(file, PARAMETERS, ("1 + 2", []))).digest != before
    assert notebook.read(write(file, PARAMETERS, ("1 + 1", ["nascosto"]))).digest != before


def test_imports_are_found_and_ipython_lines_are_not_code(tmp_path: Path) -> None:
    cell = "%matplotlib inline\n!ls\nfrom conciliazione_lib import catalog\nimport pandas as pd"
    read_ = notebook.read(write(tmp_path / "n.ipynb", PARAMETERS, (cell, [])))
    assert read_.imports == ("conciliazione_lib", "conciliazione_lib.catalog", "pandas")


def test_broken_code_and_broken_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(UsoError, match="un errore di sintassi nella cella 2, riga 1"):
        notebook.read(write(tmp_path / "n.ipynb", PARAMETERS, ("def", [])))
    (tmp_path / "n.ipynb").write_text("ciao")
    with pytest.raises(UsoError, match="non è un notebook leggibile"):
        notebook.read(tmp_path / "n.ipynb")


def test_stored_outputs_do_not_travel_with_the_notebook(tmp_path: Path) -> None:
    output = [{"output_type": "stream", "name": "stdout", "text": "molto lungo"}]
    with_ = notebook.read(write(tmp_path / "con.ipynb", PARAMETERS, ("print(1)", []), outputs=output))
    without = notebook.read(write(tmp_path / "senza.ipynb", PARAMETERS, ("print(1)", [])))
    assert with_.text == without.text
    assert "molto lungo" not in with_.text


@pytest.mark.parametrize(
    "source",
    [
        "import pandas as pd\npd.read_parquet('cifre.parquet')",
        "from pandas import read_parquet\nread_parquet('cifre.parquet')",
        "from pandas import read_parquet as leggi\nleggi('cifre.parquet')",
        "from pandas import *",
        "import pandas.io.common as comune\ncomune.get_handle('x', 'r')",
        "import pandas as pd\npd.HDFStore('cifre.h5')",
        "import numpy as np\nnp.load('cifre.npy')",
        "from pathlib import Path\nPath('x').exists()",
        "open('x')",
        "from IPython import get_ipython as shell\nshell().system('ls')",
        "c.cifre_edizione._folder",
    ],
)
def test_who_may_read_files_by_itself_does_not_only_ask(source: str) -> None:
    assert not notebook.only_asks(list(ast.walk(ast.parse(source))))


def test_who_asks_the_library_only_asks() -> None:
    source = "import pandas as pd\nfrom conciliazione_lib import catalog\npd.DataFrame(catalog.read('comuni'))"
    assert notebook.only_asks(list(ast.walk(ast.parse(source))))


@pytest.mark.parametrize("name", ["set_option", "options", "reset_option", "api"])
def test_what_reaches_beyond_a_notebook_does_under_another_name_too(name: str) -> None:
    assert not notebook.only_tells(list(ast.walk(ast.parse(f"from pandas import {name} as altro\naltro"))))
