"""From a frame of indicators to figures, and the handy way to reach them from a sentence."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from conciliazione_lib.errors import CalcoloError, UsoError
from conciliazione_lib.evidence import formats
from conciliazione_lib.evidence.figure import Figure, Input, Place
from conciliazione_lib.evidence.inputs import UsedTable, weakest_grade
from conciliazione_lib.evidence.ledger import Ledger
from conciliazione_lib.evidence.registry import Indicator, Registry, load

if TYPE_CHECKING:
    import pandas as pd

#: Columns of bounds and reasons that go with the column of an indicator.
INFERIORE, SUPERIORE, MOTIVO = "_inferiore", "_superiore", "_motivo"

NON_PUBBLICABILE = "dato non pubblicabile"


class Cifra:
    """One indicator in a chapter: stands for the figure of the chapter's own territory, and leads to the others.

    In a template ``{{ f.indice_vecchiaia }}`` is the own figure, ``{{ f.indice_vecchiaia['lombardia'] }}`` another
    territory's, ``{{ f.residenti.con(sesso='F') }}`` a breakdown, ``{{ f.residenti.al('2022-01-01') }}`` a period.
    """

    def __init__(self, figures: Sequence[Figure], proprio: str | None) -> None:
        self._figures = tuple(figures)
        self._proprio = proprio

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
                f"Non è detto di quale territorio sia la cifra di «{self._figures[0].indicator}».",
                "indicare il territorio tra parentesi quadre, per esempio f.indicatore['lombardia'].",
            )
        return self._una(self._proprio)

    def __getitem__(self, territorio: str) -> Cifra:
        figures = self._del_territorio(territorio)
        return Cifra(figures, figures[0].territory.chiave)

    def con(self, **disaggregazione: object) -> Cifra:
        """Keep the figures of a breakdown: ``con(sesso="F")``."""
        voluta = tuple(sorted((chiave, str(valore)) for chiave, valore in disaggregazione.items()))
        return self._solo([f for f in self._figures if f.breakdown == voluta], f"con {dict(voluta)}")

    def al(self, periodo: object) -> Cifra:
        """Keep the figures of a period: ``al("2022-01-01")``, ``al(2021)``."""
        return self._solo([f for f in self._figures if f.period == str(periodo)], f"al {periodo}")

    def serie(self) -> list[Figure]:
        """Return the figures of the own territory over time, in order, breakdown apart."""
        figures = self._del_territorio(self._proprio) if self._proprio else list(self._figures)
        semplici = [f for f in figures if not f.breakdown] or figures
        return sorted(semplici, key=lambda f: f.period)

    def pari_livello(self, livello: str | None = None) -> list[Figure]:
        """Return the figures of every territory of a level (the own one), same period and breakdown, own first."""
        propria = self.figure if self._proprio and self._ha(self._proprio) else None
        livello = livello or (propria.territory.livello if propria else None)
        modello = propria or self._figures[0]
        altre = sorted(
            (
                f
                for f in self._figures
                if f.territory.livello == livello
                and f.breakdown == modello.breakdown
                and f.period == modello.period
                and f is not propria
            ),
            key=lambda f: f.territory.codice,
        )
        return [propria, *altre] if propria and propria.territory.livello == livello else altre

    def __iter__(self) -> Iterator[Figure]:
        return iter(self._figures)

    @property
    def value(self) -> float | None:
        """Value of the figure meant."""
        return self.figure.value

    @property
    def text(self) -> str:
        """Text of the figure meant, without a link."""
        return self.figure.text

    def _ha(self, territorio: str) -> bool:
        return any(f.territory.chiave == territorio for f in self._figures)

    def _del_territorio(self, territorio: str) -> list[Figure]:
        trovate = [f for f in self._figures if f.territory.chiave == territorio]
        if not trovate:
            trovate = [f for f in self._figures if f.territory.codice == territorio]
        luoghi = {f.territory for f in trovate}
        if len(luoghi) > 1:
            scelte = ", ".join(sorted(luogo.chiave for luogo in luoghi))
            raise UsoError(f"«{territorio}» è il codice di più territori.", f"scriverne uno di questi: {scelte}.")
        if not trovate:
            presenti = sorted({f.territory.chiave for f in self._figures})
            vicini = difflib.get_close_matches(territorio, presenti, 3, 0.5) or presenti[:8]
            raise UsoError(
                f"Nessuna cifra di «{self._figures[0].indicator}» per il territorio «{territorio}».",
                f"i territori presenti più vicini sono: {', '.join(vicini)}.",
            )
        return trovate

    def _una(self, territorio: str) -> Figure:
        figures = self._del_territorio(territorio)
        candidate = [f for f in figures if not f.breakdown] or figures
        ultimo = max(f.period for f in candidate)
        candidate = [f for f in candidate if f.period == ultimo]
        if len(candidate) > 1:
            scelte = ", ".join(str(dict(f.breakdown)) for f in candidate[:6])
            raise UsoError(
                f"Di «{candidate[0].indicator}» ci sono più cifre per lo stesso territorio: {scelte}.",
                "sceglierne una con .con(…), per esempio f.indicatore.con(sesso='F').",
            )
        return candidate[0]

    def _solo(self, figures: list[Figure], detto: str) -> Cifra:
        if not figures:
            periodi = sorted({f.period for f in self._figures})
            chiavi = sorted({str(dict(f.breakdown)) for f in self._figures})
            raise UsoError(
                f"Nessuna cifra di «{self._figures[0].indicator}» {detto}.",
                f"periodi presenti: {', '.join(periodi)}; disaggregazioni: {', '.join(chiavi[:8])}.",
            )
        return Cifra(figures, self._proprio)


class FigureSet:
    """The figures of a frame, reached by indicator: ``f.indice_vecchiaia``.

    Figures enter the chapter's ledger when a sentence, a table or a map shows them, not before: the set may hold a
    whole region.
    """

    def __init__(self, figures: Iterable[Figure], proprio: Place | None, ledger: Ledger) -> None:
        self._per_indicatore: dict[str, list[Figure]] = {}
        self._per_chiave: dict[tuple[object, ...], Figure] = {}
        for figure in figures:
            self._per_indicatore.setdefault(figure.indicator, []).append(figure)
            chiave = (
                figure.indicator,
                figure.territory.livello,
                figure.territory.codice,
                figure.period,
                figure.breakdown,
            )
            if chiave in self._per_chiave:
                raise CalcoloError(
                    f"Due righe per la stessa cifra «{figure.id}».",
                    "indicare in «per» le colonne che distinguono le righe (per esempio per=['sesso']), "
                    "o dare alla tabella la colonna «periodo».",
                )
            self._per_chiave[chiave] = figure
        self._proprio = proprio
        self.ledger = ledger

    def __getattr__(self, indicatore: str) -> Cifra:
        if indicatore.startswith("_"):
            raise AttributeError(indicatore)
        return self[indicatore]

    def __getitem__(self, indicatore: str) -> Cifra:
        figures = self._per_indicatore.get(indicatore)
        if figures is None:
            vicini = (
                difflib.get_close_matches(indicatore, self._per_indicatore, 3, 0.5) or list(self._per_indicatore)[:8]
            )
            raise UsoError(
                f"Nessuna cifra dell'indicatore «{indicatore}».", f"quelli presenti più vicini: {', '.join(vicini)}."
            )
        return Cifra(figures, self._proprio.chiave if self._proprio else None)

    def __contains__(self, indicatore: object) -> bool:
        return indicatore in self._per_indicatore

    def __iter__(self) -> Iterator[Figure]:
        for figures in self._per_indicatore.values():
            yield from figures

    def __len__(self) -> int:
        return len(self._per_chiave)

    @property
    def indicators(self) -> tuple[str, ...]:
        """Ids of the indicators, in the order of the frame."""
        return tuple(self._per_indicatore)

    def get(
        self, indicatore: str, livello: str, codice: str, periodo: str, per: Mapping[str, object] | None = None
    ) -> Figure | None:
        """Return the figure of a cell, or ``None``: how tables and maps attach figures to what they show."""
        disaggregazione = tuple(sorted((k, str(v)) for k, v in (per or {}).items()))
        return self._per_chiave.get((indicatore, livello, codice, periodo, disaggregazione))

    def use(self, figure: Figure) -> Figure:
        """Put a figure in the ledger because a reader will see it; return the ledger's."""
        return self.ledger.add(figure)

    def __add__(self, altro: FigureSet) -> FigureSet:
        """Join two sets of one chapter, as the years of a series."""
        return FigureSet([*self, *altro], self._proprio, self.ledger)


