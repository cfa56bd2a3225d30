"""Plans checked against the rules of their programme: every rule kept, broken, and not verifiable."""

from __future__ import annotations

import pandas as pd
import pytest

from conciliazione_lib import catalog
from conciliazione_lib.build.fingerprint import Library
from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators import compliance
from conciliazione_lib.indicators.compliance import OUTCOMES, Plan, check
from conciliazione_lib.indicators.plan_vocabulary import CHECKS

PROJECT = {
    "progetto": "P1", "titolo": "Tempi in comune", "tipo": "progetto", "costo": 100_000.0, "contributo": 70_000.0,
    "inizio": "2026-03-01", "fine": "2028-02-29",
}  # fmt: skip
PARTNER = [
    ("P1", "Comune di Prova", "comune", "capofila"),
    ("P1", "Cooperativa Uno", "cooperativa sociale", "partner"),
    ("P1", "Associazione Due", "ente del terzo settore", "partner"),
    ("P1", "Impresa Tre", "impresa", "rete di supporto"),
]
AZIONI = [
    ("P1", "Pre e post scuola", "a", 40_000.0, "servizio"),
    ("P1", "Maggiordomo di quartiere", "b", 22_000.0, "servizio"),
    ("P1", "Banca del tempo", "tempi", 8_000.0, "servizio"),
]


def piano(progetti=(PROJECT,), partner=PARTNER, azioni=AZIONI, dotazione=None) -> Plan:
    return Plan(
        pd.DataFrame(list(progetti)),
        pd.DataFrame(partner, columns=["progetto", "ente", "natura", "ruolo"]),
        pd.DataFrame(azioni, columns=["progetto", "azione", "categoria", "contributo", "spesa"]),
        dotazione,
    )


def outcomes(plan: Plan, programma: str) -> dict[str, tuple[str, str]]:
    rules = catalog.read("regole_programma").query("programma == @programma")
    table = check(plan, rules)
    assert set(table["esito"]) <= set(OUTCOMES)
    return {row.regola: (row.esito, row.evidenza) for row in table.itertuples()}


def test_a_plan_that_keeps_the_rules_of_2025_2027() -> None:
    found = outcomes(piano(dotazione=1_050_000), "2025-2027")
    assert {rule: outcome for rule, (outcome, _) in found.items()} == {
        "macrocategorie": "rispettata",
        "durata": "rispettata",
        "spese_escluse": "rispettata",
        "partenariato": "rispettata",
        "nature": "rispettata",
        "ente_territoriale": "rispettata",
        "capofila": "rispettata",
        "destinatari": "da verificare sui documenti",
        "dotazione": "rispettata",
        "logo": "da verificare sui documenti",
    }
    assert found["durata"][1] == "dal 01/03/2026 al 29/02/2028: 24 mesi interi"


@pytest.mark.parametrize(
    ("changes", "regola", "evidenza"),
    [
        ({"azioni": AZIONI[:1] + AZIONI[2:]}, "macrocategorie", "macrocategorie: a"),
        (
            {"progetti": [PROJECT | {"fine": "2027-02-28"}]},
            "durata",
            "dal 01/03/2026 al 28/02/2027: 12 mesi interi",
        ),
        (
            {"azioni": [*AZIONI, ("P1", "Tavolo di rete", "a", 1.0, "tavolo istituzionale")]},
            "spese_escluse",
            "spese non finanziabili con contributo: Tavolo di rete (tavolo istituzionale)",
        ),
        ({"partner": PARTNER[:2]}, "partenariato", "enti beneficiari: 2 (Comune di Prova; Cooperativa Uno)"),
        (
            {"partner": [*PARTNER, ("P1", "Srl", "impresa", "partner")]},
            "nature",
            "non ammessi fra i beneficiari: Srl (impresa)",
        ),
        (
            {"partner": [("P1", "Università", "altro ente pubblico", "capofila"), *PARTNER[1:]]},
            "ente_territoriale",
            "enti pubblici territoriali: nessuno",
        ),
        (
            {"partner": [("P1", "Fondazione", "ente del terzo settore", "capofila"), *PARTNER[1:]]},
            "capofila",
            "capofila privato non profit: Fondazione; enti pubblici locali o ambiti: nessuno",
        ),
        ({"partner": PARTNER[1:]}, "capofila", "capofila indicati: 0"),
        ({"partner": [("P1", "Srl", "impresa", "capofila"), *PARTNER[1:]]}, "capofila", "capofila Srl: impresa"),
        ({"dotazione": 50_000}, "dotazione", "contributi del piano: 70.000,00 € su 50.000,00 €"),
    ],
)
def test_what_breaks_a_rule_of_2025_2027_is_said_with_its_evidence(changes, regola: str, evidenza: str) -> None:
    assert outcomes(piano(**changes), "2025-2027")[regola] == ("non rispettata", evidenza)


