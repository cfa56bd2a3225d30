"""Rows of an indicator, out of a table of the store."""

import pandas as pd
import pytest

from conciliazione_lib.evidence.by_indicator import ByIndicator

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
