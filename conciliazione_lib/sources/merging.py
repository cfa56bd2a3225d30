"""What a new version of a table takes the place of: the rows of its own territory, and no others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from conciliazione_lib import catalog, storage
from conciliazione_lib.catalog.spec import TableSpec
from conciliazione_lib.errors import DatiError, UsoError
from conciliazione_lib.sources.cells import is_comune
from conciliazione_lib.sources.columns import measures
from conciliazione_lib.sources.totals import Shift, shifts
from conciliazione_lib.territory import Territory, load

if TYPE_CHECKING:
    from conciliazione_lib.sources.importing import Understood

MOVEMENTS = 5
#: Share of the rows of its own territory that an import may lose without a yes.
LOSS = 0.03
#: The key of a table that lists things one by one.
NAMED = "denominazione"
#: How many sources a version cites one by one.
SOURCES = 4
#: Where the registers of the Region are: the address of their rows begins so.
REGISTERS_PAGE = "https://www.dati.lombardia.it/d/"


@dataclass(frozen=True)
class Changes:
    """What a new version changes with respect to the one in force.

    Attributes
    ----------
    righe_prima, righe_dopo : int
        Rows of the two versions.
    aggiunte, tolte, cambiate : int
        Rows whose key is new, is gone, or whose values differ.
    totali : DataFrame
        Index: numeric columns that are not keys; columns ``prima, dopo``: their sums.
    movimenti : DataFrame
        The largest changes: key columns, ``colonna, prima, dopo``.
    """

    righe_prima: int
    righe_dopo: int
    aggiunte: int
    tolte: int
    cambiate: int
    totali: pd.DataFrame
    movimenti: pd.DataFrame


@dataclass(frozen=True)
class Placed:
    """A file among the rows of the others.

    Attributes
    ----------
    understood : Understood
        The version to store: the rows of the file, and those that it does not replace.
    before : DataFrame or None
        The rows in force that the file replaces.
    own : DataFrame
        The rows of the file.
    kept : int
        Rows of other territories that stay.
    last : DataFrame or None
        The rows in force of the territory of the file, whatever their date: what its totals are compared with.
    """

    understood: Understood
    before: pd.DataFrame | None
    own: pd.DataFrame
    kept: int = 0
    last: pd.DataFrame | None = None

    @property
    def shifts(self) -> list[Shift]:
        """How much the totals of the file, and of what goes with it, differ from those in force.

        Those of a new year of a series are compared with those of the last one.
        """
        return self._own_shifts() + [
            replace(shift, tabella=other.spec.name)
            for other in self.understood.insieme
            for shift in shifts(other.frame, in_force(other.spec.name), other.spec)
        ]

    def _own_shifts(self) -> list[Shift]:
        spec, own, last = self.understood.spec, self.own, self.last
        if last is None or last.empty:
            return []
        if NAMED in spec.keys:  # names are written anew every year: the totals of each type are compared
            own, last, spec = *(_by_type(frame, spec) for frame in (own, last)), replace(spec, keys=("tipo",))
        elif "anno" in spec.keys:
            known = own["anno"].isin(last["anno"])
            again = shifts(own[known], last[last["anno"].isin(own["anno"])], spec)
            newest = own[~known & (own["anno"] == own["anno"].max())]
            return again + shifts(newest, last, spec)
        return shifts(own, last, spec)

    @property
    def lost(self) -> int:
        """Rows that the file takes away on balance, when they are more than a few in a hundred; otherwise 0."""
        before = 0 if self.before is None else len(self.before)
        loss = before - len(self.own)
        return loss if before and loss > LOSS * before else 0

    @property
    def later(self) -> int | None:
        """The last year of what an analyst imported and the file replaces, when it comes after those of the file."""
        if self.before is None or not {"anno", "url"} <= set(self.before):
            return None
        years = self.before.loc[~of_registers(self.before), "anno"]
        return int(years.max()) if len(years) and years.max() > self.own["anno"].max() else None


def in_force(table: str, data: str | None = None) -> pd.DataFrame | None:
    """Return the version of a table that answers now, or None when there is none for that date."""
    try:
        return catalog.read(table, data)
    except (UsoError, DatiError):
        return None


def in_place(new: Understood) -> Placed:
    """Put a file in the place of the rows in force of its own territory.

    The territory of a file is made of the ATS that its rows are of; of a list that says where each comune belongs, it
    is made of the comuni that it lists and of the ambiti that it fills. Of answers and measures of the Alleanze, it is
    made of the Alleanze. A table without territories is replaced whole. Of the services that come from the registers
    of the Region, the list of an ATS replaces those of the types that it lists.
    Rows of others come from the version in force, whatever its date: an older file stands aside only where the whole
    of what was imported is of its own territory, and later.

    Parameters
    ----------
    new : Understood
        The file.

    Returns
    -------
    Placed
    """
    base, current = _base(new), in_force(new.spec.name)
    # A population of a day stands by itself: of another day it is compared with the whole region.
    alone = base is None and "eta" in new.spec.keys
    last = current if current is None or alone else current[_own_territory(current, new)]
    if base is None:
        return Placed(new, None, new.frame, last=last)
    old = catalog.read(new.spec.name, base.data_riferimento)
    own = _own_rows(old, new)
    if own.all():
        # Two versions that end alike would dispute which one answers.
        alike = base.origine == "importata" and _end(base.data_riferimento) == _end(new.data)
        return Placed(replace(new, invece=(base.data_riferimento,) if alike else ()), old, new.frame, last=last)
    return Placed(_joined_to(base, old[~own], new), old[own], new.frame, int((~own).sum()), last)


def added_to(new: Understood) -> Placed:
    """Add the rows of a file to those in force: what a second Alleanza sends does not replace what the first sent.

    Parameters
    ----------
    new : Understood
        The file; its rows take the place of those with the same key.

    Returns
    -------
    Placed
        With the rows of both, checked together. Each keeps its source: those of before are cited with the new one.

    Raises
    ------
    DatiError
        If a rule of the table does not hold on the two together.
    """
    try:
        base = storage.find(new.spec.name)
        old = catalog.read(new.spec.name)
    except (UsoError, DatiError):
        return Placed(new, None, new.frame)
    keys = list(new.spec.keys)
    again = pd.MultiIndex.from_frame(old[keys].astype("str")).isin(
        pd.MultiIndex.from_frame(new.frame[keys].astype("str"))
    )
    return Placed(_joined_to(base, old[~again], new), old[again], new.frame, int((~again).sum()), old[again])


def changes(new: pd.DataFrame, old: pd.DataFrame | None, spec: TableSpec) -> Changes:
    """Compare a new version of a table with the one in force.

    Parameters
    ----------
    new, old : DataFrame
        The two versions; no old one when the table was empty.
    spec : TableSpec
        Its declaration.

    Returns
    -------
    Changes
    """
    keys = list(spec.keys)
    previous = pd.DataFrame(columns=new.columns) if old is None else old
    before, after = previous.set_index(keys), new.set_index(keys)
    common = after.index.intersection(before.index)
    numeric = [c for c in after.columns if pd.api.types.is_numeric_dtype(after[c]) and after[c].notna().any()]
    values = [c for c in after.columns if c in before.columns]
    a, b = before.loc[common, values], after.loc[common, values]
    different = ~((a == b) | (a.isna() & b.isna())).all(axis=1)
    summed = [c for c in numeric if spec.columns[c].required]
    totals = pd.DataFrame(
        {"prima": [before[c].sum() if c in before else 0 for c in summed], "dopo": [after[c].sum() for c in summed]},
        index=summed,
    )
    moves = [
        pd.DataFrame({"colonna": c, "prima": a[c], "dopo": b[c]}).assign(_d=(b[c] - a[c]).abs().astype(float))
        for c in numeric
        if c in a.columns
    ]
    largest = pd.concat(moves) if moves else pd.DataFrame(columns=["colonna", "prima", "dopo", "_d"])
    largest = largest[largest["_d"] > 0].sort_values("_d", ascending=False, kind="stable").head(MOVEMENTS)
    return Changes(
        len(previous),
        len(new),
        len(after.index.difference(before.index)),
        len(before.index.difference(after.index)),
        int(different.sum()),
        totals,
        largest.drop(columns="_d").reset_index(),
    )


def _base(new: Understood) -> storage.Provenance | None:
    """Return the version whose other rows stay: the one in force, or the one that an older file takes the place of."""
    try:
        current = storage.find(new.spec.name)
    except (UsoError, DatiError):
        return None
    # A population by age is of a day: the comuni of another day are not added to it.
    older = "eta" in new.spec.keys
    if not older and _end(current.data_riferimento) > _end(new.data):
        # Nor does what is final become as weak as later rows that are not.
        older = storage.STATES.index(current.stato) > storage.STATES.index(new.stato) or (
            current.origine == "importata"
            and bool(_own_rows(catalog.read(new.spec.name, current.data_riferimento), new).all())
        )
    if not older:
        return current
    return next((v for v in storage.versions(new.spec.name) if v.data_riferimento == new.data), None)


def _end(data: str) -> str:
    """Return the last day, or year, of a date or of a period."""
    return data.rpartition("/")[2]


def of_registers(frame: pd.DataFrame) -> pd.Series:
    """Tell which rows come from the registers of the Region, and not from somebody's own list."""
    return frame["url"].fillna("").astype("str").str.startswith(REGISTERS_PAGE)


