"""The public site: every page, from the executed chapters; it never computes a figure."""

from __future__ import annotations

from pathlib import Path

from conciliazione_lib.publish import (
    about,
    card_pages,
    changes,
    explorer,
    extras,
    finder,
    opendata,
    quadrature,
    site,
    territory_pages,
    webmaps,
)
from conciliazione_lib.publish.edition import Edition


def build(
    cartella: Path, edizione: Edition, mappe: Path | None = None, prima: changes.Comparison | None = None
) -> None:
    """Write the whole site.

    Parameters
    ----------
    cartella : Path
        Root of the site, empty.
    edizione : Edition
        What to publish.
    mappe : Path, optional
        Folder, not there yet, for the maps complete in themselves.
    prima : changes.Comparison, optional
        The comparison with an earlier edition: the site says what changed since.
    """
    sito = site.Site(cartella, edizione)
    _leave_out_what_is_not_there(sito, prima)
    site.assets(sito)
    territory_pages.write(sito)
    card_pages.write(sito)
    webmaps.write_site(sito)
    if mappe is not None:
        webmaps.write_folder(mappe, sito)
    explorer.write(sito)
    extras.write(sito)
    about.write(sito)
    quadrature.write(sito)
    if prima is not None:
        changes.write(sito, prima)
    opendata.write_tables(cartella, edizione)
    opendata.write_descriptions(cartella, edizione)
    finder.write(sito)  # last: its search knows the pages written before


def _leave_out_what_is_not_there(sito: site.Site, prima: changes.Comparison | None) -> None:
    """Take from the menus the pages that an edition of few territories or chapters does not have."""
    if not explorer.comparable(sito):
        sito.leave_out("confronta.html")
    if extras.actions(sito) is None:
        sito.leave_out("azioni/index.html")
    if not extras.criteria(sito):
        sito.leave_out("simulatore.html")
    if not any(luogo.livello == "ats" for luogo in sito.edizione.luoghi):
        sito.leave_out("ambiti/index.html")
    if prima is None:
        sito.leave_out(changes.PAGINA)
