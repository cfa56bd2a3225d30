"""Trees appear whole: the exchange, the journal where there is none, and what an interruption leaves."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from conciliazione_lib.build import publication
from conciliazione_lib.build.publication import Publication, exchange, seal, sealed


def albero(cartella: Path, testo: str) -> Path:
    cartella.mkdir(parents=True)
    (cartella / "uno.html").write_text(testo)
    (cartella / "due.html").write_text(testo)
    return cartella


def letto(cartella: Path) -> set[str]:
    return {file.read_text() for file in cartella.iterdir()}


@pytest.fixture
def pubblicazione(tmp_path: Path) -> Publication:
    return Publication(tmp_path / "pubblicato è", tmp_path / "cantiere")


def preparato(pubblicazione: Publication, testo: str) -> Path:
    folder = pubblicazione.stage()
    (folder / "uno.html").write_text(testo)
    (folder / "due.html").write_text(testo)
    return folder


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="renameat2 is of Linux")
def test_two_folders_are_exchanged_in_one_step(tmp_path: Path) -> None:
    one, other = albero(tmp_path / "uno", "nuovo"), albero(tmp_path / "altro", "vecchio")
    assert exchange(one, other)
    assert (letto(one), letto(other)) == ({"vecchio"}, {"nuovo"})


@pytest.mark.parametrize("scambio", ["del sistema", "con due rinomine"])
def test_a_new_tree_takes_the_place_of_the_old_one(
    pubblicazione: Publication, monkeypatch: pytest.MonkeyPatch, scambio: str
) -> None:
    if scambio == "con due rinomine":
        monkeypatch.setattr(publication, "exchange", lambda one, other: False)
    pubblicazione.publish(preparato(pubblicazione, "primo"))
    pubblicazione.recover()
    assert letto(pubblicazione.target) == {"primo"}
    pubblicazione.publish(preparato(pubblicazione, "secondo"))
    pubblicazione.recover()
    assert letto(pubblicazione.target) == {"secondo"}
    assert not pubblicazione.yard.exists()


class Interruzione(BaseException):
    """Stands for a kill: nothing after it runs."""


@pytest.mark.parametrize("rinomine_riuscite", [0, 1, 2])
def test_an_interruption_between_the_two_renames_is_completed_by_the_next_run(
    pubblicazione: Publication, monkeypatch: pytest.MonkeyPatch, rinomine_riuscite: int
) -> None:
    pubblicazione.publish(preparato(pubblicazione, "vecchio"))
    pubblicazione.recover()
    monkeypatch.setattr(publication, "exchange", lambda one, other: False)
    new = preparato(pubblicazione, "nuovo")
    true = Path.rename
    fatte = 0

    def rename(self: Path, dove: Path) -> Path:
        nonlocal fatte
        if fatte == rinomine_riuscite:
            raise Interruzione
        fatte += 1
        return true(self, dove)

    monkeypatch.setattr(Path, "rename", rename)
    if rinomine_riuscite < 2:
        with pytest.raises(Interruzione):
            pubblicazione.publish(new)
    else:
        pubblicazione.publish(new)
    monkeypatch.setattr(Path, "rename", true)
    Publication(pubblicazione.target, pubblicazione.yard).recover()
    assert letto(pubblicazione.target) == ({"vecchio"} if rinomine_riuscite == 0 else {"nuovo"})
    assert not pubblicazione.yard.exists()


def test_what_was_being_prepared_is_forgotten_after_an_interruption(pubblicazione: Publication) -> None:
    pubblicazione.publish(preparato(pubblicazione, "vecchio"))
    pubblicazione.recover()
    preparato(pubblicazione, "a metà")
    pubblicazione.recover()
    assert letto(pubblicazione.target) == {"vecchio"}
    assert not pubblicazione.yard.exists()


@pytest.mark.parametrize("negazioni", [1, 1000])
def test_a_denied_rename_is_tried_again_and_in_the_end_undone(
    pubblicazione: Publication, monkeypatch: pytest.MonkeyPatch, negazioni: int
) -> None:
    """As on Windows, where an antivirus or an open window holds a new folder."""
    monkeypatch.setattr(publication, "_PATIENCE", 0.2)
    monkeypatch.setattr(publication, "exchange", lambda one, other: False)
    pubblicazione.publish(preparato(pubblicazione, "vecchio"))
    pubblicazione.recover()
    new = preparato(pubblicazione, "nuovo")
    true = Path.rename
    negate = 0

    def rename(self: Path, dove: Path) -> Path:
        nonlocal negate
        if self == new and negate < negazioni:
            negate += 1
            raise PermissionError(13, "Accesso negato", str(self))
        return true(self, dove)

    monkeypatch.setattr(Path, "rename", rename)
    if negazioni == 1:
        pubblicazione.publish(new)
    else:
        with pytest.raises(PermissionError):
            pubblicazione.publish(new)
    assert letto(pubblicazione.target) == ({"nuovo"} if negazioni == 1 else {"vecchio"})
    pubblicazione.recover()
    assert letto(pubblicazione.target) == ({"nuovo"} if negazioni == 1 else {"vecchio"})
    assert not pubblicazione.yard.exists()


def test_a_tree_is_known_by_its_manifest_only_while_it_is_whole(tmp_path: Path) -> None:
    folder = albero(tmp_path / "albero", "testo")
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
