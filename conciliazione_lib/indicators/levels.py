"""From comuni to the territories of every level: only those whose comuni are all known have a sum.

Part of a territory would pass for the whole of it, so an ambito whose list was not wholly read has no total, nor has
the distretto it is part of; whoever shows figures says why. Series are at constant geography: counts of an earlier date
are brought to the comuni of the date of the edition; those of a later one, which cannot be divided again among comuni
that have merged since, keep the comuni of their own date above the level of the comune.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

import pandas as pd

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.region import REGIONE
from conciliazione_lib.territory.model import Territory

#: The levels that comuni sum to, the widest first.
LEVELS: Final = ("regione", "ats", "provincia", "distretto", "ambito", "comune")
#: State and reason of the sums of territories whose comuni are not all known, by level: what analyses declare absent.
ABSENT: Final = MappingProxyType(
    dict.fromkeys(("ambito", "distretto"), ("non_disponibile", "Non se ne conoscono tutti i comuni."))
)


def groups(territorio: Territory, level: str) -> pd.Series:
    """Return the territory of a level that each comune counts for.

    Parameters
    ----------
    territorio : Territory
        The comuni at a date.
    level : str
        One of :data:`LEVELS`.

    Returns
    -------
    Series
        Code of the territory by ``cod_comune``; missing where the comune has none, or where the comuni of that
        territory are not all known.

    Raises
    ------
    CalcoloError
        When comuni do not sum to that level.

    Examples
    --------
    >>> from conciliazione_lib import territory
    >>> groups(territory.load("2022-01-01"), "ats").at["018110"]
    'pavia'
    """
    if level not in LEVELS:
        raise CalcoloError(f"I comuni non sommano al livello «{level}».", f"I livelli sono: {', '.join(LEVELS)}.")
    comuni = territorio.comuni
    if level == "regione":
        return pd.Series(REGIONE, index=comuni.index)
    if level == "comune":
        return comuni.index.to_series()
    if level == "distretto":
        whole = groups(territorio, "ambito").notna() | comuni["distretto"].isna()
        return comuni["distretto"].where(whole.groupby(comuni["distretto"]).transform("all").fillna(False).astype(bool))
    if level == "ambito":
        return comuni["ambito"].mask(comuni["ambito"].isin(territorio.completezza("ambito", REGIONE).incompleti))
    return comuni[level]


def known(territorio: Territory, level: str) -> list[str]:
    """Return the codes of the territories of a level whose comuni are all known, in the order of the level."""
    there = set(groups(territorio, level).dropna())
    return [code for code in territorio.codes(level) if code in there]


def absences(territorio: Territory) -> dict[tuple[str, str], tuple[str, str]]:
    """Return state and reason of the sums of each territory whose comuni are not all known, by level and code.

    Examples
    --------
    >>> from conciliazione_lib import territory
    >>> {level for level, _ in absences(territory.load("2022-01-01"))} <= set(ABSENT)
    True
    """
    return {
        (level, code): said
        for level, said in ABSENT.items()
        for code in set(territorio.codes(level)) - set(known(territorio, level))
    }


def aggregate(
    frame: pd.DataFrame,
    territorio: Territory,
    levels: Sequence[str] = LEVELS,
    *,
    keys: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Sum a table of comuni to several levels, at the geography of the territory's date.

    Parameters
    ----------
    frame : DataFrame
        A column ``cod_comune``, key columns and measures, as for :meth:`Territory.aggregate`. Codes ceased before the
        date count for the comune that took their place.
    territorio : Territory
        The comuni at the date.
    levels : sequence of str
        Some of :data:`LEVELS`.
    keys : sequence of str, optional
        The key columns; by default as in :meth:`Territory.aggregate`.

    Returns
    -------
    DataFrame
        ``livello, territorio``, the keys and the sums: a row for each territory whose comuni are all known and each
        combination of keys. A sum with a missing part is missing.
    """
    parts = []
    for level in levels:
        part = territorio.aggregate(frame, to=level, keys=keys)
        parts.append(part[part["territorio"].isin(known(territorio, level))].assign(livello=level))
    joined = pd.concat(parts, ignore_index=True)
    return joined[["livello", *joined.columns.drop("livello")]]


