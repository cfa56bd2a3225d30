"""The table that a card gives to download is the very one whose rows were used."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pandas as pd
import pytest

from conciliazione_lib import catalog, evidence, territory
from conciliazione_lib.evidence import Input, Ledger, Place
from conciliazione_lib.publish import site, used_rows
from conciliazione_lib.publish.edition import Edition
from conciliazione_lib.publish.used_rows import UsedRows

DATA = "2022-01-01"
PAVIA, COMUNE = Place("ats", "pavia", "Pavia"), Place("comune", "018110", "Pavia")
LOMBARDIA = Place("regione", "lombardia", "Lombardia")


@pytest.fixture(scope="module")
def ingressi() -> dict[str, Input]:
    """The inputs of the residents of an ATS, a comune and the region, as a chapter makes them."""
    population, map_ = catalog.table("popolazione", data=DATA), territory.load(data=DATA)
    places = {p.codice: p for p in (PAVIA, COMUNE, LOMBARDIA)}
    frame = pd.DataFrame({"livello": [p.livello for p in places.values()], "territorio": list(places), "residenti": 1})
    f = evidence.cifre(
        frame,
        ledger=Ledger(),
        luogo=lambda _, code: places[code],
        periodo=DATA,
        ingressi=[population],
        membri=map_.members,
    )
    return {figure.territory.codice: figure.inputs[0] for figure in f}


def the_site(folder: Path) -> site.Site:
    """A site that writes in a folder."""
    return site.Site(folder, Edition("2022", "Prova", DATA, ()))


def test_the_rows_of_an_ats_are_found_in_the_table_by_its_comuni(ingressi, tmp_path):
    name = UsedRows(the_site(tmp_path)).file(ingressi["pavia"])
    rows = pd.read_csv(tmp_path / "cifre/righe" / name, dtype={"cod_comune": str})
    own = rows["cod_comune"].isin(territory.load(data=DATA).members("ats", "pavia"))
    ages = [column for column in rows.columns if column.startswith("eta_")]
    assert rows.loc[own, ages].notna().sum().sum() == ingressi["pavia"].righe
    assert list(rows.columns) == ["cod_comune", "sesso", *(f"eta_{age}" for age in range(101))]
    known = catalog.read("popolazione", data=DATA).set_index(["cod_comune", "sesso", "eta"])["residenti"]
    assert rows.set_index(["cod_comune", "sesso"])["eta_3"].to_dict() == known.xs(3, level="eta").to_dict()


def test_a_table_of_people_without_every_age_has_empty_cells():
    table = pd.DataFrame({"cod_comune": ["a", "a", "b"], "eta": [0, 1, 0], "sesso": ["F", "F", "M"], "residenti": 3})
    text = used_rows.laid_out("popolazione", table).to_csv(index=False)
    assert text.splitlines() == ["cod_comune,sesso,eta_0,eta_1", "a,F,3,3", "b,M,3,"]


def test_every_territory_shares_the_file_of_the_table(ingressi, tmp_path):
    rows = UsedRows(the_site(tmp_path))
    assert len({rows.file(ingressi[code]) for code in ("018110", "pavia", "lombardia")}) == 1
    assert [file.name.split("-")[1] for file in (tmp_path / "cifre/righe").iterdir()] == ["intera"]


def test_a_table_that_is_no_longer_that_is_not_given(ingressi, tmp_path):
    rows = UsedRows(the_site(tmp_path))
    other = dataclasses.replace(ingressi["pavia"], sha256="0" * 64)
    assert rows.file(other) == ""
    assert rows.file(Input("mai_vista", sha256="a", data_riferimento=DATA)) == ""
    assert list(tmp_path.iterdir()) == []


def test_two_runs_give_the_same_bytes(ingressi, tmp_path):
    file = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        file.append((folder / "cifre/righe" / UsedRows(the_site(folder)).file(ingressi["pavia"])).read_bytes())
    assert file[0] == file[1]
