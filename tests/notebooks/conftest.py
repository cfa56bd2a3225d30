"""The figures of the edition come first: what a test imports afterwards has no part in them."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def figures_first(archive: Path) -> None:
    """Have them computed before any test moves the folder of the data."""
