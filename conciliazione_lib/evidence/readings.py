"""What was read of a store, and the hash of each thing that can be read of it.

A result is as it was as long as what it read is: whatever else the store has come to hold. Who reads is noted where the
store is asked, so that nothing is read without; what was read by other ways is everything.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from conciliazione_lib.evidence.by_indicator import coded
from conciliazione_lib.storage import CONTENTS, EVERYTHING, sha256

if TYPE_CHECKING:
    import pandas as pd

    from conciliazione_lib.evidence.store import Store

#: Before the name of a list.
OF_LISTS: Final = "elenchi/"

__all__ = ["CONTENTS", "EVERYTHING", "OF_LISTS", "note", "prints", "taken"]

_noted: set[str] = set()


def note(*names: str) -> None:
    """Note that indicators, or lists by their place, were read by this process."""
    _noted.update(names)


def taken() -> list[str]:
    """Return what was read since this was last asked."""
    found = sorted({CONTENTS, *_noted})
    _noted.clear()
    return found


def prints(store: Store) -> dict[str, str]:
    """Return the hash of everything that can be read of a part of a store, by its name.

    That of an indicator is of its rows, of what is said of them, of the tables they come from; that of a list, of its
    rows and of its tables.
    """
    index, folder = store.index, store.folder

    @cache
    def table(key: str) -> str:
        known = index["ingressi"][key]
        file = folder / "ingressi" / f"{key}.parquet"
        return _digest([key, known, sha256(file) if file.is_file() else "", list(map(table, known.get("da", ())))])

    figures = coded(folder / "cifre.parquet").to_pandas()
    used: dict[str, set[str]] = {}
    for name, text in figures[["indicatore", "ingressi"]].drop_duplicates().itertuples(index=False, name=None):
        used.setdefault(name, set()).update(use["tabella"] for use in json.loads(text or "[]"))
    rows, said = _by_indicator(figures), _by_indicator(coded(folder / "confronti.parquet").to_pandas())
    found = {
        name: _digest([rows.get(name), said.get(name), [table(key) for key in sorted(used.get(name, ()))]])
        for name in store.indicators
    }
    for name, known in index["elenchi"].items():
        tables = [table(key) for key in sorted(known["ingressi"])]
        found[OF_LISTS + name] = _digest([known, sha256(folder / "elenchi" / f"{name}.parquet"), tables])
    names = [index["analisi"], sorted(index["elenchi"]), sorted(store.tables)]
    return {**found, CONTENTS: _digest([index["formato"], index["data"], *names])}


def _by_indicator(rows: pd.DataFrame) -> dict[str, str]:
    from pandas.util import hash_pandas_object

    hashes = hash_pandas_object(rows, index=False).to_numpy()
    places = rows.groupby("indicatore", sort=False, observed=True).indices
    return {str(name): hashlib.sha256(hashes[place].tobytes()).hexdigest() for name, place in places.items()}


def _digest(what: Any) -> str:
    return hashlib.sha256(json.dumps(what, ensure_ascii=False, sort_keys=True, default=str).encode()).hexdigest()
