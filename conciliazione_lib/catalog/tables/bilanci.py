"""Rules of the balances that ISTAT publishes by territory: what enters and leaves leads from the first to the last."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import pandas as pd

from conciliazione_lib.catalog.spec import Rule
from conciliazione_lib.errors import Problem


def _accounts(frame: pd.DataFrame) -> list[Problem]:
    """Return the rows where what enters and leaves does not lead from the first residents to the last."""
    computed = (
        frame["residenti_inizio"]
        + frame["nati"]
        - frame["morti"]
        + frame["iscritti_altri_comuni"]
        - frame["cancellati_altri_comuni"]
        + frame["iscritti_estero"]
        - frame["cancellati_estero"]
        + frame["variazioni_territoriali"]
    )
    counted = (frame["residenti_calcolati"] + frame["aggiustamento_statistico"]).fillna(frame["residenti_censiti"])
    return [
        *_unequal(computed, frame["residenti_calcolati"], "residenti_calcolati"),
        *_unequal(counted.dropna(), frame["residenti_censiti"].dropna(), "residenti_censiti"),
    ]


def _accounts_of_foreigners(frame: pd.DataFrame) -> list[Problem]:
    computed = (
        frame["residenti_inizio"]
        + frame["nati"]
        - frame["morti"]
        + frame["saldo_interno"]
        + frame["saldo_estero"]
        - frame["acquisizioni_cittadinanza"]
    )
    return _unequal(computed, frame["residenti_fine"], "residenti_fine")


def _unequal(expected: pd.Series, found: pd.Series, column: str) -> list[Problem]:
    wrong = found[found != expected]
    return [
        Problem(f"{expected.at[label]:.0f}, dalle altre colonne", f"{value:.0f}", riga=label, colonna=column)  # type: ignore[arg-type]
        for label, value in wrong.items()
    ]


#: The rules of each table.
RULES: Final = MappingProxyType(
    {
        "bilancio_territori": (
            Rule("conti", "Entrate e uscite portano dai residenti iniziali a quelli finali.", _accounts),
        ),
        "bilancio_stranieri": (
            Rule("conti", "Entrate e uscite portano dai residenti iniziali a quelli finali.", _accounts_of_foreigners),
        ),
    }
)
