"""Progress of the indicators of the Alleanze: right where it can be computed, missing with its reason elsewhere."""

from __future__ import annotations

import pandas as pd
import pytest
import questionari_inventati

from conciliazione_lib import catalog
from conciliazione_lib.errors import DatiError
from conciliazione_lib.indicators import monitoring
from conciliazione_lib.indicators.protected import REASON, Thresholds

BASE = {
    "ats": "pavia", "alleanza": "Alleanza di prova", "cod_azione": "A1", "cod_kpi": "K1", "tipo": "outcome",
    "indicatore": "Persone che usano il servizio", "unita": "persone", "conteggio": "persone", "somma": "unici",
    "partner": "Ente 1", "valore_partenza": 10.0, "data_partenza": "2025-06-01", "traguardo": 50.0,
    "data_traguardo": "2027-06-30", "valore_raggiunto": 40.0, "data_valore": "2026-06-30", "grado": "esempio",
    "fonte": "Dati inventati per le prove", "url": None, "note": None,
}  # fmt: skip


def kpi(*edits: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame([BASE | m for m in edits])


@pytest.mark.parametrize(
    ("departure", "traguardo", "valore", "expected"),
    [(10, 50, 40, 75.0), (20, 5, 8, 80.0), (0, 10, 12, 120.0), (10, 20, 8, -20.0)],
)
def test_share_of_the_way(departure: float, traguardo: float, valore: float, expected: float) -> None:
    frame = kpi({"valore_partenza": departure, "traguardo": traguardo, "valore_raggiunto": valore})
    assert monitoring.progress(frame)["avanzamento_kpi"].tolist() == pytest.approx([expected])


def test_partners_are_summed_only_when_the_rule_says_so() -> None:
    two = [{}, {"partner": "Ente 2", "valore_partenza": 0.0, "traguardo": 10.0, "valore_raggiunto": 5.0}]
    [total_of] = monitoring.progress(kpi(*two)).to_dict("records")
    assert (total_of["valore_partenza"], total_of["traguardo"], total_of["valore_raggiunto"]) == (10, 60, 45)
    assert total_of["avanzamento_kpi"] == pytest.approx(100 * 35 / 50)
    for edit in ({"somma": "non_sommabile"}, {"somma": None}, {"conteggio": "quota"}):
        [row] = monitoring.progress(kpi(*(d | edit for d in two))).to_dict("records")
        assert pd.isna(row["avanzamento_kpi"])
        assert pd.isna(row["valore_raggiunto"])
        assert row["avanzamento_kpi_motivo"] == "i valori dei partner non si sommano"


def test_a_part_that_is_missing_makes_the_sum_missing() -> None:
    [row] = monitoring.progress(kpi({}, {"partner": "Ente 2", "valore_raggiunto": None})).to_dict("records")
    assert pd.isna(row["valore_raggiunto"])
    assert row["avanzamento_kpi_motivo"] == monitoring.CHECKS["senza_valore"]


def test_findings_name_what_is_missing_and_who_counts_twice() -> None:
    frame = kpi(
        {"cod_kpi": "K1"},
        {"cod_kpi": "K2", "valore_partenza": None, "data_partenza": None, "unita": None},
        {"cod_kpi": "K3", "somma": "somma"},
        {"cod_kpi": "K3", "somma": "somma", "partner": "Ente 2"},
        {"cod_kpi": "K4", "cod_azione": "A2", "tipo": "output"},
    )
    map_ = pd.DataFrame({"ats": "pavia", "alleanza": ["Alleanza di prova"] * 2, "cod_azione": ["A1", "A9"]})
    found = monitoring.findings(frame, map_)
    seen = set(zip(found["cod_kpi"].fillna(found["cod_azione"]), found["controllo"], strict=True))
    assert seen == {
        ("K2", "senza_partenza"), ("K2", "traguardo_senza_unita"), ("K3", "doppio_conteggio"), ("A2", "senza_outcome"),
        ("A2", "azione_non_in_mappa"), ("A9", "azione_senza_kpi"),
    }  # fmt: skip
    assert found["messaggio"].notna().all()
    assert monitoring.findings(kpi({})).empty
    ats, regione = monitoring.completeness(frame).to_dict("records")
    assert (ats["livello"], ats["territorio"], regione["territorio"]) == ("ats", "pavia", "lombardia")
    for counts in (ats, regione):
        assert (counts["n_kpi"], counts["n_kpi_completi"], counts["quota_kpi_completi"]) == (4, 3, 75.0)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        ({"data_valore": "2025-01-01"}, "la data della misura dopo quella del valore di partenza (2025-06-01)"),
        ({"data_partenza": None}, "la data a cui si riferisce «valore_partenza»"),
    ],
)
def test_refused_because_any_progress_would_be_wrong(edit: dict[str, object], message: str) -> None:
    with pytest.raises(DatiError) as error:
        catalog.validate(kpi(edit), catalog.spec("kpi"))
    assert message in str(error.value)


def test_the_same_partner_twice_and_two_definitions_are_refused() -> None:
    with pytest.raises(DatiError):
        catalog.validate(kpi({}, {}), catalog.spec("kpi"))
    with pytest.raises(DatiError, match="una sola definizione dell'indicatore K1"):
        catalog.validate(kpi({}, {"partner": "Ente 2", "conteggio": "accessi"}), catalog.spec("kpi"))
    assert len(catalog.validate(kpi({}, {"partner": "Ente 2"}), catalog.spec("kpi"))) == 2


