"""A publication takes from the one before what shows the same, and is the same, byte for byte, as one from nothing."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from piccola_edizione import CONFIG, outcomes_of

from conciliazione_lib.build.inputs import Inputs
from conciliazione_lib.build.model import ChapterResult
from conciliazione_lib.build.publication import published, seal
from conciliazione_lib.publish import edition, extras, making, quadrature
from conciliazione_lib.publish.processes import Team, team
from conciliazione_lib.publish.public_site import CHAPTER, DOCUMENTS, SEARCH, Publication
from conciliazione_lib.publish.shown import Shown

#: The chapter that is changed.
CHANGED = ("insubria", "02_demografia")


@pytest.fixture(scope="module")
def chapters(tmp_path_factory: pytest.TempPathFactory) -> list[ChapterResult]:
    return outcomes_of(tmp_path_factory.mktemp("capitoli"))


@cache
def inputs() -> Inputs:
    """Tables, code and environment: they do not change meanwhile."""
    return Inputs(CONFIG)


def publish(tree: Path, facts: list[ChapterResult], before: making.Before, processes: int = 1) -> set[str]:
    """Publish in a folder, documents apart, and return the names of the parts that were made."""
    parts = Publication(tree, edition.read(facts, CONFIG))
    shown = Shown(parts, CONFIG, inputs=inputs())

    def work() -> making.Work:
        return making.Work(tree, tuple(facts), CONFIG, None, None, parts.missing, quadrature.results())

    with team(processes, making.__name__) as makers:
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


def test_of_a_chapter_only_what_shows_a_change_is_made(
    chapters: list[ChapterResult], first: tuple[Path, set[str]], tmp_path: Path
) -> None:
    """Its page shows all of it; its maps and its tables to download are parts of their own."""
    before = making.Before.read(first[0], first[0] / "maps")

    def made(change: Callable[[dict[str, Any]], None], kind: str) -> set[str]:
        facts, folder = [], tmp_path / f"{kind}{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        for r in chapters:
            notebook = json.loads(r.notebook.read_text(encoding="utf-8"))
            if (r.territorio, r.capitolo) == CHANGED:
                change(next(block for block in _blocks(notebook) if block["tipo"] == kind))
            file = folder / f"{r.territorio}-{r.capitolo}.ipynb"
            file.write_text(json.dumps(notebook), encoding="utf-8")
            facts.append(ChapterResult(**{**vars(r), "notebook": file}))
        remade = publish(folder / "due", facts, before)
        return {name.partition(":")[0] for name in remade if name.endswith(f"{'/'.join(CHANGED)}")}

    assert made(lambda map_: map_.update(alt="Un'altra descrizione."), "mappa") == {"capitolo", "carte"}
    assert made(lambda map_: map_["dati"].update(titolo="Altri dati"), "mappa") == {*CHAPTER}
    assert made(lambda table: table.update(titolo="Un altro titolo"), "tabella") == {"capitolo", "scaricabili"}


def _blocks(notebook: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            yield from (data for name, data in output.get("data", {}).items() if name.endswith("blocco+json"))


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
    assert publish(two, chapters, before) == set()
    assert fingerprints(two) == fingerprints(one)
    if hasattr(os, "link"):
        assert (two / "sito/metodi.html").stat().st_ino == (one / "sito/metodi.html").stat().st_ino

    (tmp_path / "cambiati").mkdir()
    changed = with_one_sentence(chapters, tmp_path / "cambiati")
    three = tmp_path / "tre"
    remade = publish(three, changed, making.Before.read(one, one / "maps"))
    assert "capitolo:ats/insubria/02_demografia" in remade
    assert remade <= {"capitolo:ats/insubria/02_demografia", "territorio:ats/insubria"}, "not its maps, nor its tables"
    assert publish(whole, changed, none, processes=2) == all_of_them
    assert fingerprints(three) == fingerprints(whole), "as one made from nothing, in other processes"


@pytest.fixture(scope="module")
def opened(chapters: list[ChapterResult], tmp_path_factory: pytest.TempPathFactory) -> list[ChapterResult]:
    """The chapters of Pavia, with one that opens its document."""
    one = next(r for r in chapters if r.territorio == "pavia" and r.capitolo == "02_demografia")
    file = tmp_path_factory.mktemp("sintesi") / "00_sintesi.ipynb"
    shutil.copyfile(one.notebook, file)
    return [ChapterResult(**{**vars(one), "capitolo": "00_sintesi", "notebook": file}), one]


def publish_documents(
    tree: Path, facts: list[ChapterResult], before: making.Before, kinds: Sequence[str] = DOCUMENTS
) -> set[str]:
    """Publish parts of the documents of Pavia, and return the kinds of those that were made."""
    config = CONFIG.model_copy(update={"capitoli": [*CONFIG.capitoli, CONFIG.capitoli[0].model_copy(update=OPENING)]})
    parts = Publication(tree, edition.read(facts, config), tree.parent)
    shown = Shown(parts, config, inputs=inputs())

    def work() -> making.Work:
        raise AssertionError("they are few: they are made here")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(making, "FEW", len(DOCUMENTS))
        patch.setattr(Publication, "parts", lambda _: [*(f"{kind}:ats/pavia" for kind in kinds), SEARCH])
        here = Team()
        done = making.make(parts, shown.of, before, here.give(before.hashes), work, here, lambda *how_many: None)
    seal(tree, "prova", {"parti": {name: part.to_dict() for name, part in done.items()}})
    return {name.partition(":")[0] for name, part in done.items() if before.parts.get(name) is not part} - {SEARCH}


OPENING = {"id": "00_sintesi", "titolo": "In sintesi"}
TOLD = '(cifra:indice_vecchiaia.pavia.2022-01-01).",\n       "tipo": "testo"'
#: What is changed in which chapter, and which parts of the documents show it.
CHANGES = {
    "a sentence": ("02_demografia", "e come cambia: sono le domande", "e come varia: sono le domande", {"documento"}),
    "a sentence of the opening": (
        *("00_sintesi", "e come cambia: sono le domande", "e come varia: sono le domande"),
        {"documento", "sintesi"},
    ),
    "the title of a table": ("02_demografia", "Indici degli ambiti", "Gli indici", {"documento", "tavole"}),
    "a figure in a sentence": (
        *("02_demografia", "(cifra:indice_vecchiaia.pavia.2022-01-01)", "(https://www.istat.it)"),
        {"documento", "tavole"},
    ),
    "a sentence with figures is only of the site": (
        *("02_demografia", TOLD, TOLD.replace('"tipo": "testo"', '"solo_sito": true, "tipo": "testo"')),
        {"documento", "tavole"},
    ),
    "who has what is missing": ("02_demografia", "i gestori dei nidi", "chi ha i nidi", {"documento", "lacune"}),
}


@pytest.fixture(scope="module")
def documents(opened: list[ChapterResult], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documents made from nothing, not to be changed."""
    tree = tmp_path_factory.mktemp("documenti") / "uno"
    assert publish_documents(tree, opened, making.Before(tree / "niente", tree / "niente")) == set(DOCUMENTS)
    return tree


