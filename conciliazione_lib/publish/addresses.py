"""Addresses of the site, all relative to its root: the one place that decides them, so that they stay stable."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from types import MappingProxyType

from conciliazione_lib.evidence import Place, cards

INDEX = "index.html"

#: Folders of the territories that have no chapters: each is one page.
_PAGES = MappingProxyType({"comune": "comuni", "distretto": "distretti"})


def place(spot: Place) -> str:
    """Return the page of a territory: of a comune or distretto, a page in the folder of its level."""
    if spot.livello in _PAGES:
        return f"{_PAGES[spot.livello]}/{spot.codice}.html"
    return f"{folder(spot)}/{INDEX}"


def chapter(spot: Place, slug: str) -> str:
    """Return the page of a chapter."""
    return f"{folder(spot)}/{slug}.html"


def folder(spot: Place) -> str:
    """Return the folder of a territory: ATS and region in ``territori/``, ambiti in ``ambiti/``."""
    return f"ambiti/{spot.codice}" if spot.livello == "ambito" else f"territori/{spot.codice}"


def table(spot: Place, slug: str, id: str) -> str:
    """Return a downloadable table."""
    return f"dati/{spot.chiave}/{slug}/{id}.csv"


def tables(spot: Place, slug: str, format_: str) -> str:
    """Return the file with all the tables of a chapter."""
    return f"dati/{spot.chiave}/{slug}.{format_}"


def document(spot: Place) -> str:
    """Return where the document of a territory goes, from the folder of the edition, without the extension."""
    if spot.livello == "ambito":
        return f"documenti/ambiti/{spot.codice}/scheda-{spot.codice}"
    return f"documenti/{spot.codice}/analisi-dei-bisogni-{spot.codice}"


def document_of_the_site(spot: Place) -> str:
    """Return the document of a territory in the site."""
    return f"documenti/{document(spot).rpartition('/')[2]}.pdf"


def summary(spot: Place) -> str:
    """Return where the summary of a territory goes, from the folder of the edition, without the extension."""
    return f"documenti/{spot.codice}/sintesi-{spot.codice}"


def summary_of_the_site(spot: Place) -> str:
    """Return the summary of a territory in the site."""
    return f"documenti/{summary(spot).rpartition('/')[2]}.pdf"


def sheet(id: str) -> str:
    """Return the name of the sheet of a table: its id, shortened where a workbook allows no more."""
    return id if len(id) <= 31 else f"{id[:24]}-{hashlib.sha256(id.encode()).hexdigest()[:6]}"


def slugs(ids: Sequence[str]) -> dict[str, str]:
    """Return the part of each chapter's id used in addresses: without its number, unless two would be alike."""
    short = {id: id.lstrip("0123456789").lstrip("_-.") or id for id in ids}
    double = {one_short for one_short in short.values() if list(short.values()).count(one_short) > 1}
    return {id: (id if one_short in double else one_short).replace("_", "-") for id, one_short in short.items()}


def figure(id: str) -> str:
    """Return the card of a figure."""
    return f"cifre/{cards.page(id)}"


def claim(id: str, first_figure: str) -> str:
    """Return the rule of a claim, on the page of its first figure."""
    return f"cifre/{cards.page(first_figure).partition('#')[0]}#{id}"


def root(path: str) -> str:
    """Return what leads from a page back to the root: ``../../`` for a page two folders down."""
    return "../" * path.count("/")
