"""The Word file as a package of parts: what Pandoc leaves to do, and how a document of ours is recognised and read.

A document of ours keeps, in a part that Word preserves, the text the program wrote for every marked block: the base of
the three-way merge.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, NamedTuple
from xml.sax.saxutils import quoteattr

from lxml import etree

import conciliazione_lib.publish.colours as colours
import conciliazione_lib.publish.documents.reference as reference
from conciliazione_lib.publish.documents.elements import Document
from conciliazione_lib.publish.documents.template import Template

W = reference.W
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WP = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
PIC = "http://schemas.openxmlformats.org/drawingml/2006/picture"
ASVG = "http://schemas.microsoft.com/office/drawing/2016/SVG/main"
RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
#: Namespace of the part that holds the text the program wrote.
BASE = "urn:conciliazione:documento"
FORMAT = "2"

#: Beginning of the bookmarks that give a block its identity; the underscore hides them from Word's own list.
MARK = "_con_"
#: Character style of the warnings the program puts beside the analyst's words.
WARNING = "AvvisoAggiornamento"
#: Character style of the references to tables and figures that the program adds after a paragraph.
CROSS_REFERENCE = "Rimando"

#: Width of the text, portrait and landscape, in twentieths of a point.
WIDTH, LANDSCAPE_WIDTH = 9410, 14340

_PART = "customXml/item1.xml"
_PLACEHOLDER = re.compile(r'<w:altChunk w:n="(\d+)" ?/>')
_MARGINS = 'w:top="1361" w:right="1247" w:bottom="1247" w:left="1247" w:header="624" w:footer="567" w:gutter="0"'


class Block(NamedTuple):
    """What the program wrote in a block: its words, what marks its drawings and references, its footnotes.

    The footnotes are ``None`` in the documents of earlier versions, which did not keep them.
    """

    text: str
    fingerprint: str = ""
    notes: str | None = ""


@dataclass(frozen=True)
class Base:
    """What the program wrote: the territory and edition it is of, and every block."""

    about: Mapping[str, str]
    blocks: Mapping[str, Block]


def section(*, landscape: bool, cover: bool = False) -> str:
    """Return the properties of a section, with its header and footer; with ``cover``, its first page has neither."""
    wide, high, towards = (16838, 11906, ' w:orient="landscape"') if landscape else (11906, 16838, "")
    head = "rIdTestaLarga" if landscape else "rIdTesta"
    return (
        f'<w:sectPr><w:headerReference xmlns:r="{R}" w:type="default" r:id="{head}"/>'
        f'<w:footerReference xmlns:r="{R}" w:type="default" r:id="rIdPiede"/>'
        f'<w:type w:val="nextPage"/><w:pgSz w:w="{wide}" w:h="{high}"{towards}/><w:pgMar {_MARGINS}/>'
        f"{'<w:titlePg/>' if cover else ''}</w:sectPr>"
    )


def finish(
    docx: bytes,
    document: Document,
    drawings: Sequence[bytes],
    fingerprints: Mapping[str, str],
    template: Template | None = None,
    *,
    ooxml: Sequence[str] = (),
) -> bytes:
    """Return Pandoc's package with tables, drawings, header and footer, properties, numbering and base text.

    Parameters
    ----------
    docx : bytes
        From Pandoc.
    document : Document
        What it says.
    drawings : sequence of bytes
        PNG of each picture, in order.
    fingerprints : mapping
        By key, the hash of each drawing.
    template : Template, optional
        Whose heads and feet of pages take the place of ours.
    ooxml : sequence of str
        What takes the place of each placeholder.
    """
    parts = unpack(docx)
    tree = etree.fromstring(
        _PLACEHOLDER.sub(lambda one: ooxml[int(one[1])], parts["word/document.xml"].decode()).encode()
    )
    body = tree.find(f"{{{W}}}body")
    last = body.find(f"{{{W}}}sectPr")
    if last is not None:
        body.remove(last)
    body.append(reference.xml(section(landscape=False)))
    before = next(body.iter(f"{{{W}}}sectPr"))
    before.getparent().replace(before, reference.xml(section(landscape=False, cover=not document.sheet)))
    relations = etree.fromstring(parts["word/_rels/document.xml.rels"])
    kinds = etree.fromstring(parts["[Content_Types].xml"])
    for number, (picture, png) in enumerate(zip(document.pictures(), drawings, strict=True), 1):
        parts[f"word/media/figura{number}.png"] = png
        parts[f"word/media/figura{number}.svg"] = picture.svg.encode()
        for format_ in ("png", "svg"):
            _relate(relations, f"rId{format_.capitalize()}{number}", "image", f"media/figura{number}.{format_}")
    _relate(relations, "rIdTesta", "header", "intestazione.xml")
    _relate(relations, "rIdTestaLarga", "header", "intestazione-larga.xml")
    _relate(relations, "rIdPiede", "footer", "piede.xml")
    _relate(relations, "rIdBase", "customXml", f"../{_PART}")
    for extension, kind in (("png", "image/png"), ("svg", "image/svg+xml")):
        add_type(kinds, "Default", "Extension", extension, kind)
    office = "application/vnd.openxmlformats-officedocument"
    for name, width in (("intestazione", WIDTH), ("intestazione-larga", LANDSCAPE_WIDTH)):
        add_type(kinds, "Override", "PartName", f"/word/{name}.xml", f"{office}.wordprocessingml.header+xml")
        parts[f"word/{name}.xml"] = _header(document, width)
    add_type(kinds, "Override", "PartName", "/word/piede.xml", f"{office}.wordprocessingml.footer+xml")
    add_type(kinds, "Override", "PartName", "/customXml/itemProps1.xml", f"{office}.customXmlProperties+xml")
    parts["word/piede.xml"] = _footer()
    parts["word/numbering.xml"] = _numbering(parts["word/numbering.xml"])
    parts["word/settings.xml"] = _settings(parts["word/settings.xml"])
    parts["docProps/core.xml"] = _core(document)
    if template is not None:
        template.dress(parts, tree, relations, kinds)
    parts["word/document.xml"] = dump(tree)
    parts["word/_rels/document.xml.rels"] = dump(relations)
    parts["[Content_Types].xml"] = dump(kinds)
    about = {
        "luogo": document.place,
        "codice": document.code,
        "edizione": document.edition,
        "capitoli": " ".join(document.chapters),
        "versione": document.version,
        "testata": header_text(document),
        "id_edizione": document.edition_id,
        "data": document.day,
        "non_riusciti": ";".join(" ".join([title, *warning]) for title, warning in document.failed.items()),
    }
    write_base(parts, Base(about, read_blocks(body, fingerprints, note_tree(parts))))
    return pack(parts)


def placeholder(number: int) -> str:
    """Return what stands for a block while Pandoc writes the others."""
    return f'<w:altChunk w:n="{number}"/>'


def read_blocks(body: Any, fingerprints: Mapping[str, str], note: Any) -> dict[str, Block]:
    """Return, by identity, every marked block: its text, the hash of its drawing, its footnotes."""
    outcome = {}
    for block in body:
        key = identity(block)
        if key:
            outcome[key] = Block(text(block), fingerprints.get(key, ""), notes(block, note))
    return outcome


def note_tree(parts: Mapping[str, bytes]) -> Any:
    """Return the footnotes of a package: an empty element when it has none."""
    data = parts.get("word/footnotes.xml")
    return etree.fromstring(data) if data else etree.Element(f"{{{W}}}footnotes")


def notes_of(block: Any, note: Any) -> list[Any]:
    """Return the footnotes a block refers to, in order."""
    by_number = {n.get(f"{{{W}}}id"): n for n in note}
    numbers = [n.get(f"{{{W}}}id") for n in block.iter(f"{{{W}}}footnoteReference")]
    return [by_number[number] for number in numbers if number in by_number]


def notes(block: Any, note: Any) -> str:
    """Return the words of the footnotes of a block, a line each."""
    return "\n".join(
        " ".join("".join(n.text or "" for n in texts(one_note)).split()) for one_note in notes_of(block, note)
    )


def identity(block: Any) -> str:
    """Return the identity of a block of the body: empty for what the program did not write."""
    return next(iter(identities(block)), "")


def identities(block: Any) -> list[str]:
    """Return the identities a block carries: more than one when paragraphs were joined."""
    names = [str(sign.get(f"{{{W}}}name")) for sign in block.iter(f"{{{W}}}bookmarkStart")]
    return [name.removeprefix(MARK) for name in names if name.startswith(MARK)]


def texts(block: Any) -> list[Any]:
    """Return the text nodes a reader would call the words of a block: not references, results of fields, warnings."""
    outcome = []
    depth = 0
    for node in block.iter(f"{{{W}}}t", f"{{{W}}}fldChar"):
        if node.tag.endswith("}fldChar"):
            kind = node.get(f"{{{W}}}fldCharType")
            depth += {"begin": 1, "end": -1}.get(str(kind), 0)
        elif depth == 0 and not _apart(node, block):
            outcome.append(node)
    return outcome


def text(block: Any) -> str:
    """Return the words of a block; those of the cells of a table apart from each other."""
    if block.tag != f"{{{W}}}tbl":
        return "".join(node.text or "" for node in texts(block))
    rows = []
    for row in block.iter(f"{{{W}}}tr"):
        cells = ["".join(n.text or "" for n in texts(cell)) for cell in row.iter(f"{{{W}}}tc")]
        rows.append(" | ".join(cells))
    return "\n".join(rows)


def _apart(node: Any, limit: Any) -> bool:
    """Tell whether a text is the result of a simple field, struck as deleted, or one of our warnings."""
    run = node.getparent()
    style = run.find(f"{{{W}}}rPr/{{{W}}}rStyle")
    if style is not None and style.get(f"{{{W}}}val") in (WARNING, CROSS_REFERENCE):
        return True
    while run is not None and run is not limit:
        if run.tag in (f"{{{W}}}fldSimple", f"{{{W}}}del"):
            return True
        run = run.getparent()
    return False


def write_base(parts: dict[str, bytes], base: Base) -> None:
    """Put the base text into a package, in its own part."""
    name = _base_part(parts) or _PART
    entries = "".join(
        f'<blocco id="{escape(id)}" impronta="{escape(block.fingerprint)}"'
        + (f" note={quoteattr(block.notes)}" if block.notes else "")
        + f">{escape(block.text, quote=False)}</blocco>"
        for id, block in base.blocks.items()
    )
    attributes = " ".join(f'{key}="{escape(value)}"' for key, value in base.about.items())
    parts[name] = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<documento xmlns="{BASE}" formato="{FORMAT}" {attributes}>'
        f"{entries}</documento>"
    ).encode()
    if name == _PART:
        parts["customXml/itemProps1.xml"] = (
            '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<ds:datastoreItem '
            'xmlns:ds="http://schemas.openxmlformats.org/officeDocument/2006/customXml" '
            'ds:itemID="{6B1F3A52-0C3E-4E1B-9D57-2B8E4C0A7D11}"><ds:schemaRefs>'
            f'<ds:schemaRef ds:uri="{BASE}"/></ds:schemaRefs></ds:datastoreItem>'
        ).encode()
        parts["customXml/_rels/item1.xml.rels"] = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<Relationships xmlns="{RELS}"><Relationship Id="rId1" '
            f'Type="{R}/customXmlProps" Target="itemProps1.xml"/></Relationships>'
        ).encode()


def read_base(parts: Mapping[str, bytes]) -> Base | None:
    """Return the base text of a package; ``None`` when the program did not write it."""
    name = _base_part(parts)
    if name is None:
        return None
    root = etree.fromstring(parts[name])
    without = "" if root.get("formato") == FORMAT else None
    blocks = {str(b.get("id")): Block(b.text or "", str(b.get("impronta") or ""), b.get("note", without)) for b in root}
    return Base({str(k): str(v) for k, v in root.attrib.items() if k != "formato"}, blocks)


def _base_part(parts: Mapping[str, bytes]) -> str | None:
    # Word renames its parts as it likes: ours is the one in our namespace.
    sign = f'"{BASE}"'.encode()
    candidates = [n for n in parts if n.startswith("customXml/item") and "Props" not in n and sign in parts[n][:400]]
    return candidates[0] if candidates else None


def unpack(docx: bytes) -> dict[str, bytes]:
    """Return the parts of a package by name."""
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def pack(parts: Mapping[str, bytes]) -> bytes:
    """Return a package with nothing of the moment or the machine that made it: same parts, same bytes."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(parts, key=lambda n: (n != "[Content_Types].xml", n != "_rels/.rels", n)):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            # A drawing is compressed already: to do it again takes long and gains a fiftieth.
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(".png") else zipfile.ZIP_DEFLATED
            entry.create_system = 3
            archive.writestr(entry, parts[name])
    return output.getvalue()


