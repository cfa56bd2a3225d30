"""Demand and supply side by side: what is known, what is not, and what is never mistaken for zero."""

import numpy as np
import pandas as pd
import pytest

from conciliazione_lib import catalog
from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators.accessibility import gaussian_decay
from conciliazione_lib.indicators.demand_supply import (
    by_area,
    coverage_by_level,
    demand,
    demand_by_level,
    early_childhood,
    measures,
    nursery_access,
    nursery_borders,
    nursery_places,
    nursery_reach,
    nursery_supply,
    out_of_reach,
    public_share,
    reach_by_level,
    surveyed,
)
from conciliazione_lib.indicators.supply_origin import ELENCO, ISTAT, nurseries

TYPES = catalog.read("tipi_servizio")
NORMS = {"lep_nidi": 33.0, "ue_2030": 45.0}
ATS = pd.Series({"a1": "nord", "a2": "nord", "b1": "sud", "b2": "sud"})
AMBITI = pd.Series({"a1": "alto", "a2": "alto", "b1": "basso", "b2": None})


def supply(*rows):
    return pd.DataFrame(rows, columns=["cod_comune", "tipo", "gestione", "posti"]).astype({"posti": "Int64"})


LIST = supply(
    ("a1", "asilo_nido", "pubblica", 30),
    ("a1", "micronido", "privata", 10),
    ("a2", "rsa", None, 80),
    ("a2", "centro_famiglia_hub", "pubblica", None),
)
PEOPLE = pd.DataFrame(
    [
        (code, age, sex, count)
        for code, counts in {"a1": (50, 40), "a2": (30, 20), "b1": (10, 5), "b2": (10, 5)}.items()
        for age, count in zip((1, 80), counts, strict=True)
        for sex in "MF"
    ],
    columns=["territorio", "eta", "sesso", "residenti"],
)


def test_demand_counts_the_ages_of_the_services_and_the_places_asked_for():
    table = demand(PEOPLE, NORMS)
    assert table.loc["a1", ["residenti_0_2", "residenti_75_piu", "residenti_3_13"]].tolist() == [100, 80, 0]
    assert table.loc["a1", "posti_richiesti_lep_nidi"] == 33
    assert table.loc["a2", "posti_richiesti_ue_2030"] == 27
    assert table.loc["a1", "quota_0_2"] == pytest.approx(100 * 100 / 180)


def test_demand_of_a_whole_is_the_sum_of_its_parts():
    parts = demand(PEOPLE)
    whole = demand(PEOPLE.assign(territorio="tutti").groupby(["territorio", "eta", "sesso"], as_index=False).sum())
    for column in ("residenti", "residenti_0_2", "residenti_3_13", "residenti_18_64", "residenti_75_piu"):
        assert whole.loc["tutti", column] == parts[column].sum()


def test_the_ats_with_a_list_is_surveyed_whole_and_the_others_are_not():
    assert surveyed(LIST, ATS).tolist() == ["a1", "a2"]
    places = nursery_places(LIST, TYPES, ATS)
    assert places.to_dict() == {"a1": 40.0, "a2": 0.0}


def test_no_list_means_nothing_is_known():
    empty = LIST.iloc[:0]
    assert nursery_places(empty, TYPES, ATS).empty
    table = by_area(empty, TYPES, PEOPLE, ATS.index.to_series(), ATS)
    assert table[["servizi_unita", "servizi_posti"]].isna().all(axis=None)
    assert (table["residenti_target"] >= 0).all()


def test_a_list_with_a_comune_not_in_force_is_refused():
    with pytest.raises(CalcoloError, match="999999"):
        surveyed(supply(("999999", "asilo_nido", None, 3)), ATS)


def test_coverage_of_a_territory_known_in_part_is_missing_and_says_why():
    places = nursery_places(LIST, TYPES, ATS)
    children = pd.Series({"a1": 100, "a2": 60, "b1": 20, "b2": 20})
    by_ats = early_childhood(places, children, ATS, NORMS)
    assert by_ats.loc["nord", "copertura_prima_infanzia"] == 25.0
    assert by_ats.loc["nord", "posti_mancanti_lep_nidi"] == 13  # 33% of 160 is 52.8
    assert by_ats.loc["nord", ["comuni_rilevati", "comuni_con_nido", "residenti_0_2_senza_nido"]].tolist() == [2, 1, 60]
    assert pd.isna(by_ats.loc["sud", "copertura_prima_infanzia"])
    region = early_childhood(places, children, ATS.map(lambda _: "lombardia"), NORMS)
    assert region.loc["lombardia"].drop("residenti_0_2").isna().all()
    assert "solo per una parte" in region.attrs["motivi"]["copertura_prima_infanzia"]


