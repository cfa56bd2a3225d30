"""Documents composed once for all the tests of this folder."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from piccolo_documento import documento

from conciliazione_lib.publish.documents import pdf, word


def scritto(**cambi: object) -> bytes:
    d = documento(**cambi)  # type: ignore[arg-type]
    return word.compose(d, pdf.drawings(d))


@pytest.fixture(scope="session")
def prima() -> bytes:
    """The Word document as the analyst receives it."""
    return scritto()


@pytest.fixture(scope="session")
def dopo() -> bytes:
    """The same, after the data have changed."""
    return scritto(residenti="536.001", vecchiaia="211,0", largo=120, nuovo=True)


@pytest.fixture(scope="session")
def altra_edizione() -> bytes:
    """The same, of another edition: every date is another."""
    return scritto(residenti="536.001", vecchiaia="211,0", largo=120, anno=2025)


@pytest.fixture(scope="session")
def fallito() -> bytes:
    """The same, of another edition in which the chapter could not be made."""
    return scritto(residenti="536.001", vecchiaia="211,0", anno=2025, fallito=True)
