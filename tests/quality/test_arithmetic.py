"""The arithmetic of quadrature: consistent tables raise nothing, seeded errors are found and located."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from conciliazione_lib.quality.arithmetic import (
    compare,
    compare_sum,
    corrections,
    exact,
    rounding,
)

integer_parts = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 10_000), min_size=2)


@given(integer_parts)
def test_consistent_sums_hold_and_need_no_correction(parts: dict[str, int]) -> None:
    total = sum(parts.values())
    assert compare_sum(parts.values(), total).holds
    assert corrections(parts, total) == []


@given(integer_parts, st.data())
def test_a_seeded_error_is_found_and_located(parts: dict[str, int], data: st.DataObject) -> None:
    hit = data.draw(st.sampled_from(sorted(parts)))
    error = data.draw(st.integers(-parts[hit], 5_000).filter(bool))
    printed = parts | {hit: parts[hit] + error}
    total = sum(parts.values())
    comparison = compare_sum(printed.values(), total)
    assert not comparison.holds
    assert comparison.difference == -error
    proposals = {c.name: c.corrected for c in corrections(printed, total)}
    assert proposals[hit] == parts[hit]
    # the number that other checks contradict comes first, those they confirm are not proposed
    assert corrections(printed, total, contradicted=[hit])[0].name == hit
    others = set(parts) - {hit} | {"totale"}
    assert [c.name for c in corrections(printed, total, confirmed=others)] == [hit]


def test_time_plans_of_2019() -> None:
    # seed document of ATS Milano, section 2: 12 + 13 + 41 + 63 comuni against a total of 139
    parts = {"capoluoghi": 12, "oltre 30.000": 13, "15-30.000": 41, "fino a 15.000": 63}
    comparison = compare_sum(parts.values(), 139)
    assert (comparison.expected, comparison.difference) == (129, 10)
    # the chief towns are twelve and the total is confirmed by its share; comuni over 30.000 are more than thirteen
    before = corrections(parts, 139, confirmed=["capoluoghi", "totale"], contradicted=["oltre 30.000"])[0]
    assert (before.name, before.printed, before.corrected, before.digits) == ("oltre 30.000", 13, 23, 1)


def test_tolerance_is_what_rounding_explains() -> None:
    assert rounding(1) == Decimal("0.05")
    assert rounding(0, terms=3) == Decimal("1.5")
    assert rounding(-3) == 500
    assert compare_sum(["33.3", "33.3", "33.3"], 100, decimals=1).holds
    assert not compare_sum(["33.3", "33.3", "33.0"], 100, decimals=1).holds


def test_numbers_are_read_as_printed() -> None:
    assert exact(0.1) + exact(0.2) == Decimal("0.3")
    assert compare(0.3, "0.30").holds
