"""Documents composed once for all the tests of this folder."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from piccolo_documento import document

from conciliazione_lib.publish.documents import pdf, word


def written(**changes: object) -> bytes:
    d = document(**changes)  # type: ignore[arg-type]
    return word.compose(d, pdf.drawings(d))


@pytest.fixture(scope="session")
def before() -> bytes:
    """The Word document as the analyst receives it."""
    return written()


@pytest.fixture(scope="session")
def after() -> bytes:
    """The same, after the data have changed."""
    return written(residenti="536.001", ageing="211,0", wide=120, new=True)


@pytest.fixture(scope="session")
def another_edizione() -> bytes:
    """The same, of another edition: every date is another."""
    return written(residenti="536.001", ageing="211,0", wide=120, anno=2025)


@pytest.fixture(scope="session")
def failed() -> bytes:
    """The same, of another edition in which the chapter could not be made."""
    return written(residenti="536.001", ageing="211,0", anno=2025, failed=True)
