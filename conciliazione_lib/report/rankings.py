"""What the chapters of priorities and comparison show: rankings with their intervals, groups of a map, who is alike.

As in :mod:`.showing`, values and sources are those of the edition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from conciliazione_lib.evidence import formats, load
from conciliazione_lib.report import blocks, charts
from conciliazione_lib.report.showing import CHOICES, Showing, axis_unit


class Rankings(Showing):
    """The part of a chapter that shows rankings: see :class:`conciliazione_lib.report.Capitolo`."""

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

    def intervalli_di(
        self,
        indicatore: str,
        *,
        id: str,
        titolo: str,
        alt: str = "",
        di: str = "ats",
        unita: str | None = None,
        primi: int | None = None,
        elaborazione: bool = False,
        disegno: Mapping[str, Any] | None = None,
        **altro: Any,
    ) -> None:
        """Show an indicator of each territory with its interval, in order; the chapter's own marked, the region a line.

        Parameters
        ----------
        indicatore : str
            Which one.
        id, titolo, alt : str
            As for :meth:`grafico`; by default ``alt`` says how it is read.
        di : str
            Which territories, as for :meth:`luoghi`.
        unita : str, optional
            On the axis; by default the indicator's.
        primi : int, optional
            Only so many, the first in order: a note says of how many.
        elaborazione : bool
            As for :meth:`tavola`.
        disegno : mapping, optional
            Options of :func:`conciliazione_lib.report.charts.intervalli`; of places the first are the smallest.
        **altro
            The other options of :meth:`grafico`.
        """
        places, ranks = self.luoghi(di), load()[indicatore].unita == "posizione"
        rows = self.frame(indicatore, **places, limiti=True).dropna(subset=[indicatore])
        if self._tells_nothing(rows, [indicatore], titolo):
            return
        region = rows["territorio"] == "lombardia"
        of_region, rows = rows.loc[region, indicatore], rows[~region]
        rows = rows.sort_values(indicatore, ascending=ranks, kind="stable", ignore_index=True)
        notes = [*altro.pop("note", ())]
        if primi and len(rows) > primi:
            notes.append(f"I primi {primi} di {len(rows)}.")
            rows = rows.head(primi)
        names = [self._short(level, code) for level, code in zip(rows["livello"], rows["territorio"], strict=True)]
        drawn = rows[[indicatore, f"{indicatore}_inferiore", f"{indicatore}_superiore"]]
        options: dict[str, Any] = {
            "unita": unita or axis_unit(indicatore),
            "decimali": load()[indicatore].decimali,
            "ranghi": ranks,
            "evidenzia": [self.t.nome] if self.t.nome in names and not self.regione else [],
            "riferimento": ("Lombardia", float(of_region.iloc[0])) if len(of_region) else None,
        } | dict(disegno or {})
        self.grafico(
            charts.intervalli(drawn.set_axis(["valore", "inferiore", "superiore"], axis=1).set_axis(names), **options),
            id=id,
            titolo=titolo,
            alt=alt
            or f"{titolo}: un punto per ogni territorio, con il suo intervallo; dove gli intervalli si sovrappongono "
            "per buona parte, la differenza non è certa.",
            dati=rows[["livello", "territorio", indicatore]],
            cifre=self.f,
            colonne={"territorio": CHOICES[di]},
            note=notes,
            **altro,
            fonte=self._source([indicatore], places["livello"], {}, elaborazione),
        )

    def dispersione(
        self,
        orizzontale: str,
        verticale: str,
        *,
        id: str,
        titolo: str,
        alt: str,
        di: str = "ats",
        elaborazione: bool = False,
        disegno: Mapping[str, Any] | None = None,
        **altro: Any,
    ) -> None:
        """Show two indicators of each territory as a point, the chapter's own marked; the region is not drawn.

        Parameters
        ----------
        orizzontale, verticale : str
            The indicators.
        id, titolo, alt : str
            As for :meth:`grafico`.
        di : str
            Which territories, as for :meth:`luoghi`.
        elaborazione : bool
            As for :meth:`tavola`.
        disegno : mapping, optional
            Options of :func:`conciliazione_lib.report.charts.dispersione`: other names of the axes.
        **altro
            The other options of :meth:`grafico`.
        """
        pair, places = [orizzontale, verticale], self.luoghi(di)
        rows = self.frame(*pair, **places)
        rows = rows[rows["territorio"] != "lombardia"].reset_index(drop=True)
        if self._tells_nothing(rows, pair, titolo):
            return
        names = [self._short(level, code) for level, code in zip(rows["livello"], rows["territorio"], strict=True)]
        axes = {f"nome_{axis}": _with_unit(name) for axis, name in zip("xy", pair, strict=True)}
        decimals = {f"decimali_{axis}": load()[name].decimali for axis, name in zip("xy", pair, strict=True)}
        options: dict[str, Any] = axes | decimals | {"evidenzia": [self.t.nome] if self.t.nome in names else []}
        self.grafico(
            charts.dispersione(rows[pair].set_axis(names), *pair, **options | dict(disegno or {})),
            id=id,
            titolo=titolo,
            alt=alt,
            dati=rows[["livello", "territorio", *pair]],
            cifre=self.f,
            colonne={"territorio": CHOICES[di]},
            note=[*altro.pop("note", ()), *self._periods_note(pair, places)],
            **altro,
            fonte=self._source(pair, places["livello"][:1], {}, elaborazione),
        )

    def cartina_gruppi(
        self,
        elenco: str,
        colonna: str,
        *,
        id: str,
        titolo: str,
        alt: str,
        colori: Mapping[str, str],
        livello: str = "comune",
        fonte: str = "",
        **altro: Any,
    ) -> None:
        """Show a map of the groups in which a list puts the territories inside the chapter's own.

        Nothing is shown where all of them are in the last group, that of the others.

        Parameters
        ----------
        elenco : str
            The list, with a row a territory.
        colonna : str
            Which group.
        id, titolo, alt : str
            As for :meth:`mappa`.
        colori : mapping
            The groups in order and their colours; the last is that of the others.
        livello : str
            Level of the territories drawn.
        fonte : str
            By default the sources of the list.
        **altro
            The other options of :meth:`mappa`; outlines are by default those of ATS, in the region.
        """
        listed = self.elenco(elenco)
        groups = listed.set_index("territorio")[colonna].reindex(self.propri(livello))
        last = list(colori)[-1]
        there = {name: colour for name, colour in colori.items() if name == last or (groups == name).any()}
        if list(there) == [last]:
            return
        self.mappa(
            groups,
            livello=livello,
            genere="categorie",
            id=id,
            titolo=titolo,
            alt=alt,
            **{"ordine": list(there), "colori": there, "contorni": "ats" if self.regione else None} | altro,
            fonte=fonte or listed.attrs["fonte"],
        )

    def simili(self, elenco: str, distanza: str, *, livello: str, id: str, titolo: str, **altro: Any) -> None:
        """Show which territories are most like each of those inside the chapter's own, and how far the first one is.

        Parameters
        ----------
        elenco : str
            List with ``livello, territorio, posizione`` (from 1) and ``vicino``.
        distanza : str
            Indicator of how far the first is.
        livello : str
            Level of the territories.
        id, titolo : str
            As for :meth:`tabella`.
        **altro
            The other options of :meth:`tabella`.
        """
        rows = self.elenco(elenco)
        rows = rows[(rows["livello"] == livello) & rows["territorio"].isin(self.propri(livello))]
        if rows.empty:
            self._mostra(blocks.Testo(f"{titolo}: nessun valore è disponibile."))
            return
        names = [self.nome_altrove(livello, code) for code in rows["vicino"]]
        near = rows.assign(vicino=names).pivot(index="territorio", columns="posizione", values="vicino")
        near.columns = pd.Index([f"posto_{place}" for place in near.columns])
        headers = {column: f"Il {formats.ordinale(place)}" for place, column in enumerate(near.columns, 1)}
        table = self.frame(distanza, livello=livello, territori=list(near.index)).join(near, on="territorio")
        first, *others = headers
        self.tabella(
            table[["livello", "territorio", first, distanza, *others]],
            id=id,
            titolo=titolo,
            cifre=self.f,
            colonne=headers | {first: "Il più simile"},
            **altro,
            fonte=self._source([distanza], [livello], {}, True),
        )

    def nomi_di(self, righe: pd.DataFrame) -> str:
        """Return the names of the territories of some rows, as words: ``Bollate, Corsico e Rho``."""
        return formats.elenco([self._short(*key) for key in zip(righe["livello"], righe["territorio"], strict=True)])

    def nome_altrove(self, livello: str, codice: str) -> str:
        """Return the name of a territory and, for an ambito or a distretto of another ATS, whose it is."""
        name = self._short(livello, codice)
        above = self.territorio.parent(livello, codice, "ats") if livello in ("ambito", "distretto") else None
        return name if self.regione or above in (None, self.t.codice) else f"{name} ({self._short('ats', above)})"

    def _of(self, level: str, code: str) -> bool:
        return code in self.territorio.codes(level)


def _in_order(rows: pd.DataFrame, key: str, order: Sequence[str]) -> pd.DataFrame:
    """Return the rows with the values of a key in an order; those it does not name are last, as they were."""
    place = {value: number for number, value in enumerate(dict.fromkeys([*order, *rows[key]]))}
    return rows.sort_values(key, key=lambda values: values.map(place), kind="stable", ignore_index=True)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _with_unit(indicator: str) -> str:
    known = load()[indicator]
    unit = formats.unita_in_testata(known.nome, formats.unita(known.unita).estesa)
    return f"{known.nome} ({unit})" if unit else known.nome
