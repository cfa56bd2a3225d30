"""The facts on the plans: how many, what must not be published unchecked, and sums that their sources allow."""

import pandas as pd
import pytest

from conciliazione_lib import catalog
from conciliazione_lib.catalog import spec, validate
from conciliazione_lib.errors import DatiError
from conciliazione_lib.quality import check


@pytest.fixture(scope="module")
def facts() -> pd.DataFrame:
    return catalog.read("fatti_piani")


def test_135_facts_in_six_sections(facts):
    assert facts.groupby("sezione").size().to_dict() == {
        "avvisi": 13, "bisogni_espressi": 11, "esiti": 25, "progetti": 51, "risorse": 24, "tempi": 11,
    }  # fmt: skip
    assert facts[["fonte", "url", "grado", "lettura"]].notna().all(axis=None)
    agencies = set(catalog.read("ats")["ats"])
    assert set(facts.loc[facts["livello"] == "ats", "territorio"]) <= agencies


def test_what_must_not_be_published_unchecked_says_why(facts):
    withheld = facts[facts["pubblicabile"] == "no"].set_index("soggetto")["motivo"]
    for subject in ("persone beneficiarie", "cittadini previsti", "comuni con progetti finanziati"):
        assert subject in withheld.index
    assert withheld["cittadini previsti"] == "obiettivo, non risultato"
    assert set(facts.loc[facts["periodo"].str.startswith("non indicato"), "pubblicabile"]) == {"no"}
    # Our own computation is an estimate, whatever the page it starts from.
    assert facts.loc[facts["grado"] == "stima", "valore"].tolist() == [2_050_000]


def test_words_that_soften_a_number_are_kept_apart_from_its_unit(facts):
    people = facts.set_index("fatto_id").loc["esiti-05"]
    assert people[["valore", "unita", "precisione"]].tolist() == [17_200, "persone", "oltre"]
    assert not facts["unita"].dropna().str.contains(r"\(").any()
    # A date and a range are not numbers.
    assert set(facts["valore_testo"].dropna()) == {"2023-05-31", "2014-05-30", "2019-01-15", "500-5000"}


def test_the_counts_of_2015_are_not_the_results_of_the_plan():
    outcomes = catalog.read("esiti_pubblicati").set_index("cod_esito")
    halfway = outcomes[
        outcomes["piano"].str.startswith("Piani territoriali 2014") & outcomes["periodo"].str.contains("2015")
    ]
    counts = halfway[halfway["unita"] != "%"]
    assert len(counts) == 7
    assert counts["descrizione"].str.endswith(", a metà del piano").all()
    # what was reached at the end is beside them, where a source may be published
    assert outcomes.loc["destinatari_2017_2019", ["valore", "precisione"]].tolist() == [17_200, "oltre"]


def test_the_call_of_brianza_adds_up_and_is_the_allocation():
    results = check.run(["piani-brianza-avviso", "piani-brianza-riparto"])
    assert [r.outcome.esito for r in results] == ["quadra", "quadra"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"pubblicabile": "no", "motivo": None}, "un motivo se e solo se"),
        ({"valore": 1.0, "valore_testo": "1"}, "un numero o un testo"),
        ({"territorio": None}, "obbligatoria"),
    ],
)
def test_a_fact_that_breaks_its_rules_is_refused(facts, changes, said):
    with pytest.raises(DatiError, match=said):
        validate(facts.iloc[:1].assign(**changes), spec("fatti_piani"))
