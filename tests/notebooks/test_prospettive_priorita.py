"""The chapters that look ahead and set priorities: with the data at hand, and with a second definitive population."""

from __future__ import annotations

from pathlib import Path

import nbformat
import papermill
import pytest

from conciliazione_lib import catalog
from conciliazione_lib.evidence import Ledger
from conciliazione_lib.sources import importing

QUADERNI = Path(__file__).resolve().parents[2] / "notebooks"
BLOCCO = "application/vnd.conciliazione.blocco+json"


def esegui(nome: str, **parametri: object) -> list[dict]:
    quaderno = papermill.execute_notebook(
        QUADERNI / nome, None, parametri, cwd=QUADERNI.parent, kernel_name="python3", progress_bar=False
    )
    return blocchi(quaderno)


def blocchi(quaderno: nbformat.NotebookNode) -> list[dict]:
    uscite = [o for cella in quaderno.cells if cella.cell_type == "code" for o in cella.outputs]
    return [o["data"][BLOCCO] for o in uscite if BLOCCO in o.get("data", {})]


def test_a_second_definitive_population_brings_the_projection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path))
    # the provisional 2023, taken for definitive only here
    seconda = catalog.read("popolazione", data="2023-01-01")
    importing.store(
        importing.Understood(
            catalog.spec("popolazione"), seconda, "2023-01-01", "Popolazione di prova", "prova", "", "", "prova"
        )
    )
    pavia = esegui("08_prospettive.ipynb", territorio="pavia")
    tabelle = {b["id"]: b for b in pavia if b["tipo"] == "tabella"}
    assert "2030" in tabelle["tab-proiezione"]["titolo"]
    assert not [b for b in pavia if b["tipo"] == "riquadro" and "seconda data definitiva" in b["titolo"]]
    cifre = Ledger.from_dict(pavia[-1]["registro"]).figures.values()
    previste = {c.breakdown[0][1]: c for c in cifre if c.indicator == "proiezione_residenti"}
    assert set(previste) >= {"0–2 anni", "75 anni e più"}
    assert all(c.lower <= c.value <= c.upper and c.grade == "stima" for c in previste.values())
    # fewer toddlers and more people over 75 than on 1 January 2023, and nothing absurd
    assert 0.7 * 10_700 < previste["0–2 anni"].value < 11_500
    assert previste["75 anni e più"].value > 70_000


def test_without_it_the_chapter_says_what_is_missing() -> None:
    milano = blocchi(nbformat.read(QUADERNI / "08_prospettive.ipynb", as_version=4))
    mancanti = [b["titolo"] for b in milano if b["tipo"] == "riquadro" and b["genere"] == "manca"]
    assert any("seconda data definitiva" in titolo for titolo in mancanti)


def test_priorities_come_with_their_interval_and_differ_by_ats() -> None:
    milano = blocchi(nbformat.read(QUADERNI / "09_priorita.ipynb", as_version=4))
    montagna = esegui("09_priorita.ipynb", territorio="montagna")
    cifre = Ledger.from_dict(montagna[-1]["registro"]).figures.values()
    ranghi = [c for c in cifre if c.indicator == "rango_bisogno"]
    assert len([c for c in ranghi if c.territory.livello == "ats"]) == 8
    assert all(1 <= c.lower <= c.value <= c.upper for c in ranghi)
    [qui], [la] = ([b for b in capitolo if b.get("id") == "tab-ambiti"] for capitolo in (montagna, milano))
    assert not {r[0]["t"] for r in qui["righe"]} & {r[0]["t"] for r in la["righe"]}


def test_the_summary_has_five_sentences_six_numbers_and_a_map() -> None:
    bergamo = esegui("00_sintesi.ipynb", territorio="bergamo")
    [riquadro] = [b for b in bergamo if b["tipo"] == "riquadro"]
    assert riquadro["markdown"].count("\n- ") + riquadro["markdown"].startswith("- ") == 5
    [tabella] = [b for b in bergamo if b["tipo"] == "tabella"]
    assert len(tabella["righe"]) == 6
    assert [b["tipo"] for b in bergamo].count("mappa") == 1
