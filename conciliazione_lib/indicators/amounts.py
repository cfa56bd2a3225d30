"""Exact numbers and amounts of money: how they are read, checked and given back.

Computations on money use fractions: a float is read as the decimal number it prints as (``11.4`` is 114/10), so
nothing drifts. Amounts come back as ``int`` when they were asked in whole euros, as ``Decimal`` otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from numbers import Rational
from typing import Any, Final

import numpy as np
import pandas as pd

from conciliazione_lib.errors import CalcoloError

#: The smallest amount of money.
CENT: Final = Decimal("0.01")

Amount = int | float | str | Decimal | Fraction


def exact(value: Any) -> Fraction:
    """Return a number as a fraction; floats are read as the decimal they print as.

    Raises
    ------
    CalcoloError
        When the value is missing, infinite, or not a number.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NA or isinstance(value, bool):
        raise CalcoloError("Un valore manca o non è un numero.", "Completare i dati prima del riparto.")
    try:
        number = Fraction(value) if isinstance(value, Rational) else Fraction(str(value).strip())
    except (ValueError, ZeroDivisionError):
        raise CalcoloError(
            f"«{value}» non è un numero finito.", "Indicare numeri con il punto decimale, senza simboli."
        ) from None
    return number


def amount(value: Amount, what: str, *, zero: bool = False) -> Fraction:
    """Return an amount of euros as a fraction, after checking that it is one.

    Parameters
    ----------
    value : int, float, Decimal, Fraction or str
        The amount.
    what : str
        What it is, in Italian, for the message ("il totale da ripartire").
    zero : bool
        Whether zero is allowed.

    Raises
    ------
    CalcoloError
        Not a number, negative (or zero), or finer than a cent.
    """
    one_amount = exact(value)
    if one_amount < 0 or (one_amount == 0 and not zero):
        threshold = "non può essere negativo" if zero else "deve essere maggiore di zero"
        raise CalcoloError(f"{what[:1].upper()}{what[1:]} {threshold}: trovato {value}.", "Correggere l’importo.")
    if (one_amount * 100).denominator != 1:
        raise CalcoloError(
            f"{what[:1].upper()}{what[1:]} ha più di due decimali: {value}.",
            "Indicare gli importi in euro al centesimo.",
        )
    return one_amount


def euros(value: Fraction) -> Decimal:
    """Return an exact amount as a ``Decimal`` with two decimals; it must be a whole number of cents."""
    return Decimal(int(value * 100)).scaleb(-2)


def money(amounts: Mapping[str, Fraction], index: pd.Index, *, whole: bool) -> pd.Series:
    """Return amounts as a Series on ``index`` (whose labels, as text, are the keys): ``int64`` or ``Decimal``."""
    values = [amounts[str(name)] for name in index]
    if whole:
        return pd.Series([int(v) for v in values], index=index, dtype="int64", name="importo")
    return pd.Series([euros(v) for v in values], index=index, dtype=object, name="importo")


def whole_euros(*values: Amount) -> bool:
    """Return whether amounts were given in whole euros, and not as ``Decimal`` or text."""
    return all(not isinstance(v, Decimal | str) and exact(v).denominator == 1 for v in values)
