"""Take the screenshots of GUIDA: the analyst's desk, from a messy list to its preview.

    python scripts/schermate_scrivania.py

It works on data of its own, in a temporary folder, and shows what ``reports/`` has of the edition.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import xlsxwriter
from playwright.sync_api import Page, sync_playwright

from conciliazione_lib.desk.pages import App
from conciliazione_lib.desk.server import Desk

ROOT = Path(__file__).resolve().parents[1]
OUTPUT = ROOT / "docs" / "schermate"
WIDE, HIGH = 1120, 780

LISTING = (
    ("ATS di Pavia – Ufficio accreditamento",),
    ("Servizi per la prima infanzia al 31/12/2024",),
    ("Comune", "Denominazione struttura", "Tipologia", "Natura giuridica", "Nr posti", "Anno"),
    ("Pavia", "Nido Il Girasole", "Asilo nido", "P", 60, 2024),
    ("Pavia", "Nido Primi Passi", "Asilo nido", "PR", 30, 2024),
    ("Voghera", "Micronido Arcobaleno", "Micronido", "PR", 10, 2024),
    ("Vigevanno", "Nido Stella", "Asilo nido", "P", 45, 2024),
    ("P = pubblica; PR = privata accreditata",),
)


def main() -> None:
    """Take them all."""
    with tempfile.TemporaryDirectory() as one_folder:
        os.environ["CONCILIAZIONE_DATI"] = one_folder
        os.chdir(ROOT)
        file = Path(one_folder) / "elenco servizi.xlsx"
        _listing(file)
        desk = Desk(App(show_folder=lambda folder: None).answer)
        thread = desk.start()
        chromium = next((p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            _turn(browser.new_page(viewport={"width": WIDE, "height": HIGH}, locale="it-IT"), desk.address, file)
            browser.close()
        desk.shutdown()
        desk.server_close()
        thread.join()


def _listing(file: Path) -> None:
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet("Elenco")
        for number, row in enumerate(LISTING):
            sheet.write_row(number, 0, row)


def _turn(sheet: Page, address: str, file: Path) -> None:
    sheet.goto(address)
    sheet.get_by_label("La mia ATS").select_option("pavia")
    sheet.get_by_role("button", name="Comincia").click()
    _snap(sheet, "lavoro")
    sheet.goto(f"{address}dati")
    sheet.get_by_label("Trascinare qui un file").set_input_files(file)
    sheet.wait_for_url("**/dati/*")
    sheet.get_by_label("Di chi sono i dati").fill("ATS di Pavia, elenco dei servizi, 2024")
    sheet.get_by_label("«Nr posti» che cos'è?").select_option("posti")
    sheet.get_by_label("«P» vuol dire").select_option("pubblica")
    sheet.get_by_label("«PR» vuol dire").select_option("privata accreditata")
    sheet.get_by_label("«Vigevanno» vuol dire").fill("Vigevano")
    sheet.get_by_label("Riga 8").check()
    sheet.evaluate("scrollTo(0, document.querySelector('.domande').offsetTop)")
    _snap(sheet, "domande")
    sheet.get_by_role("button", name="Avanti").click()
    sheet.get_by_role("heading", name="Che cosa cambierebbe").wait_for()
    _snap(sheet, "cambiamenti")
    sheet.goto(f"{address}riparto")
    _snap(sheet, "riparto")


def _snap(sheet: Page, nome: str) -> None:
    sheet.evaluate("document.fonts.ready")
    sheet.screenshot(path=OUTPUT / f"scrivania-{nome}.png")


if __name__ == "__main__":
    sys.exit(main())
