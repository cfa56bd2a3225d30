"""The PDF of a document, written with Typst: tagged (PDF/UA-1), with bookmarks, the same bytes each time.

Text goes into the source as string literals, so nothing in the data can be taken for markup.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from importlib.metadata import version
from importlib.util import find_spec
from itertools import zip_longest
from pathlib import Path
from typing import Any

import typst

import conciliazione_lib.publish.colours as colours
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

#: Dots an inch of the drawings for the programs that do not draw SVG.
PPI = 200
#: Drawings kept for the next time: those of a few editions.
MOST_KEPT = 600


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
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for picture in document.pictures():
            (root / _svg_name(picture)).write_text(picture.svg, encoding="utf-8", newline="\n")
        (root / "documento.typ").write_text(_Source(document).text(), encoding="utf-8", newline="\n")
        return packed(compile_typst(root / "documento.typ", format="pdf", pdf_standards=["ua-1"]))


def packed(pdf: bytes) -> bytes:
    """Return the same PDF with its objects compressed: those of a tagged one weigh more than what it draws."""
    import pikepdf

    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.save(
            output,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            deterministic_id=True,
            fix_metadata_version=False,
        )
    return output.getvalue()


def drawings(document: Document, kept: Path | None = None) -> list[bytes]:
    """Return every picture of a document as a PNG, at the size at which it is shown.

    Parameters
    ----------
    document : Document
    kept : Path, optional
        Folder of those drawn before, by what they are drawn from: they are read, and the others are added.
    """
    pictures = document.pictures()
    files = [kept / _drawing_name(picture) if kept is not None else None for picture in pictures]
    found = [_drawn_before(file) if file is not None else None for file in files]
    new = iter(_drawn([picture for picture, png in zip(pictures, found, strict=True) if png is None]))
    drawn = []
    for file, png in zip(files, found, strict=True):
        drawn.append(next(new) if png is None else png)
        if file is not None and png is None:
            _keep(file, drawn[-1])
    return drawn


def _drawing_name(picture: Picture) -> str:
    """Return the name of a file with a drawing: the hash of all that it depends on."""
    wide, high = drawing_size(picture)
    made_with = [*_made_with(), PPI, f"{wide:.2f}", f"{high:.2f}", picture.svg]
    return hashlib.sha256(repr(made_with).encode()).hexdigest()


@cache
def _made_with() -> tuple[str, str]:
    return version("typst"), version("matplotlib")


def _drawn_before(file: Path) -> bytes | None:
    """Return a drawing that was kept, if it is there as it was: before it is its hash."""
    try:
        content = file.read_bytes()
    except OSError:
        return None
    return content[32:] if hashlib.sha256(content[32:]).digest() == content[:32] else None


def _keep(file: Path, png: bytes) -> None:
    """Keep a drawing; the folder forgets the oldest when they are too many."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(handle, "wb") as stream:
        stream.write(hashlib.sha256(png).digest() + png)
    with contextlib.suppress(OSError):  # another process has just kept the same, or takes away the same
        Path(name).replace(file)
        there = sorted(file.parent.iterdir(), key=lambda one: one.stat().st_mtime_ns)
        for old in there[:-MOST_KEPT]:
            old.unlink(missing_ok=True)


def _drawn(pictures: Sequence[Picture]) -> list[bytes]:
    if not pictures:
        return []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        rows = ["#set page(width: auto, height: auto, margin: 0pt)\n"]
        for picture in pictures:
            (root / _svg_name(picture)).write_text(picture.svg, encoding="utf-8", newline="\n")
            wide, high = drawing_size(picture)
            rows.append(f"#page(image({_string(_svg_name(picture))}, width: {wide:.2f}cm, height: {high:.2f}cm))\n")
        (root / "disegni.typ").write_text("".join(rows), encoding="utf-8", newline="\n")
        pages: Any = compile_typst(root / "disegni.typ", format="png", ppi=PPI)
    return list(pages) if isinstance(pages, list) else [pages]


