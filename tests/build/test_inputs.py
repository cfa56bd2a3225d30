"""The hashes of the inputs, and the watch over them while a build runs."""

from __future__ import annotations

from typing import Any

import pytest

from conciliazione_lib.build import fingerprint, notebook
from conciliazione_lib.build.inputs import Inputs, Watch
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
