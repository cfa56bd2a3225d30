"""Whether a Word document can be signed: what is still to be read, accepted, filled in or brought up to date."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from conciliazione_lib.publish.documents import merge, package
from conciliazione_lib.publish.documents.package import AVVISO, Base, W

#: Kinds of what is found, in the order in which they are told, with their title.
GENERI: Final = MappingProxyType(
    {
        "avvisi": "Avvisi da rileggere",
        "revisioni": "Revisioni da accettare o rifiutare, e commenti",
        "campi": "Campi e sezioni da compilare",
        "date": "Date",
        "cifre": "Testi e cifre che non sono più quelli dei dati",
        "rimandi": "Rimandi senza meta",
    }
)

_REVISIONI = ("ins", "del", "moveFrom", "moveTo", "rPrChange", "pPrChange", "tblPrChange", "tcPrChange", "sectPrChange")
#: What whoever writes leaves to be filled in: words between square brackets, rows of underscores or dots, X's.
_DA_COMPILARE = re.compile(
    r"\[\s*(?:da\s+(?:compilare|completare|inserire|definire|aggiungere)|inserire|compilare|completare|…|\.{3})[^\]]*\]",
    re.I,
)
#: The same, where she wrote: the program's own words may have them as codes of a source.
_DA_COMPILARE_SUOI = re.compile(r"_{4,}|…{3,}|\.{6,}|\bX{3,}\b|\bTODO\b|\bgg/mm/aaaa\b", re.I)
_RIMANDO_PERSO = re.compile(
    r"Errore[.:!]? L'origine riferimento non è stata trovata|Errore: sorgente del riferimento non trovata"
    r"|Error! Reference source not found|Errore\. Il segnalibro non è definito",
    re.I,
)
_TITOLO = re.compile(r"(?:Heading|Titolo)(\d)")


@dataclass(frozen=True)
class Finding:
    """Something to settle before signing.

    Attributes
    ----------
    genere : str
        One of :data:`GENERI`.
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
    parti, base, albero = merge.opened(mine, nome)
    blocchi = list(_blocks(albero))
    trovate = [*_notices(blocchi, parti), *_revisions(blocchi, parti), *_to_fill(blocchi, base)]
    trovate += [
        Finding("rimandi", dove, f"«{_shortened(testo)}»")
        for dove, blocco in blocchi
        if _RIMANDO_PERSO.search(testo := _words(blocco))
    ]
    if fresh is None:
        trovate.append(Finding("cifre", "", f"Le cifre non si possono confrontare con i dati. {why}".strip()))
    else:
        trovate += _outdated(mine, fresh, base, nome)
    ordine = list(GENERI)
    return Readiness(
        tuple(sorted(trovate, key=lambda f: ordine.index(f.genere))), tuple(_by_hand(blocchi, base, fresh))
    )


def _blocks(albero: Any) -> Iterator[tuple[str, Any]]:
    """Yield the blocks of a document, contents apart, each with the heading it is under."""
    titolo = ""
    for blocco in albero.find(f"{{{W}}}body"):
        if blocco.tag == f"{{{W}}}sdt" and blocco.find(f".//{{{W}}}docPartGallery") is not None:
            continue
        if _level(blocco):
            titolo = _words(blocco).strip() or titolo
        yield titolo, blocco


def _level(blocco: Any) -> int:
    stile = blocco.find(f"{{{W}}}pPr/{{{W}}}pStyle")
    trovato = _TITOLO.fullmatch(str(stile.get(f"{{{W}}}val"))) if stile is not None else None
    return int(trovato[1]) if trovato else 0


def _words(blocco: Any) -> str:
    """Return everything that is read in a block, warnings and results of fields too."""
    return "".join(n.text or "" for n in blocco.iter(f"{{{W}}}t"))


def _notices(blocchi: list[tuple[str, Any]], parti: dict[str, bytes]) -> Iterator[Finding]:
    note = package.note_tree(parti)
    for dove, blocco in blocchi:
        for radice in (blocco, *package.notes_of(blocco, note)):
            scritto = ""
            for corsa in radice.iter(f"{{{W}}}r"):
                stile = corsa.find(f"{{{W}}}rPr/{{{W}}}rStyle")
                if stile is not None and stile.get(f"{{{W}}}val") == AVVISO:
                    scritto += _words(corsa)
            if not scritto and "DA RIVEDERE" in _words(radice):
                scritto = _words(radice)  # her program has lost the style
            for avviso in filter(None, (a.strip() for a in re.split(r"(?=\[DA RIVEDERE)", scritto))):
                yield Finding("avvisi", dove, avviso.strip("[] "))
        if _words(blocco).strip() in ("Capitolo non disponibile", "Dato mancante"):
            yield Finding("avvisi", dove, _words(blocco).strip())


