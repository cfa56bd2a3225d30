"""Confidence intervals of proportions, counts and standardised rates.

One function for each method, each with its reference: they accept numbers or arrays and return ``(lower, upper)``
with the shape of the arguments; a missing argument gives missing limits. For whole frames, :func:`proportions`,
:func:`counts` and :func:`rates` add the value, its limits and how they were made as columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from conciliazione_lib.errors import CalcoloError

Array = NDArray[np.float64]
Interval = tuple[Array, Array]


def wilson(count: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> Interval:
    """Return the score interval of a proportion.

    Parameters
    ----------
    count : array_like
        Cases, between 0 and ``n``.
    n : array_like
        Trials. Where it is 0 the limits are missing.
    confidence : float
        Confidence level, between 0 and 1.

    Returns
    -------
    lower, upper : arrays
        Limits as fractions of 1.

    Raises
    ------
    CalcoloError
        When a count is negative or above its ``n``, or the level is not between 0 and 1.

    References
    ----------
    Wilson E.B. (1927), "Probable inference, the law of succession, and statistical inference", *JASA* 22, 209-212.
    Newcombe R.G. (1998), "Two-sided confidence intervals for the single proportion: comparison of seven methods",
    *Statistics in Medicine* 17, 857-872 (method 3).
    """
    cases, prove = np.broadcast_arrays(np.asarray(count, float), np.asarray(n, float))
    if np.any(cases < 0) or np.any(cases > prove):
        raise CalcoloError("I casi di una proporzione devono stare fra 0 e il numero delle prove.")
    z = _z(confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = cases / prove
        centre = p + z**2 / (2 * prove)
        half = z * np.sqrt(p * (1 - p) / prove + z**2 / (4 * prove**2))
        divisor = 1 + z**2 / prove
        lower, upper = (centre - half) / divisor, (centre + half) / divisor
    # At the ends the limits are exact; rounding would leave them a hair beyond.
    lower = np.where(cases == 0, np.where(prove > 0, 0.0, np.nan), lower)
    upper = np.where(cases == prove, np.where(prove > 0, 1.0, np.nan), upper)
    return lower, upper


def byar(count: ArrayLike, confidence: float = 0.95) -> Interval:
    """Return Byar's approximate interval of a Poisson count.

    Parameters
    ----------
    count : array_like
        Events observed. For 0 the lower limit is 0.
    confidence : float
        Confidence level, between 0 and 1.

    Returns
    -------
    lower, upper : arrays
        Limits of the expected count. Within 0,2% of the exact ones from 10 events on; for fewer use
        :func:`exact_count`.

    References
    ----------
    Breslow N.E., Day N.E. (1987), *Statistical Methods in Cancer Research*, vol. II, IARC, p. 69.
    """
    cases = _counts(count)
    z = _z(confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        base = 1 - 1 / (9 * cases) - z / (3 * np.sqrt(cases))
        lower = np.where(cases == 0, 0.0, cases * np.maximum(base, 0) ** 3)
    next_ = cases + 1
    upper = next_ * (1 - 1 / (9 * next_) + z / (3 * np.sqrt(next_))) ** 3
    return lower, upper


def exact_count(count: ArrayLike, confidence: float = 0.95) -> Interval:
    """Return the exact interval of a Poisson count, through the chi-squared distribution.

    Parameters
    ----------
    count : array_like
        Events observed, whole numbers.
    confidence : float
        Confidence level, between 0 and 1.

    Returns
    -------
    lower, upper : arrays
        Limits of the expected count.

    References
    ----------
    Garwood F. (1936), "Fiducial limits for the Poisson distribution", *Biometrika* 28, 437-442.
    """
    cases = _counts(count)
    tail = (1 - _level(confidence)) / 2
    lower = np.where(cases == 0, 0.0, special.gammaincinv(np.where(cases == 0, 1, cases), tail))
    upper = special.gammaincinv(cases + 1, 1 - tail)
    return lower, upper


def exact_proportion(count: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> Interval:
    """Return the exact (Clopper-Pearson) interval of a proportion, as fractions of 1.

    Parameters
    ----------
    count, n : array_like
        Cases and trials, whole numbers, cases not above trials.
    confidence : float
        Confidence level, between 0 and 1.

    References
    ----------
    Clopper C.J., Pearson E.S. (1934), "The use of confidence or fiducial limits illustrated in the case of the
    binomial", *Biometrika* 26, 404-413.
    """
    cases, prove = np.broadcast_arrays(np.asarray(count, float), np.asarray(n, float))
    if np.any(cases < 0) or np.any(cases > prove):
        raise CalcoloError("I casi di una proporzione devono stare fra 0 e il numero delle prove.")
    tail = (1 - _level(confidence)) / 2
    others = prove - cases
    lower = special.betaincinv(np.where(cases == 0, 1, cases), others + 1, tail)
    upper = special.betaincinv(cases + 1, np.where(others == 0, 1, others), 1 - tail)
    empty = prove == 0
    lower = np.where(empty, np.nan, np.where(cases == 0, 0.0, lower))
    upper = np.where(empty, np.nan, np.where(others == 0, 1.0, upper))
    return lower, upper


def dobson(
    counts: ArrayLike, populations: ArrayLike, standard: ArrayLike, confidence: float = 0.95
) -> tuple[float, float, float]:
    """Return a directly standardised rate with its interval.

    Parameters
    ----------
    counts : array_like, shape (strata,)
        Events in each stratum (age group).
    populations : array_like, shape (strata,)
        Population of each stratum, above 0 where the standard is.
    standard : array_like, shape (strata,)
        Standard population.
    confidence : float
        Confidence level, between 0 and 1.

    Returns
    -------
    rate, lower, upper : float
        Events per person: multiply by 1.000 or 100.000 for the usual scales. With no events at all the variance
        cannot be estimated and the limits are missing.

    Raises
    ------
    CalcoloError
        When shapes differ, a value is negative, or a stratum of the standard has no population.

    References
    ----------
    Dobson A.J., Kuulasmaa K., Eberle E., Scherer J. (1991), "Confidence intervals for weighted sums of Poisson
    parameters", *Statistics in Medicine* 10, 457-462.
    """
    cases, population, weights = (np.asarray(values, float) for values in (counts, populations, standard))
    if not cases.shape == population.shape == weights.shape or cases.ndim != 1:
        raise CalcoloError("Casi, popolazione e popolazione tipo devono avere gli stessi strati.")
    if min(cases.min(), population.min(), weights.min()) < 0 or np.any((population == 0) & (weights > 0)):
        raise CalcoloError("Ogni strato della popolazione tipo vuole una popolazione, e nessun valore è negativo.")
    used = weights > 0
    quote = weights[used] / weights[used].sum()
    rate = float((quote * cases[used] / population[used]).sum())
    variance = float((quote**2 * cases[used] / population[used] ** 2).sum())
    total = float(cases[used].sum())
    if total == 0:
        return rate, np.nan, np.nan
    lower, upper = (float(limit) for limit in byar(total, confidence))
    scale = np.sqrt(variance / total)
    return rate, rate + scale * (lower - total), rate + scale * (upper - total)


def proportions(
    frame: pd.DataFrame, count: str, n: str, *, per: float = 100.0, confidence: float = 0.95, method: str = "wilson"
) -> pd.DataFrame:
    """Return a frame with a proportion in each row, and its interval.

    Parameters
    ----------
    frame : DataFrame
        A row for each proportion.
    count, n : str
        Columns of cases and trials.
    per : float
        What the proportions are of: 100 for percentages.
    confidence : float
        Confidence level, between 0 and 1.
    method : {"wilson", "exact"}
        See :func:`wilson` and :func:`exact_proportion`.

    Returns
    -------
    DataFrame
        The same rows and columns, and ``value, lower, upper, confidence, statistic, method``.

    Raises
    ------
    CalcoloError
        A column or a method is not there; cases are negative or above the trials.

    Examples
    --------
    >>> answers = pd.DataFrame({"yes": [18, 0], "n": [24, 6]}, index=["A", "B"])
    >>> proportions(answers, "yes", "n")[["value", "lower", "upper", "statistic", "method"]].round(1)
       value  lower  upper              statistic method
    A   75.0   55.1   88.0  proportion per 100  Wilson
    B    0.0    0.0   39.0  proportion per 100  Wilson
    """
    functions = {"wilson": (wilson, "Wilson"), "exact": (exact_proportion, "Clopper-Pearson")}
    interval, name = _method(functions, method)
    cases, trials = _columns(frame, count, n)
    lower, upper = interval(cases, trials, confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(trials > 0, cases / trials, np.nan)
    return _with_interval(frame, per * value, per * lower, per * upper, confidence, f"proportion per {per:g}", name)


def counts(frame: pd.DataFrame, count: str, *, confidence: float = 0.95) -> pd.DataFrame:
    """Return a frame with the interval of the count in each row: Byar's from 10 events on, the exact one below.

    Parameters
    ----------
    frame : DataFrame
        A row for each count.
    count : str
        Column of the events.
    confidence : float
        Confidence level, between 0 and 1.

    Returns
    -------
    DataFrame
        The same rows and columns, and ``value, lower, upper, confidence, statistic, method``.

    Raises
    ------
    CalcoloError
        The column is not there, or a count is negative.

    Examples
    --------
    >>> counts(pd.DataFrame({"events": [4, 40]}), "events")[["value", "lower", "upper", "method"]].round(1)
       value  lower  upper method
    0    4.0    1.1   10.2  exact
    1   40.0   28.6   54.5   Byar
    """
    (events,) = _columns(frame, count)
    lower, upper, names = _of_counts(events, confidence)
    return _with_interval(frame, events, lower, upper, confidence, "count", names)


def rates(
    frame: pd.DataFrame, count: str, population: str, *, per: float = 1000.0, confidence: float = 0.95
) -> pd.DataFrame:
    """Return a frame with a crude rate in each row, and its interval.

    Parameters
    ----------
    frame : DataFrame
        A row for each rate.
    count, population : str
        Columns of the events and of the people (or of the time at risk).
    per : float
        What the rates are of.
    confidence : float
        Confidence level, between 0 and 1.

    Returns
    -------
    DataFrame
        The same rows and columns, and ``value, lower, upper, confidence, statistic, method``; missing where there is
        nobody. The limits are those of the count, as for :func:`counts`.

    Raises
    ------
    CalcoloError
        A column is not there, or a count is negative.

    Examples
    --------
    >>> events = pd.DataFrame({"events": [4, 40], "people": [1000, 1000]})
    >>> rates(events, "events", "people")[["value", "lower", "upper", "statistic"]].round(1)
       value  lower  upper       statistic
    0    4.0    1.1   10.2  rate per 1000
    1   40.0   28.6   54.5  rate per 1000
    """
    events, people = _columns(frame, count, population)
    lower, upper, names = _of_counts(events, confidence)
    scale = np.where(people > 0, per / np.where(people > 0, people, 1.0), np.nan)
    return _with_interval(frame, events * scale, lower * scale, upper * scale, confidence, f"rate per {per:g}", names)


def _of_counts(events: Array, confidence: float) -> tuple[Array, Array, Array]:
    """Return the limits of some counts, and the method of each."""
    few = events < 10
    exact, approximate = exact_count(events, confidence), byar(events, confidence)
    lower, upper = (np.where(few, one, other) for one, other in zip(exact, approximate, strict=True))
    return lower, upper, np.where(few, "exact", "Byar")


def _method(functions: Mapping[str, tuple[Any, str]], name: str) -> tuple[Any, str]:
    if name not in functions:
        raise CalcoloError(f"Il metodo «{name}» non c'è.", f"Metodi possibili: {', '.join(functions)}.")
    return functions[name]


def _columns(frame: pd.DataFrame, *names: str) -> list[Array]:
    if absent := [name for name in names if name not in frame]:
        raise CalcoloError(
            f"La tabella non ha le colonne: {', '.join(absent)}.",
            f"Colonne presenti: {', '.join(map(str, frame.columns))}.",
        )
    return [frame[name].to_numpy(dtype="float64", na_value=np.nan) for name in names]


def _with_interval(
    frame: pd.DataFrame, value: Array, lower: Array, upper: Array, confidence: float, statistic: str, method: Any
) -> pd.DataFrame:
    return frame.assign(
        value=value, lower=lower, upper=upper, confidence=confidence, statistic=statistic, method=method
    )


def _counts(count: ArrayLike) -> Array:
    cases = np.asarray(count, float)
    if np.any(cases < 0):
        raise CalcoloError("Un conteggio non può essere negativo.")
    return cases


def _level(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise CalcoloError(f"Il livello di confidenza sta fra 0 e 1; trovato {confidence}.")
    return confidence


def _z(confidence: float) -> float:
    return float(special.ndtri(0.5 + _level(confidence) / 2))
