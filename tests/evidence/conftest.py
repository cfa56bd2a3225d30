"""Figures for the tests of this room: invented territories' values, real names."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from conciliazione_lib import evidence
from conciliazione_lib.evidence import Figure, FigureSet, Ledger, Place

ATS = {
    "milano": "Milano",
    "insubria": "Insubria",
    "montagna": "Montagna",
    "brianza": "Brianza",
    "bergamo": "Bergamo",
    "brescia": "Brescia",
    "val-padana": "Val Padana",
    "pavia": "Pavia",
}
NAMES = {("regione", "lombardia"): "Lombardia", ("italia", "italia"): "Italia", ("ambito", "pavia"): "Pavia"}


def place(livello: str, codice: str) -> Place:
    return Place(livello, codice, ATS[codice] if livello == "ats" else NAMES.get((livello, codice), codice.title()))


@pytest.fixture
def the_figure() -> Callable[..., Figure]:
    """A figure of any territory: ``figura(56.4)``, ``figura(10, "pavia", lower=8, upper=12)``."""

    def create(
        valore: float | None,
        codice: str = "insubria",
        *,
        livello: str = "ats",
        periodo: str = "2022",
        indicatore: str = "indice_vecchiaia",
        unita: str = "%",
        decimali: int = 1,
        **other: object,
    ) -> Figure:
        return Figure(indicatore, valore, unita, decimali, place(livello, codice), periodo, **other)

    return create


@pytest.fixture
def popolazione() -> pd.DataFrame:
    """Invented residents by ATS, with a provenance."""
    frame = pd.DataFrame(
        {
            "territorio": [code for code in ATS for _ in range(3)],
            "eta": [5, 40, 70] * len(ATS),
            "residenti": [n for i in range(len(ATS)) for n in (100 + 10 * i, 640, 230 - 5 * i)],
        }
    )
    frame.attrs["provenienza"] = {
        "tabella": "popolazione",
        "origine": "incorporata",
        "data_riferimento": "2022-01-01",
        "titolo": "Popolazione",
        "fonte": "ISTAT",
        "url": "https://demo.istat.it",
        "licenza": "CC BY 4.0",
        "recuperato": "2026-11-20",
        "sha256": "ab" * 32,
        "grado": "pubblicazione",
        "provvisorio": False,
        "note": "",
        "file": "popolazione.parquet",
    }
    return frame


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def f(popolazione: pd.DataFrame, ledger: Ledger) -> FigureSet:
    """Ageing index and its terms for the eight ATS and Lombardia; the chapter's own territory is Insubria."""
    young = [100 + 10 * i for i in range(len(ATS))]
    elders = [230 - 5 * i for i in range(len(ATS))]
    frame = pd.DataFrame(
        {
            "livello": ["ats"] * len(ATS) + ["regione"],
            "territorio": [*ATS, "lombardia"],
            "residenti_0_14": [*young, sum(young)],
            "residenti_65_piu": [*elders, sum(elders)],
        }
    )
    frame["indice_vecchiaia"] = 100 * frame["residenti_65_piu"] / frame["residenti_0_14"]
    return evidence.cifre(
        frame,
        ledger=ledger,
        luogo=place,
        proprio=place("ats", "insubria"),
        periodo="2022-01-01",
        ingressi=[popolazione],
    )
