"""The museum of headers: a column that matters is read under its names, asked about under the others, never dropped."""

import openpyxl
import pytest
import xlsxwriter

from conciliazione_lib import catalog, territory
from conciliazione_lib.cli import main
from conciliazione_lib.errors import DatiError, UsoError
from conciliazione_lib.sources.extraction import read_table

SPEC = catalog.spec("servizi_offerta")
T = territory.load()
GIVEN = {"grado": "pubblicazione", "fonte": "Elenco di prova", "anno": 2025}
FIXED = ["Comune", "Denominazione", "Tipologia"]
ROWS = [
    ["Pavia", "Nido Uno", "asilo nido"],
    ["Voghera", "Nido Due", "micronido"],
    ["Lodi", "Nido Tre", "nido famiglia"],
]
PLACES = [60, 10, 5]

#: Names under which lists of offices give the number of places.
READ = [
    "Posti",
    "N. posti",
    "N.Posti",
    "Numero posti",
    "Posti autorizzati",
    "Capacità ricettiva",
    "CAPIENZA",
    "Ricettività",
]
ASKED = [
    "CAP_MAX",
    "SOMMA_POSTI_AUTO",
    "Numero posti autorizzati",
    "Nr posti",
    "POSTI_LET TO_TOTAL I_ACCREDI TATI",
    "Posti letto",
    "Posti (n.)",
    "Tot. posti",
    "Posti aut.",
    "posti_autorizzati_2025",
    "Capacità massima",
    "Capienza max",
    "Ricettività massima",
    "Posti accreditati",
    "N° posti nido",
    "Bambini",
    "N. utenti",
    "Utenza",
    "Autorizzati",
    "Iscrivibili",
    "Posto",
    "Ospiti",
    "PP.AA.",
    "Quanti",
    "N.",
]


def book(path, rows, merges=(), name="Elenco"):
    with xlsxwriter.Workbook(path) as out:
        page = out.add_worksheet(name)
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                if value is not None:
                    page.write(at, column, value)
        for area in merges:
            page.merge_range(*area)
    return path


def listed(path, header, places=PLACES):
    return book(path, [[*FIXED, header], *([*row, value] for row, value in zip(ROWS, places, strict=True))])


def read(path, **how):
    return read_table(path, SPEC, T, defaults=GIVEN, **how)


@pytest.mark.parametrize("header", READ)
def test_a_name_of_the_column_is_the_column(tmp_path, header):
    assert read(listed(tmp_path / "a.xlsx", header)).frame["posti"].tolist() == PLACES


@pytest.mark.parametrize("header", ASKED)
def test_a_header_that_may_be_the_places_stops_with_a_question_and_its_answer_reads_them(tmp_path, header):
    path = listed(tmp_path / "a.xlsx", header)
    with pytest.raises(DatiError) as asked:
        read(path)
    (question,) = asked.value.problemi
    assert "una colonna per «posti»" in question.atteso
    assert f'--colonna "{header}=posti"' in question.rimedio
    assert f'--colonna "{header}=-"' in question.rimedio
    assert read(path, answers={header: "posti"}).frame["posti"].tolist() == PLACES
    without = read(path, answers={header: "-"})
    assert without.frame["posti"].isna().all()
    assert without.unfilled == ("posti",)


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("CAP", [27100, 27058, 26900]),
        ("Telefono", [38212345, 38212346, 37112345]),
        ("Indirizzo", ["via Roma 1", "via Roma 2", "via Roma 3"]),
        ("N. ord.", [1, 2, 3]),
        ("Anno apertura", [1998, 2004, 2019]),
        ("Note varie", ["a", "b", "c"]),
        ("Partita IVA", ["01234567890", "01234567891", "01234567892"]),
    ],
)
def test_headers_that_cannot_be_places_are_not_asked_and_the_missing_measure_is_said(tmp_path, header, values):
    found = read(listed(tmp_path / "a.xlsx", header, values))
    assert found.unfilled == ("posti",)
    assert header in found.ignored


def test_a_second_number_of_places_beside_the_right_one_is_told_not_asked(tmp_path):
    rows = [
        [*FIXED, "Posti autorizzati", "Posti accreditati"],
        *([*r, p, 1] for r, p in zip(ROWS, PLACES, strict=True)),
    ]
    found = read(book(tmp_path / "a.xlsx", rows))
    assert found.frame["posti"].tolist() == PLACES
    assert found.ignored == ("Posti accreditati",)


