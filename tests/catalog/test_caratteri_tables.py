"""What each comune is like: published totals, classes, coverage, and the errors that the checks would see."""

import pytest

from conciliazione_lib import catalog, territory
from conciliazione_lib.catalog import spec, validate
from conciliazione_lib.errors import DatiError
from conciliazione_lib.quality import check


def test_classes_of_the_comuni_of_2026():
    classes = catalog.read("classificazioni_comuni")
    assert len(classes) == 1502
    assert classes[["popolazione_legale_2021", "residenti_2024"]].sum().tolist() == [9_943_004, 10_033_918]
    assert classes["zona_altimetrica"].value_counts().to_dict() == {
        "pianura": 738,
        "montagna interna": 454,
        "collina interna": 310,
    }
    assert classes["urbanizzazione"].value_counts().to_dict() == {
        "piccola città o sobborgo": 735,
        "zona rurale": 649,
        "città": 118,
    }
    # The source gives no altitude for a comune born in 2024.
    assert list(classes.loc[classes["altitudine_m"].isna(), "cod_comune"]) == ["013256"]


def test_inner_areas_and_the_six_of_the_strategy():
    areas = catalog.read("aree_interne")
    assert len(areas) == 1506
    assert areas["classe_2020"].value_counts().to_dict() == {
        "cintura": 987, "intermedio": 254, "periferico": 184, "ultraperiferico": 41, "polo": 24,
        "polo intercomunale": 16,
    }  # fmt: skip
    assert areas["area_snai"].value_counts().to_dict() == {
        "Alto Lago di Como e Valli del Lario": 41,
        "Valcamonica": 35,
        "Lario Intelvese - Lario Ceresio": 34,
        "Appennino Lombardo - Alto Oltrepò Pavese": 18,
        "Valtrompia": 14,
        "Valchiavenna": 12,
    }
    # A pole may be in another region: its code is still six digits.
    assert areas.set_index("cod_comune").loc["012001", ["cod_polo", "polo"]].tolist() == ["103072", "Verbania"]


def test_labour_systems_and_their_centres():
    systems = catalog.read("sistemi_locali_lavoro")
    assert (len(systems), systems["sll"].nunique()) == (1501, 46)
    # The list is of the comuni that remain once Lirio has ceased, on 31 January 2026.
    assert set(territory.load("2026-01-01").comuni.index) - set(systems["cod_comune"]) == {"018082"}
    ours = systems[systems["regione"] == "Lombardia"]
    assert ours["sll"].nunique() == 42 == (systems["centro"] == "si").sum()
    assert set(ours.loc[ours["centro"] == "si", "sll"]) == set(ours["sll"])


def test_commuters_of_2021():
    totals = catalog.read("pendolarismo")[["entrano", "escono", "interni"]].sum().tolist()
    assert totals == [2_398_902, 2_399_334, 1_232_256]


def test_taxpayers_and_incomes():
    incomes = catalog.read("redditi_comuni")
    assert sorted(incomes["anno"].unique()) == list(range(2012, 2025))
    assert incomes.query("anno == 2023")["contribuenti"].sum() == 7_542_193
    last = incomes.query("anno == 2024")
    assert (len(last), last["contribuenti"].sum()) == (1502, 7_607_245)
    mean = last["reddito_complessivo"].sum() / last["contribuenti_complessivo"].sum()
    assert 29_000 < mean < 31_500
    # Suppressed cells are missing, not zero: the classes are a minimum of the taxpayers.
    classes = [name for name in incomes.columns if name.endswith("mila")]
    assert len(classes) == 7
    past = incomes.query("anno < 2024")
    assert (past[classes].sum(axis=1) <= past["contribuenti"]).all()
    assert past["contribuenti_oltre_120mila"].isna().any()


def test_fragility_is_of_our_comuni_and_not_of_their_namesakes():
    fragility = catalog.read("fragilita_comuni")
    assert fragility.groupby("anno")["cod_comune"].nunique().to_dict() == dict.fromkeys((2018, 2019, 2021, 2022), 1506)
    # Livo and Peglio on the lake of Como, Castro on that of Iseo, and not those of Trento, Pesaro and Lecce.
    known = fragility.query("anno == 2021").set_index("cod_comune")["dipendenza"]
    assert known[["013130", "013178", "016065"]].tolist() == [54.21, 57.5, 79.59]
    assert {"012009", "012018", "012095", "013199", "013228", "018002"} <= set(known.index)


def test_more_taxpayers_in_a_group_than_in_all_is_refused():
    rows = catalog.read("redditi_comuni").iloc[:2].copy()
    rows.loc[rows.index[0], "contribuenti_pensione"] = int(rows["contribuenti"].iloc[0]) + 1
    with pytest.raises(DatiError, match="non più dei contribuenti"):
        validate(rows, spec("redditi_comuni"))


@pytest.mark.parametrize(
    ("table", "column", "broken"),
    [
        ("classificazioni_comuni", "residenti_2024", "caratteri-residenti-2024"),
        ("classificazioni_comuni", "popolazione_legale_2021", "caratteri-popolazione-legale"),
        ("altitudine_comuni", "altitudine_m", "caratteri-altitudine"),
        ("fragilita_comuni", "dipendenza", "caratteri-dipendenza"),
        ("redditi_comuni", "contribuenti", "caratteri-contribuenti"),
        ("pendolarismo", "escono", "caratteri-pendolari"),
    ],
)
def test_the_checks_hold_and_see_an_error(table, column, broken, monkeypatch):
    assert [r.outcome.esito for r in check.run([broken])] == ["quadra"]
    true = catalog.read

    def spoiled(name, data=None):
        frame = true(name, data=data)
        if name == table:
            last = frame.index[frame["anno"].isin([2021, 2024])][-1] if "anno" in frame else frame.index[7]
            frame = frame.copy()
            frame.loc[last, column] += 50_000
        return frame

    monkeypatch.setattr(catalog, "read", spoiled)
    assert [r.outcome.esito for r in check.run([broken])] == ["non_quadra"]
    monkeypatch.undo()
    check.reading.forget()
