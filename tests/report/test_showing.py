"""What chapters show in one call: which territories, at which period, with which words under them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from quaderni import DATA, EDIZIONE, edition

from conciliazione_lib import storage
from conciliazione_lib.report import Capitolo


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(storage.FIGURES_VARIABLE, str(edition()))
    with patch("IPython.display.display"):
        yield


def chapter(territory: str) -> Capitolo:
    return Capitolo.apri("x", territorio=territory, data=DATA, edizione=EDIZIONE)


def shown(c: Capitolo) -> dict[str, Any]:
    return c.blocchi[-1].to_dict()


def cells(table: dict[str, Any], column: str, what: str = "t") -> list[Any]:
    place = [one["id"] for one in table["colonne"]].index(column)
    return [row[place][what] for row in table["righe"]]


@pytest.mark.parametrize(
    ("territory", "names"),
    [
        ("brescia", ["ATS di Brescia", "Provincia di Brescia", "Lombardia", "Italia"]),
        ("pavia", ["ATS di Pavia", "Lombardia", "Italia"]),  # an ATS that is a province has one row
    ],
)
def test_together_with_its_provinces_each_is_named_whole(territory: str, names: list[str]) -> None:
    c = chapter(territory)
    c.tavola("tasso_occupazione_m", id="tab-x", titolo="X", di="insieme")
    assert cells(shown(c), "nome") == names


def test_its_ambiti_are_all_those_of_the_ats_also_where_their_comuni_are_not_all_known() -> None:
    known = 0
    for ats in ("milano", "val-padana", "brescia"):
        c = chapter(ats)
        table = c.territorio.ambiti
        assert set(c.propri("ambito")) == set(table.index[table["ats"] == ats])
        known += (table.loc[c.propri("ambito"), "stato"] != "completo").sum()
    assert known > 0  # what the test is about is there


def test_territories_of_several_levels_are_at_the_one_period_that_all_have() -> None:
    """The region's own last year was set beside an older one of its provinces."""
    c = chapter("lombardia")
    year = c.riferimento("divario_occupazione", "provincia")
    assert c.riferimento("divario_occupazione", "regione") > year
    c.tavola("divario_occupazione", id="tab-x", titolo="X", di="insieme")
    found = dict(zip(cells(shown(c), "nome"), cells(shown(c), "divario_occupazione", "v"), strict=True))
    assert found["Lombardia"] == c.f.divario_occupazione.al(year).value != c.f.divario_occupazione.value


def test_a_note_gives_the_years_of_columns_that_have_different_ones() -> None:
    c = chapter("milano")
    c.tavola("occupati_15_89", "quota_neet", id="tab-x", titolo="X", di="sue province")
    years = [c.riferimento(name, "provincia") for name in ("occupati_15_89", "quota_neet")]
    assert shown(c)["note"] == [f"Occupati: {years[0]}; Giovani (%): {years[1]}."]
    assert cells(shown(c), "territorio", "v") == ["LO", "MI"]
    c.tavola("occupati_15_89", id="tab-y", titolo="X", di="sue province")
    assert shown(c)["note"] == []


def test_years_are_those_at_which_all_of_some_territories_have_a_value() -> None:
    c = chapter("bergamo")
    own, both = c.anni("divario_occupazione"), c.anni("divario_occupazione", c.t, c.lombardia)
    assert both == sorted(set(own) & set(c.anni("divario_occupazione", c.lombardia)))
    assert c.anni("divario_occupazione", dal=own[-1]) == [own[-1]]


def test_values_of_a_breakdown_are_written_in_words_and_kept_as_they_are() -> None:
    c = chapter("milano")
    words = {"sesso": {"F": "donne", "M": "uomini"}}
    c.tavola("tasso_occupazione_figli_minori", id="tab-x", titolo="X", di="italia", per=["sesso", "gruppo"], voci=words)
    assert set(cells(shown(c), "sesso")) == {"donne", "uomini"}
    assert set(cells(shown(c), "sesso", "v")) == {"F", "M"}
    assert all(cells(shown(c), "tasso_occupazione_figli_minori", "cifra"))


def test_a_list_is_shown_in_its_order_with_the_figures_of_its_rows() -> None:
    c = chapter("milano")
    c.elencati("carichi_cura", "quota_carichi_cura", id="tab-x", titolo="X", per=["misura", "popolazione"])
    assert cells(shown(c), "misura") == list(c.elenco("carichi_cura")["misura"])
    assert all(cells(shown(c), "quota_carichi_cura", "cifra"))
    assert shown(c)["fonte"] == c.elenco("carichi_cura").attrs["fonte"]


def test_estimates_of_a_model_have_their_names_and_decimals() -> None:
    c = chapter("lombardia")
    c.stime("modelli_lavoro", id="tab-x", titolo="X", dove={"quadro": "divario"}, fonte="F", elaborazione="nostra")
    table = shown(c)
    assert {"Stima": 2, "p (wild)": 3}.items() <= {one["nome"]: one["decimali"] for one in table["colonne"]}.items()
    assert "quadro" not in [one["id"] for one in table["colonne"]]
    assert (len(table["righe"]), table["fonte"]) == (3, "F; nostra")


def test_pairs_intervals_and_parts_are_drawn_with_the_figures_beside() -> None:
    c = chapter("milano")
    c.coppie("tasso_occupazione_f", "tasso_occupazione_m", id="fig-a", titolo="A", anche=["divario_occupazione"])
    assert "donne e uomini" in shown(c)["alt"]
    assert len(shown(c)["dati"]["righe"]) == 12
    assert all(cells(shown(c)["dati"], "divario_occupazione", "cifra"))
    c.intervalli("divario_occupazione_medio", id="fig-b", titolo="B")
    assert len(shown(c)["dati"]["righe"]) == 9  # the region is a line
    c.barre_voci(
        c.f.tasso_inattivita_genitori["italia"], "gruppo", {"M senza figli": "Senza figli"}, id="fig-c", titolo="C"
    )
    assert cells(shown(c)["dati"], "gruppo") == ["Senza figli"]
    assert all(cells(shown(c)["dati"], "tasso_inattivita_genitori", "cifra"))


def test_a_map_of_the_whole_region_is_the_same_in_every_chapter() -> None:
    codes = []
    for territory in ("pavia", "lombardia"):
        c = chapter(territory)
        c.cartina("divario_occupazione_medio", id="map-x", titolo="X", alt="Y", livello="provincia", tutti=True)
        codes.append(cells(shown(c)["dati"], "territorio", "v"))
    assert codes[0] == codes[1]
    assert len(codes[0]) == 12


def test_what_is_left_out_of_an_extreme_for_its_deduced_comuni_is_known() -> None:
    """Valle Trompia is first in the table of ATS Brescia, and the text named Brescia: its comuni are deduced."""
    c = chapter("brescia")
    ambiti = c.dentro("indice_vecchiaia", "ambito")
    assert c.dedotti(ambiti)
    assert not c.dedotti([figure for figure in ambiti if figure.imputed == 0])
