"""The pages of the desk in a real browser, one by one; the whole way and its build are in ``test_scrivania_intera``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from mani import COMPUTER, TELEFONO, Mani, accessibile, elenco, fino_a, ricordati
from piccola_edizione import CONFIG
from playwright.sync_api import Browser, BrowserContext

from conciliazione_lib import catalog
from conciliazione_lib.desk import arrivals, pages
from conciliazione_lib.desk.server import Desk

pytestmark = pytest.mark.browser


@pytest.fixture
def progetto(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that makes the tests' small edition, without data of its own, in a path with spaces and accents."""
    cartella = tmp_path / "così è la scrivania"
    cartella.mkdir()
    righe = ['edizione = "2022"', '[edizioni."2022"]', 'titolo = "Edizione di prova"', 'data = "2022-01-01"']
    for capitolo in CONFIG.capitoli:
        (cartella / capitolo.notebook).write_text("{}", encoding="utf-8")
        righe += ["[[capitoli]]", f'id = "{capitolo.id}"', f'titolo = "{capitolo.titolo}"']
        righe += [f'notebook = "{capitolo.notebook}"', f"livelli = {json.dumps(capitolo.livelli)}"]
        righe += ['tabelle = ["popolazione", "servizi_offerta"]']
    (cartella / "reports.toml").write_text("\n".join(righe) + "\n", encoding="utf-8")
    monkeypatch.chdir(cartella)
    monkeypatch.setenv("CONCILIAZIONE_DATI", str(cartella / "dati"))
    return cartella


@pytest.fixture
def app(progetto: Path) -> Iterator[pages.App]:
    """The pages of a desk on it."""
    pagine = pages.App(show_folder=lambda cartella: None)
    yield pagine
    pagine.jobs.cancel()


@pytest.fixture
def scrivania(app: pages.App) -> Iterator[str]:
    """Address of the desk."""
    server = Desk(app.answer)
    filo = server.start()
    yield server.address
    server.shutdown()
    server.server_close()
    filo.join()


@pytest.fixture
def finestra(browser: Browser, scrivania: str) -> Iterator[BrowserContext]:
    """A clean session; at the end, nothing was asked of others and the console is silent."""
    contesto = browser.new_context(locale="it-IT", viewport=COMPUTER, accept_downloads=True)
    with ricordati(contesto, scrivania):
        yield contesto
        contesto.close()


PAGINE = ("", "dati", "fonti", "genera", "documento", "riparto", "piano", "non c'è")


@pytest.mark.parametrize("dimensioni", [TELEFONO, COMPUTER], ids=["telefono", "computer"])
@pytest.mark.parametrize("scelta", [False, True], ids=["nuova", "scelta"])
def test_no_accessibility_violations(
    browser: Browser, scrivania: str, dimensioni: Any, scelta: bool, tmp_path: Path
) -> None:
    contesto = browser.new_context(locale="it-IT", viewport=dimensioni)
    foglio = contesto.new_page()
    if scelta:
        foglio.goto(scrivania)
        foglio.get_by_label("La mia ATS").select_option("pavia")
        foglio.get_by_role("button", name="Comincia").click()
        foglio.goto(f"{scrivania}dati")
        foglio.get_by_label("Trascinare qui un file").set_input_files(elenco(tmp_path))
        foglio.wait_for_url("**/dati/*")
    indirizzi = [scrivania + pagina for pagina in PAGINE] + ([foglio.url] if scelta else [])
    for indirizzo in indirizzi:
        foglio.goto(indirizzo)
        accessibile(foglio)
    contesto.close()


def test_a_list_comes_in_with_the_keyboard_alone(finestra: BrowserContext, scrivania: str, tmp_path: Path) -> None:
    foglio = finestra.new_page()
    foglio.goto(scrivania)
    tasti = foglio.keyboard

    fino_a(foglio.get_by_label("La mia ATS"))
    tasti.type("ATS di P")
    fino_a(foglio.get_by_role("button", name="Comincia"))
    tasti.press("Enter")
    foglio.get_by_role("heading", name="Che cosa manca").wait_for()
    fino_a(foglio.get_by_role("link", name="Porta dentro i dati"))
    tasti.press("Enter")
    campo = foglio.get_by_label("Trascinare qui un file")
    campo.wait_for()
    fino_a(campo)
    with foglio.expect_file_chooser() as scelta:
        tasti.press("Space")
    scelta.value.set_files(elenco(tmp_path))
    foglio.wait_for_url("**/dati/*")
    fino_a(foglio.get_by_label("Di chi sono i dati"))
    tasti.type("ATS di Pavia, 2024")
    for nome, lettere in (("«Nr posti» che", "posti"), ("«PR» vuol dire", "privata a"), ("«P» vuol dire", "pubblica")):
        fino_a(foglio.get_by_label(nome))
        tasti.type(lettere)
    fino_a(foglio.get_by_label("«Vigevanno» vuol dire"))
    tasti.type("Vigevano")
    fino_a(foglio.get_by_label("Riga 11"))
    tasti.press("Space")
    fino_a(foglio.get_by_role("button", name="Avanti"))
    tasti.press("Enter")
    foglio.get_by_role("heading", name="Che cosa cambierebbe").wait_for()
    fino_a(foglio.get_by_role("button", name="Conferma"))
    tasti.press("Enter")
    foglio.get_by_text("è in vigore: 5 righe").wait_for()
    assert len(catalog.read("servizi_offerta")) == 5


