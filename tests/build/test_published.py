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


def publish(folder: Path, results: list[build.ChapterResult], config: build.Config, tell: build.Progress) -> None:
    """A publishing step that writes one page, and a map, from all the results."""
    text = json.dumps([[r.territorio, r.capitolo, r.chiave, r.errore] for r in results])
    for part in ("sito", "maps"):
        (folder / part).mkdir()
        (folder / part / "index.html").write_text(text, encoding="utf-8")


def fingerprints(progetto: Any) -> dict[str, str]:
    """Hashes of everything that is published, maps and reports together."""
    maps_ = {
        f"maps/{name}": total_of for name, total_of in progetto.fingerprints(progetto.output / "maps" / "prova").items()
    }
    return {**progetto.fingerprints(progetto.tree), **maps_}


@pytest.fixture
def generated(built: Any) -> Any:
    """A project whose chapters were run before, now published."""
    outcome = built.generate(built.config, publish=publish)
    assert outcome.pubblicato
    assert not outcome.executed
    return built


@pytest.mark.parametrize("lost", ["reports/prova/sito", "maps/prova", "reports/prova/sito/index.html"])
def test_what_was_deleted_is_published_again(generated: Any, lost: str) -> None:
    before = fingerprints(generated)
    place = generated.output / lost
    shutil.rmtree(place) if place.is_dir() else place.unlink()
    outcome = generated.generate(generated.config, publish=publish)
    assert outcome.pubblicato
    assert not outcome.executed
    assert fingerprints(generated) == before


def test_from_the_start_means_that_the_tree_is_written_again_with_the_same_bytes(generated: Any) -> None:
    before, tree = fingerprints(generated), generated.tree.stat().st_ino
    assert generated.generate(generated.config, publish=publish, afresh=True).pubblicato
    assert generated.tree.stat().st_ino != tree
    assert fingerprints(generated) == before


@pytest.mark.parametrize("stop", [0, 1])
def test_a_build_stopped_between_reports_and_maps_is_seen_when_the_inputs_are_back(
    generated: Any, monkeypatch: pytest.MonkeyPatch, stop: int
) -> None:
    before = fingerprints(generated)
    generated.tabella("2")
    true, done = Publication.publish, 0

    def yes_stop(self: Publication, staged: Path) -> None:
        nonlocal done
        if done == stop:
            raise KeyboardInterrupt
        done += 1
        true(self, staged)

    with monkeypatch.context() as broken:
        broken.setattr(Publication, "publish", yes_stop)
        with pytest.raises(KeyboardInterrupt):
            generated.generate(generated.config, publish=publish)
    generated.tabella("1")
    generated.generate(generated.config, publish=publish)
    assert fingerprints(generated) == before


def test_a_table_that_no_chapter_declares_is_an_input_of_the_publication(generated: Any) -> None:
    """As those that only the checks, or the pages of the site, read."""
    version = storage.find("prova")
    entry = {key: value for key, value in version.to_dict().items() if key not in ("tabella", "origine")}
    del entry["file"], entry["sha256"]
    storage.write_version("altra", "importata", "a.csv", lambda file: file.write_text("x\n") and None, entry)
    outcome = generated.generate(generated.config, publish=publish)
    assert outcome.pubblicato
    assert not outcome.executed
    assert not generated.generate(generated.config, publish=publish).pubblicato


def test_an_earlier_edition_is_an_input_of_the_publication(built: Any) -> None:
    extra = '\n[edizioni.vecchia]\ntitolo = "Vecchia"\ndata = "2019-01-01"\n'
    file = built.radice / "reports.toml"
    file.write_text(file.read_text(encoding="utf-8") + extra, encoding="utf-8")
    config = built.config
    built.generate(config, publish=publish)
    old = built.output / "reports" / "vecchia"
    old.mkdir()
    for text in ("{}", '{"altro": 1}'):
        (old / "edizione.json").write_text(text)
        assert built.generate(config, publish=publish).pubblicato
        assert not built.generate(config, publish=publish).pubblicato


