"""The file of the colours is read whole, and says what it means."""

from __future__ import annotations

import re

import pytest

from conciliazione_lib.report import palette


def flat(value: object) -> list[object]:
    if isinstance(value, str):
        return [value]
    return [one for inner in (value.values() if hasattr(value, "values") else value) for one in flat(inner)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("group", ["tinte", "sito", "grafici", "mappe", "documenti"])
def test_every_value_is_a_colour(group: str) -> None:
    colours = flat(palette.colours(group))
    assert colours
    assert [colour for colour in colours if not re.fullmatch("#[0-9a-f]{6}", str(colour))] == []


def test_a_value_may_name_a_colour_and_a_group_another_inside() -> None:
    assert palette.colours("documenti")["inchiostro"] == palette.colours("tinte")["inchiostro"]
    assert palette.colours("mappe.sequenza")["5"] == palette.colours("mappe")["sequenza"]["5"]
    with pytest.raises(KeyError):
        palette.colours("mappe.pareti")


def test_lightness_is_that_of_the_cie() -> None:
    # CIE L* of sRGB black, mid grey, blue, white
    known = {"#000000": 0.0, "#777777": 50.03, "#0000ff": 32.30, "#ffffff": 100.0}
    assert {colour: round(palette.lightness(colour), 2) for colour in known} == pytest.approx(known, abs=0.01)
    assert (palette.dark("#000000"), palette.dark("#ffffff")) == (True, False)
