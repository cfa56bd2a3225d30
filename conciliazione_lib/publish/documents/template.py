"""An office's own Word template: its styles, the heads and feet of its pages, its logos, in a document of ours.

Styles are matched by name, as Word does: a template written in Italian calls ``Titolo1`` what Word knows as
``heading 1``.
What the document needs and the template does not have stays ours. The body of the template is not used.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from lxml import etree

import conciliazione_lib.publish.documents.reference as reference
from conciliazione_lib.errors import DatiError
from conciliazione_lib.publish.documents.reference import W, xml

R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
_STYLES, _BODY, _THEME = "word/styles.xml", "word/document.xml", "word/theme/theme1.xml"
#: Where a style names another.
_REFERENCES = ("basedOn", "next", "link", "pStyle", "rStyle", "tblStyle")
#: What stays ours whatever the template: contents need the place of their page numbers, tables their widths.
_OURS = re.compile(r"toc (?:\d|heading)|tabella.*|riquadro.*|figura|nota|fonte|codice|avviso.*|rimando", re.I)


#: A head or a foot: which of the two, of which pages, id of its relation.
Reference = tuple[str, str, str]


class Template:
    """A template.

    Parameters
    ----------
    docx : bytes
        The file.
    nome : str
        Its name, for the messages.

    Raises
    ------
    DatiError
        It is not a Word file (or a template ``.dotx``), or it is damaged.
    """

    def __init__(self, docx: bytes, nome: str) -> None:
        try:
            with zipfile.ZipFile(io.BytesIO(docx)) as archive:
                self.parti = {n: archive.read(n) for n in archive.namelist() if not n.endswith("/")}
            self._stili = etree.fromstring(self.parti[_STYLES])
            self._corpo = etree.fromstring(self.parti[_BODY])
        except (zipfile.BadZipFile, KeyError, etree.XMLSyntaxError, EOFError, ValueError) as error:
            raise DatiError(
                f"Il modello «{nome}» non è un documento Word che si possa leggere: è danneggiato, o è in un altro "
                "formato.",
                "aprirlo con Word o LibreOffice e salvarlo come .docx.",
            ) from error
        ours = etree.fromstring(_parts(reference.reference())[_STYLES])
        self._nostri = {_name(s): str(s.get(f"{{{W}}}styleId")) for s in _each(ours)}
        taken = set(self._nostri.values())
        self._ids = {}
        for style in _each(self._stili):
            own, name_style = str(style.get(f"{{{W}}}styleId")), _name(style)
            self._ids[own] = self._nostri.get(name_style) or (f"{own}Modello" if own in taken else own)

    def reference(self) -> bytes:
        """Return the reference document for Pandoc: ours, with styles, defaults and theme of the template."""
        parts = _parts(reference.reference())
        styles = etree.fromstring(parts[_STYLES])
        for style in _each(styles):
            if style.get(f"{{{W}}}styleId") != "Codice":
                for character in style.findall(f"{{{W}}}rPr/{{{W}}}rFonts"):
                    character.getparent().remove(character)  # the typeface is that of the template
        default, own_ones = styles.find(f"{{{W}}}docDefaults"), self._stili.find(f"{{{W}}}docDefaults")
        if default is not None and own_ones is not None:
            styles.replace(default, deepcopy(own_ones))
        by_id = {str(s.get(f"{{{W}}}styleId")): s for s in _each(styles)}
        for style in _each(self._stili):
            if _OURS.fullmatch(_name(style)):
                continue
            copy = self._renamed(style)
            id = str(copy.get(f"{{{W}}}styleId"))
            if id in by_id:
                styles.replace(by_id[id], copy)
            else:
                styles.append(copy)
        parts[_STYLES] = _dump(styles)
        if _THEME in self.parti:
            parts[_THEME] = self.parti[_THEME]
        output = io.BytesIO()
        with zipfile.ZipFile(output, "w") as written:
            for name, data in parts.items():
                written.writestr(name, data)
        return output.getvalue()

    def _renamed(self, style: Any) -> Any:
        """Return a style of the template with our ids; headings are numbered as the contents number them."""
        copy = deepcopy(style)
        copy.set(f"{{{W}}}styleId", self._ids[str(style.get(f"{{{W}}}styleId"))])
        self._rename(copy)
        for number in list(copy.iter(f"{{{W}}}numPr")):
            number.getparent().remove(number)
        title = re.fullmatch(r"Heading([1-4])", str(copy.get(f"{{{W}}}styleId")))
        if title:
            property_ = copy.find(f"{{{W}}}pPr")
            if property_ is None:
                property_ = etree.Element(f"{{{W}}}pPr")
                after = copy.find(f"{{{W}}}rPr")
                copy.append(property_) if after is None else after.addprevious(property_)
            listing = f'<w:numPr><w:ilvl w:val="{int(title[1]) - 1}"/><w:numId w:val="{reference.TITLES}"/></w:numPr>'
            before = ("pStyle", "keepNext", "keepLines", "pageBreakBefore", "framePr", "widowControl")
            place = sum(etree.QName(child).localname in before for child in property_)
            property_.insert(place, xml(listing))
            if title[1] == "1" and property_.find(f"{{{W}}}pageBreakBefore") is None:  # a chapter begins a page
                where = sum(etree.QName(child).localname in before[:3] for child in property_)
                property_.insert(where, xml("<w:pageBreakBefore/>"))
        return copy

    def _rename(self, root: Any) -> None:
        for node in root.iter(*(f"{{{W}}}{name}" for name in _REFERENCES)):
            value = str(node.get(f"{{{W}}}val"))
            node.set(f"{{{W}}}val", self._ids.get(value, value))

    def dress(self, parts: dict[str, bytes], tree: Any, relations: Any, kinds: Any) -> None:
        """Give the sections of a document the heads, feet and logos of the template.

        Parameters
        ----------
        parts : dict
            Parts of the document; gets those of the template.
        tree, relations, kinds : lxml element
            Its body, relations and content types, changed in place.
        """
        section = next(reversed(list(self._corpo.iter(f"{{{W}}}sectPr"))), None)
        if section is None:
            return
        targets = self._targets(_BODY)
        rows: list[Reference] = []
        for one_reference in section.findall(f"{{{W}}}headerReference") + section.findall(f"{{{W}}}footerReference"):
            target = targets.get(str(one_reference.get(f"{{{R}}}id")))
            if target not in self.parti:
                continue
            kind = etree.QName(one_reference).localname.removesuffix("Reference")
            id = f"rIdModello{len(rows)}"
            new = self._carry(str(target), parts, kinds)
            etree.SubElement(
                relations, f"{{{RELS}}}Relationship", Id=id, Type=f"{R}/{kind}", Target=posixpath.basename(new)
            )
            kinds.append(_override(kinds, new, kind))
            rows.append((kind, str(one_reference.get(f"{{{W}}}type")), id))
        margins = section.find(f"{{{W}}}pgMar")
        before_page = section.find(f"{{{W}}}titlePg") is not None
        for place, our in enumerate(tree.iter(f"{{{W}}}sectPr")):
            self._section(our, rows, margins, cover=place == 0, first=before_page)

    def _section(self, our: Any, rows: list[Reference], margins: Any, *, cover: bool, first: bool) -> None:
        for kind in ("footer", "header"):
            own = [(one_kind, id) for g, one_kind, id in rows if g == kind]
            if not any(one_kind == "default" for one_kind, _ in own):
                continue
            for old in our.findall(f"{{{W}}}{kind}Reference"):
                our.remove(old)
            for one_kind, id in own:
                entry = etree.Element(f"{{{W}}}{kind}Reference", {f"{{{W}}}type": one_kind, f"{{{R}}}id": id})
                our.insert(0, entry)
        ours_margins = our.find(f"{{{W}}}pgMar")
        for side in ("top", "bottom", "header", "footer"):
            if margins is not None and ours_margins is not None and margins.get(f"{{{W}}}{side}"):
                ours_margins.set(f"{{{W}}}{side}", margins.get(f"{{{W}}}{side}"))
        title = our.find(f"{{{W}}}titlePg")
        # The cover has the logos of the template: its first page where it has one, else that of every page.
        if cover and title is not None and not first and rows:
            our.remove(title)

    def _carry(self, nome: str, parts: dict[str, bytes], kinds: Any) -> str:
        """Copy a head or foot with its pictures, and return its name in the document."""
        root = etree.fromstring(self.parti[nome])
        self._rename(root)
        new = f"word/modello-{posixpath.basename(nome)}"
        parts[new] = _dump(root)
        relations = etree.Element(f"{{{RELS}}}Relationships", nsmap={None: RELS})
        for id, target, kind, outer in self._relations(nome):
            if outer:
                etree.SubElement(
                    relations, f"{{{RELS}}}Relationship", Id=id, Type=kind, Target=target, TargetMode="External"
                )
                continue
            where = posixpath.normpath(posixpath.join(posixpath.dirname(nome), target))
            if where not in self.parti:
                continue
            image = f"media/modello-{posixpath.basename(where)}"
            parts[f"word/{image}"] = self.parti[where]
            extension = posixpath.splitext(where)[1][1:]
            if not any(str(t.get("Extension")).lower() == extension.lower() for t in kinds):
                names = {"jpg": "jpeg", "svg": "svg+xml", "emf": "x-emf", "wmf": "x-wmf"}
                kind_file = f"image/{names.get(extension.lower(), extension.lower())}"
                node = etree.SubElement(kinds, f"{{{_types(kinds)}}}Default", Extension=extension)
                node.set("ContentType", kind_file)
            etree.SubElement(relations, f"{{{RELS}}}Relationship", Id=id, Type=kind, Target=image)
        if len(relations):
            parts[f"word/_rels/{posixpath.basename(new)}.rels"] = _dump(relations)
        return new

    def _relations(self, nome: str) -> Iterator[tuple[str, str, str, bool]]:
        file = posixpath.join(posixpath.dirname(nome), "_rels", f"{posixpath.basename(nome)}.rels")
        if file not in self.parti:
            return
        for r in etree.fromstring(self.parti[file]):
            yield str(r.get("Id")), str(r.get("Target")), str(r.get("Type")), r.get("TargetMode") == "External"

    def _targets(self, nome: str) -> Mapping[str, str]:
        return {
            id: posixpath.normpath(posixpath.join(posixpath.dirname(nome), target)).lstrip("/")
            for id, target, _, outer in self._relations(nome)
            if not outer
        }


def _override(kinds: Any, nome: str, given_kind: str) -> Any:
    kind = f"application/vnd.openxmlformats-officedocument.wordprocessingml.{given_kind}+xml"
    return etree.Element(f"{{{_types(kinds)}}}Override", PartName=f"/{nome}", ContentType=kind)


def _types(kinds: Any) -> str:
    return str(etree.QName(kinds).namespace)


def _each(styles: Any) -> Iterator[Any]:
    yield from styles.findall(f"{{{W}}}style")


def _name(style: Any) -> str:
    name = style.find(f"{{{W}}}name")
    return str(name.get(f"{{{W}}}val")).casefold() if name is not None else ""


def _parts(docx: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def _dump(root: Any) -> bytes:
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))