def _revisions(blocchi: list[tuple[str, Any]], parti: dict[str, bytes]) -> Iterator[Finding]:
    conti: Counter[tuple[str, str]] = Counter()
    note = package.note_tree(parti)
    for dove, blocco in blocchi:
        for radice in (blocco, *package.notes_of(blocco, note)):
            conti[dove, "revisione"] += sum(1 for _ in radice.iter(*(f"{{{W}}}{nome}" for nome in _REVISIONI)))
            conti[dove, "commento"] += sum(1 for _ in radice.iter(f"{{{W}}}commentReference"))
    nomi = {"revisione": ("una revisione", "revisioni"), "commento": ("un commento", "commenti")}
    for (dove, cosa), quante in conti.items():
        if quante:
            yield Finding("revisioni", dove, nomi[cosa][0] if quante == 1 else f"{quante} {nomi[cosa][1]}")


def _to_fill(blocchi: list[tuple[str, Any]], base: Base) -> Iterator[Finding]:
    for dove, blocco in blocchi:
        for campo in blocco.iter(f"{{{W}}}sdt"):
            if campo.find(f"{{{W}}}sdtPr/{{{W}}}showingPlcHdr") is not None:
                yield Finding("campi", dove, f"campo non compilato: «{_shortened(_words(campo))}»")
        if blocco.tag == f"{{{W}}}sdt" and blocco.find(f"{{{W}}}sdtPr/{{{W}}}showingPlcHdr") is not None:
            continue
        testo, noto = package.text(blocco), base.blocks.get(package.identity(blocco))
        suoi = [] if noto is not None and noto.text == testo else [_DA_COMPILARE_SUOI]
        for trovato in (t for modello in (_DA_COMPILARE, *suoi) for t in modello.finditer(testo)):
            yield Finding("campi", dove, f"da compilare: «{_shortened(trovato[0])}»")
    for posto, (dove, blocco) in enumerate(blocchi):
        livello = _level(blocco)
        if not livello or not _words(blocco).strip():
            continue
        seguito = (altro for _, altro in blocchi[posto + 1 :] if _words(altro).strip() or _drawn(altro))
        dopo = next(seguito, None)
        if dopo is None or 0 < _level(dopo) <= livello:
            yield Finding("campi", dove, "sezione senza testo")


def _drawn(blocco: Any) -> bool:
    return next(blocco.iter(f"{{{W}}}drawing", f"{{{W}}}pict"), None) is not None


def _outdated(mine: bytes, fresh: bytes, base: Base, nome: str) -> Iterator[Finding]:
    nuova = merge.about(fresh, "il documento generato")
    for chiave, cosa in (("data", "i dati sono al"), ("id_edizione", "l'edizione è")):
        sua, ora = base.about.get(chiave, ""), nuova.get(chiave, "")
        if sua and ora and sua != ora:
            yield Finding("date", "", f"nel documento {cosa} {_day(sua)}, in quello generato {_day(ora)}")
    esito = merge.update(mine, fresh, nome)
    for testi, cosa in (
        (esito.updated, "i dati lo cambiano"),
        (esito.added, "nel documento generato c'è, qui no"),
        (esito.removed, "nel documento generato non c'è più"),
    ):
        for testo in testi:
            yield Finding("cifre", "", f"«{testo}»: {cosa}")
    for avviso in esito.warnings:
        yield Finding("cifre", "", avviso)


def _day(valore: str) -> str:
    from conciliazione_lib.evidence import formats

    return formats.data(valore) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", valore) else f"«{valore}»"


def _by_hand(blocchi: list[tuple[str, Any]], base: Base, fresh: bytes | None) -> Iterator[Finding]:
    """Yield the numbers that stand where she wrote and that the program never wrote there."""
    nuova = merge.opened(fresh, "il documento generato")[1].blocks if fresh is not None else {}
    for dove, blocco in blocchi:
        testo, id = package.text(blocco), package.identity(blocco)
        noto = base.blocks.get(id)
        if (noto is not None and testo == noto.text) or _level(blocco):
            continue
        scritti = set(merge.NUMERO.findall(noto.text)) if noto else set()
        scritti |= set(merge.NUMERO.findall(nuova[id].text)) if id in nuova else set()
        suoi = [n for n in dict.fromkeys(merge.NUMERO.findall(testo)) if n not in scritti]
        if suoi:
            yield Finding("cifre", dove, f"{', '.join(suoi)} in «{_shortened(testo)}»")


def _shortened(testo: str) -> str:
    riga = " ".join(testo.split())
    return riga if len(riga) <= 90 else f"{riga[:89].rstrip()}…"
