"""The declarations of the tables, one module for each theme."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from conciliazione_lib.catalog.spec import TableSpec


@cache
def declared() -> dict[str, TableSpec]:
    """Return every table declared in the modules of this package, by name."""
    found: dict[str, TableSpec] = {}
    for modulo in pkgutil.iter_modules(__path__, f"{__name__}."):
        for valore in vars(importlib.import_module(modulo.name)).values():
            if isinstance(valore, TableSpec):
                if valore.name in found and found[valore.name] is not valore:
                    raise TypeError(f"table {valore.name!r} is declared twice")
                found[valore.name] = valore
    return found
