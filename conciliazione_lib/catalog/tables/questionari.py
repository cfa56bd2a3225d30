"""The questionnaires: the instrument, the answers of single people (never published), who was asked, the thresholds."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from conciliazione_lib.catalog.spec import Rule, TableSpec, integer, number, source_columns, text
from conciliazione_lib.catalog.tables.esiti import ATS
from conciliazione_lib.errors import Problem

MODULES = ("beneficiari", "organizzazioni")
KINDS = ("scala", "scelta", "numero", "aperta")
QUESTION = r"[A-Z]+\d*"

#: What is kept of an open answer: that there was one. Its words could tell who wrote them.
OPEN_ANSWER = "risposta data"


def _options(frame: pd.DataFrame) -> Sequence[Problem]:
    closed = frame["tipo"].isin(["scala", "scelta"])
    without = closed & ~frame["opzioni"].fillna("").str.fullmatch(r"[^=|]+=[^=|]+(\|[^=|]+=[^=|]+)+")
    towards = (frame["tipo"] == "scala") != frame["verso"].notna()
    return [
        *(
            Problem("le opzioni nella forma valore=parole|valore=parole", str(frame.at[i, "opzioni"]), riga=i)
            for i in frame.index[without]
        ),
        *(
            Problem("il verso nelle domande su scala, e solo in quelle", str(frame.at[i, "verso"]), riga=i)
            for i in frame.index[towards]
        ),
    ]


QUESTIONARIO = TableSpec(
    name="questionario",
    title="Domande dei questionari ai beneficiari e alle organizzazioni",
    description=(
        "Una riga per domanda: modulo, dimensione d'impatto, testo, tipo di risposta. Nelle domande a verso inverso "
        "chi sta meglio risponde con un numero basso: l'analisi le capovolge."
    ),
    columns={
        "modulo": text("A chi si rivolge", values=MODULES),
        "ordine": integer("Posto nel modulo", minimum=1),
        "cod_domanda": text("Codice della domanda, unico nel modulo", pattern=QUESTION),
        "dimensione": text("Dimensione d'impatto"),
        "testo": text("Testo della domanda"),
        "tipo": text("Tipo di risposta", values=KINDS),
        "verso": text("Verso della scala", values=("diretto", "inverso"), required=False),
        "opzioni": text("Risposte ammesse, valore=parole separate da |", required=False),
        **source_columns(),
    },
    keys=("modulo", "cod_domanda"),
    rules=(Rule("opzioni", "Le domande chiuse hanno le loro opzioni, quelle su scala il verso.", _options),),
)

QUESTIONARI = TableSpec(
    name="questionari",
    title="Risposte ai questionari",
    description=(
        "Una riga per risposta. Sono dati individuali: restano nella cartella locale dell'analista, e ne escono solo "
        "aggregati protetti. Delle risposte aperte si conserva soltanto che ci sono."
    ),
    columns={
        "modulo": text("Questionario", values=MODULES),
        "ats": text("ATS", values=ATS),
        "alleanza": text("Nome dell'Alleanza"),
        "rilevazione": text("Anno o periodo della rilevazione"),
        "cod_rispondente": text(
            "File e progressivo del questionario nel file: non è un nome né un codice della persona"
        ),
        "cod_domanda": text("Domanda (tabella questionario)", pattern=QUESTION),
        "risposta": text("Risposta: punto della scala, opzione o numero"),
        **source_columns(),
    },
    keys=("modulo", "ats", "alleanza", "rilevazione", "cod_rispondente", "cod_domanda"),
    reserved=True,
)

QUESTIONARI_INVIATI = TableSpec(
    name="questionari_inviati",
    title="Questionari inviati",
    description=(
        "Una riga per Alleanza, modulo e rilevazione: quante persone o organizzazioni hanno ricevuto il questionario. "
        "Serve al tasso di risposta, e ai limiti che la mancata risposta lascia aperti."
    ),
    columns={
        "modulo": text("Questionario", values=MODULES),
        "ats": text("ATS", values=ATS),
        "alleanza": text("Nome dell'Alleanza"),
        "rilevazione": text("Anno o periodo della rilevazione"),
        "inviati": integer("Persone o organizzazioni che l'hanno ricevuto", minimum=1),
        **source_columns(),
    },
    keys=("modulo", "ats", "alleanza", "rilevazione"),
)

THRESHOLDS = ("conteggio", "rispondenti", "dominanza_contribuenti", "dominanza_quota")


def _all_thresholds(frame: pd.DataFrame) -> Sequence[Problem]:
    missing = [name for name in THRESHOLDS if name not in set(frame["cod_soglia"])]
    return [
        Problem(f"tutte le soglie: {', '.join(THRESHOLDS)}", f"manca {name}", colonna="cod_soglia") for name in missing
    ]


SOGLIE_RISERVATEZZA = TableSpec(
    name="soglie_riservatezza",
    title="Soglie di riservatezza",
    description="Una riga per soglia sotto la quale un valore su persone od organizzazioni non si pubblica.",
    columns={
        "cod_soglia": text("Soglia", values=THRESHOLDS),
        "descrizione": text("Che cosa protegge"),
        "valore": number("Valore", minimum=1),
        **source_columns(),
    },
    keys=("cod_soglia",),
    rules=(Rule("complete", "Ogni soglia ha il suo valore.", _all_thresholds),),
)
