"""Facts on the plans of the other ATS: the few sums that their sources allow."""

from __future__ import annotations

import pandas as pd

from conciliazione_lib.evidence.formats import euro
from conciliazione_lib.quality.arithmetic import compare_sum
from conciliazione_lib.quality.check import Outcome, check, outcome_of, outcome_of_many
from conciliazione_lib.quality.reading import read

AVVISO = "ATS Brianza, avviso 2020"


@check(
    "piani-brianza-avviso",
    "ATS Brianza, avviso 2020: progetti e azione di sistema sommano alla dotazione",
    fonti=[AVVISO],
    tabelle=["fatti_piani"],
    gravita="avviso",
    territori=["brianza"],
)
def call() -> Outcome:
    """Compare 269.700,80 and 67.425,20 with 337.126."""
    facts = _call()
    return outcome_of(
        compare_sum([facts["progetti delle Alleanze"], facts["azione di sistema"]], facts["dotazione dell'avviso"]),
        "Dotazione dell'avviso e somma delle sue parti",
        euro,
    )


@check(
    "piani-brianza-riparto",
    "ATS Brianza 2020-2023: la dotazione dell'avviso è quella del riparto",
    fonti=[AVVISO, "DGR XI/2398/2019"],
    tabelle=["fatti_piani", "riparti"],
    gravita="avviso",
    territori=["brianza"],
)
def allocation() -> Outcome:
    """Compare the call with the allocation of the three years."""
    allocated = read("riparti").query("territorio == 'brianza' and periodo == '2020-2022' and voce == 'totale'")
    funds = float(_call()["dotazione dell'avviso"])
    return outcome_of_many(
        (euro(value) for value in allocated["importo"] if value != funds),
        len(allocated),
        "Dotazione dell'avviso e riparto",
        "È la stessa cifra.",
    )


def _call() -> pd.Series:
    facts = read("fatti_piani")
    return facts[facts["fonte"] == AVVISO].dropna(subset="valore").set_index("soggetto")["valore"]
