"""Numbers, dates and intervals as an Italian reader expects them.

Rounding is *half away from zero* on the shortest decimal form of the number (``0.125`` at two
decimals is ``0,13``, ``-0.5`` at none is ``-1``): it is what ISTAT's tables, spreadsheets and readers
with a pencil do. Half-even, Python's default, would print ``0,12`` and ``0`` and look like a mistake beside
the published figure. Every number a reader sees passes from here, so the choice is made once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType

from conciliazione_lib.errors import UsoError

NON_DISPONIBILE = "n.d."

MESI = (
    *("gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno"),
    *("luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"),
)


@dataclass(frozen=True)
class Unita:
    """How the values of one unit are written.

    Attributes
    ----------
    estesa : str
        Written in headers, cards and metadata (``per 100 residenti``).
    decimali : int
        Default number of decimals; an indicator may declare its own.
    simbolo : str
        What follows the number wherever it is shown; units without one are named by the sentence or the header.
    conteggio : bool
        Whether values add up over territories, so that a part cannot be set against its whole.
    """

    estesa: str
    decimali: int
    simbolo: str = ""
    conteggio: bool = False


UNITA: Mapping[str, Unita] = MappingProxyType(
    {
        "%": Unita("valori percentuali", 1, "%"),
        "‰": Unita("per mille", 1, "‰"),
        "per 100": Unita("per 100", 1),
        "per 1.000": Unita("per 1.000", 1),
        "per 100.000": Unita("per 100.000", 1),
        "punti percentuali": Unita("punti percentuali", 1, " punti percentuali"),
        "punti": Unita("punti", 1, " punti"),
        "euro": Unita("euro", 2, " €", conteggio=True),
        "euro per persona": Unita("euro per persona", 2, " €"),
        "euro per 1.000 persone": Unita("euro ogni 1.000 persone", 2, " €"),
        "persone": Unita("persone", 0, conteggio=True),
        "comuni": Unita("comuni", 0, conteggio=True),
        "territori": Unita("territori", 0, conteggio=True),
        "posti": Unita("posti", 0, conteggio=True),
        "unità d'offerta": Unita("unità d'offerta", 0, conteggio=True),
        "numero": Unita("numero", 0, conteggio=True),
        "anni": Unita("anni", 1),
        "kmq": Unita("km²", 2, " km²", conteggio=True),
        "abitanti per kmq": Unita("abitanti per km²", 1),
        "km": Unita("chilometri", 1, " km"),
        "minuti": Unita("minuti", 0),
        "ore": Unita("ore", 1),
        "indice": Unita("numero indice", 1),
        "rapporto": Unita("rapporto", 2),
        "coefficiente": Unita("coefficiente", 2),
        "punteggio": Unita("punteggio", 1),
        "posizione": Unita("posizione in graduatoria", 0),
    }
)


def unita(nome: str) -> Unita:
    """Return how a unit is written.

    Raises
    ------
    UsoError
        The unit is not among the declared ones.
    """
    try:
        return UNITA[nome]
    except KeyError:
        raise UsoError(
            f"Unità di misura sconosciuta: «{nome}».",
            "usare una di queste: " + ", ".join(UNITA) + "; oppure aggiungerla in evidence/formats.py.",
        ) from None


def unita_in_testata(nome: str, estesa: str) -> str:
    """Return the unit to write under the name of a column; empty when the name already says it.

    Parameters
    ----------
    nome : str
        Name of the column: ``Donne (%)``, ``Comuni``, ``Densità``.
    estesa : str
        Its unit, in words.

    Examples
    --------
    >>> unita_in_testata("Donne (%)", "valori percentuali")
    ''
    >>> unita_in_testata("Densità", "abitanti per km²")
    'abitanti per km²'
    """
    said, unit = nome.lower(), estesa.lower()
    repeated = nome.endswith(")") or unit in said or said in unit or unit == "numero"
    return "" if repeated else estesa


def mancante(valore: object) -> bool:
    """Tell whether a value is missing: ``None``, NaN, ``pandas.NA``/``NaT`` or an infinity."""
    if valore is None:
        return True
    try:
        return not math.isfinite(valore)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return True


def pulito(valore: float) -> float:
    """Return a number with twelve significant digits, whole numbers as ints so that JSON does not write ``12.0``.

    Beyond the twelfth digit there is only the noise of sums made in another order, on this machine or on another.
    """
    real = float(f"{float(valore):.12g}")
    return int(real) if real.is_integer() else real


def arrotonda(valore: float | int | Decimal, decimali: int) -> Decimal:
    """Round half away from zero, on the shortest decimal form of the number.

    Parameters
    ----------
    valore : float, int or Decimal
        A finite number.
    decimali : int
        Digits kept after the comma; negative rounds to tens, hundreds…

    Returns
    -------
    Decimal
        Exact, never ``-0``.
    """
    exact = valore if isinstance(valore, Decimal) else Decimal(repr(_nativo(valore)))
    round_ = exact.quantize(Decimal(1).scaleb(-decimali), rounding=ROUND_HALF_UP)
    return abs(round_) if round_ == 0 else round_


def numero(valore: object, decimali: int = 0, segno: bool = False) -> str:
    """Write a number in Italian: ``3.480.513``, ``-0,4``.

    Parameters
    ----------
    valore : number or missing
        Missing values are written ``n.d.``.
    decimali : int
        Digits after the comma, always shown.
    segno : bool
        Whether positive numbers carry a ``+``.
    """
    if mancante(valore):
        return NON_DISPONIBILE
    round_ = arrotonda(valore, decimali)  # type: ignore[arg-type]
    text = f"{abs(round_):,.{max(decimali, 0)}f}".translate(str.maketrans(",.", ".,"))
    if round_ < 0:
        return "-" + text
    return "+" + text if segno and round_ > 0 else text


def formatta(valore: object, unita_: str, decimali: int | None = None, segno: bool = False) -> str:
    """Write a value with the decimals and the symbol of its unit: ``56,4%``, ``1.000.000,00 €``.

    Parameters
    ----------
    valore : number or missing
        In the unit (56.4 for ``%``); missing values are written ``n.d.``, without a symbol.
    unita_ : str
        One of :data:`UNITA`.
    decimali : int, optional
        Overrides the decimals of the unit.
    segno : bool
        Whether positive numbers carry a ``+``.
    """
    rule = unita(unita_)
    if mancante(valore):
        return NON_DISPONIBILE
    figures = rule.decimali if decimali is None else decimali
    symbol = rule.simbolo
    if symbol in (" punti percentuali", " punti") and abs(arrotonda(valore, figures)) == 1:  # type: ignore[arg-type]
        symbol = " punto percentuale" if "percentuali" in symbol else " punto"
    return numero(valore, figures, segno) + symbol


def euro(valore: object, decimali: int = 2) -> str:
    """Write an amount: ``1.000.000,00 €``."""
    return formatta(valore, "euro", decimali)


def percento(valore: object, decimali: int = 1) -> str:
    """Write a percentage already in the scale 0–100: ``56,4%``."""
    return formatta(valore, "%", decimali)


def intervallo(inferiore: object, superiore: object, unita_: str, decimali: int | None = None) -> str:
    """Write an interval, its unit once: ``tra il 12,1% e il 14,3%``, ``tra 20,1 e 28,1 punti percentuali``.

    ``n.d.`` when a bound is missing.
    """
    if mancante(inferiore) or mancante(superiore):
        return NON_DISPONIBILE
    low, high = (formatta(bound, unita_, decimali) for bound in (inferiore, superiore))
    if high.endswith(("%", "‰")):
        return f"tra {_with_article(low)} e {_with_article(high)}"
    number, space, unit = high.partition(" ")
    return f"tra {low.removesuffix(space + unit) if space else low} e {number}{space}{unit}"


def articolo_numero(testo: str) -> str:
    """Return the article a number in digits takes, as it is read: ``il 63,5%``, ``l'8,7%``, ``l'11%``, ``lo 0,5%``."""
    whole = re.match(r"[\d.]*", testo.lstrip("-+"))
    n = int(whole[0].replace(".", "") or 0) if whole and whole[0] else -1
    if n == 0:
        return "lo"
    while n >= 1000:
        if n < 2000:
            return "il"  # mille…
        n //= 1000
    return "l'" if n in (1, 8, 11) or 80 <= n <= 89 or 800 <= n <= 899 else "il"


def _with_article(text: str) -> str:
    """Put its article before a number in digits: ``il 12,1%``, ``l'8,7%``."""
    article = articolo_numero(text)
    return f"{article}{text}" if article.endswith("'") else f"{article} {text}"


