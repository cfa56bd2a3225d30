import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from conciliazione_lib import catalog, storage, territory
from conciliazione_lib.errors import DatiError, UsoError

T2022 = territory.load("2022-01-01")
T2023 = territory.load("2023-01-01")


# Ministry of Health, "Comuni e popolazione per azienda sanitaria", 2019: 1.507 comuni; one less from 2020 (Vendrogno).
COMUNI_PER_ATS = {
    "milano": 193,
    "insubria": 270,
    "montagna": 134,
    "brianza": 139,
    "bergamo": 243,
    "brescia": 164,
    "val-padana": 177,
    "pavia": 186,
}


def test_comuni_by_ats_at_2022():
    assert {ats: len(T2022.members("ats", ats)) for ats in T2022.codes("ats")} == COMUNI_PER_ATS
    assert T2022.codes("ats") == list(COMUNI_PER_ATS)  # the order of the official codes 321–328
    assert list(T2022.ats["codice"]) == [str(code) for code in range(321, 329)]


def test_every_comune_is_in_one_ats_one_asl_one_province():
    for level in ("ats", "asl", "provincia"):
        assert T2022.comuni[level].notna().all()
        members = [c for code in T2022.codes(level) for c in T2022.members(level, code)]
        assert sorted(members) == list(T2022.comuni.index)


# ISTAT: 1.544 comuni in 2011-2013, 1.531 from 4 February 2014; 1.506 in 2020-2022, 1.502 from 1 January 2024. Formez,
# 2017: 1.516 from 1 January 2018.
@pytest.mark.parametrize(
    ("data", "comuni"),
    [
        *(("2013-01-01", 1544), ("2014-02-04", 1531), ("2018-01-01", 1516), ("2019-12-31", 1507)),
        *(("2022-01-01", 1506), ("2023-01-01", 1504), ("2024-01-01", 1502), ("2025-01-01", 1502), ("2026-01-01", 1502)),
        # ANPR: Lirio ceases on 31 January 2026, incorporated by Montalto Pavese
        ("2026-11-28", 1501),
    ],
)
def test_number_of_comuni_through_the_mergers(data, comuni):
    assert len(territory.load(data).comuni) == comuni


def test_an_ambito_goes_back_to_insubria_in_2019():
    before, after = territory.load("2018-12-31"), territory.load("2019-01-01")
    assert before.comuni.at["013145", "ats"] == "montagna"  # Menaggio
    assert after.comuni.at["013145", "ats"] == "insubria"
    assert len(set(before.members("ats", "montagna")) - set(after.members("ats", "montagna"))) == 29


def test_the_exceptions_to_the_province():
    assert T2022.comuni.at["015191", "ambito"] == "lodi"  # San Colombano al Lambro, province of Milano
    assert T2022.comuni.at["016215", "ats"] == "bergamo"  # Torre de' Busi, in the province of Lecco until 2018
    assert territory.load("2018-01-01").comuni.at["097080", "ats"] == "brianza"
    assert len([c for c in T2022.members("ats", "montagna") if T2022.comuni.at[c, "provincia"] == "BS"]) == 41
    assert len([c for c in T2022.members("ats", "montagna") if T2022.comuni.at[c, "provincia"] == "CO"]) == 16


def test_the_eighteen_ambiti_of_milano_are_complete_and_the_others_say_what_is_missing():
    milano = T2022.completezza("ambito", "milano")
    assert milano.completa
    assert len(milano.territori) == 18
    assert len(T2022.members("ambito", "lodi")) == 61
    bergamo = T2022.completezza("ambito", "bergamo")
    assert not bergamo.completa
    assert len(bergamo.mancanti) == 44  # 88 before the lists of 2024-2026
    assert "romano-di-lombardia" in bergamo.incompleti
    regione = T2022.completezza("ambito", "lombardia")
    assert len(regione.mancanti) == sum(len(T2022.completezza("ambito", a).mancanti) for a in T2022.codes("ats"))


