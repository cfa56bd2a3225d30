"""Rules of the declared choices of the index of need."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

import pandas as pd

from conciliazione_lib.catalog.spec import Rule
from conciliazione_lib.errors import Problem


def _polarities(frame: pd.DataFrame) -> Sequence[Problem]:
    return [
        Problem(atteso="polarità +1 o -1", trovato=str(value), riga=int(str(index)), colonna="polarita")
        for index, value in frame["polarita"].items()
        if value not in (1, -1)
    ]


def _ends(frame: pd.DataFrame) -> Sequence[Problem]:
    alone = frame["minimo"].isna() != frame["massimo"].isna()
    reversed_ = (frame["minimo"] >= frame["massimo"]).fillna(value=False)
    return [
        Problem(
            atteso="un minimo sotto il massimo, o nessuno dei due", trovato=f"{x.minimo}–{x.massimo}", riga=int(str(i))
        )
        for i, x in frame[alone | reversed_].iterrows()
    ]


#: The rules of each table.
RULES: Final = MappingProxyType(
    {
        "indice_bisogno": (
            Rule("polarita", "La polarità è +1 o -1.", _polarities),
            Rule("estremi", "Il minimo della scala è sotto il massimo; ci sono tutti e due o nessuno.", _ends),
        ),
    }
)
