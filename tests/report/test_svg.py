"""SVG that can stand in a page: nothing that runs, nothing that asks, everything that can be read aloud."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.report import svg

NS = "{http://www.w3.org/2000/svg}"
OSTILE = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
 viewBox="0 0 9 9" onload="x()">
<script>alert(1)</script><foreignObject><b>x</b></foreignObject><image href="https://esempio.it/a.png"/>
<style>@import url(https://esempio.it/a.css)</style><a href="javascript:alert(1)"><text>via</text></a>
<defs><clipPath id="taglio"><rect width="9" height="9"/></clipPath></defs>
<path id="inutile" d="M 1.23456 2.0 L 3.999 4" style="fill: #ff0000; background: url(https://esempio.it/b)"
 onclick="x()" clip-path="url(#taglio)"/><use xlink:href="#taglio"/><use href="https://esempio.it/c.svg#x"/>
<text style="font: bold 10.5px 'DejaVu Sans'; text-anchor: middle">1 &lt; 2</text></svg>"""


def test_only_drawing_is_left() -> None:
    pulito = svg.sicuro(OSTILE)
    for vietato in (
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
        assert vietato not in pulito, vietato


def test_styles_become_attributes_and_numbers_get_short() -> None:
    radice = ET.fromstring(svg.sicuro(OSTILE))
    tracciato, testo = radice.find(f"{NS}path"), radice.find(f"{NS}text")
    assert tracciato is not None
    assert testo is not None
    assert tracciato.get("fill") == "#ff0000"
    assert tracciato.get("d") == "M 1.23 2.0 L 4 4"
    assert (testo.get("font-size"), testo.get("font-weight"), testo.get("text-anchor")) == ("10.5", "bold", "middle")
    assert testo.text == "1 < 2"


def test_identifiers_stay_only_where_something_points_at_them() -> None:
    pulito = svg.sicuro(OSTILE)
    assert 'id="inutile"' not in pulito
    assert 'id="taglio"' in pulito


def test_title_description_and_own_identifiers() -> None:
    fatto = svg.accessibile(OSTILE, id="fig-1", titolo="Nati & morti", alt="I nati <calano>")
    radice = ET.fromstring(fatto)
    assert radice.get("role") == "img"
    assert radice.get("aria-labelledby") == "fig-1-titolo fig-1-desc"
    titolo, descrizione = radice.find(f"{NS}title"), radice.find(f"{NS}desc")
    assert titolo is not None
    assert descrizione is not None
    assert (titolo.text, descrizione.text) == ("Nati & morti", "I nati <calano>")
    identificatori = [nodo.get("id") for nodo in radice.iter() if nodo.get("id")]
    assert all(str(i).startswith("fig-1-") for i in identificatori)
    assert "url(#fig-1-taglio)" in fatto


def test_doing_it_twice_changes_nothing() -> None:
    una = svg.accessibile(OSTILE, id="fig-1", titolo="a", alt="b")
    assert svg.sicuro(una) == una
    assert svg.accessibile(una, id="fig-1", titolo="a", alt="b") == una


@pytest.mark.parametrize(
    ("testo", "messaggio"),
    [
        ("<svg", "non è un SVG valido"),
        ("<html/>", "il primo elemento è «html»"),
        ('<!DOCTYPE svg [<!ENTITY a "b">]><svg/>', "entità"),
    ],
)
def test_what_is_not_a_drawing_is_refused(testo: str, messaggio: str) -> None:
    with pytest.raises(CalcoloError, match=messaggio):
        svg.sicuro(testo)
