"""From provinces to ATS: weights, exactness, and what is missing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators.apportionment import (
    by_difference,
    employment_weights,
    from_provinces,
    is_exact,
    noise_factor,
    province_weights,
    rows_behind,
    with_estimates,
)

COMUNI = pd.DataFrame(
    {
        "cod_comune": ["016001", "017001", "017002", "014001", "015001", "098001"],
        "provincia": ["BG", "BS", "BS", "SO", "MI", "LO"],
        "ats": ["bergamo", "brescia", "montagna", "montagna", "milano", "milano"],
    }
).set_index("cod_comune")


def population(per_comune: dict[str, tuple[int, int]], age: int = 40) -> pd.DataFrame:
    rows = [(c, age, s, n) for c, pair in per_comune.items() for s, n in zip("FM", pair, strict=True)]
    return pd.DataFrame(rows, columns=["cod_comune", "eta", "sesso", "residenti"])


PEOPLE = population(
    {
        "016001": (100, 110),
        "017001": (900, 950),
        "017002": (100, 50),
        "014001": (300, 150),
        "015001": (800, 700),
        "098001": (200, 300),
    }
)
RATES = pd.DataFrame(
    [
        (p, 2022, s, v)
        for p, values in {
            "BG": (62.0, 83.2),
            "BS": (58.8, 82.9),
            "SO": (63.8, 78.1),
            "MI": (68.9, 82.0),
            "LO": (64.5, 82.1),
        }.items()
        for s, v in zip("FM", values, strict=True)
    ],
    columns=["provincia", "anno", "sesso", "valore"],
)


def test_weights_are_residents_of_the_sex_in_the_comuni_of_the_territory():
    weights = province_weights(PEOPLE, COMUNI).set_index(["territorio", "provincia", "sesso"])["peso"]
    assert weights["montagna", "BS", "F"] == pytest.approx(100 / 400)
    assert weights["montagna", "BS", "M"] == pytest.approx(50 / 200)
    assert weights["milano", "LO", "T"] == pytest.approx(500 / 2000)


def test_estimate_is_the_weighted_mean():
    out = from_provinces(RATES, province_weights(PEOPLE, COMUNI)).set_index(["territorio", "sesso"])
    assert out.loc[("montagna", "F"), "valore"] == pytest.approx(0.25 * 58.8 + 0.75 * 63.8)
    assert out.loc[("milano", "M"), "valore"] == pytest.approx(0.7 * 82.0 + 0.3 * 82.1)
    assert out.loc[("milano", "M"), "province"] == "LO+MI"


def test_a_whole_province_has_exactly_its_own_rate_and_a_part_of_one_is_only_an_estimate():
    weights = province_weights(PEOPLE, COMUNI)
    out = from_provinces(RATES, weights).set_index(["territorio", "sesso"])
    assert out.loc[("bergamo", "F"), "valore"] == 62.0
    assert out.loc[("bergamo", "M"), "valore"] == 83.2
    assert is_exact(weights).to_dict() == {
        "bergamo": True,
        "brescia": False,  # its province without the Valcamonica
        "milano": False,  # two provinces
        "montagna": False,
    }


def test_a_province_without_a_value_leaves_its_territories_without_one():
    holed = RATES[~((RATES["provincia"] == "LO") & (RATES["sesso"] == "F"))]
    out = from_provinces(holed, province_weights(PEOPLE, COMUNI)).set_index(["territorio", "sesso"])
    assert np.isnan(out.loc[("milano", "F"), "valore"])
    assert out.loc[("milano", "M"), "valore"] == pytest.approx(82.03)
    assert out.loc[("bergamo", "F"), "valore"] == 62.0


def test_only_the_right_ages_weigh():
    children = population({"017002": (10_000, 10_000)}, age=5)
    both = pd.concat([PEOPLE, children], ignore_index=True)
    pd.testing.assert_frame_equal(province_weights(both, COMUNI), province_weights(PEOPLE, COMUNI))


def test_a_comune_unknown_to_the_territory_is_an_error_that_names_it():
    lost = pd.concat([PEOPLE, population({"012144": (5, 5)})], ignore_index=True)
    with pytest.raises(CalcoloError, match="012144"):
        province_weights(lost, COMUNI)


def test_two_values_for_one_province_are_refused():
    with pytest.raises(CalcoloError, match="più di un valore"):
        from_provinces(pd.concat([RATES, RATES.head(1)]), province_weights(PEOPLE, COMUNI))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 5000), st.integers(1, 5000)), min_size=6, max_size=6), st.randoms())
def test_weights_sum_to_one_and_row_order_does_not_matter(people, random):
    table = population(dict(zip(COMUNI.index, people, strict=True)))
    weights = province_weights(table, COMUNI)
    assert weights.groupby(["territorio", "sesso"])["peso"].sum().to_numpy() == pytest.approx(1.0)
    assert weights.groupby(["provincia", "sesso"])["quota_provincia"].sum().to_numpy() == pytest.approx(1.0)
    order = list(range(len(table)))
    random.shuffle(order)
    pd.testing.assert_frame_equal(province_weights(table.iloc[order], COMUNI), weights)
    estimate = from_provinces(RATES, weights).set_index(["territorio", "sesso"])["valore"]
    low = RATES.groupby("sesso")["valore"].min()
    high = RATES.groupby("sesso")["valore"].max()
    for sex in "FM":
        assert estimate.xs(sex, level="sesso").between(low[sex] - 1e-9, high[sex] + 1e-9).all()


def test_estimates_are_added_and_marked_beside_what_is_published():
    published = RATES.rename(columns={"provincia": "territorio"}).assign(livello="provincia")
    region = pd.DataFrame(
        [("regione", "lombardia", 2022, "F", 64.9)], columns=["livello", "territorio", "anno", "sesso", "valore"]
    )
    out = with_estimates(pd.concat([published, region]), province_weights(PEOPLE, COMUNI))
    mark = out.set_index(["livello", "territorio", "sesso"])["stima"]
    assert not mark["regione", "lombardia", "F"]
    assert not mark["provincia", "BG", "F"]
    assert not mark["ats", "bergamo", "F"]
    assert mark["ats", "milano", "F"]
    assert mark["ats", "brescia", "M"]
    value = out.set_index(["livello", "territorio", "sesso"])["valore"]
    assert value["ats", "bergamo", "F"] == value["provincia", "BG", "F"] == 62.0


def test_noise_shrinks_with_the_number_of_provinces():
    factor = noise_factor(province_weights(PEOPLE, COMUNI))
    assert factor["ats", "bergamo"] == 1.0
    assert factor["ats", "brescia"] == 1.0
    assert factor["ats", "milano"] == pytest.approx(np.hypot(0.75, 0.25))
    assert factor["provincia", "MI"] == 1.0


def test_pay_is_weighted_by_who_works():
    rates = pd.DataFrame({"provincia": ["MI", "LO"], "sesso": "F", "valore": [80.0, 40.0]})
    weights = province_weights(PEOPLE, COMUNI).query("territorio == 'milano' and sesso == 'F'")
    by_work = employment_weights(weights, rates).set_index("provincia")["peso"]
    assert by_work["MI"] == pytest.approx(800 * 80 / (800 * 80 + 200 * 40))
    assert by_work.sum() == pytest.approx(1.0)
    # Without the rate of one province there are no weights, hence no estimate.
    unknown = employment_weights(weights, rates.head(1))
    assert unknown["peso"].isna().all()
    pay = pd.DataFrame({"provincia": ["MI", "LO"], "anno": 2023, "sesso": "F", "valore": [28603.1, 20938.9]})
    assert from_provinces(pay, unknown)["valore"].isna().all()


def test_the_rows_behind_an_estimate_are_enough_to_redo_it():
    published = RATES.rename(columns={"provincia": "territorio"}).assign(livello="provincia", grado="pubblicazione")
    published.attrs = {"provenienza": {"tabella": "occupazione"}}
    weights = province_weights(PEOPLE, COMUNI)
    rows = rows_behind(published, weights)
    assert rows.attrs == published.attrs
    assert set(rows["grado"]) == {"pubblicazione"}
    redone = (rows["peso"] * rows["valore"]).groupby([rows["territorio"], rows["sesso"]]).sum()
    estimated = (
        with_estimates(published, weights).query("livello == 'ats'").set_index(["territorio", "sesso"])["valore"]
    )
    for key, value in estimated.items():
        assert redone[key] == pytest.approx(value)


def test_the_only_part_not_published_follows_from_the_whole():
    people = pd.Series({"BG": 200.0, "MB": 100.0, "MI": 700.0})
    filled = by_difference(pd.Series({"BG": 15.0, "MI": 20.0}), people, whole=18.5)
    assert filled.to_dict() == pytest.approx({"BG": 15.0, "MB": 15.0, "MI": 20.0})
    assert (filled * people).sum() / people.sum() == pytest.approx(18.5)
    assert by_difference(pd.Series({"MI": 20.0}), people, whole=18.5).isna().sum() == 2
