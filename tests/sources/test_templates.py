"""The templates that an ATS fills in: drop-downs, no invented rows, and a way back into the catalog."""

import openpyxl
import pandas as pd
import pytest

from conciliazione_lib import catalog, territory
from conciliazione_lib.catalog import spec
from conciliazione_lib.errors import DatiError
from conciliazione_lib.sources.extraction import read_table
from conciliazione_lib.sources.templates import write_template

COMUNI = pd.DataFrame({"nome": ["Pavia", "Cantù"], "provincia": ["PV", "CO"]}, index=["018110", "013041"])


@pytest.fixture
def template(tmp_path):
    types = catalog.read("tipi_servizio").set_index("tipo")["nome"].to_dict()
    write_template(tmp_path / "modello.xlsx", spec("servizi_offerta"), COMUNI, {"tipo": types})
    return tmp_path / "modello.xlsx"


def validations(path):
    page = openpyxl.load_workbook(path)["servizi_offerta"]
    header = [cell.value for cell in page[1]]
    return {header[next(iter(rule.sqref.ranges)).min_col - 1]: rule for rule in page.data_validations.dataValidation}


def listed(path, rule):
    sheet, cells = rule.formula1.replace("'", "").split("!")
    return [row[0].value for row in openpyxl.load_workbook(path)[sheet][cells.replace("$", "")]]


def test_the_columns_are_those_of_the_table(template):
    page = openpyxl.load_workbook(template)["servizi_offerta"]
    assert [cell.value for cell in page[1]] == list(spec("servizi_offerta").columns)
    assert page.max_row == 1, "a template has no rows, not even examples"


def test_the_drop_downs_hold_the_vocabularies(template):
    rules = validations(template)
    assert listed(template, rules["tipo"]) == [*spec("servizi_offerta").columns["tipo"].values]
    assert listed(template, rules["cod_comune"]) == ["Cantù (CO)", "Pavia (PV)"]
    assert "esempio" not in listed(template, rules["grado"])
    assert (rules["posti"].type, float(rules["posti"].formula1)) == ("whole", 0)


def test_every_value_of_the_vocabulary_says_what_it_means(template):
    page = openpyxl.load_workbook(template)["Elenchi"]
    header = [cell.value for cell in page[1]]
    at = header.index("tipo")
    meanings = [row[at + 1].value for row in page.iter_rows(min_row=2) if row[at].value]
    assert all(meanings)
    assert "Residenza sanitaria assistenziale" in meanings


def test_a_filled_template_comes_back_as_the_table(template):
    book = openpyxl.load_workbook(template)
    book["servizi_offerta"].append(
        ["Cantù (CO)", "Nido Uno", "asilo_nido", "pubblica", 40, 2024, "atto", "Prova", None, None]
    )
    book.save(template)
    frame = read_table(template, spec("servizi_offerta"), territory.load("2022-01-01")).frame
    assert frame[["cod_comune", "posti"]].values.tolist() == [["013041", 40]]


def test_an_empty_template_is_not_an_empty_supply(template):
    with pytest.raises(DatiError, match="un problema"):
        read_table(template, spec("servizi_offerta"), territory.load("2022-01-01"))


def test_two_templates_are_the_same_file(tmp_path):
    for name in ("uno", "due"):
        (tmp_path / name).mkdir()
        write_template(tmp_path / name / "m.xlsx", spec("servizi_offerta"), COMUNI)
    assert (tmp_path / "uno" / "m.xlsx").read_bytes() == (tmp_path / "due" / "m.xlsx").read_bytes()


@pytest.mark.parametrize("name", [name for name in catalog.names() if not spec(name).geometric])
def test_every_table_has_its_template(tmp_path, name):
    write_template(tmp_path / f"{name}.xlsx", spec(name))
    book = openpyxl.load_workbook(tmp_path / f"{name}.xlsx")
    assert [cell.value for cell in book[book.sheetnames[0]][1]] == list(spec(name).columns)
