"""Panels and trends against published worked examples and cases solved by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators.panel import (
    beta_between,
    beta_convergence,
    fixed_effects,
    linear_trend,
    named,
    residual_noise,
    side_by_side,
    sigma_convergence,
    wild_cluster_p,
)


@pytest.fixture(scope="module")
def grunfeld() -> pd.DataFrame:
    """The ten firms of Grunfeld (1958) as in the textbooks: statsmodels' copy has an eleventh, American Steel."""
    data = sm.datasets.grunfeld.load_pandas().data
    return data[data["firm"] != "American Steel"]


def test_fixed_effects_agree_with_baltagi_and_with_gretl(grunfeld):
    """Within estimates 0.110 and 0.310: Baltagi, Econometric Analysis of Panel Data, table 2.1. Clustered errors
    0.0151945 and 0.0527518: gretl on the same data, as printed in the tests of the R package plm (pwaldtest)."""
    fit = fixed_effects(grunfeld, "invest", ["value", "capital"], entity="firm", time="year")
    table = fit.coefficients
    assert table["stima"].round(6).to_dict() == {"value": 0.110124, "capital": 0.310065}
    assert table.loc["value", "errore_standard"] == pytest.approx(0.0151945, abs=5e-8)
    assert table.loc["capital", "errore_standard"] == pytest.approx(0.0527518, abs=5e-8)
    assert table.loc["value", "p"] == pytest.approx(4.83e-05, rel=2e-3)
    assert fit.r2_within == pytest.approx(0.766758, abs=5e-7)
    assert fit.residual_sd == pytest.approx(52.76797, abs=5e-6)
    assert (fit.observations, fit.entities, fit.periods, fit.degrees_of_freedom) == (200, 10, 20, 9)


def test_two_way_effects_agree_with_gretl(grunfeld):
    """gretl, same source: with a dummy a year, 0.117716 (0.0108244) and 0.357916 (0.0478484)."""
    fit = fixed_effects(grunfeld, "invest", ["value", "capital"], "firm", "year", time_effects=True)
    assert fit.coefficients.loc["value", ["stima", "errore_standard"]].to_list() == pytest.approx(
        [0.117716, 0.0108244], abs=5e-7
    )
    assert fit.coefficients.loc["capital", ["stima", "errore_standard"]].to_list() == pytest.approx(
        [0.357916, 0.0478484], abs=5e-7
    )


def test_models_side_by_side_keep_their_size(grunfeld):
    one = fixed_effects(grunfeld, "invest", ["value"], "firm", "year")
    two = fixed_effects(grunfeld, "invest", ["value", "capital"], "firm", "year")
    table = side_by_side({"A": one, "B": two})
    assert table[["modello", "variabile"]].to_numpy().tolist() == [["A", "value"], ["B", "value"], ["B", "capital"]]
    assert table.loc[1, "stima"] == two.coefficients.loc["value", "stima"]
    assert table["osservazioni"].eq(200).all()


def test_a_coefficient_takes_the_name_of_its_figure(grunfeld):
    fit = fixed_effects(grunfeld, "invest", ["value", "capital"], entity="firm", time="year")
    row = fit.coefficients.loc["value"]
    assert named(fit, "value", "effetto") == {
        "effetto": row["stima"],
        "effetto_inferiore": row["inferiore"],
        "effetto_superiore": row["superiore"],
    }


def test_rows_with_missing_values_are_counted_not_hidden(grunfeld):
    holed = grunfeld.copy()
    holed.loc[holed.index[:3], "invest"] = np.nan
    fit = fixed_effects(holed, "invest", ["value"], "firm", "year")
    assert (fit.observations, fit.dropped) == (197, 3)


def test_a_regressor_fixed_in_time_is_refused(grunfeld):
    data = grunfeld.assign(fermo=grunfeld["firm"].map(len).astype(float))
    with pytest.raises(CalcoloError, match="fermo non varia nel tempo"):
        fixed_effects(data, "invest", ["fermo"], "firm", "year")


def test_repeated_rows_and_too_few_entities_are_refused(grunfeld):
    with pytest.raises(CalcoloError, match="più righe per la stessa unità"):
        fixed_effects(pd.concat([grunfeld, grunfeld.head(1)]), "invest", ["value"], "firm", "year")
    two = grunfeld[grunfeld["firm"].isin(["IBM", "Chrysler"])]
    with pytest.raises(CalcoloError, match="2 unità"):
        fixed_effects(two, "invest", ["value"], "firm", "year")


def test_wild_bootstrap_enumerates_every_sign_by_hand():
    """Three clusters of one row, slope only: t* is |b*| / sqrt(sum (x_i e*_i)^2) over the 8 patterns of signs."""
    x = np.array([1.0, 2.0, 3.0])
    y = np.array([1.2, 1.8, 3.3])
    design = pd.DataFrame({"x": x})
    statistics = []
    for signs in np.array(np.meshgrid([1, -1], [1, -1], [1, -1])).reshape(3, -1).T:
        drawn = y * signs
        beta = (x @ drawn) / (x @ x)
        residual = drawn - beta * x
        statistics.append(abs(beta) / np.sqrt(((x * residual) ** 2).sum()))
    expected = np.mean(np.array(statistics) >= statistics[0] - 1e-12)
    assert wild_cluster_p(pd.Series(y), design, np.arange(3), "x") == pytest.approx(expected)
    assert expected == 2 / 8


