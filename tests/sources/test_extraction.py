"""Supply lists as the ATS keep them: read right, or refused with every problem in its place."""

import io
import re

import openpyxl
import pandas as pd
import pytest
import xlsxwriter

from conciliazione_lib import territory
from conciliazione_lib.catalog import spec
from conciliazione_lib.errors import DatiError, UsoError
from conciliazione_lib.sources.cells import Comuni
from conciliazione_lib.sources.extraction import read_table
from conciliazione_lib.sources.files import normalise, read_sheets

SPEC = spec("servizi_offerta")
DEFAULTS = {"fonte": "Elenco di prova", "grado": "esempio", "anno": 2024}
TERRITORIO = territory.load("2022-01-01")
HEADER = ["Comune", "Denominazione", "Tipologia", "Natura giuridica", "Posti autorizzati"]
GOOD = [
    ["Pavia", "Nido Arcobaleno", "Asilo nido", "pubblico", 60],
    ["018177", "Nido Sole", "Micro-nido", "Privato accreditato", 10],
    ["CANTU'", "Casa Tata", "nido famiglia", None, "5"],
]


def book(path, rows, *, sheet="Foglio1", merges=()):
    with xlsxwriter.Workbook(path) as workbook:
        page = workbook.add_worksheet(sheet)
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if value is not None:
                    page.write(number, column, value)
        for top, left, bottom, right, value in merges:
            page.merge_range(top, left, bottom, right, value)
    return path


def read(path, **options):
    return read_table(path, SPEC, TERRITORIO, defaults=DEFAULTS, **options)


def refused(path, **options):
    with pytest.raises(DatiError) as caught:
        read(path, **options)
    return caught.value


# -- read right ---------------------------------------------------------------------------------------


def expected_rows(frame):
    return frame[["cod_comune", "denominazione", "tipo", "gestione", "posti"]].astype(object).values.tolist()


WANTED = [
    ["018110", "Nido Arcobaleno", "asilo_nido", "pubblica", 60],
    ["018177", "Nido Sole", "micronido", "privata accreditata", 10],
    ["013041", "Casa Tata", "nido_famiglia", None, 5],
]


def same(frame):
    rows = [[None if pd.isna(value) else value for value in row] for row in expected_rows(frame)]
    assert rows == WANTED


def test_comuni_called_by_another_name_are_told(tmp_path):
    rows = [HEADER, ["Zelo Surrigone", *GOOD[0][1:]], ["012095", *GOOD[1][1:]], ["Campione", *GOOD[2][1:]]]
    after = territory.load("2024-01-01")
    read_ = read_table(book(tmp_path / "nidi.xlsx", rows), SPEC, after, defaults=DEFAULTS)
    assert read_.frame["cod_comune"].tolist() == ["015251", "012144", "013040"]
    assert read_.renamed == (
        "Zelo Surrigone: cessato l’8 febbraio 2019, ora Vermezzo con Zelo",
        "012095: codice cessato, ora Bardello con Malgesso e Bregano",
        "Campione: letto come Campione d'Italia",
    )


def test_a_plain_list_is_read_right(tmp_path):
    found = read(book(tmp_path / "nidi.xlsx", [HEADER, *GOOD]))
    same(found.frame)
    assert found.frame.index.tolist() == [2, 3, 4]
    assert set(found.frame["fonte"]) == {"Elenco di prova"}
    assert set(found.frame["anno"]) == {2024}


def test_titles_empty_rows_and_repeated_headers_do_not_matter(tmp_path):
    rows = [["ATS di prova"], ["Elenco delle unità d'offerta", None, "al 31/12/2024"], [], HEADER, GOOD[0], [], HEADER]
    found = read(book(tmp_path / "nidi con titoli è.xlsx", [*rows, *GOOD[1:]]))
    same(found.frame)
    assert found.header_row == 4
    assert found.frame.index.tolist() == [5, 8, 9]


def test_totals_that_the_table_itself_has_are_data(tmp_path):
    rows = [["Comune", "Anno", "Area di utenza", "Spesa"]]
    rows += [["Pavia", 2021, area, euros] for area, euros in (("Minori", 900), ("anziani", 100), ("Totale", 1000))]
    path = book(tmp_path / "spesa.xlsx", [*rows, ["Totale", None, None, 2000]])
    found = read_table(path, spec("spesa_sociale_comuni"), TERRITORIO, defaults={"fonte": "ISTAT", "grado": "esempio"})
    assert found.frame["area"].tolist() == ["famiglia e minori", "anziani", "totale"]
    assert found.frame["spesa"].tolist() == [900, 100, 1000]


