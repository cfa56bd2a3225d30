"""Small maps that help to move through the site: the eight ATS on the home page, and where a territory is."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd
from markupsafe import Markup

from conciliazione_lib.evidence import Figure, Indicator, Place, formats, grammar
from conciliazione_lib.publish import addresses
from conciliazione_lib.publish.selection import where
from conciliazione_lib.publish.site import Site
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
    forme = geometry.forme("ats", edizione.data, 700)
    codici = [str(codice) for codice in forme.index]
    luoghi = {luogo.codice: luogo for luogo in edizione.luoghi if luogo.livello == "ats"}
    voce, periodo, figure = _coloured(sito, codici)
    elenco, classe = _classes(figure, voce.decimali) if voce else ([], {})
    nomi = {codice: figura.territory.nome for codice, figura in figure.items()}
    nomi |= {codice: luogo.nome for codice, luogo in luoghi.items()}
    disegno = maps.disegna(
        forme,
        nomi=nomi,
        testi={codice: figura.text for codice, figura in figure.items()},
        etichette={codice: CORTI.get(codice, nome) for codice, nome in nomi.items()},
        collegamenti={codice: addresses.luogo(luogo) for codice, luogo in luoghi.items()},
        classi=elenco,
        classe=classe,
        legenda=False,
    )
    apertura = '<svg role="group" aria-label="Mappa delle ATS della Lombardia" '
    pronto = Markup(disegno.replace("<svg ", apertura, 1))
    if voce is None:
        return Atlas(pronto)
    legenda = tuple((c.colore, maps.testo_classe(c, voce.decimali), c.n) for c in elenco)
    return Atlas(pronto, voce, formats.unita(voce.unita).estesa, formats.periodo(periodo), legenda)


def _coloured(sito: Site, codici: list[str]) -> tuple[Indicator | None, str, dict[str, Figure]]:
    """Return the indicator that colours the map, its period, and its figure in each ATS."""
    for id in COLORE:
        periodo, celle = sito.figures.side_by_side(id, [("ats", codice) for codice in codici])
        figure = {codice: figura for codice, figura in zip(codici, celle, strict=True) if figura is not None}
        if len(figure) == len(codici) and len({figura.value for figura in figure.values()}) > 1:
            return sito.indicatori[id], periodo, figure
    return None, "", {}


def _classes(figure: dict[str, Figure], decimali: int) -> tuple[list[Classe], dict[str, int]]:
    valori = pd.Series({codice: figura.value for codice, figura in figure.items()})
    return classes.classi(valori, decimali=decimali, numero=4)


def locator(luogo: Place, data: str) -> Markup | None:
    """Return a drawing of where a territory is in Lombardia; ``None`` for the region and where shapes are not known."""
    if where(luogo) == ("regione", "lombardia"):
        return None
    forme = geometry.forme(luogo.livello, data, 700)
    if luogo.codice not in forme.index:
        return None
    disegno = maps.disegna(
        forme.loc[[luogo.codice]],
        sfondo=geometry.forme("ats", data, 700),
        classi=[Classe(da=0, a=0, etichetta=luogo.nome, colore=style.PRIMARIO, n=1)],
        classe={luogo.codice: 0},
        legenda=False,
    )
    titolo = f"Dov'è {grammar.nome(luogo)}"
    testo = svg.accessibile(disegno, id="dove", titolo=titolo, alt="Il territorio è in evidenza nella Lombardia.")
    return Markup(testo)
