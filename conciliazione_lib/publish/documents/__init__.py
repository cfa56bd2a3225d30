"""The documents of an edition: *Analisi dei bisogni* of each ATS and of the region, and a sheet for each ambito.

From the executed chapters to one neutral :class:`~.elements.Document`, and from that to Word, PDF and a workbook:
the three say the same thing because they are written from the same elements.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from conciliazione_lib import territory
from conciliazione_lib.build.config import FILE
from conciliazione_lib.errors import UsoError
from conciliazione_lib.evidence import Place
from conciliazione_lib.publish import addresses
from conciliazione_lib.publish.documents import gaps, outline, pdf, word, workbook
from conciliazione_lib.publish.documents.elements import Document
from conciliazione_lib.publish.documents.template import Template

if TYPE_CHECKING:
    from conciliazione_lib.publish.changes import Comparison
    from conciliazione_lib.publish.site import Site

#: Folder of the project with the analysts' own texts: ``testi/<ats>/<place>.md``.
TESTI = "testi"


def write_of(sito: Site, place: Place, root: Path, comparison: Comparison | None = None) -> None:
    """Write the document of a territory in ``documenti/``.

    But for an ambito, also its two pages of summary, its tables in ``tabelle/`` and what is missing in ``lacune/``.

    Parameters
    ----------
    sito : Site
        Of the edition; documents go beside it.
    place : Place
        The territory.
    root : Path
        Folder of the project, with the analysts' own texts.
    comparison : changes.Comparison, optional
        With an earlier edition: the documents say what changed since.
    """
    edition = sito.edizione.only(place)
    document = outline.document(
        edition, place, own_texts=own_texts(root, place), comparison=comparison, archive=sito.edizione.archivio
    )
    contenuti = compose(document, template_of(root, place))
    tree = sito.cartella.parent
    for estensione in ("docx", "pdf"):
        sito.put(tree / f"{addresses.documento(place)}.{estensione}", contenuti[estensione])
    if place.livello != "ambito":
        sito.put(tree / "tabelle" / f"{place.codice}.xlsx", contenuti["xlsx"])
        sito.put(tree / f"{addresses.sintesi(place)}.pdf", pdf.compose(outline.synopsis(edition, place)))
        sito.put(tree / "lacune" / f"{place.codice}.xlsx", gaps.compose(edition, place))


def compose(document: Document, template: Template | None = None) -> dict[str, bytes]:
    """Return the bytes of a document by extension: ``docx`` (with the template of the office), ``pdf``, ``xlsx``."""
    impaginato = pdf.compose(document)
    return {
        "docx": word.compose(document, pdf.drawings(document), pdf.heading_pages(impaginato), template),
        "pdf": impaginato,
        "xlsx": workbook.compose(document),
    }


def template_file(root: Path, place: Place) -> Path | None:
    """Return the Word template that ``reports.toml`` gives for a territory: that of its ATS, for an ambito.

    Raises
    ------
    UsoError
        The file it names is not there.
    """
    file = root / FILE
    modelli = tomllib.loads(file.read_text(encoding="utf-8")).get("modelli", {}) if file.is_file() else {}
    codice = str(territory.load().ambiti["ats"].get(place.codice, "")) if place.livello == "ambito" else place.codice
    if codice not in modelli:
        return None
    modello = root / modelli[codice]
    if not modello.is_file():
        raise UsoError(
            f"Il modello Word «{modelli[codice]}» di {FILE} non c'è.",
            f"metterlo nella cartella {root}, o correggere [modelli] in {FILE}.",
        )
    return modello


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
    cartella = root / TESTI / place.codice
    testi = {file.stem: file.read_text(encoding="utf-8-sig") for file in sorted(cartella.glob("*.md"))}
    ammessi = [id for id, _ in outline.titles()]
    ignoti = [nome for nome in testi if nome not in ammessi and not nome.startswith(outline.SEZIONE_PROPRIA)]
    if ignoti:
        raise UsoError(
            f"Nella cartella {cartella} ci sono testi che non si sa dove mettere: {', '.join(ignoti)}.",
            f"chiamarli come un posto del documento ({', '.join(ammessi)}), oppure «{outline.SEZIONE_PROPRIA}….md».",
        )
    return testi