def test_places_are_conserved_from_comuni_to_their_territory():
    places = nursery_places(LIST, TYPES, ATS)
    children = pd.Series({"a1": 100, "a2": 60, "b1": 20, "b2": 20})
    comuni = early_childhood(places, children, ATS.index.to_series(), NORMS)
    ats = early_childhood(places, children, ATS, NORMS)
    assert comuni["posti_prima_infanzia"].sum() == ats["posti_prima_infanzia"].sum() == 40


def test_a_comune_without_an_ambito_is_in_none():
    table = early_childhood(nursery_places(LIST, TYPES, ATS), pd.Series(10, index=ATS.index), AMBITI, NORMS)
    assert table.index.tolist() == ["alto", "basso"]


def test_areas_tell_the_unknown_from_the_services_without_places():
    table = by_area(LIST, TYPES, PEOPLE.replace({"territorio": ATS.to_dict()}), ATS, ATS)
    north = table[table["territorio"] == "nord"].set_index("area")
    assert north.loc["prima infanzia", ["servizi_unita", "servizi_posti"]].tolist() == [2, 40]
    assert north.loc["anziani", ["servizi_unita", "servizi_posti", "residenti_target"]].tolist() == [1, 80, 120]
    assert north.loc["famiglia", "servizi_unita"] == 1
    assert pd.isna(north.loc["famiglia", "servizi_posti"])
    assert pd.isna(north.loc["mobilità", "servizi_unita"])
    assert table.loc[table["territorio"] == "sud", "servizi_unita"].isna().all()
    assert sorted(set(table["macrocategoria"])) == ["a", "b", "c", "d"]


def test_the_public_share_counts_known_management_only():
    table = public_share(LIST, ATS)
    assert table.loc["nord", ["posti_pubblici", "posti_gestione_nota", "quota_posti_pubblici"]].tolist() == [30, 40, 75]


def test_access_shares_the_places_among_the_children_within_reach():
    places = pd.Series({"a1": 40.0, "a2": 0.0})
    children = pd.Series({"a1": 100, "a2": 60, "b1": 20})
    minutes = pd.DataFrame([[3.0, 12.0], [12.0, 3.0]], index=["a1", "a2"], columns=["a1", "a2"])
    near = nursery_access(places, children, minutes, 10)["accesso_prima_infanzia"]
    assert near.tolist() == [40.0, 0.0]
    far = nursery_access(places, children, minutes, 15)["accesso_prima_infanzia"]
    assert far.tolist() == [25.0, 25.0]


def test_borders_say_who_relies_on_whom():
    places = pd.Series({"a1": 40.0, "a2": 0.0})
    minutes = pd.DataFrame(np.full((2, 2), 5.0), index=["a1", "a2"], columns=["a1", "a2"])
    table = nursery_borders(
        places, pd.Series({"a1": 100, "a2": 60}), minutes, pd.Series({"a1": "alto", "a2": None}), threshold=10
    )
    assert table.loc["alto", ["posti_da_vicini", "posti_a_vicini", "saldo_posti"]].tolist() == [0, 15, 15]
    assert table.loc["non-attribuito", "quota_da_vicini"] == 100


def test_a_longer_threshold_leaves_fewer_children_out():
    places = pd.Series({"a1": 40.0, "a2": 0.0})
    minutes = pd.DataFrame([[3.0, 12.0], [12.0, 3.0]], index=["a1", "a2"], columns=["a1", "a2"])
    table = out_of_reach(places, pd.Series({"a1": 100, "a2": 60}), minutes, (2, 5, 15), ATS)
    assert table["soglia"].tolist() == [2, 5, 15]
    assert table["residenti_0_2_senza_accesso"].tolist() == [160, 60, 0]
    assert table["quota_senza_accesso"].tolist() == [100.0, 37.5, 0.0]


