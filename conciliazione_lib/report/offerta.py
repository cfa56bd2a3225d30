"""The tables of chapter 04 that go together: facilities for the elderly, the six gaps, what is of the region alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import pandas as pd

from conciliazione_lib.region import REGION, REGIONE
from conciliazione_lib.report.capitolo import Capitolo

#: People of one area, of two ages.
_ELDERLY: Final = "Anziani: i destinatari hanno 75 anni e più; chi resta senza accesso, 65 anni e più."


def anziani(c: Capitolo) -> None:
    """Show the facilities for the elderly of the registers: by type, and homes in territories and comuni."""
    parts = "ats" if c.regione else "ambiti"
    c.accostati(
        *(
            "tipi_anziani",
            "servizi_unita",
            "servizi_posti",
            "servizi_copertura",
            "comuni_senza_servizio",
            "lacuna_dove",
        ),
        per=["tipo"],
        suo=True,
        id="tab-strutture",
        titolo="Strutture per anziani nei registri regionali",
        colonne={"nome": "Struttura", "eta_da": "Età, da (anni)"},
    )
    unreached = c.frame("quota_lacuna_dove", per=["tipo"], **c.luoghi(parts)).query("tipo == 'rsa'")
    c.tavola(
        *("servizi_posti", "servizi_copertura", "quota_comuni_senza_servizio"),
        *(["quota_lacuna_dove"] if _tells(unreached["quota_lacuna_dove"]) else []),
        di=parts,
        per=["tipo"],
        dove={"tipo": ["rsa"]},
        ordina="servizi_copertura",
        id="tab-rsa",
        titolo="Posti letto in RSA e chi non ne raggiunge",
        nascoste=["tipo", "periodo"],
    )
    c.cartina(
        "rsa_posti_per_100_75",
        id="map-rsa",
        titolo="Posti letto in RSA ogni 100 residenti di 75 anni e più, per comune",
        alt="Mappa dei comuni per posti letto in RSA ogni 100 residenti di 75 anni e più; i valori sono nella tabella.",
    )


def famiglie(c: Capitolo, *, tutte: bool = False) -> None:
    """Show how families with children of 0–14 years manage, where the chapter is about; or all that is known."""
    here = {"famiglie": ["famiglie con figli di 0–14 anni"], "ripartizione": ["Nord", "Centro-nord", "Italia"]}
    c.accostati(
        *("uso_servizi_famiglie", "quota_famiglie_servizi"),
        per=["ripartizione", "famiglie", "misura"],
        ordina=["misura", "famiglie", "ripartizione"],
        dove=None if tutte else here,
        id="tab-uso-tutti" if tutte else "tab-uso",
        titolo="Uso dei servizi e aiuto informale per la cura dei figli" + (": tutte le famiglie" if tutte else ""),
        colonne={"misura": "Servizio o aiuto"}
        | ({"famiglie": ""} if tutte else {})
        | {"ripartizione": "Territorio", "precisione": "Precisione"},
        note=[] if tutte else ["Famiglie con figli di 0–14 anni."],
    )


def lacune(c: Capitolo) -> None:
    """Show the six gaps of every area of intervention, here and in the territories this one is made of."""
    parts = "ats" if c.regione else "ambiti"
    areas = c.elenco("aree_servizi")
    c.accostati(
        *("aree_servizi", "destinatari", "servizi_unita", "servizi_posti", "lacuna_dove"),
        per=["area"],
        suo=True,
        id="tab-macrocategorie",
        titolo="A chi si rivolgono i servizi, che cosa c'è, chi non li raggiunge",
        colonne={"area": "Area", "macrocategoria": "Macrocategoria", "gia_attivo": "Già attivo"},
        note=[f"{'; '.join(areas['nome'].unique())}.", _ELDERLY],
    )
    if own := _known(c, ("lacuna_eta", "peso_retta", "lacuna_bisogno", "persone_in_attesa", "lacuna_tipo"), "suo"):
        c.accostati(
            "aree_servizi",
            *own,
            per=["area"],
            suo=True,
            id="tab-lacune",
            titolo="Le altre lacune: età, costo, bisogno, tipo",
            colonne={"nome": "Macrocategoria", "area": "Area"},
        )
    if c.frame("lacuna_tempo", "quota_posti_aperti", per=["area", "orario"], **c.luoghi("suo")).dropna(thresh=6).size:
        c.tavola(
            *("lacuna_tempo", "quota_posti_aperti"),
            di="suo",
            per=["area", "orario"],
            id="tab-tempo",
            titolo="La lacuna di tempo: posti chiusi quando servirebbero",
            nascoste=["territorio", "periodo"],
            colonne={"area": "Area", "orario": "Orario"},
        )
    if theirs := _known(c, ("lacuna_dove", "lacuna_eta", "lacuna_tipo", "persone_in_attesa"), parts):
        frame = c.frame(*theirs, per=["area"], **c.luoghi(parts))
        some = frame.loc[(frame[theirs].fillna(0) != 0).any(axis=1), "territorio"]
        c.tavola(
            *theirs,
            di=parts,
            per=["area"],
            dove={"territorio": some},
            id="tab-lacune-ambiti",
            titolo="Le lacune, territorio per territorio",
            nascoste=["periodo"],
            colonne={"area": "Area"},
            note=[
                *_left_out(c, parts, set(some), frame.dropna(subset=theirs, how="all")),
                "Anziani: persone di 65 anni e più.",
            ],
        )


def _left_out(c: Capitolo, parts: str, some: Collection[str], known: pd.DataFrame) -> list[str]:
    """Return the notes on the territories that a table of gaps does not show: without any, or not known."""
    places = c.luoghi(parts)
    left = [code for code in places["territori"] if code not in some and code != REGIONE]
    told = set(known["territorio"])
    notes = []
    for words, codes in (
        ("nessuna delle lacune che si possono contare", [code for code in left if code in told]),
        ("non se ne può contare nessuna", [code for code in left if code not in told]),
    ):
        if codes:
            names = ", ".join(sorted(c.luogo(places["livello"][0], code).nome for code in codes))
            notes.append(f"{names}: {words}.")
    return notes


def _known(c: Capitolo, names: Sequence[str], places: str) -> list[str]:
    """Return the indicators that tell something of some area of some territory."""
    own = c.luoghi(places)
    frame = c.frame(*names, per=["area"], **own)
    types = c.cifre_edizione.of("lacuna_tipo")
    whole = types[types["livello"].isin(own["livello"]) & types["territorio"].isin(own["territori"])]
    # "At least one type is missing", everywhere, tells no one from another.
    partial = set() if whole["stato"].eq("presente").any() else {"lacuna_tipo"}
    return [name for name in names if name not in partial and _tells(frame[name])]


def _tells(values: pd.Series) -> bool:
    """Tell whether a column says something: of absences and zeros alone, the text has said it."""
    return bool((values.dropna() != 0).any())


def regione(c: Capitolo) -> None:
    """Show what is published of the whole region alone: Nidi Gratis, and places by type of service."""
    c.tavola(
        *("nidi_gratis_comuni", "nidi_gratis_strutture", "nidi_gratis_risorse"),
        di="suo",
        periodo="tutti",
        id="tab-nidi-gratis",
        titolo="Nidi Gratis, edizione per edizione",
        nascoste=["territorio"],
        colonne={"periodo": "Edizione"},
    )
    c.accostati(
        *("nidi_gratis", "nidi_gratis_famiglie"),
        per=["gruppo"],
        dove={"misura": ["nidi_gratis_famiglie"]},
        id="tab-nidi-gratis-famiglie",
        titolo="Famiglie di Nidi Gratis, edizione per edizione",
        colonne={"periodo": "Edizione", "gruppo": "Quali famiglie", "precisione": "Precisione"},
    )
    c.tavola(
        *("servizi_infanzia_regione", "posti_infanzia_regione", "posti_infanzia_regione_per_100"),
        di="suo",
        per=["servizio", "gestione"],
        dove={"gestione": ["tutte"]},
        ordina="-posti_infanzia_regione",
        id="tab-posti-tipo",
        titolo=f"Servizi e posti per la prima infanzia {REGION.there}, per tipo",
        nascoste=["territorio", "periodo", "gestione"],
        note=["I nidi aziendali non si aggiungono al totale."],
    )
