"""Which figures are shown: of which period, from which sources, and whether they tell anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

import conciliazione_lib.report.blocks as blocks
from conciliazione_lib.evidence import Place, comparing, formats, load
from conciliazione_lib.report.showing.places import Places

if TYPE_CHECKING:
    from conciliazione_lib.evidence import Figure


class Figures(Places):
    """The figures that a chapter shows."""

    def riferimento(self, indicatore: str, livello: str) -> str:
        """Return the period of reference of an indicator at a level, as the edition writes it (``2018/2022``)."""
        return str(self.frame(indicatore, livello=livello)["periodo"].iloc[0])

    def anni(self, indicatore: str, *luoghi: Place, dal: object = "") -> list[str]:
        """Return the periods at which all of some territories have a value of an indicator, in order.

        Parameters
        ----------
        indicatore : str
            Which one.
        *luoghi : Place
            The territories; by default the chapter's own.
        dal : object
            Only from this period on.
        """
        rows = self.frame(indicatore, periodo="tutti").dropna(subset=[indicatore])
        known = [
            set(rows.loc[(rows["livello"] == place.livello) & (rows["territorio"] == place.codice), "periodo"])
            for place in luoghi or (self.t,)
        ]
        return sorted(period for period in set.intersection(*known) if period >= str(dal))

    def noti(self, *indicatori: str) -> list[str]:
        """Return those of some indicators that have a value here, at the period of the first: columns of a table.

        Parameters
        ----------
        *indicatori : str
            The first one says of when: a count, then its shares.
        """
        figures = [self.f[name].figure for name in indicatori]
        return [one.indicator for one in figures if one.value is not None and one.period == figures[0].period]

    def dentro(self, indicatore: str, livello: str) -> list[Figure]:
        """Return an indicator of the territories inside the chapter's own: the terms of ``massimo`` and ``minimo``.

        Parameters
        ----------
        indicatore : str
            Which one; those without a value are left out.
        livello : str
            As for :meth:`propri`.
        """
        figures = [self.f[indicatore][self.luogo(livello, code).chiave].figure for code in self.propri(livello)]
        return [figure for figure in figures if figure.value is not None]

    def dedotti(self, cifre: Sequence[Figure]) -> bool:
        """Tell whether some figures, not all, rest on deduced comuni too much to be at an end of their order.

        ``massimo`` and ``minimo`` leave them out: a table beside may have them first, and the text has to say why.

        Parameters
        ----------
        cifre : sequence of Figure
            The terms of ``massimo`` and ``minimo``.
        """
        return 0 < sum(figure.imputed > comparing.MOST_IMPUTED for figure in cifre) < len(cifre)

    def _together(
        self, indicators: Sequence[str], places: Mapping[str, Any], periodo: str | None = None, **choice: Any
    ) -> pd.DataFrame:
        """Return figures of territories of several levels, at one period when the levels have not the same.

        The period, when it is not that of reference of each, is in ``attrs["periodo"]``.
        """
        if periodo is None:
            periods = [set(self._periods(name, places).values()) for name in indicators]
            earliest = {min(found) for found in periods if found}
            if any(len(found) > 1 for found in periods) and len(earliest) == 1:
                periodo = earliest.pop()
        rows = self.frame(*indicators, **places, periodo=periodo, **choice)
        rows.attrs["periodo"] = periodo
        return rows

    def _periods(self, indicator: str, places: Mapping[str, Any]) -> dict[str, str]:
        """Return the period of reference of an indicator at each of some levels, where there are figures."""
        periods = self.cifre_edizione.references(indicator)
        return {level: period for level, period in periods.items() if level in places["livello"]}

    def _earlier(self, indicators: Sequence[str], places: Mapping[str, Any]) -> dict[str, str]:
        """Return the period of the indicators whose levels have different ones: the latest that all of them have."""
        periods = {name: set(self._periods(name, places).values()) for name in indicators}
        return {name: min(found) for name, found in periods.items() if len(found) > 1}

    def _at(self, indicator: str, period: str, places: Mapping[str, Any]) -> pd.Series:
        return self.frame(indicator, **places, periodo=period).set_index(["livello", "territorio"])[indicator]

    def _figures(self, indicator: str, period: str, rows: pd.DataFrame) -> list[Any]:
        """Return the figures of an indicator at a period, one for each row that has a value."""
        found = []
        for level, code, value in rows[["livello", "territorio", indicator]].itertuples(index=False):
            own = self.f[indicator].al(period)
            found.append(None if pd.isna(value) else own[self.luogo(level, code).chiave].figure)
        return found

    def _periods_note(self, indicators: Sequence[str], places: Mapping[str, Any]) -> list[str]:
        """Return the note with the periods of the columns, when they are not all of one."""
        periods = {load()[name].nome_breve: self._periods(name, places) for name in indicators}
        when = {name: min(found.values()) for name, found in periods.items() if found}
        if len(set(when.values())) < 2:
            return []
        said = [f"{name}: {formats.periodo(period)}" for name, period in when.items() if period != self.data]
        return [f"{'; '.join(said)}."]

    def _source(self, indicators: Iterable[str], levels: Sequence[str], choice: Mapping[Any, Any]) -> str:
        period = {"periodo": choice["periodo"]} if choice.get("periodo") else {}
        return self.fonte(*indicators, livello=list(levels), **period, elaborazione=True)

    def _tells_nothing(self, frame: pd.DataFrame, indicators: Sequence[str], title: str) -> bool:
        """Say in one line that a table has nothing to tell, when it has not."""
        values = {value for name in indicators for value in frame[name].tolist() if not formats.missing(value)}
        if not values:
            why = "nessun valore è disponibile"
        elif len(frame) > 1 and len(values) == 1 and values <= {0, 100}:
            units = {load()[name].unita for name in indicators}
            if values == {100} and units != {"%"}:
                return False
            why = f"tutti i valori sono {formats.numero(values.pop(), 0)}"
        else:
            return False
        self._show(blocks.Testo(f"{title}: {why}."))
        return True


def only(frame: pd.DataFrame, values: Mapping[str, Iterable[str]] | None) -> pd.DataFrame:
    """Return the rows with one of these values, by column."""
    for column, wanted in (values or {}).items():
        frame = frame[frame[column].isin(list(wanted))]
    return frame


def axis_unit(indicator: str) -> str:
    """Return the unit of an indicator, in words."""
    return formats.unita(load()[indicator].unita).estesa


def called(indicator: str) -> str:
    """Return the short name of an indicator."""
    return load()[indicator].nome_breve
