r"""From provinces to territories that are not provinces: weights by resident population.

Labour-force figures stop at the province; an ATS may be a whole province (Bergamo), several (Milano = Milano
and Lodi), or pieces of some (Montagna = Sondrio, the Valcamonica of Brescia, the Alto Lario of Como). The rate of a
territory is estimated as the mean of its provinces' rates, weighted by the residents of the right sex and age
who live in the comuni of the territory:

.. math:: \hat r_A^s = \sum_p \frac{P^s_{A \cap p}}{P^s_A} \, r_p^s

It assumes that, for each sex, the part of a province inside the territory has the province's own rate: a strong
assumption where the part is small and peculiar (mountain valleys), and no assumption at all where the territory is
exactly one province, whose published rate is then returned as it is.

This is a *synthetic* estimator: its error is mostly bias, which no sampling variance tells. A part that holds the
share :math:`q` of its province differs from it by :math:`(1-q)` times its distance from the rest of the province. That
distance is not observed; how far the parts of a whole usually are from the rest is learned where parts are known,
provinces within the region (:func:`part_spread`), as the mean squared error of synthetic estimates is averaged over
the areas that have direct ones. The interval adds it to the wobble of the published rates (:func:`with_bounds`), and
:func:`back_test` tries it on each province in turn.

References
----------
Gonzalez M. E., Waksberg J. (1973), "Estimation of the error of synthetic estimates", first meeting of the International
Association of Survey Statisticians, Vienna.
Rao J. N. K., Molina I. (2015), *Small Area Estimation*, 2nd edition, Wiley, chapter 3 (synthetic estimation and its
mean squared error).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import special

from conciliazione_lib.errors import CalcoloError

#: A share this close to one is a whole province: shares are ratios of integers, so only rounding can intervene.
_WHOLE = 1.0 - 1e-12


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
        ``cod_comune, eta, sesso, residenti`` (``sesso``: ``M``, ``F``), one reference date; ``attrs`` are kept.
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
            remedy="Usare popolazione e territori riferiti alla stessa data.",
        )
    keyed = inside.join(comuni[["provincia", to]].rename(columns={to: "territorio"}), on="cod_comune")
    long = _by_sex_and_total(keyed, ["territorio", "provincia"], "residenti")
    whole = _by_sex_and_total(keyed, ["provincia"], "residenti_provincia")
    long = long.merge(whole, on=["provincia", "sesso"])
    long["peso"] = long["residenti"] / long.groupby(["territorio", "sesso"])["residenti"].transform("sum")
    long["quota_provincia"] = long["residenti"] / long["residenti_provincia"]
    order = ["territorio", "provincia", "sesso", "residenti", "peso", "quota_provincia"]
    weights = long[order].sort_values(order[:3], ignore_index=True)
    weights.attrs = population.attrs
    return weights


def _by_sex_and_total(people: pd.DataFrame, keys: list[str], name: str) -> pd.DataFrame:
    cells = people.groupby([*keys, "sesso"], observed=True)["residenti"].sum().unstack("sesso")
    cells = cells.reindex(columns=["F", "M"]).fillna(0)
    cells["T"] = cells["F"] + cells["M"]
    return cells.reset_index().melt(keys, ["F", "M", "T"], var_name="sesso", value_name=name)


def province_residents(weights: pd.DataFrame) -> pd.Series:
    """Return the residents of each province, of both sexes, from the weights of the territories that share it.

    Parameters
    ----------
    weights : DataFrame
        As from :func:`province_weights`.

    Returns
    -------
    Series
        Indexed by ``provincia``.
    """
    total = weights[weights["sesso"] == "T"]
    return total.groupby("provincia")["residenti"].sum().astype("float64")


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
    whole = by_territory["quota_provincia"].min().ge(_WHOLE)
    return (one & whole).rename("esatta")


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
            remedy="Scegliere una sola misura, classe di età e serie.",
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
    complete = values.reindex(people.index).astype("float64")
    missing = complete.index[complete.isna()]
    if len(missing) == 1:
        complete[missing] = (whole * people.sum() - (complete * people).sum()) / people[missing]
    return complete


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
        for the employees, who are not counted at this level. Those of both sexes are women and men together, also where
        the rate of the two is not published. A province without a rate leaves its territories without weights.
    """
    rate = rates.set_index(["provincia", "sesso"])["valore"]
    workers = weights["residenti"] * rate.reindex(pd.MultiIndex.from_frame(weights[["provincia", "sesso"]])).to_numpy()
    place = [weights["territorio"], weights["provincia"]]
    either = workers.where(weights["sesso"].isin(["F", "M"]))
    together = either.groupby(place).transform(lambda s: s.sum(min_count=2))
    workers = workers.mask(weights["sesso"] == "T", together.fillna(workers))
    total = workers.groupby([weights["territorio"], weights["sesso"]]).transform(lambda s: s.sum(skipna=False))
    return weights.assign(peso=workers / total)


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


