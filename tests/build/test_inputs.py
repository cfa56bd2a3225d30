"""The hashes of the inputs, and the watch over them while a build runs."""

from __future__ import annotations

from typing import Any

import pytest

from conciliazione_lib.build import fingerprint, notebook
from conciliazione_lib.build.inputs import Inputs, Watch
from conciliazione_lib.build.model import Task
from conciliazione_lib.build.places import Place


def test_a_file_that_changes_meanwhile_is_looked_into_once(progetto: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    config = progetto.due_capitoli()
    memo = progetto.radice / "codice.json"
    inputs, guardia = Inputs(config, memo), Watch(config, memo)
    compiti = {}
    for capitolo in config.capitoli:
        fonte = notebook.read(config.notebook(capitolo))
        valori = {"territorio": "milano"}
        chiave = fingerprint.digest(inputs.of(capitolo, fonte, valori, {}))
        compiti[capitolo.id] = Task(capitolo, Place("ats", "milano", "Milano"), valori, {"cifre": {}}, chiave), fonte
    inputs.library.save()
    analizzati: list[object] = []
    vera = fingerprint.code_digest
    monkeypatch.setattr(fingerprint, "code_digest", lambda albero: analizzati.append(albero) or vera(albero))
    assert all(guardia.unchanged(*compito) for compito in compiti.values())
    progetto.tabella("2")
    assert not guardia.unchanged(*compiti["letto"])
    assert guardia.unchanged(*compiti["libero"])
    assert not analizzati
    progetto.tabella("1")
    assert guardia.unchanged(*compiti["letto"])
