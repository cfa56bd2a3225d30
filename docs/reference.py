"""The pages of the API reference: every public name of every module, room by room."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from pathlib import Path
from types import ModuleType

import conciliazione_lib

#: Rooms in the order a reader meets them, with what they are for.
ROOMS = {
    "territory": "Who belongs to whom, and when",
    "indicators": "Methods: frames in, frames out",
    "catalog": "The tables",
    "sources": "Where tables come from",
    "evidence": "Figures, and what can be said of them",
    "quality": "Checks",
    "report": "Charts, maps, blocks, sessions",
    "build": "Making an edition",
    "publish": "Site, documents, open data",
    "desk": "The analyst's page",
    "cli": "The command line",
    "region": "Which region it is",
    "storage": "Where the bytes of a table are",
    "errors": "What can go wrong, and what is said",
}


def modules(room: str) -> list[str]:
    """Return the public modules of a room, the room first."""
    name = f"{conciliazione_lib.__name__}.{room}"
    found = importlib.import_module(name)
    inside = pkgutil.walk_packages(getattr(found, "__path__", []), f"{name}.")
    return [name, *(one.name for one in inside if not any(part.startswith("_") for part in one.name.split(".")))]


def public(module: ModuleType) -> list[str]:
    """Return the public functions and classes that a module defines."""
    defined = vars(module).items()
    return sorted(
        name
        for name, value in defined
        if not name.startswith("_")
        and (inspect.isclass(value) or inspect.isfunction(inspect.unwrap(value)))
        and getattr(value, "__module__", None) == module.__name__
    )


def write(folder: Path) -> list[str]:
    """Write a page for each room in a folder; return the full names of all that the pages describe."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = []
    for room, title in ROOMS.items():
        lines = [f"{room}", "=" * len(room), "", f"{title}.", ""]
        for name in modules(room):
            module = importlib.import_module(name)
            names = public(module)
            if not names and not ast.get_docstring(ast.parse(inspect.getsource(module))):
                continue
            listed += [f"{name}.{one}" for one in names]
            short = name.removeprefix("conciliazione_lib.")
            lines += [short, "-" * len(short), "", f".. automodule:: {name}", "   :no-members:", ""]
            if names:
                lines += [f".. currentmodule:: {name}", "", ".. autosummary::", "   :nosignatures:", ""]
                lines += [*(f"   {one}" for one in names), ""]
            for one in names:
                kind = "autoclass" if inspect.isclass(getattr(module, one)) else "autofunction"
                lines += [f".. {kind}:: {name}.{one}", *(["   :members:"] if kind == "autoclass" else []), ""]
        (folder / f"{room}.rst").write_text("\n".join(lines), encoding="utf-8")
    index = ["Reference", "=========", "", ".. toctree::", "   :maxdepth: 1", "", *(f"   {room}" for room in ROOMS), ""]
    (folder / "index.rst").write_text("\n".join(index), encoding="utf-8")
    return listed
