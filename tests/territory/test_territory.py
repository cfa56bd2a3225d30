import pandas as pd
import pytest
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
    assert list(T2022.ats["codice"]) == [str(codice) for codice in range(321, 329)]


def test_every_comune_is_in_one_ats_one_asl_one_province():
    for livello in ("ats", "asl", "provincia"):
        assert T2022.comuni[livello].notna().all()
        membri = [c for codice in T2022.codes(livello) for c in T2022.members(livello, codice)]
        assert sorted(membri) == list(T2022.comuni.index)


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


def test_medio_lario_goes_back_to_insubria_in_2019():
    prima, dopo = territory.load("2018-12-31"), territory.load("2019-01-01")
    assert prima.comuni.at["013145", "ats"] == "montagna"  # Menaggio
    assert dopo.comuni.at["013145", "ats"] == "insubria"
    assert len(set(prima.members("ats", "montagna")) - set(dopo.members("ats", "montagna"))) == 29


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
    noti = T2022.comuni.dropna(subset=["ambito"])
    assert (noti["ambito"].map(T2022.ambiti["ats"]) == noti["ats"]).all()
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


def test_lombardia_is_the_sum_of_its_ats_at_each_date():
    for tabella, data, totale in (
        ("popolazione", "2022-01-01", 9_943_004),
        ("residenti_comuni", "2025-01-01", 10_033_918),
        ("residenti_comuni", "2026-01-01", 10_065_694),
    ):
        popolazione = catalog.read(tabella, data=data)
        t = territory.load(data)
        per_ats = t.aggregate(popolazione, "ats")
        assert per_ats["residenti"].sum() == totale
        assert set(per_ats["territorio"]) == set(COMUNI_PER_ATS)
        assert t.aggregate(popolazione, "regione")["residenti"].sum() == totale


def test_old_codes_count_for_the_comune_that_has_their_territory():
    popolazione = catalog.read("popolazione", data="2022-01-01")
    nuova = T2023.aggregate(popolazione, "comune").groupby("territorio")["residenti"].sum()
    assert len(nuova) == 1504
    tre = popolazione["cod_comune"].isin(["012009", "012018", "012095"])
    assert nuova["012144"] == popolazione.loc[tre, "residenti"].sum()


def test_a_later_comune_is_not_divided_and_an_unknown_code_is_not_dropped():
    frame = pd.DataFrame({"cod_comune": ["012144", "999999", "015146"], "posti": [1, 2, 3]})
    with pytest.raises(DatiError) as preso:
        T2022.aggregate(frame, "ats")
    testo = str(preso.value)
    assert "«012144» (Bardello con Malgesso e Bregano). Il comune è nato il 1° gennaio 2023" in testo
    assert "atteso un codice ISTAT della Lombardia; trovato «999999»" in testo
    assert "nessuna riga viene scartata" in testo


def test_comuni_without_an_ambito_end_in_their_own_row():
    posti = pd.DataFrame({"cod_comune": T2022.members("ats", "bergamo"), "posti": 1})
    somme = T2022.aggregate(posti, "ambito").set_index("territorio")["posti"]
    assert somme[territory.NON_ATTRIBUITO] == 44
    assert somme.sum() == 243


def test_a_total_with_a_missing_part_is_missing():
    frame = pd.DataFrame(
        {"cod_comune": ["015146", "015209"], "anno": [2020, 2020], "nati": [1.0, None], "speso": [1, 2]}
    )
    somme = T2022.aggregate(frame, "ats")
    assert list(somme.columns) == ["territorio", "anno", "nati", "speso"]
    assert pd.isna(somme.at[0, "nati"])
    assert somme.at[0, "speso"] == 3


_codici = st.sampled_from([*T2022.comuni.index, "015235", "015246", "098016", "097085", "020061"])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(_codici, st.sampled_from("MF"), st.integers(0, 10_000)), min_size=1, max_size=60),
    st.sampled_from(["comune", "ambito", "distretto", "asl", "ats", "provincia", "regione"]),
)
def test_aggregation_conserves_totals_and_ignores_the_order_of_rows(righe, livello):
    frame = pd.DataFrame(righe, columns=["cod_comune", "sesso", "residenti"])
    somme = T2022.aggregate(frame, livello)
    assert somme["residenti"].sum() == frame["residenti"].sum()
    assert somme.groupby("sesso")["residenti"].sum().to_dict() == frame.groupby("sesso")["residenti"].sum().to_dict()
    pd.testing.assert_frame_equal(somme, T2022.aggregate(frame.iloc[::-1], livello))
    if livello not in ("ambito", "distretto"):
        per_comune = T2022.aggregate(frame, "comune").rename(columns={"territorio": "cod_comune"})
        pd.testing.assert_frame_equal(somme, T2022.aggregate(per_comune, livello))


