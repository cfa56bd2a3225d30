"""Take the screenshots of README and GUIDA from an edition just made: the site, the document, the terminal.

    python scripts/schermate.py reports/2025-2027

Chromium takes those of the site, ``pdftoppm`` (Poppler) the page of the document. Those of parts the edition lacks are
left as they are.
"""

from __future__ import annotations

import html
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from conciliazione_lib.cli.anteprima import servi

ROOT = Path(__file__).resolve().parents[1]
OUTPUT = ROOT / "docs" / "schermate"

#: Lines of the terminal that are shown.
ROWS = 30

#: Name of the picture, page, width and height of the window.
PAGES = (
    ("home", "index.html", 1280, 860),
    ("capitolo", "territori/insubria/demografia.html", 1280, 1000),
    ("telefono", "territori/insubria/index.html", 390, 780),
)


def main() -> None:
    """Take them all."""
    edizione = Path(sys.argv[1])
    OUTPUT.mkdir(parents=True, exist_ok=True)
    chromium = next((p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None)
    with sync_playwright() as playwright, servi(edizione / "sito") as address:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        base = address.rstrip("/")
        for name, page, wide, high in PAGES:
            if (edizione / "sito" / page).is_file():
                _page(browser, f"{base}/{page}", name, wide, high)
        maps_ = sorted((edizione / "sito" / "mappe").rglob("*.html"))
        if maps_:
            _page(browser, f"{base}/{maps_[0].relative_to(edizione / 'sito').as_posix()}", "mappa", 1280, 960)
        _terminal(browser, ["genera", "--help"])
        browser.close()
    documents = sorted((edizione / "documenti").rglob("*.pdf"))
    if documents and shutil.which("pdftoppm"):
        command = ["pdftoppm", "-png", "-r", "60", "-f", "1", "-l", "1", "-singlefile", str(documents[0])]
        subprocess.run([*command, str(OUTPUT / "documento")], check=True)


def _page(browser: Browser, address: str, nome: str, wide: int, high: int) -> None:
    sheet = browser.new_page(viewport={"width": wide, "height": high})
    sheet.goto(address, wait_until="networkidle")
    sheet.screenshot(path=OUTPUT / f"{nome}.png")
    sheet.close()


def _terminal(browser: Browser, arguments: list[str]) -> None:
    """Draw what a command prints as a terminal shows it."""
    command = [sys.executable, "-m", "conciliazione_lib", *arguments]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True).stdout
    rows = "\n".join([f"$ conciliazione {' '.join(arguments)}", *said.rstrip().splitlines()[:ROWS]])
    sheet = browser.new_page(viewport={"width": 900, "height": 400})
    style = "margin:0;padding:18px 22px;background:#17212b;color:#e8eef4;font:15px/1.45 monospace;display:inline-block"
    sheet.set_content(f'<pre style="{style}">{html.escape(rows)}</pre>')
    sheet.locator("pre").screenshot(path=OUTPUT / "terminale.png")
    sheet.close()


if __name__ == "__main__":
    main()
