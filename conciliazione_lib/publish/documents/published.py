"""A document again, from an edition already generated: with some chapters only, or to bring one up to date."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import conciliazione_lib.publish.changes as changes
import conciliazione_lib.publish.documents.outline as outline
import conciliazione_lib.publish.edition as edition
from conciliazione_lib.build.config import Config
from conciliazione_lib.build.model import ChapterResult
from conciliazione_lib.build.project import configuration, root
from conciliazione_lib.errors import UsoError
from conciliazione_lib.evidence import Place
from conciliazione_lib.publish.documents import compose, own_texts, template_of
from conciliazione_lib.publish.documents.elements import Document
from conciliazione_lib.publish.documents.template import Template
from conciliazione_lib.report.blocks import read_notebook


def read(tree: Path, config: Config, livello: str, codice: str) -> edition.Edition:
    """Return the chapters of a territory, from the notebooks of a generated edition.

    Parameters
    ----------
    tree : Path
        ``reports/<edizione>``.
    config : Config
        Titles and edition.
    livello, codice : str
        The territory.

    Raises
    ------
    UsoError
        The edition has no chapters for it.
    """
    folder = tree / "notebook" / livello / codice
    results, date = [], set()
    for chapter in config.capitoli:
        file = folder / f"{chapter.id}.ipynb"
        if not file.is_file():
            continue
        blocks = {b["tipo"]: b for b in read_notebook(json.loads(file.read_text(encoding="utf-8")))}
        header = blocks.get("intestazione")
        name = header["territorio"]["nome"] if header else codice
        if header:
            date.add(str(header["data"]))
        successful = "registro" in blocks
        results.append(
            ChapterResult(chapter.id, livello, codice, name, file, "fatto" if successful else "fallito", eseguito=False)
        )
    if not results:
        option = f" --ats {codice}" if livello == "ats" else ""
        raise UsoError(
            f"L'edizione {config.edizione} non ha capitoli per «{codice}» in {tree}.",
            f"generarli con: conciliazione genera{option}",
        )
    # The date is that of the chapters, which may have been generated at another than the configuration's.
    return edition.read(results, config.at_the_date(date.pop()) if len(date) == 1 else config, tree)


def document(tree: Path, config: Config, livello: str, codice: str, chapters: Sequence[str] = ()) -> Document:
    """Return the document of a territory, with the chapters chosen (all of them by default).

    Raises
    ------
    UsoError
        A chapter is not there.
    """
    read_ = read(tree, config, livello, codice)
    present = [chapter.id for chapter in read_.capitoli]
    unknown = [id for id in chapters if id not in present]
    if unknown:
        raise UsoError(f"Capitoli che non ci sono: {', '.join(unknown)}.", f"scegliere fra: {', '.join(present)}")
    place = read_.luoghi[0]
    before = changes.earlier(config, tree.parent)
    return outline.document(
        read_,
        place,
        own_texts=own_texts(config.radice, place),
        chapters=tuple(chapters) or None,
        comparison=changes.compare(read_, before) if before is not None and livello != "ambito" else None,
        archive=read_.archivio,
    )


def again(about: Mapping[str, str], reports: Path, edition_id: str | None = None) -> tuple[Document, bytes]:
    """Return the document that an edited one comes from, as the program writes it now, and its Word file.

    Parameters
    ----------
    about : mapping
        What the edited one says of itself (:func:`conciliazione_lib.publish.documents.merge.about`).
    reports : Path
        Folder of the editions.
    edition_id : str, optional
        The edition to take it from; by default the one that it says it is of.

    Raises
    ------
    UsoError
        There is no such edition, or it has no chapters for that territory.
    """
    level, _, code = about.get("codice", "").partition("/")
    config = configuration(edition_id or about.get("id_edizione") or None)
    found = document(reports / config.edizione, config, level, code, about.get("capitoli", "").split())
    return found, compose(found, template(found))["docx"]


def template(found: Document) -> Template | None:
    """Return the Word template of the office of a document, when ``reports.toml`` gives one."""
    level, _, code = found.code.partition("/")
    return template_of(root(), Place(level, code, found.place))
