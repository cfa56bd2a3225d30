"""Rules of the published indicators, and of what is counted with them.

A measure has one definition and one unit. Where two sources call different things by the same name they are two
measures, so that nobody sets them in one series.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import pandas as pd

from conciliazione_lib.catalog.spec import (
    Rule,
)
from conciliazione_lib.errors import Problem

#: A unit in which a value above 100 is a slip of the pen.
_PERCENT = "%"
_STAFF = 0.15


def _one_unit(frame: pd.DataFrame) -> list[Problem]:
    units = frame.groupby("misura")["unita"].transform("first")
    wrong = frame[frame["unita"] != units]
    return [
        Problem(f"una sola unità per {row.misura}", f"«{row.unita}»", riga=row.Index, colonna="unita")  # type: ignore[arg-type]
        for row in wrong.itertuples()
    ]


def _shares(frame: pd.DataFrame) -> list[Problem]:
    wrong = frame[(frame["unita"] == _PERCENT) & (frame["valore"] > 100)]
    return [
        Problem("un valore non superiore a 100", f"{row.valore:g}", riga=row.Index, colonna="valore")  # type: ignore[arg-type]
        for row in wrong.itertuples()
    ]


_RULES = (
    Rule("unita", "Una misura ha sempre la stessa unità.", _one_unit),
    Rule("quote", "Le quote non superano 100.", _shares),
)


def _classes_make_the_total(frame: pd.DataFrame) -> list[Problem]:
    keys = ["livello", "territorio", "anno"]
    parts = frame[frame["classe"] != "totale"].groupby(keys)[["unita_locali", "addetti"]].sum()
    totals = frame[frame["classe"] == "totale"].join(parts.add_suffix("_classi"), on=keys)
    # People employed are yearly averages, printed with one decimal for each class.
    off = (totals["addetti"] - totals["addetti_classi"]).abs() > _STAFF
    return [
        Problem(
            f"la somma delle classi ({row.unita_locali_classi:.0f} unità, {row.addetti_classi:.1f} addetti)",
            f"{row.unita_locali} unità, {row.addetti:.1f} addetti ({row.territorio}, {row.anno})",
            riga=row.Index,  # type: ignore[arg-type]
        )
        for row in totals[off | (totals["unita_locali"] != totals["unita_locali_classi"])].itertuples()
    ]


#: The rules of each table.
RULES: Final = MappingProxyType(
    {
        "indicatori_lavoro": _RULES,
        "indicatori_servizi": _RULES,
        "indicatori_bes": (
            Rule(
                "unita",
                "Un indicatore ha sempre la stessa unità.",
                lambda frame: _one_unit(frame.rename(columns={"indicatore": "misura"})),
            ),
        ),
        "unita_locali": (Rule("classi", "Le classi sommano al totale.", _classes_make_the_total),),
    }
)
