"""The survey on city-time plans: template, filled, imported, same table; partial and wrong answers by row."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from conciliazione_lib import catalog, territory
from conciliazione_lib.errors import DatiError, UsoError
from conciliazione_lib.indicators.time_plans import register
from conciliazione_lib.sources.time_plan_survey import merge, read_survey, write_survey

WHO = {"rilevazione": "Rilevazione 2026", "ambito": "Magenta", "fonte": "Risposta dell'Ufficio di Piano, 2026"}


@pytest.fixture(scope="module")
def map_() -> territory.Territory:
    return territory.load("2022-01-01")


@pytest.fixture(scope="module")
def magenta(map_: territory.Territory) -> pd.DataFrame:
    residenti = catalog.read("popolazione", data="2022-01-01").groupby("cod_comune")["residenti"].sum()
    everyone = register(map_.comuni, residenti, catalog.read("piani_tempi"))
    return everyone.loc[map_.members("ambito", "magenta")]


@pytest.fixture
def template(tmp_path: Path, magenta: pd.DataFrame) -> Path:
    path = tmp_path / "rilevazione ambito di Magenta.xlsx"
    write_survey(path, magenta)
    return path


def answer(path: Path, **answers: dict[str, object]) -> None:
    book = openpyxl.load_workbook(path)
    sheet = book["piani_tempi"]
    columns = {cell.value: cell.column for cell in sheet[1]}
    for row in sheet.iter_rows(min_row=2):
        for column, value in answers.get(str(row[columns["comune"] - 1].value), {}).items():
            sheet.cell(row[0].row, columns[column], value)
    book.save(path)


def test_the_template_names_the_comuni_and_the_duty_and_no_answer(template: Path, magenta: pd.DataFrame) -> None:
    sheet = openpyxl.load_workbook(template)["piani_tempi"]
    head, *rows = sheet.iter_rows(values_only=True)
    table = pd.DataFrame(rows, columns=head)
    assert table["cod_comune"].tolist() == magenta.index.tolist()
    assert table["residenti"].tolist() == magenta["residenti"].tolist()
    assert set(table["obbligo_di_piano"]) == {"no"}
    assert table.drop(columns=["cod_comune", "comune", "residenti", "obbligo_di_piano"]).isna().all(axis=None)
    assert not {"grado", "fonte", "rilevazione"} & set(head)


def test_filled_and_imported_gives_the_same_answers(template: Path, map_: territory.Territory) -> None:
    answer(
        template,
        Magenta={"stato": "vigente", "anno": 2012, "forma": "associata", "cod_capofila": "015130", "allineato": "si"},
        Arluno={"stato": "non adottato", "evidenza": "Nota del sindaco"},
        Vittuone={"stato": "in elaborazione", "data_risposta": "2026-02-03"},
    )
    rows = read_survey(template, map_, **WHO).set_index("comune")
    assert len(rows) == 13
    assert rows.loc["Magenta", ["stato", "anno", "forma", "cod_capofila", "allineato"]].tolist() == [
        "vigente", 2012, "associata", "015130", "si",
    ]  # fmt: skip
    assert rows.loc["Arluno", "evidenza"] == "Nota del sindaco"
    assert rows["stato"].value_counts().to_dict() == {
        "dato non pervenuto": 10,
        "vigente": 1,
        "non adottato": 1,
        "in elaborazione": 1,
    }
    assert set(rows["rilevazione"]) == {"Rilevazione 2026"}


def test_answers_replace_those_of_the_same_ambito_and_survey_only(template: Path, map_: territory.Territory) -> None:
    table = catalog.read("piani_tempi")
    answer(template, Magenta={"stato": "vigente"})
    before = merge(table, read_survey(template, map_, **WHO))
    assert len(before) == len(table) + 13
    answer(template, Magenta={"stato": "adottato non aggiornato"})
    second = merge(before, read_survey(template, map_, **WHO))
    assert len(second) == len(before)
    new = second[second["rilevazione"] == "Rilevazione 2026"].set_index("comune")["stato"]
    assert new["Magenta"] == "adottato non aggiornato"


def test_wrong_answers_are_told_row_by_row(template: Path, map_: territory.Territory) -> None:
    answer(template, Magenta={"stato": "vigentissimo"}, Arluno={"stato": "vigente", "anno": "boh"})
    with pytest.raises(DatiError) as error:
        read_survey(template, map_, **WHO)
    places = {(p.riga, p.colonna, p.trovato.strip("«»").split("»")[0]) for p in error.value.problemi}
    assert places == {(2, "anno", "boh"), (7, "stato", "vigentissimo")}


def test_an_ambito_without_comuni_is_refused(tmp_path: Path, magenta: pd.DataFrame) -> None:
    with pytest.raises(UsoError, match="Non c'è nessun comune da interpellare"):
        write_survey(tmp_path / "m.xlsx", magenta.iloc[:0])
