"""The Word document: Pandoc writes text, lists and notes; captions, tables, drawings and fields are placed as OOXML.

Every paragraph, caption, table and drawing carries a hidden bookmark with its identity (:data:`.package.MARK`); the
file keeps the text the program wrote: together they let :mod:`.merge` recognise what an analyst has changed.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from itertools import count
from pathlib import Path
from typing import Any

import pypandoc

import conciliazione_lib.publish.colours as colours
import conciliazione_lib.publish.documents.contents as contents
import conciliazione_lib.publish.documents.package as package
import conciliazione_lib.publish.documents.reference as reference
import conciliazione_lib.publish.words as words
from conciliazione_lib.errors import EsecuzioneError
from conciliazione_lib.publish.documents.elements import (
    CITATION,
    NUMBER,
    POINT,
    Box,
    Document,
    Element,
    Heading,
    Paragraph,
    Picture,
    Span,
    Table,
)
from conciliazione_lib.publish.documents.layout import drawing_size, layout, whole
from conciliazione_lib.publish.documents.template import Template

Json = dict[str, Any]
#: A line of the cover: identity, words, style, other properties, size of the type when not that of the style.
Line = tuple[str, str, str, str, int | None]


def compose(
    document: Document, drawings: Sequence[bytes], pages: Sequence[int] = (), template: Template | None = None
) -> bytes:
    """Return the bytes of the Word document.

    Parameters
    ----------
    document : Document
        What to write.
    drawings : sequence of bytes
        PNG of each picture, for the programs that do not draw SVG.
    pages : sequence of int, optional
        Page of each heading in the PDF: what the contents say until the program that opens the document counts its own.
    template : Template, optional
        Of the office: styles, heads and feet of pages, logos.

    Raises
    ------
    EsecuzioneError
        Pandoc refuses the document.
    """
    writer = _Writer(document, drawings, pages)
    ast = {"pandoc-api-version": [1, 23], "meta": {}, "blocks": writer.blocks()}
    with tempfile.TemporaryDirectory() as folder:
        one_template, output = Path(folder) / "modello.docx", Path(folder) / "documento.docx"
        one_template.write_bytes(template.reference() if template else reference.reference())
        # Not «pypandoc.convert_text», which asks Pandoc twice what it is before each document.
        command = [pandoc(), "--from=json", "--to=docx", f"--output={output}", f"--reference-doc={one_template}"]
        done = subprocess.run(command, input=json.dumps(ast).encode(), capture_output=True)
        if done.returncode:
            said = done.stderr.decode("utf-8", errors="replace").strip()
            raise EsecuzioneError(f"Il documento Word non si può comporre: {said}.")
        return package.finish(
            output.read_bytes(), document, drawings, writer.fingerprints, template, ooxml=writer.ooxml
        )


@cache
def pandoc() -> str:
    """Return the path of Pandoc, which comes with the library."""
    return str(pypandoc.get_pandoc_path())


class _Writer:
    """Turns the elements of a document into Pandoc's blocks."""

    def __init__(self, document: Document, drawings: Sequence[bytes], pages: Sequence[int]) -> None:
        self.document, self.drawings = document, drawings
        titles = [e for e in document.elements if isinstance(e, Heading)]
        self.pages = {f"{package.MARK}{h.key}": str(p) for h, p in zip(titles, pages, strict=False)}
        self.numbers = document.numbers()
        self.fingerprints: dict[str, str] = {}
        #: What takes the place of the blocks that Pandoc would only read and write again: most of a document.
        self.ooxml: list[str] = []
        self._bookmarks = count(1000)
        self._drawings = count(1)

    def blocks(self) -> list[Json]:
        """Return the blocks of the whole document."""
        outcome = [self._raw(self._cover())]
        if not self.document.sheet and any(isinstance(e, Heading) for e in self.document.elements):
            outcome.append(self._raw(self._contents()))
        elements = list(self.document.elements)
        place = 0
        while place < len(elements):
            element = elements[place]
            if isinstance(element, Paragraph) and element.kind in (POINT, NUMBER):
                end = place
                while end < len(elements) and _same_list(elements[end], element):
                    end += 1
                outcome.append(self._list([e for e in elements[place:end] if isinstance(e, Paragraph)]))
                place = end
                continue
            outcome += self._element(element)
            place += 1
        return outcome

    def _element(self, element: Element) -> list[Json]:
        if isinstance(element, Heading):
            return [self._raw(self._heading(element))]
        if isinstance(element, Paragraph):
            return [self._paragraph(element)]
        if isinstance(element, Box):
            title = Paragraph(f"{element.key}_t", (Span(element.title),))
            styles = ["Riquadro"] * (len(element.body) - 1) + ["Riquadro, ultimo capoverso"]
            body = [
                _styled(style, self._para(p, "• " if p.kind in (POINT, NUMBER) else ""))
                for style, p in zip(styles, element.body, strict=False)
            ]
            return [_styled("Riquadro, titolo", self._para(title)), *body]
        if isinstance(element, Picture):
            return [self._raw(self._picture(element))]
        return [self._raw(self._table(element))]

    # Text

    def _paragraph(self, p: Paragraph) -> Json:
        if p.kind == "nota":
            return _styled("Nota", self._para(p))
        if p.kind == CITATION:
            return {"t": "BlockQuote", "c": [self._para(p)]}
        if len(p.spans) == 1 and p.spans[0].code and "\n" in p.spans[0].text:
            return self._raw(_par(self._marked(p.key, _run(p.spans[0].text)), "Codice"))
        return self._para(p)

    def _para(self, p: Paragraph, before: str = "") -> Json:
        return {"t": "Para", "c": self._inlines(p, before)}

    def _list(self, items: Sequence[Paragraph]) -> Json:
        entries: list[list[Json]] = []
        nested: list[Paragraph] = []

        def close() -> None:
            if nested:
                entries[-1].append(self._list([Paragraph(p.key, p.spans, p.kind, p.depth - 1) for p in nested]))
                nested.clear()

        for item in items:
            if item.depth > 0 and entries:
                nested.append(item)
                continue
            close()
            entries.append([{"t": "Plain", "c": self._inlines(item)}])
        close()
        if items[0].kind == POINT:
            return {"t": "BulletList", "c": entries}
        return {"t": "OrderedList", "c": [[1, {"t": "Decimal"}, {"t": "Period"}], entries]}

    def _inlines(self, p: Paragraph, before: str = "") -> list[Json]:
        cross_references = [span.ref for span in p.spans if span.ref and span.ref != "testo"]
        if cross_references:
            self.fingerprints[p.key] = " ".join(cross_references)
        start, end = self._bookmark(p.key)
        text = [_str(before)] if before else []
        return [_raw_inline(start), *text, *(self._span(span) for span in p.spans), _raw_inline(end)]

    def _span(self, span: Span) -> Json:
        if span.note:
            return {"t": "Note", "c": [{"t": "Para", "c": [self._span(part) for part in span.note]}]}
        if span.ref and span.ref != "testo":
            kind, number = self.numbers[span.ref]
            field = f" REF {_anchor('n', span.ref)} \\h "
            return _raw_inline(_run(f"{kind.lower()} ", style=package.CROSS_REFERENCE) + _field(field, str(number)))
        if span.ref:
            return _raw_inline(_run(span.text, style=package.CROSS_REFERENCE))
        if span.code:
            return {"t": "Code", "c": [["", [], []], span.text]}
        text = _str(span.text)
        if span.bold:
            text = {"t": "Strong", "c": [text]}
        if span.italic:
            text = {"t": "Emph", "c": [text]}
        if span.link:
            return {"t": "Link", "c": [["", [], []], [text], [span.link, ""]]}
        return text

    def _heading(self, h: Heading) -> str:
        property_ = '<w:pageBreakBefore w:val="0"/>' if self.document.sheet and not h.new_page else ""
        property_ += "" if h.numbered else '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="0"/></w:numPr>'
        property_ += '<w:spacing w:before="280" w:after="100"/>' if self.document.sheet else ""
        quantity = 13 if self.document.sheet else None
        return _par(self._marked(h.key, _run(h.text, size=quantity)), f"Heading{min(h.level, 4)}", property_)

    # What Pandoc does not know

    def _raw(self, ooxml: str) -> Json:
        self.ooxml.append(ooxml)
        return {"t": "RawBlock", "c": ["openxml", package.placeholder(len(self.ooxml) - 1)]}

    def _picture(self, p: Picture) -> str:
        number = next(self._drawings)
        wide, high = (round(side * 360000) for side in drawing_size(p))
        self.fingerprints[p.key] = f"{package.digest(p.svg.encode())} {package.digest(self.drawings[number - 1])}"
        described = f'id="{number}" name="Figura {number}" descr="{escape(p.alt)}"'
        drawing = (
            f'<w:r><w:drawing><wp:inline xmlns:wp="{package.WP}" distT="0" distB="0" distL="0" distR="0">'
            f'<wp:extent cx="{wide}" cy="{high}"/><wp:docPr {described}/>'
            f'<a:graphic xmlns:a="{package.A}"><a:graphicData uri="{package.PIC}"><pic:pic xmlns:pic="{package.PIC}">'
            f"<pic:nvPicPr><pic:cNvPr {described}/><pic:cNvPicPr/></pic:nvPicPr>"
            f'<pic:blipFill><a:blip r:embed="rIdPng{number}" xmlns:r="{package.R}"><a:extLst>'
            f'<a:ext uri="{{96DAC541-7B7A-43D3-8B79-37D633B846F1}}"><asvg:svgBlip xmlns:asvg="{package.ASVG}" '
            f'r:embed="rIdSvg{number}"/></a:ext></a:extLst></a:blip><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
            f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{wide}" cy="{high}"/></a:xfrm>'
            '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic>'
            "</wp:inline></w:drawing></w:r>"
        )
        below = self._under(p.key, p.notes, p.source)
        return self._caption(p) + _par(self._marked(p.key, drawing), "Figura") + below

    def _table(self, t: Table) -> str:
        how = layout(t)
        width = package.LANDSCAPE_WIDTH if how.landscape else package.WIDTH
        widths = [round(share * width) for share in how.shares]
        style = "TabellaPiccola" if t.small or how.scale < 0.9 else "TabellaTesto"
        together = bool(t.caption) and whole(t, how)
        right = [column["allineamento"] == "destra" for column in t.columns]
        head = "".join(
            _cell(
                _run(c["nome"], bold=True)
                + (_run(f"\n{c['unita']}", bold=False, colour=reference.SECONDARY) if c["unita"] else ""),
                widths[i],
                style,
                right[i],
                keep=True,
            )
            for i, c in enumerate(t.columns)
        )
        rows = [f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{head}</w:tr>"]
        for number, row in enumerate(t.rows):
            # the first row stays with the head, the last two with what is under the table
            keep = together or len(row) < len(t.columns) or number == 0 or number >= len(t.rows) - 2
            if len(row) < len(t.columns):
                group = _run(str(row[0]["t"]), bold=True)
                rows.append(f"<w:tr>{_cell(group, sum(widths), style, False, keep=True, span=len(t.columns))}</w:tr>")
                continue
            cells = "".join(
                _cell(_run(str(cell["t"])), widths[place], style, right[place], keep=keep)
                for place, cell in enumerate(row)
            )
            rows.append(f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{cells}</w:tr>")
        start, end = self._bookmark(t.key)
        grid = "".join(f'<w:gridCol w:w="{w}"/>' for w in widths)
        table = (
            '<w:tbl><w:tblPr><w:tblStyle w:val="TabellaConciliazione"/>'
            f'<w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
            '<w:tblLook w:val="0420" w:firstRow="1" w:lastRow="0" w:firstColumn="0" w:lastColumn="0" w:noHBand="0" '
            f'w:noVBand="1"/><w:tblCaption w:val="{escape(t.caption or t.id)}"/></w:tblPr>'
            f"<w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"
        )
        table = table.replace("<w:r>", f"{start}<w:r>", 1)
        place_end = table.index("</w:p>")
        table = table[:place_end] + end + table[place_end:]
        body = (self._caption(t) if t.caption else "") + table + self._under(t.key, t.notes, t.source)
        if not how.landscape:
            return body
        before = _par(self._marked(f"{t.key}_p", ""), "Fonte", package.section(landscape=False))
        after = _par(self._marked(f"{t.key}_d", ""), "Fonte", package.section(landscape=True))
        return before + body + after

    def _caption(self, element: Table | Picture) -> str:
        kind, number = self.numbers[element.id]
        sign = next(self._bookmarks)
        field = (
            f'<w:bookmarkStart w:id="{sign}" w:name="{_anchor("n", element.id)}"/>'
            f"{_field(_seq(kind), str(number))}"
            f'<w:bookmarkEnd w:id="{sign}"/>'
        )
        return _par(
            self._marked(f"{element.key}_t", _run(f"{kind} ") + field + _run(f". {element.caption}")), "Caption"
        )

    def _under(self, key: str, notes: Iterable[str], source: str) -> str:
        note = list(notes)
        rows = [
            _par(
                self._marked(f"{key}_n{i}", _run(one_note)),
                "Fonte",
                "<w:keepNext/>" if source or i < len(note) - 1 else "",
            )
            for i, one_note in enumerate(note)
        ]
        if source:
            content = _run("Fonte: ", bold=True) + _run(source)
            rows.append(_par(self._marked(f"{key}_f", content), "Fonte", '<w:spacing w:before="40" w:after="160"/>'))
        if not rows:
            rows = [_par(self._marked(f"{key}_f", ""), "Fonte")]
        return "".join(rows)

    def _cover(self) -> str:
        d = self.document
        if d.sheet:
            return self._lines(self._head())
        rows: list[Line] = [
            ("logo", "", "Copertina", '<w:spacing w:before="0" w:after="2800"/>', None),
            ("luogo", d.place, "Copertina", "", None),
            ("titolo", d.title, "Title", "", None),
            ("sottotitolo", d.subtitle, "Subtitle", "", None),
            ("edizione", d.edition, "Copertina", "", None),
            ("data", f"Territorio e popolazione al {d.date}", "Copertina", '<w:spacing w:after="3600"/>', None),
        ]
        if d.contribution:
            rows.append(("contributo", d.contribution, "Copertina", "", None))
        return self._lines([*rows, ("avvertenza", words.SHORT_CAUTION, "Fonte", "", None)])

    def _head(self) -> list[Line]:
        """Return the lines above the text of a sheet: the cover in little, with room for the logos."""
        d = self.document
        narrow = '<w:spacing w:before="0" w:after="20"/>'
        return [
            ("logo", "", "Copertina", '<w:spacing w:before="0" w:after="440"/>', None),
            ("luogo", d.place, "Copertina", narrow, 11),
            ("titolo", d.title, "Title", narrow, 21),
            ("sottotitolo", d.subtitle, "Subtitle", narrow, 11),
            ("data", f"{d.edition}. Territorio e popolazione al {d.date}.", "Copertina", narrow, 10),
            ("avvertenza", words.SHORT_CAUTION, "Fonte", '<w:spacing w:before="40" w:after="160"/>', None),
        ]

    def _lines(self, rows: Iterable[Line]) -> str:
        return "".join(
            _par(self._marked(f"copertina_{k}", _run(t, bold=k == "contributo" or None, size=body)), style, other)
            for k, t, style, other, body in rows
        )

    def _contents(self) -> str:
        titles = (
            (h.level, h.numbered, h.text, f"{package.MARK}{h.key}")
            for h in self.document.elements
            if isinstance(h, Heading)
        )
        return contents.block(contents.numbered(titles, self.pages), "Indice")

    # Identity

    def _bookmark(self, key: str) -> tuple[str, str]:
        number = next(self._bookmarks)
        name = f"{package.MARK}{key}"
        return f'<w:bookmarkStart w:id="{number}" w:name="{name}"/>', f'<w:bookmarkEnd w:id="{number}"/>'

    def _marked(self, key: str, content: str) -> str:
        start, end = self._bookmark(key)
        return f"{start}{content}{end}"


def _same_list(element: Element, first: Paragraph) -> bool:
    if not isinstance(element, Paragraph) or element.kind not in (POINT, NUMBER):
        return False
    return element.kind == first.kind or element.depth > first.depth


def _seq(kind: str) -> str:
    return f" SEQ {kind} \\* ARABIC "


def _anchor(kind: str, id: str) -> str:
    return f"_{kind}{hashlib.sha256(id.encode()).hexdigest()[:16]}"


def _par(content: str, style: str, properties: str = "") -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{properties}</w:pPr>{content}</w:p>'


def _run(
    text: str,
    *,
    bold: bool | None = None,
    italic: bool = False,
    colour: str = "",
    style: str = "",
    size: int | None = None,
) -> str:
    aspect = (
        (f'<w:rStyle w:val="{style}"/>' if style else "")
        + ("" if bold is None else "<w:b/>" if bold else '<w:b w:val="0"/>')
        + ("<w:i/>" if italic else "")
        + (f'<w:color w:val="{colour}"/>' if colour else "")
        + (f'<w:sz w:val="{2 * size}"/>' if size else "")
    )
    property_ = f"<w:rPr>{aspect}</w:rPr>" if aspect else ""
    rows = [f'<w:t xml:space="preserve">{escape(row, quote=False)}</w:t>' for row in text.split("\n")]
    return f"<w:r>{property_}{'<w:br/>'.join(rows)}</w:r>"


def _field(instruction: str, result: str) -> str:
    return f'<w:fldSimple w:instr="{escape(instruction)}"><w:r><w:t>{result}</w:t></w:r></w:fldSimple>'


def _cell(content: str, width: int, style: str, right: bool, *, keep: bool, span: int = 1) -> str:
    bottom = colours.word("riga_gruppo")
    joined = f'<w:gridSpan w:val="{span}"/><w:shd w:val="clear" w:color="auto" w:fill="{bottom}"/>' if span > 1 else ""
    paragraph = ("<w:keepNext/>" if keep else "") + ('<w:jc w:val="right"/>' if right else "")
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{joined}</w:tcPr>{_par(content, style, paragraph)}</w:tc>'


def _str(text: str) -> Json:
    return {"t": "Str", "c": text}


def _raw_inline(ooxml: str) -> Json:
    return {"t": "RawInline", "c": ["openxml", ooxml]}


def _styled(style: str, block: Json) -> Json:
    return {"t": "Div", "c": [["", [], [["custom-style", style]]], [block]]}
