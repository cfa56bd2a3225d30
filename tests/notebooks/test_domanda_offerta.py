"""The analysis of demand and supply: whom services are for, and what is known of them without a list."""

from __future__ import annotations

import pytest
from quaderni import DATA, told
from quaderni import figures as stored

from conciliazione_lib import catalog, territory
from conciliazione_lib.evidence import Ledger
from conciliazione_lib.indicators import working_parents

TERRITORIO = territory.load(DATA)
JOB = catalog.read("indicatori_lavoro")
MARGINS = working_parents.margins(JOB, catalog.read("madri_occupazione"))


def of(name, level=None, per=None):
    found = stored().figures
    found = found[(found["indicatore"] == name) & found["riferimento"]]
    found = found if level is None else found[found["livello"] == level]
    return found if per is None else found[found["per"] == per]


def test_the_bounds_follow_from_the_published_margins_and_hold_what_is_published():
    shares = MARGINS.of_parents()
    mothers = JOB.query("misura == 'tasso_occupazione_figli_minori' and territorio == 'lombardia'")["valore"].item()
    fathers = JOB.query("misura == 'tasso_occupazione_figlio_sotto_6' and sesso == 'M'")["valore"].item()
    low = mothers * MARGINS.ratio / 100 + fathers - 100
    assert shares["0-2"] == pytest.approx((low, mothers))
    assert shares["11-13"] == pytest.approx((low, 100 * mothers / MARGINS.ratio))
    couples = JOB.query("misura == 'coppie_entrambi_occupati' and territorio == 'nord'")["valore"].item()
    assert all(least <= couples <= most for least, most in shares.values())
    # mothers whose youngest child is under six work more here than in Italy, as all publications with both terms say
    italy = JOB.query("misura == 'tasso_occupazione_figlio_sotto_6' and sesso == 'F' and territorio == 'italia'")
    assert MARGINS.of_mothers()["0-2"][0] >= italy["valore"].item()


def test_children_with_working_parents_are_a_range_and_nothing_else_everywhere():
    rows = stored().figures.query("indicatore == 'bambini_genitori_occupati'")
    known = rows[rows["valore"].notna()]
    assert set(known["imputata"]) == {1.0}, "only its range is written"
    assert set(known["grado"]) == {"stima"}
    assert (known["inferiore"] <= known["superiore"]).all()
    lombardia = known[known["livello"] == "regione"].set_index("per")
    children = catalog.read("popolazione", DATA).query("eta <= 2")["residenti"].sum()
    low, high = MARGINS.of_parents()["0-2"]
    assert lombardia.loc["eta=0-2", "inferiore"] <= children * low / 100
    assert lombardia.loc["eta=0-2", "superiore"] >= children * high / 100 - 1
    # the range of a place is never narrower, in proportion, than that of the region it is made from
    width = (high - low) / 100
    people = catalog.read("popolazione", DATA).query("eta <= 2").groupby("cod_comune")["residenti"].sum()
    comuni = known[(known["livello"] == "comune") & (known["per"] == "eta=0-2")].set_index("territorio")
    own = people.reindex(comuni.index).fillna(0)
    assert (comuni["superiore"] - comuni["inferiore"] >= own * width - 1e-6).all()


def test_no_recipients_are_the_same_people_under_two_names():
    for level in ("regione", "ats", "ambito"):
        rows = of("destinatari", level).dropna(subset="valore")
        assert not rows.duplicated(["territorio", "valore"]).any()
    known = set(of("destinatari", "regione").dropna(subset="valore")["per"])
    assert known == {"area=prima infanzia", "area=minori", "area=anziani", "area=mobilità"}
    missing = of("destinatari", "ats")
    assert (missing.loc[missing["valore"].isna(), "motivo"] != "").all()


def test_registers_are_the_supply_of_the_elderly_everywhere():
    structures = catalog.read("strutture_anziani")
    homes = structures[structures["tipo"] == "rsa"]
    posti = of("servizi_posti", "ats", "tipo=rsa").set_index("territorio")["valore"]
    assert posti.to_dict() == homes.groupby("ats")["posti_autorizzati"].sum().to_dict()
    comuni = of("servizi_posti", "comune", "tipo=rsa").set_index("territorio")["valore"]
    assert comuni.sum() == homes["posti_autorizzati"].sum() == 68_661
    without = of("comuni_senza_servizio", "regione", "tipo=rsa")["valore"].item()
    assert without == len(TERRITORIO.comuni) - homes["cod_comune"].nunique()
    old = catalog.read("popolazione", DATA).query("eta >= 75")["residenti"].sum()
    by = of("rsa_posti_per_100_75", "regione")["valore"].item()
    assert by == pytest.approx(100 * homes["posti_autorizzati"].sum() / old)
    assert set(of("servizi_unita", "ats", "area=anziani")["stato"]) == {"presente"}


def test_a_register_with_a_hole_is_at_least():
    row = of("servizi_posti", "regione", "tipo=cdi").iloc[0]
    assert (row["stato"], row["valore"]) == ("parziale", 7_516)
    assert row["motivo"] == "1 servizio su 298 senza il numero dei posti"


def test_spending_works_and_commuters_are_those_of_their_sources():
    spent = of("spesa_sociale_nido", "regione")["valore"].item()
    assert spent == pytest.approx(catalog.read("spesa_sociale_nido")["spesa"].sum())
    assert round(of("spesa_sociale_nido_per_residente", "regione")["valore"].item(), 2) == 174.97
    assert of("spesa_sociale_nido", "comune").empty, "a comune that pays for others is not compared"
    works = catalog.read("pnrr_nidi")
    assert of("pnrr_progetti", "regione")["valore"].item() == len(works) == 275
    assert of("pnrr_conclusi", "comune")["valore"].sum() == (works["fase"] == "concluso").sum()
    flows = catalog.read("pendolarismo")
    assert of("pendolari_uscita", "regione")["valore"].item() == flows["escono"].sum()
    income = catalog.read("redditi_comuni").query("anno == anno.max()")
    mean = income["reddito_complessivo"].sum() / income["contribuenti_complessivo"].sum()
    assert of("reddito_medio", "regione")["valore"].item() == pytest.approx(mean)


def test_without_a_list_the_gaps_are_not_available_and_say_why():
    for name in ("lacuna_tempo", "quota_posti_aperti", "peso_retta", "lacuna_eta", "persone_in_attesa"):
        rows = of(name)
        assert len(rows)
        assert not rows["stato"].isin(["presente", "parziale"]).any(), name
        assert (rows["motivo"] != "").all()


def test_the_chapter_opens_with_what_is_known_without_a_list():
    blocks = told("04_servizi", "montagna")
    first = next(block["markdown"] for block in blocks if block["tipo"] == "testo")
    known = Ledger.from_dict(blocks[-1]["registro"]).figures
    homes = known["rsa_posti_per_100_75.montagna.2026"]
    assert homes.text in first
    children = known[f"bambini_genitori_occupati.montagna.{DATA}.eta-0-2"]
    assert children.guessed
    assert children.interval_text in first
    assert children.text not in first
    tables = {block["id"]: block for block in blocks if block["tipo"] == "tabella"}
    assert {"tab-strutture", "tab-rsa", "tab-spesa-nidi", "tab-macrocategorie"} <= set(tables)
