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

from conciliazione_lib import catalog, evidence
from conciliazione_lib.evidence import cards, store, writing
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
    contati = store.Store(edizione).figures.query("indicatore == 'risposte_giudizio'")
    viste = contati[contati["stato"] == "presente"]
    assert (contati["stato"] == "protetto").sum() >= 10
    assert len(viste) >= 100
    assert set(viste["territorio"]) == {"bergamo", "lombardia", "pavia"}
    assert leaks.check(edizione) == []


def test_no_protected_cell_comes_back_from_any_published_file(edizione: Path) -> None:
    """Without the auditor: every hidden figure looked for in every file, and computed from every sum it is in."""
    cifre = store.Store(edizione).figures
    contate = {i.id: i.riservato for i in evidence.load().values() if i.riservato is not None}
    figure = cifre[cifre["indicatore"].isin(contate)]
    nascoste = figure[figure["valore"].isna()]
    assert len(nascoste) > 50
    # statements and other lists say nothing of them
    chiave = ["indicatore", "livello", "territorio", "periodo", "per"]
    detti = pd.read_parquet(edizione / "confronti.parquet").merge(nascoste[chiave], on=chiave)
    assert detti[["differenza", "inferiore", "superiore", "posto"]].isna().all(axis=None)
    assert set(detti["esito"]) <= {"non_confrontabile"}
    righe = [set(json.loads(testo)[0]) for testo in nascoste["ingressi"]]
    assert all(nomi <= {"tabella", "grado"} for nomi in righe)
    # a sum of which one part alone is hidden gives it back
    for indicatore, riservato in contate.items():
        sue = figure[figure["indicatore"] == indicatore]
        scomposte = sue.assign(parti=[dict(writing.read_breakdown(per)) for per in sue["per"]])
        gruppi: dict[tuple[object, ...], list[bool]] = {}
        for riga in scomposte.itertuples():
            manca = pd.isna(riga.valore)
            luogo = (riga.livello, riga.territorio)
            for dimensione in riservato.somma_su:
                intero = tuple(sorted((n, v) for n, v in riga.parti.items() if n != dimensione))
                if dimensione in riga.parti:
                    gruppi.setdefault((dimensione, *luogo, riga.periodo, intero), []).append(manca)
            if riga.livello == "ats":
                gruppi.setdefault(("ats", riga.periodo, riga.per), []).append(manca)
        interi = {(r.livello, r.territorio, r.periodo, tuple(sorted(r.parti.items()))): pd.isna(r.valore)
                  for r in scomposte.itertuples()}  # fmt: skip
        for (dimensione, *resto), parti in gruppi.items():
            if dimensione == "ats":
                periodo, per = resto
                totale = interi.get(("regione", "lombardia", periodo, writing.read_breakdown(str(per))))
            else:
                totale = interi.get(tuple(resto))  # type: ignore[arg-type]
            if totale is not None:
                assert sum(parti) + totale != 1, (indicatore, dimensione, resto)


def test_every_file_says_the_same_of_a_hidden_cell(edizione: Path) -> None:
    registro = json.loads((edizione / "cifre.json").read_text(encoding="utf-8"))
    nascoste = {c["id"] for c in registro["cifre"] if c["id"].startswith("risposte_giudizio") and c["valore"] is None}
    pagina = html.parse(str(edizione / "sito" / "territori" / "pavia" / "esiti.html"))
    schede = [(cella, cella.find("a").get("href")) for cella in pagina.xpath("//td[a/@class='cifra']")]
    celle = [cella for cella, scheda in schede if cards.figure_at(scheda) in nascoste]
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
