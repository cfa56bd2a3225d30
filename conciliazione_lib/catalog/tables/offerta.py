"""Rules of the supply that registers and surveys count: funded nurseries, measures and their units."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import pandas as pd

import conciliazione_lib.catalog.vocabularies as vocabularies
from conciliazione_lib.catalog.spec import Rule
from conciliazione_lib.errors import Problem


def _unit_of_the_measure(frame: pd.DataFrame) -> list[Problem]:
    units = vocabularies.meanings("misure_nidi")
    expected = frame["misura"].map(units)
    wrong = frame[frame["unita"] != expected]
    return [
        Problem(f"l'unità «{units[row.misura]}» per {row.misura}", f"«{row.unita}»", riga=row.Index)  # type: ignore[arg-type,index]
        for row in wrong.itertuples()
    ]


def _finished_has_its_day(frame: pd.DataFrame) -> list[Problem]:
    finished = frame["fase"] == "concluso"
    wrong = frame[finished != frame["fine_effettiva"].notna()]
    return [
        Problem("una fine effettiva se e solo se il progetto è concluso", f"«{row.fase}»", riga=row.Index)  # type: ignore[arg-type]
        for row in wrong.itertuples()
    ]


def _funds_within_the_cost(frame: pd.DataFrame) -> list[Problem]:
    return [
        Problem(f"non più dell'importo ({row.importo:.2f})", f"{row.importo_pnrr:.2f}", riga=row.Index)  # type: ignore[arg-type]
        for row in frame[frame["importo_pnrr"] > frame["importo"]].itertuples()
    ]


#: The rules of each table.
RULES: Final = MappingProxyType(
    {
        "pnrr_nidi": (
            Rule("fine", "Ha una fine effettiva chi è concluso, e nessun altro.", _finished_has_its_day),
            Rule("parte_pnrr", "La parte del PNRR non supera il totale.", _funds_within_the_cost),
        ),
        "nidi_regione": (Rule("unita", "Una misura ha sempre la stessa unità.", _unit_of_the_measure),),
    }
)
