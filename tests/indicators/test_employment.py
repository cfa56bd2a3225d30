"""Gender gaps: published values in and out, exact decompositions, missing stays missing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators.employment import (
    employment_gaps,
    gap_contributions,
    last_common_rates,
    mean_gap,
    pay_gaps,
    rates_from_counts,
    resignations,
)


def long(rows: list[tuple[str, str, float | None]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["territorio", "sesso", "valore"])


def test_published_rates_come_back_untouched_with_their_gap():
    # ISTAT, Bes dei territori 2025, employment rate 20-64: Lombardia and Italia, 2024.
    rates = long(
        [
            ("lombardia", "F", 67.1),
            ("lombardia", "M", 82.3),
            ("lombardia", "T", 74.8),
            ("italia", "F", 57.4),
            ("italia", "M", 76.8),
            ("italia", "T", 67.1),
        ]
    )
    gaps = employment_gaps(rates)
    assert gaps.loc["lombardia", "tasso_occupazione_f"] == 67.1
    assert gaps.loc["lombardia", "tasso_occupazione"] == 74.8
    assert gaps["divario_occupazione"].round(1).to_dict() == {"lombardia": 15.2, "italia": 19.4}
    assert gaps.loc["lombardia", "rapporto_occupazione_genere"] == pytest.approx(67.1 / 82.3 * 100)
    relative = gaps["divario_occupazione_relativo"] + gaps["rapporto_occupazione_genere"]
    assert relative.tolist() == pytest.approx([100.0, 100.0])


def test_a_missing_rate_makes_a_missing_gap_not_a_zero():
    gaps = employment_gaps(long([("BG", "M", 83.0), ("BG", "T", 74.1)]))
    assert np.isnan(gaps.loc["BG", "divario_occupazione"])
    assert gaps.loc["BG", "tasso_occupazione_m"] == 83.0


def test_keys_that_repeat_are_refused_by_name():
    twice = long([("BG", "F", 58.6), ("BG", "F", 58.0), ("BG", "M", 82.6)])
    with pytest.raises(CalcoloError, match="territorio BG, sesso F"):
        employment_gaps(twice)


def test_a_table_without_sex_is_refused():
    with pytest.raises(CalcoloError, match="mancano: sesso"):
        employment_gaps(pd.DataFrame({"territorio": ["BG"], "valore": [70.0]}))


def test_pay_gap_is_relative_to_men():
    # ISTAT, Bes dei territori 2025, average annual pay of employees, Lombardia 2023.
    gaps = pay_gaps(long([("lombardia", "F", 23676.8), ("lombardia", "M", 33601.8)]))
    assert gaps.loc["lombardia", "divario_retributivo"] == pytest.approx(29.54, abs=0.005)
    assert gaps.loc["lombardia", "divario_retributivo_euro"] == pytest.approx(9925.0)


RATE = st.floats(0, 100)


@settings(max_examples=60)
@given(
    rates=st.lists(st.tuples(RATE, RATE), min_size=2, max_size=6),
    people=st.lists(st.tuples(st.integers(1, 10_000), st.integers(1, 10_000)), min_size=6, max_size=6),
)
def test_contributions_add_up_to_the_gap(rates, people):
    provinces = [f"P{i}" for i in range(len(rates))]
    rate_rows = [(p, s, v) for p, pair in zip(provinces, rates, strict=True) for s, v in zip("FM", pair, strict=True)]
    totals = [sum(people[i][k] for i in range(len(rates))) for k in (0, 1)]
    weight_rows = [(p, s, people[i][k] / totals[k]) for i, p in enumerate(provinces) for k, s in enumerate("FM")]
    out = gap_contributions(
        pd.DataFrame(rate_rows, columns=["provincia", "sesso", "valore"]),
        pd.DataFrame(weight_rows, columns=["provincia", "sesso", "peso"]),
    )
    women = sum(rates[i][0] * people[i][0] / totals[0] for i in range(len(rates)))
    men = sum(rates[i][1] * people[i][1] / totals[1] for i in range(len(rates)))
    assert out["contributo"].sum() == pytest.approx(men - women, abs=1e-9)


def test_contributions_refuse_a_province_without_its_rate():
    rates = pd.DataFrame({"provincia": ["MI", "MI"], "sesso": ["F", "M"], "valore": [68.9, 82.0]})
    weights = pd.DataFrame(
        {"provincia": ["MI", "MI", "LO", "LO"], "sesso": ["F", "M"] * 2, "peso": [0.93, 0.93, 0.07, 0.07]}
    )
    with pytest.raises(CalcoloError, match="LO"):
        gap_contributions(rates, weights)


def test_counted_comuni_give_the_rate_of_their_territory():
    counts = pd.DataFrame(
        [
            ("015001", 2022, "F", 60, 100),
            ("015001", 2022, "M", 80, 100),
            ("015002", 2022, "F", 30, 60),
            ("015002", 2022, "M", 40, 50),
        ],
        columns=["cod_comune", "anno", "sesso", "occupati", "popolazione"],
    )
    where = pd.Series({"015001": "rho", "015002": "rho", "015003": pd.NA})
    out = rates_from_counts(counts, where).set_index("sesso")
    assert out["valore"].to_dict() == {
        "F": pytest.approx(90 / 160 * 100),
        "M": pytest.approx(120 / 150 * 100),
        "T": pytest.approx(210 / 310 * 100),
    }
    # A territory with an uncounted comune has no rate, rather than that of the others.
    holed = rates_from_counts(counts, pd.Series({"015001": "rho", "015002": "rho", "015003": "rho"}))
    assert holed["valore"].isna().all()
    assert holed["comuni_attesi"].eq(3).all()
    with pytest.raises(CalcoloError, match="015001 è contato più volte"):
        rates_from_counts(pd.concat([counts, counts]), where)


def yearly(rows: list[tuple[str, int, float]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["territorio", "anno", "divario_occupazione"]).assign(livello="provincia")
    return frame.set_index(["livello", "territorio", "anno"])


def test_the_mean_of_the_years_is_missing_where_a_year_is():
    gaps = yearly([("MI", 2021, 10.0), ("MI", 2022, 13.0), ("MN", 2022, 19.7)])
    out = mean_gap(gaps, [2021, 2022])["divario_occupazione_medio"]
    assert out["provincia", "MI"] == 11.5
    assert np.isnan(out["provincia", "MN"])


def test_gaps_resting_on_an_estimate_are_marked():
    rates = long([("milano", "F", 68.6), ("milano", "M", 82.0), ("pavia", "F", 63.5), ("pavia", "M", 79.7)])
    marked = employment_gaps(rates.assign(stima=[True, True, False, False]))
    assert marked["stima"].to_dict() == {"milano": True, "pavia": False}


def test_share_of_mothers_among_resignations():
    # INL, Relazione annuale 2022, Lombardia: 15.086 validations, 10.687 of mothers.
    rows = pd.DataFrame(
        [("lombardia", 2022, "T", 15086), ("lombardia", 2022, "F", 10687), ("lombardia", 2020, "F", 9000)],
        columns=["territorio", "anno", "sesso", "provvedimenti"],
    )
    out = resignations(rows)
    assert out.loc[("lombardia", 2022), "quota_madri_dimissioni"] == pytest.approx(70.84, abs=0.005)
    assert np.isnan(out.loc[("lombardia", 2020), "convalide_dimissioni"])


def test_the_last_rates_are_those_of_the_last_year_that_every_province_has():
    rows = [("provincia", place, year, sex, 60.0) for place in ("BG", "LC") for year in (2021, 2022) for sex in "FM"]
    rows += [("provincia", "BG", 2023, sex, 61.0) for sex in "FM"] + [("provincia", "LC", 2023, "F", 61.0)]
    rows += [("regione", "lombardia", 2024, sex, 62.0) for sex in "FM"]
    rates = pd.DataFrame(rows, columns=["livello", "territorio", "anno", "sesso", "valore"])
    last = last_common_rates(rates, ["BG", "LC"])
    assert last[["provincia", "anno", "sesso"]].to_numpy().tolist() == [
        [place, 2022, sex] for place in ("BG", "LC") for sex in "FM"
    ]
    assert set(last_common_rates(rates, ["BG"])["anno"]) == {2023}
    with pytest.raises(CalcoloError, match="Non c'è un anno"):
        last_common_rates(rates, ["BG", "MB"])
