"""The checks that are data: rows of ``quality/verifiche``, one TOML file a theme, read and refused whole.

Each table of a file is a check, under its identifier: its ``tipo`` names one of the kinds of
:mod:`conciliazione_lib.quality.kinds`, whose fields are those of the row.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

from pydantic import ValidationError

from conciliazione_lib import territory
from conciliazione_lib.errors import DatiError, Problem
from conciliazione_lib.quality.kinds import KINDS, Row
from conciliazione_lib.quality.quantities import nearest

#: Where the files are, in the package.
FOLDER = "verifiche"


def parse(texts: Mapping[str, str]) -> list[Row]:
    """Read the checks of some files.

    Parameters
    ----------
    texts : mapping of str to str
        Content of each TOML file by its name.

    Returns
    -------
    list of Row

    Raises
    ------
    DatiError
        With every problem found: unreadable file, unknown kind, field, table, column or ATS, field missing, identifier
        declared twice.
    """
    problems: list[Problem] = []
    rows: dict[str, Row] = {}
    for file, text in texts.items():
        try:
            content = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            problems.append(Problem("un file TOML valido", str(error), file=file))
            continue
        for identifier, written in content.items():
            if not isinstance(written, dict):
                problems.append(Problem("una tabella per verifica", f"{identifier} = {written!r}", file=file))
                continue
            for one, fields in _expanded(identifier, written):
                if one in rows:
                    problems.append(Problem("un identificativo usato una volta sola", one, file=file))
                    continue
                row = _row(file, one, fields)
                if isinstance(row, Row):
                    rows[one] = row
                else:
                    problems += row
    if problems:
        raise DatiError("Le verifiche non sono valide.", "correggere i file di quality/verifiche/ indicati.", problems)
    return list(rows.values())


def load() -> list[Row]:
    """Return the checks of the package."""
    folder = resources.files(__package__) / FOLDER
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return parse({file.name: file.read_text(encoding="utf-8") for file in files})


def _row(file: str, identifier: str, fields: dict[str, Any]) -> Row | list[Problem]:
    kind = fields.pop("tipo", None)
    if kind not in KINDS:
        known = f"uno dei tipi: {', '.join(KINDS)}"
        return [Problem(known, f"{identifier}.tipo = {'assente' if kind is None else repr(kind)}", file=file)]
    try:
        return KINDS[kind](id=identifier, **fields)
    except ValidationError as error:
        return [_problem(file, identifier, KINDS[kind], detail) for detail in error.errors()]


def _problem(file: str, identifier: str, kind: type[Row], detail: Any) -> Problem:
    field = ".".join([identifier, *map(str, detail["loc"])])
    match detail["type"]:
        case "extra_forbidden":
            word = str(detail["loc"][-1])
            known = nearest(word, kind.model_fields) if len(detail["loc"]) == 1 else ""
            return Problem(f"solo i campi del tipo «{kind.name}»{known}", field, file=file)
        case "missing":
            return Problem("il campo obbligatorio", f"{field} assente", file=file)
        case "value_error":
            return Problem(str(detail["ctx"]["error"]), field, file=file)
        case _:
            return Problem("un valore del genere giusto", f"{field} = {detail['input']!r}", file=file)


def _expanded(identifier: str, written: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the checks that a table stands for: one, or one for each case of ``per_ogni``."""
    fields = dict(written)
    cases = fields.pop("per_ogni", None)
    if cases is None:
        yield identifier, fields
        return
    for case in _of_level(**cases) if isinstance(cases, dict) else cases:
        made = _filled(fields, case)
        if "ats" in case:
            made["territori"] = case["ats"]
        yield _filled(identifier, case).lower().replace("_", "-"), made


def _of_level(livello: str, data: str) -> list[dict[str, Any]]:
    """Return the code, the name and the ATS of every territory of a level."""
    places = territory.load(data=data)
    of_comuni = places.comuni["ats"]
    return [
        {
            "codice": code,
            "nome": places.name(livello, code).replace("’", "'"),
            "ats": sorted(of_comuni[places.members(livello, code)].unique()),
        }
        for code in places.codes(livello)
    ]


def _filled(written: Any, case: Mapping[str, Any]) -> Any:
    """Return what is written with the words of a case in the place of their names in braces."""
    if isinstance(written, dict):
        return {_filled(key, case): _filled(value, case) for key, value in written.items()}
    if isinstance(written, list):
        return [_filled(value, case) for value in written]
    if not isinstance(written, str):
        return written
    for name, value in case.items():
        if written == f"{{{name}}}":
            return value
        written = written.replace(f"{{{name}}}", str(value))
    return written
