"""The same plan on a Dask cluster of this machine: the same bytes, and a worker that dies costs only its own runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conciliazione_lib import build
from conciliazione_lib.build import cluster as distribuito
from conciliazione_lib.build import engine
from conciliazione_lib.errors import EsecuzioneError, UsoError

pytest.importorskip("distributed", reason="the optional extra «distribuito» is not installed")


class Cluster:
    """A scheduler and two workers, each a process with one thread, on loopback."""

    def __init__(self, cartella: Path) -> None:
        self._cartella = cartella
        file = cartella / "scheduler.json"
        self._processi = [self._avvia("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file))]
        scadenza = time.monotonic() + 60
        while not file.exists() and time.monotonic() < scadenza:
            time.sleep(0.05)
        self.indirizzo = str(json.loads(file.read_text())["address"])
        self.lavoratori = [self._lavoratore() for _ in range(2)]
        self._processi += self.lavoratori

    def _avvia(self, *argomenti: str) -> subprocess.Popen[bytes]:
        comando = [sys.executable, "-m", "distributed.cli.dask_" + argomenti[0], "--no-dashboard", *argomenti[1:]]
        return subprocess.Popen(comando, cwd=self._cartella, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _lavoratore(self) -> subprocess.Popen[bytes]:
        opzioni = ("--host", "127.0.0.1", "--nthreads", "1", "--no-nanny")
        return self._avvia("worker", self.indirizzo, *opzioni)

    def chiudi(self) -> None:
        for processo in self._processi:
            processo.kill()
            processo.wait()


@pytest.fixture
def cluster(progetto: Any, tmp_path: Path) -> Iterator[Cluster]:
    # The workers read the table of the test: they inherit the environment of the fixture.
    cluster = Cluster(tmp_path)
    yield cluster
    cluster.chiudi()


def test_results_are_identical_and_a_dead_worker_costs_only_its_runs(progetto: Any, cluster: Cluster) -> None:
    config = progetto.due_capitoli()
    altrove = progetto.radice / "qui"
    progetto.genera(config, uscita=altrove)

    class UccideDopoIlPrimo(build.Quiet):
        ucciso = False

        def finished(self, outcome: Any) -> None:
            if not self.ucciso:
                self.ucciso = True
                os.kill(cluster.lavoratori[0].pid, signal.SIGKILL)

    uccide = UccideDopoIlPrimo()
    esito = progetto.genera(config, scheduler=cluster.indirizzo, progress=uccide)
    assert uccide.ucciso
    assert not esito.falliti
    assert progetto.impronte(progetto.albero) == progetto.impronte(altrove / "reports" / "prova")


def test_a_worker_with_other_code_or_data_is_refused(
    progetto: Any, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "identity", lambda importa, tabelle: "quella di un'altra versione")
    with pytest.raises(EsecuzioneError, match="codice, dati o pacchetti diversi"):
        progetto.genera(progetto.due_capitoli(), scheduler=cluster.indirizzo)


def test_an_address_where_nobody_answers_is_told(progetto: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distribuito, "_CONNECT_SECONDS", 1)
    with pytest.raises(UsoError, match=r"Nessuno scheduler risponde a tcp://127\.0\.0\.1:9"):
        progetto.genera(progetto.due_capitoli(), scheduler="tcp://127.0.0.1:9")
