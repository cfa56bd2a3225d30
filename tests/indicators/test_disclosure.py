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

SOGLIA = 3


def tabella(conteggi: np.ndarray) -> tuple[pd.DataFrame, list[Relation]]:
    """Two ATS with two ambiti each, by sex, with all totals, from a 4 × 2 array of counts."""
    genitori = {
        "territorio": {"a1": "A", "a2": "A", "b1": "B", "b2": "B", "A": "L", "B": "L"},
        "sesso": {"F": "T", "M": "T"},
    }
    foglie = {"a1": 0, "a2": 1, "b1": 2, "b2": 3}
    figli = {"A": ["a1", "a2"], "B": ["b1", "b2"], "L": ["a1", "a2", "b1", "b2"]}
    righe = []
    for territorio, sesso in itertools.product([*foglie, "A", "B", "L"], ["F", "M", "T"]):
        righe_t = [foglie[f] for f in figli.get(territorio, [territorio])]
        colonne = {"F": [0], "M": [1], "T": [0, 1]}[sesso]
        righe.append((territorio, sesso, int(conteggi[np.ix_(righe_t, colonne)].sum())))
    frame = pd.DataFrame(righe, columns=["territorio", "sesso", "n"])
    return frame, relations_of(frame, ["territorio", "sesso"], genitori)


def test_relations_are_every_total_with_its_parts() -> None:
    frame, relazioni = tabella(np.arange(8).reshape(4, 2))
    # 3 sexes × (A, B, L) nested totals, and 7 territories × the total of sexes
    assert len(relazioni) == 3 * 3 + 7
    valori = frame["n"].to_numpy()
    assert all(valori[r.total] == valori[list(r.parts)].sum() for r in relazioni)


def test_a_hidden_cell_alone_is_deduced_by_subtraction() -> None:
    # total 10 = 8 + 2 : hiding only the 2 gives it away exactly
    relazioni = [Relation(0, (1, 2))]
    assert bounds([10, 8, np.nan], relazioni, [2]) == {2: (2.0, 2.0)}
    scoperte = audit([10, 8, np.nan], relazioni, {2: (0.0, 3.0)})
    assert [(d.cell, d.lower, d.upper) for d in scoperte] == [(2, 2.0, 2.0)]


def test_a_published_protected_cell_is_found() -> None:
    assert [d.cell for d in audit([10, 8, 2], [Relation(0, (1, 2))], {2: (0.0, 3.0)})] == [2]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=8, max_size=8).filter(lambda v: sum(v) >= 20))
def test_random_nested_tables_are_safe_after_suppression(conteggi: list[int]) -> None:
    frame, relazioni = tabella(np.array(conteggi).reshape(4, 2))
    valori = frame["n"].to_numpy(dtype=float)
    primarie = primary_counts(valori, SOGLIA)
    richiesti = {int(i): required_interval(valori[i], SOGLIA) for i in np.flatnonzero(primarie)}
    nascoste = suppress(valori, relazioni, primarie, richiesti)
    assert nascoste[primarie].all()
    pubblicati = np.where(nascoste, np.nan, valori)
    assert audit(pubblicati, relazioni, richiesti) == []


def test_weakened_suppression_is_caught() -> None:
    rng = np.random.default_rng(7)
    colte = 0
    for _ in range(30):
        frame, relazioni = tabella(rng.integers(0, 15, size=(4, 2)))
        valori = frame["n"].to_numpy(dtype=float)
        primarie = primary_counts(valori, SOGLIA)
        richiesti = {int(i): required_interval(valori[i], SOGLIA) for i in np.flatnonzero(primarie)}
        if primarie.sum() != 1:
            continue
        # only the primary cell is hidden: with one hidden cell every relation gives it away
        colte += 1
        assert audit(np.where(primarie, np.nan, valori), relazioni, richiesti)
    assert colte >= 3


def test_dominance_looks_at_the_largest_contributors() -> None:
    assert primary_dominance([[90, 5, 5], [30, 30, 40], [], [100]]).tolist() == [True, False, False, True]


def test_a_table_that_does_not_add_up_is_refused() -> None:
    with pytest.raises(CalcoloError, match="non quadra"):
        suppress([10, 8, 1], [Relation(0, (1, 2))], [False, False, True], {2: (0, 3)})


def test_the_total_is_hidden_when_its_only_part_is_protected() -> None:
    nascoste = suppress([2, 2, 0], [Relation(0, (1, 2))], [False, True, False], {1: (0.0, 3.0)})
    assert nascoste.tolist()[:2] == [True, True]


def test_a_cell_given_twice_is_refused() -> None:
    with pytest.raises(CalcoloError, match="due volte la stessa cella"):
        relations_of(pd.DataFrame({"a": ["x", "x"]}), ["a"], {})
