"""What holds of every notebook: chapters only show, dates come from the data, files say nothing of a machine."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nbformat
import pytest
from quaderni import CONFIG, DATA, EDIZIONE, NOTEBOOKS

from conciliazione_lib.build.notebook import read

CHAPTERS = sorted(NOTEBOOKS.glob("capitoli/*.ipynb"))
ANALYSES = sorted(NOTEBOOKS.glob("analisi/*.ipynb"))
YEAR = re.compile(r"\b(?:19|20)\d\d\b")

#: The years that may be written, for what they name. Any other stands for data, and is told by the data.
ALLOWED = {
    "an act, which has a year in its name": (
        "legge 8 marzo 2000, n. 53",
        "l. 53/2000",
        "l.r. 28/2004",
        "legge 158/2017",
        "l.r. 23/2015",
        "legge 30 dicembre 2021, n. 234",
        "legge 234/2021",
        "2022/C 484/01",
        "l'Allegato C del 2013",
    ),
    "the term that an act sets": ("entro il 2027", "obiettivo europeo per il 2030"),
    "a programme, named by its years": (
        "linee guida 2025–2027",
        "acrocategoria 2025–2027",
        "biennio 2017–2018",
        "riparto 2014–2015",
        'elenco("risorse_2014_2015")',
    ),
    "a document, named by its year": ("relazione regionale del 2019",),
    "what a source does not give, as it says": ("(dati ISTAT 2011)",),
    "when the survey changed": ("Dal 2021 la rilevazione segue regole europee nuove",),
    "who wrote of a method": (
        "Fréchet (1951)",
        "Kitagawa 1955",
        "Kitagawa (1955)",
        "Arellano 1987",
        "Cameron, Gelbach e Miller 2008",
        "Barro e Sala-i-Martin 1992",
        "OECD e JRC 2008",
        "Manski (1989",
        "Wiley 2012",
        "Rao e Molina 2015",
        "Gonzalez e Waksberg 1973",
        "(2024): quali posti i dati non escludono",
        "Mazziotta e Pareto corretto (2016, 2018)",
        "Saisana, Saltelli e Tarantola 2005",
        "Gamboa e altri 2014",
        "Assunção e Reis 1999",
        "Hamilton e Perry, 1962",
        "Tayman e Swanson, 2017",
        "*Fair Representation*, 2001",
        "Luo e Wang 2003",
        "Luo e Qi 2009",
        "Lowe e altri (2022",
        "Benton e altri, 2007",
    ),
}
PHRASES = sorted((phrase for phrases in ALLOWED.values() for phrase in phrases), key=len, reverse=True)
#: Folders of a machine, on the systems the project runs on.
MACHINE = re.compile(r"/(?:home|Users|root|tmp|var|work|mnt|opt|private)/\w|\b[A-Z]:\\\\?\w|/ipykernel_\d")


def name_of(notebook: Path) -> str:
    return notebook.relative_to(NOTEBOOKS).with_suffix("").as_posix()


every = pytest.mark.parametrize("notebook", [*CHAPTERS, *ANALYSES], ids=name_of)
of_chapters = pytest.mark.parametrize("notebook", CHAPTERS, ids=name_of)
of_analyses = pytest.mark.parametrize("notebook", ANALYSES, ids=name_of)


def cells(notebook: Path) -> list[nbformat.NotebookNode]:
    return nbformat.read(notebook, as_version=4).cells


def is_parameters(cell: nbformat.NotebookNode) -> bool:
    return "parameters" in cell.metadata.get("tags", [])


def sources(notebook: Path) -> list[str]:
    """The words of every cell but the parameters, spaces made one."""
    return [" ".join(cell.source.split()) for cell in cells(notebook) if not is_parameters(cell)]


def test_every_notebook_is_declared_and_every_declaration_has_its_notebook() -> None:
    declared = {CONFIG.notebook(one) for one in (*CONFIG.capitoli, *CONFIG.analisi)}
    assert declared == {*CHAPTERS, *ANALYSES}


@every
def test_parameters_are_those_of_the_edition(notebook: Path) -> None:
    [cell] = [cell for cell in cells(notebook) if is_parameters(cell)]
    values: dict[str, object] = {}
    exec(cell.source, values)
    assert (values["edizione"], values["data"]) == (EDIZIONE, DATA)


@every
def test_no_year_is_typed_that_the_data_can_tell(notebook: Path) -> None:
    typed = []
    for source in sources(notebook):
        left = source
        for phrase in PHRASES:
            left = left.replace(phrase, "")
        typed += [left[max(0, found.start() - 60) : found.end() + 20] for found in YEAR.finditer(left)]
    assert typed == []


def test_every_allowance_is_used() -> None:
    text = "\n".join(source for notebook in (*CHAPTERS, *ANALYSES) for source in sources(notebook))
    assert [phrase for phrase in PHRASES if phrase not in text] == []


@of_chapters
def test_chapters_neither_compute_nor_read_tables(notebook: Path) -> None:
    imported = set()
    for cell in cells(notebook):
        for node in ast.walk(ast.parse(cell.source)) if cell.cell_type == "code" else ():
            if isinstance(node, ast.ImportFrom):
                imported |= {f"{node.module}.{alias.name}" for alias in node.names}
            elif isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
    assert [one for one in sorted(imported) if re.search(r"\b(?:indicators|catalog)\b", one)] == []


@every
def test_cells_are_short_and_define_nothing(notebook: Path) -> None:
    code = {cell["id"]: cell.source for cell in cells(notebook) if cell.cell_type == "code"}
    lines = {id: sum(bool(line.strip()) for line in source.splitlines()) for id, source in code.items()}
    assert {id: count for id, count in lines.items() if count > 15} == {}
    assert [id for id, source in code.items() if re.search(r"^\s*(def|class|lambda)\b", source, re.MULTILINE)] == []


def test_notebooks_together_are_short() -> None:
    code = [cell.source for notebook in (*CHAPTERS, *ANALYSES) for cell in cells(notebook) if cell.cell_type == "code"]
    assert sum(len(source.splitlines()) for source in code) <= 2_500, "blank ones too"


@of_chapters
def test_chapters_share_a_process(notebook: Path) -> None:
    """Nothing in their code can change it: see ``build.notebook.only_tells``."""
    assert read(notebook).shares


@of_analyses
def test_analyses_keep_no_outputs(notebook: Path) -> None:
    """What they compute is in the store; outputs beside it would grow old unseen."""
    code = [cell for cell in cells(notebook) if cell.cell_type == "code"]
    assert [cell["id"] for cell in code if cell.outputs or cell.execution_count] == []


@of_chapters
def test_chapters_keep_what_they_say_and_nothing_else(notebook: Path) -> None:
    """What nbval compares: the whole chapter as text, by ``scripts/esegui_quaderni.py``, without words of a machine."""
    *others, last = [cell for cell in cells(notebook) if cell.cell_type == "code"]
    assert [cell["id"] for cell in others if cell.outputs or cell.execution_count] == []
    assert {"anteprima", "nbval-check-output"} <= set(last.metadata.tags)
    assert last.source == "c.chiudi(notebook)"
    [output] = last.outputs
    assert set(output.data) == {"text/markdown", "text/plain"}
    assert MACHINE.findall(output.data["text/plain"]) == []


@every
def test_metadata_say_nothing_of_a_machine(notebook: Path) -> None:
    kept = nbformat.read(notebook, as_version=4).metadata
    assert kept["kernelspec"] == {"display_name": "Python 3", "language": "python", "name": "python3"}
    assert set(kept) == {"kernelspec", "language_info"}
