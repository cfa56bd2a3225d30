"""Shapes for drawing: comuni dissolved into any level and simplified together, so that no gap opens between neighbours.

Simplified shapes are for the eye only: areas, distances and contiguity are computed on the originals.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from conciliazione_lib import storage, territory
from conciliazione_lib.errors import UsoError

if TYPE_CHECKING:
    import geopandas as gpd

#: UTM zone 32N: metres, the zone of Lombardia.
METRES = 32632

#: Simplification in metres by level: what a screen pixel hides at the size the level is drawn.
TOLERANCE = MappingProxyType(
    {"comune": 150, "ambito": 250, "distretto": 250, "provincia": 300, "ats": 350, "regione": 500}
)


def shapes(livello: str, data: str, tolerance: int | None = None) -> gpd.GeoSeries:
    """Return the simplified shapes of all the territories of a level.

    Parameters
    ----------
    livello : str
        A level of ``territory`` from ``comune`` to ``regione``.
    data : str
        Date of the boundaries.
    tolerance : int, optional
        Simplification in metres (:data:`TOLERANCE` by default).

    Returns
    -------
    GeoSeries
        Index: code; metres (EPSG:32632). A comune that belongs to no territory of the level is left out.

    Raises
    ------
    UsoError
        The level has no shape, or the boundaries at that date are not known.
    """
    if livello not in TOLERANCE:
        raise UsoError(
            f"Non si può disegnare una mappa per «{livello}».", f"Livelli possibili: {', '.join(TOLERANCE)}."
        )
    step = TOLERANCE[livello] if tolerance is None else tolerance
    versions = [storage.find(table) for table in (*territory.TABLES, "confini")]
    return storage.remembered(("forme", livello, data, step), versions, lambda: _shapes(livello, data, step))


def _shapes(livello: str, data: str, step: int) -> gpd.GeoSeries:
    import geopandas as gpd
    import shapely

    whole = territory.load(data=data).shapes(livello)["geometry"]
    simple = shapely.coverage_simplify(whole.to_numpy(), step)
    return gpd.GeoSeries(simple, index=whole.index, crs=METRES).sort_index()
