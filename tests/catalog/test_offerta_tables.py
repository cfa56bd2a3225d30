"""Registers, nurseries, spending, funded works: published totals, and rows that break their rules."""

import pytest

from conciliazione_lib import catalog
from conciliazione_lib.catalog import spec, validate
from conciliazione_lib.errors import DatiError
from conciliazione_lib.quality import check


def test_the_registers_of_august_2026():
    structures = catalog.read("strutture_anziani").groupby("tipo")
    assert structures.size().to_dict() == {
        "rsa": 740,
        "cdi": 298,
        "alloggio_protetto_anziani": 144,
        "centro_diurno_anziani": 55,
    }
    authorised = structures["posti_autorizzati"].sum()
    assert authorised.to_dict() == {
        "rsa": 68_661,
        "cdi": 7_516,
        "alloggio_protetto_anziani": 2_493,
        "centro_diurno_anziani": 3_200,
    }
    accredited = structures["posti_accreditati"].sum()
    assert accredited[["rsa", "cdi"]].tolist() == [65_460, 7_426]


def test_homes_of_the_ats_and_their_accreditation():
    homes = catalog.read("strutture_anziani").query("tipo == 'rsa'")
    assert homes["cod_comune"].nunique() == 514
    assert homes["accreditata"].value_counts().to_dict() == {"si": 723, "no": 17}
    by_ats = homes.groupby("ats")["posti_autorizzati"].agg(["size", "sum"])
    assert by_ats.loc["montagna"].tolist() == [39, 3_038]
    assert by_ats.loc["milano"].tolist() == [170, 18_865]


def test_an_empty_cell_of_the_source_stays_missing():
    centres = catalog.read("strutture_anziani").query("tipo == 'cdi'")
    empty = centres[centres["posti_autorizzati"].isna()]
    assert len(empty) == 1
    assert empty["note"].item() == "Posti autorizzati vuoti nella fonte."
    odd = centres[(centres["posti_accreditati"] > centres["posti_autorizzati"]).fillna(False)]
    assert odd[["posti_autorizzati", "posti_accreditati"]].to_numpy().tolist() == [[15, 20]]


def test_only_the_social_supply_has_the_ambito_of_the_region():
    structures = catalog.read("strutture_anziani")
    social = structures["tipo"].isin(["alloggio_protetto_anziani", "centro_diurno_anziani"])
    assert social.sum() == 199
    assert structures.loc[social, ["ambito_fonte", "cod_asst"]].notna().all(axis=None)
    assert structures.loc[~social, ["ambito_fonte", "cod_asst"]].isna().all(axis=None)
    assert "ALTO MILANESE" in set(structures.loc[social, "ambito_fonte"])


def test_social_spending_without_the_columns_nobody_checked():
    spending = catalog.read("spesa_sociale_nido")
    assert len(spending) == 1502
    assert round(spending["spesa"].sum()) == 1_745_545_567
    assert spending["spesa"].sum() / spending["abitanti"].sum() == pytest.approx(174.97, abs=0.005)
    assert set(spending.columns) == {"cod_comune", "anno", "spesa", "spesa_per_abitante", "abitanti"}
    assert sorted(spending.loc[spending["spesa"] == 0, "cod_comune"]) == ["018066", "018082", "018125"]


def test_nurseries_of_the_recovery_plan():
    projects = catalog.read("pnrr_nidi")
    assert (len(projects), projects["cod_comune"].nunique()) == (275, 247)
    assert projects["fase"].value_counts().to_dict() == {
        "collaudo non concluso": 118,
        "esecuzione lavori": 87,
        "concluso": 63,
        "fase non disponibile": 7,
    }
    assert projects["importo"].sum() == pytest.approx(280_632_181.14, abs=0.005)
    assert projects["importo_pnrr"].sum() == pytest.approx(222_823_926.13, abs=0.005)


def test_places_in_nurseries_by_year_and_in_detail():
    nurseries = catalog.read("nidi_regione").set_index(["territorio", "servizio", "gestione", "misura", "anno"])
    value = nurseries["valore"].sort_index()
    series = value["lombardia", "nidi e sezioni primavera", "tutte", "posti_per_100"]
    assert (len(series), series[2014], series[2023]) == (10, 24.8, 35.9)
    every = value["lombardia", "tutti i servizi educativi"]
    assert every["tutte", "posti", 2023] == 78_138
    assert every["tutte", "servizi", 2023] == 3_040
    assert every["titolare pubblico", "posti", 2023] == 31_072
    assert every["tutte", "posti_per_100", 2023] == 37.8
    assert value["nord-ovest", "tutti i servizi educativi", "tutte", "posti_per_100", 2023] == 36.6
    assert value["lombardia", "nidi e sezioni primavera", "tutte", "comuni_coperti", 2023] == 79.2
    assert value["lombardia", "nidi e sezioni primavera", "tutte", "spesa_comuni", 2023] == 208_911_282
    # The latest value is above the essential level of 33 places.
    level = catalog.read("norme_servizi").set_index("norma").loc["lep_nidi", "valore"]
    assert series[2023] > level


@pytest.mark.parametrize(
    ("table", "changes", "said"),
    [
        ("nidi_regione", {"unita": "euro"}, "l'unità «"),
        ("pnrr_nidi", {"importo_pnrr": 1e9}, "non più dell'importo"),
        ("pnrr_nidi", {"fase": "concluso", "fine_effettiva": None}, "fine effettiva se e solo se"),
        ("strutture_anziani", {"tipo": "casa"}, "uno fra"),
        ("spesa_sociale_nido", {"spesa": -1.0}, "non minore di 0"),
    ],
)
def test_a_row_that_breaks_its_rules_is_refused(table, changes, said):
    rows = catalog.read(table).iloc[:1].assign(**changes)
    with pytest.raises(DatiError, match=said):
        validate(rows, spec(table))


@pytest.mark.parametrize(
    ("table", "column", "value", "broken"),
    [
        ("strutture_anziani", "posti_autorizzati", 1, "offerta-registri"),
        ("strutture_anziani", "ats", "pavia", "offerta-ats"),
        ("spesa_sociale_nido", "abitanti", 1_000_000, "offerta-spesa-abitanti"),
        ("pnrr_nidi", "importo", 1.0, "offerta-pnrr-nidi"),
        ("nidi_regione", "valore", 9_999_999, "offerta-nidi-parti"),
    ],
)
def test_the_checks_hold_and_see_an_error(table, column, value, broken, monkeypatch):
    assert [r.outcome.esito for r in check.run([broken])] == ["quadra"]
    true = catalog.read

    def spoiled(name, data=None):
        frame = true(name, data=data)
        if name == table:
            frame = frame.copy()
            row = frame.index[frame["misura"] == "posti"][0] if "misura" in frame else frame.index[0]
            frame.loc[row, column] = value
        return frame

    monkeypatch.setattr(catalog, "read", spoiled)
    assert [r.outcome.esito for r in check.run([broken])] == ["non_quadra"]
    monkeypatch.undo()
    check.reading.forget()
