"""Questionnaires of three ATS, from the exports of their tools to a published edition that gives nobody away."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest
import questionari_inventati
from lxml import html
from progetti import reduced
from quaderni import CONFIG

from conciliazione_lib import catalog, evidence
from conciliazione_lib.evidence import cards, store, writing
from conciliazione_lib.publish import leaks

ROOT = Path(__file__).resolve().parents[2]
#: Words that only the raw answers have: none may be anywhere in what is published.
WORDS = ("Mi chiamo Ermenegilda Prova", "ermenegilda@example.org")
SOURCE = ["--con", "fonte=Questionari delle Alleanze", "--con", "grado=pubblicazione", "--con", "rilevazione=2026"]


def conciliazione(*arguments: str, data: Path, project: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "conciliazione_lib", *arguments],
        cwd=project,
        env={**os.environ, "CONCILIAZIONE_DATI": str(data)},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def export(folder: Path, modulo: str) -> Path:
    """Write the answers to a questionnaire as a survey tool exports them: with addresses and free words."""
    answers = questionari_inventati.answers().query("modulo == @modulo")
    who = ["ats", "alleanza", "cod_rispondente"]
    wide = answers.pivot(index=who, columns="cod_domanda", values="risposta").fillna("").reset_index()
    wide = wide.drop(columns="cod_rispondente")
    wide.insert(2, "Indirizzo email", WORDS[1])
    if "APER" in wide:
        wide["APER"] = wide["APER"].where(wide["APER"] == "", WORDS[0])
    path = folder / f"risposte {modulo}.csv"
    wide.to_csv(path, index=False, sep=";", quoting=csv.QUOTE_MINIMAL)
    return path


@pytest.fixture(scope="module")
def edizione(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An edition of what is computed from questionnaires, and of nothing else: that could give somebody away."""
    assert [one.id for one in CONFIG.analisi if {"questionari", "questionario"} & set(one.tabelle)] == ["esiti"]
    assert [one.id for one in CONFIG.analisi if "esiti" in one.segue] == []
    folder = tmp_path_factory.mktemp("questionari")
    data, output = folder / "i miei dati", folder / "uscita"
    output.mkdir()
    reduced(output, "esiti", "06_esiti")
    for modulo in ("beneficiari", "organizzazioni"):
        file = str(export(folder, modulo))
        how = ["--come", "questionari", "--aggiungi", "--con", f"modulo={modulo}", *SOURCE]
        import_ = conciliazione("dati", "importa", file, *how, data=data)
        assert import_.returncode == 0, import_.stderr
    generate = conciliazione("genera", data=data, project=output)
    assert generate.returncode == 0, generate.stdout + generate.stderr
    return output / "reports" / "2025-2027"


def test_the_edition_resists_the_attack(edizione: Path) -> None:
    counted = store.Store(edizione).figures.query("indicatore == 'risposte_giudizio'")
    seen = counted[counted["stato"] == "presente"]
    assert (counted["stato"] == "protetto").sum() >= 10
    assert len(seen) >= 100
    assert set(seen["territorio"]) == {"bergamo", "lombardia", "pavia"}
    assert leaks.check(edizione) == []


def test_no_protected_cell_comes_back_from_any_published_file(edizione: Path) -> None:
    """Without the auditor: every hidden figure looked for in every file, and computed from every sum it is in."""
    figures = store.Store(edizione).figures
    counted = {i.id: i.riservato for i in evidence.load().values() if i.riservato is not None}
    figure = figures[figures["indicatore"].isin(counted)]
    hidden = figure[figure["valore"].isna()]
    assert len(hidden) > 50
    # statements and other lists say nothing of them
    key = ["indicatore", "livello", "territorio", "periodo", "per"]
    said = pd.read_parquet(edizione / "confronti.parquet").merge(hidden[key], on=key)
    assert said[["differenza", "inferiore", "superiore", "posto"]].isna().all(axis=None)
    assert set(said["esito"]) <= {"non_confrontabile"}
    rows = [set(json.loads(text)[0]) for text in hidden["ingressi"]]
    assert all(names <= {"tabella", "grado"} for names in rows)
    # a sum of which one part alone is hidden gives it back
    for indicator, reserved in counted.items():
        own = figure[figure["indicatore"] == indicator]
        scomposte = own.assign(parti=[dict(writing.read_breakdown(by)) for by in own["per"]])
        groups: dict[tuple[object, ...], list[bool]] = {}
        for row in scomposte.itertuples():
            missing = pd.isna(row.valore)
            place = (row.livello, row.territorio)
            for dimension in reserved.somma_su:
                whole = tuple(sorted((n, v) for n, v in row.parti.items() if n != dimension))
                if dimension in row.parti:
                    groups.setdefault((dimension, *place, row.periodo, whole), []).append(missing)
            if row.livello == "ats":
                groups.setdefault(("ats", row.periodo, row.per), []).append(missing)
        one_whole = {(r.livello, r.territorio, r.periodo, tuple(sorted(r.parti.items()))): pd.isna(r.valore)
                  for r in scomposte.itertuples()}  # fmt: skip
        for (dimension, *rest), parts in groups.items():
            if dimension == "ats":
                period, by = rest
                total = one_whole.get(("regione", "lombardia", period, writing.read_breakdown(str(by))))
            else:
                total = one_whole.get(tuple(rest))  # type: ignore[arg-type]
            if total is not None:
                assert sum(parts) + total != 1, (indicator, dimension, rest)


def test_every_file_says_the_same_of_a_hidden_cell(edizione: Path) -> None:
    registry = json.loads((edizione / "cifre.json").read_text(encoding="utf-8"))
    hidden = {c["id"] for c in registry["cifre"] if c["id"].startswith("risposte_giudizio") and c["valore"] is None}
    page = html.parse(str(edizione / "sito" / "territori" / "pavia" / "esiti.html"))
    one_cards = [(cell, cell.find("a").get("href")) for cell in page.xpath("//td[a[contains(@href, 'cifre/')]]")]
    cells = [cell for cell, card in one_cards if cards.figure_at(card) in hidden]
    assert cells
    assert {cell.text_content().strip() for cell in cells} == {"n.d."}
    assert {cell.get("data-valore") for cell in cells} == {""}


def test_nothing_of_a_person_leaves_the_data_folder(edizione: Path) -> None:
    read = 0
    for file in edizione.parent.rglob("*"):
        if not file.is_file():
            continue
        contents = [file.read_bytes()]
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                contents = [archive.read(name) for name in archive.namelist()]
        read += 1
        for content in contents:
            for word in (*WORDS, "cod_rispondente"):
                assert word.encode() not in content, f"{file}: {word}"
    assert read > 50


def test_nothing_of_a_person_is_in_the_repository() -> None:
    kept = {file.parent.name for file in (ROOT / "data").glob("*/*") if file.name != "tabella.toml"}
    reserved = {name for name in catalog.names() if catalog.spec(name).reserved}
    assert {"questionari", "kpi"} <= reserved
    assert not reserved & kept
