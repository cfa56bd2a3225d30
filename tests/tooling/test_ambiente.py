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

RADICE = Path(__file__).parents[2]
PROGETTO = tomllib.loads((RADICE / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (RADICE / "requirements.lock").read_text(encoding="utf-8")
AMBIENTI = [
    {**default_environment(), "python_full_version": f"{v}.0", "python_version": v, **sistema}
    for v in ("3.11", "3.12", "3.13")
    for sistema in (
        {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux"},
        {"sys_platform": "win32", "os_name": "nt", "platform_system": "Windows"},
        {"sys_platform": "darwin", "os_name": "posix", "platform_system": "Darwin"},
    )
]


def chiesti() -> list[Requirement]:
    """What pyproject asks for a run, its extras, its tests, and its own installation."""
    progetto, gruppi = PROGETTO["project"], PROGETTO["dependency-groups"]
    righe = [
        *progetto["dependencies"],
        *(riga for extra in progetto["optional-dependencies"].values() for riga in extra),
        *gruppi["lab"],
        *gruppi["test"],
        *gruppi["setup"],
        *PROGETTO["build-system"]["requires"],
    ]
    return [Requirement(riga) for riga in righe]


def bloccati() -> list[Requirement]:
    """Every pinned line of the lock."""
    return [Requirement(riga.rstrip("\\ ")) for riga in LOCK.splitlines() if re.match(r"\w", riga)]


def manca_nel_lock(richieste: list[Requirement], righe: list[Requirement]) -> list[str]:
    """Requests that the lock does not satisfy, on any system and Python we support."""
    falle = []
    for ambiente in AMBIENTI:
        versioni = {
            canonicalize_name(riga.name): next(iter(riga.specifier)).version
            for riga in righe
            if riga.marker is None or riga.marker.evaluate(ambiente)
        }
        for richiesta in richieste:
            fissata = versioni.get(canonicalize_name(richiesta.name))
            if fissata is None or not richiesta.specifier.contains(fissata, prereleases=True):
                falle.append(f"{richiesta} (nel lock: {fissata}) su {ambiente['sys_platform']}")
    return falle


def test_the_lock_satisfies_pyproject() -> None:
    assert manca_nel_lock(chiesti(), bloccati()) == [], "il lock è vecchio: python avvia.py lock"


def test_a_stale_lock_is_noticed() -> None:
    assert manca_nel_lock([Requirement("pandas>=99")], bloccati())
    assert manca_nel_lock([Requirement("pacchetto-mai-visto")], bloccati())


def test_every_line_of_the_lock_is_pinned_and_hashed() -> None:
    for blocco in re.split(r"\n(?=\w)", LOCK.strip()):
        assert re.match(r"[\w.-]+==\S+", blocco), blocco[:80]
        assert "--hash=sha256:" in blocco, blocco[:80]


def test_the_lock_names_no_address_and_no_machine() -> None:
    assert re.findall(r"https?://\S*|file:\S*|--\w*(?:index|links)\S*|@ \S+|/(?:home|work|tmp|opt)/\S*", LOCK) == []


def test_environment_yml_only_points_to_the_lock() -> None:
    ambiente = yaml.safe_load((RADICE / "environment.yml").read_text(encoding="utf-8"))
    assert ambiente["dependencies"] == [
        f"python {PROGETTO['project']['requires-python']},<3.14",  # the last of AMBIENTI
        "pip",
        {"pip": ["-r requirements.lock"]},
    ]
    assert set(ambiente) == {"name", "channels", "dependencies"}


def test_this_environment_is_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(RADICE))
    voluti = set(importlib.import_module("avvia").necessari(frozenset({"test"})))
    diverse = []
    for riga in bloccati():
        if canonicalize_name(riga.name) not in voluti:
            continue
        if riga.marker is None or riga.marker.evaluate():
            try:
                trovata = version(riga.name)
            except PackageNotFoundError:
                diverse.append(f"{riga} (assente)")
                continue
            if not riga.specifier.contains(trovata, prereleases=True):
                diverse.append(f"{riga} (installato: {trovata})")
    assert diverse == [], "l'ambiente non corrisponde al lock: python avvia.py env"


@pytest.mark.parametrize(
    ("cartella", "gruppi", "sul_percorso"),
    [
        ("conciliazione_lib", (), ()),
        ("tests", ("test",), ("tests",)),
        ("benchmarks", ("test",), ("benchmarks", "tests")),
    ],
)
def test_everything_imported_is_declared(cartella: str, gruppi: tuple[str, ...], sul_percorso: tuple[str, ...]) -> None:
    """An import that only works because another package happens to bring it is a fault in waiting."""
    progetto = PROGETTO["project"]
    righe = [
        *progetto["dependencies"],
        *(riga for extra in progetto["optional-dependencies"].values() for riga in extra),
        *(riga for gruppo in gruppi for riga in PROGETTO["dependency-groups"][gruppo]),
    ]
    dichiarati = {canonicalize_name(Requirement(riga).name) for riga in righe} | {"conciliazione"}
    distribuzioni = packages_distributions()
    sconosciuti = set()
    # What several tests use is found in their folder, which is on the path; a benchmark puts it there too.
    comuni = {voce.stem for posto in sul_percorso for voce in (RADICE / posto).iterdir()}
    for file in (RADICE / cartella).rglob("*.py"):
        locali = comuni | {altro.stem for altro in file.parent.glob("*.py")}
        for nodo in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            nomi = []
            if isinstance(nodo, ast.Import):
                nomi = [alias.name for alias in nodo.names]
            elif isinstance(nodo, ast.ImportFrom) and nodo.level == 0:
                nomi = [nodo.module or ""]
            for nome in (n.partition(".")[0] for n in nomi):
                if nome in sys.stdlib_module_names or nome in locali or nome == "conciliazione_lib":
                    continue
                if not {canonicalize_name(d) for d in distribuzioni.get(nome, [])} & dichiarati:
                    sconosciuti.add(f"{nome} in {file.relative_to(RADICE)}")
    assert not sconosciuti, "da dichiarare in pyproject.toml:\n" + "\n".join(sorted(sconosciuti))


def test_every_room_is_seen_by_the_contracts() -> None:
    """A folder without ``__init__.py`` imports all the same, but the import contracts do not look into it."""
    cartelle = {file.parent for file in (RADICE / "conciliazione_lib").rglob("*.py")}
    assert [str(c.relative_to(RADICE)) for c in sorted(cartelle) if not (c / "__init__.py").is_file()] == []


def test_conda_brings_only_the_pythons_the_lock_is_for() -> None:
    conda = (RADICE / "environment.yml").read_text(encoding="utf-8")
    chiesto = Requirement(next(riga.strip("- ") for riga in conda.splitlines() if "- python " in riga))
    provati = {ambiente["python_version"] for ambiente in AMBIENTI}
    assert {v for v in (f"3.{minore}" for minore in range(8, 20)) if chiesto.specifier.contains(v)} == provati
