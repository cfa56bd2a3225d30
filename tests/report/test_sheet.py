"""The sheet of charts: letters as wide as their typeface, ticks that are soon read, drawings safe side by side."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conciliazione_lib.errors import CalcoloError
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


def axes(drawing: str) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of the axes."""
    (found,) = re.findall(r'd="M([-\d.]+) ([-\d.]+)V([-\d.]+)"[^>]*/><path d="M[-\d.]+ [-\d.]+H([-\d.]+)"', drawing)
    left, bottom, top, right = map(float, found)
    return left, top, right, bottom


ODD = {
    "zeros": [0.0, 0.0],
    "equal": [7.0, 7.0],
    "between two whole numbers": [10.2, 10.6],
    "hardly different": [0.301, 0.307],
    "negative": [-5.0, -0.5],
    "one missing": [3.0, float("nan")],
    "next to nothing": [5e-324, 0.0],
    "many digits": [1_234_567.0, 98_765_432.0],
}
NAMES = {"short": ("Lodi", "Crema"), "long": ("Unione dei comuni " * 8, "Comunità montana " * 8)}


@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize("kind", ODD)
def test_whatever_the_data_a_chart_has_axes_and_ticks(kind: str, names: str) -> None:
    values = ODD[kind]
    index = list(NAMES[names])
    bars = pd.Series(values, index=index)
    series = pd.DataFrame(dict.fromkeys(index, values), index=[2020, 2021])
    parts = pd.DataFrame({"a": np.abs(values), "b": np.abs(values)}, index=index)
    drawings = {
        "linea": charts.linea(series, decimali=0),
        "barre": charts.barre(bars, riferimento=("Lombardia " * (1 if names == "short" else 8), 500.0)),
        "barre without": charts.barre(bars, riferimento=("Lombardia", float("nan"))),
        "raggruppate": charts.barre_raggruppate(parts),
        "impilate": charts.barre_impilate(parts),
        "piramide": charts.piramide(parts.set_axis(["maschi", "femmine"], axis=1), confronto=None),
        "dumbbell": charts.dumbbell(parts.assign(b=parts["b"] + 0.2)),
        "intervalli": charts.intervalli(
            pd.DataFrame({"valore": values, "inferiore": values, "superiore": values}, index=index),
            riferimento=("Lombardia", -900.0),
        ),
    }
    for name, drawing in drawings.items():
        left, top, right, bottom = axes(drawing)
        assert right - left >= 100, name
        assert bottom - top >= 20, name
        assert not re.search(r"\bnan\b|\binf\b", drawing), name
        sheet = ET.fromstring(drawing)
        beneath = [n for n in sheet.iter(f"{SVG}text") if n.get("y") and float(str(n.get("y"))) > bottom]
        assert len({"".join(n.itertext()) for n in beneath}) >= 2, f"{name}: ticks that can be told apart"


def test_a_value_without_end_is_refused() -> None:
    with pytest.raises(CalcoloError, match="divisione per zero"):
        charts.barre(pd.Series({"a": 3.0, "b": float("inf")}))


def test_a_pyramid_says_which_classes_are_missing_and_on_which_side() -> None:
    people = pd.DataFrame({"maschi": [1.0, np.nan], "femmine": [np.nan, 2.0]}, index=["0–4", "5–9"])
    nodes = list(ET.fromstring(charts.piramide(people)).iter(f"{SVG}text"))
    absent = [node for node in nodes if "".join(node.itertext()) == "n.d."]
    assert sorted(str(node.get("text-anchor")) for node in absent) == ["end", "start"]


def test_ticks_of_a_pyramid_can_be_told_apart() -> None:
    people = pd.DataFrame({"maschi": [0.03, 0.02], "femmine": [0.03, 0.01]}, index=["0–4", "5–9"])
    drawing = charts.piramide(people)
    bottom = axes(drawing)[3]
    nodes = [n for n in ET.fromstring(drawing).iter(f"{SVG}text") if n.get("text-anchor") == "middle" and n.get("y")]
    beneath = ["".join(n.itertext()) for n in nodes if float(str(n.get("y"))) > bottom]
    assert beneath.count("0,00") == 1


def test_ticks_that_are_near_have_the_decimals_that_tell_them_apart() -> None:
    drawing = charts.linea(pd.DataFrame({"a": [0.301, 0.307]}, index=[2020, 2021]))
    left = axes(drawing)[0]
    nodes = [node for node in ET.fromstring(drawing).iter(f"{SVG}text") if node.get("text-anchor") == "end"]
    beside = ["".join(node.itertext()) for node in nodes if float(str(node.get("x"))) < left]
    assert len(beside) >= 3
    assert len(set(beside)) == len(beside)


def test_a_chart_reaches_its_reference() -> None:
    drawing = charts.barre(pd.Series({"a": 40.0, "b": 20.0}), riferimento=("traguardo", 100.0))
    left, _, right, _ = axes(drawing)
    dashed = [node.get("d", "") for node in ET.fromstring(drawing).iter(f"{SVG}path") if node.get("stroke-dasharray")]
    (place,) = [float(trace[1:].split()[0]) for trace in dashed]
    assert left < place < right


def test_a_line_beyond_the_axis_is_not_drawn() -> None:
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
