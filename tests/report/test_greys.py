"""In grey too: what means different things in one drawing differs in lightness, or in dashes, sign or hatching."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest

from conciliazione_lib.report import charts, classes, maps, style
from conciliazione_lib.report.palette import dark, lightness

#: Least difference of lightness (CIE L*, 0–100) of two colours that nothing else tells apart.
DISTANCE = 9.0

#: What a chart is drawn on and with: paper, grid, ink of axes and references.
FRAME = {style.BOTTOM, style.GRID, style.INK, style.SECONDARY}
SVG = "{http://www.w3.org/2000/svg}"

NAMES = list("abcdefgh")
YEARS = [2020, 2021, 2022]
LINES = pd.DataFrame({name: [n, n + 1.0, n + 2.0] for n, name in enumerate(NAMES)}, index=YEARS)
VALUES = pd.Series(np.arange(8.0) - 3, index=NAMES)
PARTS = pd.DataFrame([[12.5] * 8, [5.0] * 4 + [20.0] * 4], index=["x", "y"], columns=NAMES)
SEXES = pd.DataFrame({"maschi": [2.1, 2.3], "femmine": [2.0, 2.2]}, index=["0–4", "5–9"])
BOUNDS = pd.DataFrame({"valore": VALUES, "inferiore": VALUES - 1, "superiore": VALUES + 1})

DRAWINGS: dict[str, Callable[[], str]] = {
    "linea": lambda: charts.linea(LINES.iloc[:, :6]),
    "linea, di più": lambda: charts.linea(LINES),
    "linea, una in evidenza": lambda: charts.linea(LINES, evidenzia=["f"]),
    "barre": lambda: charts.barre(VALUES + 4, evidenzia=["b"], riferimento=("Lombardia", 3.0)),
    "barre_raggruppate": lambda: charts.barre_raggruppate(PARTS.iloc[:, :4]),
    "barre_impilate": lambda: charts.barre_impilate(PARTS),
    "piramide": lambda: charts.piramide(SEXES, confronto=SEXES + 0.1, nome_confronto="Lombardia"),
    "dumbbell": lambda: charts.dumbbell(PARTS.iloc[:, [0, 4]], evidenzia=["x"]),
    "divergenti": lambda: charts.divergenti(VALUES, nome_centro="Lombardia"),
    "giudizi": lambda: charts.giudizi(PARTS.iloc[:, :3]),
    "intervalli": lambda: charts.intervalli(BOUNDS, evidenzia=["c"], riferimento=("Lombardia", 1.0)),
    "dispersione": lambda: charts.dispersione(
        BOUNDS, "valore", "superiore", nome_x="x", nome_y="y", evidenzia=["d"], medie=(1, 1)
    ),
}


def marks(svg: str) -> set[tuple[str, tuple[str, ...]]]:
    """Return the marks of a chart: colour, and the signs besides (dashes, shape of the point, hatching, outline)."""
    root = ET.fromstring(svg)
    shapes = {node.get("id"): node for node in root.iter() if node.get("id")}
    found = set()
    drawn = [node for node in root if node.tag != f"{SVG}defs"]
    for node in (inner for top in drawn for inner in top.iter()):
        if node.tag not in {f"{SVG}path", f"{SVG}use"}:
            continue
        shape = shapes.get(node.get("href", "#")[1:])
        fill, stroke = node.get("fill", ""), node.get("stroke", "")
        if stroke == style.CONTEXT and float(node.get("stroke-width", "1")) <= 1:
            continue  # an axis
        signs = [node.get("stroke-dasharray", ""), shape.get("d", "") if shape is not None else ""]
        if fill.startswith("url(#"):
            pattern = shapes[fill[5:-1]]
            fill = next(rect.get("fill", "") for rect in pattern.iter(f"{SVG}rect"))
            signs.append("hatched")
        colour = fill if fill.startswith("#") and fill not in FRAME else stroke
        if colour == stroke:
            signs.append("outline")
        if colour.startswith("#") and colour not in FRAME:
            found.add((colour, tuple(signs)))
    return found


def alike(looks: set[tuple[str, tuple[str, ...]]]) -> list[tuple[str, str]]:
    """Return the pairs of colours that a grey print would confuse."""
    return [
        (one, other)
        for (one, signs), (other, besides) in combinations(sorted(looks), 2)
        if signs == besides and abs(lightness(one) - lightness(other)) < DISTANCE
    ]


def test_every_kind_of_chart_is_looked_at() -> None:
    kinds = {name for name, made in vars(charts).items() if getattr(made, "__module__", "") == charts.__name__}
    assert {name for name in kinds if not name.startswith("_")} == {name.partition(",")[0] for name in DRAWINGS}


@pytest.mark.parametrize("name", DRAWINGS)
def test_marks_of_a_chart_are_told_apart(name: str) -> None:
    looks = marks(DRAWINGS[name]())
    assert looks
    assert alike(looks) == []


def test_the_two_sides_of_a_centre_are_two_colours_of_different_greys() -> None:
    greys = sorted({round(lightness(colour)) for colour, _ in marks(DRAWINGS["divergenti"]())})
    assert len(greys) == 2
    assert greys[1] - greys[0] > 20


@pytest.mark.parametrize("name", ["linea, di più", "barre_impilate"])
def test_more_series_than_colours_have_other_signs(name: str) -> None:
    assert len(marks(DRAWINGS[name]())) >= len(NAMES)


def steps(colours: list[str]) -> list[float]:
    return [lightness(after) - lightness(before) for before, after in pairwise(colours)]


@pytest.mark.parametrize("count", [2, 3, 4, 5, 6])
def test_classes_of_a_map_darken_step_by_step(count: int) -> None:
    drawn, _ = classes.classes(pd.Series(range(60), dtype=float), numero=count)
    assert len(drawn) == count
    assert all(step < -DISTANCE for step in steps([one.colore for one in drawn]))


def test_categories_of_a_map_are_told_apart() -> None:
    names = NAMES[: len(style.MAP_CATEGORIES)]
    drawn, _ = classes.categories(pd.Series(names, index=names))
    assert all(step < -DISTANCE for step in steps([one.colore for one in drawn]))


@pytest.mark.parametrize("colours", [style.STATI_PIANO, style.ADDENSAMENTI])
def test_categories_with_an_order_lighten_step_by_step(colours: dict[str, str]) -> None:
    assert all(step > DISTANCE for step in steps(list(colours.values())))


def test_a_plan_adopted_and_one_not_adopted_are_far_apart() -> None:
    light = {state: lightness(colour) for state, colour in style.STATI_PIANO.items()}
    assert light["non adottato"] - light["adottato non aggiornato"] > 20


def test_two_variables_crossed_make_nine_greys_and_both_darken() -> None:
    crossed, _ = classes.bivariate(VALUES, VALUES, name_of_first="x", name_of_second="y")
    greys = np.array([lightness(one.colore) for one in crossed]).reshape(3, 3)
    assert np.diff(np.sort(greys.ravel())).min() >= DISTANCE
    assert (np.diff(greys, axis=0) < 0).all()
    assert (np.diff(greys, axis=1) < 0).all()


def test_a_missing_value_is_hatched_on_a_map() -> None:
    import geopandas as gpd
    from shapely import box

    shapes = gpd.GeoSeries([box(0, 0, 1000, 1000), box(1000, 0, 2000, 1000)], index=["a", "b"], crs=32632)
    drawn, where = classes.classes(pd.Series({"a": 1.0}))
    svg = maps.draw(shapes, classes=drawn, classe=where)
    assert 'fill="url(#tratteggio)"' in svg


def contrast(one: str, other: str) -> float:
    """Return the ratio of WCAG 2.1: what it says of relative luminance, from lightness back."""
    light = sorted(((lightness(colour) + 16) / 116) ** 3 + 0.05 for colour in (one, other))
    return light[1] / light[0]


def test_counts_in_the_square_of_a_crossed_map_and_numbers_in_bars_are_read() -> None:
    for colour in [*np.ravel(style.BIVARIATA), *style.CATEGORIES, style.BELOW, style.CENTRE, style.ABOVE]:
        assert contrast(colour, style.BOTTOM if dark(colour) else style.INK) >= 4.5
