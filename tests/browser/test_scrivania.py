"""The pages of the desk in a real browser, one by one; the whole way and its build are in ``test_scrivania_intera``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from mani import COMPUTER, PHONE, Hands, accessible, elenco, ricordati, until_a
from piccola_edizione import CONFIG
from playwright.sync_api import Browser, BrowserContext

from conciliazione_lib import catalog
from conciliazione_lib.desk import arrivals, pages
from conciliazione_lib.desk.server import Desk

pytestmark = pytest.mark.browser


@pytest.fixture
def progetto(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that makes the tests' small edition, without data of its own, in a path with spaces and accents."""
    folder = tmp_path / "così è la scrivania"
    folder.mkdir()
    rows = ['edizione = "2022"', '[edizioni."2022"]', 'titolo = "Edizione di prova"', 'data = "2022-01-01"']
    for chapter in CONFIG.capitoli:
        (folder / chapter.notebook).write_text("{}", encoding="utf-8")
        rows += ["[[capitoli]]", f'id = "{chapter.id}"', f'titolo = "{chapter.titolo}"']
        rows += [f'notebook = "{chapter.notebook}"', f"livelli = {json.dumps(chapter.livelli)}"]
        rows += ['tabelle = ["popolazione", "servizi_offerta"]']
    (folder / "reports.toml").write_text("\n".join(rows) + "\n", encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(folder / "dati"))
    return folder


@pytest.fixture
def app(progetto: Path) -> Iterator[pages.App]:
    """The pages of a desk on it."""
    one_pages = pages.App(show_folder=lambda folder: None)
    yield one_pages
    one_pages.jobs.cancel()


@pytest.fixture
def desk(app: pages.App) -> Iterator[str]:
    """Address of the desk."""
    server = Desk(app.answer)
    thread = server.start()
    yield server.address
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def window(browser: Browser, desk: str) -> Iterator[BrowserContext]:
    """A clean session; at the end, nothing was asked of others and the console is silent."""
    context = browser.new_context(locale="it-IT", viewport=COMPUTER, accept_downloads=True)
    with ricordati(context, desk):
        yield context
        context.close()


PAGES = ("", "dati", "fonti", "genera", "documento", "riparto", "piano", "non c'è")


@pytest.mark.parametrize("choice", [False, True], ids=["nuova", "scelta"])
def test_no_accessibility_violations(browser: Browser, desk: str, choice: bool, tmp_path: Path) -> None:
    context = browser.new_context(locale="it-IT", viewport=PHONE)
    sheet = context.new_page()
    if choice:
        sheet.goto(desk)
        sheet.get_by_label("La mia ATS").select_option("pavia")
        sheet.get_by_role("button", name="Comincia").click()
        sheet.goto(f"{desk}dati")
        sheet.get_by_label("Trascinare qui un file").set_input_files(elenco(tmp_path))
        sheet.wait_for_url("**/dati/*")
    addresses = [desk + page for page in PAGES] + ([sheet.url] if choice else [])
    for address in addresses:
        sheet.goto(address)
        accessible(sheet, PHONE, COMPUTER)
    context.close()


def test_a_list_comes_in_with_the_keyboard_alone(window: BrowserContext, desk: str, tmp_path: Path) -> None:
    sheet = window.new_page()
    sheet.goto(desk)
    keys_pressed = sheet.keyboard

    until_a(sheet.get_by_label("La mia ATS"))
    keys_pressed.type("ATS di P")
    until_a(sheet.get_by_role("button", name="Comincia"))
    keys_pressed.press("Enter")
    sheet.get_by_role("heading", name="Che cosa manca").wait_for()
    until_a(sheet.get_by_role("link", name="Porta dentro i dati"))
    keys_pressed.press("Enter")
    field = sheet.get_by_label("Trascinare qui un file")
    field.wait_for()
    with sheet.expect_file_chooser() as choice:
        until_a(field)  # asking the page something first, it knows of the wait before the key arrives
        keys_pressed.press("Space")
    choice.value.set_files(elenco(tmp_path))
    sheet.wait_for_url("**/dati/*")
    until_a(sheet.get_by_label("Di chi sono i dati"))
    keys_pressed.type("ATS di Pavia, 2024")
    for name, letters in (("«Nr posti» che", "posti"), ("«PR» vuol dire", "privata a"), ("«P» vuol dire", "pubblica")):
        until_a(sheet.get_by_label(name))
        keys_pressed.type(letters)
    until_a(sheet.get_by_label("«Vigevanno» vuol dire"))
    keys_pressed.type("Vigevano")
    until_a(sheet.get_by_label("Riga 11"))
    keys_pressed.press("Space")
    until_a(sheet.get_by_role("button", name="Avanti"))
    keys_pressed.press("Enter")
    sheet.get_by_role("heading", name="Che cosa cambierebbe").wait_for()
    until_a(sheet.get_by_role("button", name="Conferma"))
    keys_pressed.press("Enter")
    sheet.get_by_text("è in vigore: 5 righe").wait_for()
    assert len(catalog.read("servizi_offerta")) == 5


