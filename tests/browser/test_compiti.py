"""The ten tasks of the readers (docs/COMPITI.md), from the home page, with at most three clicks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import quaderni
from playwright.sync_api import Browser, Page
from progetti import PUBLISHER

from conciliazione_lib.cli.anteprima import servi

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def base(generated: Path) -> Iterator[str]:
    """Address of the site of the edition, with everything in it."""
    with servi(generated / "sito") as where:
        yield where.rstrip("/") + "/"


class Reader:
    """Who reads, and counts her clicks."""

    def __init__(self, page: Page, base: str) -> None:
        self.page, self.clicks = page, 0
        page.goto(base + "index.html")

    def click(self, name: str, *, inside: str = "body", exact: bool = False) -> None:
        self.clicks += 1
        assert self.clicks <= 3, "more than three clicks"
        self.page.locator(inside).get_by_role("link", name=name, exact=exact).first.click()
        self.page.wait_for_load_state("networkidle")

    def search(self, words: str) -> None:
        self.clicks += 1
        self.page.fill("#q-home", words)
        self.page.press("#q-home", "Enter")
        self.page.wait_for_load_state("networkidle")

    def text(self, where: str = "main") -> str:
        return " ".join(self.page.locator(where).inner_text().split())


@pytest.fixture
def reader(browser: Browser, base: str) -> Iterator[Reader]:
    page = browser.new_page(locale="it-IT", viewport={"width": 1280, "height": 900})
    yield Reader(page, base)
    page.close()


def test_1_nursery_places_of_an_ambito_or_why_they_are_not_known(reader: Reader) -> None:
    reader.search("posti prima infanzia ambito Luino")
    reader.page.wait_for_selector("#risposta:not([hidden])")
    answer = reader.text("#risposta")
    assert "Luino (ambito)" in answer
    assert re.search(r"Posti[^:]*: (?:\d|almeno|non disponibile \(Perché: \w)", answer), answer


def test_2_widest_employment_gap_and_whether_it_is_certain(reader: Reader) -> None:
    reader.click("I valori in tabella")
    reader.page.wait_for_selector("html[data-pronta]")
    before = reader.text("#graduatoria li:first-child")
    assert before.startswith("Brescia")
    # Its place is shared with others: the widest cannot be told.
    assert re.search(r"posto 1–\d", before), before


def test_3_bound_comuni_of_insubria_without_a_plan(reader: Reader) -> None:
    reader.click("ATS dell'Insubria", inside="#territori + ul")
    listing = reader.text("#comuni-obbligati + dl")
    assert any(how in listing for how in ("Senza piano", "Non si sa se l'abbiano"))
    assert reader.page.locator("#comuni-obbligati + dl a").count() > 0


def test_4_data_of_a_chart(reader: Reader) -> None:
    reader.click("ATS dell'Insubria", inside="#territori + ul")
    reader.click("La demografia", inside=".capitoli")
    figure = reader.page.locator("figure.figura:has(svg)").first
    with reader.page.expect_download() as downloaded:
        figure.locator("summary").click()
        figure.get_by_role("link", name="CSV").first.click()
    assert len(downloaded.value.path().read_text(encoding="utf-8").splitlines()) > 2


def test_5_cite_a_number(reader: Reader) -> None:
    reader.click("I valori in tabella")
    reader.page.wait_for_selector("html[data-pronta]")
    citation = reader.text("#citazione")
    assert all(part in citation for part in (quaderni.EDIZIONE, PUBLISHER["editore"], "livello=ats", "http")), citation


def test_6_my_comune(reader: Reader) -> None:
    reader.search("luino")
    reader.clicks += 1
    reader.page.locator("#risultati a").first.click()
    reader.page.wait_for_url("**/comuni/012092.html")
    text = reader.text()
    assert "residenti" in text.split("Gli indicatori")[0]
    assert reader.page.locator("table.profilo tbody tr").count() > 30


def test_7_brescia_against_bergamo(reader: Reader) -> None:
    reader.click("Confronta", inside="header nav", exact=True)
    reader.page.select_option("#posto-0", label="Brescia")
    reader.page.select_option("#posto-1", label="Bergamo")
    reader.page.wait_for_selector("#affiancati table")
    gap = reader.text("#affiancati tr[data-i=divario_occupazione]")
    assert gap.endswith("non si distingue"), gap


def test_8_what_changed(reader: Reader) -> None:
    reader.click("Che cosa è cambiato", inside="footer")
    assert "è la prima pubblicata" in reader.text()
    earlier = reader.page.get_by_role("link", name="Edizione 2020-2022")
    assert earlier.get_attribute("href") == "https://www.esempio.it/conciliazione-2020"


def test_9_money_of_my_ats_and_why(reader: Reader) -> None:
    reader.click("ATS dell'Insubria", inside="#territori + ul")
    assert re.search(r"Risorse assegnate .*?\d{3}\.\d{3},\d\d", reader.text())
    reader.click("Le risorse e il loro riparto", inside=".capitoli")
    assert "riparto" in reader.text().lower()


def test_10_the_whole_pdf_and_whom_to_write_to(reader: Reader) -> None:
    reader.click("ATS dell'Insubria", inside="#territori + ul")
    for name in ("per intero (PDF)", "in due pagine (PDF)"):
        document = reader.page.get_by_role("link", name=name)
        answer = reader.page.request.get(document.evaluate("a => a.href"))
        assert answer.ok
        assert answer.body()[:5] == b"%PDF-"
    reader.click("A chi scrivere")
    assert reader.page.get_by_role("link", name="statistica@esempio.it").get_attribute("href") == (
        "mailto:statistica@esempio.it"
    )


@pytest.mark.parametrize("width", [1280, 360])
def test_names_on_the_map_of_the_home_do_not_cover_one_another(browser: Browser, base: str, width: int) -> None:
    page = browser.new_page(locale="it-IT", viewport={"width": width, "height": 900})
    page.goto(base + "index.html")
    boxes = page.evaluate(
        """() => [...document.querySelectorAll('.mappa-ats text:not([stroke])')].map(text => {
            const box = text.getBoundingClientRect();
            return [text.textContent, box.left, box.top + box.height * .2, box.right, box.bottom - box.height * .2];
        })"""
    )
    page.close()
    assert len(boxes) >= 8
    for place, (name, left, top, right, bottom) in enumerate(boxes):
        assert right > left, name
        assert bottom > top, name
        for other, left_2, top_2, right_2, bottom_2 in boxes[place + 1 :]:
            assert right <= left_2 or right_2 <= left or bottom <= top_2 or bottom_2 <= top, f"{name} and {other}"
