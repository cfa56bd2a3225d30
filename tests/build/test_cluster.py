"""The same plan on a Dask cluster of this machine: the same bytes, and a worker that dies costs only its own runs."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import v4

from conciliazione_lib import build
from conciliazione_lib.build import cluster as distribuito
from conciliazione_lib.build import engine, execution, inputs
from conciliazione_lib.build.fingerprint import Library
from conciliazione_lib.build.model import Job
from conciliazione_lib.errors import EsecuzioneError, UsoError

distributed = pytest.importorskip("distributed", reason="the optional extra «distribuito» is not installed")


class Cluster:
    """A scheduler and two workers, each a process with one thread, on loopback."""

    def __init__(self, folder: Path) -> None:
        self._cartella = folder
        file = folder / "scheduler.json"
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file))
        self._processi = [self.scheduler]
        deadline = time.monotonic() + 60
        # the file is there an instant before what it says
        while (
            not (file.exists() and file.read_text(encoding="utf-8").rstrip().endswith("}"))
            and time.monotonic() < deadline
        ):
            time.sleep(0.05)
        self.indirizzo = str(json.loads(file.read_text())["address"])
        self.lavoratori = [self._worker() for _ in range(2)]
        self._processi += self.lavoratori

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], "--no-dashboard", *arguments[1:]]
        return subprocess.Popen(command, cwd=self._cartella, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _worker(self) -> subprocess.Popen[bytes]:
        options = ("--host", "127.0.0.1", "--nthreads", "1", "--no-nanny")
        return self._start("worker", self.indirizzo, *options)

    def chiudi(self) -> None:
        for process in self._processi:
            process.kill()
            process.wait()


@pytest.fixture
def cluster(progetto: Any, tmp_path: Path) -> Iterator[Cluster]:
    # The workers read the table of the test: they inherit the environment of the fixture.
    cluster = Cluster(tmp_path)
    yield cluster
    cluster.chiudi()


def test_results_are_identical_and_a_dead_worker_costs_only_its_runs(progetto: Any, cluster: Cluster) -> None:
    config = progetto.two_chapters()
    elsewhere = progetto.radice / "qui"
    progetto.generate(config, output=elsewhere)

    class UccideDopoIlPrimo(build.Quiet):
        ucciso = False

        def finished(self, outcome: Any) -> None:
            if not self.ucciso:
                self.ucciso = True
                os.kill(cluster.lavoratori[0].pid, signal.SIGKILL)

    kills = UccideDopoIlPrimo()
    one_outcome = progetto.generate(config, scheduler=cluster.indirizzo, progress=kills)
    assert kills.ucciso
    assert not one_outcome.failed
    assert progetto.fingerprints(progetto.tree) == progetto.fingerprints(elsewhere / "reports" / "prova")


def test_a_worker_with_other_code_or_data_is_refused(
    progetto: Any, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "identity", lambda *of_that: "quella di un'altra versione")
    with pytest.raises(EsecuzioneError, match="codice, dati o pacchetti diversi"):
        progetto.generate(progetto.two_chapters(), scheduler=cluster.indirizzo)


def assignment(nome: str, testo: str) -> Job:
    """A job as a build makes it: of this very library, environment and data."""
    notebook = v4.new_notebook(cells=[v4.new_code_cell("territorio = ''", metadata={"tags": ["parameters"]})])
    notebook.cells.append(v4.new_code_cell(testo))
    identity = inputs.identity((), (), Library())
    return Job(nome, nbformat.writes(notebook), {"territorio": "pavia"}, (), 60, f"chiave di {testo}", identity)


def test_a_worker_that_is_not_the_same_answers_without_running(monkeypatch: pytest.MonkeyPatch) -> None:
    other = replace(assignment("ats/pavia/x", "1"), identita="quella di un'altra versione")
    assert distribuito.work(other).outcome is None
    # The checkout has changed under a live worker: the disk is that of who asks, the modules in memory are not.
    monkeypatch.setattr(distribuito, "_IMPORTED", "quella di prima")
    assert distribuito.work(assignment("ats/pavia/x", "1")).outcome is None


def test_two_builds_on_one_scheduler_do_not_exchange_results(cluster: Cluster) -> None:
    names = [f"ats/{name}/libero" for name in ("milano", "pavia", "brescia", "bergamo")]
    one = distribuito.run([assignment(name, "print('una')") for name in names], cluster.indirizzo, lambda job: None)
    other = distribuito.run([assignment(name, "print('altra')") for name in names], cluster.indirizzo, lambda job: None)
    # Each asks everything at its first step: both are under way together.
    first = [next(one), next(other)]
    for outcomes, word in ((first[:1] + list(one), "una"), (first[1:] + list(other), "altra")):
        assert sorted(outcome.nome for outcome in outcomes) == sorted(names)
        assert all(f'"{word}\\n"' in outcome.notebook for outcome in outcomes)


def test_an_answer_to_another_question_is_refused() -> None:
    asked = assignment("ats/pavia/x", "1")
    answer = distribuito.Answer("un'altra chiave", "qui", execution.failed(asked, "", 0.0))
    with pytest.raises(EsecuzioneError, match="Il cluster ha risposto con"):
        distribuito._checked(asked, answer)


def test_a_notebook_that_no_worker_can_run_costs_only_itself(
    progetto: Any, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = distribuito.work

    def full_disk(job: Job, figures: bytes | None = None) -> Any:
        if job.nome == "ats/pavia/libero":
            raise OSError(errno.ENOSPC, "No space left on device")
        return true(job, figures)

    monkeypatch.setattr(distribuito, "work", full_disk)
    outcome = progetto.generate(progetto.two_chapters(), scheduler=cluster.indirizzo)
    assert [(r.territorio, r.capitolo) for r in outcome.failed] == [("pavia", "libero")]
    assert "Il cluster non è riuscito a eseguire il capitolo" in str(outcome.failed[0].errore)
    assert "No space left on device" in str(outcome.failed[0].errore)


def test_a_notebook_that_kills_its_workers_is_told_so() -> None:
    outcome = distribuito._failed(assignment("ats/pavia/x", "1"), distributed.KilledWorker("x", None, 3))
    assert outcome.stato == "fallito"
    assert "si sono interrotti più volte, di solito per memoria insufficiente" in str(outcome.errore)


def test_a_lost_scheduler_is_told_and_publishes_nothing(progetto: Any, cluster: Cluster) -> None:
    class UccideLoScheduler(build.Quiet):
        def started(self, name: str) -> None:
            cluster.scheduler.kill()

    with pytest.raises(EsecuzioneError, match="non risponde più: la generazione è interrotta"):
        progetto.generate(progetto.two_chapters(), scheduler=cluster.indirizzo, progress=UccideLoScheduler())
    assert not progetto.tree.exists()


def test_the_identity_of_a_chapter_is_computed_once_for_all_its_territories(
    progetto: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    assignments: list[Job] = []

    def identity(*of_what: Any) -> str:
        asked.append(of_what)
        return "una"

    def collects(jobs: list[Job], address: str, started: Any) -> Any:
        assignments.extend(jobs)
        raise UsoError("basta così")

    monkeypatch.setattr(engine, "identity", identity)
    monkeypatch.setattr(distribuito, "run", collects)
    with pytest.raises(UsoError, match="basta così"):
        progetto.generate(progetto.two_chapters(), scheduler="tcp://127.0.0.1:9")
    assert len(asked) == 2
    assert [job.identita for job in assignments] == ["una"] * 4


def test_an_address_where_nobody_answers_is_told(progetto: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distribuito, "_CONNECT_SECONDS", 1)
    with pytest.raises(UsoError, match=r"Nessuno scheduler risponde a tcp://127\.0\.0\.1:9"):
        progetto.generate(progetto.two_chapters(), scheduler="tcp://127.0.0.1:9")