def test_the_whole_reach_is_made_of_its_parts_at_the_same_choices():
    places = pd.Series({"a1": 40.0, "a2": 0.0})
    children = pd.Series({"a1": 100, "a2": 60})
    minutes = pd.DataFrame([[3.0, 12.0], [12.0, 3.0]], index=["a1", "a2"], columns=["a1", "a2"])
    parts = pd.Series({"a1": "alto", "a2": None})
    reach = nursery_reach(places, children, minutes, 20, ATS, parts, thresholds=(5, 15))
    decay = gaussian_decay(reach.bandwidth)
    assert reach.bandwidth == 10
    pd.testing.assert_frame_equal(reach.comuni, nursery_access(places, children, minutes, 20, decay))
    # The places are shared out whole among the children who reach them.
    assert (reach.comuni["accesso_prima_infanzia"] * children / 100).sum() == pytest.approx(40)
    assert reach.soglie["quota_senza_accesso"].tolist() == [37.5, 0.0]
    assert list(reach.confini.index) == ["alto"]


HOLES = supply(
    ("a1", "asilo_nido", "pubblica", 30),
    ("a1", "micronido", "privata", None),
    ("a2", "asilo_nido", None, None),
    ("b1", "asilo_nido", "pubblica", 20),
    ("b2", "asilo_nido", "pubblica", None),
    ("a2", "centro_famiglia_hub", "pubblica", None),
)
CHILDREN = pd.Series({"a1": 100, "a2": 60, "b1": 20, "b2": 20})


def test_a_hole_makes_a_lower_bound_and_never_blanks_the_whole():
    table = early_childhood(nursery_supply(HOLES, TYPES, ATS), CHILDREN, ATS, {"lep_nidi": 33.0, "bassa": 10.0})
    north = table.loc["nord"]
    assert north[["posti_prima_infanzia", "servizi_prima_infanzia", "servizi_senza_posti"]].tolist() == [30, 3, 2]
    assert north["copertura_prima_infanzia"] == pytest.approx(100 * 30 / 160)
    for column in ("posti_prima_infanzia", "copertura_prima_infanzia", "scarto_lep_nidi"):
        assert north[f"{column}_stato"] == "parziale"
        assert north[f"{column}_motivo"] == "2 servizi su 3 senza il numero dei posti"
    # the places still missing would be an upper bound: not given, unless the norm is reached by the known ones alone
    assert pd.isna(north["posti_mancanti_lep_nidi"])
    assert north["posti_mancanti_lep_nidi_stato"] == "non_disponibile"
    assert north["posti_mancanti_lep_nidi_motivo"] == "al più 23: 2 servizi su 3 senza il numero dei posti"
    assert (north["posti_mancanti_bassa"], north["posti_mancanti_bassa_stato"]) == (0, "presente")
    # a comune whose service does not say its places has a service
    assert north["comuni_con_nido"] == 2
    assert north["residenti_0_2_senza_nido"] == 0


def test_partial_sums_of_comuni_are_told_too_and_a_sum_of_nothing_is_not_zero():
    table = early_childhood(nursery_supply(HOLES, TYPES, ATS), CHILDREN, ATS.index.to_series(), NORMS)
    assert table["posti_prima_infanzia"].tolist()[:1] == [30]
    assert table["posti_prima_infanzia_stato"].to_dict() == {
        "a1": "parziale",
        "a2": "non_disponibile",
        "b1": "presente",
        "b2": "non_disponibile",
    }
    assert pd.isna(table.loc["a2", "copertura_prima_infanzia"])
    assert table.loc["a2", "posti_prima_infanzia_motivo"] == "il servizio non dà il numero dei posti"
    assert table.loc["b1", "posti_prima_infanzia_motivo"] == ""


def test_where_the_list_does_not_cover_a_territory_there_is_no_state_of_its_own():
    table = early_childhood(nursery_supply(HOLES[:2], TYPES, ATS), CHILDREN, ATS, NORMS)
    assert table.loc["sud", "posti_prima_infanzia_stato"] == ""
    assert pd.isna(table.loc["sud", "posti_prima_infanzia"])
    assert "solo per una parte" in table.attrs["motivi"]["copertura_prima_infanzia"]


def test_without_holes_both_ways_agree():
    whole = nursery_supply(LIST, TYPES, ATS)
    typed = early_childhood(whole, CHILDREN, ATS, NORMS)
    plain = early_childhood(nursery_places(LIST, TYPES, ATS), CHILDREN, ATS, NORMS)
    pd.testing.assert_frame_equal(typed[plain.columns], plain, check_dtype=False)
    assert typed.loc["nord", "posti_prima_infanzia_stato"] == "presente"