def cifre(
    frame: pd.DataFrame,
    *,
    ledger: Ledger,
    luogo: Callable[[str, str], Place],
    proprio: Place | None = None,
    periodo: str | None = None,
    livello: str | None = None,
    per: Sequence[str] = (),
    indicatori: Sequence[str] | None = None,
    ingressi: Sequence[pd.DataFrame | Any] = (),
    membri: Callable[[str, str], Collection[str]] | None = None,
    grado: str = "",
    confidenza: float | None = None,
    registro: Registry | None = None,
) -> FigureSet:
    """Make a figure of every indicator column for every row of a frame.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per territory (and period, and breakdown). ``territorio`` (code) is a column or the index; ``livello``
        a column, or the argument; ``periodo`` a column, or the argument. A column named as a declared indicator becomes
        figures; with it go, when present, ``<id>_inferiore``, ``<id>_superiore`` (bounds, same unit) and
        ``<id>_motivo`` (why a value is missing). Reasons may also come in ``frame.attrs["motivi"]``, a mapping from
        column to text. The terms of a formula are taken from the columns of the same name.
    ledger : Ledger
        Where figures are recorded when they are used, and where the rows of the inputs are kept.
    luogo : callable
        Gives the :class:`Place` of a level and a code.
    proprio : Place, optional
        The chapter's own territory.
    periodo, livello : str, optional
        For every row, when the frame has no such column.
    per : sequence of str
        Columns that break the figures down (``sesso``, ``classe_eta``). An empty or missing cell is the whole.
    indicatori : sequence of str, optional
        Only these columns; by default every column that is a declared indicator.
    ingressi : sequence of frames or ``catalog.Table``
        The tables used; when they have a ``territorio`` (or ``cod_comune``) column, each figure keeps the rows of its
        own territory.
    membri : callable, optional
        Gives the codes of the comuni of a territory (``Territory.members``), to find its rows in a table by comune.
    grado : str
        Overrides the grade deduced from the inputs (``stima`` for what we estimate).
    confidenza : float, optional
        Confidence level of the bounds, 0.95 when there are any.
    registro : Registry, optional
        The package's own by default.

    Returns
    -------
    FigureSet

    Raises
    ------
    UsoError
        An indicator asked for is not declared or not a column; the level or the period is nowhere.
    CalcoloError
        Two rows make the same figure.
    """
    registro = registro or load()
    righe = frame.reset_index() if "territorio" in frame.index.names else frame
    colonne = [str(colonna) for colonna in righe.columns]
    scelti = _scelti(colonne, indicatori, registro, per)
    for nome, valore in (("territorio", None), ("livello", livello), ("periodo", periodo)):
        if nome not in colonne and valore is None:
            raise UsoError(
                f"Per fare le cifre manca «{nome}»: non è né una colonna della tabella né un argomento.",
                f"colonne trovate: {', '.join(colonne)}.",
            )
    codici = {str(codice) for codice in righe["territorio"]}
    fonti = [UsedTable(ingresso, ledger, codici, membri) for ingresso in ingressi]
    motivi = frame.attrs.get("motivi", {})
    figure: list[Figure] = []
    for grezza in righe.to_dict("records"):
        riga = {str(nome): valore for nome, valore in grezza.items()}
        posto = luogo(str(livello or riga["livello"]), str(riga["territorio"]))
        momento = str(periodo) if periodo is not None else _periodo(riga["periodo"])
        disaggregazione = tuple((nome, str(riga[nome])) for nome in per if _pieno(riga[nome]))
        for chiave in scelti:
            valori = {"indicatore": chiave, "periodo": momento, "anno": momento, **dict(disaggregazione)}
            usati = tuple(usato for fonte in fonti if (usato := fonte.per(posto, valori)) is not None)
            figure.append(
                _figura(
                    registro, registro[chiave], riga, posto, momento, disaggregazione, usati, grado, confidenza, motivi
                )
            )
    return FigureSet(figure, proprio, ledger)


