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
    parti = Publication(albero, edition.read(fatti, CONFIG))
    mostrate = Shown(parti, CONFIG)
    impronte = {nome: mostrate.of(nome) for nome in parti.parts()[:-1]}

    def lavoro() -> making.Work:
        return making.Work(albero, tuple(fatti), CONFIG, None, None, parti.missing, quadrature.results())

    fatte = making.make(parti, impronte, prima, lavoro, processi, lambda *quante: None)
    seal(albero, "prova", {"parti": {nome: parte.to_dict() for nome, parte in fatte.items()}})
    uguali = {nome for nome, parte in fatte.items() if (altra := prima.parts.get(nome)) and altra is parte}
    return set(fatte) - uguali


def impronte(albero: Path) -> dict[str, str]:
    return {nome: hashlib.sha256((albero / nome).read_bytes()).hexdigest() for nome in published(albero)}


def con_una_frase(fatti: list[ChapterResult], cartella: Path) -> list[ChapterResult]:
    """The same chapters, with another sentence in that of Insubria."""
    esito = []
    for r in fatti:
        testo = r.notebook.read_text(encoding="utf-8")
        if r.territorio == "insubria" and r.capitolo == "02_demografia":
            testo = testo.replace("e come cambia: sono le domande", "e come varia: sono le domande")
        file = cartella / f"{r.territorio}-{r.capitolo}.ipynb"
        file.write_text(testo, encoding="utf-8")
        voci = {**vars(r), "notebook": file}
        esito.append(ChapterResult(**voci))
    return esito


def test_what_shows_the_same_is_taken_and_the_rest_is_made(capitoli: list[ChapterResult], tmp_path: Path) -> None:
    uno, due, intero = (tmp_path / nome for nome in ("uno", "due", "intero"))
    nessuna = making.Before(tmp_path / "niente", tmp_path / "niente")
    tutte = pubblica(uno, capitoli, nessuna)
    prima = making.Before.read(uno, uno / "maps")
    assert set(prima.parts) == tutte

    # Nothing has changed: all is taken, by hard link where the disk has them.
    assert pubblica(due, capitoli, prima) == {"ricerca"}
    assert impronte(due) == impronte(uno)
    if hasattr(os, "link"):
        assert (due / "sito/metodi.html").stat().st_ino == (uno / "sito/metodi.html").stat().st_ino

    (tmp_path / "cambiati").mkdir()
    cambiati = con_una_frase(capitoli, tmp_path / "cambiati")
    tre = tmp_path / "tre"
    rifatte = pubblica(tre, cambiati, making.Before.read(uno, uno / "maps"))
    assert {"capitolo:ats/insubria/02_demografia", "ricerca"} <= rifatte
    assert rifatte <= {"capitolo:ats/insubria/02_demografia", "territorio:ats/insubria", "ricerca"}
    assert pubblica(intero, cambiati, nessuna, processi=2) == tutte
    assert impronte(tre) == impronte(intero), "as one made from nothing, in other processes"


def test_a_file_changed_by_hand_is_not_taken(capitoli: list[ChapterResult], tmp_path: Path) -> None:
    uno, due = tmp_path / "uno", tmp_path / "due"
    pubblica(uno, capitoli, making.Before(tmp_path / "niente", tmp_path / "niente"))
    buone = impronte(uno)
    (uno / "sito/metodi.html").write_text("<p>12</p>", encoding="utf-8")
    (uno / "sito/glossario.html").unlink()
    assert pubblica(due, capitoli, making.Before.read(uno, uno / "maps")) == {"metodi", "fisse", "ricerca"}
    assert impronte(due) == buone


def test_where_files_cannot_be_linked_they_are_copied(
    capitoli: list[ChapterResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nega(*di_che: object) -> None:
        raise OSError("no hard links here")

    uno, due = tmp_path / "uno", tmp_path / "due"
    pubblica(uno, capitoli, making.Before(tmp_path / "niente", tmp_path / "niente"))
    monkeypatch.setattr(os, "link", nega)
    assert pubblica(due, capitoli, making.Before.read(uno, uno / "maps")) == {"ricerca"}
    assert impronte(due) == impronte(uno)
    assert (due / "sito/metodi.html").stat().st_ino != (uno / "sito/metodi.html").stat().st_ino


def test_a_manifest_that_says_nothing_of_parts_is_of_no_use(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"file": {}}), encoding="utf-8")
    assert making.Before.read(tmp_path, tmp_path).parts == {}
