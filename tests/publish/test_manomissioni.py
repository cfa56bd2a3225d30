"""Whatever is changed by hand in a published edition is found: by its hash and, that changed too, by the truth."""

# ruff: noqa: E501 (a kind of tampering a line)

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import pytest
from edizione_intera import publish
from lxml import html

from conciliazione_lib.build.publication import SUMS, seal
from conciliazione_lib.publish import integrity, verify

PAGE = "sito/territori/insubria/demografia.html"
NOTEBOOK = "notebook/ats/insubria/02_demografia.ipynb"
MAP = "sito/mappe/insubria/demografia-map-vecchiaia.js"


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(tmp_path_factory.mktemp("edizione intera"))


@pytest.fixture(scope="module")
def true(done: Path) -> integrity.Verified:
    """What was verified of it: after that the proof is of what changed, as ``conciliazione verifica`` makes it."""
    _, hashes = integrity.Verified(None).new(done)
    return integrity.Verified(None, hashes)


@pytest.fixture(scope="module")
def copied(done: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(done.parents[1], tmp_path_factory.mktemp("copia") / "edizione"))


@pytest.fixture
def edizione(done: Path, copied: Path) -> Iterator[Path]:
    """A copy of it to spoil, made once: what a test leaves changed is put back, and nothing else."""
    yield copied / "reports" / "2022"
    whole = done.parents[1]
    files, there = (
        {file.relative_to(folder): _face_of(file) for file in folder.rglob("*") if file.is_file()}
        for folder in (whole, copied)
    )
    for name in there.keys() - files.keys():
        (copied / name).unlink()
    for name in (name for name, face in files.items() if there.get(name) != face):
        shutil.copy2(whole / name, copied / name)


def _face_of(file: Path) -> tuple[int, int]:
    return file.stat().st_mtime_ns, file.stat().st_size


def silent(file: Path, before: str, after: str) -> None:
    text = file.read_text(encoding="utf-8")
    new, times = re.subn(before, after, text, count=1, flags=re.DOTALL)
    assert times == 1, f"{before} non è in {file.name}"
    assert new != text
    file.write_text(new, encoding="utf-8", newline="\n")


def in_the_sheet(file: Path, before: str, after: str) -> None:
    """Change the XML of a workbook or of a document."""
    parts = {}
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    new, changed = {}, 0
    for name, content in parts.items():
        text, times = re.subn(before.encode(), after.encode(), content, count=0 if changed else 1)
        new[name], changed = (text, 1) if times and not changed else (content, changed)
    assert changed, before
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in new.items():
            archive.writestr(name, content)


