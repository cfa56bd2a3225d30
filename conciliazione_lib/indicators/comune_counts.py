"""Counts that a source gives comune by comune, summed by territory: births, foreigners, families, work, spending.

A territory has a sum only when every one of its comuni has a value: a part would pass for the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Final

import pandas as pd

from conciliazione_lib.indicators.employment import employment_gaps, rates_from_counts
from conciliazione_lib.indicators.levels import sums
from conciliazione_lib.indicators.services import target_population
from conciliazione_lib.region import PROVINCE, REGIONE
from conciliazione_lib.territory.model import Territory

PARZIALE: Final = "il dato è noto solo per una parte dei comuni"
ANOTHER_DATE: Final = "manca la popolazione alla stessa data"
WITHOUT_AGE: Final = "la fonte non dà l'età"
EVERYONE: Final = (0, 200)
#: Whose spending is set against which residents: first and last age.
FASCE_SPESA: Final = MappingProxyType({"famiglia e minori": ("minori", 0, 17), "anziani": ("anziani", 65, 200)})


def births(balance: pd.DataFrame, then: Territory, now: Territory | None = None) -> pd.DataFrame:
    """Births and deaths of a year, and the birth rate on the mean population, as ISTAT defines it.

    Parameters
    ----------
    balance : DataFrame
        Rows of ``bilancio_demografico`` of one year.
    then : Territory
        The comuni in force at the end of that year.
    now : Territory, optional
        Those of the edition, as in :func:`conciliazione_lib.indicators.levels.sums`.

    Returns
    -------
    DataFrame
        ``livello, territorio, nati, morti, residenti_medi, tasso_natalita_contato`` (births per 1,000 residents).
    """
    totals = sums(balance[["cod_comune", "nati", "morti", "residenti_inizio", "residenti_fine"]], then, now)
    totals["residenti_medi"] = (totals["residenti_inizio"] + totals["residenti_fine"]) / 2
    totals["tasso_natalita_contato"] = 1000 * totals["nati"] / totals["residenti_medi"]
    return _explained(totals.drop(columns=["residenti_inizio", "residenti_fine"]), PARZIALE)


def births_of_territories(balance: pd.DataFrame) -> pd.DataFrame:
    """Births and deaths of provinces, of Italy and, when all the provinces are there, of the region.

    Parameters
    ----------
    balance : DataFrame
        Rows of ``bilancio_territori`` of one year.

    Returns
    -------
    DataFrame
        As :func:`births`. The residents at the end of the year are those of the census, or of the balance until it is
        known.
    """
    rows = balance[balance["livello"].isin(["provincia", "italia"])]
    end = rows["residenti_censiti"].fillna(rows["residenti_calcolati"])
    found = rows[["livello", "territorio", "nati", "morti"]].astype({"nati": "float64", "morti": "float64"})
    found = found.assign(residenti_medi=((rows["residenti_inizio"] + end) / 2).astype("float64"))
    provinces = found[found["livello"] == "provincia"]
    if set(provinces["territorio"]) == set(PROVINCE):
        whole = provinces[["nati", "morti", "residenti_medi"]].sum()
        found = pd.concat([found, pd.DataFrame([{"livello": "regione", "territorio": REGIONE, **whole}])])
    found["tasso_natalita_contato"] = 1000 * found["nati"] / found["residenti_medi"]
    return found.reset_index(drop=True)


def by_year(
    counts: pd.DataFrame,
    compute: Callable[[pd.DataFrame, Territory, Territory], pd.DataFrame],
    indicators: Sequence[str],
    at: Callable[[str], Territory],
    now: Territory,
) -> dict[int, pd.DataFrame]:
    """Compute counts year by year, each from the comuni in force at its end.

    Parameters
    ----------
    counts : DataFrame
        Rows of several years (``anno``).
    compute : callable
        What to compute of a year: :func:`births`, :func:`households`.
    indicators : sequence of str
        Columns that say something of a territory: of a past year, where none is known there is no row, because what it
        does not know need not be said of each comune.
    at : callable
        Gives the comuni in force at a date (``territory.load``).
    now : Territory
        Those of the edition.

    Returns
    -------
    dict of int to DataFrame
        What ``compute`` gives, by year, the oldest first.

    Examples
    --------
    >>> from conciliazione_lib import territory
    >>> now = territory.load("2025-01-01")
    >>> famiglie = pd.DataFrame({"cod_comune": now.comuni.index, "anno": 2024, "famiglie": 10, "componenti": 21})
    >>> anni = by_year(famiglie.assign(famiglie_unipersonali=3), households, ["famiglie_contate"], territory.load, now)
    >>> anni[2024].set_index("territorio").at["lombardia", "componenti_per_famiglia"]
    np.float64(2.1)
    """
    years = {}
    last = int(counts["anno"].max())
    for year in sorted(int(found) for found in counts["anno"].unique()):
        found = compute(counts[counts["anno"] == year], at(f"{year}-12-31"), now)
        years[year] = found if year == last else found.dropna(subset=list(indicators), how="all")
    return years


def foreigners(
    foreign: pd.DataFrame, population: pd.DataFrame | None, then: Territory, now: Territory | None = None
) -> pd.DataFrame:
    """Foreign residents and their share of all the residents, and of those of 0-2 years.

    Parameters
    ----------
    foreign : DataFrame
        ``cod_comune, residenti`` and, where the source gives it, ``eta``: rows of ``stranieri``, or of one year of
        ``stranieri_totali``.
    population : DataFrame or None
        The same columns of all the residents at that date; without them there is no share.
    then : Territory
        The comuni in force at that date.
    now : Territory, optional
        Those of the edition, as in :func:`conciliazione_lib.indicators.levels.sums`.

    Returns
    -------
    DataFrame
        ``livello, territorio, stranieri_contati, stranieri_0_2, quota_stranieri_contati, quota_stranieri_0_2`` and the
        residents they are part of (``residenti_alla_data, residenti_0_2_alla_data``).
    """
    ours = _by_comune(foreign, {"stranieri_contati": EVERYONE, "stranieri_0_2": (0, 2)})
    totals = sums(ours, then, now)
    if population is None:
        totals["quota_stranieri_contati"] = totals["quota_stranieri_0_2"] = float("nan")
        return _explained(totals, PARZIALE, quota_stranieri_contati=ANOTHER_DATE, quota_stranieri_0_2=ANOTHER_DATE)
    ages = "eta" in foreign and "eta" in population
    everyone = _by_comune(population, {"residenti_alla_data": EVERYONE, "residenti_0_2_alla_data": (0, 2)})
    totals = totals.merge(sums(everyone, then, now), on=["livello", "territorio"])
    totals["quota_stranieri_contati"] = 100 * totals["stranieri_contati"] / totals["residenti_alla_data"]
    totals["quota_stranieri_0_2"] = 100 * totals["stranieri_0_2"] / totals["residenti_0_2_alla_data"]
    return _explained(totals, PARZIALE, **({} if ages else {"quota_stranieri_0_2": WITHOUT_AGE}))


def households(families: pd.DataFrame, then: Territory, now: Territory | None = None) -> pd.DataFrame:
    """Families, the people in them, their mean size and, where the source says it, those of one person.

    Parameters
    ----------
    families : DataFrame
        Rows of ``famiglie`` of one year.
    then : Territory
        The comuni in force at the end of that year.
    now : Territory, optional
        Those of the edition, as in :func:`conciliazione_lib.indicators.levels.sums`.

    Returns
    -------
    DataFrame
        ``livello, territorio, famiglie_contate, residenti_in_famiglia, componenti_per_famiglia,
        famiglie_una_persona, quota_famiglie_una_persona``.
    """
    names = {"famiglie": "famiglie_contate", "componenti": "residenti_in_famiglia"}
    names |= {"famiglie_unipersonali": "famiglie_una_persona"}
    totals = sums(families.rename(columns=names)[["cod_comune", *names.values()]], then, now)
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
    totals = sums(wide.reset_index(), then, now).merge(people, on=["livello", "territorio"])
    for name, _, _ in FASCE_SPESA.values():
        totals[f"spesa_{name}_per_residente"] = totals[f"spesa_{name}"] / totals[f"residenti_spesa_{name}"]
    return _explained(totals, PARZIALE)


def employment(counts: pd.DataFrame, then: Territory, now: Territory, ages: str = "20-64") -> pd.DataFrame:
    """Employment rates and gaps measured on the employed of every comune: nothing is estimated from provinces.

    Parameters
    ----------
    counts : DataFrame
        Rows of ``occupati_comuni`` of one year.
    then : Territory
        The comuni in force at the end of that year.
    now : Territory
        Those of the edition, as in :func:`conciliazione_lib.indicators.levels.sums`.
    ages : str
        Age class; the first that there is when that one is not.

    Returns
    -------
    DataFrame
        ``livello, territorio, anno, eta`` and the columns of
        :func:`conciliazione_lib.indicators.employment.employment_gaps`, of ambiti, ATS and region.
    """
    classes = sorted(counts["eta"].unique())
    chosen = ages if ages in classes else classes[0]
    year = counts["anno"].iloc[0]
    brought = pd.concat(
        sums(rows[["cod_comune", "occupati", "popolazione"]], then, now, ["comune"])
        .dropna()
        .assign(sesso=sex, anno=year)
        for sex, rows in counts[counts["eta"] == chosen].groupby("sesso")
    ).rename(columns={"territorio": "cod_comune"})
    belongs = now.comuni.assign(regione=REGIONE)
    rates = pd.concat(
        rates_from_counts(brought, belongs[level]).assign(livello=level) for level in ("ambito", "ats", "regione")
    )
    return employment_gaps(rates).reset_index().assign(eta=chosen)


def _by_comune(people: pd.DataFrame, bands: dict[str, tuple[int, int]]) -> pd.DataFrame:
    frame = people.rename(columns={"cod_comune": "territorio"})
    if "eta" not in frame:
        everyone = frame.groupby("territorio")["residenti"].sum()
        counted = {name: everyone if ages == EVERYONE else everyone * float("nan") for name, ages in bands.items()}
    else:
        counted = {name: target_population(frame, *ages) for name, ages in bands.items()}
    return pd.DataFrame(counted).rename_axis("cod_comune").reset_index()


def _explained(totals: pd.DataFrame, reason: str, **others: str) -> pd.DataFrame:
    measures = [column for column in totals.columns if column not in ("livello", "territorio")]
    totals.attrs["motivi"] = dict.fromkeys(measures, reason) | others
    return totals
