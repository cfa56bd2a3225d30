"""From the Markdown of chapters, and of the analyst's own files, to the elements of a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

from conciliazione_lib.publish.documents.elements import (
    CITAZIONE,
    NUMERO,
    PUNTO,
    TESTO,
    Element,
    Heading,
    Paragraph,
    Span,
    Table,
)
from conciliazione_lib.publish.markdown import AFFERMAZIONE, CIFRA

_MD = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")
# Figures and claims are links of ours; what is not an address of the web stays text.
_MD.validateLink = lambda _: True  # type: ignore[assignment, method-assign]


def elements(markdown: str, *, base: int = 0) -> list[Element]:
    """Return headings, paragraphs, lists and tables of a Markdown text.

    Parameters
    ----------
    markdown : str
        With ``cifra:`` and ``affermazione:`` links.
    base : int
        Added to the level of the headings.
    """
    esito: list[Element] = []
    gettoni = _MD.parse(markdown)
    elenchi: list[str] = []
    citazione = 0
    posto = 0
    while posto < len(gettoni):
        gettone = gettoni[posto]
        if gettone.type in ("bullet_list_open", "ordered_list_open"):
            elenchi.append(PUNTO if gettone.type.startswith("bullet") else NUMERO)
        elif gettone.type in ("bullet_list_close", "ordered_list_close"):
            elenchi.pop()
        elif gettone.type in ("blockquote_open", "blockquote_close"):
            citazione += 1 if gettone.nesting == 1 else -1
        elif gettone.type == "heading_open":
            testo = "".join(span.text for span in inlines(gettoni[posto + 1].children or ()))
            esito.append(Heading("", int(gettone.tag[1]) + base, testo))
            posto += 1
        elif gettone.type == "table_open":
            fine = next(i for i in range(posto, len(gettoni)) if gettoni[i].type == "table_close")
            esito.append(_table(gettoni[posto:fine]))
            posto = fine
        elif gettone.type == "inline":
            genere = elenchi[-1] if elenchi else CITAZIONE if citazione else TESTO
            esito.append(Paragraph("", tuple(inlines(gettone.children or ())), genere, max(len(elenchi) - 1, 0)))
        elif gettone.type in ("fence", "code_block"):
            esito.append(Paragraph("", (Span(gettone.content.rstrip("\n"), code=True),)))
        posto += 1
    return esito


def paragraphs(markdown: str) -> tuple[Paragraph, ...]:
    """Return the paragraphs of a Markdown text, headings and tables as plain ones."""
    esito = []
    for element in elements(markdown):
        if isinstance(element, Paragraph):
            esito.append(element)
        elif isinstance(element, Heading):
            esito.append(Paragraph("", (Span(element.text, bold=True),)))
    return tuple(esito)


def inlines(tokens: Sequence[Token]) -> Iterator[Span]:
    """Yield the pieces of text of a paragraph."""
    grassetto = corsivo = 0
    meta = ""
    for gettone in tokens:
        if gettone.type in ("strong_open", "strong_close"):
            grassetto += gettone.nesting
        elif gettone.type in ("em_open", "em_close"):
            corsivo += gettone.nesting
        elif gettone.type == "link_open":
            meta = unquote(str(gettone.attrGet("href")))
        elif gettone.type == "link_close":
            meta = ""
        elif gettone.type in ("text", "code_inline", "softbreak", "hardbreak"):
            testo = " " if gettone.type.endswith("break") else gettone.content
            if not testo:
                continue
            yield Span(
                testo,
                bold=grassetto > 0,
                italic=corsivo > 0,
                code=gettone.type == "code_inline",
                figure=meta.removeprefix(CIFRA) if meta.startswith(CIFRA) else None,
                claim=meta.removeprefix(AFFERMAZIONE) if meta.startswith(AFFERMAZIONE) else None,
                link=meta if meta.startswith(("https:", "http:", "mailto:")) else None,
            )


def _table(tokens: Sequence[Token]) -> Table:
    """Return a Markdown table as an uncaptioned table."""
    righe: list[list[dict[str, object]]] = []
    colonne: list[dict[str, object]] = []
    intestazione = False
    for gettone in tokens:
        if gettone.type in ("thead_open", "thead_close"):
            intestazione = gettone.nesting == 1
        elif gettone.type == "tr_open" and not intestazione:
            righe.append([])
        elif gettone.type in ("th_open", "td_open"):
            destra = "right" in str(gettone.attrGet("style") or "")
        elif gettone.type == "inline":
            spans = list(inlines(gettone.children or ()))
            testo = "".join(span.text for span in spans)
            if intestazione:
                colonne.append({"nome": testo, "unita": "", "allineamento": "destra" if destra else "sinistra"})
            else:
                cifra = next((span.figure for span in spans if span.figure), None)
                righe[-1].append({"v": None, "t": testo, "cifra": cifra})
    return Table("", "", "", tuple(colonne), tuple(tuple(riga) for riga in righe if len(riga) == len(colonne)))
