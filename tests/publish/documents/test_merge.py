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
    documento = docx.Document(io.BytesIO(originale))
    come(documento)
    uscita = io.BytesIO()
    documento.save(uscita)
    return uscita.getvalue()


def righe(dati: bytes) -> list[str]:
    return [paragrafo.text for paragrafo in docx.Document(io.BytesIO(dati)).paragraphs]


def trova(documento: DocumentoWord, inizio: str) -> Paragraph:
    return next(p for p in documento.paragraphs if p.text.startswith(inizio))


def tabella(dati: bytes) -> list[str]:
    return [cella.text for riga in docx.Document(io.BytesIO(dati)).tables[0].rows for cella in riga.cells]


def figure(dati: bytes) -> list[bytes]:
    parti = package.unpack(dati)
    corpo = package.etree.fromstring(parti["word/document.xml"])
    mete = {r.get("Id"): r.get("Target") for r in package.etree.fromstring(parti["word/_rels/document.xml.rels"])}
    segni = [n.get(f"{{{package.R}}}embed") for n in corpo.iter(f"{{{package.ASVG}}}svgBlip")]
    return [parti[f"word/{mete[segno]}"] for segno in segni]


def test_an_untouched_document_becomes_the_new_one(prima, dopo):
    esito = merge.update(modifica(prima, lambda d: None), dopo)
    assert righe(esito.docx) == righe(dopo)
    assert tabella(esito.docx) == tabella(dopo)
    assert figure(esito.docx) == figure(dopo)
    assert esito.warnings == []
    assert esito.kept == []


def test_nothing_changed_and_nothing_edited_is_the_same_document(prima):
    esito = merge.update(prima, prima)
    assert righe(esito.docx) == righe(prima)
    assert (esito.updated, esito.kept, esito.added, esito.removed, esito.warnings) == ([], [], [], [], [])


def test_an_edited_paragraph_without_changed_figures_stays_hers(prima, dopo):
    def scrive(d: DocumentoWord) -> None:
        trova(d, "La famiglia").runs[0].text = "La famiglia pavese cambia forma, e lo vediamo nei consultori."

    esito = merge.update(modifica(prima, scrive), dopo)
    attesa = "La famiglia pavese cambia forma, e lo vediamo nei consultori."
    assert any(riga.startswith(attesa) for riga in righe(esito.docx))
    assert not any("I nuclei sono più piccoli" in riga for riga in righe(esito.docx))
    assert esito.warnings == []


def test_a_sentence_added_beside_changed_figures_stays_and_the_figures_follow(prima, dopo):
    def aggiunge(d: DocumentoWord) -> None:
        trova(d, "Nel territorio").add_run(" Lo conferma l'osservatorio provinciale.").italic = True

    esito = merge.update(modifica(prima, aggiunge), dopo)
    riga = next(riga for riga in righe(esito.docx) if riga.startswith("Nel territorio"))
    assert "536.001" in riga
    assert "211,0" in riga
    assert "534.506" not in riga
    assert riga.endswith(" Lo conferma l'osservatorio provinciale.")
    assert "DA RIVEDERE" not in riga
    corsivo = trova(docx.Document(io.BytesIO(esito.docx)), "Nel territorio").runs[-1]
    assert corsivo.italic


def test_an_edited_sentence_whose_figures_changed_gets_a_warning_and_the_others_follow(prima, dopo):
    def riscrive(d: DocumentoWord) -> None:
        for corsa in trova(d, "Nel territorio").runs:
            corsa.text = corsa.text.replace("Nel territorio risiedono ", "Nella nostra ATS vivono ")

    esito = merge.update(modifica(prima, riscrive), dopo)
    riga = next(riga for riga in righe(esito.docx) if riga.startswith("Nella nostra ATS"))
    assert riga.startswith(
        "Nella nostra ATS vivono 534.506 persone. [DA RIVEDERE: le cifre di questa frase sono cambiate"
    )
    assert "«Nel territorio risiedono 536.001 persone.»" in riga
    assert "L'indice di vecchiaia è 211,0" in riga  # the sentence she did not touch
    assert len(esito.warnings) == 1
    avviso = [
        corsa for corsa in trova(docx.Document(io.BytesIO(esito.docx)), "Nella nostra").runs if "RIVEDERE" in corsa.text
    ]
    assert avviso[0].style.name == "Avviso di aggiornamento"


def test_warnings_do_not_pile_up_nor_count_as_her_words(prima, dopo):
    def riscrive(d: DocumentoWord) -> None:
        for corsa in trova(d, "Nel territorio").runs:
            corsa.text = corsa.text.replace("Nel territorio risiedono ", "Nella nostra ATS vivono ")

    una = merge.update(modifica(prima, riscrive), dopo)
    due = merge.update(una.docx, dopo)
    assert due.warnings == []
    assert "\n".join(righe(due.docx)).count("DA RIVEDERE") == 1
    tre = "\n".join(righe(merge.update(due.docx, prima).docx))
    assert tre.count("DA RIVEDERE") == 1
    assert "536.001" not in tre


