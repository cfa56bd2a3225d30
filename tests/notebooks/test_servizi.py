"""Analysis of services, chapter 04 and the sheet of an ambito: without a supply list and with an invented one.

The invented list has ``grado`` ``esempio``: the catalog refuses it, and with it the analysis, unless a reader asks for
examples. The tests that need it allow it here, by replacing the reader of the catalog; no parameter or variable does.
"""

import functools

import numpy as np
import pandas as pd
import pytest
import xlsxwriter
from quaderni import DATA, part, replaced, tell, told
from quaderni import figures as stored

from conciliazione_lib import catalog, storage, territory
from conciliazione_lib.errors import DatiError
from conciliazione_lib.evidence import Ledger, load, store
from conciliazione_lib.sources.extraction import read_table

TERRITORIO = territory.load(DATA)


def of_kind(blocks, kind):
    return {block["id"]: block for block in blocks if block["tipo"] == kind}


def figures(blocks):
    return Ledger.from_dict(blocks[-1]["registro"]).figures


def words(blocks):
    return " ".join(block.get("markdown", "") for block in blocks)


def rows():
    return stored().figures


@functools.cache
def residents():
    return catalog.read("popolazione", DATA)


def children():
    people = residents().query("eta <= 2")
    return TERRITORIO.aggregate(people, to="comune").groupby("territorio")["residenti"].sum()


def kept(frame):
    """Keep a list as the imported one."""
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


@pytest.fixture(scope="module")
def list_of_pavia(tmp_path_factory):
    """An invented list of the ATS of Pavia, as its analyst would keep it, and the data folder it is imported in."""
    folder = tmp_path_factory.mktemp("dati")
    rng = np.random.default_rng(20)
    lines = []
    for code in TERRITORIO.members("ats", "pavia"):
        name = TERRITORIO.name("comune", code)
        if rng.random() < 0.4:
            lines.append([name.upper(), f"Nido di {name}", "Asilo nido", "comunale", int(rng.integers(10, 60))])
        if rng.random() < 0.2:
            lines.append([code, f"Micronido di {name}", "Micro-nido", "privato", int(rng.integers(5, 11))])
        if rng.random() < 0.1:
            lines.append([name, f"Casa di {name}", "casa di riposo", None, int(rng.integers(20, 120))])
    path = folder / "elenco servizi.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("Elenco")
        page.write(0, 0, "ATS di Pavia – elenco inventato per le prove")
        page.write_row(2, 0, ["Comune", "Denominazione", "Tipologia", "Natura", "Posti autorizzati"])
        for number, line in enumerate(lines, 3):
            page.write_row(number, 0, ["" if value is None else value for value in line])
    defaults = {"anno": 2024, "grado": "esempio", "fonte": "Elenco inventato"}
    frame = read_table(path, catalog.spec("servizi_offerta"), TERRITORIO, defaults=defaults).frame
    late = [bool(number % 3) for number in range(len(frame))]
    frame["apertura"], frame["chiusura"] = "07:30", ["18:00" if one else "16:00" for one in late]
    frame["agosto"], frame["retta_minima"], frame["eta_da"], frame["eta_a"] = "no", 200.0, 1, 2
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONCILIAZIONE_DATI", str(folder / "dati locali"))
        kept(frame)
    return frame, folder / "dati locali"


@pytest.fixture
def invented(list_of_pavia, monkeypatch):
    """The invented list, imported."""
    frame, folder = list_of_pavia
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(folder))
    return frame


@pytest.fixture(scope="module")
def with_list(list_of_pavia):
    """The invented list, and the store it makes."""
    frame, folder = list_of_pavia
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONCILIAZIONE_DATI", str(folder))
        patch.setattr(catalog, "table", functools.partial(catalog.table, examples=True))
        return frame, replaced(part("servizi"), part("domanda_offerta"))


