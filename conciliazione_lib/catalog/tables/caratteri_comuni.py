"""Rules of what each comune is like: incomes."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import pandas as pd

from conciliazione_lib.catalog.spec import Rule
from conciliazione_lib.errors import Problem


def _parts_of_taxpayers(frame: pd.DataFrame) -> list[Problem]:
    problems = []
    for column in (name for name in frame.columns if name.startswith("contribuenti_")):
        wrong = frame[(frame[column] > frame["contribuenti"]).fillna(False)]
        problems += [
            Problem(f"non più dei contribuenti ({row.contribuenti})", str(getattr(row, column)), riga=row.Index)  # type: ignore[arg-type]
            for row in wrong.itertuples()
        ]
    return problems


#: The rules of each table.
RULES: Final = MappingProxyType(
    {
        "redditi_comuni": (
            Rule("parte_dei_contribuenti", "Nessun gruppo supera i contribuenti.", _parts_of_taxpayers),
        ),
    }
)
