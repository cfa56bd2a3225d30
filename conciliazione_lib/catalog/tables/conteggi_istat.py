"""What ISTAT counts by comune or by ambito: births, foreigners, families, nursery places, social spending.

Embedded are the balance of 2025 of all the comuni and the families of the province of Brescia; «dati aggiorna» or a
file of the analyst fills the others, and the chapters that can use them say how when they are empty.
"""

from __future__ import annotations

from types import MappingProxyType

import pandas as pd

from conciliazione_lib.catalog.spec import (
    Rule,
    TableSpec,
    cod_comune,
    integer,
    number,
    source_columns,
    status_column,
    text,
)
from conciliazione_lib.catalog.tables.popolazione import AGE_SEX_RESIDENTI
from conciliazione_lib.catalog.tables.territorio import SLUG
from conciliazione_lib.errors import Problem

#: Areas of users in ISTAT's survey on the social services of the comuni; the last is the sum of the others.
UTENZA_AREAS = (
    "famiglia e minori",
    "disabili",
    "anziani",
    "povertà e disagio adulti",
    "dipendenze",
    "immigrati, Rom, Sinti e Caminanti",
    "multiutenza",
    "totale",
)

_COMUNE = ("comune", "codice istat", "cod istat", "istat", "codice comune", "codice istat comune", "territorio")
_AMBITO = ("ambito territoriale", "ambito territoriale sociale", "piano di zona", "territorio")
_YEAR = ("anno di riferimento", "anno dati", "tempo", "time_period")
_NASCITE = ("nati vivi", "nati vivi - totale", "nascite")
_KEYS = MappingProxyType({"cod_comune": _COMUNE, "ambito": _AMBITO, "anno": _YEAR})


def _ambito() -> dict:
    return {"ambito": text("Ambito, con il suo codice breve della tabella «ambiti»", pattern=SLUG)}


def _balance(frame: pd.DataFrame) -> list[Problem]:
    wrong = frame[frame["saldo_naturale"].notna() & (frame["saldo_naturale"] != frame["nati"] - frame["morti"])]
    return [
        Problem(f"nati meno morti ({row.nati - row.morti})", str(row.saldo_naturale), riga=row.Index)  # type: ignore[arg-type,operator]
        for row in wrong.itertuples()
    ]


def _people_in_families(frame: pd.DataFrame) -> list[Problem]:
    few = frame[frame["componenti"] < frame["famiglie"]]
    alone = frame[(frame["famiglie_unipersonali"] > frame["famiglie"]).fillna(False)]
    return [
        *(
            Problem(f"almeno una persona per famiglia ({row.famiglie})", str(row.componenti), riga=row.Index)  # type: ignore[arg-type]
            for row in few.itertuples()
        ),
        *(
            Problem(f"non più delle famiglie ({row.famiglie})", str(row.famiglie_unipersonali), riga=row.Index)  # type: ignore[arg-type]
            for row in alone.itertuples()
        ),
    ]


def _parts_within_total(key: str) -> Rule:
    def check(frame: pd.DataFrame) -> list[Problem]:
        totals = frame[frame["area"] == "totale"].set_index([key, "anno"])["spesa"].rename("totale")
        parts = frame[frame["area"] != "totale"].drop_duplicates([key, "anno", "area"]).join(totals, on=[key, "anno"])
        # A euro of tolerance: the parts are rounded one by one.
        return [
            Problem(f"non più della spesa totale ({row.totale:.0f})", f"{row.spesa:.0f} ({row.area})", riga=row.Index)  # type: ignore[arg-type]
            for row in parts[parts["spesa"] > parts["totale"] + 1].itertuples()
        ]

    return Rule("aree_entro_il_totale", "La spesa di un'area non supera quella totale.", check)


