"""The table that a card gives to download is the very one whose rows were used."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pandas as pd
import pytest

from conciliazione_lib import catalog, evidence, territory
from conciliazione_lib.evidence import Input, Ledger, Place
from conciliazione_lib.publish import site
from conciliazione_lib.publish.edition import Edition
from conciliazione_lib.publish.used_rows import UsedRows

DATA = "2022-01-01"
PAVIA, COMUNE = Place("ats", "pavia", "Pavia"), Place("comune", "018110", "Pavia")
LOMBARDIA = Place("regione", "lombardia", "Lombardia")


@pytest.fixture(scope="module")
def ingressi() -> dict[str, Input]:
    """The inputs of the residents of an ATS, a comune and the region, as a chapter makes them."""
    popolazione, mappa = catalog.table("popolazione", data=DATA), territory.load(data=DATA)
    luoghi = {p.codice: p for p in (PAVIA, COMUNE, LOMBARDIA)}
    frame = pd.DataFrame({"livello": [p.livello for p in luoghi.values()], "territorio": list(luoghi), "residenti": 1})
    f = evidence.cifre(
        frame,
        ledger=Ledger(),
        luogo=lambda _, codice: luoghi[codice],
        periodo=DATA,
        ingressi=[popolazione],
        membri=mappa.members,
    )
    return {figura.territory.codice: figura.inputs[0] for figura in f}


def sito(cartella: Path) -> site.Site:
    """A site that writes in a folder."""
    return site.Site(cartella, Edition("2022", "Prova", DATA, ()))


def test_the_rows_of_an_ats_are_found_in_the_table_by_its_comuni(ingressi, tmp_path):
    nome = UsedRows(sito(tmp_path)).file(ingressi["pavia"])
    righe = pd.read_csv(tmp_path / "cifre/righe" / nome, dtype={"cod_comune": str})
    sue = righe["cod_comune"].isin(territory.load(data=DATA).members("ats", "pavia"))
    assert sue.sum() == ingressi["pavia"].righe
    assert list(righe.columns) == list(catalog.read("popolazione", data=DATA).columns)


def test_every_territory_shares_the_file_of_the_table(ingressi, tmp_path):
    righe = UsedRows(sito(tmp_path))
    assert len({righe.file(ingressi[codice]) for codice in ("018110", "pavia", "lombardia")}) == 1
    assert [file.name.split("-")[1] for file in (tmp_path / "cifre/righe").iterdir()] == ["intera"]


def test_a_table_that_is_no_longer_that_is_not_given(ingressi, tmp_path):
    righe = UsedRows(sito(tmp_path))
    altro = dataclasses.replace(ingressi["pavia"], sha256="0" * 64)
    assert righe.file(altro) == ""
    assert righe.file(Input("mai_vista", sha256="a", data_riferimento=DATA)) == ""
    assert list(tmp_path.iterdir()) == []


def test_two_runs_give_the_same_bytes(ingressi, tmp_path):
    file = []
    for cartella in (tmp_path / "a", tmp_path / "b"):
        file.append((cartella / "cifre/righe" / UsedRows(sito(cartella)).file(ingressi["pavia"])).read_bytes())
    assert file[0] == file[1]
