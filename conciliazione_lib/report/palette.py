"""The colours of the project, read from the one file that holds them: ``colori.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

#: The group whose colours the others may name.
TINTS = "tinte"


@cache
def colours(gruppo: str) -> Mapping[str, Any]:
    """Return a group of colours.

    Parameters
    ----------
    gruppo : str
        A table of the file: ``tinte``, ``sito``, ``grafici``, ``mappe``, ``documenti``; one inside another after a
        point (``mappe.sequenza``).

    Returns
    -------
    mapping
        Name to colour, ``#rrggbb``; to a tuple of colours where the file has a list; to a mapping where it has a table.

    Raises
    ------
    KeyError
        There is no such group, or a value names a colour that is not there.

    Examples
    --------
    >>> colours("documenti")["inchiostro"] == colours("tinte")["inchiostro"]
    True
    """
    everything = tomllib.loads((resources.files(__package__) / "colori.toml").read_text(encoding="utf-8"))
    tints, found = everything[TINTS], everything
    for part in gruppo.split("."):
        found = found[part]

    def resolve(valore: Any) -> Any:
        if isinstance(valore, dict):
            return MappingProxyType({name: resolve(inside) for name, inside in valore.items()})
        if isinstance(valore, list):
            return tuple(resolve(inside) for inside in valore)
        return valore if valore.startswith("#") else tints[valore]

    outcome: Mapping[str, Any] = resolve(found)
    return outcome


def lightness(colour: str) -> float:
    """Return how light a colour is, from 0 (black) to 100 (white): what is left of it in a grey print.

    Parameters
    ----------
    colour : str
        ``#rrggbb``.

    Returns
    -------
    float
        CIE 1976 lightness L* of the relative luminance of sRGB.

    References
    ----------
    CIE 15:2004, Colorimetry; IEC 61966-2-1 (sRGB).

    Examples
    --------
    >>> [round(lightness(colours("tinte")[nome])) for nome in ("nero", "blu", "bianco")]
    [0, 39, 100]
    """
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return float(116 * luminance ** (1 / 3) - 16 if luminance > 216 / 24389 else luminance * 24389 / 27)


def dark(colour: str) -> bool:
    """Tell whether a text over a colour is read better in white than in ink.

    Parameters
    ----------
    colour : str
        ``#rrggbb``.
    """
    return lightness(colour) < 57
