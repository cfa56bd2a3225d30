"""The whole run, as ``make site`` makes it: every chapter, territory, page and document of the real edition."""

from __future__ import annotations

import json
import posixpath
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urlsplit

import docx
import pandas as pd
import pypdfium2
import pytest
from lxml import html

from conciliazione_lib import build, territory
from conciliazione_lib.evidence import Place
from conciliazione_lib.publish import addresses

ROOT = Path(__file__).resolve().parents[2]
CONFIG = build.load(ROOT)
MAP = territory.load(CONFIG.edizioni[CONFIG.edizione].data)

#: Indicators of the chapters on territory and demography: two ATS with the same value would be one ATS read twice.
TERRITORIAL = (
    *("residenti", "residenti_m", "residenti_f", "residenti_0_2", "residenti_80_piu", "superficie_kmq", "densita"),
    *("n_comuni", "quota_residenti_comuni_piccoli", "eta_media", "indice_vecchiaia", "indice_dipendenza_strutturale"),
    *("indice_dipendenza_giovanile", "indice_dipendenza_anziani", "indice_ricambio_popolazione_attiva"),
    *("indice_struttura_popolazione_attiva", "indice_carico_figli", "rapporto_mascolinita"),
    *("bambini_0_2_per_100_donne_30_44", "anziani_80_per_100_50_64"),
)


def codes(livello: str) -> list[str]:
    """Return the territories that have pages: an ambito of which no comune is known has none."""
    return [code for code in MAP.codes(livello) if livello != "ambito" or len(MAP.members(livello, code))]


@pytest.fixture(scope="module")
def ledger(generated: Path) -> list[dict[str, Any]]:
    return json.loads((generated / "cifre.json").read_text(encoding="utf-8"))["cifre"]


def test_every_chapter_is_there_for_every_territory(generated: Path) -> None:
    manifest = json.loads((generated / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["falliti"] == []
    facts = {(c["livello"], c["territorio"], c["capitolo"]) for c in manifest["capitoli"] if c["stato"] == "fatto"}
    expected = {
        (level, code, chapter.id) for chapter in CONFIG.capitoli for level in chapter.livelli for code in codes(level)
    }
    assert facts == expected
    assert sum(level == "ats" for level, _, _ in facts) == 8 * sum("ats" in c.livelli for c in CONFIG.capitoli)


def test_every_territory_has_its_pages_and_documents(generated: Path) -> None:
    figures = pd.read_parquet(generated / "cifre.parquet").query("indicatore == 'residenti' and livello == 'ambito'")
    residents = figures[figures["riferimento"] & (figures["stato"] == "presente")].set_index("territorio")["valore"]
    for level in ("regione", "ats", "ambito"):
        for code in codes(level):
            kind = "ambiti" if level == "ambito" else "territori"
            assert (generated / "sito" / kind / code / "index.html").is_file(), code
            base = generated / addresses.document(Place(level, code, code))
            word, pdf = (base.with_name(f"{base.name}.{extension}") for extension in ("docx", "pdf"))
            written, pages = docx.Document(str(word)), len(pypdfium2.PdfDocument(pdf))
            # without all its comuni an ambito has no figures, and its sheet says so
            partial = any("perciò non se ne danno i totali" in paragraph.text for paragraph in written.paragraphs)
            assert partial == (level == "ambito" and residents.get(code) is None), base
            assert partial or sum(len(table.rows) for table in written.tables) > 8, base
            # the sheet of an ambito is a page to hand over and one of notes
            assert pages == 2 if level == "ambito" else pages > 20, (base, pages)
            if level != "ambito":
                assert (generated / "tabelle" / f"{code}.xlsx").is_file(), code


def test_the_eight_ats_differ_in_every_territorial_figure(ledger: list[dict[str, Any]]) -> None:
    values: dict[str, dict[str, float]] = defaultdict(dict)
    for figure in ledger:
        if figure["livello"] == "ats" and figure["id"] == f"{figure['indicatore']}.{figure['territorio']}.{MAP.data}":
            values[figure["indicatore"]][figure["territorio"]] = figure["valore"]
    for indicator in TERRITORIAL:
        assert set(values[indicator]) == set(MAP.codes("ats")), indicator
        assert len(set(values[indicator].values())) == 8, (indicator, values[indicator])


def test_the_ats_sum_to_the_region(ledger: list[dict[str, Any]]) -> None:
    residenti = {
        c["territorio"]: c["valore"]
        for c in ledger
        if c["id"].endswith(f".{MAP.data}") and c["indicatore"] == "residenti"
    }
    assert sum(residenti[code] for code in MAP.codes("ats")) == residenti["lombardia"] == 10_033_918


def test_no_link_or_anchor_of_the_site_is_broken(generated: Path) -> None:
    site = generated / "sito"
    file = {f.relative_to(site).as_posix() for f in site.rglob("*") if f.is_file()}
    anchors, links = {}, []
    for page in sorted(name for name in file if name.endswith(".html")):
        tree = html.fromstring((site / page).read_bytes())
        anchors[page] = {*tree.xpath("//@id"), ""}
        links += [(page, address) for address in tree.xpath("//@href | //@src")]
    broken = []
    for page, address in links:
        if urlsplit(address).scheme:
            continue
        path, fragment = urldefrag(address)
        path = path.partition("?")[0]
        target = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(path))) if path else page
        if target not in file or (fragment and unquote(fragment) not in anchors.get(target, ())):
            broken.append(f"{page} → {address}")
    assert len(links) > 100_000
    assert broken == []


def test_nothing_published_says_where_it_was_made(generated: Path) -> None:
    for file in sorted(generated.rglob("*")):
        if file.suffix in (".html", ".json", ".js", ".csv", ".svg", ".rdf", ".ipynb", ".txt"):
            text = file.read_text(encoding="utf-8")
            assert str(ROOT) not in text, file
            assert str(generated.parents[1]) not in text, file


def test_building_again_does_nothing_and_says_so(generated: Path) -> None:
    before = {f: f.stat().st_mtime_ns for f in generated.rglob("*")}
    command = [sys.executable, "-m", "conciliazione_lib", "genera"]
    outcome = subprocess.run(command, cwd=generated.parents[1], capture_output=True, text=True, encoding="utf-8")
    assert outcome.returncode == 0, outcome.stderr
    assert "Niente da eseguire: nessun ingresso è cambiato" in outcome.stdout
    assert {f: f.stat().st_mtime_ns for f in generated.rglob("*")} == before
