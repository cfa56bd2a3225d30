"""What the cell of a spreadsheet means for a column of a table: comuni, vocabularies, dates, texts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from difflib import get_close_matches

from conciliazione_lib.catalog import TableSpec
from conciliazione_lib.catalog.spec import DAY, HOUR, SIX_DIGITS, Column
from conciliazione_lib.errors import Problem, UsoError
from conciliazione_lib.region import REGION
from conciliazione_lib.sources.days import read_day
from conciliazione_lib.sources.files import normalise
from conciliazione_lib.sources.hours import read_hour
from conciliazione_lib.sources.numbers import is_missing
from conciliazione_lib.territory import Territory, codes

#: How a row of totals begins.
TOTALS = frozenset({"totale", "totali", "tot", "somma", "subtotale", "media"})
#: Unknown names beyond which those that resemble them are no longer looked for: it would take minutes.
SUGGESTED = 100
NUMBERS = ("int64", "Int64", "float64")


class Comuni:
    """Finds the code of a comune from what a file writes: its code, even without the zero, or its name.

    Parameters
    ----------
    territorio : Territory
        The comuni in force, and those that ceased before.

    Attributes
    ----------
    renamed : list of str
        What was found under a name or a code that is not the one in force, in Italian.
    """

    def __init__(self, territorio: Territory) -> None:
        self.renamed: list[str] = []
        self._territorio = territorio
        self._known: dict[str, str | Problem] = {}
        self._unknown = 0

    def resolve(self, value: object, beside: object = None) -> str | Problem:
        """Return the code, or the problem that keeps it from being found (without its place).

        Parameters
        ----------
        value : object
            A code or a name.
        beside : object, optional
            The name that the same row has in another column. It never replaces a code: it shows that it is wrong.
        """
        text = shown(value)
        if text not in self._known:
            self._known[text] = self._found(text)
        result = self._known[text]
        other = self._surely(beside) if beside is not None and codes.six_digits(text) else None
        if other is None or other == result:
            return result
        name = self._territorio.name("comune", other)
        if isinstance(result, Problem):
            return Problem(result.atteso, result.trovato, rimedio=f"Nella stessa riga c'è «{name}»: il suo è {other}.")
        return Problem(
            "lo stesso comune nel codice e nel nome",
            f"«{text}» ({self._territorio.name('comune', result)}) e «{shown(beside)}»",
            rimedio=f"Correggere quello sbagliato dei due: il codice di {name} è {other}.",
        )

    def resolve_ambito(self, value: object) -> str | Problem:
        """Return the short code of an ambito from its code or its name, or the problem that it has."""
        text = shown(value)
        try:
            return self._territorio.resolve(text, "ambito").codice
        except UsoError as cause:
            return Problem("il nome o il codice breve di un ambito", f"«{text}»", rimedio=cause.rimedio)

    def _found(self, text: str) -> str | Problem:
        try:
            found = self._territorio.resolve(text, suggest=self._unknown < SUGGESTED)
        except UsoError as cause:
            self._unknown += 1
            kind = "il codice ISTAT" if codes.six_digits(text) else "il nome o il codice ISTAT"
            return Problem(f"{kind} di un comune {REGION.di}", f"«{text}»", rimedio=cause.rimedio)
        if found.nota:
            self.renamed.append(found.nota)
        return found.codice

    def _surely(self, name: object) -> str | None:
        """Return the comune that a name surely is: no abbreviation, nothing read in its place."""
        text = shown(name)
        try:
            found = self._territorio.resolve(text, suggest=False)
        except UsoError:
            return None
        return None if "letto come" in found.nota else found.codice


def is_comune(column: Column) -> bool:
    """Tell whether a column holds the code of a comune."""
    return column.pattern == SIX_DIGITS


def is_number(column: Column) -> bool:
    """Tell whether a column holds numbers."""
    return column.dtype in NUMBERS


def is_word(value: str, name: str, spec: TableSpec) -> bool:
    """Tell whether a text is one of those that the vocabulary of a column has, as written or under another name."""
    column = spec.columns[name]
    if not has_vocabulary(column):
        return False
    return not isinstance(_Vocabulary(column, spec.value_aliases.get(name, {})).resolve(value), Problem)


def has_vocabulary(column: Column) -> bool:
    """Tell whether a column admits some words only."""
    return column.values is not None


def converter(name: str, spec: TableSpec, comuni: Comuni) -> Callable[[object], object]:
    """Return what turns a cell of a column that is not of numbers into its value, or into the problem it has."""
    column = spec.columns[name]
    if is_comune(column):
        return comuni.resolve
    found: Callable[[object], object]
    if name == "ambito" and spec.keys != ("ambito",):  # where it is the key alone, the table is what names the ambiti
        return comuni.resolve_ambito
    if column.pattern == DAY:
        found = read_day
    elif column.pattern == HOUR:
        found = read_hour
    elif has_vocabulary(column):
        found = _Vocabulary(column, spec.value_aliases.get(name, {})).resolve
    else:
        return shown
    return _or_missing(found) if column.nullable else found


def _or_missing(resolve: Callable[[object], object]) -> Callable[[object], object]:
    def resolved(value: object) -> object:
        result = resolve(value)
        return None if isinstance(result, Problem) and isinstance(value, str) and is_missing(value) else result

    return resolved


class _Vocabulary:
    """Finds the value of a vocabulary from the ways of writing it."""

    def __init__(self, column: Column, aliases: Mapping[str, str]) -> None:
        self._values = column.values or ()
        self._written = {normalise(alias): value for alias, value in aliases.items()}
        self._written |= {normalise(value): value for value in self._values}
        if {"si", "no"} <= set(self._values):
            self._written |= {"true": "si", "vero": "si", "false": "no", "falso": "no"}

    def resolve(self, value: object) -> str | Problem:
        text = normalise(shown(value))
        if text in self._written:
            return self._written[text]
        near = get_close_matches(text, self._written, n=1, cutoff=0.6)
        listed = ", ".join(self._values[:12]) + (", …" if len(self._values) > 12 else "")
        remedy = f"Il più vicino è «{self._written[near[0]]}»." if near else None
        return Problem(f"uno fra: {listed}", f"«{shown(value)}»", rimedio=remedy)


def shown(value: object) -> str:
    """Return a cell as its reader sees it: whole numbers without decimals, days without hours."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    return str(value)
