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
def population(livello: str, data: str) -> pd.DataFrame:
    """Return the residents of the territories of a level, by age and sex, at a date; shared, not to be changed."""
    return territory.load(data=data).aggregate(read("popolazione", data), to=livello)


def residents(livello: str, data: str) -> pd.Series:
    """Return the residents of the territories of a level at a date."""
    return population(livello, data).groupby("territorio")["residenti"].sum()


def forget() -> None:
    """Read again from now on: a new run looks at the tables as they are."""
    read.cache_clear()
    population.cache_clear()
