"""Coverage of services: gaps to norms, spread over comuni and mix of management."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators.services import (
    coverage,
    places_by_comune,
    spread,
    supply_by_comune,
    target_population,
)

NORMS = {"lep": 33.0, "ue_2030": 45.0}


def test_target_population_counts_both_ends_of_the_band():
    people = pd.DataFrame(
        {"territorio": ["a"] * 4 + ["b"], "eta": [0, 2, 3, 2, 80], "sesso": list("MMMFF"), "residenti": [5, 4, 9, 1, 7]}
    )
    assert target_population(people, 0, 2).to_dict() == {"a": 10, "b": 0}
    assert target_population(people, 65, 100)["b"] == 7


def test_an_empty_band_is_refused():
    with pytest.raises(CalcoloError, match="da 5 a 2 anni"):
        target_population(pd.DataFrame({"territorio": [], "eta": [], "residenti": []}), 5, 2)


def test_coverage_gaps_and_missing_places_by_hand():
    table = coverage(pd.Series({"a": 33.0, "b": 10.0}), pd.Series({"a": 100, "b": 101}), NORMS)
    a, b = table.loc["a"], table.loc["b"]
    assert a["posti_per_100"] == 33.0
    assert a["posti_mancanti_lep"] == 0
    assert a["scarto_ue_2030"] == -12.0
    assert a["posti_mancanti_ue_2030"] == 12
    assert b["posti_per_100"] == pytest.approx(9.90099, abs=1e-5)
    assert b["posti_mancanti_lep"] == 24  # 33% of 101 is 33.33: 23.33 places are missing, so 24


def test_coverage_above_100_is_not_clipped():
    table = coverage(pd.Series({"piccolo": 30.0}), pd.Series({"piccolo": 12}), NORMS)
    assert table.loc["piccolo", "posti_per_100"] == 250.0
    assert table.loc["piccolo", "scarto_lep"] == 217.0


def test_what_is_not_known_stays_missing_and_zero_stays_zero():
    table = coverage(pd.Series({"zero": 0.0}), pd.Series({"zero": 50, "ignoto": 50}), NORMS)
    assert table.loc["zero", "posti_per_100"] == 0.0
    assert table.loc["ignoto"].drop("residenti_target").isna().all()


def test_no_ratio_without_people_or_below_the_minimum():
    table = coverage(pd.Series({"a": 5.0, "b": 5.0}), pd.Series({"a": 0, "b": 9}), NORMS, minimum=10)
    assert table["posti_per_100"].isna().all()
    assert table["posti"].tolist() == [5.0, 5.0]


def test_places_in_an_unknown_territory_are_named():
    with pytest.raises(CalcoloError, match="999999"):
        coverage(pd.Series({"999999": 1.0}), pd.Series({"015146": 10}))


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 80), st.integers(1, 300)), min_size=2, max_size=12))
def test_places_are_conserved_and_a_whole_never_lacks_more_than_its_parts(rows):
    places = pd.Series([float(p) for p, _ in rows])
    people = pd.Series([n for _, n in rows])
    parts = coverage(places, people, NORMS)
    whole = coverage(pd.Series({"t": places.sum()}), pd.Series({"t": people.sum()}), NORMS).loc["t"]
    assert whole["posti"] == parts["posti"].sum()
    assert whole["posti_per_100"] == pytest.approx(np.average(parts["posti_per_100"], weights=people))
    assert whole["posti_mancanti_lep"] <= parts["posti_mancanti_lep"].sum()


def test_spread_counts_comuni_and_the_people_in_them():
    places = pd.Series({"a": 20.0, "b": 0.0, "c": 0.0, "d": np.nan})
    people = pd.Series({"a": 60, "b": 30, "c": 10, "d": 1000})
    table = spread(places, people, pd.Series({"a": "x", "b": "x", "c": "y", "d": "y"}))
    assert table.loc["x", ["comuni", "comuni_con_servizio"]].tolist() == [2, 1]
    assert table.loc["x", "quota_residenti"] == pytest.approx(100 * 60 / 90)
    assert table.loc["y", "comuni"] == 1  # the comune whose supply is unknown is not a comune without services
    assert table.loc["y", "quota_comuni"] == 0.0


def test_places_by_comune_tells_zero_from_unknown():
    supply = pd.DataFrame({"cod_comune": ["a", "a", "b"], "posti": [10.0, 5.0, np.nan]})
    places = places_by_comune(supply, pd.Index(["a", "b", "c"]))
    assert places["a"] == 15.0
    assert pd.isna(places["b"])
    assert places["c"] == 0.0


def test_a_service_outside_the_surveyed_comuni_is_refused():
    with pytest.raises(CalcoloError, match="fuori dal territorio rilevato: z"):
        places_by_comune(pd.DataFrame({"cod_comune": ["z"], "posti": [1.0]}), pd.Index(["a"]))


def test_comuni_say_how_many_services_do_not_say_their_places():
    supply = pd.DataFrame({"cod_comune": ["a", "a", "b"], "posti": [10.0, np.nan, np.nan]})
    table = supply_by_comune(supply, pd.Index(["a", "b", "c"]))
    assert table["servizi"].tolist() == [2, 1, 0]
    assert table["servizi_senza_posti"].tolist() == [1, 1, 0]
    assert table["posti_stato"].tolist() == ["parziale", "non_disponibile", "presente"]
    assert table["posti"].tolist()[::2] == [10, 0]
