"""Back-test: the figures of a document, made again, with the reason of every difference."""

from __future__ import annotations

import json

import pytest

from conciliazione_lib.cli import main
from conciliazione_lib.quality.backtest import REASONS, Remade, remake


@pytest.fixture(scope="module")
def remade() -> dict[str, Remade]:
    return {r.voce: r for r in remake()}


def test_what_does_not_depend_on_the_date_is_the_same(remade: dict[str, Remade]) -> None:
    equal = {entry for entry, r in remade.items() if r.motivo == "nessuno"}
    assert equal == {"distretti_milano", "ambiti_milano", "sistema_milano", "alleanze_milano", "totale_ats_2398"}


def test_every_difference_has_its_reason(remade: dict[str, Remade]) -> None:
    # ATS Milano, Documento territoriale 2020-2023, sections 1.2 and 2; ISTAT at 1 January 2022
    residenti = remade["residenti_milano"].confronto
    assert (residenti.published, residenti.expected) == (3_480_513, 3_441_957)
    assert remade["comuni_con_piano"].confronto.difference == 10
    assert remade["comuni_con_piano"].motivo == "errore"
    assert remade["quota_comuni_con_piano"].motivo == "geografia"
    assert remade["natalita_milano"].motivo == "definizione"
    for r in remade.values():
        assert r.confronto.holds == (r.motivo == "nessuno") == (r.spiegazione == "")


def test_figures_that_only_the_date_moves_are_near(remade: dict[str, Remade]) -> None:
    for r in remade.values():
        if r.motivo == "data":
            assert abs(r.confronto.difference) < r.confronto.published * 3 / 100


def test_the_command_prints_the_document_beside_ours(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["quadrature", "--documento", "--json"]) == 0
    entries = {v["voce"]: v for v in json.loads(capsys.readouterr().out)}
    assert entries["dipendenza_milano"]["documento"] == "56,4%"
    assert entries["dipendenza_milano"]["motivo"] == REASONS["data"]
    assert main(["quadrature", "--documento"]) == 0
    assert "17 cifre del documento rifatte: 5 uguali, 12 diverse." in capsys.readouterr().out