def test_a_moved_paragraph_stays_where_she_put_it(prima, dopo):
    def sposta(d: DocumentoWord) -> None:
        trova(d, "Analisi dei bisogni")._p.addprevious(trova(d, "Le politiche dei tempi")._p)

    nuove = righe(merge.update(modifica(prima, sposta), dopo).docx)
    politiche = [i for i, riga in enumerate(nuove) if riga.startswith("Le politiche dei tempi")]
    assert len(politiche) == 1
    assert politiche[0] < nuove.index("La famiglia cambia forma. I nuclei sono più piccoli di un tempo.")


def test_a_deleted_paragraph_does_not_come_back_and_a_changed_one_is_reported(prima, dopo):
    def toglie(d: DocumentoWord) -> None:
        for inizio in ("La famiglia", "Nel territorio"):
            p = trova(d, inizio)._p
            p.getparent().remove(p)

    esito = merge.update(modifica(prima, toglie), dopo)
    nuove = righe(esito.docx)
    assert not any(riga.startswith(("La famiglia", "Nel territorio")) for riga in nuove)
    assert len(esito.warnings) == 1
    assert esito.warnings[0].startswith("Tolto da chi ha modificato il documento")


def test_an_added_paragraph_stays_where_it_is(prima, dopo):
    def aggiunge(d: DocumentoWord) -> None:
        trova(d, "La famiglia").insert_paragraph_before("Il confronto con la rete ha indicato tre priorità.")

    nuove = righe(merge.update(modifica(prima, aggiunge), dopo).docx)
    posto = nuove.index("Il confronto con la rete ha indicato tre priorità.")
    assert nuove[posto + 1].startswith("La famiglia")


def test_what_the_program_now_writes_enters_after_what_it_follows(prima, dopo):
    esito = merge.update(modifica(prima, lambda d: None), dopo)
    assert esito.added == ["Questo paragrafo prima non c'era: parla dei servizi."]
    assert any(riga.startswith("Questo paragrafo prima") for riga in righe(esito.docx))


def test_what_the_program_no_longer_writes_goes_unless_she_edited_it(prima, dopo):
    esito = merge.update(modifica(dopo, lambda d: None), prima)
    assert not any(riga.startswith("Questo paragrafo prima") for riga in righe(esito.docx))

    def scrive(d: DocumentoWord) -> None:
        trova(d, "Questo paragrafo prima").add_run(" E lo confermiamo.")

    esito = merge.update(modifica(dopo, scrive), prima)
    nuove = righe(esito.docx)
    posto = next(i for i, riga in enumerate(nuove) if riga.endswith("E lo confermiamo."))
    assert nuove[posto + 1].startswith("[DA RIVEDERE: Questo testo, modificato a mano, non è più")


def test_an_edited_table_whose_data_changed_is_shown_beside_the_new_one(prima, dopo):
    def scrive(d: DocumentoWord) -> None:
        d.tables[0].rows[1].cells[0].text = "Pavia (con Vigevano)"

    esito = merge.update(modifica(prima, scrive), dopo)
    tabelle = docx.Document(io.BytesIO(esito.docx)).tables
    assert tabelle[0].rows[1].cells[0].text == "Pavia (con Vigevano)"
    assert tabelle[1].rows[1].cells[1].text == "536.001"
    assert any(riga.startswith("[DA RIVEDERE: La tabella qui sopra") for riga in righe(esito.docx))


def test_a_document_whose_marks_are_lost_is_matched_by_its_text(prima, dopo):
    def smarrisce(d: DocumentoWord) -> None:
        for nodo in list(d.element.body.iter(f"{{{package.W}}}bookmarkStart", f"{{{package.W}}}bookmarkEnd")):
            nodo.getparent().remove(nodo)

    esito = merge.update(modifica(prima, smarrisce), dopo)
    testo = "\n".join(righe(esito.docx))
    assert "536.001" in testo
    assert "534.506" not in testo


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
    parti = package.unpack(prima) | {"word/document.xml": b"<w:document"}
    with pytest.raises(DatiError, match=r"«relazione.docx» non è un documento Word che si possa leggere"):
        merge.update(package.pack(parti), dopo, "relazione.docx")


def test_a_document_of_others_is_refused(dopo):
    altrui = io.BytesIO()
    docx.Document().save(altrui)
    with pytest.raises(DatiError, match="non è un documento scritto da questo programma"):
        merge.update(altrui.getvalue(), dopo, "relazione.docx")


def test_a_document_of_another_territory_is_refused(prima, dopo):
    parti = package.unpack(prima)
    nome = next(n for n in parti if n == "customXml/item1.xml")
    parti[nome] = parti[nome].replace(b"ats/pavia", b"ats/milano").replace(b"ATS di Pavia", b"ATS di Milano")
    with pytest.raises(DatiError, match="è il documento di ATS di Milano, quello generato è di ATS di Pavia"):
        merge.update(package.pack(parti), dopo, "relazione.docx")


def test_the_result_is_a_whole_package(prima, dopo):
    esito = merge.update(modifica(prima, lambda d: trova(d, "La famiglia").add_run(" Nota.")), dopo)
    with zipfile.ZipFile(io.BytesIO(esito.docx)) as archivio:
        assert archivio.testzip() is None
    corpo = package.etree.fromstring(package.unpack(esito.docx)["word/document.xml"])
    segni = [n.get(f"{{{package.W}}}id") for n in corpo.iter(f"{{{package.W}}}bookmarkStart")]
    assert len(segni) == len(set(segni))
