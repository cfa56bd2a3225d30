"""Statistical neighbours: the territories most alike, wherever they are.

A place learns more from those that resemble it than from those beside it. Each variable is brought to mean zero and
standard deviation one over the territories of a level, and two territories are as far apart as their standardised
profiles (Euclidean distance, all the variables weighing the same). The variables describe who lives there and how
closely, never services or results: those are what neighbours are compared on.

References
----------
Benton T., Chamberlain T., Wilson R., Teeman D. (2007), *The Development of the Children's Services Statistical
Neighbour Benchmarking Model: Final Report*, Slough, NFER. Office for National Statistics, *Clustering similar local
authorities and statistical nearest neighbours in the UK*, methodology (distances between standardised variables).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from conciliazione_lib.errors import CalcoloError

#: The profile: how many people, how closely they live, and the ages between which care passes.
PROFILE: Final = (
    "residenti",
    "densita",
    "quota_0_2",
    "quota_0_14",
    "quota_eta_sandwich",
    "quota_80_piu",
    "bambini_0_2_per_100_donne_30_44",
    "anziani_80_per_100_50_64",
)
#: Those that span orders of magnitude: their logarithm is compared.
LOGARITHMS: Final = ("residenti", "densita")


def standardised(profiles: pd.DataFrame, *, logarithms: Sequence[str] = ()) -> pd.DataFrame:
    """Bring each variable to mean zero and standard deviation one.

    Parameters
    ----------
    profiles : DataFrame
        One row for each territory, one column for each variable, none missing.
    logarithms : sequence of str
        Variables replaced by their natural logarithm first; they must be positive.

    Returns
    -------
    DataFrame
        Same shape, in standard deviations (of all the territories, not of a sample); a variable that is the same
        everywhere is zero, and tells nobody apart.

    Raises
    ------
    CalcoloError
        When a value is missing, or one to take the logarithm of is not positive.
    """
    values = profiles.astype("float64")
    if values.isna().to_numpy().any():
        raise CalcoloError("I profili da confrontare hanno valori mancanti.", "Lasciare fuori i territori senza dato.")
    for name in logarithms:
        if (values[name] <= 0).any():
            raise CalcoloError(f"Il logaritmo di «{name}» richiede valori positivi.")
        values[name] = np.log(values[name])
    spread = values.std(ddof=0)
    # what differs by rounding only is the same everywhere
    same = spread <= 1e-12 * values.abs().max().clip(lower=1.0)
    return (values - values.mean()) / spread.where(~same, np.inf)


def nearest(profiles: pd.DataFrame, *, places: int = 5, logarithms: Sequence[str] = ()) -> pd.DataFrame:
    """Return the territories nearest to each one.

    Parameters
    ----------
    profiles : DataFrame
        Index: codes of the territories of one level, each once; one column for each variable, none missing.
    places : int
        How many neighbours; all the others, when they are fewer.
    logarithms : sequence of str
        As for :func:`standardised`.

    Returns
    -------
    DataFrame
        ``territorio, posto`` (1 is the nearest), ``simile`` (its code), ``distanza`` (root mean square of the
        differences of the variables, in standard deviations), ``differisce_per`` (the variable that sets the two
        furthest apart) and ``scarto`` (how much the neighbour is above, in standard deviations). Territories at the
        same distance are in order of code.

    Raises
    ------
    CalcoloError
        When a code is repeated or a value is missing.

    Examples
    --------
    >>> profiles = pd.DataFrame({"eta": [40.0, 41.0, 50.0]}, index=["a", "b", "c"])
    >>> nearest(profiles, places=1)[["territorio", "simile"]].to_numpy().tolist()
    [['a', 'b'], ['b', 'a'], ['c', 'b']]
    """
    if profiles.index.has_duplicates:
        raise CalcoloError("Un territorio ha più di un profilo.")
    ordered = profiles.sort_index()
    scores = standardised(ordered, logarithms=logarithms).to_numpy()
    codes, names = ordered.index.to_numpy(), ordered.columns.to_numpy()
    rows = []
    for place, own in enumerate(scores):
        gaps = scores - own
        # equal distances must not be told apart by the last bit
        distance = np.round(np.sqrt((gaps**2).mean(axis=1)), 9)
        order = [other for other in np.argsort(distance, kind="stable") if other != place][:places]
        for rank, other in enumerate(order, start=1):
            widest = int(np.abs(gaps[other]).argmax())
            rows.append((codes[place], rank, codes[other], distance[other], names[widest], gaps[other, widest]))
    columns = ["territorio", "posto", "simile", "distanza", "differisce_per", "scarto"]
    return pd.DataFrame(rows, columns=columns)