def digest(data: bytes) -> str:
    """Return the fingerprint of a drawing."""
    return hashlib.sha256(data).hexdigest()[:16]


def dump(root: Any) -> bytes:
    """Return the bytes of an XML part."""
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def _relate(relations: Any, id: str, kind: str, half: str) -> None:
    etree.SubElement(relations, f"{{{RELS}}}Relationship", Id=id, Type=f"{R}/{kind}", Target=half)


def add_type(kinds: Any, element: str, attribute: str, valore: str, kind: str) -> None:
    """Declare the type of a part, or of an extension, unless it is declared."""
    if not any(entry.get(attribute) == valore for entry in kinds):
        etree.SubElement(kinds, f"{{{TYPES}}}{element}", {attribute: valore, "ContentType": kind})


def header_text(document: Document) -> str:
    """Return what stands at the head of every page, at the left; the edition is at the right."""
    return f"{document.title} – {document.place}"


def _header(document: Document, width: int) -> bytes:
    words = escape(header_text(document), quote=False)
    other = f'<w:tabs><w:tab w:val="clear" w:pos="{WIDTH}"/><w:tab w:val="right" w:pos="{width}"/></w:tabs>'
    tabs = "" if width == WIDTH else other  # the style has that of a portrait page
    return _part(
        "hdr",
        '<w:p><w:pPr><w:pStyle w:val="Header"/><w:pBdr><w:bottom w:val="single" w:sz="4" w:space="4" '
        f'w:color="{colours.word("filo")}"/>'
        f"</w:pBdr>{tabs}</w:pPr>"
        f'<w:r><w:t xml:space="preserve">{words}</w:t></w:r><w:r><w:tab/></w:r>'
        f"<w:r><w:t>{escape(document.edition, quote=False)}</w:t></w:r></w:p>",
    )


