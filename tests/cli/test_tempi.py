"""``conciliazione tempi``: template of an ambito, its answers in the table, reminders."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest

from conciliazione_lib import catalog, territory
from conciliazione_lib.cli import main


@pytest.fixture(autouse=True)
def sample_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path / "dati locali"))


def fill(path: Path, **states: str) -> None:
    book = openpyxl.load_workbook(path)
    sheet = book["piani_tempi"]
    columns = {cell.value: cell.column for cell in sheet[1]}
    for row in sheet.iter_rows(min_row=2):
        name = str(row[columns["comune"] - 1].value)
        if name in states:
            sheet.cell(row[0].row, columns["stato"], states[name])
    book.save(path)


def test_from_the_template_to_the_table_and_the_reminders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "risposta di Seregno.xlsx"
    assert main(["tempi", "modello", "--ambito", "seregno", "--uscita", str(file)]) == 0
    fill(file, Seregno="vigente", Meda="non adottato")
    assert main(["tempi", "importa", str(file), "--ambito", "seregno", "--rilevazione", "Prova"]) == 0
    assert "2 con una risposta" in capsys.readouterr().out
    table = catalog.read("piani_tempi")
    # The other sources stay: the survey of ATS Milano and the regional report.
    assert len(table[table["rilevazione"] != "Prova"]) == 211
    states = table[table["rilevazione"] == "Prova"].set_index("comune")["stato"]
    assert states[["Seregno", "Meda"]].tolist() == ["vigente", "non adottato"]

    assert main(["tempi", "solleciti", "--ats", "brianza", "--json"]) == 0
    outcome = json.loads(capsys.readouterr().out)
    assert (outcome["interpellati"], outcome["risposto"]) == (len(states), 2)
    names = [row["nome"] for row in outcome["solleciti"]]
    assert not {"Seregno", "Meda", "Monza"} & set(names)
    assert outcome["solleciti"][0]["obbligo"] is True


def test_a_second_answer_replaces_the_first(tmp_path: Path) -> None:
    file = tmp_path / "r.xlsx"
    main(["tempi", "modello", "--ambito", "seregno", "--uscita", str(file)])
    for status in ("vigente", "adottato non aggiornato"):
        fill(file, Seregno=status)
        assert main(["tempi", "importa", str(file), "--ambito", "seregno", "--rilevazione", "Prova"]) == 0
    rows = catalog.read("piani_tempi").query("rilevazione == 'Prova' and comune == 'Seregno'")
    assert rows["stato"].tolist() == ["adottato non aggiornato"]


def test_a_wrong_answer_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "r.xlsx"
    main(["tempi", "modello", "--ambito", "seregno", "--uscita", str(file)])
    fill(file, Seregno="forse")
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
    for code, ambito in territorio.ambiti.iterrows():
        own_ones = territorio.members("ambito", str(code))
        file = tmp_path / f"{code}.xlsx"
        outcome = main(["tempi", "modello", "--ambito", str(code), "--uscita", str(file)])
        said = capsys.readouterr()
        if not own_ones:
            assert outcome == 2, code
            continue
        assert outcome == 0, code
        assert f"Comuni nel file: {len(own_ones)} (" in said.out
        assert ("L'elenco dei comuni dell'ambito non è completo" in said.out) == (ambito["stato"] != "completo"), code
    names = [str(row[1].value) for row in openpyxl.load_workbook(tmp_path / "dalmine.xlsx")["piani_tempi"].iter_rows()]
    assert {"Dalmine", "Curno", "Osio Sotto", "Zanica"} <= set(names)
    assert len([name for name in names if name not in ("comune", "None")]) >= 17
