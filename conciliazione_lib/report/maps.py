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
from conciliazione_lib.evidence import formats
from conciliazione_lib.report.blocks import Classe

if TYPE_CHECKING:
    import geopandas as gpd

#: Largest width and height of the map, and width of the legend beside it, in points.
LARGHEZZA, ALTEZZA, LEGENDA = 620, 540, 190
#: The map is drawn in fifths of a point, so that whole numbers are fine enough.
_SCALA = 5
#: Size of the names on the map, in its own units; where a line of them breaks.
_CORPO, _A_CAPO = 12.5 * _SCALA, 16
#: Above this count, territories are not named one by one in the drawing.
_TITOLI_MASSIMI = 320


def disegna(
    forme: gpd.GeoSeries,
    *,
    classi: Sequence[Classe] = (),
    classe: Mapping[str, int] | None = None,
    incerte: Collection[str] = (),
    nomi: Mapping[str, str] | None = None,
    testi: Mapping[str, str] | None = None,
    contorni: gpd.GeoSeries | None = None,
    sfondo: gpd.GeoSeries | None = None,
    etichette: Mapping[str, str] | None = None,
    unita: str = "",
    decimali: int = 1,
    bivariata: tuple[str, str] | None = None,
    collegamenti: Mapping[str, str] | None = None,
    legenda: bool = True,
) -> str:
    """Draw a map.

    Parameters
    ----------
    forme : GeoSeries
        Index: code; shapes in metres.
    classi : sequence of Classe
        The legend; empty for a map that only says where territories are.
    classe : mapping, optional
        Place of the class of each code; a code that is not there has no value.
    incerte : collection of str
        Codes whose value is guessed, and may be of another class: lines over their colour say so.
    nomi, testi : mapping, optional
        Name and value of each code, shown by a pointer that rests on it.
    contorni : GeoSeries, optional
        Thicker outlines over the map (ambiti over comuni, ATS over ambiti).
    sfondo : GeoSeries, optional
        Shapes under the map: the place that the territories do not fill.
    etichette : mapping, optional
        Names written on the map, by code of ``contorni`` or else of ``forme``; one that would cover another, of a
        larger territory, is left out.
    unita : str
        Unit, over the legend.
    decimali : int
        Decimals of the bounds.
    bivariata : (str, str), optional
        Names of the two variables: the legend becomes a square.
    collegamenti : mapping, optional
        Address each territory leads to; such a drawing is a way to move, not an image.
    legenda : bool
        Whether the drawing holds its legend; a page may write it as text instead.

    Returns
    -------
    str
        SVG, without title and description: the block adds them.
    """
    limits = forme.total_bounds if sfondo is None else sfondo.total_bounds
    scale = _Proiezione(limits)
    posti = classe or {}
    missing = bool(classi) and any(code not in posti for code in forme.index)
    parts: list[str] = []
    hatches = [_pattern("tratteggio", 6, 45, style.MANCANTE_FONDO, style.MANCANTE_TRATTO, 1.8)] if missing else []
    if incerte:
        guessed = sorted({posti[code] for code in incerte if code in posti})
        hatches += [_pattern(f"stima{place}", 5, -45, classi[place].colore, style.FONDO, 1.6) for place in guessed]
        hatches.append(_pattern("stima", 5, -45, style.SECONDARIO, style.FONDO, 1.6))
    if hatches:
        parts.append(f"<defs>{''.join(hatches)}</defs>")
    if sfondo is not None:
        shadows = "".join(f'<path d="{path_drawn}"/>' for path_drawn in scale.tracciati(sfondo))
        parts.append(
            f'<g fill="{style.SFONDO}" stroke="{style.CONTESTO}" stroke-width="{0.6 * _SCALA:g}">{shadows}</g>'
        )
    elements: dict[tuple[str, str], list[str]] = {}
    for code, path_drawn in zip(forme.index, scale.tracciati(forme), strict=True):
        if not classi:
            colour = style.NEUTRO
        elif code in posti:
            colour = f"url(#stima{posti[code]})" if code in incerte else classi[posti[code]].colore
        else:
            colour = "url(#tratteggio)"
        title = ""
        if len(forme) <= _TITOLI_MASSIMI and nomi:
            text = nomi.get(code, code) + (f": {testi[code]}" if testi and code in testi else "")
            title = f"<title>{escape(text)}</title>"
        element = f'<path d="{path_drawn}">{title}</path>' if title else f'<path d="{path_drawn}"/>'
        if collegamenti and code in collegamenti:
            name = escape(nomi.get(code, code) if nomi else code)
            element = f'<a href="{escape(collegamenti[code])}" aria-label="{name}">{element}</a>'
        # Those of a colour together, but for the ones that lead somewhere: these are met in their order.
        elements.setdefault((colour, code if collegamenti else ""), []).append(element)
    thickness = (0.3 if len(forme) > 400 else 0.6) * _SCALA
    groups = "".join(f'<g fill="{colour}">{"".join(shapes)}</g>' for (colour, _), shapes in elements.items())
    parts.append(f'<g fill-rule="evenodd" stroke="{style.FONDO}" stroke-width="{thickness:g}">{groups}</g>')
    if contorni is not None:
        edges = "".join(f'<path d="{path_drawn}"/>' for path_drawn in scale.tracciati(contorni))
        parts.append(f'<g fill="none" stroke="{style.INCHIOSTRO}" stroke-width="{0.9 * _SCALA:g}">{edges}</g>')
    if etichette:
        parts.append(_etichette(scale, contorni if contorni is not None else forme, etichette))
    height = scale.altezza
    entries, overhang = "", 0
    if classi and legenda:
        one_missing = len(forme) - len(posti) if missing else 0
        entries, high = _legenda(classi, unita, decimali, one_missing, bivariata, len(incerte))
        overhang = LEGENDA
        entries = f'<g transform="translate({scale.larghezza + 16} 0)">{entries}</g>'
        height = max(height, high)
    width = scale.larghezza + overhang
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="{style.CARATTERI}" stroke-linejoin="round">'
        f'<g transform="scale({1 / _SCALA})">{"".join(parts)}</g>{entries}</svg>'
    )


