"""What an analyst does on the desk, and what every page of it must be: shared by the tests of the desk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openpyxl
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Locator, Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
PHONE, COMPUTER = {"width": 390, "height": 800}, {"width": 1280, "height": 900}


class Hands:
    """What an analyst does on a page, counted."""

    def __init__(self, sheet: Page) -> None:
        self.foglio = sheet
        self.azioni = 0

    def prizes(self, nome: str, kind: str = "button") -> None:
        self.azioni += 1
        self.foglio.get_by_role(kind, name=nome, exact=False).first.click()  # type: ignore[arg-type]

    def choose(self, field: str, voce: str) -> None:
        self.azioni += 1
        self.foglio.get_by_label(field).select_option(label=voce)

    def scrivi(self, campo: str, testo: str) -> None:
        self.azioni += 1
        self.foglio.get_by_label(campo).fill(testo)

    def mark(self, field: str) -> None:
        self.azioni += 1
        self.foglio.get_by_label(field).check()

    def leave(self, field: str, file: Path) -> None:
        self.azioni += 1
        self.foglio.get_by_label(field).set_input_files(file)

    def download(self, nome: str, folder: Path) -> Path:
        self.azioni += 1
        with self.foglio.expect_download() as arrival:
            self.foglio.get_by_role("link", name=nome).first.click()
        file = folder / arrival.value.suggested_filename
        arrival.value.save_as(file)
        return file


def until_a(wanted: Locator) -> None:
    """Go with the Tab key as far as something, which is then seen to have the focus."""
    wanted = wanted.first
    for _ in range(120):
        if wanted.evaluate("nodo => nodo === document.activeElement"):
            assert wanted.evaluate("nodo => getComputedStyle(nodo).outlineStyle") != "none"
            return
        wanted.page.keyboard.press("Tab")
    raise AssertionError(f"con il tasto Tab non si arriva a {wanted}")


def accessible(sheet: Page, *dimensions: dict[str, int]) -> None:
    """Check the page as it is, with everything open: axe finds nothing, it is as wide as the window, it is Italian.

    In the window as it is, or in windows of some dimensions, one after the other.
    """
    sheet.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    for own in dimensions or (sheet.viewport_size or {"width": 0},):
        if dimensions:
            sheet.set_viewport_size(own)  # type: ignore[arg-type]
        found = Axe().run(sheet, options={"runOnly": RULES, "resultTypes": ["violations"]}).response["violations"]
        said = [(v["id"], [n["target"] for n in v["nodes"][:3]]) for v in found]
        assert said == [], f"{sheet.url}: {said}"
        assert sheet.evaluate("document.documentElement.scrollWidth") <= own["width"], sheet.url
    assert sheet.evaluate("document.documentElement.lang") == "it"


@contextmanager
def ricordati(context: BrowserContext, desk: str) -> Iterator[None]:
    """Remember what is asked and told, for as long as the context lasts: nothing of others, and no complaint."""
    foreign: list[str] = []
    said: list[str] = []
    context.on("request", lambda r: None if r.url.startswith((desk, "data:")) else foreign.append(r.url))
    context.on("console", lambda m: said.append(f"{m.text} {m.location}") if m.type in ("error", "warning") else None)
    context.on("weberror", lambda e: said.append(str(e.error)))
    yield
    assert foreign == [], foreign
    assert said == [], said


def elenco(folder: Path) -> Path:
    """A list as an office keeps it: titles, merged cells, a total, a legend under the table and one apart."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Elenco servizi"
    nurseries = [
        ("Pavia", "Nido Il Girasole", "Asilo nido", "P", 60, 2024),
        (None, "Nido Primi Passi", "Asilo nido", "PR", 30, 2024),
        ("Voghera", "Micronido Arcobaleno", "Micronido", "PR", 10, 2024),
        ("Vigevano", "Nido Stella", "Asilo nido", "P", 45, 2024),
        ("Vigevanno", "Nido Luna", "Asilo nido", "PR", "n.d.", 2024),
    ]
    rows: list[tuple[Any, ...]] = [
        ("ATS di Pavia – Ufficio accreditamento",),
        ("Servizi per la prima infanzia al 31/12/2024",),
        (),
        ("Comune", "Denominazione struttura", "Tipologia", "Natura giuridica", "Nr posti", "Anno"),
        *nurseries,
        (None, "Totale", None, None, 145, None),
        ("P = pubblica; PR = privata accreditata",),
    ]
    for row in rows:
        sheet.append(row)
    for joined in ("A1:F1", "A2:F2", "A5:A6", "A11:F11"):
        sheet.merge_cells(joined)
    legend = book.create_sheet("Legenda")
    for row in (("Sigla", "Significato"), ("P", "pubblica"), ("PR", "privata accreditata")):
        legend.append(row)
    path = folder / "elenco servizi è pronto.xlsx"
    book.save(path)
    return path
