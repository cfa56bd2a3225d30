"""Another region is data: ``regione.toml`` and the tables of the territory, and the same code."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import conciliazione_lib
from conciliazione_lib import catalog, region, storage

PACKAGE = Path(conciliazione_lib.__file__).parent

#: A region that is not there: three comuni, two provinces, two ATS.
REGION = """
codice = "altopiano"
nome = "Altopiano"
articolo = "l'"
in = "nell'"
istat = "99"
ats = ["colle", "valle"]
asl = ["colle", "valle"]

[province]
AA = { nome = "Colle", istat = "201", capoluogo = "Poggio" }
BB = { nome = "Valle", istat = "202", capoluogo = "Guado" }
"""

SOURCE = {"grado": "pubblicazione", "fonte": "Registro inventato", "url": "", "note": ""}
TABLES: dict[str, list[dict[str, object]]] = {
    "comuni": [
        {"cod_comune": "201001", "nome": "Poggio", "provincia": "AA", "superficie_kmq": 10.0},
        {"cod_comune": "201002", "nome": "Rocca", "provincia": "AA", "superficie_kmq": 20.0},
        {"cod_comune": "202001", "nome": "Guado", "provincia": "BB", "superficie_kmq": 30.0},
    ],
    "ats": [
        {"ats": "colle", "codice": "901", "nome": "ATS del Colle", "nome_breve": "Colle", "province": "AA"},
        {"ats": "valle", "codice": "902", "nome": "ATS della Valle", "nome_breve": "Valle", "province": "BB"},
    ],
    "asl": [
        {"asl": "colle", "nome": "ASL del Colle", "ats": "colle", "provincia": "AA"},
        {"asl": "valle", "nome": "ASL della Valle", "ats": "valle", "provincia": "BB"},
    ],
    "ambiti": [
        {"ambito": "alto", "nome": "Alto", "ats": "colle", "elenco": "intero", "attestato": "2022"},
        {"ambito": "basso", "nome": "Basso", "ats": "valle", "elenco": "intero", "attestato": "2022"},
    ],
    "comuni_ambiti": [
        {"cod_comune": code, "ambito": ambito, "periodo": "2022", "tipo_elenco": "ambito"}
        for code, ambito in (("201001", "alto"), ("201002", "alto"), ("202001", "basso"))
    ],
    "altitudine_comuni": [{"cod_comune": code, "altitudine_m": 500} for code in ("201001", "201002", "202001")],
    "popolazione": [
        {"cod_comune": code, "eta": eta, "sesso": sex, "residenti": people + eta % 3}
        for code, people in (("201001", 40), ("201002", 20), ("202001", 30))
        for eta in range(101)
        for sex in "MF"
    ],
}
#: Tables of the territory that this region leaves empty.
EMPTY = ("comuni_ats", "comuni_asl", "distretti", "fusioni_comuni", "codici_precedenti")

SCRIPT = """
from conciliazione_lib import catalog, errors, region, territory
from conciliazione_lib.evidence import Analisi, grammar
from conciliazione_lib.indicators import demography, levels, settlement, time_plans

a = Analisi.apri("prova", edizione="prova", data="2022-01-01")
t = a.territorio
population = catalog.table("popolazione", data=a.data)
residents = levels.aggregate(population.frame, t)
profiles = demography.profile(residents)
a.cifre(profiles, ingressi=[population], periodo=a.data, riferimento=a.data, assenti=levels.ABSENT)
a.chiudi()
whole = profiles.query("livello == 'regione'").iloc[0]
print(whole["territorio"], int(whole["residenti"]), list(time_plans.chief_towns(t.comuni)))
place = territory.Place("regione", region.REGIONE, t.name("regione", region.REGIONE))
print(grammar.di(place), grammar.in_(place), grammar.nome(place), grammar.tutti("ats", len(t.codes("ats"))), repr(t))
for wrong in (lambda: t.resolve("015146"), lambda: t.members("italia", "italia"), lambda: t.resolve("Milano")):
    try:
        wrong()
    except errors.ConciliazioneError as error:
        print(error)
for name in catalog.names():
    print(catalog.spec(name).title)
