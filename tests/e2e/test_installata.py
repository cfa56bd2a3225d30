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

RADICE = Path(__file__).parents[2]

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
def ruota(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the sources with what is installed; no network."""
    cartella = tmp_path_factory.mktemp("ruota")
    comando = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(cartella)]
    subprocess.run(comando, cwd=RADICE, check=True, capture_output=True)
    return next(cartella.glob("*.whl"))


@pytest.fixture(scope="module")
def installato(ruota: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the programs of an environment with the wheel alone, over the packages of this one."""
    ambiente = tmp_path_factory.mktemp("ambiente") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(ambiente)], check=True)
    schema = {"base": str(ambiente), "platbase": str(ambiente)}
    proprie = Path(sysconfig.get_path("purelib", "venv", schema))
    # The packages are seen, the path file that leads to these sources is not: only an environment's own are followed.
    (proprie / "pacchetti.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    programmi = Path(sysconfig.get_path("scripts", "venv", schema))
    uv = [sys.executable, "-m", "uv", "pip", "install", "--offline", "--no-deps", "--no-cache"]
    python = str(programmi / Path(sys.executable).name)
    subprocess.run([*uv, "--python", python, str(ruota)], check=True, capture_output=True)
    return programmi


@pytest.fixture(scope="module")
def vuota(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder, in a path with spaces and accents."""
    return tmp_path_factory.mktemp("città vuota")


def lancia(programmi: Path, cartella: Path, *comando: str) -> str:
    """Run a program of the environment in a folder and return what it prints."""
    ambiente = {nome: valore for nome, valore in os.environ.items() if nome not in ("PYTHONPATH", "CONCILIAZIONE_DATI")}
    esito = subprocess.run(
        [str(programmi / comando[0]), *comando[1:]],
        cwd=cartella,
        env={**ambiente, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert esito.returncode == 0, esito.stdout + esito.stderr
    return esito.stdout


def test_the_wheel_has_what_is_in_git_and_nothing_of_an_office(ruota: Path) -> None:
    dentro = zipfile.ZipFile(ruota).namelist()
    elenco = subprocess.run(
        ["git", "ls-files", "conciliazione_lib", "data", "notebooks"],
        cwd=RADICE,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")[:-1]
    attesi = {nome if nome.startswith("conciliazione_lib/") else f"conciliazione_lib/{nome}" for nome in elenco}
    attesi |= {"conciliazione_lib/reports.toml", "conciliazione_lib/requirements.lock"}
    trovati = {nome for nome in dentro if ".dist-info/" not in nome}
    assert attesi <= trovati
    assert not [nome for nome in trovati if "/locale/" in nome or "checkpoint" in nome]


def test_in_an_empty_folder_it_computes_and_draws(installato: Path, vuota: Path) -> None:
    detto = lancia(installato, vuota, Path(sys.executable).name, "-c", SCRIPT)
    indici = json.loads(detto)
    assert len(indici) == 8
    assert indici["pavia"] == max(indici.values())
    assert (vuota / "mappa.svg").read_text(encoding="utf-8").startswith("<svg")
    assert sorted(file.name for file in vuota.iterdir()) == ["mappa.svg"]
    assert "Montagna" in lancia(installato, vuota, "conciliazione", "elenca", "territori")


@pytest.mark.timeout(1800)
def test_in_an_empty_folder_it_makes_an_edition_and_reads_its_store(installato: Path, vuota: Path) -> None:
    lancia(installato, vuota, "conciliazione", "genera", "--ats", "pavia", "--capitolo", "02_demografia")
    edizione = vuota / "reports" / "2025-2027"
    assert (edizione / "sito" / "index.html").is_file()
    assert list((edizione / "documenti" / "pavia").glob("*.docx"))
    prima = json.loads(lancia(installato, vuota, Path(sys.executable).name, "-c", SCRIPT))
    assert json.loads(lancia(installato, vuota, Path(sys.executable).name, "-c", STORE)) == prima
