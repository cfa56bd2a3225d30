"""Published indicators: every measure is defined, and the same figure is the same in every table that has it."""

from __future__ import annotations

from types import MappingProxyType

import pandas as pd

from conciliazione_lib.evidence.formats import numero
from conciliazione_lib.quality.check import Outcome, check, outcome_of_many
from conciliazione_lib.quality.checks.bilanci import same
from conciliazione_lib.quality.reading import read

BES = "ISTAT, Bes dei territori"
RFL = "ISTAT, Rilevazione sulle forze di lavoro"
#: Codes of the Bes, and what the table of employment calls the same measure.
UGUALI = MappingProxyType({"02IST006-N22": "quota_neet", "03LAV002-N22": "tasso_mancata_partecipazione"})
#: The table of employment has one decimal, the extract by age has two.
ARROTONDAMENTO = 0.05 + 1e-9


@check(
    "indicatori-definiti",
    "Indicatori su lavoro e servizi: ogni misura è definita, con la sua unità",
    fonti=["Tabella delle misure"],
    tabelle=["misure", "indicatori_lavoro", "indicatori_servizi"],
    gravita="errore",
)
def defined() -> Outcome:
    """Compare measures and units of the two tables with the definitions, both ways."""
    measures = read("misure")
    keys = ["tabella", "misura", "unita"]
    there = set(measures[keys].itertuples(index=False, name=None))
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
    "indicatori-sessi",
    "Occupazione 15–89 e per età: il totale sta fra donne e uomini, la Lombardia fra le sue province",
    fonti=[RFL],
    tabelle=["indicatori_lavoro"],
    gravita="errore",
)
def between() -> Outcome:
    """Check that a rate of a whole lies between those of its parts."""
    rates = read("indicatori_lavoro").query("misura in ['tasso_occupazione_15_89', 'tasso_occupazione_per_eta']")
    sexes = rates.set_index(["misura", "territorio", "periodo", "eta", "sesso"])["valore"].unstack()
    inside = sexes["T"].between(sexes[["F", "M"]].min(axis=1), sexes[["F", "M"]].max(axis=1))
    wrong = [_name(key) for key in sexes.index[~inside]]
    broad = rates[(rates["misura"] == "tasso_occupazione_15_89") & (rates["livello"] != "italia")]
    provinces = broad[broad["livello"] == "provincia"].groupby(["periodo", "sesso"])["valore"]
    # Before 2023 only Brescia is there, and no region to compare it with.
    region = broad[broad["livello"] == "regione"].set_index(["periodo", "sesso"])["valore"]
    low, high = provinces.min().reindex(region.index), provinces.max().reindex(region.index)
    wrong += [f"lombardia {_name(key)}" for key in region.index[~region.between(low, high)]]
    return outcome_of_many(
        wrong, len(sexes) + len(region), "Tassi di occupazione e loro parti", "Ogni totale sta fra le sue parti."
    )


@check(
    "indicatori-brescia-20-64",
    "Occupazione 20–64 in provincia di Brescia: l'estratto per età e la tabella dell'occupazione",
    fonti=[RFL],
    tabelle=["indicatori_lavoro", "occupazione"],
    gravita="errore",
    territori=["brescia", "montagna"],
)
def brescia() -> Outcome:
    """Compare the rates that both tables have, but for rounding."""
    extract = read("indicatori_lavoro").query(
        "misura == 'tasso_occupazione_per_eta' and territorio == 'BS' and eta == '20-64'"
    )
    table = read("occupazione").query(
        "misura == 'tasso_occupazione' and territorio == 'BS' and eta == '20-64' and periodo == 'anno'"
    )
    ours = table.set_index([table["anno"].astype("str"), "sesso"])["valore"]
    theirs = extract.set_index(["periodo", "sesso"])["valore"]
    both = pd.DataFrame({"ours": ours, "theirs": theirs}).dropna()
    off = both[(both["ours"] - both["theirs"]).abs() > ARROTONDAMENTO]
    return outcome_of_many(
        (f"{_name(row.Index)}: {numero(row.ours, 1)} e {numero(row.theirs, 2)}" for row in off.itertuples()),
        len(both),
        "Tassi 20–64 nelle due tabelle",
        "Differiscono solo per l'arrotondamento.",
    )


