"""The embedded tables of the money: they read, their published totals close, and where they do not we know it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest

from conciliazione_lib import catalog
from conciliazione_lib.indicators.resources import bonus, largest_remainder

WEIGHTS = {"donne_18_45": 10, "bambini_0_6": 30, "forza_lavoro_femminile": 30, "mpmi": 10, "anziani_75": 20}


@pytest.fixture(scope="module")
def riparti() -> pd.DataFrame:
    return catalog.read("riparti")


def _amounts(riparti: pd.DataFrame, **filters: str) -> pd.Series:
    rows = riparti
    for column, value in filters.items():
        rows = rows[rows[column] == value]
    return rows.set_index("territorio")["importo"]


@pytest.fixture(scope="module")
def indicators() -> pd.DataFrame:
    return catalog.read("riparti_indicatori").pivot(index="territorio", columns="indicatore", values="quota")


@pytest.mark.parametrize("anno", ["2025", "2026", "2027"])
def test_the_2025_2027_act_is_largest_remainder_on_its_own_residents(riparti: pd.DataFrame, anno: str) -> None:
    residenti = catalog.read("residenti_atto").set_index("territorio")["residenti"]
    assert residenti.sum() == 10_012_054
    published = _amounts(riparti, programma="2025-2027", periodo=anno, livello="ats")
    computed = largest_remainder(residenti, 1_000_000, 10_000)
    assert computed.to_dict() == published.to_dict()
    assert len(published) == 8


def test_the_weights_of_annex_c_are_in_the_table() -> None:
    weights = catalog.read("riparti_indicatori").groupby("indicatore")["peso"].first()
    assert weights.dropna().to_dict() == WEIGHTS


def test_the_published_weighted_indicator_comes_from_the_five_within_rounding(
    riparti: pd.DataFrame, indicators: pd.DataFrame
) -> None:
    half, every = Fraction("0.05"), sum(WEIGHTS.values())
    # What the printed shares make, half a digit on each side.
    made = {
        asl: sum(Fraction(str(row[name])) * weight / every for name, weight in WEIGHTS.items())
        for asl, row in indicators.iterrows()
    }
    low, high = ({asl: value + side for asl, value in made.items()} for side in (-half, half))
    for asl, published in indicators["ponderato"].items():
        assert low[asl] - half <= Fraction(str(published)) <= high[asl] + half
    # The amounts say more than the percentages: they must come from the same bounds, to the euro.
    fixed = _amounts(riparti, programma="2014-2015", livello="asl", voce="fissa")
    for asl, amount in fixed.items():
        assert low[asl] * 26_716 - 1 <= int(amount) <= high[asl] * 26_716 + 1


def test_annex_c_is_eighty_twenty_and_closes_but_for_the_rounding_to_the_euro(riparti: pd.DataFrame) -> None:
    entries = {
        entry: _amounts(riparti, programma="2014-2015", livello="asl", voce=entry)
        for entry in ("fissa", "variabile", "totale")
    }
    assert {entry: len(amounts) for entry, amounts in entries.items()} == {"fissa": 15, "variabile": 15, "totale": 15}
    assert ((entries["fissa"] + entries["variabile"] - entries["totale"]).abs() <= 1).all()
    assert ((entries["fissa"] / 4 - entries["variabile"]).abs() <= 0.5).all()
    # The fixed shares are printed to the euro: they add to one euro more than the printed total.
    assert {entry: amounts.sum() for entry, amounts in entries.items()} == {
        "fissa": 2_671_601,
        "variabile": 667_900,
        "totale": 3_339_500,
    }


def test_the_2019_allocation_adds_to_one_million(riparti: pd.DataFrame) -> None:
    assert _amounts(riparti, programma="2019", livello="ats").sum() == 1_000_000


def test_the_2020_2022_shares_of_ats_milano_close_on_the_regional_totals(riparti: pd.DataFrame) -> None:
    milano = riparti[(riparti["programma"] == "2020-2023") & (riparti["precisione"] == "centesimo")]
    by_territorio = milano[milano["voce"] == "totale"].groupby(["territorio", "periodo"])["importo"].sum()
    assert by_territorio["milano"].to_dict() == {
        "2020": 311_360, "2021": 311_360, "2022": 345_956, "2020-2022": 968_676,
    }  # fmt: skip
    assert by_territorio["lombardia"].drop("2020-2022").sum() == by_territorio["lombardia"]["2020-2022"]


def test_the_contributions_by_province_add_to_the_declared_total() -> None:
    table = catalog.read("contributi_province")
    assert sum(Decimal(str(v)) for v in table["contributo"]) == Decimal("2466804.74")
    assert table["progetti"].isna().all()
    assert len(table) == 12


def test_the_2014_2015_resources_close_in_both_situations() -> None:
    for _, rows in catalog.read("risorse_2014_2015").groupby("situazione"):
        amounts = rows.set_index("voce")["importo"]
        assert amounts.drop("totale").sum() == amounts["totale"]


def test_every_rule_has_its_section_and_a_threshold_where_its_control_needs_one() -> None:
    rules = catalog.read("regole_programma")
    assert rules["articolo"].str.startswith("§").all()
    with_threshold = rules["controllo"].str.contains("minim|massim|riserva|durata")
    assert rules.loc[with_threshold, "soglia"].notna().all()
    assert rules.loc[rules["controllo"] == "riserva_categoria", "base"].eq(75).all()


def test_nine_indicators_decide_the_bonus_and_all_of_it_can_be_distributed(riparti: pd.DataFrame) -> None:
    indicators = catalog.read("premialita_indicatori")["indicatore"]
    assert len(indicators) == 9
    variable = _amounts(riparti, programma="2014-2015", livello="asl", voce="variabile")
    outcomes = pd.DataFrame(1, index=variable.index, columns=indicators)
    outcomes.loc["lodi", indicators.iloc[:5]] = 0
    table = bonus(variable, outcomes)
    assert table["totale"].sum() == 667_900
    assert table.loc["lodi", "maturata"] == Decimal("9309.77")  # 4/9 of 20.947 €, rounded down to the cent
    assert table.loc["milano", "totale"] > 108_605
