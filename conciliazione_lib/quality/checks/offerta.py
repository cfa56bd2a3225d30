"""Registers, nurseries, spending and funded works: totals published beside their parts."""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType

import pandas as pd

from conciliazione_lib import territory
from conciliazione_lib.evidence.formats import numero
from conciliazione_lib.quality.arithmetic import Comparison
from conciliazione_lib.quality.check import Outcome, check, outcome_of, outcome_of_many
from conciliazione_lib.quality.checks.bilanci import CENSITI, as_published, same
from conciliazione_lib.quality.reading import read

REGISTRI = "Regione Lombardia, registri delle strutture per anziani, agosto 2026"
OPENCIVITAS = "OpenCivitas, spesa sociale e asili nido 2022 (FC80SOCNID)"
ITALIA_DOMANI = "Italia Domani, progetti M4C1I1.1 al 13 giugno 2026"
NIDI = "ISTAT, Indagine su nidi e servizi integrativi, tavole 2023"

#: Structures and authorised places that each register declares.
REGISTRATE = MappingProxyType(
    {
        "rsa": (740, 68_661),
        "cdi": (298, 7_516),
        "alloggio_protetto_anziani": (144, 2_493),
        "centro_diurno_anziani": (55, 3_200),
    }
)
#: Residents of the three comuni that spend nothing: the source implies no population for them.
SENZA_SPESA = 342
_KEYS = ("livello", "territorio", "anno", "gestione", "misura")


@check(
    "offerta-registri",
    "Strutture per anziani: sono quante i registri ne dichiarano, con gli stessi posti",
    fonti=[REGISTRI],
    tabelle=["strutture_anziani"],
    gravita="errore",
)
def registers() -> Outcome:
    """Compare structures and places of each kind with those declared."""
    structures = read("strutture_anziani")
    found = structures.groupby("tipo")["posti_autorizzati"].agg(["size", "sum"])
    declared = pd.DataFrame.from_dict(dict(REGISTRATE), orient="index", columns=["size", "sum"])
    return as_published(
        structures,
        lambda: same(
            declared.melt(ignore_index=False).set_index("variable", append=True)["value"],
            found.melt(ignore_index=False).set_index("variable", append=True)["value"],
            "Strutture e posti dichiarati e letti",
            "Ogni registro ha le strutture e i posti che dichiara.",
        ),
    )


@check(
    "offerta-ats",
    "Strutture per anziani: la ATS scritta nei registri è quella del comune",
    fonti=[REGISTRI],
    tabelle=["strutture_anziani", "comuni_ats"],
    gravita="errore",
)
def agencies() -> Outcome:
    """Compare the ATS of every structure with that of its comune."""
    structures = read("strutture_anziani")
    ours = structures["cod_comune"].map(territory.load("2026-01-01").comuni["ats"])
    wrong = structures[structures["ats"] != ours]
    return outcome_of_many(
        (f"{row.tipo} {row.cod_struttura}" for row in wrong.itertuples()),
        len(structures),
        "ATS nel registro e ATS del comune",
        "Ogni struttura è nella ATS del suo comune.",
    )


@check(
    "offerta-spesa-abitanti",
    "Spesa sociale e nidi 2022: gli abitanti impliciti sono quelli della Lombardia alla fine dell'anno",
    fonti=[OPENCIVITAS, "ISTAT, popolazione censita al 31 dicembre 2022"],
    tabelle=["spesa_sociale_nido"],
    gravita="errore",
)
def spending() -> Outcome:
    """Compare the residents that spending per head implies, and those of the comuni that spend nothing."""
    implied = int(read("spesa_sociale_nido")["abitanti"].sum()) + SENZA_SPESA
    # Spending per head has two decimals: the residents it implies are known but for a few units in all.
    return outcome_of(
        Comparison(Decimal(CENSITI[2022]), Decimal(implied), Decimal(50)),
        "Lombardia censita alla fine del 2022 e abitanti impliciti nella spesa",
        numero,
    )


