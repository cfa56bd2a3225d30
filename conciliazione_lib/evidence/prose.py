"""Italian prose bound to figures: templates in, Markdown out, and no number that nobody vouches for.

A template is Jinja2. A figure is written as a link to its card, ``[56,4%](cifra:ID)``; a claim as a link to its rule,
``[sopra la media regionale](affermazione:ID)``; any other value is escaped, so a comune called ``A*B`` cannot start a
bold run. What is left outside the links is then read again (:mod:`evidence.proofreading`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache
from types import CodeType
from typing import Any

import jinja2
from jinja2.runtime import Context
from jinja2.utils import missing

import conciliazione_lib.evidence.formats as formats
import conciliazione_lib.evidence.grammar as grammar
from conciliazione_lib.errors import UsoError
from conciliazione_lib.evidence.claims import Claim, claim
from conciliazione_lib.evidence.deciding import decided
from conciliazione_lib.evidence.figure import Figure, Place
from conciliazione_lib.evidence.figures import Cifra
from conciliazione_lib.evidence.ledger import Ledger
from conciliazione_lib.evidence.proofreading import ProsaError, check


class Markdown(str):
    """Text that is Markdown already and is not escaped again."""

    __slots__ = ()


def render(template: str, ledger: Ledger, variables: Mapping[str, Any] | None = None, /, **names: Any) -> str:
    """Render a template and record in the ledger the figures and the claims it uses.

    Parameters
    ----------
    template : str
        Jinja2 text. Besides ``names``: ``di a da in_ su nome breve preposto`` (territory names), the claims ``confronto
        tendenza variazione rango massimo minimo frazione maggioranza differenza soglia``, ``il del al dal nel sul`` (a
        number with its article), ``quanti`` (a count with its noun), ``anno_per_anno`` (the values of a series),
        ``data_estesa`` (a date), ``periodo`` and ``intervallo`` (of a figure), and the filter ``maiuscola``.
    ledger : Ledger
        The chapter's.
    variables : mapping, optional
        Where a name that is not among ``names`` is looked up, functions apart: the variables of a notebook.
    **names
        Anything the sentence speaks of: a :class:`FigureSet`, the territory ``t``, plain strings.

    Returns
    -------
    str
        Markdown with ``cifra:`` and ``affermazione:`` links.

    Raises
    ------
    ProsaError
        A number outside the ledger, a comparison that is not a claim, a name that is not defined, a broken template.
    """
    vocabulary = _vocabulary(ledger)
    if double := sorted(set(vocabulary) & set(names)):
        raise _reserved(double[0], vocabulary)
    environment = _environment(ledger)
    environment.context_class = _context(variables or {}, vocabulary)
    try:
        made = environment.template_class.from_code(environment, _compiled(template), {})
        text = made.render(**vocabulary, **names)
    except jinja2.UndefinedError as error:
        raise ProsaError(
            f"Nel testo c'è un nome non definito: {error.message}.",
            f"passarlo a testo(), o correggerlo. Il testo comincia con «{_start(template)}».",
        ) from None
    except jinja2.TemplateSyntaxError as error:
        raise ProsaError(
            f"Il testo non è un modello valido: {error.message} (riga {error.lineno}).",
            f"controllare le parentesi {{{{ }}}} del testo che comincia con «{_start(template)}».",
        ) from None
    check(text)
    return text


def _environment(ledger: Ledger) -> jinja2.Environment:
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # output is Markdown: escaping is done by `finalize`, value by value
        finalize=lambda value: _write(value, ledger),
        keep_trailing_newline=False,
        optimized=False,  # sentences have no constants to work out beforehand
    )
    environment.globals.clear()  # «range», «namespace» and the like may be names of a notebook
    environment.filters = {"maiuscola": lambda value: Markdown(_capital(_write(value, ledger)))}
    return environment


@lru_cache(maxsize=1024)
def _compiled(template: str) -> CodeType:
    """Return the code of a template, which no chapter can change: the same texts are written for every territory."""
    return _environment(Ledger()).compile(template)


def _context(variabili: Mapping[str, Any], vocabolario: Collection[str]) -> type[Context]:
    """Return how names are looked up: the variables of a notebook come last, and only those the template cites."""

    class OneContext(Context):
        def resolve_or_missing(self, key: str) -> Any:
            found = super().resolve_or_missing(key)
            if key not in variabili or callable(variabili[key]):
                return found
            if key in vocabolario:
                raise _reserved(key, vocabolario)
            return variabili[key] if found is missing else found

    return OneContext


def _reserved(nome: str, vocabolario: Iterable[str]) -> UsoError:
    return UsoError(
        f"Il nome «{nome}» passato al testo è già una parola dei modelli.",
        "dargliene un altro; le parole riservate sono: " + ", ".join(sorted(vocabolario)) + ".",
    )


def _write(valore: Any, ledger: Ledger) -> str:
    """Write a value of a template as Markdown."""
    if isinstance(valore, jinja2.Undefined):
        return str(valore)  # raises, naming the variable
    if isinstance(valore, Markdown):
        return valore
    if isinstance(valore, Cifra):
        return figure_link(ledger.add(valore.figure))
    if isinstance(valore, Figure):
        return figure_link(ledger.add(valore))
    if isinstance(valore, Place):
        return escape(grammar.nome(valore))
    if isinstance(valore, str):
        return escape(valore)
    raise ProsaError(
        f"Nel testo compare un valore che non è né una cifra né un nome: {valore!r}.",
        "farne una cifra con cifre(…), così che il lettore possa vedere da dove viene.",
    )


def figure_link(figure: Figure) -> Markdown:
    """Return a figure as a Markdown link: ``[56,4%](cifra:ID)``."""
    return Markdown(f"[{escape(figure.text)}](cifra:{figure.id})")


def claim_link(affermazione: Claim) -> Markdown:
    """Return a claim as a Markdown link: ``[in crescita da tre anni](affermazione:ID)``."""
    return Markdown(f"[{escape(affermazione.words)}](affermazione:{affermazione.id})")


_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$^])")


def escape(testo: str) -> Markdown:
    """Return text whose characters mean themselves in Markdown; line breaks become spaces."""
    plan = re.sub(r"\s+", " ", testo)
    plan = _SPECIAL.sub(r"\\\1", plan).replace("&", "&amp;")
    plan = re.sub(r"!(?=\\\[)", r"\\!", plan)
    return Markdown(re.sub(r"^(\d+)([.)])(\s)", r"\1\\\2\3", re.sub(r"^([-+])(\s)", r"\\\1\2", plan)))


def _vocabulary(ledger: Ledger) -> dict[str, Any]:
    """Return what every template may use without being given it."""

    def claims_(kind: str, figures: Iterable[Figure], **params: Any) -> Markdown:
        used = [ledger.add(figure) for figure in figures]
        said = claim(kind, used, **params)
        decided(said, used, ledger.statements)
        return claim_link(ledger.add_claim(said))

    def comparison(cifra: Cifra | Figure, con: Any, **parole: str) -> Markdown:
        return claims_("confronto", [_one(cifra), _other(cifra, con)], **parole)

    def trend(serie: Cifra | Iterable[Figure], dal: int | None = None) -> Markdown:
        figures = serie.serie() if isinstance(serie, Cifra) else list(serie)
        return claims_("tendenza", [f for f in figures if dal is None or (f.year or 0) >= dal])

    def variation(dopo: Cifra | Figure, prima: Cifra | Figure, **parole: str) -> Markdown:
        return claims_("variazione", [_one(dopo), _one(prima)], **parole)

    def rank(cifra: Cifra, tra: Iterable[Figure] | None = None) -> Markdown:
        own = _one(cifra)
        all_of_them = list(tra) if tra is not None else cifra.pari_livello()
        return claims_("rango", [own, *(f for f in all_of_them if f.id != own.id)])

    def end(verso: str) -> Callable[..., Markdown]:
        def find(cifra: Cifra | Iterable[Figure], livello: str | None = None, prep: str | None = None) -> Markdown:
            figures = cifra.pari_livello(livello) if isinstance(cifra, Cifra) else list(cifra)
            if not figures:
                raise UsoError(f"Nessuna cifra di livello «{livello}» tra cui cercare il valore più {verso}.")
            return claims_("estremo", figures, verso=verso, preposizione=prep)

        return find

    def fraction(a: Cifra | Figure, b: Cifra | Figure | str | None = None) -> Markdown:
        return claims_("frazione", [_one(a)] if b is None else [_one(a), _other(a, b)])

    def majority(a: Cifra | Figure) -> Markdown:
        return claims_("maggioranza", [_one(a)])

    def one_difference(a: Cifra | Figure, b: Any, **parole: str) -> Markdown:
        before, second = ledger.add(_one(a)), ledger.add(_other(a, b))
        gap = ledger.add(difference(before, second))
        sign = claims_("differenza", [before, second], **parole)
        return Markdown(f"{figure_link(gap)} {sign}")

    def threshold(a: Cifra | Figure, valore: float, **parole: str) -> Markdown:
        return claims_("soglia", [_one(a)], soglia=float(valore), **parole)

    def how_many(a: Cifra | Figure, singolare: str, plurale: str) -> Markdown:
        one_figure = ledger.add(_one(a))
        noun = singolare if one_figure.value == 1 else plurale
        if one_figure.value == 0 and not one_figure.partial:
            return escape(grammar.nessuno(singolare))
        return Markdown(f"{figure_link(one_figure)} {escape(noun)}")

    def year_by_year(serie: Cifra | Iterable[Figure], quando: str = "nel") -> Markdown:
        figures = serie.serie() if isinstance(serie, Cifra) else list(serie)
        known = [ledger.add(figure) for figure in figures if not figure.missing]
        return Markdown(
            formats.elenco([f"{figure_link(f)} {escape(quando)} {escape(formats.periodo(f.period))}" for f in known])
        )

    def with_article(preposizione: str) -> Callable[..., Markdown]:
        def write(a: Cifra | Figure) -> Markdown:
            one_figure = ledger.add(_one(a))
            if one_figure.missing or one_figure.partial:
                return Markdown(f"{preposizione} {figure_link(one_figure)}".strip())
            article = formats.number_article(one_figure.text)
            word = grammar.contrai(preposizione, article) if preposizione else article
            return Markdown(f"{word}{'' if word.endswith(chr(39)) else ' '}{figure_link(one_figure)}")

        return write

    def with_name(funzione: Callable[..., str]) -> Callable[..., Markdown]:
        return lambda t, *rest, **other: escape(funzione(t, *rest, **other))

    return {
        **{
            name: with_name(getattr(grammar, name))
            for name in ("di", "a", "da", "in_", "su", "nome", "breve", "preposto")
        },
        "il": with_article(""),
        "del": with_article("di"),
        "al": with_article("a"),
        "dal": with_article("da"),
        "nel": with_article("in"),
        "sul": with_article("su"),
        "confronto": comparison,
        "tendenza": trend,
        "variazione": variation,
        "rango": rank,
        "massimo": end("alto"),
        "minimo": end("basso"),
        "frazione": fraction,
        "maggioranza": majority,
        "differenza": one_difference,
        "soglia": threshold,
        "quanti": how_many,
        "anno_per_anno": year_by_year,
        "data_estesa": lambda value: escape(formats.data(str(value))),
        "periodo": lambda its_figure: escape(formats.periodo(_one(its_figure).period)),
        "intervallo": lambda its_figure: _interval(ledger.add(_one(its_figure))),
    }


def difference(a: Figure, b: Figure) -> Figure:
    """Return the distance between two figures as a figure of its own, traceable to both.

    Percentages differ by percentage points; other units keep theirs. The difference is taken on the unrounded values,
    so it may differ by one in the last digit from that of the printed ones; its card says so.
    """
    value = None if a.value is None or b.value is None else abs(a.value - b.value)
    unit = {"%": "punti percentuali", "per 100": "punti", "indice": "punti", "punteggio": "punti"}.get(a.unit, a.unit)
    return Figure(
        indicator="differenza",
        value=value,
        unit=unit,
        decimals=a.decimals,
        territory=a.territory,
        period=a.period,
        breakdown=(("di", a.indicator), ("da", _distinguish(b, a)), *a.breakdown),
        grade=a.grade,
        inputs=tuple(dict.fromkeys(a.inputs + b.inputs)),
        terms=(("a", a.value), ("b", b.value)),
        note="" if value is not None else "uno dei due valori manca",
    )


def _distinguish(b: Figure, a: Figure) -> str:
    """Return the parts of an id that tell ``b`` from ``a``: ``lombardia``, ``2021``."""
    parts = b.id.split(".")
    return ".".join(part for part in parts if part not in a.id.split(".")) or b.id


def _one(cifra: Cifra | Figure) -> Figure:
    return cifra.figure if isinstance(cifra, Cifra) else cifra


def _other(cifra: Cifra | Figure, con: Any) -> Figure:
    """Return the term of a comparison: a figure, or the territory (by code) whose figure of the same kind is meant."""
    if not isinstance(con, str):
        return _one(con)
    if not isinstance(cifra, Cifra):
        raise UsoError(
            f"Per confrontare con «{con}» serve la cifra del capitolo, come f.indicatore, non una cifra sola."
        )
    return cifra[con].figure


def _interval(figure: Figure) -> Markdown:
    """Return the interval of a figure, linked to its card."""
    text = figure.interval_text or "senza intervallo"
    return Markdown(f"[{escape(text)}](cifra:{figure.id})")


def _capital(testo: str) -> str:
    """First letter in upper case, also inside a link."""
    return testo[:1] + grammar.maiuscola(testo[1:]) if testo.startswith("[") else grammar.maiuscola(testo)


def _start(template: str) -> str:
    return re.sub(r"\s+", " ", template).strip()[:60]