"""


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the library with another region: its file, and its tables."""
    folder = tmp_path_factory.mktemp("altrove")
    shutil.copytree(PACKAGE, folder / PACKAGE.name, ignore=shutil.ignore_patterns("static", "__pycache__", "desk"))
    (folder / PACKAGE.name / "region" / "regione.toml").write_text(REGION, encoding="utf-8")
    data = storage.embedded_root()
    for file in (data / storage.VOCABULARIES, *data.glob(f"*/{storage.DECLARATION}")):
        copy = folder / "data" / file.relative_to(data)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(file.read_text(encoding="utf-8").partition("\n[[versioni]]")[0], encoding="utf-8")
    for name in (*TABLES, *EMPTY):
        columns = {**catalog.spec(name).columns}
        rows = pd.DataFrame(TABLES.get(name, []))
        frame = rows.assign(**{column: SOURCE[column] for column in SOURCE if column in columns and len(rows)})
        table = folder / "data" / name
        file = table / ("2022-01-01.csv" if name == "popolazione" else f"{name}.csv")
        frame.reindex(columns=list(columns)).to_csv(file, index=False)
        entry = {
            **{"file": file.name, "data_riferimento": "2022-01-01", "titolo": name, "fonte": SOURCE["fonte"]},
            **{"url": "", "licenza": "CC0", "recuperato": "2026-01-01", "grado": "pubblicazione", "note": ""},
            "sha256": storage.sha256(file),
        }
        storage.write_provenance(table, [entry])
    return folder


def test_a_made_up_region_of_three_comuni_is_analysed_by_the_same_code(elsewhere: Path) -> None:
    part = elsewhere / "parte"
    surroundings = {**os.environ, "PYTHONPATH": str(elsewhere), storage.PART_VARIABLE: str(part), "PYTHONUTF8": "1"}
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=elsewhere, env=surroundings, capture_output=True, encoding="utf-8"
    )
    assert run.returncode == 0, run.stderr
    people = sum(int(str(row["residenti"])) for row in TABLES["popolazione"])
    assert run.stdout.splitlines()[0] == f"altopiano {people} ['201001', '202001']"
    assert "dell'Altopiano nell'Altopiano l'Altopiano le due ATS" in run.stdout
    assert "di un comune dell'Altopiano" in run.stdout
    assert "ombardia" not in run.stdout
    said = pd.read_parquet(next(part.rglob("confronti.parquet")))
    assert {"regione/altopiano"} <= set(said.loc[said["genere"] == "confronto", "termine"])
    assert set(said["territorio"]) <= {
        *("201001", "201002", "202001", "AA", "BB", "colle", "valle", "alto", "basso", "altopiano")
    }


@pytest.mark.parametrize(
    ("name", "article", "where", "said"),
    [
        ("Toscana", "la", "in", "la Toscana, della Toscana, in Toscana"),
        ("Lazio", "il", "nel", "il Lazio, del Lazio, nel Lazio"),
        ("Umbria", "l'", "in", "l'Umbria, dell'Umbria, in Umbria"),
        ("Altopiano", "l'", "nell'", "l'Altopiano, dell'Altopiano, nell'Altopiano"),
        ("Marche", "le", "nelle", "le Marche, delle Marche, nelle Marche"),
    ],
)
def test_the_name_of_a_region_takes_its_article(name: str, article: str, where: str, said: str) -> None:
    told = {"codice": "r", "nome": name, "articolo": article, "in": where, "istat": "1"}
    lines = [f'{key} = "{value}"' for key, value in told.items()]
    found = region.read("\n".join([*lines, "ats = []", "asl = []", "[province]"]))
    assert f"{found.the}, {found.di}, {found.there}" == said


def test_the_region_is_that_of_its_tables() -> None:
    assert list(catalog.read("ats").sort_values("codice")["ats"]) == list(region.REGION.ats)
    assert set(catalog.read("asl")["asl"]) == set(region.REGION.asl)
    codes = catalog.read("comuni").drop_duplicates("cod_comune")
    assert set(codes["provincia"]) == set(region.PROVINCE)
    prefixes = {province.istat for province in region.REGION.province.values()}
    assert set(codes["cod_comune"].str[:3]) == prefixes