@pytest.mark.parametrize("change", CHANGES)
def test_of_the_documents_only_what_shows_a_change_is_made(
    change: str, opened: list[ChapterResult], documents: Path, tmp_path: Path
) -> None:
    chapter, old, new, expected = CHANGES[change]
    facts = []
    for r in opened:
        file, text = tmp_path / f"{r.capitolo}.ipynb", r.notebook.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new) if r.capitolo == chapter else text, encoding="utf-8")
        facts.append(ChapterResult(**{**vars(r), "notebook": file}))
    two, whole = tmp_path / "due", tmp_path / "intero"
    before = making.Before.read(documents, documents / "maps")
    assert publish_documents(two, facts, before) == expected
    taken = [kind for kind in DOCUMENTS if kind not in expected]
    assert publish_documents(whole, facts, making.Before(two / "niente", two / "niente"), taken) == set(taken)
    assert fingerprints(whole).items() <= fingerprints(two).items(), "as they would be made"
    for kind, file in (("tavole", "tabelle/pavia.xlsx"), ("sintesi", "documenti/pavia/sintesi-pavia.pdf")):
        same = (two / file).stat().st_ino == (documents / file).stat().st_ino
        assert same == (kind in taken) or not hasattr(os, "link")


def test_a_file_changed_by_hand_is_not_taken(
    chapters: list[ChapterResult], first: tuple[Path, set[str]], tmp_path: Path
) -> None:
    one, two = shutil.copytree(first[0], tmp_path / "uno"), tmp_path / "due"
    good = fingerprints(one)
    (one / "sito/metodi.html").write_text("<p>12</p>", encoding="utf-8")
    (one / "sito/glossario.html").unlink()
    assert publish(two, chapters, making.Before.read(one, one / "maps")) == {"metodi", "fisse"}
    assert fingerprints(two) == good


def test_where_files_cannot_be_linked_they_are_copied(
    chapters: list[ChapterResult], first: tuple[Path, set[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(*of_what: object) -> None:
        raise OSError("no hard links here")

    one, two = first[0], tmp_path / "due"
    monkeypatch.setattr(os, "link", deny)
    assert publish(two, chapters, making.Before.read(one, one / "maps")) == set()
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
    assert sum(one != "begun" for one in happened) == len(done)


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


def test_the_pages_that_an_edition_has_not_are_known_without_setting_figures_side_by_side(
    chapters: list[ChapterResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = tmp_path / "mostrate.json"

    def absent(facts: list[ChapterResult]) -> tuple[str, ...]:
        parts = Publication(tmp_path / "uno", edition.read(facts, CONFIG))
        return Shown(parts, CONFIG, memory, inputs=inputs()).publication.missing

    known = absent(chapters)
    assert "confronta.html" in known, "there is no store"
    monkeypatch.setattr(extras, "criteria", lambda _: pytest.fail("the figures are the same"))
    assert absent(chapters) == known
    monkeypatch.setattr(extras, "criteria", lambda _: ["another"])
    of_one = [r for r in chapters if r.territorio == "pavia"]
    assert "simulatore.html" not in absent(of_one), "others are looked at"
