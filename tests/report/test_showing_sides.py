"""Tables and charts shown from the edition: which territories, and what they are compared with."""

from __future__ import annotations

import pytest
from quaderni import DATA, EDIZIONE

from conciliazione_lib import storage
from conciliazione_lib.report import Capitolo


@pytest.fixture
def chapter(archive, monkeypatch):
    monkeypatch.setenv(storage.FIGURES_VARIABLE, str(archive))
    monkeypatch.setattr("IPython.display.display", lambda *blocks: None)

    def opened(territorio):
        return Capitolo.apri("07_risorse", territorio=territorio, data=DATA, edizione=EDIZIONE)

    return opened


def rows(block):
    return [[cell.t for cell in row] for row in block.righe]


def names(block):
    return [row[0] for row in rows(block)]


def test_what_only_ats_have_is_shown_without_a_row_of_the_region(chapter):
    c = chapter("pavia")
    c.tavola("abitanti_atto", "risorse_annue", di="sole ats", id="tab-riparto", titolo="Riparto")
    table = c.blocchi[-1]
    assert len(table.righe) == 8
    assert "Lombardia" not in names(table)
    assert not any("n.d." in row for row in rows(table))


def test_bars_leave_the_value_of_the_region_or_zero_where_it_has_none(chapter):
    c = chapter("pavia")
    c.divergenti(
        "risorse_per_1000_abitanti", anche=["risorse_annue"], id="fig-a", titolo="Per abitante", alt="Da una parte."
    )
    around = c.blocchi[-1]
    assert names(around.dati)[-1] == "Lombardia"
    assert all(row[1].cifra and row[2].cifra for row in around.dati.righe)
    assert around.svg.count("Lombardia: ") == 1
    assert around.fonte == c.fonte(
        "risorse_per_1000_abitanti", "risorse_annue", livello=["ats", "regione"], elaborazione=True
    )
    c.divergenti("effetto_arrotondamento", id="fig-b", titolo="Effetto", alt="Da due parti.", fonte="L'atto")
    zero = c.blocchi[-1]
    assert len(zero.dati.righe) == 8
    assert "Lombardia: " not in zero.svg
    assert zero.fonte == "L'atto"


def test_intervals_have_the_line_asked_for_and_mark_the_own_territory(chapter):
    c = chapter("pavia")
    reference = {"riferimento": ("Oggi", 0.0)}
    c.intervalli(
        "differenza_simulazione", di="sole ats", id="fig-c", titolo="Differenza", alt="Fra estremi.", disegno=reference
    )
    chart = c.blocchi[-1]
    assert "Oggi: 0" in chart.svg
    values = [row[1].v for row in chart.dati.righe]
    assert values == sorted(values, reverse=True)
    assert len(values) == 8
