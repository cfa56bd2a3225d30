"""The rules of the tables, one module for each theme: what a declaration (``data/<table>/tabella.toml``) cannot say."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from functools import cache

from conciliazione_lib.catalog.spec import Rule


@cache
def rules() -> Mapping[str, tuple[str, Sequence[Rule]]]:
    """Return the rules of every table that has some, and the module they are in: the ``RULES`` of each module."""
    found: dict[str, tuple[str, Sequence[Rule]]] = {}
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        for name, some in importlib.import_module(module.name).RULES.items():
            if name in found:
                raise TypeError(f"table {name!r} has rules in {found[name][0]} and in {module.name}")
            found[name] = module.name, some
    return found
