"""The figures of a chapter, and the handy way to reach them from a sentence."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path

import pandas as pd

import conciliazione_lib.evidence.store as store
from conciliazione_lib.errors import CalcoloError, UsoError
from conciliazione_lib.evidence.claims import extremes
from conciliazione_lib.evidence.figure import Figure, Place
from conciliazione_lib.evidence.ledger import Ledger
from conciliazione_lib.evidence.pending import Pending, Pendings


def read(edizione: str = "2025-2027", cartella: str | Path | None = None) -> pd.DataFrame:
    """Return every figure of an edition.

    Parameters
    ----------
    edizione : str
        Its name.
    cartella : path, optional
        The folder that has ``reports/``; by default the current one or one of those above it.

    Returns
    -------
    DataFrame
        A row a figure: ``indicatore, livello, territorio, periodo, per`` (breakdown, ``chiave=valore`` pairs; empty for
        the whole), ``valore, inferiore, superiore, confidenza`` (in the indicator's unit), ``stato`` and ``motivo``
        (why a value is missing or partial), ``grado``, ``imputata`` (share apportioned or imputed), ``metodo``,
        ``ingressi`` (tables and rows it comes from, as JSON), ``termini``, ``riferimento`` (whether the period is the
        one the edition uses). Sorted by the first five, which are its key.

    Raises
    ------
    UsoError
        The edition has not been generated.

    Examples
    --------
    >>> from conciliazione_lib.evidence import figures
    >>> cifre = figures.read("2025-2027")  # doctest: +SKIP
    >>> cifre.query("indicatore == 'indice_vecchiaia' and livello == 'ats' and riferimento")  # doctest: +SKIP
    """
    return store.Store(store.locate(edizione, cartella)).figures


class Cifra:
    """One indicator in a chapter: stands for the figure of the chapter's own territory, and leads to the others.

    Unless a period is asked for it is that of reference of the edition; another territory is taken at the period of the
    own figure, so that the two can be set side by side.

    In a template ``{{ f.indice_vecchiaia }}`` is the own figure, ``{{ f.indice_vecchiaia['lombardia'] }}`` another
    territory's, ``{{ f.residenti.con(sesso='F') }}`` a breakdown, ``{{ f.residenti.al('2022-01-01') }}`` a period.
    """

    def __init__(self, figures: Pendings, proprio: str | None, period: str | None = None) -> None:
        self._figures = figures
        self._proprio = proprio
        #: Period to prefer: that of the figure this one is set beside.
        self._period = period

    def __repr__(self) -> str:
        if self._proprio is not None and self._ha(self._proprio):
            return f"<Cifra {self._indicator}: {self.figure.text}>"
        return f"<Cifra {self._indicator}: {len(self._figures)} cifre>"

    def _repr_html_(self) -> str:
        if self._proprio is not None and self._ha(self._proprio):
            return self.figure._repr_html_()
        places = ", ".join(sorted({f.territory.chiave for f in self._figures})[:12])
        return f"<p><strong>{escape(self._indicator)}</strong>: {len(self._figures)} cifre ({escape(places)}, …)</p>"

    def _ipython_key_completions_(self) -> list[str]:
        return sorted({f.territory.chiave for f in self._figures})

    @property
    def _indicator(self) -> str:
        return next(iter(self._figures)).indicator

    @property
    def figure(self) -> Figure:
        """The figure meant: own territory, whole population, latest period.

        Raises
        ------
        UsoError
            There is none, or more than one is left to choose from.
        """
        if self._proprio is None:
            raise UsoError(
                f"Non è detto di quale territorio sia la cifra di «{self._indicator}».",
                "indicare il territorio tra parentesi quadre, per esempio f.indicatore['lombardia'].",
            )
        return self._one(self._proprio).figure

    def __getitem__(self, territorio: str) -> Cifra:
        figures = self._of_the_territory(territorio)
        own = self._proprio if self._proprio and self._ha(self._proprio) else None
        period = self._candidates(own)[0].period if own else self._period
        return Cifra(Pendings.of(figures), figures[0].territory.chiave, period)

    def aggiornamento(self) -> Cifra | None:
        """Return the figure of a period later than that of reference, which not every territory has; or nothing."""
        if self._proprio is None or not self._ha(self._proprio):
            return None
        own = self._one(self._proprio)
        later = [
            f
            for f in self._of_the_territory(self._proprio)
            if f.breakdown == own.breakdown and f.period > own.period and f.figure.value is not None
        ]
        return Cifra(Pendings.of([max(later, key=lambda f: f.period)]), self._proprio) if later else None

    def con(self, **disaggregazione: object) -> Cifra:
        """Keep the figures of a breakdown: ``con(sesso="F")``."""
        wanted = tuple(sorted((key, str(value)) for key, value in disaggregazione.items()))
        return self._solo(self._figures.where(lambda f: f.breakdown == wanted), f"con {dict(wanted)}")

    def al(self, periodo: object) -> Cifra:
        """Keep the figures of a period: ``al("2022-01-01")``, ``al(2021)``."""
        return self._solo(self._figures.where(lambda f: f.period == str(periodo)), f"al {periodo}")

    def serie(self) -> list[Figure]:
        """Return the figures of the own territory over time, in order, breakdown apart."""
        figures = self._of_the_territory(self._proprio) if self._proprio else list(self._figures)
        simple = [f for f in figures if not f.breakdown] or figures
        return [f.figure for f in sorted(simple, key=lambda f: f.period)]

    def pari_livello(self, livello: str | None = None) -> list[Figure]:
        """Return the figures of every territory of a level (the own one), same period and breakdown, own first."""
        own = self._one(self._proprio) if self._proprio and self._ha(self._proprio) else None
        livello = livello or (own.territory.livello if own else None)
        of_the_level = list(self._figures.level(livello)) if livello else []
        if not (own or of_the_level):
            return []
        template = own or next((f for f in of_the_level if f.reference), of_the_level[0])
        others = sorted(
            (
                f
                for f in of_the_level
                if f.breakdown == template.breakdown and f.period == template.period and f is not own
            ),
            key=lambda f: f.territory.codice,
        )
        before = [own] if own and own.territory.livello == livello else []
        return [f.figure for f in (*before, *others)]

    def dei(self, livello: str, codici: Iterable[str]) -> list[Figure]:
        """Return the figures of some territories of a level, of every period and breakdown."""
        return [f.figure for code in codici for f in self._figures.code(code, livello)]

    def estremo(self, verso: str, livello: str) -> Figure:
        """Return the figure with the highest (``alto``) or lowest (``basso``) value of a level."""
        found = extremes(self.pari_livello(livello), verso)
        if not found:
            raise UsoError(f"Nessuna cifra di «{self._indicator}» di livello «{livello}» ha un valore.")
        return found[0]

    def __iter__(self) -> Iterator[Figure]:
        return (f.figure for f in self._figures)

    @property
    def value(self) -> float | None:
        """Value of the figure meant."""
        return self.figure.value

    @property
    def text(self) -> str:
        """Text of the figure meant, without a link."""
        return self.figure.text

    @property
    def provvisoria(self) -> bool:
        """Whether a source of the figure meant is provisional."""
        return any(source.provvisorio for source in self.figure.inputs)

    def _ha(self, territorio: str) -> bool:
        return any(f.territory.chiave == territorio for f in self._figures.territory(territorio))

    def _of_the_territory(self, territorio: str) -> list[Pending]:
        found = self._figures.territory(territorio)
        places = {f.territory for f in found}
        if len(places) > 1:
            choices = ", ".join(sorted(place.chiave for place in places))
            raise UsoError(f"«{territorio}» è il codice di più territori.", f"scriverne uno di questi: {choices}.")
        if not found:
            present = sorted({f.territory.chiave for f in self._figures})
            neighbours = difflib.get_close_matches(territorio, present, 3, 0.5) or present[:8]
            raise UsoError(
                f"Nessuna cifra di «{self._indicator}» per il territorio «{territorio}».",
                f"i territori presenti più vicini sono: {', '.join(neighbours)}.",
            )
        return found

    def _candidates(self, territorio: str) -> list[Pending]:
        """Return the figures of a territory at one period: that of reference, or that of the figure this is beside."""
        figures = self._of_the_territory(territorio)
        candidate = [f for f in figures if not f.breakdown] or figures
        preferred = [f for f in candidate if f.period == self._period] or [f for f in candidate if f.reference]
        if preferred:
            candidate = preferred
        last = max(f.period for f in candidate)
        return [f for f in candidate if f.period == last]

    def _one(self, territorio: str) -> Pending:
        candidate = self._candidates(territorio)
        if len(candidate) > 1:
            choices = ", ".join(str(dict(f.breakdown)) for f in candidate[:6])
            raise UsoError(
                f"Di «{candidate[0].indicator}» ci sono più cifre per lo stesso territorio: {choices}.",
                "sceglierne una con .con(…), per esempio f.indicatore.con(sesso='F').",
            )
        return candidate[0]

    def _solo(self, figures: Pendings, detto: str) -> Cifra:
        if next(iter(figures), None) is None:
            periods = sorted({f.period for f in self._figures})
            keys = sorted({str(dict(f.breakdown)) for f in self._figures})
            raise UsoError(
                f"Nessuna cifra di «{self._indicator}» {detto}.",
                f"periodi presenti: {', '.join(periods)}; disaggregazioni: {', '.join(keys[:8])}.",
            )
        return Cifra(figures, self._proprio, self._period)


class FigureSet:
    """The figures of a frame, reached by indicator: ``f.indice_vecchiaia``.

    Figures enter the chapter's ledger when a sentence, a table or a map shows them, not before: the set may hold a
    whole region, or the whole edition.
    """

    def __init__(self, figures: Iterable[Pending], proprio: Place | None, ledger: Ledger) -> None:
        by_indicator: dict[str, list[Pending]] = {}
        keys = set()
        for figure in figures:
            by_indicator.setdefault(figure.indicator, []).append(figure)
            place = figure.territory
            key = (figure.indicator, place.livello, place.codice, figure.period, figure.breakdown)
            if key in keys:
                raise CalcoloError(
                    f"Due righe per la stessa cifra «{figure.figure.id}».",
                    "indicare in «per» le colonne che distinguono le righe (per esempio per=['sesso']), "
                    "o dare alla tabella la colonna «periodo».",
                )
            keys.add(key)
        self._per_indicatore = {name: Pendings.of(found) for name, found in by_indicator.items()}
        self._proprio = proprio
        self.ledger = ledger

    def __repr__(self) -> str:
        names = self.indicators
        return (
            f"<{type(self).__name__}: {len(names)} indicatori: {', '.join(names[:6])}{', …' if len(names) > 6 else ''}>"
        )

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.indicators]

    def _ipython_key_completions_(self) -> list[str]:
        return list(self.indicators)

    def __getattr__(self, indicatore: str) -> Cifra:
        if indicatore.startswith("_"):
            raise AttributeError(indicatore)
        return self[indicatore]

    def __getitem__(self, indicatore: str) -> Cifra:
        figures = self._pending(indicatore)
        if figures is None:
            neighbours = difflib.get_close_matches(indicatore, self.indicators, 3, 0.5) or list(self.indicators)[:8]
            raise UsoError(
                f"Nessuna cifra dell'indicatore «{indicatore}».",
                f"quelli presenti più vicini: {', '.join(neighbours)}.",
            )
        return Cifra(figures, self._proprio.chiave if self._proprio else None)

    def __contains__(self, indicatore: object) -> bool:
        return indicatore in self._per_indicatore

    def __iter__(self) -> Iterator[Figure]:
        return (figure.figure for figure in self._all_of_them())

    def __len__(self) -> int:
        return sum(map(len, self._per_indicatore.values()))

    @property
    def indicators(self) -> tuple[str, ...]:
        """Ids of the indicators, in the order of the frame."""
        return tuple(self._per_indicatore)

    def of(self, indicatore: str, codice: str, livello: str | None = None) -> Sequence[Pending]:
        """Return what there is of an indicator for a code: how tables find the figure of a cell."""
        figures = self._pending(indicatore)
        return figures.code(codice, livello) if figures is not None else []

    def use(self, figure: Figure) -> Figure:
        """Put a figure in the ledger because a reader will see it; return the ledger's."""
        return self.ledger.add(figure)

    def __add__(self, altro: FigureSet) -> FigureSet:
        """Join two sets of one chapter, as the years of a series."""
        return FigureSet([*self._all_of_them(), *altro._all_of_them()], self._proprio, self.ledger)

    def _all_of_them(self) -> Iterator[Pending]:
        for figures in self._per_indicatore.values():
            yield from figures

    def _pending(self, indicatore: str) -> Pendings | None:
        return self._per_indicatore.get(indicatore)
