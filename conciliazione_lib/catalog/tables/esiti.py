"""What past plans did: the actions of the thirteen networks, the quantities they state, the results published."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

import pandas as pd

from conciliazione_lib.catalog.spec import Rule, TableSpec, integer, number, source_columns, text, yes_no
from conciliazione_lib.errors import Problem
from conciliazione_lib.region import REGION

ATS = REGION.ats
ACTION_CODE = r"(I|II|III|IV|V|VI|VII|VIII|IX|X|XI|XII|XIII)-\d{2}"

#: What the actions counted, as a reader calls it.
GRANDEZZE = MappingProxyType(
    {
        "accordi": "accordi e convenzioni",
        "assunzioni": "assunzioni",
        "bambini_ragazzi": "bambini e ragazzi",
        "corsi": "corsi",
        "doti": "doti erogate",
        "enti": "enti, scuole e servizi",
        "euro": "euro",
        "euro_unitari": "euro per beneficiario",
        "famiglie": "famiglie",
        "genitori": "genitori",
        "giornate": "giornate",
        "imprese": "imprese",
        "lavoratori": "lavoratrici e lavoratori",
        "mesi": "mesi di apertura",
        "misure": "misure attivate",
        "ore": "ore",
        "persone": "persone",
        "persone_formate": "persone formate o iscritte in elenchi",
        "progetti": "progetti",
        "progetti_presentati": "progetti presentati",
        "sportelli": "sportelli",
        "voucher": "voucher e incentivi",
    }
)


def _consecutive(frame: pd.DataFrame) -> Sequence[Problem]:
    problems = []
    for rete, actions in frame.groupby("rete_numero", sort=False):
        expected = [f"{rete}-{i:02d}" for i in range(1, len(actions) + 1)]
        if actions["cod_azione"].tolist() != expected:
            problems.append(
                Problem(
                    atteso=f"codici da {expected[0]} a {expected[-1]} per la rete {rete}, senza salti",
                    trovato=", ".join(actions["cod_azione"]),
                    colonna="cod_azione",
                )
            )
    return problems


AZIONI = TableSpec(
    name="azioni",
    title="Azioni delle tredici Reti territoriali di conciliazione, ottobre 2010 - giugno 2013",
    description=(
        "Una riga per azione, come stampata nell'allegato alla DGR X/1081/2013: rete, numero, titolo, descrizione, "
        "buona prassi. Il grassetto che nell'atto segna le buone prassi non è leggibile nel testo: è detta buona "
        "prassi l'azione di cui l'atto riporta un giudizio nella terza colonna. L'ATS è quella che oggi comprende "
        "il capoluogo della rete."
    ),
    columns={
        "cod_azione": text("Rete e progressivo dell'azione nell'atto", pattern=ACTION_CODE),
        "rete_numero": text("Numero romano della rete nell'atto"),
        "rete": text("Nome della rete"),
        "ats": text("ATS che oggi comprende il capoluogo della rete", values=ATS),
        "numero": text("Numero stampato nell'atto", required=False),
        "titolo": text("Titolo dell'azione, come stampato"),
        "descrizione": text("Descrizione, come stampata", required=False),
        "buona_prassi": yes_no("L'atto riporta un giudizio di buona prassi"),
        "buona_prassi_testo": text("Giudizio, come stampato", required=False),
        "sezione": text("Sezione dell'atto"),
        **source_columns(),
    },
    keys=("cod_azione",),
    rules=(Rule("progressivi", "I codici di ogni rete sono consecutivi.", _consecutive),),
)


def _in_the_sentence(frame: pd.DataFrame) -> Sequence[Problem]:
    """Check that the number is in the sentence it is said to come from, unless the note says it is in words."""
    problems = []
    for index, row in frame.iterrows():
        whole = int(row["valore"])
        writings = {str(whole), f"{whole:,}".replace(",", ".")}
        in_letters = "in lettere" in str(row["note"])
        if not in_letters and not any(s in str(row["frase"]) for s in writings):
            problems.append(
                Problem(
                    atteso=f"il numero {whole} nella frase da cui è letto",
                    trovato=f"«{row['frase']}»",
                    riga=int(str(index)),
                    colonna="frase",
                )
            )
    return problems


AZIONI_QUANTITA = TableSpec(
    name="azioni_quantita",
    title="Quantità dichiarate dalle azioni delle tredici Reti",
    description=(
        "Una riga per ogni quantità che il testo di un'azione dichiara (beneficiari per tipo, imprese, ore, voucher, "
        "progetti, euro), con la frase da cui è letta. Le quantità di azioni diverse non si sommano: l'atto non dice "
        "se contano persone o presenze, né se le stesse persone compaiono in più azioni."
    ),
    columns={
        "cod_azione": text("Azione (tabella azioni)", pattern=ACTION_CODE),
        "progressivo": integer("Progressivo della quantità nell'azione", minimum=1),
        "grandezza": text("Che cosa è contato", values=tuple(GRANDEZZE)),
        "valore": number("Valore stampato", minimum=0),
        "precisione": text("Come il testo dichiara il valore", values=("esatta", "circa", "oltre", "al massimo")),
        "frase": text("Frase da cui il valore è letto"),
        **source_columns(),
    },
    keys=("cod_azione", "progressivo"),
    rules=(Rule("frase", "Ogni valore compare nella frase da cui è letto.", _in_the_sentence),),
)

ESITI_PUBBLICATI = TableSpec(
    name="esiti_pubblicati",
    title="Esiti dei piani di conciliazione pubblicati da Regione e ATS",
    description=(
        "Una riga per cifra pubblicata sugli esiti dei piani: beneficiari, imprese, progetti, questionari. Sono "
        "aggregati: i questionari individuali non entrano mai nel repertorio dei dati."
    ),
    columns={
        "cod_esito": text("Identificativo", pattern=r"[a-z0-9_]+"),
        "piano": text("Piano o programma cui si riferisce"),
        "livello": text("Livello del territorio", values=("regione", "ats")),
        "territorio": text("Codice del territorio"),
        "periodo": text("Periodo della cifra"),
        "descrizione": text("Che cosa dice la cifra, in italiano"),
        "valore": number("Valore pubblicato"),
        "unita": text("Unità di misura"),
        "precisione": text("Come la fonte dichiara il valore", values=("esatta", "circa", "oltre")),
        "sezione": text("Sezione del documento"),
        **source_columns(),
    },
    keys=("cod_esito",),
)
