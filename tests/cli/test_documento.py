"""``conciliazione documento``, as an analyst runs it on an edition she has generated."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import docx
import openpyxl
import pytest
from quaderni import executed

from conciliazione_lib import catalog, territory
from conciliazione_lib.cli import main
from conciliazione_lib.evidence.formats import numero
from conciliazione_lib.publish import verify_documents

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = ("01_territorio", "02_demografia")
DATA = "2025-01-01"


@pytest.fixture(scope="module")
def residenti() -> int:
    """Those of the ATS at the edition's date, summed from the table: what every format must show."""
    population = catalog.read("popolazione", DATA).set_index("cod_comune")["residenti"]
    return int(population.loc[territory.load(DATA).members("ats", "milano")].sum())


@pytest.fixture
def progetto(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with an edition of which two chapters are there."""
    folder = tmp_path / "progetto è qui"
    chapters = folder / "reports" / "2025-2027" / "notebook" / "ats" / "milano"
    chapters.mkdir(parents=True)
    shutil.copy(ROOT / "reports.toml", folder)
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    for name in CHAPTERS:
        (chapters / f"{name}.ipynb").write_text(executed(name, "milano"), encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder


def titles(file: Path, livello: int) -> list[str]:
    return [p.text for p in docx.Document(str(file)).paragraphs if p.style.name == f"Heading {livello}"]


def test_the_places_of_own_texts_are_listed(progetto, capsys):
    (progetto / "testi" / "milano").mkdir(parents=True)
    (progetto / "testi" / "milano" / "demografia.md").write_text("Parole nostre.", encoding="utf-8")
    assert main(["documento", "elenca", "--ats", "milano", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [c["id"] for c in said["capitoli"]] == list(CHAPTERS)
    present = {t["file"]: t["presente"] for t in said["testi"]}
    assert present["demografia.md"]
    assert not present["premessa.md"]


def test_own_texts_and_sections_enter_where_they_are_called(progetto, capsys):
    texts = progetto / "testi" / "milano"
    texts.mkdir(parents=True)
    (texts / "demografia.md").write_text("## Il confronto con la rete\n\nParole **nostre**.", encoding="utf-8")
    (texts / "sezione-impegni.md").write_text("# Gli impegni\n\n- uno\n- due", encoding="utf-8")
    file = progetto / "mio.docx"
    assert main(["documento", "scrivi", str(file), "--ats", "milano"]) == 0
    assert "Il confronto con la rete" in titles(file, 3)
    first = titles(file, 1)
    assert first[-1] == "Gli impegni"
    text = [p.text for p in docx.Document(str(file)).paragraphs]
    assert text[text.index("Il confronto con la rete") + 1] == "Parole nostre."


def test_the_chapters_are_chosen_and_the_three_formats_agree(progetto, capsys, residenti):
    for extension in ("docx", "pdf", "xlsx"):
        choice = ["--ats", "milano", "--capitolo", "01_territorio"]
        assert main(["documento", "scrivi", str(progetto / f"scelta.{extension}"), *choice]) == 0
    assert "Il territorio in breve" in titles(progetto / "scelta.docx", 3)
    assert "La piramide delle età" not in titles(progetto / "scelta.docx", 3)
    book = openpyxl.load_workbook(progetto / "scelta.xlsx")
    rows = [row for sheet in book for row in sheet.iter_rows(min_row=4)]
    comuni = str(len(territory.load(DATA).members("ats", "milano")))
    assert ("n_comuni.milano.2025-01-01", comuni) in {(row[-1].value, row[1].value) for row in rows}
    assert numero(residenti) in verify_documents.pdf_text(progetto / "scelta.pdf")
    assert numero(residenti) in verify_documents.docx_text(progetto / "scelta.docx")


@pytest.mark.parametrize(
    ("arguments", "parole"),
    [
        (["mio.odt", "--ats", "milano"], "«mio.odt» non è un tipo di file che si possa scrivere"),
        (["mio.docx", "--ats", "milano", "--capitolo", "99_altro"], "Capitoli che non ci sono: 99_altro"),
        (["mio.docx", "--ats", "pavia"], "non ha capitoli per «pavia»"),
        (["reports.toml.docx", "--ats", "milano"], "esiste già"),
    ],
)
def test_what_cannot_be_written_is_refused(progetto, capsys, arguments, parole):
    (progetto / "reports.toml.docx").write_bytes(b"altro")
    assert main(["documento", "scrivi", *arguments]) == 2
    assert parole in capsys.readouterr().err
    assert (progetto / "reports.toml.docx").read_bytes() == b"altro"
    assert not (progetto / "mio.docx").exists()


def test_an_edited_document_follows_the_data_and_keeps_her_words(progetto, capsys, residenti):
    file = progetto / "Analisi Milano.docx"
    assert main(["documento", "scrivi", str(file), "--ats", "milano"]) == 0
    mine = docx.Document(str(file))
    mine.paragraphs[-1].insert_paragraph_before("Una nota della rete.")
    sentence = next(r for p in mine.paragraphs for r in p.runs if "i residenti sono" in r.text)
    sentence.text = sentence.text.replace("i residenti sono", "i residenti della rete sono")
    mine.save(str(file))
    before = file.read_bytes()
    chapter = progetto / "reports" / "2025-2027" / "notebook" / "ats" / "milano" / "01_territorio.ipynb"
    new = numero(residenti + 1)
    chapter.write_text(chapter.read_text(encoding="utf-8").replace(numero(residenti), new), encoding="utf-8")
    capsys.readouterr()
    assert main(["documento", "aggiorna", str(file), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert file.read_bytes() == before
    assert Path(said["file"]).name == "Analisi Milano-aggiornato.docx"
    assert len(said["da_rivedere"]) == 1
    one_new = [p.text for p in docx.Document(said["file"]).paragraphs]
    assert "Una nota della rete." in one_new
    own = next(p for p in one_new if "i residenti della rete sono" in p)
    assert "DA RIVEDERE" in own
    assert new in own
    assert main(["documento", "aggiorna", str(file)]) == 0
    assert (progetto / "Analisi Milano-aggiornato-2.docx").is_file()
    assert "Da rivedere (1):" in capsys.readouterr().out


def test_a_document_says_whether_it_is_ready_to_be_signed(progetto, capsys, residenti):
    file = progetto / "Analisi Milano.docx"
    assert main(["documento", "scrivi", str(file), "--ats", "milano"]) == 0
    mine = docx.Document(str(file))
    mine.paragraphs[-1].insert_paragraph_before("Delibera n. [da compilare] della Rete.")
    mine.save(str(file))
    before = file.read_bytes()
    capsys.readouterr()
    assert main(["documento", "controlla", str(file), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert not said["pronto"]
    assert ("campi", "da compilare: «[da compilare]»") in {(v["genere"], v["testo"]) for v in said["da_sistemare"]}
    assert not [entry for entry in said["da_sistemare"] if entry["genere"] in ("cifre", "date", "revisioni")]
    chapter = progetto / "reports" / "2025-2027" / "notebook" / "ats" / "milano" / "01_territorio.ipynb"
    new = numero(residenti + 1)
    chapter.write_text(chapter.read_text(encoding="utf-8").replace(numero(residenti), new), encoding="utf-8")
    assert main(["documento", "controlla", str(file)]) == 1
    said = capsys.readouterr().out
    assert "«Analisi Milano.docx» non è pronto da firmare" in said
    assert new in said
    assert "Campi e sezioni da compilare" in said
    assert file.read_bytes() == before
    shutil.rmtree(progetto / "reports" / "2025-2027")
    assert main(["documento", "controlla", str(file)]) == 1
    assert "Le cifre non si possono confrontare con i dati. L'edizione 2025-2027 non ha" in capsys.readouterr().out
    assert main(["documento", "controlla", "assente.docx"]) == 2


def test_a_document_of_others_is_refused_and_left_as_it_is(progetto, capsys):
    file = progetto / "relazione.docx"
    docx.Document().save(str(file))
    before = file.read_bytes()
    assert main(["documento", "aggiorna", str(file)]) == 2
    assert "«relazione.docx» non è un documento scritto da questo programma" in capsys.readouterr().err
    assert file.read_bytes() == before
    assert main(["documento", "aggiorna", "assente.docx"]) == 2
    assert "non si può leggere" in capsys.readouterr().err
