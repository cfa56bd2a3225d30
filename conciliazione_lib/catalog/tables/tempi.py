"""City-time plans: who must have one, who answered what, which projects, what the Region counted."""

from __future__ import annotations

import pandas as pd

from conciliazione_lib.catalog.spec import (
    Rule,
    TableSpec,
    cod_comune,
    day,
    integer,
    number,
    source_columns,
    text,
    yes_no,
)
from conciliazione_lib.errors import Problem
from conciliazione_lib.indicators.time_plan_states import ADOPTED, AREAS, STATES
from conciliazione_lib.region import REGION

SHAPES = ("singola", "associata")


def _years_only_for_plans(frame: pd.DataFrame) -> list[Problem]:
    expected = f"l'anno solo per un piano adottato ({', '.join(ADOPTED)})"
    without_plan = frame[~frame["stato"].isin(ADOPTED) & frame["anno"].notna()]
    return [
        Problem(expected, f"{status}, {year}", riga=int(row))
        for row, status, year in zip(without_plan.index, without_plan["stato"], without_plan["anno"], strict=True)
    ]


def _lead_for_associations(frame: pd.DataFrame) -> list[Problem]:
    single = frame[(frame["forma"] != "associata") & frame["cod_capofila"].notna()]
    return [
        Problem("il capofila solo per i piani in forma associata", f"capofila {lead}", riga=int(row))
        for row, lead in zip(single.index, single["cod_capofila"], strict=True)
    ]


PIANI_TEMPI = TableSpec(
    name="piani_tempi",
    title="Piani territoriali degli orari, per comune",
    description=(
        "Una riga per ogni comune e rilevazione: se il comune ha un Piano territoriale degli orari, da "
        "quando, da solo o in associazione, e che cosa lo prova. Un comune che non ha risposto ha stato «dato"
        " non pervenuto»: non vuol dire che il piano non c'è. «adottato» vuol dire che il piano è stato "
        "adottato e che la fonte non dice se è ancora aggiornato. I comuni che la fonte nomina separatamente "
        "e che nel frattempo si sono fusi hanno il codice del comune attuale e il nome scritto nella fonte."
    ),
    columns={
        "cod_comune": cod_comune("Codice ISTAT del comune attuale"),
        "comune": text("Nome del comune nella fonte"),
        "rilevazione": text("Rilevazione o atto che riporta il dato"),
        "ambito_fonte": text("Ambito territoriale sotto cui la fonte elenca il comune", required=False),
        "stato": text("Stato del piano", values=STATES),
        "anno": integer("Anno di adozione del piano", minimum=1985, maximum=2100, required=False),
        "atto": text("Atto di adozione", required=False),
        "forma": text("Piano del solo comune o di un'associazione di comuni", values=SHAPES, required=False),
        "cod_capofila": text("Codice ISTAT del comune capofila dell'associazione", pattern=r"\d{6}", required=False),
        "allineato": yes_no("Il piano tratta i criteri dell'art. 6 della l.r. 28/2004", required=False),
        "misurabile": yes_no("Il piano ha indicatori e scadenze", required=False),
        "data_risposta": day("Giorno della risposta", required=False),
        "evidenza": text("Che cosa prova il dato: testo della risposta, indirizzo della delibera", required=False),
        **source_columns(),
    },
    keys=("cod_comune", "comune", "rilevazione"),
    rules=(
        Rule("anno_del_piano", "L'anno di adozione si indica solo per i piani adottati.", _years_only_for_plans),
        Rule("capofila_associate", "Il capofila si indica solo per i piani associati.", _lead_for_associations),
    ),
)

PIANI_TEMPI_AMBITI = TableSpec(
    name="piani_tempi_ambiti",
    title="Rilevazione sui Piani dei Tempi: le risposte degli ambiti",
    description=(
        "Una riga per ogni ambito e rilevazione: quanti comuni la fonte dichiara, quanti ne elenca, e la "
        "risposta come è scritta. Le risposte negative di comuni che la fonte non nomina si contano qui e non"
        " sono attribuite a nessun comune."
    ),
    columns={
        "rilevazione": text("Rilevazione"),
        "ambito_fonte": text("Ambito, come scritto nella fonte"),
        "comuni_dichiarati": integer("Numero di comuni dichiarato nella fonte", minimum=1),
        "comuni_elencati": integer("Numero di comuni elencati nella fonte", minimum=0),
        "riscontro": text("Risposta dell'ambito, come scritta nella fonte"),
        "negativi_senza_nome": integer(
            "Comuni che hanno risposto di non avere il piano e che la fonte non nomina", minimum=0
        ),
        **source_columns(),
    },
    keys=("rilevazione", "ambito_fonte"),
)

