"""A check of the figures and its outcome, and the register of all the checks."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal

import pandas as pd

import conciliazione_lib.quality.reading as reading
from conciliazione_lib import storage
from conciliazione_lib.errors import UsoError
from conciliazione_lib.evidence.formats import numero
from conciliazione_lib.quality.arithmetic import Comparison
from conciliazione_lib.region import REGIONE

OneOutcome = Literal["quadra", "non_quadra", "non_verificabile"]
Severity = Literal["errore", "avviso", "nota"]

#: How the reports call outcomes and severities.
OUTCOMES: Mapping[str, str] = MappingProxyType(
    {"quadra": "quadra", "non_quadra": "non quadra", "non_verificabile": "non verificabile"}
)
SEVERITY: Mapping[str, str] = MappingProxyType({"errore": "errore", "avviso": "da chiarire", "nota": "spiegata"})


@dataclass(frozen=True)
class Outcome:
    """What a check found.

    Attributes
    ----------
    esito : {"quadra", "non_quadra", "non_verificabile"}
        Whether the figures agree.
    confronto : str
        What is compared, in Italian, with the numbers.
    pubblicato, atteso, differenza, tolleranza : Decimal, optional
        The two sides, their difference, and what rounding explains. Missing for checks of lists.
    spiegazione : str
        Plain Italian: what the outcome means, and why figures differ when the reason is known.
    correzione : str
        The smallest single correction that would restore the sum, where arithmetic gives one.
    cifre : tuple of str
        Patterns of the ids of the figures of the reports concerned when the figures disagree, as in :mod:`fnmatch`
        (``comuni_interpellati.milano.*``): :mod:`conciliazione_lib.quality.marks` finds them.
    """

    esito: OneOutcome
    confronto: str
    pubblicato: Decimal | None = None
    atteso: Decimal | None = None
    differenza: Decimal | None = None
    tolleranza: Decimal | None = None
    spiegazione: str = ""
    correzione: str = ""
    cifre: tuple[str, ...] = ()


def outcome_of(
    comparison: Comparison,
    given_comparison: str,
    show: Callable[[Decimal], str],
    *,
    spiegazione: str = "",
    correction: str = "",
    figures: Iterable[str] = (),
) -> Outcome:
    """Return the outcome of a comparison of two numbers.

    Parameters
    ----------
    comparison : Comparison
        The two numbers.
    given_comparison : str
        What they are, in Italian; the numbers are added.
    show : callable
        Italian format of the numbers.
    spiegazione, correction, figures
        As in :class:`Outcome`.
    """
    return Outcome(
        esito="quadra" if comparison.holds else "non_quadra",
        confronto=f"{given_comparison}: {show(comparison.published)} e {show(comparison.expected)}",
        pubblicato=comparison.published,
        atteso=comparison.expected,
        differenza=comparison.difference,
        tolleranza=comparison.tolerance,
        spiegazione=spiegazione,
        correzione="" if comparison.holds else correction,
        cifre=tuple(figures),
    )


def outcome_of_many(
    wrong: Iterable[str], compared: int, comparison: str, all_of_them: str, *, figures: Iterable[str] = ()
) -> Outcome:
    """Return the outcome of many alike comparisons.

    Parameters
    ----------
    wrong : iterable of str
        Those that do not hold, in words.
    compared : int
        How many there were; with none the check cannot be made.
    comparison : str
        What is compared, in Italian; the number of comparisons is added.
    all_of_them : str
        What to say when all hold.
    figures : iterable of str
        As in :class:`Outcome`.
    """
    those = list(wrong)
    if compared == 0:
        return Outcome("non_verificabile", f"{comparison}: nessun confronto possibile, mancano le cifre")
    how_many = "1 confronto" if compared == 1 else f"{compared} confronti"
    return Outcome(
        "non_quadra" if those else "quadra",
        f"{comparison}: {how_many}",
        spiegazione=f"Non tornano: {'; '.join(those)}." if those else all_of_them,
        cifre=tuple(figures),
    )


def outcome_of_part(
    part: Any, whole: Any, comparison: str, show: Callable[[Any], str] = numero, *, figures: Iterable[str] = ()
) -> Outcome:
    """Return the outcome of a part that cannot be larger than its whole.

    Parameters
    ----------
    part, whole : number
        The two numbers.
    comparison : str
        What they are, in Italian; the numbers are added.
    show : callable
        Italian format of the numbers.
    figures : iterable of str
        As in :class:`Outcome`.
    """
    holds = part <= whole
    return Outcome(
        "quadra" if holds else "non_quadra",
        f"{comparison}: {show(part)} su {show(whole)}",
        spiegazione="" if holds else "La parte è più grande del tutto: una delle due cifre è sbagliata.",
        cifre=tuple(figures),
    )


@dataclass(frozen=True)
class Check:
    """A check, as declared.

    Attributes
    ----------
    id : str
        Stable identifier.
    titolo : str
        What it checks, in one Italian phrase.
    fonti : tuple of str
        Documents compared.
    tabelle : tuple of str
        Tables of the catalog it reads.
    gravita : {"errore", "avviso", "nota"}
        How serious it is when the figures disagree: ``errore`` is ours to mend before publishing, ``avviso`` is a
        disagreement in the sources to be clarified, ``nota`` one whose reason is known.
    territori : tuple of str
        ATS concerned (slugs); empty for all of them.
    esegui : callable
        Runs the check.
    """

    id: str
    titolo: str
    fonti: tuple[str, ...]
    tabelle: tuple[str, ...]
    gravita: Severity
    territori: tuple[str, ...]
    esegui: Callable[[], Outcome] = field(repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        # Another process is told what was checked: what runs it would bring all the checks along.
        return {name: value for name, value in vars(self).items() if name != "esegui"}


@dataclass(frozen=True)
class Result:
    """A check with its outcome."""

    check: Check
    outcome: Outcome

    @property
    def severe(self) -> bool:
        """Whether the figures disagree in a way that must be mended before publishing."""
        return self.outcome.esito == "non_quadra" and self.check.gravita == "errore"

    @property
    def esito(self) -> str:
        """The outcome in words; of one that does not hold, how serious it is."""
        word = OUTCOMES[self.outcome.esito]
        return f"{word} ({SEVERITY[self.check.gravita]})" if self.outcome.esito == "non_quadra" else word

    def to_dict(self) -> dict[str, Any]:
        """Return plain data with Italian keys; decimals are written as they are, as text."""
        c, o = self.check, self.outcome
        numbers = ("pubblicato", "atteso", "differenza", "tolleranza")
        return {
            "id": c.id,
            "titolo": c.titolo,
            "esito": o.esito,
            "gravita": c.gravita,
            "confronto": o.confronto,
            **{name: None if getattr(o, name) is None else f"{getattr(o, name):f}" for name in numbers},
            "spiegazione": o.spiegazione,
            "correzione": o.correzione,
            "fonti": list(c.fonti),
            "tabelle": list(c.tabelle),
            "territori": list(c.territori),
        }


_register: dict[str, Check] = {}


def check(
    identifier: str,
    titolo: str,
    *,
    sources: Iterable[str],
    tables: Iterable[str],
    severity: Severity,
    territori: Iterable[str] = (),
) -> Callable[[Callable[[], Outcome]], Callable[[], Outcome]]:
    """Register a check; to be used as a decorator of a function that takes nothing and returns an outcome.

    Parameters
    ----------
    identifier : str
        Stable identifier, unique.
    titolo, sources, tables, severity, territori
        As in :class:`Check`.
    """

    def register(function: Callable[[], Outcome]) -> Callable[[], Outcome]:
        if identifier in _register and _register[identifier].esegui is not function:
            raise ValueError(f"check {identifier} declared twice")
        _register[identifier] = Check(
            identifier, titolo, tuple(sources), tuple(tables), severity, tuple(territori), function
        )
        return function

    return register


def checks() -> list[Check]:
    """Return every check declared in the package ``quality.checks``, in the order of their identifiers."""
    package = importlib.import_module("conciliazione_lib.quality.checks")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return [_register[identifier] for identifier in sorted(_register)]


def run(only: Iterable[str] | None = None, territorio: str | None = None) -> list[Result]:
    """Run the checks.

    Parameters
    ----------
    only : iterable of str, optional
        Identifiers of the checks to run; all by default.
    territorio : str, optional
        Keep only the checks that concern this ATS, those of all included.

    Returns
    -------
    list of Result
        In the order of the identifiers.

    Raises
    ------
    UsoError
        If an identifier is unknown.
    """
    declared = {c.id: c for c in checks()}
    asked = list(declared) if only is None else list(only)
    unknown = [identifier for identifier in asked if identifier not in declared]
    if unknown:
        raise UsoError(
            f"Verifica sconosciuta: {', '.join(unknown)}.",
            "L'elenco delle verifiche si ottiene con «conciliazione quadrature».",
        )
    chosen = [declared[identifier] for identifier in asked]
    if territorio is not None:
        chosen = [c for c in chosen if not c.territori or territorio in c.territori]
    return [result for result, _ in run_each(chosen)]


def run_each(chosen: Iterable[Check]) -> Iterator[tuple[Result, frozenset[str]]]:
    """Run some checks; yield each outcome with the tables that it depends on: those looked for, and those declared."""
    reading.forget()
    for c in chosen:
        with storage.asking() as names:
            outcome = c.esegui()
        yield Result(c, outcome), frozenset({*names, *c.tabelle})


def by_territory(prefix: str, ats: Iterable[str]) -> pd.DataFrame:
    """Run the checks of a theme and list those that concern the region and each ATS.

    Parameters
    ----------
    prefix : str
        How their identifiers begin (``tempi-``).
    ats : iterable of str
        Codes of the ATS. The region has them all.

    Returns
    -------
    DataFrame
        One row per territory and check, in the order of the identifiers: ``livello, territorio, controllo, titolo,
        esito, confronto, spiegazione`` and ``differisce``: whether the two sides differ, even when rounding explains.
    """
    results = run([c.id for c in checks() if c.id.startswith(prefix)])
    places = [("regione", REGIONE), *(("ats", code) for code in ats)]
    rows = [
        {
            "livello": level,
            "territorio": code,
            "controllo": r.check.id,
            "titolo": r.check.titolo,
            "esito": OUTCOMES[r.outcome.esito],
            "confronto": r.outcome.confronto,
            "spiegazione": r.outcome.spiegazione,
            "differisce": r.outcome.esito == "non_quadra" or bool(r.outcome.differenza),
        }
        for level, code in places
        for r in results
        if level == "regione" or not r.check.territori or code in r.check.territori
    ]
    return pd.DataFrame(rows)
