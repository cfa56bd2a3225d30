"""Blocks: what a chapter is made of.

A block is plain data. Shown in a notebook it becomes a MIME bundle with three faces: HTML for JupyterLab, plain
text, and the data themselves (:data:`MIME`), which publishing reads from the executed notebook. The fields of each
kind are described in ``docs/SVILUPPO.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import conciliazione_lib.report.writing as writing
from conciliazione_lib.evidence import formats

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

#: MIME type of the data of a block.
MIME = "application/vnd.conciliazione.blocco+json"


@dataclass(frozen=True, repr=False)
class Blocco:
    """Base of all blocks: knows how to show itself and how to become plain data."""

    tipo: ClassVar[str]

    def to_dict(self) -> dict[str, Any]:
        """Return the block as plain data, ``tipo`` first."""
        return {"tipo": self.tipo} | _of_fields(self)

    def _html(self) -> str:
        """Return the face for JupyterLab."""
        return f"<p>{escape(self._plain_text())}</p>"

    def _plain_text(self) -> str:
        """Return the face for a terminal."""
        return self.tipo

    def __repr__(self) -> str:
        # Shown whole by a notebook; where only this is, a name is enough.
        return f"<{type(self).__name__}: {self._plain_text().splitlines()[0]}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/plain": self._plain_text(), "text/html": self._html(), MIME: self.to_dict()}


@dataclass(frozen=True, repr=False)
class Intestazione(Blocco):
    """First block: which chapter this is, for whom, of when."""

    tipo: ClassVar[str] = "intestazione"
    capitolo: str
    titolo: str
    territorio: dict[str, str]
    edizione: str
    data: str
    versione: str

    def _html(self) -> str:
        return f"<p><strong>{escape(self.titolo)}</strong><br>{escape(self._below())}</p>"

    def _plain_text(self) -> str:
        return f"{self.titolo}\n{self._below()}"

    def _below(self) -> str:
        return f"{self.territorio['nome']} · edizione {self.edizione} · dati al {self.data}"


@dataclass(frozen=True, repr=False)
class Testo(Blocco):
    """Prose, in Markdown with ``cifra:`` and ``affermazione:`` links."""

    tipo: ClassVar[str] = "testo"
    markdown: str

    def _html(self) -> str:
        return _markdown(self.markdown)

    def _plain_text(self) -> str:
        return self.markdown


@dataclass(frozen=True, repr=False)
class Titolo(Blocco):
    """A heading inside the chapter (``livello`` 2–4)."""

    tipo: ClassVar[str] = "titolo"
    livello: int
    testo: str
    id: str

    def _html(self) -> str:
        return f"<h{self.livello}>{escape(self.testo)}</h{self.livello}>"

    def _plain_text(self) -> str:
        return f"{'#' * self.livello} {self.testo}"


@dataclass(frozen=True)
class Colonna:
    """A column of a table.

    Attributes
    ----------
    id, nome : str
        Name in the data and name shown.
    unita : str
        Unit, shown under the name; empty for text.
    decimali : int or None
        Decimals shown; ``None`` for text.
    allineamento : str
        ``sinistra`` or ``destra``.
    indicatore : str or None
        Id in the registry, when the column is an indicator.
    """

    id: str
    nome: str
    unita: str = ""
    decimali: int | None = None
    allineamento: str = "sinistra"
    indicatore: str | None = None


@dataclass(frozen=True)
class Cella:
    """A cell: raw value, text shown, id of the figure it shows."""

    v: str | float | int | bool | None
    t: str
    cifra: str | None = None


@dataclass(frozen=True, repr=False)
class Tabella(Blocco):
    """A table; its first column names the rows."""

    tipo: ClassVar[str] = "tabella"
    id: str
    titolo: str
    colonne: Sequence[Colonna]
    righe: Sequence[Sequence[Cella]]
    note: Sequence[str] = field(default_factory=tuple)
    fonte: str = ""
    larga: bool = False
    numero: int | None = None

    def _html(self) -> str:
        return _table_html(self)

    def _plain_text(self) -> str:
        rows = [" | ".join(column.nome for column in self.colonne)]
        rows += [" | ".join(cell.t for cell in row) for row in self.righe]
        return "\n".join([didascalia("Tabella", self.numero, self.titolo), *rows])


def _table_html(blocco: Tabella) -> str:
    """Return the table as HTML for JupyterLab: caption, scopes, numbers on the right."""
    below = {c.id: formats.unit_in_heading(c.nome, c.unita) for c in blocco.colonne}
    head = "".join(
        f'<th scope="col">{escape(c.nome)}{f"<br><small>{escape(below[c.id])}</small>" if below[c.id] else ""}</th>'
        for c in blocco.colonne
    )
    body = []
    for row in blocco.righe:
        cells = []
        for place, (cell, column) in enumerate(zip(row, blocco.colonne, strict=True)):
            tag = 'th scope="row"' if place == 0 else "td"
            towards = ' style="text-align:right"' if column.allineamento == "destra" else ' style="text-align:left"'
            cells.append(f"<{tag}{towards}>{escape(cell.t)}</{tag[:2]}>")
        body.append(f"<tr>{''.join(cells)}</tr>")
    note = "".join(f"<br><small>{escape(one_note)}</small>" for one_note in (*blocco.note, blocco.fonte) if one_note)
    title = escape(didascalia("Tabella", blocco.numero, blocco.titolo))
    return (
        f"<table><caption>{title}</caption><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>{note}"
    )


@dataclass(frozen=True, repr=False)
class _Disegnato(Blocco):
    """A block with a drawing."""

    def save(self, file: str | Path) -> None:
        """Write the drawing to an SVG file."""
        Path(file).write_text(self.svg, encoding="utf-8")  # type: ignore[attr-defined]


@dataclass(frozen=True, repr=False)
class Grafico(_Disegnato):
    """A chart, with the table of what it draws."""

    tipo: ClassVar[str] = "grafico"
    id: str
    titolo: str
    alt: str
    svg: str
    dati: Tabella
    note: Sequence[str] = field(default_factory=tuple)
    fonte: str = ""
    numero: int | None = None

    def _html(self) -> str:
        return _figure_html(self)

    def _plain_text(self) -> str:
        return f"{didascalia('Figura', self.numero, self.titolo)}\n{self.alt}"


@dataclass(frozen=True)
class Classe:
    """A class of a map's legend: bounds (both included) or the name of a category, colour, how many territories."""

    colore: str
    n: int
    da: float | None = None
    a: float | None = None
    etichetta: str = ""