def heading_pages(data: bytes) -> list[int]:
    """Return the page of each heading of a PDF of ours, in order."""
    import pikepdf

    with pikepdf.open(io.BytesIO(data)) as read_:
        pages = {page.obj.objgen: number for number, page in enumerate(read_.pages, 1)}
        return [pages[sign.Dest[0].objgen] for sign in _bookmarks(read_.Root.get("/Outlines"))]


def _bookmarks(above: Any) -> Iterator[Any]:
    """Yield the bookmarks under another, or under the root of them all, in the order in which they are read."""
    sign = above.get("/First") if above is not None else None
    while sign is not None:
        yield sign
        yield from _bookmarks(sign)
        sign = sign.get("/Next")


def compile_typst(source: Path, **options: Any) -> bytes:
    """Compile a Typst file with the fonts that come with the program, and no others.

    Raises
    ------
    EsecuzioneError
        With what Typst says.
    """
    try:
        return typst.compile(
            str(source), root=str(source.parent), font_paths=_typefaces(), ignore_system_fonts=True, **options
        )
    except (typst.TypstError, RuntimeError) as error:
        raise EsecuzioneError(f"Il documento PDF non si può comporre: {error}.") from error


def fonts() -> Path:
    """Return the folder of the typefaces of charts and maps (those of matplotlib)."""
    # Importing it takes longer than setting a sheet.
    found = find_spec("matplotlib")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).with_name("mpl-data") / "fonts" / "ttf"


@cache
def _typefaces() -> typst.Fonts:
    """Return the typefaces, read once: a process sets many documents."""
    return typst.Fonts(include_system_fonts=False, font_paths=[str(fonts())])


