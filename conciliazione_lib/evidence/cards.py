"""What the card of a figure says: everything a reader needs to check the number by hand.

Only content, from the ledger and the registry alone; how a card looks is for ``publish`` to decide. The cards of one
indicator share a page (:func:`page`), so that a figure's comparators are beside it and its address is stable: it does
not depend on the chapter that shows it. The many territories of the finer levels have a page of their own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from urllib.parse import unquote

import conciliazione_lib.evidence.formats as formats
import conciliazione_lib.evidence.grammar as grammar
from conciliazione_lib import catalog
from conciliazione_lib.evidence.claims import Claim
from conciliazione_lib.evidence.figure import Figure, Input
from conciliazione_lib.evidence.ledger import Ledger
from conciliazione_lib.evidence.registry import Indicator, Registry, load

#: Rows of an input shown on the card itself.
FIRST_ROWS = 5

#: The tables that give the words of a breakdown.
TABLES = ("tipi_servizio",)

#: Keys of a breakdown that are not written as they are said.
_KEYS = MappingProxyType({"classe": "classe di abitanti", "eta": "età"})

#: How each method of uncertainty is called.
UNCERTAINTIES = MappingProxyType(
    {
        "nessuna": "",
        "wilson": "intervallo di Wilson per una proporzione",
        "byar": "intervallo di Byar per un conteggio",
        "dobson": "intervallo di Dobson per un tasso standardizzato",
        "bootstrap": "intervallo per ricampionamento (bootstrap)",
        "fonte": "intervallo pubblicato dalla fonte",
        "montecarlo": "intervallo di simulazione (Monte Carlo)",
        "residui": "oscillazione attorno al modello",
        "scenari": "campo di variazione degli scenari",
        "limiti": "minimo e massimo che i dati pubblicati consentono",
    }
)

#: How each grade is explained.
GRADES = MappingProxyType(
    {
        "atto": "atto o dato ufficiale",
        "pubblicazione": "pubblicazione",
        "stampa": "notizia di stampa",
        "stima": "stima nostra, con il metodo indicato",
    }
)

#: How each way of reading a source is explained.
READS = MappingProxyType(
    {
        "originale": "letta nella sua fonte",
        "copia": "letta in una copia fatta da altri",
        "trascrizione": "trascritta a mano, in tutto o in parte",
    }
)


#: Levels whose cards have pages of their own: the start of the territory in an id, and what the page is called.
SEPARATE_LEVELS = MappingProxyType(
    {**dict.fromkeys(("provincia", "distretto", "ambito"), "territori"), "comune": "comuni"}
)


@dataclass(frozen=True)
class Source:
    """An input of a figure as its card shows it.

    Attributes
    ----------
    input : Input
        The table, which rows, and its provenance.
    columns : tuple of str
        Names of the columns of the rows used; empty when they are too many to travel.
    rows : tuple of tuple
        All the rows used.
    """

    input: Input
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[object, ...], ...] = ()

    @property
    def first(self) -> tuple[tuple[object, ...], ...]:
        """The rows shown on the card."""
        return self.rows[:FIRST_ROWS]

    @property
    def csv_name(self) -> str:
        """File name of the rows, the same for the same rows; empty when they do not travel."""
        return f"{self.input.tabella}-{self.input.righe_sha256}.csv" if self.rows else ""


@dataclass(frozen=True)
class Card:
    """Everything the card of a figure says.

    Attributes
    ----------
    figure : Figure
    indicator : Indicator or None
        Its declaration; ``None`` when the registry no longer has it.
    title : str
        Indicator and territory, in words.
    formula, substituted : str
        With the names of the terms, and with the actual numbers; empty when there is none (a count read from a source).
    uncertainty : str
        The interval and its method, in words; empty when there is none.
    comparators : tuple of Figure
        The same indicator, period and breakdown elsewhere, comuni apart: larger territories first, then by name.
    series : tuple of Figure
        The same figure at other periods, in order.
    claims : tuple of Claim
        The sentences that rest on it.
    sources : tuple of Source
    """

    figure: Figure
    indicator: Indicator | None
    title: str
    formula: str
    substituted: str
    uncertainty: str
    comparators: tuple[Figure, ...]
    series: tuple[Figure, ...]
    claims: tuple[Claim, ...]
    sources: tuple[Source, ...]


def page(figure_or_id: Figure | str) -> str:
    """Return the address of a figure's card relative to the folder of the cards.

    ``indice_vecchiaia.html#insubria.2022``, or ``indice_vecchiaia-territori.html#ambito-pavia.2022`` for the levels of
    :data:`SEPARATE_LEVELS`: the page says the indicator, the anchor the rest of the id.

    See Also
    --------
    figure_at
    """
    key = figure_or_id if isinstance(figure_or_id, str) else figure_or_id.id
    indicator, _, rest = key.partition(".")
    part = SEPARATE_LEVELS.get(rest.partition(".")[0].partition("-")[0])
    return f"{indicator}{f'-{part}' if part else ''}.html#{rest}"


def figure_at(address: str, of: str = "") -> str:
    """Return the id of the figure whose card an address leads to: the inverse of :func:`page`.

    Parameters
    ----------
    address : str
        As a page writes it, from whatever folder.
    of : str
        Address of the page that has the link: where ``#insubria.2022`` alone leads.

    Returns
    -------
    str
        Empty when the address has no anchor.

    Examples
    --------
    >>> figure_at("../cifre/indice_vecchiaia-territori.html#ambito-pavia.2022")
    'indice_vecchiaia.ambito-pavia.2022'
    """
    path, _, anchor = unquote(address).partition("#")
    indicator = (path or of).rpartition("/")[2].removesuffix(".html").partition("-")[0]
    return f"{indicator}.{anchor}" if anchor else ""


def cards(
    ledger: Ledger, registry: Registry | None = None, only: Collection[str] | None = None
) -> dict[str, list[Card]]:
    """Return the cards of a ledger, by indicator.

    Parameters
    ----------
    ledger : Ledger
        Of a chapter or, merged, of the edition.
    registry : Registry, optional
        The package's own by default.
    only : collection of str, optional
        The indicators wanted; all by default.

    Returns
    -------
    dict of str to list of Card
        Sorted by indicator; inside, by level, territory and period.
    """
    registry = registry or load()
    by_indicator: dict[str, list[Figure]] = {}
    wanted = [ledger[id] for id in ledger.figures if only is None or id.partition(".")[0] in only]
    for figure in wanted:
        by_indicator.setdefault(figure.indicator, []).append(figure)
    by_figure: dict[str, list[Claim]] = {}
    for key in sorted(ledger.claims):
        for used in dict.fromkeys(ledger.claims[key].figures):
            by_figure.setdefault(used, []).append(ledger.claims[key])
    sources, sisters = _Sources(ledger), _Sisters(wanted)
    return {
        indicator: [
            _card(figure, sisters, by_figure.get(figure.id, []), sources, registry)
            for figure in sorted(by_indicator[indicator], key=_order)
        ]
        for indicator in sorted(by_indicator)
    }


def appendix(ledger: Ledger, registry: Registry | None = None) -> list[tuple[str, str, str, str, str]]:
    """Return the rows of the appendix printed in documents.

    Returns
    -------
    list of (id, indicator, territory, period, text)
        Sorted as the cards.
    """
    rows = []
    for one_cards in cards(ledger, registry).values():
        for card in one_cards:
            figure = card.figure
            name = card.indicator.nome if card.indicator else figure.indicator
            detail = breakdown_words(figure)
            rows.append(
                (
                    figure.id,
                    f"{name} ({detail})" if detail else name,
                    grammar.senza_articolo(figure.territory),
                    formats.periodo(figure.period),
                    figure.text,
                )
            )
    return rows


def breakdown_words(figure: Figure) -> str:
    """Return the breakdown in words: ``età 25-34, sesso F``; empty for the whole."""
    return pairs_words(figure.breakdown)


def pairs_words(breakdown: Sequence[tuple[str, str]]) -> str:
    """Return the pairs of a breakdown in words, types of service by their names.

    Examples
    --------
    >>> pairs_words([("eta", "0-2"), ("tipo", "cdi")])
    'età 0-2, tipo centro diurno integrato'
    """
    names = {"tipo": _service_names()}
    said = ((_KEYS.get(key, key.replace("_", " ")), names.get(key, {}).get(value, value)) for key, value in breakdown)
    return ", ".join(f"{key} {value}" for key, value in said)


@cache
def _service_names() -> Mapping[str, str]:
    """Return the names of the types of service, as they are said inside a sentence."""
    table = catalog.read("tipi_servizio")
    names = ((str(code), str(name)) for code, name in zip(table["tipo"], table["nome"], strict=True))
    return MappingProxyType(
        {code: name if name[1:2].isupper() else name[:1].lower() + name[1:] for code, name in names}
    )


def own_filter(figure: Figure, source: Source) -> str:
    """Return which rows of a source a figure used, beside its own name: ``cod_comune tra i suoi comuni``."""
    return source.input.filtro.replace(f"i comuni {grammar.di(figure.territory)}", "i suoi comuni")


def formula_words(indicatore: Indicator, registry: Registry) -> str:
    """Return the formula with the names of its terms: ``100 × [Uomini residenti] / [Donne residenti]``."""

    def name(termine: str) -> str:
        if termine in indicatore.termini:
            return indicatore.termini[termine]
        return registry[termine].nome if termine in registry else termine

    return re.sub(r"\{(\w+)\}", lambda m: f"[{name(m[1])}]", indicatore.formula)


def substituted(figure: Figure, indicatore: Indicator, registry: Registry) -> str:
    """Return the formula with the actual numbers in it, and its result; empty when a number is missing."""
    values = dict(figure.terms)
    if not indicatore.formula or any(values.get(term) is None for term in indicatore.terms):
        return ""

    def number(given_term: str) -> str:
        decimals = registry[given_term].decimali if given_term in registry else figure.decimals
        value = values[given_term]
        whole = value is not None and float(value).is_integer()
        return formats.numero(value, 0 if whole else max(decimals, 1))

    computation = re.sub(r"\{(\w+)\}", lambda m: number(m[1]), indicatore.formula)
    return f"{computation} = {figure.text}"


class _Sources:
    """The inputs of the ledger with their rows, each built once."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._fatte: dict[Input, Source] = {}

    def __call__(self, input_: Input) -> Source:
        if input_ not in self._fatte:
            rows = self._ledger.rows.get(input_.righe_sha256)
            self._fatte[input_] = (
                Source(input_, tuple(rows["colonne"]), tuple(tuple(row) for row in rows["righe"]))
                if rows
                else Source(input_)
            )
        return self._fatte[input_]


