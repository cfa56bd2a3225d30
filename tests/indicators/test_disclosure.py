"""Disclosure control: nothing below threshold can be deduced, and weakened suppression is caught."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators.disclosure import (
    Relation,
    audit,
    bounds,
    primary_counts,
    primary_dominance,
    relations_of,
    required_interval,
    suppress,
)

THRESHOLD = 3


def tabella(counts: np.ndarray) -> tuple[pd.DataFrame, list[Relation]]:
    """Two ATS with two ambiti each, by sex, with all totals, from a 4 × 2 array of counts."""
    parents = {
        "territorio": {"a1": "A", "a2": "A", "b1": "B", "b2": "B", "A": "L", "B": "L"},
        "sesso": {"F": "T", "M": "T"},
    }
    leaves = {"a1": 0, "a2": 1, "b1": 2, "b2": 3}
    children = {"A": ["a1", "a2"], "B": ["b1", "b2"], "L": ["a1", "a2", "b1", "b2"]}
    rows = []
    for territorio, sex in itertools.product([*leaves, "A", "B", "L"], ["F", "M", "T"]):
        rows_t = [leaves[f] for f in children.get(territorio, [territorio])]
        columns = {"F": [0], "M": [1], "T": [0, 1]}[sex]
        rows.append((territorio, sex, int(counts[np.ix_(rows_t, columns)].sum())))
    frame = pd.DataFrame(rows, columns=["territorio", "sesso", "n"])
    return frame, relations_of(frame, ["territorio", "sesso"], parents)


def test_relations_are_every_total_with_its_parts() -> None:
    frame, relations = tabella(np.arange(8).reshape(4, 2))
    # 3 sexes × (A, B, L) nested totals, and 7 territories × the total of sexes
    assert len(relations) == 3 * 3 + 7
    values = frame["n"].to_numpy()
    assert all(values[r.total] == values[list(r.parts)].sum() for r in relations)


def test_a_hidden_cell_alone_is_deduced_by_subtraction() -> None:
    # total 10 = 8 + 2 : hiding only the 2 gives it away exactly
    relations = [Relation(0, (1, 2))]
    assert bounds([10, 8, np.nan], relations, [2]) == {2: (2.0, 2.0)}
    uncovered = audit([10, 8, np.nan], relations, {2: (0.0, 3.0)})
    assert [(d.cell, d.lower, d.upper) for d in uncovered] == [(2, 2.0, 2.0)]


def test_a_published_protected_cell_is_found() -> None:
    assert [d.cell for d in audit([10, 8, 2], [Relation(0, (1, 2))], {2: (0.0, 3.0)})] == [2]


@settings(max_examples=40)
@given(st.lists(st.integers(0, 12), min_size=8, max_size=8).filter(lambda v: sum(v) >= 20))
def test_random_nested_tables_are_safe_after_suppression(counts: list[int]) -> None:
    frame, relations = tabella(np.array(counts).reshape(4, 2))
    values = frame["n"].to_numpy(dtype=float)
    primary = primary_counts(values, THRESHOLD)
    requested = {int(i): required_interval(values[i], THRESHOLD) for i in np.flatnonzero(primary)}
    hidden = suppress(values, relations, primary, requested)
    assert hidden[primary].all()
    published = np.where(hidden, np.nan, values)
    assert audit(published, relations, requested) == []


def test_weakened_suppression_is_caught() -> None:
    rng = np.random.default_rng(7)
    caught = 0
    for _ in range(30):
        frame, relations = tabella(rng.integers(0, 15, size=(4, 2)))
        values = frame["n"].to_numpy(dtype=float)
        primary = primary_counts(values, THRESHOLD)
        requested = {int(i): required_interval(values[i], THRESHOLD) for i in np.flatnonzero(primary)}
        if primary.sum() != 1:
            continue
        # only the primary cell is hidden: with one hidden cell every relation gives it away
        caught += 1
        assert audit(np.where(primary, np.nan, values), relations, requested)
    assert caught >= 3


def test_dominance_looks_at_the_largest_contributors() -> None:
    assert primary_dominance([[90, 5, 5], [30, 30, 40], [], [100]]).tolist() == [True, False, False, True]


def test_a_table_that_does_not_add_up_is_refused() -> None:
    with pytest.raises(CalcoloError, match="non quadra"):
        suppress([10, 8, 1], [Relation(0, (1, 2))], [False, False, True], {2: (0, 3)})


def test_the_total_is_hidden_when_its_only_part_is_protected() -> None:
    hidden = suppress([2, 2, 0], [Relation(0, (1, 2))], [False, True, False], {1: (0.0, 3.0)})
    assert hidden.tolist()[:2] == [True, True]


def test_a_cell_given_twice_is_refused() -> None:
    with pytest.raises(CalcoloError, match="due volte la stessa cella"):
        relations_of(pd.DataFrame({"a": ["x", "x"]}), ["a"], {})
