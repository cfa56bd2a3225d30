"""What a reader can deduce of hidden counts of people from the figures that an edition publishes.

The indicators that count people of a reserved table declare it (``riservato``). Their figures are attacked as a reader
would: looked for below the threshold; where hidden, bounded by linear programming from every total that stands beside
them, in all the territories together, and from the means of the same answers; computed back from a ratio, a difference
or a place that was decided about them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from conciliazione_lib import catalog
from conciliazione_lib.errors import CalcoloError
from conciliazione_lib.evidence import Figure, Place, load
from conciliazione_lib.evidence.registry import Indicator
from conciliazione_lib.evidence.statements import Statements
from conciliazione_lib.evidence.verify import Finding
from conciliazione_lib.evidence.writing import read_breakdown
from conciliazione_lib.indicators.disclosure import Relation, bounds
from conciliazione_lib.indicators.protected import STATE
from conciliazione_lib.indicators.scale_disclosure import PARTS, upper_bounds
from conciliazione_lib.region import REGION

KIND: Final = "riservatezza"
#: Where the figures are.
FIGURES, COMPARISONS = "cifre.parquet", "confronti.parquet"
#: The indicator that counts who answered: no count of the same questionnaire and territory is greater.
RESPONDENTS: Final = "rispondenti"
#: The indicator that is published only where enough people answered every question of a dimension.
AFFIDABILITA: Final = "alfa_dimensione"
#: What is the mean of the same answers under another name, and what is computed from three values of which one may be
#: hidden: where the first is told, none of the others may be hidden.
COMPUTED: Final = MappingProxyType(
    {
        "limiti_media": ("media_questionario",),
        "avanzamento_kpi": ("persone_kpi", "importo_kpi"),
    }
)
_SIDES: Final = ("", "_inferiore", "_superiore")
_TOO_FEW: Final = "troppo_pochi"


def concerned() -> frozenset[str]:
    """Return the indicators that tell something of counts of people: those, and what is made of the same answers."""
    protected = {i.id: i for i in load().values() if i.riservato is not None}
    means = {name for indicator in protected.values() for name in _means(indicator)}
    return frozenset({*protected, *means, *_made_of(), AFFIDABILITA})


def telling(entries: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the figures, as plain data, that may tell something of counts of people; the others have nothing to tell.

    They are of an indicator that does, or are said to be protected, or have such a count among their terms.
    """
    known = concerned().union(*COMPUTED.values())
    return [
        entry
        for entry in entries
        if entry["indicatore"] in known or entry.get("stato") == STATE or not known.isdisjoint(entry.get("termini", ()))
    ]


