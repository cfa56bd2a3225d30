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
    METODI,
    RESTI_MAGGIORI,
    AllocationRule,
    allocate,
    compare,
    sensitivity,
)

CARTELLA: Final = Path(__file__).parent / "regole"

_MESSAGGI: Final = MappingProxyType(
    {
        "missing": "la chiave, che è obbligatoria",
        "extra_forbidden": "una chiave prevista",
        "greater_than": "un numero maggiore di zero",
        "greater_than_equal": "un numero non negativo",
        "literal_error": "uno dei valori previsti",
    }
)


class _Modello(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Fascia(_Modello):
    """Residents of an age band, from the table ``popolazione``; at the date the rule is applied, when it names none."""

    data: str | None = None
    da: int = Field(default=0, ge=0)
    a: int | None = Field(default=None, ge=0)
    sesso: Literal["M", "F"] | None = None


class Indicatore(_Modello):
    """What territories are weighed on: a column of a table, an age band, or values written in the rule."""

    nome: str
    descrizione: str = ""
    peso: Decimal = Field(ge=0)
    tabella: str | None = None
    colonna: str | None = None
    filtro: dict[str, str] = Field(default_factory=dict)
    popolazione: Fascia | None = None
    valori: dict[str, Decimal] | None = None

    @model_validator(mode="after")
    def _una_fonte(self) -> Indicatore:
        fonti = [self.tabella is not None and self.colonna is not None, bool(self.popolazione), bool(self.valori)]
        if sum(fonti) != 1:
            raise ValueError("una sola fonte: tabella con colonna, popolazione, oppure valori")
        return self


class Limiti(_Modello):
    """Least and greatest amount, for every territory or by territory."""

    minimo: Decimal | dict[str, Decimal] | None = None
    massimo: Decimal | dict[str, Decimal] | None = None


class Confronto(_Modello):
    """The programme of the table ``riparti`` to compare with, period by period."""

    programma: str


class AllocationFile(_Modello):
    """A rule of allocation as written in its file."""

    titolo: str
    atto: str = ""
    nota: str = ""
    livello: Literal["ats", "asl"] = "ats"
    metodo: Literal[METODI] = RESTI_MAGGIORI  # type: ignore[valid-type]
    unita: Decimal = Field(gt=0)
    totali: dict[str, Decimal] = Field(min_length=1)
    quote: dict[str, Decimal] = Field(default_factory=lambda: {"totale": Decimal(100)})
    limiti: Limiti = Limiti()
    confronto: Confronto | None = None
    indicatori: list[Indicatore] = Field(min_length=1)

    @property
    def rule(self) -> AllocationRule:
        """The rule, for :mod:`conciliazione_lib.indicators.allocation`."""
        return AllocationRule(
            pesi={indicatore.nome: indicatore.peso for indicatore in self.indicatori},
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
        valori = pd.DataFrame({voce.nome: _values(voce, self.livello, data) for voce in self.indicatori})
        # Tables come in their own order: annexes list the ATS as the acts do.
        ordine = {codice: posto for posto, codice in enumerate(territory.load().codes("ats"))}
        return valori.sort_index(key=lambda nomi: nomi.map(ordine)) if self.livello == "ats" else valori

    def population_dates(self, data: str | None = None) -> list[str]:
        """Return the dates of the populations that are weighed; ``data`` as in :meth:`indicators`."""
        fasce = [voce.popolazione for voce in self.indicatori if voce.popolazione is not None]
        return sorted({_population(fascia, data).provenance.data_riferimento for fascia in fasce})

    def current(self, periodo: str) -> pd.Series | None:
        """Return the amounts in force for a period, or None when the rule names no programme or it has none."""
        if self.confronto is None:
            return None
        righe = read("riparti")
        scelte = righe[
            (righe["programma"] == self.confronto.programma)
            & (righe["periodo"] == periodo)
            & (righe["livello"] == self.livello)
            & (righe["voce"] == "totale")
        ]
        return None if scelte.empty else scelte.set_index("territorio")["importo"]


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
    indicatori = file.indicators(data)
    uguali: dict[tuple[Decimal, tuple[tuple[str, float], ...]], list[str]] = {}
    for periodo, totale in file.totali.items():
        in_vigore = file.current(periodo)
        coppie = () if in_vigore is None else sorted((str(t), float(v)) for t, v in in_vigore.items())
        uguali.setdefault((totale, tuple(coppie)), []).append(periodo)
    esiti = []
    for (totale, vigente), periodi in uguali.items():
        riparto = allocate(file.rule, indicatori, totale)
        confronto = compare(riparto["importo"], pd.Series(dict(vigente))) if vigente else None
        limiti = sensitivity(file.rule, indicatori, totale, points)
        esiti.append(Allocation(tuple(periodi), totale, riparto, confronto, limiti))
    return esiti


def names() -> list[str]:
    """Return the names of the rules that come with the package."""
    return sorted(percorso.stem for percorso in CARTELLA.glob("*.toml"))


def load(regola: str | Path) -> AllocationFile:
    """Read a rule: one of :func:`names`, or a TOML file.

    Raises
    ------
    UsoError
        When there is no such rule nor file.
    DatiError
        When the file is not TOML, or says what a rule cannot say: every problem at once.
    """
    percorso = CARTELLA / f"{regola}.toml" if str(regola) in names() else Path(regola)
    if not percorso.is_file():
        raise UsoError(
            f"La regola «{regola}» non esiste.",
            f"Indicare un file TOML, oppure una delle regole fornite: {', '.join(names())}.",
        )
    try:
        contenuto = tomllib.loads(percorso.read_text(encoding="utf-8-sig"), parse_float=Decimal)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as errore:
        raise DatiError(
            f"Il file «{percorso.name}» non è un TOML corretto: {errore}.",
            f"Partire da una regola fornita: conciliazione riparto {names()[0]} --mostra-regola.",
        ) from errore
    try:
        return AllocationFile.model_validate(contenuto)
    except ValidationError as errore:
        raise DatiError(
            f"La regola «{percorso.name}» non è completa o dice cose non previste.",
            "Correggere le chiavi indicate; una regola completa si vede con --mostra-regola.",
            [_problem(percorso, voce) for voce in errore.errors()],
        ) from errore


def text(regola: str | Path) -> str:
    """Return the text of a rule, to be copied and changed."""
    load(regola)
    percorso = CARTELLA / f"{regola}.toml" if str(regola) in names() else Path(regola)
    return percorso.read_text(encoding="utf-8-sig")


def _values(voce: Indicatore, livello: str, data: str | None) -> pd.Series:
    if voce.valori is not None:
        return pd.Series(voce.valori, dtype=object)
    if voce.popolazione is not None:
        return _residents(voce.popolazione, livello, data)
    frame = read(str(voce.tabella))
    ignote = [nome for nome in (*voce.filtro, str(voce.colonna), "territorio") if nome not in frame]
    if ignote:
        raise UsoError(
            f"La tabella «{voce.tabella}» non ha la colonna «{ignote[0]}» chiesta dall'indicatore «{voce.nome}».",
            f"Colonne della tabella: {', '.join(frame.columns)}.",
        )
    for colonna, valore in voce.filtro.items():
        frame = frame[frame[colonna].astype(str) == valore]
    if frame.empty or frame["territorio"].duplicated().any():
        raise UsoError(
            f"Il filtro dell'indicatore «{voce.nome}» non lascia un valore solo per territorio.",
            "Precisare il filtro con le altre colonne della tabella.",
        )
    return frame.set_index("territorio")[str(voce.colonna)]


def _population(fascia: Fascia, data: str | None) -> Table:
    return table("popolazione", data=fascia.data or data)


def _residents(fascia: Fascia, livello: str, data: str | None) -> pd.Series:
    popolazione = _population(fascia, data)
    tutti = territory.load(data=popolazione.provenance.data_riferimento).aggregate(popolazione.frame, to=livello)
    scelti = tutti[tutti["eta"] >= fascia.da]
    if fascia.a is not None:
        scelti = scelti[scelti["eta"] <= fascia.a]
    if fascia.sesso is not None:
        scelti = scelti[scelti["sesso"] == fascia.sesso]
    return scelti.groupby("territorio")["residenti"].sum()


def _problem(percorso: Path, voce: Mapping[str, Any]) -> Problem:
    chiave = ".".join(str(parte + 1) if isinstance(parte, int) else str(parte) for parte in voce["loc"])
    atteso = _MESSAGGI.get(str(voce["type"]), "un valore del tipo giusto")
    if voce["type"] == "value_error":
        atteso = str(voce["ctx"]["error"])
    trovato = "niente" if voce["type"] == "missing" else f"«{voce['input']}»"
    return Problem(atteso, trovato, file=percorso, colonna=chiave)
