"""The chapters that set themes side by side: the summary and the comparison of the ATS."""

from __future__ import annotations

from typing import Any

from quaderni import told


def righe_di(capitolo: list[dict[str, Any]], tabella: str) -> list[list[str]]:
    [trovata] = [b for b in capitolo if b.get("id") == tabella]
    return [[cella["t"] for cella in riga] for riga in trovata["righe"]]


def test_the_summary_has_three_or_four_needs_eight_numbers_and_a_map() -> None:
    bergamo = told("00_sintesi", "bergamo")
    [riquadro] = [b for b in bergamo if b["tipo"] == "riquadro"]
    needs = [line for line in riquadro["markdown"].splitlines() if line.startswith("- ")]
    assert len(needs) in (3, 4)
    for need in needs:  # how much, how sure, what it suggests, whom to ask
        assert "cifra:" in need
        assert "affermazione:" in need
        assert "macrocategoria" in need
        assert "Da sentire per primi: " in need
    [tabella] = [b for b in bergamo if b["tipo"] == "tabella"]
    assert len(tabella["righe"]) == 8
    assert [b["tipo"] for b in bergamo].count("mappa") == 1


def test_the_regional_comparison_has_all_the_ats_and_says_what_is_redundant() -> None:
    confronto = told("confronto_regionale", "lombardia")
    for tabella in ("tab-popolazione", "tab-lavoro", "tab-ricambi", "tab-servizi", "tab-risorse"):
        assert len(righe_di(confronto, tabella)) == 9, tabella
    assert ["Indice di vecchiaia", "Età media", "crescono insieme"] in righe_di(confronto, "tab-ridondanza")
    # an ATS without a published value says so, and is not zero
    assert {r[0]: r[-1] for r in righe_di(confronto, "tab-servizi")}["Insubria"] == "n.d."
