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
STROKES = ("-", "--", "-.", ":", (0, (6, 2, 1, 2, 1, 2)), (0, (1, 1)))
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

#: matplotlib settings of every chart. Text stays text; the salt makes identifiers repeatable.
MATPLOTLIB: Mapping[str, object] = MappingProxyType(
    {
        "svg.fonttype": "none",
        "svg.hashsalt": "conciliazione",
        "font.family": ["DejaVu Sans"],
        "font.size": 10.5,
        "text.color": INK,
        "axes.edgecolor": CONTEXT,
        "axes.labelcolor": SECONDARY,
        "axes.labelsize": 10,
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.unicode_minus": True,
        "grid.color": GRID,
        "grid.linewidth": 0.8,
        "xtick.color": SECONDARY,
        "ytick.color": INK,
        "xtick.bottom": False,
        "ytick.left": False,
        "xtick.major.size": 0,
        "ytick.major.size": 0,
        "lines.linewidth": 2.2,
        "lines.markersize": 6,
        "legend.frameon": False,
        "legend.fontsize": 10,
        "figure.facecolor": BOTTOM,
        "savefig.facecolor": BOTTOM,
    }
)
