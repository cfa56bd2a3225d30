"""How wide a text is, before anything draws it: the widths of the letters of DejaVu Sans.

It is the widest typeface that a drawing may be written in (:data:`conciliazione_lib.report.style.CHARACTERS`), and that
of documents: what has room in its letters has room in the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

#: A size, in the units of the widths below; how wide a letter is that is not there: the widest is hardly wider.
_SIZE: Final = 2048
_NORMAL: Final = (
    (563, "'"),
    (569, "ijlìíîïı"),
    (582, "ł"),
    (604, "IJÌÍÎÏİ"),
    (651, " ,.·‘’"),
    (690, "/:;\\|¦"),
    (721, "f"),
    (739, "-"),
    (799, "()[]"),
    (803, "tţ"),
    (821, "!¡²³¹"),
    (842, "rř"),
    (942, '"'),
    (965, "ªº"),
    (1024, "*_`§¨¯°´¸–"),
    (1061, "“”„"),
    (1067, "sśşš"),
    (1075, "zźżž"),
    (1087, "?¿"),
    (1126, "cçčć"),
    (1141, "L"),
    (1151, "Ł"),
    (1178, "F"),
    (1186, "k"),
    (1208, "•"),
    (1212, "vxyýÿ"),
    (1235, "P"),
    (1239, "Þ"),
    (1251, "TYÝŢ"),
    (1253, "o«»ðòóôõöøő"),
    (1255, "aàáâãäå"),
    (1260, "eèéêë"),
    (1290, "ß"),
    (1294, "EÈÉÊË"),
    (1298, "hnuñùúûüńű"),
    (1300, "SbdgpqþđğŚŞŠ"),
    (1303, "$0123456789{}¢£¤¥µ¶€"),
    (1343, "K"),
    (1401, "AVÀÁÂÃÄÅ"),
    (1403, "XZŹŻŽ"),
    (1405, "B"),
    (1423, "RŘ"),
    (1430, "CÇČĆ"),
    (1499, "UÙÚÛÜŰ"),
    (1532, "NÑŃ"),
    (1540, "H"),
    (1577, "D"),
    (1587, "GÐĐĞ"),
    (1597, "&"),
    (1612, "OQÒÓÔÕÖØŐ"),
    (1675, "w"),
    (1716, "#+<=>^~¬±×÷−≤≥←↑→↓"),
    (1767, "M"),
    (1946, "%"),
    (1985, "¼½¾"),
    (1995, "mÆ"),
    (2011, "æ"),
    (2025, "W"),
    (2048, "@©®—…"),
    (2095, "œ"),
    (2191, "Œ"),
)
_BOLD: Final = (
    (627, "'"),
    (702, "ijlìíîïı"),
    (713, " "),
    (748, "/\\|¦"),
    (760, "ł"),
    (762, "IJÌÍÎÏİ"),
    (778, ",.·‘’"),
    (819, ":;"),
    (850, "-"),
    (891, "f"),
    (897, "²³¹"),
    (934, "!¡"),
    (936, "()[]"),
    (979, "tţ"),
    (1010, "rř"),
    (1024, "_`§¨¯°´¸–"),
    (1067, '"'),
    (1071, "*"),
    (1155, "ªº"),
    (1188, "?¿"),
    (1192, "zźżž"),
    (1214, "cçčć"),
    (1219, "sśşš"),
    (1303, "¤¶"),
    (1305, "L"),
    (1309, "•"),
    (1315, "Ł"),
    (1321, "x"),
    (1323, "«»"),
    (1335, "vyýÿ"),
    (1346, "“”„"),
    (1362, "k"),
    (1382, "aàáâãäå"),
    (1389, "eèéêë"),
    (1397, "TŢ"),
    (1399, "EFÈÉÊË"),
    (1407, "oðòóôõöøő"),
    (1425, "$0123456789¢£¥€"),
    (1458, "hnu{}ñùúûüńű"),
    (1466, "bdgpqþđğ"),
    (1473, "ß"),
    (1475, "SŚŞŠ"),
    (1483, "YÝ"),
    (1485, "ZŹŻŽ"),
    (1501, "P"),
    (1503, "CÇČĆ"),
    (1507, "µ"),
    (1511, "Þ"),
    (1561, "B"),
    (1577, "RŘ"),
    (1579, "X"),
    (1585, "AVÀÁÂÃÄÅ"),
    (1587, "K"),
    (1663, "UÙÚÛÜŰ"),
    (1681, "GĞ"),
    (1700, "D"),
    (1714, "HNÑŃ"),
    (1716, "#+<=>^~¬±Ð×÷Đ−≤≥←↑→↓"),
    (1741, "OQÒÓÔÕÖØŐ"),
    (1786, "&"),
    (1892, "w"),
    (2038, "M"),
    (2048, "@©®—…"),
    (2052, "%"),
    (2120, "¼½¾"),
    (2134, "m"),
    (2146, "æ"),
    (2222, "Æ"),
    (2241, "œ"),
    (2259, "W"),
    (2390, "Œ"),
)


def _of_each(widths: tuple[tuple[int, str], ...]) -> Mapping[str, float]:
    return MappingProxyType({letter: wide / _SIZE for wide, letters in widths for letter in letters})


_WIDTHS: Final = MappingProxyType({False: _of_each(_NORMAL), True: _of_each(_BOLD)})


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Return how wide a line of text is, in the unit of its size.

    Parameters
    ----------
    text : str
        One line.
    size : float
        Of the letters.
    bold : bool
        Whether they are bold.

    Examples
    --------
    >>> round(width("Lombardia", 10.5), 1)
    55.9
    """
    of_letter = _WIDTHS[bold]
    return size * sum(of_letter.get(letter, 1.0) for letter in text)


def within(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """Return a line of text that is no wider than some room: its beginning, when it is.

    Parameters
    ----------
    text, size, bold
        As for :func:`width`.
    room : float
        In the unit of its size.

    Examples
    --------
    >>> within("Unione dei comuni della pianura", 100, 10.5)
    'Unione dei comu…'
    """
    if width(text, size, bold=bold) <= room:
        return text
    while text and width(f"{text}…", size, bold=bold) > room:
        text = text[:-1]
    return f"{text.rstrip()}…"
