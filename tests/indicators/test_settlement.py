import pandas as pd
import pytest

from conciliazione_lib import catalog, territory
from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators import settlement

COMUNI = pd.DataFrame(
    {
        "ats": ["a", "a", "a", "b"],
        "ambito": ["x", "x", None, None],
        "residenti": [1000, 5001, 30_001, 5000],
        "superficie_kmq": [10.0, 5.0, 15.0, 50.0],
        "altitudine_m": [700.0, 100.0, None, 600.0],
    }
)


def test_a_territory_counted_by_hand():
    r = settlement.settlement(COMUNI, ["ats", "ambito", "regione"]).set_index(["livello", "territorio"])
    a = r.loc[("ats", "a")]
    assert (a["n_comuni"], a["residenti"], a["superficie_kmq"]) == (3, 36_002, 30)
    assert a["densita"] == pytest.approx(36_002 / 30)
    assert (a["n_comuni_piccoli"], a["residenti_comuni_piccoli"]) == (1, 1000)
    assert a["quota_comuni_piccoli"] == pytest.approx(100 / 3)
    assert a["quota_residenti_comuni_piccoli"] == pytest.approx(100 * 1000 / 36_002)
    assert (a["n_comuni_montani"], a["n_comuni_senza_altitudine"]) == (1, 1)
    assert r.loc[("ambito", "x"), "n_comuni"] == 2
    assert r.loc[("regione", "lombardia"), "n_comuni_montani"] == 2  # 600 metres count
    assert r.loc[("regione", "lombardia"), "n_comuni_piccoli"] == 2  # so do 5.000 residents


def test_classes_of_size_are_all_there_and_sum_to_the_whole():
    r = settlement.by_size(COMUNI, ["ats", "regione"])
    a = r[r["territorio"] == "a"]
    assert list(a["classe"]) == list(settlement.CLASSI)
    assert list(a["n_comuni"]) == [1, 0, 1, 0, 1]
    assert r.groupby(["livello", "territorio"])["quota_residenti"].sum().tolist() == pytest.approx([100] * 3)


def test_lombardia_in_its_comuni():
    residenti = catalog.read("popolazione", data="2022-01-01").groupby("cod_comune")["residenti"].sum()
    comuni = territory.load("2022-01-01").comuni.assign(residenti=residenti)
    r = settlement.settlement(comuni, ["ats", "regione"]).set_index("territorio")
    assert r.at["lombardia", "n_comuni"] == 1506
    assert r.at["lombardia", "densita"] == pytest.approx(416.7, abs=0.1)  # 9.943.004 over 23.862 km²
    measures = ["n_comuni", "residenti", "superficie_kmq", "n_comuni_piccoli"]
    assert (r.drop("lombardia")[measures].sum() - r.loc["lombardia", measures]).abs().max() < 0.5


def test_a_missing_column_is_named():
    with pytest.raises(CalcoloError, match="ambito"):
        settlement.settlement(COMUNI.drop(columns="ambito"), ["ambito"])


def test_the_ats_have_all_the_ambiti_of_the_region_and_what_is_not_known_of_them():
    place = territory.load("2022-01-01")
    counted = settlement.known_ambiti(place).set_index(["livello", "territorio"])
    region, ats = counted.loc[("regione", "lombardia")], counted.loc["ats"]
    assert list(ats.index) == list(place.codes("ats"))
    assert region["n_ambiti"] == len(place.codes("ambito"))
    for column in ("n_ambiti", "n_ambiti_incompleti", "n_comuni_senza_ambito", "n_comuni_ambito_dedotto"):
        assert ats[column].sum() == region[column]