def _figura(
    registro: Registry,
    indicatore: Indicator,
    riga: Mapping[str, Any],
    posto: Place,
    periodo: str,
    disaggregazione: tuple[tuple[str, str], ...],
    ingressi: tuple[Input, ...],
    grado: str,
    confidenza: float | None,
    motivi: Mapping[str, str],
) -> Figure:
    """Make one figure from one row; withhold it when it rests on fewer cases than the indicator asks."""
    chiave = indicatore.id
    valore = riga[chiave]
    inferiore, superiore = riga.get(chiave + INFERIORE), riga.get(chiave + SUPERIORE)
    motivo = riga.get(chiave + MOTIVO)
    nota = _con_nomi(str(motivo), registro) if _pieno(motivo) else ""
    termini = tuple(
        (nome, None if formats.mancante(riga[nome]) else float(riga[nome])) for nome in indicatore.terms if nome in riga
    )
    minimo = indicatore.minimo
    if minimo and not formats.mancante(valore):
        casi = riga.get(minimo.termine)
        if formats.mancante(casi) or float(casi) < minimo.valore:  # type: ignore[arg-type]
            valore = inferiore = superiore = None
            nota = f"{NON_PUBBLICABILE}: meno di {formats.numero(minimo.valore)} casi"
    if formats.mancante(valore) and not nota:
        nota = motivi.get(chiave, "il dato manca nella fonte")
    incerta = not (formats.mancante(inferiore) or formats.mancante(superiore))
    return Figure(
        indicator=chiave,
        value=None if formats.mancante(valore) else float(valore),
        unit=indicatore.unita,
        decimals=indicatore.decimali,
        territory=posto,
        period=periodo,
        breakdown=disaggregazione,
        lower=float(inferiore) if incerta else None,  # type: ignore[arg-type]
        upper=float(superiore) if incerta else None,  # type: ignore[arg-type]
        confidence=(confidenza or 0.95) if incerta else None,
        grade=grado or weakest_grade(ingressi),
        inputs=ingressi,
        terms=termini,
        note=nota,
    )


