"""Composite index: the formula by hand, and what must hold for any table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators.composite import (
    Goalposts,
    aggregate_ampi,
    ampi,
    contributions,
    goalposts_of,
    normalise,
    redundancy,
)

INDICATORS = ["a", "b", "c"]
# to one decimal, as indicators are read: what differs by rounding alone has a test of its own
tables = arrays(float, (6, 3), elements=st.integers(10, 10_000).map(lambda n: n / 10)).map(
    lambda m: pd.DataFrame(m, columns=INDICATORS, index=list("uvwxyz"))
)
polarita = st.fixed_dictionaries({i: st.sampled_from([1, -1]) for i in INDICATORS})


def test_ampi_by_hand() -> None:
    # goalposts 0-10: scores 70 and 130 -> mean 100, population s.d. 30, cv .3, penalty 9; balanced 100 and 100 -> none
    values = pd.DataFrame({"a": [0.0, 5.0], "b": [10.0, 5.0]}, index=["sbilanciato", "equilibrato"])
    ends = {"a": (0.0, 10.0), "b": (0.0, 10.0)}
    assert ampi(values, [1, 1], ends).to_dict() == pytest.approx({"sbilanciato": 91.0, "equilibrato": 100.0})
    assert ampi(values, [1, 1], ends, penalty="+").to_dict() == pytest.approx(
        {"sbilanciato": 109.0, "equilibrato": 100.0}
    )
    # with b of negative polarity the first unit is the worst on both
    assert ampi(values, [1, -1], ends)["sbilanciato"] == pytest.approx(70.0)


@given(tables, polarita, st.sampled_from(["+", "-"]))
def test_ampi_equals_its_published_formulas(values: pd.DataFrame, verso: dict[str, int], sign: str) -> None:
    # Written out as the documentation of R's giniCI gives it (functions normalize, method goalpost, and giniCI), after
    # Mazziotta & Pareto (2016): goalposts half a range on either side of the reference, scores from 70 to 130, the
    # complement to 200 for a negative polarity, and a penalty that is the variance-to-mean ratio of the row, with the
    # population variance. The numbers of the papers' own examples are not openly readable.
    if (values.nunique() == 1).any():
        return
    expected = []
    for _, row in values.iterrows():
        points = []
        for c in INDICATORS:
            column = values[c].tolist()
            gap = (max(column) - min(column)) / 2
            low, high = sum(column) / 6 - gap, sum(column) / 6 + gap
            x = (row[c] - low) / (high - low) * (130 - 70) + 70
            points.append(x if verso[c] == 1 else 70 + 130 - x)
        media = sum(points) / 3
        penalty = sum((x - media) ** 2 for x in points) / 3 / media
        expected.append(media + penalty if sign == "+" else media - penalty)
    assert ampi(values, verso, penalty=sign).tolist() == pytest.approx(expected)


def test_weights_enter_mean_and_penalty_alike() -> None:
    # Mazziotta & Pareto, "Weighting in composite indices construction" (2022, Rivista italiana di economia, demografia
    # e statistica): weighted mean and weighted standard deviation, so an indicator of weight two is the same one twice
    points = pd.DataFrame({"a": [90.0, 120.0], "b": [105.0, 80.0]})
    double = aggregate_ampi(points.assign(a2=points["a"]), "-")
    assert aggregate_ampi(points, "-", {"a": 2, "b": 1}).tolist() == pytest.approx(double.tolist())


def test_what_differs_by_rounding_alone_is_constant() -> None:
    equal = pd.DataFrame({"a": [1.0, 1.0 + 2**-52, 1.0], "b": [0.1 + 0.2, 0.3, 0.3]})
    assert ampi(equal, {"a": 1, "b": 1}).tolist() == [100.0] * 3
    assert normalise(equal, {"a": 1, "b": -1}).eq(100).all(axis=None)


@given(tables, polarita)
def test_the_reference_is_worth_one_hundred(values: pd.DataFrame, verso: dict[str, int]) -> None:
    reference = values.iloc[0]
    ends = goalposts_of(values, reference)
    assert ampi(values.iloc[[0]], verso, ends).iloc[0] == pytest.approx(100.0)


@given(tables, polarita, st.floats(0.01, 100), st.floats(-50, 50))
def test_unit_free_and_stable_to_row_order(
    values: pd.DataFrame, verso: dict[str, int], scale: float, origine: float
) -> None:
    expected = ampi(values, verso)
    shuffled = ampi(values.iloc[::-1] * scale + origine, verso)
    assert shuffled.reindex(expected.index).to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-6)


@given(tables, polarita, st.integers(0, 5), st.sampled_from(INDICATORS), st.floats(0.1, 20))
def test_monotone_in_each_indicator(
    values: pd.DataFrame, verso: dict[str, int], row: int, indicatore: str, increase: float
) -> None:
    # the penalty could offset an improvement only for scores further from the mean than the mean itself, and on a scale
    # from 70 to 130 there are none: every improvement raises the score
    ends = {c: Goalposts(0.0, 1100.0) for c in INDICATORS}
    improved = values.copy()
    improved.iloc[row, INDICATORS.index(indicatore)] += increase * verso[indicatore]
    before, after = ampi(values, verso, ends), ampi(improved, verso, ends)
    assert after.iloc[row] > before.iloc[row]
    assert after.drop(after.index[row]).tolist() == before.drop(before.index[row]).tolist()


@given(tables, polarita)
def test_contributions_add_up(values: pd.DataFrame, verso: dict[str, int]) -> None:
    points = normalise(values, verso)
    parts = contributions(points, "+", {"a": 1, "b": 2, "c": 3})
    expected = aggregate_ampi(points, "+", {"a": 1, "b": 2, "c": 3}) - 100
    assert parts.sum(axis=1).to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-9)


def test_a_constant_indicator_changes_nothing() -> None:
    values = pd.DataFrame({"a": [1.0, 2.0, 4.0], "b": [3.0, 5.0, 6.0]}, index=list("xyz"))
    with_constant = ampi(values.assign(k=7.0), [1, 1, 1])
    assert with_constant.to_dict() == ampi(values, [1, 1]).to_dict()
    assert (ampi(values[[]].assign(k=7.0), [1]) == 100).all()
    assert (normalise(values.assign(k=7.0), {"a": 1, "b": 1, "k": 1})["k"] == 100).all()


def test_a_duplicated_indicator_is_reported_as_redundant() -> None:
    rng = np.random.default_rng(3)
    values = pd.DataFrame(rng.normal(50, 10, (20, 2)), columns=["a", "b"]).assign(doppio=lambda f: f["a"] * 2)
    pairs = redundancy(values)
    assert pairs[["indicatore_1", "indicatore_2"]].to_numpy().tolist() == [["a", "doppio"]]
    assert pairs["correlazione"].iloc[0] == pytest.approx(1.0)


def test_missing_values_and_bad_polarity_are_refused() -> None:
    values = pd.DataFrame({"a": [1.0, np.nan], "b": [1.0, 2.0]})
    with pytest.raises(CalcoloError, match="mancano valori in a"):
        ampi(values, [1, 1])
    with pytest.raises(CalcoloError, match="polarità di b"):
        ampi(values.fillna(2.0), {"a": 1, "b": 0})
    with pytest.raises(CalcoloError, match="pesi devono essere non negativi"):
        ampi(values.fillna(2.0), [1, 1], weights={"a": 0, "b": 0})
