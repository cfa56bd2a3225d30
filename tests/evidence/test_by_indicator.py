"""Rows of an indicator, out of a table of the store."""

import hypothesis.strategies as st
import pandas as pd
import pytest
from hypothesis import given

from conciliazione_lib.evidence.by_indicator import ByIndicator, in_turn

FRAME = pd.DataFrame({"indicatore": ["a", "a", "b"], "valore": [1.0, None, 3.0]})


def test_each_indicator_has_its_rows_and_an_unknown_one_has_none() -> None:
    rows = ByIndicator.of_frame(FRAME)
    assert rows.names == {"a", "b"}
    pd.testing.assert_frame_equal(rows.rows("a"), FRAME.iloc[:2])
    pd.testing.assert_frame_equal(rows.rows("b").reset_index(drop=True), FRAME.iloc[2:].reset_index(drop=True))
    assert list(rows.rows("c").columns) == ["indicatore", "valore"]
    assert rows.rows("c").empty


def test_a_table_without_rows_has_no_indicators() -> None:
    assert ByIndicator.of_frame(FRAME.iloc[:0]).names == frozenset()


def test_rows_of_an_indicator_that_are_not_together_are_refused() -> None:
    with pytest.raises(ValueError, match="not together"):
        ByIndicator.of_frame(FRAME.iloc[[0, 2, 1]])


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 3)), min_size=1, max_size=40), st.data())
def test_tables_with_other_indicators_are_put_together_as_if_sorted(
    rows: list[tuple[str, int]], data: st.DataObject
) -> None:
    whole = pd.DataFrame(sorted(rows), columns=["indicatore", "periodo"]).astype(
        {"indicatore": "str", "periodo": "int64"}
    )
    owner = {name: data.draw(st.integers(0, 2)) for name in sorted(set(whole["indicatore"]))}
    tables = [whole[whole["indicatore"].map(owner) == number] for number in range(3)]
    joined = in_turn(table for table in tables if len(table))
    pd.testing.assert_frame_equal(joined, whole, check_index_type=False)


def test_an_indicator_that_is_in_two_tables_is_refused() -> None:
    with pytest.raises(ValueError, match="not together"):
        in_turn([FRAME, FRAME.iloc[2:]])


def test_columns_of_every_row_are_the_same_as_in_the_frame() -> None:
    rows = ByIndicator.of_frame(FRAME)
    pd.testing.assert_frame_equal(rows.columns(["indicatore"]).astype("str"), rows.frame[["indicatore"]].astype("str"))
