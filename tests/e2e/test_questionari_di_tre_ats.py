"""Questionnaires of three ATS, from the exports of their tools to a published edition that gives nobody away."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import questionari_inventati
from lxml import html

from conciliazione_lib import catalog
from conciliazione_lib.evidence import Ledger
from conciliazione_lib.publish import leaks

RADICE = Path(__file__).resolve().parents[2]
#: Words that only the raw answers have: none may be anywhere in what is published.
PAROLE = ("Mi chiamo Ermenegilda Prova", "ermenegilda@example.org")
FONTE = ["--con", "fonte=Questionari delle Alleanze", "--con", "grado=pubblicazione", "--con", "rilevazione=2026"]


def conciliazione(*argomenti: str, dati: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "conciliazione_lib", *argomenti],
        cwd=RADICE,
        env={**os.environ, "CONCILIAZIONE_DATI": str(dati)},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def esporta(cartella: Path, modulo: str) -> Path:
    """Write the answers to a questionnaire as a survey tool exports them: with addresses and free words."""
    risposte = questionari_inventati.risposte().query("modulo == @modulo")
    chi = ["ats", "alleanza", "cod_rispondente"]
    larga = risposte.pivot(index=chi, columns="cod_domanda", values="risposta").fillna("").reset_index()
    larga = larga.drop(columns="cod_rispondente")
    larga.insert(2, "Indirizzo email", PAROLE[1])
    if "APER" in larga:
        larga["APER"] = larga["APER"].where(larga["APER"] == "", PAROLE[0])
    percorso = cartella / f"risposte {modulo}.csv"
    larga.to_csv(percorso, index=False, sep=";", quoting=csv.QUOTE_MINIMAL)
    return percorso


@pytest.fixture(scope="module")
def edizione(tmp_path_factory: pytest.TempPathFactory) -> Path:
    cartella = tmp_path_factory.mktemp("questionari")
    dati, uscita = cartella / "i miei dati", cartella / "uscita"
    for modulo in ("beneficiari", "organizzazioni"):
        file = str(esporta(cartella, modulo))
        come = ["--come", "questionari", "--aggiungi", "--con", f"modulo={modulo}", *FONTE]
        importa = conciliazione("dati", "importa", file, *come, dati=dati)
        assert importa.returncode == 0, importa.stderr
    genera = conciliazione("genera", "--capitolo", "06_esiti", "--uscita", str(uscita), dati=dati)
    assert genera.returncode == 0, genera.stdout + genera.stderr
    return uscita / "reports" / "2025-2027"


def test_the_edition_resists_the_attack(edizione: Path) -> None:
    registro = Ledger.read(edizione / "cifre.json")
    nascoste = [f for f in registro.figures.values() if f.indicator == "risposte_giudizio" and f.value is None]
    viste = [f for f in registro.figures.values() if f.indicator == "risposte_giudizio" and f.value is not None]
    assert len(nascoste) >= 10
    assert len(viste) >= 100
    assert {f.territory.codice for f in viste} == {"bergamo", "lombardia", "pavia"}
    assert leaks.check(edizione, registro) == []


def test_every_file_says_the_same_of_a_hidden_cell(edizione: Path) -> None:
    registro = json.loads((edizione / "cifre.json").read_text(encoding="utf-8"))
    nascoste = {c["id"] for c in registro["cifre"] if c["id"].startswith("risposte_giudizio") and c["valore"] is None}
    pagina = html.parse(str(edizione / "sito" / "territori" / "pavia" / "esiti.html"))
    celle = [cella for cella in pagina.xpath("//td[@data-cifra]") if cella.get("data-cifra") in nascoste]
    assert celle
    assert {cella.text_content().strip() for cella in celle} == {"n.d."}
    assert {cella.get("data-valore") for cella in celle} == {""}


def test_nothing_of_a_person_leaves_the_data_folder(edizione: Path) -> None:
    letti = 0
    for file in edizione.parent.rglob("*"):
        if not file.is_file():
            continue
        contenuti = [file.read_bytes()]
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archivio:
                contenuti = [archivio.read(nome) for nome in archivio.namelist()]
        letti += 1
        for contenuto in contenuti:
            for parola in (*PAROLE, "cod_rispondente"):
                assert parola.encode() not in contenuto, f"{file}: {parola}"
    assert letti > 50


def test_nothing_of_a_person_is_in_the_repository() -> None:
    tenute = {tabella.name for tabella in (RADICE / "data").iterdir() if tabella.is_dir()}
    riservate = {nome for nome in catalog.names() if catalog.spec(nome).reserved}
    assert {"questionari", "kpi"} <= riservate
    assert not riservate & tenute
