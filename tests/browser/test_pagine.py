"""Every kind of page of the site, in a real browser: accessible, whole, quiet, and asking nothing of anyone else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin

import html5lib
import lxml.html
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from conciliazione_lib.cli.anteprima import servi

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
    "comuni/index.html",
    "indicatori/index.html",
    "indicatori/indice_vecchiaia.html",
    "cifre/residenti.html",
    "confronta.html",
    "cerca.html?q=varese",
    "dati/index.html",
    "metodi.html",
    "glossario.html",
    "fonti.html",
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
        doppi = {i for i in identificatori if identificatori.count(i) > 1} if len(identificatori) < 500 else set()
        assert doppi == set() and len(identificatori) == len(set(identificatori)), file.name


def test_no_inline_style_or_script(piccola: Path) -> None:
    for file in (piccola / "sito").rglob("*.html"):
        albero = lxml.html.parse(file).getroot()
        assert albero.xpath("//@style | //style") == [], file.name
        assert albero.xpath("//script[not(@src) and not(@type='application/ld+json')]") == [], file.name
        assert albero.xpath("//@*[starts-with(name(), 'on')]") == [], file.name
        politica = albero.xpath("string(//meta[@http-equiv='Content-Security-Policy']/@content)")
        assert "unsafe" not in politica and "default-src 'none'" in politica


def test_keyboard_reaches_content_menu_search_and_table(finestra: BrowserContext, base: str) -> None:
    foglio = finestra.new_page()
    foglio.goto(base + "territori/insubria/demografia.html")
    foglio.keyboard.press("Tab")
    assert foglio.evaluate("document.activeElement.textContent") == "Vai al contenuto principale"
    raggiunti = _walk(foglio, 60)
    for atteso in ("q-testata", "Territori", "tavola", "ordina", "disegno"):
        assert any(atteso in r for r in raggiunti), atteso
    foglio.goto(base + "territori/insubria/demografia.html")
    foglio.keyboard.press("Tab")
    foglio.keyboard.press("Enter")
    assert foglio.evaluate("document.activeElement.id") == "contenuto"


#: What has the focus, which must be seen to have it.
FUOCO = """(() => {
  const e = document.activeElement, stile = getComputedStyle(e);
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
     ("zelo surrigone", "Zelo Surrigone")],
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
