"""Rules of what documents declare, to be checked: figures to remake."""

from types import MappingProxyType
from typing import Final

import pandas as pd

from conciliazione_lib.catalog.spec import Rule
from conciliazione_lib.errors import Problem


def _unexplained(frame: pd.DataFrame) -> list[Problem]:
    """Find the differences with a reason and no explanation, or the other way round."""
    outside = frame[(frame["motivo"] == "nessuno") != frame["spiegazione"].isna()]
    return [
        Problem("una spiegazione quando c'è un motivo, e solo allora", f"voce {entry}", colonna="spiegazione")
        for entry in outside["voce"]
    ]


#: The rules of each table.
RULES: Final = MappingProxyType(
    {
        "documento_2020": (Rule("motivo_spiegato", "Ogni differenza ha la sua spiegazione.", _unexplained),),
    }
)