def test_a_header_with_line_breaks_is_asked_in_one_line_that_can_be_answered(tmp_path):
    path = listed(tmp_path / "rsa.xlsx", "POSTI_LET\nTO_TOTAL\nI_ACCREDI\nTATI")
    with pytest.raises(DatiError) as asked:
        read(path)
    (question,) = asked.value.problemi
    assert '--colonna "POSTI_LET TO_TOTAL I_ACCREDI TATI=posti"' in question.rimedio
    assert "\n" not in str(question)
    assert read(path, answers={"POSTI_LET TO_TOTAL I_ACCREDI TATI": "posti"}).frame["posti"].tolist() == PLACES


def test_names_of_other_levels_are_told_for_what_they_are(tmp_path):
    rows = [[*FIXED, "Posti"], ["Provincia di Pavia", "A", "nido", 1], ["Ambito di Lodi", "B", "nido", 2]]
    with pytest.raises(DatiError) as refused:
        read(book(tmp_path / "a.xlsx", rows))
    told = str(refused.value)
    assert "«Provincia di Pavia»: riga 2. Così scritto è un territorio di livello «provincia»" in told
    assert "«Ambito di Lodi»: riga 3. Così scritto è un territorio di livello «ambito»" in told


def test_a_vocabulary_under_another_name_is_asked_too(tmp_path):
    rows = [[*FIXED, "Posti", "Natura gestionale"], *([*r, p, "pubblica"] for r, p in zip(ROWS, PLACES, strict=True))]
    path = book(tmp_path / "a.xlsx", rows)
    with pytest.raises(DatiError, match="una colonna per «gestione»"):
        read(path)
    assert set(read(path, answers={"Natura gestionale": "gestione"}).frame["gestione"]) == {"pubblica"}


def test_questions_missing_columns_and_wrong_cells_come_in_one_round(tmp_path):
    rows = [["Comune", "Tipologia", "Nr posti"], ["Pavya", "asilo nido", 60], ["Voghera", "asillo", 10]]
    with pytest.raises(DatiError) as refused:
        read(book(tmp_path / "a.xlsx", rows))
    said = str(refused.value)
    for part in ("la colonna «denominazione»", '--colonna "Nr posti=posti"', "«Pavya»", "«asillo»"):
        assert part in said


def test_answers_that_name_nothing_are_refused(tmp_path):
    path = listed(tmp_path / "a.xlsx", "Nr posti")
    with pytest.raises(UsoError, match="non ha la colonna «letti»"):
        read(path, answers={"Nr posti": "letti"})
    with pytest.raises(UsoError, match="non c'è la colonna «Nr letti»"):
        read(path, answers={"Nr letti": "posti"})


TWO_ROWS = [
    ["Elenco delle unità d'offerta"],
    ["Comune", "Denominazione", "Tipologia", "POSTI", None, "Indirizzo"],
    [None, None, None, "Autorizzati", "Accreditati", None],
    *([*row, value, 1, "via Roma"] for row, value in zip(ROWS, PLACES, strict=True)),
]


@pytest.mark.parametrize("merged", [False, True])
def test_a_header_on_two_rows_is_read(tmp_path, merged):
    areas = [(1, 3, 1, 4, "POSTI"), (1, 0, 2, 0, "Comune"), (1, 1, 2, 1, "Denominazione")] if merged else []
    found = read(book(tmp_path / "a.xlsx", TWO_ROWS, areas))
    assert found.frame["posti"].tolist() == PLACES
    assert found.header_row == 3
    assert found.frame.index.tolist() == [4, 5, 6]
    assert found.ignored == ("POSTI Accreditati", "Indirizzo")


@pytest.mark.parametrize("second", ["", "POSTI"])
@pytest.mark.parametrize("last", ["Indirizzo", ""])
def test_a_header_on_two_rows_is_read_in_a_csv_too(tmp_path, second, last):
    lines = [f"Comune;Denominazione;Tipologia;POSTI;{second};{last}", ";;;Autorizzati;Accreditati;"]
    lines += [
        ";".join([*row, str(value), "1", "via Roma" if last else ""]) for row, value in zip(ROWS, PLACES, strict=True)
    ]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = read(path)
    assert found.frame["posti"].tolist() == PLACES
    assert "POSTI Accreditati" in found.ignored


