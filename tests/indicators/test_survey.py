"""Analysis of invented questionnaires: directions, minimum counts, comparisons; the tables that may be published."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from conciliazione_lib import catalog
from conciliazione_lib.indicators import disclosure, outcomes, protected, survey

DOMANDE = catalog.read("questionario").query("modulo == 'beneficiari'")


def risposte(per_alleanza: dict[str, list[dict[str, str]]]) -> pd.DataFrame:
    righe = [
        {"ats": "pavia", "alleanza": alleanza, "rilevazione": "2026", "cod_rispondente": f"{i:05d}",
         "cod_domanda": domanda, "risposta": valore}
        for alleanza, persone in per_alleanza.items()
        for i, date in enumerate(persone)
        for domanda, valore in date.items()
    ]  # fmt: skip
    return pd.DataFrame(righe)


def test_inverse_questions_are_turned_over() -> None:
    tavola = survey.scores(risposte({"A": [{"BEN1": "5", "BEN3": "1"}, {"BEN1": "4"}]}), DOMANDE)
    assert tavola["BEN3"].tolist()[0] == 5
    assert np.isnan(tavola["BEN3"].iloc[1])
    assert survey.dimensions(tavola, DOMANDE)["Benessere psico-fisico"].tolist() == [5, 4]


def test_below_the_minimum_there_is_no_value() -> None:
    tavola = survey.scores(risposte({"A": [{"UTI1": str(1 + i % 5), "TEM1": "3"} for i in range(10)]}), DOMANDE)
    pochi = survey.summaries(tavola[["UTI1"]], minimum=11).loc["UTI1"]
    assert pochi["n"] == 10
    assert pochi.drop("n").isna().all()
    tanti = survey.summaries(tavola[["UTI1"]], minimum=10, response_rate=0.32).loc["UTI1"]
    assert tanti["media"] == 3
    assert (tanti["media_inferiore"], tanti["media_superiore"]) == pytest.approx(
        outcomes.mean_interval(tavola["UTI1"])[1:]
    )
    assert (tanti["media_minima"], tanti["media_massima"]) == pytest.approx((0.32 * 3 + 0.68, 0.32 * 3 + 0.68 * 5))


def test_reliability_is_by_dimension() -> None:
    rng = np.random.default_rng(4)
    base = rng.integers(2, 5, 30)
    persone = [
        {f"TEM{k}": str(int(np.clip(b + rng.integers(-1, 2), 1, 5))) for k in (1, 2, 3)} | {"COL1": "3", "COL2": "3"}
        for b in base
    ]
    tavola = survey.scores(risposte({"A": persone}), DOMANDE)
    alfa = survey.reliability(tavola, DOMANDE, minimum=10).set_index("dimensione")
    attesa = outcomes.cronbach_alpha(tavola[["TEM1", "TEM2", "TEM3"]])
    assert tuple(alfa.loc["Relazione con il tempo", ["alfa", "alfa_inferiore", "alfa_superiore"]]) == attesa
    assert alfa.loc["Rapporto con i colleghi", "alfa_motivo"] == "tutti hanno lo stesso punteggio"
    assert alfa.loc["Vita professionale", "alfa_motivo"] == survey.POCHI
    assert "Utilità percepita" not in alfa.index


def test_response_counts_and_alleanze_without_answers() -> None:
    date = risposte({"A": [{"UTI1": "5"}] * 3})
    inviati = pd.DataFrame({"ats": "pavia", "alleanza": ["A", "B"], "inviati": [10, 7]})
    conti = survey.response(date, inviati).set_index("alleanza")
    assert conti["rispondenti"].to_dict() == {"A": 3, "B": 0}
    assert conti["inviati"].to_dict() == {"A": 10, "B": 7}


def test_before_and_after_of_the_same_people() -> None:
    cambi = [("in_cerca", "determinato")] * 6 + [("indeterminato", "indeterminato")] * 5
    persone = [{"LAVP": prima, "LAVD": dopo} for prima, dopo in cambi] + [{"LAVP": "altro"}]
    conti, prova = survey.before_after(risposte({"A": persone}), "LAVP", "LAVD", minimum=10)
    assert conti.set_index(["condizione", "momento"])["persone"].to_dict() == {
        ("determinato", "dopo"): 6, ("in_cerca", "prima"): 6, ("indeterminato", "dopo"): 5,
        ("indeterminato", "prima"): 5,
    }  # fmt: skip
    assert prova is not None
    assert prova.p_value == pytest.approx(2 * 0.5**6)
    assert survey.before_after(risposte({"A": persone}), "LAVP", "LAVD", minimum=12)[1] is None


def test_alleanze_are_compared_with_all_the_pairs_in_mind() -> None:
    rng = np.random.default_rng(2)
    gruppi = {
        nome: [
            {"UTI1": str(int(rng.integers(basso, basso + 3))), "COL1": str(int(rng.integers(1, 6)))} for _ in range(n)
        ]
        for nome, basso, n in (("A", 1, 30), ("B", 3, 30), ("C", 1, 30), ("piccola", 3, 4))
    }  # fmt: skip
    tavola = survey.dimensions(survey.scores(risposte(gruppi), DOMANDE), DOMANDE)[
        ["Utilità percepita", "Rapporto con i colleghi"]
    ]
    complessivi, coppie = survey.compare(tavola, minimum=10)
    assert set(complessivi) == {"Utilità percepita", "Rapporto con i colleghi"}
    assert len(coppie) == 6
    assert "piccola" not in set(coppie["gruppo_1"]) | set(coppie["gruppo_2"])
    diverse = coppie[coppie["diverso"]]
    assert set(zip(diverse["dimensione"], diverse["gruppo_1"], diverse["gruppo_2"], strict=True)) == {
        ("Utilità percepita", "A", "B"), ("Utilità percepita", "B", "C"),
    }  # fmt: skip
    # Holm over the six: the smallest p is multiplied by six
    assert coppie["p_corretto"].min() == pytest.approx(6 * coppie["p"].min())


GENITORI = {
    "territorio": {"a1": "A", "a2": "A", "b1": "B", "b2": "B", "A": "L", "B": "L"},
    "giudizio": {"sfavorevole": "tutti", "intermedio": "tutti", "favorevole": "tutti"},
}


def test_nothing_below_threshold_can_be_deduced_of_what_is_published() -> None:
    rng = np.random.default_rng(11)
    for _ in range(12):
        foglie = pd.DataFrame(
            [(t, g, int(rng.integers(0, 20))) for t in ("a1", "a2", "b1", "b2") for g in GENITORI["giudizio"]],
            columns=["territorio", "giudizio", "n"],
        )
        intera = protected.with_totals(foglie, "n", ["territorio", "giudizio"], GENITORI)
        assert len(intera) == 7 * 4
        pubblica = protected.publishable(intera, "n", ["territorio", "giudizio"], GENITORI, threshold=5)
        piccole = intera["n"].between(1, 4)
        assert pubblica.loc[piccole, "n"].isna().all()
        assert pubblica["n"].isna().equals(pubblica["n_motivo"] == protected.MOTIVO)
        relazioni = disclosure.relations_of(intera, ["territorio", "giudizio"], GENITORI)
        richiesti = {int(i): (0.0, 5.0) for i in np.flatnonzero(piccole)}
        assert disclosure.audit(pubblica["n"], relazioni, richiesti) == []


def test_a_dominated_amount_is_hidden_with_another() -> None:
    importi = pd.DataFrame({"alleanza": ["A", "B", "C", "tutte"], "euro": [100.0, 90.0, 80.0, 270.0]})
    genitori = {"alleanza": dict.fromkeys("ABC", "tutte")}
    dominati = disclosure.primary_dominance([[95, 5], [30, 30, 30], [20] * 4, [95, 30, 30, 30, 85]])
    pubblica = protected.publishable(importi, "euro", ["alleanza"], genitori, threshold=5, dominated=list(dominati))
    nascosti = pubblica["euro"].isna()
    assert nascosti[0]
    assert nascosti.sum() >= 2
    relazioni = disclosure.relations_of(importi, ["alleanza"], genitori)
    assert disclosure.audit(pubblica["euro"], relazioni, {0: (0.0, 200.0)}) == []
