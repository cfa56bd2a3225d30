"""The tables of the questionnaires: right where they are published, and protected over the whole region."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import questionari_inventati

from conciliazione_lib import catalog
from conciliazione_lib.errors import DatiError
from conciliazione_lib.indicators import outcomes, survey, survey_tables
from conciliazione_lib.indicators.protected import MOTIVO, Thresholds
from conciliazione_lib.indicators.uncertainty import wilson

SOGLIE = Thresholds.of(catalog.read("soglie_riservatezza"))
STRUMENTO = catalog.read("questionario")
RISPOSTE = questionari_inventati.risposte()
BENEFICIARI = RISPOSTE[RISPOSTE["modulo"] == "beneficiari"]
DOMANDE = STRUMENTO[STRUMENTO["modulo"] == "beneficiari"]
INSIEME, ESCLUSE = survey_tables.together(BENEFICIARI, SOGLIE)
GIUDIZI = survey_tables.judgements(INSIEME, DOMANDE, SOGLIE)
NON_DICHIARATI = pd.DataFrame(columns=["ats", "alleanza", "inviati"])


def organizzazioni(dipendenti: dict[str, list[int]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            ("organizzazioni", ats, "Una", "2026", f"{i:05d}", "DIP", str(quanti))
            for ats, numeri in dipendenti.items()
            for i, quanti in enumerate(numeri)
        ],
        columns=["modulo", "ats", "alleanza", "rilevazione", "cod_rispondente", "cod_domanda", "risposta"],
    )


def test_thresholds_are_data_and_say_whose_choice_they_are() -> None:
    tabella = catalog.read("soglie_riservatezza")
    assert (SOGLIE.conteggio, SOGLIE.rispondenti, SOGLIE.contribuenti, SOGLIE.quota) == (5, 10, 2, 0.85)
    assert set(tabella["fonte"]) == {"Scelta del progetto, da confermare"}
    assert tabella["note"].str.len().gt(40).all()
    # a median of as many answers as a mean needs never bounds a judgement under the threshold of a count
    assert SOGLIE.rispondenti >= 2 * SOGLIE.conteggio


def test_thresholds_are_changed_all_together() -> None:
    tabella = catalog.read("soglie_riservatezza")
    cambiate = tabella.assign(valore=tabella["valore"].where(tabella["cod_soglia"] != "conteggio", 8))
    spec = catalog.spec("soglie_riservatezza")
    assert Thresholds.of(catalog.validate(cambiate, spec, file="soglie.xlsx")).conteggio == 8
    with pytest.raises(DatiError, match="manca dominanza_quota"):
        catalog.validate(cambiate[cambiate["cod_soglia"] != "dominanza_quota"], spec, file="soglie.xlsx")


def test_response_by_alleanza_ats_and_region() -> None:
    conti = survey_tables.response(
        BENEFICIARI, questionari_inventati.inviati().query("modulo == 'beneficiari'"), SOGLIE
    )
    chiave = conti.set_index(["territorio", "alleanza"])
    assert chiave.loc[("pavia", ""), "rispondenti"] == 78
    assert chiave.loc[("lombardia", ""), "rispondenti"] == 161
    assert chiave.loc[("pavia", ""), "tasso_risposta"] == pytest.approx(100 * 78 / (2 * 78 + 15))
    # two Alleanze of one name, in two ATS
    assert chiave.loc[("bergamo", "Nord"), "rispondenti"] == 60
    # three people are hidden, and another Alleanza with them; where an ATS has not said, no rate
    assert np.isnan(chiave.loc[("pavia", "Piccola"), "rispondenti"])
    assert chiave.loc["pavia"]["rispondenti"].isna().sum() == 2
    assert np.isnan(chiave.loc[("brescia", ""), "tasso_risposta"])
    assert np.isnan(chiave.loc[("lombardia", ""), "tasso_risposta"])


def test_an_ats_with_too_few_is_in_no_other_table() -> None:
    assert ESCLUSE == ("brescia",)
    assert set(GIUDIZI["territorio"]) == {"bergamo", "lombardia", "pavia"}
    totale = GIUDIZI.query("cod_domanda == 'UTI1' and giudizio == ''").set_index("territorio")["risposte_giudizio"]
    assert totale["lombardia"] == totale["bergamo"] + totale["pavia"]


def test_means_are_those_of_the_answers_rounded_and_never_without_their_number() -> None:
    medie = survey_tables.means(INSIEME, DOMANDE, GIUDIZI, SOGLIE, {"pavia": 0.4}).set_index(
        ["territorio", "cod_domanda"]
    )
    punti = survey.scores(INSIEME, DOMANDE)
    pavia = punti[punti.index.get_level_values("ats") == "pavia"]
    dette = medie.loc["pavia", "media_questionario"].dropna()
    assert len(dette) >= 10
    assert dette.to_dict() == pavia[list(dette.index)].mean().round(1).to_dict()
    m = medie.loc[("pavia", "UTI1")]
    assert (m["limiti_media_inferiore"], m["limiti_media_superiore"]) == pytest.approx(
        outcomes.nonresponse_bounds(m["media_questionario"], 0.4, 1, 5)
    )
    numeri = GIUDIZI[GIUDIZI["giudizio"] == ""].set_index(["territorio", "cod_domanda"])["risposte_giudizio"]
    assert numeri.reindex(medie.index)[medie["media_questionario"].notna()].notna().all()


def test_choices_with_wilson() -> None:
    consiglia = DOMANDE[DOMANDE["cod_domanda"] == "CONS"]
    tavola = survey_tables.choices(INSIEME, consiglia, SOGLIE).set_index(["territorio", "scelta"])
    date = INSIEME[(INSIEME["cod_domanda"] == "CONS") & (INSIEME["ats"] == "pavia")]["risposta"]
    si = tavola.loc[("pavia", "sì")]
    assert (si["risposte_scelta"], si["risposte"]) == ((date == "si").sum(), len(date))
    attesi = [float(limite) for limite in wilson((date == "si").sum(), len(date))]
    assert [si["quota_scelta_inferiore"] / 100, si["quota_scelta_superiore"] / 100] == pytest.approx(attesi)
    # the whole has no share of itself
    assert np.isnan(tavola.loc[("pavia", ""), "quota_scelta"])


def test_before_and_after_have_one_total() -> None:
    prima = DOMANDE.set_index("cod_domanda", drop=False).loc["LAVP"].to_dict()
    conti, prove = survey_tables.before_after(INSIEME, prima, "LAVD", SOGLIE)
    assert (conti[conti["condizione"] == ""].groupby("territorio").size() == 1).all()
    pavia = conti[conti["territorio"] == "pavia"].set_index(["condizione", "momento"])["persone_condizione"]
    assert pavia["", ""] == 78
    coppie = survey.before_after(INSIEME[INSIEME["ats"] == "pavia"], "LAVP", "LAVD", minimum=10)[1]
    assert prove["pavia"] == coppie
    # one condition fewer than the threshold before: as many people must be hidden after, or the total gives it
    persone = [("determinato", "determinato")] * 20 + [("autonomo", "autonomo")] * 2
    piccole = pd.DataFrame(
        [
            ("beneficiari", "pavia", "Una", "2026", f"{i:05d}", d, v)
            for i, (a, b) in enumerate(persone)
            for d, v in (("LAVP", a), ("LAVD", b))
        ],
        columns=BENEFICIARI.columns,
    )
    nascoste = survey_tables.before_after(piccole, prima, "LAVD", SOGLIE)[0].query("territorio == 'pavia'")
    visti = nascoste[nascoste["persone_condizione"] > 0]
    assert visti["condizione"].tolist() in ([""], [])


def test_a_mean_number_of_employees_that_one_organisation_makes_is_hidden() -> None:
    # nine of ten people and one of a thousand: the mean times ten is the large one's number
    grezze = organizzazioni({"pavia": [10] * 12 + [1000], "bergamo": [20, 30, 25] * 5})
    medie = survey_tables.sizes(grezze, "DIP", SOGLIE).set_index("territorio")
    assert np.isnan(medie.loc["pavia", "dipendenti_medi"])
    assert medie.loc["pavia", "dipendenti_medi_motivo"] == MOTIVO
    # the region less Bergamo would be Pavia: one of them is hidden too
    assert medie["dipendenti_medi"].isna().sum() >= 2
    soli = survey_tables.sizes(organizzazioni({"bergamo": [20, 30, 25] * 5}), "DIP", SOGLIE).set_index("territorio")
    assert soli.loc["bergamo", "dipendenti_medi"] == 25
    pochi = survey_tables.sizes(organizzazioni({"bergamo": [20] * 9}), "DIP", SOGLIE)
    assert pochi["dipendenti_medi"].isna().all()
    assert set(pochi["dipendenti_medi_motivo"]) == {survey.POCHI}


def test_open_answers_are_counted() -> None:
    aperte = survey_tables.open_answers(INSIEME, DOMANDE, SOGLIE).set_index("territorio")["n_risposte_aperte"]
    vere = INSIEME[INSIEME["cod_domanda"] == "APER"].groupby("ats").size()
    assert aperte.dropna().drop("lombardia").to_dict() == vere.to_dict()
    assert set(INSIEME.loc[INSIEME["cod_domanda"] == "APER", "risposta"]) == {"risposta data"}


def test_alleanze_that_differ_say_which_is_higher() -> None:
    chi = survey_tables.response(BENEFICIARI, NON_DICHIARATI, SOGLIE)
    pavia = INSIEME[INSIEME["ats"] == "pavia"]
    # beside «Piccola», which is too small, the smaller of the others is hidden: it is not named
    assert survey_tables.comparisons(pavia, DOMANDE, GIUDIZI, chi, SOGLIE).attrs["confronti"] == 0
    due = pavia[pavia["alleanza"] != "Piccola"]
    chi = survey_tables.response(due, NON_DICHIARATI, SOGLIE)
    diverse = survey_tables.comparisons(due, DOMANDE, survey_tables.judgements(due, DOMANDE, SOGLIE), chi, SOGLIE)
    # the answers of «Sud» were made one point higher
    assert len(diverse) > 0
    assert set(diverse["alleanza_alta"]) == {"Sud"}
    assert set(diverse["alleanza_bassa"]) == {"Nord"}


def test_what_needs_many_answers_does_not_bound_a_hidden_number_of_them() -> None:
    # only some have colleagues: three answers in Pavia, and the eleven of Bergamo hidden to cover them; Pavia and
    # Bergamo have fourteen together, so that "at least ten in Bergamo" would leave at most four to Pavia
    rng = np.random.default_rng(3)
    righe = [
        ("beneficiari", ats, "Una", "2026", f"{i:05d}", domanda, str(rng.integers(1, 6)))
        for ats, tutti, occupati in (("pavia", 30, 3), ("bergamo", 30, 11), ("brescia", 60, 50))
        for i in range(tutti)
        for domanda in ("UTI1", *(("COL1", "COL2") if i < occupati else ()))
    ]
    risposte = pd.DataFrame(righe, columns=BENEFICIARI.columns)
    conti = survey_tables.judgements(risposte, DOMANDE, SOGLIE)
    numeri = conti[(conti["giudizio"] == "") & (conti["cod_domanda"] == "COL1")].set_index("territorio")
    assert numeri["risposte_giudizio"].isna().to_dict() == {
        "bergamo": True, "brescia": False, "lombardia": False, "pavia": True,
    }  # fmt: skip
    alfa = survey_tables.reliability(risposte, DOMANDE, conti, SOGLIE).set_index(["dimensione", "territorio"])
    colleghi = alfa.loc["Rapporto con i colleghi"]
    assert colleghi["alfa_dimensione"].isna().to_dict() == numeri["risposte_giudizio"].isna().to_dict()
    assert set(colleghi.loc[["bergamo", "pavia"], "alfa_dimensione_motivo"]) == {MOTIVO}
    # nor does the reason tell which of the two is the small one
    medie = survey_tables.means(risposte, DOMANDE, conti, SOGLIE).query("cod_domanda == 'COL1'").set_index("territorio")
    for colonna in ("media_questionario_motivo", "mediana_questionario_motivo"):
        assert set(medie.loc[["bergamo", "pavia"], colonna]) == {MOTIVO}


def test_an_alleanza_whose_respondents_are_hidden_is_not_compared() -> None:
    # eleven in «Nord» are hidden to cover the three of «Piccola»: named in a comparison they would be at least ten
    righe = [
        ("beneficiari", "pavia", alleanza, "2026", f"{i:05d}", "UTI1", voto)
        for alleanza, quanti, voto in (("Piccola", 3, "3"), ("Nord", 11, "1"), ("Sud", 40, "5"))
        for i in range(quanti)
    ]
    risposte = pd.DataFrame(righe, columns=BENEFICIARI.columns)
    chi = survey_tables.response(risposte, NON_DICHIARATI, SOGLIE)
    assert set(chi.loc[chi["rispondenti"].isna(), "alleanza"]) == {"Nord", "Piccola"}
    conti = survey_tables.judgements(risposte, DOMANDE, SOGLIE)
    diverse = survey_tables.comparisons(risposte, DOMANDE, conti, chi, SOGLIE)
    assert diverse.empty
    assert diverse.attrs["confronti"] == 0
