"""Building the territory of a date from the tables."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable

import pandas as pd

from conciliazione_lib import storage
from conciliazione_lib.errors import UsoError
from conciliazione_lib.region import REGION
from conciliazione_lib.territory.mergers import Mergers
from conciliazione_lib.territory.model import DEDUCED, Territory

#: First day from which every change of the comuni is known.
FIRST_DATE = "2011-02-11"

#: Lists that only hint at the ambito of a comune: those of a district or of an area.
HINTS = ("distretto", "area")

#: What a territory is built from.
TABLES = (
    *("altitudine_comuni", "ambiti", "asl", "ats", "comuni", "comuni_ambiti", "comuni_asl", "comuni_ats"),
    *("distretti", "fusioni_comuni"),
)


def load(data: str | dt.date = "2022-01-01") -> Territory:
    """Return the territory of Lombardia at a date.

    Parameters
    ----------
    data : str or date
        ISO date, from 11 February 2011: earlier changes of the comuni are not in the tables.

    Returns
    -------
    Territory
        The comuni in force at the date. The ATS (born in 2016) and the ambiti are given for any date, at its comuni:
        earlier dates are a projection on the past of what came later, as series at constant geography need.
        It is shared by all who ask for the same date: its frames are not to be modified in place.

    Raises
    ------
    UsoError
        When the date is not one, or is too early.
    """
    day = _iso_day(data)
    versions = [storage.find(table) for table in TABLES]
    key = ("territory", day)
    return storage.remembered(key, versions, lambda: _build(day))


def load_with(codes: Iterable[str], since: int) -> Territory:
    """Return the territory of Lombardia on the first 1 January when all the comuni named are in force.

    A table of a year is often published some years later, with the comuni of then.

    Parameters
    ----------
    codes : iterable of str
        ISTAT codes of comuni.
    since : int
        The first year to look at.

    Returns
    -------
    Territory
        As :func:`load`.

    Raises
    ------
    UsoError
        When on no such day, of the ten from ``since``, they are all in force.

    Examples
    --------
    >>> load_with(["012144"], since=2020).data  # Bardello con Malgesso e Bregano, born in 2023
    '2023-01-01'
    """
    named = set(codes)
    territories = (load(f"{year}-01-01") for year in range(since, since + 10))
    found = next((one for one in territories if named <= set(one.comuni.index)), None)
    if found is None:
        raise UsoError(
            f"Dal {since} non c'è un anno in cui siano tutti in vigore i comuni della tabella ({len(named)})."
        )
    return found


def _build(day: str) -> Territory:
    mergers = Mergers(_read("fusioni_comuni").sort_values("data", kind="stable", ignore_index=True))
    comuni = (
        _in_force(_read("comuni"), day).set_index("cod_comune").sort_index()[["nome", "provincia", "superficie_kmq"]]
    )
    ats = _read("ats").set_index("ats")
    ambiti = _in_force(_read("ambiti"), day).set_index("ambito").sort_index()
    comuni["superficie_kmq"] = comuni["superficie_kmq"].astype("float64")
    comuni["ats"] = _ats_of_comuni(comuni, ats, mergers, day)
    comuni["asl"] = _asl_of_comuni(comuni, mergers)
    rows = _in_force(_read("comuni_ambiti"), day).set_index("cod_comune")
    hint = rows["tipo_elenco"].isin(HINTS)
    membership = rows[~hint]
    for new, origin in (
        ("ambito", "ambito"),
        ("ambito_grado", "grado"),
        ("ambito_periodo", "periodo"),
        ("ambito_elenco", "tipo_elenco"),
    ):
        comuni[new] = _carried(membership[origin], comuni.index, mergers)
    comuni["ambito_indizio"] = _carried(rows.loc[hint, "ambito"], comuni.index, mergers).mask(comuni["ambito"].notna())
    ambiti = _with_what_is_known(ambiti, comuni, membership["ambito"], mergers)
    comuni["ambito_stato"] = comuni["ambito"].map(ambiti["stato"])
    comuni["distretto"] = comuni["ambito"].map(ambiti["distretto"])
    altitude = _read("altitudine_comuni").set_index("cod_comune")["altitudine_m"]
    comuni["altitudine_m"] = altitude.reindex(comuni.index).astype("float64")
    return Territory(
        data=day,
        comuni=comuni,
        ats=ats.sort_values("codice"),
        asl=_read("asl").set_index("asl").sort_index(),
        ambiti=ambiti,
        distretti=_read("distretti").set_index("distretto").sort_index(),
        fusioni=mergers,
        _confini=_boundaries,
        _precedenti=_former_codes,
    )


def _iso_day(data: str | dt.date) -> str:
    try:
        day = data.isoformat() if isinstance(data, dt.date) else dt.date.fromisoformat(data).isoformat()
    except (TypeError, ValueError) as cause:
        raise UsoError(
            f"«{data}» non è una data.", "Scriverla nella forma AAAA-MM-GG, per esempio 2022-01-01."
        ) from cause
    if day < FIRST_DATE:
        raise UsoError(
            f"Il territorio al {day} non si può ricostruire: le variazioni dei comuni non sono note.",
            f"Usare una data dal {FIRST_DATE} in poi.",
        )
    return day


def _boundaries() -> pd.DataFrame:
    return _read("confini")


def _former_codes() -> dict[str, str]:
    version = storage.find("codici_precedenti")

    def read() -> dict[str, str]:
        rows = storage.read(version)
        return dict(zip(rows["cod_prima"], rows["cod_dopo"], strict=True))

    return storage.remembered("codici_precedenti", [version], read)


def _read(tabella: str) -> pd.DataFrame:
    """Return the rows of a table, read once: the territories of many dates are built from the same ones."""
    version = storage.find(tabella)
    return storage.remembered(("rows", tabella), [version], lambda: storage.read(version))


def _in_force(rows: pd.DataFrame, day: str) -> pd.DataFrame:
    return rows[(_day(rows, "valido_dal", "") <= day) & (_day(rows, "valido_al", "9999-12-31") >= day)]


def _day(rows: pd.DataFrame, column: str, without: str) -> pd.Series:
    """Return a column of dates; a table imported before the column was there has none."""
    return rows[column].fillna(without) if column in rows else pd.Series(without, index=rows.index, dtype="str")


def _with_what_is_known(
    ambiti: pd.DataFrame, comuni: pd.DataFrame, membership: pd.Series, mergers: Mergers
) -> pd.DataFrame:
    """Say how many comuni of each ambito are known, how many of them were deduced, and whether they are all.

    They are all when the list read in its source was whole, when they are as many as the source declares (at its own
    day: mergers make them fewer), or when every comune of the ATS has an ambito: none is left that could be missing.
    """
    found = comuni.groupby("ambito").size().reindex(ambiti.index, fill_value=0)
    deduced = comuni[comuni["ambito_grado"] == DEDUCED].groupby("ambito").size().reindex(ambiti.index, fill_value=0)
    whole_ats = ambiti["ats"].map(comuni["ambito"].notna().groupby(comuni["ats"]).all())
    then = _found_when_declared(ambiti, found, membership, mergers)
    declared = then >= ambiti["comuni_dichiarati"].astype("float64")
    everyone = (found > 0) & ((ambiti["elenco"] == "intero") | whole_ats | declared)
    status = (
        pd.Series("parziale", index=ambiti.index, dtype="str").mask(found == 0, "solo nome").mask(everyone, "completo")
    )
    kinds = comuni.groupby(["ambito", "ambito_elenco"]).size().rename("comuni").reset_index()
    kinds = kinds.sort_values(["ambito", "comuni", "ambito_elenco"], ascending=[True, False, True])
    kind = kinds.drop_duplicates("ambito").set_index("ambito")["ambito_elenco"]
    return ambiti.assign(
        comuni_trovati=found,
        comuni_allora=then,
        comuni_dedotti=deduced,
        stato=status,
        tipo_elenco=kind.reindex(ambiti.index),
    )


def _found_when_declared(ambiti: pd.DataFrame, found: pd.Series, membership: pd.Series, mergers: Mergers) -> pd.Series:
    """Return the comuni known of each ambito, counted at the day of what its source declares: today if it is not known.

    So an ambito is whole or not at any date alike: mergers of its comuni do not change what is known of it.
    """
    counted = found.copy()
    known = _by_code(membership)
    for day, rows in ambiti.groupby(ambiti["dichiarati_al"].fillna("9999-12-31")):
        then = _in_force(_read("comuni"), str(day))["cod_comune"]
        by_ambito = Counter(mergers.carry(known, then.to_numpy(dtype=object)).values())
        counted[rows.index] = [by_ambito[ambito] for ambito in rows.index]
    return counted


def _ats_of_comuni(comuni: pd.DataFrame, ats: pd.DataFrame, mergers: Mergers, day: str) -> pd.Series:
    of_provincia = {
        abbreviation: code for code, abbreviations in ats["province"].items() for abbreviation in abbreviations.split()
    }
    # The ATS were born in 2016: before, the first arrangement is the one that has a meaning.
    exceptions = _in_force(_read("comuni_ats"), max(day, "2016-01-01")).set_index("cod_comune")["ats"]
    return _carried(exceptions, comuni.index, mergers).fillna(comuni["provincia"].map(of_provincia))


def _asl_of_comuni(comuni: pd.DataFrame, mergers: Mergers) -> pd.Series:
    asl = _read("asl")
    unique = asl[
        ~asl["provincia"].duplicated(keep=False) | asl["asl"].isin([one.asl for one in REGION.province.values()])
    ]
    of_provincia = dict(zip(unique["provincia"], unique["asl"], strict=True))
    exceptions = _read("comuni_asl").set_index("cod_comune")["asl"]
    return _carried(exceptions, comuni.index, mergers).fillna(comuni["provincia"].map(of_provincia))


def _carried(values: pd.Series, codes: pd.Index, mergers: Mergers) -> pd.Series:
    plain = codes.to_numpy(dtype=object)
    full = mergers.carry(_by_code(values), plain)
    return pd.Series([full.get(code) for code in plain], index=codes, dtype="str")


def _by_code(values: pd.Series) -> dict[str, str]:
    return dict(zip(values.index.to_numpy(dtype=object), values.to_numpy(dtype=object), strict=True))
