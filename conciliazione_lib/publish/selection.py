"""Which figures pages set side by side: always of one period, so that a comparison never mixes years."""

from __future__ import annotations

from collections.abc import Sequence

from conciliazione_lib.evidence import Figure, Ledger, Place

Where = tuple[str, str]


def where(place: Place) -> Where:
    """Return level and code of a territory."""
    return place.livello, place.codice


class Selection:
    """The figures of an edition that are not a breakdown of others.

    Parameters
    ----------
    ledger : Ledger
        Of the edition.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._tutte: dict[str, dict[Where, dict[str, Figure]]] = {}
        for figura in sorted(ledger, key=lambda f: f.id):
            if not figura.breakdown:
                per_luogo = self._tutte.setdefault(figura.indicator, {})
                per_luogo.setdefault(where(figura.territory), {})[figura.period] = figura

    @property
    def indicators(self) -> list[str]:
        """Ids of the indicators, in order."""
        return list(self._tutte)

    def all(self, indicator: str) -> list[Figure]:
        """Return every figure of an indicator."""
        return [figura for serie in self._tutte.get(indicator, {}).values() for figura in serie.values()]

    def get(self, indicator: str, place: Where, period: str) -> Figure | None:
        """Return the figure of a territory in a period, when it has a value."""
        figura = self._tutte.get(indicator, {}).get(place, {}).get(period)
        return None if figura is None or figura.missing else figura

    def latest(self, indicator: str, place: Where) -> Figure | None:
        """Return the latest figure of a territory that has a value."""
        serie = self._tutte.get(indicator, {}).get(place, {})
        presenti = [figura for figura in serie.values() if not figura.missing]
        return max(presenti, key=lambda f: f.period, default=None)

    def side_by_side(self, indicator: str, places: Sequence[Where]) -> tuple[str, list[Figure | None]]:
        """Return the figures of several territories in one period: that which most of them have, the latest of such.

        Returns
        -------
        str
            The period; empty when none of them has a value.
        list of Figure or None
            In the order of the territories.
        """
        periodi = {f.period for place in places for f in self._tutte.get(indicator, {}).get(place, {}).values()}
        scelte = {periodo: [self.get(indicator, place, periodo) for place in places] for periodo in periodi}
        migliore = max(scelte, key=lambda p: (sum(f is not None for f in scelte[p]), p), default="")
        return (migliore, scelte[migliore]) if migliore else ("", [None] * len(places))
