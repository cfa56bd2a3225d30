"""What is known of the ambiti: of which comuni, read or deduced, and where sources leave only a clue."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from conciliazione_lib.evidence import Place
from conciliazione_lib.territory import Territory

#: What is known of the ambito of a comune, by the state of the list of its ambito.
_STATES: Final = MappingProxyType({"completo": "elenco completo", "parziale": "elenco letto in parte"})


def disegno(territorio: Territory, luogo: Place) -> dict[str, Any]:
    """Return what the map of the ambiti of a territory shows: distretti, outlines alone, or what is known of comuni.

    Parameters
    ----------
    territorio : Territory
        Who belongs to whom.
    luogo : Place
        An ATS, or the region.

    Returns
    -------
    dict
        Options of :meth:`conciliazione_lib.report.Capitolo.mappa`: ``valori`` (the category of each comune; nothing
        where outlines are enough), ``titolo``, ``alt``, ``contorni``.
    """
    own = territorio.comuni.loc[territorio.members(luogo.livello, luogo.codice)]
    deduced = own["ambito_grado"] == "stima"
    if luogo.livello != "regione" and territorio.completezza("distretto", luogo.codice).completa:
        values, title = own["distretto"].map(territorio.distretti["nome"]), "Distretti e ambiti"
        shown = "i distretti, con un colore ciascuno, e i confini degli ambiti"
    elif territorio.completezza("ambito", luogo.codice).completa and not deduced.any():
        values, title, shown = None, "Ambiti", "i comuni e i confini degli ambiti, con il loro nome"
    else:
        known = own["ambito_stato"].map(_STATES).fillna("ambito non accertato")
        known = known.mask(own["ambito_indizio"].notna(), "ambito probabile, non accertato")
        values, title = known.mask(deduced, "ambito dedotto"), "Comuni e ambiti"
        shown = "i comuni secondo quanto si sa del loro ambito, e i confini degli ambiti letti o dedotti"
    outlines = "ats" if luogo.livello == "regione" else "ambito"
    return {"valori": values, "titolo": title, "alt": f"La mappa mostra {shown}.", "contorni": outlines}


def appartenenze(territorio: Territory, luogo: Place) -> pd.DataFrame:
    """Return the ambiti of a territory that have deduced comuni, comuni with a clue, or a note of the sources.

    Parameters
    ----------
    territorio, luogo
        As for :func:`disegno`.

    Returns
    -------
    DataFrame
        ``livello, territorio, dedotti, indizi, note``: names of comuni and text, empty where there is nothing; by ATS
        and name of the ambito.
    """
    own = territorio.comuni.loc[territorio.members(luogo.livello, luogo.codice)]
    codes = list(territorio.completezza("ambito", luogo.codice).territori)
    sheets = territorio.ambiti.loc[codes].rename_axis("territorio").sort_values(["ats", "nome"]).reset_index()
    groups = {"dedotti": own[own["ambito_grado"] == "stima"].groupby("ambito"), "indizi": own.groupby("ambito_indizio")}
    names = {which: group["nome"].agg(", ".join).to_dict() for which, group in groups.items()}
    found = sheets[["territorio"]].assign(
        livello="ambito",
        **{which: [of_each.get(code, "") for code in sheets["territorio"]] for which, of_each in names.items()},
        note=sheets["note"].fillna(""),
    )
    return found[(found[["dedotti", "indizi", "note"]] != "").any(axis=1)].reset_index(drop=True)