class Attack:
    """A reader with all the figures of an edition.

    Parameters
    ----------
    figures : collection of Figure
        All that are published, or at least those that are :func:`telling`.
    """

    def __init__(self, figures: Collection[Figure]) -> None:
        self.protected = {i.id: i for i in load().values() if i.riservato is not None}
        values = catalog.read("soglie_riservatezza").set_index("cod_soglia")["valore"]
        self.thresholds = {n: float(values[i.riservato.soglia]) for n, i in self.protected.items() if i.riservato}
        self._enough = float(values["rispondenti"])
        self.figures = {_key(f): f for f in figures}
        self._by_indicator: dict[str, list[Figure]] = defaultdict(list)
        for figure in figures:
            self._by_indicator[figure.indicator].append(figure)

    def hidden(self) -> set[str]:
        """Return the ids of the protected figures without a value, and of any other one said to be protected."""
        return {
            f.id
            for f in self.figures.values()
            if f.value is None and (f.indicator in self.protected or f.state == STATE)
        }

    def on_figures(self) -> Iterator[Finding]:
        """Look for what the figures tell, alone and together."""
        yield from self._told()
        yield from self._beside_the_hidden()
        yield from self._ratios()
        yield from self._few()
        groups: dict[tuple[str, str, str], list[Figure]] = defaultdict(list)
        for name in self.protected:
            for figure in self._by_indicator[name]:
                groups[name, figure.period, _collection(figure)].append(figure)
        for (indicator, period, collection), group in sorted(groups.items()):
            yield from self._together(indicator, group, self._at_least(indicator, period, collection, group))

    def on_statements(self, statements: Statements) -> Iterator[Finding]:
        """Look for statements decided about what is hidden: a difference, a place, a side.

        Parameters
        ----------
        statements : Statements
            Those of the edition.
        """
        hidden = self.hidden()
        keys = {key for key, figure in self.figures.items() if figure.id in hidden}
        if not keys:
            return
        said: Any
        for said in statements.of_indicators({key[0] for key in keys}).itertuples(index=False):
            own = (said.indicatore, said.livello, said.territorio, said.periodo, read_breakdown(said.per))
            numbers = [said.differenza, said.inferiore, said.superiore, said.posto]
            silent = said.esito == "non_confrontabile" and all(pd.isna(number) for number in numbers)
            if not silent and (own in keys or _term(own, said.genere, said.termine) in keys):
                found = f"{said.genere} {said.termine}: {said.esito}".replace("  ", " ")
                yield _leak(COMPARISONS, self._id(own), self.thresholds.get(own[0], 0.0), found)

    def _id(self, key: tuple[Any, ...]) -> str:
        figure = self.figures.get(key)
        return figure.id if figure is not None else ".".join(map(str, key[:4]))

    def _told(self) -> Iterator[Finding]:
        for figure in self.figures.values():
            for name, value in figure.terms:
                if name in self.thresholds and value is not None and 0 < value < self.thresholds[name]:
                    yield _leak(f"{FIGURES}, termini", figure.id, self.thresholds[name], f"{name} = {value:g}")
            threshold = self.thresholds.get(figure.indicator, 0.0)
            if figure.value is not None and 0 < figure.value < threshold:
                yield _leak(FIGURES, figure.id, threshold, f"{figure.value:g}")

    def _beside_the_hidden(self) -> Iterator[Finding]:
        """Find what stands beside a figure that is said to be protected: nothing may."""
        for figure in self.figures.values():
            if figure.state != STATE:
                continue
            numbers = [figure.value, figure.lower, figure.upper, figure.imputed or None]
            numbers += [value for _, value in figure.terms]
            if told := [f"{number:g}" for number in numbers if number is not None]:
                threshold = self.thresholds.get(figure.indicator, 0.0)
                yield _leak(f"{FIGURES}, accanto a ciò che è protetto", figure.id, threshold, "; ".join(told))

    def _ratios(self) -> Iterator[Finding]:
        """Find what is told while something it is made of is hidden: a share gives its part back."""
        for name, terms in _made_of().items():
            for figure in self._by_indicator[name]:
                if figure.value is None:
                    continue
                for term in terms:
                    for hidden in self._pieces(figure, term):
                        where = f"{FIGURES}, da «{name}»"
                        yield _leak(where, hidden.id, self.thresholds.get(term, 0.0), f"{figure.value:g}")

    def _pieces(self, figure: Figure, term: str) -> Iterator[Figure]:
        """Return the hidden figures of a term of a ratio: of its part, and of its whole."""
        own, whole = dict(figure.breakdown), dict(figure.breakdown)
        reserved = self.protected[term].riservato if term in self.protected else None
        for dimension in reserved.somma_su if reserved else ():
            whole.pop(dimension, None)
        for other in self._by_indicator[term]:
            if other.value is None and _where(other) == _where(figure) and other.state != "non_disponibile":
                breakdown = dict(other.breakdown)
                if breakdown in (own, whole) or (term in COMPUTED["avanzamento_kpi"] and _within(own, breakdown)):
                    yield other

    def _few(self) -> Iterator[Finding]:
        """Find where it is told that answers are few while their number is hidden: that bounds it."""
        for name, indicator in self.protected.items():
            for other in _means(indicator):
                for figure in self._by_indicator[other]:
                    count = self.figures.get((name, *_key(figure)[1:]))
                    if figure.state == _TOO_FEW and count is not None and count.value is None:
                        yield _leak(f"{FIGURES}, dallo stato", count.id, self.thresholds[name], "troppo pochi")

    def _together(self, indicator: str, group: list[Figure], at_least: dict[int, float]) -> Iterator[Finding]:
        """Bound the hidden counts of one indicator from every sum and mean published beside them."""
        declared, threshold = self.protected[indicator], self.thresholds[indicator]
        hidden = [i for i, figure in enumerate(group) if figure.value is None]
        values = [float("nan") if f.value is None else f.value for f in group]
        try:
            limits = bounds(values, _relations(group, declared), hidden, at_least)
        except CalcoloError as error:
            yield Finding(KIND, FIGURES, group[0].id, "totali uguali alla somma delle parti", error.messaggio)
            return
        for position, (low, high) in limits.items():
            if high < threshold - 1e-6:
                yield _leak(f"{FIGURES}, per differenza", group[position].id, threshold, f"fra {low:g} e {high:g}")
        names = _means(declared)
        if names:
            means = [f for name in names for f in self._by_indicator[name] if f.period == group[0].period]
            yield from _with_means(group, means, names, threshold)

    def _at_least(self, indicator: str, period: str, collection: str, group: list[Figure]) -> dict[int, float]:
        """Return what hidden counts must at least be.

        Who answers one question has answered the questionnaire; a published reliability says that many answered.
        """
        least: dict[int, float] = {}
        if indicator == RESPONDENTS and collection:
            others = [f for name in self.protected for f in self._by_indicator[name]]
            seen = [f for f in others if f.value is not None and (f.period, _collection(f)) == (period, collection)]
            for i, figure in enumerate(group):
                if figure.value is None and len(figure.breakdown) == 1:
                    least[i] = max((f.value or 0.0 for f in seen if f.territory == figure.territory), default=0.0)
        if _means(self.protected[indicator]):
            many = self._answered_by_many()
            for i, figure in enumerate(group):
                whole = figure.value is None and "giudizio" not in dict(figure.breakdown)
                if whole and (_collection(figure), *_asked(figure)) in many:
                    least[i] = self._enough
        return least

    def _answered_by_many(self) -> set[tuple[str, str, str, str]]:
        """Return the questions of which a published reliability says that many answered them."""
        instrument = catalog.read("questionario")
        reliable = {
            (_collection(f), str(dict(f.breakdown).get("dimensione")), f.period, f.territory.codice)
            for f in self._by_indicator[AFFIDABILITA]
            if f.value is not None
        }
        return {
            (modulo, period, place, text)
            for modulo, dimension, period, place in reliable
            for text in instrument.query("modulo == @modulo and dimensione == @dimension")["testo"]
        }


