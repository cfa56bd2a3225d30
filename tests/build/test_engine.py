"""Whole builds of tiny notebooks: what is run, what is published, and what happens when something fails."""

from __future__ import annotations

import errno
import json
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


def pubblica(
    cartella: Path, risultati: list[build.ChapterResult], config: build.Config, racconta: build.Progress
) -> None:
    """A publishing step that writes one page for each result, and a map."""
    for risultato in risultati:
        pagina = cartella / "sito" / risultato.livello / risultato.territorio / f"{risultato.capitolo}.html"
        pagina.parent.mkdir(parents=True, exist_ok=True)
        testo = risultato.notebook.read_text(encoding="utf-8") if risultato.stato == "fatto" else risultato.errore
        pagina.write_text(str(testo), encoding="utf-8")
    (cartella / "maps").mkdir()
    (cartella / "maps" / "mappa.html").write_text(config.edizione, encoding="utf-8")


def test_a_build_runs_every_chapter_for_every_territory(progetto: Any) -> None:
    config = progetto.due_capitoli()
    esito = progetto.genera(config, pubblica=pubblica)
    assert [(r.territorio, r.capitolo, r.stato) for r in esito.results] == [
        ("milano", "letto", "fatto"),
        ("pavia", "letto", "fatto"),
        ("milano", "libero", "fatto"),
        ("pavia", "libero", "fatto"),
    ]
    assert esito.codice_uscita == 0
    assert "MILANO" in (progetto.albero / "notebook/ats/milano/libero.ipynb").read_text(encoding="utf-8")
    assert "PAVIA" in (progetto.albero / "notebook/ats/pavia/libero.ipynb").read_text(encoding="utf-8")
    assert (progetto.uscita / "maps/prova/mappa.html").read_text() == "prova"
    assert not (progetto.albero / "maps").exists()


def test_equal_inputs_give_equal_bytes(progetto: Any) -> None:
    config = progetto.due_capitoli()
    progetto.genera(config, pubblica=pubblica)
    altrove = progetto.radice / "altrove"
    progetto.genera(config, pubblica=pubblica, uscita=altrove, processi=1)
    assert progetto.impronte(progetto.albero) == progetto.impronte(altrove / "reports" / "prova")
    prima = progetto.impronte(progetto.albero)
    assert progetto.genera(config, pubblica=pubblica, da_capo=True).eseguiti
    assert progetto.impronte(progetto.albero) == prima


def test_no_change_does_nothing_in_under_a_second(progetto: Any) -> None:
    config = progetto.due_capitoli()
    progetto.genera(config, pubblica=pubblica)
    prima = progetto.albero.stat()
    inizio = time.process_time()
    esito = progetto.genera(config, pubblica=pubblica)
    assert time.process_time() - inizio < 1.0
    assert not esito.pubblicato
    assert not esito.eseguiti
    assert (prima.st_ino, prima.st_mtime_ns) == (progetto.albero.stat().st_ino, progetto.albero.stat().st_mtime_ns)


def test_a_changed_table_reruns_the_chapters_that_read_it_and_says_why(progetto: Any) -> None:
    config = progetto.due_capitoli()
    progetto.genera(config)
    progetto.tabella("2")
    piano = build.prepare_plan(config, build.Scelta(), uscita=progetto.uscita, luoghi=progetto.luoghi)
    assert {(p.task.nome, p.motivo) for p in piano if p.da_eseguire} == {
        ("ats/milano/letto", "è cambiata la tabella prova"),
        ("ats/pavia/letto", "è cambiata la tabella prova"),
    }
    esito = progetto.genera(config)
    assert [(r.territorio, r.capitolo) for r in esito.eseguiti] == [("milano", "letto"), ("pavia", "letto")]
    assert len(esito.results) == 4


def test_a_failing_chapter_stops_no_other_and_keeps_its_error(progetto: Any) -> None:
    progetto.notebook("guasto", "valori = {}", 'valori["manca"]', "print('mai')")
    progetto.notebook("libero", *progetto.senza_tabella)
    config = progetto.configura("guasto", "libero")
    esito = progetto.genera(config, pubblica=pubblica)
    assert esito.codice_uscita == 1
    assert {(r.territorio, r.capitolo) for r in esito.falliti} == {("milano", "guasto"), ("pavia", "guasto")}
    errore = esito.falliti[0].errore
    assert errore is not None
    assert errore.startswith("Errore imprevisto nell'esecuzione n. 4: KeyError ('manca').")
    notebook = json.loads(esito.falliti[0].notebook.read_text(encoding="utf-8"))
    assert "Questo capitolo non è disponibile" in "".join(notebook["cells"][0]["source"])
    assert any(o.get("ename") == "KeyError" for cella in notebook["cells"] for o in cella.get("outputs", []))
    assert not any("papermill" in json.dumps(cella) for cella in notebook["cells"])
    manifesto = json.loads((progetto.albero / "manifest.json").read_text(encoding="utf-8"))
    assert manifesto["falliti"] == ["ats/milano/guasto", "ats/pavia/guasto"]
    # What failed is tried again; what did not is not.
    assert {r.capitolo for r in progetto.genera(config, pubblica=pubblica).eseguiti} == {"guasto"}


