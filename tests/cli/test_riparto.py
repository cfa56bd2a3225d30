"""``conciliazione riparto`` and ``conciliazione piano``, as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest
from docx import Document

from conciliazione_lib.cli import main


def test_the_bare_command_prints_the_rule_in_force(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["riparto"]) == 0
    text = capsys.readouterr().out
    assert "2025, 2026, 2027" in text
    row = next(r for r in text.splitlines() if r.startswith("ATS della Montagna"))
    assert row.split() == ["ATS", "della", "Montagna", "30.000,00", "30.000,00", "0,00"]
    assert next(r for r in text.splitlines() if r.startswith("Totale")).split()[1:3] == ["1.000.000,00"] * 2


def test_json_sums_to_the_total(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["riparto", "bisogni-anagrafici", "--json"]) == 0
    (part,) = json.loads(capsys.readouterr().out)["periodi"]
    assert sum(t["importo"] for t in part["territori"]) == part["totale"] == 1_000_000
    assert all(t["minima"] <= 100 * t["peso"] <= t["massima"] for t in part["territori"])


def test_the_annex_is_the_same_table_in_excel_and_in_word(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "allegati dell'atto è"
    assert main(["riparto", "--cartella", str(folder)]) == 0
    sheet = openpyxl.load_workbook(folder / "riparto-abitanti-2025-2027.xlsx", data_only=True)["Allegato"]
    rows = {row[0].value: row[1].value for row in sheet.iter_rows() if isinstance(row[1].value, int | float)}
    assert rows.pop("Totale") == sum(rows.values()) == 1_000_000
    document = Document(str(folder / "riparto-abitanti-2025-2027.docx"))
    (table,) = document.tables
    cells = {row.cells[0].text: row.cells[1].text for row in table.rows}
    assert cells["ATS dell’Insubria"] == "150.000,00"
    assert cells["Totale"] == "1.000.000,00"
    assert len(cells) == 10


def test_the_annex_says_which_population_was_weighed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["riparto", "bisogni-anagrafici", "--cartella", str(tmp_path)]) == 0
    texts = [p.text for p in Document(str(tmp_path / "riparto-bisogni-anagrafici.docx")).paragraphs]
    assert any(text.endswith("(ISTAT).") and "abitanti sono quelli al" in text for text in texts)


def test_two_annexes_of_one_rule_are_equal(tmp_path: Path) -> None:
    for name in ("a", "b"):
        main(["riparto", "--cartella", str(tmp_path / name)])
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()


def test_a_rule_can_be_shown_copied_and_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["riparto", "--mostra-regola"]) == 0
    copy = tmp_path / "mia.toml"
    copy.write_text(capsys.readouterr().out.replace("unita = 10000", "unita = 0.01"), encoding="utf-8")
    assert main(["riparto", str(copy), "--json"]) == 0
    territori = json.loads(capsys.readouterr().out)["periodi"][0]["territori"]
    assert next(t for t in territori if t["codice"] == "milano")["importo"] == 347_074.84


def test_an_unknown_rule_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["riparto", "inesistente"]) == 2
    assert "Indicare un file TOML, oppure una delle regole fornite: abitanti-2025-2027" in capsys.readouterr().err


def fill(path: Path, spending_kind: str = "servizio") -> None:
    book = openpyxl.load_workbook(path)
    book["piano_progetti"].append(["P1", "Tempi", "progetto", 150000, 100000, "2026-03-01", "2028-02-29"])
    for row in (
        ["P1", "Comune di Erba", "comune", "capofila"],
        ["P1", "Cooperativa Uno", "cooperativa sociale", "partner"],
        ["P1", "Associazione Due", "ente del terzo settore", "partner"],
    ):
        book["piano_partner"].append(row)
    book["piano_azioni"].append(["P1", "Pre scuola", "a", 60000, "servizio"])
    book["piano_azioni"].append(["P1", "Navetta", "c", 40000, spending_kind])
    book.save(path)


def test_a_plan_filled_in_the_template_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "il mio piano.xlsx"
    assert main(["piano", "modello", str(file)]) == 0
    fill(file)
    capsys.readouterr()
    assert main(["piano", "controlla", str(file), "--ats", "insubria", "--json"]) == 0
    outcomes = {row["regola"]: row for row in json.loads(capsys.readouterr().out)["esiti"]}
    assert outcomes["dotazione"]["evidenza"] == "contributi del piano: 100.000,00 € su 450.000,00 €"
    assert outcomes["durata"]["esito"] == "rispettata"
    assert outcomes["logo"]["progetto"] is None


def test_a_plan_that_breaks_a_rule_exits_with_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "piano.xlsx"
    main(["piano", "modello", str(file)])
    fill(file, spending_kind="studio di contesto")
    assert main(["piano", "controlla", str(file), "--ats", "insubria"]) == 1
    rows = capsys.readouterr().out.splitlines()
    assert any(r.startswith("NON RISPETTATA") and "Navetta (studio di contesto)" in r for r in rows)


def test_the_same_plan_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "piano.xlsx"
    main(["piano", "modello", str(file)])
    assert main(["piano", "modello", str(file)]) == 2
    assert "esiste già" in capsys.readouterr().err


def test_problems_of_every_sheet_are_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "piano.xlsx"
    main(["piano", "modello", str(file)])
    fill(file, spending_kind="gelati")
    book = openpyxl.load_workbook(file)
    book["piano_partner"]["C2"] = "regno"
    book.save(file)
    assert main(["piano", "controlla", str(file), "--ats", "insubria"]) == 2
    error = capsys.readouterr().err
    assert "foglio piano_partner, riga 2, colonna natura" in error
    assert "foglio piano_azioni, riga 3, colonna spesa" in error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--ats", "roma"], "«roma» non è una ATS."),
        (["--ats", "brescia", "--programma", "1999"], "Il programma «1999» non ha regole."),
    ],
)
def test_unknown_ats_and_programmes_are_wrong_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    file = tmp_path / "piano.xlsx"
    main(["piano", "modello", str(file)])
    fill(file)
    assert main(["piano", "controlla", str(file), *arguments]) == 2
    assert message in capsys.readouterr().err
