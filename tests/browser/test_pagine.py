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
from conciliazione_lib.evidence.comparing import OUTCOMES, Rule, outcome
from conciliazione_lib.evidence.statements import Value
from conciliazione_lib.indicators.resources import largest_remainder

pytestmark = pytest.mark.browser

#: A narrow phone; 320 pixels are also what a window of 1280 shows at 400% (WCAG 1.4.10).
PHONE, COMPUTER = {"width": 320, "height": 740}, {"width": 1280, "height": 900}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]

#: One page of each kind.
KINDS = (
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
    "indicatori/quota_comuni_senza_servizio.html?livello=ambito&per=tipo%3Drsa&territori=luino,varese",
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
def base(small: Path) -> Iterator[str]:
    with servi(small / "sito") as where:
        yield where.rstrip("/") + "/"


@pytest.fixture
def window(browser: Browser, base: str) -> Iterator[BrowserContext]:
    """A clean session; at the end, nothing was asked of others and the console is silent."""
    context = browser.new_context(locale="it-IT", viewport=COMPUTER)
    foreign: list[str] = []
    said: list[str] = []
    context.on("request", lambda r: None if r.url.startswith((base, "data:")) else foreign.append(r.url))
    context.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
    context.on("weberror", lambda e: said.append(str(e.error)))
    yield context
    context.close()
    assert foreign == []
    assert said == []


def open_page(sheet: Page, address: str, page: str) -> None:
    """Open a kind of page, and wait until it is drawn."""
    sheet.goto(address + page, wait_until="networkidle")
    if page.startswith(("indicatori/indice_", "indicatori/quota")):
        sheet.wait_for_selector("html[data-pronta]")
    if page.startswith("mappe/"):
        sheet.wait_for_selector(".leaflet-interactive")


def violations(sheet: Page) -> list[tuple[str, list[str]]]:
    """Return what axe finds in a page as it is."""
    found = Axe().run(sheet, options={"runOnly": RULES, "resultTypes": ["violations"]}).response["violations"]
    return [(v["id"], [n["target"] for n in v["nodes"][:3]]) for v in found]


def violations_with_all_open(sheet: Page, page: str) -> list[tuple[str, list[str]]]:
    """Return what axe finds in a kind of page, with everything in it open."""
    sheet.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    if page == "comuni/index.html":  # a row is like another: a few are enough
        sheet.fill("#filtro-comuni", "lu")
    return violations(sheet)


@pytest.mark.parametrize("page", ["territori/insubria/demografia.html", "cifre/indice_vecchiaia-territori.html"])
def test_headers_are_of_rows_and_of_columns_by_their_place(window: BrowserContext, base: str, page: str) -> None:
    sheet = window.new_page()
    open_page(sheet, base, page)
    sheet.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    nodes = window.new_cdp_session(sheet).send("Accessibility.getFullAXTree")["nodes"]
    roles = Counter(node["role"]["value"] for node in nodes if "role" in node)
    assert roles["rowheader"] == sheet.locator("tbody th").count() > 3
    assert roles["columnheader"] == sheet.locator("thead th").count() > 3


#: How much what is on the page has moved while it arrived.
SHIFTS = """window.spostamenti = 0; new PerformanceObserver((l) => { for (const e of l.getEntries())
  if (!e.hadRecentInput) window.spostamenti += e.value; }).observe({ type: 'layout-shift', buffered: true });"""
#: What a finger would miss: less than 24 pixels high, but for links inside a text (WCAG 2.2, 2.5.8).
TOO_SMALL = """[...document.querySelectorAll('button, select, input, summary, nav a, .segnale')]
  .filter((n) => n.checkVisibility()).map((n) => [n, n.getBoundingClientRect()])
  .filter(([n, r]) => r.width && r.height < 24 && !n.closest('label')).map(([n]) => n.outerHTML.slice(0, 90))"""


@pytest.mark.parametrize("page", KINDS)
def test_a_page_stays_still_reflows_and_is_accessible(window: BrowserContext, base: str, page: str) -> None:
    """On a phone, where its menu is opened, and then as wide as a computer."""
    sheet = window.new_page()
    sheet.set_viewport_size(PHONE)
    sheet.add_init_script(SHIFTS)
    open_page(sheet, base, page)
    assert sheet.evaluate("window.spostamenti") <= 0.1
    assert sheet.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert sheet.evaluate(TOO_SMALL) == []
    sheet.click(".sito-menu")  # open, as who uses it sees it
    assert violations_with_all_open(sheet, page) == []
    sheet.click(".sito-menu")
    sheet.set_viewport_size(COMPUTER)
    assert violations(sheet) == []


#: What a page becomes when somebody uses it, what she does, and what tells that it is done.
STATES = {
    "quattro territori": ("confronta.html?livello=comune&t=012092,012133,012001,012002", "#affiancati table"),
    "la ricerca risponde": ("cerca.html?q=indice di vecchiaia luino", "#risposta:not([hidden])"),
    "la ricerca non trova": ("cerca.html?q=xyzxyz", "#niente:not([hidden])"),
    "una suddivisione": ("indicatori/residenti.html?livello=ats&per=eta%3D0-14", ".generata"),
    "un andamento": ("indicatori/indice_vecchiaia.html?livello=comune&territori=012092,012133", "#andamento circle"),
}


@pytest.mark.parametrize("stato", STATES)
def test_no_accessibility_violations_while_a_page_is_used(window: BrowserContext, base: str, stato: str) -> None:
    page, done = STATES[stato]
    sheet = window.new_page()
    sheet.set_viewport_size(PHONE)
    sheet.goto(base + page)
    sheet.locator(done).first.wait_for(state="attached")
    sheet.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    for dimensions in (PHONE, COMPUTER):
        sheet.set_viewport_size(dimensions)
        assert violations(sheet) == []


def test_every_link_and_anchor_leads_somewhere(small: Path) -> None:
    root = small / "sito"
    trees = {file: lxml.html.parse(file).getroot() for file in root.rglob("*.html")}
    anchors = {file: set(tree.xpath("//@id")) for file, tree in trees.items()}
    broken = []
    for file, tree in trees.items():
        for address in tree.xpath("//@href | //@src | //form/@action"):
            if address.startswith(("https://", "http://", "mailto:")):
                continue
            path, fragment = urldefrag(address)
            target = (file.parent / unquote(path.partition("?")[0])).resolve() if path else file
            if not target.is_file() or (fragment and target in anchors and unquote(fragment) not in anchors[target]):
                broken.append((file.relative_to(root).as_posix(), address))
    assert broken == []


def test_html_is_valid(small: Path) -> None:
    pages = [f for f in (small / "sito").rglob("*.html") if f.parent.name != "comuni" or f.name < "01201"]
    for file in pages:
        text = file.read_text(encoding="utf-8")
        reader = html5lib.HTMLParser(strict=False)
        reader.parse(text)
        # html5lib does not know that SVG inside HTML may have children of its own.
        errors = [e for e in reader.errors if "svg" not in str(e).lower()]
        assert errors == [], file.name
        identifiers = lxml.html.fromstring(text).xpath("//@id")
        double = {i for i, times in Counter(identifiers).items() if times > 1}
        assert double == set(), file.name


def test_no_inline_style_or_script(small: Path) -> None:
    for file in (small / "sito").rglob("*.html"):
        tree = lxml.html.parse(file).getroot()
        assert tree.xpath("//@style | //style") == [], file.name
        assert tree.xpath("//script[not(@src) and not(starts-with(@type, 'application/'))]") == [], file.name
        assert tree.xpath("//@*[starts-with(name(), 'on')]") == [], file.name
        policy = tree.xpath("string(//meta[@http-equiv='Content-Security-Policy']/@content)")
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy


def test_keyboard_reaches_content_menu_search_and_table(window: BrowserContext, base: str) -> None:
    sheet = window.new_page()
    sheet.goto(base + "territori/insubria/demografia.html")
    sheet.keyboard.press("Tab")
    assert sheet.evaluate("document.activeElement.textContent") == "Vai al contenuto principale"
    reached = _walk(sheet, 90)
    for expected in ("q-testata", "Territori", "tavola", "ordina", "disegno"):
        assert any(expected in r for r in reached), expected
    sheet.goto(base + "territori/insubria/demografia.html")
    sheet.keyboard.press("Tab")
    sheet.keyboard.press("Enter")
    assert sheet.evaluate("document.activeElement.id") == "contenuto"


#: What has the focus, which must be seen to have it.
FOCUS = """(() => {
  const e = document.activeElement, stile = getComputedStyle(e);
  if (e === document.body) return "";
  if (stile.outlineStyle === "none" && stile.boxShadow === "none" && !e.closest("svg")) throw e.outerHTML.slice(0, 200);
  return [e.id, e.className.baseVal ?? e.className, e.textContent.slice(0, 40)].join(" ");
})()"""


def _walk(sheet: Page, steps: int) -> list[str]:
    reached = []
    for _ in range(steps):
        sheet.keyboard.press("Tab")
        reached.append(sheet.evaluate(FOCUS))
    return reached


def test_tables_sort_with_missing_values_last(window: BrowserContext, base: str) -> None:
    sheet = window.new_page()
    sheet.goto(base + "territori/insubria/demografia.html")
    button = sheet.locator("#tab-ats th button", has_text="Vecchiaia")
    button.click()
    prime = sheet.locator("#tab-ats tbody tr th").all_inner_texts()
    button.click()
    assert sheet.locator("#tab-ats tbody tr th").all_inner_texts() == prime[::-1]
    assert sheet.locator("#tab-ats th[aria-sort=descending]").count() == 1


@pytest.mark.parametrize(
    ("written", "expected"),
    [("vares", "Varese"), ("cantu", "Cantù"), ("Brianzza", "Brianza"), ("vechiaia", "Indice di vecchiaia"),
     ("zelo surrigone", "Zelo Surrigone"), ("anzianità", "Indice di vecchiaia"),
     ("vecchiaia di marte", "Indice di vecchiaia")],
)  # fmt: skip
def test_search_forgives_accents_and_typos(window: BrowserContext, base: str, written: str, expected: str) -> None:
    sheet = window.new_page()
    sheet.goto(f"{base}cerca.html?q={written}")
    found = sheet.locator("#risultati a").all_inner_texts()
    assert any(expected in title for title in found[:5]), found[:8]


def test_search_result_leads_to_the_comune(window: BrowserContext, base: str) -> None:
    sheet = window.new_page()
    sheet.goto(f"{base}cerca.html?q=luino")
    sheet.locator("#risultati a", has_text="Luino").first.click()
    sheet.wait_for_url("**/comuni/012092.html")
    assert "Insubria" in sheet.locator(".occhiello").inner_text()


def test_map_is_drawn_told_and_reached_by_keyboard(window: BrowserContext, base: str) -> None:
    sheet = window.new_page()
    sheet.goto(base + "mappe/insubria/demografia-map-vecchiaia.html")
    sheet.wait_for_selector(".leaflet-interactive")
    assert sheet.locator("path.leaflet-interactive").count() == 270
    sheet.locator("#mappa-scelta").focus()
    sheet.keyboard.type("Varese")
    sheet.keyboard.press("Tab")
    assert sheet.locator("#mappa-stato").inner_text().startswith("Varese: 231,8")
    for _ in range(4):
        sheet.keyboard.press("Tab")
    assert sheet.evaluate("document.activeElement.closest('.mappa-viva, main') !== null")
    legend = sheet.locator(".legenda li").all_inner_texts()
    assert sum(int(entry.rpartition("(")[2].rstrip(")")) for entry in legend) == 270


def test_the_explorer_agrees_with_itself_at_every_level(window: BrowserContext, base: str) -> None:
    sheet = window.new_page()
    sheet.goto(base + "indicatori/indice_vecchiaia.html")
    sheet.wait_for_selector("html[data-pronta]")
    assert sheet.locator("#scegli-livello option:checked").inner_text() == "ATS"
    for level, territori in (("ats", 8), ("ambito", 87), ("comune", 1506)):
        sheet.select_option("#scegli-livello", level)
        sheet.wait_for_selector(f"html[data-pronta='{level} 2022-01-01']")
        assert f"livello={level}" in sheet.url
        assert "1° gennaio 2022" in sheet.locator("#vista-titolo").inner_text()
        map_ = sheet.locator("#vista-mappa .disegno svg")
        assert map_.get_attribute("aria-label") == sheet.locator("#vista-titolo").inner_text()
        assert map_.locator("path[data-codice]").count() == territori
        # What the map says of a territory, the ranking and the table say too; single comuni are in no table.
        for code in sheet.locator("#graduatoria li").evaluate_all("e => e.map((r) => r.dataset.codice)"):
            text = sheet.locator(f"#graduatoria li[data-codice='{code}'] strong").inner_text()
            shape = map_.locator(f"path[data-codice='{code}']")
            assert (shape.locator("title").text_content() or "").endswith(f": {text}")
            assert shape.get_attribute("data-classe") != "-"
            if level != "comune":
                cell = sheet.locator(f"section[data-livello={level}] tr[data-codice='{code}'] td:not([hidden])")
                assert cell.inner_text() == text
        legend = sheet.locator("#mappa-legenda li").all_inner_texts()
        assert sum(int(v.rpartition("(")[2].rstrip(")").replace(".", "")) for v in legend) == territori


def test_the_state_of_the_explorer_is_in_its_address(window: BrowserContext, base: str) -> None:
    sheet = window.new_page()
    sheet.goto(base + "indicatori/indice_vecchiaia.html?livello=ats&territori=insubria,pavia")
    sheet.wait_for_selector("html[data-pronta]")
    assert sheet.locator("#scelti li").count() == 2
    assert sheet.locator("#vista-mappa path.scelta").count() == 2
    sheet.get_by_label("Togli Pavia").click()
    sheet.wait_for_function("!location.search.includes('pavia')")
    assert "territori=insubria" in sheet.url
    assert "indicatori/indice_vecchiaia.html" in sheet.locator("#citazione").inner_text()


def _rows_of(sheet: Page) -> dict[str, str]:
    """Return what the table in view says of each territory."""
    read = "r => r.filter((t) => t.checkVisibility()).map((t) => [t.dataset.codice, [...t.cells].at(-1).textContent])"
    return dict(sheet.locator(".esplora tbody tr[data-codice]").evaluate_all(read))


@pytest.mark.parametrize("livello", ["ats", "ambito"])
@pytest.mark.parametrize("per", ["tipo=cdi", "tipo=rsa"])
def test_a_breakdown_is_chosen_and_the_whole_view_follows(
    window: BrowserContext, base: str, small: Path, livello: str, per: str
) -> None:
    id, words = (
        "quota_comuni_senza_servizio",
        "tipo " + {"cdi": "centro diurno integrato"}.get(per[5:], "residenza sanitaria assistenziale"),
    )
    stored = pd.read_parquet(small / "cifre.parquet").query("indicatore == @id and livello == @livello and per == @per")
    expected = {
        row.territorio: formats.numero(row.valore, 1) if row.valore == row.valore else "n.d."
        for row in stored.itertuples()
    }
    sheet = window.new_page()
    sheet.goto(f"{base}indicatori/{id}.html")
    sheet.wait_for_selector("html[data-pronta]")
    assert sheet.locator("#scegli-taglio option").count() == 2  # there is no whole
    sheet.select_option("#scegli-livello", livello)
    sheet.select_option("#scegli-taglio", per)
    sheet.wait_for_selector(f"html[data-pronta='{livello} 2022-01-01 {per}']")
    title = sheet.locator("#vista-titolo").inner_text()
    assert words in title
    assert title in sheet.locator("#citazione").inner_text()
    assert sheet.locator("#vista-mappa svg").first.get_attribute("aria-label") == title
    assert f"per={per.replace('=', '%3D')}" in sheet.url
    assert sheet.url in sheet.locator("#incorpora").input_value()
    assert words in sheet.locator(".generata caption").inner_text()
    assert _rows_of(sheet) == expected
    ranked = sheet.locator("#graduatoria li").evaluate_all(
        "e => e.map((r) => [r.dataset.codice, r.querySelector('strong').textContent])"
    )
    assert all(expected[code] == text for code, text in ranked)
    drawn = sheet.locator("#vista-mappa path[data-codice]").evaluate_all(
        "e => e.map((p) => [p.dataset.codice, p.dataset.classe, p.querySelector('title').textContent])"
    )
    for code, of_class, text in drawn:
        assert (of_class == "-") == (expected.get(code, "n.d.") == "n.d.")
        assert code not in expected or text.endswith(f": {expected[code]}")
    with sheet.expect_download() as downloaded:
        sheet.click("#scarica-vista")
    csv = pd.read_csv(downloaded.value.path(), dtype="str", keep_default_na=False)
    assert dict(zip(csv["territorio"], csv["scritto"], strict=True)) == expected
    assert [formats.numero(float(v or "nan"), 1) for v in csv["valore"]] == csv["scritto"].tolist()
    assert set(csv["per"]) == {per}
    sheet.reload()  # the choice is in the address
    sheet.wait_for_selector(f"html[data-pronta='{livello} 2022-01-01 {per}']")
    assert sheet.locator("#vista-titolo").inner_text() == title


def test_an_embedded_view_cites_the_page_and_not_itself(window: BrowserContext, base: str) -> None:
    sheet = window.new_page()
    sheet.goto(f"{base}indicatori/residenti.html?livello=ats&per=eta%3D0-14&incorpora=1")
    sheet.wait_for_selector("html[data-pronta='ats 2022-01-01 eta=0-14']")
    assert "incorpora" in sheet.url
    assert "incorpora" not in sheet.locator("#citazione").inner_text()
    assert not sheet.locator("header").is_visible()
    # A number by breakdown has thousands for the eye, and none for a machine.
    with sheet.expect_download() as downloaded:
        sheet.click("#scarica-vista")
    csv = pd.read_csv(downloaded.value.path(), dtype="str").set_index("territorio")
    assert csv.loc["insubria", "scritto"] == formats.numero(float(csv.loc["insubria", "valore"]), 0)
    assert "." not in csv.loc["insubria", "valore"]


def test_a_breakdown_that_a_level_does_not_have_gives_way_to_the_whole(window: BrowserContext, base: str) -> None:
    sheet = window.new_page()
    sheet.goto(f"{base}indicatori/residenti.html?livello=ats&per=eta%3D0-14")
    sheet.wait_for_selector("html[data-pronta='ats 2022-01-01 eta=0-14']")
    assert sheet.locator("#scegli-taglio option").all_inner_texts() == ["Tutto l'insieme", "età 0-14", "età 65 e più"]
    parts = _rows_of(sheet)
    sheet.select_option("#scegli-taglio", "")
    sheet.wait_for_selector("html[data-pronta='ats 2022-01-01']")
    assert "per=" not in sheet.url
    assert _rows_of(sheet).keys() == parts.keys()
    assert _rows_of(sheet) != parts
    sheet.goto(f"{base}indicatori/residenti.html?livello=regione&per=eta%3D0-14")
    sheet.wait_for_selector("html[data-pronta='regione 2022-01-01']")
    assert not sheet.locator("#scegli-taglio").is_visible()
    sheet.goto(base + "indicatori/indice_vecchiaia.html")
    sheet.wait_for_selector("html[data-pronta]")
    assert sheet.locator("#scegli-taglio").count() == 0


def test_comuni_and_ambiti_have_the_trend_that_the_store_knows(window: BrowserContext, base: str) -> None:
    sheet = window.new_page()
    for where in ("livello=comune&territori=012092,012133", "livello=ambito&territori=luino"):
        sheet.goto(f"{base}indicatori/indice_vecchiaia.html?{where}")
        sheet.wait_for_selector("html[data-pronta]")
        chosen = where.count(",") + 1
        assert sheet.locator("#andamento polyline").count() == chosen
        assert sheet.locator("#andamento circle").count() == 2 * chosen
        assert sheet.locator("#andamento text").all_text_contents()[-2:] == ["2020", "2022"]
    # Of one period nothing is said.
    sheet.goto(f"{base}indicatori/residenti.html?livello=ambito&territori=luino")
    sheet.wait_for_selector("html[data-pronta]")
    assert not sheet.locator(".andamento").is_visible()


def test_a_chosen_territory_keeps_its_row_in_the_table(window: BrowserContext, base: str) -> None:
    sheet = window.new_page()
    sheet.goto(f"{base}indicatori/indice_vecchiaia.html?livello=ats&territori=insubria")
    sheet.wait_for_selector("html[data-pronta]")
    cells = (
        "e => e.map((r) => [...r.cells].filter((c) => !c.hidden).map((c) => Math.round(c.getBoundingClientRect().x)))"
    )
    rows = sheet.locator("section[data-livello=ats] tbody tr").evaluate_all(cells)
    assert sheet.locator("section[data-livello=ats] tr.scelta").count() == 1
    assert len({tuple(row) for row in rows}) == 1


def test_on_a_phone_the_comparison_says_whose_each_value_is(window: BrowserContext, base: str) -> None:
    sheet = window.new_page()
    sheet.set_viewport_size(PHONE)
    sheet.goto(f"{base}confronta.html?livello=comune&t=012092,012133")
    sheet.wait_for_selector("#affiancati table")
    said = sheet.locator("#affiancati tr[data-i=indice_vecchiaia] td").evaluate_all(
        "e => e.map((c) => getComputedStyle(c, '::before').content)"
    )
    assert said == ['"Luino"', '"Varese"']


def test_names_of_a_trend_do_not_cover_each_other(window: BrowserContext, base: str) -> None:
    sheet = window.new_page()
    sheet.goto(f"{base}indicatori/indice_vecchiaia.html?livello=ambito&territori=luino,varese,azzate,tradate")
    sheet.wait_for_selector("html[data-pronta]")
    places = sheet.locator("#andamento text[data-codice]").evaluate_all(
        "e => e.map((t) => Number(t.getAttribute('y')))"
    )
    assert len(places) >= 2
    assert all(b - a >= 15 for a, b in zip(sorted(places), sorted(places)[1:], strict=False))
    assert min(places) >= 0


def test_missing_areas_are_hatched_on_the_map_as_in_its_legend(window: BrowserContext, base: str) -> None:
    sheet = window.new_page()
    sheet.goto(f"{base}indicatori/quota_comuni_senza_servizio.html?livello=ambito&per=tipo%3Drsa")
    sheet.wait_for_selector("html[data-pronta]")
    assert sheet.locator("#vista-mappa path[data-classe='-']").count() > 0
    line, ground = sheet.evaluate(
        "['#tratteggio path', '#tratteggio rect'].map((s) => document.querySelector(s)).map((n, i) =>"
        " getComputedStyle(n)[i ? 'fill' : 'stroke'])"
    )
    assert line != ground
    assert line != "none"


def test_the_typeface_of_the_headings_is_there_from_the_first_visit(window: BrowserContext, base: str) -> None:
    sheet = window.new_page()
    sheet.goto(base + "index.html", wait_until="networkidle")
    asked = sheet.evaluate("[...document.querySelectorAll('link[rel=preload][as=font]')].map((l) => l.href)")
    loaded = sheet.evaluate("[...document.fonts].filter((f) => f.status === 'loaded').map((f) => f.weight)")
    assert len(asked) == len(loaded) == sheet.evaluate("document.fonts.size")


def test_counts_never_colour_a_map(window: BrowserContext, base: str) -> None:
    sheet = window.new_page()
    sheet.goto(base + "indicatori/residenti.html")
    sheet.wait_for_selector("html[data-pronta]")
    assert sheet.locator("#vista-mappa path[data-codice]").count() == 0
    assert "in rapporto alla popolazione" in sheet.locator("#mappa-assente").inner_text()
    assert sheet.locator("#vista-mappa .scarica:visible").count() == 0  # there is nothing to download as an image
    assert sheet.locator("#graduatoria li").count() == 8


def test_why_there_is_no_map_is_true_of_the_level(window: BrowserContext, base: str) -> None:
    sheet = window.new_page()
    sheet.goto(base + "indicatori/indice_vecchiaia.html?livello=regione")
    sheet.wait_for_selector("html[data-pronta='regione 2022-01-01']")
    assert "Di questo livello non si disegna una mappa" in sheet.locator("#mappa-assente").inner_text()


def test_a_chart_is_downloaded_as_an_image(window: BrowserContext, base: str) -> None:
    sheet = window.new_page()
    sheet.goto(base + "territori/insubria/demografia.html")
    with sheet.expect_download() as downloaded:
        sheet.locator("#fig-ats-figura > .scarica").get_by_text("PNG").click()
    assert downloaded.value.suggested_filename == "fig-ats.png"
    byte = downloaded.value.path().read_bytes()
    assert byte[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(byte[16:20], "big") > 1000  # twice the width of the drawing
    with sheet.expect_download() as downloaded:
        sheet.locator("#fig-ats-figura > .scarica").get_by_text("SVG").click()
    assert downloaded.value.suggested_filename == "fig-ats.svg"
    drawing = lxml.etree.parse(downloaded.value.path()).getroot()
    assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
    assert "Pavia" in "".join(drawing.itertext())


def test_the_home_map_leads_to_an_ats_by_keyboard(window: BrowserContext, base: str) -> None:
    sheet = window.new_page()
    sheet.goto(base + "index.html")
    sheet.locator(".mappa-ats a[aria-label='Insubria']").focus()
    sheet.keyboard.press("Enter")
    sheet.wait_for_url("**/territori/insubria/index.html")
    assert sheet.locator(".riquadro.sintesi").inner_text().startswith("Da sapere")
    legend = window.new_page()
    legend.goto(base + "index.html")
    assert sum(int(v.rpartition("(")[2].rstrip(")")) for v in legend.locator(".legenda li").all_inner_texts()) == 8


def test_maps_of_the_folder_stand_alone(browser: Browser, small: Path) -> None:
    with servi(small / "maps") as where:
        sheet = browser.new_page()
        foreign: list[str] = []
        sheet.on("request", lambda r: None if r.url.startswith(where) else foreign.append(r.url))
        sheet.goto(where)
        sheet.locator("a", has_text="Indice di vecchiaia").first.click()
        sheet.wait_for_selector(".leaflet-interactive")
        sheet.close()
    assert foreign == []


@pytest.mark.parametrize(("total", "unita"), [(1_000_000, 10_000), (999_999, 1_000), (7, 1)])
def test_simulator_shares_as_the_library_does(window: BrowserContext, base: str, total: int, unita: int) -> None:
    sheet = window.new_page()
    sheet.goto(base + "simulatore.html")
    data = json.loads(sheet.locator("#dati-simulatore").text_content() or "")
    sheet.fill("#totale", str(total))
    sheet.select_option("#unita", str(unita))
    sheet.fill("#peso-residenti", "60")
    sheet.fill("#peso-residenti_0_14", "40")
    quote = sum(
        weight * pd.Series(data["criteri"][id], dtype="int64").map(Fraction) / int(sum(data["criteri"][id]))
        for id, weight in (("residenti", 60), ("residenti_0_14", 40))
    )
    expected = largest_remainder(dict(zip(data["ats"], quote, strict=True)), total, unita)
    read = sheet.locator("#tabella-simulatore tbody td.esito").all_inner_texts()
    assert [int(text.replace(".", "")) for text in read] == [int(expected[name]) for name in data["ats"]]


def test_comparison_shows_the_chosen_territories(window: BrowserContext, base: str) -> None:
    sheet = window.new_page()
    sheet.goto(base + "confronta.html")
    sheet.select_option("#livello", "comune")
    sheet.select_option("#posto-0", label="Luino")
    sheet.select_option("#posto-1", label="Varese")
    sheet.wait_for_selector("#affiancati table")
    assert sheet.url.endswith("?livello=comune&t=012092,012133")
    sheet.reload()  # the choice is in the address, so it can be sent
    head = sheet.locator("#affiancati thead").first.locator("th").all_inner_texts()
    assert head == ["Indicatore", "Luino", "Varese"], head
    row = sheet.locator("#affiancati tr[data-i=indice_vecchiaia]").inner_text()
    assert "231,8" in row
    assert "più" in row


def test_the_comparison_of_the_page_is_that_of_the_report(window: BrowserContext, base: str) -> None:
    sheet = window.new_page()
    sheet.goto(base + "confronta.html")
    case = random.Random(24)
    cases, expected = [], []
    for _ in range(400):
        rule = Rule(case.choice((0.0, 0.01)), case.choice((-1.0, 0.0, 0.5, 9.0)), case.random() < 0.5)
        decimals = case.choice((0, 1, 2))
        two = []
        for _ in range(2):
            value = round(case.uniform(1, 60), case.choice((1, 3)))
            gap = case.choice((None, 0.3, 4.0))
            limits = (None, None) if gap is None else (value - gap, value + gap)
            status, imputed = case.choice(("presente", "presente", "parziale")), case.choice((0.0, 0.1, 0.5))
            two.append(Value(value, *limits, decimals, status, imputed, "", "", True))
        expected.append(outcome(two[0], two[1], rule))
        entries = [
            {"valore": v.value, "da": v.lower, "a": v.upper, "imputata": v.imputed, "parziale": v.state == "parziale"}
            for v in two
        ]
        cases.append([*entries, [decimals, rule.tolerance, rule.relevant, int(rule.points)]])
    assert sheet.evaluate("c => c.map((u) => window.conciliazione.esito(...u))", cases) == expected
    assert set(expected) == set(OUTCOMES)
    numbers = [(0.125, 2), (2.5, 0), (1234.5, 0), (0.05, 1), (999.995, 2)]
    written = sheet.evaluate("n => n.map(([v, d]) => window.conciliazione.italiano(v, d))", numbers)
    assert written == [f"+{formats.numero(v, d)}" for v, d in numbers]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("indice di vecchiaia luino", "210,8"),
        ("abitanti ats insubria", "1.455.789"),
        ("vecchiaia ats insubria", "185,6"),
    ],
)
def test_search_answers_indicator_and_place_with_the_number(
    window: BrowserContext, base: str, written: str, expected: str
) -> None:
    sheet = window.new_page()
    sheet.goto(f"{base}cerca.html?q={written}")
    sheet.wait_for_selector("#risposta:not([hidden])")
    assert expected in sheet.locator("#risposta").inner_text()


