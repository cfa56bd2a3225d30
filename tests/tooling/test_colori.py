"""Colours stand in one file, which feeds charts, maps, pages, scripts, documents and workbooks."""

from __future__ import annotations

import re
from pathlib import Path

import conciliazione_lib
from conciliazione_lib.publish import colours
from conciliazione_lib.report import palette

PACKAGE = Path(conciliazione_lib.__file__).parent
STATIC = PACKAGE / "publish" / "static"
ITSELF = PACKAGE / "report" / "colori.toml"
#: Made by others.
VENDORED = {STATIC / name for name in ("bootstrap-italia.css", "leaflet.css", "leaflet.js")}
#: As CSS, JavaScript, Typst and matplotlib write a colour (not an entity such as ``&#160;``), and as Word does.
WRITTEN = re.compile(r"(?<![&\w])#(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})\b|\b(?:rgba?|hsla?)\(\s*[\d.]")
IN_WORD = re.compile(r"\"(?=\d*[A-F])[0-9A-F]{6}\"")


def texts() -> dict[Path, str]:
    kinds = {".py", ".css", ".js", ".html", ".svg", ".typ", ".toml", ".json", ".txt", ".md"}
    files = [file for file in PACKAGE.rglob("*") if file.suffix in kinds and file not in VENDORED | {ITSELF}]
    return {file: file.read_text(encoding="utf-8") for file in files}


def test_no_other_file_holds_a_colour() -> None:
    found = {
        f"{file.relative_to(PACKAGE).as_posix()}: {colour}"
        for file, text in texts().items()
        for colour in {*WRITTEN.findall(text), *IN_WORD.findall(text)}
    }
    assert found == set()


def test_what_pages_and_scripts_ask_for_is_given() -> None:
    given = set(re.findall(r"^  --([\w-]+): #[0-9a-f]{6};$", colours.css(), re.M))
    assert len(given) == len(colours.web())
    asked = {
        name
        for file in STATIC.glob("*.*")
        if file not in VENDORED and file.suffix in {".css", ".js"}
        for name in re.findall(r"var\(--([\w-]+)\)|colore\(\"([\w-]+)\"\)", file.read_text(encoding="utf-8"))
        for name in name
        if name
    }
    assert asked
    assert asked <= given


def test_every_colour_of_the_pages_serves() -> None:
    used = "".join(texts().values())
    names = {name: (f"--{name.replace('_', '-')}", f"colori.{name}") for name in palette.colours("sito")}
    assert [name for name, written in names.items() if not any(one in used for one in written)] == []


def test_documents_are_given_the_colours_they_ask_for() -> None:
    text = (PACKAGE / "publish" / "documents" / "stile.typ").read_text(encoding="utf-8")
    asked = {name.replace("-", "_") for name in re.findall(r"colori\.([\w-]+)", text)}
    assert asked
    assert asked <= set(palette.colours("documenti"))
    assert colours.word("inchiostro") == palette.colours("tinte")["inchiostro"].removeprefix("#").upper()
