"""The whole way of an analyst on the desk, in a real browser and with a real build: nothing stands in for anything.

The project is the library's own with fewer analyses and chapters: figures of the whole region, chapters of one ATS,
documents and site are made by the same process that the desk starts for everybody.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import docx
import openpyxl
import pytest
from mani import COMPUTER, PHONE, Hands, accessible, elenco, ricordati, until_a
from playwright.sync_api import Browser, BrowserContext, Page
from progetti import reduced

from conciliazione_lib import catalog
from conciliazione_lib.build.project import configuration
from conciliazione_lib.desk import pages, work
from conciliazione_lib.desk.server import Desk

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1500)]

#: Analyses and chapters enough for a list of services to change a document.
CHOSEN = ("demografia", "territorio", "prospettive", "servizi", "domanda_offerta", "02_demografia", "04_servizi")
SENTENCE = "Il Tavolo di Alleanza ha discusso questi dati il 3 marzo."


@pytest.fixture(scope="module")
def progetto(with_figures: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project without data of its own, in a path with spaces and accents, whose figures have been computed once."""
    folder = tmp_path_factory.mktemp("prova") / "così è la scrivania"
    folder.mkdir()
    with_figures(reduced(folder, *CHOSEN))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("CONCILIAZIONE_DATI", str(folder / "dati"))
        yield folder


@pytest.fixture(scope="module")
def desk(progetto: Path) -> Iterator[str]:
    """Address of a desk on it."""
    app = pages.App(show_folder=lambda folder: None)
    server = Desk(app.answer)
    thread = server.start()
    yield server.address
    app.jobs.cancel()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def sheet(browser: Browser, desk: str) -> Iterator[Page]:
    """A page of the desk; at the end, nothing was asked of others and the console is silent."""
    context = browser.new_context(locale="it-IT", viewport=COMPUTER, accept_downloads=True)
    with ricordati(context, desk):
        yield context.new_page()
        context.close()


def edit(downloaded: Path, own: Path) -> Path:
    """Write in the document what an analyst would, and keep it with another name."""
    document = docx.Document(str(downloaded))
    text = [p for p in document.paragraphs if "ndice di vecchiaia" in p.text and p.style.name != "Caption"]
    text[0].insert_paragraph_before(SENTENCE)
    document.save(str(own))
    return own


def rows(document: Path) -> list[str]:
    return [p.text for p in docx.Document(str(document)).paragraphs]


def test_from_a_messy_list_to_a_document_brought_up_to_date(
    sheet: Page, desk: str, progetto: Path, tmp_path: Path
) -> None:
    hands = Hands(sheet)
    sheet.goto(desk)
    accessible(sheet)
    hands.choose("La mia ATS", "ATS di Pavia")
    hands.prizes("Comincia")
    sheet.get_by_role("heading", name="Che cosa manca").wait_for()
    hands.prizes("Porta dentro i dati", "link")
    hands.leave("Trascinare qui un file", elenco(tmp_path))
    sheet.wait_for_url("**/dati/*")
    assert sheet.get_by_label("Che cosa sembra").input_value() == "servizi_offerta"
    assert sheet.get_by_label("Foglio").input_value() == "Elenco servizi"
    assert not sheet.get_by_role("heading", name="Da correggere nel file").count()
    hands.scrivi("Di chi sono i dati", "ATS di Pavia, elenco dei servizi, 2024")
    hands.choose("«Nr posti» che cos'è?", "posti – Posti autorizzati")
    hands.choose("«P» vuol dire", "pubblica")
    hands.choose("«PR» vuol dire", "privata accreditata")
    hands.scrivi("«Vigevanno» vuol dire", "Vigevano")
    hands.mark("Riga 11: non è un dato")
    hands.prizes("Avanti")
    sheet.get_by_role("heading", name="Che cosa cambierebbe").wait_for()
    accessible(sheet)
    assert "Somma di posti 0 145" in " ".join(sheet.inner_text("main").split())
    assert "Nel documento cambiano i capitoli: Servizi, copertura e accesso" in sheet.inner_text("main")
    hands.prizes("Conferma")
    assert catalog.read("servizi_offerta")["posti"].sum() == 145

    hands.prizes("Genera i documenti")
    sheet.get_by_role("button", name="Annulla").wait_for()
    sheet.get_by_text(re.compile(r"^Analisi e capitoli \(\d+ su \d+\): .*(Domanda e offerta|Servizi)")).wait_for(
        timeout=120_000
    )
    accessible(sheet)
    sheet.get_by_text(re.compile(r"Per questo passo restano? ")).wait_for(timeout=300_000)
    # Two chapters are told in less than the page takes to ask again how it goes.
    sheet.get_by_text(re.compile(r"^Documenti e sito \(\d+ su \d+\)")).wait_for(timeout=600_000)
    sheet.get_by_text("Fatto.", exact=True).wait_for(timeout=900_000)
    accessible(sheet)
    assert not sheet.get_by_text("Non riuscito").count()
    downloaded = hands.download("Il documento in Word", tmp_path)
    assert downloaded.name == "analisi-dei-bisogni-pavia.docx"
    assert any("ATS di Pavia, elenco dei servizi, 2024" in text for text in rows(downloaded))

    own = edit(downloaded, tmp_path / "Analisi Pavia, mia.docx")
    hands.prizes("Documento Word", "link")
    hands.leave("Trascinare qui il documento", own)
    sheet.get_by_role("heading", name="Pronto da firmare?").wait_for(timeout=120_000)
    accessible(sheet)
    # A document just made is to be completed: its fields are listed, and what was written by hand is there.
    assert re.search(r"Non ancora: restano \d+ cose da sistemare", sheet.inner_text("main"))
    assert "Campi e sezioni da compilare" in sheet.inner_text("main")
    updated = hands.download("Scarica il documento aggiornato", tmp_path)
    assert updated.name == "Analisi Pavia, mia-aggiornato.docx"
    assert SENTENCE in rows(updated)
    assert hands.azioni < 25