def fascia(da: int, a: int | None) -> str:
    """Write an age band: ``0–2 anni``, ``65 anni e più``."""
    if a is None:
        return f"{da} anni e più"
    return f"{da} anni" if a == da else f"{da}–{a} anni"


def data(valore: date | str) -> str:
    """Write a date in full: ``1° gennaio 2022``.

    Parameters
    ----------
    valore : date or str
        A date, or its ISO form ``2022-01-01``.
    """
    day = date.fromisoformat(valore) if isinstance(valore, str) else valore
    first = "1°" if day.day == 1 else str(day.day)
    return f"{first} {MESI[day.month - 1]} {day.year}"


def data_breve(valore: date | str) -> str:
    """Write a date in digits: ``1/1/2022``."""
    day = date.fromisoformat(valore) if isinstance(valore, str) else valore
    return f"{day.day}/{day.month}/{day.year}"


def periodo(valore: str) -> str:
    """Write a reference period as the ledger keeps it.

    ``2022-01-01`` becomes ``1° gennaio 2022``, ``2024-12`` ``dicembre 2024``; a year (``2023``) or a span of years
    (``2018-2023``, ``2018/2023``) stay as they are, the span with its own dash; of a span of months or days both ends
    are written; anything else is returned unchanged.
    """
    if re.fullmatch(r"\d{4}[-/]\d{4}", valore):
        return f"{valore[:4]}–{valore[5:]}"
    if "/" in valore:
        return " – ".join(periodo(end) for end in valore.split("/"))
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", valore):
        return data(valore)
    if re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", valore):
        return f"{MESI[int(valore[5:]) - 1]} {valore[:4]}"
    return valore


