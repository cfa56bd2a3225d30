"""Who belongs to whom: declared numbers of comuni against lists, declared residents against ours."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

from conciliazione_lib import territory
from conciliazione_lib.evidence.formats import numero
from conciliazione_lib.quality.arithmetic import compare
from conciliazione_lib.quality.check import Outcome, check, outcome_of, outcome_of_many, outcome_of_part
from conciliazione_lib.quality.reading import read, residents

PIANI_DI_ZONA = "Piani di zona e pagine degli ambiti"
DATA = "2022-01-01"
#: Yearly change of the residents of an ambito that needs no explanation, and what «circa» may hide.
DERIVA, CIRCA = Decimal("0.01"), Decimal("0.01")


def _completi() -> pd.DataFrame:
    ambiti = territory.load(data=DATA).ambiti
    return ambiti[ambiti["stato"] == "completo"]


@check(
    "territorio-ambiti-elenchi",
    "Ambiti: l'elenco dei comuni ne ha quanti la fonte ne dichiara",
    fonti=[PIANI_DI_ZONA],
    tabelle=["ambiti", "comuni_ambiti"],
    gravita="nota",
    territori=["milano", "val-padana"],
)
def elenchi() -> Outcome:
    """Compare declared and listed comuni at the day of the source, where the list is complete."""
    ambiti = _completi().dropna(subset="comuni_dichiarati").astype({"comuni_dichiarati": "int64"})
    diversi = ambiti[ambiti["comuni_dichiarati"] != ambiti["comuni_allora"]]
    fuori = [
        f"{r['nome']}, {r['comuni_dichiarati']} dichiarati e {r['comuni_allora']} nell'elenco"
        + (f" ({r['note'].rstrip('.')})" if isinstance(r["note"], str) else "")
        for _, r in diversi.iterrows()
    ]
    return outcome_of_many(
        fuori,
        len(ambiti),
        f"Comuni dichiarati ({numero(int(ambiti['comuni_dichiarati'].sum()))}) ed elencati "
        f"({numero(int(ambiti['comuni_allora'].sum()))}) negli ambiti con l'elenco completo",
        "Ogni elenco ha tutti i comuni che la fonte dichiara.",
    )


@check(
    "territorio-ambiti-somme",
    "Ambiti: i comuni di più ambiti sono, insieme, quanti ne conta una fonte",
    fonti=[PIANI_DI_ZONA, "ISTAT, comuni delle province"],
    tabelle=["ambiti", "comuni_ambiti", "somme_ambiti"],
    gravita="errore",
)
def somme() -> Outcome:
    """Count the comuni of some ambiti together: as many as the source says where all are complete, never more."""
    fuori = []
    conti = read("somme_ambiti")
    for nome, ambiti, comuni, al in conti[["somma", "ambiti", "comuni", "al"]].to_numpy():
        luoghi = territory.load(data=al if isinstance(al, str) else DATA)
        di_questi = luoghi.ambiti.loc[ambiti.split()]
        trovati = int(di_questi["comuni_trovati"].sum())
        completi = bool((di_questi["stato"] == "completo").all())
        if trovati > comuni or (completi and trovati != comuni):
            fuori.append(f"{nome}, {comuni} secondo la fonte e {trovati} nostri")
    return outcome_of_many(
        fuori, len(conti), "Somme di comuni dichiarate e nostre", "Dove gli ambiti sono completi, i comuni sono quelli."
    )


@check(
    "territorio-ambiti-residenti",
    "Ambiti: i residenti che le fonti dichiarano sono plausibili",
    fonti=[PIANI_DI_ZONA, "ISTAT, popolazione residente al 1° gennaio 2022"],
    tabelle=["ambiti", "popolazione"],
    gravita="avviso",
)
def residenti_dichiarati() -> Outcome:
    """Compare declared residents with ours, within one per cent a year of distance and one of rounding."""
    ambiti = _completi().dropna(subset="popolazione_dichiarata")
    ambiti = ambiti.dropna(subset="anno_popolazione")
    nostri = residents("ambito", DATA)
    fuori = []
    for ambito, r in ambiti.iterrows():
        suoi = int(nostri[str(ambito)])
        anni = abs(int(r["anno_popolazione"]) - int(DATA[:4]))
        differenza = Decimal(int(r["popolazione_dichiarata"])) / suoi - 1
        if abs(differenza) > DERIVA * anni + CIRCA:
            fuori.append(f"{r['nome']}, {numero(r['popolazione_dichiarata'])} dichiarati e {numero(suoi)} nostri")
    return outcome_of_many(
        fuori,
        len(ambiti),
        "Residenti dichiarati con la data e residenti al 1° gennaio 2022",
        "Le differenze sono quelle del tempo passato, fino all'1% l'anno, e degli arrotondamenti.",
    )


@check(
    "territorio-sprint-ambiti",
    "Sprint! Lombardia Insieme: gli ambiti con progetti non sono più di tutti gli ambiti",
    fonti=["Linee guida 2025-2027, § 2.2", PIANI_DI_ZONA],
    tabelle=["interventi_regionali", "ambiti"],
    gravita="avviso",
)
def sprint() -> Outcome:
    """73 ambiti of those listed."""
    con_progetti = read("interventi_regionali").query("misura == 'ambiti territoriali con progetti realizzati'")
    return outcome_of_part(
        float(con_progetti["valore"].item()),
        len(territory.load(data=DATA).ambiti),
        "Ambiti con progetti e ambiti della Lombardia",
    )


@check(
    "territorio-asl-partizione",
    "DGR X/1081: i residenti dei territori delle quindici ASL sommano a quelli della Lombardia",
    fonti=["DGR X/1081/2013, Allegato C", "ISTAT, popolazione residente al 1° gennaio 2022"],
    tabelle=["comuni_asl", "popolazione"],
    gravita="errore",
)
def asl() -> Outcome:
    """Compare the sum of the fifteen ASL with the sum of the comuni."""
    per_asl = territory.load(data=DATA).aggregate(read("popolazione", DATA), to="asl")
    per_asl = per_asl[per_asl["territorio"] != "non-attribuito"]
    totale = int(read("popolazione", data=DATA)["residenti"].sum())
    quante = per_asl["territorio"].nunique()
    return outcome_of(
        compare(totale, int(per_asl["residenti"].sum())),
        f"Residenti della Lombardia e somma di {quante} ASL",
        numero,
    )