def test_a_file_is_thrown_away_corrected_elsewhere_or_taken_back(
    finestra: BrowserContext, scrivania: str, tmp_path: Path
) -> None:
    foglio = finestra.new_page()
    mani = Mani(foglio)
    foglio.goto(f"{scrivania}dati")
    mani.lascia("Trascinare qui un file", elenco(tmp_path))
    foglio.wait_for_url("**/dati/*")
    copia = mani.scarica("Scarica la copia", tmp_path)
    assert copia.name == "elenco servizi è pronto-da-correggere.xlsx"
    assert openpyxl.load_workbook(copia)["Elenco servizi"]["D5"].comment is not None
    mani.premi("Lascia perdere questo file")
    foglio.wait_for_url("**/dati")
    assert arrivals.waiting() == []

    buono = tmp_path / "buono.csv"
    buono.write_text(
        "comune;denominazione;tipo;gestione;posti;anno;fonte\nPavia;Nido;asilo nido;pubblica;60;2024;ATS\n",
        encoding="utf-8",
    )
    mani.lascia("Trascinare qui un file", buono)
    foglio.wait_for_url("**/dati/*")
    mani.premi("Conferma")
    foglio.get_by_text("è in vigore: una riga").wait_for()
    mani.premi("Porta dentro i dati", "link")
    mani.premi("Torna a prima")
    foglio.get_by_text("è tornata ai dati del progetto").wait_for()

    sbagliato = tmp_path / "foto.jpg"
    sbagliato.write_bytes(b"\xff\xd8")
    foglio.get_by_label("Trascinare qui un file").set_input_files(sbagliato)
    foglio.get_by_text("non è di un tipo che si possa leggere").wait_for()


def test_another_allocation_is_tried_and_a_plan_is_checked(
    finestra: BrowserContext, scrivania: str, tmp_path: Path
) -> None:
    foglio = finestra.new_page()
    mani = Mani(foglio)
    foglio.goto(f"{scrivania}riparto")
    assert "Totale 1.000.000,00" in " ".join(foglio.inner_text("main").split())
    mani.scrivi("Totale 2025, in euro", "2.000.000")
    mani.premi("Calcola")
    foglio.get_by_role("heading", name="Riparto 2025", exact=True).wait_for()
    righe = " ".join(foglio.inner_text("main").split())
    assert "Totale 2.000.000,00" in righe
    assert "Totale 1.000.000,00" in righe
    allegato = mani.scarica("Scarica l'allegato in Excel", tmp_path)
    foglio_dati = openpyxl.load_workbook(allegato, data_only=True)["Allegato"]
    somme = [riga[1].value for riga in foglio_dati.iter_rows() if riga[0].value == "Totale"]
    assert sorted(somme) == [1_000_000, 2_000_000]

    foglio.goto(scrivania)
    mani.scegli("La mia ATS", "ATS dell’Insubria")
    mani.premi("Comincia")
    mani.premi("Piano", "link")
    modello = mani.scarica("Scarica il modello del piano", tmp_path)
    libro = openpyxl.load_workbook(modello)
    libro["piano_progetti"].append(["P1", "Tempi", "progetto", 150000, 100000, "2026-03-01", "2028-02-29"])
    for partner in (
        ["P1", "Comune di Erba", "comune", "capofila"],
        ["P1", "Cooperativa Uno", "cooperativa sociale", "partner"],
    ):
        libro["piano_partner"].append(partner)
    libro["piano_azioni"].append(["P1", "Navetta", "c", 40000, "studio di contesto"])
    libro.save(modello)
    mani.lascia("Trascinare qui il piano", modello)
    mani.premi("Controlla il piano")
    foglio.get_by_text("Navetta (studio di contesto)").wait_for()
    assert "non rispettata" in foglio.inner_text("main")
