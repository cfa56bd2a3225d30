"""The index of need: parts that add up, choices that matter as much as they should."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators.composite import Goalposts, goalposts_of, redundancy
from conciliazione_lib.indicators.need import (
    SCELTE,
    _Alternative,
    act_counts,
    act_index,
    composition,
    firm_groups,
    need_index,
    places,
    poisson_errors,
    rank,
    rank_within,
    ranking,
    scale,
    sensitivity,
    standard_errors,
    unexplained,
    usable,
    with_absences,
)

TERRITORI = [f"t{i}" for i in range(8)]


def sheet(distance: float) -> tuple[pd.DataFrame, dict[str, int], pd.Series, dict[str, float]]:
    """Eight territories in the same order on three indicators, so far apart; the third is of negative polarity."""
    steps = np.arange(8.0) * distance
    values = pd.DataFrame({"a": 50 + steps, "b": 20 + steps, "c": 90 - steps}, index=TERRITORI)
    return values, {"a": 1, "b": 1, "c": -1}, values.mean(), dict.fromkeys("abc", 1.0)


def index_of(
    values: pd.DataFrame, verso: dict[str, int], riferimento: pd.Series, weights: dict[str, float]
) -> pd.DataFrame:
    """The index on a scale set on the values themselves."""
    return need_index(values, verso, goalposts_of(values, riferimento), weights)


def test_parts_add_up_to_the_distance_from_the_reference() -> None:
    index = index_of(*sheet(2.0))
    parts = index.drop(columns="indice_bisogno").sum(axis=1)
    assert (index["indice_bisogno"] - 100).to_numpy() == pytest.approx(parts.to_numpy())
    assert index["indice_bisogno"].is_monotonic_increasing
    assert (index["contributo_squilibrio"] >= -1e-12).all()


def test_an_order_that_all_indicators_share_is_firm() -> None:
    outcome = sensitivity(*sheet(2.0), runs=512)
    assert (outcome.ranghi["rango_min"] == outcome.ranghi["rango_max"]).all()
    assert outcome.ranghi["rango_mediano"].tolist() == list(range(8, 0, -1))
    assert firm_groups(outcome).tolist() == ["basso"] * 4 + ["alto"] * 4
    assert not outcome.indistinguibili.to_numpy()[~np.eye(8, dtype=bool)].any()


def test_the_ranking_says_what_it_is_worth() -> None:
    values, towards, reference, weights = sheet(2.0)
    certain = ranking(
        index_of(values, towards, reference, weights), sensitivity(values, towards, reference, weights, runs=256)
    )
    assert certain["territorio"].tolist() == TERRITORI[::-1]
    assert certain["intervallo"].tolist() == [str(x) for x in range(1, 9)]
    assert certain["gruppo"].tolist() == ["nella prima metà"] * 4 + ["nella seconda metà"] * 4
    assert (certain["non_distinguibili"] == 0).all()
    noise = pd.DataFrame(50.0, index=values.index, columns=values.columns)
    uncertain = ranking(
        index_of(values, towards, reference, weights),
        sensitivity(values, towards, reference, weights, noise, runs=256),
    )
    assert set(uncertain["gruppo"]) == {"non distinguibile"}
    assert (uncertain["non_distinguibili"] >= 5).all()
    assert all("–" in x for x in uncertain["intervallo"])


def test_noise_takes_the_variance_when_territories_are_alike() -> None:
    values, towards, reference, weights = sheet(0.01)
    errors = pd.DataFrame(1.0, index=values.index, columns=values.columns)
    outcome = sensitivity(values, towards, reference, weights, errors, runs=512)
    assert outcome.quote["totale"].idxmax() == "rumore"
    assert set(firm_groups(outcome)) == {"non distinguibile"}
    assert outcome.indistinguibili.to_numpy().mean() > 0.8


def test_discordant_indicators_make_the_choice_of_indicators_matter() -> None:
    rng = np.random.default_rng(1)
    values = pd.DataFrame(rng.normal(50, 5, (8, 3)), index=TERRITORI, columns=list("abc"))
    outcome = sensitivity(values, dict.fromkeys("abc", 1), values.mean(), dict.fromkeys("abc", 1.0), runs=512)
    assert list(outcome.quote.index) == list(SCELTE)
    assert outcome.quote.loc["rumore", "totale"] == 0
    assert outcome.quote.loc["indicatori", "totale"] > outcome.quote.loc["aggregazione", "totale"]


def test_the_same_input_gives_the_same_result_and_rows_may_be_shuffled() -> None:
    values, towards, reference, weights = sheet(1.0)
    before = sensitivity(values, towards, reference, weights, runs=256)
    assert before.ranghi.equals(sensitivity(values, towards, reference, weights, runs=256).ranghi)
    shuffled = sensitivity(values.iloc[::-1], towards, reference, weights, runs=256)
    assert shuffled.ranghi.loc[TERRITORI, "rango_mediano"].tolist() == before.ranghi["rango_mediano"].tolist()


def test_with_noise_too_the_order_of_the_rows_changes_nothing() -> None:
    values, towards, reference, weights = sheet(1.0)
    errors = pd.DataFrame(1.5, index=values.index, columns=values.columns)
    before = sensitivity(values, towards, reference, weights, errors, runs=256)
    after = sensitivity(values.iloc[::-1], towards, reference, weights, errors.iloc[::-1], runs=256)
    assert list(after.ranghi.index) == TERRITORI[::-1]
    assert after.ranghi.loc[TERRITORI].equals(before.ranghi)
    assert after.indistinguibili.loc[TERRITORI, TERRITORI].equals(before.indistinguibili)
    assert after.quote.equals(before.quote)


def test_the_index_is_unit_free_and_grows_with_each_indicator() -> None:
    values, towards, reference, weights = sheet(2.0)
    index = index_of(values, towards, reference, weights)["indice_bisogno"]
    thousands = values.assign(a=values["a"] * 1000 + 7)
    in_thousands = index_of(thousands, towards, thousands.mean(), weights)["indice_bisogno"]
    assert in_thousands.to_numpy() == pytest.approx(index.to_numpy())
    for column, sign in towards.items():
        worse = values.copy()
        worse.loc["t3", column] += sign * 1.5
        fixed = goalposts_of(values, reference)
        assert need_index(worse, towards, fixed, weights).loc["t3", "indice_bisogno"] > index["t3"]


def test_on_a_fixed_scale_a_score_does_not_depend_on_who_else_is_there() -> None:
    values, towards, reference, weights = sheet(2.0)
    fixed = pd.DataFrame({"minimo": [40.0, 10.0], "massimo": [80.0, 50.0]}, index=["a", "b"])
    ends = scale(values, reference, fixed)
    assert (ends["a"], ends["b"]) == (Goalposts(40.0, 80.0), Goalposts(10.0, 50.0))
    assert ends["c"] == goalposts_of(values, reference)["c"]  # not fixed yet: set on the values
    everyone = need_index(values, towards, ends, weights)["indice_bisogno"]
    assert need_index(values.loc[["t2"]], towards, ends, weights)["indice_bisogno"].tolist() == [everyone["t2"]]
    # a later year, with needs grown everywhere: on the same scale the scores grow
    after = values + pd.Series({"a": 3.0, "b": 3.0, "c": -3.0})
    assert (need_index(after, towards, ends, weights)["indice_bisogno"] > everyone).all()
    # half way between the ends is worth 100
    centre = pd.DataFrame({c: [(g.minimum + g.maximum) / 2] for c, g in ends.items()})
    assert need_index(centre, towards, ends, weights)["indice_bisogno"].tolist() == pytest.approx([100.0])


def test_a_constant_indicator_changes_neither_the_index_nor_the_ranks() -> None:
    values, towards, reference, weights = sheet(1.0)
    with_ = (
        values.assign(k=5.0),
        towards | {"k": 1},
        pd.concat([reference, pd.Series({"k": 9.0})]),
        weights | {"k": 1.0},
    )
    index, with_constant = index_of(values, towards, reference, weights), index_of(*with_)
    assert with_constant["indice_bisogno"].tolist() == index["indice_bisogno"].tolist()
    assert (with_constant["contributo_k"] == 0).all()
    assert sensitivity(*with_, runs=256).ranghi.equals(
        sensitivity(values, towards, reference, weights, runs=256).ranghi
    )


def test_a_duplicated_indicator_moves_the_index_and_is_reported_as_redundant() -> None:
    rng = np.random.default_rng(5)
    values = pd.DataFrame(rng.normal(50, 5, (8, 2)), index=TERRITORI, columns=list("ab"))
    double = values.assign(c=values["a"] * 3 + 1)
    before, after = (
        index_of(v, dict.fromkeys("abc", 1), v.mean(), dict.fromkeys("abc", 1.0))["indice_bisogno"]
        for v in (values, double)
    )
    assert (before - after).abs().max() > 0.1
    assert redundancy(double)[["indicatore_1", "indicatore_2"]].to_numpy().tolist() == [["a", "c"]]


def test_only_what_is_known_everywhere_enters_and_the_first_of_a_dimension() -> None:
    values = pd.DataFrame(
        {"noto": [1.0, 2, 3], "parziale": [1.0, np.nan, 3], "fisso": [4.0, 4, 4], "secondo": [3.0, 1, 2]},
        index=list("xyz"),
    )
    choices = pd.DataFrame(
        [("d1", "noto"), ("d2", "parziale"), ("d2", "secondo"), ("d3", "fisso"), ("d4", "assente"), ("d1", "secondo2")],
        columns=["dimensione", "indicatore"],
    )
    outcome = usable(values.assign(secondo2=values["noto"]), choices)
    assert outcome["esito"].to_dict() == {
        "noto": "entra",
        "parziale": "non calcolabile",
        "secondo": "entra",
        "fisso": "uguale ovunque",
        "assente": "non calcolabile",
        "secondo2": "sostituito",
    }
    assert outcome.loc["parziale", ["noti", "territori"]].tolist() == [2, 3]
    assert outcome.loc["assente", "noti"] == 0
    # once the missing value is there it enters by itself, and replaces what stood for it
    complete = usable(values.fillna(2.5), choices)["esito"]
    assert (complete["parziale"], complete["secondo"]) == ("entra", "sostituito")


def test_the_weights_of_the_act_by_hand() -> None:
    # a has 40% of the residents, 50% of the children (weight 30) and 30% of the elderly (weight 20)
    counts = pd.DataFrame(
        {"bambini": [50, 50, 100], "anziani": [30, 70, 100], "residenti": [400, 600, 1000]}, index=["a", "b", "tutti"]
    )
    index = act_index(counts, {"bambini": 30, "anziani": 20, "imprese": 10}, counts.loc["tutti"])
    assert index["a"] == pytest.approx(100 * (0.5 * 30 + 0.3 * 20) / 50 / 0.4)
    assert index["tutti"] == pytest.approx(100)


def test_poisson_errors_by_hand() -> None:
    counts = pd.DataFrame({"residenti_80_piu": [100.0], "residenti_50_64": [400.0]}, index=["t"])
    error = poisson_errors(counts, ["anziani_80_per_100_50_64"]).iloc[0, 0]
    assert error == pytest.approx(25 * np.sqrt(1 / 100 + 1 / 400))


def test_one_indicator_is_not_a_composite() -> None:
    values, towards, reference, weights = sheet(1.0)
    with pytest.raises(CalcoloError, match="almeno due indicatori"):
        sensitivity(values[["a"]], towards, reference, weights)


def test_equal_territories_share_their_place_in_every_run() -> None:
    rng = np.random.default_rng(3)
    values = pd.DataFrame(rng.normal(50, 5, (8, 3)), index=TERRITORI, columns=list("abc"))
    values.loc["t1"] = values.loc["t6"]
    outcome = sensitivity(values, dict.fromkeys("abc", 1), values.mean(), dict.fromkeys("abc", 1.0), runs=512)
    assert outcome.ranghi.loc["t1"].equals(outcome.ranghi.loc["t6"].rename("t1"))
    assert outcome.indistinguibili.loc["t1", "t6"]


def test_imbalance_raises_need_however_indicators_are_aggregated() -> None:
    rng = np.random.default_rng(7)
    values = pd.DataFrame(rng.normal(50, 5, (8, 3)), index=TERRITORI, columns=list("abc"))
    alternative = _Alternative(values, dict.fromkeys("abc", 1), values.mean(), None, dict.fromkeys("abc", 1.0))
    choices = rng.random((200, len(SCELTE)))
    place = list(SCELTE).index("aggregazione")

    def points(way: float) -> np.ndarray:
        choices[:, place] = way
        return alternative.scores(choices)

    penalised, means, geometrici = points(0.1), points(0.5), points(0.9)
    for punished in (penalised, geometrici):
        assert (punished >= means - 1e-9).all()
        assert (punished > means + 0.01).mean() > 0.8


def choices(**fixed: tuple[float, float]) -> pd.DataFrame:
    """The declaration of four indicators, the last of which has not been measured."""
    rows = [("uno", "a", 1), ("due", "b", 1), ("tre", "c", -1), ("quattro", "d", 1)]
    table = pd.DataFrame(rows, columns=["dimensione", "indicatore", "polarita"])
    ends = [fixed.get(i, (np.nan, np.nan)) for i in table["indicatore"]]
    return table.assign(peso=1, minimo=[x for x, _ in ends], massimo=[x for _, x in ends])


def test_ranking_in_one_step_is_the_same_as_step_by_step() -> None:
    values, towards, reference, weights = sheet(2.0)
    whole = rank(values.assign(d=[1.0, *[np.nan] * 7]), choices(), reference)
    assert whole.indicatori["esito"].to_dict() == {
        "a": "entra", "b": "entra", "c": "entra", "d": "non calcolabile",
    }  # fmt: skip
    assert whole.indicatori.loc["d", ["noti", "territori"]].tolist() == [1, 8]
    a_steps = ranking(
        index_of(values, towards, reference, weights), sensitivity(values, towards, reference, weights, values * 0)
    )
    pd.testing.assert_frame_equal(whole.graduatoria, a_steps)
    assert whole.riferimento == pytest.approx(100.0)
    assert whole.pesi.to_dict() == weights
    assert (whole.quote["totale"] <= 100.0 + 1e-6).all()


def test_on_a_fixed_scale_the_reference_moves_away_from_100_when_it_changes() -> None:
    values, _, _, _ = sheet(2.0)
    fixed = choices(a=(40.0, 60.0), b=(10.0, 30.0), c=(80.0, 100.0))
    before = rank(values, fixed, pd.Series({"a": 50.0, "b": 20.0, "c": 90.0}))
    after = rank(values, fixed, pd.Series({"a": 55.0, "b": 20.0, "c": 90.0}))
    assert before.riferimento == pytest.approx(100.0)
    assert after.riferimento > 100.0
    indices = [x.graduatoria.set_index("territorio")["indice_bisogno"] for x in (before, after)]
    pd.testing.assert_series_equal(*indices)


def test_a_reference_that_is_not_known_is_the_mean_of_the_territories() -> None:
    values, _, reference, _ = sheet(2.0)
    known = rank(values, choices(), reference)
    unknown = rank(values, choices(), reference.drop("c"))
    pd.testing.assert_frame_equal(known.graduatoria, unknown.graduatoria)


def test_fewer_than_two_indicators_known_to_all_are_refused() -> None:
    values, _, reference, _ = sheet(2.0)
    with pytest.raises(CalcoloError, match="almeno due indicatori"):
        rank(values[["a"]], choices(), reference)


def test_standard_errors_come_from_the_counts_or_from_the_interval() -> None:
    ratio, other = "bambini_0_2_per_100_donne_30_44", "divario"
    counts = pd.DataFrame({"residenti_0_2": [100.0], "donne_30_44": [400.0]}, index=["x"])
    values = pd.DataFrame(
        {ratio: [25.0], other: [16.0], f"{other}_inferiore": [14.04], f"{other}_superiore": [17.96]}, index=["x"]
    )
    errors = standard_errors(values, counts, [ratio, other, "ignoto"])
    assert errors.loc["x", ratio] == pytest.approx(25 * np.sqrt(1 / 100 + 1 / 400))
    assert errors.loc["x", other] == pytest.approx(1.0, abs=1e-4)
    assert errors.loc["x", "ignoto"] == 0.0


def test_the_counts_of_the_act_are_of_its_ages_and_of_women_only_where_it_says() -> None:
    eta = [6, 7, 18, 45, 46, 75]
    people = pd.DataFrame(
        [("x", e, s, n) for e in eta for s, n in (("F", 1), ("M", 10))],
        columns=["territorio", "eta", "sesso", "residenti"],
    )
    assert act_counts(people).loc["x"].to_dict() == {
        "donne_18_45": 2.0, "bambini_0_6": 11.0, "anziani_75": 11.0, "residenti": 66.0,
    }  # fmt: skip


def known_to_some() -> pd.DataFrame:
    """The fourth indicator is known for four territories of eight."""
    values, _, _, _ = sheet(2.0)
    return values.assign(d=[1.0, 2.0, 4.0, 3.0, *[np.nan] * 4])


def test_a_group_is_ranked_by_itself_only_where_it_knows_more_than_the_others() -> None:
    values, centre = known_to_some(), known_to_some().mean()
    errors = values * 0
    of = pd.Series(["noto"] * 4 + ["ignoto"] * 4, index=TERRITORI)
    inner = rank_within(values, choices(), centre, errors, of)
    assert list(inner) == ["noto"]
    expected = rank(values.iloc[:4], choices(), centre, errors)
    pd.testing.assert_frame_equal(inner["noto"].graduatoria, expected.graduatoria)
    assert "contributo_d" in inner["noto"].graduatoria
    # two territories are not a ranking
    assert rank_within(values, choices(), centre, errors, of.mask(of.index.isin(["t0", "t1"]), "altro")).keys() == set()
    assert rank_within(values.drop(columns="d"), choices(), centre, errors, of) == {}


def test_what_did_not_enter_says_so_and_what_is_imputed_weighs_as_its_indicator() -> None:
    values, _, centre, _ = sheet(2.0)
    weights = choices().assign(peso=[3, 1, 0.5, 1])
    outcome = rank(values, weights, centre)
    quote = values.assign(a_imputata=0.5, b_imputata=np.nan)
    table = with_absences(outcome, quote, ["contributo_a", "contributo_d"])
    assert "contributo_a_stato" not in table
    assert table["contributo_d"].isna().all()
    assert set(table["contributo_d_stato"]) == {"non_applicabile"}
    assert set(table["contributo_d_motivo"]) == {"L'indicatore non entra nell'indice."}
    assert table["indice_bisogno_imputata"].tolist() == pytest.approx([3 * 0.5 / 4.5] * 8)
    assert unexplained(table).abs().max() < 1e-9


def test_several_rankings_are_told_apart_by_name_and_say_what_entered() -> None:
    values, centre = known_to_some(), known_to_some().mean()
    everyone, some = rank(values, choices(), centre), rank(values.iloc[:4], choices(), centre)
    rankings, levels = {"ats": everyone, "noto": some}, {"ats": "ats", "noto": "ambito"}
    posti = places(rankings, levels)
    assert posti.groupby("graduatoria", sort=False)["posto"].max().to_dict() == {"ats": 8, "noto": 4}
    assert posti.query("graduatoria == 'noto'")["livello"].unique().tolist() == ["ambito"]
    assert posti["territorio"].iloc[0] == everyone.graduatoria["territorio"].iloc[0]
    rows = pd.concat([choices().assign(livello=x, serve=[None, "l'altro", None, None]) for x in ("ats", "ambito")])
    entries = composition(rankings, levels, rows).set_index(["graduatoria", "indicatore"])
    assert entries.loc[("ats", "d"), "esito"] == "non calcolabile"
    assert entries.loc[("noto", "d"), "esito"] == "entra"
    assert entries.loc["ats", "serve"].to_dict() == {"a": "—", "b": "l'altro", "c": "—", "d": "—"}
    assert entries.loc["noto", "ordine"].tolist() == [0, 1, 2, 3]
