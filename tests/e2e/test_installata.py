"""The library installed from its wheel: in an empty folder it reads, computes, draws, publishes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from nuova_popolazione import write_posas
from progetti import reduced
from quaderni import CONFIG

ROOT = Path(__file__).parents[2]

SCRIPT = """
from conciliazione_lib import catalog
from conciliazione_lib.indicators import demography
from conciliazione_lib.report import Session

s = Session("2025-01-01")
popolazione = s.territory.aggregate(catalog.read("popolazione", data=s.date), to="ats")
indice = demography.profile(popolazione).set_index("territorio")["indice_vecchiaia"]
print(indice.round(1).to_json())
s.map(indice, level="ats", title="Indice di vecchiaia").save("mappa.svg")
"""

STORE = """
from conciliazione_lib.evidence import figures

cifre = figures.read("2025-2027")
voluta = "indicatore == 'indice_vecchiaia' and livello == 'ats' and riferimento"
print(cifre.query(voluta).set_index("territorio")["valore"].round(1).to_json())
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the sources with what is installed; no network."""
    folder = tmp_path_factory.mktemp("ruota")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the programs of an environment with the wheel alone, over the packages of this one."""
    environment = tmp_path_factory.mktemp("ambiente") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    schema = {"base": str(environment), "platbase": str(environment)}
    own = Path(sysconfig.get_path("purelib", "venv", schema))
    # The packages are seen, the path file that leads to these sources is not: only an environment's own are followed.
    (own / "pacchetti.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    programmes = Path(sysconfig.get_path("scripts", "venv", schema))
    uv = [sys.executable, "-m", "uv", "pip", "install", "--offline", "--no-deps", "--no-cache"]
    python = str(programmes / Path(sys.executable).name)
    subprocess.run([*uv, "--python", python, str(wheel)], check=True, capture_output=True)
    return programmes


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder, in a path with spaces and accents."""
    return tmp_path_factory.mktemp("città vuota")


def launch(programmes: Path, folder: Path, *command: str) -> str:
    """Run a program of the environment in a folder and return what it prints."""
    environment = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "CONCILIAZIONE_DATI")
    }
    outcome = subprocess.run(
        [str(programmes / command[0]), *command[1:]],
        cwd=folder,
        env={**environment, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    return outcome.stdout


def test_the_wheel_has_what_is_in_git_and_nothing_of_an_office(wheel: Path) -> None:
    inside = zipfile.ZipFile(wheel).namelist()
    listing = subprocess.run(
        ["git", "ls-files", "conciliazione_lib", "data", "notebooks"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")[:-1]
    expected = {name if name.startswith("conciliazione_lib/") else f"conciliazione_lib/{name}" for name in listing}
    expected |= {"conciliazione_lib/reports.toml", "conciliazione_lib/requirements.lock"}
    found = {name for name in inside if ".dist-info/" not in name}
    assert expected <= found
    assert not [name for name in found if "/locale/" in name or "checkpoint" in name]


def test_in_an_empty_folder_it_computes_and_draws(installed: Path, empty: Path) -> None:
    said = launch(installed, empty, Path(sys.executable).name, "-c", SCRIPT)
    indices = json.loads(said)
    assert len(indices) == 8
    assert indices["pavia"] == max(indices.values())
    assert (empty / "mappa.svg").read_text(encoding="utf-8").startswith("<svg")
    assert sorted(file.name for file in empty.iterdir()) == ["mappa.svg"]
    assert "Montagna" in launch(installed, empty, "conciliazione", "elenca", "territori")


def test_in_an_empty_folder_it_finds_every_analysis_and_chapter_and_what_they_read(
    installed: Path, empty: Path
) -> None:
    planned = json.loads(launch(installed, empty, "conciliazione", "genera", "--solo-piano", "--json"))
    expected = {f"analisi/{one.id}" for one in CONFIG.analisi}
    expected |= {f"ats/pavia/{one.id}" for one in CONFIG.capitoli if "ats" in one.livelli}
    assert expected <= {entry["nome"] for entry in planned}
    assert all(entry["da_eseguire"] for entry in planned)


@pytest.mark.timeout(1800)
def test_of_a_project_and_data_of_its_own_it_makes_an_edition_and_reads_its_store(
    installed: Path, empty: Path, tmp_path: Path
) -> None:
    file, total = write_posas(tmp_path)
    launch(installed, empty, "conciliazione", "dati", "importa", str(file), "--come", "popolazione", "--si")
    assert list((empty / "data" / "locale").rglob("2025-01-01.*.parquet"))
    reduced(empty, "demografia", "territorio", "02_demografia")
    launch(installed, empty, "conciliazione", "genera", "--ats", "pavia", "--capitolo", "02_demografia")
    edizione = empty / "reports" / "2025-2027"
    assert (edizione / "sito" / "index.html").is_file()
    assert list((edizione / "documenti" / "pavia").glob("*.docx"))
    registry = json.loads((edizione / "cifre.json").read_text(encoding="utf-8"))
    residenti = next(c for c in registry["cifre"] if c["id"] == "residenti.pavia.2025-01-01")
    assert residenti["valore"] == total
    assert registry["tabelle"][residenti["ingressi"][0]["tabella"]]["origine"] == "importata"
    before = json.loads(launch(installed, empty, Path(sys.executable).name, "-c", SCRIPT))
    assert json.loads(launch(installed, empty, Path(sys.executable).name, "-c", STORE)) == before
