"""Demand and supply of services side by side, territory by territory: what the map of needs is made of.

Tables come in as read from the catalog; a territory whose comuni were not all surveyed has no supply, because a part
would pass for the whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators import demography
from conciliazione_lib.indicators.accessibility import (
    Decay,
    border_balance,
    catchment_flows,
    gaussian_decay,
    two_step_fca,
)
from conciliazione_lib.indicators.services import coverage, places_by_comune, spread, target_population

OLDEST = 200
# Beside the bands of demography: the ages of pre- and after-school care, and of work.
BANDS: Mapping[str, tuple[int, int]] = MappingProxyType({"residenti_3_13": (3, 13), "residenti_18_64": (18, 64)})
PARTIAL = "l'offerta è nota solo per una parte dei comuni"


def demand(population: pd.DataFrame, norms: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Residents by the ages the services are for, and the places that the norms would ask for.

    Parameters
    ----------
    population : DataFrame
        Rows ``territorio, eta, sesso, residenti``.
    norms : mapping, optional
        Places per 100 residents of 0-2 years that each norm asks for.

    Returns
    -------
    DataFrame
        Index ``territorio``; bands, shares and indices of :func:`conciliazione_lib.indicators.demography.profile`, the
        columns of `BANDS` and, for each norm, ``posti_richiesti_<norm>`` (rounded up).
    """
    table = demography.profile(population).set_index("territorio")
    for name, ages in BANDS.items():
        table[name] = target_population(population, *ages)
    for norm, value in (norms or {}).items():
        # The tiny margin keeps 33% of 100 from becoming 34 places because of the binary fraction.
        table[f"posti_richiesti_{norm}"] = np.ceil(table["residenti_0_2"] * value / 100.0 - 1e-9)
    return table


def surveyed(supply: pd.DataFrame, ats: pd.Series) -> pd.Index:
    """Comuni whose supply is known: those of the ATS that have at least one row in the list.

    An ATS keeps one list of a type of service for its whole territory, so a comune that is not in it has none. Where
    a list covers less, its ATS has to say so with rows of 0 places, or to leave that type out.

    Parameters
    ----------
    supply : DataFrame
        Rows of the list for the types of interest, with ``cod_comune``.
    ats : Series
        ATS of every comune in force.

    Returns
    -------
    Index
        Codes of the comuni, in the order of ``ats``.

    Raises
    ------
    CalcoloError
        When a row is in a comune that is not in force.
    """
    unknown = sorted(set(supply["cod_comune"]) - set(ats.index))
    if unknown:
        raise CalcoloError(f"L'elenco dei servizi ha comuni che non sono in vigore: {', '.join(unknown[:10])}.")
    listed = set(ats.loc[supply["cod_comune"]].dropna())
    return ats.index[ats.isin(listed)]


def early_childhood(
    places: pd.Series, children: pd.Series, groups: pd.Series, norms: Mapping[str, float]
) -> pd.DataFrame:
    """Places for children of 0-2 years, coverage, gaps to the norms and spread over the comuni.

    Parameters
    ----------
    places : Series
        Places by comune surveyed (0 where there are none).
    children : Series
        Residents of 0-2 years by comune, of all the comuni in force.
    groups : Series
        Territory of every comune in force (the code itself for the level of comuni); missing where it has none.
    norms : mapping
        Places per 100 of each norm.

    Returns
    -------
    DataFrame
        Index ``territorio``; one column for each indicator of early childhood and their terms. A territory with a
        comune that was not surveyed has missing values, and says why in the columns ``<indicator>_motivo``.
    """
    territories = pd.Index(sorted(groups.dropna().unique()), name="territorio")
    known = groups.index.isin(places.dropna().index)
    whole = pd.Series(known, index=groups.index).groupby(groups).all().reindex(territories)
    people = children.reindex(groups.index).groupby(groups).sum().reindex(territories)
    total = places.reindex(groups.index).groupby(groups).sum().reindex(territories).where(whole)
    table = coverage(total, people, norms).rename(
        columns={
            "posti": "posti_prima_infanzia",
            "residenti_target": "residenti_0_2",
            "posti_per_100": "copertura_prima_infanzia",
        }
    )
    reach = spread(places, children, groups).reindex(territories).where(whole)
    table["comuni_rilevati"] = reach["comuni"]
    table["comuni_con_nido"] = reach["comuni_con_servizio"]
    table["quota_comuni_con_nido"] = reach["quota_comuni"]
    table["residenti_0_2_serviti"] = reach["residenti_serviti"]
    table["quota_residenti_0_2_con_nido"] = reach["quota_residenti"]
    table["residenti_0_2_senza_nido"] = table["residenti_0_2"] - reach["residenti_serviti"]
    table.attrs["motivi"] = {column: PARTIAL for column in table.columns if column != "residenti_0_2"}
    return table


