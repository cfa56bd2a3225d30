"""When a published tree is made again: what it depends on, what it may have lost, what an interruption leaves."""

from __future__ import annotations

import errno
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from conciliazione_lib import build, storage
from conciliazione_lib.build import store
from conciliazione_lib.build.publication import Publication
from conciliazione_lib.errors import EsecuzioneError


def pubblica(
    cartella: Path, risultati: list[build.ChapterResult], config: build.Config, racconta: build.Progress
) -> None:
    """A publishing step that writes one page, and a map, from all the results."""
    testo = json.dumps([[r.territorio, r.capitolo, r.chiave, r.errore] for r in risultati])
    for parte in ("sito", "maps"):
        (cartella / parte).mkdir()
        (cartella / parte / "index.html").write_text(testo, encoding="utf-8")


def impronte(progetto: Any) -> dict[str, str]:
    """Hashes of everything that is published, maps and reports together."""
    mappe = {f"maps/{nome}": somma for nome, somma in progetto.impronte(progetto.uscita / "maps" / "prova").items()}
    return {**progetto.impronte(progetto.albero), **mappe}


@pytest.fixture
def generato(progetto: Any) -> Any:
    progetto.config = progetto.due_capitoli()
    assert progetto.genera(progetto.config, pubblica=pubblica).pubblicato
    return progetto


@pytest.mark.parametrize("persa", ["reports/prova/sito", "maps/prova", "reports/prova/sito/index.html"])
def test_what_was_deleted_is_published_again(generato: Any, persa: str) -> None:
    prima = impronte(generato)
    posto = generato.uscita / persa
    shutil.rmtree(posto) if posto.is_dir() else posto.unlink()
    esito = generato.genera(generato.config, pubblica=pubblica)
    assert esito.pubblicato
    assert not esito.eseguiti
    assert impronte(generato) == prima


def test_from_the_start_means_that_the_tree_is_written_again_with_the_same_bytes(generato: Any) -> None:
    prima, albero = impronte(generato), generato.albero.stat().st_ino
    assert generato.genera(generato.config, pubblica=pubblica, da_capo=True).pubblicato
    assert generato.albero.stat().st_ino != albero
    assert impronte(generato) == prima


@pytest.mark.parametrize("fermata", [0, 1])
def test_a_build_stopped_between_reports_and_maps_is_seen_when_the_inputs_are_back(
    generato: Any, monkeypatch: pytest.MonkeyPatch, fermata: int
) -> None:
    prima = impronte(generato)
    generato.tabella("2")
    vera, fatte = Publication.publish, 0

    def si_ferma(self: Publication, staged: Path) -> None:
        nonlocal fatte
        if fatte == fermata:
            raise KeyboardInterrupt
        fatte += 1
        vera(self, staged)

    with monkeypatch.context() as rotto:
        rotto.setattr(Publication, "publish", si_ferma)
        with pytest.raises(KeyboardInterrupt):
            generato.genera(generato.config, pubblica=pubblica)
    generato.tabella("1")
    generato.genera(generato.config, pubblica=pubblica)
    assert impronte(generato) == prima


def test_a_table_that_no_chapter_declares_is_an_input_of_the_publication(generato: Any) -> None:
    """As those that only the checks, or the pages of the site, read."""
    versione = storage.find("prova")
    voce = {chiave: valore for chiave, valore in versione.to_dict().items() if chiave not in ("tabella", "origine")}
    del voce["file"], voce["sha256"]
    storage.write_version("altra", "importata", "a.csv", lambda file: file.write_text("x\n") and None, voce)
    esito = generato.genera(generato.config, pubblica=pubblica)
    assert esito.pubblicato
    assert not esito.eseguiti
    assert not generato.genera(generato.config, pubblica=pubblica).pubblicato


def test_an_earlier_edition_is_an_input_of_the_publication(progetto: Any) -> None:
    progetto.due_capitoli()
    extra = '\n[edizioni.vecchia]\ntitolo = "Vecchia"\ndata = "2019-01-01"\n'
    file = progetto.radice / "reports.toml"
    file.write_text(file.read_text(encoding="utf-8") + extra, encoding="utf-8")
    config = build.load(progetto.radice)
    progetto.genera(config, pubblica=pubblica)
    vecchia = progetto.uscita / "reports" / "vecchia"
    vecchia.mkdir()
    for testo in ("{}", '{"altro": 1}'):
        (vecchia / "edizione.json").write_text(testo)
        assert progetto.genera(config, pubblica=pubblica).pubblicato
        assert not progetto.genera(config, pubblica=pubblica).pubblicato