def _pattern(id: str, side: float, angle: int, ground: str, line: str, width: float) -> str:
    """Return a hatch: lines over a colour, with the measures of its square and of its line in points."""
    edge, stroke = side * _SCALA, width * _SCALA
    return (
        f'<pattern id="{id}" width="{edge:g}" height="{edge:g}" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate({angle})"><rect width="{edge:g}" height="{edge:g}" fill="{ground}"/>'
        f'<path d="M0 0V{edge:g}" stroke="{line}" stroke-width="{stroke:g}"/></pattern>'
    )


class _Proiezione:
    """Metres to units of the drawing, north up."""

    def __init__(self, limiti: Sequence[float]) -> None:
        ovest, sud, est, nord = limiti
        self._ovest, self._nord = ovest, nord
        self._fattore = _SCALA * min(LARGHEZZA / (est - ovest), ALTEZZA / (nord - sud))
        self.larghezza = round((est - ovest) * self._fattore / _SCALA) + 1
        self.altezza = round((nord - sud) * self._fattore / _SCALA) + 1

    def punto(self, x: float, y: float) -> tuple[int, int]:
        return round((x - self._ovest) * self._fattore), round((self._nord - y) * self._fattore)

    def tracciati(self, forme: gpd.GeoSeries) -> list[str]:
        """Return the path of each shape: absolute start and relative whole steps of every ring."""
        import shapely

        # All the shapes at once: each has few points, and a step of numpy costs as much for few as for many.
        parts, shape_of_the_part = shapely.get_parts(forme.to_numpy(), return_index=True)
        rings, part_dell_ring = shapely.get_rings(parts, return_index=True)
        points, ring_of_the_point = shapely.get_coordinates(rings, return_index=True)
        grid = np.rint(np.column_stack([points[:, 0] - self._ovest, self._nord - points[:, 1]]) * self._fattore)
        starts = np.searchsorted(ring_of_the_point, np.arange(len(rings) + 1))
        paths_drawn = [""] * len(forme)
        for number, place in enumerate(shape_of_the_part[part_dell_ring]):
            ring = grid[starts[number] : starts[number + 1]].astype(int)
            steps = np.diff(ring, axis=0)
            steps = steps[steps.any(axis=1)][:-1]
            if len(steps) >= 2:
                body = " ".join(map(str, steps.ravel().tolist()))
                paths_drawn[place] += f"M{ring[0][0]} {ring[0][1]}l{body}z".replace(" -", "-")
        return paths_drawn


def _etichette(scala: _Proiezione, forme: gpd.GeoSeries, etichette: Mapping[str, str]) -> str:
    """Write names inside their territories, on a white halo, the larger territories first."""
    import shapely

    texts: list[str] = []
    employed: list[tuple[float, float, float, float]] = []
    present = forme[forme.index.isin(list(etichette))]
    # Not «presenti.area», which has the projection database read only to see that these are metres.
    for place in np.argsort(-shapely.area(present.to_numpy()), kind="stable"):
        code = present.index[place]
        rows = _a_capo(etichette[code], _A_CAPO)
        point = present.iloc[place].representative_point()
        x, y = scala.punto(point.x, point.y)
        half = max(len(row) for row in rows) * _CORPO * 0.27
        high = len(rows) * _CORPO
        x = round(min(max(x, half), scala.larghezza * _SCALA - half))
        box = (x - half, y - high / 2, x + half, y + high / 2)
        if any(_toccano(box, other) for other in employed):
            continue
        employed.append(box)
        for step, row in enumerate(rows):
            share = round(y - high / 2 + (step + 0.8) * _CORPO)
            comune = f'x="{x}" y="{share}" text-anchor="middle" font-size="{_CORPO:g}"'
            alone = (
                f'<text {comune} fill="none" stroke="{style.FONDO}" stroke-width="{3.2 * _SCALA:g}" aria-hidden="true">'
            )
            texts.append(f"{alone}{escape(row)}</text>")
            texts.append(f'<text {comune} fill="{style.INCHIOSTRO}">{escape(row)}</text>')
    return f'<g pointer-events="none">{"".join(texts)}</g>'


