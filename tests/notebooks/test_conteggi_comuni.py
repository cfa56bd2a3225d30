"""The chapters use the counts of ISTAT by comune as soon as «dati importa» brings them in, and read well without."""

import pytest
from quaderni import DATA, part, replaced, tell, told

from conciliazione_lib import catalog, territory
from conciliazione_lib.cli import main
from conciliazione_lib.evidence import Ledger

THEN = territory.load("2021-12-31")
TODAY = territory.load(DATA)


def figures(blocks):
    return {name: figure.value for name, figure in Ledger.from_dict(blocks[-1]["registro"]).figures.items()}


def words(blocks):
    return " ".join(block.get("markdown", "") for block in blocks)


def shown(blocks):
    return {block["id"] for block in blocks if "id" in block}


@pytest.fixture(autouse=True)
def own_data(tmp_path, monkeypatch):
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path / "i miei dati"))


def bring_in(path, table):
    assert main(["dati", "importa", str(path), "--come", table, "--fonte", "ISTAT"]) == 0


def listed(folder, name, header, rows):
    path = folder / f"{name}.csv"
    path.write_text(
        "\n".join([header, *(";".join(str(cell) for cell in row) for row in rows)]) + "\n", encoding="utf-8"
    )
    return path


def test_places_and_spending_enter_the_chapter_of_the_services(tmp_path):
    before = told("04_servizi", "pavia")
    assert not {"tab-copertura", "tab-spesa"} & shown(before)

    rows = [(code, 2021, 5, "12,5") for code in THEN.comuni.index]
    header = "codice istat;anno;posti autorizzati;posti per 100 bambini"
    bring_in(listed(tmp_path, "nidi", header, rows), "prima_infanzia_comuni")
    bring_in(
        listed(tmp_path, "nidi ambiti", "ambito;anno;posti;posti per 100 bambini", [("pavia", 2021, 500, "33,3")]),
        "prima_infanzia_ambiti",
    )
    areas = (("Minori", "1.000,50"), ("Anziani", "2000"), ("totale", "9000"))
    rows = [(code, 2021, *area) for code in THEN.comuni.index for area in areas]
    bring_in(
        listed(tmp_path, "spesa", "comune;anno;area di utenza;spesa dei comuni (euro)", rows), "spesa_sociale_comuni"
    )
    rows = [("pavia", 2021, "anziani", 80), ("lomellina", 2021, "anziani", 70)]
    header = "ambito;anno;area;spesa pro capite"
    bring_in(listed(tmp_path, "spesa ambiti", header, rows), "spesa_sociale_ambiti")

    after = tell("04_servizi", "pavia", replaced(part("servizi")))
    found = figures(after)
    # of comuni that have merged since, both count
    pavia = len(THEN.members("ats", "pavia"))
    assert pavia > len(TODAY.members("ats", "pavia"))
    children = found[f"residenti_0_2.pavia.{DATA}"]
    assert found["posti_prima_infanzia.pavia.2021"] == 5 * pavia
    assert found["copertura_prima_infanzia.pavia.2021"] == pytest.approx(500 * pavia / children)
    assert found["spesa_minori.pavia.2021"] == pytest.approx(1000.5 * pavia)
    people = TODAY.aggregate(catalog.read("popolazione", DATA), to="ats").query("territorio == 'pavia'")
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
