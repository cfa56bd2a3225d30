"""Pages that chapters do not make: the repertoire of the actions, and the simulator of the allocation."""

from __future__ import annotations

from collections.abc import Hashable
from types import MappingProxyType
from typing import Any

import pandas as pd

from conciliazione_lib.evidence import Figure, Indicator, formats
from conciliazione_lib.evidence.writing import write_breakdown
from conciliazione_lib.publish import opendata
from conciliazione_lib.publish.selection import where
from conciliazione_lib.publish.site import Entry, Site

#: Counts the simulator may weigh, where the edition has them for every ATS; the weights it starts from.
PESI = MappingProxyType(
    {"residenti": 100, "residenti_0_2": 0, "residenti_0_14": 0, "donne_15_49": 0, "residenti_80_piu": 0}
)
TOTALE = 1_000_000
#: The lists of the edition that the repertoire is made of, and the shares of doubtful choices.
AZIONI, QUANTITA = "azioni", "azioni_quantita"
DUBBIE = ("quota_classificazione_dubbia", "quota_macrocategoria_dubbia")
QUANTITY = "quantita_azione"
#: The figures that the repertoire shows.
FIGURES = (*DUBBIE, QUANTITY)


def write(sito: Site) -> None:
    """Write them, each only when its data are there."""
    write_repertoire(sito)
    write_simulator(sito)


def actions(sito: Site) -> pd.DataFrame | None:
    """Return the actions of the networks as the edition lists them; None when it does not."""
    archivio = sito.edizione.archivio
    known = archivio is not None and AZIONI in archivio.store.index["elenchi"]
    return archivio.store.listing(AZIONI) if archivio is not None and known else None


def write_repertoire(sito: Site) -> None:
    """Write the repertoire of the actions."""
    azioni = actions(sito)
    if azioni is None:
        return
    quantita = _quantities(sito)
    voci: dict[str, list[dict[Hashable, Any]]] = {}
    for azione in azioni.astype(object).where(azioni.notna(), "").to_dict("records"):
        voci.setdefault(azione["rete"], []).append(azione | {"quantita": quantita.get(azione["cod_azione"], [])})
        indirizzo = f"azioni/index.html#{azione['cod_azione']}"
        sito.pagine.append(Entry("azione", azione["titolo"], f"Rete di {azione['rete']}", indirizzo))
    dubbie = {name: sito.figures.latest(name, ("regione", "lombardia")) for name in DUBBIE}
    sito.write(
        "azioni/index.html",
        "azioni.html",
        titolo="Repertorio delle azioni",
        descrizione="Le azioni di conciliazione realizzate dalle reti territoriali della Lombardia.",
        sezione="azioni",
        genere="pagina",
        briciole=[("Repertorio delle azioni", None)],
        reti=sorted(voci.items()),
        quante=formats.numero(len(azioni)),
        dubbie={name: figura.text for name, figura in dubbie.items() if figura is not None},
        fonte=azioni.attrs["fonte"],
    )


def _quantities(sito: Site) -> dict[str, list[tuple[str, str]]]:
    """Return what each action counted: the quantity in words, and the sentence it was read in."""
    archivio = sito.edizione.archivio
    if archivio is None:
        return {}
    valori = archivio.rows(QUANTITY).set_index("per")["valore"]
    trovate: dict[str, list[tuple[str, str]]] = {}
    for riga in archivio.store.listing(QUANTITA).to_dict("records"):
        quasi = "" if riga["precisione"] == "esatta" else f"{riga['precisione']} "
        valore = formats.numero(valori[write_breakdown([("riga", riga["riga"])])])
        trovate.setdefault(riga["cod_azione"], []).append((f"{quasi}{valore} {riga['cosa']}", riga["frase"]))
    return trovate


def criteria(sito: Site) -> list[tuple[Indicator, int, list[Figure]]]:
    """Return the counts that every ATS has, each with its starting weight and the figures of the ATS.

    Empty when there is nothing to share among: fewer than two ATS, or fewer than two counts.
    """
    ats = [luogo for luogo in sito.edizione.luoghi if luogo.livello == "ats"]
    trovati = []
    for id, peso in PESI.items():
        _, figure = sito.figures.side_by_side(id, [where(luogo) for luogo in ats])
        presenti = [figura for figura in figure if figura is not None and not figura.missing]
        if len(presenti) == len(ats):
            trovati.append((sito.indicatori[id], peso, presenti))
    return trovati if len(ats) >= 2 and len(trovati) >= 2 else []


def write_simulator(sito: Site) -> None:
    """Write the simulator: the counts go with the page, the script shares an amount by the largest remainders."""
    criteri = criteria(sito)
    if not criteri:
        return
    ats = [luogo for luogo in sito.edizione.luoghi if luogo.livello == "ats"]
    sito.write(
        "simulatore.html",
        "simulatore.html",
        titolo="Simulatore del riparto",
        descrizione="Come si dividerebbe una somma tra le ATS con altri criteri e altri pesi.",
        sezione="simulatore",
        genere="pagina",
        briciole=[("Simulatore del riparto", None)],
        ats=ats,
        criteri=criteri,
        totale=TOTALE,
        dati=opendata.script_json(
            {
                "ats": [luogo.nome for luogo in ats],
                "criteri": {voce.id: [figura.value for figura in valori] for voce, _, valori in criteri},
            }
        ),
        numero=lambda figura: figura.number,
    )