def test_search_puts_a_comune_first_for_its_name_and_explains_when_there_is_nothing(
    window: BrowserContext, base: str
) -> None:
    sheet = window.new_page()
    sheet.goto(f"{base}cerca.html?q=pavia")
    assert "Comune, ATS Pavia" in sheet.locator("#risultati li").first.inner_text()
    sheet.goto(f"{base}cerca.html?q=xyzxyz")
    assert "Nessun risultato per «xyzxyz»" in sheet.locator("#esito").inner_text()
    assert sheet.locator("#niente a").count() == 3


#: What the keyboard stops at inside an element, and whether it has a name.
STOPS = """(e) => [...e.querySelectorAll('a[href], button, input, select, textarea, [tabindex="0"]')]
  .filter((n) => n.checkVisibility()).map((n) => n.getAttribute('aria-label') || n.textContent.trim() ||
    n.labels?.[0]?.textContent || n.title || '')"""


@pytest.mark.parametrize(
    ("page", "map_"),
    [
        ("mappe/insubria/demografia-map-vecchiaia.html", ".mappa-viva"),
        ("indicatori/indice_vecchiaia.html?livello=comune", "#vista-mappa"),
        ("index.html", ".mappa-ats"),
    ],
)
def test_a_map_has_few_stops_for_the_keyboard_and_all_are_named(
    window: BrowserContext, base: str, page: str, map_: str
) -> None:
    sheet = window.new_page()
    sheet.goto(base + page)
    sheet.locator(f"{map_} path").nth(7).wait_for(state="attached")
    stops = sheet.locator(map_).evaluate(STOPS)
    assert len(stops) <= 20
    assert all(stops), stops


