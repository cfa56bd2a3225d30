"""Maps: shapes without gaps, missing hatched, legend that adds up."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pandas as pd
import pytest
import shapely
import shapely.affinity
from hypothesis import given
from hypothesis import strategies as st

from conciliazione_lib import territory
from conciliazione_lib.errors import UsoError
from conciliazione_lib.report import classes, geometry, mapping, maps
from conciliazione_lib.report.blocks import Classe

DATA = "2022-01-01"


@pytest.mark.parametrize(("livello", "how_many"), [("ats", 8), ("comune", 1506)])
def test_simplified_neighbours_neither_overlap_nor_part(livello: str, how_many: int) -> None:
    shapes = geometry.shapes(livello, DATA)
    assert len(shapes) == how_many
    assert shapely.coverage_is_valid(shapes.to_numpy())
    union = shapely.union_all(shapes.to_numpy())
    assert shapes.area.sum() == pytest.approx(union.area, rel=1e-6)
    original = territory.load(DATA).boundaries().area.sum()
    assert union.area == pytest.approx(original, rel=0.002)


def test_every_territory_is_drawn_and_the_missing_are_hatched() -> None:
    shapes = geometry.shapes("ats", DATA)
    values = pd.Series({code: float(i) for i, code in enumerate(shapes.index)})
    values["pavia"] = float("nan")
    listing, class_ = classes.classes(values, numero=3)
    svg = maps.draw(shapes, classes=listing, classe=class_, names={c: c for c in shapes.index}, texts={})
    assert svg.count("<title>") == 8
    assert svg.count('fill="url(#tratteggio)"') == 2  # Pavia, and its entry in the legend
    assert "dato mancante (1)" in svg
    legend = [int(n) for n in re.findall(r"\((\d+)\)</text>", svg)]
    assert sum(legend) == 8


def test_a_map_of_all_the_comuni_is_light() -> None:
    import gzip

    svg = maps.draw(geometry.shapes("comune", DATA, mapping.STILL["comune", "regione"]))
    assert len(svg) < 105_000
    assert len(gzip.compress(svg.encode())) < 55_000


@pytest.mark.parametrize("sides", mapping.STILL)
def test_every_territory_keeps_its_place_in_a_small_drawing(sides: tuple[str, str]) -> None:
    shapes = geometry.shapes(sides[0], DATA, mapping.STILL[sides])
    drawn = re.findall(r'<path d="([^"]*)"/>', maps.draw(shapes))
    assert len(drawn) == len(shapes)
    west, south, east, north = shapes.total_bounds
    unit = max((east - west) / maps.WIDTH, (north - south) / maps.HEIGHT) / maps._SCALE
    for trace, shape in zip(drawn, shapes, strict=True):
        points = shapely.points([point for ring in rings(trace) for point in ring])
        true = shapely.affinity.affine_transform(shape, [1 / unit, 0, 0, -1 / unit, -west / unit, north / unit])
        assert len(points) > 2
        assert shapely.distance(points, true.boundary).max() <= 0.75  # half a unit on each side


def rings(trace: str) -> list[list[tuple[int, int]]]:
    """Return the points of each ring of a trace."""
    found = []
    for x, y, steps in re.findall(r"M(-?\d+) (-?\d+)l([^z]*)z", trace):
        moves = [int(one) for one in re.findall(r"-?\d+", steps)]
        points = [(int(x), int(y))]
        for dx, dy in zip(moves[::2], moves[1::2], strict=True):
            points.append((points[-1][0] + dx, points[-1][1] + dy))
        found.append(points)
    return found


@given(st.lists(st.tuples(st.integers(-2, 2), st.integers(-2, 2)), min_size=1, max_size=12))
def test_steps_made_one_go_where_they_went(steps: list[tuple[int, int]]) -> None:
    merged = maps._merged(np.array(steps))
    assert merged.sum(axis=0).tolist() == np.array(steps).sum(axis=0).tolist()
    places = {(0, 0), *map(tuple, np.cumsum(steps, axis=0).tolist())}
    assert all(tuple(one) in places for one in np.cumsum(merged, axis=0).tolist())
    for before, after in itertools.pairwise(merged):
        straight = before[0] * after[1] == before[1] * after[0] and (before * after).sum() > 0
        assert not straight


def test_what_may_be_of_another_class_has_lines_over_its_colour_and_a_place_in_the_legend() -> None:
    shapes = geometry.shapes("ats", DATA)
    listing, class_ = classes.classes(pd.Series(dict(zip(shapes.index, range(8), strict=True))), decimali=0)
    sure = maps.draw(shapes, classes=listing, classe=class_)
    assert "stima" not in sure
    drawn = maps.draw(shapes, classes=listing, classe=class_, uncertain=("pavia", "milano"))
    for code in ("pavia", "milano"):  # the hatch of its own class, and no shape drawn twice
        pattern = f"stima{class_[code]}"
        assert f'<pattern id="{pattern}"' in drawn
        assert re.search(rf'<g fill="url\(#{pattern}\)">(<path d="[^"]*"/>)+</g>', drawn)
        assert f'fill="{listing[class_[code]].colore}"/><path' in drawn
    assert len(re.findall(r'<path d="M[^"]*z"', drawn)) == len(shapes)
    words = " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", drawn))
    assert "stima incerta: forse di un'altra classe (2)" in words.replace("&#x27;", "'")


def test_a_class_of_negative_values_is_not_read_with_two_dashes() -> None:
    assert maps.class_text(Classe("#000000", 1, 150.1, 174.2), 1) == "150,1–174,2"
    assert maps.class_text(Classe("#000000", 1, -1.4, -0.6), 1) == "da -1,4 a -0,6"
    assert maps.class_text(Classe("#000000", 1, -0.5, 0.2), 1) == "da -0,5 a 0,2"


def test_names_cannot_become_markup() -> None:
    shapes = geometry.shapes("ats", DATA)
    names = dict.fromkeys(shapes.index, "<script>x</script>\"'&")
    svg = maps.draw(shapes, names=names, labels=names, links={"pavia": 'a"onclick="x'})
    assert "<script" not in svg
    assert 'onclick="x' not in svg


def test_italy_has_no_shape() -> None:
    with pytest.raises(UsoError, match="Non si può disegnare una mappa per «italia»"):
        geometry.shapes("italia", DATA)


def test_outlines_of_nothing_and_empty_shapes_are_drawn_as_nothing() -> None:
    import geopandas as gpd
    from shapely import Polygon, box

    shapes = gpd.GeoSeries(
        [box(0, 0, 1000, 1000), Polygon(), box(1000, 0, 2000, 1000)], index=["a", "b", "c"], crs=32632
    )
    without = maps.draw(shapes, outlines=shapes.iloc[:0])
    assert without.count('d="M') == 2
    assert 'd=""' in without


def test_names_stay_inside_the_sheet_and_apart_whatever_the_typeface() -> None:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    known = territory.load(DATA)
    for ats in known.codes("ats"):
        inside = [code for code in known.codes("ambito") if known.parent("ambito", code, "ats") == ats]
        shapes = geometry.shapes("ambito", DATA).loc[inside]
        names = {code: known.name("ambito", code, breve=True) for code in inside}
        svg = maps.draw(shapes, names=names, labels=names)
        size = float(re.findall(r'text-anchor="middle" font-size="([\d.]+)"', svg)[-1])
        boxes = []
        for x, y, text in re.findall(r'<text x="([\d.]+)" y="([\d.]+)" fill="#\w+">([^<]+)</text>', svg):
            font = FontProperties(family=["DejaVu Sans"], size=size)
            half = text_to_path.get_text_width_height_descent(text.replace("&#x27;", "'"), font, False)[0] / 2
            assert float(x) - half >= -1, text
            boxes.append((float(x) - half, float(x) + half, float(y), text))
        for one, other in itertools.combinations(boxes, 2):
            apart = one[1] <= other[0] or other[1] <= one[0] or abs(one[2] - other[2]) >= size * 0.9
            assert apart, (one[3], other[3])
