"""What a published site has beside its pages: map of the site, robots, missing page, errors, documents, archive."""

from __future__ import annotations

from xml.sax.saxutils import escape

import conciliazione_lib.publish.addresses as addresses
import conciliazione_lib.publish.used_rows as used_rows
from conciliazione_lib.evidence import Place
from conciliazione_lib.publish.site import Site

#: The tables of the store, whole, as CSV in one archive.
ARCHIVIO = "dati/edizione.zip"
_TABELLE = ("cifre", "confronti")


def write_pages(sito: Site) -> None:
    """Write the page for errors, that of what is not there, and what crawlers read."""
    sito.write(
        "segnala.html",
        "segnala.html",
        titolo="Segnala un errore",
        descrizione="A chi scrivere se una cifra, una fonte o una pagina non va.",
        genere="pagina",
        briciole=[("Segnala un errore", None)],
    )
    sito.write(
        "404.html",
        "mancante.html",
        titolo="Pagina non trovata",
        descrizione="La pagina cercata non c'è.",
        briciole=[("Pagina non trovata", None)],
    )
    base = sito.edizione.sito.base
    where = f"Sitemap: {base}sitemap.xml\n" if base else ""
    sito.write_text("robots.txt", f"User-agent: *\nAllow: /\n{where}")


def write_sitemap(sito: Site) -> None:
    """Write the map of the site, where it is known at which address it is published."""
    base = sito.edizione.sito.base
    if not base:
        return
    pages = ["index.html", *dict.fromkeys(entry.percorso.partition("#")[0] for entry in sito.pagine)]
    lines = "".join(f"<url><loc>{escape(base + page)}</loc></url>\n" for page in pages)
    sito.write_text(
        "sitemap.xml",
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{lines}</urlset>\n',
    )


def write_document(sito: Site, place: Place) -> None:
    """Put document and summary of a territory, already written beside the site, in the site."""
    for made, public in (
        (addresses.documento(place), addresses.documento_del_sito(place)),
        (addresses.sintesi(place), addresses.sintesi_del_sito(place)),
    ):
        sito.put(sito.cartella / public, (sito.cartella.parent / f"{made}.pdf").read_bytes())


def write_archive(sito: Site) -> None:
    """Write every figure of the edition, and what can be said of it, as CSV in one archive.

    Numbers have twelve digits: beyond, there is only the noise of sums.
    """
    store = sito.edizione.archivio
    if store is None:
        return
    texts = {}
    for name, frame in zip(_TABELLE, (store.store.figures, store.store.statements.frame), strict=True):
        kept = frame.drop(columns=["ingressi", "termini"], errors="ignore")
        texts[f"{name}.csv"] = str(kept.to_csv(index=False, lineterminator="\n", float_format="%.12g"))
    sito.put(sito.cartella / ARCHIVIO, used_rows.zipped_together(texts))
