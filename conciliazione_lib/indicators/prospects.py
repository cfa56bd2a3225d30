"""Looking ahead: the generations already born, and the projection of a territory with its range.

What the resident population already says about the next years needs no hypothesis on births, and none on deaths or
migration when it is read as what it is: how large the generation that reaches an age is, beside the one that has it
today. The projection proper (:mod:`conciliazione_lib.indicators.projection`) needs two populations at definitive dates.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators.demography import SEXES, Band, Cube, cube, with_absences
from conciliazione_lib.indicators.levels import known
from conciliazione_lib.indicators.projection import Ratios, backtest, project, rake, ratios
from conciliazione_lib.region import REGIONE
from conciliazione_lib.territory.model import Territory

Array = NDArray[np.float64]

#: Women of fertile age, as in the child-woman ratio.
FERTILE_AGES: Final = slice(15, 50)
WOMEN: Final = SEXES.index("F")
#: Limits of yearly cohort change ratios in small areas, and the size below which a cohort is small.
MINIMUM, MAXIMUM = 0.75, 1.25


class Succession(NamedTuple):
    """A generation that reaches an age, and the one that has it today."""

    entrante: Band
    attuale: Band


#: Years ahead of the near generations (the end of the plan's three years) and of the far ones (of the next three).
NEAR: Final = 3
LONTANO: Final = 6

_FAR = MappingProxyType(
    {
        "ricambio_donne_25_39": Band(25, 39, "F"),
        "ricambio_eta_50_64": Band(50, 64),
        "ricambio_eta_75_82": Band(75, 82),
        "ricambio_eta_20_64": Band(20, 64),
    }
)
_NEAR = MappingProxyType(
    {
        "ricambio_eta_3_5": Band(3, 5),
        "ricambio_eta_6_10": Band(6, 10),
        "ricambio_eta_11_13": Band(11, 13),
    }
)


def _entering(bands: Mapping[str, Band], years: int) -> Mapping[str, Succession]:
    younger = {name: Band(band.da - years, band.a - years, band.sesso) for name, band in bands.items()}
    return MappingProxyType({name: Succession(younger[name], band) for name, band in bands.items()})


#: Id -> the generation that in :data:`LONTANO` years will have reached the age of the present one.
RICAMBI: Final = _entering(_FAR, LONTANO)
#: Id -> the one that in :data:`NEAR` years will: today's toddlers, at the end of the triennium, and so on.
RICAMBI_TRIENNIO: Final = _entering(_NEAR, NEAR)


def term(band: Band) -> str:
    """Return the name of a band as a term of a formula: ``residenti_75_82``, ``donne_25_39``."""
    return f"{'donne' if band.sesso == 'F' else 'residenti'}_{band.da}_{band.a}"


def succession(frame: pd.DataFrame) -> pd.DataFrame:
    """Compare the generations that reach an age with those that have it today.

    Parameters
    ----------
    frame : DataFrame
        Columns ``territorio, eta, sesso, residenti`` and optionally ``livello``, as in :mod:`demography`.

    Returns
    -------
    DataFrame
        One row per territory, one column per id of :data:`RICAMBI` and :data:`RICAMBI_TRIENNIO`: people of the entering
        generation per 100 of the present one; missing where the present one is empty (``<id>_stato``
        ``non_calcolabile``). The people themselves are in columns named as the terms of the formulas.
    """
    one_cube = cube(frame)
    terms: dict[str, Array] = {}
    ratios = [one_cube.chiavi]
    for name, generations in {**RICAMBI, **RICAMBI_TRIENNIO}.items():
        entering, present = one_cube.band(generations.entrante), one_cube.band(generations.attuale)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(present > 0, entering / present * 100, np.nan)
        ratios.append(with_absences(name, ratio, present, one_cube.chiavi.index))
        terms |= {term(generations.entrante): entering, term(generations.attuale): present}
    return pd.concat(ratios, axis=1).assign(**terms)


def generations() -> pd.DataFrame:
    """Return the ages that are compared.

    Returns
    -------
    DataFrame
        ``indicatore`` (of :data:`RICAMBI_TRIENNIO` and :data:`RICAMBI`), ``anni`` ahead, and ages of the generations
        that enter (``entranti``) and that are there (``presenti``), today.

    Examples
    --------
    >>> generations().set_index("indicatore").loc["ricambio_eta_75_82", ["entranti", "presenti"]].tolist()
    ['69–76', '75–82']
    """
    rows = [
        (name, years, *(f"{band.da}–{band.a}" for band in (pair.entrante, pair.attuale)))
        for years, pairs in ((NEAR, RICAMBI_TRIENNIO), (LONTANO, RICAMBI))
        for name, pair in pairs.items()
    ]
    return pd.DataFrame(rows, columns=["indicatore", "anni", "entranti", "presenti"])


#: Bands of a forecast: those whose needs a plan must meet.
PROJECTED_BANDS: Final = MappingProxyType(
    {
        "residenti": Band(0, 100),
        "residenti_0_2": Band(0, 2),
        "residenti_3_5": Band(3, 5),
        "residenti_6_10": Band(6, 10),
        "residenti_11_13": Band(11, 13),
        "residenti_50_64": Band(50, 64),
        "residenti_75_piu": Band(75, 100),
        "residenti_80_piu": Band(80, 100),
    }
)


@dataclass(frozen=True)
class Launch:
    """The two populations a forecast starts from.

    Attributes
    ----------
    chiavi : DataFrame
        The territories, in the order of the arrays.
    prima, dopo : array, shape (territories, sexes, ages)
        The populations at the two dates.
    anni : int
        Years between them.
    """

    chiavi: pd.DataFrame
    prima: Array
    dopo: Array
    anni: int


def launch(earlier: pd.DataFrame, later: pd.DataFrame, years: int) -> Launch:
    """Align two populations of the same territories.

    Parameters
    ----------
    earlier, later : DataFrame
        Columns ``territorio, eta, sesso, residenti``: the parts of one whole, at constant geography.
    years : int
        Years between the dates.

    Returns
    -------
    Launch

    Raises
    ------
    CalcoloError
        If the territories differ or the years are not positive.
    """
    before, after = cube(earlier), cube(later)
    if years < 1:
        raise CalcoloError("La proiezione richiede due date distanti almeno un anno.")
    if set(before.chiavi["territorio"]) != set(after.chiavi["territorio"]):
        raise CalcoloError(
            "La proiezione richiede gli stessi territori alle due date.",
            "Riportare le due popolazioni ai confini della stessa data con territory.aggregate.",
        )
    order = before.chiavi.reset_index().set_index("territorio")["index"].reindex(after.chiavi["territorio"])
    return Launch(after.chiavi, _sexes_first(before)[order.to_numpy()], _sexes_first(after), years)


def _sexes_first(cube: Cube) -> Array:
    return np.moveaxis(cube.residenti, 2, 1)


def variants(start: Launch, steps: int, controls: Array | None = None) -> dict[str, Array]:
    """Project the territories with three choices of ratios, each raked to the level above.

    *locale* uses the ratios of each territory kept within limits; *sintetica* those of the whole; *media* the mean of
    the two, which is the central one.

    Parameters
    ----------
    start : Launch
        Populations at two dates, all the parts of one whole.
    steps : int
        Steps to project, each as long as the distance between the dates.
    controls : array, shape (steps + 1, sexes, ages), optional
        Projection of the whole, when it comes from a level above; by default that of the parts together.

    Returns
    -------
    dict of str to array
        Per variant, shape (territories, steps + 1, sexes, ages).

    References
    ----------
    Tayman J., Swanson D.A. (2017), "Using modified cohort change and child-woman ratios in the Hamilton-Perry
    forecasting method", *Journal of Population Research* 34, 209-231.
    """
    total_before, total_after = start.prima.sum(axis=0), start.dopo.sum(axis=0)
    general = ratios(total_before, total_after, start.anni, FERTILE_AGES, WOMEN)
    whole = project(total_after, general, FERTILE_AGES, steps, WOMEN) if controls is None else controls
    minimum, maximum = MINIMUM**start.anni, MAXIMUM**start.anni
    one_variants: dict[str, list[Array]] = {"locale": [], "sintetica": [], "media": []}
    for before, after in zip(start.prima, start.dopo, strict=True):
        local = ratios(before, after, start.anni, FERTILE_AGES, WOMEN, floor=minimum, cap=maximum)
        means = Ratios(
            (local.cohort_change + general.cohort_change) / 2,
            (local.child_woman + general.child_woman) / 2,
            start.anni,
        )
        for name, chosen in (("locale", local), ("sintetica", general), ("media", means)):
            one_variants[name].append(project(after, chosen, FERTILE_AGES, steps, WOMEN))
    return {
        name: np.stack([rake(np.stack([p[s] for p in parts]), whole[s]) for s in range(steps + 1)], axis=1)
        for name, parts in one_variants.items()
    }


def forecast(start: Launch, steps: int, controls: Array | None = None) -> pd.DataFrame:
    """Project the territories by band of age, with a range.

    Parameters
    ----------
    start, steps, controls
        As for :func:`variants`.

    Returns
    -------
    DataFrame
        Columns ``territorio, anni`` (years after the later date, 0 included), ``fascia, valore, inferiore, superiore``:
        the central variant and the range of the three. The range says how much the choice of ratios matters; it is
        not a confidence interval, and says nothing of the whole, which all the variants share.
    """
    consistent = variants(start, steps, controls)
    rows = []
    for t, territorio in enumerate(start.chiavi["territorio"]):
        for s in range(steps + 1):
            for one_band, band in PROJECTED_BANDS.items():
                values = {name: float(v[t, s, :, band.da : band.a + 1].sum()) for name, v in consistent.items()}
                rows.append(
                    (territorio, s * start.anni, one_band, values["media"], min(values.values()), max(values.values()))
                )
    return pd.DataFrame(rows, columns=["territorio", "anni", "fascia", "valore", "inferiore", "superiore"])


def at_year(forecasts: pd.DataFrame, years: float) -> pd.DataFrame:
    """Read a forecast at a distance that need not be a whole number of steps, by linear interpolation.

    Parameters
    ----------
    forecasts : DataFrame
        As given by :func:`forecast`.
    years : float
        Years after the later date, within the forecast.

    Returns
    -------
    DataFrame
        One row per territory and band: ``territorio, fascia, valore, inferiore, superiore``.

    Raises
    ------
    CalcoloError
        If the forecast does not reach that far.
    """
    steps = np.sort(forecasts["anni"].unique())
    if not steps[0] <= years <= steps[-1]:
        raise CalcoloError(f"La proiezione arriva a {steps[-1]} anni dalla data di partenza: richiesti {years:g}.")
    before, after = steps[steps <= years].max(), steps[steps >= years].min()
    share = 0.0 if after == before else (years - before) / (after - before)
    index, measures = ["territorio", "fascia"], ["valore", "inferiore", "superiore"]
    a = forecasts[forecasts["anni"] == before].set_index(index)[measures]
    b = forecasts[forecasts["anni"] == after].set_index(index)[measures].reindex(a.index)
    return (a + (b - a) * share).reset_index()


def projections(
    earlier: pd.DataFrame, later: pd.DataFrame, years: int, territorio: Territory, ahead: float
) -> pd.DataFrame:
    """Project ATS, ambiti and region together, each level raked to the one above.

    Parameters
    ----------
    earlier, later : DataFrame
        Rows of the population by comune at two dates: ``cod_comune, eta, sesso, residenti``.
    years : int
        Years between them.
    territorio : Territory
        The comuni at the later date: those that ceased between the two count for the one that took their place.
    ahead : float
        Years after the later date.

    Returns
    -------
    DataFrame
        ``livello, territorio, fascia, valore, inferiore, superiore`` as in :func:`forecast`. The region has no range:
        all the variants share its own projection, and one of zero width would pass for certainty. Ambiti whose comuni
        are not all known are left out, but count in the sum of their ATS.

    References
    ----------
    Hamilton C.H., Perry J. (1962), as in :mod:`conciliazione_lib.indicators.projection`.
    """
    steps = max(1, math.ceil(ahead / years))
    by_ats = launch(territorio.aggregate(earlier, to="ats"), territorio.aggregate(later, to="ats"), years)
    whole = launch(territorio.aggregate(earlier, to="regione"), territorio.aggregate(later, to="regione"), years)
    region = forecast(whole, steps).assign(inferiore=np.nan, superiore=np.nan)
    controls = variants(by_ats, steps)["media"]
    both = [
        territorio.aggregate(frame, to="comune").rename(columns={"territorio": "cod_comune"})
        for frame in (earlier, later)
    ]
    parts = []
    for place, ats in enumerate(by_ats.chiavi["territorio"]):
        own = territorio.members("ats", ats)
        divided = [territorio.aggregate(frame[frame["cod_comune"].isin(own)], to="ambito") for frame in both]
        parts.append(forecast(launch(divided[0], divided[1], years), steps, controls[place]))
    ambiti = pd.concat(parts, ignore_index=True)
    levels = {
        "regione": region.assign(territorio=REGIONE),
        "ats": forecast(by_ats, steps),
        "ambito": ambiti[ambiti["territorio"].isin(known(territorio, "ambito"))],
    }
    return pd.concat(
        [at_year(frame, ahead).assign(livello=level) for level, frame in levels.items()], ignore_index=True
    )


def verify(
    earlier: pd.DataFrame, launched: pd.DataFrame, observed: pd.DataFrame, years: tuple[int, int]
) -> pd.DataFrame:
    """Back-test: how wrong a forecast made in the past would have been.

    Parameters
    ----------
    earlier, launched, observed : DataFrame
        Populations of the same territories at three dates.
    years : (int, int)
        Years between the first two dates, and between the last two; the second is a multiple of the first.

    Returns
    -------
    DataFrame
        One row per territory: ``territorio, errore_totale, mape`` (percentages; the latter over the bands of
        :data:`PROJECTED_BANDS`).

    Raises
    ------
    CalcoloError
        If the second distance is not a multiple of the first.
    """
    if years[1] % years[0]:
        raise CalcoloError("La verifica della proiezione richiede date a distanze multiple l'una dell'altra.")
    foreseen = at_year(forecast(launch(earlier, launched, years[0]), years[1] // years[0]), years[1])
    true = cube(observed)
    rows = []
    for position, territorio in enumerate(true.chiavi["territorio"]):
        one_observed = np.array([true.band(band)[position] for band in PROJECTED_BANDS.values()])
        expected = foreseen[foreseen["territorio"] == territorio].set_index("fascia")["valore"]
        projected = expected.reindex(list(PROJECTED_BANDS)).to_numpy()
        rows.append(
            (
                territorio,
                (projected[0] - one_observed[0]) / one_observed[0] * 100,
                backtest(projected[1:], one_observed[1:])["mape"],
            )
        )
    return pd.DataFrame(rows, columns=["territorio", "errore_totale", "mape"])