def test_an_ambito_lies_in_one_ats_and_a_distretto_is_made_of_ambiti():
    known = T2022.comuni.dropna(subset=["ambito"])
    assert (known["ambito"].map(T2022.ambiti["ats"]) == known["ats"]).all()
    assert (T2022.comuni.dropna(subset=["distretto"]).groupby("ambito")["distretto"].nunique() == 1).all()


def test_distretti_of_milano_cover_it():
    assert T2022.completezza("distretto", "milano").completa
    assert len(T2022.members("distretto", "melegnano-martesana")) == 53  # the comuni of the former ASL Milano 2
    assert T2022.members("distretto", "melegnano-martesana") == T2022.members("asl", "milano-2")
    assert len(T2022.members("distretto", "nord-milano")) == 6


def test_names():
    assert T2022.name("ats", "insubria") == "ATS dell’Insubria"
    assert T2022.name("ats", "milano", breve=True) == "Città Metropolitana di Milano"
    assert T2022.name("provincia", "MB") == "Monza e della Brianza"
    assert T2022.name("comune", "015146") == "Milano"
    with pytest.raises(UsoError, match=r"livello «ats» con codice «roma»"):
        T2022.name("ats", "roma")
    with pytest.raises(UsoError, match="I livelli sono: comune, ambito"):
        T2022.codes("quartiere")


def test_parent_is_given_only_when_there_is_one():
    assert T2022.parent("ambito", "rho", "distretto") == "rhodense"
    assert T2022.parent("ambito", "lodi", "provincia") is None  # Lodi and San Colombano al Lambro
    assert T2022.parent("ats", "pavia", "regione") == "lombardia"


def test_whose_each_territory_is_said_to_be():
    said = T2022.stated("ambito", "ats")
    assert said["rho"] == "milano"
    assert said == T2022.ambiti["ats"].dropna().to_dict(), "whatever comuni each is known to have"
    assert T2022.stated("comune", "ambito").keys() == set(T2022.comuni.index[T2022.comuni["ambito"].notna()])
    assert (T2022.stated("ats", "ambito"), T2022.stated("comune", "italia")) == ({}, {})


def test_lombardia_is_the_sum_of_its_ats_at_each_date():
    for table, data, total in (
        ("popolazione", "2022-01-01", 9_943_004),
        ("residenti_comuni", "2025-01-01", 10_033_918),
        ("residenti_comuni", "2026-01-01", 10_065_694),
    ):
        population = catalog.read(table, data=data)
        t = territory.load(data)
        by_ats = t.aggregate(population, "ats")
        assert by_ats["residenti"].sum() == total
        assert set(by_ats["territorio"]) == set(COMUNI_PER_ATS)
        assert t.aggregate(population, "regione")["residenti"].sum() == total


def test_old_codes_count_for_the_comune_that_has_their_territory():
    population = catalog.read("popolazione", data="2022-01-01")
    new = T2023.aggregate(population, "comune").groupby("territorio")["residenti"].sum()
    assert len(new) == 1504
    three = population["cod_comune"].isin(["012009", "012018", "012095"])
    assert new["012144"] == population.loc[three, "residenti"].sum()


def test_a_later_comune_is_not_divided_and_an_unknown_code_is_not_dropped():
    frame = pd.DataFrame({"cod_comune": ["012144", "999999", "015146"], "posti": [1, 2, 3]})
    with pytest.raises(DatiError) as taken:
        T2022.aggregate(frame, "ats")
    text = str(taken.value)
    assert "«012144» (Bardello con Malgesso e Bregano). Il comune è nato il 1° gennaio 2023" in text
    assert "atteso un codice ISTAT della Lombardia; trovato «999999»" in text
    assert "nessuna riga viene scartata" in text


def test_comuni_without_an_ambito_end_in_their_own_row():
    posti = pd.DataFrame({"cod_comune": T2022.members("ats", "bergamo"), "posti": 1})
    sums = T2022.aggregate(posti, "ambito").set_index("territorio")["posti"]
    assert sums[territory.NOT_ATTRIBUTED] == 44
    assert sums.sum() == 243