@check(
    "indicatori-bes",
    "Bes della Lombardia: NEET e mancata partecipazione sono quelli della tabella dell'occupazione",
    fonti=[BES],
    tabelle=["indicatori_bes", "occupazione"],
    gravita="errore",
)
def wellbeing() -> Outcome:
    """Compare the years that both tables have."""
    bes = read("indicatori_bes")
    bes = bes[bes["indicatore"].isin(UGUALI)]
    theirs = bes.set_index([bes["indicatore"].map(UGUALI), "anno"])["valore"].rename_axis(["misura", "anno"])
    table = read("occupazione").query("territorio == 'lombardia' and sesso == 'T' and periodo == 'anno'")
    ours = table[table["misura"].isin(UGUALI.values())].set_index(["misura", "anno"])["valore"]
    return same(
        ours[ours.index.isin(theirs.index)],
        theirs,
        "Indicatori nelle due tabelle",
        "Sono gli stessi in ogni anno.",
    )


@check(
    "indicatori-neet-province",
    "NEET: la Lombardia sta fra le sue province, anno per anno",
    fonti=[BES],
    tabelle=["indicatori_lavoro", "occupazione"],
    gravita="errore",
)
def neet() -> Outcome:
    """Check that the regional share lies between the lowest and the highest of the provinces that the source gives."""
    shares = read("indicatori_lavoro").query("misura == 'quota_neet'")
    provinces = shares.groupby(shares["periodo"].astype("int64"))["valore"]
    region = read("occupazione").query("misura == 'quota_neet' and territorio == 'lombardia'").set_index("anno")
    rates = region["valore"].reindex(provinces.min().index)
    wrong = rates[~rates.between(provinces.min(), provinces.max())]
    return outcome_of_many(
        (f"{year}: {numero(value, 1)}" for year, value in wrong.items()),
        len(rates),
        "NEET della Lombardia e delle province",
        "Ogni anno la Lombardia sta fra le sue province.",
    )


@check(
    "indicatori-imprese-femminili-2016",
    "Imprese attive e femminili al 31 marzo 2016: la somma delle province è la Lombardia",
    fonti=["Registro delle imprese, via Camera di commercio di Milano"],
    tabelle=["indicatori_lavoro"],
    gravita="errore",
)
def firms() -> Outcome:
    """Compare the only date at which every province is known."""
    firms = read("indicatori_lavoro").query(
        "periodo == '2016-03-31' and misura in ['imprese_attive', 'imprese_femminili_attive']"
    )
    return same(
        firms[firms["livello"] == "regione"].set_index("misura")["valore"],
        firms[firms["livello"] == "provincia"].groupby("misura")["valore"].sum(),
        "Imprese della Lombardia e somma delle province",
        "Le dodici province sommano alla Lombardia.",
    )


@check(
    "indicatori-unita-locali",
    "Unità locali 2018-2023: ogni provincia ha ogni anno e ogni classe, e le classi sommano al totale",
    fonti=["ISTAT, Archivio statistico delle imprese attive"],
    tabelle=["unita_locali"],
    gravita="errore",
)
def local_units() -> Outcome:
    """Compare the units of every province and year with the sum of their classes."""
    wide = read("unita_locali").set_index(["territorio", "anno", "classe"])["unita_locali"].unstack()
    return same(
        wide["totale"],
        wide.drop(columns="totale").sum(axis=1, min_count=4),
        "Unità locali in totale e per classe",
        "Le classi sommano al totale in ogni provincia e anno.",
    )


def _name(key: object) -> str:
    return " ".join(str(part) for part in key) if isinstance(key, tuple) else str(key)
