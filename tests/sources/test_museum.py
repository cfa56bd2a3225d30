"""The museum of real layouts, read cell by cell; the flags and the words that say how final a number is."""

import csv
import io
import re
from dataclasses import replace

import pytest
import xlsxwriter
from sources import museum
from sources.museum import P2, POSAS, RISALVATI, movements, people, small

from conciliazione_lib import catalog, storage
from conciliazione_lib.errors import DatiError, UsoError
from conciliazione_lib.sources import importing, statuses
from conciliazione_lib.sources.balance_file import read_balance
from conciliazione_lib.sources.balance_file import recognise as recognise_balance
from conciliazione_lib.sources.population_file import read_population, recognise
from conciliazione_lib.territory import load


@pytest.fixture(scope="module")
def few():
    return small("2025-01-01")


def written(tmp_path, content, name="POSAS_2025_it_Comuni.csv"):
    path = tmp_path / name
    path.write_bytes(content)
    return path


def is_whole(frame, territorio):
    """Tell whether a population is, cell by cell, the one that was invented."""
    found = frame.set_index(["cod_comune", "eta", "sesso"])["residenti"].to_dict()
    wanted = {}
    for place, code in enumerate(territorio.comuni.index):
        for age in range(101):
            wanted[code, age, "M"], wanted[code, age, "F"] = people(place, age)
    return found == wanted


@pytest.mark.parametrize("which", POSAS)
def test_every_year_of_the_population_is_read_with_its_status(tmp_path, few, which):
    layout = POSAS[which]
    path = written(tmp_path, museum.posas(layout, few))
    year = layout.title.partition("ennaio ")[2][:4]
    assert recognise(path) == f"{year}-01-01"
    read = read_population(path, few)
    assert (read.data, read.stato) == (f"{year}-01-01", layout.stato)
    assert is_whole(read.frame, few)


@pytest.mark.parametrize("program", RISALVATI)
@pytest.mark.parametrize("which", ["2025, definitive since 30 January 2026", "2026"])
def test_a_file_that_a_spreadsheet_saved_again_is_the_same(tmp_path, few, which, program):
    layout = replace(POSAS[which], **RISALVATI[program])
    content = museum.posas(layout, few)
    if program == "Excel, CSV":  # the title and the notes are padded to the width of the table
        content = content.replace(b"\r\nCodice comune", b";" * 18 + b"\r\nCodice comune", 1)
    read = read_population(written(tmp_path, content), few)
    assert is_whole(read.frame, few)
    assert read.stato == layout.stato


def test_numbers_that_became_decimal_are_read_and_grouped_ones_are_asked(tmp_path, few):
    content = museum.posas(POSAS["2026"], few).decode("utf-8-sig")
    floats = "\r\n".join(
        line
        if n < 2 or line.count(";") != 5
        else line.rsplit(";", 3)[0] + "".join(f";{v}.0" for v in line.split(";")[3:])
        for n, line in enumerate(content.split("\r\n"))
    )
    assert is_whole(read_population(written(tmp_path, floats.encode()), few).frame, few)
    grouped = content.replace(";0;0;0;0\r\n", ";0;1.000;0;1.000\r\n", 1)
    assert grouped != content
    with pytest.raises(DatiError, match=r"un numero intero non negativo; trovato «1\.000»"):
        read_population(written(tmp_path, grouped.encode()), few)


@pytest.mark.parametrize("which", P2)
@pytest.mark.parametrize("again", [None, *RISALVATI])
def test_every_year_of_the_balance_is_read(tmp_path, which, again):
    year = int(which)
    territorio = small(f"{year}-12-31")
    layout = replace(P2[which], **(RISALVATI[again] if again else {}))
    path = written(tmp_path, museum.balance(layout, territorio, lambda place: "p" if year == 2025 else ""))
    assert recognise_balance(path) == year
    read = read_balance(path, territorio)
    assert (read.anno, read.stato) == (year, layout.stato)
    rows = read.frame.set_index("cod_comune")
    for place, code in enumerate(territorio.comuni.index):
        start, born, dead, natural, _, _, internal, _, _, abroad, _, end = movements(place)
        expected = [start, born, dead, natural, internal, abroad, end]
        assert rows.loc[code].drop("stato").tolist() == expected


def test_the_flags_of_a_balance_stay_with_their_rows_and_an_unknown_one_is_provisional(tmp_path):
    territorio = small("2025-12-31")
    flags = ["", "p", "e", "x", "p, e", *[""] * 7]
    read = read_balance(written(tmp_path, museum.balance(P2["2025"], territorio, flags.__getitem__)), territorio)
    found = read.frame["stato"].tolist()
    assert found == ["definitivo", "provvisorio", "stima", "provvisorio", "stima", *["definitivo"] * 7]
    assert read.stato == "stima"


