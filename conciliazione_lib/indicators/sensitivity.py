"""How much a ranking depends on choices: Monte Carlo over the choices, and the share of variance each one makes.

A composite index embeds choices that could have been otherwise: weights, normalisation, aggregation, which indicators
to include, the sampling error of each. Here every choice is an input with a distribution; the index is recomputed many
times; what comes out is an interval for each rank and, by Sobol's method, the share of the variance due to each choice.

References
----------
Saisana M., Saltelli A., Tarantola S. (2005), "Uncertainty and sensitivity analysis techniques as tools for the quality
assessment of composite indicators", *JRSS A* 168(2), 307-323. Saltelli A. et al. (2010), "Variance based sensitivity
analysis of model output", *Computer Physics Communications* 181, 259-270 (estimators of table 2). Gamboa F. et al.
(2014), "Sensitivity analysis for multidimensional and functional outputs", *Electronic Journal of Statistics* 8,
575-603.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

from conciliazione_lib.errors import CalcoloError

Model = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def rank_intervals(scores: NDArray[np.float64], units: Sequence[str], confidence: float = 0.9) -> pd.DataFrame:
    """Interval of the rank of each unit over many recomputations.

    Parameters
    ----------
    scores : array, shape (runs, units)
        Scores of every run; higher is first.
    units : sequence of str
        Names of the units.
    confidence : float
        Share of the runs inside the interval.

    Returns
    -------
    DataFrame
        Index ``units``; columns ``rango_mediano, rango_min, rango_max`` (whole ranks, 1 is the highest score) and
        ``quota_primo_terzo``, the share of runs in which the unit is in the top third.
    """
    ranks = np.asarray(scipy.stats.rankdata(-np.atleast_2d(scores), axis=1))
    tail = (1 - confidence) / 2
    third = len(units) / 3
    return pd.DataFrame(
        {
            "rango_mediano": np.median(ranks, axis=0),
            "rango_min": np.floor(np.quantile(ranks, tail, axis=0, method="lower")).astype(int),
            "rango_max": np.ceil(np.quantile(ranks, 1 - tail, axis=0, method="higher")).astype(int),
            "quota_primo_terzo": np.less_equal(ranks, third + 1e-9).mean(axis=0),
        },
        index=pd.Index(units, name="territorio"),
    )


def indistinguishable(scores: NDArray[np.float64], units: Sequence[str], confidence: float = 0.9) -> pd.DataFrame:
    """Tell which pairs of units cannot be ordered.

    Parameters
    ----------
    scores : array, shape (runs, units)
        Scores of every run.
    units : sequence of str
        Names of the units.
    confidence : float
        Share of the runs in which one unit must be ahead of the other to say that it is.

    Returns
    -------
    DataFrame of bool
        Square, symmetric; True where neither unit is ahead in that share of the runs. True on the diagonal.
    """
    in_front = (scores[:, :, None] > scores[:, None, :]).mean(axis=0)
    uncertain = (in_front < confidence) & (confidence > in_front.T)
    return pd.DataFrame(uncertain, index=list(units), columns=list(units))


def sobol(model: Model, inputs: Sequence[str], runs: int = 512, seed: int = 20250101) -> pd.DataFrame:
    """Compute first-order and total Sobol indices of a function of independent uniform inputs.

    For a function with several outputs the indices are the means over the outputs, weighted by their variance: the
    generalised indices of Gamboa et al. (2014).

    Parameters
    ----------
    model : callable
        Takes an array of shape (n, inputs) with values in [0, 1] and returns n numbers, or an array of shape
        (n, outputs).
    inputs : sequence of str
        Names of the inputs.
    runs : int
        Points of the base sample, a power of two; the function is evaluated ``runs × (inputs + 2)`` times.
    seed : int
        Seed of the sample.

    Returns
    -------
    DataFrame
        Index: names of the inputs; columns ``primo_ordine, totale``. All zero when the function is constant.

    Raises
    ------
    CalcoloError
        If ``runs`` is not a power of two.

    Notes
    -----
    Computed by :func:`scipy.stats.sobol_indices` with the estimators of Saltelli et al. (2010).
    """
    if runs < 2 or runs & (runs - 1):
        raise CalcoloError(f"L'analisi di sensibilità richiede un numero di prove potenza di due: trovato {runs}.")
    k = len(inputs)
    variances = np.atleast_1d(np.var(model(np.random.default_rng(seed).random((runs, k))), axis=0))
    if np.allclose(variances, 0.0):
        indices = np.zeros((2, k))
    else:
        outcome = scipy.stats.sobol_indices(
            func=lambda x: model(x.T).T,
            n=runs,
            dists=[scipy.stats.uniform()] * k,
            rng=np.random.default_rng(seed),
        )
        alive = variances > 0
        indices = np.vstack(
            [
                np.average(np.atleast_2d(order)[alive], axis=0, weights=variances[alive])
                for order in (outcome.first_order, outcome.total_order)
            ]
        )
    return pd.DataFrame(indices.T, index=pd.Index(inputs, name="scelta"), columns=["primo_ordine", "totale"])
