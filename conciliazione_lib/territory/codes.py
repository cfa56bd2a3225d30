"""The ISTAT code of a comune, as spreadsheets and old lists write it: one reader for every path."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conciliazione_lib.territory.model import Territory

#: Zeros lost, or made a number with decimals, by a spreadsheet or a data frame.
_CODE = re.compile(r"(\d{4,6})(?:[.,]0+)?")


def six_digits(value: object) -> str | None:
    """Return the code that a cell holds, with its zeros back; None where what it holds is not a code.

    Parameters
    ----------
    value : object
        A text or a number of a file.

    Examples
    --------
    >>> six_digits("15146"), six_digits(15146.0), six_digits("15146,0"), six_digits("Milano")
    ('015146', '015146', '015146', None)
    """
    if isinstance(value, bool):
        return None
    found = _CODE.fullmatch(str(value).strip())
    return found[1].zfill(6) if found else None


def in_force(code: str, territory: Territory) -> str | None:
    """Return the code that has the territory of a comune at the date of a territory.

    Parameters
    ----------
    code : str
        Six digits: a code in force, one that ceased, or one of before the new provinces.
    territory : Territory
        The comuni in force.

    Returns
    -------
    str or None
        None where no comune of Lombardia has, or had, that code: the nearest number is another comune, never a guess.

    Examples
    --------
    >>> from conciliazione_lib import territory
    >>> in_force("015145", territory.load("2022-01-01"))  # Mezzago, when it was in the province of Milano
    '108031'
    """
    known = territory.comuni.index
    if code in known:
        return code
    successors = territory.fusioni.successors(territory.data)
    later = successors.get(code)
    if later is None:
        later = territory.former_codes().get(code)
        later = successors.get(later, later) if later is not None else None
    return later if later in known else None
