"""The analyst's computer is Windows: what would work only elsewhere is found here, by reading the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILE = sorted([ROOT / "avvia.py", *(ROOT / "conciliazione_lib").rglob("*.py"), *(ROOT / "scripts").glob("*.py")])
SOLO_POSIX = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}
SOLO_POSIX_OS = {"chown", "fork", "forkpty", "geteuid", "getuid", "mkfifo", "setsid", "symlink", "uname"}


def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def while_loading(nodes: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that run when a module is imported, those under a condition or a ``try`` apart."""
    for node in nodes:
        yield node
        if isinstance(node, ast.ClassDef):
            yield from while_loading(node.body)


def dove(file: Path, node: ast.AST) -> str:
    return f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"


def calls(codice: ast.Module) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(codice):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            yield node, name


def solo_posix(codice: ast.Module) -> list[ast.AST]:
    """Imports that fail on Windows as soon as the module is loaded."""
    found: list[ast.AST] = []
    for node in while_loading(codice.body):
        if isinstance(node, ast.Import) and {alias.name.partition(".")[0] for alias in node.names} & SOLO_POSIX:
            found.append(node)
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in SOLO_POSIX:
            found.append(node)
    return found


def without_encoding(codice: ast.Module) -> list[ast.AST]:
    """Texts read or written in the system's own encoding, which on Windows is not UTF-8."""
    found: list[ast.AST] = []
    for node, name in calls(codice):
        words = {key.arg for key in node.keywords}
        if "encoding" in words or None in words:
            continue
        if (name == "read_text" and not node.args) or (name == "write_text" and len(node.args) < 2):
            found.append(node)
        elif name == "open" and isinstance(node.func, ast.Name | ast.Attribute):
            place = 1 if isinstance(node.func, ast.Name) else 0
            way = node.args[place] if len(node.args) > place else None
            way = next((key.value for key in node.keywords if key.arg == "mode"), way)
            if isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") == "tarfile":
                continue  # an archive has no encoding
            # a text that is no mode is the name of a member: archives give bytes
            textual = way is None or (isinstance(way, ast.Constant) and set(str(way.value)) <= set("rwaxt+"))
            of_file = isinstance(node.func, ast.Name) or way is None or isinstance(way, ast.Constant)
            if textual and of_file and len(node.args) < place + 3:
                found.append(node)
    return found


def with_the_shell(codice: ast.Module) -> list[ast.AST]:
    """Commands that need a shell, and system calls that only POSIX has."""
    found: list[ast.AST] = []
    for node, name in calls(codice):
        # What has a name is no «True»: IPython calls itself a shell.
        if any(key.arg == "shell" and not isinstance(key.value, ast.Name) for key in node.keywords) or name in (
            "symlink_to",
            "popen",
        ):
            found.append(node)
        of_os = isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") == "os"
        if of_os and name in SOLO_POSIX_OS | {"system"}:
            found.append(node)
    return found


@pytest.mark.parametrize("regola", [solo_posix, without_encoding, with_the_shell])
def test_every_module_loads_and_reads_text_on_every_system(regola) -> None:
    assert [dove(file, node) for file in FILE for node in regola(tree(file))] == []


@pytest.mark.parametrize(
    ("regola", "codice"),
    [
        (solo_posix, "import fcntl"),
        (without_encoding, "p.read_text()"),
        (without_encoding, "p.write_text('à')"),
        (without_encoding, "open(p)"),
        (without_encoding, "p.open('w')"),
        (with_the_shell, "subprocess.run('ls', shell=True)"),
        (with_the_shell, "os.fork()"),
    ],
)
def test_the_rules_find_what_they_look_for(regola, codice: str) -> None:
    assert regola(ast.parse(codice))


def test_archives_have_no_encoding() -> None:
    assert without_encoding(ast.parse("tarfile.open(fileobj=flusso, mode='w')")) == []


def test_no_name_of_ours_differs_only_by_case() -> None:
    """On Windows and macOS two such files would be one."""
    names = [
        p.relative_to(ROOT).as_posix()
        for c in ("conciliazione_lib", "data", "notebooks", "tests")
        for p in (ROOT / c).rglob("*")
        if "__pycache__" not in p.parts
    ]
    assert len({name.casefold() for name in names}) == len(names)
    assert [name for name in names if set(name) & set('<>:"\\|?*') or name.endswith((".", " "))] == []
