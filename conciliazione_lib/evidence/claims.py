"""Sentences allowed only when true: comparative and trend words as pure rules over figures.

A claim keeps its kind, its words and the ids of the figures it rests on, so it can be re-evaluated from the ledger
alone: ``Claim.holds`` computes the words again and compares. What two values come to is decided by
:mod:`conciliazione_lib.evidence.comparing`, with the rule that the indicator declares.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import conciliazione_lib.evidence.formats as formats
import conciliazione_lib.evidence.grammar as grammar
from conciliazione_lib.errors import CalcoloError, UsoError
from conciliazione_lib.evidence.comparing import MOST_IMPUTED, Rule, outcome
from conciliazione_lib.evidence.figure import Figure
from conciliazione_lib.evidence.registry import load


@dataclass(frozen=True)
class Claim:
    """Words, the rule that allows them and the figures they rest on.

    Attributes
    ----------
    kind : str
        Name of the rule, one of :data:`RULES`.
    words : str
        What the reader sees, plain Italian.
    figures : tuple of str
        Ids of the figures, in the order the rule takes them.
    params : tuple of (str, value)
        Parameters of the rule, sorted by name; JSON values only.
    """

    kind: str
    words: str
    figures: tuple[str, ...]
    params: tuple[tuple[str, Any], ...] = ()

    @property
    def id(self) -> str:
        """Readable and stable: the rule, its first figure, and a short hash of the rest."""
        rest = json.dumps([self.kind, self.figures, self.params], ensure_ascii=False)
        return f"{self.kind}.{self.figures[0]}.{hashlib.sha256(rest.encode()).hexdigest()[:6]}"

    def holds(self, figures: Mapping[str, Figure]) -> bool:
        """Tell whether the rule, applied to these figures, still gives the same words."""
        return self.reevaluate(figures) == self.words

    def reevaluate(self, figures: Mapping[str, Figure]) -> str:
        """Return the words the rule gives for these figures.

        Raises
        ------
        UsoError
            A figure is not there.
        CalcoloError
            The rule refuses the figures.
        """
        try:
            choices = [figures[key] for key in self.figures]
        except KeyError as error:
            raise UsoError(f"La cifra {error} dell'affermazione «{self.id}» non è nel registro.") from None
        return RULES[self.kind](choices, **dict(self.params))

    def to_dict(self) -> dict[str, Any]:
        """Return plain data with Italian keys."""
        return {
            "id": self.id,
            "genere": self.kind,
            "parole": self.words,
            "cifre": list(self.figures),
            "parametri": dict(self.params),
            "regola": RULES_TEXT[self.kind],
        }

    @classmethod
    def from_dict(cls, dati: Mapping[str, Any]) -> Claim:
        """Rebuild a claim from :meth:`to_dict`."""
        return cls(dati["genere"], dati["parole"], tuple(dati["cifre"]), tuple(sorted(dati["parametri"].items())))


def claim(kind: str, figures: Sequence[Figure], **params: Any) -> Claim:
    """Evaluate a rule on figures and return the claim it allows.

    Parameters
    ----------
    kind : str
        One of :data:`RULES`.
    figures : sequence of Figure
        What the rule compares, in its order.
    **params
        Parameters of the rule; those that are ``None`` are left out.
    """
    if kind not in RULES:
        raise UsoError(f"Affermazione sconosciuta: «{kind}».", f"usare una di: {', '.join(RULES)}.")
    if not figures:
        raise UsoError(f"L'affermazione «{kind}» non ha cifre su cui poggiare.")
    data = {name: value for name, value in params.items() if value is not None}
    words = RULES[kind](list(figures), **data)
    return Claim(kind, words, tuple(figure.id for figure in figures), tuple(sorted(data.items())))


def compare(a: Figure, b: Figure, tolleranza: float = 0.0) -> int | None:
    """Compare two figures beyond rounding, tolerance and uncertainty.

    Parameters
    ----------
    a, b : Figure
        In the same unit.
    tolleranza : float
        Relative difference, on the larger of the two in absolute value, within which they are the same.

    Returns
    -------
    int or None
        1 when ``a`` is above ``b``, -1 when below, 0 when they cannot be told apart; ``None`` when one is missing.
        Antisymmetric, and monotone in ``a``.

    Raises
    ------
    CalcoloError
        The units differ.
    """
    if a.unit != b.unit:
        raise CalcoloError(
            f"Non si confrontano «{a.id}» ({a.unit}) e «{b.id}» ({b.unit}): le unità di misura sono diverse.",
            "confrontare cifre dello stesso indicatore.",
        )
    one_outcome = outcome(a, b, Rule(tolerance=tolleranza))
    return None if one_outcome == "non_confrontabile" else {"sopra": 1, "sotto": -1}.get(one_outcome, 0)


def _comparison(
    figures: list[Figure],
    sopra: str = "",
    sotto: str = "",
    in_linea: str = "",
    mancante: str = "",
) -> str:
    """``sopra`` / ``sotto`` / ``in linea con`` the value of another territory, or ``indistinguibile`` from it."""
    a, b = figures
    indicator = load().find(a.indicator)
    reference = grammar.media(b.territory)
    if indicator is not None and a.territory != b.territory:
        if indicator.media == "totale" and grammar.comprende(b.territory.livello):
            raise CalcoloError(
                f"«{a.id}» è un totale: non ha senso dirlo sopra o sotto {reference}.",
                "confrontare un tasso o una quota, oppure usare frazione().",
            )
        if indicator.confronta_con:
            raise CalcoloError(
                f"«{a.id}» non si confronta da solo: il suo confronto è quello di «{indicator.confronta_con}».",
                f"scrivere confronto(f.{indicator.confronta_con}, …).",
            )
    if a.unit != b.unit:
        compare(a, b)
    one_outcome = outcome(a, b, Rule.of(indicator))
    if one_outcome == "non_confrontabile":
        return mancante or f"non confrontabile con {reference}"
    if one_outcome == "non_distinguibile" and not in_linea:
        return f"indistinguibile {_da(reference)}"
    return {
        "sopra": sopra or f"sopra {reference}",
        "sotto": sotto or f"sotto {reference}",
    }.get(one_outcome, in_linea or f"in linea con {reference}")


def _da(riferimento: str) -> str:
    """Put ``da`` before words that begin with an article: ``dalla media regionale``, ``dal valore di…``."""
    article, _, rest = riferimento.partition(" ")
    return f"{grammar.contrai('da', article)} {rest}"


def _trend(figures: list[Figure]) -> str:
    """``in crescita da N anni``, ``in calo``, ``stabile``, over the figures of one series in order of time."""
    series = sorted((f for f in figures if not f.missing), key=lambda f: (f.year or 0, f.period))
    if len(series) < 2:
        return "senza una serie storica su cui dire una tendenza"
    if any(f.year is None for f in series) or len({f.year for f in series}) < len(series):
        raise CalcoloError(
            f"La serie di «{series[0].indicator}» non ha un anno diverso per ogni cifra.",
            "passare alla tendenza una cifra per anno.",
        )
    steps = [compare(after, before) for before, after in pairwise(series)]
    last = steps[-1]
    start = len(steps) - 1
    while start > 0 and steps[start - 1] == last:
        start -= 1
    year_start, year_end = series[start].year or 0, series[-1].year or 0
    if last == 0:
        # many steps too small to tell may add up to a change: go back only as far as the last value is the same
        while compare(series[start], series[-1]) != 0:
            start += 1
        return f"stabile rispetto al {series[start].year}"
    towards = "in crescita" if last == 1 else "in calo"
    if len(steps) - start == 1:
        return f"{towards} rispetto al {year_start}"
    return f"{towards} da {formats.in_lettere(year_end - year_start)} anni"


def _variation(figures: list[Figure], sopra: str = "", sotto: str = "", in_linea: str = "") -> str:
    """``in aumento`` / ``in diminuzione`` / ``stabile``, from the second figure to the first, a later one."""
    after, before = figures
    one_outcome = outcome(after, before, Rule.of(load().find(after.indicator), change=True))
    if one_outcome == "non_confrontabile":
        return "non confrontabile con il dato precedente"
    return {"sopra": sopra or "in aumento", "sotto": sotto or "in diminuzione"}.get(one_outcome, in_linea or "stabile")


def _rank(figures: list[Figure]) -> str:
    """``il valore più alto tra le otto ATS``: the place of the first figure among all of its level."""
    own = figures[0]
    # A lower bound has no place: what is above it may be below the value it stands for.
    all_of_them = [f for f in figures if not f.missing and not f.partial]
    level = own.territory.livello
    available = "" if len(all_of_them) == len(figures) else " con il dato disponibile"
    if own.missing or own.partial:
        why = "manca" if own.missing else "è parziale"
        return f"senza una posizione tra {grammar.tutti(level, len(figures))}, perché il dato {why}"
    if len(all_of_them) == 1:
        return "senza altri valori con cui confrontarsi"
    whole = f"tra {grammar.tutti(level, len(all_of_them))}{available}"
    others = all_of_them[1:]
    outcomes = [compare(own, other) for other in others]
    above, below, equals = outcomes.count(-1), outcomes.count(1), outcomes.count(0)
    if equals == len(others):
        uncertain = any(f.uncertain for f in all_of_them)
        equal = "un valore indistinguibile da quello" if uncertain else "lo stesso valore"
        return f"{equal} {grammar.altri(level, len(others))}"
    dall_high = above <= below
    best, towards = (above + 1, "alto") if dall_high else (below + 1, "basso")
    if not equals:
        place = _with_article(best) if best > 1 else "il"
        return f"{place} valore più {towards} {whole}"
    if best == 1:
        return f"uno dei {formats.in_lettere(equals + 1)} valori più {'alti' if dall_high else 'bassi'} {whole}"
    return f"tra {_with_article(best)} e {_with_article(best + equals)} valore più {towards} {whole}"


def _extreme(figures: list[Figure], verso: str = "alto", preposizione: str = "") -> str:
    """Name the territory with the highest (lowest) value, or those that cannot be told apart from it."""
    equals = extremes(figures, verso)
    in_front = f"{preposizione} " if preposizione else ""
    if not equals:
        return f"{in_front}nessun territorio, perché il dato manca"
    if len(equals) > 3:
        which = grammar.nomi_livello(equals[0].territory.livello)
        how = "a pari merito" if len({f.text for f in equals}) == 1 else "che i dati non distinguono"
        return f"{in_front}{formats.in_lettere(len(equals))} {which} {how}"
    names = [grammar.preposto(preposizione, f.territory) if preposizione else grammar.nome(f.territory) for f in equals]
    return formats.elenco(names)


def extremes(figures: Sequence[Figure], verso: str) -> list[Figure]:
    """Return the figures with the highest (lowest) value, and those that cannot be told apart from it, in order."""
    present = [f for f in figures if not f.missing and not f.partial]
    # What is mostly imputed is above and below nobody: it would be at both ends.
    present = [f for f in present if f.imputed <= MOST_IMPUTED] or present
    if not present:
        return []
    sign = 1 if verso == "alto" else -1
    first = max(present, key=lambda f: (sign * (f.value or 0), f.territory.codice))
    equals = [f for f in present if compare(f, first) == 0]
    return sorted(equals, key=lambda f: (-sign * (f.value or 0), f.territory.nome))


def direction(series: Sequence[Figure]) -> int | None:
    """Return where a series goes at its end, by its last step: 1 up, -1 down, 0 neither; ``None`` when too short."""
    known = sorted((f for f in series if not f.missing), key=lambda f: (f.year or 0, f.period))
    return compare(known[-1], known[-2]) if len(known) > 1 else None


#: Fractions and multiples with a name of their own, in increasing order.
_ANCHORS: tuple[tuple[float, str], ...] = (
    (1 / 100, "un centesimo"),
    (1 / 50, "un cinquantesimo"),
    (1 / 40, "un quarantesimo"),
    (1 / 30, "un trentesimo"),
    (1 / 25, "un venticinquesimo"),
    (1 / 20, "un ventesimo"),
    (1 / 15, "un quindicesimo"),
    (1 / 10, "un decimo"),
    (1 / 8, "un ottavo"),
    (1 / 7, "un settimo"),
    (1 / 6, "un sesto"),
    (1 / 5, "un quinto"),
    (1 / 4, "un quarto"),
    (1 / 3, "un terzo"),
    (2 / 5, "due quinti"),
    (1 / 2, "la metà"),
    (3 / 5, "tre quinti"),
    (2 / 3, "due terzi"),
    (3 / 4, "tre quarti"),
    (4 / 5, "quattro quinti"),
    (9 / 10, "nove decimi"),
    (1.0, "lo stesso valore"),
    (1.1, "un decimo in più"),
    (1.2, "un quinto in più"),
    (1.25, "un quarto in più"),
    (4 / 3, "un terzo in più"),
    (1.5, "una volta e mezza"),
    (2.0, "il doppio"),
    (3.0, "il triplo"),
    (4.0, "il quadruplo"),
    *((float(n), f"{formats.in_lettere(n)} volte") for n in range(5, 21)),
)

#: The threshold, in per cent, above which a share is the greater part.
META = 50.0
#: Bands around an anchor, relative to it: what is called by its bare name, «quasi», «poco più di».
ESATTO, QUASI, POCO_PIU = 0.01, 0.05, 0.05


def _fraction(figures: list[Figure]) -> str:
    """``un terzo``, ``quasi il doppio``: the ratio of the first to the second, or a percentage alone.

    Of what was guessed altogether only the interval is said (``tra un decimo e un quarto``); a lower bound is «almeno».
    """
    if len(figures) == 1:
        (alone,) = figures
        if alone.unit != "%":
            raise CalcoloError(
                f"«{alone.id}» non è una percentuale: per dirne la frazione serve il termine di paragone.",
                "passare anche la seconda cifra: frazione(a, b).",
            )
        whole = alone.with_value(100.0, state="presente", lower=None, upper=None, imputed=0.0)
        return _ratio_in_words(alone, whole, quota=True)
    else:
        a, b = figures
        if a.unit != b.unit:
            raise CalcoloError(f"«{a.id}» ({a.unit}) e «{b.id}» ({b.unit}) non hanno la stessa unità.")
        return _ratio_in_words(a, b, quota=False)


def _ratio_in_words(a: Figure, b: Figure, *, quota: bool) -> str:
    over, under = ((f.lower, f.upper) if f.guessed else (f.value, f.value) for f in (a, b))
    if None in (*over, *under) or 0 in under or b.partial:
        return "una quota non calcolabile"
    ratios = [top / bottom for top, bottom in zip(over, reversed(under), strict=True)]  # type: ignore[operator]
    if ratios[0] < 0:
        raise CalcoloError(f"Il rapporto di «{a.id}» è negativo: non è una frazione.")
    least, most = (fraction_words(ratio, quota=quota) for ratio in ratios)
    if least != most:
        return f"tra {least} e {most}"
    return f"almeno {least}" if a.partial else least


def fraction_words(ratio: float, quota: bool = False) -> str:
    """Return the words for a ratio.

    Parameters
    ----------
    ratio : float
        Not negative.
    quota : bool
        Whether it is a share of a whole: then 1 is «la totalità» and nothing is above it.
    """
    if ratio == 0:
        return "nessuna parte"
    anchors = [(v, "la totalità" if quota and v == 1.0 else name) for v, name in _ANCHORS if not quota or v <= 1.0]
    for value, name in anchors:
        if abs(_gap(ratio, value)) <= ESATTO:
            return name
    for value, name in anchors:
        if 0 < -_gap(ratio, value) <= QUASI:
            return f"quasi {name}"
    below = [(value, name) for value, name in anchors if value < ratio]
    if not below:
        return "meno di un centesimo"
    value, name = below[-1]
    if name.endswith("in più"):
        return f"oltre {name}"
    if ratio / value - 1 <= POCO_PIU:
        return f"poco più {_di(name)}"
    return f"oltre {name}" if value < 1 else f"più {_di(name)}"


def _gap(ratio: float, ancora: float) -> float:
    """Relative distance from an anchor; from its excess over one, for those said as an excess («un quarto in più»)."""
    return (ratio - 1) / (ancora - 1) - 1 if 1 < ancora < 1.5 else ratio / ancora - 1


def _di(nome: str) -> str:
    """``più`` + di: ``del doppio``, ``della metà``, ``di un terzo``."""
    for article in ("il ", "lo ", "la "):
        if nome.startswith(article):
            return f"{grammar.contrai('di', article.strip())} {nome.removeprefix(article)}"
    return f"di {nome}"


def _majority(figures: list[Figure]) -> str:
    """``la maggioranza`` / ``la metà`` / ``una minoranza``, from a percentage and its interval."""
    (share,) = figures
    if share.unit != "%":
        raise CalcoloError(f"«{share.id}» non è una percentuale: non può dirsi una maggioranza.")
    if share.value is None:
        return "una quota non nota"
    one_outcome = outcome(share, share.with_value(META, state="presente", lower=None, upper=None, imputed=0.0))
    if one_outcome == "non_confrontabile" or (one_outcome == "non_distinguibile" and share.imputed > MOST_IMPUTED):
        return "una quota che non si può dire se sia la maggioranza"
    return {"sopra": "la maggioranza", "sotto": "una minoranza"}.get(one_outcome, "circa la metà")


def _difference(figures: list[Figure], sopra: str = "", sotto: str = "", in_linea: str = "") -> str:
    """``in più`` / ``in meno``: the sign that goes with a difference, from the two figures it comes from."""
    one_outcome = outcome(figures[0], figures[1], Rule.of(load().find(figures[0].indicator), change=True))
    if one_outcome == "non_confrontabile":
        return "di differenza non calcolabile"
    if one_outcome not in ("sopra", "sotto"):
        return in_linea or (
            "di differenza, non significativa" if one_outcome == "non_distinguibile" else "di differenza"
        )
    return (sopra or "in più") if one_outcome == "sopra" else (sotto or "in meno")


def _threshold(figures: list[Figure], soglia: float = 0.0, sopra: str = "", sotto: str = "", in_linea: str = "") -> str:
    """Words chosen by a stated threshold (a legal minimum, a target)."""
    (figure,) = figures
    one_outcome = outcome(figure, figure.with_value(soglia, state="presente", lower=None, upper=None, imputed=0.0))
    if one_outcome == "non_confrontabile":
        return "non confrontabile con la soglia, perché il dato manca"
    if one_outcome == "non_distinguibile":
        return in_linea or "indistinguibile dalla soglia"
    words = {"sopra": sopra or "sopra la soglia", "sotto": sotto or "sotto la soglia"}
    return words.get(one_outcome, in_linea or "pari alla soglia")


def _with_article(posto: int) -> str:
    """``il terzo``, ``l'ottavo``, ``l'11°``: eight, eleven, eighty… begin with a vowel when read."""
    vowel = posto == 11 or str(posto)[0] == "8" or posto // 1000 == 11
    return f"{'l' + chr(39) if vowel else 'il '}{formats.ordinal(posto)}"


#: The vocabulary: each rule takes figures and parameters and returns words.
RULES: Mapping[str, Callable[..., str]] = MappingProxyType(
    {
        "confronto": _comparison,
        "tendenza": _trend,
        "variazione": _variation,
        "rango": _rank,
        "estremo": _extreme,
        "frazione": _fraction,
        "maggioranza": _majority,
        "differenza": _difference,
        "soglia": _threshold,
    }
)

#: The rules as readers find them on the cards.
RULES_TEXT: Mapping[str, str] = MappingProxyType(
    {
        "confronto": "Sopra o sotto se la differenza supera l'arrotondamento, la tolleranza e la più piccola "
        "differenza che merita una parola, dichiarate per l'indicatore, e l'incertezza dove c'è; altrimenti in linea, "
        "o non distinguibile per l'incertezza. Un valore per più di un quinto attribuito o imputato non si dice sopra "
        "o sotto.",
        "tendenza": "In crescita (in calo) se ogni passo dell'ultimo tratto della serie sale (scende) oltre "
        "l'arrotondamento e l'incertezza; gli anni sono quelli del tratto; stabile se l'ultimo passo non si distingue.",
        "variazione": "In aumento o in diminuzione se le due cifre si distinguono oltre l'arrotondamento e "
        "l'incertezza.",
        "rango": "Posizione contata sui soli valori distinguibili oltre l'arrotondamento e l'incertezza; quelli non "
        "distinguibili sono detti insieme, o come intervallo di posizioni.",
        "estremo": "Il territorio con il valore più alto (basso), insieme con quelli che non se ne distinguono.",
        "frazione": "Il rapporto tra le cifre: il nome entro l'1%, «quasi» fino al 5% in meno, «poco più» fino al 5% "
        "in più, «oltre» o «più» al di là.",
        "maggioranza": "La maggioranza se la quota supera il 50% oltre l'arrotondamento e l'incertezza.",
        "differenza": "Il segno della differenza, se supera l'arrotondamento e l'incertezza.",
        "soglia": "Sopra o sotto se la cifra si distingue dalla soglia oltre l'arrotondamento e l'incertezza.",
    }
)
