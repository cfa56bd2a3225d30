"""A publication takes from the one before what shows the same, and is the same, byte for byte, as one from nothing."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest
from piccola_edizione import CONFIG, risultati

from conciliazione_lib.build.model import ChapterResult
from conciliazione_lib.build.publication import published, seal
from conciliazione_lib.publish import edition, making, quadrature
from conciliazione_lib.publish.public_site import Publication
from conciliazione_lib.publish.shown import Shown


@pytest.fixture(scope="module")
def capitoli(tmp_path_factory: pytest.TempPathFactory) -> list[ChapterResult]:
    return risultati(tmp_path_factory.mktemp("capitoli"))


def pubblica(albero: Path, fatti: list[ChapterResult], prima: making.Before, processi: int = 1) -> set[str]:
    """Publish in a folder, documents apart, and return the names of the parts that were made."""
    parts = Publication(albero, edition.read(fatti, CONFIG))
    shown = Shown(parts, CONFIG)
    fingerprints = {name: shown.of(name) for name in parts.parts()[:-1]}

    def work() -> making.Work:
        return making.Work(albero, tuple(fatti), CONFIG, None, None, parts.missing, quadrature.results())

    done = making.make(parts, fingerprints, prima, work, processi, lambda *how_many: None)
    seal(albero, "prova", {"parti": {name: part.to_dict() for name, part in done.items()}})
    equal = {name for name, part in done.items() if (other := prima.parts.get(name)) and other is part}
    return set(done) - equal


def impronte(albero: Path) -> dict[str, str]:
    return {name: hashlib.sha256((albero / name).read_bytes()).hexdigest() for name in published(albero)}


def con_una_frase(fatti: list[ChapterResult], cartella: Path) -> list[ChapterResult]:
    """The same chapters, with another sentence in that of Insubria."""
    outcome = []
    for r in fatti:
        text = r.notebook.read_text(encoding="utf-8")
        if r.territorio == "insubria" and r.capitolo == "02_demografia":
            text = text.replace("e come cambia: sono le domande", "e come varia: sono le domande")
        file = cartella / f"{r.territorio}-{r.capitolo}.ipynb"
        file.write_text(text, encoding="utf-8")
        entries = {**vars(r), "notebook": file}
        outcome.append(ChapterResult(**entries))
    return outcome


def test_what_shows_the_same_is_taken_and_the_rest_is_made(capitoli: list[ChapterResult], tmp_path: Path) -> None:
    one, two, whole = (tmp_path / name for name in ("uno", "due", "intero"))
    none = making.Before(tmp_path / "niente", tmp_path / "niente")
    all_of_them = pubblica(one, capitoli, none)
    before = making.Before.read(one, one / "maps")
    assert set(before.parts) == all_of_them

    # Nothing has changed: all is taken, by hard link where the disk has them.
    assert pubblica(two, capitoli, before) == {"ricerca"}
    assert impronte(two) == impronte(one)
    if hasattr(os, "link"):
        assert (two / "sito/metodi.html").stat().st_ino == (one / "sito/metodi.html").stat().st_ino

    (tmp_path / "cambiati").mkdir()
    changed = con_una_frase(capitoli, tmp_path / "cambiati")
    three = tmp_path / "tre"
    remade = pubblica(three, changed, making.Before.read(one, one / "maps"))
    assert {"capitolo:ats/insubria/02_demografia", "ricerca"} <= remade
    assert remade <= {"capitolo:ats/insubria/02_demografia", "territorio:ats/insubria", "ricerca"}
    assert pubblica(whole, changed, none, processi=2) == all_of_them
    assert impronte(three) == impronte(whole), "as one made from nothing, in other processes"


def test_a_file_changed_by_hand_is_not_taken(capitoli: list[ChapterResult], tmp_path: Path) -> None:
    one, two = tmp_path / "uno", tmp_path / "due"
    pubblica(one, capitoli, making.Before(tmp_path / "niente", tmp_path / "niente"))
    good = impronte(one)
    (one / "sito/metodi.html").write_text("<p>12</p>", encoding="utf-8")
    (one / "sito/glossario.html").unlink()
    assert pubblica(two, capitoli, making.Before.read(one, one / "maps")) == {"metodi", "fisse", "ricerca"}
    assert impronte(two) == good


def test_where_files_cannot_be_linked_they_are_copied(
    capitoli: list[ChapterResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(*di_che: object) -> None:
        raise OSError("no hard links here")

    one, two = tmp_path / "uno", tmp_path / "due"
    pubblica(one, capitoli, making.Before(tmp_path / "niente", tmp_path / "niente"))
    monkeypatch.setattr(os, "link", deny)
    assert pubblica(two, capitoli, making.Before.read(one, one / "maps")) == {"ricerca"}
    assert impronte(two) == impronte(one)
    assert (two / "sito/metodi.html").stat().st_ino != (one / "sito/metodi.html").stat().st_ino


def test_a_manifest_that_says_nothing_of_parts_is_of_no_use(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"file": {}}), encoding="utf-8")
    assert making.Before.read(tmp_path, tmp_path).parts == {}
