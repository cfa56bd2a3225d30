"""Drawings as pages hold them: the same picture, in fewer words."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Sequence

#: What a group may say for all that it holds, with the same picture: attributes that are inherited, and the clip.
_ATTRIBUTES = """fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-dasharray stroke-dashoffset
    stroke-linejoin stroke-linecap stroke-miterlimit font-size font-weight font-style text-anchor clip-path"""
_SHARED = frozenset(_ATTRIBUTES.split())
_LEAVES = frozenset({"path", "text", "use", "rect", "line", "circle", "polyline", "polygon"})
#: What ``<g></g>`` weighs.
_GROUP = 7
#: A shape that says nothing of its own but its trace: its colour is that of its group.
_SHAPE = re.compile(r'<path d="([^"]{60,})"(?: ?/>|>(<title>[^<]*</title>)?</path>)')
_STRAIGHT = re.compile(r"(?:M-?[\d.]+[ ,]?-?[\d.]+(?:L-?[\d.]+[ ,]?-?[\d.]+)+z?)+")


def lean(svg: str) -> str:
    """Return a drawing that is the same picture: what neighbours share is said once, straight lines by one number.

    Maps, whose shapes are already in the groups of their colours, stay as they are.

    Parameters
    ----------
    svg : str
        As :func:`report.svg.safe` writes it.

    Examples
    --------
    >>> lean('<svg><path d="M0 1L8 1L8 3L0 3z" fill="navy" stroke="black" />'
    ...      '<path d="M0 5L2 6" fill="navy" stroke="black" /></svg>')
    '<svg><g fill="navy" stroke="black"><path d="M0 1H8V3H0z" /><path d="M0 5L2 6" /></g></svg>'
    """
    if "</title></path>" in svg:
        return svg
    root = ET.fromstring(svg)
    for node in root.iter():
        trace = node.get("d")
        if trace and _STRAIGHT.fullmatch(trace):
            node.set("d", _straight(trace))
    _gather(root)
    return ET.tostring(root, encoding="unicode")


def once(page: str) -> str:
    """Return a page where a shape that several maps have is written in the first, and used by the others.

    Parameters
    ----------
    page : str
        HTML, as templates write it.

    Examples
    --------
    >>> shape = '<path d="M0 0' + "l1 1" * 30 + 'z"><title>Pavia: {}</title></path>'
    >>> once(shape.format(1) + shape.format(2)).endswith('<use href="#forma1"><title>Pavia: 2</title></use>')
    True
    """
    times = Counter(match[1] for match in _SHAPE.finditer(page))
    names: dict[str, str] = {}

    def written(match: re.Match[str]) -> str:
        trace, title = match[1], match[2] or ""
        if times[trace] == 1:
            return match[0]
        if trace in names:
            return f'<use href="#{names[trace]}">{title}</use>'
        names[trace] = f"forma{len(names) + 1}"
        return f'<path id="{names[trace]}" d="{trace}">{title}</path>'

    return _SHAPE.sub(written, page) if len(times) < times.total() else page


def _straight(trace: str) -> str:
    """Return a trace whose horizontal and vertical lines have one number."""
    written, before = [], ("", "")
    for match in re.finditer(r"([ML])(-?[\d.]+)[ ,]?(-?[\d.]+)|z", trace):
        letter, *point = match.groups()
        if letter is None:
            written.append("z")
            continue
        x, y = point
        if letter == "L" and y == before[1]:
            written.append(f"H{x}")
        elif letter == "L" and x == before[0]:
            written.append(f"V{y}")
        else:
            written.append(match[0])
        before = (x, y)
    return "".join(written)


def _gather(parent: ET.Element) -> None:
    """Put neighbours in groups, each with what they share, where that weighs less."""
    name = parent.tag.rpartition("}")[2]
    if name not in ("svg", "g"):
        return
    children, kept, place = list(parent), [], 0
    while place < len(children):
        end, shared = _run(children, place)
        if shared:
            group = ET.Element(f"{parent.tag.rpartition('}')[0]}}}g" if "}" in parent.tag else "g", shared)
            for child in children[place:end]:
                for key in shared:
                    del child.attrib[key]
                group.append(child)
            kept.append(group)
        else:
            _gather(children[place])
            kept.append(children[place])
        place = end
    parent[:] = kept


def _run(children: Sequence[ET.Element], start: int) -> tuple[int, dict[str, str]]:
    """Return where the neighbours that had better be one group end, and what they share; nothing when none had."""
    best, found = 0, (start + 1, dict[str, str]())
    shared = _own(children[start])
    for end in range(start + 1, len(children)):
        own = _own(children[end])
        shared = {key: value for key, value in shared.items() if own.get(key) == value}
        if not shared:
            break
        gain = (end - start) * sum(len(key) + len(value) + 2 for key, value in shared.items()) - _GROUP
        if gain > best:
            best, found = gain, (end + 1, shared)
    return found


def _own(node: ET.Element) -> dict[str, str]:
    """Return what a group could say for an element: nothing for one that is moved, whose clip moves with it."""
    if node.tag.rpartition("}")[2] not in _LEAVES or node.get("transform") or node.get("id"):
        return {}
    return {key: value for key, value in node.attrib.items() if key in _SHARED}
