"""Notebooks that share a process: what one does to it the next does not see, and what cannot share does not."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from nbformat import v4

from conciliazione_lib.build import notebook, pool
from conciliazione_lib.build.model import Job, Outcome

#: What a notebook finds in its process.
STATE = """
import builtins, decimal, gc, locale, logging, os, random, signal, sys, threading, warnings
import numpy as np, pandas as pd, matplotlib
{
    "names": sorted(name for name in globals() if name == "mine"),
    "options": [pd.get_option(name) for name in ("display.max_rows", "display.precision")],
    "sum": float(pd.DataFrame({"a": [1.0, 2.0]}).sum().iloc[0]),
    "settings": [matplotlib.rcParams["font.size"], decimal.getcontext().prec, sys.getrecursionlimit()],
    "errors": np.geterr(),
    "process": [os.environ.get("VELENO"), "veleno" in sys.path, len(warnings.filters), gc.isenabled()],
    "numbers": [float(np.random.rand()), random.random()],
    "builtins": [len([1, 2, 3]), sum([1, 2, 3])],
    "threads": threading.active_count(),
}
"""
HOSTILE = {
    "settings": """
import decimal, gc, os, random, sys, warnings
import numpy as np, pandas as pd, matplotlib
mine = 1
pd.set_option("display.max_rows", 3); pd.set_option("display.precision", 1)
matplotlib.rcParams["font.size"] = 40
decimal.getcontext().prec = 3
np.seterr(divide="raise"); np.random.seed(7); random.seed(7)
os.environ["VELENO"] = "sì"; os.chdir("/"); sys.path.append("veleno"); sys.setrecursionlimit(3000)
warnings.simplefilter("ignore"); gc.disable()
""",
    "a method of pandas": "import pandas as pd\npd.DataFrame.sum = lambda self: pd.Series([999.0])",
    "a builtin": "import builtins\nbuiltins.sum = lambda *x: 999",
    "a builtin that everything needs": "import builtins\nbuiltins.len = lambda x: 999",
    "a thread": "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
}


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[pool.Single]:
    one = pool.Single(tmp_path / "registro.log")
    yield one
    one.close()


def job(*cells: str, name: str = "prova", solo: bool = False, limit: float = 60) -> Job:
    made = v4.new_notebook(cells=[v4.new_code_cell(cell, id=f"cella-{n}") for n, cell in enumerate(cells)])
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return Job(name, json.dumps(made), {}, None, limit, importa=("pandas", "matplotlib", "numpy"), solo=solo)


def outputs(outcome: Outcome) -> list[dict[str, Any]]:
    return [output for cell in json.loads(outcome.notebook)["cells"] for output in cell.get("outputs", [])]


def shown(outcome: Outcome) -> str:
    return "".join(str(output.get("data", {}).get("text/plain", output.get("text", ""))) for output in outputs(outcome))


@pytest.mark.parametrize("poison", HOSTILE)
def test_a_notebook_after_a_hostile_one_is_as_in_a_fresh_process(poison: str, worker: pool.Single) -> None:
    fresh = worker.run(job("import numpy as np; np.random.seed(3)\nimport random; random.seed(3)", STATE))
    worker.close()
    # One leaves nothing that can answer: nobody waits long for it.
    worker.run(job(HOSTILE[poison], limit=5))
    after = worker.run(job("import numpy as np; np.random.seed(3)\nimport random; random.seed(3)", STATE))
    assert fresh.stato == "fatto"
    assert after.notebook == fresh.notebook


def test_notebooks_that_may_share_a_process_do_and_others_have_their_own(worker: pool.Single) -> None:
    process = "import os\nos.getpid()"
    first, second = worker.run(job(process)), worker.run(job(process))
    alone, third = worker.run(job(process, solo=True)), worker.run(job(process))
    assert shown(first) == shown(second)
    assert len({shown(first), shown(alone), shown(third)}) == 3


def test_a_worker_goes_on_with_what_it_has_run_among_what_comes_next() -> None:
    """Jobs of two kinds for many territories: each worker keeps to its kind, and the last are nobody's."""

    class Silent:
        def __init__(self) -> None:
            self.kinds: set[str] = set()
            self.fresh = True

        def send(self, job: Job) -> None:
            """Take a job, and say nothing."""

        def stop(self) -> None:
            """End."""

        listen = send

    jobs = [replace(job(name=f"{place}/{kind}"), tipo=kind) for place in range(20) for kind in ("a", "b")]
    given: list[str] = []
    works: Any = pool._Pool(Silent, lambda one: given.append(one.nome), jobs[::-1])
    first, second = works.begin(None), works.begin(None)
    for _ in range(6):
        works.begin(first), works.begin(second)
    assert [name for name in given[::2] if name.endswith("b")] == [name for name in given[1::2] if "a" in name] == []
    while works.begin(first):
        pass
    assert sorted(given) == sorted(one.nome for one in jobs)
    #: The territories are made one after another: none waits for more than those of its neighbours.
    places = [int(name.split("/")[0]) for name in given]
    assert all(place <= min(places[spot:]) + pool._NEAR for spot, place in enumerate(places))


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> list[pool._Worker]:
    """The workers that start, each noted with how many there were."""
    started: list[pool._Worker] = []

    class Noted(pool._Worker):
        def __init__(self, log: Path) -> None:
            super().__init__(log)
            started.append(self)
            self.among = sum(one.process.poll() is None for one in started)

    monkeypatch.setattr(pool, "_Worker", Noted)
    return started


