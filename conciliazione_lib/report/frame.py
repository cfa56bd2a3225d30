"""The frame of every chart: the sheet, the axes and what is written on them, in Italian and in the house style."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, Literal, ParamSpec

import numpy as np
import pandas as pd

import conciliazione_lib.report.palette as palette
import conciliazione_lib.report.style as style
import conciliazione_lib.report.svg as svg
from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.evidence import formats

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, FigureBase
    from matplotlib.layout_engine import LayoutEngine
    from matplotlib.text import Text

P = ParamSpec("P")

#: Width of every chart, in inches at 72 dots: the reading column of the site and of a page.
WIDTH = 8.6
#: Dots of a letter, and those along which ticks are written under a chart whose rows have long names.
_LETTER, _ACROSS = 6.3, 400
#: Dots between what stands around the axes and the edge of the sheet.
_AIR = 3.0


def in_style(draw: Callable[P, str]) -> Callable[P, svg.Drawing]:
    """Draw under the house settings, whatever those of the notebook are."""

    @wraps(draw)
    def with_style(*args: P.args, **kwargs: P.kwargs) -> svg.Drawing:
        import matplotlib as mpl

        with mpl.rc_context(style.MATPLOTLIB):  # type: ignore[arg-type]
            return svg.Drawing(draw(*args, **kwargs))

    return with_style


@cache
def _layout() -> LayoutEngine:
    """Return what leaves the room that is needed around the only axes of a sheet.

    What stands around them is measured once: the constrained layout of matplotlib, made for several axes that must
    agree, measures twice everything there is, what stands inside as well, and takes half the time of a chart.
    """
    from matplotlib.layout_engine import LayoutEngine

    class Around(LayoutEngine):
        _adjust_compatible, _colorbar_gridspec = True, False

        def execute(self, fig: FigureBase) -> None:
            (axes,) = fig.get_axes()  # type: ignore[attr-defined]
            for axis in (axes.xaxis, axes.yaxis):
                if not axis.label.get_text():  # ticks are measured to find its place
                    axis.set_label_coords(0, 0)
            pen = fig.canvas.get_renderer()  # type: ignore[attr-defined]
            width, height = fig.get_window_extent().size
            spot = axes.get_window_extent(pen)
            outside = [text for text in axes.texts if text.get_in_layout()]
            whole = axes.get_tightbbox(pen, bbox_extra_artists=outside)
            keys = [key.get_window_extent(pen) for key in fig.legends]
            above = sum(height - key.y0 + _AIR for key in keys)
            left, bottom = spot.x0 - whole.x0 + _AIR, spot.y0 - whole.y0 + _AIR
            right, top = width - (whole.x1 - spot.x1 + _AIR), height - (whole.y1 - spot.y1 + _AIR + above)
            axes.set_position((left / width, bottom / height, (right - left) / width, (top - bottom) / height))

    return Around()


def sheet(height: float, lines: Literal["x", "y", "both"] = "x") -> tuple[Figure, Axes]:
    """Return a blank sheet as wide as every chart, and its axes.

    Parameters
    ----------
    height : float
        In inches.
    lines : {'x', 'y', 'both'}
        The axis whose ticks have a line across the chart.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), layout=_layout())
    axes = figure.add_axes((0.125, 0.11, 0.775, 0.77))
    axes.grid(axis=lines)
    for edge in axes.spines.values():
        edge.axis = None  # ticks have no length: nothing sticks out of the edges
    return figure, axes


def not_empty(data: pd.DataFrame) -> None:
    """Refuse data without a value."""
    if data.empty or data.isna().all(axis=None):
        raise CalcoloError(
            "Il grafico non ha nessun valore da disegnare.",
            "Usare c.manca(…) per dire quale dato manca e come fornirlo.",
        )


def exist(requested: Sequence[str], present: pd.Index) -> None:
    """Refuse names that are not there."""
    absent = [name for name in requested if name not in set(present.astype(str))]
    if absent:
        raise CalcoloError(f"Il grafico non trova: {', '.join(absent)}. Presenti: {', '.join(map(str, present))}.")


