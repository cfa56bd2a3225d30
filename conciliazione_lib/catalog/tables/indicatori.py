"""Published indicators, one long table for each field, and the definition of every measure in them.

A measure has one definition and one unit. Where two sources call different things by the same name they are two
measures, so that nobody sets them in one series.
"""

from __future__ import annotations

import pandas as pd

from conciliazione_lib.catalog.spec import (
    Column,
    Rule,
    TableSpec,
    integer,
    number,
    reading_column,
    source_columns,
    status_column,
    text,
)
from conciliazione_lib.catalog.tables.lavoro import ETA, PRECISIONS, SERIES
from conciliazione_lib.errors import Problem
from conciliazione_lib.region import REGION

LEVELS = ("comune", "ats", "provincia", "regione", "ripartizione", "italia", "ue", "altro")
TABLES = ("indicatori_lavoro", "indicatori_servizi")
IDENTIFIER = r"[a-z0-9_]+"
#: A year, a day, a quarter, or two years.
PERIOD = r"\d{4}|\d{4}-\d{2}-\d{2}|\d{4}-T[1-4]|\d{4}/\d{4}"
_KEYS = ("misura", "livello", "territorio", "periodo", "sesso", "eta", "gruppo")
#: A unit in which a value above 100 is a slip of the pen.
_PERCENT = "%"
_STAFF = 0.15


def _columns() -> dict[str, Column]:
    return {
        "misura": text("Identificativo della misura, definita nella tabella «misure»", pattern=IDENTIFIER),
        "livello": text("Livello del territorio", values=LEVELS),
        "territorio": text("Codice del territorio nel suo livello"),
        "periodo": text("Anno, giorno, trimestre o coppia di anni a cui il valore si riferisce", pattern=PERIOD),
        "sesso": text("M, F, oppure T per tutti", values=("M", "F", "T")),
        "eta": text(
            "Classe di età in anni compiuti; «tutte» dove l'età non distingue, «non indicata» dove la fonte tace",
            pattern=f"{ETA}|tutte",
        ),
        "gruppo": text("Persone o cose a cui il valore si riferisce; «tutti» se non ci sono gruppi"),
        "valore": number("Valore"),
        "unita": text("Unità di misura"),
        "precisione": text("Come la fonte dà la cifra", values=PRECISIONS),
        "serie": text("Serie a cui il valore appartiene, se la fonte ne ha più di una", values=SERIES, required=False),
        "dedotto": text("Che cosa della riga non è scritto nella fonte", values=("periodo",), required=False),
        **status_column(),
        **source_columns(),
        **reading_column(),
    }


def _one_unit(frame: pd.DataFrame) -> list[Problem]:
    units = frame.groupby("misura")["unita"].transform("first")
    wrong = frame[frame["unita"] != units]
    return [
        Problem(f"una sola unità per {row.misura}", f"«{row.unita}»", riga=row.Index, colonna="unita")  # type: ignore[arg-type]
        for row in wrong.itertuples()
    ]


def _shares(frame: pd.DataFrame) -> list[Problem]:
    wrong = frame[(frame["unita"] == _PERCENT) & (frame["valore"] > 100)]
    return [
        Problem("un valore non superiore a 100", f"{row.valore:g}", riga=row.Index, colonna="valore")  # type: ignore[arg-type]
        for row in wrong.itertuples()
    ]


_RULES = (
    Rule("unita", "Una misura ha sempre la stessa unità.", _one_unit),
    Rule("quote", "Le quote non superano 100.", _shares),
)


def _classes_make_the_total(frame: pd.DataFrame) -> list[Problem]:
    keys = ["livello", "territorio", "anno"]
    parts = frame[frame["classe"] != "totale"].groupby(keys)[["unita_locali", "addetti"]].sum()
    totals = frame[frame["classe"] == "totale"].join(parts.add_suffix("_classi"), on=keys)
    # People employed are yearly averages, printed with one decimal for each class.
    off = (totals["addetti"] - totals["addetti_classi"]).abs() > _STAFF
    return [
        Problem(
            f"la somma delle classi ({row.unita_locali_classi:.0f} unità, {row.addetti_classi:.1f} addetti)",
            f"{row.unita_locali} unità, {row.addetti:.1f} addetti ({row.territorio}, {row.anno})",
            riga=row.Index,  # type: ignore[arg-type]
        )
        for row in totals[off | (totals["unita_locali"] != totals["unita_locali_classi"])].itertuples()
    ]


