"""What every territory was assigned, programme by programme, on today's ATS."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

#: Years over which each programme spreads its money, from its own acts.
ANNI = {"2014-2015": 2, "2017-2018": 2, "2019": 1, "2020-2023": 3, "2025-2027": 3}

_PRECISIONE = ["centesimo", "euro", "arrotondata"]


def history(riparti: pd.DataFrame, asl_to_ats: Mapping[str, str]) -> pd.DataFrame:
    """Return the resources assigned to each ATS by each programme, and the regional totals the acts declare.

    The amounts of the ASL count for the ATS that took their territory. Where a document gives the amount to
    the cent and a press release a rounded one, the precise one is kept; an amount for the whole programme prevails on
    the sum of its years.

    Parameters
    ----------
    riparti : DataFrame
        Rows of the table ``riparti``.
    asl_to_ats : mapping
        ATS of each ASL.

    Returns
    -------
    DataFrame
        ``livello`` (``ats, regione``), ``territorio, programma, anni, risorse_assegnate, risorse_annue``,
        ``precisione`` (the coarsest of the amounts summed) and ``grado`` (the weakest), by programme and territory.
    """
    righe = riparti[riparti["voce"] == "totale"].copy()
    asl = righe["livello"] == "asl"
    righe["ats"] = righe["territorio"].mask(asl, righe["territorio"].map(asl_to_ats))
    righe["livello"] = righe["livello"].mask(asl, "ats")
    righe["_posto"] = righe["precisione"].map(_PRECISIONE.index)
    righe["_intero"] = righe["periodo"].str.contains("-")
    chiavi = ["programma", "livello", "ats"]
    # The whole programme, when it is there, already holds its years.
    righe = righe[righe["_intero"] | ~righe.groupby(chiavi)["_intero"].transform("any")]
    migliori = righe.sort_values("_posto").drop_duplicates(["programma", "livello", "territorio", "periodo"])
    gradi = ["atto", "pubblicazione", "stampa"]
    esito = (
        migliori.assign(_grado=migliori["grado"].map(gradi.index))
        .groupby(chiavi, as_index=False)
        .agg(risorse_assegnate=("importo", "sum"), _posto=("_posto", "max"), _grado=("_grado", "max"))
        .rename(columns={"ats": "territorio"})
    )
    esito["anni"] = esito["programma"].map(ANNI)
    esito["risorse_annue"] = esito["risorse_assegnate"] / esito["anni"]
    esito["precisione"] = esito["_posto"].map(lambda posto: _PRECISIONE[int(posto)])
    esito["grado"] = esito["_grado"].map(lambda posto: gradi[int(posto)])
    colonne = [
        "livello",
        "territorio",
        "programma",
        "anni",
        "risorse_assegnate",
        "risorse_annue",
        "precisione",
        "grado",
    ]
    return esito[colonne]