def test_every_territory_has_its_demand_and_what_the_norms_ask_for():
    """298 comuni were said to have no residents beside an index computed from them: none is without a row."""
    found = rows()
    for name in ("residenti_3_13", "residenti_18_64", "posti_richiesti_lep_nidi"):
        one = found[(found["indicatore"] == name) & found["riferimento"]]
        for level in load()[name].livelli:
            here = one[one["livello"] == level].set_index("territorio")
            assert set(here.index) == set(TERRITORIO.codes(level)), (name, level)
            if level not in ("ambito", "distretto"):
                assert here["valore"].notna().all()
    comuni = found[(found["indicatore"] == "residenti_3_13") & (found["livello"] == "comune")]
    expected = residents().query("3 <= eta <= 13")["residenti"].sum()
    assert comuni["valore"].sum() == expected
    asked = found[(found["indicatore"] == "posti_richiesti_lep_nidi") & (found["livello"] == "comune")]
    needed = np.ceil(children() * 0.33 - 1e-9)
    assert asked.set_index("territorio")["valore"].reindex(needed.index).tolist() == needed.tolist()


def test_a_supply_that_nobody_gave_is_not_available_and_says_why():
    places = rows()[rows()["indicatore"] == "posti_prima_infanzia"]
    assert set(places["stato"]) == {"non_disponibile"}
    assert (places["motivo"] != "").all()
    known = set(TERRITORIO.ambiti.index[TERRITORIO.ambiti["stato"] == "completo"])
    reasons = places[(places["livello"] == "ambito") & places["territorio"].isin(known)]["motivo"]
    assert set(reasons) == {"Nessuna fonte letta dà i posti comune per comune."}


def test_an_ats_is_given_its_provinces_and_its_interval_says_what_is_supposed():
    one = rows()[(rows()["indicatore"] == "bambini_servizi_comunali_infanzia") & rows()["riferimento"]]
    ats = one[one["livello"] == "ats"].set_index("territorio")
    province = one[one["livello"] == "provincia"].set_index("territorio")["valore"]
    # an ATS that is one province has its published value, without an interval
    assert ats.loc["bergamo", "valore"] == province["BG"]
    assert ats.loc["bergamo", "grado"] != "stima"
    assert ats.loc["bergamo", ["inferiore", "superiore"]].isna().all()
    # a third of Montagna lives in the Valcamonica: Brescia's value there is a supposition
    assert 0.2 < ats.loc["montagna", "imputata"] < 0.5
    wide = ats["superiore"] - ats["inferiore"]
    assert wide["montagna"] > 3 * wide["brescia"] > 0
    # the source does not publish Monza e Brianza: the province has no value, and says so
    assert pd.isna(province["MB"])
    assert 0.5 < ats.loc["brianza", "imputata"] < 1
    assert "per differenza" in ats.loc["brianza", "metodo"]


def test_the_law_is_compared_with_the_latest_places_not_with_those_of_2016():
    """Chapter 04 left out what ISTAT publishes of the region, and told the opposite of the truth."""
    published = catalog.read("nidi_regione").query(
        "servizio == 'tutti i servizi educativi' and gestione == 'tutte' and misura == 'posti_per_100'"
    )
    [value] = published.query("territorio == 'lombardia' and anno == 2023")["valore"]
    blocks = told("04_servizi", "montagna")
    known = figures(blocks)
    assert known["posti_nido_per_100.lombardia.2023"].value == value > 33
    assert "oltre il livello essenziale" in words(blocks)
    assert "sotto il livello essenziale" not in words(blocks)


def test_thresholds_of_the_registry_are_those_of_the_norms():
    norms = catalog.read("norme_servizi").set_index("norma")["valore"]
    for name in ("copertura_prima_infanzia", "posti_nido_per_100"):
        assert set(load()[name].soglie) == {norms["lep_nidi"], norms["ue_2030"]}


def test_invented_rows_never_reach_an_analysis(invented):
    with pytest.raises(DatiError, match="righe di esempio"):
        part("servizi")


