"""What each comune is like: classes, inner areas, labour systems, commuters, incomes, fragility."""

from __future__ import annotations

import pandas as pd

from conciliazione_lib.catalog.spec import Column, Rule, TableSpec, cod_comune, integer, number, text, yes_no
from conciliazione_lib.errors import Problem

INNER_AREA_CLASSES = ("polo", "polo intercomunale", "cintura", "intermedio", "periferico", "ultraperiferico")
AREAS_SNAI = (
    "Alto Lago di Como e Valli del Lario",
    "Appennino Lombardo - Alto Oltrepò Pavese",
    "Lario Intelvese - Lario Ceresio",
    "Valcamonica",
    "Valchiavenna",
    "Valtrompia",
)


def _people(description: str, *, required: bool = True) -> Column:
    return integer(description, minimum=0, required=required)


def _share(description: str) -> Column:
    return number(description, minimum=0, maximum=100)


def _parts_of_taxpayers(frame: pd.DataFrame) -> list[Problem]:
    problems = []
    for column in (name for name in frame.columns if name.startswith("contribuenti_")):
        wrong = frame[(frame[column] > frame["contribuenti"]).fillna(False)]
        problems += [
            Problem(f"non più dei contribuenti ({row.contribuenti})", str(getattr(row, column)), riga=row.Index)  # type: ignore[arg-type]
            for row in wrong.itertuples()
        ]
    return problems


CLASSIFICAZIONI_COMUNI = TableSpec(
    name="classificazioni_comuni",
    title="Classificazioni statistiche e dimensione dei comuni",
    description=(
        "Una riga per comune in vigore alla data: superficie, popolazione, zona altimetrica, altitudine del centro e "
        "grado di urbanizzazione. La zona altimetrica è quella statistica: non è la montanità di legge."
    ),
    columns={
        "cod_comune": cod_comune(),
        "superficie_kmq": number("Superficie in km²", minimum=0),
        "popolazione_legale_2021": _people("Popolazione legale al 31 dicembre 2021"),
        "residenti_2024": _people("Residenti al 31 dicembre 2024"),
        "zona_altimetrica": text("Zona altimetrica", values=("montagna interna", "collina interna", "pianura")),
        "altitudine_m": integer("Altitudine del centro, in metri", minimum=0, maximum=2500, required=False),
        "urbanizzazione": text(
            "Grado di urbanizzazione 2021", values=("città", "piccola città o sobborgo", "zona rurale")
        ),
    },
    keys=("cod_comune",),
)

AREE_INTERNE = TableSpec(
    name="aree_interne",
    title="Aree interne: quanto un comune è lontano dai servizi essenziali",
    description=(
        "Una riga per comune del 2020: classe secondo il tempo per arrivare al polo più vicino con scuole superiori, "
        "ospedale e stazione, nelle mappe del 2014 e del 2020, e polo verso cui si va (anche fuori regione). Le aree "
        "SNAI 2021–2027 sono quelle scelte dalla Strategia nazionale: una parte dei comuni interni, e anche altri."
    ),
    columns={
        "cod_comune": cod_comune(),
        "classe_2014": text("Classe nella mappa 2014", values=INNER_AREA_CLASSES),
        "classe_2020": text("Classe nella mappa 2020", values=INNER_AREA_CLASSES),
        "cod_polo": cod_comune("Codice ISTAT del polo di destinazione prevalente"),
        "polo": text("Polo di destinazione prevalente"),
        "area_snai": text("Area SNAI 2021–2027 di cui il comune fa parte", values=AREAS_SNAI, required=False),
        "area_snai_2014": yes_no("Se l'area era già della Strategia 2014–2020", required=False),
    },
    keys=("cod_comune",),
)

SISTEMI_LOCALI_LAVORO = TableSpec(
    name="sistemi_locali_lavoro",
    title="Sistemi locali del lavoro",
    description=(
        "Una riga per comune: il sistema locale, dentro il quale la maggior parte delle persone abita e lavora. "
        "Quattro sistemi hanno il centro fuori dalla regione e qui si vedono solo in parte."
    ),
    columns={
        "cod_comune": cod_comune(),
        "sll": text("Codice del sistema locale", pattern=r"\d{4}"),
        "nome": text("Nome del sistema locale"),
        "regione": text("Regione del sistema locale"),
        "centro": yes_no("Il comune dà il nome al sistema locale"),
    },
    keys=("cod_comune",),
)

PENDOLARISMO = TableSpec(
    name="pendolarismo",
    title="Chi entra, chi esce e chi resta nel comune per lavoro",
    description=(
        "Una riga per comune: persone che vi entrano per lavoro da altri comuni, residenti che ne escono, residenti "
        "che vi lavorano. Non ci sono le coppie di comuni, né i tempi, né la scuola."
    ),
    columns={
        "cod_comune": cod_comune(),
        "entrano": _people("Persone che entrano da altri comuni per lavoro"),
        "escono": _people("Residenti che escono verso altri comuni per lavoro"),
        "interni": _people("Residenti che lavorano nel comune"),
    },
    keys=("cod_comune",),
)

