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


def edit(original: bytes, come: Callable[[DocumentoWord], None]) -> bytes:
    """Return the document as saved by another program after an edit."""
    document = docx.Document(io.BytesIO(original))
    come(document)
    output = io.BytesIO()
    document.save(output)
    return output.getvalue()


def rows(data: bytes) -> list[str]:
    return [paragraph.text for paragraph in docx.Document(io.BytesIO(data)).paragraphs]


def find(document: DocumentoWord, inizio: str) -> Paragraph:
    return next(p for p in document.paragraphs if p.text.startswith(inizio))


def tabella(data: bytes) -> list[str]:
    return [cell.text for row in docx.Document(io.BytesIO(data)).tables[0].rows for cell in row.cells]


def figure(data: bytes) -> list[bytes]:
    parts = package.unpack(data)
    body = package.etree.fromstring(parts["word/document.xml"])
    targets = {r.get("Id"): r.get("Target") for r in package.etree.fromstring(parts["word/_rels/document.xml.rels"])}
    signs = [n.get(f"{{{package.R}}}embed") for n in body.iter(f"{{{package.ASVG}}}svgBlip")]
    return [parts[f"word/{targets[sign]}"] for sign in signs]


def test_an_untouched_document_becomes_the_new_one(before, after):
    outcome = merge.update(edit(before, lambda d: None), after)
    assert rows(outcome.docx) == rows(after)
    assert tabella(outcome.docx) == tabella(after)
    assert figure(outcome.docx) == figure(after)
    assert outcome.warnings == []
    assert outcome.kept == []


def test_nothing_changed_and_nothing_edited_is_the_same_document(before):
    outcome = merge.update(before, before)
    assert rows(outcome.docx) == rows(before)
    assert (outcome.updated, outcome.kept, outcome.added, outcome.removed, outcome.warnings) == ([], [], [], [], [])


def test_an_edited_paragraph_without_changed_figures_stays_hers(before, after):
    def writes(d: DocumentoWord) -> None:
        find(d, "La famiglia").runs[0].text = "La famiglia pavese cambia forma, e lo vediamo nei consultori."

    outcome = merge.update(edit(before, writes), after)
    expected = "La famiglia pavese cambia forma, e lo vediamo nei consultori."
    assert any(row.startswith(expected) for row in rows(outcome.docx))
    assert not any("I nuclei sono più piccoli" in row for row in rows(outcome.docx))
    assert outcome.warnings == []


def test_a_sentence_added_beside_changed_figures_stays_and_the_figures_follow(before, after):
    def adds(d: DocumentoWord) -> None:
        find(d, "Nel territorio").add_run(" Lo conferma l'osservatorio provinciale.").italic = True

    outcome = merge.update(edit(before, adds), after)
    row = next(row for row in rows(outcome.docx) if row.startswith("Nel territorio"))
    assert "536.001" in row
    assert "211,0" in row
    assert "534.506" not in row
    assert row.endswith(" Lo conferma l'osservatorio provinciale.")
    assert "DA RIVEDERE" not in row
    italic = find(docx.Document(io.BytesIO(outcome.docx)), "Nel territorio").runs[-1]
    assert italic.italic


def test_an_edited_sentence_whose_figures_changed_gets_a_warning_and_the_others_follow(before, after):
    def rewrites(d: DocumentoWord) -> None:
        for run in find(d, "Nel territorio").runs:
            run.text = run.text.replace("Nel territorio risiedono ", "Nella nostra ATS vivono ")

    outcome = merge.update(edit(before, rewrites), after)
    row = next(row for row in rows(outcome.docx) if row.startswith("Nella nostra ATS"))
    assert row.startswith(
        "Nella nostra ATS vivono 534.506 persone. [DA RIVEDERE: le cifre di questa frase sono cambiate"
    )
    assert "«Nel territorio risiedono 536.001 persone.»" in row
    assert "L'indice di vecchiaia è 211,0" in row  # the sentence she did not touch
    assert len(outcome.warnings) == 1
    warning = [
        run for run in find(docx.Document(io.BytesIO(outcome.docx)), "Nella nostra").runs if "RIVEDERE" in run.text
    ]
    assert warning[0].style.name == "Avviso di aggiornamento"


def test_warnings_do_not_pile_up_nor_count_as_her_words(before, after):
    def rewrites(d: DocumentoWord) -> None:
        for run in find(d, "Nel territorio").runs:
            run.text = run.text.replace("Nel territorio risiedono ", "Nella nostra ATS vivono ")

    one = merge.update(edit(before, rewrites), after)
    two = merge.update(one.docx, after)
    assert two.warnings == []
    assert "\n".join(rows(two.docx)).count("DA RIVEDERE") == 1
    three = "\n".join(rows(merge.update(two.docx, before).docx))
    assert three.count("DA RIVEDERE") == 1
    assert "536.001" not in three


def test_a_moved_paragraph_stays_where_she_put_it(before, after):
    def move(d: DocumentoWord) -> None:
        find(d, "Analisi dei bisogni")._p.addprevious(find(d, "Le politiche dei tempi")._p)

    new = rows(merge.update(edit(before, move), after).docx)
    policies = [i for i, row in enumerate(new) if row.startswith("Le politiche dei tempi")]
    assert len(policies) == 1
    assert policies[0] < new.index("La famiglia cambia forma. I nuclei sono più piccoli di un tempo.")


