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

RADICE = Path(__file__).parents[2]
LIBRERIA = RADICE / "conciliazione_lib"
DOMANDE = sorted(file for file in (RADICE / "docs" / "galleria").glob("*.md") if file.stem != "index")
CELLA = re.compile(r"```\{code-cell\} ipython3\n(.*?)```", re.DOTALL)
COME = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def moduli() -> list[str]:
    """Every module of the library, by its full name."""
    nomi = (file.relative_to(RADICE).with_suffix("").parts for file in sorted(LIBRERIA.rglob("*.py")))
    return [".".join(parti[:-1] if parti[-1] == "__init__" else parti) for parti in nomi if parti[-1] != "__main__"]


def con_esempi() -> list[str]:
    return [
        nome
        for nome in moduli()
        if ">>> " in Path(importlib.util.find_spec(nome).origin).read_text(encoding="utf-8")  # type: ignore[union-attr, arg-type]
    ]


@pytest.mark.parametrize("modulo", con_esempi())
def test_every_example_of_a_docstring_runs(modulo: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    esito = doctest.testmod(importlib.import_module(modulo), optionflags=COME, verbose=False)
    assert esito.attempted > 0
    assert esito.failed == 0


@pytest.mark.parametrize("domanda", DOMANDE, ids=lambda file: file.stem)
def test_every_question_of_the_gallery_is_answered(domanda: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the cells of a page; what the last line of each gives shows itself, never as a raw text of a page."""
    monkeypatch.chdir(domanda.parent)
    nomi: dict[str, object] = {}
    mostra = DisplayFormatter()
    celle = CELLA.findall(domanda.read_text(encoding="utf-8"))
    assert celle
    for cella in celle:
        albero = ast.parse(cella)
        ultima = albero.body.pop() if isinstance(albero.body[-1], ast.Expr) else None
        exec(compile(albero, str(domanda), "exec"), nomi)
        if ultima is not None:
            valore = eval(compile(ast.Expression(ultima.value), str(domanda), "eval"), nomi)  # type: ignore[attr-defined]
            if valore is not None:
                facce, _ = mostra.format(valore)
                assert len(facce["text/plain"]) < 5000


def test_the_gallery_has_its_questions_in_the_index() -> None:
    indice = (RADICE / "docs" / "galleria" / "index.md").read_text(encoding="utf-8")
    assert len(DOMANDE) == 10
    assert [file.stem for file in DOMANDE] == re.findall(r"^\d\d_\w+$", indice, re.MULTILINE)


def test_the_reference_lists_every_public_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(RADICE / "docs"))
    monkeypatch.delitem(sys.modules, "reference", raising=False)
    importlib.import_module("reference").write(tmp_path)
    scritto = "\n".join(file.read_text(encoding="utf-8") for file in tmp_path.glob("*.rst"))
    elencati = set(re.findall(r"^\.\. auto(?:class|function):: (\S+)$", scritto, re.MULTILINE))
    attesi = set()
    for nome in moduli():
        if any(parte.startswith("_") for parte in nome.split(".")):
            continue
        file = Path(importlib.util.find_spec(nome).origin)  # type: ignore[union-attr, arg-type]
        for nodo in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(nodo, ast.FunctionDef | ast.ClassDef) and not nodo.name.startswith("_"):
                attesi.add(f"{nome}.{nodo.name}")
    assert len(attesi) > 500
    assert attesi - elencati == set()


def test_the_index_of_the_indicators_has_every_module() -> None:
    stanza = importlib.import_module("conciliazione_lib.indicators")
    moduli_suoi = sorted(file.stem for file in (LIBRERIA / "indicators").glob("*.py") if file.stem != "__init__")
    assert moduli_suoi == sorted(stanza.__all__)
    assert sorted(re.findall(r"- :mod:`\.(\w+)`", stanza.__doc__ or "")) == moduli_suoi
