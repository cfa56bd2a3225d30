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

RADICE = Path(__file__).resolve().parents[1]
USCITA = RADICE / "docs" / "schermate"

#: Lines of the terminal that are shown.
RIGHE = 30

#: Name of the picture, page, width and height of the window.
PAGINE = (
    ("home", "index.html", 1280, 860),
    ("capitolo", "territori/insubria/demografia.html", 1280, 1000),
    ("telefono", "territori/insubria/index.html", 390, 780),
)


def main() -> None:
    """Take them all."""
    edizione = Path(sys.argv[1])
    USCITA.mkdir(parents=True, exist_ok=True)
    chromium = next((p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None)
    with sync_playwright() as playwright, servi(edizione / "sito") as indirizzo:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        base = indirizzo.rstrip("/")
        for nome, pagina, larga, alta in PAGINE:
            if (edizione / "sito" / pagina).is_file():
                _page(browser, f"{base}/{pagina}", nome, larga, alta)
        mappe = sorted((edizione / "sito" / "mappe").rglob("*.html"))
        if mappe:
            _page(browser, f"{base}/{mappe[0].relative_to(edizione / 'sito').as_posix()}", "mappa", 1280, 960)
        _terminal(browser, ["genera", "--help"])
        browser.close()
    documenti = sorted((edizione / "documenti").rglob("*.pdf"))
    if documenti and shutil.which("pdftoppm"):
        comando = ["pdftoppm", "-png", "-r", "60", "-f", "1", "-l", "1", "-singlefile", str(documenti[0])]
        subprocess.run([*comando, str(USCITA / "documento")], check=True)


def _page(browser: Browser, indirizzo: str, nome: str, larga: int, alta: int) -> None:
    foglio = browser.new_page(viewport={"width": larga, "height": alta})
    foglio.goto(indirizzo, wait_until="networkidle")
    foglio.screenshot(path=USCITA / f"{nome}.png")
    foglio.close()


def _terminal(browser: Browser, argomenti: list[str]) -> None:
    """Draw what a command prints as a terminal shows it."""
    comando = [sys.executable, "-m", "conciliazione_lib", *argomenti]
    detto = subprocess.run(comando, cwd=RADICE, capture_output=True, text=True, encoding="utf-8", check=True).stdout
    righe = "\n".join([f"$ conciliazione {' '.join(argomenti)}", *detto.rstrip().splitlines()[:RIGHE]])
    foglio = browser.new_page(viewport={"width": 900, "height": 400})
    stile = "margin:0;padding:18px 22px;background:#17212b;color:#e8eef4;font:15px/1.45 monospace;display:inline-block"
    foglio.set_content(f'<pre style="{stile}">{html.escape(righe)}</pre>')
    foglio.locator("pre").screenshot(path=USCITA / "terminale.png")
    foglio.close()


if __name__ == "__main__":
    main()