MISURE = TableSpec(
    name="misure",
    title="Definizioni delle misure degli indicatori pubblicati",
    description=(
        "Una riga per misura delle tabelle «indicatori_lavoro» e «indicatori_servizi»: che cosa conta, in che unità, "
        "con che cosa non si confronta. Due misure diverse non si mettono in una serie, neanche se hanno un nome "
        "simile."
    ),
    columns={
        "misura": text("Identificativo", pattern=IDENTIFIER),
        "tabella": text("Tabella in cui la misura sta", values=TABLES),
        "nome": text("Nome breve"),
        "definizione": text("Che cosa si misura"),
        "unita": text("Unità di misura"),
        "avvertenza": text("Con che cosa non si confronta, o che cosa manca", required=False),
    },
    keys=("misura",),
)

INDICATORI_LAVORO = TableSpec(
    name="indicatori_lavoro",
    title="Indicatori pubblicati su lavoro, cura e conciliazione",
    description=(
        "Una riga per misura, territorio, periodo, sesso, età e gruppo: occupazione 15–89 e per età, NEET, part time "
        "involontario, genitori che lavorano, congedi, lavoro da casa, orari, imprese femminili, cura. I tassi 20–64 "
        "sono nella tabella «occupazione». Ogni riga ha la sua fonte e il suo grado; dove il periodo non è scritto "
        "nella fonte, «dedotto» lo dice."
    ),
    columns=_columns(),
    keys=_KEYS,
    rules=_RULES,
)

INDICATORI_SERVIZI = TableSpec(
    name="indicatori_servizi",
    title="Cifre pubblicate su servizi e interventi per le famiglie",
    description=(
        "Una riga per misura, territorio, periodo e gruppo: rette dei nidi, Nidi Gratis, nidi del PNRR, Centri per la "
        "famiglia, fondi, centri estivi, mense. Per lo più dalla stampa: il grado lo dice."
    ),
    columns=_columns(),
    keys=_KEYS,
    rules=_RULES,
)

INDICATORI_BES = TableSpec(
    name="indicatori_bes",
    title=f"Benessere equo e sostenibile: gli indicatori {REGION.di}",
    description="Una riga per indicatore e anno, con i nomi e le unità di ISTAT. Due sessi insieme.",
    columns={
        "indicatore": text("Codice di ISTAT", pattern=r"[A-Z0-9-]+"),
        "tema": text("Dominio del Bes"),
        "nome": text("Nome dell'indicatore"),
        "unita": text("Unità di misura, come la scrive la fonte"),
        "livello": text("Livello del territorio", values=("regione",)),
        "territorio": text("Codice del territorio", values=(REGION.codice,)),
        "anno": integer("Anno", minimum=2000, maximum=2100),
        "valore": number("Valore"),
        **status_column(),
        "fonte": text("Fonte della riga, come va citata"),
    },
    keys=("indicatore", "territorio", "anno"),
    rules=(
        Rule(
            "unita",
            "Un indicatore ha sempre la stessa unità.",
            lambda frame: _one_unit(frame.rename(columns={"indicatore": "misura"})),
        ),
    ),
)

UNITA_LOCALI = TableSpec(
    name="unita_locali",
    title="Unità locali delle imprese e addetti per classe",
    description=(
        "Una riga per provincia, anno e classe di addetti dell'unità locale. Un'unità locale è un luogo di lavoro: "
        "un'impresa ne può avere molte. Gli addetti sono medie dell'anno, nel luogo in cui lavorano."
    ),
    columns={
        "livello": text("Livello del territorio", values=("provincia",)),
        "territorio": text("Sigla della provincia"),
        "anno": integer("Anno", minimum=2000, maximum=2100),
        "classe": text("Addetti dell'unità locale", values=("0-9", "10-49", "50-249", "250+", "totale")),
        "unita_locali": integer("Unità locali attive", minimum=0),
        "addetti": number("Addetti, media dell'anno", minimum=0),
    },
    keys=("livello", "territorio", "anno", "classe"),
    rules=(Rule("classi", "Le classi sommano al totale.", _classes_make_the_total),),
)
