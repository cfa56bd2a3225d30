"""What the checks read, once in a run: many checks look at the same few tables."""

from __future__ import annotations

from functools import cache

import pandas as pd

from conciliazione_lib import catalog, territory


@cache
def read(name: str, data: str | None = None) -> pd.DataFrame:
    """Return a table of the catalog, as :func:`conciliazione_lib.catalog.read`; it is shared, not to be changed."""
    return catalog.read(name, data=data)


@cache
def population(livello: str, data: str, tabella: str = "popolazione", geography: str | None = None) -> pd.DataFrame:
    """Return a table of comuni summed to a level, at the geography of its date or of another; not to be changed."""
    return territory.load(data=geography or data).aggregate(read(tabella, data), to=livello)


def residents(livello: str, data: str, tabella: str = "popolazione") -> pd.Series:
    """Return the residents of the territories of a level at a date."""
    return population(livello, data, tabella).groupby("territorio")["residenti"].sum()


def forget() -> None:
    """Read again from now on: a new run looks at the tables as they are."""
    read.cache_clear()
    population.cache_clear()