def _own_rows(old: pd.DataFrame, new: Understood) -> pd.Series:
    """Tell which rows in force a file takes the place of: of a series, those of its years."""
    own = _own_territory(old, new)
    named = NAMED in new.spec.keys  # a list of things named one by one: the file says all those there are
    return own & old["anno"].isin(new.frame["anno"]) if "anno" in new.spec.keys and not named else own


def _own_territory(old: pd.DataFrame, new: Understood) -> pd.Series:
    """Tell which rows in force are of the territory of a file."""
    spec, frame = new.spec, new.frame
    if set(spec.keys) <= {"cod_comune", "valido_dal"} and {"cod_comune", "ambito"} <= set(spec.columns):
        return old["cod_comune"].isin(frame["cod_comune"]) | old["ambito"].isin(frame["ambito"])
    if {"ats", "alleanza"} <= set(spec.keys):
        networks = ["ats", "alleanza"]
        listed = pd.MultiIndex.from_frame(frame[networks].astype("str"))
        return pd.Series(pd.MultiIndex.from_frame(old[networks].astype("str")).isin(listed), index=old.index)
    territory = load()
    theirs, ours = _ats(old, spec, territory), _ats(frame, spec, territory)
    if theirs is None or ours is None:
        return pd.Series(True, index=old.index)
    if set(territory.codes("ats")) <= set(ours.dropna()):
        theirs, ours = pd.Series("", index=old.index), pd.Series("", index=frame.index)
    own = theirs.isin(ours.dropna().unique()) | (theirs.isna() if ours.isna().any() else False)
    if NAMED in spec.keys:
        types = set(zip(ours, frame["tipo"], strict=True))
        same_type = [pair in types for pair in zip(theirs, old["tipo"], strict=True)]
        return own & (~of_registers(old) | pd.Series(same_type, index=old.index))
    return own


