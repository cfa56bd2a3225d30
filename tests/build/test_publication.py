"""Trees appear whole: the exchange, the journal where there is none, and what an interruption leaves."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from conciliazione_lib.build import publication
from conciliazione_lib.build.fingerprint import file_digest
from conciliazione_lib.build.publication import Publication, exchange, seal, sealed
from conciliazione_lib.publish import integrity


def tree(folder: Path, testo: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "uno.html").write_text(testo)
    (folder / "due.html").write_text(testo)
    return folder


def read(folder: Path) -> set[str]:
    return {file.read_text() for file in folder.iterdir()}


@pytest.fixture
def published(tmp_path: Path) -> Publication:
    return Publication(tmp_path / "pubblicato è", tmp_path / "cantiere")


def prepared(publication: Publication, testo: str) -> Path:
    folder = publication.stage()
    (folder / "uno.html").write_text(testo)
    (folder / "due.html").write_text(testo)
    return folder


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="renameat2 is of Linux")
def test_two_folders_are_exchanged_in_one_step(tmp_path: Path) -> None:
    one, other = tree(tmp_path / "uno", "nuovo"), tree(tmp_path / "altro", "vecchio")
    assert exchange(one, other)
    assert (read(one), read(other)) == ({"vecchio"}, {"nuovo"})


@pytest.mark.parametrize("swap", ["del sistema", "con due rinomine"])
def test_a_new_tree_takes_the_place_of_the_old_one(
    published: Publication, monkeypatch: pytest.MonkeyPatch, swap: str
) -> None:
    if swap == "con due rinomine":
        monkeypatch.setattr(publication, "exchange", lambda one, other: False)
    published.publish(prepared(published, "primo"))
    published.recover()
    assert read(published.target) == {"primo"}
    published.publish(prepared(published, "secondo"))
    published.recover()
    assert read(published.target) == {"secondo"}
    assert not published.yard.exists()


class Interruzione(BaseException):
    """Stands for a kill: nothing after it runs."""


@pytest.mark.parametrize("renames_done", [0, 1, 2])
def test_an_interruption_between_the_two_renames_is_completed_by_the_next_run(
    published: Publication, monkeypatch: pytest.MonkeyPatch, renames_done: int
) -> None:
    published.publish(prepared(published, "vecchio"))
    published.recover()
    monkeypatch.setattr(publication, "exchange", lambda one, other: False)
    new = prepared(published, "nuovo")
    true = Path.rename
    done = 0

    def rename(self: Path, dove: Path) -> Path:
        nonlocal done
        if done == renames_done:
            raise Interruzione
        done += 1
        return true(self, dove)

    monkeypatch.setattr(Path, "rename", rename)
    if renames_done < 2:
        with pytest.raises(Interruzione):
            published.publish(new)
    else:
        published.publish(new)
    monkeypatch.setattr(Path, "rename", true)
    Publication(published.target, published.yard).recover()
    assert read(published.target) == ({"vecchio"} if renames_done == 0 else {"nuovo"})
    assert not published.yard.exists()


def test_what_was_being_prepared_is_forgotten_after_an_interruption(published: Publication) -> None:
    published.publish(prepared(published, "vecchio"))
    published.recover()
    prepared(published, "a metà")
    published.recover()
    assert read(published.target) == {"vecchio"}
    assert not published.yard.exists()


@pytest.mark.parametrize("negations", [1, 1000])
def test_a_denied_rename_is_tried_again_and_in_the_end_undone(
    published: Publication, monkeypatch: pytest.MonkeyPatch, negations: int
) -> None:
    """As on Windows, where an antivirus or an open window holds a new folder."""
    monkeypatch.setattr(publication, "_PATIENCE", 0.2)
    monkeypatch.setattr(publication, "exchange", lambda one, other: False)
    published.publish(prepared(published, "vecchio"))
    published.recover()
    new = prepared(published, "nuovo")
    true = Path.rename
    negate = 0

    def rename(self: Path, dove: Path) -> Path:
        nonlocal negate
        if self == new and negate < negations:
            negate += 1
            raise PermissionError(13, "Accesso negato", str(self))
        return true(self, dove)

    monkeypatch.setattr(Path, "rename", rename)
    if negations == 1:
        published.publish(new)
    else:
        with pytest.raises(PermissionError):
            published.publish(new)
    assert read(published.target) == ({"nuovo"} if negations == 1 else {"vecchio"})
    published.recover()
    assert read(published.target) == ({"nuovo"} if negations == 1 else {"vecchio"})
    assert not published.yard.exists()


def test_a_tree_is_known_by_its_manifest_only_while_it_is_whole(tmp_path: Path) -> None:
    folder = tree(tmp_path / "albero", "testo")
    (folder / "sito").mkdir()
    (folder / "sito" / "index.html").write_text("")
    assert sealed(folder) is None
    seal(folder, "impronta", {"versione": "1"})
    assert sealed(folder) == "impronta"
    (folder / "sito" / "~aperto.tmp").write_text("")
    assert sealed(folder) == "impronta"
    (folder / "sito" / "~aperto.tmp").unlink()
    (folder / "sito" / "index.html").unlink()
    assert sealed(folder) is None


def test_a_file_that_changed_after_it_was_proved_is_not_what_was_published(tmp_path: Path) -> None:
    tree = tmp_path / "edizione"
    tree.mkdir()
    for name in ("a.html", "b.html"):
        (tree / name).write_text("12", encoding="utf-8")
    proved = {"a.html": file_digest(tree / "a.html")}
    (tree / "a.html").write_text("13", encoding="utf-8")
    seal(tree, "x", {"file": proved})
    assert [(found.where, found.found) for found in integrity.check(tree)] == [("a.html", "un file cambiato")]
