"""Numbers as people and programs write them: read where they have one meaning, asked about where they have two.

``12.345`` is twelve thousand for an office and twelve and a third for a data frame. What decides is the column: another
cell that can be read in one way only, the bounds of what it measures, or the answer of who knows.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import MappingProxyType

from conciliazione_lib.catalog.spec import Column
from conciliazione_lib.errors import Problem
from conciliazione_lib.sources.files import normalise

#: How the answer to «which sign separates the decimals?» is written.
DECIMALS = MappingProxyType({"virgola": ",", "punto": "."})
NOT_KNOWN = frozenset(
    {"", "nd", "n d", "n r", "nr", "n p", "n a", "na", "nan", "null", "non disponibile", "non noto", "non rilevato"}
)
#: Larger whole numbers are not kept exactly.
LARGEST = 2**53
# No number groups its thousands after a zero: 0.125 is an eighth.
_FORMS = MappingProxyType(
    {
        ",": re.compile(r"[+-]?(?:\d+|[1-9]\d{0,2}(?:\.\d{3})+|[1-9]\d{0,2}(?: \d{3})+)(?:,\d+)?"),
        ".": re.compile(r"[+-]?(?:\d+|[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d{0,2}(?: \d{3})+)(?:\.\d+)?"),
    }
)
_CURRENCY = re.compile(r"^(?:€|euro|eur)\s*|\s*(?:€|euro|eur)$", re.IGNORECASE)
_OTHER = MappingProxyType({",": ".", ".": ","})


@dataclass(frozen=True)
class Quantity:
    """What the numbers of a column are.

    Attributes
    ----------
    whole : bool
        They count something.
    low, high : float or None
        Bounds that the table declares.
    percent : bool
        They are shares of a hundred, and may be followed by their sign.
    """

    whole: bool
    low: float | None = None
    high: float | None = None
    percent: bool = False

    @classmethod
    def of(cls, column: Column) -> Quantity:
        """Return what the numbers of a column of a table are."""
        said = (column.description or "").casefold()
        return cls(
            column.whole,
            column.minimum,
            column.maximum,
            any(word in said for word in ("per cento", "percentual", "%")),
        )

    def fits(self, number: float) -> bool:
        """Tell whether a number can be one of these."""
        return (
            (not self.whole or float(number).is_integer())
            and (self.low is None or number >= self.low)
            and (self.high is None or number <= self.high)
        )


@dataclass
class Numbers:
    """The numbers of a column, by cell as written.

    Attributes
    ----------
    values : dict
        For each different cell its number, None where it says that there is none, or the problem that it has.
    doubtful : dict
        For each text with two meanings, the one that the column decided, in Italian.
    """

    values: dict[object, object] = field(default_factory=dict)
    doubtful: dict[str, str] = field(default_factory=dict)


def key(cell: object) -> object:
    """Return what tells a cell from another: the number 1 is not the text «1», nor a yes."""
    return cell if isinstance(cell, str) else (type(cell), cell)


def read_numbers(
    cells: Iterable[object], quantity: Quantity, *, decimals: str | None = None, separator: str | None = None
) -> Numbers:
    """Read the cells of a column of numbers.

    Parameters
    ----------
    cells : iterable
        The cells that hold something; repeated ones are read once.
    quantity : Quantity
        What they measure.
    decimals : {",", "."}, optional
        The sign of decimals, when someone said it.
    separator : str, optional
        The sign between the cells of the file, for the message.

    Returns
    -------
    Numbers

    Examples
    --------
    >>> read_numbers(["12.345", "7.5"], Quantity(whole=False)).values["12.345"]
    12.345
    >>> read_numbers(["12.345", "7,5"], Quantity(whole=False)).values["12.345"]
    12345.0
    """
    found = Numbers()
    texts: dict[str, dict[str, float]] = {}
    for cell in {key(cell): cell for cell in cells}.values():
        if isinstance(cell, str):
            if is_missing(cell):
                found.values[cell] = None
                continue
            texts[cell] = _readings(cell, quantity)
        else:
            found.values[key(cell)] = _typed(cell, quantity)
    evidence = {sign: min((t for t, r in texts.items() if list(r) == [sign]), default=None) for sign in _FORMS}
    for text, readings in texts.items():
        found.values[text] = _decided(text, readings, quantity, evidence, decimals, separator, found)
    return found


def is_missing(text: str) -> bool:
    """Tell whether a text says that there is no value."""
    return normalise(text) in NOT_KNOWN and not any(sign.isdigit() for sign in text)


def _typed(cell: object, quantity: Quantity) -> object:
    if isinstance(cell, bool) or not isinstance(cell, (int, float)):
        return _not_a_number(cell)
    return _checked(float(cell) if isinstance(cell, float) else cell, cell, quantity)


def _checked(number: float, cell: object, quantity: Quantity) -> object:
    if not math.isfinite(number) or (quantity.whole and abs(number) > LARGEST):
        return Problem("un numero finito", f"«{cell}»", rimedio="Scrivere il numero, oppure lasciare la cella vuota.")
    if not quantity.whole:
        return float(number)
    if not float(number).is_integer():
        return Problem("un numero intero", f"«{cell}»")
    return int(number)


def _readings(text: str, quantity: Quantity) -> dict[str, float]:
    """Return the numbers that a text may be, by the sign of its decimals; the one of a plain number is under both."""
    plain = " ".join(text.replace("−", "-").split())
    plain = _CURRENCY.sub("", plain)
    if quantity.percent and plain.endswith("%"):
        plain = plain[:-1].rstrip()
    readings = {}
    for sign, form in _FORMS.items():
        if form.fullmatch(plain):
            readings[sign] = float(plain.replace(" ", "").replace(_OTHER[sign], "").replace(",", "."))
    return readings


def _decided(
    text: str,
    readings: dict[str, float],
    quantity: Quantity,
    evidence: dict[str, str | None],
    decimals: str | None,
    separator: str | None,
    found: Numbers,
) -> object:
    if not readings:
        return _not_a_number(text)
    if len(set(readings.values())) == 1:
        return _checked(next(iter(readings.values())), text, quantity)
    said = [sign for sign in _FORMS if evidence[sign] is not None]
    if decimals is not None:
        sign, why = decimals, "come è stato detto"
    elif len(said) == 1:
        sign, why = said[0], f"come «{evidence[said[0]]}» nella stessa colonna"
    else:
        possible = [sign for sign, number in readings.items() if quantity.fits(number)]
        # A count has no decimals, so its point groups thousands; its comma could still be an error.
        if len(possible) != 1 or said or (quantity.whole and "," in text):
            return _question(text, readings, evidence, separator)
        sign, why = possible[0], "l'unico valore possibile in questa colonna"
    found.doubtful[text] = f"«{text}» letto {_italian(readings[sign])} ({why})"
    return _checked(readings[sign], text, quantity)


def _question(text: str, readings: dict[str, float], evidence: dict[str, str | None], separator: str | None) -> Problem:
    seen = " e ".join(f"«{one}»" for one in evidence.values() if one is not None)
    because = f"nella colonna ci sono {seen}" if seen else "nessun'altra cella della colonna lo dice"
    if separator == ",":
        because += "; il file separa le celle con la virgola"
    return Problem(
        "un numero che si legga in un modo solo",
        f"«{text}», che può essere {_italian(readings[','])} o {_italian(readings['.'])}",
        rimedio=f"Quale segno separa i decimali? {because[0].upper()}{because[1:]}. Rispondere con --decimali virgola "
        "oppure --decimali punto, o scrivere i numeri senza punti.",
    )


def _not_a_number(cell: object) -> Problem:
    return Problem("un numero", f"«{cell}»", rimedio="Scrivere solo il numero, oppure lasciare la cella vuota.")


def _italian(number: float) -> str:
    return f"{number:.10f}".rstrip("0").rstrip(".").replace(".", ",")
