"""Tables that change while others change them, that fail half way, and that go back together."""

import json
import subprocess
import sys
from dataclasses import replace

import pandas as pd
import pytest

from conciliazione_lib import catalog, storage
from conciliazione_lib.cli import main
from conciliazione_lib.errors import UsoError
from conciliazione_lib.sources import importing, keeping

pytestmark = pytest.mark.usefixtures("local")

LIST = "denominazione;comune;tipo;posti;anno\n{0};{1};asilo_nido;{2};2025\n"


def list_(tmp_path, nome, comune="Azzate", posti=30):
    path = tmp_path / f"{nome}.csv"
    path.write_text(LIST.format(nome, comune, posti), encoding="utf-8")
    return path


def test_lists_added_by_several_processes_at_once_are_all_there(tmp_path):
    code = "import sys; from conciliazione_lib.cli import main; sys.exit(main(sys.argv[1:]))"
    ask = ["--come", "servizi_offerta", "--aggiungi", "--fonte", "ATS di prova"]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, "dati", "importa", str(list_(tmp_path, name)), *ask],
            stdout=subprocess.DEVNULL,
        )
        for name in ("Nido Uno", "Nido Due", "Nido Tre")
    ]
    assert [process.wait(timeout=120) for process in running] == [0, 0, 0]
    assert set(catalog.read("servizi_offerta")["denominazione"]) == {"Nido Uno", "Nido Due", "Nido Tre"}
    for _ in range(3):
        assert main(["dati", "ripristina", "servizi_offerta"]) == 0
    assert catalog.versions("servizi_offerta") == []


def test_who_waits_too_long_for_its_turn_is_told(monkeypatch, local):
    monkeypatch.setattr(keeping, "TURN", 0.1)
    local.mkdir(parents=True, exist_ok=True)
    code = "import sys; from filelock import FileLock; l = FileLock(sys.argv[1]); l.acquire(); print(1, flush=True)"
    code += "; sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(local / "tabelle.lock")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"1\n"
        with pytest.raises(UsoError, match="Un altro comando sta cambiando i dati"), importing.in_turn():
            pass
        other.stdin.close()


def test_a_store_that_fails_leaves_nothing_to_go_back_from(tmp_path, monkeypatch):
    understood = importing.understand(list_(tmp_path, "Nido Uno"), "servizi_offerta", fonte="ATS di prova")

    def full(*arguments, **others):
        raise OSError("disco pieno")

    monkeypatch.setattr(storage, "write_version", full)
    with pytest.raises(OSError, match="disco pieno"):
        importing.store(understood)
    with pytest.raises(UsoError, match="non c'è una versione precedente"):
        importing.restore("servizi_offerta")


def test_tables_that_came_in_together_go_back_together(tmp_path):
    nurseries = importing.understand(list_(tmp_path, "Nido Uno"), "servizi_offerta", fonte="ATS di prova")
    tempi = tmp_path / "tempi.csv"
    tempi.write_text("origine;destinazione;minuti\nAzzate;Varese;12,5\n", encoding="utf-8")
    other = importing.understand(tempi, "tempi_percorrenza", fonte="ATS di prova")
    importing.store(replace(nurseries, insieme=(other,)))
    importing.restore("servizi_offerta")
    assert catalog.versions("tempi_percorrenza") == []
    importing.store(replace(nurseries, insieme=(other,)))
    importing.store(other)  # its own change since: it has its own way back
    importing.restore("servizi_offerta")
    assert len(catalog.versions("tempi_percorrenza")) == 1


def test_a_version_that_outgrows_its_format_takes_the_place_of_the_smaller(tmp_path, monkeypatch):
    importing.store(importing.understand(list_(tmp_path, "Nido Uno"), "servizi_offerta", fonte="ATS di prova"))
    monkeypatch.setattr(keeping, "CSV_ROWS", 0)
    importing.store(importing.understand(list_(tmp_path, "Nido Due"), "servizi_offerta", fonte="ATS di prova"))
    assert catalog.read("servizi_offerta")["denominazione"].tolist() == ["Nido Due"]
    assert len(catalog.versions("servizi_offerta")) == 1


@pytest.mark.parametrize("data", ["../../fuori", "pippo", "2024-02-31", "31/12/2024", "0"])
def test_what_is_not_a_date_is_refused(tmp_path, data):
    with pytest.raises(UsoError, match="non è una data"):
        importing.understand(list_(tmp_path, "Nido"), "servizi_offerta", data=data, fonte="ATS di prova")


@pytest.mark.parametrize("data", ["2024", "2019/2024", "2024-12-31", "2001-10-21"])
def test_years_periods_and_days_are_dates(tmp_path, data):
    assert (
        importing.understand(list_(tmp_path, "Nido"), "servizi_offerta", data=data, fonte="ATS di prova").data == data
    )


def test_a_file_without_a_date_says_that_it_takes_today(tmp_path):
    path = tmp_path / "tempi.csv"
    path.write_text("origine;destinazione;minuti\nAzzate;Varese;12\n", encoding="utf-8")
    assert "vale la data di oggi" in importing.understand(path, "tempi_percorrenza", fonte="ATS di prova").come
    assert "oggi" not in importing.understand(list_(tmp_path, "Nido"), "servizi_offerta", fonte="ATS di prova").come


def test_a_broken_provenance_is_not_taken_for_no_data(tmp_path, capsys):
    folder = storage.folder("servizi_offerta", "importata")
    folder.mkdir(parents=True)
    (folder / "provenienza.json").write_text("{rotto", encoding="utf-8")
    assert main(["dati", "stato", "--json"]) == 0
    status = json.loads(capsys.readouterr().out)
    assert [v["tabella"] for v in status["guaste"]] == ["servizi_offerta"]
    assert "servizi_offerta" not in [v["tabella"] for v in status["assenti"]]


def test_checking_goes_on_past_a_broken_table_and_looks_under_the_imported_ones(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(catalog, "names", lambda: ["servizi_offerta", "tempi_percorrenza"])
    folder = storage.folder("servizi_offerta", "importata")
    folder.mkdir(parents=True)
    (folder / "provenienza.json").write_text("{rotto", encoding="utf-8")
    tempi = tmp_path / "tempi.csv"
    tempi.write_text("origine;destinazione;minuti\nAzzate;Varese;12,5\n", encoding="utf-8")
    understood = importing.understand(tempi, "tempi_percorrenza", data="2024-01-01", fonte="ATS di prova")
    below = importing.store(understood, tier="scaricata")
    importing.store(understood)
    pd.DataFrame({"a": [1]}).to_csv(below.percorso)
    assert main(["dati", "verifica"]) == 1
    said = capsys.readouterr().out
    assert "servizi_offerta: Il file provenienza.json" in said
    assert "tempi_percorrenza 2024-01-01 (scaricata)" in said
    assert "Tabelle con problemi: 2." in said
