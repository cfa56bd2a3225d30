"""Rules of the comuni and of the territories they belong to."""

from types import MappingProxyType
from typing import Final

import pandas as pd

from conciliazione_lib.catalog.spec import Rule
from conciliazione_lib.errors import Problem


def _one_period_at_a_time(frame: pd.DataFrame) -> list[Problem]:
    """Return the rows whose period overlaps the previous one of the same comune."""
    sorted_ = frame.sort_values(["cod_comune", "valido_dal"], na_position="first")
    start = sorted_["valido_dal"].fillna("0000-00-00")
    end_before = sorted_.groupby("cod_comune")["valido_al"].shift().fillna("9999-99-99")
    repeated = sorted_["cod_comune"].duplicated()
    sovrapposte = sorted_.loc[repeated & (start <= end_before), "cod_comune"]
    return [
        Problem("periodi che non si sovrappongono", f"«{code!s}» in due periodi insieme", riga=row)
        for row, code in zip(sovrapposte.index.tolist(), sovrapposte.tolist(), strict=True)
    ]


#: The rules of each table.
RULES: Final = MappingProxyType(
    {
        "comuni": (Rule("periodi", "I periodi di un comune non si sovrappongono.", _one_period_at_a_time),),
        "comuni_ats": (Rule("periodi", "I periodi di un comune non si sovrappongono.", _one_period_at_a_time),),
        "comuni_ambiti": (Rule("periodi", "I periodi di un comune non si sovrappongono.", _one_period_at_a_time),),
    }
)
