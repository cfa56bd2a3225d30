"""From provinces to ATS: weights, exactness, and what is missing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators.apportionment import (
    back_test,
    by_difference,
    difference_rounding,
    employment_weights,
    from_provinces,
    half_width,
    imputed_share,
    is_exact,
    part_distances,
    part_spread,
    province_weights,
    rows_behind,
    with_bounds,
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


@settings(max_examples=40)
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


def test_pay_is_weighted_by_who_works():
    rates = pd.DataFrame({"provincia": ["MI", "LO"], "sesso": "F", "valore": [80.0, 40.0]})
    weights = province_weights(PEOPLE, COMUNI).query("territorio == 'milano' and sesso == 'F'")
    by_work = employment_weights(weights, rates).set_index("provincia")["peso"]
    assert by_work["MI"] == pytest.approx(800 * 80 / (800 * 80 + 200 * 40))
    assert by_work.sum() == pytest.approx(1.0)
    # Women and men together need no rate of the two.
    each = pd.DataFrame(
        {"provincia": ["MI", "MI", "LO", "LO"], "sesso": list("FMFM"), "valore": [80.0, 90.0, 40.0, 50.0]}
    )
    everyone = province_weights(PEOPLE, COMUNI).query("territorio == 'milano'")
    both = employment_weights(everyone, each).set_index(["provincia", "sesso"])["peso"]
    workers = {"MI": 800 * 80 + 700 * 90, "LO": 200 * 40 + 300 * 50}
    assert both["MI", "T"] == pytest.approx(workers["MI"] / sum(workers.values()))
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


def test_what_is_imputed_is_the_weight_of_those_who_live_elsewhere():
    # Montagna: a quarter of it is a tenth (women) or a twentieth (men) of its province of Brescia: 150 people of 2.000.
    shares = imputed_share(province_weights(PEOPLE, COMUNI))
    assert shares["montagna"] == pytest.approx(150 / 600 * (1 - 150 / 2000))
    assert shares["brescia"] == pytest.approx(150 / 2000)
    assert shares[["bergamo", "milano"]].tolist() == [0.0, 0.0]


def test_distances_are_from_the_rest_and_noise_is_taken_out_of_their_spread():
    values = pd.Series({"A": 10.0, "B": 20.0, "C": 30.0, "D": 40.0})
    people = pd.Series({"A": 1.0, "B": 1.0, "C": 1.0, "D": 3.0})
    distances = part_distances(values, people)
    assert distances["A"] == pytest.approx(10 - (20 + 30 + 3 * 40) / 5)
    assert distances["D"] == pytest.approx(40 - (10 + 20 + 30) / 3)
    assert part_spread(values, people) == pytest.approx(np.sqrt((distances**2).mean()))
    assert 0 < part_spread(values, people, noise=5.0) < part_spread(values, people)
    assert part_spread(values, people, noise=100.0) == 0.0
    with pytest.raises(CalcoloError, match="3 province"):
        part_spread(values.head(3), people)


def test_the_spread_of_parts_is_found_again_under_much_noise():
    """Simulated: 4.000 regions of twelve provinces, distances of 3 points and a wobble of 2."""
    random = np.random.default_rng(19)
    people = pd.Series(1.0, index=[f"P{n}" for n in range(12)])
    # The distance of a value from the mean of eleven others has 12/11 of its variance.
    level = random.normal(0, 3 / np.sqrt(12 / 11), size=(4_000, 12))
    seen = level + random.normal(0, 2, size=level.shape)
    squared = [part_spread(pd.Series(row, index=people.index), people, 2.0) ** 2 for row in seen]
    assert np.mean(squared) == pytest.approx(9.0, rel=0.03)


@settings(max_examples=60)
@given(st.floats(0, 10), st.floats(0, 10), st.floats(0, 1), st.floats(0, 1))
def test_no_interval_is_narrower_than_a_whole_province_s_and_more_imputed_is_wider(noise, spread, one, other):
    low, high = sorted((one, other))
    whole = half_width(noise, spread, 0.0, provinces=12)
    assert whole <= half_width(noise, spread, low, provinces=12) <= half_width(noise, spread, high, provinces=12)
    assert whole == pytest.approx(1.959964 * noise, rel=1e-5)


def test_bounds_and_imputed_share_stand_beside_provinces_and_estimates_only():
    index = pd.MultiIndex.from_tuples(
        [("ats", "montagna"), ("provincia", "BS"), ("regione", "lombardia")], names=["livello", "territorio"]
    )
    frame = pd.DataFrame({"x": [20.0, 24.0, 16.0], "euro": [1.0, 2.0, 3.0]}, index=index)
    out = with_bounds(
        frame, {"x": 1.0, "euro": 0.0}, {"x": 2.0, "euro": 5.0}, pd.Series({"montagna": 0.5}), provinces=12
    )
    assert out["x_superiore"].tolist()[:2] == pytest.approx(
        [20 + np.hypot(1.959964, 2.200985 * 2 * 0.5), 24 + 1.959964], rel=1e-5
    )
    assert np.isnan(out.loc[("regione", "lombardia"), "x_superiore"])
    assert out["x_imputata"].tolist() == [0.5, 0.0, 0.0]
    with pytest.raises(CalcoloError, match="montagna"):
        with_bounds(frame, {"x": 1.0}, {"x": 2.0}, pd.Series({"montagna": np.nan}), provinces=12)
    # What does not wobble has an interval only where something is imputed.
    assert out["euro_inferiore"].notna().tolist() == [True, False, False]


def test_a_province_predicted_from_the_others_does_not_use_its_own_value():
    people = pd.Series(1.0, index=list("ABCDE"))
    values = pd.Series({"A": 10.0, "B": 11.0, "C": 12.0, "D": 13.0, "E": 40.0})
    out = back_test(values, people)
    assert out.loc["E", "previsto"] == pytest.approx(11.5)
    assert not out.loc["E", "dentro"]
    assert out.loc["A", "dentro"]
    moved = back_test(values.replace(40.0, 400.0), people)
    assert moved.loc["E", ["previsto", "inferiore"]].tolist() == out.loc["E", ["previsto", "inferiore"]].tolist()
    near = back_test(values, people, sources={p: ["D"] if p == "E" else ["E"] for p in "ABCDE"})
    assert near.loc["E", "previsto"] == 13.0


def test_rounding_left_in_a_part_found_by_difference_is_at_most_what_is_said() -> None:
    people = pd.Series({"a": 500.0, "b": 400.0, "c": 100.0})
    limit = difference_rounding(people, ["a", "b"], 0.1)
    assert limit == pytest.approx(0.05 * (1000 + 900) / 100)
    rng = np.random.default_rng(7)
    for _ in range(200):
        true = pd.Series(rng.uniform(5, 25, 3), index=people.index)
        whole = float((true * people).sum() / people.sum())
        found = by_difference(true[["a", "b"]].round(1), people, round(whole, 1))
        assert abs(found["c"] - true["c"]) <= limit + 1e-9
    assert difference_rounding(people, list(people.index), 0.1) == 0.0
