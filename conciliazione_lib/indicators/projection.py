"""Population projection by cohort change ratios: the Hamilton-Perry method.

Two populations by age and sex, k years apart, say how each cohort changed by survival and migration together; the
method assumes that the next k years will treat the cohorts as the last ones did. It needs nothing else, which is its
strength for small areas, and its limit: it cannot foresee a change of migration or fertility, and small areas make
wild ratios, so ratios are kept between a floor and a cap and results are raked to the projection of the level above.

References
----------
Hamilton C.H., Perry J. (1962), "A short method for projecting population by age from one decennial census to another",
*Social Forces* 41(2), 163-170. Swanson D.A., Schlottmann A., Schmidt B. (2010), "Forecasting the population of census
tracts by age and sex", *Population Research and Policy Review* 29, 47-63. Baker J., Swanson D., Tayman J., Tedrow L.
(2017), *Cohort Change Ratios and their Applications*, Springer, ch. 4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from conciliazione_lib.errors import CalcoloError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Ratios:
    """Ratios of the method, for one territory.

    Attributes
    ----------
    cohort_change : array, shape (sexes, groups)
        For each age group reached at the end of the step, its size over the size, at the beginning, of the groups it
        comes from. The youngest ``step`` groups are missing (they were not born yet); the last one is open.
    child_woman : array, shape (sexes, step)
        Children of the youngest groups, by sex, per woman of fertile age.
    step : int
        Length of the step, in age groups.
    """

    cohort_change: Array
    child_woman: Array
    step: int


def _check(population: Array, step: int) -> None:
    if population.ndim != 2 or population.shape[1] <= step + 1:
        raise CalcoloError(
            "La proiezione richiede una tabella sesso × età con più gruppi di età dei passi da proiettare."
        )
    if (population < 0).any() or np.isnan(population).any():
        raise CalcoloError("La proiezione richiede popolazioni non negative e senza valori mancanti.")


def ratios(
    earlier: Array,
    later: Array,
    step: int,
    fertile: slice,
    women: int = 1,
    floor: float | None = None,
    cap: float | None = None,
) -> Ratios:
    """Measure cohort change ratios and child-woman ratios between two dates.

    Parameters
    ----------
    earlier, later : array, shape (sexes, age groups)
        Populations at the two dates; equal groups, the last one open.
    step : int
        Years between the dates, counted in age groups.
    fertile : slice
        Age groups of women of fertile age.
    women : int
        Row of the women.
    floor, cap : float, optional
        Limits of the cohort change ratios, for small areas.

    Returns
    -------
    Ratios
        A cohort that was empty has ratio one: nothing is known of it.

    Raises
    ------
    CalcoloError
        If populations are negative, missing or of different shapes, or no woman is of fertile age.
    """
    earlier, later = np.asarray(earlier, dtype=float), np.asarray(later, dtype=float)
    _check(earlier, step)
    _check(later, step)
    if earlier.shape != later.shape:
        raise CalcoloError("Le due popolazioni della proiezione non hanno gli stessi gruppi di età.")
    groups = earlier.shape[1]
    change = np.full(earlier.shape, np.nan)
    base = np.empty((earlier.shape[0], groups - step))
    base[:, :-1] = earlier[:, : groups - step - 1]
    base[:, -1] = earlier[:, groups - step - 1 :].sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        change[:, step:] = np.where(base > 0, later[:, step:] / base, 1.0)
    if floor is not None or cap is not None:
        change[:, step:] = np.clip(change[:, step:], floor, cap)
    one_women = later[women, fertile].sum()
    if one_women <= 0:
        raise CalcoloError("La proiezione richiede almeno una donna in età fertile alla seconda data.")
    return Ratios(change, later[:, :step] / one_women, step)


def project(population: Array, method: Ratios, fertile: slice, steps: int = 1, women: int = 1) -> Array:
    """Project a population by age and sex.

    Parameters
    ----------
    population : array, shape (sexes, age groups)
        Population at the launch date.
    method : Ratios
        Ratios of :func:`ratios`, held constant.
    fertile : slice
        Age groups of women of fertile age, as in the ratios.
    steps : int
        How many steps to project.
    women : int
        Row of the women.

    Returns
    -------
    array, shape (steps + 1, sexes, age groups)
        The launch population and one population per step.
    """
    present = np.asarray(population, dtype=float)
    _check(present, method.step)
    step, groups = method.step, present.shape[1]
    series = [present]
    for _ in range(steps):
        future = np.empty_like(present)
        base = np.empty((present.shape[0], groups - step))
        base[:, :-1] = present[:, : groups - step - 1]
        base[:, -1] = present[:, groups - step - 1 :].sum(axis=1)
        future[:, step:] = base * method.cohort_change[:, step:]
        future[:, :step] = method.child_woman * future[women, fertile].sum()
        series.append(future)
        present = future
    return np.stack(series)


def rake(parts: Array, totals: Array) -> Array:
    """Scale the projections of the parts so that they sum to the projection of the whole.

    Parameters
    ----------
    parts : array, shape (territories, sexes, age groups)
        Projections of the territories that make up the whole.
    totals : array, shape (sexes, age groups)
        Projection of the whole.

    Returns
    -------
    array
        Same shape as ``parts``; where all the parts are zero the total is shared in equal parts.
    """
    total_of = parts.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        quote = np.where(total_of > 0, parts / total_of, 1 / len(parts))
    return quote * totals


def backtest(projected: Array, observed: Array) -> dict[str, float]:
    """Say how wrong a projection was.

    Parameters
    ----------
    projected, observed : array
        Same shape: projected and observed populations.

    Returns
    -------
    dict
        ``mape`` (mean absolute percentage error), ``mpe`` (its bias, signed) over cells with somebody in them, and
        ``errore_totale`` (percentage error of the total).

    Raises
    ------
    CalcoloError
        If nobody was observed.
    """
    one_projected, one_observed = np.asarray(projected, dtype=float).ravel(), np.asarray(observed, dtype=float).ravel()
    present = one_observed > 0
    if not present.any():
        raise CalcoloError("La verifica della proiezione richiede una popolazione osservata non vuota.")
    errors = (one_projected[present] - one_observed[present]) / one_observed[present] * 100
    return {
        "mape": float(np.abs(errors).mean()),
        "mpe": float(errors.mean()),
        "errore_totale": float((one_projected.sum() - one_observed.sum()) / one_observed.sum() * 100),
    }
