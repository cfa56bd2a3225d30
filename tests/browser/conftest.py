"""A real browser on a real site: Debian's Chromium, pages served over HTTP, nothing asked of anyone else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

from conciliazione_lib.cli.anteprima import servi

OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def find_chromium() -> str | None:
    """Path of a Chromium on this machine."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
    return next((path for name in names if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all the tests; without one they fail on CI, and elsewhere are skipped and say so."""
    chromium = find_chromium()
    if chromium is None:
        reason = "serve Chromium (su Debian e Ubuntu: apt install chromium)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        open_ = playwright.chromium.launch(executable_path=chromium, args=OPTIONS)
        yield open_
        open_.close()


@pytest.fixture
def setting(browser: Browser, address: str) -> Iterator[BrowserContext]:
    """A clean session that refuses, and remembers in ``estranee``, every request to anyone but the site."""
    context = browser.new_context(locale="it-IT", viewport={"width": 1280, "height": 900})
    foreign: list[str] = []

    def only_the_site(path: Route) -> None:
        if path.request.url.startswith(address):
            path.continue_()
        else:
            foreign.append(path.request.url)
            path.abort()

    context.route("**/*", only_the_site)
    yield context
    context.close()
    assert foreign == [], "il sito chiede qualcosa a terzi"


@pytest.fixture
def leaf(setting: BrowserContext) -> Iterator[Page]:
    """A page whose script errors fail the test."""
    page = setting.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == [], "errori negli script della pagina"


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Address at which the site is served."""
    with servi(site) as where:
        yield where
