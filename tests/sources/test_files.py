"""Files that cannot be opened, or should not be: told for what they are; copies with the problems marked."""

import os
import zipfile
from collections import Counter
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from openpyxl.worksheet.datavalidation import DataValidation

from conciliazione_lib import catalog
from conciliazione_lib.cli import main
from conciliazione_lib.errors import DatiError, Problem, UsoError
from conciliazione_lib.sources import cells, extraction, importing, numbers
from conciliazione_lib.sources.annotated import write_annotated
from conciliazione_lib.sources.extraction import read_table
from conciliazione_lib.sources.files import check_readable, read_sheets
from conciliazione_lib.territory import load

HEADER = ["comune", "denominazione", "tipo", "posti", "anno"]
GIVEN = {"grado": "pubblicazione", "fonte": "prova"}


@pytest.mark.parametrize("suffix", [".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".csv", ".txt", ".tsv"])
def test_a_file_that_excel_keeps_for_itself_is_told_as_such(tmp_path, monkeypatch, capsys, suffix):
    path = tmp_path / f"nidi{suffix}"
    path.write_bytes(b"x")
    true = Path.open

    def locked(self, mode="r", *more, **how):
        if self == path:
            raise PermissionError(13, "Permission denied")
        return true(self, mode, *more, **how)

    monkeypatch.setattr(Path, "open", locked)
    with pytest.raises(UsoError, match=r"(?s)un altro programma lo tiene aperto, o manca il permesso.*Excel") as told:
        importing.understand(path, "servizi_offerta", fonte="x")
    assert path.name in str(told.value)
    assert main(["dati", "importa", str(path), "--come", "servizi_offerta", "--fonte", "x"]) == 2
    assert "Chiuderlo, se è aperto in Excel" in capsys.readouterr().err


def test_long_names_folders_and_what_is_not_a_file(tmp_path):
    for wrong, said in (
        (tmp_path / ("a" * 300 + ".csv"), "troppo lunghi"),
        (Path("nidi\0.csv"), "non sono ammessi"),
        (tmp_path, "è una cartella"),
        (tmp_path / "assente.csv", "non esiste"),
    ):
        with pytest.raises(UsoError, match=said):
            check_readable(wrong)
        with pytest.raises(UsoError, match=said):
            read_sheets(wrong)
        with pytest.raises(UsoError, match=said):
            importing.understand(wrong, "servizi_offerta")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "canale.csv")
    with pytest.raises(UsoError, match="un dispositivo o un canale"):
        importing.understand(tmp_path / "canale.csv", "servizi_offerta", fonte="x")


@pytest.mark.parametrize("place", ["altro/foglio.xml", "foglio.xml", "xl/x.bin", "docProps/app2.xml"])
def test_a_sheet_kept_outside_its_folder_does_not_escape_the_size_check(tmp_path, place):
    made = tmp_path / "giusto.xlsx"
    with xlsxwriter.Workbook(made) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, HEADER)
        page.write_row(1, 0, ["Pavia", "Nido", "asilo nido", 3, 2025])
    path = tmp_path / "spostato.xlsx"
    far = b'<row r="1048576"><c r="XFD1048576" t="n"><v>1</v></c></row></sheetData>'
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("workbook.xml.rels"):
                content = content.replace(b"worksheets/sheet1.xml", b"/" + place.encode())
            if name == "xl/worksheets/sheet1.xml":
                name, content = place, content.replace(b"</sheetData>", far)
            if name == "[Content_Types].xml":
                content = content.replace(b"/xl/worksheets/sheet1.xml", b"/" + place.encode())
            new.writestr(name, content)
    with pytest.raises(DatiError, match="un foglio arriva alla riga 1048576"):
        read_sheets(path)


def test_a_row_repeated_a_hundred_thousand_times_is_one_thing_to_say(tmp_path):
    path = tmp_path / "ripetute.csv"
    path.write_text(";".join(HEADER) + "\n" + "Pavia;Nido;asilo nido;3;2025\n" * 100_000, encoding="utf-8")
    with pytest.raises(DatiError) as refused:
        read_table(path, catalog.spec("servizi_offerta"), load(), defaults=GIVEN)
    assert len(refused.value.problemi) == 21
    assert "la stessa riga altre 99979 volte" in str(refused.value)


