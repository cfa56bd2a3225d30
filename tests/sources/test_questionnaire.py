"""Exports of survey tools become answers: questions by code or text, nothing kept that says who answered."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from conciliazione_lib import catalog, evidence, storage
from conciliazione_lib.cli import main
from conciliazione_lib.errors import DatiError, UsoError
from conciliazione_lib.evidence import Ledger, Place
from conciliazione_lib.sources.questionnaire import read_export

QUESTIONS = catalog.read("questionario")
DATUM = {
    "modulo": "beneficiari", "ats": "pavia", "alleanza": "Prova", "rilevazione": "2026", "grado": "esempio",
    "fonte": "Questionari inventati per le prove",
}  # fmt: skip


def write(folder: Path, testo: str) -> Path:
    file = folder / "risposte città.csv"
    file.write_text(testo, encoding="utf-8")
    return file


def test_headers_by_code_text_and_both(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "Informazioni cronologiche;Indirizzo email;UTI1;Benessere [Grazie al servizio sono meno sotto stress];"
        "TEM1. Grazie al servizio risparmio tempo;Consiglierebbe ad altri lo stesso servizio?;LAVP;APER\n"
        "2026/03/01;maria@example.org;4;5 - moltissimo;A3;Sì;in cerca di occupazione;Mi chiamo Maria Rossi\n"
        "2026/03/02;x@example.org;;;;;;\n"
        "2026/03/03;y@example.org;2;poco;;non so;autonomo;\n",
    )
    read_ = read_export(file, QUESTIONS, DATUM)
    wide = read_.frame.pivot(index="cod_rispondente", columns="cod_domanda", values="risposta")
    wide.index = wide.index.str[-5:]
    assert wide.loc["00001"].to_dict() == {
        "APER": "risposta data", "BEN1": "5", "CONS": "si", "LAVP": "in_cerca", "TEM1": "3", "UTI1": "4",
    }  # fmt: skip
    assert wide.loc["00002"].dropna().to_dict() == {"BEN1": "2", "CONS": "non_so", "LAVP": "autonomo", "UTI1": "2"}
    assert (read_.respondents, read_.questions) == (2, 6)
    assert read_.ignored == ("Informazioni cronologiche", "Indirizzo email")
    # no name, no address, no words of an open answer
    assert not read_.frame.astype(str).apply(lambda c: c.str.contains("aria|example", regex=True)).to_numpy().any()


def test_two_files_of_one_alleanza_are_different_people_and_one_read_twice_is_not(tmp_path: Path) -> None:
    first = read_export(write(tmp_path, "UTI1,CONS\n5,si\n"), QUESTIONS, DATUM).frame
    still = read_export(write(tmp_path, "UTI1,CONS\n5,si\n"), QUESTIONS, DATUM).frame
    second = read_export(write(tmp_path, "UTI1,CONS\n2,no\n"), QUESTIONS, DATUM).frame
    assert set(first["cod_rispondente"]) == set(still["cod_rispondente"])
    assert not set(first["cod_rispondente"]) & set(second["cod_rispondente"])


def test_wrong_answers_are_located(tmp_path: Path) -> None:
    file = write(tmp_path, "UTI1,CONS\n6,si\n3,forse\n")
    with pytest.raises(DatiError) as error:
        read_export(file, QUESTIONS, DATUM)
    assert [(p.riga, p.colonna) for p in error.value.problemi] == [(2, "UTI1"), (3, "CONS")]
    assert error.value.problemi[0].atteso.endswith("4 (molto), 5 (moltissimo)")
    assert error.value.problemi[0].trovato == "«6»"


def test_what_the_file_does_not_say_is_asked(tmp_path: Path) -> None:
    file = write(tmp_path, "UTI1,CONS\n5,si\n")
    with pytest.raises(UsoError, match="quale questionario"):
        read_export(file, QUESTIONS, {})
    with pytest.raises(UsoError, match="alleanza, rilevazione"):
        read_export(file, QUESTIONS, {"modulo": "beneficiari", "ats": "pavia"})
    with pytest.raises(DatiError, match="nessuna colonna è una domanda"):
        read_export(write(tmp_path, "a,b\n1,2\n"), QUESTIONS, DATUM)


def test_the_form_comes_back_and_answers_stay_in_the_local_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path / "locale"))
    monkeypatch.chdir(tmp_path)
    assert main(["dati", "modello", "questionari"]) == 0
    book = openpyxl.load_workbook("modello-questionari.xlsx")
    sheet = book["organizzazioni"]
    for row, values in enumerate((["pavia", "Nord", "2026", 40, 4, 5], ["pavia", "Nord", "2026", 57, 3, 4]), start=2):
        for column, value in enumerate(values, start=1):
            sheet.cell(row, column, value)
    book.save("compilato.xlsx")
    command = ["dati", "importa", "compilato.xlsx", "--come", "questionari", "--foglio", "organizzazioni", "--aggiungi"]
    assert main([*command, "--con", "modulo=organizzazioni"]) == 0
    table = catalog.table("questionari")
    assert table.frame.groupby("cod_domanda")["risposta"].agg(list)["DIP"] == ["40", "57"]
    assert table.provenance.origine == "importata"
    assert storage.local_root() in table.provenance.percorso.parents

    # a figure says which table it comes from, and carries none of its rows
    registry = Ledger()
    f = evidence.cifre(
        pd.DataFrame({"livello": ["ats"], "territorio": ["pavia"], "n_azioni": [2]}),
        ledger=registry, luogo=lambda level, code: Place(level, code, "Pavia"), periodo="2026",
        ingressi=[table],
    )  # fmt: skip
    [figure] = list(f)
    assert (figure.inputs[0].tabella, figure.inputs[0].righe, figure.inputs[0].righe_sha256) == ("questionari", 0, "")
    assert registry.rows == {}

    assert main(["dati", "esporta", "copia"]) == 0
    assert not list((tmp_path / "copia").glob("questionari-*"))
