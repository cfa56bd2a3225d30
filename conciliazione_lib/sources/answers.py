"""What analysts answered about the files of an origin, so that the next file of the same origin does not ask again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conciliazione_lib import storage
from conciliazione_lib.sources.files import normalise

FILE = "risposte.json"
#: The same for values: table, origin, column of the table, value as written, value of the table.
VALUES = "valori.json"


def origin(path: Path, source: str | None) -> str:
    """Return what names the origin of a file: the source it is said to come from, or its own name without numbers."""
    return normalise(source) if source else " ".join(w for w in normalise(path.stem).split() if not w.isdigit())


def recall(table: str, where: str) -> dict[str, str]:
    """Return the answers given before: header, as it was written, to column of the table."""
    found = _read(FILE).get(table, {}).get(where, {})
    return {str(header): str(column) for header, column in found.items()}


def remember(table: str, where: str, answers: Mapping[str, str]) -> None:
    """Keep the answers about the files of an origin, with those given before."""
    if not answers:
        return
    known = _read(FILE)
    known.setdefault(table, {}).setdefault(where, {}).update(answers)
    _write(FILE, known)


def recall_values(table: str, where: str) -> dict[str, dict[str, str]]:
    """Return what was said before of values: column of the table to value as written to value of the table."""
    found = _read(VALUES).get(table, {}).get(where, {})
    return {str(column): {str(k): str(v) for k, v in known.items()} for column, known in found.items()}


def remember_values(table: str, where: str, values: Mapping[str, Mapping[str, str]]) -> None:
    """Keep what was said of the values of the files of an origin, with what was said before."""
    if not any(values.values()):
        return
    known = _read(VALUES)
    here = known.setdefault(table, {}).setdefault(where, {})
    for column, meanings in values.items():
        here.setdefault(column, {}).update(meanings)
    _write(VALUES, known)


def _write(name: str, known: Mapping[str, Any]) -> None:
    path = storage.local_root() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{name}")
    new.write_text(json.dumps(known, ensure_ascii=False, indent=2) + "\n", encoding="utf-8", newline="\n")
    new.replace(path)


def _read(name: str) -> dict[str, Any]:
    try:
        known = json.loads((storage.local_root() / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