def test_a_deleted_paragraph_does_not_come_back_and_a_changed_one_is_reported(before, after):
    def removes(d: DocumentoWord) -> None:
        for start in ("La famiglia", "Nel territorio"):
            p = find(d, start)._p
            p.getparent().remove(p)

    outcome = merge.update(edit(before, removes), after)
    new = rows(outcome.docx)
    assert not any(row.startswith(("La famiglia", "Nel territorio")) for row in new)
    assert len(outcome.warnings) == 1
    assert outcome.warnings[0].startswith("Tolto da chi ha modificato il documento")


def test_an_added_paragraph_stays_where_it_is(before, after):
    def adds(d: DocumentoWord) -> None:
        find(d, "La famiglia").insert_paragraph_before("Il confronto con la rete ha indicato tre priorità.")

    new = rows(merge.update(edit(before, adds), after).docx)
    place = new.index("Il confronto con la rete ha indicato tre priorità.")
    assert new[place + 1].startswith("La famiglia")


def test_what_the_program_now_writes_enters_after_what_it_follows(before, after):
    outcome = merge.update(edit(before, lambda d: None), after)
    assert outcome.added == ["Questo paragrafo prima non c'era: parla dei servizi."]
    assert any(row.startswith("Questo paragrafo prima") for row in rows(outcome.docx))


def test_what_the_program_no_longer_writes_goes_unless_she_edited_it(before, after):
    outcome = merge.update(edit(after, lambda d: None), before)
    assert not any(row.startswith("Questo paragrafo prima") for row in rows(outcome.docx))

    def writes(d: DocumentoWord) -> None:
        find(d, "Questo paragrafo prima").add_run(" E lo confermiamo.")

    outcome = merge.update(edit(after, writes), before)
    new = rows(outcome.docx)
    place = next(i for i, row in enumerate(new) if row.endswith("E lo confermiamo."))
    assert new[place + 1].startswith("[DA RIVEDERE: Questo testo, modificato a mano, non è più")


def test_an_edited_table_whose_data_changed_is_shown_beside_the_new_one(before, after):
    def writes(d: DocumentoWord) -> None:
        d.tables[0].rows[1].cells[0].text = "Pavia (con Vigevano)"

    outcome = merge.update(edit(before, writes), after)
    tables = docx.Document(io.BytesIO(outcome.docx)).tables
    assert tables[0].rows[1].cells[0].text == "Pavia (con Vigevano)"
    assert tables[1].rows[1].cells[1].text == "536.001"
    assert any(row.startswith("[DA RIVEDERE: La tabella qui sopra") for row in rows(outcome.docx))


def test_a_document_whose_marks_are_lost_is_matched_by_its_text(before, after):
    def loses(d: DocumentoWord) -> None:
        for node in list(d.element.body.iter(f"{{{package.W}}}bookmarkStart", f"{{{package.W}}}bookmarkEnd")):
            node.getparent().remove(node)

    outcome = merge.update(edit(before, loses), after)
    text = "\n".join(rows(outcome.docx))
    assert "536.001" in text
    assert "534.506" not in text


@pytest.mark.parametrize(
    ("data", "parole"),
    [
        (b"non un documento", "non è un documento Word che si possa leggere"),
        (b"", "non è un documento Word che si possa leggere"),
    ],
)
def test_what_is_not_word_is_refused(data, parole, after):
    with pytest.raises(DatiError, match=parole):
        merge.update(data, after, "relazione.docx")


def test_a_damaged_document_is_refused(before, after):
    with pytest.raises(DatiError, match="danneggiato"):
        merge.update(before[: len(before) // 2], after, "relazione.docx")
    parts = package.unpack(before) | {"word/document.xml": b"<w:document"}
    with pytest.raises(DatiError, match=r"«relazione.docx» non è un documento Word che si possa leggere"):
        merge.update(package.pack(parts), after, "relazione.docx")


def test_a_document_of_others_is_refused(after):
    of_others = io.BytesIO()
    docx.Document().save(of_others)
    with pytest.raises(DatiError, match="non è un documento scritto da questo programma"):
        merge.update(of_others.getvalue(), after, "relazione.docx")


def test_a_document_of_another_territory_is_refused(before, after):
    parts = package.unpack(before)
    name = next(n for n in parts if n == "customXml/item1.xml")
    parts[name] = parts[name].replace(b"ats/pavia", b"ats/milano").replace(b"ATS di Pavia", b"ATS di Milano")
    with pytest.raises(DatiError, match="è il documento di ATS di Milano, quello generato è di ATS di Pavia"):
        merge.update(package.pack(parts), after, "relazione.docx")


def test_the_result_is_a_whole_package(before, after):
    outcome = merge.update(edit(before, lambda d: find(d, "La famiglia").add_run(" Nota.")), after)
    with zipfile.ZipFile(io.BytesIO(outcome.docx)) as archive:
        assert archive.testzip() is None
    body = package.etree.fromstring(package.unpack(outcome.docx)["word/document.xml"])
    signs = [n.get(f"{{{package.W}}}id") for n in body.iter(f"{{{package.W}}}bookmarkStart")]
    assert len(signs) == len(set(signs))
