"""Refresh the hashes of the embedded tables and the open-data description of the whole folder.

Run ``python -m conciliazione_lib.catalog.impronte`` after editing a file of ``data/``. With ``--verifica`` nothing
is written, and the exit code is 1 when something is out of date.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import MappingProxyType
from typing import Any

from conciliazione_lib import storage
from conciliazione_lib.catalog.registry import names, spec
from conciliazione_lib.catalog.spec import Column, TableSpec
from conciliazione_lib.catalog.validation import validate

PACCHETTO = "datapackage.json"
TIPI = MappingProxyType({"Int64": "integer", "float64": "number"})


def stale_hashes(*, aggiorna: bool = False) -> list[Path]:
    """Return the embedded files whose hash in ``provenienza.json`` is not theirs, and optionally write it.

    A hash is written only for a file that keeps to its declaration: who reads the table then need not check it again.

    Raises
    ------
    DatiError
        A file whose hash is to be written breaks its schema.
    """
    vecchi: list[Path] = []
    for nome in names():
        cartella = storage.folder(nome, "incorporata")
        if not (cartella / storage.PROVENIENZA).exists():
            continue
        voci = storage.read_provenance(cartella)
        cambiate = []
        for voce in voci:
            percorso = cartella / str(voce["file"])
            impronta = storage.sha256(percorso)
            if voce.get("sha256") != impronta:
                validate(storage.read_file(percorso), spec(nome), file=percorso)
                voce["sha256"] = impronta
                cambiate.append(percorso)
        if cambiate and aggiorna:
            storage.write_provenance(cartella, voci)
        vecchi += cambiate
    return vecchi


def datapackage() -> dict[str, Any]:
    """Return the Data Package (Frictionless, v1) that describes every embedded table."""
    risorse = []
    for nome in names():
        dichiarazione = spec(nome)
        for versione in storage.versions(nome):
            if versione.origine == "incorporata":
                risorse.append(_resource(dichiarazione, versione))
    return {
        "name": "conciliazione-dati",
        "title": "Dati incorporati di conciliazione",
        "profile": "data-package",
        "resources": risorse,
    }


def _resource(dichiarazione: TableSpec, versione: storage.Provenance) -> dict[str, Any]:
    formato = versione.percorso.suffix.removeprefix(".")
    return {
        "name": f"{dichiarazione.name}-{versione.percorso.stem}".lower().replace("_", "-"),
        "title": versione.titolo,
        "description": dichiarazione.description,
        "path": f"{dichiarazione.name}/{versione.percorso.name}",
        "format": formato,
        "encoding": "utf-8",
        "hash": f"sha256:{versione.sha256}",
        "sources": [{"title": versione.fonte, **({"path": versione.url} if versione.url else {})}],
        "licenses": [{"title": versione.licenza}],
        "conciliazione": {
            "data_riferimento": versione.data_riferimento,
            "recuperato": versione.recuperato,
            "grado": versione.grado,
            "stato": versione.stato,
            "lettura": versione.lettura,
            "note": versione.note,
        },
        "schema": {
            "fields": [_field(nome, colonna) for nome, colonna in _present(dichiarazione, versione.percorso).items()],
            "primaryKey": list(dichiarazione.keys),
        },
    }


def _present(dichiarazione: TableSpec, percorso: Path) -> dict[str, Column]:
    """Return the columns that a file has: some of a declaration need not be there."""
    facoltative = {nome for nome, colonna in dichiarazione.columns.items() if not colonna.required}
    if not facoltative:
        return dict(dichiarazione.columns)
    import pandas as pd
    import pyarrow.parquet as pq

    ci_sono = (
        pq.read_schema(percorso).names if percorso.suffix == ".parquet" else pd.read_csv(percorso, nrows=0).columns
    )
    return {n: c for n, c in dichiarazione.columns.items() if n not in facoltative or n in ci_sono}


def _field(nome: str, colonna: Column) -> dict[str, Any]:
    vincoli: dict[str, Any] = {"required": not colonna.nullable}
    if colonna.values is not None:
        vincoli["enum"] = list(colonna.values)
    if colonna.pattern is not None:
        vincoli["pattern"] = f"^(?:{colonna.pattern})$"
    if colonna.minimum is not None:
        vincoli["minimum"] = colonna.minimum
    if colonna.maximum is not None:
        vincoli["maximum"] = colonna.maximum
    return {
        "name": nome,
        "type": TIPI.get(colonna.dtype, "string"),
        "description": colonna.description,
        "constraints": vincoli,
    }


def stale_package(*, aggiorna: bool = False) -> bool:
    """Return whether ``datapackage.json`` is not what the tables say, and optionally write it."""
    percorso = storage.embedded_root() / PACCHETTO
    atteso = json.dumps(datapackage(), ensure_ascii=False, indent=2) + "\n"
    if percorso.exists() and percorso.read_text(encoding="utf-8") == atteso:
        return False
    if aggiorna:
        percorso.write_text(atteso, encoding="utf-8", newline="\n")
    return True


def main(argomenti: list[str]) -> int:
    """Refresh (or, with ``--verifica``, only check) hashes and Data Package; return the exit code."""
    aggiorna = "--verifica" not in argomenti
    vecchi = stale_hashes(aggiorna=aggiorna)
    pacchetto = stale_package(aggiorna=aggiorna)
    verbo = "Aggiornato" if aggiorna else "Da aggiornare"
    for percorso in vecchi:
        print(f"{verbo}: impronta di {percorso.parent.name}/{percorso.name}")
    if pacchetto:
        print(f"{verbo}: {PACCHETTO}")
    if not vecchi and not pacchetto:
        print("Impronte e descrizione dei dati sono aggiornate.")
    return 0 if aggiorna or not (vecchi or pacchetto) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
