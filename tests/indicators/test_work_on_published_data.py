"""The estimate of the ATS, tried on the data it is used on."""

from __future__ import annotations

import pandas as pd
import pytest

from conciliazione_lib import catalog, territory
from conciliazione_lib.indicators.apportionment import from_provinces, is_exact, province_weights, with_estimates
from conciliazione_lib.indicators.employment import employment_gaps

DATA = "2022-01-01"


@pytest.fixture(scope="module")
def comuni() -> pd.DataFrame:
    return territory.load(data=DATA).comuni


@pytest.fixture(scope="module")
def population() -> pd.DataFrame:
    return catalog.read("popolazione", data=DATA)


@pytest.fixture(scope="module")
def rates() -> pd.DataFrame:
    return catalog.read("occupazione").query("misura == 'tasso_occupazione' and eta == '20-64' and periodo == 'anno'")


@pytest.fixture(scope="module")
def weights(population, comuni) -> pd.DataFrame:
    return province_weights(population, comuni)


def test_provinces_weighted_by_comuni_give_back_the_published_rate_of_lombardia(population, comuni, rates):
    """ISTAT publishes the region too (63,9 women and 81,2 men in 2018 … 64,9 and 81,7 in 2022): the twelve provinces,
    weighted with our population, must fall on it within the rounding of what is published."""
    whole = province_weights(population, comuni.assign(regione="lombardia"), to="regione")
    provinces = rates[rates["livello"] == "provincia"].rename(columns={"territorio": "provincia"})
    estimated = from_provinces(provinces, whole).dropna(subset="valore")
    published = rates[rates["livello"] == "regione"]
    both = estimated.merge(published, on=["anno", "sesso"], suffixes=("", "_pubblicato"))
    assert len(both) == 17
    assert (both["valore"] - both["valore_pubblicato"]).abs().max() <= 0.1


def test_weights_sum_to_one_and_cover_the_region_once(weights):
    assert weights.groupby(["territorio", "sesso"])["peso"].sum().to_numpy() == pytest.approx(1.0)
    assert weights.groupby(["provincia", "sesso"])["quota_provincia"].sum().to_numpy() == pytest.approx(1.0)


def test_which_ats_are_provinces_and_which_are_made_of_pieces(weights):
    parts = weights[weights["sesso"] == "T"].groupby("territorio")["provincia"].agg(lambda s: "+".join(sorted(s)))
    assert parts.to_dict() == {
        "milano": "LO+MI",
        "insubria": "CO+VA",
        "montagna": "BS+CO+SO",
        "brianza": "LC+MB",
        "bergamo": "BG",
        "brescia": "BS",
        "val-padana": "CR+MN",
        "pavia": "PV",
    }
    assert [ats for ats, exact in is_exact(weights).items() if exact] == ["bergamo", "pavia"]


def test_two_ambiti_weigh_in_the_montagna_comune_by_comune(population, comuni, weights):
    valley = comuni[(comuni["ats"] == "montagna") & (comuni["provincia"] == "BS")]
    lake = comuni[(comuni["ats"] == "montagna") & (comuni["provincia"] == "CO")]
    assert (len(valley), len(lake)) == (41, 16)
    adults = population[population["eta"].between(20, 64) & (population["sesso"] == "F")]
    women = adults.groupby("cod_comune")["residenti"].sum()
    share = weights.set_index(["territorio", "provincia", "sesso"])["peso"]
    members = comuni[comuni["ats"] == "montagna"].index
    assert share["montagna", "BS", "F"] == pytest.approx(women[valley.index].sum() / women[members].sum())
    assert share["montagna", "CO", "F"] == pytest.approx(women[lake.index].sum() / women[members].sum())


def test_bergamo_and_pavia_have_exactly_the_rates_of_their_provinces(rates, weights):
    out = with_estimates(rates, weights).set_index(["livello", "territorio", "anno", "sesso"]).sort_index()
    for ats, province in (("bergamo", "BG"), ("pavia", "PV")):
        ours = out.loc[("ats", ats)]
        pd.testing.assert_series_equal(
            ours["valore"].dropna(), out.loc[("provincia", province), "valore"], check_index_type=False
        )
        assert not ours["stima"].any()
    assert out.loc[("ats", "brescia"), "stima"].all()


def test_an_ats_has_no_gap_in_a_year_that_a_province_of_its_misses(rates, weights):
    gaps = employment_gaps(with_estimates(rates, weights))["divario_occupazione"]
    with_2024 = gaps.loc["ats"].unstack("anno")[2024].dropna()
    assert sorted(with_2024.index) == ["brescia", "val-padana"]
    assert gaps.loc["ats"].unstack("anno")[2023].isna().all()
    assert gaps.loc["ats"].unstack("anno")[2022].notna().all()
