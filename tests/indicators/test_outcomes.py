"""Questionnaires: published worked examples, and what must hold for any answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators.outcomes import (
    alpha_interval,
    compare_groups,
    cronbach_alpha,
    holm,
    mean_interval,
    median_interval,
    nonresponse_bounds,
    paired_category,
)


def test_alpha_interval_of_feldt_woodruff_salih() -> None:
    # Feldt, Woodruff & Salih (1987), p. 95: alpha .790, 41 examinees, 26 items, 90%. The article prints .704 and .861
    # with F read from tables to two decimals; with exact F it is .705, .862 (R package cocron).
    assert np.round(alpha_interval(0.790, 41, 26, 0.90), 3).tolist() == [0.705, 0.862]


def test_alpha_interval_agrees_with_bonett() -> None:
    # documentation of ci.cronbach in the R package statpsych: alpha .85, 7 measurements, 89 people give .7971254 and
    # .8931436 by Bonett's normal approximation, which differs from the exact interval at the fourth decimal
    assert alpha_interval(0.85, 89, 7) == pytest.approx((0.7971254, 0.8931436), abs=1e-4)


def test_alpha_by_hand() -> None:
    # item variances 1, 1, 1 and variance of the totals 7: alpha = 3/2 · (1 − 3/7) = 6/7
    answers = [[1, 2, 1], [2, 1, 2], [3, 3, 3]]
    alpha, low, high = cronbach_alpha(answers)
    assert alpha == pytest.approx(1.5 * (1 - 3 / np.var([4, 5, 9], ddof=1)))
    assert low < alpha < high


@given(st.lists(st.lists(st.integers(1, 5), min_size=4, max_size=4), min_size=5, max_size=20), st.integers(-3, 3))
def test_alpha_ignores_order_and_shift(rows: list[list[int]], shift: int) -> None:
    answers = np.array(rows, dtype=float)
    if np.isclose(answers.sum(axis=1).var(), 0):
        with pytest.raises(CalcoloError, match="non è definita"):
            cronbach_alpha(answers)
        return
    expected = cronbach_alpha(answers)
    assert cronbach_alpha(answers[::-1, ::-1] + shift) == pytest.approx(expected)


def test_alpha_leaves_out_incomplete_respondents() -> None:
    complete = [[1, 2], [2, 3], [5, 4], [3, 3]]
    assert cronbach_alpha([*complete, [np.nan, 1]]) == cronbach_alpha(complete)


def test_alpha_refuses_one_item() -> None:
    with pytest.raises(CalcoloError, match="almeno 2 domande"):
        cronbach_alpha([[1], [2]])


def test_nonresponse_leaves_wide_bounds() -> None:
    # ATS Milano 2017-2019: usefulness 3.8 from 32% of the beneficiaries
    assert nonresponse_bounds(3.8, 0.32, 1, 5) == pytest.approx((1.896, 4.616))
    assert nonresponse_bounds(3.8, 1.0, 1, 5) == (3.8, 3.8)


def test_mean_interval_by_hand() -> None:
    # n = 4, mean 3, s = sqrt(10/3): half width t(.975, 3) · s / 2
    media, low, high = mean_interval([1, 3, 3, 5])
    assert (media, high - media) == pytest.approx((3, 3.182446 * np.sqrt(8 / 3) / 2), rel=1e-6)
    assert media - low == pytest.approx(high - media)
    assert np.isnan(mean_interval([4])[1])


def test_median_interval_of_order_statistics() -> None:
    # n = 10: P(Bin(10, 1/2) <= 1) = 0.0107 and P(<= 2) = 0.0547, so the 95% interval is (x2, x9), as tables print
    assert median_interval(range(1, 11)) == (5.5, 2.0, 9.0)
    assert np.isnan(median_interval([1, 2, 3])[1])


def test_mcnemar_exact_by_binomial() -> None:
    # 2 moved one way and 9 the other: two-sided exact p = 2 · P(Bin(11, 1/2) <= 2) = 2 · 67 / 2048
    before = ["no"] * 2 + ["sì"] * 9 + ["sì"] * 5
    after = ["sì"] * 2 + ["no"] * 9 + ["sì"] * 5
    assert paired_category(before, after).p_value == pytest.approx(2 * 67 / 2048)


def test_stuart_maxwell_of_uebersax() -> None:
    # example of J. Uebersax reprinted in the documentation of StuartMaxwellTest (R package DescTools):
    # chi-squared = 13.765, df = 2, p-value = 0.001026
    table = {("a", "a"): 20, ("a", "b"): 10, ("a", "c"): 5, ("b", "a"): 3, ("b", "b"): 30, ("b", "c"): 15}
    table |= {("c", "a"): 0, ("c", "b"): 5, ("c", "c"): 40}
    pairs = [pair for pair, n in table.items() for _ in range(n)]
    outcome = paired_category([p for p, _ in pairs], [d for _, d in pairs])
    assert (outcome.method, outcome.n) == ("Stuart-Maxwell", 128)
    assert outcome.statistic == pytest.approx(13.765, abs=5e-4)
    assert outcome.p_value == pytest.approx(0.001026, abs=5e-7)


def test_exact_stuart_maxwell_is_mcnemar_with_two_categories_in_play() -> None:
    # a third category that nobody enters or leaves changes nothing: 2 · P(Bin(11, 1/2) <= 2)
    before = ["no"] * 2 + ["sì"] * 9 + ["altro"] * 6
    after = ["sì"] * 2 + ["no"] * 9 + ["altro"] * 6
    outcome = paired_category(before, after)
    assert outcome.method == "Stuart-Maxwell esatto"
    assert outcome.p_value == pytest.approx(2 * 67 / 2048)


def test_exact_stuart_maxwell_by_hand() -> None:
    # two people from a to b and two from b to c: the statistic is (s1² + s2²) / 2, s the net moves of each kind, and
    # 4 of the 16 ways of turning them round are as far from balance; groups that never mix do not break it
    outcome = paired_category(["a", "a", "b", "b"], ["b", "b", "c", "c"])
    assert outcome.p_value == pytest.approx(4 / 16)
    divided = paired_category(["a"] * 3 + ["c"] * 3, ["b"] * 3 + ["d"] * 3)
    assert divided.p_value == pytest.approx(4 / 64)


def test_groups_are_corrected_for_their_number() -> None:
    groups = {"A": [1, 1, 2, 2, 1, 2], "B": [4, 5, 5, 4, 5, 5], "C": [1, 2, 1, 2, 2, 1]}
    overall, pairs = compare_groups(groups)
    assert overall.p_value < 0.01
    assert pairs.set_index(["gruppo_1", "gruppo_2"])["diverso"].to_dict() == {
        ("A", "B"): True,
        ("A", "C"): False,
        ("B", "C"): True,
    }
    assert (pairs["p_corretto"] >= pairs["p"]).all()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
@settings(max_examples=100)
def test_holm_is_that_of_statsmodels(p_values: list[float]) -> None:
    from statsmodels.stats.multitest import multipletests

    expected = multipletests(p_values, method="holm")[1]
    np.testing.assert_allclose(holm(p_values), expected, rtol=1e-12, atol=1e-15)
