"""The sheet of charts: letters as wide as their typeface, ticks that are soon read, drawings safe side by side."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conciliazione_lib.report import charts, letters, style
from conciliazione_lib.report.sheet import Sheet, round_numbers

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("bold", [False, True])
def test_letters_are_as_wide_as_those_of_the_typeface(bold: bool) -> None:
    from matplotlib.font_manager import FontProperties, findfont
    from matplotlib.ft2font import FT2Font, LoadFlags

    font = FT2Font(findfont(FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal")))
    known = letters._WIDTHS[bold]
    wide = {letter: font.load_char(ord(letter), flags=LoadFlags.NO_SCALE).horiAdvance for letter in known}
    assert {letter: round(width * font.units_per_EM) for letter, width in known.items()} == wide
    assert set("aàèéìòùÀÈÉ0123456789.,–’«»%€−") <= set(known)


@given(low=st.floats(-1e4, 1e4), breadth=st.floats(0.1, 1e7), most=st.integers(1, 10))
def test_ticks_are_round_and_evenly_spaced(low: float, breadth: float, most: int) -> None:
    found = round_numbers(low, low + breadth, most)
    assert 2 <= len(found) <= max(most, 2) + 2
    assert low - breadth * 1e-6 <= found[0]
    assert found[-1] <= low + breadth * (1 + 1e-6)
    step = (found[-1] - found[0]) / (len(found) - 1)
    assert np.allclose(np.diff(found), step)
    mantissa = step / 10.0 ** np.floor(np.log10(step) + 1e-9)
    assert min(abs(mantissa - round_one) for round_one in (1, 2, 2.5, 5, 10)) < 1e-6


@given(low=st.integers(-1000, 1000), breadth=st.integers(1, 100_000))
def test_ticks_of_what_is_counted_are_whole(low: int, breadth: int) -> None:
    found = round_numbers(low, low + breadth * 1.14, 9, whole=True)
    assert len(found) >= 2
    assert all(value == round(value) for value in found)


def defined(drawing: str) -> dict[str, bytes]:
    nodes = ET.fromstring(drawing).iter()
    return {str(node.get("id")): ET.tostring(node) for node in nodes if node.get("id")}


def test_a_name_is_that_of_the_same_thing_in_two_drawings_of_a_page() -> None:
    series = pd.DataFrame({name: [1.0, 2.0] for name in "abcdef"}, index=[2020, 2021])
    parts = pd.DataFrame([[10.0] * 8], columns=list("abcdefgh"))
    drawings = [charts.linea(series), charts.linea(series, evidenzia=["a"]), charts.barre_impilate(parts)]
    drawings.append(charts.giudizi(parts.iloc[:, :3]))
    together: dict[str, bytes] = {}
    for found in map(defined, drawings):
        assert found
        assert all(together.setdefault(name, thing) == thing for name, thing in found.items())


def test_what_a_name_holds_is_written_as_it_is() -> None:
    drawing = charts.barre(pd.Series({"Lodi & <Crema>": 1.0}), unita='"a" < b')
    texts = ["".join(node.itertext()) for node in ET.fromstring(drawing).iter(f"{SVG}text")]
    assert {"Lodi & <Crema>", '"a" < b'} <= set(texts)


def test_bars_of_nothing_have_an_axis() -> None:
    drawing = charts.barre(pd.Series({"a": 0.0, "b": 0.0}), unita="azioni", decimali=0)
    fills = [node.get("fill") for node in ET.fromstring(drawing).iter(f"{SVG}path")]
    assert style.PRIMARY not in fills
    assert "nan" not in drawing


def test_a_line_from_zero_goes_below_it_where_values_do() -> None:
    drawing = charts.linea(pd.DataFrame({"a": [1.0, -2.0]}, index=[2020, 2021]), da_zero=True)
    root = ET.fromstring(drawing)
    (trace,) = [node.get("d", "") for node in root.iter(f"{SVG}path") if node.get("stroke") == style.CATEGORIES[0]]
    heights = [float(y) for y in re.findall(r"[ML][-\d.]+ ([-\d.]+)", trace)]
    assert max(heights) < float(root.get("height", "0"))


def test_a_reference_beyond_the_axis_is_not_drawn() -> None:
    sheet = Sheet(2.0)
    sheet.x.span(0, 10)
    sheet.across("x", 11, style.INK, 1)
    before = sheet.drawing()
    sheet.across("x", 9, style.INK, 1)
    assert style.INK not in before
    assert style.INK in sheet.drawing()


def test_a_figure_of_matplotlib_is_shown_too() -> None:
    from matplotlib.figure import Figure

    from conciliazione_lib.report import svg

    figure = Figure(figsize=(3, 2))
    figure.add_subplot().plot([1, 2])
    drawn = svg.from_figure(figure)
    assert drawn == svg.from_figure(figure)
    assert "style=" not in drawn