def colour(spot: int) -> str:
    """Return the colour of a series: beyond the sixth they come again, with other signs and dashes."""
    return style.CATEGORIES[spot % len(style.CATEGORIES)]


def stroke(spot: int) -> Any:
    """Return the dashes of a series: no two of the first thirty-six have the same colour and the same dashes."""
    return style.STROKES[(spot + spot // len(style.CATEGORIES)) % len(style.STROKES)]


def sign(spot: int) -> str:
    """Return the sign of the points of a series."""
    return style.SIGNS[(spot + spot // len(style.CATEGORIES)) % len(style.SIGNS)]


def pattern(spot: int) -> str | None:
    """Return the hatching of a part: none for the first six, whose colours are not alike."""
    return "///" if spot >= len(style.CATEGORIES) else None


def marked(names: pd.Index, highlight: Sequence[str], others: str = style.FADED) -> list[str]:
    """Return the colour of each name: full for those marked, or for all when none is."""
    return [style.PRIMARY if not highlight or name in highlight else others for name in names.astype(str)]


def riferimento(assi: Axes, nome: str, dove: float, decimali: int, *, linea: Any = (0, (4, 2))) -> None:
    """Draw a reference as a vertical line, with its name and value above; the limits of the axes are set already."""
    assi.axvline(dove, color=style.INK, linewidth=1.2, linestyle=linea)
    if nome:
        text = f"{nome}: {formats.numero(dove, decimali)}"
        # On the side where there is room, whatever the width of the axes will be.
        side = 1 if dove <= sum(assi.get_xlim()) / 2 else -1
        beside(
            assi, (dove, 1), text, right=3 * side, up=3, along="columns", fontsize=9.5,
            ha="left" if side == 1 else "right",
        )  # fmt: skip


def beside(
    axes: Axes,
    point: tuple[Any, Any],
    text: str,
    *,
    right: float = 0.0,
    up: float = 0.0,
    along: Literal["data", "rows", "columns"] = "data",
    inside: bool = False,
    **looks: Any,
) -> Text:
    """Write a text some dots away from a point of the axes.

    Parameters
    ----------
    axes : Axes
        Where.
    point : (float, float)
        In the units of the data; along the rows the first is a share of the width of the axes, along the columns the
        second of their height.
    text : str
        What is written.
    right, up : float
        Distance from the point, in dots.
    along : {'data', 'rows', 'columns'}
        What the point is measured in.
    inside : bool
        It surely stands inside the axes: no room is left for it around them.
    **looks
        Settings of matplotlib's ``Text``.
    """
    from matplotlib.transforms import offset_copy

    base = {"rows": axes.get_yaxis_transform, "columns": axes.get_xaxis_transform, "data": lambda: axes.transData}
    moved = offset_copy(base[along](), axes.get_figure(root=True), right, up, units="points")
    return axes.text(*point, text, transform=moved, in_layout=not inside, **looks)


def written(axes: Axes, x: float, row: float, testo: str, colour: str) -> Text:
    """Write inside a part of a bar, in what is read over its colour."""
    ink = style.BOTTOM if palette.dark(colour) else style.INK
    return beside(axes, (x, row), testo, inside=True, ha="center", va="center", fontsize=9.5, color=ink)


def format_(axis: Any, given_format: Callable[[float], str]) -> None:
    """Write the ticks of an axis in a format."""
    from matplotlib.ticker import FuncFormatter

    axis.set_major_formatter(FuncFormatter(lambda value, _: given_format(value)))


def the_ticks(axis: Any, decimali: int) -> None:
    """Write ticks in Italian, with no more decimals than the values have and no fewer than the ticks need."""
    from matplotlib.ticker import Formatter, MaxNLocator

    class Ticks(Formatter):
        def format_ticks(self, values: Sequence[float]) -> list[str]:
            # From the ticks themselves: a step of 2,5 needs one decimal, or 12,5 would be read as 13.
            ticks, maximum = np.asarray(values, dtype=float), max(decimali, 2)
            needed = next((n for n in range(maximum) if (np.abs(ticks - ticks.round(n)) <= 1e-9).all()), maximum)
            return [formats.numero(value, needed) for value in values]

    if decimali == 0:  # there is no half of what is counted
        longest = max(len(formats.numero(edge, 0)) for edge in axis.get_view_interval())
        most = 10 if axis.axis_name == "y" else max(2, min(10, int(_ACROSS // (_LETTER * longest + 12))))
        axis.set_major_locator(MaxNLocator(nbins=most, steps=[1, 2, 2.5, 5, 10], integer=True))
    axis.set_major_formatter(Ticks())


def time_ticks(axes: Axes, index: pd.Index) -> None:
    """Write the instants under a chart, twelve at most, the last one always."""
    step = max(1, -(-len(index) // 12))
    posti = list(range(len(index) - 1, -1, -step))[::-1]
    axes.set_xticks(posti, [str(index[place]) for place in posti])


def above_axis(axes: Axes, unita: str) -> None:
    """Write the unit above the vertical axis, level, where it is read first."""
    if unita:
        axes.set_title(unita, loc="left", y=1, fontsize=10, color=style.SECONDARY)


def value_axis(axes: Axes, numbers: np.ndarray, unita: str, decimali: int) -> None:
    """Set the axis of the values of bars, with room for those written at their ends."""
    low, high = min(0.0, float(np.nanmin(numbers))), max(0.0, float(np.nanmax(numbers)))
    margin = (high - low or 1.0) * 0.14
    axes.set_xlim(low - (margin if low < 0 else 0), high + (margin if high > 0 else 0))
    axes.axvline(0, color=style.CONTEXT, linewidth=1)
    the_ticks(axes.xaxis, decimali)
    axes.set_xlabel(unita)


def row_labels(axes: Axes, rows: np.ndarray, names: pd.Index, highlight: Sequence[str]) -> None:
    """Write the names of the rows, from the top; those marked in bold."""
    # A tick is five things, of which four are never drawn.
    axes.set_yticks([])
    for row, name in zip(rows, map(str, names), strict=True):
        beside(
            axes, (0, row), name, right=-3.5, along="rows", ha="right", va="center_baseline", multialignment="right",
            fontweight="bold" if name in highlight else "normal",
        )  # fmt: skip
    axes.set_ylim(len(rows) - 0.45, -0.6)


def value_at_end(
    axes: Axes,
    row: float,
    numero: float,
    decimali: int,
    *,
    body: float = 9.5,
    da: float = 0.0,
    on_line: bool = False,
) -> None:
    """Write a value at the end of its bar, or ``n.d.`` where it would begin."""
    missing = bool(np.isnan(numero))
    negative = not missing and numero < 0
    beside(
        axes,
        (da if missing else numero, row),
        "n.d." if missing else formats.numero(numero, decimali),
        right=-5 if negative else 5,
        inside=True,
        ha="right" if negative else "left",
        va="center",
        fontsize=body,
        color=style.SECONDARY if missing else style.INK,
        # A line of reference would cross the digits.
        bbox={"boxstyle": "square,pad=0.12", "facecolor": style.BOTTOM, "edgecolor": "none"} if on_line else None,
    )


def legend(axes: Axes, columns: int) -> None:
    """Put the legend above the axes, on as many lines as its names need: a wide one must not squeeze the bars."""
    symbols, names = axes.get_legend_handles_labels()
    in_one_row = int(WIDTH * 72 // (_LETTER * max(map(len, names)) + 34))
    axes.figure.legend(
        symbols, names, loc="outside upper left", ncols=max(1, min(columns, in_one_row)), borderaxespad=0.2,
        handlelength=1.4, columnspacing=1.6, handletextpad=0.5,
    )  # fmt: skip


def labels_at_end(axes: Axes, x: float, code: list[tuple[float, str, str]]) -> None:
    """Write each series' name and last value at its end, pushed apart so that none overlaps."""
    low, high = axes.get_ylim()
    distance = (high - low) * 0.062
    previous = -np.inf
    for value, text, colour in sorted(code, key=lambda tail: tail[0]):
        height = max(value, previous + distance)
        previous = height
        ink = colour if palette.dark(colour) else style.SECONDARY
        beside(axes, (1, height), text, right=6, along="rows", va="center", fontsize=10, color=ink)
