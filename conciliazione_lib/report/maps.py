"""Static maps: a light SVG with its legend, readable in grey, for the page, the printer and the document.

Shapes are written as whole numbers in relative steps, which makes a map of all the comuni of Lombardia weigh tens of
kilobytes. Territories without a value are hatched. The interactive map of the site is drawn from the same classes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

import conciliazione_lib.report.palette as palette
import conciliazione_lib.report.style as style
import conciliazione_lib.report.svg as svg
from conciliazione_lib.evidence import formats
from conciliazione_lib.report.blocks import Classe

if TYPE_CHECKING:
    import geopandas as gpd

#: Largest width and height of the map, and width of the legend beside it, in points.
WIDTH, HEIGHT, LEGEND = 620, 540, 190
#: The map is drawn in halves of a point, so that whole numbers are fine enough: pages show it at a pixel a point.
_SCALE = 2
#: Size of the names on the map, in its own units; where a line of them breaks.
_BODY, _NEW_LINE = 12.5 * _SCALE, 16
#: Width of a letter, in sizes: that of DejaVu Sans, the widest typeface a name may be written in.
_LETTER = 0.62
#: Above this count, territories are not named one by one in the drawing.
_MOST_TITLES = 320


def draw(
    given_shapes: gpd.GeoSeries,
    *,
    classes: Sequence[Classe] = (),
    classe: Mapping[str, int] | None = None,
    uncertain: Collection[str] = (),
    names: Mapping[str, str] | None = None,
    texts: Mapping[str, str] | None = None,
    outlines: gpd.GeoSeries | None = None,
    background: gpd.GeoSeries | None = None,
    labels: Mapping[str, str] | None = None,
    unita: str = "",
    decimali: int = 1,
    bivariata: tuple[str, str] | None = None,
    links: Mapping[str, str] | None = None,
    legend: bool = True,
) -> str:
    """Draw a map.

    Parameters
    ----------
    given_shapes : GeoSeries
        Index: code; shapes in metres.
    classes : sequence of Classe
        The legend; empty for a map that only says where territories are.
    classe : mapping, optional
        Place of the class of each code; a code that is not there has no value.
    uncertain : collection of str
        Codes whose value is guessed, and may be of another class: lines over their colour say so.
    names, texts : mapping, optional
        Name and value of each code, shown by a pointer that rests on it.
    outlines : GeoSeries, optional
        Thicker outlines over the map (ambiti over comuni, ATS over ambiti).
    background : GeoSeries, optional
        Shapes under the map: the place that the territories do not fill.
    labels : mapping, optional
        Names written on the map, by code of ``outlines`` or else of ``given_shapes``; one that would cover another, of
        a larger territory, is left out.
    unita : str
        Unit, over the legend.
    decimali : int
        Decimals of the bounds.
    bivariata : (str, str), optional
        Names of the two variables: the legend becomes a square.
    links : mapping, optional
        Address each territory leads to; such a drawing is a way to move, not an image.
    legend : bool
        Whether the drawing holds its legend; a page may write it as text instead.

    Returns
    -------
    str
        SVG, without title and description: the block adds them.
    """
    limits = given_shapes.total_bounds if background is None else background.total_bounds
    scale = _Proiezione(limits)
    posti, codes = classe or {}, given_shapes.index.tolist()
    missing = bool(classes) and any(code not in posti for code in codes)
    parts: list[str] = []
    hatches = [_pattern("tratteggio", 6, 45, style.MISSING_GROUND, style.MISSING_STROKE, 1.8)] if missing else []
    if uncertain:
        guessed = sorted({posti[code] for code in uncertain if code in posti})
        hatches += [_pattern(f"stima{place}", 5, -45, classes[place].colore, style.BOTTOM, 1.6) for place in guessed]
        hatches.append(_pattern("stima", 5, -45, style.SECONDARY, style.BOTTOM, 1.6))
    if hatches:
        parts.append(f"<defs>{''.join(hatches)}</defs>")
    if background is not None:
        shadows = "".join(f'<path d="{path_drawn}"/>' for path_drawn in scale.traces(background))
        parts.append(
            f'<g fill="{style.BACKGROUND}" stroke="{style.CONTEXT}" stroke-width="{0.6 * _SCALE:g}">{shadows}</g>'
        )
    elements: dict[tuple[str, str], list[str]] = {}
    for code, path_drawn in zip(codes, scale.traces(given_shapes), strict=True):
        if not classes:
            colour = style.NEUTRAL
        elif code in posti:
            colour = f"url(#stima{posti[code]})" if code in uncertain else classes[posti[code]].colore
        else:
            colour = "url(#tratteggio)"
        title = ""
        if len(given_shapes) <= _MOST_TITLES and names:
            text = names.get(code, code) + (f": {texts[code]}" if texts and code in texts else "")
            title = f"<title>{escape(text)}</title>"
        element = f'<path d="{path_drawn}">{title}</path>' if title else f'<path d="{path_drawn}"/>'
        if links and code in links:
            name = escape(names.get(code, code) if names else code)
            element = f'<a href="{escape(links[code])}" aria-label="{name}">{element}</a>'
        # Those of a colour together, but for the ones that lead somewhere: these are met in their order.
        elements.setdefault((colour, code if links else ""), []).append(element)
    thickness = (0.3 if len(given_shapes) > 400 else 0.6) * _SCALE
    groups = "".join(f'<g fill="{colour}">{"".join(shapes)}</g>' for (colour, _), shapes in elements.items())
    parts.append(f'<g fill-rule="evenodd" stroke="{style.BOTTOM}" stroke-width="{thickness:g}">{groups}</g>')
    if outlines is not None:
        edges = "".join(f'<path d="{path_drawn}"/>' for path_drawn in scale.traces(outlines))
        parts.append(f'<g fill="none" stroke="{style.INK}" stroke-width="{0.9 * _SCALE:g}">{edges}</g>')
    if labels:
        parts.append(_labels(scale, outlines if outlines is not None else given_shapes, labels))
    height = scale.altezza
    entries, overhang = "", 0
    if classes and legend:
        one_missing = len(given_shapes) - len(posti) if missing else 0
        entries, high = _legend(classes, unita, decimali, one_missing, bivariata, len(uncertain))
        overhang = LEGEND
        entries = f'<g transform="translate({scale.larghezza + 16} 0)">{entries}</g>'
        height = max(height, high)
    width = scale.larghezza + overhang
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="{style.CHARACTERS}" stroke-linejoin="round">'
        f'<g transform="scale({1 / _SCALE})">{"".join(parts)}</g>{entries}</svg>'
    )


def _pattern(id: str, side: float, angle: int, ground: str, line: str, width: float) -> str:
    """Return a hatch: lines over a colour, with the measures of its square and of its line in points."""
    return svg.hatch(id, side * _SCALE, angle, ground=ground, line=line, wide=width * _SCALE)


class _Proiezione:
    """Metres to units of the drawing, north up."""

    def __init__(self, limits: Sequence[float]) -> None:
        ovest, sud, est, nord = limits
        self._ovest, self._nord = ovest, nord
        self._fattore = _SCALE * min(WIDTH / (est - ovest), HEIGHT / (nord - sud))
        self.larghezza = round((est - ovest) * self._fattore / _SCALE) + 1
        self.altezza = round((nord - sud) * self._fattore / _SCALE) + 1

    def point(self, x: float, y: float) -> tuple[int, int]:
        return round((x - self._ovest) * self._fattore), round((self._nord - y) * self._fattore)

    def traces(self, shapes: gpd.GeoSeries) -> list[str]:
        """Return the path of each shape: absolute start and relative whole steps of every ring."""
        import shapely

        # All the shapes at once: each has few points, and a step of numpy costs as much for few as for many.
        parts, shape_of_the_part = shapely.get_parts(shapes.to_numpy(), return_index=True)
        rings, part_dell_ring = shapely.get_rings(parts, return_index=True)
        points, ring_of_the_point = shapely.get_coordinates(rings, return_index=True)
        grid = np.rint(np.column_stack([points[:, 0] - self._ovest, self._nord - points[:, 1]]) * self._fattore)
        starts = np.searchsorted(ring_of_the_point, np.arange(len(rings) + 1))
        paths_drawn = [""] * len(shapes)
        for number, place in enumerate(shape_of_the_part[part_dell_ring]):
            ring = grid[starts[number] : starts[number + 1]].astype(int)
            steps = _merged(np.diff(ring, axis=0))[:-1]
            if len(steps) >= 2:
                body = " ".join(map(str, steps.ravel().tolist()))
                paths_drawn[place] += f"M{ring[0][0]} {ring[0][1]}l{body}z".replace(" -", "-")
        return paths_drawn


def _merged(steps: np.ndarray) -> np.ndarray:
    """Return the steps of a line without those that stay, and with those that go on straight made one."""
    steps = steps[steps.any(axis=1)]
    if len(steps) < 2:
        return steps
    before, after = steps[:-1], steps[1:]
    turns = (before[:, 0] * after[:, 1] != before[:, 1] * after[:, 0]) | ((before * after).sum(axis=1) < 0)
    return np.asarray(np.add.reduceat(steps, np.flatnonzero(np.concatenate([[True], turns]))))


def _labels(scale: _Proiezione, shapes: gpd.GeoSeries, labels: Mapping[str, str]) -> str:
    """Write names inside their territories, on a white halo, the larger territories first."""
    import shapely

    texts: list[str] = []
    employed: list[tuple[float, float, float, float]] = []
    present = shapes[shapes.index.isin(list(labels))]
    # Not «presenti.area», which has the projection database read only to see that these are metres.
    for place in np.argsort(-shapely.area(present.to_numpy()), kind="stable"):
        code = present.index[place]
        rows = _new_line(labels[code], _NEW_LINE)
        point = present.iloc[place].representative_point()
        x, y = scale.point(point.x, point.y)
        half = max(len(row) for row in rows) * _BODY * _LETTER / 2
        high = len(rows) * _BODY
        x = round(min(max(x, half), scale.larghezza * _SCALE - half))
        box = (x - half, y - high / 2, x + half, y + high / 2)
        if any(_touch(box, other) for other in employed):
            continue
        employed.append(box)
        for step, row in enumerate(rows):
            line_y = round(y - high / 2 + (step + 0.8) * _BODY)
            where = f'x="{x}" y="{line_y}"'
            halo = f'fill="none" stroke="{style.BOTTOM}" stroke-width="{3.2 * _SCALE:g}" aria-hidden="true"'
            texts.append(f"<text {where} {halo}>{escape(row)}</text>")
            texts.append(f'<text {where} fill="{style.INK}">{escape(row)}</text>')
    # The size is the group's: a page that wants the names larger multiplies it, whatever the units of the drawing.
    return f'<g pointer-events="none" text-anchor="middle" font-size="{_BODY:g}">{"".join(texts)}</g>'


def _touch(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _legend(
    classes: Sequence[Classe],
    unita: str,
    decimali: int,
    missing: int,
    bivariata: tuple[str, str] | None,
    uncertain: int,
) -> tuple[str, int]:
    """Return the legend (points, top left at the origin) and its height."""
    parts, y = [], 16
    if unita:
        for row in _new_line(unita, 26):
            parts.append(f'<text x="0" y="{y}" font-size="12" fill="{style.SECONDARY}">{escape(row)}</text>')
            y += 16
        y += 2
    if bivariata is not None:
        square, y = _square(classes, bivariata, y)
        parts.append(square)
    else:
        for entry in reversed(classes) if not classes[0].etichetta else classes:
            rows = _new_line(f"{class_text(entry, decimali)} ({formats.numero(entry.n)})", 22)
            parts.append(
                f'<rect x="0" y="{y - 11}" width="22" height="14" fill="{entry.colore}" stroke="{style.CONTEXT}" '
                'stroke-width="0.6"/>'
            )
            for row in rows:
                parts.append(f'<text x="29" y="{y}" font-size="12" fill="{style.INK}">{escape(row)}</text>')
                y += 15
            y += 5
    if missing:
        parts.append(
            f"{_sample('tratteggio', y)}"
            f'<text x="29" y="{y}" font-size="12" fill="{style.INK}">dato mancante '
            f"({formats.numero(missing)})</text>"
        )
        y += 20
    if uncertain:
        parts.append(_sample("stima", y))
        for row in _new_line(f"stima incerta: forse di un'altra classe ({formats.numero(uncertain)})", 22):
            parts.append(f'<text x="29" y="{y}" font-size="12" fill="{style.INK}">{escape(row)}</text>')
            y += 15
        y += 5
    return "".join(parts), y


def _sample(pattern: str, y: int) -> str:
    """Return an entry of the legend with the hatch of the map, which is in units of the map."""
    return (
        f'<g transform="translate(0 {y - 11}) scale({1 / _SCALE})"><rect width="{22 * _SCALE}" height="{14 * _SCALE}" '
        f'fill="url(#{pattern})" stroke="{style.CONTEXT}" stroke-width="{0.6 * _SCALE:g}"/></g>'
    )


def class_text(voce: Classe, decimali: int) -> str:
    """Return a class in words: ``150,1–174,2``, ``da -1,5 a 0,2``, or the name of the category."""
    if voce.etichetta:
        return voce.etichetta
    from_, a = formats.numero(voce.da, decimali), formats.numero(voce.a, decimali)
    if from_ == a:
        return from_
    return f"da {from_} a {a}" if min(voce.da or 0, voce.a or 0) < 0 else f"{from_}–{a}"


def _square(classes: Sequence[Classe], names: tuple[str, str], y: int) -> tuple[str, int]:
    side, parts = 40, []
    for place, entry in enumerate(classes):
        row, column = divmod(place, 3)
        x, high = 18 + column * side, y + (2 - row) * side
        parts.append(
            f'<rect x="{x}" y="{high}" width="{side}" height="{side}" fill="{entry.colore}"/>'
            f'<text x="{x + side // 2}" y="{high + 24}" text-anchor="middle" font-size="11" '
            f'fill="{style.BOTTOM if palette.dark(entry.colore) else style.INK}">'
            f"{formats.numero(entry.n)}</text>"
        )
    y += 3 * side + 16
    for arrow, name in (("→", names[0]), ("↑", names[1])):
        for text in _new_line(f"{arrow} {name}", 27):
            parts.append(f'<text x="0" y="{y}" font-size="12" fill="{style.INK}">{escape(text)}</text>')
            y += 15
    return "".join(parts), y + 8


def _new_line(testo: str, characters: int) -> list[str]:
    import textwrap

    return textwrap.wrap(testo, characters) or [""]
