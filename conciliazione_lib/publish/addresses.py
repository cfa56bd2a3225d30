"""Addresses of the site, all relative to its root: the one place that decides them, so that they stay stable."""

from __future__ import annotations

from conciliazione_lib.evidence import Place, cards

INDICE = "index.html"


def luogo(posto: Place) -> str:
    """Return the page of a territory."""
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


def cifra(id: str) -> str:
    """Return the card of a figure."""
    return f"cifre/{cards.page(id)}"


def affermazione(id: str, prima_cifra: str) -> str:
    """Return the rule of a claim, on the page of its first figure."""
    return f"cifre/{cards.page(prima_cifra).partition('#')[0]}#{id}"


def radice(percorso: str) -> str:
    """Return what leads from a page back to the root: ``../../`` for a page two folders down."""
    return "../" * percorso.count("/")