def test_a_file_is_thrown_away_corrected_elsewhere_or_taken_back(
    window: BrowserContext, desk: str, tmp_path: Path
) -> None:
    sheet = window.new_page()
    hands = Hands(sheet)
    sheet.goto(f"{desk}dati")
    hands.leave("Trascinare qui un file", elenco(tmp_path))
    sheet.wait_for_url("**/dati/*")
    copy = hands.download("Scarica la copia", tmp_path)
    assert copy.name == "elenco servizi è pronto-da-correggere.xlsx"
    assert openpyxl.load_workbook(copy)["Elenco servizi"]["D5"].comment is not None
    hands.prizes("Lascia perdere questo file")
    sheet.wait_for_url("**/dati")
    assert arrivals.waiting() == []

    good = tmp_path / "buono.csv"
    good.write_text(
        "comune;denominazione;tipo;gestione;posti;anno;fonte\nPavia;Nido;asilo nido;pubblica;60;2024;ATS\n",
        encoding="utf-8",
    )
    hands.leave("Trascinare qui un file", good)
    sheet.wait_for_url("**/dati/*")
    hands.prizes("Conferma")
    sheet.get_by_text("è in vigore: una riga").wait_for()
    hands.prizes("Porta dentro i dati", "link")
    hands.prizes("Torna a prima")
    sheet.get_by_text("è tornata ai dati del progetto").wait_for()

    wrong = tmp_path / "foto.jpg"
    wrong.write_bytes(b"\xff\xd8")
    sheet.get_by_label("Trascinare qui un file").set_input_files(wrong)
    sheet.get_by_text("non è di un tipo che si possa leggere").wait_for()


def test_another_allocation_is_tried_and_a_plan_is_checked(window: BrowserContext, desk: str, tmp_path: Path) -> None:
    sheet = window.new_page()
    hands = Hands(sheet)
    sheet.goto(f"{desk}riparto")
    assert "Totale 1.000.000,00" in " ".join(sheet.inner_text("main").split())
    hands.scrivi("Totale 2025, in euro", "2.000.000")
    hands.prizes("Calcola")
    sheet.get_by_role("heading", name="Riparto 2025", exact=True).wait_for()
    rows = " ".join(sheet.inner_text("main").split())
    assert "Totale 2.000.000,00" in rows
    assert "Totale 1.000.000,00" in rows
    annex = hands.download("Scarica l'allegato in Excel", tmp_path)
    sheet_data = openpyxl.load_workbook(annex, data_only=True)["Allegato"]
    sums = [row[1].value for row in sheet_data.iter_rows() if row[0].value == "Totale"]
    assert sorted(sums) == [1_000_000, 2_000_000]

    sheet.goto(desk)
    hands.choose("La mia ATS", "ATS dell’Insubria")
    hands.prizes("Comincia")
    hands.prizes("Piano", "link")
    template = hands.download("Scarica il modello del piano", tmp_path)
    book = openpyxl.load_workbook(template)
    book["piano_progetti"].append(["P1", "Tempi", "progetto", 150000, 100000, "2026-03-01", "2028-02-29"])
    for partner in (
        ["P1", "Comune di Erba", "comune", "capofila"],
        ["P1", "Cooperativa Uno", "cooperativa sociale", "partner"],
    ):
        book["piano_partner"].append(partner)
    book["piano_azioni"].append(["P1", "Navetta", "c", 40000, "studio di contesto"])
    book.save(template)
    hands.leave("Trascinare qui il piano", template)
    hands.prizes("Controlla il piano")
    sheet.get_by_text("Navetta (studio di contesto)").wait_for()
    assert "non rispettata" in sheet.inner_text("main")