def test_what_many_rows_repeat_is_read_once(tmp_path, monkeypatch):
    """What a million rows cost is then splitting their line; the ratio to that is among the benchmarks."""
    looked = Counter()

    def counted(owner, name):
        true = getattr(owner, name)

        def counting(*given, **how):
            looked[name] += 1
            return true(*given, **how)

        monkeypatch.setattr(owner, name, counting)

    counted(cells.Comuni, "_found")
    counted(cells._Vocabulary, "resolve")
    counted(numbers, "_readings")
    counted(extraction, "normalise")
    path, seen = tmp_path / "ripetute.csv", []
    for rows in (3, 30_000):
        looked.clear()
        lines = [f"Pavia;Nido;asilo nido;{3 + n % 2};2025" for n in range(rows)]
        path.write_text("\n".join([";".join(HEADER), *lines]) + "\n", encoding="utf-8")
        with pytest.raises(DatiError, match=r"la stessa riga|ripetuta") as refused:
            read_table(path, catalog.spec("servizi_offerta"), load(), defaults=GIVEN)
        assert len(refused.value.problemi) < 50
        seen.append(dict(looked))
    assert seen[0] == seen[1]


def test_the_copy_keeps_the_drop_downs_of_the_file(tmp_path):
    path = tmp_path / "nidi.xlsx"
    book = openpyxl.Workbook()
    page = book.active
    page.append(HEADER)
    page.append(["Pavya", "Nido", "asilo nido", 3, 2025])
    page.add_data_validation(DataValidation(type="list", formula1='"asilo nido,micronido"', sqref="C2:C100"))
    book.create_sheet("Elenchi")["A1"] = "pubblica"
    made = tmp_path / "grezzo.xlsx"
    book.save(made)
    # as recent spreadsheets write a list that is in another sheet
    own = (
        b'<extLst><ext xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" '
        b'uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"><x14:dataValidations '
        b'xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main" count="1"><x14:dataValidation type="list">'
        b"<x14:formula1><xm:f>Elenchi!$A$1:$A$3</xm:f></x14:formula1><xm:sqref>D2:D100</xm:sqref>"
        b"</x14:dataValidation></x14:dataValidations></ext></extLst>"
    )
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = content.replace(b"</worksheet>", own + b"</worksheet>")
            new.writestr(name, content)
    copy = write_annotated(path, [Problem("un comune", "«Pavya»", foglio="Sheet", riga=2, colonna="comune")])
    with zipfile.ZipFile(copy) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    assert b"Elenchi!$A$1:$A$3" in sheet
    assert b'sqref="C2:C100"' in sheet
    assert sheet.count(b"<extLst>") == 1
    again = openpyxl.load_workbook(copy)
    assert "un comune" in again["Sheet"]["A2"].comment.text
    assert [s.name for s in read_sheets(copy)] == ["Sheet", "Elenchi", "Da correggere"]


def test_the_cells_of_a_copy_are_marked_under_their_own_header(tmp_path):
    path = tmp_path / "nidi.csv"
    rows = [f"Luogo{n};Nido {n};boh;3;2025" for n in range(1500)]
    path.write_text("\n".join(["Elenco;tipo;;;", ";".join(HEADER), *rows]), encoding="utf-8")
    with pytest.raises(DatiError) as refused:
        read_table(path, catalog.spec("servizi_offerta"), load(), defaults=GIVEN)
    book = openpyxl.load_workbook(write_annotated(path, refused.value.problemi))
    page = book.worksheets[0]
    filled = {(c.column, c.row) for row in page.iter_rows() for c in row if c.fill.start_color.rgb == "FFF2B8B5"}
    assert filled == {(column, row) for column in (1, 3) for row in range(3, 1503)}
    assert sum(c.comment is not None for row in page.iter_rows() for c in row) == 1000
    assert book["Da correggere"].max_row < 250