def test_a_header_on_two_rows_under_another_name_is_asked_and_its_problems_are_marked(tmp_path):
    rows = [["Comune", "Denominazione", "Tipologia", "CAPACITÀ", None], [None, None, None, "max", "effettiva"]]
    rows += [[*row, value, 1] for row, value in zip(ROWS, PLACES, strict=True)]
    path = book(tmp_path / "a.xlsx", rows)
    with pytest.raises(DatiError, match=r'--colonna "CAPACITÀ max=posti"'):
        read(path)
    assert read(path, answers={"CAPACITÀ max": "posti"}).frame["posti"].tolist() == PLACES


@pytest.mark.parametrize(
    "first", [["Pavia", "Comune", "asilo nido", "comune", None], ["Pavia", "Posti", None, None, 3]]
)
def test_a_row_of_data_is_not_the_second_row_of_a_header(tmp_path, first):
    rows = [["Comune", "Denominazione", "Tipologia", "Gestione", "Posti"], first]
    with pytest.raises(DatiError) if first[2] is None else _nothing():
        assert len(read(book(tmp_path / "a.xlsx", rows)).frame) == 1


class _nothing:
    def __enter__(self):
        return self

    def __exit__(self, *why):
        return False


def test_the_name_beside_a_wrong_code_shows_that_it_is_wrong_and_never_a_number_like_it(tmp_path):
    header = ["Codice ISTAT", "Comune", "Denominazione", "Tipologia", "Posti"]
    rows = [
        [15145, "Mezzago", "A", "asilo nido", 10],  # of before Monza: translated
        ["015999", "Mezzago", "B", "asilo nido", 10],
        ["018999", "Boh", "C", "asilo nido", 10],
        [18110, "Voghera", "D", "asilo nido", 10],
        ["15146,0", "MILANO", "E", "asilo nido", 10],
    ]
    path = book(tmp_path / "a.xlsx", [header, *rows])
    with pytest.raises(DatiError) as refused:
        read(path)
    found = {p.riga: p for p in refused.value.problemi}
    assert set(found) == {3, 4, 5}
    assert found[3].rimedio == "Nella stessa riga c'è «Mezzago»: il suo è 108031."
    assert found[4].rimedio == "Controllare il codice, oppure scrivere il nome del comune."
    assert found[5].trovato == "«18110» (Pavia) e «Voghera»"
    right = read(book(tmp_path / "b.xlsx", [header, rows[0], rows[4]]))
    assert right.frame["cod_comune"].tolist() == ["108031", "015146"]
    assert right.renamed == ("15145: codice di prima della nuova provincia, ora Mezzago",)


@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_codes_are_read_alike_in_a_text_and_in_a_spreadsheet(tmp_path, separator):
    written = ["15146", "15146.0", '"15146,0"', "015146"]
    lines = [separator.join([code, f"Nido {n}", "asilo nido"]) for n, code in enumerate(written)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join([separator.join(["istat", "nome", "tipo"]), *lines]), encoding="utf-8")
    assert set(read(path).frame["cod_comune"]) == {"015146"}


def test_an_answer_is_remembered_for_the_files_of_the_same_origin_only(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path / "dati"))
    path = listed(tmp_path / "nidi.xlsx", "Nr posti")
    order = ["dati", "importa", str(path), "--come", "servizi_offerta", "--con", "anno=2025"]
    assert main([*order, "--fonte", "ATS di Pavia"]) == 2
    assert '--colonna "Nr posti=posti"' in capsys.readouterr().err
    assert main([*order, "--fonte", "ATS di Pavia", "--colonna", "Nr posti=posti"]) == 0
    capsys.readouterr()
    assert main([*order, "--fonte", "ATS di Pavia"]) == 0
    assert "Lette come è stato detto per un file della stessa origine: Nr posti." in capsys.readouterr().out
    assert main([*order, "--fonte", "ATS di Brescia"]) == 2
    assert main([*order, "--fonte", "ATS di Pavia", "--colonna", "Nr posti"]) == 2


