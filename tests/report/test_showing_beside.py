"""Tables, charts and lists shown from the edition: rows chosen, figures found, years not mixed."""

from __future__ import annotations

import pandas as pd
import pytest
from quaderni import DATA, EDIZIONE

from conciliazione_lib import storage
from conciliazione_lib.errors import UsoError
from conciliazione_lib.report import Capitolo


@pytest.fixture
def chapter(archive, monkeypatch):
    monkeypatch.setenv(storage.FIGURES_VARIABLE, str(archive))
    monkeypatch.setattr("IPython.display.display", lambda *blocks: None)

    def opened(territorio):
        return Capitolo.apri("04_servizi", territorio=territorio, data=DATA, edizione=EDIZIONE)

    return opened


def rows(block):
    return [[cell.t for cell in row] for row in block.righe]


def test_a_list_has_its_figures_beside_it_in_the_order_asked(chapter):
    c = chapter("pavia")
    c.accostati(
        "norme_servizi",
        "valore_norma",
        per=["norma"],
        id="tab-norme",
        titolo="Norme",
        colonne={"nome": "Norma", "valore_norma": "Obiettivo", "entro": ""},
    )
    table = c.blocchi[-1]
    assert [column.nome for column in table.colonne] == ["Norma", "Obiettivo", "Entro"]
    assert rows(table)[0] == ["LEP nidi", "33", "2027"]
    assert all(row[1].cifra for row in table.righe)
    assert table.fonte == c.fonte("valore_norma")


def test_a_row_without_breakdown_has_the_figure_of_the_whole(chapter):
    c = chapter("pavia")
    c.accostati(
        "posti_nido_pubblicati",
        "posti_nido_per_100",
        per=["ripartizione"],
        dove={"territorio": ["lombardia", "italia"]},
        ordina=["livello", "ripartizione", "periodo"],
        id="tab-posti",
        titolo="Posti",
        colonne=["territorio", "ripartizione", "periodo", "posti_nido_per_100", "fonte"],
    )
    table = c.blocchi[-1]
    names = {(row[0].t, row[1].t) for row in table.righe}
    assert {("Italia", ""), ("Italia", "Nord-ovest"), ("Lombardia", "")} <= names
    assert [column.nome for column in table.colonne][2] == "Anno"
    for row in table.righe:
        breakdown = row[1].t.replace(" ", "-")
        assert row[3].cifra.endswith(f"ripartizione-{breakdown}" if breakdown else row[2].t)
    assert table.fonte == ""


def test_figures_beside_a_list_are_those_of_the_chapter_only_when_asked(chapter):
    c = chapter("pavia")
    shown = {"id": "tab-aree", "titolo": "Aree", "per": ["area"], "colonne": ["area"]}
    with pytest.raises(UsoError, match="di quale territorio"):
        c.accostati("aree_servizi", "destinatari", **shown)
    c.accostati("aree_servizi", "destinatari", suo=True, dove={"area": ["anziani"]}, **shown)
    [[area, elders]] = c.blocchi[-1].righe
    assert area.t == "anziani"
    assert elders.v == c.f.residenti_75_piu.value


def test_only_the_rows_asked_for_are_shown(chapter):
    c = chapter("lombardia")
    c.tavola("residenti_65_piu", di="ats", dove={"territorio": ["pavia", "milano"]}, id="tab-due", titolo="Due")
    assert len(c.blocchi[-1].righe) == 2


def test_the_line_of_the_region_is_of_the_year_of_the_bars(chapter):
    """Of the beds in residences the region has a later reference year than its ATS: the two were drawn together."""
    c = chapter("lombardia")
    found = c.frame("rsa_posti_per_100_over65", livello=["ats", "regione"])
    assert found["periodo"].nunique() > 1, "the example holds no more: look for another indicator"
    c.barre("rsa_posti_per_100_over65", id="fig-rsa", titolo="Letti", alt="Letti delle ATS.")
    table = c.blocchi[-1].dati
    years = pd.Series([row[[column.nome for column in table.colonne].index("Anno")].t for row in table.righe])
    assert years.unique().tolist() == [found.loc[found["livello"] == "ats", "periodo"].max()]
    assert "2023" not in c.blocchi[-1].fonte
