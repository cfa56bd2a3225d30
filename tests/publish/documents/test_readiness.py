"""«Pronto da firmare?»: what is left to read, accept, fill in or bring up to date, and nothing else."""

from __future__ import annotations

import io
from collections.abc import Callable

import docx
import pytest
from docx.document import Document as DocumentoWord
from docx.oxml import parse_xml

from conciliazione_lib.errors import DatiError
from conciliazione_lib.publish.documents import merge, package, readiness

NS = f'xmlns:w="{package.W}"'


def edit(original: bytes, come: Callable[[DocumentoWord], None]) -> bytes:
    document = docx.Document(io.BytesIO(original))
    come(document)
    output = io.BytesIO()
    document.save(output)
    return output.getvalue()


def find(document: DocumentoWord, inizio: str):
    return next(p for p in document.paragraphs if p.text.startswith(inizio))


def kind(outcome: readiness.Readiness) -> list[str]:
    return [f.genere for f in outcome.findings]


def test_a_document_as_generated_is_ready(before):
    assert readiness.check(before, before, "a.docx") == readiness.Readiness((), ())


def test_words_of_hers_without_numbers_leave_it_ready(before):
    mine = edit(before, lambda d: find(d, "La famiglia").add_run(" Lo conferma la rete."))
    assert readiness.check(mine, before, "a.docx") == readiness.Readiness((), ())


def test_a_number_written_by_hand_is_told_and_does_not_hold_it_back(before):
    mine = edit(before, lambda d: find(d, "La famiglia").add_run(" I nuclei seguiti sono 1.240."))
    outcome = readiness.check(mine, before, "a.docx")
    assert outcome.findings == ()
    [a_hand] = outcome.by_hand
    assert a_hand.dove == "Demografia"
    assert a_hand.testo.startswith("1.240 in «La famiglia")


def test_figures_and_dates_that_no_longer_hold(before, another_edizione):
    outcome = readiness.check(before, another_edizione, "a.docx")
    assert set(kind(outcome)) == {"date", "cifre"}
    date = [f.testo for f in outcome.findings if f.genere == "date"]
    assert date == [
        "nel documento i dati sono al 1° gennaio 2022, in quello generato 1° gennaio 2025",
        "nel documento l'edizione è «prova-2022», in quello generato «prova-2025»",
    ]
    assert any("534.506" in f.testo or "536.001" in f.testo for f in outcome.findings)
    updated = merge.update(before, another_edizione).docx
    assert readiness.check(updated, another_edizione, "a.docx").findings == ()


def test_notices_of_an_update_are_left_to_read(before, after):
    def rewrites(d: DocumentoWord) -> None:
        for run in find(d, "Nel territorio").runs:
            run.text = run.text.replace("Nel territorio risiedono ", "Nella nostra ATS vivono ")

    outcome = readiness.check(merge.update(edit(before, rewrites), after).docx, after, "a.docx")
    assert kind(outcome) == ["avvisi"]
    assert outcome.findings[0].dove == "Demografia"
    assert outcome.findings[0].testo.startswith("DA RIVEDERE: le cifre di questa frase sono cambiate")


def test_a_chapter_that_failed_is_told(before, failed):
    assert "avvisi" in kind(readiness.check(failed, failed, "a.docx"))
    assert "avvisi" in kind(readiness.check(merge.update(before, failed).docx, failed, "a.docx"))


def test_tracked_changes_and_comments(before):
    def reviews(d: DocumentoWord) -> None:
        p = find(d, "La famiglia")._p
        p.append(parse_xml(f'<w:ins {NS} w:id="9001" w:author="x"><w:r><w:t> Ins.</w:t></w:r></w:ins>'))
        p.append(parse_xml(f'<w:del {NS} w:id="9002" w:author="x"><w:r><w:delText>no</w:delText></w:r></w:del>'))
        p.append(parse_xml(f'<w:r {NS}><w:commentReference w:id="0"/></w:r>'))

    outcome = readiness.check(edit(before, reviews), before, "a.docx")
    assert [(f.genere, f.dove, f.testo) for f in outcome.findings] == [
        ("revisioni", "Demografia", "2 revisioni"),
        ("revisioni", "Demografia", "un commento"),
    ]


@pytest.mark.parametrize(
    "empty",
    ["[da compilare: la composizione della Rete]", "[…]", "Delibera n. ______ del", "Il gg/mm/aaaa", "Prot. XXXX"],
)
def test_what_is_to_be_filled_in(before, empty):
    mine = edit(before, lambda d: find(d, "La famiglia").insert_paragraph_before(empty))
    assert kind(readiness.check(mine, before, "a.docx")) == ["campi"]


def test_empty_fields_and_sections(before):
    def adds(d: DocumentoWord) -> None:
        before_of = find(d, "La famiglia")
        before_of.insert_paragraph_before("La Rete", style="Heading 2")
        before_of.insert_paragraph_before("La Comunità di Pratica", style="Heading 2")
        field = (
            f"<w:p {NS}><w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent><w:r><w:t>Scrivere qui</w:t></w:r>"
        )
        before_of._p.addprevious(parse_xml(field + "</w:sdtContent></w:sdt></w:p>"))

    outcome = readiness.check(edit(before, adds), before, "a.docx")
    assert [(f.genere, f.dove, f.testo) for f in outcome.findings] == [
        ("campi", "La Comunità di Pratica", "campo non compilato: «Scrivere qui»"),
        ("campi", "La Rete", "sezione senza testo"),
    ]


def test_a_reference_without_its_target(before):
    lost = "Si veda Errore. L'origine riferimento non è stata trovata."
    mine = edit(before, lambda d: find(d, "La famiglia").insert_paragraph_before(lost))
    assert kind(readiness.check(mine, before, "a.docx")) == ["rimandi"]


def test_without_the_edition_figures_are_not_said_to_hold(before):
    outcome = readiness.check(before, None, "a.docx", "L'edizione non è qui.")
    assert [(f.genere, f.testo) for f in outcome.findings] == [
        ("cifre", "Le cifre non si possono confrontare con i dati. L'edizione non è qui.")
    ]


def test_what_is_not_ours_is_refused(before):
    with pytest.raises(DatiError, match="non è un documento Word"):
        readiness.check(b"altro", before, "a.docx")
