"""The numbers of an axis are told from values: evenly spaced in place and in value."""

from __future__ import annotations

import pytest
from lxml import html

from conciliazione_lib.publish import truth


def written(labels: list[str], step: float = 10.0) -> set[str]:
    drawing = "".join(f'<text x="{place * step}" y="200">{label}</text>' for place, label in enumerate(labels))
    return truth._ticks(html.fromstring(f"<svg>{drawing}</svg>").xpath("//text"))


@pytest.mark.parametrize(
    "labels",
    [
        ["0", "2,5", "5,0"],
        ["-4", "-2", "0", "2"],
        ["6,0", "4,0", "2,0", "0,0", "2,0", "4,0", "6,0"],
        ["1.000", "2.000"],
    ],
)
def test_labels_of_an_axis_are_recognised(labels: list[str]) -> None:
    assert written(labels) == set(labels)


@pytest.mark.parametrize("labels", [["0", "2,5", "6,0"], ["6,0", "4,0", "3,0", "0,0", "2,0", "4,0", "6,0"], ["3", "3"]])
def test_other_numbers_in_line_are_not(labels: list[str]) -> None:
    assert not written(labels)
