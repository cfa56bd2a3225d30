"""The population of small areas by age: margins that hold, seeds that are kept, and how wrong it is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators import small_area_errors as measured
from conciliazione_lib.indicators import small_area_population as method

GROUPS = np.array([0, 0, 1, 1, 1])


def people(seed: int, least: float = 0.1) -> np.ndarray:
    return np.random.default_rng(seed).uniform(least, 30, (len(GROUPS), 101, 2))


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_raking_meets_both_margins_and_keeps_what_the_seed_says(a: int, b: int) -> None:
    seed, true = people(a), people(b)
    totals, structure = true.sum(axis=1), method.by_group(true, GROUPS)
    table = method.rake(seed, totals, structure, GROUPS)
    np.testing.assert_allclose(table.sum(axis=1), totals)
    np.testing.assert_allclose(method.by_group(table, GROUPS), structure, rtol=1e-8)
    # odds ratios are those of the seed: raking only scales rows and columns of a province and sex
    for x in (0, 1):
        ratio = (table / seed)[2:, :, x]
        np.testing.assert_allclose(ratio[0] * ratio[1, 0], ratio[1] * ratio[0, 0], rtol=1e-6)
    # what already has the margins does not move
    np.testing.assert_allclose(method.rake(true, totals, structure, GROUPS), true)


def test_raking_refuses_what_cannot_be() -> None:
    seed, true = people(1), people(2)
    totals, structure = true.sum(axis=1), method.by_group(true, GROUPS)
    with pytest.raises(CalcoloError, match="non hanno la stessa somma"):
        method.rake(seed, totals * 1.01, structure, GROUPS)
    with pytest.raises(CalcoloError, match="non negativi"):
        method.rake(np.where(seed > 29, np.nan, seed), totals, structure, GROUPS)
    empty = seed.copy()
    empty[:2, 40] = 0
    with pytest.raises(CalcoloError, match="la popolazione di partenza non ne ha"):
        method.rake(empty, totals, structure, GROUPS)
    # the first place has only the young, and more residents than the province has young people
    empty = seed.copy()
    empty[0, 3:] = 0
    with pytest.raises(CalcoloError, match="non sono compatibili"):
        method.rake(empty, totals, structure, GROUPS)


def test_ages_by_hand() -> None:
    population = np.zeros((1, 101, 2))
    population[0, [0, 97, 98, 100], 0] = [5, 3, 2, 1]
    older = method.aged(population, 3)
    assert older[0, :, 0].nonzero()[0].tolist() == [3, 100]
    assert older[0, 100, 0] == 6
    assert older.sum() == population.sum()


def test_children_follow_women_and_the_ratio_of_their_place() -> None:
    before = np.zeros((2, 101, 2))
    before[:, 30, 1] = [1000, 9000]
    before[:, 0, 0] = [300, 900]
    groups = np.array([0, 0])
    # 300 per 1.000 here, 120 per 1.000 in the province, averaged as if 1.000 more women lived in the place
    expected = [1000 * (300 + 120) / 2000, 9000 * (900 + 120) / 10_000]
    assert method.children(before, before, 3, groups) == pytest.approx(expected)
    assert method.children(before * 2, before, 3, groups) == pytest.approx(np.array(expected) * 2)


def test_a_population_that_grows_alike_everywhere_is_estimated_exactly() -> None:
    """Every age and place as large as the age before it: the estimate is the truth, but for the children."""
    before = np.ones((len(GROUPS), 101, 2)) * np.array([10, 20, 30, 40, 50])[:, None, None]
    before[:, 100] = 0
    true = method.aged(before, 3)
    true[:, :3] = before[:, :3]
    found = method.estimate(before, 3, true.sum(axis=1), method.by_group(true, GROUPS), GROUPS)
    np.testing.assert_allclose(found, true, rtol=1e-8)


def test_a_province_whose_cohorts_keep_their_pace_is_foreseen() -> None:
    earlier = people(3, least=5)[:2]
    pace = np.random.default_rng(4).uniform(0.9, 1.05, earlier.shape)
    births = np.array([[100.0, 90.0, 80.0], [50.0, 55.0, 60.0]])
    sexes = np.array([0.5, 0.5])

    def year_later(population: np.ndarray, born: np.ndarray) -> np.ndarray:
        older = method.aged(population, 1) * pace.mean(axis=(1, 2), keepdims=True)
        older[:, 0] = born[:, None] * sexes
        return older

    later = year_later(year_later(earlier, births[:, 0]), births[:, 1])
    true = year_later(later, births[:, 2])
    found = method.next_structure(earlier, later, births, true.sum(axis=1))
    np.testing.assert_allclose(found, true, rtol=1e-9)


def test_a_year_later_the_totals_and_the_births_are_those_given() -> None:
    before, after = people(5), people(6)
    change = method.cohort_change(method.by_group(before, GROUPS), method.by_group(after, GROUPS))
    births = after[:, 0]
    totals = (method.aged(before, 1) * change[GROUPS]).sum(axis=1) + births
    found = method.next_year(before, change, births, totals, GROUPS)
    np.testing.assert_allclose(found.sum(axis=1), totals)
    np.testing.assert_allclose(found[:, 0], births)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(0, 100), st.integers(0, 100))
def test_whole_people_keep_both_margins_and_every_band(seed: int, one: int, other: int) -> None:
    population = people(seed, least=0)
    whole_totals = np.rint(population.sum(axis=1, keepdims=True))
    population *= whole_totals / population.sum(axis=1, keepdims=True)
    whole = method.whole_numbers(population, GROUPS)
    assert (whole >= 0).all()
    assert (whole.sum(axis=1) == whole_totals[:, 0]).all()
    # of every age of a province, as many as there should be
    assert np.abs(method.by_group(whole.astype(float), GROUPS) - method.by_group(population, GROUPS)).max() < 1 + 1e-6
    first, last = sorted((one, other))
    band = slice(first, last + 1)
    assert np.abs(whole[:, band].sum(axis=1) - population[:, band].sum(axis=1)).max() < 4


def test_rounding_does_not_lean_to_one_side() -> None:
    """A tenth of a person in a thousand places is a hundred people, and half a total is refused."""
    population = np.zeros((1000, 101, 2))
    population[:, 99], population[:, 0] = 0.1, 2.9
    one_province = np.zeros(1000, dtype=int)
    assert method.whole_numbers(population, one_province)[:, 99].sum(axis=0).tolist() == [100, 100]
    with pytest.raises(CalcoloError, match="numero intero"):
        method.whole_numbers(population * 0.5, one_province)


def test_errors_by_size_of_place() -> None:
    residents = pd.Series([0, 499, 500, 49_999, 50_000, 2_000_000])
    assert measured.sizes(residents).tolist() == [0, 0, 500, 10_000, 50_000, 50_000]
    true = pd.Series([100.0, 100.0, 0.0, 100.0], index=list("abcd"))
    found = pd.Series([90.0, 130.0, 5.0, 100.0], index=list("abcd"))
    summary = measured.summary(found, true, pd.Series([0, 0, 0, 500], index=list("abcd")))
    assert summary.loc[0].tolist() == pytest.approx([2, 20.0, 28.0])  # nobody in c: no relative error
    assert summary.loc[500].tolist() == [1, 0.0, 0.0]


def profile(residents: float = 1000.0) -> pd.DataFrame:
    young, old = 0.2 * residents, 0.3 * residents
    return pd.DataFrame(
        {
            "territorio": ["a"],
            "residenti": [residents],
            "residenti_0_2": [0.02 * residents],
            "residenti_0_14": [young],
            "residenti_65_piu": [old],
            "quota_0_2": [2.0],
            "indice_vecchiaia": [100 * old / young],
        }
    )


ERRORS = pd.DataFrame(
    [
        ("residenti_0_2", "comune", 500, 40.0),
        ("residenti_0_2", "comune", 1000, 30.0),
        ("residenti_0_14", "comune", 1000, 8.0),
        ("residenti_65_piu", "comune", 1000, 5.0),
        ("residenti_0_14", "ambito", 0, 1.0),
    ],
    columns=["fascia", "livello", "da_residenti", "errore_nono_decile"],
)


def test_a_figure_has_the_range_of_places_of_its_size() -> None:
    row = measured.with_bounds(profile(), ERRORS, "comune").iloc[0]
    assert (row["residenti_0_2_inferiore"], row["residenti_0_2_superiore"]) == pytest.approx((14.0, 26.0))
    assert row["residenti_0_2_imputata"] == row["quota_0_2_imputata"] == 1
    assert (row["quota_0_2_inferiore"], row["quota_0_2_superiore"]) == pytest.approx((1.4, 2.6))
    assert row["residenti_0_14_imputata"] == 0
    # of a ratio, the errors of both terms
    assert (row["indice_vecchiaia_inferiore"], row["indice_vecchiaia_superiore"]) == pytest.approx((130.5, 169.5))
    assert row["indice_vecchiaia_imputata"] == 1
    assert "residenti_inferiore" not in row


def test_ranges_of_a_level_without_errors_are_refused_and_a_distretto_takes_those_of_ambiti() -> None:
    with pytest.raises(CalcoloError, match=r"livello «ats»(.|\n)*ambito, comune"):
        measured.with_bounds(profile(), ERRORS, "ats")
    row = measured.with_bounds(profile(), ERRORS, "distretto").iloc[0]
    assert row["residenti_0_14_superiore"] == pytest.approx(202.0)
    # no error was measured for it: no range is made up
    assert pd.isna(row["residenti_0_2_superiore"])


def test_ranges_of_every_level_are_no_less_imputed_than_the_territory() -> None:
    both = pd.concat(
        [profile().assign(livello="comune", imputata=0.0), profile().assign(livello="ambito", imputata=0.4)]
    )
    ranged = measured.with_ranges(both, ERRORS).set_index("livello")
    assert ranged.loc["comune", "residenti_0_14_imputata"] == 0
    assert ranged.loc["comune", "residenti_0_2_imputata"] == 1
    assert ranged.loc["ambito", "residenti_0_14_imputata"] == 0.4
    assert ranged.loc["ambito", "residenti_0_14_superiore"] == pytest.approx(202.0)
