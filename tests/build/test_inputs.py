"""The hashes of the inputs, and the watch over them while a build runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conciliazione_lib import storage
from conciliazione_lib.build import fingerprint, notebook
from conciliazione_lib.build.inputs import Inputs, Watch, reason
from conciliazione_lib.build.model import Task
from conciliazione_lib.build.places import Place


def test_a_file_that_changes_meanwhile_is_looked_into_once(progetto: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    config = progetto.two_chapters()
    memo = progetto.radice / "codice.json"
    inputs, guard = Inputs(config, memo), Watch(config, memo)
    tasks = {}
    for chapter in config.capitoli:
        source = notebook.read(config.notebook(chapter))
        values = {"territorio": "milano"}
        key = fingerprint.digest(inputs.of(chapter, source, values, {}))
        tasks[chapter.id] = Task(chapter, Place("ats", "milano", "Milano"), values, {"cifre": {}}, key), source
    inputs.library.save()
    analysed: list[object] = []
    true = fingerprint.code_digest
    monkeypatch.setattr(fingerprint, "code_digest", lambda tree: analysed.append(tree) or true(tree))
    assert all(guard.unchanged(*task) for task in tasks.values())
    progetto.tabella("2")
    assert not guard.unchanged(*tasks["letto"])
    assert guard.unchanged(*tasks["libero"])
    assert not analysed
    progetto.tabella("1")
    assert guard.unchanged(*tasks["letto"])


def test_a_declaration_that_changes_meanwhile_is_seen_and_told(
    progetto: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    declared = tmp_path / "incorporate" / "ats" / storage.DECLARATION
    declared.parent.mkdir(parents=True)
    declared.write_text('titolo = "ATS"\n', encoding="utf-8")
    monkeypatch.setattr(storage, "embedded_root", lambda: declared.parents[1])
    progetto.tabella("1")
    progetto.notebook("letto", "from conciliazione_lib import catalog\ncatalog.names()")
    config = progetto.configure("letto")
    [chapter] = config.capitoli
    source, values = notebook.read(config.notebook(chapter)), {"territorio": "milano"}
    before, guard = Inputs(config).of(chapter, source, values, {}), Watch(config)
    task = Task(chapter, Place("ats", "milano", "Milano"), values, {"cifre": {}}, fingerprint.digest(before))
    assert guard.unchanged(task, source)
    declared.write_text('titolo = "Le ATS"\n', encoding="utf-8")
    assert not guard.unchanged(task, source)
    after = Inputs(config).of(chapter, source, values, {})
    assert reason(before, after) == "è cambiato che cosa dichiara data/ats/tabella.toml"


def test_what_is_dropped_on_the_desk_is_no_input(progetto: Any) -> None:
    """Only code, notebooks and tables are watched: whatever else changes, nothing is looked into again."""
    guard = Watch(progetto.two_chapters())
    before = guard._state()
    (arrivals := storage.local_root() / "scrivania").mkdir(parents=True)
    (arrivals / "arrivo.csv").write_text("a\n", encoding="utf-8")
    assert guard._state() == before
    progetto.tabella("2")
    assert guard._state() != before
