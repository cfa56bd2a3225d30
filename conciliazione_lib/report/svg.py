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

import conciliazione_lib.report.style as style
from conciliazione_lib.errors import CalcoloError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
ET.register_namespace("", SVG)

_ELEMENTS = "svg g path use defs clipPath text tspan title desc rect circle line polyline polygon pattern"
_ATTRIBUTES = """id class d x y x1 y1 x2 y2 cx cy r rx ry width height points transform viewBox href role
    aria-labelledby aria-hidden focusable patternUnits patternTransform preserveAspectRatio
    fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-dasharray stroke-dashoffset
    stroke-linejoin stroke-linecap stroke-miterlimit opacity clip-path clip-rule
    font-family font-size font-weight font-style text-anchor dominant-baseline pointer-events"""
ELEMENTS, ATTRIBUTES = frozenset(_ELEMENTS.split()), frozenset(_ATTRIBUTES.split())
#: ``font: 10px 'DejaVu Sans'`` is how matplotlib writes type; there is no attribute for the shorthand.
_FONT = re.compile(r"^(?P<stile>italic |oblique )?(?P<peso>\d+ |bold )?(?P<corpo>[\d.]+(?:px|pt)?)\s")
_NUMBER = re.compile(r"-?\d+\.\d{2,}(?:e-?\d+)?")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
#: Spaces beside a letter or before a minus, and at the ends.
_SPACES = re.compile(r"\s+(?=[A-Za-z-]|$)|(?<=[A-Za-z])\s+")
#: A turn of nothing, which every text of matplotlib has.
_STILL = re.compile(r"rotate\(-?0(?: -?[\d.]+){0,2}\)")
_GEOMETRY = ("d", "points", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "width", "height", "transform")


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


