"""Characters of the comuni: two tables that say the same thing, and totals published beside their parts."""

from __future__ import annotations

from types import MappingProxyType

import pandas as pd

from conciliazione_lib import catalog, territory
from conciliazione_lib.evidence.formats import numero
from conciliazione_lib.quality.check import Outcome, check, outcome_of_many
from conciliazione_lib.quality.checks.bilanci import P2, as_published, same
from conciliazione_lib.quality.reading import read

CLASSIFICAZIONI = "ISTAT, Classificazioni statistiche e dimensione dei comuni, 1° gennaio 2026"
POPOLAZIONE = "ISTAT, popolazione residente al 1° gennaio 2022"
DATA = "2022-01-01"
#: Taxpayers of Lombardia as two copies of the source count them.
CONTRIBUENTI = MappingProxyType({2023: 7_542_193, 2024: 7_607_245})
#: The dependency index is printed with two decimals.
ARROTONDAMENTO = 0.005 + 1e-9


@check(
    "caratteri-residenti-2024",
    "Residenti alla fine del 2024: le classificazioni e il bilancio del 2025, comune per comune",
    fonti=[CLASSIFICAZIONI, P2],
    tabelle=["classificazioni_comuni", "bilancio_demografico"],
    gravita="errore",
)
def residents_2024() -> Outcome:
    """Compare two sources of the residents that open 2025."""
    return same(
        read("bilancio_demografico", data="2025").set_index("cod_comune")["residenti_inizio"],
        read("classificazioni_comuni").set_index("cod_comune")["residenti_2024"],
        "Residenti alla fine del 2024 nelle due fonti",
        "Sono gli stessi in ogni comune.",
    )


@check(
    "caratteri-popolazione-legale",
    "Popolazione legale 2021: è quella al 1° gennaio 2022, comune per comune",
    fonti=[CLASSIFICAZIONI, POPOLAZIONE],
    tabelle=["classificazioni_comuni", "popolazione", "fusioni_comuni"],
    gravita="errore",
)
def legal_population() -> Outcome:
    """Compare the legal population, at the comuni of the classification, with ours summed over those merged by then."""
    classes = read("classificazioni_comuni")
    until = classes.attrs["provenienza"]["data_riferimento"]
    ours = read("popolazione", data=DATA).groupby("cod_comune")["residenti"].sum()
    mergers = read("fusioni_comuni")
    merged = mergers[(mergers["data"] > DATA) & (mergers["data"] <= until)].set_index("cod_prima")["cod_dopo"]
    codes = ours.index.to_series()
    then = ours.groupby(codes.map(merged).fillna(codes)).sum()
    legal = classes.set_index("cod_comune")["popolazione_legale_2021"]
    return same(
        legal[legal.index.isin(then.index)],
        then,
        "Popolazione legale e residenti al 1° gennaio 2022",
        "Sono gli stessi in ogni comune.",
    )


@check(
    "caratteri-altitudine",
    "Altitudine del centro dei comuni: è la stessa nelle due tabelle",
    fonti=[CLASSIFICAZIONI],
    tabelle=["classificazioni_comuni", "altitudine_comuni"],
    gravita="errore",
)
def altitude() -> Outcome:
    """Compare the altitude of every comune that both tables have."""
    here = read("classificazioni_comuni").set_index("cod_comune")["altitudine_m"].dropna()
    there = read("altitudine_comuni").set_index("cod_comune")["altitudine_m"]
    both = here.index.intersection(there.index)
    return same(there[both], here, "Altitudine nelle due tabelle", "È la stessa in ogni comune.")


