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
    testo = capsys.readouterr().out
    assert "2025, 2026, 2027" in testo
    riga = next(r for r in testo.splitlines() if r.startswith("ATS della Montagna"))
    assert riga.split() == ["ATS", "della", "Montagna", "30.000,00", "30.000,00", "0,00"]
    assert next(r for r in testo.splitlines() if r.startswith("Totale")).split()[1:3] == ["1.000.000,00"] * 2


def test_json_sums_to_the_total(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["riparto", "bisogni-anagrafici", "--json"]) == 0
    (parte,) = json.loads(capsys.readouterr().out)["periodi"]
    assert sum(t["importo"] for t in parte["territori"]) == parte["totale"] == 1_000_000
    assert all(t["minima"] <= 100 * t["peso"] <= t["massima"] for t in parte["territori"])


def test_the_annex_is_the_same_table_in_excel_and_in_word(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cartella = tmp_path / "allegati dell'atto è"
    assert main(["riparto", "--cartella", str(cartella)]) == 0
    foglio = openpyxl.load_workbook(cartella / "riparto-abitanti-2025-2027.xlsx", data_only=True)["Allegato"]
    righe = {riga[0].value: riga[1].value for riga in foglio.iter_rows() if isinstance(riga[1].value, int | float)}
    assert righe.pop("Totale") == sum(righe.values()) == 1_000_000
    documento = Document(str(cartella / "riparto-abitanti-2025-2027.docx"))
    (tavola,) = documento.tables
    celle = {riga.cells[0].text: riga.cells[1].text for riga in tavola.rows}
    assert celle["ATS dell’Insubria"] == "150.000,00"
    assert celle["Totale"] == "1.000.000,00"
    assert len(celle) == 10


def test_the_annex_says_which_population_was_weighed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["riparto", "bisogni-anagrafici", "--cartella", str(tmp_path)]) == 0
    testi = [p.text for p in Document(str(tmp_path / "riparto-bisogni-anagrafici.docx")).paragraphs]
    assert any(testo.endswith("(ISTAT).") and "abitanti sono quelli al" in testo for testo in testi)


def test_two_annexes_of_one_rule_are_equal(tmp_path: Path) -> None:
    for nome in ("a", "b"):
        main(["riparto", "--cartella", str(tmp_path / nome)])
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()


def test_a_rule_can_be_shown_copied_and_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["riparto", "--mostra-regola"]) == 0
    copia = tmp_path / "mia.toml"
    copia.write_text(capsys.readouterr().out.replace("unita = 10000", "unita = 0.01"), encoding="utf-8")
    assert main(["riparto", str(copia), "--json"]) == 0
    territori = json.loads(capsys.readouterr().out)["periodi"][0]["territori"]
    assert next(t for t in territori if t["codice"] == "milano")["importo"] == 347_074.84


def test_an_unknown_rule_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["riparto", "inesistente"]) == 2
    assert "Indicare un file TOML, oppure una delle regole fornite: abitanti-2025-2027" in capsys.readouterr().err


def compila(percorso: Path, tipo_spesa: str = "servizio") -> None:
    libro = openpyxl.load_workbook(percorso)
    libro["piano_progetti"].append(["P1", "Tempi", "progetto", 150000, 100000, "2026-03-01", "2028-02-29"])
    for riga in (
        ["P1", "Comune di Erba", "comune", "capofila"],
        ["P1", "Cooperativa Uno", "cooperativa sociale", "partner"],
        ["P1", "Associazione Due", "ente del terzo settore", "partner"],
    ):
        libro["piano_partner"].append(riga)
    libro["piano_azioni"].append(["P1", "Pre scuola", "a", 60000, "servizio"])
    libro["piano_azioni"].append(["P1", "Navetta", "c", 40000, tipo_spesa])
    libro.save(percorso)


def test_a_plan_filled_in_the_template_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "il mio piano.xlsx"
    assert main(["piano", "modello", str(file)]) == 0
    compila(file)
    capsys.readouterr()
    assert main(["piano", "controlla", str(file), "--ats", "insubria", "--json"]) == 0
    esiti = {riga["regola"]: riga for riga in json.loads(capsys.readouterr().out)["esiti"]}
    assert esiti["dotazione"]["evidenza"] == "contributi del piano: 100.000,00 € su 450.000,00 €"
    assert esiti["durata"]["esito"] == "rispettata"
    assert esiti["logo"]["progetto"] is None


def test_a_plan_that_breaks_a_rule_exits_with_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "piano.xlsx"
    main(["piano", "modello", str(file)])
    compila(file, tipo_spesa="studio di contesto")
    assert main(["piano", "controlla", str(file), "--ats", "insubria"]) == 1
    righe = capsys.readouterr().out.splitlines()
    assert any(r.startswith("NON RISPETTATA") and "Navetta (studio di contesto)" in r for r in righe)


def test_the_same_plan_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "piano.xlsx"
    main(["piano", "modello", str(file)])
    assert main(["piano", "modello", str(file)]) == 2
    assert "esiste già" in capsys.readouterr().err


def test_problems_of_every_sheet_are_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "piano.xlsx"
    main(["piano", "modello", str(file)])
    compila(file, tipo_spesa="gelati")
    libro = openpyxl.load_workbook(file)
    libro["piano_partner"]["C2"] = "regno"
    libro.save(file)
    assert main(["piano", "controlla", str(file), "--ats", "insubria"]) == 2
    errore = capsys.readouterr().err
    assert "foglio piano_partner, riga 2, colonna natura" in errore
    assert "foglio piano_azioni, riga 3, colonna spesa" in errore


@pytest.mark.parametrize(
    ("argomenti", "messaggio"),
    [
        (["--ats", "roma"], "«roma» non è una ATS."),
        (["--ats", "brescia", "--programma", "1999"], "Il programma «1999» non ha regole."),
    ],
)
def test_unknown_ats_and_programmes_are_wrong_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], argomenti: list[str], messaggio: str
) -> None:
    file = tmp_path / "piano.xlsx"
    main(["piano", "modello", str(file)])
    compila(file)
    assert main(["piano", "controlla", str(file), *argomenti]) == 2
    assert messaggio in capsys.readouterr().err
