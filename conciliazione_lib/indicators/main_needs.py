"""The few needs that a territory should look at first, where they are, and how money could follow them.

A need is a declared indicator that sets a territory apart from the region in the direction that means need, and from
most of its peers too: where one large territory makes the region, being under the region says little. How far apart is
told in standard deviations among the territories of the level, so that indicators of any unit can be put in order;
whether it is sure, by the comparison decided for the edition, which knows the uncertainty of the data.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import pandas as pd

from conciliazione_lib.indicators.resources import largest_remainder

#: How many needs a summary has, and how many it has at least.
MOST, LEAST = 4, 3
#: What is said of how sure a need is: the comparison decided it, or the value only points that way.
SURE, POSSIBLE = "certo", "possibile"
#: How many places a need is told in.
PLACES = 3
#: Outcome of a comparison that means need, by direction.
ADVERSE: Final = MappingProxyType({1: "sopra", -1: "sotto"})


def main_needs(
    values: pd.DataFrame, reference: pd.Series, outcomes: pd.DataFrame, candidates: pd.DataFrame
) -> pd.DataFrame:
    """Choose the needs of each territory: at most one a theme, the sure ones first, from the farthest.

    Parameters
    ----------
    values : DataFrame
        Index ``territorio``; one column for each indicator; missing values are left out.
    reference : Series
        Value of the region, by indicator.
    outcomes : DataFrame
        ``indicatore, territorio, esito``: how each value compares with the region's.
    candidates : DataFrame
        ``tema, indicatore, verso`` (1 where a higher value is more need, -1 where it is less).

    Returns
    -------
    DataFrame
        ``territorio, posto, indicatore, distanza`` (standard deviations from the region, towards need),
        ``certezza``, ``dai_pari`` (whether it sets the territory apart from most of its peers too): up to four rows a
        territory, three where only so many are sure and apart from the peers; others fill the third place.

    Examples
    --------
    >>> values = pd.DataFrame({"a": [1.0, 3.0], "b": [2.0, 1.0]}, index=["x", "y"])
    >>> outcomes = pd.DataFrame({"indicatore": ["a"], "territorio": ["y"], "esito": ["sopra"]})
    >>> candidates = pd.DataFrame({"tema": ["t", "u"], "indicatore": ["a", "b"], "verso": [1, 1]})
    >>> chosen = main_needs(values, pd.Series({"a": 2.0, "b": 1.5}), outcomes, candidates)
    >>> chosen[["territorio", "indicatore", "certezza"]].values.tolist()
    [['x', 'b', 'possibile'], ['y', 'a', 'certo']]
    """
    directions = candidates.set_index("indicatore")["verso"]
    themes = candidates.set_index("indicatore")["tema"]
    names = list(directions.index)
    apart = (values[names] - reference[names]) * directions / values[names].std(ddof=0)
    beyond = (values[names] - values[names].median()) * directions > 0
    keys = ["territorio", "indicatore"]
    long = pd.DataFrame({"distanza": apart.stack(), "dai_pari": beyond.stack()}).rename_axis(keys).reset_index()
    long = long.merge(outcomes, on=keys, how="left")
    long = long[long["distanza"] > 0]
    sure = long["esito"].eq(long["indicatore"].map(directions).map(ADVERSE))
    opposite = long["esito"].isin(["in_linea", "non_confrontabile"])
    long = long.assign(tema=long["indicatore"].map(themes), sure=sure, plain=sure & long["dai_pari"])[sure | ~opposite]
    order = ["plain", "dai_pari", "sure", "distanza"]
    long = long.sort_values(["territorio", *order], ascending=[True, *[False] * len(order)], kind="stable")
    long = long.drop_duplicates(["territorio", "tema"])
    long["posto"] = long.groupby("territorio").cumcount() + 1
    kept = long[long["posto"].le(MOST) & (long["plain"] | long["posto"].le(LEAST))]
    kept = kept.assign(certezza=kept["sure"].map({True: SURE, False: POSSIBLE}))
    return kept[["territorio", "posto", "indicatore", "distanza", "certezza", "dai_pari"]].reset_index(drop=True)


def strongest_places(
    values: pd.DataFrame, parents: pd.Series, outcomes: pd.DataFrame, candidates: pd.DataFrame
) -> pd.DataFrame:
    """Return where each need is strongest inside each territory: places that the data tell from the region.

    Parameters
    ----------
    values : DataFrame
        Index ``territorio`` (the places); one column for each indicator.
    parents : Series
        By place, the territory it is in, or the one that has most of its comuni.
    outcomes, candidates : DataFrame
        As for :func:`main_needs`; the outcomes are those of the places.

    Returns
    -------
    DataFrame
        ``territorio, indicatore, dove``: up to three codes in a row of text, from the strongest, divided by spaces; a
        territory is left out where they would be all of its places that have a value, which is to say nowhere.
    """
    found = []
    for name, direction in zip(candidates["indicatore"].astype(str), candidates["verso"].astype(int), strict=True):
        adverse = outcomes[outcomes["indicatore"].eq(name) & outcomes["esito"].eq(ADVERSE[direction])]["territorio"]
        order = (values.loc[values.index.isin(adverse), name] * direction).dropna()
        places = order.sort_values(ascending=False, kind="stable").index
        told = pd.DataFrame({"luogo": places, "territorio": parents.reindex(places).to_numpy()}).dropna()
        known = parents.reindex(values.index[values[name].notna()]).value_counts()
        told = told[
            told["territorio"].map(known) > told.groupby("territorio")["luogo"].transform("size").clip(upper=PLACES)
        ]
        rows = told.groupby("territorio")["luogo"].agg(lambda codes: " ".join(codes[:PLACES])).rename("dove")
        found.append(rows.reset_index().assign(indicatore=name))
    return pd.concat(found, ignore_index=True)[["territorio", "indicatore", "dove"]]


def programme(needs: pd.DataFrame, totals: Mapping[str, int], *, unit: int) -> pd.DataFrame:
    """Propose how the money of a territory could follow its needs: an equal share each, by macro-category.

    Parameters
    ----------
    needs : DataFrame
        ``territorio, macrocategoria``, one row a need.
    totals : mapping
        Money of each territory, in euros.
    unit : int
        Amounts are whole multiples of this, in euros.

    Returns
    -------
    DataFrame
        ``territorio, macrocategoria, bisogni, importo``: amounts sum to the total of the territory. Where all the
        needs are in one macro-category a quarter goes to city times, for the act wants at least two.
    """
    rows = []
    for territory, own in needs.groupby("territorio"):
        weights = own["macrocategoria"].value_counts().sort_index()
        shares = weights * 3 if len(weights) == 1 else weights
        if len(weights) == 1:
            shares = pd.concat([shares, pd.Series({"tempi": weights.iloc[0]})])
        amounts = largest_remainder(shares, totals[str(territory)], unit)
        rows += [(territory, macro, int(weights.get(macro, 0)), float(amount)) for macro, amount in amounts.items()]
    return pd.DataFrame(rows, columns=["territorio", "macrocategoria", "bisogni", "importo"])
