"""No paragraph she did not touch is left behind by an update: all of them, one by one, equal the fresh document."""

from __future__ import annotations

import io
import re
from typing import Any

import docx
import pytest

from conciliazione_lib.publish.documents import merge, package

W = f"{{{package.W}}}"


def open_(data: bytes) -> tuple[Any, Any, dict[str, bytes]]:
    parts = package.unpack(data)
    return package.etree.fromstring(parts["word/document.xml"]), package.note_tree(parts), parts


def blocks(data: bytes) -> dict[str, tuple[str, str]]:
    """Return text and footnotes of every block, by identity, in order."""
    tree, note, _ = open_(data)
    return {
        package.identity(b): (package.text(b), package.notes(b, note))
        for b in tree.find(f"{W}body")
        if package.identity(b)
    }


def heads(data: bytes) -> set[str]:
    document = docx.Document(io.BytesIO(data))
    return {section.header.paragraphs[0].text for section in document.sections}


def index(data: bytes) -> list[str]:
    """Return the entries of the contents, without their pages."""
    tree, _, _ = open_(data)
    rows = []
    for link in tree.find(f"{W}body/{W}sdt").iter(f"{W}hyperlink"):
        rows.append(next(n.text for n in link.iter(f"{W}t")))
    return rows


def saved(data: bytes) -> bytes:
    """Return a document as another program saves it."""
    output = io.BytesIO()
    docx.Document(io.BytesIO(data)).save(output)
    return output.getvalue()


def modified(data: bytes, key: str) -> bytes:
    """Return a document in which she added two words to one block."""
    tree, _, parts = open_(data)
    block = next(b for b in tree.find(f"{W}body") if package.identity(b) == key)
    package.texts(block)[-1].text += " Parola mia."
    return package.pack(parts | {"word/document.xml": package.dump(tree)})


def test_every_paragraph_of_an_untouched_document_equals_the_fresh_one(before, another_edizione):
    outcome = merge.update(saved(before), another_edizione)
    assert blocks(outcome.docx) == blocks(another_edizione)
    assert list(blocks(outcome.docx)) == list(blocks(another_edizione))
    assert heads(outcome.docx) == heads(another_edizione)
    assert index(outcome.docx) == index(another_edizione)
    assert docx.Document(io.BytesIO(outcome.docx)).core_properties.keywords.startswith("Piano di prova 2025")
    text = "\n".join(f"{t}\n{n}" for t, n in blocks(outcome.docx).values())
    assert "gennaio 2022" not in text
    assert "edizione 2022" not in text


def test_an_edit_of_any_block_leaves_all_the_others_equal_to_the_fresh_ones(before, another_edizione):
    new = blocks(another_edizione)
    with_text = [key for key, (text, _) in blocks(before).items() if text.strip()]
    assert len(with_text) > 20
    for key in with_text:
        outcome = merge.update(modified(before, key), another_edizione)
        own_ones = blocks(outcome.docx)
        own = [c for c in own_ones if "Parola mia." in own_ones[c][0]]
        assert len(own) == 1, key
        others = {c: v for c, v in own_ones.items() if c not in own}
        assert others == {c: v for c, v in new.items() if c not in own}, key
        assert own_ones[own[0]][1] == new.get(own[0], ("", ""))[1], "her block, but its footnote is the program's"


def test_a_footnote_she_edited_stays_and_says_what_the_program_writes(before, another_edizione):
    _, note, parts = open_(before)
    node = next(n for n in note.iter(f"{W}t") if "Fonti del capitolo" in (n.text or ""))
    node.text = "Fonti: le nostre."
    outcome = merge.update(package.pack(parts | {"word/footnotes.xml": package.dump(note)}), another_edizione)
    assert any("Fonti: le nostre." in n for _, n in blocks(outcome.docx).values())
    assert outcome.warnings == [
        "la nota di questo testo è cambiata; quella generata ora è: «Fonti del capitolo: ISTAT, 1° gennaio 2025.»"
    ]
    residenti = next(t for t, _ in blocks(outcome.docx).values() if t.startswith("Nel territorio"))
    assert "536.001" in residenti