def _toccano(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _legenda(
    classi: Sequence[Classe],
    unita: str,
    decimali: int,
    mancanti: int,
    bivariata: tuple[str, str] | None,
    incerte: int,
) -> tuple[str, int]:
    """Return the legend (points, top left at the origin) and its height."""
    parts, y = [], 16
    if unita:
        for row in _a_capo(unita, 26):
            parts.append(f'<text x="0" y="{y}" font-size="12" fill="{style.SECONDARIO}">{escape(row)}</text>')
            y += 16
        y += 2
    if bivariata is not None:
        square, y = _quadrato(classi, bivariata, y)
        parts.append(square)
    else:
        for entry in reversed(classi) if not classi[0].etichetta else classi:
            rows = _a_capo(f"{testo_classe(entry, decimali)} ({formats.numero(entry.n)})", 22)
            parts.append(
                f'<rect x="0" y="{y - 11}" width="22" height="14" fill="{entry.colore}" stroke="{style.CONTESTO}" '
                'stroke-width="0.6"/>'
            )
            for row in rows:
                parts.append(f'<text x="29" y="{y}" font-size="12" fill="{style.INCHIOSTRO}">{escape(row)}</text>')
                y += 15
            y += 5
    if mancanti:
        parts.append(
            f"{_sample('tratteggio', y)}"
            f'<text x="29" y="{y}" font-size="12" fill="{style.INCHIOSTRO}">dato mancante '
            f"({formats.numero(mancanti)})</text>"
        )
        y += 20
    if incerte:
        parts.append(_sample("stima", y))
        for row in _a_capo(f"stima incerta: forse di un'altra classe ({formats.numero(incerte)})", 22):
            parts.append(f'<text x="29" y="{y}" font-size="12" fill="{style.INCHIOSTRO}">{escape(row)}</text>')
            y += 15
        y += 5
    return "".join(parts), y


def _sample(pattern: str, y: int) -> str:
    """Return an entry of the legend with the hatch of the map, which is in units of the map."""
    return (
        f'<g transform="translate(0 {y - 11}) scale({1 / _SCALA})"><rect width="{22 * _SCALA}" height="{14 * _SCALA}" '
        f'fill="url(#{pattern})" stroke="{style.CONTESTO}" stroke-width="{0.6 * _SCALA:g}"/></g>'
    )


def testo_classe(voce: Classe, decimali: int) -> str:
    """Return a class in words: ``150,1–174,2``, ``da -1,5 a 0,2``, or the name of the category."""
    if voce.etichetta:
        return voce.etichetta
    from_, a = formats.numero(voce.da, decimali), formats.numero(voce.a, decimali)
    if from_ == a:
        return from_
    return f"da {from_} a {a}" if min(voce.da or 0, voce.a or 0) < 0 else f"{from_}–{a}"


def _quadrato(classi: Sequence[Classe], nomi: tuple[str, str], y: int) -> tuple[str, int]:
    side, parts = 40, []
    for place, entry in enumerate(classi):
        row, column = divmod(place, 3)
        x, high = 18 + column * side, y + (2 - row) * side
        parts.append(
            f'<rect x="{x}" y="{high}" width="{side}" height="{side}" fill="{entry.colore}"/>'
            f'<text x="{x + side // 2}" y="{high + 24}" text-anchor="middle" font-size="11" '
            f'fill="{style.FONDO if palette.scuro(entry.colore) else style.INCHIOSTRO}">'
            f"{formats.numero(entry.n)}</text>"
        )
    y += 3 * side + 16
    for arrow, name in (("→", nomi[0]), ("↑", nomi[1])):
        for text in _a_capo(f"{arrow} {name}", 27):
            parts.append(f'<text x="0" y="{y}" font-size="12" fill="{style.INCHIOSTRO}">{escape(text)}</text>')
            y += 15
    return "".join(parts), y + 8


def _a_capo(testo: str, caratteri: int) -> list[str]:
    import textwrap

    return textwrap.wrap(testo, caratteri) or [""]
