"""A page written light is the same document."""

# ruff: noqa: E501 (HTML)

from __future__ import annotations

import re
from pathlib import Path

import html5lib
import pytest
from lxml import etree, html

import conciliazione_lib
from conciliazione_lib.publish.light import light

PAGE = """<!doctype html>
<html lang="it"><head><meta charset="utf-8"><title>Prova</title></head><body data-radice="../">
<ul class="a b"><li>uno</li>
<li>due<ul><li><a href="../">tre</a></li></ul></li></ul>
<table class="table"><thead><tr><th scope="col">A</th></tr></thead>
<tbody><tr id="x.2022"><th scope="row" title="l&#39;ora">à &amp; b dell&#39;anno</th><td data-v="1 2"><a class="cifra" href="a.html?x=1&amp;y=2#c">4</a></td></tr></tbody></table>
<dl><div><dt>t</dt><dd>d</dd></div></dl><select><option value="1">1</option><option value="2/">2</option></select>
<svg viewBox="0 0 1 1"><path d="M0" fill="#fff"/><g fill="red"><path d="M1"><title>x</title></path></g></svg>
<script type="application/json">{"a":"\\u003c/td\\u003e"}</script></body></html>
"""


def _flat(tree: etree._Element) -> list[tuple[object, ...]]:
    return [
        (e.tag, sorted(e.attrib.items()), (e.text or "").split(), e.getparent() is not None and e.getparent().tag)
        for e in tree.iter()
        if isinstance(e.tag, str)
    ]


@pytest.mark.parametrize("parser", ["lxml", "html5lib"])
def test_the_document_is_the_same(parser: str) -> None:
    def read(text: str) -> list[tuple[object, ...]]:
        if parser == "lxml":
            return _flat(html.fromstring(text.encode()))
        return _flat(html5lib.parse(text, treebuilder="lxml", namespaceHTMLElements=False).getroot())

    assert read(light(PAGE)) == read(PAGE)


def test_what_may_be_left_out_is_left_out_and_nothing_else() -> None:
    written = light(PAGE)
    assert "</td>" not in written
    assert "<tr id=x.2022>" in written
    assert 'class="a b"' in written
    assert 'href="../"' in written, "a stroke at the end may be read as that of the tag"
    assert 'title="l\'ora"' in written
    assert light(written) == written


def test_no_page_has_attributes_between_apostrophes() -> None:
    library = Path(conciliazione_lib.__file__).parent
    found = [
        (file.name, match[0])
        for pattern in ("publish/**/*.html", "publish/**/*.py", "report/**/*.py")
        for file in sorted(library.glob(pattern))
        for match in re.finditer(r"<[a-z][^<>\n]* [a-z-]+='[^'\n]*'", file.read_text(encoding="utf-8"))
    ]
    assert found == []
