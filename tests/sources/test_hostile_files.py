"""Files made to mislead or to break: numbers that could be two, rows that shift, sheets that explode."""

import codecs
import io
import random
import zipfile

import openpyxl
import pytest

from conciliazione_lib import catalog
from conciliazione_lib.errors import DatiError, Problem, UsoError
from conciliazione_lib.sources.annotated import SUMMARY, write_annotated
from conciliazione_lib.sources.extraction import read_table
from conciliazione_lib.territory import load

HEADER = ["Denominazione", "Comune", "Tipologia", "Gestione", "Posti", "Anno"]
ROW = ["Nido Il Girasole", "Azzate", "Asilo nido", "pubblica", "30", "2025"]
DATA = {"grado": "pubblicazione", "fonte": "prova"}


@pytest.fixture(scope="module")
def territorio():
    return load()


@pytest.fixture
def read(tmp_path, territorio):
    def _read_one(testo, tabella="servizi_offerta", nome="elenco.csv"):
        path = tmp_path / nome
        path.write_bytes(testo if isinstance(testo, bytes) else testo.encode())
        return read_table(path, catalog.spec(tabella), territorio, defaults=DATA).frame

    return _read_one


def csv(*rows, sign=";"):
    return "\r\n".join(sign.join(row) for row in rows)


def tempi(one, due):
    header = ["origine", "destinazione", "minuti"]
    return csv(header, ["Azzate", "Varese", one], ["Azzate", "Gavirate", due])


def kpi(*values):
    header = [
        "ats",
        "alleanza",
        "cod_azione",
        "cod_kpi",
        "tipo",
        "indicatore",
        "partner",
        "traguardo",
        "data_traguardo",
    ]
    fixed = ["pavia", "Nord", "A1", "K1", "outcome", "Ore risparmiate"]
    return csv(header, *([*fixed, f"Ente {n}", value, "30/6/2027"] for n, value in enumerate(values)))


def test_a_decimal_point_with_three_figures_is_not_read_as_thousands(read):
    assert read(tempi("0.125", "7.5"), "tempi_percorrenza")["minuti"].tolist() == [0.125, 7.5]
    assert read(tempi("12.345", "12.5"), "tempi_percorrenza")["minuti"].tolist() == [12.345, 12.5]
    with pytest.raises(DatiError, match=r"(?s)si legga in un modo solo.*«1\.234», che può essere 1234 o 1,234"):
        read(kpi("1.234", "8.765"), "kpi")


def test_a_decimal_comma_that_shifts_the_cells_of_a_csv_is_told(read):
    rows = [["origine", "destinazione", "minuti"], ["Azzate", "Varese", "12", "5"]]
    with pytest.raises(DatiError, match=r"riga 2: atteso 3 celle.*trovato 4 celle: «Azzate \| Varese \| 12 \| 5»"):
        read(csv(*rows, sign=","), "tempi_percorrenza")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_the_usual_encodings_give_the_same_names(read, encoding):
    row = ["Nido «È più» dell’Adda", *ROW[1:]]
    assert read(csv(HEADER, row, sign="\t").encode(encoding))["denominazione"].tolist() == [row[0]]


def test_unicode_text_of_a_machine_that_writes_the_other_way_round(read):
    content = codecs.BOM_UTF16_BE + csv(HEADER, ROW, sign="\t").encode("utf-16-be")
    assert read(content)["posti"].tolist() == [30]


def test_what_is_not_text_is_refused(read):
    with pytest.raises(DatiError, match="non contiene testo, o è scritto in una codifica che non si riconosce"):
        read(csv(HEADER, ROW).encode("utf-16-le"))


def test_a_unicode_text_that_is_out_of_step_is_refused_and_no_row_is_lost_in_a_cell(read):
    content = codecs.BOM_UTF16_LE + csv(HEADER, ROW, ROW).encode("utf-16-le")
    at = content.index("\n".encode("utf-16-le"))
    gained = content[: at - 4] + b"1" + content[at - 4 :]
    assert gained != content
    with pytest.raises(DatiError, match="è danneggiato"):
        read(gained + b"0")


def test_control_characters_never_reach_a_document(read):
    assert read(csv(HEADER, ["Nido\x01 Ape\x1b", *ROW[1:]]))["denominazione"].tolist() == ["Nido Ape"]


def workbook():
    book = openpyxl.Workbook()
    for row in [HEADER, ROW]:
        book.active.append(row)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def rewritten(path, change):
    """Write the workbook with its parts changed: name and content in, name and content out."""
    with zipfile.ZipFile(io.BytesIO(workbook())) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(*change(name, old.read(name)))
    return path


