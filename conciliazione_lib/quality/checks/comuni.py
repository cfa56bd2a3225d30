"""Comuni and residents: what follows mergers, compares three sources at once, or looks where the data say.

Code because: the legal population is ours carried to the comuni of a later date; foreigners are held against two
tables together; the ATS of a structure is looked up in the geography; the tables of ``misure`` are named in its rows;
the day of the residents of an act is told only if another total proves it.
"""

from __future__ import annotations

import pandas as pd

from conciliazione_lib import territory
from conciliazione_lib.evidence.formats import numero
from conciliazione_lib.quality.arithmetic import compare
from conciliazione_lib.quality.check import Outcome, check, outcome_of, outcome_of_many
from conciliazione_lib.quality.reading import read

DATE = "2022-01-01"


@check(
    "bilanci-stranieri-2025",
    "Residenti stranieri al 1° gennaio 2025: il bilancio per sesso parte dai totali, e non superano i residenti",
    sources=[
        "ISTAT, Popolazione straniera residente (29_316)",
        "ISTAT, Bilancio demografico dei cittadini stranieri, anno 2025 (P3)",
        "ISTAT, Bilancio demografico mensile, anno 2025 (P2)",
    ],
    tables=["bilancio_stranieri", "stranieri_totali", "bilancio_demografico"],
    severity="errore",
)
def foreigners() -> Outcome:
    """Compare two sources of the same residents, and a part with its whole, comune by comune."""
    totals = read("stranieri_totali").query("anno == 2025").set_index("cod_comune")["residenti"]
    begun = read("bilancio_stranieri", data="2025").groupby("cod_comune")["residenti_inizio"].sum()
    everyone = read("bilancio_demografico", data="2025").set_index("cod_comune")["residenti_inizio"]
    wrong = totals[(totals != begun.reindex(totals.index)) | (totals > everyone.reindex(totals.index))]
    return outcome_of_many(
        (str(code) for code in wrong.index),
        len(totals),
        "Residenti stranieri secondo le due tavole, e residenti",
        "I totali sono la somma dei sessi, e una parte dei residenti.",
    )


@check(
    "caratteri-popolazione-legale",
    "Popolazione legale 2021: è quella al 1° gennaio 2022, comune per comune",
    sources=[
        "ISTAT, Classificazioni statistiche e dimensione dei comuni, 1° gennaio 2026",
        "ISTAT, popolazione residente al 1° gennaio 2022",
    ],
    tables=["classificazioni_comuni", "popolazione", "fusioni_comuni"],
    severity="errore",
)
def legal_population() -> Outcome:
    """Compare the legal population, at the comuni of the classification, with ours summed over those merged by then."""
    classes = read("classificazioni_comuni")
    until = classes.attrs["provenienza"]["data_riferimento"]
    ours = read("popolazione", data=DATE).groupby("cod_comune")["residenti"].sum()
    mergers = read("fusioni_comuni")
    merged = mergers[(mergers["data"] > DATE) & (mergers["data"] <= until)].set_index("cod_prima")["cod_dopo"]
    codes = ours.index.to_series()
    then = ours.groupby(codes.map(merged).fillna(codes)).sum()
    legal = classes.set_index("cod_comune")["popolazione_legale_2021"]
    pairs = pd.DataFrame({"legal": legal, "ours": then.reindex(legal.index)})[legal.index.isin(then.index)]
    wrong = pairs[~(pairs["legal"] == pairs["ours"])]
    return outcome_of_many(
        (f"{row.Index}: {numero(row.legal)} e {numero(row.ours)}" for row in wrong.itertuples()),
        len(pairs),
        "Popolazione legale e residenti al 1° gennaio 2022",
        "Sono gli stessi in ogni comune.",
    )


@check(
    "offerta-ats",
    "Strutture per anziani: la ATS scritta nei registri è quella del comune",
    sources=["Regione Lombardia, registri delle strutture per anziani, agosto 2026"],
    tables=["strutture_anziani", "comuni_ats"],
    severity="errore",
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
    "indicatori-definiti",
    "Indicatori su lavoro e servizi: ogni misura è definita, con la sua unità",
    sources=["Tabella delle misure"],
    tables=["misure", "indicatori_lavoro", "indicatori_servizi"],
    severity="errore",
)
def defined() -> Outcome:
    """Compare measures and units of the two tables with the definitions, both ways."""
    measures = read("misure")
    there = set(measures[["tabella", "misura", "unita"]].itertuples(index=False, name=None))
    here = {
        (table, *row)
        for table in sorted(set(measures["tabella"]))
        for row in read(table)[["misura", "unita"]].drop_duplicates().itertuples(index=False, name=None)
    }
    return outcome_of_many(
        (f"{table}: {measure} ({unit})" for table, measure, unit in sorted(here ^ there)),
        len(here | there),
        "Misure delle tabelle e loro definizioni",
        "Ogni misura ha la sua definizione, e ogni definizione una misura.",
    )


@check(
    "popolazione-atto-data",
    "I residenti stampati nell'atto 2025-2027 sono quelli del giorno che l'atto dice",
    sources=["Linee guida 2025-2027, § 4.4", "ISTAT, popolazione residente e bilancio demografico"],
    tables=["residenti_atto", "residenti_comuni", "popolazione_province"],
    severity="avviso",
)
def day_of_the_act() -> Outcome:
    """Compare with the 1 January after the day that the act says, as ISTAT gives it."""
    printed = int(read("residenti_atto")["residenti"].sum())
    that_day = int(read("residenti_comuni", "2025-01-01")["residenti"].sum())
    year_before = int(read("popolazione_province", "2024-01-01")["residenti"].sum())
    return outcome_of(
        compare(printed, that_day),
        "Lombardia nell'atto, che dice al 31 dicembre 2024, e secondo ISTAT a quella data (1° gennaio 2025)",
        numero,
        spiegazione="Il totale dell'atto è quello che ISTAT dà un anno prima, al 1° gennaio 2024."
        if printed == year_before
        else "",
    )
