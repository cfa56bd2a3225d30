"""What a page of a chapter says of its tables to who looks for data."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from conciliazione_lib.build.config import SiteSettings
from conciliazione_lib.evidence import Place
from conciliazione_lib.publish import opendata


def test_each_source_is_named_once_and_whole() -> None:
    tables = [
        {"fonte": "ISTAT, Bes (SER; TERRIT); MEF (IRPEF; TERRIT)"},
        {"fonte": "ISTAT, Bes (SER; TERRIT)"},
        {"fonte": ""},
    ]
    place = Place("ats", "pavia", "Pavia")
    chapter: Any = SimpleNamespace(luogo=place, slug="lavoro", titolo="Lavoro", tables=lambda: tables)
    edition: Any = SimpleNamespace(id="2025-2027", titolo="Prova", data="2025-01-01", sito=SiteSettings())
    said = opendata.json_ld(chapter, edition)["description"]
    assert said.endswith("ISTAT, Bes (SER; TERRIT); MEF (IRPEF; TERRIT)")
    assert said.count("ISTAT") == 1
