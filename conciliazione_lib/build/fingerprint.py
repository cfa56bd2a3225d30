"""Content hashes of what a run depends on: library code, environment, files.

Code is hashed by meaning: the syntax tree without docstrings, comments and positions, over the transitive
closure of the library modules a notebook imports. So a change of words re-runs nothing, and a change of code
re-runs exactly the chapters that can see it.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import json
import os
import re
import sys
import tomllib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from conciliazione_lib import storage

PACKAGE = "conciliazione_lib"
PACKAGE_ROOT = Path(__file__).resolve().parents[1]

#: Names whose use means that a package finds its own modules at run time: then the whole package counts.
_DISCOVERY = frozenset({"pkgutil", "importlib.import_module"})
#: Changed with what is remembered of a parsed module.
_MEMO_FORMAT = 2


def digest(value: object) -> str:
    """SHA-256 of a JSON-able value, independent of the order of its keys."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def schemas() -> list[Path]:
    """Return the files outside the library that the room ``catalog`` reads its declarations from."""
    root = storage.embedded_root()
    return [
        file for file in (root / storage.VOCABULARIES, *sorted(root.glob(f"*/{storage.DECLARATION}"))) if file.is_file()
    ]


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def files(folder: Path) -> list[Path]:
    """Return the files of a folder and of those inside it, in order, without what Python writes for itself."""
    return sorted(Path(name) for name, *_ in listed(folder))


def listed(folder: Path | str, apart: Collection[str] = ()) -> Iterator[tuple[str, int, int]]:
    """Give name, time and size of the files that :func:`files` finds; some folders may be left out."""
    try:
        with os.scandir(folder) as found:
            entries = list(found)
    except FileNotFoundError:
        return
    for entry in entries:
        if entry.name == "__pycache__" or entry.path in apart:
            continue
        if entry.is_dir():
            yield from listed(entry.path, apart)
            continue
        with contextlib.suppress(FileNotFoundError):  # gone meanwhile
            status = entry.stat()
            yield entry.path, status.st_mtime_ns, status.st_size


