"""Markdown to HTML for the public pages: figures and claims become links, nothing else becomes markup by itself."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

FIGURE, CLAIM = "cifra:", "affermazione:"


@dataclass
class Prose:
    """Renders the prose of one page.

    Parameters
    ----------
    cifra : callable
        Address of the card of a figure, from its id.
    affermazione : callable
        Address of the rule of a claim, from its id.

    Attributes
    ----------
    titoli : list of (int, str, str)
        Headings met so far: level, text, identifier (unique in the page).
    """

    cifra: Callable[[str], str]
    affermazione: Callable[[str], str]
    titoli: list[tuple[int, str, str]] = field(default_factory=list)
    _usati: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._md = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")
        self._md.validateLink = _allowed  # type: ignore[assignment, method-assign]
        rules = self._md.renderer.rules  # type: ignore[attr-defined]
        rules["link_open"] = self._link_open
        rules["table_open"] = lambda *_: '<div class="tavola"><table class="table">'
        rules["table_close"] = lambda *_: "</table></div>"

    def __call__(self, testo: str, *, first_level: int = 2) -> Markup:
        """Return HTML.

        Parameters
        ----------
        testo : str
            Markdown.
        first_level : int
            Level given to the highest heading allowed: those above it come down to it.
        """
        tokens = self._md.parse(testo)
        for place, token in enumerate(tokens):
            if token.type not in ("heading_open", "heading_close"):
                continue
            level = max(int(token.tag[1]), first_level)
            token.tag = f"h{level}"
            if token.type == "heading_open":
                written = _only_text(tokens[place + 1])
                token.attrSet("id", self.titolo(level, written))
        return Markup(self._md.renderer.render(tokens, self._md.options, {}))

    def titolo(self, livello: int, testo: str, id: str | None = None) -> str:
        """Record a heading and return its identifier."""
        base = id or slug(testo)
        only, time_ = base, 2
        while only in self._usati:
            only, time_ = f"{base}-{time_}", time_ + 1
        self._usati.add(only)
        self.titoli.append((livello, testo, only))
        return only

    def _link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        target = unquote(str(token.attrGet("href")))
        if target.startswith(FIGURE):
            token.attrs = {"class": "cifra", "href": self.cifra(target.removeprefix(FIGURE))}
        elif target.startswith(CLAIM):
            key = target.removeprefix(CLAIM)
            token.attrs = {"class": "affermazione", "href": self.affermazione(key), "data-affermazione": key}
        return str(self._md.renderer.renderToken(tokens, idx, options, env))  # type: ignore[attr-defined]


def slug(testo: str) -> str:
    """Return text as an identifier: ``Struttura per età`` becomes ``struttura-per-eta``."""
    plan = unicodedata.normalize("NFKD", testo).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plan).strip("-") or "sezione"


def _allowed(address: str) -> bool:
    """Tell whether a link may leave a page: figures, claims, places of the site, the web, mail."""
    schema = re.match(r"([a-z][a-z0-9+.-]*):", address.strip().lower())
    return schema is None or schema[1] in ("cifra", "affermazione", "https", "http", "mailto")


def _only_text(token: Token) -> str:
    return "".join(child.content for child in token.children or () if child.type in ("text", "code_inline"))
