"""A cell whose value is not in the file is a problem with its place, never an empty cell."""

import zipfile

import openpyxl
import pytest

from conciliazione_lib import catalog
from conciliazione_lib.errors import DatiError
from conciliazione_lib.sources.annotated import write_annotated
from conciliazione_lib.sources.extraction import read_table
from conciliazione_lib.sources.files import read_sheets
from conciliazione_lib.sources.formulas import WITHOUT_RESULT, Unreadable
from conciliazione_lib.territory import load

HEAD = ["comune", "denominazione", "tipo", "posti", "anno"]
GIVEN = {"grado": "pubblicazione", "fonte": "prova"}
SERVICES = catalog.spec("servizi_offerta")


@pytest.fixture(scope="module")
def territorio():
    return load()


def workbook(path, rows, results=()):
    """Write a workbook; the results are put beside their formulas, as a spreadsheet does when it saves."""
    book = openpyxl.Workbook()
    book.active.title = "Nidi & co."
    for row in [HEAD, *rows]:
        book.active.append(row)
    made = path.with_name("grezzo.xlsx")
    book.save(made)
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name).decode()
            for cell, formula, kind, value in results:
                before, after = (
                    f'<c r="{cell}"><f>{formula}</f><v></v></c>',
                    f'<c r="{cell}"{kind}><f>{formula}</f><v>{value}</v></c>',
                )
                content = content.replace(before, after)
            new.writestr(name, content)
    return path


def problems(path, territorio):
    with pytest.raises(DatiError) as refused:
        read_table(path, SERVICES, territorio, defaults=GIVEN)
    return [(p.riga, p.colonna, p.trovato) for p in refused.value.problemi]


def test_formulas_count_for_their_result(tmp_path, territorio):
    path = workbook(
        tmp_path / "nidi.xlsx",
        [["Pavia", "A", "asilo nido", "=10+5", 2025], ["Voghera", "B", "asilo nido", '=IF(1=1,"","")', 2025]],
        [("D2", "10+5", "", "15"), ("D3", 'IF(1=1,"","")', ' t="str"', "")],
    )
    frame = read_table(path, SERVICES, territorio, defaults=GIVEN).frame
    assert frame["posti"].isna().tolist() == [False, True]
    assert frame["posti"].tolist()[0] == 15


def test_an_error_and_a_formula_never_computed_are_told_with_their_cell(tmp_path, territorio):
    path = workbook(
        tmp_path / "nidi.xlsx",
        [
            ["Pavia", "A", "asilo nido", "=1/0", 2025],
            ["Pavia", "B", "asilo nido", "=5+5", 2025],
            ["Pavia", '="C"', "asilo nido", 3, 2025],
        ],
        [("D2", "1/0", ' t="e"', "#DIV/0!")],
    )
    found = problems(path, territorio)
    assert found == [
        (2, "posti", "«#DIV/0!»"),
        (3, "posti", f"«{WITHOUT_RESULT}»"),
        (4, "denominazione", f"«{WITHOUT_RESULT}»"),
    ]
    with pytest.raises(DatiError) as refused:
        read_table(path, SERVICES, territorio, defaults=GIVEN)
    copy = openpyxl.load_workbook(write_annotated(path, refused.value.problemi))
    assert copy["Nidi & co."]["D3"].comment is not None


def test_an_error_in_the_last_cells_is_not_trimmed_away(tmp_path, territorio):
    path = workbook(tmp_path / "nidi.xlsx", [["Pavia", "A", "asilo nido", 3, 2025], [None, None, None, "=1/0"]])
    assert problems(path, territorio)[0][0] == 3


ODS = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0" office:version="1.2"><office:body>
<office:spreadsheet><table:table table:name="Foglio1">
<table:table-row><table:table-cell office:value-type="string"><text:p>comune</text:p></table:table-cell>
<table:table-cell office:value-type="string"><text:p>posti</text:p></table:table-cell></table:table-row>
<table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="2"/></table:table-row>
<table:table-row><table:table-cell office:value-type="string"><text:p>Pavia</text:p></table:table-cell>
<table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value="" calcext:value-type="error">
<text:p>#DIV/0!</text:p></table:table-cell></table:table-row>
<table:table-row><table:table-cell office:value-type="string"><text:p>Voghera</text:p></table:table-cell>
<table:table-cell table:formula="of:=1+1" office:value-type="float" office:value="2">
<text:p>2</text:p></table:table-cell>
</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"""


def test_open_documents_too(tmp_path):
    path = tmp_path / "nidi.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", ODS.replace("\n", ""))
    (sheet,) = read_sheets(path)
    assert sheet.cells[3] == ["Pavia", Unreadable("#DIV/0!")]
    assert sheet.cells[4] == ["Voghera", 2]


@pytest.mark.parametrize(
    "line",
    ['Pavia;"Nido A;asilo nido;5;2025', 'Pavia;"Nido" A;asilo nido;5;2025', f"Pavia;{'x' * 200_000};asilo nido;5;2025"],
    ids=["never closed", "closed early", "endless"],
)
def test_a_cell_of_a_csv_never_swallows_the_rows_after_it(tmp_path, territorio, line):
    path = tmp_path / "nidi.csv"
    path.write_text("\n".join([";".join(HEAD), line, "Voghera;Nido B;asilo nido;6;2025", ""]), encoding="utf-8")
    with pytest.raises(DatiError, match="dalla riga 2 in poi"):
        read_table(path, SERVICES, territorio, defaults=GIVEN)
    path.write_text(
        path.read_text(encoding="utf-8").replace(line, 'Pavia;"Nido ""A""";asilo nido;5;2025'), encoding="utf-8"
    )
    assert read_table(path, SERVICES, territorio, defaults=GIVEN).frame["denominazione"].tolist() == [
        'Nido "A"',
        "Nido B",
    ]
