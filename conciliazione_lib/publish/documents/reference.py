"""The reference document: Pandoc's own, with the styles of our documents in it.

Made by the program rather than kept as a file, so that it can be read, reviewed and changed here.
"""

from __future__ import annotations

import io
import subprocess
import zipfile
from functools import cache

import pypandoc
from lxml import etree

import conciliazione_lib.publish.colours as colours

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
#: A typeface every program has, or has one of the same widths for: pages break at the same points.
CHARACTER = "Arial"
INK, SECONDARY, BOTTOM = (colours.word(name) for name in ("inchiostro", "secondario", "riquadro"))


def _box(
    id: str, nome: str, edges: tuple[str, ...], spaces: tuple[int, int], character: str = ""
) -> tuple[str, str, str, str, str]:
    """Return the style of a paragraph of a box: the border of the first and of the last part a box from the next."""
    edge = {b: f'<w:{b} w:val="single" w:sz="4" w:space="4" w:color="{BOTTOM}"/>' for b in edges}
    thread = f'<w:left w:val="single" w:sz="24" w:space="8" w:color="{SECONDARY}"/>'
    whole = "" if "bottom" in edges else "<w:keepNext/>"
    return (
        id,
        nome,
        "Normal",
        f"{whole}<w:keepLines/><w:pBdr>{edge.get('top', '')}{thread}{edge.get('bottom', '')}</w:pBdr>"
        f'<w:shd w:val="clear" w:color="auto" w:fill="{BOTTOM}"/>'
        f'<w:spacing w:before="{spaces[0]}" w:after="{spaces[1]}"/><w:ind w:left="200" w:right="200"/>',
        character,
    )


