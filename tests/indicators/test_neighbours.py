"""Statistical neighbours: distances counted by hand, properties, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators import neighbours


def test_distances_counted_by_hand():
    # standardised: x = (-1, 1, ±…); with two variables of values 0, 0, 2, 2 the mean is 1 and the deviation 1
    profiles = pd.DataFrame({"x": [0, 0, 2, 2], "y": [0, 2, 0, 2]}, index=list("abcd"))
    r = neighbours.nearest(profiles, places=3).set_index(["territorio", "posto"])
    assert r.loc["a", "simile"].tolist() == ["b", "c", "d"]  # b and c are as far: in order of code
    assert r.loc["a", "distanza"].tolist() == pytest.approx([np.sqrt(2), np.sqrt(2), 2])
    assert r.at[("a", 1), "differisce_per"] == "y"
    assert r.at[("a", 1), "scarto"] == pytest.approx(2)
    assert r.at[("d", 1), "scarto"] == pytest.approx(-2)


def test_what_spans_orders_of_magnitude_is_compared_by_its_logarithm():
    people = pd.DataFrame({"residenti": [100, 1_000, 10_000, 40_000]}, index=list("abcd"))
    plain = neighbours.nearest(people, places=1).set_index("territorio")["simile"]
    logged = neighbours.nearest(people, places=1, logarithms=["residenti"]).set_index("territorio")["simile"]
    assert plain["c"] == "b"
    assert logged["c"] == "d"


def test_a_variable_that_is_the_same_everywhere_tells_nobody_apart():
    profiles = pd.DataFrame({"x": [1.0, 2.0, 4.0], "y": [0.1 + 0.2, 0.3, 0.3]}, index=list("abc"))
    assert neighbours.standardised(profiles)["y"].abs().max() < 1e-9


@settings(max_examples=40)
@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(1, 1e5)), min_size=3, max_size=12), st.floats(0.5, 20))
def test_properties(rows, factor):
    profiles = pd.DataFrame(rows, columns=["x", "y"], index=[f"t{i:02}" for i in range(len(rows))])
    r = neighbours.nearest(profiles, places=len(rows))
    assert (r["territorio"] != r["simile"]).all()
    assert r.groupby("territorio").size().tolist() == [len(rows) - 1] * len(rows)
    assert (r.groupby("territorio")["distanza"].diff().dropna() >= 0).all()
    pairs = r.set_index(["territorio", "simile"])["distanza"]
    assert pairs.to_dict() == pytest.approx({(b, a): d for (a, b), d in pairs.items()})  # symmetric
    # units do not matter, nor does the order of the rows
    other = neighbours.nearest(profiles.assign(y=profiles["y"] * factor).iloc[::-1], places=len(rows))
    again = other.set_index(["territorio", "simile"])["distanza"]
    assert again.to_dict() == pytest.approx(pairs.to_dict(), abs=1e-6)


def test_missing_values_repeated_territories_and_logarithms_of_nothing_are_refused():
    with pytest.raises(CalcoloError, match="mancanti"):
        neighbours.nearest(pd.DataFrame({"x": [1.0, None]}, index=["a", "b"]))
    with pytest.raises(CalcoloError, match="più di un profilo"):
        neighbours.nearest(pd.DataFrame({"x": [1.0, 2.0]}, index=["a", "a"]))
    with pytest.raises(CalcoloError, match="densita"):
        neighbours.nearest(pd.DataFrame({"densita": [1.0, 0.0]}, index=["a", "b"]), logarithms=["densita"])