def test_wild_bootstrap_accepts_a_true_null_about_as_often_as_it_says():
    rng = np.random.default_rng(5)
    groups = np.repeat(np.arange(8), 5)
    rejections = 0
    for _ in range(200):
        x = rng.normal(size=40) + rng.normal(size=8)[groups]
        y = rng.normal(size=40) + rng.normal(size=8)[groups]
        design = pd.DataFrame({"const": 1.0, "x": x})
        rejections += wild_cluster_p(pd.Series(y), design, groups, "x") <= 0.10
    assert 0.05 <= rejections / 200 <= 0.16


def test_trend_on_longley_total_employment():
    """NIST's Longley data: y on year alone; slope and classical error by the textbook formulas, done here apart."""
    data = sm.datasets.longley.load_pandas().data
    x, y = data["YEAR"].to_numpy(), data["TOTEMP"].to_numpy()
    trend = linear_trend(x, y)
    slope = np.cov(x, y, ddof=1)[0, 1] / x.var(ddof=1)
    residual = y - y.mean() - slope * (x - x.mean())
    error = np.sqrt((residual**2).sum() / (len(x) - 2) / ((x - x.mean()) ** 2).sum())
    assert trend.slope == pytest.approx(slope)
    assert (trend.upper - trend.lower) / 2 == pytest.approx(2.144787 * error, rel=1e-6)  # t(0.975; 14)
    assert trend.n == 16


def test_newey_west_by_hand():
    """Lag 1, Bartlett weight 1/2, small-sample factor n/(n-2): the definition in Newey and West (1987)."""
    x = np.arange(10.0)
    y = np.array([3.0, 4.1, 3.7, 5.2, 5.0, 6.4, 6.1, 7.5, 7.1, 8.8])
    centred = x - x.mean()
    slope = centred @ y / (centred @ centred)
    e = y - y.mean() - slope * centred
    u = centred * e
    meat = (u @ u + 2 * 0.5 * (u[1:] @ u[:-1])) * 10 / 8
    error = np.sqrt(meat) / (centred @ centred)
    trend = linear_trend(x, y, hac_lags=1)
    assert (trend.upper - trend.lower) / 2 == pytest.approx(2.306004 * error, rel=1e-6)  # t(0.975; 8)


def test_mann_kendall_is_exact_on_a_monotone_series():
    # Five values in order: only two of the 5! orderings are as extreme.
    trend = linear_trend([2018, 2019, 2020, 2021, 2022], [1.0, 2.0, 4.0, 4.5, 9.0])
    assert trend.p_kendall == pytest.approx(2 / 120)


def test_trend_keeps_gaps_between_years_and_refuses_three_points():
    with_hole = linear_trend([2018, 2019, 2021, 2024], [10.0, 9.0, 7.0, 4.0])
    assert with_hole.slope == pytest.approx(-1.0)
    with pytest.raises(CalcoloError, match="3 anni"):
        linear_trend([2018, 2019, 2020, 2021], [1.0, 2.0, np.nan, 3.0])


def test_sigma_convergence_is_over_the_same_provinces_every_year():
    frame = pd.DataFrame(
        [(2018, "A", 10.0), (2018, "B", 20.0), (2022, "A", 12.0), (2022, "B", 18.0), (2023, "A", 15.0)],
        columns=["anno", "provincia", "valore"],
    )
    out = sigma_convergence(frame, "valore")
    assert out["deviazione_standard"].to_dict() == {2018: 5.0, 2022: 3.0}
    assert out["coefficiente_variazione"].to_dict() == {2018: pytest.approx(33.333333), 2022: pytest.approx(20.0)}
    assert out["unita"].eq(2).all()


def test_beta_convergence_recovers_a_known_pace():
    start = pd.Series([8.0, 12.0, 16.0, 20.0, 26.0, 15.0])
    end = 15 + (start - 15) * 0.5  # distances halved in four years
    out = beta_convergence(start, end, years=4)
    assert out.beta == pytest.approx(-0.5)
    assert out.half_life == pytest.approx(4.0)
    diverging = beta_convergence(start, start * 1.2 + np.array([0.1, -0.1, 0.2, -0.2, 0.1, -0.1]), years=4)
    assert diverging.beta > 0
    assert np.isnan(diverging.half_life)


def test_beta_between_two_years_of_a_panel_is_that_of_their_values():
    start = pd.Series({name: 10.0 + 2 * number for number, name in enumerate("abcdef")})
    end = start * [0.7, 0.8, 0.75, 0.72, 0.78, 0.74]
    panel = pd.concat([start.rename(2018), end.rename(2022)], axis=1).rename_axis(index="provincia", columns="anno")
    row = beta_between(panel.stack().rename("divario").reset_index(), "divario", 2018, 2022).loc[0]
    expected = beta_convergence(start, end, years=4)
    assert (row["dal"], row["al"], row["unita"]) == (2018, 2022, 6)
    assert (row["beta"], row["inferiore"], row["p"]) == pytest.approx((expected.beta, expected.lower, expected.p_value))


def test_beta_convergence_refuses_few_units():
    with pytest.raises(CalcoloError, match="4 unità"):
        beta_convergence(pd.Series([1.0, 2, 3, 4]), pd.Series([1.0, 2, 3, 4]), years=1)


def test_residual_noise_ignores_levels_and_common_years():
    rng = np.random.default_rng(2)
    rows = [(p, t, 50 + 3 * p - 0.7 * t + rng.normal(0, 1.5)) for p in range(40) for t in range(20)]
    frame = pd.DataFrame(rows, columns=["provincia", "anno", "valore"])
    assert residual_noise(frame, "valore") == pytest.approx(1.5, rel=0.06)
    additive = frame.assign(valore=lambda d: d["provincia"] + d["anno"] * 2.0)
    assert residual_noise(additive, "valore") == pytest.approx(0.0, abs=1e-9)
