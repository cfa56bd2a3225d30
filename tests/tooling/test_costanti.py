"""What all notebooks of a process share cannot be changed by one of them: the library's constants are immutable."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import pytest

import conciliazione_lib
from conciliazione_lib.indicators import demography

PACKAGE = Path(conciliazione_lib.__file__).parent


def constants() -> list[tuple[str, str]]:
    """Module and name of every constant assigned at the top of a module."""
    found = []
    for module in pkgutil.walk_packages(conciliazione_lib.__path__, "conciliazione_lib."):
        if module.name.endswith("__main__") or not module.module_finder:
            continue
        file = Path(importlib.import_module(module.name).__file__ or "")
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            targets = (
                node.targets
                if isinstance(node, ast.Assign)
                else [node.target]
                if isinstance(node, ast.AnnAssign)
                else []
            )
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            found += [(module.name, name) for name in names if name.lstrip("_").isupper()]
    return found


def test_no_constant_can_be_changed_in_place() -> None:
    loose = [
        (module, name)
        for module, name in constants()
        if isinstance(getattr(importlib.import_module(module), name), dict | list | set | pd.DataFrame | pd.Series)
    ]
    assert len(constants()) > 300
    assert loose == []


def test_the_bands_of_ages_refuse_to_be_moved() -> None:
    assert isinstance(demography.BANDS, MappingProxyType)
    with pytest.raises(TypeError):
        demography.BANDS["residenti_65_piu"] = demography.Band(75, 100)  # type: ignore[index]