PIANI_TEMPI_PROGETTI = TableSpec(
    name="piani_tempi_progetti",
    title="Progetti sui tempi delle città finanziati dalla Regione",
    description=(
        "Una riga per ogni azione e comune. La fonte dà due elenchi: le azioni per area prioritaria dell'art."
        " 6 della l.r. 28/2004 con i comuni coinvolti, e i progetti finanziati con il loro titolo, senza "
        "area. I due elenchi non coincidono e sono tenuti distinti."
    ),
    columns={
        "bando": text("Bando regionale"),
        "elenco": text("Elenco della fonte da cui viene la riga", values=("azioni per area", "progetti finanziati")),
        "cod_comune": cod_comune("Codice ISTAT del comune coinvolto"),
        "comune": text("Comune coinvolto"),
        "progetto": text("Titolo del progetto", required=False),
        "azione": text("Azione"),
        "area": text("Area prioritaria dell'art. 6 della l.r. 28/2004", values=tuple(AREAS), required=False),
        **source_columns(),
    },
    keys=("bando", "elenco", "cod_comune", "azione"),
)

PIANI_TEMPI_REGIONE = TableSpec(
    name="piani_tempi_regione",
    title=f"I Piani dei Tempi {REGION.there} secondo la relazione regionale",
    description=(
        "I conteggi regionali sui Piani territoriali degli orari (DGR XI/2639 del 16 dicembre 2019), come "
        "riportati nel Documento territoriale di indirizzo dell'ATS della Città Metropolitana di Milano. I "
        "conteggi non concordano tutti fra loro: le differenze sono elencate fra i controlli, non corrette."
    ),
    columns={
        "voce": text("Identificativo del conteggio", pattern=r"[a-z0-9_]+"),
        "anno": integer("Anno a cui il conteggio si riferisce", minimum=1985, maximum=2100),
        "descrizione": text("Che cosa si conta"),
        "valore": number("Valore", minimum=0),
        "unita": text("Unità di misura", values=("comuni", "%", "accordi", "bandi")),
        "precisione": text("Come la fonte dà la cifra", values=("esatta", "poco più")),
        **source_columns(),
    },
    keys=("voce", "anno"),
)

PIANI_TEMPI_DICHIARAZIONI = TableSpec(
    name="piani_tempi_dichiarazioni",
    title="Che cosa si è detto dei Piani dei Tempi di molti comuni insieme",
    description=(
        "Una riga per dichiarazione: una fonte che, senza nominarli, dice in quale stato è il piano di tutti i comuni "
        "di un insieme, tranne alcuni. Non è la risposta di un comune: dove un comune, o il suo ambito, dice altro, la "
        "dichiarazione è contraddetta. Il numero che la fonte stampa può non essere quello che le sue parole implicano."
    ),
    columns={
        "dichiarazione": text("Identificativo", pattern=r"[a-z0-9_]+"),
        "rilevazione": text("Rilevazione o atto che riporta la dichiarazione"),
        "anno": integer("Anno a cui si riferisce", minimum=1985, maximum=2100),
        "insieme": text("Comuni di cui parla", values=("obbligati",)),
        "stato": text("Stato che la fonte dichiara per tutti", values=STATES),
        "eccezioni": text(
            "Codici ISTAT dei comuni eccettuati, separati da uno spazio", pattern=r"\d{6}( \d{6})*", required=False
        ),
        "comuni_contati": integer("Quanti comuni la fonte conta in quello stato", minimum=0, required=False),
        "di_cui": text("Quali comuni sono contati, se non tutto l'insieme", required=False),
        "testo": text("La frase della fonte"),
        **source_columns(),
    },
    keys=("dichiarazione",),
)