def by_area(
    supply: pd.DataFrame, types: pd.DataFrame, population: pd.DataFrame, groups: pd.Series, ats: pd.Series
) -> pd.DataFrame:
    """Services, places and people of each area of need, by territory.

    Parameters
    ----------
    supply : DataFrame
        Table ``servizi_offerta``; may be empty.
    types : DataFrame
        Table ``tipi_servizio``.
    population : DataFrame
        Rows ``territorio, eta, residenti`` of the territories of ``groups``.
    groups, ats : Series
        Territory and ATS of every comune in force.

    Returns
    -------
    DataFrame
        Columns ``territorio, macrocategoria, area, residenti_target, servizi_unita, servizi_posti`` in the order of the
        types. People are those of the widest age band among the types of the area. Services and places are missing
        where no list of the area covers the whole territory.
    """
    rows = []
    kinds = types.assign(eta_a=types["eta_a"].fillna(OLDEST).astype(int))
    territories = sorted(groups.dropna().unique())
    for (letter, area), kind in kinds.groupby(["macrocategoria", "area"], sort=False):
        people = target_population(population, int(kind["eta_da"].min()), int(kind["eta_a"].max()))
        listed = supply[supply["tipo"].isin(kind["tipo"])]
        known = groups.index.isin(surveyed(listed, ats))
        whole = pd.Series(known, index=groups.index).groupby(groups).all()
        where = listed["cod_comune"].map(groups)
        units = listed.groupby(where).size().reindex(territories, fill_value=0).where(whole)
        places = listed.groupby(where)["posti"].sum(min_count=1).reindex(territories).where(whole)
        rows.append(
            pd.DataFrame(
                {
                    "territorio": territories,
                    "macrocategoria": letter,
                    "area": area,
                    "residenti_target": people.reindex(territories).to_numpy(),
                    "servizi_unita": units.to_numpy(float),
                    "servizi_posti": places.astype(float).to_numpy(),
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def nursery_places(supply: pd.DataFrame, types: pd.DataFrame, ats: pd.Series) -> pd.Series:
    """Places for early childhood by comune surveyed.

    Parameters
    ----------
    supply : DataFrame
        Table ``servizi_offerta``.
    types : DataFrame
        Table ``tipi_servizio``: the types with ``prima_infanzia`` count.
    ats : Series
        ATS of every comune in force.

    Returns
    -------
    Series
        Places by comune; empty when no list has services of this kind.
    """
    kinds = types.loc[types["prima_infanzia"] == "si", "tipo"]
    listed = supply[supply["tipo"].isin(kinds)]
    return places_by_comune(listed, surveyed(listed, ats))


def public_share(supply: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """Places under public management, by territory.

    Parameters
    ----------
    supply : DataFrame
        Rows of the list: ``cod_comune, gestione, posti``.
    groups : Series
        Territory of every comune.

    Returns
    -------
    DataFrame
        Index ``territorio``; ``posti_pubblici``, ``posti_gestione_nota`` and ``quota_posti_pubblici`` (%).
    """
    known = supply.dropna(subset=["gestione", "posti"])
    where = known["cod_comune"].map(groups)
    places = known["posti"].astype(float)
    table = pd.DataFrame(
        {
            "posti_pubblici": places.where(known["gestione"] == "pubblica", 0.0).groupby(where).sum(),
            "posti_gestione_nota": places.groupby(where).sum(),
        }
    ).rename_axis("territorio")
    table["quota_posti_pubblici"] = (100.0 * table["posti_pubblici"] / table["posti_gestione_nota"]).where(
        table["posti_gestione_nota"] > 0
    )
    return table


def nursery_access(
    places: pd.Series,
    children: pd.Series,
    minutes: pd.DataFrame,
    threshold: float,
    decay: Decay | None = None,
) -> pd.DataFrame:
    """Access to early childhood by comune, and the places each comune takes from the others.

    Parameters
    ----------
    places : Series
        Places by comune surveyed; a missing number counts as no places reached.
    children : Series
        Residents of 0-2 years by comune.
    minutes : DataFrame
        Travel times between the comuni surveyed.
    threshold : float
        Minutes within which a service is reached.
    decay : callable, optional
        See :func:`conciliazione_lib.indicators.accessibility.two_step_fca`.

    Returns
    -------
    DataFrame
        Index ``territorio`` (codes of the comuni surveyed): ``accesso_prima_infanzia``, places per 100 children. Only
        the supply and the demand of the comuni surveyed compete, so access near an outer border is approximate.
    """
    supply = places.fillna(0.0)
    people = children.reindex(supply.index)
    within = minutes.loc[supply.index, supply.index]
    access = two_step_fca(supply, people, within, threshold, decay)
    return pd.DataFrame({"accesso_prima_infanzia": 100.0 * pd.Series(access)}).rename_axis("territorio")


def out_of_reach(
    places: pd.Series, children: pd.Series, minutes: pd.DataFrame, thresholds: Sequence[float], groups: pd.Series
) -> pd.DataFrame:
    """Children who reach no place at all, for several thresholds: how much the choice of the threshold weighs.

    Parameters
    ----------
    places, children, minutes
        As in `nursery_access`.
    thresholds : sequence of float
        Minutes.
    groups : Series
        Territory of every comune; comuni without one are left out.

    Returns
    -------
    DataFrame
        One row for each territory and threshold: ``territorio, soglia, residenti_0_2, residenti_0_2_senza_accesso,
        quota_senza_accesso`` (% of the children).
    """
    supply = places.fillna(0.0)
    people = children.reindex(supply.index)
    within = minutes.loc[supply.index, supply.index[supply > 0]]
    where = groups.reindex(supply.index)
    rows = []
    for threshold in thresholds:
        reached = (within <= threshold).any(axis=1)
        counts = pd.DataFrame({"residenti_0_2": people, "residenti_0_2_senza_accesso": people.where(~reached, 0)})
        rows.append(counts.groupby(where).sum().rename_axis("territorio").reset_index().assign(soglia=threshold))
    table = pd.concat(rows, ignore_index=True)
    share = 100.0 * table["residenti_0_2_senza_accesso"] / table["residenti_0_2"]
    table["quota_senza_accesso"] = share.where(table["residenti_0_2"] > 0)
    return table


def nursery_borders(
    places: pd.Series,
    children: pd.Series,
    minutes: pd.DataFrame,
    groups: pd.Series,
    threshold: float,
    decay: Decay | None = None,
) -> pd.DataFrame:
    """Which territories rely on their neighbours for early childhood, according to the access model.

    Parameters
    ----------
    places, children, minutes, threshold, decay
        As in `nursery_access`.
    groups : Series
        Territory of every comune; comuni without one form the territory ``non-attribuito``.

    Returns
    -------
    DataFrame
        Index ``territorio``; ``posti_residenti, posti_da_vicini, posti_a_vicini, saldo_posti, quota_da_vicini``.
    """
    supply = places.fillna(0.0)
    flows = catchment_flows(
        supply, children.reindex(supply.index), minutes.loc[supply.index, supply.index], threshold, decay
    )
    balance = border_balance(flows, groups.reindex(supply.index).fillna("non-attribuito"))
    wanted = ["posti_residenti", "posti_da_vicini", "posti_a_vicini", "saldo", "quota_da_vicini"]
    return balance[wanted].rename(columns={"saldo": "saldo_posti"})


@dataclass(frozen=True)
class Reach:
    """What the access model says of early childhood, with the choices it was made with.

    Attributes
    ----------
    comuni : DataFrame
        From :func:`nursery_access`.
    soglie : DataFrame
        From :func:`out_of_reach`.
    confini : DataFrame
        From :func:`nursery_borders`, without the comuni that have no territory.
    bandwidth : int
        Minutes of the Gaussian decay: half the threshold.
    """

    comuni: pd.DataFrame
    soglie: pd.DataFrame
    confini: pd.DataFrame
    bandwidth: int


def nursery_reach(
    places: pd.Series,
    children: pd.Series,
    minutes: pd.DataFrame,
    threshold: int,
    wholes: pd.Series,
    parts: pd.Series,
    thresholds: Sequence[float] = (10, 15, 20, 30),
) -> Reach:
    """Run the two-step floating catchment model of early childhood and all that is read from it.

    Parameters
    ----------
    places, children, minutes
        As in :func:`nursery_access`.
    threshold : int
        Minutes within which a service is reached; the weight of a trip falls as a Gaussian half as wide.
    wholes : Series
        Territory of every comune over which children out of reach are counted.
    parts : Series
        Territory of every comune between which places are shared.
    thresholds : sequence of float
        Those tried to see how much the choice weighs.

    Returns
    -------
    Reach
    """
    bandwidth = threshold // 2
    decay = gaussian_decay(bandwidth)
    borders = nursery_borders(places, children, minutes, parts, threshold, decay)
    return Reach(
        comuni=nursery_access(places, children, minutes, threshold, decay),
        soglie=out_of_reach(places, children, minutes, thresholds, wholes),
        confini=borders.drop("non-attribuito", errors="ignore"),
        bandwidth=bandwidth,
    )