def test_what_is_ready_is_fresh_until_data_come_in_and_fresh_again_after(
    sheet: Page, desk: str, tmp_path: Path
) -> None:
    """Also when what came in changes no file: the build, not the age of a file, says what is to be made again."""
    hands = Hands(sheet)
    sheet.goto(desk)
    assert not sheet.get_by_role("link", name="Genera di nuovo").count()
    assert not work.outdated(configuration(), Path.cwd(), "pavia")

    hands.prizes("Porta dentro i dati", "link")
    good = tmp_path / "interventi in atto.csv"
    before = catalog.read("interventi_regionali")  # one analysis alone reads them
    before.assign(valore=before["valore"] + 1).to_csv(good, index=False)
    hands.leave("Trascinare qui un file", good)
    sheet.wait_for_url("**/dati/*")
    hands.prizes("Conferma")
    sheet.get_by_text("è in vigore").wait_for()
    sheet.goto(desk)
    hands.prizes("Genera di nuovo", "link")
    hands.prizes("Genera i documenti")
    sheet.get_by_text("Fatto.", exact=True).wait_for(timeout=900_000)
    sheet.goto(desk)
    assert not sheet.get_by_role("link", name="Genera di nuovo").count()
    now = configuration()
    assert not work.outdated(now, Path.cwd(), "pavia")
    assert work.outdated(now, Path.cwd(), "bergamo")


def test_the_site_opens_and_what_is_missing_is_what_the_document_says(sheet: Page, desk: str, progetto: Path) -> None:
    sheet.goto(desk)
    with sheet.context.expect_page() as other:
        sheet.get_by_role("link", name="Il sito").click()
    other.value.wait_for_load_state()
    assert other.value.locator("h1").inner_text()
    book = openpyxl.load_workbook(progetto / "reports" / configuration().edizione / "lacune" / "pavia.xlsx")
    written = [row[0] for row in book.active.iter_rows(min_row=5, values_only=True)]
    assert [one.what for one in work.lacking(configuration(), progetto, "pavia")] == written


def test_documents_come_out_and_go_in_with_the_keyboard_alone(sheet: Page, desk: str, tmp_path: Path) -> None:
    sheet.goto(desk)
    keys_pressed = sheet.keyboard
    until_a(sheet.get_by_role("link", name="Genera", exact=True))
    keys_pressed.press("Enter")
    sheet.get_by_role("heading", name="Genera", exact=True).wait_for()
    until_a(sheet.get_by_role("button", name="Genera i documenti"))
    keys_pressed.press("Enter")
    sheet.get_by_text("Niente da rifare").wait_for(timeout=600_000)
    until_a(sheet.get_by_role("link", name="Il documento in Word"))
    with sheet.expect_download() as arrival:
        keys_pressed.press("Enter")
    downloaded = tmp_path / "suo.docx"
    arrival.value.save_as(downloaded)
    until_a(sheet.get_by_role("link", name="Documento Word", exact=True))
    keys_pressed.press("Enter")
    field = sheet.get_by_label("Trascinare qui il documento")
    field.wait_for()
    with sheet.expect_file_chooser() as choice:
        until_a(field)  # asking the page something first, it knows of the wait before the key arrives
        keys_pressed.press("Space")
    choice.value.set_files(edit(downloaded, tmp_path / "mio.docx"))
    sheet.get_by_role("heading", name="mio-aggiornato.docx").wait_for(timeout=120_000)
    until_a(sheet.get_by_role("link", name="Scarica il documento aggiornato mio-aggiornato.docx"))
    with sheet.expect_download() as arrival:
        keys_pressed.press("Enter")
    updated = tmp_path / "aggiornato.docx"
    arrival.value.save_as(updated)
    assert SENTENCE in rows(updated)


def test_a_build_is_stopped_and_what_was_ready_stays(sheet: Page, desk: str, progetto: Path) -> None:
    word = progetto / "reports" / configuration().edizione / "documenti" / "pavia" / "analisi-dei-bisogni-pavia.docx"
    before = word.read_bytes()
    hands = Hands(sheet)
    sheet.goto(desk)
    hands.choose("La mia ATS", "ATS di Brescia")
    hands.prizes("Cambia")
    hands.prizes("Genera", "link")
    hands.prizes("Genera i documenti")
    sheet.get_by_text(re.compile(r"^(Analisi e capitoli|Documenti e sito) \(\d+ su \d+\)")).wait_for(timeout=300_000)
    until_a(sheet.get_by_role("button", name="Annulla"))
    sheet.keyboard.press("Enter")
    sheet.get_by_text("Annullato. Ciò che era già pubblicato è rimasto com'era").wait_for(timeout=60_000)
    accessible(sheet)
    assert word.read_bytes() == before
    sheet.goto(desk)
    hands.choose("La mia ATS", "ATS di Pavia")
    hands.prizes("Cambia")
    sheet.get_by_role("link", name="Il documento in Word").wait_for()


def test_no_accessibility_violations_where_everything_has_been_done(browser: Browser, desk: str) -> None:
    context: BrowserContext = browser.new_context(locale="it-IT", viewport=PHONE)  # type: ignore[arg-type]
    sheet = context.new_page()
    for page in ("", "dati", "fonti?mancanti=si", "genera", "documento", "riparto", "piano"):
        sheet.goto(desk + page)
        accessible(sheet, PHONE, COMPUTER)
    context.close()
