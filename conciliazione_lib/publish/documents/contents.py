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

from conciliazione_lib.publish.documents import reference

W = reference.W
_CAMPO = '\tTOC \\o "1-3" \\h \\z \\u '
_GALLERIA = "Table of Contents"


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
    numeri = [0, 0, 0]
    voci = []
    for livello, con_numero, testo, segno in headings:
        numero = ""
        if livello > 3:
            continue
        if con_numero:
            numeri[livello - 1] += 1
            numeri[livello:] = [0] * (3 - livello)
            numero = ".".join(str(n) for n in numeri[:livello]) + (". " if livello == 1 else " ")
        elif livello > 1:
            continue
        voci.append(Entry(livello, numero, testo, segno, (pages or {}).get(segno, "")))
    return voci


def block(entries: Sequence[Entry], title: str) -> str:
    """Return the contents as OOXML, with their title."""
    apre = (
        '<w:r><w:fldChar w:fldCharType="begin" w:dirty="true"/></w:r>'
        f'<w:r><w:instrText xml:space="preserve">{escape(_CAMPO, quote=False)}</w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
    )
    chiude = '<w:p><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
    righe = "".join(_entry(voce, apre if posto == 0 else "") for posto, voce in enumerate(entries))
    return (
        f'<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="{_GALLERIA}"/><w:docPartUnique/>'
        '</w:docPartObj></w:sdtPr><w:sdtContent><w:p><w:pPr><w:pStyle w:val="TOCHeading"/></w:pPr>'
        f"<w:r><w:t>{escape(title, quote=False)}</w:t></w:r></w:p>{righe}{chiude}</w:sdtContent></w:sdt>"
    )


def _entry(voce: Entry, before: str) -> str:
    campo = (
        '<w:r><w:tab/></w:r><w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f'<w:r><w:instrText xml:space="preserve"> PAGEREF {voce.bookmark} \\h </w:instrText></w:r>'
        f'<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>{voce.page or "–"}</w:t></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    testo = f'<w:r><w:t xml:space="preserve">{escape(voce.number + voce.text, quote=False)}</w:t></w:r>'
    return (
        f'<w:p><w:pPr><w:pStyle w:val="TOC{voce.level}"/></w:pPr>{before}'
        f'<w:hyperlink w:anchor="{voce.bookmark}" w:history="1">{testo}{campo}</w:hyperlink></w:p>'
    )


def renew(albero: Any, fresh: Mapping[str, bytes]) -> None:
    """Write the contents of an analyst's document again, from its own headings: those she added too.

    Parameters
    ----------
    albero : lxml element
        Her document, changed in place; nothing happens where she took the contents away.
    fresh : mapping
        Parts of the fresh package, for the pages.
    """
    suo = _contents(albero)
    if suo is None:
        return
    nuovo = _contents(etree.fromstring(fresh["word/document.xml"]))
    pagine = _pages(nuovo) | _pages(suo) if nuovo is not None else _pages(suo)
    titolo = suo.find(f"{{{W}}}sdtContent/{{{W}}}p")
    parole = "".join(n.text or "" for n in titolo.iter(f"{{{W}}}t")) if titolo is not None else "Indice"
    voci = numbered(_headings(albero), pagine)
    if voci:
        suo.getparent().replace(suo, reference.xml(block(voci, parole)))


def _contents(albero: Any) -> Any:
    for galleria in albero.iter(f"{{{W}}}docPartGallery"):
        if galleria.get(f"{{{W}}}val") == _GALLERIA:
            return next(galleria.iterancestors(f"{{{W}}}sdt"))
    return None


def _pages(contents: Any) -> dict[str, str]:
    esito = {}
    for legame in contents.iter(f"{{{W}}}hyperlink"):
        parole = [n.text or "" for n in legame.iter(f"{{{W}}}t")]
        if len(parole) > 1 and parole[-1].isdigit():
            esito[str(legame.get(f"{{{W}}}anchor"))] = parole[-1]
    return esito


def _headings(albero: Any) -> Iterable[tuple[int, bool, str, str]]:
    """Yield the headings of a document; those without a bookmark get one."""
    usati = [int(n.get(f"{{{W}}}id", "0")) for n in albero.iter(f"{{{W}}}bookmarkStart")]
    numero = max(usati, default=0)
    for paragrafo in albero.find(f"{{{W}}}body").iter(f"{{{W}}}p"):
        proprieta = paragrafo.find(f"{{{W}}}pPr")
        stile = proprieta.find(f"{{{W}}}pStyle") if proprieta is not None else None
        trovato = re.fullmatch(r"(?:Heading|Titolo)(\d)", str(stile.get(f"{{{W}}}val"))) if stile is not None else None
        testo = "".join(n.text or "" for n in paragrafo.iter(f"{{{W}}}t")).strip()
        if trovato is None or not testo:
            continue
        elenco = proprieta.find(f"{{{W}}}numPr/{{{W}}}numId")
        segno = next(paragrafo.iter(f"{{{W}}}bookmarkStart"), None)
        if segno is None:
            numero += 1
            segno = reference.xml(f'<w:bookmarkStart w:id="{numero}" w:name="_tit_{numero}"/>')
            paragrafo.insert(list(paragrafo).index(proprieta) + 1, segno)
            paragrafo.append(reference.xml(f'<w:bookmarkEnd w:id="{numero}"/>'))
        con_numero = elenco is None or elenco.get(f"{{{W}}}val") != "0"
        yield int(trovato[1]), con_numero, testo, str(segno.get(f"{{{W}}}name"))
