"""The commands about quality: what they say and how they exit."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from conciliazione_lib.cli import main
from conciliazione_lib.evidence import Figure, Ledger, Place
from conciliazione_lib.quality.editions import Edition


def test_every_known_disagreement_is_found_and_none_is_invented(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["quadrature", "--json"]) == 0
    outcomes = {entry["id"]: entry for entry in json.loads(capsys.readouterr().out)}
    problems = {identifier for identifier, entry in outcomes.items() if entry["esito"] == "non_quadra"}
    assert problems == {
        "bilanci-nati-pubblicati",
        "popolazione-atto-data",
        "rapporti-adi-obiettivo-2024",
        "risorse-2017-2018",
        "risorse-2398-stampa-2020",
        "risorse-2398-stampa-2021",
        "tempi-2019-classi",
        "tempi-2019-quota-comuni",
        "tempi-milano-comuni-cessati",
        "tempi-milano-elenchi",
        "tempi-obbligati",
        "tempi-obbligati-contati",
        "tempi-obbligati-dichiarati",
        "tempi-progetti-elenco",
        "territorio-ambiti-elenchi",
    }
    # every ATS and document is there: checks that hold are shown as holding, with their numbers
    assert sum(entry["esito"] == "quadra" for entry in outcomes.values()) >= 127
    assert all(any(figure.isdigit() for figure in entry["confronto"]) for entry in outcomes.values())
    assert "13 dovrebbe essere 23" in outcomes["tempi-2019-classi"]["correzione"]
    assert "Paullo ne dichiara 6 e ne elenca 5" in outcomes["tempi-milano-elenchi"]["spiegazione"]
    assert "119,2% e 110,4%" in outcomes["rapporti-adi-obiettivo-2024"]["confronto"]
    assert "3.500.000,00 € e 3.589.307,00 €" in outcomes["risorse-2017-2018"]["confronto"]
    assert "10.012.054 e 10.033.918" in outcomes["popolazione-atto-data"]["confronto"]
    assert "un anno prima, al 1° gennaio 2024" in outcomes["popolazione-atto-data"]["spiegazione"]
    for comune in ("Bollate", "Paderno Dugnano"):
        assert (
            f"{comune} (non adottato: Rilevazione ATS Milano" in outcomes["tempi-obbligati-dichiarati"]["spiegazione"]
        )
    assert "13 e 27" in outcomes["tempi-obbligati-contati"]["confronto"]
    assert "Vermezzo e Zelo Surrigone" in outcomes["tempi-milano-comuni-cessati"]["spiegazione"]


def test_only_what_concerns_an_ats(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["quadrature", "--ats", "pavia", "--json"]) == 0
    identifiers = {entry["id"] for entry in json.loads(capsys.readouterr().out)}
    assert "risorse-2025-2027-somme" in identifiers
    assert not any("milano" in i for i in identifiers)


def test_disagreements_of_the_sources_stop_only_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["quadrature", "--problemi"]) == 0
    assert main(["quadrature", "--problemi", "--rigoroso"]) == 1
    assert "verifiche:" in capsys.readouterr().out


def edizione(folder: Path, valore: float, nome: str) -> Path:
    registry = Ledger()
    registry.add(Figure("residenti", valore, "persone", 0, Place("ats", "pavia", "Pavia"), "2022-01-01"))
    folder.mkdir()
    Edition(nome, registry, {"residenti": "m"}, {"pavia": "x"}).save(folder)
    registry.save(folder / "cifre.json")
    return folder


def test_editions_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, after = edizione(tmp_path / "a", 530_000, "A"), edizione(tmp_path / "b", 531_000, "B")
    assert main(["confronta", str(before), str(before)]) == 0
    assert "1 cifre: 0 cambiate" in capsys.readouterr().out
    # a change with no known cause is an anomaly
    assert main(["confronta", str(before), str(after), "--csv", str(tmp_path / "d.csv")]) == 1
    assert "Da controllare: residenti.pavia.2022-01-01" in capsys.readouterr().out
    assert "residenti.pavia.2022-01-01" in (tmp_path / "d.csv").read_text(encoding="utf-8")
    assert main(["confronta", str(tmp_path), str(after)]) == 2


def test_a_build_leaves_an_edition_that_can_be_compared_when_frozen(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frozen = tmp_path / "edizione congelata"
    frozen.mkdir()
    for name in ("cifre.json", "edizione.json"):
        shutil.copy(small / name, frozen)
    read_ = Edition.read(frozen)
    assert (read_.nome, read_.data) == ("2022", "2022-01-01")
    assert set(read_.metodi) == {figure.indicator for figure in read_.ledger}
    assert main(["confronta", str(frozen), str(small)]) == 0
    assert ": 0 cambiate, 0 nuove, 0 non più presenti" in capsys.readouterr().out
