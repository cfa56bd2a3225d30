"""What the checks read, once in a run: many checks look at the same few tables."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import pandas as pd

from conciliazione_lib import catalog, storage, territory

#: What was read, with the tables it was made from.
_known: dict[Hashable, tuple[pd.DataFrame, set[str]]] = {}


def read(name: str, data: str | None = None) -> pd.DataFrame:
    """Return a table of the catalog, as :func:`conciliazione_lib.catalog.read`; it is shared, not to be changed."""
    return _once(("table", name, data), lambda: catalog.read(name, data=data))


def population(livello: str, data: str, tabella: str = "popolazione", geography: str | None = None) -> pd.DataFrame:
    """Return a table of comuni summed to a level, at the geography of its date or of another; not to be changed."""
    key = ("population", livello, data, tabella, geography)
    return _once(key, lambda: territory.load(data=geography or data).aggregate(read(tabella, data), to=livello))


def residents(livello: str, data: str, tabella: str = "popolazione") -> pd.Series:
    """Return the residents of the territories of a level at a date."""
    return population(livello, data, tabella).groupby("territorio")["residenti"].sum()


def forget() -> None:
    """Read again from now on: a new run looks at the tables as they are."""
    _known.clear()


def _once(key: Hashable, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """Return what is made the first time; whoever asks for it has asked for the tables it is made from."""
    if key not in _known:
        with storage.asking() as names:
            _known[key] = make(), names
    frame, names = _known[key]
    storage.ask(names)
    return frame
