"""``verifica`` on a built site: nothing to say of a true one; any mutation is found, with its place."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter

from conciliazione_lib import evidence, storage
from conciliazione_lib.cli import main
from conciliazione_lib.errors import DatiError, EsecuzioneError
from conciliazione_lib.evidence import Ledger, Place
from conciliazione_lib.publish import card_pages, opendata, site, territory_pages, verify
from conciliazione_lib.publish.edition import Chapter, Edition
from conciliazione_lib.report import blocks, tables

INSUBRIA, LOMBARDIA = Place("ats", "insubria", "ATS dell'Insubria"), Place("regione", "lombardia", "Lombardia")
PAGE = "sito/territori/insubria/demografia.html"
ID = "indice_vecchiaia.insubria.2022-01-01"
CARD = "indice_vecchiaia.html#insubria.2022-01-01"


def place(livello: str, codice: str) -> Place:
    return INSUBRIA if codice == "insubria" else LOMBARDIA


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An edition of one chapter, with a sentence, a table, and a missing value; written by the site's own code."""
    registry = Ledger()
    population = pd.DataFrame({"territorio": ["insubria"] * 2, "eta": [5, 70], "residenti": [110, 225]})
    population.attrs["provenienza"] = {
        "tabella": "popolazione",
        "fonte": "ISTAT",
        "sha256": "a",
        "licenza": "CC BY 4.0",
    }
    frame = pd.DataFrame(
        {
            "livello": ["ats", "regione"],
            "territorio": ["insubria", "lombardia"],
            "residenti_0_14": [110.0, 1000.0],
            "residenti_65_piu": [225.0, 1600.0],
            "indice_vecchiaia": [100 * 225 / 110, 160.0],
            "eta_media": [46.04, None],
        }
    )
    f = evidence.cifre(
        frame, ledger=registry, luogo=place, proprio=INSUBRIA, periodo="2022-01-01", ingressi=[population]
    )
    prose = evidence.render(
        "Al {{ periodo(f.indice_vecchiaia) }} l'indice di vecchiaia {{ di(t) }} è {{ f.indice_vecchiaia }}, "
        "{{ confronto(f.indice_vecchiaia, 'lombardia') }} ({{ f.indice_vecchiaia['lombardia'] }}).",
        registry,
        f=f,
        t=INSUBRIA,
    )
    table = tables.tabella(
        frame,
        id="tab-indici",
        titolo="Indici",
        ledger=registry,
        nome=lambda level, code: place("", code).nome,
        cifre=f,
    )
    chapter = Chapter(
        id="02_demografia",
        slug="demografia",
        titolo="La demografia",
        luogo=INSUBRIA,
        errore=None,
        blocchi=(blocks.Testo(prose).to_dict(), table.to_dict()),
        ledger=registry,
    )
    folder = tmp_path_factory.mktemp("città di prova")
    whole = Edition(id="2025", titolo="Prova", data="2022-01-01", capitoli=(chapter,))
    one_site = site.Site(folder / "sito", whole)
    territory_pages.write(one_site)
    card_pages.write(one_site)
    opendata.write_of(one_site, chapter)
    site.assets(one_site)
    _with_other_pages(folder / "sito")
    whole.ledger.save(folder / "cifre.json")
    return folder


@pytest.fixture
def edizione(built: Path, tmp_path: Path) -> Path:
    """A copy of it to spoil."""
    return Path(shutil.copytree(built, tmp_path / "copia"))


def _with_other_pages(given_site: Path) -> None:
    """Put something where the pages of this edition lead and it has nothing."""
    for page in sorted(given_site.rglob("*.html")):
        for address in re.findall(r'(?:href|src)="?([^"#?:\s>]+)', page.read_text(encoding="utf-8")):
            file = Path(os.path.normpath(page.parent / address))
            if not file.exists():
                file.parent.mkdir(parents=True, exist_ok=True)
                head = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{site.CSP}">'
                entry = evidence.load().find(file.stem)
                body = f'<h1>{entry.nome}</h1><p class="lead">{entry.definizione}</p>' if entry else "<p>Prova.</p>"
                file.write_text(f"<!doctype html>{head}{body}", encoding="utf-8")


def silent(file: Path, before: str, after: str, times: int = 1) -> None:
    text = file.read_text(encoding="utf-8")
    assert before in text, f"{before} non è in {file.name}"
    file.write_text(text.replace(before, after, times), encoding="utf-8")


def problems(edizione: Path) -> list[str]:
    return [str(found) for found in verify.verified(edizione).findings]


