"""A rule of allocation as data: the acts reproduced, comparisons, sensitivity."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conciliazione_lib import catalog
from conciliazione_lib.errors import CalcoloError, UsoError
from conciliazione_lib.indicators.allocation import (
    METHODS,
    AllocationRule,
    allocate,
    compare,
    rounding,
    sensitivity,
    simulated,
)

WEIGHTS = {"donne_18_45": 10, "bambini_0_6": 30, "forza_lavoro_femminile": 30, "mpmi": 10, "anziani_75": 20}


@pytest.fixture(scope="module")
def indicators() -> pd.DataFrame:
    table = catalog.read("riparti_indicatori").pivot(index="territorio", columns="indicatore", values="quota")
    return table[list(WEIGHTS)]


def test_dgr_x_1081_parts_and_totals_close_to_the_euro(indicators: pd.DataFrame) -> None:
    rule = AllocationRule(WEIGHTS, unita=1, quote={"fissa": 80, "variabile": 20})
    riparto = allocate(rule, indicators, 3_339_500)
    assert riparto[["fissa", "variabile", "importo"]].sum().to_dict() == {
        "fissa": 2_671_600,
        "variabile": 667_900,
        "importo": 3_339_500,
    }
    # The printed indicators have one decimal: half a tenth of a point of 2.671.600 € is 1.335,80 €.
    published = catalog.read("riparti").query("livello == 'asl' and voce == 'fissa'").set_index("territorio")
    distance = (riparto["fissa"].astype(float) - published["importo"]).abs()
    assert distance.max() < 1_400
    assert sum(riparto["peso"]) == 1


@given(
    st.lists(st.tuples(st.integers(1, 500), st.integers(0, 500)), min_size=2, max_size=9),
    st.integers(1, 10**7),
    st.sampled_from(METHODS),
)
def test_the_total_is_exact_with_every_method(rows, cents: int, metodo: str) -> None:
    table = pd.DataFrame(rows, columns=["a", "b"], index=[f"t{i}" for i in range(len(rows))])
    table["b"] += 1
    total = Decimal(cents + 900) / 100
    riparto = allocate(AllocationRule({"a": 60, "b": 40}, metodo=metodo), table, total)
    assert riparto["importo"].sum() == total


def test_comparison_says_who_gains_and_sums_to_zero() -> None:
    table = compare(pd.Series({"x": 120, "y": 80, "z": 50}), pd.Series({"z": 50.0, "y": 100.0, "x": 100.0}))
    assert table["esito"].to_dict() == {"x": "guadagna", "y": "perde", "z": "invariato"}
    assert table["differenza"].sum() == 0
    assert table.loc["y", "variazione"] == -20


def test_comparison_between_different_territories_is_refused() -> None:
    with pytest.raises(CalcoloError, match="non riguardano gli stessi territori: y, z"):
        compare(pd.Series({"x": 1, "y": 1}), pd.Series({"x": 1, "z": 1}))


def test_sensitivity_in_euros_is_the_share_times_the_total() -> None:
    table = pd.DataFrame({"a": [60, 40], "b": [20, 80]}, index=["x", "y"])
    row = sensitivity(AllocationRule({"a": 50, "b": 50}), table, 1_000, 10).loc["x"]
    assert (row["importo_minimo"], row["importo_massimo"]) == (Decimal("360.00"), Decimal("440.00"))
    free = sensitivity(AllocationRule({"a": 50, "b": 50}), table, 1_000).loc["x"]
    assert (free["minima"], free["massima"]) == (20, 60)


@pytest.mark.parametrize(
    ("regola", "message"),
    [
        ({"metodo": "borda"}, "Il metodo «borda» non esiste."),
        (
            {"minimi": 10, "metodo": "webster"},
            "Minimi e massimi si applicano solo al metodo dei resti maggiori e a un'unica quota.",
        ),
        (
            {"massimi": 10, "quote": {"fissa": 80, "variabile": 20}},
            "Minimi e massimi si applicano solo al metodo dei resti maggiori e a un'unica quota.",
        ),
    ],
)
def test_rules_that_make_no_sense_are_refused(regola, message: str) -> None:
    with pytest.raises(UsoError) as error:
        AllocationRule({"a": 1}, **regola)
    assert error.value.messaggio == message


def test_rounding_moves_money_and_makes_none() -> None:
    effect = rounding(
        pd.Series({"a": 500, "b": 300, "c": 200}), pd.Series({"a": 60_000.0, "b": 20_000.0, "c": 20_000.0})
    )
    assert effect["importo_proporzionale"].tolist() == [50_000.0, 30_000.0, 20_000.0]
    assert effect["effetto_arrotondamento"].tolist() == [10_000.0, -10_000.0, 0.0]
    assert effect["quota_abitanti_atto"].tolist() == [50.0, 30.0, 20.0]
    assert (effect[["abitanti_ats", "risorse_anno_ats"]].iloc[0] == [1000, 100_000]).all()
    assert effect.index.name == "territorio"


def test_a_simulation_has_the_bounds_of_its_weights_around_the_difference() -> None:
    indicators = pd.DataFrame({"x": [1, 3], "y": [1, 1]}, index=["a", "b"])
    rule = AllocationRule({"x": 50, "y": 50})
    proposed = allocate(rule, indicators, 1000)["importo"]
    in_force = pd.Series({"a": 500, "b": 500})
    outcome = simulated(compare(proposed, in_force), sensitivity(rule, indicators, 1000, points=10)).loc["a"]
    assert (outcome["importo_simulato"], outcome["risorse_anno"], outcome["quota_simulata"]) == (375.0, 500.0, 37.5)
    assert outcome["differenza_simulazione"] == -125.0
    # ten points from one weight to the other: from 35 to 40 per cent
    assert (outcome["differenza_simulazione_inferiore"], outcome["differenza_simulazione_superiore"]) == (
        -150.0,
        -100.0,
    )
    assert (outcome["quota_simulata_inferiore"], outcome["quota_simulata_superiore"]) == pytest.approx((35.0, 40.0))