def test_without_a_list_the_chapter_says_what_is_known_and_how_to_get_the_rest():
    blocks = told("04_servizi", "insubria")
    shown = of_kind(blocks, "tabella") | of_kind(blocks, "mappa") | of_kind(blocks, "grafico")
    assert {"tab-domanda", "map-bambini", "fig-servizi-comunali", "map-domanda-offerta", "tab-voci"} <= set(shown)
    assert not {"tab-copertura", "map-copertura", "map-accesso", "tab-confini"} & set(shown)
    missing = [block["lacuna"]["modello"] for block in told("10_limiti", "insubria") if "lacuna" in block]
    assert missing.count("servizi_offerta") == 1, "said once"
    # whom the services of each area are for is told, and what nobody listed is named in one line
    [line] = [
        block["markdown"] for block in blocks if "non sono disponibili per queste aree" in block.get("markdown", "")
    ]
    areas = list(stored().listing("aree_servizi")["area"])
    assert [row[0]["t"] for row in shown["tab-macrocategorie"]["righe"]] == areas
    assert {area for area in areas if area in line} == {*areas} - {"anziani"}
    assert not {"tab-lacune", "tab-tempo"} & set(shown), "a gap that no list tells has no table"
    # The places that the law asks for are the children of the ATS: no list is needed to know them.
    known = figures(blocks)
    young = known[f"residenti_0_2.insubria.{DATA}"].value
    assert known[f"posti_richiesti_lep_nidi.insubria.{DATA}"].value == np.ceil(0.33 * young)


def test_the_chapter_changes_with_the_territory():
    pavia = words(told("04_servizi", "pavia"))
    milano = words(told("04_servizi", "milano"))
    assert "ATS di Pavia" in pavia
    assert "Città Metropolitana di Milano" in milano
    assert "Città Metropolitana di Milano" not in pavia


def test_an_imported_list_gives_coverage_needs_and_access(with_list):
    listed, folder = with_list
    blocks = tell("04_servizi", "pavia", folder)
    known = figures(blocks)
    nurseries = listed[listed["tipo"].isin(["asilo_nido", "micronido"])]
    places, young = int(nurseries["posti"].sum()), known[f"residenti_0_2.pavia.{DATA}"].value
    assert known["posti_prima_infanzia.pavia.2024"].value == places
    assert known["copertura_prima_infanzia.pavia.2024"].value == pytest.approx(100 * places / young)
    missing = known["posti_mancanti_lep_nidi.pavia.2024"].value
    assert missing == max(0, np.ceil(0.33 * young - places))
    public = nurseries.loc[nurseries["gestione"] == "pubblica", "posti"].sum()
    assert known["quota_posti_pubblici.pavia.2024"].value == pytest.approx(100 * public / places)

    tables, maps = of_kind(blocks, "tabella"), of_kind(blocks, "mappa")
    comuni = TERRITORIO.members("ats", "pavia")
    without = [code for code in comuni if code not in set(nurseries["cod_comune"])]
    shown = {row[0]["v"] for row in tables["tab-scoperti"]["righe"]}
    people = children()
    assert shown == {code for code in without if people.get(code, 0) > 0}

    access = maps["map-accesso"]["valori"]
    assert sum(access[code] * people.get(code, 0) / 100 for code in comuni) == pytest.approx(places)
    assert known[f"accesso_prima_infanzia.comune-{comuni[0]}.2024"].grade == "stima"
    assert maps["map-domanda-offerta"]["genere"] == "bivariata"
    assert maps["map-domanda-offerta"]["livello"] == "comune"
    rows = {row[0]["t"]: row for row in tables["tab-macrocategorie"]["righe"]}
    assert int(rows["prima infanzia"][5]["v"]) == places
    assert rows["minori"][5]["v"] is None
    # what the list says of hours, ages and fees is told; what it does not say has no column
    closed = nurseries.loc[nurseries["chiusura"] == "16:00", "posti"].sum()
    assert known["lacuna_tempo.pavia.2026.area-prima-infanzia.orario-dopo-le-17-30"].value == closed
    share = known["quota_posti_aperti.pavia.2026.area-prima-infanzia.orario-prima-delle-8"]
    assert share.value == 100
    babies = residents().query("eta == 0 and cod_comune in @comuni")["residenti"].sum()
    assert known["lacuna_eta.pavia.2026.area-prima-infanzia"].value == babies
    income = known["peso_retta.pavia.2026.area-prima-infanzia"]
    month = stored().figures.query("indicatore == 'reddito_medio' and territorio == 'pavia' and livello == 'ats'")
    assert income.value == pytest.approx(100 * 200 / (month["valore"].item() / 12))
    assert "lacuna_bisogno" not in {column["id"] for column in tables["tab-lacune"]["colonne"]}
    assert "tab-tempo" in tables
    assert "non sono disponibili per queste aree" in words(blocks), (
        "those that the list does not have are still missing"
    )


