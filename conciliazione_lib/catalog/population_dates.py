"""The dates an edition can be made at: those whose population by age and comune is read, or estimated."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from conciliazione_lib import storage
from conciliazione_lib.errors import UsoError
from conciliazione_lib.storage import Provenance

#: What a population by age can be estimated from, at its own date; and how to say it.
MARGINS = MappingProxyType(
    {
        "residenti_comuni": "i residenti di ogni comune per sesso",
        "popolazione_province": "la popolazione delle province per età",
    }
)


@dataclass(frozen=True)
class PopulationDate:
    """A date of the population by age and comune.

    Attributes
    ----------
    data : str
        ISO date.
    stimata : bool
        Whether it is our own estimate rather than a source's.
    provenienza : Provenance
        The version that is read at that date.
    """

    data: str
    stimata: bool
    provenienza: Provenance


def population_dates() -> list[PopulationDate]:
    """Return the dates that can be read or estimated, oldest first.

    At each date the version is the one that reading chooses: an imported or refreshed one takes the place of ours.

    Examples
    --------
    >>> [(voce.data, voce.stimata) for voce in population_dates()]
    [('2022-01-01', False), ('2025-01-01', True)]
    """
    dates = sorted({version.data_riferimento for version in storage.versions("popolazione")})
    chosen = [(data, storage.find("popolazione", data)) for data in dates]
    return [PopulationDate(data, version.grado == "stima", version) for data, version in chosen]


def population_date(data: str) -> PopulationDate:
    """Return what is known of the population at a date.

    Raises
    ------
    UsoError
        When it can be neither read nor estimated: the message says what is missing, and which dates there are.
    """
    known = {entry.data: entry for entry in population_dates()}
    if data in known:
        return known[data]
    dates = ", ".join(f"{entry.data} ({'stimata' if entry.stimata else 'letta'})" for entry in known.values())
    raise UsoError(
        f"La popolazione per età dei comuni al {data} non c'è e non si può stimare: {_why(data)}.",
        f"Le date possibili sono: {dates}. Per averne un'altra: «conciliazione dati aggiorna popolazione», "
        "oppure importare la popolazione per età di quella data.",
    )


def _why(data: str) -> str:
    margins = {name: {version.data_riferimento for version in storage.versions(name)} for name in MARGINS}
    both = set.intersection(*margins.values())
    if both and data > max(both):
        known = [words for name, words in MARGINS.items() if data in margins[name]]
        only = f"; al {data} si conoscono solo {known[0]}" if known else ""
        return f"l'ultima data a cui si conoscono {' e '.join(MARGINS.values())} è il {max(both)}{only}"
    missing = [words for name, words in MARGINS.items() if data not in margins[name]]
    if missing:
        return f"mancano {' e '.join(missing)} a quella data"
    return "i margini ci sono, ma nessuna stima è stata fatta"
