"""Rules of the money of the programmes: who it is given to."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import pandas as pd

from conciliazione_lib.catalog.spec import Rule
from conciliazione_lib.errors import Problem
from conciliazione_lib.region import REGION


def _known_territories(frame: pd.DataFrame) -> list[Problem]:
    allowed = {"asl": REGION.asl, "ats": REGION.ats, "regione": (REGION.codice,)}
    return [
        Problem(f"un territorio di livello {level}", str(territorio), riga=int(row))
        for row, level, territorio in zip(frame.index, frame["livello"], frame["territorio"], strict=True)
        if territorio not in allowed[level]
    ]


#: The rules of each table.
RULES: Final = MappingProxyType(
    {
        "riparti": (Rule("territori_noti", "Il territorio esiste nel suo livello.", _known_territories),),
    }
)