def test_areas_tell_lower_bounds_from_services_that_have_no_places():
    table = by_area(HOLES, TYPES, PEOPLE.replace({"territorio": ATS.to_dict()}), ATS, ATS)
    north = table[table["territorio"] == "nord"].set_index("area")
    assert north.loc["prima infanzia", ["servizi_posti", "servizi_senza_posti", "servizi_posti_stato"]].tolist() == [
        30,
        2,
        "parziale",
    ]
    assert north.loc["famiglia", "servizi_posti_stato"] == "non_applicabile"
    assert north.loc["mobilità", "servizi_posti_stato"] == ""


def test_public_places_are_a_lower_bound_where_a_service_does_not_say():
    table = public_share(HOLES[HOLES["tipo"] != "centro_famiglia_hub"], ATS)
    assert table.loc["nord", ["posti_pubblici", "posti_pubblici_stato"]].tolist() == [30, "parziale"]
    assert table.loc["nord", "quota_posti_pubblici_motivo"].startswith("calcolata sui posti noti: 2 servizi su 3")


def test_access_near_a_service_without_a_number_is_a_lower_bound():
    minutes = pd.DataFrame(np.array([[3.0, 12.0], [12.0, 3.0]]), index=["a1", "a2"], columns=["a1", "a2"])
    found = nursery_supply(HOLES[:3], TYPES, ATS)
    near = nursery_access(found["posti"], CHILDREN, minutes, 10, unknown=found["servizi_senza_posti"] * [0, 1])
    assert near["accesso_prima_infanzia_stato"].tolist() == ["presente", "parziale"]


def test_the_same_code_at_two_levels_has_two_demands():
    both = pd.concat([PEOPLE.assign(livello="comune"), PEOPLE.assign(livello="ambito", residenti=1)])
    table = demand_by_level(both, NORMS).set_index("livello", append=True)
    assert table.loc[("a1", "comune"), "residenti_0_2"] == 100
    assert table.loc[("a1", "ambito"), "residenti_0_2"] == 2
    assert table.loc[("a1", "comune"), "posti_richiesti_lep_nidi"] == 33


GROUPS = {"comune": pd.Series({code: code for code in ATS.index}), "ats": ATS}


def test_coverage_says_whose_places_they_are_at_every_level():
    known = nurseries(nursery_supply(LIST, TYPES, ATS), pd.DataFrame({"posti": [5.0]}, index=["b1"]))
    table = coverage_by_level(known, CHILDREN, GROUPS, NORMS, LIST[LIST["tipo"].isin(["asilo_nido", "micronido"])])
    ats = table[table["livello"] == "ats"]
    assert ats["posti_prima_infanzia"].loc["nord"] == 40
    assert pd.isna(ats["posti_prima_infanzia"].loc["sud"])  # b2 is in no list and was not surveyed
    assert ats["origine"].to_dict() == {"nord": ELENCO, "sud": ISTAT}
    assert ats.loc["nord", "quota_posti_pubblici"] == 75
    comuni = table[table["livello"] == "comune"]
    assert comuni["origine"].to_dict() == {"a1": ELENCO, "a2": ELENCO, "b1": ISTAT, "b2": ""}
    assert comuni.loc["a1", [f"{name}_metodo" for name in measures(NORMS, "comune")]].eq(ELENCO).all()
    assert pd.isna(comuni.loc["a1", "quota_comuni_con_nido_metodo"])
    assert table.attrs["motivi"]["copertura_prima_infanzia"]


def test_reach_by_level_keeps_only_the_territories_that_are_known_whole():
    known = pd.DataFrame({"posti": [40.0, None, 10.0], "servizi_senza_posti": [0, 1, 0]}, index=["a1", "a2", "b1"])
    minutes = pd.DataFrame(12.0, index=known.index, columns=known.index)
    reach = reach_by_level(
        known, CHILDREN, minutes, 20, {**GROUPS, "regione": ATS.map(lambda _: "r")}, ("regione", "ats")
    )
    assert set(reach.soglie["livello"]) == {"ats"}
    assert set(reach.soglie["territorio"]) == {"nord"}
    assert list(reach.confini.index) == ["nord"]
    assert set(reach.comuni["accesso_prima_infanzia_stato"]) == {"parziale"}
    assert reach.bandwidth == 10
    assert (reach.comuni["accesso_prima_infanzia"] * CHILDREN / 100).sum() == pytest.approx(50)