PROCESS = "import os\nos.getpid()"


def none_left(started: list[pool._Worker]) -> bool:
    return all(one.process.poll() is not None and not Path(one.folder).exists() for one in started)


def test_ready_workers_are_taken_first_each_by_one_notebook_that_wants_it_for_itself(
    tmp_path: Path, processes: list[pool._Worker]
) -> None:
    with pool.Workers(2, tmp_path / "registro.log") as workers:
        workers.prepare(1)
        assert len(processes) == 1
        workers.prepare(5)
        assert len(processes) == 2
        outcomes = list(workers.run([job(PROCESS, name=str(n), solo=True) for n in range(3)], lambda _: None))
        # One more is for whoever comes next, and nobody does.
        workers.prepare(1)
    numbers = [one.process.pid for one in processes]
    assert len(numbers) == 4
    assert {int(shown(one)) for one in outcomes} == set(numbers[:3])
    assert none_left(processes)


def test_a_ready_worker_is_for_notebooks_that_share_it_too(tmp_path: Path, processes: list[pool._Worker]) -> None:
    with pool.Workers(1, tmp_path / "registro.log") as workers:
        workers.prepare(2)
        outcomes = list(workers.run([job(PROCESS, name=str(n)) for n in range(2)], lambda _: None))
        assert {int(shown(one)) for one in outcomes} == {processes[0].process.pid}
        list(workers.run([job(PROCESS)], lambda _: None))
    assert len(processes) == 2
    assert none_left(processes)


