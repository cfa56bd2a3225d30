"""Killed at any moment, a build leaves the old tree or the new one, and the next run completes it."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from conciliazione_lib import build

KILLS = 50


def publish(folder: Path, results: list[build.ChapterResult], config: build.Config, tell: build.Progress) -> None:
    """A publishing step slow enough to be killed in the middle of."""
    (folder / "maps").mkdir()
    for number in range(20):
        for page in (f"pagina-{number}.html", f"maps/mappa-{number}.html"):
            (folder / page).write_text(str([r.chiave for r in results]))
        time.sleep(0.002)


def fingerprints(progetto: Any) -> tuple[dict[str, str], dict[str, str]]:
    """Hashes of the two published trees."""
    return progetto.fingerprints(progetto.tree), progetto.fingerprints(progetto.output / "maps" / "prova")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the build to kill is a fork of the test")
def test_fifty_kills_at_random_moments_never_leave_a_mixture(built: Any) -> None:
    config = built.config
    versions = ("1", "2")
    expected = []
    for version in versions:
        built.tabella(version)
        built.generate(config, publish=publish)
        expected.append(fingerprints(built))
    start = time.monotonic()
    built.generate(config, publish=publish, afresh=True)
    duration = time.monotonic() - start
    assert all(one != other for one, other in zip(*expected, strict=True))
    assert fingerprints(built) == expected[1]

    case = random.Random(20250101)
    context: Any = multiprocessing.get_context("fork")
    results = built.output / "reports" / ".lavoro" / "risultati"
    killed = mixtures = 0
    for number in range(KILLS):
        built.tabella(versions[number % 2])
        if number % 5 == 0:
            shutil.rmtree(results, ignore_errors=True)
        process = context.Process(target=built.generate, args=(config,), kwargs={"publish": publish})
        start = time.monotonic()
        process.start()
        process.join(case.uniform(0, duration))
        # How long a build takes says how busy the machine is: it is learned as it goes.
        if process.exitcode is None:
            os.kill(process.pid, signal.SIGKILL)
            killed += 1
            duration *= 1.1
        else:
            duration = (duration + time.monotonic() - start) / 2
        process.join()
        found = fingerprints(built)
        assert all(one_found in possible for one_found, *possible in zip(found, *expected, strict=True))
        mixtures += found not in expected
    assert killed > KILLS // 2
    # Two trees take their places one right after the other: a kill hardly ever falls between the two.
    assert mixtures <= 1

    built.tabella(versions[0])
    built.generate(config, publish=publish)
    assert fingerprints(built) == expected[0]
    assert not list(built.output.glob("*/.lavoro/cantiere-*"))
