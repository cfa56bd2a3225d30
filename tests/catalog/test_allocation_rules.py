"""Rules of allocation in TOML: those of the acts give the published amounts; wrong ones are refused whole."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from conciliazione_lib import catalog
from conciliazione_lib.catalog import allocation_rules
from conciliazione_lib.errors import DatiError, UsoError

LEAST = """
titolo = "Prova"
unita = 1
[totali]
2026 = 100
[[indicatori]]
nome = "abitanti"
peso = 1
valori = { brescia = 3, pavia = 1 }
"""


def write(folder: Path, testo: str) -> Path:
    path = folder / "regola di prova.toml"
    path.write_text(testo, encoding="utf-8")
    return path


def test_the_rule_in_force_gives_the_published_amounts_for_the_three_years() -> None:
    (outcome,) = allocation_rules.run(allocation_rules.load("abitanti-2025-2027"))
    assert outcome.periodi == ("2025", "2026", "2027")
    assert outcome.confronto is not None
    assert set(outcome.confronto["esito"]) == {"invariato"}
    assert outcome.riparto["importo"].sum() == 1_000_000


def test_the_rule_of_2013_comes_within_the_rounding_of_its_printed_indicators() -> None:
    (outcome,) = allocation_rules.run(allocation_rules.load("dgr-x-1081"))
    assert outcome.confronto is not None
    # Half a tenth of a point of 3.339.500 € is 1.669,75 €, and the columns are divided by sums of 100 or 100,1.
    assert outcome.confronto["differenza"].abs().max() < 1_700
    assert outcome.riparto[["fissa", "variabile"]].sum().tolist() == [2_671_600, 667_900]


def test_every_rule_that_comes_with_the_package_can_be_applied() -> None:
    for name in allocation_rules.names():
        file = allocation_rules.load(name)
        for outcome in allocation_rules.run(file):
            assert outcome.riparto["importo"].sum() == outcome.totale


def test_population_indicators_follow_age_and_sex() -> None:
    rule = allocation_rules.load("bisogni-anagrafici")
    data = "2022-01-01"
    indicators = rule.indicators(data)
    assert rule.population_dates(data) == [data]
    population = catalog.read("popolazione", data=data).query("cod_comune.str[:3].isin(['016'])")
    small_children = population.query("eta <= 6")["residenti"].sum()
    women = population.query("eta >= 18 and eta <= 45 and sesso == 'F'")["residenti"].sum()
    # ATS Bergamo is the province of Bergamo.
    assert indicators.loc["bergamo", ["bambini_0_6", "donne_18_45"]].tolist() == [small_children, women]
    assert indicators.index[0] == "milano"


def test_a_rule_without_a_date_weighs_the_latest_population() -> None:
    rule = allocation_rules.load("bisogni-anagrafici")
    (last,) = rule.population_dates()
    assert last == catalog.table("popolazione").provenance.data_riferimento
    pd.testing.assert_frame_equal(rule.indicators(), rule.indicators(last))


def test_a_rule_may_name_the_date_of_its_population(tmp_path: Path) -> None:
    text = LEAST.replace("valori = { brescia = 3, pavia = 1 }", 'popolazione = { data = "2022-01-01", da = 0 }')
    assert allocation_rules.load(write(tmp_path, text)).population_dates("1900-01-01") == ["2022-01-01"]


def test_a_rule_of_the_analyst(tmp_path: Path) -> None:
    (outcome,) = allocation_rules.run(allocation_rules.load(write(tmp_path, LEAST)))
    assert outcome.riparto["importo"].to_dict() == {"brescia": Decimal("75.00"), "pavia": Decimal("25.00")}
    assert outcome.confronto is None


def test_floors_of_a_rule_hold(tmp_path: Path) -> None:
    text = LEAST.replace("[totali]", "[limiti]\nminimo = 40\n[totali]")
    (outcome,) = allocation_rules.run(allocation_rules.load(write(tmp_path, text)))
    assert outcome.riparto["importo"].tolist() == [60, 40]


def test_every_problem_of_a_rule_is_told_at_once(tmp_path: Path) -> None:
    text = LEAST.replace("unita = 1", 'unita = 0\nmetodo = "borda"\narrotonda = 3').replace('titolo = "Prova"', "")
    path = write(tmp_path, text)
    with pytest.raises(DatiError) as error:
        allocation_rules.load(path)
    found = {(p.colonna, p.trovato) for p in error.value.problemi}
    assert found == {("titolo", "niente"), ("unita", "«0»"), ("metodo", "«borda»"), ("arrotonda", "«3»")}
    assert "«regola di prova.toml» non è completa" in error.value.messaggio


@pytest.mark.parametrize(
    ("da", "a", "message"),
    [
        ("valori = { brescia = 3, pavia = 1 }", "", "una sola fonte: tabella con colonna, popolazione, oppure valori"),
        ("peso = 1", "peso = -1", "un numero non negativo"),
    ],
)
def test_an_indicator_without_one_source_is_refused(tmp_path: Path, da: str, a: str, message: str) -> None:
    with pytest.raises(DatiError) as error:
        allocation_rules.load(write(tmp_path, LEAST.replace(da, a)))
    assert [p.atteso for p in error.value.problemi] == [message]


def test_unknown_rules_tables_and_filters_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsoError, match="La regola «boh» non esiste"):
        allocation_rules.load("boh")
    with pytest.raises(DatiError, match="non è un TOML corretto"):
        allocation_rules.load(write(tmp_path, "titolo = "))
    source = 'tabella = "riparti_indicatori"\ncolonna = "quota"'
    rule = allocation_rules.load(write(tmp_path, LEAST.replace("valori = { brescia = 3, pavia = 1 }", source)))
    with pytest.raises(UsoError, match="non lascia un valore solo per territorio"):
        rule.indicators()
    absent = source.replace('"quota"', '"residenti"')
    rule = allocation_rules.load(write(tmp_path, LEAST.replace("valori = { brescia = 3, pavia = 1 }", absent)))
    with pytest.raises(UsoError, match="non ha la colonna «residenti»"):
        rule.indicators()
