"""Counts by comune: a territory has a sum only when all its comuni are known."""

import pandas as pd
import pytest

from conciliazione_lib import catalog, territory
from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators import comune_counts

TERRITORIO = territory.load("2022-01-01")
COMUNI = TERRITORIO.comuni.index
PAVIA = TERRITORIO.members("ats", "pavia")


def one(frame, livello, territorio):
    (row,) = frame[(frame["livello"] == livello) & (frame["territorio"] == territorio)].to_dict("records")
    return row


def balance(codes=COMUNI):
    return pd.DataFrame({"cod_comune": codes, "nati": 7, "morti": 9, "residenti_inizio": 1000, "residenti_fine": 1010})


def test_the_birth_rate_is_on_the_mean_population():
    row = one(comune_counts.births(balance(), TERRITORIO), "ats", "pavia")
    assert row["nati"] == 7 * len(PAVIA)
    assert row["tasso_natalita_contato"] == pytest.approx(1000 * 7 / 1005)


def test_a_comune_missing_or_without_a_value_leaves_its_territories_without_a_sum():
    partial = comune_counts.births(balance([c for c in COMUNI if c != PAVIA[0]]), TERRITORIO)
    assert pd.isna(one(partial, "ats", "pavia")["nati"])
    assert pd.isna(one(partial, "regione", "lombardia")["nati"])
    assert one(partial, "ats", "bergamo")["nati"] == 7 * len(TERRITORIO.members("ats", "bergamo"))
    assert partial.attrs["motivi"]["nati"] == comune_counts.PARZIALE


def test_incomplete_ambiti_are_left_out():
    levels = comune_counts.births(balance(), TERRITORIO).query("livello == 'ambito'")
    incomplete = TERRITORIO.completezza("ambito", "lombardia").incompleti
    assert incomplete
    assert not set(levels["territorio"]) & set(incomplete)


def test_two_years_or_another_geography_are_refused():
    with pytest.raises(CalcoloError, match="più di una riga"):
        comune_counts.births(pd.concat([balance(), balance()]), TERRITORIO)
    with pytest.raises(CalcoloError, match="999999"):
        comune_counts.births(balance([*COMUNI, "999999"]), TERRITORIO)


def people(residents):
    rows = [(code, age, sex, residents(age)) for code in COMUNI for age in (1, 40, 70) for sex in "MF"]
    return pd.DataFrame(rows, columns=["cod_comune", "eta", "sesso", "residenti"])


def test_foreigners_are_a_share_of_the_residents_of_the_same_date_or_of_nobody():
    everyone = people(lambda age: 10)
    foreign = people(lambda age: 4 if age == 1 else 1)
    row = one(comune_counts.foreigners(foreign, everyone, TERRITORIO), "regione", "lombardia")
    assert row["quota_stranieri_contati"] == pytest.approx(100 * 6 / 30)
    assert row["quota_stranieri_0_2"] == pytest.approx(40)
    without = comune_counts.foreigners(foreign, None, TERRITORIO)
    assert one(without, "ats", "pavia")["stranieri_contati"] == 12 * len(PAVIA)
    assert pd.isna(one(without, "ats", "pavia")["quota_stranieri_contati"])
    assert without.attrs["motivi"]["quota_stranieri_contati"] == comune_counts.ANOTHER_DATE


def test_families_and_those_of_one_person_when_known():
    frame = pd.DataFrame({"cod_comune": COMUNI, "famiglie": 10, "componenti": 23, "famiglie_unipersonali": pd.NA})
    frame = frame.astype({"famiglie_unipersonali": "Int64"})
    row = one(comune_counts.households(frame, TERRITORIO), "ats", "pavia")
    assert row["componenti_per_famiglia"] == pytest.approx(2.3)
    assert pd.isna(row["quota_famiglie_una_persona"])
    known = comune_counts.households(frame.assign(famiglie_unipersonali=4), TERRITORIO)
    assert one(known, "ats", "pavia")["quota_famiglie_una_persona"] == pytest.approx(40)


