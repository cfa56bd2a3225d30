"""The history of the resources on today's ATS: sums, precision, and what is only regional."""

from __future__ import annotations

import pandas as pd
import pytest

from conciliazione_lib import catalog
from conciliazione_lib.indicators.resource_history import history


@pytest.fixture(scope="module")
def storia() -> pd.DataFrame:
    asl = catalog.read("asl").set_index("asl")["ats"]
    return history(catalog.read("riparti"), asl.to_dict()).set_index(["programma", "territorio"])


def test_the_asl_of_2014_become_eight_ats_and_lose_nothing(storia: pd.DataFrame) -> None:
    ats = storia.loc["2014-2015"].query("livello == 'ats'")
    assert len(ats) == 8
    assert ats["risorse_assegnate"].sum() == 3_339_500
    # Milano, Milano Uno, Milano Due and Lodi.
    assert ats.loc["milano", "risorse_assegnate"] == 543_027 + 318_137 + 202_949 + 104_736


def test_the_precise_amount_prevails_on_the_rounded_one(storia: pd.DataFrame) -> None:
    programma = storia.loc["2020-2023"]
    assert programma.loc["milano", ["risorse_assegnate", "precisione", "grado"]].tolist() == [
        968_676,
        "centesimo",
        "pubblicazione",
    ]
    assert programma.loc["insubria", ["risorse_assegnate", "precisione", "grado"]].tolist() == [
        117_000 + 146_300 + 146_300,
        "arrotondata",
        "stampa",
    ]
    assert programma.loc["lombardia", "risorse_assegnate"] == 2_800_000


def test_three_years_of_2025_2027(storia: pd.DataFrame) -> None:
    riga = storia.loc[("2025-2027", "montagna")]
    assert (riga["risorse_assegnate"], riga["risorse_annue"], riga["anni"]) == (90_000, 30_000, 3)
    ats = storia.loc["2025-2027"].query("livello == 'ats'")["risorse_assegnate"]
    assert ats.sum() == storia.loc[("2025-2027", "lombardia"), "risorse_assegnate"] == 3_000_000


def test_a_programme_without_a_published_allocation_is_regional_only(storia: pd.DataFrame) -> None:
    assert storia.loc["2017-2018"].index.tolist() == ["lombardia"]
