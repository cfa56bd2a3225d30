"""What others published of services: who is cited, which year, and the share given to the ATS."""

from __future__ import annotations

import pandas as pd
import pytest

from conciliazione_lib import catalog, territory
from conciliazione_lib.indicators import apportionment, published_services

DATA = "2022-01-01"
NAME = "bambini_servizi_comunali_infanzia"


@pytest.fixture(scope="module")
def published() -> pd.DataFrame:
    return catalog.read("figure_pubblicate")


@pytest.fixture(scope="module")
def survey() -> pd.DataFrame:
    return catalog.read("nidi_regione")


def test_what_istat_published_is_not_taken_from_the_press(survey, published):
    press = published[published["indicatore"] == "posti_nido_per_100"]
    ours, theirs = published_services.nursery_rates(survey, press)
    keys = ["livello", "territorio", "ripartizione", "anno"]
    assert not pd.concat([ours, theirs]).duplicated(keys).any()
    assert len(ours)
    assert 0 < len(theirs) < len(press)
    assert set(ours["gestione"]) == {"tutte"}


def test_the_services_by_kind_are_of_one_year_with_both_managers(survey):
    rows = published_services.latest_by_kind(survey)
    assert rows["anno"].nunique() == 1
    assert {"titolare pubblico", "titolare privato"} <= set(rows["gestione"])
    assert set(rows["misura"]) <= set(published_services.BY_KIND)


def test_only_editions_not_known_are_taken_from_the_press():
    press = pd.DataFrame({"definizione": ["risorse 2019-2020", "risorse 2022-2023"], "valore": [1.0, 2.0]})
    rows = published_services.not_in(press, pd.Series(["2019/2020"]))
    assert rows[["periodo", "valore"]].to_numpy().tolist() == [["2022/2023", 2.0]]


@pytest.fixture(scope="module")
def shares(published) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The published shares, and those with the ATS."""
    place = territory.load(DATA)
    weights = apportionment.province_weights(catalog.read("popolazione", data=DATA), place.comuni, ages=(0, 2))
    own = published.loc[published["indicatore"] == NAME, ["livello", "territorio", "anno", "valore", "grado"]]
    names = {code: place.name("provincia", code) for code in place.codes("provincia")}
    return own, published_services.in_ats(own.astype({"valore": "float64"}), weights, NAME, names)


def test_published_shares_are_untouched_and_whole_provinces_keep_theirs(shares):
    own, table = shares
    rest = table[table["livello"] != "ats"]
    assert rest[NAME].to_numpy() == pytest.approx(own["valore"].to_numpy(float))
    assert rest[f"{NAME}_inferiore"].isna().all()
    last = own["anno"].max()
    at_last = table[table["periodo"] == last].set_index(["livello", "territorio"])[NAME]
    assert at_last["ats", "bergamo"] == at_last["provincia", "BG"]


def test_what_was_found_by_difference_counts_as_imputed_and_says_so(shares):
    _, table = shares
    ats = table[table["livello"] == "ats"].set_index("territorio")
    assert ats.loc["brianza", f"{NAME}_imputata"] > 0.5
    assert "per differenza dalla regione" in ats.loc["brianza", f"{NAME}_metodo"]
    assert ats.loc["brianza", f"{NAME}_inferiore"] < ats.loc["brianza", NAME] < ats.loc["brianza", f"{NAME}_superiore"]
    assert ats.loc["bergamo", f"{NAME}_imputata"] == 0
    assert pd.isna(ats.loc["bergamo", f"{NAME}_inferiore"])
    assert (ats.loc["bergamo", "grado"], ats.loc["brianza", "grado"]) != ("stima", "stima")
    assert ats.loc["brianza", "grado"] == "stima"
