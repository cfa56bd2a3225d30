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
        of_who = f" [{self.id}]" if self.id else ""
        return f"{self.where}{of_who}: atteso {self.expected}; trovato {self.found}."

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
    found = []
    for key in sorted(ledger.claims):
        said = ledger.claims[key]
        try:
            words = said.reevaluate(ledger.figures)
        except (ConciliazioneError, KeyError, TypeError) as error:
            found.append(Finding("affermazione", where, key, "un'affermazione valutabile", str(error)))
            continue
        if words != said.words:
            found.append(Finding("affermazione", where, key, f"«{words}», secondo la regola", f"«{said.words}»"))
    for key, text in (texts or {}).items():
        if key in ledger and ledger[key].text != text:
            found.append(Finding("registro", where, key, f"«{ledger[key].text}»", f"«{text}»"))
    return found


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
    found: list[Finding] = []
    for thing in shown:
        if thing.kind == "affermazione":
            found += _claim(ledger, thing)
            continue
        if thing.id not in ledger:
            found.append(Finding("cifra", thing.where, thing.id, "una cifra del registro", f"«{thing.text}»"))
            continue
        figure = ledger[thing.id]
        allowed = accepted_texts(figure, cell=thing.kind == "cella")
        if plain(thing.text) not in allowed:
            found.append(Finding("cifra", thing.where, thing.id, f"«{figure.text}»", f"«{plain(thing.text)}»"))
        if thing.value is not None and not same_value(figure, thing.value):
            expected = "nessun valore" if figure.value is None else repr(figure.value)
            found.append(Finding("valore", thing.where, thing.id, expected, thing.value or "nessun valore"))
        if cards is not None and thing.id not in cards:
            found.append(Finding("scheda", thing.where, thing.id, "una cifra con la sua scheda", "nessuna scheda"))
    return found


def check_cards(ledger: Ledger, cards: Mapping[str, str]) -> list[Finding]:
    """Check that the cards show the values of the ledger.

    Parameters
    ----------
    ledger : Ledger
    cards : mapping of str to str
        Text on the card of each figure, by id.
    """
    return [
        Finding("scheda", f"scheda {key}", key, f"«{ledger[key].text}»", f"«{plain(text)}»")
        for key, text in cards.items()
        if key in ledger and plain(text) != ledger[key].text
    ]


def check_cells(ledger: Ledger, cells: Iterable[Shown]) -> list[Finding]:
    """Check table cells: the text is the raw value, rounded; the raw value is the figure's, where there is a figure.

    The text of a figure that was guessed is its interval.
    """
    found = []
    for cell in cells:
        text, value = plain(cell.text), cell.value or ""
        figure = ledger[cell.id] if cell.id and cell.id in ledger else None
        if figure is not None and not same_value(figure, value):
            found.append(Finding("valore", cell.where, cell.id, f"{figure.value}", value or "nessun valore"))
        elif figure is not None and figure.guessed:
            if text not in accepted_texts(figure, cell=True):
                found.append(Finding("cifra", cell.where, cell.id, f"«{figure.number}»", f"«{text}»"))
        elif not reads_as(text, value):
            found.append(Finding("cifra", cell.where, cell.id, f"il valore {value or 'mancante'}", f"«{text}»"))
    return found


def reads_as(testo: str, valore: str) -> bool:
    """Tell whether an Italian number, with or without its unit, is a raw value rounded to the decimals it shows."""
    if valore in ("", "None", "nan"):
        return not re.search(r"\d", testo)
    number = re.search(r"[-+]?\d[\d.]*(?:,(\d+))?", testo)
    if number is None:
        return False
    read_ = Decimal(number[0].replace(".", "").replace(",", "."))
    try:
        return formats.rounded(float(valore), len(number[1] or "")) == read_
    except ValueError:
        return False


def _claim(ledger: Ledger, thing: Shown) -> list[Finding]:
    said = ledger.claims.get(thing.id)
    if said is None:
        return [
            Finding("affermazione", thing.where, thing.id, "un'affermazione del registro", f"«{plain(thing.text)}»")
        ]
    allowed = {said.words, said.words[:1].upper() + said.words[1:]}
    if plain(thing.text) not in allowed:
        return [Finding("affermazione", thing.where, thing.id, f"«{said.words}»", f"«{plain(thing.text)}»")]
    return []