def rename_headers(
    parts: dict[str, bytes], old: Mapping[str, str], new: Mapping[str, str], fresh: Mapping[str, bytes]
) -> None:
    """Bring up to date the heads of pages and the properties of a document, where they are as the program wrote them.

    Parameters
    ----------
    parts : dict
        Parts of the analyst's package, changed in place.
    old, new : mapping
        What her document and the fresh one say of themselves.
    fresh : mapping
        Parts of the fresh package.
    """
    before = old.get("testata", "") + old.get("edizione", "")
    for name in [n for n in parts if n.startswith("word/") and n.endswith(".xml") and "/_rels/" not in n]:
        if b"hdr" not in parts[name][:2000]:
            continue
        root = etree.fromstring(parts[name])
        if root.tag != f"{{{W}}}hdr":
            continue
        for paragraph in root.iter(f"{{{W}}}p"):
            nodes = list(paragraph.iter(f"{{{W}}}t"))
            if len(nodes) > 1 and "".join(n.text or "" for n in nodes) == before:
                for node in nodes:
                    node.text = ""
                nodes[0].text, nodes[-1].text = new.get("testata", ""), new.get("edizione", "")
        parts[name] = dump(root)
    name = "docProps/core.xml"
    if name not in parts or name not in fresh:
        return
    own, one_new = etree.fromstring(parts[name]), etree.fromstring(fresh[name])
    title = next((n.text for n in own if etree.QName(n).localname == "title"), "")
    if title == old.get("testata"):
        for its_new in one_new:
            for one_own in own.findall(its_new.tag):
                one_own.text = its_new.text
        parts[name] = dump(own)


