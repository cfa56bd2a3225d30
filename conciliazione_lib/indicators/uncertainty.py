"""Confidence intervals of proportions, counts and standardised rates.

One function for each method, each with its reference. All accept numbers or arrays and return ``(lower, upper)``
with the shape of the arguments; a missing argument gives missing limits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

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
    casi, prove = np.broadcast_arrays(np.asarray(count, float), np.asarray(n, float))
    if np.any(casi < 0) or np.any(casi > prove):
        raise CalcoloError("I casi di una proporzione devono stare fra 0 e il numero delle prove.")
    z = _z(confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = casi / prove
        centro = p + z**2 / (2 * prove)
        mezzo = z * np.sqrt(p * (1 - p) / prove + z**2 / (4 * prove**2))
        divisore = 1 + z**2 / prove
        inferiore, superiore = (centro - mezzo) / divisore, (centro + mezzo) / divisore
    # At the ends the limits are exact; rounding would leave them a hair beyond.
    inferiore = np.where(casi == 0, np.where(prove > 0, 0.0, np.nan), inferiore)
    superiore = np.where(casi == prove, np.where(prove > 0, 1.0, np.nan), superiore)
    return inferiore, superiore


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
    casi = _counts(count)
    z = _z(confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        base = 1 - 1 / (9 * casi) - z / (3 * np.sqrt(casi))
        inferiore = np.where(casi == 0, 0.0, casi * np.maximum(base, 0) ** 3)
    successivo = casi + 1
    superiore = successivo * (1 - 1 / (9 * successivo) + z / (3 * np.sqrt(successivo))) ** 3
    return inferiore, superiore


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
    casi = _counts(count)
    coda = (1 - _level(confidence)) / 2
    inferiore = np.where(casi == 0, 0.0, stats.chi2.ppf(coda, 2 * np.where(casi == 0, 1, casi)) / 2)
    superiore = stats.chi2.ppf(1 - coda, 2 * casi + 2) / 2
    return inferiore, superiore


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
    casi, prove = np.broadcast_arrays(np.asarray(count, float), np.asarray(n, float))
    if np.any(casi < 0) or np.any(casi > prove):
        raise CalcoloError("I casi di una proporzione devono stare fra 0 e il numero delle prove.")
    coda = (1 - _level(confidence)) / 2
    altri = prove - casi
    inferiore = stats.beta.ppf(coda, np.where(casi == 0, 1, casi), altri + 1)
    superiore = stats.beta.ppf(1 - coda, casi + 1, np.where(altri == 0, 1, altri))
    vuote = prove == 0
    inferiore = np.where(vuote, np.nan, np.where(casi == 0, 0.0, inferiore))
    superiore = np.where(vuote, np.nan, np.where(altri == 0, 1.0, superiore))
    return inferiore, superiore


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
    casi, popolazione, pesi = (np.asarray(valori, float) for valori in (counts, populations, standard))
    if not casi.shape == popolazione.shape == pesi.shape or casi.ndim != 1:
        raise CalcoloError("Casi, popolazione e popolazione tipo devono avere gli stessi strati.")
    if min(casi.min(), popolazione.min(), pesi.min()) < 0 or np.any((popolazione == 0) & (pesi > 0)):
        raise CalcoloError("Ogni strato della popolazione tipo vuole una popolazione, e nessun valore è negativo.")
    usati = pesi > 0
    quote = pesi[usati] / pesi[usati].sum()
    tasso = float((quote * casi[usati] / popolazione[usati]).sum())
    varianza = float((quote**2 * casi[usati] / popolazione[usati] ** 2).sum())
    totale = float(casi[usati].sum())
    if totale == 0:
        return tasso, np.nan, np.nan
    inferiore, superiore = (float(limite) for limite in byar(totale, confidence))
    scala = np.sqrt(varianza / totale)
    return tasso, tasso + scala * (inferiore - totale), tasso + scala * (superiore - totale)


def _counts(count: ArrayLike) -> Array:
    casi = np.asarray(count, float)
    if np.any(casi < 0):
        raise CalcoloError("Un conteggio non può essere negativo.")
    return casi


def _level(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise CalcoloError(f"Il livello di confidenza sta fra 0 e 1; trovato {confidence}.")
    return confidence


def _z(confidence: float) -> float:
    return float(stats.norm.ppf(0.5 + _level(confidence) / 2))
