"""The analysis that looks ahead and its chapter: with the data at hand, and with other definitive populations."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from quaderni import DATA, part, replaced, tell, told
from quaderni import figures as stored

from conciliazione_lib import catalog
from conciliazione_lib.evidence import Ledger, Store
from conciliazione_lib.indicators import prospects
from conciliazione_lib.sources import importing


def import_(frame: pd.DataFrame, data: str) -> None:
    spec = catalog.spec("popolazione")
    importing.store(importing.Understood(spec, frame, data, "Dati di prova", "prova", "", "", "prova"))


def with_other_populations(folder: Path, monkeypatch: pytest.MonkeyPatch, populations: dict[str, pd.DataFrame]) -> Path:
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(folder))
    for data, frame in populations.items():
        import_(frame, data)
    return replaced(part("prospettive"))


def figures(blocks: list[dict]) -> dict:
    return dict(Ledger.from_dict(blocks[-1]["registro"]).figures)


def tables(blocks: list[dict]) -> dict[str, dict]:
    return {block["id"]: block for block in blocks if block["tipo"] == "tabella"}


def test_a_second_definitive_population_brings_the_projection_and_a_third_its_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the control population of 2023 taken for definitive, and 2022 once more as the year before: only here
    others = {
        "2023-01-01": catalog.read("popolazione_di_controllo"),
        "2021-01-01": catalog.read("popolazione", "2022-01-01"),
    }
    folder = with_other_populations(tmp_path, monkeypatch, others)
    pavia = tell("08_prospettive", "pavia", folder)
    shown = tables(pavia)
    assert "1° gennaio 2031" in shown["tab-proiezione"]["titolo"]
    assert not [block for block in pavia if block["tipo"] == "riquadro"]
    expected = {
        (f.territory.livello, f.territory.codice, f.breakdown[0][1]): f
        for f in figures(pavia).values()
        if f.indicator == "proiezione_residenti"
    }
    own = {band: f for (level, _, band), f in expected.items() if level == "ats"}
    assert set(own) >= {"0–2 anni", "75 anni e più"}
    assert all(f.lower <= f.value <= f.upper and f.grade == "stima" for f in own.values())
    # fewer toddlers and more people over 75 than on 1 January 2023, and nothing absurd
    assert 0.7 * 10_700 < own["0–2 anni"].value < 11_500
    assert own["75 anni e più"].value > 70_000
    # the region has no range, because all the variants share it; the ambiti stay inside their ATS
    assert expected["regione", "lombardia", "Residenti"].lower is None
    ambiti = [f.value for (level, _, band), f in expected.items() if level == "ambito" and band == "75 anni e più"]
    assert ambiti
    assert sum(ambiti) <= own["75 anni e più"].value * (1 + 1e-9)
    assert len(shown["tab-verifica"]["righe"]) == 8


def test_a_population_brought_in_has_its_own_status_and_not_that_of_ours_at_the_same_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the one that is read: the status told was that of our estimate, and the projection was not made."""
    folder = with_other_populations(tmp_path, monkeypatch, {DATA: catalog.read("popolazione", DATA)})
    bases = Store(folder).listing("popolazioni_della_proiezione").set_index("data")
    assert bases["stato"].to_dict() == {"2022-01-01": "definitiva", DATA: "definitiva"}
    assert bases["usata"].all()


def test_without_it_nothing_is_projected_an_estimate_is_not_enough_and_the_limits_say_so() -> None:
    bases = stored().listing("popolazioni_della_proiezione").set_index("data")
    assert bases["stato"].to_dict() == {"2022-01-01": "definitiva", DATA: "stima"}
    assert not bases["usata"].any()
    chapter = told("08_prospettive", "pavia")
    words = " ".join(re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", block.get("markdown", "")) for block in chapter).replace(
        "\n", " "
    )
    assert "proiezione" not in words
    limits = " ".join(block.get("markdown", "") for block in told("10_limiti", "pavia"))
    assert "**Popolazione definitiva per età, a due date.** Non si fanno proiezioni" in limits
    assert "tab-proiezione" not in tables(chapter)
    # it looks ahead from the date of the edition, and says which day is today
    assert "I dati sono del 1° gennaio 2025, che in questo capitolo è «oggi»" in words
    headings = [block["testo"] for block in chapter if block["tipo"] == "titolo"]
    assert not [title for title in headings if "proiezione" in title]
    assert [title for title in headings if title.startswith("Verso")] == [
        "Verso il 2028: i bambini e i ragazzi",
        "Verso il 2031: chi cura e chi è curato",
    ]
    assert "2022" not in words.replace("1° gennaio 2022", "")


def test_few_people_have_no_ratio_and_the_map_leaves_them_out() -> None:
    rows = stored().figures
    few = rows.query("indicatore == 'ricambio_eta_75_82' and livello == 'comune' and stato == 'troppo_pochi'")
    assert len(few) > 50
    assert few["valore"].isna().all()
    generations = stored().listing("generazioni").set_index("indicatore")
    assert set(generations.index) == {*prospects.RICAMBI, *prospects.RICAMBI_TRIENNIO}
    assert generations.at["ricambio_eta_75_82", "entranti"] == "69–76"
