"""Who belongs to whom: declared numbers of comuni against lists, declared residents against ours.

Code because each ambito is judged by itself: where its list is complete, at the day of its source, within what the
years between two dates explain.
"""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

from conciliazione_lib import territory
from conciliazione_lib.evidence.formats import numero
from conciliazione_lib.quality.check import Outcome, check, outcome_of_many
from conciliazione_lib.quality.reading import read, residents

PLANS = "Piani di zona e pagine degli ambiti"
DATE = "2022-01-01"
#: Yearly change of the residents of an ambito that needs no explanation, and what «circa» may hide.
DRIFT, ABOUT = Decimal("0.01"), Decimal("0.01")


def _complete() -> pd.DataFrame:
    ambiti = territory.load(data=DATE).ambiti
    return ambiti[ambiti["stato"] == "completo"]


@check(
    "territorio-ambiti-elenchi",
    "Ambiti: l'elenco dei comuni ne ha quanti la fonte ne dichiara",
    sources=[PLANS],
    tables=["ambiti", "comuni_ambiti"],
    severity="nota",
    territori=["milano", "val-padana"],
)
def lists() -> Outcome:
    """Compare declared and listed comuni at the day of the source, where the list is complete."""
    ambiti = _complete().dropna(subset="comuni_dichiarati").astype({"comuni_dichiarati": "int64"})
    different = ambiti[ambiti["comuni_dichiarati"] != ambiti["comuni_allora"]]
    wrong = [
        f"{row['nome']}, {row['comuni_dichiarati']} dichiarati e {row['comuni_allora']} nell'elenco"
        + (f" ({row['note'].rstrip('.')})" if isinstance(row["note"], str) else "")
        for _, row in different.iterrows()
    ]
    return outcome_of_many(
        wrong,
        len(ambiti),
        f"Comuni dichiarati ({numero(int(ambiti['comuni_dichiarati'].sum()))}) ed elencati "
        f"({numero(int(ambiti['comuni_allora'].sum()))}) negli ambiti con l'elenco completo",
        "Ogni elenco ha tutti i comuni che la fonte dichiara.",
    )


@check(
    "territorio-ambiti-somme",
    "Ambiti: i comuni di più ambiti sono, insieme, quanti ne conta una fonte",
    sources=[PLANS, "ISTAT, comuni delle province"],
    tables=["ambiti", "comuni_ambiti", "somme_ambiti"],
    severity="errore",
)
def sums() -> Outcome:
    """Count the comuni of some ambiti together: as many as the source says where all are complete, never more."""
    wrong = []
    counts = read("somme_ambiti")
    for name, ambiti, comuni, day in counts[["somma", "ambiti", "comuni", "al"]].to_numpy():
        places = territory.load(data=day if isinstance(day, str) else DATE)
        of_these = places.ambiti.loc[ambiti.split()]
        found = int(of_these["comuni_trovati"].sum())
        complete = bool((of_these["stato"] == "completo").all())
        if found > comuni or (complete and found != comuni):
            wrong.append(f"{name}, {comuni} secondo la fonte e {found} nostri")
    return outcome_of_many(
        wrong,
        len(counts),
        "Somme di comuni dichiarate e nostre",
        "Dove gli ambiti sono completi, i comuni sono quelli.",
    )


@check(
    "territorio-ambiti-residenti",
    "Ambiti: i residenti che le fonti dichiarano sono plausibili",
    sources=[PLANS, "ISTAT, popolazione residente al 1° gennaio 2022"],
    tables=["ambiti", "popolazione"],
    severity="avviso",
)
def declared_residents() -> Outcome:
    """Compare declared residents with ours, within one per cent a year of distance and one of rounding."""
    ambiti = _complete().dropna(subset=["popolazione_dichiarata", "anno_popolazione"])
    ours = residents("ambito", DATE)
    wrong = []
    for ambito, row in ambiti.iterrows():
        its_own, said = int(ours[str(ambito)]), int(row["popolazione_dichiarata"])
        years = abs(int(row["anno_popolazione"]) - int(DATE[:4]))
        if abs(Decimal(said) / its_own - 1) > DRIFT * years + ABOUT:
            wrong.append(f"{row['nome']}, {numero(said)} dichiarati e {numero(its_own)} nostri")
    return outcome_of_many(
        wrong,
        len(ambiti),
        "Residenti dichiarati con la data e residenti al 1° gennaio 2022",
        "Le differenze sono quelle del tempo passato, fino all'1% l'anno, e degli arrotondamenti.",
    )
