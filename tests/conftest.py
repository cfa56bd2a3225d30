"""What several rooms' tests share: one whole run of the project, made once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

RADICE = Path(__file__).parents[1]

# ``avvia.py test`` says how commands are typed there; each test says it for itself where it matters.
os.environ.pop("CONCILIAZIONE_COMANDO", None)


@pytest.hookimpl(tryfirst=True)  # before xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file in one process, and in the same one all those that need the whole region made."""
    for item in items:
        whole = "generato" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("generato" if whole else item.nodeid.partition("::")[0]))


@pytest.fixture(scope="session")
def archivio() -> Path:
    """Folder of the figures of the edition, computed where they are not, or no longer, what the data give."""
    from quaderni import edition

    return edition()


@pytest.fixture(scope="session")
def generato(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the edition that ``conciliazione genera`` makes, whole, in a path with spaces and accents."""
    output = tmp_path_factory.mktemp("città generata")
    command = [sys.executable, "-m", "conciliazione_lib", "genera", "--json", "--uscita", str(output)]
    outcome = subprocess.run(command, cwd=RADICE, capture_output=True, text=True, encoding="utf-8")
    if outcome.returncode != 0:
        pytest.fail(f"«conciliazione genera» non è riuscito ({outcome.returncode}):\n{outcome.stdout}{outcome.stderr}")
    return Path(json.loads(outcome.stdout)["cartella"])


@pytest.fixture(scope="session")
def piccola(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of site and maps of a small edition, in a path with spaces and accents; see ``piccola_edizione``."""
    from piccola_edizione import pubblica

    return pubblica(tmp_path_factory.mktemp("edizione più piccola"))
