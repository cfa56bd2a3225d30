"""What a published site has beside its pages: map of the site, robots, missing page, errors, documents, archive."""

from __future__ import annotations

from xml.sax.saxutils import escape

import conciliazione_lib.publish.opendata as opendata
import conciliazione_lib.publish.used_rows as used_rows
from conciliazione_lib.publish.site import Site

#: The tables of the store, whole, as CSV in one archive.
ARCHIVE = "dati/edizione.zip"
_TABLES = ("cifre", "confronti")


def write_pages(site: Site) -> None:
    """Write the page for errors, that of what is not there, and what crawlers read."""
    site.write(
        "segnala.html",
        "segnala.html",
        titolo="Segnala un errore",
        descrizione="A chi scrivere se una cifra, una fonte o una pagina non va.",
        kind="pagina",
        briciole=[("Segnala un errore", None)],
    )
    site.write(
        "404.html",
        "mancante.html",
        titolo="Pagina non trovata",
        descrizione="La pagina cercata non c'è.",
        briciole=[("Pagina non trovata", None)],
    )
    base = site.edizione.sito.base
    where = f"Sitemap: {base}sitemap.xml\n" if base else ""
    site.write_text("robots.txt", f"User-agent: *\nAllow: /\n{where}")


def write_sitemap(site: Site) -> None:
    """Write the map of the site, where it is known at which address it is published."""
    base = site.edizione.sito.base
    if not base:
        return
    pages = ["index.html", *dict.fromkeys(entry.percorso.partition("#")[0] for entry in site.pagine)]
    lines = "".join(f"<url><loc>{escape(base + page)}</loc></url>\n" for page in pages)
    site.write_text(
        "sitemap.xml",
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{lines}</urlset>\n',
    )


def write_archive(site: Site) -> None:
    """Write every figure of the edition, and what can be said of it, as CSV in one archive.

    What is said comes kind by kind, so that rows that are alike are near; of a rank, its columns say all; the rule
    of an indicator, which is long, is said once.
    """
    store = site.edizione.archivio
    if store is None:
        return
    said = store.store.statements.frame.sort_values("genere", kind="stable")
    said = said.assign(esito=said["esito"].mask(said["genere"] == "rango", ""))
    rules = said.loc[said["regola"] != "", ["indicatore", "genere", "regola"]].drop_duplicates()
    said = said.drop(columns="regola")
    files = {"regole.csv": opendata.csv_of(rules)}
    tables = ((store.store.figures, opendata.DIGITS), (said, opendata.OF_DIFFERENCES))
    for name, (frame, digits) in zip(_TABLES, tables, strict=True):
        kept = opendata.shortened(frame.drop(columns=["ingressi", "termini"], errors="ignore"), digits)
        files[f"{name}.csv"] = opendata.csv_of(kept)
    site.put(site.cartella / ARCHIVE, used_rows.zipped_together(files))
