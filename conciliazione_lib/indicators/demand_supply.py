"""Demand and supply of services side by side, territory by territory: what the map of needs is made of.

Tables come in as read from the catalog; a territory whose comuni were not all surveyed has no supply, because a part
would pass for the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

import conciliazione_lib.indicators.demography as demography
import conciliazione_lib.indicators.supply_origin as supply_origin
from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators.accessibility import (
    Decay,
    border_balance,
    catchment_flows,
    gaussian_decay,
    two_step_fca,
)
from conciliazione_lib.indicators.services import (
    coverage,
    partial,
    places_by_comune,
    spread,
    supply_by_comune,
    target_population,
)

OLDEST = 200
# Beside the bands of demography: the ages of pre- and after-school care, and of work.
BANDS: Mapping[str, tuple[int, int]] = MappingProxyType({"residenti_3_13": (3, 13), "residenti_18_64": (18, 64)})
#: What is said of how places are spread and managed, in a territory of several comuni.
SPREAD = ("quota_comuni_con_nido", "quota_residenti_0_2_con_nido", "residenti_0_2_senza_nido", "quota_posti_pubblici")
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


def demand_by_level(population: pd.DataFrame, norms: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Compute the :func:`demand` of the territories of several levels.

    Parameters
    ----------
    population : DataFrame
        Rows ``livello, territorio, eta, sesso, residenti``.
    norms : mapping, optional
        As for :func:`demand`.

    Returns
    -------
    DataFrame
        As :func:`demand`, and ``livello``: the same code may be at two levels.

    Examples
    --------
    >>> import pandas as pd
    >>> row = {"livello": "ats", "territorio": "pavia", "eta": 1, "sesso": "F", "residenti": 10}
    >>> people = pd.DataFrame([row, row | {"livello": "ambito", "residenti": 4}])
    >>> demand_by_level(people).set_index("livello")["residenti_0_2"].to_dict()
    {'ats': 10.0, 'ambito': 4.0}
    """
    levels = population.groupby("livello", sort=False)
    return pd.concat(demand(rows.drop(columns="livello"), norms).assign(livello=level) for level, rows in levels)