def _made_of() -> dict[str, tuple[str, ...]]:
    """Return the indicators that are computed from counts of people, and from which."""
    counts = {name for name, indicator in load().items() if indicator.riservato is not None}
    made = {name: tuple(term for term in i.terms if term in counts) for name, i in load().items() if name not in counts}
    return {name: terms for name, terms in made.items() if terms} | COMPUTED


def _term(own: tuple[Any, ...], kind: str, term: str) -> tuple[Any, ...] | None:
    """Return the key of the other figure that a statement is about; nothing when there is none."""
    if kind == "confronto":
        level, _, code = term.partition("/")
        return (own[0], level, code, *own[3:])
    return (*own[:3], term, own[4]) if kind in ("variazione", "tendenza") else None


def _key(figure: Figure) -> tuple[Any, ...]:
    place: Place = figure.territory
    return (figure.indicator, place.livello, place.codice, figure.period, figure.breakdown)


def _where(figure: Figure) -> tuple[str, str, str]:
    return figure.territory.livello, figure.territory.codice, figure.period


def _within(part: Mapping[str, str], whole: Mapping[str, str]) -> bool:
    """Tell whether every key of a breakdown is in another."""
    return bool(part) and all(whole.get(name) == value for name, value in part.items())


def _collection(figure: Figure) -> str:
    """Return which questionnaire a figure counts: each has its own ATS."""
    return str(dict(figure.breakdown).get("questionario", ""))


