"""Reading finished prose again: what in it is a number nobody vouches for, or a comparison typed by hand.

Used when a chapter is written (:func:`check` refuses the sentence) and when a built edition is verified
(:mod:`evidence.verify` reads the pages).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from conciliazione_lib.errors import ConciliazioneError
from conciliazione_lib.evidence.formats import MONTHS


class ProsaError(ConciliazioneError):
    """A sentence says a number or a comparison that no figure supports."""

    codice_uscita = 1


_LINK = re.compile(r"\[((?:\\.|[^\]\\])*)\]\((cifra|affermazione):([^)\s]*)\)")

_MONTH = "|".join(MONTHS)
_YEAR = r"(?:1[89]|20)\d{2}"
_N = r"\d+(?:[.\-–/]\d+)*"
_ETA = r"\d{1,3}"


def _words(*parole: str) -> str:
    """Alternatives of a regular expression, as whole words."""
    return rf"\b(?:{'|'.join(parole)})"


_ATTI = _words(
    r"d\.?\s?g\.?\s?r\.?", r"d\.?\s?c\.?\s?r\.?", r"d\.?\s?d\.?[su]\.?(?:\s?o\.?)?", r"l\.?\s?r\.?", r"l\.",
    r"d\.?\s?lgs\.?", r"d\.?\s?l\.?", r"d\.?\s?p\.?\s?c\.?\s?m\.?", r"d\.?\s?m\.?", "legge", "decret[oi]",
    "deliberazion[ei]", "deliber[ae]", "regolament[oi]", "direttiv[ae]", "ordinanza", "intesa", "accordo",
    "protocollo", "determinazione",
)  # fmt: skip
_PARTS = _words(
    "sezion[ei]", "paragraf[oi]", r"par\.", "capitol[oi]", r"cap\.", "figur[ae]", r"fig\.", "tabell[ae]", r"tab\.",
    "tavol[ae]", "grafic[oi]", "punto", "nota", "note", "pagin[ae]", r"pp?\.", "fase", "scenario",
)  # fmt: skip

#: Numbers that are not data, by the name of the rule; applied in this order.
ALLOWED: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        name: re.compile("|".join(expressions), re.IGNORECASE)
        for name, expressions in {
            "indirizzo": [r"https?://\S+", r"\]\([^)\s]*\)"],
            "atto": [
                rf"{_ATTI}(?:\s+(?:regionale|legislativo|ministeriale|dirigenziale|\([a-z]+\)|del|nn?\.?"
                rf"|{_YEAR},?|\d{{1,2}}°?(?!\d)|{_MONTH}))*"
                rf"\s*(?:n\.?\s*)?(?:[xvi]+\s?/\s?)?{_N}"
            ],
            "articolo": [
                rf"{_words('art(?:t|icolo|icoli)?', 'comm[ai]', 'lett(?:era|ere)?', 'allegat[oi]', 'all')}\.?\s*{_N}"
                rf"(?:-?(?:bis|ter|quater|quinquies))?(?:\s*(?:,|e)\s*{_N}(?!\d*,\d))*"
            ],
            "sezione": [rf"(?:§§?|{_PARTS})\s*{_N}[a-z]?\b"],
            "data": [
                rf"\b\d{{1,2}}°?\s+(?:{_MONTH})(?:\s+{_YEAR})?\b",
                rf"\b\d{{1,2}}[/.]\d{{1,2}}[/.](?:{_YEAR}|\d\d)\b",
                rf"\b{_YEAR}-\d\d-\d\d\b",
            ],
            "anno": [rf"\b{_YEAR}(?:\s?[-–/]\s?(?:{_YEAR}|\d\d))?\b", r"\banni\s+['’]\d0\b"],
            "età": [
                rf"\b{_ETA}\s?[-–]\s?{_ETA}(?:enni|\s+anni)\b",
                rf"\b{_ETA}\s+anni\s+(?:e\s+(?:più|oltre)|o\s+(?:più|meno)|compiuti|di\s+età)\b",
                rf"\b(?:under|over|ultra)\s?-?{_ETA}(?:enni)?\b",
                rf"\b{_ETA}enni\b",
                rf"\b(?:età|fascia|classe|classi)\s+{_ETA}\s?[-–]\s?{_ETA}\b",
                rf"\b(?:tra|fra)\s+(?:i\s+)?{_ETA}\s+e\s+(?:i\s+)?{_ETA}\s+anni\b",
                rf"\bdai?\s+{_ETA}\s+a(?:i|gli)?\s+{_ETA}\s+anni\b",
                rf"\b(?:meno|più)\s+di\s+{_ETA}\s+anni\b",
                rf"\b(?:sotto|sopra|oltre)\s+i\s+{_ETA}\s+anni\b",
            ],
            "base": [r"\b(?:ogni|per)\s+(?:100|1\.?000|10\.?000|100\.?000)\b"],
            "confidenza": [r"\b(?:intervall[oi]|livello)\s+di\s+confidenza\s+(?:al|del)\s+9[059]%"],
        }.items()
    }
)

_COMPARISONS = _words(
    "in (?:crescita|calo|aumento|diminuzione)",
    "(?:sopra|sotto|superior[ei] alla|inferior[ei] alla) (?:la )?media",
    "in linea con",
    "nella media",
    "il più (?:alto|basso)",
    "(?:valor[ei]|quot[ae]|tass[oi]) più (?:alt|bass)[oaei]",
    "(?:il|del|al) (?:doppio|triplo)",
    "la metà",
    "un (?:terzo|quarto|quinto|sesto|settimo|ottavo|decimo)",
    "due terzi",
    "(?:due|tre|quattro) quinti",
    "tre quarti",
    "la maggioranza",
    "punti (?:in più|in meno)",
)
#: Comparative and trend words that only a claim may put beside a figure.
WORDS = re.compile(rf"{_COMPARISONS}\b", re.IGNORECASE)

#: Where a full stop does not end a sentence.
_ABBREVIATIONS = r"(?<!\bn\.)(?<!\bnn\.)(?<!\bart\.)(?<!\bartt\.)(?<!\blett\.)(?<!\ball\.)(?<!\bpar\.)(?<!\b[A-Za-z]\.)"


def free_numbers(testo: str) -> list[str]:
    """Return the numbers of a plain text that no rule allows, as written.

    Parameters
    ----------
    testo : str
        Text from which the figures and the claims have been taken away.
    """
    for rule in ALLOWED.values():
        testo = rule.sub(" ", testo)
    return re.findall(r"[-+]?\d[\d.,]*\d%?|[-+]?\d%?", testo)


def without_links(markdown: str) -> str:
    """Return Markdown without its figures and claims, and with escapes undone."""
    return re.sub(r"\\([\W_])", r"\1", _LINK.sub(" ", markdown))


def plain_words(markdown: str) -> str:
    """Return the words of a rendered template, without links and escapes: for a caption or an alternative text."""
    return re.sub(r"\\([\W_])", r"\1", _LINK.sub(r"\1", markdown))


def links(markdown: str) -> list[tuple[str, str, str]]:
    """Return the links of a rendered text: ``(kind, id, text shown)``, kind being ``cifra`` or ``affermazione``."""
    return [(m[2], m[3], re.sub(r"\\([\W_])", r"\1", m[1])) for m in _LINK.finditer(markdown)]


def check(markdown: str) -> None:
    """Refuse a text with a number, or a comparison beside a figure, that no figure supports.

    Raises
    ------
    ProsaError
        Naming the number (the words) and the sentence.
    """
    for sentence in sentences(markdown):
        bare = without_links(sentence)
        free = free_numbers(bare)
        if free:
            raise ProsaError(
                f"Numero senza cifra: «{free[0]}» nella frase «{_readable(sentence)}».",
                "scriverlo come cifra, per esempio {{ f.indicatore }}; restano liberi soltanto date, articoli, "
                "sezioni, atti, classi di età e basi dei tassi.",
            )
        found = WORDS.search(bare)
        if found and _LINK.search(sentence):
            raise ProsaError(
                f"Confronto scritto a mano accanto a una cifra: «{found[0]}» nella frase «{_readable(sentence)}».",
                "usare un'affermazione, per esempio {{ confronto(f.indicatore, 'lombardia') }} "
                "o {{ tendenza(f.indicatore) }}.",
            )


def sentences(markdown: str) -> list[str]:
    """Split a text into sentences, never inside a link or after an abbreviation such as ``art.``."""
    placeholder: list[str] = []

    def put(link: re.Match[str]) -> str:
        placeholder.append(link[0])
        return f"\x00{len(placeholder) - 1}\x00"

    text = _LINK.sub(put, markdown)
    pieces = re.split(_ABBREVIATIONS + r"(?<=[.!?;])\s+(?=[\"«(*_\x00]*[A-ZÀ-Ý\x00])|\n\s*\n|\n(?=\s*[-*|#])", text)
    return [re.sub(r"\x00(\d+)\x00", lambda m: placeholder[int(m[1])], piece) for piece in pieces if piece.strip()]


def _readable(frase: str) -> str:
    flat = _LINK.sub(lambda m: m[1], frase)
    flat = re.sub(r"\s+", " ", re.sub(r"\\([\W_])", r"\1", flat)).strip()
    return flat if len(flat) <= 160 else flat[:157] + "…"
