"""Plausibility: real tables raise nothing, typical mishaps are found."""

from __future__ import annotations

import numpy as np
import pandas as pd

from conciliazione_lib import catalog
from conciliazione_lib.quality.plausibility import age_structure, digit_preference, jumps, repeated


def popolazione() -> pd.DataFrame:
    return catalog.read("popolazione", data="2022-01-01").rename(columns={"cod_comune": "territorio"})


def test_the_real_population_raises_nothing() -> None:
    real = popolazione()
    by_comune = real.groupby("territorio")["residenti"].sum()
    assert digit_preference(by_comune) == []
    assert jumps(by_comune, by_comune) == []
    province = real.assign(territorio=real["territorio"].str[:3])
    assert age_structure(province.groupby(["territorio", "eta", "sesso"], as_index=False)["residenti"].sum()) == []


def test_a_jump_is_found_and_a_general_growth_is_not() -> None:
    before = popolazione().groupby("territorio")["residenti"].sum()
    after = (before * 1.02).round()
    assert jumps(before, after) == []
    after["015146"] = before["015146"] / 10
    [warning] = jumps(before, after)
    assert warning.righe == ("015146",)
    assert "variazione tipica è +2,0%" in warning.messaggio
    assert "non ci sono più" in jumps(before, before.drop(index="015146"))[0].messaggio


def test_rounded_numbers_are_found() -> None:
    rng = np.random.default_rng(5)
    whole = pd.Series(rng.integers(100, 9999, 400))
    assert digit_preference(whole) == []
    [warning] = digit_preference((whole / 10).round() * 10)
    assert "100% dei 400 valori finisce per 0" in warning.messaggio


def test_true_data_that_favour_a_digit_raise_nothing() -> None:
    rng = np.random.default_rng(7)
    ones = np.where(rng.random(1500) < 0.06, 1, rng.integers(0, 10, 1500))  # 15% end in 1
    assert digit_preference(pd.Series(rng.integers(10, 400, 1500) * 10 + ones)) == []
    capacities = pd.Series(rng.choice([5, 10, 20, 24, 30, 60], 500))  # set by a rule
    assert digit_preference(capacities) == []
    for values in catalog.read("popolazione", data="2022-01-01").groupby("eta")["residenti"]:
        assert digit_preference(values[1]) == [], values[0]


def test_a_pasted_block_is_found() -> None:
    frame = pd.DataFrame({"comune": list("abcdefghij"), "posti": [1, 2, 7, 7, 7, 7, 7, 3, 0, 0]})
    [warning] = repeated(frame, ["posti"], ["comune"])
    assert warning.messaggio.startswith("5 righe di seguito con gli stessi valori, da «c» a «g»")


def test_an_age_moved_and_a_sex_lost_are_found() -> None:
    real = popolazione().query("territorio == '015146'")
    moved = real.copy()
    moved.loc[moved["eta"] == 40, "residenti"] *= 3
    assert "alle età" in age_structure(moved)[0].messaggio
    without_men = real.copy()
    without_men.loc[without_men["sesso"] == "M", "residenti"] //= 10
    assert any("uomini ogni 100 donne" in a.messaggio for a in age_structure(without_men))
