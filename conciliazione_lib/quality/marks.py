"""Which figures of the reports rest on numbers that a check found in disagreement: they are marked, never changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from conciliazione_lib.quality.check import SEVERITY, Result


class Marks:
    """The checks that do not hold beside the figures they concern, found when someone asks of a figure.

    Parameters
    ----------
    results : iterable of Result
        Outcomes of the checks; those that hold, or cannot be made, mark nothing.
    """

    def __init__(self, results: Iterable[Result]) -> None:
        severity = list(SEVERITY)
        failed = (r for r in results if r.outcome.esito == "non_quadra" and r.outcome.cifre)
        #: The most serious check first.
        self.failed = tuple(sorted(failed, key=lambda r: (severity.index(r.check.gravita), r.check.id)))
        self._known: dict[str, tuple[Result, ...]] = {}

    def get(self, id: str, default: tuple[Result, ...] = ()) -> tuple[Result, ...]:
        """Return the checks that concern a figure, the most serious first; the default when there are none."""
        if id not in self._known:
            self._known[id] = tuple(
                result for result in self.failed if any(fnmatchcase(id, model) for model in result.outcome.cifre)
            )
        return self._known[id] or default

    def __contains__(self, id: object) -> bool:
        return isinstance(id, str) and bool(self.get(id))

    def __getitem__(self, id: str) -> tuple[Result, ...]:
        return self.get(id)


def marks(figures: Iterable[str], results: Iterable[Result]) -> Mapping[str, tuple[Result, ...]]:
    """Return the checks that do not hold beside each figure they concern.

    Parameters
    ----------
    figures : iterable of str
        Ids of figures.
    results : iterable of Result
        Outcomes of the checks.

    Returns
    -------
    mapping of str to tuple of Result
        By figure, only those concerned; the most serious check first.
    """
    known = Marks(results)
    return {id: known[id] for id in figures if id in known}
