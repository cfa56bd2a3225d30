"""The list of the tables: every :class:`TableSpec` found in the modules of ``catalog.tables``."""

from __future__ import annotations

from difflib import get_close_matches

from conciliazione_lib.catalog.spec import TableSpec
from conciliazione_lib.catalog.tables import declared
from conciliazione_lib.errors import UsoError


def names() -> list[str]:
    """Return the names of all the tables declared, in alphabetical order."""
    return sorted(declared())


def spec(name: str) -> TableSpec:
    """Return the declaration of a table.

    Raises
    ------
    UsoError
        When no table has that name; the message suggests the nearest ones.
    """
    registry = declared()
    if name not in registry:
        near = get_close_matches(name, registry, n=3, cutoff=0.5) or sorted(registry)
        raise UsoError(
            f"La tabella «{name}» non esiste nel catalogo.",
            f"Tabelle con un nome simile: {', '.join(near)}.",
        )
    return registry[name]
