"""The list of the tables: every :class:`TableSpec` found in the modules of ``catalog.tables``."""

from __future__ import annotations

import importlib
import pkgutil
from difflib import get_close_matches
from functools import cache

from conciliazione_lib.catalog import tables
from conciliazione_lib.catalog.spec import TableSpec
from conciliazione_lib.errors import UsoError


def names() -> list[str]:
    """Return the names of all the tables declared, in alphabetical order."""
    return sorted(_registro())


def spec(name: str) -> TableSpec:
    """Return the declaration of a table.

    Raises
    ------
    UsoError
        When no table has that name; the message suggests the nearest ones.
    """
    registro = _registro()
    if name not in registro:
        vicine = get_close_matches(name, registro, n=3, cutoff=0.5) or sorted(registro)
        raise UsoError(
            f"La tabella «{name}» non esiste nel catalogo.",
            f"Tabelle con un nome simile: {', '.join(vicine)}.",
        )
    return registro[name]


@cache
def _registro() -> dict[str, TableSpec]:
    registro: dict[str, TableSpec] = {}
    for modulo in pkgutil.iter_modules(tables.__path__, f"{tables.__name__}."):
        for valore in vars(importlib.import_module(modulo.name)).values():
            if isinstance(valore, TableSpec):
                if valore.name in registro and registro[valore.name] is not valore:
                    raise TypeError(f"table {valore.name!r} is declared twice")
                registro[valore.name] = valore
    return registro
