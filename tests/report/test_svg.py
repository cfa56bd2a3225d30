"""SVG that can stand in a page: nothing that runs, nothing that asks, everything that can be read aloud."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.report import svg

NS = "{http://www.w3.org/2000/svg}"
HOSTILE = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
 viewBox="0 0 9 9" onload="x()">
<script>alert(1)</script><foreignObject><b>x</b></foreignObject><image href="https://esempio.it/a.png"/>
<style>@import url(https://esempio.it/a.css)</style><a href="javascript:alert(1)"><text>via</text></a>
<defs><clipPath id="taglio"><rect width="9" height="9"/></clipPath></defs>
<path id="inutile" d="M 1.23456 2.0 L 3.999 4" style="fill: #ff0000; background: url(https://esempio.it/b)"
 onclick="x()" clip-path="url(#taglio)"/><use xlink:href="#taglio"/><use href="https://esempio.it/c.svg#x"/>
<text style="font: bold 10.5px 'DejaVu Sans'; text-anchor: middle">1 &lt; 2</text></svg>"""


def test_only_drawing_is_left() -> None:
    clean = svg.safe(HOSTILE)
    for forbidden in (
        "script",
        "foreignObject",
        "image",
        "style",
        "esempio.it",
        "javascript",
        "onload",
        "onclick",
        "via",
    ):
        assert forbidden not in clean, forbidden


def test_styles_become_attributes_and_numbers_get_short() -> None:
    root = ET.fromstring(svg.safe(HOSTILE))
    path_drawn, text = root.find(f"{NS}path"), root.find(f"{NS}text")
    assert path_drawn is not None
    assert text is not None
    assert path_drawn.get("fill") == "#ff0000"
    assert path_drawn.get("d") == "M1.23 2.0L4 4"
    assert (text.get("font-size"), text.get("font-weight"), text.get("text-anchor")) == ("10.5", "bold", "middle")
    assert text.text == "1 < 2"


def test_a_turn_of_nothing_is_not_written() -> None:
    drawing = svg.safe(
        '<svg xmlns="http://www.w3.org/2000/svg"><text transform="rotate(-0 118.42 33.09)">a</text>'
        '<text transform="rotate(-90 118.42 33.09)">b</text></svg>'
    )
    assert [text.get("transform") for text in ET.fromstring(drawing)] == [None, "rotate(-90 118.42 33.09)"]


def test_identifiers_stay_only_where_something_points_at_them() -> None:
    clean = svg.safe(HOSTILE)
    assert 'id="inutile"' not in clean
    assert 'id="taglio"' in clean


def test_title_description_and_own_identifiers() -> None:
    fact = svg.accessible(HOSTILE, id="fig-1", titolo="Nati & morti", alt="I nati <calano>")
    root = ET.fromstring(fact)
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "fig-1-titolo fig-1-desc"
    title, description = root.find(f"{NS}title"), root.find(f"{NS}desc")
    assert title is not None
    assert description is not None
    assert (title.text, description.text) == ("Nati & morti", "I nati <calano>")
    identifiers = [node.get("id") for node in root.iter() if node.get("id")]
    assert all(str(i).startswith("fig-1-") for i in identifiers)
    assert "url(#fig-1-taglio)" in fact


def test_doing_it_twice_changes_nothing() -> None:
    one = svg.accessible(HOSTILE, id="fig-1", titolo="a", alt="b")
    assert svg.safe(one) == one
    assert svg.accessible(one, id="fig-1", titolo="a", alt="b") == one


@pytest.mark.parametrize(
    ("testo", "message"),
    [
        ("<svg", "non è un SVG valido"),
        ("<html/>", "il primo elemento è «html»"),
        ('<!DOCTYPE svg [<!ENTITY a "b">]><svg/>', "entità"),
    ],
)
def test_what_is_not_a_drawing_is_refused(testo: str, message: str) -> None:
    with pytest.raises(CalcoloError, match=message):
        svg.safe(testo)
