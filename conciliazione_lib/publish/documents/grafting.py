"""Taking blocks of one Word file into another: with their pictures, links, notes and lists, and no clash of numbers."""

from __future__ import annotations

import hashlib
import posixpath
from copy import deepcopy
from typing import Any

from lxml import etree

import conciliazione_lib.publish.documents.package as package
import conciliazione_lib.publish.documents.reference as reference
from conciliazione_lib.publish.documents.package import RELS, WARNING, R, W

_DOCUMENT = "word/document.xml"
_RELATIONS = "word/_rels/document.xml.rels"


class Graft:
    """Takes blocks of a fresh document into the analyst's.

    Parameters
    ----------
    parts : dict
        Parts of the analyst's package, changed in place by :meth:`save`.
    tree : lxml element
        Her document.
    new : dict
        Parts of the fresh package.
    """

    def __init__(self, parts: dict[str, bytes], tree: Any, new: dict[str, bytes]) -> None:
        self.parti, self.albero, self.nuove = parts, tree, new
        self.relazioni = etree.fromstring(parts[_RELATIONS])
        self.fresche = {r.get("Id"): r for r in etree.fromstring(new[_RELATIONS])}
        self.tipi = etree.fromstring(parts["[Content_Types].xml"])
        self._alberi: dict[str, Any] = {}
        self._relate: dict[str, str] = {}
        self._elenchi: dict[str, str] = {}
        self._numero = max((int(n.get(f"{{{W}}}id", "0")) for n in tree.iter(f"{{{W}}}bookmarkStart")), default=0)

    def take(self, block: Any) -> Any:
        """Return a copy of a fresh block that can stand in her document."""
        copy = deepcopy(block)
        for one_reference in list(copy.iter(f"{{{W}}}headerReference", f"{{{W}}}footerReference")):
            one_reference.getparent().remove(one_reference)  # sections inherit hers
        for node in copy.iter():
            if not isinstance(node.tag, str):
                continue
            for attribute in (f"{{{R}}}embed", f"{{{R}}}id", f"{{{R}}}link"):
                if node.get(attribute) in self.fresche:
                    node.set(attribute, self._relation(str(node.get(attribute))))
        for listing in copy.iter(f"{{{W}}}numId"):
            listing.set(f"{{{W}}}val", self._list(str(listing.get(f"{{{W}}}val"))))
        for note in copy.iter(f"{{{W}}}footnoteReference"):
            note.set(f"{{{W}}}id", self._note(str(note.get(f"{{{W}}}id"))))
        self._renumber_bookmarks(copy)
        return copy

    def fingerprints(self, block: Any) -> set[str]:
        """Return the hashes of the drawings of one of her blocks, SVG and PNG: some programs keep only one of them."""
        targets = {r.get("Id"): r.get("Target") for r in self.relazioni}
        outcome = set()
        for node in block.iter(f"{{{package.ASVG}}}svgBlip", f"{{{package.A}}}blip"):
            target = targets.get(node.get(f"{{{R}}}embed"))
            name = posixpath.normpath(posixpath.join("word", target)) if target else ""
            if name in self.parti:
                outcome.add(package.digest(self.parti[name]))
        return outcome

    @property
    def notes(self) -> Any:
        """Her footnotes."""
        return self._tree("word/footnotes.xml") if "word/footnotes.xml" in self.parti else package.note_tree({})

    def drop_notes(self, block: Any) -> None:
        """Take away the footnotes of a block that leaves her document."""
        for note in package.notes_of(block, self.notes):
            note.getparent().remove(note)

    def follow_notes(self, given_own: Any, block: Any) -> bool:
        """Give the footnotes of a block of hers the words of the fresh ones; false when they are not as many."""
        own = package.notes_of(given_own, self.notes)
        new = package.notes_of(block, package.note_tree(self.nuove))
        if len(own) != len(new):
            return False
        for one_own, one_new in zip(own, new, strict=True):
            one_own[:] = [deepcopy(child) for child in one_new]
        return True

    def renumber(self) -> None:
        """Count tables and figures again, in captions and where they are named; ask Word to do the same."""
        numbers: dict[str, str] = {}
        how_many: dict[str, int] = {}
        for field in self.albero.iter(f"{{{W}}}fldSimple"):
            words = str(field.get(f"{{{W}}}instr")).split()
            if words[:1] != ["SEQ"]:
                continue
            how_many[words[1]] = how_many.get(words[1], 0) + 1
            _set_result(field, str(how_many[words[1]]))
            sign = field.getprevious()
            if sign is not None and sign.tag == f"{{{W}}}bookmarkStart":
                numbers[str(sign.get(f"{{{W}}}name"))] = str(how_many[words[1]])
        for field in self.albero.iter(f"{{{W}}}fldSimple"):
            words = str(field.get(f"{{{W}}}instr")).split()
            if words[:1] == ["REF"] and words[1] in numbers:
                _set_result(field, numbers[words[1]])
        for instruction in self.albero.iter(f"{{{W}}}instrText"):
            if "TOC" not in (instruction.text or ""):
                continue
            start = instruction.getparent().getprevious()
            sign = start.find(f"{{{W}}}fldChar") if start is not None else None
            if sign is not None and sign.get(f"{{{W}}}fldCharType") == "begin":
                sign.set(f"{{{W}}}dirty", "true")

    def save(self) -> None:
        """Write the parts that taking blocks has changed."""
        for name, tree in self._alberi.items():
            self.parti[name] = package.dump(tree)
        self.parti[_RELATIONS] = package.dump(self.relazioni)
        self.parti["[Content_Types].xml"] = package.dump(self.tipi)
        styles = etree.fromstring(self.parti["word/styles.xml"])
        present = {s.get(f"{{{W}}}styleId") for s in styles.iter(f"{{{W}}}style")}
        for style in etree.fromstring(self.nuove["word/styles.xml"]).iter(f"{{{W}}}style"):
            if style.get(f"{{{W}}}styleId") == WARNING and WARNING not in present:
                styles.append(style)
                self.parti["word/styles.xml"] = package.dump(styles)

    def _relation(self, id: str) -> str:
        if id in self._relate:
            return self._relate[id]
        old = self.fresche[id]
        target = str(old.get("Target"))
        attributes = {"Type": str(old.get("Type")), "Target": target}
        if old.get("TargetMode"):
            attributes["TargetMode"] = str(old.get("TargetMode"))
        else:
            data = self.nuove[posixpath.normpath(posixpath.join("word", target))]
            extension = posixpath.splitext(target)[1]
            name = f"media/aggiornata-{hashlib.sha256(data).hexdigest()[:16]}{extension}"
            self.parti[f"word/{name}"] = data
            attributes["Target"] = name
            kind = "image/svg+xml" if extension == ".svg" else f"image/{extension[1:]}"
            package.add_type(self.tipi, "Default", "Extension", extension[1:], kind)
        present = {r.get("Id") for r in self.relazioni}
        new = next(f"rIdAgg{n}" for n in range(1, len(present) + 2) if f"rIdAgg{n}" not in present)
        etree.SubElement(self.relazioni, f"{{{RELS}}}Relationship", {"Id": new, **attributes})
        self._relate[id] = new
        return new

    def _tree(self, nome: str) -> Any:
        if nome not in self._alberi:
            self._alberi[nome] = etree.fromstring(self.parti[nome])
        return self._alberi[nome]

    def _list(self, numero: str) -> str:
        """Return the number in her document of a list of the fresh one, with its definition."""
        if numero in ("0", str(reference.TITLES)):
            return numero
        if numero not in self._elenchi:
            fresh = etree.fromstring(self.nuove["word/numbering.xml"])
            own = self._tree("word/numbering.xml")
            listing = next(n for n in fresh.findall(f"{{{W}}}num") if n.get(f"{{{W}}}numId") == numero)
            definition = listing.find(f"{{{W}}}abstractNumId").get(f"{{{W}}}val")
            abstract = next(
                n for n in fresh.findall(f"{{{W}}}abstractNum") if n.get(f"{{{W}}}abstractNumId") == definition
            )
            abstract_id = _next(own, "abstractNum", "abstractNumId")
            id_listing = _next(own, "num", "numId")
            abstract.set(f"{{{W}}}abstractNumId", abstract_id)
            for abbreviation in abstract.findall(f"{{{W}}}nsid"):
                abstract.remove(abbreviation)  # two definitions with one mark are taken for the same
            listing.set(f"{{{W}}}numId", id_listing)
            listing.find(f"{{{W}}}abstractNumId").set(f"{{{W}}}val", abstract_id)
            first = next((i for i, n in enumerate(own) if n.tag == f"{{{W}}}num"), len(own))
            own.insert(first, abstract)
            own.append(listing)
            self._elenchi[numero] = id_listing
        return self._elenchi[numero]

    def _note(self, id: str) -> str:
        """Copy a footnote into her document and return its number there."""
        own = self._tree("word/footnotes.xml")
        fresh = etree.fromstring(self.nuove["word/footnotes.xml"])
        note = next(n for n in fresh if n.get(f"{{{W}}}id") == id)
        new = _next(own, "footnote", "id")
        note.set(f"{{{W}}}id", new)
        own.append(note)
        return new

    def _renumber_bookmarks(self, copy: Any) -> None:
        new: dict[str, str] = {}
        for sign in copy.iter(f"{{{W}}}bookmarkStart", f"{{{W}}}bookmarkEnd"):
            old = str(sign.get(f"{{{W}}}id"))
            if old not in new:
                self._numero += 1
                new[old] = str(self._numero)
            sign.set(f"{{{W}}}id", new[old])


def _next(root: Any, element: str, attribute: str) -> str:
    used = [int(n.get(f"{{{W}}}{attribute}", "0")) for n in root.findall(f"{{{W}}}{element}")]
    return str(max([*used, reference.TITLES]) + 1)


def _set_result(field: Any, testo: str) -> None:
    nodes = list(field.iter(f"{{{W}}}t"))
    for place, node in enumerate(nodes):
        node.text = testo if place == 0 else ""
