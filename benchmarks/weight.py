"""What a reader downloads: the pages of the site, beside the same chapter made by the plain route.

The plain route is what one would do with the same libraries and no more: papermill runs the notebook, nbconvert makes
it a page with its default template, folium draws the map of the comuni with its defaults and the boundaries as is.
Every request is counted in a real browser; those to others are refused and counted apart (their weight is not known
here). Weights are compressed, as web servers send pages.
"""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from timing import ROOT

CHAPTER, TERRITORY = "02_demografia", "insubria"
PAGES = {
    "home": "index.html",
    "ATS": f"territori/{TERRITORY}/index.html",
    "capitolo": f"territori/{TERRITORY}/demografia.html",
    "mappa interattiva": None,
    "comuni": "comuni/index.html",
}


def measure(*, ats: int, processes: int) -> dict[str, Any]:
    """Return weight and requests of each page, and of the plain route."""
    from playwright.sync_api import sync_playwright

    from conciliazione_lib.cli.anteprima import servi

    chromium = next((p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        edition = _edition(Path(folder))
        site = edition / "sito"
        plain = Path(folder) / "piana"
        plain.mkdir()
        _plain(edition, plain)
        pages = {**PAGES, "mappa interattiva": _first_map(site)}
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        with servi(site) as address:
            ours = {name: _weigh(browser, f"{address.rstrip('/')}/{page}") for name, page in pages.items() if page}
        with servi(plain) as address:
            theirs = {
                "capitolo": _weigh(browser, f"{address.rstrip('/')}/capitolo.html"),
                "mappa interattiva": _weigh(browser, f"{address.rstrip('/')}/mappa.html"),
            }
        browser.close()
    return {"pagine": ours, "via_piana": theirs}


def _edition(folder: Path) -> Path:
    command = [sys.executable, "-m", "conciliazione_lib", "genera", "--ats", TERRITORY, "--capitolo", CHAPTER]
    done = subprocess.run([*command, "--json", "--uscita", str(folder)], cwd=ROOT, capture_output=True, check=True)
    return Path(json.loads(done.stdout)["cartella"])


def _first_map(site: Path) -> str | None:
    pages = sorted((site / "mappe").rglob("*.html"))
    return pages[0].relative_to(site).as_posix() if pages else None


def _plain(edition: Path, folder: Path) -> None:
    """Make the chapter and its map with the defaults of nbconvert and folium."""
    import folium
    from nbconvert import HTMLExporter

    from conciliazione_lib import catalog, territory

    notebook = next((edition / "notebook").rglob(f"*/{TERRITORY}/{CHAPTER}.ipynb"))
    body, _ = HTMLExporter().from_filename(str(notebook))
    (folder / "capitolo.html").write_text(body, encoding="utf-8")
    known = territory.load("2022-01-01")
    shapes = known.boundaries().loc[known.members("ats", TERRITORY)].to_crs(4326)
    values = catalog.read("popolazione", data="2022-01-01").groupby("cod_comune")["residenti"].sum()
    drawn = folium.Map()
    folium.Choropleth(
        shapes.reset_index().to_json(), data=values, key_on="feature.properties.cod_comune", legend_name="Residenti"
    ).add_to(drawn)
    drawn.save(str(folder / "mappa.html"))


def _weigh(browser: Any, address: str) -> dict[str, int]:
    """Open a page and return what it asked for: bytes compressed, requests to the site, requests to others."""
    host = "/".join(address.split("/")[:3])
    own: list[Any] = []
    others: list[str] = []
    page = browser.new_page()
    page.route(lambda url: not url.startswith((host, "data:")), lambda route: (others.append("x"), route.abort()))
    page.on("response", lambda response: own.append(response) if response.url.startswith(host) else None)
    page.goto(address, wait_until="networkidle")
    packed = 0
    for response in own:
        content = response.body()
        packed += len(content) if response.url.endswith((".woff2", ".png")) else len(gzip.compress(content, 6))
    page.close()
    return {"byte": packed, "richieste": len(own), "richieste_a_terzi": len(others)}
