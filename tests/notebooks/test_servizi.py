"""The chapter of services and the sheet of an ambito, without a supply list and with an invented one.

The invented list has ``grado`` ``esempio``: the catalog refuses it, and with it the chapter, unless a reader asks for
examples. The tests that need it allow it here, by replacing the reader of the catalog; no parameter or variable does.
"""

import functools
from pathlib import Path

import nbformat
import numpy as np
import pytest
import xlsxwriter

from conciliazione_lib import catalog, storage, territory
from conciliazione_lib.errors import DatiError
from conciliazione_lib.evidence import Ledger
from conciliazione_lib.sources.extraction import read_table

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
TERRITORIO = territory.load("2022-01-01")
COMMAND = "conciliazione dati importa ELENCO.xlsx --come servizi_offerta"


def run(name, **parameters):
    """Execute a notebook in this process and return its blocks."""
    names = {}
    for cell in nbformat.read(NOTEBOOKS / name, as_version=4).cells:
        if cell.cell_type == "code":
            exec(compile(cell.source, name, "exec"), names)
            if "parameters" in cell.metadata.get("tags", []):
                names.update(parameters)
    return [block.to_dict() for block in names["c"].blocchi]


def of_kind(blocks, kind):
    return {block["id"]: block for block in blocks if block["tipo"] == kind}


def figures(blocks):
    return Ledger.from_dict(blocks[-1]["registro"]).figures


def words(blocks):
    return " ".join(block.get("markdown", "") for block in blocks)


@pytest.fixture(autouse=True)
def silent(monkeypatch):
    monkeypatch.setattr("IPython.display.display", lambda *blocks: None)


@pytest.fixture
def no_list(tmp_path, monkeypatch):
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path))


@pytest.fixture
def invented(tmp_path, monkeypatch):
    """Import an invented list of the ATS of Pavia, as its analyst would keep it, in a data folder of this test."""
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path / "dati locali"))
    rng = np.random.default_rng(20)
    rows = []
    for code in TERRITORIO.members("ats", "pavia"):
        name = TERRITORIO.name("comune", code)
        if rng.random() < 0.4:
            rows.append([name.upper(), f"Nido di {name}", "Asilo nido", "comunale", int(rng.integers(10, 60))])
        if rng.random() < 0.2:
            rows.append([code, f"Micronido di {name}", "Micro-nido", "privato", int(rng.integers(5, 11))])
        if rng.random() < 0.1:
            rows.append([name, f"Casa di {name}", "casa di riposo", None, int(rng.integers(20, 120))])
    path = tmp_path / "elenco servizi.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("Elenco")
        page.write(0, 0, "ATS di Pavia – elenco inventato per le prove")
        page.write_row(2, 0, ["Comune", "Denominazione", "Tipologia", "Natura", "Posti autorizzati"])
        for number, row in enumerate(rows, 3):
            page.write_row(number, 0, ["" if value is None else value for value in row])
    defaults = {"anno": 2024, "grado": "esempio", "fonte": "Elenco inventato"}
    frame = read_table(path, catalog.spec("servizi_offerta"), TERRITORIO, defaults=defaults).frame
    entry = {
        "data_riferimento": "2024-12-31",
        "titolo": "Elenco inventato",
        "fonte": "Elenco inventato",
        "url": "",
        "licenza": "",
        "recuperato": "2025-01-31",
        "grado": "esempio",
    }
    storage.write_version(
        "servizi_offerta", "importata", "elenco.csv", lambda file: frame.to_csv(file, index=False), entry
    )
    return frame


@pytest.fixture
def examples_allowed(monkeypatch):
    monkeypatch.setattr(catalog, "table", functools.partial(catalog.table, esempi=True))


def test_invented_rows_never_reach_a_chapter(invented):
    with pytest.raises(DatiError, match="righe di esempio"):
        run("04_servizi.ipynb", territorio="pavia")


def test_without_a_list_the_chapter_says_what_is_known_and_how_to_get_the_rest(no_list):
    blocks = run("04_servizi.ipynb", territorio="insubria")
    shown = of_kind(blocks, "tabella") | of_kind(blocks, "mappa") | of_kind(blocks, "grafico")
    assert {"tab-domanda", "map-bambini", "fig-servizi-comunali", "map-domanda-offerta", "tab-macrocategorie"} <= set(
        shown
    )
    assert not {"tab-copertura", "map-copertura", "map-accesso", "tab-confini"} & set(shown)
    missing = [block for block in blocks if block["tipo"] == "riquadro" and block["genere"] == "manca"]
    assert any(f"`{COMMAND}`" in block["markdown"] for block in missing)
    areas = [[cell["v"] for cell in row] for row in shown["tab-macrocategorie"]["righe"]]
    assert len(areas) == 8
    assert all(row[3] is None and row[4] is None for row in areas)
    # The places that the law asks for are the children of the ATS: no list is needed to know them.
    known = figures(blocks)
    children = known["residenti_0_2.insubria.2022-01-01"].value
    assert known["posti_richiesti_lep_nidi.insubria.2022-01-01"].value == np.ceil(0.33 * children)


def test_the_chapter_changes_with_the_territory(no_list):
    pavia = words(run("04_servizi.ipynb", territorio="pavia"))
    stored = nbformat.read(NOTEBOOKS / "04_servizi.ipynb", as_version=4)
    assert "ATS di Pavia" in pavia
    assert "Città Metropolitana di Milano" in str(stored)
    assert "Città Metropolitana di Milano" not in pavia


