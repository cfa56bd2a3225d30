"""Tables of work and care: published values in, bad rows refused with their place."""

from __future__ import annotations

import pandas as pd
import pytest

from conciliazione_lib import catalog
from conciliazione_lib.catalog import problems, spec, validate
from conciliazione_lib.errors import DatiError


def rate(sesso: str, valore: object, anno: object = 2018, territorio: str = "BG", note: str | None = None, **other):
    return {
        "misura": "tasso_occupazione",
        "livello": "provincia",
        "territorio": territorio,
        "anno": anno,
        "periodo": "anno",
        "sesso": sesso,
        "eta": "20-64",
        "valore": valore,
        "serie": "rfl_2021",
        "grado": "pubblicazione",
        "fonte": "ISTAT",
        "url": None,
        "note": note,
    } | other


GOOD = [rate("F", 58.6), rate("M", 82.6), rate("T", 70.8)]


def refused(rows: list[dict], table: str = "occupazione") -> list[str]:
    return [str(problem) for problem in problems(pd.DataFrame(rows), spec(table))]


def test_a_good_triple_is_accepted():
    assert refused(GOOD) == []


def test_a_rate_above_100_is_refused():
    found = refused([*GOOD[:2], rate("T", 170.8)])
    assert len(found) == 1
    assert "riga 4, colonna valore" in found[0]
    assert "100" in found[0]


def test_a_total_outside_its_two_sexes_is_refused_with_its_row():
    # Men and total swapped.
    found = refused([rate("F", 58.6), rate("M", 70.8), rate("T", 82.6)])
    assert found == [
        "riga 4, colonna valore: atteso un totale compreso tra donne (58.6) e uomini (70.8); trovato 82.6 (misura "
        "tasso_occupazione, livello provincia, territorio BG, anno 2018, periodo anno, eta 20-64, serie rfl_2021). "
        "Controllare se le righe di M, F e T sono scambiate."
    ]


def test_a_total_within_range_but_impossible_for_half_women_is_refused():
    found = refused([rate("F", 58.6), rate("M", 82.6), rate("T", 78.0)])
    assert len(found) == 1
    assert "darebbe alle donne il 19 per cento" in found[0]


def test_duplicated_keys_are_refused():
    found = refused([*GOOD, rate("M", 82.6)])
    assert len(found) == 1
    assert "riga 5" in found[0]


def test_a_year_read_from_nowhere_is_refused():
    note = "ANNO NON LETTO: la pagina dà solo l'aggiornamento; 2018 è attribuzione nostra"
    found = refused([rate("T", 70.8, note=note)])
    assert len(found) == 1
    assert "atteso un anno letto nella fonte" in found[0]
    assert "colonna anno" in found[0]
    # The same wording without a year at all.
    assert any("colonna anno" in f for f in refused([rate("T", 70.8, anno=None)]))


def test_all_the_problems_come_at_once_and_nothing_is_dropped():
    rows = [
        rate("F", 58.6),
        rate("M", 70.8),
        rate("T", 82.6),
        rate("F", 60.0, territorio="BS"),
        rate("F", 60.0, territorio="BS"),
        rate("T", 70.0, territorio="SO", note="anno non letto"),
    ]
    with pytest.raises(DatiError) as caught:
        validate(pd.DataFrame(rows), spec("occupazione"), file="tassi.xlsx")
    assert len(caught.value.problemi) == 3
    assert all("file tassi.xlsx" in p.dove() for p in caught.value.problemi)


def test_series_before_and_after_the_break_do_not_collide():
    old = [rate("F", 58.1, serie="rfl_pre2021"), rate("F", 58.6, serie="rfl_ricostruita")]
    assert refused(old) == []


def test_the_embedded_rates_are_the_published_ones():
    """ISTAT, Bes dei territori 2025 (03LAV001-N22), as compiled in the table of published figures."""
    published = catalog.read("figure_pubblicate").query("indicatore == 'tasso_occupazione_20_64'")
    ours = catalog.read("occupazione").query("misura == 'tasso_occupazione' and eta == '20-64' and periodo == 'anno'")
    keys = ["livello", "territorio", "anno", "sesso"]
    both = published.merge(ours, on=keys, suffixes=("_pubblicato", ""), how="outer", validate="one_to_one")
    assert len(both) == len(published) == len(ours) == 251
    assert (both["valore_pubblicato"] == both["valore"]).all()
    by_key = ours.set_index(keys)["valore"]
    assert by_key["regione", "lombardia", 2024, "F"] == 67.1
    assert by_key["provincia", "BG", 2022, "F"] == 62.0
    assert by_key["italia", "italia", 2018, "M"] == 72.9


def test_what_the_source_does_not_have_is_absent_not_zero():
    ours = catalog.read("occupazione").query("eta == '20-64' and livello == 'provincia'")
    women = ours[ours["sesso"] == "F"]
    assert women[women["anno"] == 2023].empty
    assert sorted(women[women["anno"] == 2024]["territorio"]) == ["BS", "CO", "CR", "LC", "LO", "MN"]
    assert (ours["valore"] > 0).all()
    pay = catalog.read("retribuzioni")
    monza = pay[(pay["livello"] == "provincia") & (pay["territorio"] == "MB")]
    assert monza[["anno", "sesso"]].to_numpy().tolist() == [[2022, "F"], [2023, "F"]]
    milano = pay[(pay["livello"] == "provincia") & (pay["territorio"] == "MI")]
    assert set(milano.loc[milano["anno"] <= 2021, "copertura"]) == {"MI+MB"}
    assert set(milano.loc[milano["anno"] >= 2022, "copertura"]) == {"MI"}


