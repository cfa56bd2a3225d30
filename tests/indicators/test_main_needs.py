"""Which needs a summary opens with: those that set a territory apart from the region and from most of its peers."""

from __future__ import annotations

import pandas as pd

from conciliazione_lib.indicators.main_needs import main_needs, programme

CANDIDATES = pd.DataFrame({"tema": ["spesa"], "indicatore": ["spesa"], "verso": [-1]})


def test_under_a_region_that_one_territory_makes_is_not_yet_a_need() -> None:
    # one large territory spends 300: the region's mean is over all the others
    values = pd.DataFrame({"spesa": [300.0, 160.0, 150.0, 120.0, 110.0, 100.0]}, index=list("abcdef"))
    outcomes = pd.DataFrame({"indicatore": "spesa", "territorio": list("abcdef"), "esito": ["sopra"] + ["sotto"] * 5})
    chosen = main_needs(values, pd.Series({"spesa": 175.0}), outcomes, CANDIDATES)
    assert chosen["territorio"].tolist() == ["d", "e", "f"]
    assert set(chosen["certezza"]) == {"certo"}


def test_proposed_amounts_sum_to_the_whole_and_touch_two_categories() -> None:
    needs = pd.DataFrame({"territorio": ["x"] * 3, "macrocategoria": ["a"] * 3})
    proposed = programme(needs, {"x": 100_000}, unit=1_000)
    assert proposed["importo"].sum() == 100_000
    assert proposed["macrocategoria"].tolist() == ["a", "tempi"]
