"""A drawing in a page is the picture that the chapter made."""

from __future__ import annotations

import pandas as pd
import pytest
from lxml import html

from conciliazione_lib.publish import drawings, truth
from conciliazione_lib.publish.light import light
from conciliazione_lib.report import charts, svg

VALUES = pd.Series({"Milano": 163.8, "Pavia": 205.4, "Bergamo": 171.1})
PAIRS = pd.DataFrame({"Donne": [58.1, 52.3, 61.0], "Uomini": [75.2, 73.8, 77.5]}, index=VALUES.index)
CHARTS = {
    "linea": lambda: charts.linea(pd.DataFrame({"Pavia": [1.5, 2.0, 2.5]}, index=[2021, 2022, 2023])),
    "barre": lambda: charts.barre(VALUES, riferimento=("Lombardia", 177.1), evidenzia=["Pavia"]),
    "raggruppate": lambda: charts.barre_raggruppate(PAIRS, unita="%"),
    "dumbbell": lambda: charts.dumbbell(PAIRS, unita="%"),
}


@pytest.mark.parametrize("kind", CHARTS)
def test_it_is_made_of_the_same_elements_and_weighs_less(kind: str) -> None:
    drawing = svg.accessible(svg.safe(CHARTS[kind]()), id="fig-prova", titolo="Prova", alt="Una prova")
    written = light(drawings.lean(drawing))
    assert truth._drawing(html.fromstring(written)) == truth._drawing(html.fromstring(drawing))
    assert len(written) < 0.95 * len(light(drawing))


def test_what_is_moved_keeps_what_it_says_of_itself() -> None:
    turned = '<svg><text transform="rotate(90)" fill="#abcdef">a</text><text fill="#abcdef">b</text></svg>'
    assert drawings.lean(turned) == turned


def test_a_shape_of_two_maps_is_written_once_and_read_in_both() -> None:
    shape = "M10 10" + "l1 2" * 20 + "z"
    one = f'<svg><g fill="#111"><path d="{shape}"><title>Pavia: 1</title></path></g><path d="{shape}1"/></svg>'
    other = f'<svg><g fill="#222"><path d="{shape}"><title>Pavia: 2</title></path></g></svg>'
    page = light(drawings.once(one + other))
    assert page.count(shape) == 2, "that of both, and another that begins so"
    tree = html.fromstring(page)
    names = dict(zip(tree.xpath("//path/@id"), tree.xpath("//path[@id]/@d"), strict=True))
    for drawing, whole in zip(tree.xpath("//svg"), (one, other), strict=True):
        assert truth._drawing(drawing, names) == truth._drawing(html.fromstring(whole))