def test_a_hole_does_not_blank_the_headline(list_of_pavia, tmp_path, monkeypatch):
    """Of 20 services among 346 without places the chapter said «n.d. posti … mancano n.d. posti»."""
    invented, _ = list_of_pavia
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path))
    monkeypatch.setattr(catalog, "table", functools.partial(catalog.table, examples=True))
    nursery = invented["tipo"].isin(["asilo_nido", "micronido"])
    holes = invented.index[nursery][::6]
    frame = invented.astype({"posti": "Int64"})
    frame.loc[holes, "posti"] = pd.NA
    kept(frame)
    folder = replaced(part("servizi"), part("domanda_offerta"))
    blocks = tell("04_servizi", "pavia", folder)
    known = figures(blocks)
    places = known["posti_prima_infanzia.pavia.2024"]
    assert places.state == "parziale"
    assert places.value == frame.loc[nursery, "posti"].sum()
    assert known["servizi_senza_posti.pavia.2024"].value == len(holes)
    assert known["servizi_prima_infanzia.pavia.2024"].value == nursery.sum()
    told = words(blocks)
    assert "almeno" in told
    assert "n.d. posti" not in told.replace("[n.d.]", "n.d.")
    assert "sotto il livello essenziale" not in told
    stored = store.Store(folder).figures
    comuni = stored[(stored["indicatore"] == "posti_prima_infanzia") & (stored["livello"] == "comune")]
    # neither is a part shown as whole in a comune, nor a comune with services listed among those without
    state = comuni.set_index("territorio")["stato"]
    assert set(state[frame.loc[holes, "cod_comune"]]) <= {"parziale", "non_disponibile"}
    without = {row[0]["v"] for row in of_kind(blocks, "tabella")["tab-scoperti"]["righe"]}
    assert not without & set(frame.loc[nursery, "cod_comune"])
    assert figures(tell("scheda_ambito", "pavia", folder))["posti_prima_infanzia.ambito-pavia.2024"].value > 0


def test_one_list_is_not_the_supply_of_the_whole_region(with_list):
    _, folder = with_list
    blocks = tell("04_servizi", "lombardia", folder)
    assert "tab-copertura" not in of_kind(blocks, "tabella")
    assert not any(name.startswith("posti_prima_infanzia.lombardia") for name in figures(blocks))
    found = store.Store(folder).figures
    milano = found[(found["indicatore"] == "posti_prima_infanzia") & (found["territorio"] == "milano")]
    assert set(milano["stato"]) == {"non_disponibile"}
    # who reaches no place is told of whole territories only: a part would pass for the whole
    reach = found[found["indicatore"] == "quota_senza_accesso"]
    assert set(reach["territorio"]) == {"pavia", *(x for x in reach["territorio"] if x in TERRITORIO.ambiti.index)}


def test_the_sheet_of_an_ambito_with_the_list(with_list):
    listed, folder = with_list
    known = figures(tell("scheda_ambito", "pavia", folder))
    members = TERRITORIO.members("ambito", "pavia")
    own = listed[listed["cod_comune"].isin(members) & listed["tipo"].isin(["asilo_nido", "micronido"])]
    assert known["posti_prima_infanzia.ambito-pavia.2024"].value == own["posti"].sum()


def test_an_ambito_known_in_part_has_no_totals():
    incomplete = TERRITORIO.completezza("ambito", "lombardia").incompleti
    code = next(x for x in incomplete if TERRITORIO.members("ambito", x))
    blocks = told("scheda_ambito", code)
    assert any(block["tipo"] == "riquadro" and block["genere"] == "avviso" for block in blocks)
    assert not any(f".ambito-{code}." in name for name in figures(blocks))
    assert "tab-comuni" in of_kind(blocks, "tabella")


