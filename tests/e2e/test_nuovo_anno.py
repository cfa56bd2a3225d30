"""The day a new population is published: one command brings it in, one makes the reports of that year."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from conciliazione_lib import catalog, territory
from conciliazione_lib.evidence import Store

ROOT = Path(__file__).resolve().parents[2]
DATA = "2025-01-01"


#: As many comuni of other regions as make the file that of all Italy.
ELSEWHERE = 6_500


def write_posas(folder: Path, data: str = DATA, elsewhere: int = ELSEWHERE) -> tuple[Path, int]:
    """Write a file in the format of demo.istat.it, from the population of 2022 on the comuni of its date."""
    then, year = territory.load(data=data), data[:4]
    population = then.aggregate(catalog.read("popolazione", data="2022-01-01"), to="comune")
    table = population.pivot_table(
        index=["territorio", "eta"], columns="sesso", values="residenti", aggfunc="sum", fill_value=0
    ).astype(int)
    rows = [
        f'"Popolazione residente per età e sesso al 1° gennaio {year}"',
        '"Codice comune";"Comune";"Età";"Totale maschi";"Totale femmine";"Totale"',
    ]
    total_pavia = 0
    own = set(then.members("ats", "pavia"))
    for code, group in table.groupby(level=0):
        # a man and a woman more in each comune: as many at every age would not give back the published rates of work
        more = group.index.get_level_values(1) == 40
        males, females = (group["M"] + more).tolist(), (group["F"] + more).tolist()
        if code in own:
            total_pavia += sum(males) + sum(females)
        name = then.name("comune", str(code))
        eta = group.index.get_level_values(1).tolist()
        rows += [f'"{code}";"{name}";{e};{m};{f};{m + f}' for e, m, f in zip(eta, males, females, strict=True)]
        rows.append(f'"{code}";"{name}";999;{sum(males)};{sum(females)};{sum(males) + sum(females)}')
    # the rest of Italy: a hundred people of forty years in each comune
    for i in range(elsewhere):
        rows += [f'"{900000 + i}";"Altrove";{eta};50;50;100' for eta in (40, 999)]
    path = folder / f"POSAS_{year}_it_Comuni.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"POSAS_{year}_it_Comuni.csv", "\ufeff" + "\r\n".join(rows))
    return path, total_pavia


def conciliazione(*arguments: str, data: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "conciliazione_lib", *arguments],
        cwd=ROOT,
        env={**os.environ, "CONCILIAZIONE_DATI": str(data)},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def figures_of_pavia(output: Path, data: str, given_data: Path) -> dict[str, Any]:
    """Generate the chapter of the population of Pavia at a date, and return the ledger of the edition."""
    command = ["genera", "--data", data, "--ats", "pavia", "--capitolo", "02_demografia", "--uscita", str(output)]
    generate = conciliazione(*command, data=given_data)
    assert generate.returncode == 0, generate.stdout + generate.stderr
    registry: dict[str, Any] = json.loads((output / "reports" / "2025-2027" / "cifre.json").read_text(encoding="utf-8"))
    return registry


@pytest.mark.timeout(1200)  # every analysis that reads the population, and a whole publication
def test_a_new_population_yields_that_years_reports(tmp_path: Path) -> None:
    data, output = tmp_path / "i miei dati", tmp_path / "uscita"
    file, total = write_posas(tmp_path)
    import_ = conciliazione("dati", "importa", str(file), "--come", "popolazione", data=data)
    assert import_.returncode == 2  # an Italy of ten millions
    assert "nella tabella «popolazione_italia», la somma di «residenti» passa da" in import_.stderr
    import_ = conciliazione("dati", "importa", str(file), "--come", "popolazione", "--si", data=data)
    assert import_.returncode == 0, import_.stderr
    assert "conciliazione genera --data 2025-01-01" in import_.stdout
    registry = figures_of_pavia(output, DATA, data)
    residenti = next(c for c in registry["cifre"] if c["id"] == f"residenti.pavia.{DATA}")
    assert residenti["valore"] == total
    table = registry["tabelle"][residenti["ingressi"][0]["tabella"]]
    assert table["origine"] == "importata"


@pytest.mark.timeout(1200)
def test_a_file_of_the_region_alone_yields_figures_of_the_region_alone(tmp_path: Path) -> None:
    """What its chapter then says is in ``tests/notebooks/test_territorio_demografia.py``."""
    frame, output, data = tmp_path / "i miei dati", tmp_path / "uscita", "2026-01-01"
    file, total = write_posas(tmp_path, data, elsewhere=0)
    import_ = conciliazione("dati", "importa", str(file), "--come", "popolazione", data=frame)
    assert import_.returncode == 0, import_.stderr
    assert "Il file non contiene tutta l'Italia" in import_.stdout
    generate = conciliazione("genera", "--data", data, "--solo-cifre", "--json", "--uscita", str(output), data=frame)
    assert generate.returncode == 0, generate.stdout + generate.stderr
    figures = Store(Path(json.loads(generate.stdout)["cartella"])).figures
    residents = figures.query("indicatore == 'residenti' and per == '' and periodo == @data")
    values = residents[residents["livello"].isin(("ats", "italia"))].set_index("territorio")["valore"]
    assert values["pavia"] == total
    assert pd.isna(values.get("italia"))
