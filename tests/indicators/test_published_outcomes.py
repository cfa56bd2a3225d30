"""Published results: periods as figures write them, each number under the measure of its unit."""

from __future__ import annotations

import re

import pytest

from conciliazione_lib import catalog
from conciliazione_lib.indicators.published_outcomes import by_measure, iso_period


@pytest.mark.parametrize(
    ("scritto", "iso"),
    [
        ("2019", "2019"),
        ("2014-2016", "2014/2016"),
        ("2014–2016", "2014/2016"),
        ("dicembre 2024", "2024-12"),
        ("1° Luglio 2015", "2015-07-01"),
        ("ottobre 2014 - settembre 2015", "2014-10/2015-09"),
        ("2026-02-01", "2026-02-01"),
        ("primavera 2026", "primavera 2026"),
    ],
)
def test_periods_are_written_as_figures_have_them(scritto: str, iso: str) -> None:
    assert iso_period(scritto) == iso


def test_every_published_number_has_a_measure_and_a_period() -> None:
    tabella = catalog.read("esiti_pubblicati")
    esiti = by_measure(tabella)
    assert esiti["periodo"].map(lambda p: re.fullmatch(r"\d{4}(-\d{2}){0,2}(/\d{4}(-\d{2})?)?", p) is not None).all()
    per_codice = esiti.set_index("cod_esito")["misura"]
    assert per_codice["utilita_percepita"] == "esito_media"
    assert per_codice["quota_rispondenti"] == "esito_quota"
    assert per_codice["variazione_autonomi"] == "esito_conteggio"
    assert not esiti.duplicated(["misura", "livello", "territorio", "esito", "periodo"]).any()