@dataclass(frozen=True, repr=False)
class Mappa(_Disegnato):
    """A map: values by territory, classes, the static drawing and the table of what it shows.

    ``genere`` is ``valori`` (classes with bounds), ``categorie`` or ``bivariata`` (classes with a label), or ``luoghi``
    (no values); ``classe`` gives each territory with a value the place of its class.
    """

    tipo: ClassVar[str] = "mappa"
    id: str
    titolo: str
    alt: str
    livello: str
    territori: Sequence[str]
    valori: dict[str, float | str | None]
    testi: dict[str, str]
    classe: dict[str, int]
    classi: Sequence[Classe]
    svg: str
    dati: Tabella
    genere: str = "valori"
    indicatore: str | None = None
    unita: str = ""
    note: Sequence[str] = field(default_factory=tuple)
    fonte: str = ""
    numero: int | None = None

    def _html(self) -> str:
        return _figure_html(self)

    def _plain_text(self) -> str:
        return f"{didascalia('Figura', self.numero, self.titolo)}\n{self.alt}"


@dataclass(frozen=True, repr=False)
class Lacuna(Blocco):
    """What is missing: prose for who reads, and for the analyst who has it and with which template to ask.

    Attributes
    ----------
    markdown : str
        What is missing and what the document cannot say without it.
    lacuna : dict
        ``cosa, effetto, chi, modello``, as plain words, and ``cifre``, how many figures wait for it.
    """

    tipo: ClassVar[str] = "testo"
    markdown: str
    lacuna: dict[str, str | int]

    def _html(self) -> str:
        return _markdown(self.markdown)

    def _plain_text(self) -> str:
        return self.markdown


