import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conciliazione_lib.sources.pace import QUESTIONS, WINDOW, Pace


class Clock:
    def __init__(self, now=1_000_000.0):
        self.now, self.slept = now, 0.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.slept += seconds
        self.now += seconds


def ask(pace, clock, host="istat"):
    pace.wait(host)
    return clock.now


@settings(max_examples=40)
@given(st.lists(st.tuples(st.floats(0, 90), st.booleans()), min_size=1, max_size=25))
def test_no_minute_has_more_than_five_questions_whatever_the_rhythm_and_the_restarts(steps):
    with TemporaryDirectory() as folder:
        clock = Clock()
        pace = Pace(Path(folder) / "ritmo.json", clock, clock.sleep)
        moments = []
        for pause, restart in steps:
            clock.now += pause
            if restart:
                pace = Pace(Path(folder) / "ritmo.json", clock, clock.sleep)
            before = clock.now
            moments.append(ask(pace, clock))
            # No wait is longer than the pace requires.
            earliest = max(before, moments[-1 - QUESTIONS] + WINDOW) if len(moments) > QUESTIONS else before
            assert moments[-1] == pytest.approx(earliest, abs=1e-6)
        for first, sixth in zip(moments, moments[QUESTIONS:], strict=False):
            assert sixth - first > 60


def test_the_first_five_do_not_wait_and_hosts_do_not_wait_for_each_other(tmp_path):
    clock = Clock()
    pace = Pace(tmp_path / "ritmo.json", clock, clock.sleep)
    assert [ask(pace, clock) for _ in range(5)] == [1_000_000.0] * 5
    assert ask(pace, clock, "lombardia") == 1_000_000.0
    assert ask(pace, clock) == 1_000_000.0 + WINDOW


def test_processes_share_the_pace(tmp_path):
    # Two processes book at the same time, each with a clock of its own that tells the same moment.
    code = (
        "import sys; from pathlib import Path; from conciliazione_lib.sources.pace import Pace\n"
        "class C:\n now=5000.0\n def __call__(s): return s.now\n def sleep(s,t): s.now+=t\n"
        "for _ in range(6):\n c=C(); Pace(Path(sys.argv[1]), c, c.sleep).wait('istat'); print(c.now)\n"
    )
    file = tmp_path / "ritmo con spazi.json"
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(file)], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    moments = sorted(float(line) for process in running for line in process.communicate(timeout=60)[0].split())
    assert len(moments) == 12
    assert all(later - sooner > 60 for sooner, later in zip(moments, moments[QUESTIONS:], strict=False))
    assert moments[-1] == 5000.0 + 2 * WINDOW


def test_a_damaged_file_counts_as_five_questions_just_asked(tmp_path):
    clock = Clock()
    file = tmp_path / "ritmo.json"
    file.write_text('{"istat": {"domande": [12', encoding="utf-8")
    assert ask(Pace(file, clock, clock.sleep), clock) == 1_000_000.0 + WINDOW
    assert json.loads(file.read_text(encoding="utf-8"))


def test_a_clock_moved_back_does_not_stop_the_questions_for_days(tmp_path):
    clock = Clock()
    pace = Pace(tmp_path / "ritmo.json", clock, clock.sleep)
    for _ in range(5):
        ask(pace, clock)
    clock.now -= 3 * 86_400
    before = clock.now
    assert ask(pace, clock) <= before + WINDOW


def test_a_host_that_asked_to_wait_is_left_alone_by_everyone(tmp_path):
    clock = Clock()
    Pace(tmp_path / "ritmo.json", clock, clock.sleep).hold("istat", 600)
    other = Pace(tmp_path / "ritmo.json", clock, clock.sleep)
    assert other.held("istat") == 600
    assert other.held("demo") == 0
    assert ask(other, clock) == 1_000_600.0


def test_the_hosts_of_istat_share_one_limit(tmp_path):
    clock = Clock()
    pace = Pace(tmp_path / "ritmo.json", clock, clock.sleep)
    for host in ("esploradati.istat.it", "sdmx.istat.it", "demo.istat.it", "sdmx.istat.it", "esploradati.istat.it"):
        assert ask(pace, clock, host) == 1_000_000.0
    assert ask(pace, clock, "demo.istat.it") == 1_000_000.0 + WINDOW
    pace.hold("sdmx.istat.it", 600)
    assert ask(pace, clock, "esploradati.istat.it") < 1_000_600.0
    assert ask(pace, clock, "sdmx.istat.it") >= 1_000_600.0


def test_no_service_closes_its_door_for_ever(tmp_path):
    clock = Clock()
    pace = Pace(tmp_path / "ritmo.json", clock, clock.sleep)
    pace.hold("esploradati.istat.it", float("inf"))
    assert pace.held("esploradati.istat.it") <= 48 * 3600
