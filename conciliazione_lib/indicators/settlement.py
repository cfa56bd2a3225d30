"""How people are spread over a territory: comuni, surface, density, small comuni, altitude.

A comune is *small* up to 5.000 residents (law 6 October 2017, n. 158, art. 1). Altitude is that of the centre of the
comune: 600 metres is the threshold of the old law on mountain territories (law 25 July 1952, n. 991, art. 1), which
however looked at the whole surface. It is a description, not the legal mountain status.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.region import REGIONE
from conciliazione_lib.territory.model import Territory

SMALL: Final = 5_000
MOUNTAIN_SHARE: Final = 600

#: Upper limits of the classes of size, and their names; 30.000 is the threshold of the plans of city times.
LIMITS: Final = (1_000, 5_000, 15_000, 30_000)
CLASSI: Final = ("fino a 1.000", "da 1.001 a 5.000", "da 5.001 a 15.000", "da 15.001 a 30.000", "oltre 30.000")

#: Why a count of mountain comuni is a lower bound, or is missing.
WITHOUT_ALTITUDE: Final = "Di qualche comune, nato da poco per fusione, l'altitudine del centro non è fra quelle lette."

_COLUMNS = ("residenti", "superficie_kmq", "altitudine_m")


def settlement(comuni: pd.DataFrame, levels: Sequence[str]) -> pd.DataFrame:
    """Describe the territories of some levels from their comuni.

    Parameters
    ----------
    comuni : DataFrame
        One row per comune, index ``cod_comune``: one column for each level with the code of its territory (missing
        where it is not known), ``residenti, superficie_kmq, altitudine_m``. The levels ``regione`` (all the rows) and
        ``comune`` (each of them) need no column.
    levels : sequence of str
        Levels to describe.

    Returns
    -------
    DataFrame
        ``livello, territorio`` and ``n_comuni, residenti, superficie_kmq, densita`` (residents per km²),
        ``n_comuni_piccoli, residenti_comuni_piccoli, n_comuni_montani, residenti_comuni_montani`` and their shares
        ``quota_…`` (percent), ``n_comuni_senza_altitudine``. A sum with a missing part is missing, but for the mountain
        comuni: where the altitude of some is not known they are at least those counted (``<id>_stato`` is
        ``parziale``, and ``<id>_motivo`` says why), and where that of none is, they are missing.

    Raises
    ------
    CalcoloError
        When a column is missing.
    """
    _require(comuni, [*_COLUMNS, *(level for level in levels if level not in _WITHOUT_COLUMN)])
    small = comuni["residenti"] <= SMALL
    high = comuni["altitudine_m"] >= MOUNTAIN_SHARE
    rows = comuni.assign(
        n_comuni=1,
        n_comuni_piccoli=small.astype(int),
        residenti_comuni_piccoli=comuni["residenti"].where(small, 0),
        n_comuni_montani=high.astype(int),
        residenti_comuni_montani=comuni["residenti"].where(high, 0),
        n_comuni_senza_altitudine=comuni["altitudine_m"].isna().astype(int),
    )
    counts = [
        "n_comuni",
        "residenti",
        "superficie_kmq",
        "n_comuni_piccoli",
        "residenti_comuni_piccoli",
        "n_comuni_montani",
        "residenti_comuni_montani",
        "n_comuni_senza_altitudine",
    ]
    parts = []
    for level in levels:
        group = rows.groupby(_territories(comuni, level))[counts].sum(skipna=False).reset_index()
        parts.append(group.assign(livello=level))
    described = pd.concat(parts, ignore_index=True)
    described["densita"] = _ratio(described["residenti"], described["superficie_kmq"])
    for kind in ("piccoli", "montani"):
        described[f"quota_comuni_{kind}"] = 100 * _ratio(described[f"n_comuni_{kind}"], described["n_comuni"])
        share = _ratio(described[f"residenti_comuni_{kind}"], described["residenti"])
        described[f"quota_residenti_comuni_{kind}"] = 100 * share
    return _with_unknown_altitudes(described)


def by_size(comuni: pd.DataFrame, levels: Sequence[str]) -> pd.DataFrame:
    """Count comuni and residents by class of size, for the territories of some levels.

    Parameters
    ----------
    comuni, levels
        As for :func:`settlement`; only ``residenti`` is needed beside the levels.

    Returns
    -------
    DataFrame
        ``livello, territorio, classe`` (of :data:`CLASSI`, all of them in order) and ``n_comuni, residenti,
        quota_comuni, quota_residenti`` (percent of the territory).
    """
    _require(comuni, ["residenti", *(level for level in levels if level not in _WITHOUT_COLUMN)])
    place = np.searchsorted(LIMITS, comuni["residenti"].to_numpy())
    names = pd.Categorical.from_codes(place, pd.Index(CLASSI), ordered=True)
    size = pd.Series(names, index=comuni.index, name="classe")
    parts = []
    for level in levels:
        groups = comuni.groupby([_territories(comuni, level), size], observed=False)["residenti"]
        parts.append(groups.agg(n_comuni="size", residenti="sum").reset_index().assign(livello=level))
    counted = pd.concat(parts, ignore_index=True).astype({"classe": "str"})
    totals = counted.groupby(["livello", "territorio"])[["n_comuni", "residenti"]].transform("sum")
    counted["quota_comuni"] = 100 * _ratio(counted["n_comuni"], totals["n_comuni"])
    counted["quota_residenti"] = 100 * _ratio(counted["residenti"], totals["residenti"])
    return counted


_WITHOUT_COLUMN = ("regione", "comune")
#: What depends on the altitude of every comune.
_BY_ALTITUDE = (
    "n_comuni_montani",
    "residenti_comuni_montani",
    "quota_comuni_montani",
    "quota_residenti_comuni_montani",
)


def _territories(comuni: pd.DataFrame, level: str) -> pd.Series:
    if level == "regione":
        return pd.Series(REGIONE, index=comuni.index, name="territorio")
    return (comuni.index.to_series() if level == "comune" else comuni[level]).rename("territorio")


def _with_unknown_altitudes(described: pd.DataFrame) -> pd.DataFrame:
    unknown = described["n_comuni_senza_altitudine"] > 0
    nothing = described["n_comuni_senza_altitudine"] == described["n_comuni"]
    for name in _BY_ALTITUDE:
        described[name] = described[name].astype("float64").mask(nothing)
        described[f"{name}_stato"] = np.where(nothing, "non_disponibile", np.where(unknown, "parziale", "presente"))
        described[f"{name}_motivo"] = [WITHOUT_ALTITUDE if missing else None for missing in unknown]
    return described


def _ratio(above: pd.Series, below: pd.Series) -> pd.Series:
    return above / below.where(below != 0)


def _require(comuni: pd.DataFrame, columns: Sequence[str]) -> None:
    absent = [column for column in columns if column not in comuni]
    if absent:
        raise CalcoloError(f"Alla tabella dei comuni mancano le colonne: {', '.join(absent)}.")


def known_ambiti(territorio: Territory) -> pd.DataFrame:
    """Count the ambiti of the region and of each ATS, and what is not known of their comuni.

    Parameters
    ----------
    territorio : Territory
        Who belongs to whom.

    Returns
    -------
    DataFrame
        ``livello, territorio, n_ambiti, n_ambiti_incompleti`` (not all their comuni are known),
        ``n_comuni_senza_ambito, n_comuni_ambito_dedotto`` (membership deduced, not read).

    Examples
    --------
    >>> from conciliazione_lib import territory
    >>> known_ambiti(territory.load("2022-01-01"))["territorio"].tolist()[:2]
    ['lombardia', 'milano']
    """
    places = [("regione", REGIONE), *(("ats", code) for code in territorio.codes("ats"))]
    known = [territorio.completezza("ambito", code) for _, code in places]
    deduced = territorio.ambiti.groupby("ats")["comuni_dedotti"].sum()
    table = pd.DataFrame(places, columns=["livello", "territorio"]).assign(
        n_ambiti=[len(state.territori) for state in known],
        n_ambiti_incompleti=[len(state.incompleti) for state in known],
        n_comuni_senza_ambito=[len(state.mancanti) for state in known],
    )
    return table.assign(n_comuni_ambito_dedotto=table["territorio"].map(deduced).fillna(deduced.sum()))
