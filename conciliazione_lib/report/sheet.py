"""The sheet of every chart: what is put on it, in the units of the data, is given its room and written as SVG.

Shapes, signs and texts are kept as they come. When the drawing is asked for, the room around the axes is what the texts
that stand there need; then everything is placed, once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from types import MappingProxyType
from typing import Any, Final, Literal, SupportsFloat

import conciliazione_lib.report.letters as letters
import conciliazione_lib.report.style as style
import conciliazione_lib.report.svg as svg

#: Width of every chart, in dots: the reading column of the site and of a page.
WIDTH: Final = 619.2
#: Sizes of texts, in dots: those of ticks, and those of the names of axes and of the legend.
BODY, SMALL = 10.5, 10.0
#: A line of text above and below where it is written, from a line to the next, half of a capital: in sizes.
_ASCENT, _DESCENT, _LINE, _HALF = 0.76, 0.24, 1.2, 0.38
#: Dots between what stands around the axes and the edge of the sheet, an axis and its ticks, ticks and their name.
_AIR, _PAD, _NAME_PAD = 3.0, 3.5, 4.0
#: Of the legend, in dots: its edge, the width and height of a sample, what follows a sample, a column and a line.
_EDGE, _SAMPLE, _HIGH, _AFTER, _BETWEEN, _UNDER = 6.0, 14.0, 7.0, 5.0, 16.0, 5.0
#: What is shorter has no length.
_NOTHING: Final = 1e-300
#: How much of the width of the sheet a name beside the axes may take, and how much is always left to the axes.
_NAME, _LEAST = 0.45, 0.2
#: How far steps between ticks go: one of these times a power of ten.
_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
#: Most ticks that an axis has room for, whatever its length.
_MOST: Final = 9

Anchor = Literal["start", "middle", "end"]
#: Which height of a text is where it is written: its line, its middle, the middle of its capitals, its top, its bottom.
Level = Literal["line", "middle", "capitals", "top", "bottom"]


def number(value: float) -> str:
    """Return a measure of a drawing with two decimals at most.

    Examples
    --------
    >>> number(12.5), number(-0.001)
    ('12.5', '0')
    """
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def round_numbers(low: float, high: float, most: int, *, whole: bool = False) -> list[float]:
    """Return numbers that are soon read, evenly spaced, of an interval.

    Parameters
    ----------
    low, high : float
        Ends of the interval.
    most : int
        About how many steps there may be, at most.
    whole : bool
        No number between two whole ones, where the interval has two of them.

    Examples
    --------
    >>> round_numbers(0, 228, 9)
    [0.0, 50.0, 100.0, 150.0, 200.0]
    >>> round_numbers(0, 1.14, 9, whole=True)
    [0.0, 1.0]
    """
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    steps = [times * scale for scale in (power / 10, power) for times in _STEPS]
    if whole and math.floor(high) > math.ceil(low):
        steps = [step for step in steps if step == round(step)] or [1.0]
    place = next((place for place, step in enumerate(steps) if step >= rough * (1 - 1e-9)), len(steps) - 1)
    while True:
        step = steps[place]
        first, last = (math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9))
        if last > first or place == 0:
            return [times * step for times in range(first, last + 1)]
        place -= 1


class Axis:
    """One of the two axes of a sheet: the values it spans, and what is written along it."""

    def __init__(self, room: int) -> None:
        self.low, self.high = 0.0, 1.0
        #: What is measured, written beside the ticks; the size of the ticks.
        self.name, self.body = "", BODY
        #: How many sizes a tick takes along the axis.
        self._room = room
        self._fixed: list[tuple[float, str]] = []
        self._words: Callable[[Sequence[float]], Sequence[str]] | None = None
        self._most, self._whole = 0, False

    def span(self, low: float, high: float) -> None:
        """Set the two ends: the first is at the left, or at the bottom. Where they are one, there is room above it."""
        self.low, self.high = low, high
        if abs(high - low) < _NOTHING:
            self.high = low + (abs(low) if abs(low) > _NOTHING else 1.0)

    def reach(self, value: float) -> None:
        """Move an end, so that a value is among those that the axis spans."""
        margin = abs(self.high - self.low) * 0.04
        low, high = sorted((self.low, self.high))
        if value < low:
            low = value - margin
        elif value > high:
            high = value + margin
        self.low, self.high = (low, high) if self.low <= self.high else (high, low)

    def fit(self, values: Iterable[float], margin: float) -> None:
        """Set the ends around values, with a margin that is a share of what they span."""
        known = [float(value) for value in values if math.isfinite(value)]
        low, high = min(known), max(known)
        if low == high:
            low, high = low - (abs(low) or 1.0) / 20, high + (abs(high) or 1.0) / 20
        self.span(low - (high - low) * margin, high + (high - low) * margin)

    def ticks(self, places: Iterable[tuple[float, str]]) -> None:
        """Say where ticks are, and what is written at each; none when there are none."""
        self._fixed, self._words = list(places), None

    def count(self, words: Callable[[Sequence[float]], Sequence[str]], *, most: int = 0, whole: bool = False) -> None:
        """Have ticks at round numbers.

        Parameters
        ----------
        words : callable
            What is written at each, from all of them.
        most : int
            How many at most; as many as there is room for, when left out.
        whole : bool
            Only at whole numbers.
        """
        self._words, self._most, self._whole = words, most, whole

    def ticks_along(self, length: float) -> list[tuple[float, str]]:
        """Return the ticks of an axis of a length in dots."""
        low, high = sorted((self.low, self.high))
        if self._words is None:
            slack = (high - low) * 1e-9
            return [(place, text) for place, text in self._fixed if low - slack <= place <= high + slack]
        most = self._most or min(_MOST, max(1, int(length // (self.body * self._room))))
        places = round_numbers(low, high, most, whole=self._whole)
        return list(zip(places, self._words(places), strict=True))


@dataclass(frozen=True)
class _Spot:
    """Where the axes are on the sheet, in dots from its top left corner."""

    left: float
    top: float
    right: float
    bottom: float
    axes: tuple[Axis, Axis]

    def x(self, value: float) -> float:
        axis = self.axes[0]
        return self.left + (value - axis.low) / (axis.high - axis.low) * (self.right - self.left)

    def y(self, value: float) -> float:
        axis = self.axes[1]
        return self.bottom - (value - axis.low) / (axis.high - axis.low) * (self.bottom - self.top)

    def trace(self, points: Iterable[tuple[float, float]]) -> str:
        """Return the trace through points, broken where one is missing."""
        words, letter = [], "M"
        for x, y in points:
            if not (math.isfinite(x) and math.isfinite(y)):
                letter = "M"
            else:
                words.append(f"{letter}{number(self.x(x))} {number(self.y(y))}")
                letter = "L"
        return "".join(words)


@dataclass(frozen=True)
class _Text:
    """A text of the sheet, in dots."""

    x: float
    y: float
    text: str
    anchor: Anchor = "start"
    level: Level = "line"
    body: float = BODY
    colour: str = style.INK
    bold: bool = False
    #: Colour of what is behind it, and how much wider than the text that is, in dots.
    behind: tuple[str, float] | None = None
    #: Whether it is written upwards: then it stands at the left of its point, in the middle.
    upright: bool = False

    def lines(self) -> tuple[list[str], float]:
        """Return its lines, and where the first is written."""
        lines = self.text.split("\n")
        more = (len(lines) - 1) * _LINE
        above = {
            "line": -more, "middle": (_ASCENT - _DESCENT - more) / 2, "capitals": _HALF - more / 2, "top": _ASCENT,
            "bottom": -_DESCENT - more,
        }[self.level]  # fmt: skip
        return lines, self.y + above * self.body

    def box(self) -> tuple[float, float, float, float]:
        """Return its left, top, right and bottom."""
        lines, first = self.lines()
        wide = max(letters.width(line, self.body, bold=self.bold) for line in lines)
        if self.upright:
            return self.x - self.body, self.y - wide / 2, self.x, self.y + wide / 2
        left = self.x - {"start": 0.0, "middle": wide / 2, "end": wide}[self.anchor]
        last = first + (len(lines) - 1) * _LINE * self.body
        return left, first - _ASCENT * self.body, left + wide, last + _DESCENT * self.body

    def written(self) -> str:
        """Return it as SVG."""
        look = _look(
            fill=self.colour, font_size=self.body, font_weight="700" if self.bold else None, text_anchor=self.anchor
        )
        if self.upright:
            place = f"{number(self.x - _DESCENT * self.body)} {number(self.y)}"
            return f'<text transform="translate({place}) rotate(-90)"{look}>{escape(self.text)}</text>'
        parts = []
        if self.behind:
            colour, pad = self.behind
            left, top, right, bottom = self.box()
            parts.append(_rectangle(left - pad, top - pad, right + pad, bottom + pad, _look(fill=colour)))
        lines, y = self.lines()
        for line in lines:
            parts.append(f'<text x="{number(self.x)}" y="{number(y)}"{look}>{escape(line)}</text>')
            y += _LINE * self.body
        return "".join(parts)


class Sheet:
    """A blank sheet as wide as every chart.

    Parameters
    ----------
    height : float
        In inches of 72 dots.
    lines : {'x', 'y', 'both'}
        The axis whose ticks have a line across the chart.

    Attributes
    ----------
    x, y : Axis
        The two axes: who draws sets what they span.
    above : str
        The unit of the vertical axis, written level above it, where it is read first.
    """

    def __init__(self, height: float, lines: Literal["x", "y", "both"] = "x") -> None:
        self.x, self.y = Axis(3), Axis(2)
        self.above = ""
        self._height, self._lines = height * 72, lines
        #: What fills, the lines over it, the signs over these, and what is written.
        self._filled: list[Callable[[_Spot], str]] = []
        self._drawn: list[Callable[[_Spot], str]] = []
        self._signed: list[Callable[[_Spot], str]] = []
        self._texts: list[tuple[Callable[[_Spot], _Text], bool]] = []
        self._keys: list[tuple[str, Callable[[float, float], str]]] = []
        self._columns = 0
        #: Signs and hatches, by name: in another drawing of the same page a name is that of the same thing.
        self._defined: dict[str, str] = {}

    def bars(
        self,
        rows: Iterable[SupportsFloat],
        starts: Iterable[SupportsFloat],
        lengths: Iterable[SupportsFloat],
        colours: str | Sequence[str],
        *,
        high: float,
        edge: str | None = None,
        hatched: bool = False,
        name: str = "",
    ) -> None:
        """Draw level bars; one without length is not there.

        Parameters
        ----------
        rows, starts, lengths : iterable of float
            Where the middle of each is, where it starts and how far it goes.
        colours : str or sequence of str
            Of all, or of each.
        high : float
            How high they are, in rows.
        edge : str, optional
            Colour of their outline, and of their hatching.
        hatched : bool
            Whether lines cross them.
        name : str
            What they are in the legend.
        """
        where = [tuple(map(float, bar)) for bar in zip(rows, starts, lengths, strict=True)]
        of_each = [colours] * len(where) if isinstance(colours, str) else colours
        for (row, start, length), colour in zip(where, of_each, strict=True):
            if not length or not math.isfinite(length):
                continue
            look = self._fill(colour, edge, hatched=hatched)

            def draw(spot: _Spot, x: float = start, far: float = length, y: float = row, look: str = look) -> str:
                return _rectangle(spot.x(x), spot.y(y + high / 2), spot.x(x + far), spot.y(y - high / 2), look)

            self._filled.append(draw)
        if name:
            look = self._fill(of_each[0], edge, hatched=hatched)
            self._keys.append((name, lambda x, y: _rectangle(x, y - _HIGH, x + _SAMPLE, y, look)))

    def line(
        self,
        points: Iterable[tuple[SupportsFloat, SupportsFloat]],
        colour: str,
        wide: float,
        *,
        dashes: Sequence[float] = (),
        opacity: float = 1.0,
        flat: bool = False,
        name: str = "",
    ) -> None:
        """Draw a line through points, broken where one is missing.

        Parameters
        ----------
        points : iterable of (float, float)
            Its points.
        colour, wide, dashes, opacity
            Its look; dashes and the gaps between them are as many times as it is wide.
        flat : bool
            It ends at its points, rather than half its width beyond them; a dashed one always does.
        name : str
            What it is in the legend.
        """
        known = [(float(x), float(y)) for x, y in points]
        look = _stroke(colour, wide, dashes, opacity=opacity, flat=flat)

        def draw(spot: _Spot) -> str:
            trace = spot.trace(known)
            return f'<path d="{trace}"{look}/>' if "L" in trace else ""

        self._drawn.append(draw)
        if name:
            self._keys.append(
                (name, lambda x, y: f'<path d="M{number(x)} {number(y - _HIGH / 2)}h{number(_SAMPLE)}"{look}/>')
            )

    def across(
        self, axis: Literal["x", "y"], place: float, colour: str, wide: float, *, dashes: Sequence[float] = ()
    ) -> None:
        """Draw a line from an end of the axes to the other, at a place of an axis, if that is among what it spans."""
        look = _stroke(colour, wide, dashes)
        self._drawn.append(lambda spot: self._across(spot, axis, place, look))

    def signs(
        self,
        points: Iterable[tuple[SupportsFloat, SupportsFloat]],
        colours: str | Sequence[str],
        sign: str,
        size: float,
        *,
        edge: str | None = None,
        edge_width: float = 1.0,
        name: str = "",
    ) -> None:
        """Draw a sign at each point; none where one is missing.

        Parameters
        ----------
        points : iterable of (float, float)
            Where.
        colours : str or sequence of str
            Of all, or of each.
        sign, size
            Which of :data:`conciliazione_lib.report.style.SIGNS`, and how wide in dots.
        edge, edge_width
            Its outline: of the same colour, when left out.
        name : str
            What they are in the legend.
        """
        where = [(float(x), float(y)) for x, y in points]
        own = f"segno-{style.SIGNS.index(sign)}-{number(size)}"
        self._defined[own] = f'<path id="{own}" d="{_SIGNS[sign](size / 2)}"/>'
        of_each = [colours] * len(where) if isinstance(colours, str) else colours

        def put(x: float, y: float, colour: str) -> str:
            look = _look(fill=colour, stroke=edge or colour, stroke_width=edge_width if edge_width != 1 else None)
            return f'<use href="#{own}" x="{number(x)}" y="{number(y)}"{look}/>'

        for (x, y), colour in zip(where, of_each, strict=True):
            if not (math.isfinite(x) and math.isfinite(y)):
                continue

            def draw(spot: _Spot, x: float = x, y: float = y, colour: str = colour) -> str:
                return put(spot.x(x), spot.y(y), colour)

            self._signed.append(draw)
        if name:
            self._keys.append((name, lambda x, y: put(x + _SAMPLE / 2, y - _HIGH / 2, of_each[0])))

    def write(
        self,
        point: tuple[SupportsFloat, SupportsFloat],
        text: str,
        *,
        right: float = 0.0,
        up: float = 0.0,
        along: Literal["data", "rows", "columns"] = "data",
        inside: bool = False,
        **looks: Any,
    ) -> None:
        """Write a text some dots away from a point of the axes.

        Parameters
        ----------
        point : (float, float)
            In the units of the data; along the rows the first is a share of the width of the axes, along the columns
            the second of their height.
        text : str
            What is written.
        right, up : float
            Distance from the point, in dots.
        along : {'data', 'rows', 'columns'}
            What the point is measured in.
        inside : bool
            It surely stands inside the axes: no room is left for it around them.
        **looks
            ``anchor``, ``level``, ``body``, ``colour``, ``bold``, ``behind``.
        """
        x, y = map(float, point)

        def placed(spot: _Spot) -> _Text:
            at_x = spot.left + x * (spot.right - spot.left) if along == "rows" else spot.x(x)
            at_y = spot.bottom - y * (spot.bottom - spot.top) if along == "columns" else spot.y(y)
            given = text if inside else self._short(text, looks.get("body", BODY), bold=looks.get("bold", False))
            return _Text(at_x + right, at_y - up, given, **looks)

        self._texts.append((placed, inside))

    @staticmethod
    def _short(text: str, body: float, *, bold: bool = False) -> str:
        """Return a text that leaves room to the axes: the table beside the drawing has it whole."""
        return "\n".join(letters.within(line, _NAME * WIDTH, body, bold=bold) for line in text.split("\n"))

    def legend(self, columns: int) -> None:
        """Have a legend above the axes, of some columns at most."""
        self._columns = columns

    def drawing(self) -> svg.Drawing:
        """Return what is on the sheet as SVG."""
        spot = self._around()
        height = number(self._height)
        own, others = self._written(spot)
        parts = [
            f'<svg xmlns="{svg.SVG}" width="{number(WIDTH)}" height="{height}" viewBox="0 0 {number(WIDTH)} {height}" '
            f'stroke-linejoin="round" font-family="{style.CHARACTERS}">',
            f"<defs>{''.join(self._defined.values())}</defs>" if self._defined else "",
            _rectangle(0, 0, WIDTH, self._height, _look(fill=style.BOTTOM)),
        ]
        grid = _stroke(style.GRID, 0.8)
        if self._lines != "y":
            parts += [self._across(spot, "x", place, grid) for place, _ in self.x.ticks_along(spot.right - spot.left)]
        if self._lines != "x":
            parts += [self._across(spot, "y", place, grid) for place, _ in self.y.ticks_along(spot.bottom - spot.top)]
        parts += [text.written() for text in own]
        parts += [draw(spot) for draw in (*self._filled, *self._drawn, *self._signed)]
        left, top, right, bottom = map(number, (spot.left, spot.top, spot.right, spot.bottom))
        edges = _stroke(style.CONTEXT, 0.8)
        parts.append(f'<path d="M{left} {bottom}V{top}"{edges}/><path d="M{left} {bottom}H{right}"{edges}/>')
        parts += [text.written() for text, _ in others]
        parts += [piece for x, y, name, sample in self._legend() for piece in (sample(x, y), _named(x, y, name))]
        return svg.Drawing(f"{''.join(parts)}</svg>")

    def _fill(self, colour: str, edge: str | None, *, hatched: bool) -> str:
        if hatched:
            own = f"tratti-{colour[1:]}"
            self._defined[own] = svg.hatch(own, _HATCH, 45, ground=colour, line=style.BOTTOM, wide=_STRIPE)
            colour = f"url(#{own})"
        return _look(fill=colour, stroke=edge, stroke_linejoin="miter" if edge else None)

    def _across(self, spot: _Spot, axis: Literal["x", "y"], place: float, look: str) -> str:
        along = self.x if axis == "x" else self.y
        low, high = sorted((along.low, along.high))
        slack = (high - low) * 1e-9
        if not low - slack <= place <= high + slack:
            return ""
        if axis == "x":
            return f'<path d="M{number(spot.x(place))} {number(spot.bottom)}V{number(spot.top)}"{look}/>'
        return f'<path d="M{number(spot.left)} {number(spot.y(place))}H{number(spot.right)}"{look}/>'

    def _legend(self) -> Iterator[tuple[float, float, str, Callable[[float, float], str]]]:
        """Give the place, the name and the sample of each key: down each column, then to the next."""
        if not self._columns or not self._keys:
            return
        widest = max(len(name) for name, _ in self._keys)
        # A letter is as wide as two thirds of its height, at most: a wide legend must not squeeze the bars.
        in_one_row = int(WIDTH // (6.3 * widest + 34))
        columns = max(1, min(self._columns, in_one_row, len(self._keys)))
        rows, more = divmod(len(self._keys), columns)
        x, start = _EDGE, 0
        for column in range(columns):
            keys = self._keys[start : start + rows + (column < more)]
            for line, (name, sample) in enumerate(keys):
                yield x, _EDGE + _ASCENT * SMALL + line * (SMALL + _UNDER), name, sample
            start += len(keys)
            x += _SAMPLE + _AFTER + max(letters.width(name, SMALL) for name, _ in keys) + _BETWEEN

    def _written(self, spot: _Spot) -> tuple[list[_Text], list[tuple[_Text, bool]]]:
        """Return what is written along the axes, and what else; of this, whether it is surely inside them."""
        grey = style.SECONDARY
        along = [
            _Text(spot.x(place), spot.bottom + _PAD, text, "middle", "top", self.x.body, grey)
            for place, text in self.x.ticks_along(spot.right - spot.left)
        ]
        if self.x.name:
            below = max((text.box()[3] for text in along), default=spot.bottom) + _NAME_PAD
            along.append(_Text((spot.left + spot.right) / 2, below, self.x.name, "middle", "top", SMALL, grey))
        beside = [
            _Text(spot.left - _PAD, spot.y(place), self._short(text, self.y.body), "end", "capitals", self.y.body)
            for place, text in self.y.ticks_along(spot.bottom - spot.top)
        ]
        if self.y.name:
            before = min((text.box()[0] for text in beside), default=spot.left) - _NAME_PAD
            middle = (spot.top + spot.bottom) / 2
            beside.append(_Text(before, middle, self.y.name, "middle", body=SMALL, colour=grey, upright=True))
        if self.above:
            beside.append(_Text(spot.left, spot.top - 6, self.above, body=SMALL, colour=grey))
        return along + beside, [(placed(spot), inside) for placed, inside in self._texts]

    def _around(self) -> _Spot:
        """Return where the axes are, once what stands around them has its room."""
        height, axes = self._height, (self.x, self.y)
        # While the room is looked for, the axes are about where they will be.
        guess = _Spot(0.125 * WIDTH, 0.12 * height, 0.9 * WIDTH, 0.89 * height, axes)
        own, others = self._written(guess)
        boxes = [text.box() for text in (*own, *(text for text, inside in others if not inside))]
        left = max([guess.left - box[0] for box in boxes], default=0.0)
        top = max([guess.top - box[1] for box in boxes], default=0.0)
        right = max([box[2] - guess.right for box in boxes], default=0.0)
        bottom = max([box[3] - guess.bottom for box in boxes], default=0.0)
        keys = max((y + _DESCENT * SMALL + 4 + _AIR for _, y, *_ in self._legend()), default=0.0)
        left, right = _shared(max(left, 0.0) + _AIR, max(right, 0.0) + _AIR, WIDTH)
        top, bottom = _shared(max(top, 0.0) + _AIR + keys, max(bottom, 0.0) + _AIR, height)
        return _Spot(left, top, WIDTH - right, height - bottom, axes)


def _shared(before: float, after: float, whole: float) -> tuple[float, float]:
    """Return what stands before and after the axes, less when it would leave them too little."""
    share = min(1.0, (1 - _LEAST) * whole / (before + after))
    return before * share, after * share


#: Side of a hatch, in dots, and its line: half of it is beyond the edge of its square.
_HATCH, _STRIPE = 5.66, 2.0


def _round(half: float) -> str:
    r, whole = number(half), number(2 * half)
    return f"M-{r} 0a{r} {r} 0 1 0 {whole} 0a{r} {r} 0 1 0-{whole} 0z"


def _polygon(half: float, *corners: tuple[float, float]) -> str:
    return "M" + "L".join(f"{number(x * half)} {number(y * half)}" for x, y in corners) + "z"


#: The trace of each sign of the style, from half its width.
_SIGNS: Final = MappingProxyType(
    {
        "o": _round,
        "s": lambda half: _polygon(half, (-1, -1), (1, -1), (1, 1), (-1, 1)),
        "^": lambda half: _polygon(half, (0, -1), (-1, 1), (1, 1)),
        "v": lambda half: _polygon(half, (0, 1), (1, -1), (-1, -1)),
        "D": lambda half: _polygon(half * math.sqrt(2), (0, 1), (1, 0), (0, -1), (-1, 0)),
        "P": lambda half: _polygon(
            half / 3, (-1, 3), (1, 3), (1, 1), (3, 1), (3, -1), (1, -1), (1, -3), (-1, -3), (-1, -1), (-3, -1),
            (-3, 1), (-1, 1),
        ),
    }
)  # fmt: skip


def _look(**attributes: float | str | None) -> str:
    """Return presentation attributes, with a space before each."""
    return "".join(
        f' {name.replace("_", "-")}="{value if isinstance(value, str) else number(value)}"'
        for name, value in attributes.items()
        if value is not None
    )


def _stroke(colour: str, wide: float, dashes: Sequence[float] = (), *, opacity: float = 1.0, flat: bool = False) -> str:
    """Return the look of a line."""
    return _look(
        fill="none",
        stroke=colour,
        stroke_width=wide if wide != 1 else None,
        stroke_opacity=opacity if opacity != 1 else None,
        stroke_dasharray=",".join(number(dash * wide) for dash in dashes) or None,
        stroke_linecap=None if dashes or flat else "square",
    )


def _rectangle(x0: float, y0: float, x1: float, y1: float, look: str) -> str:
    left, top, right, bottom = map(number, (x0, y0, x1, y1))
    return f'<path d="M{left} {bottom}H{right}V{top}H{left}z"{look}/>'


def _named(x: float, y: float, name: str) -> str:
    return _Text(x + _SAMPLE + _AFTER, y, name, body=SMALL).written()
