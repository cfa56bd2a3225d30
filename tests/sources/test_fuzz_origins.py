"""Thousands of damaged files of ISTAT through the real readers: never a traceback, never a value that changes.

Whatever is accepted is compared, cell by cell, with what the damaged file says, read here in another way; then it is
stored, read back and compared again.
"""

import csv
import io
import random
import re

import pytest
from sources import museum
from sources.damage import damaged
from sources.museum import P2, POSAS, small
from sources.server import CSV

from conciliazione_lib import catalog, storage
from conciliazione_lib.errors import ConciliazioneError
from conciliazione_lib.sources import importing, istat, istat_tables, origins, statuses
from conciliazione_lib.sources.balance_file import COLUMNS, read_balance
from conciliazione_lib.sources.demo_lines import PROVINCE
from conciliazione_lib.sources.http import RemoteError
from conciliazione_lib.sources.population_file import read_population
from conciliazione_lib.sources.raw import Answer

POPULATIONS, BALANCES, STREAMS = 800, 1_500, 1_500
#: One accepted file in so many is stored too: that takes most of the time.
KEPT = 8


def decoded(content):
    """Return the lines of a file, with UTF-8 and what is not UTF-8 each as it is."""
    text = []
    for line in content.removeprefix(b"\xef\xbb\xbf").split(b"\n"):
        try:
            text.append(line.decode("utf-8").rstrip("\r"))
        except UnicodeDecodeError:
            text.append(line.decode("cp1252", errors="replace").rstrip("\r"))
    return text


def table(content, names):
    """Return the cells of the columns of some names, row by row: only of lines whose first such cell is a code."""
    lines = [line for line in decoded(content) if not line.lower().startswith("sep=")]
    at = next(n for n, line in enumerate(lines[1:], start=1) if line.strip(" ;,\t"))
    separator = max(";,\t", key=lines[at].count)
    header = [
        re.sub(r"[^a-z0-9]+", " ", cell.lower().replace("à", "a")).strip()
        for cell in next(csv.reader([lines[at]], delimiter=separator))
    ]
    places = [next(header.index(name) for name in wanted if name in header) for wanted in names]
    rows = []
    for line in lines[at + 1 :]:
        try:
            cells = next(csv.reader([line], delimiter=separator), [])
        except csv.Error:
            continue  # a file with such a row must not be accepted with it
        if cells and max(places) < len(cells) and re.fullmatch(r"\d{4,6}([.,]0)?", cells[places[0]].strip(), re.ASCII):
            rows.append([cells[place].strip() for place in places])
    return rows


def number(text):
    return int(re.fullmatch(r"(-?[0-9]+)([.,]0)?", text)[1])


def code(text):
    return re.match(r"[0-9]+", text)[0].zfill(6)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Store what was accepted, read it back, and say whether it is the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(storage.ROOT_VARIABLE, str(tmp_path_factory.mktemp("dati")))

        def store(name, frame, data):
            spec = catalog.spec(name)
            valid = catalog.validate(frame, spec)
            importing.store(importing.Understood(spec, valid, data, "t", "f", "", "", ""), tier="scaricata")
            back = catalog.read(name, data)
            storage._memories.clear()
            assert back.columns.tolist() == valid.columns.tolist()
            for column in valid:
                assert back[column].astype("object").where(back[column].notna(), None).tolist() == (
                    valid[column].astype("object").where(valid[column].notna(), None).tolist()
                )

        yield store


def attempt(read, *arguments):
    """Return what a reader gives, or None when it refuses with a message of ours; anything else is a failure."""
    try:
        return read(*arguments)
    except ConciliazioneError:
        return None


def test_damaged_populations(tmp_path, stored):
    rng = random.Random(22)
    territorio = small("2022-01-01")
    layouts = [
        POSAS[name]
        for name in ("2025, definitive since 30 January 2026", "2026", "2021, with commas and without the sum")
    ]
    wholes = [museum.posas(layout, territorio) for layout in layouts]
    path, accepted = tmp_path / "p.csv", 0
    for _ in range(POPULATIONS):
        content = damaged(rng, rng.choice(wholes))
        path.write_bytes(content)
        read = attempt(read_population, path, territorio)
        if read is None:
            continue
        accepted += 1
        names = [("codice comune",), ("eta",), ("totale maschi", "maschi"), ("totale femmine", "femmine")]
        said = {}
        for comune, age, men, women in table(content, names):
            if code(comune).startswith(PROVINCE) and number(age) != 999:
                said[code(comune), number(age), "M"] = number(men)
                said[code(comune), number(age), "F"] = number(women)
        assert read.frame.set_index(["cod_comune", "eta", "sesso"])["residenti"].to_dict() == said
        assert len(read.frame) == len(said)
        assert "stima" not in decoded(content)[0] or read.stato != "definitivo"
        if accepted % KEPT == 0:
            stored("popolazione", read.frame, read.data)
    assert 50 < accepted < POPULATIONS - 50


