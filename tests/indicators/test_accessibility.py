"""Two-step floating catchments against published examples, PySAL and the properties they must have."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators.accessibility import (
    TravelModel,
    border_balance,
    catchment_flows,
    gaussian_decay,
    minutes_between,
    step_decay,
    travel_matrix,
    travel_times,
    two_step_fca,
)

THRESHOLD = 15.0
DECAYS = {
    "nessuno": None,
    "fasce": step_decay({5.0: 1.0, 10.0: 0.68, 15.0: 0.22}),
    "gaussiano": gaussian_decay(8.0),
}


def a_case(seed, points=9, services=5):
    """Random demand, supply and minutes; every service has somebody within reach, some points reach nothing."""
    rng = np.random.default_rng(seed)
    demand = rng.integers(1, 500, points).astype(float)
    supply = rng.integers(0, 60, services).astype(float)
    minutes = rng.uniform(0, 40, (points, services)).round(1)
    minutes[rng.integers(0, points, services), np.arange(services)] = 4.0
    return supply, demand, minutes


# -- published values ---------------------------------------------------------------------------------


def test_published_example_of_the_r_package_fca():
    # CRAN, package fca 0.1.0, tests/testthat/test-spai_2sfca.R: one catchment holds all, 21 places for 10 people.
    access = two_step_fca(np.arange(1.0, 7.0), np.arange(1.0, 5.0), np.ones((4, 6)), 1.0)
    assert_allclose(access, [2.1, 2.1, 2.1, 2.1])


def test_published_example_of_the_aceso_package():
    # PyPI, package aceso (TwoStepFCA, radius 6): overlapping catchments, and a point that reaches nothing.
    minutes = np.array([[5.0, 5.0], [10.0, 0.0], [15.0, 15.0]])
    assert_allclose(two_step_fca(np.ones(2), np.ones(3), minutes, 6.0), [1.5, 0.5, 0.0])


def test_published_example_with_gaussian_decay():
    # PyPI, package sdc-catchment, "Quickstart": three consumers of 100, two providers of 10, scale 1.
    distance = np.array([[0.0, 2.0], [1.0, 1.0], [2.0, 0.0]])
    access = two_step_fca(np.full(2, 10.0), np.full(3, 100.0), distance, np.inf, gaussian_decay(1.0))
    assert_allclose(access, [0.065179, 0.069641, 0.065179], atol=5e-7)


def test_the_weights_of_the_enhanced_method_are_those_published():
    # Luo and Qi (2009): 1, 0.68 and 0.22 in the zones 0-10, 10-20 and 20-30 minutes, nothing beyond.
    assert_allclose(step_decay()(np.array([0.0, 10.0, 10.1, 20.0, 30.0, 30.1])), [1.0, 1.0, 0.68, 0.68, 0.22, 0.0])


@pytest.mark.parametrize("decay", DECAYS)
@pytest.mark.parametrize("seed", range(5))
def test_equals_pysal_on_random_cases(seed, decay):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations of the oracle's own dependencies
        from access import fca

    supply, demand, minutes = a_case(seed)
    people = pd.DataFrame({"demand": demand}, index=pd.Index([f"d{i}" for i in range(demand.size)], name="geoid"))
    places = pd.DataFrame({"supply": supply}, index=pd.Index([f"s{j}" for j in range(supply.size)], name="geoid"))
    costs = pd.DataFrame(
        {
            "origin": np.repeat(people.index, supply.size),
            "dest": np.tile(places.index, demand.size),
            "cost": minutes.ravel(),
        }
    )
    weigh = DECAYS[decay]
    scalar = None if weigh is None else lambda cost: weigh(np.asarray(cost, dtype=float))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        oracle = fca.two_stage_fca(people, places, costs, max_cost=THRESHOLD, weight_fn=scalar)
    ours = two_step_fca(supply, demand, minutes, THRESHOLD, weigh)
    assert_allclose(ours, oracle.reindex(people.index).fillna(0.0))


# -- properties ---------------------------------------------------------------------------------------

seeds = st.integers(0, 10_000)
decays = st.sampled_from(sorted(DECAYS))


@settings(max_examples=40)
@given(seeds, decays)
def test_access_weighted_by_demand_is_the_whole_supply(seed, decay):
    supply, demand, minutes = a_case(seed)
    access = two_step_fca(supply, demand, minutes, THRESHOLD, DECAYS[decay])
    assert_allclose(access @ demand, supply.sum())


@settings(max_examples=40)
@given(seeds, decays, st.integers(0, 4))
def test_one_place_more_lowers_nobody(seed, decay, where):
    supply, demand, minutes = a_case(seed)
    before = two_step_fca(supply, demand, minutes, THRESHOLD, DECAYS[decay])
    supply[where] += 1
    after = two_step_fca(supply, demand, minutes, THRESHOLD, DECAYS[decay])
    assert (after >= before).all()
    assert after.sum() > before.sum()


@settings(max_examples=40)
@given(seeds, decays, st.floats(0.1, 10))
def test_scaling_the_supply_scales_the_access(seed, decay, factor):
    supply, demand, minutes = a_case(seed)
    access = two_step_fca(supply, demand, minutes, THRESHOLD, DECAYS[decay])
    assert_allclose(two_step_fca(factor * supply, demand, minutes, THRESHOLD, DECAYS[decay]), factor * access)


@settings(max_examples=40)
@given(seeds, decays)
def test_labels_decide_never_the_order_of_the_rows(seed, decay):
    supply, demand, minutes = a_case(seed)
    rows, columns = [f"d{i}" for i in range(9)], [f"s{j}" for j in range(5)]
    people, places = pd.Series(demand, index=rows), pd.Series(supply, index=columns)
    matrix = pd.DataFrame(minutes, index=rows, columns=columns)
    rng = np.random.default_rng(seed)
    shuffled = two_step_fca(
        places.sample(frac=1, random_state=rng),
        people.sample(frac=1, random_state=rng),
        matrix.sample(frac=1, random_state=rng).sample(frac=1, axis=1, random_state=rng),
        THRESHOLD,
        DECAYS[decay],
    )
    expected = pd.Series(two_step_fca(supply, demand, minutes, THRESHOLD, DECAYS[decay]), index=rows)
    assert_allclose(shuffled.reindex(rows), expected)


@settings(max_examples=40)
@given(seeds, decays)
def test_flows_are_the_allocation_behind_the_access(seed, decay):
    supply, demand, minutes = a_case(seed)
    flows = catchment_flows(supply, demand, minutes, THRESHOLD, DECAYS[decay]).to_numpy()
    assert_allclose(flows.sum(axis=0), supply)
    assert_allclose(flows.sum(axis=1), demand * two_step_fca(supply, demand, minutes, THRESHOLD, DECAYS[decay]))


def test_unreachable_pairs_and_places_count_for_nobody():
    minutes = np.array([[1.0, np.inf], [2.0, np.inf]])
    access = two_step_fca([10.0, 99.0], [5.0, 5.0], minutes, np.inf, gaussian_decay(5.0))
    assert_allclose(access @ np.array([5.0, 5.0]), 10.0)


def test_nobody_in_the_catchment_is_not_an_infinite_access():
    assert_allclose(two_step_fca([10.0], [0.0, 8.0], [[1.0], [99.0]], 5.0), [0.0, 0.0])


# -- borders ------------------------------------------------------------------------------------------


def test_the_balance_between_territories_adds_up():
    flows = pd.DataFrame(
        [[30.0, 0.0, 10.0], [20.0, 5.0, 0.0], [0.0, 0.0, 40.0]],
        index=["a1", "a2", "b1"],
        columns=["a1", "a2", "b1"],
    )
    balance = border_balance(flows, {"a1": "alfa", "a2": "alfa", "b1": "beta"})
    assert balance.loc["alfa"].drop("quota_da_vicini").tolist() == [55, 65, 55, 10, 0, -10]
    assert balance.loc["beta"].drop("quota_da_vicini").tolist() == [50, 40, 40, 0, 10, 10]
    assert balance.loc["alfa", "quota_da_vicini"] == pytest.approx(100 * 10 / 65)
    assert balance["saldo"].sum() == 0


def test_a_territory_without_places_relies_wholly_on_others():
    flows = pd.DataFrame([[6.0], [4.0]], index=["a", "b"], columns=["a"])
    balance = border_balance(flows, {"a": "alfa", "b": "beta"})
    assert balance.loc["beta", "quota_da_vicini"] == 100.0
    assert balance.loc["beta", "posti"] == 0.0


def test_a_comune_without_territory_is_named():
    flows = pd.DataFrame([[1.0]], index=["015146"], columns=["015146"])
    with pytest.raises(CalcoloError, match="015146"):
        border_balance(flows, {})


# -- travel times -------------------------------------------------------------------------------------


def three_points():
    return pd.DataFrame(
        {"x": [0.0, 3000.0, 3000.0], "y": [0.0, 4000.0, 24000.0], "superficie_kmq": [9 * np.pi, 1.0, 4.0]},
        index=["a", "b", "c"],
    )


def test_minutes_follow_the_stated_model():
    model = TravelModel(detour=1.2, urban_km=5.0, urban_kmh=30.0, rural_kmh=60.0)
    minutes = travel_times(three_points(), model)
    assert minutes.loc["a", "b"] == pytest.approx(10 + 1)  # 5 km straight, 6 by road: 5 urban, 1 rural
    assert minutes.loc["b", "c"] == pytest.approx(10 + 19)  # 20 km straight, 24 by road
    assert minutes.loc["a", "a"] == pytest.approx(2 * 1.2 * 2)  # disc of radius 3 km: 2 km on average
    assert_allclose(minutes, minutes.T)


def test_destinations_may_be_fewer_than_origins():
    whole = travel_times(three_points())
    pd.testing.assert_frame_equal(travel_times(three_points(), to=["c"]), whole[["c"]])


def test_farther_is_never_nearer_in_minutes():
    km = np.linspace(0, 60, 601)
    assert (np.diff(TravelModel().minutes(km)) > 0).all()


@pytest.mark.parametrize("wrong", [{"detour": 0.9}, {"urban_kmh": 0.0}, {"urban_kmh": 80.0}, {"urban_km": -1.0}])
def test_a_senseless_travel_model_is_refused(wrong):
    with pytest.raises(CalcoloError, match="tempi di percorrenza"):
        TravelModel(**wrong)


def test_own_times_replace_the_model():
    times = pd.DataFrame({"origine": ["a", "b"], "destinazione": ["b", "b"], "minuti": [12, 3]})
    matrix = travel_matrix(times, ["b", "a"])
    assert matrix.loc["a", "b"] == 12
    assert matrix.loc["b", "b"] == 3
    assert matrix.loc["a", "a"] == 0
    assert np.isinf(matrix.loc["b", "a"])


def test_a_repeated_pair_is_refused():
    times = pd.DataFrame({"origine": ["a", "a"], "destinazione": ["b", "b"], "minuti": [12, 13]})
    with pytest.raises(CalcoloError, match="più di una volta"):
        travel_matrix(times, ["a", "b"])


# -- bad arguments ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("supply", "demand", "distance", "threshold", "message"),
    [
        ([1.0, -1.0], [1.0], [[1.0, 1.0]], 5, "offerta devono essere"),
        ([1.0], [np.nan], [[1.0]], 5, "domanda devono essere"),
        ([1.0], [1.0], [[np.nan]], 5, "mancanti o negativi"),
        ([1.0], [1.0], [[-2.0]], 5, "mancanti o negativi"),
        ([1.0, 2.0], [1.0], [[1.0], [1.0]], 5, "attese 1 righe e 2 colonne, trovata forma"),
        ([1.0], [1.0], [[1.0]], -5, "soglia"),
        ([1.0], [1.0], [[1.0]], np.nan, "soglia"),
    ],
)
def test_bad_arguments_are_named(supply, demand, distance, threshold, message):
    with pytest.raises(CalcoloError, match=message):
        two_step_fca(supply, demand, distance, threshold)


def test_labels_that_do_not_match_are_named():
    matrix = pd.DataFrame([[1.0]], index=["a"], columns=["x"])
    with pytest.raises(CalcoloError, match=r"della domanda non coincidono .*\(per esempio a, b\)"):
        two_step_fca(pd.Series({"x": 1.0}), pd.Series({"b": 1.0}), matrix, 5)


@pytest.mark.parametrize("zones", [{}, {-1.0: 1.0}, {5.0: -0.2}])
def test_bad_zones_are_refused(zones):
    with pytest.raises(CalcoloError, match="fasce"):
        step_decay(zones)


def test_a_bandwidth_must_be_positive():
    with pytest.raises(CalcoloError, match="ampiezza"):
        gaussian_decay(0.0)


def test_real_times_take_the_place_of_the_estimate_and_each_says_what_it_is():
    points = three_points()
    estimated, words = minutes_between(points, model=TravelModel(rural_kmh=70))
    pd.testing.assert_frame_equal(estimated, travel_times(points, TravelModel(rural_kmh=70)))
    assert "moltiplicata per 1,417" in words
    assert words.endswith("a 30 km/h per i primi 5 km e a 70 km/h oltre.")
    times = pd.DataFrame({"origine": ["a"], "destinazione": ["b"], "minuti": [9]})
    real, words = minutes_between(points, times)
    assert real.loc["a", "b"] == 9
    assert words == "Tempi forniti dalla ATS."
