"""The fixed words of the site, and how its text files are written."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from conciliazione_lib.evidence import formats
from conciliazione_lib.region import REGION

CAUTION = (
    "Questo rapporto è un'analisi statistica prodotta da un programma aperto, a partire dai dati e dagli atti citati "
    "in ogni pagina. Non è un atto ufficiale: lo diventa, per la parte che riprende, solo il documento che "
    "un'amministrazione adotta e firma. "
    f"Per gli atti di Regione {REGION.nome} e delle ATS fanno fede i testi pubblicati dagli enti."
)
#: What an analysis is until somebody signs it: at the foot of a page, on the cover of a document.
SHORT_CAUTION = (
    "Analisi statistica su dati e atti pubblici. Non è un atto ufficiale, finché un'amministrazione non la adotta."
)

NAME = f"Conciliazione vita-lavoro {REGION.there}"

#: How many ATS, as they are said after an article.
HOW_MANY_ATS = f"{formats.in_lettere(len(REGION.ats))} ATS"
LE_ATS = f"{HOW_MANY_ATS} {REGION.di}"

MOTTO = f"Bisogni, servizi e risorse nelle {HOW_MANY_ATS}"

#: Entries of the menu and of the footer; an edition that lacks a page leaves its entry out.
MENU = (
    {"id": "home", "nome": "Home", "href": "index.html"},
    {"id": "territori", "nome": "Territori", "href": "territori/index.html"},
    {"id": "comuni", "nome": "Comuni", "href": "comuni/index.html"},
    {"id": "indicatori", "nome": "Indicatori", "href": "indicatori/index.html"},
    {"id": "confronta", "nome": "Confronta", "href": "confronta.html"},
    {"id": "dati", "nome": "Dati aperti", "href": "dati/index.html"},
    {"id": "metodi", "nome": "Metodi", "href": "metodi.html"},
    {"id": "fonti", "nome": "Fonti", "href": "fonti.html"},
)
FOOT = (
    {"nome": "Ambiti territoriali", "href": "ambiti/index.html"},
    {"nome": "Repertorio delle azioni", "href": "azioni/index.html"},
    {"nome": "Simulatore del riparto", "href": "simulatore.html"},
    {"nome": "Quadrature e verifiche", "href": "qualita.html"},
    {"nome": "Che cosa è cambiato", "href": "novita.html"},
    {"nome": "Glossario", "href": "glossario.html"},
    {"nome": "Dichiarazione di accessibilità", "href": "accessibilita.html"},
    {"nome": "Crediti e licenze", "href": "crediti.html"},
)

#: What the home page offers beside the territories, where the edition has it.
TOOLS = (
    {
        "href": "comuni/index.html",
        "nome": "Trova il comune",
        "testo": "A quale ATS e ambito appartiene, con i suoi dati.",
    },
    {"href": "indicatori/index.html", "nome": "Indicatori", "testo": "Definizione, mappa, tabella e dati di ciascuno."},
    {"href": "confronta.html", "nome": "Confronta", "testo": "Da due a quattro territori, fianco a fianco."},
    {
        "href": "azioni/index.html",
        "nome": "Repertorio delle azioni",
        "testo": "Che cosa hanno fatto le reti territoriali.",
    },
    {
        "href": "simulatore.html",
        "nome": "Simulatore del riparto",
        "testo": "Una somma divisa con i criteri che scegli.",
    },
    {"href": "dati/index.html", "nome": "Dati aperti", "testo": "Tutte le tabelle, in CSV, XLSX e Parquet."},
)

#: Words that mean the same to who searches: whoever writes one finds what is told with another.
SYNONYMS = (
    ("residenti", "residente", "popolazione", "abitanti", "abitante"),
    ("disoccupazione", "disoccupati", "occupazione"),
    ("badanti", "badante", "colf", "caregiver", "carichi", "cura", "assistenza"),
    ("smart", "working", "agile", "telelavoro", "tempi", "orari"),
    ("congedo", "congedi", "paternita", "padri", "padre"),
    ("maternita", "madri", "madre", "mamma", "mamme"),
    ("dimissioni", "licenziamenti", "convalide"),
    ("stranieri", "straniero", "immigrati", "immigrazione"),
    ("nascite", "natalita", "nati", "denatalita"),
    ("riposo", "rsa", "ricovero"),
    ("nonni", "nonne", "anziani"),
    ("divario", "divari", "gap", "disparita", "disuguaglianza"),
    ("soldi", "denaro", "spesa", "fondi", "risorse"),
    ("single", "sole", "unipersonali"),
    ("pendolari", "pendolarismo", "spostamenti"),
    ("donne", "donna", "femminile", "femmine"),
    ("uomini", "uomo", "maschile", "maschi"),
    ("nido", "nidi", "asilo", "asili", "infanzia"),
    ("bambini", "bambino", "figli", "minori"),
    ("anziani", "anziano", "vecchiaia"),
    ("occupazione", "occupati", "occupate", "lavoro"),
    ("retribuzione", "retribuzioni", "stipendio", "stipendi", "salari"),
    ("parziale", "part", "time"),
    ("disabilita", "disabili"),
    ("orari", "tempi"),
    ("contributo", "contributi", "bonus", "voucher"),
    ("risorse", "fondi", "riparto", "finanziamenti"),
)


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table as CSV: comma, point for decimals, one header row.

    A text that a spreadsheet would take for a formula is preceded by an apostrophe.
    """
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([[_harmless(value) for value in row] for row in rows])
    return output.getvalue()


def _harmless(valore: object) -> object:
    if isinstance(valore, str) and valore[:1] in ("=", "+", "-", "@", "\t"):
        return f"'{valore}"
    return valore
