"""Hamilton-Perry: by hand, and what must hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators.projection import backtest, project, rake, ratios

FERTILE_AGES = slice(2, 4)
populations = arrays(float, (2, 6), elements=st.floats(10, 1000))


def test_by_hand() -> None:
    before = np.array([[10.0, 10, 10, 10, 10], [10, 10, 10, 10, 10]])
    after = np.array([[8.0, 9, 10, 11, 30], [8, 9, 20, 11, 30]])
    r = ratios(before, after, 1, slice(2, 3))
    # men: 9/10, 10/10, 11/10 and the open group 30 / (10 + 10); children 8 per 20 women
    assert r.cohort_change[0, 1:].tolist() == pytest.approx([0.9, 1.0, 1.1, 1.5])
    assert r.child_woman.tolist() == [[0.4], [0.4]]
    future = project(after, r, slice(2, 3))[1]
    assert future[0].tolist() == pytest.approx([0.4 * 18, 8 * 0.9, 9 * 1.0, 10 * 1.1, (11 + 30) * 1.5])


def test_cohort_change_ratio_of_hauer_2019() -> None:
    # Hauer M.E. (2019), "Population projections for U.S. counties by age, sex, and race controlled to shared
    # socioeconomic pathway", Scientific Data 6, 190005, figure on cohort change ratios: a group of 100 is 120 five
    # years later, so the 90 who follow become (120/100) × 90 = 108
    before = np.array([[100.0, 50, 50, 50]] * 2)
    after = np.array([[90.0, 120, 50, 50]] * 2)
    r = ratios(before, after, 1, slice(1, 3))
    assert project(after, r, slice(1, 3))[1][0, 1] == pytest.approx(108.0)


@given(populations)
def test_a_stationary_population_stays(popolazione: np.ndarray) -> None:
    # every cohort keeps its size and children replace them: same groups at both dates, all equal
    stop = np.full((2, 6), popolazione[0, 0])
    stop[:, -1] = 0.0
    r = ratios(stop, stop, 1, FERTILE_AGES)
    assert project(stop, r, FERTILE_AGES, steps=3)[3] == pytest.approx(stop)


@given(populations, populations)
def test_launching_from_the_first_date_returns_the_second(before: np.ndarray, after: np.ndarray) -> None:
    # adults: the ratios, applied to the population they come from, give back the later population
    r = ratios(before, after, 1, FERTILE_AGES)
    assert project(before, r, FERTILE_AGES)[1][:, 1:] == pytest.approx(after[:, 1:])


@given(arrays(float, (3, 2, 6), elements=st.floats(0, 500)), populations)
def test_raking_sums_to_the_whole(parts: np.ndarray, total: np.ndarray) -> None:
    assert rake(parts, total).sum(axis=0) == pytest.approx(total)


def test_floor_and_cap_limit_small_areas() -> None:
    before, after = np.array([[1.0, 1, 1, 1]] * 2), np.array([[2.0, 9, 1, 1]] * 2)
    r = ratios(before, after, 1, slice(1, 3), floor=0.8, cap=1.2)
    assert np.nanmin(r.cohort_change) >= 0.8
    assert np.nanmax(r.cohort_change) == 1.2


def test_an_empty_cohort_is_left_alone_and_no_women_is_refused() -> None:
    before = np.array([[0.0, 5, 5, 5], [5, 5, 5, 5]])
    assert ratios(before, before, 1, slice(1, 3)).cohort_change[0, 1] == 1.0
    with pytest.raises(CalcoloError, match="donna in età fertile"):
        ratios(before, before * [[1], [0]], 1, slice(1, 3))
    with pytest.raises(CalcoloError, match="non negative"):
        ratios(-before, before, 1, slice(1, 3))


def test_backtest_counts_errors_with_their_sign() -> None:
    errors = backtest(np.array([110.0, 90.0]), np.array([100.0, 100.0]))
    assert errors == pytest.approx({"mape": 10.0, "mpe": 0.0, "errore_totale": 0.0})