def test_columns_in_another_order_and_others_besides(tmp_path):
    rows = [[row[4], row[0], "via Roma", row[2], row[3], row[1]] for row in GOOD]
    header = ["Capacità", "Comune di ubicazione", "Indirizzo", "Tipologia UdO", "Natura", "Denominazione UdO"]
    found = read(book(tmp_path / "altro ordine.xlsx", [header, *rows]))
    same(found.frame)
    assert found.ignored == ("Indirizzo",)


def test_the_code_is_preferred_to_the_name_and_gets_its_zero_back(tmp_path):
    header = ["Comune", "Codice ISTAT", *HEADER[1:]]
    rows = [["Pavia città", 18110, *GOOD[0][1:]], ["?", 18177.0, *GOOD[1][1:]], ["-", "013041", *GOOD[2][1:]]]
    found = read(book(tmp_path / "codici.xlsx", [header, *rows]))
    same(found.frame)
    assert "Comune" in found.ignored


HEADER_AMBITI = ["Comune", "Ambito territoriale", "Periodo", "Tipo elenco", "Grado", "Fonte"]


@pytest.mark.parametrize("written", ["Lomellina", "lomellina", "Ambito della LOMELLINA"])
def test_an_ambito_may_be_written_by_its_name(tmp_path, written):
    path = book(tmp_path / "ambiti.xlsx", [HEADER_AMBITI, ["Confienza", written, "2025-27", "ambito", "atto", "Piano"]])
    frame = read_table(path, spec("comuni_ambiti"), TERRITORIO).frame
    assert frame[["cod_comune", "ambito"]].to_numpy().tolist() == [["018052", "lomellina"]]


def test_an_unknown_ambito_gets_the_nearest(tmp_path):
    path = book(tmp_path / "ambiti.xlsx", [HEADER_AMBITI, ["Confienza", "Lomelina", "2025", "ambito", "atto", "Piano"]])
    with pytest.raises(DatiError, match="I nomi più vicini sono: Lomellina"):
        read_table(path, spec("comuni_ambiti"), TERRITORIO)


@pytest.mark.parametrize(
    ("delimiter", "encoding"), [(";", "utf-8-sig"), (",", "utf-8"), ("\t", "cp1252"), (";", "cp1252")]
)
def test_csv_with_the_usual_separators_and_encodings(tmp_path, delimiter, encoding):
    rows = [HEADER, *GOOD[:2], ["Cantù", *GOOD[2][1:]]]
    text = "\n".join(delimiter.join("" if cell is None else str(cell) for cell in row) for row in rows)
    path = tmp_path / "elenco.csv"
    path.write_bytes(text.encode(encoding))
    same(read(path).frame)


def test_open_document_sheets_are_read_like_the_others(tmp_path):
    path = tmp_path / "elenco.ods"
    path.write_bytes(minimal_ods([HEADER, *GOOD]))
    same(read(path).frame)


def test_a_text_merged_down_its_rows_holds_for_each(tmp_path):
    rows = [HEADER, GOOD[0], [None, "Nido Luna", "nido", "pubblica", 20], GOOD[1], GOOD[2]]
    found = read(book(tmp_path / "unite.xlsx", rows, merges=[(1, 0, 2, 0, "Pavia")]))
    assert found.frame["cod_comune"].tolist() == ["018110", "018110", "018177", "013041"]


def test_italian_numbers_and_the_ways_to_say_not_known(tmp_path):
    rows = [
        [f"{a}", f"Servizio {i}", "CRD", "privata", value]
        for i, (a, value) in enumerate(
            [("Pavia", "1.200"), ("Pavia", "n.d."), ("Pavia", None), ("Pavia", "30,0"), ("Pavia", "-")]
        )
    ]
    posti = read(book(tmp_path / "numeri.xlsx", [HEADER, *rows])).frame["posti"]
    assert posti.iloc[[0, 3]].tolist() == [1200, 30]
    assert posti.iloc[[1, 2, 4]].isna().all()


