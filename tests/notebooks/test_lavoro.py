"""Analysis of work and chapter 03: an ATS that is a province, one of three, one that lacks a figure, the region."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from quaderni import DATA, figures, part, replaced, tell, told

from conciliazione_lib import storage, territory
from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.evidence import Figure, Ledger, Reader, StoredFigures, claims
from conciliazione_lib.evidence.figure import Place
from conciliazione_lib.evidence.proofreading import without_links
from conciliazione_lib.sources import importing

ATS = ("milano", "insubria", "montagna", "brianza", "bergamo", "brescia", "val-padana", "pavia")

execute = functools.partial(told, "03_lavoro")


@functools.cache
def lines() -> pd.DataFrame:
    all_of_them = figures().figures
    return all_of_them[all_of_them["indicatore"].isin(figures().index["analisi"]["lavoro"])]


@functools.cache
def decided() -> pd.DataFrame:
    return figures().statements.frame


def the_figures(blocks: list[dict[str, Any]]) -> dict[str, Figure]:
    return dict(Ledger.from_dict(blocks[-1]["registro"]).figures)


def tabella(blocks: list[dict[str, Any]], id: str) -> dict[str, Any]:
    return next(b for b in blocks if b["tipo"] == "tabella" and b["id"] == id)


def column(tabella: dict[str, Any], nome: str) -> list[Any]:
    place = [c["id"] for c in tabella["colonne"]].index(nome)
    return [row[place]["v"] for row in tabella["righe"]]


def prose(blocks: list[dict[str, Any]]) -> str:
    return " ".join(" ".join(without_links(b["markdown"]).split()) for b in blocks if b["tipo"] == "testo")


def test_an_ats_that_is_a_province_has_its_published_rates() -> None:
    blocks = execute("bergamo")
    found = the_figures(blocks)
    assert found["tasso_occupazione_f.bergamo.2022"].value == 62.0
    assert found["tasso_occupazione_m.bergamo.2022"].value == 83.2
    assert found["tasso_occupazione_f.bergamo.2022"].grade == "pubblicazione"
    assert [i.tabella for i in found["tasso_occupazione_f.bergamo.2022"].inputs] == ["occupazione"]
    assert "coincide con una provincia" in prose(blocks)
    assert not any(b.get("id") == "tab-contributi" for b in blocks)


def test_an_ats_of_three_provinces_is_an_estimate_and_its_parts_add_up() -> None:
    blocks = execute("montagna")
    found = the_figures(blocks)
    gap = found["divario_occupazione.montagna.2022"]
    assert gap.grade == "stima"
    assert gap.lower is not None
    assert [i.tabella for i in gap.inputs] == ["occupazione", "popolazione"]
    parts = column(tabella(blocks, "tab-contributi"), "contributo_divario")
    assert len(parts) == 3
    assert sum(parts) == pytest.approx(gap.value)
    assert sum(column(tabella(blocks, "tab-contributi"), "peso_provincia")) == pytest.approx(100.0)
    assert "sono una stima" in prose(blocks)


def test_a_province_without_men_s_pay_leaves_its_ats_without_a_pay_gap() -> None:
    blocks = execute("brianza")
    assert "non si può calcolare: per una sua provincia la fonte non dà la retribuzione degli uomini" in prose(blocks)
    assert column(tabella(blocks, "tab-retribuzioni"), "divario_retributivo")[0] is None
    assert the_figures(blocks)["divario_retributivo.brianza.2023"].text == "n.d."


def test_the_region_is_set_against_the_country_on_the_last_year_of_both() -> None:
    blocks = execute("lombardia")
    found = the_figures(blocks)
    assert found["divario_occupazione.lombardia.2024"].value == pytest.approx(15.2)
    assert found["divario_occupazione.italia.2024"].value == pytest.approx(19.4)
    assert len(tabella(blocks, "tab-contributi")["righe"]) == 12
    # The method, tried on the region, falls on the published rates.
    (gap,) = (f for f in found.values() if f.indicator == "scarto_stima")
    assert gap.value is not None
    assert gap.value <= 0.1


def test_counts_by_comune_replace_the_missing_box_with_gaps_by_ambito(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path))
    comuni = territory.load(data="2022-01-01").comuni
    counts = pd.DataFrame(
        [(code, 2022, sex, "20-64", n, 100) for code in comuni.index for sex, n in (("F", 60), ("M", 80))],
        columns=["cod_comune", "anno", "sesso", "eta", "occupati", "popolazione"],
    ).assign(grado="pubblicazione", fonte="prova", url=None, note=None)
    storage.write_version(
        "occupati_comuni",
        "importata",
        "occupati_comuni.csv",
        lambda path: counts.to_csv(path, index=False),
        {
            "data_riferimento": "2022",
            "titolo": "Occupati per comune",
            "fonte": "prova",
            "url": "",
            "licenza": "",
            "recuperato": "2026-01-01",
            "grado": "pubblicazione",
            "note": "",
        },
    )
    blocks = tell("03_lavoro", "milano", replaced(part("lavoro")))
    ambiti = tabella(blocks, "tab-ambiti")
    assert set(column(ambiti, "divario_occupazione")) == {20.0}
    assert len(ambiti["righe"]) == 18 + 1  # the ambiti of the ATS, and the ATS
    assert not any("occupati per comune" in b.get("titolo", "") for b in blocks if b["tipo"] == "riquadro")


def test_a_trend_is_told_only_where_the_new_survey_has_years_enough_for_its_test() -> None:
    bergamo = execute("bergamo")
    assert "noto per troppo pochi anni (2021 e 2022) per dire una tendenza" in prose(bergamo)
    assert not any(f.indicator == "tendenza_divario" and f.value is not None for f in the_figures(bergamo).values())
    regione = execute("lombardia")
    slope = the_figures(regione)["tendenza_divario.lombardia.2021-2024"]
    # Least squares of 15.0, 16.8, 15.6, 15.2 on the year: nothing of the years before the break enters.
    assert slope.value == pytest.approx(-0.06)
    assert slope.lower < 0 < slope.upper
    assert any(
        "[con così pochi anni non si distingue da zero]" in b["markdown"] for b in regione if b["tipo"] == "testo"
    )


def test_an_ats_that_is_a_province_has_one_row_and_the_other_measures_are_never_of_the_old_survey() -> None:
    blocks = execute("bergamo")
    assert column(tabella(blocks, "tab-occupazione"), "nome") == ["ATS di Bergamo", "Lombardia", "Italia"]
    when = column(tabella(blocks, "tab-mercato"), "quando")
    assert min(when) > "2021"
    neet = [f for f in the_figures(blocks).values() if ("misura", "non studiano e non lavorano") in f.breakdown]
    assert [f.value for f in neet] == [10.1]


@pytest.mark.parametrize("territory", [*ATS, "lombardia"])
def test_the_chapter_opens_with_what_was_found_here(territory: str) -> None:
    opening = next(b for b in execute(territory) if b["tipo"] == "testo")["markdown"]
    term = "italia" if territory == "lombardia" else "lombardia"
    assert f"](cifra:divario_occupazione_medio.{territory}." in opening or territory == "lombardia"
    said = Ledger.from_dict(execute(territory)[-1]["registro"]).claims
    found = [said[name] for name in re.findall(r"\]\(affermazione:([^)]+)\)", opening)]
    assert {"confronto"} <= {claim.kind for claim in found}
    assert any(f".{term}." in claim.figures[-1] for claim in found)


def test_what_is_the_same_for_every_ats_is_told_once() -> None:
    """Models of the twelve provinces and figures of Italy stand in the chapter of the region."""
    models = {"tab-panel-divario", "tab-panel-servizi", "tab-sigma", "tab-beta"}
    assert models <= {b.get("id") for b in execute("lombardia")}
    assert not models & {b.get("id") for b in execute("milano")}


def test_what_is_said_of_the_model_of_services_follows_the_data() -> None:
    text = prose(execute("lombardia"))
    assert "(i dati non ci sono per: Monza e della Brianza)" in text
    assert "undici province" not in text  # how many they are is in the table
    assert "attraversa il cambio di rilevazione" in text


def test_the_gap_of_one_year_is_compared_only_through_the_mean_of_years() -> None:
    """The synopsis said «non si distingue» of 2022 what chapter 03 said «sopra» of 2018–2022."""
    of_a_gap = decided()[decided()["genere"] == "confronto"]
    assert "divario_occupazione" not in set(of_a_gap["indicatore"])
    told = of_a_gap[(of_a_gap["indicatore"] == "divario_occupazione_medio") & (of_a_gap["livello"] == "ats")]
    told = told[told["termine"] == "regione/lombardia"]
    assert told["periodo"].unique().tolist() == ["2018/2022"]
    assert told.set_index("territorio")["esito"].to_dict() == {
        "bergamo": "sopra",
        "brescia": "sopra",
        "val-padana": "sopra",
        "milano": "sotto",
        "insubria": "in_linea",
        "brianza": "non_distinguibile",
        "pavia": "non_distinguibile",
        "montagna": "non_distinguibile",
    }
    archive = figures()
    reader = Reader(lambda level, code: Place(level, code, code), archive.table)
    f = StoredFigures(archive, reader, Place("ats", "montagna", "Montagna"), Ledger())
    with pytest.raises(CalcoloError, match="divario_occupazione_medio"):
        claims.claim("confronto", [f.divario_occupazione.figure, f.divario_occupazione["lombardia"].figure])


@pytest.mark.parametrize("ats", ATS)
def test_synopsis_and_chapter_say_the_same_of_the_gap(ats: str) -> None:
    def said(blocks: list[dict[str, Any]]) -> list[str]:
        terms = tuple(f"divario_occupazione_medio.{place}.2018-2022" for place in (ats, "lombardia"))
        all_of_them = Ledger.from_dict(blocks[-1]["registro"]).claims.values()
        return [a.words for a in all_of_them if a.kind == "confronto" and a.figures == terms and not dict(a.params)]

    summary = told("00_sintesi", ats)
    # a synopsis compares what its needs are about: where the gap is one, in the words of the chapter
    assert len(said(execute(ats))) == 1
    assert said(summary) in ([], said(execute(ats)))
    # Every figure that both tell is the same.
    whole, chapter = the_figures(summary), the_figures(execute(ats))
    comuni = whole.keys() & chapter.keys()
    assert {f"divario_occupazione.{ats}.2022", f"tasso_occupazione_f.{ats}.2022"} <= comuni
    assert all(whole[name].value == chapter[name].value for name in comuni)


def test_all_ats_have_one_reference_year_and_brescia_s_newer_one_is_told_as_an_update() -> None:
    of_reference = lines()[lines()["riferimento"] & (lines()["livello"] == "ats") & (lines()["per"] == "")]
    together = ["tasso_occupazione_f", "tasso_occupazione_m", "divario_occupazione", "rapporto_occupazione_genere"]
    for name in together:
        rows = of_reference[of_reference["indicatore"] == name]
        assert set(rows["territorio"]) == set(ATS)
        assert rows["periodo"].unique().tolist() == ["2022"]
        assert rows["stato"].eq("presente").all()
    text = prose(execute("brescia"))
    assert "Nel 2022 il tasso di occupazione" in text
    assert "Per il 2024 il divario dell'ATS di Brescia è già noto, anche se non lo è per tutti" in text
    assert the_figures(execute("brescia"))["divario_occupazione.brescia.2024"].value == pytest.approx(20.5)
    assert "già noto" not in prose(execute("bergamo"))


def test_montagna_is_a_range_because_a_third_of_its_weight_is_given_brescia_s_gap() -> None:
    found = the_figures(execute("montagna"))
    media = found["divario_occupazione_medio.montagna.2018-2022"]
    assert media.imputed == pytest.approx(0.36, abs=0.01)
    provinciale = lines().query("indicatore == 'divario_occupazione_medio' and livello == 'provincia'")
    breadth = (provinciale["superiore"] - provinciale["inferiore"]).max()
    assert media.upper - media.lower > breadth
    assert found[f"quota_stima_esterna.montagna.{DATA}"].value == pytest.approx(36.3, abs=0.5)
    (said,) = [b["markdown"] for b in execute("montagna") if "il divario medio" in b.get("markdown", "")]
    assert "[indistinguibile dalla media regionale]" in " ".join(said.split())
    assert "tra 15,1 e 22,9 punti percentuali" in said


def test_the_region_says_montagna_neither_the_widest_nor_the_narrowest() -> None:
    (said,) = [b["markdown"] for b in execute("lombardia") if "il divario più largo è" in b.get("markdown", "")]
    assert "Montagna" not in said
    assert "nell'ATS di Brescia e nell'ATS di Bergamo" in said


def test_every_absence_has_a_reason() -> None:
    absent = lines()[~lines()["stato"].isin(["presente", "parziale"])]
    assert absent["motivo"].ne("").all()


AGES_15_89 = ("tasso_occupazione_15_89", "tasso_occupazione_15_89_f", "tasso_occupazione_15_89_m")


def _value(indicator: str, territory: str, period: str, per: str = "") -> float:
    (found,) = lines().query(
        "indicatore == @indicator and territorio == @territory and periodo == @period and per == @per"
    )["valore"]
    return float(found)


@pytest.mark.parametrize(
    ("territory", "women", "men"),
    [("BG", 43.533643, 60.287151), ("lombardia", 45.878914, 60.652425), ("italia", 39.628749, 55.938256)],
)
def test_15_89_of_2025_is_as_published_and_the_gap_is_its_difference(territory: str, women: float, men: float) -> None:
    assert _value("tasso_occupazione_15_89_f", territory, "2025") == women
    assert _value("tasso_occupazione_15_89_m", territory, "2025") == men
    assert _value("divario_occupazione_15_89", territory, "2025") == pytest.approx(men - women)


def test_15_89_has_one_reference_year_for_all_and_is_never_mixed_with_20_64() -> None:
    rows = lines()[lines()["indicatore"].isin([*AGES_15_89, "divario_occupazione_15_89"])]
    assert set(rows["periodo"]) == {"2023", "2024", "2025"}
    reference = rows[rows["riferimento"]]
    assert reference["periodo"].unique().tolist() == ["2025"]
    assert reference.groupby(["indicatore", "livello"]).size().unstack().to_dict("list") == {
        "ats": [8] * 4,
        "italia": [1] * 4,
        "provincia": [12] * 4,
        "regione": [1] * 4,
    }
    # No row of one age class feeds the other.
    assert rows["ingressi"].str.contains('"tabella":"indicatori_lavoro.', regex=False).all()
    of_20_64 = lines()[lines()["indicatore"].isin(["tasso_occupazione_f", "divario_occupazione"])]
    assert not of_20_64["ingressi"].str.contains("indicatori_lavoro").any()
    assert not rows["ingressi"].str.contains('"tabella":"occupazione.', regex=False).any()


def test_15_89_of_an_ats_of_pieces_lies_among_its_provinces_and_is_an_estimate() -> None:
    provinces = [_value("divario_occupazione_15_89", p, "2025") for p in ("SO", "CO", "BS")]
    (montagna,) = (
        lines()
        .query("indicatore == 'divario_occupazione_15_89' and territorio == 'montagna' and periodo == '2025'")
        .to_dict("records")
    )
    assert min(provinces) < montagna["valore"] < max(provinces)
    assert montagna["grado"] == "stima"
    assert montagna["imputata"] == pytest.approx(0.36, abs=0.01)
    assert montagna["superiore"] - montagna["inferiore"] > 7  # wider than that of a whole province


@pytest.mark.parametrize("territory", [*ATS, "lombardia"])
def test_the_most_recent_measure_is_told_apart_and_compared_on_its_years_together(territory: str) -> None:
    blocks = execute(territory)
    (told,) = [
        b["markdown"] for b in blocks if "chi ha 15–89 anni: comprende" in " ".join(b.get("markdown", "").split())
    ]
    assert "Nel 2025" in told
    assert set(re.findall(r"cifra:([a-z_0-9]+)\.", told)) <= {*AGES_15_89, "divario_occupazione_15_89"}
    table = tabella(blocks, "tab-occupazione-15-89")
    assert "TAXOCCU1" in table["fonte"]
    gap = column(table, "divario_occupazione_15_89")[0]
    assert gap == the_figures(blocks)[f"divario_occupazione_15_89.{territory}.2025"].value
    of_one_year = decided().query("indicatore == 'divario_occupazione_15_89' and genere == 'confronto'")
    assert of_one_year.empty


def test_figures_of_provinces_are_shown_for_provinces_only() -> None:
    blocks = execute("brianza")
    table = tabella(blocks, "tab-province")
    assert column(table, "territorio") == ["LC", "MB"]
    assert column(table, "occupati_15_89") == [138_902, 386_518]
    assert column(table, "quota_neet") == [7.2, None]
    assert column(table, "quota_padri_congedo") == [81, 79]
    alone = lines()[lines()["indicatore"].isin(["occupati_15_89", "quota_neet", "quota_padri_congedo"])]
    assert set(alone["livello"]) == {"provincia", "italia"}
    # Each from its own row, not from all that the table holds of the province.
    used = lines()[lines()["indicatore"].isin(["quota_neet", "quota_padri_congedo"]) & lines()["valore"].notna()]
    assert used["ingressi"].str.contains('"righe":1,', regex=False).all()


def test_resignations_of_italy_and_their_reasons_are_told_to_the_last_year() -> None:
    blocks = execute("pavia")
    found = the_figures(blocks)
    assert found["convalide_dimissioni.italia.2024"].value == 60_756
    assert found["convalide_dimissioni.italia.2023"].value == 62_688
    assert found["quota_madri_dimissioni.italia.2024"].value == pytest.approx(69.5, abs=0.05)
    reasons = {f.breakdown: f.value for f in found.values() if f.indicator == "dimissioni_motivo"}
    assert sorted(reasons.values()) == [7.1, 24.0, 63.0, 77.5, 78.9]
    assert any("gli anni non si confrontano" in note for note in tabella(blocks, "tab-motivi-dimissioni")["note"])
    assert "Ispettorato nazionale del lavoro, relazioni annuali" in tabella(blocks, "tab-dimissioni")["fonte"]


def test_fathers_mothers_and_involuntary_part_time_have_their_published_values() -> None:
    found = list(the_figures(execute("lombardia")).values())

    def shown(indicator: str) -> set[float | None]:
        return {f.value for f in found if f.indicator == indicator}

    assert {91.5, 77.8, 62.3, 68.9, 73.6} <= shown("tasso_occupazione_figli_minori")
    assert {69.4, 65.1, 35.9, 80.0, 34.0} <= shown("tasso_occupazione_madri")
    assert shown("part_time_involontario_su_occupati") == {13.1, 3.2}
    assert {5.3, 9.1} <= shown("tasso_inattivita_genitori")


def test_a_population_that_cannot_be_true_is_told_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path / "dati"))
    then = territory.load("2026-01-01").comuni
    # one comune has nearly everybody: Lombardia would be one province
    codes = [(c, e, s, 9000 if c == "098031" else 1) for c in then.index for e in range(101) for s in "FM"]
    invented = pd.DataFrame(codes, columns=["cod_comune", "eta", "sesso", "residenti"])
    file = tmp_path / "popolazione.csv"
    invented.to_csv(file, index=False)
    importing.store(importing.understand(file, "popolazione", data="2026-01-01", fonte="prova"))
    with pytest.raises(CalcoloError, match="Analisi «lavoro»: i tassi delle province, pesati con i residenti") as said:
        part("lavoro", data="2026-01-01")
    assert "ripristina" in str(said.value.rimedio)
