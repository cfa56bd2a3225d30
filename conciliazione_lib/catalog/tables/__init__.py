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
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, TableSpec):
                if value.name in found and found[value.name] is not value:
                    raise TypeError(f"table {value.name!r} is declared twice")
                found[value.name] = value
    return found