def test_a_table_without_its_measure_says_so_first(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path / "dati"))
    path = book(tmp_path / "nidi.xlsx", [FIXED, *ROWS])
    order = ["dati", "importa", str(path), "--come", "servizi_offerta", "--con", "anno=2025", "--fonte", "ATS"]
    assert main(order) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[1] == "Attenzione: il file non dà «posti» (Posti autorizzati): in tutte le 3 righe resta non noto."


def test_what_was_read_is_summed_up(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path / "dati"))
    path = tmp_path / "nidi.xlsx"
    rows = [
        [*FIXED, "Posti", "Gestione"],
        [*ROWS[0], "1.200", "pubblica"],
        [*ROWS[1], "n.d.", "n.d."],
        [*ROWS[2], None, None],
        ["TOTALE", None, None, 1300, None],
        ["Mezzago", "Nido Q", "asilo nido", 7, "pubblica"],
    ]
    book(path, rows)
    more = openpyxl.load_workbook(path)
    more.create_sheet("Note")["A1"] = "appunti"
    hidden = more.create_sheet("Vecchio")
    hidden["A1"], hidden.sheet_state = "x", "hidden"
    more.save(path)
    assert (
        main(["dati", "importa", str(path), "--come", "servizi_offerta", "--con", "anno=2025", "--fonte", "ATS"]) == 0
    )
    told = capsys.readouterr().out
    for part in (
        "Letto: foglio «Elenco», intestazione alla riga 1; righe: 4.",
        "Letti come mancanti in «posti»: 2 (righe 3, 4).",
        "Letti come mancanti in «gestione»: 2 (righe 3, 4).",
        "Letture da controllare: colonna posti: «1.200» letto 1200 (l'unico valore possibile in questa colonna).",
        "Righe di totale riconosciute e lasciate fuori: riga 5: posti 1300 (la somma delle righe è 1207).",
        "Altri fogli non letti: Note; Vecchio (nascosto).",
    ):
        assert part in told, told


def test_a_total_with_every_column_is_asked(tmp_path):
    rows = [
        [*FIXED, "Posti"],
        [*ROWS[0], 60],
        ["Pavia", "Totale", "asilo nido", 60],
        ["Pavia", "Totale cura srl", "rsa", 9],
    ]
    with pytest.raises(DatiError) as refused:
        read(book(tmp_path / "a.xlsx", rows))
    assert [p.riga for p in refused.value.problemi] == [3]
    assert "conterebbe due volte" in refused.value.problemi[0].rimedio


def shifted(path, *lines):
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


TIMES = catalog.spec("tempi_percorrenza")


@pytest.mark.parametrize(
    "lines",
    [
        ("origine,destinazione,minuti", "Azzate,Varese,12,5"),
        ("origine,destinazione,minuti,note", "Pavia,Lodi,30,", "Azzate,Varese,12,5", "Lodi,Pavia,31,"),
        ("origine,destinazione,minuti,note", "Pavia,Lodi,30,", "Azzate,Varese,12,5,", "Lodi,Pavia,31,"),
        ("origine,destinazione,minuti,strada", "Pavia,Lodi,30,statale", "Azzate,Varese,12,5", "Lodi,Pavia,31,statale"),
    ],
)
def test_decimals_cut_off_by_the_comma_of_a_csv_are_never_lost(tmp_path, lines):
    with pytest.raises(DatiError) as refused:
        read_table(shifted(tmp_path / "t.csv", *lines), TIMES, T, defaults={"grado": "stima", "fonte": "x"})
    assert "virgolette" in str(refused.value)


def test_a_comma_in_quotes_is_a_decimal(tmp_path):
    path = shifted(tmp_path / "t.csv", "origine,destinazione,minuti", 'Azzate,Varese,"12,5"')
    found = read_table(path, TIMES, T, defaults={"grado": "stima", "fonte": "x"})
    assert found.frame["minuti"].tolist() == [12.5]


def test_many_decimal_commas_do_not_hide_the_separator(tmp_path):
    path = shifted(
        tmp_path / "t.csv", "origine;destinazione;minuti", *(f"Azzate;{c};12,5" for c in ("Varese", "Lodi", "Como"))
    )
    found = read_table(path, TIMES, T, defaults={"grado": "stima", "fonte": "x"})
    assert found.frame["minuti"].tolist() == [12.5] * 3
