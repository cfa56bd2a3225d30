"""What pages show of tables and messages: names for their readers, the way to do it here instead of a command."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from conciliazione_lib import territory
from conciliazione_lib.catalog import TableSpec
from conciliazione_lib.evidence.formats import numero
from conciliazione_lib.sources.importing import Changes

#: Where on the desk is done what a command does.
_PAGES = MappingProxyType(
    {
        "genera": "la pagina «Genera»",
        "dati importa": "la pagina «Porta dentro i dati»",
        "dati modello": "il modello da scaricare nella pagina «Porta dentro i dati»",
        "dati ripristina": "«Torna a prima», nella pagina «Porta dentro i dati»",
        "dati aggiorna": "la pagina «Aggiorna dalle fonti»",
        "documento": "la pagina «Documento Word»",
        "anteprima": "«Apri il sito», nella pagina «Il mio lavoro»",
        "riparto": "la pagina «Riparto»",
        "piano": "la pagina «Piano»",
    }
)
#: A command, to where its sentence goes on.
_COMMAND = re.compile(
    r"«?(?:python avvia\.py )?conciliazione ([a-z]+(?: (?:importa|modello|ripristina|aggiorna))?)"
    r"(?: (?:--[\w-]+|«[^»]*»|\"[^\"]*\"|[A-Z]+(?:\.xlsx)?|[a-z]+_[a-z_]+))*»?"
)


#: Options of the commands, and what there is on the page instead.
_OPTIONS: Final = (
    (re.compile(r",? con --foglio\b"), " nel menu «Foglio»"),
    (re.compile(r"--data AAAA-MM-GG"), "«Data dei dati», qui sotto"),
    (re.compile(r'Aggiungere --fonte "[^"]*"'), "Scriverlo in «Di chi sono i dati»"),
    (re.compile(r"con --con (\w+)=\w+"), r"nel campo «\1»"),
    (re.compile(r'--colonna "[^"=]*=([^"]*)"'), r"«\1» nel menu della colonna"),
    (re.compile(r"ripetere il comando"), "ripetere"),
    (re.compile(r"Ripetere (?:lo stesso|il) comando"), "Ripetere"),
)


def here(text: str) -> str:
    """Return a message with the pages and fields of the desk in the place of commands and options."""

    def page(found: re.Match[str]) -> str:
        words = found[1]
        known = _PAGES.get(words) or _PAGES.get(words.split()[0])
        return known if known is not None else found[0]

    text = _COMMAND.sub(page, text)
    for option, field in _OPTIONS:
        text = option.sub(field, text)
    return text


def place(column: str, value: object) -> str:
    """Return a key as its reader knows it: a comune by name."""
    text = str(value)
    known = territory.load()
    if column == "cod_comune" and text in known.comuni.index:
        return known.name("comune", text)
    return text


def figure(value: float) -> str:
    """Return a number in Italian, with decimals only where it has them."""
    return numero(value, 0 if float(value).is_integer() else 2)


def changes_shown(spec: TableSpec, changes: Changes) -> dict[str, Any]:
    """Return what a new version changes, in words."""
    moves = [
        {
            "dove": ", ".join(place(key, row[key]) for key in spec.keys),
            "colonna": str(row["colonna"]),
            "prima": figure(row["prima"]),
            "dopo": figure(row["dopo"]),
        }
        for _, row in changes.movimenti.iterrows()
    ]
    return {
        "tabella": spec.name,
        "titolo": spec.title,
        "righe": {
            "prima": numero(changes.righe_prima),
            "dopo": numero(changes.righe_dopo),
            "nuove": numero(changes.aggiunte),
            "tolte": numero(changes.tolte),
            "cambiate": numero(changes.cambiate),
        },
        "totali": [
            {"colonna": str(name), "prima": numero(row["prima"], 0), "dopo": numero(row["dopo"], 0)}
            for name, row in changes.totali.iterrows()
        ],
        "movimenti": moves,
    }


def columns_of(spec: TableSpec) -> Mapping[str, str]:
    """Return the columns of a table and what each holds, as menus show them."""
    return {name: f"{name} – {column.description}" for name, column in spec.columns.items()}
