import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conciliazione_lib import catalog, evidence, territory
from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.indicators import demography

# ISTAT, Indicatori demografici, indice di vecchiaia al 1° gennaio 2022 (tabella figure_pubblicate).
AGEING_2022 = {
    "BS": 164.1,
    "CO": 183.9,
    "CR": 199.3,
    "LC": 192.2,
    "LO": 164.2,
    "MB": 172.5,
    "MI": 175.6,
    "VA": 187.9,
    "lombardia": 177.1,
}


@pytest.fixture(scope="module")
def popolazione():
    t, comuni = territory.load("2022-01-01"), catalog.read("popolazione", data="2022-01-01")
    return pd.concat([t.aggregate(comuni, level) for level in ("provincia", "regione")])


def test_ageing_index_is_the_published_one_to_the_digit(popolazione):
    ours = demography.indices(popolazione).set_index("territorio")["indice_vecchiaia"].round(1)
    assert {territorio: ours[territorio] for territorio in AGEING_2022} == AGEING_2022
    published = catalog.read("figure_pubblicate")
    rows = published.query("indicatore == 'indice_vecchiaia' and anno == 2022").set_index("territorio")["valore"]
    assert rows.to_dict() == AGEING_2022


def test_regional_total_and_mean_age_of_italy(popolazione):
    assert demography.bands(popolazione).set_index("territorio").at["lombardia", "residenti"] == 9_943_004
    italia = catalog.read("popolazione_italia", data="2022-01-01").assign(territorio="italia")
    # ISTAT, Indicatori demografici 2021 (8 April 2022): mean age of Italy at 1 January 2022, 46,2 years.
    assert round(demography.indices(italia).at[0, "eta_media"], 1) == 46.2


def _frame(rows, territorio="x"):
    return pd.DataFrame(rows, columns=["eta", "sesso", "residenti"]).assign(territorio=territorio)


def test_every_index_on_a_population_counted_by_hand():
    frame = _frame([
        (0, "M", 1), (2, "F", 1), (4, "F", 2), (10, "M", 6), (15, "F", 5), (19, "M", 5), (30, "F", 10), (44, "F", 10),
        (45, "M", 20), (50, "F", 10), (60, "M", 5), (64, "F", 5), (65, "M", 8), (80, "F", 9), (100, "F", 3),
    ])  # fmt: skip
    r = demography.indices(frame).iloc[0]
    assert r["indice_vecchiaia"] == pytest.approx(100 * 20 / 10)
    assert r["indice_dipendenza_strutturale"] == pytest.approx(100 * 30 / 70)
    assert r["indice_dipendenza_giovanile"] == pytest.approx(100 * 10 / 70)
    assert r["indice_dipendenza_anziani"] == pytest.approx(100 * 20 / 70)
    assert r["indice_ricambio_popolazione_attiva"] == pytest.approx(100 * 10 / 10)
    assert r["indice_struttura_popolazione_attiva"] == pytest.approx(100 * 50 / 20)
    assert r["indice_carico_figli"] == pytest.approx(100 * 4 / 25)
    assert r["rapporto_mascolinita"] == pytest.approx(100 * 45 / 55)
    assert r["bambini_0_2_per_100_donne_30_44"] == pytest.approx(100 * 2 / 20)
    assert r["anziani_80_per_100_50_64"] == pytest.approx(100 * 12 / 20)
    assert r["quota_eta_sandwich"] == pytest.approx(100 * 40 / 100)
    assert r["carico_eta_sandwich"] == pytest.approx(100 * 22 / 40)
    assert r["bambini_0_anni_per_1000"] == pytest.approx(10)
    ages = [0, 2, 4, 4, *[10] * 6, *[15] * 5, *[19] * 5, *[30] * 10, *[44] * 10, *[45] * 20, *[50] * 10, *[60] * 5]
    ages += [64] * 5 + [65] * 8 + [80] * 9 + [100] * 3
    assert r["eta_media"] == pytest.approx(np.mean(ages) + 0.5)


