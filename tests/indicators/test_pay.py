"""Pay of each ATS, on the data it is used on."""

from __future__ import annotations

import pandas as pd
import pytest

from conciliazione_lib import catalog, territory
from conciliazione_lib.indicators import apportionment, employment, labour_measures, pay

DATA = "2022-01-01"


@pytest.fixture(scope="module")
def paid() -> pd.DataFrame:
    residents = apportionment.province_weights(catalog.read("popolazione", data=DATA), territory.load(DATA).comuni)
    rates = labour_measures.yearly_rates(catalog.read("occupazione"))
    last = employment.last_common_rates(rates, residents["provincia"].unique())
    rows = catalog.read("retribuzioni")
    own = rows[rows["copertura"].isna() | (rows["copertura"] == rows["territorio"])]
    return pay.estimate(own, apportionment.employment_weights(residents, last))


def test_pay_has_an_interval_only_where_something_is_imputed(paid):
    known = paid[paid["divario_retributivo"].notna()]
    assert known.loc["provincia", "divario_retributivo_inferiore"].isna().all()
    ats = known.loc["ats"].reset_index()
    bounded = ats.loc[ats["divario_retributivo_inferiore"].notna(), "territorio"]
    imputed = ats.loc[ats["divario_retributivo_imputata"] > 0, "territorio"]
    assert set(bounded) == set(imputed)
    assert "bergamo" not in set(bounded)


def test_an_ats_that_is_a_province_has_its_published_pay_and_one_of_several_a_pay_among_theirs(paid):
    women = paid["retribuzione_f"].xs(2023, level="anno")
    assert women[("ats", "bergamo")] == women[("provincia", "BG")]
    assert women[("provincia", "LO")] < women[("ats", "milano")] < women[("provincia", "MI")]
    assert not paid.loc[("ats", "bergamo", 2023), "stima"]
    assert paid.loc[("ats", "milano", 2023), "stima"]
