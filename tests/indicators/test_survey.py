"""Analysis of invented questionnaires: directions, minimum counts, comparisons; the tables that may be published."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from conciliazione_lib import catalog
from conciliazione_lib.indicators import disclosure, outcomes, protected, survey

QUESTIONS = catalog.read("questionario").query("modulo == 'beneficiari'")


def answers(per_alleanza: dict[str, list[dict[str, str]]]) -> pd.DataFrame:
    rows = [
        {"ats": "pavia", "alleanza": alleanza, "rilevazione": "2026", "cod_rispondente": f"{i:05d}",
         "cod_domanda": question, "risposta": value}
        for alleanza, people in per_alleanza.items()
        for i, date in enumerate(people)
        for question, value in date.items()
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_inverse_questions_are_turned_over() -> None:
    table = survey.scores(answers({"A": [{"BEN1": "5", "BEN3": "1"}, {"BEN1": "4"}]}), QUESTIONS)
    assert table["BEN3"].tolist()[0] == 5
    assert np.isnan(table["BEN3"].iloc[1])
    assert survey.dimensions(table, QUESTIONS)["Benessere psico-fisico"].tolist() == [5, 4]


def test_below_the_minimum_there_is_no_value() -> None:
    table = survey.scores(answers({"A": [{"UTI1": str(1 + i % 5), "TEM1": "3"} for i in range(10)]}), QUESTIONS)
    few = survey.summaries(table[["UTI1"]], minimum=11).loc["UTI1"]
    assert few["n"] == 10
    assert few.drop("n").isna().all()
    many = survey.summaries(table[["UTI1"]], minimum=10, response_rate=0.32).loc["UTI1"]
    assert many["media"] == 3
    assert (many["media_inferiore"], many["media_superiore"]) == pytest.approx(
        outcomes.mean_interval(table["UTI1"])[1:]
    )
    assert (many["media_minima"], many["media_massima"]) == pytest.approx((0.32 * 3 + 0.68, 0.32 * 3 + 0.68 * 5))


def test_reliability_is_by_dimension() -> None:
    rng = np.random.default_rng(4)
    base = rng.integers(2, 5, 30)
    people = [
        {f"TEM{k}": str(int(np.clip(b + rng.integers(-1, 2), 1, 5))) for k in (1, 2, 3)} | {"COL1": "3", "COL2": "3"}
        for b in base
    ]
    table = survey.scores(answers({"A": people}), QUESTIONS)
    alpha = survey.reliability(table, QUESTIONS, minimum=10).set_index("dimensione")
    expected = outcomes.cronbach_alpha(table[["TEM1", "TEM2", "TEM3"]])
    assert tuple(alpha.loc["Relazione con il tempo", ["alfa", "alfa_inferiore", "alfa_superiore"]]) == expected
    assert alpha.loc["Rapporto con i colleghi", "alfa_motivo"] == "tutti hanno lo stesso punteggio"
    assert alpha.loc["Vita professionale", "alfa_motivo"] == survey.FEW
    assert "Utilità percepita" not in alpha.index


def test_response_counts_and_alleanze_without_answers() -> None:
    date = answers({"A": [{"UTI1": "5"}] * 3})
    sent = pd.DataFrame({"ats": "pavia", "alleanza": ["A", "B"], "inviati": [10, 7]})
    counts = survey.response(date, sent).set_index("alleanza")
    assert counts["rispondenti"].to_dict() == {"A": 3, "B": 0}
    assert counts["inviati"].to_dict() == {"A": 10, "B": 7}


def test_before_and_after_of_the_same_people() -> None:
    changes = [("in_cerca", "determinato")] * 6 + [("indeterminato", "indeterminato")] * 5
    people = [{"LAVP": before, "LAVD": after} for before, after in changes] + [{"LAVP": "altro"}]
    counts, trial = survey.before_after(answers({"A": people}), "LAVP", "LAVD", minimum=10)
    assert counts.set_index(["condizione", "momento"])["persone"].to_dict() == {
        ("determinato", "dopo"): 6, ("in_cerca", "prima"): 6, ("indeterminato", "dopo"): 5,
        ("indeterminato", "prima"): 5,
    }  # fmt: skip
    assert trial is not None
    assert trial.p_value == pytest.approx(2 * 0.5**6)
    assert survey.before_after(answers({"A": people}), "LAVP", "LAVD", minimum=12)[1] is None


def test_alleanze_are_compared_with_all_the_pairs_in_mind() -> None:
    rng = np.random.default_rng(2)
    groups = {
        name: [
            {"UTI1": str(int(rng.integers(low, low + 3))), "COL1": str(int(rng.integers(1, 6)))} for _ in range(n)
        ]
        for name, low, n in (("A", 1, 30), ("B", 3, 30), ("C", 1, 30), ("piccola", 3, 4))
    }  # fmt: skip
    table = survey.dimensions(survey.scores(answers(groups), QUESTIONS), QUESTIONS)[
        ["Utilità percepita", "Rapporto con i colleghi"]
    ]
    overall, pairs = survey.compare(table, minimum=10)
    assert set(overall) == {"Utilità percepita", "Rapporto con i colleghi"}
    assert len(pairs) == 6
    assert "piccola" not in set(pairs["gruppo_1"]) | set(pairs["gruppo_2"])
    different = pairs[pairs["diverso"]]
    assert set(zip(different["dimensione"], different["gruppo_1"], different["gruppo_2"], strict=True)) == {
        ("Utilità percepita", "A", "B"), ("Utilità percepita", "B", "C"),
    }  # fmt: skip
    # Holm over the six: the smallest p is multiplied by six
    assert pairs["p_corretto"].min() == pytest.approx(6 * pairs["p"].min())


PARENTS = {
    "territorio": {"a1": "A", "a2": "A", "b1": "B", "b2": "B", "A": "L", "B": "L"},
    "giudizio": {"sfavorevole": "tutti", "intermedio": "tutti", "favorevole": "tutti"},
}


def test_nothing_below_threshold_can_be_deduced_of_what_is_published() -> None:
    rng = np.random.default_rng(11)
    for _ in range(12):
        leaves = pd.DataFrame(
            [(t, g, int(rng.integers(0, 20))) for t in ("a1", "a2", "b1", "b2") for g in PARENTS["giudizio"]],
            columns=["territorio", "giudizio", "n"],
        )
        whole = protected.with_totals(leaves, "n", ["territorio", "giudizio"], PARENTS)
        assert len(whole) == 7 * 4
        publish = protected.publishable(whole, "n", ["territorio", "giudizio"], PARENTS, threshold=5)
        small = whole["n"].between(1, 4)
        assert publish.loc[small, "n"].isna().all()
        assert publish["n"].isna().equals(publish["n_motivo"] == protected.REASON)
        relations = disclosure.relations_of(whole, ["territorio", "giudizio"], PARENTS)
        requested = {int(i): (0.0, 5.0) for i in np.flatnonzero(small)}
        assert disclosure.audit(publish["n"], relations, requested) == []


def test_a_dominated_amount_is_hidden_with_another() -> None:
    amounts = pd.DataFrame({"alleanza": ["A", "B", "C", "tutte"], "euro": [100.0, 90.0, 80.0, 270.0]})
    parents = {"alleanza": dict.fromkeys("ABC", "tutte")}
    dominated = disclosure.primary_dominance([[95, 5], [30, 30, 30], [20] * 4, [95, 30, 30, 30, 85]])
    publish = protected.publishable(amounts, "euro", ["alleanza"], parents, threshold=5, dominated=list(dominated))
    hidden = publish["euro"].isna()
    assert hidden[0]
    assert hidden.sum() >= 2
    relations = disclosure.relations_of(amounts, ["alleanza"], parents)
    assert disclosure.audit(publish["euro"], relations, {0: (0.0, 200.0)}) == []