BILANCIO_DEMOGRAFICO = TableSpec(
    name="bilancio_demografico",
    title="Bilancio demografico dei comuni: nati, morti e movimenti dell'anno",
    description=(
        "Una riga per comune e anno: residenti all'inizio e alla fine, nati e morti, saldi migratori. Con questa "
        "tabella i nati si contano invece di approssimarsi con i bambini che non hanno compiuto un anno."
    ),
    columns={
        "cod_comune": cod_comune(),
        "anno": integer("Anno del bilancio", minimum=2002, maximum=2100),
        "residenti_inizio": integer("Residenti al 1° gennaio", minimum=0),
        "nati": integer("Nati vivi nell'anno", minimum=0),
        "morti": integer("Morti nell'anno", minimum=0),
        "saldo_naturale": integer("Nati meno morti", required=False),
        "saldo_interno": integer("Saldo migratorio con gli altri comuni", required=False),
        "saldo_estero": integer("Saldo migratorio con l'estero", required=False),
        "residenti_fine": integer("Residenti al 31 dicembre", minimum=0),
        **source_columns(),
        **status_column(),
    },
    keys=("cod_comune", "anno"),
    column_aliases=_KEYS
    | {
        "residenti_inizio": ("popolazione censita al 1° gennaio - totale", "popolazione al 1° gennaio - totale"),
        "nati": _NASCITE,
        "morti": ("morti - totale", "decessi"),
        "saldo_naturale": ("saldo naturale - totale",),
        "saldo_interno": ("saldo migratorio interno - totale", "saldo migratorio interno"),
        "saldo_estero": ("saldo migratorio con l'estero - totale", "saldo migratorio estero"),
        "residenti_fine": (
            "popolazione al 31 dicembre - totale",
            "popolazione censita al 31 dicembre - totale",
            "popolazione al 31 dicembre",
        ),
    },
    rules=(Rule("saldo_naturale", "Il saldo naturale è la differenza fra nati e morti.", _balance),),
)

STRANIERI = TableSpec(
    name="stranieri",
    title="Residenti stranieri per comune, età e sesso",
    description=(
        "Una riga per comune, singolo anno di età e sesso, al 1° gennaio: residenti con cittadinanza straniera. È "
        "parte della popolazione della stessa data."
    ),
    columns={"cod_comune": cod_comune(), **AGE_SEX_RESIDENTI},
    keys=("cod_comune", "eta", "sesso"),
    column_aliases={"cod_comune": _COMUNE, "residenti": ("stranieri", "stranieri residenti")},
)

FAMIGLIE = TableSpec(
    name="famiglie",
    title="Famiglie dei comuni e loro componenti",
    description=(
        "Una riga per comune e anno, dal censimento permanente, al 31 dicembre: famiglie e persone che vi abitano. Le "
        "famiglie di una sola persona si possono aggiungere, se la fonte le dà."
    ),
    columns={
        "cod_comune": cod_comune(),
        "anno": integer("Anno, al 31 dicembre", minimum=2000, maximum=2100),
        "famiglie": integer("Famiglie residenti", minimum=0),
        "componenti": integer("Residenti in famiglia", minimum=0),
        "famiglie_unipersonali": integer("Famiglie di una sola persona", minimum=0, required=False),
        **source_columns(),
        **status_column(),
    },
    keys=("cod_comune", "anno"),
    column_aliases=_KEYS
    | {
        "famiglie": ("numero di famiglie", "numero famiglie", "famiglie residenti"),
        "componenti": ("residenti in famiglia", "popolazione residente in famiglia", "popolazione in famiglia"),
        "famiglie_unipersonali": ("famiglie di una persona", "famiglie di un componente", "unipersonali"),
    },
    rules=(Rule("persone_in_famiglia", "In ogni famiglia c'è almeno una persona.", _people_in_families),),
)


def _nurseries(level: str, key: dict, title: str, more: str) -> TableSpec:
    return TableSpec(
        name=f"prima_infanzia_{level}",
        title=title,
        description=(
            "Una riga per territorio e anno, dall'indagine ISTAT su nidi e servizi integrativi: posti autorizzati nei "
            "nidi e nelle sezioni primavera, posti ogni 100 bambini di 0–2 anni e spesa dei comuni. "
            f"{more} Un valore che la fonte non dà resta mancante: non è zero."
        ),
        columns={
            **key,
            "anno": integer("Anno", minimum=2000, maximum=2100),
            "posti": integer("Posti autorizzati, pubblici e privati", minimum=0, required=False),
            # A small comune may host a service for others: values over 100 are real.
            "posti_per_100": number("Posti ogni 100 bambini di 0–2 anni, come pubblicati", minimum=0, required=False),
            "spesa": number("Spesa dei comuni, in euro", minimum=0, required=False),
            **source_columns(),
            **status_column(),
        },
        keys=(next(iter(key)), "anno"),
        column_aliases=_KEYS
        | {
            "posti": ("posti autorizzati", "posti nei nidi"),
            "posti_per_100": ("posti per 100 bambini", "posti ogni 100 bambini", "posti per 100 bambini di 0-2 anni"),
            "spesa": ("spesa dei comuni", "spesa dei comuni (euro)"),
        },
    )


