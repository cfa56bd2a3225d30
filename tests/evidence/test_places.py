"""The places of values among those of their level are what comparing each with each gives."""

from __future__ import annotations

import math

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from conciliazione_lib.evidence import registry
from conciliazione_lib.evidence.comparing import outcome
from conciliazione_lib.evidence.statements import Value, decide

INDICATOR = "indice_vecchiaia"

#: Values that are often the same once rounded, with bounds or without, some mostly imputed.
VALUE = st.tuples(
    st.integers(1000, 1030).map(lambda tenths: tenths / 20),
    st.one_of(st.none(), st.tuples(st.integers(0, 12), st.integers(0, 12))),
    st.sampled_from([0.0, 0.1, 0.5]),
)


def frame(values: list[tuple[float, tuple[int, int] | None, float]]) -> pd.DataFrame:
    rows = [
        {
            **{"indicatore": INDICATOR, "livello": "ats", "territorio": f"t{n:02}", "periodo": "2022", "per": ""},
            **{"valore": value, "imputata": imputed, "stato": "presente", "riferimento": True},
            "inferiore": value - bounds[0] / 10 if bounds else math.nan,
            "superiore": value + bounds[1] / 10 if bounds else math.nan,
        }
        for n, (value, bounds, imputed) in enumerate(values)
    ]
    return pd.DataFrame(rows)


@given(st.lists(VALUE, min_size=2, max_size=12), st.booleans())
def test_a_place_counts_those_that_are_surely_above_and_those_that_may_be(values, exact):
    values = [(value, None if exact else bounds, imputed) for value, bounds, imputed in values]
    rows = frame(values)
    said = decide(rows, registry.load(), lambda *_: None)
    places = said[said["genere"] == "rango"].set_index("territorio")
    decimals = registry.load()[INDICATOR].decimali
    of = [
        Value(
            row.valore,
            *(None if math.isnan(b) else b for b in (row.inferiore, row.superiore)),
            decimals,
            row.stato,
            row.imputata,
            row.territorio,
            row.periodo,
            True,
        )
        for row in rows.itertuples()
    ]
    for one in of:
        above = sum(outcome(other, one) == "sopra" for other in of)
        below = sum(outcome(other, one) == "sotto" for other in of)
        row = places.loc[one.territory]
        assert (row["posto"], row["posto_peggiore"], row["su"]) == (above + 1, len(of) - below, len(of))
