"""How wide the columns of a table are, whether it needs a landscape page, how large a drawing is: for Word and PDF."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from conciliazione_lib.publish.documents.elements import Picture, Table

#: Characters of table type that fit across a page, portrait and landscape.
PORTRAIT, LANDSCAPE = 118, 182
#: How much type may shrink before a table goes on a landscape page.
SHRINK = 0.84
#: What the sides of a cell take, in characters.
PADDING = 2.4
#: How much wider than the average character digits, and the letters of a head, are.
DIGITS, BOLD = 1.15, 1.25
#: Lines of a table that stays on one page; those of a page; lines of a row that are many.
WHOLE_LINES, PAGE_LINES, TALL = 18, 60, 4.5
#: Letters of an identifier that stay on one line.
CODE = 50
#: Frame of a drawing, in centimetres: a map leaves room for the text it goes with on the same page.
WIDTH, HEIGHT, MAP_HEIGHT, SMALL_MAP_HEIGHT = 16.6, 12.0, 8.6, 8.0
#: Room at the sides of a map, in its own units.
SIDE = 14
#: A text longer than this is read on several lines anyway.
LONG = 70


@dataclass(frozen=True)
class Layout:
    """Width of each column as a share of the page, whether the page is landscape, and how much the type shrinks."""

    shares: tuple[float, ...]
    landscape: bool
    scale: float


def layout(table: Table) -> Layout:
    """Return the layout of a table.

    Every column gets the room of its longest word; what is left goes to those whose text is longer. A table
    becomes landscape when its words do not fit a portrait page, whatever its number of columns, and when it is longer
    than a page with columns so narrow that its rows take many lines.
    """
    if table.shares:
        return Layout(table.shares, landscape=False, scale=1.0)
    least, wanted = _needs(table)
    landscape = sum(least) * SHRINK > PORTRAIT or (table.wide and sum(wanted) > 2 * PORTRAIT)
    if not landscape:
        rows = _lines(table, vertical := _within(least, wanted, PORTRAIT, landscape=False))
        landscape = sum(rows) > PAGE_LINES and sum(rows) > TALL * len(rows)
        if not landscape:
            return vertical
    return _within(least, wanted, LANDSCAPE, landscape=True)


def _needs(table: Table) -> tuple[list[float], list[float]]:
    """Return, in characters, the room each column cannot do without, and the one it would like."""
    rows = [row for row in table.rows if len(row) == len(table.columns)]
    least, wanted = [], []
    for place, column in enumerate(table.columns):
        cells = [str(row[place]["t"]) for row in rows]
        head = [BOLD * len(word) for word in re.split(r"[\s\-/]+", str(column["nome"]))]
        head += [len(word) for word in re.split(r"[\s\-/]+", str(column["unita"] or ""))]
        # A number never breaks, but before a unit in words.
        between = r"\s+(?=[^\W\d_]{4,})" if column["allineamento"] == "destra" else r"(?<=[._/])|\s+"
        words = [p for cell in cells for p in re.split(between, cell) if p]
        least.append(max([*(min(DIGITS * len(p), LONG) for p in words), *head, 3]) + PADDING)
        wanted.append(min(max([len(c) for c in cells] + [0.6 * len(str(column["nome"]))]), LONG) + PADDING)
    return least, wanted


def _within(least: Sequence[float], wanted: Sequence[float], room: int, *, landscape: bool) -> Layout:
    """Return the columns of a table in a page of some width."""
    needs = sum(least)
    if needs >= room:
        return Layout(_shares(least), landscape, max(room / needs, 0.7))
    widths = list(least)
    rest = room - needs
    # Those that want least are served first, so that one long text does not squeeze the others.
    order = sorted(range(len(least)), key=lambda i: wanted[i] - least[i])
    for facts, i in enumerate(order):
        datum = min(max(wanted[i] - least[i], 0.0), rest / (len(order) - facts))
        widths[i] += datum
        rest -= datum
    return Layout(_shares(widths), landscape, 1.0)


def _lines(table: Table, come: Layout) -> list[int]:
    """Return about how many lines each row takes."""
    room = (LANDSCAPE if come.landscape else PORTRAIT) / come.scale
    posti = [max(share * room - PADDING, 1.0) for share in come.shares]
    return [
        max(math.ceil(len(str(cell["t"])) / place) for cell, place in zip(row, posti, strict=False))
        for row in table.rows
    ]


def whole(table: Table, how: Layout) -> bool:
    """Tell whether a table laid out so is short enough to stay on one page with its caption."""
    return len(table.rows) <= WHOLE_LINES and sum(_lines(table, how)) <= WHOLE_LINES


def _shares(widths: Sequence[float]) -> tuple[float, ...]:
    total = sum(widths)
    return tuple(round(width / total, 4) for width in widths)


def framed(svg: str) -> str:
    """Return a map with some room at its sides.

    In print its names are set in a wider typeface than on the site, and those at the edge would be cut.
    """

    def widen(found: re.Match[str]) -> str:
        wide, high = int(found[1]), int(found[2])
        return f'viewBox="-{SIDE} 0 {wide + 2 * SIDE} {high}" width="{wide + 2 * SIDE}" height="{high}"'

    return re.sub(r'viewBox="0 0 (\d+) (\d+)" width="\d+" height="\d+"', widen, svg, count=1)


def drawing_size(picture: Picture) -> tuple[float, float]:
    """Return width and height at which a picture is shown, in centimetres."""
    found = re.search(r'viewBox="[\d.\-]+ [\d.\-]+ ([\d.]+) ([\d.]+)"', picture.svg)
    wide, high = (float(found[1]), float(found[2])) if found else (16.0, 9.0)
    maximum = SMALL_MAP_HEIGHT if picture.small else MAP_HEIGHT if picture.map else HEIGHT
    scale = min(WIDTH / wide, maximum / high)
    return wide * scale, high * scale
