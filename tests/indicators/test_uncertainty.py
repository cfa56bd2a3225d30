import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators import uncertainty


# Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3 (score) and method 5 (Clopper-Pearson).
@pytest.mark.parametrize(
    ("cases", "prove", "score", "exact"),
    [
        (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
        (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
        (0, 20, (0.0, 0.1611), (0.0, 0.1684)),
        (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
    ],
)
def test_proportions_of_newcombe(cases, prove, score, exact):
    assert np.round(uncertainty.wilson(cases, prove), 4) == pytest.approx(score)
    assert np.round(uncertainty.exact_proportion(cases, prove), 4) == pytest.approx(exact)


# Exact 95% limits of a Poisson count: Pearson and Hartley, Biometrika Tables for Statisticians, vol. I, table 40.
@pytest.mark.parametrize(
    ("cases", "limits"),
    [(0, (0.0, 3.69)), (1, (0.0253, 5.57)), (5, (1.62, 11.67)), (10, (4.80, 18.39)), (20, (12.22, 30.89))],
)
def test_exact_counts_of_the_biometrika_tables(cases, limits):
    assert uncertainty.exact_count(cases) == pytest.approx(limits, abs=0.006)


def test_byar_is_within_two_per_thousand_of_the_exact_limits_from_ten_events():
    # Public Health England, Technical Guide: Confidence Intervals (2018), appendix 1.
    cases = np.arange(10, 2000)
    for approximate, exact in zip(uncertainty.byar(cases), uncertainty.exact_count(cases), strict=True):
        assert np.max(np.abs(approximate / exact - 1)) < 0.002


def test_byar_with_no_events_and_with_very_few_at_high_confidence():
    assert uncertainty.byar(0)[0] == 0
    assert uncertainty.byar([1, 2], confidence=0.9999)[0].min() >= 0


def test_dobson_is_byar_when_there_is_one_stratum():
    rate, lower, upper = uncertainty.dobson([16], [4000], [1])
    low, high = uncertainty.byar(16)
    assert (rate, lower, upper) == pytest.approx((16 / 4000, low / 4000, high / 4000))


def test_dobson_does_not_depend_on_how_equal_strata_are_cut():
    whole = uncertainty.dobson([16], [4000], [10])
    target = uncertainty.dobson([8, 8], [2000, 2000], [5, 5])
    assert target == pytest.approx(whole)


def test_dobson_worked_by_hand():
    # Two strata, weights 3/4 and 1/4: rate 0,75·10/1000 + 0,25·40/2000; variance 0,75²·10/1000² + 0,25²·40/2000².
    rate, lower, upper = uncertainty.dobson([10, 40], [1000, 2000], [300, 100])
    assert rate == pytest.approx(0.0125)
    scale = ((0.75**2 * 10 / 1e6 + 0.25**2 * 40 / 4e6) / 50) ** 0.5
    low, high = uncertainty.byar(50)
    assert lower == pytest.approx(0.0125 + scale * (low - 50))
    assert upper == pytest.approx(0.0125 + scale * (high - 50))


def test_dobson_ignores_strata_without_weight_and_has_no_limits_without_events():
    assert uncertainty.dobson([5, 9], [100, 0], [1, 0]) == uncertainty.dobson([5], [100], [1])
    rate, lower, upper = uncertainty.dobson([0, 0], [100, 100], [1, 1])
    assert rate == 0
    assert np.isnan(lower)
    assert np.isnan(upper)


def test_no_trials_no_limits():
    for method in (uncertainty.wilson, uncertainty.exact_proportion):
        assert np.isnan(method(0, 0)).all()


@given(st.integers(0, 500), st.integers(1, 500), st.floats(0.5, 0.99))
def test_intervals_contain_the_estimate_and_grow_with_confidence(cases, others, livello):
    prove = cases + others
    for method in (uncertainty.wilson, uncertainty.exact_proportion):
        narrow, wide = method(cases, prove, livello), method(cases, prove, 0.995)
        assert 0 <= wide[0] <= narrow[0] <= cases / prove <= narrow[1] <= wide[1] <= 1
        opposite = method(others, prove, livello)
        assert 1 - opposite[1] == pytest.approx(narrow[0])
    for method in (uncertainty.byar, uncertainty.exact_count):
        narrow, wide = method(cases, livello), method(cases, 0.995)
        assert wide[0] <= narrow[0] <= cases <= narrow[1] <= wide[1]


def test_wrong_arguments_are_refused():
    with pytest.raises(CalcoloError, match="fra 0 e il numero delle prove"):
        uncertainty.wilson(5, 4)
    with pytest.raises(CalcoloError, match="fra 0 e 1; trovato 95"):
        uncertainty.wilson(1, 4, confidence=95)
    with pytest.raises(CalcoloError, match="negativo"):
        uncertainty.byar(-1)
    with pytest.raises(CalcoloError, match="stessi strati"):
        uncertainty.dobson([1, 2], [10], [1])
    with pytest.raises(CalcoloError, match="vuole una popolazione"):
        uncertainty.dobson([1, 2], [10, 0], [1, 1])
