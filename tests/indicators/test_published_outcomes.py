"""Published results: periods as figures write them, each number under the measure of its unit."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from conciliazione_lib import catalog
from conciliazione_lib.indicators.published_outcomes import by_measure, iso_period, nonresponse_limits


@pytest.mark.parametrize(
    ("written", "iso"),
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
def test_periods_are_written_as_figures_have_them(written: str, iso: str) -> None:
    assert iso_period(written) == iso


def test_every_published_number_has_a_measure_and_a_period() -> None:
    table = catalog.read("esiti_pubblicati")
    outcomes = by_measure(table)
    assert outcomes["periodo"].map(lambda p: re.fullmatch(r"\d{4}(-\d{2}){0,2}(/\d{4}(-\d{2})?)?", p) is not None).all()
    by_code = outcomes.set_index("cod_esito")["misura"]
    assert by_code["utilita_percepita"] == "esito_media"
    assert by_code["quota_rispondenti"] == "esito_quota"
    assert by_code["variazione_autonomi"] == "esito_conteggio"
    assert not outcomes.duplicated(["misura", "livello", "territorio", "esito", "periodo"]).any()


def test_the_mean_of_everybody_is_bounded_where_mean_and_response_are_both_published() -> None:
    rows = [("utilita_percepita", "2019", 4.0), ("quota_rispondenti", "2019", 50.0), ("utilita_percepita", "2020", 3.0)]
    table = pd.DataFrame(rows, columns=["cod_esito", "periodo", "valore"]).assign(livello="ats", territorio="pavia")
    [row] = nonresponse_limits(table).to_dict("records")
    assert (row["periodo"], row["media"], row["quota"], row["limiti_media"]) == ("2019", 4.0, 0.5, 4.0)
    # half of them might all say one, or all five
    assert (row["limiti_media_inferiore"], row["limiti_media_superiore"]) == pytest.approx((2.5, 4.5))
