"""The analyst's computer is Windows: what would work only elsewhere is found here, by reading the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

RADICE = Path(__file__).parents[2]
FILE = sorted([RADICE / "avvia.py", *(RADICE / "conciliazione_lib").rglob("*.py"), *(RADICE / "scripts").glob("*.py")])
SOLO_POSIX = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}
SOLO_POSIX_OS = {"chown", "fork", "forkpty", "geteuid", "getuid", "mkfifo", "setsid", "symlink", "uname"}


def albero(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def al_caricamento(nodi: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that run when a module is imported, those under a condition or a ``try`` apart."""
    for nodo in nodi:
        yield nodo
        if isinstance(nodo, ast.ClassDef):
            yield from al_caricamento(nodo.body)


def dove(file: Path, nodo: ast.AST) -> str:
    return f"{file.relative_to(RADICE)}:{getattr(nodo, 'lineno', 0)}"


def chiamate(codice: ast.Module) -> Iterator[tuple[ast.Call, str]]:
    for nodo in ast.walk(codice):
        if isinstance(nodo, ast.Call):
            funzione = nodo.func
            nome = funzione.attr if isinstance(funzione, ast.Attribute) else getattr(funzione, "id", "")
            yield nodo, nome


def solo_posix(codice: ast.Module) -> list[ast.AST]:
    """Imports that fail on Windows as soon as the module is loaded."""
    trovati: list[ast.AST] = []
    for nodo in al_caricamento(codice.body):
        if isinstance(nodo, ast.Import) and {alias.name.partition(".")[0] for alias in nodo.names} & SOLO_POSIX:
            trovati.append(nodo)
        if isinstance(nodo, ast.ImportFrom) and (nodo.module or "").partition(".")[0] in SOLO_POSIX:
            trovati.append(nodo)
    return trovati


def senza_codifica(codice: ast.Module) -> list[ast.AST]:
    """Texts read or written in the system's own encoding, which on Windows is not UTF-8."""
    trovati: list[ast.AST] = []
    for nodo, nome in chiamate(codice):
        parole = {chiave.arg for chiave in nodo.keywords}
        if "encoding" in parole or None in parole:
            continue
        if (nome == "read_text" and not nodo.args) or (nome == "write_text" and len(nodo.args) < 2):
            trovati.append(nodo)
        elif nome == "open" and isinstance(nodo.func, ast.Name | ast.Attribute):
            posto = 1 if isinstance(nodo.func, ast.Name) else 0
            modo = nodo.args[posto] if len(nodo.args) > posto else None
            modo = next((chiave.value for chiave in nodo.keywords if chiave.arg == "mode"), modo)
            if isinstance(nodo.func, ast.Attribute) and getattr(nodo.func.value, "id", "") == "tarfile":
                continue  # an archive has no encoding
            # a text that is no mode is the name of a member: archives give bytes
            testuale = modo is None or (isinstance(modo, ast.Constant) and set(str(modo.value)) <= set("rwaxt+"))
            di_file = isinstance(nodo.func, ast.Name) or modo is None or isinstance(modo, ast.Constant)
            if testuale and di_file and len(nodo.args) < posto + 3:
                trovati.append(nodo)
    return trovati


def con_la_shell(codice: ast.Module) -> list[ast.AST]:
    """Commands that need a shell, and system calls that only POSIX has."""
    trovati: list[ast.AST] = []
    for nodo, nome in chiamate(codice):
        # What has a name is no «True»: IPython calls itself a shell.
        if any(
            chiave.arg == "shell" and not isinstance(chiave.value, ast.Name) for chiave in nodo.keywords
        ) or nome in ("symlink_to", "popen"):
            trovati.append(nodo)
        di_os = isinstance(nodo.func, ast.Attribute) and getattr(nodo.func.value, "id", "") == "os"
        if di_os and nome in SOLO_POSIX_OS | {"system"}:
            trovati.append(nodo)
    return trovati


@pytest.mark.parametrize("regola", [solo_posix, senza_codifica, con_la_shell])
def test_every_module_loads_and_reads_text_on_every_system(regola) -> None:
    assert [dove(file, nodo) for file in FILE for nodo in regola(albero(file))] == []


@pytest.mark.parametrize(
    ("regola", "codice"),
    [
        (solo_posix, "import fcntl"),
        (senza_codifica, "p.read_text()"),
        (senza_codifica, "p.write_text('à')"),
        (senza_codifica, "open(p)"),
        (senza_codifica, "p.open('w')"),
        (con_la_shell, "subprocess.run('ls', shell=True)"),
        (con_la_shell, "os.fork()"),
    ],
)
def test_the_rules_find_what_they_look_for(regola, codice: str) -> None:
    assert regola(ast.parse(codice))


def test_archives_have_no_encoding() -> None:
    assert senza_codifica(ast.parse("tarfile.open(fileobj=flusso, mode='w')")) == []


def test_no_name_of_ours_differs_only_by_case() -> None:
    """On Windows and macOS two such files would be one."""
    nomi = [
        p.relative_to(RADICE).as_posix()
        for c in ("conciliazione_lib", "data", "notebooks", "tests")
        for p in (RADICE / c).rglob("*")
        if "__pycache__" not in p.parts
    ]
    assert len({nome.casefold() for nome in nomi}) == len(nomi)
    assert [nome for nome in nomi if set(nome) & set('<>:"\\|?*') or nome.endswith((".", " "))] == []