class _Sisters:
    """The figures of the same indicator and breakdown: elsewhere at the same period, and here at the others."""

    def __init__(self, figures: Iterable[Figure]) -> None:
        self._altrove: dict[tuple[object, ...], list[Figure]] = {}
        self._quando: dict[tuple[object, ...], list[Figure]] = {}
        for figure in sorted(figures, key=_order):
            self._quando.setdefault((figure.indicator, figure.breakdown, figure.territory), []).append(figure)
            if figure.territory.livello != "comune":  # there are too many: they are compared in a table
                self._altrove.setdefault((figure.indicator, figure.breakdown, figure.period), []).append(figure)

    def elsewhere(self, figure: Figure) -> tuple[Figure, ...]:
        equal = self._altrove.get((figure.indicator, figure.breakdown, figure.period), [])
        return tuple(f for f in equal if f is not figure)

    def quando(self, figure: Figure) -> tuple[Figure, ...]:
        equal = self._quando[figure.indicator, figure.breakdown, figure.territory]
        return tuple(f for f in equal if f is not figure)


def _card(figure: Figure, sisters: _Sisters, claims: Iterable[Claim], sources: _Sources, registry: Registry) -> Card:
    indicator = registry.find(figure.indicator)
    return Card(
        figure=figure,
        indicator=indicator,
        title=f"{indicator.nome if indicator else figure.indicator} – {grammar.senza_articolo(figure.territory)}",
        formula=formula_words(indicator, registry) if indicator else "",
        substituted=substituted(figure, indicator, registry) if indicator else "",
        uncertainty=_uncertainty(figure, indicator),
        comparators=sisters.elsewhere(figure),
        series=sisters.quando(figure),
        claims=tuple(claims),
        sources=tuple(sources(input_) for input_ in figure.inputs),
    )


_LEVELS = ("italia", "regione", "ats", "provincia", "distretto", "ambito", "comune")


def _order(figure: Figure) -> tuple[int, str, str, tuple[tuple[str, str], ...]]:
    """Larger territories first, then by name, period and breakdown."""
    level = figure.territory.livello
    place = _LEVELS.index(level) if level in _LEVELS else len(_LEVELS)
    return (place, figure.territory.nome, figure.period, figure.breakdown)


def _uncertainty(figure: Figure, indicatore: Indicator | None) -> str:
    if not figure.uncertain:
        return ""
    method = UNCERTAINTIES[indicatore.incertezza] if indicatore else ""
    level = f", confidenza {formats.percent((figure.confidence or 0) * 100, 0)}" if figure.confidence else ""
    return f"{figure.interval_text}{level}{f' ({method})' if method else ''}"