def test_an_imported_list_gives_coverage_needs_and_access(invented, examples_allowed):
    blocks = run("04_servizi.ipynb", territorio="pavia")
    known = figures(blocks)
    nurseries = invented[invented["tipo"].isin(["asilo_nido", "micronido"])]
    places, children = int(nurseries["posti"].sum()), known["residenti_0_2.pavia.2022-01-01"].value
    assert known["posti_prima_infanzia.pavia.2024"].value == places
    assert known["copertura_prima_infanzia.pavia.2024"].value == pytest.approx(100 * places / children)
    missing = known["posti_mancanti_lep_nidi.pavia.2024"].value
    assert missing == max(0, np.ceil(0.33 * children - places))
    public = nurseries.loc[nurseries["gestione"] == "pubblica", "posti"].sum()
    assert known["quota_posti_pubblici.pavia.2024"].value == pytest.approx(100 * public / places)

    tables, maps = of_kind(blocks, "tabella"), of_kind(blocks, "mappa")
    comuni = TERRITORIO.members("ats", "pavia")
    without = [code for code in comuni if code not in set(nurseries["cod_comune"])]
    listed = {row[0]["v"] for row in tables["tab-scoperti"]["righe"]}
    population = catalog.read("popolazione", "2022-01-01").query("eta <= 2").groupby("cod_comune")["residenti"].sum()
    assert listed == {code for code in without if population.get(code, 0) > 0}

    access = maps["map-accesso"]["valori"]
    assert sum(access[code] * population.get(code, 0) / 100 for code in comuni) == pytest.approx(places)
    assert known[f"accesso_prima_infanzia.comune-{comuni[0]}.2024"].grade == "stima"
    assert maps["map-domanda-offerta"]["genere"] == "bivariata"
    assert maps["map-domanda-offerta"]["livello"] == "comune"
    assert f"`{COMMAND}`" in words(blocks), "the areas that the list does not have are still said to be missing"


def test_one_list_is_not_the_supply_of_the_whole_region(invented, examples_allowed):
    blocks = run("04_servizi.ipynb", territorio="lombardia")
    assert "tab-copertura" not in of_kind(blocks, "tabella")
    assert not any(name.startswith("posti_prima_infanzia.lombardia") for name in figures(blocks))


def test_the_sheet_of_an_ambito_with_the_list(invented, examples_allowed):
    blocks = run("scheda_ambito.ipynb", territorio="pavia")
    known = figures(blocks)
    members = TERRITORIO.members("ambito", "pavia")
    rows = invented[invented["cod_comune"].isin(members) & invented["tipo"].isin(["asilo_nido", "micronido"])]
    assert known["posti_prima_infanzia.ambito-pavia.2024"].value == rows["posti"].sum()


def test_an_ambito_known_in_part_has_no_totals(no_list):
    assert "cremona" in TERRITORIO.completezza("ambito", "lombardia").incompleti
    blocks = run("scheda_ambito.ipynb", territorio="cremona")
    assert any(block["tipo"] == "riquadro" and block["genere"] == "avviso" for block in blocks)
    assert not any(".ambito-cremona." in name for name in figures(blocks))
    assert "tab-comuni" in of_kind(blocks, "tabella")


def test_an_ambito_known_by_name_only_still_has_its_sheet(no_list):
    assert TERRITORIO.members("ambito", "romano-di-lombardia") == []
    blocks = run("scheda_ambito.ipynb", territorio="romano-di-lombardia")
    assert blocks[-1]["tipo"] == "registro"
    assert not of_kind(blocks, "tabella")


@pytest.mark.parametrize("code", ["lodi", "milano"])
def test_a_code_shared_by_an_ats_or_a_distretto_still_means_the_ambito(no_list, code):
    heading = run("scheda_ambito.ipynb", territorio=code)[0]
    assert heading["territorio"]["livello"] == "ambito"
    assert heading["territorio"]["codice"] == code


def test_the_sheet_counts_the_comuni_that_nobody_heard_from_and_lists_the_others(no_list):
    """Of the comuni of Lodi a source names one and counts three without their names; of the others nothing is known."""
    blocks = run("scheda_ambito.ipynb", territorio="lodi")
    rows = of_kind(blocks, "tabella")["tab-piani"]["righe"]
    assert [[cell["t"] for cell in row] for row in rows] == [
        ["Lodi", "adottato", "—", "Relazione regionale DGR XI/2639/2019"]
    ]
    known = figures(blocks)
    members = TERRITORIO.members("ambito", "lodi")
    assert known["comuni_non_noti.ambito-lodi.2022-01-01"].value == len(members) - 1 - 3
    assert known["comuni_senza_piano.ambito-lodi.2022-01-01"].value == 3
    assert "il dato non è pervenuto" in words(blocks)
    assert "senza nominarli" in words(blocks)


def test_a_partial_ambito_has_no_count_of_plans(no_list):
    blocks = run("scheda_ambito.ipynb", territorio="cremona")
    assert not any(name.startswith("comuni_non_noti") for name in figures(blocks))


def test_no_sheet_lists_a_plan_that_was_not_received(no_list):
    plans = catalog.read("piani_tempi")
    asked = plans[plans["stato"].eq("dato non pervenuto")]["cod_comune"]
    for code in sorted(TERRITORIO.comuni.loc[asked, "ambito"].dropna().unique())[:4]:
        table = of_kind(run("scheda_ambito.ipynb", territorio=code), "tabella").get("tab-piani", {"righe": []})
        assert not any(cell["t"] == "dato non pervenuto" for row in table["righe"] for cell in row)