class _Source:
    """Writes the Typst source of a document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.numbers = document.numbers()

    def text(self) -> str:
        """Return the whole source."""
        d = self.document
        style = resources.files("conciliazione_lib.publish.documents") / "stile.typ"
        parts = [
            f"#let titolo = {_string(d.title)}\n#let luogo = {_string(d.place)}\n",
            f"#let edizione = {_string(d.edition)}\n#let scheda = {str(d.sheet).lower()}\n",
            colours.typst(),
            style.read_text(encoding="utf-8"),
            f"#{'testata' if d.sheet else 'copertina'}({_string(d.subtitle)}, {_string(d.date)}, "
            f"{_string(d.contribution)}, {_string(words.SHORT_CAUTION)})\n",
            "#indice\n" if not d.sheet and any(isinstance(e, Heading) for e in d.elements) else "",
        ]
        open_ = False
        for element, next_ in zip_longest(d.elements, d.elements[1:]):
            # A note at the foot of the page would part the first paragraph of a chapter from its heading.
            opens = detach = ""
            if isinstance(element, Heading) and element.level == 2 and not d.sheet:
                detach = "#place.flush()\n"  # tables and drawings of a chapter stay in it
            if isinstance(element, Heading) and element.level > 1 and _has_note(next_):
                opens = f"#block(breakable: false, above: stacco-titolo.at({min(element.level, 4) - 1}))[\n"
            parts += [detach, opens, self._element(element, next_), "]\n" if open_ and _has_note(element) else ""]
            open_ = bool(opens)
            if not (_in_list(element) and _in_list(next_)):
                parts.append("\n")
        return "".join(parts)

    def _element(self, element: Element, following: Element | None) -> str:
        if isinstance(element, Heading):
            number = "titolo-numero" if element.numbered else "titolo-semplice"
            start = "#pagebreak(weak: true)\n" if element.new_page else ""
            return f"{start}#{number}({element.level}, {_string(element.text)})\n"
        if isinstance(element, Paragraph):
            # what introduces a list stays with it
            return self._paragraph(element, sticky=_in_list(following) and not _in_list(element))
        if isinstance(element, Box):
            body = "\n\n".join(self._box_paragraph(p) for p in element.body)
            return f"#riquadro({_string(element.kind)}, {_string(element.title)})[\n{body}\n]\n"
        if isinstance(element, Picture):
            return self._picture(element)
        return self._table(element)

    def _paragraph(self, p: Paragraph, *, sticky: bool = False) -> str:
        text = self._spans(p.spans)
        if p.kind in (POINT, NUMBER):
            return f"{'  ' * p.depth}{'-' if p.kind == POINT else '+'} {text}\n"
        if p.kind == CITATION:
            return f"#quote(block: true)[{text}]\n"
        if p.kind == "nota":
            return f"#nota[{text}]\n"
        return f"#brano(attaccato: {str(sticky).lower()})[{text}]\n"

    def _box_paragraph(self, p: Paragraph) -> str:
        return self._paragraph(p) if p.kind in (POINT, NUMBER) else self._spans(p.spans)

    def _picture(self, p: Picture) -> str:
        wide, high = drawing_size(p)
        here = str(p.small).lower()
        return (
            f"#disegno({_string(p.caption)}, image({_string(_svg_name(p))}, alt: {_string(p.alt)}, "
            f"width: {wide:.2f}cm, height: {high:.2f}cm), {_strings(p.notes)}, {_string(p.source)}, {here}) "
            f"<{_label('b', p.id)}>\n"
        )

    def _table(self, t: Table) -> str:
        how = layout(t)
        body = ", ".join(self._row(row, t) for row in t.rows)
        heads = ", ".join(f"testa({_string(c['nome'])}, {_string(c['unita'] or '')}, {_side(c)})" for c in t.columns)
        widths = ", ".join(f"{share * 100:.2f}fr" for share in how.shares)
        align = ", ".join(_side(c) for c in t.columns)
        body_pt = (7.2 if t.small else 8.4) * how.scale
        table = (
            f"#tavola({_string(t.caption)}, ({widths},), ({align},), {body_pt:.2f}pt, ({heads},), "
            f"({body},), {_strings(t.notes)}, {_string(t.source)}, {str(whole(t, how)).lower()})"
        )
        label = f" <{_label('b', t.id)}>" if t.caption else ""
        return f"#page(flipped: true)[{table}{label}]\n" if how.landscape else f"{table}{label}\n"

    def _row(self, row: Sequence[Any], t: Table) -> str:
        if len(row) < len(t.columns):
            return f"gruppo({len(t.columns)}, {_string(str(row[0]['t']))})"
        return ", ".join(f"[#spezzabile({_string(str(cell['t']))})]" for cell in row)

    def _spans(self, spans: Iterable[Span]) -> str:
        return "".join(self._span(span) for span in spans)

    def _span(self, span: Span) -> str:
        if span.note:
            return f"#footnote[{self._spans(span.note)}]"
        if span.ref and span.ref != "testo":
            kind, number = self.numbers[span.ref]
            return f"#link(<{_label('b', span.ref)}>)[#{_string(f'{kind.lower()} {number}')}]"
        text = f"#{_string(span.text)}"
        if span.code:
            text = f"#codice({_string(span.text)})"
        if span.bold:
            text = f"#strong[{text}]"
        if span.italic:
            text = f"#emph[{text}]"
        if span.link:
            return f"#link({_string(span.link)})[{text}]"
        return text


def _side(column: Mapping[str, Any]) -> str:
    return "right" if column["allineamento"] == "destra" else "left"


def _has_note(element: Element | None) -> bool:
    return isinstance(element, Paragraph) and any(span.note for span in element.spans)


def _in_list(element: Element | None) -> bool:
    return isinstance(element, Paragraph) and element.kind in (POINT, NUMBER)


def _svg_name(picture: Picture) -> str:
    return f"{_label('f', picture.id)}.svg"


def _label(kind: str, id: str) -> str:
    return f"{kind}{hashlib.sha256(id.encode()).hexdigest()[:12]}"


def _string(testo: str) -> str:
    """Return a Typst string literal."""
    clean = testo.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "").replace("\n", "\\n")
    return f'"{clean}"'


def _strings(texts: Iterable[str]) -> str:
    return "(" + "".join(f"{_string(text)}, " for text in texts) + ")"
