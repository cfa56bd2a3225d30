"""Prospects: generations by hand, forecasts that add up and keep still when nothing moves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from conciliazione_lib import catalog, territory
from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.evidence import registry
from conciliazione_lib.indicators.demography import bands
from conciliazione_lib.indicators.prospects import (
    RICAMBI,
    RICAMBI_TRIENNIO,
    at_year,
    forecast,
    generations,
    launch,
    projections,
    succession,
    term,
    variants,
    verify,
)


@pytest.fixture(scope="module")
def ats_2022() -> pd.DataFrame:
    return territory.load(data="2023-01-01").aggregate(catalog.read("popolazione", data="2022-01-01"), to="ats")


@pytest.fixture(scope="module")
def ats_2023() -> pd.DataFrame:
    # the provisional population of 2023 serves the tests of the method, never a report
    return territory.load(data="2023-01-01").aggregate(catalog.read("popolazione_di_controllo"), to="ats")


def stop(residenti: float = 100.0) -> pd.DataFrame:
    """Two territories where every age under 100 has the same number of people, and nobody is older."""
    rows = [(t, e, s, residenti if e < 100 else 0.0) for t in "ab" for e in range(101) for s in "MF"]
    return pd.DataFrame(rows, columns=["territorio", "eta", "sesso", "residenti"])


def test_generations_by_hand() -> None:
    frame = stop()
    # as many ages enter as there are today: 100
    assert succession(frame).iloc[0][[*RICAMBI, *RICAMBI_TRIENNIO]].tolist() == [100.0] * 7
    doubled = frame.copy()
    doubled.loc[doubled["eta"].between(69, 74), "residenti"] *= 2
    assert succession(doubled).set_index("territorio").loc["a", "ricambio_eta_75_82"] == 175.0


def test_a_generation_that_is_not_there_has_no_ratio_and_says_why() -> None:
    frame = stop()
    frame.loc[(frame["territorio"] == "a") & frame["eta"].between(3, 5), "residenti"] = 0
    r = succession(frame).set_index("territorio")
    assert np.isnan(r.at["a", "ricambio_eta_3_5"])
    assert r.at["a", "ricambio_eta_3_5_stato"] == "non_calcolabile"
    assert r["ricambio_eta_3_5_stato"].isna().tolist() == [False, True]
    assert "ricambio_eta_6_10_stato" not in r


def test_the_registry_declares_the_ages_that_are_compared() -> None:
    frame = succession(stop())
    for name, (entering, present) in (RICAMBI | RICAMBI_TRIENNIO).items():
        declared = registry.load()[name]
        assert declared.terms == (term(entering), term(present))
        assert set(declared.terms) <= set(frame.columns)
        assert declared.minimo is not None
        assert declared.minimo.termine == term(present)


def test_the_levels_of_a_projection_add_up_and_only_whole_ambiti_have_one() -> None:
    boundaries = territory.load(data="2023-01-01")
    comuni = [catalog.read("popolazione", data="2022-01-01"), catalog.read("popolazione_di_controllo")]
    r = projections(comuni[0], comuni[1], 1, boundaries, 7)
    r = r.set_index(["livello", "territorio", "fascia"]).sort_index()
    ats = r.loc["ats"]["valore"].groupby("fascia").sum()
    assert ats.to_numpy() == pytest.approx(r.loc["regione", "lombardia"]["valore"].reindex(ats.index).to_numpy())
    assert r.loc["regione", "inferiore"].isna().all()
    assert not set(r.loc["ambito"].index.get_level_values(0)) & {
        "non-attribuito",
        *boundaries.completezza("ambito", "lombardia").incompleti,
    }
    # the ambiti of an ATS all known add up to it
    milano = [a for a in boundaries.codes("ambito") if boundaries.parent("ambito", a, "ats") == "milano"]
    assert sum(r.at[("ambito", a, "residenti"), "valore"] for a in milano) == pytest.approx(
        r.at[("ats", "milano", "residenti"), "valore"]
    )


def test_generations_of_lombardia_2022(ats_2022: pd.DataFrame) -> None:
    regione = ats_2022.assign(territorio="lombardia").groupby(["territorio", "eta", "sesso"], as_index=False).sum()
    by_eta = regione.groupby("eta")["residenti"].sum()
    expected = by_eta.loc[69:76].sum() / by_eta.loc[75:82].sum() * 100
    assert succession(regione)["ricambio_eta_75_82"].iloc[0] == pytest.approx(expected)


def test_a_still_population_stays_still() -> None:
    one_forecast = forecast(launch(stop(), stop(), 1), steps=5)
    assert one_forecast.groupby("fascia")["valore"].nunique().eq(1).all()
    assert (one_forecast["superiore"] - one_forecast["inferiore"]).abs().max() == pytest.approx(0, abs=1e-9)


def test_parts_sum_to_the_whole_at_every_step(ats_2022: pd.DataFrame, ats_2023: pd.DataFrame) -> None:
    one_forecast = forecast(launch(ats_2022, ats_2023, 1), steps=7)
    regione = [f.assign(territorio="lombardia") for f in (ats_2022, ats_2023)]
    whole = [f.groupby(["territorio", "eta", "sesso"], as_index=False)["residenti"].sum() for f in regione]
    one_whole = forecast(launch(*whole, 1), steps=7)
    sums = one_forecast.groupby(["anni", "fascia"])["valore"].sum()
    assert sums.to_numpy() == pytest.approx(
        one_whole.set_index(["anni", "fascia"])["valore"].reindex(sums.index).to_numpy()
    )
    # the launch is the later population, and the range holds the central value
    one_launch = one_forecast.query("anni == 0 and fascia == 'residenti_0_2'").set_index("territorio")["valore"]
    true = bands(ats_2023).set_index("territorio")["residenti_0_2"]
    assert one_launch.to_dict() == pytest.approx(true.to_dict())
    assert (one_forecast["inferiore"] <= one_forecast["valore"] + 1e-9).all()
    assert (one_forecast["valore"] <= one_forecast["superiore"] + 1e-9).all()


def test_interpolation_between_steps() -> None:
    frame = pd.DataFrame(
        {
            "territorio": "a",
            "fascia": "residenti",
            "anni": [0, 3],
            "valore": [90.0, 120.0],
            "inferiore": 0.0,
            "superiore": 200.0,
        }
    )
    assert at_year(frame, 1)["valore"].iloc[0] == 100.0
    assert at_year(frame, 3)["valore"].iloc[0] == 120.0
    with pytest.raises(CalcoloError, match="arriva a 3 anni"):
        at_year(frame, 4)


def test_a_backtest_of_a_still_population_finds_no_error() -> None:
    errors = verify(stop(), stop(), stop(), (1, 2))
    assert np.allclose(errors[["errore_totale", "mape"]], 0)
    double = stop(200.0)
    assert verify(stop(), stop(), double, (1, 2))["errore_totale"].tolist() == pytest.approx([-50.0, -50.0])


def test_different_territories_are_refused() -> None:
    with pytest.raises(CalcoloError, match="stessi territori"):
        launch(stop(), stop().query("territorio == 'a'"), 1)


def test_parts_of_an_ats_are_raked_to_its_own_projection(ats_2022: pd.DataFrame, ats_2023: pd.DataFrame) -> None:
    steps = 2
    above = launch(ats_2022, ats_2023, 1)
    place = above.chiavi["territorio"].tolist().index("pavia")
    check = variants(above, steps)["media"][place]
    boundaries = territory.load(data="2023-01-01")
    comuni = boundaries.comuni.query("ats == 'pavia'").index
    parts = []
    for frame in (catalog.read("popolazione", data="2022-01-01"), catalog.read("popolazione_di_controllo")):
        parts.append(boundaries.aggregate(frame[frame["cod_comune"].isin(comuni)], to="ambito"))
    below = forecast(launch(*parts, 1), steps, check)
    pavia = forecast(above, steps).query("territorio == 'pavia'").set_index(["anni", "fascia"])["valore"]
    sums = below.groupby(["anni", "fascia"])["valore"].sum()
    assert sums.to_numpy() == pytest.approx(pavia.reindex(sums.index).to_numpy())
    assert (below["inferiore"] <= below["valore"] + 1e-9).all()
    assert (below["valore"] <= below["superiore"] + 1e-9).all()


def test_comuni_merged_between_the_two_dates_stay_in_their_ambito() -> None:
    boundaries = territory.load(data="2023-01-01")
    now = catalog.read("popolazione_di_controllo")
    before = catalog.read("popolazione", data="2022-01-01")
    # Colli Verdi under the code of Ruino, one of the comuni that became it: the same people, the same forecast
    ceased = before.assign(cod_comune=before["cod_comune"].replace({"018193": "018132"}))
    assert not ceased["cod_comune"].equals(before["cod_comune"])
    pd.testing.assert_frame_equal(
        projections(ceased, now, 1, boundaries, 3), projections(before, now, 1, boundaries, 3)
    )


def test_every_generation_is_as_wide_as_the_one_whose_place_it_takes() -> None:
    eta = generations().set_index("indicatore")
    assert set(eta.index) == {*RICAMBI, *RICAMBI_TRIENNIO}
    assert eta.loc["ricambio_eta_3_5"].tolist() == [3, "0–2", "3–5"]
    assert eta.loc["ricambio_donne_25_39"].tolist() == [6, "19–33", "25–39"]
