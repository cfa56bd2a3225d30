"""Everything publishable of a wave: what is hidden has a state and nothing else, and every table is there."""

from __future__ import annotations

import pandas as pd
import pytest
import questionari_inventati

from conciliazione_lib import catalog
from conciliazione_lib.indicators import survey_publication
from conciliazione_lib.indicators.protected import MOTIVO, STATO, Thresholds
from conciliazione_lib.indicators.survey_publication import Wave, of_wave

SOGLIE = Thresholds.of(catalog.read("soglie_riservatezza"))
STRUMENTO = catalog.read("questionario")
RISPOSTE, INVIATI = questionari_inventati.risposte(), questionari_inventati.inviati()
CIFRE = {
    "rispondenti": ["rispondenti", "tasso_risposta"],
    "giudizi": ["risposte_giudizio"],
    "medie": ["media_questionario", "mediana_questionario", "limiti_media"],
    "scelte": ["risposte_scelta", "quota_scelta"],
    "condizioni": ["persone_condizione"],
    "dipendenti": ["dipendenti_medi"],
    "alfa": ["alfa_dimensione"],
    "aperte": ["n_risposte_aperte"],
}


def onda(modulo: str, *, spediti: bool = True) -> Wave:
    date = RISPOSTE[RISPOSTE["modulo"] == modulo]
    sent = INVIATI[INVIATI["modulo"] == modulo] if spediti else INVIATI.iloc[:0]
    return of_wave(date, sent, STRUMENTO[STRUMENTO["modulo"] == modulo], SOGLIE)


@pytest.fixture(scope="module")
def onde() -> dict[str, Wave]:
    return {module: onda(module) for module in ("beneficiari", "organizzazioni")}


def test_a_value_or_a_state_with_its_reason_never_both(onde: dict[str, Wave]) -> None:
    seen = 0
    for wave in onde.values():
        for table, names in CIFRE.items():
            frame = getattr(wave, table)
            for name in names if len(frame) else ():
                missing, status = frame[name].isna(), frame[f"{name}_stato"]
                assert (missing == (status != "")).all(), (table, name)
                assert set(status) <= {"", STATO, "troppo_pochi", "non_disponibile"}
                assert (frame.loc[status == STATO, f"{name}_motivo"] == MOTIVO).all()
                for side in ("_inferiore", "_superiore"):
                    if name + side in frame:
                        assert frame.loc[missing, name + side].isna().all()
                seen += int((status == STATO).sum())
    assert seen > 50


def test_few_are_told_few_only_where_their_number_is_told(onde: dict[str, Wave]) -> None:
    for wave in onde.values():
        key = ["territorio", "domanda"]
        numbers = wave.giudizi[wave.giudizi["giudizio"] == ""].set_index(key)["risposte_giudizio"]
        few = wave.medie[wave.medie["media_questionario_stato"] == "troppo_pochi"]
        assert numbers.loc[pd.MultiIndex.from_frame(few[key])].notna().all()


def test_an_ats_too_small_is_named_and_has_nothing_but_how_many(onde: dict[str, Wave]) -> None:
    collection = onde["beneficiari"].raccolta.set_index("territorio")
    assert collection["analizzata"].to_dict() == {"lombardia": True, "bergamo": True, "brescia": False, "pavia": True}
    assert collection.at["lombardia", "escluse"] == "brescia"
    for table in CIFRE:
        frame = getattr(onde["beneficiari"], table)
        if table != "rispondenti" and len(frame):
            assert "brescia" not in set(frame["territorio"])
    assert collection.at["pavia", "prova"] == "Stuart-Maxwell"
    # no number of people in the list: what is told of a wave is who, when and how
    assert not [c for c in collection if pd.api.types.is_numeric_dtype(collection[c]) and collection[c].dtype != bool]


def test_without_how_many_were_sent_there_is_no_rate() -> None:
    wave = onda("beneficiari", spediti=False)
    seen = wave.rispondenti[wave.rispondenti["rispondenti"].notna()]
    assert set(seen["tasso_risposta_stato"]) == {"non_disponibile"}
    with_media = wave.medie[wave.medie["media_questionario"].notna()]
    assert set(with_media["limiti_media_stato"]) == {"non_disponibile"}


def test_nobody_is_analysed_where_all_are_few() -> None:
    few = RISPOSTE[(RISPOSTE["modulo"] == "organizzazioni") & (RISPOSTE["ats"] == "brescia")]
    wave = of_wave(few, INVIATI.iloc[:0], STRUMENTO[STRUMENTO["modulo"] == "organizzazioni"], SOGLIE)
    assert not wave.raccolta["analizzata"].any()
    assert wave.rispondenti["rispondenti"].isna().all()
    assert all(getattr(wave, table).empty for table in CIFRE if table != "rispondenti")
    assert survey_publication.SCELTE["beneficiari"] == "CONS"


def test_the_waves_stand_one_under_the_other_with_their_questionnaire_and_period(onde: dict[str, Wave]) -> None:
    older = RISPOSTE[RISPOSTE["modulo"] == "beneficiari"].assign(rilevazione="2024")
    tables = survey_publication.of_all(pd.concat([RISPOSTE, older]), INVIATI, STRUMENTO, SOGLIE)
    assert set(survey_publication.BREAKDOWNS) < set(tables)
    waves = set(tables["raccolta"][["questionario", "periodo"]].itertuples(index=False, name=None))
    assert waves == {("beneficiari", "2024"), ("beneficiari", "2026"), ("organizzazioni", "2026")}
    own = tables["medie"].query("questionario == 'beneficiari' and periodo == '2026'").reset_index(drop=True)
    pd.testing.assert_frame_equal(
        own[onde["beneficiari"].medie.columns], onde["beneficiari"].medie.reset_index(drop=True)
    )
    for name, keys in survey_publication.BREAKDOWNS.items():
        rows = tables[name]
        assert not rows.duplicated(["livello", "territorio", "questionario", "periodo", *keys]).any(), name
    last = survey_publication.collections(tables["raccolta"], {"brescia": "Brescia"})
    assert set(last.loc[last["questionario"] == "beneficiari", "ultima"]) == {True, False}
    assert last.query("livello == 'regione' and periodo == '2026'")["escluse"].isin(["Brescia", ""]).all()


def test_without_how_many_were_sent_every_wave_is_there_all_the_same() -> None:
    tables = survey_publication.of_all(RISPOSTE, None, STRUMENTO, SOGLIE)
    assert tables["rispondenti"]["tasso_risposta"].isna().all()
    assert set(tables["raccolta"]["questionario"]) == {"beneficiari", "organizzazioni"}


def test_questions_keep_the_words_of_their_options_and_not_the_codes() -> None:
    listed = survey_publication.questions(STRUMENTO)
    assert len(listed) == len(STRUMENTO)
    assert not listed["opzioni"].str.contains("=").any()
    assert (listed["opzioni"] == "").to_numpy().tolist() == STRUMENTO["opzioni"].isna().to_numpy().tolist()
