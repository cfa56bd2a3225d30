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
from functools import lru_cache
from types import MappingProxyType

from conciliazione_lib.errors import UsoError

NOT_AVAILABLE = "n.d."

MONTHS = (
    *("gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno"),
    *("luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"),
)


@dataclass(frozen=True)
class Unit:
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


UNIT: Mapping[str, Unit] = MappingProxyType(
    {
        "%": Unit("valori percentuali", 1, "%"),
        "‰": Unit("per mille", 1, "‰"),
        "per 100": Unit("per 100", 1),
        "per 1.000": Unit("per 1.000", 1),
        "per 100.000": Unit("per 100.000", 1),
        "punti percentuali": Unit("punti percentuali", 1, " punti percentuali"),
        "punti": Unit("punti", 1, " punti"),
        "euro": Unit("euro", 2, " €", conteggio=True),
        "euro per persona": Unit("euro per persona", 2, " €"),
        "euro per 1.000 persone": Unit("euro ogni 1.000 persone", 2, " €"),
        "persone": Unit("persone", 0, conteggio=True),
        "comuni": Unit("comuni", 0, conteggio=True),
        "territori": Unit("territori", 0, conteggio=True),
        "posti": Unit("posti", 0, conteggio=True),
        "unità d'offerta": Unit("unità d'offerta", 0, conteggio=True),
        "numero": Unit("numero", 0, conteggio=True),
        "anni": Unit("anni", 1),
        "kmq": Unit("km²", 2, " km²", conteggio=True),
        "abitanti per kmq": Unit("abitanti per km²", 1),
        "km": Unit("chilometri", 1, " km"),
        "minuti": Unit("minuti", 0),
        "ore": Unit("ore", 1),
        "indice": Unit("numero indice", 1),
        "rapporto": Unit("rapporto", 2),
        "coefficiente": Unit("coefficiente", 2),
        "punteggio": Unit("punteggio", 1),
        "posizione": Unit("posizione in graduatoria", 0),
    }
)


def unita(nome: str) -> Unit:
    """Return how a unit is written.

    Raises
    ------
    UsoError
        The unit is not among the declared ones.
    """
    try:
        return UNIT[nome]
    except KeyError:
        raise UsoError(
            f"Unità di misura sconosciuta: «{nome}».",
            "usare una di queste: " + ", ".join(UNIT) + "; oppure aggiungerla in evidence/formats.py.",
        ) from None


def unit_in_heading(nome: str, extended: str) -> str:
    """Return the unit to write under the name of a column; empty when the name already says it.

    Parameters
    ----------
    nome : str
        Name of the column: ``Donne (%)``, ``Comuni``, ``Densità``.
    extended : str
        Its unit, in words.

    Examples
    --------
    >>> unit_in_heading("Donne (%)", "valori percentuali")
    ''
    >>> unit_in_heading("Densità", "abitanti per km²")
    'abitanti per km²'
    """
    said, unit = nome.lower(), extended.lower()
    repeated = nome.endswith(")") or unit in said or said in unit or unit == "numero"
    return "" if repeated else extended


def missing(valore: object) -> bool:
    """Tell whether a value is missing: ``None``, NaN, ``pandas.NA``/``NaT`` or an infinity."""
    if valore is None:
        return True
    try:
        return not math.isfinite(valore)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return True


def clean(valore: float) -> float:
    """Return a number with twelve significant digits, whole numbers as ints so that JSON does not write ``12.0``.

    Beyond the twelfth digit there is only the noise of sums made in another order, on this machine or on another.
    """
    real = float(f"{float(valore):.12g}")
    return int(real) if real.is_integer() else real


def rounded(valore: float | int | Decimal, decimali: int) -> Decimal:
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
    exact = valore if isinstance(valore, Decimal) else Decimal(repr(_native(valore)))
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
    if missing(valore):
        return NOT_AVAILABLE
    # Numbers of numpy are not to be looked for among others: with some they refuse to be compared.
    return _written(valore if isinstance(valore, Decimal) else _native(valore), decimali, segno)