def surveyed(supply: pd.DataFrame, ats: pd.Series) -> pd.Index:
    """Comuni whose supply is known: those of the ATS that have at least one row in the list.

    An ATS keeps one list of a type of service for its whole territory, so a comune that is not in it has none. Where
    a list covers less, it says so (``elenco_completo`` is ``no``): then only the comuni that it names are known, and
    one without services has a row of 0 places.

    Parameters
    ----------
    supply : DataFrame
        Rows of the list for the types of interest, with ``cod_comune`` and, if it has it, ``elenco_completo``.
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
    own = ats.loc[supply["cod_comune"]]
    incomplete = own[(supply["elenco_completo"] == "no").to_numpy(bool)] if "elenco_completo" in supply else own[:0]
    whole = set(own.dropna()) - set(incomplete)
    return ats.index[ats.isin(whole) | ats.index.isin(supply["cod_comune"])]


def early_childhood(
    places: pd.Series | pd.DataFrame, children: pd.Series, groups: pd.Series, norms: Mapping[str, float]
) -> pd.DataFrame:
    """Places for children of 0-2 years, coverage, gaps to the norms and spread over the comuni.

    Parameters
    ----------
    places : DataFrame or Series
        Supply by comune surveyed, from :func:`nursery_supply`; a Series is that of a list whose services all say their
        places (0 where there are none), and a missing one then leaves the whole territory without a number.
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
        comune that was not surveyed has missing values, and ``attrs["motivi"]`` says why. With a supply that tells the
        services without a number, also ``servizi_prima_infanzia``, ``servizi_senza_posti`` and, for each indicator that
        rests on the places, ``<indicator>_stato`` and ``<indicator>_motivo``: places, coverage and distance from the
        norms
        are lower bounds (``parziale``); the places missing from a norm would be an upper bound, so they are not given
        unless the norm is reached anyway.
    """
    if isinstance(places, pd.DataFrame):
        return _with_unknown_places(places, children, groups, norms)
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


def _with_unknown_places(
    supply: pd.DataFrame, children: pd.Series, groups: pd.Series, norms: Mapping[str, float]
) -> pd.DataFrame:
    """Early childhood where some services do not say their places: sums of the others, told for what they are."""
    known = supply["posti"].fillna(0.0)
    table = early_childhood(known, children, groups, norms)
    # A service is there even when the number of its places is not known.
    reach = spread(known + supply["servizi_senza_posti"], children, groups).reindex(table.index)
    reach = reach.where(table["comuni_rilevati"].notna())
    table["comuni_con_nido"] = reach["comuni_con_servizio"]
    table["quota_comuni_con_nido"] = reach["quota_comuni"]
    table["residenti_0_2_serviti"] = reach["residenti_serviti"]
    table["quota_residenti_0_2_con_nido"] = reach["quota_residenti"]
    table["residenti_0_2_senza_nido"] = table["residenti_0_2"] - reach["residenti_serviti"]
    whole = table["posti_prima_infanzia"].notna()
    counts = supply[["servizi", "servizi_senza_posti"]].reindex(groups.index).groupby(groups).sum().reindex(table.index)
    table["servizi_prima_infanzia"] = counts["servizi"].where(whole)
    table["servizi_senza_posti"] = counts["servizi_senza_posti"].where(whole)
    told = partial(counts["servizi"].where(whole, 0), counts["servizi_senza_posti"].where(whole, 0))
    bounded = told["stato"] != "presente"
    for column in ("posti_prima_infanzia", "copertura_prima_infanzia", *(f"scarto_{norm}" for norm in norms)):
        table[column] = table[column].where(told["stato"] != "non_disponibile")
        table[f"{column}_stato"] = told["stato"].where(whole, "")
        table[f"{column}_motivo"] = told["motivo"].where(whole, "")
    for norm in norms:
        column = f"posti_mancanti_{norm}"
        at_most = table[column]
        open_ = whole & bounded & (at_most > 0)
        table[column] = at_most.where(~open_)
        table[f"{column}_stato"] = (
            pd.Series("presente", index=table.index).mask(open_, "non_disponibile").where(whole, "")
        )
        table[f"{column}_motivo"] = [
            f"al più {most:.0f}: {why}" if some else ""
            for some, most, why in zip(open_, at_most, told["motivo"], strict=True)
        ]
    return table


def coverage_by_level(
    supply: pd.DataFrame,
    children: pd.Series,
    groups: Mapping[str, pd.Series],
    norms: Mapping[str, float],
    listed: pd.DataFrame,
) -> pd.DataFrame:
    """Compute :func:`early_childhood` and :func:`public_share` at several levels, and say whose places they are.

    Parameters
    ----------
    supply : DataFrame
        Supply by comune known, with ``origine``, from :func:`conciliazione_lib.indicators.supply_origin.nurseries`.
    children : Series
        Residents of 0-2 years by comune, of all the comuni in force.
    groups : mapping of str to Series
        Territory of every comune, by level.
    norms : mapping
        Places per 100 of each norm.
    listed : DataFrame
        Rows of the lists for early childhood, whose managers are known.

    Returns
    -------
    DataFrame
        The columns of both, ``livello``, ``origine`` (whose places: empty where nobody's) and, for each measure of
        :func:`measures`, ``<measure>_metodo``, which is the origin too.
    """
    parts = []
    for level, group in groups.items():
        table = early_childhood(supply, children, group, norms).join(public_share(listed, group))
        origin = supply_origin.of_territories(supply["origine"], group).reindex(table.index)
        methods = {f"{name}_metodo": origin for name in measures(norms, level)}
        parts.append(table.assign(livello=level, origine=origin, **methods))
    joined = pd.concat(parts)
    joined.attrs["motivi"] = dict.fromkeys(joined.columns, PARTIAL)
    return joined


def measures(norms: Iterable[str], level: str) -> list[str]:
    """Return the measures of early childhood that a level has: of a comune alone, its places and no spread.

    Parameters
    ----------
    norms : iterable of str
        The norms that coverage is compared with.
    level : str
        The level.

    Returns
    -------
    list of str
        Columns of :func:`coverage_by_level`.

    Examples
    --------
    >>> measures(["lep"], "comune")
    ['posti_prima_infanzia', 'copertura_prima_infanzia', 'scarto_lep', 'posti_mancanti_lep']
    """
    distances = [f"{name}_{norm}" for norm in norms for name in ("scarto", "posti_mancanti")]
    return ["posti_prima_infanzia", "copertura_prima_infanzia", *distances, *(SPREAD if level != "comune" else ())]


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
        where no list of the area covers the whole territory. ``servizi_senza_posti`` counts the services of a type
        that has
        places which do not say theirs; ``servizi_posti_stato`` and ``servizi_posti_motivo`` tell a whole sum from a
        lower bound, and an area whose services have no places at all (``non_applicabile``).
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
        counted = listed[listed["posti"].notna() | listed["tipo"].isin(kind.loc[kind["con_posti"] == "si", "tipo"])]
        of = counted["posti"].isna().groupby(counted["cod_comune"].map(groups))
        with_places = of.size().reindex(territories, fill_value=0)
        unknown = of.sum().reindex(territories, fill_value=0).astype(int)
        told = partial(with_places, unknown)
        bare = (units > 0).to_numpy() & (with_places == 0).to_numpy()
        rows.append(
            pd.DataFrame(
                {
                    "territorio": territories,
                    "macrocategoria": letter,
                    "area": area,
                    "residenti_target": people.reindex(territories).to_numpy(),
                    "servizi_unita": units.to_numpy(float),
                    "servizi_posti": places.astype(float).to_numpy(),
                    "servizi_senza_posti": unknown.where(whole.reindex(territories)).to_numpy(float),
                    "servizi_posti_stato": _typed(told["stato"], whole.reindex(territories), bare, "non_applicabile"),
                    "servizi_posti_motivo": _typed(
                        told["motivo"], whole.reindex(territories), bare, "questi servizi non si misurano in posti"
                    ),
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def _typed(told: pd.Series, whole: pd.Series, bare: np.ndarray, without: str) -> np.ndarray:
    """Return states or reasons by territory: none where nothing is known, another where nothing has places."""
    return np.where(whole.to_numpy(bool), np.where(bare, without, told.to_numpy()), "")


def nursery_supply(supply: pd.DataFrame, types: pd.DataFrame, ats: pd.Series) -> pd.DataFrame:
    """Supply for early childhood by comune surveyed: places, services, and services that do not say their places.

    Parameters
    ----------
    supply, types, ats
        As in :func:`nursery_places`.

    Returns
    -------
    DataFrame
        From :func:`conciliazione_lib.indicators.services.supply_by_comune`; empty when no list has services of this
        kind.
    """
    kinds = types.loc[types["prima_infanzia"] == "si", "tipo"]
    listed = supply[supply["tipo"].isin(kinds)]
    return supply_by_comune(listed, surveyed(listed, ats))


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
        Index ``territorio``; ``posti_pubblici``, ``posti_gestione_nota`` and ``quota_posti_pubblici`` (%). The first
        two
        are lower bounds where a service does not say its places or its management, and say so in ``<column>_stato`` and
        ``<column>_motivo``; the share is of the known ones, and its reason says how many they are.
    """
    where = supply["cod_comune"].map(groups)
    silent = (supply["gestione"].isna() | supply["posti"].isna()).groupby(where)
    services, unknown = silent.size(), silent.sum().astype(int)
    known = supply.dropna(subset=["gestione", "posti"])
    of = known["cod_comune"].map(groups)
    places = known["posti"].astype(float)
    table = pd.DataFrame(
        {
            "posti_pubblici": places.where(known["gestione"] == "pubblica", 0.0).groupby(of).sum(),
            "posti_gestione_nota": places.groupby(of).sum(),
        }
    ).rename_axis("territorio")
    table["quota_posti_pubblici"] = (100.0 * table["posti_pubblici"] / table["posti_gestione_nota"]).where(
        table["posti_gestione_nota"] > 0
    )
    missing = unknown.reindex(table.index)
    told = [
        f"{n} {'servizio' if n == 1 else 'servizi'} su {m} senza il numero dei posti o la gestione" if n else ""
        for n, m in zip(missing, services.reindex(table.index), strict=True)
    ]
    for column in ("posti_pubblici", "posti_gestione_nota"):
        table[f"{column}_stato"] = np.where(missing > 0, "parziale", "presente")
        table[f"{column}_motivo"] = told
    table["quota_posti_pubblici_motivo"] = [f"calcolata sui posti noti: {why}" if why else "" for why in told]
    return table


def nursery_access(
    places: pd.Series,
    children: pd.Series,
    minutes: pd.DataFrame,
    threshold: float,
    decay: Decay | None = None,
    unknown: pd.Series | None = None,
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
    unknown : Series, optional
        Services that do not say their places, by comune surveyed: within reach of one, access is a lower bound.

    Returns
    -------
    DataFrame
        Index ``territorio`` (codes of the comuni surveyed): ``accesso_prima_infanzia``, places per 100 children. Only
        the supply and the demand of the comuni surveyed compete, so access near an outer border is approximate. With
        ``unknown``, also ``accesso_prima_infanzia_stato`` and ``accesso_prima_infanzia_motivo``.
    """
    supply = places.fillna(0.0)
    people = children.reindex(supply.index)
    within = minutes.loc[supply.index, supply.index]
    access = two_step_fca(supply, people, within, threshold, decay)
    table = pd.DataFrame({"accesso_prima_infanzia": 100.0 * pd.Series(access)}).rename_axis("territorio")
    if unknown is not None:
        silent = unknown.reindex(supply.index).fillna(0) > 0
        near = (within.loc[:, silent] <= threshold).any(axis=1).reindex(table.index)
        table["accesso_prima_infanzia_stato"] = np.where(near, "parziale", "presente")
        table["accesso_prima_infanzia_motivo"] = np.where(
            near, "fra i servizi che si raggiungono qualcuno non dà il numero dei posti", ""
        )
    return table


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


def reach_by_level(
    supply: pd.DataFrame,
    children: pd.Series,
    minutes: pd.DataFrame,
    threshold: int,
    groups: Mapping[str, pd.Series],
    levels: Sequence[str] = ("regione", "ats", "ambito"),
) -> Reach:
    """Run the model of :func:`nursery_reach` at several levels, keeping the territories whose comuni are all known.

    Parameters
    ----------
    supply : DataFrame
        Supply by comune known: ``posti, servizi_senza_posti``.
    children, minutes, threshold
        As in :func:`nursery_reach`.
    groups : mapping of str to Series
        Territory of every comune in force, by level.
    levels : sequence of str
        Those wanted. Between the parts of the region places are shared; nothing is known of what is around it.

    Returns
    -------
    Reach
        ``comuni`` says where access is a lower bound; ``soglie`` and ``confini`` have the column ``livello``.
    """
    places = supply["posti"].astype("float64")
    bandwidth = threshold // 2
    thresholds, borders = [], []
    for level in levels:
        group = groups[level]
        model = nursery_reach(places, children, minutes, threshold, group, group)
        whole = group.index.to_series().isin(supply.index).groupby(group).all()
        known = whole.index[whole]
        thresholds.append(model.soglie[model.soglie["territorio"].isin(known)].assign(livello=level))
        if level != "regione":
            borders.append(model.confini[model.confini.index.isin(known)].assign(livello=level))
    decay = gaussian_decay(bandwidth)
    return Reach(
        comuni=nursery_access(places, children, minutes, threshold, decay, supply["servizi_senza_posti"]),
        soglie=pd.concat(thresholds, ignore_index=True),
        confini=pd.concat(borders),
        bandwidth=bandwidth,
    )
