"""An analyst's words survive an update: edited, moved, deleted and added paragraphs, changed figures, refusals."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import docx
import pytest
from docx.document import Document as DocumentoWord
from docx.text.paragraph import Paragraph

from conciliazione_lib.errors import DatiError
from conciliazione_lib.publish.documents import merge, package


def modifica(originale: bytes, come: Callable[[DocumentoWord], None]) -> bytes:
    """Return the document as saved by another program after an edit."""
    document = docx.Document(io.BytesIO(originale))
    come(document)
    output = io.BytesIO()
    document.save(output)
    return output.getvalue()


def righe(dati: bytes) -> list[str]:
    return [paragraph.text for paragraph in docx.Document(io.BytesIO(dati)).paragraphs]


def trova(documento: DocumentoWord, inizio: str) -> Paragraph:
    return next(p for p in documento.paragraphs if p.text.startswith(inizio))


def tabella(dati: bytes) -> list[str]:
    return [cell.text for row in docx.Document(io.BytesIO(dati)).tables[0].rows for cell in row.cells]


def figure(dati: bytes) -> list[bytes]:
    parts = package.unpack(dati)
    body = package.etree.fromstring(parts["word/document.xml"])
    targets = {r.get("Id"): r.get("Target") for r in package.etree.fromstring(parts["word/_rels/document.xml.rels"])}
    signs = [n.get(f"{{{package.R}}}embed") for n in body.iter(f"{{{package.ASVG}}}svgBlip")]
    return [parts[f"word/{targets[sign]}"] for sign in signs]


def test_an_untouched_document_becomes_the_new_one(prima, dopo):
    outcome = merge.update(modifica(prima, lambda d: None), dopo)
    assert righe(outcome.docx) == righe(dopo)
    assert tabella(outcome.docx) == tabella(dopo)
    assert figure(outcome.docx) == figure(dopo)
    assert outcome.warnings == []
    assert outcome.kept == []


def test_nothing_changed_and_nothing_edited_is_the_same_document(prima):
    outcome = merge.update(prima, prima)
    assert righe(outcome.docx) == righe(prima)
    assert (outcome.updated, outcome.kept, outcome.added, outcome.removed, outcome.warnings) == ([], [], [], [], [])


def test_an_edited_paragraph_without_changed_figures_stays_hers(prima, dopo):
    def writes(d: DocumentoWord) -> None:
        trova(d, "La famiglia").runs[0].text = "La famiglia pavese cambia forma, e lo vediamo nei consultori."

    outcome = merge.update(modifica(prima, writes), dopo)
    expected = "La famiglia pavese cambia forma, e lo vediamo nei consultori."
    assert any(row.startswith(expected) for row in righe(outcome.docx))
    assert not any("I nuclei sono più piccoli" in row for row in righe(outcome.docx))
    assert outcome.warnings == []


def test_a_sentence_added_beside_changed_figures_stays_and_the_figures_follow(prima, dopo):
    def adds(d: DocumentoWord) -> None:
        trova(d, "Nel territorio").add_run(" Lo conferma l'osservatorio provinciale.").italic = True

    outcome = merge.update(modifica(prima, adds), dopo)
    row = next(row for row in righe(outcome.docx) if row.startswith("Nel territorio"))
    assert "536.001" in row
    assert "211,0" in row
    assert "534.506" not in row
    assert row.endswith(" Lo conferma l'osservatorio provinciale.")
    assert "DA RIVEDERE" not in row
    italic = trova(docx.Document(io.BytesIO(outcome.docx)), "Nel territorio").runs[-1]
    assert italic.italic


def test_an_edited_sentence_whose_figures_changed_gets_a_warning_and_the_others_follow(prima, dopo):
    def rewrites(d: DocumentoWord) -> None:
        for run in trova(d, "Nel territorio").runs:
            run.text = run.text.replace("Nel territorio risiedono ", "Nella nostra ATS vivono ")

    outcome = merge.update(modifica(prima, rewrites), dopo)
    row = next(row for row in righe(outcome.docx) if row.startswith("Nella nostra ATS"))
    assert row.startswith(
        "Nella nostra ATS vivono 534.506 persone. [DA RIVEDERE: le cifre di questa frase sono cambiate"
    )
    assert "«Nel territorio risiedono 536.001 persone.»" in row
    assert "L'indice di vecchiaia è 211,0" in row  # the sentence she did not touch
    assert len(outcome.warnings) == 1
    warning = [
        run for run in trova(docx.Document(io.BytesIO(outcome.docx)), "Nella nostra").runs if "RIVEDERE" in run.text
    ]
    assert warning[0].style.name == "Avviso di aggiornamento"


def test_warnings_do_not_pile_up_nor_count_as_her_words(prima, dopo):
    def rewrites(d: DocumentoWord) -> None:
        for run in trova(d, "Nel territorio").runs:
            run.text = run.text.replace("Nel territorio risiedono ", "Nella nostra ATS vivono ")

    one = merge.update(modifica(prima, rewrites), dopo)
    two = merge.update(one.docx, dopo)
    assert two.warnings == []
    assert "\n".join(righe(two.docx)).count("DA RIVEDERE") == 1
    three = "\n".join(righe(merge.update(two.docx, prima).docx))
    assert three.count("DA RIVEDERE") == 1
    assert "536.001" not in three


def test_a_moved_paragraph_stays_where_she_put_it(prima, dopo):
    def move(d: DocumentoWord) -> None:
        trova(d, "Analisi dei bisogni")._p.addprevious(trova(d, "Le politiche dei tempi")._p)

    new = righe(merge.update(modifica(prima, move), dopo).docx)
    policies = [i for i, row in enumerate(new) if row.startswith("Le politiche dei tempi")]
    assert len(policies) == 1
    assert policies[0] < new.index("La famiglia cambia forma. I nuclei sono più piccoli di un tempo.")


def test_a_deleted_paragraph_does_not_come_back_and_a_changed_one_is_reported(prima, dopo):
    def removes(d: DocumentoWord) -> None:
        for start in ("La famiglia", "Nel territorio"):
            p = trova(d, start)._p
            p.getparent().remove(p)

    outcome = merge.update(modifica(prima, removes), dopo)
    new = righe(outcome.docx)
    assert not any(row.startswith(("La famiglia", "Nel territorio")) for row in new)
    assert len(outcome.warnings) == 1
    assert outcome.warnings[0].startswith("Tolto da chi ha modificato il documento")


def test_an_added_paragraph_stays_where_it_is(prima, dopo):
    def adds(d: DocumentoWord) -> None:
        trova(d, "La famiglia").insert_paragraph_before("Il confronto con la rete ha indicato tre priorità.")

    new = righe(merge.update(modifica(prima, adds), dopo).docx)
    place = new.index("Il confronto con la rete ha indicato tre priorità.")
    assert new[place + 1].startswith("La famiglia")


def test_what_the_program_now_writes_enters_after_what_it_follows(prima, dopo):
    outcome = merge.update(modifica(prima, lambda d: None), dopo)
    assert outcome.added == ["Questo paragrafo prima non c'era: parla dei servizi."]
    assert any(row.startswith("Questo paragrafo prima") for row in righe(outcome.docx))


def test_what_the_program_no_longer_writes_goes_unless_she_edited_it(prima, dopo):
    outcome = merge.update(modifica(dopo, lambda d: None), prima)
    assert not any(row.startswith("Questo paragrafo prima") for row in righe(outcome.docx))

    def writes(d: DocumentoWord) -> None:
        trova(d, "Questo paragrafo prima").add_run(" E lo confermiamo.")

    outcome = merge.update(modifica(dopo, writes), prima)
    new = righe(outcome.docx)
    place = next(i for i, row in enumerate(new) if row.endswith("E lo confermiamo."))
    assert new[place + 1].startswith("[DA RIVEDERE: Questo testo, modificato a mano, non è più")


def test_an_edited_table_whose_data_changed_is_shown_beside_the_new_one(prima, dopo):
    def writes(d: DocumentoWord) -> None:
        d.tables[0].rows[1].cells[0].text = "Pavia (con Vigevano)"

    outcome = merge.update(modifica(prima, writes), dopo)
    tables = docx.Document(io.BytesIO(outcome.docx)).tables
    assert tables[0].rows[1].cells[0].text == "Pavia (con Vigevano)"
    assert tables[1].rows[1].cells[1].text == "536.001"
    assert any(row.startswith("[DA RIVEDERE: La tabella qui sopra") for row in righe(outcome.docx))


def test_a_document_whose_marks_are_lost_is_matched_by_its_text(prima, dopo):
    def loses(d: DocumentoWord) -> None:
        for node in list(d.element.body.iter(f"{{{package.W}}}bookmarkStart", f"{{{package.W}}}bookmarkEnd")):
            node.getparent().remove(node)

    outcome = merge.update(modifica(prima, loses), dopo)
    text = "\n".join(righe(outcome.docx))
    assert "536.001" in text
    assert "534.506" not in text


@pytest.mark.parametrize(
    ("dati", "parole"),
    [
        (b"non un documento", "non è un documento Word che si possa leggere"),
        (b"", "non è un documento Word che si possa leggere"),
    ],
)
def test_what_is_not_word_is_refused(dati, parole, dopo):
    with pytest.raises(DatiError, match=parole):
        merge.update(dati, dopo, "relazione.docx")


def test_a_damaged_document_is_refused(prima, dopo):
    with pytest.raises(DatiError, match="danneggiato"):
        merge.update(prima[: len(prima) // 2], dopo, "relazione.docx")
    parts = package.unpack(prima) | {"word/document.xml": b"<w:document"}
    with pytest.raises(DatiError, match=r"«relazione.docx» non è un documento Word che si possa leggere"):
        merge.update(package.pack(parts), dopo, "relazione.docx")


def test_a_document_of_others_is_refused(dopo):
    of_others = io.BytesIO()
    docx.Document().save(of_others)
    with pytest.raises(DatiError, match="non è un documento scritto da questo programma"):
        merge.update(of_others.getvalue(), dopo, "relazione.docx")


def test_a_document_of_another_territory_is_refused(prima, dopo):
    parts = package.unpack(prima)
    name = next(n for n in parts if n == "customXml/item1.xml")
    parts[name] = parts[name].replace(b"ats/pavia", b"ats/milano").replace(b"ATS di Pavia", b"ATS di Milano")
    with pytest.raises(DatiError, match="è il documento di ATS di Milano, quello generato è di ATS di Pavia"):
        merge.update(package.pack(parts), dopo, "relazione.docx")


def test_the_result_is_a_whole_package(prima, dopo):
    outcome = merge.update(modifica(prima, lambda d: trova(d, "La famiglia").add_run(" Nota.")), dopo)
    with zipfile.ZipFile(io.BytesIO(outcome.docx)) as archive:
        assert archive.testzip() is None
    body = package.etree.fromstring(package.unpack(outcome.docx)["word/document.xml"])
    signs = [n.get(f"{{{package.W}}}id") for n in body.iter(f"{{{package.W}}}bookmarkStart")]
    assert len(signs) == len(set(signs))
