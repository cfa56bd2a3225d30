"""From a frame of indicators to its figures, each made when someone asks for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conciliazione_lib.errors import UsoError
from conciliazione_lib.evidence import formats
from conciliazione_lib.evidence.figure import Figure, Input, Place
from conciliazione_lib.evidence.figures import FigureSet, Pending
from conciliazione_lib.evidence.inputs import UsedTable, weakest_grade
from conciliazione_lib.evidence.ledger import Ledger
from conciliazione_lib.evidence.registry import Registry, load

if TYPE_CHECKING:
    import pandas as pd

#: Columns of bounds and reasons that go with the column of an indicator.
INFERIORE, SUPERIORE, MOTIVO = "_inferiore", "_superiore", "_motivo"

NON_PUBBLICABILE = "dato non pubblicabile"


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
    dati = _Columns(righe)
    codici = [str(codice) for codice in dati["territorio"]]
    fonti = [UsedTable(ingresso, ledger, set(codici), membri) for ingresso in ingressi]
    origine = _Source(dati, registro, fonti, grado, confidenza, dict(frame.attrs.get("motivi", {})))
    posti: dict[tuple[str, str], Place] = {}
    attese: list[Pending] = []
    for numero, codice in enumerate(codici):
        luogo_riga = (str(livello or dati["livello"][numero]), codice)
        if luogo_riga not in posti:
            posti[luogo_riga] = luogo(*luogo_riga)
        momento = str(periodo) if periodo is not None else _periodo(dati["periodo"][numero])
        dettagli = tuple((nome, str(dati[nome][numero])) for nome in per if _pieno(dati[nome][numero]))
        riga = _Row(origine, numero, posti[luogo_riga], momento, dettagli)
        ordinati = tuple(sorted(dettagli))
        attese += [Pending(chiave, riga.territory, momento, ordinati, riga.figure) for chiave in scelti]
    return FigureSet(attese, proprio, ledger)


class _Columns:
    """The columns of a frame as they are now, whatever happens to it later; plain values only of those asked for."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame.copy(deep=False)
        self._posti = {str(nome): posto for posto, nome in enumerate(frame.columns)}
        self._valori: dict[str, list[Any]] = {}

    def __contains__(self, nome: str) -> bool:
        return nome in self._posti

    def __getitem__(self, nome: str) -> list[Any]:
        if nome not in self._valori:
            self._valori[nome] = self._frame.iloc[:, self._posti[nome]].tolist()
        return self._valori[nome]


@dataclass(frozen=True)
class _Source:
    """What the figures of one frame are made from."""

    columns: _Columns
    registry: Registry
    tables: Sequence[UsedTable]
    grade: str
    confidence: float | None
    reasons: Mapping[str, str]


@dataclass(frozen=True)
class _Row:
    """A row of the frame: makes its figures. The breakdown is in the order it was asked for."""

    source: _Source
    number: int
    territory: Place
    period: str
    breakdown: tuple[tuple[str, str], ...]

    def figure(self, chiave: str) -> Figure:
        """Make the figure of an indicator; withhold it when it rests on fewer cases than the indicator asks."""
        registro, indicatore = self.source.registry, self.source.registry[chiave]
        valore = self._value(chiave)
        inferiore, superiore = self._value(chiave + INFERIORE), self._value(chiave + SUPERIORE)
        motivo = self._value(chiave + MOTIVO)
        nota = _con_nomi(str(motivo), registro) if _pieno(motivo) else ""
        minimo = indicatore.minimo
        if minimo and not formats.mancante(valore):
            casi = self._value(minimo.termine)
            if formats.mancante(casi) or float(casi) < minimo.valore:
                valore = inferiore = superiore = None
                nota = f"{NON_PUBBLICABILE}: meno di {formats.numero(minimo.valore)} casi"
        if formats.mancante(valore) and not nota:
            nota = self.source.reasons.get(chiave, "il dato manca nella fonte")
        incerta = not (formats.mancante(inferiore) or formats.mancante(superiore))
        ingressi = self._inputs(chiave)
        return Figure(
            indicator=chiave,
            value=None if formats.mancante(valore) else float(valore),
            unit=indicatore.unita,
            decimals=indicatore.decimali,
            territory=self.territory,
            period=self.period,
            breakdown=self.breakdown,
            lower=float(inferiore) if incerta else None,
            upper=float(superiore) if incerta else None,
            confidence=(self.source.confidence or 0.95) if incerta else None,
            grade=self.source.grade or weakest_grade(ingressi),
            inputs=ingressi,
            terms=tuple((nome, self._number(nome)) for nome in indicatore.terms if nome in self.source.columns),
            note=nota,
        )

    def _inputs(self, chiave: str) -> tuple[Input, ...]:
        valori = {"indicatore": chiave, "periodo": self.period, "anno": self.period, **dict(self.breakdown)}
        usate = (tabella.per(self.territory, valori) for tabella in self.source.tables)
        return tuple(usata for usata in usate if usata is not None)

    def _value(self, colonna: str) -> Any:
        return self.source.columns[colonna][self.number] if colonna in self.source.columns else None

    def _number(self, colonna: str) -> float | None:
        valore = self._value(colonna)
        return None if formats.mancante(valore) else float(valore)


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
