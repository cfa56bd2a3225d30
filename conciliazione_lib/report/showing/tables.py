"""Tables of figures: a row a territory, or an indicator, or a part of a breakdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import pandas as pd

from conciliazione_lib.evidence import formats, load
from conciliazione_lib.report.showing.figures import Figures, only
from conciliazione_lib.report.showing.places import CHOICES

#: Said under a table with ranges where figures would be.
_GUESSED: Final = "Dove la stima può sbagliare troppo, al posto della cifra c'è un intervallo."


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
        elaborazione: bool = False,
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
        elaborazione : bool
            The values are worked out from the sources: the source line says so.
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
            fonte=self._source(indicatori, places["livello"], choice or {"periodo": earlier}, elaborazione),
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
        elaborazione: bool = False,
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
        elaborazione : bool
            As for :meth:`tavola`.
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
            fonte=self._source(indicatori, places["livello"], {}, elaborazione),
        )

    def sommario(
        self,
        *indicatori: str,
        id: str,
        titolo: str,
        di: str = "suo",
        elaborazione: bool = False,
        **altro: Any,
    ) -> None:
        """Show some indicators, a row each and a column a territory: the numbers to remember.

        A row says its period when it is not the date of the chapter.

        Parameters
        ----------
        *indicatori : str
            The rows, in order.
        id, titolo : str
            As for :meth:`tabella`.
        di : str
            Which territories, as for :meth:`luoghi`: few.
        elaborazione : bool
            As for :meth:`tavola`.
        **altro
            The other options of :meth:`tabella`.
        """
        places = self.luoghi(di)
        levels = [next(level for level in places["livello"] if self._of(level, code)) for code in places["territori"]]
        columns = [self.luogo(*key) for key in zip(levels, places["territori"], strict=True)]
        rows = []
        for name in indicatori:
            figures = [self.f[name][place.chiave].figure for place in columns]
            period = figures[0].period
            when = "" if period == self.data else f", {formats.periodo(period)}"
            rows.append(
                {"voce": load()[name].nome + when} | {p.chiave: x for p, x in zip(columns, figures, strict=True)}
            )
        self.tabella(
            pd.DataFrame(rows),
            id=id,
            titolo=titolo,
            colonne={"voce": "Che cosa"} | {place.chiave: place.nome for place in columns},
            **altro,
            fonte=self._source(indicatori, places["livello"], {}, elaborazione),
        )

    def _some_guessed(self, indicators: Sequence[str], shown: pd.DataFrame) -> bool:
        """Tell whether some figures are ranges, because they are too uncertain for a number."""
        codes = set(zip(shown["livello"], shown["territorio"], strict=True))
        for name in indicators:
            rows = self.cifre_edizione.of(name)
            rows = rows[rows["riferimento"] & (rows["imputata"] >= 1) & rows["inferiore"].notna()]
            if not codes.isdisjoint(zip(rows["livello"], rows["territorio"], strict=True)):
                return True
        return False


def _in_order(rows: pd.DataFrame, key: str, order: Sequence[str]) -> pd.DataFrame:
    """Return the rows with the values of a key in an order; those it does not name are last, as they were."""
    place = {value: number for number, value in enumerate(dict.fromkeys([*order, *rows[key]]))}
    return rows.sort_values(key, key=lambda values: values.map(place), kind="stable", ignore_index=True)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
