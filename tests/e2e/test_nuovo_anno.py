"""The day a new population is published: one command brings it in, one makes the reports of that year."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from nuova_popolazione import write_posas
from progetti import reduced
from quaderni import CONFIG, tell

from conciliazione_lib.evidence import Store

ROOT = Path(__file__).resolve().parents[2]
DATA = "2025-01-01"


def conciliazione(*arguments: str, data: Path, project: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "conciliazione_lib", *arguments],
        cwd=project,
        env={**os.environ, "CONCILIAZIONE_DATI": str(data)},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def store_of(output: Path, date: str, given_data: Path, project: Path) -> Path:
    """Compute the figures of a project at a date, and return the folder of their store."""
    command = ["genera", "--data", date, "--solo-cifre", "--json", "--uscita", str(output)]
    generate = conciliazione(*command, data=given_data, project=project)
    assert generate.returncode == 0, generate.stdout + generate.stderr
    return Path(json.loads(generate.stdout)["cartella"])


@pytest.mark.timeout(1200)
def test_a_new_population_yields_that_years_reports(tmp_path: Path) -> None:
    """A site and documents of a population that came in are made by ``test_installata.py``."""
    data, output = tmp_path / "i miei dati", tmp_path / "uscita"
    file, total = write_posas(tmp_path)
    import_ = conciliazione("dati", "importa", str(file), "--come", "popolazione", data=data)
    assert import_.returncode == 2  # an Italy of ten millions
    assert "nella tabella «popolazione_italia», la somma di «residenti» passa da" in import_.stderr
    import_ = conciliazione("dati", "importa", str(file), "--come", "popolazione", "--si", data=data)
    assert import_.returncode == 0, import_.stderr
    assert "conciliazione genera --data 2025-01-01" in import_.stdout
    project = reduced(tmp_path, "demografia", "territorio", "02_demografia")
    registry = tell("02_demografia", "pavia", store_of(output, DATA, data, project))[-1]["registro"]
    residenti = next(c for c in registry["cifre"] if c["id"] == f"residenti.pavia.{DATA}")
    assert residenti["valore"] == total
    table = registry["tabelle"][residenti["ingressi"][0]["tabella"]]
    assert table["origine"] == "importata"


@pytest.mark.timeout(1200)
def test_a_file_of_the_region_alone_yields_figures_of_the_region_alone(tmp_path: Path) -> None:
    """Of the analyses, those of the population itself and that of work, whose rates are divided by it.

    Every analysis is run at another date by ``test_seconda_data.py``; what the chapter of a region alone says is in
    ``tests/notebooks/test_territorio_demografia.py``.
    """
    assert [one.id for one in CONFIG.analisi if "popolazione_italia" in one.tabelle] == ["demografia"]
    project = reduced(tmp_path, "demografia", "territorio", "prospettive", "lavoro", "02_demografia")
    frame, output, data = tmp_path / "i miei dati", tmp_path / "uscita", "2026-01-01"
    file, total = write_posas(tmp_path, data, elsewhere=0)
    import_ = conciliazione("dati", "importa", str(file), "--come", "popolazione", data=frame)
    assert import_.returncode == 0, import_.stderr
    assert "Il file non contiene tutta l'Italia" in import_.stdout
    figures = Store(store_of(output, data, frame, project)).figures
    residents = figures.query("indicatore == 'residenti' and per == '' and periodo == @data")
    values = residents[residents["livello"].isin(("ats", "italia"))].set_index("territorio")["valore"]
    assert values["pavia"] == total
    assert pd.isna(values.get("italia"))
