"""The Markdown cells of a notebook, written by its chapter.

A cell is prose with placeholders, headings from ``##`` to ``####``, or a box when it has the tag of one. What is
written is Markdown again, whose numbers and comparisons are links: what reads it from the executed notebook is
:func:`conciliazione_lib.report.blocks.read_notebook`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from conciliazione_lib.errors import UsoError

#: Tags of the cells that are boxes: the first line, a heading, is the title.
BOXES: Final = ("sintesi", "nota", "avviso")
#: Tag of what only who opens the notebook reads.
HIDDEN: Final = "nascosto"
#: Tag of what the site has and the document leaves out.
SITE_ONLY: Final = "solo-sito"

_HEADING: Final = re.compile(r"(#{1,6})\s+(.+?)\s*#*")


def tidy(text: str) -> str:
    """Return rendered Markdown without the lines that conditions leave empty."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def parts(markdown: str, tags: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Give the blocks of a written cell, as plain data: headings and prose, or one box.

    Parameters
    ----------
    markdown : str
        As :func:`tidy` leaves it; an empty cell has no blocks.
    tags : sequence of str
        Of the cell.
    """
    if not markdown:
        return
    if kind := next((tag for tag in tags if tag in BOXES), None):
        first, _, rest = markdown.partition("\n")
        found = _HEADING.fullmatch(first)
        title, text = (found[2], rest) if found else ("", markdown)
        yield {"tipo": "riquadro", "genere": kind, "titolo": title, "markdown": text.strip()}
        return
    prose: list[str] = []
    for line in [*markdown.splitlines(), None]:
        found = _HEADING.fullmatch(line) if line is not None else None
        if (found or line is None) and (text := "\n".join(prose).strip()):
            yield {"tipo": "testo", "markdown": text}
            prose = []
        if found:
            yield {"tipo": "titolo", "livello": len(found[1]), "testo": found[2], "id": slug(found[2])}
            prose = []
        elif line is not None:
            prose.append(line)


def slug(text: str) -> str:
    """Return the identifier of a heading."""
    import unicodedata

    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "sezione"


def cells(notebook: str) -> list[dict[str, Any]]:
    """Return the cells of a notebook's file, the source of each as one text.

    Raises
    ------
    UsoError
        It is not there, or is no notebook.
    """
    try:
        read = json.loads(Path(notebook).read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError) as error:
        raise UsoError(
            f"Il notebook «{notebook}» non si può leggere per l'anteprima.",
            "Scrivere nel parametro «notebook» il nome del file aperto, che deve essere salvato.",
        ) from error
    return [cell | {"source": "".join(cell["source"])} for cell in read]
