"""The dates an edition can be made at, and why the others cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from conciliazione_lib import catalog, storage
from conciliazione_lib.cli import main
from conciliazione_lib.errors import UsoError


def test_the_dates_are_those_read_and_those_estimated() -> None:
    assert [(entry.data, entry.stimata) for entry in catalog.population_dates()] == [
        ("2022-01-01", False),
        ("2025-01-01", True),
    ]
    assert catalog.population_date("2025-01-01").provenienza.grado == "stima"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (
            "2026-01-01",
            "l'ultima data a cui si conoscono i residenti di ogni comune per sesso e la popolazione delle province per "
            "età è il 2025-01-01; al 2026-01-01 si conoscono solo i residenti di ogni comune per sesso.",
        ),
        (
            "2027-01-01",
            "l'ultima data a cui si conoscono i residenti di ogni comune per sesso e la popolazione delle province per "
            "età è il 2025-01-01.",
        ),
        ("2024-01-01", "mancano i residenti di ogni comune per sesso a quella data."),
        (
            "2023-01-01",
            "mancano i residenti di ogni comune per sesso e la popolazione delle province per età a quella data.",
        ),
    ],
)
def test_another_date_is_refused_with_the_reason(data: str, reason: str) -> None:
    with pytest.raises(UsoError) as caught:
        catalog.population_date(data)
    text = str(caught.value)
    assert f"al {data} non c'è e non si può stimare: {reason}" in text
    assert "Le date possibili sono: 2022-01-01 (letta), 2025-01-01 (stimata)." in text


def test_an_imported_population_is_a_date_and_no_estimate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(tmp_path))
    frame = catalog.read("popolazione", "2025-01-01")
    entry = {"titolo": "t", "fonte": "ISTAT", "url": "", "licenza": "", "recuperato": "", "grado": "pubblicazione"}
    for data in ("2025-01-01", "2026-01-01"):
        storage.write_version(
            "popolazione",
            "importata",
            f"{data}.parquet",
            lambda path: frame.to_parquet(path, index=False),
            entry | {"data_riferimento": data},
        )
    dates = {entry.data: entry.stimata for entry in catalog.population_dates()}
    assert dates == {"2022-01-01": False, "2025-01-01": False, "2026-01-01": False}
    assert catalog.population_date("2026-01-01").provenienza.origine == "importata"


def test_a_build_at_another_date_stops_before_it_begins(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["genera", "--data", "2026-01-01", "--solo-piano"]) == 2
    assert "La popolazione per età dei comuni al 2026-01-01 non c'è e non si può stimare" in capsys.readouterr().err
    assert main(["genera", "--data", "2025-01-01", "--solo-piano", "--ats", "pavia"]) == 0
