"""Every kind of page of the site, in a real browser: accessible, whole, quiet, and asking nothing of anyone else."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin

import html5lib
import lxml.etree
import lxml.html
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from conciliazione_lib.cli.anteprima import servi
from conciliazione_lib.indicators.resources import largest_remainder

pytestmark = pytest.mark.browser

TELEFONO, COMPUTER = {"width": 375, "height": 740}, {"width": 1280, "height": 900}
REGOLE = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]

#: One page of each kind.
TIPI = (
    "index.html",
    "territori/index.html",
    "territori/insubria/index.html",
    "territori/insubria/demografia.html",
    "territori/insubria/lavoro.html",
    "ambiti/index.html",
    "ambiti/azzate/index.html",
    "ambiti/luino/index.html",
    "ambiti/luino/scheda-ambito.html",
    "comuni/index.html",
    "indicatori/index.html",
    "indicatori/indice_vecchiaia.html",
    "cifre/residenti.html",
    "cifre/indice_vecchiaia-ambiti.html",
    "cifre/indice_vecchiaia-comuni.html",
    "mappe/insubria/demografia-map-vecchiaia.html",
    "azioni/index.html",
    "simulatore.html",
    "confronta.html",
    "cerca.html?q=varese",
    "dati/index.html",
    "metodi.html",
    "glossario.html",
    "fonti.html",
    "qualita.html",
    "novita.html",
    "accessibilita.html",
    "crediti.html",
)


@pytest.fixture(scope="module")
def base(piccola: Path) -> Iterator[str]:
    with servi(piccola / "sito") as dove:
        yield dove.rstrip("/") + "/"


@pytest.fixture
def finestra(browser: Browser, base: str) -> Iterator[BrowserContext]:
    """A clean session; at the end, nothing was asked of others and the console is silent."""
    contesto = browser.new_context(locale="it-IT", viewport=COMPUTER)
    estranee: list[str] = []
    detti: list[str] = []
    contesto.on("request", lambda r: None if r.url.startswith((base, "data:")) else estranee.append(r.url))
    contesto.on("console", lambda m: detti.append(m.text) if m.type in ("error", "warning") else None)
    contesto.on("weberror", lambda e: detti.append(str(e.error)))
    yield contesto
    contesto.close()
    assert estranee == []
    assert detti == []


@pytest.mark.parametrize("dimensioni", [TELEFONO, COMPUTER], ids=["telefono", "computer"])
@pytest.mark.parametrize("pagina", TIPI)
def test_no_accessibility_violations(finestra: BrowserContext, base: str, pagina: str, dimensioni: dict) -> None:
    foglio = finestra.new_page()
    foglio.set_viewport_size(dimensioni)
    foglio.goto(base + pagina)
    foglio.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    if pagina == "comuni/index.html":  # a row is like another: a few are enough
        foglio.fill("#filtro-comuni", "lu")
    if pagina.startswith("indicatori/indice"):
        foglio.click("#mostra-mappa")
    if pagina.startswith(("mappe/", "indicatori/indice")):
        foglio.wait_for_selector(".leaflet-interactive")
    violazioni = Axe().run(foglio, options={"runOnly": REGOLE, "resultTypes": ["violations"]}).response["violations"]
    assert [(v["id"], [n["target"] for n in v["nodes"][:3]]) for v in violazioni] == []


@pytest.mark.parametrize("pagina", TIPI)
def test_reflows_at_320_pixels(finestra: BrowserContext, base: str, pagina: str) -> None:
    # 320 pixels are also what a window of 1280 shows at 400%.
    foglio = finestra.new_page()
    foglio.set_viewport_size({"width": 320, "height": 640})
    foglio.goto(base + pagina)
    assert foglio.evaluate("document.documentElement.scrollWidth") <= 320


def test_every_link_and_anchor_leads_somewhere(piccola: Path) -> None:
    radice = piccola / "sito"
    alberi = {file: lxml.html.parse(file).getroot() for file in radice.rglob("*.html")}
    ancore = {file: set(albero.xpath("//@id")) for file, albero in alberi.items()}
    rotti = []
    for file, albero in alberi.items():
        for indirizzo in albero.xpath("//@href | //@src | //form/@action"):
            if indirizzo.startswith(("https://", "http://", "mailto:")):
                continue
            percorso, frammento = urldefrag(indirizzo)
            meta = (file.parent / unquote(percorso.partition("?")[0])).resolve() if percorso else file
            if not meta.is_file() or (frammento and meta in ancore and unquote(frammento) not in ancore[meta]):
                rotti.append((file.relative_to(radice).as_posix(), indirizzo))
    assert rotti == []


def test_html_is_valid(piccola: Path) -> None:
    for file in (piccola / "sito").rglob("*.html"):
        testo = file.read_text(encoding="utf-8")
        lettore = html5lib.HTMLParser(strict=False)
        lettore.parse(testo)
        # html5lib does not know that SVG inside HTML may have children of its own.
        errori = [e for e in lettore.errors if "svg" not in str(e).lower()]
        assert errori == [], file.name
        identificatori = lxml.html.fromstring(testo).xpath("//@id")
        doppi = {i for i, volte in Counter(identificatori).items() if volte > 1}
        assert doppi == set(), file.name


def test_no_inline_style_or_script(piccola: Path) -> None:
    for file in (piccola / "sito").rglob("*.html"):
        albero = lxml.html.parse(file).getroot()
        assert albero.xpath("//@style | //style") == [], file.name
        assert albero.xpath("//script[not(@src) and not(starts-with(@type, 'application/'))]") == [], file.name
        assert albero.xpath("//@*[starts-with(name(), 'on')]") == [], file.name
        politica = albero.xpath("string(//meta[@http-equiv='Content-Security-Policy']/@content)")
        assert "unsafe" not in politica
        assert "default-src 'none'" in politica


def test_keyboard_reaches_content_menu_search_and_table(finestra: BrowserContext, base: str) -> None:
    foglio = finestra.new_page()
    foglio.goto(base + "territori/insubria/demografia.html")
    foglio.keyboard.press("Tab")
    assert foglio.evaluate("document.activeElement.textContent") == "Vai al contenuto principale"
    raggiunti = _walk(foglio, 90)
    for atteso in ("q-testata", "Territori", "tavola", "ordina", "disegno"):
        assert any(atteso in r for r in raggiunti), atteso
    foglio.goto(base + "territori/insubria/demografia.html")
    foglio.keyboard.press("Tab")
    foglio.keyboard.press("Enter")
    assert foglio.evaluate("document.activeElement.id") == "contenuto"


#: What has the focus, which must be seen to have it.
FUOCO = """(() => {
  const e = document.activeElement, stile = getComputedStyle(e);
  if (e === document.body) return "";
  if (stile.outlineStyle === "none" && stile.boxShadow === "none" && !e.closest("svg")) throw e.outerHTML.slice(0, 200);
  return [e.id, e.className.baseVal ?? e.className, e.textContent.slice(0, 40)].join(" ");
})()"""


def _walk(foglio: Page, passi: int) -> list[str]:
    raggiunti = []
    for _ in range(passi):
        foglio.keyboard.press("Tab")
        raggiunti.append(foglio.evaluate(FUOCO))
    return raggiunti


def test_tables_sort_with_missing_values_last(finestra: BrowserContext, base: str) -> None:
    foglio = finestra.new_page()
    foglio.goto(base + "territori/insubria/demografia.html")
    pulsante = foglio.locator("#tab-ats th button", has_text="Vecchiaia")
    pulsante.click()
    prime = foglio.locator("#tab-ats tbody tr th").all_inner_texts()
    pulsante.click()
    assert foglio.locator("#tab-ats tbody tr th").all_inner_texts() == prime[::-1]
    assert foglio.locator("#tab-ats th[aria-sort=descending]").count() == 1


@pytest.mark.parametrize(
    ("scritto", "atteso"),
    [("vares", "Varese"), ("cantu", "Cantù"), ("Brianzza", "Brianza"), ("vechiaia", "Indice di vecchiaia"),
     ("zelo surrigone", "Zelo Surrigone"), ("anzianità", "Indice di vecchiaia"),
     ("vecchiaia di marte", "Indice di vecchiaia")],
)  # fmt: skip
def test_search_forgives_accents_and_typos(finestra: BrowserContext, base: str, scritto: str, atteso: str) -> None:
    foglio = finestra.new_page()
    foglio.goto(f"{base}cerca.html?q={scritto}")
    trovati = foglio.locator("#risultati a").all_inner_texts()
    assert any(atteso in titolo for titolo in trovati[:5]), trovati[:8]


def test_search_result_leads_to_the_comune(finestra: BrowserContext, base: str) -> None:
    foglio = finestra.new_page()
    foglio.goto(f"{base}cerca.html?q=luino")
    foglio.locator("#risultati a", has_text="Luino").first.click()
    foglio.wait_for_url("**/comuni/index.html#c012092")
    assert "Insubria" in foglio.locator("#c012092").inner_text()


def test_map_is_drawn_told_and_reached_by_keyboard(finestra: BrowserContext, base: str) -> None:
    foglio = finestra.new_page()
    foglio.goto(base + "mappe/insubria/demografia-map-vecchiaia.html")
    foglio.wait_for_selector(".leaflet-interactive")
    assert foglio.locator("path.leaflet-interactive").count() == 270
    foglio.locator("#mappa-scelta").focus()
    foglio.keyboard.type("Varese")
    foglio.keyboard.press("Tab")
    assert foglio.locator("#mappa-stato").inner_text().startswith("Varese: 231,8")
    for _ in range(4):
        foglio.keyboard.press("Tab")
    assert foglio.evaluate("document.activeElement.closest('.mappa-viva, main') !== null")
    legenda = foglio.locator(".legenda li").all_inner_texts()
    assert sum(int(voce.rpartition("(")[2].rstrip(")")) for voce in legenda) == 270


def test_the_explorer_draws_the_chosen_level(finestra: BrowserContext, base: str) -> None:
    foglio = finestra.new_page()
    foglio.goto(base + "indicatori/indice_vecchiaia.html")
    assert foglio.locator("#scegli-periodo option:checked").inner_text() == "1° gennaio 2022"
    foglio.select_option("#scegli-livello", "ats")
    assert foglio.locator(".esplora table:visible tbody tr").count() == 8
    foglio.click("#mostra-mappa")
    foglio.wait_for_selector(".leaflet-interactive")
    assert foglio.locator("path.leaflet-interactive").count() == 8
    foglio.select_option("#mappa-scelta", label="Insubria")
    assert foglio.locator("#mappa-stato").inner_text() == "Insubria: 185,6 (per 100)"
    # The edition knows the comuni of two ATS: the others are hatched, and counted.
    foglio.select_option("#scegli-livello", "comune")
    foglio.locator("path.leaflet-interactive").nth(1000).wait_for(state="attached")
    legenda = foglio.locator("#mappa-legenda li").all_inner_texts()
    assert legenda[-1].startswith("dato mancante")
    assert sum(int(voce.rpartition("(")[2].rstrip(")").replace(".", "")) for voce in legenda) == 1506
    assert foglio.locator('path.leaflet-interactive[fill="url(#tratteggio)"]').count() == int(
        legenda[-1].rpartition("(")[2].rstrip(")").replace(".", "")
    )


def test_a_chart_is_downloaded_as_an_image(finestra: BrowserContext, base: str) -> None:
    foglio = finestra.new_page()
    foglio.goto(base + "territori/insubria/demografia.html")
    with foglio.expect_download() as scaricato:
        foglio.locator("#fig-ats-figura > .scarica").get_by_text("PNG").click()
    assert scaricato.value.suggested_filename == "fig-ats.png"
    byte = scaricato.value.path().read_bytes()
    assert byte[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(byte[16:20], "big") > 1000  # twice the width of the drawing
    with foglio.expect_download() as scaricato:
        foglio.locator("#fig-ats-figura > .scarica").get_by_text("SVG").click()
    assert scaricato.value.suggested_filename == "fig-ats.svg"
    disegno = lxml.etree.parse(scaricato.value.path()).getroot()
    assert disegno.tag == "{http://www.w3.org/2000/svg}svg"
    assert "Pavia" in "".join(disegno.itertext())


def test_the_home_map_leads_to_an_ats_by_keyboard(finestra: BrowserContext, base: str) -> None:
    foglio = finestra.new_page()
    foglio.goto(base + "index.html")
    foglio.locator(".mappa-ats a[aria-label='Insubria']").focus()
    foglio.keyboard.press("Enter")
    foglio.wait_for_url("**/territori/insubria/index.html")
    assert foglio.locator(".riquadro.sintesi").inner_text().startswith("Da sapere")
    legenda = finestra.new_page()
    legenda.goto(base + "index.html")
    assert sum(int(v.rpartition("(")[2].rstrip(")")) for v in legenda.locator(".legenda li").all_inner_texts()) == 8


def test_maps_of_the_folder_stand_alone(browser: Browser, piccola: Path) -> None:
    with servi(piccola / "maps") as dove:
        foglio = browser.new_page()
        estranee: list[str] = []
        foglio.on("request", lambda r: None if r.url.startswith(dove) else estranee.append(r.url))
        foglio.goto(dove)
        foglio.locator("a", has_text="Indice di vecchiaia").first.click()
        foglio.wait_for_selector(".leaflet-interactive")
        foglio.close()
    assert estranee == []


@pytest.mark.parametrize(("totale", "unita"), [(1_000_000, 10_000), (999_999, 1_000), (7, 1)])
def test_simulator_shares_as_the_library_does(finestra: BrowserContext, base: str, totale: int, unita: int) -> None:
    foglio = finestra.new_page()
    foglio.goto(base + "simulatore.html")
    dati = json.loads(foglio.locator("#dati-simulatore").text_content() or "")
    foglio.fill("#totale", str(totale))
    foglio.select_option("#unita", str(unita))
    foglio.fill("#peso-residenti", "60")
    foglio.fill("#peso-residenti_0_14", "40")
    quote = sum(
        peso * pd.Series(dati["criteri"][id], dtype="int64").map(Fraction) / int(sum(dati["criteri"][id]))
        for id, peso in (("residenti", 60), ("residenti_0_14", 40))
    )
    attesi = largest_remainder(dict(zip(dati["ats"], quote, strict=True)), totale, unita)
    letti = foglio.locator("#tabella-simulatore tbody td.esito").all_inner_texts()
    assert [int(testo.replace(".", "")) for testo in letti] == [int(attesi[nome]) for nome in dati["ats"]]


def test_comparison_shows_the_chosen_territories(finestra: BrowserContext, base: str) -> None:
    foglio = finestra.new_page()
    foglio.goto(base + "confronta.html")
    foglio.get_by_label("ATS dell'Insubria").check()
    foglio.get_by_label("ATS di Pavia").check()
    visibili = foglio.locator("#confronto thead th:visible").all_inner_texts()
    assert visibili == ["Indicatore", "Insubria", "Pavia"]
    foglio.reload()  # the choice is in the address, so it can be sent
    assert foglio.locator("#confronto thead th:visible").count() == 3


def test_reading_needs_no_script(browser: Browser, base: str) -> None:
    contesto = browser.new_context(java_script_enabled=False)
    foglio = contesto.new_page()
    for pagina in TIPI:
        foglio.goto(base + pagina)
        assert foglio.locator("h1").count() == 1
        assert foglio.locator("header nav a").first.is_visible()
    foglio.goto(base + "territori/insubria/demografia.html")
    assert foglio.locator("figure svg[role=img]").count() == 2
    assert foglio.locator("#tab-ats tbody tr").count() == 8
    contesto.close()


def test_a_folder_opened_from_disk_reads_and_looks_the_same(browser: Browser, piccola: Path) -> None:
    foglio = browser.new_page(viewport=COMPUTER)
    foglio.goto((piccola / "sito" / "index.html").as_uri())
    assert foglio.evaluate("getComputedStyle(document.querySelector('.it-header-center-wrapper')).backgroundColor") == (
        "rgb(0, 89, 179)"
    )
    foglio.locator(".schede-territorio a", has_text="Insubria").click()
    foglio.locator(".capitoli a", has_text="La demografia").click()
    assert foglio.locator("h1").inner_text() == "La demografia"
    foglio.close()


@pytest.mark.parametrize(
    ("pagina", "limite"), [("index.html", 300_000), ("territori/insubria/demografia.html", 500_000)]
)
def test_pages_are_light(finestra: BrowserContext, base: str, pagina: str, limite: int) -> None:
    """Bytes of everything the page asks, compressed as a web server would."""
    import gzip

    pesi: list[int] = []
    foglio = finestra.new_page()

    def pesa(risposta: object) -> None:
        corpo = risposta.body()  # type: ignore[attr-defined]
        compressi = risposta.url.endswith((".woff2", ".png"))  # type: ignore[attr-defined]
        pesi.append(len(corpo) if compressi else len(gzip.compress(corpo, 6)))

    foglio.on("response", pesa)
    foglio.goto(base + pagina, wait_until="networkidle")
    assert 0 < sum(pesi) < limite


def test_structured_data_is_json(piccola: Path) -> None:
    albero = lxml.html.parse(piccola / "sito/territori/insubria/demografia.html").getroot()
    dati = [json.loads(testo) for testo in albero.xpath("//script[@type='application/ld+json']/text()")]
    assert {d["@type"] for d in dati} == {"Dataset"}
    base = (piccola / "sito/territori/insubria/demografia.html").as_uri()
    for d in dati:
        for distribuzione in d["distribution"]:
            assert Path(unquote(urljoin(base, distribuzione["contentUrl"]).removeprefix("file://"))).is_file()