def imputed_share(weights: pd.DataFrame) -> pd.Series:
    """Return the share of each territory's estimate that rests on people who live outside it.

    Parameters
    ----------
    weights : DataFrame
        As from :func:`province_weights`.

    Returns
    -------
    Series
        From 0 to 1, indexed by ``territorio``: over its provinces, the sum of the weight times the share of the
        province that lives elsewhere. Zero where the territory is made of whole provinces; near one for a small piece
        of one.

    Examples
    --------
    >>> import pandas as pd
    >>> pesi = pd.DataFrame(
    ...     {
    ...         "territorio": ["montagna", "montagna"],
    ...         "provincia": ["SO", "BS"],
    ...         "sesso": "T",
    ...         "peso": [0.65, 0.35],
    ...         "quota_provincia": [1.0, 0.08],
    ...     }
    ... )
    >>> float(imputed_share(pesi)["montagna"].round(3))
    0.322
    """
    total = weights[weights["sesso"] == "T"]
    elsewhere = total["peso"] * (1 - total["quota_provincia"])
    shares = elsewhere.groupby(total["territorio"]).agg(lambda s: s.sum(skipna=False))
    # Shares are ratios of integers: what is left of whole provinces is rounding.
    return shares.mask(shares.abs() < 1 - _WHOLE, 0.0).rename("imputata")


def part_distances(values: pd.Series, people: pd.Series) -> pd.Series:
    """Distance of each part of a whole from all the others together.

    Parameters
    ----------
    values : Series
        Value of each part; parts without one are left out.
    people : Series
        Their weight in the whole, on an index that holds that of ``values``.

    Returns
    -------
    Series
        On the index of the values that are there, in their unit.
    """
    known = values.dropna().astype("float64")
    weight = people.reindex(known.index).astype("float64")
    rest = ((known * weight).sum() - known * weight) / (weight.sum() - weight)
    return known - rest


def part_spread(values: pd.Series, people: pd.Series, noise: float = 0.0) -> float:
    r"""How far a part of a territory usually is from the rest of it, learned from parts that are known.

    Parameters
    ----------
    values : Series
        Value of each province of the region; those without one are left out.
    people : Series
        Their weight, on an index that holds that of ``values``.
    noise : float
        Standard deviation of the wobble of one value, taken out of the distances.

    Returns
    -------
    float
        In the unit of the values: the root of the mean squared distance of a province from the rest of the region,
        less what noise alone would make of it. Zero where noise explains it all.

    Raises
    ------
    CalcoloError
        Fewer than four parts: nothing can be learned of their distances.

    References
    ----------
    Gonzalez and Waksberg (1973); Rao and Molina (2015), chapter 3: the mean over the areas of the squared difference
    between synthetic and direct estimate, less the variance of the direct one.
    """
    distances = part_distances(values, people)
    if len(distances) < 4:
        raise CalcoloError(
            f"Ci sono {len(distances)} province con un valore: per dire quanto distano ne servono almeno quattro.",
            remedy="Usare una misura o un anno che più province hanno.",
        )
    weight = people.reindex(distances.index).astype("float64")
    share = weight.to_numpy()[None, :] / (weight.sum() - weight.to_numpy())[:, None]
    np.fill_diagonal(share, 0.0)
    of_noise = noise**2 * (1 + (share**2).sum(axis=1))
    return float(np.sqrt(max((distances.to_numpy() ** 2 - of_noise).mean(), 0.0)))


