"""The embedded tables of the money: they read, their published totals close, and where they do not we know it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest

from conciliazione_lib import catalog
from conciliazione_lib.indicators.resources import bonus, largest_remainder
from conciliazione_lib.indicators.weighting import rounding_bounds

PESI = {"donne_18_45": 10, "bambini_0_6": 30, "forza_lavoro_femminile": 30, "mpmi": 10, "anziani_75": 20}


@pytest.fixture(scope="module")
def riparti() -> pd.DataFrame:
    return catalog.read("riparti")


def _importi(riparti: pd.DataFrame, **filtri: str) -> pd.Series:
    righe = riparti
    for colonna, valore in filtri.items():
        righe = righe[righe[colonna] == valore]
    return righe.set_index("territorio")["importo"]


@pytest.fixture(scope="module")
def indicatori() -> pd.DataFrame:
    return catalog.read("riparti_indicatori").pivot(index="territorio", columns="indicatore", values="quota")


@pytest.mark.parametrize("anno", ["2025", "2026", "2027"])
def test_the_2025_2027_act_is_largest_remainder_on_its_own_residents(riparti: pd.DataFrame, anno: str) -> None:
    residenti = catalog.read("residenti_atto").set_index("territorio")["residenti"]
    assert residenti.sum() == 10_012_054
    pubblicati = _importi(riparti, programma="2025-2027", periodo=anno, livello="ats")
    calcolati = largest_remainder(residenti, 1_000_000, 10_000)
    assert calcolati.to_dict() == pubblicati.to_dict()
    assert len(pubblicati) == 8


def test_the_weights_of_allegato_c_are_in_the_table() -> None:
    pesi = catalog.read("riparti_indicatori").groupby("indicatore")["peso"].first()
    assert pesi.dropna().to_dict() == PESI


def test_the_published_weighted_indicator_comes_from_the_five_within_rounding(
    riparti: pd.DataFrame, indicatori: pd.DataFrame
) -> None:
    basso, alto = rounding_bounds(indicatori[list(PESI)], PESI, "0.05")
    for asl, pubblicato in indicatori["ponderato"].items():
        assert basso[asl] - Fraction("0.05") <= Fraction(str(pubblicato)) <= alto[asl] + Fraction("0.05")
    # The amounts say more than the percentages: they must come from the same bounds, to the euro.
    fisse = _importi(riparti, programma="2014-2015", livello="asl", voce="fissa")
    for asl, importo in fisse.items():
        assert basso[asl] * 26_716 - 1 <= int(importo) <= alto[asl] * 26_716 + 1


def test_allegato_c_is_eighty_twenty_and_closes_but_for_the_rounding_to_the_euro(riparti: pd.DataFrame) -> None:
    voci = {
        voce: _importi(riparti, programma="2014-2015", livello="asl", voce=voce)
        for voce in ("fissa", "variabile", "totale")
    }
    assert {voce: len(importi) for voce, importi in voci.items()} == {"fissa": 15, "variabile": 15, "totale": 15}
    assert ((voci["fissa"] + voci["variabile"] - voci["totale"]).abs() <= 1).all()
    assert ((voci["fissa"] / 4 - voci["variabile"]).abs() <= 0.5).all()
    # The fixed shares are printed to the euro: they add to one euro more than the printed total.
    assert {voce: importi.sum() for voce, importi in voci.items()} == {
        "fissa": 2_671_601,
        "variabile": 667_900,
        "totale": 3_339_500,
    }


def test_the_2019_allocation_adds_to_one_million(riparti: pd.DataFrame) -> None:
    assert _importi(riparti, programma="2019", livello="ats").sum() == 1_000_000


def test_the_2020_2022_shares_of_ats_milano_close_on_the_regional_totals(riparti: pd.DataFrame) -> None:
    milano = riparti[(riparti["programma"] == "2020-2023") & (riparti["precisione"] == "centesimo")]
    per_territorio = milano[milano["voce"] == "totale"].groupby(["territorio", "periodo"])["importo"].sum()
    assert per_territorio["milano"].to_dict() == {
        "2020": 311_360, "2021": 311_360, "2022": 345_956, "2020-2022": 968_676,
    }  # fmt: skip
    assert per_territorio["lombardia"].drop("2020-2022").sum() == per_territorio["lombardia"]["2020-2022"]


def test_the_contributions_by_province_add_to_the_declared_total() -> None:
    tavola = catalog.read("contributi_province")
    assert sum(Decimal(str(v)) for v in tavola["contributo"]) == Decimal("2466804.74")
    assert tavola["progetti"].isna().all()
    assert len(tavola) == 12


def test_the_2014_2015_resources_close_in_both_situations() -> None:
    for _, righe in catalog.read("risorse_2014_2015").groupby("situazione"):
        importi = righe.set_index("voce")["importo"]
        assert importi.drop("totale").sum() == importi["totale"]


def test_every_rule_has_its_section_and_a_threshold_where_its_control_needs_one() -> None:
    regole = catalog.read("regole_programma")
    assert regole["articolo"].str.startswith("§").all()
    con_soglia = regole["controllo"].str.contains("minim|massim|riserva|durata")
    assert regole.loc[con_soglia, "soglia"].notna().all()
    assert regole.loc[regole["controllo"] == "riserva_categoria", "base"].eq(75).all()


def test_nine_indicators_decide_the_bonus_and_all_of_it_can_be_distributed(riparti: pd.DataFrame) -> None:
    indicatori = catalog.read("premialita_indicatori")["indicatore"]
    assert len(indicatori) == 9
    variabile = _importi(riparti, programma="2014-2015", livello="asl", voce="variabile")
    esiti = pd.DataFrame(1, index=variabile.index, columns=indicatori)
    esiti.loc["lodi", indicatori.iloc[:5]] = 0
    tavola = bonus(variabile, esiti)
    assert tavola["totale"].sum() == 667_900
    assert tavola.loc["lodi", "maturata"] == Decimal("9309.77")  # 4/9 of 20.947 €, rounded down to the cent
    assert tavola.loc["milano", "totale"] > 108_605
