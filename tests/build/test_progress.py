"""What a build tells while it runs."""

from __future__ import annotations

import io
from pathlib import Path

from conciliazione_lib.build.model import Measures, Outcome
from conciliazione_lib.build.progress import Log, Plain


def test_each_wave_of_runs_is_counted_on_its_own() -> None:
    scritto = io.StringIO()
    racconto = Plain(scritto)
    for nomi in (["analisi/a", "analisi/b"], ["analisi/c"]):
        racconto.begin(len(nomi), 1)
        for nome in nomi:
            racconto.finished(Outcome(nome, "fatto", "", Measures(1.0)))
    assert [riga.split()[0] for riga in scritto.getvalue().splitlines()] == ["[1/2]", "[2/2]", "[1/1]"]


def test_the_publication_is_told_at_its_phases_and_at_each_fifth_of_what_is_counted(tmp_path: Path) -> None:
    scritto = io.StringIO()
    racconto = Log(tmp_path / "prova.log", Plain(scritto))
    racconto.publishing("sito")
    for fatti in range(11):
        racconto.publishing("documenti", fatti, 10)
    racconto.publishing("controllo delle cifre")
    racconto.note("Una cosa da sapere.")
    racconto.end()
    assert scritto.getvalue().splitlines() == [
        "Pubblicazione: sito",
        "Pubblicazione: documenti (0 su 10)",
        *(f"Pubblicazione: documenti ({n} su 10)" for n in (2, 4, 6, 8, 10)),
        "Pubblicazione: controllo delle cifre",
        "Una cosa da sapere.",
    ]
    registro = (tmp_path / "prova.log").read_text(encoding="utf-8").splitlines()
    assert [riga[20:] for riga in registro] == [
        "Pubblicazione: sito",
        "Pubblicazione: documenti (0 su 10)",
        "Pubblicazione: controllo delle cifre",
        "Una cosa da sapere.",
    ]