#: Paragraph styles: id, name, parent, paragraph properties, run properties. Sizes are half points, spaces twentieths.
_PARAGRAPHS = (
    ("Normal", "Normal", "", '<w:spacing w:after="100" w:line="252" w:lineRule="auto"/>', '<w:sz w:val="19"/>'),
    ("BodyText", "Body Text", "Normal", '<w:spacing w:before="0" w:after="100"/>', ""),
    ("FirstParagraph", "First Paragraph", "BodyText", "", ""),
    ("Compact", "Compact", "BodyText", '<w:spacing w:before="0" w:after="60"/>', ""),
    *(
        (
            f"Heading{n}",
            f"heading {n}",
            "Normal",
            f"<w:keepNext/><w:keepLines/>{'<w:pageBreakBefore/>' if n == 1 else ''}"
            f'<w:numPr><w:ilvl w:val="{n - 1}"/><w:numId w:val="{{titoli}}"/></w:numPr>'
            f'<w:spacing w:before="{before}" w:after="{after}"/><w:outlineLvl w:val="{n - 1}"/>',
            f'<w:b/><w:color w:val="{INK}"/><w:sz w:val="{body}"/>',
        )
        for n, before, after, body in ((1, 0, 200, 34), (2, 300, 120, 26), (3, 220, 90, 22), (4, 200, 80, 20))
    ),
    (
        "Title",
        "Title",
        "Normal",
        '<w:spacing w:before="60" w:after="120"/>',
        f'<w:b/><w:color w:val="{INK}"/><w:sz w:val="64"/>',
    ),
    (
        "Subtitle",
        "Subtitle",
        "Normal",
        '<w:spacing w:after="480"/>',
        f'<w:color w:val="{SECONDARY}"/><w:sz w:val="28"/>',
    ),
    (
        "Copertina",
        "Copertina",
        "Normal",
        '<w:spacing w:after="80"/>',
        f'<w:color w:val="{SECONDARY}"/><w:sz w:val="24"/>',
    ),
    (
        "Caption",
        "caption",
        "Normal",
        '<w:keepNext/><w:spacing w:before="180" w:after="80" w:line="240" w:lineRule="auto"/>',
        f'<w:b/><w:color w:val="{INK}"/><w:sz w:val="18"/>',
    ),
    (
        "Figura",
        "Figura",
        "Normal",
        '<w:keepNext/><w:spacing w:before="0" w:after="40" w:line="240" w:lineRule="auto"/>',
        "",
    ),
    (
        "Fonte",
        "Fonte",
        "Normal",
        '<w:spacing w:before="40" w:after="40" w:line="240" w:lineRule="auto"/>',
        f'<w:color w:val="{SECONDARY}"/><w:sz w:val="15"/>',
    ),
    ("Nota", "Nota", "Normal", '<w:spacing w:after="60" w:line="240" w:lineRule="auto"/>', '<w:sz w:val="16"/>'),
    (
        "Codice",
        "Codice",
        "Normal",
        '<w:spacing w:after="120" w:line="240" w:lineRule="auto"/>',
        '<w:rFonts w:ascii="Courier New" w:hAnsi="Courier New" w:cs="Courier New"/><w:sz w:val="17"/>',
    ),
    (
        "TabellaTesto",
        "Tabella, testo",
        "Normal",
        '<w:spacing w:before="10" w:after="10" w:line="240" w:lineRule="auto"/>',
        '<w:sz w:val="15"/>',
    ),
    ("TabellaPiccola", "Tabella, testo piccolo", "TabellaTesto", "", '<w:sz w:val="13"/>'),
    _box("RiquadroTitolo", "Riquadro, titolo", ("top",), (200, 0), f'<w:b/><w:color w:val="{INK}"/>'),
    _box("Riquadro", "Riquadro", (), (0, 60)),
    _box("RiquadroUltimo", "Riquadro, ultimo capoverso", ("bottom",), (0, 200)),
    (
        "TOCHeading",
        "TOC Heading",
        "Normal",
        '<w:keepNext/><w:pageBreakBefore/><w:spacing w:after="240"/>',
        f'<w:b/><w:color w:val="{INK}"/><w:sz w:val="36"/>',
    ),
    *(
        (
            f"TOC{n}",
            f"toc {n}",
            "Normal",
            '<w:tabs><w:tab w:val="right" w:leader="dot" w:pos="9410"/></w:tabs>'
            f'<w:spacing w:before="{before}" w:after="20"/><w:ind w:left="{(n - 1) * 260}"/>',
            character + '<w:sz w:val="19"/>',
        )
        for n, before, character in ((1, 120, "<w:b/>"), (2, 0, ""), (3, 0, ""))
    ),
    (
        "Header",
        "header",
        "Normal",
        '<w:tabs><w:tab w:val="right" w:pos="9410"/></w:tabs><w:spacing w:after="0"/>',
        f'<w:color w:val="{SECONDARY}"/><w:sz w:val="17"/>',
    ),
    (
        "Footer",
        "footer",
        "Normal",
        '<w:spacing w:after="0"/><w:jc w:val="center"/>',
        f'<w:color w:val="{SECONDARY}"/><w:sz w:val="17"/>',
    ),
    (
        "FootnoteText",
        "footnote text",
        "Normal",
        '<w:spacing w:after="20" w:line="240" w:lineRule="auto"/>',
        '<w:sz w:val="15"/>',
    ),
)

_OTHERS = f"""
<w:style w:type="character" w:customStyle="1" w:styleId="VerbatimChar"><w:name w:val="Verbatim Char"/>
<w:qFormat/><w:rPr><w:rFonts w:ascii="Courier New" w:hAnsi="Courier New" w:cs="Courier New"/><w:sz w:val="17"/></w:rPr>
</w:style>
<w:style w:type="character" w:customStyle="1" w:styleId="AvvisoAggiornamento"><w:name w:val="Avviso di aggiornamento"/>
<w:qFormat/><w:rPr><w:b/><w:color w:val="{colours.word("aggiornamento")}"/>
<w:shd w:val="clear" w:color="auto" w:fill="{colours.word("aggiornamento_fondo")}"/></w:rPr></w:style>
<w:style w:type="character" w:customStyle="1" w:styleId="Rimando"><w:name w:val="Rimando"/><w:qFormat/></w:style>
<w:style w:type="table" w:customStyle="1" w:styleId="TabellaConciliazione"><w:name w:val="Tabella conciliazione"/>
<w:tblPr><w:tblBorders><w:top w:val="single" w:sz="8" w:space="0" w:color="{INK}"/>
<w:bottom w:val="single" w:sz="8" w:space="0" w:color="{INK}"/></w:tblBorders>
<w:tblCellMar><w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/></w:tblCellMar></w:tblPr>
<w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr><w:tcPr>
<w:tcBorders><w:bottom w:val="single" w:sz="6" w:space="0" w:color="{INK}"/></w:tcBorders>
</w:tcPr></w:tblStylePr></w:style>
"""

