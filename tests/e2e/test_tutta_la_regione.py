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

RADICE = Path(__file__).resolve().parents[2]
CONFIG = build.load(RADICE)
MAPPA = territory.load(CONFIG.edizioni[CONFIG.edizione].data)

#: Indicators of the chapters on territory and demography: two ATS with the same value would be one ATS read twice.
TERRITORIALI = (
    *("residenti", "residenti_m", "residenti_f", "residenti_0_2", "residenti_80_piu", "superficie_kmq", "densita"),
    *("n_comuni", "quota_residenti_comuni_piccoli", "eta_media", "indice_vecchiaia", "indice_dipendenza_strutturale"),
    *("indice_dipendenza_giovanile", "indice_dipendenza_anziani", "indice_ricambio_popolazione_attiva"),
    *("indice_struttura_popolazione_attiva", "indice_carico_figli", "rapporto_mascolinita"),
    *("bambini_0_2_per_100_donne_30_44", "anziani_80_per_100_50_64"),
)


def codici(livello: str) -> list[str]:
    """Return the territories that have pages: an ambito of which no comune is known has none."""
    return [codice for codice in MAPPA.codes(livello) if livello != "ambito" or len(MAPPA.members(livello, codice))]


@pytest.fixture(scope="module")
def registro(generato: Path) -> list[dict[str, Any]]:
    return json.loads((generato / "cifre.json").read_text(encoding="utf-8"))["cifre"]


def test_every_chapter_is_there_for_every_territory(generato: Path) -> None:
    manifest = json.loads((generato / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["falliti"] == []
    fatti = {(c["livello"], c["territorio"], c["capitolo"]) for c in manifest["capitoli"] if c["stato"] == "fatto"}
    attesi = {
        (livello, codice, capitolo.id)
        for capitolo in CONFIG.capitoli
        for livello in capitolo.livelli
        for codice in codici(livello)
    }
    assert fatti == attesi
    assert sum(livello == "ats" for livello, _, _ in fatti) == 8 * sum("ats" in c.livelli for c in CONFIG.capitoli)


def test_every_territory_has_its_pages_and_documents(generato: Path) -> None:
    figures = pd.read_parquet(generato / "cifre.parquet").query("indicatore == 'residenti' and livello == 'ambito'")
    residents = figures[figures["riferimento"] & (figures["stato"] == "presente")].set_index("territorio")["valore"]
    for livello in ("regione", "ats", "ambito"):
        for codice in codici(livello):
            genere = "ambiti" if livello == "ambito" else "territori"
            assert (generato / "sito" / genere / codice / "index.html").is_file(), codice
            base = generato / addresses.documento(Place(livello, codice, codice))
            word, pdf = (base.with_name(f"{base.name}.{estensione}") for estensione in ("docx", "pdf"))
            written, pages = docx.Document(str(word)), len(pypdfium2.PdfDocument(pdf))
            # without all its comuni an ambito has no figures, and its sheet says so
            partial = any("perciò non se ne danno i totali" in paragraph.text for paragraph in written.paragraphs)
            assert partial == (livello == "ambito" and residents.get(codice) is None), base
            assert partial or sum(len(table.rows) for table in written.tables) > 8, base
            # the sheet of an ambito is a page to hand over and one of notes
            assert pages == 2 if livello == "ambito" else pages > 20, (base, pages)
            if livello != "ambito":
                assert (generato / "tabelle" / f"{codice}.xlsx").is_file(), codice


def test_the_eight_ats_differ_in_every_territorial_figure(registro: list[dict[str, Any]]) -> None:
    valori: dict[str, dict[str, float]] = defaultdict(dict)
    for cifra in registro:
        if cifra["livello"] == "ats" and cifra["id"] == f"{cifra['indicatore']}.{cifra['territorio']}.{MAPPA.data}":
            valori[cifra["indicatore"]][cifra["territorio"]] = cifra["valore"]
    for indicatore in TERRITORIALI:
        assert set(valori[indicatore]) == set(MAPPA.codes("ats")), indicatore
        assert len(set(valori[indicatore].values())) == 8, (indicatore, valori[indicatore])


def test_the_ats_sum_to_the_region(registro: list[dict[str, Any]]) -> None:
    residenti = {
        c["territorio"]: c["valore"]
        for c in registro
        if c["id"].endswith(f".{MAPPA.data}") and c["indicatore"] == "residenti"
    }
    assert sum(residenti[codice] for codice in MAPPA.codes("ats")) == residenti["lombardia"] == 10_033_918


def test_no_link_or_anchor_of_the_site_is_broken(generato: Path) -> None:
    sito = generato / "sito"
    file = {f.relative_to(sito).as_posix() for f in sito.rglob("*") if f.is_file()}
    ancore, collegamenti = {}, []
    for pagina in sorted(nome for nome in file if nome.endswith(".html")):
        albero = html.fromstring((sito / pagina).read_bytes())
        ancore[pagina] = {*albero.xpath("//@id"), ""}
        collegamenti += [(pagina, indirizzo) for indirizzo in albero.xpath("//@href | //@src")]
    rotti = []
    for pagina, indirizzo in collegamenti:
        if urlsplit(indirizzo).scheme:
            continue
        percorso, frammento = urldefrag(indirizzo)
        percorso = percorso.partition("?")[0]
        meta = posixpath.normpath(posixpath.join(posixpath.dirname(pagina), unquote(percorso))) if percorso else pagina
        if meta not in file or (frammento and unquote(frammento) not in ancore.get(meta, ())):
            rotti.append(f"{pagina} → {indirizzo}")
    assert len(collegamenti) > 100_000
    assert rotti == []


def test_nothing_published_says_where_it_was_made(generato: Path) -> None:
    for file in sorted(generato.rglob("*")):
        if file.suffix in (".html", ".json", ".js", ".csv", ".svg", ".rdf", ".ipynb", ".txt"):
            testo = file.read_text(encoding="utf-8")
            assert str(RADICE) not in testo, file
            assert str(generato.parents[1]) not in testo, file


def test_building_again_does_nothing_and_says_so(generato: Path) -> None:
    prima = {f: f.stat().st_mtime_ns for f in generato.rglob("*")}
    comando = [sys.executable, "-m", "conciliazione_lib", "genera", "--uscita", str(generato.parents[1])]
    esito = subprocess.run(comando, cwd=RADICE, capture_output=True, text=True, encoding="utf-8")
    assert esito.returncode == 0, esito.stderr
    assert "Niente da eseguire: nessun ingresso è cambiato" in esito.stdout
    assert {f: f.stat().st_mtime_ns for f in generato.rglob("*")} == prima