THRESHOLDS = Thresholds.of(catalog.read("soglie_riservatezza"))


def test_few_people_and_the_money_of_one_partner_are_not_published() -> None:
    frame = catalog.validate(
        questionari_inventati.kpi().assign(**questionari_inventati.SOURCE), catalog.spec("kpi"), file="prova.csv"
    )
    outcome = monitoring.publishable(frame, THRESHOLDS).set_index("cod_kpi")
    # three people: neither they nor the progress that would give them back; zero and the target stay
    assert pd.isna(outcome.loc["K1", "valore_raggiunto"])
    assert pd.isna(outcome.loc["K1", "avanzamento_kpi"])
    assert outcome.loc["K1", "avanzamento_kpi_motivo"] == REASON
    assert (outcome.loc["K1", "valore_partenza"], outcome.loc["K1", "traguardo"]) == (0, 10)
    assert outcome.loc["K2", "avanzamento_kpi"] == 25
    # three partners of like size, and one alone
    assert outcome.loc["K3", "valore_raggiunto"] == 13_500
    assert outcome.loc["K3", "avanzamento_kpi"] == pytest.approx(50)
    assert pd.isna(outcome.loc["K4", "valore_raggiunto"])
    assert pd.isna(outcome.loc["K4", "avanzamento_kpi"])
    assert outcome.loc["K5", "valore_raggiunto"] == 50
    long = monitoring.values(outcome.reset_index())
    measures = long.drop_duplicates("cod_kpi").set_index("cod_kpi")["misura"].to_dict()
    assert measures == {
        "K1": "persone_kpi", "K2": "persone_kpi", "K3": "importo_kpi", "K4": "importo_kpi", "K5": "valore_kpi",
    }  # fmt: skip
    assert set(long.loc[long["valore"].isna(), "motivo"]) == {REASON}


def test_what_does_not_say_what_it_counts_is_treated_as_people() -> None:
    [row] = monitoring.publishable(kpi({"conteggio": None, "valore_raggiunto": 4.0}), THRESHOLDS).to_dict("records")
    assert pd.isna(row["valore_raggiunto"])
    # four accesses are of four people at most; four hours say nothing of how many
    [accesses] = monitoring.publishable(kpi({"conteggio": "accessi", "valore_raggiunto": 4.0}), THRESHOLDS).to_dict(
        "records"
    )
    assert pd.isna(accesses["valore_raggiunto"])
    [hours] = monitoring.publishable(kpi({"conteggio": "ore", "valore_raggiunto": 4.0}), THRESHOLDS).to_dict("records")
    assert hours["valore_raggiunto"] == 4


def test_every_progress_without_a_value_has_a_state() -> None:
    thresholds = Thresholds.of(catalog.read("soglie_riservatezza"))
    frame = kpi(
        {"cod_kpi": "K1"},
        {"cod_kpi": "K2", "valore_raggiunto": 3.0},
        {"cod_kpi": "K3", "valore_raggiunto": None},
        {"cod_kpi": "K4", "traguardo": 10.0},
        {"cod_kpi": "K5", "somma": "non_sommabile"},
        {"cod_kpi": "K5", "somma": "non_sommabile", "partner": "Ente 2"},
    )
    public = monitoring.publishable(frame, thresholds)
    states = dict(zip(public["cod_kpi"], public["avanzamento_kpi_stato"], strict=True))
    assert states == {
        "K1": "",
        "K2": "protetto",
        "K3": "non_disponibile",
        "K4": "non_calcolabile",
        "K5": "non_calcolabile",
    }
    values = monitoring.values(public)
    hidden = values[values["stato"] == "protetto"]
    assert hidden[["cod_kpi", "momento"]].to_numpy().tolist() == [["K2", "raggiunto"]]
    assert hidden["valore"].isna().all()


def test_items_say_whose_they_are_and_by_which_measure_they_are_protected() -> None:
    thresholds = Thresholds.of(catalog.read("soglie_riservatezza"))
    listed = monitoring.items(questionari_inventati.kpi().assign(**questionari_inventati.SOURCE), thresholds)
    assert set(listed["voce"]) == {f"Nord, K{n}" for n in range(1, 1 + len(listed))}
    assert (listed["territorio"] == "pavia").all()
    assert listed.set_index("cod_kpi").loc[["K1", "K3"], "misura"].tolist() == ["persone_kpi", "importo_kpi"]
    divided = monitoring.by_measure(listed)
    assert set(divided) == set(listed["misura"])
    people = divided["persone_kpi"].set_index(["cod_kpi", "momento"])
    assert "avanzamento_kpi" not in people
    hidden = people["persone_kpi_stato"] == "protetto"
    assert hidden.any()
    assert people.loc[hidden, "persone_kpi"].isna().all()
    assert (people.loc[hidden, "persone_kpi_motivo"] == REASON).all()
    assert sum(map(len, divided.values())) == 3 * len(listed)


def test_the_date_of_the_last_measure_is_that_of_the_rows_that_have_one() -> None:
    assert (
        monitoring.measured_on(kpi({"data_valore": "2026-01-31"}, {"cod_kpi": "K2", "data_valore": None}))
        == "2026-01-31"
    )
    assert monitoring.measured_on(kpi({"data_valore": None})) is None