def test_a_total_with_a_missing_part_is_missing():
    frame = pd.DataFrame(
        {"cod_comune": ["015146", "015209"], "anno": [2020, 2020], "nati": [1.0, None], "speso": [1, 2]}
    )
    sums = T2022.aggregate(frame, "ats")
    assert list(sums.columns) == ["territorio", "anno", "nati", "speso"]
    assert pd.isna(sums.at[0, "nati"])
    assert sums.at[0, "speso"] == 3


_codes = st.sampled_from([*T2022.comuni.index, "015235", "015246", "098016", "097085", "020061"])


@settings(max_examples=40)
@given(
    st.lists(st.tuples(_codes, st.sampled_from("MF"), st.integers(0, 10_000)), min_size=1, max_size=60),
    st.sampled_from(["comune", "ambito", "distretto", "asl", "ats", "provincia", "regione"]),
)
def test_aggregation_conserves_totals_and_ignores_the_order_of_rows(rows, livello):
    frame = pd.DataFrame(rows, columns=["cod_comune", "sesso", "residenti"])
    sums = T2022.aggregate(frame, livello)
    assert sums["residenti"].sum() == frame["residenti"].sum()
    assert sums.groupby("sesso")["residenti"].sum().to_dict() == frame.groupby("sesso")["residenti"].sum().to_dict()
    pd.testing.assert_frame_equal(sums, T2022.aggregate(frame.iloc[::-1], livello))
    if livello not in ("ambito", "distretto"):
        by_comune = T2022.aggregate(frame, "comune").rename(columns={"territorio": "cod_comune"})
        pd.testing.assert_frame_equal(sums, T2022.aggregate(by_comune, livello))


def test_crosswalk_lists_the_changes_between_two_dates():
    passages = T2022.crosswalk("2022-01-01", "2023-01-01")
    assert list(passages["cod_prima"]) == ["012009", "012095", "012018"]
    assert set(passages["cod_dopo"]) == {"012144"}
    assert T2022.crosswalk("2021-01-01").empty


def test_merged_comune_has_the_union_of_the_shapes():
    before, after = T2022.boundaries(), T2023.boundaries()
    assert len(before) == 1506
    assert len(after) == 1504
    union = before.loc[["012009", "012018", "012095"], "geometry"].union_all()
    assert after.at["012144", "geometry"].symmetric_difference(union).area < 1
    assert before.area.sum() == pytest.approx(after.area.sum())
    assert T2023.comuni["superficie_kmq"].sum() == pytest.approx(23_863, abs=5)  # ISTAT, Lombardia: 23.863 km²


def test_the_territory_of_the_plan_has_the_comuni_and_the_shapes_of_its_own_day():
    for data in ("2025-01-01", "2026-01-01"):
        t = territory.load(data)
        assert set(t.comuni.index) == set(catalog.read("residenti_comuni", data)["cod_comune"])
        assert t.comuni["ats"].notna().all()
        assert t.completezza("distretto", "milano").completa  # the districts of the other ATS are not known
        shapes = t.boundaries()
        assert list(shapes.index) == list(t.comuni.index)
        assert shapes.area.sum() == pytest.approx(T2022.boundaries().area.sum())
        # Territories are put together as the coverage they are, and are what a plain union gives.
        assert shapely.coverage_is_valid(shapes["geometry"].to_numpy())
        pavia = t.shapes("ats").at["pavia", "geometry"]
        assert pavia.equals(shapes.loc[t.members("ats", "pavia"), "geometry"].union_all())
    joined = {"013256": ["013199", "013228"], "018026": ["018002", "018026"], "018094": ["018082", "018094"]}
    today, before = territory.load("2026-11-28").boundaries(), T2022.boundaries()
    for new, old in joined.items():
        union = before.loc[old, "geometry"].union_all()
        assert today.at[new, "geometry"].symmetric_difference(union).area < 1
    assert "unita" in storage.find("confini").note


@pytest.mark.parametrize("data", ["ieri", "2022-13-01", "2010-10-09"])
def test_a_wrong_or_too_early_date_is_refused(data):
    with pytest.raises(UsoError, match=data):
        territory.load(data)