def test_an_error_of_ours_is_told_as_it_is(progetto: Any) -> None:
    progetto.notebook(
        "guasto", "from conciliazione_lib.errors import DatiError", 'raise DatiError("Mancano i nidi.", "Importarli.")'
    )
    esito = progetto.genera(progetto.configura("guasto"))
    assert esito.falliti[0].errore == "Mancano i nidi.\nChe cosa fare: Importarli."


def test_a_process_that_dies_costs_only_its_chapter(progetto: Any) -> None:
    progetto.notebook("muore", "import os", "os._exit(9)")
    progetto.notebook("libero", *progetto.senza_tabella)
    esito = progetto.genera(progetto.configura("muore", "libero"))
    assert {r.capitolo for r in esito.falliti} == {"muore"}
    assert "è stato interrotto due volte" in str(esito.falliti[0].errore)


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

    uccide = UccideIlPrimo()
    esito = progetto.genera(progetto.configura("libero"), processi=1, progress=uccide)
    assert [r.stato for r in esito.results] == ["fatto", "fatto"]
    assert uccide.avviati == 3


def test_a_chapter_whose_worker_always_dies_is_told_so(progetto: Any) -> None:
    progetto.notebook("libero", "import time; time.sleep(0.5)")

    class UccideSempre(build.Quiet):
        def started(self, name: str) -> None:
            newest_child().kill()

    esito = progetto.genera(progetto.configura("libero"), processi=1, progress=UccideSempre())
    assert [r.stato for r in esito.results] == ["fallito", "fallito"]
    assert "è stato interrotto due volte" in str(esito.falliti[0].errore)


def test_a_table_read_but_not_declared_is_refused(progetto: Any) -> None:
    progetto.tabella("1")
    progetto.notebook("libero", *progetto.con_tabella)
    esito = progetto.genera(progetto.configura("libero"))
    assert str(esito.falliti[0].errore).startswith("Il capitolo legge tabelle che reports.toml non dichiara: prova.")


def test_an_error_that_ipython_cannot_show_is_told_all_the_same(progetto: Any) -> None:
    progetto.notebook(
        "libero",
        "get_ipython().InteractiveTB.structured_traceback = lambda *a, **k: 1 / 0",
        'raise ValueError("invisibile")',
    )
    esito = progetto.genera(progetto.configura("libero"))
    assert "ValueError (invisibile)" in str(esito.falliti[0].errore)


@pytest.mark.parametrize("stop", ["exit()", "quit", "get_ipython().ask_exit()"])
def test_a_run_that_stops_without_an_error_is_not_taken_for_whole(progetto: Any, stop: str) -> None:
    progetto.notebook("libero", stop, "print('mai')")
    esito = progetto.genera(progetto.configura("libero"))
    assert str(esito.falliti[0].errore).startswith("Il capitolo si è fermato prima della fine, senza dire perché.")


def test_the_territory_is_asserted_inside_the_run(progetto: Any) -> None:
    progetto.notebook("libero", 'territorio = "brescia"')
    esito = progetto.genera(progetto.configura("libero"))
    assert str(esito.falliti[0].errore).startswith(
        "Il capitolo è finito con parametri diversi da quelli del piano: territorio = 'brescia' (atteso 'milano')."
    )


def test_a_chapter_about_another_territory_is_refused(progetto: Any) -> None:
    blocco = {"tipo": "intestazione", "territorio": {"codice": "brescia"}}
    progetto.notebook(
        "libero",
        "from IPython.display import display",
        f"display({{'application/vnd.conciliazione.blocco+json': {blocco!r}}}, raw=True)",
    )
    esito = progetto.genera(progetto.configura("libero"))
    assert esito.falliti[0].errore == "Il capitolo dice di riguardare «brescia», non «milano»."


def test_every_run_has_a_folder_of_its_own(progetto: Any) -> None:
    progetto.notebook(
        "libero", "from pathlib import Path", "assert not list(Path.cwd().iterdir())", "Path('mio').touch()"
    )
    esito = progetto.genera(progetto.configura("libero"), processi=1)
    assert not esito.falliti


def test_a_choice_publishes_it_with_what_is_still_good_and_names_what_is_not(progetto: Any) -> None:
    config = progetto.due_capitoli()
    progetto.genera(config)
    progetto.tabella("2")
    esito = progetto.genera(config, build.Scelta(ats=("pavia",)))
    assert [f"{r.territorio}/{r.capitolo}" for r in esito.results] == ["pavia/letto", "milano/libero", "pavia/libero"]
    assert esito.saltati == ["ats/milano/letto"]
    assert not (progetto.albero / "notebook/ats/milano/letto.ipynb").exists()


