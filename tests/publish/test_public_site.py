"""The published edition: what it says of a failed chapter, its open data, its repeatability, hostile names."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path

import lxml.html
import openpyxl
import pandas as pd
import pytest
import rdflib
from piccola_edizione import CONFIG, outcomes_of, publish

from conciliazione_lib.build.config import Edizione
from conciliazione_lib.build.model import ChapterResult
from conciliazione_lib.errors import EsecuzioneError
from conciliazione_lib.evidence import Figure, Input, Ledger, Place, cards, formats
from conciliazione_lib.publish import (
    addresses,
    card_pages,
    changes,
    dcat,
    edition,
    explorer,
    finder,
    public_site,
    site,
    territory_pages,
    words,
)
from conciliazione_lib.publish.edition import Chapter, Edition
from conciliazione_lib.publish.markdown import Prose

DCAT = rdflib.Namespace("http://www.w3.org/ns/dcat#")
DCT = rdflib.Namespace("http://purl.org/dc/terms/")
DCATAPIT = rdflib.Namespace("http://dati.gov.it/onto/dcatapit#")
BAD = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>&amp;"


def read(file: Path) -> str:
    return " ".join(lxml.html.parse(file).getroot().text_content().split())


def test_a_failed_chapter_says_why_and_the_others_stay(small: Path) -> None:
    folder = small / "sito/territori/insubria"
    page = read(folder / "lavoro.html")
    assert "Questo capitolo non è disponibile" in page
    assert "Manca la tabella «occupazione»." in page
    assert "Che cosa fare: importarla." in page
    assert "non disponibile: Manca la tabella «occupazione»." in read(folder / "index.html")
    assert "1.455.789" in read(folder / "demografia.html")


def test_hidden_cells_do_not_reach_the_page(small: Path) -> None:
    page = read(small / "sito/territori/insubria/demografia.html")
    assert "sono le domande di questo capitolo" in page
    assert "Nota di lavoro" not in page


def test_sources_of_a_chapter_have_italian_dates_and_the_territory_in_one_line(small: Path) -> None:
    tree = lxml.html.parse(small / "sito/territori/insubria/demografia.html").getroot()
    entries = [" ".join(entry.text_content().split()) for entry in tree.xpath("//ul[@class='fonti']/li")]
    of_the_territorio = [entry for entry in entries if entry.startswith("Comuni, confini e appartenenze")]
    assert len(of_the_territorio) == 1
    assert any(entry.endswith("Data dei dati: 1° gennaio 2022.") for entry in entries)
    assert not any("2022-01-01" in entry or "2009/2026" in entry for entry in entries)


def test_the_status_of_every_table_is_said_of_itself_or_of_all(small: Path) -> None:
    for page in ("sito/territori/insubria/demografia.html", "sito/fonti.html"):
        assert "non è scritto altro, i dati sono definitivi" in read(small / page)


def test_comuni_say_whether_their_ambito_was_deduced_or_only_hinted_at(small: Path) -> None:
    tree = lxml.html.parse(small / "sito/comuni/index.html").getroot()
    ambiti = {row.get("id"): " ".join(row[3].text_content().split()) for row in tree.xpath("//tr[@id]")}
    assert ambiti["c018052"] == "Lomellina (dedotto)"
    assert ambiti["c014012"] == "n.d. (indizio: Chiavenna)"
    assert ambiti["c018110"] == "Pavia"


def test_the_methods_say_what_is_not_known_of_comuni_and_ambiti(small: Path) -> None:
    page = read(small / "sito/metodi.html")
    assert "va dal giorno 11 febbraio 2011 al giorno 1° febbraio 2026" in page
    assert "Non è accertato l'ambito di 256 comuni, e di 24 ambiti su 93 manca l'elenco completo" in page
    assert "L'ambito di 104 comuni non è stato letto in un elenco ma dedotto" in page
    assert "popolazione-stimata" not in page  # the population of 2022 is ISTAT's


def test_two_publications_are_the_same_bytes(small: Path, tmp_path: Path) -> None:
    publish(tmp_path)
    assert _fingerprints(tmp_path) == _fingerprints(small)


def _fingerprints(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for part in ("sito", "maps")
        for file in sorted((folder / part).rglob("*"))
        if file.is_file()
    }


def test_every_format_has_the_values_of_the_page(small: Path) -> None:
    base = small / "sito/dati/insubria"
    csv = pd.read_csv(base / "demografia/tab-ats.csv", dtype={"territorio": "str"})
    cells = pd.read_parquet(base / "demografia.parquet").query("tavola == 'tab-ats'")
    parquet = cells.pivot(index="riga", columns="colonna", values="valore")[csv.columns[1:]]
    pd.testing.assert_frame_equal(csv[csv.columns[1:]], parquet, check_dtype=False, check_names=False)
    assert set(cells.loc[cells["indicatore"] == "residenti", "cifra"]) >= {"residenti.pavia.2022-01-01"}
    book = openpyxl.load_workbook(base / "demografia.xlsx")
    assert {"tab-ats", "tab-ambiti", "fig-ats-dati", "map-vecchiaia-dati"} == set(book.sheetnames)
    rows = list(book["tab-ats"].iter_rows(values_only=True))
    assert [row[0] for row in rows[1:]][:2] == ["Bergamo", "Brescia"]
    assert [row[1] for row in rows[1:]] == csv["residenti"].tolist()
    tree = lxml.html.parse(small / "sito/territori/insubria/demografia.html").getroot()
    cells = tree.xpath("//table[@id='tab-ats']//td[@data-valore]/@data-valore")
    columns = [c for c in csv.columns if c != "territorio"]
    assert [float(v) for v in cells] == csv[columns].to_numpy().ravel().tolist()


def test_values_of_single_comuni_are_in_the_file_and_in_the_map_of_an_indicator(small: Path, tmp_path: Path) -> None:
    root = tmp_path / "sito"
    explorer.write(site.Site(root, edition.read(outcomes_of(tmp_path), CONFIG)))
    tree = lxml.html.parse(root / "indicatori/indice_vecchiaia.html").getroot()
    (section,) = tree.xpath("//section[@data-livello='comune']")
    assert section.xpath(".//table") == []
    assert section.xpath(".//*[@data-periodo]/@data-periodo") == ["2022-01-01"]
    csv = pd.read_csv(root / "dati/indicatori/indice_vecchiaia.csv.zip", dtype={"territorio": "str"})
    expected = (
        csv[csv["livello"] == "comune"].set_index("territorio")["valore"].map(lambda v: formats.numero(v, 1)).to_dict()
    )
    assert len(expected) > 250
    told = json.loads(tree.get_element_by_id("dati-esplora").text)
    map_ = told["mappe"]["comune"]
    assert told["geometrie"]["comune"] == map_["geometria"]
    geometry = (root / f"mappe/geometrie/{map_['geometria']}.js").read_text(encoding="utf-8")
    shapes = json.loads(geometry[geometry.index("]=") + 2 : -2])["objects"]["data"]["geometries"]
    entries = map_["periodi"]["2022-01-01"]
    texts = told["testi"]["comune"]["2022-01-01"].split(";")
    said = dict(zip([shape["id"] for shape in shapes], texts, strict=True))
    assert {code: text for code, text in said.items() if code in expected} == expected
    assert [class_ == "-" for class_ in entries["classe"]] == [shape["id"] not in expected for shape in shapes]
    assert tree.xpath("//section[@data-livello='ambito']//td/a[contains(@href, 'cifre/')]")


def test_the_datapackage_names_files_that_are_there_with_their_columns(small: Path) -> None:
    root = small / "sito"
    package = json.loads((root / "datapackage.json").read_text(encoding="utf-8"))
    assert package["licenses"][0]["name"] == "CC-BY-4.0"
    names = [resource["name"] for resource in package["resources"]]
    assert len(names) == len(set(names)) > 5
    for resource in package["resources"]:
        fields = resource["schema"]["fields"]
        numbers = {field["name"]: "float64" for field in fields if field.get("type") == "number"}
        table = pd.read_csv(root / resource["path"], dtype={field["name"]: "str" for field in fields} | numbers)
        assert table.columns.tolist() == [field["name"] for field in fields]
        assert len(table)


def test_the_catalogue_has_what_dcat_ap_it_requires(small: Path) -> None:
    root = small / "sito"
    graph = rdflib.Graph().parse(root / "catalogo.rdf", publicID="https://esempio.it/")
    catalogues = list(graph.subjects(rdflib.RDF.type, DCAT.Catalog))
    assert len(catalogues) == 1
    for property_ in (DCT.title, DCT.description, DCT.publisher, DCT.modified, DCT.language, DCAT.themeTaxonomy):
        assert graph.value(catalogues[0], property_) is not None, property_
    publisher = graph.value(catalogues[0], DCT.publisher)
    assert graph.value(publisher, DCT.identifier) is not None
    assert graph.value(publisher, rdflib.FOAF.name) is not None
    sets = list(graph.objects(catalogues[0], DCAT.dataset))
    assert len(sets) == 2  # the figures of the edition first; a chapter is one series
    for whole in sets:
        for property_ in (
            DCT.identifier, DCT.title, DCT.description, DCT.modified, DCAT.theme, DCT.rightsHolder,
            DCT.accrualPeriodicity,
        ):  # fmt: skip
            assert graph.value(whole, property_) is not None, property_
        distributions = list(graph.objects(whole, DCAT.distribution))
        assert distributions
        for distribution in distributions:
            for property_ in (DCT["format"], DCT.license, DCAT.accessURL):
                assert graph.value(distribution, property_) is not None, property_
            licence = graph.value(distribution, DCT.license)
            assert (licence, rdflib.RDF.type, DCATAPIT.LicenseDocument) in graph
            assert graph.value(licence, DCT.type) is not None
            file = str(graph.value(distribution, DCAT.downloadURL)).removeprefix("https://esempio.it/")
            assert (root / file).is_file()


def test_the_menu_leaves_out_what_the_edition_lacks(tmp_path: Path) -> None:
    one = [r for r in outcomes_of(tmp_path) if r.territorio == "insubria"]
    public_site.build(tmp_path / "sito", edition.read(one, CONFIG))
    home = (tmp_path / "sito/index.html").read_text(encoding="utf-8")
    assert "confronta.html" not in home
    assert "simulatore.html" not in home
    assert not (tmp_path / "sito/confronta.html").exists()
    assert "href=comuni/index.html" in home


def test_an_unfinished_notebook_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.ipynb"
    file.write_text(json.dumps({"cells": []}), encoding="utf-8")
    fake = ChapterResult("02_demografia", "ats", "pavia", "Pavia", file, "fatto")
    with pytest.raises(EsecuzioneError, match=r"«02_demografia» per Pavia non è completo(.|\n)*c\.chiudi"):
        list(edition.read([fake], CONFIG).capitoli[0].tables())


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """The pages of an edition in which every text that comes from data tries to become markup."""
    place = Place("ats", "insubria", BAD)
    cell = {"v": BAD, "t": BAD, "cifra": None}
    column = {
        "id": "a",
        "nome": f"nome {BAD}",
        "unita": f"unità {BAD}",
        "decimali": None,
        "allineamento": "sinistra",
        "indicatore": None,
    }
    table = {
        "tipo": "tabella", "id": "tab", "titolo": BAD, "colonne": [column], "righe": [[cell]],
        "note": [BAD], "fonte": BAD, "larga": False, "numero": 1,
    }  # fmt: skip
    figure = {
        "tipo": "grafico", "id": "fig", "titolo": BAD, "alt": BAD, "dati": table | {"id": "fig-dati"},
        "note": [], "fonte": "", "numero": 1,
        "svg": '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><text onclick="x()">a</text></svg>',
    }  # fmt: skip
    blocks = (
        {"tipo": "titolo", "livello": 2, "testo": BAD, "id": "titolo"},
        {
            "tipo": "testo",
            "markdown": f"# {BAD}\n\n{BAD} [via](javascript:alert(1)) ![i](https://esempio.it/x.png)",
        },
        table,
        figure,
        {"tipo": "riquadro", "genere": "nota", "titolo": BAD, "markdown": BAD},
    )
    keys = ("tabella", "titolo", "fonte", "licenza", "data_riferimento", "url")
    provenance = dict.fromkeys(keys, BAD)
    provenances = (provenance, provenance | {"sha256": BAD, "stato": BAD})
    input_ = Input(BAD, filtro=BAD, righe=1, sha256="0", titolo=BAD, fonte=BAD, url="javascript:alert(1)")
    registry = Ledger()
    for code in ("insubria", "pavia", "brescia", "bergamo"):
        spot = Place("ats", code, BAD)
        for id, unit, decimals in (("residenti", "persone", 0), ("indice_vecchiaia", "per 100", 1)):
            value = float(len(code))
            registry.add(Figure(id, value, unit, decimals, spot, "2022", inputs=(input_,), note=BAD))
    chapter = Chapter("x", "x", BAD, place, None, blocks, registry, provenances)
    broken = Chapter("y", "y", BAD, place, BAD)
    elsewhere = Chapter("x", "x", BAD, Place("ats", "pavia", BAD), BAD)
    one_site = site.Site(tmp_path, Edition("2022", BAD, "2022-01-01", (chapter, broken, elsewhere)))
    territory_pages.write(one_site)
    card_pages.write(one_site)
    explorer.write(one_site)
    dcat.write_descriptions(one_site)
    finder.write(one_site)
    return tmp_path


def test_nothing_from_data_becomes_markup(hostile: Path) -> None:
    pages = list(hostile.rglob("*.html"))
    assert {"schede", "esplora", "cerca", "capitolo"} <= {_kind(hostile, file) for file in pages}
    for file in pages:
        tree = lxml.html.parse(file).getroot()
        assert tree.xpath("//img[not(@class='sito-logo')] | //*[@onerror] | //*[@onclick]") == [], file.name
        data = tree.xpath("//script[not(@src)]")
        assert {node.get("type") for node in data} <= {"application/ld+json", "application/json"}, file.name
        for address in tree.xpath("//script/@src"):
            assert re.fullmatch(r"(\.\./)*risorse/[\w-]+\.js", address), address
        assert tree.xpath("//a[starts-with(@href, 'javascript')]") == []
        for node in tree.xpath("//script[@type='application/ld+json']"):
            assert json.loads(node.text)["@type"] == "Dataset"
    rdflib.Graph().parse(hostile / "catalogo.rdf", publicID="https://esempio.it/")
    assert "<script>" not in (hostile / "risorse/indice-ricerca.js").read_text(encoding="utf-8")
    assert "alert('x')" in read(hostile / addresses.chapter(Place("ats", "insubria", ""), "x"))


def _kind(folder: Path, file: Path) -> str:
    """Return what kind of page a file is."""
    name = file.relative_to(folder).as_posix()
    kinds = {"cifre/": "schede", "indicatori/": "esplora", "confronta": "confronta", "cerca": "cerca"}
    return next((kind for start, kind in kinds.items() if name.startswith(start)), "capitolo")


def test_prose_links_figures_and_refuses_other_schemes() -> None:
    prose = Prose(cifra=lambda id: f"cifre/{cards.page(id)}", affermazione=lambda id: f"cifre/b.html#{id}")
    html = prose("Sono [56,4%](cifra:a.b.2022) e [in calo](affermazione:c.d), [dati](data:text/html,x) <b>no</b>.")
    assert '<a class="cifra" href="cifre/a.html#b.2022">56,4%</a>' in html
    assert 'data-affermazione="c.d">in calo</a>' in html
    assert "data:text" not in str(lxml.html.fromstring(html).xpath("//@href"))
    assert "&lt;b&gt;" in html


def test_headings_of_prose_stay_under_the_title_and_are_unique() -> None:
    prose = Prose(cifra=str, affermazione=str)
    prose("# Uno\n\n## Uno\n\n### Città e paesi")
    assert prose.titoli == [(2, "Uno", "uno"), (2, "Uno", "uno-2"), (3, "Città e paesi", "citta-e-paesi")]


def test_the_search_knows_other_words_for_the_same_thing() -> None:
    assert {"asilo", "asili", "nido"} <= set(finder.other_words("Posti nei nidi").split())
    assert "femminile" in finder.other_words("Tasso di occupazione delle donne").split()
    assert finder.other_words("Superficie") == ""


@pytest.mark.parametrize("valore", ["=1+1", "+39", "-2 posti", "@x", "\tx"])
def test_a_text_is_not_a_formula_in_a_spreadsheet(valore: str) -> None:
    assert words.csv_text(["a"], [[valore], [-1.5]]) == f"a\n'{valore}\n-1.5\n"


def test_the_site_says_what_changed_since_an_earlier_edition(small: Path, tmp_path: Path) -> None:
    config = CONFIG.model_copy(
        update={
            "edizione": "2023",
            "edizioni": {**CONFIG.edizioni, "2023": Edizione(titolo="Nuova", data="2022-01-02")},
        }
    )
    reports = tmp_path / "reports"
    reports.mkdir()
    shutil.copytree(small, reports / "2022", ignore=lambda *_: ["sito", "maps", "documenti", "notebook"])
    before = changes.earlier(config, reports)
    assert before is not None
    assert before.nome == "2022"
    assert changes.earlier(CONFIG, reports) is None
    new = edition.read(outcomes_of(tmp_path), CONFIG)
    key = "residenti.pavia.2022-01-01"
    before.ledger.figures[key] = before.ledger[key].with_value(500_000.0)
    one_site = site.Site(tmp_path / "sito", new)
    comparison = changes.compare(new, before)
    changes.write(one_site, comparison)
    page = read(tmp_path / "sito/novita.html")
    counts = lxml.html.parse(tmp_path / "sito/novita.html").xpath("//dl[@class='sintesi']//strong/text()")
    assert counts == [formats.numero(len(new.ledger) - 1), "1", "0", "0"]
    assert "500.000" in page
    assert "+34.506" in page
    # told before publishing, too
    assert comparison.messages() == [
        "Popolazione residente, ATS di Pavia: da 500.000 (1° gennaio 2022) a 534.506 (1° gennaio 2022): "
        "nessuna causa nota"
    ]