def import_memberships(rows: pd.DataFrame, folder, monkeypatch) -> None:
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(folder))
    rows = rows.assign(periodo="PdZ 2025-27", tipo_elenco="ambito", grado="atto", fonte="prova")
    all_of_them = pd.concat([catalog.read("comuni_ambiti"), rows], ignore_index=True)
    all_of_them = all_of_them.drop_duplicates(["cod_comune", "valido_dal"], keep="last")
    entry = {"data_riferimento": "2026", "titolo": "t", "fonte": "prova", "url": "", "licenza": "", "recuperato": ""}
    entry |= {"grado": "atto", "note": ""}
    storage.write_version("comuni_ambiti", "importata", "a.csv", lambda f: all_of_them.to_csv(f, index=False), entry)


def test_rows_added_by_an_analyst_complete_their_ambito(monkeypatch, tmp_path):
    """Romano declares seventeen comuni, and none was read."""
    before = territory.load("2022-01-01")
    assert before.ambiti.at["romano-di-lombardia", "stato"] == "solo nome"
    free = list(before.completezza("ambito", "bergamo").mancanti)
    import_memberships(
        pd.DataFrame({"cod_comune": free[:16], "ambito": "romano-di-lombardia"}), tmp_path / "a", monkeypatch
    )
    assert territory.load("2022-01-01").ambiti.at["romano-di-lombardia", "stato"] == "parziale"
    import_memberships(
        pd.DataFrame({"cod_comune": free[:17], "ambito": "romano-di-lombardia"}), tmp_path / "b", monkeypatch
    )
    after = territory.load("2022-01-01").ambiti.loc["romano-di-lombardia"]
    assert (after["stato"], after["comuni_trovati"], after["comuni_dedotti"]) == ("completo", 17, 0)


def test_a_source_takes_the_place_of_a_deduction_and_of_a_clue(monkeypatch, tmp_path):
    confienza, campodolcino = "018052", "014012"
    before = territory.load("2022-01-01")
    assert before.comuni.loc[confienza, ["ambito", "ambito_grado"]].tolist() == ["lomellina", "stima"]
    assert pd.isna(before.comuni.at[campodolcino, "ambito"])
    assert before.comuni.at[campodolcino, "ambito_indizio"] == "chiavenna"
    read = pd.DataFrame({"cod_comune": [confienza, campodolcino], "ambito": ["lomellina", "chiavenna"]})
    import_memberships(read, tmp_path, monkeypatch)
    after = territory.load("2022-01-01")
    assert after.comuni.at[confienza, "ambito_grado"] == "atto"
    assert after.ambiti.at["lomellina", "comuni_dedotti"] == 0
    assert after.comuni.at[campodolcino, "ambito"] == "chiavenna"
    assert pd.isna(after.comuni.at[campodolcino, "ambito_indizio"])


def test_a_table_of_memberships_without_dates_holds_at_any_date(monkeypatch, tmp_path):
    """Files imported before the columns were there."""
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path))
    all_of_them = (
        catalog.read("comuni_ambiti").query("ambito != 'alto-milanese'").drop(columns=["valido_dal", "valido_al"])
    )
    entry = {"data_riferimento": "2026", "titolo": "t", "fonte": "prova", "url": "", "licenza": "", "recuperato": ""}
    entry |= {"grado": "atto", "note": ""}
    storage.write_version("comuni_ambiti", "importata", "a.csv", lambda f: all_of_them.to_csv(f, index=False), entry)
    assert len(territory.load("2025-01-01").members("ambito", "legnano")) == 11