def by_level(frame: pd.DataFrame, territorio: Territory, levels: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Divide a table by level, with one row for each territory whose comuni are all known.

    Parameters
    ----------
    frame : DataFrame
        ``livello, territorio`` and measures, one row for each territory.
    territorio : Territory
        The comuni at the date.
    levels : sequence of str
        Some of :data:`LEVELS`.

    Returns
    -------
    dict of str to DataFrame
        By level: index ``territorio``, in the order of the level; missing values where the table has no row.

    Examples
    --------
    >>> from conciliazione_lib import territory
    >>> noti = pd.DataFrame({"livello": ["ats"], "territorio": ["pavia"], "nidi": [12.0]})
    >>> di_ats = by_level(noti, territory.load("2022-01-01"), ["ats"])["ats"]
    >>> len(di_ats), int(di_ats["nidi"].sum())
    (8, 12)
    """
    return {
        level: frame[frame["livello"] == level].set_index("territorio").reindex(known(territorio, level))
        for level in levels
    }


def imputed(frame: pd.DataFrame, territorio: Territory, weights: pd.Series) -> pd.Series:
    """Return how much of each row of a table rests on memberships that were deduced, not read.

    Parameters
    ----------
    frame : DataFrame
        Columns ``livello, territorio``.
    territorio : Territory
        Who belongs to whom.
    weights : Series
        What is summed, by ``cod_comune``: residents, or ones for the comuni themselves.

    Returns
    -------
    Series
        From 0 to 1, aligned with the frame; zero at the levels whose memberships are all read.
    """
    shares = pd.Series(0.0, index=frame.index)
    for level in ("ambito", "distretto"):
        here = frame["livello"] == level
        shares[here] = frame.loc[here, "territorio"].map(territorio.deduced_share(level, weights)).fillna(0.0)
    return shares


def sums(
    counts: pd.DataFrame,
    then: Territory,
    now: Territory | None = None,
    levels: Sequence[str] = LEVELS,
) -> pd.DataFrame:
    """Sum counts by territory, where they are known for every comune.

    Parameters
    ----------
    counts : DataFrame
        ``cod_comune`` and one column for each count, one row for each comune; missing where not known.
    then : Territory
        The comuni in force at the date of the counts.
    now : Territory, optional
        Those of the edition; by default the same ones. Counts of an earlier date are brought to them. Of a later date,
        a comune that has changed since has no count of its own.
    levels : sequence of str
        Some of :data:`LEVELS`.

    Returns
    -------
    DataFrame
        ``livello, territorio`` and the counts: a row for each territory whose comuni are all known (for the comuni,
        each of those of ``now``); missing where a comune of the territory has no count.

    Raises
    ------
    CalcoloError
        When a comune is not in force, or is repeated.
    """
    now = now or then
    measures = [column for column in counts.columns if column != "cod_comune"]
    wide = counts.set_index("cod_comune").astype("float64")
    unknown = sorted(set(wide.index) - set(then.comuni.index))
    if unknown:
        raise CalcoloError(
            f"Comuni che non sono in vigore al {then.data}: {', '.join(unknown[:10])}.",
            "Usare i comuni in vigore alla data dei conteggi.",
        )
    if wide.index.has_duplicates:
        raise CalcoloError("Un comune ha più di una riga: i conteggi di anni diversi non si sommano.")
    # a comune without a row must leave its successor without a sum, too
    wide = wide.reindex(then.comuni.index).rename_axis("cod_comune")
    changed: set[str] = set()
    base = then
    if then.data < now.data:
        base, wide = now, now.aggregate(wide.reset_index(), to="comune", keys=[]).set_index("territorio")
    elif then.data > now.data:
        changes = then.crosswalk(now.data).query("cod_prima != cod_dopo")
        changed = {*changes["cod_prima"], *changes["cod_dopo"]}
    parts = []
    for level in levels:
        if level == "comune":
            own = wide[~wide.index.isin(changed)].reindex(now.comuni.index)
            parts.append(own.rename_axis("territorio").reset_index().assign(livello=level))
            continue
        group = groups(base, level)
        total = wide.groupby(group).sum().where(wide.notna().groupby(group).all())
        parts.append(total.rename_axis("territorio").reset_index().assign(livello=level))
    return pd.concat(parts, ignore_index=True)[["livello", "territorio", *measures]]
