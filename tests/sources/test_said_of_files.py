"""What an analyst says of a file: which table it is, what its own signs mean, which rows are notes."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from conciliazione_lib import catalog
from conciliazione_lib.cli import main
from conciliazione_lib.errors import DatiError, UsoError
from conciliazione_lib.sources import importing, recognising

TOLD = {
    "fonte": "ATS di Pavia, elenco dei servizi, 2024",
    "colonne": {"Nr posti": "posti"},
    "valori": {"gestione": {"P": "pubblica", "PR": "privata accreditata"}, "cod_comune": {"Vigevanno": "Vigevano"}},
    "salta": [11],
}


@pytest.fixture(autouse=True)
def _own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path / "dati"))


@pytest.fixture
def elenco(tmp_path: Path) -> Path:
    """A list as offices keep them: titles, merged cells, a total, a legend under the table and one on its own sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Elenco servizi"
    rows = [
        ["ATS di Pavia – Ufficio accreditamento"],
        ["Servizi per la prima infanzia al 31/12/2024"],
        [],
        ["Comune", "Denominazione struttura", "Tipologia", "Natura giuridica", "Nr posti", "Anno"],
        ["Pavia", "Nido Il Girasole", "Asilo nido", "P", 60, 2024],
        [None, "Nido Primi Passi", "Asilo nido", "PR", 30, 2024],
        ["Voghera", "Micronido Arcobaleno", "Micronido", "PR", 10, 2024],
        ["Vigevano", "Nido Stella", "Asilo nido", "P", 45, 2024],
        ["Vigevanno", "Nido Luna", "Asilo nido", "PR", "n.d.", 2024],
        [None, "Totale", None, None, 145, None],
        ["P = pubblica; PR = privata accreditata"],
    ]
    for row in rows:
        sheet.append(row)
    for joined in ("A1:F1", "A2:F2", "A5:A6", "A11:F11"):
        sheet.merge_cells(joined)
    legend = book.create_sheet("Legenda")
    for row in (["Sigla", "Significato"], ["P", "pubblica"], ["PR", "privata accreditata"]):
        legend.append(row)
    path = tmp_path / "elenco servizi.xlsx"
    book.save(path)
    return path


def test_a_list_is_recognised_by_its_columns(elenco: Path) -> None:
    first = recognising.guesses(elenco)[0]
    assert (first.table, first.sheet, first.complete) == ("servizi_offerta", "Elenco servizi", True)
    spec = catalog.spec("servizi_offerta")
    assert recognising.sheets_like(elenco, spec) == ["Elenco servizi"]
    columns = recognising.outline(elenco, spec, None, {}, ["grado", "fonte"])
    assert columns is not None
    assert {c.written: c.column for c in columns.headers} == {
        "Comune": "cod_comune",
        "Denominazione struttura": "denominazione",
        "Tipologia": "tipo",
        "Natura giuridica": "gestione",
        "Nr posti": None,
        "Anno": "anno",
    }
    assert [(c.written, c.asked) for c in columns.headers if c.asked] == [("Nr posti", ("posti",))]
    assert next(c for c in columns.headers if c.written == "Natura giuridica").examples == ("P", "PR")


def test_what_is_said_is_read_told_and_remembered(elenco: Path) -> None:
    with pytest.raises(DatiError):
        importing.understand(elenco, "servizi_offerta")
    understood = importing.understand(elenco, "servizi_offerta", **TOLD)
    signs = understood.frame["gestione"].map({"pubblica": "P", "privata accreditata": "PR"})
    assert signs.tolist() == ["P", "PR", "PR", "P", "PR"]
    assert understood.frame["cod_comune"].tolist()[-1] == "018177"
    assert "Valori letti come è stato detto: gestione: «P» letto «pubblica» (2)" in understood.come
    assert "Righe che non sono dati, non lette: 11." in understood.come
    understood.remember()
    without = {name: thing for name, thing in TOLD.items() if name in ("fonte", "salta")}
    assert importing.understand(elenco, "servizi_offerta", **without).frame.equals(understood.frame)


def test_a_sign_that_says_nothing_is_missing(elenco: Path) -> None:
    values = {**TOLD["valori"], "gestione": {"P": "pubblica", "PR": "-"}}
    understood = importing.understand(elenco, "servizi_offerta", **{**TOLD, "valori": values})
    assert understood.frame["gestione"].isna().sum() == 3
    assert "gestione: «PR» letto come mancante (3)" in understood.come


def test_the_command_line_says_the_same(elenco: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dati", "importa", str(elenco)]) == 2
    assert capsys.readouterr().err.startswith("Il file somiglia a: «servizi_offerta» (Offerta di servizi")
    options = ["--come", "servizi_offerta", "--fonte", TOLD["fonte"], "--colonna", "Nr posti=posti", "--salta", "11"]
    for value in ("gestione:P=pubblica", "gestione:PR=privata accreditata", "cod_comune:Vigevanno=Vigevano"):
        options += ["--valore", value]
    assert main(["dati", "importa", str(elenco), *options]) == 0
    assert len(catalog.read("servizi_offerta")) == 5
    assert main(["dati", "importa", str(elenco), *options, "--valore", "gestione"]) == 2
    assert "«gestione» non dice che cosa vuol dire un valore." in capsys.readouterr().err


def test_a_value_of_a_column_that_is_not_there_is_refused(elenco: Path) -> None:
    with pytest.raises(UsoError, match="non ha la colonna «gestore»"):
        importing.understand(elenco, "servizi_offerta", valori={"gestore": {"P": "x"}})
