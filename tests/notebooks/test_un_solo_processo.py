"""The chapters of the library only tell: one process runs them all, and none of them makes it look changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from quaderni import CONFIG, DATA, EDIZIONE, edition

from conciliazione_lib import storage
from conciliazione_lib.build import notebook, pool
from conciliazione_lib.build.model import Job
from conciliazione_lib.build.parameters import injected


def job(chapter: str) -> Job:
    source = notebook.read(CONFIG.notebook(CONFIG.capitolo(chapter)))
    values = {"territorio": "pavia", "edizione": EDIZIONE, "data": DATA}
    return Job(
        chapter,
        injected(source.text, values),
        values,
        None,
        600,
        ambiente={storage.FIGURES_VARIABLE: str(edition())},
        importa=source.imports,
        solo=not source.shares,
    )


def test_one_worker_runs_every_chapter_of_an_ats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[pool._Worker] = []
    worker = pool._Worker

    def start(log: Path) -> pool._Worker:
        started.append(worker(log))
        return started[-1]

    monkeypatch.setattr(pool, "_Worker", start)
    chapters = [chapter.id for chapter in CONFIG.capitoli if "ats" in chapter.livelli]
    outcomes = list(pool.run([job(chapter) for chapter in chapters], 1, tmp_path / "registro.log", lambda _: None))
    assert [outcome.errore for outcome in outcomes] == [None] * len(chapters)
    assert len(started) == 1
