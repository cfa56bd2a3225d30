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
    METODI,
    AllocationRule,
    allocate,
    compare,
    rounding,
    sensitivity,
    simulated,
)

PESI = {"donne_18_45": 10, "bambini_0_6": 30, "forza_lavoro_femminile": 30, "mpmi": 10, "anziani_75": 20}


@pytest.fixture(scope="module")
def indicatori() -> pd.DataFrame:
    tavola = catalog.read("riparti_indicatori").pivot(index="territorio", columns="indicatore", values="quota")
    return tavola[list(PESI)]


def test_dgr_x_1081_parts_and_totals_close_to_the_euro(indicatori: pd.DataFrame) -> None:
    regola = AllocationRule(PESI, unita=1, quote={"fissa": 80, "variabile": 20})
    riparto = allocate(regola, indicatori, 3_339_500)
    assert riparto[["fissa", "variabile", "importo"]].sum().to_dict() == {
        "fissa": 2_671_600,
        "variabile": 667_900,
        "importo": 3_339_500,
    }
    # The printed indicators have one decimal: half a tenth of a point of 2.671.600 € is 1.335,80 €.
    pubblicati = catalog.read("riparti").query("livello == 'asl' and voce == 'fissa'").set_index("territorio")
    distanza = (riparto["fissa"].astype(float) - pubblicati["importo"]).abs()
    assert distanza.max() < 1_400
    assert sum(riparto["peso"]) == 1


@given(
    st.lists(st.tuples(st.integers(1, 500), st.integers(0, 500)), min_size=2, max_size=9),
    st.integers(1, 10**7),
    st.sampled_from(METODI),
)
def test_the_total_is_exact_with_every_method(righe, centesimi: int, metodo: str) -> None:
    tavola = pd.DataFrame(righe, columns=["a", "b"], index=[f"t{i}" for i in range(len(righe))])
    tavola["b"] += 1
    totale = Decimal(centesimi + 900) / 100
    riparto = allocate(AllocationRule({"a": 60, "b": 40}, metodo=metodo), tavola, totale)
    assert riparto["importo"].sum() == totale


def test_comparison_says_who_gains_and_sums_to_zero() -> None:
    tavola = compare(pd.Series({"x": 120, "y": 80, "z": 50}), pd.Series({"z": 50.0, "y": 100.0, "x": 100.0}))
    assert tavola["esito"].to_dict() == {"x": "guadagna", "y": "perde", "z": "invariato"}
    assert tavola["differenza"].sum() == 0
    assert tavola.loc["y", "variazione"] == -20


def test_comparison_between_different_territories_is_refused() -> None:
    with pytest.raises(CalcoloError, match="non riguardano gli stessi territori: y, z"):
        compare(pd.Series({"x": 1, "y": 1}), pd.Series({"x": 1, "z": 1}))


def test_sensitivity_in_euros_is_the_share_times_the_total() -> None:
    tavola = pd.DataFrame({"a": [60, 40], "b": [20, 80]}, index=["x", "y"])
    riga = sensitivity(AllocationRule({"a": 50, "b": 50}), tavola, 1_000, 10).loc["x"]
    assert (riga["importo_minimo"], riga["importo_massimo"]) == (Decimal("360.00"), Decimal("440.00"))
    libera = sensitivity(AllocationRule({"a": 50, "b": 50}), tavola, 1_000).loc["x"]
    assert (libera["minima"], libera["massima"]) == (20, 60)


@pytest.mark.parametrize(
    ("regola", "messaggio"),
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
def test_rules_that_make_no_sense_are_refused(regola, messaggio: str) -> None:
    with pytest.raises(UsoError) as errore:
        AllocationRule({"a": 1}, **regola)
    assert errore.value.messaggio == messaggio


def test_rounding_moves_money_and_makes_none() -> None:
    effetto = rounding(
        pd.Series({"a": 500, "b": 300, "c": 200}), pd.Series({"a": 60_000.0, "b": 20_000.0, "c": 20_000.0})
    )
    assert effetto["importo_proporzionale"].tolist() == [50_000.0, 30_000.0, 20_000.0]
    assert effetto["effetto_arrotondamento"].tolist() == [10_000.0, -10_000.0, 0.0]
    assert effetto["quota_abitanti_atto"].tolist() == [50.0, 30.0, 20.0]
    assert (effetto[["abitanti_ats", "risorse_anno_ats"]].iloc[0] == [1000, 100_000]).all()
    assert effetto.index.name == "territorio"


def test_a_simulation_has_the_bounds_of_its_weights_around_the_difference() -> None:
    indicatori = pd.DataFrame({"x": [1, 3], "y": [1, 1]}, index=["a", "b"])
    regola = AllocationRule({"x": 50, "y": 50})
    proposto = allocate(regola, indicatori, 1000)["importo"]
    vigente = pd.Series({"a": 500, "b": 500})
    esito = simulated(compare(proposto, vigente), sensitivity(regola, indicatori, 1000, points=10)).loc["a"]
    assert (esito["importo_simulato"], esito["risorse_anno"], esito["quota_simulata"]) == (375.0, 500.0, 37.5)
    assert esito["differenza_simulazione"] == -125.0
    # ten points from one weight to the other: from 35 to 40 per cent
    assert (esito["differenza_simulazione_inferiore"], esito["differenza_simulazione_superiore"]) == (-150.0, -100.0)
    assert (esito["quota_simulata_inferiore"], esito["quota_simulata_superiore"]) == pytest.approx((35.0, 40.0))
