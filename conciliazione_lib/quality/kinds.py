"""The kinds of checks: what a row of ``quality/verifiche`` may ask of some figures.

Each kind is a model of the row, with the fields that it needs beside those common to all, and says what it found.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from string import Formatter
from types import MappingProxyType
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from conciliazione_lib import catalog, territory
from conciliazione_lib.evidence.formats import euro, numero, percent
from conciliazione_lib.quality.arithmetic import Comparison, compare, corrections, exact, rounding
from conciliazione_lib.quality.check import Outcome, Severity, outcome_of, outcome_of_many, outcome_of_part
from conciliazione_lib.quality.intervals import Interval
from conciliazione_lib.quality.quantities import (
    Figure,
    MissingFigureError,
    Quantity,
    Strict,
    Value,
    bounds,
    broadcast,
    known,
)
from conciliazione_lib.quality.reading import read

_FORMATS = MappingProxyType({"numero": numero, "euro": euro, "percento": percent})


class _Told:
    """A figure inside a text: ``{milano}`` writes it as a number, ``{milano:euro}`` and ``{milano:percento}`` so."""

    def __init__(self, value: Value) -> None:
        self.value = value

    def __format__(self, spec: str) -> str:
        if isinstance(self.value, Interval):
            return str(self.value)
        return _FORMATS[spec or "numero"](self.value)


class Row(Strict):
    """What every check says; attributes carry the names used in the TOML files.

    Attributes
    ----------
    id, titolo, fonti, gravita, territori
        As in :class:`~conciliazione_lib.quality.check.Check`.
    tabelle : tuple of str
        Tables it rests on; when not given, those its quantities read.
    confronto : str
        What is compared; the numbers, or how many comparisons, are added unless ``senza_conteggio``.
    formato, decimali : str, int
        How its numbers are written: ``numero``, ``euro``, ``percento``; with how many decimals.
    quadra, non_quadra : str
        What to say when figures agree and when they do not, in place of ``spiegazione``.
    differisce : str
        What to say when rounding explains a difference, in place of ``quadra``.
    assente : str
        What to say when a figure is not in its table.
    spiegazione, correzione, cifre
        As in :class:`~conciliazione_lib.quality.check.Outcome`.
    dette : mapping
        Other figures, by the name that texts call them with in braces.
    solo_incorporata : bool
        It compares with totals of the embedded version of the tables: another version has totals of its own.
    """

    name: ClassVar[str]
    #: What its texts may tell in braces, beside ``dette``.
    words: ClassVar[tuple[str, ...]] = ()

    id: str
    titolo: str
    fonti: tuple[str, ...] = Field(min_length=1)
    gravita: Severity
    territori: tuple[str, ...] = ()
    tabelle: tuple[str, ...] = ()
    confronto: str
    senza_conteggio: bool = False
    formato: Literal["numero", "euro", "percento"] = "numero"
    decimali: int | None = None
    quadra: str = ""
    non_quadra: str = ""
    differisce: str = ""
    assente: str = ""
    spiegazione: str = ""
    correzione: str = ""
    cifre: tuple[str, ...] = ()
    dette: dict[str, Figure] = Field(default_factory=dict)
    solo_incorporata: bool = False

    @field_validator("territori")
    @classmethod
    def _are_ats(cls, codes: tuple[str, ...]) -> tuple[str, ...]:
        for code in codes:
            known(code, territory.load().codes("ats"), "in «territori» il nome breve di una ATS")
        return codes

    @model_validator(mode="after")
    def _declares_tables(self) -> Row:
        for table in self.tabelle:
            known(table, catalog.names(), "in «tabelle» una tabella")
        missing = [table for table in self.read_tables() if self.tabelle and table not in self.tabelle]
        if missing:
            raise ValueError("in «tabelle» tutte quelle che la verifica legge", f"mancano {', '.join(missing)}")
        return self

    @model_validator(mode="after")
    def _tells_what_it_knows(self) -> Row:
        names = (*self.words, *self.dette)
        for field in ("confronto", "quadra", "non_quadra", "differisce", "spiegazione"):
            try:
                told = [
                    (word, form) for _, word, form, _ in Formatter().parse(getattr(self, field)) if word is not None
                ]
            except ValueError:
                raise ValueError(f"in «{field}» graffe aperte e chiuse", getattr(self, field)) from None
            for word, form in told:
                known(word, names, f"in «{field}», fra graffe, un nome di «dette»")
                known(form or "numero", _FORMATS, f"in «{field}», dopo i due punti, un formato")
        return self

    def figures(self) -> list[Figure]:
        """Return the quantities of the row, those of its texts last."""
        own = (getattr(self, name) for name in type(self).model_fields)
        return [*(value for value in own if isinstance(value, Quantity)), *self.dette.values()]

    def read_tables(self) -> list[str]:
        """Return the tables that its quantities read."""
        return list(dict.fromkeys(table for figure in self.figures() for table in figure.tables()))

    def outcome(self) -> Outcome:
        """Run the check."""
        if self.solo_incorporata and not all(figure.embedded() for figure in self.figures()):
            return Outcome("non_verificabile", "I dati sono stati sostituiti: 0 totali pubblicati con cui confrontarli")
        try:
            return self._found()
        except MissingFigureError:
            return Outcome("non_verificabile", self.assente or f"{self.confronto}: 0 cifre da confrontare, ne mancano")

    def _found(self) -> Outcome:
        raise NotImplementedError

    def show(self, value: Value) -> str:
        """Write a value as the row says."""
        if isinstance(value, Interval):
            return str(value)
        write = _FORMATS[self.formato]
        return write(value) if self.decimali is None else write(value, self.decimali)

    def told(self, text: str, **figures: Any) -> str:
        """Return a text with its figures."""
        if "{" not in text:
            return text
        own = {name: _Told(figure.number()) for name, figure in self.dette.items()}
        return text.format_map({**own, **figures})

    def _words(self, holds: bool, different: bool, **figures: Any) -> str:
        agreed = (self.differisce or self.quadra) if different else self.quadra
        return self.told((agreed if holds else self.non_quadra) or self.spiegazione, **figures)

    def _held(self, holds: bool, **figures: Any) -> Outcome:
        return Outcome(
            "quadra" if holds else "non_quadra",
            self.told(self.confronto, **figures),
            spiegazione=self._words(holds, False, **figures),
            cifre=self.cifre,
        )

    def _of_many(self, wrong: list[str], compared: int, **figures: Any) -> Outcome:
        text = self.told(self.confronto, **figures)
        found = outcome_of_many(wrong, compared, text, self.told(self.quadra, **figures), figures=self.cifre)
        if compared == 0:
            return found
        if wrong and self.non_quadra:
            found = _with(found, spiegazione=self.told(self.non_quadra, elenco=", ".join(wrong), **figures))
        return _with(found, confronto=text) if self.senza_conteggio else found


class Tolerant(Row):
    """A row of two sides that may differ a little.

    Attributes
    ----------
    arrotondamento, arrotondati : int
        Decimals that numbers are rounded to (negative for tens, hundreds, …), and how many numbers are.
    tolleranza : number
        Difference allowed, where it is not that of rounding.
    tolleranza_relativa : number
        Difference allowed as a part of the second side, beside the others.
    """

    arrotondamento: int | None = None
    arrotondati: int = 1
    tolleranza: float | int | None = None
    tolleranza_relativa: float | None = None

    def allowed(self, expected: Decimal) -> Decimal:
        """Return the difference allowed."""
        terms = [
            rounding(self.arrotondamento, self.arrotondati) if self.arrotondamento is not None else None,
            exact(self.tolleranza) if self.tolleranza is not None else None,
            exact(self.tolleranza_relativa) * expected if self.tolleranza_relativa is not None else None,
        ]
        known = [term for term in terms if term is not None]
        return sum(known[1:], known[0]) if known else Decimal(0)


class Equal(Tolerant):
    """Two figures are the same."""

    name = "uguali"
    words: ClassVar[tuple[str, ...]] = ("variazione",)
    pubblicato: Figure
    atteso: Figure

    def _found(self) -> Outcome:
        published, expected = self.pubblicato.number(), self.atteso.number()
        return self._compared(compare(published, expected, self.allowed(expected)))

    def _compared(self, comparison: Comparison, correction: str = "", **figures: Any) -> Outcome:
        if "{variazione}" in self.spiegazione:
            figures["variazione"] = percent((comparison.published / comparison.expected - 1) * 100)
        return outcome_of(
            comparison,
            self.told(self.confronto, **figures),
            self.show,
            spiegazione=self._words(comparison.holds, comparison.difference != 0, **figures),
            correction=self.correzione or correction,
            figures=self.cifre,
        )


class Sum(Equal):
    """Some parts, each with its name, sum to their whole; of a sum that fails the smallest correction is told.

    Attributes
    ----------
    atteso : Quantity
        The parts.
    arrotondati : int
        How many numbers are rounded; all of them, the whole included, when not given.
    """

    name = "somma"
    words: ClassVar[tuple[str, ...]] = ("n", "variazione")

    def _found(self) -> Outcome:
        parts, published = self.atteso.series(), self.pubblicato.number()
        if not parts or None in parts.values():
            raise MissingFigureError
        terms: dict[str, Any] = dict(parts)
        how_many = self.arrotondati if "arrotondati" in self.model_fields_set else len(terms) + 1
        allowed = Decimal(0) if self.arrotondamento is None else rounding(self.arrotondamento, how_many)
        comparison = Comparison(published, sum(terms.values(), Decimal(0)), allowed)
        first = None if comparison.holds else corrections(terms, published)[0]
        proposed = f"{first.name} da {self.show(first.printed)} a {self.show(first.corrected)}." if first else ""
        return self._compared(comparison, proposed, n=len(terms))


class Series(Tolerant):
    """Two series of figures are the same, key by key.

    Attributes
    ----------
    solo_comuni : bool
        Compare the keys that both have; otherwise those of ``pubblicato``, and what is missing does not agree.
    """

    name = "serie"
    words: ClassVar[tuple[str, ...]] = ("elenco", "coppie")
    pubblicato: Figure
    atteso: Figure
    solo_comuni: bool = False

    def _found(self) -> Outcome:
        published, expected = self.pubblicato.series(), self.atteso.series()
        published, expected = dict(broadcast(published, expected)), dict(broadcast(expected, published))
        keys = list(published)
        if self.solo_comuni:
            keys = [key for key in keys if published[key] is not None and expected.get(key) is not None]
        pairs = {key: (published[key], expected.get(key)) for key in keys}
        wrong = [f"{key}: {self._pair(pair)}" for key, pair in pairs.items() if not self._agree(*pair)]
        found = self._of_many(wrong, len(pairs), coppie="; ".join(map(self._pair, pairs.values())))
        return found if self.tolleranza is None else _with(found, tolleranza=exact(self.tolleranza))

    def _pair(self, pair: tuple[Value, Value]) -> str:
        return f"{self.show(pair[0])} e {self.show(pair[1])}"

    def _agree(self, published: Any, expected: Any) -> bool:
        if published is None or expected is None:
            return False
        return Comparison(published, expected, self.allowed(expected)).holds


class Part(Row):
    """A part is not larger than its whole; with keys, under each of them."""

    name = "parte"
    words: ClassVar[tuple[str, ...]] = ("elenco",)
    parte: Figure
    tutto: Figure

    def _found(self) -> Outcome:
        parts, wholes = self.parte.series(), self.tutto.series()
        if list(parts) == [""]:
            return outcome_of_part(
                self.parte.number(), self.tutto.number(), self.told(self.confronto), self.show, figures=self.cifre
            )
        wholes = dict(broadcast(wholes, parts))
        wrong = [
            f"{key}: {self.show(part)} su {self.show(wholes.get(key))}"
            for key, part in parts.items()
            if not _at_most(part, wholes.get(key))
        ]
        return self._of_many(wrong, len(parts))


class Between(Row):
    """A whole (a mean, a rate) is between the least and the most of its parts; with keys, under each of them.

    Attributes
    ----------
    totale : Quantity
        The wholes.
    parti : Quantity
        The parts, under the keys of their wholes (``calcolo = "ogni"``).
    parti_attese : int
        How many parts a key must have to be compared.
    parti_almeno : int
        At least how many.
    """

    name = "fra_le_parti"
    words: ClassVar[tuple[str, ...]] = ("elenco", "totale", "parti")
    totale: Figure
    parti: Figure
    parti_attese: int | None = None
    parti_almeno: int = 1

    def _found(self) -> Outcome:
        parts: dict[str, list[Any]] = {}
        for key, value in self.parti.pairs():
            if value is not None:
                parts.setdefault(key, []).append(value)
        wholes: Mapping[str, Any] = {
            k: v for k, v in self.totale.series().items() if v is not None and self._has(parts, k)
        }
        if list(wholes) == [""] and self.senza_conteggio:
            return self._single(wholes[""], parts[""])
        wrong = [
            f"{key}: {self.show(whole)}, con minimo {self.show(min(parts[key], key=_low))} "
            f"e massimo {self.show(max(parts[key], key=_high))}"
            for key, whole in wholes.items()
            if not _between(whole, parts[key])
        ]
        return self._of_many(wrong, len(wholes))

    def _has(self, parts: Mapping[str, list[Any]], key: str) -> bool:
        there = len(parts.get(key, []))
        return there == self.parti_attese if self.parti_attese is not None else there >= self.parti_almeno

    def _single(self, whole: Any, parts: list[Any]) -> Outcome:
        holds = _between(whole, parts)
        figures = {"totale": self.show(whole), "parti": "; ".join(map(self.show, parts))}
        text = self.told(self.confronto, **figures)
        return Outcome(
            "quadra" if holds else "non_quadra",
            text,
            spiegazione=self._words(holds, False, **figures),
            cifre=self.cifre,
        )


class Meeting(Row):
    """Two figures printed with words («oltre», «quasi») may be the same: the intervals they stand for meet."""

    name = "intervalli"
    words: ClassVar[tuple[str, ...]] = ("pubblicato", "atteso")
    pubblicato: Figure
    atteso: Figure

    def _found(self) -> Outcome:
        published, expected = self.pubblicato.number(), self.atteso.number()
        (low, high), (least, most) = bounds(published), bounds(expected)
        holds = low <= most and least <= high
        figures = {"pubblicato": self.show(published), "atteso": self.show(expected)}
        return self._held(holds, **figures)


class Listed(Row):
    """Every key of a list is in another one."""

    name = "elenco"
    words: ClassVar[tuple[str, ...]] = ("elenco",)
    elenco: Figure
    fra: Figure

    def _found(self) -> Outcome:
        there = {key for key, _ in self.fra.pairs()}
        here = {key for key, _ in self.elenco.pairs()}
        return self._of_many(sorted(here - there), len(here))


class Covered(Row):
    """Each table has the comuni in force at its date, all of them and no other.

    Attributes
    ----------
    comuni : mapping
        Date by table.
    """

    name = "comuni"
    words: ClassVar[tuple[str, ...]] = ("elenco",)
    comuni: dict[str, str] = Field(min_length=1)

    @field_validator("comuni")
    @classmethod
    def _of_comuni(cls, dates: dict[str, str]) -> dict[str, str]:
        of_comuni = [name for name in catalog.names() if "cod_comune" in catalog.spec(name).columns]
        for table in dates:
            known(table, of_comuni, "in «comuni» una tabella con la colonna cod_comune")
        return dates

    def read_tables(self) -> list[str]:
        """Return the tables whose comuni are looked at."""
        return list(self.comuni)

    def _found(self) -> Outcome:
        wrong = []
        for table, date in self.comuni.items():
            different = set(read(table)["cod_comune"]) ^ set(territory.load(date).comuni.index)
            wrong += [f"{catalog.spec(table).title}: {code}" for code in sorted(different)]
        return self._of_many(wrong, len(self.comuni))


#: The kinds, by the word of ``tipo``.
KINDS: Mapping[str, type[Row]] = MappingProxyType(
    {kind.name: kind for kind in (Equal, Sum, Series, Part, Between, Meeting, Listed, Covered)}
)


def _with(outcome: Outcome, **changes: Any) -> Outcome:
    return Outcome(**{**vars(outcome), **changes})


def _low(value: Any) -> Decimal:
    return bounds(value)[0]


def _high(value: Any) -> Decimal:
    return bounds(value)[1]


def _at_most(part: Any, whole: Any) -> bool:
    return part is not None and whole is not None and part <= whole


def _between(whole: Any, parts: list[Any]) -> bool:
    return min(map(_low, parts)) <= _high(whole) and _low(whole) <= max(map(_high, parts))
