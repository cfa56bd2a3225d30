"""Processes that share the work of a publication end with the one that started them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import psutil
import pytest

from conciliazione_lib.errors import EsecuzioneError
from conciliazione_lib.publish.processes import Team, several, team

LONG = """
import sys, time
from conciliazione_lib.publish.processes import several
if __name__ == "__main__":
    with several(2, time.sleep, 0) as pool:
        coming = [pool.submit(time.sleep, 600) for _ in range(2)]
        time.sleep(5)
        print("al lavoro", flush=True)
        time.sleep(600)
"""


def test_a_killed_parent_leaves_nobody_at_work(tmp_path: Path) -> None:
    program = tmp_path / "lungo.py"
    program.write_text(LONG, encoding="utf-8")
    parent = subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert parent.stdout.readline() == "al lavoro\n"
    children = psutil.Process(parent.pid).children(recursive=True)
    assert len(children) >= 2
    parent.kill()
    parent.wait()
    gone, alive = psutil.wait_procs(children, timeout=30)
    assert not alive, gone


def test_a_killed_process_is_told_in_italian() -> None:
    with pytest.raises(EsecuzioneError, match="è stato interrotto"), several(1, time.sleep, 0) as pool:
        pool.submit(os._exit, 1).result()


def slow(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def test_who_is_free_does_the_next_thing_and_this_process_too() -> None:
    with team(2, "time") as shared:
        shared.start()
        coming = [shared.give(slow, 0.2) for _ in range(8)]
        by = {one.result() for one in shared.done(coming)}
    assert os.getpid() in by
    assert len(by) == 2, "two processes"


def test_until_it_starts_a_team_is_this_process_which_may_know_a_shorter_way() -> None:
    with team(2, "time") as shared:
        assert not shared.started
        assert shared.result(shared.give(slow, 0)) == os.getpid()
        assert shared.result(shared.give(slow, 600, here=lambda: 7)) == 7
    alone = Team()
    alone.start()
    assert not alone.started, "nobody else"
    assert alone.result(alone.give(slow, 0)) == os.getpid()


def test_what_is_ready_is_taken_before_anything_else_is_begun() -> None:
    alone = Team()
    first = alone.give(slow, 0)
    alone.result(first)
    other = alone.give(slow, 0)
    assert [one is first for one in alone.done([first])] == [True]
    assert not other.done()
    alone.stop()


@pytest.mark.parametrize("started", [True, False])
def test_what_goes_wrong_is_told_to_who_asked_for_it(started: bool) -> None:
    with team(2, "time") as shared:
        if started:
            shared.start()
        wrong, right = shared.give(int, "no"), shared.give(int, "1")
        with pytest.raises(ValueError, match="no"):
            shared.result(wrong)
        assert shared.result(right) == 1


def test_nothing_is_sent_any_more_once_a_process_was_killed() -> None:
    """Who tells it holds, on some versions of Python, the lock that sending wants."""

    class Pool(Executor):
        def submit(self, function: Any, *given: Any, **named: Any) -> Any:
            sent.append(Future())
            return sent[-1]

    sent: list[Future[int]] = []
    shared = Team(Pool(), 1)
    shared.start()
    coming = [shared.give(slow, 0) for _ in range(3)]
    before = len(sent)
    sent[-1].set_exception(BrokenProcessPool("killed"))
    assert len(sent) == before
    with pytest.raises(BrokenProcessPool):
        coming[0].result()


def test_a_process_that_is_killed_stops_the_work_of_its_team() -> None:
    def lose_one() -> None:
        with team(2, "time") as shared:
            shared.start()
            coming = [shared.give(os._exit, 1, here=lambda: time.sleep(1)) for _ in range(6)]
            for one in shared.done(coming):
                one.result()

    with pytest.raises(EsecuzioneError, match="è stato interrotto"):
        lose_one()
