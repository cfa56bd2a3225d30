"""Rules of allocation written in TOML: reading them, and gathering the figures they weigh.

The rules of the acts come with the package; an analyst copies one, changes weights, unit or total, and
runs it. What a rule may say is the model :class:`AllocationFile`; anything else is refused, naming the key.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from conciliazione_lib import territory
from conciliazione_lib.catalog.reading import Table, read, table
from conciliazione_lib.errors import DatiError, Problem, UsoError
from conciliazione_lib.indicators.allocation import (
    LARGEST_REMAINDERS,
    METHODS,
    AllocationRule,
    allocate,
    compare,
    sensitivity,
)

FOLDER: Final = Path(__file__).parent / "regole"

_MESSAGES: Final = MappingProxyType(
    {
        "missing": "la chiave, che è obbligatoria",
        "extra_forbidden": "una chiave prevista",
        "greater_than": "un numero maggiore di zero",
        "greater_than_equal": "un numero non negativo",
        "literal_error": "uno dei valori previsti",
    }
)


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Band(_Model):
    """Residents of an age band, from the table ``popolazione``; at the date the rule is applied, when it names none."""

    data: str | None = None
    da: int = Field(default=0, ge=0)
    a: int | None = Field(default=None, ge=0)
    sesso: Literal["M", "F"] | None = None


class IndicatorRow(_Model):
    """What territories are weighed on: a column of a table, an age band, or values written in the rule."""

    nome: str
    descrizione: str = ""
    peso: Decimal = Field(ge=0)
    tabella: str | None = None
    colonna: str | None = None
    filtro: dict[str, str] = Field(default_factory=dict)
    popolazione: Band | None = None
    valori: dict[str, Decimal] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> IndicatorRow:
        sources = [self.tabella is not None and self.colonna is not None, bool(self.popolazione), bool(self.valori)]
        if sum(sources) != 1:
            raise ValueError("una sola fonte: tabella con colonna, popolazione, oppure valori")
        return self


class Limits(_Model):
    """Least and greatest amount, for every territory or by territory."""

    minimo: Decimal | dict[str, Decimal] | None = None
    massimo: Decimal | dict[str, Decimal] | None = None


class Comparison(_Model):
    """The programme of the table ``riparti`` to compare with, period by period."""

    programma: str


class AllocationFile(_Model):
    """A rule of allocation as written in its file."""

    titolo: str
    atto: str = ""
    nota: str = ""
    livello: Literal["ats", "asl"] = "ats"
    metodo: Literal[METHODS] = LARGEST_REMAINDERS  # type: ignore[valid-type]
    unita: Decimal = Field(gt=0)
    totali: dict[str, Decimal] = Field(min_length=1)
    quote: dict[str, Decimal] = Field(default_factory=lambda: {"totale": Decimal(100)})
    limiti: Limits = Limits()
    confronto: Comparison | None = None
    indicatori: list[IndicatorRow] = Field(min_length=1)

    @property
    def rule(self) -> AllocationRule:
        """The rule, for :mod:`conciliazione_lib.indicators.allocation`."""
        return AllocationRule(
            pesi={indicator.nome: indicator.peso for indicator in self.indicatori},
            metodo=self.metodo,
            unita=self.unita,
            quote=self.quote,
            minimi=self.limiti.minimo,
            massimi=self.limiti.massimo,
        )

    def indicators(self, data: str | None = None) -> pd.DataFrame:
        """Return the values of the indicators: one row per territory, one column per indicator.

        Parameters
        ----------
        data : str, optional
            Date of the population where the rule names none; by default the latest there is.

        Raises
        ------
        UsoError, DatiError
            A table or column does not exist, or the filter leaves more than one value per territory.
        """
        values = pd.DataFrame({entry.nome: _values(entry, self.livello, data) for entry in self.indicatori})
        # Tables come in their own order: annexes list the ATS as the acts do.
        order = {code: place for place, code in enumerate(territory.load().codes("ats"))}
        return values.sort_index(key=lambda one_names: one_names.map(order)) if self.livello == "ats" else values

    def population_dates(self, data: str | None = None) -> list[str]:
        """Return the dates of the populations that are weighed; ``data`` as in :meth:`indicators`."""
        bands = [entry.popolazione for entry in self.indicatori if entry.popolazione is not None]
        return sorted({_population(band, data).provenance.data_riferimento for band in bands})

    def current(self, periodo: str) -> pd.Series | None:
        """Return the amounts in force for a period, or None when the rule names no programme or it has none."""
        if self.confronto is None:
            return None
        rows = read("riparti")
        choices = rows[
            (rows["programma"] == self.confronto.programma)
            & (rows["periodo"] == periodo)
            & (rows["livello"] == self.livello)
            & (rows["voce"] == "totale")
        ]
        return None if choices.empty else choices.set_index("territorio")["importo"]


@dataclass(frozen=True)
class Allocation:
    """The amounts of a rule for the periods that share the same total and the same amounts in force.

    Attributes
    ----------
    periodi : tuple of str
        The periods (``("2025", "2026", "2027")``).
    totale : Decimal
        Euros shared in each of them.
    riparto : DataFrame
        As :func:`conciliazione_lib.indicators.allocation.allocate` gives it.
    confronto : DataFrame or None
        The comparison with the act in force, where there is one.
    sensibilita : DataFrame
        Ranges when the weights change.
    """

    periodi: tuple[str, ...]
    totale: Decimal
    riparto: pd.DataFrame
    confronto: pd.DataFrame | None
    sensibilita: pd.DataFrame


def run(file: AllocationFile, points: Decimal | int | None = 10, *, data: str | None = None) -> list[Allocation]:
    """Apply a rule to every period it names.

    Parameters
    ----------
    file : AllocationFile
        The rule.
    points : number, optional
        How far each weight may move in the sensitivity analysis; free without it.
    data : str, optional
        Date of the population where the rule names none; by default the latest there is.
    """
    indicators = file.indicators(data)
    equal: dict[tuple[Decimal, tuple[tuple[str, float], ...]], list[str]] = {}
    for period, total in file.totali.items():
        in_force = file.current(period)
        pairs = () if in_force is None else sorted((str(t), float(v)) for t, v in in_force.items())
        equal.setdefault((total, tuple(pairs)), []).append(period)
    outcomes = []
    for (total, one_in_force), periods in equal.items():
        riparto = allocate(file.rule, indicators, total)
        comparison = compare(riparto["importo"], pd.Series(dict(one_in_force))) if one_in_force else None
        limits = sensitivity(file.rule, indicators, total, points)
        outcomes.append(Allocation(tuple(periods), total, riparto, comparison, limits))
    return outcomes


def names() -> list[str]:
    """Return the names of the rules that come with the package."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load(regola: str | Path) -> AllocationFile:
    """Read a rule: one of :func:`names`, or a TOML file.

    Raises
    ------
    UsoError
        When there is no such rule nor file.
    DatiError
        When the file is not TOML, or says what a rule cannot say: every problem at once.
    """
    path = FOLDER / f"{regola}.toml" if str(regola) in names() else Path(regola)
    if not path.is_file():
        raise UsoError(
            f"La regola «{regola}» non esiste.",
            f"Indicare un file TOML, oppure una delle regole fornite: {', '.join(names())}.",
        )
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"), parse_float=Decimal)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DatiError(
            f"Il file «{path.name}» non è un TOML corretto: {error}.",
            f"Partire da una regola fornita: conciliazione riparto {names()[0]} --mostra-regola.",
        ) from error
    try:
        return AllocationFile.model_validate(content)
    except ValidationError as error:
        raise DatiError(
            f"La regola «{path.name}» non è completa o dice cose non previste.",
            "Correggere le chiavi indicate; una regola completa si vede con --mostra-regola.",
            [_problem(path, entry) for entry in error.errors()],
        ) from error


