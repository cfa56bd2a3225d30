"""The Word document: Pandoc writes text, lists and notes; captions, tables, drawings and fields are placed as OOXML.

Every paragraph, caption, table and drawing carries a hidden bookmark with its identity (:data:`.package.MARCA`); the
file keeps the text the program wrote: together they let :mod:`.merge` recognise what an analyst has changed.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterable, Sequence
from html import escape
from itertools import count
from pathlib import Path
from typing import Any

import pypandoc

from conciliazione_lib.errors import EsecuzioneError
from conciliazione_lib.publish import colours
from conciliazione_lib.publish.documents import contents, package, reference
from conciliazione_lib.publish.documents.elements import (
    CITAZIONE,
    NUMERO,
    PUNTO,
    WARNING,
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
    scrittore = _Writer(document, drawings, pages)
    ast = {"pandoc-api-version": [1, 23], "meta": {}, "blocks": scrittore.blocks()}
    with tempfile.TemporaryDirectory() as cartella:
        modello, uscita = Path(cartella) / "modello.docx", Path(cartella) / "documento.docx"
        modello.write_bytes(template.reference() if template else reference.reference())
        try:
            pypandoc.convert_text(
                json.dumps(ast),
                "docx",
                format="json",
                outputfile=str(uscita),
                extra_args=[f"--reference-doc={modello}"],
            )
        except RuntimeError as errore:
            raise EsecuzioneError(f"Il documento Word non si può comporre: {errore}.") from errore
        return package.finish(uscita.read_bytes(), document, drawings, scrittore.fingerprints, template)


class _Writer:
    """Turns the elements of a document into Pandoc's blocks."""

    def __init__(self, document: Document, drawings: Sequence[bytes], pages: Sequence[int]) -> None:
        self.document, self.drawings = document, drawings
        titoli = [e for e in document.elements if isinstance(e, Heading)]
        self.pages = {f"{package.MARCA}{h.key}": str(p) for h, p in zip(titoli, pages, strict=False)}
        self.numbers = document.numbers()
        self.fingerprints: dict[str, str] = {}
        self._bookmarks = count(1000)
        self._drawings = count(1)

    def blocks(self) -> list[Json]:
        """Return the blocks of the whole document."""
        esito = [_raw(self._cover())]
        if not self.document.sheet and any(isinstance(e, Heading) for e in self.document.elements):
            esito.append(_raw(self._contents()))
        elements = list(self.document.elements)
        posto = 0
        while posto < len(elements):
            element = elements[posto]
            if isinstance(element, Paragraph) and element.kind in (PUNTO, NUMERO):
                fine = posto
                while fine < len(elements) and _same_list(elements[fine], element):
                    fine += 1
                esito.append(self._list([e for e in elements[posto:fine] if isinstance(e, Paragraph)]))
                posto = fine
                continue
            esito += self._element(element)
            posto += 1
        return esito

    def _element(self, element: Element) -> list[Json]:
        if isinstance(element, Heading):
            return [_raw(self._heading(element))]
        if isinstance(element, Paragraph):
            return [self._paragraph(element)]
        if isinstance(element, Box):
            titolo = Paragraph(f"{element.key}_t", (Span(element.title),))
            stili = ["Riquadro"] * (len(element.body) - 1) + ["Riquadro, ultimo capoverso"]
            corpo = [
                _styled(stile, self._para(p, "• " if p.kind in (PUNTO, NUMERO) else ""))
                for stile, p in zip(stili, element.body, strict=False)
            ]
            return [_styled("Riquadro, titolo", self._para(titolo)), *corpo]
        if isinstance(element, Picture):
            return [_raw(self._picture(element))]
        return [_raw(self._table(element))]

    # Text

    def _paragraph(self, p: Paragraph) -> Json:
        if p.kind == "nota":
            return _styled("Nota", self._para(p))
        if p.kind == CITAZIONE:
            return {"t": "BlockQuote", "c": [self._para(p)]}
        if len(p.spans) == 1 and p.spans[0].code and "\n" in p.spans[0].text:
            return _raw(_par(self._marked(p.key, _run(p.spans[0].text)), "Codice"))
        return self._para(p)

    def _para(self, p: Paragraph, before: str = "") -> Json:
        return {"t": "Para", "c": self._inlines(p, before)}

    def _list(self, items: Sequence[Paragraph]) -> Json:
        voci: list[list[Json]] = []
        annidati: list[Paragraph] = []

        def chiudi() -> None:
            if annidati:
                voci[-1].append(self._list([Paragraph(p.key, p.spans, p.kind, p.depth - 1) for p in annidati]))
                annidati.clear()

        for item in items:
            if item.depth > 0 and voci:
                annidati.append(item)
                continue
            chiudi()
            voci.append([{"t": "Plain", "c": self._inlines(item)}])
        chiudi()
        if items[0].kind == PUNTO:
            return {"t": "BulletList", "c": voci}
        return {"t": "OrderedList", "c": [[1, {"t": "Decimal"}, {"t": "Period"}], voci]}

    def _inlines(self, p: Paragraph, before: str = "") -> list[Json]:
        rimandi = [span.ref for span in p.spans if span.ref and span.ref != "testo"]
        if rimandi:
            self.fingerprints[p.key] = " ".join(rimandi)
        inizio, fine = self._bookmark(p.key)
        testo = [_str(before)] if before else []
        return [_raw_inline(inizio), *testo, *(self._span(span) for span in p.spans), _raw_inline(fine)]

    def _span(self, span: Span) -> Json:
        if span.note:
            return {"t": "Note", "c": [{"t": "Para", "c": [self._span(parte) for parte in span.note]}]}
        if span.ref and span.ref != "testo":
            genere, numero = self.numbers[span.ref]
            campo = f" REF {_anchor('n', span.ref)} \\h "
            return _raw_inline(_run(f"{genere.lower()} ", style=package.RIMANDO) + _field(campo, str(numero)))
        if span.ref:
            return _raw_inline(_run(span.text, style=package.RIMANDO))
        if span.code:
            return {"t": "Code", "c": [["", [], []], span.text]}
        testo = _str(span.text)
        if span.bold:
            testo = {"t": "Strong", "c": [testo]}
        if span.italic:
            testo = {"t": "Emph", "c": [testo]}
        if span.link:
            return {"t": "Link", "c": [["", [], []], [testo], [span.link, ""]]}
        return testo

    def _heading(self, h: Heading) -> str:
        proprieta = '<w:pageBreakBefore w:val="0"/>' if self.document.sheet and not h.new_page else ""
        proprieta += "" if h.numbered else '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="0"/></w:numPr>'
        proprieta += '<w:spacing w:before="280" w:after="100"/>' if self.document.sheet else ""
        grandezza = 13 if self.document.sheet else None
        return _par(self._marked(h.key, _run(h.text, size=grandezza)), f"Heading{min(h.level, 4)}", proprieta)

    # What Pandoc does not know

    def _picture(self, p: Picture) -> str:
        numero = next(self._drawings)
        largo, alto = (round(lato * 360000) for lato in drawing_size(p))
        self.fingerprints[p.key] = f"{package.digest(p.svg.encode())} {package.digest(self.drawings[numero - 1])}"
        descritta = f'id="{numero}" name="Figura {numero}" descr="{escape(p.alt)}"'
        disegno = (
            f'<w:r><w:drawing><wp:inline xmlns:wp="{package.WP}" distT="0" distB="0" distL="0" distR="0">'
            f'<wp:extent cx="{largo}" cy="{alto}"/><wp:docPr {descritta}/>'
            f'<a:graphic xmlns:a="{package.A}"><a:graphicData uri="{package.PIC}"><pic:pic xmlns:pic="{package.PIC}">'
            f"<pic:nvPicPr><pic:cNvPr {descritta}/><pic:cNvPicPr/></pic:nvPicPr>"
            f'<pic:blipFill><a:blip r:embed="rIdPng{numero}" xmlns:r="{package.R}"><a:extLst>'
            f'<a:ext uri="{{96DAC541-7B7A-43D3-8B79-37D633B846F1}}"><asvg:svgBlip xmlns:asvg="{package.ASVG}" '
            f'r:embed="rIdSvg{numero}"/></a:ext></a:extLst></a:blip><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
            f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{largo}" cy="{alto}"/></a:xfrm>'
            '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic>'
            "</wp:inline></w:drawing></w:r>"
        )
        sotto = self._under(p.key, p.notes, p.source)
        return self._caption(p) + _par(self._marked(p.key, disegno), "Figura") + sotto

    def _table(self, t: Table) -> str:
        come = layout(t)
        larghezza = package.LANDSCAPE_WIDTH if come.landscape else package.WIDTH
        larghezze = [round(share * larghezza) for share in come.shares]
        stile = "TabellaPiccola" if t.small or come.scale < 0.9 else "TabellaTesto"
        insieme = bool(t.caption) and whole(t)
        destra = [colonna["allineamento"] == "destra" for colonna in t.columns]
        testa = "".join(
            _cell(
                _run(c["nome"], bold=True)
                + (_run(f"\n{c['unita']}", bold=False, colour=reference.SECONDARIO) if c["unita"] else ""),
                larghezze[i],
                stile,
                destra[i],
                keep=True,
            )
            for i, c in enumerate(t.columns)
        )
        righe = [f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{testa}</w:tr>"]
        for numero, riga in enumerate(t.rows):
            # the first row stays with the head, the last two with what is under the table
            tieni = insieme or len(riga) < len(t.columns) or numero == 0 or numero >= len(t.rows) - 2
            if len(riga) < len(t.columns):
                gruppo = _run(str(riga[0]["t"]), bold=True)
                righe.append(
                    f"<w:tr>{_cell(gruppo, sum(larghezze), stile, False, keep=True, span=len(t.columns))}</w:tr>"
                )
                continue
            celle = "".join(
                _cell(_run(str(cella["t"])), larghezze[posto], stile, destra[posto], keep=tieni)
                for posto, cella in enumerate(riga)
            )
            righe.append(f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{celle}</w:tr>")
        inizio, fine = self._bookmark(t.key)
        griglia = "".join(f'<w:gridCol w:w="{w}"/>' for w in larghezze)
        tavola = (
            '<w:tbl><w:tblPr><w:tblStyle w:val="TabellaConciliazione"/>'
            f'<w:tblW w:w="{sum(larghezze)}" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
            '<w:tblLook w:val="0420" w:firstRow="1" w:lastRow="0" w:firstColumn="0" w:lastColumn="0" w:noHBand="0" '
            f'w:noVBand="1"/><w:tblCaption w:val="{escape(t.caption or t.id)}"/></w:tblPr>'
            f"<w:tblGrid>{griglia}</w:tblGrid>{''.join(righe)}</w:tbl>"
        )
        tavola = tavola.replace("<w:r>", f"{inizio}<w:r>", 1)
        posto_fine = tavola.index("</w:p>")
        tavola = tavola[:posto_fine] + fine + tavola[posto_fine:]
        corpo = (self._caption(t) if t.caption else "") + tavola + self._under(t.key, t.notes, t.source)
        if not come.landscape:
            return corpo
        prima = _par(self._marked(f"{t.key}_p", ""), "Fonte", package.section(landscape=False))
        dopo = _par(self._marked(f"{t.key}_d", ""), "Fonte", package.section(landscape=True))
        return prima + corpo + dopo

    def _caption(self, element: Table | Picture) -> str:
        genere, numero = self.numbers[element.id]
        segno = next(self._bookmarks)
        campo = (
            f'<w:bookmarkStart w:id="{segno}" w:name="{_anchor("n", element.id)}"/>'
            f"{_field(_seq(genere), str(numero))}"
            f'<w:bookmarkEnd w:id="{segno}"/>'
        )
        return _par(
            self._marked(f"{element.key}_t", _run(f"{genere} ") + campo + _run(f". {element.caption}")), "Caption"
        )

    def _under(self, key: str, notes: Iterable[str], source: str) -> str:
        note = list(notes)
        righe = [
            _par(
                self._marked(f"{key}_n{i}", _run(nota)),
                "Fonte",
                "<w:keepNext/>" if source or i < len(note) - 1 else "",
            )
            for i, nota in enumerate(note)
        ]
        if source:
            contenuto = _run("Fonte: ", bold=True) + _run(source)
            righe.append(_par(self._marked(f"{key}_f", contenuto), "Fonte", '<w:spacing w:before="40" w:after="160"/>'))
        if not righe:
            righe = [_par(self._marked(f"{key}_f", ""), "Fonte")]
        return "".join(righe)

    def _cover(self) -> str:
        d = self.document
        if d.sheet:
            return self._lines(self._head())
        righe: list[Line] = [
            ("logo", "", "Copertina", '<w:spacing w:before="0" w:after="2800"/>', None),
            ("luogo", d.place, "Copertina", "", None),
            ("titolo", d.title, "Title", "", None),
            ("sottotitolo", d.subtitle, "Subtitle", "", None),
            ("edizione", d.edition, "Copertina", "", None),
            ("data", f"Territorio e popolazione al {d.date}", "Copertina", '<w:spacing w:after="3600"/>', None),
        ]
        if d.contribution:
            righe.append(("contributo", d.contribution, "Copertina", "", None))
        return self._lines([*righe, ("avvertenza", WARNING, "Fonte", "", None)])

    def _head(self) -> list[Line]:
        """Return the lines above the text of a sheet: the cover in little, with room for the logos."""
        d = self.document
        stretto = '<w:spacing w:before="0" w:after="20"/>'
        return [
            ("logo", "", "Copertina", '<w:spacing w:before="0" w:after="440"/>', None),
            ("luogo", d.place, "Copertina", stretto, 11),
            ("titolo", d.title, "Title", stretto, 21),
            ("sottotitolo", d.subtitle, "Subtitle", stretto, 11),
            ("data", f"{d.edition}. Territorio e popolazione al {d.date}.", "Copertina", stretto, 10),
            ("avvertenza", WARNING, "Fonte", '<w:spacing w:before="40" w:after="160"/>', None),
        ]

    def _lines(self, righe: Iterable[Line]) -> str:
        return "".join(
            _par(self._marked(f"copertina_{k}", _run(t, bold=k == "contributo" or None, size=corpo)), stile, altro)
            for k, t, stile, altro, corpo in righe
        )

    def _contents(self) -> str:
        titoli = (
            (h.level, h.numbered, h.text, f"{package.MARCA}{h.key}")
            for h in self.document.elements
            if isinstance(h, Heading)
        )
        return contents.block(contents.numbered(titoli, self.pages), "Indice")

    # Identity

    def _bookmark(self, key: str) -> tuple[str, str]:
        numero = next(self._bookmarks)
        nome = f"{package.MARCA}{key}"
        return f'<w:bookmarkStart w:id="{numero}" w:name="{nome}"/>', f'<w:bookmarkEnd w:id="{numero}"/>'

    def _marked(self, key: str, content: str) -> str:
        inizio, fine = self._bookmark(key)
        return f"{inizio}{content}{fine}"


def _same_list(element: Element, first: Paragraph) -> bool:
    if not isinstance(element, Paragraph) or element.kind not in (PUNTO, NUMERO):
        return False
    return element.kind == first.kind or element.depth > first.depth


def _seq(genere: str) -> str:
    return f" SEQ {genere} \\* ARABIC "


def _anchor(genere: str, id: str) -> str:
    return f"_{genere}{hashlib.sha256(id.encode()).hexdigest()[:16]}"


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
    aspetto = (
        (f'<w:rStyle w:val="{style}"/>' if style else "")
        + ("" if bold is None else "<w:b/>" if bold else '<w:b w:val="0"/>')
        + ("<w:i/>" if italic else "")
        + (f'<w:color w:val="{colour}"/>' if colour else "")
        + (f'<w:sz w:val="{2 * size}"/>' if size else "")
    )
    proprieta = f"<w:rPr>{aspetto}</w:rPr>" if aspetto else ""
    righe = [f'<w:t xml:space="preserve">{escape(riga, quote=False)}</w:t>' for riga in text.split("\n")]
    return f"<w:r>{proprieta}{'<w:br/>'.join(righe)}</w:r>"


def _field(instruction: str, result: str) -> str:
    return f'<w:fldSimple w:instr="{escape(instruction)}"><w:r><w:t>{result}</w:t></w:r></w:fldSimple>'


def _cell(content: str, width: int, style: str, right: bool, *, keep: bool, span: int = 1) -> str:
    fondo = colours.word("riga_gruppo")
    unite = f'<w:gridSpan w:val="{span}"/><w:shd w:val="clear" w:color="auto" w:fill="{fondo}"/>' if span > 1 else ""
    paragrafo = ("<w:keepNext/>" if keep else "") + ('<w:jc w:val="right"/>' if right else "")
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{unite}</w:tcPr>{_par(content, style, paragrafo)}</w:tc>'


def _str(text: str) -> Json:
    return {"t": "Str", "c": text}


def _raw(ooxml: str) -> Json:
    return {"t": "RawBlock", "c": ["openxml", ooxml]}


def _raw_inline(ooxml: str) -> Json:
    return {"t": "RawInline", "c": ["openxml", ooxml]}


def _styled(style: str, block: Json) -> Json:
    return {"t": "Div", "c": [["", [], [["custom-style", style]]], [block]]}