PRIMA_INFANZIA_COMUNI = _nurseries(
    "comuni",
    {"cod_comune": cod_comune()},
    "Posti nei nidi e spesa per comune",
    "Quando c'è, la copertura dei comuni si calcola anche senza l'elenco dei servizi della ATS.",
)
PRIMA_INFANZIA_AMBITI = _nurseries(
    "ambiti",
    _ambito(),
    "Posti nei nidi e spesa per ambito",
    "ISTAT usa la propria ripartizione in ambiti: la tabella «ambiti_istat» dice a quali dei nostri corrispondono.",
)


def _spending(level: str, key: dict, title: str, more: str) -> TableSpec:
    return TableSpec(
        name=f"spesa_sociale_{level}",
        title=title,
        description=(
            "Una riga per territorio, anno e area di utenza, dall'indagine ISTAT sugli interventi e i servizi sociali: "
            f"spesa dei comuni singoli e associati. {more} La spesa per residente pubblicata usa la popolazione di "
            "riferimento di ISTAT, che cambia con l'area. Un valore che la fonte non dà resta mancante: non è zero."
        ),
        columns={
            **key,
            "anno": integer("Anno", minimum=2000, maximum=2100),
            "area": text("Area di utenza", values=UTENZA_AREAS),
            "spesa": number("Spesa dei comuni, in euro", minimum=0, required=False),
            "spesa_per_residente": number(
                "Spesa per persona della popolazione di riferimento di ISTAT, in euro", minimum=0, required=False
            ),
            **source_columns(),
            **status_column(),
        },
        keys=(next(iter(key)), "anno", "area"),
        column_aliases=_KEYS
        | {
            "area": ("area di utenza", "categoria di utenti"),
            "spesa": ("spesa dei comuni", "spesa dei comuni (euro)"),
            "spesa_per_residente": ("spesa dei comuni sulla popolazione di riferimento (euro)", "spesa pro capite"),
        },
        value_aliases={
            "area": {
                "famiglia": "famiglia e minori",
                "minori": "famiglia e minori",
                "disabilita": "disabili",
                "persone con disabilita": "disabili",
                "poverta": "povertà e disagio adulti",
                "poverta disagio adulti e senza dimora": "povertà e disagio adulti",
                "immigrati e nomadi": "immigrati, Rom, Sinti e Caminanti",
                "tutte": "totale",
            }
        },
        rules=(_parts_within_total(next(iter(key))),),
    )


SPESA_SOCIALE_COMUNI = _spending(
    "comuni", {"cod_comune": cod_comune()}, "Spesa sociale dei comuni per area di utenza", "Per comune."
)
SPESA_SOCIALE_AMBITI = _spending(
    "ambiti",
    _ambito(),
    "Spesa sociale degli ambiti per area di utenza",
    "Per ambito, nella ripartizione di ISTAT: la tabella «ambiti_istat» dice a quali dei nostri corrisponde.",
)

AMBITI_ISTAT = TableSpec(
    name="ambiti_istat",
    title="Ambiti territoriali sociali nei codici di ISTAT",
    description=(
        "Una riga per ogni ambito nei codici di ISTAT (T03…), con l'ambito di questo progetto che ha "
        "lo stesso nome. I codici sono della ripartizione precedente: dove gli ambiti si sono uniti o divisi, o il "
        "nome non basta, la corrispondenza è vuota. Il nome uguale non prova che i comuni siano gli stessi."
    ),
    columns={
        "codice_istat": text("Codice di ISTAT", pattern=r"T03\d{3}"),
        "denominazione": text("Nome dato da ISTAT"),
        "ambito": text("Ambito con lo stesso nome", pattern=SLUG, required=False),
        **source_columns(),
    },
    keys=("codice_istat",),
)
