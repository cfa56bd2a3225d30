"""Supply of services against the people they are for: coverage, gaps to norms, spread, public/private mix.

Places and people come as Series indexed by territory. A territory that is not in the supply is not a territory
without services: whoever calls says which territories were surveyed, and gives them a 0.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from conciliazione_lib.errors import CalcoloError


def target_population(population: pd.DataFrame, age_from: int, age_to: int) -> pd.Series:
    """Residents of an age band, by territory.

    Parameters
    ----------
    population : DataFrame
        Rows ``territorio, eta, residenti`` (and any other key, such as ``sesso``); ages in single years, the last
        one open.
    age_from, age_to : int
        First and last age, both included.

    Returns
    -------
    Series
        ``residenti`` by ``territorio``, sorted; 0 where a territory has nobody of that age.

    Raises
    ------
    CalcoloError
        When the band is empty.
    """
    if age_from > age_to:
        raise CalcoloError(f"La fascia di età da {age_from} a {age_to} anni è vuota.")
    in_band = population["eta"].between(age_from, age_to)
    counted = population["residenti"].where(in_band, 0).groupby(population["territorio"]).sum()
    return counted.rename("residenti").sort_index()


def coverage(
    places: pd.Series,
    target: pd.Series,
    norms: Mapping[str, float] | None = None,
    minimum: int = 0,
) -> pd.DataFrame:
    """Places per 100 people of the target age, and the distance from each norm.

    A value above 100 is real where a small comune hosts a service used by others: it is never clipped.

    Parameters
    ----------
    places : Series
        Authorised places by territory; missing where the supply is not known.
    target : Series
        People of the target age by territory; its index decides the territories of the result.
    norms : mapping of str to float, optional
        Places per 100 that each norm asks for.
    minimum : int
        Below this number of people the ratio is not given (missing); the places still are.

    Returns
    -------
    DataFrame
        Index of ``target``; ``posti``, ``residenti_target``, ``posti_per_100`` and, for each norm,
        ``scarto_<norm>`` (percentage points; negative means below the norm) and ``posti_mancanti_<norm>`` (places still
        to be opened to reach it, rounded up; 0 when reached). Missing places give missing results.

    Raises
    ------
    CalcoloError
        When places or people are negative, or places belong to a territory that the target does not have.

    Notes
    -----
    The places missing in a territory are those it lacks as a whole. They are no more than the sum over its parts,
    because a part above the norm makes up for another below it.
    """
    lost = sorted(map(str, set(places.dropna().index) - set(target.index)))
    if lost:
        raise CalcoloError(
            f"Ci sono posti in territori di cui manca la popolazione: {', '.join(lost[:10])}.",
            "Controllare i codici, oppure la data della popolazione.",
        )
    supply = places.reindex(target.index).astype(float)
    people = target.astype(float)
    if (supply < 0).any() or (people < 0).any():
        raise CalcoloError("I posti e i residenti non possono essere negativi.")
    enough = (people > 0) & (people >= minimum)
    result = pd.DataFrame({"posti": supply, "residenti_target": people})
    result["posti_per_100"] = (100.0 * supply / people).where(enough)
    for name, norm in (norms or {}).items():
        result[f"scarto_{name}"] = result["posti_per_100"] - norm
        # The tiny margin keeps 33% of 100 from asking for 34 places because of the binary fraction.
        result[f"posti_mancanti_{name}"] = np.ceil((norm * people / 100.0 - supply).clip(lower=0.0) - 1e-9)
    return result


def supply_by_comune(supply: pd.DataFrame, surveyed: pd.Index) -> pd.DataFrame:
    """Places by comune, with how many services they are of and how many did not say theirs.

    Parameters
    ----------
    supply : DataFrame
        One row per service: ``cod_comune`` and ``posti`` (missing where the number is not known).
    surveyed : Index
        Comuni that the list claims to cover.

    Returns
    -------
    DataFrame
        Index ``surveyed``; ``posti`` (sum of the known ones; missing where services are there but none says its
        places), ``servizi``, ``servizi_senza_posti``, ``posti_stato`` and ``posti_motivo`` (see :func:`partial`).

    Raises
    ------
    CalcoloError
        When a service is in a comune that was not surveyed.
    """
    places = places_by_comune(supply, surveyed)
    groups = supply["posti"].isna().groupby(supply["cod_comune"])
    table = pd.DataFrame(
        {
            "posti": places,
            "servizi": groups.size().reindex(surveyed, fill_value=0),
            "servizi_senza_posti": groups.sum().reindex(surveyed, fill_value=0).astype(int),
        }
    )
    return table.join(partial(table["servizi"], table["servizi_senza_posti"]).add_prefix("posti_"))


def partial(services: pd.Series, unknown: pd.Series) -> pd.DataFrame:
    """Tell sums of places that are whole from lower bounds, and from sums of nothing.

    Parameters
    ----------
    services, unknown : Series
        Services counted, and those among them whose number of places is not known, by territory.

    Returns
    -------
    DataFrame
        Index of ``services``; ``stato`` (``presente``; ``parziale``: the sum is a lower bound; ``non_disponibile``: no
        service says its places) and ``motivo`` (empty when the sum is whole).

    Examples
    --------
    >>> partial(pd.Series({"pavia": 346}), pd.Series({"pavia": 20})).loc["pavia"].tolist()
    ['parziale', '20 servizi su 346 senza il numero dei posti']
    """
    none = (unknown > 0) & (unknown == services)
    state = pd.Series("presente", index=services.index, dtype=object)
    state = state.mask(unknown > 0, "parziale").mask(none, "non_disponibile")
    told = [
        ""
        if not missing
        else f"nessuno dei {many} servizi dà il numero dei posti"
        if missing == many > 1
        else "il servizio non dà il numero dei posti"
        if missing == many
        else f"{missing} {'servizio' if missing == 1 else 'servizi'} su {many} senza il numero dei posti"
        for many, missing in zip(services.fillna(0).astype(int), unknown.fillna(0).astype(int), strict=True)
    ]
    return pd.DataFrame({"stato": state, "motivo": pd.Series(told, index=services.index, dtype=object)})


def spread(places: pd.Series, target: pd.Series, groups: pd.Series) -> pd.DataFrame:
    """How many comuni have the service, and how many people of the target age live in them.

    Parameters
    ----------
    places, target : Series
        Places and people of the target age, by comune; a comune whose supply is not known is missing in
        ``places`` and left out of both counts.
    groups : Series
        Territory of each comune; comuni without one are left out.

    Returns
    -------
    DataFrame
        Index ``territorio``, sorted; ``comuni`` (with known supply), ``comuni_con_servizio``, ``quota_comuni`` (%),
        ``residenti_target``, ``residenti_serviti`` (they live in a comune with at least one place) and
        ``quota_residenti`` (%).
    """
    known = places.dropna().index.intersection(target.index).intersection(groups.dropna().index)
    served = places.loc[known] > 0
    people = target.loc[known]
    table = pd.DataFrame(
        {
            "comuni": 1,
            "comuni_con_servizio": served.astype(int),
            "residenti_target": people,
            "residenti_serviti": people.where(served, 0),
        }
    )
    table = table.groupby(groups.loc[known]).sum().rename_axis("territorio")
    table["quota_comuni"] = 100.0 * table["comuni_con_servizio"] / table["comuni"]
    table["quota_residenti"] = (100.0 * table["residenti_serviti"] / table["residenti_target"]).where(
        table["residenti_target"] > 0
    )
    return table


def places_by_comune(supply: pd.DataFrame, surveyed: pd.Index) -> pd.Series:
    """Places by comune, with a 0 in the comuni that were surveyed and have none.

    Parameters
    ----------
    supply : DataFrame
        One row per service: ``cod_comune`` and ``posti`` (missing where the number is not known).
    surveyed : Index
        Comuni that the list claims to cover.

    Returns
    -------
    Series
        Places by comune of ``surveyed``; missing where a service is there but none of its places is known.

    Raises
    ------
    CalcoloError
        When a service is in a comune that was not surveyed.
    """
    outside = sorted(set(supply["cod_comune"]) - set(surveyed))
    if outside:
        raise CalcoloError(f"Ci sono servizi in comuni fuori dal territorio rilevato: {', '.join(outside[:10])}.")
    known = supply.groupby("cod_comune")["posti"].sum(min_count=1)
    return known.reindex(surveyed).where(surveyed.isin(known.index), 0.0).astype(float).rename("posti")
