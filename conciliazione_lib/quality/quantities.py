"""The figures that a check names: rows of a table, counted or summed, and sums, differences and ratios of these.

A quantity is what a row of ``quality/verifiche`` writes: a number, some numbers by name, a selection from a table of
the catalog, or an operation on other quantities. Its value is exact: numbers are the decimals they are printed as.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import reduce
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from conciliazione_lib import catalog, territory
from conciliazione_lib.errors import DatiError
from conciliazione_lib.indicators import demography
from conciliazione_lib.quality.arithmetic import exact
from conciliazione_lib.quality.intervals import Interval, interval
from conciliazione_lib.quality.reading import population, read

#: One number, or what a number printed with a word may stand for; missing when the source leaves it out.
Value = Decimal | Interval | None
#: A figure is found under the words of its key; a single one has the empty key.
Pairs = list[tuple[str, Value]]

Scalar = str | int | float
#: The ways of writing a quantity: each has one of these fields.
SHAPES = (
    "numero", "valori", "tabella", "territori", "indicatore",
    "somma", "differenza", "prodotto", "rapporto", "unione", "totale",
)  # fmt: skip


class Strict(BaseModel):
    """A part of a row: fields that nobody knows are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Band(Strict):
    """Values from one to another, both included."""

    da: Scalar | None = None
    a: Scalar | None = None


class MissingFigureError(Exception):
    """A single figure that a check needs is not in its table."""


def _written(value: object) -> object:
    return {"numero": value} if isinstance(value, int | float) and not isinstance(value, bool) else value


