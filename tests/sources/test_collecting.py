"""What an office adds to its list, and the answers of many offices read as one."""

from __future__ import annotations

import openpyxl
import pytest
import xlsxwriter

from conciliazione_lib import catalog, territory
from conciliazione_lib.cli import main
from conciliazione_lib.errors import DatiError
from conciliazione_lib.indicators.demand_supply import surveyed
from conciliazione_lib.sources.extraction import read_table

SPEC, T = catalog.spec("servizi_offerta"), territory.load()
GIVEN = {"grado": "pubblicazione", "fonte": "Elenco di prova", "anno": 2025}
HEADERS = [
    *("Comune", "Denominazione", "Tipologia", "Posti", "Età minima", "Età massima", "Orario apertura"),
    *("Orario di chiusura", "Aperto il sabato", "Settimane di apertura", "Aperto ad agosto", "Vacanze scolastiche"),
    *("Iscritti", "Lista d'attesa", "Retta minima", "Retta max", "Posti disabili", "Giorni di apertura"),
]
ROW = ["Pavia", "Nido Uno", "asilo nido", 60, 0, 2, "7.30", "ore 18", "sì", 47, "no", "no", 58, 12, 250, 600.5, 2, 5]


@pytest.fixture(autouse=True)
def _own_data(tmp_path, monkeypatch):
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path / "dati"))


def book(path, *rows):
    path.parent.mkdir(exist_ok=True)
    with xlsxwriter.Workbook(path) as out:
        page = out.add_worksheet("Elenco")
        for at, row in enumerate(rows):
            page.write_row(at, 0, row)
    return path


def test_what_an_office_knows_is_read_under_its_own_names(tmp_path):
    found = read_table(book(tmp_path / "a.xlsx", HEADERS, ROW), SPEC, T, defaults=GIVEN)
    [row] = found.frame.to_dict("records")
    expected = {
        **{"eta_da": 0, "eta_a": 2, "apertura": "07:30", "chiusura": "18:00", "sabato": "si", "settimane": 47},
        **{"agosto": "no", "vacanze_scolastiche": "no", "iscritti": 58, "lista_attesa": 12},
        **{"retta_minima": 250, "retta_massima": 600.5, "posti_disabilita": 2, "giorni": 5},
    }
    assert {name: row[name] for name in expected} == expected
    assert found.ignored == ()


def test_a_list_without_them_asks_nothing_and_laments_nothing(tmp_path):
    found = read_table(book(tmp_path / "a.xlsx", HEADERS[:4], ROW[:4]), SPEC, T, defaults=GIVEN)
    assert found.unfilled == ()
    assert found.frame[["eta_da", "apertura", "retta_minima"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("at", "value", "said"),
    [
        (6, "7:30-16:30", "un'ora del giorno"),
        (7, "7:00", "una chiusura dopo l'apertura"),
        (5, -1, "non minore di 0"),
        (15, 100, "una retta massima non minore della minima"),
        (16, 61, "posti riservati non più dei posti"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, at, value, said):
    row = [*ROW[:at], value, *ROW[at + 1 :]]
    with pytest.raises(DatiError, match=said):
        read_table(book(tmp_path / "a.xlsx", HEADERS, row), SPEC, T, defaults=GIVEN)


def test_the_template_asks_for_them_and_comes_back(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["dati", "modello", "servizi_offerta", "--ats", "pavia"]) == 0
    work = openpyxl.load_workbook("modello-servizi_offerta.xlsx")
    page = work["servizi_offerta"]
    names = [cell.value for cell in page[1]]
    for name, value in {
        **{
            "cod_comune": "Pavia (PV)",
            "denominazione": "Uno",
            "tipo": "centro_estivo",
            "anno": 2025,
            "fonte": "Comune",
        },
        **{"grado": "pubblicazione", "apertura": "8:00", "agosto": "si", "retta_minima": 90},
    }.items():
        page.cell(2, names.index(name) + 1, value)
    work.save("pavia.xlsx")
    assert main(["dati", "importa", "pavia.xlsx", "--come", "servizi_offerta"]) == 0
    [row] = catalog.read("servizi_offerta").to_dict("records")
    assert (row["tipo"], row["apertura"], row["agosto"], row["retta_minima"]) == ("centro_estivo", "08:00", "si", 90)


def test_a_folder_of_answers_comes_in_as_one_and_says_who_has_not_answered(tmp_path, capsys):
    folder = tmp_path / "risposte"
    header = [*HEADERS[:4], "anno", "fonte"]
    book(folder / "pavia.xlsx", header, ["Pavia", "Nido Uno", "asilo nido", 60, 2025, "Comune di Pavia"])
    book(folder / "voghera.xlsx", header, ["Voghera", "Nessun nido", "asilo nido", 0, 2025, "Comune di Voghera"])
    (folder / "~$voghera.xlsx").write_bytes(b"aperto")
    assert main(["dati", "importa", "--cartella", str(folder), "--come", "servizi_offerta"]) == 0
    told = capsys.readouterr().out
    comuni = T.members("ats", "pavia")
    assert f"Non hanno risposto {len(comuni) - 2} comuni su {len(comuni)}" in told
    assert "Vigevano" in told
    stored = catalog.read("servizi_offerta")
    assert stored["posti"].tolist() == [60, 0]
    # who has not answered is not known: neither with services nor without
    assert set(surveyed(stored, T.comuni["ats"])) == {"018110", "018182"}


def test_a_folder_with_a_wrong_file_is_refused_whole_and_each_file_is_marked(tmp_path, capsys):
    folder = tmp_path / "risposte"
    header = [*HEADERS[:4], "anno", "fonte"]
    book(folder / "a.xlsx", header, ["Pavia", "Nido Uno", "asilo nido", 60, 2025, "Comune"])
    book(folder / "b.xlsx", header, ["Atlantide", "Nido", "asilo nido", 10, 2025, "Comune"])
    assert main(["dati", "importa", "--cartella", str(folder), "--come", "servizi_offerta"]) == 2
    said = capsys.readouterr().err
    assert "1 file su 2: nessuno è importato" in said
    assert "b.xlsx" in said
    assert "Copia con le celle da correggere" in said
    assert catalog.versions("servizi_offerta") == []


@pytest.mark.parametrize("asked", [[], ["a.csv", "--cartella", "x"], ["--cartella", "manca"]])
def test_a_file_or_a_folder(asked, capsys):
    assert main(["dati", "importa", *asked, "--come", "servizi_offerta"]) == 2
    assert "Traceback" not in capsys.readouterr().err
