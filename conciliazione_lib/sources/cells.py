"""What the cell of a spreadsheet means for a column of a table: comuni, vocabularies, Italian numbers, texts."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches

import pandera.pandas as pa

from conciliazione_lib.catalog import TableSpec
from conciliazione_lib.catalog.spec import SIX_DIGITS
from conciliazione_lib.errors import Problem, UsoError
from conciliazione_lib.sources.files import normalise
from conciliazione_lib.territory import Territory

#: How a row of totals begins.
TOTALS = frozenset({"totale", "totali", "tot", "somma", "subtotale", "media"})
NOT_KNOWN = frozenset({"", "nd", "n d", "n r", "nr", "non disponibile", "non noto"})
# No number groups its thousands after a zero: 0.125 is an eighth.
_ITALIAN_NUMBER = re.compile(r"-?(\d+|[1-9]\d{0,2}(\.\d{3})+)(,\d+)?")
_PLAIN_NUMBER = re.compile(r"-?\d+\.\d+")


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
        self._codes = set(territorio.comuni.index)
        self._successors = territorio.fusioni.successors(territorio.data)
        self._known: dict[str, str | Problem] = {}

    def resolve(self, value: object) -> str | Problem:
        """Return the code, or the problem that keeps it from being found (without its place)."""
        text = shown(value)
        if text not in self._known:
            self._known[text] = self._by_code(text) if text.isdigit() else self._by_name(text)
        return self._known[text]

    def resolve_ambito(self, value: object) -> str | Problem:
        """Return the short code of an ambito from its code or its name, or the problem that it has."""
        text = shown(value)
        try:
            return self._territorio.resolve(text, "ambito").codice
        except UsoError as cause:
            return Problem("il nome o il codice breve di un ambito", f"«{text}»", rimedio=cause.rimedio)

    def _by_code(self, text: str) -> str | Problem:
        code = text.zfill(6)
        present = self._successors.get(code, code)
        if present in self._codes:
            if present != code:
                self.renamed.append(f"{text}: codice cessato, ora {self._territorio.name('comune', present)}")
            return present
        near = get_close_matches(code, sorted(self._codes), n=1, cutoff=0.8)
        remedy = f"Il più vicino è {near[0]}, {self._territorio.name('comune', near[0])}." if near else None
        return Problem("il codice ISTAT di un comune della Lombardia", f"«{text}»", rimedio=remedy)

    def _by_name(self, text: str) -> str | Problem:
        try:
            found = self._territorio.resolve(text)
            if found.nota:
                self.renamed.append(found.nota)
            return found.codice
        except UsoError as cause:
            first = normalise(text).partition(" ")[0]
            remedy = "Se è una riga di totale, toglierla dal foglio." if first in TOTALS else cause.rimedio
            return Problem("il nome o il codice ISTAT di un comune della Lombardia", f"«{text}»", rimedio=remedy)


def converter(name: str, spec: TableSpec, comuni: Comuni) -> Callable[[object], object]:
    """Return what turns a cell of a column into its value, or into the problem it has (without its place)."""
    column = spec.columns[name]
    if str(column.dtype) in ("int64", "Int64"):
        return _whole_number
    if str(column.dtype) == "float64":
        return _number
    checks = {check.name: check for check in column.checks}
    if "str_matches" in checks and SIX_DIGITS in str(checks["str_matches"].statistics):
        return comuni.resolve
    if name == "ambito" and spec.keys != ("ambito",):  # where it is the key alone, the table is what names the ambiti
        return comuni.resolve_ambito
    if "isin" in checks:
        return _Vocabulary(column, spec.value_aliases.get(name, {})).resolve
    return shown


class _Vocabulary:
    """Finds the value of a vocabulary from the ways of writing it."""

    def __init__(self, column: pa.Column, aliases: Mapping[str, str]) -> None:
        check = next(check for check in column.checks if check.name == "isin")
        self._values = [str(value) for value in check.statistics["allowed_values"]]
        self._written = {normalise(alias): value for alias, value in aliases.items()}
        self._written |= {normalise(value): value for value in self._values}

    def resolve(self, value: object) -> str | Problem:
        text = normalise(value)
        if text in self._written:
            return self._written[text]
        near = get_close_matches(text, self._written, n=1, cutoff=0.6)
        listed = ", ".join(self._values[:12]) + (", …" if len(self._values) > 12 else "")
        remedy = f"Il più vicino è «{self._written[near[0]]}»." if near else None
        return Problem(f"uno fra: {listed}", f"«{value}»", rimedio=remedy)


def _number(value: object) -> object:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    text = str(value).strip()
    if normalise(text) in NOT_KNOWN and not any(sign.isdigit() for sign in text):
        return None
    if isinstance(value, str) and _ITALIAN_NUMBER.fullmatch(text):
        return float(text.replace(".", "").replace(",", "."))
    if isinstance(value, str) and _PLAIN_NUMBER.fullmatch(text):
        return float(text)
    return Problem("un numero", f"«{text}»", rimedio="Scrivere solo il numero, oppure lasciare la cella vuota.")


def ambiguous(values: Iterable[object]) -> set[str]:
    """Return the numbers of a column that could be two: 12.345 where another cell says 12.5.

    Parameters
    ----------
    values : iterable
        The cells of one column of numbers.
    """
    texts = {value.strip() for value in values if isinstance(value, str)}
    if not any(_PLAIN_NUMBER.fullmatch(text) and not _ITALIAN_NUMBER.fullmatch(text) for text in texts):
        return set()
    return {text for text in texts if _PLAIN_NUMBER.fullmatch(text) and _ITALIAN_NUMBER.fullmatch(text)}


def _whole_number(value: object) -> object:
    number = _number(value)
    if isinstance(number, float):
        return int(number) if number.is_integer() else Problem("un numero intero", f"«{value}»")
    return number


def shown(value: object) -> str:
    """Return a cell as its reader sees it: whole numbers without decimals, days without hours."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    return str(value)
