"""The rooms hold no knot: no module of a room needs, in the end, itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import conciliazione_lib

PACKAGE = Path(conciliazione_lib.__file__).parent
#: Rooms whose imports inside functions keep a command, or a page, quick to begin: they import what they do.
THIN = ("cli", "desk")
#: Other modules that import something of ours late, because it is heavy and seldom needed.
HEAVY = {
    "build.analyses": {"evidence.readings", "evidence.store"},
    "build.cluster": {"build.execution"},
    "build.engine": {"build.cluster", "build.execution"},
    "build.places": {"territory"},
    "build.pool": {"build.execution"},
    "build.project": {"build.config", "catalog"},
    "indicators.scale_disclosure": {"indicators.outcomes"},
    "publish": {
        *(
            "build.engine",
            "build.inputs",
            "build.store",
            "publish.changes",
            "publish.edition",
            "publish.integrity",
            "publish.making",
        ),
        *("publish.processes", "publish.public_site", "publish.quadrature", "publish.shown", "publish.verify"),
    },
    "publish.verify_documents": {"publish.pdf_pieces"},
    "publish.webmaps": {"publish.folium_maps"},
    "build.worker": {"build.execution", "build.state"},
}


def modules() -> dict[str, Path]:
    """Every module of the library, by its name without that of the library."""
    found = {}
    for file in PACKAGE.rglob("*.py"):
        parts = file.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def imports(name: str, file: Path, known: dict[str, Path]) -> Iterator[tuple[str, bool]]:
    """The modules of ours that a module imports, and whether only when a function is called.

    Who asks a package for its own sibling goes through the face of the package, which must then be there first.
    """

    def visit(node: ast.AST, late: bool) -> Iterator[tuple[str, bool]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
                continue
            if isinstance(child, ast.Import):
                yield from ((alias.name, late) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{name}: a relative import"
                base = child.module or ""
                for alias in child.names:
                    yield (f"{base}.{alias.name}" if f"{base}.{alias.name}"[len(ours) :] in known else base), late
                if f"{ours}{name}".startswith(f"{base}."):
                    yield base, late
            yield from visit(child, late or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))

    ours = "conciliazione_lib."
    for target, late in visit(ast.parse(file.read_text(encoding="utf-8")), False):
        short = target.removeprefix(ours)
        if target.startswith(ours) and short in known and short != name:
            yield short, late


def graph() -> dict[str, dict[str, bool]]:
    """What each module imports, and whether it is only late."""
    known = modules()
    found: dict[str, dict[str, bool]] = {}
    for name, file in known.items():
        mine = found.setdefault(name, {})
        for target, late in imports(name, file, known):
            mine[target] = mine.get(target, True) and late
    return found


def in_a_knot(edges: dict[str, set[str]]) -> set[str]:
    """The modules from which one comes back to where one began: what is left when leaves and roots are taken away."""
    left = {name: set(targets) for name, targets in edges.items()}
    while True:
        pointed = set().union(*left.values())
        free = {name for name, targets in left.items() if not targets & left.keys() or name not in pointed}
        if not free:
            return set(left)
        left = {name: targets - free for name, targets in left.items() if name not in free}


def test_a_knot_is_seen() -> None:
    assert in_a_knot({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}, "e": set()}) == {"b", "c"}
    assert in_a_knot({"a": {"b"}, "b": {"c"}, "c": set()}) == set()


def test_no_room_is_knotted_even_by_what_it_imports_late() -> None:
    assert in_a_knot({name: set(targets) for name, targets in graph().items()}) == set()


def test_what_is_imported_late_is_heavy() -> None:
    late = {
        name: {target for target, late in targets.items() if late}
        for name, targets in graph().items()
        if name.split(".")[0] not in THIN
    }
    assert {name: targets for name, targets in late.items() if targets} == HEAVY
