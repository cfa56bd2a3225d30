"""Rules of what past plans did: the actions of the thirteen networks, the quantities they state."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

import pandas as pd

from conciliazione_lib.catalog.spec import Rule
from conciliazione_lib.errors import Problem


def _consecutive(frame: pd.DataFrame) -> Sequence[Problem]:
    problems = []
    for rete, actions in frame.groupby("rete_numero", sort=False):
        expected = [f"{rete}-{i:02d}" for i in range(1, len(actions) + 1)]
        if actions["cod_azione"].tolist() != expected:
            problems.append(
                Problem(
                    atteso=f"codici da {expected[0]} a {expected[-1]} per la rete {rete}, senza salti",
                    trovato=", ".join(actions["cod_azione"]),
                    colonna="cod_azione",
                )
            )
    return problems


def _in_the_sentence(frame: pd.DataFrame) -> Sequence[Problem]:
    """Check that the number is in the sentence it is said to come from, unless the note says it is in words."""
    problems = []
    for index, row in frame.iterrows():
        whole = int(row["valore"])
        writings = {str(whole), f"{whole:,}".replace(",", ".")}
        in_letters = "in lettere" in str(row["note"])
        if not in_letters and not any(s in str(row["frase"]) for s in writings):
            problems.append(
                Problem(
                    atteso=f"il numero {whole} nella frase da cui è letto",
                    trovato=f"«{row['frase']}»",
                    riga=int(str(index)),
                    colonna="frase",
                )
            )
    return problems


#: The rules of each table.
RULES: Final = MappingProxyType(
    {
        "azioni": (Rule("progressivi", "I codici di ogni rete sono consecutivi.", _consecutive),),
        "azioni_quantita": (Rule("frase", "Ogni valore compare nella frase da cui è letto.", _in_the_sentence),),
    }
)
