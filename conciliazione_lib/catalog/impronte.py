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
from conciliazione_lib.errors import ConciliazioneError

PACKAGE = "datapackage.json"
KINDS = MappingProxyType({"Int64": "integer", "float64": "number"})


def stale_hashes(*, update: bool = False) -> list[Path]:
    """Return the embedded files whose hash in ``tabella.toml`` is not theirs, and optionally write it.

    A hash is written only for a file that keeps to its declaration: who reads the table then need not check it again.

    Raises
    ------
    DatiError
        A file whose hash is to be written breaks its schema.
    """
    old: list[Path] = []
    for name in names():
        folder = storage.folder(name, "incorporata")
        entries = storage.read_provenance(folder)
        changed = []
        for entry in entries:
            path = folder / str(entry["file"])
            fingerprint = storage.sha256(path)
            if entry.get("sha256") != fingerprint:
                validate(storage.read_file(path), spec(name), file=path)
                entry["sha256"] = fingerprint
                changed.append(path)
        if changed and update:
            storage.write_provenance(folder, entries)
        old += changed
    return old


def datapackage() -> dict[str, Any]:
    """Return the Data Package (Frictionless, v1) that describes every embedded table."""
    resources = []
    for name in names():
        declaration = spec(name)
        for version in storage.versions(name):
            if version.origine == "incorporata":
                resources.append(_resource(declaration, version))
    return {
        "name": "conciliazione-dati",
        "title": "Dati incorporati di conciliazione",
        "profile": "data-package",
        "resources": resources,
    }


def _resource(dichiarazione: TableSpec, version: storage.Provenance) -> dict[str, Any]:
    format_ = version.percorso.suffix.removeprefix(".")
    return {
        "name": f"{dichiarazione.name}-{version.percorso.stem}".lower().replace("_", "-"),
        "title": version.titolo,
        "description": dichiarazione.description,
        "path": f"{dichiarazione.name}/{version.percorso.name}",
        "format": format_,
        "encoding": "utf-8",
        "hash": f"sha256:{version.sha256}",
        "sources": [{"title": version.fonte, **({"path": version.url} if version.url else {})}],
        "licenses": [{"title": version.licenza}],
        "conciliazione": {
            "data_riferimento": version.data_riferimento,
            "recuperato": version.recuperato,
            "grado": version.grado,
            "stato": version.stato,
            "lettura": version.lettura,
            "note": version.note,
        },
        "schema": {
            "fields": [_field(name, column) for name, column in _present(dichiarazione, version.percorso).items()],
            "primaryKey": list(dichiarazione.keys),
        },
    }


def _present(dichiarazione: TableSpec, path: Path) -> dict[str, Column]:
    """Return the columns that a file has: some of a declaration need not be there."""
    optional = {name for name, column in dichiarazione.columns.items() if not column.required}
    if not optional:
        return dict(dichiarazione.columns)
    import pandas as pd
    import pyarrow.parquet as pq

    there_are = pq.read_schema(path).names if path.suffix == ".parquet" else pd.read_csv(path, nrows=0).columns
    return {n: c for n, c in dichiarazione.columns.items() if n not in optional or n in there_are}


def _field(nome: str, column: Column) -> dict[str, Any]:
    constraints: dict[str, Any] = {"required": not column.nullable}
    if column.values is not None:
        constraints["enum"] = list(column.values)
    if column.pattern is not None:
        constraints["pattern"] = f"^(?:{column.pattern})$"
    if column.minimum is not None:
        constraints["minimum"] = column.minimum
    if column.maximum is not None:
        constraints["maximum"] = column.maximum
    return {
        "name": nome,
        "type": KINDS.get(column.dtype, "string"),
        "description": column.description,
        "constraints": constraints,
    }


def stale_package(*, update: bool = False) -> bool:
    """Return whether ``datapackage.json`` is not what the tables say, and optionally write it."""
    path = storage.embedded_root() / PACKAGE
    expected = json.dumps(datapackage(), ensure_ascii=False, indent=2) + "\n"
    if path.exists() and path.read_text(encoding="utf-8") == expected:
        return False
    if update:
        path.write_text(expected, encoding="utf-8", newline="\n")
    return True


def main(arguments: list[str]) -> int:
    """Refresh (or, with ``--verifica``, only check) hashes and Data Package; return the exit code."""
    update = "--verifica" not in arguments
    try:
        old, package = stale_hashes(update=update), stale_package(update=update)
    except ConciliazioneError as error:
        print(error, file=sys.stderr)
        return error.codice_uscita
    verb = "Aggiornato" if update else "Da aggiornare"
    for path in old:
        print(f"{verb}: impronta di {path.parent.name}/{path.name}")
    if package:
        print(f"{verb}: {PACKAGE}")
    if not old and not package:
        print("Impronte e descrizione dei dati sono aggiornate.")
    return 0 if update or not (old or package) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
