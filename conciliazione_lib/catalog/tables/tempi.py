"""Rules of the city-time plans: what is said of a plan that is there, and of one that is shared."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import pandas as pd

from conciliazione_lib.catalog.spec import Rule
from conciliazione_lib.errors import Problem
from conciliazione_lib.indicators.time_plan_states import ADOPTED


def _years_only_for_plans(frame: pd.DataFrame) -> list[Problem]:
    expected = f"l'anno solo per un piano adottato ({', '.join(ADOPTED)})"
    without_plan = frame[~frame["stato"].isin(ADOPTED) & frame["anno"].notna()]
    return [
        Problem(expected, f"{status}, {year}", riga=int(row))
        for row, status, year in zip(without_plan.index, without_plan["stato"], without_plan["anno"], strict=True)
    ]


def _lead_for_associations(frame: pd.DataFrame) -> list[Problem]:
    single = frame[(frame["forma"] != "associata") & frame["cod_capofila"].notna()]
    return [
        Problem("il capofila solo per i piani in forma associata", f"capofila {lead}", riga=int(row))
        for row, lead in zip(single.index, single["cod_capofila"], strict=True)
    ]


#: The rules of each table.
RULES: Final = MappingProxyType(
    {
        "piani_tempi": (
            Rule("anno_del_piano", "L'anno di adozione si indica solo per i piani adottati.", _years_only_for_plans),
            Rule("capofila_associate", "Il capofila si indica solo per i piani associati.", _lead_for_associations),
        ),
    }
)
