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


def write_of(
    site: Site, place: Place, root: Path, comparison: Comparison | None = None, drawings: Path | None = None
) -> None:
    """Write the document of a territory in ``documenti/``.

    But for an ambito, also its two pages of summary, its tables in ``tabelle/`` and what is missing in ``lacune/``.

    Parameters
    ----------
    site : Site
        Of the edition; documents go beside it.
    place : Place
        The territory.
    root : Path
        Folder of the project, with the analysts' own texts.
    comparison : changes.Comparison, optional
        With an earlier edition: the documents say what changed since.
    drawings : Path, optional
        Folder of the drawings made before.
    """
    edition = site.edizione.only(place)
    document = outline.document(
        edition, place, own_texts=own_texts(root, place), comparison=comparison, archive=site.edizione.archivio
    )
    contents = compose(document, template_of(root, place), drawings)
    tree = site.cartella.parent
    for extension in ("docx", "pdf"):
        site.put(tree / f"{addresses.document(place)}.{extension}", contents[extension])
    if place.livello != "ambito":
        site.put(tree / "tabelle" / f"{place.codice}.xlsx", contents["xlsx"])
        site.put(tree / f"{addresses.summary(place)}.pdf", pdf.compose(outline.synopsis(edition, place)))
        site.put(tree / "lacune" / f"{place.codice}.xlsx", gaps.compose(edition, place))


def compose(document: Document, template: Template | None = None, drawings: Path | None = None) -> dict[str, bytes]:
    """Return the bytes of a document by extension: ``docx`` (with the template of the office), ``pdf``, ``xlsx``."""
    paged = pdf.compose(document)
    return {
        "docx": word.compose(document, pdf.drawings(document, drawings), pdf.heading_pages(paged), template),
        "pdf": paged,
        "xlsx": workbook.compose(document),
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