def without_docstrings(tree: ast.Module) -> ast.Module:
    """Return the tree with the docstrings of module, classes and functions taken out (in place)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:] or [ast.Pass()]
    return tree


def code_digest(tree: ast.Module) -> str:
    """Hash of what the code does: docstrings, comments, layout and positions do not count."""
    return hashlib.sha256(ast.dump(without_docstrings(tree)).encode()).hexdigest()


def imported(tree: ast.Module, package: str) -> list[str]:
    """Return the dotted names a module may import, wherever the statement is.

    Parameters
    ----------
    tree : ast.Module
        The parsed module.
    package : str
        The package that relative imports start from.

    Returns
    -------
    list of str
        For ``from a import b`` both ``a`` and ``a.b``: only the file system knows which of them are modules. What is
        used of ``importlib`` counts as imported.
    """
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                anchor = package.split(".")
                anchor = anchor[: len(anchor) - node.level + 1]
                base = ".".join([*anchor, base] if base else anchor)
            names.add(base)
            names.update(f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "importlib":
            names.add(f"importlib.{node.attr}")
    return sorted(names)


@dataclass(frozen=True)
class _Module:
    """What one source file contributes: the hash of its code and the names it imports."""

    code: str
    imports: tuple[str, ...]


class Library:
    """The library's modules: where they are, what they import, what they do.

    Parameters
    ----------
    memo : Path, optional
        A file that remembers the parsed modules by content, so that an unchanged library is not parsed again.
    root : Path, optional
        The package's folder; its name is the package's name.
    """

    def __init__(self, memo: Path | None = None, root: Path = PACKAGE_ROOT) -> None:
        self.root = root
        self.package = root.name
        self._memo_path = memo
        self._memo: dict[str, list[object]] = _read_memo(memo)
        self._modules: dict[str, _Module] = {}
        self._paths: dict[str, Path | None] = {}
        self._known_assets: dict[str, dict[str, str]] = {}
        self._above: dict[str, list[str]] = {}
        self._dirty = False

    def path(self, module: str) -> Path | None:
        """Return the source file of a dotted name, or None when no module has that name."""
        if module not in self._paths:
            self._paths[module] = self._find(module)
        return self._paths[module]

    def _find(self, module: str) -> Path | None:
        parts = module.split(".")
        if parts[0] != self.package:
            return None
        folder = self.root.joinpath(*parts[1:])
        if (folder / "__init__.py").is_file():
            return folder / "__init__.py"
        if len(parts) > 1 and folder.with_suffix(".py").is_file():
            return folder.with_suffix(".py")
        return None

    def closure(self, imports: Iterable[str]) -> dict[str, str]:
        """Return every library module reachable from some imports, with the hash of its code.

        Packages that discover their modules at run time count whole; files that are not Python (registries,
        templates) count with the room they are in; of TOML, what it says and not how it is laid out.

        Parameters
        ----------
        imports : iterable of str
            Dotted names, as :func:`imported` gives them.

        Returns
        -------
        dict of str to str
            Module name, or path relative to the package for other files, to hash; sorted by name.
        """
        found: dict[str, str] = {}
        queue = list(imports)
        while queue:
            name = queue.pop()
            for module in self._with_parents(name):
                if module in found:
                    continue
                read = self._module(module)
                found[module] = read.code
                queue.extend(read.imports)
                if _DISCOVERY.intersection(read.imports):
                    queue.extend(self._siblings(module))
        for room in sorted({module.split(".")[1] for module in found if "." in module}):
            found.update(self._assets(room))
        return dict(sorted(found.items()))

    def code(self, module: str) -> str:
        """Return the hash of the code of one module."""
        return self._module(module).code

    def modules(self, room: str) -> list[str]:
        """Return the modules of a room, which may be a package or one file."""
        folder = self.root / room
        if not folder.is_dir():
            return [f"{self.package}.{room}"] if folder.with_suffix(".py").is_file() else []
        names = []
        for file in sorted(folder.rglob("*.py")):
            parts = file.relative_to(self.root).with_suffix("").parts
            names.append(".".join([self.package, *(parts[:-1] if parts[-1] == "__init__" else parts)]))
        return names

    def save(self) -> None:
        """Write the memo, if something new was parsed."""
        if self._memo_path is not None and self._dirty:
            self._memo_path.parent.mkdir(parents=True, exist_ok=True)
            temporary = self._memo_path.with_suffix(f".{os.getpid()}.tmp")
            temporary.write_text(json.dumps(self._memo), encoding="utf-8")
            temporary.replace(self._memo_path)

    def _with_parents(self, name: str) -> list[str]:
        if name not in self._above:
            parts = name.split(".")
            prefixes = [".".join(parts[: i + 1]) for i in range(len(parts))]
            self._above[name] = [prefix for prefix in prefixes if self.path(prefix) is not None]
        return self._above[name]

    def _siblings(self, module: str) -> list[str]:
        path = self.path(module)
        assert path is not None
        room = path.parent.relative_to(self.root).as_posix()
        return self.modules(room) if room != "." else []

    def _module(self, module: str) -> _Module:
        if module not in self._modules:
            path = self.path(module)
            assert path is not None
            content = path.read_bytes()
            package = module if path.name == "__init__.py" else module.rpartition(".")[0]
            known = f"{_MEMO_FORMAT}:{package}:{hashlib.sha256(content).hexdigest()}"
            if known not in self._memo:
                tree = ast.parse(content, filename=str(path))
                names = imported(tree, package)
                self._memo[known] = [code_digest(tree), names]
                self._dirty = True
            code, names = self._memo[known]  # type: ignore[assignment]
            self._modules[module] = _Module(str(code), tuple(names))
        return self._modules[module]

    def _assets(self, room: str) -> dict[str, str]:
        if room not in self._known_assets:
            self._known_assets[room] = {
                file.relative_to(self.root.parent).as_posix(): self._asset(file)
                for file in files(self.root / room)
                if file.suffix != ".py"
            }
            if (self.root, room) == (PACKAGE_ROOT, "catalog"):
                self._known_assets[room] |= {f"data/{_in_data(file)}": self._asset(file) for file in schemas()}
        return self._known_assets[room]

    def _asset(self, file: Path) -> str:
        content = file.read_bytes()
        known = hashlib.sha256(content).hexdigest()
        if file.suffix != ".toml":
            return known
        if known not in self._memo:
            self._memo[known] = [_toml_digest(content)]
            self._dirty = True
        return str(self._memo[known][0])


def _in_data(file: Path) -> str:
    return file.relative_to(storage.embedded_root()).as_posix()


def _toml_digest(content: bytes) -> str:
    """Hash of what a TOML file says, in its order; one that cannot be read is its bytes."""
    try:
        said = tomllib.loads(content.decode())
    except ValueError:
        return hashlib.sha256(content).hexdigest()
    # The versions of a table count where it is read (``Inputs.table``), not with what its declaration says.
    text = json.dumps({key: said[key] for key in said if key != "versioni"}, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _read_memo(path: Path | None) -> dict[str, list[object]]:
    if path is None:
        return {}
    try:
        memo = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return memo if isinstance(memo, dict) else {}


def tree_digest(parts: Iterable[str], root: Path = PACKAGE_ROOT) -> str:
    """Hash, byte for byte, of some rooms or folders of the library: what a process that imported them is keyed on."""
    total = hashlib.sha256()
    for part in sorted(parts):
        folder = root / part
        for file in files(folder) if folder.is_dir() else [folder.with_suffix(".py")]:
            if file.is_file():
                total.update(f"{file.relative_to(root).as_posix()}\0{file_digest(file)}\n".encode())
    return total.hexdigest()


@cache
def environment_digest(lock: Path | None) -> str:
    """Hash of the environment: interpreter, lock file, and the locked packages really installed.

    Parameters
    ----------
    lock : Path, optional
        The lock file (``name==version`` lines). Without it every installed package counts.
    """
    python = f"{sys.implementation.name} {sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    parts = [python, sys.platform]
    wanted: set[str] | None = None
    if lock is not None and lock.is_file():
        text = lock.read_text(encoding="utf-8")
        parts.append(hashlib.sha256(text.encode()).hexdigest())
        wanted = {_normal(name) for name in re.findall(r"^([A-Za-z0-9._-]+)==", text, flags=re.MULTILINE)}
    # Packages may be in several places (an environment over another one): of each, the first found is what is imported.
    installed: dict[str, str] = {}
    for folder in sys.path:
        for entry in sorted(Path(folder).glob("*.dist-info")):
            name = _normal(entry.name.removesuffix(".dist-info").rpartition("-")[0])
            if name != "conciliazione" and (wanted is None or name in wanted):
                installed.setdefault(name, entry.name)
    parts += sorted(installed.values())
    return digest(parts)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
