"""Names in the code are English, but for the nouns of the field, the columns of data and the face for Italian readers.

``parole_italiane.txt`` is the list of Italian words and of what to call each; ``nomi_inglesi.toml`` says which rooms
keep to it, for each kind of name, and what may stay Italian. The nouns of the field (ats, distretto, ambito, comune,
udo, piano dei tempi, rete, alleanza, riparto, atto, edizione, quadratura) are in no list. Fields of classes are not
looked at: they are called as the columns and the keys of the files they mirror.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from conciliazione_lib import catalog
from conciliazione_lib.evidence import writing

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "conciliazione_lib"
WORDS = dict(
    line.split(" ", 1) for line in (Path(__file__).parent / "parole_italiane.txt").read_text("utf-8").splitlines()
)
SETTINGS = tomllib.loads((Path(__file__).parent / "nomi_inglesi.toml").read_text(encoding="utf-8"))
HELD, FACE = SETTINGS["held"], SETTINGS["face"]
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SCOPES = (*_FUNCTIONS, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True)
class Named:
    """A name given in a module.

    Attributes
    ----------
    kind : str
        ``functions`` (classes and constants too), ``parameters``, ``locals``.
    name : str
    line : int
    function : str
        Of a parameter, the function; of what makes an instance, the class.
    member : bool
        Of a function or a parameter, whether the function is a method.
    command : bool
        Whether the function is a command.
    """

    kind: str
    name: str
    line: int
    function: str = ""
    member: bool = False
    command: bool = False


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


@cache
def written() -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
    """What notebooks and the gallery call, and the options they give: names after a dot or called, imports."""
    texts: list[str] = []
    for file in sorted((ROOT / "notebooks").rglob("*.ipynb")):
        for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]:
            text = "".join(cell["source"])
            said = re.findall(r"\{\{(.*?)\}\}|\{%(.*?)%\}", text, re.DOTALL)
            texts += [text] if cell["cell_type"] == "code" else [part for pair in said for part in pair if part]
    for file in sorted((ROOT / "docs" / "galleria").glob("*.md")):
        texts += re.findall(r"```\{code-cell\}.*?\n(.*?)```", file.read_text(encoding="utf-8"), re.DOTALL)
    verbs: set[str] = set()
    options: set[tuple[str, str]] = set()
    for text in texts:
        verbs |= set(re.findall(r"\.\s*([A-Za-z]\w*)", text)) | set(re.findall(r"\b([A-Za-z]\w*)\s*\(", text))
        for line in re.findall(r"^\s*from \S+ import (.*)$", text, re.MULTILINE):
            verbs |= set(re.findall(r"\w+", line))
        for verb, given in re.findall(r"\b([A-Za-z]\w*)\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)", text):
            options |= {(verb, option) for option in re.findall(r"\b([a-z_]\w*)\s*=(?!=)", given)}
    return frozenset(verbs), frozenset(options)


@cache
def templates() -> frozenset[str]:
    """What templates ask of what they show."""
    texts = [file.read_text(encoding="utf-8") for file in sorted(LIBRARY.rglob("*.html"))]
    code = [part for text in texts for part in re.findall(r"\{\{.*?\}\}|\{%.*?%\}", text, re.DOTALL)]
    return frozenset(name for part in code for name in re.findall(r"\.\s*([A-Za-z_]\w*)", part))


def stays(file: Path, told: Named) -> bool:
    """Whether an Italian name is the face for an Italian reader."""
    verbs, options = written()
    room = file.relative_to(LIBRARY if file.is_relative_to(LIBRARY) else ROOT).parts[0].removesuffix(".py")
    if told.kind == "functions" and told.name.isupper() and told.name.lower() in catalog.names():
        return True
    if told.command:
        return True
    module = file.relative_to(
        LIBRARY if file.is_relative_to(LIBRARY) else ROOT / room if (ROOT / room).is_dir() else ROOT
    ).as_posix()
    if told.name in FACE["passed"].get(module, ()):
        return True
    if room == "tests":  # what stands for a chapter has its verbs
        return told.member and told.function in verbs | {"scrivi"}
    served = told.kind == "functions" and told.name.startswith("_")
    if file.is_relative_to(LIBRARY) and module.startswith(tuple(FACE["modules"])) and not served:
        return True
    if told.kind == "functions" and told.member and told.name in templates():
        return True
    if room not in FACE["rooms"]:
        return False
    if told.kind == "functions":
        return told.name in verbs
    return (told.function, told.name) in options or (
        room in ("evidence", "report") and told.function in verbs and not told.function.startswith("_")
    )


def names(tree: ast.Module) -> Iterator[Named]:
    """Yield what a module names."""

    def visit(node: ast.AST, inside: bool, of_class: str) -> Iterator[Named]:
        for child in ast.iter_child_nodes(node):
            function, command = getattr(child, "name", ""), False
            if isinstance(child, _FUNCTIONS):
                asked = [ast.unparse(one) for one in child.decorator_list]
                command = any(re.search(r"\.(italian_command|callback)\(", one) for one in asked)
            if isinstance(child, (*_FUNCTIONS, ast.ClassDef)):
                member = bool(of_class) and isinstance(child, _FUNCTIONS)
                yield Named("locals" if inside else "functions", function, child.lineno, function, member, command)
            if isinstance(child, _SCOPES):
                told = child.args
                every = [*told.posonlyargs, *told.args, *told.kwonlyargs, told.vararg, told.kwarg]
                owner = of_class if function.startswith("__") else function
                for one in every:
                    if one is not None:
                        yield Named("parameters", one.arg, child.lineno, owner, bool(of_class), command)
            if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store) and not of_class:
                yield Named("locals" if inside else "functions", child.id, child.lineno)
            deeper = inside or isinstance(child, (*_SCOPES, *_COMPREHENSIONS))
            within = child.name if isinstance(child, ast.ClassDef) else "" if isinstance(child, _SCOPES) else of_class
            yield from visit(child, deeper, within)

    yield from visit(tree, False, "")


def files(room: str) -> list[Path]:
    """The modules of a room, or those of ``tests``, ``scripts``, ``benchmarks``."""
    folder = ROOT / room if (ROOT / room).is_dir() else LIBRARY / room
    if folder.is_dir():
        return sorted(folder.rglob("*.py"))
    return [file for place in (ROOT, LIBRARY) if (file := (place / room).with_suffix(".py")).is_file()]


def found(room: str, kind: str) -> list[str]:
    """The Italian names of a kind in a room, each with where it is and what it might be called."""
    return [
        f"{file.relative_to(ROOT)}:{told.line}: {told.name} ({better})"
        for file in files(room)
        for told in names(ast.parse(file.read_text(encoding="utf-8")))
        if told.kind == kind and (better := italian(told.name)) is not None and not stays(file, told)
    ]


def test_an_italian_name_is_seen_and_a_column_is_not() -> None:
    told = list(names(ast.parse("def conta(righe):\n    totale = sum(riga for riga in righe)\n    return totale\n")))
    assert [(one.kind, one.name) for one in told if italian(one.name)] == [
        ("functions", "conta"),
        ("parameters", "righe"),
        ("locals", "totale"),
        ("locals", "riga"),
    ]
    assert italian("numero_righe") == "number_rows"
    assert italian("cod_comune") is italian("residenti") is italian("ambito") is None


def test_what_the_author_of_a_chapter_writes_stays_and_what_serves_it_does_not() -> None:
    (verb,) = [one for one in names(ast.parse("class Showing:\n    def barre(self): ...\n")) if one.name == "barre"]
    (helper,) = [one for one in names(ast.parse("def _righe(): ...\n")) if one.name == "_righe"]
    shown, served = LIBRARY / "report" / "showing" / "bars.py", LIBRARY / "publish" / "site.py"
    assert stays(shown, verb)
    assert not [one for file, one in ((shown, helper), (served, verb), (served, helper)) if stays(file, one)]


@pytest.mark.parametrize(("kind", "room"), [(kind, room) for kind, rooms in HELD.items() for room in rooms])
def test_names_are_english(kind: str, room: str) -> None:
    assert found(room, kind) == []


def test_rooms_are_called_by_their_name() -> None:
    assert set(HELD) == {"functions", "parameters", "locals"}
    assert all(files(room)[0].is_file() for rooms in HELD.values() for room in rooms)
    assert all((LIBRARY / module).exists() for module in FACE["modules"])
    assert not [word for word in WORDS if not re.fullmatch("[a-z]+", word)]