@dataclass(frozen=True, repr=False)
class Riquadro(Blocco):
    """A box: ``avviso``, ``nota`` or ``sintesi``."""

    tipo: ClassVar[str] = "riquadro"
    genere: str
    titolo: str
    markdown: str

    def _html(self) -> str:
        return f"<blockquote><strong>{escape(self.titolo)}</strong>{_markdown(self.markdown)}</blockquote>"

    def _plain_text(self) -> str:
        return f"[{self.titolo}]\n{self.markdown}"


@dataclass(frozen=True, repr=False)
class Registro(Blocco):
    """Last block: the ledger of the chapter and the tables it read, with their provenance."""

    tipo: ClassVar[str] = "registro"
    registro: dict[str, Any]
    tabelle: Sequence[dict[str, Any]] = field(default_factory=tuple)

    def to_dict(self) -> dict[str, Any]:
        """Return the block as plain data, which its fields are already."""
        return {"tipo": self.tipo, "registro": self.registro, "tabelle": list(self.tabelle)}

    def _plain_text(self) -> str:
        return (
            f"Capitolo completo: {len(self.registro['cifre'])} cifre, "
            f"{len(self.registro['affermazioni'])} affermazioni, {len(self.tabelle)} tabelle lette."
        )


def didascalia(genere: str, numero: int | None, titolo: str) -> str:
    """Return a caption: kind, number and title, or the title alone where there is no number."""
    return f"{genere} {numero}. {titolo}" if numero else titolo


def read_notebook(notebook: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the blocks of an executed notebook, in order: those displayed and its Markdown cells.

    Parameters
    ----------
    notebook : dict
        The notebook as ``nbformat`` (or ``json``) reads it.

    Yields
    ------
    dict
        Blocks as plain data. A cell tagged ``nascosto`` is left out; the blocks of one tagged ``solo-sito`` have
        ``solo_sito``: the site has them, the document does not.
    """
    for cell in notebook["cells"]:
        labels = cell.get("metadata", {}).get("tags", [])
        if writing.HIDDEN in labels:
            continue
        only_site = {"solo_sito": True} if writing.SITE_ONLY in labels else {}
        source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            yield from (part | only_site for part in writing.parts(source.strip(), labels))
        for output in cell.get("outputs", []):
            block = output.get("data", {}).get(MIME)
            if block is not None:
                yield block | only_site


def _simple(valore: Any) -> Any:
    """Turn dataclasses and sequences into what JSON holds."""
    if valore is None or isinstance(valore, str | int | float):
        return valore
    if isinstance(valore, Blocco):
        return valore.to_dict()
    if hasattr(valore, "__dataclass_fields__"):
        return _of_fields(valore)
    if isinstance(valore, dict):
        return {str(key): _simple(content) for key, content in valore.items()}
    if isinstance(valore, list | tuple):
        return [_simple(entry) for entry in valore]
    return valore


def _of_fields(entry: Any) -> dict[str, Any]:
    """Return a dataclass as plain data, field by field."""
    kind: Any = type(entry)
    return {name: _simple(getattr(entry, name)) for name in _fields(kind)}


@cache
def _fields(kind: Any) -> tuple[str, ...]:
    """Return the names of the fields of a dataclass."""
    return tuple(field.name for field in fields(kind))


def _figure_html(blocco: Grafico | Mappa) -> str:
    note = "".join(f"<br><small>{escape(one_note)}</small>" for one_note in (*blocco.note, blocco.fonte) if one_note)
    title = escape(didascalia("Figura", blocco.numero, blocco.titolo))
    return f"<figure><figcaption>{title}</figcaption>{blocco.svg}{note}</figure>"


def _markdown(testo: str) -> str:
    """Render Markdown for JupyterLab."""
    return str(_reader().render(testo))


@cache
def _reader() -> MarkdownIt:
    """Return the reader of Markdown; raw HTML in it is shown, not interpreted."""
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable("table")
