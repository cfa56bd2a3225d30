"""Ranks with their uncertainty: which positions a territory may really hold.

A rank read off point estimates looks certain and is not. Following Mogstad, Romano, Shaikh and Wilhelm, the set of
ranks compatible with the data is bounded by those that are clearly above and those that are clearly below.

References
----------
Mogstad M., Romano J. P., Shaikh A. M., Wilhelm D. (2024), "Inference for ranks with applications to mobility across
neighbourhoods and academic achievement across countries", Review of Economic Studies 91(1), 476-518.
Goldstein H., Spiegelhalter D. J. (1996), "League tables and their limitations", JRSS A 159(3), 385-443.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from conciliazione_lib.errors import CalcoloError


def rank_intervals(
    values: pd.Series, standard_errors: pd.Series | float, confidence: float = 0.95, descending: bool = True
) -> pd.DataFrame:
    """Rank of each unit, and the ranks that the data do not exclude.

    Parameters
    ----------
    values : Series
        One estimate per unit; missing ones get no rank.
    standard_errors : Series or float
        Of the estimates, on the same index, or the same for all; estimates are taken as independent.
    confidence : float
        For each unit: the interval holds its true rank with at least this probability.
    descending : bool
        Rank one to the largest value.

    Returns
    -------
    DataFrame
        On the index of ``values``: ``rango`` (ties share the better place), ``rango_migliore``,
        ``rango_peggiore``, ``unita``.

    Raises
    ------
    CalcoloError
        A standard error is negative or missing where the value is there.

    Notes
    -----
    A unit's best possible rank is one plus the number of units significantly ahead of it; its worst is the number of
    units minus those significantly behind. Each unit is compared with all the others at a level divided by their
    number (Bonferroni), so the interval is conservative.
    """
    present = values.dropna().astype("float64")
    errors = (
        standard_errors.reindex(present.index).astype("float64")
        if isinstance(standard_errors, pd.Series)
        else pd.Series(float(standard_errors), index=present.index)
    )
    if errors.isna().any() or (errors < 0).any():
        raise CalcoloError(
            "Gli errori standard mancano o sono negativi per: "
            + ", ".join(map(str, errors.index[errors.isna() | (errors < 0)]))
            + ".",
            remedy="Dare un errore standard non negativo per ogni valore presente.",
        )
    n = len(present)
    out = pd.DataFrame(index=values.index, columns=["rango", "rango_migliore", "rango_peggiore"], dtype="Int64")
    out["unita"] = n
    if n == 0:
        return out
    x = present.to_numpy() if descending else -present.to_numpy()
    difference = x[None, :] - x[:, None]
    spread = np.sqrt(errors.to_numpy()[None, :] ** 2 + errors.to_numpy()[:, None] ** 2)
    level = (1 - confidence) / max(n - 1, 1)
    bound = special.ndtri(1 - level / 2) * spread
    np.fill_diagonal(difference, 0.0)
    ahead = (difference > bound).sum(axis=1)
    behind = (-difference > bound).sum(axis=1)
    out.loc[present.index, "rango"] = (1 + (difference > 0).sum(axis=1)).tolist()
    out.loc[present.index, "rango_migliore"] = (1 + ahead).tolist()
    out.loc[present.index, "rango_peggiore"] = (n - behind).tolist()
    return out
