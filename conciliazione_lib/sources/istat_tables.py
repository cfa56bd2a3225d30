"""From ISTAT's observations to the rows of our tables: ages, sexes, territories; every incongruity is a problem."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd

from conciliazione_lib.errors import DatiError, Problem
from conciliazione_lib.region import REGION
from conciliazione_lib.sources.demo_lines import PROVINCE
from conciliazione_lib.sources.istat import STATE, VALUE, YEAR, Observations
from conciliazione_lib.sources.origins import Origin
from conciliazione_lib.sources.population_file import OLDEST_AGE
from conciliazione_lib.storage import STATES
from conciliazione_lib.territory import Territory

#: The two ways in which ISTAT's flows write the sex.
SEXES = MappingProxyType({"1": "M", "2": "F", "9": "T", "M": "M", "F": "F", "T": "T"})
EMPLOYED, ALL_OF_THEM = "1", "99"
#: The survey has new rules since 2021; the three years before were computed again with them.
NEW_RULES = 2021
SHOWN = 20
NO_DATA = "nessun dato"
#: How the codes of the ambiti of Lombardia begin.
AMBITI_LOMBARDIA = "T03"


def population(found: Observations, origin: Origin, territorio: Territory | None) -> pd.DataFrame:
    """Return the population by single age and sex, of one year.

    Parameters
    ----------
    found : Observations
        Of one year.
    origin : Origin
        Says which dimensions hold age and sex.
    territorio : Territory, optional
        The comuni in force at the date; without it, the flow is about one area and has no comuni.

    Returns
    -------
    DataFrame
        ``cod_comune`` (if there are comuni), ``eta, sesso, residenti, stato``.

    Raises
    ------
    DatiError
        When a comune is missing or unknown, a value is not a count, an age is missing, the ages do not make the total.
    """
    frame = _columns(found, origin)
    keys = ["sesso"]
    problems: list[Problem] = []
    if territorio is not None:
        frame, problems = in_force(frame, territorio, ["sesso", "eta"])
        keys = ["cod_comune", "sesso"]
    ages = frame["eta"].map(_age)
    totals = frame[frame["eta"] == "TOTAL"].set_index(keys)["valore"]
    single = frame.assign(eta=ages)[ages.notna()].astype({"eta": "int64"})
    _refuse_repeated(single, [*keys, "eta"], origin)
    bad = single[single["valore"].isna() | (single["valore"] < 0) | (single["valore"] % 1 != 0)]
    problems += [
        Problem("un numero di persone", f"«{value:g}» ({_words(key)})", colonna=VALUE)
        for *key, value in bad[[*keys, "eta", "valore"]].itertuples(index=False)
    ]
    wide = single.pivot(index=keys, columns="eta", values="valore")
    wide = wide.reindex(columns=pd.RangeIndex(OLDEST_AGE + 1, name="eta"), index=_everyone(single, keys))
    sums = wide.sum(axis=1)
    both = pd.DataFrame({"totale": totals, "somma": sums}).dropna()
    problems += [
        Problem(f"per {_words(key)}, il totale ({row['totale']:.0f})", f"somma delle età {row['somma']:.0f}")
        for key, row in both[both["totale"] != both["somma"]].iterrows()
    ]
    # A flow leaves out what is zero; without a total, nobody can tell it from what is missing.
    for key, row in wide[wide.isna().any(axis=1)].iterrows():
        if key not in totals.index:
            problems.append(Problem(f"per {_words(key)}, tutte le età", f"{int(row.isna().sum())} età senza valore"))
    _refuse(problems, origin)
    rows = wide.fillna(0).reset_index().melt(id_vars=keys, value_name="residenti")
    statuses = frame.groupby(keys)["stato"].max().rename("stato")  # of what is zero because it is not there, too
    rows = rows.join(single.set_index([*keys, "eta"])["stato"].rename("suo"), on=[*keys, "eta"]).join(statuses, on=keys)
    rows = rows.assign(stato=rows["suo"].fillna(rows["stato"]).map(dict(enumerate(STATES))))
    columns = [*(["cod_comune"] if territorio is not None else []), "eta", "sesso", "residenti", "stato"]
    return rows.astype({"eta": "int64", "residenti": "int64"})[columns].sort_values(columns[:-2], ignore_index=True)


def rates(found: Observations, origin: Origin, areas: Mapping[str, tuple[str, str]]) -> pd.DataFrame:
    """Return the rates of the labour force survey, in the columns of the table ``occupazione``.

    Parameters
    ----------
    found : Observations
        Annual, of one measure.
    origin : Origin
        Says which measure, and which dimensions hold age and sex.
    areas : mapping
        From the code of an area to level and code of the territory; the other areas are left out.

    Returns
    -------
    DataFrame
        The columns of ``occupazione``; a value that the source does not give is a row that is not there.

    Raises
    ------
    DatiError
        When no row is left.
    """
    frame = _columns(found, origin)
    frame = frame.assign(classe=frame["eta"].map(_age_class))
    kept = frame[frame["ref_area"].isin(areas) & frame["classe"].notna() & frame["valore"].notna()]
    if kept.empty:
        _refuse([Problem(f"tassi {REGION.di} e delle sue province", "nessuno")], origin)
    placed = kept["ref_area"].map(dict(areas))
    old = kept["anno"] < NEW_RULES
    return pd.DataFrame(
        {
            "misura": origin.misura,
            "livello": placed.str[0],
            "territorio": placed.str[1],
            "anno": kept["anno"],
            "periodo": "anno",
            "sesso": kept["sesso"],
            "eta": kept["classe"],
            "valore": kept["valore"],
            "serie": old.map({True: "rfl_ricostruita", False: "rfl_2021"}),
            "grado": "pubblicazione",
            "fonte": origin.fonte,
            "url": found.url,
            "note": None,
            "stato": kept["stato"].map(dict(enumerate(STATES))),
        }
    ).reset_index(drop=True)


def census_employment(found: Observations, origin: Origin, territorio: Territory) -> pd.DataFrame:
    """Return employed and resident people by comune, sex and age, in the columns of ``occupati_comuni``.

    Parameters
    ----------
    found : Observations
        Of one year, for those employed and for all.
    origin : Origin
        Says which dimensions hold age, sex and condition.
    territorio : Territory
        The comuni in force at the end of the year.

    Raises
    ------
    DatiError
        When a comune is missing or unknown, or a value is not a count.
    """
    frame = _columns(found, origin)
    frame, problems = in_force(frame, territorio, ["sesso", "eta", "condizione"])
    frame = frame.assign(eta=frame["eta"].map(_age_class)).dropna(subset=["eta"])
    keys = ["cod_comune", "sesso", "eta"]
    _refuse_repeated(frame, [*keys, "condizione"], origin)
    wide = frame.pivot(index=keys, columns="condizione", values="valore").reindex(columns=[EMPLOYED, ALL_OF_THEM])
    bad = wide[wide.isna().any(axis=1) | (wide < 0).any(axis=1) | (wide % 1 != 0).any(axis=1)]
    problems += [
        Problem("occupati e residenti, numeri interi", f"{row[EMPLOYED]} e {row[ALL_OF_THEM]} ({_words(key)})")
        for key, row in bad.iterrows()
    ]
    _refuse(problems, origin)
    rows = wide.rename(columns={EMPLOYED: "occupati", ALL_OF_THEM: "popolazione"}).astype("int64").reset_index()
    rows.columns.name = None
    rows = rows.join(_statuses(frame, keys), on=keys)
    return rows.assign(
        anno=int(frame["anno"].iloc[0]), grado="pubblicazione", fonte=origin.fonte, url=found.url, note=None
    )


def measures(
    found: Observations, origin: Origin, territorio: Territory, ambiti: Mapping[str, str]
) -> tuple[pd.DataFrame, int]:
    """Return one column for each code of a dimension, by comune or by ambito, in the columns of the origin's table.

    Parameters
    ----------
    found : Observations
        Of one year.
    origin : Origin
        Says which dimension holds the measures, what its codes are, and whose observations they are.
    territorio : Territory
        The comuni in force at the end of the year.
    ambiti : mapping
        From ISTAT's code of an ambito to ours; the other codes are left out.

    Returns
    -------
    frame : DataFrame
        The rows; a value that the source does not give is missing.
    left_out : int
        Areas with data that are not in the rows: other regions' are not counted.

    Raises
    ------
    DatiError
        When no row is left, a comune is unknown, or one is missing and the origin is complete.
    """
    frame = _named(found, origin)
    for name, values in origin.valori.items():
        frame = frame[frame[name].isin(values)].assign(**{name: frame[name].map(dict(values))})
    frame = frame[frame["valore"].notna()]
    others = [name for name in origin.colonne if name != "misure"]
    problems: list[Problem] = []
    left_out = 0
    if origin.livello == "ambito":
        ours = frame["ref_area"].isin(ambiti)
        left_out = frame.loc[frame["ref_area"].str.startswith(AMBITI_LOMBARDIA) & ~ours, "ref_area"].nunique()
        frame = frame[ours].assign(ambito=frame["ref_area"].map(dict(ambiti)))
    else:
        # What is per head cannot be added up into the comune that took the place of others.
        summable = ~frame["misure"].isin(origin.rapporti) | frame["ref_area"].isin(territorio.comuni.index)
        frame, problems = in_force(frame[summable], territorio, ["misure", *others])
        if not origin.completa:
            problems = [problem for problem in problems if problem.trovato != NO_DATA]
    key = "ambito" if origin.livello == "ambito" else "cod_comune"
    if frame.empty:
        problems.append(Problem(f"valori {REGION.di}", NO_DATA))
    _refuse(problems, origin)
    _refuse_repeated(frame, [key, "anno", *others, "misure"], origin)
    wide = frame.pivot(index=[key, "anno", *others], columns="misure", values="valore")
    wide = wide.reindex(columns=list(origin.misure)).rename(columns=dict(origin.misure)).reset_index()
    wide.columns.name = None
    wide = wide.join(_statuses(frame, [key, "anno", *others]), on=[key, "anno", *others])
    return wide.assign(grado="pubblicazione", fonte=origin.fonte, url=found.url, note=None), int(left_out)


def in_force(frame: pd.DataFrame, territorio: Territory, keys: list[str]) -> tuple[pd.DataFrame, list[Problem]]:
    """Return the rows of the comuni of Lombardia in force, and what does not fit.

    The lists of codes hold comuni that ceased: without people they are left out; with people, and if the comune that
    took their place is not there, they are added up into it (ISTAT does so in years of mergers).

    Parameters
    ----------
    frame : DataFrame
        Columns ``ref_area, valore, stato`` (place in :data:`storage.STATES`) and ``keys``.
    territorio : Territory
        The comuni in force.
    keys : list of str
        What tells the rows of a comune from each other.

    Returns
    -------
    frame : DataFrame
        Same columns, with ``cod_comune`` for ``ref_area``.
    problems : list of Problem
        Comuni missing, unknown, or counted both before and after a merger.
    """
    ours = frame[frame["ref_area"].str.fullmatch(r"\d{6}") & frame["ref_area"].str.startswith(PROVINCE)]
    expected = set(territorio.comuni.index)
    successors = territorio.fusioni.successors(territorio.data)
    people = ours.groupby("ref_area")["valore"].sum()
    present = set(people.index)
    problems, ceased = [], {}
    for code in sorted(present - expected):
        heir = successors.get(code)
        if people[code] <= 0:
            continue
        if heir in expected and heir not in present:
            ceased[code] = heir
        elif heir in expected:
            problems.append(Problem(f"{heir} al posto di {code}, cessato", "dati di tutti e due"))
        else:
            problems.append(Problem("solo comuni in vigore alla data", f"il comune {code}"))
    kept = ours[ours["ref_area"].isin(expected | set(ceased))]
    kept = kept.assign(cod_comune=kept["ref_area"].replace(ceased)).drop(columns="ref_area")
    if ceased:
        merging = kept["cod_comune"].isin(set(ceased.values()))
        others = [c for c in kept.columns if c not in ("cod_comune", "valore", "stato", *keys)]
        merged = (
            kept[merging]
            .groupby(["cod_comune", *keys], as_index=False)
            .agg({"valore": _sum_if_whole, "stato": "max", **dict.fromkeys(others, "first")})
        )
        kept = pd.concat([kept[~merging], merged], ignore_index=True)
    problems += [
        Problem(f"il comune {code} ({territorio.name('comune', code)})", NO_DATA)
        for code in sorted(expected - set(kept["cod_comune"]))
    ]
    return kept, problems


def _named(found: Observations, origin: Origin) -> pd.DataFrame:
    """Return the observations with the names of our columns; ``stato`` is the place in :data:`storage.STATES`."""
    frame = found.frame.rename(columns={dimension: name for name, dimension in origin.colonne.items()})
    frame = frame.rename(columns={"REF_AREA": "ref_area", YEAR: "anno", VALUE: "valore", STATE: "stato"})
    return frame.assign(stato=frame["stato"].map(STATES.index).astype("int64"))


def _statuses(frame: pd.DataFrame, keys: list[str]) -> pd.Series:
    """Return the status of each row: that of the least final of the observations that it is made from."""
    return frame.groupby(keys)["stato"].max().map(dict(enumerate(STATES))).rename("stato")


def _columns(found: Observations, origin: Origin) -> pd.DataFrame:
    frame = _named(found, origin)
    unknown = sorted(set(frame["sesso"]) - set(SEXES))
    if unknown:
        _refuse([Problem("un sesso fra 1, 2, 9, M, F, T", f"«{code}»") for code in unknown], origin)
    return frame.assign(sesso=frame["sesso"].map(SEXES))[["ref_area", "anno", "valore", "stato", *origin.colonne]]


def _everyone(frame: pd.DataFrame, keys: list[str]) -> pd.Index:
    """Return an index with both sexes of each comune, so that a whole sex cannot be missing unseen."""
    if keys == ["sesso"]:
        return pd.Index(["F", "M"], name="sesso")
    return pd.MultiIndex.from_product([sorted(set(frame["cod_comune"])), ["F", "M"]], names=keys)


def _sum_if_whole(values: pd.Series) -> float:
    return float(values.sum(min_count=len(values)))


def _age(code: str) -> int | None:
    if code == f"Y_GE{OLDEST_AGE}":
        return OLDEST_AGE
    found = re.fullmatch(r"Y(\d{1,2})", code)
    return int(found[1]) if found else None


def _age_class(code: str) -> str | None:
    """Return a class of ages as our tables write it; None for totals and for what is not a class."""
    between = re.fullmatch(r"Y(\d{1,2})-(\d{2})", code)
    if between:
        return f"{between[1]}-{between[2]}"
    above = re.fullmatch(r"Y_GE(\d{2})", code)
    return f"{above[1]}+" if above else None


def _words(key: object) -> str:
    return ", ".join(str(part) for part in key) if isinstance(key, (tuple, list)) else str(key)


def _refuse_repeated(frame: pd.DataFrame, keys: list[str], origin: Origin) -> None:
    """Refuse what is said twice: of two codes that mean the same (Y1 and Y01, 1 and M) none is chosen."""
    twice = frame[frame.duplicated(keys)]
    _refuse(
        [Problem("un valore solo", f"due per {_words(key)}") for key in twice[keys].itertuples(index=False)], origin
    )


def _refuse(problems: list[Problem], origin: Origin) -> None:
    if not problems:
        return
    count = "un problema" if len(problems) == 1 else f"{len(problems)} problemi"
    shown = problems[:SHOWN]
    if len(problems) > SHOWN:
        shown = [*shown, Problem("nessun problema", f"altri {len(problems) - SHOWN} dello stesso genere")]
    raise DatiError(
        f"I dati scaricati ({origin.fonte}) non si possono usare come «{origin.tabella}»: {count}.",
        "La tabella di prima resta al suo posto. Riprovare fra qualche giorno; se continua, segnalarlo.",
        shown,
    )
