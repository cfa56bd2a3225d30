"""Demographic figures computed again with some causes of change undone, to split a change that has several."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pandas as pd

from conciliazione_lib import catalog
from conciliazione_lib.evidence import Figure
from conciliazione_lib.indicators import demography
from conciliazione_lib.quality.decomposition import Cause

#: Comuni of a territory: (level, code) -> codes.
Members = Callable[[str, str], Iterable[str]]
#: Residents by comune, age and sex at a date, before or after the revision; ``None`` where they are not to be had.
Population = Callable[[Figure, str, bool], pd.DataFrame | None]

TABLE = "popolazione"


def embedded(figure: Figure, date: str, revised: bool) -> pd.DataFrame | None:
    """Return the population of the catalog at a date, if it is the one asked for.

    Parameters
    ----------
    figure : Figure
        The older figure: its inputs say which file it was computed from.
    date : str
        Reference date.
    revised : bool
        Whether the revised table will do; otherwise it must be the very file of the older figure.
    """
    if date not in {version.data_riferimento for version in catalog.versions(TABLE)}:
        return None
    table = catalog.table(TABLE, data=date)
    used = {i.sha256 for i in figure.inputs if i.tabella == TABLE and i.data_riferimento == date}
    if not revised and used and table.provenance.sha256 not in used:
        return None
    return table.frame


def demographic(
    before: Members, after: Members, population: Population = embedded
) -> Callable[[Figure, Figure, frozenset[Cause]], float | None]:
    """Return a function that computes demographic ratios and bands again.

    Parameters
    ----------
    before, after : callable
        Comuni of the territories in the older and in the newer edition.
    population : callable
        Where the residents come from.

    Returns
    -------
    callable
        To be given to :func:`conciliazione_lib.quality.editions.compare`. It answers ``None`` for what it cannot
        compute: other indicators, changes of method, comuni that the population of a date does not know.
    """

    def value(first: Figure, given_after: Figure, acted: frozenset[Cause]) -> float | None:
        if "metodo" in acted or first.breakdown:
            return None
        boundaries = after if "confini" in acted else before
        place = first.territory
        comuni = set(boundaries(place.livello, place.codice))
        people = population(first, given_after.period if "periodo" in acted else first.period, "revisione" in acted)
        if people is None or not comuni <= set(people["cod_comune"]):
            return None
        own = people[people["cod_comune"].isin(comuni)].assign(territorio=place.codice)
        sums = own.groupby(["territorio", "sesso", "eta"])["residenti"].sum().reset_index()
        profile = demography.profile(sums)
        if first.indicator not in profile.columns:
            return None
        one_value = profile[first.indicator].iloc[0]
        return None if pd.isna(one_value) else float(one_value)

    return value