def test_the_notes_of_what_was_replaced_do_not_stay_in_the_file(before, another_edizione):
    _, note, _ = open_(merge.update(before, another_edizione).docx)
    words = ["".join(n.text or "" for n in one_note.iter(f"{W}t")).strip() for one_note in note]
    assert [p for p in words if p] == ["Fonti del capitolo: ISTAT, 1° gennaio 2025."]


def test_a_chapter_that_failed_keeps_her_text_and_says_so(before, failed, another_edizione):
    key = next(c for c, (t, _) in blocks(before).items() if t.startswith("La famiglia"))
    outcome = merge.update(modified(before, key), failed)
    texts = [t for t, _ in blocks(outcome.docx).values()]
    assert outcome.removed == []
    assert any(t.startswith("Nel territorio risiedono 534.506 persone.") for t in texts)
    assert any(t.endswith("Parola mia.") for t in texts)
    assert not any("Capitolo non disponibile" in t for t in texts)
    assert any("edizione 2025" in t for t in texts), "the rest follows"
    [warning] = outcome.warnings
    assert warning.startswith("Il capitolo «Demografia» non è stato ricalcolato")
    rows = [p.text for p in docx.Document(io.BytesIO(outcome.docx)).paragraphs]
    assert sum(warning in row for row in rows) == 1
    place = next(i for i, row in enumerate(rows) if warning in row)
    assert rows[place - 1] == "Demografia"
    # Another time that fails says it once; when it is made again, all follows and the notice goes.
    still = merge.update(outcome.docx, failed)
    assert sum(warning in p.text for p in docx.Document(io.BytesIO(still.docx)).paragraphs) == 1
    fact = merge.update(still.docx, another_edizione)
    assert not any(warning in p.text for p in docx.Document(io.BytesIO(fact.docx)).paragraphs)
    own_ones, new = blocks(fact.docx), blocks(another_edizione)
    assert {c: v for c, v in own_ones.items() if c != key} == {c: v for c, v in new.items() if c != key}
    assert own_ones[key][0].endswith("Parola mia.")


def test_a_heading_she_added_enters_the_contents(before, another_edizione):
    document = docx.Document(io.BytesIO(before))
    where = next(p for p in document.paragraphs if p.text.startswith("La famiglia"))
    where.insert_paragraph_before("La nostra rete", style="Heading 2")
    output = io.BytesIO()
    document.save(output)
    assert "1.2 La nostra rete" in index(merge.update(output.getvalue(), another_edizione).docx)


def test_a_document_of_an_earlier_version_is_brought_up_to_date_too(before, another_edizione):
    """Its base has no footnotes, no head and no date: they are taken for untouched."""
    parts = package.unpack(before)
    base = package.read_base(parts)
    old = base.about.keys() - {"testata", "id_edizione", "data", "non_riusciti"}
    package.write_base(parts, package.Base({k: base.about[k] for k in old}, base.blocks))
    name = "customXml/item1.xml"
    parts[name] = re.sub(rb' note="[^"]*"', b"", parts[name].replace(b'formato="2"', b'formato="1"'))
    outcome = merge.update(package.pack(parts), another_edizione)
    assert blocks(outcome.docx) == blocks(another_edizione)


@pytest.mark.parametrize("which", ["before", "another_edizione"])
def test_a_document_says_its_edition_territory_and_date(which, request):
    said = merge.about(request.getfixturevalue(which), "analisi.docx")
    year = {"before": "2022", "another_edizione": "2025"}[which]
    assert said["codice"] == "ats/pavia"
    assert (said["id_edizione"], said["data"]) == (f"prova-{year}", f"{year}-01-01")