def test_what_an_edition_lacks_is_found(edizione):
    (edizione / "notebook" / "ats" / "insubria").mkdir(parents=True)
    assert problems(edizione) == [
        f"documenti/insubria/analisi-dei-bisogni-insubria.{format_}: atteso un file dell'edizione; trovato nessun file."
        for format_ in ("docx", "pdf")
    ]
    shutil.rmtree(edizione / "sito")
    assert "sito/index.html: atteso un file dell'edizione; trovato nessun file." in problems(edizione)


def test_a_site_as_built_is_coherent_and_everything_was_read(edizione):
    report = verify.verified(edizione)
    assert report.findings == []
    assert report.counts["affermazioni mostrate"] == 1
    assert report.counts["tabelle confrontate con i file da scaricare"] == 1
    assert report.counts["celle con un valore"] == 8
    assert report.counts["schede"] == report.counts["cifre nel registro"] == 8
    assert report.counts["brani di testo"] >= 1
    assert verify.require(edizione).ok


MUTATIONS: dict[str, tuple[str, str, str, str]] = {
    "numero nel testo": (PAGE, ">204,5</a>, ", ">204,6</a>, ", "atteso «204,5»; trovato «204,6»"),
    "parola dell'affermazione": (PAGE, ">sopra la media", ">sotto la media", "trovato «sotto la media regionale»"),
    "id della cifra": (PAGE, f"{CARD}>", f"{CARD}9>", "atteso una cifra del registro"),
    "valore della cella": (PAGE, "data-valore=110>", "data-valore=111>", "atteso 110; trovato 111"),
    "testo della cella": (PAGE, ">1.600</a>", ">1.700</a>", "trovato «1.700»"),
    "valore mancante riempito": (PAGE, ">n.d.</a>", ">46,1</a>", "trovato «46,1»"),
    "numero aggiunto a mano": (PAGE, "<p>Al 1°", "<p>Il 12% al 1°", "trovato «12%»"),
    "collegamento alla scheda": (
        PAGE,
        CARD,
        "indice_vecchiaia.html#altrove",
        "atteso un collegamento alla sua scheda",
    ),
    "testo della scheda": ("sito/cifre/indice_vecchiaia.html", ">204,5</p>", ">204,7</p>", "trovato «204,7»"),
    "valore nel registro": (
        "cifre.json",
        '"valore": 160',
        '"valore": 300',
        "«sotto la media regionale», secondo la regola",
    ),
    "parola nel registro": ("cifre.json", '"parole": "sopra', '"parole": "sotto', "trovato «sotto la media regionale»"),
    "testo nel registro": ("cifre.json", '"testo": "160,0"', '"testo": "160,1"', "atteso «160,0»; trovato «160,1»"),
    "CSV": ("sito/dati/insubria/demografia/tab-indici.csv", "225", "226", "atteso 225; trovato 226"),
}


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_every_mutation_is_found_where_it_is(edizione, mutation):
    file, before, after, said = MUTATIONS[mutation]
    silent(edizione / file, before, after)
    found = problems(edizione)
    assert any(said in one_found for one_found in found), found
    if file != "cifre.json":
        place_expected = "scheda indice_vecchiaia" if "cifre/" in file else file
        assert any(one_found.startswith(place_expected) and said in one_found for one_found in found), found


def test_a_changed_value_in_the_ledger_is_found_in_every_place_that_shows_it(edizione):
    data = json.loads((edizione / "cifre.json").read_text(encoding="utf-8"))
    for entry in data["cifre"]:
        if entry["id"] == ID:
            entry["valore"], entry["testo"] = 100.0, "100,0"
    (edizione / "cifre.json").write_text(json.dumps(data), encoding="utf-8")
    found = problems(edizione)
    assert any(
        re.match(rf"{PAGE}, riga \d+ \[{ID}\]: atteso «100,0»; trovato «204,5»", one_found) for one_found in found
    )
    assert any(one_found.startswith(f"scheda {ID}") for one_found in found)
    assert any("«sotto la media regionale», secondo la regola" in one_found for one_found in found)


def test_a_removed_csv_a_removed_row_and_a_removed_card_are_found(edizione):
    csv = edizione / "sito/dati/insubria/demografia/tab-indici.csv"
    rows = csv.read_text(encoding="utf-8").splitlines(keepends=True)
    csv.write_text("".join(rows[:-1]), encoding="utf-8")
    assert any("2 righe, come nella pagina" in found for found in problems(edizione))
    csv.unlink()
    assert any("un CSV da scaricare" in found for found in problems(edizione))
    (edizione / "sito/cifre/indice_vecchiaia.html").unlink()
    assert any("una cifra con la sua scheda; trovato nessuna scheda" in found for found in problems(edizione))


