"""What chapters show of the edition in one call: every number of a table, chart or map is a figure of the store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pandas as pd
import pytest
from quaderni import DATA, EDIZIONE, edition, figures

from conciliazione_lib import storage
from conciliazione_lib.report import Capitolo, style


@pytest.fixture(autouse=True)
def over_the_edition(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(storage.FIGURES_VARIABLE, str(edition()))
    with patch("IPython.display.display"):
        yield


def chapter(territory: str) -> Capitolo:
    return Capitolo.apri("prova", territorio=territory, data=DATA, edizione=EDIZIONE)


def last(c: Capitolo) -> dict[str, Any]:
    return c.blocchi[-1].to_dict()


def texts(table: dict[str, Any]) -> list[list[str]]:
    return [[cell["t"] for cell in row] for row in table["righe"]]


def stored(indicator: str, level: str) -> pd.DataFrame:
    rows = figures().figures
    rows = rows[(rows["indicatore"] == indicator) & (rows["livello"] == level) & rows["riferimento"]]
    return rows.set_index("territorio")


def test_a_column_of_territories_with_other_reference_periods_is_at_one_that_all_have() -> None:
    ats, region = (stored("divario_occupazione", level)["periodo"].iloc[0] for level in ("ats", "regione"))
    assert ats < region, "or this proves nothing"
    c = chapter("lombardia")
    c.tavola("residenti", "divario_occupazione", id="tab-x", titolo="Prova")
    table = last(c)
    assert {row[2]["cifra"].rpartition(".")[2] for row in table["righe"]} == {ats}
    assert f"Divario (punti): {ats}." in table["note"]
    assert {row[1]["cifra"].rpartition(".")[2] for row in table["righe"]} == {DATA}


def test_an_indicator_across_has_a_column_for_each_value_of_its_key() -> None:
    c = chapter("lombardia")
    c.incrocio("azioni_precedenti", colonne="dimensione", di="ats", id="tab-x", titolo="Prova")
    table = last(c)
    rows = stored("azioni_precedenti", "ats").loc["milano"]
    by_need = {by.partition("=")[2]: value for by, value in zip(rows["per"], rows["valore"], strict=True)}
    names = [column["nome"] for column in table["colonne"]]
    milano = dict(zip(names, texts(table)[0], strict=True))
    assert {name.capitalize(): f"{value:.0f}" for name, value in by_need.items()}.items() <= milano.items()
    assert texts(table)[-1][0] == "Lombardia"


def test_two_keys_make_rows_and_columns_in_the_order_given() -> None:
    c = chapter("montagna")
    c.incrocio(
        "quota_varianza_ranghi",
        righe="scelta",
        colonne="graduatoria",
        ordine=["modo di sommarli", "ambiti", "ATS"],
        id="tab-x",
        titolo="Prova",
    )
    table = last(c)
    assert [column["nome"] for column in table["colonne"]][-2:] == ["Ambiti", "ATS"]
    assert texts(table)[0][0] == "Modo di sommarli"


def test_numbers_to_remember_stand_beside_those_of_the_region_with_their_period() -> None:
    c = chapter("pavia")
    c.sommario("residenti", "divario_occupazione", id="tab-x", titolo="Prova")
    table = last(c)
    names = ["Che cosa", "Pavia", "Lombardia", "Posto fra le ATS", "Andamento"]
    assert [column["nome"] for column in table["colonne"]] == names
    period = stored("divario_occupazione", "ats")["periodo"].iloc[0]
    assert [row[0].endswith(period) for row in texts(table)] == [False, True]
    assert all(row[1]["cifra"].split(".")[1] == "pavia" for row in table["righe"])
    c = chapter("lombardia")
    c.sommario("residenti", id="tab-x", titolo="Prova")
    assert [column["nome"] for column in last(c)["colonne"]] == ["Che cosa", "Lombardia", "Andamento"]


def test_numbers_to_remember_say_place_and_change_as_the_edition_decided_them() -> None:
    c = chapter("pavia")
    c.sommario("residenti", "divario_occupazione", "superficie_kmq", id="tab-x", titolo="Prova")
    said = c.cifre_edizione.statements
    residents, gap, area = [[cell["t"] for cell in row] for row in last(c)["righe"]]
    place = said.find("residenti", "ats", "pavia", DATA, "", "rango")
    assert residents[3] == f"{place.esito.replace('-', '–')} su {place.su:.0f}"
    change = said.find("residenti", "ats", "pavia", DATA, "", "variazione", "2022-01-01")
    words = {"sopra": "in aumento", "sotto": "in diminuzione"}[change.esito]
    assert residents[4].startswith(f"{words} dal 2022 (")
    assert gap[4].startswith("incerto dal 2018 (")
    assert area[4] == "—"


def test_a_change_since_the_first_period_says_where_the_last_step_went_the_other_way() -> None:
    """The money fell from the first plans, and the chapter said that there is more of it than in the last one."""
    c = chapter("brescia")
    c.sommario("risorse_annue", id="tab-x", titolo="Prova")
    [[*_, change]] = texts(last(c))
    assert change == "in diminuzione dal 2014–2015 (189.058,00 €), in aumento dal 2020–2023"


def test_places_are_in_order_and_only_the_first_when_they_are_many() -> None:
    c = chapter("lombardia")
    c.intervalli("rango_bisogno", di="ambiti", primi=5, id="fig-x", titolo="Prova")
    chart = last(c)
    places = [row[-1]["v"] for row in chart["dati"]["righe"]]
    every = stored("rango_bisogno", "ambito")["valore"].dropna()
    assert places == sorted(every)[:5]
    assert f"I primi 5 di {len(every)}." in chart["note"]


def test_an_ambito_with_the_code_and_name_of_the_ats_is_not_the_own_territory_of_its_chapter() -> None:
    c = chapter("pavia")
    rows = pd.DataFrame({"livello": ["ambito", "ats"], "territorio": ["pavia", "pavia"]})
    assert c._marked(rows.iloc[:1], "ambiti") == []
    assert len(c._marked(rows.iloc[1:], "ats")) == 1


def test_a_point_for_each_territory_and_none_for_the_region() -> None:
    c = chapter("lombardia")
    c.dispersione("anziani_80_per_100_50_64", "divario_occupazione_medio", id="fig-x", titolo="Prova", alt="Prova")
    assert len(last(c)["dati"]["righe"]) == 8


def test_a_map_of_groups_is_drawn_where_some_territory_is_in_one() -> None:
    groups = figures().listing("addensamenti").set_index("territorio")["gruppo"]
    for ats in ("pavia", "montagna"):
        c = chapter(ats)
        inside = set(groups.loc[c.propri("comune")])
        c.cartina_gruppi("addensamenti", "gruppo", id="map-x", titolo="Prova", alt="Prova", colori=style.ADDENSAMENTI)
        assert ("mappa" in [block.tipo for block in c.blocchi]) == (inside != {"non significativo"})


def test_the_most_similar_say_whose_they_are_when_they_are_of_another_ats() -> None:
    c = chapter("montagna")
    c.simili("vicini_profilo", "distanza_profilo", livello="ambito", id="tab-x", titolo="Prova")
    near = figures().listing("vicini_profilo").query("livello == 'ambito' and territorio == 'sondrio'")
    [row] = [row for row in texts(last(c)) if row[0] == "Sondrio"]
    assert [row[1], *row[3:]] == [c.nome_altrove("ambito", code) for code in near.sort_values("posizione")["vicino"]]
    assert c.nome_altrove("ambito", "sondrio") == "Sondrio"
    assert c.nome_altrove("ambito", "lomellina").endswith("(Pavia)")


def test_rows_of_a_list_stand_beside_the_figures_they_speak_of() -> None:
    c = chapter("montagna")
    c.accostati(
        "graduatoria_bisogno",
        "indice_bisogno",
        dove={"graduatoria": ["ats"]},
        colonne={"territorio": "ATS", "gruppo": "Metà"},
        id="tab-x",
        titolo="Prova",
    )
    table = last(c)
    assert len(table["righe"]) == 8
    assert [row[-1]["cifra"].split(".")[0] for row in table["righe"]] == ["indice_bisogno"] * 8