def _scelti(
    colonne: Sequence[str], indicatori: Sequence[str] | None, registro: Registry, per: Sequence[str]
) -> list[str]:
    """Return the indicator columns: those asked for (declared and present), or all the declared ones."""
    if indicatori is None:
        scelti = [colonna for colonna in colonne if colonna in registro and colonna not in per]
        if not scelti:
            raise UsoError(
                "Nessuna colonna della tabella è un indicatore dichiarato.",
                f"colonne trovate: {', '.join(colonne)}; dichiararle in evidence/indicatori/ o passarne altre.",
            )
        return scelti
    for chiave in indicatori:
        registro[chiave]
        if chiave not in colonne:
            raise UsoError(f"L'indicatore «{chiave}» non è una colonna della tabella: {', '.join(colonne)}.")
    return list(indicatori)


def _con_nomi(motivo: str, registro: Registry) -> str:
    """Replace the ids of indicators in a reason, as computing functions write them, by their names."""
    return re.sub(r"[a-z][a-z0-9_]+", lambda m: registro[m[0]].nome.lower() if m[0] in registro else m[0], motivo)


def _pieno(valore: Any) -> bool:
    return (isinstance(valore, str) and valore != "") or (not isinstance(valore, str) and not formats.mancante(valore))


def _periodo(valore: Any) -> str:
    if hasattr(valore, "isoformat"):
        return str(valore.isoformat())[:10]
    return str(int(valore)) if isinstance(valore, float) else str(valore)
