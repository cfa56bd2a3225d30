"""What is known of the gap of each ATS, on the data it is used on."""

from __future__ import annotations

import pandas as pd
import pytest

from conciliazione_lib import catalog, territory
from conciliazione_lib.indicators import gap_estimates
from conciliazione_lib.indicators.gap_estimates import GapEstimates
from conciliazione_lib.indicators.spatial import contiguity

DATA = "2022-01-01"
MEAN = "divario_occupazione_medio"


@pytest.fixture(scope="module")
def place() -> territory.Territory:
    return territory.load(data=DATA)


@pytest.fixture(scope="module")
def estimates(place) -> GapEstimates:
    rates = catalog.read("occupazione").query("misura == 'tasso_occupazione' and eta == '20-64' and periodo == 'anno'")
    return gap_estimates.estimate(rates, catalog.read("popolazione", data=DATA), place.comuni)


def test_a_third_of_the_estimate_of_montagna_rests_on_people_who_live_elsewhere(estimates):
    """Valcamonica is given the gap of the whole province of Brescia, of which it is a thirteenth."""
    assert estimates.imputed["montagna"] == pytest.approx(0.363, abs=0.01)
    assert estimates.imputed["brescia"] == pytest.approx(0.077, abs=0.005)
    assert estimates.imputed[["bergamo", "pavia", "milano", "brianza", "val-padana"]].eq(0).all()


def test_no_estimate_is_more_certain_than_the_provinces_it_is_made_of(estimates):
    for frame, measures in ((estimates.mean, [MEAN]), (estimates.gaps, gap_estimates.MEASURES)):
        for measure in measures:
            width = (frame[f"{measure}_superiore"] - frame[f"{measure}_inferiore"]).dropna()
            assert width.loc["ats"].min() >= width.loc["provincia"].max() - 1e-9
            assert width.loc["ats"].groupby("territorio").min()["montagna"] > width.loc["provincia"].max() * 1.1


def test_the_interval_of_montagna_holds_the_region_and_the_gap_it_would_have_if_all_were_like_sondrio(estimates):
    montagna = estimates.mean.loc[("ats", "montagna")]
    assert montagna[f"{MEAN}_inferiore"] < estimates.mean.loc[("provincia", "SO"), MEAN]
    assert montagna[f"{MEAN}_inferiore"] < estimates.mean.loc[("regione", "lombardia"), MEAN]
    assert montagna[f"{MEAN}_superiore"] < estimates.mean.loc[("provincia", "BS"), MEAN] + 1.8


def test_a_published_mean_is_untouched(estimates):
    # Bergamo 24,0 26,4 22,9 19,7 21,2; Lombardia 17,3 17,1 16,3 15,0 16,8 (ISTAT, Bes dei territori, 2018–2022).
    assert estimates.years == (2018, 2019, 2020, 2021, 2022)
    assert estimates.mean.loc[("ats", "bergamo"), MEAN] == pytest.approx(22.84)
    assert estimates.mean.loc[("regione", "lombardia"), MEAN] == pytest.approx(16.5)
    assert pd.isna(estimates.mean.loc[("italia", "italia"), MEAN])  # no rate of women in 2022


def test_the_interval_holds_provinces_predicted_from_the_others_about_as_often_as_it_says(estimates, place):
    """Back-test: each province in turn has no value of its own, as Valcamonica has none."""
    shapes = place.boundaries().join(place.comuni["provincia"]).dissolve("provincia")
    graph = contiguity(shapes)
    neighbours = {code: list(graph[code].index) for code in shapes.index}
    tried = gap_estimates.back_tests(estimates, {"resto": None, "vicine": neighbours})
    assert len(tried) == 2 * 12 * len(gap_estimates.MEASURES)
    coverage = tried.groupby(["prova", "misura"])["dentro"].mean()
    assert coverage.between(0.9, 1.0).all()
    assert tried["dentro"].mean() == pytest.approx(0.95, abs=0.035)


def test_a_trend_needs_four_years_after_the_break(estimates):
    lines = gap_estimates.trends(estimates.gaps, since=2021)
    assert lines[["livello", "territorio", "periodo"]].to_numpy().tolist() == [["regione", "lombardia", "2021/2024"]]
    # Least squares of 15.0, 16.8, 15.6, 15.2 on the year.
    assert lines["tendenza_divario"].item() == pytest.approx(-0.06)
    assert lines["tendenza_divario_inferiore"].item() < 0 < lines["tendenza_divario_superiore"].item()


def test_the_places_of_the_ats_are_those_of_their_mean_gaps(estimates):
    places = gap_estimates.ranks(estimates)
    assert set(places.index) == set(estimates.imputed.index)
    assert places["valore"].idxmax() == places["rango_divario"].idxmin()
    assert places["valore"].equals(estimates.mean.loc["ats", MEAN])
    assert (places["rango_divario_inferiore"] <= places["rango_divario"]).all()
    assert (places["rango_divario"] <= places["rango_divario_superiore"]).all()
    assert places.loc["montagna", "quota_stima_esterna"] == pytest.approx(36.3, abs=1)


def test_provinces_weighted_give_back_the_published_rates_of_the_region(estimates):
    back = gap_estimates.given_back(estimates)
    assert set(back["sesso"]) == {"F", "M", "T"}
    assert set(back["anno"]) >= set(estimates.years)
    assert (back["valore"] - back["valore_istat"]).abs().max() <= 0.1
    assert estimates.period == "2018/2022"
    assert set(estimates.last["anno"]) == {estimates.years[-1]}


def test_what_provinces_bring_sums_to_the_gap(estimates):
    parts = gap_estimates.contributions(estimates)
    sums = parts.groupby(["livello", "di"])[["contributo_divario", "peso_provincia"]].sum()
    assert sums["peso_provincia"].to_numpy() == pytest.approx(100)
    gaps = estimates.gaps["divario_occupazione"]
    for code in ("bergamo", "milano", "montagna"):
        assert sums.loc[("ats", code), "contributo_divario"] == pytest.approx(gaps[("ats", code, 2022)])
    assert sums.loc[("regione", "lombardia"), "contributo_divario"] == pytest.approx(
        gaps[("regione", "lombardia", 2022)], abs=0.2
    )


def test_held_counts_the_gap_alone(estimates):
    tried = gap_estimates.back_tests(estimates, {"resto": None})
    counted = gap_estimates.held(tried).loc[0].to_dict()
    inside = tried.query("misura == 'divario_occupazione'")["dentro"].sum()
    assert counted == {
        "prova": "resto",
        "prova_stima_dentro": inside,
        "prova_stima_province": 12,
        "territorio": "lombardia",
    }
