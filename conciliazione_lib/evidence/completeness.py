"""What the figures of an analysis must be before they are stored: whole, unique, and coherent with one another."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from conciliazione_lib.errors import CalcoloError, Problem
from conciliazione_lib.evidence.figure import WITH_VALUE
from conciliazione_lib.evidence.registry import Registry
from conciliazione_lib.evidence.statements import Parent
from conciliazione_lib.evidence.writing import Absences, check_unique, listed, typed

#: Gives the codes of a level, at the edition's date.
Codes = Callable[[str], Collection[str]]

#: Wholes that the parts of a level make, when the indicator adds up.
WHOLES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "comune": ("ambito", "distretto", "provincia", "ats"),
        "provincia": ("regione",),
        "ats": ("regione",),
    }
)
#: Relative distance within which a sum is its parts': that of numbers written with twelve digits.
_CLOSE: Final = 1e-9


def complete(figures: pd.DataFrame, registry: Registry, codes: Codes, absences: Mapping[str, Absences]) -> pd.DataFrame:
    """Add the rows of territories that an analysis has declared absent.

    Parameters
    ----------
    figures : DataFrame
        Rows of the store, reference periods chosen.
    registry : Registry
        Says at which levels each indicator must exist.
    codes : callable
        The territories of a level.
    absences : mapping
        By indicator, state and reason of what is absent, by level or (level, code).

    Returns
    -------
    DataFrame
        The rows, and one for each absence, at the reference period of the level (where a level has none, at the latest
        of the others).
    """
    added = []
    for name, rows in figures.groupby("indicatore", sort=False):
        said = absences.get(str(name), {})
        reference = rows[rows["riferimento"] & (rows["per"] == "")]
        for level in registry[str(name)].livelli if len(reference) and said else ():
            here = reference[reference["livello"] == level]
            period = max(here["periodo"] if len(here) else reference["periodo"])
            for code in sorted(set(codes(level)) - set(here["territorio"])):
                state, reason = said.get((level, code)) or said.get(level) or ("", "")
                if state:
                    added.append((str(name), level, code, period, "", state, reason))
    if not added:
        return figures
    columns = ("indicatore", "livello", "territorio", "periodo", "per", "stato", "motivo")
    rows = pd.DataFrame(added, columns=list(columns)).reindex(columns=figures.columns)
    rows = rows.assign(grado="", metodo="", termini="", ingressi="[]", imputata=0.0, riferimento=True)
    return typed(pd.concat([figures, rows], ignore_index=True))


def choose_reference(figures: pd.DataFrame, codes: Codes, given: Mapping[str, str | Mapping[str, str]]) -> pd.DataFrame:
    """Mark the reference period of each indicator and level.

    It is the latest period at which every territory that its source covers has a value. Territories that the source
    never covers do not hold the others back.

    Parameters
    ----------
    figures : DataFrame
        Rows of the store.
    codes : callable
        The territories of a level.
    given : mapping
        Reference period of the indicators whose analysis says it (for every level, or by level), where it occurs.

    Returns
    -------
    DataFrame
        The same rows, with ``riferimento`` set.
    """
    chosen: dict[tuple[str, str], str] = {}
    for (name, level), rows in figures.groupby(["indicatore", "livello"], sort=False):
        whole = rows[rows["per"] == ""]
        rows = whole if len(whole) else rows
        periods = set(rows["periodo"])
        said = given.get(str(name), "")
        period = said if isinstance(said, str) else said.get(str(level), "")
        if period in periods:
            chosen[str(name), str(level)] = period
            continue
        known = rows[rows["stato"].isin(WITH_VALUE) & rows["territorio"].isin(set(codes(str(level))))]
        covered = known["territorio"].nunique()
        counts = known.groupby("periodo")["territorio"].nunique()
        full = counts[counts == covered]
        candidates = full.index if len(full) else counts[counts == counts.max()].index if len(counts) else periods
        chosen[str(name), str(level)] = max(candidates)
    keys = zip(*(listed(figures[name]) for name in ("indicatore", "livello")), strict=True)
    reference = np.array([chosen[key] for key in keys], dtype=object)
    return figures.assign(riferimento=figures["periodo"].to_numpy(dtype=object) == reference)


def check(figures: pd.DataFrame, registry: Registry, codes: Codes, parent: Parent) -> None:
    """Refuse figures that are not whole, unique and coherent.

    Raises
    ------
    CalcoloError
        With every problem found: indicator, level, territories.
    """
    check_unique(figures)
    problems = [
        *_states(figures),
        *_bounds(figures),
        *_levels(figures, registry, codes),
        *_sums(figures, registry, codes, parent),
    ]
    if problems:
        raise CalcoloError(
            f"Le cifre non sono complete o coerenti: {len(problems)} problemi.",
            "correggere l'analisi, o dichiarare con «assenti» ciò che nessuna fonte ha.",
            problems,
        )


def _states(figures: pd.DataFrame) -> list[Problem]:
    has, present = figures["valore"].notna(), figures["stato"].isin(WITH_VALUE)
    silent = ~present & (figures["motivo"] == "")
    return [
        *_problems(figures[present & ~has], "un valore dove lo stato dice che c'è"),
        *_problems(figures[~present & has], "nessun valore dove lo stato dice che manca"),
        *_problems(figures[silent], "il motivo di ogni assenza"),
    ]


def _bounds(figures: pd.DataFrame) -> list[Problem]:
    slack = _CLOSE * figures["valore"].abs().clip(lower=1.0)
    outside = (figures["inferiore"] > figures["valore"] + slack) | (figures["superiore"] < figures["valore"] - slack)
    alone = figures["inferiore"].isna() != figures["superiore"].isna()
    share = ~figures["imputata"].between(0, 1)
    return [
        *_problems(figures[outside], "un intervallo che contiene il valore"),
        *_problems(figures[alone], "due estremi, o nessuno"),
        *_problems(figures[share], "una quota imputata fra 0 e 1"),
    ]


def _levels(figures: pd.DataFrame, registry: Registry, codes: Codes) -> list[Problem]:
    problems = []
    reference = figures[figures["riferimento"] & (figures["per"] == "")]
    known = reference.groupby(["indicatore", "livello"])["territorio"].agg(set).to_dict()
    for name in figures["indicatore"].unique():
        for level in registry[name].livelli:
            missing = sorted(set(codes(level)) - known.get((name, level), set()))
            if missing:
                found = f"«{name}», livello {level}: nessuna riga per {_some(missing)}"
                problems.append(Problem("una riga per ogni territorio dei livelli dichiarati", found))
    return problems


def _sums(figures: pd.DataFrame, registry: Registry, codes: Codes, parent: Parent) -> list[Problem]:
    """Compare the wholes with the sums of their parts, where every part has a value."""
    problems = []
    adding = [name for name in figures["indicatore"].unique() if registry[name].somma]
    rows = figures[figures["indicatore"].isin(adding)]
    for part, wholes in WHOLES.items():
        below = rows[rows["livello"] == part]
        for whole in wholes:
            above = rows[(rows["livello"] == whole) & (rows["stato"] == "presente")]
            if below.empty or above.empty:
                continue
            parents = {code: parent(part, code, whole) for code in below["territorio"].unique()}
            expected = pd.Series([p for code in codes(part) if (p := parents.get(code))]).value_counts()
            held = below.assign(territorio=below["territorio"].map(parents))
            held = held[held["territorio"].notna() & (held["stato"] == "presente")]
            sums = held.groupby(["indicatore", "territorio", "periodo", "per"])["valore"].agg(["sum", "size"])
            both = above.join(sums, on=["indicatore", "territorio", "periodo", "per"])
            both = both[both["riferimento"] & (both["size"] == both["territorio"].map(expected))]
            slack = _CLOSE * both["valore"].abs().clip(lower=1.0)
            problems += _problems(
                both[(both["sum"] - both["valore"]).abs() > slack], f"un totale uguale alla somma di ogni {part}"
            )
    return problems


def _problems(rows: pd.DataFrame, expected: str) -> list[Problem]:
    """One problem for each indicator and level, with the territories concerned."""
    return [
        Problem(expected, f"«{name}», livello {level}: {_some(list(dict.fromkeys(group['territorio'])))}")
        for (name, level), group in rows.groupby(["indicatore", "livello"], sort=False)
    ]


def _some(names: Sequence[str], most: int = 8) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} e altri {len(names) - most}" if len(names) > most else shown
