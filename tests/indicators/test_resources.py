"""Sharing money: the published tables, the properties of the rules, the refusals."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators.resources import (
    DIVISOR_METHODS,
    bonus,
    bounded_allocation,
    divisor,
    largest_remainder,
    per_head,
    split,
)

# Interventi di conciliazione, triennio 2025–2027, § 4.4: residents at 31/12/2024 and amount per year.
RESIDENTI = {
    "milano": 3_474_932, "insubria": 1_461_523, "montagna": 293_646, "brianza": 1_210_062,
    "bergamo": 1_110_427, "brescia": 1_162_865, "val-padana": 759_967, "pavia": 538_632,
}  # fmt: skip
RIPARTO_2025 = {
    "milano": 350_000, "insubria": 150_000, "montagna": 30_000, "brianza": 120_000,
    "bergamo": 110_000, "brescia": 120_000, "val-padana": 70_000, "pavia": 50_000,
}  # fmt: skip

integer_weights = st.lists(st.integers(1, 10_000_000), min_size=1, max_size=15)


def test_the_2025_table_is_largest_remainder_in_units_of_ten_thousand_euros() -> None:
    assert largest_remainder(RESIDENTI, 1_000_000, 10_000).to_dict() == RIPARTO_2025


def test_the_2020_2022_total_of_ats_milano_splits_as_its_plan_says() -> None:
    # Documento territoriale di indirizzo dell'ATS di Milano 2020–2023, § 5.
    parts = split("968676.00", {"azioni di sistema": 25, "manifestazione di interesse": 75})
    assert list(parts) == [Decimal("242169.00"), Decimal("726507.00")]
    reserve = split(parts["manifestazione di interesse"], {"riserva": 10, "altro": 90})
    assert reserve["riserva"] == Decimal("72650.70")


def test_annex_c_totals_are_eighty_and_twenty_percent() -> None:
    assert list(split(3_339_500, {"fissa": 80, "variabile": 20}, 1)) == [2_671_600, 667_900]
    # Equal parts of the 300.000 € for training, 20.000 € to each of the fifteen networks.
    assert set(largest_remainder(dict.fromkeys("ABCDEFGHIJKLMNO", 1), 300_000, 1)) == {20_000}


@given(integer_weights, st.integers(1, 10**9), st.integers(1, 10**6))
def test_sums_to_the_total_and_keeps_the_share(weights: list[int], total: int, unita: int) -> None:
    amounts = largest_remainder(weights, total, unita)
    assert sum(amounts) == total
    for weight, amount in zip(weights, amounts, strict=True):
        share = Fraction(total * weight, sum(weights) * unita)
        assert math.floor(share) * unita <= amount <= math.ceil(share) * unita


@given(integer_weights, st.decimals("0.01", "100000000", places=2), st.decimals("0.01", "25000", places=2))
def test_sums_to_the_total_to_the_cent(weights: list[int], total: Decimal, unita: Decimal) -> None:
    assert sum(largest_remainder(weights, total, unita)) == total


@given(integer_weights, st.integers(1, 10**7), st.fractions(Fraction(1, 1000), 1000))
def test_the_scale_of_the_weights_does_not_matter(weights: list[int], total: int, k: Fraction) -> None:
    assert largest_remainder(weights, total, 100).equals(largest_remainder([k * p for p in weights], total, 100))


@given(
    st.dictionaries(st.text("abcde", min_size=1, max_size=4), st.integers(1, 20), min_size=2, max_size=12),
    st.integers(1, 5000),
    st.randoms(use_true_random=False),
)
def test_the_order_of_the_rows_does_not_matter(weights, total, case) -> None:
    shuffled = list(weights.items())
    case.shuffle(shuffled)
    for rule in (largest_remainder, divisor):
        assert rule(weights, total, 7).to_dict() == rule(dict(shuffled), total, 7).to_dict()


def test_ties_go_to_the_greater_weight_then_to_the_first_name() -> None:
    # 1,5 and 0,5 units: both remainders are one half, the greater weight has it.
    assert largest_remainder({"a": 1, "z": 3}, 2, 1).to_dict() == {"a": 0, "z": 2}
    assert largest_remainder({"z": 1, "a": 1}, 1, 1).to_dict() == {"z": 0, "a": 1}
    assert list(largest_remainder([1, 1], 1, 1)) == [1, 0]


def test_a_total_that_is_not_a_multiple_of_the_unit_leaves_the_rest_to_the_next_in_line() -> None:
    # Quotas 1,75 and 0,875 and 0,875 units of 1.000 in 3.500: one whole unit each to the two largest remainders.
    assert largest_remainder({"a": 2, "b": 1, "c": 1}, 3_500, 1_000).to_dict() == {
        "a": 1_500,
        "b": 1_000,
        "c": 1_000,
    }


def test_floats_are_read_as_they_print_and_the_index_is_kept() -> None:
    series = pd.Series([0.1, 0.2, 0.3], index=["x", "y", "z"])
    assert largest_remainder(series, 6, 1).to_dict() == {"x": 1, "y": 2, "z": 3}
    assert list(largest_remainder(np.array([0.1, 0.2]), "0.03", "0.01")) == [Decimal("0.01"), Decimal("0.02")]


@pytest.mark.parametrize(
    ("weights", "found"),
    [
        ({"milano": 1, "pavia": 0}, "pavia: 0"),
        ({"milano": 1, "pavia": -3}, "pavia: -3"),
        ({"milano": 1, "pavia": None}, "pavia: valore mancante o non numerico"),
        ({"milano": 1, "pavia": float("nan")}, "pavia: valore mancante o non numerico"),
        ({"milano": 1, "pavia": "molti"}, "pavia: valore mancante o non numerico"),
    ],
)
def test_weights_missing_negative_or_zero_are_refused(weights: dict[str, object], found: str) -> None:
    with pytest.raises(CalcoloError) as error:
        largest_remainder(weights, 100, 1)
    assert str(error.value) == (
        "Il riparto richiede un peso positivo per ogni territorio.\n"
        f"  - atteso un peso positivo; trovato {found}.\n"
        "Che cosa fare: Completare o correggere i pesi; un territorio da escludere va tolto dall'elenco."
    )


@pytest.mark.parametrize(
    ("total", "unita", "message"),
    [
        (0, 1, "Il totale da ripartire deve essere maggiore di zero: trovato 0."),
        (10, -1, "L'unità di arrotondamento deve essere maggiore di zero: trovato -1."),
        ("10.005", 1, "Il totale da ripartire ha più di due decimali: 10.005."),
    ],
)
def test_totals_and_units_that_make_no_sense_are_refused(total, unita, message: str) -> None:
    with pytest.raises(CalcoloError) as error:
        largest_remainder([1, 2], total, unita)
    assert error.value.messaggio == message


def test_divisor_methods_on_a_published_example() -> None:
    # The five-state example of the literature on divisor methods (house of 26).
    weights = [9_061, 7_179, 5_259, 3_319, 1_182]
    expected = {
        "adams": [9, 7, 5, 3, 2],
        "huntington-hill": [9, 7, 6, 3, 1],
        "webster": [9, 8, 5, 3, 1],
        "jefferson": [10, 7, 5, 3, 1],
    }
    assert {m: list(divisor(weights, 26, method=m)) for m in DIVISOR_METHODS} == expected


@settings(max_examples=60)
@given(integer_weights, st.integers(100, 10**6), st.sampled_from(DIVISOR_METHODS))
def test_divisor_methods_sum_and_leave_no_unit_that_should_move(weights, total, metodo) -> None:
    amounts = [int(x) for x in divisor(weights, total, method=metodo)]
    assert sum(amounts) == total
    d = {
        "adams": lambda n: n,
        "huntington-hill": lambda n: math.sqrt(n * (n + 1)),
        "webster": lambda n: n + 0.5,
        "jefferson": lambda n: n + 1,
    }[metodo]
    # Min-max inequality (Balinski & Young, Proposition 3.1): the last unit had never beats the next one denied.
    taken = [p / d(a - 1) for p, a in zip(weights, amounts, strict=True) if a > 0 and d(a - 1) > 0]
    denied = [p / d(a) for p, a in zip(weights, amounts, strict=True) if d(a) > 0]
    assert not taken or min(taken) >= max(denied) * (1 - 1e-9)


def test_floors_and_caps_move_only_what_they_must() -> None:
    amounts = bounded_allocation(
        {"milano": 60, "brescia": 30, "montagna": 10}, 1_000, 10, floors=150, caps={"milano": 500}
    )
    assert amounts.to_dict() == {"milano": 500, "brescia": 350, "montagna": 150}
    free = bounded_allocation(RESIDENTI, 1_000_000, 10_000, floors=30_000)
    assert free.to_dict() == RIPARTO_2025


@given(
    st.dictionaries(st.text("abcdefg", min_size=1, max_size=3), st.integers(1, 1000), min_size=1, max_size=9),
    st.data(),
)
def test_floors_and_caps_hold_and_the_total_is_exact(weights: dict[str, int], data) -> None:
    least = {n: 10 * data.draw(st.integers(0, 20)) for n in weights}
    maxima = {n: least[n] + 10 * data.draw(st.integers(0, 40)) for n in weights}
    minimum, maximum = sum(least.values()), sum(maxima.values())
    if not maximum:
        return
    total = data.draw(st.integers(max(1, minimum), maximum))
    amounts = bounded_allocation(weights, total, 10, floors=least, caps=maxima)
    assert amounts.sum() == total
    assert all(least[n] <= amounts[n] <= maxima[n] for n in weights)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"floors": 600}, "I minimi garantiti sommano a 1200.00 €, più del totale da ripartire (1000.00 €)."),
        ({"caps": 400}, "I massimi sommano a 800.00 €, meno del totale da ripartire (1000.00 €)."),
        ({"floors": 15}, "Il minimo non è un multiplo dell'unità di arrotondamento (10.00 €): a, b."),
        ({"floors": {"c": 10}}, "Il minimo riguarda territori che non sono nel riparto: c."),
        ({"floors": {"a": 300}, "caps": {"a": 200}}, "Il minimo supera il massimo per: a."),
    ],
)
def test_bounds_that_cannot_hold_are_refused(limits, message: str) -> None:
    with pytest.raises(CalcoloError) as error:
        bounded_allocation({"a": 1, "b": 1}, 1_000, 10, **limits)
    assert error.value.messaggio == message


def test_the_bonus_not_earned_goes_to_those_who_earned() -> None:
    outcomes = pd.DataFrame({"i1": [1, 1, 0], "i2": [1, 0, 0]}, index=["a", "b", "c"])
    table = bonus({"a": 100, "b": 100, "c": 100}, outcomes)
    assert list(table["maturata"]) == [100, 50, 0]
    assert list(table["redistribuita"]) == [100, 50, 0]
    assert table["totale"].sum() == 300
    nobody = bonus({"a": 100, "b": 50}, outcomes.loc[["a", "b"]] * 0)
    assert nobody["totale"].sum() == 0


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 9)), min_size=1, max_size=15))
def test_the_bonus_is_all_distributed_as_soon_as_one_earns_it(reti: list[tuple[int, int]]) -> None:
    names = [f"rete {i}" for i in range(len(reti))]
    outcomes = pd.DataFrame([[int(j < n) for j in range(9)] for _, n in reti], index=names)
    table = bonus(dict(zip(names, (d for d, _ in reti), strict=True)), outcomes)
    expected = sum(d for d, _ in reti) if (table["maturata"] > 0).any() else 0
    assert table["totale"].sum() == expected
    assert (table["totale"] >= table["maturata"]).all()


def test_a_missing_outcome_is_not_taken_as_not_met() -> None:
    with pytest.raises(CalcoloError, match="Un valore manca"):
        bonus({"a": 100}, pd.DataFrame({"i1": [None]}, index=["a"]))


def test_per_head_is_missing_where_the_population_is() -> None:
    head = per_head(pd.Series({"a": 100, "b": 50}), pd.Series({"a": 20}))
    assert head["a"] == 5
    assert math.isnan(head["b"])
