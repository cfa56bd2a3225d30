"""Whole builds of tiny notebooks: what is run, what is published, and what happens when something fails."""

from __future__ import annotations

import errno
import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from conciliazione_lib import build, storage
from conciliazione_lib.build import engine, execution, lock
from conciliazione_lib.build.model import Job
from conciliazione_lib.errors import EsecuzioneError, UsoError
from conciliazione_lib.evidence import store


def publish(folder: Path, results: list[build.ChapterResult], config: build.Config, tell: build.Progress) -> None:
    """A publishing step that writes one page for each result, and a map."""
    for result in results:
        page = folder / "sito" / result.livello / result.territorio / f"{result.capitolo}.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        text = result.notebook.read_text(encoding="utf-8") if result.stato == "fatto" else result.errore
        page.write_text(str(text), encoding="utf-8")
    (folder / "maps").mkdir()
    (folder / "maps" / "mappa.html").write_text(config.edizione, encoding="utf-8")


def test_a_build_runs_every_chapter_for_every_territory(progetto: Any) -> None:
    config = progetto.two_chapters()
    outcome = progetto.generate(config, publish=publish)
    assert [(r.territorio, r.capitolo, r.stato) for r in outcome.results] == [
        ("milano", "letto", "fatto"),
        ("pavia", "letto", "fatto"),
        ("milano", "libero", "fatto"),
        ("pavia", "libero", "fatto"),
    ]
    assert outcome.exit_code == 0
    assert "MILANO" in (progetto.tree / "notebook/ats/milano/libero.ipynb").read_text(encoding="utf-8")
    assert "PAVIA" in (progetto.tree / "notebook/ats/pavia/libero.ipynb").read_text(encoding="utf-8")
    assert (progetto.output / "maps/prova/mappa.html").read_text() == "prova"
    assert not (progetto.tree / "maps").exists()