def _footer() -> bytes:
    def field(nome: str) -> str:
        return f'<w:fldSimple w:instr=" {nome} "><w:r><w:t>1</w:t></w:r></w:fldSimple>'

    return _part(
        "ftr",
        '<w:p><w:pPr><w:pStyle w:val="Footer"/></w:pPr><w:r><w:t xml:space="preserve">Pagina </w:t></w:r>'
        f'{field("PAGE")}<w:r><w:t xml:space="preserve"> di </w:t></w:r>{field("NUMPAGES")}</w:p>',
    )


def _part(nome: str, content: str) -> bytes:
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    return f'{head}\n<w:{nome} xmlns:w="{W}">{content}</w:{nome}>'.encode()


def _numbering(data: bytes) -> bytes:
    root = etree.fromstring(data)
    abstract, listing = (etree.fromstring(words) for words in reference.heading_numbering())
    first = next((i for i, node in enumerate(root) if node.tag == f"{{{W}}}num"), len(root))
    root.insert(first, abstract)
    root.append(listing)
    return dump(root)


def _settings(data: bytes) -> bytes:
    root = etree.fromstring(data)
    language = root.find(f"{{{W}}}themeFontLang")
    if language is not None:
        language.set(f"{{{W}}}val", "it-IT")
    return dump(root)


def _core(document: Document) -> bytes:
    title = escape(f"{document.title} – {document.place}", quote=False)
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<cp:coreProperties '
        'xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{title}</dc:title><dc:subject>{escape(document.subtitle, quote=False)}</dc:subject>"
        f"<dc:creator>{escape(document.place, quote=False)}</dc:creator>"
        f"<cp:keywords>{escape(document.edition, quote=False)}; conciliazione vita-lavoro</cp:keywords>"
        "<dc:language>it-IT</dc:language></cp:coreProperties>"
    ).encode()