def text(regola: str | Path) -> str:
    """Return the text of a rule, to be copied and changed."""
    load(regola)
    path = FOLDER / f"{regola}.toml" if str(regola) in names() else Path(regola)
    return path.read_text(encoding="utf-8-sig")


def _values(voce: IndicatorRow, livello: str, data: str | None) -> pd.Series:
    if voce.valori is not None:
        return pd.Series(voce.valori, dtype=object)
    if voce.popolazione is not None:
        return _residents(voce.popolazione, livello, data)
    frame = read(str(voce.tabella))
    unknown = [name for name in (*voce.filtro, str(voce.colonna), "territorio") if name not in frame]
    if unknown:
        raise UsoError(
            f"La tabella «{voce.tabella}» non ha la colonna «{unknown[0]}» chiesta dall'indicatore «{voce.nome}».",
            f"Colonne della tabella: {', '.join(frame.columns)}.",
        )
    for column, value in voce.filtro.items():
        frame = frame[frame[column].astype(str) == value]
    if frame.empty or frame["territorio"].duplicated().any():
        raise UsoError(
            f"Il filtro dell'indicatore «{voce.nome}» non lascia un valore solo per territorio.",
            "Precisare il filtro con le altre colonne della tabella.",
        )
    return frame.set_index("territorio")[str(voce.colonna)]


def _population(fascia: Band, data: str | None) -> Table:
    return table("popolazione", data=fascia.data or data)


def _residents(fascia: Band, livello: str, data: str | None) -> pd.Series:
    population = _population(fascia, data)
    everyone = territory.load(data=population.provenance.data_riferimento).aggregate(population.frame, to=livello)
    chosen = everyone[everyone["eta"] >= fascia.da]
    if fascia.a is not None:
        chosen = chosen[chosen["eta"] <= fascia.a]
    if fascia.sesso is not None:
        chosen = chosen[chosen["sesso"] == fascia.sesso]
    return chosen.groupby("territorio")["residenti"].sum()


def _problem(path: Path, voce: Mapping[str, Any]) -> Problem:
    key = ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in voce["loc"])
    expected = _MESSAGES.get(str(voce["type"]), "un valore del tipo giusto")
    if voce["type"] == "value_error":
        expected = str(voce["ctx"]["error"])
    found = "niente" if voce["type"] == "missing" else f"«{voce['input']}»"
    return Problem(expected, found, file=path, colonna=key)