def test_a_chapter_that_failed_is_still_published_as_such_by_a_narrower_build(progetto: Any) -> None:
    progetto.notebook("libero", *progetto.senza_tabella)
    progetto.notebook("guasto", 'assert territorio != "pavia"')
    config = progetto.configura("libero", "guasto")
    assert [r.territorio for r in progetto.genera(config, pubblica=pubblica).falliti] == ["pavia"]
    prima = impronte(progetto)
    esito = progetto.genera(config, build.Scelta(ats=("milano",)), pubblica=pubblica)
    assert not esito.eseguiti
    assert not esito.pubblicato
    assert [(r.territorio, r.capitolo, r.eseguito) for r in esito.falliti] == [("pavia", "guasto", False)]
    assert "AssertionError" in str(esito.falliti[0].errore)
    assert esito.codice_uscita == 1
    assert impronte(progetto) == prima
    piano = build.prepare_plan(config, build.Scelta(), uscita=progetto.uscita, luoghi=progetto.luoghi)
    assert [(p.task.nome, p.motivo) for p in piano if p.da_eseguire] == [
        ("ats/pavia/guasto", "l'ultima volta non è riuscito")
    ]
    # Another notebook: what failed is no longer as it was, and is named among what is left out.
    progetto.notebook("guasto", "territorio")
    esito = progetto.genera(config, build.Scelta(ats=("milano",)), pubblica=pubblica)
    assert esito.saltati == ["ats/pavia/guasto"]
    assert not esito.falliti
    assert not progetto.genera(config, pubblica=pubblica).falliti
    assert not progetto.genera(config, build.Scelta(ats=("milano",)), pubblica=pubblica).falliti


def test_a_disk_full_while_results_are_kept_leaves_what_was_published(
    generato: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    prima = impronte(generato)
    generato.tabella("2")
    vera = store.write_whole

    def pieno(file: Path, testo: str) -> None:
        if "eseguiti" in file.parts:
            raise OSError(errno.ENOSPC, "No space left on device", str(file))
        vera(file, testo)

    with monkeypatch.context() as rotto:
        rotto.setattr(store, "write_whole", pieno)
        with pytest.raises(EsecuzioneError, match="il disco è pieno"):
            generato.genera(generato.config, pubblica=pubblica)
    assert impronte(generato) == prima
    assert len(generato.genera(generato.config, pubblica=pubblica).eseguiti) == 2


#: Read by every Python at its start: the disk is full when a worker makes the folder of its first notebook, after its
#: own and that of its rehearsal.
FULL = """
import errno, sys, tempfile

made = []

def mkdtemp(*arguments, real=tempfile.mkdtemp, **options):
    made.append(1)
    if len(made) > 2:
        raise OSError(errno.ENOSPC, "No space left on device")
    return real(*arguments, **options)

if "conciliazione_lib.build.worker" in sys.orig_argv:
    tempfile.mkdtemp = mkdtemp
"""


def test_a_disk_full_under_a_worker_leaves_what_was_published(
    generato: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    prima = impronte(generato)
    generato.tabella("2")
    (tmp_path / "pieno").mkdir()
    (tmp_path / "pieno" / "sitecustomize.py").write_text(FULL, encoding="utf-8")
    with monkeypatch.context() as rotto:
        rotto.setenv("PYTHONPATH", str(tmp_path / "pieno"))
        with pytest.raises(EsecuzioneError, match="il disco è pieno"):
            generato.genera(generato.config, pubblica=pubblica)
    assert impronte(generato) == prima


@pytest.mark.parametrize(
    ("errore", "detto"),
    [
        (PermissionError(errno.EACCES, "Permission denied", "sito/a.docx"), "il sistema nega l'accesso (sito/a.docx)"),
        (FileNotFoundError(errno.ENOENT, "No such file", "testi/x.md"), "un file che serve non c'è più (testi/x.md)"),
        (OSError(errno.EIO, "Input/output error", "disco/y"), "Input/output error (disco/y)"),
    ],
)
def test_an_error_of_the_system_says_which_file_and_what_to_do(generato: Any, errore: OSError, detto: str) -> None:
    generato.tabella("2")

    def fallisce(*di_che: Any) -> None:
        raise errore

    with pytest.raises(EsecuzioneError) as info:
        generato.genera(generato.config, pubblica=fallisce)
    assert detto in str(info.value)
    assert ("Word" in str(info.value)) == isinstance(errore, PermissionError)
