"""From the Markdown of chapters, and of the analyst's own files, to the elements of a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

from conciliazione_lib.publish.documents.elements import (
    CITATION,
    NUMBER,
    POINT,
    TEXT,
    Element,
    Heading,
    Paragraph,
    Span,
    Table,
)
from conciliazione_lib.publish.markdown import CLAIM, FIGURE

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
    outcome: list[Element] = []
    tokens = _MD.parse(markdown)
    listings: list[str] = []
    citation = 0
    place = 0
    while place < len(tokens):
        token = tokens[place]
        if token.type in ("bullet_list_open", "ordered_list_open"):
            listings.append(POINT if token.type.startswith("bullet") else NUMBER)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            listings.pop()
        elif token.type in ("blockquote_open", "blockquote_close"):
            citation += 1 if token.nesting == 1 else -1
        elif token.type == "heading_open":
            text = "".join(span.text for span in inlines(tokens[place + 1].children or ()))
            outcome.append(Heading("", int(token.tag[1]) + base, text))
            place += 1
        elif token.type == "table_open":
            end = next(i for i in range(place, len(tokens)) if tokens[i].type == "table_close")
            outcome.append(_table(tokens[place:end]))
            place = end
        elif token.type == "inline":
            kind = listings[-1] if listings else CITATION if citation else TEXT
            outcome.append(Paragraph("", tuple(inlines(token.children or ())), kind, max(len(listings) - 1, 0)))
        elif token.type in ("fence", "code_block"):
            outcome.append(Paragraph("", (Span(token.content.rstrip("\n"), code=True),)))
        place += 1
    return outcome


def paragraphs(markdown: str) -> tuple[Paragraph, ...]:
    """Return the paragraphs of a Markdown text, headings and tables as plain ones."""
    outcome = []
    for element in elements(markdown):
        if isinstance(element, Paragraph):
            outcome.append(element)
        elif isinstance(element, Heading):
            outcome.append(Paragraph("", (Span(element.text, bold=True),)))
    return tuple(outcome)


def inlines(tokens: Sequence[Token]) -> Iterator[Span]:
    """Yield the pieces of text of a paragraph."""
    bold = italic = 0
    target = ""
    for token in tokens:
        if token.type in ("strong_open", "strong_close"):
            bold += token.nesting
        elif token.type in ("em_open", "em_close"):
            italic += token.nesting
        elif token.type == "link_open":
            target = unquote(str(token.attrGet("href")))
        elif token.type == "link_close":
            target = ""
        elif token.type in ("text", "code_inline", "softbreak", "hardbreak"):
            text = " " if token.type.endswith("break") else token.content
            if not text:
                continue
            yield Span(
                text,
                bold=bold > 0,
                italic=italic > 0,
                code=token.type == "code_inline",
                figure=target.removeprefix(FIGURE) if target.startswith(FIGURE) else None,
                claim=target.removeprefix(CLAIM) if target.startswith(CLAIM) else None,
                link=target if target.startswith(("https:", "http:", "mailto:")) else None,
            )


def _table(tokens: Sequence[Token]) -> Table:
    """Return a Markdown table as an uncaptioned table."""
    rows: list[list[dict[str, object]]] = []
    columns: list[dict[str, object]] = []
    header = False
    for token in tokens:
        if token.type in ("thead_open", "thead_close"):
            header = token.nesting == 1
        elif token.type == "tr_open" and not header:
            rows.append([])
        elif token.type in ("th_open", "td_open"):
            right = "right" in str(token.attrGet("style") or "")
        elif token.type == "inline":
            spans = list(inlines(token.children or ()))
            text = "".join(span.text for span in spans)
            if header:
                columns.append({"nome": text, "unita": "", "allineamento": "destra" if right else "sinistra"})
            else:
                figure = next((span.figure for span in spans if span.figure), None)
                rows[-1].append({"v": None, "t": text, "cifra": figure})
    return Table("", "", "", tuple(columns), tuple(tuple(row) for row in rows if len(row) == len(columns)))