def test_a_zero_denominator_gives_a_missing_value_with_its_reason():
    frame = pd.concat([_frame([(70, "M", 3)], "soli anziani"), _frame([(5, "F", 1), (70, "M", 3)], "misto")])
    r = demography.indices(frame).set_index("territorio")
    assert np.isnan(r.at["soli anziani", "indice_vecchiaia"])
    assert r.at["soli anziani", "indice_vecchiaia_motivo"] == demography.DENOMINATOR_ZERO
    assert r.at["soli anziani", "indice_vecchiaia_stato"] == "non_calcolabile"
    assert r.at["misto", "indice_vecchiaia"] == 300
    assert pd.isna(r.at["misto", "indice_vecchiaia_motivo"])
    assert "rapporto_mascolinita_motivo" in r
    assert "quota_eta_sandwich_motivo" not in r


def test_missing_residents_are_not_zero():
    r = demography.indices(_frame([(5, "F", 10), (30, "M", None), (70, "M", 3)])).iloc[0]
    assert r["indice_vecchiaia"] == 30
    assert np.isnan(r["indice_dipendenza_strutturale"])
    assert r["indice_dipendenza_strutturale_motivo"] == demography.WITHOUT_POPULATION
    assert r["indice_dipendenza_strutturale_stato"] == "non_disponibile"


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([(101, "M", 1)], "0 a 100"),
        ([(3, "T", 1)], "M e F"),
        ([(3, "M", -1)], "negativo"),
        ([(3, "M", 1), (3, "M", 2)], "più righe"),
    ],
)
def test_wrong_populations_are_refused(rows, told):
    with pytest.raises(CalcoloError, match=told):
        demography.indices(_frame(rows))
    with pytest.raises(CalcoloError, match="mancano le colonne: eta"):
        demography.indices(_frame(rows).drop(columns="eta"))


_populations = st.lists(
    st.tuples(st.integers(0, 100), st.sampled_from("MF"), st.integers(1, 5000)),
    min_size=1,
    max_size=80,
    unique_by=lambda row: row[:2],
)


@settings(max_examples=50)
@given(_populations, st.integers(2, 9))
def test_properties(rows, times):
    frame = _frame(rows)
    bands = demography.bands(frame).iloc[0]
    assert bands["residenti_0_14"] + bands["residenti_15_64"] + bands["residenti_65_piu"] == bands["residenti"]
    assert bands["residenti_m"] + bands["residenti_f"] == bands["residenti"]
    one = demography.indices(frame)
    pd.testing.assert_frame_equal(one, demography.indices(frame.iloc[::-1]))
    many = demography.indices(frame.assign(residenti=frame["residenti"] * times))
    pd.testing.assert_frame_equal(one, many)  # indices are of structure, not of size


def test_profile_has_bands_shares_and_indices_all_declared_as_indicators(popolazione):
    profile = demography.profile(popolazione)
    registry = evidence.registry.load()
    unknown = [
        c for c in profile.columns if c not in registry and c != "territorio" and not c.endswith(("_motivo", "_stato"))
    ]
    assert unknown == []
    quote = profile[["quota_0_14", "quota_15_64", "quota_65_piu"]].sum(axis=1)
    assert quote.tolist() == pytest.approx([100.0] * 13)
    for key in demography.RATIOS:
        assert set(registry[key].terms) <= set(profile.columns), key


def test_pyramid_classes_sum_to_the_whole(popolazione):
    pyramid = demography.pyramid(popolazione)
    lombardia = pyramid.loc["lombardia"]
    assert list(lombardia.index[[0, 1, -1]]) == ["0–4", "5–9", "100+"]
    assert lombardia.to_numpy().sum() == pytest.approx(100)
    assert demography.pyramid(popolazione, breadth=1).loc["MI"].shape == (101, 2)
    # In Lombardia men are more than women up to 50 and women clearly more after 80, as everywhere in Italy.
    assert (lombardia.loc["0–4":"45–49", "maschi"] > lombardia.loc["0–4":"45–49", "femmine"]).all()
    assert (lombardia.loc["80–84":, "femmine"] > lombardia.loc["80–84":, "maschi"]).all()


def test_the_terms_of_indices_are_the_bands_they_divide():
    assert demography.terms(["carico_eta_sandwich", "tasso_occupazione_f"]) == [
        "residenti_0_14",
        "residenti_45_64",
        "residenti_80_piu",
    ]
    assert set(demography.terms(demography.RATIOS)) <= set(demography.BANDS)