def test_spending_is_per_child_and_per_elder_and_an_area_not_given_is_missing():
    rows = [(code, area, 500.0) for code in COMUNI for area in ("famiglia e minori", "totale")]
    spending = pd.DataFrame(rows, columns=["cod_comune", "area", "spesa"])
    row = one(comune_counts.social_spending(spending, TERRITORIO, people(lambda age: 10), TERRITORIO), "ats", "pavia")
    assert row["spesa_minori_per_residente"] == pytest.approx(500 / 20)
    assert pd.isna(row["spesa_anziani_per_residente"])


def test_each_year_is_of_its_own_comuni_and_a_past_one_says_only_what_it_knows():
    now = territory.load("2022-01-01")
    asked = []

    def at(day):
        asked.append(day)
        return now

    some = balance().iloc[:-1]
    counts = pd.concat([balance().assign(anno=2021), some.assign(anno=2020), some.assign(anno=2022)])
    years = comune_counts.by_year(counts, comune_counts.births, ["nati", "morti"], at, now)
    assert list(years) == [2020, 2021, 2022]
    assert asked == ["2020-12-31", "2021-12-31", "2022-12-31"]
    # of the last year, what is not known is said; of the others it is not
    assert years[2020]["nati"].notna().all()
    assert years[2022]["nati"].isna().any()
    assert len(years[2020]) < len(years[2021]) == len(years[2022])


def test_foreigners_without_their_ages_are_a_share_of_everybody_only():
    everyone = pd.DataFrame({"cod_comune": COMUNI, "residenti": 50})
    foreign = pd.DataFrame({"cod_comune": COMUNI, "residenti": 5})
    found = comune_counts.foreigners(foreign, everyone, TERRITORIO)
    row = one(found, "ats", "pavia")
    assert (row["stranieri_contati"], row["quota_stranieri_contati"]) == (5 * len(PAVIA), 10)
    assert pd.isna(row["quota_stranieri_0_2"])
    assert found.attrs["motivi"]["quota_stranieri_0_2"] == comune_counts.WITHOUT_AGE


def test_births_of_provinces_make_those_of_the_region_only_when_they_are_all_there():
    rows = catalog.read("bilancio_territori").query("anno == 2022")
    found = comune_counts.births_of_territories(rows)
    region, italy = one(found, "regione", "lombardia"), one(found, "italia", "italia")
    provinces = found[found["livello"] == "provincia"]
    assert len(provinces) == 12
    assert region["nati"] == provinces["nati"].sum()
    # the rate is the one that ISTAT publishes (Indicatori demografici), to its decimal
    published = catalog.read("figure_pubblicate").query("indicatore == 'tasso_natalita' and anno == 2022")
    published = published.set_index(["livello", "territorio"])["valore"]
    ours = found.set_index(["livello", "territorio"])["tasso_natalita_contato"]
    assert len(published) > 8
    assert ours.reindex(published.index).to_numpy() == pytest.approx(published.to_numpy(), abs=0.051)
    assert (
        italy["nati"]
        == catalog.read("bilancio_territori").query("anno == 2022 and livello == 'italia'")["nati"].iloc[0]
    )
    assert "regione" not in set(comune_counts.births_of_territories(rows.query("territorio != 'MI'"))["livello"])


def test_rates_of_employment_are_measured_where_every_comune_is_counted():
    rows = [(code, 2021, sex, "20-64", done, 10) for code in COMUNI for sex, done in (("F", 6), ("M", 8))]
    rows += [(code, 2021, "F", "15-64", 1, 10) for code in COMUNI]
    counts = pd.DataFrame(rows, columns=["cod_comune", "anno", "sesso", "eta", "occupati", "popolazione"])
    gaps = comune_counts.employment(counts, TERRITORIO, TERRITORIO)
    assert set(gaps["livello"]) == {"ambito", "ats", "regione"}
    row = one(gaps, "ats", "pavia")
    assert (row["tasso_occupazione_f"], row["divario_occupazione"], row["eta"]) == (60.0, 20.0, "20-64")
    partial = comune_counts.employment(counts[counts["cod_comune"] != PAVIA[0]], TERRITORIO, TERRITORIO)
    assert pd.isna(one(partial, "ats", "pavia")["tasso_occupazione_f"])
    other = comune_counts.employment(counts[counts["eta"] != "20-64"].assign(sesso="F"), TERRITORIO, TERRITORIO)
    assert set(other["eta"]) == {"15-64"}
