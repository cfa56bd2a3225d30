"""Everything publishable of a wave: what is hidden has a state and nothing else, and every table is there."""

from __future__ import annotations

import pandas as pd
import pytest
import questionari_inventati

from conciliazione_lib import catalog
from conciliazione_lib.indicators import survey_publication
from conciliazione_lib.indicators.protected import REASON, STATE, Thresholds
from conciliazione_lib.indicators.survey_publication import Wave, of_wave

THRESHOLDS = Thresholds.of(catalog.read("soglie_riservatezza"))
TOOL = catalog.read("questionario")
ANSWERS, SENT = questionari_inventati.answers(), questionari_inventati.inviati()
FIGURES = {
    "rispondenti": ["rispondenti", "tasso_risposta"],
    "giudizi": ["risposte_giudizio"],
    "medie": ["media_questionario", "mediana_questionario", "limiti_media"],
    "scelte": ["risposte_scelta", "quota_scelta"],
    "condizioni": ["persone_condizione"],
    "dipendenti": ["dipendenti_medi"],
    "alfa": ["alfa_dimensione"],
    "aperte": ["n_risposte_aperte"],
}


def round_(modulo: str) -> Wave:
    answers, sent, tool = (frame[frame["modulo"] == modulo] for frame in (ANSWERS, SENT, TOOL))
    return of_wave(answers, sent, tool, THRESHOLDS)


@pytest.fixture(scope="module")
def rounds() -> dict[str, Wave]:
    return {module: round_(module) for module in ("beneficiari", "organizzazioni")}


def test_a_value_or_a_state_with_its_reason_never_both(rounds: dict[str, Wave]) -> None:
    seen = 0
    for wave in rounds.values():
        for table, names in FIGURES.items():
            frame = getattr(wave, table)
            for name in names if len(frame) else ():
                missing, status = frame[name].isna(), frame[f"{name}_stato"]
                assert (missing == (status != "")).all(), (table, name)
                assert set(status) <= {"", STATE, "troppo_pochi", "non_disponibile"}
                assert (frame.loc[status == STATE, f"{name}_motivo"] == REASON).all()
                for side in ("_inferiore", "_superiore"):
                    if name + side in frame:
                        assert frame.loc[missing, name + side].isna().all()
                seen += int((status == STATE).sum())
    assert seen > 50


def test_few_are_told_few_only_where_their_number_is_told(rounds: dict[str, Wave]) -> None:
    for wave in rounds.values():
        key = ["territorio", "domanda"]
        numbers = wave.giudizi[wave.giudizi["giudizio"] == ""].set_index(key)["risposte_giudizio"]
        few = wave.medie[wave.medie["media_questionario_stato"] == "troppo_pochi"]
        assert numbers.loc[pd.MultiIndex.from_frame(few[key])].notna().all()


def test_an_ats_too_small_is_named_and_has_nothing_but_how_many(rounds: dict[str, Wave]) -> None:
    collection = rounds["beneficiari"].raccolta.set_index("territorio")
    assert collection["analizzata"].to_dict() == {"lombardia": True, "bergamo": True, "brescia": False, "pavia": True}
    assert collection.at["lombardia", "escluse"] == "brescia"
    for table in FIGURES:
        frame = getattr(rounds["beneficiari"], table)
        if table != "rispondenti" and len(frame):
            assert "brescia" not in set(frame["territorio"])
    assert collection.at["pavia", "prova"] == "Stuart-Maxwell"
    # no number of people in the list: what is told of a wave is who, when and how
    assert not [c for c in collection if pd.api.types.is_numeric_dtype(collection[c]) and collection[c].dtype != bool]


def test_nobody_is_analysed_where_all_are_few() -> None:
    few = ANSWERS[(ANSWERS["modulo"] == "organizzazioni") & (ANSWERS["ats"] == "brescia")]
    wave = of_wave(few, SENT.iloc[:0], TOOL[TOOL["modulo"] == "organizzazioni"], THRESHOLDS)
    assert not wave.raccolta["analizzata"].any()
    assert wave.rispondenti["rispondenti"].isna().all()
    assert all(getattr(wave, table).empty for table in FIGURES if table != "rispondenti")
    assert survey_publication.SCELTE["beneficiari"] == "CONS"


def test_the_waves_stand_one_under_the_other_with_their_questionnaire_and_period(rounds: dict[str, Wave]) -> None:
    older = ANSWERS[ANSWERS["modulo"] == "organizzazioni"].assign(rilevazione="2024")
    tables = survey_publication.of_all(pd.concat([ANSWERS, older]), SENT, TOOL, THRESHOLDS)
    assert set(survey_publication.BREAKDOWNS) < set(tables)
    waves = set(tables["raccolta"][["questionario", "periodo"]].itertuples(index=False, name=None))
    assert waves == {("organizzazioni", "2024"), ("beneficiari", "2026"), ("organizzazioni", "2026")}
    own = tables["medie"].query("questionario == 'beneficiari' and periodo == '2026'").reset_index(drop=True)
    pd.testing.assert_frame_equal(
        own[rounds["beneficiari"].medie.columns], rounds["beneficiari"].medie.reset_index(drop=True)
    )
    for name, keys in survey_publication.BREAKDOWNS.items():
        rows = tables[name]
        assert not rows.duplicated(["livello", "territorio", "questionario", "periodo", *keys]).any(), name
    last = survey_publication.collections(tables["raccolta"], {"brescia": "Brescia"})
    assert set(last.loc[last["questionario"] == "organizzazioni", "ultima"]) == {True, False}
    assert last.query("livello == 'regione' and periodo == '2026'")["escluse"].isin(["Brescia", ""]).all()


def test_without_how_many_were_sent_every_wave_is_there_and_there_is_no_rate() -> None:
    tables = survey_publication.of_all(ANSWERS, None, TOOL, THRESHOLDS)
    assert set(tables["raccolta"]["questionario"]) == {"beneficiari", "organizzazioni"}
    assert tables["rispondenti"]["tasso_risposta"].isna().all()
    respondents, means = (tables[name].query("questionario == 'beneficiari'") for name in ("rispondenti", "medie"))
    assert set(respondents.loc[respondents["rispondenti"].notna(), "tasso_risposta_stato"]) == {"non_disponibile"}
    assert set(means.loc[means["media_questionario"].notna(), "limiti_media_stato"]) == {"non_disponibile"}


def test_questions_keep_the_words_of_their_options_and_not_the_codes() -> None:
    listed = survey_publication.questions(TOOL)
    assert len(listed) == len(TOOL)
    assert not listed["opzioni"].str.contains("=").any()
    assert (listed["opzioni"] == "").to_numpy().tolist() == TOOL["opzioni"].isna().to_numpy().tolist()
