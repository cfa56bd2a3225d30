"""What analysts answered about the files of an origin, so that the next file of the same origin does not ask again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from conciliazione_lib import storage
from conciliazione_lib.sources.files import normalise

FILE = "risposte.json"


def origin(path: Path, source: str | None) -> str:
    """Return what names the origin of a file: the source it is said to come from, or its own name without numbers."""
    return normalise(source) if source else " ".join(w for w in normalise(path.stem).split() if not w.isdigit())


def recall(table: str, where: str) -> dict[str, str]:
    """Return the answers given before: header, as it was written, to column of the table."""
    found = _read().get(table, {}).get(where, {})
    return {str(header): str(column) for header, column in found.items()}


def remember(table: str, where: str, answers: Mapping[str, str]) -> None:
    """Keep the answers about the files of an origin, with those given before."""
    if not answers:
        return
    known = _read()
    known.setdefault(table, {}).setdefault(where, {}).update(answers)
    path = storage.local_root() / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{FILE}")
    new.write_text(json.dumps(known, ensure_ascii=False, indent=2) + "\n", encoding="utf-8", newline="\n")
    new.replace(path)


def _read() -> dict[str, dict[str, dict[str, str]]]:
    try:
        known = json.loads((storage.local_root() / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