#: Number of the list that numbers the headings; beyond those Pandoc uses.
TITLES = 80


@cache
def reference() -> bytes:
    """Return the reference document."""
    pandoc = pypandoc.get_pandoc_path()
    base = subprocess.run(
        [pandoc, "--print-default-data-file", "reference.docx"], check=True, capture_output=True
    ).stdout
    output = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(base)) as read_, zipfile.ZipFile(output, "w") as written:
        for name in read_.namelist():
            data = read_.read(name)
            written.writestr(name, _styles(data) if name == "word/styles.xml" else data)
    return output.getvalue()


def _styles(data: bytes) -> bytes:
    root = etree.fromstring(data)
    character = f'<w:rFonts w:ascii="{CHARACTER}" w:hAnsi="{CHARACTER}" w:eastAsia="{CHARACTER}" w:cs="{CHARACTER}"/>'
    base = f'{character}<w:sz w:val="20"/><w:szCs w:val="20"/><w:lang w:val="it-IT" w:eastAsia="it-IT" w:bidi="ar-SA"/>'
    default = root.find(f"{{{W}}}docDefaults/{{{W}}}rPrDefault")
    default[:] = [xml(f"<w:rPr>{base}</w:rPr>")]
    new = [_style(*entry, character) for entry in _PARAGRAPHS]
    new += list(xml(f"<w:styles>{_OTHERS}</w:styles>"))
    taken = {style.get(f"{{{W}}}styleId") for style in new}
    for old in root.findall(f"{{{W}}}style"):
        if old.get(f"{{{W}}}styleId") in taken:
            root.remove(old)
    root.extend(new)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def _style(id: str, nome: str, father: str, paragraph: str, testo: str, character: str) -> etree._Element:
    """Return the definition of a paragraph style."""
    default = 'w:default="1" ' if id == "Normal" else ""
    above = f'<w:basedOn w:val="{father}"/>' if father else ""
    then = '<w:next w:val="BodyText"/>' if id.startswith(("Heading", "Caption")) else ""
    return xml(
        f'<w:style w:type="paragraph" {default}w:styleId="{id}"><w:name w:val="{nome}"/>{above}{then}<w:qFormat/>'
        f"<w:pPr>{paragraph.replace('{titoli}', str(TITLES))}</w:pPr>"
        f"<w:rPr>{'' if 'rFonts' in testo else character}{testo}</w:rPr></w:style>"
    )


def xml(testo: str) -> etree._Element:
    """Return an element of a Word part from its text."""
    return etree.fromstring(f'<x xmlns:w="{W}">{testo}</x>')[0]


def heading_numbering() -> tuple[str, str]:
    """Return the definition of the list that numbers the headings, and the list itself."""
    levels = "".join(
        f'<w:lvl w:ilvl="{n}"><w:start w:val="1"/><w:numFmt w:val="{"decimal" if n < 3 else "none"}"/>'
        f'<w:pStyle w:val="Heading{n + 1}"/><w:suff w:val="{"space" if n < 3 else "nothing"}"/>'
        f'<w:lvlText w:val="{format_}"/><w:lvlJc w:val="left"/>'
        '<w:pPr><w:ind w:left="0" w:firstLine="0"/></w:pPr></w:lvl>'
        for n, format_ in enumerate(("%1.", "%1.%2", "%1.%2.%3", ""))
    )
    return (
        f'<w:abstractNum xmlns:w="{W}" w:abstractNumId="{TITLES}"><w:multiLevelType w:val="multilevel"/>'
        f"{levels}</w:abstractNum>",
        f'<w:num xmlns:w="{W}" w:numId="{TITLES}"><w:abstractNumId w:val="{TITLES}"/></w:num>',
    )
