"""``conciliazione tempi``: template of an ambito, its answers in the table, reminders."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest

from conciliazione_lib import catalog, territory
from conciliazione_lib.cli import main


@pytest.fixture(autouse=True)
def dati_di_prova(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path / "dati locali"))


def compila(percorso: Path, **stati: str) -> None:
    libro = openpyxl.load_workbook(percorso)
    foglio = libro["piani_tempi"]
    colonne = {cella.value: cella.column for cella in foglio[1]}
    for riga in foglio.iter_rows(min_row=2):
        nome = str(riga[colonne["comune"] - 1].value)
        if nome in stati:
            foglio.cell(riga[0].row, colonne["stato"], stati[nome])
    libro.save(percorso)


def test_from_the_template_to_the_table_and_the_reminders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "risposta di Seregno.xlsx"
    assert main(["tempi", "modello", "--ambito", "seregno", "--uscita", str(file)]) == 0
    compila(file, Seregno="vigente", Meda="non adottato")
    assert main(["tempi", "importa", str(file), "--ambito", "seregno", "--rilevazione", "Prova"]) == 0
    assert "2 con una risposta" in capsys.readouterr().out
    tabella = catalog.read("piani_tempi")
    # The other sources stay: the survey of ATS Milano and the regional report.
    assert len(tabella[tabella["rilevazione"] != "Prova"]) == 211
    stati = tabella[tabella["rilevazione"] == "Prova"].set_index("comune")["stato"]
    assert stati[["Seregno", "Meda"]].tolist() == ["vigente", "non adottato"]

    assert main(["tempi", "solleciti", "--ats", "brianza", "--json"]) == 0
    esito = json.loads(capsys.readouterr().out)
    assert (esito["interpellati"], esito["risposto"]) == (len(stati), 2)
    nomi = [riga["nome"] for riga in esito["solleciti"]]
    assert not {"Seregno", "Meda", "Monza"} & set(nomi)
    assert esito["solleciti"][0]["obbligo"] is True


def test_a_second_answer_replaces_the_first(tmp_path: Path) -> None:
    file = tmp_path / "r.xlsx"
    main(["tempi", "modello", "--ambito", "seregno", "--uscita", str(file)])
    for stato in ("vigente", "adottato non aggiornato"):
        compila(file, Seregno=stato)
        assert main(["tempi", "importa", str(file), "--ambito", "seregno", "--rilevazione", "Prova"]) == 0
    righe = catalog.read("piani_tempi").query("rilevazione == 'Prova' and comune == 'Seregno'")
    assert righe["stato"].tolist() == ["adottato non aggiornato"]


def test_a_wrong_answer_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "r.xlsx"
    main(["tempi", "modello", "--ambito", "seregno", "--uscita", str(file)])
    compila(file, Seregno="forse")
    assert main(["tempi", "importa", str(file), "--ambito", "seregno"]) == 2
    assert "colonna stato" in capsys.readouterr().err
    assert len(catalog.read("piani_tempi")) == 211


def test_the_answers_of_another_ambito_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "r.xlsx"
    main(["tempi", "modello", "--ambito", "seregno", "--uscita", str(file)])
    assert main(["tempi", "importa", str(file), "--ambito", "magenta"]) == 2
    assert "comuni che non sono dell'ambito di Magenta" in capsys.readouterr().err


def test_reminders_of_an_ats_without_a_survey(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tempi", "solleciti", "--ats", "montagna"]) == 0
    assert "Comuni interpellati: 0; hanno risposto: 0 (n.d.)." in capsys.readouterr().out


def test_the_template_lists_every_comune_or_says_which_are_not_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    territorio = territory.load()
    for codice, ambito in territorio.ambiti.iterrows():
        suoi = territorio.members("ambito", str(codice))
        file = tmp_path / f"{codice}.xlsx"
        esito = main(["tempi", "modello", "--ambito", str(codice), "--uscita", str(file)])
        detto = capsys.readouterr()
        if not suoi:
            assert esito == 2, codice
            continue
        assert esito == 0, codice
        assert f"Comuni nel file: {len(suoi)} (" in detto.out
        assert ("L'elenco dei comuni dell'ambito non è completo" in detto.out) == (ambito["stato"] != "completo"), (
            codice
        )
    nomi = [str(riga[1].value) for riga in openpyxl.load_workbook(tmp_path / "dalmine.xlsx")["piani_tempi"].iter_rows()]
    assert {"Dalmine", "Curno", "Osio Sotto", "Zanica"} <= set(nomi)
    assert len([nome for nome in nomi if nome not in ("comune", "None")]) >= 17
