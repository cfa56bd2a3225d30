"""Small maps that help to move through the site: the eight ATS on the home page, and where a territory is."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd
from markupsafe import Markup

import conciliazione_lib.publish.addresses as addresses
from conciliazione_lib.evidence import Figure, Indicator, Place, formats, grammar
from conciliazione_lib.publish.selection import where
from conciliazione_lib.publish.site import Site
from conciliazione_lib.region import REGION
from conciliazione_lib.report import classes, geometry, maps, style, svg
from conciliazione_lib.report.blocks import Classe

#: What colours the ATS: the first of these that all of them have in one period.
COLOUR = ("divario_occupazione", "indice_vecchiaia", "residenti")

#: Names too long to be written on a small map.
SHORT = MappingProxyType({"milano": "Milano"})


@dataclass(frozen=True)
class Atlas:
    """The map of the ATS.

    Attributes
    ----------
    disegno : Markup
        A drawing in which each ATS that has chapters is a link to its page.
    voce : Indicator or None
        What the colours say; ``None`` when nothing can colour it.
    unita, periodo : str
        Of the values, in words.
    legenda : tuple of (str, str, int)
        Colour, bounds and number of ATS of each class.
    """

    disegno: Markup
    voce: Indicator | None = None
    unita: str = ""
    periodo: str = ""
    legenda: tuple[tuple[str, str, int], ...] = ()


def ats(site: Site) -> Atlas:
    """Return the map of the ATS, coloured by the first indicator that all of them have."""
    edizione = site.edizione
    shapes = geometry.shapes("ats", edizione.data, 700)
    codes = [str(code) for code in shapes.index]
    places = {place.codice: place for place in edizione.luoghi if place.livello == "ats"}
    entry, period, figure = _coloured(site, codes)
    listing, class_ = _classes(figure, entry.decimali) if entry else ([], {})
    names = {code: one_figure.territory.nome for code, one_figure in figure.items()}
    names |= {code: place.nome for code, place in places.items()}
    drawing = maps.draw(
        shapes,
        names=names,
        texts={code: one_figure.text for code, one_figure in figure.items()},
        labels={code: SHORT.get(code, name) for code, name in names.items()},
        links={code: addresses.place(place) for code, place in places.items()},
        classes=listing,
        classe=class_,
        legend=False,
    )
    opening = f'<svg role="group" aria-label="Mappa delle ATS {REGION.di}" '
    ready = Markup(drawing.replace("<svg ", opening, 1))
    if entry is None:
        return Atlas(ready)
    legend = tuple((c.colore, maps.class_text(c, entry.decimali), c.n) for c in listing)
    return Atlas(ready, entry, formats.unita(entry.unita).estesa, formats.periodo(period), legend)


def _coloured(site: Site, codes: list[str]) -> tuple[Indicator | None, str, dict[str, Figure]]:
    """Return the indicator that colours the map, its period, and its figure in each ATS."""
    for id in COLOUR:
        period, cells = site.figures.side_by_side(id, [("ats", code) for code in codes])
        figure = {code: one_figure for code, one_figure in zip(codes, cells, strict=True) if one_figure is not None}
        if len(figure) == len(codes) and len({one_figure.value for one_figure in figure.values()}) > 1:
            return site.indicatori[id], period, figure
    return None, "", {}


def _classes(figure: dict[str, Figure], decimali: int) -> tuple[list[Classe], dict[str, int]]:
    values = pd.Series({code: one_figure.value for code, one_figure in figure.items()})
    return classes.classes(values, decimali=decimali, numero=4)


def locator(place: Place, data: str) -> Markup | None:
    """Return a drawing of where a territory is in Lombardia; ``None`` for the region and where shapes are not known."""
    if where(place) == ("regione", REGION.codice):
        return None
    shapes = geometry.shapes(place.livello, data, 700)
    if place.codice not in shapes.index:
        return None
    drawing = maps.draw(
        shapes.loc[[place.codice]],
        background=geometry.shapes("ats", data, 700),
        classes=[Classe(da=0, a=0, etichetta=place.nome, colore=style.PRIMARY, n=1)],
        classe={place.codice: 0},
        legend=False,
    )
    title = f"Dov'è {grammar.nome(place)}"
    text = svg.accessible(drawing, id="dove", titolo=title, alt=f"Il territorio è in evidenza {REGION.there}.")
    return Markup(text)