def _by_type(frame: pd.DataFrame, spec: TableSpec) -> pd.DataFrame:
    """Return the sums of the counts of things named one by one, for each type, in their latest year."""
    latest = frame[frame["anno"] == frame["anno"].max()]
    counts = [name for name in measures(spec) if pd.api.types.is_integer_dtype(frame[name])]
    return latest.groupby("tipo", observed=True)[counts].sum(min_count=1).reset_index()


def _ats(frame: pd.DataFrame, spec: TableSpec, territory: Territory) -> pd.Series | None:
    """Return the ATS of each row, or None when the table is not about territories."""
    if "ats" in frame:
        return frame["ats"].astype(object)
    of_comune = territory.comuni["ats"].to_dict()
    successors = territory.fusioni.successors("9999-12-31")
    of_comune |= {old: of_comune[new] for old, new in successors.items() if new in of_comune and old not in of_comune}
    of_comune |= {new: of_comune[old] for old, new in successors.items() if old in of_comune and new not in of_comune}
    of_ambito = territory.ambiti["ats"].to_dict()
    comuni = [name for name in spec.keys if is_comune(spec.columns[name])]
    if comuni:
        return frame[comuni[0]].map(of_comune)
    if "ambito" in spec.keys:
        return frame["ambito"].map(of_ambito)
    if {"livello", "territorio"} <= set(spec.keys):
        known: dict[tuple[object, object], object] = {("ats", code): code for code in territory.codes("ats")}
        known |= {("ambito", code): ats for code, ats in of_ambito.items()}
        known |= {("comune", code): ats for code, ats in of_comune.items()}
        pairs = zip(frame["livello"], frame["territorio"], strict=True)
        return pd.Series([known.get(pair) for pair in pairs], index=frame.index, dtype=object)
    return None


