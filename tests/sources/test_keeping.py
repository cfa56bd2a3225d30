"""Tables are stored and brought back whole, whatever kills the process and at whatever step."""

import json
import os
import stat
import sys

import pandas as pd
import pytest

from conciliazione_lib import catalog, storage
from conciliazione_lib.errors import DatiError
from conciliazione_lib.sources import importing, keeping

pytestmark = pytest.mark.usefixtures("local")
WATCHED = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "open", "shutil.copyfile", "os.chmod"}


def services(tmp_path, name, places):
    path = tmp_path / f"{name}.csv"
    path.write_text(f"denominazione;comune;tipo;posti;anno\n{name};Azzate;asilo_nido;{places};2025\n", encoding="utf-8")
    return importing.understand(path, "servizi_offerta", fonte="ATS di prova")


def travel(tmp_path, minutes):
    path = tmp_path / "tempi.csv"
    path.write_text(f'origine;destinazione;minuti\nAzzate;Varese;"{minutes},5"\n', encoding="utf-8")
    return importing.understand(path, "tempi_percorrenza", fonte="ATS di prova", data="2025-01-01")


def together(tmp_path, name, places):
    import dataclasses

    return dataclasses.replace(services(tmp_path, name, places), insieme=(travel(tmp_path, places),))


def state():
    try:
        places = catalog.read("servizi_offerta")["posti"].tolist()
    except Exception:
        assert catalog.versions("servizi_offerta") == []
        places = None
    minutes = catalog.read("tempi_percorrenza")["minuti"].tolist() if catalog.versions("tempi_percorrenza") else None
    return places, minutes


def killed_at(step, local, do):
    """Do something in a process that dies, without a word, at one of its steps on disk; tell whether it died."""
    child = os.fork()
    if child == 0:
        done = 0

        def watch(event, arguments):
            nonlocal done
            if event not in WATCHED or str(local) not in str(arguments):
                return
            if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)):
                return
            done += 1
            if done == step:
                os._exit(9)

        sys.addaudithook(watch)
        try:
            do()
        except BaseException:
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, 9), code
    return code == 9


def leftovers(local):
    kept = {p.name for p in (local / "precedenti").rglob("*") if p.is_dir() and p.name.startswith(".")}
    loose = set()
    for tier in keeping.TIERS:
        for folder in storage.folder("", tier).glob("*/"):
            listed = (
                {v["file"] for v in storage.read_provenance(folder)}
                if (folder / "provenienza.json").exists()
                else set()
            )
            loose |= {f.name for f in folder.iterdir()} - listed - {"provenienza.json"}
    return kept | loose


@pytest.mark.skipif(
    not hasattr(os, "fork"), reason="a kill at a step is made with fork, which this system does not have"
)
def test_a_return_killed_at_any_step_ends_where_it_would_have(tmp_path, local):
    steps, one, other = 0, together(tmp_path, "Uno", 30), together(tmp_path, "Due", 45)
    while True:
        steps += 1
        importing.store(one)
        importing.store(other)
        before, after = ([45], [45.5]), ([30], [30.5])
        died = killed_at(steps, local, lambda: importing.restore("servizi_offerta"))
        seen = state()
        # each table is whole, of before or of after
        assert seen[0] in (before[0], after[0])
        assert seen[1] in (before[1], after[1])
        if not died:
            assert seen == after
            break
        started = any(p.name.endswith("-torna") for p in (local / "precedenti").rglob("*"))
        with keeping.in_turn():
            pass
        assert state() == (after if started or seen == after else before)
        if state() == before:
            importing.restore("servizi_offerta")
        assert state() == after
        assert leftovers(local) == set()
        importing.restore("servizi_offerta")
        assert catalog.versions("servizi_offerta") == []
    assert steps > 12


@pytest.mark.skipif(
    not hasattr(os, "fork"), reason="a kill at a step is made with fork, which this system does not have"
)
def test_an_import_killed_at_any_step_is_whole_or_did_not_happen_and_has_its_way_back(tmp_path, local):
    steps, one, other = 0, services(tmp_path, "Uno", 30), services(tmp_path, "Due", 45)
    while True:
        steps += 1
        importing.store(one)
        died = killed_at(steps, local, lambda: importing.store(other))
        seen = state()[0]
        assert seen in ([30], [45])
        with keeping.in_turn():
            pass
        assert state()[0] == seen
        assert leftovers(local) == set()
        if seen == [45]:
            importing.restore("servizi_offerta")
            assert state()[0] == [30]
        importing.restore("servizi_offerta")
        assert catalog.versions("servizi_offerta") == []
        if not died:
            break
    assert steps > 8


def test_what_does_not_read_back_the_same_does_not_count(tmp_path, monkeypatch):
    importing.store(services(tmp_path, "Uno", 30))
    whole = pd.DataFrame.to_csv

    def spoiled(frame, path, **how):
        whole(frame.assign(posti=31), path, **how)

    monkeypatch.setattr(pd.DataFrame, "to_csv", spoiled)
    with pytest.raises(DatiError, match=r"non si rilegge uguale a com'è stata scritta \(posti\)"):
        importing.store(services(tmp_path, "Due", 45))
    assert state()[0] == [30]
    assert len(catalog.versions("servizi_offerta")) == 1


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n", "\x85", "\u2028", "\x0b"])
def test_a_lone_line_end_in_a_cell_leaves_a_table_that_can_be_read(tmp_path, end):
    import xlsxwriter

    path = tmp_path / "nidi.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["comune", "denominazione", "tipo", "posti", "anno"])
        page.write_row(1, 0, ["Azzate", f"Nido{end}Uno, «bello»", "asilo nido", 30, 2025])
    importing.store(importing.understand(path, "servizi_offerta", fonte="ATS"))
    (name,) = catalog.read("servizi_offerta")["denominazione"]
    assert "".join(name.split()) == "NidoUno,«bello»"


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps a user's folders from the others by itself")
def test_personal_data_are_readable_by_their_owner_only(tmp_path, local):
    frame = pd.DataFrame(
        [["beneficiari", "pavia", "Nord", "2025", "r1", "TEM1", "1", "pubblicazione", "Alleanza", None, None]],
        columns=list(catalog.spec("questionari").columns),
    )
    one = importing.Understood(catalog.spec("questionari"), frame, "2025-01-01", "t", "Alleanza", "", "", "")
    importing.store(one)
    importing.store(one)  # a copy of the first is kept aside
    found = [p for p in local.rglob("*") if "questionari" in str(p)]
    assert any(p.is_file() and p.suffix == ".csv" and "precedenti" in str(p) for p in found)
    for path in found:
        if path.suffix == ".csv" or path.name == "questionari":
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_the_way_back_of_a_change_that_did_not_happen_is_not_kept(tmp_path, local, monkeypatch):
    importing.store(services(tmp_path, "Uno", 30))
    aside = keeping._set_aside("servizi_offerta")  # killed here
    assert aside.name.endswith("-prepara")
    with keeping.in_turn():
        pass
    assert json.loads((local / "precedenti/servizi_offerta/0001/insieme.json").read_text()) == {}
    assert [p.name for p in keeping._saved("servizi_offerta")] == ["0001"]
