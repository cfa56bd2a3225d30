"""SVG made fit for a public page: small, repeatable, accessible, safe to place inside HTML.

What leaves this module holds only drawing elements, presentation attributes (no ``style``: a strict
content security policy forbids it), identifiers that start with the block's own, and a title and a
description that assistive technology reads.
"""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING

from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.report import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
ET.register_namespace("", SVG)

_ELEMENTI = "svg g path use defs clipPath text tspan title desc rect circle line polyline polygon pattern"
_ATTRIBUTI = """id class d x y x1 y1 x2 y2 cx cy r rx ry width height points transform viewBox href role
    aria-labelledby aria-hidden focusable patternUnits patternTransform preserveAspectRatio
    fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-dasharray stroke-dashoffset
    stroke-linejoin stroke-linecap stroke-miterlimit opacity clip-path clip-rule
    font-family font-size font-weight font-style text-anchor dominant-baseline pointer-events"""
ELEMENTI, ATTRIBUTI = frozenset(_ELEMENTI.split()), frozenset(_ATTRIBUTI.split())
#: ``font: 10px 'DejaVu Sans'`` is how matplotlib writes type; there is no attribute for the shorthand.
_FONT = re.compile(r"^(?P<stile>italic |oblique )?(?P<peso>\d+ |bold )?(?P<corpo>[\d.]+(?:px|pt)?)\s")
_NUMERO = re.compile(r"-?\d+\.\d{2,}(?:e-?\d+)?")
_RIFERIMENTO = re.compile(r"url\(#([^)]+)\)")
_GEOMETRIA = ("d", "points", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "width", "height", "transform")


class Drawing(str):
    """An SVG drawing: a text that a notebook shows as what it draws."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<Drawing: SVG, {len(self)} characters>"

    def _repr_svg_(self) -> str:
        return str(self)

    def save(self, file: str | Path) -> None:
        """Write the drawing to an SVG file."""
        Path(file).write_text(self, encoding="utf-8")


def da_figura(figura: Figure) -> str:
    """Return a matplotlib figure as a small, repeatable SVG string.

    The same figure gives the same text on every run: no date, no random identifier, two decimals.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG, RendererSVG

    uscita = io.StringIO()
    with mpl.rc_context(style.MATPLOTLIB):  # type: ignore[arg-type]
        figura.set_dpi(72)
        larghezza, altezza = figura.get_size_inches() * 72
        penna = RendererSVG(larghezza, altezza, uscita, metadata={"Date": None, "Creator": None})

        class Tela(FigureCanvasSVG):
            def get_renderer(self) -> RendererSVG:
                """Measure texts, to lay them out, with what draws them: each is measured once."""
                return penna

        # Drawn once: «savefig» would draw it a first time only to lay it out.
        Tela(figura)
        figura.draw(penna)
        penna.finalize()
    return sicuro(uscita.getvalue())


def sicuro(svg: str) -> str:
    """Return the drawing alone: known elements and attributes, internal links only, no unused identifiers.

    Raises
    ------
    CalcoloError
        The text is not an SVG drawing.
    """
    radice = _leggi(svg)
    _pulisci(radice)
    usati = _identificatori_usati(radice)
    for nodo in radice.iter():
        if nodo.get("id") and nodo.get("id") not in usati:
            del nodo.attrib["id"]
    _appiattisci(radice)
    return _scrivi(radice)


def accessibile(svg: str, *, id: str, titolo: str, alt: str) -> str:
    """Return the drawing with ``role="img"``, title and description, and identifiers under ``id``.

    Parameters
    ----------
    svg : str
        A drawing.
    id : str
        Identifier of the block, unique in a chapter: every identifier inside starts with it.
    titolo, alt : str
        What assistive technology reads: the title and what the drawing shows.
    """
    radice = _leggi(svg)
    _pulisci(radice)
    for nodo in [figlio for figlio in radice if _nome(figlio) in {"title", "desc"}]:
        radice.remove(nodo)
    usati = _identificatori_usati(radice)
    for nodo in radice.iter():
        if nodo.get("id") in usati and not str(nodo.get("id")).startswith(f"{id}-"):
            nodo.set("id", f"{id}-{nodo.get('id')}")
        elif nodo.get("id") and nodo.get("id") not in usati:
            del nodo.attrib["id"]
        for chiave, valore in list(nodo.attrib.items()):
            if chiave == "href" and valore.startswith("#") and not valore.startswith(f"#{id}-"):
                nodo.set(chiave, f"#{id}-{valore[1:]}")
            elif "url(#" in valore:
                nodo.set(chiave, _RIFERIMENTO.sub(lambda m: _prefissa(m.group(1), id), valore))
    descrizione = ET.Element(f"{{{SVG}}}desc", {"id": f"{id}-desc"})
    descrizione.text = alt
    intestazione = ET.Element(f"{{{SVG}}}title", {"id": f"{id}-titolo"})
    intestazione.text = titolo
    radice.insert(0, descrizione)
    radice.insert(0, intestazione)
    radice.set("role", "img")
    radice.set("focusable", "false")
    radice.set("aria-labelledby", f"{id}-titolo {id}-desc")
    return _scrivi(radice)


