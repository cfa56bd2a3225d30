"""The same notebooks at another date: analyses and chapters of one ATS are those of that day, and of no other."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from quaderni import DATA, EDIZIONE, RADICE

from conciliazione_lib.evidence import formats

ALTRA = "2022-01-01"


@pytest.fixture(scope="module")
def genera(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """What «genera» says of the run at another date, and the folder of the edition."""
    uscita = tmp_path_factory.mktemp("altra data")
    comando = [sys.executable, "-m", "conciliazione_lib", "genera", "--data", ALTRA, "--ats", "pavia", "--json"]
    esito = subprocess.run(
        [*comando, "--uscita", str(uscita)], cwd=RADICE, capture_output=True, text=True, encoding="utf-8"
    )
    assert esito.returncode == 0, esito.stdout + esito.stderr
    return json.loads(esito.stdout), uscita / "reports" / EDIZIONE


def blocks(edizione: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every block of every chapter, but the ledgers."""
    for file in sorted((edizione / "notebook").rglob("*.ipynb")):
        for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]:
            for output in cell.get("outputs", []):
                block = output["data"]["application/vnd.conciliazione.blocco+json"]
                if block["tipo"] != "registro":
                    yield file.stem, block


def test_every_chapter_is_of_the_other_date(genera: tuple[dict[str, Any], Path]) -> None:
    _, edizione = genera
    headings = [block for _, block in blocks(edizione) if block["tipo"] == "intestazione"]
    assert len(headings) > 10
    assert {heading["data"] for heading in headings} == {ALTRA}
    ledger = json.loads((edizione / "cifre.json").read_text(encoding="utf-8"))
    [pavia] = [figure for figure in ledger["cifre"] if figure["id"] == f"residenti.pavia.{ALTRA}"]
    assert pavia["valore"] == 534_506  # ISTAT, 1 January 2022


def test_the_date_of_the_edition_is_named_only_of_what_is_of_that_day(genera: tuple[dict[str, Any], Path]) -> None:
    """Either a figure of that day is beside it, or the chapter that looks ahead speaks of a day to come."""
    day, told = formats.data(DATA), []
    for chapter, block in blocks(genera[1]):
        text = json.dumps(block, ensure_ascii=False)
        if day in text and f".{DATA}" not in text:
            told.append((chapter, block["tipo"]))
    assert set(told) == {("08_prospettive", "testo")}
