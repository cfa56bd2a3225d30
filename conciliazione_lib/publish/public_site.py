"""The public site: every page, from the executed chapters; it never computes a figure."""

from __future__ import annotations

from pathlib import Path

from conciliazione_lib.publish import about, card_pages, explorer, finder, opendata, site, territory_pages, webmaps
from conciliazione_lib.publish.edition import Edition


def build(cartella: Path, edizione: Edition, mappe: Path | None = None) -> None:
    """Write the whole site.

    Parameters
    ----------
    cartella : Path
        Root of the site, empty.
    edizione : Edition
        What to publish.
    mappe : Path, optional
        Folder, not there yet, for the maps complete in themselves.
    """
    sito = site.Site(cartella, edizione)
    site.assets(cartella)
    territory_pages.write(sito)
    card_pages.write(sito)
    webmaps.write_site(sito)
    if mappe is not None:
        webmaps.write_folder(mappe, sito)
    explorer.write(sito)
    about.write(sito)
    opendata.write_tables(cartella, edizione)
    opendata.write_descriptions(cartella, edizione)
    finder.write(sito)  # last: its search knows the pages written before
