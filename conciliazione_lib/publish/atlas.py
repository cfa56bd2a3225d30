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
COLORE = ("divario_occupazione", "indice_vecchiaia", "residenti")

#: Names too long to be written on a small map.
CORTI = MappingProxyType({"milano": "Milano"})


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


def ats(sito: Site) -> Atlas:
    """Return the map of the ATS, coloured by the first indicator that all of them have."""
    edizione = sito.edizione
    shapes = geometry.forme("ats", edizione.data, 700)
    codes = [str(code) for code in shapes.index]
    places = {place.codice: place for place in edizione.luoghi if place.livello == "ats"}
    entry, period, figure = _coloured(sito, codes)
    listing, class_ = _classes(figure, entry.decimali) if entry else ([], {})
    names = {code: one_figure.territory.nome for code, one_figure in figure.items()}
    names |= {code: place.nome for code, place in places.items()}
    drawing = maps.disegna(
        shapes,
        nomi=names,
        testi={code: one_figure.text for code, one_figure in figure.items()},
        etichette={code: CORTI.get(code, name) for code, name in names.items()},
        collegamenti={code: addresses.luogo(place) for code, place in places.items()},
        classi=listing,
        classe=class_,
        legenda=False,
    )
    opening = f'<svg role="group" aria-label="Mappa delle ATS {REGION.di}" '
    ready = Markup(drawing.replace("<svg ", opening, 1))
    if entry is None:
        return Atlas(ready)
    legend = tuple((c.colore, maps.testo_classe(c, entry.decimali), c.n) for c in listing)
    return Atlas(ready, entry, formats.unita(entry.unita).estesa, formats.periodo(period), legend)


def _coloured(sito: Site, codici: list[str]) -> tuple[Indicator | None, str, dict[str, Figure]]:
    """Return the indicator that colours the map, its period, and its figure in each ATS."""
    for id in COLORE:
        period, cells = sito.figures.side_by_side(id, [("ats", code) for code in codici])
        figure = {code: one_figure for code, one_figure in zip(codici, cells, strict=True) if one_figure is not None}
        if len(figure) == len(codici) and len({one_figure.value for one_figure in figure.values()}) > 1:
            return sito.indicatori[id], period, figure
    return None, "", {}


def _classes(figure: dict[str, Figure], decimali: int) -> tuple[list[Classe], dict[str, int]]:
    values = pd.Series({code: one_figure.value for code, one_figure in figure.items()})
    return classes.classi(values, decimali=decimali, numero=4)


def locator(luogo: Place, data: str) -> Markup | None:
    """Return a drawing of where a territory is in Lombardia; ``None`` for the region and where shapes are not known."""
    if where(luogo) == ("regione", REGION.codice):
        return None
    shapes = geometry.forme(luogo.livello, data, 700)
    if luogo.codice not in shapes.index:
        return None
    drawing = maps.disegna(
        shapes.loc[[luogo.codice]],
        sfondo=geometry.forme("ats", data, 700),
        classi=[Classe(da=0, a=0, etichetta=luogo.nome, colore=style.PRIMARIO, n=1)],
        classe={luogo.codice: 0},
        legenda=False,
    )
    title = f"Dov'è {grammar.nome(luogo)}"
    text = svg.accessibile(drawing, id="dove", titolo=title, alt=f"Il territorio è in evidenza {REGION.there}.")
    return Markup(text)
