"""The words of a document that do not depend on the data: ``parole.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any


@cache
def fixed_words() -> dict[str, Any]:
    """Return the words of a document that do not depend on the data."""
    file = resources.files("conciliazione_lib.publish.documents") / "parole.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))
