"""Employment rates and gaps of provinces and ATS, with what is not known of them.

The rates published by province become those of the ATS (:mod:`~conciliazione_lib.indicators.apportionment`), each with
an interval: how much a province wobbles from one year to the next around its level, since the source publishes no
sampling error, and how far a piece of a province may be from the whole of it. One year wobbles too much to set
territories in order: they are compared on the mean of the years that every province has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd
from scipy import special

import conciliazione_lib.indicators.apportionment as apportionment
import conciliazione_lib.indicators.employment as employment
import conciliazione_lib.indicators.panel as panel
import conciliazione_lib.indicators.ranking as ranking
from conciliazione_lib.region import REGIONE

GAP: Final = "divario_occupazione"
MEAN_GAP: Final = "divario_occupazione_medio"
#: What is estimated of every year.
MEASURES: Final = (
    "tasso_occupazione",
    "tasso_occupazione_f",
    "tasso_occupazione_m",
    GAP,
    "divario_occupazione_relativo",
    "rapporto_occupazione_genere",
)


@dataclass(frozen=True)
class GapEstimates:
    """Rates and gaps of one age class, and what their intervals are made of.

    Attributes
    ----------
    gaps : DataFrame
        Indexed by ``livello, territorio, anno``: the :data:`MEASURES`, each with ``_inferiore, _superiore`` (95%;
        provinces and ATS only) and ``_imputata``; ``stima`` (is it ours).
    mean : DataFrame
        Indexed by ``livello, territorio``: the gap averaged over ``years``, with the same columns.
    rates : DataFrame
        The published rates it was made from.
    weights, region : DataFrame
        Of the provinces in each ATS, and in the region.
    imputed : Series
        Share of each ATS's estimate that rests on people who live outside it (0–1).
    noise, spread : mapping of str to float
        For each measure: wobble of a province in one year, usual distance of a province from the rest of the region.
    years : tuple of int
        Those in which every province has both rates.
    """

    gaps: pd.DataFrame
    mean: pd.DataFrame
    rates: pd.DataFrame
    weights: pd.DataFrame
    region: pd.DataFrame
    imputed: pd.Series
    noise: Mapping[str, float]
    spread: Mapping[str, float]
    years: tuple[int, ...]

    @property
    def provinces(self) -> pd.DataFrame:
        """The provinces' gaps in long form, as panels want them: ``provincia, anno`` and the measures."""
        return self.gaps.loc["provincia"].reset_index().rename(columns={"territorio": "provincia"})

    @property
    def period(self) -> str:
        """The years of the mean, as figures write a period: ``2018/2022``."""
        return f"{self.years[0]}/{self.years[-1]}"

    @property
    def rows(self) -> pd.DataFrame:
        """The provincial rows that the estimate of each ATS is made of."""
        return apportionment.rows_behind(self.rates, self.weights)

    @property
    def last(self) -> pd.DataFrame:
        """The rates of the provinces (column ``provincia``) in the last year that all have."""
        return employment.last_common_rates(self.rates, self.weights["provincia"].unique())


def estimate(
    rates: pd.DataFrame, population: pd.DataFrame, comuni: pd.DataFrame, ages: tuple[int, int] = (20, 64)
) -> GapEstimates:
    """Estimate the ATS from the provinces and say how uncertain everything is.

    Parameters
    ----------
    rates : DataFrame
        ``livello, territorio, anno, sesso, valore`` of one age class, by year: provinces and larger territories.
    population : DataFrame
        ``cod_comune, eta, sesso, residenti``, one reference date.
    comuni : DataFrame
        As ``Territory.comuni``, at the same date.
    ages : (int, int)
        First and last age of the class.

    Returns
    -------
    GapEstimates
    """
    weights = apportionment.province_weights(population, comuni, ages=ages)
    region = apportionment.province_weights(population, comuni.assign(regione=REGIONE), to="regione", ages=ages)
    imputed = apportionment.imputed_share(weights)
    gaps = employment.employment_gaps(apportionment.with_estimates(rates, weights))
    codes = sorted(weights["provincia"].unique())
    years = employment.common_years(gaps, [("provincia", code) for code in codes])
    people = apportionment.province_residents(weights)
    long = gaps.loc["provincia"].reset_index().rename(columns={"territorio": "provincia"})
    noise = {m: panel.residual_noise(long, m) for m in MEASURES}
    averages = _averages(gaps, years)
    spread = {m: apportionment.part_spread(averages[m], people, noise[m] / len(years) ** 0.5) for m in MEASURES}
    mean = employment.mean_gap(gaps, years)[[MEAN_GAP]].join(gaps["stima"].groupby(["livello", "territorio"]).any())
    return GapEstimates(
        gaps=apportionment.with_bounds(gaps, noise, spread, imputed, len(codes)),
        mean=apportionment.with_bounds(
            mean, {MEAN_GAP: noise[GAP] / len(years) ** 0.5}, {MEAN_GAP: spread[GAP]}, imputed, len(codes)
        ),
        rates=rates,
        weights=weights,
        region=region,
        imputed=imputed,
        noise=noise,
        spread=spread,
        years=tuple(years),
    )


