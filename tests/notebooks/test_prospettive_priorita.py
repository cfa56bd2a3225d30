"""The chapters that look ahead and set priorities: with the data at hand, and with a second definitive population."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pandas as pd

from conciliazione_lib import catalog
from conciliazione_lib.sources import importing

QUADERNI = Path(__file__).resolve().parents[2] / "notebooks"
BLOCCO = "application/vnd.conciliazione.blocco+json"


def esegui(nome: str, **parametri: object) -> list[dict]:
    """Run the cells of a chapter here, and return its blocks."""
    spazio: dict[str, Any] = {}
    for cella in nbformat.read(QUADERNI / nome, as_version=4).cells:
        if cella.cell_type == "code":
            exec(compile(cella.source, nome, "exec"), spazio)
            if "parameters" in cella.metadata.get("tags", []):
                spazio |= parametri
    return [blocco.to_dict() for blocco in spazio["c"].blocchi]


def blocchi(quaderno: nbformat.NotebookNode) -> list[dict]:
    uscite = [o for cella in quaderno.cells if cella.cell_type == "code" for o in cella.outputs]
    return [o["data"][BLOCCO] for o in uscite if BLOCCO in o.get("data", {})]


def importa(tabella: str, frame: pd.DataFrame, data: str) -> None:
    importing.store(importing.Understood(catalog.spec(tabella), frame, data, "Dati di prova", "prova", "", "", "prova"))


def righe_di(capitolo: list[dict], tabella: str) -> list[list[str]]:
    [trovata] = [b for b in capitolo if b.get("id") == tabella]
    return [[cella["t"] for cella in riga] for riga in trovata["righe"]]


def test_the_summary_has_five_sentences_six_numbers_and_a_map() -> None:
    bergamo = esegui("00_sintesi.ipynb", territorio="bergamo")
    [riquadro] = [b for b in bergamo if b["tipo"] == "riquadro"]
    assert riquadro["markdown"].count("\n- ") + riquadro["markdown"].startswith("- ") == 5
    [tabella] = [b for b in bergamo if b["tipo"] == "tabella"]
    assert len(tabella["righe"]) == 6
    assert [b["tipo"] for b in bergamo].count("mappa") == 1


def test_the_regional_comparison_has_all_the_ats_and_says_what_is_redundant() -> None:
    confronto = esegui("confronto_regionale.ipynb", territorio="lombardia")
    for tabella in ("tab-popolazione", "tab-lavoro", "tab-ricambi", "tab-servizi", "tab-risorse"):
        assert len(righe_di(confronto, tabella)) == 9, tabella
    assert ["Indice di vecchiaia", "Età media", "crescono insieme"] in righe_di(confronto, "tab-ridondanza")
    # an ATS without a published value says so, and is not zero
    assert {r[0]: r[-1] for r in righe_di(confronto, "tab-servizi")}["Insubria"] == "n.d."
