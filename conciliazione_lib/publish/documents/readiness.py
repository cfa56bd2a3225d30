"""Whether a Word document can be signed: what is still to be read, accepted, filled in or brought up to date."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import conciliazione_lib.publish.documents.merge as merge
import conciliazione_lib.publish.documents.package as package
from conciliazione_lib.evidence import formats
from conciliazione_lib.publish.documents.package import WARNING, Base, W

#: Kinds of what is found, in the order in which they are told, with their title.
KINDS: Final = MappingProxyType(
    {
        "avvisi": "Avvisi da rileggere",
        "revisioni": "Revisioni da accettare o rifiutare, e commenti",
        "campi": "Campi e sezioni da compilare",
        "date": "Date",
        "cifre": "Testi e cifre che non sono più quelli dei dati",
        "rimandi": "Rimandi senza meta",
    }
)

_REVISIONS = ("ins", "del", "moveFrom", "moveTo", "rPrChange", "pPrChange", "tblPrChange", "tcPrChange", "sectPrChange")
#: What whoever writes leaves to be filled in: words between square brackets, rows of underscores or dots, X's.
_TO_FILL = re.compile(
    r"\[\s*(?:da\s+(?:compilare|completare|inserire|definire|aggiungere)|inserire|compilare|completare|…|\.{3})[^\]]*\]",
    re.I,
)
#: The same, where she wrote: the program's own words may have them as codes of a source.
_OWN_TO_FILL = re.compile(r"_{4,}|…{3,}|\.{6,}|\bX{3,}\b|\bTODO\b|\bgg/mm/aaaa\b", re.I)
_LOST_CROSS_REFERENCE = re.compile(
    r"Errore[.:!]? L'origine riferimento non è stata trovata|Errore: sorgente del riferimento non trovata"
    r"|Error! Reference source not found|Errore\. Il segnalibro non è definito",
    re.I,
)
_TITLE = re.compile(r"(?:Heading|Titolo)(\d)")


@dataclass(frozen=True)
class Finding:
    """Something to settle before signing.

    Attributes
    ----------
    genere : str
        One of :data:`KINDS`.
    dove : str
        Heading under which it is; empty for the whole document.
    testo : str
        What, in Italian.
    """

    genere: str
    dove: str
    testo: str


@dataclass(frozen=True)
class Readiness:
    """What was found, and the numbers she wrote by hand, which no data support: not a fault, but to be known."""

    findings: tuple[Finding, ...]
    by_hand: tuple[Finding, ...]


def told(findings: Iterable[Finding]) -> list[str]:
    """Return what was found as lines to read, each once: where, what and, when it is more than one, how many times.

    Examples
    --------
    >>> told([Finding("campi", "La rete", "da compilare"), Finding("campi", "La rete", "da compilare")])
    ['La rete: da compilare (2 volte)']
    """
    counts = Counter(f"{one.dove}: {one.testo}" if one.dove else one.testo for one in findings)
    return [line if count == 1 else f"{line} ({count} volte)" for line, count in counts.items()]


def check(mine: bytes, fresh: bytes | None, nome: str, why: str = "") -> Readiness:
    """Check whether a document is ready to be signed.

    Parameters
    ----------
    mine : bytes
        The document.
    fresh : bytes, optional
        The same as the program writes it now; without it figures cannot be checked, and this is said.
    nome : str
        Name of the file, for the messages.
    why : str
        Why there is no fresh document.

    Raises
    ------
    DatiError
        It is not a Word file, it is damaged, or the program did not write it.
    """
    parts, base, tree = merge.opened(mine, nome)
    blocks = list(_blocks(tree))
    found = [*_notices(blocks, parts), *_revisions(blocks, parts), *_to_fill(blocks, base)]
    found += [
        Finding("rimandi", where, f"«{_shortened(text)}»")
        for where, block in blocks
        if _LOST_CROSS_REFERENCE.search(text := _words(block))
    ]
    if fresh is None:
        found.append(Finding("cifre", "", f"Le cifre non si possono confrontare con i dati. {why}".strip()))
    else:
        found += _outdated(mine, fresh, base, nome)
    order = list(KINDS)
    return Readiness(tuple(sorted(found, key=lambda f: order.index(f.genere))), tuple(_by_hand(blocks, base, fresh)))


def _blocks(tree: Any) -> Iterator[tuple[str, Any]]:
    """Yield the blocks of a document, contents apart, each with the heading it is under."""
    title = ""
    for block in tree.find(f"{{{W}}}body"):
        if block.tag == f"{{{W}}}sdt" and block.find(f".//{{{W}}}docPartGallery") is not None:
            continue
        if _level(block):
            title = _words(block).strip() or title
        yield title, block


def _level(block: Any) -> int:
    style = block.find(f"{{{W}}}pPr/{{{W}}}pStyle")
    found = _TITLE.fullmatch(str(style.get(f"{{{W}}}val"))) if style is not None else None
    return int(found[1]) if found else 0


def _words(block: Any) -> str:
    """Return everything that is read in a block, warnings and results of fields too."""
    return "".join(n.text or "" for n in block.iter(f"{{{W}}}t"))


def _notices(blocks: list[tuple[str, Any]], parts: dict[str, bytes]) -> Iterator[Finding]:
    note = package.note_tree(parts)
    for where, block in blocks:
        for root in (block, *package.notes_of(block, note)):
            written = ""
            for run in root.iter(f"{{{W}}}r"):
                style = run.find(f"{{{W}}}rPr/{{{W}}}rStyle")
                if style is not None and style.get(f"{{{W}}}val") == WARNING:
                    written += _words(run)
            if not written and "DA RIVEDERE" in _words(root):
                written = _words(root)  # her program has lost the style
            for warning in filter(None, (a.strip() for a in re.split(r"(?=\[DA RIVEDERE)", written))):
                yield Finding("avvisi", where, warning.strip("[] "))
        if _words(block).strip() in ("Capitolo non disponibile", "Dato mancante"):
            yield Finding("avvisi", where, _words(block).strip())


def _revisions(blocks: list[tuple[str, Any]], parts: dict[str, bytes]) -> Iterator[Finding]:
    counts: Counter[tuple[str, str]] = Counter()
    note = package.note_tree(parts)
    for where, block in blocks:
        for root in (block, *package.notes_of(block, note)):
            counts[where, "revisione"] += sum(1 for _ in root.iter(*(f"{{{W}}}{name}" for name in _REVISIONS)))
            counts[where, "commento"] += sum(1 for _ in root.iter(f"{{{W}}}commentReference"))
    names = {"revisione": ("una revisione", "revisioni"), "commento": ("un commento", "commenti")}
    for (where, thing), how_many in counts.items():
        if how_many:
            yield Finding("revisioni", where, names[thing][0] if how_many == 1 else f"{how_many} {names[thing][1]}")


def _to_fill(blocks: list[tuple[str, Any]], base: Base) -> Iterator[Finding]:
    for where, block in blocks:
        for field in block.iter(f"{{{W}}}sdt"):
            if field.find(f"{{{W}}}sdtPr/{{{W}}}showingPlcHdr") is not None:
                yield Finding("campi", where, f"campo non compilato: «{_shortened(_words(field))}»")
        if block.tag == f"{{{W}}}sdt" and block.find(f"{{{W}}}sdtPr/{{{W}}}showingPlcHdr") is not None:
            continue
        text, known = package.text(block), base.blocks.get(package.identity(block))
        own_ones = [] if known is not None and known.text == text else [_OWN_TO_FILL]
        for found in (t for template in (_TO_FILL, *own_ones) for t in template.finditer(text)):
            yield Finding("campi", where, f"da compilare: «{_shortened(found[0])}»")
    for place, (where, block) in enumerate(blocks):
        level = _level(block)
        if not level or not _words(block).strip():
            continue
        rest = (other for _, other in blocks[place + 1 :] if _words(other).strip() or _drawn(other))
        after = next(rest, None)
        if after is None or 0 < _level(after) <= level:
            yield Finding("campi", where, "sezione senza testo")


def _drawn(block: Any) -> bool:
    return next(block.iter(f"{{{W}}}drawing", f"{{{W}}}pict"), None) is not None


def _outdated(mine: bytes, fresh: bytes, base: Base, nome: str) -> Iterator[Finding]:
    new = merge.about(fresh, "il documento generato")
    for key, thing in (("data", "i dati sono al"), ("id_edizione", "l'edizione è")):
        own, now = base.about.get(key, ""), new.get(key, "")
        if own and now and own != now:
            yield Finding("date", "", f"nel documento {thing} {_day(own)}, in quello generato {_day(now)}")
    outcome = merge.update(mine, fresh, nome)
    for texts, thing in (
        (outcome.updated, "i dati lo cambiano"),
        (outcome.added, "nel documento generato c'è, qui no"),
        (outcome.removed, "nel documento generato non c'è più"),
    ):
        for text in texts:
            yield Finding("cifre", "", f"«{text}»: {thing}")
    for warning in outcome.warnings:
        yield Finding("cifre", "", warning)


def _day(valore: str) -> str:
    return formats.data(valore) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", valore) else f"«{valore}»"


def _by_hand(blocks: list[tuple[str, Any]], base: Base, fresh: bytes | None) -> Iterator[Finding]:
    """Yield the numbers that stand where she wrote and that the program never wrote there."""
    new = merge.opened(fresh, "il documento generato")[1].blocks if fresh is not None else {}
    for where, block in blocks:
        text, id = package.text(block), package.identity(block)
        known = base.blocks.get(id)
        if (known is not None and text == known.text) or _level(block):
            continue
        written = set(merge.NUMBER.findall(known.text)) if known else set()
        written |= set(merge.NUMBER.findall(new[id].text)) if id in new else set()
        own_ones = [n for n in dict.fromkeys(merge.NUMBER.findall(text)) if n not in written]
        if own_ones:
            yield Finding("cifre", where, f"{', '.join(own_ones)} in «{_shortened(text)}»")


def _shortened(testo: str) -> str:
    row = " ".join(testo.split())
    return row if len(row) <= 90 else f"{row[:89].rstrip()}…"