def test_the_series_break_is_on_every_row():
    ours = catalog.read("occupazione")
    rebuilt = ours[ours["serie"] == "rfl_ricostruita"]
    assert set(rebuilt["anno"]) == {2018, 2019, 2020}
    assert ours.loc[ours["serie"] == "rfl_2021", "anno"].min() == 2021
    assert ours.loc[ours["serie"] == "rfl_pre2021", "anno"].max() < 2021


def test_pay_with_men_and_women_swapped_with_the_total_is_refused():
    def pay(sesso: str, valore: float) -> dict:
        return {
            "livello": "provincia",
            "territorio": "BG",
            "anno": 2023,
            "sesso": sesso,
            "valore": valore,
            "copertura": "BG",
            "grado": "pubblicazione",
            "fonte": "ISTAT",
            "url": None,
            "note": None,
        }

    assert refused([pay("F", 19780.4), pay("M", 30563.2), pay("T", 26083.3)], "retribuzioni") == []
    found = refused([pay("F", 19780.4), pay("M", 26083.3), pay("T", 30563.2)], "retribuzioni")
    assert len(found) == 1
    assert "compreso tra donne (19780.4) e uomini (26083.3)" in found[0]
    assert any("1000" in f or "1.000" in f for f in refused([pay("F", 0)], "retribuzioni"))


def test_resignations_of_mothers_and_fathers_make_the_total():
    """INL, Relazione annuale 2021: 37.662 mothers and 14.774 fathers, 52.436 in all."""
    ours = catalog.read("dimissioni_genitori").set_index(["territorio", "anno", "sesso"])["provvedimenti"]
    assert ours["italia", 2021, "F"] + ours["italia", 2021, "M"] == ours["italia", 2021, "T"] == 52436

    def row(sesso: str, n: int) -> dict:
        return {
            "livello": "italia",
            "territorio": "italia",
            "anno": 2021,
            "sesso": sesso,
            "provvedimenti": n,
            "grado": "stampa",
            "fonte": "INL",
            "url": None,
            "note": None,
        }

    found = refused([row("F", 37662), row("M", 14774), row("T", 52463)], "dimissioni_genitori")
    assert found == [
        "riga 4, colonna provvedimenti: atteso un totale uguale a madri più padri (52436); trovato 52463 (livello "
        "italia, territorio italia, anno 2021)."
    ]
    found = refused([row("F", 60000), row("T", 52436)], "dimissioni_genitori")
    assert found == ["riga 2, colonna provvedimenti: atteso non più del totale (52436); trovato 60000."]


def test_mothers_of_2018_are_those_of_the_document():
    """Documento territoriale di indirizzo, ATS Città Metropolitana di Milano, §1.3 (ISTAT 2018)."""
    mothers = catalog.read("madri_occupazione").query("misura == 'tasso_occupazione' and livello == 'italia'")
    value = mothers.fillna({"eta_figlio": ""}).set_index(["condizione", "eta_figlio", "titolo_studio"])["valore"]
    assert value["con figli", "0-14", "tutti"] == 57
    assert value["senza figli", "", "tutti"] == 72.1
    assert value["con figli", "0-2", "tutti"] == 53
    assert value["con figli", "3-5", "tutti"] == 55.7
    by_area = catalog.read("madri_occupazione").query("livello == 'ripartizione'")
    gaps = by_area[by_area["misura"] == "divario_senza_figli"].set_index("territorio")["valore"]
    assert gaps.to_dict() == {"nord": 10.4, "centro": 11.2, "mezzogiorno": 16.0}


def test_care_burdens_overlap_as_the_document_says():
    """10.5 and 2.8 million people, nearly 650 thousand in both: the total of 12.746 thousand, but for rounding."""
    burdens = catalog.read("carichi_cura").query("unita == 'migliaia'").set_index("misura")["valore"]
    union = (
        burdens["con figli minori di 15 anni"]
        + burdens["assiste figli o parenti di 15 anni e più"]
        - burdens["con entrambi i carichi"]
    )
    assert union == pytest.approx(burdens["con carichi di cura"], rel=0.02)
    shares = catalog.read("carichi_cura").query("unita == '%'")
    bad = shares.assign(valore=shares["valore"].where(shares.index != shares.index[0], 134.6))
    assert any("non superiore a 100; trovato 134.6" in str(p) for p in problems(bad, spec("carichi_cura")))


def test_more_employed_than_residents_in_a_comune_is_refused():
    row = {
        "cod_comune": "015146",
        "anno": 2022,
        "sesso": "F",
        "eta": "20-64",
        "occupati": 120,
        "popolazione": 100,
        "grado": "esempio",
        "fonte": "invenzione",
        "url": None,
        "note": None,
    }
    assert refused([row | {"occupati": 60}], "occupati_comuni") == []
    assert refused([row], "occupati_comuni") == [
        "riga 2, colonna occupati: atteso non più dei residenti (100); trovato 120."
    ]
