"""What takes minutes, seen from the desk: started, followed, asked, stopped; one at a time."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from conciliazione_lib.errors import UsoError

#: The program of a job.
PROGRAM: Final = ("-m", "conciliazione_lib.desk.child")
#: The last things told that are kept.
_NOTES = 200
#: Seconds left to a process to end by itself.
_GRACE = 3.0


class Job:
    """A build or a refresh in a process of its own.

    Parameters
    ----------
    order : mapping
        What to do: ``genere`` (``genera``, ``fonti``) and its parameters.

    Attributes
    ----------
    state : str
        ``in corso``, ``finito``, ``non riuscito``, ``annullato``.
    result : dict
        What it has made, or why it has not.
    """

    def __init__(self, order: Mapping[str, Any]) -> None:
        self.kind = str(order["genere"])
        self.state, self.result, self.notes = "in corso", dict[str, Any](), list[str]()
        self.question: dict[str, Any] | None = None
        self._lock = threading.Lock()
        self._start = self._step_start = time.monotonic()
        self._step, self._done, self._total = "avvio", 0, 0
        self._running: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, *PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONUTF8": "1", "PYTHONPATH": _path()},
        )
        self._write(json.dumps(dict(order)))
        threading.Thread(target=self._follow, daemon=True).start()

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.state == "in corso"

    def shown(self) -> dict[str, Any]:
        """Return how it goes, as the page shows it."""
        with self._lock:
            elapsed = time.monotonic() - self._step_start
            left = elapsed / self._done * (self._total - self._done) if self._done and self._total else None
            return {
                "genere": self.kind,
                "stato": self.state,
                "passo": self._step,
                "ora": ", ".join(self._running),
                "fatti": self._done,
                "totale": self._total,
                "trascorsi": int(time.monotonic() - self._start),
                "restano": None if left is None else int(left),
                "note": self.notes[-8:],
                "domanda": self.question,
                "esito": self.result,
            }

    def answer(self, yes: bool) -> None:
        """Answer what it has asked."""
        with self._lock:
            if self.question is None:
                return
            self.question = None
        self._write("si" if yes else "no")

    def cancel(self) -> None:
        """Stop it, and wait for it to be gone: what was published stays as it was."""
        with self._lock:
            if not self.running:
                return
            self.state = "annullato"
        with contextlib.suppress(OSError):
            self._process.stdin.close()  # type: ignore[union-attr]
        try:
            self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            from conciliazione_lib.build.worker import kill_children

            kill_children(self._process.pid)
            self._process.kill()
            self._process.wait()

    def wait(self) -> None:
        """Wait for its end."""
        self._process.wait()

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(f"{text}\n".encode())  # type: ignore[union-attr]
            self._process.stdin.flush()  # type: ignore[union-attr]

    def _follow(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as events:
            for line in events:
                with self._lock, contextlib.suppress(ValueError):
                    self._hear(json.loads(line))
        self._process.wait()
        with self._lock:
            if self.running:
                self.state = "non riuscito"
                self.result = self.result or {
                    "errore": "Il lavoro è stato interrotto dal sistema, di solito per memoria insufficiente.",
                    "rimedio": "Chiudere altri programmi e ripetere: riprende da dove era arrivato.",
                }
        with contextlib.suppress(OSError):
            self._process.stdin.close()  # type: ignore[union-attr]

    def _hear(self, event: dict[str, Any]) -> None:
        if "passo" in event:
            if (event["passo"], event.get("ora")) != (self._step, ", ".join(self._running)):
                self._step_start = time.monotonic()
            self._step, self._done, self._total = event["passo"], event.get("fatti", 0), event.get("totale", 0)
            self._running = [event["ora"]] if "ora" in event else []
        elif "avviato" in event:
            self._running.append(event["avviato"])
        elif "finito" in event:
            self._done += 1
            if event["finito"] in self._running:
                self._running.remove(event["finito"])
        elif "nota" in event:
            self.notes = [*self.notes, event["nota"]][-_NOTES:]
        elif "domanda" in event:
            self.question = event["domanda"]
        elif "esito" in event and self.running:
            self.state, self.result = "finito", event["esito"]
        elif "errore" in event and self.running:
            self.state, self.result = "non riuscito", event


class Jobs:
    """The job of a desk: at most one at a time, the last one until there is another."""

    def __init__(self) -> None:
        self.last: Job | None = None

    @property
    def running(self) -> bool:
        """Whether one is going on."""
        return self.last is not None and self.last.running

    def start(self, order: Mapping[str, Any]) -> Job:
        """Start one.

        Raises
        ------
        UsoError
            If one is going on.
        """
        if self.running:
            raise UsoError("C'è già un lavoro in corso.", "Attendere che finisca, oppure annullarlo.")
        self.last = Job(order)
        return self.last

    def cancel(self) -> None:
        """Stop the one that is going on, if any."""
        if self.last is not None:
            self.last.cancel()


def _path() -> str:
    """Return where a child finds the library: where this process has found it, before anything else."""
    found = str(Path(__file__).resolve().parents[2])
    return os.pathsep.join(filter(None, [found, os.environ.get("PYTHONPATH", "")]))
