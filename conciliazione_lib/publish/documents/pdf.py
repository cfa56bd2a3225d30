"""The PDF of a document, written with Typst: tagged (PDF/UA-1), with bookmarks, the same bytes each time.

Text goes into the source as string literals, so nothing in the data can be taken for markup.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pypdfium2
import typst

from conciliazione_lib.errors import EsecuzioneError
from conciliazione_lib.publish import colours
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


def write(file: Path, document: Document) -> None:
    """Write the PDF.

    Raises
    ------
    EsecuzioneError
        The document cannot be set, or would not be accessible.
    """
    file.write_bytes(compose(document))


def compose(document: Document) -> bytes:
    """Return the bytes of the PDF."""
    with tempfile.TemporaryDirectory() as cartella:
        radice = Path(cartella)
        for picture in document.pictures():
            (radice / _svg_name(picture)).write_text(picture.svg, encoding="utf-8", newline="\n")
        (radice / "documento.typ").write_text(_Source(document).text(), encoding="utf-8", newline="\n")
        return compile_typst(radice / "documento.typ", format="pdf", pdf_standards=["ua-1"])


def drawings(document: Document, ppi: int = 200) -> list[bytes]:
    """Return every picture of a document as a PNG, at the size at which it is shown."""
    pictures = document.pictures()
    if not pictures:
        return []
    with tempfile.TemporaryDirectory() as cartella:
        radice = Path(cartella)
        righe = ["#set page(width: auto, height: auto, margin: 0pt)\n"]
        for picture in pictures:
            (radice / _svg_name(picture)).write_text(picture.svg, encoding="utf-8", newline="\n")
            largo, alto = drawing_size(picture)
            righe.append(f"#page(image({_string(_svg_name(picture))}, width: {largo:.2f}cm, height: {alto:.2f}cm))\n")
        (radice / "disegni.typ").write_text("".join(righe), encoding="utf-8", newline="\n")
        pagine: Any = compile_typst(radice / "disegni.typ", format="png", ppi=ppi)
    return list(pagine) if isinstance(pagine, list) else [pagine]


def heading_pages(dati: bytes) -> list[int]:
    """Return the page of each heading of a PDF of ours, in order."""
    with pypdfium2.PdfDocument(dati) as letto:
        mete = [segno.get_dest() for segno in letto.get_toc()]
        return [int(meta.get_index() or 0) + 1 if meta is not None else 0 for meta in mete]


def compile_typst(source: Path, **options: Any) -> bytes:
    """Compile a Typst file with the fonts that come with the program, and no others.

    Raises
    ------
    EsecuzioneError
        With what Typst says.
    """
    try:
        return typst.compile(
            str(source), root=str(source.parent), font_paths=[str(fonts())], ignore_system_fonts=True, **options
        )
    except (typst.TypstError, RuntimeError) as errore:
        raise EsecuzioneError(f"Il documento PDF non si può comporre: {errore}.") from errore


def fonts() -> Path:
    """Return the folder of the typefaces of charts and maps (those of matplotlib)."""
    import matplotlib as mpl

    return Path(mpl.get_data_path()) / "fonts" / "ttf"


class _Source:
    """Writes the Typst source of a document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.numbers = document.numbers()

    def text(self) -> str:
        """Return the whole source."""
        d = self.document
        stile = resources.files("conciliazione_lib.publish.documents") / "stile.typ"
        parti = [
            f"#let titolo = {_string(d.title)}\n#let luogo = {_string(d.place)}\n",
            f"#let edizione = {_string(d.edition)}\n#let scheda = {str(d.sheet).lower()}\n",
            colours.typst(),
            stile.read_text(encoding="utf-8"),
            f"#{'testata' if d.sheet else 'copertina'}({_string(d.subtitle)}, {_string(d.date)}, "
            f"{_string(d.contribution)}, {_string(WARNING)})\n",
            "#indice\n" if not d.sheet and any(isinstance(e, Heading) for e in d.elements) else "",
        ]
        aperto = False
        for element, seguente in zip_longest(d.elements, d.elements[1:]):
            # A note at the foot of the page would part the first paragraph of a chapter from its heading.
            apre = stacca = ""
            if isinstance(element, Heading) and element.level == 2 and not d.sheet:
                stacca = "#place.flush()\n"  # tables and drawings of a chapter stay in it
            if isinstance(element, Heading) and element.level > 1 and _has_note(seguente):
                apre = f"#block(breakable: false, above: stacco-titolo.at({min(element.level, 4) - 1}))[\n"
            parti += [stacca, apre, self._element(element, seguente), "]\n" if aperto and _has_note(element) else ""]
            aperto = bool(apre)
            if not (_in_list(element) and _in_list(seguente)):
                parti.append("\n")
        return "".join(parti)

    def _element(self, element: Element, following: Element | None) -> str:
        if isinstance(element, Heading):
            numero = "titolo-numero" if element.numbered else "titolo-semplice"
            inizio = "#pagebreak(weak: true)\n" if element.new_page else ""
            return f"{inizio}#{numero}({element.level}, {_string(element.text)})\n"
        if isinstance(element, Paragraph):
            # what introduces a list stays with it
            return self._paragraph(element, sticky=_in_list(following) and not _in_list(element))
        if isinstance(element, Box):
            corpo = "\n\n".join(self._box_paragraph(p) for p in element.body)
            return f"#riquadro({_string(element.kind)}, {_string(element.title)})[\n{corpo}\n]\n"
        if isinstance(element, Picture):
            return self._picture(element)
        return self._table(element)

    def _paragraph(self, p: Paragraph, *, sticky: bool = False) -> str:
        testo = self._spans(p.spans)
        if p.kind in (PUNTO, NUMERO):
            return f"{'  ' * p.depth}{'-' if p.kind == PUNTO else '+'} {testo}\n"
        if p.kind == CITAZIONE:
            return f"#quote(block: true)[{testo}]\n"
        if p.kind == "nota":
            return f"#nota[{testo}]\n"
        return f"#brano(attaccato: {str(sticky).lower()})[{testo}]\n"

    def _box_paragraph(self, p: Paragraph) -> str:
        return self._paragraph(p) if p.kind in (PUNTO, NUMERO) else self._spans(p.spans)

    def _picture(self, p: Picture) -> str:
        largo, alto = drawing_size(p)
        return (
            f"#disegno({_string(p.caption)}, image({_string(_svg_name(p))}, alt: {_string(p.alt)}, "
            f"width: {largo:.2f}cm, height: {alto:.2f}cm), {_strings(p.notes)}, {_string(p.source)}) "
            f"<{_label('b', p.id)}>\n"
        )

    def _table(self, t: Table) -> str:
        come = layout(t)
        corpo = ", ".join(self._row(riga, t) for riga in t.rows)
        teste = ", ".join(f"testa({_string(c['nome'])}, {_string(c['unita'] or '')}, {_side(c)})" for c in t.columns)
        larghezze = ", ".join(f"{share * 100:.2f}fr" for share in come.shares)
        allinea = ", ".join(_side(c) for c in t.columns)
        corpo_pt = (7.2 if t.small else 8.4) * come.scale
        tavola = (
            f"#tavola({_string(t.caption)}, ({larghezze},), ({allinea},), {corpo_pt:.2f}pt, ({teste},), "
            f"({corpo},), {_strings(t.notes)}, {_string(t.source)}, {str(whole(t)).lower()})"
        )
        etichetta = f" <{_label('b', t.id)}>" if t.caption else ""
        return f"#page(flipped: true)[{tavola}{etichetta}]\n" if come.landscape else f"{tavola}{etichetta}\n"

    def _row(self, riga: Sequence[Any], t: Table) -> str:
        if len(riga) < len(t.columns):
            return f"gruppo({len(t.columns)}, {_string(str(riga[0]['t']))})"
        return ", ".join(f"[#spezzabile({_string(str(cella['t']))})]" for cella in riga)

    def _spans(self, spans: Iterable[Span]) -> str:
        return "".join(self._span(span) for span in spans)

    def _span(self, span: Span) -> str:
        if span.note:
            return f"#footnote[{self._spans(span.note)}]"
        if span.ref and span.ref != "testo":
            genere, numero = self.numbers[span.ref]
            return f"#link(<{_label('b', span.ref)}>)[#{_string(f'{genere.lower()} {numero}')}]"
        testo = f"#{_string(span.text)}"
        if span.code:
            testo = f"#codice({_string(span.text)})"
        if span.bold:
            testo = f"#strong[{testo}]"
        if span.italic:
            testo = f"#emph[{testo}]"
        if span.link:
            return f"#link({_string(span.link)})[{testo}]"
        return testo


def _side(colonna: Mapping[str, Any]) -> str:
    return "right" if colonna["allineamento"] == "destra" else "left"


def _has_note(element: Element | None) -> bool:
    return isinstance(element, Paragraph) and any(span.note for span in element.spans)


def _in_list(element: Element | None) -> bool:
    return isinstance(element, Paragraph) and element.kind in (PUNTO, NUMERO)


def _svg_name(picture: Picture) -> str:
    return f"{_label('f', picture.id)}.svg"


def _label(genere: str, id: str) -> str:
    return f"{genere}{hashlib.sha256(id.encode()).hexdigest()[:12]}"


def _string(testo: str) -> str:
    """Return a Typst string literal."""
    pulito = testo.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "").replace("\n", "\\n")
    return f'"{pulito}"'


def _strings(testi: Iterable[str]) -> str:
    return "(" + "".join(f"{_string(testo)}, " for testo in testi) + ")"
