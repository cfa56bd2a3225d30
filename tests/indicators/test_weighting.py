"""Shares weighed on several indicators: exactness, bounds of published figures, sensitivity to the weights."""

from __future__ import annotations

from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators.weighting import weight_sensitivity, weighted_shares

WEIGHTS = {"a": 10, "b": 30, "c": 60}

values = st.lists(st.tuples(*[st.integers(1, 1000)] * 3), min_size=2, max_size=10)


def _frame(rows: list[tuple[int, int, int]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list("abc"), index=[f"t{i}" for i in range(len(rows))])


@given(values)
def test_shares_sum_to_one_whatever_the_units(rows) -> None:
    table = _frame(rows)
    quote = weighted_shares(table, WEIGHTS)
    assert sum(quote) == 1
    assert list(weighted_shares(table * 7, {k: v / 10 for k, v in WEIGHTS.items()})) == list(quote)


def test_shares_are_the_weighted_mean_of_the_shares() -> None:
    table = pd.DataFrame({"a": [1, 3], "b": [2, 2]}, index=["x", "y"])
    assert weighted_shares(table, {"a": 50, "b": 50})["x"] == Fraction(3, 8)


@given(values, st.integers(0, 100))
def test_the_share_stays_in_its_range_and_the_range_grows(rows, points: int) -> None:
    narrow, wide = (weight_sensitivity(_frame(rows), WEIGHTS, p) for p in (points // 2, points))
    assert (narrow["minima"] <= narrow["quota"]).all()
    assert (narrow["quota"] <= narrow["massima"]).all()
    assert (wide["minima"] <= narrow["minima"]).all()
    assert (wide["massima"] >= narrow["massima"]).all()


@given(values, st.tuples(*[st.integers(0, 100)] * 3).filter(any))
def test_no_choice_of_weights_leaves_the_free_range(rows, others) -> None:
    table = _frame(rows)
    ends = weight_sensitivity(table, WEIGHTS)
    quote = weighted_shares(table, dict(zip("abc", others, strict=True)))
    assert all(ends["minima"][t] <= quote[t] <= ends["massima"][t] for t in table.index)


def test_ranges_by_hand() -> None:
    # Two indicators: moving ten points from one to the other moves the share by 10% of their difference.
    table = pd.DataFrame({"a": [60, 40], "b": [20, 80]}, index=["x", "y"])
    row = weight_sensitivity(table, {"a": 50, "b": 50}, 10).loc["x"]
    assert [float(v) for v in row] == pytest.approx([0.40, 0.36, 0.44])


def test_missing_values_are_listed_all_together() -> None:
    table = pd.DataFrame({"a": [1, None], "b": [-2, 5]}, index=["x", "y"])
    with pytest.raises(CalcoloError) as error:
        weighted_shares(table, {"a": 1, "b": 1})
    assert [p.trovato for p in error.value.problemi] == ["y, a: mancante o non numerico", "x, b: -2"]


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"a": 1}, "Indicatori senza peso, o pesi senza indicatore: b."),
        ({"a": 1, "b": 1, "c": 1}, "Indicatori senza peso, o pesi senza indicatore: c."),
        ({"a": 1, "b": -1}, "I pesi degli indicatori devono essere non negativi e non tutti nulli: b."),
        ({"a": 0, "b": 0}, "I pesi degli indicatori devono essere non negativi e non tutti nulli."),
    ],
)
def test_weights_that_do_not_fit_are_refused(weights, message: str) -> None:
    with pytest.raises(CalcoloError) as error:
        weighted_shares(pd.DataFrame({"a": [1, 2], "b": [3, 4]}), weights)
    assert error.value.messaggio == message
