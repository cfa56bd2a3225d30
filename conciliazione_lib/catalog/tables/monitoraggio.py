"""Rules of what the Alleanze collect: their indicators of progress (KPI).

Refused, because any number computed from it would be wrong: dates in the wrong order, a value without its date, one
indicator defined in two ways. What is only missing (a starting value, a target) is accepted and listed among the
findings of :mod:`conciliazione_lib.indicators.monitoring`, which also says what cannot be computed for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

import pandas as pd

from conciliazione_lib.catalog.spec import Rule
from conciliazione_lib.errors import Problem


def _dates_in_order(frame: pd.DataFrame) -> Sequence[Problem]:
    problems = []
    for column, name in (("data_valore", "della misura"), ("data_traguardo", "del traguardo")):
        before = frame["data_partenza"].notna() & frame[column].notna() & (frame[column] < frame["data_partenza"])
        problems += [
            Problem(
                atteso=f"la data {name} dopo quella del valore di partenza ({row['data_partenza']})",
                trovato=f"{row[column]}",
                riga=int(str(index)),
                colonna=column,
            )
            for index, row in frame[before].iterrows()
        ]
    return problems


def _values_have_dates(frame: pd.DataFrame) -> Sequence[Problem]:
    pairs = (
        ("valore_partenza", "data_partenza"),
        ("traguardo", "data_traguardo"),
        ("valore_raggiunto", "data_valore"),
    )
    return [
        Problem(
            atteso=f"la data a cui si riferisce «{value}»",
            trovato="nessuna data",
            riga=int(str(index)),
            colonna=data,
        )
        for value, data in pairs
        for index in frame.index[frame[value].notna() & frame[data].isna()]
    ]


def _one_definition(frame: pd.DataFrame) -> Sequence[Problem]:
    problems = []
    for (_, alleanza, kpi), rows in frame.groupby(["ats", "alleanza", "cod_kpi"], sort=False):
        for column in ("cod_azione", "indicatore", "unita", "conteggio", "somma"):
            values = rows[column].dropna().unique().tolist()
            if len(values) > 1:
                problems.append(
                    Problem(
                        atteso=f"una sola definizione dell'indicatore {kpi} dell'Alleanza «{alleanza}»",
                        trovato=f"«{values[0]}» e «{values[1]}»",
                        riga=int(str(rows.index[rows[column] == values[1]][0])),
                        colonna=column,
                        rimedio="Usare due codici, se gli indicatori sono due.",
                    )
                )
    return problems


#: The rules of each table.
RULES: Final = MappingProxyType(
    {
        "kpi": (
            Rule("date_in_ordine", "Misura e traguardo sono successivi al valore di partenza.", _dates_in_order),
            Rule("valori_con_data", "Ogni valore ha la sua data.", _values_have_dates),
            Rule("una_definizione", "Un indicatore ha una sola definizione fra i suoi partner.", _one_definition),
        ),
    }
)
