"""The tables of the questionnaires: right where they are published, and protected over the whole region."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import questionari_inventati

from conciliazione_lib import catalog
from conciliazione_lib.errors import DatiError
from conciliazione_lib.indicators import outcomes, survey, survey_tables
from conciliazione_lib.indicators.protected import REASON, Thresholds
from conciliazione_lib.indicators.uncertainty import wilson

THRESHOLDS = Thresholds.of(catalog.read("soglie_riservatezza"))
TOOL = catalog.read("questionario")
ANSWERS = questionari_inventati.answers()
BENEFICIARIES = ANSWERS[ANSWERS["modulo"] == "beneficiari"]
QUESTIONS = TOOL[TOOL["modulo"] == "beneficiari"]
WHOLE, EXCLUDED = survey_tables.together(BENEFICIARIES, THRESHOLDS)
VERDICTS = survey_tables.judgements(WHOLE, QUESTIONS, THRESHOLDS)
NOT_DECLARED = pd.DataFrame(columns=["ats", "alleanza", "inviati"])


def organisations(dependents: dict[str, list[int]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            ("organizzazioni", ats, "Una", "2026", f"{i:05d}", "DIP", str(how_many))
            for ats, numbers in dependents.items()
            for i, how_many in enumerate(numbers)
        ],
        columns=["modulo", "ats", "alleanza", "rilevazione", "cod_rispondente", "cod_domanda", "risposta"],
    )


def test_thresholds_are_data_and_say_whose_choice_they_are() -> None:
    table = catalog.read("soglie_riservatezza")
    assert (THRESHOLDS.conteggio, THRESHOLDS.rispondenti, THRESHOLDS.contribuenti, THRESHOLDS.quota) == (5, 10, 2, 0.85)
    assert set(table["fonte"]) == {"Scelta del progetto, da confermare"}
    assert table["note"].str.len().gt(40).all()
    # a median of as many answers as a mean needs never bounds a judgement under the threshold of a count
    assert THRESHOLDS.rispondenti >= 2 * THRESHOLDS.conteggio


def test_thresholds_are_changed_all_together() -> None:
    table = catalog.read("soglie_riservatezza")
    changed = table.assign(valore=table["valore"].where(table["cod_soglia"] != "conteggio", 8))
    spec = catalog.spec("soglie_riservatezza")
    assert Thresholds.of(catalog.validate(changed, spec, file="soglie.xlsx")).conteggio == 8
    with pytest.raises(DatiError, match="manca dominanza_quota"):
        catalog.validate(changed[changed["cod_soglia"] != "dominanza_quota"], spec, file="soglie.xlsx")


def test_response_by_alleanza_ats_and_region() -> None:
    counts = survey_tables.response(
        BENEFICIARIES, questionari_inventati.inviati().query("modulo == 'beneficiari'"), THRESHOLDS
    )
    key = counts.set_index(["territorio", "alleanza"])
    assert key.loc[("pavia", ""), "rispondenti"] == 78
    assert key.loc[("lombardia", ""), "rispondenti"] == 161
    assert key.loc[("pavia", ""), "tasso_risposta"] == pytest.approx(100 * 78 / (2 * 78 + 15))
    # two Alleanze of one name, in two ATS
    assert key.loc[("bergamo", "Nord"), "rispondenti"] == 60
    # three people are hidden, and another Alleanza with them; where an ATS has not said, no rate
    assert np.isnan(key.loc[("pavia", "Piccola"), "rispondenti"])
    assert key.loc["pavia"]["rispondenti"].isna().sum() == 2
    assert np.isnan(key.loc[("brescia", ""), "tasso_risposta"])
    assert np.isnan(key.loc[("lombardia", ""), "tasso_risposta"])


def test_an_ats_with_too_few_is_in_no_other_table() -> None:
    assert EXCLUDED == ("brescia",)
    assert set(VERDICTS["territorio"]) == {"bergamo", "lombardia", "pavia"}
    total = VERDICTS.query("cod_domanda == 'UTI1' and giudizio == ''").set_index("territorio")["risposte_giudizio"]
    assert total["lombardia"] == total["bergamo"] + total["pavia"]


def test_means_are_those_of_the_answers_rounded_and_never_without_their_number() -> None:
    means = survey_tables.means(WHOLE, QUESTIONS, VERDICTS, THRESHOLDS, {"pavia": 0.4}).set_index(
        ["territorio", "cod_domanda"]
    )
    points = survey.scores(WHOLE, QUESTIONS)
    pavia = points[points.index.get_level_values("ats") == "pavia"]
    said = means.loc["pavia", "media_questionario"].dropna()
    assert len(said) >= 10
    assert said.to_dict() == pavia[list(said.index)].mean().round(1).to_dict()
    m = means.loc[("pavia", "UTI1")]
    assert (m["limiti_media_inferiore"], m["limiti_media_superiore"]) == pytest.approx(
        outcomes.nonresponse_bounds(m["media_questionario"], 0.4, 1, 5)
    )
    numbers = VERDICTS[VERDICTS["giudizio"] == ""].set_index(["territorio", "cod_domanda"])["risposte_giudizio"]
    assert numbers.reindex(means.index)[means["media_questionario"].notna()].notna().all()


def test_choices_with_wilson() -> None:
    advise = QUESTIONS[QUESTIONS["cod_domanda"] == "CONS"]
    table = survey_tables.choices(WHOLE, advise, THRESHOLDS).set_index(["territorio", "scelta"])
    date = WHOLE[(WHOLE["cod_domanda"] == "CONS") & (WHOLE["ats"] == "pavia")]["risposta"]
    yes = table.loc[("pavia", "sì")]
    assert (yes["risposte_scelta"], yes["risposte"]) == ((date == "si").sum(), len(date))
    expected = [float(limit) for limit in wilson((date == "si").sum(), len(date))]
    assert [yes["quota_scelta_inferiore"] / 100, yes["quota_scelta_superiore"] / 100] == pytest.approx(expected)
    # the whole has no share of itself
    assert np.isnan(table.loc[("pavia", ""), "quota_scelta"])


def test_before_and_after_have_one_total() -> None:
    before = QUESTIONS.set_index("cod_domanda", drop=False).loc["LAVP"].to_dict()
    counts, prove = survey_tables.before_after(WHOLE, before, "LAVD", THRESHOLDS)
    assert (counts[counts["condizione"] == ""].groupby("territorio").size() == 1).all()
    pavia = counts[counts["territorio"] == "pavia"].set_index(["condizione", "momento"])["persone_condizione"]
    assert pavia["", ""] == 78
    pairs = survey.before_after(WHOLE[WHOLE["ats"] == "pavia"], "LAVP", "LAVD", minimum=10)[1]
    assert prove["pavia"] == pairs
    # one condition fewer than the threshold before: as many people must be hidden after, or the total gives it
    people = [("determinato", "determinato")] * 20 + [("autonomo", "autonomo")] * 2
    small = pd.DataFrame(
        [
            ("beneficiari", "pavia", "Una", "2026", f"{i:05d}", d, v)
            for i, (a, b) in enumerate(people)
            for d, v in (("LAVP", a), ("LAVD", b))
        ],
        columns=BENEFICIARIES.columns,
    )
    hidden = survey_tables.before_after(small, before, "LAVD", THRESHOLDS)[0].query("territorio == 'pavia'")
    seen = hidden[hidden["persone_condizione"] > 0]
    assert seen["condizione"].tolist() in ([""], [])


def test_a_mean_number_of_employees_that_one_organisation_makes_is_hidden() -> None:
    # nine of ten people and one of a thousand: the mean times ten is the large one's number
    raw = organisations({"pavia": [10] * 12 + [1000], "bergamo": [20, 30, 25] * 5})
    means = survey_tables.sizes(raw, "DIP", THRESHOLDS).set_index("territorio")
    assert np.isnan(means.loc["pavia", "dipendenti_medi"])
    assert means.loc["pavia", "dipendenti_medi_motivo"] == REASON
    # the region less Bergamo would be Pavia: one of them is hidden too
    assert means["dipendenti_medi"].isna().sum() >= 2
    alone = survey_tables.sizes(organisations({"bergamo": [20, 30, 25] * 5}), "DIP", THRESHOLDS).set_index("territorio")
    assert alone.loc["bergamo", "dipendenti_medi"] == 25
    few = survey_tables.sizes(organisations({"bergamo": [20] * 9}), "DIP", THRESHOLDS)
    assert few["dipendenti_medi"].isna().all()
    assert set(few["dipendenti_medi_motivo"]) == {survey.FEW}


def test_open_answers_are_counted() -> None:
    open_ = survey_tables.open_answers(WHOLE, QUESTIONS, THRESHOLDS).set_index("territorio")["n_risposte_aperte"]
    true = WHOLE[WHOLE["cod_domanda"] == "APER"].groupby("ats").size()
    assert open_.dropna().drop("lombardia").to_dict() == true.to_dict()
    assert set(WHOLE.loc[WHOLE["cod_domanda"] == "APER", "risposta"]) == {"risposta data"}


def test_alleanze_that_differ_say_which_is_higher() -> None:
    who = survey_tables.response(BENEFICIARIES, NOT_DECLARED, THRESHOLDS)
    pavia = WHOLE[WHOLE["ats"] == "pavia"]
    # beside «Piccola», which is too small, the smaller of the others is hidden: it is not named
    assert survey_tables.comparisons(pavia, QUESTIONS, VERDICTS, who, THRESHOLDS).attrs["confronti"] == 0
    two = pavia[pavia["alleanza"] != "Piccola"]
    who = survey_tables.response(two, NOT_DECLARED, THRESHOLDS)
    different = survey_tables.comparisons(
        two, QUESTIONS, survey_tables.judgements(two, QUESTIONS, THRESHOLDS), who, THRESHOLDS
    )
    # the answers of «Sud» were made one point higher
    assert len(different) > 0
    assert set(different["alleanza_alta"]) == {"Sud"}
    assert set(different["alleanza_bassa"]) == {"Nord"}


def test_what_needs_many_answers_does_not_bound_a_hidden_number_of_them() -> None:
    # only some have colleagues: three answers in Pavia, and the eleven of Bergamo hidden to cover them; Pavia and
    # Bergamo have fourteen together, so that "at least ten in Bergamo" would leave at most four to Pavia
    rng = np.random.default_rng(3)
    rows = [
        ("beneficiari", ats, "Una", "2026", f"{i:05d}", question, str(rng.integers(1, 6)))
        for ats, everyone, employed in (("pavia", 30, 3), ("bergamo", 30, 11), ("brescia", 60, 50))
        for i in range(everyone)
        for question in ("UTI1", *(("COL1", "COL2") if i < employed else ()))
    ]
    answers = pd.DataFrame(rows, columns=BENEFICIARIES.columns)
    counts = survey_tables.judgements(answers, QUESTIONS, THRESHOLDS)
    numbers = counts[(counts["giudizio"] == "") & (counts["cod_domanda"] == "COL1")].set_index("territorio")
    assert numbers["risposte_giudizio"].isna().to_dict() == {
        "bergamo": True, "brescia": False, "lombardia": False, "pavia": True,
    }  # fmt: skip
    alpha = survey_tables.reliability(answers, QUESTIONS, counts, THRESHOLDS).set_index(["dimensione", "territorio"])
    colleagues = alpha.loc["Rapporto con i colleghi"]
    assert colleagues["alfa_dimensione"].isna().to_dict() == numbers["risposte_giudizio"].isna().to_dict()
    assert set(colleagues.loc[["bergamo", "pavia"], "alfa_dimensione_motivo"]) == {REASON}
    # nor does the reason tell which of the two is the small one
    means = (
        survey_tables.means(answers, QUESTIONS, counts, THRESHOLDS)
        .query("cod_domanda == 'COL1'")
        .set_index("territorio")
    )
    for column in ("media_questionario_motivo", "mediana_questionario_motivo"):
        assert set(means.loc[["bergamo", "pavia"], column]) == {REASON}


def test_an_alleanza_whose_respondents_are_hidden_is_not_compared() -> None:
    # eleven in «Nord» are hidden to cover the three of «Piccola»: named in a comparison they would be at least ten
    rows = [
        ("beneficiari", "pavia", alleanza, "2026", f"{i:05d}", "UTI1", mark)
        for alleanza, how_many, mark in (("Piccola", 3, "3"), ("Nord", 11, "1"), ("Sud", 40, "5"))
        for i in range(how_many)
    ]
    answers = pd.DataFrame(rows, columns=BENEFICIARIES.columns)
    who = survey_tables.response(answers, NOT_DECLARED, THRESHOLDS)
    assert set(who.loc[who["rispondenti"].isna(), "alleanza"]) == {"Nord", "Piccola"}
    counts = survey_tables.judgements(answers, QUESTIONS, THRESHOLDS)
    different = survey_tables.comparisons(answers, QUESTIONS, counts, who, THRESHOLDS)
    assert different.empty
    assert different.attrs["confronti"] == 0
