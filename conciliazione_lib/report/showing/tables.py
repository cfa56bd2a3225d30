"""Tables of figures: a row a territory, or an indicator, or a part of a breakdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from conciliazione_lib.evidence import formats, load
from conciliazione_lib.region import REGION, REGIONE
from conciliazione_lib.report.showing.figures import Figures, only
from conciliazione_lib.report.showing.places import CHOICES

if TYPE_CHECKING:
    from conciliazione_lib.evidence import Cifra, Figure

#: Said under a table with ranges where figures would be.
_GUESSED: Final = "Dove la stima può sbagliare troppo, al posto della cifra c'è un intervallo."
#: How two columns of the numbers to remember are read.
_READ: Final = MappingProxyType(
    {
        "rango": "Posto: il primo è il valore più alto; due numeri dove i dati non dicono quale posto sia fra i due.",
        "andamento": "Andamento: «incerto» dove i dati non dicono se sia cambiato; una lineetta dove c'è un anno solo.",
    }
)


class Tables(Figures):
    """The tables of figures of a chapter."""

    def tavola(
        self,
        *indicatori: str,
        id: str,
        titolo: str,
        di: str = "ats",
        ordina: str | None = None,
        dove: Mapping[str, Iterable[str]] | None = None,
        colonne: Mapping[str, Any] | None = None,
        **altro: Any,
    ) -> None:
        """Show a table of indicators, a row a territory.

        Nothing is shown of a table in which no cell has a value, or all are zero or all one hundred: one line says so.
        A column is at one period, the latest of reference for all of its levels; a note gives the periods of columns
        that have different ones.

        Parameters
        ----------
        *indicatori : str
            The columns.
        id, titolo : str
            As for :meth:`tabella`.
        di : str
            Which territories, as for :meth:`luoghi`.
        ordina : str, optional
            Indicator to sort by, from the least; from the most after a minus sign.
        dove : mapping, optional
            Only the rows with one of these values, by column.
        colonne : mapping, optional
            Names of other columns.
        **altro
            ``periodo`` and ``per`` of :meth:`frame`; the other options of :meth:`tabella`.
        """
        places = self.luoghi(di)
        choice: dict[str, Any] = {name: altro.pop(name) for name in ("periodo", "per") if name in altro}
        frame = only(self.frame(*indicatori, **places, **choice), dove)
        earlier = {} if choice else self._earlier(indicatori, places)
        for name, period in earlier.items():
            rows = pd.MultiIndex.from_frame(frame[["livello", "territorio"]])
            frame[name] = self._at(name, period, places).reindex(rows).to_numpy()
        frame = frame.dropna(subset=list(indicatori), how="all")
        if ordina:
            frame = frame.sort_values(
                [ordina.lstrip("-"), "territorio"], ascending=[not ordina.startswith("-"), True], ignore_index=True
            )
        if self._tells_nothing(frame, indicatori, titolo):
            return
        if di == "insieme":  # an ATS and a province may have the same short name
            names = [self._long(level, code) for level, code in zip(frame["livello"], frame["territorio"], strict=True)]
            frame.insert(0, "nome", names)
        for name, period in earlier.items():
            frame[name] = self._figures(name, period, frame)
        notes = [*altro.pop("note", ()), *([] if "periodo" in choice else self._periods_note(indicatori, places))]
        notes += [_GUESSED] if self._some_guessed(indicatori, frame) else []
        self.tabella(
            frame,
            id=id,
            titolo=titolo,
            cifre=self.f,
            per=choice.get("per") or (),
            colonne={"territorio": CHOICES[di], "periodo": "Anno"} | dict(colonne or {}),
            **{"nascoste": () if "periodo" in choice else ("periodo",)} | altro,
            note=notes,
            fonte=self._source(indicatori, places["livello"], choice or {"periodo": earlier}),
        )

    def incrocio(
        self,
        *indicatori: str,
        colonne: str,
        id: str,
        titolo: str,
        righe: str = "",
        ordine: Sequence[str] = (),
        nomi: Mapping[str, str] | None = None,
        di: str = "suo",
        **altro: Any,
    ) -> None:
        """Show a breakdown of some indicators across: a column for each value of a key.

        Parameters
        ----------
        *indicatori : str
            With the same breakdown; of several, each value of the key has a column of each.
        colonne : str
            The key whose values are the columns.
        id, titolo : str
            As for :meth:`tabella`.
        righe : str, optional
            Another key, whose values are the rows; by default the rows are the territories.
        ordine : sequence of str
            Values of the keys in the order they are shown; by default that of the edition.
        nomi : mapping, optional
            What each indicator is called beside the value of the key; by default by its short name.
        di : str
            Which territories, as for :meth:`luoghi`; one that has no figure is left out.
        **altro
            The other options of :meth:`tabella`.
        """
        places = self.luoghi(di)
        keys = [*([righe] if righe else []), colonne]
        rows = self.frame(*indicatori, **places, per=keys)
        if self._tells_nothing(rows, indicatori, titolo):
            return
        for key in reversed(keys):
            rows = _in_order(rows, key, ordine)
        shown: dict[tuple[str, ...], dict[str, Any]] = {}
        headers: dict[str, str] = {}
        for row in rows.to_dict("records"):
            level, code = str(row["livello"]), str(row["territorio"])
            values = {key: str(row[key]) for key in keys}
            own = {"livello": level, "territorio": code} | ({righe: _capital(values[righe])} if righe else {})
            cells = shown.setdefault(tuple(own.values()), own)
            for name in indicatori:
                column = f"{name} {values[colonne]}"
                called = (nomi or {}).get(name) or load()[name].nome_breve
                headers[column] = _capital(values[colonne]) + (f": {called}" if len(indicatori) > 1 else "")
                cells[column] = self.f[name][self.luogo(level, code).chiave].con(**values).figure
        table = pd.DataFrame(list(shown.values()))
        if not righe:
            order = places["territori"]
            table = table.sort_values("territorio", key=lambda codes: codes.map(order.index), ignore_index=True)
        self.tabella(
            table,
            id=id,
            titolo=titolo,
            colonne={"territorio": CHOICES[di]} | headers,
            nascoste=("territorio",) if righe and table["territorio"].nunique() == 1 else (),
            **altro,
            fonte=self._source(indicatori, places["livello"], {}),
        )

    def sommario(self, *indicatori: str, id: str, titolo: str, **altro: Any) -> None:
        """Show some indicators, a row each: the numbers to remember.

        Beside the territory's own stand that of the region and, for an ATS, its place among the ATS; then how it has
        changed since the first period that is known, where the edition has decided it, and since the last before its
        own where it went the other way. A row says its period when it
        is not the date of the chapter.

        Parameters
        ----------
        *indicatori : str
            The rows, in order.
        id, titolo : str
            As for :meth:`tabella`.
        **altro
            The other options of :meth:`tabella`.
        """
        rows = []
        for name in indicatori:
            own = self.f[name]
            period = own.figure.period
            when = "" if period == self.data else f", {formats.periodo(period)}"
            row: dict[str, Any] = {"voce": load()[name].nome + when, "suo": own.figure}
            if not self.regione:
                row |= {"regione": own[REGIONE].figure, "rango": self._place_among_peers(own.figure)}
            rows.append(row | {"andamento": self._since_the_first(own)})
        headers = {"voce": "Che cosa", "suo": self.t.nome, "regione": REGION.nome, "rango": "Posto fra le ATS"}
        headers |= {"andamento": "Andamento"}
        self.tabella(
            pd.DataFrame(rows),
            id=id,
            titolo=titolo,
            colonne={column: header for column, header in headers.items() if column in rows[0]},
            note=[note for column, note in _READ.items() if column in rows[0]],
            **altro,
            fonte=self._source(indicatori, self.luoghi("suo")["livello"], {}),
        )

    def _place_among_peers(self, figure: Figure) -> str:
        """Return the place of a figure among those of its level: ``2 su 8``, ``1–3 su 8`` where data do not tell."""
        said = self._said(figure, "rango")
        return f"{said.esito.replace('-', '–')} su {said.su:.0f}" if said else "—"

    def _since_the_first(self, own: Cifra) -> str:
        """Return how a figure has changed since the first period with a value, as the edition has decided."""
        before = [figure for figure in own.serie() if figure.value is not None and figure.period < own.figure.period]
        said = {figure.period: self._said(own.figure, "variazione", figure.period) for figure in before}
        if not before or not said[before[0].period]:
            return "—"
        told = f"{self._change(own, before[0])} ({before[0].text})"
        if {getattr(said[figure.period], "esito", "") for figure in (before[0], before[-1])} == {"sopra", "sotto"}:
            told += f", {self._change(own, before[-1])}"
        return told

    def _change(self, own: Cifra, before: Figure) -> str:
        """Return how a figure has changed since an earlier one: ``in aumento dal 2018``."""
        words = self.parole("{{ variazione(ora, prima, in_linea='incerto') }}", ora=own, prima=before)
        when = before.period[:4] if before.period.count("-") == 2 else formats.periodo(before.period)
        return f"{words} dal {when}"

    def _said(self, figure: Figure, kind: str, term: str = "") -> Any | None:
        """Return what the edition has decided of a figure."""
        place = figure.territory
        statements = self.cifre_edizione.statements
        return statements.find(figure.indicator, place.livello, place.codice, figure.period, "", kind, term)

    def _some_guessed(self, indicators: Sequence[str], shown: pd.DataFrame) -> bool:
        """Tell whether some figures are ranges, because they are too uncertain for a number."""
        codes = set(zip(shown["livello"].tolist(), shown["territorio"].tolist(), strict=True))
        return any(not codes.isdisjoint(self.cifre_edizione.guessed(name)) for name in indicators)


def _in_order(rows: pd.DataFrame, key: str, order: Sequence[str]) -> pd.DataFrame:
    """Return the rows with the values of a key in an order; those it does not name are last, as they were."""
    place = {value: number for number, value in enumerate(dict.fromkeys([*order, *rows[key]]))}
    return rows.sort_values(key, key=lambda values: values.map(place), kind="stable", ignore_index=True)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
