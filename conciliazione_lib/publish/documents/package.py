"""The Word file as a package of parts: what Pandoc leaves to do, and how a document of ours is recognised and read.

A document of ours keeps, in a part that Word preserves, the text the program wrote for every marked block: the base of
the three-way merge.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, NamedTuple
from xml.sax.saxutils import quoteattr

from lxml import etree

from conciliazione_lib.publish import colours
from conciliazione_lib.publish.documents import reference
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
FORMATO = "2"

#: Beginning of the bookmarks that give a block its identity; the underscore hides them from Word's own list.
MARCA = "_con_"
#: Character style of the warnings the program puts beside the analyst's words.
AVVISO = "AvvisoAggiornamento"
#: Character style of the references to tables and figures that the program adds after a paragraph.
RIMANDO = "Rimando"

#: Width of the text, portrait and landscape, in twentieths of a point.
WIDTH, LANDSCAPE_WIDTH = 9410, 14340

_PARTE = "customXml/item1.xml"
_MARGINI = 'w:top="1361" w:right="1247" w:bottom="1247" w:left="1247" w:header="624" w:footer="567" w:gutter="0"'


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
    largo, alto, verso = (16838, 11906, ' w:orient="landscape"') if landscape else (11906, 16838, "")
    testa = "rIdTestaLarga" if landscape else "rIdTesta"
    return (
        f'<w:sectPr><w:headerReference xmlns:r="{R}" w:type="default" r:id="{testa}"/>'
        f'<w:footerReference xmlns:r="{R}" w:type="default" r:id="rIdPiede"/>'
        f'<w:type w:val="nextPage"/><w:pgSz w:w="{largo}" w:h="{alto}"{verso}/><w:pgMar {_MARGINI}/>'
        f"{'<w:titlePg/>' if cover else ''}</w:sectPr>"
    )


def finish(
    docx: bytes,
    document: Document,
    drawings: Sequence[bytes],
    fingerprints: Mapping[str, str],
    template: Template | None = None,
) -> bytes:
    """Return Pandoc's package with drawings, header and footer, properties, numbering and base text.

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
    """
    parti = unpack(docx)
    albero = etree.fromstring(parti["word/document.xml"])
    corpo = albero.find(f"{{{W}}}body")
    ultima = corpo.find(f"{{{W}}}sectPr")
    if ultima is not None:
        corpo.remove(ultima)
    corpo.append(reference.xml(section(landscape=False)))
    prima = next(corpo.iter(f"{{{W}}}sectPr"))
    prima.getparent().replace(prima, reference.xml(section(landscape=False, cover=not document.sheet)))
    relazioni = etree.fromstring(parti["word/_rels/document.xml.rels"])
    tipi = etree.fromstring(parti["[Content_Types].xml"])
    for numero, (picture, png) in enumerate(zip(document.pictures(), drawings, strict=True), 1):
        parti[f"word/media/figura{numero}.png"] = png
        parti[f"word/media/figura{numero}.svg"] = picture.svg.encode()
        for formato in ("png", "svg"):
            _relate(relazioni, f"rId{formato.capitalize()}{numero}", "image", f"media/figura{numero}.{formato}")
    _relate(relazioni, "rIdTesta", "header", "intestazione.xml")
    _relate(relazioni, "rIdTestaLarga", "header", "intestazione-larga.xml")
    _relate(relazioni, "rIdPiede", "footer", "piede.xml")
    _relate(relazioni, "rIdBase", "customXml", f"../{_PARTE}")
    for estensione, genere in (("png", "image/png"), ("svg", "image/svg+xml")):
        add_type(tipi, "Default", "Extension", estensione, genere)
    ufficio = "application/vnd.openxmlformats-officedocument"
    for nome, larghezza in (("intestazione", WIDTH), ("intestazione-larga", LANDSCAPE_WIDTH)):
        add_type(tipi, "Override", "PartName", f"/word/{nome}.xml", f"{ufficio}.wordprocessingml.header+xml")
        parti[f"word/{nome}.xml"] = _header(document, larghezza)
    add_type(tipi, "Override", "PartName", "/word/piede.xml", f"{ufficio}.wordprocessingml.footer+xml")
    add_type(tipi, "Override", "PartName", "/customXml/itemProps1.xml", f"{ufficio}.customXmlProperties+xml")
    parti["word/piede.xml"] = _footer()
    parti["word/numbering.xml"] = _numbering(parti["word/numbering.xml"])
    parti["word/settings.xml"] = _settings(parti["word/settings.xml"])
    parti["docProps/core.xml"] = _core(document)
    if template is not None:
        template.dress(parti, albero, relazioni, tipi)
    parti["word/document.xml"] = dump(albero)
    parti["word/_rels/document.xml.rels"] = dump(relazioni)
    parti["[Content_Types].xml"] = dump(tipi)
    about = {
        "luogo": document.place,
        "codice": document.code,
        "edizione": document.edition,
        "capitoli": " ".join(document.chapters),
        "versione": document.version,
        "testata": header_text(document),
        "id_edizione": document.edition_id,
        "data": document.day,
        "non_riusciti": ";".join(" ".join([titolo, *avviso]) for titolo, avviso in document.failed.items()),
    }
    write_base(parti, Base(about, read_blocks(corpo, fingerprints, note_tree(parti))))
    return pack(parti)


def read_blocks(corpo: Any, fingerprints: Mapping[str, str], note: Any) -> dict[str, Block]:
    """Return, by identity, every marked block: its text, the hash of its drawing, its footnotes."""
    esito = {}
    for blocco in corpo:
        chiave = identity(blocco)
        if chiave:
            esito[chiave] = Block(text(blocco), fingerprints.get(chiave, ""), notes(blocco, note))
    return esito


def note_tree(parti: Mapping[str, bytes]) -> Any:
    """Return the footnotes of a package: an empty element when it has none."""
    dati = parti.get("word/footnotes.xml")
    return etree.fromstring(dati) if dati else etree.Element(f"{{{W}}}footnotes")


def notes_of(blocco: Any, note: Any) -> list[Any]:
    """Return the footnotes a block refers to, in order."""
    per_numero = {n.get(f"{{{W}}}id"): n for n in note}
    numeri = [n.get(f"{{{W}}}id") for n in blocco.iter(f"{{{W}}}footnoteReference")]
    return [per_numero[numero] for numero in numeri if numero in per_numero]


def notes(blocco: Any, note: Any) -> str:
    """Return the words of the footnotes of a block, a line each."""
    return "\n".join(" ".join("".join(n.text or "" for n in texts(nota)).split()) for nota in notes_of(blocco, note))


def identity(blocco: Any) -> str:
    """Return the identity of a block of the body: empty for what the program did not write."""
    return next(iter(identities(blocco)), "")


def identities(blocco: Any) -> list[str]:
    """Return the identities a block carries: more than one when paragraphs were joined."""
    nomi = [str(segno.get(f"{{{W}}}name")) for segno in blocco.iter(f"{{{W}}}bookmarkStart")]
    return [nome.removeprefix(MARCA) for nome in nomi if nome.startswith(MARCA)]


def texts(blocco: Any) -> list[Any]:
    """Return the text nodes a reader would call the words of a block: not references, results of fields, warnings."""
    esito = []
    profondita = 0
    for nodo in blocco.iter(f"{{{W}}}t", f"{{{W}}}fldChar"):
        if nodo.tag.endswith("}fldChar"):
            genere = nodo.get(f"{{{W}}}fldCharType")
            profondita += {"begin": 1, "end": -1}.get(str(genere), 0)
        elif profondita == 0 and not _apart(nodo, blocco):
            esito.append(nodo)
    return esito


def text(blocco: Any) -> str:
    """Return the words of a block; those of the cells of a table apart from each other."""
    if blocco.tag != f"{{{W}}}tbl":
        return "".join(nodo.text or "" for nodo in texts(blocco))
    righe = []
    for riga in blocco.iter(f"{{{W}}}tr"):
        celle = ["".join(n.text or "" for n in texts(cella)) for cella in riga.iter(f"{{{W}}}tc")]
        righe.append(" | ".join(celle))
    return "\n".join(righe)


def _apart(nodo: Any, limite: Any) -> bool:
    """Tell whether a text is the result of a simple field, struck as deleted, or one of our warnings."""
    corsa = nodo.getparent()
    stile = corsa.find(f"{{{W}}}rPr/{{{W}}}rStyle")
    if stile is not None and stile.get(f"{{{W}}}val") in (AVVISO, RIMANDO):
        return True
    while corsa is not None and corsa is not limite:
        if corsa.tag in (f"{{{W}}}fldSimple", f"{{{W}}}del"):
            return True
        corsa = corsa.getparent()
    return False


def write_base(parti: dict[str, bytes], base: Base) -> None:
    """Put the base text into a package, in its own part."""
    nome = _base_part(parti) or _PARTE
    voci = "".join(
        f'<blocco id="{escape(id)}" impronta="{escape(blocco.fingerprint)}"'
        + (f" note={quoteattr(blocco.notes)}" if blocco.notes else "")
        + f">{escape(blocco.text, quote=False)}</blocco>"
        for id, blocco in base.blocks.items()
    )
    attributi = " ".join(f'{chiave}="{escape(valore)}"' for chiave, valore in base.about.items())
    parti[nome] = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<documento xmlns="{BASE}" formato="{FORMATO}" {attributi}>'
        f"{voci}</documento>"
    ).encode()
    if nome == _PARTE:
        parti["customXml/itemProps1.xml"] = (
            '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<ds:datastoreItem '
            'xmlns:ds="http://schemas.openxmlformats.org/officeDocument/2006/customXml" '
            'ds:itemID="{6B1F3A52-0C3E-4E1B-9D57-2B8E4C0A7D11}"><ds:schemaRefs>'
            f'<ds:schemaRef ds:uri="{BASE}"/></ds:schemaRefs></ds:datastoreItem>'
        ).encode()
        parti["customXml/_rels/item1.xml.rels"] = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<Relationships xmlns="{RELS}"><Relationship Id="rId1" '
            f'Type="{R}/customXmlProps" Target="itemProps1.xml"/></Relationships>'
        ).encode()


def read_base(parti: Mapping[str, bytes]) -> Base | None:
    """Return the base text of a package; ``None`` when the program did not write it."""
    nome = _base_part(parti)
    if nome is None:
        return None
    radice = etree.fromstring(parti[nome])
    senza = "" if radice.get("formato") == FORMATO else None
    blocchi = {
        str(b.get("id")): Block(b.text or "", str(b.get("impronta") or ""), b.get("note", senza)) for b in radice
    }
    return Base({str(k): str(v) for k, v in radice.attrib.items() if k != "formato"}, blocchi)


def _base_part(parti: Mapping[str, bytes]) -> str | None:
    # Word renames its parts as it likes: ours is the one in our namespace.
    segno = f'"{BASE}"'.encode()
    candidati = [n for n in parti if n.startswith("customXml/item") and "Props" not in n and segno in parti[n][:400]]
    return candidati[0] if candidati else None


def unpack(docx: bytes) -> dict[str, bytes]:
    """Return the parts of a package by name."""
    with zipfile.ZipFile(io.BytesIO(docx)) as archivio:
        return {nome: archivio.read(nome) for nome in archivio.namelist() if not nome.endswith("/")}


def pack(parti: Mapping[str, bytes]) -> bytes:
    """Return a package with nothing of the moment or the machine that made it: same parts, same bytes."""
    uscita = io.BytesIO()
    with zipfile.ZipFile(uscita, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archivio:
        for nome in sorted(parti, key=lambda n: (n != "[Content_Types].xml", n != "_rels/.rels", n)):
            voce = zipfile.ZipInfo(nome, (1980, 1, 1, 0, 0, 0))
            voce.compress_type = zipfile.ZIP_DEFLATED
            voce.create_system = 3
            archivio.writestr(voce, parti[nome])
    return uscita.getvalue()


def digest(dati: bytes) -> str:
    """Return the fingerprint of a drawing."""
    return hashlib.sha256(dati).hexdigest()[:16]


def dump(radice: Any) -> bytes:
    """Return the bytes of an XML part."""
    return bytes(etree.tostring(radice, xml_declaration=True, encoding="UTF-8", standalone=True))


def _relate(relazioni: Any, id: str, genere: str, meta: str) -> None:
    etree.SubElement(relazioni, f"{{{RELS}}}Relationship", Id=id, Type=f"{R}/{genere}", Target=meta)


def add_type(tipi: Any, elemento: str, attributo: str, valore: str, genere: str) -> None:
    """Declare the type of a part, or of an extension, unless it is declared."""
    if not any(voce.get(attributo) == valore for voce in tipi):
        etree.SubElement(tipi, f"{{{TYPES}}}{elemento}", {attributo: valore, "ContentType": genere})


def header_text(document: Document) -> str:
    """Return what stands at the head of every page, at the left; the edition is at the right."""
    return f"{document.title} – {document.place}"


def _header(document: Document, width: int) -> bytes:
    testo = escape(header_text(document), quote=False)
    altra = f'<w:tabs><w:tab w:val="clear" w:pos="{WIDTH}"/><w:tab w:val="right" w:pos="{width}"/></w:tabs>'
    tabulazioni = "" if width == WIDTH else altra  # the style has that of a portrait page
    return _part(
        "hdr",
        '<w:p><w:pPr><w:pStyle w:val="Header"/><w:pBdr><w:bottom w:val="single" w:sz="4" w:space="4" '
        f'w:color="{colours.word("filo")}"/>'
        f"</w:pBdr>{tabulazioni}</w:pPr>"
        f'<w:r><w:t xml:space="preserve">{testo}</w:t></w:r><w:r><w:tab/></w:r>'
        f"<w:r><w:t>{escape(document.edition, quote=False)}</w:t></w:r></w:p>",
    )


def rename_headers(
    parti: dict[str, bytes], old: Mapping[str, str], new: Mapping[str, str], fresh: Mapping[str, bytes]
) -> None:
    """Bring up to date the heads of pages and the properties of a document, where they are as the program wrote them.

    Parameters
    ----------
    parti : dict
        Parts of the analyst's package, changed in place.
    old, new : mapping
        What her document and the fresh one say of themselves.
    fresh : mapping
        Parts of the fresh package.
    """
    prima = old.get("testata", "") + old.get("edizione", "")
    for nome in [n for n in parti if n.startswith("word/") and n.endswith(".xml") and "/_rels/" not in n]:
        if b"hdr" not in parti[nome][:2000]:
            continue
        radice = etree.fromstring(parti[nome])
        if radice.tag != f"{{{W}}}hdr":
            continue
        for paragrafo in radice.iter(f"{{{W}}}p"):
            nodi = list(paragrafo.iter(f"{{{W}}}t"))
            if len(nodi) > 1 and "".join(n.text or "" for n in nodi) == prima:
                for nodo in nodi:
                    nodo.text = ""
                nodi[0].text, nodi[-1].text = new.get("testata", ""), new.get("edizione", "")
        parti[nome] = dump(radice)
    nome = "docProps/core.xml"
    if nome not in parti or nome not in fresh:
        return
    sue, nuove = etree.fromstring(parti[nome]), etree.fromstring(fresh[nome])
    titolo = next((n.text for n in sue if etree.QName(n).localname == "title"), "")
    if titolo == old.get("testata"):
        for nuova in nuove:
            for sua in sue.findall(nuova.tag):
                sua.text = nuova.text
        parti[nome] = dump(sue)


def _footer() -> bytes:
    def campo(nome: str) -> str:
        return f'<w:fldSimple w:instr=" {nome} "><w:r><w:t>1</w:t></w:r></w:fldSimple>'

    return _part(
        "ftr",
        '<w:p><w:pPr><w:pStyle w:val="Footer"/></w:pPr><w:r><w:t xml:space="preserve">Pagina </w:t></w:r>'
        f'{campo("PAGE")}<w:r><w:t xml:space="preserve"> di </w:t></w:r>{campo("NUMPAGES")}</w:p>',
    )


def _part(nome: str, contenuto: str) -> bytes:
    testa = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    return f'{testa}\n<w:{nome} xmlns:w="{W}">{contenuto}</w:{nome}>'.encode()


def _numbering(dati: bytes) -> bytes:
    radice = etree.fromstring(dati)
    astratto, elenco = (etree.fromstring(testo) for testo in reference.heading_numbering())
    primo = next((i for i, nodo in enumerate(radice) if nodo.tag == f"{{{W}}}num"), len(radice))
    radice.insert(primo, astratto)
    radice.append(elenco)
    return dump(radice)


def _settings(dati: bytes) -> bytes:
    radice = etree.fromstring(dati)
    lingua = radice.find(f"{{{W}}}themeFontLang")
    if lingua is not None:
        lingua.set(f"{{{W}}}val", "it-IT")
    return dump(radice)


def _core(document: Document) -> bytes:
    titolo = escape(f"{document.title} – {document.place}", quote=False)
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<cp:coreProperties '
        'xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{titolo}</dc:title><dc:subject>{escape(document.subtitle, quote=False)}</dc:subject>"
        f"<dc:creator>{escape(document.place, quote=False)}</dc:creator>"
        f"<cp:keywords>{escape(document.edition, quote=False)}; conciliazione vita-lavoro</cp:keywords>"
        "<dc:language>it-IT</dc:language></cp:coreProperties>"
    ).encode()
