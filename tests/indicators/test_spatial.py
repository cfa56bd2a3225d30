"""Spatial reading: known patterns on a grid, isolates, and neighbours by profile."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators.spatial import (
    Autocorrelation,
    cluster_counts,
    contiguity,
    local_clusters,
    moran,
    profile_neighbours,
    standardised_ratio,
)

SIDE = 8


@pytest.fixture(scope="module")
def grid() -> gpd.GeoDataFrame:
    """An 8 × 8 grid and, far away, an island."""
    cells = [box(x, y, x + 1, y + 1) for y in range(SIDE) for x in range(SIDE)]
    codes = [f"{y}-{x}" for y in range(SIDE) for x in range(SIDE)]
    return gpd.GeoDataFrame(geometry=[*cells, box(50, 50, 51, 51)], index=[*codes, "isola"], crs=32632)


def values(function: object, grid: gpd.GeoDataFrame) -> pd.Series:
    points = [function(int(c[0]), int(c[2])) if "-" in c else 5.0 for c in grid.index]  # type: ignore[operator]
    return pd.Series(points, index=grid.index, dtype=float)


def test_a_chessboard_is_negative_and_a_slope_positive(grid: gpd.GeoDataFrame) -> None:
    graph = contiguity(grid)
    slope = moran(values(lambda y, x: y, grid), graph)
    assert slope.i > 0.7
    assert slope.p_value < 0.01
    assert slope.n == SIDE**2
    # by queen contiguity the diagonal neighbours of a chessboard are alike: only weakly negative, never positive
    assert moran(values(lambda y, x: (x + y) % 2, grid), graph).i < 0
    assert moran(values(lambda y, x: y, grid), graph) == slope


def test_moran_equals_its_formula(grid: gpd.GeoDataFrame) -> None:
    series = values(lambda y, x: y * x, grid)
    graph = contiguity(grid)
    inner = series.drop("isola")
    z = (inner - inner.mean()).to_numpy()
    w = graph.subgraph(inner.index).transform("r").sparse.toarray()
    expected = len(z) / w.sum() * (z @ w @ z) / (z @ z)
    assert moran(series, graph).i == pytest.approx(expected)


def test_a_hot_corner_is_found_and_the_island_has_no_cluster(grid: gpd.GeoDataFrame) -> None:
    series = values(lambda y, x: 100.0 if x < 3 and y < 3 else 10.0 + (x * 7 + y * 3) % 5, grid)
    groups = local_clusters(series, contiguity(grid))["gruppo"]
    assert groups["1-1"] == "alto-alto"
    assert pd.isna(groups["isola"])
    assert set(groups.drop("isola")[lambda g: g == "alto-alto"].index) <= {
        f"{y}-{x}" for y in range(4) for x in range(4)
    }


def test_noise_has_no_clusters(grid: gpd.GeoDataFrame) -> None:
    rng = np.random.default_rng(4)
    series = pd.Series(rng.normal(size=len(grid)), index=grid.index)
    groups = local_clusters(series, contiguity(grid))["gruppo"]
    assert (groups.drop("isola") == "non significativo").mean() > 0.95


def test_too_few_or_constant_territories_are_refused(grid: gpd.GeoDataFrame) -> None:
    graph = contiguity(grid)
    with pytest.raises(CalcoloError, match="almeno 5 territori"):
        moran(values(lambda y, x: y, grid).iloc[:3], graph)
    with pytest.raises(CalcoloError, match="che vari"):
        moran(values(lambda y, x: 1.0, grid).drop("isola"), graph)


def test_profile_neighbours_are_the_most_alike_whatever_the_units() -> None:
    profiles = pd.DataFrame({"a": [1.0, 1.1, 5.0, 5.2], "b": [10.0, 11.0, 50.0, 49.0], "k": 3.0}, index=list("wxyz"))
    neighbours = profile_neighbours(profiles, k=1).set_index("territorio")["vicino"].to_dict()
    assert neighbours == {"w": "x", "x": "w", "y": "z", "z": "y"}
    scalati = profile_neighbours(profiles * [1000, 0.1, 1], k=1)
    assert scalati["distanza"].tolist() == pytest.approx(profile_neighbours(profiles, k=1)["distanza"].tolist())
    with pytest.raises(CalcoloError, match="servono più di 4"):
        profile_neighbours(profiles, k=4)


def test_standardised_ratios_equal_those_of_esda_and_shrink_the_small() -> None:
    from esda.moran import assuncao_rate

    rng = np.random.default_rng(8)
    below = pd.Series(rng.integers(20, 5000, 60), index=[f"c{i}" for i in range(60)])
    above = pd.Series(rng.poisson(below * rng.uniform(0.2, 0.5, 60)), index=below.index)
    assert standardised_ratio(above, below).to_numpy() == pytest.approx(
        assuncao_rate(above.to_numpy(), below.to_numpy())
    )
    # the same ratio is less far from the rest in a small comune, and an empty one has none
    equals = standardised_ratio(
        pd.Series([30, 3000, 3600, 0], index=list("pgxv")), pd.Series([50, 5000, 12000, 0], index=list("pgxv"))
    )
    assert 0 < equals["p"] < equals["g"]
    assert pd.isna(equals["v"])


def test_comuni_in_clusters_are_counted_at_every_level() -> None:
    groups = pd.Series(
        ["alto-alto", "alto-alto", "basso-basso", "alto-basso", "non significativo"], index=list("abcde")
    )
    ats = pd.Series(["x", "y", "y", None, "y"], index=groups.index)
    counts = cluster_counts(groups, {"regione": pd.Series("lombardia", index=groups.index), "ats": ats})
    assert counts.set_index(["livello", "territorio"]).to_numpy().tolist() == [[2, 1], [1, 0], [1, 1]]


def test_autocorrelation_as_a_row_says_whether_similar_values_are_together() -> None:
    assert Autocorrelation(0.4, -0.01, 0.001, 90).table().iloc[0].to_dict() == {
        "i": 0.4, "atteso": -0.01, "p": 0.001, "territori": 90, "addensato": True,
    }  # fmt: skip
    assert not Autocorrelation(0.4, -0.01, 0.2, 90).table()["addensato"].any()
    assert not Autocorrelation(-0.4, -0.01, 0.001, 90).table()["addensato"].any()
