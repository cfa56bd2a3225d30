"""How pages call territories."""

from __future__ import annotations

from conciliazione_lib.evidence import Place, grammar
from conciliazione_lib.territory import Territory


def full_name(place: Place) -> str:
    """Return the name of a territory as a title: ``ATS dell'Insubria``, ``Ambito di Azzate``."""
    return grammar.maiuscola(grammar.senza_articolo(place))


def place_of(map_: Territory, livello: str, codice: str) -> Place:
    """Return a territory from level and code, with its short name."""
    return Place(livello, codice, map_.name(livello, codice, breve=True))