REDDITI_COMUNI = TableSpec(
    name="redditi_comuni",
    title="Redditi dichiarati dai contribuenti, per comune e anno d'imposta",
    description=(
        "Una riga per comune e anno d'imposta; euro. I contribuenti sono persone con una dichiarazione, non famiglie "
        "né residenti. Il reddito complessivo c'è dal 2023; l'imponibile in tutti gli anni; tipi di reddito e classi "
        "fino al 2023. Un valore che la fonte nasconde, perché riguarda pochi contribuenti, manca: la somma delle "
        "classi è un minimo. I comuni, e i loro codici, sono quelli dell'anno."
    ),
    columns={
        "cod_comune": cod_comune(),
        "anno": integer("Anno d'imposta", minimum=2000, maximum=2100),
        "contribuenti": _people("Contribuenti"),
        "contribuenti_imponibile": _people("Contribuenti con un reddito imponibile"),
        "reddito_imponibile": integer("Reddito imponibile, in euro"),
        "contribuenti_complessivo": _people("Contribuenti con un reddito complessivo", required=False),
        "reddito_complessivo": integer("Reddito complessivo, in euro", required=False),
        "contribuenti_dipendente": _people("Contribuenti con reddito da lavoro dipendente", required=False),
        "reddito_dipendente": integer("Reddito da lavoro dipendente e assimilati, in euro", required=False),
        "contribuenti_pensione": _people("Contribuenti con reddito da pensione", required=False),
        "reddito_pensione": integer("Reddito da pensione, in euro", required=False),
        "contribuenti_0_10mila": _people("Contribuenti con reddito complessivo fino a 10.000 euro", required=False),
        "contribuenti_10_15mila": _people("… oltre 10.000 e fino a 15.000 euro", required=False),
        "contribuenti_15_26mila": _people("… oltre 15.000 e fino a 26.000 euro", required=False),
        "contribuenti_26_55mila": _people("… oltre 26.000 e fino a 55.000 euro", required=False),
        "contribuenti_55_75mila": _people("… oltre 55.000 e fino a 75.000 euro", required=False),
        "contribuenti_75_120mila": _people("… oltre 75.000 e fino a 120.000 euro", required=False),
        "contribuenti_oltre_120mila": _people("… oltre 120.000 euro", required=False),
    },
    keys=("cod_comune", "anno"),
    rules=(Rule("parte_dei_contribuenti", "Nessun gruppo supera i contribuenti.", _parts_of_taxpayers),),
)

FRAGILITA_COMUNI = TableSpec(
    name="fragilita_comuni",
    title="Indice di fragilità comunale e i suoi dodici indicatori",
    description=(
        "Una riga per comune del 2022 e anno (2018, 2019, 2021, 2022). Il decile è quello nazionale: 1 è "
        "il meno fragile, 10 il più fragile. Il tasso di occupazione 20–64 è del censimento permanente e dei due sessi "
        "insieme: non è quello della rilevazione sulle forze di lavoro."
    ),
    columns={
        "cod_comune": cod_comune(),
        "anno": integer("Anno", minimum=2000, maximum=2100),
        "decile": integer("Decile nazionale dell'indice", minimum=1, maximum=10),
        "auto_inquinanti": number("Automobili ad alte emissioni, ogni 100 abitanti", minimum=0),
        "rifiuti_indifferenziati": number("Rifiuti urbani indifferenziati, kg per abitante", minimum=0),
        "aree_protette": _share("Aree protette, per cento della superficie"),
        "aree_frana": _share("Aree a rischio di frana, per cento della superficie"),
        "suolo_consumato": _share("Suolo consumato, per cento della superficie"),
        "accessibilita_servizi": number("Indice di accessibilità ai servizi essenziali, in minuti", minimum=0),
        "dipendenza": number("Residenti di 0–19 e 65+ anni ogni 100 di 20–64", minimum=0),
        "istruzione_bassa": _share("Persone di 25–64 anni con al più la licenza media, per cento"),
        "occupazione_20_64": _share("Tasso di occupazione 20–64, per cento, due sessi insieme"),
        "saldo_migratorio": number("Saldo migratorio, ogni 1.000 abitanti"),
        "ventile_unita_locali": integer("Densità di unità locali, ventile nazionale", minimum=1, maximum=20),
        "ventile_bassa_produttivita": integer(
            "Addetti in unità locali a bassa produttività, ventile nazionale", minimum=1, maximum=20
        ),
    },
    keys=("cod_comune", "anno"),
)
