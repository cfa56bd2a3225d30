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
WITHOUT_CAUSE = "nessuna causa nota"
OUTSIDE_THE_PEERS = "lontana da quella degli altri territori"
OUTSIDE_THE_HISTORY = "lontana dalle variazioni degli anni precedenti"

#: Robust distance (median absolute deviations, scaled to the standard deviation of a normal) of an outlier.
THRESHOLD = 5.0
#: Fewest territories, and fewest steps of a series, among which something can be out of line.
PEERS, STEPS = 5, 4
_MAD_SCALE = 1.4826


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
            reasons[c.figure.id].append(WITHOUT_CAUSE)
        groups[c.figure.indicator, c.figure.territory.livello, c.figure.breakdown, c.figure.period].append(c)
    for group in groups.values():
        for c in _outliers(group):
            reasons[c.figure.id].append(OUTSIDE_THE_PEERS)
    if history is not None:
        series = _series(history)
        for c in listing:
            if c.variazione and c.dopo is not None and _out_of_history(c.dopo, series):
                reasons[c.figure.id].append(OUTSIDE_THE_HISTORY)
    by_id = {c.figure.id: c for c in listing}
    return [Anomaly(by_id[id], tuple(reasons[id])) for id in sorted(reasons)]


def _outliers(gruppo: list[Change]) -> list[Change]:
    """Return the changes of a group that are far from the others."""
    if len(gruppo) < PEERS:
        return []
    relative = np.array([_relative(c) for c in gruppo])
    distance = np.abs(relative - np.median(relative))
    mad = float(np.median(distance)) * _MAD_SCALE
    if mad == 0:
        return []
    return [c for c, outside in zip(gruppo, distance / mad > THRESHOLD, strict=True) if outside]


def _relative(change: Change) -> float:
    variation = change.variazione or 0.0
    base = change.prima.value if change.prima is not None else None
    return variation / abs(base) if base else variation


Series = dict[tuple[object, ...], list[tuple[str, float]]]


def _series(ledger: Ledger) -> Series:
    """Return the values of each figure by period, in order: years and dates, not spans of years."""
    series: Series = defaultdict(list)
    for figure in ledger:
        if figure.value is not None and re.fullmatch(r"\d{4}(-\d\d-\d\d)?", figure.period):
            series[key(figure), len(figure.period)].append((figure.period, figure.value))
    return {one_key: sorted(values) for one_key, values in series.items()}


def _out_of_history(figure: Figure, serie: Series) -> bool:
    """Tell whether the last step of a figure's series is far larger than the earlier ones."""
    past = [v for p, v in serie.get((key(figure), len(figure.period)), ()) if p <= figure.period]
    if len(past) < STEPS + 2 or figure.value is None or past[-1] != figure.value:
        return False
    differences = np.diff(past)
    steps, last = differences[:-1], float(differences[-1])
    distance = abs(last - float(np.median(steps)))
    # a step smaller than what is printed is no step at all
    scale = max(float(np.median(np.abs(steps - np.median(steps)))) * _MAD_SCALE, 10.0**-figure.decimals)
    return bool(distance / scale > THRESHOLD)
