"""The whole way of an analyst on the desk, in a real browser: from a messy list to a document brought up to date."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
from axe_playwright_python.sync_playwright import Axe
from piccola_edizione import CONFIG
from playwright.sync_api import Browser, BrowserContext, Locator, Page

from conciliazione_lib import catalog
from conciliazione_lib.desk import arrivals, jobs, pages
from conciliazione_lib.desk.server import Desk

pytestmark = pytest.mark.browser

RADICE = Path(__file__).resolve().parents[2]
REGOLE = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
TELEFONO, COMPUTER = {"width": 390, "height": 800}, {"width": 1280, "height": 900}


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
    monkeypatch.setattr(jobs, "PROGRAM", (str(RADICE / "tests" / "desk" / "figlio_di_prova.py"),))
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
    estranee: list[str] = []
    detti: list[str] = []
    contesto.on("request", lambda r: None if r.url.startswith((scrivania, "data:")) else estranee.append(r.url))
    contesto.on("console", lambda m: detti.append(f"{m.text} {m.location}") if m.type in ("error", "warning") else None)
    contesto.on("weberror", lambda e: detti.append(str(e.error)))
    yield contesto
    contesto.close()
    assert estranee == []
    assert detti == []


def elenco(cartella: Path) -> Path:
    """A list as an office keeps it: titles, merged cells, a total, a legend under the table and one apart."""
    libro = openpyxl.Workbook()
    foglio = libro.active
    foglio.title = "Elenco servizi"
    nidi = [
        ("Pavia", "Nido Il Girasole", "Asilo nido", "P", 60, 2024),
        (None, "Nido Primi Passi", "Asilo nido", "PR", 30, 2024),
        ("Voghera", "Micronido Arcobaleno", "Micronido", "PR", 10, 2024),
        ("Vigevano", "Nido Stella", "Asilo nido", "P", 45, 2024),
        ("Vigevanno", "Nido Luna", "Asilo nido", "PR", "n.d.", 2024),
    ]
    righe: list[tuple[Any, ...]] = [
        ("ATS di Pavia – Ufficio accreditamento",),
        ("Servizi per la prima infanzia al 31/12/2024",),
        (),
        ("Comune", "Denominazione struttura", "Tipologia", "Natura giuridica", "Nr posti", "Anno"),
        *nidi,
        (None, "Totale", None, None, 145, None),
        ("P = pubblica; PR = privata accreditata",),
    ]
    for riga in righe:
        foglio.append(riga)
    for unite in ("A1:F1", "A2:F2", "A5:A6", "A11:F11"):
        foglio.merge_cells(unite)
    legenda = libro.create_sheet("Legenda")
    for riga in (("Sigla", "Significato"), ("P", "pubblica"), ("PR", "privata accreditata")):
        legenda.append(riga)
    percorso = cartella / "elenco servizi è pronto.xlsx"
    libro.save(percorso)
    return percorso


class Mani:
    """What an analyst does on a page, counted."""

    def __init__(self, foglio: Page) -> None:
        self.foglio = foglio
        self.azioni = 0

    def premi(self, nome: str, genere: str = "button") -> None:
        self.azioni += 1
        self.foglio.get_by_role(genere, name=nome, exact=False).first.click()  # type: ignore[arg-type]

    def scegli(self, campo: str, voce: str) -> None:
        self.azioni += 1
        self.foglio.get_by_label(campo).select_option(label=voce)

    def scrivi(self, campo: str, testo: str) -> None:
        self.azioni += 1
        self.foglio.get_by_label(campo).fill(testo)

    def segna(self, campo: str) -> None:
        self.azioni += 1
        self.foglio.get_by_label(campo).check()

    def lascia(self, campo: str, file: Path) -> None:
        self.azioni += 1
        self.foglio.get_by_label(campo).set_input_files(file)

    def scarica(self, nome: str, cartella: Path) -> Path:
        self.azioni += 1
        with self.foglio.expect_download() as arrivo:
            self.foglio.get_by_role("link", name=nome).first.click()
        file = cartella / arrivo.value.suggested_filename
        arrivo.value.save_as(file)
        return file


@pytest.mark.timeout(900)
def test_from_a_messy_list_to_a_document_brought_up_to_date(
    finestra: BrowserContext, scrivania: str, progetto: Path, tmp_path: Path
) -> None:
    foglio = finestra.new_page()
    mani = Mani(foglio)
    foglio.goto(scrivania)
    mani.scegli("La mia ATS", "ATS di Pavia")
    mani.premi("Comincia")
    mani.premi("Porta dentro i dati", "link")
    mani.lascia("Trascinare qui un file", elenco(tmp_path))
    foglio.wait_for_url("**/dati/*")
    assert foglio.get_by_label("Sembra").input_value() == "servizi_offerta"
    assert foglio.get_by_label("Foglio").input_value() == "Elenco servizi"
    mani.scrivi("Di chi sono i dati", "ATS di Pavia, elenco dei servizi, 2024")
    mani.scegli("«Nr posti» che cos'è?", "posti – Posti autorizzati")
    mani.scegli("«P» vuol dire", "pubblica")
    mani.scegli("«PR» vuol dire", "privata accreditata")
    mani.scrivi("«Vigevanno» vuol dire", "Vigevano")
    mani.segna("Riga 11: non è un dato")
    mani.premi("Avanti")
    foglio.get_by_role("heading", name="Che cosa cambierebbe").wait_for()
    assert "Somma di posti 0 145" in " ".join(foglio.inner_text("main").split())
    assert "Nel documento cambiano i capitoli: La demografia" in foglio.inner_text("main")
    mani.premi("Conferma")
    tabella = catalog.read("servizi_offerta")
    assert tabella["posti"].sum() == 145
    assert tabella["gestione"].value_counts().to_dict() == {"privata accreditata": 3, "pubblica": 2}

    mani.premi("Genera i documenti")
    foglio.get_by_role("button", name="Annulla").wait_for()
    foglio.get_by_text("Fatto.", exact=True).wait_for(timeout=840_000)
    scaricato = mani.scarica("Il documento in Word", tmp_path)
    assert scaricato.name == "analisi-dei-bisogni-pavia.docx"

    documento = docx.Document(str(scaricato))
    testo = [p for p in documento.paragraphs if "indice di vecchiaia" in p.text]
    testo[0].insert_paragraph_before("Il Tavolo di Alleanza ha discusso questi dati il 3 marzo.")
    suo = tmp_path / "Analisi Pavia, mia.docx"
    documento.save(str(suo))
    mani.premi("Documento Word", "link")
    mani.lascia("Trascinare qui il documento", suo)
    foglio.get_by_role("heading", name="Pronto da firmare?").wait_for(timeout=120_000)
    aggiornato = mani.scarica("Scarica il documento aggiornato", tmp_path)
    assert aggiornato.name == "Analisi Pavia, mia-aggiornato.docx"
    righe = [p.text for p in docx.Document(str(aggiornato)).paragraphs]
    assert "Il Tavolo di Alleanza ha discusso questi dati il 3 marzo." in righe
    assert mani.azioni < 25

    # The site opens with its pages and pictures, and the folder of an edition is never listed.
    foglio.goto(scrivania)
    with finestra.expect_page() as altra:
        foglio.get_by_role("link", name="Il sito").click()
    altra.value.wait_for_load_state()
    assert altra.value.locator("h1").inner_text()
    assert "Generare" not in foglio.inner_text("main")


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
        foglio.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        violazioni = (
            Axe().run(foglio, options={"runOnly": REGOLE, "resultTypes": ["violations"]}).response["violations"]
        )
        assert [(v["id"], [n["target"] for n in v["nodes"][:3]]) for v in violazioni] == [], indirizzo
        larghezza = foglio.evaluate("document.documentElement.scrollWidth")
        assert larghezza <= dimensioni["width"], indirizzo
        assert foglio.evaluate("document.documentElement.lang") == "it"
    contesto.close()


def test_a_list_comes_in_with_the_keyboard_alone(finestra: BrowserContext, scrivania: str, tmp_path: Path) -> None:
    foglio = finestra.new_page()
    foglio.goto(scrivania)
    tasti = foglio.keyboard

    def fino_a(voluto: Locator) -> None:
        for _ in range(80):
            if voluto.evaluate("nodo => nodo === document.activeElement"):
                fuoco = voluto.evaluate("nodo => getComputedStyle(nodo).outlineStyle")
                assert fuoco != "none"  # where one is, is seen
                return
            tasti.press("Tab")
        raise AssertionError(f"con il tasto Tab non si arriva a {voluto}")

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
    foglio.get_by_role("heading", name="2025", exact=True).wait_for()
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
