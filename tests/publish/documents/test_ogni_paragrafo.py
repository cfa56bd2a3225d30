"""No paragraph she did not touch is left behind by an update: all of them, one by one, equal the fresh document."""

from __future__ import annotations

import io
import re
from typing import Any

import docx
import pytest

from conciliazione_lib.publish.documents import merge, package

W = f"{{{package.W}}}"


def aperto(dati: bytes) -> tuple[Any, Any, dict[str, bytes]]:
    parti = package.unpack(dati)
    return package.etree.fromstring(parti["word/document.xml"]), package.note_tree(parti), parti


def blocchi(dati: bytes) -> dict[str, tuple[str, str]]:
    """Return text and footnotes of every block, by identity, in order."""
    albero, note, _ = aperto(dati)
    return {
        package.identity(b): (package.text(b), package.notes(b, note))
        for b in albero.find(f"{W}body")
        if package.identity(b)
    }


def heads(dati: bytes) -> set[str]:
    documento = docx.Document(io.BytesIO(dati))
    return {sezione.header.paragraphs[0].text for sezione in documento.sections}


def indice(dati: bytes) -> list[str]:
    """Return the entries of the contents, without their pages."""
    albero, _, _ = aperto(dati)
    righe = []
    for legame in albero.find(f"{W}body/{W}sdt").iter(f"{W}hyperlink"):
        righe.append(next(n.text for n in legame.iter(f"{W}t")))
    return righe


def salvato(dati: bytes) -> bytes:
    """Return a document as another program saves it."""
    uscita = io.BytesIO()
    docx.Document(io.BytesIO(dati)).save(uscita)
    return uscita.getvalue()


def modificato(dati: bytes, chiave: str) -> bytes:
    """Return a document in which she added two words to one block."""
    albero, _, parti = aperto(dati)
    blocco = next(b for b in albero.find(f"{W}body") if package.identity(b) == chiave)
    package.texts(blocco)[-1].text += " Parola mia."
    return package.pack(parti | {"word/document.xml": package.dump(albero)})


def test_every_paragraph_of_an_untouched_document_equals_the_fresh_one(prima, altra_edizione):
    esito = merge.update(salvato(prima), altra_edizione)
    assert blocchi(esito.docx) == blocchi(altra_edizione)
    assert list(blocchi(esito.docx)) == list(blocchi(altra_edizione))
    assert heads(esito.docx) == heads(altra_edizione)
    assert indice(esito.docx) == indice(altra_edizione)
    assert docx.Document(io.BytesIO(esito.docx)).core_properties.keywords.startswith("Piano di prova 2025")
    testo = "\n".join(f"{t}\n{n}" for t, n in blocchi(esito.docx).values())
    assert "gennaio 2022" not in testo
    assert "edizione 2022" not in testo


def test_an_edit_of_any_block_leaves_all_the_others_equal_to_the_fresh_ones(prima, altra_edizione):
    nuovi = blocchi(altra_edizione)
    con_testo = [chiave for chiave, (testo, _) in blocchi(prima).items() if testo.strip()]
    assert len(con_testo) > 20
    for chiave in con_testo:
        esito = merge.update(modificato(prima, chiave), altra_edizione)
        suoi = blocchi(esito.docx)
        sue = [c for c in suoi if "Parola mia." in suoi[c][0]]
        assert len(sue) == 1, chiave
        altri = {c: v for c, v in suoi.items() if c not in sue}
        assert altri == {c: v for c, v in nuovi.items() if c not in sue}, chiave
        assert suoi[sue[0]][1] == nuovi.get(sue[0], ("", ""))[1], "her block, but its footnote is the program's"


def test_a_footnote_she_edited_stays_and_says_what_the_program_writes(prima, altra_edizione):
    _, note, parti = aperto(prima)
    nodo = next(n for n in note.iter(f"{W}t") if "Fonti del capitolo" in (n.text or ""))
    nodo.text = "Fonti: le nostre."
    esito = merge.update(package.pack(parti | {"word/footnotes.xml": package.dump(note)}), altra_edizione)
    assert any("Fonti: le nostre." in n for _, n in blocchi(esito.docx).values())
    assert esito.warnings == [
        "la nota di questo testo è cambiata; quella generata ora è: «Fonti del capitolo: ISTAT, 1° gennaio 2025.»"
    ]
    residenti = next(t for t, _ in blocchi(esito.docx).values() if t.startswith("Nel territorio"))
    assert "536.001" in residenti


