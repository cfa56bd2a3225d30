"""The contents of a Word document: each heading with its page, in Word and in the programs that do not renew contents.

The page is a field of its own, inside that of the contents: Word renews both when it opens the document, LibreOffice
the pages alone, at each opening. The name of the field is preceded by a tab, which Word skips: LibreOffice would
otherwise take the contents for an index of its own and show the pages as they were written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from lxml import etree

import conciliazione_lib.publish.documents.reference as reference

W = reference.W
_FIELD = '\tTOC \\o "1-3" \\h \\z \\u '
_GALLERY = "Table of Contents"


@dataclass(frozen=True)
class Entry:
    """A heading in the contents: its level, number, words, bookmark and, as far as is known, page."""

    level: int
    number: str
    text: str
    bookmark: str
    page: str = ""


def numbered(headings: Iterable[tuple[int, bool, str, str]], pages: Mapping[str, str] | None = None) -> list[Entry]:
    """Return the entries of the contents.

    Parameters
    ----------
    headings : iterable of tuple
        Level, whether it is numbered, words and bookmark of each, in order. Beyond the third level, and beyond the
        first without a number, they are not in the contents.
    pages : mapping, optional
        By bookmark, the page.
    """
    numbers = [0, 0, 0]
    entries = []
    for level, with_number, text, sign in headings:
        number = ""
        if level > 3:
            continue
        if with_number:
            numbers[level - 1] += 1
            numbers[level:] = [0] * (3 - level)
            number = ".".join(str(n) for n in numbers[:level]) + (". " if level == 1 else " ")
        elif level > 1:
            continue
        entries.append(Entry(level, number, text, sign, (pages or {}).get(sign, "")))
    return entries


def block(entries: Sequence[Entry], title: str) -> str:
    """Return the contents as OOXML, with their title."""
    opens = (
        '<w:r><w:fldChar w:fldCharType="begin" w:dirty="true"/></w:r>'
        f'<w:r><w:instrText xml:space="preserve">{escape(_FIELD, quote=False)}</w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
    )
    closes = '<w:p><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
    rows = "".join(_entry(entry, opens if place == 0 else "") for place, entry in enumerate(entries))
    return (
        f'<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="{_GALLERY}"/><w:docPartUnique/>'
        '</w:docPartObj></w:sdtPr><w:sdtContent><w:p><w:pPr><w:pStyle w:val="TOCHeading"/></w:pPr>'
        f"<w:r><w:t>{escape(title, quote=False)}</w:t></w:r></w:p>{rows}{closes}</w:sdtContent></w:sdt>"
    )


def _entry(voce: Entry, before: str) -> str:
    field = (
        '<w:r><w:tab/></w:r><w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f'<w:r><w:instrText xml:space="preserve"> PAGEREF {voce.bookmark} \\h </w:instrText></w:r>'
        f'<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>{voce.page or "–"}</w:t></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    text = f'<w:r><w:t xml:space="preserve">{escape(voce.number + voce.text, quote=False)}</w:t></w:r>'
    return (
        f'<w:p><w:pPr><w:pStyle w:val="TOC{voce.level}"/></w:pPr>{before}'
        f'<w:hyperlink w:anchor="{voce.bookmark}" w:history="1">{text}{field}</w:hyperlink></w:p>'
    )


def renew(tree: Any, fresh: Mapping[str, bytes]) -> None:
    """Write the contents of an analyst's document again, from its own headings: those she added too.

    Parameters
    ----------
    tree : lxml element
        Her document, changed in place; nothing happens where she took the contents away.
    fresh : mapping
        Parts of the fresh package, for the pages.
    """
    own = _contents(tree)
    if own is None:
        return
    new = _contents(etree.fromstring(fresh["word/document.xml"]))
    pages = _pages(new) | _pages(own) if new is not None else _pages(own)
    title = own.find(f"{{{W}}}sdtContent/{{{W}}}p")
    words = "".join(n.text or "" for n in title.iter(f"{{{W}}}t")) if title is not None else "Indice"
    entries = numbered(_headings(tree), pages)
    if entries:
        own.getparent().replace(own, reference.xml(block(entries, words)))


def _contents(tree: Any) -> Any:
    for gallery in tree.iter(f"{{{W}}}docPartGallery"):
        if gallery.get(f"{{{W}}}val") == _GALLERY:
            return next(gallery.iterancestors(f"{{{W}}}sdt"))
    return None


def _pages(contents: Any) -> dict[str, str]:
    outcome = {}
    for link in contents.iter(f"{{{W}}}hyperlink"):
        words = [n.text or "" for n in link.iter(f"{{{W}}}t")]
        if len(words) > 1 and words[-1].isdigit():
            outcome[str(link.get(f"{{{W}}}anchor"))] = words[-1]
    return outcome


def _headings(tree: Any) -> Iterable[tuple[int, bool, str, str]]:
    """Yield the headings of a document; those without a bookmark get one."""
    used = [int(n.get(f"{{{W}}}id", "0")) for n in tree.iter(f"{{{W}}}bookmarkStart")]
    number = max(used, default=0)
    for paragraph in tree.find(f"{{{W}}}body").iter(f"{{{W}}}p"):
        property_ = paragraph.find(f"{{{W}}}pPr")
        style = property_.find(f"{{{W}}}pStyle") if property_ is not None else None
        found = re.fullmatch(r"(?:Heading|Titolo)(\d)", str(style.get(f"{{{W}}}val"))) if style is not None else None
        text = "".join(n.text or "" for n in paragraph.iter(f"{{{W}}}t")).strip()
        if found is None or not text:
            continue
        listing = property_.find(f"{{{W}}}numPr/{{{W}}}numId")
        sign = next(paragraph.iter(f"{{{W}}}bookmarkStart"), None)
        if sign is None:
            number += 1
            sign = reference.xml(f'<w:bookmarkStart w:id="{number}" w:name="_tit_{number}"/>')
            paragraph.insert(list(paragraph).index(property_) + 1, sign)
            paragraph.append(reference.xml(f'<w:bookmarkEnd w:id="{number}"/>'))
        with_number = listing is None or listing.get(f"{{{W}}}val") != "0"
        yield int(found[1]), with_number, text, str(sign.get(f"{{{W}}}name"))
