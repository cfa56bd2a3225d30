"""The same analyses and chapters at another date: they are of that day, and of no other.

The figures of the whole region are computed once more, and the chapters of one ATS told from them, all in this process:
it costs less than a run of the command, which other tests make. What pages and documents add has a test of its own,
that no year is written in them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from quaderni import CONFIG, DATA, part, tell

from conciliazione_lib.evidence import Store, formats, store

OTHER = "2022-01-01"
TERRITORI = {"ats": "pavia", "ambito": "lomellina", "regione": "lombardia"}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the figures at another date."""
    parts: dict[str, Path] = {}
    left = list(CONFIG.analisi)
    while left:
        ready = next(analysis for analysis in left if set(analysis.segue) <= set(parts))
        earlier = [parts[followed] for followed in ready.segue] or [tmp_path_factory.mktemp("nessuna")]
        parts[ready.id] = part(ready.id, *earlier, data=OTHER)
        left.remove(ready)
    folder = tmp_path_factory.mktemp("altra data") / "cifre"
    store.write(store.join(store.load(one) for one in parts.values()), folder)
    return folder


@pytest.fixture(scope="module")
def chapters(archive: Path) -> dict[str, list[dict[str, Any]]]:
    """The blocks of every chapter, for one territory of the first of its levels that there is."""
    told = {}
    for chapter in CONFIG.capitoli:
        level = next(level for level in TERRITORI if level in chapter.livelli)
        told[chapter.id] = tell(chapter.id, TERRITORI[level], archive, OTHER)
    return told


def test_every_chapter_is_of_the_other_date(archive: Path, chapters: dict[str, list[dict[str, Any]]]) -> None:
    assert {blocks[0]["data"] for blocks in chapters.values()} == {OTHER}
    residents = (
        Store(archive).of("residenti").query("livello == 'ats' and territorio == 'pavia' and riferimento and per == ''")
    )
    assert residents[["periodo", "valore"]].to_numpy().tolist() == [[OTHER, 534_506.0]]  # ISTAT, 1 January 2022


def test_the_date_of_the_edition_is_named_only_of_what_is_of_that_day(
    chapters: dict[str, list[dict[str, Any]]],
) -> None:
    """A figure of that day is beside it."""
    day, told = formats.data(DATA), []
    for chapter, blocks in chapters.items():
        for block in blocks[:-1]:  # the last is the ledger
            text = json.dumps(block, ensure_ascii=False)
            if day in text and f".{DATA}" not in text:
                told.append((chapter, block["tipo"]))
    assert told == []