def test_where_the_ambiti_were_read_deduced_or_only_hinted_at():
    t = territory.load("2026-11-28")
    rows = catalog.read("comuni_ambiti")
    alive = rows[rows["valido_al"].isna()]
    # 22 of the register, 8 more that a district's list only hinted at, 2 of the Alto Milanese
    assert (alive["tipo_elenco"] == "registro").sum() == 32
    assert (alive["grado"] == "stima").sum() == (alive["tipo_elenco"] == "deduzione").sum() == 104
    assert alive["tipo_elenco"].isin(["distretto", "area"]).sum() == 122 - 8
    assert set(t.comuni.loc[t.comuni["ambito_elenco"] == "deduzione", "ambito_grado"]) == {"stima"}
    assert not t.comuni["ambito_elenco"].isin(["distretto", "area"]).any()
    assert not (t.comuni["ambito"].notna() & t.comuni["ambito_indizio"].notna()).any()
    assert t.comuni.at["012070", "ambito"] == "gallarate"  # its own town is in the register
    assert t.comuni.at["012113", "ambito"] == "arcisate"
    assert t.comuni.at["012127", "ambito"] == "tradate"
    assert t.members("ambito", "campione-d-italia") == ["013040"]
    assert t.completezza("ambito", "montagna").incompleti


def test_two_ambiti_become_one_with_the_register():
    before, after = territory.load("2025-01-01"), territory.load("2026-08-01")
    assert "alto-milanese" not in before.codes("ambito")
    assert {"legnano", "castano-primo"} <= set(before.codes("ambito"))
    whole = sorted(before.members("ambito", "legnano") + before.members("ambito", "castano-primo"))
    assert after.members("ambito", "alto-milanese") == whole
    assert len(whole) == 22
    assert not {"legnano", "castano-primo"} & set(after.codes("ambito"))
    assert after.parent("ambito", "alto-milanese", "distretto") == "ovest-milanese"
    assert after.completezza("ambito", "milano").completa
    assert len(after.codes("ambito")) == len(before.codes("ambito")) - 1


def test_an_ambito_is_complete_only_where_every_arithmetic_of_the_sources_agrees():
    for row in catalog.read("somme_ambiti").itertuples():
        t = T2022 if pd.isna(row.al) else territory.load(row.al)
        ambiti = t.ambiti.loc[row.ambiti.split()]
        complete = (ambiti["stato"] == "completo").all()
        assert ambiti["comuni_trovati"].sum() <= row.comuni, row.somma
        assert complete == (ambiti["comuni_trovati"].sum() == row.comuni), row.somma
    assert "stato" not in catalog.read("ambiti")
    assert T2022.ambiti.loc[["cremona", "oglio-po-casalmaggiore", "tradate", "grumello"], "stato"].eq("parziale").all()


def test_the_status_of_an_ambito_does_not_depend_on_the_day_of_the_mergers():
    today = territory.load("2024-01-01").ambiti["stato"]
    for data in ("2013-01-01", "2015-01-01", "2022-01-01"):
        assert territory.load(data).ambiti["stato"].to_dict() == today.to_dict()


def test_the_deduced_part_of_a_sum_is_told():
    residenti = catalog.read("popolazione", "2022-01-01").groupby("cod_comune")["residenti"].sum()
    quote = T2022.deduced_share("ambito", residenti)
    assert quote["rho"] == 0
    trompia = residenti[T2022.members("ambito", "valle-trompia")]
    assert quote["valle-trompia"] == pytest.approx(1 - trompia["017117"] / trompia.sum())  # Nave is in the register
    assert T2022.deduced_share("distretto", residenti).eq(0).all()
    assert "romano-di-lombardia" not in quote
    with pytest.raises(UsoError, match="per «ambito» o «distretto», non per «ats»"):
        T2022.deduced_share("ats", residenti)


def test_a_table_that_already_has_territories_is_refused():
    frame = pd.DataFrame({"cod_comune": ["015146"], "territorio": ["milano"], "residenti": [1]})
    with pytest.raises(UsoError, match="ha già una colonna «territorio»"):
        territory.load("2022-01-01").aggregate(frame, to="ats")


def test_the_comuni_of_a_table_published_later_are_those_of_the_first_year_that_has_them_all() -> None:
    assert territory.load_with(["012144", "015146"], since=2020).data == "2023-01-01"
    assert territory.load_with(["015146"], since=2020).data == "2020-01-01"
    with pytest.raises(UsoError, match="Dal 2020 non c'è un anno"):
        territory.load_with(["999999"], since=2020)