def for_ages(frame: pd.DataFrame, ages: str) -> pd.DataFrame:
    """Name the columns of estimates after their age class, so that two classes are never taken for one.

    Parameters
    ----------
    frame : DataFrame
        ``gaps`` or ``mean`` of :class:`GapEstimates`.
    ages : str
        Age class, as names write it (``15_89``).

    Returns
    -------
    DataFrame
        The same rows; ``tasso_occupazione_f_inferiore`` is ``tasso_occupazione_15_89_f_inferiore``.

    Examples
    --------
    >>> import pandas as pd
    >>> for_ages(pd.DataFrame({"tasso_occupazione_f": [43.5], "stima": [False]}), "15_89").columns.tolist()
    ['tasso_occupazione_15_89_f', 'stima']
    """
    whole = ("tasso_occupazione", GAP)
    return frame.rename(columns=lambda c: next((f"{w}_{ages}{c.removeprefix(w)}" for w in whole if c.startswith(w)), c))


def _averages(gaps: pd.DataFrame, years: Sequence[int]) -> pd.DataFrame:
    """Return the mean over some years of the measures of each province."""
    rows = gaps.index.get_level_values("anno").isin(list(years))
    own = gaps.index.get_level_values("livello") == "provincia"
    return gaps.loc[rows & own, list(MEASURES)].groupby("territorio").mean()


def trends(gaps: pd.DataFrame, since: int, least: int = 4) -> pd.DataFrame:
    """Fit a line to the gap of each territory since a year.

    Parameters
    ----------
    gaps : DataFrame
        Indexed by ``livello, territorio, anno``, with ``divario_occupazione``.
    since : int
        First year: those before a break of the series say nothing of what follows.
    least : int
        Fewest years with a value for the test of a slope.

    Returns
    -------
    DataFrame
        One row per territory with years enough: ``livello, territorio, periodo`` (``2021/2024``), ``tendenza_divario``
        (points a year), ``tendenza_divario_inferiore, tendenza_divario_superiore``.
    """
    rows = []
    known = gaps[GAP].dropna().reset_index()
    for key, recent in known[known["anno"] >= since].groupby(["livello", "territorio"]):
        if len(recent) >= least:
            line = panel.linear_trend(recent["anno"].tolist(), recent[GAP].tolist())
            period = f"{recent['anno'].min()}/{recent['anno'].max()}"
            rows.append((*key, period, line.slope, line.lower, line.upper))
    name = "tendenza_divario"
    return pd.DataFrame(
        rows, columns=["livello", "territorio", "periodo", name, f"{name}_inferiore", f"{name}_superiore"]
    )


def back_tests(estimates: GapEstimates, sources: Mapping[str, Mapping[str, Sequence[str]] | None]) -> pd.DataFrame:
    """Predict every province from the others, for every measure, and count how often the interval holds.

    Parameters
    ----------
    estimates : GapEstimates
        Whose intervals are tried.
    sources : mapping
        Name of each test, and what stands for each province in it, as for :func:`apportionment.back_test`.

    Returns
    -------
    DataFrame
        ``prova, misura, provincia, valore, previsto, inferiore, superiore, dentro``; values are means of ``years``.
    """
    averages = _averages(estimates.gaps, estimates.years)
    people = apportionment.province_residents(estimates.weights)
    parts = []
    for name, used in sources.items():
        for measure in MEASURES:
            noise = estimates.noise[measure] / len(estimates.years) ** 0.5
            tried = apportionment.back_test(averages[measure], people, noise, used)
            parts.append(tried.rename_axis("provincia").reset_index().assign(prova=name, misura=measure))
    columns = ["prova", "misura", "provincia", "valore", "previsto", "inferiore", "superiore", "dentro"]
    return pd.concat(parts, ignore_index=True)[columns]


