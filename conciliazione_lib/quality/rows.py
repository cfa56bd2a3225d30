"""The checks that are data: rows of ``quality/verifiche``, one TOML file a theme, read and refused whole.

Each table of a file is a check, under its identifier: its ``tipo`` names one of the kinds of
:mod:`conciliazione_lib.quality.kinds`, whose fields are those of the row.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

from pydantic import TypeAdapter, ValidationError

from conciliazione_lib import territory
from conciliazione_lib.errors import DatiError, Problem, UsoError
from conciliazione_lib.quality.kinds import KINDS, Row
from conciliazione_lib.quality.quantities import Quantity, Strict, nearest

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
            try:
                cases = list(_expanded(identifier, written))
            except (ValidationError, UsoError):
                expected = "un elenco di casi, o livello e data di un territorio"
                problems.append(Problem(expected, f"{identifier}.per_ogni = {written['per_ogni']!r}", file=file))
                continue
            for one, fields in cases:
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
        told: dict[tuple[int | str, ...], Problem] = {}
        for detail in error.errors():
            place, value = _place(detail["loc"], fields)
            alike = detail["loc"] if detail["type"] == "missing" else place
            told.setdefault(alike, _problem(file, identifier, KINDS[kind], detail, place, value))
        return list(told.values())


def _place(loc: tuple[int | str, ...], fields: Any) -> tuple[tuple[int | str, ...], Any]:
    """Return the part of a place that is in the row, and what is written there: the rest is the validator's own."""
    place: list[int | str] = []
    value = fields
    for step in loc:
        inside = (isinstance(value, dict) and step in value) or (isinstance(value, list) and isinstance(step, int))
        if not inside:
            break
        place.append(step)
        value = value[step]
    return tuple(place), value


def _problem(
    file: str, identifier: str, kind: type[Row], detail: Any, place: tuple[int | str, ...], value: Any
) -> Problem:
    loc = detail["loc"]
    if detail["type"] == "missing" and len(loc) == len(place) + 1:
        return Problem("il campo obbligatorio", f"{'.'.join([identifier, *map(str, loc)])} assente", file=file)
    where = ".".join([identifier, *map(str, place)])
    if detail["type"] == "extra_forbidden" and place == loc:
        names = kind.model_fields if len(loc) == 1 else Quantity.model_fields
        what = f"i campi del tipo «{kind.name}»" if len(loc) == 1 else "i campi di una quantità"
        return Problem(f"solo {what}{nearest(str(loc[-1]), names)}", where, file=file)
    if detail["type"] == "value_error":
        expected, found = detail["ctx"]["error"].args
        return Problem(expected, f"{where}: {found}", file=file)
    if detail["type"] == "literal_error" and place == loc:
        values = re.findall("'(.*?)'", detail["ctx"]["expected"])
        return Problem(f"uno fra {', '.join(values)}", f"{where} = {value!r}", file=file)
    return Problem("un valore del genere giusto", f"{where} = {value!r}", file=file)


class _Level(Strict):
    """Cases that are the territories of a level."""

    livello: str
    data: str


_CASES: TypeAdapter[_Level | list[dict[str, Any]]] = TypeAdapter(_Level | list[dict[str, Any]])


def _expanded(identifier: str, written: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the checks that a table stands for: one, or one for each case of ``per_ogni``."""
    fields = dict(written)
    if "per_ogni" not in fields:
        yield identifier, fields
        return
    cases = _CASES.validate_python(fields.pop("per_ogni"))
    for case in _of_level(cases) if isinstance(cases, _Level) else cases:
        made = _filled(fields, case)
        if "ats" in case:
            made["territori"] = case["ats"]
        yield _filled(identifier, case).lower().replace("_", "-"), made


def _of_level(level: _Level) -> list[dict[str, Any]]:
    """Return the code, the name and the ATS of every territory of a level."""
    places = territory.load(data=level.data)
    of_comuni = places.comuni["ats"]
    return [
        {
            "codice": code,
            "nome": places.name(level.livello, code).replace("’", "'"),
            "ats": sorted(of_comuni[places.members(level.livello, code)].unique()),
        }
        for code in places.codes(level.livello)
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
