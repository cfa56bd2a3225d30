"""Where the places of each comune were read: in the list of its ATS or, where there is none, in ISTAT's survey.

A list is of the whole territory of an ATS, so a comune has one origin and only one. What is said of a larger territory
says all the origins of its comuni.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd

#: The two origins, as they are told.
ELENCO: Final = "elenco della ATS"
ISTAT: Final = "indagine di ISTAT"


def join(listed: pd.DataFrame, surveyed: pd.DataFrame | None = None) -> pd.DataFrame:
    """Put beside the comuni of the lists those that only ISTAT surveyed.

    Parameters
    ----------
    listed : DataFrame
        Index ``cod_comune``: the comuni covered by the list of their ATS, with ``posti`` (places; missing where a
        service gives none) and any other column.
    surveyed : DataFrame, optional
        The same from ISTAT's survey.

    Returns
    -------
    DataFrame
        Columns of both and ``origine`` (:data:`ELENCO` or :data:`ISTAT`); a comune that is in neither has no row.

    Examples
    --------
    >>> import pandas as pd
    >>> listed = pd.DataFrame({"posti": [20.0]}, index=["018110"])
    >>> surveyed = pd.DataFrame({"posti": [18.0, 5.0]}, index=["018110", "018111"])
    >>> join(listed, surveyed)["posti"].to_dict()
    {'018110': 20.0, '018111': 5.0}
    """
    parts = [listed.assign(origine=ELENCO)]
    columns = parts[0].columns
    if surveyed is not None:
        others = surveyed[~surveyed.index.isin(listed.index)].dropna(subset="posti")
        parts.append(others.assign(origine=ISTAT))
        columns = columns.union(parts[1].columns, sort=False)
    filled = [part for part in parts if len(part)]
    return (pd.concat(filled) if filled else parts[0]).reindex(columns=columns)


def nurseries(listed: pd.DataFrame, surveyed: pd.DataFrame | None = None) -> pd.DataFrame:
    """Join the supply for early childhood of lists and survey, with the services that do not say their places.

    Parameters
    ----------
    listed : DataFrame
        Index ``cod_comune``: ``posti, servizi, servizi_senza_posti``, as from
        :func:`conciliazione_lib.indicators.demand_supply.nursery_supply`.
    surveyed : DataFrame, optional
        ``posti`` of the survey: sums of places, all known; as many services as it takes to say that there are some.

    Returns
    -------
    DataFrame
        As :func:`join`, with both counts whole.

    Examples
    --------
    >>> import pandas as pd
    >>> listed = pd.DataFrame({"posti": [20.0], "servizi": [2], "servizi_senza_posti": [1]}, index=["018110"])
    >>> nurseries(listed, pd.DataFrame({"posti": [5.0]}, index=["018111"]))["servizi"].to_dict()
    {'018110': 2, '018111': 1}
    """
    known = join(listed, surveyed)
    some = (known["posti"] > 0).astype(int)
    services = known["servizi"].fillna(some).astype(int)
    return known.assign(servizi=services, servizi_senza_posti=known["servizi_senza_posti"].fillna(0).astype(int))


def known_by(origin: pd.Series, groups: pd.Series, territories: Sequence[str]) -> pd.DataFrame:
    """Count, for each territory, its comuni and those whose places are known, and say from whom.

    Parameters
    ----------
    origin : Series
        Origin by comune, as from :func:`join`.
    groups : Series
        Territory of every comune in force.
    territories : sequence of str
        In the order wanted.

    Returns
    -------
    DataFrame
        Indexed by ``territorio``: ``origine, comuni, comuni_noti``.

    Examples
    --------
    >>> import pandas as pd
    >>> groups = pd.Series({"018110": "pavia", "018111": "pavia"})
    >>> known_by(pd.Series({"018110": ELENCO}), groups, ["pavia"])["comuni_noti"].to_dict()
    {'pavia': 1}
    """
    order = pd.Index(list(territories), name="territorio")
    known = groups[groups.index.isin(origin.index)]
    return pd.DataFrame(
        {
            "origine": of_territories(origin, groups).reindex(order).astype("str"),
            "comuni": groups.value_counts().reindex(order),
            "comuni_noti": known.value_counts().reindex(order, fill_value=0),
        }
    )


def of_territories(origin: pd.Series, groups: pd.Series) -> pd.Series:
    """Say which origins the comuni of each territory have.

    Parameters
    ----------
    origin : Series
        Origin by comune, as from :func:`join`.
    groups : Series
        Territory of every comune in force; comuni without one are left out.

    Returns
    -------
    Series
        By ``territorio``: an origin, both joined by «e», or empty text where no comune has one.
    """
    own = origin.reindex(groups.index).groupby(groups)
    texts = own.agg(lambda found: " e ".join(x for x in (ELENCO, ISTAT) if (found == x).any()))
    return texts.astype("object").rename_axis("territorio").rename("origine")