def test_who_publishes_gets_ready_while_notebooks_run(progetto: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ready: list[threading.Thread] = []
    here = sys.modules[publish.__module__]
    monkeypatch.setattr(here, "prepare", lambda: ready.append(threading.current_thread()), raising=False)
    config = progetto.two_chapters()
    assert progetto.generate(config, publish=publish).executed
    assert len(ready) == 1
    assert ready[0] is not threading.main_thread()
    assert not progetto.generate(config, publish=publish).executed
    assert len(ready) == 1, "nothing to wait for"


@pytest.mark.parametrize("where", ["modelli", "tipi"])
def test_a_template_or_a_kind_of_document_of_an_unknown_ats_is_refused(progetto: Any, where: str) -> None:
    config = progetto.two_chapters()
    if where == "modelli":
        config.modelli["paviaa"] = "a.docx"
    else:
        config.edizioni["prova"].tipi["paviaa"] = "piano"
    with pytest.raises(UsoError, match=r"reports\.toml, .*L'ATS «paviaa» non esiste") as info:
        progetto.generate(config)
    assert "forse si intendeva: pavia" in str(info.value.rimedio)


def test_equal_inputs_give_equal_bytes(built: Any) -> None:
    config = built.config
    built.generate(config, publish=publish)
    elsewhere = built.radice / "altrove"
    built.generate(config, publish=publish, output=elsewhere, processes=2)
    assert built.fingerprints(built.tree) == built.fingerprints(elsewhere / "reports" / "prova")
    before = built.fingerprints(built.tree)
    assert built.generate(config, publish=publish, afresh=True).executed
    assert built.fingerprints(built.tree) == before


def test_no_change_does_nothing_in_under_a_second(built: Any) -> None:
    config = built.config
    built.generate(config, publish=publish)
    before = built.tree.stat()
    start = time.process_time()
    outcome = built.generate(config, publish=publish)
    assert time.process_time() - start < 1.0
    assert not outcome.pubblicato
    assert not outcome.executed
    assert (before.st_ino, before.st_mtime_ns) == (built.tree.stat().st_ino, built.tree.stat().st_mtime_ns)


def test_a_changed_table_reruns_the_chapters_that_read_it_and_says_why(built: Any) -> None:
    config = built.config
    built.tabella("2")
    plan = build.prepare_plan(config, build.Choice(), output=built.output, places=built.luoghi)
    assert {(p.task.nome, p.motivo) for p in plan if p.da_eseguire} == {
        ("ats/milano/letto", "è cambiata la tabella prova"),
        ("ats/pavia/letto", "è cambiata la tabella prova"),
    }
    outcome = built.generate(config)
    assert [(r.territorio, r.capitolo) for r in outcome.executed] == [("milano", "letto"), ("pavia", "letto")]
    assert len(outcome.results) == 4


def test_a_failing_chapter_stops_no_other_and_keeps_its_error(progetto: Any) -> None:
    progetto.notebook("guasto", "valori = {}", 'valori["manca"]', "print('mai')")
    progetto.notebook("libero", *progetto.senza_tabella)
    config = progetto.configure("guasto", "libero")
    outcome = progetto.generate(config, publish=publish)
    assert outcome.exit_code == 1
    assert {(r.territorio, r.capitolo) for r in outcome.failed} == {("milano", "guasto"), ("pavia", "guasto")}
    error = outcome.failed[0].errore
    assert error is not None
    assert error.startswith("Errore imprevisto nell'esecuzione n. 4: KeyError ('manca').")
    notebook = json.loads(outcome.failed[0].notebook.read_text(encoding="utf-8"))
    assert "Questo capitolo non è disponibile" in "".join(notebook["cells"][0]["source"])
    assert any(o.get("ename") == "KeyError" for cell in notebook["cells"] for o in cell.get("outputs", []))
    assert not any("papermill" in json.dumps(cell) for cell in notebook["cells"])
    manifest = json.loads((progetto.tree / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["falliti"] == ["ats/milano/guasto", "ats/pavia/guasto"]
    # What failed is tried again; what did not is not.
    assert {r.capitolo for r in progetto.generate(config, publish=publish).executed} == {"guasto"}


def test_an_error_of_ours_is_told_as_it_is(progetto: Any) -> None:
    progetto.notebook(
        "guasto", "from conciliazione_lib.errors import DatiError", 'raise DatiError("Mancano i nidi.", "Importarli.")'
    )
    outcome = progetto.generate(progetto.configure("guasto"))
    assert outcome.failed[0].errore == "Mancano i nidi.\nChe cosa fare: Importarli."


def test_a_process_that_dies_costs_only_its_chapter(progetto: Any) -> None:
    progetto.notebook("muore", "import os", "os._exit(9)")
    progetto.notebook("libero", *progetto.senza_tabella)
    outcome = progetto.generate(progetto.configure("muore", "libero"))
    assert {r.capitolo for r in outcome.failed} == {"muore"}
    assert "è stato interrotto due volte" in str(outcome.failed[0].errore)


def newest_child() -> psutil.Process:
    """The worker just begun: this process may have other children, of other tests."""
    return max(psutil.Process().children(), key=psutil.Process.create_time)


def test_a_worker_that_dies_is_replaced_and_its_chapter_tried_once_more(progetto: Any) -> None:
    progetto.notebook("libero", "import time; time.sleep(0.5)")

    class UccideIlPrimo(build.Quiet):
        avviati = 0

        def started(self, name: str) -> None:
            self.avviati += 1
            if self.avviati == 1:
                newest_child().kill()

    kills = UccideIlPrimo()
    outcome = progetto.generate(progetto.configure("libero"), progress=kills)
    assert [r.stato for r in outcome.results] == ["fatto", "fatto"]
    assert kills.avviati == 3


def test_a_chapter_whose_worker_always_dies_is_told_so(progetto: Any) -> None:
    progetto.notebook("libero", "import time; time.sleep(0.5)")

    class UccideSempre(build.Quiet):
        def started(self, name: str) -> None:
            newest_child().kill()

    outcome = progetto.generate(progetto.configure("libero"), progress=UccideSempre())
    assert [r.stato for r in outcome.results] == ["fallito", "fallito"]
    assert "è stato interrotto due volte" in str(outcome.failed[0].errore)


def test_a_table_read_but_not_declared_is_refused(progetto: Any) -> None:
    progetto.tabella("1")
    progetto.notebook("libero", *progetto.con_tabella)
    outcome = progetto.generate(progetto.configure("libero"))
    assert str(outcome.failed[0].errore).startswith("Il capitolo legge tabelle che reports.toml non dichiara: prova.")


def test_an_error_that_ipython_cannot_show_is_told_all_the_same(progetto: Any) -> None:
    progetto.notebook(
        "libero",
        "get_ipython().InteractiveTB.structured_traceback = lambda *a, **k: 1 / 0",
        'raise ValueError("invisibile")',
    )
    outcome = progetto.generate(progetto.configure("libero"))
    assert "ValueError (invisibile)" in str(outcome.failed[0].errore)


@pytest.mark.parametrize("stop", ["exit()", "quit", "get_ipython().ask_exit()"])
def test_a_run_that_stops_without_an_error_is_not_taken_for_whole(progetto: Any, stop: str) -> None:
    progetto.notebook("libero", stop, "print('mai')")
    outcome = progetto.generate(progetto.configure("libero"))
    assert str(outcome.failed[0].errore).startswith("Il capitolo si è fermato prima della fine, senza dire perché.")


def test_the_territory_is_asserted_inside_the_run(progetto: Any) -> None:
    progetto.notebook("libero", 'territorio = "brescia"')
    outcome = progetto.generate(progetto.configure("libero"))
    assert str(outcome.failed[0].errore).startswith(
        "Il capitolo è finito con parametri diversi da quelli del piano: territorio = 'brescia' (atteso 'milano')."
    )


def test_a_chapter_about_another_territory_is_refused(progetto: Any) -> None:
    block = {"tipo": "intestazione", "territorio": {"codice": "brescia"}}
    progetto.notebook(
        "libero",
        "from IPython.display import display",
        f"display({{'application/vnd.conciliazione.blocco+json': {block!r}}}, raw=True)",
    )
    outcome = progetto.generate(progetto.configure("libero"))
    assert outcome.failed[0].errore == "Il capitolo dice di riguardare «brescia», non «milano»."


def test_every_run_has_a_folder_of_its_own(progetto: Any) -> None:
    progetto.notebook(
        "libero", "from pathlib import Path", "assert not list(Path.cwd().iterdir())", "Path('mio').touch()"
    )
    outcome = progetto.generate(progetto.configure("libero"))
    assert not outcome.failed


def test_a_choice_publishes_it_with_what_is_still_good_and_names_what_is_not(built: Any) -> None:
    config = built.config
    built.tabella("2")
    outcome = built.generate(config, build.Choice(ats=("pavia",)))
    assert [f"{r.territorio}/{r.capitolo}" for r in outcome.results] == ["pavia/letto", "milano/libero", "pavia/libero"]
    assert outcome.saltati == ["ats/milano/letto"]
    assert not (built.tree / "notebook/ats/milano/letto.ipynb").exists()


def test_inputs_that_change_during_a_build_publish_nothing(built: Any) -> None:
    config = built.config
    before = built.fingerprints(built.tree)

    class CambiaTutto(build.Quiet):
        def started(self, name: str) -> None:
            built.notebook("libero", "print('altro')")

    built.notebook("libero", "print('nuovo')")
    with pytest.raises(EsecuzioneError, match="sono cambiati durante la generazione"):
        built.generate(config, progress=CambiaTutto())
    assert built.fingerprints(built.tree) == before


def test_two_builds_at_once_on_the_same_output_are_refused(built: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "_PATIENCE", 0.1)
    config = built.config
    with lock.exclusive(built.output / "reports" / ".lavoro"), pytest.raises(EsecuzioneError) as info:
        built.generate(config)
    assert "Un'altra generazione sta già scrivendo in" in str(info.value)
    assert "(processo " in str(info.value)


def test_a_cell_that_takes_too_long_fails_its_chapter_alone(progetto: Any) -> None:
    progetto.notebook("lento", "import time", "time.sleep(60)")
    progetto.notebook("libero", *progetto.senza_tabella)
    config = progetto.configure("lento", "libero", extra="limite_minuti = 0.03")
    outcome = progetto.generate(config)
    assert {(r.capitolo, r.stato) for r in outcome.results} == {("lento", "fallito"), ("libero", "fatto")}
    assert all("ha superato il tempo massimo" in (r.errore or "") for r in outcome.failed)


def test_a_process_that_already_ran_a_notebook_of_its_own_can_build(progetto: Any) -> None:
    """As a researcher's notebook, or the benchmarks, that build: what it has of Jupyter must not reach workers."""
    config = progetto.two_chapters()
    text = (progetto.radice / "notebooks" / "libero.ipynb").read_text(encoding="utf-8")
    storage.forget_reads()  # of other tests, in this process
    store.forget_reads()
    outcome = execution.execute(Job("da solo", text, {}, (), 60))
    assert outcome.stato == "fatto", outcome
    assert len(progetto.generate(config).executed) == 4


def test_a_full_disk_leaves_what_was_published(built: Any) -> None:
    config = built.config
    built.generate(config, publish=publish)
    before = built.fingerprints(built.tree)
    built.tabella("2")

    def full(folder: Path, results: list[build.ChapterResult], config: build.Config, tell: build.Progress) -> None:
        (folder / "a-meta.html").write_text("…")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(EsecuzioneError, match="il disco è pieno"):
        built.generate(config, publish=full)
    assert built.fingerprints(built.tree) == before
    assert not list((built.output / "reports" / ".lavoro").glob("cantiere-*/*"))
    built.generate(config, publish=publish)
    assert built.fingerprints(built.tree) != before


def test_a_parameter_the_notebook_does_not_have_is_refused_before_running(progetto: Any) -> None:
    progetto.notebook("libero", parameters='territorio: str = "milano"\ndata: str = "2022-01-01"')
    with pytest.raises(UsoError) as info:
        progetto.generate(progetto.configure("libero"))
    assert "file libero.ipynb: atteso un parametro fra territorio, data; trovato «edizione»." in str(info.value)
    assert not progetto.tree.exists()


def test_the_log_and_the_account_of_the_run_are_kept_beside_the_tree(built: Any) -> None:
    registry = (built.output / "reports" / "prova.log").read_text(encoding="utf-8")
    assert "inizio: 4 da eseguire, 1 processo\n" in registry
    assert "fatto ats/pavia/libero in" in registry
    costs = json.loads((built.output / "reports" / "prova.esecuzione.json").read_text(encoding="utf-8"))
    assert len(costs["esecuzioni"]) == 4
    assert all(c["secondi"] > 0 and c["secondi_cpu"] > 0 and c["memoria_massima"] > 1e7 for c in costs["esecuzioni"])
    manifest = json.loads((built.tree / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["misure"] == "../prova.esecuzione.json"
    assert manifest["tabelle"]["prova"][0]["origine"] == "importata"
    assert manifest["capitoli"][0]["tabelle_lette"][0]["tabella"] == "prova"
    assert {"versione", "python", "lock_sha256", "codice", "falliti"} <= manifest.keys()


def test_the_work_folder_keeps_only_what_is_needed(built: Any) -> None:
    config = built.config
    for value in "234":
        built.tabella(value)
        built.generate(config)
    kept = list((built.output / "reports" / engine._WORK / "risultati" / "eseguiti").glob("*/*.ipynb"))
    assert len(kept) == 4