def test_a_ready_worker_that_has_died_is_nobodys_fault(
    tmp_path: Path, processes: list[pool._Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "ATTEMPTS", 1)
    with pool.Workers(1, tmp_path / "registro.log") as workers:
        workers.prepare(1)
        processes[0].process.kill()
        processes[0].process.wait()
        (outcome,) = workers.run([job("1 + 1", solo=True)], lambda _: None)
    assert outcome.stato == "fatto"
    assert none_left(processes)


def test_places_left_idle_have_a_worker_ready_while_others_are_to_come(
    tmp_path: Path, processes: list[pool._Worker]
) -> None:
    to_come = [job(PROCESS, name="seconda", solo=True)]

    def then() -> list[Job]:
        return [to_come.pop()] if to_come else []

    with pool.Workers(2, tmp_path / "registro.log") as workers:
        first = job("import time\ntime.sleep(1)", PROCESS, name="prima", solo=True)
        outcomes = list(workers.run([first], lambda _: None, then, lambda: len(to_come)))
    assert [int(shown(one)) for one in outcomes] == [one.process.pid for one in processes]
    assert [one.among for one in processes] == [1, 2]  # type: ignore[attr-defined]
    assert none_left(processes)


def test_no_worker_is_left_by_who_stops_hearing_of_them(tmp_path: Path, processes: list[pool._Worker]) -> None:
    jobs = [job("1 + 1", name="prima", solo=True), job("import time\ntime.sleep(60)", name="seconda", solo=True)]

    def stop() -> None:
        with pool.Workers(3, tmp_path / "registro.log") as workers:
            for _ in workers.run(jobs, lambda _: None, later=lambda: 5):
                raise RuntimeError("basta")

    with pytest.raises(RuntimeError, match="basta"):
        stop()
    assert len(processes) >= 3
    gc.collect()
    assert none_left(processes)


def test_where_nothing_is_to_be_run_no_worker_starts(built: Any, processes: list[pool._Worker]) -> None:
    assert not built.generate(built.config).executed
    assert not processes


#: A whole build, of a project.
WHOLE = """
import signal, sys
from pathlib import Path
from conciliazione_lib import build
from conciliazione_lib.build.places import Place, Places
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell has what it starts aside ignore it
root = Path(sys.argv[1])
places = Places([Place("ats", "milano", "Milano"), Place("ats", "pavia", "Pavia")])
build.run(build.load(root), build.Choice(), output=root / "uscita", processes=2, places=places)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="interrupting is something else there")
def test_a_build_interrupted_while_an_analysis_runs_leaves_no_worker(
    progetto: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aside = tmp_path / "temporanei"
    aside.mkdir()
    monkeypatch.setenv("TMPDIR", str(aside))
    progetto.notebook("libero", *progetto.senza_tabella)
    progetto.notebook("lunga", "import time\ntime.sleep(60)", parameters='edizione: str = ""\ndata: str = ""')
    analysis = '[[analisi]]\nid = "lunga"\ntitolo = "Lunga"\nnotebook = "notebooks/lunga.ipynb"\n'
    progetto.configure("libero", extra=analysis)
    build = subprocess.Popen(
        [sys.executable, "-c", WHOLE, str(progetto.radice)], start_new_session=True, stderr=subprocess.DEVNULL
    )
    until = time.monotonic() + 30
    while len(workers := psutil.Process(build.pid).children()) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    # One runs the analysis, one is ready for chapters.
    assert len(workers) == 2
    time.sleep(1)
    os.killpg(build.pid, signal.SIGINT)
    assert build.wait(20) != 0
    assert not any(one.is_running() for one in workers)
    assert not list(aside.glob("conciliazione-*"))


#: Where a notebook is when it begins: what is there beside its own names.
SURROUNDINGS = """
import sys, warnings
import pandas
[sorted(name for name in sys.modules if not name.startswith("_")), sorted(vars(pandas.DataFrame)), warnings.filters]
"""


def test_a_notebook_finds_the_same_whether_or_not_its_worker_had_time_to_get_ready(tmp_path: Path) -> None:
    found = []
    for seconds in (0, 3):
        with pool.Workers(1, tmp_path / "registro.log") as workers:
            workers.prepare(1)
            time.sleep(seconds)
            (outcome,) = workers.run([job(SURROUNDINGS, solo=True)], lambda _: None)
        assert outcome.stato == "fatto", outcome.errore
        found.append(outcome.notebook)
    assert found[0] == found[1]


def test_what_cannot_be_imported_is_the_notebooks_to_say(
    tmp_path: Path, worker: pool.Single, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "guasto.py").write_text("def f(:\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    outcome = worker.run(replace(job("import guasto"), importa=("guasto",)))
    assert "SyntaxError" in str(outcome.errore)


def test_a_process_that_does_not_answer_is_replaced(worker: pool.Single) -> None:
    late = worker.run(job("import time\ntime.sleep(60)", limit=0.5))
    assert late.stato == "fallito"
    assert "ha superato il tempo massimo" in str(late.errore)
    assert worker.run(job("1 + 1")).stato == "fatto"


def test_what_a_notebook_started_ends_with_its_process(worker: pool.Single) -> None:
    started = worker.run(
        job("import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'input()'], stdin=-1).pid")
    )
    number = int(shown(started))
    worker.close()
    assert not psutil.pid_exists(number) or psutil.Process(number).status() == psutil.STATUS_ZOMBIE


#: A build that has run a notebook, and waits for another.
BUILD = """
import sys
from pathlib import Path
from conciliazione_lib.build.model import Job
from conciliazione_lib.build.pool import Single
one = Single(Path(sys.argv[1]) / "registro.log")
one.run(Job("prova", sys.argv[2], {}, None, 60.0, solo=False))
print("pronto", flush=True)
input()
"""


def test_what_a_notebook_put_aside_ends_with_its_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    aside = tmp_path / "temporanei"
    aside.mkdir()
    monkeypatch.setenv("TMPDIR", str(aside))
    monkeypatch.setattr(tempfile, "tempdir", None)
    put_aside = job("import tempfile\ntempfile.mkstemp()")
    for ends in ("1", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "import time\ntime.sleep(60)"):
        one = pool.Single(tmp_path / "registro.log")
        one.run(put_aside)
        assert list(aside.iterdir())
        one.run(job(ends, limit=0.5))
        one.close()
        assert not list(aside.iterdir()), ends
    build = subprocess.Popen(
        [sys.executable, "-c", BUILD, str(tmp_path), put_aside.notebook],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert build.stdout is not None
    assert build.stdout.readline().strip() == b"pronto"
    assert list(aside.iterdir())
    build.kill()
    build.communicate()
    until = time.monotonic() + 20
    while list(aside.iterdir()) and time.monotonic() < until:
        time.sleep(0.05)
    assert not list(aside.iterdir())


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("print('ciao')\n41 + 1", "ciao\n42"),
        ("import asyncio\nawait asyncio.sleep(0)\n'atteso'", "'atteso'"),
        ("%who_ls", "[]"),
        ("%%capture detto\nprint('taci')", ""),
        ("from IPython.display import display\nh = display('uno', display_id=True)\nh.update('due')", "'due'"),
        ("from IPython.display import clear_output\nprint('via')\nclear_output()\nprint('resta')", "resta\n"),
        ("import sys\nprint('errore', file=sys.stderr)", "errore\n"),
    ],
)
def test_cells_do_what_they_do_in_a_kernel(cell: str, found: str, worker: pool.Single) -> None:
    outcome = worker.run(job(cell))
    assert (outcome.stato, shown(outcome)) == ("fatto", found)


@pytest.mark.skipif(sys.platform == "win32", reason="bash is not there")
def test_the_shell_is_heard(worker: pool.Single) -> None:
    assert shown(worker.run(job("%%bash\necho dalla shell"))) == "dalla shell\n"
    assert shown(worker.run(job("!echo da fuori"))).split() == ["da", "fuori"]


def test_a_question_is_refused_and_said(worker: pool.Single) -> None:
    asked = worker.run(job("input('Chi sei?')"))
    assert "fa una domanda con input()" in str(asked.errore)


def test_a_chart_of_the_users_own_is_shown(worker: pool.Single) -> None:
    drawn = worker.run(job("import matplotlib.pyplot as plt\n_ = plt.plot([1, 2])"))
    assert ["image/png" in output["data"] for output in outputs(drawn)] == [True]


@pytest.mark.parametrize(
    ("cell", "shares"),
    [
        ("from conciliazione_lib.report import Capitolo, charts", True),
        ("import pandas as pd\nframe = pd.DataFrame()\nframe['a'] = 1", True),
        ("from conciliazione_lib.indicators import demography", False),
        ("import os", False),
        ("import pandas as pd\npd.DataFrame.sum = None", False),
        ("import pandas as pd\npd.set_option('display.max_rows', 3)", False),
        ("from conciliazione_lib.report import charts\ncharts['a'] = 1", False),
        ("frame.columns.values[0] = 'a'", False),
        ("c.__class__", False),
        ("open('x', 'w')", False),
        ("getattr(c, '_chiuso')\nsetattr(c, 'x', 1)", False),
        ("%matplotlib inline", False),
        ("exec('import os')", False),
    ],
)
def test_only_code_that_can_change_nothing_shares_a_process(cell: str, shares: bool, progetto: Any) -> None:
    assert notebook.read(progetto.notebook("prova", cell)).shares is shares


def test_papermill_by_hand_gives_what_a_build_gives(progetto: Any) -> None:
    source = progetto.notebook("libero", *progetto.senza_tabella)
    progetto.generate(progetto.configure("libero"))
    built = json.loads((progetto.tree / "notebook/ats/pavia/libero.ipynb").read_text(encoding="utf-8"))
    out = progetto.radice / "a mano.ipynb"
    command = [sys.executable, "-m", "papermill", "--engine", "conciliazione", str(source), str(out)]
    values = ["-p", "territorio", "pavia", "-p", "edizione", "prova", "-p", "data", "2022-01-01"]
    done = subprocess.run([*command, *values], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    by_hand = json.loads(out.read_text(encoding="utf-8"))
    assert [canonical(cell) for cell in by_hand["cells"]] == [canonical(cell) for cell in built["cells"]]


def canonical(cell: dict[str, Any]) -> dict[str, Any]:
    """A cell without papermill's own account of it."""
    metadata = {name: value for name, value in cell["metadata"].items() if name not in ("papermill", "execution")}
    kept = {name: cell[name] for name in ("cell_type", "outputs", "execution_count") if name in cell}
    outputs = [{name: joined(value) for name, value in output.items()} for output in kept.get("outputs", [])]
    source = "".join(cell["source"])
    tags = [tag for tag in metadata.get("tags", []) if tag != "injected-parameters"]
    return kept | {"outputs": outputs, "source": source, "metadata": metadata | {"tags": tags}}


def joined(value: Any) -> Any:
    """Texts as one, which files keep as lists of lines."""
    if isinstance(value, dict):
        return {name: joined(one) for name, one in value.items()}
    return "".join(value) if isinstance(value, list) and all(isinstance(one, str) for one in value) else value
