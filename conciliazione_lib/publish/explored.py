"""How the values of an indicator travel to its explorer: as texts, in the order of the territories of a level."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from conciliazione_lib.evidence import Figure, Place, cards

#: What is between the ends of a range: one byte, where what pages write has three.
RANGE = "~"

Breakdown = tuple[tuple[str, str], ...]


class Reasons:
    """What is written where there is no value, and why: each once, since texts only say which.

    Attributes
    ----------
    listed : list of (str, str)
        What pages write, and the reason.
    """

    def __init__(self) -> None:
        self.listed: list[tuple[str, str]] = []

    def of(self, figure: Figure) -> str:
        """Return the mark of a figure without a value."""
        told = figure.number, str(figure.note or "")
        if told not in self.listed:
            self.listed.append(told)
        return f"!{self.listed.index(told)}"


def texts(cells: Iterable[Figure | None], reasons: Reasons) -> str:
    """Return figures as one text, as pages write them: ``12,3;!0;;4~5``, a range; ``*0`` when all are alike.

    Parameters
    ----------
    cells : iterable of Figure or None
        In the order of the territories.
    reasons : Reasons
        Gets why values are missing.
    """
    found = ["" if f is None else reasons.of(f) if f.missing else f.number.replace("–", RANGE) for f in cells]
    return f"*{found[0]}" if len(found) > 1 and len(set(found)) == 1 else ";".join(found)


def by_breakdown(figures: Iterable[Figure]) -> dict[Breakdown, list[Figure]]:
    """Return figures by their breakdown, in the order in which it is read: classes by their size, not by their name."""
    found: dict[Breakdown, list[Figure]] = {}
    for figure in figures:
        found.setdefault(figure.breakdown, []).append(figure)
    return {breakdown: found[breakdown] for breakdown in sorted(found, key=_reading_order)}


def _reading_order(breakdown: Breakdown) -> list[tuple[str, float, str]]:
    return [(key, _first_number(value), value.casefold()) for key, value in breakdown]


def _first_number(text: str) -> float:
    match = re.search(r"\d[\d.]*", text)
    return float(match[0].replace(".", "") or 0) if match else float("inf")


def label(breakdown: Breakdown) -> str:
    """Return a breakdown as readers choose it."""
    return cards.pairs_words(breakdown)


def at_period(figures: Sequence[Figure], period: str) -> Mapping[Place, Figure]:
    """Return the figures of a period, by territory; of the latest, where there are none."""
    periods = {figure.period for figure in figures}
    wanted = period if period in periods else max(periods, default="")
    return {figure.territory: figure for figure in figures if figure.period == wanted}