def test_the_notes_of_what_was_replaced_do_not_stay_in_the_file(prima, altra_edizione):
    _, note, _ = aperto(merge.update(prima, altra_edizione).docx)
    parole = ["".join(n.text or "" for n in nota.iter(f"{W}t")).strip() for nota in note]
    assert [p for p in parole if p] == ["Fonti del capitolo: ISTAT, 1° gennaio 2025."]


def test_a_chapter_that_failed_keeps_her_text_and_says_so(prima, fallito, altra_edizione):
    chiave = next(c for c, (t, _) in blocchi(prima).items() if t.startswith("La famiglia"))
    esito = merge.update(modificato(prima, chiave), fallito)
    testi = [t for t, _ in blocchi(esito.docx).values()]
    assert esito.removed == []
    assert any(t.startswith("Nel territorio risiedono 534.506 persone.") for t in testi)
    assert any(t.endswith("Parola mia.") for t in testi)
    assert not any("Capitolo non disponibile" in t for t in testi)
    assert any("edizione 2025" in t for t in testi), "the rest follows"
    [avviso] = esito.warnings
    assert avviso.startswith("Il capitolo «Demografia» non è stato ricalcolato")
    righe = [p.text for p in docx.Document(io.BytesIO(esito.docx)).paragraphs]
    assert sum(avviso in riga for riga in righe) == 1
    posto = next(i for i, riga in enumerate(righe) if avviso in riga)
    assert righe[posto - 1] == "Demografia"
    # Another time that fails says it once; when it is made again, all follows and the notice goes.
    ancora = merge.update(esito.docx, fallito)
    assert sum(avviso in p.text for p in docx.Document(io.BytesIO(ancora.docx)).paragraphs) == 1
    fatto = merge.update(ancora.docx, altra_edizione)
    assert not any(avviso in p.text for p in docx.Document(io.BytesIO(fatto.docx)).paragraphs)
    suoi, nuovi = blocchi(fatto.docx), blocchi(altra_edizione)
    assert {c: v for c, v in suoi.items() if c != chiave} == {c: v for c, v in nuovi.items() if c != chiave}
    assert suoi[chiave][0].endswith("Parola mia.")


def test_a_heading_she_added_enters_the_contents(prima, altra_edizione):
    documento = docx.Document(io.BytesIO(prima))
    dove = next(p for p in documento.paragraphs if p.text.startswith("La famiglia"))
    dove.insert_paragraph_before("La nostra rete", style="Heading 2")
    uscita = io.BytesIO()
    documento.save(uscita)
    assert "1.2 La nostra rete" in indice(merge.update(uscita.getvalue(), altra_edizione).docx)


def test_a_document_of_an_earlier_version_is_brought_up_to_date_too(prima, altra_edizione):
    """Its base has no footnotes, no head and no date: they are taken for untouched."""
    parti = package.unpack(prima)
    base = package.read_base(parti)
    vecchia = base.about.keys() - {"testata", "id_edizione", "data", "non_riusciti"}
    package.write_base(parti, package.Base({k: base.about[k] for k in vecchia}, base.blocks))
    nome = "customXml/item1.xml"
    parti[nome] = re.sub(rb' note="[^"]*"', b"", parti[nome].replace(b'formato="2"', b'formato="1"'))
    esito = merge.update(package.pack(parti), altra_edizione)
    assert blocchi(esito.docx) == blocchi(altra_edizione)


@pytest.mark.parametrize("quale", ["prima", "altra_edizione"])
def test_a_document_says_its_edition_territory_and_date(quale, request):
    detto = merge.about(request.getfixturevalue(quale), "analisi.docx")
    anno = {"prima": "2022", "altra_edizione": "2025"}[quale]
    assert detto["codice"] == "ats/pavia"
    assert (detto["id_edizione"], detto["data"]) == (f"prova-{anno}", f"{anno}-01-01")
