"""Every kind of page of the site, in a real browser: accessible, whole, quiet, and asking nothing of anyone else."""

from __future__ import annotations

import json
import random
import re
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
from conciliazione_lib.evidence import formats
from conciliazione_lib.evidence.comparing import ESITI, Rule, outcome
from conciliazione_lib.evidence.statements import Value
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
    "comuni/012092.html",
    "segnala.html",
    "404.html",
    "indicatori/index.html",
    "indicatori/indice_vecchiaia.html",
    "cifre/residenti.html",
    "cifre/indice_vecchiaia-territori.html",
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
        foglio.wait_for_selector("html[data-pronta]")
    if pagina.startswith("mappe/"):
        foglio.wait_for_selector(".leaflet-interactive")
    if dimensioni == TELEFONO:  # the menu open, as who uses it sees it
        foglio.click(".sito-menu")
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
    pagine = [f for f in (piccola / "sito").rglob("*.html") if f.parent.name != "comuni" or f.name < "01201"]
    for file in pagine:
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
    foglio.wait_for_url("**/comuni/012092.html")
    assert "Insubria" in foglio.locator(".occhiello").inner_text()


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


def test_the_explorer_agrees_with_itself_at_every_level(finestra: BrowserContext, base: str) -> None:
    foglio = finestra.new_page()
    foglio.goto(base + "indicatori/indice_vecchiaia.html")
    foglio.wait_for_selector("html[data-pronta]")
    assert foglio.locator("#scegli-livello option:checked").inner_text() == "ATS"
    for livello, territori in (("ats", 8), ("ambito", 87), ("comune", 1506)):
        foglio.select_option("#scegli-livello", livello)
        foglio.wait_for_selector(f"html[data-pronta='{livello} 2022-01-01']")
        assert f"livello={livello}" in foglio.url
        assert "1° gennaio 2022" in foglio.locator("#vista-titolo").inner_text()
        mappa = foglio.locator("#vista-mappa .disegno svg")
        assert mappa.get_attribute("aria-label") == foglio.locator("#vista-titolo").inner_text()
        assert mappa.locator("path[data-codice]").count() == territori
        # What the map says of a territory, the ranking and the table say too.
        for codice in foglio.locator("#graduatoria li").evaluate_all("e => e.map((r) => r.dataset.codice)"):
            testo = foglio.locator(f"#graduatoria li[data-codice='{codice}'] strong").inner_text()
            forma = mappa.locator(f"path[data-codice='{codice}']")
            assert (forma.locator("title").text_content() or "").endswith(f": {testo}")
            assert forma.get_attribute("data-classe") != "-"
            cella = foglio.locator(f"section[data-livello={livello}] tr[data-codice='{codice}'] td:not([hidden])")
            assert cella.inner_text() == testo
        legenda = foglio.locator("#mappa-legenda li").all_inner_texts()
        assert sum(int(v.rpartition("(")[2].rstrip(")").replace(".", "")) for v in legenda) == territori


def test_the_state_of_the_explorer_is_in_its_address(finestra: BrowserContext, base: str) -> None:
    foglio = finestra.new_page()
    foglio.goto(base + "indicatori/indice_vecchiaia.html?livello=ats&territori=insubria,pavia")
    foglio.wait_for_selector("html[data-pronta]")
    assert foglio.locator("#scelti li").count() == 2
    assert foglio.locator("#vista-mappa path.scelta").count() == 2
    foglio.get_by_label("Togli Pavia").click()
    foglio.wait_for_function("!location.search.includes('pavia')")
    assert "territori=insubria" in foglio.url
    assert "indicatori/indice_vecchiaia.html" in foglio.locator("#citazione").inner_text()


def test_counts_never_colour_a_map(finestra: BrowserContext, base: str) -> None:
    foglio = finestra.new_page()
    foglio.goto(base + "indicatori/residenti.html")
    foglio.wait_for_selector("html[data-pronta]")
    assert foglio.locator("#vista-mappa path[data-codice]").count() == 0
    assert "in rapporto alla popolazione" in foglio.locator("#mappa-assente").inner_text()
    assert foglio.locator("#graduatoria li").count() == 8


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
    foglio.select_option("#livello", "comune")
    foglio.select_option("#posto-0", label="Luino")
    foglio.select_option("#posto-1", label="Varese")
    foglio.wait_for_selector("#affiancati table")
    assert foglio.url.endswith("?livello=comune&t=012092,012133")
    foglio.reload()  # the choice is in the address, so it can be sent
    testa = foglio.locator("#affiancati thead").first.locator("th").all_inner_texts()
    assert testa == ["Indicatore", "Luino", "Varese"], testa
    riga = foglio.locator("#affiancati tr[data-i=indice_vecchiaia]").inner_text()
    assert "231,8" in riga
    assert "più" in riga


