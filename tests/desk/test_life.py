"""One desk a folder; closing it leaves nothing running, killing it loses nothing."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest

from conciliazione_lib import catalog
from conciliazione_lib.desk import arrivals, jobs, life
from conciliazione_lib.desk.server import Upload
from conciliazione_lib.errors import UsoError

ROOT = Path(__file__).parents[2]
LISTING = (
    b"comune;denominazione;tipo;gestione;posti;anno;fonte\n"
    b"Pavia;Nido Uno;asilo nido;pubblica;60;2024;Elenco ATS\nVoghera;Nido Due;micronido;privata;10;2024;Elenco ATS\n"
)


@pytest.fixture
def progetto(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one chapter that takes an hour."""
    parameters = "territorio: str = 'pavia'\nedizione: str = '2025'\ndata: str = '2022-01-01'"
    cells = [
        nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell("import time\ntime.sleep(3600)"),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "a.ipynb")
    (tmp_path / "reports.toml").write_text(
        'edizione = "2025"\n[edizioni."2025"]\ntitolo = "Edizione"\ndata = "2022-01-01"\n'
        '[[capitoli]]\nid = "01"\ntitolo = "Uno"\nnotebook = "a.ipynb"\nlivelli = ["ats"]\n',
        encoding="utf-8",
    )
    shutil.copy(ROOT / "requirements.lock", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def at_work(job: jobs.Job) -> list[psutil.Process]:
    """Wait for a job to be running its chapter, and return its processes."""
    deadline = time.monotonic() + 120
    while "Uno" not in job.shown()["ora"]:
        assert job.running, job.shown()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    mother = psutil.Process(job._process.pid)
    return [mother, *mother.children(recursive=True)]


def ended(job: jobs.Job) -> None:
    """Wait for a job to be known to have ended."""
    deadline = time.monotonic() + 20
    while job.running and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not job.running


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new folder of data, and a place of one's own for the address."""
    (tmp_path / "mia").mkdir()
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path / "dati"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "mia"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "mia"))
    return tmp_path / "dati"


class Opened:
    """A desk opened from the command line, as a user does."""

    def __init__(self, *options: str, where: Path = ROOT) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "conciliazione_lib", "scrivania", "--senza-browser", *options],
            cwd=where,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        assert self.process.stdout is not None
        self.first = self.process.stdout.readline()
        found = re.search(r"http://\S+", self.first)
        self.address = found[0] if found else ""

    def post(self, path: str, body: bytes = b"", kind: str = "application/x-www-form-urlencoded") -> int:
        """Send a form."""
        host = self.address.split("/")[2]
        headers = {"Origin": f"http://{host}", "Content-Type": kind}
        with urllib.request.urlopen(urllib.request.Request(self.address + path, body, headers), timeout=30) as answer:
            return int(answer.status)

    def drop(self, name: str, content: bytes) -> None:
        """Drop a file on it."""
        head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        assert self.post("dati", head + content + b"\r\n--x--\r\n", "multipart/form-data; boundary=x") == 200

    def going(self) -> dict[str, Any]:
        """Return how its job goes."""
        with urllib.request.urlopen(f"{self.address}avanzamento", timeout=30) as answer:
            return dict(json.load(answer))

    def kill(self) -> None:
        """Kill it, and nothing of what it has started."""
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def rest(self) -> str:
        """Return what it says until its end."""
        assert self.process.stdout is not None
        return self.process.stdout.read()


@pytest.fixture
def opened() -> Iterator[Opened]:
    desk = Opened()
    yield desk
    desk.kill()


def test_closing_it_leaves_nothing_running(opened: Opened) -> None:
    assert opened.post("chiudi") == 200
    assert opened.process.wait(60) == 0
    assert "Scrivania chiusa." in opened.rest()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(opened.address, timeout=5)
    assert not life.door().exists()