def half_width(noise: float, spread: float, imputed: float, provinces: int, confidence: float = 0.95) -> float:
    """Half the interval of an estimate made of provinces, some of them only in part.

    Parameters
    ----------
    noise : float
        Standard deviation of the wobble of a province's value.
    spread : float
        As from :func:`part_spread`.
    imputed : float
        As from :func:`imputed_share`, of one territory.
    provinces : int
        How many provinces the spread was learned from: Student's t has one degree of freedom less.
    confidence : float
        Of the interval.

    Returns
    -------
    float
        In the unit of the values. The two halves (normal for the wobble, Student's t for the bias) are combined in
        quadrature. The wobbles of the provinces of a territory are not taken as independent, nor are the distances of
        its pieces (they may be of the same kind, as valleys are): so the interval is never narrower than that of one
        of the provinces it is made of.
    """
    tail = 1 - (1 - confidence) / 2
    wobble = special.ndtri(tail) * noise
    bias = special.stdtrit(provinces - 1, tail) * spread * imputed
    return float(np.hypot(wobble, bias))


def with_bounds(
    frame: pd.DataFrame,
    noise: Mapping[str, float],
    spread: Mapping[str, float],
    imputed: pd.Series,
    provinces: int,
    confidence: float = 0.95,
    level: str = "ats",
) -> pd.DataFrame:
    """Add to the values of provinces and of the territories estimated from them the interval of what is not known.

    Parameters
    ----------
    frame : DataFrame
        Indexed by ``livello, territorio`` and any other level.
    noise, spread : mapping of str to float
        For each column, as for :func:`half_width`.
    imputed : Series
        As from :func:`imputed_share`, indexed by ``territorio``.
    provinces : int
        As for :func:`half_width`.
    confidence : float
        Of the intervals.
    level : str
        Level of the territories of ``imputed``.

    Returns
    -------
    DataFrame
        A copy with ``<column>_inferiore``, ``<column>_superiore`` and ``<column>_imputata`` for each column. Larger
        territories (region, country) have no interval, and nothing imputed; neither has what neither wobbles nor is
        imputed.

    Raises
    ------
    CalcoloError
        A territory of the level has no imputed share: its interval would come out too narrow.
    """
    out = frame.copy()
    levels = frame.index.get_level_values("livello")
    codes = frame.index.get_level_values("territorio")
    unknown = sorted(set(codes[levels == level]) - set(imputed.dropna().index))
    if unknown:
        raise CalcoloError(
            f"Non si sa quanta parte delle stime è imputata per: {', '.join(unknown)}.",
            remedy="Dare i pesi, di tutte le province, con cui le stime sono fatte.",
        )
    share = pd.Series(np.where(levels == level, imputed.reindex(codes), 0.0), index=frame.index)
    inside = (levels == "provincia") | (levels == level)
    for column, wobble in noise.items():
        halves = {s: half_width(wobble, spread[column], s, provinces, confidence) for s in share.dropna().unique()}
        half = share.map(halves)
        half = half.where(inside & (half > 0))
        out[f"{column}_inferiore"] = frame[column] - half
        out[f"{column}_superiore"] = frame[column] + half
        out[f"{column}_imputata"] = share.where(frame[column].notna())
    return out


def back_test(
    values: pd.Series,
    people: pd.Series,
    noise: float = 0.0,
    sources: Mapping[str, Sequence[str]] | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Predict each province as a part that has no value of its own, and see whether the interval holds the true one.

    Parameters
    ----------
    values, people, noise
        As for :func:`part_spread`.
    sources : mapping of str to sequence of str, optional
        For each province those that stand for it (its neighbours); by default all the others.
    confidence : float
        Of the intervals.

    Returns
    -------
    DataFrame
        Indexed by province: ``valore``, ``previsto``, ``inferiore``, ``superiore`` and ``dentro`` (whether the interval
        holds the value). The spread is learned each time from the other provinces alone; the interval is that of a part
        wholly imputed, for a value that wobbles itself.
    """
    known = values.dropna().astype("float64")
    weight = people.reindex(known.index).astype("float64")
    rows = {}
    for province in known.index:
        others = known.drop(province)
        used = others if sources is None else others.reindex(list(sources[province])).dropna()
        predicted = float(np.average(used, weights=weight[used.index]))
        spread = part_spread(others, weight, noise)
        half = half_width(noise, spread, 1.0, len(others), confidence)
        rows[province] = {
            "valore": known[province],
            "previsto": predicted,
            "inferiore": predicted - half,
            "superiore": predicted + half,
        }
    out = pd.DataFrame.from_dict(rows, orient="index")
    return out.assign(dentro=out["valore"].between(out["inferiore"], out["superiore"]))
