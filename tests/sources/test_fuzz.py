"""Damaged files: never a traceback, never a row lost in silence, never too much memory.

Ten thousand of them: ``python benchmarks/file_degli_uffici.py``.
"""

import io
import random
import tracemalloc
import zipfile

import openpyxl
import pytest
from sources.damage import damaged, damaged_part

from conciliazione_lib import catalog
from conciliazione_lib.errors import ConciliazioneError
from conciliazione_lib.sources import files
from conciliazione_lib.sources.extraction import read_table
from conciliazione_lib.sources.files import read_sheets
from conciliazione_lib.territory import load

CSV = 250
XLSX = 80
#: One file in so many has its memory measured.
MEASURED = 40
HEADER = ["Denominazione", "Comune", "Tipologia", "Gestione", "Posti", "Anno"]
ROWS = [
    ["Nido Il Girasole", "Azzate", "Asilo nido", "pubblica", "30", "2025"],
    ["Nido L’Aquilone", "012133", "Asilo nido", "privata", "1.024,0", "2025"],
    ["Micronido «Stella»", "13041", "Micronido", "privata accreditata", "", "2024"],
]


def text(separator=";", encoding="utf-8"):
    return "\r\n".join(separator.join(row) for row in [HEADER, *ROWS]).encode(encoding)


@pytest.fixture(scope="module")
def territorio():
    return load()


def accounted(path, spec, territorio):
    """Read a file; if it is read, every row that holds something below the header is in the table."""
    try:
        found = read_table(path, spec, territorio, defaults={"grado": "pubblicazione", "fonte": "prova", "anno": 2025})
    except ConciliazioneError:
        return False
    (sheet,) = [s for s in read_sheets(path) if s.name == found.sheet]
    header = [cell for cell in sheet.cells[found.header_row - 1] if cell is not None]
    held = [
        number
        for number, row in enumerate(sheet.cells[found.header_row :], start=found.header_row + 1)
        if any(cell is not None for cell in row) and [cell for cell in row if cell is not None] != header
    ]
    totals = {int(told.partition(":")[0].removeprefix("riga ")) for told in found.totals}
    assert found.frame.index.tolist() == [number for number in held if number not in totals]
    return True


def test_damaged_csv(tmp_path, territorio):
    spec = catalog.spec("servizi_offerta")
    rng = random.Random(20260315)
    sources = [text(), text(","), text("\t", "cp1252"), text(";", "utf-8-sig"), text("|"), text(";", "utf-16")]
    path = tmp_path / "elenco così.csv"
    read, peak = 0, 0
    for n in range(CSV):
        path.write_bytes(damaged(rng, rng.choice(sources), most=6))
        if n % MEASURED == 0:
            tracemalloc.start()
        read += accounted(path, spec, territorio)
        if n % MEASURED == 0:
            peak = max(peak, tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    # Both outcomes are exercised, not only refusals.
    assert CSV * 0.02 < read < CSV * 0.9
    assert peak < 50_000_000


def test_damaged_spreadsheets(tmp_path, territorio):
    spec = catalog.spec("servizi_offerta")
    rng = random.Random(20260316)
    book = openpyxl.Workbook()
    book.active.title = "Elenco"
    for row in [["Elenco dei servizi"], HEADER, *ROWS]:
        book.active.append(row)
    book.active.append(["=1+1", "Azzate", "Asilo nido", "pubblica", 12, 2025])
    book.active["A6"].data_type = "s"  # a text: a formula without its result is refused
    made = io.BytesIO()
    book.save(made)
    whole = made.getvalue()
    path = tmp_path / "elenco.xlsx"
    read = 0
    for n in range(XLSX):
        path.write_bytes(damaged_part(rng, whole) if n % 2 else damaged(rng, whole, most=6))
        read += accounted(path, spec, territorio)
    assert 0 < read < XLSX


def test_a_spreadsheet_that_explodes_is_refused_before_it_does(tmp_path, territorio, monkeypatch):
    monkeypatch.setattr(files, "MAX_UNPACKED", 4_000_000)
    book = openpyxl.Workbook()
    book.active.append(HEADER)
    made = io.BytesIO()
    book.save(made)
    path = tmp_path / "bomba.xlsx"
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("sheet1.xml"):
                content = content.replace(b"</sheetData>", b"<!--" + b"x" * 4_000_000 + b"-->")
            new.writestr(name, content)
    with pytest.raises(ConciliazioneError, match="una volta aperto occupa più di 4 MB"):
        read_table(path, catalog.spec("servizi_offerta"), territorio)


def test_a_spreadsheet_with_a_cell_a_million_rows_below_is_not_unrolled(tmp_path, territorio):
    book = openpyxl.Workbook()
    for row in [HEADER, *ROWS]:
        book.active.append(row)
    book.active.cell(row=1_048_576, column=16_384, value="qui")
    path = tmp_path / "lontano.xlsx"
    book.save(path)
    with pytest.raises(ConciliazioneError, match="un foglio arriva alla riga 1048576 e alla colonna 16384"):
        read_table(path, catalog.spec("servizi_offerta"), territorio)
