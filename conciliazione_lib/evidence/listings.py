"""The lists that analyses write, declared: what each one lists, and which columns tell its rows apart.

Each theme is a TOML file of ``evidence/elenchi/``; each of its tables is one list, under its name, with ``titolo`` and
``chiave``, as indicators are declared in ``evidence/indicatori/``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from conciliazione_lib.errors import DatiError, Problem


class Declaration(BaseModel):
    """A declared list.

    Attributes
    ----------
    titolo : str
        What it lists, in Italian.
    chiave : tuple of str
        Columns that tell its rows apart.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    titolo: str = Field(min_length=1)
    chiave: tuple[str, ...] = Field(min_length=1)


def parse(texts: Mapping[str, str]) -> Mapping[str, Declaration]:
    """Read declarations.

    Parameters
    ----------
    texts : mapping of str to str
        Content of each TOML file by its name.

    Returns
    -------
    mapping of str to Declaration
        By the name of the list.

    Raises
    ------
    DatiError
        With every problem found: unreadable file, list declared twice, field missing or unknown.

    Examples
    --------
    >>> parse({"prova.toml": 'nomi = { titolo = "I nomi", chiave = ["territorio"] }'})["nomi"].chiave
    ('territorio',)
    """
    problems: list[Problem] = []
    found: dict[str, Declaration] = {}
    for file, text in texts.items():
        try:
            content = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            problems.append(Problem("un file TOML valido", str(error), file=file))
            continue
        for name, table in content.items():
            if name in found:
                problems.append(Problem("un elenco dichiarato una volta sola", name, file=file))
                continue
            try:
                found[name] = Declaration.model_validate(table)
            except ValidationError as error:
                fields = ", ".join(".".join(map(str, one["loc"])) or name for one in error.errors())
                problems.append(
                    Problem("per ogni elenco «titolo» e «chiave», e nient'altro", f"{name}: {fields}", file)
                )
    if problems:
        raise DatiError("Gli elenchi dichiarati non sono validi.", "correggere i file di evidence/elenchi/.", problems)
    return MappingProxyType(found)


@cache
def load() -> Mapping[str, Declaration]:
    """Return the declared lists of the package, read once per process."""
    folder = resources.files(__package__) / "elenchi"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return parse({file.name: file.read_text(encoding="utf-8") for file in files})