def test_the_other_formats_of_a_table_are_compared_too(edizione):
    file = edizione / "sito/dati/insubria/demografia.parquet"
    cells = pd.read_parquet(file)
    cells.loc[cells["valore"] == 1000.0, "valore"] = 1001.0
    cells.to_parquet(file, index=False)
    (found,) = problems(edizione)
    assert found.startswith("sito/dati/insubria/demografia.parquet, tab-indici, riga 3, colonna 2 [residenti_0_14.lomb")
    assert "atteso 1000; trovato 1001.0" in found
    with xlsxwriter.Workbook(file.with_suffix(".xlsx")) as book:
        book.add_worksheet().write_row(0, 0, ["Territorio"])
    assert any(
        "demografia.xlsx, tab-indici: atteso 2 righe, come nella pagina; trovato 0" in found
        for found in problems(edizione)
    )


def test_a_table_that_no_page_shows_is_compared_with_the_ledger_and_among_its_files(edizione):
    page = edizione / PAGE
    text = page.read_text(encoding="utf-8")
    page.write_text(re.sub(r"<table .*?</table>", "", text, flags=re.DOTALL), encoding="utf-8")
    report = verify.verified(edizione)
    assert report.findings == []
    assert report.counts["tabelle solo da scaricare"] == 1
    folder = edizione / "sito/dati/insubria"
    csv = folder / "demografia/tab-indici.csv"
    silent(csv, ",1600,", ",1601,")
    (found,) = problems(edizione)
    assert "demografia/tab-indici.csv, riga 3, colonna 3 [residenti_65_piu.lombardia" in found
    cells = pd.read_parquet(folder / "demografia.parquet")
    cells.loc[cells["valore"] == 1000.0, "valore"] = 1001.0
    cells.to_parquet(folder / "demografia.parquet", index=False)
    assert any(
        "demografia.parquet, tab-indici [residenti_0_14.lomb" in found and "atteso 1000; trovato 1001.0" in found
        for found in problems(edizione)
    )


def test_a_link_to_the_card_of_another_figure_is_found(edizione):
    silent(edizione / PAGE, CARD, "indice_vecchiaia.html#lombardia.2022-01-01")
    (found,) = problems(edizione)
    assert "atteso «160,0»; trovato «204,5»" in found


def test_a_build_that_does_not_hold_is_refused(edizione):
    silent(edizione / PAGE, ">204,5</a>, ", ">204,6</a>, ")
    with pytest.raises(EsecuzioneError, match=r"Le cifre non sono coerenti: 1 punti") as error:
        verify.require(edizione)
    assert f"trovato «204,6», in {PAGE}, riga" in str(error.value)


def test_the_command_says_where_and_exits_with_one(edizione, capsys: pytest.CaptureFixture[str]):
    assert main(["verifica", "--cartella", str(edizione)]) == 0
    assert "Tutto coerente." in capsys.readouterr().out
    silent(edizione / PAGE, ">sopra la media", ">sotto la media")
    assert main(["verifica", "--cartella", str(edizione)]) == 1
    assert f"{PAGE}, riga" in capsys.readouterr().out
    assert main(["verifica", "--json", "--cartella", str(edizione)]) == 1
    outcome = json.loads(capsys.readouterr().out)
    assert outcome["esito"] == "incoerente"
    assert outcome["problemi"][0]["regola"] == "affermazione"


def test_what_is_not_an_edition_is_refused(tmp_path, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(DatiError, match="manca cifre"):
        verify.verified(tmp_path)
    assert main(["verifica", "--cartella", str(tmp_path)]) == 2
    assert "Non c'è nessuna edizione" in capsys.readouterr().err
    (tmp_path / "cifre.json").write_text("{", encoding="utf-8")
    assert main(["verifica", "--cartella", str(tmp_path)]) == 2
    assert "non si può leggere" in capsys.readouterr().err


def test_what_is_missing_of_the_store_is_looked_for_all_the_same(tmp_path: Path) -> None:
    (tmp_path / storage.FIGURES_INDEX).write_text('{"data": "2025-01-01"}', encoding="utf-8")
    assert {("archivio", ()), ("confronti", ())} <= set(verify._Checks(tmp_path, None).tasks())
    assert ("archivio", ()) not in verify._Checks(tmp_path, frozenset({"cifre.json"})).tasks()
