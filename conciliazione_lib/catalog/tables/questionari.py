"""Rules of the questionnaires: the instrument and the thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

import pandas as pd

import conciliazione_lib.catalog.vocabularies as vocabularies
from conciliazione_lib.catalog.spec import Rule
from conciliazione_lib.errors import Problem


def _options(frame: pd.DataFrame) -> Sequence[Problem]:
    closed = frame["tipo"].isin(["scala", "scelta"])
    without = closed & ~frame["opzioni"].fillna("").str.fullmatch(r"[^=|]+=[^=|]+(\|[^=|]+=[^=|]+)+")
    towards = (frame["tipo"] == "scala") != frame["verso"].notna()
    return [
        *(
            Problem("le opzioni nella forma valore=parole|valore=parole", str(frame.at[i, "opzioni"]), riga=i)
            for i in frame.index[without]
        ),
        *(
            Problem("il verso nelle domande su scala, e solo in quelle", str(frame.at[i, "verso"]), riga=i)
            for i in frame.index[towards]
        ),
    ]


def _all_thresholds(frame: pd.DataFrame) -> Sequence[Problem]:
    thresholds = vocabularies.values("soglie")
    missing = [name for name in thresholds if name not in set(frame["cod_soglia"])]
    return [
        Problem(f"tutte le soglie: {', '.join(thresholds)}", f"manca {name}", colonna="cod_soglia") for name in missing
    ]


#: The rules of each table.
RULES: Final = MappingProxyType(
    {
        "questionario": (
            Rule("opzioni", "Le domande chiuse hanno le loro opzioni, quelle su scala il verso.", _options),
        ),
        "soglie_riservatezza": (Rule("complete", "Ogni soglia ha il suo valore.", _all_thresholds),),
    }
)
