"""The declared choices of the index of need, and the rules that lead from a need to the actions that may meet it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from conciliazione_lib.catalog.spec import Rule, TableSpec, integer, number, source_columns, text
from conciliazione_lib.errors import Problem

DIMENSIONS = (
    "bambini",
    "anziani",
    "doppio carico",
    "lavoro delle donne",
    "offerta",
    "tempi",
    "mobilità",
    "offerta per anziani",
)


def _polarities(frame: pd.DataFrame) -> Sequence[Problem]:
    return [
        Problem(atteso="polarità +1 o -1", trovato=str(value), riga=int(str(index)), colonna="polarita")
        for index, value in frame["polarita"].items()
        if value not in (1, -1)
    ]


def _ends(frame: pd.DataFrame) -> Sequence[Problem]:
    alone = frame["minimo"].isna() != frame["massimo"].isna()
    reversed_ = (frame["minimo"] >= frame["massimo"]).fillna(value=False)
    return [
        Problem(
            atteso="un minimo sotto il massimo, o nessuno dei due", trovato=f"{x.minimo}–{x.massimo}", riga=int(str(i))
        )
        for i, x in frame[alone | reversed_].iterrows()
    ]


INDICE_BISOGNO = TableSpec(
    name="indice_bisogno",
    title="Indice di bisogno di conciliazione: indicatori, polarità e pesi",
    description=(
        "Una riga per indicatore e livello: che cosa entra nell'indice, in che verso e con quale peso. Di ogni "
        "dimensione entra il primo indicatore che si può calcolare per tutti i territori. Gli estremi della scala "
        "restano fissi, perché punteggi di anni diversi si confrontino. È una scelta dichiarata: cambiandola, il "
        "capitolo delle priorità si ricalcola."
    ),
    columns={
        "dimensione": text("Dimensione del bisogno", values=DIMENSIONS),
        "indicatore": text("Identificativo dell'indicatore", pattern=r"[a-z0-9_]+"),
        "livello": text("Livello cui si applica", values=("ambito", "ats")),
        "polarita": integer("+1 se un valore più alto è più bisogno, -1 se è meno", minimum=-1, maximum=1),
        "peso": number("Peso", minimum=0),
        "minimo": number("Valore che vale 70 punti se la polarità è +1, 130 se è -1", required=False),
        "massimo": number("Valore che vale 130 punti se la polarità è +1, 70 se è -1", required=False),
        "motivazione": text("Perché l'indicatore è nell'indice"),
        "serve": text("Che cosa serve per calcolarlo, se manca", required=False),
        **source_columns(),
    },
    keys=("indicatore", "livello"),
    rules=(
        Rule("polarita", "La polarità è +1 o -1.", _polarities),
        Rule("estremi", "Il minimo della scala è sotto il massimo; ci sono tutti e due o nessuno.", _ends),
    ),
)

REGOLE_AZIONE = TableSpec(
    name="regole_azione",
    title="Dal bisogno alle azioni",
    description=(
        "Una riga per dimensione del bisogno e macrocategoria finanziabile: quali interventi delle linee guida "
        "2025–2027 possono rispondere, a quale tipo di azione delle Reti somigliano, e con quali parole si trovano le "
        "azioni passate che se ne sono occupate. È un aiuto alla discussione, non una prescrizione."
    ),
    columns={
        "dimensione": text("Dimensione del bisogno", values=DIMENSIONS),
        "macrocategoria": text("Macrocategoria finanziabile", values=("a", "b", "c", "d", "tempi")),
        "categoria_atto": text("Tipo di azione della DGR X/1081", pattern=r"[a-z_]+"),
        "regola": text("Interventi che possono rispondere"),
        "parole": text("Parole delle azioni passate che se ne sono occupate (espressione regolare)"),
        **source_columns(),
    },
    keys=("dimensione", "macrocategoria"),
)

BISOGNI = TableSpec(
    name="bisogni",
    title="I bisogni fra cui si scelgono quelli della sintesi",
    description=(
        "Una riga per bisogno: l'indicatore che lo misura, in che verso è un bisogno, la macrocategoria e l'intervento "
        "delle linee guida che possono rispondere, a chi chiedere per primo. Di ogni tema la sintesi di una ATS porta "
        "al più un bisogno. È un aiuto alla discussione, non una prescrizione."
    ),
    columns={
        "tema": text("Tema: di ognuno si sceglie al più un bisogno"),
        "indicatore": text("Identificativo dell'indicatore", pattern=r"[a-z0-9_]+"),
        "verso": integer("+1 se un valore più alto è più bisogno, -1 se è meno", minimum=-1, maximum=1),
        "titolo": text("Il bisogno, in poche parole"),
        "misura": text("Che cosa conta l'indicatore, in parole"),
        "macrocategoria": text("Macrocategoria finanziabile", values=("a", "b", "c", "d", "tempi")),
        "intervento": text("Interventi che possono rispondere"),
        "interlocutore": text("A chi chiedere per primo, e che cosa"),
        "dove": text("Livello dei territori dove il bisogno è più forte", values=("ambito", "provincia")),
        **source_columns(),
    },
    keys=("indicatore",),
)
