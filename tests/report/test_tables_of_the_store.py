"""Cells of a table find their figure, and never that of another year."""

import pandas as pd

from conciliazione_lib.evidence import Figure, FigureSet, Ledger, Place
from conciliazione_lib.evidence.pending import Pending
from conciliazione_lib.report import tables

PLACE = Place("provincia", "BS", "Brescia")


def figures(values, reference):
    made = [Figure("stranieri_residenti_pct", value, "%", 1, PLACE, period) for period, value in values.items()]
    pending = [Pending(f.indicator, PLACE, f.period, (), lambda f=f: f, reference=f.period == reference) for f in made]
    return FigureSet(pending, PLACE, Ledger())


def cells(frame, found):
    block = tables.tabella(
        frame, id="tab", titolo="Prova", ledger=found.ledger, nome=lambda level, code: "Brescia", cifre=found
    )
    return [(row[-1].t, row[-1].cifra) for row in block.righe]


def test_a_year_without_a_value_does_not_take_that_of_the_reference_year():
    frame = pd.DataFrame(
        {
            "livello": "provincia",
            "territorio": "BS",
            "periodo": ["2016", "2022"],
            "stranieri_residenti_pct": [None, 12.0],
        }
    )
    found = figures({"2022": 12.0}, "2022")
    assert cells(frame, found) == [("n.d.", None), ("12,0", "stranieri_residenti_pct.provincia-BS.2022")]


def test_a_row_of_several_indicators_finds_each_at_its_own_reference_period():
    row = {"livello": "provincia", "territorio": "BS", "periodo": "2024", "stranieri_residenti_pct": [12.0]}
    assert (
        cells(pd.DataFrame(row), figures({"2022": 12.0}, "2022"))[0][1] == "stranieri_residenti_pct.provincia-BS.2022"
    )
    absent = cells(pd.DataFrame(row | {"stranieri_residenti_pct": [None]}), figures({"2022": None}, "2022"))
    assert absent == [("n.d.", "stranieri_residenti_pct.provincia-BS.2022")]
