"""The history of the resources on today's ATS: sums, precision, and what is only regional."""

from __future__ import annotations

import pandas as pd
import pytest

from conciliazione_lib import catalog
from conciliazione_lib.indicators.resource_history import (
    annex_c,
    employed_women,
    history,
    per_thousand,
    programmes,
    used_amounts,
)


@pytest.fixture(scope="module")
def past() -> pd.DataFrame:
    asl = catalog.read("asl").set_index("asl")["ats"]
    return history(catalog.read("riparti"), asl.to_dict()).set_index(["programma", "territorio"])


def test_the_asl_of_2014_become_eight_ats_and_lose_nothing(past: pd.DataFrame) -> None:
    ats = past.loc["2014-2015"].query("livello == 'ats'")
    assert len(ats) == 8
    assert ats["risorse_assegnate"].sum() == 3_339_500
    # Milano, Milano Uno, Milano Due and Lodi.
    assert ats.loc["milano", "risorse_assegnate"] == 543_027 + 318_137 + 202_949 + 104_736


def test_the_precise_amount_prevails_on_the_rounded_one(past: pd.DataFrame) -> None:
    programme = past.loc["2020-2023"]
    assert programme.loc["milano", ["risorse_assegnate", "precisione", "grado"]].tolist() == [
        968_676,
        "centesimo",
        "pubblicazione",
    ]
    assert programme.loc["insubria", ["risorse_assegnate", "precisione", "grado"]].tolist() == [
        117_000 + 146_300 + 146_300,
        "arrotondata",
        "stampa",
    ]
    assert programme.loc["lombardia", "risorse_assegnate"] == 2_800_000


def test_three_years_of_2025_2027(past: pd.DataFrame) -> None:
    row = past.loc[("2025-2027", "montagna")]
    assert (row["risorse_assegnate"], row["risorse_annue"], row["anni"]) == (90_000, 30_000, 3)
    ats = past.loc["2025-2027"].query("livello == 'ats'")["risorse_assegnate"]
    assert ats.sum() == past.loc[("2025-2027", "lombardia"), "risorse_assegnate"] == 3_000_000


def test_a_programme_without_a_published_allocation_is_regional_only(past: pd.DataFrame) -> None:
    assert past.loc["2017-2018"].index.tolist() == ["lombardia"]


def test_the_rows_used_are_those_that_are_summed(past: pd.DataFrame) -> None:
    asl = catalog.read("asl").set_index("asl")["ats"].to_dict()
    used = used_amounts(catalog.read("riparti"), asl)
    assert used.query("periodo == '2014/2015' and territorio == 'milano'")["asl"].nunique() == 4
    sums = used.groupby(["programma", "territorio"])["importo"].sum()
    pd.testing.assert_series_equal(sums, past["risorse_assegnate"].sort_index(), check_names=False)


def test_the_shares_of_the_ats_make_the_whole(past: pd.DataFrame) -> None:
    quote = past.query("livello == 'ats'").groupby("programma")["quota_risorse"].sum()
    assert quote.tolist() == pytest.approx([100] * len(quote))
    assert past.query("livello == 'regione'")["quota_risorse"].isna().all()


def test_more_women_in_employment_leave_less_for_each(past: pd.DataFrame) -> None:
    who = pd.MultiIndex.from_tuples([("ats", "pavia")], names=["livello", "territorio"])
    women = {"donne_occupate_stimate": 100_000.0, "donne_occupate_stimate_inferiore": 80_000.0}
    women["donne_occupate_stimate_imputata"] = 0.25
    people = pd.DataFrame(
        {"residenti": 500_000, "residenti_0_14": 60_000, **women, "donne_occupate_stimate_superiore": 125_000.0},
        index=who,
    )
    assigned = past.reset_index().query("territorio == 'pavia' and programma == '2025-2027'")
    [row] = per_thousand(assigned, people).to_dict("records")
    yearly = assigned["risorse_annue"].item()
    assert row["risorse_per_1000_abitanti"] == pytest.approx(yearly / 500)
    assert row["risorse_per_1000_occupate"] == pytest.approx(yearly / 100)
    assert row["risorse_per_1000_occupate_inferiore"] == pytest.approx(yearly / 125)
    assert row["risorse_per_1000_occupate_superiore"] == pytest.approx(yearly / 80)
    assert row["risorse_per_1000_occupate_imputata"] == 0.25


def test_women_in_employment_are_those_of_20_to_64_times_their_rate() -> None:
    eta = [19, 20, 64, 65]
    people = pd.DataFrame(
        [("ats", "pavia", e, s, n) for e in eta for s, n in (("F", 100), ("M", 1000))],
        columns=["livello", "territorio", "eta", "sesso", "residenti"],
    )
    rate = pd.DataFrame(
        {
            "livello": "ats",
            "territorio": ["pavia"],
            "periodo": "2023",
            "tasso_occupazione_f": 60.0,
            "tasso_occupazione_f_inferiore": 55.0,
            "tasso_occupazione_f_superiore": 65.0,
            "tasso_occupazione_f_imputata": 0.2,
        }
    )
    [row] = employed_women(rate, people).to_dict("records")
    estimate = [row[f"donne_occupate_stimate{side}"] for side in ("_inferiore", "", "_superiore", "_imputata")]
    assert estimate == pytest.approx([110.0, 120.0, 130.0, 0.2])
    assert row["donne_20_64"] == 200
    assert row["donne_occupate_stimate_metodo"] == "tasso di occupazione del 2023"
    assert "periodo" not in row


def test_every_programme_says_what_it_rests_on(past: pd.DataFrame) -> None:
    asl = catalog.read("asl").set_index("asl")["ats"].to_dict()
    everyone = programmes(past.reset_index(), used_amounts(catalog.read("riparti"), asl), "2023-01-01")
    assert len(everyone) == len(past)
    assert everyone["fonte"].notna().all()
    assert everyone.query("programma == '2025-2027'")["abitanti_al"].unique().tolist() == ["2023-01-01"]
    assert everyone.query("programma != '2025-2027'")["abitanti_al"].isna().all()


def test_the_weights_of_the_act_give_its_fixed_shares_again() -> None:
    by_asl = annex_c(catalog.read("riparti"), catalog.read("riparti_indicatori"), catalog.read("asl"))
    # the shares are printed with one decimal: half a tenth of a point of the whole
    assert by_asl["scarto"].abs().max() < by_asl["fissa"].sum() * 0.0005 * 1.01
    # the shares printed are a euro more than what was to be shared
    assert by_asl["scarto"].sum() == 1
    assert len(by_asl) == 15
