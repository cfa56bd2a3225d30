"""Beginning is cheap: what the library imports, and when. The times are in ``benchmarks``, import."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("codice", "no_matter"),
    [
        ("import conciliazione_lib", {"pandas", "numpy", "pydantic", "conciliazione_lib.storage"}),
        (
            "from conciliazione_lib import catalog; catalog.read('popolazione')",
            {"pandera", "pydantic", "geopandas", "scipy", "matplotlib", "hypothesis"},
        ),
        (
            "from conciliazione_lib import catalog; catalog.read('comuni')",
            {"pandera", "pydantic", "geopandas", "scipy"},
        ),
        (
            "import pandas as pd; from conciliazione_lib.report import charts; charts.barre(pd.Series({'a': 1.0}))",
            {"matplotlib", "geopandas", "scipy"},
        ),
        (
            "import conciliazione_lib.build.worker, conciliazione_lib.build.execution",
            {"pydantic", "pandas", "conciliazione_lib.build.engine"},
        ),
        ("import conciliazione_lib.publish.verify", {"conciliazione_lib.build.engine", "geopandas"}),
    ],
)
def test_what_is_not_needed_is_not_imported(codice: str, no_matter: set[str]) -> None:
    command = [sys.executable, "-c", f"{codice}\nimport sys; print('\\n'.join(sys.modules))"]
    imported = set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines())
    assert imported & no_matter == set()


def test_the_names_of_the_build_are_those_it_gives_when_asked() -> None:
    from conciliazione_lib import build

    assert {name: getattr(build, name).__name__ for name in build.__all__ if name != "Publisher"} == {
        name: name for name in build.__all__ if name != "Publisher"
    }
    assert set(build.__all__) <= set(dir(build))
    with pytest.raises(AttributeError, match="nessuno"):
        _ = build.nessuno
