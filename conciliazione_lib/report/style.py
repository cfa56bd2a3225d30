"""The look shared by charts and maps: colours, type and sizes.

The palettes stay apart for the common forms of colour blindness and, because their lightness grows
step by step, in a grey print too. Colour is never the only sign: charts add labels, markers or dashes.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: Ink, secondary ink, grid and the grey of what is not the point of a chart.
INCHIOSTRO = "#17324d"
SECONDARIO = "#455b71"
GRIGLIA = "#d9e1ea"
CONTESTO = "#8a99a8"
FONDO = "#ffffff"

#: The territory or series a chart is about.
PRIMARIO = "#0059b3"

#: Categories, from the darkest to the lightest.
CATEGORIE = ("#12355b", "#b5442a", "#1f8a8a", "#d9962b", "#a08fc2", "#c6cf6a")
TRATTI = ("-", "--", "-.", ":", (0, (6, 2, 1, 2, 1, 2)), (0, (1, 1)))
SEGNI = ("o", "s", "^", "D", "v", "P")

#: Sexes, in every chart.
MASCHI = "#1f8a8a"
FEMMINE = "#12355b"

#: Below and above a centre.
SOTTO = "#b5442a"
SOPRA = "#0059b3"

#: Sequential classes for maps, light to dark (5 classes at most are read apart on a map).
SEQUENZA = MappingProxyType(
    {
        2: ("#c9dff2", "#1d5c96"),
        3: ("#d6e6f4", "#7fb2dc", "#174f86"),
        4: ("#dfecf7", "#a3c9e8", "#4d8cc4", "#123f70"),
        5: ("#e4eff9", "#b5d3ec", "#77abd8", "#3877b2", "#0f3560"),
        6: ("#e9f2fa", "#c3dbf0", "#92bde2", "#5c97cb", "#2c6aa6", "#0d2f57"),
    }
)

#: Categories on a map: tints on which a name can be read.
CATEGORIE_MAPPA = ("#a9c8e6", "#f0b27a", "#7cc4b4", "#efe39a", "#bda7db", "#3f6fa3")

#: States of a plan, from one at work to a plain no: each lighter than the one before, so that opposites differ in grey.
STATI_PIANO = MappingProxyType(
    {
        "vigente": "#08306b",
        "adottato": "#0b559f",
        "adottato non aggiornato": "#3d84bd",
        "in elaborazione": "#a5a1cc",
        "non adottato": "#fdb863",
        "negativo": "#fee0b6",
    }
)

#: Territories that are like their neighbours, or unlike them: each lighter than the one before, so that
#: opposites differ in grey.
ADDENSAMENTI: Mapping[str, str] = MappingProxyType(
    {
        "alto-alto": "#8c1022",
        "basso-basso": "#3f7fb8",
        "alto-basso": "#e79a83",
        "basso-alto": "#b8d4ea",
        "non significativo": "#eef1f4",
    }
)

#: A territory without a value to show, when the map only says where it is.
NEUTRO = "#dbe7f3"

#: The part of a place that the territories drawn do not fill.
SFONDO = "#f1f4f7"

#: Bivariate 3×3: rows grow with the second variable, columns with the first.
BIVARIATA = (
    ("#eceff3", "#a8cfe0", "#4fa8c4"),
    ("#e8bfa5", "#a39fae", "#4b7ea3"),
    ("#d3744c", "#93566a", "#2d3358"),
)

#: What stands for a missing value on a map: hatching, so that it does not look like a low value.
MANCANTE_FONDO = "#ffffff"
MANCANTE_TRATTO = "#6b7a89"

#: Typefaces of the SVG text; the site serves the first, the others are what a machine may have.
CARATTERI = "'Titillium Web', 'DejaVu Sans', Arial, sans-serif"

#: matplotlib settings of every chart. Text stays text; the salt makes identifiers repeatable.
MATPLOTLIB: Mapping[str, object] = MappingProxyType(
    {
        "svg.fonttype": "none",
        "svg.hashsalt": "conciliazione",
        "font.family": ["DejaVu Sans"],
        "font.size": 10.5,
        "text.color": INCHIOSTRO,
        "axes.edgecolor": CONTESTO,
        "axes.labelcolor": SECONDARIO,
        "axes.labelsize": 10,
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.unicode_minus": True,
        "grid.color": GRIGLIA,
        "grid.linewidth": 0.8,
        "xtick.color": SECONDARIO,
        "ytick.color": INCHIOSTRO,
        "xtick.bottom": False,
        "ytick.left": False,
        "xtick.major.size": 0,
        "ytick.major.size": 0,
        "lines.linewidth": 2.2,
        "lines.markersize": 6,
        "legend.frameon": False,
        "legend.fontsize": 10,
        "figure.facecolor": FONDO,
        "savefig.facecolor": FONDO,
    }
)
