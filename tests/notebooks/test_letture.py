"""True in every reading: sentences and lists that were right and were read wrong, each with the kind it belongs to."""

from __future__ import annotations

import re

import pandas as pd
import pytest
import quaderni

from conciliazione_lib.evidence import grammar
from conciliazione_lib.evidence.claims import fraction_words
from conciliazione_lib.evidence.inputs import InputTable
from conciliazione_lib.evidence.proofreading import plain_words
from conciliazione_lib.indicators import labour_measures


def said(chapter: str, ats: str) -> str:
    texts = [b.get("markdown", "") for b in quaderni.told(chapter, ats)]
    return " ".join(plain_words(" ".join(texts)).split())


def test_places_for_a_duty_of_later_years_are_those_for_the_children_of_today() -> None:
    text = said("04_servizi", "milano")
    assert re.search(r"Per i bambini che c'erano al 1° gennaio \d{4} sarebbero [\d.]+ posti", text)
    assert "Quando le norme scadono i bambini saranno altri" in text
    assert not re.search(r"ne servono [\d.]+", text)


def test_two_plans_have_no_mean_age() -> None:
    rows = quaderni.figures().of("eta_media_piani")
    few = rows[(rows["livello"] == "ats") & (rows["territorio"] == "pavia")]
    assert few["valore"].isna().all()
    assert "hanno in media" not in said("05_tempi", "pavia")


def test_nearly_everything_unknown_is_no_range() -> None:
    text = said("05_tempi", "pavia")
    assert "Di quasi tutti gli altri non si sa" in text
    assert not re.search(r"fra l[oa'] ?[\d,]+% e il 100,0%", text)


@pytest.mark.parametrize(
    ("noun", "words"),
    [
        ("comune sta", "nessun comune sta"),
        ("azione", "nessuna azione"),
        ("altra ATS", "nessun'altra ATS"),
        ("lo ha adottato", "nessuno lo ha adottato"),
    ],
)
def test_none_is_said_in_words(noun: str, words: str) -> None:
    assert grammar.nessuno(noun) == words


def test_no_chapter_counts_zero_of_something() -> None:
    for chapter in ("04_servizi", "05_tempi", "09_priorita"):
        for ats in ("milano", "montagna"):
            assert not re.search(r"(?<![\d.,])0 (?:comuni|comune|azioni|progetti|servizi)\b", said(chapter, ats)), (
                chapter
            )


@pytest.mark.parametrize("share", [0.054, 0.03, 0.029, 0.012])
def test_a_small_share_is_not_less_than_a_tenth(share: float) -> None:
    assert "un decimo" not in fraction_words(share)


def test_a_gap_outside_those_of_its_provinces_says_why() -> None:
    rows = quaderni.figures().of("divario_retributivo").query("riferimento and per == ''")
    values = rows.set_index(["livello", "territorio"])["valore"]
    own, near = values["ats", "milano"], [values["provincia", "MI"], values["provincia", "LO"]]
    outside = not min(near) <= own <= max(near)
    assert outside is ("È fuori da quelli delle sue province" in said("03_lavoro", "milano"))


def test_rates_side_by_side_are_of_one_time() -> None:
    listed = quaderni.figures().listing("mercato_lavoro_ultimi")
    moments = listed.groupby(["livello", "territorio", "misura", "eta"])["quando"].nunique()
    assert moments.max() == 1


def test_a_quarter_of_men_is_left_out_beside_a_year_of_women() -> None:
    row = {"livello": "regione", "territorio": "lombardia", "misura": "m", "eta": "15-64", "serie": "a", "anno": 2024}
    times = [("F", "2024"), ("M", "2024, secondo trimestre")]
    rows = pd.DataFrame([row | {"sesso": sex, "quando": when, "periodo": "2024"} for sex, when in times])
    assert labour_measures.latest(rows, "a")["sesso"].tolist() == ["F"]


def test_a_single_step_names_the_year_it_starts_from() -> None:
    for ats in ("milano", "pavia"):
        for chapter in ("02_demografia", "03_lavoro"):
            for found in re.finditer(r"in (?:calo|crescita)(?P<then>.{0,20})", said(chapter, ats)):
                assert re.match(r" (?:da|rispetto al) ", found["then"]), found[0]


def test_less_money_is_not_a_negative_amount() -> None:
    text = said("07_risorse", "val-padana")
    assert "ne dà di meno" in text
    assert not re.search(r"differenza è di -", text.split("La storia")[0])


def test_what_was_transcribed_or_read_in_a_copy_says_so() -> None:
    rows = pd.DataFrame(
        {
            "territorio": ["milano", "pavia", "brescia"],
            "fonte": ["ISTAT, Bes", "ISTAT, Bes", "ISTAT, Bes"],
            "lettura": ["trascrizione", None, "copia"],
        }
    )
    table = InputTable(rows, {"tabella": "prova", "fonte": "ISTAT"}, None)
    cited = {code: table.sources({"territorio": code}) for code in rows["territorio"]}
    assert cited == {
        "milano": ("ISTAT, Bes (trascritto a mano)",),
        "pavia": ("ISTAT, Bes",),
        "brescia": ("ISTAT, Bes (letto in una copia)",),
    }
    whole = InputTable(rows[["territorio"]], {"tabella": "prova", "fonte": "ISTAT", "lettura": "trascrizione"}, None)
    assert whole.sources({}) == ("ISTAT (trascritto a mano)",)
    # the pay of women and men was transcribed: what shows it says so
    [table] = [b for b in quaderni.told("03_lavoro", "milano") if b.get("id") == "tab-retribuzioni"]
    assert "(trascritto a mano)" in table["fonte"]
