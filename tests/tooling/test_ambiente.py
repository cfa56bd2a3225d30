"""One list of versions: what pyproject asks, the lock gives, environment.yml repeats nothing, and we run on it."""

from __future__ import annotations

import ast
import importlib
import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
ENVIRONMENTS = [
    {**default_environment(), "python_full_version": f"{v}.0", "python_version": v, **system}
    for v in ("3.11", "3.12", "3.13")
    for system in (
        {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux"},
        {"sys_platform": "win32", "os_name": "nt", "platform_system": "Windows"},
        {"sys_platform": "darwin", "os_name": "posix", "platform_system": "Darwin"},
    )
]


def asked() -> list[Requirement]:
    """What pyproject asks for a run, its extras, its tests, and its own installation."""
    project, groups = PROJECT["project"], PROJECT["dependency-groups"]
    rows = [
        *project["dependencies"],
        *(row for extra in project["optional-dependencies"].values() for row in extra),
        *groups["lab"],
        *groups["test"],
        *groups["setup"],
        *PROJECT["build-system"]["requires"],
    ]
    return [Requirement(row) for row in rows]


def blocked() -> list[Requirement]:
    """Every pinned line of the lock."""
    return [Requirement(row.rstrip("\\ ")) for row in LOCK.splitlines() if re.match(r"\w", row)]


def missing_from_the_lock(requests: list[Requirement], rows: list[Requirement]) -> list[str]:
    """Requests that the lock does not satisfy, on any system and Python we support."""
    leaks = []
    for environment in ENVIRONMENTS:
        versions = {
            canonicalize_name(row.name): next(iter(row.specifier)).version
            for row in rows
            if row.marker is None or row.marker.evaluate(environment)
        }
        for request in requests:
            fixed = versions.get(canonicalize_name(request.name))
            if fixed is None or not request.specifier.contains(fixed, prereleases=True):
                leaks.append(f"{request} (nel lock: {fixed}) su {environment['sys_platform']}")
    return leaks


def test_the_lock_satisfies_pyproject() -> None:
    assert missing_from_the_lock(asked(), blocked()) == [], "il lock è vecchio: python avvia.py lock"


def test_a_stale_lock_is_noticed() -> None:
    assert missing_from_the_lock([Requirement("pandas>=99")], blocked())
    assert missing_from_the_lock([Requirement("pacchetto-mai-visto")], blocked())


def test_every_line_of_the_lock_is_pinned_and_hashed() -> None:
    for block in re.split(r"\n(?=\w)", LOCK.strip()):
        assert re.match(r"[\w.-]+==\S+", block), block[:80]
        assert "--hash=sha256:" in block, block[:80]


def test_the_lock_names_no_address_and_no_machine() -> None:
    assert re.findall(r"https?://\S*|file:\S*|--\w*(?:index|links)\S*|@ \S+|/(?:home|work|tmp|opt)/\S*", LOCK) == []


def test_environment_yml_only_points_to_the_lock() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["dependencies"] == [
        f"python {PROJECT['project']['requires-python']},<3.14",  # the last of AMBIENTI
        "pip",
        {"pip": ["-r requirements.lock"]},
    ]
    assert set(environment) == {"name", "channels", "dependencies"}


def test_this_environment_is_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    wanted = set(importlib.import_module("avvia").necessari(frozenset({"test"})))
    different = []
    for row in blocked():
        if canonicalize_name(row.name) not in wanted:
            continue
        if row.marker is None or row.marker.evaluate():
            try:
                found = version(row.name)
            except PackageNotFoundError:
                different.append(f"{row} (assente)")
                continue
            if not row.specifier.contains(found, prereleases=True):
                different.append(f"{row} (installato: {found})")
    assert different == [], "l'ambiente non corrisponde al lock: python avvia.py env"


@pytest.mark.parametrize(
    ("folder", "groups", "on_the_path"),
    [
        ("conciliazione_lib", (), ()),
        ("tests", ("test",), ("tests",)),
        ("benchmarks", ("test",), ("benchmarks", "tests")),
    ],
)
def test_everything_imported_is_declared(folder: str, groups: tuple[str, ...], on_the_path: tuple[str, ...]) -> None:
    """An import that only works because another package happens to bring it is a fault in waiting."""
    project = PROJECT["project"]
    rows = [
        *project["dependencies"],
        *(row for extra in project["optional-dependencies"].values() for row in extra),
        *(row for group in groups for row in PROJECT["dependency-groups"][group]),
    ]
    declared = {canonicalize_name(Requirement(row).name) for row in rows} | {"conciliazione"}
    distributions = packages_distributions()
    unknown = set()
    # What several tests use is found in their folder, which is on the path; a benchmark puts it there too.
    comuni = {entry.stem for place in on_the_path for entry in (ROOT / place).iterdir()}
    for file in (ROOT / folder).rglob("*.py"):
        local = comuni | {other.stem for other in file.parent.glob("*.py")}
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            for name in (n.partition(".")[0] for n in names):
                if name in sys.stdlib_module_names or name in local or name == "conciliazione_lib":
                    continue
                if not {canonicalize_name(d) for d in distributions.get(name, [])} & declared:
                    unknown.add(f"{name} in {file.relative_to(ROOT)}")
    assert not unknown, "da dichiarare in pyproject.toml:\n" + "\n".join(sorted(unknown))


def test_every_room_is_seen_by_the_contracts() -> None:
    """A folder without ``__init__.py`` imports all the same, but the import contracts do not look into it."""
    folders = {file.parent for file in (ROOT / "conciliazione_lib").rglob("*.py")}
    assert [str(c.relative_to(ROOT)) for c in sorted(folders) if not (c / "__init__.py").is_file()] == []


def test_conda_brings_only_the_pythons_the_lock_is_for() -> None:
    conda = (ROOT / "environment.yml").read_text(encoding="utf-8")
    asked = Requirement(next(row.strip("- ") for row in conda.splitlines() if "- python " in row))
    tried = {environment["python_version"] for environment in ENVIRONMENTS}
    assert {v for v in (f"3.{lesser}" for lesser in range(8, 20)) if asked.specifier.contains(v)} == tried