def test_the_second_desk_on_a_folder_says_so(opened: Opened) -> None:
    second = Opened()
    assert second.process.wait(60) == 2
    assert second.first.startswith("Su questa cartella è già aperta una scrivania (sul computer ")
    assert opened.post("vita") == 204
    opened.post("chiudi")
    opened.process.wait(60)
    third = Opened()
    assert third.address
    third.post("chiudi")
    assert third.process.wait(60) == 0


def test_a_killed_desk_gives_way_to_the_next(opened: Opened) -> None:
    opened.process.send_signal(signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    opened.process.wait()
    after = Opened()
    assert after.address
    after.post("chiudi")
    assert after.process.wait(60) == 0


def test_a_page_that_is_left_closes_the_desk_unless_it_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(life, "LEFT", 0.3)
    monkeypatch.setattr(life, "_TICK", 0.02)
    alive = life.Life()
    alive.leaving()
    alive.heard()  # it was only another page of the desk
    assert alive._left == life.SILENCE
    alive.leaving()
    start = time.monotonic()
    alive.wait()
    assert 0.2 < time.monotonic() - start < 5


def test_what_is_going_on_is_let_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(life, "LEFT", 0.1)
    monkeypatch.setattr(life, "_TICK", 0.02)
    end = time.monotonic() + 0.6
    alive = life.Life(lambda: time.monotonic() < end)
    alive.leaving()
    alive.wait()
    assert time.monotonic() >= end


def test_a_file_dropped_is_there_after_a_kill_with_what_was_said_of_it() -> None:
    arrival = arrivals.arrived(Upload("elenco.csv", LISTING))
    arrivals.said_in({"tabella": ["servizi_offerta"], "fonte": ["Elenco ATS"]}, arrival.choices)
    arrivals.said_in({"valore:gestione:P": ["pubblica"], "riga": ["7"]}, arrival.choices)
    arrival.save()
    (life.folder() / "arrivi" / ".0123456789abcdef").mkdir()  # what a kill left half written
    arrivals.clean()
    (again,) = arrivals.waiting()
    assert again.choices == arrival.choices
    assert again.path.read_bytes() == LISTING
    assert again.look().placed is not None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the import to kill is a fork of the test")
def test_killing_it_during_an_import_leaves_the_table_of_before_or_the_new_one() -> None:
    import multiprocessing

    chance = random.Random(20250101)
    context = multiprocessing.get_context("fork")
    arrival = arrivals.arrived(Upload("prima.csv", LISTING))
    arrival.look()
    start = time.monotonic()
    arrivals.put_in(arrival, sure=True, used=lambda table: [])
    lasted = time.monotonic() - start
    for number in range(8):
        text = LISTING.replace(b";60;", f";{61 + number};".encode())
        before = catalog.read("servizi_offerta")["posti"].tolist()
        arrival = arrivals.arrived(Upload("dopo.csv", text))
        arrival.look()
        process = context.Process(target=lambda a=arrival: arrivals.put_in(a, sure=True, used=lambda table: []))
        process.start()
        process.join(chance.uniform(0, lasted))
        if process.exitcode is None:
            os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        after = catalog.read("servizi_offerta")["posti"].tolist()
        assert after in (before, [61 + number, 10])
        left = arrivals.waiting()
        if after == before:  # the file is still there, to be confirmed again
            assert [one.choices.name for one in left] == ["dopo.csv"]
            arrivals.put_in(left[0], sure=True, used=lambda table: [])
        elif left:
            left[0].throw_away()
        assert catalog.read("servizi_offerta")["posti"].tolist() == [61 + number, 10]


def test_a_desk_killed_while_it_imports_has_the_table_of_before_or_the_new_one() -> None:
    """The desk itself, as its user opens it, killed at any moment of a confirmation; the next goes on from there."""
    chance, lasted = random.Random(20250101), 1.0
    for number in range(3):
        before = catalog.read("servizi_offerta")["posti"].tolist() if catalog.versions("servizi_offerta") else None
        desk = Opened()
        desk.drop("elenco.csv", LISTING.replace(b";60;", f";{61 + number};".encode()))
        (arrival,) = arrivals.waiting()
        sent = threading.Thread(target=_sent, args=(desk, f"dati/{arrival.id}/conferma", b"sicuro=si"))
        start = time.monotonic()
        sent.start()
        sent.join(None if number == 0 else chance.uniform(0, lasted))
        desk.kill()
        sent.join()
        lasted = time.monotonic() - start if number == 0 else lasted
        now = catalog.read("servizi_offerta")["posti"].tolist() if catalog.versions("servizi_offerta") else None
        assert now in (before, [61 + number, 10])
        after = Opened()
        for left in arrivals.waiting():  # the file is still there, to be confirmed again
            assert left.path.read_bytes().startswith(b"comune;")
            assert after.post(f"dati/{left.id}/conferma", b"sicuro=si") == 200
        assert catalog.read("servizi_offerta")["posti"].tolist() == [61 + number, 10]
        assert arrivals.waiting() == []
        after.post("chiudi")
        assert after.process.wait(60) == 0
        after.kill()


def _sent(desk: Opened, path: str, body: bytes) -> None:
    with contextlib.suppress(OSError, http.client.HTTPException):  # the desk is gone
        desk.post(path, body)


def test_a_desk_killed_while_it_generates_leaves_nothing_running(progetto: Path) -> None:
    desk = Opened(where=progetto)
    desk.drop("elenco.csv", LISTING)
    desk.post("scelte", b"ats=pavia&data=")
    assert desk.post("genera") == 200
    deadline = time.monotonic() + 120
    while "Uno" not in (told := desk.going()).get("ora", ""):
        assert told["stato"] == "in corso", told
        assert time.monotonic() < deadline
        time.sleep(0.1)
    started = psutil.Process(desk.process.pid).children(recursive=True)
    assert len(started) > 1
    desk.kill()
    _, alive = psutil.wait_procs(started, timeout=20)
    assert alive == []
    assert not (progetto / "reports" / "2025").exists()  # nothing was published, and nothing half
    after = Opened(where=progetto)
    assert [one.choices.name for one in arrivals.waiting()] == ["elenco.csv"]
    assert after.post("genera") == 200  # the place is free, and so is the folder
    assert after.going()["stato"] == "in corso"
    started = psutil.Process(after.process.pid).children(recursive=True)
    after.post("chiudi")
    assert after.process.wait(60) == 0
    assert psutil.wait_procs(started, timeout=20)[1] == []
    after.kill()


def test_a_job_ends_with_the_desk_that_started_it(progetto: Path) -> None:
    """Its input ends when the desk is gone, however it goes: the child ends with everything it has started."""
    job = jobs.Job({"genere": "genera", "ats": ["pavia"]})
    processes = at_work(job)
    assert len(processes) > 1
    job._process.stdin.close()  # type: ignore[union-attr]
    ended(job)
    _, alive = psutil.wait_procs(processes, timeout=10)
    assert alive == []
    assert job.shown()["esito"]["errore"].startswith("Il lavoro è stato interrotto dal sistema")
    assert not (progetto / "reports" / "2025").exists()


def test_a_job_that_is_stopped_says_so_and_another_may_start(progetto: Path) -> None:
    all_jobs = jobs.Jobs()
    job = all_jobs.start({"genere": "genera", "ats": ["pavia"]})
    processes = at_work(job)
    with pytest.raises(UsoError, match="C'è già un lavoro in corso"):
        all_jobs.start({"genere": "genera", "ats": ["pavia"]})
    all_jobs.cancel()
    assert job.shown()["stato"] == "annullato"
    _, alive = psutil.wait_procs(processes, timeout=10)
    assert alive == []
    wrong = all_jobs.start({"genere": "genera", "ats": ["nessuna"]})
    ended(wrong)
    assert wrong.shown()["stato"] == "non riuscito"
    assert "nessuna" in wrong.shown()["esito"]["errore"]
