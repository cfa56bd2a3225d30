"""What a build tells while it runs."""

from __future__ import annotations

import io
from pathlib import Path

from conciliazione_lib.build.model import Measures, Outcome
from conciliazione_lib.build.progress import Log, Plain


def test_each_wave_of_runs_is_counted_on_its_own() -> None:
    written = io.StringIO()
    account = Plain(written)
    for names in (["analisi/a", "analisi/b"], ["analisi/c"]):
        account.begin(len(names), 1)
        for name in names:
            account.finished(Outcome(name, "fatto", "", Measures(1.0)))
    assert [row.split()[0] for row in written.getvalue().splitlines()] == ["[1/2]", "[2/2]", "[1/1]"]


def test_the_publication_is_told_at_its_phases_and_at_each_fifth_of_what_is_counted(tmp_path: Path) -> None:
    written = io.StringIO()
    account = Log(tmp_path / "prova.log", Plain(written))
    account.publishing("sito")
    for facts in range(11):
        account.publishing("documenti", facts, 10)
    account.publishing("controllo delle cifre")
    account.note("Una cosa da sapere.")
    account.end()
    assert written.getvalue().splitlines() == [
        "Pubblicazione: sito",
        "Pubblicazione: documenti (0 su 10)",
        *(f"Pubblicazione: documenti ({n} su 10)" for n in (2, 4, 6, 8, 10)),
        "Pubblicazione: controllo delle cifre",
        "Una cosa da sapere.",
    ]
    registry = (tmp_path / "prova.log").read_text(encoding="utf-8").splitlines()
    assert [row[20:] for row in registry] == [
        "Pubblicazione: sito",
        "Pubblicazione: documenti (0 su 10)",
        "Pubblicazione: controllo delle cifre",
        "Una cosa da sapere.",
    ]