def test_a_chapter_that_failed_is_still_published_as_such_by_a_narrower_build(progetto: Any) -> None:
    progetto.notebook("libero", *progetto.senza_tabella)
    progetto.notebook("guasto", 'assert territorio != "pavia"')
    config = progetto.configure("libero", "guasto")
    assert [r.territorio for r in progetto.generate(config, publish=publish).failed] == ["pavia"]
    before = fingerprints(progetto)
    outcome = progetto.generate(config, build.Choice(ats=("milano",)), publish=publish)
    assert not outcome.executed
    assert not outcome.pubblicato
    assert [(r.territorio, r.capitolo, r.eseguito) for r in outcome.failed] == [("pavia", "guasto", False)]
    assert "AssertionError" in str(outcome.failed[0].errore)
    assert outcome.exit_code == 1
    assert fingerprints(progetto) == before
    plan = build.prepare_plan(config, build.Choice(), output=progetto.output, places=progetto.luoghi)
    assert [(p.task.nome, p.motivo) for p in plan if p.da_eseguire] == [
        ("ats/pavia/guasto", "l'ultima volta non è riuscito")
    ]
    # Another notebook: what failed is no longer as it was, and is named among what is left out.
    progetto.notebook("guasto", "territorio")
    outcome = progetto.generate(config, build.Choice(ats=("milano",)), publish=publish)
    assert outcome.saltati == ["ats/pavia/guasto"]
    assert not outcome.failed
    assert not progetto.generate(config, publish=publish).failed
    assert not progetto.generate(config, build.Choice(ats=("milano",)), publish=publish).failed


def test_a_disk_full_while_results_are_kept_leaves_what_was_published(
    generated: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = fingerprints(generated)
    generated.tabella("2")
    true = store.write_whole

    def full(file: Path, testo: str) -> None:
        if "eseguiti" in file.parts:
            raise OSError(errno.ENOSPC, "No space left on device", str(file))
        true(file, testo)

    with monkeypatch.context() as broken:
        broken.setattr(store, "write_whole", full)
        with pytest.raises(EsecuzioneError, match="il disco è pieno"):
            generated.generate(generated.config, publish=publish)
    assert fingerprints(generated) == before
    assert len(generated.generate(generated.config, publish=publish).executed) == 2


#: Read by every Python at its start: the disk is full when a worker makes the folder of its first notebook, after
#: that of its rehearsal.
FULL = """
import errno, sys, tempfile

made = []

def mkdtemp(*arguments, real=tempfile.mkdtemp, **options):
    made.append(1)
    if len(made) > 1:
        raise OSError(errno.ENOSPC, "No space left on device")
    return real(*arguments, **options)

if "conciliazione_lib.build.worker" in sys.orig_argv:
    tempfile.mkdtemp = mkdtemp
"""


def test_a_disk_full_under_a_worker_leaves_what_was_published(
    generated: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = fingerprints(generated)
    generated.tabella("2")
    (tmp_path / "pieno").mkdir()
    (tmp_path / "pieno" / "sitecustomize.py").write_text(FULL, encoding="utf-8")
    with monkeypatch.context() as broken:
        broken.setenv("PYTHONPATH", str(tmp_path / "pieno"))
        with pytest.raises(EsecuzioneError, match="il disco è pieno"):
            generated.generate(generated.config, publish=publish)
    assert fingerprints(generated) == before


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PermissionError(errno.EACCES, "Permission denied", "sito/a.docx"), "il sistema nega l'accesso (sito/a.docx)"),
        (FileNotFoundError(errno.ENOENT, "No such file", "testi/x.md"), "un file che serve non c'è più (testi/x.md)"),
        (OSError(errno.EIO, "Input/output error", "disco/y"), "Input/output error (disco/y)"),
    ],
)
def test_an_error_of_the_system_says_which_file_and_what_to_do(generated: Any, error: OSError, told: str) -> None:
    generated.tabella("2")

    def fails(*of_what: Any) -> None:
        raise error

    with pytest.raises(EsecuzioneError) as info:
        generated.generate(generated.config, publish=fails)
    assert told in str(info.value)
    assert ("Word" in str(info.value)) == isinstance(error, PermissionError)
