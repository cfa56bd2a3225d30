"""Word and PDF documents are read back: a changed word or number is found, whatever the line breaks."""

from __future__ import annotations

import re
from pathlib import Path

import docx
import pytest
import typst

from conciliazione_lib.evidence import Figure, Ledger, Place
from conciliazione_lib.evidence.verify import Finding
from conciliazione_lib.publish import verify_documents

ID = "indice_vecchiaia.insubria.2022-01-01"
SENTENCE = (
    "Al 1° gennaio 2022 l'indice di vecchiaia dell'ATS dell'Insubria è 204,5, sopra la media regionale (160,0): "
    "sono tante le persone di 65 anni e più ogni 100 di 0–14 anni."
)
PIECES = tuple(re.split("(204,5|sopra la media regionale|160,0)", SENTENCE))
SENTENCES = {"sito/territori/insubria/demografia.html": [(ID, PIECES)]}


def check_folder(
    folder: Path, ledger: Ledger, sentences: dict[str, list[verify_documents.Sentence]]
) -> tuple[list[Finding], dict[str, int]]:
    """Check every document of a folder, all against the same sentences."""
    expected = [sentence for entries in sentences.values() for sentence in entries]
    found, counts = [], {}
    for file in sorted(file for file in folder.rglob("*") if file.is_file()):
        where = f"documenti/{file.relative_to(folder).as_posix()}"
        own, one_counts = verify_documents.check_file(file, where, verify_documents.Known(ledger), expected)
        found, counts = found + own, counts | one_counts
    return found, counts


@pytest.fixture
def ledger() -> Ledger:
    registry = Ledger()
    registry.add(Figure("indice_vecchiaia", 204.54, "per 100", 1, Place("ats", "insubria", "Insubria"), "2022-01-01"))
    return registry


def write_docx(folder: Path, frase: str = SENTENCE, valore: str = "204,5") -> None:
    document = docx.Document()
    paragraph = document.add_paragraph()
    for word in frase.split(" "):  # runs cut the sentence as links do
        paragraph.add_run(word + " ")
    table = document.add_table(rows=1, cols=3)
    for cell, text in zip(table.rows[0].cells, (ID, "Indice di vecchiaia", valore), strict=True):
        cell.text = text
    (folder / "insubria").mkdir(parents=True, exist_ok=True)
    document.save(folder / "insubria" / "analisi-dei-bisogni-insubria.docx")


def write_pdf(folder: Path, frase: str = SENTENCE, valore: str = "204,5") -> None:
    source = (
        '#set page(width: 9cm)\n#set text(lang: "it", hyphenate: true)\n#set par(justify: true)\n'
        f"{frase}\n#table(columns: 3, [{ID}], [Indice di vecchiaia], [{valore}])\n"
    )
    (folder / "insubria").mkdir(parents=True, exist_ok=True)
    (folder / "insubria" / "analisi-dei-bisogni-insubria.pdf").write_bytes(typst.compile(source.encode()))


@pytest.mark.parametrize("write", [write_docx, write_pdf])
def test_a_true_document_has_no_findings(tmp_path, ledger, write):
    write(tmp_path / "documenti")
    found, counts = check_folder(tmp_path / "documenti", ledger, SENTENCES)
    assert found == []
    assert counts["frasi e righe di tabella nei documenti"] == 1


@pytest.mark.parametrize("write", [write_docx, write_pdf])
def test_a_reference_within_a_sentence_is_not_a_change(tmp_path, ledger, write):
    write(tmp_path / "documenti", frase=f"{SENTENCE.removesuffix('.')} (tabella 2, figura 1 e figura 12).")
    assert check_folder(tmp_path / "documenti", ledger, SENTENCES)[0] == []


@pytest.mark.parametrize("write", [write_docx, write_pdf])
def test_a_changed_cell_of_a_table_is_found(tmp_path, ledger, write):
    rows = SENTENCES | {"sito/territori/insubria/lavoro.html": [(ID, ("Indice di vecchiaia", "204,5"))]}
    write(tmp_path / "documenti")
    assert check_folder(tmp_path / "documenti", ledger, rows)[0] == []
    write(tmp_path / "documenti", valore="240,5")
    found = check_folder(tmp_path / "documenti", ledger, rows)[0]
    assert "la frase «Indice di vecchiaia204,5»" in " ".join(map(str, found))


@pytest.mark.parametrize("write", [write_docx, write_pdf])
@pytest.mark.parametrize("mutation", [("204,5", "204,6"), ("sopra la media", "sotto la media"), ("160,0", "16,0")])
def test_a_changed_number_or_word_is_found(tmp_path, ledger, write, mutation):
    write(tmp_path / "documenti", frase=SENTENCE.replace(*mutation))
    (found,) = check_folder(tmp_path / "documenti", ledger, SENTENCES)[0]
    assert found.where.startswith("documenti/insubria/analisi-dei-bisogni-insubria.")
    assert found.id == ID
    assert "la frase «Al 1° gennaio 2022" in str(found)


@pytest.mark.parametrize("write", [write_docx, write_pdf])
def test_a_changed_appendix_is_found(tmp_path, ledger, write):
    write(tmp_path / "documenti", valore="204,9")
    (found,) = check_folder(tmp_path / "documenti", ledger, SENTENCES)[0]
    assert found.where.endswith("appendice")
    assert found.expected == "204,5"


def test_a_document_that_does_not_open_is_a_finding(tmp_path, ledger):
    for name in ("a.docx", "a.pdf"):
        (tmp_path / name).write_bytes(b"non un documento")
    found, _ = check_folder(tmp_path, ledger, SENTENCES)
    assert [one_found.expected for one_found in found] == ["un documento che si apre"] * 2
