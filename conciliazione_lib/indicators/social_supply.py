"""What public registers and accounts say of needs and supply without a list: commuters, incomes, spending, nurseries.

Counts come comune by comune and are summed at the geography of the edition; a territory of which a comune is not known
has no sum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

import conciliazione_lib.indicators.working_parents as working_parents
from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators.levels import LEVELS, sums
from conciliazione_lib.territory.model import Territory

#: Spending is of the comune that pays, which may pay for others: it is read from the ambito up.
SOPRA_I_COMUNI: Final = tuple(level for level in LEVELS if level != "comune")
#: Who the services of an area are for, when no source says how many they are in a territory.
WITHOUT_SOURCE: Mapping[str, str] = MappingProxyType(
    {
        "famiglia": "Le famiglie con figli e almeno un genitore che lavora non sono pubblicate sotto la regione.",
        "disabilità": "Le persone con disabilità assistite da chi lavora non sono pubblicate sotto la regione.",
        "tempo": "Chi lavora e ha compiti di cura è pubblicato solo per l'Italia.",
        "lavoro autonomo": "I lavoratori autonomi e i liberi professionisti non sono pubblicati sotto la regione.",
    }
)


def commuters(flows: pd.DataFrame, then: Territory, now: Territory) -> pd.DataFrame:
    """Residents who work in another comune, people who come in from another, and the share who leave.

    Parameters
    ----------
    flows : DataFrame
        ``cod_comune, entrano, escono, interni``: people.
    then, now : Territory
        The comuni of the source and those of the edition.

    Returns
    -------
    DataFrame
        ``livello, territorio, pendolari_uscita, pendolari_entrata, quota_pendolari_uscita`` (% of residents who work in
        the region's comuni). Whoever moves between two comuni of a territory leaves the one and enters the other.
    """
    table = sums(flows[["cod_comune", "entrano", "escono", "interni"]], then, now)
    workers = table["escono"] + table["interni"]
    table["quota_pendolari_uscita"] = (100 * table["escono"] / workers).where(workers > 0)
    names = {"escono": "pendolari_uscita", "entrano": "pendolari_entrata", "interni": "occupati_interni"}
    return table.rename(columns=names)


def incomes(taxpayers: pd.DataFrame, then: Territory, now: Territory) -> pd.DataFrame:
    """Mean income of the taxpayers of each territory.

    Parameters
    ----------
    taxpayers : DataFrame
        Rows of ``redditi_comuni`` of one year: ``cod_comune, contribuenti_complessivo, reddito_complessivo`` (euros).
    then, now : Territory
        The comuni of the source and those of the edition.

    Returns
    -------
    DataFrame
        ``livello, territorio, reddito_medio`` (euros a year for a taxpayer, who is not a family).
    """
    columns = ["cod_comune", "contribuenti_complessivo", "reddito_complessivo"]
    table = sums(taxpayers[columns], then, now)
    table["reddito_medio"] = table["reddito_complessivo"] / table["contribuenti_complessivo"]
    return table


def spending(accounts: pd.DataFrame, then: Territory, now: Territory) -> pd.DataFrame:
    """Social and nursery spending of the comuni, whole and for each resident, from the ambito up.

    Parameters
    ----------
    accounts : DataFrame
        ``cod_comune, spesa`` (euros), ``abitanti``; the residents are missing where the spending is zero.
    then, now : Territory
        The comuni of the source and those of the edition.

    Returns
    -------
    DataFrame
        ``livello, territorio, spesa_sociale_nido, spesa_sociale_nido_per_residente``.
    """
    counts = accounts[["cod_comune", "spesa", "abitanti"]].fillna({"abitanti": 0})
    table = sums(counts, then, now, SOPRA_I_COMUNI)
    table["spesa_sociale_nido_per_residente"] = table["spesa"] / table["abitanti"]
    return table.rename(columns={"spesa": "spesa_sociale_nido"})


def nursery_works(projects: pd.DataFrame, now: Territory) -> pd.DataFrame:
    """Nursery projects of the recovery plan: how many, how many finished, how many euros.

    Parameters
    ----------
    projects : DataFrame
        Rows of ``pnrr_nidi``: ``cod_comune, fase, importo``.
    now : Territory
        The comuni of the edition.

    Returns
    -------
    DataFrame
        ``livello, territorio, pnrr_progetti, pnrr_conclusi, pnrr_importo``; zero where the source has no project.
    """
    own = in_force(projects, now)
    done = own.assign(progetti=1, conclusi=(own["fase"] == "concluso").astype(int))
    counts = done.groupby("cod_comune")[["progetti", "conclusi", "importo"]].sum()
    counts = counts.reindex(now.comuni.index, fill_value=0).rename_axis("cod_comune").reset_index()
    names = {"progetti": "pnrr_progetti", "conclusi": "pnrr_conclusi", "importo": "pnrr_importo"}
    return sums(counts, now).rename(columns=names)


def in_force(rows: pd.DataFrame, now: Territory, last: str = "9999-12-31") -> pd.DataFrame:
    """Bring rows of a later date to the comuni of the edition.

    Parameters
    ----------
    rows : DataFrame
        With ``cod_comune``.
    now : Territory
        The comuni of the edition.
    last : str
        The date of the rows, or any after it.

    Returns
    -------
    DataFrame
        The same rows: a comune born of a later merger is the first of those it was made of. They are nearly always of
        one ambito, and this is for editions of a date gone by.

    Raises
    ------
    CalcoloError
        A comune is not in force, nor born later.
    """
    known = set(now.comuni.index)
    codes = rows["cod_comune"]
    if not set(codes) <= known:
        later = now.crosswalk(now.data, last).drop_duplicates("cod_dopo").set_index("cod_dopo")["cod_prima"]
        codes = codes.where(codes.isin(known), codes.map(later))
        if codes.isna().any():
            lost = sorted(set(rows.loc[codes.isna(), "cod_comune"]))
            raise CalcoloError(f"Comuni che non sono in vigore: {', '.join(lost[:10])}.")
    return rows.assign(cod_comune=codes)


def women_distance(rates: pd.DataFrame, comuni: pd.DataFrame) -> pd.Series:
    """Return how far the employment of women of each comune's province is from that of the region.

    Parameters
    ----------
    rates : DataFrame
        Rows ``livello, territorio, anno, valore`` (%), women of one age class: the latest year of all the provinces.
    comuni : DataFrame
        With ``provincia``, indexed by comune.

    Returns
    -------
    Series
        Points, by comune.
    """
    of = rates[rates["livello"] == "provincia"].groupby("anno")["territorio"].nunique()
    whole = rates[rates["anno"] == of.index[of == comuni["provincia"].nunique()].max()]
    region = whole.loc[whole["livello"] == "regione", "valore"].iloc[0]
    provinces = whole[whole["livello"] == "provincia"].set_index("territorio")["valore"]
    return (comuni["provincia"].map(provinces) - region).astype("float64")


def parents(
    population: pd.DataFrame, shares: Mapping[str, tuple[float, float]], distance: pd.Series, now: Territory
) -> pd.DataFrame:
    """Sum the ranges of children whose parents all work, at every level and age.

    Parameters
    ----------
    population : DataFrame
        Rows ``cod_comune, eta, residenti``.
    shares, distance
        As in :func:`conciliazione_lib.indicators.working_parents.children`.
    now : Territory
        The comuni of the edition.

    Returns
    -------
    DataFrame
        ``livello, territorio, eta`` (empty: all of them) and ``bambini_genitori_occupati`` with its bounds and its
        imputed share.
    """
    ranges = working_parents.children(population, shares, distance)
    bounds = ["inferiore", "superiore"]
    parts = [
        sums(own[["cod_comune", *bounds]], now).assign(eta=name) for name, own in ranges.groupby("eta", sort=False)
    ]
    parts.append(sums(ranges.groupby("cod_comune", as_index=False)[bounds].sum(), now).assign(eta=""))
    return working_parents.figures(pd.concat(parts, ignore_index=True), "bambini_genitori_occupati")


def recipients(
    children: pd.DataFrame, elderly: pd.DataFrame, moving: pd.DataFrame, areas: Sequence[str], levels: Sequence[str]
) -> pd.DataFrame:
    """Say whom the services of each area are for, and how many they are: never the same people under two names.

    Parameters
    ----------
    children : DataFrame
        From :func:`parents`.
    elderly : DataFrame
        ``livello, territorio, residenti``: of 75 years and more.
    moving : DataFrame
        From :func:`commuters`.
    areas : sequence of str
        The areas of intervention.
    levels : sequence of str
        The levels wanted.

    Returns
    -------
    DataFrame
        ``livello, territorio, area, destinatari`` with bounds, imputed share and reason: children whose parents all
        work for early childhood (0-2 years) and minors (3-13), residents of 75 and more, residents who work in another
        comune. The others are nobody's count, and say why.
    """
    name, key = "bambini_genitori_occupati", ["livello", "territorio"]
    bounds = [name, f"{name}_inferiore", f"{name}_superiore"]
    small = children[children["eta"] == "0-2"].set_index(key)[bounds]
    older = children[~children["eta"].isin(["", "0-2"])].groupby(key)[bounds].sum(min_count=3)
    columns = dict(zip(bounds, ["destinatari", "destinatari_inferiore", "destinatari_superiore"], strict=True))
    known = {
        "prima infanzia": small.rename(columns=columns).assign(destinatari_imputata=1.0),
        "minori": older.rename(columns=columns).assign(destinatari_imputata=1.0),
        "anziani": elderly.set_index(key)[["residenti"]].set_axis(["destinatari"], axis=1),
        "mobilità": moving.set_index(key)[["pendolari_uscita"]].set_axis(["destinatari"], axis=1),
    }
    places = small.index[small.index.get_level_values("livello").isin(levels)]
    parts = []
    for area in areas:
        part = known[area].reindex(places) if area in known else pd.DataFrame({"destinatari": np.nan}, index=places)
        parts.append(part.assign(area=area, destinatari_motivo=WITHOUT_SOURCE.get(area, "")))
    return pd.concat(parts).reset_index()


def areas(needs: pd.DataFrame, types: pd.DataFrame, categories: pd.DataFrame) -> pd.DataFrame:
    """List the areas of need, the macro-category that may finance each and what is already at work.

    Parameters
    ----------
    needs, types, categories : DataFrame
        The tables ``aree_bisogno``, ``tipi_servizio`` and ``macrocategorie``.

    Returns
    -------
    DataFrame
        ``area, macrocategoria, nome, gia_attivo``.
    """
    letter = types.drop_duplicates("area").set_index("area")["macrocategoria"]
    names = categories.drop_duplicates("macrocategoria").set_index("macrocategoria")["nome"]
    table = needs[["area", "gia_attivo"]].assign(macrocategoria=needs["area"].map(letter))
    table["nome"] = table["macrocategoria"] + ". " + table["macrocategoria"].map(names)
    return table.assign(gia_attivo=table["gia_attivo"].fillna("nessuno nominato"))
