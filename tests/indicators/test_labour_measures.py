"""Published measures of work and care, chosen and named as figures have them."""

from __future__ import annotations

import pandas as pd

from conciliazione_lib import catalog
from conciliazione_lib.indicators import labour_measures


def rates() -> pd.DataFrame:
    columns = ["misura", "livello", "territorio", "anno", "periodo", "sesso", "eta", "serie", "valore"]
    rows = [
        ("tasso_occupazione", "regione", "lombardia", 2023, "anno", "F", "20-64", "nuova", 66.0),
        ("tasso_attivita", "regione", "lombardia", 2023, "anno", "F", "15-64", "nuova", 64.0),
        ("tasso_attivita", "regione", "lombardia", 2024, "T1", "F", "15-64", "nuova", 65.0),
        ("tasso_attivita", "regione", "lombardia", 2024, "anno", "F", "15-64", "nuova", 65.5),
        ("tasso_attivita", "regione", "lombardia", 2025, "anno", "F", "15-64", "vecchia", 60.0),
        ("tasso_attivita", "provincia", "BG", 2024, "anno", "F", "15-64", "nuova", 58.0),
    ]
    return pd.DataFrame(rows, columns=columns)


def test_yearly_rates_and_the_rest_divide_the_table():
    own, rest = labour_measures.yearly_rates(rates()), labour_measures.market(rates())
    assert sorted([*own.index, *rest.index]) == list(rates().index)
    assert own["periodo"].tolist() == ["2023"]
    assert rest["quando"].tolist()[:2] == ["2023", "2024, primo trimestre"]


def test_every_code_of_the_table_has_its_words():
    rest = labour_measures.market(catalog.read("occupazione"))
    assert rest[list(labour_measures.MARKET_KEYS)].notna().all(axis=None)


def test_the_latest_is_a_whole_year_of_the_series_asked_for():
    last = labour_measures.latest(labour_measures.market(rates()), "nuova")
    assert last[["territorio", "quando"]].to_numpy().tolist() == [["lombardia", "2024"]]


def test_parents_are_named_by_what_narrows_them():
    rows = pd.DataFrame(
        {
            "anno": [2023, 2023],
            "sesso": ["donne", "donne"],
            "condizione": ["con figli", "tutti"],
            "eta_figlio": ["0-5 anni", None],
            "titolo_studio": ["tutti", "laurea"],
        }
    )
    named = labour_measures.parents(rows)
    assert named["gruppo"].tolist() == ["donne con figli 0-5 anni", "donne laurea"]
    assert named["periodo"].tolist() == [2023, 2023]
