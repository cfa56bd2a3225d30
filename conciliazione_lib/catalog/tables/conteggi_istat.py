"""Rules of what ISTAT counts by comune or by ambito: births, families, social spending."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import pandas as pd

from conciliazione_lib.catalog.spec import Rule
from conciliazione_lib.errors import Problem


def _balance(frame: pd.DataFrame) -> list[Problem]:
    wrong = frame[frame["saldo_naturale"].notna() & (frame["saldo_naturale"] != frame["nati"] - frame["morti"])]
    return [
        Problem(f"nati meno morti ({row.nati - row.morti})", str(row.saldo_naturale), riga=row.Index)  # type: ignore[arg-type,operator]
        for row in wrong.itertuples()
    ]


def _people_in_families(frame: pd.DataFrame) -> list[Problem]:
    few = frame[frame["componenti"] < frame["famiglie"]]
    alone = frame[(frame["famiglie_unipersonali"] > frame["famiglie"]).fillna(False)]
    return [
        *(
            Problem(f"almeno una persona per famiglia ({row.famiglie})", str(row.componenti), riga=row.Index)  # type: ignore[arg-type]
            for row in few.itertuples()
        ),
        *(
            Problem(f"non più delle famiglie ({row.famiglie})", str(row.famiglie_unipersonali), riga=row.Index)  # type: ignore[arg-type]
            for row in alone.itertuples()
        ),
    ]


def _parts_within_total(key: str) -> Rule:
    def check(frame: pd.DataFrame) -> list[Problem]:
        totals = frame[frame["area"] == "totale"].set_index([key, "anno"])["spesa"].rename("totale")
        parts = frame[frame["area"] != "totale"].drop_duplicates([key, "anno", "area"]).join(totals, on=[key, "anno"])
        # A euro of tolerance: the parts are rounded one by one.
        return [
            Problem(f"non più della spesa totale ({row.totale:.0f})", f"{row.spesa:.0f} ({row.area})", riga=row.Index)  # type: ignore[arg-type]
            for row in parts[parts["spesa"] > parts["totale"] + 1].itertuples()
        ]

    return Rule("aree_entro_il_totale", "La spesa di un'area non supera quella totale.", check)


#: The rules of each table.
RULES: Final = MappingProxyType(
    {
        "bilancio_demografico": (
            Rule("saldo_naturale", "Il saldo naturale è la differenza fra nati e morti.", _balance),
        ),
        "famiglie": (Rule("persone_in_famiglia", "In ogni famiglia c'è almeno una persona.", _people_in_families),),
        "spesa_sociale_comuni": (_parts_within_total("cod_comune"),),
        "spesa_sociale_ambiti": (_parts_within_total("ambito"),),
    }
)