def test_a_private_lead_with_a_comune_among_the_partners_is_allowed() -> None:
    partner = [
        ("P1", "Fondazione", "ente del terzo settore", "capofila"),
        ("P1", "Comune", "comune", "partner"),
        *PARTNER[1:],
    ]
    assert outcomes(piano(partner=partner), "2025-2027")["capofila"][0] == "rispettata"


# ATS Milano's endowment for 2020–2023: 25% is 242.169,00 €, 75% is 726.507,00 €, each reserve 72.650,70 €.
BUDGET = "968676.00"


def test_the_thresholds_of_ats_milano_2020_2023_hold_at_the_edge() -> None:
    projects = [
        PROJECT | {"contributo": 110_000.0, "costo": 157_142.86},
        PROJECT | {"progetto": "S1", "tipo": "azione di sistema", "contributo": 242_169.00},
    ]
    actions = [("P1", "Consulenza", "d", 72_650.70, "servizio"), ("P1", "Orari", "tempi", 72_650.70, "servizio")]
    found = outcomes(piano(projects, azioni=actions, dotazione=BUDGET), "2020-2023")
    numeric = ["dotazione", "azioni_sistema", "progetti_alleanze", "riserva_consulenza", "riserva_tempi"]
    assert {found[r][0] for r in [*numeric, "cofinanziamento", "valore", "contributo"]} == {"rispettata"}
    assert found["riserva_tempi"][1] == "destinati 72.650,70 €, riserva 72.650,70 €"
    assert found["azioni_sistema"][1] == "azioni di sistema: 242.169,00 € su 242.169,00 €"


def test_one_cent_beyond_the_thresholds_breaks_them() -> None:
    projects = [
        PROJECT | {"contributo": 110_000.01, "costo": 99_999.99},
        PROJECT | {"progetto": "S1", "tipo": "azione di sistema", "contributo": 242_169.01},
    ]
    actions = [("P1", "Consulenza", "d", 72_650.69, "servizio"), ("P1", "Orari", "tempi", 72_650.69, "servizio")]
    found = outcomes(piano(projects, azioni=actions, dotazione=BUDGET), "2020-2023")
    broken = {"azioni_sistema", "riserva_consulenza", "riserva_tempi", "cofinanziamento", "valore", "contributo"}
    assert {rule for rule, (outcome, _) in found.items() if outcome == "non rispettata"} == broken


def test_what_is_missing_is_not_verifiable_and_never_guessed() -> None:
    empty = PROJECT | {"costo": None, "contributo": None, "inizio": None}
    found = outcomes(piano([empty]), "2020-2023")
    assert found["cofinanziamento"] == ("non verificabile", "mancano il costo o il contributo")
    assert found["dotazione"] == ("non verificabile", "manca la dotazione dell'ATS")
    assert found["riserva_tempi"] == ("non verificabile", "manca la dotazione dell'ATS")
    assert outcomes(piano([empty]), "2025-2027")["durata"] == ("non verificabile", "mancano le date di inizio e fine")
    assert outcomes(piano([empty], dotazione=1), "2020-2023")["dotazione"] == (
        "non verificabile",
        "manca il contributo di: P1",
    )


def test_rows_of_unknown_projects_are_refused() -> None:
    with pytest.raises(CalcoloError) as error:
        check(piano(azioni=[("P9", "x", "a", 1.0, "servizio")]), catalog.read("regole_programma"))
    assert str(error.value) == (
        "Ci sono righe di progetti che non sono nell'elenco dei progetti.\n"
        "  - foglio Azioni: atteso un progetto dell'elenco; trovato P9.\n"
        "Che cosa fare: Usare uno dei codici: P1."
    )


def test_every_control_a_rule_may_name_is_there() -> None:
    assert tuple(compliance._CHECKS) == CHECKS


def test_the_tables_do_not_depend_on_how_a_plan_is_checked() -> None:
    """Or a change of a control would run every chapter again."""
    reached = set(Library().closure(["conciliazione_lib.catalog"]))
    assert "conciliazione_lib.indicators.plan_vocabulary" in reached
    assert "conciliazione_lib.indicators.compliance" not in reached