def _asked(figure: Figure) -> tuple[str, str, str]:
    """Return when and where a question was asked, and its words."""
    return figure.period, figure.territory.codice, str(dict(figure.breakdown).get("domanda", ""))


def _means(indicator: Indicator) -> dict[str, str]:
    """Return the indicators of means and medians of the answers that an indicator counts, and what each is."""
    mean = indicator.riservato.media if indicator.riservato else ""
    return {mean: "media", mean.replace("media", "mediana", 1): "mediana"} if mean else {}


def _relations(group: list[Figure], indicator: Indicator) -> list[Relation]:
    """Return the sums a reader can do: over each additive breakdown, and of the ATS in the region.

    The store holds every ATS that is in the total of the region, so nothing else is in it.
    """
    reserved = indicator.riservato
    positions = {(f.territory.livello, f.territory.codice, f.breakdown): i for i, f in enumerate(group)}
    parts: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for (level, code, pairs), position in positions.items():
        for dimension in reserved.somma_su if reserved else ():
            others = tuple(pair for pair in pairs if pair[0] != dimension)
            fewer = tuple(pair for pair in others if not reserved or pair[0] not in reserved.ripetuto_su)
            total = next((t for t in (others, fewer) if (level, code, t) in positions), None)
            if len(others) < len(pairs) and total is not None:
                parts[positions[level, code, total], dimension, others].append(position)
        if level == "ats" and ("regione", REGION.codice, pairs) in positions:
            parts[positions["regione", REGION.codice, pairs], "ats", ()].append(position)
    return [Relation(total, tuple(members)) for (total, _, _), members in parts.items()]


def _with_means(
    group: list[Figure], means: list[Figure], names: Mapping[str, str], threshold: float
) -> Iterator[Finding]:
    """Bound the hidden judgements of each question from its means and medians too."""
    columns = [*PARTS, "tutti", *(f"{name}{side}" for name in ("media", "mediana") for side in _SIDES)]
    questions: dict[tuple[tuple[str, str], ...], pd.DataFrame] = {}
    for figure in group:
        pairs = dict(figure.breakdown)
        part = pairs.pop("giudizio", "tutti")
        table = questions.setdefault(tuple(sorted(pairs.items())), pd.DataFrame(columns=columns, dtype=float))
        table.loc[figure.territory.codice, part] = figure.value
    for figure in means:
        asked = questions.get(tuple(sorted(figure.breakdown)))
        if asked is not None and figure.territory.codice in asked.index:
            for side, value in zip(_SIDES, (figure.value, figure.lower, figure.upper), strict=True):
                asked.loc[figure.territory.codice, names[figure.indicator] + side] = value
    for key, table in questions.items():
        above = {str(place): REGION.codice for place in table.index if place != REGION.codice}
        name = f"{group[0].indicator}: {dict(key).get('domanda', '')}"
        try:
            most = upper_bounds(table, above)
        except CalcoloError as error:
            yield Finding(KIND, FIGURES, name, "medie possibili con i conteggi", error.messaggio)
            continue
        for code, row in most.iterrows():
            for judgement, limit in row.astype(float).items():
                if limit < threshold - 1e-6:
                    where = f"{name}, {judgement}, {code}"
                    yield _leak(f"{FIGURES}, dalle medie", where, threshold, f"al massimo {limit:.1f}")


def _leak(where: str, key: str, threshold: float, found: str) -> Finding:
    return Finding(KIND, where, key, f"nessun conteggio sotto la soglia di riservatezza ({threshold:g})", found)