def test_formulas_count_for_their_saved_value(tmp_path):
    path = tmp_path / "formule.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        page = workbook.add_worksheet()
        page.write_row(0, 0, HEADER)
        page.write_row(1, 0, GOOD[0][:4])
        page.write_formula(1, 4, "=30*2", None, 60)
    assert read(path).frame["posti"].tolist() == [60]


def test_the_sheet_named_as_the_table_wins_and_hidden_ones_do_not_count(tmp_path):
    path = tmp_path / "fogli.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        for name in ("vecchio", "servizi_offerta", "nascosto"):
            page = workbook.add_worksheet(name)
            page.write_row(0, 0, HEADER)
            page.write_row(1, 0, [*GOOD[0][:4], 60 if name == "servizi_offerta" else 1])
            if name == "nascosto":
                page.hide()
    assert read(path).frame["posti"].tolist() == [60]
    assert [sheet.name for sheet in read_sheets(path)] == ["vecchio", "servizi_offerta"]


# -- refused, with every problem located --------------------------------------------------------------


def test_every_problem_of_a_bad_list_is_located(tmp_path):
    rows = [
        ["Elenco servizi"],
        HEADER,
        ["Pavya", "Nido A", "asilo nido", "pubblica", 20],
        ["Pavia", "Nido B", "asillo nido", "pubblica", 20],
        ["Pavia", "Nido C", "asilo nido", "pubblica", -4],
        ["Pavia", "Nido D", "asilo nido", "pubblica", "trenta"],
        ["Pavia", "Nido E", "asilo nido", "mista", 12.5],
        ["Pavia", None, "asilo nido", "pubblica", 20],
        ["Vigevano", "Nido G", "asilo nido", "pubblica", 20],
        ["Vigevano", "Nido G", "nido", "pubblica", 25],
        ["Castelnuovo", "Nido H", "asilo nido", "pubblica", 20],
        [18999, "Nido I", "asilo nido", "pubblica", 20],
        ["Totale", None, None, None, 161],
        ["Fonte: ufficio di piano"],
    ]
    error = refused(book(tmp_path / "elenco sbagliato.xlsx", rows, sheet="Nidi"))
    found = {(p.riga, p.colonna): p for p in error.problemi}
    assert set(found) == {
        (3, "Comune"),
        (4, "Tipologia"),
        (5, "Posti autorizzati"),
        (6, "Posti autorizzati"),
        (7, "Natura giuridica"),
        (7, "Posti autorizzati"),
        (8, "Denominazione"),
        (10, None),
        (11, "Comune"),
        (12, "Comune"),
        (14, None),
    }
    assert found[3, "Comune"].rimedio == "I nomi più vicini sono: Pavia."
    assert found[4, "Tipologia"].rimedio == "Il più vicino è «asilo_nido»."
    assert found[5, "Posti autorizzati"].atteso == "un valore non minore di 0"
    assert found[6, "Posti autorizzati"].trovato == "«trenta»"
    assert {"Castelnuovo Bocca d'Adda", "Castelnuovo Bozzente"} <= set(
        re.split(r": |, |\.$", found[11, "Comune"].rimedio)
    )
    assert "ripetuta" in found[10, None].trovato
    assert found[14, None].rimedio == "Se è una nota, toglierla dal foglio."
    assert str(found[3, "Comune"]).startswith("file elenco sbagliato.xlsx, foglio Nidi, riga 3, colonna Comune: atteso")
    assert error.messaggio == (
        "Il file «elenco sbagliato.xlsx» non si può leggere come «servizi_offerta»: 11 problemi."
    )


def test_merged_places_are_not_counted_once_for_each_row(tmp_path):
    rows = [HEADER, [*GOOD[0][:4], None], [*GOOD[1][:4], None]]
    error = refused(book(tmp_path / "unite.xlsx", rows, merges=[(1, 4, 2, 4, 60)]))
    (problem,) = error.problemi
    assert (problem.riga, problem.colonna) == (2, "Posti autorizzati")
    assert "celle unite" in problem.trovato


def test_cells_merged_across_columns_are_refused(tmp_path):
    rows = [HEADER, ["Pavia", None, None, "pubblica", 20]]
    error = refused(book(tmp_path / "unite.xlsx", rows, merges=[(1, 1, 1, 2, "Asilo nido")]))
    assert (2, "Denominazione") in {(p.riga, p.colonna) for p in error.problemi}


