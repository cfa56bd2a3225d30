"""Rules of what only the ATS can say of its plan: the projects funded."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

import pandas as pd

from conciliazione_lib.catalog.spec import Rule
from conciliazione_lib.errors import Problem


def _contributions_not_negative(frame: pd.DataFrame) -> Sequence[Problem]:
    return [
        Problem("un contributo maggiore di zero", str(row["contributo"]), riga=int(str(index)), colonna="contributo")
        for index, row in frame[frame["contributo"].notna() & (frame["contributo"] <= 0)].iterrows()
    ]


#: The rules of each table.
RULES: Final = MappingProxyType(
    {
        "progetti_piano": (
            Rule("contributo_positivo", "Il contributo è maggiore di zero.", _contributions_not_negative),
        ),
    }
)
