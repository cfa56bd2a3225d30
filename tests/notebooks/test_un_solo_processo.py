"""The chapters of the library only tell: one process runs them all, and none of them makes it look changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from quaderni import CONFIG, DATA, EDIZIONE, edition

from conciliazione_lib import storage
from conciliazione_lib.build import notebook, pool
from conciliazione_lib.build.model import Job
from conciliazione_lib.build.parameters import injected

#: A territory of each level that has chapters.
PLACES = {"regione": "lombardia", "ats": "pavia", "ambito": "pavia"}


def job(chapter: str, place: str) -> Job:
    source = notebook.read(CONFIG.notebook(CONFIG.capitolo(chapter)))
    values = {"territorio": place, "edizione": EDIZIONE, "data": DATA}
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


def test_one_worker_runs_the_chapters_of_every_level(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[pool._Worker] = []
    worker = pool._Worker

    def start(log: Path) -> pool._Worker:
        started.append(worker(log))
        return started[-1]

    monkeypatch.setattr(pool, "_Worker", start)
    jobs = [job(chapter.id, PLACES[level]) for chapter in CONFIG.capitoli for level in chapter.livelli]
    assert {level for chapter in CONFIG.capitoli for level in chapter.livelli} == set(PLACES)
    with pool.Workers(1, tmp_path / "registro.log") as workers:
        outcomes = list(workers.run(jobs, lambda _: None))
    assert [outcome.errore for outcome in outcomes] == [None] * len(jobs)
    assert len(started) == 1