def test_the_name_of_a_comune_is_not_a_flag(tmp_path):
    territorio = small("2025-12-31")
    short = replace(territorio, comuni=territorio.comuni.assign(nome="Re"))
    assert (
        read_balance(written(tmp_path, museum.balance(P2["2025"], short, lambda place: "")), short).stato
        == "definitivo"
    )


# -- what is not the file of all the comuni ------------------------------------------------------------------


def test_one_province_is_told_to_be_one_province(tmp_path, few):
    content = museum.posas(POSAS["2025, as first released"], few, keep=lambda code: code.startswith("097"))
    with pytest.raises(DatiError) as refused:
        read_population(written(tmp_path, content, "POSAS_2025_it_097_Lecco.csv"), few)
    assert "«POSAS_2025_it_097_Lecco.csv» ci sono solo i comuni della provincia di Lecco (1)" in str(refused.value)
    assert "it_Comuni" in refused.value.rimedio
    other = re.sub(rb'"(0[129]|10)', b'"05', museum.posas(POSAS["2026"], few))
    with pytest.raises(DatiError, match="non c'è nessun comune della Lombardia"):
        read_population(written(tmp_path, other), few)


@pytest.mark.parametrize(
    ("column", "code", "about"),
    [
        ("Codice comune", "03", "le regioni"),
        ("Codice comune", "3", "le regioni"),
        ("Codice comune", "016", "le province"),
        ("Codice provincia", "016", "le province"),
        ("Codice regione", "03", "le regioni"),
        ("Codice ripartizione", "1", "le ripartizioni"),
    ],
)
@pytest.mark.parametrize("what", ["posas", "p2"])
def test_regions_and_provinces_are_told_to_be_so(tmp_path, few, column, code, about, what):
    layout = POSAS["2026"] if what == "posas" else P2["2025"]
    header = layout.header.replace("Codice comune", column)
    width = header.count(";") - 1
    rows = [museum.cells(layout, code, "Lombardia", [age, *[1] * (width - 1)]) for age in range(3)]
    path = written(tmp_path, museum.file(replace(layout, header=header), rows))
    with pytest.raises(DatiError, match=f"di demo.istat.it è per {about}, non per comune"):
        read_population(path, few) if what == "posas" else read_balance(path, few)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda text: text.replace("Totale maschi", "Uomini"), "la colonna «totale maschi»"),
        (lambda text: text.replace(';"Totale femmine"', ';"Totale maschi"'), "la colonna «totale maschi»"),
        (lambda text: "\r\n".join(line for line in text.split("\r\n") if ";50;" not in line), "la somma delle età"),
        (lambda text: text + "Totale;Lombardia;0;1;1;2\r\n", "il codice di un comune"),
        (lambda text: text.replace(";7;", ";7;9;", 1), "6 celle; trovato 7"),
        (lambda text: text.replace(";0;0;0;0\r\n", ";0;0\r;0;0\r\n", 1), "una riga leggibile"),
    ],
    ids=["another name", "a name twice", "an age left out", "a row of totals", "a cell more", "a lone carriage return"],
)
def test_what_does_not_fit_is_said_and_nothing_is_guessed(tmp_path, few, spoil, words):
    content = museum.posas(POSAS["2026"], few).decode("utf-8-sig")
    with pytest.raises(DatiError) as refused:
        read_population(written(tmp_path, spoil(content).encode()), few)
    assert words in str(refused.value)


def test_an_age_that_is_not_there_needs_the_row_of_totals(tmp_path, few):
    content = museum.posas(POSAS["2026"], few).decode("utf-8-sig")
    cut = "\r\n".join(line for line in content.split("\r\n") if ";999;" not in line and ";50;" not in line)
    with pytest.raises(DatiError, match="tutte le età da 0 a 100 o la riga 999 col totale; trovato 1 età mancanti"):
        read_population(written(tmp_path, cut.encode()), few)


def test_what_is_wrong_in_another_region_is_not_counted_as_nobody(tmp_path, few):
    content = museum.posas(POSAS["2026"], few).decode("utf-8-sig")
    spoilt = content + '"058091";"Roma";0;12O0;1100;2300\r\n'
    with pytest.raises(DatiError, match="trovato «12O0»"):
        read_population(written(tmp_path, spoilt.encode()), few)


# -- how final --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flag", "stato"),
    [
        *(("", "definitivo"), ("A", "definitivo"), ("b", "definitivo"), ("p", "provvisorio"), ("P", "provvisorio")),
        *(("e", "stima"), ("f", "previsione"), ("i", "stima"), ("b;e", "stima"), ("bp", "provvisorio")),
        *(("q", "provvisorio"), ("?", "provvisorio"), ("1", "provvisorio")),
    ],
)
def test_a_flag_that_is_not_known_is_not_final(flag, stato):
    assert statuses.of_flag(flag) == stato


