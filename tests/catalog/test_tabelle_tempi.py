"""The embedded tables of the city-time plans: every row of the survey, and the disagreements kept as they are."""

from __future__ import annotations

import pandas as pd
import pytest

from conciliazione_lib import catalog
from conciliazione_lib.catalog.validation import validate
from conciliazione_lib.errors import DatiError


@pytest.fixture(scope="module")
def rilevazione() -> pd.DataFrame:
    plans = catalog.read("piani_tempi")
    return plans[plans["rilevazione"].str.startswith("Rilevazione ATS Milano")]


def test_the_survey_lists_194_names_of_193_comuni_in_18_ambiti(rilevazione: pd.DataFrame) -> None:
    ambiti = catalog.read("piani_tempi_ambiti")
    assert len(ambiti) == 18
    assert ambiti["comuni_dichiarati"].sum() == 195
    assert len(rilevazione) == 194 == ambiti["comuni_elencati"].sum()
    assert rilevazione["cod_comune"].nunique() == 193
    listed = rilevazione.groupby("ambito_fonte").size()
    assert listed.to_dict() == ambiti.set_index("ambito_fonte")["comuni_elencati"].to_dict()


def test_paullo_declares_six_comuni_and_lists_five() -> None:
    paullo = catalog.read("piani_tempi_ambiti").set_index("ambito_fonte").loc["Paullo"]
    assert (paullo["comuni_dichiarati"], paullo["comuni_elencati"]) == (6, 5)


def test_the_two_merged_comuni_have_the_code_of_the_present_one(rilevazione: pd.DataFrame) -> None:
    merged = rilevazione.set_index("comune").loc[["Vermezzo", "Zelo Surrigone"], "cod_comune"]
    comuni = catalog.read("comuni").set_index("cod_comune")["nome"]
    assert set(comuni[merged]) == {"Vermezzo con Zelo"}


def test_the_answers_are_those_of_the_source(rilevazione: pd.DataFrame) -> None:
    counts = rilevazione["stato"].value_counts().to_dict()
    # Magenta in force; Abbiategrasso and Cesano Boscone not updated;
    # 12 of Magenta, 11 of Castano, 8 of Garbagnate, Pero: not adopted.
    assert counts == {
        "dato non pervenuto": 159,
        "non adottato": 32,
        "adottato non aggiornato": 2,
        "vigente": 1,
    }
    years = rilevazione.dropna(subset="anno").set_index("comune")["anno"].to_dict()
    assert years == {"Abbiategrasso": 2010, "Cesano Boscone": 2009}


def test_the_three_refusals_of_lodi_are_counted_and_given_to_nobody(rilevazione: pd.DataFrame) -> None:
    lodi = catalog.read("piani_tempi_ambiti").set_index("ambito_fonte").loc["Lodi"]
    assert lodi["negativi_senza_nome"] == 3
    assert set(rilevazione.loc[rilevazione["ambito_fonte"] == "Lodi", "stato"]) == {"dato non pervenuto"}


def test_every_provincial_capital_has_a_plan_in_the_regional_report() -> None:
    plans = catalog.read("piani_tempi")
    relation = plans[plans["rilevazione"] == "Relazione regionale DGR XI/2639/2019"].set_index("comune")["stato"]
    assert relation.value_counts().to_dict() == {"adottato": 15, "non adottato": 2}
    assert set(relation[relation == "non adottato"].index) == {"Cesano Maderno", "Cernusco sul Naviglio"}


def test_the_regional_counts_disagree_by_ten() -> None:
    entries = catalog.read("piani_tempi_regione").set_index("voce")["valore"]
    classes = entries[["capoluoghi", "oltre_30000", "da_15000_a_30000", "sotto_15000"]]
    assert entries["comuni_adottanti"] - classes.sum() == 10


def test_projects_of_the_fifth_call() -> None:
    projects = catalog.read("piani_tempi_progetti")
    by_area = projects[projects["elenco"] == "azioni per area"]
    assert by_area.groupby("area")["azione"].nunique().to_dict() == {
        "accessibilita_servizi": 3,
        "coordinamento_orari": 2,
        "mobilita_sostenibile": 1,
    }
    finanziati = projects[projects["elenco"] == "progetti finanziati"]
    assert finanziati.groupby("comune")["progetto"].nunique().to_dict() == {
        "Bresso": 1, "Cinisello Balsamo": 1, "Cormano": 1, "Gorgonzola": 1, "Legnano": 1, "Rho": 1,
    }  # fmt: skip
    assert set(finanziati["comune"]) - set(by_area["comune"]) == {"Cinisello Balsamo"}


def test_a_year_without_a_plan_is_refused(rilevazione: pd.DataFrame) -> None:
    wrong = rilevazione.iloc[[1]].assign(anno=2012)
    with pytest.raises(DatiError, match="atteso l'anno solo per un piano adottato"):
        validate(wrong, catalog.spec("piani_tempi"))


def test_the_declaration_on_the_comuni_with_the_duty_and_its_two_exceptions() -> None:
    [declared] = catalog.read("piani_tempi_dichiarazioni").to_dict("records")
    assert declared["stato"] == "adottato"
    names = catalog.read("comuni").set_index("cod_comune")["nome"]
    assert set(names[declared["eccezioni"].split()]) == {"Cesano Maderno", "Cernusco sul Naviglio"}
    # The same report names them one by one, without a plan.
    plans = catalog.read("piani_tempi")
    named = plans[(plans["rilevazione"] == declared["rilevazione"]) & (plans["stato"] == "non adottato")]
    assert set(named["cod_comune"]) == set(declared["eccezioni"].split())
    assert declared["comuni_contati"] == 13
