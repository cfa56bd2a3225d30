"""A packed PDF is the same document: objects, texts, tags, drawings; and weighs less."""

from __future__ import annotations

import io

import pypdf
import pypdfium2
import pytest
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from conciliazione_lib.publish.documents.pdf import compile_typst, packed

SOURCE = """
#set document(title: "Prova", date: none)
#set text(lang: "it", font: "DejaVu Sans")
= Un titolo
#for n in range(120) [Paragrafo #n, con _parole_ di una certa lunghezza. #parbreak()]
== Un altro
#table(columns: 3, table.header([uno], [due], [tre]), ..range(90).map(str))
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    file = tmp_path_factory.mktemp("pdf") / "prova.typ"
    file.write_text(SOURCE, encoding="utf-8")
    return compile_typst(file, format="pdf", pdf_standards=["ua-1"])


def plain(pdf):
    """Return every object of a PDF as text, whatever number it has."""
    reader = pypdf.PdfReader(io.BytesIO(pdf), strict=True)
    seen = {}

    def told(value):
        if isinstance(value, IndirectObject):
            if value.idnum in seen:
                return seen[value.idnum]
            seen[value.idnum] = f"#{len(seen)}"
            return told(value.get_object())
        if isinstance(value, DictionaryObject):
            data = value.get_data().hex() if hasattr(value, "get_data") else ""
            return {**{k: told(v) for k, v in sorted(value.items()) if k not in ("/Length", "/Filter")}, "": data}
        if isinstance(value, ArrayObject):
            return [told(one) for one in value]
        return repr(value)

    return told(reader.trailer["/Root"]), told(reader.trailer["/Info"])


def test_the_same_document_that_weighs_less(whole):
    small = packed(whole)
    assert len(small) < 0.6 * len(whole)
    assert plain(small) == plain(whole)
    assert packed(whole) == small


def test_another_reader_reads_and_draws_the_same(whole):
    with pypdfium2.PdfDocument(whole) as one, pypdfium2.PdfDocument(packed(whole)) as other:
        assert len(one) == len(other) > 1
        for page, same in zip(one, other, strict=True):
            assert page.get_textpage().get_text_range() == same.get_textpage().get_text_range()
            assert (page.render().to_numpy() == same.render().to_numpy()).all()
        assert [mark.get_title() for mark in other.get_toc()] == ["Un titolo", "Un altro"]