def test_crosswalk_lists_the_changes_between_two_dates():
    passaggi = T2022.crosswalk("2022-01-01", "2023-01-01")
    assert list(passaggi["cod_prima"]) == ["012009", "012095", "012018"]
    assert set(passaggi["cod_dopo"]) == {"012144"}
    assert T2022.crosswalk("2021-01-01").empty


def test_merged_comune_has_the_union_of_the_shapes():
    prima, dopo = T2022.boundaries(), T2023.boundaries()
    assert len(prima) == 1506
    assert len(dopo) == 1504
    unione = prima.loc[["012009", "012018", "012095"], "geometry"].union_all()
    assert dopo.at["012144", "geometry"].symmetric_difference(unione).area < 1
    assert prima.area.sum() == pytest.approx(dopo.area.sum())
    assert T2023.comuni["superficie_kmq"].sum() == pytest.approx(23_863, abs=5)  # ISTAT, Lombardia: 23.863 km²


def test_the_territory_of_the_plan_has_the_comuni_and_the_shapes_of_its_own_day():
    for data in ("2025-01-01", "2026-01-01"):
        t = territory.load(data)
        assert set(t.comuni.index) == set(catalog.read("residenti_comuni", data)["cod_comune"])
        assert t.comuni["ats"].notna().all()
        assert t.completezza("distretto", "milano").completa  # the districts of the other ATS are not known
        forme = t.boundaries()
        assert list(forme.index) == list(t.comuni.index)
        assert forme.area.sum() == pytest.approx(T2022.boundaries().area.sum())
    unite = {"013256": ["013199", "013228"], "018026": ["018002", "018026"], "018094": ["018082", "018094"]}
    oggi, prima = territory.load("2026-11-28").boundaries(), T2022.boundaries()
    for nuovo, vecchi in unite.items():
        unione = prima.loc[vecchi, "geometry"].union_all()
        assert oggi.at[nuovo, "geometry"].symmetric_difference(unione).area < 1
    assert "unita" in storage.find("confini").note


@pytest.mark.parametrize("data", ["ieri", "2022-13-01", "2010-10-09"])
def test_a_wrong_or_too_early_date_is_refused(data):
    with pytest.raises(UsoError, match=data):
        territory.load(data)


def importa_appartenenze(righe: pd.DataFrame, cartella, monkeypatch) -> None:
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(cartella))
    righe = righe.assign(periodo="PdZ 2025-27", tipo_elenco="ambito", grado="atto", fonte="prova")
    tutte = pd.concat([catalog.read("comuni_ambiti"), righe], ignore_index=True)
    tutte = tutte.drop_duplicates(["cod_comune", "valido_dal"], keep="last")
    voce = {"data_riferimento": "2026", "titolo": "t", "fonte": "prova", "url": "", "licenza": "", "recuperato": ""}
    voce |= {"grado": "atto", "note": ""}
    storage.write_version("comuni_ambiti", "importata", "a.csv", lambda f: tutte.to_csv(f, index=False), voce)


def test_rows_added_by_an_analyst_complete_their_ambito(monkeypatch, tmp_path):
    """Romano declares seventeen comuni, and none was read."""
    prima = territory.load("2022-01-01")
    assert prima.ambiti.at["romano-di-lombardia", "stato"] == "solo nome"
    liberi = list(prima.completezza("ambito", "bergamo").mancanti)
    importa_appartenenze(
        pd.DataFrame({"cod_comune": liberi[:16], "ambito": "romano-di-lombardia"}), tmp_path / "a", monkeypatch
    )
    assert territory.load("2022-01-01").ambiti.at["romano-di-lombardia", "stato"] == "parziale"
    importa_appartenenze(
        pd.DataFrame({"cod_comune": liberi[:17], "ambito": "romano-di-lombardia"}), tmp_path / "b", monkeypatch
    )
    dopo = territory.load("2022-01-01").ambiti.loc["romano-di-lombardia"]
    assert (dopo["stato"], dopo["comuni_trovati"], dopo["comuni_dedotti"]) == ("completo", 17, 0)


