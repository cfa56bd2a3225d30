"""The look shared by charts and maps: colours, type and sizes.

Colours are those of ``colori.toml``. The palettes stay apart for the common forms of colour blindness and, because
their lightness grows step by step, in a grey print too. Colour is never the only sign: charts add labels, markers or
dashes.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import conciliazione_lib.report.palette as palette

_TINTE, _GRAFICI, _MAPPE = (palette.colori(group) for group in ("tinte", "grafici", "mappe"))

#: Ink, secondary ink, grid and the grey of what is not the point of a chart.
INCHIOSTRO: str = _TINTE["inchiostro"]
SECONDARIO: str = _TINTE["secondario"]
GRIGLIA: str = _TINTE["linea"]
CONTESTO: str = _TINTE["contesto"]
FONDO: str = _TINTE["bianco"]

#: The territory or series a chart is about, and the others when one is marked.
PRIMARIO: str = _GRAFICI["primario"]
ATTENUATO: str = _GRAFICI["attenuato"]

#: Categories, from the darkest to the lightest.
CATEGORIE: tuple[str, ...] = _GRAFICI["categorie"]
TRATTI = ("-", "--", "-.", ":", (0, (6, 2, 1, 2, 1, 2)), (0, (1, 1)))
SEGNI = ("o", "s", "^", "D", "v", "P")

#: Sexes, in every chart; what is compared with them.
MASCHI: str = _GRAFICI["maschi"]
FEMMINE: str = _GRAFICI["femmine"]
CONFRONTO: str = _GRAFICI["confronto"]

#: Below, at and above a centre.
SOTTO: str = _GRAFICI["sotto"]
CENTRO: str = _GRAFICI["centro"]
SOPRA: str = _GRAFICI["sopra"]

#: Sequential classes for maps, light to dark (5 classes at most are read apart on a map).
SEQUENZA: Mapping[int, tuple[str, ...]] = MappingProxyType(
    {int(number): colours for number, colours in _MAPPE["sequenza"].items()}
)

#: Categories on a map.
CATEGORIE_MAPPA: tuple[str, ...] = _MAPPE["categorie"]

#: States of a plan, from one at work to a plain no: each lighter than the one before, so that opposites differ in grey.
STATI_PIANO: Mapping[str, str] = _MAPPE["stati_piano"]

#: Territories that are like their neighbours, or unlike them: each lighter than the one before, so that
#: opposites differ in grey.
ADDENSAMENTI: Mapping[str, str] = _MAPPE["addensamenti"]

#: A territory without a value to show, when the map only says where it is.
NEUTRO: str = _MAPPE["neutro"]

#: The part of a place that the territories drawn do not fill.
SFONDO: str = _MAPPE["sfondo"]

#: Bivariate 3×3: rows grow with the second variable, columns with the first.
BIVARIATA: tuple[tuple[str, ...], ...] = _MAPPE["bivariata"]

#: What stands for a missing value on a map: hatching, so that it does not look like a low value.
MANCANTE_FONDO: str = _TINTE["bianco"]
MANCANTE_TRATTO: str = _TINTE["mancante"]

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