def test_missing_columns_are_named_with_what_they_hold(tmp_path):
    error = refused(book(tmp_path / "senza.xlsx", [["Comune", "Posti", "Tipologgia"], ["Pavia", 3, "nido"]]))
    asked = {p.atteso.split("»")[0] for p in error.problemi}
    assert asked == {"la colonna «denominazione", "la colonna «tipo"}
    assert all(p.riga == 1 for p in error.problemi)


def test_a_column_named_twice_is_refused(tmp_path):
    error = refused(book(tmp_path / "doppia.xlsx", [[*HEADER, "Comune"], [*GOOD[0], "Voghera"]]))
    assert [(p.riga, p.trovato) for p in error.problemi] == [(1, "due colonne con lo stesso nome")]


def test_no_header_says_which_columns_to_write(tmp_path):
    error = refused(book(tmp_path / "dati.xlsx", GOOD))
    assert "non c'è una riga di intestazione" in error.messaggio
    assert "cod_comune, denominazione, tipo" in str(error.rimedio)


def test_a_header_without_rows_is_refused(tmp_path):
    (problem,) = refused(book(tmp_path / "vuoto.xlsx", [HEADER])).problemi
    assert problem.atteso == "almeno una riga di dati sotto l'intestazione"


def test_several_sheets_with_the_columns_must_be_chosen(tmp_path):
    path = tmp_path / "due.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        for name in ("2023", "2024"):
            page = workbook.add_worksheet(name)
            page.write_row(0, 0, HEADER)
            page.write_row(1, 0, [*GOOD[0][:4], int(name)])
    with pytest.raises(UsoError, match="«2023», «2024»"):
        read(path)
    assert read(path, sheet="2024").frame["posti"].tolist() == [2024]
    with pytest.raises(UsoError, match="non c'è il foglio «2025»"):
        read(path, sheet="2025")


# -- files --------------------------------------------------------------------------------------------


def test_a_missing_file_and_an_unknown_format(tmp_path):
    with pytest.raises(UsoError, match="non esiste"):
        read_sheets(tmp_path / "assente.xlsx")
    (tmp_path / "elenco.pdf").write_bytes(b"%PDF")
    with pytest.raises(UsoError, match=r"formato «\.pdf»"):
        read_sheets(tmp_path / "elenco.pdf")


def test_a_damaged_and_an_empty_file(tmp_path):
    (tmp_path / "rotto.xlsx").write_bytes(b"PK\x03\x04 non un foglio")
    with pytest.raises(DatiError, match="danneggiato"):
        read_sheets(tmp_path / "rotto.xlsx")
    with pytest.raises(DatiError, match="è vuoto"):
        read_sheets(book(tmp_path / "vuoto.xlsx", []))


def test_rows_are_those_that_openpyxl_sees(tmp_path):
    path = book(tmp_path / "righe.xlsx", [[], ["ATS"], [], HEADER, *GOOD])
    page = openpyxl.load_workbook(path).active
    (sheet,) = read_sheets(path)
    assert [list(row) for row in page.iter_rows(values_only=True)] == sheet.cells


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("pavia", "018110"),
        ("Cantu", "013041"),
        ("Cantù (CO)", "013041"),
        (18110, "018110"),
        ("18110", "018110"),
        ("Vermezzo", "015251"),
    ],
)
def test_comuni_by_name_code_or_both(written, code):
    assert Comuni(TERRITORIO).resolve(written) == code


def test_normalise_forgets_accents_case_and_punctuation():
    assert normalise("  Pré/Post-SCUOLA ") == "pre post scuola"


def minimal_ods(rows):
    """An OpenDocument sheet with the given rows, made by hand: no writer of it is among our dependencies."""
    import zipfile
    from xml.sax.saxutils import escape

    def cell(value):
        if value is None:
            return "<table:table-cell/>"
        if isinstance(value, int):
            return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
        return f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'

    body = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    names = ["office", "table", "text"]
    namespaces = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in names)
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {namespaces} office:version="1.2">'
        f'<office:body><office:spreadsheet><table:table table:name="Foglio1">{body}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    return buffer.getvalue()