def test_a_source_takes_the_place_of_a_deduction_and_of_a_clue(monkeypatch, tmp_path):
    confienza, campodolcino = "018052", "014012"
    prima = territory.load("2022-01-01")
    assert prima.comuni.loc[confienza, ["ambito", "ambito_grado"]].tolist() == ["lomellina", "stima"]
    assert pd.isna(prima.comuni.at[campodolcino, "ambito"])
    assert prima.comuni.at[campodolcino, "ambito_indizio"] == "chiavenna"
    letti = pd.DataFrame({"cod_comune": [confienza, campodolcino], "ambito": ["lomellina", "chiavenna"]})
    importa_appartenenze(letti, tmp_path, monkeypatch)
    dopo = territory.load("2022-01-01")
    assert dopo.comuni.at[confienza, "ambito_grado"] == "atto"
    assert dopo.ambiti.at["lomellina", "comuni_dedotti"] == 0
    assert dopo.comuni.at[campodolcino, "ambito"] == "chiavenna"
    assert pd.isna(dopo.comuni.at[campodolcino, "ambito_indizio"])


def test_a_table_of_memberships_without_dates_holds_at_any_date(monkeypatch, tmp_path):
    """Files imported before the columns were there."""
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path))
    tutte = catalog.read("comuni_ambiti").query("ambito != 'alto-milanese'").drop(columns=["valido_dal", "valido_al"])
    voce = {"data_riferimento": "2026", "titolo": "t", "fonte": "prova", "url": "", "licenza": "", "recuperato": ""}
    voce |= {"grado": "atto", "note": ""}
    storage.write_version("comuni_ambiti", "importata", "a.csv", lambda f: tutte.to_csv(f, index=False), voce)
    assert len(territory.load("2025-01-01").members("ambito", "legnano")) == 11


def test_where_the_ambiti_were_read_deduced_or_only_hinted_at():
    t = territory.load("2026-11-28")
    righe = catalog.read("comuni_ambiti")
    vive = righe[righe["valido_al"].isna()]
    # 22 of the register, 8 more that a district's list only hinted at, 2 of the Alto Milanese
    assert (vive["tipo_elenco"] == "registro").sum() == 32
    assert (vive["grado"] == "stima").sum() == (vive["tipo_elenco"] == "deduzione").sum() == 104
    assert vive["tipo_elenco"].isin(["distretto", "area"]).sum() == 122 - 8
    assert set(t.comuni.loc[t.comuni["ambito_elenco"] == "deduzione", "ambito_grado"]) == {"stima"}
    assert not t.comuni["ambito_elenco"].isin(["distretto", "area"]).any()
    assert not (t.comuni["ambito"].notna() & t.comuni["ambito_indizio"].notna()).any()
    assert t.comuni.at["012070", "ambito"] == "gallarate"  # its own town is in the register
    assert t.comuni.at["012113", "ambito"] == "arcisate"
    assert t.comuni.at["012127", "ambito"] == "tradate"
    assert t.members("ambito", "campione-d-italia") == ["013040"]
    assert t.completezza("ambito", "montagna").incompleti


def test_legnano_and_castano_primo_become_alto_milanese_with_the_register():
    prima, dopo = territory.load("2025-01-01"), territory.load("2026-08-01")
    assert "alto-milanese" not in prima.codes("ambito")
    assert {"legnano", "castano-primo"} <= set(prima.codes("ambito"))
    insieme = sorted(prima.members("ambito", "legnano") + prima.members("ambito", "castano-primo"))
    assert dopo.members("ambito", "alto-milanese") == insieme
    assert len(insieme) == 22
    assert not {"legnano", "castano-primo"} & set(dopo.codes("ambito"))
    assert dopo.parent("ambito", "alto-milanese", "distretto") == "ovest-milanese"
    assert dopo.completezza("ambito", "milano").completa
    assert len(dopo.codes("ambito")) == len(prima.codes("ambito")) - 1


def test_an_ambito_is_complete_only_where_every_arithmetic_of_the_sources_agrees():
    for riga in catalog.read("somme_ambiti").itertuples():
        t = T2022 if pd.isna(riga.al) else territory.load(riga.al)
        ambiti = t.ambiti.loc[riga.ambiti.split()]
        completi = (ambiti["stato"] == "completo").all()
        assert ambiti["comuni_trovati"].sum() <= riga.comuni, riga.somma
        assert completi == (ambiti["comuni_trovati"].sum() == riga.comuni), riga.somma
    assert "stato" not in catalog.read("ambiti")
    assert T2022.ambiti.loc[["cremona", "oglio-po-casalmaggiore", "tradate", "grumello"], "stato"].eq("parziale").all()


def test_the_status_of_an_ambito_does_not_depend_on_the_day_of_the_mergers():
    oggi = territory.load("2024-01-01").ambiti["stato"]
    for data in ("2013-01-01", "2015-01-01", "2022-01-01"):
        assert territory.load(data).ambiti["stato"].to_dict() == oggi.to_dict()


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