class Quantity(Strict):
    """A quantity; attributes carry the names used in the TOML files.

    Attributes
    ----------
    numero : number
        A number.
    valori : mapping
        Numbers by key.
    tabella : str
        A table of the catalog, of which the fields from ``data`` to ``precisione`` say which rows and what of them.
    data : str
        Version of the table; for ``livello``, ``territori`` and ``indicatore`` also the date of the territory.
    livello : str
        Sum the comuni to this level before all else: the table then has a column ``territorio``.
    geografia : str
        Date of the territory, where it is not ``data``.
    dove, escluso : mapping
        Rows kept and left out: by column a value, a list of values, or a band ``{ da = 20, a = 64 }``.
    poni, sposta : mapping
        Columns given a constant, and columns of numbers moved by a number, before ``per`` reads them.
    per : tuple of str
        Columns of the key; none for a single figure.
    valore, colonne : str, tuple of str
        Column of the value; or several, whose name ends the key.
    pesi : str
        Column that multiplies the value.
    calcolo : str
        What is made of the rows of a key: ``unico`` (there is one), ``ogni`` (each on its own), ``primo``, ``somma``,
        ``numero`` (of rows), ``distinti`` (different values), ``ultimo`` (the last of numbers from one on without gaps,
        else zero), ``nomi`` (names in a text, between commas).
    righe : int
        How many rows a key must have; others are left out.
    precisione : str
        Column of the word printed with the number: the value is an interval.
    territori : str
        Number of territories of a level at ``data``; ``comune`` with ``livello`` and ``territorio``: of its comuni.
    indicatore : str
        A demographic indicator of ours, at ``livello``, by territory; of one territory with ``territorio``.
    somma, differenza, prodotto, rapporto : tuple of Quantity
        Operations, key by key: on the keys that all have; a single figure goes with every key.
    unione : tuple of Quantity
        All their keys, one after the other.
    totale : Quantity
        Sum over the keys.
    """

    numero: float | int | None = None
    valori: dict[str, int | float] | None = None
    tabella: str | None = None
    data: str | None = None
    livello: str | None = None
    geografia: str | None = None
    dove: dict[str, Scalar | list[Scalar] | Band] = Field(default_factory=dict)
    escluso: dict[str, Scalar | list[Scalar] | Band] = Field(default_factory=dict)
    poni: dict[str, Scalar] = Field(default_factory=dict)
    sposta: dict[str, int] = Field(default_factory=dict)
    per: tuple[str, ...] = ()
    valore: str | None = None
    colonne: tuple[str, ...] = ()
    pesi: str | None = None
    calcolo: Literal["unico", "ogni", "primo", "somma", "numero", "distinti", "ultimo", "nomi"] = "unico"
    righe: int | None = None
    precisione: str | None = None
    territori: str | None = None
    indicatore: str | None = None
    territorio: str | None = None
    somma: tuple[Figure, ...] = ()
    differenza: tuple[Figure, ...] = ()
    prodotto: tuple[Figure, ...] = ()
    rapporto: tuple[Figure, ...] = ()
    unione: tuple[Figure, ...] = ()
    totale: Figure | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Quantity:
        forms = [form for form in SHAPES if form in self.model_fields_set]
        if len(forms) != 1:
            raise ValueError(f"una sola di queste forme: {', '.join(SHAPES)}", ", ".join(forms) or "nessuna")
        if self.tabella is not None:
            self._check_columns(self.tabella)
        if self.indicatore is not None and None in (self.data, self.livello):
            raise ValueError("con «indicatore» anche «data» e «livello»", "indicatore senza")
        if self.livello is not None and self.data is None:
            raise ValueError("con «livello» anche «data»", "livello senza data")
        for level in filter(None, (self.livello, self.territori)):
            known(level, territory.ALL_LEVELS, "un livello")
        for name in ("differenza", "rapporto"):
            if name in forms and len(getattr(self, name)) != 2:
                raise ValueError(f"due termini in «{name}»", str(len(getattr(self, name))))
        return self

    def _check_columns(self, table: str) -> None:
        known(table, catalog.names(), "una tabella")
        if self.valore is None and not self.colonne and self.calcolo != "numero":
            raise ValueError("con «tabella» anche «valore» o «colonne», se «calcolo» non è «numero»", "nessuno dei due")
        columns = [*catalog.spec(table).columns, *(["territorio"] if self.livello else [])]
        read_from = (*self.dove, *self.escluso, *self.sposta, *self.colonne, self.valore, self.pesi, self.precisione)
        for column in filter(None, read_from):
            known(column, columns, f"una colonna di {table}")
        for column in self.per:
            known(column, [*columns, *self.poni], f"una colonna di {table}")

    def parts(self) -> Iterator[Quantity]:
        """Yield this quantity and all that it is made of."""
        yield self
        inside = (*self.somma, *self.differenza, *self.prodotto, *self.rapporto, *self.unione)
        for part in (*inside, self.totale) if self.totale else inside:
            yield from part.parts()

    def tables(self) -> list[str]:
        """Return the tables it reads, in order of appearance."""
        return list(dict.fromkeys(part.tabella for part in self.parts() if part.tabella))

    def embedded(self) -> bool:
        """Whether every table it reads is the one that comes with the package."""
        selections = [(part.tabella, part.data) for part in self.parts() if part.tabella]
        return all(read(*which).attrs["provenienza"]["origine"] == "incorporata" for which in selections)

    def pairs(self) -> Pairs:
        """Return the figures with their keys; a key may come more than once only with ``calcolo = "ogni"``."""
        if self.numero is not None:
            return [("", exact(self.numero))]
        if self.valori is not None:
            return [(key, exact(number)) for key, number in self.valori.items()]
        if self.territori is not None:
            places = territory.load(data=self.data) if self.data else territory.load()
            inside = places.members(self.livello, self.territorio) if self.livello and self.territorio else None
            return [("", Decimal(len(places.codes(self.territori) if inside is None else inside)))]
        if self.indicatore is not None:
            return self._indicator()
        if self.unione:
            return [pair for part in self.unione for pair in part.pairs()]
        if self.totale is not None:
            return [("", _added(value for _, value in self.totale.pairs()))]
        if self.tabella is not None:
            return self._selected()
        for operands, operation in (
            (self.somma, lambda a, b: a + b),
            (self.differenza, lambda a, b: a - b),
            (self.prodotto, lambda a, b: a * b),
            (self.rapporto, lambda a, b: a / b if b else None),
        ):
            if operands:
                return list(_key_by_key([part.series() for part in operands], operation).items())
        return []

    def series(self) -> dict[str, Value]:
        """Return the figures by key.

        Raises
        ------
        DatiError
            If a key comes twice.
        """
        pairs = self.pairs()
        found = dict(pairs)
        if len(found) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise DatiError(
                f"Più righe di {' e '.join(self.tables())} per «{twice}», in una verifica che ne vuole una.",
                "restringere «dove», aggiungere colonne a «per», oppure dire che cosa farne con «calcolo».",
            )
        return found

    def number(self) -> Any:
        """Return the single figure.

        Raises
        ------
        MissingFigureError
            If it is not there.
        DatiError
            If there are more.
        """
        values = list(self.series().values())
        if not values or values[0] is None:
            raise MissingFigureError
        if len(values) > 1:
            raise DatiError(
                f"Una verifica vuole una cifra sola, e da {' e '.join(self.tables())} ne vengono {len(values)}.",
                'restringere «dove», oppure scrivere la verifica con tipo = "serie".',
            )
        return values[0]

    def _indicator(self) -> Pairs:
        ours = demography.indices(population(str(self.livello), str(self.data))).set_index("territorio")
        values = ours[str(self.indicatore)]
        if self.territorio is not None:
            return [("", _decimal(values.get(self.territorio)))]
        return [(str(code), _decimal(value)) for code, value in values.items()]

    def _selected(self) -> Pairs:
        frame = self._rows()
        keys = [" ".join(parts) for parts in zip(*(frame[c].map(str) for c in self.per), strict=True)]
        frame = frame.assign(_key=keys if self.per else "")
        if not self.colonne:
            return self._made(frame, self.valore, "")
        space = " " if self.per else ""
        return [pair for column in self.colonne for pair in self._made(frame, column, f"{space}{column}")]

    def _rows(self) -> pd.DataFrame:
        assert self.tabella is not None
        if self.livello is None:
            frame = read(self.tabella, self.data)
        else:
            frame = population(self.livello, str(self.data), self.tabella, self.geografia)
        keep = pd.Series(True, index=frame.index)
        for column, wanted in self.dove.items():
            keep &= _among(frame[column], wanted)
        for column, unwanted in self.escluso.items():
            keep &= ~_among(frame[column], unwanted)
        moved = {column: frame[column] + by for column, by in self.sposta.items()}
        return frame[keep].assign(**self.poni, **moved)

    def _made(self, frame: pd.DataFrame, column: str | None, ending: str) -> Pairs:
        """Return what ``calcolo`` makes of the rows of each key."""
        groups = frame.groupby("_key", sort=False)
        if self.righe is not None:
            frame = frame[groups["_key"].transform("size") == self.righe]
            groups = frame.groupby("_key", sort=False)
        if self.calcolo == "numero":
            counts = groups.size().items() if self.per else [("", len(frame))]
            return [(f"{key}{ending}", Decimal(count)) for key, count in counts]
        assert column is not None
        if self.calcolo == "somma" and not self.pesi and pd.api.types.is_integer_dtype(frame[column]):
            return [(f"{key}{ending}", Decimal(int(total))) for key, total in groups[column].sum().items()]
        if self.calcolo in ("unico", "ogni"):
            return [(f"{k}{ending}", v) for k, v in zip(frame["_key"], self._values(frame, column), strict=True)]
        return [(f"{key}{ending}", self._one(rows, column)) for key, rows in groups]

    def _one(self, rows: pd.DataFrame, column: str) -> Value:
        values = rows[column].dropna()
        match self.calcolo:
            case "primo":
                return self._values(rows.head(1), column)[0]
            case "distinti":
                return Decimal(values.nunique())
            case "nomi":
                return Decimal(sum(len(str(value).split(",")) for value in values))
            case "ultimo":
                numbers = sorted({int(value) for value in values})
                return Decimal(len(numbers) if numbers == list(range(1, len(numbers) + 1)) else 0)
            case _:
                return _added(value for value in self._values(rows, column) if value is not None)

    def _values(self, rows: pd.DataFrame, column: str) -> list[Value]:
        if self.precisione is not None:
            return [
                None if pd.isna(value) else interval(value, word)
                for value, word in zip(rows[column], rows[self.precisione], strict=True)
            ]
        values = [_decimal(value) for value in rows[column]]
        if self.pesi is None:
            return list(values)
        weights = (_decimal(weight) for weight in rows[self.pesi])
        pairs = zip(values, weights, strict=True)
        return [None if value is None or weight is None else value * weight for value, weight in pairs]


