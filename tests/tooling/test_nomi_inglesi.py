"""Names in the code are English, but for the nouns of the field and the columns of data.

``parole_italiane.txt`` is the list of Italian words and of what to call each; ``nomi_inglesi.toml`` says which rooms
keep to it, for each kind of name. The nouns of the field (ats, distretto, ambito, comune, udo, piano dei tempi, rete,
alleanza, riparto, atto, edizione, quadratura) are in no list; what has the very name of a column of a table may keep
it. Fields of classes are not looked at: they are called as the columns and the keys of the files they mirror.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from conciliazione_lib import catalog
from conciliazione_lib.evidence import writing

ROOT = Path(__file__).parents[2]
WORDS = dict(
    line.split(" ", 1) for line in (Path(__file__).parent / "parole_italiane.txt").read_text("utf-8").splitlines()
)
HELD = tomllib.loads((Path(__file__).parent / "nomi_inglesi.toml").read_text(encoding="utf-8"))
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@cache
def columns() -> frozenset[str]:
    """The columns of the tables and of the store."""
    declared = {column for name in catalog.names() for column in catalog.spec(name).columns}
    return frozenset(declared | set(writing.COLUMNS))


def italian(name: str) -> str | None:
    """What an Italian name might be called; nothing where it may stay."""
    if name in columns() or name.startswith("__"):
        return None
    parts = name.lower().strip("_").split("_")
    return "_".join(WORDS.get(part, part) for part in parts) if any(part in WORDS for part in parts) else None


def names(tree: ast.Module) -> Iterator[tuple[str, str, int]]:
    """Kind, name and line of what a module names: ``functions`` (classes, constants), ``parameters``, ``locals``."""

    def visit(node: ast.AST, inside: bool, of_class: bool) -> Iterator[tuple[str, str, int]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield "locals" if inside else "functions", child.name, child.lineno
            if isinstance(child, _SCOPES):
                told = child.args
                every = [*told.posonlyargs, *told.args, *told.kwonlyargs, told.vararg, told.kwarg]
                yield from (("parameters", one.arg, child.lineno) for one in every if one is not None)
            if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store) and not of_class:
                yield "locals" if inside else "functions", child.id, child.lineno
            deeper = inside or isinstance(child, (*_SCOPES, *_COMPREHENSIONS))
            yield from visit(
                child, deeper, isinstance(child, ast.ClassDef) or (of_class and not isinstance(child, _SCOPES))
            )

    yield from visit(tree, False, False)


def files(room: str) -> list[Path]:
    """The modules of a room, or those of ``tests``, ``scripts``, ``benchmarks``."""
    folder = ROOT / room if (ROOT / room).is_dir() else ROOT / "conciliazione_lib" / room
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]


def found(room: str, kind: str) -> list[str]:
    """The Italian names of a kind in a room, each with where it is and what it might be called."""
    return [
        f"{file.relative_to(ROOT)}:{line}: {name} ({better})"
        for file in files(room)
        for told, name, line in names(ast.parse(file.read_text(encoding="utf-8")))
        if told == kind and (better := italian(name)) is not None
    ]


def test_an_italian_name_is_seen_and_a_column_is_not() -> None:
    told = list(names(ast.parse("def conta(righe):\n    totale = sum(riga for riga in righe)\n    return totale\n")))
    assert [(kind, name) for kind, name, _ in told if italian(name)] == [
        ("functions", "conta"),
        ("parameters", "righe"),
        ("locals", "totale"),
        ("locals", "riga"),
    ]
    assert italian("numero_righe") == "number_rows"
    assert italian("cod_comune") is italian("residenti") is italian("ambito") is None


@pytest.mark.parametrize(("kind", "room"), [(kind, room) for kind, rooms in HELD.items() for room in rooms])
def test_names_are_english(kind: str, room: str) -> None:
    assert found(room, kind) == []


def test_rooms_are_called_by_their_name() -> None:
    assert set(HELD) == {"functions", "parameters", "locals"}
    assert all(files(room)[0].is_file() for rooms in HELD.values() for room in rooms)
    assert not [word for word in WORDS if not re.fullmatch("[a-z]+", word)]
