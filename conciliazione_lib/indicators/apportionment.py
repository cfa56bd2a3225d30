r"""From provinces to territories that are not provinces: weights by resident population.

Labour-force figures stop at the province; an ATS may be a whole province (Bergamo), several (Milano = Milano
and Lodi), or pieces of some (Montagna = Sondrio, the Valcamonica of Brescia, the Alto Lario of Como). The rate of a
territory is estimated as the mean of its provinces' rates, weighted by the residents of the right sex and age
who live in the comuni of the territory:

.. math:: \hat r_A^s = \sum_p \frac{P^s_{A \cap p}}{P^s_A} \, r_p^s

It assumes that, for each sex, the part of a province inside the territory has the province's own rate: a strong
assumption where the part is small and peculiar (mountain valleys), and no assumption at all where the territory is
exactly one province, whose published rate is then returned as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.memory import recalled

#: A share this close to one is a whole province: shares are ratios of integers, so only rounding can intervene.
_INTERO = 1.0 - 1e-12


@recalled
def province_weights(
    population: pd.DataFrame,
    comuni: pd.DataFrame,
    to: str = "ats",
    ages: tuple[int, int] = (20, 64),
) -> pd.DataFrame:
    """Weights of the provinces in each territory, from the population of the comuni.

    Parameters
    ----------
    population : DataFrame
        ``cod_comune, eta, sesso, residenti`` (``sesso``: ``M``, ``F``), one reference date.
    comuni : DataFrame
        Indexed by ``cod_comune``, with ``provincia`` and the column ``to`` (as ``Territory.comuni``).
    to : str
        The territory to weigh for: ``ats``, ``regione``, ``distretto``, ``ambito``…
    ages : (int, int)
        First and last age, included.

    Returns
    -------
    DataFrame
        One row per territory, province and sex (``F``, ``M``, ``T``): ``territorio, provincia, sesso, residenti,
        peso`` (sums to one over the provinces of a territory, for each sex) and ``quota_provincia`` (share of the
        province's residents who live in the territory: one when the whole province is inside).

    Raises
    ------
    CalcoloError
        Comuni of the population that ``comuni`` does not know: their residents would be lost.
    """
    of_age = population[population["eta"].between(*ages)]
    inside = of_age.groupby(["cod_comune", "sesso"], observed=True, as_index=False)["residenti"].sum()
    unknown = sorted(set(inside["cod_comune"]) - set(comuni.index))
    if unknown:
        raise CalcoloError(
            f"{len(unknown)} comuni della popolazione non sono nell'elenco dei territori alla stessa data: "
            f"{', '.join(unknown[:8])}{'…' if len(unknown) > 8 else ''}.",
            rimedio="Usare popolazione e territori riferiti alla stessa data.",
        )
    keyed = inside.join(comuni[["provincia", to]].rename(columns={to: "territorio"}), on="cod_comune")
    long = _by_sex_and_total(keyed, ["territorio", "provincia"], "residenti")
    whole = _by_sex_and_total(keyed, ["provincia"], "residenti_provincia")
    long = long.merge(whole, on=["provincia", "sesso"])
    long["peso"] = long["residenti"] / long.groupby(["territorio", "sesso"])["residenti"].transform("sum")
    long["quota_provincia"] = long["residenti"] / long["residenti_provincia"]
    order = ["territorio", "provincia", "sesso", "residenti", "peso", "quota_provincia"]
    return long[order].sort_values(order[:3], ignore_index=True)


def _by_sex_and_total(people: pd.DataFrame, keys: list[str], name: str) -> pd.DataFrame:
    cells = people.groupby([*keys, "sesso"], observed=True)["residenti"].sum().unstack("sesso")
    cells = cells.reindex(columns=["F", "M"]).fillna(0)
    cells["T"] = cells["F"] + cells["M"]
    return cells.reset_index().melt(keys, ["F", "M", "T"], var_name="sesso", value_name=name)


def is_exact(weights: pd.DataFrame) -> pd.Series:
    """Say which territories are exactly one whole province, whose published figure is theirs too.

    Parameters
    ----------
    weights : DataFrame
        As from :func:`province_weights`.

    Returns
    -------
    Series
        Boolean, indexed by ``territorio``.
    """
    total = weights[weights["sesso"] == "T"]
    by_territory = total.groupby("territorio")
    one = by_territory["provincia"].nunique().eq(1)
    whole = by_territory["quota_provincia"].min().ge(_INTERO)
    return (one & whole).rename("esatta")


@recalled
def from_provinces(
    values: pd.DataFrame,
    weights: pd.DataFrame,
    keys: Sequence[str] = ("anno", "sesso"),
    value: str = "valore",
) -> pd.DataFrame:
    """Estimate the values of territories from those of their provinces.

    Parameters
    ----------
    values : DataFrame
        ``provincia``, the ``keys`` (``sesso`` among them) and the value.
    weights : DataFrame
        ``territorio, provincia, sesso, peso, quota_provincia``.
    keys : sequence of str
        What tells one value of a province from another.
    value : str
        Column to average.

    Returns
    -------
    DataFrame
        ``territorio``, the keys, the value, ``province`` (``CR+MN``), ``esatta`` (the territory is one whole
        province: the value is the published one). Where a province that has weight has no value, the territory has no
        value either: the rest is not a proxy for it.

    Raises
    ------
    CalcoloError
        A province has two values for the same key.
    """
    columns = ["provincia", *keys]
    if values.duplicated(columns).any():
        twice = values[values.duplicated(columns, keep=False)].iloc[0]
        raise CalcoloError(
            f"La provincia {twice['provincia']} ha più di un valore per la stessa chiave.",
            rimedio="Scegliere una sola misura, classe di età e serie.",
        )
    used = weights[~(weights["peso"] <= 0)]
    other = [k for k in keys if k != "sesso"]
    grid = values[list(keys)].drop_duplicates()
    full = used.merge(grid, on="sesso").merge(values[[*columns, value]], on=columns, how="left")
    full["_parte"] = full["peso"] * full[value]
    grouped = full.groupby(["territorio", *keys])
    out = grouped.agg(province=("provincia", lambda s: "+".join(sorted(s)))).reset_index()
    out[value] = grouped["_parte"].agg(lambda s: s.sum(skipna=False)).to_numpy()
    out["esatta"] = out["territorio"].map(is_exact(weights))
    return out[["territorio", *other, "sesso", value, "province", "esatta"]]


def by_difference(values: pd.Series, people: pd.Series, whole: float) -> pd.Series:
    """Fill the one part whose ratio is not published, from the ratio of the whole.

    Parameters
    ----------
    values : Series
        Ratio of each part that has one.
    people : Series
        Denominator of every part of the whole, the missing one included.
    whole : float
        Ratio of the whole.

    Returns
    -------
    Series
        On the index of ``people``: the values, and in the missing place what makes their weighted mean the whole's. The
        rounding of the published ratios ends there, magnified by how small the part is. When more parts are missing
        they stay so: the whole says nothing of how they share the difference.
    """
    completi = values.reindex(people.index).astype("float64")
    mancanti = completi.index[completi.isna()]
    if len(mancanti) == 1:
        completi[mancanti] = (whole * people.sum() - (completi * people).sum()) / people[mancanti]
    return completi


def difference_rounding(people: pd.Series, published: Collection[str], step: float) -> float:
    """Return the largest error that rounding leaves in the part found by :func:`by_difference`.

    Parameters
    ----------
    people : Series
        Denominator of every part of the whole.
    published : collection of str
        The parts whose ratio is published; all the others but one.
    step : float
        Last digit of the published ratios, that of the whole included.

    Returns
    -------
    float
        In the unit of the ratios: half a step of each, all in the worst direction, by how many people it stands for in
        the part missing. Zero when nothing is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> float(round(difference_rounding(pd.Series({"a": 900.0, "b": 100.0}), ["a"], 0.1), 2))
    0.95
    """
    found = people[~people.index.isin(list(published))].sum()
    if found == 0:
        return 0.0
    return float(step / 2 * (people.sum() + people.reindex(list(published)).sum()) / found)


def employment_weights(weights: pd.DataFrame, rates: pd.DataFrame) -> pd.DataFrame:
    """Turn weights by residents into weights by employed people, for averages over who works (as pay).

    Parameters
    ----------
    weights : DataFrame
        As from :func:`province_weights`.
    rates : DataFrame
        ``provincia, sesso, valore``: employment rates per 100 of one year.

    Returns
    -------
    DataFrame
        The same rows, with ``peso`` proportional to residents times the employment rate of their province: it stands
        for the employees, who are not counted at this level. A province without the rate leaves its territories
        without weights.
    """
    rate = rates.set_index(["provincia", "sesso"])["valore"]
    workers = weights["residenti"] * rate.reindex(pd.MultiIndex.from_frame(weights[["provincia", "sesso"]])).to_numpy()
    total = workers.groupby([weights["territorio"], weights["sesso"]]).transform(lambda s: s.sum(skipna=False))
    return weights.assign(peso=workers / total)


@recalled
def with_estimates(values: pd.DataFrame, weights: pd.DataFrame, level: str = "ats") -> pd.DataFrame:
    """Add to published values those of the territories estimated from their provinces.

    Parameters
    ----------
    values : DataFrame
        ``livello, territorio, anno, sesso, valore``: provinces (``livello`` = ``provincia``) and any larger territory.
    weights : DataFrame
        As from :func:`province_weights`.
    level : str
        Level of the territories of ``weights``.

    Returns
    -------
    DataFrame
        The rows given, then one per estimated territory, year and sex for which some province has a value. ``stima``
        is true where the value is ours, false where it is published: a territory that is one whole province takes
        its published value.
    """
    columns = ["livello", "territorio", "anno", "sesso", "valore"]
    published = values[columns].assign(stima=False)
    provinces = values.loc[values["livello"] == "provincia", columns[1:]].rename(columns={"territorio": "provincia"})
    estimated = from_provinces(provinces, weights)
    estimated = estimated.assign(livello=level, stima=~estimated["esatta"].astype(bool))
    return pd.concat([published, estimated[[*columns, "stima"]]], ignore_index=True)


@recalled
def rows_behind(values: pd.DataFrame, weights: pd.DataFrame, level: str = "ats") -> pd.DataFrame:
    """List the provincial rows each territory's estimate is made of, so that a reader can redo it.

    Parameters
    ----------
    values : DataFrame
        As for :func:`with_estimates`, with any other column (source, grade…); ``attrs`` are kept.
    weights : DataFrame
        As from :func:`province_weights`.
    level : str
        Level of the territories of ``weights``.

    Returns
    -------
    DataFrame
        ``livello, territorio`` (of the estimate), ``provincia, peso``, then the columns of ``values``; one row per
        territory and provincial row.
    """
    provinces = values[values["livello"] == "provincia"].drop(columns="livello")
    provinces = provinces.rename(columns={"territorio": "provincia"})
    rows = weights[["territorio", "provincia", "sesso", "peso"]].merge(provinces, on=["provincia", "sesso"])
    first = ["livello", "territorio", "provincia", "peso"]
    rows = rows.assign(livello=level)[[*first, *(c for c in provinces.columns if c not in first)]]
    rows.attrs = values.attrs
    return rows


def noise_factor(weights: pd.DataFrame, level: str = "ats") -> pd.Series:
    """Return how much of a province's yearly wobble is left in each territory.

    Parameters
    ----------
    weights : DataFrame
        As from :func:`province_weights`.
    level : str
        Level of the territories of ``weights``.

    Returns
    -------
    Series
        Indexed by ``livello, territorio``: one for the provinces; for the others the square root of the sum of their
        squared weights (both sexes together), taking the wobbles of different provinces as independent.
    """
    total = weights[weights["sesso"] == "T"]
    shrunk = np.sqrt((total["peso"] ** 2).groupby(total["territorio"]).sum())
    ones = pd.Series(1.0, index=pd.Index(sorted(total["provincia"].unique()), name="territorio"))
    return pd.concat({"provincia": ones, level: shrunk}, names=["livello", "territorio"]).rename("fattore")
