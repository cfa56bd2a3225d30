"""Reading the declaration of a table, ``tabella.toml``: what is wrong in it is said with its file and its key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NoReturn

import conciliazione_lib.catalog.vocabularies as vocabularies
from conciliazione_lib import storage
from conciliazione_lib.catalog.spec import GROUPS, TYPES, Column, Rule, TableSpec
from conciliazione_lib.errors import DatiError
from conciliazione_lib.region import REGION

FILE: Final = storage.DECLARATION
_WORDS: Final = MappingProxyType(
    {str: "un testo", bool: "true o false", int: "un numero", list: "un elenco", dict: "una sezione"}
)
_OF_A_TABLE: Final = MappingProxyType(
    {
        "titolo": (str,),
        "descrizione": (str,),
        "chiavi": (list,),
        "gruppi": (list,),
        "riservata": (bool,),
        "geometrica": (bool,),
        "colonne": (dict,),
        "versioni": (list,),
    }
)
_OF_A_COLUMN: Final = MappingProxyType(
    {
        "tipo": (str,),
        "descrizione": (str,),
        "obbligatoria": (bool,),
        "presente": (bool,),
        "valori": (str, list, dict),
        "modello": (str,),
        "minimo": (int, float),
        "massimo": (int, float),
        "altri_nomi": (str, list),
        "parole": (list,),
        "sinonimi": (str, dict),
    }
)
#: What a kind of column may not be told: the others are of one kind only.
_ONLY_OF: Final = MappingProxyType(
    {"valori": "str", "modello": "str", "sinonimi": "str", "minimo": "numero", "massimo": "numero"}
)
#: Words of a title or of a description in whose place the region comes.
_REGION: Final = MappingProxyType({"{della regione}": REGION.di, "{nella regione}": REGION.there})


class _Wrong(Exception):
    """A key that is not as it must be: which one, what was expected, what is there."""


def read(path: Path, rules: Sequence[Rule] = ()) -> TableSpec:
    """Return the declaration of a table; its name is that of the folder.

    Parameters
    ----------
    path : Path
        The ``tabella.toml``.
    rules : sequence of Rule
        The rules of the table, which are code.

    Raises
    ------
    DatiError
        When the file cannot be read, or says what a declaration cannot say; the message names the key.
    """
    place = f"{path.parent.name}/{path.name}"
    try:
        return declared(path.parent.name, tomllib.loads(path.read_text(encoding="utf-8")), rules)
    except (OSError, ValueError) as cause:
        raise DatiError(f"Il file {place} non si può leggere: {cause}", "Correggere il file.") from cause
    except _Wrong as cause:
        key, expected, found = cause.args
        raise DatiError(
            f"Nel file {place}, «{key}»: atteso {expected}; trovato {found}.",
            "Correggere il file: che cosa può dire una tabella è in docs/SVILUPPO.md, «To add a table».",
        ) from cause


def declared(name: str, told: Mapping[str, Any], rules: Sequence[Rule] = ()) -> TableSpec:
    """Return the declaration that the content of a ``tabella.toml`` makes."""
    _check(told, _OF_A_TABLE, "", needed=("titolo", "descrizione", "chiavi"))
    sections = _columns(told)
    columns = {column: _column(column, section) for column, section in sections.items()}
    if not columns:
        _wrong("colonne", "almeno una colonna", "nessuna")
    for key in told["chiavi"]:
        _known(key, columns, "chiavi", "una colonna della tabella")
    names, words = _of_columns(sections, "altri_nomi"), _of_columns(sections, "parole")
    synonyms = _of_columns(sections, "sinonimi")
    return TableSpec(
        name=name,
        title=_text(told["titolo"], "titolo"),
        description=_text(told["descrizione"], "descrizione"),
        columns=columns,
        keys=tuple(told["chiavi"]),
        rules=tuple(rules),
        geometric=told.get("geometrica", False),
        reserved=told.get("riservata", False),
        column_aliases={column: _words(said, "nomi", place) for column, (place, said) in names.items()},
        column_words={column: _words(said, "nomi", place) for column, (place, said) in words.items()},
        value_aliases={column: _synonyms(said, columns[column], place) for column, (place, said) in synonyms.items()},
    )


def _columns(told: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what is said of each column, in order: first those that have a section, then those of the groups."""
    sections: dict[str, dict[str, Any]] = dict(told.get("colonne", {}))
    for group in told.get("gruppi", []):
        for column in GROUPS[_known(group, GROUPS, "gruppi", "un gruppo di colonne")]:
            if column in sections:
                _wrong("gruppi", f"una colonna «{column}» sola", f"un'altra nel gruppo «{group}»")
            sections[column] = {"tipo": column}
    return sections


