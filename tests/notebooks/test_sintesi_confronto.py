"""The chapters that set themes side by side: the summary and the comparison of the ATS."""

from __future__ import annotations

from typing import Any

from quaderni import told


def rows_of(chapter: list[dict[str, Any]], tabella: str) -> list[list[str]]:
    [found] = [b for b in chapter if b.get("id") == tabella]
    return [[cell["t"] for cell in row] for row in found["righe"]]


def test_the_summary_has_three_or_four_needs_eight_numbers_and_a_map() -> None:
    bergamo = told("00_sintesi", "bergamo")
    [box] = [b for b in bergamo if b["tipo"] == "riquadro"]
    needs = [line for line in box["markdown"].splitlines() if line.startswith("- ")]
    assert len(needs) in (3, 4)
    for need in needs:  # how much, how sure, what it suggests, whom to ask
        assert "cifra:" in need
        assert "affermazione:" in need
        assert "macrocategoria" in need
        assert "Da sentire per primi " in need
    [table] = [b for b in bergamo if b["tipo"] == "tabella"]
    assert len(table["righe"]) == 8
    assert [b["tipo"] for b in bergamo].count("mappa") == 1


def test_the_regional_comparison_has_all_the_ats_and_says_what_is_redundant() -> None:
    comparison = told("confronto_regionale", "lombardia")
    for table in ("tab-popolazione", "tab-lavoro", "tab-ricambi", "tab-servizi", "tab-risorse"):
        assert len(rows_of(comparison, table)) == 9, table
    assert ["Indice di vecchiaia", "Età media", "crescono insieme"] in rows_of(comparison, "tab-ridondanza")
    # an ATS without a published value says so, and is not zero
    assert {r[0]: r[-1] for r in rows_of(comparison, "tab-servizi")}["Insubria"] == "n.d."
