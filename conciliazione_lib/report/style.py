"""The look shared by charts and maps: colours, type and sizes.

Colours are those of ``colori.toml``. The palettes stay apart for the common forms of colour blindness and, because
their lightness grows step by step, in a grey print too. Colour is never the only sign: charts add labels, markers or
dashes.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import conciliazione_lib.report.palette as palette

_TINTS, _CHARTS, _MAPS = (palette.colours(group) for group in ("tinte", "grafici", "mappe"))

#: Ink, secondary ink, grid and the grey of what is not the point of a chart.
INK: str = _TINTS["inchiostro"]
SECONDARY: str = _TINTS["secondario"]
GRID: str = _TINTS["linea"]
CONTEXT: str = _TINTS["contesto"]
BOTTOM: str = _TINTS["bianco"]

#: The territory or series a chart is about, and the others when one is marked.
PRIMARY: str = _CHARTS["primario"]
FADED: str = _CHARTS["attenuato"]

#: Categories, from the darkest to the lightest.
CATEGORIES: tuple[str, ...] = _CHARTS["categorie"]
#: Dashes of their lines (strokes and gaps, in widths of the line), and signs of their points.
STROKES: tuple[tuple[float, ...], ...] = (
    (), (3.7, 1.6), (6.4, 1.6, 1, 1.6), (1, 1.65), (6, 2, 1, 2, 1, 2), (1, 1),
)  # fmt: skip
SIGNS = ("o", "s", "^", "D", "v", "P")

#: Sexes, in every chart; what is compared with them.
MALES: str = _CHARTS["maschi"]
FEMALES: str = _CHARTS["femmine"]
COMPARISON: str = _CHARTS["confronto"]

#: Below, at and above a centre.
BELOW: str = _CHARTS["sotto"]
CENTRE: str = _CHARTS["centro"]
ABOVE: str = _CHARTS["sopra"]

#: Sequential classes for maps, light to dark (5 classes at most are read apart on a map).
SEQUENCE: Mapping[int, tuple[str, ...]] = MappingProxyType(
    {int(number): colours for number, colours in _MAPS["sequenza"].items()}
)

#: Categories on a map.
MAP_CATEGORIES: tuple[str, ...] = _MAPS["categorie"]

#: States of a plan, from one at work to a plain no: each lighter than the one before, so that opposites differ in grey.
STATI_PIANO: Mapping[str, str] = _MAPS["stati_piano"]

#: Territories that are like their neighbours, or unlike them: each lighter than the one before, so that
#: opposites differ in grey.
ADDENSAMENTI: Mapping[str, str] = _MAPS["addensamenti"]

#: A territory without a value to show, when the map only says where it is.
NEUTRAL: str = _MAPS["neutro"]

#: The part of a place that the territories drawn do not fill.
BACKGROUND: str = _MAPS["sfondo"]

#: Bivariate 3×3: rows grow with the second variable, columns with the first.
BIVARIATA: tuple[tuple[str, ...], ...] = _MAPS["bivariata"]

#: What stands for a missing value on a map: hatching, so that it does not look like a low value.
MISSING_GROUND: str = _TINTS["bianco"]
MISSING_STROKE: str = _TINTS["mancante"]

#: Typefaces of the SVG text; the site serves the first, the others are what a machine may have.
CHARACTERS = "'Titillium Web', 'DejaVu Sans', Arial, sans-serif"

#: Settings of matplotlib for a figure of a chapter's own. Text stays text; the salt makes identifiers repeatable.
MATPLOTLIB: Mapping[str, object] = MappingProxyType(
    {
        "svg.fonttype": "none",
        "svg.hashsalt": "conciliazione",
        "font.family": ["DejaVu Sans"],
    }
)
