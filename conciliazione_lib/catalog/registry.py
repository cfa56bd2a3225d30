"""The list of the tables: the folders of ``data/`` that have a ``tabella.toml``, each read when it is asked for."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from pathlib import Path

import conciliazione_lib.catalog.declaring as declaring
from conciliazione_lib import storage
from conciliazione_lib.catalog.spec import TableSpec
from conciliazione_lib.catalog.tables import rules
from conciliazione_lib.errors import DatiError, UsoError


def names() -> list[str]:
    """Return the names of all the tables declared, in alphabetical order."""
    return list(_names(storage.embedded_root()))


def spec(name: str) -> TableSpec:
    """Return the declaration of a table.

    Raises
    ------
    UsoError
        When no table has that name; the message suggests the nearest ones.
    DatiError
        When its ``tabella.toml`` is not a declaration, or a rule is of a table that is not there.
    """
    root = storage.embedded_root()
    known = _names(root)
    if name not in known:
        near = get_close_matches(name, known, n=3, cutoff=0.5) or known
        raise UsoError(
            f"La tabella «{name}» non esiste nel catalogo.",
            f"Tabelle con un nome simile: {', '.join(near)}.",
        )
    return _spec(root / name / declaring.FILE)


@cache
def _names(root: Path) -> tuple[str, ...]:
    found = tuple(sorted(file.parent.name for file in root.glob(f"*/{declaring.FILE}")))
    for name, (module, _) in rules().items():
        if name not in found:
            raise DatiError(
                f"{module} ha regole della tabella «{name}», che non esiste: manca il file {name}/{declaring.FILE}.",
                "Scrivere la dichiarazione della tabella, oppure togliere la regola.",
            )
    return found


@cache
def _spec(path: Path) -> TableSpec:
    return declaring.read(path, rules().get(path.parent.name, ("", ()))[1])