def _prefissa(riferimento: str, id: str) -> str:
    return f"url(#{riferimento})" if riferimento.startswith(f"{id}-") else f"url(#{id}-{riferimento})"


def _leggi(svg: str) -> ET.Element:
    if "<!ENTITY" in svg:
        raise CalcoloError("Il disegno contiene dichiarazioni di entità, che non sono ammesse.")
    try:
        radice = ET.fromstring(svg)
    except ET.ParseError as errore:
        raise CalcoloError(
            f"Il disegno non è un SVG valido: {errore}.",
            "Passare a c.grafico il risultato di una funzione di report.charts o una figura matplotlib.",
        ) from errore
    if _nome(radice) != "svg":
        raise CalcoloError(f"Il disegno non è un SVG: il primo elemento è «{_nome(radice)}».")
    return radice


def _nome(nodo: ET.Element) -> str:
    return nodo.tag.rpartition("}")[2] if isinstance(nodo.tag, str) else ""


def _pulisci(nodo: ET.Element) -> None:
    for figlio in list(nodo):
        if _nome(figlio) not in ELEMENTI:
            nodo.remove(figlio)
        else:
            _pulisci(figlio)
    attributi = dict(nodo.attrib)
    nodo.attrib.clear()
    for chiave, valore in attributi.items():
        locale = chiave.rpartition("}")[2]
        if locale == "style":
            for nome, contenuto in _dichiarazioni(valore):
                if nome in ATTRIBUTI:
                    nodo.set(nome, contenuto)
        elif locale == "href":
            if valore.startswith("#"):
                nodo.set("href", valore)
        elif locale in ATTRIBUTI and not _URL_ESTERNO.search(valore):
            nodo.set(locale, _due_decimali(valore) if locale in _GEOMETRIA else valore)
    if _nome(nodo) == "svg":
        for lato in ("width", "height"):
            if nodo.get(lato, "").endswith("pt"):
                nodo.set(lato, nodo.get(lato, "")[:-2])
        nodo.set("stroke-linejoin", "round")
        nodo.set("font-family", style.CARATTERI)


_URL_ESTERNO = re.compile(r"url\((?!#)|javascript:", re.IGNORECASE)


def _dichiarazioni(stile: str) -> list[tuple[str, str]]:
    esito: list[tuple[str, str]] = []
    for pezzo in stile.split(";"):
        nome, _, valore = (parte.strip() for parte in pezzo.partition(":"))
        if nome == "font":
            trovato = _FONT.match(valore)
            if trovato:
                esito.append(("font-size", trovato["corpo"].removesuffix("px")))
                if trovato["peso"]:
                    esito.append(("font-weight", trovato["peso"].strip()))
                if trovato["stile"]:
                    esito.append(("font-style", trovato["stile"].strip()))
        elif nome == "font-size":
            esito.append((nome, valore.removesuffix("px")))
        elif valore and not _URL_ESTERNO.search(valore):
            esito.append((nome, valore))
    return [(nome, valore) for nome, valore in esito if nome != "font-family"]


def _due_decimali(valore: str) -> str:
    if "." not in valore:  # the whole numbers of a map, which are many
        return valore
    return _NUMERO.sub(lambda m: f"{float(m.group()):.2f}".rstrip("0").rstrip("."), valore)


def _identificatori_usati(radice: ET.Element) -> set[str]:
    usati: set[str] = set()
    for nodo in radice.iter():
        for chiave, valore in nodo.attrib.items():
            if chiave == "href":
                usati.add(valore[1:])
            elif chiave == "aria-labelledby":
                usati.update(valore.split())
            usati.update(_RIFERIMENTO.findall(valore))
    return usati


def _appiattisci(nodo: ET.Element) -> None:
    """Replace groups that carry nothing with what they hold."""
    for figlio in list(nodo):
        _appiattisci(figlio)
        if _nome(figlio) == "g" and not figlio.attrib:
            posto = list(nodo).index(figlio)
            nodo.remove(figlio)
            for passo, nipote in enumerate(list(figlio)):
                nodo.insert(posto + passo, nipote)


def _scrivi(radice: ET.Element) -> str:
    for nodo in radice.iter():
        if _nome(nodo) not in {"text", "tspan", "title", "desc"} and not (nodo.text or "").strip():
            nodo.text = None
        if not (nodo.tail or "").strip():
            nodo.tail = None
    return ET.tostring(radice, encoding="unicode")
