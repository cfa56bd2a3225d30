"""A publication takes from the one before what shows the same, and is the same, byte for byte, as one from nothing."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pytest
from piccola_edizione import CONFIG, outcomes_of

from conciliazione_lib.build.model import ChapterResult
from conciliazione_lib.build.publication import published, seal
from conciliazione_lib.publish import edition, making, quadrature
from conciliazione_lib.publish.processes import Team, team
from conciliazione_lib.publish.public_site import Publication
from conciliazione_lib.publish.shown import Shown


@pytest.fixture(scope="module")
def chapters(tmp_path_factory: pytest.TempPathFactory) -> list[ChapterResult]:
    return outcomes_of(tmp_path_factory.mktemp("capitoli"))


def publish(tree: Path, facts: list[ChapterResult], before: making.Before, processes: int = 1) -> set[str]:
    """Publish in a folder, documents apart, and return the names of the parts that were made."""
    parts = Publication(tree, edition.read(facts, CONFIG))
    shown = Shown(parts, CONFIG)

    def work() -> making.Work:
        return making.Work(tree, tuple(facts), CONFIG, None, None, parts.missing, quadrature.results())

    with team(processes, making.warm) as makers:
        done = making.make(parts, shown.of, before, makers.give(before.hashes), work, makers, lambda *how_many: None)
    seal(tree, "prova", {"parti": {name: part.to_dict() for name, part in done.items()}})
    equal = {name for name, part in done.items() if (other := before.parts.get(name)) and other is part}
    return set(done) - equal


@pytest.fixture(scope="module")
def first(chapters: list[ChapterResult], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[str]]:
    """A publication made from nothing, not to be changed, and the names of its parts."""
    tree = tmp_path_factory.mktemp("prima") / "uno"
    return tree, publish(tree, chapters, making.Before(tree / "niente", tree / "niente"))


def fingerprints(tree: Path) -> dict[str, str]:
    return {name: hashlib.sha256((tree / name).read_bytes()).hexdigest() for name in published(tree)}


def with_one_sentence(facts: list[ChapterResult], folder: Path) -> list[ChapterResult]:
    """The same chapters, with another sentence in that of Insubria."""
    outcome = []
    for r in facts:
        text = r.notebook.read_text(encoding="utf-8")
        if r.territorio == "insubria" and r.capitolo == "02_demografia":
            text = text.replace("e come cambia: sono le domande", "e come varia: sono le domande")
        file = folder / f"{r.territorio}-{r.capitolo}.ipynb"
        file.write_text(text, encoding="utf-8")
        entries = {**vars(r), "notebook": file}
        outcome.append(ChapterResult(**entries))
    return outcome


def test_what_shows_the_same_is_taken_and_the_rest_is_made(
    chapters: list[ChapterResult], first: tuple[Path, set[str]], tmp_path: Path
) -> None:
    one, all_of_them = first
    two, whole = tmp_path / "due", tmp_path / "intero"
    none = making.Before(tmp_path / "niente", tmp_path / "niente")
    before = making.Before.read(one, one / "maps")
    assert set(before.parts) == all_of_them

    # Nothing has changed: all is taken, by hard link where the disk has them.
    assert publish(two, chapters, before) == {"ricerca"}
    assert fingerprints(two) == fingerprints(one)
    if hasattr(os, "link"):
        assert (two / "sito/metodi.html").stat().st_ino == (one / "sito/metodi.html").stat().st_ino

    (tmp_path / "cambiati").mkdir()
    changed = with_one_sentence(chapters, tmp_path / "cambiati")
    three = tmp_path / "tre"
    remade = publish(three, changed, making.Before.read(one, one / "maps"))
    assert {"capitolo:ats/insubria/02_demografia", "ricerca"} <= remade
    assert remade <= {"capitolo:ats/insubria/02_demografia", "territorio:ats/insubria", "ricerca"}
    assert publish(whole, changed, none, processes=2) == all_of_them
    assert fingerprints(three) == fingerprints(whole), "as one made from nothing, in other processes"


def test_a_file_changed_by_hand_is_not_taken(
    chapters: list[ChapterResult], first: tuple[Path, set[str]], tmp_path: Path
) -> None:
    one, two = shutil.copytree(first[0], tmp_path / "uno"), tmp_path / "due"
    good = fingerprints(one)
    (one / "sito/metodi.html").write_text("<p>12</p>", encoding="utf-8")
    (one / "sito/glossario.html").unlink()
    assert publish(two, chapters, making.Before.read(one, one / "maps")) == {"metodi", "fisse", "ricerca"}
    assert fingerprints(two) == good


def test_where_files_cannot_be_linked_they_are_copied(
    chapters: list[ChapterResult], first: tuple[Path, set[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(*of_what: object) -> None:
        raise OSError("no hard links here")

    one, two = first[0], tmp_path / "due"
    monkeypatch.setattr(os, "link", deny)
    assert publish(two, chapters, making.Before.read(one, one / "maps")) == {"ricerca"}
    assert fingerprints(two) == fingerprints(one)
    assert (two / "sito/metodi.html").stat().st_ino != (one / "sito/metodi.html").stat().st_ino


def test_what_must_be_made_begins_while_the_rest_is_looked_through(
    chapters: list[ChapterResult], tmp_path: Path
) -> None:
    """Other processes, there already, have something to do from the first part that is another."""

    class Known(Executor):
        def submit(self, make: Any, *given: Any, **named: Any) -> Any:
            done: Future[Any] = Future()
            if make is making._elsewhere:
                happened.append("begun")
                done.set_result([(name, {}, ()) for name in given[1]])
            else:
                done.set_result(make(*given))
            return done

    happened: list[str] = []
    tree = tmp_path / "uno"
    parts = Publication(tree, edition.read(chapters, CONFIG))

    def print_of(name: str) -> str:
        happened.append(name)
        return name

    def work() -> making.Work:
        return making.Work(tree, tuple(chapters), CONFIG, None, None, parts.missing, quadrature.results())

    none = making.Before(tmp_path / "niente", tmp_path / "niente")
    others = Team(Known(), 1)
    others.start()
    done = making.make(parts, print_of, none, others.give(none.hashes), work, others, lambda *how_many: None)
    assert set(done) == set(parts.parts())
    assert happened[:2] == ["registro", "begun"], "what takes longest is looked at, and begun, first"
    assert sum(one != "begun" for one in happened) == len(done) - 1


def test_a_file_that_another_part_has_just_put_in_place_is_left_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(source: Path, target: Path) -> None:
        Path(target).write_text("righe", encoding="utf-8")
        raise FileExistsError(target)

    source, target = tmp_path / "prima.csv", tmp_path / "nuova" / "righe.csv"
    source.write_text("righe", encoding="utf-8")
    monkeypatch.setattr(os, "link", late)
    making._link(source, target)
    assert [file.name for file in target.parent.iterdir()] == ["righe.csv"]
    assert target.stat().st_ino != source.stat().st_ino


def test_a_manifest_that_says_nothing_of_parts_is_of_no_use(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"file": {}}), encoding="utf-8")
    assert making.Before.read(tmp_path, tmp_path).parts == {}
