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
from piccola_edizione import CONFIG, pubblica, risultati

from conciliazione_lib.build.config import Edizione
from conciliazione_lib.build.model import ChapterResult
from conciliazione_lib.errors import EsecuzioneError
from conciliazione_lib.evidence import Figure, Input, Ledger, Place, cards, formats
from conciliazione_lib.publish import (
    addresses,
    card_pages,
    changes,
    edition,
    explorer,
    finder,
    opendata,
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
CATTIVO = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>&amp;"


def leggi(file: Path) -> str:
    return " ".join(lxml.html.parse(file).getroot().text_content().split())


def test_a_failed_chapter_says_why_and_the_others_stay(piccola: Path) -> None:
    cartella = piccola / "sito/territori/insubria"
    pagina = leggi(cartella / "lavoro.html")
    assert "Questo capitolo non è disponibile" in pagina
    assert "Manca la tabella «occupazione»." in pagina
    assert "Che cosa fare: importarla." in pagina
    assert "non disponibile: Manca la tabella «occupazione»." in leggi(cartella / "index.html")
    assert "1.455.789" in leggi(cartella / "demografia.html")


def test_hidden_cells_do_not_reach_the_page(piccola: Path) -> None:
    pagina = leggi(piccola / "sito/territori/insubria/demografia.html")
    assert "sono le domande di questo capitolo" in pagina
    assert "Nota di lavoro" not in pagina


def test_sources_of_a_chapter_have_italian_dates_and_the_territory_in_one_line(piccola: Path) -> None:
    albero = lxml.html.parse(piccola / "sito/territori/insubria/demografia.html").getroot()
    voci = [" ".join(voce.text_content().split()) for voce in albero.xpath("//ul[@class='fonti']/li")]
    del_territorio = [voce for voce in voci if voce.startswith("Comuni, confini e appartenenze")]
    assert len(del_territorio) == 1
    assert any(voce.endswith("Data dei dati: 1° gennaio 2022.") for voce in voci)
    assert not any("2022-01-01" in voce or "2009/2026" in voce for voce in voci)


def test_the_status_of_every_table_is_said_of_itself_or_of_all(piccola: Path) -> None:
    for pagina in ("sito/territori/insubria/demografia.html", "sito/fonti.html"):
        assert "non è scritto altro, i dati sono definitivi" in leggi(piccola / pagina)


def test_comuni_say_whether_their_ambito_was_deduced_or_only_hinted_at(piccola: Path) -> None:
    albero = lxml.html.parse(piccola / "sito/comuni/index.html").getroot()
    ambiti = {riga.get("id"): " ".join(riga[3].text_content().split()) for riga in albero.xpath("//tr[@id]")}
    assert ambiti["c018052"] == "Lomellina (dedotto)"
    assert ambiti["c014012"] == "n.d. (indizio: Chiavenna)"
    assert ambiti["c018110"] == "Pavia"


def test_the_methods_say_what_is_not_known_of_comuni_and_ambiti(piccola: Path) -> None:
    pagina = leggi(piccola / "sito/metodi.html")
    assert "va dal giorno 11 febbraio 2011 al giorno 1° febbraio 2026" in pagina
    assert "Non è accertato l'ambito di 256 comuni, e di 24 ambiti su 93 manca l'elenco completo" in pagina
    assert "L'ambito di 104 comuni non è stato letto in un elenco ma dedotto" in pagina
    assert "popolazione-stimata" not in pagina  # the population of 2022 is ISTAT's


def test_two_publications_are_the_same_bytes(piccola: Path, tmp_path: Path) -> None:
    pubblica(tmp_path)
    assert _impronte(tmp_path) == _impronte(piccola)


def _impronte(cartella: Path) -> dict[str, str]:
    return {
        file.relative_to(cartella).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for parte in ("sito", "maps")
        for file in sorted((cartella / parte).rglob("*"))
        if file.is_file()
    }


def test_every_format_has_the_values_of_the_page(piccola: Path) -> None:
    base = piccola / "sito/dati/insubria"
    csv = pd.read_csv(base / "demografia/tab-ats.csv", dtype={"territorio": "str"})
    celle = pd.read_parquet(base / "demografia.parquet").query("tavola == 'tab-ats'")
    parquet = celle.pivot(index="riga", columns="colonna", values="valore")[csv.columns[1:]]
    pd.testing.assert_frame_equal(csv[csv.columns[1:]], parquet, check_dtype=False, check_names=False)
    assert set(celle.loc[celle["indicatore"] == "residenti", "cifra"]) >= {"residenti.pavia.2022-01-01"}
    libro = openpyxl.load_workbook(base / "demografia.xlsx")
    assert {"tab-ats", "tab-ambiti", "fig-ats-dati", "map-vecchiaia-dati"} == set(libro.sheetnames)
    righe = list(libro["tab-ats"].iter_rows(values_only=True))
    assert [riga[0] for riga in righe[1:]][:2] == ["Bergamo", "Brescia"]
    assert [riga[1] for riga in righe[1:]] == csv["residenti"].tolist()
    albero = lxml.html.parse(piccola / "sito/territori/insubria/demografia.html").getroot()
    celle = albero.xpath("//table[@id='tab-ats']//td[@data-valore]/@data-valore")
    colonne = [c for c in csv.columns if c != "territorio"]
    assert [float(v) for v in celle] == csv[colonne].to_numpy().ravel().tolist()


def test_values_of_single_comuni_are_in_the_file_and_in_the_map_of_an_indicator(
    piccola: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explorer, "PER_COMUNE", ("residenti",))
    radice = tmp_path / "sito"
    explorer.write(site.Site(radice, edition.read(risultati(tmp_path), CONFIG)))
    albero = lxml.html.parse(radice / "indicatori/indice_vecchiaia.html").getroot()
    (sezione,) = albero.xpath("//section[@data-livello='comune']")
    assert sezione.xpath(".//table") == []
    assert sezione.xpath(".//*[@data-periodo]/@data-periodo") == ["2022-01-01"]
    csv = pd.read_csv(radice / "dati/indicatori/indice_vecchiaia.csv.zip", dtype={"territorio": "str"})
    attesi = (
        csv[csv["livello"] == "comune"].set_index("territorio")["valore"].map(lambda v: formats.numero(v, 1)).to_dict()
    )
    assert len(attesi) > 250
    mappa = json.loads(albero.get_element_by_id("dati-esplora").text)["mappe"]["comune"]
    geometria = (radice / f"mappe/geometrie/{mappa['geometria']}.js").read_text(encoding="utf-8")
    forme = json.loads(geometria[geometria.index("]=") + 2 : -2])["objects"]["data"]["geometries"]
    voci = mappa["periodi"]["2022-01-01"]
    detti = dict(zip([forma["id"] for forma in forme], voci["testi"], strict=True))
    assert {codice: testo for codice, testo in detti.items() if codice in attesi} == attesi
    assert [classe == "-" for classe in voci["classe"]] == [forma["id"] not in attesi for forma in forme]
    assert albero.xpath("//section[@data-livello='ambito']//td/a[@class='cifra']")
    # those beside each comune in their list stay in a table
    per_comune = lxml.html.parse(piccola / "sito/indicatori/indice_vecchiaia.html").getroot()
    assert len(per_comune.xpath("//section[@data-livello='comune']//tbody/tr")) == len(attesi)


def test_the_datapackage_names_files_that_are_there_with_their_columns(piccola: Path) -> None:
    radice = piccola / "sito"
    pacchetto = json.loads((radice / "datapackage.json").read_text(encoding="utf-8"))
    assert pacchetto["licenses"][0]["name"] == "CC-BY-4.0"
    nomi = [risorsa["name"] for risorsa in pacchetto["resources"]]
    assert len(nomi) == len(set(nomi)) > 5
    for risorsa in pacchetto["resources"]:
        campi = risorsa["schema"]["fields"]
        numeri = {campo["name"]: "float64" for campo in campi if campo["type"] == "number"}
        tavola = pd.read_csv(radice / risorsa["path"], dtype={campo["name"]: "str" for campo in campi} | numeri)
        assert tavola.columns.tolist() == [campo["name"] for campo in campi]
        assert len(tavola)


def test_the_catalogue_has_what_dcat_ap_it_requires(piccola: Path) -> None:
    radice = piccola / "sito"
    grafo = rdflib.Graph().parse(radice / "catalogo.rdf", publicID="https://esempio.it/")
    cataloghi = list(grafo.subjects(rdflib.RDF.type, DCAT.Catalog))
    assert len(cataloghi) == 1
    for proprieta in (DCT.title, DCT.description, DCT.publisher, DCT.modified, DCT.language, DCAT.themeTaxonomy):
        assert grafo.value(cataloghi[0], proprieta) is not None, proprieta
    editore = grafo.value(cataloghi[0], DCT.publisher)
    assert grafo.value(editore, DCT.identifier) is not None
    assert grafo.value(editore, rdflib.FOAF.name) is not None
    insiemi = list(grafo.objects(cataloghi[0], DCAT.dataset))
    assert len(insiemi) == 2  # the figures of the edition first; a chapter is one series
    for insieme in insiemi:
        for proprieta in (
            DCT.identifier, DCT.title, DCT.description, DCT.modified, DCAT.theme, DCT.rightsHolder,
            DCT.accrualPeriodicity,
        ):  # fmt: skip
            assert grafo.value(insieme, proprieta) is not None, proprieta
        distribuzioni = list(grafo.objects(insieme, DCAT.distribution))
        assert distribuzioni
        for distribuzione in distribuzioni:
            for proprieta in (DCT["format"], DCT.license, DCAT.accessURL):
                assert grafo.value(distribuzione, proprieta) is not None, proprieta
            licenza = grafo.value(distribuzione, DCT.license)
            assert (licenza, rdflib.RDF.type, DCATAPIT.LicenseDocument) in grafo
            assert grafo.value(licenza, DCT.type) is not None
            file = str(grafo.value(distribuzione, DCAT.downloadURL)).removeprefix("https://esempio.it/")
            assert (radice / file).is_file()


def test_the_menu_leaves_out_what_the_edition_lacks(tmp_path: Path) -> None:
    uno = [r for r in risultati(tmp_path) if r.territorio == "insubria"]
    public_site.build(tmp_path / "sito", edition.read(uno, CONFIG))
    home = (tmp_path / "sito/index.html").read_text(encoding="utf-8")
    assert "confronta.html" not in home
    assert "simulatore.html" not in home
    assert not (tmp_path / "sito/confronta.html").exists()
    assert "href=comuni/index.html" in home


def test_an_unfinished_notebook_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.ipynb"
    file.write_text(json.dumps({"cells": []}), encoding="utf-8")
    finto = ChapterResult("02_demografia", "ats", "pavia", "Pavia", file, "fatto")
    with pytest.raises(EsecuzioneError, match=r"«02_demografia» per Pavia non è completo(.|\n)*c\.chiudi"):
        list(edition.read([finto], CONFIG).capitoli[0].tavole())


@pytest.fixture
def ostile(tmp_path: Path) -> Path:
    """The pages of an edition in which every text that comes from data tries to become markup."""
    luogo = Place("ats", "insubria", CATTIVO)
    cella = {"v": CATTIVO, "t": CATTIVO, "cifra": None}
    colonna = {
        "id": "a",
        "nome": f"nome {CATTIVO}",
        "unita": f"unità {CATTIVO}",
        "decimali": None,
        "allineamento": "sinistra",
        "indicatore": None,
    }
    tavola = {
        "tipo": "tabella", "id": "tab", "titolo": CATTIVO, "colonne": [colonna], "righe": [[cella]],
        "note": [CATTIVO], "fonte": CATTIVO, "larga": False, "numero": 1,
    }  # fmt: skip
    figura = {
        "tipo": "grafico", "id": "fig", "titolo": CATTIVO, "alt": CATTIVO, "dati": tavola | {"id": "fig-dati"},
        "note": [], "fonte": "", "numero": 1,
        "svg": '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><text onclick="x()">a</text></svg>',
    }  # fmt: skip
    blocchi = (
        {"tipo": "titolo", "livello": 2, "testo": CATTIVO, "id": "titolo"},
        {
            "tipo": "testo",
            "markdown": f"# {CATTIVO}\n\n{CATTIVO} [via](javascript:alert(1)) ![i](https://esempio.it/x.png)",
        },
        tavola,
        figura,
        {"tipo": "riquadro", "genere": "nota", "titolo": CATTIVO, "markdown": CATTIVO},
    )
    chiavi = ("tabella", "titolo", "fonte", "licenza", "data_riferimento", "url")
    provenienza = dict.fromkeys(chiavi, CATTIVO)
    provenienze = (provenienza, provenienza | {"sha256": CATTIVO, "stato": CATTIVO})
    ingresso = Input(
        CATTIVO, filtro=CATTIVO, righe=1, sha256="0", titolo=CATTIVO, fonte=CATTIVO, url="javascript:alert(1)"
    )
    registro = Ledger()
    for codice in ("insubria", "pavia", "brescia", "bergamo"):
        posto = Place("ats", codice, CATTIVO)
        for id, unita, decimali in (("residenti", "persone", 0), ("indice_vecchiaia", "per 100", 1)):
            valore = float(len(codice))
            registro.add(Figure(id, valore, unita, decimali, posto, "2022", inputs=(ingresso,), note=CATTIVO))
    capitolo = Chapter("x", "x", CATTIVO, luogo, None, blocchi, registro, provenienze)
    rotto = Chapter("y", "y", CATTIVO, luogo, CATTIVO)
    altrove = Chapter("x", "x", CATTIVO, Place("ats", "pavia", CATTIVO), CATTIVO)
    sito = site.Site(tmp_path, Edition("2022", CATTIVO, "2022-01-01", (capitolo, rotto, altrove)))
    territory_pages.write(sito)
    card_pages.write(sito)
    explorer.write(sito)
    opendata.write_descriptions(sito)
    finder.write(sito)
    return tmp_path


def test_nothing_from_data_becomes_markup(ostile: Path) -> None:
    pagine = list(ostile.rglob("*.html"))
    assert {"schede", "esplora", "cerca", "capitolo"} <= {_kind(ostile, file) for file in pagine}
    for file in pagine:
        albero = lxml.html.parse(file).getroot()
        assert albero.xpath("//img[not(@class='sito-logo')] | //*[@onerror] | //*[@onclick]") == [], file.name
        dati = albero.xpath("//script[not(@src)]")
        assert {nodo.get("type") for nodo in dati} <= {"application/ld+json", "application/json"}, file.name
        for indirizzo in albero.xpath("//script/@src"):
            assert re.fullmatch(r"(\.\./)*risorse/[\w-]+\.js", indirizzo), indirizzo
        assert albero.xpath("//a[starts-with(@href, 'javascript')]") == []
        for nodo in albero.xpath("//script[@type='application/ld+json']"):
            assert json.loads(nodo.text)["@type"] == "Dataset"
    rdflib.Graph().parse(ostile / "catalogo.rdf", publicID="https://esempio.it/")
    assert "<script>" not in (ostile / "risorse/indice-ricerca.js").read_text(encoding="utf-8")
    assert "alert('x')" in leggi(ostile / addresses.capitolo(Place("ats", "insubria", ""), "x"))


def _kind(cartella: Path, file: Path) -> str:
    """Return what kind of page a file is."""
    nome = file.relative_to(cartella).as_posix()
    generi = {"cifre/": "schede", "indicatori/": "esplora", "confronta": "confronta", "cerca": "cerca"}
    return next((genere for inizio, genere in generi.items() if nome.startswith(inizio)), "capitolo")


def test_prose_links_figures_and_refuses_other_schemes() -> None:
    prosa = Prose(cifra=lambda id: f"cifre/{cards.page(id)}", affermazione=lambda id: f"cifre/b.html#{id}")
    html = prosa("Sono [56,4%](cifra:a.b.2022) e [in calo](affermazione:c.d), [dati](data:text/html,x) <b>no</b>.")
    assert '<a class="cifra" href="cifre/a.html#b.2022">56,4%</a>' in html
    assert 'data-affermazione="c.d">in calo</a>' in html
    assert "data:text" not in str(lxml.html.fromstring(html).xpath("//@href"))
    assert "&lt;b&gt;" in html


def test_headings_of_prose_stay_under_the_title_and_are_unique() -> None:
    prosa = Prose(cifra=str, affermazione=str)
    prosa("# Uno\n\n## Uno\n\n### Città e paesi")
    assert prosa.titoli == [(2, "Uno", "uno"), (2, "Uno", "uno-2"), (3, "Città e paesi", "citta-e-paesi")]


def test_the_search_knows_other_words_for_the_same_thing() -> None:
    assert {"asilo", "asili", "nido"} <= set(finder.other_words("Posti nei nidi").split())
    assert "femminile" in finder.other_words("Tasso di occupazione delle donne").split()
    assert finder.other_words("Superficie") == ""


@pytest.mark.parametrize("valore", ["=1+1", "+39", "-2 posti", "@x", "\tx"])
def test_a_text_is_not_a_formula_in_a_spreadsheet(valore: str) -> None:
    assert words.csv_text(["a"], [[valore], [-1.5]]) == f"a\n'{valore}\n-1.5\n"


def test_the_site_says_what_changed_since_an_earlier_edition(piccola: Path, tmp_path: Path) -> None:
    config = CONFIG.model_copy(
        update={
            "edizione": "2023",
            "edizioni": {**CONFIG.edizioni, "2023": Edizione(titolo="Nuova", data="2022-01-02")},
        }
    )
    reports = tmp_path / "reports"
    reports.mkdir()
    shutil.copytree(piccola, reports / "2022", ignore=lambda *_: ["sito", "maps", "documenti", "notebook"])
    prima = changes.earlier(config, reports)
    assert prima is not None
    assert prima.nome == "2022"
    assert changes.earlier(CONFIG, reports) is None
    nuova = edition.read(risultati(tmp_path), CONFIG)
    chiave = "residenti.pavia.2022-01-01"
    prima.ledger.figures[chiave] = prima.ledger[chiave].with_value(500_000.0)
    sito = site.Site(tmp_path / "sito", nuova)
    confronto = changes.compare(nuova, prima)
    changes.write(sito, confronto)
    pagina = leggi(tmp_path / "sito/novita.html")
    conti = lxml.html.parse(tmp_path / "sito/novita.html").xpath("//dl[@class='sintesi']//strong/text()")
    assert conti == [formats.numero(len(nuova.ledger) - 1), "1", "0", "0"]
    assert "500.000" in pagina
    assert "+34.506" in pagina
    # told before publishing, too
    assert confronto.messages() == [
        "Popolazione residente, ATS di Pavia: da 500.000 (1° gennaio 2022) a 534.506 (1° gennaio 2022): "
        "nessuna causa nota"
    ]