def held(tests: pd.DataFrame) -> pd.DataFrame:
    """Count, for the gap, how many provinces each back-test tried and how many its interval held.

    Parameters
    ----------
    tests : DataFrame
        As from :func:`back_tests`.

    Returns
    -------
    DataFrame
        One row per test, about the region: ``prova, prova_stima_dentro, prova_stima_province, territorio``.

    Examples
    --------
    >>> import pandas as pd
    >>> held(pd.DataFrame({"prova": "a", "misura": GAP, "dentro": [True, False, True]}))["prova_stima_dentro"].item()
    2
    """
    found = tests[tests["misura"] == GAP].groupby("prova")["dentro"].agg(["sum", "size"]).reset_index()
    named = found.set_axis(["prova", "prova_stima_dentro", "prova_stima_province"], axis=1)
    return named.assign(territorio=REGIONE)


def ranks(estimates: GapEstimates, confidence: float = 0.95) -> pd.DataFrame:
    """Put the ATS in order by mean gap, with the places that the data do not exclude.

    Parameters
    ----------
    estimates : GapEstimates
        Their intervals are read as those of normal estimates.
    confidence : float
        That of the intervals of the estimates.

    Returns
    -------
    DataFrame
        Indexed by ``territorio``: ``valore, inferiore, superiore`` (the mean gap), ``rango_divario`` (one is the
        widest) with ``_inferiore`` and ``_superiore``, and ``quota_stima_esterna`` (share of the estimate, per 100,
        that rests on people who live outside the ATS).

    References
    ----------
    Mogstad, Romano, Shaikh and Wilhelm (2024), as in :mod:`~conciliazione_lib.indicators.ranking`.
    """
    own = estimates.mean.loc["ats"].rename_axis("territorio")
    columns = [MEAN_GAP, f"{MEAN_GAP}_inferiore", f"{MEAN_GAP}_superiore"]
    bounds = own[columns].set_axis(["valore", "inferiore", "superiore"], axis=1)
    errors = (bounds["superiore"] - bounds["inferiore"]) / (2 * special.ndtri(1 - (1 - confidence) / 2))
    places = ranking.rank_intervals(bounds["valore"], errors, confidence)[["rango", "rango_migliore", "rango_peggiore"]]
    names = ["rango_divario", "rango_divario_inferiore", "rango_divario_superiore"]
    return bounds.join(places.set_axis(names, axis=1)).assign(quota_stima_esterna=100 * estimates.imputed)


def given_back(estimates: GapEstimates) -> pd.DataFrame:
    """Weigh the provinces with their residents, and set what comes out beside what is published for the region.

    Parameters
    ----------
    estimates : GapEstimates
        Whose method is tried.

    Returns
    -------
    DataFrame
        One row per year and sex that can be compared: ``territorio, anno, sesso, valore`` (the weighted mean of the
        provinces), ``valore_istat`` (published), both per 100.
    """
    rates = estimates.rates[["livello", "territorio", "anno", "sesso", "valore"]]
    provinces = rates[rates["livello"] == "provincia"].rename(columns={"territorio": "provincia"})
    made = apportionment.from_provinces(provinces, estimates.region).dropna(subset="valore")
    published = rates[rates["livello"] == "regione"].drop(columns="livello")
    both = made.merge(published, on=["territorio", "anno", "sesso"], suffixes=("", "_istat"))
    return both[["territorio", "anno", "sesso", "valore", "valore_istat"]]


def contributions(estimates: GapEstimates) -> pd.DataFrame:
    """Split the gap of each ATS, and of the region, into what each province brings, in the last year that all have.

    Parameters
    ----------
    estimates : GapEstimates
        Rates and weights of the provinces.

    Returns
    -------
    DataFrame
        One row per territory and province in it: ``livello, di`` (the territory), ``territorio`` (the province),
        ``contributo_divario`` (points: they sum to the gap), ``peso_provincia`` (per 100).

    References
    ----------
    Kitagawa (1955), as in :func:`~conciliazione_lib.indicators.employment.gap_contributions`.
    """
    rates, parts = estimates.last, []
    for level, weights in (("ats", estimates.weights), ("regione", estimates.region)):
        for code, own in weights.groupby("territorio"):
            part = employment.gap_contributions(rates, own).rename_axis("territorio").reset_index()
            parts.append(part.assign(livello=level, di=code))
    table = pd.concat(parts, ignore_index=True).rename(columns={"contributo": "contributo_divario"})
    table["peso_provincia"] = 100 * table["peso"]
    return table[["livello", "di", "territorio", "contributo_divario", "peso_provincia"]]
