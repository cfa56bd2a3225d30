"""Pages that chapters do not make: the repertoire of the actions, and the simulator of the allocation."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from conciliazione_lib import catalog
from conciliazione_lib.catalog.tables.esiti import GRANDEZZE
from conciliazione_lib.evidence import Figure, Indicator, formats
from conciliazione_lib.indicators import repertoire
from conciliazione_lib.publish import opendata
from conciliazione_lib.publish.selection import where
from conciliazione_lib.publish.site import Entry, Site

#: Counts the simulator may weigh, where the edition has them for every ATS; the weights it starts from.
PESI = MappingProxyType(
    {"residenti": 100, "residenti_0_2": 0, "residenti_0_14": 0, "donne_15_49": 0, "residenti_80_piu": 0}
)
TOTALE = 1_000_000


def write(sito: Site) -> None:
    """Write them, each only when its data are there."""
    write_repertoire(sito)
    write_simulator(sito)


def write_repertoire(sito: Site) -> None:
    """Write the repertoire of the actions."""
    azioni = catalog.read("azioni")
    classi = repertoire.classify(azioni)
    nomi = {chiave: nome for chiave, (nome, _) in repertoire.CATEGORIE_ATTO.items()}
    macro = {chiave: nome for chiave, (nome, _) in repertoire.MACROCATEGORIE.items()}
    quantita = _quantities()
    voci: dict[str, list[dict[str, Any]]] = {}
    for _, azione in azioni.iterrows():
        scelta = classi.loc[azione["cod_azione"]]
        voci.setdefault(str(azione["rete"]), []).append(
            {
                "codice": azione["cod_azione"],
                "titolo": azione["titolo"],
                "descrizione": azione["descrizione"] if isinstance(azione["descrizione"], str) else "",
                "categoria": nomi.get(str(scelta["categoria"]), ""),
                "dubbia": bool(scelta["categoria_dubbia"]),
                "macro": macro.get(str(scelta["macrocategoria"]), ""),
                "macro_dubbia": bool(scelta["macrocategoria_dubbia"]),
                "quantita": quantita.get(str(azione["cod_azione"]), []),
                "buona": azione["buona_prassi"] == "si",
                "giudizio": azione["buona_prassi_testo"] if isinstance(azione["buona_prassi_testo"], str) else "",
                "sezione": azione["sezione"],
            }
        )
        indirizzo = f"azioni/index.html#{azione['cod_azione']}"
        sito.pagine.append(Entry("azione", str(azione["titolo"]), f"Rete di {azione['rete']}", indirizzo))
    provenienza = azioni.attrs["provenienza"]
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
        dubbie=formats.numero(100 * classi["categoria_dubbia"].mean(), 1),
        macro_dubbie=formats.numero(100 * classi["macrocategoria_dubbia"].mean(), 1),
        fonte=provenienza["fonte"],
    )


def _quantities() -> dict[str, list[tuple[str, str]]]:
    """Return what each action counted: the quantity in words, and the sentence it was read in."""
    trovate: dict[str, list[tuple[str, str]]] = {}
    for riga in catalog.read("azioni_quantita").to_dict("records"):
        quasi = "" if riga["precisione"] == "esatta" else f"{riga['precisione']} "
        parole = f"{quasi}{formats.numero(riga['valore'])} {GRANDEZZE[riga['grandezza']]}"
        trovate.setdefault(str(riga["cod_azione"]), []).append((parole, str(riga["frase"])))
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