def in_the_notebook(file: Path, change: Callable[[dict], None], tipo: str) -> None:
    """Change the first block of a kind in an executed notebook."""
    notebook = json.loads(file.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            block = output["data"].get("application/vnd.conciliazione.blocco+json")
            if block and block["tipo"] == tipo:
                change(output["data"] if tipo == "html" else block)
                file.write_text(json.dumps(notebook), encoding="utf-8")
                return
    raise AssertionError(tipo)


def face(file: Path, before: str, after: str) -> None:
    """Change what a reader of the notebook sees of a table, not its data."""
    notebook = json.loads(file.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            text = "".join(output["data"]["text/html"])
            if "<table" in text and re.search(before, text):
                output["data"]["text/html"] = re.sub(before, after, text, count=1)
                file.write_text(json.dumps(notebook), encoding="utf-8")
                return
    raise AssertionError(before)


def one_figure(block: dict) -> None:
    row = next(row for row in block["righe"] if row[1]["cifra"])
    row[1]["v"] = float(row[1]["v"]) + 1


def one_value(block: dict) -> None:
    code = next(code for code, value in block["valori"].items() if value is not None)
    block["valori"][code] += 50


def in_table(file: Path, indicatore: str) -> None:
    table = pd.read_parquet(file)
    place = table.index[(table["indicatore"] == indicatore) & table["valore"].notna()][0]
    table.loc[place, "valore"] += 1
    table.to_parquet(file, index=False)


def drawing(edizione: Path, before: str, after: str) -> None:
    """Change a drawing wherever it is: in the page, and in the notebook, as data and as what is seen."""
    silent(edizione / PAGE, before, after)
    text = (edizione / NOTEBOOK).read_text(encoding="utf-8")
    assert re.search(before.replace('"', r"\\\\\""), text) or re.search(before, text)
    (edizione / NOTEBOOK).write_text(re.sub(before, after, text), encoding="utf-8")


#: What is tampered with, and the words of a finding: whoever does it writes the hashes again too.
KINDS: dict[str, tuple[Callable[[Path], object], str]] = {
    # the kinds that were missed
    "testo di un grafico": (lambda e: silent(e / PAGE, r"(<text[^>]*>)\d{3},\d<", r"\g<1>999,9<"), "disegno"),
    "testo di un grafico, nel notebook pure": (lambda e: drawing(e, r">\d{3},\d</text>", ">999,9</text>"), "disegno"),
    "forma di un grafico": (lambda e: silent(e / PAGE, r"(id=fig-ats-figura.*? d=\"M)[\d.]+", r"\g<1>77.7"), "disegno"),
    "forma di una mappa": (lambda e: silent(e / PAGE, r"(id=map-vecchiaia-figura.*?<path d=\"M)\d+", r"\g<1>11"), "disegno"),
    "valore scritto in una mappa": (lambda e: silent(e / PAGE, r"(<path[^>]*><title>[^:<]*: )[\d.,]+", r"\g<1>1,1"), "disegno"),
    "colore di una mappa": (lambda e: silent(e / PAGE, r"(map-vecchiaia-figura.*?<g fill=)#[0-9a-f]{6}(><path)", r"\g<1>#123456\2"), "disegno"),
    "testo alternativo": (lambda e: silent(e / PAGE, "Pavia ha il valore più alto", "Bergamo ha il valore più alto"), "disegno"),
    "valori della mappa interattiva": (lambda e: silent(e / MAP, r'("testi": ?\{"\d+": ?")[\d,.]+', r"\g<1>1,1"), "testi"),
    "classi della mappa interattiva": (lambda e: silent(e / MAP, r'("classe": ?\{"\d+": ?)\d', r"\g<1>7"), "classe"),
    "colori della mappa interattiva": (lambda e: silent(e / MAP, r'("colori": ?\[")#\w+', r"\g<1>#000000"), "colori"),
    "confini di una mappa": (lambda e: boundaries(e), "confini"),
    "nome in una mappa": (lambda e: silent(_geometry(e), r'("n":")[^"]+', r"\g<1>Altrove"), "mappa"),
    "titolo di sezione": (lambda e: silent(e / PAGE, r">La popolazione</h2>", ">La ricchezza</h2>"), "titolo"),
    "titolo della pagina": (lambda e: silent(e / PAGE, r"<h1>La demografia</h1>", "<h1>Il reddito</h1>"), "titolo"),
    "testata di colonna": (lambda e: silent(e / PAGE, r"(<thead>.*?<th>(?:<abbr[^>]*>)?)[^<]+", r"\1Redditi"), "titolo"),
    "didascalia": (lambda e: silent(e / PAGE, "Indici delle ATS</caption>", "Indici delle province</caption>"), "titolo"),
    "formula di una scheda": (lambda e: silent(e / "sito/cifre/indice_vecchiaia.html", r"<dt>Formula<dd>100", "<dt>Formula<dd>200"), "formula"),
    "calcolo di una scheda": (lambda e: silent(e / "sito/cifre/indice_vecchiaia.html", r"<dt>Calcolo<dd>100", "<dt>Calcolo<dd>200"), "Calcolo"),
    "CSV di un indicatore": (lambda e: indicator_csv(e, r"(\nats,insubria,[^\n]*?,,)\d", r"\g<1>9"), "valore"),
    "riga tolta al CSV di un indicatore": (lambda e: indicator_csv(e, r"\nats,insubria,[^\n]*", ""), "una riga per"),
    "valori in tabelle/<ats>.xlsx": (lambda e: in_the_sheet(e / "tabelle/insubria.xlsx", r"(<c [^>]*><v>)\d{6,}", r"\g<1>1234567"), "valore"),
    "quaderno eseguito": (lambda e: in_the_notebook(e / NOTEBOOK, one_figure, "tabella"), "valore"),
    "quaderno eseguito, come si vede": (lambda e: face(e / NOTEBOOK, r"(<td[^>]*>)[\d.,]+<", r"\g<1>999,9<"), "notebook"),
    "valori di una mappa, nel quaderno": (lambda e: in_the_notebook(e / NOTEBOOK, one_value, "mappa"), "mappa"),
    "righe usate, quante": (lambda e: silent(e / "sito/cifre/residenti.html", r"(: )[\d.]+( righe)", r"\g<1>7\2"), "righe"),
    "righe usate, quante in una tabella": (lambda e: silent(e / "sito/cifre/residenti-territori.html", r"(<tr id=ambito.*<td>)[\d.]+(?=<tr)", r"\g<1>7"), "righe"),
    "risultato di una tabella": (lambda e: silent(e / "sito/cifre/indice_vecchiaia-territori.html", r"(<tr id=[^>]*><th>[^<]*<td>)[\d.,]+", r"\g<1>1,1"), "scheda"),
    "righe usate, quali": (lambda e: used_rows(e), "righe"),
    "pagina tolta": (lambda e: (e / PAGE).unlink(), "completezza"),
    "programma nella pagina": (lambda e: silent(e / PAGE, "</body>", "<script>alert(1)</script></body>"), "programma"),
    # kinds that no test tampered with
    "programma di altri": (lambda e: silent(e / PAGE, "</head>", '<script src="https://x.it/a.js"></script></head>'), "programma"),
    "programma in un attributo": (lambda e: silent(e / PAGE, "<h1>", '<h1 onclick="alert(1)">'), "programma"),
    "programma del sito": (lambda e: silent(e / "sito/risorse/mappa.js", "use strict", "use strict "), "programma"),
    "una parola della prosa": (lambda e: silent(e / PAGE, r"I residenti ", "Gli occupati "), "pagina"),
    "dati aperti": (lambda e: in_zip(e / "sito/dati/edizione.zip", "cifre.csv", r'(\n"residenti","ats","insubria",[^,]*,"",)\d', r"\g<1>9"), "edizione.zip"),
    "intestazione dei dati aperti": (lambda e: in_zip(e / "sito/dati/edizione.zip", "cifre.csv", '"livello"', '"luogo"'), "edizione.zip"),
    "un vuoto fra i dati aperti": (lambda e: in_zip(e / "sito/dati/edizione.zip", "cifre.csv", r',"",(?=\d)', ",,"), "edizione.zip"),
    "una riga vuota fra i dati aperti": (lambda e: in_zip(e / "sito/dati/edizione.zip", "confronti.csv", "\n", "\n\n"), "edizione.zip"),
    "un file in più fra i dati aperti": (lambda e: in_zip(e / "sito/dati/edizione.zip", "cifre.csv", "^", "", beside={"altro.csv": "a,b\n1,2\n"}), "edizione.zip"),
    "confronti fra i dati aperti": (lambda e: in_zip(e / "sito/dati/edizione.zip", "confronti.csv", r',"sopra",', ',"sotto",'), "edizione.zip"),
    "archivio": (lambda e: in_table(e / "cifre.parquet", "residenti"), "archivio"),
    "confronto deciso": (lambda e: comparison(e), "affermazione"),
    "classi nella pagina di un indicatore": (lambda e: silent(e / "sito/indicatori/indice_vecchiaia.html", r'("classe":")\d\d', r"\g<1>99"), "mappa"),
    "titolo di un indicatore": (lambda e: silent(e / "sito/indicatori/indice_vecchiaia.html", r"(<h1>)[^<]+", r"\1Ricchezza"), "titolo"),
    "valore nella pagina di un indicatore": (lambda e: silent(e / "sito/indicatori/residenti.html", r"(<td><a [^>]*cifre/residenti[^>]*>)[\d.]+", r"\g<1>987.654"), "valore"),
    "foglio di un capitolo": (lambda e: in_the_sheet(e / "sito/dati/insubria/demografia.xlsx", ">Territorio", ">Quartiere"), "titolo"),
    "tabella da scaricare tolta": (lambda e: next((e / "sito/dati/insubria").rglob("*.csv")).unlink(), "collegamento"),
    "pagina dell'indice tolta": (lambda e: (e / "sito/metodi.html").unlink(), "collegamento"),
}  # fmt: skip


def _geometry(edizione: Path) -> Path:
    return next(file for file in sorted((edizione / "sito/mappe/geometrie").glob("comune-*.js")))


def boundaries(edizione: Path) -> None:
    silent(_geometry(edizione), r'("translate":\[)[\d.]+', r"\g<1>8.0")


def in_zip(file: Path, nome: str, before: str, after: str, beside: Mapping[str, str] = MappingProxyType({})) -> None:
    with zipfile.ZipFile(file) as archive:
        texts = {one: archive.read(one).decode() for one in archive.namelist()}
    texts[nome], times = re.subn(before, after, texts[nome], count=1)
    assert times == 1
    with zipfile.ZipFile(file, "w") as archive:
        for one, text in {**texts, **beside}.items():
            archive.writestr(one, text)


def indicator_csv(edizione: Path, before: str, after: str) -> None:
    folder = edizione / "sito/dati/indicatori"
    for file in sorted(folder.glob("residenti.csv*")):
        if file.suffix == ".zip":
            with zipfile.ZipFile(file) as archive:
                (name,) = archive.namelist()
                text = archive.read(name).decode()
            new, times = re.subn(before, after, text, count=1)
            assert times == 1
            with zipfile.ZipFile(file, "w") as archive:
                archive.writestr(name, new)
        else:
            silent(file, before, after)


def used_rows(edizione: Path) -> None:
    file = next(iter(sorted((edizione / "sito/cifre/righe").glob("popolazione-*.zip"))))
    with zipfile.ZipFile(file) as archive:
        (name,) = archive.namelist()
        rows = archive.read(name).decode().splitlines(keepends=True)
    rows[5] = re.sub(r"\d+\n$", "77777\n", rows[5])
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, "".join(rows))


def comparison(edizione: Path) -> None:
    file = edizione / "confronti.parquet"
    said = pd.read_parquet(file)
    place = said.index[said["genere"] == "rango"][0]
    said.loc[place, "esito"] = "77"
    said.to_parquet(file, index=False)


def test_an_edition_as_it_was_published_is_whole_and_true(done: Path) -> None:
    assert [str(found) for found in verify.verified(done).findings] == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_tampered_with_is_found_by_its_hash_and_by_the_truth_after_that(
    edizione: Path, true: integrity.Verified, kind: str
) -> None:
    tamper, words = KINDS[kind]
    tamper(edizione)
    assert any(found.rule == "integrità" for found in integrity.check(edizione))
    seal(edizione, "prova")  # whoever tampers writes the hashes again too
    new, _ = true.new(edizione)
    found = [f"{t.rule}: {t}" for t in verify.verified(edizione, new=new).findings]
    assert any(words in one_found for one_found in found), found
    assert not any(one_found.startswith("integrità") for one_found in found)


def test_what_was_verified_with_its_maps_is_not_verified_whole_again_without_them(
    edizione: Path, true: integrity.Verified
) -> None:
    """A build verifies maps in the tree it prepares; published, they are in a folder of their own."""
    prepared = integrity.Verified(None, {**true.hashes, "maps/index.html": "0"})
    assert prepared.new(edizione)[0] == frozenset()
    silent(edizione / "sito/metodi.html", "<h1", "<h1 ")
    assert prepared.new(edizione)[0] == {"sito/metodi.html"}


def test_a_file_added_and_sums_changed_are_found(edizione: Path) -> None:
    (edizione / "sito/altro.html").write_text("<p>12</p>")
    silent(edizione / SUMS, "^[0-9a-f]", "x")
    found = {t.where: t.found for t in verify.verified(edizione, new=()).findings}
    assert found == {"sito/altro.html": "un file in più", SUMS: "altre, o nessuna"}


def test_a_map_of_the_folder_of_the_maps_is_part_of_the_edition(edizione: Path) -> None:
    maps_ = edizione.parents[1] / "maps" / "2022"
    (maps_ / "index.html").write_text("<p>Altro</p>")
    (found,) = verify.verified(edizione, new=()).findings
    assert str(found) == "maps/2022/index.html: atteso il file pubblicato; trovato un file cambiato."


def test_every_chart_of_the_page_is_the_one_of_the_notebook(done: Path) -> None:
    tree = html.parse(done / PAGE).getroot()
    assert len(tree.xpath("//figure[@class='blocco figura']//svg")) == 2
