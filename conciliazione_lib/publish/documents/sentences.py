"""Merging the sentences of a paragraph: hers where she wrote, the program's elsewhere, a warning where both changed."""

from __future__ import annotations

import re
from copy import deepcopy
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any

from conciliazione_lib.publish.documents import package, reference
from conciliazione_lib.publish.documents.package import AVVISO, W

_STOPS = (".", ":", "!", "?")
_FINE = re.compile(r"(?<=[.!?;:])\s+(?=[A-ZÀ-Ý«(])")


def split(testo: str) -> list[str]:
    """Return the sentences of a text, each with the spaces after it: joined, they are the text."""
    tagli = [0, *(m.end() for m in _FINE.finditer(testo)), len(testo)]
    return [testo[a:b] for a, b in pairwise(tagli) if a < b]


def merge(paragraph: Any, base: str, fresh: str) -> list[str]:
    """Bring a paragraph she edited up to date, in place.

    Parameters
    ----------
    paragraph : lxml element
        Hers.
    base, fresh : str
        What the program wrote then, and writes now.

    Returns
    -------
    list of str
        The warnings put in the paragraph.
    """
    _drop_warnings(paragraph)
    sue = split(package.text(paragraph))
    di_base, nuove = split(base), split(fresh)
    inizi = [sum(map(len, sue[:i])) for i in range(len(sue) + 1)]
    intatte: dict[int, int] = {}
    vicine: dict[int, int] = {}
    for genere, b1, b2, s1, s2 in SequenceMatcher(None, _bare(di_base), _bare(sue), autojunk=False).get_opcodes():
        for i in range(b1, b2):
            vicine[i] = inizi[s2]
            if genere == "equal":
                intatte[i] = s1 + i - b1
    avvisi: list[str] = []
    modifiche: list[tuple[int, int, str, bool]] = []
    for come, b1, b2, n1, n2 in SequenceMatcher(None, _bare(di_base), _bare(nuove), autojunk=False).get_opcodes():
        if come == "equal":
            continue
        # Sentence against sentence where their number is the same: one edited does not hold back the next.
        pari = b2 - b1 == n2 - n1
        gruppi = [(i, i + 1, n1 + i - b1, n1 + i - b1 + 1) for i in range(b1, b2)] if pari else [(b1, b2, n1, n2)]
        for da, a, nda, na in gruppi:
            testo = "".join(nuove[nda:na])
            sue_intatte = [intatte.get(i) for i in range(da, a)]
            if sue_intatte and None not in sue_intatte:
                primo, ultimo = sue_intatte[0] or 0, sue_intatte[-1] or 0
                coda = len(sue[ultimo]) - len(sue[ultimo].rstrip())  # the space before what follows stays hers
                fine, nuova = inizi[ultimo + 1] - coda, testo.rstrip()
                if nuova[-1:] in _STOPS and sue[ultimo].rstrip()[-1:] == nuova[-1:]:
                    fine, nuova = fine - 1, nuova[:-1]  # a reference to a table stands before the last stop
                modifiche.append((inizi[primo], fine, nuova, False))
                continue
            if _bare([testo])[0] in _bare(sue):
                continue  # she had already written it so
            dove = vicine.get(a - 1, inizi[-1] if a else 0)
            if testo.strip():
                avviso = f"le cifre di questa frase sono cambiate; il testo generato ora è: «{testo.strip()}»"
            else:
                avviso = "questa frase non è più nel testo generato"
            modifiche.append((dove, dove, avviso, True))
    for inizio, fine, testo, da_rivedere in sorted(modifiche, key=lambda m: (m[0], m[3]), reverse=True):
        if da_rivedere:
            _insert(paragraph, inizio, f"[DA RIVEDERE: {testo}] ")
            avvisi.append(testo)
        else:
            _replace(paragraph, inizio, fine, testo)
    return avvisi[::-1]


def warning_paragraph(testo: str) -> Any:
    """Return a paragraph that holds only a warning."""
    paragrafo = reference.xml("<w:p/>")
    paragrafo.append(_warning(f"[DA RIVEDERE: {testo}]"))
    return paragrafo


def append_warning(blocco: Any, testo: str) -> None:
    """Put a warning at the end of a block of hers: of its last paragraph, for a table."""
    paragrafo = blocco if blocco.tag == f"{{{W}}}p" else list(blocco.iter(f"{{{W}}}p"))[-1]
    paragrafo.append(_warning(f" [DA RIVEDERE: {testo}]"))


def _warning(testo: str) -> Any:
    corsa = reference.xml(f'<w:r><w:rPr><w:rStyle w:val="{AVVISO}"/></w:rPr><w:t xml:space="preserve"/></w:r>')
    corsa[1].text = testo
    return corsa


def _bare(frasi: list[str]) -> list[str]:
    return [" ".join(frase.split()) for frase in frasi]


def _drop_warnings(paragraph: Any) -> None:
    """Take away the warnings of an earlier update: those still true are put again."""
    for stile in list(paragraph.iter(f"{{{W}}}rStyle")):
        if stile.get(f"{{{W}}}val") == AVVISO:
            corsa = stile.getparent().getparent()
            corsa.getparent().remove(corsa)


def _replace(paragraph: Any, start: int, end: int, text: str) -> None:
    """Put a text in the place of another, in the run where that begins."""
    posto, scritto = 0, False
    for nodo in package.texts(paragraph):
        contenuto = nodo.text or ""
        da, a = max(start - posto, 0), min(end - posto, len(contenuto))
        posto += len(contenuto)
        if da >= a:
            continue
        nodo.text = contenuto[:da] + ("" if scritto else text) + contenuto[a:]
        nodo.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        scritto = True


def _insert(paragraph: Any, offset: int, text: str) -> None:
    """Put a warning after so many characters, splitting a run if need be."""
    posto = 0
    ultimo = None
    for nodo in package.texts(paragraph):
        contenuto = nodo.text or ""
        if posto + len(contenuto) >= offset > posto:
            corsa = nodo.getparent()
            taglio = offset - posto
            if taglio < len(contenuto):
                resto = deepcopy(corsa)
                copia = resto.findall(f"{{{W}}}t")[corsa.findall(f"{{{W}}}t").index(nodo)]
                nodo.text, copia.text = contenuto[:taglio], contenuto[taglio:]
                for dopo in list(nodo.itersiblings()):
                    corsa.remove(dopo)
                for prima in list(copia.itersiblings(preceding=True)):
                    if not prima.tag.endswith("}rPr"):
                        resto.remove(prima)
                for testo in (nodo, copia):
                    testo.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
                corsa.addnext(resto)
            ultimo = corsa
            break
        posto += len(contenuto)
        ultimo = nodo.getparent()
    if ultimo is None:
        paragraph.append(_warning(text))
        return
    while ultimo.getparent() is not paragraph and not ultimo.tag.endswith("}p"):
        if ultimo.getnext() is not None:  # inside a link, before its end
            break
        ultimo = ultimo.getparent()
    ultimo.addnext(_warning(text))
