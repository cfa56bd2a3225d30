"""Make the third-party files of the site: the part of Bootstrap Italia its templates use, its typeface, Leaflet.

Run it when a template starts to use another class of Bootstrap Italia, or to take a newer version::

    python scripts/vendor_web.py CARTELLA

``FOLDER`` holds the packages as ``npm pack bootstrap-italia leaflet`` leaves them once unpacked, each in a folder
with its name. The result goes to ``conciliazione_lib/publish/static`` and is committed, with licences and versions, so
that making the site needs neither npm nor the network.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import tinycss2
from tinycss2.ast import AtRule, Node, QualifiedRule

ROOT = Path(__file__).resolve().parents[1]
PUBLISH = ROOT / "conciliazione_lib" / "publish"
STATIC = PUBLISH / "static"
#: Files of the typeface, and the weights each is for: every page asks for both before it is drawn.
CHARACTERS = {"regular": "400", "600": "600 700"}

#: Classes of Bootstrap Italia that the templates compose or that scripts add.
ALWAYS = {"active"}

#: Pseudo-elements and states of parts the site does not have.
EXCLUDED = re.compile(
    r"\[data-bs-|::-webkit-file|::-moz-|:-ms-|\[data-bs|fieldset|legend|progress|meter|optgroup|iframe"
)


def main() -> None:
    """Write the files."""
    origin = Path(sys.argv[1])
    bootstrap, leaflet = origin / "bootstrap-italia", origin / "leaflet"
    css = (bootstrap / "dist/css/bootstrap-italia.min.css").read_text(encoding="utf-8")
    reduced = purge(css, used_classes())
    header = f"/* Bootstrap Italia {version(bootstrap)}, BSD-3-Clause: only the rules used by this site. */\n"
    (STATIC / "bootstrap-italia.css").write_text(header + font_faces() + reduced + "\n", encoding="utf-8", newline="\n")
    characters = STATIC / "caratteri"
    characters.mkdir(parents=True, exist_ok=True)
    for file, weights in CHARACTERS.items():
        name = f"titillium-web-v10-latin-ext_latin-{file}.woff2"
        shutil.copyfile(bootstrap / "dist/fonts/Titillium_Web" / name, characters / font_file(weights))
    (STATIC / "leaflet.js").write_bytes((leaflet / "dist/leaflet.js").read_bytes().split(b"\n//# source")[0] + b"\n")
    sheet = (leaflet / "dist/leaflet.css").read_text(encoding="utf-8")
    # Layer and marker pictures are not used: without the rules no request can be made for them.
    sheet = re.sub(r"[^{}]*\{[^{}]*url\((?!#)[^{}]*\}", "", sheet)
    (STATIC / "leaflet.css").write_text(sheet, encoding="utf-8", newline="\n")
    licences = STATIC / "licenze"
    licences.mkdir(exist_ok=True)
    shutil.copyfile(bootstrap / "LICENSE", licences / "bootstrap-italia.txt")
    shutil.copyfile(bootstrap / "dist/fonts/Titillium_Web/OFL.txt", licences / "titillium-web.txt")
    shutil.copyfile(leaflet / "LICENSE", licences / "leaflet.txt")
    print(f"bootstrap-italia.css: {len(css)} -> {len(reduced)} bytes")


def version(folder: Path) -> str:
    """Return the version of an unpacked package."""
    return str(json.loads((folder / "package.json").read_text(encoding="utf-8"))["version"])


def font_file(weights: str) -> str:
    """Return the name of a font file, which every page says: a short one."""
    return f"titillium-{weights.partition(' ')[0]}.woff2"


def font_faces() -> str:
    """Return the rules that load the typeface: pages ask for it first, and do not wait for it."""
    return "".join(
        f'@font-face{{font-family:"Titillium Web";font-style:normal;'
        f"font-weight:{weights};"
        f'font-display:optional;src:url("caratteri/{font_file(weights)}") format("woff2")}}\n'
        for weights in CHARACTERS.values()
    )


def used_classes() -> set[str]:
    """Return every word of the templates and scripts that could be a class."""
    texts = [*(PUBLISH / "templates").glob("*.html"), STATIC / "sito.js"]
    return ALWAYS | {word for file in texts for word in re.findall(r"[\w-]+", file.read_text(encoding="utf-8"))}


def purge(css: str, classes: set[str]) -> str:
    """Return the rules whose selectors only name classes in use."""
    rules = [kept for rule in tinycss2.parse_stylesheet(css, True, True) if (kept := _keep(rule, classes))]
    text = "\n".join(rules)
    while True:
        used = set(re.findall(r"var\((--[\w-]+)", text))
        new = re.sub(r"(?<=[{;])(--[\w-]+):[^;{}]*;?", lambda m, used=used: m[0] if m[1] in used else "", text)
        new = re.sub(r"[^\n{}]+\{\}", "", new)
        if new == text:
            return re.sub(r"\n{2,}", "\n", text)
        text = new


def _keep(regola: Node, classes: set[str]) -> str:
    if isinstance(regola, QualifiedRule):
        selectors = [s.strip() for s in tinycss2.serialize(regola.prelude).split(",")]
        chosen = [s for s in selectors if _in_use(s, classes)]
        body = tinycss2.serialize(regola.content)
        return f"{','.join(chosen)}{{{body}}}" if chosen and "url(" not in body else ""
    if isinstance(regola, AtRule) and regola.at_keyword in ("media", "supports") and regola.content is not None:
        inside = [t for r in tinycss2.parse_rule_list(regola.content, True, True) if (t := _keep(r, classes))]
        condition = tinycss2.serialize(regola.prelude).strip()
        return f"@{regola.at_keyword} {condition}{{{''.join(inside)}}}" if inside else ""
    return ""


def _in_use(selector: str, classes: set[str]) -> bool:
    names = re.findall(r"\.((?:[\w-]|\\.)+)", selector)
    return not EXCLUDED.search(selector) and all(name.replace("\\", "") in classes for name in names)


if __name__ == "__main__":
    main()
