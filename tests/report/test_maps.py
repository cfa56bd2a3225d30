"""Maps: shapes without gaps, missing hatched, legend that adds up."""

from __future__ import annotations

import re

import pandas as pd
import pytest
import shapely

from conciliazione_lib import territory
from conciliazione_lib.errors import UsoError
from conciliazione_lib.report import classes, geometry, maps

DATA = "2022-01-01"


@pytest.mark.parametrize(("livello", "quante"), [("ats", 8), ("comune", 1506)])
def test_simplified_neighbours_neither_overlap_nor_part(livello: str, quante: int) -> None:
    forme = geometry.forme(livello, DATA)
    assert len(forme) == quante
    assert shapely.coverage_is_valid(forme.to_numpy())
    unione = shapely.union_all(forme.to_numpy())
    assert forme.area.sum() == pytest.approx(unione.area, rel=1e-6)
    originale = territory.load(DATA).boundaries().area.sum()
    assert unione.area == pytest.approx(originale, rel=0.002)


def test_every_territory_is_drawn_and_the_missing_are_hatched() -> None:
    forme = geometry.forme("ats", DATA)
    valori = pd.Series({codice: float(i) for i, codice in enumerate(forme.index)})
    valori["pavia"] = float("nan")
    elenco, classe = classes.classi(valori, numero=3)
    svg = maps.disegna(forme, classi=elenco, classe=classe, nomi={c: c for c in forme.index}, testi={})
    assert svg.count("<title>") == 8
    assert svg.count('fill="url(#tratteggio)"') == 2  # Pavia, and its entry in the legend
    assert "dato mancante (1)" in svg
    legenda = [int(n) for n in re.findall(r"\((\d+)\)</text>", svg)]
    assert sum(legenda) == 8


def test_a_map_of_all_the_comuni_is_light() -> None:
    import gzip

    svg = maps.disegna(geometry.forme("comune", DATA, 400))
    assert len(gzip.compress(svg.encode())) < 90_000


def test_what_may_be_of_another_class_has_lines_over_its_colour_and_a_place_in_the_legend() -> None:
    forme = geometry.forme("ats", DATA)
    elenco, classe = classes.classi(pd.Series(dict(zip(forme.index, range(8), strict=True))), decimali=0)
    sure = maps.disegna(forme, classi=elenco, classe=classe)
    assert "stima" not in sure
    drawn = maps.disegna(forme, classi=elenco, classe=classe, incerte=("pavia", "milano"))
    assert drawn.count("<path d=") == sure.count("<path d=") + 2  # the lines, and what they cover
    words = " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", drawn))
    assert "stima incerta: forse di un'altra classe (2)" in words.replace("&#x27;", "'")


def test_names_cannot_become_markup() -> None:
    forme = geometry.forme("ats", DATA)
    nomi = dict.fromkeys(forme.index, "<script>x</script>\"'&")
    svg = maps.disegna(forme, nomi=nomi, etichette=nomi, collegamenti={"pavia": 'a"onclick="x'})
    assert "<script" not in svg
    assert 'onclick="x' not in svg


def test_italy_has_no_shape() -> None:
    with pytest.raises(UsoError, match="Non si può disegnare una mappa per «italia»"):
        geometry.forme("italia", DATA)


def test_outlines_of_nothing_and_empty_shapes_are_drawn_as_nothing() -> None:
    import geopandas as gpd
    from shapely import Polygon, box

    forme = gpd.GeoSeries(
        [box(0, 0, 1000, 1000), Polygon(), box(1000, 0, 2000, 1000)], index=["a", "b", "c"], crs=32632
    )
    senza = maps.disegna(forme, contorni=forme.iloc[:0])
    assert senza.count('d="M') == 2
    assert 'd=""' in senza