def test_the_comparison_of_the_page_is_that_of_the_report(finestra: BrowserContext, base: str) -> None:
    foglio = finestra.new_page()
    foglio.goto(base + "confronta.html")
    caso = random.Random(24)
    casi, attesi = [], []
    for _ in range(400):
        regola = Rule(caso.choice((0.0, 0.01)), caso.choice((-1.0, 0.0, 0.5, 9.0)), caso.random() < 0.5)
        decimali = caso.choice((0, 1, 2))
        due = []
        for _ in range(2):
            valore = round(caso.uniform(1, 60), caso.choice((1, 3)))
            scarto = caso.choice((None, 0.3, 4.0))
            limiti = (None, None) if scarto is None else (valore - scarto, valore + scarto)
            stato, imputata = caso.choice(("presente", "presente", "parziale")), caso.choice((0.0, 0.1, 0.5))
            due.append(Value(valore, *limiti, decimali, stato, imputata, "", "", True))
        attesi.append(outcome(due[0], due[1], regola))
        voci = [
            {"valore": v.value, "da": v.lower, "a": v.upper, "imputata": v.imputed, "parziale": v.state == "parziale"}
            for v in due
        ]
        casi.append([*voci, [decimali, regola.tolerance, regola.relevant, int(regola.points)]])
    assert foglio.evaluate("c => c.map((u) => window.conciliazione.esito(...u))", casi) == attesi
    assert set(attesi) == set(ESITI)
    numeri = [(0.125, 2), (2.5, 0), (1234.5, 0), (0.05, 1), (999.995, 2)]
    scritti = foglio.evaluate("n => n.map(([v, d]) => window.conciliazione.italiano(v, d))", numeri)
    assert scritti == [f"+{formats.numero(v, d)}" for v, d in numeri]


@pytest.mark.parametrize(
    ("scritto", "atteso"),
    [
        ("indice di vecchiaia luino", "210,8"),
        ("abitanti ats insubria", "1.455.789"),
        ("vecchiaia ats insubria", "185,6"),
    ],
)
def test_search_answers_indicator_and_place_with_the_number(
    finestra: BrowserContext, base: str, scritto: str, atteso: str
) -> None:
    foglio = finestra.new_page()
    foglio.goto(f"{base}cerca.html?q={scritto}")
    foglio.wait_for_selector("#risposta:not([hidden])")
    assert atteso in foglio.locator("#risposta").inner_text()


def test_search_puts_a_comune_first_for_its_name_and_explains_when_there_is_nothing(
    finestra: BrowserContext, base: str
) -> None:
    foglio = finestra.new_page()
    foglio.goto(f"{base}cerca.html?q=pavia")
    assert "Comune, ATS Pavia" in foglio.locator("#risultati li").first.inner_text()
    foglio.goto(f"{base}cerca.html?q=xyzxyz")
    assert "Nessun risultato per «xyzxyz»" in foglio.locator("#esito").inner_text()
    assert foglio.locator("#niente a").count() == 3


@pytest.mark.parametrize("pagina", TIPI)
def test_nothing_moves_on_a_phone_while_the_page_arrives(finestra: BrowserContext, base: str, pagina: str) -> None:
    foglio = finestra.new_page()
    foglio.set_viewport_size(TELEFONO)
    foglio.add_init_script(
        "window.spostamenti = 0; new PerformanceObserver((l) => { for (const e of l.getEntries())"
        " if (!e.hadRecentInput) window.spostamenti += e.value; }).observe({ type: 'layout-shift', buffered: true });"
    )
    foglio.goto(base + pagina, wait_until="networkidle")
    assert foglio.evaluate("window.spostamenti") <= 0.1


#: What the keyboard stops at inside an element, and whether it has a name.
FERMATE = """(e) => [...e.querySelectorAll('a[href], button, input, select, textarea, [tabindex="0"]')]
  .filter((n) => n.checkVisibility()).map((n) => n.getAttribute('aria-label') || n.textContent.trim() ||
    n.labels?.[0]?.textContent || n.title || '')"""


@pytest.mark.parametrize(
    ("pagina", "mappa"),
    [
        ("mappe/insubria/demografia-map-vecchiaia.html", ".mappa-viva"),
        ("indicatori/indice_vecchiaia.html?livello=comune", "#vista-mappa"),
        ("index.html", ".mappa-ats"),
    ],
)
def test_a_map_has_few_stops_for_the_keyboard_and_all_are_named(
    finestra: BrowserContext, base: str, pagina: str, mappa: str
) -> None:
    foglio = finestra.new_page()
    foglio.goto(base + pagina)
    foglio.locator(f"{mappa} path").nth(7).wait_for(state="attached")
    fermate = foglio.locator(mappa).evaluate(FERMATE)
    assert len(fermate) <= 20
    assert all(fermate), fermate


@pytest.mark.parametrize("pagina", TIPI)
def test_targets_are_large_enough_for_a_finger(finestra: BrowserContext, base: str, pagina: str) -> None:
    """At least 24 pixels, but for links inside a text (WCAG 2.2, 2.5.8)."""
    foglio = finestra.new_page()
    foglio.set_viewport_size(TELEFONO)
    foglio.goto(base + pagina)
    piccoli = foglio.evaluate(
        "[...document.querySelectorAll('button, select, input, summary, nav a, .segnale')].filter((n) =>"
        " n.checkVisibility()).map((n) => [n, n.getBoundingClientRect()]).filter(([n, r]) => r.width && r.height < 24"
        " && !n.closest('label')).map(([n]) => n.outerHTML.slice(0, 90))"
    )
    assert piccoli == []


def test_no_page_scrolls_slowly(finestra: BrowserContext, base: str) -> None:
    foglio = finestra.new_page()
    foglio.goto(base + "index.html")
    assert foglio.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


def test_no_page_speaks_of_commands(piccola: Path) -> None:
    # What chapters say of missing data is theirs.
    capitoli = {"demografia.html", "lavoro.html", "scheda-ambito.html"}
    for file in (file for file in (piccola / "sito").rglob("*.html") if file.name not in capitoli):
        testo = lxml.html.parse(file).getroot().text_content()
        assert "conciliazione_lib" not in testo, file.name
        assert not re.search(
            r"\bconciliazione (?:dati|genera|piano|documento|verifica|riparto|tempi modello)\b", testo
        ), file.name


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
