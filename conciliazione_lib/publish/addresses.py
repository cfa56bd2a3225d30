"""Addresses of the site, all relative to its root: the one place that decides them, so that they stay stable."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from types import MappingProxyType

from conciliazione_lib.evidence import Place, cards

INDICE = "index.html"

#: Folders of the territories that have no chapters: each is one page.
_PAGINE = MappingProxyType({"comune": "comuni", "distretto": "distretti"})


def luogo(posto: Place) -> str:
    """Return the page of a territory: of a comune or distretto, a page in the folder of its level."""
    if posto.livello in _PAGINE:
        return f"{_PAGINE[posto.livello]}/{posto.codice}.html"
    return f"{cartella(posto)}/{INDICE}"


def capitolo(posto: Place, slug: str) -> str:
    """Return the page of a chapter."""
    return f"{cartella(posto)}/{slug}.html"


def cartella(posto: Place) -> str:
    """Return the folder of a territory: ATS and region in ``territori/``, ambiti in ``ambiti/``."""
    return f"ambiti/{posto.codice}" if posto.livello == "ambito" else f"territori/{posto.codice}"


def tavola(posto: Place, slug: str, id: str) -> str:
    """Return a downloadable table."""
    return f"dati/{posto.chiave}/{slug}/{id}.csv"


def tavole(posto: Place, slug: str, formato: str) -> str:
    """Return the file with all the tables of a chapter."""
    return f"dati/{posto.chiave}/{slug}.{formato}"


def documento(posto: Place) -> str:
    """Return where the document of a territory goes, from the folder of the edition, without the extension."""
    if posto.livello == "ambito":
        return f"documenti/ambiti/{posto.codice}/scheda-{posto.codice}"
    return f"documenti/{posto.codice}/analisi-dei-bisogni-{posto.codice}"


def documento_del_sito(posto: Place) -> str:
    """Return the document of a territory in the site."""
    return f"documenti/{documento(posto).rpartition('/')[2]}.pdf"


def sintesi(posto: Place) -> str:
    """Return where the summary of a territory goes, from the folder of the edition, without the extension."""
    return f"documenti/{posto.codice}/sintesi-{posto.codice}"


def sintesi_del_sito(posto: Place) -> str:
    """Return the summary of a territory in the site."""
    return f"documenti/{sintesi(posto).rpartition('/')[2]}.pdf"


def foglio(id: str) -> str:
    """Return the name of the sheet of a table: its id, shortened where a workbook allows no more."""
    return id if len(id) <= 31 else f"{id[:24]}-{hashlib.sha256(id.encode()).hexdigest()[:6]}"


def slugs(ids: Sequence[str]) -> dict[str, str]:
    """Return the part of each chapter's id used in addresses: without its number, unless two would be alike."""
    short = {id: id.lstrip("0123456789").lstrip("_-.") or id for id in ids}
    double = {one_short for one_short in short.values() if list(short.values()).count(one_short) > 1}
    return {id: (id if one_short in double else one_short).replace("_", "-") for id, one_short in short.items()}


def cifra(id: str) -> str:
    """Return the card of a figure."""
    return f"cifre/{cards.page(id)}"


def affermazione(id: str, prima_cifra: str) -> str:
    """Return the rule of a claim, on the page of its first figure."""
    return f"cifre/{cards.page(prima_cifra).partition('#')[0]}#{id}"


def radice(percorso: str) -> str:
    """Return what leads from a page back to the root: ``../../`` for a page two folders down."""
    return "../" * percorso.count("/")