def from_figure(figure: Figure) -> str:
    """Return a matplotlib figure as a small, repeatable SVG string.

    The same figure gives the same text on every run: no date, no random identifier, two decimals.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    output = io.StringIO()
    with mpl.rc_context(style.MATPLOTLIB):  # type: ignore[arg-type]
        FigureCanvasSVG(figure).print_svg(output, metadata={"Date": None, "Creator": None})
    return safe(output.getvalue())


def hatch(id: str, side: float, angle: int, *, ground: str, line: str, wide: float) -> str:
    """Return a hatch to fill shapes with: lines over a colour.

    Parameters
    ----------
    id : str
        Its name in the drawing.
    side : float
        How far its lines are from one another.
    angle : int
        How they are turned, in degrees clockwise from upright.
    ground, line : str
        Colours.
    wide : float
        How wide a line is.
    """
    return (
        f'<pattern id="{id}" width="{side:g}" height="{side:g}" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate({angle})"><rect width="{side:g}" height="{side:g}" fill="{ground}"/>'
        f'<path d="M0 0V{side:g}" stroke="{line}" stroke-width="{wide:g}"/></pattern>'
    )


def safe(svg: str) -> str:
    """Return the drawing alone: known elements and attributes, internal links only, no unused identifiers.

    Raises
    ------
    CalcoloError
        The text is not an SVG drawing.
    """
    root = _read(svg)
    _clean(root)
    used = _used_identifiers(root)
    for node in root.iter():
        if node.get("id") and node.get("id") not in used:
            del node.attrib["id"]
    _appiattisci(root)
    return _write(root)


def accessible(svg: str, *, id: str, titolo: str, alt: str) -> str:
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
    root = _read(svg)
    _clean(root)
    for node in [child for child in root if _name(child) in {"title", "desc"}]:
        root.remove(node)
    used = _used_identifiers(root)
    for node in root.iter():
        if node.get("id") in used and not str(node.get("id")).startswith(f"{id}-"):
            node.set("id", f"{id}-{node.get('id')}")
        elif node.get("id") and node.get("id") not in used:
            del node.attrib["id"]
        for key, value in list(node.attrib.items()):
            if key == "href" and value.startswith("#") and not value.startswith(f"#{id}-"):
                node.set(key, f"#{id}-{value[1:]}")
            elif "url(#" in value:
                node.set(key, _REFERENCE.sub(lambda m: _prefixed(m.group(1), id), value))
    description = ET.Element(f"{{{SVG}}}desc", {"id": f"{id}-desc"})
    description.text = alt
    header = ET.Element(f"{{{SVG}}}title", {"id": f"{id}-titolo"})
    header.text = titolo
    root.insert(0, description)
    root.insert(0, header)
    root.set("role", "img")
    root.set("focusable", "false")
    root.set("aria-labelledby", f"{id}-titolo {id}-desc")
    return _write(root)


def _prefixed(riferimento: str, id: str) -> str:
    return f"url(#{riferimento})" if riferimento.startswith(f"{id}-") else f"url(#{id}-{riferimento})"


def _read(svg: str) -> ET.Element:
    if "<!ENTITY" in svg:
        raise CalcoloError("Il disegno contiene dichiarazioni di entità, che non sono ammesse.")
    try:
        root = ET.fromstring(svg)
    except ET.ParseError as error:
        raise CalcoloError(
            f"Il disegno non è un SVG valido: {error}.",
            "Passare a c.grafico il risultato di una funzione di report.charts o una figura matplotlib.",
        ) from error
    if _name(root) != "svg":
        raise CalcoloError(f"Il disegno non è un SVG: il primo elemento è «{_name(root)}».")
    return root


def _name(node: ET.Element) -> str:
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def _clean(node: ET.Element) -> None:
    for child in list(node):
        if _name(child) not in ELEMENTS:
            node.remove(child)
        else:
            _clean(child)
    attributes = dict(node.attrib)
    node.attrib.clear()
    for key, value in attributes.items():
        local = key.rpartition("}")[2]
        if local == "style":
            for name, content in _declarations(value):
                if name in ATTRIBUTES:
                    node.set(name, content)
        elif local == "href":
            if value.startswith("#"):
                node.set("href", value)
        elif local in ATTRIBUTES and not _OUTER_URL.search(value):
            if local in _GEOMETRY:
                value = _two_decimals(value)
            if local == "d":
                value = _close(value)
            if local == "transform" and _STILL.fullmatch(value):
                continue
            node.set(local, value)
    if _name(node) == "svg":
        for side in ("width", "height"):
            if node.get(side, "").endswith("pt"):
                node.set(side, node.get(side, "")[:-2])
        node.set("stroke-linejoin", "round")
        node.set("font-family", style.CHARACTERS)


_OUTER_URL = re.compile(r"url\((?!#)|javascript:", re.IGNORECASE)


def _declarations(style: str) -> list[tuple[str, str]]:
    outcome: list[tuple[str, str]] = []
    for piece in style.split(";"):
        name, _, value = (part.strip() for part in piece.partition(":"))
        if name == "font":
            found = _FONT.match(value)
            if found:
                outcome.append(("font-size", found["corpo"].removesuffix("px")))
                if found["peso"]:
                    outcome.append(("font-weight", found["peso"].strip()))
                if found["stile"]:
                    outcome.append(("font-style", found["stile"].strip()))
        elif name == "font-size":
            outcome.append((name, value.removesuffix("px")))
        elif value and not _OUTER_URL.search(value):
            outcome.append((name, value))
    return [(name, value) for name, value in outcome if name != "font-family"]


def _two_decimals(valore: str) -> str:
    if "." not in valore:  # the whole numbers of a map, which are many
        return valore
    return _NUMBER.sub(lambda m: f"{float(m.group()):.2f}".rstrip("0").rstrip("."), valore)


def _close(trace: str) -> str:
    """Return a trace without the spaces that it does not need: matplotlib puts some around every letter."""
    return _SPACES.sub("", trace) if " " in trace else trace


def _used_identifiers(root: ET.Element) -> set[str]:
    used: set[str] = set()
    for node in root.iter():
        for key, value in node.attrib.items():
            if key == "href":
                used.add(value[1:])
            elif key == "aria-labelledby":
                used.update(value.split())
            used.update(_REFERENCE.findall(value))
    return used


def _appiattisci(node: ET.Element) -> None:
    """Replace groups that carry nothing with what they hold."""
    for child in list(node):
        _appiattisci(child)
        if _name(child) == "g" and not child.attrib:
            place = list(node).index(child)
            node.remove(child)
            for step, grandchild in enumerate(list(child)):
                node.insert(place + step, grandchild)


def _write(root: ET.Element) -> str:
    for node in root.iter():
        if _name(node) not in {"text", "tspan", "title", "desc"} and not (node.text or "").strip():
            node.text = None
        if not (node.tail or "").strip():
            node.tail = None
    return ET.tostring(root, encoding="unicode")