def _joined_to(base: storage.Provenance, kept: pd.DataFrame, new: Understood) -> Understood:
    """Return a file with rows of the version in force: each keeps its source, and the date is that of the latest."""
    both = pd.concat([kept.astype(object), new.frame.astype(object)], ignore_index=True)
    both = both.drop_duplicates(list(new.spec.keys), keep="last", ignore_index=True)
    together = catalog.validate(both, new.spec)
    data = period(together, new.spec) or max(new.data, base.data_riferimento, key=_end)
    instead = (base.data_riferimento,) if base.origine == "importata" else ()
    return _with_sources(replace(new, frame=together, data=data, invece=instead), base, kept, new)


def period(frame: pd.DataFrame, spec: TableSpec) -> str | None:
    """Return the years that the rows of a table are about, when they say them."""
    if "anno" not in spec.keys:
        return None
    first, last = frame["anno"].min(), frame["anno"].max()
    return str(last) if first == last else f"{first}/{last}"


def _with_sources(whole: Understood, base: storage.Provenance, kept: pd.DataFrame, new: Understood) -> Understood:
    """Return a version that cites the sources of the rows that stay beside the new one, and is as weak as both."""
    if kept.empty:
        return whole
    if "fonte" in whole.frame:
        source = cited(whole.frame["fonte"])
    else:
        old, own = _of(base.fonte, kept, new.spec, base.data_riferimento), _of(new.fonte, new.frame, new.spec, new.data)
        source = storage.cite([old, own]) if base.fonte != new.fonte else base.fonte
    return replace(
        whole,
        fonte=source,
        url=storage.cite([base.url, new.url]),
        licenza=storage.cite([base.licenza, new.licenza]),
        note=storage.cite([base.note, new.note]),
        stato=storage.weakest_status([base.stato, new.stato]),
    )


def _of(source: str, frame: pd.DataFrame, spec: TableSpec, data: str) -> str:
    """Return a source with the years that its rows are about, so that it is not taken for that of others."""
    when = f"({period(frame, spec) or data})"
    return source if source.endswith(")") else f"{source} {when}"


def cited(sources: Iterable[object]) -> str:
    """Return the sources of some rows as a version cites them: a few by name, many as such."""
    different = list(dict.fromkeys(str(one) for one in sources))
    if len(different) <= SOURCES:
        return "; ".join(different)
    return f"{'; '.join(different[:SOURCES])} e altre {len(different) - SOURCES}"
