"""Rules of the services for families: the supply lists of the ATS, their vocabulary, the norms."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Final

import pandas as pd

import conciliazione_lib.catalog.vocabularies as vocabularies
from conciliazione_lib.catalog.spec import Rule
from conciliazione_lib.errors import Problem

Check = Callable[[pd.DataFrame], list[Problem]]


def _ages_in_order(frame: pd.DataFrame) -> list[Problem]:
    wrong = frame[(frame["eta_a"] < frame["eta_da"]).fillna(False)]
    return [
        Problem("un'età finale non minore di quella iniziale", f"da {row.eta_da} a {row.eta_a}", riga=row.Index)  # type: ignore[arg-type]
        for row in wrong.itertuples()
    ]


def _in_order(lower: str, upper: str, what: str) -> Check:
    """Return the check that one column never comes after another; a table may have neither."""

    def check(frame: pd.DataFrame) -> list[Problem]:
        if not {lower, upper} <= set(frame.columns):
            return []
        wrong = frame[(frame[upper] < frame[lower]).fillna(False).astype(bool)]
        pairs = zip(wrong.index, wrong[lower], wrong[upper], strict=True)
        return [Problem(what, f"da {first} a {last}", riga=row, colonna=upper) for row, first, last in pairs]

    return check


def _all_types_described(frame: pd.DataFrame) -> list[Problem]:
    missing = [name for name in vocabularies.values("tipi_servizio") if name not in set(frame["tipo"])]
    return [Problem("una riga per ogni tipo di servizio", f"nessuna riga per «{name}»") for name in missing]


SORTED_AGES = Rule(
    "eta_ordinate", "La fascia di età finisce dopo essere iniziata; senza età finale è aperta.", _ages_in_order
)


#: The rules of each table.
RULES: Final = MappingProxyType(
    {
        "servizi_offerta": (
            Rule(
                "eta_ordinate",
                "L'ultima età accolta non viene prima della prima.",
                _in_order("eta_da", "eta_a", "un'ultima età non minore della prima"),
            ),
            Rule(
                "orari_ordinati",
                "Si chiude dopo avere aperto.",
                _in_order("apertura", "chiusura", "una chiusura dopo l'apertura"),
            ),
            Rule(
                "rette_ordinate",
                "La retta più alta non è minore della più bassa.",
                _in_order("retta_minima", "retta_massima", "una retta massima non minore della minima"),
            ),
            Rule(
                "posti_riservati",
                "I posti riservati sono parte dei posti.",
                _in_order("posti_disabilita", "posti", "posti riservati non più dei posti"),
            ),
        ),
        "tipi_servizio": (
            SORTED_AGES,
            Rule("tutti_i_tipi", "Ogni tipo che un elenco può contenere è descritto.", _all_types_described),
        ),
        "norme_servizi": (SORTED_AGES,),
    }
)
