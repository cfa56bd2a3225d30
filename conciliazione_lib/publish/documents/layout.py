"""How wide the columns of a table are, and whether it needs a landscape page: the same answer for Word and PDF."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from conciliazione_lib.publish.documents.elements import Table

#: Characters of table type that fit across a page, portrait and landscape.
PORTRAIT, LANDSCAPE = 118, 182
#: How much type may shrink before a table goes on a landscape page.
SHRINK = 0.86
#: What the sides of a cell take, in characters.
PADDING = 2.4
#: Rows and characters of a table that stays on one page.
WHOLE_ROWS, WHOLE_TEXT = 14, 1800
#: Letters of an identifier that stay on one line.
CODE = 26
#: Room at the sides of a map, in its own units.
SIDE = 14
#: A text longer than this is read on several lines anyway.
LONG = 70


@dataclass(frozen=True)
class Layout:
    """Width of each column as a share of the page, whether the page is landscape, and how much the type shrinks."""

    shares: tuple[float, ...]
    landscape: bool
    scale: float


def layout(table: Table) -> Layout:
    """Return the layout of a table.

    Every column gets the room of its longest word; what is left goes to those whose text is longer. A table
    becomes landscape only when its words do not fit a portrait page, whatever its number of columns.
    """
    righe = [riga for riga in table.rows if len(riga) == len(table.columns)]
    minimi, voluti = [], []
    for posto, colonna in enumerate(table.columns):
        celle = [str(riga[posto]["t"]) for riga in righe]
        testa = [parola for parola in re.split(r"[\s\-/]+", f"{colonna['nome']} {colonna['unita']}") if parola]
        intere = colonna["allineamento"] == "destra"  # a number never breaks
        parole = [p for cella in celle for p in ([cella] if intere else re.split(r"(?<=[._/])|\s+", cella)) if p]
        massimo = CODE if table.id == "cifre" and posto == 0 else LONG
        minimi.append(max([*(min(len(p), massimo) for p in parole), *(0.95 * len(p) for p in testa), 3]) + PADDING)
        voluti.append(min(max([len(c) for c in celle] + [0.6 * len(str(colonna["nome"]))]), LONG) + PADDING)
    needs = sum(minimi)
    landscape = needs * SHRINK > PORTRAIT or (table.wide and sum(voluti) > 2 * PORTRAIT)
    room = LANDSCAPE if landscape else PORTRAIT
    if needs >= room:
        return Layout(_shares(minimi), landscape, max(room / needs, 0.7))
    larghezze = list(minimi)
    resto = room - needs
    # Those that want least are served first, so that one long text does not squeeze the others.
    ordine = sorted(range(len(minimi)), key=lambda i: voluti[i] - minimi[i])
    for fatti, i in enumerate(ordine):
        dato = min(max(voluti[i] - minimi[i], 0.0), resto / (len(ordine) - fatti))
        larghezze[i] += dato
        resto -= dato
    return Layout(_shares(larghezze), landscape, 1.0)


def whole(table: Table) -> bool:
    """Tell whether a table is short enough to stay on one page with its caption."""
    return len(table.rows) <= WHOLE_ROWS and sum(len(str(c["t"])) for riga in table.rows for c in riga) < WHOLE_TEXT


def _shares(widths: Sequence[float]) -> tuple[float, ...]:
    totale = sum(widths)
    return tuple(round(width / totale, 4) for width in widths)


def framed(svg: str) -> str:
    """Return a map with some room at its sides.

    In print its names are set in a wider typeface than on the site, and those at the edge would be cut.
    """

    def allarga(trovato: re.Match[str]) -> str:
        largo, alto = int(trovato[1]), int(trovato[2])
        return f'viewBox="-{SIDE} 0 {largo + 2 * SIDE} {alto}" width="{largo + 2 * SIDE}" height="{alto}"'

    return re.sub(r'viewBox="0 0 (\d+) (\d+)" width="\d+" height="\d+"', allarga, svg, count=1)


def drawing_size(svg: str, width: float, height: float) -> tuple[float, float]:
    """Return width and height at which a drawing is shown, within a frame of the same unit."""
    trovato = re.search(r'viewBox="[\d.\-]+ [\d.\-]+ ([\d.]+) ([\d.]+)"', svg)
    largo, alto = (float(trovato[1]), float(trovato[2])) if trovato else (16.0, 9.0)
    scala = min(width / largo, height / alto)
    return largo * scala, alto * scala
