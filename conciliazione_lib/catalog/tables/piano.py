"""What only the ATS can say of its plan: who is in the Rete, who is in the Comunità di Pratica, the projects funded.

Nothing of them is embedded: they are there once the ATS has imported them, and the sections of the document that are
about them stop being fields to fill in. People have no column: a body is a member, and who stands for it is written in
the document, if anywhere.
"""

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
