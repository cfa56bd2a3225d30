"""Demand and supply side by side: what is known, what is not, and what is never mistaken for zero."""

import numpy as np
import pandas as pd
import pytest

from conciliazione_lib import catalog
from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators.accessibility import gaussian_decay
from conciliazione_lib.indicators.demand_supply import (
    by_area,
    demand,
    early_childhood,
    nursery_access,
    nursery_borders,
    nursery_places,
    nursery_reach,
    out_of_reach,
    public_share,
    surveyed,
)

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
