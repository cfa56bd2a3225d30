"""The chapter on results, with invented indicators and questionnaires: shown, protected, attacked."""

from __future__ import annotations

import functools
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest

from conciliazione_lib import catalog, storage
from conciliazione_lib.errors import DatiError
from conciliazione_lib.evidence import Ledger
from conciliazione_lib.publish import leaks

QUADERNO = Path(__file__).resolve().parents[2] / "notebooks" / "06_esiti.ipynb"
FONTE = {"grado": "esempio", "fonte": "Dati inventati per le prove", "url": None, "note": None}


def esegui(**parametri: str) -> list[dict]:
    nomi: dict = {}
    for cella in nbformat.read(QUADERNO, as_version=4).cells:
        if cella.cell_type == "code":
            exec(compile(cella.source, QUADERNO.name, "exec"), nomi)
            if "parameters" in cella.metadata.get("tags", []):
                nomi.update(parametri)
    return [blocco.to_dict() for blocco in nomi["c"].blocchi]


@pytest.fixture
def inventati(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    """Answers of two Alleanze, one with three people only, and two indicators."""
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path / "dati locali"))
    monkeypatch.setattr("IPython.display.display", lambda *blocchi: None)
    rng = np.random.default_rng(9)
    domande = catalog.read("questionario").query("modulo == 'beneficiari' and tipo == 'scala'")["cod_domanda"]
    dove = {"modulo": "beneficiari", "ats": "pavia", "rilevazione": "2026"}
    righe = []
    for alleanza, quanti in (("Nord", 40), ("Sud", 35), ("Piccola", 3)):
        for i in range(quanti):
            base = int(rng.integers(2, 5))
            date = {d: str(int(np.clip(base + rng.integers(-1, 2), 1, 5))) for d in domande}
            date |= {"LAVP": str(rng.choice(["in_cerca", "determinato"])), "LAVD": "determinato"}
            righe += [
                {**dove, "alleanza": alleanza, "cod_rispondente": f"{i:05d}", "cod_domanda": d, "risposta": v, **FONTE}
                for d, v in date.items()
            ]
    kpi = [
        {"ats": "pavia", "alleanza": "Nord", "cod_azione": "A1", "cod_kpi": codice, "tipo": "outcome",
         "indicatore": "Persone servite", "unita": "persone", "conteggio": "persone", "somma": "unici",
         "partner": "Ente", "valore_partenza": partenza, "data_partenza": "2025-01-01", "traguardo": 10,
         "data_traguardo": "2027-01-01", "valore_raggiunto": 3, "data_valore": "2026-01-01", **FONTE}
        for codice, partenza in (("K1", 0.0), ("K2", None))
    ]  # fmt: skip
    inviati = [{**dove, "alleanza": a, "inviati": n, **FONTE} for a, n in (("Nord", 90), ("Sud", 60), ("Piccola", 9))]
    for riga in kpi:
        riga["data_partenza"] = riga["data_partenza"] if riga["valore_partenza"] is not None else None
    voce = {"data_riferimento": "2026", "titolo": "Prova", "fonte": "Inventata", "url": "", "licenza": "",
            "recuperato": "2026-02-01", "grado": "esempio"}  # fmt: skip
    risposte = pd.DataFrame(righe)
    for tabella, frame in (
        ("questionari", risposte), ("kpi", pd.DataFrame(kpi)), ("questionari_inviati", pd.DataFrame(inviati)),
    ):  # fmt: skip
        storage.write_version(tabella, "importata", "prova.csv", functools.partial(frame.to_csv, index=False), voce)
    return risposte


def test_invented_answers_never_reach_a_chapter(inventati: pd.DataFrame) -> None:
    with pytest.raises(DatiError, match="righe di esempio"):
        esegui(territorio="pavia")


def test_what_is_shown_is_protected(inventati: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "table", functools.partial(catalog.table, esempi=True))
    blocchi = esegui(territorio="pavia")
    visti = {b.get("id") for b in blocchi}
    assert {"fig-avanzamento", "tab-rilievi", "fig-giudizi", "tab-medie", "tab-alfa", "tab-prima-dopo"} <= visti
    registro = Ledger.from_dict(blocchi[-1]["registro"])
    cifre = registro.figures
    assert cifre["rispondenti.pavia.2026"].value == 78
    assert cifre["tasso_risposta.pavia.2026"].value == pytest.approx(100 * 78 / 159)
    avanzamenti = {f.value for f in cifre.values() if f.indicator == "avanzamento_kpi"}
    assert avanzamenti == {30.0, None}
    assert any(f.indicator == "alfa_dimensione" and f.value for f in cifre.values())
    # no answer of a person, no count of an indicator, in the ledger
    assert not any("cod_rispondente" in r["colonne"] or "valore_raggiunto" in r["colonne"]
                   for r in registro.rows.values())  # fmt: skip
    assert leaks.check(tmp_path / "vuota", registro) == []


def test_without_imports_the_chapter_gives_commands_that_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from conciliazione_lib.cli import main

    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path))
    monkeypatch.setattr("IPython.display.display", lambda *blocchi: None)
    monkeypatch.chdir(tmp_path)
    testi = [b["markdown"] for b in esegui(territorio="pavia") if b["tipo"] == "riquadro" and b["genere"] == "manca"]
    comandi = {testo.split("`")[1] for testo in testi}
    assert comandi == {"conciliazione dati modello kpi", "conciliazione dati modello questionari"}
    for comando in comandi:
        assert main(comando.split()[1:]) == 0
