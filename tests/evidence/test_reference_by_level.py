"""The reference period that an analysis gives for some levels only, and the place of what is mostly imputed."""

from __future__ import annotations

import pandas as pd
import pytest

from conciliazione_lib.evidence import Figure, Place, completeness, load, statements, writing
from conciliazione_lib.evidence.claims import claim

CODES = {"ats": ["milano", "pavia"], "regione": ["lombardia"]}


def figures(rows: list[tuple[str, str, str, float, float]]) -> pd.DataFrame:
    columns = ["livello", "territorio", "periodo", "tasso_occupazione_m", "tasso_occupazione_m_imputata"]
    return writing.rows(pd.DataFrame(rows, columns=columns), registry=load())


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"ats": "2023", "regione": "2023"}),
        ({"tasso_occupazione_m": "2022"}, {"ats": "2022", "regione": "2022"}),
        ({"tasso_occupazione_m": {"ats": "2022"}}, {"ats": "2022", "regione": "2023"}),
        ({"tasso_occupazione_m": {"ats": "1999"}}, {"ats": "2023", "regione": "2023"}),
    ],
)
def test_a_reference_may_be_given_for_every_level_or_for_some(given, expected):
    rows = figures(
        [(level, code, year, 80.0, 0.0) for level in CODES for code in CODES[level] for year in ("2022", "2023")]
    )
    chosen = completeness.choose_reference(rows, CODES.__getitem__, given)
    found = chosen[chosen["riferimento"]].groupby("livello")["periodo"].unique().map(list).to_dict()
    assert found == {level: [period] for level, period in expected.items()}


def test_a_value_mostly_imputed_has_no_place_of_its_own_and_is_at_neither_end():
    values = [("milano", 70.0, 0.0), ("montagna", 80.0, 0.36), ("pavia", 90.0, 0.1)]
    rows = figures([("ats", code, "2022", value, share) for code, value, share in values])
    said = statements.decide(rows, load(), lambda level, code, of: None)
    places = said[said["genere"] == "rango"].set_index("territorio")["esito"]
    assert places.to_dict() == {"milano": "2-3", "montagna": "1-3", "pavia": "1-2"}
    ends = said[said["genere"] == "estremo"].set_index("termine")["territorio"]
    assert ends.to_dict() == {"alto": "pavia", "basso": "milano"}
    told = [
        Figure("tasso_occupazione_m", value, "%", 1, Place("ats", code, code.title()), "2022", imputed=share)
        for code, value, share in values
    ]
    assert claim("estremo", told, verso="alto").words == "l'ATS di Pavia"
    assert claim("estremo", told, verso="basso").words == "l'ATS della Città Metropolitana di Milano"
