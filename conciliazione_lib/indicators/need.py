"""The composite index of conciliation need, with what it owes to choices that could have been otherwise.

The index is the Adjusted Mazziotta-Pareto Index (:mod:`conciliazione_lib.indicators.composite`) of a declared set of
indicators, read as a negative phenomenon: a high score is a high need, and imbalance raises it. Beside it, the same
territories are scored many times under other choices, and each source of choice gets its share of the variance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators.composite import aggregate_ampi, goalposts_of, normalise
from conciliazione_lib.indicators.demography import RAPPORTI
from conciliazione_lib.indicators.sensitivity import indistinguishable, rank_intervals, sobol

Array = NDArray[np.float64]

#: What could have been chosen otherwise, in the order of the inputs of the simulation.
SCELTE: Final = {
    "pesi": "pesi degli indicatori",
    "normalizzazione": "modo di rendere confrontabili gli indicatori",
    "aggregazione": "modo di sommarli",
    "indicatori": "indicatori inclusi",
    "rumore": "variabilità casuale dei dati",
}

#: Scenarios drawn once for each of the choices that are not a short list.
SCENARI: Final = 256
SEME: Final = 20250101


def poisson_errors(counts: pd.DataFrame, indicators: Sequence[str]) -> pd.DataFrame:
    """Return the standard errors of ratios of counts, were the counts random around their mean.

    Parameters
    ----------
    counts : DataFrame
        Index: territories; columns: the counts by age of :mod:`demography`, such as ``residenti_0_2``.
    indicators : sequence of str
        Ids of :data:`demography.RAPPORTI`.

    Returns
    -------
    DataFrame
        Same index, one column per indicator: ``ratio × sqrt(1/numerator + 1/denominator)``. It measures how much chance
        moves the ratios of small territories, not an error of the register.

    References
    ----------
    Breslow N.E., Day N.E. (1987), *Statistical Methods in Cancer Research*, vol. II, IARC, ch. 2 (delta method).
    """
    errori = {}
    for identificativo in indicators:
        rapporto = RAPPORTI[identificativo]
        sopra = counts[list(rapporto.numeratore)].sum(axis=1)
        sotto = counts[rapporto.denominatore]
        errori[identificativo] = sopra / sotto * rapporto.scala * np.sqrt(1 / sopra + 1 / sotto)
    return pd.DataFrame(errori)


@dataclass(frozen=True)
class Sensitivity:
    """How firm a ranking is.

    Attributes
    ----------
    ranghi : DataFrame
        Per territory: ``rango_mediano, rango_min, rango_max, quota_primo_terzo``.
    indistinguibili : DataFrame of bool
        Pairs of territories that cannot be ordered.
    quote : DataFrame
        Index: the choices of :data:`SCELTE`; columns ``primo_ordine, totale``: share of the variance of the ranks.
    """

    ranghi: pd.DataFrame
    indistinguibili: pd.DataFrame
    quote: pd.DataFrame


class _Alternative:
    """The index under other choices: a function of five numbers in [0, 1], one for each source of choice."""

    def __init__(
        self,
        values: pd.DataFrame,
        polarity: Mapping[str, int],
        reference: pd.Series,
        errors: pd.DataFrame | None,
        weights: Mapping[str, float],
    ) -> None:
        self.colonne = [str(c) for c in values]
        if len(self.colonne) < 2:
            raise CalcoloError("L'analisi di sensibilità richiede almeno due indicatori.")
        rng = np.random.default_rng(SEME)
        self.valori = values.to_numpy(dtype=float)
        self.verso = np.array([polarity[c] for c in self.colonne], dtype=float)
        self.riferimento = reference.reindex(values.columns).to_numpy(dtype=float)
        base = np.array([weights[c] for c in self.colonne], dtype=float)
        # each weight from half to one and a half times its own
        self.pesi = base * rng.uniform(0.5, 1.5, (SCENARI, len(base)))
        scarti = np.zeros_like(self.valori) if errors is None else errors[self.colonne].to_numpy(dtype=float)
        self.rumori = rng.standard_normal((SCENARI, *self.valori.shape)) * scarti
        # every indicator in, or one left out
        self.inclusi = np.vstack([np.ones(len(base)), 1 - np.eye(len(base))])

    def scores(self, choices: Array) -> Array:
        """Return the scores, shape (runs, territories), of choices of shape (runs, 5)."""
        return np.vstack([self._una(riga) for riga in choices])

    def _una(self, scelte: Array) -> Array:
        def indice(u: float, n: int) -> int:
            return min(int(u * n), n - 1)

        pesi = self.pesi[indice(scelte[0], SCENARI)] * self.inclusi[indice(scelte[3], len(self.inclusi))]
        pesi = pesi / pesi.sum()
        valori = self.valori + self.rumori[indice(scelte[4], SCENARI)]
        punti = self._normalizza(valori, indice(scelte[1], 3))
        media = punti @ pesi
        modo = indice(scelte[2], 3)
        if modo == 0:
            return np.asarray(media + ((punti - media[:, None]) ** 2) @ pesi / media)
        if modo == 1:
            return np.asarray(media)
        return np.asarray(np.exp(np.log(np.maximum(punti, 1.0)) @ pesi))

    def _normalizza(self, valori: Array, modo: int) -> Array:
        distanze = (valori - self.riferimento) * self.verso
        if modo == 0:
            ampiezza = np.ptp(valori, axis=0)
            return 100 + 60 * np.divide(distanze, ampiezza, out=np.zeros_like(distanze), where=ampiezza > 0)
        if modo == 1:
            scarto = valori.std(axis=0)
            return 100 + 10 * np.divide(distanze, scarto, out=np.zeros_like(distanze), where=scarto > 0)
        posizioni = distanze.argsort(axis=0).argsort(axis=0)
        return 70 + 60 * posizioni / max(len(valori) - 1, 1)


def need_index(
    values: pd.DataFrame, polarity: Mapping[str, int], reference: pd.Series, weights: Mapping[str, float]
) -> pd.DataFrame:
    """Compute the index of need and the part of each indicator in it.

    Parameters
    ----------
    values : DataFrame
        Index: territories; one column per indicator, no missing values.
    polarity : mapping of str to int
        ``+1`` when a higher value means more need.
    reference : Series
        Value of each indicator that is worth 100 (that of Lombardia).
    weights : mapping of str to float
        Weight of each indicator.

    Returns
    -------
    DataFrame
        Column ``indice_bisogno`` and, per indicator ``x``, ``contributo_x``: how much it moves the score from 100; with
        ``contributo_squilibrio``, the penalty, they sum to ``indice_bisogno − 100``.
    """
    punti = normalise(values, polarity, goalposts_of(values, reference))
    indice = aggregate_ampi(punti, "+", weights)
    totale = sum(weights[str(c)] for c in punti)
    parti = {f"contributo_{c}": (punti[c] - 100) * weights[str(c)] / totale for c in punti}
    tabella = pd.DataFrame({"indice_bisogno": indice, **parti})
    tabella["contributo_squilibrio"] = indice - 100 - pd.DataFrame(parti).sum(axis=1)
    return tabella


def sensitivity(
    values: pd.DataFrame,
    polarity: Mapping[str, int],
    reference: pd.Series,
    weights: Mapping[str, float],
    errors: pd.DataFrame | None = None,
    runs: int = 2048,
    confidence: float = 0.9,
) -> Sensitivity:
    """Score the territories under other choices, and say how firm their ranking is.

    Parameters
    ----------
    values, polarity, reference, weights
        As in :func:`need_index`.
    errors : DataFrame, optional
        Standard errors of the values, same shape; none by default.
    runs : int
        Random choices for the ranks.
    confidence : float
        Share of the runs inside the interval of a rank.

    Returns
    -------
    Sensitivity
        The variance that is shared out is that of the ranks of all the territories.

    References
    ----------
    Saisana M., Saltelli A., Tarantola S. (2005), *JRSS A* 168(2), 307-323.
    """
    alternative = _Alternative(values, polarity, reference, errors, weights)
    scelte = np.random.default_rng(SEME).random((runs, len(SCELTE)))
    punti = alternative.scores(scelte)
    nomi = [str(t) for t in values.index]

    def ranghi(x: Array) -> Array:
        return np.asarray(rankdata(-alternative.scores(x), axis=1), dtype=float)

    quote = sobol(ranghi, list(SCELTE), runs=256).clip(lower=0.0)
    return Sensitivity(rank_intervals(punti, nomi, confidence), indistinguishable(punti, nomi, confidence), quote)


def firm_groups(result: Sensitivity) -> pd.Series:
    """Say which territories are firmly above or below the middle of the ranking.

    Parameters
    ----------
    result : Sensitivity
        From :func:`sensitivity`.

    Returns
    -------
    Series of str
        Per territory: ``alto`` when its whole interval is in the first half of the ranking, ``basso`` when in the
        second, ``non distinguibile`` otherwise.
    """
    meta = len(result.ranghi) / 2
    alto = result.ranghi["rango_max"] <= meta
    basso = result.ranghi["rango_min"] > meta
    return pd.Series(
        np.select([alto, basso], ["alto", "basso"], "non distinguibile"), index=result.ranghi.index, name="gruppo"
    )
