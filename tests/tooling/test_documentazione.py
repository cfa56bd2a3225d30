"""What the documentation shows is true: examples run, questions get their answers, every public name is listed."""

from __future__ import annotations

import ast
import doctest
import importlib
import importlib.util
import re
import sys
from pathlib import Path

import pytest
from IPython.core.formatters import DisplayFormatter

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "conciliazione_lib"
QUESTIONS = sorted(file for file in (ROOT / "docs" / "galleria").glob("*.md") if file.stem != "index")
CELL = re.compile(r"```\{code-cell\} ipython3\n(.*?)```", re.DOTALL)
COME = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def modules() -> list[str]:
    """Every module of the library, by its full name."""
    names = (file.relative_to(ROOT).with_suffix("").parts for file in sorted(LIBRARY.rglob("*.py")))
    return [".".join(parts[:-1] if parts[-1] == "__init__" else parts) for parts in names if parts[-1] != "__main__"]


def with_examples() -> list[str]:
    return [
        nome
        for nome in modules()
        if ">>> " in Path(importlib.util.find_spec(nome).origin).read_text(encoding="utf-8")  # type: ignore[union-attr, arg-type]
    ]


@pytest.mark.parametrize("modulo", with_examples())
def test_every_example_of_a_docstring_runs(modulo: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = doctest.testmod(importlib.import_module(modulo), optionflags=COME, verbose=False)
    assert outcome.attempted > 0
    assert outcome.failed == 0


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda file: file.stem)
def test_every_question_of_the_gallery_is_answered(question: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the cells of a page; what the last line of each gives shows itself, never as a raw text of a page."""
    monkeypatch.chdir(question.parent)
    names: dict[str, object] = {}
    show = DisplayFormatter()
    cells = CELL.findall(question.read_text(encoding="utf-8"))
    assert cells
    for cell in cells:
        tree = ast.parse(cell)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, str(question), "exec"), names)
        if last is not None:
            valore = eval(compile(ast.Expression(last.value), str(question), "eval"), names)  # type: ignore[attr-defined]
            if valore is not None:
                faces, _ = show.format(valore)
                assert len(faces["text/plain"]) < 5000


def test_the_gallery_has_its_questions_in_the_index() -> None:
    index = (ROOT / "docs" / "galleria" / "index.md").read_text(encoding="utf-8")
    assert len(QUESTIONS) == 10
    assert [file.stem for file in QUESTIONS] == re.findall(r"^\d\d_\w+$", index, re.MULTILINE)


def test_the_reference_lists_every_public_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    monkeypatch.delitem(sys.modules, "reference", raising=False)
    importlib.import_module("reference").write(tmp_path)
    written = "\n".join(file.read_text(encoding="utf-8") for file in tmp_path.glob("*.rst"))
    listed = set(re.findall(r"^\.\. auto(?:class|function):: (\S+)$", written, re.MULTILINE))
    expected = set()
    for nome in modules():
        if any(parte.startswith("_") for parte in nome.split(".")):
            continue
        file = Path(importlib.util.find_spec(nome).origin)  # type: ignore[union-attr, arg-type]
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                expected.add(f"{nome}.{node.name}")
    assert len(expected) > 500
    assert expected - listed == set()


def test_the_index_of_the_indicators_has_every_module() -> None:
    room = importlib.import_module("conciliazione_lib.indicators")
    own_modules = sorted(file.stem for file in (LIBRARY / "indicators").glob("*.py") if file.stem != "__init__")
    assert own_modules == sorted(room.__all__)
    assert sorted(re.findall(r"- :mod:`\.(\w+)`", room.__doc__ or "")) == own_modules
