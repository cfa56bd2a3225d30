"""Is what readers see what the ledger says? Pure checks over what was extracted from pages, documents and tables.

Extracting is the business of ``publish.verify``; here is only the comparison, so that it can be tested without files.
Every finding says where the thing is, what was expected and what was found.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import conciliazione_lib.evidence.formats as formats
from conciliazione_lib.errors import ConciliazioneError
from conciliazione_lib.evidence.figure import Figure
from conciliazione_lib.evidence.ledger import Ledger
from conciliazione_lib.evidence.proofreading import free_numbers


@dataclass(frozen=True)
class Shown:
    """A figure or a claim as a reader meets it.

    Attributes
    ----------
    where : str
        File and place inside it, in Italian.
    kind : str
        ``cifra``, ``affermazione``, or ``cella`` (a table cell, whose header may carry the unit).
    id : str
        Of the figure or claim.
    text : str
        What the reader reads.
    value : str or None
        Raw value beside the text, where the medium has one (``data-valore``, a CSV or XLSX cell).
    """

    where: str
    kind: str
    id: str
    text: str
    value: str | None = None


@dataclass(frozen=True)
class Passage:
    """Prose from which figures and claims have been taken away: no number of data may be left."""

    where: str
    text: str


@dataclass(frozen=True)
class Finding:
    """One thing that does not hold.

    Attributes
    ----------
    rule : str
        ``cifra``, ``affermazione``, ``numero``, ``scheda``, ``valore``, ``documento``, ``registro``, ``collegamento``,
        ``completezza``.
    where : str
        File and place.
    id : str
        Figure or claim concerned; empty when there is none.
    expected, found : str
    """

    rule: str
    where: str
    id: str
    expected: str
    found: str

    def __str__(self) -> str:
        di_chi = f" [{self.id}]" if self.id else ""
        return f"{self.where}{di_chi}: atteso {self.expected}; trovato {self.found}."

    def to_dict(self) -> dict[str, str]:
        """Return plain data with Italian keys."""
        return {
            "regola": self.rule,
            "dove": self.where,
            "id": self.id,
            "atteso": self.expected,
            "trovato": self.found,
        }


def check_ledger(ledger: Ledger, where: str = "cifre.json", texts: Mapping[str, str] | None = None) -> list[Finding]:
    """Check a ledger against itself: every claim still gives its words, every stored text is its value's.

    Parameters
    ----------
    ledger : Ledger
    where : str
        Name of the file, for the findings.
    texts : mapping, optional
        The texts stored beside the values, by figure.
    """
    trovate = []
    for chiave in sorted(ledger.claims):
        detta = ledger.claims[chiave]
        try:
            parole = detta.reevaluate(ledger.figures)
        except (ConciliazioneError, KeyError, TypeError) as errore:
            trovate.append(Finding("affermazione", where, chiave, "un'affermazione valutabile", str(errore)))
            continue
        if parole != detta.words:
            trovate.append(Finding("affermazione", where, chiave, f"«{parole}», secondo la regola", f"«{detta.words}»"))
    for chiave, testo in (texts or {}).items():
        if chiave in ledger and ledger[chiave].text != testo:
            trovate.append(Finding("registro", where, chiave, f"«{ledger[chiave].text}»", f"«{testo}»"))
    return trovate


def check_shown(ledger: Ledger, shown: Iterable[Shown], cards: Collection[str] | None = None) -> list[Finding]:
    """Check what pages and tables show against the ledger.

    Parameters
    ----------
    ledger : Ledger
        Of the edition.
    shown : iterable of Shown
    cards : collection of str, optional
        Ids of the figures that have a card; when given, every figure shown must have one.

    Returns
    -------
    list of Finding
    """
    trovate: list[Finding] = []
    for cosa in shown:
        if cosa.kind == "affermazione":
            trovate += _affermazione(ledger, cosa)
            continue
        if cosa.id not in ledger:
            trovate.append(Finding("cifra", cosa.where, cosa.id, "una cifra del registro", f"«{cosa.text}»"))
            continue
        figure = ledger[cosa.id]
        ammessi = accepted_texts(figure, cella=cosa.kind == "cella")
        if plain(cosa.text) not in ammessi:
            trovate.append(Finding("cifra", cosa.where, cosa.id, f"«{figure.text}»", f"«{plain(cosa.text)}»"))
        if cosa.value is not None and not same_value(figure, cosa.value):
            atteso = "nessun valore" if figure.value is None else repr(figure.value)
            trovate.append(Finding("valore", cosa.where, cosa.id, atteso, cosa.value or "nessun valore"))
        if cards is not None and cosa.id not in cards:
            trovate.append(Finding("scheda", cosa.where, cosa.id, "una cifra con la sua scheda", "nessuna scheda"))
    return trovate


def check_cards(ledger: Ledger, cards: Mapping[str, str]) -> list[Finding]:
    """Check that the cards show the values of the ledger.

    Parameters
    ----------
    ledger : Ledger
    cards : mapping of str to str
        Text on the card of each figure, by id.
    """
    return [
        Finding("scheda", f"scheda {chiave}", chiave, f"«{ledger[chiave].text}»", f"«{plain(testo)}»")
        for chiave, testo in cards.items()
        if chiave in ledger and plain(testo) != ledger[chiave].text
    ]


def check_cells(ledger: Ledger, cells: Iterable[Shown]) -> list[Finding]:
    """Check table cells: the text is the raw value, rounded; the raw value is the figure's, where there is a figure.

    The text of a figure that was guessed is its interval.
    """
    trovate = []
    for cella in cells:
        testo, valore = plain(cella.text), cella.value or ""
        figure = ledger[cella.id] if cella.id and cella.id in ledger else None
        if figure is not None and not same_value(figure, valore):
            trovate.append(Finding("valore", cella.where, cella.id, f"{figure.value}", valore or "nessun valore"))
        elif figure is not None and figure.guessed:
            if testo not in accepted_texts(figure, cella=True):
                trovate.append(Finding("cifra", cella.where, cella.id, f"«{figure.number}»", f"«{testo}»"))
        elif not reads_as(testo, valore):
            trovate.append(Finding("cifra", cella.where, cella.id, f"il valore {valore or 'mancante'}", f"«{testo}»"))
    return trovate


def reads_as(testo: str, valore: str) -> bool:
    """Tell whether an Italian number, with or without its unit, is a raw value rounded to the decimals it shows."""
    if valore in ("", "None", "nan"):
        return not re.search(r"\d", testo)
    numero = re.search(r"[-+]?\d[\d.]*(?:,(\d+))?", testo)
    if numero is None:
        return False
    letto = Decimal(numero[0].replace(".", "").replace(",", "."))
    try:
        return formats.arrotonda(float(valore), len(numero[1] or "")) == letto
    except ValueError:
        return False


def _affermazione(ledger: Ledger, cosa: Shown) -> list[Finding]:
    detta = ledger.claims.get(cosa.id)
    if detta is None:
        return [Finding("affermazione", cosa.where, cosa.id, "un'affermazione del registro", f"«{plain(cosa.text)}»")]
    ammesse = {detta.words, detta.words[:1].upper() + detta.words[1:]}
    if plain(cosa.text) not in ammesse:
        return [Finding("affermazione", cosa.where, cosa.id, f"«{detta.words}»", f"«{plain(cosa.text)}»")]
    return []


def check_passages(passages: Iterable[Passage]) -> list[Finding]:
    """Find the numbers of prose that are neither a figure nor allowed by rule."""
    return [
        Finding(
            "numero", brano.where, "", "un numero legato alla sua cifra", f"«{libero}» in «{plain(brano.text)[:160]}»"
        )
        for brano in passages
        for libero in free_numbers(brano.text)
    ]


#: What a document may put between the pieces of a sentence: the sign of a footnote.
_INTRUSI = re.compile(r"[\d⁰¹²³⁴⁵⁶⁷⁸⁹*()\[\]]{0,5}")


def check_document(expected: Iterable[tuple[str, Sequence[str]]], text: str, where: str) -> list[Finding]:
    """Check that a document says what the pages say.

    Parameters
    ----------
    expected : iterable of (id, pieces)
        Each sentence as the reader of the site reads it, cut where its figures and claims begin and end, with the id
        of the first of them.
    text : str
        All the text of the document, as extracted: spaces, line breaks and hyphens at the end of a line do not count,
        nor the sign of a footnote between two pieces.
    where : str
        Name of the document.

    Returns
    -------
    list of Finding
        One for each sentence that the document does not hold as it is.
    """
    parole = _joined(text).split()
    compatto, confini = "".join(parole), set(itertools.accumulate(map(len, parole), initial=0))
    return [
        Finding("documento", where, chiave, f"la frase «{plain(''.join(pezzi))}»", "nel documento non c'è, o è diversa")
        for chiave, pezzi in expected
        # a hyphen that ends a piece is one of a line break for who reads the pieces together
        if not _in_order([piccolo for pezzo in pezzi if (piccolo := squeeze(pezzo).rstrip("-"))], compatto, confini)
    ]


def _in_order(pezzi: Sequence[str], testo: str, confini: Collection[int]) -> bool:
    """Tell whether the pieces follow each other in the text, with nothing between them but the sign of a footnote."""
    if not pezzi:
        return True
    for inizio in _places(pezzi[0], testo, confini, 0, len(testo)):
        posto = inizio + len(pezzi[0])
        for pezzo in pezzi[1:]:
            fine = _INTRUSI.match(testo, posto).end() + len(pezzo)  # type: ignore[union-attr]
            trovato = next(_places(pezzo, testo, confini, posto, fine), -1)
            if trovato < 0:
                break
            posto = trovato + len(pezzo)
        else:
            return True
    return False


def _places(pezzo: str, testo: str, confini: Collection[int], da: int, a: int) -> Iterator[int]:
    """Yield where a piece is in the text between two places, as a whole: no number of it goes on before or after."""
    posto = testo.find(pezzo, da, a)
    while posto >= 0:
        fine = posto + len(pezzo)
        prima = testo[posto - 1 : posto] if posto not in confini else ""
        attaccati = next(n for n in range(3) if fine + n in confini or n == 2)
        dopo = testo[fine : fine + attaccati]
        aperto = pezzo[0].isdigit() and prima and prima in "0123456789.,+-−"
        segue = pezzo[-1].isdigit() and re.match(r"\d|[.,]\d", dopo)
        if not aperto and not segue:
            yield posto
        posto = testo.find(pezzo, posto + 1, a)


def accepted_texts(figure: Figure, cella: bool = False) -> set[str]:
    """Return the ways a figure may be written: its text, its interval, and in a cell the number without the unit."""
    testi = {figure.text, figure.interval_text} - {""}
    if cella:
        testi.add(figure.number)
    return testi


def same_value(figure: Figure, valore: str) -> bool:
    """Tell whether a raw value, as written in a file, is that of the figure (to twelve digits)."""
    if valore.strip() in ("", "null", "None", "nan", "n.d."):
        return figure.value is None
    if figure.value is None:
        return False
    try:
        letto = float(valore)
    except ValueError:
        return False
    return f"{letto:.12g}" == f"{float(figure.value):.12g}"


def plain(testo: str) -> str:
    """Return text with ordinary spaces, single and trimmed."""
    return re.sub(r"\s+", " ", testo.replace("\xa0", " ").replace("\u202f", " ")).strip()


#: A hyphen inside a word or before one, which a line break may follow, precede or add; never a minus sign.
_TRATTINO = "|".join(
    [
        r"(?<=[^\W\d])[-\u2010\u00ad]\s*(?=\w)",
        r"(?<=\w)\s*[-\u2010\u00ad]\s*(?=[^\W\d]|\n\s*\w)",
        r"(?<=\w)\s*[-\u2010]\s+(?=\d)",  # «2 luglio - 7 settembre»: no space follows a minus sign
    ]
)
#: A date, as in the id of a figure, wherever a line break cuts it.
_DATA = r"(?<!\d)(\d{4})\s*-\s*(\d\d)\s*-\s*(\d\d)(?!\d)"


def _joined(testo: str) -> str:
    """Return text without the hyphens of words and dates, and with plain letters and apostrophes."""
    testo = re.sub(_TRATTINO, "", re.sub(_DATA, r"\1\2\3", testo))
    return testo.replace("’", "'").replace("\ufb01", "fi").replace("\ufb02", "fl")


def squeeze(testo: str) -> str:
    """Return text without what a line break adds or takes: spaces, and hyphens inside a word (minus signs stay).

    At the end of a line nobody can tell a hyphen of the word from one of the line break, so neither counts.
    """
    return re.sub(r"\s+", "", _joined(testo))