FAR = {
    "apici": b"<row r='1048576'><c r='XFD1048576' t='n'><v>1</v></c></row>",
    "spazi": b'<row r="1048576"><c\n r = "XFD1048576" t="n"><v>1</v></c></row>',
    "minuscole": b'<row r="1048576"><c r="xfd1048576" t="n"><v>1</v></c></row>',
    "prefisso": b'<x:row r="1048576"><x:c r="XFD1048576" t="n"><x:v>1</x:v></x:c></x:row>',
    "senza posto": b'<row r="1048576">' + b"<c><v>1</v></c>" * 1000 + b"</row>",
    "oltre ogni foglio": b'<row r="1"><c r="ZZZZZZZZ99999999999"><v>1</v></c></row>',
}


@pytest.mark.parametrize("come", [*FAR, "altro nome"])
def test_a_cell_too_far_is_seen_however_it_is_written(tmp_path, territorio, come):
    far = FAR.get(come, FAR["apici"])

    def change(name, content):
        if come == "altro nome":
            content = content.replace(b"/xl/worksheets/sheet1.xml", b"/xl/altro.bin")
            content = content.replace(b"worksheets/sheet1.xml", b"altro.bin")
        if name.endswith("sheet1.xml"):
            content = content.replace(b"</sheetData>", far + b"</sheetData>")
            name = "xl/altro.bin" if come == "altro nome" else name
        return name, content

    path = rewritten(tmp_path / "lontana.xlsx", change)
    with pytest.raises(DatiError, match="è troppo grande: un foglio arriva alla riga"):
        read_table(path, catalog.spec("servizi_offerta"), territorio)


def test_a_csv_of_separators_alone_does_not_fill_the_memory(read, monkeypatch):
    monkeypatch.setattr("conciliazione_lib.sources.files.MAX_CELLS", 2_000_000)
    with pytest.raises(DatiError, match="ha più di 2 milioni di celle"):
        read(csv(HEADER, ROW) + "\r\n" + (";" * 1000 + "\n") * 3000)


PROBLEM = Problem("un comune", "«x\x01y»", riga=2, colonna="Comune")


def marked(copy):
    book = openpyxl.load_workbook(copy)
    page = book.worksheets[0]
    return page["B2"].comment.text, page["B1"].value, book.sheetnames


def test_the_copy_of_a_csv_with_control_characters_is_written(tmp_path):
    path = tmp_path / "strano.csv"
    path.write_text(csv(HEADER, ["Nido\x01", "x\x01y", *ROW[2:]]), encoding="utf-8")
    text, header, sheets = marked(write_annotated(path, [PROBLEM]))
    assert ("trovato «xy»" in text, header, sheets) == (True, "Comune", ["Foglio1", SUMMARY])


def test_a_workbook_that_is_read_but_not_rewritten_gives_a_plain_copy(tmp_path):
    def change(name, content):
        return name, content.replace(b"<workbookView ", b'<workbookView sconosciuto="1" ')

    path = rewritten(tmp_path / "strano.xlsx", change)
    with pytest.raises(TypeError):
        openpyxl.load_workbook(path)
    text, header, _ = marked(write_annotated(path, [PROBLEM]))
    assert ("trovato «xy»" in text, header) == (True, "Comune")


def test_the_copy_of_a_csv_that_nobody_would_correct_by_hand_is_not_written(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(csv(HEADER, *[ROW] * 90_000).encode())
    with pytest.raises(UsoError, match="è molto grande: la copia con le celle da correggere non si scrive"):
        write_annotated(path, [Problem("x", "y", path, riga=2, colonna="posti")])
    assert [one.name for one in tmp_path.iterdir()] == ["a.csv"]


def test_a_copy_that_cannot_be_written_is_told(tmp_path):
    path = tmp_path / "elenco.csv"
    path.write_text(csv(HEADER, ROW), encoding="utf-8")
    (tmp_path / "elenco-da-correggere.xlsx").mkdir()
    with pytest.raises(UsoError, match=r"La copia «elenco-da-correggere\.xlsx» .* non si può scrivere"):
        write_annotated(path, [PROBLEM])


def test_every_damaged_workbook_with_problems_has_its_copy(tmp_path, territorio):
    rng = random.Random(20261121)
    path, written = tmp_path / "rotto.xlsx", 0

    def change(name, content):
        if name != "xl/workbook.xml" and "styles" not in name:
            return name, content.replace(b"Azzate", b"Nessunluogo").replace(b">pubblica<", b">boh<")
        at = rng.randrange(len(content))
        return name, content[:at] + bytes([rng.randrange(32, 127)]) + content[at + rng.randrange(3) :]

    for _ in range(60):
        rewritten(path, change)
        problems = []
        try:
            read_table(path, catalog.spec("servizi_offerta"), territorio, defaults=DATA)
        except DatiError as refused:
            problems = refused.problemi
        if any(p.riga for p in problems):
            written += write_annotated(path, problems).is_file()
    assert written > 10