@lru_cache(maxsize=1 << 14)
def _written(value: float | Decimal, decimals: int, sign: bool) -> str:
    round_ = rounded(value, decimals)
    text = f"{abs(round_):,.{max(decimals, 0)}f}".translate(str.maketrans(",.", ".,"))
    if round_ < 0:
        return "-" + text
    return "+" + text if sign and round_ > 0 else text


def format_(valore: object, unit: str, decimali: int | None = None, sign: bool = False) -> str:
    """Write a value with the decimals and the symbol of its unit: ``56,4%``, ``1.000.000,00 €``.

    Parameters
    ----------
    valore : number or missing
        In the unit (56.4 for ``%``); missing values are written ``n.d.``, without a symbol.
    unit : str
        One of :data:`UNIT`.
    decimali : int, optional
        Overrides the decimals of the unit.
    sign : bool
        Whether positive numbers carry a ``+``.
    """
    rule = unita(unit)
    if missing(valore):
        return NOT_AVAILABLE
    figures = rule.decimali if decimali is None else decimali
    symbol = rule.simbolo
    if symbol in (" punti percentuali", " punti") and abs(rounded(valore, figures)) == 1:  # type: ignore[arg-type]
        symbol = " punto percentuale" if "percentuali" in symbol else " punto"
    return numero(valore, figures, sign) + symbol


def euro(valore: object, decimali: int = 2) -> str:
    """Write an amount: ``1.000.000,00 €``."""
    return format_(valore, "euro", decimali)


def percent(valore: object, decimali: int = 1) -> str:
    """Write a percentage already in the scale 0–100: ``56,4%``."""
    return format_(valore, "%", decimali)


def intervallo(inferiore: object, superiore: object, unita_: str, decimali: int | None = None) -> str:
    """Write an interval, its unit once: ``tra il 12,1% e il 14,3%``, ``tra 20,1 e 28,1 punti percentuali``.

    ``n.d.`` when a bound is missing.
    """
    if missing(inferiore) or missing(superiore):
        return NOT_AVAILABLE
    low, high = (format_(bound, unita_, decimali) for bound in (inferiore, superiore))
    if high.endswith(("%", "‰")):
        return f"tra {_with_article(low)} e {_with_article(high)}"
    number, space, unit = high.partition(" ")
    return f"tra {low.removesuffix(space + unit) if space else low} e {number}{space}{unit}"


def number_article(testo: str) -> str:
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
    article = number_article(text)
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
    return f"{first} {MONTHS[day.month - 1]} {day.year}"


def short_date(valore: date | str) -> str:
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
        return f"{MONTHS[int(valore[5:]) - 1]} {valore[:4]}"
    return valore


def elenco(parti: list[str], congiunzione: str = "e") -> str:
    """Join words as in a sentence: ``a, b e c``."""
    if len(parti) < 2:
        return "".join(parti)
    return f"{', '.join(parti[:-1])} {congiunzione} {parti[-1]}"


_CARDINALS = (
    *("zero", "uno", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove", "dieci", "undici", "dodici"),
    *("tredici", "quattordici", "quindici", "sedici", "diciassette", "diciotto", "diciannove", "venti"),
)
_ORDINALS = ("primo", "secondo", "terzo", "quarto", "quinto", "sesto", "settimo", "ottavo", "nono", "decimo")


def in_lettere(n: int) -> str:
    """Write a small count in letters (``otto``); above twenty, in digits."""
    return _CARDINALS[n] if 0 <= n <= 20 else numero(n)


def ordinal(n: int, kind: str = "m") -> str:
    """Write an ordinal: ``secondo``, ``terza``; above ten, ``11°`` or ``11ª``."""
    if 1 <= n <= 10:
        word = _ORDINALS[n - 1]
        return word if kind == "m" else word[:-1] + "a"
    return f"{n}{'°' if kind == 'm' else 'ª'}"


def _native(valore: object) -> float | int:
    """Return a Python number: the repr of a numpy scalar is not a decimal literal."""
    if isinstance(valore, bool):
        return int(valore)
    if isinstance(valore, int):
        return valore
    real = float(valore)  # type: ignore[arg-type]
    return int(real) if real.is_integer() else real
