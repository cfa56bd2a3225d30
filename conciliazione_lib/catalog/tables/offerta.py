"""The supply that registers and surveys count: homes and centres for the elderly, nurseries, spending, funded works."""

from __future__ import annotations

from types import MappingProxyType

import pandas as pd

from conciliazione_lib.catalog.spec import (
    Rule,
    TableSpec,
    cod_comune,
    day,
    integer,
    number,
    source_columns,
    status_column,
    text,
    yes_no,
)
from conciliazione_lib.catalog.tables.territorio import ATS
from conciliazione_lib.errors import Problem
from conciliazione_lib.region import REGION

STRUCTURE_KINDS = ("rsa", "cdi", "alloggio_protetto_anziani", "centro_diurno_anziani")
SERVICES_CHILDHOOD = (
    "tutti i servizi educativi",
    "nidi e sezioni primavera",
    "nidi",
    "nidi aziendali",
    "sezioni primavera",
    "servizi integrativi",
    "spazi gioco",
    "servizi in contesto domiciliare",
    "centri bambini-genitori",
)
CHILDCARE_MANAGEMENTS = (
    "tutte",
    "titolare pubblico",
    "titolare privato",
    "comunale",
    "comunale diretta",
    "comunale affidata a terzi",
    "privata con riserva di posti",
    "privata senza riserva di posti",
    "contributi alle famiglie",
)
#: What is measured and in what unit: a measure has one unit.
CHILDCARE_MEASURES = MappingProxyType(
    {
        "servizi": "servizi",
        "posti": "posti",
        "posti_per_100": "per 100",
        "utenti": "bambini",
        "comuni_coperti": "%",
        "presa_in_carico": "per 100",
        "spesa_comuni": "€",
        "compartecipazione_utenti": "€",
        "spesa_complessiva": "€",
        "quota_pagata_utenti": "%",
        "spesa_comuni_per_utente": "€",
        "compartecipazione_per_utente": "€",
        "utenti_offerta_comunale": "bambini",
        "spesa_offerta_comunale": "€",
        "spesa_offerta_comunale_per_utente": "€",
    }
)
PHASES = ("esecuzione lavori", "collaudo non concluso", "concluso", "fase non disponibile")


def _unit_of_the_measure(frame: pd.DataFrame) -> list[Problem]:
    expected = frame["misura"].map(CHILDCARE_MEASURES)
    wrong = frame[frame["unita"] != expected]
    return [
        Problem(f"l'unità «{CHILDCARE_MEASURES[row.misura]}» per {row.misura}", f"«{row.unita}»", riga=row.Index)  # type: ignore[arg-type,index]
        for row in wrong.itertuples()
    ]


def _finished_has_its_day(frame: pd.DataFrame) -> list[Problem]:
    finished = frame["fase"] == "concluso"
    wrong = frame[finished != frame["fine_effettiva"].notna()]
    return [
        Problem("una fine effettiva se e solo se il progetto è concluso", f"«{row.fase}»", riga=row.Index)  # type: ignore[arg-type]
        for row in wrong.itertuples()
    ]


def _funds_within_the_cost(frame: pd.DataFrame) -> list[Problem]:
    return [
        Problem(f"non più dell'importo ({row.importo:.2f})", f"{row.importo_pnrr:.2f}", riga=row.Index)  # type: ignore[arg-type]
        for row in frame[frame["importo_pnrr"] > frame["importo"]].itertuples()
    ]


STRUTTURE_ANZIANI = TableSpec(
    name="strutture_anziani",
    title="Strutture per anziani nei registri della Regione",
    description=(
        "Una riga per struttura: residenze sanitarie assistenziali (RSA), centri diurni integrati (CDI), alloggi "
        "protetti e centri diurni sociali. I posti autorizzati sono quelli che si possono usare, gli accreditati "
        "quelli per cui la Regione può pagare; l'offerta sociale non è accreditata. Comune e ATS sono del luogo, non "
        "di chi vi abita. Ambito e ASST sono quelli che la Regione scrive, solo nell'offerta sociale."
    ),
    columns={
        "tipo": text("Tipo di struttura", values=STRUCTURE_KINDS),
        "cod_struttura": text("Codice della struttura nel registro", pattern=r"\d{6}"),
        "denominazione": text("Denominazione, solo per le RSA", required=False),
        "cod_comune": cod_comune(),
        "ats": text("ATS scritta nel registro", values=ATS),
        "posti_autorizzati": integer("Posti autorizzati", minimum=0, required=False),
        "posti_accreditati": integer("Posti accreditati", minimum=0, required=False),
        "accreditata": yes_no("Se la RSA è accreditata", required=False),
        "natura": text("Natura della RSA", values=("pubblica", "privata"), required=False),
        "ambito_fonte": text("Ambito scritto nel registro", required=False),
        "cod_asst": text("Codice regionale della ASST", pattern=r"\d{6}", required=False),
        **source_columns(),
    },
    keys=("tipo", "cod_struttura"),
)

