"""What there is to choose from, as text and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conciliazione_lib import catalog, cli

ATS = ["milano", "insubria", "montagna", "brianza", "bergamo", "brescia", "val-padana", "pavia"]


@pytest.fixture(autouse=True)
def progetto(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two editions and one chapter."""
    (tmp_path / "reports.toml").write_text(
        'edizione = "2025-2027"\n'
        '[edizioni."2022-2024"]\ntitolo = "Triennio 2022–2024"\ndata = "2022-01-01"\n'
        '[edizioni."2025-2027"]\ntitolo = "Triennio 2025–2027"\ndata = "2022-01-01"\n'
        '[[capitoli]]\nid = "01_territorio"\ntitolo = "Il territorio"\nnotebook = "a.ipynb"\n'
        'livelli = ["regione", "ats"]\n',
        encoding="utf-8",
    )
    (tmp_path / "a.ipynb").write_text("{}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def list_(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, list[dict[str, object]]]:
    assert cli.main(["elenca", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_lists_everything_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    everything = list_(capsys)
    assert [entry["codice"] for entry in everything["territori"]] == ["lombardia", *ATS]
    assert {entry["ats"] for entry in everything["ambiti"]} - {None} == set(ATS)
    assert everything["capitoli"] == [
        {"capitolo": "01_territorio", "titolo": "Il territorio", "livelli": ["regione", "ats"]}
    ]
    assert {entry["tabella"] for entry in everything["tabelle"]} == set(catalog.names())
    assert all(entry["fonte"] and entry["licenza"] for entry in everything["tabelle"] if entry["origine"])
    assert {entry["tabella"] for entry in everything["tabelle"] if not entry["origine"]} == {
        name for name in catalog.names() if not catalog.versions(name)
    }
    assert [entry["edizione"] for entry in everything["edizioni"] if entry["scelta"]] == ["2025-2027"]


def test_lists_one_thing_for_one_edition(capsys: pytest.CaptureFixture[str]) -> None:
    only = list_(capsys, "edizioni", "--edizione", "2022-2024")
    assert list(only) == ["edizioni"]
    assert [entry["edizione"] for entry in only["edizioni"] if entry["scelta"]] == ["2022-2024"]


def test_reads_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["elenca"]) == 0
    text = capsys.readouterr().out
    assert "\n  insubria    ATS dell’Insubria\n" in text
    assert "\n  01_territorio  Il territorio (per regione, ats)\n" in text
    assert "stima" in next(row for row in text.splitlines() if row.startswith("  popolazione 2025-01-01"))
    assert "conciliazione elenca ambiti" in text
    assert cli.main(["elenca", "ambiti"]) == 0
    assert "Melzo (ATS milano)" in capsys.readouterr().out


def test_the_unknown_is_refused(capsys: pytest.CaptureFixture[str], progetto: Path) -> None:
    assert cli.main(["elenca", "comuni"]) == 2
    assert "Valori possibili: edizioni, territori, ambiti, capitoli, tabelle." in capsys.readouterr().err
    assert cli.main(["elenca", "--edizione", "1999"]) == 2
    assert "L'edizione «1999» non è dichiarata in reports.toml." in capsys.readouterr().err
    (progetto / "reports.toml").write_text("edizione = 3\n", encoding="utf-8")
    assert cli.main(["elenca"]) == 2
    assert "La configurazione reports.toml ha" in capsys.readouterr().err
