"""What charts have in common: references, names of rows, values at the end of bars, ticks, in the house style."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

import conciliazione_lib.report.palette as palette
import conciliazione_lib.report.style as style
from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.evidence import formats
from conciliazione_lib.report.sheet import Axis, Sheet

#: Dots of a letter of a tick, and those along which ticks are written under a chart whose rows have long names.
_LETTER, _ACROSS = 6.3, 400
#: Decimals of a tick, at most.
_MOST = 6
#: Dashes of a reference, in widths of its line.
DASHED = (4.0, 2.0)


def not_empty(data: pd.DataFrame) -> None:
    """Refuse data without a value, or with one that has no end."""
    if data.empty or data.isna().all(axis=None):
        raise CalcoloError(
            "Il grafico non ha nessun valore da disegnare.",
            "Usare c.manca(…) per dire quale dato manca e come fornirlo.",
        )
    if np.isinf(data.to_numpy(dtype=float, na_value=np.nan)).any():
        raise CalcoloError(
            "Il grafico ha un valore infinito: di solito è una divisione per zero.",
            "Togliere la riga, o metterci un valore mancante (None): sarà «n.d.».",
        )


def exist(requested: Sequence[str], present: pd.Index) -> None:
    """Refuse names that are not there."""
    absent = [name for name in requested if name not in set(present.astype(str))]
    if absent:
        raise CalcoloError(f"Il grafico non trova: {', '.join(absent)}. Presenti: {', '.join(map(str, present))}.")


def colour(spot: int) -> str:
    """Return the colour of a series: beyond the sixth they come again, with other signs and dashes."""
    return style.CATEGORIES[spot % len(style.CATEGORIES)]


def stroke(spot: int) -> tuple[float, ...]:
    """Return the dashes of a series: no two of the first thirty-six have the same colour and the same dashes."""
    return style.STROKES[(spot + spot // len(style.CATEGORIES)) % len(style.STROKES)]


def sign(spot: int) -> str:
    """Return the sign of the points of a series."""
    return style.SIGNS[(spot + spot // len(style.CATEGORIES)) % len(style.SIGNS)]


def hatched(spot: int) -> bool:
    """Tell whether lines cross a part: not the first six, whose colours are not alike."""
    return spot >= len(style.CATEGORIES)


def marked(names: pd.Index, highlight: Sequence[str], others: str = style.FADED) -> list[str]:
    """Return the colour of each name: full for those marked, or for all when none is."""
    return [style.PRIMARY if not highlight or name in highlight else others for name in names.astype(str)]


def riferimento(foglio: Sheet, nome: str, dove: float, decimali: int, *, linea: Sequence[float] = DASHED) -> None:
    """Draw a reference as a vertical line, with its name and value above; the axis, set already, comes to reach it."""
    if not np.isfinite(dove):
        return
    foglio.x.reach(dove)
    foglio.across("x", dove, style.INK, 1.2, dashes=linea)
    if nome:
        text = f"{nome}: {formats.numero(dove, decimali)}"
        # On the side where there is room, whatever the width of the axes will be.
        side = 1 if dove <= (foglio.x.low + foglio.x.high) / 2 else -1
        foglio.write(
            (dove, 1), text, right=3 * side, up=3, along="columns", body=9.5, anchor="start" if side == 1 else "end"
        )


def written(sheet: Sheet, x: float, row: float, testo: str, colour: str, *, hatched: bool = False) -> None:
    """Write inside a part of a bar, in what is read over its colour; over lines that cross it, on the colour alone."""
    ink = style.BOTTOM if palette.dark(colour) else style.INK
    sheet.write(
        (x, row), testo, inside=True, anchor="middle", level="middle", body=9.5, colour=ink,
        behind=(colour, 1.2) if hatched else None,
    )  # fmt: skip


def the_ticks(axis: Axis, decimali: int, *, upright: bool = False) -> None:
    """Write ticks in Italian, with as many decimals as they need; those of an upright axis are one under another."""

    def words(values: Sequence[float]) -> list[str]:
        needed = _needed(values)
        return [formats.numero(value, needed) for value in values]

    axis.count(words)
    if decimali == 0:  # there is no half of what is counted
        longest = max(len(formats.numero(edge, 0)) for edge in (axis.low, axis.high))
        most = 10 if upright else max(2, min(10, int(_ACROSS // (_LETTER * longest + 12))))
        axis.count(words, most=most, whole=True)


def both_sides(axis: Axis, decimali: int) -> None:
    """Write the ticks of an axis that counts from the middle, with the decimals given or those that they need."""

    def words(values: Sequence[float]) -> list[str]:
        return [formats.numero(abs(value), max(decimali, _needed(values))) for value in values]

    axis.count(words)


def _needed(ticks: Sequence[float]) -> int:
    """Return the decimals of ticks, from themselves: a step of 2,5 needs one, or 12,5 would be read as 13."""
    return next((n for n in range(_MOST) if all(abs(v - round(v, n)) <= 1e-9 for v in ticks)), _MOST)


def time_ticks(sheet: Sheet, index: pd.Index) -> None:
    """Write the instants under a chart, twelve at most, the last one always."""
    step = max(1, -(-len(index) // 12))
    sheet.x.ticks((place, str(index[place])) for place in range(len(index) - 1, -1, -step))


def value_axis(sheet: Sheet, numbers: np.ndarray, unita: str, decimali: int) -> None:
    """Set the axis of the values of bars, with room for those written at their ends."""
    low, high = min(0.0, float(np.nanmin(numbers))), max(0.0, float(np.nanmax(numbers)))
    margin = (high - low) * 0.14
    sheet.x.span(low - (margin if low < 0 else 0), high + (margin if high > 0 else 0) if high > low else 1.0)
    sheet.across("x", 0, style.CONTEXT, 1)
    the_ticks(sheet.x, decimali)
    sheet.x.name = unita


def row_labels(sheet: Sheet, names: pd.Index, highlight: Sequence[str]) -> None:
    """Write the names of the rows, from the top; those marked in bold."""
    for row, name in enumerate(map(str, names.tolist())):
        sheet.write((0, row), name, right=-3.5, along="rows", anchor="end", level="capitals", bold=name in highlight)
    sheet.y.span(len(names) - 0.45, -0.6)


def value_at_end(
    sheet: Sheet,
    row: float,
    numero: float,
    decimali: int,
    *,
    body: float = 9.5,
    da: float = 0.0,
    on_line: bool = False,
    leftward: bool = False,
) -> None:
    """Write a value at the end of its bar, or ``n.d.`` where it would begin: at the left, when it goes leftward."""
    missing = bool(np.isnan(numero))
    negative = leftward if missing else numero < 0
    sheet.write(
        (da if missing else numero, row),
        "n.d." if missing else formats.numero(numero, decimali),
        right=-5 if negative else 5,
        inside=True,
        anchor="end" if negative else "start",
        level="middle",
        body=body,
        colour=style.SECONDARY if missing else style.INK,
        # A line of reference would cross the digits.
        behind=(style.BOTTOM, 0.12 * body) if on_line else None,
    )


def labels_at_end(sheet: Sheet, tails: list[tuple[float, str, str]]) -> None:
    """Write each series' name and last value at its end, pushed apart so that none overlaps."""
    distance = (sheet.y.high - sheet.y.low) * 0.062
    previous = -np.inf
    for value, text, colour in sorted(tails, key=lambda tail: tail[0]):
        height = max(value, previous + distance)
        previous = height
        ink = colour if palette.dark(colour) else style.SECONDARY
        sheet.write((1, height), text, right=6, along="rows", level="middle", body=10, colour=ink)
