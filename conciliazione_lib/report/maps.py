"""Static maps: a light SVG with its legend, readable in grey, for the page, the printer and the document.

Shapes are written as whole numbers in relative steps, which makes a map of all the comuni of Lombardia weigh tens of
kilobytes. Territories without a value are hatched. The interactive map of the site is drawn from the same classes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from conciliazione_lib.evidence import formats
from conciliazione_lib.report import palette, style
from conciliazione_lib.report.blocks import Classe

if TYPE_CHECKING:
    import geopandas as gpd

#: Largest width and height of the map, and width of the legend beside it, in points.
LARGHEZZA, ALTEZZA, LEGENDA = 620, 540, 190
#: The map is drawn in tenths of a point, so that whole numbers are fine enough.
_SCALA = 10
#: Size of the names on the map, in tenths of a point; where a line of them breaks.
_CORPO, _A_CAPO = 125, 16
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
    limiti = forme.total_bounds if sfondo is None else sfondo.total_bounds
    scala = _Proiezione(limiti)
    posti = classe or {}
    mancano = bool(classi) and any(codice not in posti for codice in forme.index)
    parti: list[str] = []
    if mancano:
        parti.append(
            '<defs><pattern id="tratteggio" width="60" height="60" patternUnits="userSpaceOnUse" '
            f'patternTransform="rotate(45)"><rect width="60" height="60" fill="{style.MANCANTE_FONDO}"/>'
            f'<path d="M0 0V60" stroke="{style.MANCANTE_TRATTO}" stroke-width="18"/></pattern></defs>'
        )
    if sfondo is not None:
        ombre = "".join(f'<path d="{tracciato}"/>' for tracciato in scala.tracciati(sfondo))
        parti.append(f'<g fill="{style.SFONDO}" stroke="{style.CONTESTO}" stroke-width="6">{ombre}</g>')
    elementi = []
    for codice, tracciato in zip(forme.index, scala.tracciati(forme), strict=True):
        if not classi:
            colore = style.NEUTRO
        elif codice in posti:
            colore = classi[posti[codice]].colore
        else:
            colore = "url(#tratteggio)"
        titolo = ""
        if len(forme) <= _TITOLI_MASSIMI and nomi:
            testo = nomi.get(codice, codice) + (f": {testi[codice]}" if testi and codice in testi else "")
            titolo = f"<title>{escape(testo)}</title>"
        elemento = f'<path d="{tracciato}" fill="{colore}">{titolo}</path>'
        if collegamenti and codice in collegamenti:
            nome = escape(nomi.get(codice, codice) if nomi else codice)
            elemento = f'<a href="{escape(collegamenti[codice])}" aria-label="{nome}">{elemento}</a>'
        elementi.append(elemento)
    spessore = 3 if len(forme) > 400 else 6
    # The same scale for all that is drawn: one unit is a tenth of a point.
    parti.append(f'<g fill-rule="evenodd" stroke="{style.FONDO}" stroke-width="{spessore}">{"".join(elementi)}</g>')
    if incerte:
        sopra = "".join(t for c, t in zip(forme.index, scala.tracciati(forme), strict=True) if c in incerte)
        parti.append(
            '<defs><pattern id="stima" width="50" height="50" patternUnits="userSpaceOnUse" '
            'patternTransform="rotate(-45)">'
            f'<path d="M0 0V50" stroke="{style.FONDO}" stroke-width="16"/></pattern></defs>'
            f'<path d="{sopra}" fill="url(#stima)" fill-rule="evenodd" pointer-events="none"/>'
        )
    if contorni is not None:
        bordi = "".join(f'<path d="{tracciato}"/>' for tracciato in scala.tracciati(contorni))
        parti.append(f'<g fill="none" stroke="{style.INCHIOSTRO}" stroke-width="9">{bordi}</g>')
    if etichette:
        parti.append(_etichette(scala, contorni if contorni is not None else forme, etichette))
    altezza = scala.altezza
    voci, sporgenza = "", 0
    if classi and legenda:
        mancanti = len(forme) - len(posti) if mancano else 0
        voci, alta = _legenda(classi, unita, decimali, mancanti, bivariata, len(incerte))
        sporgenza = LEGENDA
        voci = f'<g transform="translate({scala.larghezza + 16} 0)">{voci}</g>'
        altezza = max(altezza, alta)
    larghezza = scala.larghezza + sporgenza
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {larghezza} {altezza}" width="{larghezza}" '
        f'height="{altezza}" font-family="{style.CARATTERI}" stroke-linejoin="round">'
        f'<g transform="scale({1 / _SCALA})">{"".join(parti)}</g>{voci}</svg>'
    )


class _Proiezione:
    """Metres to tenths of a point, north up."""

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
        parti, forma_della_parte = shapely.get_parts(forme.to_numpy(), return_index=True)
        anelli, parte_dell_anello = shapely.get_rings(parti, return_index=True)
        punti, anello_del_punto = shapely.get_coordinates(anelli, return_index=True)
        griglia = np.rint(np.column_stack([punti[:, 0] - self._ovest, self._nord - punti[:, 1]]) * self._fattore)
        inizi = np.searchsorted(anello_del_punto, np.arange(len(anelli) + 1))
        tracciati = [""] * len(forme)
        for numero, posto in enumerate(forma_della_parte[parte_dell_anello]):
            anello = griglia[inizi[numero] : inizi[numero + 1]].astype(int)
            passi = np.diff(anello, axis=0)
            passi = passi[passi.any(axis=1)][:-1]
            if len(passi) >= 2:
                corpo = " ".join(map(str, passi.ravel().tolist()))
                tracciati[posto] += f"M{anello[0][0]} {anello[0][1]}l{corpo}z".replace(" -", "-")
        return tracciati


def _etichette(scala: _Proiezione, forme: gpd.GeoSeries, etichette: Mapping[str, str]) -> str:
    """Write names inside their territories, on a white halo, the larger territories first."""
    import shapely

    testi: list[str] = []
    occupati: list[tuple[float, float, float, float]] = []
    presenti = forme[forme.index.isin(list(etichette))]
    # Not «presenti.area», which has the projection database read only to see that these are metres.
    for posto in np.argsort(-shapely.area(presenti.to_numpy()), kind="stable"):
        codice = presenti.index[posto]
        righe = _a_capo(etichette[codice], _A_CAPO)
        punto = presenti.iloc[posto].representative_point()
        x, y = scala.punto(punto.x, punto.y)
        mezza = max(len(riga) for riga in righe) * _CORPO * 0.27
        alto = len(righe) * _CORPO
        x = round(min(max(x, mezza), scala.larghezza * _SCALA - mezza))
        riquadro = (x - mezza, y - alto / 2, x + mezza, y + alto / 2)
        if any(_toccano(riquadro, altro) for altro in occupati):
            continue
        occupati.append(riquadro)
        for passo, riga in enumerate(righe):
            quota = round(y - alto / 2 + (passo + 0.8) * _CORPO)
            comune = f'x="{x}" y="{quota}" text-anchor="middle" font-size="{_CORPO}"'
            alone = f'<text {comune} fill="none" stroke="{style.FONDO}" stroke-width="32" aria-hidden="true">'
            testi.append(f"{alone}{escape(riga)}</text>")
            testi.append(f'<text {comune} fill="{style.INCHIOSTRO}">{escape(riga)}</text>')
    return f'<g pointer-events="none">{"".join(testi)}</g>'


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
    parti, y = [], 16
    if unita:
        for riga in _a_capo(unita, 26):
            parti.append(f'<text x="0" y="{y}" font-size="12" fill="{style.SECONDARIO}">{escape(riga)}</text>')
            y += 16
        y += 2
    if bivariata is not None:
        quadrato, y = _quadrato(classi, bivariata, y)
        parti.append(quadrato)
    else:
        for voce in reversed(classi) if not classi[0].etichetta else classi:
            righe = _a_capo(f"{testo_classe(voce, decimali)} ({formats.numero(voce.n)})", 22)
            parti.append(
                f'<rect x="0" y="{y - 11}" width="22" height="14" fill="{voce.colore}" stroke="{style.CONTESTO}" '
                'stroke-width="0.6"/>'
            )
            for riga in righe:
                parti.append(f'<text x="29" y="{y}" font-size="12" fill="{style.INCHIOSTRO}">{escape(riga)}</text>')
                y += 15
            y += 5
    if mancanti:
        parti.append(
            f'<g transform="translate(0 {y - 11}) scale(0.1)"><rect width="220" height="140" fill="url(#tratteggio)" '
            f'stroke="{style.CONTESTO}" stroke-width="6"/></g>'
            f'<text x="29" y="{y}" font-size="12" fill="{style.INCHIOSTRO}">dato mancante '
            f"({formats.numero(mancanti)})</text>"
        )
        y += 20
    if incerte:
        parti.append(
            f'<g transform="translate(0 {y - 11}) scale(0.1)"><rect width="220" height="140" '
            f'fill="{style.SECONDARIO}"/><rect width="220" height="140" fill="url(#stima)" '
            f'stroke="{style.CONTESTO}" stroke-width="6"/></g>'
        )
        for riga in _a_capo(f"stima incerta: forse di un'altra classe ({formats.numero(incerte)})", 22):
            parti.append(f'<text x="29" y="{y}" font-size="12" fill="{style.INCHIOSTRO}">{escape(riga)}</text>')
            y += 15
        y += 5
    return "".join(parti), y


def testo_classe(voce: Classe, decimali: int) -> str:
    """Return a class in words: ``150,1–174,2``, or the name of the category."""
    if voce.etichetta:
        return voce.etichetta
    da, a = formats.numero(voce.da, decimali), formats.numero(voce.a, decimali)
    return da if da == a else f"{da}–{a}"


def _quadrato(classi: Sequence[Classe], nomi: tuple[str, str], y: int) -> tuple[str, int]:
    lato, parti = 40, []
    for posto, voce in enumerate(classi):
        riga, colonna = divmod(posto, 3)
        x, alto = 18 + colonna * lato, y + (2 - riga) * lato
        parti.append(
            f'<rect x="{x}" y="{alto}" width="{lato}" height="{lato}" fill="{voce.colore}"/>'
            f'<text x="{x + lato // 2}" y="{alto + 24}" text-anchor="middle" font-size="11" '
            f'fill="{style.FONDO if palette.scuro(voce.colore) else style.INCHIOSTRO}">'
            f"{formats.numero(voce.n)}</text>"
        )
    y += 3 * lato + 16
    for freccia, nome in (("→", nomi[0]), ("↑", nomi[1])):
        for testo in _a_capo(f"{freccia} {nome}", 27):
            parti.append(f'<text x="0" y="{y}" font-size="12" fill="{style.INCHIOSTRO}">{escape(testo)}</text>')
            y += 15
    return "".join(parti), y + 8


def _a_capo(testo: str, caratteri: int) -> list[str]:
    import textwrap

    return textwrap.wrap(testo, caratteri) or [""]
