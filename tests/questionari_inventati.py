"""Invented questionnaires of three ATS, for tests: a large one, a middling one, one too small for tables of its own."""

from __future__ import annotations

import numpy as np
import pandas as pd

from conciliazione_lib import catalog

SOURCE = {"grado": "esempio", "fonte": "Dati inventati per le prove", "url": None, "note": None}
ALLEANZE = {
    ("pavia", "Nord"): 40,
    ("pavia", "Sud"): 35,
    ("pavia", "Piccola"): 3,
    ("bergamo", "Nord"): 60,
    ("bergamo", "Valli"): 16,
    ("brescia", "Unica"): 7,
}
ORGANISATIONS = {("pavia", "Nord"): 17, ("bergamo", "Nord"): 24, ("brescia", "Unica"): 4}


def answers(seed: int = 9) -> pd.DataFrame:
    """Return answers to both questionnaires: rows of the table ``questionari`` without their source."""
    rng = np.random.default_rng(seed)
    questions = catalog.read("questionario")
    scale = {m: list(d.loc[d["tipo"] == "scala", "cod_domanda"]) for m, d in questions.groupby("modulo")}
    people: list[tuple[str, str, str, int, dict[str, str]]] = []
    for (ats, alleanza), how_many in ALLEANZE.items():
        for i in range(how_many):
            # mostly content, so that those who are not are few
            base = int(rng.choice([2, 3, 4, 5], p=[0.08, 0.22, 0.4, 0.3])) + (alleanza == "Sud")
            date = {d: str(int(np.clip(base + rng.integers(-1, 2), 1, 5))) for d in scale["beneficiari"]}
            # some leave a question out
            date = {d: v for d, v in date.items() if rng.random() < 0.95}
            date["CONS"] = str(rng.choice(["si", "no", "non_so"], p=[0.6, 0.3, 0.1]))
            date["LAVP"] = str(rng.choice(["in_cerca", "disoccupato", "determinato", "indeterminato"]))
            date["LAVD"] = date["LAVP"] if rng.random() < 0.7 else str(rng.choice(["determinato", "autonomo"]))
            if rng.random() < 0.2:
                date["APER"] = "risposta data"
            people.append(("beneficiari", ats, alleanza, i, date))
    for (ats, alleanza), how_many in ORGANISATIONS.items():
        for i in range(how_many):
            date = {d: str(int(rng.integers(2, 6))) for d in scale["organizzazioni"]}
            date["DIP"] = str(int(rng.integers(5, 120)))
            date["AZU"] = str(rng.choice(["convenzioni", "campus", "anziani", "spesa"]))
            people.append(("organizzazioni", ats, alleanza, i, date))
    rows = [
        (module, ats, alleanza, "2026", f"{i:05d}", question, answer)
        for module, ats, alleanza, i, date in people
        for question, answer in date.items()
    ]
    columns = ["modulo", "ats", "alleanza", "rilevazione", "cod_rispondente", "cod_domanda", "risposta"]
    return pd.DataFrame(rows, columns=columns)


def inviati() -> pd.DataFrame:
    """Return how many had them: rows of ``questionari_inviati`` without their source; one ATS has not said."""
    rows = [
        (module, ats, alleanza, "2026", 2 * how_many + 5)
        for module, groups in (("beneficiari", ALLEANZE), ("organizzazioni", ORGANISATIONS))
        for (ats, alleanza), how_many in groups.items()
        if ats != "brescia"
    ]
    return pd.DataFrame(rows, columns=["modulo", "ats", "alleanza", "rilevazione", "inviati"])


def kpi() -> pd.DataFrame:
    """Return indicators of three kinds: people (one too few), an amount of three partners, one of a single partner."""
    comuni = {
        "ats": "pavia", "alleanza": "Nord", "cod_azione": "A1", "somma": "somma", "data_partenza": "2025-01-01",
        "data_traguardo": "2027-01-01", "data_valore": "2026-01-01", "valore_partenza": 0.0,
    }  # fmt: skip
    rows = [
        ("K1", "Persone servite", "persone", "persone", "Ente", 10.0, 3.0),
        ("K2", "Persone formate", "persone", "persone", "Ente", 80.0, 20.0),
        ("K3", "Voucher pagati", "euro", "euro", "Uno", 9_000.0, 5_000.0),
        ("K3", "Voucher pagati", "euro", "euro", "Due", 9_000.0, 4_000.0),
        ("K3", "Voucher pagati", "euro", "euro", "Tre", 9_000.0, 4_500.0),
        ("K4", "Lavori pagati", "euro", "euro", "Uno", 50_000.0, 12_345.0),
        ("K5", "Ore di sportello", "ore", "ore", "Ente", 200.0, 50.0),
    ]
    columns = ["cod_kpi", "indicatore", "unita", "conteggio", "partner", "traguardo", "valore_raggiunto"]
    return pd.DataFrame(rows, columns=columns).assign(tipo="outcome", **comuni)
