"""Which figures of the reports rest on numbers that a check found in disagreement: they are marked, never changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from conciliazione_lib.quality.check import GRAVITA, Result


def marks(figures: Iterable[str], results: Iterable[Result]) -> Mapping[str, tuple[Result, ...]]:
    """Return the checks that do not hold beside each figure they concern.

    Parameters
    ----------
    figures : iterable of str
        Ids of figures.
    results : iterable of Result
        Outcomes of the checks; those that hold, or cannot be made, mark nothing.

    Returns
    -------
    mapping of str to tuple of Result
        By figure, only those concerned; the most serious check first.
    """
    ids = list(figures)
    gravita = list(GRAVITA)
    trovate: dict[str, list[Result]] = {}
    for result in sorted(results, key=lambda r: (gravita.index(r.check.gravita), r.check.id)):
        if result.outcome.esito != "non_quadra":
            continue
        for id in ids:
            if any(fnmatchcase(id, modello) for modello in result.outcome.cifre):
                trovate.setdefault(id, []).append(result)
    return {id: tuple(esiti) for id, esiti in trovate.items()}
