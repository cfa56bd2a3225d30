"""What the pages and the documents say beside the chapters: no year is typed that the edition or the data can tell."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

LIBRARY = Path(__file__).resolve().parents[2] / "conciliazione_lib"
TEMPLATES = sorted((LIBRARY / "publish" / "templates").glob("*.html"))
MODULES = sorted([*(LIBRARY / "publish").rglob("*.py"), *(LIBRARY / "report").rglob("*.py")])
YEAR = re.compile(r"(?<![\w/.])(?:19|20)\d\d(?![\w/])")

#: The years that may be written, for what they name.
ALLOWED = (
    "documento territoriale di ATS Milano 2020–2023",
    "Documento territoriale di ATS Milano 2020–2023",
    "macrocategoria del 2025–2027",
    "Linee guida 2025–2027",
    "Presentazione sulle Reti territoriali, 2015",
    "Presentazione «Il modello lombardo», 2017",
    "documento-2020",
    # a pattern that looks for the name of a document
    "Reti, 2015",
    # how a date is to be typed
    "Scriverla come 2022-01-01.",
    # the tests of the estimate, named by the year of what they compare
    "classi-2026",
    "nascosti-2022",
    "anno-2023",
    "struttura-2025",
)


def typed(text: str) -> list[str]:
    """The years of a text that are not the name of something, with what is around them."""
    for phrase in ALLOWED:
        text = text.replace(phrase, "")
    return [text[max(0, found.start() - 60) : found.end() + 20] for found in YEAR.finditer(text)]


def strings(module: Path) -> list[str]:
    """The strings of a module but its docstrings."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and isinstance(node.body[0], ast.Expr)
    }
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docs]
    return [node.value for node in constants if isinstance(node.value, str) and "://" not in node.value]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.stem)
def test_no_year_is_typed_in_a_template(template: Path) -> None:
    assert typed(" ".join(template.read_text(encoding="utf-8").split())) == []


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.relative_to(LIBRARY).as_posix())
def test_no_year_is_typed_in_what_the_library_says(module: Path) -> None:
    assert [found for text in strings(module) for found in typed(text)] == []


def test_every_allowance_is_used() -> None:
    texts = [template.read_text(encoding="utf-8") for template in TEMPLATES]
    text = "\n".join([*texts, *(said for module in MODULES for said in strings(module))])
    assert [phrase for phrase in ALLOWED if phrase not in text] == []
