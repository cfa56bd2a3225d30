"""What chapters show most often, in one call: a table, a map, a chart of some indicators of the edition.

Each takes its values from the edition, puts the sources of the very rows shown under them, marks the chapter's own
territory, and says in one line, instead of showing it, what has nothing to tell here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from conciliazione_lib.errors import UsoError
from conciliazione_lib.evidence import Place, formats, load
from conciliazione_lib.report import blocks, charts

if TYPE_CHECKING:
    from conciliazione_lib.evidence import StoredFigures
    from conciliazione_lib.territory import Territory

#: Which territories: the name of a choice, and what the first column is called.
CHOICES: Final = {
    "ats": "Territorio",
    "ambiti": "Ambito",
    "distretti": "Distretto",
    "comuni": "Comune",
    "province": "Territorio",
    "suo": "Territorio",
}


class Showing:
    """The part of a chapter that shows indicators: see :class:`conciliazione_lib.report.Capitolo`."""

    if TYPE_CHECKING:
        t: Place
        territorio: Territory

        @cached_property
        def f(self) -> StoredFigures: ...  # noqa: D102

        data: str

        def frame(self, *indicatori: str, **scelta: Any) -> pd.DataFrame: ...  # noqa: D102
        def elenco(self, nome: str) -> pd.DataFrame: ...  # noqa: D102
        def fonte(self, *indicatori: str, **scelta: Any) -> str: ...  # noqa: D102
        def luogo(self, livello: str, codice: str) -> Place: ...  # noqa: D102
        def tabella(self, frame: pd.DataFrame, *, id: str, titolo: str, **altro: Any) -> None: ...  # noqa: D102

        grafico: Any
        mappa: Any

        def _mostra(self, blocco: blocks.Blocco) -> None: ...

    @property
    def regione(self) -> bool:
        """Whether the chapter is about the whole region."""
        return self.t.livello == "regione"

    @property
    def lombardia(self) -> Place:
        """The region, to name it."""
        return self.luogo("regione", "lombardia")

    @property
    def italia(self) -> Place:
        """The nation, to name it."""
        return self.luogo("italia", "italia")

    def propri(self, livello: str) -> list[str]:
        """Return the codes of the territories of a level inside the chapter's own.

        Parameters
        ----------
        livello : str
            ``comune``; ``ambito`` (those whose comuni are all known) or ``distretto``; ``provincia`` (those some of the
            comuni are of, the one with most of them first); ``ats``.
        """
        if livello == "comune":
            return list(self.territorio.members(self.t.livello, self.t.codice))
        if livello == "provincia":
            own = self.territorio.comuni.loc[self.propri("comune"), "provincia"]
            return [str(code) for code in own.value_counts().index]
        if livello == "ats":
            return list(self.territorio.codes("ats")) if self.regione else [self.t.codice]
        return [str(code) for code in self.territorio.completezza(livello, self.t.codice).territori]

    def luoghi(self, di: str) -> dict[str, list[str]]:
        """Return the territories of a choice as ``livello`` and ``territori``, for :meth:`frame` and :meth:`fonte`.

        Parameters
        ----------
        di : str
            ``ats`` (all of them, and the region), ``province`` (its own, and the region), ``ambiti``, ``distretti``,
            ``comuni`` (its own), ``suo`` (itself and the region).
        """
        if di == "ats":
            return {"livello": ["ats", "regione"], "territori": [*self.territorio.codes("ats"), "lombardia"]}
        if di == "province":
            own = [] if self.regione else self.propri("provincia")
            return {"livello": ["provincia", "regione"], "territori": [*own, "lombardia"]}
        if di == "suo":
            levels, codes = [self.t.livello, "regione"], [self.t.codice, "lombardia"]
            return {"livello": list(dict.fromkeys(levels)), "territori": list(dict.fromkeys(codes))}
        level = {"ambiti": "ambito", "distretti": "distretto", "comuni": "comune"}.get(di)
        if level is None:
            raise UsoError(f"«{di}» non è una scelta di territori.", f"Usare: {', '.join(CHOICES)}.")
        return {"livello": [level], "territori": self.propri(level)}

    def tavola(
        self,
        *indicatori: str,
        id: str,
        titolo: str,
        di: str = "ats",
        ordina: str | None = None,
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
        elaborazione : bool
            The values are worked out from the sources: the source line says so.
        colonne : mapping, optional
            Names of other columns.
        **altro
            ``periodo`` and ``per`` of :meth:`frame`; the other options of :meth:`tabella`.
        """
        places = self.luoghi(di)
        choice: dict[str, Any] = {name: altro.pop(name) for name in ("periodo", "per") if name in altro}
        frame = self.frame(*indicatori, **places, **choice)
        earlier = {} if choice else self._earlier(indicatori, places)
        for name, period in earlier.items():
            frame[name] = (
                self._at(name, period, places)
                .reindex(pd.MultiIndex.from_frame(frame[["livello", "territorio"]]))
                .to_numpy()
            )
        frame = frame.dropna(subset=list(indicatori), how="all")
        if ordina:
            frame = frame.sort_values(
                [ordina.lstrip("-"), "territorio"], ascending=[not ordina.startswith("-"), True], ignore_index=True
            )
        if self._tells_nothing(frame, indicatori, titolo):
            return
        for name, period in earlier.items():
            frame[name] = self._figures(name, period, frame)
        notes = [*altro.pop("note", ()), *([] if choice else self._periods_note(indicatori, places))]
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

    def cartina(
        self,
        indicatore: str,
        *,
        id: str,
        titolo: str,
        alt: str,
        livello: str = "comune",
        elaborazione: bool = False,
        **altro: Any,
    ) -> None:
        """Show a map of an indicator, of the territories of a level inside the chapter's own.

        Parameters
        ----------
        indicatore : str
            Which one.
        id, titolo, alt : str
            As for :meth:`mappa`.
        livello : str
            Level of the territories drawn.
        elaborazione : bool
            As for :meth:`tavola`.
        **altro
            The other options of :meth:`mappa`; outlines are by default those of ATS (in the region) or ambiti.
        """
        frame = self.frame(indicatore, livello=livello, territori=self.propri(livello))
        if self._tells_nothing(frame, [indicatore], titolo):
            return
        self.mappa(
            frame,
            livello=livello,
            indicatore=indicatore,
            cifre=self.f,
            id=id,
            titolo=titolo,
            alt=alt,
            **{"contorni": "ats" if self.regione else "ambito"} | altro,
            fonte=self._source([indicatore], [livello], {}, elaborazione),
        )

    def linee(
        self,
        indicatore: str,
        *,
        id: str,
        titolo: str,
        alt: str,
        di: str = "province",
        unita: str | None = None,
        elaborazione: bool = False,
        disegno: Mapping[str, Any] | None = None,
        **altro: Any,
    ) -> None:
        """Show an indicator over the years, a line a territory, the region marked.

        Parameters
        ----------
        indicatore : str
            Which one; years without a value break the line.
        id, titolo, alt : str
            As for :meth:`grafico`.
        di : str
            Which territories, as for :meth:`luoghi`.
        unita : str, optional
            On the axis; by default the indicator's.
        elaborazione : bool
            As for :meth:`tavola`.
        disegno : mapping, optional
            Options of :func:`conciliazione_lib.report.charts.linea`.
        **altro
            The other options of :meth:`grafico`.
        """
        places = self.luoghi(di)
        rows = self.frame(indicatore, **places, periodo="tutti").dropna(subset=[indicatore])
        rows = rows.sort_values(["livello", "territorio", "periodo"], ignore_index=True)
        if self._tells_nothing(rows, [indicatore], titolo):
            return
        names = {
            code: self._short(level, code) for level, code in zip(rows["livello"], rows["territorio"], strict=True)
        }
        lines = rows.assign(year=rows["periodo"].str[:4].astype(int)).pivot(
            index="year", columns="territorio", values=indicatore
        )
        lines = lines[[code for code in places["territori"] if code in lines]].rename(columns=names).rename_axis("anno")
        marked = [names["lombardia"]] if "lombardia" in names else []
        self.grafico(
            charts.linea(lines, **{"unita": unita or _unit(indicatore), "evidenzia": marked} | dict(disegno or {})),
            id=id,
            titolo=titolo,
            alt=alt,
            dati=rows,
            cifre=self.f,
            colonne={"territorio": "Territorio", "periodo": "Anno"},
            **altro,
            fonte=self._source([indicatore], places["livello"], {"periodo": "tutti"}, elaborazione),
        )

    def barre(
        self,
        indicatore: str,
        *,
        id: str,
        titolo: str,
        alt: str,
        di: str = "ats",
        unita: str | None = None,
        periodo: str | None = None,
        elaborazione: bool = False,
        disegno: Mapping[str, Any] | None = None,
        **altro: Any,
    ) -> None:
        """Show an indicator as bars, a territory each, in order of value; the chapter's own marked, the region a line.

        Parameters
        ----------
        indicatore : str
            Which one.
        id, titolo, alt : str
            As for :meth:`grafico`.
        di : str
            Which territories, as for :meth:`luoghi`; the provinces are all of them.
        unita : str, optional
            On the axis; by default the indicator's.
        periodo : str, optional
            By default that of reference.
        elaborazione : bool
            As for :meth:`tavola`.
        disegno : mapping, optional
            Options of :func:`conciliazione_lib.report.charts.barre`.
        **altro
            The other options of :meth:`grafico`.
        """
        places = self.luoghi(di)
        if di == "province":
            places["territori"] = [*self.territorio.codes("provincia"), "lombardia"]
        rows = self.frame(indicatore, **places, periodo=periodo)
        if self._tells_nothing(rows, [indicatore], titolo):
            return
        shown = rows[rows["territorio"] != "lombardia"]
        names = [self._short(level, code) for level, code in zip(shown["livello"], shown["territorio"], strict=True)]
        of_region = rows.loc[rows["territorio"] == "lombardia", indicatore].dropna()
        own = [] if self.regione else [self.t.codice, *(self.propri("provincia") if di == "province" else [])]
        marked = [name for name, code in zip(names, shown["territorio"], strict=True) if code in own]
        options: dict[str, Any] = {
            "unita": unita or _unit(indicatore),
            "decimali": load()[indicatore].decimali,
            "evidenzia": marked,
            "riferimento": ("Lombardia", float(of_region.iloc[0])) if len(of_region) else None,
        }
        self.grafico(
            charts.barre(pd.Series(shown[indicatore].to_numpy(), index=names), **options | dict(disegno or {})),
            id=id,
            titolo=titolo,
            alt=alt,
            dati=rows,
            cifre=self.f,
            colonne={"territorio": CHOICES[di], "periodo": "Anno"},
            **altro,
            fonte=self._source([indicatore], places["livello"], {"periodo": periodo} if periodo else {}, elaborazione),
        )

    def accostati(
        self,
        nome: str,
        *indicatori: str,
        id: str,
        titolo: str,
        colonne: Mapping[str, str] | Sequence[str],
        per: Sequence[str] = (),
        suo: bool = False,
        dove: Mapping[str, Iterable[str]] | None = None,
        ordina: Sequence[str] = (),
        **altro: Any,
    ) -> None:
        """Show a list of the edition, beside each row the figures it speaks of.

        A row and its figures have the same breakdown and, where the list has them, the same territory and period.

        Parameters
        ----------
        nome : str
            The list.
        *indicatori : str
            Figures to put beside its rows: in the place ``colonne`` gives them, or after the others.
        id, titolo : str
            As for :meth:`tabella`.
        colonne : mapping or sequence of str
            Columns to show, in order, and their names where the usual ones do not fit.
        per : sequence of str
            Columns of the list that are the breakdown of the figures; empty means the whole.
        suo : bool
            The list says of which kind of thing the figures are, not of which territory: they are the chapter's own.
        dove : mapping, optional
            Only the rows with one of these values, by column.
        ordina : sequence of str
            Columns to sort by; by default in the order of the list.
        **altro
            The other options of :meth:`tabella`; the source is by default that of the figures, or of the list.

        Raises
        ------
        UsoError
            More than one figure could be meant, because the list does not say of which territory.
        """
        rows = _only(listing := self.elenco(nome), dove)
        keys = [key for key in ("livello", "territorio", "periodo", *per) if key in rows]
        choice: dict[str, Any] = {"periodo": "tutti" if "periodo" in rows else None}
        if indicatori:
            if suo:
                choice |= {"livello": self.t.livello, "territori": [self.t.codice]}
            found = [self.frame(*indicatori, per=list(per), **choice)]
            if per and (rows[list(per)] == "").all(axis=1).any():
                found.append(self.frame(*indicatori, **choice).assign(**dict.fromkeys(per, "")))
            figures = pd.concat(found, ignore_index=True)
            if figures.duplicated(keys).any():
                raise UsoError(
                    f"L'elenco «{nome}» non dice di quale territorio sono le cifre accanto alle sue righe.",
                    "Se sono quelle del territorio del capitolo, aggiungere suo=True.",
                )
            rows = rows.merge(figures, on=keys, how="left")
            if self._tells_nothing(rows, indicatori, titolo):
                return
        names = dict(colonne) if isinstance(colonne, Mapping) else dict.fromkeys(colonne, "")
        shown = [*names, *(name for name in indicatori if name not in names)]
        support = [key for key in ("livello", "territorio", "periodo", *per) if key in rows and key not in shown]
        self.tabella(
            (rows.sort_values(list(ordina), ignore_index=True) if ordina else rows)[[*support, *shown]],
            id=id,
            titolo=titolo,
            cifre=self.f if indicatori else None,
            per=per,
            nascoste=support,
            colonne={column: name or "Anno" for column, name in names.items() if name or column == "periodo"},
            **{"fonte": self.fonte(*indicatori, **choice) if indicatori else listing.attrs["fonte"]} | altro,
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
            rows = _by_key(rows, key, ordine)
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

    def intervalli(
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
            "unita": unita or _unit(indicatore),
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

    def nomi(self, righe: pd.DataFrame) -> str:
        """Return the names of the territories of some rows, as words: ``Bollate, Corsico e Rho``."""
        return formats.elenco([self._short(*key) for key in zip(righe["livello"], righe["territorio"], strict=True)])

    def nome_altrove(self, livello: str, codice: str) -> str:
        """Return the name of a territory and, for an ambito or a distretto of another ATS, whose it is."""
        name = self._short(livello, codice)
        above = self.territorio.parent(livello, codice, "ats") if livello in ("ambito", "distretto") else None
        return name if self.regione or above in (None, self.t.codice) else f"{name} ({self._short('ats', above)})"

    def _periods(self, indicator: str, places: Mapping[str, Any]) -> dict[str, str]:
        """Return the period of reference of an indicator at each of some levels, where there are figures."""
        rows = self.frame(indicator, **places)
        return dict(zip(rows["livello"], rows["periodo"], strict=True))

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

    def _of(self, level: str, code: str) -> bool:
        return code in self.territorio.codes(level)

    def _short(self, level: str, code: str) -> str:
        return self.territorio.name(level, code, breve=True)

    def _source(self, indicators: Iterable[str], levels: Sequence[str], choice: Mapping[str, Any], worked: bool) -> str:
        period = {"periodo": choice["periodo"]} if choice.get("periodo") else {}
        cited = self.fonte(*indicators, livello=list(levels), **period)
        return f"{cited}; elaborazione" if worked else cited

    def _tells_nothing(self, frame: pd.DataFrame, indicators: Sequence[str], title: str) -> bool:
        """Say in one line that a table has nothing to tell, when it has not."""
        values = frame[list(indicators)].stack()
        if values.empty:
            why = "nessun valore è disponibile"
        elif len(frame) > 1 and values.nunique() == 1 and values.iloc[0] in (0, 100):
            units = {load()[name].unita for name in indicators}
            if values.iloc[0] == 100 and units != {"%"}:
                return False
            why = f"tutti i valori sono {formats.numero(values.iloc[0], 0)}"
        else:
            return False
        self._mostra(blocks.Testo(f"{title}: {why}."))
        return True


def _only(frame: pd.DataFrame, values: Mapping[str, Iterable[str]] | None) -> pd.DataFrame:
    for column, wanted in (values or {}).items():
        frame = frame[frame[column].isin(list(wanted))]
    return frame


def _by_key(rows: pd.DataFrame, key: str, order: Sequence[str]) -> pd.DataFrame:
    """Return the rows with the values of a key in an order; those it does not name are last, as they were."""
    place = {value: number for number, value in enumerate(dict.fromkeys([*order, *rows[key]]))}
    return rows.sort_values(key, key=lambda values: values.map(place), kind="stable", ignore_index=True)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _with_unit(indicator: str) -> str:
    known = load()[indicator]
    unit = formats.unita_in_testata(known.nome, formats.unita(known.unita).estesa)
    return f"{known.nome} ({unit})" if unit else known.nome


def _unit(indicator: str) -> str:
    return formats.unita(load()[indicator].unita).estesa
