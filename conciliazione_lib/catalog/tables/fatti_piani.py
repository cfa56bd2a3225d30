"""Rules of what is known of the plans of conciliation of every ATS."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import pandas as pd

from conciliazione_lib.catalog.spec import Rule
from conciliazione_lib.errors import Problem


def _reason_to_withhold(frame: pd.DataFrame) -> list[Problem]:
    wrong = frame[(frame["pubblicabile"] == "no") != frame["motivo"].notna()]
    return [
        Problem("un motivo se e solo se il fatto non è pubblicabile", f"«{row.pubblicabile}»", riga=row.Index)  # type: ignore[arg-type]
        for row in wrong.itertuples()
    ]


def _one_value(frame: pd.DataFrame) -> list[Problem]:
    wrong = frame[frame["valore"].notna() & frame["valore_testo"].notna()]
    return [
        Problem("un numero o un testo, non entrambi", f"{row.valore} e «{row.valore_testo}»", riga=row.Index)  # type: ignore[arg-type]
        for row in wrong.itertuples()
    ]


#: The rules of each table.
RULES: Final = MappingProxyType(
    {
        "fatti_piani": (
            Rule("motivo", "Un fatto che non si pubblica dice perché.", _reason_to_withhold),
            Rule("un_valore", "Il valore è un numero o un testo.", _one_value),
        ),
    }
)