def elenco(parti: list[str], congiunzione: str = "e") -> str:
    """Join words as in a sentence: ``a, b e c``."""
    if len(parti) < 2:
        return "".join(parti)
    return f"{', '.join(parti[:-1])} {congiunzione} {parti[-1]}"


_CARDINALI = (
    *("zero", "uno", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove", "dieci", "undici", "dodici"),
    *("tredici", "quattordici", "quindici", "sedici", "diciassette", "diciotto", "diciannove", "venti"),
)
_ORDINALI = ("primo", "secondo", "terzo", "quarto", "quinto", "sesto", "settimo", "ottavo", "nono", "decimo")


def in_lettere(n: int) -> str:
    """Write a small count in letters (``otto``); above twenty, in digits."""
    return _CARDINALI[n] if 0 <= n <= 20 else numero(n)


def ordinale(n: int, genere: str = "m") -> str:
    """Write an ordinal: ``secondo``, ``terza``; above ten, ``11°`` or ``11ª``."""
    if 1 <= n <= 10:
        word = _ORDINALI[n - 1]
        return word if genere == "m" else word[:-1] + "a"
    return f"{n}{'°' if genere == 'm' else 'ª'}"


def _nativo(valore: object) -> float | int:
    """Return a Python number: the repr of a numpy scalar is not a decimal literal."""
    if isinstance(valore, bool):
        return int(valore)
    if isinstance(valore, int):
        return valore
    real = float(valore)  # type: ignore[arg-type]
    return int(real) if real.is_integer() else real
