"""Changes between editions to look at before publishing: without a cause, or out of line with peers or with the past.

Nothing is blocked: the analyst knows her territory, the program only asks her to look.

References
----------
Iglewicz B., Hoaglin D.C. (1993), *How to Detect and Handle Outliers*, ASQC.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from conciliazione_lib.evidence import Figure, Ledger
from conciliazione_lib.quality.editions import Change, key

#: Reasons, in the order they are told.
SENZA_CAUSA = "nessuna causa nota"
FUORI_DAI_PARI = "lontana da quella degli altri territori"
FUORI_DALLA_STORIA = "lontana dalle variazioni degli anni precedenti"

#: Robust distance (median absolute deviations, scaled to the standard deviation of a normal) of an outlier.
SOGLIA = 5.0
#: Fewest territories, and fewest steps of a series, among which something can be out of line.
PARI, PASSI = 5, 4
_SCALA_MAD = 1.4826


@dataclass(frozen=True)
class Anomaly:
    """A change to look at, and why.

    Attributes
    ----------
    change : Change
        The figure in the two editions.
    motivi : tuple of str
        Reasons, in Italian.
    """

    change: Change
    motivi: tuple[str, ...]


def anomalies(changes: Iterable[Change], history: Ledger | None = None) -> list[Anomaly]:
    """Find the changes that have no known cause, or are out of line with peers or with the past.

    Parameters
    ----------
    changes : iterable of Change
        As given by :func:`conciliazione_lib.quality.editions.compare`.
    history : Ledger, optional
        The newer edition: its series say how much a figure has moved from year to year.

    Returns
    -------
    list of Anomaly
        Sorted by the id of the figure. Peers are at least five territories of the same level, compared by their
        relative change; the past is at least four steps of the figure's own series.
    """
    listing = [c for c in changes if c.variazione is not None]
    reasons: dict[str, list[str]] = defaultdict(list)
    groups: dict[tuple[object, ...], list[Change]] = defaultdict(list)
    for c in listing:
        if "ignota" in c.effetti:
            reasons[c.figura.id].append(SENZA_CAUSA)
        groups[c.figura.indicator, c.figura.territory.livello, c.figura.breakdown, c.figura.period].append(c)
    for group in groups.values():
        for c in _outliers(group):
            reasons[c.figura.id].append(FUORI_DAI_PARI)
    if history is not None:
        series = _series(history)
        for c in listing:
            if c.variazione and c.dopo is not None and _out_of_history(c.dopo, series):
                reasons[c.figura.id].append(FUORI_DALLA_STORIA)
    by_id = {c.figura.id: c for c in listing}
    return [Anomaly(by_id[id], tuple(reasons[id])) for id in sorted(reasons)]


def _outliers(gruppo: list[Change]) -> list[Change]:
    """Return the changes of a group that are far from the others."""
    if len(gruppo) < PARI:
        return []
    relative = np.array([_relative(c) for c in gruppo])
    distance = np.abs(relative - np.median(relative))
    mad = float(np.median(distance)) * _SCALA_MAD
    if mad == 0:
        return []
    return [c for c, outside in zip(gruppo, distance / mad > SOGLIA, strict=True) if outside]


def _relative(cambio: Change) -> float:
    variation = cambio.variazione or 0.0
    base = cambio.prima.value if cambio.prima is not None else None
    return variation / abs(base) if base else variation


Serie = dict[tuple[object, ...], list[tuple[str, float]]]


def _series(ledger: Ledger) -> Serie:
    """Return the values of each figure by period, in order: years and dates, not spans of years."""
    series: Serie = defaultdict(list)
    for figure in ledger:
        if figure.value is not None and re.fullmatch(r"\d{4}(-\d\d-\d\d)?", figure.period):
            series[key(figure), len(figure.period)].append((figure.period, figure.value))
    return {one_key: sorted(values) for one_key, values in series.items()}


def _out_of_history(figura: Figure, serie: Serie) -> bool:
    """Tell whether the last step of a figure's series is far larger than the earlier ones."""
    past = [v for p, v in serie.get((key(figura), len(figura.period)), ()) if p <= figura.period]
    if len(past) < PASSI + 2 or figura.value is None or past[-1] != figura.value:
        return False
    differences = np.diff(past)
    steps, last = differences[:-1], float(differences[-1])
    distance = abs(last - float(np.median(steps)))
    # a step smaller than what is printed is no step at all
    scale = max(float(np.median(np.abs(steps - np.median(steps)))) * _SCALA_MAD, 10.0**-figura.decimals)
    return bool(distance / scale > SOGLIA)
