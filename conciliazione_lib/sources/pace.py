"""The pace of the questions to a host: at most five in any minute, whatever process asks them, in whatever run.

ISTAT allows five queries a minute to an address and then closes the door for a day or two, so the times of the last
questions live in a file under the folder of the local data, guarded by a lock. Whoever wants to ask books the first
moment that keeps the pace and waits for it; a process that dies wastes its booking and nothing else.

Why not ``requests-ratelimiter`` (0.10, on SQLite): of three processes that asked together, without a file lock six
questions left in the time of five; after a 429 it waits for one window, whatever ``Retry-After`` says, which from
ISTAT is a day; each host has a count of its own, and those of ISTAT have one together. ``requests-cache`` (1.3) has an
answer whole in memory before anybody can stop one that is too large. What :mod:`.http` and :mod:`.raw` promise would
stay ours.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from conciliazione_lib import storage

QUESTIONS = 5
#: Seconds in which no more than `DOMANDE` questions leave. One more than a minute: two questions may arrive
#: a little closer to each other than they left.
WINDOW = 61.0
#: A booking farther than this is the trace of a clock that was moved back.
FAR = 3600.0
#: A longer truce, in seconds, is a mistake of the service: ISTAT itself closes the door for a day or two.
LONGEST_TRUCE = 48 * 3600.0
ISTAT = "istat.it"
#: Stands for the hosts that the file does not name.
OTHERS = "*"


@dataclass
class Pace:
    """Keeps the pace for each host.

    Attributes
    ----------
    file : Path
        Where the times of the questions are kept.
    clock, sleep : callable
        The time in seconds since the epoch, shared by every process, and how to wait.
    """

    file: Path
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep

    @classmethod
    def shared(cls) -> Pace:
        """Return the pace kept by every process that uses the same local data."""
        return cls(storage.local_root() / "ritmo.json")

    def wait(self, host: str, notice: Callable[[float], None] | None = None) -> None:
        """Return when a question may be asked to a host.

        Parameters
        ----------
        host : str
            Name of the host.
        notice : callable, optional
            Told the seconds of the wait, before waiting.
        """
        moment = self._book(host)
        while (missing := moment - self.clock()) > 0:
            if notice is not None:
                notice(missing)
                notice = None
            self.sleep(missing)

    def hold(self, host: str, seconds: float) -> None:
        """Ask nothing to a host for a while, in any process: it said so itself. Never for more than two days."""
        seconds = min(seconds, LONGEST_TRUCE)
        with self._lock():
            state = self._read()
            entry = _entry(state, host)
            state[host] = entry | {"non_prima": max(entry["non_prima"], self.clock() + seconds)}
            self._write(state)

    def held(self, host: str) -> float:
        """Return for how many seconds a host asked not to be questioned, from now; zero when it did not."""
        with self._lock():
            until = _entry(self._read(), host)["non_prima"]
        return float(max(until - self.clock(), 0.0))

    def _book(self, host: str) -> float:
        with self._lock():
            state = self._read()
            now = self.clock()
            service = _service(host)
            entry = _entry(state, service)
            asked = sorted(min(t, now) if t > now + FAR else t for t in entry["domande"])
            moment = max(now, entry["non_prima"], _entry(state, host)["non_prima"])
            if len(asked) >= QUESTIONS:
                moment = max(moment, asked[-QUESTIONS] + WINDOW)
            # Moments are booked in order: none is earlier than those already given.
            moment = max(moment, asked[-1]) if asked else moment
            state[service] = {"domande": [*asked, moment][-QUESTIONS:], "non_prima": entry["non_prima"]}
            self._write(state)
        return float(moment)

    def _lock(self) -> FileLock:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(self.file.with_suffix(".lock"))

    def _read(self) -> dict[str, dict]:
        try:
            state = json.loads(self.file.read_text(encoding="utf-8"))
            return {
                str(host): {
                    "domande": [float(t) for t in entry["domande"]],
                    "non_prima": float(entry["non_prima"]),
                }
                for host, entry in state.items()
            }
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            # Unreadable: any host may have been asked as much as allowed, just now.
            return {OTHERS: {"domande": [self.clock()] * QUESTIONS, "non_prima": 0.0}}

    def _write(self, state: dict[str, dict]) -> None:
        new = self.file.with_name(f".{os.getpid()}-{self.file.name}")
        new.write_text(json.dumps(state), encoding="utf-8")
        new.replace(self.file)


def _service(host: str) -> str:
    """Return who counts the questions to a host: the hosts of ISTAT are one service, with one limit."""
    return ISTAT if host.endswith(f".{ISTAT}") else host


def _entry(state: dict[str, dict], host: str) -> dict:
    return state.get(host) or state.get(OTHERS) or {"domande": [], "non_prima": 0.0}