def test_the_words_of_titles_and_notes():
    assert statuses.of_words("Popolazione residente (dati definitivi)") == "definitivo"
    assert statuses.of_words("Popolazione residente (stime)") == "stima"
    assert statuses.of_words("Previsioni della popolazione") == "previsione"
    assert statuses.of_words("Popolazione residente", ["Note: dati stimati"]) == "stima"
    assert statuses.of_words("Popolazione residente (prima lettura)") == "provvisorio"
    assert statuses.of_words("Popolazione residente per età", ["Elaborazione su dati ISTAT"]) == "definitivo"


def test_an_estimate_that_is_imported_is_used_only_when_asked(tmp_path, local):
    territorio = load(data="2026-01-01")
    path = written(tmp_path, museum.posas(POSAS["2026"], territorio), "POSAS_2026_it_Comuni.csv")
    before = storage.find("popolazione")
    understood = importing.understand(path, "popolazione")
    assert understood.stato == "stima"
    assert "li dice stimati" in understood.come
    importing.store(understood)
    assert storage.find("popolazione") == before
    table = catalog.table("popolazione", "2026-01-01")
    assert table.provenance.stato == "stima"
    assert is_whole(table.frame, territorio)


# -- without its title ------------------------------------------------------------------------------------


def untitled(content, title=None):
    """Return a file whose first line somebody took away, or wrote again."""
    return (b"" if title is None else title + b"\r\n") + content.split(b"\r\n", 1)[1]


@pytest.mark.parametrize(
    ("which", "title"), [("2025, definitive since 30 January 2026", None), ("2026", b"Dati dell'ATS"), ("2026", b";;")]
)
def test_a_population_without_its_title_asks_for_the_date_and_is_provisional(tmp_path, few, which, title):
    path = written(tmp_path, untitled(museum.posas(POSAS[which], few), title))
    with pytest.raises(DatiError, match="manca la riga del titolo: non dice di quando sono i dati") as refused:
        read_population(path, few)
    assert "--data AAAA-01-01" in refused.value.rimedio
    read = read_population(path, few, data="2025-01-01")
    assert (read.data, read.stato) == ("2025-01-01", "provvisorio")
    assert is_whole(read.frame, few)


def test_a_population_without_its_title_comes_in_for_the_date_that_is_said_and_for_nothing_else(tmp_path, local):
    territorio = load(data="2026-01-01")
    path = written(tmp_path, untitled(museum.posas(POSAS["2026"], territorio)))
    understood = importing.understand(path, "popolazione", data="2026-01-01")
    assert (understood.data, understood.stato) == ("2026-01-01", "provvisorio")
    assert "Manca il titolo, che direbbe se sono definitivi" in understood.come
    assert is_whole(understood.frame, territorio)
    with pytest.raises(UsoError, match="non può essere al 2026"):
        importing.understand(path, "popolazione", data="2026")
    with pytest.raises(UsoError, match="riempie la tabella «popolazione», non «servizi_offerta»"):
        importing.understand(path, "servizi_offerta")


def test_a_balance_without_its_title_asks_for_the_year_and_is_provisional(tmp_path, local):
    path = written(tmp_path, untitled(museum.balance(P2["2021"], load(data="2021-12-31"), lambda place: "")))
    with pytest.raises(DatiError, match="manca la riga del titolo") as refused:
        importing.understand(path, "bilancio_demografico")
    assert refused.value.rimedio.endswith("--data AAAA.")
    understood = importing.understand(path, "bilancio_demografico", data="2021")
    assert (understood.data, understood.stato) == ("2021", "provvisorio")


@pytest.mark.parametrize("data", [None, "2026-01-01"])
@pytest.mark.parametrize(
    ("column", "code", "about"),
    [
        ("Codice comune", "03", "è per le regioni, non per comune"),
        ("Codice regione", "03", "è per le regioni, non per comune"),
        ("Codice provincia", "016", "è per le province, non per comune"),
        ("Codice comune", "097083", r"ci sono solo i comuni della provincia di Lecco \(1\)"),
    ],
)
def test_what_is_not_by_comune_is_told_to_be_so_without_its_title_too(tmp_path, column, code, about, data):
    layout = POSAS["2026"]
    rows = [museum.cells(layout, code, "Nome", [age, 1, 1, 2]) for age in range(101)]
    content = museum.file(replace(layout, header=layout.header.replace("Codice comune", column)), rows)
    with pytest.raises(DatiError, match=about):
        importing.understand(written(tmp_path, untitled(content)), "popolazione", data=data)


def test_a_population_saved_as_a_workbook_is_read_as_its_file(tmp_path, few):
    content = museum.posas(POSAS["2026"], few).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content), delimiter=";"))
    path = tmp_path / "POSAS_2026_it_Comuni.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_numbers": True}) as book:
        page = book.add_worksheet()
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
    assert recognise(path) == "2026-01-01"
    read = read_population(path, few)
    assert (read.data, read.stato) == ("2026-01-01", "stima")
    assert is_whole(read.frame, few)
