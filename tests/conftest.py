"""What several rooms' tests share: one whole run of the project, made once."""

from __future__ import annotations

import gc
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parents[1]

# ``avvia.py test`` says how commands are typed there; each test says it for itself where it matters.
os.environ.pop("CONCILIAZIONE_COMANDO", None)

# How long an example takes says how busy the machine is: a test fails for what it finds.
settings.register_profile(
    "conciliazione", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("conciliazione")


#: Files whose tests need the whole region made: one process makes it, once, and as soon as the first of them begins.
WHOLE_REGION = (
    "tests/browser/test_compiti.py",
    "tests/e2e/test_tutta_la_regione.py",
    "tests/e2e/test_una_sola_cifra.py",
    "tests/publish/documents/test_consegna.py",
)


class ByFile(LoadScopeScheduling):  # type: ignore[misc]
    """Tests of a file run in one process, in their order, and so do those of the whole region."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "the whole region" if file in WHOLE_REGION else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return ByFile(config, log)


def pytest_collection_finish() -> None:
    """Look for garbage seldom, and never through what all the tests import, as those who run notebooks do."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 10, 10)


@pytest.fixture(scope="session")
def archive() -> Path:
    """Folder of the figures of the edition, computed where they are not, or no longer, what the data give."""
    from quaderni import edition

    return edition()


@pytest.fixture(scope="session")
def with_figures(archive: Path) -> Callable[[Path], Path]:
    """Puts in a folder the figures that the tests of notebooks share, for a build to take up what its data leave."""

    def put(output: Path) -> Path:
        work = ROOT / "reports" / ".lavoro"
        assert archive.is_relative_to(work)
        with FileLock(ROOT / "reports" / ".prove.lock"):
            shutil.copytree(work, output / "reports" / ".lavoro", ignore=shutil.ignore_patterns("cantiere-*", "*.lock"))
        return output

    return put


@pytest.fixture(scope="session")
def generated(with_figures: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the edition that ``conciliazione genera`` makes, whole, in a path with spaces and accents.

    The project is the library's own, as a body that publishes the site has it.
    """
    from progetti import published

    project = with_figures(published(tmp_path_factory.mktemp("città generata")))
    command = [sys.executable, "-m", "conciliazione_lib", "genera", "--json"]
    outcome = subprocess.run(command, cwd=project, capture_output=True, text=True, encoding="utf-8")
    if outcome.returncode != 0:
        pytest.fail(f"«conciliazione genera» non è riuscito ({outcome.returncode}):\n{outcome.stdout}{outcome.stderr}")
    return Path(json.loads(outcome.stdout)["cartella"])


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of site and maps of a small edition, in a path with spaces and accents; see ``piccola_edizione``.

    Made once, by the process that asks for it first.
    """
    from piccola_edizione import publish

    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, made = shared / "edizione più piccola", shared / "edizione più piccola, fatta"
    with FileLock(shared / ".piccola.lock"):
        if not made.exists():
            folder.mkdir()
            publish(folder)
            made.touch()
    return folder
