"""The documents of an edition: *Analisi dei bisogni* of each ATS and of the region, and a sheet for each ambito.

From the executed chapters to one neutral :class:`~.elements.Document`, and from that to Word, PDF and a workbook:
the three say the same thing because they are written from the same elements.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import conciliazione_lib.publish.addresses as addresses
from conciliazione_lib import territory
from conciliazione_lib.build.config import FILE
from conciliazione_lib.errors import UsoError
from conciliazione_lib.evidence import Place
from conciliazione_lib.publish.documents import gaps, outline, pdf, word, workbook
from conciliazione_lib.publish.documents.elements import Document
from conciliazione_lib.publish.documents.template import Template

if TYPE_CHECKING:
    from conciliazione_lib.publish.changes import Comparison
    from conciliazione_lib.publish.site import Site

#: Folder of the project with the analysts' own texts: ``testi/<ats>/<place>.md``.
TEXTS = "testi"


def read(site: Site, place: Place, root: Path, comparison: Comparison | None = None) -> Document:
    """Return the document of a territory of the edition of a site.

    Parameters
    ----------
    site : Site
        Of the edition.
    place : Place
        The territory.
    root : Path
        Folder of the project, with the analysts' own texts.
    comparison : changes.Comparison, optional
        With an earlier edition: the document says what changed since.
    """
    edition = site.edizione
    texts = own_texts(root, place)
    return outline.document(
        edition.only(place), place, own_texts=texts, comparison=comparison, archive=edition.archivio
    )


def write_of(site: Site, place: Place, document: Document, root: Path, drawings: Path | None = None) -> None:
    """Write a document in ``documenti/``, as Word and PDF; but for an ambito, the PDF goes in the site too.

    Parameters
    ----------
    site : Site
        Of the edition; documents go beside it.
    place : Place
        The territory.
    document : Document
        Its own (:func:`read`).
    root : Path
        Folder of the project, with the templates of the offices.
    drawings : Path, optional
        Folder of the drawings made before.
    """
    contents = compose(document, template_of(root, place), drawings)
    for extension, content in contents.items():
        site.put(site.cartella.parent / f"{addresses.document(place)}.{extension}", content)
    if place.livello != "ambito":
        site.put(site.cartella / addresses.document_of_the_site(place), contents["pdf"])


def write_tables(site: Site, place: Place, document: Document) -> None:
    """Write the tables of a document in ``tabelle/``."""
    site.put(site.cartella.parent / "tabelle" / f"{place.codice}.xlsx", workbook.compose(document))


def write_summary(site: Site, place: Place) -> None:
    """Write the two pages that open the document of a territory, in ``documenti/`` and in the site."""
    paged = pdf.compose(outline.synopsis(site.edizione, place))
    site.put(site.cartella.parent / f"{addresses.summary(place)}.pdf", paged)
    site.put(site.cartella / addresses.summary_of_the_site(place), paged)


def write_gaps(site: Site, place: Place) -> None:
    """Write what is missing from a territory in ``lacune/``."""
    site.put(site.cartella.parent / "lacune" / f"{place.codice}.xlsx", gaps.compose(site.edizione, place))


def compose(document: Document, template: Template | None = None, drawings: Path | None = None) -> dict[str, bytes]:
    """Return the bytes of a document by extension: ``docx`` (with the template of the office) and ``pdf``."""
    paged = pdf.compose(document)
    return {
        "docx": word.compose(document, pdf.drawings(document, drawings), pdf.heading_pages(paged), template),
        "pdf": paged,
    }


def templates(root: Path) -> Mapping[str, str]:
    """Return the Word templates that ``reports.toml`` gives, by the code of their ATS."""
    file = root / FILE
    return dict(tomllib.loads(file.read_text(encoding="utf-8")).get("modelli", {})) if file.is_file() else {}


def template_file(root: Path, place: Place, known: Mapping[str, str] | None = None) -> Path | None:
    """Return the Word template of a territory: that of its ATS, for an ambito; ``known`` are those of all.

    Raises
    ------
    UsoError
        The file it names is not there.
    """
    given = templates(root) if known is None else known
    if not given:
        return None
    code = str(territory.load().ambiti["ats"].get(place.codice, "")) if place.livello == "ambito" else place.codice
    if code not in given:
        return None
    template = root / given[code]
    if not template.is_file():
        raise UsoError(
            f"Il modello Word «{given[code]}» di {FILE} non c'è.",
            f"metterlo nella cartella {root}, o correggere [modelli] in {FILE}.",
        )
    return template


def template_of(root: Path, place: Place) -> Template | None:
    """Return the Word template of a territory, when there is one."""
    file = template_file(root, place)
    return Template(file.read_bytes(), file.name) if file is not None else None


def own_texts(root: Path, place: Place) -> Mapping[str, str]:
    """Return the texts the analyst wrote for a territory, by the name of the place they enter.

    Raises
    ------
    UsoError
        A file is not called as a place of the document.
    """
    if place.livello == "ambito":
        return {}
    folder = root / TEXTS / place.codice
    texts = {file.stem: file.read_text(encoding="utf-8-sig") for file in sorted(folder.glob("*.md"))}
    allowed = [id for id, _ in outline.titles()]
    unknown = [name for name in texts if name not in allowed and not name.startswith(outline.OWN_SECTION)]
    if unknown:
        raise UsoError(
            f"Nella cartella {folder} ci sono testi che non si sa dove mettere: {', '.join(unknown)}.",
            f"chiamarli come un posto del documento ({', '.join(allowed)}), oppure «{outline.OWN_SECTION}….md».",
        )
    return texts