@check(
    "offerta-pnrr-nidi",
    "Nidi del PNRR: la somma dei progetti è il riepilogo della Lombardia",
    fonti=[ITALIA_DOMANI],
    tabelle=["pnrr_nidi", "indicatori_servizi"],
    gravita="errore",
)
def funded_nurseries() -> Outcome:
    """Compare projects and euro with the regional summary of the same copy."""
    projects = read("pnrr_nidi")
    summary = read("indicatori_servizi").query("misura.str.startswith('pnrr_nidi_')", engine="python")
    phases = projects["fase"]
    found = {
        "pnrr_nidi_progetti": len(projects),
        "pnrr_nidi_conclusi": int((phases == "concluso").sum()),
        "pnrr_nidi_conclusi_o_in_collaudo": int(phases.isin(["concluso", "collaudo non concluso"]).sum()),
        "pnrr_nidi_importo": round(float(projects["importo"].sum()), 2),
        "pnrr_nidi_importo_pnrr": round(float(projects["importo_pnrr"].sum()), 2),
    }
    return same(
        summary.set_index("misura")["valore"],
        pd.Series(found),
        "Riepilogo della Lombardia e somma dei progetti",
        "Progetti ed euro sono quelli del riepilogo, al centesimo.",
    )


@check(
    "offerta-nidi-parti",
    "Nidi e servizi integrativi 2023: titolari pubblici e privati, e tipi di servizio, sommano al totale",
    fonti=[NIDI],
    tabelle=["nidi_regione"],
    gravita="errore",
)
def nurseries() -> Outcome:
    """Compare services, places, users and euro with the sums of their parts."""
    counts = read("nidi_regione").query(
        "misura in ['servizi', 'posti', 'utenti', 'spesa_comuni', 'compartecipazione_utenti', 'spesa_complessiva']"
    )
    wide = counts.set_index([*_KEYS, "servizio"])["valore"].unstack()
    sums = {
        "nidi e sezioni primavera": ["nidi", "sezioni primavera"],
        "tutti i servizi educativi": ["nidi e sezioni primavera", "servizi integrativi"],
        "servizi integrativi": ["spazi gioco", "servizi in contesto domiciliare", "centri bambini-genitori"],
    }
    pairs = [(wide[whole], wide[parts].sum(axis=1, min_count=len(parts))) for whole, parts in sums.items()]
    holders = counts.set_index([*(k for k in _KEYS if k != "gestione"), "servizio", "gestione"])["valore"].unstack()
    pairs.append((holders["tutte"], holders[["titolare pubblico", "titolare privato"]].sum(axis=1, min_count=2)))
    compared, wrong = 0, []
    for whole, parts in pairs:
        both = pd.DataFrame({"whole": whole, "parts": parts}).dropna()
        compared += len(both)
        # Euro are rounded one by one.
        off = both[(both["whole"] - both["parts"]).abs() > 1]
        wrong += [f"{row.Index}: {numero(row.whole)} e {numero(row.parts)}" for row in off.itertuples()]
    return outcome_of_many(wrong, compared, "Totali e somma delle parti", "Le parti sommano al totale.")


@check(
    "offerta-nidi-nord-ovest",
    "Posti ogni 100 bambini nel Nord-ovest nel 2023: le tavole e la cifra ripresa da altri",
    fonti=[NIDI],
    tabelle=["nidi_regione", "figure_pubblicate"],
    gravita="avviso",
)
def north_west() -> Outcome:
    """Compare the value of the tables with the one taken from a secondary source."""
    ours = read("nidi_regione").query(
        "territorio == 'nord-ovest' and servizio == 'tutti i servizi educativi' and gestione == 'tutte' "
        "and misura == 'posti_per_100'"
    )
    published = read("figure_pubblicate").query(
        "indicatore == 'posti_nido_per_100' and territorio == 'nord-ovest' and anno == 2023"
    )
    return same(
        published.set_index("anno")["valore"],
        ours.set_index("anno")["valore"],
        "Posti ogni 100 bambini di 0–2 anni",
        "È la stessa cifra, di tutti i servizi educativi.",
    )