SPESA_SOCIALE_NIDO = TableSpec(
    name="spesa_sociale_nido",
    title="Spesa dei comuni per il sociale e gli asili nido",
    description=(
        "Una riga per comune e anno: quanto il comune ha speso, dai questionari dei fabbisogni standard. Dove un "
        "comune è capofila la sua spesa contiene quella degli altri, o somme di una volta sola: si legge per ambito, "
        "provincia o ATS, mai per comune. Gli abitanti sono quelli impliciti nella fonte (spesa divisa per spesa per "
        "abitante); mancano dove la spesa è zero. Non è la spesa dell'indagine ISTAT, che ha altre aree e altre regole."
    ),
    columns={
        "cod_comune": cod_comune(),
        "anno": integer("Anno", minimum=2000, maximum=2100),
        "spesa": number("Spesa storica, in euro", minimum=0),
        "spesa_per_abitante": number("Spesa storica per abitante, in euro", minimum=0),
        "abitanti": integer("Abitanti impliciti nella fonte", minimum=1, required=False),
    },
    keys=("cod_comune", "anno"),
)

PNRR_NIDI = TableSpec(
    name="pnrr_nidi",
    title="Progetti del PNRR per gli asili nido",
    description=(
        "Una riga per progetto (CUP), con comune, fase ed euro. I posti che ne verranno non ci sono. I progetti che il "
        "sistema dei CUP chiama «scuole materne» non ci sono: un comune senza righe può avere fondi."
    ),
    columns={
        "cup": text("Codice unico di progetto", pattern=r"[A-Z]\d{2}[A-Z]\d{11}"),
        "cod_comune": cod_comune(),
        "fase": text("Fase del progetto", values=PHASES),
        "fine_effettiva": day("Giorno in cui è finito", required=False),
        "fine_prevista": day("Giorno in cui dovrebbe finire", required=False),
        "tipo_intervento": text("Tipo di intervento"),
        "importo": number("Finanziamento totale, in euro", minimum=0),
        "importo_pnrr": number("… di cui dal PNRR, in euro", minimum=0),
    },
    keys=("cup",),
    rules=(
        Rule("fine", "Ha una fine effettiva chi è concluso, e nessun altro.", _finished_has_its_day),
        Rule("parte_pnrr", "La parte del PNRR non supera il totale.", _funds_within_the_cost),
    ),
)

NIDI_REGIONE = TableSpec(
    name="nidi_regione",
    title=f"Nidi e servizi integrativi {REGION.there}, nel Nord-ovest e in Italia",
    description=(
        "Una riga per territorio, anno, servizio, gestione e misura. «posti_per_100» sono i posti ogni 100 bambini di "
        "0–2 anni: quelli di nidi e sezioni primavera (dal 2014) e quelli di tutti i servizi educativi (solo il 2023) "
        "non si mescolano. «presa_in_carico» sono gli utenti dell'offerta comunale ogni 100 bambini; «utenti» e spese "
        "riguardano l'offerta dei comuni, non i nidi privati che vivono di rette. Per i territori più piccoli la "
        "tabella è «prima_infanzia_comuni»."
    ),
    columns={
        "livello": text("Livello del territorio", values=("regione", "ripartizione", "italia")),
        "territorio": text("Codice del territorio nel suo livello"),
        "anno": integer("Anno", minimum=2000, maximum=2100),
        "servizio": text("Servizio", values=SERVICES_CHILDHOOD),
        "gestione": text("Chi ne è titolare o lo gestisce", values=CHILDCARE_MANAGEMENTS),
        "misura": text("Che cosa si misura", values=tuple(CHILDCARE_MEASURES)),
        "valore": number("Valore", minimum=0),
        "unita": text("Unità di misura"),
        **status_column(),
        "fonte": text("Fonte della riga, come va citata"),
    },
    keys=("livello", "territorio", "anno", "servizio", "gestione", "misura"),
    rules=(Rule("unita", "Una misura ha sempre la stessa unità.", _unit_of_the_measure),),
)