def check_passages(passages: Iterable[Passage]) -> list[Finding]:
    """Find the numbers of prose that are neither a figure nor allowed by rule."""
    return [
        Finding(
            "numero", passage.where, "", "un numero legato alla sua cifra", f"«{free}» in «{plain(passage.text)[:160]}»"
        )
        for passage in passages
        for free in free_numbers(passage.text)
    ]


#: What a document may put between the pieces of a sentence: the sign of a footnote.
_INTRUDERS = re.compile(r"[\d⁰¹²³⁴⁵⁶⁷⁸⁹*()\[\]]{0,5}")


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
    words = _joined(text).split()
    compact, boundaries = "".join(words), set(itertools.accumulate(map(len, words), initial=0))
    return [
        Finding("documento", where, key, f"la frase «{plain(''.join(pieces))}»", "nel documento non c'è, o è diversa")
        for key, pieces in expected
        # a hyphen that ends a piece is one of a line break for who reads the pieces together
        if not _in_order([small for piece in pieces if (small := squeeze(piece).rstrip("-"))], compact, boundaries)
    ]


def _in_order(pieces: Sequence[str], testo: str, boundaries: Collection[int]) -> bool:
    """Tell whether the pieces follow each other in the text, with nothing between them but the sign of a footnote."""
    if not pieces:
        return True
    for start in _places(pieces[0], testo, boundaries, 0, len(testo)):
        place = start + len(pieces[0])
        for piece in pieces[1:]:
            end = _INTRUDERS.match(testo, place).end() + len(piece)  # type: ignore[union-attr]
            found = next(_places(piece, testo, boundaries, place, end), -1)
            if found < 0:
                break
            place = found + len(piece)
        else:
            return True
    return False


def _places(piece: str, testo: str, boundaries: Collection[int], da: int, a: int) -> Iterator[int]:
    """Yield where a piece is in the text between two places, as a whole: no number of it goes on before or after."""
    place = testo.find(piece, da, a)
    while place >= 0:
        end = place + len(piece)
        before = testo[place - 1 : place] if place not in boundaries else ""
        attached = next(n for n in range(3) if end + n in boundaries or n == 2)
        after = testo[end : end + attached]
        open_ = piece[0].isdigit() and before and before in "0123456789.,+-−"
        follows = piece[-1].isdigit() and re.match(r"\d|[.,]\d", after)
        if not open_ and not follows:
            yield place
        place = testo.find(piece, place + 1, a)


def accepted_texts(figure: Figure, cell: bool = False) -> set[str]:
    """Return the ways a figure may be written: its text, its interval, and in a cell the number without the unit."""
    texts = {figure.text, figure.interval_text} - {""}
    if cell:
        texts.add(figure.number)
    return texts


def same_value(figure: Figure, valore: str) -> bool:
    """Tell whether a raw value, as written in a file, is that of the figure (to twelve digits)."""
    if valore.strip() in ("", "null", "None", "nan", "n.d."):
        return figure.value is None
    if figure.value is None:
        return False
    try:
        read_ = float(valore)
    except ValueError:
        return False
    return f"{read_:.12g}" == f"{float(figure.value):.12g}"


def plain(testo: str) -> str:
    """Return text with ordinary spaces, single and trimmed."""
    return " ".join(testo.split())


#: A hyphen inside a word or before one, which a line break may follow, precede or add; never a minus sign.
_HYPHEN = "|".join(
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
    if any(hyphen in testo for hyphen in "-\u2010\u00ad"):
        testo = re.sub(_HYPHEN, "", re.sub(_DATA, r"\1\2\3", testo))
    return testo.replace("’", "'").replace("\ufb01", "fi").replace("\ufb02", "fl")


def squeeze(testo: str) -> str:
    """Return text without what a line break adds or takes: spaces, and hyphens inside a word (minus signs stay).

    At the end of a line nobody can tell a hyphen of the word from one of the line break, so neither counts.
    """
    return "".join(_joined(testo).split())
