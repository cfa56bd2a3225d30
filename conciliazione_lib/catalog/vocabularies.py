"""The words that several declarations, or a declaration and the code, say in the same way: ``data/vocabolari.toml``.

Some are not in the file, because something else decides them: the region, or the code that gives them a meaning.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from conciliazione_lib import storage
from conciliazione_lib.errors import DatiError
from conciliazione_lib.indicators.plan_vocabulary import CHECKS, NATURE, SPENDING_KINDS
from conciliazione_lib.indicators.time_plan_states import AREAS, STATES
from conciliazione_lib.region import REGION
from conciliazione_lib.territory.loading import HINTS

FILE: Final = storage.VOCABULARIES
#: What a file has: allowed values, patterns, other names of columns, other ways of writing values.
SECTIONS: Final = ("valori", "modelli", "nomi", "sinonimi")
_SHAPES: Final = (
    ("valori", list | dict, "un elenco di testi, o una sezione in cui ogni valore dice che cosa vuol dire"),
    ("modelli", str, "un'espressione regolare"),
    ("nomi", list, "un elenco di testi"),
    ("sinonimi", dict, "una sezione in cui ogni valore ha l'elenco degli altri modi di scriverlo"),
)
_DECIDED: Final = MappingProxyType(
    {
        "ats": REGION.ats,
        "asl": REGION.asl,
        "province": tuple(REGION.province),
        "regione": (REGION.codice,),
        "nature": NATURE,
        "spese": SPENDING_KINDS,
        "controlli": CHECKS,
        "stati_piano_tempi": STATES,
        "aree_tempi": tuple(AREAS),
        "indizi": HINTS,
    }
)


def section(name: str) -> Mapping[str, Any]:
    """Return a section of the vocabularies: to each name, what it stands for.

    Parameters
    ----------
    name : str
        One of :data:`SECTIONS`.
    """
    written: dict[str, Any] = _read(storage.embedded_root() / FILE).get(name, {})
    return written | _DECIDED if name == "valori" else written


def values(name: str) -> tuple[str, ...]:
    """Return the allowed values that have a name.

    Examples
    --------
    >>> values("sesso")
    ('M', 'F')
    """
    return tuple(section("valori")[name])


def meanings(name: str) -> Mapping[str, str]:
    """Return the allowed values that have a name, each with what it means.

    Examples
    --------
    >>> meanings("misure_nidi")["posti_per_100"]
    'per 100'
    """
    return MappingProxyType(section("valori")[name])


@cache
def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as cause:
        raise DatiError(f"Il file {FILE} non si può leggere: {cause}", "Correggere il file.") from cause
    for name in told:
        if name not in SECTIONS:
            raise DatiError(f"Nel file {FILE}, «{name}»: sezione che non esiste.", f"Sono: {', '.join(SECTIONS)}.")
    for section_, kind, what in _SHAPES:
        for name, said in told.get(section_, {}).items():
            if section_ == "valori" and name in _DECIDED:
                raise DatiError(f"Nel file {FILE}, «valori.{name}»: lo decide il codice.", "Dargli un altro nome.")
            if not isinstance(said, kind) or not all(isinstance(word, str) for word in _words(said)):
                raise DatiError(f"Nel file {FILE}, «{section_}.{name}»: atteso {what}.", "Correggere il file.")
    return told


def _words(said: Any) -> list[Any]:
    """Return all that must be a text in what a name stands for."""
    inside = said.values() if isinstance(said, dict) else said if isinstance(said, list) else [said]
    return [word for one in inside for word in (one if isinstance(one, list) else [one])]