def test_inputs_that_change_during_a_build_publish_nothing(progetto: Any) -> None:
    config = progetto.due_capitoli()
    progetto.genera(config)
    prima = progetto.impronte(progetto.albero)

    class CambiaTutto(build.Quiet):
        def started(self, name: str) -> None:
            progetto.notebook("libero", "print('altro')")

    progetto.notebook("libero", "print('nuovo')")
    with pytest.raises(EsecuzioneError, match="sono cambiati durante la generazione"):
        progetto.genera(config, progress=CambiaTutto())
    assert progetto.impronte(progetto.albero) == prima


def test_two_builds_at_once_on_the_same_output_are_refused(progetto: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "_PATIENCE", 0.1)
    config = progetto.due_capitoli()
    with lock.exclusive(progetto.uscita / "reports" / ".lavoro"), pytest.raises(EsecuzioneError) as info:
        progetto.genera(config)
    assert "Un'altra generazione sta già scrivendo in" in str(info.value)
    assert "(processo " in str(info.value)


def test_a_cell_that_takes_too_long_fails_its_chapter_alone(progetto: Any) -> None:
    progetto.notebook("lento", "import time", "time.sleep(60)")
    progetto.notebook("libero", *progetto.senza_tabella)
    config = progetto.configura("lento", "libero", extra="limite_minuti = 0.03")
    esito = progetto.genera(config)
    assert {(r.capitolo, r.stato) for r in esito.results} == {("lento", "fallito"), ("libero", "fatto")}
    assert all("ha superato il tempo massimo" in (r.errore or "") for r in esito.falliti)


def test_a_process_that_already_ran_a_notebook_of_its_own_can_build(progetto: Any) -> None:
    """As a researcher's notebook, or the benchmarks, that build: what it has of Jupyter must not reach workers."""
    config = progetto.due_capitoli()
    testo = (progetto.radice / "notebooks" / "libero.ipynb").read_text(encoding="utf-8")
    storage.dimentica_letture()  # of other tests, in this process
    store.forget_reads()
    outcome = execution.execute(Job("da solo", testo, {}, (), 60))
    assert outcome.stato == "fatto", outcome
    assert len(progetto.genera(config).eseguiti) == 4


def test_a_full_disk_leaves_what_was_published(progetto: Any) -> None:
    config = progetto.due_capitoli()
    progetto.genera(config, pubblica=pubblica)
    prima = progetto.impronte(progetto.albero)
    progetto.tabella("2")

    def pieno(
        cartella: Path, risultati: list[build.ChapterResult], config: build.Config, racconta: build.Progress
    ) -> None:
        (cartella / "a-meta.html").write_text("…")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(EsecuzioneError, match="il disco è pieno"):
        progetto.genera(config, pubblica=pieno)
    assert progetto.impronte(progetto.albero) == prima
    assert not list((progetto.uscita / "reports" / ".lavoro").glob("cantiere-*/*"))
    progetto.genera(config, pubblica=pubblica)
    assert progetto.impronte(progetto.albero) != prima


def test_a_parameter_the_notebook_does_not_have_is_refused_before_running(progetto: Any) -> None:
    progetto.notebook("libero", parametri='territorio: str = "milano"\ndata: str = "2022-01-01"')
    with pytest.raises(UsoError) as info:
        progetto.genera(progetto.configura("libero"))
    assert "file libero.ipynb: atteso un parametro fra territorio, data; trovato «edizione»." in str(info.value)
    assert not progetto.albero.exists()


def test_the_log_and_the_account_of_the_run_are_kept_beside_the_tree(progetto: Any) -> None:
    config = progetto.due_capitoli()
    progetto.genera(config)
    registro = (progetto.uscita / "reports" / "prova.log").read_text(encoding="utf-8")
    assert "inizio: 4 da eseguire, 2 processi" in registro
    assert "fatto ats/pavia/libero in" in registro
    costi = json.loads((progetto.uscita / "reports" / "prova.esecuzione.json").read_text(encoding="utf-8"))
    assert len(costi["esecuzioni"]) == 4
    assert all(c["secondi"] > 0 and c["secondi_cpu"] > 0 and c["memoria_massima"] > 1e7 for c in costi["esecuzioni"])
    manifesto = json.loads((progetto.albero / "manifest.json").read_text(encoding="utf-8"))
    assert manifesto["misure"] == "../prova.esecuzione.json"
    assert manifesto["tabelle"]["prova"][0]["origine"] == "importata"
    assert manifesto["capitoli"][0]["tabelle_lette"][0]["tabella"] == "prova"
    assert {"versione", "python", "lock_sha256", "codice", "falliti"} <= manifesto.keys()


def test_the_work_folder_keeps_only_what_is_needed(progetto: Any) -> None:
    config = progetto.due_capitoli()
    progetto.genera(config)
    for valore in "234":
        progetto.tabella(valore)
        progetto.genera(config)
    tenuti = list((progetto.uscita / "reports" / engine._WORK / "risultati" / "eseguiti").glob("*/*.ipynb"))
    assert len(tenuti) == 4
