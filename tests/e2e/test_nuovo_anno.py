"""The day a new population is published: one command brings it in, one makes the reports of that year."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from conciliazione_lib import catalog, territory

RADICE = Path(__file__).resolve().parents[2]
DATA = "2025-01-01"


#: As many comuni of other regions as make the file that of all Italy.
ALTROVE = 6_500


def scrivi_posas(cartella: Path, data: str = DATA, altrove: int = ALTROVE) -> tuple[Path, int]:
    """Write a file in the format of demo.istat.it, from the population of 2022 on the comuni of its date."""
    allora, anno = territory.load(data=data), data[:4]
    popolazione = allora.aggregate(catalog.read("popolazione", data="2022-01-01"), to="comune")
    tavola = popolazione.pivot_table(
        index=["territorio", "eta"], columns="sesso", values="residenti", aggfunc="sum", fill_value=0
    ).astype(int)
    righe = [
        f'"Popolazione residente per età e sesso al 1° gennaio {anno}"',
        '"Codice comune";"Comune";"Età";"Totale maschi";"Totale femmine";"Totale"',
    ]
    totale_pavia = 0
    propri = set(allora.members("ats", "pavia"))
    for codice, gruppo in tavola.groupby(level=0):
        # a man and a woman more in each comune: as many at every age would not give back the published rates of work
        more = gruppo.index.get_level_values(1) == 40
        maschi, femmine = (gruppo["M"] + more).tolist(), (gruppo["F"] + more).tolist()
        if codice in propri:
            totale_pavia += sum(maschi) + sum(femmine)
        nome = allora.name("comune", str(codice))
        eta = gruppo.index.get_level_values(1).tolist()
        righe += [f'"{codice}";"{nome}";{e};{m};{f};{m + f}' for e, m, f in zip(eta, maschi, femmine, strict=True)]
        righe.append(f'"{codice}";"{nome}";999;{sum(maschi)};{sum(femmine)};{sum(maschi) + sum(femmine)}')
    # the rest of Italy: a hundred people of forty years in each comune
    for i in range(altrove):
        righe += [f'"{900000 + i}";"Altrove";{eta};50;50;100' for eta in (40, 999)]
    percorso = cartella / f"POSAS_{anno}_it_Comuni.zip"
    with zipfile.ZipFile(percorso, "w") as archivio:
        archivio.writestr(f"POSAS_{anno}_it_Comuni.csv", "\ufeff" + "\r\n".join(righe))
    return percorso, totale_pavia


def conciliazione(*argomenti: str, dati: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "conciliazione_lib", *argomenti],
        cwd=RADICE,
        env={**os.environ, "CONCILIAZIONE_DATI": str(dati)},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def cifre_di_pavia(uscita: Path, data: str, dati: Path) -> dict[str, Any]:
    """Generate the chapter of the population of Pavia at a date, and return the ledger of the edition."""
    comando = ["genera", "--data", data, "--ats", "pavia", "--capitolo", "02_demografia", "--uscita", str(uscita)]
    genera = conciliazione(*comando, dati=dati)
    assert genera.returncode == 0, genera.stdout + genera.stderr
    registro: dict[str, Any] = json.loads((uscita / "reports" / "2025-2027" / "cifre.json").read_text(encoding="utf-8"))
    return registro


@pytest.mark.timeout(1200)  # every analysis that reads the population, and a whole publication
def test_a_new_population_yields_that_years_reports(tmp_path: Path) -> None:
    dati, uscita = tmp_path / "i miei dati", tmp_path / "uscita"
    file, totale = scrivi_posas(tmp_path)
    importa = conciliazione("dati", "importa", str(file), "--come", "popolazione", dati=dati)
    assert importa.returncode == 2  # an Italy of ten millions
    assert "nella tabella «popolazione_italia», la somma di «residenti» passa da" in importa.stderr
    importa = conciliazione("dati", "importa", str(file), "--come", "popolazione", "--si", dati=dati)
    assert importa.returncode == 0, importa.stderr
    assert "conciliazione genera --data 2025-01-01" in importa.stdout
    registro = cifre_di_pavia(uscita, DATA, dati)
    residenti = next(c for c in registro["cifre"] if c["id"] == f"residenti.pavia.{DATA}")
    assert residenti["valore"] == totale
    tabella = registro["tabelle"][residenti["ingressi"][0]["tabella"]]
    assert tabella["origine"] == "importata"


@pytest.mark.timeout(1200)
def test_a_file_of_the_region_alone_yields_an_edition_of_the_region_alone(tmp_path: Path) -> None:
    dati, uscita, data = tmp_path / "i miei dati", tmp_path / "uscita", "2026-01-01"
    file, totale = scrivi_posas(tmp_path, data, altrove=0)
    importa = conciliazione("dati", "importa", str(file), "--come", "popolazione", dati=dati)
    assert importa.returncode == 0, importa.stderr
    assert "Il file non contiene tutta l'Italia" in importa.stdout
    cifre = {c["id"]: c for c in cifre_di_pavia(uscita, data, dati)["cifre"]}
    assert cifre[f"residenti.pavia.{data}"]["valore"] == totale
    assert f"residenti.italia.{data}" not in cifre
    pagina = (uscita / "reports" / "2025-2027" / "sito" / "territori" / "pavia" / "demografia.html").read_text(
        encoding="utf-8"
    )
    assert "la sua popolazione per età alla stessa data non è disponibile" in pagina
