"""What the Alleanze collect: the map of impact of their actions and the indicators of progress (KPI).

Refused, because any number computed from it would be wrong: dates in the wrong order, a value without its date, one
indicator defined in two ways. What is only missing (a starting value, a target) is accepted and listed among the
findings of :mod:`conciliazione_lib.indicators.monitoring`, which also says what cannot be computed for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

import pandas as pd

from conciliazione_lib.catalog.spec import Rule, TableSpec, day, number, source_columns, text
from conciliazione_lib.catalog.tables.esiti import ATS
from conciliazione_lib.errors import Problem

CODE = r"[A-Za-z0-9][A-Za-z0-9_-]*"

#: What an indicator counts.
COUNTS = MappingProxyType(
    {
        "persone": "persone diverse, ciascuna contata una volta",
        "accessi": "accessi o presenze: la stessa persona conta ogni volta",
        "organizzazioni": "imprese ed enti, ciascuno contato una volta",
        "ore": "ore",
        "euro": "euro",
        "quota": "quota o percentuale",
        "punteggio": "punteggio su una scala",
        "altro": "altro, detto nelle note",
    }
)

#: How the values of several partners make the value of the Alleanza.
SUMS = MappingProxyType(
    {
        "somma": "i valori dei partner si sommano",
        "unici": "si sommano solo se i partner hanno tolto chi è già contato da altri",
        "non_sommabile": "non si sommano: ogni partner resta a sé",
    }
)

MAPPA_IMPATTO = TableSpec(
    name="mappa_impatto",
    title="Mappa d'impatto delle Alleanze",
    description=(
        "Una riga per cambiamento atteso da un'azione: obiettivo, destinatari, risorse, attività, prodotto (output) e "
        "cambiamento (outcome). La compila ogni Alleanza prima che i progetti comincino."
    ),
    columns={
        "ats": text("ATS", values=ATS),
        "alleanza": text("Nome dell'Alleanza"),
        "cod_azione": text("Codice dell'azione, scelto dall'Alleanza", pattern=CODE),
        "azione": text("Titolo dell'azione"),
        "obiettivo": text("Obiettivo di cambiamento"),
        "destinatari": text("Persone o organizzazioni per cui si vuole il cambiamento"),
        "risorse": text("Risorse disponibili (input)", required=False),
        "attivita": text("Attività che si realizzano"),
        "output": text("Risultato misurabile dell'attività (output)", required=False),
        "outcome": text("Cambiamento atteso (outcome)"),
        **source_columns(),
    },
    keys=("ats", "alleanza", "cod_azione", "outcome"),
    column_aliases={"risorse": ("input",), "destinatari": ("beneficiari",)},
)


def _dates_in_order(frame: pd.DataFrame) -> Sequence[Problem]:
    problems = []
    for column, name in (("data_valore", "della misura"), ("data_traguardo", "del traguardo")):
        before = frame["data_partenza"].notna() & frame[column].notna() & (frame[column] < frame["data_partenza"])
        problems += [
            Problem(
                atteso=f"la data {name} dopo quella del valore di partenza ({row['data_partenza']})",
                trovato=f"{row[column]}",
                riga=int(str(index)),
                colonna=column,
            )
            for index, row in frame[before].iterrows()
        ]
    return problems


def _values_have_dates(frame: pd.DataFrame) -> Sequence[Problem]:
    pairs = (
        ("valore_partenza", "data_partenza"),
        ("traguardo", "data_traguardo"),
        ("valore_raggiunto", "data_valore"),
    )
    return [
        Problem(
            atteso=f"la data a cui si riferisce «{value}»",
            trovato="nessuna data",
            riga=int(str(index)),
            colonna=data,
        )
        for value, data in pairs
        for index in frame.index[frame[value].notna() & frame[data].isna()]
    ]


def _one_definition(frame: pd.DataFrame) -> Sequence[Problem]:
    problems = []
    for (_, alleanza, kpi), rows in frame.groupby(["ats", "alleanza", "cod_kpi"], sort=False):
        for column in ("cod_azione", "indicatore", "unita", "conteggio", "somma"):
            values = rows[column].dropna().unique().tolist()
            if len(values) > 1:
                problems.append(
                    Problem(
                        atteso=f"una sola definizione dell'indicatore {kpi} dell'Alleanza «{alleanza}»",
                        trovato=f"«{values[0]}» e «{values[1]}»",
                        riga=int(str(rows.index[rows[column] == values[1]][0])),
                        colonna=column,
                        rimedio="Usare due codici, se gli indicatori sono due.",
                    )
                )
    return problems


KPI = TableSpec(
    name="kpi",
    title="Indicatori dei progetti delle Alleanze (KPI)",
    description=(
        "Una riga per indicatore e partner che lo misura: valore di partenza, traguardo e valore raggiunto, ciascuno "
        "con la sua data; unità, che cosa si conta e come si sommano i partner. Un partner compare una volta sola per "
        "indicatore."
    ),
    columns={
        "ats": text("ATS", values=ATS),
        "alleanza": text("Nome dell'Alleanza"),
        "cod_azione": text("Codice dell'azione nella mappa d'impatto", pattern=CODE),
        "cod_kpi": text("Codice dell'indicatore, scelto dall'Alleanza", pattern=CODE),
        "tipo": text("Prodotto dell'attività (output) o cambiamento (outcome)", values=("output", "outcome")),
        "indicatore": text("Che cosa si misura, per esteso"),
        "unita": text("Unità di misura", required=False),
        "conteggio": text("Che cosa si conta", values=tuple(COUNTS), required=False),
        "somma": text("Come si sommano i valori dei partner", values=tuple(SUMS), required=False),
        "partner": text("Ente che misura; il nome dell'Alleanza se è una misura sola"),
        "valore_partenza": number("Valore di partenza", required=False),
        "data_partenza": day("Data del valore di partenza", required=False),
        "traguardo": number("Traguardo", required=False),
        "data_traguardo": day("Data del traguardo", required=False),
        "valore_raggiunto": number("Ultimo valore misurato", required=False),
        "data_valore": day("Data dell'ultimo valore", required=False),
        **source_columns(),
    },
    keys=("ats", "alleanza", "cod_kpi", "partner"),
    rules=(
        Rule("date_in_ordine", "Misura e traguardo sono successivi al valore di partenza.", _dates_in_order),
        Rule("valori_con_data", "Ogni valore ha la sua data.", _values_have_dates),
        Rule("una_definizione", "Un indicatore ha una sola definizione fra i suoi partner.", _one_definition),
    ),
    column_aliases={
        "valore_partenza": ("baseline", "valore di partenza"),
        "traguardo": ("target", "valore atteso"),
        "valore_raggiunto": ("valore raggiunto", "risultato"),
        "unita": ("unità di misura",),
        "partner": ("ente",),
        "cod_kpi": ("kpi", "codice"),
    },
    reserved=True,  # an indicator may count three people: its progress is published, its counts are not
)