def _column(name: str, section: Any) -> Column:
    place = f"colonne.{name}"
    if not isinstance(section, dict):
        _wrong(place, "una sezione", repr(section))
    _check(section, _OF_A_COLUMN, place, needed=("tipo",))
    beginning = TYPES[_known(section["tipo"], TYPES, f"{place}.tipo", "un tipo di colonna")]
    for key, kind in _ONLY_OF.items():
        if key in section and (beginning.dtype == "str") != (kind == "str"):
            _wrong(f"{place}.{key}", f"nessuna chiave «{key}» in una colonna di tipo «{section['tipo']}»", "una")
    description = section.get("descrizione", beginning.description)
    if not description:
        _wrong(place, "la chiave «descrizione»", "nessuna")
    said = {
        "description": _text(description, f"{place}.descrizione"),
        "nullable": not section.get("obbligatoria", not beginning.nullable),
        "required": section.get("presente", beginning.required),
        "minimum": section.get("minimo"),
        "maximum": section.get("massimo"),
    }
    if "valori" in section:
        said["values"] = _words(section["valori"], "valori", f"{place}.valori")
    if "modello" in section:
        said["pattern"] = _pattern(section["modello"], f"{place}.modello")
    return replace(beginning, **said)


def _of_columns(sections: Mapping[str, dict[str, Any]], key: str) -> dict[str, tuple[str, Any]]:
    """Return where a key is and what it says, for each column that has it."""
    return {c: (f"colonne.{c}.{key}", section[key]) for c, section in sections.items() if key in section}


def _words(said: Any, kind: str, place: str) -> tuple[str, ...]:
    """Return a list of words: written, or named (``@sessi``), whole or in part."""
    if not isinstance(said, str | list | dict):
        _wrong(place, "un elenco", repr(said))
    found: list[str] = []
    for word in [said] if isinstance(said, str) else said:
        if not isinstance(word, str):
            _wrong(place, "un elenco di testi", repr(word))
        if word.startswith("@"):
            found += _named(word, kind, place)
        elif isinstance(said, str):
            _wrong(place, "un elenco, o il nome di un vocabolario con la chiocciola", f"«{word}»")
        else:
            found.append(word)
    return tuple(found)


def _pattern(said: str, place: str) -> str:
    whole = re.sub(r"@[a-z_]+", lambda name: str(_named(name[0], "modelli", place)), said)
    try:
        re.compile(whole)
    except re.error as cause:
        _wrong(place, "un'espressione regolare", f"«{said}» ({cause})")
    return whole


def _synonyms(said: Any, column: Column, place: str) -> dict[str, str]:
    ways: Mapping[str, Any] = _named(said, "sinonimi", place) if isinstance(said, str) else said
    if not isinstance(said, str):
        for value in ways:
            _known(value, column.values or (), place, "un valore della colonna")
    return {way: value for value, told in ways.items() for way in _words(told, "sinonimi", place)}


def _named(word: str, kind: str, place: str) -> Any:
    known = vocabularies.section(kind)
    return known[_known(word.removeprefix("@"), known, place, f"un nome di [{kind}] in {vocabularies.FILE}")]


def _text(said: str, place: str) -> str:
    """Return a text on one line, with the name of the region where it is asked for."""
    line = re.sub(r"[ \n]+", " ", said).strip()
    for word, region in _REGION.items():
        line = line.replace(word, region)
    if left := re.search(r"\{.*?\}", line):
        _wrong(place, f"fra graffe soltanto {' o '.join(_REGION)}", left[0])
    return line


def _check(
    section: Mapping[str, Any], kinds: Mapping[str, tuple[type, ...]], place: str, needed: Sequence[str]
) -> None:
    before = f"{place}." if place else ""
    for key, value in section.items():
        _known(key, kinds, f"{before}{key}", "una chiave che esista")
        if type(value) not in kinds[key]:
            expected = " o ".join(_WORDS[kind] for kind in kinds[key] if kind in _WORDS)
            _wrong(f"{before}{key}", expected, repr(value))
    for key in needed:
        if key not in section:
            _wrong(place or key, f"la chiave «{key}»", "nessuna")


def _known(word: Any, known: Collection[str], place: str, what: str) -> str:
    """Return a word, if it is one of those known; else say which ones it may be."""
    if isinstance(word, str) and word in known:
        return word
    near = get_close_matches(str(word), list(known), n=3, cutoff=0.6) or list(known)[:12]
    return _wrong(place, f"{what} ({', '.join(near)})", f"«{word}»")


def _wrong(place: str, expected: str, found: str) -> NoReturn:
    raise _Wrong(place, expected, found)