@check(
    "caratteri-dipendenza",
    "Indice di dipendenza del 2021 nella fragilità comunale: è quello della popolazione al 1° gennaio 2022",
    fonti=["ISTAT, Indice di fragilità comunale", POPOLAZIONE],
    tabelle=["fragilita_comuni", "popolazione"],
    gravita="errore",
)
def dependency() -> Outcome:
    """Compute the index (under 20 and over 64 on 20-64): a wrong code of a comune shows at once."""
    people = read("popolazione", data=DATA)
    adults = people["eta"].between(20, 64)
    working = people[adults].groupby("cod_comune")["residenti"].sum()
    computed = 100 * people[~adults].groupby("cod_comune")["residenti"].sum() / working
    published = read("fragilita_comuni").query("anno == 2021").set_index("cod_comune")["dipendenza"]
    distance = (published - computed.reindex(published.index)).abs()
    wrong = published[~(distance <= ARROTONDAMENTO)]
    return outcome_of_many(
        (f"{code}: {numero(value, 2)} e {numero(computed.get(code), 2)}" for code, value in wrong.items()),
        len(published),
        "Indice di dipendenza pubblicato e calcolato",
        "In ogni comune differiscono al più per l'arrotondamento.",
    )


@check(
    "caratteri-contribuenti",
    "Contribuenti della Lombardia: la somma dei comuni",
    fonti=["MEF, Dichiarazioni Irpef per comune"],
    tabelle=["redditi_comuni"],
    gravita="errore",
)
def taxpayers() -> Outcome:
    """Compare the sum of the comuni with the region's in the two last years."""
    incomes = read("redditi_comuni")
    return as_published(
        incomes,
        lambda: same(
            pd.Series(CONTRIBUENTI),
            incomes.groupby("anno")["contribuenti"].sum(),
            "Contribuenti della Lombardia e somma dei comuni",
            "Le somme sono quelle pubblicate.",
        ),
    )


@check(
    "caratteri-pendolari",
    "Pendolari per lavoro nel 2021: in ogni comune sono una parte dei residenti",
    fonti=["ISTAT, Matrice del pendolarismo per lavoro 2021", POPOLAZIONE],
    tabelle=["pendolarismo", "popolazione"],
    gravita="errore",
)
def commuters() -> Outcome:
    """Compare those who work in the comune or leave it with the residents."""
    commuting = read("pendolarismo").set_index("cod_comune")
    workers = commuting["escono"] + commuting["interni"]
    ours = read("popolazione", data=DATA).groupby("cod_comune")["residenti"].sum()
    wrong = workers[~(workers <= ours.reindex(workers.index))]
    return outcome_of_many(
        (f"{code}: {numero(value)}" for code, value in wrong.items()),
        len(workers),
        "Pendolari e residenti",
        "Nessun comune ha più pendolari che residenti.",
    )


@check(
    "caratteri-comuni",
    "Classificazioni, aree interne, sistemi locali, pendolarismo, fragilità: ogni comune della data, e nessun altro",
    fonti=["ISTAT"],
    tabelle=["aree_interne", "pendolarismo", "fragilita_comuni", "classificazioni_comuni", "sistemi_locali_lavoro"],
    gravita="errore",
)
def coverage() -> Outcome:
    """Compare the comuni of each table with those in force at its date."""
    dates = {
        "aree_interne": "2020-01-01",
        "pendolarismo": "2021-12-31",
        "fragilita_comuni": DATA,
        "classificazioni_comuni": "2026-01-01",
        "sistemi_locali_lavoro": "2026-02-01",
    }
    wrong = []
    for table, date in dates.items():
        different = set(read(table)["cod_comune"]) ^ set(territory.load(date).comuni.index)
        wrong += [f"{catalog.spec(table).title}: {code}" for code in sorted(different)]
    return outcome_of_many(wrong, len(dates), "Comuni delle tabelle e della loro data", "Sono gli stessi.")


@check(
    "caratteri-sistemi-locali",
    "Sistemi locali del lavoro: ognuno di quelli lombardi ha il suo centro, e uno solo",
    fonti=["ISTAT, Sistemi locali del lavoro 2021"],
    tabelle=["sistemi_locali_lavoro"],
    gravita="errore",
)
def labour_systems() -> Outcome:
    """Count the centres of the systems of Lombardia."""
    ours = read("sistemi_locali_lavoro").query("regione == 'Lombardia'")
    centres = (ours["centro"] == "si").groupby(ours["sll"]).sum()
    return outcome_of_many(
        (f"{system}: {count}" for system, count in centres[centres != 1].items()),
        len(centres),
        "Centri dei sistemi locali lombardi",
        "Ogni sistema ha un centro.",
    )
