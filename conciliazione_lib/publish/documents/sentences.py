"""Merging the sentences of a paragraph: hers where she wrote, the program's elsewhere, a warning where both changed."""

from __future__ import annotations

import re
from copy import deepcopy
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any

import conciliazione_lib.publish.documents.package as package
import conciliazione_lib.publish.documents.reference as reference
from conciliazione_lib.publish.documents.package import WARNING, W

_STOPS = (".", ":", "!", "?")
_END = re.compile(r"(?<=[.!?;:])\s+(?=[A-ZÀ-Ý«(])")


def split(testo: str) -> list[str]:
    """Return the sentences of a text, each with the spaces after it: joined, they are the text."""
    cuts = [0, *(m.end() for m in _END.finditer(testo)), len(testo)]
    return [testo[a:b] for a, b in pairwise(cuts) if a < b]


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
    own = split(package.text(paragraph))
    of_base, new = split(base), split(fresh)
    starts = [sum(map(len, own[:i])) for i in range(len(own) + 1)]
    intact: dict[int, int] = {}
    near: dict[int, int] = {}
    for kind, b1, b2, s1, s2 in SequenceMatcher(None, _bare(of_base), _bare(own), autojunk=False).get_opcodes():
        for i in range(b1, b2):
            near[i] = starts[s2]
            if kind == "equal":
                intact[i] = s1 + i - b1
    warnings: list[str] = []
    edits: list[tuple[int, int, str, bool]] = []
    for how, b1, b2, n1, n2 in SequenceMatcher(None, _bare(of_base), _bare(new), autojunk=False).get_opcodes():
        if how == "equal":
            continue
        # Sentence against sentence where their number is the same: one edited does not hold back the next.
        equals = b2 - b1 == n2 - n1
        groups = [(i, i + 1, n1 + i - b1, n1 + i - b1 + 1) for i in range(b1, b2)] if equals else [(b1, b2, n1, n2)]
        for from_, a, nda, na in groups:
            text = "".join(new[nda:na])
            intact_own = [intact.get(i) for i in range(from_, a)]
            if intact_own and None not in intact_own:
                first, last = intact_own[0] or 0, intact_own[-1] or 0
                tail = len(own[last]) - len(own[last].rstrip())  # the space before what follows stays hers
                end, one_new = starts[last + 1] - tail, text.rstrip()
                if one_new[-1:] in _STOPS and own[last].rstrip()[-1:] == one_new[-1:]:
                    end, one_new = end - 1, one_new[:-1]  # a reference to a table stands before the last stop
                edits.append((starts[first], end, one_new, False))
                continue
            if _bare([text])[0] in _bare(own):
                continue  # she had already written it so
            where = near.get(a - 1, starts[-1] if a else 0)
            if text.strip():
                warning = f"le cifre di questa frase sono cambiate; il testo generato ora è: «{text.strip()}»"
            else:
                warning = "questa frase non è più nel testo generato"
            edits.append((where, where, warning, True))
    for start, end, text, from_to_review in sorted(edits, key=lambda m: (m[0], m[3]), reverse=True):
        if from_to_review:
            _insert(paragraph, start, f"[DA RIVEDERE: {text}] ")
            warnings.append(text)
        else:
            _replace(paragraph, start, end, text)
    return warnings[::-1]


def warning_paragraph(testo: str) -> Any:
    """Return a paragraph that holds only a warning."""
    paragraph = reference.xml("<w:p/>")
    paragraph.append(_warning(f"[DA RIVEDERE: {testo}]"))
    return paragraph


def append_warning(block: Any, testo: str) -> None:
    """Put a warning at the end of a block of hers: of its last paragraph, for a table."""
    paragraph = block if block.tag == f"{{{W}}}p" else list(block.iter(f"{{{W}}}p"))[-1]
    paragraph.append(_warning(f" [DA RIVEDERE: {testo}]"))


def _warning(testo: str) -> Any:
    run = reference.xml(f'<w:r><w:rPr><w:rStyle w:val="{WARNING}"/></w:rPr><w:t xml:space="preserve"/></w:r>')
    run[1].text = testo
    return run


def _bare(sentences: list[str]) -> list[str]:
    return [" ".join(sentence.split()) for sentence in sentences]


def _drop_warnings(paragraph: Any) -> None:
    """Take away the warnings of an earlier update: those still true are put again."""
    for style in list(paragraph.iter(f"{{{W}}}rStyle")):
        if style.get(f"{{{W}}}val") == WARNING:
            run = style.getparent().getparent()
            run.getparent().remove(run)


def _replace(paragraph: Any, start: int, end: int, text: str) -> None:
    """Put a text in the place of another, in the run where that begins."""
    place, written = 0, False
    for node in package.texts(paragraph):
        content = node.text or ""
        from_, a = max(start - place, 0), min(end - place, len(content))
        place += len(content)
        if from_ >= a:
            continue
        node.text = content[:from_] + ("" if written else text) + content[a:]
        node.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        written = True


def _insert(paragraph: Any, offset: int, text: str) -> None:
    """Put a warning after so many characters, splitting a run if need be."""
    place = 0
    last = None
    for node in package.texts(paragraph):
        content = node.text or ""
        if place + len(content) >= offset > place:
            run = node.getparent()
            cut = offset - place
            if cut < len(content):
                rest = deepcopy(run)
                copy = rest.findall(f"{{{W}}}t")[run.findall(f"{{{W}}}t").index(node)]
                node.text, copy.text = content[:cut], content[cut:]
                for after in list(node.itersiblings()):
                    run.remove(after)
                for before in list(copy.itersiblings(preceding=True)):
                    if not before.tag.endswith("}rPr"):
                        rest.remove(before)
                for words in (node, copy):
                    words.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
                run.addnext(rest)
            last = run
            break
        place += len(content)
        last = node.getparent()
    if last is None:
        paragraph.append(_warning(text))
        return
    while last.getparent() is not paragraph and not last.tag.endswith("}p"):
        if last.getnext() is not None:  # inside a link, before its end
            break
        last = last.getparent()
    last.addnext(_warning(text))
