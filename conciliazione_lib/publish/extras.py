"""Pages that chapters do not make: the repertoire of the actions, and the simulator of the allocation."""

from __future__ import annotations

from collections.abc import Hashable
from types import MappingProxyType
from typing import Any

import pandas as pd

import conciliazione_lib.publish.opendata as opendata
from conciliazione_lib.evidence import Figure, Indicator, formats
from conciliazione_lib.evidence.writing import write_breakdown
from conciliazione_lib.publish.selection import where
from conciliazione_lib.publish.site import Entry, Site
from conciliazione_lib.region import REGION

#: Counts the simulator may weigh, where the edition has them for every ATS; the weights it starts from.
WEIGHTS = MappingProxyType(
    {"residenti": 100, "residenti_0_2": 0, "residenti_0_14": 0, "donne_15_49": 0, "residenti_80_piu": 0}
)
TOTAL = 1_000_000
#: The lists of the edition that the repertoire is made of, and the shares of doubtful choices.
AZIONI, AMOUNT = "azioni", "azioni_quantita"
DOUBTFUL = ("quota_classificazione_dubbia", "quota_macrocategoria_dubbia")
QUANTITY = "quantita_azione"
#: The figures that the repertoire shows.
FIGURES = (*DOUBTFUL, QUANTITY)


def write(site: Site) -> None:
    """Write them, each only when its data are there."""
    write_repertoire(site)
    write_simulator(site)


def actions(site: Site) -> pd.DataFrame | None:
    """Return the actions of the networks as the edition lists them; None when it does not."""
    archive = site.edizione.archivio
    known = archive is not None and AZIONI in archive.store.index["elenchi"]
    return archive.store.listing(AZIONI) if archive is not None and known else None


def write_repertoire(site: Site) -> None:
    """Write the repertoire of the actions."""
    one_actions = actions(site)
    if one_actions is None:
        return
    quantity = _quantities(site)
    entries: dict[str, list[dict[Hashable, Any]]] = {}
    for action in one_actions.astype(object).where(one_actions.notna(), "").to_dict("records"):
        entries.setdefault(action["rete"], []).append(action | {"quantita": quantity.get(action["cod_azione"], [])})
        address = f"azioni/index.html#{action['cod_azione']}"
        site.pagine.append(Entry("azione", action["titolo"], f"Rete di {action['rete']}", address))
    doubtful = {name: site.figures.latest(name, ("regione", REGION.codice)) for name in DOUBTFUL}
    site.write(
        "azioni/index.html",
        "azioni.html",
        titolo="Repertorio delle azioni",
        descrizione=f"Le azioni di conciliazione realizzate dalle reti territoriali {REGION.di}.",
        sezione="azioni",
        kind="pagina",
        briciole=[("Repertorio delle azioni", None)],
        reti=sorted(entries.items()),
        quante=formats.numero(len(one_actions)),
        dubbie={name: figure.text for name, figure in doubtful.items() if figure is not None},
        fonte=one_actions.attrs["fonte"],
    )


def _quantities(site: Site) -> dict[str, list[tuple[str, str]]]:
    """Return what each action counted: the quantity in words, and the sentence it was read in."""
    archive = site.edizione.archivio
    if archive is None:
        return {}
    values = archive.rows(QUANTITY).set_index("per")["valore"]
    found: dict[str, list[tuple[str, str]]] = {}
    for row in archive.store.listing(AMOUNT).to_dict("records"):
        almost = "" if row["precisione"] == "esatta" else f"{row['precisione']} "
        value = formats.numero(values[write_breakdown([("riga", row["riga"])])])
        found.setdefault(row["cod_azione"], []).append((f"{almost}{value} {row['cosa']}", row["frase"]))
    return found


def criteria(site: Site) -> list[tuple[Indicator, int, list[Figure]]]:
    """Return the counts that every ATS has, each with its starting weight and the figures of the ATS.

    Empty when there is nothing to share among: fewer than two ATS, or fewer than two counts.
    """
    ats = [place for place in site.edizione.luoghi if place.livello == "ats"]
    found = []
    for id, weight in WEIGHTS.items():
        _, figure = site.figures.side_by_side(id, [where(place) for place in ats])
        present = [one_figure for one_figure in figure if one_figure is not None and not one_figure.missing]
        if len(present) == len(ats):
            found.append((site.indicatori[id], weight, present))
    return found if len(ats) >= 2 and len(found) >= 2 else []


def write_simulator(site: Site) -> None:
    """Write the simulator: the counts go with the page, the script shares an amount by the largest remainders."""
    one_criteria = criteria(site)
    if not one_criteria:
        return
    ats = [place for place in site.edizione.luoghi if place.livello == "ats"]
    site.write(
        "simulatore.html",
        "simulatore.html",
        titolo="Simulatore del riparto",
        descrizione="Come si dividerebbe una somma tra le ATS con altri criteri e altri pesi.",
        sezione="simulatore",
        kind="pagina",
        briciole=[("Simulatore del riparto", None)],
        ats=ats,
        criteri=one_criteria,
        totale=TOTAL,
        dati=opendata.script_json(
            {
                "ats": [place.nome for place in ats],
                "criteri": {entry.id: [figure.value for figure in values] for entry, _, values in one_criteria},
            }
        ),
        numero=lambda figure: figure.number,
    )
