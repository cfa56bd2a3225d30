"""Worker processes: how those that take the place of a dead one are started."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from typing import Any

import pytest

from conciliazione_lib import build


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere no worker is a fork")
def test_a_worker_is_never_forked_while_the_progress_has_a_thread(
    progetto: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fork copies the locks that a thread holds, and not the thread that would release them."""
    progetto.notebook("libero", "import time; time.sleep(0.5)")
    vera = os.fork
    fili = []

    def fork() -> int:
        fili.append(threading.active_count())
        return vera()

    class Vivo(build.Quiet):
        avviati = 0

        def begin(self, total: int, processes: int) -> None:
            self.finito = threading.Event()
            threading.Thread(target=self.finito.wait, daemon=True).start()

        def started(self, name: str) -> None:
            self.avviati += 1
            if self.avviati == 1:
                (lavoratore,) = multiprocessing.active_children()
                lavoratore.kill()

        def end(self) -> None:
            self.finito.set()

    prima = threading.active_count()
    monkeypatch.setattr(os, "fork", fork)
    vivo = Vivo()
    esito = progetto.genera(progetto.configura("libero"), processi=1, progress=vivo)
    assert [r.stato for r in esito.results] == ["fatto", "fatto"]
    assert vivo.avviati == 3
    assert fili == [prima]
