"""Building the territory of a date from the tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import pandas as pd

from conciliazione_lib import storage
from conciliazione_lib.errors import UsoError
from conciliazione_lib.region import REGION
from conciliazione_lib.territory.mergers import Mergers
from conciliazione_lib.territory.model import DEDOTTO, Territory

#: First day from which every change of the comuni is known.
PRIMA_DATA = "2011-02-11"

#: Lists that only hint at the ambito of a comune: those of a district or of an area.
INDIZI = ("distretto", "area")

#: What a territory is built from.
TABELLE = (
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
    giorno = _iso_day(data)
    versioni = [storage.find(tabella) for tabella in TABELLE]
    chiave = ("territory", giorno)
    return storage.remembered(chiave, versioni, lambda: _build(giorno))


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


def _build(giorno: str) -> Territory:
    fusioni = Mergers(_read("fusioni_comuni").sort_values("data", kind="stable", ignore_index=True))
    comuni = (
        _in_force(_read("comuni"), giorno).set_index("cod_comune").sort_index()[["nome", "provincia", "superficie_kmq"]]
    )
    ats = _read("ats").set_index("ats")
    ambiti = _in_force(_read("ambiti"), giorno).set_index("ambito").sort_index()
    comuni["superficie_kmq"] = comuni["superficie_kmq"].astype("float64")
    comuni["ats"] = _ats_of_comuni(comuni, ats, fusioni, giorno)
    comuni["asl"] = _asl_of_comuni(comuni, fusioni)
    righe = _in_force(_read("comuni_ambiti"), giorno).set_index("cod_comune")
    indizio = righe["tipo_elenco"].isin(INDIZI)
    appartenenza = righe[~indizio]
    for nuova, origine in (
        ("ambito", "ambito"),
        ("ambito_grado", "grado"),
        ("ambito_periodo", "periodo"),
        ("ambito_elenco", "tipo_elenco"),
    ):
        comuni[nuova] = _carried(appartenenza[origine], comuni.index, fusioni)
    comuni["ambito_indizio"] = _carried(righe.loc[indizio, "ambito"], comuni.index, fusioni).mask(
        comuni["ambito"].notna()
    )
    ambiti = _with_what_is_known(ambiti, comuni, appartenenza["ambito"], fusioni)
    comuni["ambito_stato"] = comuni["ambito"].map(ambiti["stato"])
    comuni["distretto"] = comuni["ambito"].map(ambiti["distretto"])
    altitudine = _read("altitudine_comuni").set_index("cod_comune")["altitudine_m"]
    comuni["altitudine_m"] = altitudine.reindex(comuni.index).astype("float64")
    return Territory(
        data=giorno,
        comuni=comuni,
        ats=ats.sort_values("codice"),
        asl=_read("asl").set_index("asl").sort_index(),
        ambiti=ambiti,
        distretti=_read("distretti").set_index("distretto").sort_index(),
        fusioni=fusioni,
        _confini=_boundaries,
        _precedenti=_former_codes,
    )


def _iso_day(data: str | dt.date) -> str:
    try:
        giorno = data.isoformat() if isinstance(data, dt.date) else dt.date.fromisoformat(data).isoformat()
    except (TypeError, ValueError) as causa:
        raise UsoError(
            f"«{data}» non è una data.", "Scriverla nella forma AAAA-MM-GG, per esempio 2022-01-01."
        ) from causa
    if giorno < PRIMA_DATA:
        raise UsoError(
            f"Il territorio al {giorno} non si può ricostruire: le variazioni dei comuni non sono note.",
            f"Usare una data dal {PRIMA_DATA} in poi.",
        )
    return giorno


def _boundaries() -> pd.DataFrame:
    versione = storage.find("confini")
    return storage.remembered("boundaries", [versione], lambda: storage.read(versione))


def _former_codes() -> dict[str, str]:
    versione = storage.find("codici_precedenti")

    def read() -> dict[str, str]:
        righe = storage.read(versione)
        return dict(zip(righe["cod_prima"], righe["cod_dopo"], strict=True))

    return storage.remembered("codici_precedenti", [versione], read)


def _read(tabella: str) -> pd.DataFrame:
    return storage.read(storage.find(tabella))


def _in_force(righe: pd.DataFrame, giorno: str) -> pd.DataFrame:
    return righe[(_day(righe, "valido_dal", "") <= giorno) & (_day(righe, "valido_al", "9999-12-31") >= giorno)]


def _day(righe: pd.DataFrame, colonna: str, senza: str) -> pd.Series:
    """Return a column of dates; a table imported before the column was there has none."""
    return righe[colonna].fillna(senza) if colonna in righe else pd.Series(senza, index=righe.index, dtype="str")


def _with_what_is_known(
    ambiti: pd.DataFrame, comuni: pd.DataFrame, appartenenza: pd.Series, fusioni: Mergers
) -> pd.DataFrame:
    """Say how many comuni of each ambito are known, how many of them were deduced, and whether they are all.

    They are all when the list read in its source was whole, when they are as many as the source declares (at its own
    day: mergers make them fewer), or when every comune of the ATS has an ambito: none is left that could be missing.
    """
    trovati = comuni.groupby("ambito").size().reindex(ambiti.index, fill_value=0)
    dedotti = comuni[comuni["ambito_grado"] == DEDOTTO].groupby("ambito").size().reindex(ambiti.index, fill_value=0)
    ats_intera = ambiti["ats"].map(comuni["ambito"].notna().groupby(comuni["ats"]).all())
    allora = _found_when_declared(ambiti, trovati, appartenenza, fusioni)
    dichiarati = allora >= ambiti["comuni_dichiarati"].astype("float64")
    tutti = (trovati > 0) & ((ambiti["elenco"] == "intero") | ats_intera | dichiarati)
    stato = (
        pd.Series("parziale", index=ambiti.index, dtype="str").mask(trovati == 0, "solo nome").mask(tutti, "completo")
    )
    tipo = comuni.dropna(subset="ambito").groupby("ambito")["ambito_elenco"].agg(lambda v: v.mode().iloc[0])
    return ambiti.assign(
        comuni_trovati=trovati,
        comuni_allora=allora,
        comuni_dedotti=dedotti,
        stato=stato,
        tipo_elenco=tipo.reindex(ambiti.index),
    )


def _found_when_declared(
    ambiti: pd.DataFrame, trovati: pd.Series, appartenenza: pd.Series, fusioni: Mergers
) -> pd.Series:
    """Return the comuni known of each ambito, counted at the day of what its source declares: today if it is not known.

    So an ambito is whole or not at any date alike: mergers of its comuni do not change what is known of it.
    """
    contati = trovati.copy()
    for giorno, righe in ambiti.groupby(ambiti["dichiarati_al"].fillna("9999-12-31")):
        allora = pd.Index(_in_force(_read("comuni"), str(giorno))["cod_comune"])
        per_ambito = _carried(appartenenza, allora, fusioni).value_counts()
        contati[righe.index] = per_ambito.reindex(righe.index, fill_value=0)
    return contati


def _ats_of_comuni(comuni: pd.DataFrame, ats: pd.DataFrame, fusioni: Mergers, giorno: str) -> pd.Series:
    di_provincia = {sigla: codice for codice, sigle in ats["province"].items() for sigla in sigle.split()}
    # The ATS were born in 2016: before, the first arrangement is the one that has a meaning.
    eccezioni = _in_force(_read("comuni_ats"), max(giorno, "2016-01-01")).set_index("cod_comune")["ats"]
    return _carried(eccezioni, comuni.index, fusioni).fillna(comuni["provincia"].map(di_provincia))


def _asl_of_comuni(comuni: pd.DataFrame, fusioni: Mergers) -> pd.Series:
    asl = _read("asl")
    uniche = asl[
        ~asl["provincia"].duplicated(keep=False) | asl["asl"].isin([one.asl for one in REGION.province.values()])
    ]
    di_provincia = dict(zip(uniche["provincia"], uniche["asl"], strict=True))
    eccezioni = _read("comuni_asl").set_index("cod_comune")["asl"]
    return _carried(eccezioni, comuni.index, fusioni).fillna(comuni["provincia"].map(di_provincia))


def _carried(valori: pd.Series, codici: pd.Index, fusioni: Mergers) -> pd.Series:
    noti = {str(codice): str(valore) for codice, valore in valori.items()}
    pieni = fusioni.carry(noti, codici)
    return pd.Series([pieni.get(codice) for codice in codici], index=codici, dtype="str")