#: A quantity as rows write it: a bare number is one.
Figure = Annotated[Quantity, BeforeValidator(_written)]
Quantity.model_rebuild()


def nearest(word: str, names: Iterable[str]) -> str:
    """Return the names that resemble a word, in Italian, to end a message with."""
    similar = difflib.get_close_matches(word, list(names), 3, 0.5)
    return f" (i più simili: {', '.join(similar)})" if similar else ""


def known(word: str, names: Iterable[str], what: str) -> None:
    """Refuse a word that is none of some names.

    Raises
    ------
    ValueError
        With what was expected and what is there, as all those that the fields of a row raise.
    """
    there = list(names)
    if word not in there:
        raise ValueError(f"{what}{nearest(word, there)}", f"«{word}»")


def _among(column: pd.Series, wanted: Scalar | list[Scalar] | Band) -> pd.Series:
    if isinstance(wanted, Band):
        low = column >= wanted.da if wanted.da is not None else pd.Series(True, index=column.index)
        return low & (column <= wanted.a) if wanted.a is not None else low
    return column.isin(wanted if isinstance(wanted, list) else [wanted])


def _decimal(value: object) -> Decimal | None:
    return None if value is None or pd.isna(value) else exact(value)  # type: ignore[arg-type, call-overload]


def _added(values: Iterable[Value]) -> Value:
    terms = list(values)
    return None if not terms or None in terms else reduce(lambda a, b: a + b, terms)  # type: ignore[operator]


def _key_by_key(series: list[dict[str, Value]], operation: Callable[[Any, Any], Value]) -> dict[str, Value]:
    many = [one for one in series if list(one) != [""]]
    keys = [key for key in (many[0] if many else {"": None}) if all(key in one for one in many)]

    def at(key: str) -> Value:
        terms = [one[key] if key in one else one[""] for one in series]
        return None if None in terms else reduce(operation, terms)

    return {key: at(key) for key in keys}


def broadcast(one: Mapping[str, Value], other: Mapping[str, Value]) -> Mapping[str, Value]:
    """Return a series, or the single figure it is under every key of another."""
    return dict.fromkeys(other, one[""]) if list(one) == [""] and list(other) != [""] else one


def bounds(value: Decimal | Interval) -> tuple[Decimal, Decimal]:
    """Return the least and the most that a value may be."""
    return (value.low, value.high) if isinstance(value, Interval) else (value, value)
