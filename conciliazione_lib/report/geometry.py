"""Shapes for drawing: comuni dissolved into any level and simplified together, so that no gap opens between neighbours.

Simplified shapes are for the eye only: areas, distances and contiguity are computed on the originals.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import pandas as pd

from conciliazione_lib import storage, territory
from conciliazione_lib.errors import UsoError
from conciliazione_lib.region import REGIONE

if TYPE_CHECKING:
    import geopandas as gpd

#: UTM zone 32N: metres, the zone of Lombardia.
METRI = 32632

#: Simplification in metres by level: what a screen pixel hides at the size the level is drawn.
TOLLERANZA = MappingProxyType(
    {"comune": 150, "ambito": 250, "distretto": 250, "provincia": 300, "ats": 350, "regione": 500}
)


def forme(livello: str, data: str, tolleranza: int | None = None) -> gpd.GeoSeries:
    """Return the simplified shapes of all the territories of a level.

    Parameters
    ----------
    livello : str
        A level of ``territory`` from ``comune`` to ``regione``.
    data : str
        Date of the boundaries.
    tolleranza : int, optional
        Simplification in metres (:data:`TOLLERANZA` by default).

    Returns
    -------
    GeoSeries
        Index: code; metres (EPSG:32632). A comune that belongs to no territory of the level is left out.

    Raises
    ------
    UsoError
        The level has no shape, or the boundaries at that date are not known.
    """
    if livello not in TOLLERANZA:
        raise UsoError(
            f"Non si può disegnare una mappa per «{livello}».", f"Livelli possibili: {', '.join(TOLLERANZA)}."
        )
    passo = TOLLERANZA[livello] if tolleranza is None else tolleranza
    versioni = [storage.find(tabella) for tabella in (*territory.TABELLE, "confini")]
    return storage.remembered(("forme", livello, data, passo), versioni, lambda: _forme(livello, data, passo))


def _forme(livello: str, data: str, passo: int) -> gpd.GeoSeries:
    import geopandas as gpd
    import shapely

    mappa = territory.load(data=data)
    comuni = gpd.GeoSeries(mappa.boundaries()["geometry"], crs=METRI)
    if livello != "comune":
        tutti = pd.Series(REGIONE, index=comuni.index)
        gruppo = tutti if livello == "regione" else mappa.comuni[livello]
        interni = gruppo.notna()
        gruppi = comuni[interni].groupby(gruppo[interni])
        comuni = gpd.GeoSeries({codice: shapely.union_all(g.to_numpy()) for codice, g in gruppi}, crs=METRI)
    semplici = shapely.coverage_simplify(comuni.to_numpy(), passo)
    return gpd.GeoSeries(semplici, index=comuni.index, crs=METRI).sort_index()
