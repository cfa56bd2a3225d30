"""Counts that a source gives comune by comune, summed by territory: births, foreigners, families, social spending.

A territory has a sum only when every one of its comuni has a value: a part would pass for the whole.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators.services import target_population
from conciliazione_lib.territory.model import Territory

LIVELLI = ("regione", "ats", "provincia", "ambito")
PARZIALE = "il dato è noto solo per una parte dei comuni"
ALTRA_DATA = "manca la popolazione alla stessa data"
#: Whose spending is set against which residents: first and last age.
FASCE_SPESA = {"famiglia e minori": ("minori", 0, 17), "anziani": ("anziani", 65, 200)}


def sums(table: pd.DataFrame, territorio: Territory, *, levels: Sequence[str] = LIVELLI) -> pd.DataFrame:
    """Sum counts by territory, where they are known for every comune.

    Parameters
    ----------
    table : DataFrame
        ``cod_comune`` and one column for each count, one row for each comune; missing where not known.
    territorio : Territory
        The comuni in force at the date of the counts.
    levels : sequence of str
        Levels of the territories.

    Returns
    -------
    DataFrame
        Columns ``livello, territorio`` and the counts; missing (and told in ``attrs["motivi"]``) where a comune of the
        territory has none. Ambiti whose list of comuni is not complete are left out.

    Raises
    ------
    CalcoloError
        When a comune is not in force, or is repeated.
    """
    counts = table.set_index("cod_comune").astype("float64")
    unknown = sorted(set(counts.index) - set(territorio.comuni.index))
    if unknown:
        raise CalcoloError(
            f"Comuni che non sono in vigore al {territorio.data}: {', '.join(unknown[:10])}.",
            "Usare i comuni in vigore alla data dei conteggi.",
        )
    if counts.index.has_duplicates:
        raise CalcoloError("Un comune ha più di una riga: i conteggi di anni diversi non si sommano.")
    counts = counts.reindex(territorio.comuni.index)
    parts = []
    for level in levels:
        groups = _groups(territorio, level)
        total = counts.groupby(groups).sum().where(counts.notna().groupby(groups).all())
        parts.append(total.rename_axis("territorio").reset_index().assign(livello=level))
    result = pd.concat(parts, ignore_index=True)[["livello", "territorio", *counts.columns]]
    result.attrs["motivi"] = dict.fromkeys(counts.columns, PARZIALE)
    return result


def births(balance: pd.DataFrame, territorio: Territory) -> pd.DataFrame:
    """Births and deaths of a year, and the birth rate on the mean population, as ISTAT defines it.

    Parameters
    ----------
    balance : DataFrame
        Rows of ``bilancio_demografico`` of one year.
    territorio : Territory
        The comuni in force at the end of that year.

    Returns
    -------
    DataFrame
        ``livello, territorio, nati, morti, residenti_medi, tasso_natalita_contato`` (births per 1,000 residents).
    """
    totals = sums(balance[["cod_comune", "nati", "morti", "residenti_inizio", "residenti_fine"]], territorio)
    totals["residenti_medi"] = (totals["residenti_inizio"] + totals["residenti_fine"]) / 2
    totals["tasso_natalita_contato"] = 1000 * totals["nati"] / totals["residenti_medi"]
    return _explained(totals.drop(columns=["residenti_inizio", "residenti_fine"]), PARZIALE)


def foreigners(foreign: pd.DataFrame, population: pd.DataFrame | None, territorio: Territory) -> pd.DataFrame:
    """Foreign residents and their share of all the residents, and of those of 0-2 years.

    Parameters
    ----------
    foreign : DataFrame
        Rows of ``stranieri``.
    population : DataFrame or None
        Rows of ``popolazione`` of the same date; without it there is no share.
    territorio : Territory
        The comuni in force at that date.

    Returns
    -------
    DataFrame
        ``livello, territorio, stranieri_contati, stranieri_0_2, quota_stranieri_contati, quota_stranieri_0_2`` and the
        residents they are part of (``residenti_alla_data, residenti_0_2_alla_data``).
    """
    ours = _by_comune(foreign, {"stranieri_contati": (0, 200), "stranieri_0_2": (0, 2)})
    totals = sums(ours, territorio)
    if population is None:
        totals["quota_stranieri_contati"] = totals["quota_stranieri_0_2"] = float("nan")
        return _explained(totals, PARZIALE, quota_stranieri_contati=ALTRA_DATA, quota_stranieri_0_2=ALTRA_DATA)
    everyone = _by_comune(population, {"residenti_alla_data": (0, 200), "residenti_0_2_alla_data": (0, 2)})
    totals = totals.merge(sums(everyone, territorio), on=["livello", "territorio"])
    totals["quota_stranieri_contati"] = 100 * totals["stranieri_contati"] / totals["residenti_alla_data"]
    totals["quota_stranieri_0_2"] = 100 * totals["stranieri_0_2"] / totals["residenti_0_2_alla_data"]
    return _explained(totals, PARZIALE)


def households(families: pd.DataFrame, territorio: Territory) -> pd.DataFrame:
    """Families, the people in them, their mean size and, where the source says it, those of one person.

    Parameters
    ----------
    families : DataFrame
        Rows of ``famiglie`` of one year.
    territorio : Territory
        The comuni in force at the end of that year.

    Returns
    -------
    DataFrame
        ``livello, territorio, famiglie_contate, residenti_in_famiglia, componenti_per_famiglia,
        famiglie_una_persona, quota_famiglie_una_persona``.
    """
    names = {"famiglie": "famiglie_contate", "componenti": "residenti_in_famiglia"}
    names |= {"famiglie_unipersonali": "famiglie_una_persona"}
    totals = sums(families.rename(columns=names)[["cod_comune", *names.values()]], territorio)
    totals["componenti_per_famiglia"] = totals["residenti_in_famiglia"] / totals["famiglie_contate"]
    totals["quota_famiglie_una_persona"] = 100 * totals["famiglie_una_persona"] / totals["famiglie_contate"]
    return _explained(totals, PARZIALE)


def social_spending(spending: pd.DataFrame, then: Territory, population: pd.DataFrame, now: Territory) -> pd.DataFrame:
    """Spending of the comuni for families with minors and for the elderly, per resident of those ages.

    The denominators are residents of 0-17 and of 65 years and over: known in every comune, they are not the reference
    populations of ISTAT, which change with the area.

    Parameters
    ----------
    spending : DataFrame
        Rows of ``spesa_sociale_comuni`` of one year.
    then : Territory
        The comuni in force at the end of that year.
    population : DataFrame
        Rows of ``popolazione``.
    now : Territory
        The comuni in force at the date of the population.

    Returns
    -------
    DataFrame
        ``livello, territorio`` and, for ``minori`` and ``anziani``, ``spesa_…``, ``residenti_spesa_…`` and
        ``spesa_…_per_residente`` (euro).
    """
    wide = spending.pivot(index="cod_comune", columns="area", values="spesa").reindex(columns=list(FASCE_SPESA))
    wide = wide.rename(columns={area: f"spesa_{name}" for area, (name, _, _) in FASCE_SPESA.items()})
    wide.columns.name = None
    bands = {f"residenti_spesa_{name}": (first, last) for name, first, last in FASCE_SPESA.values()}
    people = sums(_by_comune(population, bands), now)
    totals = sums(wide.reset_index(), then).merge(people, on=["livello", "territorio"])
    for name, _, _ in FASCE_SPESA.values():
        totals[f"spesa_{name}_per_residente"] = totals[f"spesa_{name}"] / totals[f"residenti_spesa_{name}"]
    return _explained(totals, PARZIALE)


def _groups(territorio: Territory, level: str) -> pd.Series:
    comuni = territorio.comuni
    if level == "regione":
        return pd.Series("lombardia", index=comuni.index)
    if level == "ambito":
        return comuni["ambito"].mask(comuni["ambito"].isin(territorio.completezza("ambito", "lombardia").incompleti))
    return comuni[level]


def _by_comune(people: pd.DataFrame, bands: dict[str, tuple[int, int]]) -> pd.DataFrame:
    frame = people.rename(columns={"cod_comune": "territorio"})
    counted = {name: target_population(frame, *ages) for name, ages in bands.items()}
    return pd.DataFrame(counted).rename_axis("cod_comune").reset_index()


def _explained(totals: pd.DataFrame, reason: str, **others: str) -> pd.DataFrame:
    measures = [column for column in totals.columns if column not in ("livello", "territorio")]
    totals.attrs["motivi"] = dict.fromkeys(measures, reason) | others
    return totals