def test_no_page_scrolls_slowly(window: BrowserContext, base: str) -> None:
    sheet = window.new_page()
    sheet.goto(base + "index.html")
    assert sheet.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


def test_no_page_speaks_of_commands(small: Path) -> None:
    # What chapters say of missing data is theirs.
    chapters = {"demografia.html", "lavoro.html", "scheda-ambito.html"}
    for file in (file for file in (small / "sito").rglob("*.html") if file.name not in chapters):
        text = lxml.html.parse(file).getroot().text_content()
        assert "conciliazione_lib" not in text, file.name
        assert not re.search(
            r"\bconciliazione (?:dati|genera|piano|documento|verifica|riparto|tempi modello)\b", text
        ), file.name


def test_reading_needs_no_script(browser: Browser, base: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    sheet = context.new_page()
    for page in KINDS:
        sheet.goto(base + page)
        assert sheet.locator("h1").count() == 1
        assert sheet.locator("header nav a").first.is_visible()
    sheet.goto(base + "territori/insubria/demografia.html")
    assert sheet.locator("figure svg[role=img]").count() == 2
    assert sheet.locator("#tab-ats tbody tr").count() == 8
    context.close()


def test_a_folder_opened_from_disk_reads_and_looks_the_same(browser: Browser, small: Path) -> None:
    sheet = browser.new_page(viewport=COMPUTER)
    sheet.goto((small / "sito" / "index.html").as_uri())
    assert sheet.evaluate("getComputedStyle(document.querySelector('.it-header-center-wrapper')).backgroundColor") == (
        "rgb(0, 89, 179)"
    )
    sheet.locator(".schede-territorio a", has_text="Insubria").click()
    sheet.locator(".capitoli a", has_text="La demografia").click()
    assert sheet.locator("h1").inner_text() == "La demografia"
    sheet.close()


@pytest.mark.parametrize(("page", "limit"), [("index.html", 300_000), ("territori/insubria/demografia.html", 500_000)])
def test_pages_are_light(window: BrowserContext, base: str, page: str, limit: int) -> None:
    """Bytes of everything the page asks, compressed as a web server would."""
    import gzip

    weights: list[int] = []
    sheet = window.new_page()

    def weigh(risposta: object) -> None:
        body = risposta.body()  # type: ignore[attr-defined]
        compressed = risposta.url.endswith((".woff2", ".png"))  # type: ignore[attr-defined]
        weights.append(len(body) if compressed else len(gzip.compress(body, 6)))

    sheet.on("response", weigh)
    sheet.goto(base + page, wait_until="networkidle")
    assert 0 < sum(weights) < limit


def test_structured_data_is_json(small: Path) -> None:
    tree = lxml.html.parse(small / "sito/territori/insubria/demografia.html").getroot()
    data = [json.loads(text) for text in tree.xpath("//script[@type='application/ld+json']/text()")]
    assert {d["@type"] for d in data} == {"Dataset"}
    base = (small / "sito/territori/insubria/demografia.html").as_uri()
    for d in data:
        for distribution in d["distribution"]:
            assert Path(unquote(urljoin(base, distribution["contentUrl"]).removeprefix("file://"))).is_file()
