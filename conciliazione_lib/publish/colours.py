"""The palette as style sheets, Typst and Word write it."""

from __future__ import annotations

from conciliazione_lib.report import palette


def web() -> dict[str, str]:
    """Return the colours of pages by name."""
    return {**palette.colours("tinte"), **palette.colours("sito")}


def css() -> str:
    """Return the style sheet that gives pages and their scripts the colours, as custom properties."""
    return ":root {\n" + "".join(f"  --{name.replace('_', '-')}: {c};\n" for name, c in web().items()) + "}\n"


def typst() -> str:
    """Return the Typst dictionary ``colori``."""
    entries = "".join(f'  {name.replace("_", "-")}: rgb("{c}"),\n' for name, c in palette.colours("documenti").items())
    return f"#let colori = (\n{entries})\n"


def word(nome: str) -> str:
    """Return a colour of documents as Word writes it: ``17324D``."""
    return str(palette.colours("documenti")[nome]).removeprefix("#").upper()
