"""Ranks with uncertainty."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators.ranking import rank_intervals


def test_without_uncertainty_the_interval_is_the_rank():
    out = rank_intervals(pd.Series({"A": 10.0, "B": 30.0, "C": 20.0}), 0.0)
    assert out["rango"].to_dict() == {"A": 3, "B": 1, "C": 2}
    assert (out["rango_migliore"] == out["rango"]).all()
    assert (out["rango_peggiore"] == out["rango"]).all()


def test_close_values_share_their_possible_ranks_and_far_ones_do_not():
    # Two comparisons each: level 0.025, z = 2.2414; the bound for equal errors of 1 is 3.17.
    out = rank_intervals(pd.Series({"A": 10.0, "B": 12.0, "C": 20.0}), 1.0)
    assert out.loc["C", ["rango_migliore", "rango_peggiore"]].tolist() == [1, 1]
    assert out.loc["A", ["rango_migliore", "rango_peggiore"]].tolist() == [2, 3]
    assert out.loc["B", ["rango_migliore", "rango_peggiore"]].tolist() == [2, 3]


def test_ties_share_the_better_place_and_missing_has_none():
    out = rank_intervals(pd.Series({"A": 5.0, "B": 5.0, "C": 1.0, "D": np.nan}), 0.0)
    assert out.loc[["A", "B", "C"], "rango"].tolist() == [1, 1, 3]
    assert out.loc["A", ["rango_migliore", "rango_peggiore"]].tolist() == [1, 3 - 1]
    assert out.loc["D", ["rango", "rango_migliore", "rango_peggiore"]].isna().all()
    assert out["unita"].eq(3).all()


def test_errors_that_are_missing_or_negative_are_refused():
    with pytest.raises(CalcoloError, match="B"):
        rank_intervals(pd.Series({"A": 1.0, "B": 2.0}), pd.Series({"A": 0.1}))
    with pytest.raises(CalcoloError, match="A"):
        rank_intervals(pd.Series({"A": 1.0, "B": 2.0}), pd.Series({"A": -0.1, "B": 0.1}))


@settings(max_examples=60)
@given(
    st.lists(st.floats(0, 100), min_size=2, max_size=12, unique=True),
    st.floats(0, 10),
    st.floats(0.01, 10),
)
def test_the_interval_holds_the_rank_and_widens_with_uncertainty(values, small, more):
    series = pd.Series(values)
    narrow, wide = rank_intervals(series, small), rank_intervals(series, small + more)
    for out in (narrow, wide):
        assert (out["rango_migliore"] <= out["rango"]).all()
        assert (out["rango"] <= out["rango_peggiore"]).all()
    assert (wide["rango_migliore"] <= narrow["rango_migliore"]).all()
    assert (wide["rango_peggiore"] >= narrow["rango_peggiore"]).all()
    ascending = rank_intervals(series, small, descending=False)
    assert (ascending["rango"] + narrow["rango"] == len(values) + 1).all()


def test_coverage_of_the_true_rank_is_at_least_the_nominal_one():
    rng = np.random.default_rng(11)
    truth = pd.Series([10.0, 11.0, 12.0, 15.0, 18.0, 18.5])
    rank = truth.rank(ascending=False).astype(int)
    held = np.zeros(len(truth))
    draws = 300
    for _ in range(draws):
        out = rank_intervals(truth + rng.normal(0, 1.0, len(truth)), 1.0)
        held += ((out["rango_migliore"] <= rank) & (rank <= out["rango_peggiore"])).to_numpy(dtype=float)
    assert (held / draws >= 0.95).all()