def test_an_ambito_known_by_name_only_still_has_its_sheet():
    by_name = [x for x in TERRITORIO.codes("ambito") if not TERRITORIO.members("ambito", x)]
    assert by_name
    for code in by_name[:2]:
        blocks = told("scheda_ambito", code)
        assert blocks[-1]["tipo"] == "registro"
        assert not of_kind(blocks, "tabella")


@pytest.mark.parametrize("code", ["lodi", "milano"])
def test_a_code_shared_by_an_ats_or_a_distretto_still_means_the_ambito(code):
    heading = told("scheda_ambito", code)[0]
    assert heading["territorio"]["livello"] == "ambito"
    assert heading["territorio"]["codice"] == code


def test_the_sheet_counts_the_comuni_that_nobody_heard_from_and_lists_the_others():
    """Of the comuni of Lodi a source names one and counts three without their names; of the others nothing is known."""
    blocks = told("scheda_ambito", "lodi")
    listed = of_kind(blocks, "tabella")["tab-piani"]["righe"]
    named = {row[0]["t"] for row in listed}
    assert "Lodi" in named
    known = figures(blocks)
    members = TERRITORIO.members("ambito", "lodi")
    assert known[f"comuni_senza_piano.ambito-lodi.{DATA}"].value == 3
    assert known[f"comuni_non_noti.ambito-lodi.{DATA}"].value == len(members) - len(named) - 3
    assert "il dato non è pervenuto" in words(blocks)
    assert "senza nominarli" in words(blocks)


def test_the_free_nurseries_and_the_places_by_kind_are_told_of_the_region_only():
    blocks = told("04_servizi", "lombardia")
    tables = of_kind(blocks, "tabella")
    editions = {row[0]["v"]: [cell["v"] for cell in row[1:]] for row in tables["tab-nidi-gratis"]["righe"]}
    assert editions["2016/2017"] == [385, None, 32_000_000]
    assert editions["2018/2019"] == [530, 1_018, 41_000_000]
    assert editions["2021/2022"] == [None, None, 10_000_000]
    families = [[cell["v"] for cell in row] for row in tables["tab-nidi-gratis-famiglie"]["righe"]]
    assert ["2016/2017", "famiglie beneficiarie", "circa", 13_500] in families
    assert ["2018/2019", "domande ammesse", "esatta", 15_210] in families
    kinds = {row[0]["v"]: [cell["v"] for cell in row[1:]] for row in tables["tab-posti-tipo"]["righe"]}
    assert kinds["tutti i servizi educativi"] == [3_040, 78_138, 37.8]
    assert kinds["nidi e sezioni primavera"][1] + kinds["servizi integrativi"][1] == 78_138
    known = figures(blocks)
    owned = [
        f"posti_infanzia_regione.lombardia.2023.gestione-titolare-{o}.servizio-tutti-i-servizi-educativi"
        for o in ("pubblico", "privato")
    ]
    assert [known[name].value for name in owned] == [31_072, 47_066]
    assert "tab-nidi-gratis" not in of_kind(told("04_servizi", "pavia"), "tabella")


@pytest.mark.parametrize(
    ("code", "said", "unsaid"),
    [
        ("garbagnate-milanese", "dice il contrario di Bollate e Paderno Dugnano", "È la sola"),
        ("treviglio", "È la sola a dirlo di Treviglio, e senza farne il nome", "il contrario"),
        ("lodi", "", "La relazione regionale dichiara"),
    ],
)
def test_the_sheet_tells_a_declaration_as_one_and_names_what_contradicts_it(code, said, unsaid):
    text = " ".join(words(told("scheda_ambito", code)).split())
    assert said in text
    assert unsaid not in text


def test_no_sheet_lists_a_plan_that_was_not_received():
    plans = catalog.read("piani_tempi")
    asked = plans[plans["stato"].eq("dato non pervenuto")]["cod_comune"]
    for code in sorted(TERRITORIO.comuni.loc[asked, "ambito"].dropna().unique())[:4]:
        table = of_kind(told("scheda_ambito", code), "tabella").get("tab-piani", {"righe": []})
        assert not any(cell["t"] == "dato non pervenuto" for row in table["righe"] for cell in row)
