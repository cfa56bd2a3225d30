"""Plausibility: real tables raise nothing, typical mishaps are found."""

from __future__ import annotations

import numpy as np
import pandas as pd

from conciliazione_lib import catalog
from conciliazione_lib.quality.plausibility import age_structure, digit_preference, jumps, repeated


def popolazione() -> pd.DataFrame:
    return catalog.read("popolazione", data="2022-01-01").rename(columns={"cod_comune": "territorio"})


def test_the_real_population_raises_nothing() -> None:
    reale = popolazione()
    per_comune = reale.groupby("territorio")["residenti"].sum()
    assert digit_preference(per_comune) == []
    assert jumps(per_comune, per_comune) == []
    province = reale.assign(territorio=reale["territorio"].str[:3])
    assert age_structure(province.groupby(["territorio", "eta", "sesso"], as_index=False)["residenti"].sum()) == []


def test_a_jump_is_found_and_a_general_growth_is_not() -> None:
    prima = popolazione().groupby("territorio")["residenti"].sum()
    dopo = (prima * 1.02).round()
    assert jumps(prima, dopo) == []
    dopo["015146"] = prima["015146"] / 10
    [avviso] = jumps(prima, dopo)
    assert avviso.righe == ("015146",)
    assert "variazione tipica è +2,0%" in avviso.messaggio
    assert "non ci sono più" in jumps(prima, prima.drop(index="015146"))[0].messaggio


def test_rounded_numbers_are_found() -> None:
    rng = np.random.default_rng(5)
    interi = pd.Series(rng.integers(100, 9999, 400))
    assert digit_preference(interi) == []
    [avviso] = digit_preference((interi / 10).round() * 10)
    assert "100% dei 400 valori finisce per 0" in avviso.messaggio


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
    [avviso] = repeated(frame, ["posti"], ["comune"])
    assert avviso.messaggio.startswith("5 righe di seguito con gli stessi valori, da «c» a «g»")


def test_an_age_moved_and_a_sex_lost_are_found() -> None:
    reale = popolazione().query("territorio == '015146'")
    spostata = reale.copy()
    spostata.loc[spostata["eta"] == 40, "residenti"] *= 3
    assert "alle età" in age_structure(spostata)[0].messaggio
    senza_uomini = reale.copy()
    senza_uomini.loc[senza_uomini["sesso"] == "M", "residenti"] //= 10
    assert any("uomini ogni 100 donne" in a.messaggio for a in age_structure(senza_uomini))
