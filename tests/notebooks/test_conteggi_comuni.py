"""The chapters use the counts of ISTAT by comune as soon as «dati importa» brings them in, and read well without."""

import io
import zipfile
from pathlib import Path

import nbformat
import pytest

from conciliazione_lib import catalog, territory
from conciliazione_lib.cli import main
from conciliazione_lib.evidence import Ledger

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
ALLORA = territory.load("2021-12-31")
OGGI = territory.load("2022-01-01")


def run(name, **parameters):
    names = {}
    for cell in nbformat.read(NOTEBOOKS / name, as_version=4).cells:
        if cell.cell_type == "code":
            exec(compile(cell.source, name, "exec"), names)
            if "parameters" in cell.metadata.get("tags", []):
                names.update(parameters)
    return [block.to_dict() for block in names["c"].blocchi]


def figures(blocks):
    return {name: figure.value for name, figure in Ledger.from_dict(blocks[-1]["registro"]).figures.items()}


def words(blocks):
    return " ".join(block.get("markdown", "") for block in blocks)


def notes(blocks, block_id):
    return next(block["note"] for block in blocks if block.get("id") == block_id)


def shown(blocks):
    return {block["id"] for block in blocks if "id" in block}


@pytest.fixture(autouse=True)
def own_data(tmp_path, monkeypatch):
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path / "i miei dati"))
    monkeypatch.setattr("IPython.display.display", lambda *blocks: None)


def bring_in(path, table):
    assert main(["dati", "importa", str(path), "--come", table, "--fonte", "ISTAT"]) == 0


def zipped(folder, name, lines):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}.csv", "\r\n".join(lines).encode("utf-8-sig"))
    path = folder / f"{name}.zip"
    path.write_bytes(packed.getvalue())
    return path


def listed(folder, name, header, rows):
    path = folder / f"{name}.csv"
    path.write_text(
        "\n".join([header, *(";".join(str(cell) for cell in row) for row in rows)]) + "\n", encoding="utf-8"
    )
    return path


def test_places_and_spending_enter_the_chapter_of_the_services(tmp_path):
    before = run("04_servizi.ipynb", territorio="pavia")
    for table in ("prima_infanzia_comuni", "spesa_sociale_comuni"):
        assert f"`conciliazione dati aggiorna {table}`" in words(before)
    assert not {"tab-copertura", "tab-spesa"} & shown(before)

    rows = [(code, 2021, 5, "12,5") for code in ALLORA.comuni.index]
    header = "codice istat;anno;posti autorizzati;posti per 100 bambini"
    bring_in(listed(tmp_path, "nidi", header, rows), "prima_infanzia_comuni")
    bring_in(
        listed(tmp_path, "nidi ambiti", "ambito;anno;posti;posti per 100 bambini", [("pavia", 2021, 500, "33,3")]),
        "prima_infanzia_ambiti",
    )
    areas = (("Minori", "1.000,50"), ("Anziani", "2000"), ("totale", "9000"))
    rows = [(code, 2021, *area) for code in ALLORA.comuni.index for area in areas]
    bring_in(
        listed(tmp_path, "spesa", "comune;anno;area di utenza;spesa dei comuni (euro)", rows), "spesa_sociale_comuni"
    )
    rows = [("pavia", 2021, "anziani", 80), ("lomellina", 2021, "anziani", 70)]
    header = "ambito;anno;area;spesa pro capite"
    bring_in(listed(tmp_path, "spesa ambiti", header, rows), "spesa_sociale_ambiti")

    after = run("04_servizi.ipynb", territorio="pavia")
    found = figures(after)
    pavia = len(OGGI.members("ats", "pavia"))
    children = found["residenti_0_2.pavia.2022-01-01"]
    assert found["posti_prima_infanzia.pavia.2021"] == 5 * pavia
    assert found["copertura_prima_infanzia.pavia.2021"] == pytest.approx(500 * pavia / children)
    assert found["spesa_minori.pavia.2021"] == pytest.approx(1000.5 * pavia)
    people = OGGI.aggregate(catalog.read("popolazione", "2022-01-01"), to="ats").query("territorio == 'pavia'")
    minors, elders = people.query("eta <= 17")["residenti"].sum(), people.query("eta >= 65")["residenti"].sum()
    assert found["spesa_minori_per_residente.pavia.2021"] == pytest.approx(1000.5 * pavia / minors)
    assert found["spesa_anziani_per_residente.pavia.2021"] == pytest.approx(2000 * pavia / elders)
    assert found["posti_infanzia_ambito_per_100.ambito-pavia.2021"] == 33.3
    assert found["spesa_ambito_per_residente.ambito-lomellina.2021.area-anziani"] == 70
    assert {
        "tab-copertura",
        "map-copertura",
        "map-accesso",
        "tab-spesa",
        "tab-nidi-ambiti",
        "tab-spesa-ambiti",
    } <= shown(after)
    assert "Secondo l'indagine di ISTAT" in words(after)
    assert "gestione pubblica" not in words(after)