def test_damaged_balances(tmp_path, stored):
    rng = random.Random(23)
    territorio = small("2025-12-31", each=2)
    whole = museum.balance(P2["2025"], territorio, lambda place: "p" if place % 2 else "")
    path, accepted = tmp_path / "b.csv", 0
    for _ in range(BALANCES):
        content = damaged(rng, whole)
        path.write_bytes(content)
        read = attempt(read_balance, path, territorio)
        if read is None:
            continue
        accepted += 1
        names = [("codice comune",), *(names for names, _ in COLUMNS.values())]
        said = {code(row[0]): [number(cell) for cell in row[1:]] for row in table(content, names)}
        said = {comune: values for comune, values in said.items() if comune.startswith(PROVINCE)}
        found = read.frame.set_index("cod_comune")[list(COLUMNS)]
        assert {comune: list(values) for comune, *values in found.itertuples()} == said
        if accepted % KEPT == 0:
            rows = read.frame.assign(anno=read.anno, grado="pubblicazione", fonte="ISTAT", url=None, note=None)
            stored("bilancio_demografico", rows, str(read.anno))
    assert 50 < accepted < BALANCES - 50


class _Kept:
    """A client that only keeps answers."""

    class raw:
        @staticmethod
        def forget(answer):
            pass


def test_damaged_flows(tmp_path, stored):
    rng = random.Random(24)
    origin = next(o for o in origins.load({}).of("popolazione_italia") if o.genere == "sdmx")
    names = ("FREQ", "REF_AREA", "DATA_TYPE", "SEX", "AGE", "MARITAL_STATUS")
    form = istat.Structure(origin.flusso, "1.0", names, None)
    lines = ["DATAFLOW," + ",".join(names) + ",TIME_PERIOD,OBS_VALUE,OBS_STATUS"]
    for sex in ("1", "2"):
        for age in range(101):
            written = f"Y{age}" if age < 100 else "Y_GE100"
            flag = "e" if age % 3 == 0 else ""
            lines.append(f"IT1:F(1.0),A,IT,JAN,{sex},{written},99,2026,{1000 + age},{flag}")
    whole = ("\n".join(lines) + "\n").encode()
    path, accepted = tmp_path / "f.csv", 0
    answer = Answer("https://esempio.it", path, "x", CSV, "")
    for _ in range(STREAMS):
        content = damaged(rng, whole)
        path.write_bytes(content)
        frame = attempt(istat._read, _Kept, answer, form)
        if frame is None:
            continue
        # what was read is what is written, row by row
        header, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        assert len(frame) == len(rows)
        for row, found in zip(rows, frame.itertuples(index=False), strict=True):
            given = dict(zip(header, row, strict=True))
            assert [given[name] for name in names] == [getattr(found, name) for name in names]
            assert int(given["TIME_PERIOD"][:4]) == found.TIME_PERIOD
            if given["OBS_VALUE"].strip(" ") in ("", "NaN"):
                assert found.OBS_VALUE != found.OBS_VALUE
            else:
                assert float(given["OBS_VALUE"]) == found.OBS_VALUE
            assert statuses.of_flag(given.get("OBS_STATUS", "")) == found.OBS_STATUS
        checked = attempt(single, frame, form, origin)
        if checked is None:
            continue
        table_rows = attempt(istat_tables.population, checked, origin, None)
        if table_rows is None:
            continue
        accepted += 1
        given = {(r.SEX, r.AGE): r.OBS_VALUE for r in frame.itertuples()}
        for row in table_rows.itertuples():
            sex = {"M": ("1", "M"), "F": ("2", "F")}[row.sesso]
            age = f"Y{row.eta}" if row.eta < 100 else "Y_GE100"
            values = [given[s, a] for s in sex for a in {age, age.replace("Y", "Y0")} if (s, a) in given]
            assert row.residenti == sum(values)
        if accepted % KEPT == 0:
            stored("popolazione_italia", statuses.settled(table_rows)[0], "2026-01-01")
    assert 50 < accepted < STREAMS - 50


def single(frame, form, origin):
    """Return the observations, after the checks that a download goes through."""
    if any(set(frame[name]) != {code} for name, code in origin.key(form.dimensions).items()):
        raise RemoteError("altri codici")
    istat._check_single(frame, form, origin)
    istat._check_repeated(frame, form)
    return istat.Observations(frame, "https://esempio.it", ())
